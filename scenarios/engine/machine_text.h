/* The machine of a scenario that a program writes: memory, one unit, devices behind it. */
#ifndef ENGINE_MACHINE_TEXT_H
#define ENGINE_MACHINE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define MACHINE_TEXT_UNIT \
	UINT64_C(0xFED90000) /* where the unit's registers are, and how many bytes */
#define MACHINE_TEXT_UNIT_BYTES UINT64_C(0x4000)

struct machine_text {
	const char *compatible;
	uint64_t base;     /* of the unit, 0: MACHINE_TEXT_UNIT */
	const char *props; /* further properties of the unit, indented by three tabs, NULL: none */
	struct {
		uint64_t first, last; /* last inclusive; empty when it is before first */
	} memory[4];
	const uint16_t *rid; /* of the devices */
	uint32_t devices;
	const char *label; /* of a device */
	bool numbered;     /* ... with a number from 0 behind it */
	const char *device_props;
};

void machine_text(FILE *f, const struct machine_text *m);

#endif
