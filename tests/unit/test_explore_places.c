/*
 * Places: what is left out because it is like another place, against every place there is. The folded sweep has to find the
 * same failures; what is the same is told as explore tells it.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_files.h"
#include "scenarios/engine/explore/explore.h"
#include "scenarios/engine/explore/places.h"
#include "scenarios/engine/explore/schedule.h"

/* ---- what a sweep finds ---- */

#define FOUND 64

struct found {
	struct run_result *one[FOUND];
	uint32_t count;
};

static bool has(const struct found *f, const struct run_result *r)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (explore_same(f->one[i]->text, f->one[i]->facts, r->text, r->facts))
			return true;
	return false;
}

static void note(struct found *f, const struct run_result *r)
{
	if (r->verdict != RUN_FAIL || has(f, r))
		return;
	ck_assert_uint_lt(f->count, FOUND);
	f->one[f->count] = malloc(sizeof(*r));
	ck_assert_ptr_nonnull(f->one[f->count]);
	*f->one[f->count++] = *r;
}

static void forget(struct found *f)
{
	for (uint32_t i = 0; i < f->count; i++)
		free(f->one[i]);
	f->count = 0;
}

static void run_places(const struct base *b, const struct sweep *s, const struct places *p,
		       struct found *f)
{
	struct ready ready = { 0 };
	struct run_result result;

	for (uint32_t i = 0; i < p->count; i++) {
		ready_run(&ready, b, s, p->number[i], &result);
		ck_assert_msg(result.verdict == RUN_PASS || result.verdict == RUN_FAIL, "%s",
			      result.text);
		note(f, &result);
	}
	ready_free(&ready);
}

/* ---- all sweeps of a scenario ---- */

#define SWEEPS 128

struct sweeps {
	struct sweep list[SWEEPS];
	size_t count;
};

static void keep(void *ctx, const struct sweep *s)
{
	struct sweeps *all = ctx;

	ck_assert_uint_lt(all->count, SWEEPS);
	all->list[all->count++] = *s;
}

struct compared {
	uint32_t failures;       /* distinct ones */
	uint64_t places, folded; /* of all sweeps */
};

static void compare_sweep(const struct base *b, const struct sweep *s, const struct places *folded,
			  const struct places *every, struct compared *c)
{
	struct found few = { .count = 0 }, all = { .count = 0 };
	char name[300];

	sweep_name(b, s, name, sizeof(name));
	ck_assert_uint_eq(every->count, every->all);
	ck_assert_uint_eq(folded->all, every->all);
	run_places(b, s, folded, &few);
	run_places(b, s, every, &all);
	for (uint32_t i = 0; i < all.count; i++)
		ck_assert_msg(has(&few, all.one[i]), "%s: not found when folded: %s", name,
			      all.one[i]->text);
	ck_assert_uint_eq(few.count, all.count);
	c->failures += all.count;
	c->places += every->count;
	c->folded += folded->count;
	forget(&few);
	forget(&all);
}

static struct compared compare(const struct scenario *sc, bool faults)
{
	struct places folded[SWEEPS], every[SWEEPS];
	struct sweeps all = { .count = 0 };
	struct compared c = { 0 };
	struct run_result result;
	struct base b;

	base_of(&b, sc, 0);
	if (faults)
		sweeps_fail(&b, 0, keep, &all);
	else
		sweeps_interleave(&b, 0, keep, &all);
	places_find(&b, all.list, all.count, false, folded, &result);
	ck_assert_msg(result.verdict == RUN_PASS, "%s", result.text);
	places_find(&b, all.list, all.count, true, every, &result);
	ck_assert_msg(result.verdict == RUN_PASS, "%s", result.text);
	for (size_t i = 0; i < all.count; i++) {
		compare_sweep(&b, all.list + i, folded + i, every + i, &c);
		free(folded[i].number);
		free(every[i].number);
	}
	base_free(&b);
	return c;
}

/* ---- scenarios ---- */

