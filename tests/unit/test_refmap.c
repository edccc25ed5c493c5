/*
 * The reference map against one element per page.
 */
#include <string.h>

#include "iommusim/sim.h"
#include "sim/refmap.h"
#include "sim/rng.h"

#include "unit.h"

#define PAGE UINT64_C(4096)

static const struct ref_range *must_find(const struct refmap *m, uint64_t addr)
{
	const struct ref_range *r = refmap_find(m, addr);

	ck_assert_ptr_nonnull(r);
	return r;
}

static int map(struct refmap *m, uint64_t first, uint64_t last, uint64_t pa, uint8_t perm)
{
	return refmap_map(
		m, &(struct ref_range){ .first = first, .last = last, .pa = pa, .perm = perm });
}

static uint32_t ranges(const struct refmap *m)
{
	struct ref_pos p = { 0, 0 };
	uint32_t n = 0;

	while (refmap_next(m, &p))
		n++;
	return n;
}

/* ---- random operations ---- */

#define PAGES 1024u

struct ref_page {
	bool used, leaving;
	uint8_t perm;
	uint64_t pa;
};

static int page_map(struct ref_page *page, uint32_t at, uint32_t n, uint64_t pa, uint8_t perm)
{
	for (uint32_t i = at; i < at + n; i++)
		if (page[i].used && !page[i].leaving)
			return SIM_E_EXIST;
	for (uint32_t i = at; i < at + n; i++)
		page[i] = (struct ref_page){ true, false, perm, pa + (i - at) * PAGE };
	return SIM_OK;
}

static void page_unmap(struct ref_page *page, uint32_t at, uint32_t n)
{
	for (uint32_t i = at; i < at + n; i++)
		page[i].leaving = page[i].used;
}

static void page_quiesce(struct ref_page *page, uint32_t at, uint32_t n)
{
	for (uint32_t i = at; i < at + n; i++)
		if (page[i].leaving)
			page[i] = (struct ref_page){ 0 };
}

static bool page_agrees(const struct refmap *m, const struct ref_page *page, uint64_t addr)
{
	const struct ref_range *r = refmap_find(m, addr);

	if (!r || !page->used)
		return !r && !page->used;
	return r->first <= addr && r->last >= addr &&
	       r->pa + (addr - r->first) == page->pa + addr % PAGE && r->perm == page->perm &&
	       r->state == (page->leaving ? REF_LEAVING : REF_MAPPED);
}

/* Sorted, not overlapping, and nothing but what the pages say. */
static bool in_order(const struct refmap *m)
{
	struct ref_pos p = { 0, 0 };
	const struct ref_range *r;
	uint64_t next = 0;

	while ((r = refmap_next(m, &p))) {
		if (r->first < next || r->last < r->first)
			return false;
		next = r->last + 1;
	}
	return true;
}

/* `most`: largest operation in pages. Small ones make many ranges, hence many chunks; large ones remove many at once. */
static void run_random(uint64_t seed, uint32_t most, uint32_t steps)
{
	static const uint64_t base = UINT64_C(0x7fffffe00000);
	struct ref_page page[PAGES] = { 0 };
	struct refmap m;
	struct rng rng;
	uint32_t mapped = 0, refused = 0, most_chunks = 0;

	refmap_init(&m);
	rng_init(&rng, seed, 77);
	for (uint32_t step = 0; step < steps; step++) {
		uint32_t n = 1 + rng_below(&rng, most), at = rng_below(&rng, PAGES - n + 1);
		uint64_t first = base + at * PAGE, last = first + n * PAGE - 1;
		/* few bases, so that neighbours often continue each other */
		uint64_t pa = PAGE * (rng_below(&rng, 2) * 0x100000 + at);
		uint8_t perm = (uint8_t)(1 + rng_below(&rng, 3));
		int rc;

		switch (rng_below(&rng, 5)) {
		case 0:
			page_unmap(page, at, n);
			ck_assert_int_eq(refmap_unmap(&m, first, last), SIM_OK);
			break;
		case 1:
			page_quiesce(page, at, n);
			ck_assert_int_eq(refmap_quiesce(&m, first, last), SIM_OK);
			break;
		default:
			rc = page_map(page, at, n, pa, perm);
			ck_assert_int_eq(map(&m, first, last, pa, perm), rc);
			mapped += rc == SIM_OK;
			refused += rc != SIM_OK;
		}
		most_chunks = m.chunks > most_chunks ? m.chunks : most_chunks;
		ck_assert(in_order(&m));
		for (uint32_t i = 0; i < PAGES;
		     i++) /* one assertion a page would cost more than the test */
			if (!page_agrees(&m, &page[i], base + i * PAGE + rng_below(&rng, PAGE)))
				ck_abort_msg("step %u: page %u differs", step, i);
		ck_assert_ptr_null(refmap_find(&m, base - 1));
		ck_assert_ptr_null(refmap_find(&m, base + PAGES * PAGE));
	}
	/* The run has to have gone where it is worth going. */
	ck_assert_uint_gt(mapped, steps / 10);
	ck_assert_uint_gt(refused, 0);
	if (most == 1)
		ck_assert_uint_gt(most_chunks, 2);
	refmap_destroy(&m);
}

