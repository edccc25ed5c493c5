/*
 * Reading a line of text from left to right. A cursor never leaves its line; functions that find nothing leave it where it
 * was and say so.
 */
#ifndef ENGINE_DECODE_SCAN_H
#define ENGINE_DECODE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

struct decoded;

/* Moves *at behind the next `word`; false when it does not come any more. */
bool scan_after(const char **at, const char *word);

/* The same, only when `word` stands right here, after blanks. */
bool scan_here(const char **at, const char *word);

/* Hexadecimal digits with or without 0x, at most 16 of them. */
bool scan_hex(const char **at, uint64_t *out);

/* Decimal, or hexadecimal when 0x stands before; *decimal tells which. */
bool scan_number(const char **at, uint64_t *out, bool *decimal);

/* Decimal digits, right here. */
bool scan_decimal(const char **at, uint64_t *out);

/* "[segment:]bus:device.function", each of the parts with or without 0x: sets rid, and segment when there is one. */
bool scan_bdf(const char **at, struct decoded *d);

/* The number behind "name=", hexadecimal. */
bool scan_key(const char *line, const char *name, uint64_t *out);

#endif
