/* A report as text and as JSON: what happened, which field says so, the section, causes, what to look at. */
#include "decode/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "decode/explain.h"
#include "decode/raw.h"
#include "hw/bits.h"
#include "json.h"

#define SENTENCE 400

/* One thing that the report says and where it stands. */
struct said {
	const char *name;
	char value[64];
	const char *means; /* may be empty */
};

#define SAIDS 64

static struct said *add(struct said *list, uint32_t *n, const char *name, const char *means)
{
	struct said *s = *n < SAIDS ? &list[(*n)++] : &list[SAIDS - 1];

	s->name = name;
	s->means = means ? means : "";
	s->value[0] = '\0';
	return s;
}

static void add_hex(struct said *list, uint32_t *n, const char *name, uint64_t value,
		    const char *means)
{
	struct said *s = add(list, n, name, means);

	snprintf(s->value, sizeof(s->value), "0x%" PRIx64, value);
}

static const char *reason_name(const struct decoded *d)
{
	const char *name = arch_reason_name(d->arch, d->reason);

	return name ? name : "reserved";
}

/* Another reading of bits that a wider field before it shows: the address of a large page. */
static bool part_of_another(const struct layout *l, const struct field *part)
{
	for (const struct field *f = l->fields; f != part; f++) {
		if (f->word == part->word && (f->mask & part->mask) == part->mask)
			return true;
	}
	return false;
}

/* Fields that are 0 are left out: an entry of 256 bits has many. */
static uint32_t fields(const struct decoded *d, struct said *list)
{
	uint32_t n = 0;

	for (const struct field *f = d->layout->fields; f->name && n < SAIDS; f++) {
		if (d->words[f->word] & f->mask && !part_of_another(d->layout, f))
			add_hex(list, &n, f->name, field_get(f, d->words[f->word]), "");
	}
	if (!n)
		snprintf(add(list, &n, "every field", "")->value, sizeof(list->value), "0");
	return n;
}

static void flag_names(const struct decoded *d, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (const struct field *f = d->arch->flags; f && f->name; f++) {
		uint64_t word = FIELD_PREP(d->arch->flags_mask, (uint64_t)d->flags);

		if (word & f->mask && len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? " " : "",
						f->name);
	}
}

static uint32_t saids(const struct decoded *d, struct said *list, char *flags, size_t size)
{
	static const char *const access[] = { "", "read", "write", "atomic" };
	static const char *const at[] = { "untranslated request", "translation request",
					  "translated request", "reserved" };
	uint32_t n = 0;

	if (d->kind == DECODED_WORDS)
		return fields(d, list);
	if (d->has_reason && d->arch)
		add_hex(list, &n, d->kind == DECODED_EVENT ? "event code" : "reason", d->reason,
			d->kind == DECODED_NOTE ? "IQEI" : reason_name(d));
	if (d->has_rid)
		add_hex(list, &n, "requester id", d->rid, "");
	if (d->has_index)
		add_hex(list, &n, "index", d->index, "remapping entry");
	if (d->has_addr)
		add_hex(list, &n, "address", d->addr,
			d->kind == DECODED_FAULT ? "of the page: bits 11:0 are not recorded" : "");
	if (d->access != ACCESS_UNKNOWN && d->kind != DECODED_INTERRUPT)
		snprintf(add(list, &n, "type", "")->value, sizeof(list->value), "%s",
			 access[d->access]);
	if (d->at < 4)
		snprintf(add(list, &n, "address type", "")->value, sizeof(list->value), "%s",
			 at[d->at]);
	if (d->has_pasid)
		add_hex(list, &n, "PASID", d->pasid, "");
	if (d->has_domain)
		add_hex(list, &n, "domain id", d->domain, "");
	if (d->has_flags) {
		flag_names(d, flags, size);
		add_hex(list, &n, "flags", d->flags, flags);
	}
	return n;
}

