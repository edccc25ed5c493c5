/* What the report forms share. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const struct report_form *report_find(const char *name)
{
	const struct report_form *const forms[] = { &report_pretty, &report_tap, &report_junit,
						    &report_json };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i]->name, name) == 0)
			return forms[i];
	return NULL;
}

const char *report_verdict(enum run_verdict verdict)
{
	switch (verdict) {
	case RUN_PASS:
		return "pass";
	case RUN_FAIL:
		return "fail";
	case RUN_SKIP:
		return "skip";
	case RUN_ERROR:
		break;
	}
	return "error";
}

size_t report_utf8(const char *text, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)text[0];
	size_t len = c < 0x80 ? 1 : (c >> 5) == 6 ? 2 : (c >> 4) == 14 ? 3 : (c >> 3) == 30 ? 4 : 0;
	uint32_t value = len == 1 ? c : c & (0x7fu >> len);

	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)text[i];

		if ((next & 0xc0) != 0x80)
			return 0; /* the terminator as well */
		value = value << 6 | (next & 0x3f);
	}
	if (len == 0 || value < smallest[len] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff) || value == 0xfffe || value == 0xffff)
		return 0;
	*code = value;
	return len;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

void report_clean(FILE *out, const char *text, bool lines)
{
	while (*text) {
		uint32_t code = 0;
		size_t len = report_utf8(text, &code);
		bool kept = len && (!is_control(code) || (lines && (code == '\n' || code == '\t')));

		if (kept)
			fwrite(text, 1, len, out);
		else
			fputs("\xef\xbf\xbd", out);
		text += len ? len : 1;
	}
}

static bool plain_word(const char *text)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_-./,=+:@%#";

	return *text && *text != '#' && text[strspn(text, safe)] == '\0';
}

static void put_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
}

void report_again(FILE *out, const struct report_info *info, const struct report_item *item)
{
	bool plain = plain_word(item->path) && (!*item->id || plain_word(item->id));

	fprintf(out, "%s run --seed %" PRIu64 " ", info->program, info->seed);
	if (info->backend && strcmp(info->backend, "sim") != 0)
		fprintf(out, "--backend %s ", info->backend);
	if (info->qemu) {
		fputs("--qemu '", out);
		put_quoted(out, info->qemu);
		fputs("' ", out);
	}
	if (!plain)
		fputc('\'', out);
	put_quoted(out, item->path);
	if (*item->id) {
		fputc('#', out);
		put_quoted(out, item->id);
	}
	if (!plain)
		fputc('\'', out);
}

/* How much of a line of `len` bytes to print first: whole words within `width`, at least one. */
static size_t first_part(const char *line, size_t len, size_t width)
{
	if (len <= width)
		return len;
	for (size_t at = width; at > 0; at--)
		if (line[at] == ' ')
			return at;
	return len;
}

static void put_part(FILE *out, const char *indent, const char *text, size_t len)
{
	char *part = cli_alloc(len + 1, 1);

	memcpy(part, text, len);
	fputs(indent, out);
	report_clean(out, part, false);
	fputc('\n', out);
	free(part);
}

void report_lines(FILE *out, const char *indent, const char *text, size_t width)
{
	while (*text) {
		size_t left = strcspn(text, "\n");

		do {
			size_t len = first_part(text, left, width);

			put_part(out, indent, text, len);
			text += len;
			left -= len;
			for (; left && *text == ' '; left--)
				text++;
		} while (left);
		if (*text == '\n')
			text++;
	}
}
