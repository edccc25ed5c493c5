/* Tables of what was reached, and the list of what was not. */
#include "coverage/show_cover.h"

#include <inttypes.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "cli.h"

struct sum {
	uint32_t items, seen, looked, near, left_out;
};

static struct sum sum_of(const struct reached *r, uint32_t arch, enum item_kind kind)
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
		s.seen += cover_has(r->bits.seen, n);
		s.looked += cover_has(r->bits.looked, n);
		s.near += cover_has(r->bits.near, n);
	}
	return s;
}

static uint32_t percent(uint32_t part, uint32_t whole)
{
	return whole ? 100 * part / whole : 100;
}

static const char *kind_title(enum item_kind kind)
{
	static const char *const titles[ITEM_KINDS] = {
		"register fields",          "entry and record fields", "commands and their fields",
		"fault reasons and events", "status bits going on",    "status bits going off"
	};

	return titles[kind];
}

/* Whether a rise or fall can be looked at by name: it cannot, so that the column is empty. */
static bool looks(enum item_kind kind)
{
	return kind != ITEM_RISE && kind != ITEM_FALL;
}

void show_cover_text(FILE *f, const struct reached *r, bool missing)
{
	const struct arch *a;

	fprintf(f, "%zu permutations", r->permutations);
	if (r->failed)
		fprintf(f, ", %zu of them did not pass and count for nothing", r->failed);
	fprintf(f, "\n%-8s %-28s %6s %12s %12s %12s %9s\n", "", "", "items", "reached", "looked at",
		"near miss", "left out");
	for (uint32_t n = 0; (a = arch_at(n)); n++) {
		for (uint32_t k = 0; k < ITEM_KINDS; k++) {
			struct sum s = sum_of(r, n, (enum item_kind)k);

			fprintf(f, "%-8s %-28s %6" PRIu32 " %6" PRIu32 " %3" PRIu32 " %%", a->name,
				kind_title((enum item_kind)k), s.items, s.seen,
				percent(s.seen, s.items));
			if (looks((enum item_kind)k))
				fprintf(f, " %6" PRIu32 " %3" PRIu32 " %%", s.looked,
					percent(s.looked, s.items));
			else
				fprintf(f, " %12s", "");
			if (k == ITEM_REASON)
				fprintf(f, " %6" PRIu32 " %3" PRIu32 " %%", s.near,
					percent(s.near, s.items));
			else
				fprintf(f, " %12s", "");
			fprintf(f, " %9" PRIu32 "\n", s.left_out);
		}
	}
	for (uint32_t n = 0; missing && n < r->model->items; n++) {
		const struct item *i = &r->model->item[n];

		if (i->left_out[0])
			continue;
		if (!cover_has(r->bits.seen, n))
			fprintf(f, "not reached    %s\n", i->name);
		else if (looks(i->kind) && !cover_has(r->bits.looked, n))
			fprintf(f, "not looked at  %s (reached by %s)\n", i->name, r->first[n]);
		else if (i->kind == ITEM_REASON && !cover_has(r->bits.near, n))
			fprintf(f, "no near miss   %s\n", i->name);
	}
}

void show_cover_json(FILE *f, const struct reached *r)
{
	cJSON *root = cli_need(cJSON_CreateObject()),
	      *list = cli_need(cJSON_AddArrayToObject(root, "items"));
	char *text;

	cli_need(cJSON_AddStringToObject(root, "tool", "iommu-sim " CLI_VERSION));
	cli_need(cJSON_AddNumberToObject(root, "permutations", (double)r->permutations));
	for (uint32_t n = 0; n < r->model->items; n++) {
		const struct item *i = &r->model->item[n];
		cJSON *o = cli_need(cJSON_CreateObject());

		cli_need(cJSON_AddStringToObject(o, "name", i->name));
		cli_need(cJSON_AddBoolToObject(o, "reached", cover_has(r->bits.seen, n)));
		cli_need(cJSON_AddBoolToObject(o, "looked-at", cover_has(r->bits.looked, n)));
		if (i->kind == ITEM_REASON)
			cli_need(cJSON_AddBoolToObject(o, "near-miss", cover_has(r->bits.near, n)));
		if (r->first[n])
			cli_need(cJSON_AddStringToObject(o, "first", r->first[n]));
		if (i->left_out[0])
			cli_need(cJSON_AddStringToObject(o, "left-out", i->left_out));
		cJSON_AddItemToArray(list, o);
	}
	text = cli_need(cJSON_Print(root));
	fprintf(f, "%s\n", text);
	free(text);
	cJSON_Delete(root);
}

