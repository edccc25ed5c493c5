/*
 * Chrome's trace event form: a process for the steps and one for each unit; in a unit a track for the CPU's accesses, the
 * registers, the queue, each cache and each device, and a span for each window in which what is cached is stale. Times are microseconds, so that a nanosecond is a thousandth.
 */
#include <inttypes.h>
#include <string.h>

#include "run.h"
#include "trace/trace_file.h"

#define TRACKS 64

/* Tracks by name; number n + 1 is the thread id. */
struct json {
	char track[TRACKS][24];
	uint32_t unit[TRACKS];
	uint32_t tracks;
	bool any, open; /* a step's span is open */
	uint64_t now;
};

static void comma(FILE *f, struct json *j)
{
	fputs(j->any ? ",\n" : "\n", f);
	j->any = true;
}

/* Text of the run, in quotes: names of nodes and keys have no character that JSON would want escaped, paths may. */
static void quoted(FILE *f, const char *text)
{
	fputc('"', f);
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', f);
		if ((unsigned char)*p >= ' ')
			fputc(*p, f);
	}
	fputc('"', f);
}

static void name_track(FILE *f, struct json *j, uint32_t unit, uint32_t id, const char *name)
{
	comma(f, j);
	fprintf(f,
		"{\"ph\":\"M\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32
		",\"name\":\"thread_name\",\"args\":{\"name\":\"%s\"}}",
		unit + 1, id, name);
}

static uint32_t track(FILE *f, struct json *j, uint32_t unit, const char *name)
{
	for (uint32_t i = 0; i < j->tracks; i++) {
		if (j->unit[i] == unit && strcmp(j->track[i], name) == 0)
			return i + 1;
	}
	if (j->tracks == TRACKS)
		return TRACKS;
	snprintf(j->track[j->tracks], sizeof(j->track[0]), "%s", name);
	j->unit[j->tracks++] = unit;
	name_track(f, j, unit, j->tracks, name);
	return j->tracks;
}

static void name_process(FILE *f, struct json *j, uint32_t pid, const char *name)
{
	comma(f, j);
	fprintf(f,
		"{\"ph\":\"M\",\"pid\":%" PRIu32 ",\"name\":\"process_name\",\"args\":{\"name\":",
		pid);
	quoted(f, name);
	fputs("}}", f);
}

static void begin(FILE *f, void *own, const struct run *r)
{
	struct json *j = own;
	char name[64];

	fprintf(f, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"scenario\":");
	quoted(f, r->sc->path);
	fputs(",\"permutation\":", f);
	quoted(f, scenario_permutation_id(r->sc, r->permutation));
	fprintf(f, ",\"seed\":%" PRIu64 "},\"traceEvents\":[", r->options->seed);
	name_process(f, j, 0, "steps");
	for (uint32_t u = 0; u < r->machine->units; u++) {
		snprintf(name, sizeof(name), "unit %" PRIu32 " (%s)", u, run_arch(r, u)->title);
		name_process(f, j, u + 1, name);
	}
}

static void close_step(FILE *f, struct json *j)
{
	if (!j->open)
		return;
	comma(f, j);
	fprintf(f, "{\"ph\":\"E\",\"pid\":0,\"tid\":0,\"ts\":%" PRIu64 ".%03" PRIu64 "}",
		j->now / 1000, j->now % 1000);
	j->open = false;
}

static void step(FILE *f, struct json *j, const char *name)
{
	close_step(f, j);
	comma(f, j);
	fprintf(f, "{\"ph\":\"B\",\"pid\":0,\"tid\":0,\"ts\":%" PRIu64 ".%03" PRIu64 ",\"name\":",
		j->now / 1000, j->now % 1000);
	quoted(f, name);
	fputc('}', f);
	j->open = true;
}

/* The register at an offset of a unit, "" when it has no name of its own there. */
static const char *register_name(const struct run *r, uint32_t unit, uint64_t off)
{
	uint32_t at;
	const struct layout *l =
		unit < r->machine->units ? arch_register_at(run_unit(r, unit), off, &at) : NULL;

	return l ? l->name : "";
}

