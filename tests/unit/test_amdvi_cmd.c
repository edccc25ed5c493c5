/*
 * The command buffer: every command, its reserved bits, order and completion, errors and restart.
 */
#include "amdvi_world.h"
#include "unit.h"

#define RID 0x0108u
#define OP(n) ((uint64_t)(n) << 60)
#define RUN UINT64_C(0x10)
#define COMWAITINT UINT64_C(4)
#define STORE AV_STORE
#define CW_STORE(at) (OP(1) | (at) | 1)

static bool halted(struct world *w)
{
	return !(av_status(w) & RUN);
}

static uint64_t head(struct world *w)
{
	return sim_reg_peek(w->s, 0, 0x2000, 8);
}

/* CmdBufEn off and on again, head and tail to `at`. */
static void restart(struct world *w, uint32_t at)
{
	uint64_t control = world_r64(w, 0x18);

	world_w64(w, 0x18, control & ~(UINT64_C(1) << 12));
	world_settle(w);
	ck_assert(halted(w));
	world_w64(w, 0x2000, at);
	world_w64(w, 0x2008, at);
	world_w64(w, 0x18, control);
	world_settle(w);
	ck_assert(!halted(w));
	w->amdvi.tail = at;
}

/* ---- which are legal ---- */

/* Bits that may be set in each word besides the opcode, typed from the command tables; 0 for an illegal opcode. */
static const struct {
	bool legal;
	uint64_t q0, q1;
} fields[16] = {
	[1] = { true, 0x000FFFFFFFFFFFFF, UINT64_MAX },
	[2] = { true, 0x000000000000FFFF, 0 },
	[3] = { true, 0x0000FFFF00000000, 0xFFFFFFFFFFFFF003 },
	[4] = { true, 0x0FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFF001 },
	[5] = { true, 0x000000000000FFFF, 0 },
	[6] = { true, 0x000FFFFFFF00FFFF, 0xFFFFFFFFFFFFF011 },
	[8] = { true, 0, 0 },
};

START_TEST(test_each_reserved_bit_halts_the_buffer)
{
	struct sim_policy policy = { .delay = SIM_DELAY_IMMEDIATE };
	unsigned op = (unsigned)_i;
	struct world w;
	uint64_t e[2];
	uint32_t bad = 0;

	av_start(&w, NULL, &policy);
	av_enable(&w);
	world_w64(&w, 0x18, 0x142D); /* a device that is not there gives up after 1 ms */
	for (unsigned bit = 0; bit < 128; bit++) {
		uint64_t q[2] = { OP(op), 0 };
		bool legal = fields[op].legal;

		if (bit >= 60 && bit < 64)
			continue;
		q[bit / 64] |= UINT64_C(1) << (bit % 64);
		legal = legal && (bit < 64 ? fields[op].q0 : fields[op].q1) >> (bit % 64) & 1;
		av_submit(&w, q[0], q[1]);
		ck_assert_msg(halted(&w) == !legal, "op %x bit %u", op, bit);
		if (legal) {
			ck_assert_uint_eq(head(&w), w.amdvi.tail);
			while (av_event(&w, &e[0], &e[1]))
				ck_assert_uint_eq(e[0], OP(7) | (q[0] & 0xFFFF));
			continue;
		}
		bad++;
		w.amdvi.tail = (w.amdvi.tail + 4096 - 16) % 4096;
		ck_assert_uint_eq(head(&w), w.amdvi.tail);
		av_expect_event(&w, OP(5), AV_CMD + w.amdvi.tail);
		restart(&w, w.amdvi.tail);
	}
	ck_assert_uint_eq(bad == 124, !(fields[op].q0 | fields[op].q1));
	world_stop(&w);
}
END_TEST

static const struct {
	unsigned op;
	uint64_t efr;
	uint32_t cap;
} needs[] = {
	{ 4, 0, AMDVI_CAPHDR_IOTLBSUP },
	{ 6, AMDVI_EFR_PREFSUP, 0 },
	{ 8, AMDVI_EFR_IASUP, 0 },
};

START_TEST(test_commands_of_absent_features_are_illegal)
{
	struct sim_amdvi_config c;
	struct world w;

	sim_amdvi_default(&c);
	c.efr &= ~needs[_i].efr;
	c.cap &= ~needs[_i].cap;
	av_start(&w, &c, NULL);
	av_enable(&w);
	av_submit(&w, OP(needs[_i].op), 0);
	ck_assert(halted(&w));
	av_expect_event(&w, OP(5), AV_CMD);
	world_stop(&w);
}
END_TEST

