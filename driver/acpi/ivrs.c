/*
 * The IVRS table. AMD 48882 chapter 5 "I/O Virtualization ACPI Table".
 *
 * One IOMMU may have a block of each type; the highest known type tells most and is the one used, wherever it stands. So
 * the blocks are read first, and the device entries of those that were chosen afterwards.
 */
#include "acpi/acpi.h"
#include "hw/acpi_ivrs.h"
#include "hw/amdvi.h"

#define REG_BYTES UINT64_C(0x4000)
#define REG_BYTES_COUNTERS UINT64_C(0x80000)

/* As DMAR's, with another head: type 1 byte, flags 1, length 2. */
static bool next(const struct acpi_table *t, uint32_t *at, struct acpi_st *st)
{
	uint32_t left = t->bytes - *at, said;

	if (!left)
		return false;
	if (left < IVRS_BLOCK_BYTES) {
		acpi_diag(t, IOMMU_ACPI_ST_TAIL, *at, left);
		return false;
	}
	said = acpi_u16(t, *at + IVRS_BLOCK_LENGTH);
	if (said < IVRS_BLOCK_BYTES) {
		acpi_diag(t, IOMMU_ACPI_ST_LENGTH, *at + IVRS_BLOCK_LENGTH, said);
		return false;
	}
	if (said > left)
		acpi_diag(t, IOMMU_ACPI_ST_BEYOND, *at + IVRS_BLOCK_LENGTH, said);
	st->at = *at;
	st->bytes = said > left ? left : said;
	st->type = acpi_u8(t, *at + IVRS_BLOCK_TYPE);
	*at += st->bytes;
	return true;
}

/* ---- units ---- */

static struct iommu_acpi_unit *same_unit(const struct acpi_table *t, uint16_t segment, uint16_t rid)
{
	for (uint32_t i = t->first_unit; i < t->a->units; i++)
		if (t->a->unit[i].segment == segment && t->a->unit[i].rid == rid)
			return t->a->unit + i;
	return NULL;
}

static uint16_t capability(const struct acpi_table *t, const struct acpi_st *st)
{
	uint16_t cap = acpi_u16(t, st->at + IVHD_CAPABILITY);

	if (cap >= 0x40 && cap <= 0xec && !(cap & 3))
		return cap;
	acpi_diag(t, IOMMU_ACPI_UNIT_CAP, st->at + IVHD_CAPABILITY, cap);
	return 0;
}

static void read_header(const struct acpi_table *t, const struct acpi_st *st,
			struct iommu_acpi_unit *u)
{
	memset(u, 0, sizeof(*u));
	u->vendor = t->vendor;
	u->offset = st->at;
	u->bytes = st->bytes;
	u->type = (uint8_t)st->type;
	u->flags = acpi_u8(t, st->at + IVRS_BLOCK_FLAGS);
	u->rid = acpi_u16(t, st->at + IVHD_DEVICEID);
	u->cap = capability(t, st);
	u->base = acpi_u64(t, st->at + IVHD_BASE);
	u->segment = acpi_u16(t, st->at + IVHD_SEGMENT);
	u->msi = (uint8_t)FIELD_GET(IVHD_INFO_MSINUM, acpi_u16(t, st->at + IVHD_INFO));
	u->features = acpi_u32(t, st->at + IVHD_FEATURE);
	u->reg_bytes = REG_BYTES;
	if (st->type == IVRS_TYPE_IVHD_10)
		return;
	u->efr = acpi_u64(t, st->at + IVHD_EFR);
	u->efr2 = acpi_u64(t, st->at + IVHD_EFR2);
	if (u->efr & AMDVI_EFR_PCSUP)
		u->reg_bytes = REG_BYTES_COUNTERS;
}

static void read_ivhd(const struct acpi_table *t, const struct acpi_st *st)
{
	uint32_t least = st->type == IVRS_TYPE_IVHD_10 ? IVHD_10_BYTES : IVHD_11_BYTES;
	struct iommu_acpi_unit u, *known;

	if (st->bytes < least) {
		acpi_diag(t, IOMMU_ACPI_ST_SHORT, st->at + IVRS_BLOCK_LENGTH, st->bytes);
		return;
	}
	read_header(t, st, &u);
	known = same_unit(t, u.segment, u.rid);
	if (known && known->type == u.type) {
		acpi_diag(t, IOMMU_ACPI_UNIT_TWICE, st->at + IVHD_DEVICEID, u.rid);
		return;
	}
	if (known && known->type > u.type)
		return;
	if (!acpi_unit_place(t, &u, st->at + IVHD_BASE, known))
		return;
	if (!known)
		known = acpi_new_unit(t, st->at);
	if (known)
		*known = u;
}

/* ---- memory ---- */

static bool ivmd_devices(const struct acpi_table *t, const struct acpi_st *st, uint16_t *first,
			 uint16_t *last)
{
	*first = acpi_u16(t, st->at + IVMD_DEVICEID);
	*last = *first;
	if (st->type == IVRS_TYPE_IVMD_ALL) {
		*first = 0;
		*last = UINT16_MAX;
	} else if (st->type == IVRS_TYPE_IVMD_RANGE) {
		*last = acpi_u16(t, st->at + IVMD_AUX);
	}
	if (*last >= *first)
		return true;
	acpi_diag(t, IOMMU_ACPI_RANGE_ORDER, st->at + IVMD_AUX, *last);
	return false;
}

