/* JSON: one object with the settings, an array of results and the totals. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "report.h"

struct json {
	struct report_info info;
	cJSON *root, *results;
};

/* cJSON keeps 64-bit numbers as double, which would round them. */
static void add_number(cJSON *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	cli_need(cJSON_AddRawToObject(object, key, text));
}

/* cJSON passes bytes on as they are, so they have to be UTF-8 before. */
static void add_text(cJSON *object, const char *key, const char *text)
{
	char *clean = NULL;
	size_t size = 0;
	FILE *f = cli_memory(&clean, &size);

	report_clean(f, text, true);
	fclose(f);
	cli_need(cJSON_AddStringToObject(object, key, clean));
	free(clean);
}

static void *json_begin(const struct report_info *info)
{
	struct json *j = cli_alloc(1, sizeof(*j));

	j->info = *info;
	j->root = cli_need(cJSON_CreateObject());
	add_text(j->root, "tool", "iommu-sim " CLI_VERSION);
	add_text(j->root, "backend", info->backend);
	add_number(j->root, "seed", info->seed);
	j->results = cli_need(cJSON_AddArrayToObject(j->root, "results"));
	return j;
}

static void add_again(struct json *j, cJSON *object, const struct report_item *item)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = cli_memory(&text, &size);

	report_again(f, &j->info, item);
	fclose(f);
	add_text(object, "again", text);
	free(text);
}

static void json_item(void *state, const struct report_item *item)
{
	struct json *j = state;
	const struct run_result *r = item->result;
	cJSON *o = cli_need(cJSON_CreateObject());

	add_text(o, "path", item->path);
	add_text(o, "permutation", item->id);
	add_text(o, "title", item->title);
	add_text(o, "spec", item->spec);
	add_text(o, "verdict", report_verdict(r->verdict));
	add_number(o, "steps", r->steps);
	add_number(o, "checks", r->checks);
	add_number(o, "simulated_ns", r->sim_ns);
	if (r->verdict != RUN_PASS) {
		add_text(o, "step", r->step);
		add_text(o, "text", r->text);
		add_text(o, "trace", r->tail);
		add_again(j, o, item);
	}
	cJSON_AddItemToArray(j->results, o);
}

static void json_end(void *state, const struct report_totals *t)
{
	struct json *j = state;
	char *text;

	add_number(j->root, "passed", t->passed);
	add_number(j->root, "failed", t->failed);
	add_number(j->root, "skipped", t->skipped);
	add_number(j->root, "errors", t->errors);
	cli_need(cJSON_AddBoolToObject(j->root, "stopped", t->stopped));
	text = cli_need(cJSON_Print(j->root));
	fputs(text, j->info.out);
	fputc('\n', j->info.out);
	cJSON_free(text);
	cJSON_Delete(j->root);
	free(j);
}

const struct report_form report_json = { "json", json_begin, json_item, NULL, json_end };
