/*
 * What has to hold of ACPI records whatever the tables were.
 */
#include "acpi_records.h"

#include <string.h>

#include "iommu/driver.h"

void records_init(struct records *r)
{
	memset(r, 0xa5, sizeof(*r));
	r->a.unit = r->unit;
	r->a.scope = r->scope;
	r->a.region = r->region;
	r->a.group = r->group;
	r->a.name = r->name;
	r->a.diag = r->diag;
	r->a.unit_room = RECORDS_UNITS;
	r->a.scope_room = RECORDS_SCOPES;
	r->a.region_room = RECORDS_REGIONS;
	r->a.group_room = RECORDS_GROUPS;
	r->a.name_room = RECORDS_NAMES;
	r->a.diag_room = RECORDS_DIAGS;
	iommu_acpi_init(&r->a);
}

uint32_t records_told(const struct records *r, enum iommu_acpi_rule rule)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->a.diags; i++)
		n += r->diag[i].rule == rule;
	return n;
}

static const char *units_wrong(const struct iommu_acpi *a, size_t bytes)
{
	for (uint32_t i = 0; i < a->units; i++) {
		const struct iommu_acpi_unit *u = a->unit + i;
		struct iommu_unit_desc d = { 0 };

		if (u->offset >= bytes || u->bytes > bytes - u->offset)
			return "a unit's structure is outside the table";
		if (!u->base || u->base & 4095 || u->reg_bytes < 4096 ||
		    (u->base + (u->reg_bytes - 1)) >> 52)
			return "a unit's registers are nowhere";
		for (uint32_t k = 0; k < i; k++)
			if (u->base <= a->unit[k].base + (a->unit[k].reg_bytes - 1) &&
			    a->unit[k].base <= u->base + (u->reg_bytes - 1))
				return "two units overlap";
		if (iommu_acpi_describe(a, i, &d) || d.host_addr_bits < 32 ||
		    d.host_addr_bits > 52 || d.rid_count > 65536)
			return "a unit's description is none";
	}
	return NULL;
}

static const char *scopes_wrong(const struct iommu_acpi *a, size_t bytes)
{
	const uint32_t owners[] = { 0, a->units, a->regions, a->groups };

	for (uint32_t i = 0; i < a->scopes; i++) {
		const struct iommu_acpi_scope *s = a->scope + i;

		if (s->offset >= bytes)
			return "an entry is outside the table";
		if (s->of < 1 || s->of > 3 || s->owner >= owners[s->of])
			return "an entry belongs to nobody";
		if (s->kind < 1 || s->kind > 6 || s->first > s->last)
			return "an entry is about nothing";
	}
	return NULL;
}

static const char *regions_wrong(const struct iommu_acpi *a)
{
	for (uint32_t i = 0; i < a->regions; i++) {
		const struct iommu_acpi_region *r = a->region + i;

		if (r->first > r->last || r->first & 4095 || (r->last & 4095) != 4095 ||
		    r->last >> 52)
			return "a region is not made of pages";
		if (!r->perm || r->perm > 3)
			return "a region allows nothing";
		if (r->first <= 0xfeefffff && r->last >= 0xfee00000)
			return "a region covers interrupt messages";
	}
	return NULL;
}

static const char *names_wrong(const struct iommu_acpi *a, size_t bytes)
{
	for (uint32_t i = 0; i < a->names; i++) {
		const struct iommu_acpi_name *n = a->name + i;

		if (n->offset > bytes || n->bytes > bytes - n->offset || n->uid_offset > bytes ||
		    n->uid_bytes > bytes - n->uid_offset)
			return "a name is outside the table";
		if (n->vendor == IOMMU_VENDOR_AMD && n->unit >= a->units)
			return "a name belongs to no unit";
	}
	return NULL;
}

static const char *diags_wrong(const struct iommu_acpi *a, size_t bytes)
{
	for (uint32_t i = 0; i < a->diags; i++) {
		const struct iommu_acpi_diag *d = a->diag + i;
		char text[256];

		if (d->offset > bytes || !d->rule || d->rule >= IOMMU_ACPI_RULES)
			return "a diagnostic names no place or no rule";
		if (iommu_acpi_diag_format(d, text, sizeof(text)) != strlen(text))
			return "a diagnostic does not fit a line";
	}
	return NULL;
}

/* Each line's devices, and the ids beside them. */
static const char *answers_wrong(const struct iommu_acpi *a)
{
	for (uint32_t i = 0; i < 3 * a->scopes; i++) {
		const struct iommu_acpi_scope *s = a->scope + i / 3;
		uint16_t rid = (uint16_t)(i % 3 == 0   ? s->first
					  : i % 3 == 1 ? s->last
						       : s->last + 1);
		struct iommu_acpi_region region;
		struct iommu_acpi_match m;
		uint32_t at = 0, n = 0;

		if (iommu_acpi_match(a, s->segment, rid, &m) == IOMMU_OK &&
		    (m.unit >= a->units || (m.scope != UINT32_MAX && m.scope >= a->scopes)))
			return "a device is behind no unit";
		while (iommu_acpi_region_next(a, s->segment, rid, &at, &region))
			if (++n > a->regions)
				return "the regions of a device do not end";
		if (iommu_acpi_special(a, (enum iommu_acpi_kind)s->kind, s->id, &m) == IOMMU_OK &&
		    m.unit >= a->units)
			return "a special device is behind no unit";
	}
	return NULL;
}

const char *records_wrong(const struct records *r, size_t bytes)
{
	const struct iommu_acpi *a = &r->a;
	const char *wrong;

	if (a->units > a->unit_room || a->scopes > a->scope_room || a->regions > a->region_room ||
	    a->groups > a->group_room || a->names > a->name_room || a->diags > a->diag_room)
		return "more records than there is room";
	if ((wrong = units_wrong(a, bytes)) || (wrong = scopes_wrong(a, bytes)) ||
	    (wrong = regions_wrong(a)) || (wrong = names_wrong(a, bytes)) ||
	    (wrong = diags_wrong(a, bytes)))
		return wrong;
	return answers_wrong(a);
}
