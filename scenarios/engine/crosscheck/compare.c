/* Two transcripts, record by record. */
#include "compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"

#define CONTEXT 6u /* records shown before a difference */
#define COLUMN 58

/* The records of one step on one side that are still to be compared. */
struct reach {
	const struct transcript *t;
	uint32_t at, end;
};

static bool is_read(const struct record *r)
{
	return r->kind == RECORD_READ || r->kind == RECORD_LOAD;
}

static bool is_made(const struct record *r)
{
	return r->kind <= RECORD_DMA;
}

/* What is next; DMA at yield points is compared apart. */
static const struct record *here(struct reach *x)
{
	while (x->at < x->end && x->t->record[x->at].kind == RECORD_INSIDE)
		x->at++;
	return x->at < x->end ? &x->t->record[x->at] : NULL;
}

/* ---- both sides in words ---- */

static void put_column(char *buf, size_t size, const struct reach *x, uint32_t n, bool marked)
{
	char text[160] = "";

	if (n < x->t->count)
		record_text(x->t, &x->t->record[n], text, sizeof(text));
	snprintf(buf, size, "%s%-*.*s", marked ? "> " : "  ", COLUMN, COLUMN, text);
}

static size_t trim(char *buf)
{
	size_t len = strlen(buf);

	while (len && buf[len - 1] == ' ')
		buf[--len] = '\0';
	return len;
}

/* The `back`-th record before the one at x that tells what was done; UINT32_MAX: there is none. */
static uint32_t made_before(const struct reach *x, uint32_t back)
{
	uint32_t n = x->at < x->t->count ? x->at : x->t->count;

	while (n-- > 0)
		if (x->t->record[n].kind < RECORD_STATE && --back == 0)
			return n;
	return UINT32_MAX;
}

static void put_line(struct compare *c, const struct reach *sim, uint32_t a,
		     const struct reach *qemu, uint32_t b, bool marked)
{
	char left[COLUMN + 8], right[COLUMN + 8];
	size_t at = strlen(c->text);

	put_column(left, sizeof(left), sim, a, marked);
	put_column(right, sizeof(right), qemu, b, marked);
	snprintf(c->text + at, sizeof(c->text) - at, "\n%s%s", left, right);
	(void)trim(c->text);
}

static void side_by_side(struct compare *c, const struct reach *sim, const struct reach *qemu)
{
	snprintf(c->text, sizeof(c->text), "\n  %-*s  %s", COLUMN, "simulator", c->qemu_name);
	for (uint32_t k = CONTEXT; k > 0; k--) {
		uint32_t a = made_before(sim, k), b = made_before(qemu, k);

		if (a != UINT32_MAX || b != UINT32_MAX)
			put_line(c, sim, a, qemu, b, false);
	}
	for (uint32_t k = 0; k <= 2; k++)
		put_line(c, sim, sim->at + k < sim->end ? sim->at + k : UINT32_MAX, qemu,
			 qemu->at + k < qemu->end ? qemu->at + k : UINT32_MAX, k == 0);
}

/* ---- one difference ---- */

static void take_row(struct compare *c, int row, const struct record *r)
{
	c->fired[row] = true;
	/* a request fails by what came of it, not by what a register shows besides */
	if (r->step == c->fails_in && (!c->fails_dma || record_is_dma(r->kind)))
		c->step_fired = true;
}

/* False when nothing more is compared. */
static bool differ(struct compare *c, const struct reach *sim, const struct reach *qemu,
		   const struct record *a, const struct record *b)
{
	struct difference d = { c, a, b };
	uint32_t step = a ? a->step : b->step;
	int row = explain(&d, &c->ended);

	if (row >= 0) {
		take_row(c, row, a ? a : b);
		c->ended_at = step;
		return !c->ended;
	}
	c->differs = true;
	c->stale = a && explain_may_be_cached(a);
	c->at = step;
	side_by_side(c, sim, qemu);
	return false;
}

/* ---- what is compared of a record ---- */