/* ---- errors ---- */

START_TEST(test_commands_before_the_bad_one_complete_and_none_after)
{
	struct sim_policy policy = { .out_of_order = _i & 1 };
	struct world w;

	av_start(&w, NULL, &policy);
	av_enable(&w);
	sim_device_add(w.s, 0, RID, true);
	av_cmd(&w, OP(4) | RID, 0x1000); /* takes long */
	av_cmd(&w, CW_STORE(STORE), 11);
	av_cmd(&w, OP(0), 0);
	av_cmd(&w, CW_STORE(STORE + 8), 22);
	av_tell(&w);
	world_settle(&w);
	ck_assert(halted(&w));
	ck_assert_uint_eq(world_get(&w, STORE), 11);
	ck_assert_uint_eq(world_get(&w, STORE + 8), 0);
	ck_assert_uint_eq(head(&w), 32);
	av_expect_event(&w, OP(5), AV_CMD + 32);
	ck_assert_uint_eq(world_r64(&w, 0x18) >> 12 & 1, 1); /* CmdBufEn stays */
	world_w64(&w, 0x2008, 48);                           /* a tail alone restarts nothing */
	world_settle(&w);
	ck_assert(halted(&w));
	restart(&w, 48);
	w.amdvi.tail = 64;
	av_tell(&w);
	world_settle(&w);
	ck_assert_uint_eq(world_get(&w, STORE + 8), 22);
	world_stop(&w);
}
END_TEST

START_TEST(test_head_past_the_bad_command_in_the_other_reading)
{
	struct sim_amdvi_config c;
	struct world w;

	sim_amdvi_default(&c);
	c.readings = SIM_AMDVI_HEAD_PAST_ERROR;
	av_start(&w, &c, NULL);
	av_enable(&w);
	av_submit(&w, OP(0), 0);
	ck_assert_uint_eq(head(&w), 16);
	av_expect_event(&w, OP(5), AV_CMD);
	world_stop(&w);
}
END_TEST

START_TEST(test_unreadable_command_is_a_hardware_error)
{
	struct world w;
	uint64_t q0 = OP(6) | (uint64_t)(_i ? 3 : 2) << 57;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = _i ? SIM_POINT_BUS_READ_POISON
								   : SIM_POINT_BUS_READ_ABORT,
						       .count = 1,
						       .last = UINT64_MAX,
						       .master = SIM_MASTER_QUEUE });
	av_submit(&w, CW_STORE(STORE), 5);
	ck_assert(halted(&w));
	av_expect_event(&w, q0, AV_CMD);
	ck_assert_uint_eq(world_r64(&w, 0x40), q0);
	ck_assert_uint_eq(world_r64(&w, 0x48), AV_CMD);
	restart(&w, 0);
	w.amdvi.tail = 16;
	av_tell(&w);
	world_settle(&w);
	ck_assert_uint_eq(world_get(&w, STORE), 5);
	world_stop(&w);
}
END_TEST

START_TEST(test_buffer_outside_memory_is_a_master_abort)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	world_w64(&w, 0x18, 0x48D);
	world_settle(&w);
	world_w64(&w, 0x08, UINT64_C(0x0800007000000000));
	world_w64(&w, 0x18, 0x148D);
	world_settle(&w);
	world_w64(&w, 0x2008, 16);
	world_settle(&w);
	ck_assert(halted(&w));
	av_expect_event(&w, OP(6) | UINT64_C(1) << 57, UINT64_C(0x7000000000));
	world_stop(&w);
}
END_TEST

START_TEST(test_store_that_fails_halts)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_cmd(&w, OP(2) | RID, 0);
	av_cmd(&w, CW_STORE(UINT64_C(0x7000000008)), 5);
	av_cmd(&w, CW_STORE(STORE), 6);
	av_tell(&w);
	world_settle(&w);
	ck_assert(halted(&w));
	ck_assert_uint_eq(head(&w), 16);
	ck_assert_uint_eq(world_get(&w, STORE), 0);
	av_expect_event(&w, OP(6) | UINT64_C(1) << 57, UINT64_C(0x7000000008));
	world_stop(&w);
}
END_TEST

/* ---- COMPLETION_WAIT ---- */

