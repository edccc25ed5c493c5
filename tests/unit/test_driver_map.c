/*
 * Page tables against a flat reference: random sequences of map, unmap, lazy unmap, flush and poll, on every geometry
 * and every capability that changes what the driver does, judged by a walker written from the specification's layout.
 */
#include "unit.h"

#include <string.h>

#include "fake_vtd.h"
#include "hw/vtd.h"
#include "map_world.h"

static struct fake *hw(const struct map_world *w)
{
	return w->hw;
}

/* What the hardware's walker finds for an IOVA: page address | R | W, 0 when not present, all ones when malformed. */
static uint64_t walk(struct map_world *w, uint64_t iova)
{
	uint64_t root = hw(w)->rtaddr_latched & ~UINT64_C(0xfff), e, lo, hi;
	uint64_t perm = 3;
	int level;

	e = fake_walk_read(hw(w), root + 16u * (w->dev.rid >> 8));
	if (!(e & 1))
		return 0;
	lo = fake_walk_read(hw(w), (e & ~UINT64_C(0xfff)) + 16u * (w->dev.rid & 255));
	hi = fake_walk_read(hw(w), (e & ~UINT64_C(0xfff)) + 16u * (w->dev.rid & 255) + 8);
	if (!(lo & 1))
		return 0;
	level = (int)(hi & 7) + 2;
	for (e = lo; level > 0; level--) {
		int shift = 12 + 9 * (level - 1);

		e = fake_walk_read(hw(w),
				   (e & UINT64_C(0x000ffffffffff000)) + 8 * (iova >> shift & 511));
		if (!(e & 3))
			return 0;
		if (e & UINT64_C(0x4000000000000800))
			return ~UINT64_C(0); /* a reserved bit */
		perm &= e;
		if (level == 1 || (e & 0x80)) {
			uint64_t size = UINT64_C(1) << shift;

			if (level > 3 || (e & (size - 1) & UINT64_C(0x000ffffffffff000)))
				return ~UINT64_C(0);
			return (e & UINT64_C(0x000ffffffffff000)) |
			       (iova & (size - 1) & ~UINT64_C(0xfff)) | perm;
		}
	}
	return 0;
}

static void done(void *f)
{
	fake_free(f);
}

static void world_start(struct map_world *w, const char *name, uint64_t cap, uint64_t ecap,
			bool no_super, bool reg)
{
	struct iommu_unit_desc desc = fake_desc();
	struct fake *f = fake_new(cap, ecap);

	memset(w, 0, sizeof(*w));
	w->name = name;
	w->m = &f->m;
	w->hw = f;
	w->done = done;
	w->walk = walk;
	w->window = FIELD_GET(VTD_CAP_MGAW, cap) > 38 ? WINDOW_HIGH : WINDOW_LOW;
	desc.no_superpages = no_super;
	if (no_super)
		w->m->plat.mem_fill64 = NULL; /* optional: this geometry does without */
	desc.use_register_inval = reg;
	map_world_attach(w, &desc, !reg && (ecap & VTD_ECAP_DT));
}

#define CAP_LEVELS(sagaw, mgaw)                                                            \
	((FAKE_CAP & ~(VTD_CAP_SAGAW | VTD_CAP_MGAW)) | FIELD_PREP(VTD_CAP_SAGAW, sagaw) | \
	 FIELD_PREP(VTD_CAP_MGAW, (mgaw)-1))
#define CAP_SSLPS(n) ((FAKE_CAP & ~VTD_CAP_SSLPS) | FIELD_PREP(VTD_CAP_SSLPS, n))
#define CAP_MAMV(n) ((FAKE_CAP & ~VTD_CAP_MAMV) | FIELD_PREP(VTD_CAP_MAMV, n))

static const struct geometry {
	const char *name;
	uint64_t cap, ecap_drop;
	bool no_super, reg;
} geometries[] = {
	{ "48 bit", CAP_LEVELS(4, 48), 0, false, false },
	{ "39 bit", CAP_LEVELS(2, 39), 0, false, false },
	{ "57 bit", CAP_LEVELS(8, 57), 0, false, false },
	{ "4 or 5 levels", CAP_LEVELS(12, 57), 0, false, false },
	{ "4 KiB only", CAP_SSLPS(0), 0, false, false },
	{ "2 MiB", CAP_SSLPS(1), 0, false, false },
	{ "no superpages wanted", CAP_SSLPS(3), 0, true, false },
	{ "not coherent", CAP_SSLPS(3), VTD_ECAP_C, false, false },
	{ "caching mode", CAP_SSLPS(3) | VTD_CAP_CM, 0, false, false },
	{ "caching mode, not coherent", CAP_SSLPS(3) | VTD_CAP_CM, VTD_ECAP_C, false, false },
	{ "write buffer", CAP_SSLPS(3) | VTD_CAP_RWBF, 0, false, false },
	{ "no PSI", CAP_SSLPS(3) & ~VTD_CAP_PSI, 0, false, false },
	{ "MAMV 0", CAP_MAMV(0), 0, false, false },
	{ "MAMV 9", CAP_MAMV(9), 0, false, false },
	{ "registers", CAP_SSLPS(3), 0, false, true },
	{ "no queue", CAP_SSLPS(3), VTD_ECAP_QI | VTD_ECAP_DT, false, true },
	{ "ESRTPS", CAP_SSLPS(3) | VTD_CAP_ESRTPS, 0, false, false },
};

