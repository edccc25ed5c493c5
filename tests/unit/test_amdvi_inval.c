/*
 * Invalidation: what each command removes, against brute force; caches and their tags.
 */
#include "amdvi_world.h"
#include "unit.h"

#define RID 0x0108u
#define RW UINT64_C(0x6000000000000000)
#define OP(n) ((uint64_t)(n) << 60)
#define PAGES(domain) (OP(3) | (uint64_t)(domain) << 32)
#define EVERYTHING UINT64_C(0x7FFFFFFFFFFFF000)

/* ---- a space with pages of many sizes, each touched in some places ---- */

struct page {
	uint64_t base;
	unsigned lg2, domain;
	unsigned pieces; /* cached before the command under test */
};

#define DOMAINS 2u
#define SIZES 20u

struct space {
	struct page page[DOMAINS * SIZES];
	unsigned pages;
	uint64_t root[DOMAINS];
};

static const unsigned sizes[SIZES] = { 12, 13, 14, 16, 20, 21, 22, 25, 29, 30,
				       31, 35, 38, 12, 15, 18, 23, 12, 21, 33 };

/* Encoded sizes need the same entry in every slot of the page. */
static void map(struct world *w, uint64_t root, uint64_t iova, unsigned lg2)
{
	unsigned level = (lg2 - 12) / 9 + 1, shift = 12 + 9 * (level - 1);
	bool sized = lg2 > shift;
	uint64_t ones = sized ? (UINT64_C(1) << (lg2 - 1)) - 1 : 0;
	uint64_t entry = RW | 1 | (ones & ~UINT64_C(0xFFF)) | (sized ? 7u << 9 : 0);

	for (unsigned i = 0; i < 1u << (lg2 - shift); i++)
		av_leaf(w, root, 4, iova + ((uint64_t)i << shift), level, entry);
}

static void touch(struct world *w, const struct page *p, uint64_t *state)
{
	for (unsigned i = 0; i < 6; i++) {
		uint64_t addr = p->base + (world_random(state) & ((UINT64_C(1) << p->lg2) - 1));
		struct sim_xlat x;

		world_request(w, (uint16_t)(RID + p->domain), addr, SIM_READ, SIM_AT_UNTRANSLATED,
			      0, &x);
		ck_assert_int_eq(x.outcome, SIM_OUTCOME_OK);
	}
}

static unsigned pieces(struct world *w, const struct page *p)
{
	struct sim_cache_line line;
	uint32_t cursor = 0;
	unsigned n = 0;

	while (sim_cache_next(w->s, 0, SIM_CACHE_IOTLB, &cursor, &line))
		n += line.domain == p->domain && line.iova >= p->base &&
		     line.iova - p->base < UINT64_C(1) << p->lg2;
	return n;
}

static void build(struct world *w, struct space *sp)
{
	*sp = (struct space){ 0 };
	for (unsigned d = 0; d < DOMAINS; d++) {
		uint64_t iova = UINT64_C(0x10000000000);

		sp->root[d] = world_page(w);
		av_attach(w, (uint16_t)(RID + d), sp->root[d], 4, (uint16_t)d);
		for (unsigned i = 0; i < SIZES; i++) {
			struct page *p = &sp->page[sp->pages++];

			*p = (struct page){ .lg2 = sizes[i], .domain = d };
			iova = (iova + (UINT64_C(1) << p->lg2) - 1) &
			       ~((UINT64_C(1) << p->lg2) - 1);
			p->base = iova;
			map(w, sp->root[d], iova, p->lg2);
			iova += UINT64_C(1) << p->lg2;
		}
	}
}

static void warm(struct world *w, struct space *sp, uint64_t *state)
{
	for (unsigned i = 0; i < sp->pages; i++) {
		touch(w, &sp->page[i], state);
		sp->page[i].pieces = pieces(w, &sp->page[i]);
		ck_assert_uint_ge(sp->page[i].pieces, 1);
	}
}

/* ---- the reference: the address scanned bit by bit ---- */

