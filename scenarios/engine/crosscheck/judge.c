/* Judges what was seen. */
#include "judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"

static struct ref_set *expect_of(const struct xc_case *c, bool eager, struct survey *survey)
{
	struct ref_set *set = calloc(XC_OPS, sizeof(*set));
	struct ref *r = ref_new(c);

	if (r) {
		r->eager = eager;
		r->survey = survey;
	}
	for (uint32_t i = 0; set && r && i < c->ops; i++) {
		const struct xc_op *op = c->op + i;

		if (op->kind == XC_STORE)
			ref_store(r, &op->store);
		else if (op->kind == XC_INVAL)
			ref_inval(r, &op->inval);
		else if (op->kind == XC_MSI)
			ref_msi(r, &op->msi, set + i);
		else
			ref_dma(r, &op->dma, set + i);
	}
	if (!r) {
		free(set);
		set = NULL;
	}
	ref_free(r);
	return set;
}

struct ref_set *judge_expect(const struct xc_case *c)
{
	return expect_of(c, false, NULL);
}

struct ref_set *judge_expect_counted(const struct xc_case *c, struct survey *survey)
{
	return expect_of(c, false, survey);
}

struct ref_set *judge_expect_eager(const struct xc_case *c)
{
	return expect_of(c, true, NULL);
}

/* ---- texts ---- */

static const char *reason_name(const struct xc_case *c, uint8_t reason)
{
	const char *name = arch_reason_name(arch_at((uint32_t)c->arch), reason);

	return name ? name : "?";
}

/* Where a message went, or bytes. */
static bool is_message(uint64_t pa)
{
	return (pa & 0xfff00000) == 0xfee00000;
}

void judge_seen_text(const struct xc_case *c, const struct xc_seen *s, char *buf, size_t size)
{
	size_t at;

	if (s->moved && is_message(s->pa))
		snprintf(buf, size, "delivered at 0x%" PRIx64 ", data 0x%x", s->pa, s->data);
	else if (s->moved)
		snprintf(buf, size, "moved at pa 0x%" PRIx64, s->pa);
	else
		snprintf(buf, size, "blocked");
	at = strlen(buf);
	if (!s->recorded)
		snprintf(buf + at, size - at, ", no record");
	else
		snprintf(buf + at, size - at,
			 ", record: %s (0x%02x) of %04x, %s, address 0x%" PRIx64 "%s",
			 reason_name(c, s->reason), s->reason, s->sid, s->write ? "write" : "read",
			 s->addr, s->pasid ? ", PASID field not 0" : "");
	at = strlen(buf);
	if (s->recorded && c->arch == BE_AMDVI)
		snprintf(buf + at, size - at, ", domain 0x%x, flags 0x%03x", s->did, s->flags);
}

static void outcome_text(const struct xc_case *c, const struct ref_outcome *o, char *buf,
			 size_t size)
{
	if (o->ok && is_message(o->pa))
		snprintf(buf, size, "delivered at 0x%" PRIx64 ", data 0x%x", o->pa, o->data);
	else if (o->ok)
		snprintf(buf, size, "moved at pa 0x%" PRIx64, o->pa);
	else if (c->arch == BE_VTD)
		snprintf(buf, size, "blocked, %s (0x%02x)%s", reason_name(c, o->reason), o->reason,
			 o->silent ? ", no record" : "");
	else
		snprintf(buf, size, "blocked, %s (0x%02x), domain 0x%x, flags 0x%03x%s",
			 reason_name(c, o->reason), o->reason, o->did, o->flags,
			 o->silent ? ", no record" : "");
}

static void expected_text(const struct xc_case *c, const struct ref_set *set, char *buf,
			  size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < set->n && i < 6; i++) {
		char one[160];

		outcome_text(c, set->o + i, one, sizeof(one));
		snprintf(buf + at, size - at, "%s%s%s", i ? "; or " : "", one,
			 set->o[i].fresh ? "" : " (stale)");
		at = strlen(buf);
	}
}

/* ---- comparing ---- */

struct look {
	const struct xc_case *c;
	const struct judge_side *side;
	const struct xc_dma *d; /* NULL: a message */
	const struct xc_msi *m; /* NULL: a DMA */
	const struct xc_seen *s;
	const struct ref_set *set;
	bool known; /* the controllers held what a message would show, so that it shows nothing */
};

