/*
 * What happens to a request before, beside and after the tables: translation off, the interrupt range, modes of the root
 * table address register, protected memory.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

#define UT SIM_AT_UNTRANSLATED
#define TR SIM_AT_TRANSLATION
#define XT SIM_AT_TRANSLATED
#define MAPPED 0x0108  /* TT = 00b: iova 0x5000 to 0x205000, 0x6000 to 0x306000 */
#define ATS 0x0110     /* TT = 01b, the same tables */
#define PASS 0x0118    /* TT = 10b */
#define UNKNOWN 0x0120 /* no context entry */

static void start(struct world *w, const struct sim_vtd_config *config,
		  const struct sim_policy *policy)
{
	struct sim_vtd_config c;
	uint64_t top;

	sim_vtd_default(&c);
	if (config)
		c = *config;
	c.ecap |= VTD_ECAP_DT | VTD_ECAP_ADMS;
	vt_start(w, &c, policy);
	top = world_page(w);
	vt_leaf(w, top, 4, 0x5000, 0, 0x205000 | VT_RW);
	vt_leaf(w, top, 4, 0x6000, 0, 0x306000 | VT_RW);
	vt_context(w, MAPPED, top, 0, VTD_AW_48BIT, 1, false);
	vt_context(w, ATS, top, 1, VTD_AW_48BIT, 1, false);
	vt_context(w, PASS, 0, 2, VTD_AW_48BIT, 2, false);
}

struct row {
	const char *name;
	uint16_t rid;
	unsigned access, at, flags;
	uint64_t addr;
	unsigned len;
	unsigned outcome, reason, source;
	uint64_t pa; /* when OK */
};

/* clang-format off */
#define PASID SIM_REQ_PASID
#define NW SIM_REQ_NO_WRITE

/* TES = 0 */
static const struct row off[] = {
	{ "read", UNKNOWN, SIM_READ, UT, 0, 0x205000, 64, SIM_OUTCOME_OK, 0, SIM_FROM_BYPASS, 0x205000 },
	{ "PASID is ignored", UNKNOWN, SIM_WRITE, UT, PASID, 0x205000, 64, SIM_OUTCOME_OK, 0, SIM_FROM_BYPASS, 0x205000 },
	{ "above everything", UNKNOWN, SIM_READ, UT, 0, BIT64(60), 64, SIM_OUTCOME_OK, 0, SIM_FROM_BYPASS, BIT64(60) },
	{ "message", UNKNOWN, SIM_WRITE, UT, 0, 0xFEE01004, 4, SIM_OUTCOME_OK, 0, SIM_FROM_MSI, 0xFEE01004 },
	{ "no message", UNKNOWN, SIM_WRITE, UT, 0, 0xFEE01000, 8, SIM_OUTCOME_OK, 0, SIM_FROM_BYPASS, 0xFEE01000 },
	{ "translation request", ATS, SIM_READ, TR, 0, 0x5000, 4, SIM_OUTCOME_UR, 0, SIM_FROM_BYPASS, 0 },
	{ "translated request", ATS, SIM_READ, XT, 0, 0x5000, 4, SIM_OUTCOME_UR, 0, SIM_FROM_BYPASS, 0 },
};

