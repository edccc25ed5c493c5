/*
 * Fault injection: which rule fires, and what the bus and the message sink do then.
 */
#include <string.h>

#include "fake_unit.h"

#define ANYWHERE .first = 0, .last = UINT64_MAX

static struct sim *machine(void)
{
	struct sim *s = sim_start(&(struct sim_config){ .trace_records = 64 });

	ck_assert_int_eq(sim_mem_add(s, 0x10000, 0x1ffff), SIM_OK);
	return s;
}

static int add(struct sim *s, struct sim_inject_rule rule)
{
	int n = sim_inject_add(s, &rule);

	ck_assert_int_ge(n, 0);
	return n;
}

START_TEST(test_inject_skips_then_fires_count_times)
{
	struct sim *s = machine();
	int n = add(s, (struct sim_inject_rule){ .point = SIM_POINT_PAGE_ALLOC,
						 .skip = 2,
						 .count = 3,
						 ANYWHERE,
						 .value = 77 });
	int always = -1;

	for (unsigned i = 0; i < 10; i++) {
		uint64_t value = 0;
		bool fires = sim_inject_fires(s, SIM_POINT_PAGE_ALLOC, SIM_MASTER_CPU, i, &value);

		ck_assert_int_eq(fires, i >= 2 && i < 5);
		ck_assert_uint_eq(value, fires ? 77 : 0);
	}
	ck_assert_uint_eq(sim_inject_fired(s, n), 3);
	always = add(s, (struct sim_inject_rule){ .point = SIM_POINT_PAGE_ALLOC, ANYWHERE });
	for (unsigned i = 0; i < 10; i++)
		ck_assert(sim_inject_fires(s, SIM_POINT_PAGE_ALLOC, SIM_MASTER_CPU, i, NULL));
	ck_assert_uint_eq(sim_inject_fired(s, always), 10);
	ck_assert_uint_eq(sim_inject_fired(s, n), 3);
	sim_destroy(s);
}
END_TEST

START_TEST(test_inject_matches_point_range_and_master)
{
	struct sim *s = machine();
	uint64_t val;

	add(s, (struct sim_inject_rule){ .point = SIM_POINT_BUS_READ_ABORT,
					 .first = 0x10100,
					 .last = 0x10107,
					 .master = SIM_MASTER_QUEUE });
	ck_assert(!bus_read(s, 0, SIM_MASTER_QUEUE, 0x10100, &val, 8));
	ck_assert(!bus_read(s, 0, SIM_MASTER_QUEUE, 0x100fc, &val, 8)); /* touches it */
	ck_assert(bus_read(s, 0, SIM_MASTER_QUEUE, 0x100f8, &val, 8));
	ck_assert(bus_read(s, 0, SIM_MASTER_QUEUE, 0x10108, &val, 8));
	ck_assert(bus_read(s, 0, SIM_MASTER_DMA, 0x10100, &val, 8));
	ck_assert(bus_write(s, 0, SIM_MASTER_QUEUE, 0x10100, &val, 8));
	/* the master of other points is not looked at */
	add(s, (struct sim_inject_rule){
		       .point = SIM_POINT_HANDSHAKE_LOST, ANYWHERE, .master = SIM_MASTER_CPU });
	ck_assert(sim_inject_fires(s, SIM_POINT_HANDSHAKE_LOST, SIM_MASTER_WALK, 1, NULL));
	ck_assert(!sim_inject_fires(s, SIM_POINT_LOG_OVERFLOW, SIM_MASTER_WALK, 1, NULL));
	ck_assert(!sim_inject_fires(s, SIM_POINTS, SIM_MASTER_WALK, 1, NULL));
	sim_destroy(s);
}
END_TEST

START_TEST(test_inject_rules_are_asked_in_order)
{
	struct sim *s = machine();
	int a = add(s, (struct sim_inject_rule){
			       .point = SIM_POINT_PAGE_ALLOC, .count = 1, ANYWHERE, .value = 1 });
	int b = add(s, (struct sim_inject_rule){
			       .point = SIM_POINT_PAGE_ALLOC, .skip = 1, ANYWHERE, .value = 2 });
	uint64_t value = 0;

	ck_assert(sim_inject_fires(s, SIM_POINT_PAGE_ALLOC, SIM_MASTER_CPU, 0, &value));
	ck_assert_uint_eq(value, 1);
	/* the second rule did not see the first access, so it skips this one */
	ck_assert(!sim_inject_fires(s, SIM_POINT_PAGE_ALLOC, SIM_MASTER_CPU, 0, &value));
	ck_assert(sim_inject_fires(s, SIM_POINT_PAGE_ALLOC, SIM_MASTER_CPU, 0, &value));
	ck_assert_uint_eq(value, 2);
	ck_assert_uint_eq(sim_inject_fired(s, a), 1);
	ck_assert_uint_eq(sim_inject_fired(s, b), 1);
	sim_destroy(s);
}
END_TEST

