/*
 * What an invalidation removes.
 * Implements 48882 2.4 "Commands", INVALIDATE_*, and 2.2.8 "Caching".
 *
 * A page of encoded size is cached in pieces and goes as a whole, as a cached large page does: the policy of keeping a page
 * larger than the range is no freedom of this architecture.
 */
#include "unit.h"

static void dropped(struct amdvi_unit *a, enum sim_cache cache, uint32_t tag, uint64_t first,
		    uint32_t n)
{
	a->u.stats.entries_dropped += n;
	trace(a->u.sim, SIM_TRACE_DROP, a->u.index, tag, (uint8_t)cache, 0, first, n);
}

static bool lost(struct amdvi_unit *a, uint64_t addr)
{
	return inject_armed(a->u.sim, SIM_POINT_INVALIDATION_LOST) &&
	       inject_fires(a->u.sim, a->u.index, SIM_POINT_INVALIDATION_LOST, SIM_MASTER_ANY, addr,
			    addr, NULL);
}

static uint64_t wrong(struct amdvi_unit *a, uint64_t named)
{
	return inject_wrong(a->u.sim, a->u.index, named);
}

static bool more(const struct amdvi_unit *a)
{
	return a->u.sim->policy.invalidate_more;
}

static void drop_cache(struct amdvi_unit *a, enum sim_cache cache)
{
	dropped(a, cache, 0, 0, tcache_drop_all(&a->u.cache[cache]));
}

/* ---- device table and interrupts ---- */

static void drop_device(struct amdvi_unit *a, enum sim_cache cache, uint16_t rid)
{
	struct tcache *c = &a->u.cache[cache];
	struct tc_entry *e = tcache_find_level(c, 0, rid, 0);

	dropped(a, cache, rid, 0, e ? tcache_drop_entry(c, e) : 0);
}

void amdvi_inval_dte(struct amdvi_unit *a, uint16_t rid)
{
	if (lost(a, rid))
		return;
	rid ^= (uint16_t)wrong(a, rid);
	a->domain[a->domain_of[rid]].tables = 0;
	if (more(a)) {
		drop_cache(a, SIM_CACHE_CONTEXT);
		drop_cache(a, SIM_CACHE_INTERRUPT);
	} else {
		drop_device(a, SIM_CACHE_CONTEXT, rid);
		drop_device(a, SIM_CACHE_INTERRUPT, rid);
	}
}

/* Remapping entries of the device; the interrupt half of its device table entry stays. */
void amdvi_inval_interrupts(struct amdvi_unit *a, uint16_t rid)
{
	if (lost(a, rid))
		return;
	rid ^= (uint16_t)wrong(a, rid);
	if (more(a))
		drop_cache(a, SIM_CACHE_INTERRUPT);
	else
		dropped(a, SIM_CACHE_INTERRUPT, rid, 0,
			tcache_drop_group(&a->u.cache[SIM_CACHE_INTERRUPT], AMDVI_IRTE_TAG(rid)));
}

/* ---- pages ---- */

void amdvi_inval_range(uint64_t addr, bool sized, uint64_t *first, uint64_t *last)
{
	uint64_t zeros = ~addr & AMDVI_PAGESC1_ADDR, size_mask = AMDVI_PAGE_SIZE - 1;

	addr &= AMDVI_PAGESC1_ADDR;
	if (sized) /* the lowest 0 belongs to the range's low bits; above bit 50 it means everything */
		size_mask = zeros & MASK64(50, 12) ? (FIELD_LSB(zeros) << 1) - 1 : ~(uint64_t)0;
	*first = addr & ~size_mask;
	*last = *first | size_mask;
}

/* Pieces of pages of encoded size that reach into [first, last] from outside, of one level. */
static uint32_t drop_pieces(struct amdvi_unit *a, uint16_t domain, unsigned level, uint64_t at)
{
	struct tcache *tlb = &a->u.cache[SIM_CACHE_IOTLB];
	uint64_t around = tc_base(at, level + 1), step = BIT64(TC_SIZE_LG2(level));
	uint32_t n = 0;

	for (unsigned i = 0; i < AMDVI_PT_ENTRIES; i++) {
		uint64_t piece = around + i * step, mask;
		struct tc_entry *e = tcache_find_level(tlb, piece, domain, level);

		if (!e || !(e->flags & AMDVI_TLB_SIZED))
			continue;
		mask = BIT64(amdvi_encoded_lg2(e->q[1])) - 1;
		if ((piece & ~mask) <= at && at <= (piece | mask))
			n += tcache_drop_entry(tlb, e);
	}
	return n;
}

/* Pages are naturally aligned, so one that is cut by the range holds its first or its last address. */
static uint32_t drop_cut(struct amdvi_unit *a, uint16_t domain, uint64_t first, uint64_t last)
{
	uint32_t n = 0;

	for (unsigned level = 0; level + 1 < AMDVI_PT_LEVELS; level++)
		if (a->sized >> level & 1)
			n += drop_pieces(a, domain, level, first) +
			     drop_pieces(a, domain, level, last);
	return n;
}

static void drop_range(struct amdvi_unit *a, uint16_t domain, uint64_t first, uint64_t last,
		       bool pde)
{
	uint32_t n = drop_cut(a, domain, first, last);

	n += tcache_drop_range(&a->u.cache[SIM_CACHE_IOTLB], domain, first, last);
	dropped(a, SIM_CACHE_IOTLB, domain, first, n);
	if (pde)
		dropped(a, SIM_CACHE_PAGING, domain, first,
			tcache_drop_range(&a->u.cache[SIM_CACHE_PAGING], domain, first, last));
}

void amdvi_inval_pages(struct amdvi_unit *a, uint16_t domain, uint64_t addr, bool sized, bool pde)
{
	uint64_t first, last;

	amdvi_inval_range(addr, sized, &first, &last);
	if (lost(a, first))
		return;
	if (last - first == ~(uint64_t)0) {
		domain ^= (uint16_t)wrong(a, domain);
	} else {
		uint64_t off = wrong(a, first) * (last - first + 1);

		first ^= off;
		last ^= off;
	}
	if (last - first != ~(uint64_t)0 && !more(a)) {
		drop_range(a, domain, first, last, pde);
		return;
	}
	dropped(a, SIM_CACHE_IOTLB, domain, 0,
		tcache_drop_group(&a->u.cache[SIM_CACHE_IOTLB], domain));
	if (pde || more(a))
		dropped(a, SIM_CACHE_PAGING, domain, 0,
			tcache_drop_group(&a->u.cache[SIM_CACHE_PAGING], domain));
}

void amdvi_inval_all(struct amdvi_unit *a)
{
	if (lost(a, 0))
		return;
	drop_cache(a, SIM_CACHE_CONTEXT);
	drop_cache(a, SIM_CACHE_INTERRUPT);
	drop_cache(a, SIM_CACHE_IOTLB);
	drop_cache(a, SIM_CACHE_PAGING);
	memset(a->domain, 0, AMDVI_IDS * sizeof(*a->domain)); /* the oracle asks it of what goes */
	a->sized = 0;
}
