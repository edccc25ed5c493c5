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

/* Parts that both architectures write in the same way. */
/* `first` to `last`: addresses that have to be memory too, both 0: none. */
void reproduce_head(FILE *f, const struct decoded *d, const char *unit_props, uint64_t first,
		    uint64_t last);
void reproduce_request(FILE *f, const struct decoded *d, enum decoded_access access,
		       const char *reason);

#endif
