/*
 * The reference map: a sorted sequence of ranges, in chunks.
 */
#include <stdlib.h>
#include <string.h>

#include "iommusim/sim.h"

#include "refmap.h"

void refmap_init(struct refmap *m)
{
	memset(m, 0, sizeof(*m));
}

void refmap_destroy(struct refmap *m)
{
	for (uint32_t i = 0; i < m->chunks; i++)
		free(m->chunk[i]);
	while (m->spares)
		free(m->spare[--m->spares]);
	free(m->chunk);
	memset(m, 0, sizeof(*m));
}

/* Memory for the insertions of one operation, so that none of them can fail half way. */
static int reserve(struct refmap *m)
{
	while (m->spares < REF_SPARES) {
		struct ref_chunk *c = calloc(1, sizeof(*c));

		if (!c)
			return SIM_E_NOMEM;
		m->spare[m->spares++] = c;
	}
	if (m->room - m->chunks < REF_SPARES) {
		uint32_t room = 2 * m->room + 8;
		struct ref_chunk **chunk = realloc(m->chunk, room * sizeof(struct ref_chunk *));

		if (!chunk)
			return SIM_E_NOMEM;
		m->chunk = chunk;
		m->room = room;
	}
	return SIM_OK;
}

static struct ref_range *range_at(const struct refmap *m, struct ref_pos p)
{
	return p.chunk < m->chunks ? &m->chunk[p.chunk]->r[p.i] : NULL;
}

static struct ref_pos next_pos(const struct refmap *m, struct ref_pos p)
{
	if (++p.i >= m->chunk[p.chunk]->count)
		p = (struct ref_pos){ p.chunk + 1, 0 };
	return p;
}

/* The first range that ends at `addr` or above. */
static struct ref_pos seek(const struct refmap *m, uint64_t addr)
{
	struct ref_pos p = { 0, 0 };
	uint32_t n;

