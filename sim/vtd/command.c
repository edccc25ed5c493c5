/*
 * Invalidations in the oracle's words: which caches they look into and which tags they compare.
 * Follows 6.5 "Invalidation of Translation Caches": context entries are told apart by domain-id and source-id, IOTLB and
 * paging-structure entries by domain-id and address, a device's by source-id and address.
 */
#include "unit.h"

#define CACHE(name) (1u << SIM_CACHE_##name)

/* By granularity; 0 is reserved and removes nothing. */
static const char *const context_names[] = {
	"reserved context-cache invalidation",
	"global context-cache invalidation",
	"domain-selective context-cache invalidation",
	"device-selective context-cache invalidation",
};

static const char *const iotlb_names[] = {
	"reserved IOTLB invalidation",
	"global IOTLB invalidation",
	"domain-selective IOTLB invalidation",
	"page-selective-within-domain IOTLB invalidation",
};

struct sim_invalidation vtd_command_context(const struct vtd_unit *v, unsigned g, uint32_t did,
					    uint16_t sid, uint32_t fm)
{
	static const uint16_t ignored[] = { 0, 4, 6, 7 }; /* FM, VT-d 6.5.1 */

	return (struct sim_invalidation){
		.name = context_names[g & 3],
		.caches = g ? CACHE(CONTEXT) : 0,
		.by_domain = g == VTD_DOMAIN || g == VTD_NARROW,
		.by_device = g == VTD_NARROW,
		.domain = did & v->caps.did_mask,
		.rid = sid,
		.rid_mask = ignored[fm & 3],
	};
}

struct sim_invalidation vtd_command_iotlb(const struct vtd_unit *v, unsigned g, uint32_t did,
					  uint64_t addr, uint32_t am, bool ih)
{
	uint64_t mask = am + 12 < 64 ? BIT64(am + 12) - 1 : ~(uint64_t)0;
	bool pages = g == VTD_NARROW;

	addr &= (BIT64(v->caps.mgaw) - 1) & ~mask & ~(uint64_t)0xFFF;
	return (struct sim_invalidation){
		.name = iotlb_names[g & 3],
		.caches = !g ? 0 : CACHE(IOTLB) | (pages && ih ? 0 : CACHE(PAGING)),
		.by_domain = g == VTD_DOMAIN || pages,
		.by_range = pages,
		.has_hint = pages,
		.leaf_only = pages && ih,
		.mask_lg2 = pages ? (uint8_t)am : 0,
		.domain = did & v->caps.did_mask,
		.first = pages ? addr : 0,
		.last = pages ? addr | mask : 0,
	};
}

struct sim_invalidation vtd_command_interrupts(bool global, uint32_t index, uint32_t im)
{
	uint64_t first = SIM_INDEX_ADDR(index & ~((UINT64_C(1) << im) - 1));

	return (struct sim_invalidation){
		.name = global ? "global interrupt entry cache invalidation"
			       : "index-selective interrupt entry cache invalidation",
		.caches = CACHE(INTERRUPT),
		.by_range = !global,
		.by_index = !global,
		.mask_lg2 = global ? 0 : (uint8_t)im,
		.first = global ? 0 : first,
		.last = global ? 0 : first + (SIM_INDEX_ADDR(UINT64_C(1) << im) - 1),
	};
}

static uint8_t pages_lg2(uint64_t first, uint64_t last)
{
	uint8_t n = 0;

	while (n < 52 && (last - first) >> 12 >> n)
		n++;
	return n;
}

static struct sim_invalidation device_tlb(uint16_t sid, uint64_t first, uint64_t last)
{
	return (struct sim_invalidation){
		.name = "device-TLB invalidation",
		.caches = CACHE(DEVICE),
		.by_device = true,
		.by_range = true,
		.mask_lg2 = pages_lg2(first, last),
		.rid = sid,
		.first = first,
		.last = last,
	};
}

void vtd_command(const struct unit *u, const uint64_t *q, struct sim_invalidation *out)
{
	const struct vtd_unit *v = (const struct vtd_unit *)u;
	uint64_t first, last;

	switch (FIELD_GET(VTD_DESC_TYPE, q[0])) {
	case VTD_DT_CC:
		*out = vtd_command_context(v, (unsigned)FIELD_GET(VTD_CCD0_G, q[0]),
					   (uint32_t)FIELD_GET(VTD_CCD0_DID, q[0]),
					   (uint16_t)FIELD_GET(VTD_CCD0_SID, q[0]),
					   (uint32_t)FIELD_GET(VTD_CCD0_FM, q[0]));
		break;
	case VTD_DT_IOTLB:
		*out = vtd_command_iotlb(
			v, (unsigned)FIELD_GET(VTD_IOTLBD0_G, q[0]),
			(uint32_t)FIELD_GET(VTD_IOTLBD0_DID, q[0]), q[1] & VTD_IOTLBD1_ADDR,
			(uint32_t)FIELD_GET(VTD_IOTLBD1_AM, q[1]), (q[1] & VTD_IOTLBD1_IH) != 0);
		break;
	case VTD_DT_DEV_TLB:
		vtd_devtlb_range(q[1], &first, &last);
		*out = device_tlb((uint16_t)FIELD_GET(VTD_DEVTLBD0_SID, q[0]), first, last);
		break;
	case VTD_DT_IEC:
		*out = vtd_command_interrupts(!(q[0] & VTD_IECD0_G),
					      (uint32_t)FIELD_GET(VTD_IECD0_IIDX, q[0]),
					      (uint32_t)FIELD_GET(VTD_IECD0_IM, q[0]));
		break;
	case VTD_DT_WAIT:
		*out = (struct sim_invalidation){ .name = "invalidation wait" };
		break;
	default:
		*out = (struct sim_invalidation){ .name = "command without effect on translation" };
		break;
	}
}

bool vtd_needed(const struct unit *u, const struct sim_cache_line *line,
		struct sim_invalidation *out)
{
	const struct vtd_unit *v = (const struct vtd_unit *)u;
	unsigned am = 9u * line->level;

	switch (line->cache) {
	case SIM_CACHE_CONTEXT:
		*out = vtd_command_context(v, VTD_NARROW, line->domain, line->rid, 0);
		return true;
	case SIM_CACHE_IOTLB:
		/* Only an AM as large as the page is sure to remove it. */
		if (v->caps.psi && am <= v->caps.mamv)
			*out = vtd_command_iotlb(v, VTD_NARROW, line->domain, line->iova, am, true);
		else
			*out = vtd_command_iotlb(v, VTD_DOMAIN, line->domain, 0, 0, false);
		return true;
	case SIM_CACHE_PAGING:
		/* Any page below the entry does, without the hint. */
		*out = vtd_command_iotlb(v, v->caps.psi ? VTD_NARROW : VTD_DOMAIN, line->domain,
					 line->iova, 0, false);
		return true;
	case SIM_CACHE_DEVICE:
		*out = device_tlb(line->rid, line->iova,
				  line->iova | (BIT64(TC_SIZE_LG2(line->level)) - 1));
		return true;
	case SIM_CACHE_INTERRUPT:
		*out = vtd_command_interrupts(false, (uint32_t)(line->iova >> SIM_INDEX_LG2), 0);
		return true;
	default:
		return false; /* legacy mode has no PASID cache */
	}
}
