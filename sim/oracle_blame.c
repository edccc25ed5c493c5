/*
 * Which entry to blame, when nothing happened to the one that was found: what led to it, or the device it was filled for.
 */
#include "oracle_inquiry.h"

static bool passes(const struct walk_path *path, uint64_t pa)
{
	for (uint32_t i = 0; i < path->n; i++)
		if (path->pa[i] == pa)
			return true;
	return false;
}

static const char one_id[] =
	"the table is wrong: two devices have one domain id and different tables, "
	"and what was cached for one serves the other";

/* What memory says of the device the line was filled for. */
struct filler {
	struct walk_path path;
	struct sim_xlat x;
};

/* Tagged by domain id alone, and filled for another device than the requester; false: it is not. */
static bool other_filler(struct inquiry *q, const struct sim_cache_line *line,
			 const struct sim_request *rq, struct filler *by)
{
	struct sim_request ask;

	if ((line->cache != SIM_CACHE_PAGING && !line->by_domain_tag) || !line->by_known || !rq ||
	    line->by_rid == rq->rid)
		return false;
	ask = (struct sim_request){ .addr = rq->addr,
				    .rid = line->by_rid,
				    .unit = (uint8_t)line->unit,
				    .access = SIM_READ,
				    .len = 1 };
	oracle_path(q->s, q->s->unit[line->unit], &ask, MEM_VIEW_CPU, &by->path, &by->x);
	return true;
}

/* What is cached of the device the line was filled for, and memory contradicts; false: nothing. */
static bool fillers_context(const struct sim *s, const struct sim_cache_line *line,
			    struct sim_cache_line *out)
{
	uint32_t cursor = 0;

	while (sim_cache_next(s, line->unit, SIM_CACHE_CONTEXT, &cursor, out))
		if (out->rid == line->by_rid)
			return oracle_line_changed(s, out);
	return false;
}

#define ENTRY_WORDS 4u /* of a path: those of the device's own entry, at most */

/* A store took the domain id away from the device before the line was filled, and what was cached of the device gave it. */
static bool store_of_id(struct inquiry *q, const struct filler *by)
{
	for (uint32_t i = 0; i < by->path.n && i < ENTRY_WORDS; i++) {
		const struct journal_word *w = journal_find(&q->s->oracle->journal, by->path.pa[i]);

		if (!w || !journal_kept(w))
			continue;
		inquiry_tell(q, w, journal_kept(w) - 1);
		return true;
	}
	return false;
}

/*
 * The tables of the device it was filled for still say so, while those of this device never did. Either that device had this
 * domain id, and a store took it away: then the entry should have gone; or one id names two tables now, which no invalidation
 * helps for long. False: neither.
 */
static bool blame_foreign(struct inquiry *q, const struct sim_cache_line *line,
			  const struct sim_request *rq)
{
	struct sim_finding *f = q->f;
	struct sim_cache_line context;
	struct filler by;

	if (!other_filler(q, line, rq, &by) || q->domain != line->domain ||
	    passes(&q->path, line->entry_pa) || oracle_line_contradicted(q->s, line) ||
	    !passes(&by.path, line->entry_pa))
		return false;
	if (fillers_context(q->s, line,
			    &context)) { /* it had the id by an entry that memory contradicts */
		f->line = context;
		q->path = by.path;
		inquiry_store_of_line(q);
		return true;
	}
	f->line = *line;
	for (uint32_t i = 0; i < by.path.n; i++)
		if (inquiry_store_after_fill(q, by.path.pa[i], false))
			return true;
	if (by.x.domain != line->domain)
		return store_of_id(q, &by);
	f->cause = SIM_CAUSE_SHARED_ID;
	f->verdict = SIM_VERDICT_TABLE;
	f->why = one_id;
	return true;
}

/* The device it was filled for was in the domain, and a store took it out. */
bool inquiry_store_of_filler(struct inquiry *q, const struct sim_request *rq)
{
	struct filler by;

	if (!other_filler(q, &q->f->line, rq, &by))
		return false;
	for (uint32_t i = 0; i < by.path.n; i++)
		if (inquiry_store_after_fill(q, by.path.pa[i], false))
			return true;
	return by.x.domain != q->f->line.domain && store_of_id(q, &by);
}

/* What the line may have been read by way of: final translations, entries of tables, the entry of the device. */
static bool led_by(struct inquiry *q, const struct sim_cache_line *led,
		   const struct sim_request *rq, const struct sim_cache_line *line)
{
	if (line->cache == SIM_CACHE_CONTEXT)
		return line->rid == rq->rid;
	if (rq->addr < line->iova || rq->addr > oracle_line_last(line))
		return false;
	if (line->cache == SIM_CACHE_IOTLB && !line->by_domain_tag)
		return line->rid == rq->rid;
	return led->cache == SIM_CACHE_DEVICE ? oracle_line_of_domain(q->s, rq, line->domain)
					      : line->domain == led->domain;
}

/*
 * Nothing happened to the line since it was filled: what led there did. `foreign`: it belongs to another device; else a store
 * came after it was filled.
 */
static bool blame_way(struct inquiry *q, const struct sim_request *rq, bool foreign)
{
	static const enum sim_cache ways[] = { SIM_CACHE_IOTLB, SIM_CACHE_PAGING,
					       SIM_CACHE_CONTEXT };
	const struct sim_cache_line led = q->f->line;
	unsigned first = led.cache == SIM_CACHE_DEVICE ? 0 : 1;

	for (unsigned i = first; led.cache != SIM_CACHE_CONTEXT && !led.interrupt && i < 3; i++) {
		struct sim_cache_line line;
		uint32_t cursor = 0;

		while (sim_cache_next(q->s, led.unit, ways[i], &cursor, &line)) {
			if (!led_by(q, &led, rq, &line))
				continue;
			q->f->line = line;
			if (foreign ? blame_foreign(q, &line, rq)
				    : inquiry_store_on_the_way(q, false) ||
					      inquiry_store_of_filler(q, rq))
				return true;
		}
	}
	q->f->line = led;
	return false;
}

/* The store; failing that, the entry that led to the line, and its store. */
void inquiry_store(struct inquiry *q, const struct sim_request *rq)
{
	if (blame_foreign(q, &q->f->line, rq))
		return;
	inquiry_store_of_line(q);
	if (q->f->has_store || inquiry_pointer(q) || !rq || q->f->line.cache == SIM_CACHE_INTERRUPT)
		return;
	(void)(inquiry_store_of_filler(q, rq) || blame_way(q, rq, true) ||
	       blame_way(q, rq, false) || inquiry_store_of_end(q));
}
