/*
 * Making and unmaking a VT-d unit, and what its cache entries mean.
 */
#include <stdlib.h>

#include "unit.h"

static bool translating(const struct unit *u)
{
	return ((const struct vtd_unit *)u)->tes;
}

static void describe(const struct unit *u, enum sim_cache cache, const struct tc_entry *e,
		     struct sim_cache_line *out)
{
	*out = (struct sim_cache_line){
		.cache = cache,
		.unit = u->index,
		.domain = e->group,
		.rid = cache == SIM_CACHE_PAGING ? 0 : (uint16_t)e->who,
		.level = e->level,
		.perm = e->perm,
		.negative = (e->flags & TC_NEGATIVE) != 0,
		.iova = e->addr,
		.pa = cache == SIM_CACHE_CONTEXT ? e->q[0] & VTD_CE0_SSPTPTR : e->q[0],
		.entry_pa = e->entry_pa,
		.filled_ns = e->filled_ns,
	};
	if (cache == SIM_CACHE_CONTEXT) {
		out->half[0] = e->q[0];
		out->half[1] = e->q[1];
		out->half_mask[0] = VTD_CE0_P | VTD_CE0_TT | VTD_CE0_SSPTPTR;
		out->half_mask[1] = VTD_CE1_AW | VTD_CE1_DID;
	}
	out->translated = cache == SIM_CACHE_CONTEXT && !out->negative &&
			  FIELD_GET(VTD_CE0_TT, e->q[0]) == VTD_TT_DEV_TLB;
	if (cache == SIM_CACHE_INTERRUPT)
		vtd_ir_describe((const struct vtd_unit *)u, e, out);
}

/* Registers first: whoever looks at them sees a unit that is off. */
static void reset(struct unit *u)
{
	struct vtd_unit *v = vtd_of(u);
	struct clock *clock = &u->sim->clock;

	regfile_reset(&u->regs);
	vtd_qi_reset(v);
	clock_cancel(clock, &v->gcmd_timer);
	clock_cancel(clock, &v->reginval_timer);
	clock_cancel(clock, &v->pmen_timer);
	for (unsigned i = 0; i < VTD_EVENTS; i++)
		clock_cancel(clock, &v->event[i].timer);
	v->gcmd = v->reginval = 0;
	v->root = 0;
	v->ttm = 0;
	v->ssirwe = v->root_set = v->tes = false;
	v->ir = (struct vtd_ir){ 0 };
	v->fault_index = 0;
	memset(v->did_table, 0, (v->caps.did_mask + 1ul) * sizeof(*v->did_table));
	vtd_update_fast(v);
}

static void destroy(struct unit *u)
{
	struct vtd_unit *v = vtd_of(u);

	unit_caches_destroy(u);
	regfile_destroy(&u->regs);
	free(v->did_table);
	free(v);
}

static const struct unit_ops vtd_ops = {
	.translate = vtd_translate,
	.probe = vtd_probe,
	.describe = describe,
	.translating = translating,
	.devtlb_answer = vtd_devtlb_answer,
	.devtlb_silent = vtd_devtlb_silent,
	.speculate = vtd_speculate,
	.reset = reset,
	.command = vtd_command,
	.needed = vtd_needed,
	.interrupt_table = vtd_ir_table,
	.destroy = destroy,
};

/*
 * A unit that snoops but has a write buffer in its way (C = 1, RWBF = 1) would see a store while it is in the CPU's cache
 * and lose sight of it in the buffer; beside a unit that does not snoop, stores do stay in the cache.
 */
static bool mixed(const struct sim *s, const struct vtd_caps *c)
{
	if (c->rwbf && c->c && s->mem.noncoherent)
		return true;
	for (uint32_t i = 0; i < s->units && !c->c; i++) {
		const struct vtd_unit *other = (const struct vtd_unit *)s->unit[i];

		if (other->u.ops == &vtd_ops && other->caps.rwbf && other->caps.c)
			return true;
	}
	return false;
}

static int init(struct sim *s, struct vtd_unit *v, const struct sim_vtd_config *config)
{
	int rc;

	v->u.ops = &vtd_ops;
	v->u.sim = s;
	v->u.index = s->units;
	vtd_caps_init(&v->caps, config);
	if (mixed(s, &v->caps))
		return sim_fail(
			s, SIM_E_NOT_MODELLED,
			"not modelled: a unit with RWBF = 1 and C = 1 beside one with C = 0");
	v->u.view = v->caps.rwbf ? MEM_VIEW_MEMORY : v->caps.c ? MEM_VIEW_CPU : MEM_VIEW_BUFFER;
	v->port = (struct port){ .master = SIM_MASTER_WALK,
				 .view = v->u.view,
				 .unit = (uint8_t)v->u.index };
	vtd_gcmd_init(v);
	vtd_reginval_init(v);
	vtd_pmr_init(v);
	vtd_qi_init(v);
	vtd_event_init(v);
	rc = unit_caches_init(s, &v->u);
	v->did_table = calloc(v->caps.did_mask + 1ul, sizeof(*v->did_table));
	if (!rc && !v->did_table)
		rc = SIM_E_NOMEM;
	if (rc)
		return sim_fail(s, rc, "out of memory");
	rc = vtd_regs_init(v, config);
	if (rc)
		return sim_fail(s, rc, "registers: out of memory");
	return sim_unit_add(s, &v->u, config->base, vtd_regs_bytes(&v->caps));
}

int sim_vtd_add(struct sim *s, const struct sim_vtd_config *config)
{
	struct vtd_unit *v;
	char why[160];
	int rc = sim_vtd_check(config, why, sizeof(why));

	if (rc)
		return sim_fail(s, rc, "%s", why);
	v = calloc(1, sizeof(*v));
	if (!v)
		return sim_fail(s, SIM_E_NOMEM, "out of memory");
	rc = init(s, v, config);
	if (rc < 0) {
		destroy(&v->u);
		return rc;
	}
	s->mem.noncoherent |= !v->caps.c;
	s->mem.buffered |= v->caps.rwbf;
	return rc;
}
