/*
 * Bounded text: lines of key=value words.
 */
#ifndef DRIVER_TEXT_H
#define DRIVER_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Where the text goes; `need` counts what would have been written had there been room. */
struct text {
	char *buf;
	size_t size;
	size_t need;
};

void text_put(struct text *o, const char *text);
void text_put_u64(struct text *o, uint64_t value);
void text_put_hex(struct text *o, uint64_t value); /* with 0x */
void text_key(struct text *o, const char *key);    /* a space before all but the first */
void text_flag(struct text *o, const char *key, int value);

/* Terminates it; the length that was needed. */
size_t text_end(struct text *o);

#endif
