/*
 * Discovery: what firmware's DMAR (VT-d) and IVRS (AMD-Vi) tables say about units, devices and memory.
 *
 * The tables are read where they lie and nothing is allocated: what they say goes into records the caller provides.
 * Firmware is hostile input. Whatever the bytes, parsing ends, reads nothing beyond the size given, and keeps what is
 * sound; everything else leaves a diagnostic that names the offset, the rule that was broken and what was done about it.
 *
 * In order: iommu_acpi_init, iommu_acpi_dmar and/or iommu_acpi_ivrs, then for each unit iommu_acpi_describe and
 * iommu_unit_init (iommu/driver.h), and for each device, before it is attached, iommu_acpi_match and the loop
 *
 *     for (at = 0; iommu_acpi_region_next(a, segment, rid, &at, &region); )
 *             map [region->first, region->last] to itself in the device's domain
 *
 * After a detach the same loop fills the domain the device goes to: firmware still uses its regions.
 */
#ifndef IOMMU_ACPI_H
#define IOMMU_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

/* What one unit is. */
struct iommu_acpi_unit {
	uint64_t base;		/* its registers */
	uint64_t reg_bytes;	/* their size; AMD-Vi: 16 KiB, or 512 KiB when its feature image has PCSup */
	uint64_t efr, efr2;	/* AMD-Vi: feature images of blocks 11h and 40h, else 0 */
	uint32_t features;	/* AMD-Vi: feature reporting (10h) or attributes (11h, 40h), as hw/acpi_ivrs.h has them */
	uint32_t proximity;	/* VT-d: NUMA domain, when has_proximity */
	uint32_t offset;	/* of its structure in the table */
	uint32_t bytes;		/* of the structure */
	uint16_t segment;
	uint16_t rid;		/* AMD-Vi: the unit's own PCI function */
	uint16_t cap;		/* AMD-Vi: its capability block in that function's configuration space */
	uint16_t rid_last;	/* AMD-Vi: the largest requester id any of its entries speaks of */
	uint8_t vendor;		/* enum iommu_vendor */
	uint8_t type;		/* AMD-Vi: type of the block used (10h, 11h, 40h) */
	uint8_t flags;		/* as in the table */
	uint8_t msi;		/* AMD-Vi: MSI number */
	bool all;		/* VT-d: INCLUDE_PCI_ALL, every device of the segment nobody else lists */
	bool has_proximity;
};

/* What a line of the table is about. */
enum iommu_acpi_kind {
	IOMMU_ACPI_DEVICE = 1,	/* first to last; VT-d: one endpoint */
	IOMMU_ACPI_BRIDGE = 2,	/* first = last, and everything on bus_first to bus_last */
	IOMMU_ACPI_IOAPIC = 3,	/* `id` is its I/O APIC id, first the requester id of its messages */
	IOMMU_ACPI_HPET = 4,	/* `id` is its number */
	IOMMU_ACPI_NAMED = 5,	/* VT-d: `id` is its ACPI device number; AMD-Vi: it has a HID. See iommu_acpi_name */
	IOMMU_ACPI_REST = 6	/* AMD-Vi: all devices of the segment */
};

/* Whose line it is. */
enum iommu_acpi_owner {
	IOMMU_ACPI_OF_UNIT = 1,
	IOMMU_ACPI_OF_REGION = 2,
	IOMMU_ACPI_OF_GROUP = 3
};

struct iommu_acpi_scope {
	uint32_t offset;	/* in its table */
	uint32_t extended;	/* AMD-Vi: extended setting */
	uint16_t owner;		/* index of the unit, region or group */
	uint16_t segment;
	uint16_t first, last;	/* requester ids */
	uint16_t alias;		/* AMD-Vi, has_alias: what requests of these devices appear as */
	uint8_t of;		/* enum iommu_acpi_owner */
	uint8_t kind;		/* enum iommu_acpi_kind */
	uint8_t bus_first;	/* of a bridge; bus_first > bus_last: none, or not known */
	uint8_t bus_last;
	uint8_t id;
	uint8_t setting;	/* AMD-Vi: bits for the device table entry */
	uint8_t flags;		/* VT-d: of a SIDP entry */
	bool has_alias;
};

#define IOMMU_ACPI_READ 1
#define IOMMU_ACPI_WRITE 2

/* Memory that has to be mapped to itself as long as its devices may use it. */
struct iommu_acpi_region {
	uint64_t first, last;	/* whole pages: rounded outwards when the table did not */
	uint32_t offset;
	uint16_t segment;
	uint8_t perm;		/* IOMMU_ACPI_READ | IOMMU_ACPI_WRITE */
	uint8_t vendor;
	bool exclusion;		/* AMD-Vi: the table asks for the exclusion range; mapping it to itself serves as well */
};

/* VT-d: a list of devices with something in common. */
struct iommu_acpi_group {
	uint32_t offset;
	uint16_t segment;
	uint8_t type;		/* DMAR_TYPE_ATSR, _SATC, _SIDP */
	uint8_t flags;
};

