/*
 * Tables of QEMU's machines beside ours.
 *
 * Firmware would seal each table with its checksum; so do we. The rest is as QEMU made it when the buses had their numbers.
 */
#include "firmware.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acpi/tables.h"
#include "arch.h"
#include "cli.h"
#include "facts.h"
#include "hw/acpi_table.h"
#include "qemu/fwcfg.h"
#include "qemu/process.h"
#include "qemu/unit.h"
#include "run.h"

#define RAM_BYTES (UINT64_C(64) << 20)
#define BLOB "etc/acpi/tables"
#define DEVICES_MOST 5
#define EFR_BLOCK_SINCE QEMU_VERSION(10, 0)
#define IOAPIC_VTD 0xff00
#define IOAPIC_AMDVI 0x00a0

/* clang-format off */

/* Machines whose tables are looked at: what QEMU is told, and where devices are. */
static const struct fw_machine {
	const char *unit;
	enum be_arch arch;
	bool ports; /* AMD-Vi: other buses are behind root ports as for VT-d, whose requests nobody makes here */
	struct {
		uint16_t rid;
		enum be_behind behind;
	} device[DEVICES_MOST];
} machines[] = {
	{ "intel-iommu,intremap=off", BE_VTD, false, { { 0x0020, 0 }, { 0x0031, 0 } } },
	{ "intel-iommu,aw-bits=48,intremap=on,device-iotlb=on", BE_VTD, false,
	  { { 0x0020, 0 }, { 0x0100, 0 }, { 0x0218, 0 }, { 0x0300, BE_BEHIND_PCIE_PCI }, { 0x0030, BE_BEHIND_PCI_BRIDGE } } },
	{ "intel-iommu,aw-bits=39,intremap=on", BE_VTD, false,
	  { { 0x0118, BE_BEHIND_PCI_BRIDGE }, { 0x0020, 0 } } },
	{ "amd-iommu,intremap=off", BE_AMDVI, false, { { 0x0020, 0 }, { 0x0031, 0 } } },
	{ "amd-iommu,intremap=on,device-iotlb=on", BE_AMDVI, true,
	  { { 0x0020, 0 }, { 0x0100, 0 }, { 0x0218, 0 }, { 0x0300, BE_BEHIND_PCIE_PCI }, { 0x0030, BE_BEHIND_PCI_BRIDGE } } },
	{ "amd-iommu,intremap=on", BE_AMDVI, false, { { 0x0118, 0 }, { 0x0020, 0 } } },
};

#define MACHINES (sizeof(machines) / sizeof(machines[0]))
#define ABSENT UINT64_MAX

/* What is known to differ: the row, the fact, and QEMU's value of it. */
static const struct {
	const char *row, *fact;
	uint64_t value;
} known[] = {
	{ "I1", "virtual address bits", 0 },
	{ "I1", "guest address size", 0 },
	{ "I2", "EFRSup", 0 },
	{ "I3", "unit 0: features", 0x44 }, /* GTSup, GASup */
	{ "I4", "unit 0: HtTunEn", 1 },
	{ "I4", "unit 0: Coherent", 0 },
	{ "I5", "physical address bits", 40 },
	{ "I6", "I/O APIC 0: unit", UINT32_MAX }, /* of no unit */
	{ "I6", "I/O APIC 0: appears as", ABSENT },
	{ "I7", "diagnostic entry-self", 1 },
};

/* clang-format on */

struct tables {
	const struct fw_machine *machine;
	const struct sides_qemu *qemu;
	struct vm *vm;
	struct functions functions;
	struct facts theirs, ours;
	uint32_t equal, explained, differ;
	uint32_t fired[ROWS_MAX];
	char why[1024];
};

/* ---- QEMU's table ---- */

static uint32_t read32(void *ctx, uint16_t segment, uint16_t rid, uint32_t off)
{
	struct tables *t = ctx;

	return segment || off > 0xfc ? UINT32_MAX : vm_config_read(t->vm, rid, (uint8_t)off);
}

