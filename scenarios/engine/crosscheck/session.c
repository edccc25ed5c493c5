/* The generated part of a cross-check: cases in batches, spread over workers. */
#include "session.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cli.h"
#include "pool.h"
#include "random_json.h"

#define BATCH 8u
#define JOB_TIMEOUT_S 300
#define SAVED_MAX 3
#define COMPLETE 2000 /* cases that come by every row marked so */

/* What a batch hands back, in place of the facts of a scenario. */
struct parcel {
	struct random_counts counts;
	uint32_t failed_case;
};

_Static_assert(sizeof(struct parcel) <= sizeof(((struct run_result *)0)->facts), "facts");

struct batches {
	struct session *s;
	struct random_spec spec;
	struct random_counts sum;
	struct survey_sum drawn;
	cJSON *differences; /* of the report; NULL: none are told */
	uint32_t errors;
};

static uint64_t batch_first(const struct batches *b, size_t n)
{
	return b->s->from + (uint64_t)n * BATCH;
}

static uint64_t batch_end(const struct batches *b, size_t n)
{
	uint64_t end = batch_first(b, n) + BATCH, last = b->s->from + b->s->random;

	return end < last ? end : last;
}

static void batch_run(void *ctx, size_t n, struct run_result *result)
{
	const struct batches *b = ctx;
	struct parcel p = { .failed_case = UINT32_MAX };

	for (uint64_t i = batch_first(b, n); i < batch_end(b, n); i++) {
		struct random_verdict v;

		random_case(&b->spec, i, &p.counts, &v);
		if (!v.ok && p.failed_case == UINT32_MAX) {
			p.failed_case = (uint32_t)i;
			snprintf(result->text, sizeof(result->text), "%s", v.text);
		}
	}
	result->verdict = p.counts.failed ? RUN_FAIL : RUN_PASS;
	memcpy(result->facts, &p, sizeof(p));
}

static void put_difference(struct batches *b, uint64_t n, const char *text, const char *smallest,
			   const char *path)
{
	if (b->s->report && !b->differences)
		b->differences = cli_need(cJSON_CreateArray());
	if (b->differences)
		random_json_difference(b->differences, n, text, smallest, path);
}

/* A difference: shrunk, while there are few of them, and written as a scenario. */
static void tell_difference(struct batches *b, uint64_t n, const char *text)
{
	const char *vendor = b->spec.arch == BE_VTD ? "vtd" : "amdvi";
	struct session *s = b->s;
	struct random_verdict v;
	char path[1024];

	printf("FAIL    %s case %" PRIu64 " of seed %" PRIu64 ": %s\n", vendor, n, s->seed, text);
	if (s->saved >= SAVED_MAX) {
		put_difference(b, n, text, NULL, NULL);
		return;
	}
	snprintf(path, sizeof(path), "%s/crosscheck-%s-%" PRIu64 "-%" PRIu64 ".dts", s->save,
		 vendor, s->seed, n);
	if (!random_shrink(&b->spec, n, path, &v)) {
		printf("  it does not differ when played again, or %s cannot be written\n", path);
		put_difference(b, n, text, NULL, NULL);
		return;
	}
	s->saved++;
	put_difference(b, n, text, v.text, path);
	printf("  smallest: %s\n  written to %s; again: %s run %s\n", v.text, path, s->program,
	       path);
}

static bool batch_done(void *ctx, size_t n, const struct run_result *result)
{
	struct batches *b = ctx;
	struct parcel p;

	memcpy(&p, result->facts, sizeof(p));
	if (result->verdict != RUN_PASS && !p.counts.failed) { /* the worker died */
		printf("FAIL    cases %" PRIu64 " to %" PRIu64 ": %s\n", batch_first(b, n),
		       batch_end(b, n) - 1, result->text);
		b->sum.cases += (uint32_t)(batch_end(b, n) - batch_first(b, n));
		b->sum.failed++;
		return ++b->errors < 10;
	}
	random_add(&b->sum, &p.counts);
	survey_add(&b->drawn, &p.counts.drawn);
	if (p.counts.failed)
		tell_difference(b, p.failed_case, result->text);
	fflush(stdout);
	return true;
}

