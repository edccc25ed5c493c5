/*
 * Random walks: the reference map, a plain list of what was mapped.
 */
#include <string.h>

#include "walk_own.h"

uint32_t unit_of(const struct model *m, uint32_t dev)
{
	return dev == FAR && m->units == 2;
}

void model_init(struct model *m, const struct walk *w)
{
	memset(m, 0, sizeof(*m));
	m->no_ats = w->no_ats;
	m->units = w->two ? 2 : 1;
	m->remaps = w->irqs;
	m->naps = !w->fault;
	for (uint32_t i = 0; i < DEVICES; i++)
		m->attached[i] = -1;
}

const struct range *range_at(const struct model *m, uint32_t domain, uint64_t iova, bool pending)
{
	for (uint32_t i = 0; i < m->ranges; i++) {
		const struct range *r = m->range + i;

		if (r->domain == domain && r->pending == pending && iova >= r->first &&
		    iova <= r->last)
			return r;
	}
	return NULL;
}

bool touches(const struct model *m, uint32_t domain, uint64_t first, uint64_t last, bool pending)
{
	for (uint32_t i = 0; i < m->ranges; i++) {
		const struct range *r = m->range + i;

		if (r->domain == domain && r->pending == pending && r->first <= last &&
		    r->last >= first)
			return true;
	}
	return false;
}

bool covered(const struct model *m, uint32_t domain, uint64_t first, uint64_t last)
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

bool has_room(const struct model *m)
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
void range_take(struct model *m, const struct call *c, bool lazy)
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
void range_done(struct model *m, int ticket, int domain)
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

bool domain_busy(const struct model *m, uint32_t domain)
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
const char *dma_outcome(const struct model *m, uint32_t dev, uint64_t iova, uint64_t len,
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
