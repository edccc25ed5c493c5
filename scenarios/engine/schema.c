/*
 * The language as tables, and the one checker that reads them.
 */
#include "schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "acpi/config.h"
#include "arch.h"
#include "names.h"

/* clang-format off */

#define END { NULL, TYPE_FLAG, false, 0, NULL, NULL }

const struct prop_desc schema_root[] = {
	{ "title", TYPE_STRING, true, 0, NULL, "one sentence: the condition and what must come of it" },
	{ "spec", TYPE_STRING, true, 0, NULL, "the specification's sections it rests on" },
	{ "seed", TYPE_NUMBER, false, 0, NULL, "start of every random choice (0)" },
	{ "judge", TYPE_NAMES, false, 0, names_judge, "what alone may fail it (everything; see \"What is judged\")" },
	END
};

const struct prop_desc schema_machine[] = {
	{ "#address-cells", TYPE_NUMBER, true, 2, NULL, "2: addresses have 64 bits" },
	{ "#size-cells", TYPE_NUMBER, true, 2, NULL, "2: sizes have 64 bits" },
	{ "driver-pages", TYPE_NUMBER, false, 1u << 20, NULL,
	  "pages set aside for the driver at the end of the first memory node (4096, at most half of it)" },
	END
};

const struct prop_desc schema_memory[] = {
	{ "device_type", TYPE_STRING, true, 0, NULL, "\"memory\"" },
	{ "reg", TYPE_WORDS, true, 0, NULL, "pairs of address and size, 64 bits each" },
	END
};

const struct prop_desc schema_unit[] = {
	{ "compatible", TYPE_STRINGS, true, 0, NULL,
	  "\"intel,vtd\" or \"amd,iommu\"; both, where `machine` of `vary` chooses: else the first counts" },
	{ "reg", TYPE_WORDS, true, 0, NULL, "address and size of the registers, 64 bits each" },
	{ "#iommu-cells", TYPE_NUMBER, false, 1, NULL, "1: the requester id" },
	{ "label", TYPE_STRING, false, 0, NULL, "name for reports and for `vary` (the node's name)" },
	END
};

const struct prop_desc schema_host[] = {
	{ "compatible", TYPE_STRING, true, 0, NULL, "\"pci-host-ecam-generic\" or any other host bridge" },
	{ "device_type", TYPE_STRING, true, 0, NULL, "\"pci\"" },
	{ "#address-cells", TYPE_NUMBER, true, 3, NULL, "3, as the PCI binding has it" },
	{ "#size-cells", TYPE_NUMBER, true, 2, NULL, "2, as the PCI binding has it" },
	{ "iommu-map", TYPE_CELLS, true, 0, NULL,
	  "rows of first requester id, unit, first id at the unit, count: the standard binding" },
	END
};

const struct prop_desc schema_device[] = {
	{ "reg", TYPE_CELLS, true, 0, NULL,
	  "five cells as the PCI binding has them; the first holds bus (23:16), device (15:11), function (10:8)" },
	{ "ats", TYPE_FLAG, false, 0, NULL, "the device has a TLB of its own; the step `ats` turns it on" },
	{ "behind", TYPE_NAME, false, 0, names_behind,
	  "the bridge its requests get their id from, for a backend that has bridges: the secondary bus and 00.0 of the first, the own id of the second" },
	END
};

const struct prop_desc schema_source[] = {
	{ "compatible", TYPE_STRING, true, 0, NULL, "\"ioapic\" or \"hpet\": a source of interrupts that is no PCI function" },
	{ "iommus", TYPE_CELLS, true, 0, NULL, "its unit and the requester id its messages carry: the standard binding" },
	{ "reg", TYPE_WORDS, false, 0, NULL, "address and size of its registers, which nothing here reads" },
	END
};

const struct prop_desc schema_acpi[] = {
	{ "ivhd", TYPE_CELLS, false, 0, NULL, "types of the IVHD blocks of each AMD-Vi unit, in the order they stand (<0x10 0x11>)" },
	{ "include-all", TYPE_BOOL, false, 0, NULL, "the last VT-d unit of a segment takes all devices (1), or every device is listed" },
	{ "missing", TYPE_NAMES, false, 0, acpi_table_at, "tables that are not there" },
	END
};

