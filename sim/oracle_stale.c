/*
 * Staleness: a translation just made against what memory says now.
 */
#include "oracle.h"

/* How the answer given differs from memory's. */
enum difference {
	GONE = 0,
	LEAVING,
	MOVED,
	WIDER,
	NEGATIVE,
	OTHERWISE, /* refused by both */
	DIFFERENCES
};

#define STALE_ROW(cache)                                                                         \
	{                                                                                        \
		"the table is right, the cache is stale: the " cache                             \
		" still leads where memory no longer does",                                      \
			"the table is right, the cache is stale: the " cache                     \
			" still leads where memory no longer does; the invalidation is not yet " \
			"told complete",                                                         \
			"the table is right, the cache is stale: the " cache                     \
			" still leads to the page that was mapped before",                       \
			"the table is right, the cache is stale: the " cache                     \
			" still grants a permission that memory has taken away",                 \
			"the table is right, the cache is stale: the " cache                     \
			" still refuses what memory now allows",                                 \
			"the table is right, the cache is stale: the " cache                     \
			" still refuses for another reason than memory does"                     \
	}

#define INTERRUPT_ROW(cache)                                                       \
	{                                                                          \
		[GONE] = "the table is right, the cache is stale: the " cache      \
			 " still delivers an interrupt that memory blocks",        \
		[LEAVING] = "the table is right, the cache is stale: the " cache   \
			    " still delivers an interrupt that memory blocks",     \
		[MOVED] = "the table is right, the cache is stale: the " cache     \
			  " still delivers to the vector or processor of before",  \
		[NEGATIVE] = "the table is right, the cache is stale: the " cache  \
			     " still blocks an interrupt that memory now delivers" \
	}

static const char *const stale_why[][DIFFERENCES] = {
	[SIM_FROM_WALK] = STALE_ROW("entry the walk started from"),
	[SIM_FROM_IOTLB] = STALE_ROW("IOTLB"),
	[SIM_FROM_DEVTLB] = STALE_ROW("device's TLB"),
	[SIM_FROM_MSI] = INTERRUPT_ROW("device table entry that let it pass"),
	[SIM_FROM_IRT] = INTERRUPT_ROW("entry that led to the remapping table"),
	[SIM_FROM_IEC] = INTERRUPT_ROW("interrupt entry cache"),
};

static const char not_written_back[] =
	"the walk used memory the CPU has already overwritten: the cache line was not written back";
static const char not_drained[] =
	"the walk used memory the CPU has already overwritten: the write buffer was not flushed";

struct sim_request oracle_question(const struct sim_request *rq, const struct sim_xlat *x)
{
	struct sim_request question = *rq;

	if (x->source == SIM_FROM_DEVTLB)
		question.at = SIM_AT_UNTRANSLATED;
	return question;
}

static bool agrees(const struct sim_xlat *x, const struct sim_xlat *now)
{
	if (x->outcome != now->outcome)
		return false;
	if (x->outcome != SIM_OUTCOME_OK)
		return true;
	if (SIM_FROM_INTERRUPT(x->source))
		return x->pa == now->pa && x->data == now->data && x->posted == now->posted;
	return x->pa == now->pa && !(x->perm & ~now->perm);
}

static bool is_leaving(const struct sim *s, const struct sim_request *rq)
{
	const struct oracle_space *space = oracle_attached(s->oracle, rq->unit, rq->rid);
	const struct ref_range *r = space ? refmap_find(&space->map, rq->addr) : NULL;

	return r && r->state == REF_LEAVING;
}

static enum difference difference(const struct sim *s, const struct sim_request *rq,
				  const struct sim_xlat *x, const struct sim_xlat *now)
{
	if (x->outcome != SIM_OUTCOME_OK)
		return now->outcome == SIM_OUTCOME_OK ? NEGATIVE : OTHERWISE;
	if (now->outcome != SIM_OUTCOME_OK)
		return is_leaving(s, rq) ? LEAVING : GONE;
	return x->pa != now->pa || SIM_FROM_INTERRUPT(x->source) ? MOVED : WIDER;
}

static struct sim_finding finding(enum sim_finding_kind kind, const struct sim_request *rq,
				  const struct sim_xlat *x, const struct sim_xlat *now)
{
	return (struct sim_finding){
		.kind = kind,
		.unit = rq->unit,
		.rid = rq->rid,
		.iova = rq->addr,
		.pa = x->outcome == SIM_OUTCOME_OK ? x->pa : 0,
		.memory_pa = now->outcome == SIM_OUTCOME_OK ? now->pa : 0,
		.memory_reason = now->reason,
		.verdict = kind == SIM_FINDING_STALE ? SIM_VERDICT_CACHE : SIM_VERDICT_UNSEEN,
		.translated = rq->at == SIM_AT_TRANSLATED,
		.interrupt = SIM_FROM_INTERRUPT(x->source),
		.posted = x->posted,
		.index = x->index,
		.sent = rq->data,
		.data = x->data,
		.memory_data = now->data,
		.memory_posted = now->posted,
	};
}