/* A guest of the scenario's own, with the tables of four pages at 0x3000 in domain 7, mapped to 0x203000. */
#define RAW_GUEST                                                                                  \
	"root { do = \"mem-write\"; addr = <0x100000>; as = \"root\"; P = <1>; CTP = <0x101000>; " \
	"};\n"                                                                                     \
	"context { do = \"mem-write\"; addr = <0x101080>; as = \"context\"; P = <1>; "             \
	"SSPTPTR = <0x102000>; AW = <2>; DID = <7>; };\n"                                          \
	"level3 { do = \"mem-write\"; addr = <0x102000>; as = \"ss\"; R = <1>; W = <1>; "          \
	"ADDR = <0x103000>; };\n"                                                                  \
	"level2 { do = \"mem-write\"; addr = <0x103000>; as = \"ss\"; R = <1>; W = <1>; "          \
	"ADDR = <0x104000>; };\n"                                                                  \
	"level1 { do = \"mem-write\"; addr = <0x104000>; as = \"ss\"; R = <1>; W = <1>; "          \
	"ADDR = <0x105000>; };\n"                                                                  \
	"leaves { do = \"mem-write\"; addr = <0x105018>; as = \"ss\"; R = <1>; W = <1>; "          \
	"ADDR = <0x203000>; repeat = <4>; add = <0x1000>; };\n"                                    \
	"sync { do = \"sync\"; addr = <0x100000>; size = <0x6000>; };\n"                           \
	"rtaddr { do = \"reg-write\"; register = \"RTADDR\"; RTA = <0x100000>; };\n"               \
	"srtp { do = \"command\"; set = \"SRTP\"; };\n"                                            \
	"iqa { do = \"reg-write\"; register = \"IQA\"; IQA = <0x110000>; };\n"                     \
	"qie { do = \"command\"; set = \"QIE\"; };\n"                                              \
	"cc { do = \"submit\"; type = \"cc\"; G = <1>; };\n"                                       \
	"iotlb { do = \"submit\"; type = \"iotlb\"; G = <1>; wait; };\n"                           \
	"te { do = \"command\"; set = \"TE\"; };\n"                                                \
	"told { do = \"tell\"; what = \"attach\"; domain = <7>; dev = <&nic>; };\n"                \
	"told-map { do = \"tell\"; what = \"map\"; domain = <7>; iova = <0x3000>; "                \
	"pa = <0x203000>; size = <0x4000>; };\n"                                                   \
	"through { do = \"write\"; dev = <&nic>; iova = <0x3000>; pa = <0x203000>; };\n"

struct planted {
	const char *what, *steps;
	uint32_t least; /* failures there have to be */
};

static const struct planted raw[] = {
	{ "it invalidates before it clears the entry: a read in between fills the cache again",
	  "told-unmap { do = \"tell\"; what = \"unmap\"; domain = <7>; iova = <0x3000>; };\n"
	  "invalidate { do = \"submit\"; type = \"iotlb\"; G = <3>; DID = <7>; ADDR = <0x3000>; "
	  "wait; };\n"
	  "settle { do = \"advance\"; ns = <1000000>; };\n"
	  "clear { do = \"mem-write\"; addr = <0x105018>; words = <0 0>; };\n"
	  "told-gone { do = \"tell\"; what = \"quiesce\"; domain = <7>; iova = <0x3000>; };\n"
	  "closed { do = \"write\"; dev = <&nic>; iova = <0x3000>; expect = \"fault\"; };\n",
	  1 },
	{ "it writes entries that lead elsewhere, one after the other, and clears them again",
	  "wrong { do = \"mem-write\"; addr = <0x105018>; words = <0x0 0x300003 0x0 0x400003 0x0 "
	  "0x500003 0x0 0x600003>; };\n"
	  "right { do = \"mem-write\"; addr = <0x105018>; words = <0x0 0x203003 0x0 0x204003 0x0 "
	  "0x205003 0x0 0x206003>; };\n"
	  "again { do = \"submit\"; type = \"iotlb\"; G = <1>; wait; };\n"
	  "still { do = \"write\"; dev = <&nic>; iova = <0x3000>; pa = <0x203000>; };\n",
	  1 },
	{ "it cuts a table off for a moment, which a cache hides",
	  "cut { do = \"mem-write\"; addr = <0x103000>; words = <0 0>; };\n"
	  "told-no { do = \"reg-read\"; register = \"FSTS\"; };\n"
	  "back { do = \"mem-write\"; addr = <0x103000>; words = <0x0 0x104003>; };\n"
	  "still { do = \"write\"; dev = <&nic>; iova = <0x3000>; pa = <0x203000>; };\n",
	  1 },
	{ "it is right",
	  "told-unmap { do = \"tell\"; what = \"unmap\"; domain = <7>; iova = <0x3000>; };\n"
	  "clear { do = \"mem-write\"; addr = <0x105018>; words = <0 0>; };\n"
	  "invalidate { do = \"submit\"; type = \"iotlb\"; G = <3>; DID = <7>; ADDR = <0x3000>; "
	  "wait; };\n"
	  "told-gone { do = \"tell\"; what = \"quiesce\"; domain = <7>; iova = <0x3000>; };\n"
	  "closed { do = \"write\"; dev = <&nic>; iova = <0x3000>; expect = \"fault\"; };\n",
	  0 },
};

