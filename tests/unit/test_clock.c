/*
 * Simulated time: what is due fires in order, at its time, a bounded number of times.
 */
#include "sim/clock.h"
#include "sim/rng.h"
#include "unit.h"

struct log {
	struct clock clock;
	unsigned id[64];
	uint64_t at[64];
	unsigned count;
};

struct alarm {
	struct timer timer;
	struct log *log;
	unsigned id;
	uint64_t again_ns; /* sets itself again so often */
	unsigned again;
	uint64_t nested_ns; /* advances the clock while it fires */
};

static void ring(void *arg)
{
	struct alarm *a = arg;
	struct log *l = a->log;

	if (l->count < 64) {
		l->id[l->count] = a->id;
		l->at[l->count] = l->clock.now_ns;
	}
	l->count++;
	if (a->again) {
		a->again--;
		clock_after(&l->clock, &a->timer, a->again_ns);
	}
	if (a->nested_ns)
		clock_advance(&l->clock, a->nested_ns);
}

static void alarm_init(struct alarm *a, struct log *l, unsigned id)
{
	*a = (struct alarm){ .log = l, .id = id };
	timer_init(&a->timer, ring, a);
}

static void expect(const struct log *l, unsigned n, unsigned id, uint64_t at)
{
	ck_assert_uint_gt(l->count, n);
	ck_assert_uint_eq(l->id[n], id);
	ck_assert_uint_eq(l->at[n], at);
}

START_TEST(test_clock_fires_in_due_order_then_in_set_order)
{
	struct log l = { 0 };
	struct alarm a[4];

	for (unsigned i = 0; i < 4; i++)
		alarm_init(&a[i], &l, i);
	clock_after(&l.clock, &a[0].timer, 30);
	clock_after(&l.clock, &a[1].timer, 10);
	clock_after(&l.clock, &a[2].timer, 30);
	clock_after(&l.clock, &a[3].timer, 20);
	clock_advance(&l.clock, 9);
	ck_assert_uint_eq(l.count, 0);
	clock_advance(&l.clock, 1);
	expect(&l, 0, 1, 10);
	ck_assert_uint_eq(l.count, 1);
	clock_advance(&l.clock, 100);
	expect(&l, 1, 3, 20);
	expect(&l, 2, 0, 30);
	expect(&l, 3, 2, 30);
	ck_assert_uint_eq(l.clock.now_ns, 110);
	ck_assert(clock_idle(&l.clock));
}
END_TEST

START_TEST(test_clock_delay_0_fires_at_the_next_advance)
{
	struct log l = { 0 };
	struct alarm a;

	alarm_init(&a, &l, 1);
	ck_assert(!clock_due(&l.clock));
	clock_after(&l.clock, &a.timer, 0);
	ck_assert_uint_eq(l.count, 0);
	ck_assert(clock_due(&l.clock));
	clock_advance(&l.clock, 0);
	ck_assert_uint_eq(l.count, 1);
	ck_assert(!clock_due(&l.clock));
}
END_TEST

START_TEST(test_clock_setting_again_moves_and_cancel_removes)
{
	struct log l = { 0 };
	struct alarm a, b, c;

	alarm_init(&a, &l, 1);
	alarm_init(&b, &l, 2);
	alarm_init(&c, &l, 3);
	clock_after(&l.clock, &a.timer, 10);
	clock_after(&l.clock, &b.timer, 20);
	clock_after(&l.clock, &c.timer, 30);
	clock_after(&l.clock, &a.timer, 40);
	clock_cancel(&l.clock, &b.timer);
	clock_cancel(&l.clock, &b.timer);
	ck_assert(!clock_idle(&l.clock));
	clock_advance(&l.clock, 50);
	ck_assert_uint_eq(l.count, 2);
	expect(&l, 0, 3, 30);
	expect(&l, 1, 1, 40);
}
END_TEST

START_TEST(test_clock_handler_sets_itself_within_one_advance)
{
	struct log l = { 0 };
	struct alarm a;

	alarm_init(&a, &l, 1);
	a.again = 3;
	a.again_ns = 10;
	clock_after(&l.clock, &a.timer, 5);
	clock_advance(&l.clock, 30);
	ck_assert_uint_eq(l.count, 3);
	expect(&l, 2, 1, 25);
	clock_advance(&l.clock, 10);
	expect(&l, 3, 1, 35);
}
END_TEST

