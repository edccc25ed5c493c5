/*
 * Random walks: calls as steps, with what has to come of each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "walk_own.h"

static const char *const perm_names[] = { "none", "r", "w", "rw" };

uint32_t unit_handle(uint32_t unit)
{
	return 1 + unit;
}

uint32_t device_handle(uint32_t dev)
{
	return 10 + dev;
}

struct tree_node *emit(struct emit *e, const char *verb)
{
	struct tree_node *n;
	char name[40];

	snprintf(name, sizeof(name), "s%" PRIu32 "-%s", ++e->number, verb);
	n = tree_add(e->t, e->steps, name);
	tree_set_string(e->t, n, "do", verb);
	return n;
}

/* The only unit is nobody's to name. */
void set_unit(struct emit *e, struct tree_node *n, uint32_t unit)
{
	if (e->m->units > 1)
		tree_set_number(e->t, n, "unit", unit_handle(unit));
}

static bool any_asleep(const struct model *m)
{
	return m->asleep[0] || m->asleep[1];
}

static struct tree_node *emit_range(struct emit *e, const char *verb, const struct call *c)
{
	struct tree_node *n = emit(e, verb);

	tree_set_number(e->t, n, "domain", c->domain);
	tree_set_number(e->t, n, "iova", c->iova);
	if (c->size != PAGE)
		tree_set_number(e->t, n, "size", c->size);
	return n;
}

static void result(struct emit *e, struct tree_node *n, const char *name)
{
	if (strcmp(name, "ok") != 0)
		tree_set_string(e->t, n, "result", name);
}

/* A device reads in the middle of a call that succeeds: the oracle knows what may come of it. */
static void interrupt(struct emit *e, struct tree_node *n, const struct call *c)
{
	struct tree_node *d;

	if (!c->at || any_asleep(e->m))
		return; /* whose unit sleeps has to be quiet */
	d = tree_add(e->t, n, "during");
	tree_set_number(e->t, d, "at", c->at);
	tree_set_string(e->t, d, "do", "read");
	tree_set_number(e->t, d, "dev", device_handle(c->other_dev));
	tree_set_number(e->t, d, "iova", c->other);
	tree_set_string(e->t, d, "expect", "either");
}

static void emit_map(struct emit *e, const struct call *c)
{
	uint64_t last = c->iova + c->size - 1;
	bool mapped = touches(e->m, c->domain, c->iova, last, false);
	bool going = touches(e->m, c->domain, c->iova, last, true);
	struct tree_node *n;

	if (!e->m->domain[c->domain] || (mapped && going) || !has_room(e->m))
		return;
	n = emit_range(e, "map", c);
	tree_set_number(e->t, n, "pa", c->pa);
	tree_set_string(e->t, n, "perm", perm_names[c->perm]);
	result(e, n, mapped ? "exists" : going ? "busy" : "ok");
	if (mapped || going)
		return;
	interrupt(e, n, c);
	e->m->range[e->m->ranges++] =
		(struct range){ c->domain, c->iova, last, c->pa, c->perm, false, 0 };
}

static void emit_unmap(struct emit *e, const struct call *c)
{
	bool lazy = c->what == CALL_UNMAP_LAZY;
	bool good = covered(e->m, c->domain, c->iova, c->iova + c->size - 1);
	struct tree_node *n;

	if (!e->m->domain[c->domain] || !has_room(e->m) || (lazy && e->m->ticket[c->ticket]))
		return;
	n = emit_range(e, lazy ? "unmap-lazy" : "unmap", c);
	if (lazy)
		tree_set_number(e->t, n, "ticket", c->ticket);
	result(e, n, good ? "ok" : "not-there");
	if (!good)
		return;
	interrupt(e, n, c);
	range_take(e->m, c, lazy);
	if (lazy)
		e->m->ticket[c->ticket] = true;
}

