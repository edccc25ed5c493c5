/*
 * A guest that writes anything anywhere: registers, tables, queue, requests. Whatever comes, the unit answers, its status
 * agrees with itself, and time goes on.
 */
#include "unit.h"
#include "vtd_world.h"

#define STEPS 4000u

/* The arena from 0: four pages each of root tables, context tables, paging tables and queues; nearly right, mostly. */
#define ARENA 0x10000u
#define ROOTS 0u
#define CONTEXTS 4u
#define TABLES 8u
#define QUEUES 12u

static uint64_t page(uint64_t *rnd, unsigned kind)
{
	return (uint64_t)(kind + world_below(rnd, 4)) << 12;
}

static uint64_t descriptor(uint64_t *rnd, bool second)
{
	static const uint8_t type[] = { 0x11, 0x21, 0x31, 0x12, 0x22, 0x32,
					0x03, 0x05, 0x25, 0x35, 0x45, 0x75 };
	uint32_t n = world_below(rnd, 12);

	if (second)
		return page(rnd, TABLES) & ~UINT64_C(0xFFF);
	return type[n] | (n < 6 ? (uint64_t)world_below(rnd, 8) << 16 : 0) |
	       (n < 3 || n == 6 ? (uint64_t)world_below(rnd, 8) << 32 : 0);
}

/* A word for that place of the arena. */
static uint64_t word(uint64_t *rnd, uint64_t pa)
{
	bool second = pa & 8;

	if (world_below(rnd, 25) == 0)
		return world_random(rnd);
	switch (pa >> 14 & 3) {
	case 0:
		return second ? 0 : page(rnd, CONTEXTS) | 1;
	case 1:
		return second ? (uint64_t)world_below(rnd, 8) << 8 | (1 + world_below(rnd, 3))
			      : page(rnd, TABLES) | (world_below(rnd, 3) << 2) |
					(world_below(rnd, 8) != 0);
	case 2: /* tables that lead to each other, and pages, large ones and some of the interrupt range among them */
		if (world_below(rnd, 2))
			return page(rnd, TABLES) | (world_below(rnd, 8) ? 3 : world_below(rnd, 4));
		if (world_below(rnd, 6) == 0)
			return 0xFEE00000 | world_below(rnd, 4);
		return (world_random(rnd) & 0xFFC0000000) | 0x80 | (1 + world_below(rnd, 3));
	default:
		return descriptor(rnd, second);
	}
}

static bool random_config(uint64_t *rnd, struct sim_vtd_config *c)
{
	char why[160];

	sim_vtd_default(c);
	c->cap ^= world_random(rnd) &
		  (VTD_CAP_CM | VTD_CAP_RWBF | VTD_CAP_ESRTPS | VTD_CAP_ZLR | VTD_CAP_PSI |
		   VTD_CAP_PLMR | VTD_CAP_PHMR | VTD_CAP_SAGAW | VTD_CAP_SSLPS | 7);
	c->cap = (c->cap & ~(uint64_t)VTD_CAP_NFR) | FIELD_PREP(VTD_CAP_NFR, world_below(rnd, 16));
	c->ecap ^= world_random(rnd) &
		   (VTD_ECAP_C | VTD_ECAP_QI | VTD_ECAP_DT | VTD_ECAP_PT | VTD_ECAP_SC |
		    VTD_ECAP_ADMS | VTD_ECAP_NWFS | VTD_ECAP_DIT | VTD_ECAP_PDS);
	c->host_addr_bits = 32 + world_below(rnd, 17);
	return sim_vtd_check(c, why, sizeof(why)) == SIM_OK;
}

static void write_register(struct world *w, uint64_t *rnd)
{
	struct sim_reg_info info;
	uint32_t rows = 0;

	while (sim_reg_info(w->s, 0, rows, &info))
		rows++;
	sim_reg_info(w->s, 0, world_below(rnd, rows), &info);
	sim_reg_write(w->s, 0, info.off + world_below(rnd, 2) * 4, world_below(rnd, 3) ? 4 : 8,
		      word(rnd, world_below(rnd, ARENA)));
}

