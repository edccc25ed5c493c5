/*
 * Registers, table entries and descriptors by name: looking them up, and their fields.
 */
#include "layout.h"

#include <string.h>

#include "arch.h"
#include "hw/vtd.h"

const struct layout *layout_at(enum layout_kind kind, uint32_t n)
{
	for (const struct layout *l = vtd_layouts; l->name; l++)
		if (l->kind == kind && n-- == 0)
			return l;
	return NULL;
}

const struct layout *layout_find(enum layout_kind kind, const char *name)
{
	for (const struct layout *l = vtd_layouts; l->name; l++)
		if (l->kind == kind && strcmp(l->name, name) == 0)
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
	bool low = lsb == BIT64(2) || lsb == BIT64(4) || lsb == BIT64(5) || lsb == BIT64(12);
	bool page = lsb == BIT64(21) || lsb == BIT64(30);

	return (low || page) && !(width & (width + 1)) && width >= MASK64(12, 0) &&
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

uint32_t layout_register_offset(const struct layout *l, uint64_t cap, uint64_t ecap, uint32_t index)
{
	if (strcmp(l->name, "IVA") == 0)
		return VTD_REG_IVA(FIELD_GET(VTD_ECAP_IRO, ecap));
	if (strcmp(l->name, "IOTLB") == 0)
		return VTD_REG_IOTLB(FIELD_GET(VTD_ECAP_IRO, ecap));
	if (strcmp(l->name, "FRCD") == 0)
		return VTD_REG_FRCD(FIELD_GET(VTD_CAP_FRO, cap), index);
	return l->off;
}

const struct capability *capability_at(uint32_t n)
{
	for (const struct capability *cap = vtd_capabilities; cap->name; cap++)
		if (n-- == 0)
			return cap;
	return NULL;
}

const struct capability *capability_find(const char *name)
{
	for (const struct capability *cap = vtd_capabilities; cap->name; cap++)
		if (strcmp(cap->name, name) == 0)
			return cap;
	return NULL;
}

uint8_t reason_by_name(const char *name)
{
	for (const struct reason *r = vtd_reasons; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r->code;
	return 0;
}

const char *reason_name(uint8_t reason)
{
	for (const struct reason *r = vtd_reasons; r->name; r++)
		if (r->code == reason)
			return r->name;
	return NULL;
}

const char *reason_at(uint32_t n)
{
	for (const struct reason *r = vtd_reasons; r->name; r++)
		if (n-- == 0)
			return r->name;
	return NULL;
}
