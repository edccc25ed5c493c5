/*
 * Why: the store that made memory differ from what a cache holds, the invalidation that would have removed the entry, the
 * nearest one that was issued, and what it lacked. Runs once for each finding that is kept.
 */
#include "oracle.h"

/* Ranges further away than this were meant for something else, unless the address was cut to 32 bits. */
#define NEAR_PAGES 512u

struct inquiry {
	struct sim *s;
	struct sim_finding *f;
	struct walk_path path; /* of memory as the CPU sees it */
	bool asked;            /* path is there */
	uint32_t domain;       /* that memory gives the requester */
	uint64_t order;        /* of the store; 0: not known */
	uint64_t
		before; /* order of the store to the same word before it: older commands meant another mapping */
};

void oracle_path(struct sim *s, const struct unit *u, const struct sim_request *rq,
		 enum mem_view view, struct walk_path *path, struct sim_xlat *now)
{
	bool slow = s->bus_slow;

	*path = (struct walk_path){ .n = 0 };
	s->path = path;
	s->bus_slow = true; /* every read passes where the path is noted */
	u->ops->probe(u, rq, view, now);
	s->bus_slow = slow;
	s->path = NULL;
}

/* ---- the store ---- */

static void tell_store(struct inquiry *q, const struct journal_word *w, uint32_t i)
{
	const struct journal_store *store = journal_at(w, i);

	q->f->has_store = true;
	q->f->store = (struct sim_store){
		.pa = w->pa,
		.time_ns = store->time_ns,
		.old = store->old,
		.now = store->now,
		.master = store->master,
		.later = journal_kept(w) - 1 - i,
	};
	q->order = store->order;
	q->before = i ? journal_at(w, i - 1)->order : 0;
}

/*
 * No time passes between a DMA and a store at the same moment. What the entry held before tells their order; of any other
 * word it is not known, and such a store is taken (`ties`) only when no other explains the line.
 */
static bool came_after(const struct sim_cache_line *line, uint64_t pa,
		       const struct journal_store *store, bool ties)
{
	if (store->time_ns != line->filled_ns)
		return store->time_ns > line->filled_ns;
	if (pa == line->entry_pa)
		return oracle_line_agrees(line, store->old) &&
		       !oracle_line_agrees(line, store->now);
	return ties;
}

/* The first store to the word after the line was filled. */
static bool store_after_fill(struct inquiry *q, uint64_t pa, bool ties)
{
	const struct journal_word *w = journal_find(&q->s->oracle->journal, pa);

	for (uint32_t i = 0; w && i < journal_kept(w); i++) {
		if (!came_after(&q->f->line, pa, journal_at(w, i), ties))
			continue;
		tell_store(q, w, i);
		return true;
	}
	return false;
}

/* The line was filled again after the store: the newest that took away what it holds. */
static bool store_before_fill(struct inquiry *q, uint64_t pa)
{
	const struct journal_word *w = journal_find(&q->s->oracle->journal, pa);

	for (uint32_t i = w ? journal_kept(w) : 0; i > 0; i--) {
		const struct journal_store *store = journal_at(w, i - 1);

		if (oracle_line_agrees(&q->f->line, store->now) ||
		    !oracle_line_agrees(&q->f->line, store->old))
			continue;
		tell_store(q, w, i - 1);
		return true;
	}
	return false;
}

/* Context entries and interrupt entries have two words, but for interrupt entries of 32 bits. */
static bool has_second_half(const struct sim_cache_line *line)
{
	bool narrow = !(uint32_t)line->word_mask || !(line->word_mask >> 32);

	return line->cache == SIM_CACHE_CONTEXT || (line->cache == SIM_CACHE_INTERRUPT && !narrow);
}

