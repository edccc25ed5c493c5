/*
 * What this kernel gives the driver: struct iommu_plat over an identity-mapped machine with one CPU.
 */
#ifndef BAREMETAL_PLATFORM_H
#define BAREMETAL_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "iommu/plat.h"

#define PLATFORM_UNITS 8

/* Registers of unit number `unit`: where the driver's accesses go, and nowhere else. */
void platform_unit(uint32_t unit, uint64_t base, uint64_t bytes);

const struct iommu_plat *platform(void);

/* Pages, also for the kernel's own use: 2^order of them, zeroed, aligned to their size; 0 when there are none. */
uint64_t platform_page_alloc(uint32_t order);
void platform_page_free(uint64_t pa, uint32_t order);

/* Pages not given back. */
uint32_t platform_pages_in_use(void);

#endif
