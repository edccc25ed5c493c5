/*
 * Invalidations in the oracle's words: which caches they look into and which tags they compare.
 * Follows 48882 2.4 "Commands" and 2.2.8 "Caching": device table entries and interrupt entries are told apart by device, pages and page directory
 * entries by domain and address, a device's own by device and address.
 */
#include "unit.h"

#define CACHE(name) (1u << SIM_CACHE_##name)

static uint8_t pages_lg2(uint64_t first, uint64_t last)
{
	uint8_t n = 0;

	while (n < 52 && (last - first) >> 12 >> n)
		n++;
	return n;
}

static struct sim_invalidation device_entry(uint16_t rid)
{
	return (struct sim_invalidation){
		.name = "INVALIDATE_DEVTAB_ENTRY",
		.caches = CACHE(CONTEXT) | CACHE(INTERRUPT),
		.by_device = true,
		.entries_stay = true,
		.rid = rid,
	};
}

static struct sim_invalidation interrupt_table(uint16_t rid)
{
	return (struct sim_invalidation){
		.name = "INVALIDATE_INTERRUPT_TABLE",
		.caches = CACHE(INTERRUPT),
		.by_device = true,
		.entries_only = true,
		.rid = rid,
	};
}

static struct sim_invalidation pages(uint32_t domain, uint64_t first, uint64_t last, bool pde)
{
	return (struct sim_invalidation){
		.name = "INVALIDATE_IOMMU_PAGES",
		.caches = CACHE(IOTLB) | (pde ? CACHE(PAGING) : 0),
		.by_domain = true,
		.by_range = true,
		.takes_cut = true,
		.has_hint = true,
		.leaf_only = !pde,
		.mask_lg2 = pages_lg2(first, last),
		.domain = domain,
		.first = first,
		.last = last,
	};
}

static struct sim_invalidation device_pages(uint16_t rid, uint64_t first, uint64_t last)
{
	return (struct sim_invalidation){
		.name = "INVALIDATE_IOTLB_PAGES",
		.caches = CACHE(DEVICE),
		.by_device = true,
		.by_range = true,
		.mask_lg2 = pages_lg2(first, last),
		.rid = rid,
		.first = first,
		.last = last,
	};
}

void amdvi_command(const struct unit *u, const uint64_t *q, struct sim_invalidation *out)
{
	uint64_t first, last;

	(void)u;
	switch (FIELD_GET(AMDVI_CMD0_OP, q[0])) {
	case AMDVI_OP_COMPLETION_WAIT:
		*out = (struct sim_invalidation){ .name = "COMPLETION_WAIT" };
		break;
	case AMDVI_OP_INVALIDATE_DEVTAB_ENTRY:
		*out = device_entry((uint16_t)FIELD_GET(AMDVI_DEVTABC0_DEVICEID, q[0]));
		break;
	case AMDVI_OP_INVALIDATE_IOMMU_PAGES:
		amdvi_inval_range(q[1] & AMDVI_PAGESC1_ADDR, q[1] & AMDVI_PAGESC1_S, &first, &last);
		*out = pages((uint32_t)FIELD_GET(AMDVI_PAGESC0_DOMAINID, q[0]), first, last,
			     q[1] & AMDVI_PAGESC1_PDE);
		break;
	case AMDVI_OP_INVALIDATE_IOTLB_PAGES:
		amdvi_inval_range(q[1] & AMDVI_IOTLBC1_ADDR, q[1] & AMDVI_IOTLBC1_S, &first, &last);
		*out = device_pages((uint16_t)FIELD_GET(AMDVI_IOTLBC0_DEVICEID, q[0]), first, last);
		break;
	case AMDVI_OP_INVALIDATE_INTERRUPT_TABLE:
		*out = interrupt_table((uint16_t)FIELD_GET(AMDVI_INTTABC0_DEVICEID, q[0]));
		break;
	case AMDVI_OP_INVALIDATE_IOMMU_ALL:
		*out = (struct sim_invalidation){
			.name = "INVALIDATE_IOMMU_ALL",
			.caches = CACHE(CONTEXT) | CACHE(INTERRUPT) | CACHE(IOTLB) | CACHE(PAGING),
		};
		break;
	default:
		*out = (struct sim_invalidation){ .name = "command without effect on translation" };
		break;
	}
}

bool amdvi_needed(const struct unit *u, const struct sim_cache_line *line,
		  struct sim_invalidation *out)
{
	unsigned lg2 = TC_SIZE_LG2(line->level);
	uint64_t last = line->iova | (lg2 < 64 ? BIT64(lg2) - 1 : ~(uint64_t)0);

	(void)u;
	switch (line->cache) {
	case SIM_CACHE_CONTEXT:
		*out = device_entry(line->rid);
		return true;
	case SIM_CACHE_INTERRUPT:
		*out = line->interrupt ? interrupt_table(line->rid) : device_entry(line->rid);
		return true;
	case SIM_CACHE_IOTLB:
		*out = pages(line->domain, line->iova, last, false);
		return true;
	case SIM_CACHE_PAGING:
		/* Any page below the entry does, with PDE. */
		*out = pages(line->domain, line->iova, line->iova | (AMDVI_PAGE_SIZE - 1), true);
		return true;
	case SIM_CACHE_DEVICE:
		*out = device_pages(line->rid, line->iova, last);
		return true;
	default:
		return false;
	}
}
