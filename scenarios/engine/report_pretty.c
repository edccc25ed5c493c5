/* For people: one line per scenario, everything about a failure, a sum; colour and progress on a terminal. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "report.h"

#define TEXT_WIDTH 98

struct pretty {
	struct report_info info;
	struct timespec start;
	char *path, *title;
	size_t passed, failed, skipped, bad; /* of the scenario at `path` */
	char *told;            /* the last failure or reason of a skip told of it in full */
	struct reason *reason; /* why permutations were skipped, in the order of their first */
	size_t reasons;
};

struct reason {
	char *text;
	size_t count;
};

enum tone {
	TONE_GOOD,
	TONE_BAD,
	TONE_DIM,
};

static void put_toned(const struct report_info *info, enum tone tone, const char *text)
{
	static const char *const code[] = { "\033[32m", "\033[31m", "\033[2m", "\033[1m" };

	if (info->colour)
		fputs(code[tone], info->out);
	fputs(text, info->out);
	if (info->colour)
		fputs("\033[0m", info->out);
}

static void wipe_progress(const struct report_info *info)
{
	if (info->terminal)
		fputs("\r\033[K", info->out);
}

static void *pretty_begin(const struct report_info *info)
{
	struct pretty *p = cli_alloc(1, sizeof(*p));

	p->info = *info;
	clock_gettime(CLOCK_MONOTONIC, &p->start);
	return p;
}

static void pretty_progress(void *state, size_t finished)
{
	struct pretty *p = state;

	if (!p->info.terminal)
		return;
	wipe_progress(&p->info);
	fprintf(p->info.out, "[%zu/%zu]", finished, p->info.total);
	fflush(p->info.out);
}

/* The line of a scenario, once its last permutation is known. */
static void close_scenario(struct pretty *p)
{
	FILE *out = p->info.out;

	if (!p->path)
		return;
	wipe_progress(&p->info);
	if (p->bad)
		put_toned(&p->info, TONE_BAD, "BAD    ");
	else if (p->failed)
		put_toned(&p->info, TONE_BAD, "FAILED ");
	else if (p->passed)
		put_toned(&p->info, TONE_GOOD, "ok     ");
	else
		put_toned(&p->info, TONE_DIM, "skipped");
	fputc(' ', out);
	report_clean(out, p->path, false);
	fprintf(out, " (%zu", p->passed + p->failed + p->skipped + p->bad);
	if (p->failed)
		fprintf(out, ", %zu failed", p->failed);
	if (p->skipped)
		fprintf(out, ", %zu skipped", p->skipped);
	fputs(*p->title ? ") " : ")", out);
	report_clean(out, p->title, false);
	fputc('\n', out);
	free(p->path);
	free(p->title);
	free(p->told);
	p->path = p->title = p->told = NULL;
	p->passed = p->failed = p->skipped = p->bad = 0;
}

static void put_fact(struct pretty *p, const char *name, const char *text)
{
	if (!*text)
		return;
	fprintf(p->info.out, "  %-9s  ", name);
	report_clean(p->info.out, text, false);
	fputc('\n', p->info.out);
}

/*
 * Whether the same step with the same first line was just told of the scenario: permutations mostly end for one reason,
 * and differ in addresses and times.
 */
static bool told_already(struct pretty *p, const char *step, const char *text)
{
	size_t line = strcspn(text, "\n"), size = strlen(step) + line + 2;
	char *now = cli_alloc(1, size);
	bool same;

	snprintf(now, size, "%s\n%.*s", step, (int)line, text);
	same = p->told && strcmp(p->told, now) == 0;
	free(p->told);
	p->told = now;
	return same;
}

/* One line for a permutation that ended as the one before it. */
static void put_again(struct pretty *p, const struct report_item *item)
{
	FILE *out = p->info.out;

	wipe_progress(&p->info);
	put_toned(&p->info, TONE_BAD, "FAILED  ");
	report_clean(out, item->path, false);
	fprintf(out, "%s%s: as the one before\n", *item->id ? "#" : "", item->id);
}

