/*
 * text.h.
 */
#include "text.h"

void text_put(struct text *o, const char *text)
{
	for (; *text; text++, o->need++) {
		if (o->need + 1 < o->size)
			o->buf[o->need] = *text;
	}
}

static void put_base(struct text *o, uint64_t value, uint32_t base)
{
	char digits[21];
	uint32_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do {
		digits[--i] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	text_put(o, &digits[i]);
}

void text_put_u64(struct text *o, uint64_t value)
{
	put_base(o, value, 10);
}

void text_put_hex(struct text *o, uint64_t value)
{
	text_put(o, "0x");
	put_base(o, value, 16);
}

void text_key(struct text *o, const char *key)
{
	if (o->need)
		text_put(o, " ");
	text_put(o, key);
	text_put(o, "=");
}

void text_flag(struct text *o, const char *key, int value)
{
	text_key(o, key);
	text_put(o, value ? "yes" : "no");
}

size_t text_end(struct text *o)
{
	if (o->size)
		o->buf[o->need < o->size ? o->need : o->size - 1] = '\0';
	return o->need;
}