/* legacy mode, beside the tables */
static const struct row legacy[] = {
	{ "message", UNKNOWN, SIM_WRITE, UT, 0, 0xFEE00000, 4, SIM_OUTCOME_OK, 0, SIM_FROM_MSI, 0xFEE00000 },
	{ "last message", MAPPED, SIM_WRITE, UT, 0, 0xFEEFFFFC, 4, SIM_OUTCOME_OK, 0, SIM_FROM_MSI, 0xFEEFFFFC },
	{ "message of pass-through", PASS, SIM_WRITE, UT, 0, 0xFEE12344, 4, SIM_OUTCOME_OK, 0, SIM_FROM_MSI, 0xFEE12344 },
	{ "too long", MAPPED, SIM_WRITE, UT, 0, 0xFEE00000, 8, SIM_OUTCOME_UR, 0x29, SIM_FROM_MSI, 0 },
	{ "too short", MAPPED, SIM_WRITE, UT, 0, 0xFEE00000, 2, SIM_OUTCOME_UR, 0x29, SIM_FROM_MSI, 0 },
	{ "not aligned", MAPPED, SIM_WRITE, UT, 0, 0xFEE00002, 4, SIM_OUTCOME_UR, 0x29, SIM_FROM_MSI, 0 },
	{ "read", MAPPED, SIM_READ, UT, 0, 0xFEE00000, 4, SIM_OUTCOME_UR, 0x29, SIM_FROM_MSI, 0 },
	{ "atomic", MAPPED, SIM_ATOMIC, UT, 0, 0xFEE00000, 4, SIM_OUTCOME_UR, 0x29, SIM_FROM_MSI, 0 },
	{ "zero-length read", UNKNOWN, SIM_ZLR, UT, 0, 0xFEE00000, 1, SIM_OUTCOME_OK, 0, SIM_FROM_BYPASS, 0xFEE00000 },
	{ "below the range", MAPPED, SIM_READ, UT, 0, 0xFEDFFFFC, 4, SIM_OUTCOME_UR, 0x06, SIM_FROM_WALK, 0 },
	{ "above the range", MAPPED, SIM_READ, UT, 0, 0xFEF00000, 4, SIM_OUTCOME_UR, 0x06, SIM_FROM_WALK, 0 },
	{ "with PASID", MAPPED, SIM_WRITE, UT, PASID, 0xFEE00000, 4, SIM_OUTCOME_UR, 0x31, SIM_FROM_BYPASS, 0 },
	{ "PASID", MAPPED, SIM_WRITE, UT, PASID, 0x5000, 4, SIM_OUTCOME_UR, 0x31, SIM_FROM_BYPASS, 0 },
	{ "translation request with PASID", ATS, SIM_READ, TR, PASID, 0x5000, 4, SIM_OUTCOME_UR, 0x31, SIM_FROM_BYPASS, 0 },
	{ "translated request with PASID", ATS, SIM_READ, XT, PASID, 0x5000, 4, SIM_OUTCOME_UR, 0, SIM_FROM_BYPASS, 0 },
	{ "reserved address type", ATS, SIM_READ, 3, 0, 0x5000, 4, SIM_OUTCOME_UR, 0, SIM_FROM_BYPASS, 0 },
	{ "translation request that writes", ATS, SIM_WRITE, TR, 0, 0x5000, 4, SIM_OUTCOME_UR, 0, SIM_FROM_BYPASS, 0 },
	{ "S.2", ATS, SIM_READ, TR, NW, 0xFEE05000, 4, SIM_OUTCOME_NO_ACCESS, 0, SIM_FROM_MSI, 0 },
	{ "translated into the range", ATS, SIM_WRITE, XT, 0, 0xFEE00000, 4, SIM_OUTCOME_UR, 0x0E, SIM_FROM_BYPASS, 0 },
	{ "translated", ATS, SIM_WRITE, XT, 0, 0x205000, 4, SIM_OUTCOME_OK, 0, SIM_FROM_BYPASS, 0x205000 },
	{ "translated above HAW", ATS, SIM_WRITE, XT, 0, BIT64(46), 4, SIM_OUTCOME_UR, 0x04, SIM_FROM_BYPASS, 0 },
	{ "translated without ATS", MAPPED, SIM_WRITE, XT, 0, 0x205000, 4, SIM_OUTCOME_UR, 0x0D, SIM_FROM_WALK, 0 },
	{ "translated, pass-through", PASS, SIM_WRITE, XT, 0, 0x205000, 4, SIM_OUTCOME_UR, 0x0D, SIM_FROM_WALK, 0 },
	{ "translation request without ATS", MAPPED, SIM_READ, TR, 0, 0x5000, 4, SIM_OUTCOME_UR, 0x0D, SIM_FROM_WALK, 0 },
	{ "pass-through", PASS, SIM_WRITE, UT, 0, 0x205000, 4, SIM_OUTCOME_OK, 0, SIM_FROM_WALK, 0x205000 },
	{ "pass-through above HAW", PASS, SIM_WRITE, UT, 0, BIT64(46), 4, SIM_OUTCOME_UR, 0x04, SIM_FROM_WALK, 0 },
};

/* modes that serve nobody: reason and, by request class, outcome */
static const struct { const char *name; uint64_t ttm; bool adms; unsigned reason, ut, tr, xt; } modes[] = {
	{ "abort", 3, true, 0x33, SIM_OUTCOME_UR, SIM_OUTCOME_UR, SIM_OUTCOME_UR },
	{ "abort without ADMS", 3, false, 0x30, SIM_OUTCOME_UR, SIM_OUTCOME_CA, SIM_OUTCOME_UR },
	{ "reserved", 2, true, 0x30, SIM_OUTCOME_UR, SIM_OUTCOME_CA, SIM_OUTCOME_UR },
	{ "scalable without SMTS", 1, true, 0x30, SIM_OUTCOME_UR, SIM_OUTCOME_CA, SIM_OUTCOME_UR },
};
/* clang-format on */

