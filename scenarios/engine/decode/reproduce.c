/* The parts of a re-created report that do not depend on the architecture. */
#include "decode/reproduce.h"

#include <inttypes.h>
#include <string.h>

#include "decode/explain.h"
#include "machine_text.h"

#define RAM_END UINT64_C(0x40000000)
#define PIECE UINT64_C(0x200000)
#define ELSEWHERE UINT64_C(0xE0000000) /* for the unit, when memory has to be where it usually is */

/* Text that can stand where `odd` characters may not. */
static void put_text(FILE *f, const char *text, const char *odd, char instead)
{
	for (; *text; text++)
		fputc(strchr(odd, *text) ? instead : *text, f);
}

static void comment(FILE *f, const struct decoded *d, const char *what)
{
	fprintf(f, "/*\n * Re-created from a fault report:\n *   %s\n", what);
	if (d->text[0]) {
		fputs(" *   ", f);
		put_text(f, d->text, "*", '+'); /* the text may not end the comment */
		fputc('\n', f);
	}
	fputs(" */\n/dts-v1/;\n\n/ {\n\ttitle = \"a fault report re-created: ", f);
	put_text(f, what, "\"\\", '\'');
	fprintf(f, "\";\n\tspec = \"%s\";\n", explain_advice(d)->section);
}

/* RAM_END bytes, and 2 MiB pieces around what has to be there; or without those around what may not. */
static void memory(struct machine_text *m, const struct reproduce_machine *machine)
{
	uint64_t first = machine->first & ~(PIECE - 1), last = machine->last | (PIECE - 1);

	m->memory[0].last = RAM_END - 1;
	if (!machine->last)
		return;
	if (!machine->absent) {
		m->memory[1].first = first < RAM_END ? RAM_END : first;
		m->memory[1].last = last;
	} else if (first < RAM_END) {
		m->memory[0].last = first ? first - 1 : 0;
		m->memory[1].first = last + 1;
		m->memory[1].last = RAM_END - 1;
	}
	if (last >= MACHINE_TEXT_UNIT && first < MACHINE_TEXT_UNIT + MACHINE_TEXT_UNIT_BYTES)
		m->base = ELSEWHERE;
}

void reproduce_head(FILE *f, const struct decoded *d, const struct reproduce_machine *machine)
{
	struct machine_text m = { .compatible = d->arch->compatible,
				  .props = machine->unit,
				  .rid = &d->rid,
				  .devices = 1,
				  .label = "device",
				  .device_props = "\t\t\t\tats;\n" };
	char what[400];

	explain_what(d, what, sizeof(what));
	comment(f, d, what);
	memory(&m, machine);
	machine_text(f, &m);
	fputs("\n\tsteps {\n", f);
}

static void expect(FILE *f, const struct decoded *d)
{
	if (d->has_pasid)
		fprintf(f, " pasid = <0x%" PRIx32 ">;", d->pasid);
	fprintf(f, "\n\t\t\texpect = \"fault\"; reason = \"%s\"; recorded = <1>;",
		arch_reason_name(d->arch, d->reason));
}

void reproduce_request(FILE *f, const struct decoded *d, enum decoded_access access)
{
	static const char *const verb[] = { "read", "read", "write", "atomic" };

	fprintf(f,
		"\t\tblocked {\n\t\t\tdo = \"%s\"; dev = <&device>; iova = /bits/ 64 <0x%" PRIx64
		">;",
		d->at == 1 ? "translate" : verb[access], d->addr);
	if (d->at == 2)
		fputs(" at = \"translated\";", f);
	if (d->privileged || d->execute)
		fprintf(f, " flags = %s;",
			!d->execute     ? "\"priv\""
			: d->privileged ? "\"priv\", \"exec\""
					: "\"exec\"");
	expect(f, d);
	if (d->at != 1)
		fputs(access == ACCESS_ATOMIC || !(d->addr & 7) ? " len = <4>;" : " len = <1>;", f);
	fputs("\n\t\t};\n", f);
}

void reproduce_message(FILE *f, const struct decoded *d, uint32_t address, uint32_t data)
{
	fprintf(f,
		"\t\tblocked {\n\t\t\tdo = \"msi\"; dev = <&device>; address = <0x%" PRIx32
		">; data = <0x%" PRIx32 ">;",
		address, data);
	expect(f, d);
	fputs("\n\t\t};\n", f);
}

const char *reproduce(FILE *f, const struct decoded *d)
{
	if (d->unclear)
		return "a part of the report was not understood";
	switch (d->kind) {
	case DECODED_FAULT:
		return reproduce_vtd(f, d);
	case DECODED_INTERRUPT:
		return reproduce_vtd_irq(f, d);
	case DECODED_EVENT:
		return reproduce_amdvi(f, d);
	case DECODED_WAIT:
		return reproduce_wait(f, d);
	case DECODED_WORDS:
	case DECODED_NOTE:
	case DECODED_NOTHING:
		break;
	}
	return "the line is no fault record";
}
