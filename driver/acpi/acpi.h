/*
 * What the readers of DMAR and IVRS share: the bytes of a table, diagnostics, records.
 *
 * Every read goes through the functions here, which take offsets that were compared with t->bytes before.
 */
#ifndef DRIVER_ACPI_ACPI_H
#define DRIVER_ACPI_ACPI_H

#include "internal.h"
#include "iommu/acpi.h"

struct acpi_table {
	struct iommu_acpi *a;
	const uint8_t *p;
	uint32_t bytes; /* that may be read */
	uint8_t vendor;
	const struct iommu_acpi_pci *pci;
	uint32_t first_unit, first_scope, first_name; /* records of this table begin here */
};

/* One structure of a DMAR, one block of an IVRS. */
struct acpi_st {
	uint32_t at, bytes;
	uint16_t type;
};

static inline uint8_t acpi_u8(const struct acpi_table *t, uint32_t at)
{
	return t->p[at];
}

static inline uint16_t acpi_u16(const struct acpi_table *t, uint32_t at)
{
	return (uint16_t)(t->p[at] | t->p[at + 1] << 8);
}

static inline uint32_t acpi_u32(const struct acpi_table *t, uint32_t at)
{
	return acpi_u16(t, at) | (uint32_t)acpi_u16(t, at + 2) << 16;
}

static inline uint64_t acpi_u64(const struct acpi_table *t, uint32_t at)
{
	return acpi_u32(t, at) | (uint64_t)acpi_u32(t, at + 4) << 32;
}

void acpi_diag(const struct acpi_table *t, enum iommu_acpi_rule rule, uint32_t offset,
	       uint64_t value);

/* Checks signature, length and checksum of a table whose own header has `head` bytes; false: it is no such table. */
bool acpi_open(struct acpi_table *t, const void *table, size_t size, const char *signature,
	       uint32_t head);

/* Tells about a width of addresses and keeps it, when it is one that makes sense. */
void acpi_width(const struct acpi_table *t, uint32_t offset, uint32_t bits);

/* The new record, zeroed; NULL with a diagnostic when the caller's room is used up. */
struct iommu_acpi_unit *acpi_new_unit(const struct acpi_table *t, uint32_t offset);
struct iommu_acpi_scope *acpi_new_scope(const struct acpi_table *t, uint32_t offset);
struct iommu_acpi_region *acpi_new_region(const struct acpi_table *t, uint32_t offset);
struct iommu_acpi_group *acpi_new_group(const struct acpi_table *t, uint32_t offset);
struct iommu_acpi_name *acpi_new_name(const struct acpi_table *t, uint32_t offset);

/* False, with a diagnostic, when registers cannot be there, or another unit's are. */
bool acpi_unit_place(const struct acpi_table *t, const struct iommu_acpi_unit *u,
		     uint32_t base_offset, const struct iommu_acpi_unit *except);

/*
 * [first, last] as whole pages; false, with a diagnostic, when it cannot be mapped. `offset` is where the table has the
 * address.
 */
bool acpi_region_place(const struct acpi_table *t, uint32_t offset, uint64_t *first,
		       uint64_t *last);

/* True, with a diagnostic, when an I/O APIC or HPET of that id is known from this table. */
bool acpi_special_known(const struct acpi_table *t, uint32_t offset, uint8_t kind, uint8_t id);

/*
 * The device scopes in [at, end), for record `owner` of kind `of`. Functions and bridges that unit `owner` must not list
 * are told when `all` says that it takes every device.
 */
struct dmar_list {
	uint32_t at, end;
	uint16_t owner, segment;
	uint8_t of;
	bool all, flags; /* flags: entries have some */
};
void dmar_scopes(const struct acpi_table *t, const struct dmar_list *list);

/* The device entries of the block that unit number `unit` was read from. */
void ivrs_entries(const struct acpi_table *t, uint16_t unit);

#endif