	for (n = m->chunks; n;) {
		const struct ref_chunk *c = m->chunk[p.chunk + n / 2];

		if (c->r[c->count - 1].last < addr) {
			p.chunk += n / 2 + 1;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	if (p.chunk == m->chunks)
		return p;
	for (n = m->chunk[p.chunk]->count; n;) {
		if (m->chunk[p.chunk]->r[p.i + n / 2].last < addr) {
			p.i += n / 2 + 1;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	return p;
}

static void add_chunk(struct refmap *m, uint32_t at)
{
	struct ref_chunk *c = m->spare[--m->spares];

	c->count = 0;
	memmove(m->chunk + at + 1, m->chunk + at, (m->chunks - at) * sizeof(struct ref_chunk *));
	m->chunk[at] = c;
	m->chunks++;
}

/* Makes room in the full chunk at `p`. Appending opens a new chunk, so that ascending insertions leave full ones. */
static struct ref_pos halve(struct refmap *m, struct ref_pos p)
{
	uint32_t keep = p.i == REF_CHUNK ? REF_CHUNK : REF_CHUNK / 2;
	struct ref_chunk *low, *high;

	add_chunk(m, p.chunk + 1);
	low = m->chunk[p.chunk];
	high = m->chunk[p.chunk + 1];
	memcpy(high->r, low->r + keep, (REF_CHUNK - keep) * sizeof(*high->r));
	high->count = REF_CHUNK - keep;
	low->count = keep;
	if (p.i > keep || keep == REF_CHUNK)
		p = (struct ref_pos){ p.chunk + 1, p.i - keep };
	return p;
}

/* After reserve(); the place is free. */
static void insert(struct refmap *m, const struct ref_range *r)
{
	struct ref_pos p = seek(m, r->first);
	struct ref_chunk *c;

	if (!m->chunks) {
		add_chunk(m, 0);
	} else if (p.chunk == m->chunks) {
		p.chunk--;
		p.i = m->chunk[p.chunk]->count;
	}
	if (m->chunk[p.chunk]->count == REF_CHUNK)
		p = halve(m, p);
	c = m->chunk[p.chunk];
	memmove(c->r + p.i + 1, c->r + p.i, (c->count - p.i) * sizeof(*c->r));
	c->r[p.i] = *r;
	c->count++;
}

/* Returns the position of the range that followed. */
static struct ref_pos erase(struct refmap *m, struct ref_pos p)
{
	struct ref_chunk *c = m->chunk[p.chunk];

	c->count--;
	memmove(c->r + p.i, c->r + p.i + 1, (c->count - p.i) * sizeof(*c->r));
	if (!c->count) {
		m->chunks--;
		memmove(m->chunk + p.chunk, m->chunk + p.chunk + 1,
			(m->chunks - p.chunk) * sizeof(struct ref_chunk *));
		if (m->spares < REF_SPARES)
			m->spare[m->spares++] = c;
		else
			free(c);
		return (struct ref_pos){ p.chunk, 0 };
	}
	return p.i < c->count ? p : (struct ref_pos){ p.chunk + 1, 0 };
}

/* A range that crosses `at` becomes two. */
static void cut(struct refmap *m, uint64_t at)
{
	struct ref_range *r = range_at(m, seek(m, at));
	struct ref_range high;

	if (!r || r->first >= at)
		return;
	high = *r;
	high.first = at;
	high.pa += at - r->first;
	r->last = at - 1;
	insert(m, &high);
}

/* Ranges that meet at `at` and continue each other become one. */
static void join(struct refmap *m, uint64_t at)
{
	struct ref_pos p = seek(m, at);
	struct ref_range *high = range_at(m, p);
	struct ref_range *low;

	if (!at || !high || high->first != at)
		return;
	low = range_at(m, seek(m, at - 1));
	if (low->last != at - 1 || low->perm != high->perm || low->state != high->state ||
	    low->pa + (at - low->first) != high->pa)
		return;
	low->last = high->last;
	erase(m, p);
}

static void cut_ends(struct refmap *m, uint64_t first, uint64_t last)
{
	cut(m, first);
	if (last != UINT64_MAX)
		cut(m, last + 1);
}

static void join_ends(struct refmap *m, uint64_t first, uint64_t last)
{
	join(m, first);
	if (last != UINT64_MAX)
		join(m, last + 1);
}

static bool any_mapped(const struct refmap *m, uint64_t first, uint64_t last)
{
	struct ref_pos p = seek(m, first);
	const struct ref_range *r;

	for (; (r = range_at(m, p)) && r->first <= last; p = next_pos(m, p))
		if (r->state == REF_MAPPED)
			return true;
	return false;
}

/* Removes what is leaving between the cut ends. */
static void erase_leaving(struct refmap *m, uint64_t first, uint64_t last)
{
	struct ref_pos p = seek(m, first);
	const struct ref_range *r;

	while ((r = range_at(m, p)) && r->first <= last)
		p = r->state == REF_LEAVING ? erase(m, p) : next_pos(m, p);
}

int refmap_map(struct refmap *m, const struct ref_range *r)
{
	if (any_mapped(m, r->first, r->last))
		return SIM_E_EXIST;
	if (reserve(m))
		return SIM_E_NOMEM;
	cut_ends(m, r->first, r->last);
	erase_leaving(m, r->first, r->last);
	insert(m, r);
	join_ends(m, r->first, r->last);
	return SIM_OK;
}

int refmap_unmap(struct refmap *m, uint64_t first, uint64_t last)
{
	struct ref_pos p;
	struct ref_range *r;

	if (reserve(m))
		return SIM_E_NOMEM;
	cut_ends(m, first, last);
	for (p = seek(m, first); (r = range_at(m, p)) && r->first <= last; p = next_pos(m, p))
		r->state = REF_LEAVING;
	join_ends(m, first, last);
	return SIM_OK;
}

int refmap_quiesce(struct refmap *m, uint64_t first, uint64_t last)
{
	if (reserve(m))
		return SIM_E_NOMEM;
	cut_ends(m, first, last);
	erase_leaving(m, first, last);
	join_ends(m, first, last);
	return SIM_OK;
}

const struct ref_range *refmap_find(const struct refmap *m, uint64_t addr)
{
	const struct ref_range *r = range_at(m, seek(m, addr));

	return r && r->first <= addr ? r : NULL;
}

const struct ref_range *refmap_next(const struct refmap *m, struct ref_pos *pos)
{
	const struct ref_range *r = range_at(m, *pos);

	if (r)
		*pos = next_pos(m, *pos);
	return r;
}

const struct ref_range *refmap_leading_to(const struct refmap *m, uint64_t first, uint64_t last,
					  int state)
{
	struct ref_pos p = { 0, 0 };
	const struct ref_range *r;

	while ((r = refmap_next(m, &p)))
		if ((state < 0 || r->state == state) && r->pa <= last &&
		    r->pa + (r->last - r->first) >= first)
			return r;
	return NULL;
}
