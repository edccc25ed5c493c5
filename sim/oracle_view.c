/*
 * Release, where no cache holds anything: pages that go back to the allocator while a walk would still reach them, in memory as
 * the guest stored it, or in memory as the unit sees it because the store that unlinked them has not arrived there.
 *
 * Asked is for the addresses that were unmapped last: both ends of each range, and where large pages begin in between.
 */
#include "oracle.h"

#define LARGE_PAGE UINT64_C(0x200000)
#define PER_RANGE 64u /* addresses of a range, and probes of a release */
#define PROBES 512u

struct search {
	struct sim *s;
	const struct oracle_space *space;
	struct unit *u;
	uint16_t rid;         /* of a device of the unit that uses the space */
	uint64_t first, last; /* given back */
	uint32_t left;        /* probes */
};

static const char unpublished[] =
	"page given back while memory as the unit sees it still leads to it: the store that "
	"unlinked it has not arrived";
static const char linked[] =
	"the table is wrong: page given back while the tables still lead to it";

static bool is_released(const struct search *q, uint64_t pa)
{
	return pa >= q->first && pa <= q->last;
}

/* Whether a walk for `iova` reads the page, as a table, or ends in it. */
static bool leads(struct search *q, enum mem_view view, uint64_t iova, struct sim_xlat *x)
{
	static const uint8_t accesses[] = { SIM_READ, SIM_WRITE };
	struct sim_request rq = {
		.addr = iova, .rid = q->rid, .unit = (uint8_t)q->u->index, .len = 1
	};
	struct walk_path path;

	for (unsigned n = 0; n < 2; n++) {
		*x = (struct sim_xlat){ 0 };
		rq.access = accesses[n];
		oracle_path(q->s, q->u, &rq, view, &path, x);
		for (uint32_t i = 0; i < path.n; i++)
			if (is_released(q, path.pa[i]))
				return true;
		if (x->outcome == SIM_OUTCOME_OK)
			return x->pa != iova && is_released(q, x->pa);
	}
	return false;
}

static bool found_at(struct search *q, uint64_t iova)
{
	const struct sim_request rq = { .addr = iova,
					.rid = q->rid,
					.unit = (uint8_t)q->u->index,
					.access = SIM_READ,
					.len = 1 };
	struct sim_finding f = { .kind = SIM_FINDING_RELEASE,
				 .unit = q->u->index,
				 .rid = q->rid,
				 .iova = iova,
				 .pa = q->first,
				 .why = linked,
				 .verdict = SIM_VERDICT_TABLE };
	struct sim_finding *kept;
	struct sim_xlat cpu, seen;

	q->left--;
	if (!leads(q, MEM_VIEW_CPU, iova, &cpu)) {
		if (!q->s->mem.lines || q->u->view == MEM_VIEW_CPU ||
		    !leads(q, q->u->view, iova, &seen))
			return false;
		f.why = unpublished;
		f.verdict = SIM_VERDICT_UNSEEN;
		f.cause = leads(q, MEM_VIEW_BUFFER, iova, &seen) ? SIM_CAUSE_NOT_WRITTEN_BACK
								 : SIM_CAUSE_NOT_FLUSHED;
	}
	f.memory_pa = cpu.outcome == SIM_OUTCOME_OK ? cpu.pa : 0;
	f.memory_reason = cpu.reason;
	kept = oracle_found(q->s, &f);
	if (kept)
		oracle_explain(q->s, kept, &rq);
	return true;
}

static bool found_in(struct search *q, uint64_t first, uint64_t last)
{
	uint64_t at = first;

	for (uint32_t n = 0; n < PER_RANGE && q->left; n++) {
		if (found_at(q, at))
			return true;
		if (last - at < LARGE_PAGE)
			break;
		at = (at | (LARGE_PAGE - 1)) + 1;
	}
	return q->left && found_at(q, last);
}

static uint32_t scan_space(struct search *q)
{
	const struct oracle *o = q->s->oracle;
	struct ref_pos p = { 0, 0 };
	const struct ref_range *m;

	while (q->left && (m = refmap_next(&q->space->map, &p)))
		if (m->state == REF_LEAVING && found_in(q, m->first, m->last))
			return 1;
	for (uint32_t i = 0; i < ORACLE_QUIET && q->left; i++)
		if (o->quiet[i].space == q->space &&
		    found_in(q, o->quiet[i].first, o->quiet[i].last))
			return 1;
	return q->left && found_at(q, 0); /* the tables every walk passes */
}

uint32_t oracle_scan_views(struct sim *s, uint64_t first, uint64_t last)
{
	const struct oracle *o = s->oracle;
	struct search q = { .s = s, .first = first, .last = last, .left = PROBES };
	uint32_t found = 0;

	for (uint32_t i = 0; i < o->spaces * s->units && q.left; i++) {
		q.space = o->space[i / s->units];
		q.u = s->unit[i % s->units];
		q.rid = q.space->attached[q.u->index].rid;
		if (!q.space->identity && q.space->attached[q.u->index].is && !q.u->gone &&
		    q.u->ops->translating(q.u))
			found += scan_space(&q);
	}
	return found;
}
