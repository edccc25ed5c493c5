/*
 * Steps of several calls: what a careful kernel does after trouble, and what has to come of it.
 */
#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "run.h"

#define SETTLE_NS UINT64_C(200000000) /* what was to come late has come */
#define PASSES \
	3 /* detaching and destroying may show that a unit is broken, and its reset lets them go on */

/* Indices of names_stage. */
enum stage {
	STAGE_NONE,
	STAGE_DISCOVERED,
	STAGE_BUILT,
	STAGE_PROGRAMMED,
	STAGE_TRANSLATING,
	STAGE_STOPPED,
	STAGE_BROKEN
};

static enum stage stage_of(const struct run *r, uint32_t unit, struct guest_status *st)
{
	if (!guest_unit_known(r->guest, unit))
		return STAGE_NONE;
	guest_status(r->guest, unit, st);
	return (enum stage)st->stage;
}

/* Failing here counts, whatever else the scenario judges. */
#define settle_fail(r, ...) ((r)->always = true, run_fail(r, __VA_ARGS__))

/* The answer of one call: `ok`, or the calls stop here. */
static enum step_rc must(struct run *r, uint32_t unit, const char *what, int rc)
{
	if (rc == GUEST_BOUND) {
		r->dead = true;
		if (r->be->ops->oracle_unbounded)
			r->be->ops->oracle_unbounded(r->be, unit);
		return settle_fail(r, "%s: %s: the driver does not come back", r->step->verb->name,
				   what);
	}
	r->res->checks++;
	if (rc == 0)
		return STEP_OK;
	return settle_fail(
		r, "%s: %s on %s: expected the driver to answer \"ok\", it answered \"%s\"",
		r->step->verb->name, what, r->machine->unit[unit].label, guest_error_name(rc));
}

/* The caller's part before a reset: no device behind the unit uses or keeps translations of its own. */
static void silence(struct run *r, uint32_t unit)
{
	for (uint32_t i = 0; i < r->machine->devices && r->be->ops->ats; i++)
		if (r->machine->device[i].unit == unit && r->machine->device[i].ats)
			(void)r->be->ops->ats(r->be, r->device[i], false);
}

/* Takes every rule away; those that promised to be reached have to have been. */
static enum step_rc end_faults(struct run *r)
{
	run_tell_rules(r);
	for (uint32_t i = 0; i < r->rules && r->be->ops->inject_remove; i++) {
		uint32_t fired = r->be->ops->inject_fired(r->be, r->rule[i].number);

		if (r->rule[i].promise && !fired)
			return run_fail(r, "the injected fault \"%s\" was never reached",
					r->rule[i].node->name);
		if (i == 0)
			r->res->fired = fired;
		(void)r->be->ops->inject_remove(r->be, r->rule[i].number);
	}
	r->rules = 0;
	if (r->be->ops->advance)
		r->be->ops->advance(r->be, SETTLE_NS);
	return STEP_OK;
}

/* ---- works ---- */

/* A page of memory that nothing is mapped to, before the driver's; 0 when there is none. */
static uint64_t spare_page(const struct run *r)
{
	const struct machine_mem *m = r->machine->mem;
	uint64_t first = m->first + 0x1000, last = m->first + (m->last - m->first) / 2, end;

	while (ledger_free_part(&r->ledger, UINT32_MAX, &first, last, &end)) {
		uint64_t page = (first + 0xfff) & ~UINT64_C(0xfff);

		if (page + 0xfff <= end)
			return page;
		if (end == last)
			break;
		first = end + 1;
	}
	return 0;
}

/* A device behind the unit that is attached to nothing, or is made so; -1 when there is none. */
static int spare_device(const struct run *r, uint32_t unit)
{
	int any = -1;

	for (uint32_t i = r->machine->devices; i-- > 0;) {
		if (r->machine->device[i].unit != unit)
			continue;
		any = (int)i;
		if (r->attached[i] < 0)
			break;
	}
	return any;
}

/* A domain made for this unit alone; the driver's answer. */
static int spare_domain(struct run *r, uint32_t unit, uint32_t *id)
{
	for (*id = GUEST_DOMAINS; (*id)-- > 0;)
		if (!guest_domain_known(r->guest, *id))
			return guest_domain(r->guest, *id, false, &unit, 1);
	*id = 0;
	return GUEST_NO_SLOT;
}

/* Whether the scenario pulls this device out somewhere, or lets a fault do it. */
static bool gone(const struct run *r, uint32_t dev)
{
	for (uint32_t i = 0; i < r->sc->step_count; i++) {
		const struct step *s = r->sc->steps + 2 * (size_t)i;

		for (const struct step *at = s; at; at = at->during)
			if ((strcmp(at->verb->name, "plug") == 0 &&
			     step_device(r, at) == (int)dev) ||
			    strcmp(step_string(at, "point", ""), "device-gone") == 0)
				return true;
	}
	return false;
}