/* A device known by its place in the ACPI namespace; text lies in the table, without a NUL. */
struct iommu_acpi_name {
	uint32_t offset;	/* VT-d: of the object name. AMD-Vi: of the HID, 8 characters, then the CID, 8 characters */
	uint32_t uid_offset;	/* AMD-Vi */
	uint8_t bytes;		/* VT-d: of the object name; longer ones are cut to 255. AMD-Vi: 16 */
	uint8_t uid_bytes;
	uint8_t uid_format;	/* IVHD_UID_* */
	uint8_t id;		/* VT-d: ACPI device number */
	uint16_t rid;		/* AMD-Vi */
	uint16_t unit;		/* AMD-Vi */
	uint8_t vendor;
};

/* Why something in a table was not taken as it stands. */
enum iommu_acpi_rule {
	IOMMU_ACPI_NO_RULE = 0,
	/* of tables */
	IOMMU_ACPI_TABLE_SHORT, IOMMU_ACPI_TABLE_SIGNATURE, IOMMU_ACPI_TABLE_LENGTH, IOMMU_ACPI_TABLE_CUT,
	IOMMU_ACPI_TABLE_CHECKSUM, IOMMU_ACPI_TABLE_REVISION, IOMMU_ACPI_TABLE_WIDTH, IOMMU_ACPI_TABLE_EMPTY,
	/* of structures */
	IOMMU_ACPI_ST_TAIL, IOMMU_ACPI_ST_LENGTH, IOMMU_ACPI_ST_BEYOND, IOMMU_ACPI_ST_SHORT, IOMMU_ACPI_ST_TYPE,
	IOMMU_ACPI_ST_ORDER,
	/* of units */
	IOMMU_ACPI_UNIT_BASE, IOMMU_ACPI_UNIT_ALIGN, IOMMU_ACPI_UNIT_OVERLAP, IOMMU_ACPI_UNIT_TWICE,
	IOMMU_ACPI_UNIT_CAP, IOMMU_ACPI_UNIT_EMPTY, IOMMU_ACPI_ALL_TWICE, IOMMU_ACPI_ALL_NOT_LAST,
	IOMMU_ACPI_ALL_SCOPE, IOMMU_ACPI_RHSA_UNIT,
	/* of device scopes and device entries */
	IOMMU_ACPI_SCOPE_TAIL, IOMMU_ACPI_SCOPE_LENGTH, IOMMU_ACPI_SCOPE_BEYOND, IOMMU_ACPI_SCOPE_TYPE,
	IOMMU_ACPI_SCOPE_PATH, IOMMU_ACPI_SCOPE_HOP, IOMMU_ACPI_SCOPE_LOOP, IOMMU_ACPI_SCOPE_BUSES,
	IOMMU_ACPI_SCOPE_TWICE, IOMMU_ACPI_SCOPE_NONE, IOMMU_ACPI_SCOPE_NAME,
	IOMMU_ACPI_RANGE_START, IOMMU_ACPI_RANGE_END, IOMMU_ACPI_RANGE_ORDER, IOMMU_ACPI_RANGE_BETWEEN,
	IOMMU_ACPI_SPECIAL, IOMMU_ACPI_SPECIAL_TWICE, IOMMU_ACPI_SELF, IOMMU_ACPI_HID_BLOCK, IOMMU_ACPI_HID_UID,
	/* of names */
	IOMMU_ACPI_NAME_END, IOMMU_ACPI_NAME_TWICE,
	/* of regions */
	IOMMU_ACPI_REGION_ORDER, IOMMU_ACPI_REGION_ALIGN, IOMMU_ACPI_REGION_WIDTH, IOMMU_ACPI_REGION_FLAGS,
	IOMMU_ACPI_REGION_LENGTH, IOMMU_ACPI_REGION_MSI,
	/* of the caller's storage */
	IOMMU_ACPI_FULL_UNITS, IOMMU_ACPI_FULL_SCOPES, IOMMU_ACPI_FULL_REGIONS, IOMMU_ACPI_FULL_GROUPS,
	IOMMU_ACPI_FULL_NAMES,
	IOMMU_ACPI_RULES
};

struct iommu_acpi_diag {
	uint64_t value;		/* what was found there */
	uint32_t offset;	/* in the table, bytes */
	uint16_t rule;		/* enum iommu_acpi_rule */
	uint8_t vendor;		/* which table: enum iommu_vendor */
};

/*
 * Configuration space, for paths through bridges and what is behind them: the 32-bit word at `off` of function `rid` of
 * `segment`, all ones where there is no function. Reads have to be possible before any unit translates.
 */
struct iommu_acpi_pci {
	void *ctx;
	uint32_t (*read32)(void *ctx, uint16_t segment, uint16_t rid, uint32_t off);
};

