/*
 * A log read line by line into reports: equal ones folded and counted, unknown text passed over, bounded memory whatever
 * the input is.
 */
#ifndef ENGINE_DECODE_LOG_H
#define ENGINE_DECODE_LOG_H

#include <stdio.h>

#include "decode/decoded.h"

#define LOG_REPORTS 1024 /* different reports kept; further ones are counted */
#define LOG_LINE 4096    /* bytes of a line looked at */

struct log {
	struct decoded report[LOG_REPORTS];
	uint32_t reports;
	uint64_t lines;   /* read */
	uint64_t dropped; /* lines with a report for which there was no room */
	uint64_t cut;     /* lines longer than LOG_LINE */
	bool half;        /* pending is the first half of a report */
	struct decoded pending;
	uint64_t weight;        /* how often the line at hand was printed */
	struct decoded *newest; /* the report of the latest line that had one, NULL: none yet */
	uint64_t newest_line;
};

/* Reads to the end of `f`. 0, or -1 with errno set when reading failed. `log` is zeroed by the caller. */
int log_read(struct log *log, FILE *f);

/*
 * One line, NUL-terminated, without its end. Colours are left out; lines of a kernel that lost the end between them, told by
 * their time stamps, are taken apart; what a log says of lines that it did not repeat is counted.
 */
void log_line(struct log *log, const char *line);

/* A half report that never got its second line becomes one that says so. */
void log_end(struct log *log);

#endif