const struct prop_desc schema_acpi_item[] = {
	{ "kind", TYPE_NAME, true, 0, acpi_kind_at, "what the node is" },
	{ "dev", TYPE_DEVICE, false, 0, NULL, "region: its device; alias: the device whose id requests carry" },
	{ "unit", TYPE_UNIT, false, 0, NULL, "region: all devices of the unit have it; bridge: the unit that lists it" },
	{ "reg", TYPE_WORDS, false, 0, NULL, "region: address and size, 64 bits each" },
	{ "perm", TYPE_NAME, false, 0, names_perm, "region: what its devices may do there, on AMD-Vi (\"rw\")" },
	{ "rid", TYPE_NUMBER, false, 0xffff, NULL, "alias: the function whose requests carry another id; bridge: its own id" },
	{ "buses", TYPE_CELLS, false, 0, NULL, "bridge: the first and the last bus behind it; segment 0" },
	{ "type", TYPE_NAME, false, 0, acpi_bridge_at, "bridge: a port of PCI Express (\"port\"), or what it leads from and to" },
	{ "table", TYPE_NAME, false, 0, acpi_table_at, "patch: which table" },
	{ "at", TYPE_NUMBER, false, 0xffff, NULL, "patch: where `bytes` begin (0)" },
	{ "bytes", TYPE_BYTES, false, 0, NULL, "patch: put over the table's own, or behind them; checksum and length follow" },
	{ "cut", TYPE_NUMBER, false, 0xffff, NULL, "patch: this many bytes are left of the table" },
	{ "keep-sum", TYPE_FLAG, false, 0, NULL, "patch: the checksum does not follow" },
	END
};

const struct prop_desc schema_policy[] = {
	{ "machine", TYPE_NAME, false, 0, arch_name_at, "which of the architectures in `compatible` the units are of" },
	{ "cache", TYPE_STRING, false, 0, NULL, "\"keep-all\", \"keep-none\", \"lru-N\", \"random-N\": when caches forget" },
	{ "publish", TYPE_NAME, false, 0, names_publish, "when a store reaches a walker that does not snoop" },
	{ "delay", TYPE_NAME, false, 0, names_delay, "how long the hardware takes" },
	{ "order", TYPE_NAME, false, 0, names_order, "order in which queue commands take effect" },
	{ "inval-more", TYPE_BOOL, false, 0, NULL, "invalidations remove more than asked" },
	{ "exact-range", TYPE_BOOL, false, 0, NULL,
	  "a page-selective invalidation keeps a cached page larger than its range" },
	{ "prefetch", TYPE_BOOL, false, 0, NULL, "a fill also fills the following page" },
	{ "speculate", TYPE_BOOL, false, 0, NULL,
	  "at moments of its own a unit translates and keeps pages near those devices asked for, as far as the tables hold them" },
	{ "uncached", TYPE_NAME, false, 0, names_uncached,
	  "a cache of the units that keeps nothing, whatever `cache` says: with `iotlb` each walk starts from a kept table entry" },
	{ "rewalk", TYPE_BOOL, false, 0, NULL, "a hit with too small a permission walks again" },
	{ "collapse", TYPE_BOOL, false, 0, NULL, "faults of a source that has a record are not recorded again" },
	{ "seed", TYPE_NUMBER, false, 0, NULL, "joins the scenario's seed" },
	{ "inval", TYPE_NAME, false, 0, names_inval, "how the driver invalidates" },
	{ "superpages", TYPE_BOOL, false, 0, NULL, "whether the driver maps large pages" },
	{ "wide-stores", TYPE_BOOL, false, 0, NULL, "whether the driver's platform can store 128 bits at once (0)" },
	END
};

const struct prop_desc schema_step[] = {
	{ "do", TYPE_STRING, true, 0, NULL, "the verb" },
	{ "when", TYPE_STRINGS, false, 0, NULL,
	  "\"key=value\" or \"key=value|value\": only in permutations where all of them hold" },
	{ "unless", TYPE_STRINGS, false, 0, NULL, "the same: not where any of them holds" },
	{ "finding", TYPE_NAMES, false, 0, names_finding, "the oracle has to find exactly these kinds in this step" },
	{ "complaint", TYPE_NAMES, false, 0, names_complaint, "the hardware has to complain of each of these in this step" },
	END
};

