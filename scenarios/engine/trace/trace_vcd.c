/*
 * A value change dump: for each unit the register access, the queue command, how many lines each cache has gained and lost,
 * the last DMA and the last fault. A waveform viewer shows them over simulated time in nanoseconds.
 */
#include <inttypes.h>
#include <string.h>

#include "run.h"
#include "trace/trace_file.h"

/* Signals of each unit, and of which key of which kind of event they are. */
static const struct signal {
	const char *name, *kind, *key;
} signals[] = {
	{ "reg_write_off", "reg-write", "off" },
	{ "reg_write_val", "reg-write", "val" },
	{ "reg_read_off", "reg-read", "off" },
	{ "reg_read_val", "reg-read", "val" },
	{ "store_pa", "cpu-write", "pa" },
	{ "store_val", "cpu-write", "val" },
	{ "command_q0", "command", "q0" },
	{ "command_q1", "command", "q1" },
	{ "status_val", "status", "val" },
	{ "xlat_iova", "xlat", "iova" },
	{ "xlat_pa", "xlat", "pa" },
	{ "fault_iova", "xlat-fault", "iova" },
	{ "fault_reason", "xlat-fault", "reason" },
	{ "fill_addr", "fill", "addr" },
	{ "fill_val", "fill", "val" },
	{ "drop_first", "drop", "first" },
	{ "drop_entries", "drop", "entries" },
	{ "msi_addr", "msi", "addr" },
	{ "msi_data", "msi", "data" },
	{ "record_q0", "fault-record", "q0" },
	{ "record_q1", "fault-record", "q1" },
	{ "stale_addr", "stale", "addr" },
	{ "safe_addr", "safe", "addr" },
	{ "stale_windows", "", "" }, /* how many are open */
};

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

#define STALE_WINDOWS (SIGNALS - 1)

struct vcd {
	uint64_t now, step;
	uint64_t windows[MACHINE_UNITS];
};

/* Identifiers are of printable characters; number n in base 90. */
static void identifier(FILE *f, uint32_t n)
{
	fputc((int)('!' + n % 90), f);
	if (n / 90)
		fputc((int)('!' + n / 90 - 1), f);
}

static void begin(FILE *f, void *own, const struct run *r)
{
	struct vcd *v = own;

	v->now = 0;
	fputs("$comment iommu-sim $end\n$timescale 1 ns $end\n$scope module steps $end\n$var wire "
	      "32 ",
	      f);
	identifier(f, 0);
	fputs(" step $end\n$upscope $end\n", f);
	for (uint32_t u = 0; u < r->machine->units; u++) {
		fprintf(f, "$scope module unit%" PRIu32 " $end\n", u);
		for (uint32_t i = 0; i < SIGNALS; i++) {
			fputs("$var wire 64 ", f);
			identifier(f, 1 + u * (uint32_t)SIGNALS + i);
			fprintf(f, " %s $end\n", signals[i].name);
		}
		fputs("$upscope $end\n", f);
	}
	fputs("$enddefinitions $end\n#0\n", f);
}

static void value(FILE *f, uint32_t id, uint64_t val)
{
	char bits[65];
	uint32_t n = 0;

	do {
		bits[n++] = (char)('0' + (val & 1));
		val >>= 1;
	} while (val);
	fputc('b', f);
	while (n)
		fputc(bits[--n], f);
	fputc(' ', f);
	identifier(f, id);
	fputc('\n', f);
}

/* Windows open with "stale" and close with "safe". */
static void count_windows(FILE *f, struct vcd *v, const struct trace_event *e)
{
	bool opens = strcmp(e->kind, "stale") == 0;

	if (!opens && strcmp(e->kind, "safe") != 0)
		return;
	v->windows[e->unit] += opens ? 1 : UINT64_MAX;
	value(f, 1 + e->unit * (uint32_t)SIGNALS + STALE_WINDOWS, v->windows[e->unit]);
}

static void line(FILE *f, void *own, const char *text, const struct run *r)
{
	struct vcd *v = own;
	struct trace_event e;

	if (strncmp(text, "-- ", 3) == 0) {
		fprintf(f, "$comment step %" PRIu64 ": %s $end\n", v->step, text + 3);
		value(f, 0, v->step++);
		return;
	}
	if (!trace_event(text, &e) || e.unit >= r->machine->units)
		return;
	if (e.ns != v->now) {
		fprintf(f, "#%" PRIu64 "\n", e.ns);
		v->now = e.ns;
	}
	for (uint32_t i = 0; i < SIGNALS; i++) {
		if (strcmp(e.kind, signals[i].kind) == 0)
			value(f, 1 + e.unit * (uint32_t)SIGNALS + i,
			      event_number(&e, signals[i].key));
	}
	count_windows(f, v, &e);
}

static void end(FILE *f, void *own)
{
	const struct vcd *v = own;

	fprintf(f, "#%" PRIu64 "\n", v->now + 1);
}

const struct trace_form trace_vcd = { begin, line, end, sizeof(struct vcd) };
