/* The list of items, and what of it is left out with a reason. */
#include "coverage/model.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char *item_kind_name(enum item_kind kind)
{
	static const char *const names[ITEM_KINDS] = { "register", "entry", "command",
						       "reason",   "rise",  "fall" };

	return names[kind];
}

static struct item *add(struct model *m, enum be_arch arch, enum item_kind kind)
{
	struct item *i;

	if (m->items == ITEMS_MAX) {
		cli_error("coverage: the model has more than %d items", ITEMS_MAX);
		exit(CLI_USAGE);
	}
	i = &m->item[m->items++];
	i->arch = arch;
	i->kind = kind;
	return i;
}

static void name(struct item *i, const char *what, const char *field)
{
	snprintf(i->name, sizeof(i->name), "%s/%s/%s%s%s", arch_at((uint32_t)i->arch)->name,
		 item_kind_name(i->kind), what, field ? "." : "", field ? field : "");
}

static void add_field(struct model *m, enum be_arch arch, enum item_kind kind,
		      const struct layout *l, const struct field *f)
{
	struct item *i = add(m, arch, kind);

	i->layout = l;
	i->field = f;
	name(i, l->name, f ? f->name : NULL);
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

static void add_layout(struct model *m, enum be_arch arch, const struct layout *l)
{
	static const enum item_kind kinds[] = { ITEM_REGISTER, ITEM_ENTRY, ITEM_COMMAND };

	if (l->kind == LAYOUT_DESCRIPTOR)
		add_field(m, arch, ITEM_COMMAND, l, NULL);
	for (const struct field *f = l->fields; f->name; f++) {
		if (reserved(f))
			continue;
		add_field(m, arch, kinds[l->kind], l, f);
		if (status_register(l) && (f->mask & (f->mask - 1)) == 0) {
			add_field(m, arch, ITEM_RISE, l, f);
			add_field(m, arch, ITEM_FALL, l, f);
		}
	}
}

void model_build(struct model *m)
{
	const struct layout *l;
	const struct arch *a;

	m->items = 0;
	m->item = cli_alloc(ITEMS_MAX, sizeof(m->item[0]));
	for (uint32_t n = 0; (a = arch_at(n)); n++) {
		for (uint32_t k = 0; k < 3; k++) {
			for (uint32_t i = 0; (l = layout_at((enum layout_kind)k, i)); i++) {
				if (arch_has_layout(a, l))
					add_layout(m, (enum be_arch)n, l);
			}
		}
		for (const struct reason *r = a->reasons; r->name; r++) {
			struct item *i = add(m, (enum be_arch)n, ITEM_REASON);

			i->reason = r->code;
			name(i, r->name, NULL);
		}
	}
}

void model_free(struct model *m)
{
	free(m->item);
}

int model_field(const struct model *m, enum item_kind kind, const struct layout *l,
		const struct field *f)
{
	for (uint32_t n = 0; n < m->items; n++) {
		if (m->item[n].layout == l && m->item[n].kind == kind && m->item[n].field == f)
			return (int)n;
	}
	return -1;
}

int model_reason(const struct model *m, enum be_arch arch, uint8_t reason)
{
	for (uint32_t n = 0; n < m->items; n++) {
		if (m->item[n].kind == ITEM_REASON && m->item[n].arch == arch &&
		    m->item[n].reason == reason)
			return (int)n;
	}
	return -1;
}

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
	fclose(f);
	return rc;
}