static uint16_t requester(const struct look *l)
{
	return l->c->rid[l->d ? l->d->dev : l->m->dev];
}

/* Of the rows' V30: all of the page's address, where the architecture keeps less. */
static bool whole_address(const struct look *l)
{
	return l->d && l->s->addr == (l->d->iova & ~UINT64_C(0xfff));
}

static bool record_as(const struct look *l, const struct ref_outcome *o)
{
	const struct xc_seen *s = l->s;

	if (o->ok || o->silent)
		return !s->recorded;
	if (!s->recorded || s->reason != o->reason || s->sid != requester(l) ||
	    (l->d && s->write != l->d->write))
		return false;
	if (s->addr != o->addr && !o->any_addr &&
	    (l->c->arch != BE_VTD || l->side->ours || !whole_address(l)))
		return false;
	return l->c->arch == BE_VTD || (s->did == o->did && s->flags == o->flags);
}

/* Interrupt controllers show a vector, and in which of them; not when it was there before. */
static bool controllers_as(const struct look *l, const struct ref_outcome *o)
{
	if (!o->ok || !l->s->moved)
		return o->ok == l->s->moved || (o->ok && l->known);
	return (uint8_t)l->s->data == (uint8_t)o->data && (l->s->pa ^ o->pa) >> 12 == 0;
}

static bool data_as(const struct look *l, const struct ref_outcome *o)
{
	if (l->m && l->side->version)
		return controllers_as(l, o);
	return l->s->moved == o->ok && (!o->ok || (l->s->pa == o->pa && l->s->data == o->data));
}

/* The simulator takes our reading, and forgets everything when its policy says so. */
static bool demanded(const struct look *l, const struct ref_outcome *o)
{
	if (!l->side->ours)
		return true;
	return !o->other_order && (l->c->policy.keep != BE_KEEP_NONE || o->fresh);
}

static bool explained(const struct look *l, const char *id, uint32_t *fired)
{
	int n = rows_find(id);

	if (l->side->ours || n < 0 || !row_applies(rows_at((uint32_t)n), l->side->version))
		return false;
	fired[n]++;
	return true;
}

/* A row that makes what was seen acceptable. */
static bool by_row(const struct look *l, uint32_t *fired)
{
	const struct xc_seen *s = l->s;
	bool vtd = l->c->arch == BE_VTD;

	if (s->moved)
		return false; /* where bytes go is never excused */
	for (uint32_t i = 0; i < l->set->n; i++) {
		const struct ref_outcome *o = l->set->o + i;

		if (o->dma_half && (!s->recorded || s->reason == 1) && explained(l, "A61", fired))
			return true;
		if (o->ok)
			continue;
		if (l->m && !s->recorded && explained(l, vtd ? "V22" : "A46", fired))
			return true;
		if (vtd && !s->recorded && o->hit_refused && explained(l, "V1", fired))
			return true;
		if (vtd && s->recorded && s->reason == 0xb && o->context_rsvd &&
		    explained(l, "V2", fired))
			return true;
		if (!vtd && !s->recorded && explained(l, "A1", fired))
			return true;
		if (!vtd && !s->recorded && o->hit_refused && explained(l, "A6", fired))
			return true;
		if (!vtd && s->recorded && s->reason == o->reason && explained(l, "A13", fired))
			return true;
	}
	return false;
}

static bool accepted(const struct look *l, uint32_t *fired)
{
	const struct xc_seen *s = l->s;
	bool orders = false, right = false, whole = true;

	if (l->set->full)
		return true;
	for (uint32_t i = 0; i < l->set->n; i++) {
		const struct ref_outcome *o = l->set->o + i;

		if (o->ok && l->d && !xc_is_ram(o->pa, l->d->len) && !s->moved && !s->recorded &&
		    explained(l, l->c->arch == BE_VTD ? "V27" : "A30", fired))
			return true;
	}
	for (uint32_t i = 0; i < l->set->n; i++) {
		const struct ref_outcome *o = l->set->o + i;

		if (!demanded(l, o) || !data_as(l, o) || !record_as(l, o))
			continue;
		right = true;
		orders = orders || !o->other_order;
		whole = whole && s->recorded && s->addr != o->addr && !o->any_addr;
	}
	if (right && !orders && !explained(l, l->c->arch == BE_VTD ? "V29" : "A62", fired))
		right = false;
	if (right && whole && !explained(l, "V30", fired))
		return false;
	if (right && s->recorded && s->pasid && !explained(l, "V9", fired))
		return false;
	return right || by_row(l, fired);
}

