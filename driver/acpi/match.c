/*
 * Which unit a device is behind, and what memory it needs mapped to itself. VT-d 8.3, AMD 48882 chapter 5.
 */
#include "acpi/acpi.h"
#include "hw/acpi_dmar.h"
#include "hw/acpi_ivrs.h"

#define NONE UINT32_MAX

static bool covers(const struct iommu_acpi_scope *s, uint16_t rid)
{
	return s->first <= rid && rid <= s->last;
}

static bool below(const struct iommu_acpi_scope *s, uint16_t rid)
{
	return s->kind == IOMMU_ACPI_BRIDGE && s->bus_first <= rid >> 8 && rid >> 8 <= s->bus_last;
}

/* How closely a VT-d entry fits, smaller is closer: the function itself, then few buses. NONE: not at all. */
static uint32_t vtd_distance(const struct iommu_acpi_scope *s, uint16_t rid)
{
	if (s->kind != IOMMU_ACPI_DEVICE && s->kind != IOMMU_ACPI_BRIDGE)
		return NONE;
	if (covers(s, rid))
		return 0;
	return below(s, rid) ? 1u + s->bus_last - s->bus_first : NONE;
}

/* The same for an AMD-Vi entry: how many ids it covers. An id others appear with comes last. */
static uint32_t amd_distance(const struct iommu_acpi_scope *s, uint16_t rid)
{
	if (s->kind == IOMMU_ACPI_IOAPIC || s->kind == IOMMU_ACPI_HPET)
		return NONE;
	if (covers(s, rid))
		return (uint32_t)s->last - s->first;
	return s->has_alias && s->alias == rid ? NONE - 1 : NONE;
}

static bool is_amd(const struct iommu_acpi *a, const struct iommu_acpi_scope *s)
{
	return a->unit[s->owner].vendor == IOMMU_VENDOR_AMD;
}

/* The unit's entry that fits most closely; of equal ones VT-d's first, AMD-Vi's last. */
static uint32_t closest(const struct iommu_acpi *a, uint16_t segment, uint16_t rid)
{
	uint32_t best = NONE, found = NONE;

	for (uint32_t i = 0; i < a->scopes; i++) {
		const struct iommu_acpi_scope *s = a->scope + i;
		uint32_t d;

		if (s->of != IOMMU_ACPI_OF_UNIT || s->segment != segment)
			continue;
		d = is_amd(a, s) ? amd_distance(s, rid) : vtd_distance(s, rid);
		if (d < best || (d == best && d != NONE && is_amd(a, s))) {
			best = d;
			found = i;
		}
	}
	return found;
}

/* ---- ATS on VT-d ---- */

/* True when some list of this type, with all the bits of `flags`, has the function. */
static bool in_group(const struct iommu_acpi *a, uint8_t type, uint8_t flags, uint8_t entry_flags,
		     uint16_t segment, uint16_t rid)
{
	for (uint32_t i = 0; i < a->scopes; i++) {
		const struct iommu_acpi_scope *s = a->scope + i;
		const struct iommu_acpi_group *g;

		if (s->of != IOMMU_ACPI_OF_GROUP || s->segment != segment)
			continue;
		g = a->group + s->owner;
		if (g->type == type && (g->flags & flags) == flags &&
		    (s->flags & entry_flags) == entry_flags && vtd_distance(s, rid) != NONE)
			return true;
	}
	return false;
}

static bool has_group(const struct iommu_acpi *a, uint8_t type, uint8_t flags, uint16_t segment)
{
	for (uint32_t i = 0; i < a->groups; i++)
		if (a->group[i].type == type && a->group[i].segment == segment &&
		    (a->group[i].flags & flags) == flags)
			return true;
	return false;
}

static bool any_sidp(const struct iommu_acpi *a)
{
	for (uint32_t i = 0; i < a->groups; i++)
		if (a->group[i].type == DMAR_TYPE_SIDP)
			return true;
	return false;
}

/* VT-d 8.5, 8.8, 8.9. Where there is a SIDP, SATCs do not count. */
static void vtd_ats(const struct iommu_acpi *a, uint16_t segment, uint16_t rid,
		    struct iommu_acpi_match *m)
{
	bool sidp = any_sidp(a);
	uint8_t integrated = sidp ? DMAR_TYPE_SIDP : DMAR_TYPE_SATC;

	m->ats = has_group(a, DMAR_TYPE_ATSR, DMAR_ATSR_FLAGS_ALL_PORTS, segment) ||
		 in_group(a, DMAR_TYPE_ATSR, 0, 0, segment, rid) ||
		 in_group(a, integrated, 0, 0, segment, rid);
	if (sidp)
		m->ats_required =
			in_group(a, DMAR_TYPE_SIDP, 0, DMAR_SCOPE_FLAGS_ATC_REQUIRED, segment, rid);
	else
		m->ats_required =
			in_group(a, DMAR_TYPE_SATC, DMAR_SATC_FLAGS_ATC_REQUIRED, 0, segment, rid);
}

/* ---- functions ---- */