static void expect(struct world *w, const struct row *r)
{
	struct sim_request rq = {
		.addr = r->addr,
		.rid = r->rid,
		.access = (uint8_t)r->access,
		.at = (uint8_t)r->at,
		.flags = (uint8_t)r->flags,
		.len = (uint16_t)r->len,
	};
	struct sim_xlat x;

	sim_translate(w->s, &rq, &x);
	ck_assert_msg(x.outcome == r->outcome && x.reason == r->reason,
		      "%s: outcome %u reason %02x", r->name, x.outcome, x.reason);
	if (r->outcome == SIM_OUTCOME_OK)
		ck_assert_msg(x.pa == r->pa && x.source == r->source, "%s: pa %llx source %u",
			      r->name, (unsigned long long)x.pa, x.source);
}

START_TEST(test_translation_off_passes_and_refuses)
{
	struct world w;

	start(&w, NULL, NULL);
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		expect(&w, &off[i]);
	ck_assert_uint_eq(vt_fsts(&w), 0);
	world_stop(&w);
}
END_TEST

/* Three times: from tables, from caches, and after eviction. */
START_TEST(test_requests_beside_the_tables)
{
	struct world w;

	start(&w, NULL, NULL);
	vt_enable(&w, 0);
	for (unsigned round = 0; round < 3; round++) {
		if (round == 2)
			sim_cache_evict(w.s, 0, SIM_CACHE_IOTLB, SIM_EVICT_ALL);
		for (size_t i = 0; i < sizeof(legacy) / sizeof(legacy[0]); i++) {
			struct row r = legacy[i];

			if (r.source == SIM_FROM_WALK && r.outcome == SIM_OUTCOME_OK && round == 1)
				r.source = SIM_FROM_IOTLB;
			expect(&w, &r);
		}
	}
	world_stop(&w);
}
END_TEST