/* Right for hardware that fetches or keeps more than a request made it. */
static bool ahead(const struct look *l, const struct ref_set *eager, uint32_t n, uint32_t *fired)
{
	struct look more = *l;

	if (!eager || l->side->ours)
		return false;
	more.set = eager + n;
	return accepted(&more, fired) && explained(l, l->c->arch == BE_VTD ? "V31" : "A28", fired);
}

/* An event that came of commands alone, at operation `op`; false: nothing allows it. */
static bool unasked(const struct look *l, uint32_t op, struct judge *out, uint32_t *fired)
{
	char got[300];

	if (!l->s->recorded || explained(l, "A29", fired))
		return true;
	judge_seen_text(l->c, l->s, got, sizeof(got));
	out->ok = false;
	out->op = op;
	snprintf(out->text, sizeof(out->text),
		 "operation %u, commands\n  expected  no event\n  %-8s  %s", op, l->side->name,
		 strstr(got, "record"));
	return false;
}

/* Has any message that may be delivered now been seen before, by the same controller? */
static bool seen_before(const struct play *play, uint32_t op, const struct xc_case *c,
			const struct ref_set *set)
{
	for (uint32_t i = 0; i < op; i++) {
		if (c->op[i].kind != XC_MSI || !play->seen[i].moved)
			continue;
		for (uint32_t k = 0; k < set->n; k++)
			if (set->o[k].ok &&
			    (uint8_t)set->o[k].data == (uint8_t)play->seen[i].data &&
			    (set->o[k].pa ^ play->seen[i].pa) >> 12 == 0)
				return true;
	}
	return false;
}

static void heading(const struct look *l, uint32_t op, char *buf, size_t size)
{
	if (l->d)
		snprintf(buf, size, "operation %u, %s of %u bytes at 0x%" PRIx64 " by %04x", op,
			 l->d->write ? "write" : "read", l->d->len, l->d->iova, requester(l));
	else
		snprintf(buf, size, "operation %u, message 0x%x of %u bytes at 0x%x by %04x", op,
			 l->m->data, l->m->len, l->m->addr, requester(l));
}

void judge_play(const struct xc_case *c, const struct ref_set *expect, const struct ref_set *eager,
		const struct judge_side *side, const struct play *play, uint32_t fired[ROWS_MAX],
		struct judge *out)
{
	struct look start = { .c = c, .side = side, .s = &play->at_start };

	memset(out, 0, sizeof(*out));
	out->ok = play->end != PLAY_BROKEN;
	if (!out->ok) {
		snprintf(out->text, sizeof(out->text), "%s: %s", side->name, play->why);
		return;
	}
	if (!unasked(&start, 0, out, fired))
		return;
	for (uint32_t i = 0; i < play->ops; i++) {
		const struct xc_op *op = c->op + i;
		bool asked = op->kind == XC_DMA || op->kind == XC_MSI;
		struct look l = { .c = c,
				  .side = side,
				  .d = op->kind == XC_DMA ? &op->dma : NULL,
				  .m = op->kind == XC_MSI ? &op->msi : NULL,
				  .s = play->seen + i,
				  .set = expect + i };
		char want[700], got[300], what[120];

		if (op->kind == XC_INVAL && !unasked(&l, i, out, fired))
			return;
		l.known = op->kind == XC_MSI && seen_before(play, i, c, l.set);
		if (!asked || accepted(&l, fired) || ahead(&l, eager, i, fired))
			continue;
		expected_text(c, expect + i, want, sizeof(want));
		judge_seen_text(c, play->seen + i, got, sizeof(got));
		heading(&l, i, what, sizeof(what));
		out->ok = false;
		out->op = i;
		snprintf(out->text, sizeof(out->text), "%s\n  expected  %s\n  %-8s  %s", what, want,
			 side->name, got);
		return;
	}
}