START_TEST(test_inject_add_and_remove_check_their_arguments)
{
	static const struct sim_inject_rule bad[] = {
		{ .point = SIM_POINTS, ANYWHERE },
		{ .point = (enum sim_point) - 1, ANYWHERE },
		{ .point = SIM_POINT_BIT_FLIP, ANYWHERE, .master = SIM_MASTERS },
		{ .point = SIM_POINT_BIT_FLIP, .first = 2, .last = 1 },
		{ .point = SIM_POINT_BIT_FLIP, ANYWHERE, .promise = (enum sim_promise)9 },
	};
	struct sim *s = machine();

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(sim_inject_add(s, &bad[i]), SIM_E_INVAL);
	ck_assert_int_eq(sim_inject_remove(s, 0), SIM_E_NOENT);
	ck_assert_int_eq(sim_inject_remove(s, -1), SIM_E_NOENT);
	ck_assert_int_eq(sim_inject_remove(s, SIM_INJECT_RULES), SIM_E_NOENT);
	for (int i = 0; i < SIM_INJECT_RULES; i++)
		ck_assert_int_eq(add(s, (struct sim_inject_rule){ ANYWHERE }), i);
	ck_assert_int_eq(sim_inject_add(s, &(struct sim_inject_rule){ ANYWHERE }), SIM_E_FULL);
	ck_assert_int_eq(sim_inject_remove(s, 5), SIM_OK);
	ck_assert_int_eq(add(s, (struct sim_inject_rule){ ANYWHERE }), 5);
	ck_assert_uint_eq(sim_inject_fired(s, 5), 0);
	ck_assert_uint_eq(sim_inject_fired(s, 99), 0);
	sim_destroy(s);
}
END_TEST

START_TEST(test_inject_removed_and_spent_rules_leave_the_fast_path)
{
	struct sim *s = machine();
	const struct port walk = { SIM_MASTER_WALK, MEM_VIEW_CPU, false, 0 };
	uint64_t val;
	int n;

	ck_assert(!s->bus_slow);
	n = add(s, (struct sim_inject_rule){ .point = SIM_POINT_BUS_READ_ABORT,
					     .count = 1,
					     ANYWHERE,
					     .master = SIM_MASTER_ANY });
	ck_assert(s->bus_slow);
	ck_assert(!bus_read64(s, &walk, 0x10000, &val));
	ck_assert(!s->bus_slow);
	ck_assert(bus_read64(s, &walk, 0x10000, &val));
	ck_assert_int_eq(sim_inject_remove(s, n), SIM_OK);
	n = add(s, (struct sim_inject_rule){ .point = SIM_POINT_BIT_FLIP, ANYWHERE });
	ck_assert(s->bus_slow);
	ck_assert_int_eq(sim_inject_remove(s, n), SIM_OK);
	ck_assert(!s->bus_slow);
	add(s, (struct sim_inject_rule){ .point = SIM_POINT_MSI_LOST, ANYWHERE });
	ck_assert(!s->bus_slow);
	sim_destroy(s);
}
END_TEST

START_TEST(test_inject_table_reads)
{
	struct sim *s = machine();
	const struct port walk = { SIM_MASTER_WALK, MEM_VIEW_CPU, false, 0 };
	const struct port probe = { SIM_MASTER_WALK, MEM_VIEW_CPU, true, 0 };
	uint64_t val = 0, stored = 0x1111;
	int poison, flip;

	ck_assert_int_eq(sim_mem_store(s, 0x10008, &stored, 8), SIM_OK);
	flip = add(s, (struct sim_inject_rule){ .point = SIM_POINT_BIT_FLIP,
						.first = 0x1000c,
						.last = 0x1000c,
						.master = SIM_MASTER_WALK,
						.value = 0x8000000000000001 });
	ck_assert(bus_read64(s, &walk, 0x10008, &val));
	ck_assert_uint_eq(val, 0x8000000000001110);
	ck_assert(bus_read64(s, &probe, 0x10008, &val));
	ck_assert_uint_eq(val, 0x1111);
	ck_assert(!bus_read64(s, &walk, 0x20000, &val));
	poison = add(s, (struct sim_inject_rule){ .point = SIM_POINT_BUS_READ_POISON,
						  ANYWHERE,
						  .master = SIM_MASTER_ANY });
	ck_assert(!bus_read64(s, &walk, 0x10008, &val));
	ck_assert(bus_read64(s, &probe, 0x10008, &val));
	ck_assert_uint_eq(sim_inject_fired(s, poison), 1);
	ck_assert_uint_eq(sim_inject_fired(s, flip), 1);
	sim_destroy(s);
}
END_TEST

