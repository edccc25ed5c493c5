/*
 * A request's way through the unit.
 * Implements 3.4 to 3.7, 3.14 "Handling Requests to Interrupt Address Range", 4.2 "Remapping Translation Requests and
 * Translated Requests" and 6.2 "Translation Caches", legacy mode.
 */
#include "unit.h"

void vtd_update_fast(struct vtd_unit *v)
{
	v->tables = v->tes && v->ttm == VTD_TTM_LEGACY && !v->ssirwe && !vtd_pmr_active(v);
	v->fast = v->tables && v->u.cache[SIM_CACHE_IOTLB].keep != SIM_KEEP_LRU;
}

static bool in_interrupt_range(uint64_t first, uint64_t last)
{
	return first <= VTD_INTR_LAST && last >= VTD_INTR_FIRST;
}

/* ---- the IOTLB ---- */

static bool page_in_interrupt_range(uint64_t pa, unsigned level)
{
	return in_interrupt_range(pa, pa + BIT64(TC_SIZE_LG2(level)) - 1);
}

/*
 * Looked up by source-id and page, invalidated by domain-id and address (VT-d 6.2.1 "Tagging of Cached Translations").
 * Nothing is kept that a later look-up would have to refuse: no page inside the interrupt range, none without permission.
 */
static void cache_page(struct vtd_xl *xl, const struct vtd_ctx *ctx, uint8_t reason)
{
	struct vtd_unit *v = xl->cache;
	const struct sim_xlat *x = xl->x;
	unsigned level = reason ? 0 : x->level;
	uint64_t base = tc_base(xl->rq->addr, level), pa = x->pa;
	bool fracture = !reason && level && page_in_interrupt_range(pa, level);
	struct tc_entry e;

	/* A large page over the interrupt range is cached in fractures, those beside the range. */
	if (fracture) {
		pa = tc_base(pa + (xl->rq->addr - base), 0);
		level = 0;
		base = tc_base(xl->rq->addr, 0);
	}
	if (!reason && (!x->perm || page_in_interrupt_range(pa, level)))
		return;
	e = (struct tc_entry){
		.addr = base,
		.who = xl->rq->rid,
		.q = { pa, x->entry },
		.group = ctx->did,
		.level = (uint8_t)level,
		.perm = reason ? 0 : x->perm,
		.flags = (uint8_t)((ctx->fpd ? VTD_TLB_FPD : 0) |
				   (ctx->tt == VTD_TT_DEV_TLB ? VTD_TLB_ATS : 0) |
				   (fracture ? VTD_TLB_FRACTURE : 0) | (reason ? TC_NEGATIVE : 0)),
		.reason = reason,
		.entry_pa = x->entry_pa,
		.filled_ns = v->u.sim->clock.now_ns,
	};
	trace(v->u.sim, SIM_TRACE_FILL, v->u.index, xl->rq->rid, SIM_CACHE_IOTLB, (uint8_t)level,
	      e.addr, pa);
	tcache_insert(&v->u.cache[SIM_CACHE_IOTLB], &e);
}

/* Policy prefetch: the next page of the same table, when a walk of it would succeed. */
static void prefetch(struct vtd_xl *xl, const struct vtd_ctx *ctx)
{
	struct vtd_unit *v = xl->cache;
	struct sim_request rq = *xl->rq;
	struct sim_xlat x = { 0 };
	struct vtd_xl next = {
		.v = xl->v, .rq = &rq, .x = &x, .port = xl->port, .direct = xl->direct
	};

	if (xl->x->level || !xl->x->entry_pa || (xl->x->entry_pa & 0xFF8) == 0xFF8)
		return;
	rq.addr = tc_base(rq.addr, 0) + VTD_PAGE_SIZE;
	rq.at = SIM_AT_TRANSLATION; /* no permission check */
	next.port.probe = true;
	if (vtd_walk(&next, ctx))
		return;
	next.cache = v;
	cache_page(&next, ctx, 0);
}

