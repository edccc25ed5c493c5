/*
 * Delta debugging: the smallest part of a list that still fails.
 */
#ifndef EXPLORE_SHRINK_H
#define EXPLORE_SHRINK_H

#include <stdbool.h>
#include <stdint.h>

/* Whether what is left, the items whose `keep` is true, still fails in the same way. */
typedef bool (*shrink_fn)(void *ctx, const bool *keep);

/*
 * Sets keep[0..count) to a part that fails and of which no single item can be left out; all of it fails. At most `tries`
 * calls. Returns the items left.
 */
uint32_t shrink(bool *keep, uint32_t count, uint32_t tries, shrink_fn fails, void *ctx);

#endif
