/*
 * Which entries of an interrupt remapping table are taken: one bit each. A search costs a step per word where words are
 * full, and a step per entry elsewhere.
 */
#include "internal.h"

#define WORD_BITS 64u

static bool taken(const uint64_t *used, uint32_t i)
{
	return used[i / WORD_BITS] >> (i % WORD_BITS) & 1;
}

/* `count` free entries in a row, the first a multiple of `align` (a power of two); `entries` when there are none. */
uint32_t irq_map_find(const uint64_t *used, uint32_t entries, uint32_t count, uint32_t align)
{
	uint32_t first = 0, n = 0, i = 0;

	while (i < entries) {
		if (i % WORD_BITS == 0 && used[i / WORD_BITS] == UINT64_MAX) {
			n = 0;
			i += WORD_BITS;
			continue;
		}
		if (taken(used, i)) {
			n = 0;
		} else if (n || i % align == 0) {
			first = n ? first : i;
			if (++n == count)
				return first;
		}
		i++;
	}
	return entries;
}

void irq_map_mark(uint64_t *used, uint32_t first, uint32_t count, bool taken_now)
{
	for (uint32_t i = first; i < first + count; i++) {
		uint64_t bit = UINT64_C(1) << (i % WORD_BITS);

		if (taken_now)
			used[i / WORD_BITS] |= bit;
		else
			used[i / WORD_BITS] &= ~bit;
	}
}