const struct prop_desc schema_during[] = {
	{ "at", TYPE_YIELD, true, 0, NULL, "<k>: at the k-th yield point, from 1; \"each\": at all of them" },
	END
};

/* clang-format on */

static const struct verb *const groups[GROUPS] = { guest_verbs,    device_verbs,    metal_verbs,
						   world_verbs,    interrupt_verbs, record_verbs,
						   firmware_verbs, guest_irq_verbs };

const struct verb *verb_at(uint32_t n)
{
	for (int g = 0; g < GROUPS; g++)
		for (const struct verb *v = groups[g]; v->name; v++)
			if (n-- == 0)
				return v;
	return NULL;
}

const struct verb *verb_find(const char *name)
{
	const struct verb *v;

	for (uint32_t i = 0; (v = verb_at(i)) != NULL; i++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

const struct prop_desc *desc_find(const struct prop_desc *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

int name_index(name_at_fn names, const char *name)
{
	const char *at;

	for (uint32_t i = 0; (at = names(i)) != NULL; i++)
		if (strcmp(at, name) == 0)
			return (int)i;
	return -1;
}

bool engine_fail(struct engine_error *e, const char *path, const char *node, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(e->text, sizeof(e->text), "%s: %s%s", path, node, node[0] ? ": " : "");

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < sizeof(e->text))
		vsnprintf(e->text + n, sizeof(e->text) - (size_t)n, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- did you mean ---- */

#define NAME_LEN 32

unsigned name_distance(const char *a, const char *b)
{
	unsigned row[NAME_LEN + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NAME_LEN || lb > NAME_LEN)
		return NAME_LEN;
	for (unsigned j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);
			unsigned edit = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = change < edit ? change : edit;
		}
	}
	return row[lb];
}

struct nearest {
	const char *to, *name;
	unsigned distance;
};

static void nearer(struct nearest *n, const char *name)
{
	unsigned d = name_distance(n->to, name);

	if (d < n->distance && d <= 2 && d < strlen(n->to)) {
		n->distance = d;
		n->name = name;
	}
}

static void hint(char *buf, size_t size, const struct nearest *n)
{
	if (n->name)
		snprintf(buf, size, "; did you mean \"%s\"?", n->name);
	else
		buf[0] = '\0';
}

static void hint_names(char *buf, size_t size, const char *got, name_at_fn names)
{
	struct nearest best = { got, NULL, 100 };
	const char *at;
	size_t n = 0;

	for (uint32_t i = 0; (at = names(i)) != NULL; i++)
		nearer(&best, at);
	if (best.name) {
		hint(buf, size, &best);
		return;
	}
	buf[0] = '\0';
	for (uint32_t i = 0; (at = names(i)) != NULL && n < size && i < 12; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s\"%s\"", i ? ", " : "; known: ", at);
}

/* ---- checking ---- */

static const char *const type_words[] = {
	[TYPE_FLAG] = "no value",
	[TYPE_BOOL] = "<0> or <1>",
	[TYPE_NUMBER] = "a number: one cell <n>, two cells <hi lo>, or /bits/ 64 <n>",
	[TYPE_STRING] = "a string",
	[TYPE_STRINGS] = "a list of strings",
	[TYPE_NAME] = "a name in quotes",
	[TYPE_NAMES] = "a list of names in quotes",
	[TYPE_REASON] = "fault reasons by name, or one number",
	[TYPE_DEVICE] = "a reference to a PCI device of the machine, <&label>",
	[TYPE_UNIT] = "a reference to an iommu node of the machine, <&label>",
	[TYPE_UNITS] = "references to iommu nodes, <&label &label>",
	[TYPE_WORDS] = "64-bit words: pairs of cells <hi lo>, or /bits/ 64",
	[TYPE_CELLS] = "32-bit cells",
	[TYPE_BYTES] = "bytes, [01 02]",
	[TYPE_YIELD] = "a yield point: <k> from 1, or \"each\"",
	[TYPE_VALUES] = "a list of values: strings or cells",
};

static bool bad(const struct check *c, const struct dts_node *n, const struct dts_prop *p,
		const struct prop_desc *d)
{
	return engine_fail(c->error, c->path, n->path, "property \"%s\" has %u byte%s; expected %s",
			   p->name, p->len, p->len == 1 ? "" : "s", type_words[d->type]);
}

static bool one_string(const struct dts_prop *p)
{
	return dts_is_strings(p) && dts_string_count(p) == 1;
}

static bool check_names(const struct check *c, const struct dts_node *n, const struct dts_prop *p,
			const struct prop_desc *d)
{
	char text[300];
	const char *s;

	if (!dts_is_strings(p) || (d->type == TYPE_NAME && !one_string(p)))
		return bad(c, n, p, d);
	for (uint32_t i = 0; (s = dts_string(p, i)) != NULL; i++)
		if (name_index(d->names, s) < 0) {
			hint_names(text, sizeof(text), s, d->names);
			return engine_fail(c->error, c->path, n->path,
					   "property \"%s\": unknown name \"%s\"%s", p->name, s,
					   text);
		}
	return true;
}

static bool check_number(const struct check *c, const struct dts_node *n, const struct dts_prop *p,
			 const struct prop_desc *d)
{
	uint64_t v;

	if (!dts_number(p, &v))
		return bad(c, n, p, d);
	if ((d->type == TYPE_BOOL && v > 1) || (d->max && v > d->max))
		return engine_fail(c->error, c->path, n->path,
				   "property \"%s\" is 0x%llx; expected at most 0x%llx", p->name,
				   (unsigned long long)v,
				   (unsigned long long)(d->max ? d->max : 1));
	return true;
}

static bool check_reason(const struct check *c, const struct dts_node *n, const struct dts_prop *p,
			 const struct prop_desc *d)
{
	char text[300];
	const char *s;
	uint64_t v;

	if (!dts_is_strings(p))
		return dts_number(p, &v) && v <= 255 ? true : bad(c, n, p, d);
	for (uint32_t i = 0; (s = dts_string(p, i)) != NULL; i++)
		if (name_index(reason_at, s) < 0) {
			hint_names(text, sizeof(text), s, reason_at);
			return engine_fail(c->error, c->path, n->path,
					   "property \"%s\": no fault reason is called \"%s\"%s",
					   p->name, s, text);
		}
	return true;
}

/* A reference has to lead to a node of the machine of the right kind. */
static bool check_reference(const struct check *c, const struct dts_node *n,
			    const struct dts_prop *p, const struct prop_desc *d)
{
	if (p->len < 4 || p->len % 4 || (d->type != TYPE_UNITS && p->len != 4))
		return bad(c, n, p, d);
	for (uint32_t i = 0; i < p->len / 4; i++) {
		const struct dts_node *to = dts_by_phandle(c->tree, dts_cell(p, i));
		bool device = to && ((to->parent && dts_find(to->parent, "iommu-map")) ||
				     dts_find(to, "iommus"));
		const struct dts_prop *comp = to ? dts_find(to, "compatible") : NULL;
		bool unit = comp && dts_is_strings(comp) && arch_by_compatible(dts_string(comp, 0));

		if (d->type == TYPE_DEVICE ? !device : !unit)
			return engine_fail(c->error, c->path, n->path,
					   "property \"%s\" refers to %s; expected %s", p->name,
					   to ? to->path : "nothing", type_words[d->type]);
	}
	return true;
}

bool check_prop(const struct check *c, const struct dts_node *n, const struct dts_prop *p,
		const struct prop_desc *d)
{
	switch (d->type) {
	case TYPE_FLAG:
		return p->len == 0 ? true : bad(c, n, p, d);
	case TYPE_BOOL:
	case TYPE_NUMBER:
		return check_number(c, n, p, d);
	case TYPE_STRING:
		return one_string(p) ? true : bad(c, n, p, d);
	case TYPE_STRINGS:
		return dts_is_strings(p) ? true : bad(c, n, p, d);
	case TYPE_NAME:
	case TYPE_NAMES:
		return check_names(c, n, p, d);
	case TYPE_REASON:
		return check_reason(c, n, p, d);
	case TYPE_DEVICE:
	case TYPE_UNIT:
	case TYPE_UNITS:
		return check_reference(c, n, p, d);
	case TYPE_WORDS:
		return p->len && p->len % 8 == 0 ? true : bad(c, n, p, d);
	case TYPE_CELLS:
	case TYPE_VALUES:
		return p->len && (p->len % 4 == 0 || dts_is_strings(p)) ? true : bad(c, n, p, d);
	case TYPE_YIELD:
		return p->len == 4 || (one_string(p) && strcmp(dts_string(p, 0), "each") == 0)
			       ? true
			       : bad(c, n, p, d);
	case TYPE_BYTES:
		return p->len ? true : bad(c, n, p, d);
	}
	return false;
}

bool prop_is_implied(const char *name)
{
	return strcmp(name, "phandle") == 0 || strcmp(name, "linux,phandle") == 0;
}

bool check_node(const struct check *c, const struct dts_node *n, const struct prop_desc *table,
		also_fn also, const void *arg)
{
	for (uint32_t i = 0; i < n->nprops; i++) {
		const struct dts_prop *p = n->props + i;
		const struct prop_desc *d = desc_find(table, p->name);
		struct nearest best = { p->name, NULL, 100 };
		char text[100];
		bool known = false;

		if (prop_is_implied(p->name))
			continue;
		if (d) {
			if (!check_prop(c, n, p, d))
				return false;
			continue;
		}
		if (also && !also(c, n, p, &known, arg))
			return false;
		if (known)
			continue;
		for (d = table; d->name; d++)
			nearer(&best, d->name);
		hint(text, sizeof(text), &best);
		return engine_fail(c->error, c->path, n->path, "unknown property \"%s\"%s", p->name,
				   text);
	}
	for (; table->name; table++)
		if (table->required && !dts_find(n, table->name))
			return engine_fail(c->error, c->path, n->path,
					   "property \"%s\" is missing; expected %s (%s)",
					   table->name, type_words[table->type], table->help);
	return true;
}

/* ---- getters ---- */

bool step_has(const struct step *s, const char *name)
{
	return dts_find(s->node, name) != NULL;
}

uint64_t step_number(const struct step *s, const char *name, uint64_t otherwise)
{
	const struct dts_prop *p = dts_find(s->node, name);
	uint64_t v;

	if (!p)
		return otherwise;
	return dts_number(p, &v) ? v : otherwise;
}

const char *step_string(const struct step *s, const char *name, const char *otherwise)
{
	const struct dts_prop *p = dts_find(s->node, name);

	return p ? dts_string(p, 0) : otherwise;
}

int step_name(const struct step *s, const char *name, int otherwise)
{
	const struct dts_prop *p = dts_find(s->node, name);
	const struct prop_desc *d = desc_find(s->verb->props, name);

	return p && d && d->names ? name_index(d->names, dts_string(p, 0)) : otherwise;
}

/* ---- the tables as text ---- */

static const char *const type_names[] = {
	[TYPE_FLAG] = "flag",     [TYPE_BOOL] = "0 or 1",         [TYPE_NUMBER] = "number",
	[TYPE_STRING] = "string", [TYPE_STRINGS] = "strings",     [TYPE_NAME] = "name",
	[TYPE_NAMES] = "names",   [TYPE_REASON] = "fault reason", [TYPE_DEVICE] = "device",
	[TYPE_UNIT] = "unit",     [TYPE_UNITS] = "units",         [TYPE_WORDS] = "64-bit words",
	[TYPE_CELLS] = "cells",   [TYPE_BYTES] = "bytes",         [TYPE_YIELD] = "yield point",
	[TYPE_VALUES] = "values",
};

static void print_names(FILE *out, name_at_fn names)
{
	const char *at;

	if (names == names_register || names == names_descriptor || names == names_entry ||
	    names == names_complaint)
		return; /* listed apart */
	for (uint32_t i = 0; (at = names(i)) != NULL; i++)
		fprintf(out, "%s`%s`", i ? ", " : ": ", at);
}

static void print_rows(FILE *out, const struct prop_desc *d)
{
	for (; d->name; d++) {
		fprintf(out, "| `%s` | %s%s | %s", d->name, type_names[d->type],
			d->required ? ", required" : "", d->help);
		if (d->names)
			print_names(out, d->names);
		fprintf(out, " |\n");
	}
}

static void print_table(FILE *out, const struct prop_desc *d, const struct prop_desc *more)
{
	fprintf(out, "\n| property | value | meaning |\n|---|---|---|\n");
	print_rows(out, d);
	if (more)
		print_rows(out, more);
	fprintf(out, "\n");
}

static void print_layouts(FILE *out, enum layout_kind kind, const char *title)
{
	const struct arch *a;

	for (uint32_t i = 0; (a = arch_at(i)) != NULL; i++) {
		fprintf(out, "### %s, %s\n\n| name | fields |\n|---|---|\n", title, a->title);
		for (const struct layout *l = a->layouts; l->name; l++) {
			if (l->kind != kind)
				continue;
			fprintf(out, "| `%s` |", l->name);
			for (const struct field *f = l->fields; f->name; f++)
				fprintf(out, " `%s`", f->name);
			fprintf(out, " |\n");
		}
		fprintf(out, "\n");
	}
}

static void print_reasons(FILE *out)
{
	const struct arch *a;

	fprintf(out, "### fault reasons\n\n");
	for (uint32_t i = 0; (a = arch_at(i)) != NULL; i++) {
		fprintf(out, "%s:", a->title);
		for (const struct reason *r = a->reasons; r->name; r++)
			fprintf(out, " `%s`", r->name);
		fprintf(out, "\n\n");
	}
}

static void print_arch(FILE *out, const struct arch *a)
{
	const char *between = "";

	fprintf(out, "### iommu node, %s\n", a->title);
	print_table(out, a->node, NULL);
	fprintf(out, "Capabilities: ");
	for (const struct capability *c = a->capabilities; c->name; c++) {
		if (desc_find(a->node, c->name))
			continue;
		fprintf(out, "%s`%s`", between, c->name);
		between = ", ";
	}
	fprintf(out, "\n\n");
}

void scenario_print_schema(FILE *out)
{
	static const char *const titles[GROUPS] = { "guest",     "device", "metal",    "world",
						    "interrupt", "record", "firmware", "guest" };
	static const struct {
		const char *title;
		const struct prop_desc *table;
	} nodes[] = {
		{ "root node", schema_root },
		{ "machine", schema_machine },
		{ "memory node", schema_memory },
		{ "iommu node", schema_unit },
		{ "PCI host node", schema_host },
		{ "PCI device node", schema_device },
		{ "I/O APIC or HPET node", schema_source },
		{ "acpi node", schema_acpi },
		{ "nodes of the acpi node", schema_acpi_item },
		{ "policy and vary", schema_policy },
		{ "every step", schema_step },
		{ "during", schema_during },
	};
	const struct arch *a;
	const struct verb *v;
	const char *name;

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		fprintf(out, "### %s\n", nodes[i].title);
		print_table(out, nodes[i].table, NULL);
	}
	for (uint32_t i = 0; (a = arch_at(i)) != NULL; i++)
		print_arch(out, a);
	for (uint32_t i = 0; (v = verb_at(i)) != NULL; i++) {
		fprintf(out, "### `%s`\n\n", v->name);
		fprintf(out, "%s step%s%s. %s\n", titles[v->group],
			v->yields ? ", takes `during`" : "",
			v->interrupts ? ", allowed inside `during`" : "", v->help);
		print_table(out, v->props, v->child);
	}
	print_layouts(out, LAYOUT_REGISTER, "registers");
	print_layouts(out, LAYOUT_ENTRY, "entries");
	print_layouts(out, LAYOUT_DESCRIPTOR, "descriptors");
	print_reasons(out);
	fprintf(out, "### complaints\n\n");
	for (uint32_t i = 0; (name = names_complaint(i)) != NULL; i++)
		fprintf(out, "- `%s`\n", name);
}
