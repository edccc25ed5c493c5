/*
 * Failures: grouped by what they say, and made small.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "explore.h"
#include "pool.h"
#include "shrink.h"
#include "tree.h"
#include "walk.h"

#define TRIES 400       /* runs of parts of a scenario */
#define PLACES 256      /* looked at in each, and the one it was found at */
#define GROUPS_SMALL 24 /* failures made small; the others are told as they are */
#define TIMEOUT_S 60

/* The next character that tells two texts apart: numbers do not. End of line ends. */
static char next_word(const char **at)
{
	while (isdigit((unsigned char)**at)) {
		const char *p = *at;

		if (p[0] == '0' && p[1] == 'x')
			p += 2;
		while (isxdigit((unsigned char)*p))
			p++;
		*at = p;
	}
	return **at == '\n' || !**at ? '\0' : *(*at)++;
}

static bool same_line(const char *a, const char *b)
{
	char x, y;

	do {
		x = next_word(&a);
		y = next_word(&b);
	} while (x == y && x);
	return x == y;
}

/* The value of a fact, up to the end of its line; "" when it is not there. */
static const char *fact(const char *facts, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = facts; at && *at;) {
		const char *end = strchr(at, '\n');

		if (strncmp(at, name, len) == 0 && at[len] == '\t')
			return at + len + 3;
		at = end ? end + 1 : NULL;
	}
	return "";
}

bool explore_same(const char *text_a, const char *facts_a, const char *text_b, const char *facts_b)
{
	static const char *const telling[] = { "kind", "verdict", "cause", "why", "line.cache" };

	if (!same_line(text_a, text_b))
		return false;
	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		if (!same_line(fact(facts_a, telling[i]), fact(facts_b, telling[i])))
			return false;
	return true;
}

static bool is_this(const struct run_result *result, const struct failure *f)
{
	return result->verdict == RUN_FAIL &&
	       explore_same(result->text, result->facts, f->text, f->facts);
}

/* ---- one candidate, in a worker: it may crash ---- */

struct trial {
	const struct explore *e;
	const struct task *task;
	const struct failure *f;
	const struct base *base; /* reduced */
	const bool *keep;
	struct progress *p;
	struct run_result *result;
	bool fails;
};

/* Runs schedule after schedule until one fails as it should; a part of a scenario has its places elsewhere. */
static void try_schedules(struct trial *t, struct run_result *result)
{
	bool fault = t->task->kind == TASK_FAIL, more = true;
	uint32_t limit = t->f->number;
	uint64_t last;

	/* a part that means something: nothing fails in it as it is */
	base_run(t->base, result);
	if (result->verdict == RUN_PASS)
		schedule_run(t->base, &t->task->sweep, SCHEDULE_CLEAN, result, &more, &last);
	if (result->verdict != RUN_PASS) {
		result->verdict = RUN_PASS;
		return;
	}
	for (uint32_t n = fault ? 0 : 1; n <= limit; n = n == PLACES ? limit : n + 1) {
		t->p->at = n;
		schedule_run(t->base, &t->task->sweep, n, result, &more, &last);
		if (is_this(result, t->f))
			return;
		if (!more || n == limit)
			break;
	}
	result->verdict = RUN_PASS;
}

static void try_walk(struct trial *t, struct run_result *result)
{
	struct walk *w = walk_new(t->e->seed, t->task->walk + t->f->number);

	tree_run(walk_tree(w, t->keep, "a random walk"), "walk", 0, result);
	walk_free(w);
}

static void trial_run(void *ctx, size_t n, struct run_result *result)
{
	struct trial *t = ctx;

	(void)n;
	if (t->task->kind == TASK_WALK)
		try_walk(t, result);
	else
		try_schedules(t, result);
}

static bool trial_done(void *ctx, size_t n, const struct run_result *result)
{
	struct trial *t = ctx;

	(void)n;
	t->fails = is_this(result, t->f);
	if (t->fails && t->result)
		*t->result = *result;
	return true;
}

static bool trial(struct trial *t)
{
	const struct pool_spec spec = { .jobs = 1,
					.workers = t->e->workers ? 1 : 0,
					.timeout_ns = UINT64_C(1000000000) * TIMEOUT_S,
					.ctx = t,
					.run = trial_run,
					.done = trial_done };

	t->fails = false;
	return pool_run(&spec) == 0 && t->fails;
}

/* ---- making it small ---- */

/* Steps are numbered anew in a part; the one that is interrupted has to stay. */
static bool part_of(const struct task *task, const bool *keep, struct task *to)
{
	*to = *task;
	if (task->kind != TASK_INTERLEAVE)
		return true;
	if (!keep[task->sweep.step])
		return false;
	for (uint32_t i = 0; i < task->sweep.step; i++)
		to->sweep.step -= !keep[i];
	return true;
}

