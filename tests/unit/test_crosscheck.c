/*
 * The cross-check's own parts: the reference walker on cases worked out by hand, the generator, the list of known
 * differences, and that a simulator with a fault in it is caught, the case shrunk, and the scenario written of it replays.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "crosscheck/gen.h"
#include "crosscheck/judge.h"
#include "crosscheck/print.h"
#include "crosscheck/random.h"
#include "engine.h"

static void lay(struct xc_case *c, uint64_t pa, uint64_t w)
{
	c->image[c->images++] = (struct xc_store){ .pa = pa, .w = { w }, .n = 1, .repeat = 1 };
}

static void store(struct ref *r, uint64_t pa, uint64_t w)
{
	struct xc_store s = { .pa = pa, .w = { w }, .n = 1, .repeat = 1 };

	ref_store(r, &s);
}

/* Number of outcomes; all of them ok at one of the two addresses. */
static uint32_t moves(struct ref *r, uint64_t iova, uint64_t fresh, uint64_t stale)
{
	struct xc_dma d = { .iova = iova, .len = 8 };
	struct ref_set set;
	bool seen = false;

	ref_dma(r, &d, &set);
	ck_assert(!set.full);
	for (uint32_t i = 0; i < set.n; i++) {
		ck_assert(set.o[i].ok);
		ck_assert_uint_eq(set.o[i].pa, set.o[i].fresh ? fresh : stale);
		seen = seen || set.o[i].fresh;
	}
	ck_assert(seen);
	return set.n;
}

static uint8_t write_reason(struct ref *r, uint64_t iova)
{
	struct xc_dma d = { .iova = iova, .len = 8, .write = true };
	struct ref_set set;

	ref_dma(r, &d, &set);
	ck_assert_uint_eq(set.n, 1);
	ck_assert(!set.o[0].ok);
	return set.o[0].reason;
}

/* Device 00:04.0, domain-id 1, 4 levels: 0x400000 -> 0x500000. */
static struct xc_case *vtd_case(void)
{
	struct xc_case *c = calloc(1, sizeof(*c));

	ck_assert_ptr_nonnull(c);
	c->arch = BE_VTD;
	c->devices = 1;
	c->rid[0] = 0x20;
	lay(c, 0x100000, 0x101001);
	lay(c, 0x101200, 0x104001);
	lay(c, 0x101208, 0x102);
	lay(c, 0x104000, 0x105003);
	lay(c, 0x105000, 0x106003);
	lay(c, 0x106010, 0x107003);
	lay(c, 0x107000, 0x500003);
	return c;
}

START_TEST(test_crosscheck_vtd_page_stays_possible_until_named)
{
	struct xc_case *c = vtd_case();
	struct ref *r = ref_new(c);
	struct xc_inval other = {
		.kind = XC_VTD_IOTLB, .g = 3, .did = 2, .addr = 0x400000, .am = 9
	};
	struct xc_inval beside = { .kind = XC_VTD_IOTLB, .g = 3, .did = 1, .addr = 0x401000 };
	struct xc_inval pair = beside;

	pair.am = 1; /* the low address bit is masked */
	ck_assert_uint_eq(moves(r, 0x400010, 0x500010, 0), 1);
	store(r, 0x107000, 0x600003);
	ck_assert_uint_eq(moves(r, 0x400010, 0x600010, 0x500010), 2);
	ref_inval(r, &other);
	ck_assert_uint_eq(moves(r, 0x400010, 0x600010, 0x500010), 2);
	ref_inval(r, &beside);
	ck_assert_uint_eq(moves(r, 0x400010, 0x600010, 0x500010), 2);
	ref_inval(r, &pair);
	ck_assert_uint_eq(moves(r, 0x400010, 0x600010, 0), 1);
	ref_free(r);
	free(c);
}
END_TEST

