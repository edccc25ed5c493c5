/*
 * Outcome and containment: where device data went against what was asked for.
 *
 * Judged are untranslated requests, whether the unit or the device's own TLB translated them; requests that a device says are
 * translated, by the page they reach (once a device may use ATS, legacy mode lets them through unchecked); and what passes a
 * unit that does not translate although the guest relies on it. Messages to the interrupt range are judged once vectors were
 * given out, by the one they are delivered with; refusals there are not. SIM_OUTCOME_BUS counts as reached:
 * the unit let the request through, and what memory answers is not the guest's doing.
 */
#include "oracle.h"

#define INTERRUPT_FIRST UINT64_C(0xfee00000)
#define INTERRUPT_LAST UINT64_C(0xfeefffff)

/* What the mappings asked for call for. */
struct expected {
	bool refused; /* has to be */
	bool either;  /* reaching pa and being refused are both right */
	uint64_t pa;
	const struct oracle_space *space;
};

/* Whether memory answers the same as was asked: which of table and cache to suspect. */
enum suspect {
	TABLE = 0,
	CACHE,
	SUSPECTS
};

enum wrong {
	NOT_SPACE = 0,
	NOT_MAPPED,
	NOT_PERMITTED,
	ELSEWHERE,
	OUTSIDE,
	REFUSED,
	WRONGS
};

static const struct {
	enum sim_finding_kind kind;
	const char *why[SUSPECTS];
} verdicts[WRONGS] = {
	[NOT_SPACE] = { SIM_FINDING_ESCAPE,
			{ "the table is wrong: it lets a device that is in no domain through",
			  "the table is right, a cache is stale: a device that is in no domain was "
			  "let through" } },
	[NOT_MAPPED] = { SIM_FINDING_ESCAPE,
			 { "the table is wrong: it still maps an address whose removal was told "
			   "complete, or "
			   "that was never mapped",
			   "the table is right, a cache is stale: it leads to an address whose "
			   "removal was told "
			   "complete, or that was never mapped" } },
	[NOT_PERMITTED] = { SIM_FINDING_OUTCOME,
			    { "the table is wrong: it grants more than the mapping's permission",
			      "the table is right, a cache is stale: it grants more than the "
			      "mapping's "
			      "permission" } },
	[ELSEWHERE] = { SIM_FINDING_OUTCOME,
			{ "the table is wrong: it leads to another page of the domain",
			  "the table is right, a cache is stale: it leads to another page of the "
			  "domain" } },
	[OUTSIDE] = { SIM_FINDING_ESCAPE,
		      { "the table is wrong: it leads to a page the domain does not map",
			"the table is right, a cache is stale: it leads to a page the domain does "
			"not map" } },
	[REFUSED] = { SIM_FINDING_OUTCOME,
		      { "the table is wrong: it refuses an access the mapping allows",
			"the table is right, a cache is stale: the access is mapped and allowed, "
			"and was "
			"refused" } },
};

/* Permission bits an access needs. */
static uint8_t needs(uint8_t access)
{
	switch (access) {
	case SIM_WRITE:
		return 2;
	case SIM_ATOMIC:
		return 3;
	default:
		return 1;
	}
}

static struct expected expect(const struct sim *s, const struct oracle_space *space,
			      const struct sim_request *rq)
{
	const struct ref_range *r;
	struct expected e = { .space = space, .pa = rq->addr };

	if (space && space->identity) {
		/* beyond the host's address width pass-through is refused; there is no memory there */
		e.either = !mem_present(&s->mem, rq->addr, 1);
		return e;
	}
	r = space ? refmap_find(&space->map, rq->addr) : NULL;
	if (!r) {
		e.refused = true;
		return e;
	}
	e.pa = r->pa + (rq->addr - r->first);
	e.either = r->state == REF_LEAVING;
	if (needs(rq->access) & ~r->perm) {
		/* A zero-length read of a write-only page is the capability's choice (CAP.ZLR). */
		if (rq->access == SIM_ZLR)
			e.either = true;
		else
			e.refused = true;
	}
	return e;
}

static bool reached(const struct sim_xlat *x)
{
	return x->outcome == SIM_OUTCOME_OK || x->outcome == SIM_OUTCOME_BUS;
}

