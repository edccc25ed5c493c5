/*
 * Translations kept: tagged by DomainID and page (48882 2.2.8 "Caching"), so an entry made for one device serves every
 * other of the domain. Permission is kept with the device's own IR and IW applied, as the specification lets hardware.
 */
#include "unit.h"

static void insert(struct amdvi_xl *xl, const struct amdvi_walk *w, bool negative)
{
	struct amdvi_unit *a = xl->cache;
	const struct sim_xlat *x = xl->x;
	uint8_t level = negative ? 0 : x->level;
	bool sized = !negative && w->lg2 != AMDVI_PT_SHIFT(level + 1u);
	bool clean = !w->dirty && FIELD_GET(AMDVI_DTE0_HAD, xl->q[0]) == AMDVI_HAD_AD;
	struct tc_entry e = {
		.addr = tc_base(xl->rq->addr, level),
		.who = xl->domain,
		.q = { negative ? 0 : w->page, x->entry },
		.group = xl->domain,
		.level = level,
		.perm = negative ? 0 : w->perm & amdvi_perm(xl->q[0]),
		.flags = (uint8_t)((negative ? TC_NEGATIVE : 0) | (clean ? AMDVI_TLB_CLEAN : 0) |
				   (sized ? AMDVI_TLB_SIZED : 0)),
		.reason = negative && w->barred ? AMDVI_TLB_BARRED : 0,
		.entry_pa = x->entry_pa,
		.filled_ns = a->u.sim->clock.now_ns,
	};

	if (sized)
		a->sized |= 1u << level;
	a->domain[xl->domain].rid = xl->rq->rid;
	trace(a->u.sim, SIM_TRACE_FILL, a->u.index, xl->domain, SIM_CACHE_IOTLB, level, e.addr,
	      e.q[0]);
	tcache_insert(&a->u.cache[SIM_CACHE_IOTLB], &e);
}

/*
 * NpCache = 1 lets the unit keep what is not there, and what gives no permission (48882 3.2 "Capability Header"). Other
 * faults are not kept.
 */
void amdvi_tlb_fill(struct amdvi_xl *xl, const struct amdvi_walk *w)
{
	struct amdvi_unit *a = xl->cache;

	if (!a || !tcache_keeps(&a->u.cache[SIM_CACHE_IOTLB]))
		return;
	if (xl->quiet && FIELD_GET(AMDVI_DTE0_HAD, xl->q[0]))
		return; /* nothing was marked accessed, so nothing may be served */
	if (w->code) {
		if (a->caps.np && (w->absent || w->barred))
			insert(xl, w, true);
	} else if (a->caps.np || w->perm & amdvi_perm(xl->q[0])) {
		insert(xl, w, false);
	}
}