static enum step_rc reach(struct run *r, uint32_t unit, uint32_t dev, uint64_t pa, bool mapped)
{
	uint64_t data = ++r->pattern;
	struct be_dma d = { .dev = r->device[dev],
			    .access = BE_WRITE,
			    .rid = r->machine->device[dev].rid,
			    .len = sizeof(data),
			    .data = &data };
	struct be_dma_result res;

	r->res->checks++;
	if (r->be->ops->dma(r->be, &d, &res))
		return run_error(r, "works: the backend refuses a request");
	if (res.outcome == BE_BLOCKED && r->machine->device[dev].unit == unit && gone(r, dev))
		return STEP_OK; /* it was pulled out: nothing can be shown with it */
	if (mapped && (res.outcome != BE_OK || res.pa != pa))
		return settle_fail(r, "works: a page mapped on %s is not reached: %s",
				   r->machine->unit[unit].label, names_outcome(res.outcome));
	if (!mapped && res.outcome == BE_OK)
		return settle_fail(r, "works: a page unmapped on %s is still reached",
				   r->machine->unit[unit].label);
	return STEP_OK;
}

/* Maps, reaches and unmaps a page of the domain, which the oracle is told. */
static enum step_rc use_domain(struct run *r, uint32_t unit, uint32_t dev, uint32_t id, uint64_t pa)
{
	const struct backend_ops *ops = r->be->ops;
	enum step_rc rc = must(r, unit, "map", guest_map(r->guest, id, 0, pa, 4096, 3));

	if (rc != STEP_OK)
		return rc;
	if (ops->oracle_map)
		(void)ops->oracle_map(r->be, id, 0, 4095, pa, 3);
	rc = reach(r, unit, dev, pa, true);
	if (rc != STEP_OK)
		return rc;
	if (ops->oracle_unmap)
		(void)ops->oracle_unmap(r->be, id, 0, 4095);
	rc = must(r, unit, "unmap", guest_unmap(r->guest, id, 0, 4096));
	if (rc != STEP_OK)
		return rc;
	if (ops->oracle_quiesce)
		(void)ops->oracle_quiesce(r->be, id, 0, 4095);
	if (ops->oracle_release)
		(void)ops->oracle_release(r->be, pa, pa + 4095);
	return reach(r, unit, dev, pa, false);
}

static enum step_rc use_device(struct run *r, uint32_t unit, uint32_t dev, uint32_t id, uint64_t pa)
{
	const struct machine_device *d = r->machine->device + dev;
	enum step_rc rc =
		must(r, unit, "attach", guest_attach(r->guest, id, unit, dev, d->rid, false));

	if (rc != STEP_OK)
		return rc;
	r->attached[dev] = (int)id;
	if (r->be->ops->oracle_attach)
		(void)r->be->ops->oracle_attach(r->be, unit, d->rid, id);
	rc = use_domain(r, unit, dev, id, pa);
	if (rc != STEP_OK)
		return rc;
	rc = must(r, unit, "detach", guest_calls_detach(r, dev));
	return rc == STEP_OK ? must(r, unit, "destroy", guest_calls_destroy(r, id)) : rc;
}

static enum step_rc use_unit(struct run *r, uint32_t unit)
{
	int dev = spare_device(r, unit);
	uint64_t pa = spare_page(r);
	enum step_rc rc = STEP_OK;
	uint32_t id;

	if (dev < 0 || !pa)
		return STEP_OK;
	silence(r, unit);
	if (r->attached[dev] >= 0)
		rc = must(r, unit, "detach", guest_calls_detach(r, (uint32_t)dev));
	if (rc == STEP_OK)
		rc = must(r, unit, "domain", spare_domain(r, unit, &id));
	return rc == STEP_OK ? use_device(r, unit, (uint32_t)dev, id, pa) : rc;
}

static enum step_rc revive(struct run *r, uint32_t unit)
{
	struct guest_unit_options o = { .register_inval = r->setting.register_inval,
					.no_superpages = r->setting.no_superpages };
	enum step_rc rc;

	silence(r, unit);
	rc = must(r, unit, "reset", guest_calls_unit(r, unit, GUEST_RESET, &o));
	return rc == STEP_OK ? must(r, unit, "start", guest_calls_unit(r, unit, GUEST_START, &o))
			     : rc;
}

/* ---- take-down ---- */

static bool unit_left(const struct run *r, uint32_t unit, enum stage *stage)
{
	struct guest_status st;

	*stage = stage_of(r, unit, &st);
	return *stage != STAGE_NONE && *stage != STAGE_DISCOVERED && *stage != STAGE_STOPPED;
}

/* The first call that failed, as text; whether all that is left is gone. */
struct pass {
	const char *what;
	int rc;
	uint32_t unit;
	bool bound;
};

static void note(struct pass *p, uint32_t unit, const char *what, int rc)
{
	p->bound |= rc == GUEST_BOUND;
	if (rc && !p->rc)
		*p = (struct pass){ what, rc, unit, p->bound };
}

