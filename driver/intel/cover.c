/*
 * Ranges as aligned blocks: cover.h. VT-d 6.5 "IOTLB Invalidation", address mask.
 */
#include "cover.h"

/* Highest differing bit of the page numbers: base and end both count, the number of pages alone does not. */
uint32_t intel_cover_one(uint64_t first, uint64_t last)
{
	uint64_t differs = (first ^ last) >> 12;
	uint32_t am = 0;

	for (; differs; differs >>= 1)
		am++;
	return am;
}

/* The largest aligned block that starts at `page` and holds at most `left` + 1 pages. */
static uint32_t block_at(uint64_t page, uint64_t left, uint32_t am_max)
{
	uint32_t am = 0;

	while (am < am_max && !(page >> am & 1) && (UINT64_C(2) << am) - 1 <= left)
		am++;
	return am;
}

uint32_t intel_cover(uint64_t first, uint64_t last, uint32_t am_max, struct intel_block *blocks)
{
	uint64_t page = first >> 12, end = last >> 12;
	uint32_t n = 0;

	while (page <= end && n < INTEL_COVER_MAX) {
		uint32_t am = block_at(page, end - page, am_max);

		blocks[n].addr = page << 12;
		blocks[n].am = am;
		n++;
		page += UINT64_C(1) << am;
	}
	if (page > end)
		return n;
	blocks[0].am = intel_cover_one(first, last);
	if (blocks[0].am > am_max)
		return 0;
	blocks[0].addr = first >> 12 >> blocks[0].am << blocks[0].am << 12;
	return 1;
}