START_TEST(test_explore_places_of_a_raw_guest_show_what_every_place_shows)
{
	const struct planted *p = raw + _i;
	struct scenario *sc;
	struct compared c;
	char steps[8192];

	snprintf(steps, sizeof(steps), "%s%s", RAW_GUEST, p->steps);
	sc = scenario_of("", steps, "");
	c = compare(sc, false);
	ck_assert_msg(c.failures >= p->least && (p->least || !c.failures), "%s: %u", p->what,
		      c.failures);
	ck_assert_uint_lt(c.folded, c.places);
	scenario_free(sc);
}
END_TEST

/* The driver's own: nothing is found, by either; a wait in vain is short, so that its turns can be counted out. */
static const char *const driver[] = {
	SCENARIO_MAPPED
	"write { do = \"write\"; dev = <&nic>; iova = <0x5000>; pa = <0x200000>; };\n"
	"unmap { do = \"unmap\"; domain = <1>; iova = <0x5000>; size = <0x4000>; };\n"
	"blocked { do = \"write\"; dev = <&nic>; iova = <0x5000>; expect = \"fault\"; };\n",
	"start { do = \"start\"; timeout-ns = <20000>; };\n"
	"domain { do = \"domain\"; domain = <1>; };\n"
	"attach { do = \"attach\"; domain = <1>; dev = <&nic>; };\n"
	"map { do = \"map\"; domain = <1>; iova = <0x5000>; pa = <0x200000>; };\n"
	"lost { do = \"inject\"; point = \"completion-lost\"; promise = \"report\"; };\n"
	"unmap { do = \"unmap\"; domain = <1>; iova = <0x5000>; result = \"time-out\"; };\n",
};

START_TEST(test_explore_places_of_the_driver_show_what_every_place_shows)
{
	struct scenario *sc = scenario_of("", driver[_i], "");
	struct compared c = compare(sc, false);

	ck_assert_uint_eq(c.failures, 0);
	ck_assert_uint_lt(c.folded, c.places);
	scenario_free(sc);
}
END_TEST

START_TEST(test_explore_faults_of_the_driver_show_what_every_place_shows)
{
	struct scenario *sc = scenario_of("", driver[_i], "");
	struct compared c = compare(sc, true);

	ck_assert_uint_eq(c.failures, 0);
	ck_assert_uint_le(c.folded, c.places);
	scenario_free(sc);
}
END_TEST

/* ---- what is folded ---- */

static uint32_t places_of(const struct base *b, enum action action, bool every, uint64_t *all)
{
	struct sweeps list = { .count = 0 };
	struct places p[SWEEPS];
	struct run_result result;
	uint32_t count = 0;

	sweeps_interleave(b, 0, keep, &list);
	places_find(b, list.list, list.count, every, p, &result);
	ck_assert_msg(result.verdict == RUN_PASS, "%s", result.text);
	for (size_t i = 0; i < list.count; i++) {
		if (list.list[i].action == action) {
			count += p[i].count;
			*all += p[i].all;
		}
		for (uint32_t k = 1; k < p[i].count; k++)
			ck_assert_uint_lt(p[i].number[k - 1], p[i].number[k]);
		free(p[i].number);
	}
	return count;
}

