/*
 * Ranges as invalidation commands take them: aligned blocks of 2^AM pages.
 */
#ifndef DRIVER_COVER_H
#define DRIVER_COVER_H

#include <stdint.h>

#define COVER_MAX 8u

struct cover_block {
	uint64_t addr; /* aligned to 4096 << am */
	uint32_t am;
};

/*
 * Covers [first, last], bytes, with at most COVER_MAX blocks of at most 2^am_max pages. Returns their number, 0
 * when so few blocks cannot do it. Exact where that takes few blocks, else one block around the whole range.
 */
uint32_t cover_range(uint64_t first, uint64_t last, uint32_t am_max, struct cover_block *blocks);

/* The smallest AM whose aligned block holds both addresses. */
uint32_t cover_one(uint64_t first, uint64_t last);

/*
 * The block of 2^am pages around addr, its size in the address, as PCIe ATS has it: bit 0 is S; with S = 1, n ones from
 * bit 12 upward and a zero above them stand for 2^(13 + n) bytes. Very large ones become everything.
 */
uint64_t cover_encode(uint64_t addr, uint32_t am);

#endif
