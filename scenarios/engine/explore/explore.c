/*
 * Exploring: rounds of tasks.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "explore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cli.h"
#include "pool.h"
#include "tree.h"
#include "walk.h"

#define WALKS_PER_TASK 8
#define ROUND 256          /* schedules of a task in one round at most */
#define ROUND_TIMEOUT_S 60 /* wall clock, for as many */
#define CRASHES 3          /* a task that crashed so often is left */
#define BEYOND 4096        /* yield points looked for beyond those that were counted */

/* ---- tasks ---- */

void explore_init(struct explore *e, uint64_t seed, uint64_t max, size_t workers)
{
	*e = (struct explore){ .seed = seed, .max = max, .workers = workers };
}

void explore_free(struct explore *e)
{
	for (size_t i = 0; i < e->bases; i++)
		base_free(e->base + i);
	for (size_t i = 0; i < e->tasks; i++) {
		free(e->task[i].text);
		free(e->task[i].facts);
	}
	if (e->progress)
		munmap(e->progress, (e->tasks + 1) * sizeof(*e->progress));
	free(e->base);
	free(e->task);
	free(e->todo);
}

static struct task *task_add(struct explore *e, enum task_kind kind)
{
	e->task = cli_grow(e->task, e->tasks + 1, sizeof(*e->task));
	e->task[e->tasks] = (struct task){ .kind = kind };
	return e->task + e->tasks++;
}

static void add_sweep(void *ctx, const struct sweep *s)
{
	task_add(ctx, s->fault ? TASK_FAIL : TASK_INTERLEAVE)->sweep = *s;
}

void explore_add(struct explore *e, const struct scenario *sc, uint32_t permutation, uint32_t rank,
		 bool fail, bool interleave)
{
	size_t n = e->bases++, first = e->tasks;

	e->base = cli_grow(e->base, e->bases, sizeof(*e->base));
	base_of(e->base + n, sc, permutation);
	if (fail)
		sweeps_fail(e->base + n, n, add_sweep, e);
	if (interleave)
		sweeps_interleave(e->base + n, n, add_sweep, e);
	for (size_t i = first; i < e->tasks; i++)
		e->task[i].rank = rank;
}

void explore_add_walks(struct explore *e, uint64_t walks)
{
	for (uint64_t n = 0; n < walks; n += WALKS_PER_TASK) {
		struct task *t = task_add(e, TASK_WALK);

		t->walk = n;
		t->walks = (uint32_t)(walks - n < WALKS_PER_TASK ? walks - n : WALKS_PER_TASK);
	}
}

/* ---- in the worker ---- */

/*
 * The order of yield points: the first, which tells how many there are, then all others in strides, so that a sweep that
 * is cut short has looked everywhere; then those beyond, which there are when the action itself made more.
 */
static uint32_t yield_at(const struct progress *p)
{
	uint64_t rest = p->points ? p->points - 1 : 0, stride, a, b;

	if (p->next == 0 || p->next > rest)
		return p->next + 1;
	for (stride = rest * 618 / 1000 + 1;; stride++) {
		for (a = stride, b = rest; b;) {
			uint64_t c = a % b;

			a = b;
			b = c;
		}
		if (a == 1)
			break;
	}
	return (uint32_t)(2 + (p->next - 1) * stride % rest);
}

static bool walk_run(const struct explore *e, const struct task *t, uint32_t n,
		     struct run_result *result)
{
	struct walk *w = walk_new(e->seed, t->walk + n);

	tree_run(walk_tree(w, NULL, "a random walk"), "walk", 0, result);
	walk_free(w);
	return n + 1 < t->walks;
}

/* The next schedule of a task; false when it was the last one, or none. */
static bool next_schedule(const struct explore *e, const struct task *t, struct progress *p,
			  struct run_result *result)
{
	const struct base *b = e->base + t->sweep.base;
	uint64_t points;
	bool more = true;

