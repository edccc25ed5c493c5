/*
 * The DMAR table. VT-d chapter 8 "BIOS Considerations".
 *
 * Left out: nothing of the table; what _DSM reports for hot-plugged host bridges has the same structures, and nobody asks
 * for it yet.
 */
#include "acpi/acpi.h"
#include "hw/acpi_dmar.h"

/* Smallest length of each structure, and where its device scopes begin; 0: it has none. */
static const struct {
	uint8_t bytes, scopes;
} shape[DMAR_TYPES] = {
	[DMAR_TYPE_DRHD] = { DMAR_DRHD_BYTES, DMAR_DRHD_BYTES },
	[DMAR_TYPE_RMRR] = { DMAR_RMRR_BYTES, DMAR_RMRR_BYTES },
	[DMAR_TYPE_ATSR] = { DMAR_ATSR_BYTES, DMAR_ATSR_BYTES },
	[DMAR_TYPE_RHSA] = { DMAR_RHSA_BYTES, 0 },
	[DMAR_TYPE_ANDD] = { DMAR_ANDD_BYTES, 0 },
	[DMAR_TYPE_SATC] = { DMAR_SATC_BYTES, DMAR_SATC_BYTES },
	[DMAR_TYPE_SIDP] = { DMAR_SIDP_BYTES, DMAR_SIDP_BYTES },
};

/* The structure at *at, cut at the end of the table; *at moves on. A length that leads nowhere ends the table. */
static bool next(const struct acpi_table *t, uint32_t *at, struct acpi_st *st)
{
	uint32_t left = t->bytes - *at, said;

	if (!left)
		return false;
	if (left < DMAR_ST_BYTES) {
		acpi_diag(t, IOMMU_ACPI_ST_TAIL, *at, left);
		return false;
	}
	said = acpi_u16(t, *at + DMAR_ST_LENGTH);
	if (said < DMAR_ST_BYTES) {
		acpi_diag(t, IOMMU_ACPI_ST_LENGTH, *at + DMAR_ST_LENGTH, said);
		return false;
	}
	if (said > left)
		acpi_diag(t, IOMMU_ACPI_ST_BEYOND, *at + DMAR_ST_LENGTH, said);
	st->at = *at;
	st->bytes = said > left ? left : said;
	st->type = acpi_u16(t, *at + DMAR_ST_TYPE);
	*at += st->bytes;
	return true;
}

static void scopes(const struct acpi_table *t, const struct acpi_st *st, uint8_t of, uint32_t owner)
{
	struct dmar_list list = { .at = st->at + shape[st->type].scopes,
				  .end = st->at + st->bytes,
				  .owner = (uint16_t)owner,
				  .segment = acpi_u16(t, st->at + DMAR_ST_SEGMENT),
				  .of = of,
				  .flags = st->type == DMAR_TYPE_SIDP };

	if (of == IOMMU_ACPI_OF_UNIT)
		list.all = acpi_u8(t, st->at + DMAR_DRHD_FLAGS) & DMAR_DRHD_FLAGS_INCLUDE_PCI_ALL;
	dmar_scopes(t, &list);
}

/* ---- one structure each ---- */

/* Others of the segment before a new unit: only one takes all devices, and it comes last. */
static void check_all(const struct acpi_table *t, struct iommu_acpi_unit *u)
{
	for (uint32_t i = t->first_unit; i < t->a->units; i++) {
		const struct iommu_acpi_unit *o = t->a->unit + i;

		if (o == u || !o->all || o->segment != u->segment)
			continue;
		acpi_diag(t, u->all ? IOMMU_ACPI_ALL_TWICE : IOMMU_ACPI_ALL_NOT_LAST,
			  u->offset + DMAR_DRHD_FLAGS, u->flags);
		u->all = false;
		return;
	}
}

static void read_drhd(const struct acpi_table *t, const struct acpi_st *st)
{
	uint32_t before = t->a->scopes;
	struct iommu_acpi_unit *u = acpi_new_unit(t, st->at);

	if (!u)
		return;
	u->bytes = st->bytes;
	u->flags = acpi_u8(t, st->at + DMAR_DRHD_FLAGS);
	u->all = u->flags & DMAR_DRHD_FLAGS_INCLUDE_PCI_ALL;
	u->segment = acpi_u16(t, st->at + DMAR_ST_SEGMENT);
	u->base = acpi_u64(t, st->at + DMAR_DRHD_BASE);
	u->reg_bytes = PAGE_SIZE_BYTES
		       << FIELD_GET(DMAR_DRHD_SIZE_N, acpi_u8(t, st->at + DMAR_DRHD_SIZE));
	if (!acpi_unit_place(t, u, st->at + DMAR_DRHD_BASE, NULL)) {
		t->a->units--;
		return;
	}
	check_all(t, u);
	scopes(t, st, IOMMU_ACPI_OF_UNIT, t->a->units - 1);
	if (!u->all && before == t->a->scopes)
		acpi_diag(t, IOMMU_ACPI_UNIT_EMPTY, st->at, u->base);
}

static void read_rmrr(const struct acpi_table *t, const struct acpi_st *st)
{
	uint64_t first = acpi_u64(t, st->at + DMAR_RMRR_BASE);
	uint64_t last = acpi_u64(t, st->at + DMAR_RMRR_LIMIT);
	uint32_t before = t->a->scopes;
	struct iommu_acpi_region *r;

	if (!acpi_region_place(t, st->at + DMAR_RMRR_BASE, &first, &last))
		return;
	r = acpi_new_region(t, st->at);
	if (!r)
		return;
	r->first = first;
	r->last = last;
	r->segment = acpi_u16(t, st->at + DMAR_ST_SEGMENT);
	r->perm = IOMMU_ACPI_READ | IOMMU_ACPI_WRITE;
	scopes(t, st, IOMMU_ACPI_OF_REGION, t->a->regions - 1);
	if (before == t->a->scopes)
		acpi_diag(t, IOMMU_ACPI_SCOPE_NONE, st->at, first);
}

