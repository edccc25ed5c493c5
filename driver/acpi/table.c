/*
 * The bytes of an ACPI table and the records made of them.
 */
#include "acpi/acpi.h"
#include "hw/acpi_table.h"

/* Where messages of interrupts go, on both architectures: never memory. */
#define MSI_FIRST UINT64_C(0xfee00000)
#define MSI_LAST UINT64_C(0xfeefffff)

void acpi_diag(const struct acpi_table *t, enum iommu_acpi_rule rule, uint32_t offset,
	       uint64_t value)
{
	struct iommu_acpi *a = t->a;

	if (a->diags == a->diag_room) {
		a->diags_lost++;
		return;
	}
	a->diag[a->diags++] = (struct iommu_acpi_diag){
		.value = value, .offset = offset, .rule = (uint16_t)rule, .vendor = t->vendor
	};
}

void iommu_acpi_init(struct iommu_acpi *a)
{
	a->units = a->scopes = a->regions = a->groups = a->names = 0;
	a->diags = a->diags_lost = 0;
	memset(a->host_addr_bits, 0, sizeof(a->host_addr_bits));
	a->ivrs_info = 0;
	a->dmar_flags = 0;
}

static uint8_t sum(const struct acpi_table *t)
{
	uint8_t s = 0;

	for (uint32_t i = 0; i < t->bytes; i++)
		s = (uint8_t)(s + t->p[i]);
	return s;
}

bool acpi_open(struct acpi_table *t, const void *table, size_t size, const char *signature,
	       uint32_t head)
{
	uint32_t said;

	t->p = table;
	t->bytes = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
	t->first_unit = t->a->units;
	t->first_scope = t->a->scopes;
	t->first_name = t->a->names;
	if (!table || t->bytes < head) {
		acpi_diag(t, IOMMU_ACPI_TABLE_SHORT, 0, t->bytes);
		return false;
	}
	for (uint32_t i = 0; i < 4; i++)
		if (t->p[ACPI_HDR_SIGNATURE + i] != (uint8_t)signature[i]) {
			acpi_diag(t, IOMMU_ACPI_TABLE_SIGNATURE, ACPI_HDR_SIGNATURE,
				  acpi_u32(t, ACPI_HDR_SIGNATURE));
			return false;
		}
	said = acpi_u32(t, ACPI_HDR_LENGTH);
	if (said < head) {
		acpi_diag(t, IOMMU_ACPI_TABLE_LENGTH, ACPI_HDR_LENGTH, said);
		return false;
	}
	if (said > t->bytes) {
		acpi_diag(t, IOMMU_ACPI_TABLE_CUT, ACPI_HDR_LENGTH, said);
		return true; /* the sum is that of bytes nobody has */
	}
	t->bytes = said;
	if (sum(t))
		acpi_diag(t, IOMMU_ACPI_TABLE_CHECKSUM, ACPI_HDR_CHECKSUM,
			  acpi_u8(t, ACPI_HDR_CHECKSUM));
	return true;
}

void acpi_width(const struct acpi_table *t, uint32_t offset, uint32_t bits)
{
	if (bits < 32 || bits > 52)
		acpi_diag(t, IOMMU_ACPI_TABLE_WIDTH, offset, bits);
	if (bits >= 32)
		t->a->host_addr_bits[t->vendor] = bits > 52 ? 52 : bits;
}

struct iommu_acpi_unit *acpi_new_unit(const struct acpi_table *t, uint32_t offset)
{
	struct iommu_acpi_unit *u;

	/* indices have 16 bits */
	if (t->a->units >= t->a->unit_room || t->a->units == UINT16_MAX) {
		acpi_diag(t, IOMMU_ACPI_FULL_UNITS, offset, t->a->units);
		return NULL;
	}
	u = t->a->unit + t->a->units++;
	memset(u, 0, sizeof(*u));
	u->vendor = t->vendor;
	u->offset = offset;
	return u;
}

struct iommu_acpi_scope *acpi_new_scope(const struct acpi_table *t, uint32_t offset)
{
	struct iommu_acpi_scope *s;

	if (t->a->scopes >= t->a->scope_room) {
		acpi_diag(t, IOMMU_ACPI_FULL_SCOPES, offset, t->a->scopes);
		return NULL;
	}
	s = t->a->scope + t->a->scopes++;
	memset(s, 0, sizeof(*s));
	s->offset = offset;
	s->bus_first = 1;
	return s;
}

