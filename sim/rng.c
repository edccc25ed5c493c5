/*
 * Random numbers: SplitMix64.
 */
#include "rng.h"

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

void rng_init(struct rng *r, uint64_t seed, uint64_t name)
{
	/* Both mixed, so that neighbouring seeds and names share nothing. */
	r->state = mix(seed) ^ mix(~name);
}

uint64_t rng_next(struct rng *r)
{
	r->state += UINT64_C(0x9E3779B97F4A7C15);
	return mix(r->state);
}
