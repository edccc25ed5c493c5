/* What generated cases came to, for the report in JSON. */
#include "random_json.h"

#include <cjson/cJSON.h>

#include "arch.h"
#include "cli.h"
#include "json.h"

void random_json_difference(struct cJSON *array, uint64_t number, const char *text,
			    const char *smallest, const char *path)
{
	cJSON *o = cli_need(cJSON_CreateObject());

	json_number(o, "case", number);
	json_text(o, "text", text);
	if (smallest)
		json_text(o, "smallest", smallest);
	if (path)
		json_text(o, "file", path);
	cJSON_AddItemToArray(array, o);
}

static void put_rows(cJSON *o, const struct random_counts *sum)
{
	cJSON *array = cli_need(cJSON_AddArrayToObject(o, "needed"));

	for (uint32_t i = 0; i < ROWS_MAX; i++) {
		cJSON *row;

		if (!sum->fired[i])
			continue;
		row = cli_need(cJSON_CreateObject());
		json_text(row, "row", rows_at(i)->id);
		json_text(row, "rule", rows_rule(rows_at(i)->rule));
		json_text(row, "what", rows_at(i)->what);
		json_number(row, "times", sum->fired[i]);
		cJSON_AddItemToArray(array, row);
	}
}

static void put_reasons(cJSON *o, const struct random_counts *sum)
{
	cJSON *array = cli_need(cJSON_AddArrayToObject(o, "cut-short-for"));

	for (uint32_t i = 0; i < RANDOM_REASONS && sum->reason[i].count; i++) {
		cJSON *one = cli_need(cJSON_CreateObject());

		json_text(one, "reason", sum->reason[i].text);
		json_number(one, "cases", sum->reason[i].count);
		cJSON_AddItemToArray(array, one);
	}
}

static void put_requests(cJSON *o, const struct random_counts *c)
{
	cJSON *dma = cli_need(cJSON_AddObjectToObject(o, "dma"));
	cJSON *messages = cli_need(cJSON_AddObjectToObject(o, "messages"));

	json_number(dma, "moved", c->moved);
	json_number(dma, "blocked", c->blocked);
	json_number(messages, "delivered", c->delivered);
	json_number(messages, "blocked", c->msis - c->delivered);
	json_number(o, "several-outcomes-allowed", c->open);
	json_number(o, "stale", c->stale);
}

void random_json_vendor(const struct session *s, const struct random_spec *spec,
			const struct random_counts *sum, const struct survey_sum *drawn,
			struct cJSON *differences)
{
	cJSON *all = cJSON_GetObjectItemCaseSensitive(s->report, "random"), *o, *sides;

	if (!all)
		all = cli_need(cJSON_AddArrayToObject(s->report, "random"));
	o = cli_need(cJSON_CreateObject());
	cJSON_AddItemToArray(all, o);
	json_text(o, "vendor", spec->arch == BE_VTD ? "vtd" : "amdvi");
	json_number(o, "seed", spec->seed);
	json_number(o, "from", s->from);
	json_number(o, "cases", sum->cases);
	sides = cli_need(cJSON_AddArrayToObject(o, "sides"));
	for (uint32_t i = 0; i < spec->sides; i++)
		cJSON_AddItemToArray(sides, cli_need(cJSON_CreateString(spec->side[i].who.name)));
	json_number(o, "differ", sum->failed);
	put_requests(o, sum);
	if (spec->sides > 1) {
		json_number(o, "equal", sum->equal);
		json_number(o, "otherwise-right", sum->apart);
		json_number(o, "arrived", sum->arrived);
	}
	put_rows(o, sum);
	json_number(o, "cut-short", sum->skipped);
	put_reasons(o, sum);
	survey_json(cli_need(cJSON_AddObjectToObject(o, "drawn")), drawn, spec->arch);
	if (!differences)
		differences = cli_need(cJSON_CreateArray());
	cJSON_AddItemToObject(o, "differences", differences);
}
