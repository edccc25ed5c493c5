/*
 * Policy speculate: what a unit keeps without having been asked is what its tables hold, and nobody is told.
 */
#include <string.h>

#include "amdvi_world.h"
#include "unit.h"
#include "vtd_world.h"

#define RID 0x0108u
#define ABSENT_RID 0x0110u
#define IOVA UINT64_C(0x10000)
#define PAGE UINT64_C(0x800000)
#define PAGES 9u /* around IOVA; every third is not there */

static uint64_t page_at(unsigned i)
{
	return IOVA + ((uint64_t)i - PAGES / 2) * 0x1000;
}

static void moments(struct sim *s, unsigned n)
{
	while (n--)
		sim_cpu_read64(s, 0x1000);
}

/* Every line is one that a device asked for or a neighbour that is mapped; returns how many there are. */
static unsigned right_lines(struct sim *s)
{
	struct sim_cache_line line;
	uint32_t cursor = 0;
	unsigned n = 0;

	while (sim_cache_next(s, 0, SIM_CACHE_IOTLB, &cursor, &line)) {
		unsigned i = (unsigned)((line.iova - page_at(0)) >> 12);

		ck_assert(!line.negative);
		ck_assert_uint_lt(i, PAGES);
		ck_assert_uint_ne(i % 3, 0);
		ck_assert_uint_eq(line.pa, PAGE + (uint64_t)i * 0x1000);
		n++;
	}
	return n;
}

static void same_stats(struct sim *s, const struct sim_unit_stats *before)
{
	struct sim_unit_stats now;

	ck_assert_int_eq(sim_unit_stats(s, 0, &now), SIM_OK);
	ck_assert_mem_eq(&now, before, sizeof(now));
}

/* bit 0: the policy; bit 1: caching mode */
START_TEST(test_speculate_vtd_keeps_what_the_tables_hold)
{
	const struct sim_policy policy = { .speculate = _i & 1 };
	struct sim_vtd_config config;
	struct sim_unit_stats before;
	struct sim_xlat x;
	struct world w;
	uint64_t top;

	sim_vtd_default(&config);
	if (_i & 2)
		config.cap |= VTD_CAP_CM;
	vt_start(&w, &config, &policy);
	top = world_page(&w);
	for (unsigned i = 0; i < PAGES; i++)
		if (i % 3)
			vt_leaf(&w, top, 4, page_at(i), 0, (PAGE + i * 0x1000ull) | VT_RW);
	vt_context(&w, RID, top, VTD_TT_UNTRANSLATED, 2, 7, false);
	vt_enable(&w, VTD_TTM_LEGACY);
	moments(w.s, 200);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), 0);
	ck_assert(world_reads(&w, RID, IOVA, PAGE + 4 * 0x1000));
	ck_assert_int_eq(sim_unit_stats(w.s, 0, &before), SIM_OK);
	moments(w.s, 2000);
	ck_assert_uint_eq(right_lines(w.s), _i & 1 ? 6 : 1);
	same_stats(w.s, &before);
	ck_assert_uint_eq(vt_fsts(&w), 0);
	world_request(&w, ABSENT_RID, IOVA, SIM_READ, 0, 0, &x);
	sim_cache_evict(w.s, 0, SIM_CACHE_CONTEXT, SIM_EVICT_ALL);
	sim_cache_evict(w.s, 0, SIM_CACHE_IOTLB, SIM_EVICT_ALL);
	moments(w.s, 2000); /* no context entry is cached: no domain is active */
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_speculate_amdvi_keeps_what_the_tables_hold)
{
	const struct sim_policy policy = { .speculate = _i & 1 };
	struct sim_amdvi_config config;
	struct sim_unit_stats before;
	struct world w;
	uint64_t root, q0, q1;

	sim_amdvi_default(&config);
	if (_i & 2)
		config.cap |= UINT32_C(1) << 26; /* NpCache */
	av_start(&w, &config, &policy);
	root = world_page(&w);
	for (unsigned i = 0; i < PAGES; i++)
		if (i % 3)
			av_leaf(&w, root, 3, page_at(i), 1, (PAGE + i * 0x1000ull) | AV_RW | 1);
	av_attach(&w, RID, root, 3, 7);
	av_enable(&w);
	moments(w.s, 200);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), 0);
	ck_assert(world_reads(&w, RID, IOVA, PAGE + 4 * 0x1000));
	ck_assert_int_eq(sim_unit_stats(w.s, 0, &before), SIM_OK);
	moments(w.s, 2000);
	ck_assert_uint_eq(right_lines(w.s), _i & 1 ? 6 : 1);
	same_stats(w.s, &before);
	ck_assert(!av_event(&w, &q0, &q1));
	world_stop(&w);
}
END_TEST

/* An injected error strikes what somebody asked for, and is not used up by what nobody did. */
START_TEST(test_speculate_meets_no_injected_error)
{
	const struct sim_policy policy = { .speculate = true };
	const struct sim_inject_rule rule = { .point = SIM_POINT_BUS_READ_ABORT,
					      .last = UINT64_MAX,
					      .master = SIM_MASTER_WALK };
	struct world w;
	uint64_t top;
	int number;

	vt_start(&w, NULL, &policy);
	top = world_page(&w);
	vt_leaf(&w, top, 4, IOVA, 0, PAGE | VT_RW);
	vt_context(&w, RID, top, VTD_TT_UNTRANSLATED, 2, 7, false);
	vt_enable(&w, VTD_TTM_LEGACY);
	ck_assert(world_reads(&w, RID, IOVA, PAGE));
	number = sim_inject_add(w.s, &rule);
	moments(w.s, 1000);
	ck_assert_uint_eq(sim_inject_fired(w.s, number), 0);
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("speculate");
	TCase *t = tcase_create("speculate");

	tcase_add_loop_test(t, test_speculate_vtd_keeps_what_the_tables_hold, 0, 4);
	tcase_add_loop_test(t, test_speculate_amdvi_keeps_what_the_tables_hold, 0, 4);
	tcase_add_test(t, test_speculate_meets_no_injected_error);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