/* CM = 1 lets the unit cache what is not there (VT-d 6.1 "Caching Mode"): the absence or the error of a paging entry. */
static bool caches_fault(const struct vtd_xl *xl, uint8_t reason)
{
	return xl->v->caps.cm &&
	       (reason == VTD_FR_SS_RSVD ||
		((reason == VTD_FR_SS_READ || reason == VTD_FR_SS_WRITE) && !xl->x->perm));
}

/* ---- outcomes ---- */

/*
 * Protected memory is closed to what the tables did not map, and from version 2 on to everything (policy: before that,
 * mapped requests get through; hardware may do either). The IOTLB is not asked while protection is active.
 */
static void translated(struct vtd_xl *xl, uint64_t pa)
{
	xl->x->pa = pa;
	xl->x->outcome = SIM_OUTCOME_OK;
	if (!xl->v->tables && vtd_pmr_active(xl->v) && (xl->unmapped || xl->v->caps.major >= 2) &&
	    vtd_pmr_blocks(xl->v, pa, xl->rq->len ? xl->rq->len : 1))
		xl->x->outcome = SIM_OUTCOME_BLOCKED;
}

static void fail(struct vtd_xl *xl, uint8_t reason)
{
	xl->x->reason = reason;
	vtd_fault(xl);
}

/* A translation request is answered with the permission there is; none of it is no fault. */
static void complete_ats(struct vtd_xl *xl, uint64_t page)
{
	struct sim_xlat *x = xl->x;
	uint64_t size = BIT64(TC_SIZE_LG2(x->level));

	if (xl->rq->flags & SIM_REQ_NO_WRITE && xl->v->caps.nwfs)
		x->perm &= (uint8_t)~VTD_SS_W;
	/* Without permission no address is returned, so none can lie in the interrupt range. */
	if (!x->perm) {
		x->outcome = SIM_OUTCOME_NO_ACCESS;
	} else if (page_in_interrupt_range(page, x->level)) {
		fail(xl, VTD_FR_INTR_OUT);
	} else {
		x->pa = page + (xl->rq->addr & (size - 1));
		x->outcome = SIM_OUTCOME_OK;
	}
}

static void complete(struct vtd_xl *xl, uint64_t page)
{
	uint64_t offset = xl->rq->addr & (BIT64(TC_SIZE_LG2(xl->x->level)) - 1), pa = page + offset;

	if (xl->rq->at == SIM_AT_TRANSLATION)
		complete_ats(xl, page);
	else if (in_interrupt_range(pa, pa + (xl->rq->len ? xl->rq->len - 1u : 0)))
		fail(xl, VTD_FR_INTR_OUT);
	else
		translated(xl, pa);
}

/* ---- legacy mode, VT-d 3.4 ---- */

/* LGN.1.1: the input is beyond what the tables reach. */
static bool beyond_tables(const struct vtd_caps *c, const struct vtd_ctx *ctx, uint64_t addr)
{
	unsigned agaw = TC_SIZE_LG2(ctx->aw + 2u), bits = c->mgaw < agaw ? c->mgaw : agaw;

	return addr >> bits != 0;
}

static void pass_translated(struct vtd_xl *xl)
{
	uint64_t addr = xl->rq->addr;

	xl->unmapped = true;
	xl->x->source = SIM_FROM_BYPASS;
	xl->x->perm = VTD_SS_R | VTD_SS_W;
	if (addr & xl->v->caps.host_rsvd)
		fail(xl, VTD_FR_ADDR_BEYOND);
	else if (in_interrupt_range(addr, addr))
		fail(xl, VTD_FR_INTR_OUT);
	else
		translated(xl, addr);
}

/* Pass-through entries are cached by the GiB. */
static void pass_through(struct vtd_xl *xl, const struct vtd_ctx *ctx)
{
	struct sim_xlat *x = xl->x;

	xl->unmapped = true;
	x->perm = VTD_SS_R | VTD_SS_W;
	x->level = 2;
	x->pa = tc_base(xl->rq->addr, 2);
	if (xl->rq->addr & xl->v->caps.host_rsvd) {
		fail(xl, VTD_FR_ADDR_BEYOND);
		return;
	}
	if (xl->cache)
		cache_page(xl, ctx, 0);
	complete(xl, x->pa);
}

