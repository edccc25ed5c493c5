/*
 * What an invalidation removes.
 * Implements 6.5 "Invalidation of Translation Caches", the legacy-mode columns of its tables.
 */
#include "unit.h"

static uint32_t dropped(struct vtd_unit *v, enum sim_cache cache, uint32_t did, uint64_t first,
			uint32_t n)
{
	v->u.stats.entries_dropped += n;
	trace(v->u.sim, SIM_TRACE_DROP, v->u.index, did, (uint8_t)cache, 0, first, n);
	return n;
}

void vtd_drain(struct vtd_unit *v)
{
	if (v->caps.rwbf) {
		mem_drain(&v->u.sim->mem);
		bus_update(v->u.sim);
	}
}

static bool lost(struct vtd_unit *v, uint64_t addr)
{
	return inject_armed(v->u.sim, SIM_POINT_INVALIDATION_LOST) &&
	       inject_fires(v->u.sim, v->u.index, SIM_POINT_INVALIDATION_LOST, SIM_MASTER_ANY, addr,
			    addr, NULL);
}

static uint64_t wrong(struct vtd_unit *v, uint64_t named)
{
	return inject_wrong(v->u.sim, v->u.index, named);
}

/* Source-ids that differ in the bits FM masks: 1, 2, 4 or 8 of them. */
static uint32_t drop_devices(struct vtd_unit *v, uint32_t did, uint16_t sid, uint32_t fm)
{
	static const uint16_t ignored[] = { 0, 4, 6, 7 };
	struct tcache *c = &v->u.cache[SIM_CACHE_CONTEXT];
	uint16_t mask = ignored[fm & 3];
	uint32_t n = 0;

	for (uint16_t function = 0; function < 8; function++) {
		struct tc_entry *e;

		if (function & ~mask)
			continue;
		e = tcache_find_level(c, 0, (sid & ~mask) | function, 0);
		if (e && e->group == did)
			n += tcache_drop_entry(c, e);
	}
	return n;
}

/* What is carried out for a request of granularity g: as asked, or the next coarser one by policy. */
static enum vtd_granularity performed(const struct vtd_unit *v, enum vtd_granularity g)
{
	return v->u.sim->policy.invalidate_more && g != VTD_GLOBAL ? g - 1 : g;
}

enum vtd_granularity vtd_inval_context(struct vtd_unit *v, enum vtd_granularity g, uint32_t did,
				       uint16_t sid, uint32_t fm)
{
	struct tcache *c = &v->u.cache[SIM_CACHE_CONTEXT];
	uint32_t n;

	did &= v->caps.did_mask;
	if (lost(v, g == VTD_NARROW ? sid : did))
		return performed(v, g);
	if (g == VTD_NARROW)
		sid ^= (uint16_t)wrong(v, sid);
	else if (g == VTD_DOMAIN)
		did = (did ^ (uint32_t)wrong(v, did)) & v->caps.did_mask;
	g = performed(v, g);
	if (g == VTD_GLOBAL) {
		memset(v->did_table, 0, (v->caps.did_mask + 1ul) * sizeof(*v->did_table));
		n = tcache_drop_all(c);
	} else {
		v->did_table[did] = 0;
		n = g == VTD_DOMAIN ? tcache_drop_group(c, did) : drop_devices(v, did, sid, fm);
	}
	dropped(v, SIM_CACHE_CONTEXT, did, sid, n);
	return g;
}

static void drop_pages(struct vtd_unit *v, uint32_t did, uint64_t addr, uint32_t am, bool ih)
{
	uint64_t size_mask = am + 12 >= 64 ? ~(uint64_t)0 : BIT64(am + 12) - 1;
	uint64_t first = addr & ~size_mask & ~(uint64_t)0xFFF, last = first | size_mask;
	struct tcache *tlb = &v->u.cache[SIM_CACHE_IOTLB];
	bool exact = v->u.sim->policy.exact_range;

	/* AM has to be as large as the page that was mapped: only what lies inside the range is sure to go (VT-d 6.5.1). */
	dropped(v, SIM_CACHE_IOTLB, did, first,
		exact ? tcache_drop_inside(tlb, did, first, last)
		      : tcache_drop_range(tlb, did, first, last));
	if (!ih)
		dropped(v, SIM_CACHE_PAGING, did, first,
			tcache_drop_range(&v->u.cache[SIM_CACHE_PAGING], did, first, last));
}

enum vtd_granularity vtd_inval_iotlb(struct vtd_unit *v, enum vtd_granularity g, uint32_t did,
				     uint64_t addr, uint32_t am, bool ih)
{
	struct tcache *tlb = &v->u.cache[SIM_CACHE_IOTLB], *psc = &v->u.cache[SIM_CACHE_PAGING];

	did &= v->caps.did_mask;
	addr &= BIT64(v->caps.mgaw) - 1;
	if (lost(v, g == VTD_NARROW ? addr : did))
		return performed(v, g);
	if (g == VTD_NARROW)
		addr ^= wrong(v, addr) << (am & 63) << 12 & (BIT64(v->caps.mgaw) - 1);
	else if (g == VTD_DOMAIN)
		did = (did ^ (uint32_t)wrong(v, did)) & v->caps.did_mask;
	g = performed(v, g);
	switch (g) {
	case VTD_GLOBAL:
		dropped(v, SIM_CACHE_IOTLB, 0, 0, tcache_drop_all(tlb));
		dropped(v, SIM_CACHE_PAGING, 0, 0, tcache_drop_all(psc));
		break;
	case VTD_DOMAIN:
		dropped(v, SIM_CACHE_IOTLB, did, 0, tcache_drop_group(tlb, did));
		dropped(v, SIM_CACHE_PAGING, did, 0, tcache_drop_group(psc, did));
		break;
	case VTD_NARROW:
		drop_pages(v, did, addr, am, ih);
		break;
	}
	return g;
}

void vtd_inval_interrupts(struct vtd_unit *v, bool global, uint32_t index, uint32_t im)
{
	struct tcache *c = &v->u.cache[SIM_CACHE_INTERRUPT];
	uint64_t first = 0, last = UINT64_MAX;
	uint32_t named = index;

	if (!global)
		index ^= (uint32_t)(wrong(v, index) << im) & UINT16_MAX;
	if (!global && !v->u.sim->policy.invalidate_more) {
		first = SIM_INDEX_ADDR(index & ~((UINT64_C(1) << im) - 1));
		last = first + (SIM_INDEX_ADDR(UINT64_C(1) << im) - 1);
	}
	if (lost(v, named))
		return;
	dropped(v, SIM_CACHE_INTERRUPT, 0, first,
		last == UINT64_MAX ? tcache_drop_all(c) : tcache_drop_range(c, 0, first, last));
}

void vtd_inval_all(struct vtd_unit *v)
{
	vtd_inval_context(v, VTD_GLOBAL, 0, 0, 0);
	vtd_inval_iotlb(v, VTD_GLOBAL, 0, 0, 0, false);
}
