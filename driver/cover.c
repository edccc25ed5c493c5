/*
 * Ranges as aligned blocks: cover.h. VT-d 6.5 "IOTLB Invalidation", address mask; PCIe ATS "Invalidate Request".
 */
#include "cover.h"
#include "hw/bits.h"

#define ENCODED_ADDR MASK64(63, 12)
#define ENCODED_ALL MASK64(62, 12)
#define ENCODED_S BIT64(0)
#define ENCODED_AM_MAX 50u /* of one with a zero below bit 63 */

/* Highest differing bit of the page numbers: base and end both count, the number of pages alone does not. */
uint32_t cover_one(uint64_t first, uint64_t last)
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

uint32_t cover_range(uint64_t first, uint64_t last, uint32_t am_max, struct cover_block *blocks)
{
	uint64_t page = first >> 12, end = last >> 12;
	uint32_t n = 0;

	while (page <= end && n < COVER_MAX) {
		uint32_t am = block_at(page, end - page, am_max);

		blocks[n].addr = page << 12;
		blocks[n].am = am;
		n++;
		page += UINT64_C(1) << am;
	}
	if (page > end)
		return n;
	blocks[0].am = cover_one(first, last);
	if (blocks[0].am > am_max)
		return 0;
	blocks[0].addr = first >> 12 >> blocks[0].am << blocks[0].am << 12;
	return 1;
}

uint64_t cover_encode(uint64_t addr, uint32_t am)
{
	uint64_t size;

	if (am == 0)
		return addr & ENCODED_ADDR;
	if (am > ENCODED_AM_MAX)
		return ENCODED_ALL | ENCODED_S;
	size = UINT64_C(4096) << am;
	return (addr & ~(size - 1)) | ((size / 2 - 1) & ENCODED_ADDR) | ENCODED_S;
}