static void through_tables(struct vtd_xl *xl, const struct vtd_ctx *ctx)
{
	struct sim_xlat *x = xl->x;
	uint64_t page;
	uint8_t reason;

	if (beyond_tables(&xl->v->caps, ctx, xl->rq->addr)) {
		fail(xl, VTD_FR_ADDR_BEYOND);
		return;
	}
	if (xl->cache)
		xl->cache->u.stats.walks++;
	reason = vtd_walk(xl, ctx);
	if (xl->cache && caches_fault(xl, reason))
		cache_page(xl, ctx, reason);
	if (reason) {
		fail(xl, reason);
		return;
	}
	page = x->pa;
	if (xl->cache && tcache_keeps(&xl->cache->u.cache[SIM_CACHE_IOTLB])) {
		cache_page(xl, ctx, 0);
		if (xl->cache->u.sim->policy.prefetch)
			prefetch(xl, ctx);
	}
	complete(xl, page);
}

static void legacy(struct vtd_xl *xl)
{
	struct vtd_ctx ctx;
	uint8_t reason;

	xl->x->source = SIM_FROM_WALK;
	reason = vtd_context(xl, &ctx);
	if (reason)
		fail(xl, reason);
	else if (xl->rq->at != SIM_AT_UNTRANSLATED && ctx.tt != VTD_TT_DEV_TLB)
		fail(xl, VTD_FR_CTX_ATS);
	else if (xl->rq->at == SIM_AT_TRANSLATED)
		pass_translated(xl);
	else if (ctx.tt == VTD_TT_PASSTHROUGH)
		pass_through(xl, &ctx);
	else
		through_tables(xl, &ctx);
}

/* Served from the IOTLB; false when the entry does not settle it. */
static bool hit(struct vtd_xl *xl, const struct tc_entry *e)
{
	struct vtd_unit *v = xl->cache;
	struct sim_xlat *x = xl->x;
	uint8_t reason = 0;

	/* A completion is about the page as the tables have it, so that hit and walk judge the same range. */
	if (xl->rq->at == SIM_AT_TRANSLATION &&
	    (!(e->flags & VTD_TLB_ATS) || e->flags & VTD_TLB_FRACTURE))
		return false;
	x->source = SIM_FROM_IOTLB;
	x->level = e->level;
	x->perm = e->perm;
	x->entry = e->q[1];
	xl->fpd = (e->flags & VTD_TLB_FPD) != 0;
	if (e->flags & TC_NEGATIVE && e->reason == VTD_FR_SS_RSVD)
		reason = VTD_FR_SS_RSVD;
	else if (xl->rq->at == SIM_AT_UNTRANSLATED)
		reason = vtd_permits(&v->caps, xl->rq, e->perm);
	/* A hit whose permission is too small may fault as it stands, or walk again: both are legal. */
	if (reason && !(e->flags & TC_NEGATIVE) && v->u.sim->policy.rewalk_on_permission)
		return false;
	v->u.stats.hits++;
	if (reason)
		fail(xl, reason);
	else if (e->flags & TC_NEGATIVE)
		x->outcome = SIM_OUTCOME_NO_ACCESS;
	else
		complete(xl, e->q[0]);
	return true;
}

/* ---- the first gate, before any table ---- */

/* Untranslated, without PASID, into FEEx_xxxx (VT-d 3.14). */
static void interrupt_range(struct vtd_xl *xl)
{
	const struct sim_request *rq = xl->rq;

	xl->x->source = SIM_FROM_MSI;
	xl->x->pa = rq->addr;
	if (rq->access == SIM_WRITE && rq->len == 4 && !(rq->addr & 3)) {
		vtd_interrupt(xl);
	} else if (rq->access == SIM_ZLR) {
		xl->x->source = SIM_FROM_BYPASS;
		xl->x->outcome = SIM_OUTCOME_OK;
	} else {
		fail(xl, VTD_FR_BAD_INTR);
	}
}

