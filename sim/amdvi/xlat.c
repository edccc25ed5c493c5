/*
 * A request's way through the unit.
 * Implements 48882 2.1 "IOMMU Logical Topology and Device Requests" to 2.2.3: request classes, what the device table entry
 * decides before the tables are asked, and 2.2.8 "Caching".
 */
#include "unit.h"

void amdvi_update_fast(struct amdvi_unit *a)
{
	a->fast = a->on && !(reg_get(&a->u.regs, AMDVI_REG_EXCL_BASE) & AMDVI_EXCL_EXEN) &&
		  a->u.cache[SIM_CACHE_IOTLB].keep != SIM_KEEP_LRU &&
		  a->u.cache[SIM_CACHE_CONTEXT].keep != SIM_KEEP_LRU;
}

/* ---- outcomes ---- */

static void page_fault(struct amdvi_xl *xl, uint64_t flags)
{
	amdvi_fault(xl, AMDVI_EV_IO_PAGE_FAULT, flags, xl->rq->addr);
}

/* The address is not changed; a translation request is told so for one page. */
static void unchanged(struct amdvi_xl *xl, uint8_t perm)
{
	struct sim_xlat *x = xl->x;

	x->pa = xl->rq->addr;
	x->perm = perm;
	if (xl->rq->at != SIM_AT_TRANSLATION)
		return;
	if (xl->rq->flags & SIM_REQ_NO_WRITE)
		x->perm &= 1;
	x->outcome = x->perm ? SIM_OUTCOME_OK : SIM_OUTCOME_NO_ACCESS;
}

/* A completion tells no more than the piece of the page that holds no special range. */
static void complete_ats(struct amdvi_xl *xl)
{
	struct sim_xlat *x = xl->x;
	uint64_t first = tc_base(xl->rq->addr, x->level);

	if (xl->rq->flags & SIM_REQ_NO_WRITE)
		x->perm &= 1;
	x->outcome = x->perm ? SIM_OUTCOME_OK : SIM_OUTCOME_NO_ACCESS;
	x->untranslated_only = x->perm && x->entry & AMDVI_PT_U;
	if (amdvi_range_special(&xl->a->caps, first, first | (BIT64(TC_SIZE_LG2(x->level)) - 1)))
		x->level = 0;
}

static void complete(struct amdvi_xl *xl, uint64_t page, uint8_t perm)
{
	struct sim_xlat *x = xl->x;

	x->pa = page + (xl->rq->addr - tc_base(xl->rq->addr, x->level));
	x->perm = perm & amdvi_perm(xl->q[0]);
	x->coherent = x->entry & AMDVI_PT_FC;
	x->outcome = SIM_OUTCOME_OK;
	if (xl->rq->at == SIM_AT_TRANSLATION)
		complete_ats(xl);
}

/* ---- host tables ---- */

static bool dirty_wanted(const struct amdvi_xl *xl, uint8_t perm)
{
	if (FIELD_GET(AMDVI_DTE0_HAD, xl->q[0]) != AMDVI_HAD_AD)
		return false;
	return xl->rq->at == SIM_AT_TRANSLATION ? perm & 2 : amdvi_needs(xl->rq) & 2;
}

/* Served from the cache; false when the entry does not settle it. */
static bool hit(struct amdvi_xl *xl)
{
	struct amdvi_unit *a = xl->cache;
	struct sim_xlat *x = xl->x;
	const struct tc_entry *e;
	bool denied;

	if (!a)
		return false;
	e = tcache_find(&a->u.cache[SIM_CACHE_IOTLB], xl->rq->addr, xl->domain);
	if (!e || (e->flags & AMDVI_TLB_CLEAN && dirty_wanted(xl, e->perm)))
		return false;
	denied = xl->rq->at == SIM_AT_UNTRANSLATED && amdvi_needs(xl->rq) & ~e->perm;
	/* A hit whose permission is too small may fault as it stands, or walk again: both are legal. */
	if (denied && !(e->flags & TC_NEGATIVE) && a->u.sim->policy.rewalk_on_permission)
		return false;
	a->u.stats.hits++;
	x->source = SIM_FROM_IOTLB;
	x->level = e->level;
	x->perm = e->perm;
	x->entry_pa = 0;
	x->entry = e->q[1];
	if (e->flags & TC_NEGATIVE && e->reason != AMDVI_TLB_BARRED)
		page_fault(xl, 0);
	else if (denied || e->flags & TC_NEGATIVE)
		page_fault(xl, AMDVI_EV0_PR | AMDVI_EV0_PE);
	else
		complete(xl, e->q[0], e->perm);
	return true;
}

