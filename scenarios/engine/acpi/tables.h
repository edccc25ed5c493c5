/*
 * The ACPI tables firmware would give of a scenario's machine: DMAR for its VT-d units, IVRS for its AMD-Vi units.
 *
 * Written from the specifications, apart from the driver that reads them; the two share include/hw alone.
 */
#ifndef ENGINE_ACPI_TABLES_H
#define ENGINE_ACPI_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "acpi/config.h"
#include "vary.h"

#define ACPI_TABLE_BYTES 32768u
#define ACPI_NOTES 2048

/* Where something begins, and what. */
struct acpi_note {
	uint32_t at;
	char text[88];
};

struct acpi_bytes {
	uint8_t p[ACPI_TABLE_BYTES];
	uint32_t size; /* 0: the machine has no such table */
	bool overflow;
	struct acpi_note note[ACPI_NOTES];
	uint32_t notes;
};

struct acpi_tables {
	struct acpi_bytes table[ACPI_TABLES];
	uint16_t segment[MACHINE_UNITS]; /* of each unit */
};

/* The tables of a permutation; NULL when out of memory or when they do not fit, with a static text in *why. */
struct acpi_tables *acpi_tables_make(const struct machine *m, const struct setting *s,
				     const char **why);
void acpi_tables_free(struct acpi_tables *t);

/* Configuration space of that machine: its units' functions and the bridges of its acpi node. All ones elsewhere. */
struct acpi_space {
	const struct machine *m;
	const struct setting *s;
	const uint16_t *segment; /* of each unit */
};
uint32_t acpi_space_read32(void *space, uint16_t segment, uint16_t rid, uint32_t off);

/* The id of an AMD-Vi unit's own function: a bus and device nothing else of a machine has by default. */
uint16_t acpi_unit_rid(uint32_t unit);
#define ACPI_UNIT_CAP 0x40

/* ---- for the makers of one table ---- */

struct acpi_maker {
	const struct machine *m;
	const struct setting *s;
	const uint16_t *segment;
	struct acpi_bytes *b;
};

void acpi_put(struct acpi_bytes *b, uint64_t value, uint32_t bytes);
void acpi_put_at(struct acpi_bytes *b, uint32_t at, uint64_t value, uint32_t bytes);
void acpi_put_zeros(struct acpi_bytes *b, uint32_t bytes);
void acpi_head(struct acpi_bytes *b, const char *signature, uint8_t revision);
void acpi_note(struct acpi_bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void acpi_seal(struct acpi_bytes *b);

/* True when unit `i` is of that architecture in this permutation. */
bool acpi_is(const struct acpi_maker *k, uint32_t i, enum be_arch arch);

/* Where its registers are. */
uint64_t acpi_base(const struct acpi_maker *k, uint32_t unit);

/* The bridge whose bus `bus` of a segment is, NULL: a root bus. */
const struct acpi_item *acpi_bridge_of(const struct acpi_maker *k, uint8_t bus);

void acpi_make_dmar(const struct acpi_maker *k);
void acpi_make_ivrs(const struct acpi_maker *k);

#endif
