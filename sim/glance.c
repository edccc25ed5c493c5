/*
 * Glances: whether anything has changed between two moments, for somebody who tries what happens at each of them. No glance
 * has a side effect.
 */
#include "machine.h"

uint64_t sim_timers_fired(const struct sim *s)
{
	return s->clock.fired;
}

/* FNV-1a over words. */
static uint64_t mix(uint64_t digest, uint64_t word)
{
	for (unsigned i = 0; i < 8; i++)
		digest = (digest ^ (word >> 8 * i & 0xff)) * UINT64_C(0x100000001b3);
	return digest;
}

uint64_t sim_walk_digest(struct sim *s, uint32_t unit, uint16_t rid, uint64_t addr, uint64_t word,
			 bool *reads)
{
	const struct unit *u = sim_unit(s, unit);
	const struct sim_request rq = {
		.addr = addr, .rid = rid, .unit = (uint8_t)unit, .access = SIM_READ, .len = 1
	};
	uint64_t digest = UINT64_C(0xcbf29ce484222325);
	struct walk_path path = { .n = 0 };
	struct sim_xlat x = { 0 };
	bool slow = s->bus_slow;

	*reads = false;
	if (!u || u->gone)
		return 0;
	s->path = &path;
	s->bus_slow = true; /* every read passes where the path is noted */
	u->ops->probe(u, &rq, u->view, &x);
	s->bus_slow = slow;
	s->path = NULL;
	for (uint32_t i = 0; i < path.n; i++) {
		digest = mix(mix(digest, path.pa[i]), path.word[i]);
		*reads |= path.pa[i] == (word & ~UINT64_C(7));
	}
	digest = mix(mix(digest, x.pa), x.perm);
	return mix(mix(digest, x.outcome), (uint64_t)x.reason << 8 | x.source);
}
