/*
 * Units that are reset or lose their power, devices that are pulled out. A unit after a reset is held against one that was
 * never touched.
 */
#include <string.h>

#include "amdvi_world.h"
#include "hw/amdvi.h"
#include "unit.h"
#include "vtd_world.h"

#define RID 0x0108u
#define DEV_RID 0x0110u
#define IOVA UINT64_C(0x5000)
#define PAGE UINT64_C(0x800000)

static void same_registers(struct sim *a, struct sim *b)
{
	struct sim_reg_info i;

	for (uint32_t n = 0; sim_reg_info(a, 0, n, &i); n++)
		ck_assert_msg(sim_reg_peek(a, 0, i.off, i.size) ==
				      sim_reg_peek(b, 0, i.off, i.size),
			      "%s", i.name);
}

static void no_lines(struct sim *s)
{
	for (unsigned c = 0; c < SIM_CACHE_DEVICE; c++)
		ck_assert_uint_eq(sim_cache_count(s, 0, (enum sim_cache)c), 0);
}

/* ---- VT-d ---- */

static void vtd_tables(struct world *w)
{
	uint64_t top = world_page(w);

	vt_leaf(w, top, 4, IOVA, 0, PAGE | VT_RW);
	vt_context(w, RID, top, VTD_TT_UNTRANSLATED, 2, 7, false);
	vt_context(w, DEV_RID, top, VTD_TT_DEV_TLB, 2, 7, false);
}

static void vtd_with_devices(struct world *w)
{
	struct sim_vtd_config config;

	sim_vtd_default(&config);
	config.ecap |= VTD_ECAP_DT;
	vt_start(w, &config, NULL);
	ck_assert_int_eq(sim_device_add(w->s, 0, RID, false), 0);
	ck_assert_int_eq(sim_device_add(w->s, 0, DEV_RID, true), 1);
	vtd_tables(w);
	vt_queue_on(w, 0, false);
	vt_enable(w, VTD_TTM_LEGACY);
	ck_assert_int_eq(sim_device_ats(w->s, 1, true), SIM_OK);
}

/* Garbage into every register and the queue, requests in between; then a reset in the middle of it all. */
START_TEST(test_power_vtd_reset_leaves_a_unit_like_new)
{
	uint64_t random = (uint64_t)_i + 1;
	struct sim_reg_info info;
	struct world w, fresh;

	vt_start(&fresh, NULL, NULL);
	vt_start(&w, NULL, NULL);
	vtd_tables(&w);
	vt_queue_on(&w, 0, false);
	vt_enable(&w, VTD_TTM_LEGACY);
	for (unsigned i = 0; i < 300; i++) {
		struct sim_xlat x;

		vt_desc(&w, world_random(&random) & 0x3f, world_random(&random));
		for (uint32_t n = world_below(&random, 60); !sim_reg_info(w.s, 0, n, &info);)
			n = world_below(&random, 60);
		sim_reg_write(w.s, 0, info.off, info.size,
			      world_random(&random) & world_random(&random));
		world_request(&w, world_below(&random, 2) ? RID : 0x33, IOVA, SIM_WRITE, 0, 0, &x);
	}
	ck_assert_int_eq(sim_unit_power(w.s, 0, SIM_POWER_RESET), SIM_OK);
	same_registers(w.s, fresh.s);
	no_lines(w.s);
	ck_assert(sim_idle(w.s));
	world_stop(&fresh);
	world_stop(&w);
}
END_TEST

START_TEST(test_power_vtd_works_again_after_a_reset)
{
	struct world w;

	vtd_with_devices(&w);
	ck_assert(world_reads(&w, RID, IOVA, PAGE));
	sim_unit_power(w.s, 0, SIM_POWER_RESET);
	ck_assert(world_reads(&w, RID, IOVA, IOVA)); /* off: nothing is translated */
	w.vtd.tail = 0;
	vt_queue_on(&w, 0, false);
	vt_enable(&w, VTD_TTM_LEGACY);
	ck_assert(world_reads(&w, RID, IOVA, PAGE));
	vt_submit(&w, 5 | 1u << 5 | UINT64_C(9) << 32, 0x700000);
	ck_assert_uint_eq(world_get(&w, 0x700000), 9);
	world_stop(&w);
}
END_TEST