START_TEST(test_crosscheck_vtd_hint_keeps_directories)
{
	struct xc_case *c = vtd_case();
	struct ref *r = ref_new(c);
	struct xc_inval leaf = {
		.kind = XC_VTD_IOTLB, .g = 3, .did = 1, .addr = 0x400000, .ih = true
	};

	store(r, 0x108000, 0x700003);
	ck_assert_uint_eq(moves(r, 0x400010, 0x500010, 0), 1);
	store(r, 0x106010, 0x108003); /* another table */
	ref_inval(r, &leaf);
	ck_assert_uint_eq(moves(r, 0x400010, 0x700010, 0x500010), 2);
	leaf.ih = false;
	ref_inval(r, &leaf);
	ck_assert_uint_eq(moves(r, 0x400010, 0x700010, 0), 1);
	store(r, 0x108000, 0x700001);
	ref_inval(r, &leaf);
	ck_assert_uint_eq(write_reason(r, 0x400010), 5);
	ck_assert_uint_eq(write_reason(r, 0x400400010), 5); /* nothing there */
	store(r, 0x108000, 0x4000000000700003);
	ref_inval(r, &leaf);
	ck_assert_uint_eq(write_reason(r, 0x400010), 0xc);
	ck_assert_uint_eq(write_reason(r, 0x1000000400010), 4);
	ref_free(r);
	free(c);
}
END_TEST

START_TEST(test_crosscheck_amdvi_encoded_size_and_skipped_level)
{
	struct xc_case *c = calloc(1, sizeof(*c));
	struct xc_inval page = { .kind = XC_AMD_PAGES, .did = 7, .addr = 0x407000 };
	struct ref *r;

	ck_assert_ptr_nonnull(c);
	c->arch = BE_AMDVI;
	c->devices = 1;
	c->rid[0] = 0x20;
	lay(c, 0x100400, 0x6000000000104803); /* V, TV, Mode 4 */
	lay(c, 0x100408, 7);
	lay(c, 0x104000, 0x6000000000105401); /* level 4 to level 2: 38:30 have to be 0 */
	lay(c, 0x105010, 0x6000000000106201);
	for (uint64_t i = 4; i < 8; i++) /* 16 KiB at 0x500000, in each of its slots */
		lay(c, 0x106000 + 8 * i, 0x6000000000501e01);
	r = ref_new(c);
	ck_assert_uint_eq(moves(r, 0x405010, 0x501010, 0), 1);
	ck_assert_uint_eq(write_reason(r, 0x40405010), 2);
	store(r, 0x106028, 0x6000000000700001); /* its slot of 0x405000 alone */
	ck_assert_uint_eq(moves(r, 0x405010, 0x700010, 0x501010), 2);
	ref_inval(r, &page); /* of the same page of 16 KiB */
	ck_assert_uint_eq(moves(r, 0x405010, 0x700010, 0), 1);
	ref_free(r);
	free(c);
}
END_TEST

START_TEST(test_crosscheck_rows_make_sense)
{
	ck_assert_ptr_null(rows_mistake());
	ck_assert(row_applies(rows_at((uint32_t)rows_find("V6")), ROWS_VERSION(7, 2)));
	ck_assert(!row_applies(rows_at((uint32_t)rows_find("V6")), ROWS_VERSION(10, 0)));
	ck_assert(row_applies(rows_at((uint32_t)rows_find("A13")), ROWS_VERSION(11, 1)));
	ck_assert_int_eq(rows_find("V0"), -1);
}
END_TEST

/* The case as a scenario; the caller frees it. */
static char *text_of(enum be_arch arch, uint64_t seed, uint64_t n, const struct gen_profile *p)
{
	struct xc_case *c = malloc(sizeof(*c));
	struct ref_set *expect;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert(c && out && gen_case(c, arch, seed, n, p));
	expect = judge_expect(c);
	ck_assert_ptr_nonnull(expect);
	c->seed = 0; /* stands in the text */
	print_case(out, c, expect, "");
	fclose(out);
	free(expect);
	free(c);
	return text;
}