	p->at = t->kind == TASK_INTERLEAVE ? yield_at(p) : p->next;
	p->running = true;
	if (t->kind == TASK_WALK)
		more = walk_run(e, t, p->at, result);
	else
		schedule_run(b, &t->sweep, p->at, result, &more, &points);
	p->running = false;
	p->next++;
	if (t->kind == TASK_WALK) {
		p->done++;
		return more;
	}
	if (t->kind == TASK_INTERLEAVE && p->next == 1)
		p->points = points;
	if (t->kind == TASK_INTERLEAVE && p->next > p->points + BEYOND)
		more = false;
	/* within the points counted before, one that was not reached says nothing of the others */
	if (!more && t->kind == TASK_INTERLEAVE && p->next < p->points)
		return true;
	p->done += more || result->verdict == RUN_FAIL;
	return more;
}

/* A base that fails in the same way as it is, was not made to fail by the schedule. */
static void blame(const struct explore *e, const struct task *t, struct run_result *result)
{
	struct run_result clean;
	uint64_t last;
	bool more;

	if (t->kind == TASK_WALK)
		return;
	schedule_run(e->base + t->sweep.base, &t->sweep, SCHEDULE_CLEAN, &clean, &more, &last);
	if (clean.verdict == RUN_PASS)
		return;
	*result = clean;
	result->verdict = RUN_ERROR;
}

static void run_task(void *ctx, size_t n, struct run_result *result)
{
	const struct explore *e = ctx;
	const struct task *t = e->task + e->todo[n];
	struct progress *p = e->progress + e->todo[n];
	struct run_result *one = cli_alloc(1, sizeof(*one));

	for (uint64_t i = 0; i < e->share && !p->complete; i++) {
		p->complete = !next_schedule(e, t, p, one);
		if (one->verdict == RUN_FAIL && !p->failed)
			blame(e, t, one);
		if (one->verdict == RUN_ERROR || one->verdict == RUN_SKIP) {
			p->complete = p->bad = true;
			*result = *one;
		}
		if (one->verdict != RUN_FAIL)
			continue;
		if (!p->failed++) {
			p->first = p->at;
			*result = *one;
		}
	}
	free(one);
}

/* ---- rounds ---- */

static bool task_done(void *ctx, size_t n, const struct run_result *result)
{
	struct explore *e = ctx;
	struct task *t = e->task + e->todo[n];
	struct progress *p = e->progress + e->todo[n];

	if (p->running) { /* it did not come back from this one */
		p->running = false;
		p->next++;
		p->done++;
		p->complete = ++p->crashes == CRASHES;
		if (!p->failed++)
			p->first = p->at;
	}
	if (result->verdict != RUN_PASS && !t->text) {
		t->text = cli_copy(result->text);
		t->facts = cli_copy(result->facts);
	}
	return true;
}

static uint64_t schedules(const struct explore *e)
{
	uint64_t done = 0;

	for (size_t i = 0; i < e->tasks; i++)
		done += e->progress[i].done;
	return done;
}

static void progressed(void *ctx, size_t finished)
{
	struct explore *e = ctx;

	(void)finished;
	if (e->tick)
		e->tick(e->ctx, schedules(e));
}

/* The tasks of the next round, and how many schedules each of them gets. */
static size_t plan(struct explore *e)
{
	uint64_t left = e->max > e->done ? e->max - e->done : 0;
	uint32_t rank = UINT32_MAX;
	size_t count = 0;

	for (size_t i = 0; i < e->tasks; i++)
		if (!e->progress[i].complete && e->task[i].rank < rank)
			rank = e->task[i].rank;
	for (size_t i = 0; i < e->tasks; i++)
		if (!e->progress[i].complete && e->task[i].rank == rank)
			e->todo[count++] = i;
	if (!left || !count)
		return 0;
	e->share = left / count < ROUND ? left / count : ROUND;
	if (e->share)
		return count;
	e->share = 1;
	return (size_t)left;
}

int explore_run(struct explore *e)
{
	size_t size = (e->tasks + 1) * sizeof(*e->progress), count;
	struct pool_spec spec = { .timeout_ns = UINT64_C(1000000000) * ROUND_TIMEOUT_S,
				  .ctx = e,
				  .run = run_task,
				  .done = task_done,
				  .progress = progressed };
	int error = 0;

	e->progress = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (e->progress == MAP_FAILED)
		e->progress = cli_need(NULL);
	e->todo = cli_alloc(e->tasks, sizeof(*e->todo));
	while (!error && (count = plan(e)) > 0) {
		spec.jobs = count;
		spec.workers = e->workers < count ? e->workers : count;
		error = pool_run(&spec);
		e->done = schedules(e);
	}
	return error;
}