/* The entry itself, its second half, then the words a walk reads now, the last first. */
static bool store_on_the_way(struct inquiry *q, bool ties)
{
	uint64_t entry = q->f->line.entry_pa;

	if (entry && store_after_fill(q, entry, ties))
		return true;
	if (entry && has_second_half(&q->f->line) && store_after_fill(q, entry + 8, ties))
		return true;
	for (uint32_t i = q->path.n; i > 0; i--)
		if (store_after_fill(q, q->path.pa[i - 1], ties))
			return true;
	return false;
}

static void store_of_line(struct inquiry *q)
{
	uint64_t entry = q->f->line.entry_pa;

	if (store_on_the_way(q, false) || (entry && store_before_fill(q, entry)) ||
	    (q->path.n && store_before_fill(q, q->path.pa[q->path.n - 1])))
		return;
	store_on_the_way(q, true);
}

/* The first word that the walk and the CPU see differently; failing that the last one read, whoever wrote it. */
static void store_unseen(struct inquiry *q, const struct sim_request *rq)
{
	const struct unit *u = q->s->unit[rq->unit];
	struct walk_path seen;
	struct sim_xlat x = { 0 };
	const struct journal_word *w;
	uint32_t i = 0;

	oracle_path(q->s, u, rq, u->view, &seen, &x);
	while (i < q->path.n && i < seen.n && q->path.pa[i] == seen.pa[i] &&
	       q->path.word[i] == seen.word[i])
		i++;
	if (i == q->path.n || i == seen.n || q->path.pa[i] != seen.pa[i])
		return;
	q->f->has_entry = true;
	q->f->entry_pa = q->path.pa[i];
	q->f->entry = q->path.word[i];
	w = journal_find(&q->s->oracle->journal, q->path.pa[i]);
	if (w)
		tell_store(q, w, journal_kept(w) - 1);
}

/* Whoever wrote the entry memory ends at. */
static void store_of_table(struct inquiry *q)
{
	const struct journal_word *w =
		q->f->has_entry ? journal_find(&q->s->oracle->journal, q->f->entry_pa) : NULL;

	if (w)
		tell_store(q, w, journal_kept(w) - 1);
}

/* ---- commands against a line ---- */

/* How far a command's range is from the line, in pages; 0: it touches it. */
static uint64_t distance(const struct sim_invalidation *c, const struct sim_cache_line *line)
{
	if (c->last < line->iova)
		return (line->iova - c->last + 0xfff) >> 12;
	if (c->first > oracle_line_last(line))
		return (c->first - oracle_line_last(line) + 0xfff) >> 12;
	return 0;
}

/* The range would do if the addresses had been kept whole. */
static bool cut(const struct sim_invalidation *c, const struct sim_cache_line *line)
{
	return (uint32_t)c->first <= (uint32_t)line->iova &&
	       (uint32_t)line->iova <= (uint32_t)c->last;
}

/*
 * A range of 4 GiB or more begins at a multiple of its size. One that begins so and is short would hold the entry if its size
 * had not been cut to 32 bits.
 */
static bool size_cut(const struct sim_invalidation *c, const struct sim_cache_line *line)
{
	uint64_t size = c->first & (~c->first + 1);

	return size > UINT32_MAX && c->last - c->first < UINT32_MAX && line->iova > c->last &&
	       line->iova - c->first < size;
}

/* NONE: the range removes the line; NOT_ISSUED: it was meant for something else. */
static enum sim_cause range_of(const struct sim_invalidation *c, const struct sim_cache_line *line)
{
	uint64_t away;

	if (!c->by_range)
		return SIM_CAUSE_NONE;
	if (c->by_index != line->interrupt)
		return SIM_CAUSE_NOT_ISSUED;
	away = distance(c, line);
	if (away > NEAR_PAGES && size_cut(c, line))
		return SIM_CAUSE_SIZE_CUT;
	if (away)
		return away <= NEAR_PAGES || cut(c, line) ? SIM_CAUSE_SHORT : SIM_CAUSE_NOT_ISSUED;
	/* A table entry goes with any page below it; a page may stay where only one that lies in the range has to go. */
	if (line->cache == SIM_CACHE_IOTLB && !c->takes_cut &&
	    (c->first > line->iova || c->last < oracle_line_last(line)))
		return SIM_CAUSE_SMALL;
	return SIM_CAUSE_NONE;
}

