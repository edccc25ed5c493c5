/*
 * Devicetrees that can be changed.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct tree_node {
	const char *name;
	struct dts_prop *prop;
	uint32_t props, room;
	uint32_t phandle, index;
	struct tree_node *parent, *child, *next;
};

/* Everything a tree holds, to be freed with it. */
struct piece {
	struct piece *next;
};

struct tree {
	struct piece *pieces;
	struct tree_node *root;
	uint32_t nodes;
};

static void *take(struct tree *t, size_t size)
{
	struct piece *p = cli_alloc(1, sizeof(*p) + size);

	p->next = t->pieces;
	t->pieces = p;
	return p + 1;
}

static void *keep(struct tree *t, const void *data, size_t len)
{
	void *copy = take(t, len + 1);

	if (len)
		memcpy(copy, data, len);
	return copy;
}

static struct tree_node *node_new(struct tree *t, struct tree_node *parent, const char *name)
{
	struct tree_node *n = take(t, sizeof(*n));

	n->name = keep(t, name, strlen(name));
	n->parent = parent;
	t->nodes++;
	return n;
}

/* ---- copies ---- */

static void copy_props(struct tree *t, struct tree_node *to, const struct dts_node *from)
{
	to->phandle = from->phandle;
	for (uint32_t i = 0; i < from->nprops; i++)
		tree_set(t, to, from->props[i].name, from->props[i].data, from->props[i].len);
}

static void copy_below(struct tree *t, struct tree_node *at, const struct dts_node *from)
{
	const struct dts_node *n = from;

	while (true) {
		struct tree_node *parent = at;

		if (n->child) {
			n = n->child;
		} else {
			for (; n != from && !n->next; n = n->parent)
				at = at->parent;
			if (n == from)
				return;
			n = n->next;
			parent = at->parent;
		}
		at = tree_add(t, parent, n->name);
		copy_props(t, at, n);
	}
}

struct tree *tree_new(const struct dts_node *from)
{
	struct tree *t = cli_alloc(1, sizeof(*t));

	t->root = node_new(t, NULL, "");
	if (from) {
		copy_props(t, t->root, from);
		copy_below(t, t->root, from);
	}
	return t;
}

void tree_free(struct tree *t)
{
	while (t && t->pieces) {
		struct piece *next = t->pieces->next;

		free(t->pieces);
		t->pieces = next;
	}
	free(t);
}

/* ---- nodes ---- */

struct tree_node *tree_root(struct tree *t)
{
	return t->root;
}

struct tree_node *tree_first(const struct tree_node *n)
{
	return n->child;
}

struct tree_node *tree_next(const struct tree_node *n)
{
	return n->next;
}

const char *tree_name(const struct tree_node *n)
{
	return n->name;
}

struct tree_node *tree_child(const struct tree_node *n, const char *name)
{
	struct tree_node *c = n->child;

	while (c && strcmp(c->name, name) != 0)
		c = c->next;
	return c;
}

struct tree_node *tree_add(struct tree *t, struct tree_node *parent, const char *name)
{
	struct tree_node **at = &parent->child;

	for (; *at; at = &(*at)->next)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	*at = node_new(t, parent, name);
	return *at;
}

struct tree_node *tree_add_first(struct tree *t, struct tree_node *parent, const char *name)
{
	struct tree_node *n = tree_child(parent, name);

	if (n)
		return n;
	n = node_new(t, parent, name);
	n->next = parent->child;
	parent->child = n;
	return n;
}

void tree_remove(struct tree_node *n)
{
	struct tree_node **at = &n->parent->child;

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
}

void tree_refer(struct tree *t, struct tree_node *n, uint32_t phandle)
{
	n->phandle = phandle;
	tree_set_number(t, n, "phandle", phandle);
}

/* ---- properties ---- */

