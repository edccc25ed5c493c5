/*
 * Random walks: what is drawn, that the same is drawn again, and that parts of a walk are right scenarios too.
 */
#include "unit.h"

#include <string.h>

#include "scenarios/engine/explore/schedule.h"
#include "scenarios/engine/explore/walk.h"

#define WALKS 240

static const char *verb(const struct dts_node *n)
{
	return dts_string(dts_find(n, "do"), 0);
}

static const struct dts_node *steps_of(const struct dts *d)
{
	return dts_child(dts_root(d), "steps")->child;
}

struct seen {
	uint32_t two, suspends, powers, sets, messages, faults, struck, judged;
};

static void look(const struct dts *d, struct seen *s)
{
	s->two += dts_child(dts_child(dts_root(d), "machine"), "iommu@fed94000") != NULL;
	s->judged += dts_find(dts_root(d), "judge") != NULL;
	for (const struct dts_node *n = steps_of(d); n; n = n->next) {
		s->suspends += strcmp(verb(n), "suspend") == 0;
		s->powers += strcmp(verb(n), "power") == 0;
		s->sets += strcmp(verb(n), "irq-set") == 0;
		s->messages += strcmp(verb(n), "msi") == 0;
		s->faults += strcmp(verb(n), "inject") == 0;
	}
}

/* All kinds of calls are drawn, all walks pass, and many a fault strikes. */
START_TEST(test_explore_walks_are_of_every_kind)
{
	struct seen s = { 0 };

	for (uint64_t n = 0; n < WALKS; n++) {
		struct walk *w = walk_new(11, n);
		struct dts *d = walk_tree(w, NULL, "a walk");
		struct run_result result;

		look(d, &s);
		tree_run(d, "walk", 0, &result);
		ck_assert_msg(result.verdict == RUN_PASS, "walk 11/%u: %s: %s", (unsigned)n,
			      result.step, result.text);
		s.struck += result.fired > 0;
		walk_free(w);
	}
	ck_assert_uint_gt(s.two, WALKS / 6);
	ck_assert_uint_lt(s.two, WALKS / 2);
	ck_assert_uint_gt(s.suspends, WALKS / 6);
	ck_assert_uint_gt(s.powers, WALKS / 24);
	ck_assert_uint_gt(s.sets, WALKS / 2);
	ck_assert_uint_gt(s.messages, WALKS / 2);
	ck_assert_uint_eq(s.faults,
			  s.judged); /* expectations are judged where nothing goes wrong */
	ck_assert_uint_gt(s.faults, WALKS / 6);
	ck_assert_uint_gt(s.struck, s.faults / 4);
}
END_TEST

static void same_steps(const struct dts *a, const struct dts *b)
{
	const struct dts_node *n = steps_of(a), *m = steps_of(b);

	for (; n && m; n = n->next, m = m->next) {
		ck_assert_str_eq(n->name, m->name);
		ck_assert_uint_eq(n->nprops, m->nprops);
		for (uint32_t i = 0; i < n->nprops; i++) {
			ck_assert_uint_eq(n->props[i].len, m->props[i].len);
			ck_assert_mem_eq(n->props[i].data, m->props[i].data, n->props[i].len);
		}
	}
	ck_assert(!n && !m);
}

START_TEST(test_explore_a_walk_is_the_same_each_time)
{
	struct walk *a = walk_new(5, (uint64_t)_i), *b = walk_new(5, (uint64_t)_i);
	struct dts *da = walk_tree(a, NULL, "a"), *db = walk_tree(b, NULL, "a");

	same_steps(da, db);
	ck_assert_uint_eq(walk_calls(a), walk_calls(b));
	dts_free(da);
	dts_free(db);
	walk_free(a);
	walk_free(b);
}
END_TEST

/* Expectations are worked out for the calls that are left. */
START_TEST(test_explore_parts_of_a_walk_pass_too)
{
	struct walk *w = walk_new(7, (uint64_t)_i);
	bool keep[256];

	ck_assert_uint_lt(walk_calls(w), 256);
	for (uint32_t stride = 2; stride < 6; stride++) {
		struct run_result result;

		for (uint32_t i = 0; i < walk_calls(w); i++)
			keep[i] = i % stride != 0;
		tree_run(walk_tree(w, keep, "a part"), "walk", 0, &result);
		ck_assert_msg(result.verdict == RUN_PASS, "walk 7/%d, stride %u: %s: %s", _i,
			      stride, result.step, result.text);
	}
	walk_free(w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("explore_walk");
	TCase *tc = tcase_create("explore_walk");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_explore_walks_are_of_every_kind);
	tcase_add_loop_test(tc, test_explore_a_walk_is_the_same_each_time, 0, 12);
	tcase_add_loop_test(tc, test_explore_parts_of_a_walk_pass_too, 0, 24);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
