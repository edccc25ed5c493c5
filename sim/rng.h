/*
 * Random numbers: one seed, one named stream per user of randomness, so that adding a user changes no other.
 * SplitMix64: one multiply-xor-shift chain per number, full period, no state beyond one word.
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

/* Stream `name` (a small constant) of `seed`. */
void rng_init(struct rng *r, uint64_t seed, uint64_t name);
uint64_t rng_next(struct rng *r);

/* 0 .. n - 1; n is not 0. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}

#endif