START_TEST(test_power_off_reads_ones_loses_writes_and_blocks)
{
	struct sim_unit_stats stats;
	struct sim_xlat x;
	struct world w;

	vtd_with_devices(&w);
	ck_assert(world_reads(&w, RID, IOVA, PAGE));
	vt_desc(&w, 2 | 1u << 4, 0);
	vt_tell(&w);
	ck_assert_int_eq(sim_unit_power(w.s, 0, SIM_POWER_OFF), SIM_OK);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_GSTS), UINT32_MAX);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_CAP), UINT64_MAX);
	world_w64(&w, VTD_REG_RTADDR, 0x123000);
	for (unsigned at = SIM_AT_UNTRANSLATED; at <= SIM_AT_TRANSLATED; at++) {
		world_request(&w, RID, IOVA, SIM_READ, at, 0, &x);
		ck_assert_int_eq(x.outcome, SIM_OUTCOME_BLOCKED);
		ck_assert(!x.recorded);
	}
	ck_assert_int_eq(sim_unit_stats(w.s, 0, &stats), SIM_OK);
	ck_assert_uint_eq(stats.blocked, 0);
	ck_assert_uint_eq(stats.recorded, 0);
	ck_assert_int_eq(sim_unit_power(w.s, 0, SIM_POWER_RESET), SIM_OK);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_GSTS), UINT32_MAX);
	ck_assert_int_eq(sim_unit_power(w.s, 0, SIM_POWER_ON), SIM_OK);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_GSTS), 0);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_RTADDR), 0);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_CAP), w.vtd.config.cap);
	ck_assert_int_eq(sim_unit_power(w.s, 1, SIM_POWER_ON), SIM_E_NOENT);
	ck_assert_int_eq(sim_unit_power(w.s, 0, (enum sim_power)3), SIM_E_INVAL);
	world_stop(&w);
}
END_TEST

/* ---- injection ---- */

static int inject(struct sim *s, enum sim_point point, uint64_t first, uint64_t last,
		  uint64_t value, uint32_t unit)
{
	const struct sim_inject_rule rule = { .point = point,
					      .count = 1,
					      .first = first,
					      .last = last,
					      .value = value,
					      .master = SIM_MASTER_ANY,
					      .unit = unit };

	return sim_inject_add(s, &rule);
}

START_TEST(test_power_reset_strikes_at_a_register_and_some_time_after)
{
	struct world w;

	vtd_with_devices(&w);
	ck_assert_int_ge(inject(w.s, SIM_POINT_UNIT_RESET, VTD_REG_IQT, VTD_REG_IQT + 7, 0, 0), 0);
	ck_assert_int_ge(inject(w.s, SIM_POINT_UNIT_RESET, VTD_REG_FSTS, VTD_REG_FSTS, 120, 0), 0);
	ck_assert_uint_ne(world_r32(&w, VTD_REG_GSTS) & VTD_GSTS_TES, 0);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_FSTS), 0);
	ck_assert_uint_ne(world_r32(&w, VTD_REG_GSTS) & VTD_GSTS_TES, 0);
	ck_assert_uint_ne(world_r32(&w, VTD_REG_GSTS) & VTD_GSTS_TES, 0);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_GSTS), 0);
	world_w64(&w, VTD_REG_IQA, 0x200000);
	world_w64(&w, VTD_REG_IQT, 0x10); /* the reset comes first, then the write */
	ck_assert_uint_eq(world_r64(&w, VTD_REG_IQA), 0);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_IQT), 0x10);
	world_stop(&w);
}
END_TEST

START_TEST(test_power_goes_and_comes_back)
{
	struct world w;

	vtd_with_devices(&w);
	inject(w.s, SIM_POINT_UNIT_GONE, 0, UINT64_MAX, 1000, 0);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_GSTS), UINT32_MAX);
	sim_advance(w.s, 900);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_GSTS), UINT32_MAX);
	sim_advance(w.s, 100);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_GSTS), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_power_ones_are_read_and_nothing_is_lost)
{
	struct world w;

	vtd_with_devices(&w);
	inject(w.s, SIM_POINT_REG_ONES, VTD_REG_GSTS, VTD_REG_GSTS + 3, 0, 0);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_CAP), w.vtd.config.cap);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_GSTS), UINT32_MAX);
	ck_assert_uint_ne(world_r32(&w, VTD_REG_GSTS), UINT32_MAX);
	ck_assert(world_reads(&w, RID, IOVA, PAGE));
	world_stop(&w);
}
END_TEST

