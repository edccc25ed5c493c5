/*
 * Which schedules of a sweep there are: one run of the base with nothing changed tells how often each fault could strike and
 * how many accesses each step makes. As long as nothing has been changed a run is the same, so the numbers are exact: there is
 * no n-th occurrence and no k-th access beyond them.
 *
 * Of places at which the change would come to the same only the first is taken:
 *
 *   eviction   nothing but time, stores and loads of the guest since (the hardware did nothing, no register was written); or
 *              no cache holds anything
 *   time       the same machine state, and the driver at the same point of its code about to make the same access: a turn of
 *              a polling loop; or nothing is under way in the hardware
 *   a read     the hardware did nothing since, a walk would read the same words, and the driver is about to store, or to make
 *              the same access at the same point of its code
 *   registers  (units reset or gone, all ones) the same state, point and access
 *
 * Time that passes and rolls of dice do not count as a change.
 */
#ifndef EXPLORE_PLACES_H
#define EXPLORE_PLACES_H

#include <stddef.h>
#include <stdint.h>

#include "schedule.h"

/* The places of one sweep. */
struct places {
	uint32_t *number; /* of each schedule worth running, ascending */
	uint32_t count;
	uint64_t all; /* those left out included */
};

/*
 * Finds the places of `count` sweeps of one base, those like another one included when `every`. The verdict of *result is that of the runs with nothing changed; when they
 * do not pass, there are no places and its text says why. Free each list with free().
 */
void places_find(const struct base *b, const struct sweep *s, size_t count, bool every,
		 struct places *out, struct run_result *result);

#endif
