/*
 * The two targets of ACPI tables: a table of any bytes, and configuration space that answers with the same bytes.
 */
#ifndef TESTS_FUZZ_ACPI_H
#define TESTS_FUZZ_ACPI_H

#include "acpi_records.h"
#include "fuzz.h"

struct fuzz_bytes {
	const uint8_t *data;
	size_t size;
};

static inline uint32_t fuzz_read32(void *ctx, uint16_t segment, uint16_t rid, uint32_t off)
{
	const struct fuzz_bytes *b = ctx;
	uint32_t at = (uint32_t)segment * 31 + (uint32_t)rid * 7 + off, word = 0;

	for (uint32_t i = 0; b->size && i < 4; i++)
		word = word << 8 | b->data[(at + i) % b->size];
	return word;
}

/* Same input, same records; and a second table adds to them without harm. */
static inline void fuzz_judge(const struct records *r, size_t size)
{
	const char *wrong = records_wrong(r, size);

	if (wrong)
		fuzz_finding(wrong);
}

#endif