START_TEST(test_wait_stores_eight_bytes_then_raises)
{
	struct world w;
	const struct sim_msi *msi;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	world_w64(&w, 0x18, 0x149D); /* and ComWaitIntEn */
	world_settle(&w);
	av_submit(&w, CW_STORE(STORE) | 2, UINT64_C(0x1122334455667788));
	ck_assert_uint_eq(world_get(&w, STORE), UINT64_C(0x1122334455667788));
	ck_assert(av_status(&w) & COMWAITINT);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	msi = sim_msi_get(w.s, 0);
	ck_assert_uint_eq(msi->addr, 0xFEE00000);
	ck_assert_uint_eq(msi->data, 0x41);
	ck_assert(msi->from_unit);
	av_submit(&w, OP(1) | 2, 0); /* the bit is still 1: no second message */
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	world_w64(&w, 0x2020, COMWAITINT);
	ck_assert(!(av_status(&w) & COMWAITINT));
	av_submit(&w, OP(1) | 2, 0);
	ck_assert_uint_eq(sim_msi_count(w.s), 2);
	world_stop(&w);
}
END_TEST

/* Set without ComWaitIntEn, too; s = i = 0 does neither. */
START_TEST(test_wait_bits_do_what_they_say)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	for (unsigned bits = 0; bits < 8; bits++) {
		world_put(&w, STORE, 0);
		world_w64(&w, 0x2020, COMWAITINT);
		av_submit(&w, OP(1) | STORE | bits, 77);
		ck_assert_uint_eq(world_get(&w, STORE), bits & 1 ? 77 : 0);
		ck_assert_uint_eq(av_status(&w) & COMWAITINT, bits & 2 ? COMWAITINT : 0);
		ck_assert_uint_eq(head(&w), w.amdvi.tail);
	}
	ck_assert_uint_eq(sim_msi_count(w.s), 0);
	world_stop(&w);
}
END_TEST

/* The device has not answered, so the wait behind its command has not completed. */
START_TEST(test_wait_holds_for_device_answers)
{
	struct sim_policy policy = { .out_of_order = _i & 1 };
	struct world w;

	av_start(&w, NULL, &policy);
	av_enable(&w);
	sim_device_add(w.s, 0, RID, true);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = SIM_POINT_DEVTLB_SILENT,
						       .last = UINT64_MAX });
	av_cmd(&w, OP(4) | RID, 0x1000);
	av_cmd(&w, CW_STORE(STORE) | (_i & 2 ? 4 : 0), 1);
	av_cmd(&w, CW_STORE(STORE + 8), 2);
	av_tell(&w);
	sim_advance(w.s, 999000000);
	ck_assert_uint_eq(world_get(&w, STORE), 0);
	ck_assert_uint_eq(world_get(&w, STORE + 8), 0);
	sim_advance(w.s, 2000000); /* InvTimeOut: 1 s */
	ck_assert_uint_eq(world_get(&w, STORE), 1);
	ck_assert_uint_eq(world_get(&w, STORE + 8), 2);
	av_expect_event(&w, OP(7) | RID, AV_CMD);
	ck_assert(!halted(&w));
	world_stop(&w);
}
END_TEST

static const uint64_t time_outs[] = { 0,          1000000,     10000000,     100000000,
				      1000000000, 10000000000, 100000000000, 0 };

START_TEST(test_time_out_is_the_one_asked_for)
{
	uint64_t ns = time_outs[_i], e[2];
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	world_w64(&w, 0x18, 0x140D | (uint64_t)_i << 5);
	world_settle(&w);
	av_cmd(&w, OP(4) | RID, 0x1000); /* no such device */
	av_cmd(&w, OP(4) | RID, 0x2000);
	av_cmd(&w, CW_STORE(STORE), 1);
	av_tell(&w);
	if (!ns) {
		sim_advance(w.s, UINT64_C(300000000000));
		ck_assert_uint_eq(world_get(&w, STORE), 0);
		av_expect_no_event(&w);
	} else {
		sim_advance(w.s, ns * 2 - ns / 100);
		ck_assert_uint_eq(world_get(&w, STORE), 0);
		sim_advance(w.s, ns / 50);
		ck_assert_uint_eq(world_get(&w, STORE), 1);
		/* In order, the second is sent when the first has given up: one event for each. */
		ck_assert(av_event(&w, &e[0], &e[1]));
		ck_assert(e[0] == (OP(7) | RID) && e[1] == AV_CMD);
		av_expect_event(&w, OP(7) | RID, AV_CMD + 16);
	}
	ck_assert_uint_eq(world_complaints(&w, "control-reserved"), _i == 7);
	world_stop(&w);
}
END_TEST