START_TEST(test_clock_nested_advance_moves_the_target_only)
{
	struct log l = { 0 };
	struct alarm a, b;

	alarm_init(&a, &l, 1);
	alarm_init(&b, &l, 2);
	a.nested_ns = 100;
	clock_after(&l.clock, &a.timer, 10);
	clock_after(&l.clock, &b.timer, 60);
	clock_advance(&l.clock, 20);
	expect(&l, 0, 1, 10);
	expect(&l, 1, 2, 60);
	ck_assert_uint_eq(l.clock.now_ns, 110);
}
END_TEST

START_TEST(test_clock_bounds_a_handler_without_delay)
{
	struct log l = { 0 };
	struct alarm a;

	alarm_init(&a, &l, 1);
	a.again = CLOCK_FIRES + 9;
	clock_after(&l.clock, &a.timer, 0);
	clock_advance(&l.clock, 7);
	ck_assert_uint_eq(l.count, CLOCK_FIRES);
	ck_assert_uint_eq(l.clock.now_ns, 7); /* time arrives all the same */
	clock_advance(&l.clock, 0);
	ck_assert_uint_eq(l.count, CLOCK_FIRES + 10);
	ck_assert_uint_eq(l.clock.now_ns, 7);
	ck_assert(clock_idle(&l.clock));
}
END_TEST

START_TEST(test_clock_does_not_wrap)
{
	struct log l = { 0 };
	struct alarm a;

	alarm_init(&a, &l, 1);
	clock_advance(&l.clock, 100);
	clock_after(&l.clock, &a.timer, UINT64_MAX);
	clock_advance(&l.clock, 1000);
	ck_assert_uint_eq(l.count, 0);
	clock_advance(&l.clock, UINT64_MAX);
	ck_assert_uint_eq(l.count, 1);
	ck_assert_uint_eq(l.clock.now_ns, UINT64_MAX);
}
END_TEST

/* Against a list searched for its minimum. */
START_TEST(test_clock_agrees_with_brute_force)
{
	enum {
		TIMERS = 20,
		ROUNDS = 5000
	};
	struct log l = { 0 };
	struct alarm a[TIMERS];
	uint64_t due[TIMERS], order[TIMERS], turn = 0;
	struct rng r;

	rng_init(&r, 3, 3);
	for (unsigned i = 0; i < TIMERS; i++) {
		alarm_init(&a[i], &l, i);
		due[i] = UINT64_MAX;
		order[i] = 0;
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned i = rng_below(&r, TIMERS), n = 0;
		uint64_t ns = rng_below(&r, 10), target = l.clock.now_ns + ns;

		if (rng_below(&r, 3)) {
			clock_after(&l.clock, &a[i].timer, ns);
			due[i] = target;
			order[i] = ++turn;
			continue;
		}
		if (rng_below(&r, 4) == 0) {
			clock_cancel(&l.clock, &a[i].timer);
			due[i] = UINT64_MAX;
			continue;
		}
		l.count = 0;
		clock_advance(&l.clock, ns);
		for (;; n++) {
			unsigned first = 0;

			for (unsigned k = 1; k < TIMERS; k++)
				if (due[k] < due[first] ||
				    (due[k] == due[first] && order[k] < order[first]))
					first = k;
			if (due[first] > target)
				break;
			expect(&l, n, first, due[first]);
			due[first] = UINT64_MAX;
		}
		ck_assert_uint_eq(l.count, n);
		ck_assert_uint_eq(l.clock.now_ns, target);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");

	tcase_add_test(t, test_clock_fires_in_due_order_then_in_set_order);
	tcase_add_test(t, test_clock_delay_0_fires_at_the_next_advance);
	tcase_add_test(t, test_clock_setting_again_moves_and_cancel_removes);
	tcase_add_test(t, test_clock_handler_sets_itself_within_one_advance);
	tcase_add_test(t, test_clock_nested_advance_moves_the_target_only);
	tcase_add_test(t, test_clock_bounds_a_handler_without_delay);
	tcase_add_test(t, test_clock_does_not_wrap);
	tcase_add_test(t, test_clock_agrees_with_brute_force);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
