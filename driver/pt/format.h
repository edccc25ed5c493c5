/*
 * A page-table format, as the walker sees it. Level 0 holds 4 KiB pages; an entry of level n spans 2^(12 + 9n) bytes;
 * a table is 512 entries of 64 bits. Formats differ in what the bits mean: vtdss.c, amdv1.c.
 *
 * Some formats can join 2^k neighbouring entries of one table into one page, aligned to its size: all of them then hold
 * the same value, which tells the size. k is at most PT_JOIN_LG2, or the page would fill the table.
 */
#ifndef DRIVER_PT_FORMAT_H
#define DRIVER_PT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/driver.h"

#define PT_LEVELS 6
#define PT_ENTRIES 512u
#define PT_JOIN_LG2 8u

struct pt_format {
	uint64_t present; /* an entry is present when any of these bits is set */
	uint64_t addr;    /* where an entry keeps an address; a leaf's low bits there are 0 */
	uint64_t (*table)(uint32_t level,
			  uint64_t pa); /* entry of `level` that leads to the table at pa */
	uint64_t (*leaf)(uint32_t level, uint64_t pa, uint32_t prot);
	bool (*is_leaf)(uint32_t level, uint64_t entry); /* of a present entry */
	uint32_t (*prot)(uint64_t entry);                /* IOMMU_READ | IOMMU_WRITE it grants */
	/* the walker may meet a page and the smaller ones it is split into at the same time, as long as they say the same */
	bool split_live;
	/* both or neither: what each entry of a joined page of 2^lg2 bytes holds; log2 of a leaf's bytes */
	uint64_t (*joined)(uint32_t lg2, uint64_t pa, uint32_t prot);
	uint32_t (*leaf_lg2)(uint32_t level, uint64_t entry);
};

extern const struct pt_format pt_vtdss;
extern const struct pt_format pt_amdv1;

/* log2 of the bytes one entry of `level` spans. */
static inline uint32_t pt_shift(uint32_t level)
{
	return 12 + 9 * level;
}

static inline uint64_t pt_span(uint32_t level)
{
	return UINT64_C(1) << pt_shift(level);
}

static inline uint32_t pt_index(uint64_t iova, uint32_t level)
{
	return (uint32_t)(iova >> pt_shift(level)) & (PT_ENTRIES - 1);
}

#endif
