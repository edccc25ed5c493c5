/*
 * Exploring: trees that can be changed, their text, which permutations are taken, and delta debugging.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_files.h"
#include "scenarios/engine/explore/choose.h"
#include "scenarios/engine/explore/schedule.h"
#include "scenarios/engine/explore/shrink.h"
#include "scenarios/engine/explore/tree.h"
#include "scenarios/engine/explore/walk.h"

static void same_tree(const struct dts_node *a, const struct dts_node *b)
{
	for (; a && b; a = a->next, b = b->next) {
		ck_assert_str_eq(a->path, b->path);
		for (uint32_t i = 0; i < a->nprops; i++) {
			const struct dts_prop *p = dts_find(b, a->props[i].name);

			if (strcmp(a->props[i].name, "phandle") == 0)
				continue; /* the compiler numbers them as it likes */
			ck_assert_msg(p != NULL, "%s: %s is gone", a->path, a->props[i].name);
			ck_assert_msg(p->len == a->props[i].len, "%s: %s", a->path, p->name);
		}
		for (const struct dts_node *c = a->child; c; c = c->next)
			ck_assert_ptr_nonnull(dts_child(b, c->name));
		if (!a->parent)
			break;
	}
}

static struct dts *through_text(const struct dts *d)
{
	char *text = NULL, why[900] = "";
	size_t size = 0;
	FILE *mem = open_memstream(&text, &size);
	struct dts *again;

	tree_write(mem, d);
	ck_assert_int_eq(fclose(mem), 0);
	again = dts_load(scenario_file("text.dts", text), why, sizeof(why));
	ck_assert_msg(again != NULL, "%s", why);
	free(text);
	return again;
}

/* A walk is written, compiled and run: the text says what the tree said. */
START_TEST(test_explore_text_runs_as_the_tree_does)
{
	struct walk *w = walk_new(5, (uint64_t)_i);
	struct dts *d = walk_tree(w, NULL, "a \"quoted\" title"), *again = through_text(d);
	struct run_result a, b;

	same_tree(dts_root(d), dts_root(again));
	ck_assert_str_eq(dts_string(dts_find(dts_root(again), "title"), 0), "a \"quoted\" title");
	tree_run(d, "tree", 0, &a);
	tree_run(again, "text", 0, &b);
	ck_assert_msg(a.verdict == RUN_PASS, "%s", a.text);
	ck_assert_msg(b.verdict == RUN_PASS, "%s", b.text);
	ck_assert_uint_eq(a.steps, b.steps);
	ck_assert_uint_eq(a.checks, b.checks);
	ck_assert_uint_eq(a.sim_ns, b.sim_ns);
	walk_free(w);
}
END_TEST

START_TEST(test_explore_tree_is_changed)
{
	struct tree *t = tree_new(NULL);
	struct tree_node *a = tree_add(t, tree_root(t), "a"), *b = tree_add(t, tree_root(t), "b");
	struct dts *d;

	tree_set_number(t, a, "small", 0xffffffff);
	tree_set_number(t, a, "large", UINT64_C(0x100000000));
	tree_append_string(t, a, "list", "one");
	tree_append_string(t, a, "list", "two");
	tree_set_string(t, a, "gone", "x");
	tree_unset(a, "gone");
	ck_assert_ptr_eq(tree_add(t, tree_root(t), "b"), b);
	tree_remove(b);
	(void)tree_add_first(t, tree_root(t), "c");
	d = tree_dts(t);
	ck_assert_str_eq(dts_root(d)->child->name, "c");
	ck_assert_str_eq(dts_root(d)->child->next->path, "/a");
	ck_assert_ptr_null(dts_root(d)->child->next->next);
	ck_assert_ptr_null(dts_find(dts_root(d)->child->next, "gone"));
	ck_assert_uint_eq(dts_find(dts_root(d)->child->next, "small")->len, 4);
	ck_assert_uint_eq(dts_word(dts_find(dts_root(d)->child->next, "large"), 0),
			  UINT64_C(0x100000000));
	ck_assert_str_eq(dts_string(dts_find(dts_root(d)->child->next, "list"), 1), "two");
	dts_free(d);
	tree_free(t);
}
END_TEST

/* ---- which permutations ---- */

START_TEST(test_explore_every_value_is_taken)
{
	struct scenario *sc =
		scenario_of("cache = \"keep-all\", \"keep-none\"; cm = <0 1>; nfr = <1 2 8>;",
			    SCENARIO_MAPPED, "");
	static const char *const values[] = { "cache=keep-all", "cache=keep-none", "cm=0", "cm=1",
					      "nfr=1",          "nfr=2",           "nfr=8" };
	uint32_t order[12], count = choose_permutations(sc, order);

	ck_assert_uint_eq(count, 3); /* as many as the longest list has */
	for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		bool seen = false;

		for (uint32_t i = 0; i < count; i++)
			seen |= strstr(scenario_permutation_id(sc, order[i]), values[v]) != NULL;
		ck_assert_msg(seen, "%s", values[v]);
	}
	scenario_free(sc);
}
END_TEST

/* ---- delta debugging ---- */

/* Fails as long as items 3 and 17 are there. */
static bool pair_left(void *ctx, const bool *keep)
{
	++*(uint32_t *)ctx;
	return keep[3] && keep[17];
}

START_TEST(test_explore_shrink_finds_the_pair)
{
	uint32_t tries = 0;
	bool keep[40];

	ck_assert_uint_eq(shrink(keep, 40, 1000, pair_left, &tries), 2);
	ck_assert(keep[3] && keep[17]);
	ck_assert_uint_lt(tries, 200);
	tries = 0;
	(void)shrink(keep, 40, 5, pair_left, &tries);
	ck_assert_uint_eq(tries, 5);
	ck_assert(keep[3] && keep[17]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("explore");
	TCase *tc = tcase_create("explore");

	tcase_add_loop_test(tc, test_explore_text_runs_as_the_tree_does, 0, 8);
	tcase_add_test(tc, test_explore_tree_is_changed);
	tcase_add_test(tc, test_explore_every_value_is_taken);
	tcase_add_test(tc, test_explore_shrink_finds_the_pair);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
