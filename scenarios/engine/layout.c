/*
 * Registers, table entries and descriptors by name: looking them up, and their fields.
 */
#include "layout.h"

#include <string.h>

#include "arch.h"
#include "hw/bits.h"

const struct layout *layout_at(enum layout_kind kind, uint32_t n)
{
	const struct arch *a;

	for (uint32_t i = 0; (a = arch_at(i)) != NULL; i++)
		for (const struct layout *l = a->layouts; l->name; l++)
			if (l->kind == kind && n-- == 0)
				return l;
	return NULL;
}

const struct layout *layout_find(enum layout_kind kind, const char *name)
{
	const struct layout *l;

	for (uint32_t i = 0; (l = layout_at(kind, i)) != NULL; i++)
		if (strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

const struct field *layout_field(const struct layout *l, const char *name)
{
	for (const struct field *f = l->fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static bool is_address(const struct field *f)
{
	uint64_t lsb = FIELD_LSB(f->mask), width = f->mask / lsb;
	/* alignments of what tables and registers point at */
	bool aligned = (lsb & (MASK64(6, 2) | BIT64(12) | BIT64(21) | BIT64(30))) != 0;

	return aligned && !(width & (width + 1)) && width >= MASK64(12, 0) &&
	       strncmp(f->name, "RSVD", 4) != 0;
}

bool field_put(const struct field *f, uint64_t value, uint64_t *word)
{
	bool address = is_address(f);

	if (address ? (value & ~f->mask) != 0 : !FIELD_FITS(f->mask, value))
		return false;
	*word = (*word & ~f->mask) | (address ? value : FIELD_PREP(f->mask, value));
	return true;
}

uint64_t field_get(const struct field *f, uint64_t word)
{
	return is_address(f) ? word & f->mask : FIELD_GET(f->mask, word);
}