static bool as_expected(const struct expected *e, const struct sim_xlat *x)
{
	if (!reached(x))
		return e->refused || e->either;
	return !e->refused && x->pa == e->pa;
}

static enum wrong classify(const struct expected *e, const struct sim_request *rq,
			   const struct sim_xlat *x)
{
	uint64_t page = x->pa & ~UINT64_C(0xfff);

	if (!reached(x))
		return REFUSED;
	if (!e->space)
		return NOT_SPACE;
	if (e->space->identity)
		return ELSEWHERE;
	if (!refmap_find(&e->space->map, rq->addr))
		return NOT_MAPPED;
	if (x->pa == e->pa)
		return NOT_PERMITTED;
	return refmap_leading_to(&e->space->map, page, page | 0xfff, -1) ? ELSEWHERE : OUTSIDE;
}

static bool judged(const struct sim *s, const struct unit *u, const struct sim_request *rq,
		   const struct sim_xlat *x)
{
	if (!s->oracle || !u || !s->oracle->told[u->index] || SIM_FROM_INTERRUPT(x->source))
		return false;
	if (rq->at != SIM_AT_UNTRANSLATED && x->source != SIM_FROM_DEVTLB)
		return false;
	if (!reached(x) && rq->addr >= INTERRUPT_FIRST && rq->addr <= INTERRUPT_LAST)
		return false;
	return u->ops->translating(u);
}

static const char believed[] =
	"the unit believed the device: a request that was said to be translated went to a page "
	"its domain does not map";
static const char not_on[] = "the unit does not translate although the guest relies on it, and let "
			     "through what the mappings asked for do not allow";

/* What the unit let through as it came: why that is wrong, NULL: it is not, or nobody can say. */
static const char *unasked(const struct sim *s, const struct unit *u, const struct sim_request *rq,
			   const struct sim_xlat *x)
{
	const struct oracle_space *space = oracle_attached(s->oracle, rq->unit, rq->rid);
	uint64_t page = x->pa & ~UINT64_C(0xfff);
	struct expected e;

	if (u->ops->translating(u)) {
		if (rq->at != SIM_AT_TRANSLATED || (space && space->identity) ||
		    (space && refmap_leading_to(&space->map, page, page | 0xfff, -1)))
			return NULL;
		return believed;
	}
	if (!s->oracle->relied[u->index])
		return NULL;
	e = expect(s, space, rq);
	return as_expected(&e, x) ? NULL : not_on;
}

static void judge_unasked(struct sim *s, const struct unit *u, const struct sim_request *rq,
			  const struct sim_xlat *x)
{
	struct sim_finding f = {
		.kind = SIM_FINDING_ESCAPE,
		.unit = rq->unit,
		.rid = rq->rid,
		.iova = rq->addr,
		.pa = x->pa,
		.translated = rq->at == SIM_AT_TRANSLATED,
		.verdict = SIM_VERDICT_NEITHER,
	};

	if (!s->oracle || !u || !s->oracle->told[u->index] || x->source != SIM_FROM_BYPASS ||
	    !reached(x))
		return;
	f.why = unasked(s, u, rq, x);
	if (f.why)
		oracle_found(s, &f);
}

/*
 * The tables let the device send untranslated requests and no translation requests, and it uses ATS all the same: it is
 * refused for what it does, not for what is mapped.
 */
static bool ats_not_allowed(struct sim *s, const struct unit *u, const struct sim_request *rq)
{
	const struct device *d = device_by_rid(s, rq->unit, rq->rid);
	struct sim_request ask = *rq;
	struct sim_xlat now = { 0 };

	if (!d || !d->ats_on)
		return false;
	ask.at = SIM_AT_TRANSLATION;
	u->ops->probe(u, &ask, MEM_VIEW_CPU, &now);
	return now.outcome != SIM_OUTCOME_OK;
}

static const char walk_saw_less[] =
	"a walk used memory the CPU has already overwritten: the store was not written back, or "
	"the write buffer not flushed";

