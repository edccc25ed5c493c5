/*
 * Makes a case smaller while something about it stays as it is: operations and tables are left out, in halves first, then one
 * by one; policies are made plain.
 */
#ifndef CROSSCHECK_SHRINK_H
#define CROSSCHECK_SHRINK_H

#include "case.h"

typedef bool (*shrink_fn)(void *ctx, const struct xc_case *c);

/* `still` holds for *c before and after; it is called at most `limit` times. Returns how often. */
uint32_t shrink_case(struct xc_case *c, shrink_fn still, void *ctx, uint32_t limit);

#endif
