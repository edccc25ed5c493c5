/* The trace's file, its text form, and lines taken apart. */
#include "trace/trace_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

struct trace_file {
	FILE *f;
	const struct run *r;
	const struct trace_form *form; /* NULL: text */
	void *own;
};

static bool ends_in(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n > m && strcmp(path + n - m, suffix) == 0;
}

struct trace_file *trace_open(const char *path, const struct run *r)
{
	struct trace_file *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->r = r;
	t->form = ends_in(path, ".json") ? &trace_json : ends_in(path, ".vcd") ? &trace_vcd : NULL;
	t->own = t->form && t->form->own ? calloc(1, t->form->own) : NULL;
	t->f = fopen(path, "w");
	if (!t->f || (t->form && t->form->own && !t->own)) {
		int error = errno;

		if (t->f)
			fclose(t->f);
		free(t->own);
		free(t);
		errno = error;
		return NULL;
	}
	if (t->form)
		t->form->begin(t->f, t->own, r);
	else
		fprintf(t->f, "# %s [%s] seed %" PRIu64 "\n", r->sc->path,
			scenario_permutation_id(r->sc, r->permutation), r->options->seed);
	return t;
}

void trace_put(struct trace_file *t, const char *line)
{
	if (t->form)
		t->form->line(t->f, t->own, line, t->r);
	else
		fprintf(t->f, "%s\n", line);
}

void trace_lost(struct trace_file *t, uint64_t lines)
{
	char text[64];

	snprintf(text, sizeof(text), "(%" PRIu64 " records lost: the ring is full)", lines);
	trace_put(t, text);
}

int trace_close(struct trace_file *t)
{
	int rc;

	if (t->form)
		t->form->end(t->f, t->own);
	rc = ferror(t->f) ? -1 : 0;
	if (fclose(t->f))
		rc = -1;
	free(t->own);
	free(t);
	return rc;
}

/* Copies up to a character of `until` and returns what follows; too long a word is cut. */
static const char *word(const char *p, const char *until, char *out, size_t size)
{
	size_t n = strcspn(p, until), keep = n < size ? n : size - 1;

	memcpy(out, p, keep);
	out[keep] = '\0';
	return p + n;
}

bool trace_event(const char *line, struct trace_event *e)
{
	char *end;
	const char *p = line;

	memset(e, 0, sizeof(*e));
	if (*p < '0' || *p > '9')
		return false;
	e->ns = strtoull(p, &end, 10);
	if (*end != ' ')
		return false;
	e->unit = (uint32_t)strtoul(end + 1, &end, 10);
	if (*end != ' ')
		return false;
	p = word(end + 1, " ", e->kind, sizeof(e->kind));
	while (*p == ' ' && e->keys < EVENT_KEYS) {
		p = word(p + 1, "= ", e->key[e->keys], sizeof(e->key[0]));
		if (*p == '=')
			p = word(p + 1, " ", e->value[e->keys], sizeof(e->value[0]));
		e->keys++;
	}
	return true;
}

const char *event_text(const struct trace_event *e, const char *key)
{
	for (uint32_t i = 0; i < e->keys; i++) {
		if (strcmp(e->key[i], key) == 0)
			return e->value[i];
	}
	return "";
}

uint64_t event_number(const struct trace_event *e, const char *key)
{
	return strtoull(event_text(e, key), NULL, 0);
}