/* S.1: only untranslated requests may go there. */
START_TEST(test_a_translation_request_for_the_interrupt_range)
{
	struct sim_xlat x;
	struct world w;

	start(&w, NULL, NULL);
	vt_enable(&w, 0);
	world_request(&w, ATS, 0xFEE05000, SIM_READ, TR, 0, &x);
	ck_assert_uint_eq(x.outcome, SIM_OUTCOME_OK);
	ck_assert(x.untranslated_only);
	ck_assert_uint_eq(x.perm, 2);
	ck_assert_uint_eq(vt_fsts(&w), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_modes_that_serve_nobody)
{
	const unsigned want[] = { modes[_i].ut, modes[_i].tr, modes[_i].xt };
	struct sim_vtd_config c;
	struct sim_xlat x;
	struct world w;

	start(&w, NULL, NULL);
	if (!modes[_i].adms) {
		world_stop(&w);
		sim_vtd_default(&c);
		c.ecap |= VTD_ECAP_DT;
		vt_start(&w, &c, NULL);
	}
	vt_enable(&w, modes[_i].ttm);
	for (unsigned at = 0; at < 3; at++) {
		world_request(&w, ATS, 0x5000, SIM_READ, at, 0, &x);
		ck_assert_msg(x.outcome == want[at] && x.reason == modes[_i].reason,
			      "%s at %u: %u %02x", modes[_i].name, at, x.outcome, x.reason);
		ck_assert(x.recorded);
		ck_assert_uint_eq(x.entry_pa, 0); /* no table was read */
	}
	/* Interrupts are no DMA. */
	world_request(&w, ATS, 0xFEE01000, SIM_WRITE, UT, 0, &x);
	ck_assert_uint_eq(x.outcome, SIM_OUTCOME_OK);
	world_stop(&w);
}
END_TEST

START_TEST(test_caches_do_not_bypass_abort_mode)
{
	struct world w;

	start(&w, NULL, NULL);
	vt_enable(&w, 0);
	ck_assert(world_reads(&w, MAPPED, 0x5000, 0x205000));
	vt_gcmd(&w, VTD_GCMD_TE, false);
	vt_enable(&w, 3);
	ck_assert(!world_reads(&w, MAPPED, 0x5000, 0x205000));
	vt_enable(&w, 0);
	ck_assert(world_reads(&w, MAPPED, 0x5000, 0x205000));
	world_stop(&w);
}
END_TEST

/* FPD of the context entry silences qualified faults only, on a hit as well. */
START_TEST(test_fpd_suppresses_what_is_qualified)
{
	struct sim_xlat x;
	uint64_t at;
	struct world w;

	start(&w, NULL, NULL);
	at = vt_context_at(&w, MAPPED);
	world_put(&w, at, world_get(&w, at) | 2);
	vt_leaf(&w, world_get(&w, at) & ~UINT64_C(0xFFF), 4, 0x7000, 0, 0x207000 | VTD_SS_R);
	vt_enable(&w, 0);
	ck_assert(world_reads(&w, MAPPED, 0x7000, 0x207000));
	world_request(&w, MAPPED, 0x7000, SIM_WRITE, UT, 0, &x);
	ck_assert_uint_eq(x.source, SIM_FROM_IOTLB);
	ck_assert(x.reason == 0x05 && x.suppressed && !x.recorded);
	world_request(&w, MAPPED, 0xFEE00000, SIM_READ, UT, 0, &x);
	ck_assert(x.reason == 0x29 && !x.suppressed && x.recorded);
	world_stop(&w);
}
END_TEST

/* Looking without touching: the oracle's probe leaves no trace; seen through the public face as a stale hit is. */
START_TEST(test_an_oracle_changes_nothing)
{
	struct sim_config sc = { .seed = 1, .oracle = true };
	struct sim_request rq = { .addr = 0x5000, .len = 4 };
	struct sim_vtd_config c;
	struct sim_unit_stats s;
	struct sim_xlat x;
	struct sim *m;

	ck_assert_int_eq(sim_create(&sc, &m), SIM_OK);
	ck_assert_int_eq(sim_mem_add(m, 0, VT_RAM - 1), SIM_OK);
	sim_vtd_default(&c);
	ck_assert_int_eq(sim_vtd_add(m, &c), 0);
	sim_reg_write(m, 0, VTD_REG_GCMD, 4, VTD_GCMD_TE);
	sim_advance(m, 10000);
	sim_translate(m, &rq, &x); /* the root table at 0 is empty */
	ck_assert_uint_eq(x.reason, 0x01);
	sim_unit_stats(m, 0, &s);
	ck_assert(s.requests == 1 && s.blocked == 1 && s.recorded == 1);
	sim_destroy(m);
}
END_TEST

/* ---- protected memory ---- */

/* Low region 0x200000..0x2FFFFF, high region 0x300000..0x3FFFFF. */
static void protect(struct world *w, uint32_t version)
{
	struct sim_vtd_config c;

	sim_vtd_default(&c);
	c.cap |= VTD_CAP_PLMR | VTD_CAP_PHMR;
	c.ver = version;
	start(w, &c, NULL);
	world_w32(w, VTD_REG_PLMBASE, 0x200000);
	world_w32(w, VTD_REG_PLMLIMIT, 0x200000);
	world_w64(w, VTD_REG_PHMBASE, 0x300000);
	world_w64(w, VTD_REG_PHMLIMIT, 0x300000);
	world_w32(w, VTD_REG_PMEN, BIT32(31));
	world_settle(w);
}

static unsigned outcome(struct world *w, uint16_t rid, unsigned at, uint64_t addr)
{
	struct sim_unit_stats before, after;
	struct sim_xlat x;

	sim_unit_stats(w->s, 0, &before);
	world_request(w, rid, addr, SIM_READ, at, 0, &x);
	sim_unit_stats(w->s, 0, &after);
	if (x.outcome == SIM_OUTCOME_BLOCKED) { /* silently */
		ck_assert_uint_eq(x.reason, 0);
		ck_assert_uint_eq(before.blocked, after.blocked);
	}
	return x.outcome;
}

/* clang-format off */
START_TEST(test_protected_memory_is_closed_while_translation_is_off)
{
	static const struct { uint64_t addr; bool open; } at[] = {
		{ 0x1FFFFC, true }, { 0x200000, false }, { 0x2FFFFC, false }, { 0x300000, false }, { 0x3FFFFC, false },
		{ 0x400000, true }, { 0x1FFFFE, false /* its last bytes */ }, { 0x0, true },
	};
	struct world w;

	protect(&w, 0x10);
	for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		ck_assert_uint_eq(outcome(&w, UNKNOWN, UT, at[i].addr), at[i].open ? SIM_OUTCOME_OK : SIM_OUTCOME_BLOCKED);
	/* Interrupts pass, and with EPM off again everything does. */
	world_w32(&w, VTD_REG_PMEN, 0);
	ck_assert_uint_eq(outcome(&w, UNKNOWN, UT, 0x200000), SIM_OUTCOME_BLOCKED); /* until PRS follows */
	world_settle(&w);
	ck_assert_uint_eq(outcome(&w, UNKNOWN, UT, 0x200000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(vt_fsts(&w), 0);
	world_stop(&w);
}
END_TEST
/* clang-format on */

/* With translation on: what no paging entry let through is blocked always, mapped requests from version 2 on. */
START_TEST(test_protected_memory_under_translation)
{
	bool v2 = _i;
	struct world w;

	protect(&w, v2 ? 0x20 : 0x10);
	vt_enable(&w, 0);
	for (unsigned round = 0; round < 2; round++) {
		unsigned mapped = v2 ? SIM_OUTCOME_BLOCKED : SIM_OUTCOME_OK;

		ck_assert_uint_eq(outcome(&w, PASS, UT, 0x205000), SIM_OUTCOME_BLOCKED);
		ck_assert_uint_eq(outcome(&w, PASS, UT, 0x306000), SIM_OUTCOME_BLOCKED);
		ck_assert_uint_eq(outcome(&w, PASS, UT, 0x405000), SIM_OUTCOME_OK);
		ck_assert_uint_eq(outcome(&w, ATS, XT, 0x205000), SIM_OUTCOME_BLOCKED);
		ck_assert_uint_eq(outcome(&w, ATS, XT, 0x405000), SIM_OUTCOME_OK);
		ck_assert_uint_eq(outcome(&w, MAPPED, UT, 0x5000), mapped);
		ck_assert_uint_eq(outcome(&w, MAPPED, UT, 0x6000), mapped);
		ck_assert_uint_eq(outcome(&w, ATS, TR, 0x5000),
				  SIM_OUTCOME_OK); /* no access to memory */
	}
	world_w32(&w, VTD_REG_PMEN, 0);
	world_settle(&w);
	ck_assert_uint_eq(outcome(&w, PASS, UT, 0x205000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(outcome(&w, MAPPED, UT, 0x5000), SIM_OUTCOME_OK);
	world_stop(&w);
}
END_TEST

/* The unit's own reads of its tables are exempt. */
START_TEST(test_tables_may_lie_in_protected_memory)
{
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	c.cap |= VTD_CAP_PLMR;
	c.ver = 0x20;
	start(&w, &c, NULL);
	world_w32(&w, VTD_REG_PLMBASE, 0x100000); /* where the tables are */
	world_w32(&w, VTD_REG_PLMLIMIT, 0x100000);
	world_w32(&w, VTD_REG_PMEN, BIT32(31));
	world_settle(&w);
	vt_enable(&w, 0);
	ck_assert(world_reads(&w, MAPPED, 0x5000, 0x205000));
	ck_assert_uint_eq(outcome(&w, PASS, UT, 0x100000), SIM_OUTCOME_BLOCKED);
	world_stop(&w);
}
END_TEST

START_TEST(test_a_limit_below_the_base_protects_nothing)
{
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	c.cap |= VTD_CAP_PLMR;
	start(&w, &c, NULL);
	world_w32(&w, VTD_REG_PLMBASE, 0x300000);
	world_w32(&w, VTD_REG_PLMLIMIT, 0x200000);
	world_w32(&w, VTD_REG_PMEN, BIT32(31));
	world_settle(&w);
	for (uint64_t at = 0x100000; at < 0x500000; at += 0x80000)
		ck_assert_uint_eq(outcome(&w, UNKNOWN, UT, at), SIM_OUTCOME_OK);
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("vtd_gate");
	TCase *t = tcase_create("gate");

	tcase_add_test(t, test_translation_off_passes_and_refuses);
	tcase_add_test(t, test_requests_beside_the_tables);
	tcase_add_test(t, test_a_translation_request_for_the_interrupt_range);
	tcase_add_loop_test(t, test_modes_that_serve_nobody, 0, sizeof(modes) / sizeof(modes[0]));
	tcase_add_test(t, test_caches_do_not_bypass_abort_mode);
	tcase_add_test(t, test_fpd_suppresses_what_is_qualified);
	tcase_add_test(t, test_an_oracle_changes_nothing);
	tcase_add_test(t, test_protected_memory_is_closed_while_translation_is_off);
	tcase_add_loop_test(t, test_protected_memory_under_translation, 0, 2);
	tcase_add_test(t, test_tables_may_lie_in_protected_memory);
	tcase_add_test(t, test_a_limit_below_the_base_protects_nothing);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