static void emit_ats(struct emit *e, bool on)
{
	struct tree_node *n;

	if (e->m->ats_on == on ||
	    (on && (e->m->attached[DISK] < 0 || e->m->no_ats || e->m->asleep[0])))
		return;
	n = emit(e, "ats");
	tree_set_number(e->t, n, "dev", device_handle(DISK));
	tree_set_string(e->t, n, "state", on ? "on" : "off");
	e->m->ats_on = on;
}

static void emit_attach(struct emit *e, const struct call *c)
{
	struct tree_node *n;

	if (!e->m->domain[c->domain] || !(e->m->reach[c->domain] >> unit_of(e->m, c->dev) & 1))
		return;
	n = emit(e, "attach");
	tree_set_number(e->t, n, "domain", c->domain);
	tree_set_number(e->t, n, "dev", device_handle(c->dev));
	if (c->dev == DISK && e->m->no_ats)
		tree_set_number(e->t, n, "ats", 0);
	result(e, n, e->m->attached[c->dev] >= 0 ? "exists" : "ok");
	if (e->m->attached[c->dev] < 0)
		e->m->attached[c->dev] = (int)c->domain;
}

static void emit_detach(struct emit *e, const struct call *c)
{
	if (e->m->attached[c->dev] < 0)
		return;
	if (c->dev == DISK)
		emit_ats(e, false); /* its driver does so first */
	tree_set_number(e->t, emit(e, "detach"), "dev", device_handle(c->dev));
	e->m->attached[c->dev] = -1;
}

static void emit_domain(struct emit *e, const struct call *c)
{
	const uint32_t both[UNITS] = { unit_handle(0), unit_handle(1) };
	struct tree_node *n;

	if (e->m->domain[c->domain])
		return;
	n = emit(e, "domain");
	tree_set_number(e->t, n, "domain", c->domain);
	e->m->domain[c->domain] = true;
	e->m->reach[c->domain] = 1;
	if (e->m->units == 1)
		return;
	/* both, more often than one */
	e->m->reach[c->domain] = c->draw % 4 == 1 ? 1 : c->draw % 4 == 2 ? 2 : 3;
	if (e->m->reach[c->domain] == 3)
		tree_set_cells(e->t, n, "units", both, 2);
	else
		tree_set_number(e->t, n, "units", unit_handle(e->m->reach[c->domain] - 1));
}

static void emit_destroy(struct emit *e, const struct call *c)
{
	bool busy = domain_busy(e->m, c->domain);
	struct tree_node *n;

	if (!e->m->domain[c->domain])
		return;
	n = emit(e, "destroy");
	tree_set_number(e->t, n, "domain", c->domain);
	result(e, n, busy ? "busy" : "ok");
	if (busy)
		return;
	e->m->domain[c->domain] = false;
	for (uint32_t i = 0; i < e->m->ranges; i++)
		if (e->m->range[i].domain == c->domain)
			e->m->range[i--] = e->m->range[--e->m->ranges];
}

static void emit_lookup(struct emit *e, const struct call *c)
{
	const struct range *r = range_at(e->m, c->domain, c->iova, false);
	struct tree_node *n;

	if (!e->m->domain[c->domain])
		return;
	n = emit(e, "lookup");
	tree_set_number(e->t, n, "domain", c->domain);
	tree_set_number(e->t, n, "iova", c->iova);
	result(e, n, r ? "ok" : "not-there");
	if (!r)
		return;
	tree_set_number(e->t, n, "pa", r->pa + (c->iova - r->first));
	tree_set_string(e->t, n, "perm", perm_names[r->perm]);
}

static void emit_dma(struct emit *e, const struct call *c)
{
	uint64_t pa;
	const char *expect = dma_outcome(e->m, c->dev, c->iova, c->size, c->perm, &pa);
	struct tree_node *n;

	if (e->m->asleep[unit_of(e->m, c->dev)])
		return; /* it has to be quiet */
	n = emit(e, c->perm == 1 ? "read" : "write");
	tree_set_number(e->t, n, "dev", device_handle(c->dev));
	tree_set_number(e->t, n, "iova", c->iova);
	if (c->size != 8)
		tree_set_number(e->t, n, "len", c->size);
	if (strcmp(expect, "fault") == 0 && c->dev == DISK && e->m->ats_on)
		expect = "no-access";
	if (strcmp(expect, "ok") != 0)
		tree_set_string(e->t, n, "expect", expect);
	else
		tree_set_number(e->t, n, "pa", pa);
}

