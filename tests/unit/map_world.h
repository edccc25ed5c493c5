/*
 * One unit, one domain, one device, and what should be mapped: for tests that hold the driver's page tables against a flat
 * reference. The vendor's test brings the fake unit and a walker written from the specification's layout.
 */
#ifndef TESTS_MAP_WORLD_H
#define TESTS_MAP_WORLD_H

#include "fake_mem.h"
#include "iommu/driver.h"

/* The IOVAs under test: 3 GiB around 512 GiB, where the space allows, so that all table borders occur. */
#define WINDOW_HIGH UINT64_C(0x7fc0000000)
#define WINDOW_LOW UINT64_C(0x140000000)
#define WINDOW_PAGES (3u * 512u * 512u)

struct map_world {
	/* filled by the vendor's test */
	const char *name;
	struct fake_mem *m;
	void *hw; /* the fake unit around m */
	void (*done)(void *hw);
	uint64_t window; /* first IOVA */
	/* page address | R | W, 0 when not present, all ones when malformed */
	uint64_t (*walk)(struct map_world *w, uint64_t iova);

	struct iommu_unit u;
	struct iommu_domain d;
	struct iommu_device dev;
	uint64_t *flat; /* page address | prot, 0: not mapped */
	uint32_t rng;
};

/* Starts the unit, makes the domain, attaches device 1234h. */
void map_world_attach(struct map_world *w, const struct iommu_unit_desc *desc, bool ats);

/* 500 random steps, each checked. */
void map_world_random(struct map_world *w);

uint64_t map_world_iova(const struct map_world *w, uint32_t page);
void map_world_check_around(struct map_world *w, uint32_t first, uint32_t n);
void map_world_check_all(struct map_world *w);

/* Everything is given back, and nothing is left. */
void map_world_stop(struct map_world *w);

#endif