static enum sim_cause tags_of(const struct sim_invalidation *c, const struct sim_cache_line *line)
{
	if (c->by_domain && c->domain != line->domain)
		return SIM_CAUSE_OTHER_DOMAIN;
	if (c->by_device && (c->rid ^ line->rid) & ~(unsigned)c->rid_mask)
		return SIM_CAUSE_OTHER_DEVICE;
	return SIM_CAUSE_NONE;
}

static bool looks_into(const struct sim_invalidation *c, const struct sim_cache_line *line)
{
	if (line->cache == SIM_CACHE_INTERRUPT &&
	    (line->interrupt ? c->entries_stay : c->entries_only))
		return false;
	return c->caches >> line->cache & 1;
}

/* What a command lacks to remove the line: NONE: nothing; NOT_ISSUED: it was meant for something else. */
static enum sim_cause lacks(const struct sim_invalidation *c, const struct sim_cache_line *line)
{
	bool hint = line->cache == SIM_CACHE_PAGING && c->leaf_only;
	enum sim_cause range = range_of(c, line), tags = tags_of(c, line);

	if (!c->caches)
		return SIM_CAUSE_NOT_ISSUED;
	if (!looks_into(c, line) && !hint) {
		if (tags == SIM_CAUSE_OTHER_DOMAIN && line->cache != SIM_CACHE_DEVICE)
			return SIM_CAUSE_NOT_ISSUED;
		return range == SIM_CAUSE_NONE || range == SIM_CAUSE_SMALL ? SIM_CAUSE_OTHER_CACHE
									   : SIM_CAUSE_NOT_ISSUED;
	}
	if (tags)
		return range == SIM_CAUSE_NONE || range == SIM_CAUSE_SMALL ? tags
									   : SIM_CAUSE_NOT_ISSUED;
	return range ? range : hint ? SIM_CAUSE_HINT : SIM_CAUSE_NONE;
}

bool oracle_removes_line(const struct oracle *o, const struct sim_cache_line *line)
{
	const struct oracle_log *log = o->log[line->unit];
	const struct oracle_command *c;

	for (uint64_t n = log ? log->observed : 0;
	     (c = oracle_command_get(o, line->unit, n)) != NULL; n--)
		if (c->cmd.state == SIM_COMMAND_EXECUTED && c->cmd.executed_ns > line->filled_ns &&
		    lacks(&c->cmd, line) == SIM_CAUSE_NONE)
			return true;
	return false;
}

static bool is_before(const struct inquiry *q, const struct oracle_command *c)
{
	return q->order ? c->order < q->order : c->cmd.issued_ns < q->f->line.filled_ns;
}

/*
 * Before the store, only one that named the entry and had something to remove was given for it: not the flush of everything
 * at the start, nor one that caching mode asks for after a mapping was made.
 */
static bool meant(const struct inquiry *q, const struct oracle_command *c)
{
	bool names = c->cmd.by_domain || c->cmd.by_device || c->cmd.by_range;

	return names && (c->removed || q->f->line.cache == SIM_CACHE_DEVICE);
}

/* One that lacks nothing, and the line is there all the same. */
static enum sim_cause in_spite_of(const struct inquiry *q, const struct oracle_command *c)
{
	if (is_before(q, c))
		return meant(q, c) ? SIM_CAUSE_BEFORE_STORE : SIM_CAUSE_NOT_ISSUED;
	switch (c->cmd.state) {
	case SIM_COMMAND_ISSUED:
		return SIM_CAUSE_PENDING;
	case SIM_COMMAND_LOST:
		return SIM_CAUSE_LOST;
	case SIM_COMMAND_DROPPED:
		return SIM_CAUSE_DROPPED;
	case SIM_COMMAND_EXECUTED:
		break;
	}
	return SIM_CAUSE_REFILLED;
}