START_TEST(test_refmap_agrees_with_one_element_per_page)
{
	static const uint32_t most[] = { 1, 2, 9, 200 };

	run_random((uint64_t)_i + 1, most[_i], 3000);
}
END_TEST

/* ---- single properties ---- */

START_TEST(test_refmap_neighbours_that_continue_each_other_are_one_range)
{
	struct refmap m;

	refmap_init(&m);
	for (uint64_t i = 0; i < 100000; i++)
		ck_assert_int_eq(map(&m, i * PAGE, i * PAGE + PAGE - 1, 0x40000000 + i * PAGE, 3),
				 SIM_OK);
	ck_assert_uint_eq(ranges(&m), 1);
	/* another permission, another page, and a hole each begin a new one */
	ck_assert_int_eq(map(&m, 0x100000 * PAGE, 0x100000 * PAGE + 0xfff, 0x1000, 3), SIM_OK);
	ck_assert_int_eq(map(&m, 0x100001 * PAGE, 0x100001 * PAGE + 0xfff, 0x2000, 1), SIM_OK);
	ck_assert_int_eq(map(&m, 0x100002 * PAGE, 0x100002 * PAGE + 0xfff, 0x9000, 1), SIM_OK);
	ck_assert_uint_eq(ranges(&m), 4);
	/* filling the hole in the middle joins both sides */
	ck_assert_int_eq(refmap_unmap(&m, 5 * PAGE, 6 * PAGE - 1), SIM_OK);
	ck_assert_int_eq(refmap_quiesce(&m, 5 * PAGE, 6 * PAGE - 1), SIM_OK);
	ck_assert_uint_eq(ranges(&m), 5);
	ck_assert_int_eq(map(&m, 5 * PAGE, 6 * PAGE - 1, 0x40005000, 3), SIM_OK);
	ck_assert_uint_eq(ranges(&m), 4);
	refmap_destroy(&m);
}
END_TEST

START_TEST(test_refmap_a_part_leaves_and_the_rest_stays)
{
	struct refmap m;
	const struct ref_range *r;

	refmap_init(&m);
	ck_assert_int_eq(map(&m, 0x10000, 0x1ffff, 0x500000, 2), SIM_OK);
	ck_assert_int_eq(refmap_unmap(&m, 0x14000, 0x15fff), SIM_OK);
	ck_assert_uint_eq(must_find(&m, 0x13fff)->state, REF_MAPPED);
	r = must_find(&m, 0x14000);
	ck_assert_uint_eq(r->state, REF_LEAVING);
	ck_assert_uint_eq(r->first, 0x14000);
	ck_assert_uint_eq(r->last, 0x15fff);
	ck_assert_uint_eq(r->pa, 0x504000);
	r = must_find(&m, 0x16000);
	ck_assert_uint_eq(r->state, REF_MAPPED);
	ck_assert_uint_eq(r->pa, 0x506000);
	/* quiescing what is mapped takes nothing away */
	ck_assert_int_eq(refmap_quiesce(&m, 0, UINT64_MAX), SIM_OK);
	ck_assert_ptr_null(refmap_find(&m, 0x14000));
	ck_assert_ptr_nonnull(refmap_find(&m, 0x10000));
	ck_assert_ptr_nonnull(refmap_find(&m, 0x1ffff));
	refmap_destroy(&m);
}
END_TEST

