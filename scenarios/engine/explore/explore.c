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
#include <time.h>

#include "cli.h"
#include "places.h"
#include "pool.h"
#include "tree.h"
#include "walk.h"

#define WALKS_PER_TASK 8
#define ROUND 256           /* schedules of a task in one round at most */
#define ROUND_TIMEOUT_S 600 /* wall clock, of a loaded machine, for as many */
#define PLAN_TIMEOUT_S 600
#define CRASHES 3 /* a task that crashed so often is left */
#define NUMBERS       \
	(UINT64_C(64) \
	 << 20) /* schedules of all sweeps at most; pages are used as they are needed */

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
	if (e->numbers)
		munmap(e->numbers, NUMBERS * sizeof(*e->numbers));
	if (e->taken)
		munmap(e->taken, sizeof(*e->taken));
	if (e->planned)
		munmap(e->planned, (e->bases + 1) * sizeof(*e->planned));
	free(e->first);
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
	e->first = cli_grow(e->first, e->bases + 1, sizeof(*e->first));
	e->first[n] = first;
	base_of(e->base + n, sc, permutation);
	if (fail)
		sweeps_fail(e->base + n, n, add_sweep, e);
	if (interleave)
		sweeps_interleave(e->base + n, n, add_sweep, e);
	for (size_t i = first; i < e->tasks; i++)
		e->task[i].rank = rank;
	e->first[e->bases] = e->tasks;
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

/* Processor time of this worker: told with --timing, and nothing depends on it. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Strides, so that a sweep that is cut short has looked everywhere. */
static uint32_t number_at(const struct explore *e, const struct progress *p)
{
	uint64_t stride, a, b;

	for (stride = (uint64_t)p->count * 618 / 1000 + 1;; stride++) {
		for (a = stride, b = p->count; b;) {
			uint64_t c = a % b;

			a = b;
			b = c;
		}
		if (a == 1)
			break;
	}
	return e->numbers[p->list + p->next * stride % p->count];
}

static void walk_run(const struct explore *e, const struct task *t, uint32_t n,
		     struct run_result *result)
{
	struct walk *w = walk_new(e->seed, t->walk + n);

	tree_run(walk_tree(w, NULL, "a random walk"), "walk", 0, result);
	walk_free(w);
}

static void next_schedule(const struct explore *e, const struct task *t, struct progress *p,
			  struct ready *ready, struct run_result *result)
{
	p->at = t->kind == TASK_WALK ? p->next : number_at(e, p);
	p->running = true;
	if (t->kind == TASK_WALK)
		walk_run(e, t, p->at, result);
	else
		ready_run(ready, e->base + t->sweep.base, &t->sweep, p->at, result);
	p->running = false;
	p->complete = ++p->next == p->count;
	p->done++;
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
	struct ready ready = { 0 };
	uint64_t start = cpu_ns();

	for (uint64_t i = 0; i < e->share && !p->complete; i++) {
		next_schedule(e, t, p, &ready, one);
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
	p->cpu_ns += cpu_ns() - start;
	ready_free(&ready);
	free(one);
}

/* ---- planning ---- */

static void keep_places(const struct explore *e, struct progress *p, const struct places *found)
{
	p->list = __atomic_fetch_add(e->taken, found->count, __ATOMIC_RELAXED);
	p->places = found->all;
	if (p->list + found->count > NUMBERS)
		return; /* told as a sweep that was not begun */
	if (found->count)
		memcpy(e->numbers + p->list, found->number, found->count * sizeof(*e->numbers));
	p->count = found->count;
	p->complete = !p->count;
}

/* In a worker: the schedules of all sweeps of base n. */
static void plan_base(void *ctx, size_t n, struct run_result *result)
{
	const struct explore *e = ctx;
	size_t first = e->first[n], count = e->first[n + 1] - first;
	struct sweep *sweep = cli_alloc(count, sizeof(*sweep));
	struct places *found = cli_alloc(count, sizeof(*found));
	struct base base = e->base[n];
	uint64_t start = cpu_ns();

	for (size_t i = 0; i < count; i++)
		sweep[i] = e->task[first + i].sweep;
	base.patience = e->planned[n].patience = base_patience(&base);
	places_find(&base, sweep, count, e->every, found, result);
	for (size_t i = 0; i < count; i++) {
		if (result->verdict == RUN_PASS)
			keep_places(e, e->progress + first + i, found + i);
		free(found[i].number);
	}
	free(found);
	free(sweep);
	e->planned[n].cpu_ns = cpu_ns() - start;
}

static bool base_planned(void *ctx, size_t n, const struct run_result *result)
{
	struct explore *e = ctx;

	e->base[n].patience = e->planned[n].patience;
	for (size_t i = e->first[n]; i < e->first[n + 1] && result->verdict != RUN_PASS; i++) {
		e->progress[i].complete = e->progress[i].bad = true;
		e->task[i].text = cli_copy(result->text);
	}
	return true;
}

static int plan_all(struct explore *e)
{
	const struct pool_spec spec = { .jobs = e->bases,
					.workers = e->workers < e->bases ? e->workers : e->bases,
					.timeout_ns = UINT64_C(1000000000) * PLAN_TIMEOUT_S,
					.ctx = e,
					.run = plan_base,
					.done = base_planned };
	int error = e->bases ? pool_run(&spec) : 0;

	for (size_t i = 0; i < e->tasks; i++)
		if (e->task[i].kind == TASK_WALK)
			e->progress[i].count = e->task[i].walks;
	return error;
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
		p->complete = p->next == p->count || ++p->crashes == CRASHES;
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

static bool is_left(const struct progress *p)
{
	return !p->complete && p->count;
}

/* The tasks of the next round, and how many schedules each of them gets. */
static size_t plan(struct explore *e)
{
	uint64_t left = e->max > e->done ? e->max - e->done : 0;
	uint32_t rank = UINT32_MAX;
	size_t count = 0;

	for (size_t i = 0; i < e->tasks; i++)
		if (is_left(e->progress + i) && e->task[i].rank < rank)
			rank = e->task[i].rank;
	for (size_t i = 0; i < e->tasks; i++)
		if (is_left(e->progress + i) && e->task[i].rank == rank)
			e->todo[count++] = i;
	if (!left || !count)
		return 0;
	e->share = left / count < ROUND ? left / count : ROUND;
	if (e->share)
		return count;
	e->share = 1;
	return (size_t)left;
}

/* Memory that workers share with the command; zeroed. */
static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return cli_need(p == MAP_FAILED ? NULL : p);
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

	e->progress = shared(size);
	e->numbers = shared(NUMBERS * sizeof(*e->numbers));
	e->taken = shared(sizeof(*e->taken));
	e->planned = shared((e->bases + 1) * sizeof(*e->planned));
	e->todo = cli_alloc(e->tasks, sizeof(*e->todo));
	error = plan_all(e);
	while (!error && (count = plan(e)) > 0) {
		spec.jobs = count;
		spec.workers = e->workers < count ? e->workers : count;
		error = pool_run(&spec);
		e->done = schedules(e);
	}
	return error;
}