/* Policy prefetch: the next page of the same table, when a walk of it would succeed and would not have to mark it. */
static void prefetch_next(const struct amdvi_xl *xl)
{
	struct sim_request rq = *xl->rq;
	struct sim_xlat x = { 0 };
	struct amdvi_walk w;
	struct amdvi_xl next = *xl;

	if (xl->x->level || (xl->x->entry_pa & 0xFF8) == 0xFF8 ||
	    FIELD_GET(AMDVI_DTE0_HAD, xl->q[0]))
		return;
	rq.addr = tc_base(rq.addr, 0) + AMDVI_PAGE_SIZE;
	rq.at = SIM_AT_TRANSLATION; /* no permission check */
	next.rq = &rq;
	next.x = &x;
	next.cache = NULL;
	next.port.probe = true;
	amdvi_walk(&next, &w);
	if (w.code)
		return;
	next.cache = xl->cache;
	amdvi_tlb_fill(&next, &w);
}

static void walk(struct amdvi_xl *xl)
{
	struct amdvi_walk w;
	uint64_t at = xl->rq->addr;

	if (xl->cache)
		xl->cache->u.stats.walks++;
	amdvi_walk(xl, &w);
	amdvi_tlb_fill(xl, &w);
	if (w.code) {
		if (w.code == AMDVI_EV_PAGE_TAB_HARDWARE_ERROR)
			at = xl->x->entry_pa;
		xl->x->perm = w.perm;
		amdvi_fault(xl, w.code, w.flags, at);
		return;
	}
	if (xl->cache && !xl->quiet && xl->cache->u.sim->policy.prefetch)
		prefetch_next(xl);
	complete(xl, w.page, w.perm);
}

static void host(struct amdvi_xl *xl)
{
	uint64_t mode = FIELD_GET(AMDVI_DTE0_MODE, xl->q[0]);

	if (mode > xl->a->caps.max_mode) {
		if (amdvi_reads_as(xl->a, SIM_AMDVI_BAD_MODE_IS_ILLEGAL))
			amdvi_fault(xl, AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, 0,
				    xl->rq->addr & ~UINT64_C(3));
		else
			page_fault(xl, AMDVI_EV0_PR);
	} else if (mode < AMDVI_MODE_MAX && xl->rq->addr >> AMDVI_PT_SHIFT(mode + 1)) {
		page_fault(xl, AMDVI_EV0_PR); /* as bits of skipped levels */
	} else if (!hit(xl)) {
		walk(xl);
	}
}

/* ---- what the device table entry decides ---- */

/* V = 0: forwarded without any check, unless the request needs what only V = 1 gives. */
static void without_entry(struct amdvi_xl *xl)
{
	if (xl->rq->at == SIM_AT_UNTRANSLATED)
		unchanged(xl, 3);
	else
		amdvi_invalid(xl, xl->rq->at == SIM_AT_TRANSLATION ? AMDVI_DR_ATS_DISABLED
								   : AMDVI_DR_PRETRANSLATED);
}

static bool excluded(const struct amdvi_xl *xl)
{
	const struct regfile *rf = &xl->a->u.regs;
	uint64_t base = reg_get(rf, AMDVI_REG_EXCL_BASE),
		 last = reg_get(rf, AMDVI_REG_EXCL_LIMIT) | (AMDVI_PAGE_SIZE - 1);

	if (!(base & AMDVI_EXCL_EXEN) || !(base & AMDVI_EXCL_ALLOW || xl->q[1] & AMDVI_DTE1_EX))
		return false;
	if (amdvi_reads_as(xl->a, SIM_AMDVI_EXCLUSION_ATS_ONLY) && !(xl->q[1] & AMDVI_DTE1_I))
		return false;
	return xl->rq->addr >= (base & AMDVI_EXCL_BASE) && xl->rq->addr <= last;
}

/* No special range, and a request that the entry's host tables are for. */
static void through_tables(struct amdvi_xl *xl)
{
	uint64_t q0 = xl->q[0];

	if (xl->rq->at == SIM_AT_UNTRANSLATED && amdvi_needs(xl->rq) & ~amdvi_perm(q0))
		page_fault(xl, AMDVI_EV0_PR | AMDVI_EV0_PE);
	else if (FIELD_GET(AMDVI_DTE0_MODE, q0) == AMDVI_MODE_NONE)
		unchanged(xl, amdvi_perm(q0));
	else
		host(xl);
}