/* f = 1 keeps later commands back; in order and out of order no wait completes before what precedes it. */
START_TEST(test_order_of_random_commands)
{
	struct sim_policy policy = { .out_of_order = true };
	uint64_t state = (uint64_t)_i;
	struct world w;
	unsigned waits = 0;

	av_start(&w, NULL, &policy);
	av_enable(&w);
	sim_device_add(w.s, 0, RID, true);
	for (unsigned round = 0; round < 20; round++) {
		uint64_t seen = waits;

		for (unsigned i = 0; i < 10; i++) {
			switch (world_below(&state, 4)) {
			case 0:
				av_cmd(&w, OP(4) | RID, 0x1000);
				break;
			case 1:
				av_cmd(&w, OP(3), 0x2000);
				break;
			case 2:
				av_cmd(&w, OP(2) | RID, 0);
				break;
			default:
				av_cmd(&w, CW_STORE(STORE) | world_below(&state, 2) << 2, ++waits);
			}
		}
		av_tell(&w);
		for (unsigned i = 0; i < 2000; i++) {
			uint64_t now;

			sim_advance(w.s, 50);
			now = world_get(&w, STORE);
			ck_assert_uint_le(seen, now); /* waits complete in their order */
			seen = now;
		}
		ck_assert_uint_eq(seen, waits);
		ck_assert_uint_eq(head(&w), w.amdvi.tail);
	}
	av_expect_no_event(&w);
	world_stop(&w);
}
END_TEST

/* ---- the ring ---- */

START_TEST(test_ring_wraps_at_its_length)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	for (unsigned i = 1; i <= 600; i++) {
		av_cmd(&w, CW_STORE(STORE), i);
		if (i % 100 == 0) {
			av_tell(&w);
			world_settle(&w);
			ck_assert_uint_eq(world_get(&w, STORE), i);
			ck_assert_uint_eq(head(&w), i * 16 % 4096);
		}
	}
	world_stop(&w);
}
END_TEST

START_TEST(test_stop_lets_fetched_commands_finish)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	sim_device_add(w.s, 0, RID, true);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = SIM_POINT_DEVTLB_SILENT,
						       .count = 1,
						       .last = UINT64_MAX });
	av_cmd(&w, OP(4) | RID, 0x1000);
	av_cmd(&w, CW_STORE(STORE), 1);
	av_tell(&w);
	sim_advance(w.s, 1000);
	ck_assert_uint_eq(head(&w), 32);
	world_w64(&w, 0x18, 0x48D);
	av_cmd(&w, CW_STORE(STORE + 8), 2);
	av_tell(&w);
	sim_advance(w.s, 100000);
	ck_assert(!halted(&w)); /* the device may still answer */
	sim_advance(w.s, 1100000000);
	ck_assert(halted(&w));
	ck_assert_uint_eq(world_get(&w, STORE), 1);
	ck_assert_uint_eq(world_get(&w, STORE + 8), 0);
	ck_assert_uint_eq(head(&w), 32);
	world_w64(&w, 0x18, 0x148D);
	world_settle(&w);
	ck_assert_uint_eq(world_get(&w, STORE + 8), 2);
	world_stop(&w);
}
END_TEST

START_TEST(test_enable_before_stopped_is_complained_about)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	world_w64(&w, 0x18, 0x48D);
	world_w64(&w, 0x18, 0x148D);
	world_settle(&w);
	ck_assert_uint_eq(world_complaints(&w, "enable-before-stopped"), 1);
	ck_assert(!halted(&w));
	av_submit(&w, CW_STORE(STORE), 1);
	ck_assert_uint_eq(world_get(&w, STORE), 1);
	world_stop(&w);
}
END_TEST

/* ---- injection ---- */

