/*
 * A guest that writes anything anywhere: registers, tables, commands, requests. Whatever comes, the unit answers, its status
 * agrees with itself, and time goes on.
 */
#include "amdvi_world.h"
#include "unit.h"

#define STEPS 4000u

/* The arena from 0: four pages each of device tables, page tables, commands and logs; nearly right, mostly. */
#define ARENA 0x10000u
#define DEVTABS 0u
#define TABLES 4u
#define COMMANDS 8u
#define LOGS 12u

static uint64_t page(uint64_t *rnd, unsigned kind)
{
	return (uint64_t)(kind + world_below(rnd, 4)) << 12;
}

static uint64_t dte(uint64_t *rnd, unsigned word)
{
	switch (word) {
	case 0:
		return page(rnd, TABLES) | (world_below(rnd, 8) != 0) |
		       (world_below(rnd, 8) ? 2 : 0) | (uint64_t)world_below(rnd, 8) << 9 |
		       (uint64_t)world_below(rnd, 4) << 61 |
		       (world_below(rnd, 3) ? 0 : (uint64_t)world_below(rnd, 4) << 7);
	case 1:
		return world_below(rnd, 3) | (uint64_t)world_below(rnd, 1024) << 32;
	case 2:
		return world_below(rnd, 64) | (uint64_t)world_below(rnd, 4) << 60;
	default:
		return 0;
	}
}

/* Tables that lead to each other with and without skips, and pages of all sizes. */
static uint64_t entry(uint64_t *rnd)
{
	uint64_t e = 1 | (uint64_t)world_below(rnd, 4) << 61 | (uint64_t)world_below(rnd, 8) << 9;

	if (world_below(rnd, 2))
		return e | page(rnd, TABLES) | UINT64_C(3) << 61;
	return e | (world_random(rnd) & UINT64_C(0xFFFFF000)) |
	       (UINT64_C(0xFFF) << (12 + world_below(rnd, 20)));
}

static uint64_t command(uint64_t *rnd, bool second)
{
	static const uint8_t ops[] = { 1, 1, 2, 3, 3, 4, 5, 6, 8 };
	uint64_t op = ops[world_below(rnd, sizeof(ops))];

	if (second)
		return world_below(rnd, 3) ? 0 : page(rnd, TABLES) | world_below(rnd, 4);
	switch (op) {
	case 1:
		return op << 60 | page(rnd, LOGS) | world_below(rnd, 8);
	case 3:
		return op << 60 | (uint64_t)world_below(rnd, 3) << 32;
	case 8:
		return op << 60;
	default:
		return op << 60 | world_below(rnd, 8);
	}
}

/* A word for that place of the arena. */
static uint64_t word(uint64_t *rnd, uint64_t pa)
{
	if (world_below(rnd, 40) == 0)
		return world_random(rnd);
	switch (pa >> 14 & 3) {
	case 0:
		return dte(rnd, pa >> 3 & 3);
	case 1:
		return entry(rnd);
	case 2:
		return command(rnd, pa & 8);
	default:
		return 0;
	}
}

static bool random_config(uint64_t *rnd, struct sim_amdvi_config *c)
{
	char why[160];

	sim_amdvi_default(c);
	c->cap ^= (uint32_t)world_random(rnd) & (AMDVI_CAPHDR_IOTLBSUP | AMDVI_CAPHDR_NPCACHE);
	c->efr ^= world_random(rnd) &
		  (AMDVI_EFR_PREFSUP | AMDVI_EFR_IASUP | AMDVI_EFR_HESUP | AMDVI_EFR_HATS |
		   AMDVI_EFR_DUALEVENTLOGSUP | AMDVI_EFR_DEVTBLSEGSUP | AMDVI_EFR_PERFOPTSUP |
		   AMDVI_EFR_MSICAPMMIOSUP | AMDVI_EFR_HASUP | AMDVI_EFR_HDSUP);
	c->efr2 = world_random(rnd) & AMDVI_EFR2_HTRANGEIGNORE;
	c->readings = (uint32_t)world_random(rnd) & SIM_AMDVI_READINGS;
	c->unsnooped = world_below(rnd, 2);
	return sim_amdvi_check(c, why, sizeof(why)) == SIM_OK;
}

static void write_register(struct world *w, uint64_t *rnd)
{
	struct sim_reg_info info;
	uint32_t rows = 0;
	uint64_t val = word(rnd, world_below(rnd, ARENA));

	while (sim_reg_info(w->s, 0, rows, &info))
		rows++;
	sim_reg_info(w->s, 0, world_below(rnd, rows), &info);
	if (world_below(rnd, 2))
		val = world_random(rnd);
	sim_reg_write(w->s, 0, info.off + world_below(rnd, 2) * 4, world_below(rnd, 3) ? 4 : 8,
		      val);
	sim_amdvi_pci_write(w->s, 0, 4 * world_below(rnd, 40), (uint32_t)world_random(rnd));
}