static void range_of(uint64_t addr, bool sized, uint64_t *first, uint64_t *last)
{
	unsigned z = 12;

	*first = addr & ~UINT64_C(0xFFF);
	*last = *first | 0xFFF;
	if (!sized)
		return;
	while (z < 64 && addr >> z & 1)
		z++;
	*first = 0;
	*last = UINT64_MAX;
	if (z >= 51)
		return;
	for (unsigned b = 0; b < 64; b++)
		if (b > z)
			*first |= addr & UINT64_C(1) << b;
	*last = *first + (UINT64_C(2) << z) - 1;
}

static bool meets(uint64_t a_first, uint64_t a_last, uint64_t b_first, uint64_t b_last)
{
	return a_first <= b_last && b_first <= a_last;
}

static uint64_t random_address(struct space *sp, uint64_t *state, bool *sized)
{
	const struct page *p = &sp->page[world_below(state, sp->pages)];
	uint64_t addr = p->base + (world_random(state) & ((UINT64_C(4) << p->lg2) - 1));
	unsigned lg2 = 13 + world_below(state, 30);

	*sized = world_below(state, 3) != 0;
	if (*sized)
		addr = (addr & ~((UINT64_C(1) << lg2) - 1)) | ((UINT64_C(1) << (lg2 - 1)) - 1);
	return addr & ~UINT64_C(0xFFF);
}

/* Exactly the pages that touch the range go, whole; directory entries go with PDE = 1 only. */
START_TEST(test_pages_against_brute_force)
{
	uint64_t state = 41 + (uint64_t)_i;
	struct world w;
	struct space sp;

	av_start(&w, NULL, NULL);
	build(&w, &sp);
	av_enable(&w);
	for (unsigned round = 0; round < 120; round++) {
		unsigned domain = world_below(&state, DOMAINS), dirs, left = 0;
		struct sim_cache_line line;
		uint64_t addr, first, last;
		bool sized, pde = world_below(&state, 2);
		uint32_t cursor = 0;

		warm(&w, &sp, &state);
		dirs = sim_cache_count(w.s, 0, SIM_CACHE_PAGING);
		addr = random_address(&sp, &state, &sized);
		range_of(addr, sized, &first, &last);
		while (sim_cache_next(w.s, 0, SIM_CACHE_PAGING, &cursor, &line))
			left += !pde || line.domain != domain ||
				!meets(line.iova,
				       line.iova + (UINT64_C(1) << (12 + 9 * line.level)) - 1,
				       first, last);
		av_submit(&w, PAGES(domain), addr | sized | (uint64_t)pde << 1);
		for (unsigned i = 0; i < sp.pages; i++) {
			const struct page *p = &sp.page[i];
			bool gone =
				p->domain == domain &&
				meets(p->base, p->base + (UINT64_C(1) << p->lg2) - 1, first, last);

			ck_assert_msg(pieces(&w, p) == (gone ? 0 : p->pieces),
				      "page %llx of 2^%u in %u, command %llx s %d in %u",
				      (unsigned long long)p->base, p->lg2, p->domain,
				      (unsigned long long)addr, sized, domain);
		}
		ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_PAGING), left);
		ck_assert(pde || left == dirs);
	}
	av_expect_no_event(&w);
	world_stop(&w);
}
END_TEST

static const struct {
	uint64_t addr;
	bool sized, all;
} encodings[] = {
	{ EVERYTHING, true, true },
	{ UINT64_C(0x0007FFFFFFFFF000), true, true },  /* first zero at bit 51 */
	{ UINT64_C(0x000FFFFFFFFFF000), true, true },  /* at bit 52 */
	{ UINT64_C(0xFFFFFFFFFFFFF000), true, true },  /* undefined: everything, and a complaint */
	{ UINT64_C(0x0003FFFFFFFFF000), true, false }, /* 2^51 bytes at 0: all of this space too */
	{ EVERYTHING, false, false },
};

