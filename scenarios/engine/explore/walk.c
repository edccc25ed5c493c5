/*
 * Random walks: drawing the calls, and the reference map that says what has to come of each.
 */
#include "walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "tree.h"

#define PAGE UINT64_C(4096)
#define CALLS_MIN 30
#define CALLS_MORE 60
#define DOMAINS 3
#define DEVICES 3
#define DISK 2 /* the device with a TLB of its own */
#define TICKETS 6
#define POLLS 100000
#define EARLY 3 /* yield points that each map and unmap has */

enum what {
	CALL_DOMAIN,
	CALL_DESTROY,
	CALL_ATTACH,
	CALL_DETACH,
	CALL_MAP,
	CALL_UNMAP,
	CALL_UNMAP_LAZY,
	CALL_FLUSH,
	CALL_POLL,
	CALL_LOOKUP,
	CALL_DMA,
	CALL_ATS,
	CALL_EVICT,
	CALL_ADVANCE,
	CALL_DRAIN,
	CALLS
};

struct call {
	enum what what;
	uint32_t domain, dev, ticket;
	uint64_t iova, size, pa;
	uint32_t perm; /* of a map; of a DMA: 1 reads, 2 writes */
	uint32_t at;   /* yield point at which a device reads `other`; 0: none */
	uint32_t other_dev;
	uint64_t other;
	uint32_t draw; /* for the rest */
};

struct key {
	char name[16], text[16];
	uint32_t number;
	bool is_text;
};

#define KEYS 20

struct walk {
	struct key key[KEYS];
	uint32_t keys, calls;
	bool no_ats; /* the unit has no device TLBs */
	uint64_t seed;
	struct call call[CALLS_MIN + CALLS_MORE];
};

/* ---- chance ---- */

struct dice {
	uint64_t state;
};

