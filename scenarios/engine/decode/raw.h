/*
 * Raw values from the command line: a fault record, an event, a register, a table entry or a command by its name.
 */
#ifndef ENGINE_DECODE_RAW_H
#define ENGINE_DECODE_RAW_H

#include "decode/decoded.h"

/*
 * `name` and `count` values, lowest word first; `level` is that of a page-table entry, 0 the smallest page. False after an
 * error message.
 */
bool raw_decode(const char *name, char *const *values, uint32_t count, uint32_t level,
		struct decoded *out);

/* A report from the words of a fault recording register or an event log entry. */
void raw_frcd(const uint64_t *word, struct decoded *out);
void raw_event(const uint64_t *word, struct decoded *out);

/* VT-d: the reason is one of an interrupt request, whose record holds an index. */
bool raw_is_interrupt(uint8_t reason);

/* The words of the record that a report stands for, as the hardware writes it; false when the report lacks a part. */
bool raw_words(const struct decoded *d, uint64_t *word);

#endif
