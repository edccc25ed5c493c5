/*
 * The walker of `iommu-sim walk` against two others: its own sweep over all mappings, which must say the same of every page,
 * and the simulator, which runs the scenario that the walk exports and has to come to the same end, reason included.
 *
 * Tables are random: few pages, so that they are met often; permissions, sizes, missing and reserved entries at every level.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <inttypes.h>
#include <string.h>

#include "engine_files.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"
#include "random.h"
#include "walk/export.h"
#include "walk/walk.h"
#include "walk/words.h"

#define TABLES UINT64_C(0x100000)
#define COUNT 12 /* tables of page-table entries */
#define RID 0x0010
#define ROUNDS 100
#define PROBES 12

static bool one_in(uint64_t *rng, uint64_t n)
{
	return random64(rng) % n == 0;
}

/* The entries of a table that are used: few of them, so that addresses meet. */
static const uint32_t used[] = { 0, 1, 7, 511 };

static uint64_t table_at(uint32_t n)
{
	return TABLES + 0x10000 + 0x1000 * (uint64_t)n;
}

static uint64_t page_address(uint64_t *rng, uint32_t lg2)
{
	return (random64(rng) & UINT64_C(0x3FFFFFFF) & ~((UINT64_C(1) << lg2) - 1)) |
	       (lg2 >= 30 ? 0 : UINT64_C(0));
}

/* An entry at `level` (0: 4 KiB) that leads to table `below`, or is a page, or is neither. */
static uint64_t vtd_entry(uint64_t *rng, uint32_t level, uint32_t below)
{
	uint64_t e = random64(rng) & (VTD_SS_R | VTD_SS_W);

	if (one_in(rng, 3))
		e = VTD_SS_R | VTD_SS_W;
	if (level == 0 || (level < 3 && one_in(rng, 4)))
		e |= page_address(rng, 12 + 9 * level) | (level ? VTD_SS_PS : 0);
	else
		e |= table_at(below);
	if (one_in(rng, 20))
		e |= UINT64_C(1) << 50; /* beyond HAW */
	return one_in(rng, 10) ? 0 : e;
}

static uint64_t amdvi_entry(uint64_t *rng, uint32_t level, uint32_t below)
{
	uint64_t e = AMDVI_PT_PR | (random64(rng) & (AMDVI_PT_IR | AMDVI_PT_IW));

	if (one_in(rng, 3))
		e |= AMDVI_PT_IR | AMDVI_PT_IW;
	if (level < 3 && one_in(rng, 6)) {
		uint32_t lg2 = 13 + 9 * level + (uint32_t)(random64(rng) % 8);

		e |= FIELD_PREP(AMDVI_PT_NEXT_LEVEL, UINT64_C(7)) |
		     (AMDVI_SIZE_ENCODE(page_address(rng, lg2), lg2) & AMDVI_PT_ADDR);
	} else if (level == 0 || (level < 3 && one_in(rng, 4))) {
		e |= page_address(rng, 12 + 9 * level);
	} else {
		uint64_t next = level; /* NextLevel counts from 1: the level below */

		if (one_in(rng, 8))
			next = 1 + random64(rng) % 6; /* skips levels, or climbs */
		e |= table_at(below) | FIELD_PREP(AMDVI_PT_NEXT_LEVEL, next);
	}
	if (one_in(rng, 20))
		e |= UINT64_C(1) << (52 + random64(rng) % 5);
	return one_in(rng, 10) ? 0 : e;
}

/* Tables 0, 3, 6, 9 ... are of the top level down: table n of level L leads to tables of level L - 1. */
static struct image *random_tables(enum be_arch arch, uint64_t *rng)
{
	struct image *im = words_image("random");
	uint32_t levels = 4;