static void not_translating(struct vtd_xl *xl)
{
	const struct sim_request *rq = xl->rq;

	xl->x->perm = VTD_SS_R | VTD_SS_W;
	xl->x->source = SIM_FROM_BYPASS;
	xl->x->pa = rq->addr;
	if (rq->at != SIM_AT_UNTRANSLATED)
		xl->x->outcome = SIM_OUTCOME_UR;
	else if (in_interrupt_range(rq->addr, rq->addr) && rq->access == SIM_WRITE &&
		 rq->len == 4 && !(rq->addr & 3))
		xl->x->source = SIM_FROM_MSI;
	else if (vtd_pmr_active(xl->v) && vtd_pmr_blocks(xl->v, rq->addr, rq->len ? rq->len : 1))
		xl->x->outcome = SIM_OUTCOME_BLOCKED;
}

/* Faults of RTADDR (conditions RTA.*); 0 when the mode is good. */
static uint8_t mode_fault(const struct vtd_unit *v, const struct sim_request *rq)
{
	if (v->ttm == VTD_TTM_ABORT && v->caps.adms)
		return VTD_FR_ABORT_MODE;
	if (v->ttm != VTD_TTM_LEGACY || v->ssirwe)
		return VTD_FR_TTM_INV;
	return rq->flags & SIM_REQ_PASID ? VTD_FR_LEGACY_PASID : 0;
}

/* S.1 and S.2: a translation request for the interrupt range is answered, with nothing or with "untranslated only". */
static void ats_interrupt_range(struct vtd_xl *xl)
{
	bool no_write = xl->rq->flags & SIM_REQ_NO_WRITE;

	xl->x->source = SIM_FROM_MSI;
	xl->x->perm = no_write ? 0 : VTD_SS_W;
	xl->x->untranslated_only = !no_write;
	xl->x->outcome = no_write ? SIM_OUTCOME_NO_ACCESS : SIM_OUTCOME_OK;
}

/* Interrupts are judged although DMA is not translated. */
static bool remaps(const struct vtd_unit *v)
{
	return v->ir.on || v->caps.irreq;
}

static void slow(struct vtd_xl *xl)
{
	const struct vtd_unit *v = xl->v;
	const struct sim_request *rq = xl->rq;
	uint8_t reason;

	if (!v->tes) {
		if (remaps(v) && rq->at == SIM_AT_UNTRANSLATED && !(rq->flags & SIM_REQ_PASID) &&
		    in_interrupt_range(rq->addr, rq->addr))
			interrupt_range(xl);
		else
			not_translating(xl);
		return;
	}
	if (rq->at > SIM_AT_TRANSLATED ||
	    (rq->at == SIM_AT_TRANSLATION && rq->access == SIM_WRITE) ||
	    (rq->at == SIM_AT_TRANSLATED && rq->flags & SIM_REQ_PASID)) {
		xl->x->outcome =
			SIM_OUTCOME_UR; /* not a request this unit accepts: nothing is recorded */
		return;
	}
	if (!(rq->flags & SIM_REQ_PASID) && in_interrupt_range(rq->addr, rq->addr)) {
		if (rq->at == SIM_AT_UNTRANSLATED) {
			interrupt_range(xl);
			return;
		}
		if (rq->at == SIM_AT_TRANSLATION && v->ttm == VTD_TTM_LEGACY && !v->ssirwe) {
			ats_interrupt_range(xl);
			return;
		}
	}
	reason = mode_fault(v, rq);
	if (reason)
		fail(xl, reason);
	else
		legacy(xl);
}

void vtd_probe(const struct unit *u, const struct sim_request *rq, enum mem_view view,
	       struct sim_xlat *x)
{
	struct vtd_xl xl = {
		.v = (const struct vtd_unit *)u,
		.rq = rq,
		.x = x,
		.port = { SIM_MASTER_WALK, view, true, (uint8_t)u->index },
		.direct = bus_direct(u->sim),
	};

	*x = (struct sim_xlat){ 0 };
	slow(&xl);
}

static void trace_result(const struct vtd_unit *v, const struct sim_request *rq,
			 const struct sim_xlat *x)
{
	if (x->reason)
		trace(v->u.sim, SIM_TRACE_XLAT_FAULT, v->u.index, rq->rid, x->reason, rq->access,
		      rq->addr, x->entry);
	else
		trace(v->u.sim, SIM_TRACE_XLAT, v->u.index, rq->rid, x->source, rq->access,
		      rq->addr, x->pa);
}

