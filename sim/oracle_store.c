/*
 * The store that made memory differ from what a cache holds.
 */
#include "oracle_inquiry.h"

void inquiry_tell(struct inquiry *q, const struct journal_word *w, uint32_t i)
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
bool inquiry_store_after_fill(struct inquiry *q, uint64_t pa, bool ties)
{
	const struct journal_word *w = journal_find(&q->s->oracle->journal, pa);

	for (uint32_t i = 0; w && i < journal_kept(w); i++) {
		if (!came_after(&q->f->line, pa, journal_at(w, i), ties))
			continue;
		inquiry_tell(q, w, i);
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
		inquiry_tell(q, w, i - 1);
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
bool inquiry_store_on_the_way(struct inquiry *q, bool ties)
{
	uint64_t entry = q->f->line.entry_pa;

	if (entry && inquiry_store_after_fill(q, entry, ties))
		return true;
	if (entry && has_second_half(&q->f->line) && inquiry_store_after_fill(q, entry + 8, ties))
		return true;
	for (uint32_t i = q->path.n; i > 0; i--)
		if (inquiry_store_after_fill(q, q->path.pa[i - 1], ties))
			return true;
	return false;
}

void inquiry_store_of_line(struct inquiry *q)
{
	uint64_t entry = q->f->line.entry_pa;

	if (inquiry_store_on_the_way(q, false) || (entry && store_before_fill(q, entry)) ||
	    (q->path.n && store_before_fill(q, q->path.pa[q->path.n - 1])))
		return;
	inquiry_store_on_the_way(q, true);
}

/* The first word that the walk and the CPU see differently; failing that the last one read, whoever wrote it. */
void inquiry_store_unseen(struct inquiry *q, const struct sim_request *rq)
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
		inquiry_tell(q, w, journal_kept(w) - 1);
}

/* Whoever wrote the entry memory ends at. */
void inquiry_store_of_table(struct inquiry *q)
{
	const struct journal_word *w =
		q->f->has_entry ? journal_find(&q->s->oracle->journal, q->f->entry_pa) : NULL;

	if (w)
		inquiry_tell(q, w, journal_kept(w) - 1);
}

/* What led there went before the line: the newest store to the word nearest to where memory ends. */
bool inquiry_store_of_end(struct inquiry *q)
{
	for (uint32_t i = q->path.n; i > 0; i--) {
		const struct journal_word *w =
			journal_find(&q->s->oracle->journal, q->path.pa[i - 1]);

		if (!w || !journal_kept(w))
			continue;
		inquiry_tell(q, w, journal_kept(w) - 1);
		return true;
	}
	return false;
}

/* The tables are elsewhere since the line was filled: the first such change. */
bool inquiry_pointer(struct inquiry *q)
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