/* Whether both went to, or came from, the same addresses in the same order. */
static bool same_segments(const struct be_dma_result *x, const struct be_dma_result *y)
{
	uint64_t a = 0, b = 0; /* of segment i and k */
	uint32_t i = 0, k = 0;

	while (i < x->segs && k < y->segs) {
		const struct be_segment *s = x->seg + i, *t = y->seg + k;
		uint64_t n = s->len - a < t->len - b ? s->len - a : t->len - b;

		if (s->pa + a != t->pa + b)
			return false;
		a += n;
		b += n;
		if (a == s->len) {
			a = 0;
			i++;
		}
		if (b == t->len) {
			b = 0;
			k++;
		}
	}
	return i == x->segs && k == y->segs;
}

static bool same_dma(const struct record *a, const struct record *b)
{
	const struct be_dma_result *x = &a->res, *y = &b->res;
	uint32_t unknown = x->unknown | y->unknown;

	if (a->dma.dev != b->dma.dev || a->dma.addr != b->dma.addr || a->dma.len != b->dma.len ||
	    a->dma.access != b->dma.access)
		return false;
	if ((x->outcome == BE_OK) != (y->outcome == BE_OK) || x->done != y->done)
		return false;
	if (x->outcome != BE_OK && !(unknown & BE_UNKNOWN_REASON) && x->reason != y->reason)
		return false;
	/* at yield points the one before it may have left a record, or not */
	if (a->kind == RECORD_DMA && x->outcome != BE_OK && !(unknown & BE_UNKNOWN_RECORDED) &&
	    x->recorded != y->recorded)
		return false;
	if (!x->done || x->source >= BE_FROM_MSI || y->source >= BE_FROM_MSI)
		return true;
	return same_segments(x, y) && a->data == b->data;
}

static bool same(const struct compare *c, const struct record *a, const struct record *b)
{
	if (record_is_dma(a->kind))
		return same_dma(a, b);
	if (a->kind == RECORD_READ || a->kind == RECORD_STATE || a->kind == RECORD_WRITE)
		return ((a->val[0] ^ b->val[0]) & explain_mask(c, a)) == 0;
	return a->width == b->width && memcmp(a->val, b->val, sizeof(a->val)) == 0;
}

static bool same_place(const struct record *a, const struct record *b)
{
	return a->kind == b->kind && a->off == b->off && a->at == b->at && a->width == b->width;
}

/* ---- the records of a step ---- */

/* Writes that only the guest of one side has a reason to make are passed over; where they differ the row is needed. */
static void pass_over(struct compare *c, struct reach *sim, struct reach *qemu)
{
	for (;;) {
		const struct record *a = here(sim), *b = here(qemu);
		int row = a && a->kind == RECORD_WRITE ? explain_aside(c, a) : -1;

		if (row < 0 && b && b->kind == RECORD_WRITE) {
			row = explain_aside(c, b);
			a = NULL;
		}
		if (row < 0)
			return;
		if (a && b && same_place(a, b) && same(c, a, b)) {
			sim->at++;
			qemu->at++;
			continue;
		}
		take_row(c, row, a ? a : b);
		(a ? sim : qemu)->at++;
	}
}

/* Record number `n` of those of the same place in x. */
static const struct record *same_read(struct reach *x, const struct record *like, uint32_t n)
{
	for (; here(x); x->at++)
		if (same_place(like, here(x)) && n-- == 0)
			return here(x);
	return NULL;
}

/* The reads up to the next record that was made; the ones of `sim` that `qemu` has as well are compared. */
static bool compare_reads(struct compare *c, struct reach *sim, struct reach *qemu)
{
	uint32_t first = sim->at;
	struct reach q = *qemu;
	const struct record *a, *b;

	while (here(&q) && is_read(here(&q)))
		q.at++;
	for (; (a = here(sim)) != NULL && is_read(a); sim->at++) {
		struct reach look = { qemu->t, qemu->at, q.at };
		uint32_t nth = 0;

		for (uint32_t i = first; i < sim->at; i++)
			nth += same_place(a, &sim->t->record[i]);
		b = same_read(&look, a, nth);
		c->records += b != NULL;
		if (b && !same(c, a, b) && !differ(c, sim, &look, a, b))
			return false;
	}
	qemu->at = q.at;
	return true;
}