#define GEOMETRIES ((int)(sizeof(geometries) / sizeof(geometries[0])))

START_TEST(test_map_random_sequences_match_a_flat_reference)
{
	const struct geometry *g = &geometries[_i];
	struct map_world w;

	world_start(&w, g->name, g->cap, FAKE_ECAP & ~g->ecap_drop, g->no_super, g->reg);
	map_world_random(&w);
	map_world_stop(&w);
}
END_TEST

START_TEST(test_map_uses_the_largest_pages)
{
	struct map_world w;
	uint64_t size = 0;

	world_start(&w, "sizes", FAKE_CAP, FAKE_ECAP, false, false);
	/* 4 KiB below a GiB, the GiB, 2 MiB and 4 KiB above it */
	ck_assert_int_eq(iommu_map(&w.d, 0x13ffff000, 0x23ffff000,
				   0x1000 + 0x40000000 + 0x200000 + 0x1000, IOMMU_READ),
			 IOMMU_OK);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x13ffff000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x1000);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x17fffffff, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x40000000);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x180000000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x200000);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x180200000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x1000);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x180201000, NULL, NULL, &size), IOMMU_E_NOENT);
	map_world_stop(&w);
}
END_TEST

/* VT-d 6.5: an entry that was a table is invalidated before a large page takes its place. */
START_TEST(test_map_replaces_an_empty_table_only_after_invalidation)
{
	struct map_world w;
	uint32_t from, last = 0, freed = 0;
	uint64_t size = 0, unmapped;

	world_start(&w, "merge", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x90000000, 0x2000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x40000000, 0x2000), IOMMU_OK);
	unmapped = w.m->pages_used;
	from = w.m->logged;
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x90000000, 0x200000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x40000000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x200000);
	ck_assert_uint_eq(w.m->pages_used, unmapped - 1);
	ck_assert_uint_eq(fake_count_desc(hw(&w), from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(w.m->log[last].b & VTD_IOTLBD1_IH, 0);
	ck_assert_uint_eq(fake_count_desc(hw(&w), from, VTD_DT_WAIT, &last), 1);
	for (uint32_t i = from; i < w.m->logged; i++) {
		if (w.m->log[i].what == FAKE_FREE)
			freed = i;
	}
	ck_assert_uint_gt(freed, last);
	map_world_stop(&w);
}
END_TEST

/* A table whose pages live elsewhere in it does not stop the rest of a range from using large pages. */
START_TEST(test_map_goes_around_tables_in_use)
{
	struct map_world w;
	uint64_t size = 0;

	world_start(&w, "around", FAKE_CAP, FAKE_ECAP, false, false);
	/* 512 empty tables under one entry that could be a 1 GiB page, were it not for them */
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x80000000, 0x1000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x40000000, 0x1000), IOMMU_OK);
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x140000000, 0x80000000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x40000000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x200000);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x80000000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x40000000);
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x80000000, 0x1000, 3), IOMMU_E_EXIST);
	map_world_stop(&w);
}
END_TEST

/* Leaves only: IH = 1. A table goes: IH = 0. Large page with a small MAMV: domain-selective. */
START_TEST(test_unmap_hint_and_granularity)
{
	struct map_world w;
	uint32_t from, last = 0;

	world_start(&w, "hint", CAP_MAMV(9), FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x1ff000, 0x1000, 0x201000, 3), IOMMU_OK);
	from = w.m->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1ff000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(hw(&w), from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(w.m->log[last].b, 0x1ff000 | VTD_IOTLBD1_IH);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_G, w.m->log[last].a), VTD_IOTLBD_G_PAGE);
	ck_assert_uint_eq(w.m->log[last].a & (VTD_IOTLBD0_DR | VTD_IOTLBD0_DW),
			  VTD_IOTLBD0_DR | VTD_IOTLBD0_DW);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_DID, w.m->log[last].a), w.d.id[0]);
	from = w.m->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x200000, 0x200000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(hw(&w), from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(w.m->log[last].b, 0x200000 | 9);

	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x40000000, 0x40000000, 3), IOMMU_OK);
	from = w.m->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x40000000, 0x40000000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(hw(&w), from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_G, w.m->log[last].a), VTD_IOTLBD_G_DOMAIN);
	map_world_stop(&w);
}
END_TEST

