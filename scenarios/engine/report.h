/*
 * Reports: what came out of a run, in one of several forms. Items arrive in the order of the suite, whatever the number
 * of workers; nothing but the pretty form on a terminal looks at the wall clock.
 */
#ifndef ENGINE_REPORT_H
#define ENGINE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "engine.h"

/* What is known before the first item. */
struct report_info {
	FILE *out;
	const char *program; /* for the command that runs a failure again */
	const char *backend;
	const char *qemu;    /* the program named for it, NULL: none */
	const char *version; /* of the backend; "": that of this command */
	uint64_t seed;
	size_t total; /* items there will be, unless the run stops early */
	bool terminal;
	bool colour;
};

struct report_item {
	const char *path, *id, *title, *spec;
	const struct run_result *result;
};

struct report_totals {
	size_t passed, failed, skipped, errors;
	size_t unjudged;  /* expectations of what the backend cannot see */
	size_t scenarios; /* files that items came from */
	bool stopped;     /* before all were reported */
};

/* `item` is called for each item, `progress` whenever a permutation ended, `end` once, which also frees the state. */
struct report_form {
	const char *name;
	void *(*begin)(const struct report_info *info);
	void (*item)(void *state, const struct report_item *item);
	void (*progress)(void *state, size_t finished);
	void (*end)(void *state, const struct report_totals *totals);
};

extern const struct report_form report_pretty, report_tap, report_junit, report_json;

/* "pretty", "tap", "junit" or "json"; NULL for anything else. */
const struct report_form *report_find(const char *name);

const char *report_verdict(enum run_verdict verdict);

/* Writes the command that runs the item again, quoted for a shell. */
void report_again(FILE *out, const struct report_info *info, const struct report_item *item);

/*
 * Writes text as valid UTF-8 without control characters, each replaced by U+FFFD; tab and newline are kept when
 * `lines` is set. A step, a title or a path may hold anything.
 */
void report_clean(FILE *out, const char *text, bool lines);

/* Decodes one character of well-formed UTF-8; returns its bytes, 0 when the next byte starts none. */
size_t report_utf8(const char *text, uint32_t *code);

/* Writes each line of text after `indent`, broken between words beyond `width` bytes; nothing for an empty text. */
#define REPORT_UNBROKEN SIZE_MAX
void report_lines(FILE *out, const char *indent, const char *text, size_t width);

#endif