static struct dts_prop *prop_of(struct tree *t, struct tree_node *n, const char *name)
{
	for (uint32_t i = 0; i < n->props; i++)
		if (strcmp(n->prop[i].name, name) == 0)
			return n->prop + i;
	if (n->props == n->room) {
		struct dts_prop *more = take(t, (n->room * 2 + 8) * sizeof(*more));

		if (n->props)
			memcpy(more, n->prop, n->props * sizeof(*more));
		n->prop = more;
		n->room = n->room * 2 + 8;
	}
	n->prop[n->props] = (struct dts_prop){ .name = keep(t, name, strlen(name)) };
	return n->prop + n->props++;
}

void tree_set(struct tree *t, struct tree_node *n, const char *name, const void *data, uint32_t len)
{
	struct dts_prop *p = prop_of(t, n, name);

	p->data = keep(t, data, len);
	p->len = len;
}

void tree_set_flag(struct tree *t, struct tree_node *n, const char *name)
{
	tree_set(t, n, name, "", 0);
}

void tree_set_string(struct tree *t, struct tree_node *n, const char *name, const char *text)
{
	tree_set(t, n, name, text, (uint32_t)strlen(text) + 1);
}

void tree_set_cells(struct tree *t, struct tree_node *n, const char *name, const uint32_t *cell,
		    uint32_t count)
{
	struct dts_prop *p = prop_of(t, n, name);
	uint8_t *to = take(t, (size_t)count * 4);

	for (uint32_t i = 0; i < count * 4; i++)
		to[i] = (uint8_t)(cell[i / 4] >> (24 - 8 * (i % 4)));
	p->data = to;
	p->len = count * 4;
}

void tree_set_number(struct tree *t, struct tree_node *n, const char *name, uint64_t value)
{
	const uint32_t cell[2] = { (uint32_t)(value >> 32), (uint32_t)value };

	tree_set_cells(t, n, name, cell[0] ? cell : cell + 1, cell[0] ? 2 : 1);
}

void tree_append_string(struct tree *t, struct tree_node *n, const char *name, const char *text)
{
	struct dts_prop *p = prop_of(t, n, name);
	uint32_t len = (uint32_t)strlen(text) + 1;
	uint8_t *to = take(t, p->len + len);

	if (p->len)
		memcpy(to, p->data, p->len);
	memcpy(to + p->len, text, len);
	p->data = to;
	p->len += len;
}

void tree_unset(struct tree_node *n, const char *name)
{
	for (uint32_t i = 0; i < n->props; i++)
		if (strcmp(n->prop[i].name, name) == 0) {
			memmove(n->prop + i, n->prop + i + 1,
				(n->props - i - 1) * sizeof(*n->prop));
			n->props--;
			return;
		}
}

static const struct dts_prop *prop_in(const struct tree_node *n, const char *name)
{
	for (uint32_t i = 0; i < n->props; i++)
		if (strcmp(n->prop[i].name, name) == 0)
			return n->prop + i;
	return NULL;
}

bool tree_has(const struct tree_node *n, const char *name)
{
	return prop_in(n, name) != NULL;
}

bool tree_is(const struct tree_node *n, const char *name, const char *text)
{
	const struct dts_prop *p = prop_in(n, name);

	return p && p->len == strlen(text) + 1 && memcmp(p->data, text, p->len) == 0;
}

/* ---- for the loader ---- */

/* The node behind n in the order of the file. */
static struct tree_node *behind(const struct tree *t, struct tree_node *n)
{
	if (n->child)
		return n->child;
	while (n != t->root && !n->next)
		n = n->parent;
	return n == t->root ? NULL : n->next;
}

struct dts *tree_dts(struct tree *t)
{
	struct dts_node *node = cli_alloc(t->nodes, sizeof(*node));
	struct dts *d;
	uint32_t i = 0;

	for (struct tree_node *n = t->root; n; n = behind(t, n))
		n->index = i++;
	for (struct tree_node *n = t->root; n; n = behind(t, n))
		node[n->index] =
			(struct dts_node){ .name = n->name,
					   .path = "",
					   .parent = n->parent ? node + n->parent->index : NULL,
					   .child = n->child ? node + n->child->index : NULL,
					   .next = n->next ? node + n->next->index : NULL,
					   .props = n->prop,
					   .nprops = n->props,
					   .phandle = n->phandle };
	d = dts_copy(node);
	free(node);
	return d;
}