/* What gets somewhere, so that the rest does not meet a unit at rest. */
static void revive(struct world *w, uint64_t *rnd)
{
	world_w64(w, 0x18, 0x400);
	if (world_below(rnd, 2))
		world_settle(w);
	world_w64(w, 0x00, page(rnd, DEVTABS));
	world_w64(w, 0x08, UINT64_C(8) << 56 | page(rnd, COMMANDS));
	world_w64(w, 0x10, UINT64_C(8) << 56 | page(rnd, LOGS));
	world_w64(w, 0xF8, UINT64_C(8) << 56 | page(rnd, LOGS));
	world_w64(w, 0x2020, 0x8007);
	world_w64(w, 0x18, 0x142D | (uint64_t)world_below(rnd, 3) << 32);
	if (world_below(rnd, 2))
		world_settle(w);
	world_w64(w, 0x2008, world_below(rnd, 0x100) << 4);
}

static void store(struct world *w, uint64_t *rnd)
{
	uint64_t pa = world_below(rnd, ARENA / 8) * 8ull;

	sim_cpu_write64(w->s, pa, word(rnd, pa));
	if (world_below(rnd, 2))
		sim_cpu_sync(w->s, pa, 8, true);
}

static void request(struct world *w, uint64_t *rnd)
{
	struct sim_request rq = {
		.addr = world_below(rnd, 4) ? world_random(rnd) & 0x40207000 : world_random(rnd),
		.rid = (uint16_t)world_below(rnd, world_below(rnd, 8) ? 8 : 0x10000),
		.access = (uint8_t)world_below(rnd, 4),
		.at = (uint8_t)(world_below(rnd, 3) ? 0 : world_below(rnd, 4)),
		.flags = (uint8_t)(world_below(rnd, 4) ? 0 : world_below(rnd, 32)),
		.pasid = world_below(rnd, 1u << 20),
		.len = (uint16_t)(1 + world_below(rnd, 64)),
	};
	struct sim_xlat x;

	if (world_below(rnd, 8) == 0)
		rq.addr = 0xFEE00000 + (world_random(rnd) & 0xFF);
	if (world_below(rnd, 16) == 0)
		rq.addr = UINT64_C(0xFD00000000) + (world_random(rnd) & UINT64_C(0x3FFFFFFFF));
	if ((rq.addr & 0xFFF) + rq.len > 4096)
		rq.addr &= ~UINT64_C(0xFFF);
	sim_translate(w->s, &rq, &x);
	ck_assert_uint_le(x.outcome, SIM_OUTCOME_BUS);
	ck_assert_msg(!x.recorded || x.reason, "recorded without reason");
	ck_assert_msg(!x.reason || x.outcome != SIM_OUTCOME_OK, "a reason and no refusal");
	ck_assert_msg(!x.reason || sim_amdvi_event_name(x.reason), "no such event");
	ck_assert(!(x.recorded && x.suppressed));
}

static void agrees_with_itself(struct world *w)
{
	uint64_t status = av_status(w);
	struct sim_unit_stats s;

	sim_unit_stats(w->s, 0, &s);
	ck_assert_uint_eq(s.blocked, s.recorded + s.suppressed + s.overflowed);
	ck_assert_uint_eq(status & ~UINT64_C(0x1801F), 0);
	ck_assert_uint_eq(sim_reg_peek(w->s, 0, 0x30, 8), w->amdvi.config.efr);
	for (unsigned i = 0; i < 3; i++) {
		static const uint32_t regs[3][3] = { { 0x08, 0x2000, 0x2008 },
						     { 0x10, 0x2010, 0x2018 },
						     { 0xF8, 0x2070, 0x2078 } };
		uint64_t base = sim_reg_peek(w->s, 0, regs[i][0], 8);
		uint64_t bytes = UINT64_C(16) << (base >> 56 & 15);

		ck_assert(!base || base >> 56 & 8);
		ck_assert(!base || sim_reg_peek(w->s, 0, regs[i][1], 8) < bytes);
		ck_assert(!base || sim_reg_peek(w->s, 0, regs[i][2], 8) < bytes);
	}
}

/* Some time later the log runs only if it is enabled; a command buffer may still wait for a device. */
static void rests(struct world *w)
{
	sim_advance(w->s, 20000000);
	ck_assert(!(av_status(w) & 8) || (sim_reg_peek(w->s, 0, 0x18, 8) & 5) == 5);
}

START_TEST(test_nothing_a_guest_does_confuses_the_unit)
{
	uint64_t rnd = 9000u + (unsigned)_i, before;
	struct sim_amdvi_config c;
	struct sim_policy policy = world_random_policy(&rnd);
	struct world w;

	while (!random_config(&rnd, &c))
		;
	av_start(&w, &c, &policy);
	ck_assert_int_ge(sim_device_add(w.s, 0, 3, true), 0);
	sim_device_ats(w.s, 0, true);
	for (uint64_t pa = 0; pa < ARENA; pa += 8)
		world_put(&w, pa, word(&rnd, pa));
	for (unsigned n = 0; n < STEPS; n++) {
		uint32_t what = world_below(&rnd, 40);

		before = sim_now_ns(w.s);
		if (what < 3)
			write_register(&w, &rnd);
		else if (what < 6)
			revive(&w, &rnd);
		else if (what < 9)
			store(&w, &rnd);
		else if (what < 12)
			sim_advance(w.s, world_below(&rnd, 100000));
		else if (what == 12)
			rests(&w);
		else
			request(&w, &rnd);
		ck_assert_uint_ge(sim_now_ns(w.s), before);
		agrees_with_itself(&w);
	}
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("amdvi_garbage");
	TCase *t = tcase_create("garbage");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_nothing_a_guest_does_confuses_the_unit, 0, 30);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
