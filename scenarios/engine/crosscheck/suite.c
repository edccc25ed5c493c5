/*
 * The scenarios on both sides: each permutation runs on the simulator and on QEMU, and has to come out as it says on both.
 * What a side cannot present is skipped with its reason, and a row named there is counted.
 */
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "pool.h"

#define JOB_TIMEOUT_S 300
#define REASONS 64

struct reason {
	char text[160];
	uint32_t count;
};

struct comparison {
	struct session *s;
	struct sides_qemu *qemu;
	uint32_t run, equal, skipped, differ;
	struct reason reason[REASONS];
	uint32_t reasons;
};

static void compare_job(void *ctx, size_t n, struct run_result *result)
{
	const struct comparison *c = ctx;
	const struct suite_job *job = &c->s->suite.job[n];
	const struct suite_entry *e = &c->s->suite.entry[job->entry];
	struct run_options sim = { .seed = c->s->seed, .backend = "sim" };
	struct run_options qemu = { .seed = c->s->seed,
				    .backend = "qemu",
				    .qemu = &c->qemu->options };
	char text[2000];

	if (!e->scenario) {
		result->verdict = RUN_ERROR;
		snprintf(result->text, sizeof(result->text), "%s", e->error);
		return;
	}
	scenario_run(e->scenario, job->permutation, &sim, result);
	if (result->verdict == RUN_PASS) {
		scenario_run(e->scenario, job->permutation, &qemu, result);
		return;
	}
	snprintf(text, sizeof(text), "%.1900s", result->text);
	snprintf(result->text, sizeof(result->text), "on the simulator: %s", text);
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
	char id[8];
	uint32_t i = 0;

	if (sscanf(why, "%7[VA0-9]", id) == 1 && rows_find(id) >= 0)
		c->s->fired[rows_find(id)]++;
	while (i < c->reasons && strncmp(c->reason[i].text, why, sizeof(c->reason[i].text) - 1))
		i++;
	if (i == c->reasons && c->reasons < REASONS)
		snprintf(c->reason[c->reasons++].text, sizeof(c->reason[0].text), "%s", why);
	if (i < REASONS)
		c->reason[i].count++;
	c->skipped++;
}

static bool compare_done(void *ctx, size_t n, const struct run_result *result)
{
	struct comparison *c = ctx;
	const struct suite_job *job = &c->s->suite.job[n];
	const char *id = suite_job_id(&c->s->suite, job);

	c->run++;
	if (result->verdict == RUN_PASS) {
		c->equal++;
	} else if (result->verdict == RUN_SKIP) {
		count_skip(c, result->text);
	} else {
		c->differ++;
		printf("FAIL    %s%s%s: %s%s%s\n", c->s->suite.entry[job->entry].path,
		       *id ? "#" : "", id, result->step, *result->step ? ": " : "", result->text);
	}
	return true;
}

static int by_count(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : strcmp(x->text, y->text);
}

static void report(struct comparison *c)
{
	printf("suite   beside qemu %s: %u run, %u equal, %u skipped, %u differences\n",
	       c->qemu->program.version, c->run, c->equal, c->skipped, c->differ);
	qsort(c->reason, c->reasons, sizeof(c->reason[0]), by_count);
	for (uint32_t i = 0; i < c->reasons; i++)
		printf("          %u: %s\n", c->reason[i].count, c->reason[i].text);
}

static int compare_with(struct session *s, struct sides_qemu *qemu)
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
	error = pool_run(&pool);
	report(c);
	s->passed += c->equal;
	s->skipped += c->skipped;
	s->failed += c->differ + (error == ECHILD);
	free(c);
	if (error && error != ECHILD) {
		cli_error("crosscheck: cannot start a worker: %s; try -j 0", strerror(error));
		return CLI_USAGE;
	}
	return CLI_OK;
}

int session_suite(struct session *s)
{
	int rc = s->suite.bad ? CLI_USAGE : CLI_OK;

	for (uint32_t i = 0; rc == CLI_OK && i < s->sides.qemus; i++)
		rc = compare_with(s, s->sides.qemu[i]);
	return rc;
}
