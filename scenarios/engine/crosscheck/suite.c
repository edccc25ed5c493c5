/*
 * The scenarios on both sides: each permutation runs on the simulator and on QEMU, and has to come out as it says on both.
 * What a side cannot present is skipped with its reason, and a row named there is counted.
 */
#include "matrix.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "pool.h"
#include "trial.h"

#define JOB_TIMEOUT_S 300
#define REASONS 256

struct reason {
	char text[160];
	uint32_t count;
};

struct comparison {
	struct session *s;
	struct sides_qemu *qemu;
	struct matrix_column *column;
	uint32_t run, cut, fired[ROWS_MAX];
	struct reason reason[REASONS];
	uint32_t reasons;
};

static void compare_job(void *ctx, size_t n, struct run_result *result)
{
	const struct comparison *c = ctx;
	const struct suite_job *job = &c->s->suite.job[n];
	const struct suite_entry *e = &c->s->suite.entry[job->entry];
	struct trial_spec spec = { e->scenario, job->permutation, c->s->seed, c->qemu };
	struct trial t;

	trial_run(&spec, &t, result);
	memcpy(result->facts, &t, sizeof(t));
}

/* "QEMU 7.2.22 (Debian ...): V10: ..." and "backend qemu: ..." without what they begin with. */
static const char *plain_reason(const char *text)
{
	const char *at = strstr(text, "): ");

	if (strncmp(text, "QEMU ", 5) == 0 && at)
		return at + 3;
	at = strncmp(text, "backend qemu", 12) == 0 ? text + 12 : text;
	return at + strspn(at, ": ");
}

static void count_skip(struct comparison *c, const char *text)
{
	const char *why = plain_reason(text);
	uint32_t i = 0;

	while (i < c->reasons && strncmp(c->reason[i].text, why, sizeof(c->reason[i].text) - 1))
		i++;
	if (i == c->reasons && c->reasons < REASONS)
		snprintf(c->reason[c->reasons++].text, sizeof(c->reason[0].text), "%s", why);
	if (i < REASONS)
		c->reason[i].count++;
}

static bool compare_done(void *ctx, size_t n, const struct run_result *result)
{
	struct comparison *c = ctx;
	const struct suite_job *job = &c->s->suite.job[n];
	const char *id = suite_job_id(&c->s->suite, job);
	struct trial t;

	memcpy(&t, result->facts, sizeof(t));
	if (result->verdict == RUN_FAIL)
		t.outcome = TRIAL_DIFFERS; /* the worker may have died */
	c->run++;
	c->cut += t.cut;
	matrix_take(c->column, n, &t, t.outcome >= TRIAL_SKIPPED ? result->text : "");
	for (uint32_t i = 0; i < ROWS_MAX; i++) {
		c->fired[i] += t.fired[i];
		c->s->fired[i] += t.fired[i];
	}
	if (t.outcome == TRIAL_SKIPPED)
		count_skip(c, result->text);
	if (t.outcome == TRIAL_DIFFERS)
		printf("FAIL    %s%s%s: %s%s%s\n", c->s->suite.entry[job->entry].path,
		       *id ? "#" : "", id, result->step, *result->step ? ": " : "", result->text);
	return true;
}

static int by_count(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : strcmp(x->text, y->text);
}

static void report(struct comparison *c)
{
	printf("suite   beside qemu %s: %u run, %u equal, %u explained by rows, %u skipped, "
	       "%u differences; %" PRIu64 " records compared\n",
	       c->qemu->program.version, c->run, c->column->count[TRIAL_EQUAL],
	       c->column->count[TRIAL_ROWS], c->column->count[TRIAL_SKIPPED],
	       c->column->count[TRIAL_DIFFERS], c->column->records);
	if (c->cut)
		printf("          %u of them up to a step from which on a row explains what "
		       "differs\n",
		       c->cut);
	matrix_print_machines(c->column);
	for (uint32_t i = 0; i < ROWS_MAX; i++)
		if (c->fired[i])
			printf("          %-4s %-6s %u: %s\n", rows_at(i)->id,
			       rows_rule(rows_at(i)->rule), c->fired[i], rows_at(i)->what);
	qsort(c->reason, c->reasons, sizeof(c->reason[0]), by_count);
	for (uint32_t i = 0; i < c->reasons; i++)
		printf("          %u: %s\n", c->reason[i].count, c->reason[i].text);
}

static int compare_with(struct session *s, struct matrix *m, struct sides_qemu *qemu)
{
	struct comparison *c = cli_alloc(1, sizeof(*c));
	struct pool_spec pool = { .jobs = s->suite.jobs,
				  .workers = s->workers < s->suite.jobs ? (size_t)s->workers
									: s->suite.jobs,
				  .timeout_ns = (uint64_t)JOB_TIMEOUT_S * 1000000000u,
				  .ctx = c,
				  .run = compare_job,
				  .done = compare_done };
	int error;

	c->s = s;
	c->qemu = qemu;
	c->column = matrix_add(m, s);
	error = pool_run(&pool);
	report(c);
	s->passed += c->column->count[TRIAL_EQUAL] + c->column->count[TRIAL_ROWS];
	s->skipped += c->column->count[TRIAL_SKIPPED];
	s->failed += c->column->count[TRIAL_DIFFERS] + (error == ECHILD);
	free(c);
	if (error && error != ECHILD) {
		cli_error("crosscheck: cannot start a worker: %s; try -j 0", strerror(error));
		return CLI_USAGE;
	}
	return CLI_OK;
}

int session_suite(struct session *s)
{
	struct matrix *m = cli_alloc(1, sizeof(*m));
	int rc = s->suite.bad ? CLI_USAGE : CLI_OK;

	for (uint32_t i = 0; rc == CLI_OK && i < s->sides.qemus; i++)
		rc = compare_with(s, m, s->sides.qemu[i]);
	if (rc == CLI_OK && s->matrix)
		matrix_print(m, s);
	if (rc == CLI_OK)
		s->failed += matrix_judge_rows(m, s);
	if (rc == CLI_OK && s->report)
		matrix_put(m, s);
	matrix_free(m, s);
	free(m);
	return rc;
}
