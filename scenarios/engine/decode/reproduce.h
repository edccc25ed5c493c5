/*
 * A scenario from a report: machine, tables, request, and the record that has to come out, word for word. What the file
 * needs stands in it; it includes nothing.
 */
#ifndef ENGINE_DECODE_REPRODUCE_H
#define ENGINE_DECODE_REPRODUCE_H

#include <stdio.h>

#include "decode/decoded.h"

/* Writes the scenario to `f`. NULL, or why this report cannot be re-created; then the file is of no use. */
const char *reproduce(FILE *f, const struct decoded *d);

const char *reproduce_vtd(FILE *f, const struct decoded *d);
const char *reproduce_vtd_irq(FILE *f, const struct decoded *d);
const char *reproduce_amdvi(FILE *f, const struct decoded *d);
const char *reproduce_wait(FILE *f, const struct decoded *d);

/* Parts that both architectures write in the same way. */

/* What the ordinary machine lacks: 1 GiB of memory, a unit, and the device of the report. */
struct reproduce_machine {
	const char *unit;     /* properties of the unit */
	uint64_t first, last; /* addresses that have to be memory too, both 0: none */
	bool absent;          /* ... that may not be memory */
};

/* Comment, title, machine, and the beginning of the steps. */
void reproduce_head(FILE *f, const struct decoded *d, const struct reproduce_machine *machine);

/* The request that is blocked. */
void reproduce_request(FILE *f, const struct decoded *d, enum decoded_access access);

/* The same for an interrupt message. */
void reproduce_message(FILE *f, const struct decoded *d, uint32_t address, uint32_t data);

#endif