/* Records and their rooms. The caller sets the pointers and the rooms; counts and facts are the parser's. */
struct iommu_acpi {
	struct iommu_acpi_unit *unit;
	struct iommu_acpi_scope *scope;
	struct iommu_acpi_region *region;
	struct iommu_acpi_group *group;
	struct iommu_acpi_name *name;
	struct iommu_acpi_diag *diag;
	uint32_t unit_room, scope_room, region_room, group_room, name_room, diag_room;

	uint32_t units, scopes, regions, groups, names;
	uint32_t diags;			/* stored */
	uint32_t diags_lost;		/* beyond diag_room */
	uint32_t host_addr_bits[3];	/* by enum iommu_vendor; 0: no such table, or it does not say */
	uint32_t ivrs_info;		/* IVRS_INFO_* */
	uint8_t dmar_flags;		/* DMAR_FLAGS_* */
};

/* Empties the records; pointers and rooms stay. */
void iommu_acpi_init(struct iommu_acpi *a);

/*
 * Reads a table of at most `size` bytes at `table`, adding to the records. `pci` may be NULL: paths through bridges are
 * then not followed and devices behind a listed bridge not found, each with a diagnostic. 0, or IOMMU_E_INVAL when the
 * bytes are no such table at all: then nothing but diagnostics was added. Each table once.
 */
int iommu_acpi_dmar(struct iommu_acpi *a, const void *table, size_t size, const struct iommu_acpi_pci *pci);
int iommu_acpi_ivrs(struct iommu_acpi *a, const void *table, size_t size);

/* How a device reaches its unit. */
struct iommu_acpi_match {
	uint32_t unit;		/* index of the record */
	uint32_t scope;		/* the line that said so; UINT32_MAX: INCLUDE_PCI_ALL */
	uint32_t extended;	/* AMD-Vi: extended setting */
	uint16_t rid;		/* what the unit sees in its requests: the alias, when there is one */
	uint8_t setting;	/* AMD-Vi */
	bool aliased;
	bool ats;		/* the platform lets the device use ATS with this unit */
	bool ats_required;	/* VT-d: it works only with ATS on (SATC, SIDP) */
};

/*
 * The unit of a PCI function. VT-d: a function listed by itself, else the listed bridge nearest above it, else
 * INCLUDE_PCI_ALL, whatever the order in the table. AMD-Vi: the narrowest entry that covers it, of equal ones the last.
 * Virtual functions: ask for their physical function. IOMMU_E_NOENT: behind no unit.
 */
int iommu_acpi_match(const struct iommu_acpi *a, uint16_t segment, uint16_t rid, struct iommu_acpi_match *m);

/* The unit and requester id of an I/O APIC or HPET (`kind`) by its id. IOMMU_E_NOENT: not in the tables. */
int iommu_acpi_special(const struct iommu_acpi *a, enum iommu_acpi_kind kind, uint8_t id, struct iommu_acpi_match *m);

/*
 * Every requester id that requests of PCI function `rid` may carry, its own first, then those that bridges to conventional
 * PCI above it put in its place; the last is what the unit sees of a device that has no ids itself. The same entry, and the
 * same source of interrupts, is needed for each: attach them all. VT-d 3.4.1 Source Identifier. An AMD-Vi unit's tables name
 * these ids themselves (`aliased`).
 *
 * Reads configuration space above the function: at boot, not in a hurry. Bus numbers have to be as they will stay. Writes at
 * most `room` ids and returns how many there are, 1 to 257.
 */
uint32_t iommu_acpi_requesters(const struct iommu_acpi_pci *pci, uint16_t segment, uint16_t rid,
			       uint16_t *ids, uint32_t room);

/*
 * The next region that function `rid` of `segment` needs mapped to itself; *at is 0 before the first. AMD-Vi: regions of
 * its alias, and of all who share the alias, are its too, for they share one device table entry. False: no more.
 */
bool iommu_acpi_region_next(const struct iommu_acpi *a, uint16_t segment, uint16_t rid, uint32_t *at,
			    struct iommu_acpi_region *region);

/*
 * Fills what the tables know of unit number `unit` for iommu_unit_init: vendor, host_addr_bits (52 when the table does not
 * say), rid_count and not_coherent. Sets no other member: the caller puts index, limits and, on AMD-Vi, pci_cap and
 * pci_misc0 (configuration words `cap` and `cap` + 10h of function `rid`). IOMMU_E_NOENT: there is no such record.
 */
struct iommu_unit_desc;
int iommu_acpi_describe(const struct iommu_acpi *a, uint32_t unit, struct iommu_unit_desc *out);

/* A short name ("unit-base") and a sentence with what was done; never NULL. */
const char *iommu_acpi_rule_name(enum iommu_acpi_rule rule);
const char *iommu_acpi_rule_text(enum iommu_acpi_rule rule);

/*
 * "DMAR+0x30: unit-base: ... (0x0)" with a NUL into buf, cut to `size`. Returns the length it would have had.
 */
size_t iommu_acpi_diag_format(const struct iommu_acpi_diag *d, char *buf, size_t size);

#endif
