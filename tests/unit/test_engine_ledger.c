/*
 * The ledger against an array with one slot per page.
 */
#include "unit.h"

#include <stdbool.h>

#include "scenarios/engine/ledger.h"

#define PAGES 48u
#define PAGE 4096u

struct model {
	int pa[PAGES]; /* physical page behind each page, -1: none */
	bool leaving[PAGES];
};

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Every page of the model is in exactly one piece, with its physical page and state, and no piece has more. */
static void compare(const struct ledger *l, const struct model *m)
{
	uint32_t covered = 0, mapped = 0;

	for (uint32_t i = 0; i < l->count; i++)
		for (uint64_t at = l->piece[i].first; at < l->piece[i].last; at += PAGE) {
			uint64_t page = at / PAGE,
				 pa = (l->piece[i].pa + (at - l->piece[i].first)) / PAGE;

			ck_assert_int_eq(m->pa[page], (int)pa);
			ck_assert_int_eq(m->leaving[page], l->piece[i].state == PIECE_LEAVING);
			covered++;
		}
	for (uint32_t i = 0; i < PAGES; i++)
		mapped += m->pa[i] >= 0;
	ck_assert_uint_eq(covered, mapped);
}

static void map(struct ledger *l, struct model *m, uint32_t first, uint32_t count, uint32_t pa)
{
	for (uint32_t i = first; i < first + count; i++)
		if (m->pa[i] >= 0)
			return;
	ck_assert(ledger_map(l, 1, first * (uint64_t)PAGE, (first + count) * (uint64_t)PAGE - 1,
			     pa * (uint64_t)PAGE, 3));
	for (uint32_t i = 0; i < count; i++)
		m->pa[first + i] = (int)(pa + i);
}

static void unmap(struct ledger *l, struct model *m, uint32_t first, uint32_t count)
{
	ck_assert(ledger_leave(l, 1, first * (uint64_t)PAGE, (first + count) * (uint64_t)PAGE - 1));
	for (uint32_t i = first; i < first + count; i++)
		m->leaving[i] = m->pa[i] >= 0;
	compare(l, m);
	for (uint32_t i = l->count; i-- > 0;)
		if (l->piece[i].state == PIECE_LEAVING)
			ledger_drop(l, i);
	for (uint32_t i = first; i < first + count; i++) {
		m->pa[i] = -1;
		m->leaving[i] = false;
	}
}

START_TEST(test_ledger_follows_any_maps_and_unmaps)
{
	uint32_t seed = (uint32_t)_i + 1;
	struct ledger l = { 0 };
	struct model m;

	for (uint32_t i = 0; i < PAGES; i++) {
		m.pa[i] = -1;
		m.leaving[i] = false;
	}
	for (int turn = 0; turn < 300; turn++) {
		uint32_t first = next(&seed) % PAGES, count = 1 + next(&seed) % (PAGES - first);

		if (next(&seed) % 2)
			map(&l, &m, first, count < 8 ? count : 8, next(&seed) % 1000);
		else
			unmap(&l, &m, first, count);
		compare(&l, &m);
	}
	ledger_free(&l);
}
END_TEST

START_TEST(test_ledger_free_parts_are_what_nobody_else_holds)
{
	uint32_t seed = (uint32_t)_i + 77;
	struct ledger l = { 0 };
	bool held[PAGES] = { false }, part[PAGES] = { false };
	uint64_t at = 0, end;

	/* piece 0 has them all; the others hold some of them, overlapping as they like */
	ck_assert(ledger_map(&l, 1, 0, PAGES * PAGE - 1, 0, 3));
	for (uint32_t k = next(&seed) % 6; k > 0; k--) {
		uint32_t first = next(&seed) % PAGES, count = 1 + next(&seed) % 6;

		ck_assert(ledger_map(&l, 2, 0x100000 * (uint64_t)(k + 1),
				     0x100000 * (uint64_t)(k + 1) + count * PAGE - 1,
				     first * (uint64_t)PAGE, 3));
		for (uint32_t i = first; i < first + count && i < PAGES; i++)
			held[i] = true;
	}
	while (at < PAGES * PAGE && ledger_free_part(&l, 0, &at, PAGES * PAGE - 1, &end)) {
		ck_assert_uint_le(at, end);
		for (uint64_t p = at / PAGE; p <= end / PAGE; p++)
			part[p] = true;
		at = end + 1;
	}
	for (uint32_t i = 0; i < PAGES; i++)
		ck_assert_int_eq(part[i], !held[i]);
	ledger_free(&l);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("engine ledger");
	TCase *tc = tcase_create("ledger");

	tcase_add_loop_test(tc, test_ledger_follows_any_maps_and_unmaps, 0, 20);
	tcase_add_loop_test(tc, test_ledger_free_parts_are_what_nobody_else_holds, 0, 100);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