static bool compare_made(struct compare *c, struct reach *sim, struct reach *qemu)
{
	for (;;) {
		const struct record *a, *b;

		if (!compare_reads(c, sim, qemu))
			return false;
		pass_over(c, sim, qemu);
		a = here(sim);
		b = here(qemu);
		if ((a && is_read(a)) || (b && is_read(b)))
			continue;
		if (!(a && is_made(a)) && !(b && is_made(b)))
			return true;
		if (!(a && is_made(a)) || !(b && is_made(b)) || a->kind != b->kind ||
		    (a->kind != RECORD_COMMAND && !same_place(a, b))) {
			(void)differ(c, sim, qemu, a && is_made(a) ? a : NULL,
				     b && is_made(b) ? b : NULL);
			return false;
		}
		c->records++;
		if (!same(c, a, b) && !differ(c, sim, qemu, a, b))
			return false;
		sim->at++;
		qemu->at++;
	}
}

static const struct record *interrupt_until(const struct reach *x, const struct record *like)
{
	for (uint32_t i = 0; i < x->end; i++)
		if (same_place(like, &x->t->record[i]) && like->val[0] == x->t->record[i].val[0])
			return &x->t->record[i];
	return NULL;
}

/* Whatever stands at the end of a step has no order: each record has its place, and is there or not. */
static bool compare_ends(struct compare *c, struct reach *one, struct reach *other, bool swapped)
{
	const struct record *a;

	for (; (a = here(one)) != NULL; one->at++) {
		struct reach look = *other;
		const struct record *b = NULL;

		/* a controller may have held the vector since an earlier step */
		if (a->kind == RECORD_INTERRUPT)
			b = interrupt_until(other, a);
		else
			while ((b = here(&look)) != NULL && !same_place(a, b))
				look.at++;
		if (b && swapped)
			continue;
		c->records++;
		if (b && same(c, a, b))
			continue;
		if (!(swapped ? differ(c, &look, one, b, a) : differ(c, one, &look, a, b)))
			return false;
	}
	return true;
}

/* The other side's DMA at a yield point behind just the same stores and register writes; NULL: it made none there. */
static const struct record *inside_like(const struct reach *x, const struct record *like,
					struct reach *look)
{
	*look = *x;
	for (; look->at < look->end; look->at++) {
		const struct record *r = &look->t->record[look->at];

		if (same_place(like, r) && r->dma.dev == like->dma.dev &&
		    r->dma.addr == like->dma.addr)
			return r;
	}
	return NULL;
}

/*
 * At which yield point a DMA is made is the backend's matter, for a guest that waits has more of them. Only where both made one
 * with nothing changed between is it the hardware's outcome that differs.
 */
static bool compare_inside(struct compare *c, struct reach sim, const struct reach *qemu)
{
	for (; sim.at < sim.end; sim.at++) {
		const struct record *a = &sim.t->record[sim.at], *b;
		struct reach look;

		if (a->kind != RECORD_INSIDE)
			continue;
		b = inside_like(qemu, a, &look);
		c->records += b != NULL;
		if (b && !same(c, a, b) && !differ(c, &sim, &look, a, b))
			return false;
	}
	return true;
}

static struct reach reach_of(const struct transcript *t, uint32_t from, uint32_t step)
{
	struct reach x = { t, from, from };

	while (x.at < t->count && t->record[x.at].step < step)
		x.at++;
	x.end = x.at;
	while (x.end < t->count && t->record[x.end].step == step)
		x.end++;
	return x;
}

static bool compare_step(struct compare *c, struct reach sim, struct reach qemu)
{
	const struct reach whole_sim = sim, whole_qemu = qemu;
	struct reach again;

	if (!compare_made(c, &sim, &qemu) || !compare_inside(c, whole_sim, &whole_qemu))
		return false;
	again = sim;
	if (!compare_ends(c, &sim, &qemu, false))
		return false;
	return compare_ends(c, &qemu, &again, true);
}

void compare_transcripts(struct compare *c)
{
	struct reach sim = { c->sim, 0, 0 }, qemu = { c->qemu, 0, 0 };
	uint32_t step = 0;

	memset(c->fired, 0, sizeof(c->fired));
	c->records = c->ended_at = c->at = 0;
	c->differs = c->ended = c->stale = c->step_fired = false;
	c->text[0] = '\0';
	while (step < c->steps && (sim.end < c->sim->count || qemu.end < c->qemu->count)) {
		sim = reach_of(c->sim, sim.end, step);
		qemu = reach_of(c->qemu, qemu.end, step);
		if (!compare_step(c, sim, qemu))
			return;
		step++;
	}
}