	image_set(im, "HAW", 46);
	im->arch = arch;
	im->arch_known = true;
	for (uint32_t n = 0; n < COUNT; n++) {
		for (uint32_t i = 0; i < 512; i++)
			words_put(im, table_at(n) + 8 * i, 0);
		for (uint32_t i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
			uint32_t level = levels - 1 - n / 3,
				 below = (n / 3 + 1) * 3 + (uint32_t)(random64(rng) % 3);

			words_put(im, table_at(n) + 8 * used[i],
				  arch == BE_VTD ? vtd_entry(rng, level, below)
						 : amdvi_entry(rng, level, below));
		}
	}
	if (arch == BE_VTD) {
		image_set(im, "RTADDR", TABLES);
		words_put(im, TABLES, (TABLES + 0x1000) | VTD_RE0_P);
		words_put(im, TABLES + 8, 0);
		words_put(im, TABLES + 0x1000 + 16 * RID, table_at(0) | VTD_CE0_P);
		words_put(im, TABLES + 0x1000 + 16 * RID + 8,
			  FIELD_PREP(VTD_CE1_DID, UINT64_C(5)) | VTD_AW_48BIT);
	} else {
		image_set(im, "DEVTAB", TABLES);
		words_put(im, TABLES + 32 * RID,
			  AMDVI_DTE0_V | AMDVI_DTE0_TV | AMDVI_DTE0_IR | AMDVI_DTE0_IW |
				  FIELD_PREP(AMDVI_DTE0_MODE, (uint64_t)levels) | table_at(0));
		words_put(im, TABLES + 32 * RID + 8, 5);
		words_put(im, TABLES + 32 * RID + 16, 0);
		words_put(im, TABLES + 32 * RID + 24, 0);
	}
	return im;
}

static uint64_t random_address(uint64_t *rng)
{
	uint64_t a = random64(rng) & 0xFF8;

	for (uint32_t level = 0; level < 4; level++)
		a |= (uint64_t)used[random64(rng) % 4] << (12 + 9 * level);
	return a;
}

/* The range of the sweep that holds the address. */
struct probe {
	uint64_t addr;
	struct walk_range hit;
	bool found;
};

static bool look(void *ctx, const struct walk_range *r)
{
	struct probe *p = ctx;

	if (p->addr >= r->first && p->addr <= r->last) {
		p->hit = *r;
		p->found = true;
	}
	return true;
}

static void sweep_agrees(const struct image *im, const struct walk_request *rq,
			 const struct walk_result *res)
{
	struct probe p = { .addr = rq->addr };
	struct walk_sweep sweep = { .range = look, .ctx = &p };
	struct walk_result ignored = { .steps = 0 };
	struct walk_tables t;
	bool allowed;

	ck_assert(walk_device(im, rq, &t, &ignored));
	walk_all(im, &t, &sweep);
	ck_assert(!sweep.cut);
	allowed = p.found && p.hit.perm & (rq->write ? WALK_W : WALK_R);
	ck_assert_msg(allowed == (res->end == WALK_PAGE), "0x%" PRIx64 ": %s", rq->addr, res->text);
	if (allowed)
		ck_assert_uint_eq(p.hit.pa + (rq->addr - p.hit.first), res->pa);
}

static void simulator_agrees(const struct image *recorder, const struct walk_request *rq,
			     const struct walk_result *res)
{
	struct engine_error error;
	struct run_result run;
	struct scenario *sc;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	const char *why = export_scenario(f, recorder, rq, res);

	fclose(f);
	/* a page of encoded size may reach farther than memory, or where registers are */
	ck_assert_msg(!why || strstr(why, "registers") || strstr(why, "more memory"),
		      "0x%" PRIx64 ": %s", rq->addr, why);
	if (why) {
		free(text);
		return;
	}
	sc = scenario_load(scenario_file("walked.dts", text), &error);
	ck_assert_msg(sc, "%s\n%s", error.text, text);
	scenario_once(sc, 0, &run);
	ck_assert_msg(run.verdict == RUN_PASS, "%s: %s\n%s", run.step, run.text, text);
	scenario_free(sc);
	free(text);
}

START_TEST(test_walker_sweep_and_simulator_agree)
{
	uint64_t rng = 4711 + (uint64_t)_i;
	enum be_arch arch = _i % 2 ? BE_AMDVI : BE_VTD;
	struct image *im = random_tables(arch, &rng);

	for (uint32_t n = 0; n < PROBES; n++) {
		struct walk_request rq = { .rid = RID,
					   .write = random64(&rng) & 1,
					   .addr = random_address(&rng) };
		struct image *recorder = export_recorder(im);
		struct walk_result res;

		walk_address(recorder, &rq, &res);
		if (res.end != WALK_IDENTITY) { /* a special range */
			sweep_agrees(im, &rq, &res);
			simulator_agrees(recorder, &rq, &res);
		}
		image_close(recorder);
	}
	image_close(im);
}
END_TEST

