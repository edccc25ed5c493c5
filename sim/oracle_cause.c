/*
 * Why: the store that made memory differ from what a cache holds, the invalidation that would have removed the entry, the
 * nearest one that was issued, and what it lacked. Runs once for each finding that is kept.
 */
#include "oracle_inquiry.h"

/* Ranges further away than this were meant for something else, unless the address was cut to 32 bits. */
#define NEAR_PAGES 512u

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

static void explain_line(struct inquiry *q, const struct sim_request *rq)
{
	struct sim_finding *f = q->f;
	const struct unit *u = q->s->unit[f->line.unit];

	inquiry_store(q, rq);
	if (f->cause == SIM_CAUSE_SHARED_ID)
		return;
	search_all(q);
	if ((!f->has_store || f->cause == SIM_CAUSE_REFILLED) && blame_behind(q, rq)) {
		inquiry_store_of_line(q);
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
	inquiry_store_of_line(&q);
	if (!f->has_store && !inquiry_pointer(&q) && asked && !inquiry_store_of_filler(&q, &own))
		(void)inquiry_store_of_end(&q);
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
			inquiry_store_unseen(&q, rq);
		if (f->cause == SIM_CAUSE_NOT_FLUSHED)
			nearest_flush(&q);
		break;
	case SIM_VERDICT_TABLE:
		inquiry_store_of_table(&q);
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