/* VT-d 6.5: IOTLB first, then the device's copy, then the wait; nothing released before. */
START_TEST(test_unmap_order_of_commands)
{
	struct map_world w;
	uint32_t from, iotlb = 0, dev = 0, wait = 0, freed = 0;

	world_start(&w, "order", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x200000, 0x1000, 0x200000, 3), IOMMU_OK);
	from = w.m->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x200000, 0x200000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(hw(&w), from, VTD_DT_IOTLB, &iotlb), 1);
	ck_assert_uint_eq(fake_count_desc(hw(&w), from, VTD_DT_DEV_TLB, &dev), 1);
	ck_assert_uint_eq(fake_count_desc(hw(&w), from, VTD_DT_WAIT, &wait), 1);
	ck_assert_uint_eq(FIELD_GET(VTD_DEVTLBD0_SID, w.m->log[dev].a), 0x1234);
	/* 2 MiB: eight ones from bit 12, a zero at bit 20, S */
	ck_assert_uint_eq(w.m->log[dev].b, 0x2ff001);
	for (uint32_t i = from; i < w.m->logged; i++) {
		if (w.m->log[i].what == FAKE_FREE)
			freed = i;
	}
	ck_assert_uint_lt(iotlb, dev);
	ck_assert_uint_lt(dev, wait);
	ck_assert_uint_lt(wait, freed);
	map_world_stop(&w);
}
END_TEST

/* A lazy unmap issues nothing; one flush serves many tickets with few commands. */
START_TEST(test_flush_coalesces_tickets)
{
	struct iommu_ticket t[32];
	struct map_world w;
	uint32_t from;

	memset(t, 0, sizeof(t));
	world_start(&w, "coalesce", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x200000, 0x1000, 0x200000, 3), IOMMU_OK);
	from = w.m->logged;
	for (uint32_t i = 0; i < 32; i++)
		ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x200000 + i * 0x2000u, 0x1000, &t[i]),
				 IOMMU_OK);
	ck_assert_uint_eq(w.m->logged, from);
	ck_assert_int_eq(iommu_map(&w.d, 0x202000, 0x1000, 0x1000, 3), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_flush(&w.d), IOMMU_OK);
	ck_assert_uint_le(fake_count_desc(hw(&w), from, VTD_DT_IOTLB, NULL), 8);
	ck_assert_uint_eq(fake_count_desc(hw(&w), from, VTD_DT_WAIT, NULL), 1);
	ck_assert_int_eq(iommu_map(&w.d, 0x202000, 0x1000, 0x1000, 3), IOMMU_OK);
	map_world_stop(&w);
}
END_TEST

START_TEST(test_map_refuses_bad_arguments)
{
	struct map_world w;
	uint32_t pages;

	world_start(&w, "arguments", FAKE_CAP, FAKE_ECAP, false, false);
	pages = w.m->pages_used;
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0, 3), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_map(&w.d, 0x1001, 0x1000, 0x1000, 3), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1800, 0x1000, 3), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1800, 3), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 0), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 7), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_map(&w.d, UINT64_C(1) << 48, 0x1000, 0x1000, 3), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_map(&w.d, ~UINT64_C(0xfff), 0x1000, 0x2000, 3), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, UINT64_C(1) << 46, 0x1000, 3), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_map(&w.d, 0xfee00000, 0x1000, 0x1000, 3), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_map(&w.d, 0xfedff000, 0x1000, 0x2000, 3), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0xfeeff000, 0x2000, 3), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_map(&w.d, 0xfedff000, 0x1000, 0x1000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_map(&w.d, 0xfef00000, 0x1000, 0x1000, 3), IOMMU_OK);
	/* the last page of the address space */
	ck_assert_int_eq(iommu_map(&w.d, (UINT64_C(1) << 48) - 0x1000, 0x1000, 0x1000, 3),
			 IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, (UINT64_C(1) << 48) - 0x1000, 0x1000), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_E_NOENT);
	ck_assert_uint_gt(w.m->pages_used, pages);
	map_world_stop(&w);
}
END_TEST

/* The n-th allocation fails, then the next, until none is left to fail: nothing changes, nothing leaks. */
static void nomem_sweep(struct map_world *w, int (*op)(struct map_world *))
{
	uint32_t pages = w->m->pages_used, n;
	int rc = IOMMU_E_NOMEM;

	for (n = 1; rc == IOMMU_E_NOMEM; n++) {
		uint32_t logged = w->m->logged;
		uint64_t tables = w->u.stats.table_pages;

		w->m->fail_at = w->m->allocs + n;
		rc = op(w);
		w->m->fail_at = 0;
		if (rc != IOMMU_E_NOMEM)
			break;
		ck_assert_uint_eq(w->m->pages_used, pages);
		ck_assert_uint_eq(w->u.stats.table_pages, tables);
		for (uint32_t i = logged; i < w->m->logged; i++)
			ck_assert_int_eq(w->m->log[i].what,
					 FAKE_FREE); /* hardware was left alone */
		map_world_check_around(w, 512 * 512 - 3, 4096);
	}
	ck_assert_int_eq(rc, IOMMU_OK);
	ck_assert_uint_gt(n, 1);
}

