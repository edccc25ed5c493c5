/*
 * Records for the readers of ACPI tables, and what has to hold of them whatever the tables were. Shared by the unit tests
 * and the fuzz targets, so it knows no test library.
 */
#ifndef TESTS_ACPI_RECORDS_H
#define TESTS_ACPI_RECORDS_H

#include "iommu/acpi.h"

#define RECORDS_UNITS 8
#define RECORDS_SCOPES 64
#define RECORDS_REGIONS 16
#define RECORDS_GROUPS 8
#define RECORDS_NAMES 8
#define RECORDS_DIAGS 64

struct records {
	struct iommu_acpi a;
	struct iommu_acpi_unit unit[RECORDS_UNITS];
	struct iommu_acpi_scope scope[RECORDS_SCOPES];
	struct iommu_acpi_region region[RECORDS_REGIONS];
	struct iommu_acpi_group group[RECORDS_GROUPS];
	struct iommu_acpi_name name[RECORDS_NAMES];
	struct iommu_acpi_diag diag[RECORDS_DIAGS];
};

void records_init(struct records *r);

/* A static text saying what no table may lead to, or NULL. `bytes` is the size of the tables given. */
const char *records_wrong(const struct records *r, size_t bytes);

/* How often a rule is among the diagnostics. */
uint32_t records_told(const struct records *r, enum iommu_acpi_rule rule);

#endif
