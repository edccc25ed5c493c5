/*
 * What the driver's parser found in a table, as a list of named numbers: two tables are alike when the lists are.
 */
#ifndef CROSSCHECK_FACTS_H
#define CROSSCHECK_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "functions.h"
#include "iommu/acpi.h"

#define FACTS 512

struct fact {
	char name[56];
	uint64_t value;
};

struct facts {
	struct fact at[FACTS];
	uint32_t count;
	bool full;
};

/* The fact of that name, NULL: there is none. */
const struct fact *facts_find(const struct facts *f, const char *name);

/* Adds one. */
void facts_add(struct facts *f, uint64_t value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Reads a table of `size` bytes, sealed as firmware seals it, and adds what it says of itself, of its units and of each function.
 * `pci` is configuration space.
 */
void facts_read(struct facts *f, enum be_arch arch, const uint8_t *table, uint32_t size,
		const struct iommu_acpi_pci *pci, const struct functions *functions);

#endif