/* A loop that polls in vain is a handful of places, however long it polls. */
START_TEST(test_explore_a_polling_loop_is_few_places)
{
	static const char *const patience[] = { "20000", "200000" };
	uint32_t few[2];
	uint64_t all[2] = { 0, 0 };

	for (int i = 0; i < 2; i++) {
		char steps[1024];
		struct scenario *sc;
		struct base b;

		snprintf(steps, sizeof(steps),
			 "start { do = \"start\"; timeout-ns = <%s>; };\n"
			 "domain { do = \"domain\"; domain = <1>; };\n"
			 "map { do = \"map\"; domain = <1>; iova = <0x5000>; pa = <0x200000>; };\n"
			 "lost { do = \"inject\"; point = \"completion-lost\"; };\n"
			 "unmap { do = \"unmap\"; domain = <1>; iova = <0x5000>; result = "
			 "\"time-out\"; };\n",
			 patience[i]);
		sc = scenario_of("", steps, "");
		base_of(&b, sc, 0);
		few[i] = places_of(&b, ACTION_ADVANCE, false, all + i);
		base_free(&b);
		scenario_free(sc);
	}
	ck_assert_uint_gt(all[1], 5 * all[0]);
	ck_assert_uint_eq(few[0], few[1]);
}
END_TEST

/* Where nothing is cached there is nothing to evict, and before the unit translates nothing is cached. */
START_TEST(test_explore_evictions_of_empty_caches_are_left_out)
{
	struct scenario *sc = scenario_of(
		"cache = \"keep-none\";",
		SCENARIO_MAPPED
		"write { do = \"write\"; dev = <&nic>; iova = <0x5000>; pa = <0x200000>; };\n"
		"unmap { do = \"unmap\"; domain = <1>; iova = <0x5000>; };\n",
		"");
	uint64_t all = 0;
	struct base b;

	base_of(&b, sc, 0);
	ck_assert_uint_eq(places_of(&b, ACTION_EVICT, false, &all), 0);
	ck_assert_uint_gt(all, 0);
	base_free(&b);
	scenario_free(sc);
}
END_TEST

/* Patience that nothing depends on is shortened; where a scenario waits for what comes late, it is not. */
START_TEST(test_explore_patience_is_the_least_that_changes_nothing)
{
	struct scenario *sc = scenario_of("", SCENARIO_MAPPED, "");
	struct base b;

	base_of(&b, sc, 0);
	ck_assert_uint_eq(base_patience(&b), 500000);
	base_free(&b);
	scenario_free(sc);
	sc = scenario_of(
		"",
		SCENARIO_MAPPED
		"late { do = \"inject\"; point = \"completion-late\"; value = <5000000>; };\n"
		"unmap { do = \"unmap\"; domain = <1>; iova = <0x5000>; };\n",
		"");
	base_of(&b, sc, 0);
	ck_assert_uint_eq(base_patience(&b), 0);
	base_free(&b);
	scenario_free(sc);
	sc = scenario_of("", "start { do = \"start\"; timeout-ns = <7000000>; };\n", "");
	base_of(&b, sc, 0);
	ck_assert_uint_eq(base_patience(&b), 0);
	base_free(&b);
	scenario_free(sc);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("explore_places");
	TCase *tc = tcase_create("explore_places");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_explore_places_of_a_raw_guest_show_what_every_place_shows, 0,
			    sizeof(raw) / sizeof(raw[0]));
	tcase_add_loop_test(tc, test_explore_places_of_the_driver_show_what_every_place_shows, 0,
			    2);
	tcase_add_loop_test(tc, test_explore_faults_of_the_driver_show_what_every_place_shows, 0,
			    2);
	tcase_add_test(tc, test_explore_a_polling_loop_is_few_places);
	tcase_add_test(tc, test_explore_evictions_of_empty_caches_are_left_out);
	tcase_add_test(tc, test_explore_patience_is_the_least_that_changes_nothing);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