/* The higher, the nearer the command came. */
static const uint8_t rank[SIM_CAUSES] = {
	[SIM_CAUSE_REFILLED] = 13,    [SIM_CAUSE_PENDING] = 12,    [SIM_CAUSE_LOST] = 11,
	[SIM_CAUSE_DROPPED] = 10,     [SIM_CAUSE_HINT] = 9,        [SIM_CAUSE_SMALL] = 8,
	[SIM_CAUSE_SHORT] = 7,        [SIM_CAUSE_SIZE_CUT] = 6,    [SIM_CAUSE_OTHER_DOMAIN] = 5,
	[SIM_CAUSE_OTHER_DEVICE] = 4, [SIM_CAUSE_OTHER_CACHE] = 3, [SIM_CAUSE_BEFORE_STORE] = 2,
	[SIM_CAUSE_OTHER_UNIT] = 1,
};

static enum sim_cause judge(const struct inquiry *q, const struct oracle_command *c)
{
	enum sim_cause cause = lacks(&c->cmd, &q->f->line);

	if (c->cmd.unit != q->f->line.unit)
		return cause || is_before(q, c) ? SIM_CAUSE_NOT_ISSUED : SIM_CAUSE_OTHER_UNIT;
	if (cause == SIM_CAUSE_NONE)
		return in_spite_of(q, c);
	return is_before(q, c) ? SIM_CAUSE_NOT_ISSUED : cause;
}

static bool nearer(const struct inquiry *q, const struct sim_invalidation *c, enum sim_cause cause)
{
	if (rank[cause] != rank[q->f->cause])
		return rank[cause] > rank[q->f->cause];
	return cause == SIM_CAUSE_SHORT &&
	       distance(c, &q->f->line) < distance(&q->f->nearest, &q->f->line);
}

/* From the newest back to the store that made the mapping. */
static void search(struct inquiry *q, uint32_t unit)
{
	const struct oracle *o = q->s->oracle;
	struct sim_finding *f = q->f;
	const struct oracle_command *c;

	for (uint64_t n = o->log[unit] ? o->log[unit]->given : 0;
	     (c = oracle_command_get(o, unit, n)) != NULL && c->order > q->before; n--) {
		enum sim_cause cause = judge(q, c);

		if (!rank[cause] || !nearer(q, &c->cmd, cause))
			continue;
		f->cause = cause;
		f->has_nearest = true;
		oracle_command_copy(o, unit, n, &f->nearest);
	}
}

/* ---- entries that came back ---- */

/* Where the store is now, or by the way it took once it has arrived. */
static enum sim_cause unpublished(const struct sim *s, const struct unit *u, uint64_t pa)
{
	uint64_t cpu = 0, buffer = 0, memory = 0;

	mem_read64(&s->mem, MEM_VIEW_CPU, pa, &cpu);
	mem_read64(&s->mem, MEM_VIEW_BUFFER, pa, &buffer);
	mem_read64(&s->mem, MEM_VIEW_MEMORY, pa, &memory);
	if (cpu != buffer)
		return SIM_CAUSE_NOT_WRITTEN_BACK;
	if (buffer != memory || !s->mem.noncoherent)
		return SIM_CAUSE_NOT_FLUSHED;
	return u->view == MEM_VIEW_CPU ? SIM_CAUSE_REFILLED : SIM_CAUSE_NOT_WRITTEN_BACK;
}

static void search_all(struct inquiry *q)
{
	q->f->cause = SIM_CAUSE_NOT_ISSUED;
	q->f->has_nearest = false;
	search(q, q->f->line.unit);
	for (uint32_t u = 0; u < q->s->units && !q->f->has_nearest; u++)
		if (u != q->f->line.unit)
			search(q, u);
}

/*
 * A page that was filled from a table entry or a context entry which memory contradicts: that entry is the one to explain.
 */
