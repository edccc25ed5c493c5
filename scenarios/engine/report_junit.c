/*
 * JUnit XML: one testsuite per scenario file, one testcase per permutation. The attribute "time" is left out, as it
 * would be the wall clock; the simulated time is in the property of that name.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "report.h"

/* The counts stand before the cases they count, so both levels are kept until they are complete. */
struct junit {
	struct report_info info;
	FILE *all, *suite;
	char *all_text, *suite_text, *path;
	size_t all_size, suite_size;
	size_t tests, failures, errors, skipped; /* of the suite */
};

/* XML 1.0 allows no control character but tab, line feed and carriage return, not even as a reference. */
static void put_escaped(FILE *out, const char *text, bool lines)
{
	while (*text) {
		uint32_t code = 0;
		size_t len = report_utf8(text, &code);

		if (len == 0 || (code < 0x20 && code != '\t' && code != '\n') || code == 0x7f)
			fputs("\xef\xbf\xbd", out);
		else if (code == '&' || code == '<' || code == '>' || code == '"' ||
			 (code < 0x20 && !lines))
			fprintf(out, "&#%" PRIu32 ";", code);
		else
			fwrite(text, 1, len, out);
		text += len ? len : 1;
	}
}

static void put_xml(FILE *out, const char *text)
{
	put_escaped(out, text, true);
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	put_escaped(out, value,
		    false); /* a parser turns a bare line end of an attribute into a blank */
	fputc('"', out);
}

static void put_counts(FILE *out, size_t tests, size_t failures, size_t errors, size_t skipped)
{
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", tests,
		failures, errors, skipped);
}

static void *junit_begin(const struct report_info *info)
{
	struct junit *j = cli_alloc(1, sizeof(*j));

	j->info = *info;
	j->all = cli_memory(&j->all_text, &j->all_size);
	return j;
}

static void suite_close(struct junit *j)
{
	if (!j->suite)
		return;
	fclose(j->suite);
	fputs("  <testsuite", j->all);
	put_attribute(j->all, "name", j->path);
	put_counts(j->all, j->tests, j->failures, j->errors, j->skipped);
	fprintf(j->all, ">\n%s  </testsuite>\n", j->suite_text);
	free(j->suite_text);
	free(j->path);
	j->suite = NULL;
	j->suite_text = j->path = NULL;
	j->tests = j->failures = j->errors = j->skipped = 0;
}

static void suite_open(struct junit *j, const char *path)
{
	if (j->suite && strcmp(j->path, path) == 0)
		return;
	suite_close(j);
	j->path = cli_copy(path);
	j->suite = cli_memory(&j->suite_text, &j->suite_size);
}

/* The first line is the message, everything the body. */
static void put_outcome(struct junit *j, const char *element, const struct report_item *item)
{
	const struct run_result *r = item->result;
	size_t len = strcspn(r->text, "\n");
	char first[sizeof(r->text)];

	memcpy(first, r->text, len);
	first[len] = '\0';
	fprintf(j->suite, "      <%s", element);
	put_attribute(j->suite, "message", first);
	if (r->verdict == RUN_SKIP) {
		fputs("/>\n", j->suite);
		return;
	}
	fputc('>', j->suite);
	if (*r->step) {
		fputs("step ", j->suite);
		put_xml(j->suite, r->step);
		fputc('\n', j->suite);
	}
	put_xml(j->suite, r->text);
	if (*r->tail) {
		fputs("\ntrace, last lines:\n", j->suite);
		put_xml(j->suite, r->tail);
	}
	fprintf(j->suite, "</%s>\n", element);
}

static void put_again(struct junit *j, const struct report_item *item)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = cli_memory(&text, &size);

	report_again(f, &j->info, item);
	fclose(f);
	fputs("      <system-out>run again: ", j->suite);
	put_xml(j->suite, text);
	fputs("</system-out>\n", j->suite);
	free(text);
}

static void junit_item(void *state, const struct report_item *item)
{
	struct junit *j = state;
	const struct run_result *r = item->result;

	suite_open(j, item->path);
	j->tests++;
	fputs("    <testcase", j->suite);
	put_attribute(j->suite, "classname", item->path);
	put_attribute(j->suite, "name", *item->id ? item->id : item->title);
	fprintf(j->suite,
		">\n      <properties>\n        <property name=\"simulated_ns\" value=\"%" PRIu64
		"\"/>\n      </properties>\n",
		r->sim_ns);
	if (r->verdict == RUN_SKIP) {
		j->skipped++;
		put_outcome(j, "skipped", item);
	} else if (r->verdict != RUN_PASS) {
		bool fail = r->verdict == RUN_FAIL;

		*(fail ? &j->failures : &j->errors) += 1;
		put_outcome(j, fail ? "failure" : "error", item);
		put_again(j, item);
	}
	fputs("    </testcase>\n", j->suite);
}

static void junit_end(void *state, const struct report_totals *t)
{
	struct junit *j = state;
	FILE *out = j->info.out;

	suite_close(j);
	fclose(j->all);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"iommu-sim\"", out);
	put_counts(out, t->passed + t->failed + t->errors + t->skipped, t->failed, t->errors,
		   t->skipped);
	fprintf(out, ">\n%s</testsuites>\n", j->all_text);
	free(j->all_text);
	free(j);
}

const struct report_form report_junit = { "junit", junit_begin, junit_item, NULL, junit_end };
