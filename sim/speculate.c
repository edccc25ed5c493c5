/*
 * Policy speculate: units translate ahead of use, at moments of their own.
 *
 * What is looked ahead for lies near what some device asked for lately, whether or not it still has it mapped: the pages
 * beside it, and now and then the page again. Only what the tables hold at that moment is kept, and only for a device whose
 * tables the unit knows already; nothing is told when there is nothing. So a page may come back into a cache between the
 * store that unmaps it and the invalidation, and one that no device ever touched may be there.
 */
#include "machine.h"

#define PAGE UINT64_C(4096)
#define REACH 4u   /* pages to either side */
#define MOMENTS 2u /* one access of the guest in so many */

void speculate_note(struct unit *u, const struct sim_request *rq)
{
	unsigned i = u->recents++ % UNIT_RECENT;

	u->recent[i].addr = rq->addr;
	u->recent[i].rid = rq->rid;
}

static void look_ahead(struct unit *u, struct rng *rng)
{
	unsigned n = u->recents < UNIT_RECENT ? u->recents : UNIT_RECENT, i;
	uint64_t page, pages = rng_below(rng, 2 * REACH + 1);

	if (!n || !u->ops->speculate || u->gone)
		return;
	i = rng_below(rng, n);
	page = u->recent[i].addr / PAGE + pages;
	if (page < REACH || page - REACH > UINT64_MAX / PAGE)
		return;
	for (unsigned c = 0; c < SIM_CACHE_DEVICE; c++)
		u->cache[c].filler = 0; /* no request is to blame */
	u->ops->speculate(u, u->recent[i].rid, (page - REACH) * PAGE);
}

void speculate(struct sim *s)
{
	if (s->units && !rng_below(&s->ahead, MOMENTS))
		look_ahead(s->unit[rng_below(&s->ahead, s->units)], &s->ahead);
}