/* Commands that get somewhere, so that the rest does not meet a unit at rest. */
static void command(struct world *w, uint64_t *rnd)
{
	static const uint32_t bits[] = { VTD_GCMD_TE, VTD_GCMD_QIE, VTD_GCMD_TE | VTD_GCMD_QIE,
					 VTD_GCMD_SRTP, VTD_GCMD_WBF };

	if (world_below(rnd, 2))
		world_w64(w, VTD_REG_RTADDR,
			  page(rnd, ROOTS) |
				  (uint64_t)(world_below(rnd, 8) ? 0 : world_below(rnd, 4)) << 10);
	world_w32(w, VTD_REG_GCMD,
		  bits[world_below(rnd, 5)] | VTD_GCMD_TE |
			  (world_below(rnd, 2) ? VTD_GCMD_QIE : 0));
	if (world_below(rnd, 2))
		world_w64(w, VTD_REG_IQA, page(rnd, QUEUES));
	world_w64(w, VTD_REG_IQT, world_below(rnd, 0x101) << 4);
	world_w32(w, VTD_REG_FSTS, 0x71);
	world_w32(w, w->vtd.frcd + 12, BIT32(31));
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
		.addr = world_below(rnd, 4) ? world_random(rnd) & 0x40007000 : world_random(rnd),
		.rid = (uint16_t)world_below(rnd, world_below(rnd, 8) ? 8 : 0x10000),
		.access = (uint8_t)world_below(rnd, 4),
		.at = (uint8_t)(world_below(rnd, 3) ? 0 : world_below(rnd, 4)),
		.flags = (uint8_t)(world_below(rnd, 4) ? 0 : world_below(rnd, 32)),
		.len = (uint16_t)(1 + world_below(rnd, 64)),
	};
	struct sim_xlat x;

	if ((rq.addr & 0xFFF) + rq.len > 4096)
		rq.addr &= ~UINT64_C(0xFFF);
	sim_translate(w->s, &rq, &x);
	ck_assert_uint_le(x.outcome, SIM_OUTCOME_BUS);
	ck_assert_msg(!x.recorded || x.reason, "recorded without reason");
	if (x.outcome == SIM_OUTCOME_OK && x.source != SIM_FROM_MSI &&
	    rq.at == SIM_AT_UNTRANSLATED &&
	    x.source != SIM_FROM_BYPASS) /* nothing translated ever reaches the interrupt range */
		ck_assert(x.pa > 0xFEEFFFFF || x.pa + rq.len <= 0xFEE00000);
}

static void agrees_with_itself(struct world *w)
{
	unsigned records = (unsigned)FIELD_GET(VTD_CAP_NFR, w->vtd.config.cap) + 1, pending = 0;
	uint32_t fsts = vt_fsts(w);
	struct sim_unit_stats s;

	for (unsigned i = 0; i < records; i++)
		pending += (unsigned)(vt_frcd_hi(w, i) >> 63);
	ck_assert_uint_eq(fsts >> 1 & 1, pending != 0);
	sim_unit_stats(w->s, 0, &s);
	ck_assert_uint_eq(s.blocked, s.recorded + s.suppressed + s.overflowed + s.collapsed);
	ck_assert_uint_eq(sim_reg_peek(w->s, 0, VTD_REG_IQH, 8) & ~UINT64_C(0x7FFF0), 0);
	ck_assert_uint_eq(sim_reg_peek(w->s, 0, VTD_REG_CAP, 8), w->vtd.config.cap);
}

START_TEST(test_nothing_a_guest_does_confuses_the_unit)
{
	uint64_t rnd = 4000u + (unsigned)_i, before;
	struct sim_vtd_config c;
	struct sim_policy policy = world_random_policy(&rnd);
	struct world w;

	while (!random_config(&rnd, &c))
		;
	vt_start(&w, &c, &policy);
	ck_assert_int_ge(sim_device_add(w.s, 0, 3, true), 0);
	sim_device_ats(w.s, 0, true);
	for (uint64_t pa = 0; pa < ARENA; pa += 8)
		world_put(&w, pa, word(&rnd, pa));
	for (unsigned n = 0; n < STEPS; n++) {
		uint32_t what = world_below(&rnd, 40);

		before = sim_now_ns(w.s);
		if (what < 4)
			write_register(&w, &rnd);
		else if (what < 6)
			command(&w, &rnd);
		else if (what < 9)
			store(&w, &rnd);
		else if (what < 12)
			sim_advance(w.s, world_below(&rnd, 100000));
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
	Suite *s = suite_create("vtd_garbage");
	TCase *t = tcase_create("garbage");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_nothing_a_guest_does_confuses_the_unit, 0, 30);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