static void read_group(const struct acpi_table *t, const struct acpi_st *st)
{
	struct iommu_acpi_group *g = acpi_new_group(t, st->at);

	if (!g)
		return;
	g->type = (uint8_t)st->type;
	g->flags = st->type == DMAR_TYPE_SIDP ? 0 : acpi_u8(t, st->at + DMAR_ATSR_FLAGS);
	g->segment = acpi_u16(t, st->at + DMAR_ST_SEGMENT);
	scopes(t, st, IOMMU_ACPI_OF_GROUP, t->a->groups - 1);
}

static void read_andd(const struct acpi_table *t, const struct acpi_st *st)
{
	uint8_t number = acpi_u8(t, st->at + DMAR_ANDD_NUMBER);
	uint32_t room = st->bytes - DMAR_ANDD_NAME, n = 0;
	struct iommu_acpi_name *name;

	while (n < room && acpi_u8(t, st->at + DMAR_ANDD_NAME + n))
		n++;
	if (n == room)
		acpi_diag(t, IOMMU_ACPI_NAME_END, st->at + DMAR_ANDD_NAME, n);
	for (uint32_t i = t->first_name; i < t->a->names; i++)
		if (t->a->name[i].id == number) {
			acpi_diag(t, IOMMU_ACPI_NAME_TWICE, st->at + DMAR_ANDD_NUMBER, number);
			return;
		}
	name = acpi_new_name(t, st->at);
	if (!name)
		return;
	name->offset = st->at + DMAR_ANDD_NAME;
	name->bytes = n > UINT8_MAX ? UINT8_MAX : (uint8_t)n;
	name->id = number;
}

/* ---- what refers to other structures ---- */

static void read_rhsa(const struct acpi_table *t, const struct acpi_st *st)
{
	uint64_t base = acpi_u64(t, st->at + DMAR_RHSA_BASE);

	for (uint32_t i = t->first_unit; i < t->a->units; i++) {
		struct iommu_acpi_unit *u = t->a->unit + i;

		if (u->base != base)
			continue;
		u->proximity = acpi_u32(t, st->at + DMAR_RHSA_PROXIMITY);
		u->has_proximity = true;
		return;
	}
	acpi_diag(t, IOMMU_ACPI_RHSA_UNIT, st->at + DMAR_RHSA_BASE, base);
}

static bool name_known(const struct acpi_table *t, uint8_t id)
{
	for (uint32_t i = t->first_name; i < t->a->names; i++)
		if (t->a->name[i].id == id)
			return true;
	return false;
}

static void check_names(const struct acpi_table *t)
{
	for (uint32_t i = t->first_scope; i < t->a->scopes; i++) {
		const struct iommu_acpi_scope *s = t->a->scope + i;

		if (s->kind == IOMMU_ACPI_NAMED && !name_known(t, s->id))
			acpi_diag(t, IOMMU_ACPI_SCOPE_NAME, s->offset + DMAR_SCOPE_ID, s->id);
	}
}

/* ---- the whole ---- */

static void read_structure(const struct acpi_table *t, const struct acpi_st *st)
{
	if (st->type >= DMAR_TYPES) {
		acpi_diag(t, IOMMU_ACPI_ST_TYPE, st->at, st->type);
		return;
	}
	if (st->bytes < shape[st->type].bytes) {
		acpi_diag(t, IOMMU_ACPI_ST_SHORT, st->at + DMAR_ST_LENGTH, st->bytes);
		return;
	}
	switch (st->type) {
	case DMAR_TYPE_DRHD:
		read_drhd(t, st);
		break;
	case DMAR_TYPE_RMRR:
		read_rmrr(t, st);
		break;
	case DMAR_TYPE_RHSA:
		read_rhsa(t, st);
		break;
	case DMAR_TYPE_ANDD:
		read_andd(t, st);
		break;
	default:
		read_group(t, st);
		break;
	}
}

int iommu_acpi_dmar(struct iommu_acpi *a, const void *table, size_t size,
		    const struct iommu_acpi_pci *pci)
{
	struct acpi_table t = { .a = a, .vendor = IOMMU_VENDOR_INTEL, .pci = pci };
	uint32_t at = DMAR_BYTES, highest = 0;
	struct acpi_st st;

	if (!acpi_open(&t, table, size, DMAR_SIGNATURE, DMAR_BYTES))
		return IOMMU_E_INVAL;
	if (acpi_u8(&t, ACPI_HDR_REVISION) != DMAR_REVISION)
		acpi_diag(&t, IOMMU_ACPI_TABLE_REVISION, ACPI_HDR_REVISION,
			  acpi_u8(&t, ACPI_HDR_REVISION));
	acpi_width(&t, DMAR_HAW, acpi_u8(&t, DMAR_HAW) + 1u);
	a->dmar_flags = acpi_u8(&t, DMAR_FLAGS);
	while (next(&t, &at, &st)) {
		if (st.type < highest)
			acpi_diag(&t, IOMMU_ACPI_ST_ORDER, st.at, st.type);
		if (st.type > highest)
			highest = st.type;
		read_structure(&t, &st);
	}
	check_names(&t);
	if (a->units == t.first_unit)
		acpi_diag(&t, IOMMU_ACPI_TABLE_EMPTY, 0, 0);
	return IOMMU_OK;
}
