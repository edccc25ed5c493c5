/*
 * Windows: for how long a cache holds what memory no longer says, as it happens and whoever uses it. Each opens with a trace
 * record when memory changes under a cached entry (or a stale entry is filled). A second one tells that a command took the
 * entry away, and the last that the guest has seen that command complete: from then on what the entry led to is free.
 *
 * What is stale is judged as everywhere in the oracle: a final translation by a walk of memory, an entry on the way to it by
 * the word it was read from. A large page is asked for its first and its last 4 KiB. Costs a look at every cached entry for
 * each access, and is done only when asked for (sim_config.windows).
 */
#include <stdlib.h>

#include "oracle.h"

#define WINDOWS 256u /* open at once; further ones are not told */

struct oracle_windows {
	struct sim_cache_line line[WINDOWS];
	bool held[WINDOWS]; /* still cached, and still wrong */
	bool gone[WINDOWS]; /* told to be no longer */
	uint32_t open;
};

/* A walk of memory, by the CPU's view, gives another answer at `iova`, `offset` bytes into the line. */
static bool differs(const struct sim *s, const struct sim_cache_line *line, uint64_t offset)
{
	const struct unit *u = sim_unit(s, line->unit);
	struct sim_xlat now = { 0 };
	const struct sim_request rq = {
		.addr = line->iova + offset,
		.rid = line->rid,
		.unit = (uint8_t)line->unit,
		.access = line->perm & 1 || !line->perm ? SIM_READ : SIM_WRITE,
		.len = 1,
	};

	u->ops->probe(u, &rq, MEM_VIEW_CPU, &now);
	if (now.outcome != SIM_OUTCOME_OK || line->negative)
		return line->negative == (now.outcome == SIM_OUTCOME_OK);
	/* a device may have asked for less than there was */
	return now.pa != line->pa + offset || line->perm & ~now.perm ||
	       (line->cache == SIM_CACHE_IOTLB && now.perm & ~line->perm);
}

/* A cached entry of a device that leads to no table: memory's leads to one. */
static bool leads_by_now(const struct sim *s, const struct sim_cache_line *line)
{
	uint64_t word;

	return mem_read64(&s->mem, MEM_VIEW_CPU, line->entry_pa, &word) &&
	       word & ((UINT64_C(1) << 52) - 1) & ~UINT64_C(0xfff);
}

static bool wrong(const struct sim *s, const struct sim_cache_line *line)
{
	const struct unit *u = sim_unit(s, line->unit);
	uint64_t last = (oracle_line_last(line) - line->iova) & ~UINT64_C(0xfff);

	if (line->cache == SIM_CACHE_CONTEXT && !line->pa && !line->negative)
		return leads_by_now(s, line);
	if (line->cache != SIM_CACHE_IOTLB && line->cache != SIM_CACHE_DEVICE)
		return oracle_line_contradicted(s, line);
	if (!u->ops->translating(u)) /* nobody asks the cache */
		return false;
	return differs(s, line, 0) || (last && differs(s, line, last));
}

static bool same(const struct sim_cache_line *a, const struct sim_cache_line *b)
{
	return a->cache == b->cache && a->unit == b->unit && a->iova == b->iova &&
	       a->level == b->level && a->domain == b->domain && a->pasid == b->pasid &&
	       a->rid == b->rid;
}

static void tell(struct sim *s, enum sim_trace_kind kind, const struct sim_cache_line *line)
{
	bool by_rid = line->cache != SIM_CACHE_PAGING;

	trace(s, kind, line->unit, by_rid ? line->rid : line->domain, (uint8_t)line->cache,
	      line->level, line->iova, line->entry_pa);
}

static void found_wrong(struct sim *s, struct oracle_windows *w, const struct sim_cache_line *line)
{
	for (uint32_t i = 0; i < w->open; i++) {
		if (same(&w->line[i], line)) {
			w->held[i] = true;
			w->gone[i] = false;
			return;
		}
	}
	if (w->open == WINDOWS)
		return;
	w->line[w->open] = *line;
	w->gone[w->open] = false;
	w->held[w->open++] = true;
	tell(s, SIM_TRACE_STALE, line);
}

/* A command took the entry away, and the guest has not seen that complete. */
static bool awaited(const struct oracle *o, const struct sim_cache_line *line)
{
	for (uint32_t i = 0; i < o->gones; i++)
		if (same(&o->gone[i].line, line))
			return true;
	return false;
}

static void close_windows(struct sim *s, struct oracle_windows *w)
{
	uint32_t kept = 0;

	oracle_gone_settle(s->oracle);
	for (uint32_t i = 0; i < w->open; i++) {
		if (!w->held[i] && !awaited(s->oracle, &w->line[i])) {
			tell(s, SIM_TRACE_SAFE, &w->line[i]);
			continue;
		}
		if (!w->held[i] && !w->gone[i])
			tell(s, SIM_TRACE_GONE, &w->line[i]);
		w->line[kept] = w->line[i];
		w->gone[kept] = !w->held[i];
		w->held[kept++] = false;
	}
	w->open = kept;
}

void oracle_windows(struct sim *s)
{
	struct oracle_windows *w = s->oracle->windows;
	struct sim_cache_line line;

	for (uint32_t u = 0; u < s->units; u++) {
		for (uint32_t cache = 0; cache < SIM_CACHES; cache++) {
			uint32_t cursor = 0;

			while (sim_cache_next(s, u, (enum sim_cache)cache, &cursor, &line))
				if (wrong(s, &line))
					found_wrong(s, w, &line);
		}
	}
	close_windows(s, w);
}

struct oracle_windows *oracle_windows_new(void)
{
	return calloc(1, sizeof(struct oracle_windows));
}
