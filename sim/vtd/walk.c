/*
 * Second-stage page walk.
 * Implements 3.7 "Second-Stage Translation" and 9.8 "Second-Stage Paging Entries".
 *
 * Reserved bits are checked in every entry with R or W set, permission at the leaf: the specification leaves open whether
 * permission is looked at level by level, and this order tells software the more.
 */
#include "unit.h"

static bool cacheable(const struct vtd_xl *xl)
{
	return xl->cache && tcache_keeps(&xl->cache->u.cache[SIM_CACHE_PAGING]);
}

/*
 * The deepest non-leaf entry the paging-structure cache has for this address: tagged by domain-id and address, whatever
 * table the context entry names (VT-d 6.2.5 "Paging-structure caches").
 */
static unsigned start(struct vtd_xl *xl, const struct vtd_ctx *ctx, unsigned top, uint64_t *table,
		      uint8_t *perm)
{
	struct tc_entry *e;

	e = tcache_find(&xl->cache->u.cache[SIM_CACHE_PAGING], xl->rq->addr, ctx->did);
	if (!e || e->level > top || e->level == 0)
		return top;
	*table = e->q[0];
	*perm = e->perm;
	return e->level - 1u;
}

static __attribute__((noinline)) void cache_table(struct vtd_xl *xl, const struct vtd_ctx *ctx,
						  unsigned level, uint8_t perm, uint64_t at,
						  uint64_t table)
{
	struct vtd_unit *v = xl->cache;
	struct tc_entry e = {
		.addr = tc_base(xl->rq->addr, level),
		.who = ctx->did,
		.q = { table, 0 },
		.group = ctx->did,
		.level = (uint8_t)level,
		.perm = perm,
		.entry_pa = at,
		.filled_ns = v->u.sim->clock.now_ns,
	};

	trace(v->u.sim, SIM_TRACE_FILL, v->u.index, ctx->did, SIM_CACHE_PAGING, (uint8_t)level,
	      e.addr, table);
	tcache_insert(&v->u.cache[SIM_CACHE_PAGING], &e);
}

/* A read outside the direct window; *reason is set when there is no answer. */
static __attribute__((noinline)) uint64_t read_elsewhere(struct vtd_xl *xl, uint64_t at, bool top,
							 uint8_t *reason)
{
	uint64_t entry;

	if (bus_read64(xl->v->u.sim, &xl->port, at, &entry)) {
		trace_entry(xl->v->u.sim, &xl->port, SIM_ENTRY_SS, at, &entry, 1);
		return entry;
	}
	*reason = top ? VTD_FR_CTX_INV : VTD_FR_SS_ACCESS;
	return 0;
}

uint8_t vtd_walk(struct vtd_xl *xl, const struct vtd_ctx *ctx)
{
	const struct mem_window direct = xl->direct;
	const struct vtd_caps *c = &xl->v->caps;
	const uint64_t iova = xl->rq->addr;
	const bool fill = cacheable(xl);
	struct sim_xlat *x = xl->x;
	unsigned top = ctx->aw + 1u, level = top, shift, large;
	uint64_t table = ctx->table, entry, at;
	uint8_t perm = VTD_SS_R | VTD_SS_W, reason = 0;

	if (fill)
		level = start(xl, ctx, top, &table, &perm);
	for (shift = TC_SIZE_LG2(level);; level--, shift -= 9) {
		at = table + 8 * (iova >> shift & 0x1FF);
		if (__builtin_expect(at - direct.first < direct.size, 1))
			entry = mem_word_at(&direct, at);
		else
			entry = read_elsewhere(xl, at, level == top, &reason);
		perm &= (uint8_t)entry;
		if (!(entry & (VTD_SS_R | VTD_SS_W)))
			break;
		large = (entry & VTD_SS_PS) != 0;
		if (entry & c->rsvd[level][large]) {
			reason = VTD_FR_SS_RSVD;
			break;
		}
		if (large | !level)
			break;
		table = entry & VTD_SS_ADDR;
		if (fill)
			cache_table(xl, ctx, level, perm, at, table);
	}
	x->level = (uint8_t)level;
	x->entry_pa = at;
	x->entry = entry;
	x->perm = perm;
	x->pa = entry & VTD_SS_ADDR & ~(((uint64_t)1 << shift) - 1);
	if (reason || (perm && xl->rq->at != SIM_AT_UNTRANSLATED))
		return reason;
	return vtd_permits(c, xl->rq, perm);
}
