/*
 * RSDP in the BIOS area, then RSDT or XSDT.
 */
#include "firmware.h"

#include <stdbool.h>

enum {
	BIOS_FIRST = 0xE0000,
	BIOS_LAST = 0xFFFFF,
	RSDP_STEP = 16,
	RSDP_V1 = 20, /* bytes the first checksum covers */
	RSDP_V2 = 36,
	RSDP_REVISION = 15,
	RSDP_RSDT = 16,
	RSDP_XSDT = 24,
	HEADER = 36,
	HEADER_LENGTH = 4,
	TABLES_MAX = 256
};

static const uint8_t *at(uint64_t pa)
{
	return (const uint8_t *)(uintptr_t)pa;
}

static uint64_t little(const uint8_t *p, uint32_t bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static bool same(const uint8_t *p, const char *text, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i] != (uint8_t)text[i])
			return false;
	return true;
}

static bool sums_to_zero(const uint8_t *p, uint64_t n)
{
	uint8_t sum = 0;

	while (n--)
		sum = (uint8_t)(sum + *p++);
	return sum == 0;
}

static const uint8_t *find_rsdp(void)
{
	for (uint64_t pa = BIOS_FIRST; pa + RSDP_V2 <= BIOS_LAST + 1; pa += RSDP_STEP)
		if (same(at(pa), "RSD PTR ", 8) && sums_to_zero(at(pa), RSDP_V1))
			return at(pa);
	return NULL;
}

/* The bytes of a table that can be read; 0 when not even its header can. */
static size_t readable(uint64_t pa)
{
	uint64_t length;

	if (!pa || pa > FIRMWARE_END - HEADER)
		return 0;
	length = little(at(pa) + HEADER_LENGTH, 4);
	if (length < HEADER)
		return 0;
	return length < FIRMWARE_END - pa ? length : FIRMWARE_END - pa;
}

/* The list of tables and the width of its entries: the XSDT when it is there and sound, else the RSDT. */
static uint64_t find_list(const uint8_t *rsdp, uint32_t *width)
{
	if (rsdp[RSDP_REVISION] >= 2 && sums_to_zero(rsdp, RSDP_V2)) {
		uint64_t xsdt = little(rsdp + RSDP_XSDT, 8);
		size_t size = readable(xsdt);

		*width = 8;
		if (size && same(at(xsdt), "XSDT", 4) && sums_to_zero(at(xsdt), size))
			return xsdt;
	}
	*width = 4;
	return little(rsdp + RSDP_RSDT, 4);
}

const void *firmware_table(const char *signature, size_t *size)
{
	const uint8_t *rsdp = find_rsdp();
	uint32_t width = 4;
	uint64_t list = rsdp ? find_list(rsdp, &width) : 0;
	size_t bytes = readable(list);

	if (!bytes || !sums_to_zero(at(list), bytes))
		return NULL;
	for (uint32_t i = 0; i < TABLES_MAX && HEADER + (i + 1) * width <= bytes; i++) {
		uint64_t pa = little(at(list) + HEADER + i * width, width);

		*size = readable(pa);
		if (*size && same(at(pa), signature, 4))
			return at(pa);
	}
	return NULL;
}