static struct pass take_apart(struct run *r)
{
	struct pass p = { 0 };
	enum stage stage;

	for (uint32_t i = 0; i < r->machine->units; i++)
		silence(r, i);
	for (uint32_t i = 0; i < r->machine->devices && !p.bound; i++)
		if (r->attached[i] >= 0)
			note(&p, r->machine->device[i].unit, "detach", guest_calls_detach(r, i));
	for (uint32_t id = 0; id < GUEST_DOMAINS && !p.bound; id++) {
		if (!guest_domain_known(r->guest, id))
			continue;
		note(&p, 0, "flush", guest_calls_flush(r, id));
		if (!p.bound)
			note(&p, 0, "destroy", guest_calls_destroy(r, id));
	}
	for (uint32_t i = 0; i < r->machine->units && !p.bound; i++) {
		struct guest_unit_options none = { 0 };

		if (!unit_left(r, i, &stage))
			continue;
		if (stage == STAGE_BROKEN)
			note(&p, i, "reset", guest_calls_unit(r, i, GUEST_RESET, &none));
		else
			note(&p, i, "stop", guest_calls_unit(r, i, GUEST_STOP, &none));
	}
	return p;
}

enum step_rc do_take_down(struct run *r, const struct step *s)
{
	enum step_rc rc = end_faults(r);
	struct pass p = { .rc = -1 };
	enum stage stage;

	for (int i = 0; rc == STEP_OK && i < PASSES && p.rc && !p.bound; i++)
		p = take_apart(r);
	if (rc != STEP_OK)
		return rc;
	for (uint32_t i = 0; i < r->machine->units; i++)
		if (unit_left(r, i, &stage) && stage == STAGE_BROKEN && step_has(s, "dead") &&
		    !p.bound)
			return STEP_OK;
	if (p.rc)
		return must(r, p.unit, p.what, p.bound ? GUEST_BOUND : p.rc);
	r->res->checks++;
	if (guest_pages_held(r->guest))
		return settle_fail(r, "take-down: the driver still holds %u pages",
				   guest_pages_held(r->guest));
	return STEP_OK;
}

/* ---- works, for all units ---- */

static uint32_t units_in_use(const struct run *r)
{
	struct guest_status st;
	uint32_t used = 0;

	for (uint32_t i = 0; i < r->machine->units; i++) {
		enum stage stage = stage_of(r, i, &st);

		if (stage == STAGE_TRANSLATING || stage == STAGE_BROKEN)
			used |= 1u << i;
	}
	return used;
}

/* Dead itself, or still translating, because a domain it shares with a dead unit could not be destroyed. */
static bool held_up(const struct run *r, uint32_t unit)
{
	struct guest_status st;
	enum stage stage = stage_of(r, unit, &st);

	return stage == STAGE_BROKEN || stage == STAGE_TRANSLATING;
}

/* Takes everything down and starts what was in use again: hardware may have forgotten what it was told. */
static enum step_rc start_over(struct run *r, const struct step *s)
{
	struct guest_unit_options o = { .register_inval = r->setting.register_inval,
					.no_superpages = r->setting.no_superpages };
	uint32_t used = units_in_use(r);
	struct pass p = { .rc = -1 };
	enum step_rc rc = STEP_OK;

	for (int i = 0; i < PASSES && p.rc && !p.bound; i++)
		p = take_apart(r);
	if (p.bound)
		return must(r, p.unit, p.what, GUEST_BOUND);
	for (uint32_t i = 0; rc == STEP_OK && i < r->machine->units; i++)
		if ((used >> i & 1) && !(step_has(s, "dead") && held_up(r, i)))
			rc = must(r, i, "start", guest_calls_unit(r, i, GUEST_START, &o));
	return rc;
}

enum step_rc do_works(struct run *r, const struct step *s)
{
	enum step_rc rc = end_faults(r);

	RUN_NEEDS(r, dma, "DMA of devices");
	if (rc == STEP_OK && step_has(s, "reset"))
		rc = start_over(r, s);
	for (uint32_t i = 0; rc == STEP_OK && i < r->machine->units; i++) {
		struct guest_status st;
		enum stage stage = stage_of(r, i, &st);

		if (stage == STAGE_BROKEN && step_has(s, "unbroken"))
			return settle_fail(r,
					   "works: %s says broken, and nothing was to break it: %s",
					   r->machine->unit[i].label, st.broken_why);
		if (stage == STAGE_BROKEN && step_has(s, "dead"))
			continue;
		if (stage == STAGE_BROKEN)
			rc = revive(r, i);
		if (rc == STEP_OK && (stage == STAGE_BROKEN || stage == STAGE_TRANSLATING))
			rc = use_unit(r, i);
		/* nothing was asked of it since it died */
		if (rc == STEP_FAIL && !r->dead && step_has(s, "dead") &&
		    stage_of(r, i, &st) == STAGE_BROKEN) {
			r->res->text[0] = '\0';
			rc = STEP_OK;
		}
	}
	return rc;
}