/* The request was walked for, and the walk could not see what the CPU had stored. */
static bool unseen(const struct sim *s, const struct unit *u, const struct sim_request *rq,
		   const struct sim_xlat *x, enum sim_cause *cause)
{
	struct sim_xlat seen = { 0 }, buffered = { 0 };

	if (x->source != SIM_FROM_WALK || !s->mem.lines || u->view == MEM_VIEW_CPU)
		return false;
	u->ops->probe(u, rq, u->view, &seen);
	if (seen.outcome != x->outcome || seen.pa != x->pa)
		return false;
	u->ops->probe(u, rq, MEM_VIEW_BUFFER, &buffered);
	*cause = buffered.outcome == x->outcome && buffered.pa == x->pa ? SIM_CAUSE_NOT_WRITTEN_BACK
									: SIM_CAUSE_NOT_FLUSHED;
	return true;
}

static const char not_given[] =
	"an interrupt was delivered with a vector that its requester was not given: what let it "
	"through does not ask who sends it";

static bool is_given(const struct oracle *o, uint32_t unit, uint16_t rid, uint32_t vector)
{
	for (uint32_t i = 0; i < o->givens[unit]; i++)
		if (o->given[unit][i].rid == rid && o->given[unit][i].vector == vector)
			return true;
	return false;
}

/* A message that reached somebody, by an entry or as it was sent. Bits 7:0 of a message's data are its vector. */
static void judge_interrupt(struct sim *s, const struct unit *u, const struct sim_request *rq,
			    const struct sim_xlat *x)
{
	const struct sim_finding f = {
		.kind = SIM_FINDING_ESCAPE,
		.unit = rq->unit,
		.rid = rq->rid,
		.iova = rq->addr,
		.pa = x->pa,
		.interrupt = true,
		.posted = x->posted,
		.index = x->index,
		.sent = rq->data,
		.data = x->data,
		.why = not_given,
		.verdict = SIM_VERDICT_NEITHER,
	};

	if (!s->oracle || !u || !s->oracle->givens[u->index] || !SIM_FROM_INTERRUPT(x->source) ||
	    !reached(x) || is_given(s->oracle, u->index, rq->rid, x->data & 0xff))
		return;
	(void)oracle_found(s, &f);
}

void oracle_accessed(struct sim *s, const struct sim_request *rq, const struct sim_xlat *x)
{
	const struct unit *u = sim_unit(s, rq->unit);
	struct sim_request question = oracle_question(rq, x);
	struct sim_xlat now = { 0 };
	struct expected e;
	struct sim_finding f, *kept;
	enum wrong wrong;
	bool faulted;

	judge_unasked(s, u, rq, x);
	judge_interrupt(s, u, rq, x);
	if (!judged(s, u, rq, x))
		return;
	faulted = oracle_walk_faulted(s, &s->oracle->faults_accessed);
	e = expect(s, oracle_attached(s->oracle, rq->unit, rq->rid), rq);
	if (__builtin_expect(as_expected(&e, x), 1))
		return;
	if (!reached(x) && x->source == SIM_FROM_WALK && faulted)
		return;
	u->ops->probe(u, &question, MEM_VIEW_CPU, &now);
	if (!reached(x) && reached(&now) && ats_not_allowed(s, u, rq))
		return;
	wrong = classify(&e, rq, x);
	f = (struct sim_finding){
		.kind = verdicts[wrong].kind,
		.unit = rq->unit,
		.rid = rq->rid,
		.iova = rq->addr,
		.pa = reached(x) ? x->pa : 0,
		.memory_pa = now.outcome == SIM_OUTCOME_OK ? now.pa : 0,
		.memory_reason = now.reason,
		.why = verdicts[wrong].why[as_expected(&e, &now) ? CACHE : TABLE],
		.verdict = as_expected(&e, &now) ? SIM_VERDICT_CACHE : SIM_VERDICT_TABLE,
	};
	if (f.verdict == SIM_VERDICT_CACHE && unseen(s, u, rq, x, &f.cause)) {
		f.verdict = SIM_VERDICT_UNSEEN;
		f.why = walk_saw_less;
	}
	kept = oracle_found(s, &f);
	if (!kept)
		return;
	if (x->source == SIM_FROM_IOTLB || x->source == SIM_FROM_DEVTLB)
		kept->has_line = oracle_line_served(s, rq, x, &kept->line);
	else if (x->source == SIM_FROM_WALK && f.verdict == SIM_VERDICT_CACHE)
		kept->has_line = oracle_line_misled(s, rq, &kept->line);
	oracle_explain(s, kept, rq);
}