struct minimum {
	struct explore *e;
	struct failure *f;
};

static bool part_fails(void *ctx, const bool *keep)
{
	struct minimum *m = ctx;
	const struct task *task = m->e->task + m->f->task;
	struct task part;
	struct base b = { 0 };
	struct trial t = { .e = m->e, .task = &part, .f = m->f, .keep = keep };
	bool fails, any = false;

	t.p = m->e->progress + m->e->tasks;
	if (!part_of(task, keep, &part))
		return false;
	if (task->kind == TASK_WALK)
		return trial(&t);
	for (uint32_t i = 0; i < base_steps(m->e->base + task->sweep.base); i++)
		any |= keep[i];
	if (!any)
		return false;
	base_reduce(&b, m->e->base + task->sweep.base, keep);
	t.base = &b;
	fails = trial(&t);
	base_free(&b);
	return fails;
}

/* The scenario of what is left; the failure's text becomes that of this run. */
static void settle(struct explore *e, struct failure *f, const bool *keep)
{
	const struct task *task = e->task + f->task;
	struct run_result *result = cli_alloc(1, sizeof(*result));
	struct task part;
	struct base b = { 0 };
	struct trial t = { .e = e, .task = &part, .f = f, .keep = keep, .result = result };
	char title[600];

	t.p = e->progress + e->tasks;
	snprintf(title, sizeof(title), "%s", f->id);
	(void)part_of(task, keep, &part);
	if (task->kind == TASK_WALK) {
		struct walk *w = walk_new(e->seed, task->walk + f->number);

		f->tree = walk_tree(w, keep, title);
		walk_free(w);
	} else {
		base_reduce(&b, e->base + task->sweep.base, keep);
		t.base = &b;
	}
	if (trial(&t)) {
		free(f->text);
		free(f->facts);
		f->text = cli_copy(result->text);
		f->facts = cli_copy(result->facts);
		if (task->kind != TASK_WALK)
			f->number = t.p->at;
	}
	if (task->kind != TASK_WALK) {
		f->tree = schedule_tree(&b, &part.sweep, f->number, title);
		base_free(&b);
	}
	free(result);
}

static void minimise(struct explore *e, struct failure *f, bool small)
{
	const struct task *task = e->task + f->task;
	struct walk *w = task->kind == TASK_WALK ? walk_new(e->seed, task->walk + f->number) : NULL;
	uint32_t count = w ? walk_calls(w) : base_steps(e->base + task->sweep.base);
	bool *keep = cli_alloc(count, sizeof(*keep));
	struct minimum m = { e, f };

	for (uint32_t i = 0; i < count; i++)
		keep[i] = true;
	f->of = f->steps = count;
	if (small &&
	    part_fails(&m, keep)) /* else it does not happen again, which the replay will tell */
		f->steps = shrink(keep, count, TRIES, part_fails, &m);
	settle(e, f, keep);
	free(keep);
	walk_free(w);
}

/* ---- groups ---- */

static void name(const struct explore *e, struct failure *f)
{
	const struct task *task = e->task + f->task;
	char id[1200];

	if (task->kind == TASK_WALK)
		snprintf(id, sizeof(id), "walk %" PRIu64 "/%" PRIu64, e->seed,
			 task->walk + f->number);
	else
		schedule_id(e->base + task->sweep.base, &task->sweep, f->number, id, sizeof(id));
	f->id = cli_copy(id);
}

/* Failures of one kind of change that say the same are one. */
static bool joins(const struct explore *e, const struct failure *f, size_t task)
{
	const struct task *a = e->task + f->task, *b = e->task + task;

	return a->kind == b->kind && a->sweep.fault == b->sweep.fault &&
	       explore_same(f->text, f->facts, b->text, b->facts);
}

struct failure *explore_failures(struct explore *e, size_t *count)
{
	struct failure *list = NULL;

	*count = 0;
	for (size_t i = 0; i < e->tasks; i++) {
		const struct progress *p = e->progress + i;
		size_t k = 0;

		if (!p->failed || !e->task[i].text || p->bad)
			continue;
		while (k < *count && !joins(e, list + k, i))
			k++;
		if (k == *count) {
			list = cli_grow(list, ++*count, sizeof(*list));
			list[k] = (struct failure){ .task = i, .number = p->first };
			list[k].text = cli_copy(e->task[i].text);
			list[k].facts = cli_copy(e->task[i].facts);
			name(e, list + k);
		}
		list[k].like += p->failed;
	}
	for (size_t k = 0; k < *count; k++)
		minimise(e, list + k, k < GROUPS_SMALL);
	return list;
}

void failures_free(struct failure *f, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(f[i].id);
		free(f[i].text);
		free(f[i].facts);
		dts_free(f[i].tree);
	}
	free(f);
}
