/*
 * Ranges as aligned blocks, against brute force over every range of a small space.
 */
#include "unit.h"

#include <stdbool.h>

#include "driver/cover.h"

#define SPACE 70u

static bool block_covers(const struct cover_block *b, uint64_t page)
{
	uint64_t first = b->addr >> 12;

	return page >= first && page - first < (UINT64_C(1) << b->am);
}

START_TEST(test_cover_reaches_every_page_of_every_range)
{
	uint32_t am_max = (uint32_t)_i;

	for (uint64_t first = 0; first < SPACE; first++) {
		for (uint64_t last = first; last < SPACE; last++) {
			struct cover_block b[COVER_MAX];
			uint32_t n = cover_range(first << 12, (last << 12) + 4095, am_max, b);
			uint64_t total = 0;

			if (n > COVER_MAX)
				ck_abort_msg("%u blocks", n);
			for (uint32_t i = 0; i < n; i++) {
				if (b[i].am > am_max ||
				    b[i].addr & ((UINT64_C(4096) << b[i].am) - 1))
					ck_abort_msg("block %u is not legal", i);
				total += UINT64_C(1) << b[i].am;
			}
			for (uint64_t page = first; n && page <= last; page++) {
				bool hit = false;

				for (uint32_t i = 0; i < n; i++)
					hit |= block_covers(&b[i], page);
				if (!hit)
					ck_abort_msg("%d..%d misses %d", (int)first, (int)last,
						     (int)page);
			}
			/* more than one block only when they fit exactly */
			if (n > 1 && total != last - first + 1)
				ck_abort_msg("%d..%d: not exact", (int)first, (int)last);
			/* giving up is right only when neither way is possible */
			if (n == 0 && cover_one(first << 12, last << 12) <= am_max)
				ck_abort_msg("%d..%d: gave up", (int)first, (int)last);
			if (n == 0 && last - first + 1 <= COVER_MAX)
				ck_abort_msg("%d..%d: gave up early", (int)first, (int)last);
		}
	}
	ck_assert(true);
}
END_TEST

/* By hand: page numbers 1 and 2 need four pages from 0, although they are two. */
START_TEST(test_cover_one_looks_at_both_ends)
{
	ck_assert_uint_eq(cover_one(0x1000, 0x1fff), 0);
	ck_assert_uint_eq(cover_one(0x1000, 0x2fff), 2);
	ck_assert_uint_eq(cover_one(0x200000, 0x3fffff), 9);
	ck_assert_uint_eq(cover_one(0x40000000, 0x7fffffff), 18);
	ck_assert_uint_eq(cover_one(0, UINT64_MAX), 52);
}
END_TEST

START_TEST(test_cover_of_large_ranges)
{
	struct cover_block b[COVER_MAX];

	ck_assert_uint_eq(cover_range(0x200000, 0x3fffff, 18, b), 1);
	ck_assert_uint_eq(b[0].addr, 0x200000);
	ck_assert_uint_eq(b[0].am, 9);
	/* 1 GiB in blocks of 2 MiB would be 512 commands */
	ck_assert_uint_eq(cover_range(0x40000000, 0x7fffffff, 9, b), 0);
	ck_assert_uint_eq(cover_range(0x1ff000, 0x400fff, 9, b), 3);
	ck_assert_uint_eq(b[1].addr, 0x200000);
	ck_assert_uint_eq(b[1].am, 9);
	ck_assert_uint_eq(cover_range(0, (UINT64_C(1) << 57) - 1, 45, b), 1);
	ck_assert_uint_eq(b[0].am, 45);
}
END_TEST

/* Sizes in the address, as PCIe ATS has them; the lines with a name are worked examples of 48882. */
START_TEST(test_cover_encodes_the_size_in_the_address)
{
	ck_assert_uint_eq(cover_encode(0x12345fff, 0), 0x12345000);
	ck_assert_uint_eq(cover_encode(0x6000, 1), 0x6001); /* 8 KiB at 6000h */
	ck_assert_uint_eq(cover_encode(0x7000, 1), 0x6001);
	ck_assert_uint_eq(cover_encode(0x40000000, 9), 0x400ff001);  /* 2 MiB */
	ck_assert_uint_eq(cover_encode(0x40000000, 18), 0x5ffff001); /* 1 GiB */
	ck_assert_uint_eq(cover_encode(0, 50), UINT64_C(0x1ffffffffffff001));
	ck_assert_uint_eq(cover_encode(UINT64_MAX, 51), UINT64_C(0x7ffffffffffff001));
	ck_assert_uint_eq(cover_encode(0, 52), UINT64_C(0x7ffffffffffff001));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver cover");
	TCase *t = tcase_create("cover");

	tcase_add_loop_test(t, test_cover_reaches_every_page_of_every_range, 0, 8);
	tcase_add_test(t, test_cover_one_looks_at_both_ends);
	tcase_add_test(t, test_cover_of_large_ranges);
	tcase_add_test(t, test_cover_encodes_the_size_in_the_address);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