static int match_scope(const struct iommu_acpi *a, uint32_t n, uint16_t rid,
		       struct iommu_acpi_match *m)
{
	const struct iommu_acpi_scope *s = a->scope + n;
	const struct iommu_acpi_unit *u = a->unit + s->owner;

	*m = (struct iommu_acpi_match){ .unit = s->owner, .scope = n, .rid = rid };
	if (u->vendor != IOMMU_VENDOR_AMD) {
		vtd_ats(a, s->segment, rid, m);
		return IOMMU_OK;
	}
	m->setting = s->setting;
	m->extended = s->extended;
	m->aliased = s->has_alias && s->alias != rid;
	if (m->aliased)
		m->rid = s->alias;
	m->ats = u->flags & IVHD_FLAGS_IOTLBSUP && !(s->extended & IVHD_DEV_EXT_ATSDISABLED);
	return IOMMU_OK;
}

/* An IOMMU's own function is behind no IOMMU. */
static bool is_unit(const struct iommu_acpi *a, uint16_t segment, uint16_t rid)
{
	for (uint32_t i = 0; i < a->units; i++)
		if (a->unit[i].vendor == IOMMU_VENDOR_AMD && a->unit[i].segment == segment &&
		    a->unit[i].rid == rid)
			return true;
	return false;
}

int iommu_acpi_match(const struct iommu_acpi *a, uint16_t segment, uint16_t rid,
		     struct iommu_acpi_match *m)
{
	uint32_t n = closest(a, segment, rid);

	if (is_unit(a, segment, rid))
		return IOMMU_E_NOENT;
	if (n != NONE)
		return match_scope(a, n, rid, m);
	for (uint32_t i = 0; i < a->units; i++) {
		if (!a->unit[i].all || a->unit[i].segment != segment)
			continue;
		*m = (struct iommu_acpi_match){ .unit = i, .scope = NONE, .rid = rid };
		vtd_ats(a, segment, rid, m);
		return IOMMU_OK;
	}
	return IOMMU_E_NOENT;
}

int iommu_acpi_special(const struct iommu_acpi *a, enum iommu_acpi_kind kind, uint8_t id,
		       struct iommu_acpi_match *m)
{
	if (kind != IOMMU_ACPI_IOAPIC && kind != IOMMU_ACPI_HPET)
		return IOMMU_E_INVAL;
	for (uint32_t i = 0; i < a->scopes; i++) {
		const struct iommu_acpi_scope *s = a->scope + i;

		if (s->of == IOMMU_ACPI_OF_UNIT && s->kind == kind && s->id == id)
			return match_scope(a, i, s->first, m);
	}
	return IOMMU_E_NOENT;
}

/* ---- regions ---- */

/*
 * AMD-Vi looks a request up under the alias of its device: whoever has that alias too shares the entry, and with it the
 * tables. True when one of them is in [s->first, s->last].
 */
static bool shares_entry(const struct iommu_acpi *a, const struct iommu_acpi_scope *s,
			 const struct iommu_acpi_match *m)
{
	if (covers(s, m->rid))
		return true;
	for (uint32_t i = 0; i < a->scopes; i++) {
		const struct iommu_acpi_scope *o = a->scope + i;

		if (o->of == IOMMU_ACPI_OF_UNIT && o->owner == m->unit && o->has_alias &&
		    o->alias == m->rid && o->first <= s->last && s->first <= o->last)
			return true;
	}
	return false;
}

static bool needs(const struct iommu_acpi *a, uint32_t region, uint16_t segment, uint16_t rid)
{
	bool amd = a->region[region].vendor == IOMMU_VENDOR_AMD;
	struct iommu_acpi_match m;

	amd = amd && iommu_acpi_match(a, segment, rid, &m) == IOMMU_OK;
	for (uint32_t i = 0; i < a->scopes; i++) {
		const struct iommu_acpi_scope *s = a->scope + i;

		if (s->of != IOMMU_ACPI_OF_REGION || s->owner != region || s->segment != segment)
			continue;
		if (covers(s, rid) || below(s, rid) || (amd && shares_entry(a, s, &m)))
			return true;
	}
	return false;
}

bool iommu_acpi_region_next(const struct iommu_acpi *a, uint16_t segment, uint16_t rid,
			    uint32_t *at, struct iommu_acpi_region *region)
{
	while (*at < a->regions) {
		uint32_t i = (*at)++;

		if (!needs(a, i, segment, rid))
			continue;
		*region = a->region[i];
		return true;
	}
	return false;
}

/* ---- units ---- */

int iommu_acpi_describe(const struct iommu_acpi *a, uint32_t unit, struct iommu_unit_desc *out)
{
	const struct iommu_acpi_unit *u;

	if (unit >= a->units)
		return IOMMU_E_NOENT;
	u = a->unit + unit;
	out->vendor = (enum iommu_vendor)u->vendor;
	out->host_addr_bits = a->host_addr_bits[u->vendor] ? a->host_addr_bits[u->vendor] : 52;
	out->rid_count = u->vendor == IOMMU_VENDOR_AMD ? u->rid_last + 1u : 0;
	out->not_coherent = u->vendor == IOMMU_VENDOR_AMD && !(u->flags & IVHD_FLAGS_COHERENT);
	return IOMMU_OK;
}
