/* One page, readable without network, in light and dark: sums, then each layout with its fields, then what is left out. */
#include <inttypes.h>
#include <string.h>

#include "coverage/show_cover.h"

/* clang-format off */
static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<meta name=\"viewport\" content=\"width=device-width\"><title>specification coverage</title><style>\n"
	":root{color-scheme:light dark;--bg:#fff;--fg:#1c1e21;--dim:#5c636e;--line:#d9dce1;"
	"--yes:#d3f0da;--half:#fdefc3;--no:#fad0d0;--out:#eceef1;--bar:#3d9a57}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14161a;--fg:#e4e6ea;--dim:#9aa1ac;--line:#333841;"
	"--yes:#173d22;--half:#4a3d0a;--no:#5a1d1d;--out:#262a31;--bar:#3f8f55}}\n"
	"body{background:var(--bg);color:var(--fg);font:14px/1.5 system-ui,sans-serif;max-width:1150px;margin:20px auto;padding:0 16px}\n"
	"h1{font-size:22px}h2{font-size:17px;margin:26px 0 6px}p{color:var(--dim);margin:6px 0}\n"
	"table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:3px 8px;text-align:left;vertical-align:top}\n"
	"td.n{text-align:right;white-space:nowrap}td.l{width:11em;white-space:nowrap}code,.c{font:12.5px ui-monospace,monospace}\n"
	".bar{display:inline-block;width:60px;height:8px;background:var(--no);margin-right:6px}.bar i{display:block;height:8px;background:var(--bar)}\n"
	".c{display:inline-block;color:var(--fg);padding:0 6px;margin:1px 2px;border-radius:3px}\n"
	".yes{background:var(--yes)}.half{background:var(--half)}.no{background:var(--no)}.out{background:var(--out);color:var(--dim)}\n"
	"</style></head><body>\n<h1>What of the specifications the scenarios reach</h1>\n";
static const char legend[] =
	"<p><span class=\"c yes\">reached and looked at</span><span class=\"c half\">reached, nothing compared after it, or no near miss</span>"
	"<span class=\"c no\">not reached</span><span class=\"c out\">not expected, with a reason</span> "
	"Hold the pointer over a name for the scenario that reaches it first, or for the reason.</p>\n";
/* clang-format on */

/* Names and reasons are the tables' own; paths of scenarios may hold anything. */
static void escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (strchr("&<>\"'", *text))
			fprintf(f, "&#%d;", *text);
		else
			fputc(*text, f);
	}
}

static void sum_cell(FILE *f, uint32_t part, uint32_t whole)
{
	uint32_t percent = sum_percent(part, whole);

	fprintf(f,
		"<td class=n><span class=bar><i style=\"width:%" PRIu32 "%%\"></i></span>%" PRIu32
		" (%" PRIu32 " %%)</td>",
		percent, part, percent);
}

static void sums(FILE *f, const struct reached *r)
{
	const struct arch *a;

	fputs("<table><tr><th></th><th></th><th>items</th>", f);
	for (uint32_t k = 0; k < COVER_SETS; k++)
		fprintf(f, "<th>%s</th>", set_title((enum cover_set)k));
	fputs("<th>left out</th></tr>\n", f);
	for (uint32_t n = 0; (a = arch_at(n)); n++) {
		for (uint32_t k = 0; k < ITEM_KINDS; k++) {
			struct sum s = sum_of(r, n, (enum item_kind)k);

			fprintf(f,
				"<tr><td>%s</td><td><a href=\"#%s-%s\">%s</a></td><td "
				"class=n>%" PRIu32 "</td>",
				a->title, a->name, item_kind_name((enum item_kind)k),
				kind_title((enum item_kind)k), s.items);
			for (uint32_t c = 0; c < COVER_SETS; c++) {
				if (kind_has((enum item_kind)k, (enum cover_set)c))
					sum_cell(f, s.set[c], s.items);
				else
					fputs("<td></td>", f);
			}
			fprintf(f, "<td class=n>%" PRIu32 "</td></tr>\n", s.left_out);
		}
	}
	fputs("</table>\n", f);
}

static const char *colour(const struct reached *r, uint32_t n)
{
	enum cover_set lack = lacks(r, n);

	if (r->model->item[n].left_out[0])
		return "out";
	return lack == COVER_SETS ? "yes" : lack == COVER_REACHED ? "no" : "half";
}

/* "GCMD.TE": its register, then the field; other names are one word. */
static const char *after_layout(const struct item *i)
{
	const char *last = strrchr(i->name, '/') + 1;

	return i->field ? last + strlen(i->layout->name) + 1 : last;
}

static void chip(FILE *f, const struct reached *r, uint32_t n)
{
	const struct item *i = &r->model->item[n];

	fprintf(f, "<span class=\"c %s\" title=\"%s: ", colour(r, n), i->name);
	escaped(f, i->left_out[0] ? i->left_out : r->first[n] ? r->first[n] : "not reached");
	fprintf(f, "\">%s</span>\n", after_layout(i));
}

/* Items of one kind, a row for each layout. They stand in the model side by side, but rises and falls between fields. */
static void section(FILE *f, const struct reached *r, uint32_t arch, enum item_kind kind)
{
	const struct layout *row = NULL;
	bool any = false;

	fprintf(f, "<h2 id=\"%s-%s\">%s: %s</h2>\n<table>", arch_at(arch)->name,
		item_kind_name(kind), arch_at(arch)->title, kind_title(kind));
	for (uint32_t n = 0; n < r->model->items; n++) {
		const struct item *i = &r->model->item[n];

		if ((uint32_t)i->arch != arch || i->kind != kind)
			continue;
		if (!any || i->layout != row)
			fprintf(f, "%s<tr><td class=l><code>%s</code></td><td>",
				any ? "</td></tr>\n" : "", i->layout ? i->layout->name : "");
		row = i->layout;
		any = true;
		chip(f, r, n);
	}
	fprintf(f, "%s</table>\n", any ? "</td></tr>" : "");
}

static void missing(FILE *f, const struct reached *r)
{
	uint32_t count = 0;

	fputs("<h2>Missing</h2>\n<p>", f);
	for (uint32_t n = 0; n < r->model->items; n++) {
		enum cover_set lack = lacks(r, n);

		if (lack == COVER_SETS)
			continue;
		count++;
		fprintf(f, "<span class=\"c %s\">%s: not %s</span>\n", colour(r, n),
			r->model->item[n].name, set_title(lack));
	}
	fputs(count ? "</p>\n" : "Nothing that is expected.</p>\n", f);
}

void show_cover_html(FILE *f, const struct reached *r)
{
	fputs(head, f);
	fprintf(f, "<p>%zu permutations", r->permutations);
	if (r->failed)
		fprintf(f, ", %zu of them did not pass and count for nothing", r->failed);
	fputs(".</p>\n", f);
	sums(f, r);
	fputs(legend, f);
	missing(f, r);
	for (uint32_t n = 0; arch_at(n); n++) {
		for (uint32_t k = 0; k < ITEM_KINDS; k++)
			section(f, r, n, (enum item_kind)k);
	}
	fputs("</body></html>\n", f);
}
