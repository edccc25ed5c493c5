/*
 * The sides of a cross-check: the simulator, and QEMU in the versions asked for.
 */
#ifndef CROSSCHECK_SIDES_H
#define CROSSCHECK_SIDES_H

#include "random.h"

struct sides {
	struct random_side side[RANDOM_SIDES];
	uint32_t count;
};

/* Adds the simulator. */
void sides_add_sim(struct sides *s);

#endif
