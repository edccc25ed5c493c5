/*
 * Domain ids of a unit. Id 0 is never given out: VT-d tags with it what is not present, AMD-Vi what is blocked.
 */
#include "internal.h"

#define WORD_BITS 64u

void ids_clear(struct iommu_unit *u, uint32_t count)
{
	memset(u->ids.used, 0, sizeof(u->ids.used));
	u->ids.used[0] = 1;
	u->ids.count = count;
}

int ids_alloc(struct iommu_unit *u, uint32_t *id)
{
	for (uint32_t i = 0; i < u->ids.count; i++) {
		uint64_t *word = &u->ids.used[i / WORD_BITS];

		if (*word >> (i % WORD_BITS) & 1)
			continue;
		*word |= UINT64_C(1) << (i % WORD_BITS);
		*id = i;
		return IOMMU_OK;
	}
	return IOMMU_E_FULL;
}

void ids_free(struct iommu_unit *u, uint32_t id)
{
	u->ids.used[id / WORD_BITS] &= ~(UINT64_C(1) << (id % WORD_BITS));
}