static void with_entry(struct amdvi_xl *xl)
{
	const struct sim_request *rq = xl->rq;
	uint64_t q0 = xl->q[0];

	if (excluded(xl)) {
		unchanged(xl, 3);
	} else if (amdvi_range(xl)) {
		return;
	} else if (!(q0 & AMDVI_DTE0_TV)) {
		page_fault(xl, 0);
	} else if (rq->flags & SIM_REQ_PASID) { /* GV = 0 */
		page_fault(xl, AMDVI_EV0_GN | (rq->flags & SIM_REQ_PRIV ? 0 : AMDVI_EV0_US) |
				       (rq->flags & SIM_REQ_EXEC ? AMDVI_EV0_NX : 0));
	} else {
		through_tables(xl);
	}
}

static void memory(struct amdvi_xl *xl)
{
	const struct sim_request *rq = xl->rq;
	bool rz;

	xl->x->source = SIM_FROM_WALK;
	if (!amdvi_dte(xl))
		return;
	if (!(xl->q[0] & AMDVI_DTE0_V)) {
		without_entry(xl);
	} else if (amdvi_dte_illegal(&xl->a->caps, xl->q, &rz)) {
		amdvi_fault(xl, AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, rz ? AMDVI_EV0_RZ : 0,
			    rq->addr & ~UINT64_C(3));
	} else if (rq->at != SIM_AT_UNTRANSLATED && !(xl->q[1] & AMDVI_DTE1_I)) {
		without_entry(xl);
	} else if (rq->at == SIM_AT_TRANSLATED) {
		xl->x->source = SIM_FROM_BYPASS;
		unchanged(xl, 3);
	} else {
		with_entry(xl);
	}
}

/* ---- the first gate ---- */

/* IommuEn = 0: everything passes, but nobody answers a translation request. */
static void not_translating(struct amdvi_xl *xl)
{
	const struct sim_request *rq = xl->rq;

	xl->x->source = SIM_FROM_BYPASS;
	unchanged(xl, 3);
	if (rq->at == SIM_AT_TRANSLATION)
		xl->x->outcome = SIM_OUTCOME_UR;
	else if (amdvi_in_msi_range(rq->addr) && rq->access == SIM_WRITE && rq->len == 4 &&
		 !(rq->addr & 3))
		xl->x->source = SIM_FROM_MSI;
}

static void request(struct amdvi_xl *xl)
{
	const struct sim_request *rq = xl->rq;

	if (!xl->a->on)
		not_translating(xl);
	else if (rq->at > SIM_AT_TRANSLATED)
		xl->x->outcome = SIM_OUTCOME_UR;
	else if (rq->at != SIM_AT_TRANSLATION && amdvi_in_msi_range(rq->addr))
		amdvi_interrupt(xl);
	else
		memory(xl);
}

void amdvi_probe(const struct unit *u, const struct sim_request *rq, enum mem_view view,
		 struct sim_xlat *x)
{
	struct amdvi_xl xl = {
		.a = (const struct amdvi_unit *)u,
		.rq = rq,
		.x = x,
		.port = { SIM_MASTER_WALK, view, true, (uint8_t)u->index },
		.direct = bus_direct(u->sim),
	};

	*x = (struct sim_xlat){ 0 };
	request(&xl);
}

void amdvi_prefetch(struct amdvi_unit *a, uint16_t rid, uint64_t addr)
{
	struct sim_xlat x = { 0 };
	struct sim_request rq = {
		.addr = addr,
		.rid = rid,
		.unit = (uint8_t)a->u.index,
		.access = SIM_READ,
		.at = SIM_AT_UNTRANSLATED,
		.len = 1,
	};
	struct amdvi_xl xl = {
		.a = a,
		.cache = a,
		.rq = &rq,
		.x = &x,
		.port = a->port,
		.direct = bus_direct(a->u.sim),
		.quiet = true,
	};

	if (a->on && !amdvi_in_msi_range(addr))
		memory(&xl);
}

