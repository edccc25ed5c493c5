/*
 * What the driver finds in the tables of the machine it runs on: its units, and who is behind them.
 */
#ifndef ENGINE_ACPI_DISCOVER_H
#define ENGINE_ACPI_DISCOVER_H

#include "acpi/tables.h"

struct discovery;
struct iommu_acpi;

/*
 * Reads the tables of a machine that is `s` in this permutation; `s` has to stay where it is. NULL with a static text in
 * *why when the tables cannot be made.
 */
struct discovery *discover(const struct machine *m, const struct setting *s, const char **why);
void discovery_free(struct discovery *d);

const struct iommu_acpi *discovery_records(const struct discovery *d);

/* Number of the record whose registers are those of the machine's unit `unit`; -1: the tables do not tell of it. */
int discovery_unit(const struct discovery *d, uint32_t unit);

/* The 32-bit word at `off` of that record's own function; AMD-Vi. */
uint32_t discovery_config(const struct discovery *d, uint32_t record, uint32_t off);

/* Where a device is by the tables. */
struct discovery_place {
	uint32_t unit; /* of the machine */
	uint16_t rid;  /* what the unit sees */
	bool aliased, ats;
};

/* The machine's device `device`; false: behind no unit. An I/O APIC or HPET is looked up by its number. */
bool discovery_device(const struct discovery *d, uint32_t device, struct discovery_place *out);

/* The same of any function in the segment of the machine's first unit. */
bool discovery_function(const struct discovery *d, uint16_t rid, struct discovery_place *out);

/* Every id that requests of the device may carry by the bridges above it: iommu_acpi_requesters. */
uint32_t discovery_requesters(const struct discovery *d, uint32_t device, uint16_t *ids,
			      uint32_t room);

/* Region number n that the device needs mapped to itself; false beyond the last. */
bool discovery_region(const struct discovery *d, uint32_t device, uint32_t n, uint64_t *first,
		      uint64_t *last, uint8_t *perm);

uint32_t discovery_units(const struct discovery *d);
uint32_t discovery_diags(const struct discovery *d);

/* Name of the rule that diagnostic n names, and the whole line. */
const char *discovery_diag(const struct discovery *d, uint32_t n, char *buf, size_t size);

#endif
