/* A machine for tests: what is the same for units of both architectures. */
#include <check.h>
#include <string.h>

#include "random.h"
#include "world.h"

#define SETTLE_NS 3000000u

void world_create(struct world *w, uint64_t ram, uint64_t heap, const struct sim_policy *policy)
{
	struct sim_config sc = { .seed = 1, .trace_records = 1u << 16 };

	*w = (struct world){ .next_page = heap, .ram = ram };
	if (policy)
		sc.policy = *policy;
	ck_assert_int_eq(sim_create(&sc, &w->s), SIM_OK);
	ck_assert_int_eq(sim_mem_add(w->s, 0, ram - 1), SIM_OK);
}

void world_stop(struct world *w)
{
	sim_destroy(w->s);
}

/* ---- memory ---- */

uint64_t world_page(struct world *w)
{
	static const uint8_t zero[4096];
	uint64_t pa = w->next_page;

	w->next_page += sizeof(zero);
	ck_assert_uint_le(w->next_page, w->ram);
	ck_assert_int_eq(sim_mem_store(w->s, pa, zero, sizeof(zero)), SIM_OK);
	return pa;
}

void world_put(struct world *w, uint64_t pa, uint64_t val)
{
	ck_assert_int_eq(sim_mem_store(w->s, pa, &val, sizeof(val)), SIM_OK);
}

uint64_t world_get(struct world *w, uint64_t pa)
{
	uint64_t val;

	ck_assert_int_eq(sim_mem_load(w->s, pa, &val, sizeof(val)), SIM_OK);
	return val;
}

/* ---- registers ---- */

uint32_t world_r32(struct world *w, uint32_t off)
{
	return (uint32_t)sim_reg_read(w->s, 0, off, 4);
}

uint64_t world_r64(struct world *w, uint32_t off)
{
	return sim_reg_read(w->s, 0, off, 8);
}

void world_w32(struct world *w, uint32_t off, uint32_t val)
{
	sim_reg_write(w->s, 0, off, 4, val);
}

void world_w64(struct world *w, uint32_t off, uint64_t val)
{
	sim_reg_write(w->s, 0, off, 8, val);
}

uint32_t world_complaints(struct world *w, const char *name)
{
	const struct sim_complaint_info *info;

	for (uint32_t id = 0; (info = sim_complaint_info(id)); id++)
		if (!strcmp(info->name, name))
			return sim_complaint_count(w->s, id);
	ck_abort_msg("no complaint is called %s", name);
}

uint32_t world_complaints_all(struct world *w)
{
	uint32_t n = 0;

	for (uint32_t id = 0; sim_complaint_info(id); id++)
		n += sim_complaint_count(w->s, id);
	return n;
}

void world_settle(struct world *w)
{
	for (unsigned i = 0; i < 100 && !sim_idle(w->s); i++)
		sim_advance(w->s, SETTLE_NS / 100);
}

/* ---- requests ---- */

void world_request(struct world *w, uint16_t rid, uint64_t addr, unsigned access, unsigned at,
		   unsigned flags, struct sim_xlat *x)
{
	struct sim_request rq = {
		.addr = addr,
		.rid = rid,
		.access = (uint8_t)access,
		.at = (uint8_t)at,
		.flags = (uint8_t)flags,
		.len = 4,
	};

	sim_translate(w->s, &rq, x);
}

bool world_reads(struct world *w, uint16_t rid, uint64_t addr, uint64_t pa)
{
	struct sim_xlat x;

	world_request(w, rid, addr, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	return x.outcome == SIM_OUTCOME_OK && x.pa == pa;
}

/* ---- caches ---- */

unsigned world_cached(struct world *w, enum sim_cache cache, uint64_t domain, uint64_t iova)
{
	struct sim_cache_line line;
	uint32_t cursor = 0;
	unsigned n = 0;

	while (sim_cache_next(w->s, 0, cache, &cursor, &line))
		n += (domain == UINT64_MAX || line.domain == domain) &&
		     (iova == UINT64_MAX || line.iova == iova);
	return n;
}

/* ---- random numbers ---- */

uint64_t world_random(uint64_t *state)
{
	return random64(state);
}

uint32_t world_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(world_random(state) % n);
}

struct sim_policy world_random_policy(uint64_t *rnd)
{
	return (struct sim_policy){
		.keep = (enum sim_keep)world_below(rnd, 4),
		.entries = 1 + world_below(rnd, 32),
		.publish = (enum sim_publish)world_below(rnd, 4),
		.delay = (enum sim_delay)world_below(rnd, 3),
		.invalidate_more = world_below(rnd, 2),
		.prefetch = world_below(rnd, 2),
		.out_of_order = world_below(rnd, 2),
		.rewalk_on_permission = world_below(rnd, 2),
		.collapse_faults = world_below(rnd, 2),
		.exact_range = world_below(rnd, 2),
	};
}