static bool blame_behind(struct inquiry *q, const struct sim_request *rq)
{
	struct sim_cache_line behind;
	uint64_t word;

	if ((q->f->line.cache != SIM_CACHE_IOTLB && !q->f->line.interrupt) || !rq ||
	    !oracle_line_misled(q->s, rq, &behind))
		return false;
	if (!mem_read64(&q->s->mem, MEM_VIEW_CPU, behind.entry_pa, &word) ||
	    oracle_line_agrees(&behind, word))
		return false;
	q->f->line = behind;
	q->f->has_store = false;
	q->order = q->before = 0;
	return true;
}

/* The line was removed and cached again: a device's TLB from the IOTLB, any other by a walk that did not see the store. */
static void came_back(struct inquiry *q)
{
	struct sim_finding *f = q->f;
	const struct unit *u = q->s->unit[f->line.unit];

	if (f->line.cache == SIM_CACHE_DEVICE)
		f->cause = SIM_CAUSE_DEVICE_FIRST;
	else if (u->view != MEM_VIEW_CPU && f->has_store)
		f->cause = unpublished(q->s, u, f->store.pa);
}

/* ---- the inquiry ---- */

/* Paging-structure entries belong to no requester: any device of their domain asks the same. */
static bool request_for(const struct sim *s, const struct sim_cache_line *line,
			struct sim_request *rq)
{
	struct sim_cache_line context;
	uint32_t cursor = 0;

	if (line->cache == SIM_CACHE_INTERRUPT) {
		*rq = (struct sim_request){ .addr = UINT64_C(0xfee00000),
					    .rid = line->rid,
					    .unit = (uint8_t)line->unit,
					    .access = SIM_WRITE,
					    .len = 4,
					    .data = (uint32_t)(line->iova >> SIM_INDEX_LG2) };
		return line->interrupt && line->by_rid_tag; /* VT-d: the message is not known */
	}
	*rq = (struct sim_request){
		.addr = line->iova,
		.rid = line->rid,
		.unit = (uint8_t)line->unit,
		.access = line->perm & 1 || !line->perm ? SIM_READ : SIM_WRITE,
		.len = 1,
	};
	if (line->cache != SIM_CACHE_PAGING)
		return true;
	if (line->by_known) {
		rq->rid = line->by_rid;
		return true;
	}
	while (sim_cache_next(s, line->unit, SIM_CACHE_CONTEXT, &cursor, &context))
		if (context.domain == line->domain && !context.negative) {
			rq->rid = context.rid;
			return true;
		}
	return false;
}

/* AMD-Vi ends a walk where the access is not permitted: another one may pass, and what it reads is on the way too. */
static void ask_further(struct inquiry *q, const struct sim_request *rq)
{
	struct sim_request other = *rq;
	struct walk_path path;
	struct sim_xlat x = { 0 };

	other.access = rq->access == SIM_WRITE ? SIM_READ : SIM_WRITE;
	oracle_path(q->s, q->s->unit[rq->unit], &other, MEM_VIEW_CPU, &path, &x);
	if (path.n > q->path.n)
		q->path = path;
}

static void ask_memory(struct inquiry *q, const struct sim_request *rq)
{
	struct sim_xlat now = { 0 };

	oracle_path(q->s, q->s->unit[rq->unit], rq, MEM_VIEW_CPU, &q->path, &now);
	q->asked = true;
	q->domain = now.domain;
	q->f->has_entry = now.entry_pa != 0;
	q->f->entry_pa = now.entry_pa;
	q->f->entry = now.entry;
	if (now.outcome != SIM_OUTCOME_OK && rq->at == SIM_AT_UNTRANSLATED &&
	    !oracle_is_interrupt(rq))
		ask_further(q, rq);
}