static int op_map(struct map_world *w)
{
	return iommu_map(&w->d, map_world_iova(w, 512 * 512 - 3), 0x5000, UINT64_C(1030) * 4096, 3);
}

static int op_cut(struct map_world *w)
{
	return iommu_unmap(&w->d, map_world_iova(w, 512 * 512 + 2000), UINT64_C(5) * 4096);
}

START_TEST(test_map_without_memory_changes_nothing)
{
	struct map_world w;

	world_start(&w, "no memory", FAKE_CAP, FAKE_ECAP & ~VTD_ECAP_C, false, false);
	nomem_sweep(&w, op_map);
	map_world_stop(&w);
}
END_TEST

START_TEST(test_unmap_without_memory_changes_nothing)
{
	struct map_world w;

	world_start(&w, "no memory", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, map_world_iova(&w, 512 * 512), 0x40000000, 0x40000000, 3),
			 IOMMU_OK);
	for (uint32_t i = 0; i < 512 * 512; i++)
		w.flat[512 * 512 + i] = (0x40000000 + (uint64_t)i * 4096) | 3;
	nomem_sweep(&w, op_cut);
	memset(&w.flat[512 * 512 + 2000], 0, 5 * 8);
	map_world_check_all(&w);
	map_world_stop(&w);
}
END_TEST

/* The hardware never answers while a large page is cut: the new table was never linked and goes back, the rest stays. */
START_TEST(test_unmap_split_that_times_out)
{
	struct map_world w;
	uint32_t pages;

	world_start(&w, "split", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x200000, 0x200000, 0x200000, 3), IOMMU_OK);
	pages = w.m->pages_used;
	hw(&w)->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x201000, 0x1000), IOMMU_E_TIMEOUT);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_uint_eq(w.m->pages_used, pages);
	ck_assert_uint_eq(w.d.pages_mapped, 512);
	hw(&w)->dead = 0;
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_OK);
	ck_assert_uint_eq(w.m->pages_used, 0);
	ck_assert_uint_eq(w.m->bad, 0);
	free(w.flat);
	fake_free(hw(&w));
}
END_TEST

/* VT-d 6.5 "page size change": the old entry is cleared and invalidated before the table takes its place. */
START_TEST(test_unmap_split_breaks_before_it_makes)
{
	struct map_world w;
	uint32_t from, n, iotlb = 0;

	world_start(&w, "break", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x40000000, 0x40000000, 3), IOMMU_OK);
	from = w.m->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x40201000, 0x1000), IOMMU_OK);
	/* the GiB, the 2 MiB in it, then the page itself */
	n = fake_count_desc(hw(&w), from, VTD_DT_IOTLB, &iotlb);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(w.m->log[iotlb].b, 0x40201000 | VTD_IOTLBD1_IH);
	for (uint32_t i = from, seen = 0; i < w.m->logged; i++) {
		static const uint64_t want[] = { 0x40000000 | VTD_IOTLBD1_IH | 18,
						 0x40200000 | VTD_IOTLBD1_IH | 9 };

		if (w.m->log[i].what != FAKE_DESC || (w.m->log[i].a & 15) != VTD_DT_IOTLB)
			continue;
		if (seen < 2)
			ck_assert_uint_eq(w.m->log[i].b, want[seen]);
		seen++;
	}
	map_world_stop(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver map");
	TCase *t = tcase_create("map");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_map_random_sequences_match_a_flat_reference, 0, GEOMETRIES);
	tcase_add_test(t, test_map_uses_the_largest_pages);
	tcase_add_test(t, test_map_replaces_an_empty_table_only_after_invalidation);
	tcase_add_test(t, test_map_goes_around_tables_in_use);
	tcase_add_test(t, test_unmap_hint_and_granularity);
	tcase_add_test(t, test_unmap_order_of_commands);
	tcase_add_test(t, test_flush_coalesces_tickets);
	tcase_add_test(t, test_map_refuses_bad_arguments);
	tcase_add_test(t, test_unmap_split_that_times_out);
	tcase_add_test(t, test_unmap_split_breaks_before_it_makes);
	tcase_add_test(t, test_map_without_memory_changes_nothing);
	tcase_add_test(t, test_unmap_without_memory_changes_nothing);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
