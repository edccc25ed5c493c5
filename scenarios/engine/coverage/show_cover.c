/* Tables of what was reached, and the list of what was not. */
#include "coverage/show_cover.h"

#include <inttypes.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "cli.h"

struct sum sum_of(const struct reached *r, uint32_t arch, enum item_kind kind)
{
	struct sum s = { 0 };

	for (uint32_t n = 0; n < r->model->items; n++) {
		const struct item *i = &r->model->item[n];

		if ((uint32_t)i->arch != arch || i->kind != kind)
			continue;
		if (i->left_out[0]) {
			s.left_out++;
			continue;
		}
		s.items++;
		for (uint32_t k = 0; k < COVER_SETS; k++)
			s.set[k] += cover_has(&r->bits, (enum cover_set)k, n);
	}
	return s;
}

uint32_t sum_percent(uint32_t part, uint32_t whole)
{
	return whole ? 100 * part / whole : 100;
}

const char *kind_title(enum item_kind kind)
{
	static const char *const titles[ITEM_KINDS] = {
		"register fields",        "entry and record fields", "commands and their fields",
		"fault reasons, events",  "status bits going on",    "status bits going off",
		"transitions in sequence"
	};

	return titles[kind];
}

const char *set_title(enum cover_set set)
{
	static const char *const titles[COVER_SETS] = { "reached", "looked at", "named",
							"near miss" };

	return titles[set];
}

bool kind_has(enum item_kind kind, enum cover_set set)
{
	if (set == COVER_NEAR)
		return kind == ITEM_REASON;
	return set != COVER_NAMED ||
	       (kind != ITEM_RISE && kind != ITEM_FALL && kind != ITEM_TRANSITION);
}

enum cover_set lacks(const struct reached *r, uint32_t n)
{
	const struct item *i = &r->model->item[n];

	if (i->left_out[0])
		return COVER_SETS;
	if (!cover_has(&r->bits, COVER_REACHED, n))
		return COVER_REACHED;
	if (!cover_has(&r->bits, COVER_LOOKED, n))
		return COVER_LOOKED;
	if (i->kind == ITEM_REASON && !cover_has(&r->bits, COVER_NEAR, n))
		return COVER_NEAR;
	return COVER_SETS;
}

/* ---- text ---- */

static void text_row(FILE *f, const struct arch *a, enum item_kind kind, const struct sum *s)
{
	fprintf(f, "%-6s %-25s %6" PRIu32, a->name, kind_title(kind), s->items);
	for (uint32_t k = 0; k < COVER_SETS; k++) {
		if (kind_has(kind, (enum cover_set)k))
			fprintf(f, " %5" PRIu32 " %3" PRIu32 " %%", s->set[k],
				sum_percent(s->set[k], s->items));
		else
			fprintf(f, " %11s", "");
	}
	fprintf(f, " %9" PRIu32 "\n", s->left_out);
}

static void text_missing(FILE *f, const struct reached *r, uint32_t n)
{
	const char *name = r->model->item[n].name;

	switch (lacks(r, n)) {
	case COVER_REACHED:
		fprintf(f, "not reached    %s\n", name);
		break;
	case COVER_LOOKED:
		fprintf(f, "not looked at  %s (reached by %s)\n", name, r->first[n]);
		break;
	case COVER_NEAR:
		fprintf(f, "no near miss   %s\n", name);
		break;
	case COVER_NAMED:
	case COVER_SETS:
		break;
	}
}

void show_cover_text(FILE *f, const struct reached *r, bool missing)
{
	const struct arch *a;

	fprintf(f, "%zu permutations", r->permutations);
	if (r->failed)
		fprintf(f, ", %zu of them did not pass and count for nothing", r->failed);
	fprintf(f, "\n%-6s %-25s %6s", "", "", "items");
	for (uint32_t k = 0; k < COVER_SETS; k++)
		fprintf(f, " %11s", set_title((enum cover_set)k));
	fprintf(f, " %9s\n", "left out");
	for (uint32_t n = 0; (a = arch_at(n)); n++) {
		for (uint32_t k = 0; k < ITEM_KINDS; k++) {
			struct sum s = sum_of(r, n, (enum item_kind)k);

			text_row(f, a, (enum item_kind)k, &s);
		}
	}
	for (uint32_t n = 0; missing && n < r->model->items; n++)
		text_missing(f, r, n);
}

/* ---- JSON ---- */

static cJSON *json_item(const struct reached *r, uint32_t n)
{
	static const char *const keys[COVER_SETS] = { "reached", "looked-at", "named",
						      "near-miss" };
	const struct item *i = &r->model->item[n];
	cJSON *o = cli_need(cJSON_CreateObject());

	cli_need(cJSON_AddStringToObject(o, "name", i->name));
	for (uint32_t k = 0; k < COVER_SETS; k++) {
		if (kind_has(i->kind, (enum cover_set)k))
			cli_need(cJSON_AddBoolToObject(o, keys[k],
						       cover_has(&r->bits, (enum cover_set)k, n)));
	}
	if (r->first[n])
		cli_need(cJSON_AddStringToObject(o, "first", r->first[n]));
	if (i->left_out[0])
		cli_need(cJSON_AddStringToObject(o, "left-out", i->left_out));
	return o;
}

void show_cover_json(FILE *f, const struct reached *r)
{
	cJSON *root = cli_need(cJSON_CreateObject()),
	      *list = cli_need(cJSON_AddArrayToObject(root, "items"));
	char *text;

	cli_need(cJSON_AddStringToObject(root, "tool", "iommu-sim " CLI_VERSION));
	cli_need(cJSON_AddNumberToObject(root, "permutations", (double)r->permutations));
	cli_need(cJSON_AddNumberToObject(root, "failed", (double)r->failed));
	for (uint32_t n = 0; n < r->model->items; n++)
		cJSON_AddItemToArray(list, json_item(r, n));
	text = cli_need(cJSON_Print(root));
	fprintf(f, "%s\n", text);
	free(text);
	cJSON_Delete(root);
}
