/*
 * ACPI tables typed by hand.
 */
#include "acpi_image.h"

void image_seal(uint8_t *table, size_t bytes)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < 4; i++)
		table[4 + i] = (uint8_t)(bytes >> 8 * i);
	table[9] = 0;
	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + table[i]);
	table[9] = (uint8_t)(0u - sum);
}

uint32_t image_pci_read32(void *ctx, uint16_t segment, uint16_t rid, uint32_t off)
{
	const struct image_pci *p = ctx;

	for (size_t i = 0; i < p->bridges; i++) {
		const struct image_bridge *b = p->bridge + i;

		if (b->segment != segment || b->rid != rid)
			continue;
		if (off == 0x0c)
			return 0x810000; /* more functions, header type 1 */
		if (off == 0x18)
			return (uint32_t)b->subordinate << 16 | (uint32_t)b->secondary << 8 |
			       (uint32_t)(rid >> 8);
	}
	return UINT32_MAX;
}
