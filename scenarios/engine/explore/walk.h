/*
 * Random walks: calls of the driver, DMA and what the hardware may do on its own, in any order, with every expectation
 * worked out from a reference map that is kept by brute force and knows neither tables nor caches.
 *
 * A walk is a list of calls. Expectations are worked out for the calls that are left, so that a shorter walk is a right
 * scenario too; calls that would break the contract then are left out.
 */
#ifndef EXPLORE_WALK_H
#define EXPLORE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "dts.h"

struct walk;

/* Walk number n of a seed: the same calls each time. */
struct walk *walk_new(uint64_t seed, uint64_t n);
void walk_free(struct walk *w);

uint32_t walk_calls(const struct walk *w);

/* The walk as a scenario, with the calls for which `keep` is true; NULL keeps all. */
struct dts *walk_tree(const struct walk *w, const bool *keep, const char *title);

#endif
