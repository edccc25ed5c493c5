/*
 * Mistakes of a driver on an AMD-Vi unit, and the cause the oracle has to name. What is expected follows from 48882 2.4
 * "Commands": what each invalidation compares, and PDE.
 */
#include <string.h>

#include "amdvi_world.h"
#include "unit.h"

#define RID 0x0108u
#define DOMAIN 7u
#define IOVA UINT64_C(0x5000)
#define PAGE UINT64_C(0x800000)
#define TOP 3u /* levels, counted from 1 */

struct scene {
	struct world w;
	uint64_t root, store_at;
};

static void touch(struct scene *m)
{
	struct sim_xlat x;

	world_request(&m->w, RID, IOVA, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
}

static void put(struct scene *m, uint64_t at, uint64_t val)
{
	m->store_at = at;
	sim_cpu_write64(m->w.s, at, val);
}

static void clear(struct scene *m, unsigned level)
{
	put(m, av_entry_at(&m->w, m->root, TOP, IOVA, level), 0);
}

/* INVALIDATE_IOMMU_PAGES of one page. */
static void pages(struct scene *m, unsigned domain, uint64_t addr, bool pde)
{
	av_submit(&m->w, UINT64_C(3) << 60 | (uint64_t)domain << 32, addr | (uint64_t)pde << 1);
}

static void nothing(struct scene *m)
{
	clear(m, 1);
}

static void wrong_domain(struct scene *m)
{
	clear(m, 1);
	pages(m, DOMAIN + 1, IOVA, true);
}

static void one_page_short(struct scene *m)
{
	clear(m, 1);
	pages(m, DOMAIN, IOVA + 0x1000, true);
}

static void without_pde(struct scene *m)
{
	clear(m, 2);
	pages(m, DOMAIN, IOVA, false);
}

/* INVALIDATE_DEVTAB_ENTRY: 0x2. */
static void device_entry_only(struct scene *m)
{
	clear(m, 1);
	av_submit(&m->w, UINT64_C(2) << 60 | RID, 0);
}

static void not_carried_out(struct scene *m)
{
	clear(m, 1);
	av_cmd(&m->w, UINT64_C(3) << 60 | (uint64_t)DOMAIN << 32, IOVA);
	av_tell(&m->w);
}

/* clang-format off */
static const struct {
	const char *name;
	void (*make)(struct scene *m);
	enum sim_cause cause;
	enum sim_cache cache;
	const char *nearest;
	bool leaf_only; /* needed may say so */
} row[] = {
	{ "nothing", nothing, SIM_CAUSE_NOT_ISSUED, SIM_CACHE_IOTLB, NULL, true },
	{ "wrong domain", wrong_domain, SIM_CAUSE_OTHER_DOMAIN, SIM_CACHE_IOTLB, "INVALIDATE_IOMMU_PAGES", true },
	{ "short", one_page_short, SIM_CAUSE_SHORT, SIM_CACHE_IOTLB, "INVALIDATE_IOMMU_PAGES", true },
	{ "without PDE", without_pde, SIM_CAUSE_HINT, SIM_CACHE_PAGING, "INVALIDATE_IOMMU_PAGES", false },
	{ "device entry", device_entry_only, SIM_CAUSE_OTHER_CACHE, SIM_CACHE_IOTLB, "INVALIDATE_DEVTAB_ENTRY", true },
	{ "pending", not_carried_out, SIM_CAUSE_PENDING, SIM_CACHE_IOTLB, "INVALIDATE_IOMMU_PAGES", true },
};
/* clang-format on */

START_TEST(test_oracle_cause_amdvi_of_a_mistake)
{
	struct scene m = { .root = 0 };
	const struct sim_finding *f;
	char text[4096];

	av_start(&m.w, NULL, NULL);
	sim_oracle_enable(m.w.s, true);
	m.root = world_page(&m.w);
	av_leaf(&m.w, m.root, TOP, IOVA, 1, PAGE | AV_RW | 1);
	av_attach(&m.w, RID, m.root, TOP, DOMAIN);
	av_enable(&m.w);
	touch(&m);
	row[_i].make(&m);
	touch(&m);
	f = sim_finding_get(m.w.s, 0);
	ck_assert_msg(f != NULL, "%s: nothing was found", row[_i].name);
	sim_finding_format(f, text, sizeof(text));
	ck_assert_msg(f->kind == SIM_FINDING_STALE && f->cause == row[_i].cause, "%s: %s",
		      row[_i].name, text);
	ck_assert_msg(f->has_line && f->line.cache == row[_i].cache, "%s", text);
	ck_assert_msg(strstr(text, "he table is right, the cache is stale") != NULL, "%s", text);
	ck_assert(f->has_store);
	ck_assert_uint_eq(f->store.pa, m.store_at);
	ck_assert_uint_eq(f->store.now, 0);
	ck_assert(f->has_needed);
	ck_assert_str_eq(f->needed.name, "INVALIDATE_IOMMU_PAGES");
	ck_assert_uint_eq(f->needed.domain, DOMAIN);
	ck_assert_int_eq(f->needed.leaf_only, row[_i].leaf_only);
	ck_assert_int_eq(f->has_nearest, row[_i].nearest != NULL);
	if (row[_i].nearest)
		ck_assert_str_eq(f->nearest.name, row[_i].nearest);
	world_stop(&m.w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("oracle_cause_amdvi");
	TCase *t = tcase_create("cause");

	tcase_add_loop_test(t, test_oracle_cause_amdvi_of_a_mistake, 0,
			    (int)(sizeof(row) / sizeof(row[0])));
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
