/*
 * Wordings in which fault reports come. A reader looks at one line and says whether it knows it; some reports take two
 * lines, the first of which is kept in `pending` until the second comes.
 */
#ifndef ENGINE_DECODE_LINES_H
#define ENGINE_DECODE_LINES_H

#include "decode/decoded.h"

enum line_rc {
	LINE_UNKNOWN,  /* nothing for this reader */
	LINE_REPORT,   /* *out is a report */
	LINE_PENDING,  /* *out is the first half of a report */
	LINE_COMPLETED /* *out holds what the pending half lacked and has been joined with it */
};

/* `pending` is the half report of an earlier line, or NULL. `out` is zeroed by the caller. */
typedef enum line_rc (*line_reader)(const char *line, const struct decoded *pending,
				    struct decoded *out);

enum line_rc lines_vtd(const char *line, const struct decoded *pending, struct decoded *out);
enum line_rc lines_amdvi(const char *line, const struct decoded *pending, struct decoded *out);
enum line_rc lines_labels(const char *line, const struct decoded *pending, struct decoded *out);

#endif