START_TEST(test_inject_bit_flip_in_longer_reads)
{
	struct sim *s = machine();
	uint8_t buf[21], zero[32] = { 0 };

	add(s, (struct sim_inject_rule){ .point = SIM_POINT_BIT_FLIP,
					 .first = 0x10010,
					 .last = 0x10017,
					 .master = SIM_MASTER_DMA,
					 .value = 0x0807060504030201 });
	ck_assert_int_eq(sim_mem_store(s, 0x10000, zero, 32), SIM_OK);
	ck_assert(bus_read(s, 0, SIM_MASTER_DMA, 0x10003, buf, 21));
	for (unsigned i = 0; i < 21; i++)
		ck_assert_uint_eq(buf[i], i + 3 >= 16 ? i + 3 - 15 : 0);
	ck_assert(bus_read(s, 0, SIM_MASTER_DMA, 0x10013, buf, 2)); /* part of the word */
	ck_assert_uint_eq(buf[0], 4);
	ck_assert_uint_eq(buf[1], 5);
	ck_assert(bus_read(s, 0, SIM_MASTER_DMA, 0x10018, buf, 8));
	ck_assert_mem_eq(buf, zero, 8);
	sim_destroy(s);
}
END_TEST

START_TEST(test_inject_write_abort_loses_the_write)
{
	struct sim *s = machine();
	uint64_t val = 5, got = 0;

	add(s, (struct sim_inject_rule){ .point = SIM_POINT_BUS_WRITE_ABORT,
					 .count = 1,
					 ANYWHERE,
					 .master = SIM_MASTER_STATUS });
	ck_assert(!bus_write(s, 0, SIM_MASTER_STATUS, 0x10000, &val, 8));
	ck_assert_int_eq(sim_mem_load(s, 0x10000, &got, 8), SIM_OK);
	ck_assert_uint_eq(got, 0);
	ck_assert(bus_write(s, 0, SIM_MASTER_STATUS, 0x10000, &val, 8));
	ck_assert_int_eq(sim_mem_load(s, 0x10000, &got, 8), SIM_OK);
	ck_assert_uint_eq(got, 5);
	ck_assert(!bus_write(s, 0, SIM_MASTER_STATUS, 0x1fffc, &val, 8));
	ck_assert(!bus_read(s, 0, SIM_MASTER_STATUS, 0x1fffc, &val, 8));
	ck_assert(bus_read(s, 0, SIM_MASTER_STATUS, 0x50000, &val, 0));
	ck_assert(bus_write(s, 0, SIM_MASTER_STATUS, 0x50000, &val, 0));
	sim_destroy(s);
}
END_TEST

START_TEST(test_inject_messages_are_lost)
{
	struct sim *s = machine();

	add(s, (struct sim_inject_rule){ .point = SIM_POINT_MSI_LOST, .count = 1, ANYWHERE });
	add(s, (struct sim_inject_rule){ .point = SIM_POINT_BUS_WRITE_ABORT,
					 .count = 1,
					 ANYWHERE,
					 .master = SIM_MASTER_MSI });
	msi_send(s, 0, true, 9, 0xfee00000, 1);
	msi_send(s, 0, true, 9, 0xfee00000, 2);
	ck_assert_uint_eq(sim_msi_count(s), 0);
	msi_send(s, 0, true, 9, 0xfee00000, 3);
	msi_send(s, 0, false, 9, 0xfee00000, 4);
	ck_assert_uint_eq(sim_msi_count(s), 2);
	ck_assert_uint_eq(sim_msi_get(s, 0)->data, 3);
	ck_assert_uint_eq(sim_msi_get(s, 0)->rid, 0);
	ck_assert(sim_msi_get(s, 0)->from_unit);
	ck_assert_uint_eq(sim_msi_get(s, 1)->rid, 9);
	ck_assert_ptr_null(sim_msi_get(s, 2));
	sim_destroy(s);
}
END_TEST

START_TEST(test_inject_names_are_there_and_differ)
{
	for (int i = 0; i < SIM_POINTS; i++) {
		ck_assert_ptr_nonnull(sim_point_name((enum sim_point)i));
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(sim_point_name((enum sim_point)i),
					 sim_point_name((enum sim_point)k));
	}
	for (int i = 0; i < SIM_MASTERS; i++)
		ck_assert_ptr_nonnull(sim_master_name((enum sim_master)i));
	ck_assert_str_eq(sim_point_name(SIM_POINT_BUS_READ_ABORT), "bus-read-abort");
	ck_assert_str_eq(sim_master_name(SIM_MASTER_ANY), "any");
	ck_assert_str_eq(sim_promise_name(SIM_PROMISE_CONTAIN), "contain");
	ck_assert_ptr_null(sim_point_name(SIM_POINTS));
	ck_assert_ptr_null(sim_master_name(SIM_MASTERS));
	ck_assert_ptr_null(sim_promise_name((enum sim_promise)3));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("inject");
	TCase *t = tcase_create("inject");

	tcase_add_test(t, test_inject_skips_then_fires_count_times);
	tcase_add_test(t, test_inject_matches_point_range_and_master);
	tcase_add_test(t, test_inject_rules_are_asked_in_order);
	tcase_add_test(t, test_inject_add_and_remove_check_their_arguments);
	tcase_add_test(t, test_inject_removed_and_spent_rules_leave_the_fast_path);
	tcase_add_test(t, test_inject_table_reads);
	tcase_add_test(t, test_inject_bit_flip_in_longer_reads);
	tcase_add_test(t, test_inject_write_abort_loses_the_write);
	tcase_add_test(t, test_inject_messages_are_lost);
	tcase_add_test(t, test_inject_names_are_there_and_differ);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
