/*
 * Random numbers: the sequence is SplitMix64's, streams are apart, small ranges are even.
 */
#include "sim/rng.h"
#include "unit.h"

/* The published sequences of SplitMix64 started from state 0 and 1234567. */
START_TEST(test_rng_is_splitmix64)
{
	static const uint64_t from_0[] = { 0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4,
					   0x06C45D188009454F, 0xF88BB8A8724C81EC };
	static const uint64_t from_1234567[] = { 6457827717110365317u, 3203168211198807973u,
						 9817491932198370423u, 4593380528125082431u };
	struct rng a = { 0 }, b = { 1234567 };

	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(rng_next(&a), from_0[i]);
		ck_assert_uint_eq(rng_next(&b), from_1234567[i]);
	}
}
END_TEST

START_TEST(test_rng_same_seed_and_name_same_numbers)
{
	struct rng a, b;

	rng_init(&a, 42, 7);
	rng_init(&b, 42, 7);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_eq(rng_next(&a), rng_next(&b));
}
END_TEST

START_TEST(test_rng_streams_share_no_number)
{
	enum {
		STREAMS = 16,
		NUMBERS = 64
	};
	uint64_t seen[STREAMS * NUMBERS];

	for (unsigned i = 0; i < STREAMS; i++) {
		struct rng r;

		rng_init(&r, i / 4, i % 4);
		for (unsigned n = 0; n < NUMBERS; n++)
			seen[i * NUMBERS + n] = rng_next(&r);
	}
	for (unsigned i = 0; i < STREAMS * NUMBERS; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_uint_ne(seen[i], seen[k]);
}
END_TEST

START_TEST(test_rng_below_is_even_and_in_range)
{
	enum {
		N = 7,
		ROUNDS = 70000
	};
	uint32_t hits[N] = { 0 };
	struct rng r;

	rng_init(&r, 1, 1);
	ck_assert_uint_eq(rng_below(&r, 1), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t n = rng_below(&r, N);

		ck_assert_uint_lt(n, N);
		hits[n]++;
	}
	for (unsigned i = 0; i < N; i++) {
		ck_assert_uint_gt(hits[i], ROUNDS / N * 9 / 10);
		ck_assert_uint_lt(hits[i], ROUNDS / N * 11 / 10);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("rng");
	TCase *t = tcase_create("rng");

	tcase_add_test(t, test_rng_is_splitmix64);
	tcase_add_test(t, test_rng_same_seed_and_name_same_numbers);
	tcase_add_test(t, test_rng_streams_share_no_number);
	tcase_add_test(t, test_rng_below_is_even_and_in_range);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
