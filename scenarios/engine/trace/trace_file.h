/*
 * Where a run's trace goes: text, one event per line; Chrome's trace event JSON (chrome://tracing, ui.perfetto.dev); or a value
 * change dump for waveform viewers. The suffix of the file chooses: .json, .vcd, anything else is text.
 *
 * The simulator gives a trace as lines "time_ns unit kind key=value ..."; the other forms are made of them.
 */
#ifndef ENGINE_TRACE_TRACE_FILE_H
#define ENGINE_TRACE_TRACE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct run;
struct trace_file;

/* NULL with errno set when the file cannot be made. */
struct trace_file *trace_open(const char *path, const struct run *r);

/* One line of the trace, without its end; a step's beginning is "-- NAME". */
void trace_put(struct trace_file *t, const char *line);

/* Lines that the ring no longer held. */
void trace_lost(struct trace_file *t, uint64_t lines);

/* 0, or -1 with errno set when something could not be written. */
int trace_close(struct trace_file *t);

/* ---- a line taken apart ---- */

#define EVENT_KEYS 6

struct trace_event {
	uint64_t ns;
	uint32_t unit;
	char kind[24];
	char key[EVENT_KEYS][16], value[EVENT_KEYS][48];
	uint32_t keys;
};

/* False for a line that is no event. */
bool trace_event(const char *line, struct trace_event *e);

/* Value of a key, "" when there is none; as a number, 0 when it is none. */
const char *event_text(const struct trace_event *e, const char *key);
uint64_t event_number(const struct trace_event *e, const char *key);

/* What a form does with the trace. */
struct trace_form {
	void (*begin)(FILE *f, void *own, const struct run *r);
	void (*line)(FILE *f, void *own, const char *line, const struct run *r);
	void (*end)(FILE *f, void *own);
	size_t own;
};

extern const struct trace_form trace_json, trace_vcd;

#endif
