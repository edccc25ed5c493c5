/*
 * Scenarios as text: devicetree source that compiles to the same tree.
 *
 * A property's bytes do not tell what they are; the schema does.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "schema.h"
#include "tree.h"

struct writer {
	FILE *out;
	const struct dts *d;
};

/* ---- labels ---- */

static size_t base_length(const char *name)
{
	size_t n = 0;

	while (isalnum((unsigned char)name[n]) || name[n] == '_')
		n++;
	return n;
}

/* A node's label: the beginning of its name, with its number when another one begins so. */
static void label(const struct writer *w, const struct dts_node *n, char *buf, size_t size)
{
	size_t len = base_length(n->name);
	bool alone = len && !isdigit((unsigned char)n->name[0]);

	for (uint32_t other = 1; alone && other < 1024; other++) {
		const struct dts_node *o = dts_by_phandle(w->d, other);

		if (o && o != n && base_length(o->name) == len &&
		    memcmp(o->name, n->name, len) == 0)
			alone = false;
	}
	if (alone)
		snprintf(buf, size, "%.*s", (int)len, n->name);
	else
		snprintf(buf, size, "%.*s_%" PRIu32,
			 len && !isdigit((unsigned char)n->name[0]) ? (int)len : 0, n->name,
			 n->phandle);
}

/* ---- what a property is ---- */

static const struct prop_desc *find_in(const struct prop_desc *table, const char *name)
{
	return table ? desc_find(table, name) : NULL;
}

static const struct verb *verb_of(const struct dts_node *n)
{
	const struct dts_prop *p = dts_find(n, "do");

	return p && dts_is_strings(p) ? verb_find(dts_string(p, 0)) : NULL;
}

static const struct prop_desc *step_desc(const struct dts_node *n, const char *name)
{
	const struct verb *v = verb_of(n);
	const struct prop_desc *d = find_in(schema_step, name);

	if (!d && strcmp(n->name, "during") == 0 && strcmp(name, "at") == 0)
		return schema_during;
	return d || !v ? d : find_in(v->props, name);
}

static bool under(const struct dts_node *n, const char *name, int up)
{
	for (; n && up; up--)
		n = n->parent;
	return n && n->parent && !n->parent->parent && strcmp(n->name, name) == 0;
}

/* NULL: a capability, a field of a register or an entry, or a key of `policy`. */
static const struct prop_desc *desc_of(const struct dts_node *n, const char *name)
{
	static const struct prop_desc *const machine[] = { schema_unit, schema_host,
							   schema_memory };
	const struct prop_desc *d = NULL;

	if (!n->parent)
		return find_in(schema_root, name);
	if (under(n, "machine", 1) || under(n, "machine", 2)) {
		for (size_t i = 0; i < 3 && !d; i++)
			d = find_in(machine[i], name);
		return d;
	}
	if (under(n, "steps", 1))
		return step_desc(n, name);
	if (under(n, "steps", 2) && strcmp(n->name, "during") == 0)
		return step_desc(n, name);
	if (under(n, "steps", 2) && verb_of(n->parent))
		return find_in(verb_of(n->parent)->child, name);
	return NULL;
}

/* ---- values ---- */

