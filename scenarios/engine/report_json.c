/* JSON: one object with the settings, an array of results and the totals. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "json.h"
#include "report.h"

struct json {
	struct report_info info;
	cJSON *root, *results;
};

static void *json_begin(const struct report_info *info)
{
	struct json *j = cli_alloc(1, sizeof(*j));

	j->info = *info;
	j->root = cli_need(cJSON_CreateObject());
	json_text(j->root, "tool", "iommu-sim " CLI_VERSION);
	json_text(j->root, "backend", info->backend);
	if (info->version && *info->version)
		json_text(j->root, "backend-version", info->version);
	json_number(j->root, "seed", info->seed);
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
	json_text(object, "again", text);
	free(text);
}

/* The object of a fact's name: "line.domain" is "domain" in "line", which is made. */
static cJSON *fact_owner(cJSON *object, const char **name)
{
	const char *dot = strchr(*name, '.');
	char owner[32];
	cJSON *o;

	if (!dot || (size_t)(dot - *name) >= sizeof(owner))
		return object;
	memcpy(owner, *name, (size_t)(dot - *name));
	owner[dot - *name] = '\0';
	*name = dot + 1;
	o = cJSON_GetObjectItemCaseSensitive(object, owner);
	return o ? o : cli_need(cJSON_AddObjectToObject(object, owner));
}

/* One line of run_result.facts; what has another form is left out. */
static void add_fact(cJSON *object, char *line)
{
	const char *name = line;
	char *type = strchr(line, '\t'), *value = type ? strchr(type + 1, '\t') : NULL;
	cJSON *o;

	if (!value)
		return;
	*type = *value = '\0';
	o = fact_owner(object, &name);
	if (type[1] == 's')
		json_text(o, name, value + 1);
	else if (type[1] == 'b')
		cli_need(cJSON_AddBoolToObject(o, name, value[1] == '1'));
	else if (type[1] == 'n')
		json_number(o, name, strtoull(value + 1, NULL, 10));
}

static void add_finding(cJSON *object, const char *facts)
{
	cJSON *o = cli_need(cJSON_AddObjectToObject(object, "finding"));
	char line[512];
	size_t len;

	for (; *facts; facts += len + (facts[len] != '\0')) {
		len = strcspn(facts, "\n");
		if (len >= sizeof(line))
			continue;
		memcpy(line, facts, len);
		line[len] = '\0';
		add_fact(o, line);
	}
}

static void json_item(void *state, const struct report_item *item)
{
	struct json *j = state;
	const struct run_result *r = item->result;
	cJSON *o = cli_need(cJSON_CreateObject());

	json_text(o, "path", item->path);
	json_text(o, "permutation", item->id);
	json_text(o, "title", item->title);
	json_text(o, "spec", item->spec);
	json_text(o, "verdict", report_verdict(r->verdict));
	json_number(o, "steps", r->steps);
	json_number(o, "checks", r->checks);
	json_number(o, "simulated_ns", r->sim_ns);
	if (r->verdict != RUN_PASS) {
		json_text(o, "step", r->step);
		json_text(o, "text", r->text);
		json_text(o, "trace", r->tail);
		if (*r->facts)
			add_finding(o, r->facts);
		add_again(j, o, item);
	}
	cJSON_AddItemToArray(j->results, o);
}

static void json_end(void *state, const struct report_totals *t)
{
	struct json *j = state;
	char *text;

	json_number(j->root, "passed", t->passed);
	json_number(j->root, "failed", t->failed);
	json_number(j->root, "skipped", t->skipped);
	json_number(j->root, "errors", t->errors);
	cli_need(cJSON_AddBoolToObject(j->root, "stopped", t->stopped));
	text = cli_need(cJSON_Print(j->root));
	fputs(text, j->info.out);
	fputc('\n', j->info.out);
	cJSON_free(text);
	cJSON_Delete(j->root);
	free(j);
}

const struct report_form report_json = { "json", json_begin, json_item, NULL, json_end };
