/*
 * Root and context entries.
 * Implements 3.4 "Mapping Devices to Domains", 9.1 "Root Entry", 9.3 "Context Entry" and the conditions LRT.* and LCT.* of
 * chapter 7, in this order: present, reserved, then TT and AW (docs/spec-notes.md).
 */
#include "unit.h"

/* Context cache: looked up by source-id, invalidated by source-id and domain-id. */
static void cache_context(struct vtd_xl *xl, uint64_t q0, uint64_t q1, uint64_t entry_pa,
			  uint8_t reason)
{
	struct vtd_unit *v = xl->cache;
	struct tc_entry e;

	if (!tcache_keeps(&v->u.cache[SIM_CACHE_CONTEXT]) || (reason && !v->caps.cm))
		return;
	e = (struct tc_entry){
		.who = xl->rq->rid,
		.q = { q0, q1 },
		.flags = reason ? TC_NEGATIVE : 0,
		.reason = reason,
		/* Caching mode tags faulting entries with domain-id 0 (VT-d 6.1 "Caching Mode"). */
		.group = reason ? 0 : (uint32_t)FIELD_GET(VTD_CE1_DID, q1),
		.entry_pa = entry_pa,
		.filled_ns = v->u.sim->clock.now_ns,
	};
	trace(v->u.sim, SIM_TRACE_FILL, v->u.index, xl->rq->rid, SIM_CACHE_CONTEXT, e.flags, 0, q0);
	tcache_insert(&v->u.cache[SIM_CACHE_CONTEXT], &e);
}

static void decode(const uint64_t *q, struct vtd_ctx *ctx)
{
	ctx->table = q[0] & VTD_CE0_SSPTPTR;
	ctx->tt = (uint8_t)FIELD_GET(VTD_CE0_TT, q[0]);
	ctx->fpd = (q[0] & VTD_CE0_FPD) != 0;
	ctx->aw = (uint8_t)FIELD_GET(VTD_CE1_AW, q[1]);
	ctx->did = (uint32_t)FIELD_GET(VTD_CE1_DID, q[1]);
}

/* LCT.3: reserved bits of a present entry. The pointer is ignored when requests pass through. */
static bool reserved(const struct vtd_caps *c, const uint64_t *q, const struct vtd_ctx *ctx)
{
	return (q[0] & c->ctx_rsvd[0]) | (q[1] & c->ctx_rsvd[1]) ||
	       (ctx->table & c->host_rsvd && ctx->tt != VTD_TT_PASSTHROUGH);
}

/* LCT.4.2, then LCT.4.1. Policy where the specification is silent: AW is checked for pass-through too. */
static bool unsupported(const struct vtd_caps *c, const struct vtd_ctx *ctx)
{
	return !(c->tt_valid >> ctx->tt & c->sagaw >> ctx->aw & 1);
}

/* What the architecture forbids software and hardware does not check. */
static void complain_context(struct vtd_unit *v, const struct vtd_ctx *ctx)
{
	uint64_t geometry = ctx->table | ctx->aw;

	if (v->caps.cm && ctx->did == 0)
		complain(v->u.sim, v->u.index, COMPLAINT_DID_ZERO, ctx->table);
	if (ctx->tt == VTD_TT_PASSTHROUGH) {
		if (ctx->aw != v->caps.widest_aw)
			complain(v->u.sim, v->u.index, COMPLAINT_PT_WIDTH, ctx->aw);
		return;
	}
	if (v->did_table[ctx->did] && v->did_table[ctx->did] != geometry)
		complain(v->u.sim, v->u.index, COMPLAINT_DID_TABLES, ctx->did);
	v->did_table[ctx->did] = geometry;
}

static bool read_entry(const struct vtd_xl *xl, enum sim_entry what, uint64_t at, uint64_t *q)
{
	if (__builtin_expect(at - xl->direct.first < xl->direct.size, 1)) {
		memcpy(q, xl->direct.base + (at - xl->direct.first), 16);
		return true;
	}
	if (!bus_read128(xl->v->u.sim, &xl->port, at, q))
		return false;
	trace_entry(xl->v->u.sim, &xl->port, what, at, q, 2);
	return true;
}

static uint8_t read_root(struct vtd_xl *xl, uint64_t *table)
{
	uint64_t at = xl->v->root + (uint64_t)(xl->rq->rid >> 8) * sizeof(struct vtd_root_entry);
	uint64_t q[2];

	xl->x->entry_pa = at;
	if (!read_entry(xl, SIM_ENTRY_ROOT, at, q))
		return VTD_FR_ROOT_ACCESS;
	xl->x->entry = q[0];
	if (!(q[0] & VTD_RE0_P))
		return VTD_FR_ROOT_NP;
	if (q[0] & xl->v->caps.root_rsvd || q[1] & VTD_RE1_RSVD)
		return VTD_FR_ROOT_RSVD;
	*table = q[0] & VTD_RE0_CTP;
	return 0;
}

static uint8_t read_context(struct vtd_xl *xl, uint64_t table, uint64_t *q, struct vtd_ctx *ctx)
{
	uint64_t at = table + (uint64_t)(xl->rq->rid & 0xFF) * sizeof(struct vtd_context_entry);

	xl->x->entry_pa = at;
	if (!read_entry(xl, SIM_ENTRY_CONTEXT, at, q))
		return VTD_FR_CTX_ACCESS;
	xl->x->entry = q[0];
	decode(q, ctx);
	xl->fpd = ctx->fpd; /* counts even when P = 0 */
	if (!(q[0] & VTD_CE0_P))
		return VTD_FR_CTX_NP;
	if (reserved(&xl->v->caps, q, ctx))
		return VTD_FR_CTX_RSVD;
	if (unsupported(&xl->v->caps, ctx))
		return VTD_FR_CTX_INV;
	return 0;
}

static bool cached(struct vtd_xl *xl, struct vtd_ctx *ctx, uint8_t *reason)
{
	struct tc_entry *e =
		xl->cache ? tcache_find(&xl->cache->u.cache[SIM_CACHE_CONTEXT], 0, xl->rq->rid)
			  : NULL;

	if (!e)
		return false;
	decode(e->q, ctx);
	xl->fpd = ctx->fpd;
	xl->x->entry_pa = e->entry_pa;
	xl->x->entry = e->q[0];
	*reason = e->flags & TC_NEGATIVE ? e->reason : 0;
	return true;
}

static uint8_t context(struct vtd_xl *xl, struct vtd_ctx *ctx)
{
	uint64_t table, q[2] = { 0, 0 };
	uint8_t reason;

	if (cached(xl, ctx, &reason)) {
		if (reason)
			xl->x->source = SIM_FROM_IOTLB;
		return reason;
	}
	reason = read_root(xl, &table);
	if (!reason) {
		reason = read_context(xl, table, q, ctx);
		if (xl->cache && !reason)
			complain_context(xl->cache, ctx);
	}
	if (xl->cache && reason != VTD_FR_ROOT_ACCESS && reason != VTD_FR_CTX_ACCESS)
		cache_context(xl, q[0], q[1], xl->x->entry_pa, reason);
	return reason;
}

uint8_t vtd_context(struct vtd_xl *xl, struct vtd_ctx *ctx)
{
	uint8_t reason = context(xl, ctx);

	xl->x->domain = reason ? 0 : (uint16_t)ctx->did;
	return reason;
}