START_TEST(test_refmap_mapping_over_what_leaves_replaces_it_and_over_what_is_mapped_changes_nothing)
{
	struct refmap m;

	refmap_init(&m);
	ck_assert_int_eq(map(&m, 0x1000, 0x2fff, 0x100000, 3), SIM_OK);
	ck_assert_int_eq(map(&m, 0x2000, 0x3fff, 0x900000, 3), SIM_E_EXIST);
	ck_assert_ptr_null(refmap_find(&m, 0x3000));
	ck_assert_int_eq(refmap_unmap(&m, 0x1000, 0x2fff), SIM_OK);
	ck_assert_int_eq(map(&m, 0x2000, 0x3fff, 0x900000, 1), SIM_OK);
	ck_assert_uint_eq(must_find(&m, 0x1000)->state, REF_LEAVING);
	ck_assert_uint_eq(must_find(&m, 0x2000)->state, REF_MAPPED);
	ck_assert_uint_eq(must_find(&m, 0x2000)->pa, 0x900000);
	ck_assert_int_eq(refmap_quiesce(&m, 0x1000, 0x2fff), SIM_OK);
	ck_assert_ptr_null(refmap_find(&m, 0x1000));
	ck_assert_ptr_nonnull(refmap_find(&m, 0x2000));
	refmap_destroy(&m);
}
END_TEST

START_TEST(test_refmap_reaches_both_ends_of_the_address_space)
{
	struct refmap m;

	refmap_init(&m);
	ck_assert_int_eq(map(&m, UINT64_MAX - 0xfff, UINT64_MAX, 0x5000, 3), SIM_OK);
	ck_assert_int_eq(map(&m, 0, 0xfff, 0x6000, 3), SIM_OK);
	ck_assert_uint_eq(ranges(&m), 2);
	ck_assert_uint_eq(must_find(&m, UINT64_MAX)->pa, 0x5000);
	ck_assert_uint_eq(must_find(&m, 0)->pa, 0x6000);
	ck_assert_int_eq(refmap_unmap(&m, 0, UINT64_MAX), SIM_OK);
	ck_assert_uint_eq(must_find(&m, 0)->state, REF_LEAVING);
	ck_assert_uint_eq(must_find(&m, UINT64_MAX)->state, REF_LEAVING);
	ck_assert_int_eq(refmap_quiesce(&m, 0, UINT64_MAX), SIM_OK);
	ck_assert_uint_eq(ranges(&m), 0);
	refmap_destroy(&m);
}
END_TEST

START_TEST(test_refmap_finds_what_leads_to_a_page)
{
	struct refmap m;

	refmap_init(&m);
	ck_assert_int_eq(map(&m, 0x10000, 0x13fff, 0x500000, 3), SIM_OK);
	ck_assert_int_eq(map(&m, 0x20000, 0x20fff, 0x700000, 3), SIM_OK);
	ck_assert_int_eq(refmap_unmap(&m, 0x20000, 0x20fff), SIM_OK);
	ck_assert_ptr_eq(refmap_leading_to(&m, 0x503fff, 0x600000, -1), refmap_find(&m, 0x10000));
	ck_assert_ptr_null(refmap_leading_to(&m, 0x504000, 0x6fffff, -1));
	ck_assert_ptr_eq(refmap_leading_to(&m, 0x700fff, 0x700fff, -1), refmap_find(&m, 0x20000));
	ck_assert_ptr_null(refmap_leading_to(&m, 0x700000, 0x700fff, REF_MAPPED));
	refmap_destroy(&m);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("refmap");
	TCase *t = tcase_create("refmap");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_refmap_agrees_with_one_element_per_page, 0, 4);
	tcase_add_test(t, test_refmap_neighbours_that_continue_each_other_are_one_range);
	tcase_add_test(t, test_refmap_a_part_leaves_and_the_rest_stays);
	tcase_add_test(
		t,
		test_refmap_mapping_over_what_leaves_replaces_it_and_over_what_is_mapped_changes_nothing);
	tcase_add_test(t, test_refmap_reaches_both_ends_of_the_address_space);
	tcase_add_test(t, test_refmap_finds_what_leads_to_a_page);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
