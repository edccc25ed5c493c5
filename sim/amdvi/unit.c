/*
 * Making and unmaking an AMD-Vi unit, and what its cache entries mean.
 */
#include <stdlib.h>

#include "unit.h"

const char *sim_amdvi_reading_name(unsigned bit)
{
	static const char *const names[] = {
		"bad-mode-is-illegal", "beyond-table-is-illegal", "event-int-gated",
		"head-past-error",     "run-survives-overflow",   "hw-event-newest",
		"exclusion-ats-only",  "interrupt-abort-silent",  "page-low-bits-checked",
		"base-keeps-pointers",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == __builtin_popcount(SIM_AMDVI_READINGS),
		       "every reading has a name");
	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}

static bool translating(const struct unit *u)
{
	return ((const struct amdvi_unit *)u)->on;
}

/* Translations are tagged by domain: the requester told is the one that was last served by a walk in it. */
static void describe(const struct unit *u, enum sim_cache cache, const struct tc_entry *e,
		     struct sim_cache_line *out)
{
	const struct amdvi_unit *a = (const struct amdvi_unit *)u;

	*out = (struct sim_cache_line){
		.cache = cache,
		.unit = u->index,
		.domain = e->group,
		.level = e->level,
		.perm = e->perm,
		.negative = (e->flags & TC_NEGATIVE) != 0,
		.iova = e->addr,
		.pa = e->q[0],
		.entry_pa = e->entry_pa,
		.filled_ns = e->filled_ns,
	};
	if (cache == SIM_CACHE_CONTEXT) {
		out->rid = (uint16_t)e->who;
		out->pa = e->q[0] & AMDVI_DTE0_HOSTPT;
		out->half[0] = e->q[0];
		out->half[1] = e->q[1];
		out->half_mask[0] = AMDVI_DTE0_V | AMDVI_DTE0_TV | AMDVI_DTE0_HAD |
				    AMDVI_DTE0_MODE | AMDVI_DTE0_HOSTPT | AMDVI_DTE0_IR |
				    AMDVI_DTE0_IW;
		out->half_mask[1] = AMDVI_DTE1_DOMAINID | AMDVI_DTE1_I | AMDVI_DTE1_EX |
				    AMDVI_DTE1_SD | AMDVI_DTE1_SYSMGT | AMDVI_DTE1_IOCTL;
		out->translated = e->q[0] & AMDVI_DTE0_V && e->q[1] & AMDVI_DTE1_I;
	} else if (cache == SIM_CACHE_INTERRUPT) {
		amdvi_ir_describe(a, e, out);
	} else if (cache == SIM_CACHE_IOTLB) {
		out->by_domain_tag = true;
		out->rid = TC_FILLER_KNOWN(e->filler) ? TC_FILLER_RID(e->filler)
						      : a->domain[e->group].rid;
	}
}

static void destroy(struct unit *u)
{
	struct amdvi_unit *a = amdvi_of(u);

	unit_caches_destroy(u);
	regfile_destroy(&u->regs);
	regfile_destroy(&a->pci);
	free(a->domain);
	free(a->domain_of);
	free(a);
}

static void reset(struct unit *u)
{
	struct amdvi_unit *a = amdvi_of(u);
	struct clock *clock = &u->sim->clock;

	regfile_reset(&u->regs);
	amdvi_pci_reset(a);
	cmdq_reset(&a->q);
	clock_cancel(clock, &a->run);
	clock_cancel(clock, &a->iotlb);
	clock_cancel(clock, &a->late);
	clock_cancel(clock, &a->message);
	a->messages = 0;
	a->on = a->cmd_stop = a->cmd_draining = a->cmd_error = a->cmd_bad = false;
	a->log_stop = a->log_lost = false;
	a->sized = 0;
	memset(a->ring, 0, sizeof(a->ring));
	memset(a->domain, 0, AMDVI_IDS * sizeof(*a->domain));
	memset(a->domain_of, 0, AMDVI_IDS * sizeof(*a->domain_of));
	amdvi_update_fast(a);
}

const struct unit_ops amdvi_ops = {
	.translate = amdvi_translate,
	.probe = amdvi_probe,
	.describe = describe,
	.translating = translating,
	.devtlb_answer = amdvi_devtlb_answer,
	.speculate = amdvi_speculate,
	.reset = reset,
	.command = amdvi_command,
	.needed = amdvi_needed,
	.destroy = destroy,
};

static int init(struct sim *s, struct amdvi_unit *a, const struct sim_amdvi_config *config)
{
	int rc;

	a->u.ops = &amdvi_ops;
	a->u.sim = s;
	a->u.index = s->units;
	amdvi_caps_init(&a->caps, config);
	if (config->unsnooped && s->mem.buffered)
		return sim_fail(s, SIM_E_NOT_MODELLED,
				"not modelled: an unsnooped unit beside one with a write buffer");
	a->u.view = config->unsnooped ? MEM_VIEW_BUFFER : MEM_VIEW_CPU;
	a->port = (struct port){ .master = SIM_MASTER_WALK,
				 .view = a->u.view,
				 .unit = (uint8_t)a->u.index };
	amdvi_control_init(a);
	amdvi_cmd_init(a);
	amdvi_irq_init(a);
	amdvi_log_init(a);
	rc = unit_caches_init(s, &a->u);
	a->domain = calloc(AMDVI_IDS, sizeof(*a->domain));
	a->domain_of = calloc(AMDVI_IDS, sizeof(*a->domain_of));
	if (!rc && (!a->domain || !a->domain_of))
		rc = SIM_E_NOMEM;
	if (rc)
		return sim_fail(s, rc, "out of memory");
	rc = amdvi_regs_init(a);
	if (!rc)
		rc = amdvi_pci_init(a, config);
	if (rc)
		return sim_fail(s, rc, "registers: out of memory");
	return sim_unit_add(s, &a->u, config->base, AMDVI_MMIO_SIZE);
}

int sim_amdvi_add(struct sim *s, const struct sim_amdvi_config *config)
{
	struct amdvi_unit *a;
	char why[160];
	int rc = sim_amdvi_check(config, why, sizeof(why));

	if (rc)
		return sim_fail(s, rc, "%s", why);
	a = calloc(1, sizeof(*a));
	if (!a)
		return sim_fail(s, SIM_E_NOMEM, "out of memory");
	rc = init(s, a, config);
	if (rc < 0)
		destroy(&a->u);
	return rc;
}
