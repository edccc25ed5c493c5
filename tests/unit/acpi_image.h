/*
 * ACPI tables typed by hand, byte by byte, and a configuration space with a few bridges.
 */
#ifndef TESTS_ACPI_IMAGE_H
#define TESTS_ACPI_IMAGE_H

#include "acpi_records.h"

/* Little-endian numbers inside a list of bytes. */
#define B2(v) (uint8_t)(v), (uint8_t)((v) >> 8)
#define B4(v) B2((v)&0xffffu), B2((uint32_t)(v) >> 16)
#define B8(v) B4((uint64_t)(v)&0xffffffffu), B4((uint64_t)(v) >> 32)

/* 36 bytes of head with a length and a checksum that image_seal puts in. */
#define IMAGE_HEAD(a, b, c, d, revision)                                                       \
	a, b, c, d, B4(0), revision, 0, 'I', 'O', 'M', 'M', 'U', ' ', 'T', 'Y', 'P', 'E', 'D', \
		' ', ' ', ' ', B4(1), 'H', 'A', 'N', 'D', B4(1)

void image_seal(uint8_t *table, size_t bytes);

/* What configuration space answers: a bridge in each row. */
struct image_bridge {
	uint16_t segment, rid;
	uint8_t secondary, subordinate;
};
struct image_pci {
	const struct image_bridge *bridge;
	size_t bridges;
};
uint32_t image_pci_read32(void *ctx, uint16_t segment, uint16_t rid, uint32_t off);

#endif