/* What the region allows; 0 with a diagnostic when it asks for nothing. */
static uint8_t ivmd_perm(const struct acpi_table *t, const struct acpi_st *st)
{
	uint8_t flags = acpi_u8(t, st->at + IVRS_BLOCK_FLAGS), perm = 0;

	if (flags & IVMD_FLAGS_EXCLUSION)
		return IOMMU_ACPI_READ | IOMMU_ACPI_WRITE;
	if (flags & IVMD_FLAGS_UNITY && flags & IVMD_FLAGS_IR)
		perm |= IOMMU_ACPI_READ;
	if (flags & IVMD_FLAGS_UNITY && flags & IVMD_FLAGS_IW)
		perm |= IOMMU_ACPI_WRITE;
	if (!perm)
		acpi_diag(t, IOMMU_ACPI_REGION_FLAGS, st->at + IVRS_BLOCK_FLAGS, flags);
	return perm;
}

static void add_ivmd(const struct acpi_table *t, const struct acpi_st *st,
		     const struct iommu_acpi_region *region, uint16_t first, uint16_t last)
{
	struct iommu_acpi_scope *s;
	struct iommu_acpi_region *r = acpi_new_region(t, st->at);

	if (!r)
		return;
	*r = *region;
	s = acpi_new_scope(t, st->at);
	if (!s)
		return;
	s->of = IOMMU_ACPI_OF_REGION;
	s->owner = (uint16_t)(t->a->regions - 1);
	s->kind = IOMMU_ACPI_DEVICE;
	s->segment = region->segment;
	s->first = first;
	s->last = last;
}

static void read_ivmd(const struct acpi_table *t, const struct acpi_st *st)
{
	struct iommu_acpi_region r = { .offset = st->at, .vendor = t->vendor };
	uint16_t first, last;
	uint64_t bytes;

	if (st->bytes < IVMD_BYTES) {
		acpi_diag(t, IOMMU_ACPI_ST_SHORT, st->at + IVRS_BLOCK_LENGTH, st->bytes);
		return;
	}
	if (st->bytes > IVMD_BYTES)
		acpi_diag(t, IOMMU_ACPI_REGION_LENGTH, st->at + IVRS_BLOCK_LENGTH, st->bytes);
	bytes = acpi_u64(t, st->at + IVMD_LENGTH);
	r.first = acpi_u64(t, st->at + IVMD_START);
	r.last = r.first + (bytes - 1); /* nothing, or a wrap: below r.first */
	r.segment = acpi_u16(t, st->at + IVMD_SEGMENT);
	r.exclusion = acpi_u8(t, st->at + IVRS_BLOCK_FLAGS) & IVMD_FLAGS_EXCLUSION;
	if (!bytes) {
		acpi_diag(t, IOMMU_ACPI_REGION_ORDER, st->at + IVMD_LENGTH, 0);
		return;
	}
	if (!ivmd_devices(t, st, &first, &last))
		return;
	r.perm = ivmd_perm(t, st);
	if (r.perm && acpi_region_place(t, st->at + IVMD_START, &r.first, &r.last))
		add_ivmd(t, st, &r, first, last);
}

/* ---- the whole ---- */

static void read_block(const struct acpi_table *t, const struct acpi_st *st)
{
	switch (st->type) {
	case IVRS_TYPE_IVHD_10:
	case IVRS_TYPE_IVHD_11:
	case IVRS_TYPE_IVHD_40:
		read_ivhd(t, st);
		break;
	case IVRS_TYPE_IVMD_ALL:
	case IVRS_TYPE_IVMD_ONE:
	case IVRS_TYPE_IVMD_RANGE:
		read_ivmd(t, st);
		break;
	default:
		acpi_diag(t, IOMMU_ACPI_ST_TYPE, st->at, st->type);
		break;
	}
}

int iommu_acpi_ivrs(struct iommu_acpi *a, const void *table, size_t size)
{
	struct acpi_table t = { .a = a, .vendor = IOMMU_VENDOR_AMD };
	uint32_t at = IVRS_BYTES;
	struct acpi_st st;
	uint8_t revision;

	if (!acpi_open(&t, table, size, IVRS_SIGNATURE, IVRS_BYTES))
		return IOMMU_E_INVAL;
	revision = acpi_u8(&t, ACPI_HDR_REVISION);
	if (revision != IVRS_REVISION_FIXED && revision != IVRS_REVISION_MIXED)
		acpi_diag(&t, IOMMU_ACPI_TABLE_REVISION, ACPI_HDR_REVISION, revision);
	a->ivrs_info = acpi_u32(&t, IVRS_INFO);
	acpi_width(&t, IVRS_INFO, (uint32_t)FIELD_GET(IVRS_INFO_PASIZE, a->ivrs_info));
	while (next(&t, &at, &st))
		read_block(&t, &st);
	for (uint32_t i = t.first_unit; i < a->units; i++)
		ivrs_entries(&t, (uint16_t)i);
	if (a->units == t.first_unit)
		acpi_diag(&t, IOMMU_ACPI_TABLE_EMPTY, 0, 0);
	return IOMMU_OK;
}