/* The rule of one unit is deaf to the other, whatever the point. */
START_TEST(test_power_rules_aim_at_a_unit)
{
	struct sim_vtd_config second;
	struct world w;

	vtd_with_devices(&w);
	second = w.vtd.config;
	second.base += 0x100000;
	ck_assert_int_eq(sim_vtd_add(w.s, &second), 1);
	ck_assert_int_ge(inject(w.s, SIM_POINT_REG_ONES, 0, UINT64_MAX, 0, 2), 0);
	ck_assert_int_ge(inject(w.s, SIM_POINT_BUS_READ_ABORT, 0, UINT64_MAX, 0, 2), 0);
	ck_assert_int_ge(inject(w.s, SIM_POINT_COMPLETION_LOST, 0, UINT64_MAX, 0, 2), 0);
	ck_assert_int_ge(inject(w.s, SIM_POINT_PAGE_ALLOC, 0, UINT64_MAX, 0, 1), 0);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_CAP), w.vtd.config.cap);
	ck_assert(world_reads(&w, RID, IOVA, PAGE));
	vt_submit(&w, 5 | 1u << 5 | UINT64_C(9) << 32, 0x700000);
	ck_assert_uint_eq(world_get(&w, 0x700000), 9);
	ck_assert(!sim_inject_fires(w.s, SIM_POINT_PAGE_ALLOC, SIM_MASTER_CPU, 0, NULL));
	ck_assert_uint_eq(sim_reg_read(w.s, 1, VTD_REG_CAP, 8), UINT64_MAX);
	ck_assert_int_eq(inject(w.s, SIM_POINT_REG_ONES, 0, 0, 0, SIM_UNITS + 1), SIM_E_INVAL);
	world_stop(&w);
}
END_TEST

/* ---- devices ---- */

static struct sim_dma_result dma(struct sim *s, uint32_t dev, uint64_t addr)
{
	uint8_t byte[8] = { 0 };
	struct sim_dma d = { .dev = dev, .access = SIM_READ, .addr = addr, .len = 8, .data = byte };
	struct sim_dma_result r;

	ck_assert_int_eq(sim_dma(s, &d, &r), SIM_OK);
	return r;
}

START_TEST(test_power_a_device_that_is_gone_sends_and_holds_nothing)
{
	struct world w;

	vtd_with_devices(&w);
	ck_assert_int_eq(dma(w.s, 1, IOVA).outcome, SIM_OUTCOME_OK);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 1);
	ck_assert_int_eq(sim_device_plug(w.s, 1, false), SIM_OK);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 0);
	ck_assert_int_eq(dma(w.s, 1, IOVA).outcome, SIM_OUTCOME_BLOCKED);
	ck_assert_uint_eq(dma(w.s, 1, IOVA).fail_addr, IOVA);
	ck_assert_int_eq(dma(w.s, 0, IOVA).outcome, SIM_OUTCOME_OK);
	ck_assert_int_eq(sim_device_plug(w.s, 1, true), SIM_OK);
	ck_assert_int_eq(dma(w.s, 1, IOVA).last.source, SIM_FROM_IOTLB); /* ATS is off */
	ck_assert_int_eq(sim_device_plug(w.s, 2, true), SIM_E_NOENT);
	world_stop(&w);
}
END_TEST

/* Before the invalidation reaches it, or with the answer under way: the queue times out (ITE), and once. */
START_TEST(test_power_a_device_that_is_gone_never_answers)
{
	struct world w;

	vtd_with_devices(&w);
	if (_i)
		ck_assert_int_eq(sim_device_plug(w.s, 1, false), SIM_OK);
	vt_desc(&w, 3 | (uint64_t)DEV_RID << 32, IOVA);
	vt_tell(&w);
	if (!_i) {
		sim_advance(w.s, 300); /* fetched and sent; the answer takes 500 ns */
		ck_assert_int_eq(sim_device_plug(w.s, 1, false), SIM_OK);
	}
	ck_assert_uint_eq(vt_fsts(&w) & VTD_FSTS_ITE, 0);
	sim_advance(w.s, 3000000);
	ck_assert_uint_ne(vt_fsts(&w) & VTD_FSTS_ITE, 0);
	ck_assert_uint_eq(FIELD_GET(VTD_IQERCD_ITESID, world_r64(&w, VTD_REG_IQERCD)), DEV_RID);
	ck_assert(sim_idle(w.s));
	world_stop(&w);
}
END_TEST