/* Without a request to walk for: the word the line was read from. */
static void look_at_entry(struct inquiry *q)
{
	struct sim_finding *f = q->f;

	f->entry_pa = f->line.entry_pa;
	f->has_entry = mem_read64(&q->s->mem, MEM_VIEW_CPU, f->entry_pa, &f->entry);
}

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
		tell_store(q, w, journal_kept(w) - 1);
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
		store_of_line(q);
		return true;
	}
	f->line = *line;
	for (uint32_t i = 0; i < by.path.n; i++)
		if (store_after_fill(q, by.path.pa[i], false))
			return true;
	if (by.x.domain != line->domain)
		return store_of_id(q, &by);
	f->cause = SIM_CAUSE_SHARED_ID;
	f->verdict = SIM_VERDICT_TABLE;
	f->why = one_id;
	return true;
}

/* The device it was filled for was in the domain, and a store took it out. */
static bool store_of_filler(struct inquiry *q, const struct sim_request *rq)
{
	struct filler by;

	if (!other_filler(q, &q->f->line, rq, &by))
		return false;
	for (uint32_t i = 0; i < by.path.n; i++)
		if (store_after_fill(q, by.path.pa[i], false))
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
				    : store_on_the_way(q, false) || store_of_filler(q, rq))
				return true;
		}
	}
	q->f->line = led;
	return false;
}

/* What led there went before the line: the newest store to the word nearest to where memory ends. */
static bool store_of_end(struct inquiry *q)
{
	for (uint32_t i = q->path.n; i > 0; i--) {
		const struct journal_word *w =
			journal_find(&q->s->oracle->journal, q->path.pa[i - 1]);

		if (!w || !journal_kept(w))
			continue;
		tell_store(q, w, journal_kept(w) - 1);
		return true;
	}
	return false;
}

/* The tables are elsewhere since the line was filled: the first such change. */
static bool pointer_after_fill(struct inquiry *q)
{
	const struct oracle *o = q->s->oracle;
	const struct sim_cache_line *line = &q->f->line;
	const struct oracle_pointer *found = NULL;

	for (uint32_t i = 0; i < ORACLE_POINTERS; i++) {
		const struct oracle_pointer *p = &o->pointer[line->unit][i];
		bool meant = line->cache == SIM_CACHE_INTERRUPT ? p->interrupts : p->dma;

		if (p->name && meant && p->time_ns >= line->filled_ns &&
		    (!found || p->order < found->order))
			found = p;
	}
	if (!found)
		return false;
	q->f->has_store = true;
	q->f->store = (struct sim_store){ .name = found->name,
					  .time_ns = found->time_ns,
					  .old = found->old,
					  .now = found->now,
					  .master = SIM_MASTER_CPU };
	q->order = found->order;
	q->before = 0;
	return true;
}

/* The store; failing that, the entry that led to the line, and its store. */
static void store_of(struct inquiry *q, const struct sim_request *rq)
{
	if (blame_foreign(q, &q->f->line, rq))
		return;
	store_of_line(q);
	if (q->f->has_store || pointer_after_fill(q) || !rq ||
	    q->f->line.cache == SIM_CACHE_INTERRUPT)
		return;
	(void)(store_of_filler(q, rq) || blame_way(q, rq, true) || blame_way(q, rq, false) ||
	       store_of_end(q));
}

static void explain_line(struct inquiry *q, const struct sim_request *rq)
{
	struct sim_finding *f = q->f;
	const struct unit *u = q->s->unit[f->line.unit];

	store_of(q, rq);
	if (f->cause == SIM_CAUSE_SHARED_ID)
		return;
	search_all(q);
	if ((!f->has_store || f->cause == SIM_CAUSE_REFILLED) && blame_behind(q, rq)) {
		store_of_line(q);
		search_all(q);
	}
	if (f->cause == SIM_CAUSE_REFILLED)
		came_back(q);
	f->has_needed = u->ops->needed && u->ops->needed(u, &f->line, &f->needed);
	f->needed.unit = f->line.unit;
	if (!u->ops->command) { /* nothing was told: nothing can be said */
		f->cause = SIM_CAUSE_NONE;
		f->has_nearest = false;
	}
}