START_TEST(test_everything)
{
	uint64_t state = 1;
	struct world w;
	struct space sp;
	bool gone = encodings[_i].all || _i == 4;

	av_start(&w, NULL, NULL);
	build(&w, &sp);
	av_enable(&w);
	warm(&w, &sp, &state);
	av_submit(&w, PAGES(1), encodings[_i].addr | encodings[_i].sized | 2);
	for (unsigned i = 0; i < sp.pages; i++)
		ck_assert_uint_eq(pieces(&w, &sp.page[i]),
				  gone && sp.page[i].domain ? 0 : sp.page[i].pieces);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_PAGING, 1, UINT64_MAX) == 0, gone);
	ck_assert_uint_gt(world_cached(&w, SIM_CACHE_PAGING, 0, UINT64_MAX), 0);
	ck_assert_uint_eq(world_complaints(&w, "address-all-ones"), _i == 3);
	world_stop(&w);
}
END_TEST

START_TEST(test_invalidate_all_empties_every_cache)
{
	uint64_t state = 1;
	struct world w;
	struct space sp;

	av_start(&w, NULL, NULL);
	build(&w, &sp);
	av_enable(&w);
	warm(&w, &sp, &state);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_CONTEXT), 2);
	av_submit(&w, OP(8), 0);
	for (unsigned cache = 0; cache < SIM_CACHE_DEVICE; cache++)
		ck_assert_uint_eq(sim_cache_count(w.s, 0, (enum sim_cache)cache), 0);
	world_stop(&w);
}
END_TEST

/* DEVTAB drops no translation; another device of the domain is served by what the first one cached. */
START_TEST(test_translations_belong_to_the_domain)
{
	struct world w;
	struct sim_xlat x;
	uint64_t root;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_leaf(&w, root, 2, 0x5000, 1, RW | 0xA001);
	av_attach(&w, RID, root, 2, 7);
	av_attach(&w, RID + 1, root, 2, 7);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	av_submit(&w, OP(2) | RID, 0);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 7, 0x5000), 1);
	world_request(&w, RID + 1, 0x5008, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	ck_assert_int_eq(x.source, SIM_FROM_IOTLB);
	ck_assert_uint_eq(x.pa, 0xA008);
	av_submit(&w, PAGES(8), EVERYTHING | 3); /* another domain */
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 7, 0x5000), 1);
	world_stop(&w);
}
END_TEST

/* The directory entry leads to the old table until PDE = 1 drops it. */
START_TEST(test_directory_entries_need_pde)
{
	struct world w;
	uint64_t root, fresh;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	fresh = world_page(&w);
	av_enable(&w);
	av_leaf(&w, root, 2, 0x5000, 1, RW | 0xA001);
	av_attach(&w, RID, root, 2, 7);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	world_put(&w, fresh + 5 * 8, RW | 0xB001);
	world_put(&w, root, RW | fresh | 1u << 9 | 1);
	av_submit(&w, PAGES(7), 0x5000);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	av_submit(&w, PAGES(7), 0x5000 | 2);
	ck_assert(world_reads(&w, RID, 0x5000, 0xB000));
	world_stop(&w);
}
END_TEST

