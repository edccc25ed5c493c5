/*
 * What a report means: a sentence, the section of the specification, causes in order of likelihood, what to look at next.
 * Facts stand in tables, one row per reason or event; reasons without a row of their own share that of their group.
 */
#ifndef ENGINE_DECODE_EXPLAIN_H
#define ENGINE_DECODE_EXPLAIN_H

#include "decode/decoded.h"

#define EXPLAIN_LIST 4

struct advice {
	const char *section;
	const char *cause[EXPLAIN_LIST]; /* most likely first, NULL at the end */
	const char *look[EXPLAIN_LIST];
};

/* The sentence, NUL-terminated, at most `size` bytes. */
void explain_what(const struct decoded *d, char *buf, size_t size);

/* Never NULL. */
const struct advice *explain_advice(const struct decoded *d);

/* Description of a reason or event of include/hw, NULL for a reserved one; *conditions is VT-d's name of the condition. */
const char *explain_vtd_reason(uint8_t reason, const char **conditions);
const char *explain_amdvi_event(uint8_t code);

const struct advice *explain_vtd(const struct decoded *d);
const struct advice *explain_amdvi(const struct decoded *d);

#endif