static void heading(FILE *f, const struct decoded *d, uint32_t number, bool colour)
{
	const char *bold = colour ? "\033[1m" : "", *off = colour ? "\033[0m" : "";

	fputs(bold, f);
	if (d->line)
		fprintf(f, "line %" PRIu64, d->line);
	else
		fprintf(f, "given");
	if (number)
		fprintf(f, ", report %" PRIu32, number);
	if (d->arch)
		fprintf(f, ", %s", d->arch->title);
	if (d->count > 1)
		fprintf(f, ", %" PRIu64 " times, the last in line %" PRIu64, d->count, d->last);
	if (d->suppressed)
		fprintf(f, ", and %" PRIu64 " that the log left out", d->suppressed);
	fprintf(f, "%s\n", off);
	if (d->text[0])
		fprintf(f, "  %s\n", d->text);
}

static void list(FILE *f, const char *label, const char *const *item, bool numbers)
{
	for (uint32_t i = 0; i < EXPLAIN_LIST && item[i]; i++) {
		fprintf(f, "  %-9s ", i ? "" : label);
		if (numbers)
			fprintf(f, "%" PRIu32 ". ", i + 1);
		fprintf(f, "%s\n", item[i]);
	}
}

void print_report(FILE *f, const struct decoded *d, uint32_t number, bool colour)
{
	const struct advice *advice = explain_advice(d);
	char what[SENTENCE], flags[80];
	struct said said[SAIDS];
	uint32_t n = saids(d, said, flags, sizeof(flags));

	explain_what(d, what, sizeof(what));
	heading(f, d, number, colour);
	fprintf(f, "  what      %s\n", what);
	if (d->unclear)
		fprintf(f, "  unclear   not understood: %s\n", d->unclear);
	for (uint32_t i = 0; i < n; i++)
		fprintf(f, "  %-9s %s = %s%s%s\n", i ? "" : "says so", said[i].name, said[i].value,
			said[i].means[0] ? ", " : "", said[i].means);
	if (d->reason_decimal)
		fprintf(f, "  %-9s the reason stood in decimal, as Linux wrote it up to 5.13\n",
			"");
	fprintf(f, "  section   %s\n", advice->section);
	list(f, "causes", advice->cause, true);
	list(f, "look at", advice->look, false);
}

static void json_list(cJSON *o, const char *name, const char *const *item)
{
	cJSON *array = cli_need(cJSON_AddArrayToObject(o, name));

	for (uint32_t i = 0; i < EXPLAIN_LIST && item[i]; i++)
		cJSON_AddItemToArray(array, cli_need(cJSON_CreateString(item[i])));
}

struct cJSON *print_json(const struct decoded *d)
{
	static const char *const kinds[] = { "nothing", "fault", "interrupt", "event",
					     "wait",    "words", "note" };
	const struct advice *advice = explain_advice(d);
	cJSON *o = cli_need(cJSON_CreateObject()), *says;
	char what[SENTENCE], flags[80];
	struct said said[SAIDS];
	uint32_t n = saids(d, said, flags, sizeof(flags));

	explain_what(d, what, sizeof(what));
	cli_need(cJSON_AddStringToObject(o, "kind", kinds[d->kind]));
	if (d->arch)
		cli_need(cJSON_AddStringToObject(o, "architecture", d->arch->name));
	if (d->line) {
		json_number(o, "line", d->line);
		json_number(o, "last-line", d->last);
		json_number(o, "count", d->count);
		json_number(o, "suppressed", d->suppressed);
		cli_need(cJSON_AddStringToObject(o, "text", d->text));
	}
	cli_need(cJSON_AddStringToObject(o, "what", what));
	if (d->unclear)
		cli_need(cJSON_AddStringToObject(o, "unclear", d->unclear));
	says = cli_need(cJSON_AddArrayToObject(o, "says"));
	for (uint32_t i = 0; i < n; i++) {
		cJSON *one = cli_need(cJSON_CreateObject());

		cli_need(cJSON_AddStringToObject(one, "field", said[i].name));
		cli_need(cJSON_AddStringToObject(one, "value", said[i].value));
		if (said[i].means[0])
			cli_need(cJSON_AddStringToObject(one, "means", said[i].means));
		cJSON_AddItemToArray(says, one);
	}
	cli_need(cJSON_AddStringToObject(o, "section", advice->section));
	json_list(o, "causes", advice->cause);
	json_list(o, "look-at", advice->look);
	return o;
}