/* Policy speculate. Only for a device whose entry is cached: others are of no active domain. */
void amdvi_speculate(struct unit *u, uint16_t rid, uint64_t addr)
{
	struct amdvi_unit *a = amdvi_of(u);
	const struct sim_unit_stats stats = u->stats; /* of what devices asked for */
	struct sim_xlat x = { 0 };
	const struct sim_request rq = {
		.addr = addr,
		.rid = rid,
		.unit = (uint8_t)u->index,
		.at = SIM_AT_UNTRANSLATED,
		.len = 1,
	};
	struct amdvi_xl xl = {
		.a = a, .cache = a, .rq = &rq, .x = &x, .port = a->port, .quiet = true
	};

	if (!a->on || amdvi_in_msi_range(addr) || !amdvi_dte_cached(a, rid))
		return;
	amdvi_probe(u, &rq, u->view, &x);
	if (x.outcome != SIM_OUTCOME_OK)
		return; /* nothing is kept of what is not there, NpCache or not */
	x = (struct sim_xlat){ 0 };
	xl.port.probe = true; /* no injected error strikes what nobody asked for */
	memory(&xl);
	u->stats = stats;
}

static void trace_result(const struct amdvi_unit *a, const struct sim_request *rq,
			 const struct sim_xlat *x)
{
	if (x->reason)
		trace(a->u.sim, SIM_TRACE_XLAT_FAULT, a->u.index, rq->rid, x->reason, rq->access,
		      rq->addr, x->entry);
	else
		trace(a->u.sim, SIM_TRACE_XLAT, a->u.index, rq->rid, x->source, rq->access,
		      rq->addr, x->pa);
}

/* Everything the fast path does not settle. `d`: the cached entry of a request that only its tables decide, or NULL. */
static __attribute__((noinline)) void full(struct amdvi_unit *a, const struct sim_request *rq,
					   struct sim_xlat *x, const struct tc_entry *d)
{
	struct amdvi_xl xl = {
		.a = a,
		.cache = a,
		.rq = rq,
		.x = x,
		.port = a->port,
		.direct = bus_direct(a->u.sim),
	};

	*x = (struct sim_xlat){ 0 };
	if (__builtin_expect(a->u.sim->policy.speculate, 0))
		speculate_note(&a->u, rq);
	if (__builtin_expect(a->u.gone, 0)) {
		x->outcome = SIM_OUTCOME_BLOCKED;
		return;
	}
	if (d) {
		x->source = SIM_FROM_WALK;
		amdvi_dte_use(&xl, d);
		through_tables(&xl);
	} else {
		request(&xl);
	}
	trace_result(a, rq, x);
}

/* No special range, whatever the unit ignores. */
static inline bool ordinary(uint64_t addr)
{
	return addr >> 20 != AMDVI_INTR_FIRST >> 20 &&
	       addr - AMDVI_HT_FIRST > AMDVI_HT_LAST - AMDVI_HT_FIRST;
}

/* What an access needs; a zero-length read is never settled by the fast path. */
static const uint8_t needed[] = {
	[SIM_READ] = 1,
	[SIM_WRITE] = 2,
	[SIM_ATOMIC] = 3,
	[SIM_ZLR] = 0xFF,
};

/* The fast path is a leaf function: whatever it does not settle goes to full(). */
void amdvi_translate(struct unit *u, const struct sim_request *rq, struct sim_xlat *x)
{
	struct amdvi_unit *a = amdvi_of(u);
	const struct tc_entry *d = NULL, *e = NULL;

	u->stats.requests++;
	if (__builtin_expect(a->fast && !(rq->at | (rq->flags & SIM_REQ_PASID)) &&
				     ordinary(rq->addr) && rq->access <= SIM_ZLR,
			     1))
		d = tcache_glance(&u->cache[SIM_CACHE_CONTEXT], 0, rq->rid);
	if (__builtin_expect(d && d->flags & AMDVI_DTE_PLAIN, 1))
		e = tcache_glance(&u->cache[SIM_CACHE_IOTLB], rq->addr, d->group);
	else
		d = NULL;
	if (__builtin_expect(e && !(needed[rq->access] & ~(d->perm & e->perm)) &&
				     !(rq->access && e->flags & AMDVI_TLB_CLEAN),
			     1)) {
		*x = (struct sim_xlat){
			.pa = e->q[0] + (rq->addr - e->addr),
			.entry = e->q[1],
			.source = SIM_FROM_IOTLB,
			.perm = d->perm & e->perm,
			.level = e->level,
			.coherent = (e->q[1] & AMDVI_PT_FC) != 0,
		};
		u->stats.hits++;
		trace(u->sim, SIM_TRACE_XLAT, u->index, rq->rid, SIM_FROM_IOTLB, rq->access,
		      rq->addr, x->pa);
		return;
	}
	full(a, rq, x, d);
}