static uint32_t length_at(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The tables stand one behind the other, each with its length. */
static uint8_t *find_table(uint8_t *blob, uint32_t size, const char *signature, uint32_t *bytes)
{
	for (uint32_t at = 0; at + ACPI_HDR_BYTES <= size; at += *bytes) {
		*bytes = length_at(blob + at + ACPI_HDR_LENGTH);
		if (*bytes < ACPI_HDR_BYTES || *bytes > size - at)
			return NULL;
		if (memcmp(blob + at, signature, 4) == 0)
			return blob + at;
	}
	return NULL;
}

static void seal(uint8_t *table, uint32_t bytes)
{
	uint8_t sum = 0;

	table[ACPI_HDR_CHECKSUM] = 0;
	for (uint32_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + table[i]);
	table[ACPI_HDR_CHECKSUM] = (uint8_t)(0u - sum);
}

static bool read_theirs(struct tables *t)
{
	const char *signature = t->machine->arch == BE_VTD ? "DMAR" : "IVRS";
	struct iommu_acpi_pci pci = { .ctx = t, .read32 = read32 };
	uint32_t size, bytes = 0;
	uint8_t *blob = fwcfg_file(t->vm, BLOB, &size, t->why, sizeof(t->why)), *table;

	if (!blob)
		return false;
	table = find_table(blob, size, signature, &bytes);
	if (table) {
		seal(table, bytes);
		facts_read(&t->theirs, t->machine->arch, table, bytes, &pci, &t->functions);
	} else {
		snprintf(t->why, sizeof(t->why), "no %s among its tables", signature);
	}
	free(blob);
	return table != NULL;
}

/* ---- ours ---- */

/* The scenario goes through a file without a name, for the compiler of devicetrees reads files. */
static struct scenario *describe(struct tables *t)
{
	uint64_t base = t->machine->arch == BE_VTD ? VM_VTD_BASE : VM_AMDVI_BASE;
	struct engine_error error = { .text = "out of memory" };
	struct scenario *sc = NULL;
	int fd = process_file("qemu-machine.dts"), again = fd < 0 ? -1 : dup(fd);
	FILE *out = again < 0 ? NULL : fdopen(again, "w");
	char path[64];

	if (out) {
		functions_write(out, &t->functions, t->machine->arch, base,
				t->machine->arch == BE_VTD ? IOAPIC_VTD : IOAPIC_AMDVI,
				t->qemu->program.number >= EFR_BLOCK_SINCE);
		snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getpid(), fd);
		if (fclose(out) == 0)
			sc = scenario_load(path, &error);
	}
	if (fd >= 0)
		close(fd);
	if (!sc)
		snprintf(t->why, sizeof(t->why), "a scenario of it cannot be made: %.600s",
			 error.text);
	return sc;
}

/* Where the unit is by the machine itself, which the generator places as it likes. */
static void place_unit(struct tables *t)
{
	for (uint32_t i = 0; i < t->functions.count; i++) {
		const struct function *fn = t->functions.at + i;

		if (!fn->capability)
			continue;
		for (uint32_t k = 0; k < t->ours.count; k++) {
			struct fact *at = t->ours.at + k;

			if (strcmp(at->name, "unit 0: function") == 0)
				at->value = fn->rid;
			else if (strcmp(at->name, "unit 0: capability") == 0)
				at->value = fn->capability;
			else if (strcmp(at->name, "unit 0: registers") == 0)
				at->value = fn->base;
		}
	}
}

static bool read_ours(struct tables *t)
{
	enum acpi_table_kind kind = t->machine->arch == BE_VTD ? ACPI_DMAR : ACPI_IVRS;
	struct iommu_acpi_pci pci = { .ctx = t, .read32 = read32 };
	struct scenario *sc = describe(t);
	struct acpi_tables *made;
	const char *why = "";

	if (!sc)
		return false;
	sc->setting.unit[0][t->machine->arch].arch = t->machine->arch;
	unit_read(t->vm, &sc->setting.unit[0][t->machine->arch]);
	made = acpi_tables_make(&sc->machine, &sc->setting, &why);
	if (made) {
		const struct acpi_bytes *b = made->table + kind;

		facts_read(&t->ours, t->machine->arch, b->p, b->size, &pci, &t->functions);
		place_unit(t);
	} else {
		snprintf(t->why, sizeof(t->why), "%s", why);
	}
	acpi_tables_free(made);
	scenario_free(sc);
	return made != NULL;
}

/* ---- comparing ---- */

static bool by_row(struct tables *t, const char *name, const struct fact *theirs)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		int n = rows_find(known[i].row);
		const struct row *row = n < 0 ? NULL : rows_at((uint32_t)n);

		if (!row || row->arch != t->machine->arch || strcmp(known[i].fact, name) != 0 ||
		    !row_applies(row, t->qemu->program.number) ||
		    known[i].value != (theirs ? theirs->value : ABSENT))
			continue;
		t->fired[n]++;
		t->explained++;
		return true;
	}
	return false;
}

static void value_text(const struct fact *f, char *buf, size_t size)
{
	if (f)
		snprintf(buf, size, "0x%" PRIx64, f->value);
	else
		snprintf(buf, size, "nothing");
}

