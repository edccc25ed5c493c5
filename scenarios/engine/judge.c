/*
 * What the oracle found and the hardware complained of, against what the scenario says may come.
 */
#include "judge.h"

#include <string.h>

#include "names.h"

bool judges(const struct run *r, uint32_t what)
{
	return !r->sc->lenient || (r->sc->judged >> what & 1);
}

static bool step_lists(const struct step *s, const char *prop, const char *name)
{
	const struct dts_prop *p = s ? dts_find(s->node, prop) : NULL;
	const char *at;

	for (uint32_t i = 0; p && (at = dts_string(p, i)) != NULL; i++)
		if (strcmp(at, name) == 0)
			return true;
	return false;
}

static bool listed(const struct step *s, const char *prop, const char *name)
{
	return step_lists(s, prop, name) || (s && step_lists(s->during, prop, name));
}

/* Everything that s (or its during) lists and that did not appear. */
static enum step_rc missing(struct run *r, const struct step *s, const char *prop, name_at_fn names,
			    const bool *seen, const char *what)
{
	const char *name;

	for (uint32_t i = 0; s && i < RUN_COMPLAINTS && (name = names(i)) != NULL; i++) {
		if (!listed(s, prop, name))
			continue;
		r->res->checks++;
		if (!seen[i])
			return run_fail(r, "expected %s \"%s\", and none came", what, name);
	}
	return STEP_OK;
}

static bool covers(const struct piece *p, int domain, uint64_t iova)
{
	return domain >= 0 && p->domain == (uint32_t)domain && iova >= p->first && iova <= p->last;
}

/* A piece of the domain covers the address; `mapped` ones count too. */
static bool of_domain(const struct run *r, int domain, uint64_t iova, bool mapped)
{
	for (uint32_t k = 0; k < r->ledger.count; k++)
		if ((mapped || r->ledger.piece[k].state != PIECE_MAPPED) &&
		    covers(r->ledger.piece + k, domain, iova))
			return true;
	return false;
}

/*
 * Between the moment an unmap clears an entry and the moment it is told complete, a cache may still serve the page, or
 * memory where the store has not arrived: the guest has not reused it. The same for pages in quarantine. Before a map
 * has returned, a cache or memory that was not written back yet may still refuse the page. An interrupt may follow what
 * its entry said before while the driver has not told that the change is complete. And a device that is being cut off may
 * get through to its domain until the call in which that happens has succeeded.
 */
static bool in_window(const struct run *r, const struct be_finding *f)
{
	bool old = f->kind == BE_FINDING_STALE || f->kind == BE_FINDING_UNPUBLISHED;
	bool cut =
		(old || f->kind == BE_FINDING_ESCAPE) && guest_cutting(r->guest, f->unit, f->rid);

	if (old && f->interrupt)
		return r->changing || guest_irq_moving(r->guest, f->unit, f->rid);
	for (uint32_t i = 0; (old || cut) && i < r->machine->devices; i++) {
		const struct machine_device *d = r->machine->device + i;

		if (d->unit != f->unit || d->rid != f->rid)
			continue;
		if (cut && of_domain(r, r->attached[i], f->iova, true))
			return true;
		if (!old)
			continue;
		if (r->coming && covers(r->coming, r->attached[i], f->iova))
			return true;
		if (of_domain(r, r->attached[i], f->iova, false))
			return true;
	}
	return false;
}

/* The domain's pieces, those that are leaving included, cover all of the 2 MiB around the address. */
static bool fills_large_page(const struct run *r, int domain, uint64_t iova)
{
	const uint64_t size = UINT64_C(1) << 21;
	uint64_t at = iova & ~(size - 1), last = at + size - 1;

	for (uint32_t n = 0; n < r->ledger.count; n++) {
		uint32_t k = 0;

		while (k < r->ledger.count && !covers(r->ledger.piece + k, domain, at))
			k++;
		if (k == r->ledger.count)
			return false;
		if (r->ledger.piece[k].last >= last)
			return true;
		at = r->ledger.piece[k].last + 1;
	}
	return false;
}

/*
 * While a large page is split for an unmap of a part, its translation may serve the rest from a cache: it leads where the
 * smaller pages will. Scenarios say so themselves (`finding`); those of explore cannot know.
 */
static bool in_split(const struct run *r, const struct be_finding *f)
{
	const uint64_t largest = UINT64_C(1) << 30;

	for (uint32_t i = 0; r->sc->lenient && i < r->machine->devices; i++) {
		const struct machine_device *d = r->machine->device + i;

		if ((f->kind != BE_FINDING_STALE && f->kind != BE_FINDING_OUTCOME) ||
		    d->unit != f->unit || d->rid != f->rid)
			continue;
		for (uint32_t k = 0; k < r->ledger.count; k++) {
			const struct piece *p = r->ledger.piece + k;

			if (p->state == PIECE_LEAVING && (int)p->domain == r->attached[i] &&
			    fills_large_page(r, r->attached[i], f->iova) &&
			    (p->first / largest == f->iova / largest ||
			     p->last / largest == f->iova / largest))
				return true;
		}
	}
	return false;
}

