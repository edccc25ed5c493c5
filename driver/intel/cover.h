/*
 * Ranges as page-selective invalidation takes them: aligned blocks of 2^AM pages.
 */
#ifndef DRIVER_INTEL_COVER_H
#define DRIVER_INTEL_COVER_H

#include <stdint.h>

#define INTEL_COVER_MAX 8u

struct intel_block {
	uint64_t addr; /* aligned to 4096 << am */
	uint32_t am;
};

/*
 * Covers [first, last], bytes, with at most INTEL_COVER_MAX blocks of at most 2^am_max pages. Returns their number, 0
 * when so few blocks cannot do it. Exact where that takes few blocks, else one block around the whole range.
 */
uint32_t intel_cover(uint64_t first, uint64_t last, uint32_t am_max, struct intel_block *blocks);

/* The smallest AM whose aligned block holds both addresses. */
uint32_t intel_cover_one(uint64_t first, uint64_t last);

#endif