static void put_strings(FILE *out, const struct dts_prop *p)
{
	fputc('"', out);
	for (uint32_t i = 0; i + 1 < p->len; i++) {
		char c = (char)p->data[i];

		if (!c)
			fputs("\", \"", out);
		else
			fprintf(out, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
	}
	fputc('"', out);
}

static void put_bytes(FILE *out, const struct dts_prop *p)
{
	fputc('[', out);
	for (uint32_t i = 0; i < p->len; i++)
		fprintf(out, "%s%02x", i ? " " : "", p->data[i]);
	fputc(']', out);
}

/* Cells; every one for which `stride` and `at` say so refers to a node. */
static void put_cells(const struct writer *w, const struct dts_prop *p, uint32_t stride,
		      uint32_t at)
{
	fputc('<', w->out);
	for (uint32_t i = 0; i < p->len / 4; i++) {
		uint32_t cell = dts_cell(p, i);
		const struct dts_node *n =
			stride && i % stride == at ? dts_by_phandle(w->d, cell) : NULL;
		char name[80];

		if (n)
			label(w, n, name, sizeof(name));
		if (i)
			fputc(' ', w->out);
		if (n)
			fprintf(w->out, "&%s", name);
		else
			fprintf(w->out, cell < 10 ? "%" PRIu32 : "0x%" PRIx32, cell);
	}
	fputc('>', w->out);
}

static bool is_text(const struct dts_node *n, const struct dts_prop *p, const struct prop_desc *d)
{
	if (d)
		return d->type != TYPE_NUMBER && d->type != TYPE_BOOL && d->type != TYPE_WORDS &&
		       d->type != TYPE_CELLS && d->type != TYPE_BYTES && d->type != TYPE_DEVICE &&
		       d->type != TYPE_UNIT && d->type != TYPE_UNITS && dts_is_strings(p);
	return (under(n, "policy", 0) || under(n, "vary", 0)) && dts_is_strings(p);
}

static void put_prop(const struct writer *w, const struct dts_node *n, const struct dts_prop *p,
		     const char *indent)
{
	const struct prop_desc *d = desc_of(n, p->name);

	fprintf(w->out, "%s%s", indent, p->name);
	if (p->len)
		fputs(" = ", w->out);
	if (!p->len)
		;
	else if (is_text(n, p, d))
		put_strings(w->out, p);
	else if ((d && d->type == TYPE_BYTES) || p->len % 4)
		put_bytes(w->out, p);
	else if (d && (d->type == TYPE_DEVICE || d->type == TYPE_UNIT || d->type == TYPE_UNITS))
		put_cells(w, p, 1, 0);
	else if (strcmp(p->name, "iommu-map") == 0)
		put_cells(w, p, 4, 1);
	else
		put_cells(w, p, 0, 0);
	fputs(";", w->out);
}

/* ---- nodes ---- */

#define DEEPEST 16
static const char tabs[] = "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";

static uint32_t depth_of(const struct dts_node *n)
{
	uint32_t depth = 0;

	for (; n->parent; n = n->parent)
		depth++;
	return depth;
}

/* A step without children is one line. */
static bool one_line(const struct dts_node *n)
{
	return !n->child && (under(n, "steps", 1) || under(n, "steps", 2));
}

static void open_node(const struct writer *w, const struct dts_node *n)
{
	uint32_t depth = depth_of(n);
	const char *indent = tabs + (DEEPEST - (depth < DEEPEST ? depth : DEEPEST));
	char name[80];

	fputs(indent, w->out);
	if (n->phandle) {
		label(w, n, name, sizeof(name));
		fprintf(w->out, "%s: ", name);
	}
	fprintf(w->out, "%s {%s", n->parent ? n->name : "/", one_line(n) ? "" : "\n");
	for (uint32_t i = 0; i < n->nprops; i++) {
		if (prop_is_implied(n->props[i].name))
			continue;
		if (!one_line(n))
			fputs(indent, w->out);
		put_prop(w, n, n->props + i, one_line(n) ? " " : "\t");
		if (!one_line(n))
			fputc('\n', w->out);
	}
}

static void close_node(const struct writer *w, const struct dts_node *n)
{
	uint32_t depth = depth_of(n);

	if (one_line(n))
		fputs(" };\n", w->out);
	else
		fprintf(w->out, "%s};\n", tabs + (DEEPEST - (depth < DEEPEST ? depth : DEEPEST)));
}

void tree_write(FILE *out, const struct dts *d)
{
	const struct writer w = { out, d };
	const struct dts_node *root = dts_root(d), *n = root;

	fputs("/dts-v1/;\n\n", out);
	open_node(&w, n);
	while (true) {
		if (n->child) {
			n = n->child;
		} else {
			close_node(&w, n);
			for (; n != root && !n->next; close_node(&w, n))
				n = n->parent;
			if (n == root)
				return;
			n = n->next;
		}
		open_node(&w, n);
	}
}