/* What a debugfs text, a page list and registers say of nothing: no crash, an end that names what lacks. */
START_TEST(test_missing_registers_are_named)
{
	struct image *im = words_image("empty");
	struct walk_request rq = { .rid = RID, .addr = 0x1000 };
	struct walk_result res;

	im->arch = BE_VTD;
	walk_address(im, &rq, &res);
	ck_assert_int_eq(res.end, WALK_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(res.text, "--reg RTADDR"));
	im->arch = BE_AMDVI;
	walk_address(im, &rq, &res);
	ck_assert_int_eq(res.end, WALK_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(res.text, "--reg DEVTAB"));
	image_close(im);
}
END_TEST

/* Scalable mode: the hand-made way through PASID directory and table to first-stage and second-stage pages. */
START_TEST(test_scalable_mode_by_hand)
{
	static const uint64_t words[][2] = {
		{ 0x1000, 0x2001 }, /* root, bus 0, lower half */
		{ 0x1008, 0 },
		{ 0x2000 + 32 * 0x10, 0x3001 }, /* context of 00:02.0: directory of 128 entries */
		{ 0x2000 + 32 * 0x10 + 8, 0 },  /* RID_PASID 0 */
		{ 0x2000 + 32 * 0x10 + 16, 0 },
		{ 0x2000 + 32 * 0x10 + 24, 0 },
		{ 0x3000, 0x4001 },                       /* PASIDs 0 to 63 */
		{ 0x4000, 0x5000 | 2 << 6 | 2 << 2 | 1 }, /* PASID 0: second-stage, 48 bits */
		{ 0x4008, 9 },
		{ 0x4040, 1 << 6 | 1 }, /* PASID 1: first-stage */
		{ 0x4048, 10 },
		{ 0x4050, 0x9000 },
		{ 0x5000, 0x6003 },
		{ 0x6000, 0x7003 },
		{ 0x7000, 0x8003 },
		{ 0x8028, 0x200003 },
		{ 0x9000, 0xA003 },
		{ 0xA000, 0x40000083 },
	};
	struct image *im = words_image("scalable");
	struct walk_request rq = { .rid = 0x10, .addr = 0x5008, .write = true };
	struct walk_result res;

	im->arch = BE_VTD;
	image_set(im, "RTADDR", 0x1400); /* TTM = 01b */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words_put(im, words[i][0], words[i][1]);
	for (uint64_t off = 0; off < 64; off += 8) {
		uint64_t v;

		for (uint64_t at = 0x4000; at <= 0x4040; at += 0x40) {
			if (im->read(im, at + off, &v))
				words_put(im, at + off, 0);
		}
	}
	walk_address(im, &rq, &res);
	ck_assert_msg(res.end == WALK_PAGE, "%s", res.text);
	ck_assert_uint_eq(res.pa, 0x200008);
	ck_assert_uint_eq(res.domain, 9);
	rq.has_pasid = true;
	rq.pasid = 1;
	rq.addr = 0x1234;
	walk_address(im, &rq, &res);
	ck_assert_msg(res.end == WALK_PAGE, "%s", res.text);
	ck_assert_uint_eq(res.pa, 0x40001234);
	ck_assert_uint_eq(res.size, 1 << 30);
	rq.pasid = 64 * 128;
	walk_address(im, &rq, &res);
	ck_assert_int_eq(res.end, WALK_BLOCKED);
	ck_assert_uint_eq(res.reason, VTD_FR_PASID_DIR_BEYOND);
	rq.pasid = 2;
	walk_address(im, &rq, &res);
	ck_assert_int_eq(res.end, WALK_UNKNOWN);
	image_close(im);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("walk");
	TCase *tc = tcase_create("walk");

	tcase_add_loop_test(tc, test_walker_sweep_and_simulator_agree, 0, ROUNDS);
	tcase_add_test(tc, test_missing_registers_are_named);
	tcase_add_test(tc, test_scalable_mode_by_hand);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