START_TEST(test_injected_completions)
{
	static const enum sim_point point[] = { SIM_POINT_COMPLETION_LOST,
						SIM_POINT_COMPLETION_WRONG,
						SIM_POINT_COMPLETION_LATE };
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = point[_i],
						       .count = 1,
						       .last = UINT64_MAX,
						       .value = 1000000 });
	av_cmd(&w, CW_STORE(STORE), 5);
	av_tell(&w);
	sim_advance(w.s, 500000);
	ck_assert_uint_eq(world_get(&w, STORE), _i == 1 ? 1000000 : 0);
	sim_advance(w.s, 1000000);
	ck_assert_uint_eq(world_get(&w, STORE), _i == 0 ? 0 : _i == 1 ? 1000000 : 5);
	av_submit(&w, CW_STORE(STORE), 6);
	ck_assert_uint_eq(world_get(&w, STORE), 6);
	world_stop(&w);
}
END_TEST

START_TEST(test_injected_stall_and_lost_handshake)
{
	struct world w;

	av_start(&w, NULL, NULL);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = SIM_POINT_HANDSHAKE_LOST,
						       .count = 1,
						       .last = UINT64_MAX });
	world_w64(&w, 0x08, AV_CMD | UINT64_C(8) << 56);
	world_w64(&w, 0x18, 0x1401);
	world_settle(&w);
	ck_assert(halted(&w));
	world_w64(&w, 0x18, 0x401);
	world_w64(&w, 0x18, 0x1401);
	world_settle(&w);
	ck_assert(!halted(&w));
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = SIM_POINT_QUEUE_STALL,
						       .count = 1,
						       .last = UINT64_MAX,
						       .value = 1000000 });
	av_cmd(&w, CW_STORE(STORE), 6);
	av_tell(&w);
	sim_advance(w.s, 900000);
	ck_assert_uint_eq(world_get(&w, STORE), 0);
	sim_advance(w.s, 200000);
	ck_assert_uint_eq(world_get(&w, STORE), 6);
	world_stop(&w);
}
END_TEST

/* ---- PREFETCH ---- */

START_TEST(test_prefetch_fills_and_tells_nothing)
{
	struct world w;
	uint64_t root;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_attach(&w, RID, root, 2, 9);
	for (unsigned i = 0; i < 4; i++)
		av_leaf(&w, root, 2, 0x10000 + i * 0x1000u, 1,
			UINT64_C(0x6000000000000001) | (0xA0000 + i * 0x1000u));
	av_submit(&w, OP(6) | 5u << 24 | RID, 0x10000); /* six pages, two of them absent */
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 9, UINT64_MAX), 4);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 9, 0x13000), 1);
	av_expect_no_event(&w);
	av_leaf(&w, root, 2, 0x11000, 1, UINT64_C(0x60000000000C1001));
	av_submit(&w, OP(6) | RID, 0x11000); /* a hint: what is cached stays */
	ck_assert(world_reads(&w, RID, 0x11000, 0xA1000));
	av_submit(&w, OP(6) | RID, 0x11010); /* Inval */
	ck_assert(world_reads(&w, RID, 0x11000, 0xC1000));
	world_stop(&w);
}
END_TEST

#define LOOP(t, test, n) tcase_add_loop_test(t, test, 0, (int)(n))

static Suite *suite(void)
{
	Suite *s = suite_create("amdvi_cmd");
	TCase *t = tcase_create("cmd");

	tcase_set_timeout(t, 60);
	LOOP(t, test_each_reserved_bit_halts_the_buffer, 16);
	LOOP(t, test_commands_of_absent_features_are_illegal, 3);
	LOOP(t, test_commands_before_the_bad_one_complete_and_none_after, 2);
	tcase_add_test(t, test_head_past_the_bad_command_in_the_other_reading);
	LOOP(t, test_unreadable_command_is_a_hardware_error, 2);
	tcase_add_test(t, test_buffer_outside_memory_is_a_master_abort);
	tcase_add_test(t, test_store_that_fails_halts);
	tcase_add_test(t, test_wait_stores_eight_bytes_then_raises);
	tcase_add_test(t, test_wait_bits_do_what_they_say);
	LOOP(t, test_wait_holds_for_device_answers, 4);
	LOOP(t, test_time_out_is_the_one_asked_for, 8);
	LOOP(t, test_order_of_random_commands, 4);
	tcase_add_test(t, test_ring_wraps_at_its_length);
	tcase_add_test(t, test_stop_lets_fetched_commands_finish);
	tcase_add_test(t, test_enable_before_stopped_is_complained_about);
	LOOP(t, test_injected_completions, 3);
	tcase_add_test(t, test_injected_stall_and_lost_handshake);
	tcase_add_test(t, test_prefetch_fills_and_tells_nothing);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