struct iommu_acpi_region *acpi_new_region(const struct acpi_table *t, uint32_t offset)
{
	struct iommu_acpi_region *r;

	if (t->a->regions >= t->a->region_room || t->a->regions == UINT16_MAX) {
		acpi_diag(t, IOMMU_ACPI_FULL_REGIONS, offset, t->a->regions);
		return NULL;
	}
	r = t->a->region + t->a->regions++;
	memset(r, 0, sizeof(*r));
	r->vendor = t->vendor;
	r->offset = offset;
	return r;
}

struct iommu_acpi_group *acpi_new_group(const struct acpi_table *t, uint32_t offset)
{
	struct iommu_acpi_group *g;

	if (t->a->groups >= t->a->group_room || t->a->groups == UINT16_MAX) {
		acpi_diag(t, IOMMU_ACPI_FULL_GROUPS, offset, t->a->groups);
		return NULL;
	}
	g = t->a->group + t->a->groups++;
	memset(g, 0, sizeof(*g));
	g->offset = offset;
	return g;
}

struct iommu_acpi_name *acpi_new_name(const struct acpi_table *t, uint32_t offset)
{
	struct iommu_acpi_name *n;

	if (t->a->names >= t->a->name_room) {
		acpi_diag(t, IOMMU_ACPI_FULL_NAMES, offset, t->a->names);
		return NULL;
	}
	n = t->a->name + t->a->names++;
	memset(n, 0, sizeof(*n));
	n->vendor = t->vendor;
	return n;
}

bool acpi_unit_place(const struct acpi_table *t, const struct iommu_acpi_unit *u,
		     uint32_t base_offset, const struct iommu_acpi_unit *except)
{
	uint32_t bits = t->a->host_addr_bits[t->vendor];
	uint64_t last = u->base + (u->reg_bytes - 1);

	if (!u->base || u->base & (PAGE_SIZE_BYTES - 1) || last < u->base ||
	    addr_beyond(last, bits ? bits : 52)) {
		acpi_diag(t, IOMMU_ACPI_UNIT_BASE, base_offset, u->base);
		return false;
	}
	for (uint32_t i = 0; i < t->a->units; i++) {
		const struct iommu_acpi_unit *o = t->a->unit + i;

		if (o == u || o == except || u->base > o->base + (o->reg_bytes - 1) ||
		    o->base > last)
			continue;
		acpi_diag(t, u->base == o->base ? IOMMU_ACPI_UNIT_TWICE : IOMMU_ACPI_UNIT_OVERLAP,
			  base_offset, u->base);
		return false;
	}
	if (u->base & (u->reg_bytes - 1))
		acpi_diag(t, IOMMU_ACPI_UNIT_ALIGN, base_offset, u->base);
	return true;
}

bool acpi_region_place(const struct acpi_table *t, uint32_t offset, uint64_t *first, uint64_t *last)
{
	uint32_t bits = t->a->host_addr_bits[t->vendor];

	if (*last < *first) {
		acpi_diag(t, IOMMU_ACPI_REGION_ORDER, offset, *first);
		return false;
	}
	if (addr_beyond(*last, bits ? bits : 52)) {
		acpi_diag(t, IOMMU_ACPI_REGION_WIDTH, offset, *last);
		return false;
	}
	if (*first & (PAGE_SIZE_BYTES - 1) || (*last + 1) & (PAGE_SIZE_BYTES - 1)) {
		acpi_diag(t, IOMMU_ACPI_REGION_ALIGN, offset, *first);
		*first &= ~(PAGE_SIZE_BYTES - 1);
		*last |= PAGE_SIZE_BYTES - 1;
	}
	if (*first <= MSI_LAST && *last >= MSI_FIRST) {
		acpi_diag(t, IOMMU_ACPI_REGION_MSI, offset, *first);
		return false;
	}
	return true;
}

bool acpi_special_known(const struct acpi_table *t, uint32_t offset, uint8_t kind, uint8_t id)
{
	for (uint32_t i = t->first_scope; i < t->a->scopes; i++) {
		const struct iommu_acpi_scope *s = t->a->scope + i;

		if (s->of != IOMMU_ACPI_OF_UNIT || s->kind != kind || s->id != id)
			continue;
		acpi_diag(t, IOMMU_ACPI_SPECIAL_TWICE, offset, id);
		return true;
	}
	return false;
}