START_TEST(test_crosscheck_case_is_its_number)
{
	static const struct gen_profile profiles[] = { { .qemu = false }, { .qemu = true } };

	for (uint64_t n = 0; n < 40; n++) {
		const struct gen_profile *p = profiles + n % 2;
		enum be_arch arch = n % 4 < 2 ? BE_VTD : BE_AMDVI;
		char *a = text_of(arch, 5, n, p), *b = text_of(arch, 5, n, p);
		char *c = text_of(arch, 6, n, p);

		ck_assert_str_eq(a, b);
		ck_assert_str_ne(a, c);
		free(a);
		free(b);
		free(c);
	}
}
END_TEST

static struct backend *open_sim(void *ctx, const struct be_config *config)
{
	(void)ctx;
	return backend_sim_open(config);
}

/* A simulator whose invalidations come to nothing. */
static struct backend *open_lossy(void *ctx, const struct be_config *config)
{
	struct backend *be = backend_sim_open(config);
	struct be_rule rule = { .master = BE_MASTER_ANY, .last = UINT64_MAX };
	const char *name;

	(void)ctx;
	for (uint32_t i = 0; (name = be->ops->point_name(i)) != NULL; i++)
		if (strcmp(name, "invalidation-lost") == 0)
			rule.point = i;
	ck_assert_int_ge(be->ops->inject(be, &rule), 0);
	return be;
}

static struct random_spec spec_of(enum be_arch arch, play_open_fn open)
{
	return (struct random_spec){ .arch = arch,
				     .seed = 9,
				     .side = { { .who = { .name = "sim", .ours = true },
						 .open = open } },
				     .sides = 1 };
}

START_TEST(test_crosscheck_simulator_agrees)
{
	for (uint32_t a = 0; a < BE_ARCHS; a++) {
		struct random_spec spec = spec_of((enum be_arch)a, open_sim);
		struct random_counts counts = { .cases = 0 };
		struct random_verdict v;

		for (uint64_t n = 0; n < 150; n++) {
			random_case(&spec, n, &counts, &v);
			ck_assert_msg(v.ok, "%s", v.text);
		}
		ck_assert_uint_gt(counts.moved, 100);
		ck_assert_uint_gt(counts.blocked, 100);
		ck_assert_uint_gt(counts.stale, 20);
	}
}
END_TEST

START_TEST(test_crosscheck_lost_invalidation_is_caught_and_shrunk)
{
	enum be_arch arch = (enum be_arch)_i;
	struct random_spec spec = spec_of(arch, open_lossy);
	struct random_counts counts = { .cases = 0 };
	struct random_verdict v = { .ok = true };
	struct run_options options = { .seed = 1, .backend = "sim" };
	struct run_result *result = calloc(1, sizeof(*result));
	struct engine_error error;
	struct scenario *sc;
	char folder[] = "/tmp/crosscheck-XXXXXX", path[64];
	uint64_t n = 0;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/case.dts", folder);
	while (v.ok && n < 400)
		random_case(&spec, n++, &counts, &v);
	ck_assert_msg(!v.ok, "no case of %u noticed", counts.cases);
	ck_assert(random_shrink(&spec, n - 1, path, &v));
	ck_assert(!v.ok);

	/* a simulator that is as it should be passes what is left, and little is left */
	sc = scenario_load(path, &error);
	ck_assert_msg(sc != NULL, "%s", error.text);
	scenario_run(sc, 0, &options, result);
	ck_assert_msg(result->verdict == RUN_PASS, "%s: %s", result->step, result->text);
	ck_assert_uint_lt(result->steps, 60);
	scenario_free(sc);
	free(result);
	unlink(path);
	rmdir(folder);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("crosscheck");
	TCase *t = tcase_create("crosscheck");

	tcase_add_test(t, test_crosscheck_vtd_page_stays_possible_until_named);
	tcase_add_test(t, test_crosscheck_vtd_hint_keeps_directories);
	tcase_add_test(t, test_crosscheck_amdvi_encoded_size_and_skipped_level);
	tcase_add_test(t, test_crosscheck_rows_make_sense);
	tcase_add_test(t, test_crosscheck_case_is_its_number);
	tcase_add_test(t, test_crosscheck_simulator_agrees);
	tcase_add_loop_test(t, test_crosscheck_lost_invalidation_is_caught_and_shrunk, 0, BE_ARCHS);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
