/*
 * Writes a case as a scenario file: the same stores, commands and DMA, step by step, with what the reference allows as
 * expectation. It replays on any backend by `iommu-sim run`.
 */
#ifndef CROSSCHECK_PRINT_H
#define CROSSCHECK_PRINT_H

#include <stdio.h>

#include "case.h"
#include "ref.h"

/* `why` stands in a comment at the head, each of its lines. */
void print_case(FILE *out, const struct xc_case *c, const struct ref_set *expect, const char *why);

#endif