START_TEST(test_power_devices_lie)
{
	struct sim_dma_result r;
	struct world w;

	vtd_with_devices(&w);
	inject(w.s, SIM_POINT_DMA_TRANSLATED, RID, RID, 0, 0);
	ck_assert_int_eq(dma(w.s, 1, IOVA).outcome, SIM_OUTCOME_OK);
	r = dma(w.s, 0, PAGE);
	ck_assert_int_eq(r.outcome, SIM_OUTCOME_UR);
	ck_assert_uint_eq(r.last.reason, VTD_FR_CTX_ATS);
	inject(w.s, SIM_POINT_DMA_SPOOFED, RID, RID, 0x0133, 0);
	r = dma(w.s, 0, IOVA);
	ck_assert_uint_eq(r.last.reason, VTD_FR_CTX_NP);
	ck_assert_uint_eq(vt_frcd_hi(&w, 1) & 0xffff, 0x0133);
	ck_assert_int_eq(dma(w.s, 0, IOVA).outcome, SIM_OUTCOME_OK);
	world_stop(&w);
}
END_TEST

/* ---- AMD-Vi ---- */

START_TEST(test_power_amdvi_reset_leaves_a_unit_like_new)
{
	struct world w, fresh;
	struct sim_reg_info info;
	uint64_t random = (uint64_t)_i + 1, root;

	av_start(&fresh, NULL, NULL);
	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_leaf(&w, root, 3, IOVA, 1, PAGE | AV_RW | 1);
	av_attach(&w, RID, root, 3, 7);
	av_enable(&w);
	ck_assert(world_reads(&w, RID, IOVA, PAGE));
	for (unsigned i = 0; i < 300; i++) {
		struct sim_xlat x;

		av_cmd(&w, world_random(&random), world_random(&random));
		for (uint32_t n = world_below(&random, 60); !sim_reg_info(w.s, 0, n, &info);)
			n = world_below(&random, 60);
		sim_reg_write(w.s, 0, info.off, info.size,
			      world_random(&random) & world_random(&random));
		world_request(&w, world_below(&random, 2) ? RID : 0x33, IOVA, SIM_WRITE, 0, 0, &x);
	}
	ck_assert_int_eq(sim_unit_power(w.s, 0, SIM_POWER_RESET), SIM_OK);
	same_registers(w.s, fresh.s);
	for (uint32_t off = 0; off < 256; off += 4)
		ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, off),
				  sim_amdvi_pci_read(fresh.s, 0, off));
	no_lines(w.s);
	ck_assert(sim_idle(w.s));
	w.amdvi.tail = w.amdvi.head = 0;
	av_enable(&w);
	ck_assert(world_reads(&w, RID, IOVA, PAGE));
	av_submit(&w, UINT64_C(1) << 60 | AV_STORE | 1, 9);
	ck_assert_uint_eq(world_get(&w, AV_STORE), 9);
	world_stop(&fresh);
	world_stop(&w);
}
END_TEST

START_TEST(test_power_amdvi_off_reads_ones_in_both_spaces)
{
	struct world w;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	ck_assert_int_eq(sim_unit_power(w.s, 0, SIM_POWER_OFF), SIM_OK);
	ck_assert_uint_eq(world_r64(&w, AMDVI_REG_STATUS), UINT64_MAX);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, 0), UINT32_MAX);
	world_request(&w, RID, IOVA, SIM_READ, 0, 0, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_BLOCKED);
	ck_assert_int_eq(sim_unit_power(w.s, 0, SIM_POWER_ON), SIM_OK);
	ck_assert_uint_eq(world_r64(&w, AMDVI_REG_STATUS), 0);
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("power");
	TCase *t = tcase_create("power");

	tcase_add_loop_test(t, test_power_vtd_reset_leaves_a_unit_like_new, 0, 20);
	tcase_add_test(t, test_power_vtd_works_again_after_a_reset);
	tcase_add_test(t, test_power_off_reads_ones_loses_writes_and_blocks);
	tcase_add_test(t, test_power_reset_strikes_at_a_register_and_some_time_after);
	tcase_add_test(t, test_power_goes_and_comes_back);
	tcase_add_test(t, test_power_ones_are_read_and_nothing_is_lost);
	tcase_add_test(t, test_power_rules_aim_at_a_unit);
	tcase_add_test(t, test_power_a_device_that_is_gone_sends_and_holds_nothing);
	tcase_add_loop_test(t, test_power_a_device_that_is_gone_never_answers, 0, 2);
	tcase_add_test(t, test_power_devices_lie);
	tcase_add_loop_test(t, test_power_amdvi_reset_leaves_a_unit_like_new, 0, 20);
	tcase_add_test(t, test_power_amdvi_off_reads_ones_in_both_spaces);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