/* Policy speculate: the way of a request, with nobody to be told how it ends. Only by a context entry that is cached. */
void vtd_speculate(struct unit *u, uint16_t rid, uint64_t addr)
{
	struct vtd_unit *v = vtd_of(u);
	struct sim_request rq = {
		.addr = addr,
		.rid = rid,
		.unit = (uint8_t)u->index,
		.at = SIM_AT_TRANSLATION, /* no permission check */
		.len = 1,
	};
	struct sim_xlat x = { 0 };
	struct vtd_xl xl = { .v = v, .cache = v, .rq = &rq, .x = &x, .port = v->port };
	struct vtd_ctx ctx;

	xl.port.probe = true; /* no injected error strikes what nobody asked for */
	if (!v->tables || in_interrupt_range(addr, addr) ||
	    !tcache_find_level(&u->cache[SIM_CACHE_CONTEXT], 0, rid, 0) || vtd_context(&xl, &ctx) ||
	    ctx.tt == VTD_TT_PASSTHROUGH || beyond_tables(&v->caps, &ctx, addr))
		return;
	if (!vtd_walk(&xl, &ctx))
		cache_page(&xl, &ctx, 0);
}

/* Everything the fast path does not settle. */
static __attribute__((noinline)) void full(struct vtd_unit *v, const struct sim_request *rq,
					   struct sim_xlat *x)
{
	struct vtd_xl xl = { .v = v,
			     .cache = v,
			     .rq = rq,
			     .x = x,
			     .port = v->port,
			     .direct = bus_direct(v->u.sim) };

	*x = (struct sim_xlat){ 0 };
	if (__builtin_expect(v->u.sim->policy.speculate, 0))
		speculate_note(&v->u, rq);
	if (__builtin_expect(v->u.gone, 0)) {
		x->outcome = SIM_OUTCOME_BLOCKED;
		return;
	}
	if (v->tables && rq->at != SIM_AT_TRANSLATED && !(rq->flags & SIM_REQ_PASID) &&
	    !in_interrupt_range(rq->addr, rq->addr) &&
	    !(rq->at == SIM_AT_TRANSLATION && rq->access == SIM_WRITE) &&
	    rq->at <= SIM_AT_TRANSLATED) {
		struct tc_entry *e = tcache_find(&v->u.cache[SIM_CACHE_IOTLB], rq->addr, rq->rid);

		if (!e || !hit(&xl, e)) {
			*x = (struct sim_xlat){ 0 };
			legacy(&xl);
		}
	} else {
		slow(&xl);
	}
	trace_result(v, rq, x);
}

/* What an access needs; a zero-length read is never settled by the fast path. */
static const uint8_t needed[] = {
	[SIM_READ] = VTD_SS_R,
	[SIM_WRITE] = VTD_SS_W,
	[SIM_ATOMIC] = VTD_SS_R | VTD_SS_W,
	[SIM_ZLR] = 0xFF,
};

/* The fast path is a leaf function: whatever it does not settle goes to full(). */
void vtd_translate(struct unit *u, const struct sim_request *rq, struct sim_xlat *x)
{
	struct vtd_unit *v = vtd_of(u);
	const struct tc_entry *e;

	u->stats.requests++;
	if (__builtin_expect(v->fast && !(rq->at | (rq->flags & SIM_REQ_PASID)) &&
				     rq->addr >> 20 != VTD_INTR_FIRST >> 20 &&
				     rq->access <= SIM_ZLR,
			     1)) {
		e = tcache_glance(&u->cache[SIM_CACHE_IOTLB], rq->addr, rq->rid);
		if (__builtin_expect(e && !(needed[rq->access] & ~e->perm), 1)) {
			*x = (struct sim_xlat){
				.pa = e->q[0] + (rq->addr - e->addr),
				.entry = e->q[1],
				.source = SIM_FROM_IOTLB,
				.perm = e->perm,
				.level = e->level,
			};
			u->stats.hits++;
			trace(u->sim, SIM_TRACE_XLAT, u->index, rq->rid, SIM_FROM_IOTLB, rq->access,
			      rq->addr, x->pa);
			return;
		}
	}
	full(v, rq, x);
}
