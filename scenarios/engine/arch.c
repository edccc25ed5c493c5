/*
 * The architectures, and looking names up in their tables.
 */
#include "arch.h"

#include <inttypes.h>
#include <string.h>

#include "hw/bits.h"
#include "run.h"

static const struct arch *const archs[BE_ARCHS] = {
	[BE_VTD] = &arch_vtd, [BE_AMDVI] = &arch_amdvi
};

const struct arch *arch_at(uint32_t n)
{
	return n < BE_ARCHS ? archs[n] : NULL;
}

const char *arch_name_at(uint32_t n)
{
	return n < BE_ARCHS ? archs[n]->name : NULL;
}

const struct arch *arch_by_compatible(const char *compatible)
{
	for (uint32_t i = 0; i < BE_ARCHS; i++)
		if (strcmp(archs[i]->compatible, compatible) == 0)
			return archs[i];
	return NULL;
}

const struct arch *arch_of(const struct be_unit *u)
{
	return archs[u->arch];
}

const struct capability *arch_capability(const struct arch *a, const char *name)
{
	for (const struct capability *c = a->capabilities; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const struct layout *arch_register_at(const struct be_unit *u, uint64_t off, uint32_t *at)
{
	const struct arch *a = arch_of(u);

	for (const struct layout *l = a->layouts; l->name; l++) {
		if (l->kind != LAYOUT_REGISTER)
			continue;
		*at = a->register_offset(l, u, 0);
		if (off >= *at && off < *at + l->size)
			return l;
	}
	return NULL;
}

bool arch_has_layout(const struct arch *a, const struct layout *l)
{
	for (const struct layout *at = a->layouts; at->name; at++)
		if (at == l)
			return true;
	return false;
}

const struct layout *arch_record(const struct arch *a)
{
	return layout_find(a->record_kind, a->record);
}

uint8_t arch_reason(const struct arch *a, const char *name)
{
	for (const struct reason *r = a->reasons; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r->code;
	return 0;
}

const char *arch_reason_name(const struct arch *a, uint8_t reason)
{
	for (const struct reason *r = a->reasons; r->name; r++)
		if (r->code == reason)
			return r->name;
	return NULL;
}

const char *reason_at(uint32_t n)
{
	for (uint32_t i = 0; i < BE_ARCHS; i++)
		for (const struct reason *r = archs[i]->reasons; r->name; r++)
			if (n-- == 0)
				return r->name;
	return NULL;
}

int unit_set(struct be_unit *u, const char *name, uint64_t value)
{
	const struct capability *c = arch_capability(arch_of(u), name);

	if (!c)
		return -1;
	if (value < c->minus || !FIELD_FITS(c->mask, value - c->minus))
		return -2;
	u->word[c->word] = (u->word[c->word] & ~c->mask) | FIELD_PREP(c->mask, value - c->minus);
	u->stated[c->word] |= c->mask;
	return 0;
}

uint64_t arch_read(struct run *r, uint32_t unit, uint32_t off, uint32_t width)
{
	return r->be->ops->reg_read(r->be, unit, off, width);
}

enum step_rc arch_load(struct run *r, uint64_t pa, uint64_t *val)
{
	if (r->be->ops->load(r->be, pa, val, sizeof(*val)))
		return run_error(r, "edit: the tables lead to 0x%" PRIx64 ", which is not memory",
				 pa);
	return STEP_OK;
}