static void put_failure(struct pretty *p, const struct report_item *item)
{
	const struct run_result *r = item->result;
	FILE *out = p->info.out;

	wipe_progress(&p->info);
	put_toned(&p->info, TONE_BAD, "FAILED  ");
	report_clean(out, item->path, false);
	fputc('\n', out);
	put_fact(p, "variation", item->id);
	put_fact(p, "title", item->title);
	put_fact(p, "reference", item->spec);
	put_fact(p, "step", r->step);
	report_lines(out, "  ", r->text, TEXT_WIDTH);
	if (*r->tail) {
		put_toned(&p->info, TONE_DIM, "  trace, last lines:\n");
		report_lines(out, "    ", r->tail, REPORT_UNBROKEN);
	}
	fputs("  run again: ", out);
	report_again(out, &p->info, item);
	fputs("\n\n", out);
}

static void count_reason(struct pretty *p, const char *text)
{
	for (size_t i = 0; i < p->reasons; i++)
		if (strcmp(p->reason[i].text, text) == 0) {
			p->reason[i].count++;
			return;
		}
	p->reason = cli_grow(p->reason, p->reasons + 1, sizeof(*p->reason));
	p->reason[p->reasons++] = (struct reason){ cli_copy(text), 1 };
}

static int by_count(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->text, y->text);
}

/* Why, and how often; one reason has stood beside its scenario already. */
static void put_reasons(struct pretty *p)
{
	if (p->reasons > 1) {
		qsort(p->reason, p->reasons, sizeof(*p->reason), by_count);
		fputs("skipped because:\n", p->info.out);
	}
	for (size_t i = 0; i < p->reasons; i++) {
		if (p->reasons > 1) {
			fprintf(p->info.out, "  %6zu  ", p->reason[i].count);
			report_clean(p->info.out, p->reason[i].text, false);
			fputc('\n', p->info.out);
		}
		free(p->reason[i].text);
	}
	free(p->reason);
}

static void put_skip(struct pretty *p, const struct report_item *item)
{
	FILE *out = p->info.out;

	wipe_progress(&p->info);
	put_toned(&p->info, TONE_DIM, "skipped ");
	report_clean(out, item->path, false);
	fputs(": ", out);
	report_clean(out, item->result->text, false);
	fputc('\n', out);
}

static void pretty_item(void *state, const struct report_item *item)
{
	struct pretty *p = state;
	enum run_verdict verdict = item->result->verdict;

	if (p->path && strcmp(p->path, item->path) != 0)
		close_scenario(p);
	if (!p->path) {
		p->path = cli_copy(item->path);
		p->title = cli_copy(item->title);
	}
	if (verdict == RUN_PASS) {
		p->passed++;
	} else if (verdict == RUN_SKIP) {
		p->skipped++;
		count_reason(p, item->result->text);
		if (!told_already(p, "", item->result->text))
			put_skip(p, item);
	} else if (verdict == RUN_FAIL) {
		p->failed++;
		if (told_already(p, item->result->step, item->result->text))
			put_again(p, item);
		else
			put_failure(p, item);
	} else {
		p->bad++; /* standard error has the reason */
	}
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void pretty_end(void *state, const struct report_totals *t)
{
	struct pretty *p = state;
	FILE *out = p->info.out;
	char line[160];

	close_scenario(p);
	wipe_progress(&p->info);
	put_reasons(p);
	snprintf(line, sizeof(line), "%zu passed, %zu failed", t->passed, t->failed);
	put_toned(&p->info, t->failed || t->errors ? TONE_BAD : TONE_GOOD, line);
	if (t->skipped)
		fprintf(out, ", %zu skipped", t->skipped);
	if (t->errors)
		fprintf(out, ", %zu bad input", t->errors);
	fprintf(out, " (%zu scenario%s", t->scenarios, t->scenarios == 1 ? "" : "s");
	if (p->info.terminal)
		fprintf(out, ", %.1f s", seconds_since(&p->start));
	fputs(")\n", out);
	if (p->info.version && *p->info.version)
		fprintf(out, "backend %s: %s\n", p->info.backend, p->info.version);
	if (t->unjudged)
		fprintf(out, "%zu expectations of what the backend cannot show were not judged\n",
			t->unjudged);
	if (t->stopped)
		fputs("stopped at the first failure\n", out);
	free(p);
}

const struct report_form report_pretty = { "pretty", pretty_begin, pretty_item, pretty_progress,
					   pretty_end };