/* Which track an event belongs to. */
static void track_name(const struct trace_event *e, char *out, size_t size)
{
	if (strncmp(e->kind, "reg-", 4) == 0)
		snprintf(out, size, "registers");
	else if (strncmp(e->kind, "cpu-", 4) == 0 || strcmp(e->kind, "publish") == 0)
		snprintf(out, size, "CPU stores");
	else if (strcmp(e->kind, "command") == 0 || strcmp(e->kind, "status") == 0)
		snprintf(out, size, "queue");
	else if (strcmp(e->kind, "fill") == 0 || strcmp(e->kind, "drop") == 0)
		snprintf(out, size, "cache %s", event_text(e, "cache"));
	else if (strncmp(e->kind, "xlat", 4) == 0 || strcmp(e->kind, "dma") == 0)
		snprintf(out, size, "device %s", event_text(e, "rid"));
	else if (strcmp(e->kind, "msi") == 0 || strcmp(e->kind, "fault-record") == 0)
		snprintf(out, size, "events");
	else
		snprintf(out, size, "judgement");
}

/* The oracle's windows: a span from "stale" to "safe" that may end on no track but its own. */
static bool put_window(FILE *f, struct json *j, const struct trace_event *e)
{
	static const struct {
		const char *kind;
		char ph;
	} phases[] = { { "stale", 'b' }, { "gone", 'n' }, { "safe", 'e' } };

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (strcmp(e->kind, phases[i].kind) != 0)
			continue;
		comma(f, j);
		fprintf(f,
			"{\"ph\":\"%c\",\"cat\":\"stale\",\"id\":\"%s.%s.%s.%s\",\"pid\":%" PRIu32
			",\"tid\":0,\"ts\":%" PRIu64 ".%03" PRIu64
			",\"name\":\"stale %s %s\",\"args\":{\"event\":\"%s\",\"entry\":\"%s\"}}",
			phases[i].ph, event_text(e, "cache"), event_text(e, "id"),
			event_text(e, "addr"), event_text(e, "level"), e->unit + 1, e->ns / 1000,
			e->ns % 1000, event_text(e, "cache"), event_text(e, "addr"), e->kind,
			event_text(e, "entry"));
		return true;
	}
	return false;
}

static void put_event(FILE *f, struct json *j, const struct trace_event *e, const struct run *r)
{
	char name[24];
	const char *reg = "";
	uint32_t id;

	track_name(e, name, sizeof(name));
	id = track(f, j, e->unit, name);
	if (strncmp(e->kind, "reg-", 4) == 0)
		reg = register_name(r, e->unit, event_number(e, "off"));
	comma(f, j);
	fprintf(f,
		"{\"ph\":\"i\",\"s\":\"t\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32 ",\"ts\":%" PRIu64
		".%03" PRIu64 ",\"name\":\"%s%s%s\",\"args\":{",
		e->unit + 1, id, e->ns / 1000, e->ns % 1000, e->kind, *reg ? " " : "", reg);
	for (uint32_t i = 0; i < e->keys; i++) {
		fprintf(f, "%s\"%s\":", i ? "," : "", e->key[i]);
		quoted(f, e->value[i]);
	}
	fputs("}}", f);
}

static void line(FILE *f, void *own, const char *text, const struct run *r)
{
	struct json *j = own;
	struct trace_event e;

	if (strncmp(text, "-- ", 3) == 0) {
		step(f, j, text + 3);
	} else if (trace_event(text, &e)) {
		j->now = e.ns;
		if (!put_window(f, j, &e))
			put_event(f, j, &e, r);
	}
}

static void end(FILE *f, void *own)
{
	close_step(f, own);
	fputs("\n]}\n", f);
}

const struct trace_form trace_json = { begin, line, end, sizeof(struct json) };