static void compare_one(struct tables *t, const char *name)
{
	const struct fact *a = facts_find(&t->theirs, name), *b = facts_find(&t->ours, name);
	char theirs[32], ours[32];

	if (a && b && a->value == b->value) {
		t->equal++;
		return;
	}
	if (by_row(t, name, a))
		return;
	value_text(a, theirs, sizeof(theirs));
	value_text(b, ours, sizeof(ours));
	if (!t->differ++)
		printf("FAIL    tables of %s as \"%s\"\n", t->qemu->name, t->machine->unit);
	printf("  %s: QEMU says %s, ours %s\n", name, theirs, ours);
}

static void compare(struct tables *t)
{
	for (uint32_t i = 0; i < t->theirs.count; i++)
		compare_one(t, t->theirs.at[i].name);
	for (uint32_t i = 0; i < t->ours.count; i++)
		if (!facts_find(&t->theirs, t->ours.at[i].name))
			compare_one(t, t->ours.at[i].name);
	if (t->theirs.full || t->ours.full || t->functions.full) {
		printf("FAIL    tables of %s as \"%s\": more in them than there is room for\n",
		       t->qemu->name, t->machine->unit);
		t->differ++;
	}
}

/* ---- a machine ---- */

static void plan(const struct fw_machine *m, struct vm_plan *p)
{
	memset(p, 0, sizeof(*p));
	p->arch = m->ports ? BE_VTD : m->arch;
	p->ram_bytes = RAM_BYTES;
	snprintf(p->unit, sizeof(p->unit), "%s", m->unit);
	for (uint32_t i = 0; i < DEVICES_MOST && m->device[i].rid; i++)
		(void)vm_plan_device(p, m->device[i].rid, m->device[i].behind);
	vm_plan_finish(p);
	p->arch = m->arch;
}

static bool look(struct tables *t)
{
	struct vm_plan p;
	bool ok;

	plan(t->machine, &p);
	t->vm = vm_get(NULL, &t->qemu->program, &p, 0, t->why, sizeof(t->why));
	if (!t->vm)
		return false;
	functions_find(t->vm, &t->functions);
	ok = !vm_broken(t->vm) && read_theirs(t) && read_ours(t) && !vm_broken(t->vm);
	if (!ok && vm_broken(t->vm))
		snprintf(t->why, sizeof(t->why), "%s", vm_broken(t->vm));
	vm_put(NULL, t->vm);
	return ok;
}

static void report(const struct tables *t)
{
	printf("tables  %s, %s: %u functions, %u facts equal", t->qemu->name, t->machine->unit,
	       t->functions.count, t->equal);
	for (uint32_t i = 0; i < ROWS_MAX; i++)
		if (t->fired[i])
			printf(", %s %u", rows_at(i)->id, t->fired[i]);
	printf(", %u differences\n", t->differ);
}

static bool run_machine(struct session *s, const struct sides_qemu *qemu,
			const struct fw_machine *m, uint32_t fired[ROWS_MAX])
{
	struct tables *t = calloc(1, sizeof(*t));
	bool ok;

	if (!t)
		return false;
	t->machine = m;
	t->qemu = qemu;
	ok = look(t);
	if (ok) {
		compare(t);
		ok = t->differ == 0;
		report(t);
	} else {
		printf("FAIL    tables of %s as \"%s\": %s\n", qemu->name, m->unit, t->why);
	}
	for (uint32_t i = 0; i < ROWS_MAX; i++) {
		fired[i] += t->fired[i];
		s->fired[i] += t->fired[i];
	}
	free(t);
	return ok;
}

/* All machines of a vendor come by every row that speaks of its tables. */
static void demand_rows(struct session *s, const struct sides_qemu *qemu,
			const uint32_t fired[ROWS_MAX])
{
	const struct row *row;

	for (uint32_t i = 0; (row = rows_at(i)) != NULL; i++) {
		if (row->seen != ROW_BY_TABLES || !s->vendor[row->arch] || fired[i] ||
		    !row_applies(row, qemu->program.number))
			continue;
		printf("FAIL    row %s: nothing needed it on %s; is it still so? (rows.c)\n",
		       row->id, qemu->name);
		s->failed++;
	}
}

int session_tables(struct session *s)
{
	for (uint32_t q = 0; q < s->sides.qemus; q++) {
		uint32_t fired[ROWS_MAX] = { 0 };

		for (size_t i = 0; i < MACHINES; i++) {
			if (!s->vendor[machines[i].arch])
				continue;
			if (run_machine(s, s->sides.qemu[q], machines + i, fired))
				s->passed++;
			else
				s->failed++;
			fflush(stdout);
		}
		demand_rows(s, s->sides.qemu[q], fired);
	}
	return CLI_OK;
}
