/*
 * Scenarios made in memory: a devicetree that can be changed, turned into one the loader takes, or into text.
 *
 * Nodes and values live until the tree is freed; an exhausted host ends the command.
 */
#ifndef EXPLORE_TREE_H
#define EXPLORE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "dts.h"

struct tree;
struct tree_node;

/* An empty tree, or a copy of everything at and below `from`. */
struct tree *tree_new(const struct dts_node *from);
void tree_free(struct tree *t);

struct tree_node *tree_root(struct tree *t);
struct tree_node *tree_child(const struct tree_node *n, const char *name); /* NULL: none */
struct tree_node *tree_first(const struct tree_node *n);                   /* its first child */
struct tree_node *tree_next(const struct tree_node *n);
const char *tree_name(const struct tree_node *n);

/* A new child, the last one, or the first; of a child that is there already, the child. */
struct tree_node *tree_add(struct tree *t, struct tree_node *parent, const char *name);
struct tree_node *tree_add_first(struct tree *t, struct tree_node *parent, const char *name);
void tree_remove(struct tree_node *n);

/* Gives a node a number to refer to it by. */
void tree_refer(struct tree *t, struct tree_node *n, uint32_t phandle);

/* Sets a property. A number takes one cell when it fits, else two. */
void tree_set(struct tree *t, struct tree_node *n, const char *name, const void *data,
	      uint32_t len);
void tree_set_flag(struct tree *t, struct tree_node *n, const char *name);
void tree_set_string(struct tree *t, struct tree_node *n, const char *name, const char *text);
void tree_set_number(struct tree *t, struct tree_node *n, const char *name, uint64_t value);
void tree_set_cells(struct tree *t, struct tree_node *n, const char *name, const uint32_t *cell,
		    uint32_t count);
void tree_unset(struct tree_node *n, const char *name);

bool tree_has(const struct tree_node *n, const char *name);
bool tree_is(const struct tree_node *n, const char *name,
	     const char *text); /* it has that string */

/* Appends one more string to a list of them. */
void tree_append_string(struct tree *t, struct tree_node *n, const char *name, const char *text);

/* The tree as the loader takes it; NULL when it is too large. */
struct dts *tree_dts(struct tree *t);

/* Writes a scenario as devicetree source that compiles to the same tree. */
void tree_write(FILE *out, const struct dts *d);

#endif
