/*
 * Which permutations of a scenario are explored.
 */
#ifndef EXPLORE_CHOOSE_H
#define EXPLORE_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

/*
 * A few permutations in which every value of every key of `vary` occurs, those that show most first: the same ones each
 * time. `order` has room for all of them. Returns how many.
 */
uint32_t choose_permutations(const struct scenario *sc, uint32_t *order);

#endif
