/* The list of items, how they are found, and what of it is left out with a reason. */
#include "coverage/model.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "coverage/transition.h"

#define SLOTS_PER_FIELD 3u

const char *item_kind_name(enum item_kind kind)
{
	static const char *const names[ITEM_KINDS] = { "register", "entry", "command",   "reason",
						       "rise",     "fall",  "transition" };

	return names[kind];
}

enum item_kind model_kind(const struct layout *l)
{
	static const enum item_kind kinds[] = { [LAYOUT_REGISTER] = ITEM_REGISTER,
						[LAYOUT_ENTRY] = ITEM_ENTRY,
						[LAYOUT_DESCRIPTOR] = ITEM_COMMAND };

	return kinds[l->kind];
}

/* ---- building ---- */

static int16_t add(struct model *m, enum be_arch arch, enum item_kind kind, const char *what,
		   const char *field)
{
	struct item *i;

	if (m->items == ITEMS_MAX) {
		cli_error("coverage: the model has more than %d items", ITEMS_MAX);
		exit(CLI_USAGE);
	}
	i = &m->item[m->items];
	i->arch = arch;
	i->kind = kind;
	snprintf(i->name, sizeof(i->name), "%s/%s/%s%s%s", arch_at((uint32_t)arch)->name,
		 item_kind_name(kind), what, field ? "." : "", field ? field : "");
	return (int16_t)m->items++;
}

static void add_field(struct model *m, enum be_arch arch, enum item_kind kind,
		      const struct layout *l, const struct field *f, uint32_t slot)
{
	int16_t n = add(m, arch, kind, l->name, f ? f->name : NULL);

	m->item[n].layout = l;
	m->item[n].field = f;
	m->slot[slot] = n;
}

/* Reserved bits are no fields, though scenarios may set them by name. */
static bool reserved(const struct field *f)
{
	return strncmp(f->name, "RSVD", 4) == 0;
}

static bool status_register(const struct layout *l)
{
	return strcmp(l->name, "GSTS") == 0 || strcmp(l->name, "STATUS") == 0 ||
	       strcmp(l->name, "FSTS") == 0;
}

static void add_layout(struct model *m, enum be_arch arch, const struct layout *l,
		       struct span *span)
{
	uint32_t at = m->slots;

	span->first = at;
	for (const struct field *f = l->fields; f->name; f++)
		span->fields++;
	m->slots += span->fields * SLOTS_PER_FIELD + 1;
	m->slot = cli_grow(m->slot, m->slots, sizeof(m->slot[0]));
	for (uint32_t n = at; n < m->slots; n++)
		m->slot[n] = -1;
	if (l->kind == LAYOUT_DESCRIPTOR)
		add_field(m, arch, ITEM_COMMAND, l, NULL, m->slots - 1);
	for (const struct field *f = l->fields; f->name; f++, at += SLOTS_PER_FIELD) {
		if (reserved(f))
			continue;
		add_field(m, arch, model_kind(l), l, f, at);
		if (status_register(l) && (f->mask & (f->mask - 1)) == 0) {
			add_field(m, arch, ITEM_RISE, l, f, at + 1);
			add_field(m, arch, ITEM_FALL, l, f, at + 2);
		}
	}
}

/* Registers, then entries, then commands, each in the order of the architecture's table. */
static void add_layouts(struct model *m, enum be_arch arch, const struct layout *layouts)
{
	static const enum layout_kind kinds[] = { LAYOUT_REGISTER, LAYOUT_ENTRY,
						  LAYOUT_DESCRIPTOR };

	while (layouts[m->layouts[arch]].name)
		m->layouts[arch]++;
	m->span[arch] = cli_alloc(m->layouts[arch], sizeof(m->span[arch][0]));
	for (uint32_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (uint32_t i = 0; i < m->layouts[arch]; i++) {
			if (layouts[i].kind == kinds[k])
				add_layout(m, arch, &layouts[i], &m->span[arch][i]);
		}
	}
}

static void add_codes(struct model *m, enum be_arch arch, const struct reason *reasons)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < 256; i++)
		m->reason[arch][i] = m->transition[arch][i] = -1;
	for (const struct reason *r = reasons; r->name; r++)
		m->reason[arch][r->code] = add(m, arch, ITEM_REASON, r->name, NULL);
	for (const struct transition *t = transitions_of(arch); t->name; t++, n++)
		m->transition[arch][n] = add(m, arch, ITEM_TRANSITION, t->name, NULL);
}

void model_build(struct model *m)
{
	const struct arch *a;

	memset(m, 0, sizeof(*m));
	m->item = cli_alloc(ITEMS_MAX, sizeof(m->item[0]));
	for (uint32_t n = 0; (a = arch_at(n)); n++) {
		add_layouts(m, (enum be_arch)n, a->layouts);
		add_codes(m, (enum be_arch)n, a->reasons);
	}
}

void model_free(struct model *m)
{
	for (uint32_t n = 0; n < BE_ARCHS; n++)
		free(m->span[n]);
	free(m->slot);
	free(m->item);
}

/* ---- finding ---- */

static const struct span *span_of(const struct model *m, const struct layout *l)
{
	for (uint32_t n = 0; n < BE_ARCHS; n++) {
		uintptr_t first = (uintptr_t)arch_at(n)->layouts;

		if ((uintptr_t)l - first < m->layouts[n] * sizeof(*l))
			return &m->span[n][l - arch_at(n)->layouts];
	}
	return NULL;
}

int model_field(const struct model *m, enum item_kind kind, const struct layout *l,
		const struct field *f)
{
	const struct span *s = span_of(m, l);
	uint32_t which = kind == ITEM_RISE ? 1 : kind == ITEM_FALL ? 2 : 0;

	if (!s)
		return -1;
	if (!f)
		return m->slot[s->first + s->fields * SLOTS_PER_FIELD];
	return m->slot[s->first + (uint32_t)(f - l->fields) * SLOTS_PER_FIELD + which];
}

int model_reason(const struct model *m, enum be_arch arch, uint8_t reason)
{
	return m->reason[arch][reason];
}

int model_transition(const struct model *m, enum be_arch arch, uint32_t number)
{
	return number < 256 ? m->transition[arch][number] : -1;
}

/* ---- what is left out ---- */

/* One line of the list; -1 after a message. */
static int leave_out(struct model *m, const char *path, uint64_t number, char *line)
{
	size_t n = strcspn(line, " \t");
	const char *why = line + n + strspn(line + n, " \t");
	bool any = false;

	if (!line[n] || !*why) {
		cli_error("coverage: %s, line %" PRIu64 ": expected a pattern and a reason", path,
			  number);
		return -1;
	}
	line[n] = '\0';
	for (uint32_t i = 0; i < m->items; i++) {
		if (fnmatch(line, m->item[i].name, 0) != 0)
			continue;
		snprintf(m->item[i].left_out, sizeof(m->item[i].left_out), "%s", why);
		any = true;
	}
	if (any)
		return 0;
	cli_error("coverage: %s, line %" PRIu64 ": nothing is called '%s'; take the line out", path,
		  number, line);
	return -1;
}

int model_leave_out(struct model *m, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];
	uint64_t number = 0;
	int rc = 0;

	if (!f) {
		cli_error("coverage: cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	while (rc == 0 && fgets(line, sizeof(line), f)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (line[strspn(line, " \t")] && line[0] != '#')
			rc = leave_out(m, path, number, line);
	}
	if (rc == 0 && ferror(f)) {
		cli_error("coverage: cannot read %s: %s", path, strerror(errno));
		rc = -1;
	}
	fclose(f);
	return rc;
}