static void found_stale(struct sim *s, const struct sim_request *rq, struct sim_xlat *x,
			const struct sim_xlat *now)
{
	struct sim_finding f = finding(SIM_FINDING_STALE, rq, x, now);
	struct sim_finding *kept;

	f.why = stale_why[x->source][difference(s, rq, x, now)];
	x->stale = true;
	kept = oracle_found(s, &f);
	if (!kept)
		return;
	if (x->source != SIM_FROM_IOTLB && x->source != SIM_FROM_DEVTLB &&
	    x->source != SIM_FROM_IEC)
		kept->has_line = oracle_line_misled(s, rq, &kept->line);
	else
		kept->has_line = oracle_line_served(s, rq, x, &kept->line) ||
				 oracle_line_misled(s, rq, &kept->line); /* absence of a context */
	oracle_explain(s, kept, rq);
}

/* Two refusals for different reasons are the same to a device, and tell that memory was seen differently. */
static bool agrees_in_all(const struct sim_xlat *x, const struct sim_xlat *now)
{
	return agrees(x, now) && (x->outcome == SIM_OUTCOME_OK || x->reason == now->reason);
}

/* The walk saw what its view of memory holds, and the CPU has stored something else on top of it. */
static bool found_unpublished(struct sim *s, struct unit *u, const struct sim_request *rq,
			      const struct sim_xlat *x, const struct sim_xlat *now)
{
	struct sim_finding f = finding(SIM_FINDING_UNPUBLISHED, rq, x, now);
	struct sim_xlat seen = { 0 }, buffered = { 0 };
	struct sim_finding *kept;

	if (!s->mem.lines || u->view == MEM_VIEW_CPU)
		return false;
	u->ops->probe(u, rq, u->view, &seen);
	if (!agrees_in_all(x, &seen))
		return false;
	u->ops->probe(u, rq, MEM_VIEW_BUFFER, &buffered);
	f.why = agrees_in_all(x, &buffered) ? not_written_back : not_drained;
	f.cause = agrees_in_all(x, &buffered) ? SIM_CAUSE_NOT_WRITTEN_BACK : SIM_CAUSE_NOT_FLUSHED;
	kept = oracle_found(s, &f);
	if (kept)
		oracle_explain(s, kept, rq);
	return true;
}

void oracle_translated(struct sim *s, struct unit *u, const struct sim_request *rq,
		       struct sim_xlat *x)
{
	struct sim_request question = oracle_question(rq, x);
	bool faulted = oracle_walk_faulted(s, &s->oracle->faults_translated);
	bool walked = x->source == SIM_FROM_WALK || x->source == SIM_FROM_IRT ||
		      x->source == SIM_FROM_MSI;
	struct sim_xlat now = { 0 };

	s->oracle->faulted = faulted;
	if (x->source == SIM_FROM_BYPASS)
		return;
	if (x->posted && x->outcome != SIM_OUTCOME_OK)
		return; /* no cache holds the descriptor */
	if (walked)
		journal_read(&s->oracle->journal, x->entry_pa);
	u->ops->probe(u, &question, MEM_VIEW_CPU, &now);
	if (__builtin_expect(agrees(x, &now), 1)) {
		if (__builtin_expect(s->mem.lines && walked && !agrees_in_all(x, &now), 0))
			(void)found_unpublished(s, u, &question, x, &now);
		return;
	}
	if (walked && (found_unpublished(s, u, &question, x, &now) || faulted))
		return;
	found_stale(s, rq, x, &now);
}

/* A translation request asks for what there is: too little is an answer as any other, until the device needs more. */
void oracle_denied(struct sim *s, struct unit *u, const struct sim_request *rq, struct sim_xlat *x)
{
	struct sim_xlat now = { 0 };

	if (x->stale || s->oracle->faulted)
		return;
	u->ops->probe(u, rq, MEM_VIEW_CPU, &now);
	if (now.outcome != SIM_OUTCOME_OK ||
	    (x->source == SIM_FROM_WALK && found_unpublished(s, u, rq, x, &now)))
		return;
	found_stale(s, rq, x, &now);
}
