/*
 * Event logs: writing, overflow and restart, two logs, status bits and messages, hardware event registers.
 */
#include "amdvi_world.h"
#include "unit.h"

#define RID 0x0108u
#define OVERFLOW UINT64_C(1)
#define LOGINT UINT64_C(2)
#define RUN UINT64_C(8)
#define OVERFLOW_B UINT64_C(0x8000)
#define ACTIVE_B UINT64_C(0x10000)
#define EVENT (UINT64_C(0x2070) << 48 | RID) /* a write without permission, domain 0 */
#define CAPACITY 255u

static void one_event(struct world *w, uint64_t addr, struct sim_xlat *x)
{
	struct sim_xlat local;

	world_request(w, RID, addr, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, x ? x : &local);
}

static void start(struct world *w, const struct sim_amdvi_config *c)
{
	av_start(w, c, NULL);
	av_enable(w);
	av_dte(w, RID, 3, 0, 0); /* blocks everything: one event for each request */
}

static uint64_t tail(struct world *w)
{
	return sim_reg_peek(w->s, 0, 0x2018, 8);
}

static uint64_t tail_b(struct world *w)
{
	return sim_reg_peek(w->s, 0, 0x2078, 8);
}

static void fill(struct world *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		one_event(w, i * 0x1000u, NULL);
}

START_TEST(test_entries_stand_in_order_and_wrap)
{
	struct world w;

	start(&w, NULL);
	for (uint64_t i = 0; i < 1000; i++) {
		one_event(&w, i << 12, NULL);
		av_expect_event(&w, EVENT, i << 12);
		ck_assert_uint_eq(tail(&w), (i + 1) * 16 % 4096);
	}
	world_stop(&w);
}
END_TEST

/* One message for the rise of the bit; none while it stays 1, and none without EventIntEn. */
START_TEST(test_message_on_the_rise_only)
{
	struct world w;

	start(&w, NULL);
	fill(&w, 3);
	ck_assert_uint_eq(sim_msi_count(w.s), 0); /* takes its time */
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	ck_assert(av_status(&w) & LOGINT);
	world_w64(&w, 0x2020, LOGINT);
	ck_assert(!(av_status(&w) & LOGINT));
	fill(&w, 1);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 2);
	world_w64(&w, 0x2020, LOGINT);
	world_w64(&w, 0x18, 0x1485); /* EventIntEn off */
	fill(&w, 1);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 2);
	ck_assert(av_status(&w) & LOGINT); /* not gated */
	world_stop(&w);
}
END_TEST

START_TEST(test_bit_is_gated_in_the_other_reading)
{
	struct sim_amdvi_config c;
	struct world w;

	sim_amdvi_default(&c);
	c.readings = SIM_AMDVI_EVENT_INT_GATED;
	start(&w, &c);
	world_w64(&w, 0x18, 0x1485);
	fill(&w, 1);
	ck_assert(!(av_status(&w) & LOGINT));
	world_w64(&w, 0x18, 0x148D);
	fill(&w, 1);
	ck_assert(av_status(&w) & LOGINT);
	world_stop(&w);
}
END_TEST

/* ---- overflow ---- */

/* Writing a 1 into one half clears nothing in the other. */
START_TEST(test_status_is_cleared_by_the_bytes_written)
{
	struct world w;

	start(&w, NULL);
	fill(&w, 1);
	sim_reg_write(w.s, 0, 0x2024, 4, UINT32_MAX);
	ck_assert(av_status(&w) & LOGINT);
	sim_reg_write(w.s, 0, 0x2020, 4, UINT32_MAX);
	ck_assert(!(av_status(&w) & LOGINT));
	ck_assert_uint_eq(av_status(&w) & 0x18, 0x18); /* read-only */
	world_stop(&w);
}
END_TEST

START_TEST(test_full_log_overflows_and_stops)
{
	struct world w;
	struct sim_unit_stats st;
	struct sim_xlat x;

	start(&w, NULL);
	fill(&w, CAPACITY);
	ck_assert_uint_eq(tail(&w), CAPACITY * 16);
	ck_assert(!(av_status(&w) & OVERFLOW));
	world_settle(&w);
	one_event(&w, 0x1000, &x);
	ck_assert(!x.recorded && x.reason == 2);
	ck_assert(av_status(&w) & OVERFLOW);
	ck_assert(!(av_status(&w) & RUN));
	ck_assert_uint_eq(tail(&w), CAPACITY * 16);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 2); /* of the first event, and of the overflow */
	world_w64(&w, 0x2010,
		  CAPACITY * 16); /* room alone restarts nothing, nor does the cleared bit */
	world_w64(&w, 0x2020, OVERFLOW | LOGINT);
	one_event(&w, 0x2000, &x);
	ck_assert(!x.recorded);
	ck_assert(!(av_status(&w) & (OVERFLOW | RUN)));
	sim_unit_stats(w.s, 0, &st);
	ck_assert_uint_eq(st.recorded, CAPACITY);
	ck_assert_uint_eq(st.overflowed, 2);
	ck_assert_uint_eq(st.blocked, CAPACITY + 2);
	world_stop(&w);
}
END_TEST

