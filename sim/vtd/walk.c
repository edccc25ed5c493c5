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
	return xl->cache && xl->cache->u.cache[SIM_CACHE_PAGING].limit;
}

/*
 * The deepest non-leaf entry the paging-structure cache has for this address: tagged by domain-id and address, whatever
 * table the context entry names (VT-d 6.2.5 "Paging-structure caches").
 */
static unsigned start(struct vtd_xl *xl, const struct vtd_ctx *ctx, unsigned top, uint64_t *table)
{
	struct tc_entry *e;

	*table = ctx->table;
	if (!xl->cache)
		return top;
	e = tcache_find(&xl->cache->u.cache[SIM_CACHE_PAGING], xl->rq->addr, ctx->did);
	if (!e || e->level > top || e->level == 0)
		return top;
	*table = e->q[0];
	xl->x->perm = e->perm;
	return e->level - 1u;
}

static void cache_table(struct vtd_xl *xl, const struct vtd_ctx *ctx, unsigned level,
			uint64_t table)
{
	struct vtd_unit *v = xl->cache;
	struct tc_entry e = {
		.addr = tc_base(xl->rq->addr, level),
		.who = ctx->did,
		.q = { table, 0 },
		.group = ctx->did,
		.level = (uint8_t)level,
		.perm = xl->x->perm,
		.entry_pa = xl->x->entry_pa,
		.filled_ns = v->u.sim->clock.now_ns,
	};

	trace(v->u.sim, SIM_TRACE_FILL, v->u.index, ctx->did, SIM_CACHE_PAGING, (uint8_t)level,
	      e.addr, table);
	tcache_insert(&v->u.cache[SIM_CACHE_PAGING], &e);
}

bool vtd_permits(const struct vtd_caps *c, const struct sim_request *rq, uint8_t perm,
		 uint8_t *reason)
{
	bool r = perm & VTD_SS_R, w = perm & VTD_SS_W;

	/* An atomic that lacks both reports the write: the specification does not say. */
	if ((rq->access == SIM_WRITE || rq->access == SIM_ATOMIC) && !w) {
		*reason = VTD_FR_SS_WRITE;
		return false;
	}
	if (rq->access == SIM_ZLR && c->zlr && w)
		return true;
	if (rq->access != SIM_WRITE && !r) {
		*reason = VTD_FR_SS_READ;
		return false;
	}
	return true;
}

static uint8_t done(struct vtd_xl *xl, unsigned level, uint64_t entry)
{
	uint8_t reason = 0;

	xl->x->level = (uint8_t)level;
	xl->x->pa = tc_base(entry & VTD_SS_ADDR, level);
	if (xl->rq->at == SIM_AT_UNTRANSLATED)
		vtd_permits(&xl->v->caps, xl->rq, xl->x->perm, &reason);
	return reason;
}

uint8_t vtd_walk(struct vtd_xl *xl, const struct vtd_ctx *ctx)
{
	const struct vtd_caps *c = &xl->v->caps;
	struct sim_xlat *x = xl->x;
	unsigned top = ctx->aw + 1u, level;
	uint64_t table, entry;
	bool fill = cacheable(xl);

	x->perm = VTD_SS_R | VTD_SS_W;
	for (level = start(xl, ctx, top, &table);; level--) {
		bool leaf;

		x->level = (uint8_t)level;
		x->entry_pa = table + 8 * ((xl->rq->addr >> TC_SIZE_LG2(level)) & 0x1FF);
		if (!bus_read64(xl->v->u.sim, &xl->port, x->entry_pa, &entry))
			return level == top ? VTD_FR_CTX_INV : VTD_FR_SS_ACCESS;
		x->entry = entry;
		if (!(entry & (VTD_SS_R | VTD_SS_W))) {
			x->perm = 0;
			return xl->rq->access == SIM_WRITE || xl->rq->access == SIM_ATOMIC
				       ? VTD_FR_SS_WRITE
				       : VTD_FR_SS_READ;
		}
		leaf = level == 0 || (level <= 2 && (entry & VTD_SS_PS));
		if (entry & (leaf ? c->leaf_rsvd[level] : c->table_rsvd[level]))
			return VTD_FR_SS_RSVD;
		x->perm &= (uint8_t)(entry & (VTD_SS_R | VTD_SS_W));
		if (leaf)
			return done(xl, level, entry);
		table = entry & VTD_SS_ADDR;
		if (fill)
			cache_table(xl, ctx, level, table);
	}
}