/* SplitMix64. */
static uint64_t roll(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static uint32_t below(struct dice *d, uint32_t n)
{
	return (uint32_t)(roll(d) % n);
}

/* ---- the reference map ---- */

struct range {
	uint32_t domain;
	uint64_t first, last, pa;
	uint32_t perm;
	bool pending; /* unmapped with a ticket */
	uint32_t ticket;
};

#define RANGES 256

struct model {
	struct range range[RANGES];
	uint32_t ranges;
	bool domain[DOMAINS];
	int attached[DEVICES]; /* domain, -1: none */
	bool ats_on, no_ats;   /* the disk's */
	bool ticket[TICKETS];
};

static void model_init(struct model *m, const struct walk *w)
{
	memset(m, 0, sizeof(*m));
	m->no_ats = w->no_ats;
	for (uint32_t i = 0; i < DEVICES; i++)
		m->attached[i] = -1;
}

static const struct range *range_at(const struct model *m, uint32_t domain, uint64_t iova,
				    bool pending)
{
	for (uint32_t i = 0; i < m->ranges; i++) {
		const struct range *r = m->range + i;

		if (r->domain == domain && r->pending == pending && iova >= r->first &&
		    iova <= r->last)
			return r;
	}
	return NULL;
}

static bool touches(const struct model *m, uint32_t domain, uint64_t first, uint64_t last,
		    bool pending)
{
	for (uint32_t i = 0; i < m->ranges; i++) {
		const struct range *r = m->range + i;

		if (r->domain == domain && r->pending == pending && r->first <= last &&
		    r->last >= first)
			return true;
	}
	return false;
}

static bool covered(const struct model *m, uint32_t domain, uint64_t first, uint64_t last)
{
	while (true) {
		const struct range *r = range_at(m, domain, first, false);

		if (!r)
			return false;
		if (r->last >= last)
			return true;
		first = r->last + 1;
	}
}

static bool has_room(const struct model *m)
{
	return m->ranges + 4 < RANGES;
}

static void range_cut(struct model *m, uint32_t i, uint64_t at)
{
	struct range *r = m->range + i, *rest = m->range + m->ranges;

	if (at <= r->first || at > r->last || m->ranges == RANGES)
		return;
	*rest = *r;
	rest->first = at;
	rest->pa = r->pa + (at - r->first);
	r->last = at - 1;
	m->ranges++;
}

/* Takes the mapped ranges in [first, last] away, or makes them pending. */
static void range_take(struct model *m, const struct call *c, bool lazy)
{
	uint64_t first = c->iova, last = c->iova + c->size - 1;

	for (uint32_t i = 0; i < m->ranges; i++) {
		struct range *r = m->range + i;

		if (r->domain != c->domain || r->pending || r->first > last || r->last < first)
			continue;
		range_cut(m, i, first);
		if (r->last < first)
			continue; /* the part behind comes later */
		range_cut(m, i, last + 1);
		if (lazy) {
			r->pending = true;
			r->ticket = c->ticket;
		} else {
			m->range[i--] = m->range[--m->ranges];
		}
	}
}

/* Pending ranges of a ticket, or of a whole domain, are gone. */
static void range_done(struct model *m, int ticket, int domain)
{
	for (uint32_t i = 0; i < m->ranges; i++) {
		const struct range *r = m->range + i;

		if (!r->pending || (ticket >= 0 && r->ticket != (uint32_t)ticket) ||
		    (domain >= 0 && r->domain != (uint32_t)domain))
			continue;
		m->ticket[r->ticket] = false;
		m->range[i--] = m->range[--m->ranges];
	}
}

static bool domain_busy(const struct model *m, uint32_t domain)
{
	for (uint32_t i = 0; i < DEVICES; i++)
		if (m->attached[i] == (int)domain)
			return true;
	for (uint32_t i = 0; i < m->ranges; i++)
		if (m->range[i].domain == domain && m->range[i].pending)
			return true;
	return false;
}

/* What has to come of a DMA: "ok", "fault" or "either"; *pa of the first byte. */
static const char *dma_outcome(const struct model *m, uint32_t dev, uint64_t iova, uint64_t len,
			       uint32_t perm, uint64_t *pa)
{
	bool open = false;

	*pa = 0;
	if (m->attached[dev] < 0)
		return "fault";
	for (uint64_t at = iova; at < iova + len; at = (at & ~(PAGE - 1)) + PAGE) {
		const struct range *r = range_at(m, (uint32_t)m->attached[dev], at, false);

		if (r && at == iova)
			*pa = r->pa + (at - r->first);
		if (r && (r->perm & perm) == perm)
			continue;
		if (r || !range_at(m, (uint32_t)m->attached[dev], at, true))
			return open ? "either" : "fault";
		open = true;
	}
	return open ? "either" : "ok";
}

/* ---- drawing ---- */

static const uint64_t places[] = { 0x0,        0x200000,   0x3ff000,     0x40000000,
				   0x7fffe000, 0x80000000, 0x3fc0000000, 0x7fffe00000 };

static const uint64_t sizes[] = { 1, 1, 1, 2, 3, 8, 511, 512, 512, 513, 1024, 1025 };

static uint64_t draw_iova(struct dice *d)
{
	uint64_t at = places[below(d, 8)];

	switch (below(d, 4)) {
	case 0:
		return at;
	case 1:
		return at + below(d, 4) * PAGE;
	case 2:
		return at + (uint64_t)below(d, 3) * 512 * PAGE;
	default:
		return at + below(d, 1024) * PAGE;
	}
}

/* Often at the same offset within 2 MiB as the address, so that large pages fit. */
static uint64_t draw_pa(struct dice *d, uint64_t iova)
{
	uint64_t pa = UINT64_C(0x1000000) + (uint64_t)below(d, 256) * 512 * PAGE;

	return pa + (below(d, 3) ? iova % (512 * PAGE) : below(d, 512) * PAGE);
}

/* Some mapped range of some domain, or of `domain` when that is below DOMAINS. */
static const struct range *draw_range(struct dice *d, const struct model *m, uint32_t domain)
{
	uint32_t start = m->ranges ? below(d, m->ranges) : 0;

	for (uint32_t i = 0; i < m->ranges; i++) {
		const struct range *r = m->range + (start + i) % m->ranges;

		if (!r->pending && (domain >= DOMAINS || r->domain == domain))
			return r;
	}
	return NULL;
}

static void draw_unmap(struct dice *d, const struct model *m, struct call *c)
{
	const struct range *r = draw_range(d, m, DOMAINS);
	uint64_t pages;

	if (!r || below(d, 10) == 0)
		return; /* as drawn: mostly a hole */
	pages = (r->last - r->first + 1) / PAGE;
	c->domain = r->domain;
	c->iova = r->first;
	c->size = pages * PAGE;
	if (below(d, 2) == 0)
		return;
	c->iova += roll(d) % pages * PAGE;
	c->size = (1 + roll(d) % ((r->last + 1 - c->iova) / PAGE)) * PAGE;
}

static void draw_target(struct dice *d, const struct model *m, uint32_t dev, uint64_t *iova)
{
	const struct range *r = NULL;

	*iova = draw_iova(d);
	if (m->attached[dev] >= 0 && below(d, 8))
		r = draw_range(d, m, (uint32_t)m->attached[dev]);
	if (m->ranges && !below(d, 4))
		r = m->range + below(d, m->ranges); /* another domain's, or one that is going */
	if (r)
		*iova = r->first +
			(below(d, 2) ? 0 : roll(d) % ((r->last + 1 - r->first) / PAGE) * PAGE);
}

static struct call draw_call(struct dice *d, const struct model *m)
{
	static const uint8_t chance[CALLS] = {
		[CALL_DOMAIN] = 4, [CALL_DESTROY] = 2, [CALL_ATTACH] = 6,     [CALL_DETACH] = 2,
		[CALL_MAP] = 22,   [CALL_UNMAP] = 12,  [CALL_UNMAP_LAZY] = 9, [CALL_FLUSH] = 3,
		[CALL_POLL] = 4,   [CALL_LOOKUP] = 4,  [CALL_DMA] = 34,       [CALL_ATS] = 3,
		[CALL_EVICT] = 3,  [CALL_ADVANCE] = 2, [CALL_DRAIN] = 2
	};
	struct call c = { .draw = (uint32_t)roll(d) };
	uint32_t total = 0, at;

	for (uint32_t i = 0; i < CALLS; i++)
		total += chance[i];
	at = below(d, total);
	while (at >= chance[c.what])
		at -= chance[c.what++];
	c.domain = below(d, DOMAINS);
	c.dev = below(d, DEVICES);
	c.ticket = below(d, TICKETS);
	c.iova = draw_iova(d);
	c.size = sizes[below(d, 12)] * PAGE;
	c.pa = draw_pa(d, c.iova);
	c.perm = 1 + (below(d, 3) ? 2 : below(d, 2));
	if (c.what == CALL_UNMAP || c.what == CALL_UNMAP_LAZY)
		draw_unmap(d, m, &c);
	if (c.what == CALL_DMA) {
		draw_target(d, m, c.dev, &c.iova);
		c.perm = 1 + below(d, 2);
		c.iova += below(d, 4) ? below(d, 512) * 8 : 0;
		c.size = below(d, 4) ? 8 : 8 + below(d, 1200) * 8;
	}
	c.other_dev = below(d, DEVICES);
	draw_target(d, m, c.other_dev, &c.other);
	if (!below(d, 3))
		c.other = c.iova + roll(d) % (c.size / PAGE + 1) * PAGE;
	c.at = below(d, 3) ? 0 : 1 + below(d, EARLY);
	return c;
}

/* ---- the hardware ---- */

static void key_text(struct walk *w, const char *name, const char *text)
{
	struct key *k = w->key + w->keys++;

	snprintf(k->name, sizeof(k->name), "%s", name);
	snprintf(k->text, sizeof(k->text), "%s", text);
	k->is_text = true;
}

static void key_number(struct walk *w, const char *name, uint32_t number)
{
	struct key *k = w->key + w->keys++;

	snprintf(k->name, sizeof(k->name), "%s", name);
	k->number = number;
}

static void draw_flags(struct dice *d, struct walk *w, const char *const *names)
{
	for (; *names; names++)
		if (!below(d, 3))
			key_number(w, *names, 1);
}

/* Everything that an architecture leaves to the hardware, and some of its capabilities. */
static void draw_hardware(struct dice *d, struct walk *w)
{
	static const char *const flags[] = { "inval-more", "exact-range", "prefetch",
					     "rewalk",     "collapse",    NULL };
	static const char *const vtd[] = { "cm", "rwbf", NULL }, *const amdvi[] = { "npcache",
										    NULL };
	static const char *const publish[] = { "at-once", "at-sync", "random", "overtake" };
	static const char *const delay[] = { "normal", "immediate", "slow" };
	bool is_vtd = below(d, 2);
	char cache[16];

	key_text(w, "machine", is_vtd ? "vtd" : "amdvi");
	switch (below(d, 4)) {
	case 0:
		key_text(w, "cache", "keep-none");
		break;
	case 1:
		snprintf(cache, sizeof(cache), "lru-%" PRIu32, 1 + below(d, 8));
		key_text(w, "cache", cache);
		break;
	case 2:
		snprintf(cache, sizeof(cache), "random-%" PRIu32, 1 + below(d, 8));
		key_text(w, "cache", cache);
		break;
	default:
		break;
	}
	key_text(w, "delay", delay[below(d, 3)]);
	if (!below(d, 2)) {
		/* tables that are not snooped, and when a store reaches them */
		key_number(w, is_vtd ? "c" : "unsnooped", !is_vtd);
		key_text(w, "publish", publish[below(d, 4)]);
	}
	if (below(d, 2))
		key_text(w, "order", "any");
	draw_flags(d, w, flags);
	draw_flags(d, w, is_vtd ? vtd : amdvi);
	w->no_ats = is_vtd && below(d, 2);
	if (is_vtd && !w->no_ats)
		key_number(w, "dt", 1);
	else if (is_vtd && below(d, 2))
		key_text(w, "inval", "register");
	if (is_vtd && !below(d, 4))
		key_number(w, "psi", 0);
	if (!below(d, 4))
		key_number(w, "superpages", 0);
}

/* ---- a call as a step ---- */

static const char *const perm_names[] = { "none", "r", "w", "rw" };

struct emit {
	struct tree *t;
	struct tree_node *steps;
	struct model *m;
	uint32_t number;
};

static uint32_t device_handle(uint32_t dev)
{
	return 10 + dev;
}

static struct tree_node *emit(struct emit *e, const char *verb)
{
	struct tree_node *n;
	char name[40];

	snprintf(name, sizeof(name), "s%" PRIu32 "-%s", ++e->number, verb);
	n = tree_add(e->t, e->steps, name);
	tree_set_string(e->t, n, "do", verb);
	return n;
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

	if (!c->at)
		return;
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

	if (e->m->ats_on == on || (on && (e->m->attached[DISK] < 0 || e->m->no_ats)))
		return;
	n = emit(e, "ats");
	tree_set_number(e->t, n, "dev", device_handle(DISK));
	tree_set_string(e->t, n, "state", on ? "on" : "off");
	e->m->ats_on = on;
}

static void emit_attach(struct emit *e, const struct call *c)
{
	struct tree_node *n;

	if (!e->m->domain[c->domain])
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
	if (e->m->domain[c->domain])
		return;
	tree_set_number(e->t, emit(e, "domain"), "domain", c->domain);
	e->m->domain[c->domain] = true;
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
	struct tree_node *n = emit(e, c->perm == 1 ? "read" : "write");

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

static void emit_call(struct emit *e, const struct call *c)
{
	static void (*const verbs[CALLS])(struct emit *, const struct call *) = {
		[CALL_DOMAIN] = emit_domain,    [CALL_DESTROY] = emit_destroy,
		[CALL_ATTACH] = emit_attach,    [CALL_DETACH] = emit_detach,
		[CALL_MAP] = emit_map,          [CALL_UNMAP] = emit_unmap,
		[CALL_UNMAP_LAZY] = emit_unmap, [CALL_FLUSH] = emit_flush,
		[CALL_POLL] = emit_poll,        [CALL_LOOKUP] = emit_lookup,
		[CALL_DMA] = emit_dma,          [CALL_EVICT] = emit_evict
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

/* ---- the scenario ---- */

static void machine_unit_node(struct tree *t, struct tree_node *machine)
{
	static const uint32_t reg[] = { 0, 0xfed90000, 0, 0x4000 };
	struct tree_node *n = tree_add(t, machine, "iommu@fed90000");

	tree_set_string(t, n, "compatible", "intel,vtd");
	tree_append_string(t, n, "compatible", "amd,iommu");
	tree_set_cells(t, n, "reg", reg, 4);
	tree_set_number(t, n, "#iommu-cells", 1);
	tree_set_string(t, n, "label", "iommu");
	tree_refer(t, n, 1);
}

static void machine_devices(struct tree *t, struct tree_node *machine)
{
	static const char *const names[DEVICES] = { "nic@1,0", "nic2@2,0", "disk@3,0" };
	static const uint32_t ids[DEVICES] = { 0x000800, 0x001000, 0x011800 };
	static const uint32_t map[] = { 0, 1, 0, 0x10000 };
	struct tree_node *pci = tree_add(t, machine, "pci");

	tree_set_string(t, pci, "compatible", "pci-host-ecam-generic");
	tree_set_string(t, pci, "device_type", "pci");
	tree_set_number(t, pci, "#address-cells", 3);
	tree_set_number(t, pci, "#size-cells", 2);
	tree_set_cells(t, pci, "iommu-map", map, 4);
	for (uint32_t i = 0; i < DEVICES; i++) {
		const uint32_t reg[] = { ids[i], 0, 0, 0, 0 };
		struct tree_node *n = tree_add(t, pci, names[i]);

		tree_set_cells(t, n, "reg", reg, 5);
		if (i == DISK)
			tree_set_flag(t, n, "ats");
		tree_refer(t, n, device_handle(i));
	}
}

static void machine_tree(struct tree *t)
{
	static const uint32_t ram[] = { 0, 0, 0, 0x40000000 };
	struct tree_node *machine = tree_add(t, tree_root(t), "machine");
	struct tree_node *memory = tree_add(t, machine, "memory@0");

	tree_set_number(t, machine, "#address-cells", 2);
	tree_set_number(t, machine, "#size-cells", 2);
	tree_set_string(t, memory, "device_type", "memory");
	tree_set_cells(t, memory, "reg", ram, 4);
	machine_unit_node(t, machine);
	machine_devices(t, machine);
}

struct dts *walk_tree(const struct walk *w, const bool *keep, const char *title)
{
	struct tree *t = tree_new(NULL);
	struct tree_node *policy;
	struct model m;
	struct emit e = { .t = t, .m = &m };
	struct dts *d;

	model_init(&m, w);
	tree_set_string(t, tree_root(t), "title", title);
	tree_set_string(t, tree_root(t), "spec", "a random walk over the driver's calls");
	tree_set_number(t, tree_root(t), "seed", w->seed);
	machine_tree(t);
	policy = tree_add(t, tree_root(t), "vary");
	for (uint32_t i = 0; i < w->keys; i++) {
		if (w->key[i].is_text)
			tree_set_string(t, policy, w->key[i].name, w->key[i].text);
		else
			tree_set_number(t, policy, w->key[i].name, w->key[i].number);
	}
	e.steps = tree_add(t, tree_root(t), "steps");
	(void)emit(&e, "start");
	for (uint32_t i = 0; i < w->calls; i++)
		if (!keep || keep[i])
			emit_call(&e, w->call + i);
	tree_set_flag(t, emit(&e, "works"), "unbroken");
	(void)emit(&e, "take-down");
	d = tree_dts(t);
	tree_free(t);
	return d;
}

/* The calls are drawn with the reference map of those before them, so that most of them mean something. */
struct walk *walk_new(uint64_t seed, uint64_t n)
{
	struct walk *w = cli_alloc(1, sizeof(*w));
	struct dice d = { seed };
	struct model m;
	struct emit e = { .m = &m };

	d.state = roll(&d) ^ n * UINT64_C(0xD1342543DE82EF95);
	w->seed = roll(&d) >> 32;
	draw_hardware(&d, w);
	model_init(&m, w);
	w->calls = CALLS_MIN + below(&d, CALLS_MORE);
	w->call[0] = (struct call){ .what = CALL_DOMAIN };
	w->call[1] = (struct call){ .what = CALL_ATTACH };
	for (uint32_t i = 0; i < w->calls; i++) {
		struct tree *scratch = tree_new(NULL);

		e.t = scratch;
		e.steps = tree_root(scratch);
		if (i >= 2)
			w->call[i] = draw_call(&d, &m);
		emit_call(&e, w->call + i);
		tree_free(scratch);
	}
	return w;
}

void walk_free(struct walk *w)
{
	free(w);
}

uint32_t walk_calls(const struct walk *w)
{
	return w->calls;
}