/* EventLogEn 0 to 1 starts anew and clears the overflow; pointers stay. */
START_TEST(test_restart_after_overflow)
{
	struct world w;

	start(&w, NULL);
	fill(&w, CAPACITY + 3);
	w.amdvi.head = CAPACITY * 16;
	world_w64(&w, 0x2010, w.amdvi.head);
	world_w64(&w, 0x18, 0x1489);
	world_settle(&w);
	world_w64(&w, 0x18, 0x148D);
	world_settle(&w);
	ck_assert_uint_eq(av_status(&w) & (OVERFLOW | RUN), RUN);
	one_event(&w, 0x5000, NULL);
	av_expect_event(&w, EVENT, 0x5000);
	ck_assert_uint_eq(world_complaints_all(&w), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_run_survives_in_the_other_reading)
{
	struct sim_amdvi_config c;
	struct world w;

	sim_amdvi_default(&c);
	c.readings = SIM_AMDVI_RUN_SURVIVES_OVERFLOW;
	start(&w, &c);
	fill(&w, CAPACITY + 1);
	ck_assert_uint_eq(av_status(&w) & (OVERFLOW | RUN), OVERFLOW | RUN);
	w.amdvi.head = CAPACITY * 16;
	world_w64(&w, 0x2010, w.amdvi.head);
	one_event(&w, 0x1000, NULL); /* the bit still stands */
	av_expect_no_event(&w);
	world_w64(&w, 0x2020, OVERFLOW);
	one_event(&w, 0x2000, NULL);
	av_expect_event(&w, EVENT, 0x2000);
	world_stop(&w);
}
END_TEST

START_TEST(test_log_off_drops_without_a_trace)
{
	struct world w;
	struct sim_unit_stats st;
	struct sim_xlat x;

	start(&w, NULL);
	world_w64(&w, 0x18, 0x1489);
	world_settle(&w);
	one_event(&w, 0x1000, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_CA);
	ck_assert_uint_eq(x.reason, 2);
	ck_assert(!x.recorded);
	ck_assert_uint_eq(av_status(&w) & (OVERFLOW | LOGINT | RUN), 0);
	sim_unit_stats(w.s, 0, &st);
	ck_assert_uint_eq(st.suppressed, 1);
	ck_assert_uint_eq(st.overflowed, 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_injected_overflow)
{
	struct world w;

	start(&w, NULL);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = SIM_POINT_LOG_OVERFLOW,
						       .skip = 1,
						       .count = 1,
						       .last = UINT64_MAX });
	one_event(&w, 0x1000, NULL);
	one_event(&w, 0x2000, NULL);
	av_expect_event(&w, EVENT, 0x1000);
	ck_assert(av_status(&w) & OVERFLOW);
	world_stop(&w);
}
END_TEST

/* The log itself cannot be written: the event is lost, and there is no event about it. */
START_TEST(test_unwritable_log_loses_the_event)
{
	struct world w;
	struct sim_xlat x;

	start(&w, NULL);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = SIM_POINT_BUS_WRITE_ABORT,
						       .count = 1,
						       .last = UINT64_MAX,
						       .master = SIM_MASTER_LOG });
	one_event(&w, 0x1000, &x);
	ck_assert(!x.recorded);
	ck_assert_uint_eq(tail(&w), 0);
	one_event(&w, 0x2000, &x);
	ck_assert(x.recorded);
	av_expect_event(&w, EVENT, 0x2000);
	world_stop(&w);
}
END_TEST

/* ---- two logs ---- */

static void start_dual(struct world *w, uint64_t mode)
{
	start(w, NULL);
	world_w64(w, 0x18, 0x1489);
	world_settle(w);
	world_w64(w, 0xF8, AV_EVT_B | UINT64_C(8) << 56);
	world_w64(w, 0x18, 0x148D | mode << 32);
	world_settle(w);
}

START_TEST(test_log_b_alone)
{
	struct world w;

	start_dual(&w, 1);
	ck_assert(av_status(&w) & ACTIVE_B);
	one_event(&w, 0x1000, NULL);
	ck_assert_uint_eq(tail(&w), 0);
	ck_assert_uint_eq(tail_b(&w), 16);
	ck_assert_uint_eq(world_get(&w, AV_EVT_B), EVENT);
	ck_assert_uint_eq(world_get(&w, AV_EVT_B + 8), 0x1000);
	fill(&w, CAPACITY);
	ck_assert_uint_eq(av_status(&w) & (OVERFLOW | OVERFLOW_B | RUN), OVERFLOW_B);
	world_stop(&w);
}
END_TEST