static const char style[] = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
			    "charset=\"utf-8\"><title>specification coverage</title><style>\n"
			    ":root{--bg:#fff;--fg:#1c1e21;--line:#d9dce1;--yes:#d7f2dd;--half:#"
			    "fff2cc;--no:#fbd5d5;--out:#eceef1}\n"
			    "@media(prefers-color-scheme:dark){:root{--bg:#14161a;--fg:#e4e6ea;--"
			    "line:#333841;--yes:#173d22;--half:#4a3d0a;"
			    "--no:#4d1c1c;--out:#23262c}}\n"
			    "body{background:var(--bg);color:var(--fg);font:14px/1.5 "
			    "system-ui,sans-serif;margin:20px}\n"
			    "table{border-collapse:collapse;margin:10px 0}td,th{border:1px solid "
			    "var(--line);padding:2px 9px;text-align:left}\n"
			    ".yes{background:var(--yes)}.half{background:var(--half)}.no{"
			    "background:var(--no)}.out{background:var(--out)}\n"
			    "td.n{text-align:right}.mono{font-family:ui-monospace,monospace;font-"
			    "size:12.5px}</style></head><body>\n";

static void html_sums(FILE *f, const struct reached *r)
{
	const struct arch *a;

	fputs("<table><tr><th></th><th></th><th>items</th><th>reached</th><th>looked "
	      "at</th><th>near miss</th><th>left out</th></tr>\n",
	      f);
	for (uint32_t n = 0; (a = arch_at(n)); n++) {
		for (uint32_t k = 0; k < ITEM_KINDS; k++) {
			struct sum s = sum_of(r, n, (enum item_kind)k);

			fprintf(f,
				"<tr><td>%s</td><td>%s</td><td class=n>%" PRIu32
				"</td><td class=\"n %s\">%" PRIu32 " (%" PRIu32 " %%)</td>",
				a->title, kind_title((enum item_kind)k), s.items,
				s.seen == s.items       ? "yes"
				: 2 * s.seen >= s.items ? "half"
							: "no",
				s.seen, percent(s.seen, s.items));
			if (looks((enum item_kind)k))
				fprintf(f, "<td class=n>%" PRIu32 " (%" PRIu32 " %%)</td>",
					s.looked, percent(s.looked, s.items));
			else
				fputs("<td></td>", f);
			if (k == ITEM_REASON)
				fprintf(f, "<td class=n>%" PRIu32 " (%" PRIu32 " %%)</td>", s.near,
					percent(s.near, s.items));
			else
				fputs("<td></td>", f);
			fprintf(f, "<td class=n>%" PRIu32 "</td></tr>\n", s.left_out);
		}
	}
	fputs("</table>\n", f);
}

/* Names and reasons are the tables' own; paths of scenarios may hold anything. */
static void escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '&' || *text == '<' || *text == '>')
			fprintf(f, "&#%d;", *text);
		else
			fputc(*text, f);
	}
}

void show_cover_html(FILE *f, const struct reached *r)
{
	fputs(style, f);
	fprintf(f,
		"<h1>What of the specifications the scenarios reach</h1><p>%zu permutations.</p>\n",
		r->permutations);
	html_sums(f, r);
	fputs("<table><tr><th>item</th><th>reached first by</th><th>looked at</th><th>near "
	      "miss</th></tr>\n",
	      f);
	for (uint32_t n = 0; n < r->model->items; n++) {
		const struct item *i = &r->model->item[n];
		bool seen = cover_has(r->bits.seen, n),
		     looked = cover_has(r->bits.looked, n) || !looks(i->kind);

		fprintf(f, "<tr class=%s><td class=mono>%s</td><td class=mono>",
			i->left_out[0] ? "out"
			: !seen        ? "no"
			: !looked      ? "half"
				       : "yes",
			i->name);
		escaped(f, i->left_out[0] ? i->left_out : r->first[n] ? r->first[n] : "");
		fprintf(f, "</td><td>%s</td><td>%s</td></tr>\n",
			looks(i->kind) && cover_has(r->bits.looked, n) ? "yes" : "",
			cover_has(r->bits.near, n) ? "yes" : "");
	}
	fputs("</table></body></html>\n", f);
}
