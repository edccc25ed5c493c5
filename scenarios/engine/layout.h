/*
 * Registers, table entries and descriptors by the specification's names, so that scenarios can speak of fields.
 */
#ifndef ENGINE_LAYOUT_H
#define ENGINE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum layout_kind {
	LAYOUT_REGISTER,
	LAYOUT_ENTRY,
	LAYOUT_DESCRIPTOR
};

struct field {
	const char *name;
	uint32_t word;
	uint64_t mask;
};

struct layout {
	enum layout_kind kind;
	const char *name;           /* "FECTL", "context", "iotlb" */
	uint32_t size;              /* bytes: 4, 8 or 16; descriptors 16 or 32 */
	uint32_t off;               /* registers; some are placed by arch.register_offset */
	uint64_t type;              /* descriptors: their type code */
	const struct field *fields; /* ends with a NULL name */
};

#define LAYOUT_WORDS 8

/* Among the layouts of every architecture; a name belongs to one of them. */
const struct layout *layout_find(enum layout_kind kind, const char *name);
const struct layout *layout_at(enum layout_kind kind, uint32_t n); /* NULL beyond the last */

/*
 * A field that holds an address or a byte offset is written and read as that address, whose lower bits have to be 0;
 * any other as its unshifted value. False when the value does not fit.
 */
bool field_put(const struct field *f, uint64_t value, uint64_t *word);
uint64_t field_get(const struct field *f, uint64_t word);
const struct field *layout_field(const struct layout *l, const char *name);

#endif
