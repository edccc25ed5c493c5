/*
 * Devicetree files as plain trees.
 *
 * Source (.dts) goes through the dtc program, a blob (.dtb) is read as it is. What comes out is an immutable tree in the
 * order of the file; nobody but dts.c knows libfdt. A property is bytes; the typed readers here say what they want.
 */
#ifndef ENGINE_DTS_H
#define ENGINE_DTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dts_prop {
	const char *name;
	const uint8_t *data;
	uint32_t len;
};

struct dts_node {
	const char *name;
	const char *path; /* "/steps/s1" */
	const struct dts_node *parent, *child, *next;
	const struct dts_prop *props;
	uint32_t nprops;
	uint32_t phandle; /* 0: none */
};

struct dts;

/* Loads a file; NULL on failure with one message in `why` that names the remedy but not the file. */
struct dts *dts_load(const char *path, char *why, size_t size);
void dts_free(struct dts *d);

/* The tree below `root` as a tree of its own, of which nothing is shared; NULL when out of memory or too large. */
struct dts *dts_copy(const struct dts_node *root);

const struct dts_node *dts_root(const struct dts *d);
const struct dts_node *dts_by_phandle(const struct dts *d, uint32_t phandle);

const struct dts_node *dts_child(const struct dts_node *n, const char *name);
const struct dts_prop *dts_find(const struct dts_node *n, const char *name);

/* One number: a cell, two cells <hi lo>, or /bits/ 64. False when the size is neither 4 nor 8 bytes. */
bool dts_number(const struct dts_prop *p, uint64_t *out);

/* Cell `i` of a list of 32-bit cells; the caller checked that len covers it. */
uint32_t dts_cell(const struct dts_prop *p, uint32_t i);

/* Word `i` of a list of 64-bit words. */
uint64_t dts_word(const struct dts_prop *p, uint32_t i);

/* True when the bytes are one or more NUL-terminated printable strings. */
bool dts_is_strings(const struct dts_prop *p);
uint32_t dts_string_count(const struct dts_prop *p);
/* String `i` of a property that dts_is_strings; NULL beyond the last. */
const char *dts_string(const struct dts_prop *p, uint32_t i);

#endif
