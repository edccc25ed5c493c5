/*
 * Random walks: what is drawn, the calls and the hardware.
 */
#include <inttypes.h>
#include <stdio.h>

#include "schedule.h"
#include "walk_own.h"

#define FAULTS_DRAWN 1024 /* fault_number takes any number */

/* ---- chance ---- */

/* SplitMix64. */
uint64_t roll(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

uint32_t below(struct dice *d, uint32_t n)
{
	return (uint32_t)(roll(d) % n);
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

struct call draw_call(struct dice *d, const struct model *m)
{
	static const uint8_t chance[CALLS] = {
		[CALL_DOMAIN] = 4, [CALL_DESTROY] = 2, [CALL_ATTACH] = 6,     [CALL_DETACH] = 2,
		[CALL_MAP] = 22,   [CALL_UNMAP] = 12,  [CALL_UNMAP_LAZY] = 9, [CALL_FLUSH] = 3,
		[CALL_POLL] = 4,   [CALL_LOOKUP] = 4,  [CALL_DMA] = 34,       [CALL_ATS] = 3,
		[CALL_EVICT] = 3,  [CALL_ADVANCE] = 2, [CALL_DRAIN] = 2,      [CALL_NAP] = 3,
		[CALL_IRQ] = 12,   [CALL_MSI] = 12
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
void draw_hardware(struct dice *d, struct walk *w)
{
	static const char *const flags[] = { "inval-more", "exact-range", "prefetch",
					     "rewalk",     "collapse",    NULL };
	static const char *const vtd[] = { "cm", "rwbf", NULL }, *const amdvi[] = { "npcache",
										    NULL };
	static const char *const publish[] = { "at-once", "at-sync", "random", "overtake" };
	static const char *const delay[] = { "normal", "immediate", "slow", "random", "batched" };
	bool is_vtd = below(d, 2), registers = false;
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
	key_text(w, "delay", delay[below(d, 5)]);
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
		registers = true;
	if (registers)
		key_text(w, "inval", "register");
	if (is_vtd && !below(d, 4))
		key_number(w, "psi", 0);
	if (!below(d, 4))
		key_number(w, "superpages", 0);
	w->two = !below(d, 3);
	w->irqs = !registers && !below(d, 3);
	if (w->irqs) {
		key_number(w, is_vtd ? "ir" : "gasup", 1);
		key_number(w, is_vtd ? "eim" : "xtsup", 1);
	}
	/* keys without a label are of the first unit */
	if (w->irqs && w->two) {
		key_number(w, is_vtd ? "iommu1.ir" : "iommu1.gasup", 1);
		key_number(w, is_vtd ? "iommu1.eim" : "iommu1.xtsup", 1);
	}
	if (w->two && !below(d, 2))
		key_number(w, is_vtd ? "iommu1.cm" : "iommu1.npcache", 1);
	if (!below(d, 3)) {
		w->fault = fault_number(below(d, FAULTS_DRAWN));
		w->skip = below(d, 8) ? below(d, 24) : below(d, 400);
	}
}