/* The newest command that would have drained the write buffer, before the store. */
static void nearest_flush(struct inquiry *q)
{
	const struct oracle *o = q->s->oracle;
	uint32_t unit = q->f->unit;
	const struct oracle_command *c;

	for (uint64_t n = o->log[unit] ? o->log[unit]->given : 0;
	     (c = oracle_command_get(o, unit, n)) != NULL; n--) {
		if (c->wait || c->order > q->order)
			continue;
		q->f->has_nearest = true;
		oracle_command_copy(o, unit, n, &q->f->nearest);
		return;
	}
}

/* The line went by command `number` of its unit, so nothing is searched for but the store. */
void oracle_explain_early(struct sim *s, struct sim_finding *f, uint64_t number)
{
	struct inquiry q = { .s = s, .f = f };
	const struct unit *u = s->unit[f->line.unit];
	struct sim_request own;

	bool asked = request_for(s, &f->line, &own);

	if (asked)
		ask_memory(&q, &own);
	store_of_line(&q);
	if (!f->has_store && !pointer_after_fill(&q) && asked && !store_of_filler(&q, &own))
		(void)store_of_end(&q);
	f->cause = SIM_CAUSE_UNOBSERVED;
	f->has_needed = u->ops->needed && u->ops->needed(u, &f->line, &f->needed);
	f->needed.unit = f->line.unit;
	f->has_nearest = oracle_command_get(s->oracle, f->line.unit, number) != NULL;
	if (f->has_nearest)
		oracle_command_copy(s->oracle, f->line.unit, number, &f->nearest);
}

void oracle_explain(struct sim *s, struct sim_finding *f, const struct sim_request *rq)
{
	struct inquiry q = { .s = s, .f = f };
	struct sim_request own;

	if (!rq && f->has_line && request_for(s, &f->line, &own))
		rq = &own;
	if (rq)
		ask_memory(&q, rq);
	else if (f->has_line)
		look_at_entry(&q);
	switch (f->verdict) {
	case SIM_VERDICT_CACHE:
		if (f->has_line)
			explain_line(&q, rq);
		break;
	case SIM_VERDICT_UNSEEN:
		if (rq)
			store_unseen(&q, rq);
		if (f->cause == SIM_CAUSE_NOT_FLUSHED)
			nearest_flush(&q);
		break;
	case SIM_VERDICT_TABLE:
		store_of_table(&q);
		break;
	case SIM_VERDICT_NEITHER:
		break;
	}
}

/* ---- waits ---- */

/* What the oldest command that is not complete, or else the newest wait, says about a wait without end. */
void oracle_explain_wait(struct sim *s, struct sim_finding *f)
{
	const struct oracle *o = s->oracle;
	const struct oracle_log *log = f->unit < SIM_UNITS ? o->log[f->unit] : NULL;
	const struct oracle_command *c;
	uint64_t found = 0;

	f->cause = SIM_CAUSE_NOT_ISSUED;
	for (uint64_t n = log ? log->given : 0;
	     log && n > log->observed && (c = oracle_command_get(o, f->unit, n)) != NULL; n--) {
		enum sim_cause cause = c->cmd.state == SIM_COMMAND_ISSUED    ? SIM_CAUSE_PENDING
				       : c->cmd.state == SIM_COMMAND_LOST    ? SIM_CAUSE_LOST
				       : c->cmd.state == SIM_COMMAND_DROPPED ? SIM_CAUSE_DROPPED
									     : SIM_CAUSE_UNOBSERVED;

		if (cause == SIM_CAUSE_LOST && !c->wait && c->slot != ORACLE_NO_SLOT)
			cause = SIM_CAUSE_UNOBSERVED; /* an invalidation that removed nothing did complete */
		if (cause == SIM_CAUSE_UNOBSERVED &&
		    ((!c->wait && c->slot != ORACLE_NO_SLOT) || found))
			continue;
		found = n;
		f->cause = cause;
	}
	if (!found)
		return;
	f->has_nearest = true;
	oracle_command_copy(o, f->unit, found, &f->nearest);
}
