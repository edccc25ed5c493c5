/*
 * The PCI functions of a QEMU machine, found as an operating system finds them, and a scenario that describes the machine.
 */
#ifndef CROSSCHECK_FUNCTIONS_H
#define CROSSCHECK_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "qemu/vm.h"

#define FUNCTIONS 64

struct function {
	uint16_t rid;
	uint16_t seen_as; /* what its requests carry: the bridge's id behind a conventional one */
	uint8_t bus_first, bus_last; /* of a bridge, else 1 and 0 */
	uint8_t capability; /* the unit's own function: offset of its capability block, else 0 */
	uint64_t base;      /* ... and the address it gives for its registers */
	bool listed; /* firmware lists it by itself: it is on a root bus, or behind a conventional bridge */
};

struct functions {
	struct function at[FUNCTIONS];
	uint32_t count;
	bool full; /* there are more */
};

/* Looks at every bus that can be reached. */
void functions_find(struct vm *vm, struct functions *out);

/* The bridge whose bus that is, NULL: a root bus. */
const struct function *functions_bridge(const struct functions *f, uint8_t bus);

/*
 * Writes a scenario of the machine, with the unit at `base` and `ioapic` as the id of its I/O APIC's messages: every
 * function is listed by firmware, bridges with the buses behind them. With `efr_block` an AMD-Vi unit has a block of type 11h
 * beside that of 10h.
 */
void functions_write(FILE *out, const struct functions *f, enum be_arch arch, uint64_t base,
		     uint16_t ioapic, bool efr_block);

#endif