/* NpCache decides whether what is absent, or gives nothing, is kept. */
START_TEST(test_absence_is_kept_with_npcache_only)
{
	bool np = _i & 1, unpermitted = _i & 2;
	struct sim_amdvi_config c;
	struct world w;
	uint64_t root;

	sim_amdvi_default(&c);
	if (np)
		c.cap |= AMDVI_CAPHDR_NPCACHE;
	av_start(&w, &c, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_attach(&w, RID, root, 1, 7);
	if (unpermitted)
		av_leaf(&w, root, 1, 0x5000, 1, 0xA001);
	for (unsigned i = 0; i < 2; i++) { /* a walk, and what is kept of it */
		ck_assert(!world_reads(&w, RID, 0x5000, 0xA000));
		av_expect_event(&w,
				OP(2) | UINT64_C(7) << 32 | RID |
					(unpermitted ? UINT64_C(0x50) << 48 : 0),
				0x5000);
	}
	av_leaf(&w, root, 1, 0x5000, 1, RW | 0xA001);
	ck_assert_uint_eq(world_reads(&w, RID, 0x5000, 0xA000), !np);
	av_submit(&w, PAGES(7), 0x5000);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	world_stop(&w);
}
END_TEST

START_TEST(test_more_is_dropped_by_policy)
{
	struct sim_policy policy = { .invalidate_more = true };
	uint64_t state = 1;
	struct world w;
	struct space sp;

	av_start(&w, NULL, &policy);
	build(&w, &sp);
	av_enable(&w);
	warm(&w, &sp, &state);
	av_submit(&w, PAGES(0), 0x1000);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 0, UINT64_MAX), 0);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_PAGING, 0, UINT64_MAX), 0);
	ck_assert_uint_gt(world_cached(&w, SIM_CACHE_IOTLB, 1, UINT64_MAX), 0);
	av_submit(&w, OP(2) | 0x77, 0);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_CONTEXT), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_lost_invalidation_removes_nothing)
{
	static const uint64_t q[3][2] = { { OP(2) | RID, 0 },
					  { PAGES(0), EVERYTHING | 3 },
					  { OP(8), 0 } };
	uint64_t state = 1;
	struct world w;
	struct space sp;
	uint32_t before[2];

	av_start(&w, NULL, NULL);
	build(&w, &sp);
	av_enable(&w);
	warm(&w, &sp, &state);
	before[0] = sim_cache_count(w.s, 0, SIM_CACHE_CONTEXT);
	before[1] = sim_cache_count(w.s, 0, SIM_CACHE_IOTLB);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = SIM_POINT_INVALIDATION_LOST,
						       .count = 1,
						       .last = UINT64_MAX });
	av_submit(&w, q[_i][0], q[_i][1]);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_CONTEXT), before[0]);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), before[1]);
	av_submit(&w, q[_i][0], q[_i][1]);
	ck_assert(sim_cache_count(w.s, 0, SIM_CACHE_CONTEXT) < before[0] ||
		  sim_cache_count(w.s, 0, SIM_CACHE_IOTLB) < before[1]);
	world_stop(&w);
}
END_TEST

/* The range of a device invalidation is that of the same encoding. */
START_TEST(test_device_tlb_range)
{
	struct world w;
	struct sim_dma_result r;
	uint64_t root, data = 0;
	int dev;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_attach(&w, RID, root, 2, 7);
	world_put(&w, AV_DEVTAB + RID * 32 + 8, 7 | UINT64_C(1) << 32);
	for (unsigned i = 0; i < 8; i++)
		av_leaf(&w, root, 2, 0x8000 + i * 0x1000u, 1, RW | (0xA00000 + i * 0x1000u) | 1);
	dev = sim_device_add(w.s, 0, RID, true);
	sim_device_ats(w.s, (uint32_t)dev, true);
	for (unsigned i = 0; i < 8; i++) {
		struct sim_dma dma = {
			.dev = (uint32_t)dev, .addr = 0x8000 + i * 0x1000u, .len = 8, .data = &data
		};

		ck_assert_int_eq(sim_dma(w.s, &dma, &r), SIM_OK);
		ck_assert_int_eq(r.outcome, SIM_OUTCOME_OK);
	}
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 8);
	av_submit(&w, OP(4) | RID, 0x9000);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 7);
	av_submit(&w, OP(4) | RID, 0xD001); /* 16 KiB at 0xC000 */
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 3);
	av_submit(&w, OP(4) | RID, EVERYTHING | 1);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 0);
	av_expect_no_event(&w);
	world_stop(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("amdvi_inval");
	TCase *t = tcase_create("inval");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_pages_against_brute_force, 0, 2);
	tcase_add_loop_test(t, test_everything, 0, (int)(sizeof(encodings) / sizeof(encodings[0])));
	tcase_add_test(t, test_invalidate_all_empties_every_cache);
	tcase_add_test(t, test_translations_belong_to_the_domain);
	tcase_add_test(t, test_directory_entries_need_pde);
	tcase_add_loop_test(t, test_absence_is_kept_with_npcache_only, 0, 4);
	tcase_add_test(t, test_more_is_dropped_by_policy);
	tcase_add_loop_test(t, test_lost_invalidation_removes_nothing, 0, 3);
	tcase_add_test(t, test_device_tlb_range);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