/* The device's attachment broke the unit: it may reach what the domain was to give it. */
static bool half_attached(const struct run *r, const struct be_finding *f)
{
	for (uint32_t i = 0; i < r->machine->devices; i++) {
		const struct machine_device *d = r->machine->device + i;

		for (uint32_t k = 0; d->unit == f->unit && d->rid == f->rid && k < r->ledger.count;
		     k++)
			if (covers(r->ledger.piece + k, r->half[i], f->iova))
				return true;
	}
	return false;
}

/*
 * After a fault, hardware that does not answer keeps what it has cached: no driver can help it, and one that says broken has
 * told so. That pages stay where they are is judged nevertheless.
 */
static bool beyond_help(const struct run *r, const struct be_finding *f)
{
	struct guest_status st;

	if (!r->sc->lenient || f->unit >= r->machine->units)
		return false;
	guest_status(r->guest, f->unit, &st);
	if (strcmp(names_stage(st.stage), "broken") != 0)
		return false;
	return f->kind == BE_FINDING_STALE || f->kind == BE_FINDING_UNPUBLISHED ||
	       (f->kind == BE_FINDING_ESCAPE && half_attached(r, f));
}

/* The ledger when the DMA of a during ran: the step's own unmap has been booked since. */
void judge_inside(struct run *r)
{
	uint32_t end = r->be->ops->findings ? r->be->ops->findings(r->be) : 0;
	struct be_finding f;
	char text[4];

	for (uint32_t n = r->findings_before; n < end && n < RUN_FINDINGS; n++)
		if (r->be->ops->finding(r->be, n, &f, text, sizeof(text)))
			r->tolerated[n] = in_window(r, &f) || in_split(r, &f);
	r->findings_before = end;
}

static enum step_rc judge_seen_findings(struct run *r, const struct step *s)
{
	uint32_t end = r->be->ops->findings ? r->be->ops->findings(r->be) : 0;
	bool seen[RUN_COMPLAINTS] = { false };
	char text[3000];

	for (; r->findings < end; r->findings++) {
		struct be_finding f;

		if (!r->be->ops->finding(r->be, r->findings, &f, text, sizeof(text))) {
			if (r->sc->lenient) /* those kept were not judged: neither are these */
				continue;
			return run_fail(r, "the oracle found more than it keeps");
		}
		seen[f.kind] = true;
		if (s && listed(s, "finding", names_finding(f.kind)))
			continue;
		if (!judges(r, (uint32_t)f.kind) || beyond_help(r, &f) || in_window(r, &f) ||
		    (r->findings < RUN_FINDINGS && r->tolerated[r->findings]))
			continue;
		if (!r->expected[f.kind]) {
			if (!*r->res->facts && r->be->ops->finding_facts)
				r->be->ops->finding_facts(r->be, r->findings, r->res->facts,
							  sizeof(r->res->facts));
			r->findings = end;
			return run_fail(r, "the oracle found \"%s\":\n%s", names_finding(f.kind),
					text);
		}
		r->expected[f.kind]--;
	}
	if (!judges(r, JUDGE_EXPECTATIONS))
		return STEP_OK;
	return missing(r, s, "finding", names_finding, seen, "the oracle's finding");
}

enum step_rc judge_findings(struct run *r, const struct step *s)
{
	if (!r->be->ops->findings) {
		if (s && dts_find(s->node, "finding"))
			run_unjudged(r, "finding");
		return STEP_OK;
	}
	return judge_seen_findings(r, s);
}

static enum step_rc judge_complaints(struct run *r, const struct step *s)
{
	bool seen[RUN_COMPLAINTS] = { false };
	const char *name;

	for (uint32_t i = 0; r->be->ops->complaint_count && i < RUN_COMPLAINTS; i++) {
		uint32_t count;

		name = r->be->ops->complaint_name(i);
		if (!name)
			break;
		count = r->be->ops->complaint_count(r->be, i);
		seen[i] = count != r->complaints[i];
		r->complaints[i] = count;
		if (seen[i] && !r->allowed[i] && !(s && listed(s, "complaint", name)) &&
		    judges(r, JUDGE_COMPLAINTS))
			return run_fail(r, "the hardware complains of \"%s\": %s", name,
					r->be->ops->complaint_text(i));
	}
	if (!judges(r, JUDGE_EXPECTATIONS))
		return STEP_OK;
	return missing(r, s, "complaint", names_complaint, seen, "the complaint");
}

enum step_rc judge_step(struct run *r, const struct step *s)
{
	enum step_rc rc;
	const char *misuse = guest_misuse(r->guest);

	if (misuse)
		return run_fail(r, "the driver misused the platform: %s", misuse);
	rc = judge_findings(r, s);
	return rc == STEP_OK ? judge_complaints(r, s) : rc;
}