/* A full log hands over, again and again, as long as software drains and clears the other. */
START_TEST(test_logs_swap)
{
	struct world w;
	struct sim_unit_stats st;

	start_dual(&w, 2);
	ck_assert(!(av_status(&w) & ACTIVE_B));
	fill(&w, CAPACITY + 1);
	ck_assert_uint_eq(av_status(&w) & (OVERFLOW | OVERFLOW_B | ACTIVE_B | RUN),
			  OVERFLOW | ACTIVE_B | RUN);
	ck_assert_uint_eq(tail(&w), CAPACITY * 16);
	ck_assert_uint_eq(tail_b(&w), 16);
	world_w64(&w, 0x2010, CAPACITY * 16); /* A drained and cleared */
	world_w64(&w, 0x2020, OVERFLOW);
	fill(&w, CAPACITY);
	ck_assert_uint_eq(av_status(&w) & (OVERFLOW | OVERFLOW_B | ACTIVE_B | RUN),
			  OVERFLOW_B | RUN);
	ck_assert_uint_eq(tail(&w), 0);
	ck_assert_uint_eq(tail_b(&w), CAPACITY * 16);
	fill(&w, CAPACITY); /* B was not drained: both are full, and logging stops */
	ck_assert_uint_eq(av_status(&w) & (OVERFLOW | OVERFLOW_B | RUN), OVERFLOW | OVERFLOW_B);
	sim_unit_stats(w.s, 0, &st);
	ck_assert_uint_eq(st.blocked, 3 * CAPACITY + 1);
	ck_assert_uint_eq(st.recorded + st.overflowed, st.blocked);
	ck_assert_uint_eq(st.overflowed, 1);
	world_stop(&w);
}
END_TEST

/* A log whose overflow bit still stands takes nothing, although it has room. */
START_TEST(test_swap_needs_the_other_bit_cleared)
{
	struct world w;

	start_dual(&w, 2);
	fill(&w, CAPACITY + 1);
	world_w64(&w, 0x2010, CAPACITY * 16);
	fill(&w, CAPACITY);
	ck_assert_uint_eq(av_status(&w) & (OVERFLOW | OVERFLOW_B | RUN), OVERFLOW | OVERFLOW_B);
	world_stop(&w);
}
END_TEST

/* ---- hardware event registers ---- */

/* They work with the log off; the first error stays until software clears HEV. */
START_TEST(test_hardware_errors_are_latched)
{
	bool newest = _i;
	struct sim_amdvi_config c;
	struct world w;
	uint64_t first = AV_DEVTAB + RID * 32, second = first + 32;

	sim_amdvi_default(&c);
	if (newest)
		c.readings = SIM_AMDVI_HW_EVENT_NEWEST;
	start(&w, &c);
	world_w64(&w, 0x18, 0x1489);
	world_settle(&w);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = SIM_POINT_BUS_READ_ABORT,
						       .first = first,
						       .last = second + 31,
						       .master = SIM_MASTER_WALK });
	world_request(&w, RID, 0x1000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &(struct sim_xlat){ 0 });
	ck_assert_uint_eq(world_r64(&w, 0x50), 1);
	world_request(&w, RID + 1, 0x1000, SIM_READ, SIM_AT_UNTRANSLATED, 0,
		      &(struct sim_xlat){ 0 });
	ck_assert_uint_eq(world_r64(&w, 0x50), 3);
	ck_assert_uint_eq(world_r64(&w, 0x40), (UINT64_C(0x34) << 56 | RID) + newest);
	ck_assert_uint_eq(world_r64(&w, 0x48), newest ? second : first);
	world_w64(&w, 0x50, 3);
	world_request(&w, RID + 1, 0x1000, SIM_READ, SIM_AT_UNTRANSLATED, 0,
		      &(struct sim_xlat){ 0 });
	ck_assert_uint_eq(world_r64(&w, 0x50), 1);
	ck_assert_uint_eq(world_r64(&w, 0x48), second);
	ck_assert_uint_eq(tail(&w), 0);
	world_stop(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("amdvi_log");
	TCase *t = tcase_create("log");

	tcase_add_test(t, test_entries_stand_in_order_and_wrap);
	tcase_add_test(t, test_message_on_the_rise_only);
	tcase_add_test(t, test_bit_is_gated_in_the_other_reading);
	tcase_add_test(t, test_status_is_cleared_by_the_bytes_written);
	tcase_add_test(t, test_full_log_overflows_and_stops);
	tcase_add_test(t, test_restart_after_overflow);
	tcase_add_test(t, test_run_survives_in_the_other_reading);
	tcase_add_test(t, test_log_off_drops_without_a_trace);
	tcase_add_test(t, test_injected_overflow);
	tcase_add_test(t, test_unwritable_log_loses_the_event);
	tcase_add_test(t, test_log_b_alone);
	tcase_add_test(t, test_logs_swap);
	tcase_add_test(t, test_swap_needs_the_other_bit_cleared);
	tcase_add_loop_test(t, test_hardware_errors_are_latched, 0, 2);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