static void report(const struct batches *b)
{
	const struct random_counts *c = &b->sum;

	printf("random  %s: seed %" PRIu64
	       ", %u cases, %u differences; %u DMA: %u moved, %u blocked; "
	       "%u messages: %u delivered, %u blocked; "
	       "%u with several outcomes allowed, %u stale\n",
	       arch_at((uint32_t)b->spec.arch)->title, b->s->seed, c->cases, c->failed, c->dmas,
	       c->moved, c->blocked, c->msis, c->delivered, c->msis - c->delivered, c->open,
	       c->stale);
	if (b->spec.sides > 1)
		printf("        beside %s: %u DMA equal, %u otherwise right; %u messages arrived\n",
		       b->spec.side[0].who.name, c->equal, c->apart, c->arrived);
	for (uint32_t i = 0; i < ROWS_MAX; i++)
		if (c->fired[i])
			printf("        %-4s %-6s %u: %s\n", rows_at(i)->id,
			       rows_rule(rows_at(i)->rule), c->fired[i], rows_at(i)->what);
	if (c->skipped)
		printf("        %u skipped, or from some operation on:\n", c->skipped);
	for (uint32_t i = 0; i < RANDOM_REASONS && c->reason[i].count; i++)
		printf("          %u: %s\n", c->reason[i].count, c->reason[i].text);
}

/* In a run this long a row that nothing needed is a row too many. */
static void demand_rows(struct session *s, enum be_arch arch, const struct random_counts *sum)
{
	for (uint32_t k = 0; k < s->sides.count; k++) {
		uint32_t version = s->sides.side[k].who.version;
		const struct row *row;

		for (uint32_t i = 0; version && (row = rows_at(i)) != NULL; i++) {
			if (row->arch != arch || row->seen != ROW_BY_RANDOM ||
			    !row_applies(row, version) || sum->fired[i])
				continue;
			printf("FAIL    row %s: nothing needed it on %s; is it still so? "
			       "(rows.c)\n",
			       row->id, s->sides.side[k].who.name);
			s->failed++;
		}
	}
}

static int random_vendor(struct session *s, enum be_arch arch, const struct random_side *side,
			 uint32_t sides)
{
	struct batches b = { .s = s, .spec = { .arch = arch, .seed = s->seed, .sides = sides } };
	struct pool_spec pool = { .timeout_ns = (uint64_t)JOB_TIMEOUT_S * 1000000000u,
				  .ctx = &b,
				  .run = batch_run,
				  .done = batch_done };
	int error;

	memcpy(b.spec.side, side, sides * sizeof(*side));
	for (uint32_t i = 0; i < sides; i++)
		if (side[i].who.version) {
			b.spec.profile.qemu = true;
			b.spec.profile.version = side[i].who.version;
		}
	pool.jobs = (size_t)((s->random + BATCH - 1) / BATCH);
	pool.workers = s->workers < pool.jobs ? (size_t)s->workers : pool.jobs;
	if (s->print)
		return random_write(&b.spec, s->from, s->print) ? CLI_OK : CLI_USAGE;
	error = pool_run(&pool);
	if (error && error != ECHILD) {
		cli_error("crosscheck: cannot start a worker: %s; try -j 0", strerror(error));
		cJSON_Delete(b.differences);
		return CLI_USAGE;
	}
	report(&b);
	if (s->report)
		random_json_vendor(s, &b.spec, &b.sum, &b.drawn, b.differences);
	if (s->verbose)
		survey_print(stdout, &b.drawn, arch);
	s->passed += b.sum.cases - b.sum.failed;
	s->failed += b.sum.failed + (error == ECHILD);
	s->skipped += b.sum.skipped;
	for (uint32_t i = 0; i < ROWS_MAX; i++)
		s->fired[i] += b.sum.fired[i];
	if (!s->alone && s->random >= COMPLETE)
		demand_rows(s, arch, &b.sum);
	return CLI_OK;
}

int session_random(struct session *s)
{
	for (uint32_t a = 0; a < BE_ARCHS; a++) {
		int rc;

		if (!s->vendor[a])
			continue;
		rc = random_vendor(s, (enum be_arch)a, s->sides.side, s->sides.count);
		if (rc != CLI_OK)
			return rc;
	}
	return CLI_OK;
}
