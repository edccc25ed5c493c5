/* Test Anything Protocol, version 14. */
#include <stdlib.h>

#include "cli.h"
#include "report.h"

struct tap {
	struct report_info info;
	size_t number;
};

static void *tap_begin(const struct report_info *info)
{
	struct tap *t = cli_alloc(1, sizeof(*t));

	t->info = *info;
	fprintf(info->out, "TAP version 14\n1..%zu\n", info->total);
	return t;
}

/* In a description '#' starts a directive, so it and the escape itself are escaped. */
static void put_escaped(FILE *out, const char *text)
{
	char one[2] = "";

	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			fputc('\\', out);
		if ((unsigned char)*text >= 0x80) {
			fputc(*text, out); /* cleaned by the caller */
			continue;
		}
		one[0] = *text;
		report_clean(out, one, false);
	}
}

static void put_clean_escaped(FILE *out, const char *text)
{
	char *clean = NULL;
	size_t size = 0;
	FILE *mem = cli_memory(&clean, &size);

	report_clean(mem, text, false);
	fclose(mem);
	put_escaped(out, clean);
	free(clean);
}

static void put_block(FILE *out, const char *key, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "  %s: |2\n", key);
	report_lines(out, "    ", text, REPORT_UNBROKEN);
}

static void put_details(struct tap *t, const struct report_item *item)
{
	FILE *out = t->info.out;

	fprintf(out, "  ---\n  verdict: %s\n", report_verdict(item->result->verdict));
	put_block(out, "title", item->title);
	put_block(out, "spec", item->spec);
	put_block(out, "step", item->result->step);
	put_block(out, "message", item->result->text);
	put_block(out, "trace", item->result->tail);
	fputs("  again: |2\n    ", out);
	report_again(out, &t->info, item);
	fputs("\n  ...\n", out);
}

static void tap_item(void *state, const struct report_item *item)
{
	struct tap *t = state;
	FILE *out = t->info.out;
	enum run_verdict verdict = item->result->verdict;
	bool ok = verdict == RUN_PASS || verdict == RUN_SKIP;

	fprintf(out, "%s %zu - ", ok ? "ok" : "not ok", ++t->number);
	put_clean_escaped(out, item->path);
	if (*item->id) {
		fputc(' ', out);
		put_clean_escaped(out, item->id);
	}
	if (verdict == RUN_SKIP) {
		fputs(" # SKIP ", out);
		put_clean_escaped(out, item->result->text);
	}
	fputc('\n', out);
	if (!ok)
		put_details(t, item);
}

static void tap_end(void *state, const struct report_totals *totals)
{
	struct tap *t = state;

	if (totals->stopped)
		fputs("Bail out! stopped at the first failure\n", t->info.out);
	free(t);
}

const struct report_form report_tap = { "tap", tap_begin, tap_item, NULL, tap_end };