static void emit_poll(struct emit *e, const struct call *c)
{
	struct tree_node *n;

	if (!e->m->ticket[c->ticket])
		return;
	n = emit(e, "poll");
	tree_set_number(e->t, n, "ticket", c->ticket);
	tree_set_number(e->t, n, "tries", POLLS);
	range_done(e->m, (int)c->ticket, -1);
}

static void emit_flush(struct emit *e, const struct call *c)
{
	if (!e->m->domain[c->domain])
		return;
	tree_set_number(e->t, emit(e, "flush"), "domain", c->domain);
	range_done(e->m, -1, (int)c->domain);
}

static void emit_evict(struct emit *e, const struct call *c)
{
	static const char *const caches[] = { "context", "iotlb", "paging", "device", "every" };
	struct tree_node *n = emit(e, "evict");

	tree_set_string(e->t, n, "cache", caches[c->draw % 5]);
	if (c->draw / 5 % 2)
		tree_set_number(e->t, n, "iova", c->iova);
}

static void emit_resume(struct emit *e, uint32_t unit)
{
	set_unit(e, emit(e, "resume"), unit);
	e->m->asleep[unit] = false;
}

void emit_wake(struct emit *e)
{
	for (uint32_t i = 0; i < e->m->units; i++)
		if (e->m->asleep[i])
			emit_resume(e, i);
}

/* A unit is suspended, or resumes; the machine may have slept so deeply that its registers were reset. */
static void emit_nap(struct emit *e, const struct call *c)
{
	uint32_t unit = c->draw % e->m->units;
	struct tree_node *n;

	if (!e->m->naps)
		return;
	if (!e->m->asleep[unit]) {
		if (unit == 0)
			emit_ats(e, false); /* its driver does so first */
		set_unit(e, emit(e, "suspend"), unit);
		e->m->asleep[unit] = true;
		return;
	}
	if (c->draw / 2 % 2) {
		n = emit(e, "power");
		set_unit(e, n, unit);
		tree_set_string(e->t, n, "state", "reset");
	}
	emit_resume(e, unit);
}

/* Every unit starts, with interrupts remapped when the walk has them. */
void emit_start(struct emit *e)
{
	for (uint32_t i = 0; i < e->m->units; i++) {
		if (e->m->remaps)
			emit_irq_setup(e, i);
		else
			set_unit(e, emit(e, "start"), i);
	}
}

void emit_call(struct emit *e, const struct call *c)
{
	static void (*const verbs[CALLS])(struct emit *, const struct call *) = {
		[CALL_DOMAIN] = emit_domain,    [CALL_DESTROY] = emit_destroy,
		[CALL_ATTACH] = emit_attach,    [CALL_DETACH] = emit_detach,
		[CALL_MAP] = emit_map,          [CALL_UNMAP] = emit_unmap,
		[CALL_UNMAP_LAZY] = emit_unmap, [CALL_FLUSH] = emit_flush,
		[CALL_POLL] = emit_poll,        [CALL_LOOKUP] = emit_lookup,
		[CALL_DMA] = emit_dma,          [CALL_EVICT] = emit_evict,
		[CALL_NAP] = emit_nap,          [CALL_IRQ] = emit_irq,
		[CALL_MSI] = emit_msi
	};

	if (verbs[c->what])
		verbs[c->what](e, c);
	else if (c->what == CALL_ATS)
		emit_ats(e, c->draw % 3 != 0);
	else if (c->what == CALL_DRAIN)
		(void)emit(e, "drain");
	else
		tree_set_number(e->t, emit(e, "advance"), "ns", 1 + c->draw % 20000);
}
