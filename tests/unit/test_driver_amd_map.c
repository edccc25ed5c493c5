/*
 * AMD-Vi page tables: the random sequences of map_world on every geometry and capability that changes what the driver
 * does, judged by a walker written from the layout in 48882; joined pages, and the commands a change needs, word by word.
 */
#include "unit.h"

#include <string.h>

#include "fake_amdvi.h"
#include "map_world.h"

static struct fake_amdvi *hw(const struct map_world *w)
{
	return w->hw;
}

#define ADDR UINT64_C(0x000ffffffffff000)
#define MALFORMED (~UINT64_C(0))

/* An entry of `level`, the specification's, with NextLevel 7: all entries of the page must hold the same. */
static uint64_t sized(struct map_world *w, uint64_t at, uint64_t e, int level, uint64_t iova,
		      bool snoop)
{
	int z = 12, shift = 12 + 9 * (level - 1);
	uint64_t size, n;

	while (e >> z & 1)
		z++;
	size = UINT64_C(2) << z;
	if (z + 1 <= shift || z + 1 >= shift + 9)
		return MALFORMED; /* not strictly between the sizes of this level and the next */
	n = size >> shift;
	at &= ~(8 * n - 1);
	for (uint64_t i = 0; i < n; i++) {
		if (fake_amdvi_walk_read(hw(w), at + 8 * i, snoop) != e)
			return MALFORMED;
	}
	return (e & ADDR & ~(size - 1)) | (iova & (size - 1) & ~UINT64_C(0xfff));
}

static uint64_t leaf(struct map_world *w, uint64_t at, uint64_t e, int level, uint64_t iova,
		     bool snoop)
{
	uint64_t size = UINT64_C(1) << (12 + 9 * (level - 1));

	if (e & UINT64_C(0x07f0000000000000)) /* 58:52 */
		return MALFORMED;
	if (!(e & UINT64_C(0x1000000000000000))) /* FC */
		return MALFORMED;
	if ((e >> 9 & 7) == 7)
		return sized(w, at, e, level, iova, snoop);
	if (level > 3 || (e & ADDR & (size - 1)))
		return MALFORMED;
	return (e & ADDR) | (iova & (size - 1) & ~UINT64_C(0xfff));
}

/* The steps of the specification's walk for device 1234h, by hand: bit numbers, not the header's names. */
static uint64_t walk(struct map_world *w, uint64_t iova)
{
	uint64_t e = fake_amdvi_dte(hw(w), w->dev.rid, 0), perm, at, pa;
	bool snoop = !(fake_amdvi_dte(hw(w), w->dev.rid, 1) >> 38 & 1);
	int level = (int)(e >> 9 & 7), next = level;

	if ((e & 3) != 3)
		return MALFORMED;
	if (!(e >> 61 & 3))
		return 0;
	if (level == 0 || level > 6 || (level < 6 && iova >> (12 + 9 * level)))
		return MALFORMED;
	for (perm = e;; level = next) {
		at = (e & ADDR) + 8 * (iova >> (12 + 9 * (level - 1)) & 511);
		e = fake_amdvi_walk_read(hw(w), at, snoop);
		if (!(e & 1))
			return 0;
		perm &= e;
		next = (int)(e >> 9 & 7);
		if (next == 0 || next == 7)
			break;
		if (next != level - 1 || (e & UINT64_C(0x1ff0000000000000))) /* 60:52 */
			return MALFORMED;
	}
	pa = leaf(w, at, e, level, iova, snoop);
	return pa == MALFORMED ? pa : pa | (perm >> 61 & 3);
}

static void done(void *f)
{
	fake_amdvi_free(f);
}

static void world_start(struct map_world *w, const char *name, struct fake_amdvi *f,
			const struct iommu_unit_desc *desc)
{
	memset(w, 0, sizeof(*w));
	w->name = name;
	w->m = &f->m;
	w->hw = f;
	w->done = done;
	w->walk = walk;
	w->window = desc->iova_bits && desc->iova_bits < 40 ? WINDOW_LOW : WINDOW_HIGH;
	if (desc->iova_bits == 64) /* up to the last address there is */
		w->window = 0 - UINT64_C(4096) * WINDOW_PAGES;
	if (desc->no_superpages)
		f->m.plat.mem_fill64 = NULL; /* optional: this geometry does without */
	map_world_attach(w, desc, f->cap & AMDVI_CAPHDR_IOTLBSUP);
}

static void start(struct map_world *w, const char *name)
{
	struct fake_amdvi *f = fake_amdvi_new(AFAKE_CAP, AFAKE_EFR);
	struct iommu_unit_desc desc = fake_amdvi_desc(f);

	world_start(w, name, f, &desc);
}

static const struct geometry {
	const char *name;
	uint32_t cap_add, cap_drop, iova_bits, hats;
	uint64_t efr_drop;
	bool no_super, not_coherent;
	uint32_t mode; /* levels the entry must tell */
} geometries[] = {
	{ "default", 0, 0, 0, 2, 0, false, false, 4 },
	{ "39 bit", 0, 0, 39, 2, 0, false, false, 3 },
	{ "57 bit", 0, 0, 57, 2, 0, false, false, 5 },
	{ "64 bit", 0, 0, 64, 2, 0, false, false, 6 },
	{ "5 levels at most", 0, 0, 64, 1, 0, false, false, 5 },
	{ "4 KiB only", 0, 0, 0, 0, 0, true, false, 4 },
	{ "not coherent", 0, 0, 0, 2, 0, false, true, 4 },
	{ "NpCache", AMDVI_CAPHDR_NPCACHE, 0, 0, 2, 0, false, false, 4 },
	{ "NpCache, not coherent", AMDVI_CAPHDR_NPCACHE, 0, 0, 2, 0, false, true, 4 },
	{ "no ATS", 0, AMDVI_CAPHDR_IOTLBSUP, 0, 2, 0, false, false, 4 },
	{ "no INVALIDATE_IOMMU_ALL", 0, 0, 0, 2, AMDVI_EFR_IASUP, false, false, 4 },
	{ "no feature register", 0, AMDVI_CAPHDR_EFRSUP, 0, 2, ~UINT64_C(0), false, false, 4 },
};

#define GEOMETRIES ((int)(sizeof(geometries) / sizeof(geometries[0])))

START_TEST(test_amd_map_random_sequences_match_a_flat_reference)
{
	const struct geometry *g = &geometries[_i];
	struct fake_amdvi *f = fake_amdvi_new(
		(AFAKE_CAP & ~g->cap_drop) | g->cap_add,
		((AFAKE_EFR & ~AMDVI_EFR_HATS) | FIELD_PREP(AMDVI_EFR_HATS, g->hats)) &
			~g->efr_drop);
	struct iommu_unit_desc desc = fake_amdvi_desc(f);
	struct map_world w;

	desc.iova_bits = g->iova_bits;
	desc.no_superpages = g->no_super;
	desc.not_coherent = g->not_coherent;
	if (g->hats == 1)
		desc.iova_bits = 57;
	world_start(&w, g->name, f, &desc);
	ck_assert_uint_eq(fake_amdvi_dte(f, 0x1234, 0) >> 9 & 7, g->mode);
	map_world_random(&w);
	ck_assert_uint_eq(f->unsafe, 0);
	map_world_stop(&w);
}
END_TEST

/* One and two levels: 2 MiB and 1 GiB of device addresses. */
START_TEST(test_amd_map_few_levels)
{
	for (uint32_t mode = 1; mode <= 2; mode++) {
		struct fake_amdvi *f = fake_amdvi_new(AFAKE_CAP, AFAKE_EFR);
		struct iommu_unit_desc desc = fake_amdvi_desc(f);
		uint64_t limit = UINT64_C(0x1000) << 9 * mode;
		struct map_world w;

		desc.iova_bits = 12 + 9 * mode;
		world_start(&w, "few levels", f, &desc);
		ck_assert_uint_eq(fake_amdvi_dte(f, 0x1234, 0) >> 9 & 7, mode);
		ck_assert_int_eq(iommu_map(&w.d, limit, 0x1000, 0x1000, 3), IOMMU_E_RANGE);
		ck_assert_int_eq(iommu_map(&w.d, limit - 0x3000, 0x10000, 0x3000, 1), IOMMU_OK);
		ck_assert_uint_eq(walk(&w, limit - 0x1000), 0x12001);
		ck_assert_int_eq(iommu_map(&w.d, limit - 0x200000, 0x1000, 0x1fd000, 3), IOMMU_OK);
		ck_assert_int_eq(iommu_unmap(&w.d, limit - 0x2000, 0x2000), IOMMU_OK);
		ck_assert_uint_eq(walk(&w, limit - 0x3000), 0x10001);
		ck_assert_uint_eq(walk(&w, limit - 0x2000), 0);
		map_world_stop(&w);
	}
}
END_TEST

/* Follows the tables of a 4-level domain down to the entry of a level, 1 the lowest. */
static uint64_t entry(struct map_world *w, uint64_t iova, int level)
{
	uint64_t e = fake_amdvi_dte(hw(w), w->dev.rid, 0);

	for (int l = 4;; l--) {
		e = *fake_mem_cpu(w->m, (e & ADDR) + 8 * (iova >> (12 + 9 * (l - 1)) & 511));
		if (l == level)
			return e;
	}
}

/* 48882, worked examples: the entries, word by word. */
START_TEST(test_amd_map_images)
{
	struct map_world w;

	start(&w, "images");
	ck_assert_int_eq(iommu_map(&w.d, 0xa000, 0xabcde000, 0x1000, 3), IOMMU_OK);
	ck_assert_uint_eq(entry(&w, 0xa000, 1), UINT64_C(0x70000000abcde001));
	ck_assert_uint_eq(entry(&w, 0xa000, 2) & ~ADDR, UINT64_C(0x6000000000000201));
	ck_assert_uint_eq(entry(&w, 0xa000, 3) & ~ADDR, UINT64_C(0x6000000000000401));
	ck_assert_int_eq(iommu_map(&w.d, 0xb000, 0xabcde000, 0x1000, 1), IOMMU_OK);
	ck_assert_uint_eq(entry(&w, 0xb000, 1), UINT64_C(0x30000000abcde001));
	ck_assert_int_eq(iommu_map(&w.d, 0xc000, 0xabcde000, 0x1000, 2), IOMMU_OK);
	ck_assert_uint_eq(entry(&w, 0xc000, 1), UINT64_C(0x50000000abcde001));
	/* 2 MiB */
	ck_assert_int_eq(iommu_map(&w.d, 0x600000, 0x40000000, 0x200000, 3), IOMMU_OK);
	ck_assert_uint_eq(entry(&w, 0x600000, 2), UINT64_C(0x7000000040000001));
	/* 8 KiB at 6000h, twice */
	ck_assert_int_eq(iommu_map(&w.d, 0x6000, 0x6000, 0x2000, 3), IOMMU_OK);
	ck_assert_uint_eq(entry(&w, 0x6000, 1), UINT64_C(0x7000000000006e01));
	ck_assert_uint_eq(entry(&w, 0x7000, 1), UINT64_C(0x7000000000006e01));
	/* 64 KiB at 1230000h, 16 times */
	ck_assert_int_eq(iommu_map(&w.d, 0x10000, 0x1230000, 0x10000, 3), IOMMU_OK);
	for (uint64_t i = 0; i < 16; i++)
		ck_assert_uint_eq(entry(&w, 0x10000 + i * 0x1000, 1), UINT64_C(0x7000000001237e01));
	/* 4 MiB at 800000h, twice */
	ck_assert_int_eq(iommu_map(&w.d, 0x800000, 0x800000, 0x400000, 3), IOMMU_OK);
	ck_assert_uint_eq(entry(&w, 0x800000, 2), UINT64_C(0x70000000009ffe01));
	ck_assert_uint_eq(entry(&w, 0xa00000, 2), UINT64_C(0x70000000009ffe01));
	/* 2 GiB at 80000000h, twice */
	ck_assert_int_eq(iommu_map(&w.d, 0x200000000, 0x280000000, 0x80000000, 3), IOMMU_OK);
	ck_assert_uint_eq(entry(&w, 0x200000000, 3), UINT64_C(0x70000002bffffe01));
	ck_assert_uint_eq(entry(&w, 0x240000000, 3), UINT64_C(0x70000002bffffe01));
	map_world_stop(&w);
}
END_TEST

/* Sizes follow the alignment of both addresses and the length; never the page of the next level. */
START_TEST(test_amd_map_uses_the_largest_pages)
{
	static const struct {
		uint64_t iova, pa, size, at, page;
	} rows[] = {
		{ 0x100000, 0x100000, 0x100000, 0x100000, 0x100000 }, /* 1 MiB */
		{ 0x300000, 0x101000, 0x100000, 0x301000, 0x1000 },   /* never aligned alike */
		{ 0x501000, 0x701000, 0x3000, 0x501000, 0x1000 },
		{ 0x702000, 0x702000, 0x6000, 0x704000, 0x4000 },
		{ 0x804000, 0xa14000, 0x8000, 0x808000,
		  0x4000 }, /* 14000h + 4000h is no multiple of 8000h */
		{ 0x40000000, 0x40000000, 0x20000000, 0x48000000, 0x20000000 }, /* 512 MiB */
		{ 0x1000000000, 0x1000000000, 0x4000000000, 0x1800000000,
		  0x1000000000 }, /* 64 of 256 GiB */
	};
	uint64_t size;
	struct map_world w;

	start(&w, "sizes");
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(iommu_map(&w.d, rows[i].iova, rows[i].pa, rows[i].size, 3),
				 IOMMU_OK);
		ck_assert_int_eq(iommu_lookup(&w.d, rows[i].at, NULL, NULL, &size), IOMMU_OK);
		ck_assert_msg(size == rows[i].page, "row %u: %llx", i, (unsigned long long)size);
		ck_assert_uint_eq(walk(&w, rows[i].at),
				  (rows[i].at - rows[i].iova + rows[i].pa) | 3);
	}
	map_world_stop(&w);
}
END_TEST

/* A page made of 256 entries is cut in its middle: the rest stays mapped, in the largest pages that do not cross. */
START_TEST(test_amd_unmap_parts_joined_pages)
{
	struct iommu_stats before;
	uint64_t size;
	struct map_world w;

	start(&w, "parts");
	ck_assert_int_eq(iommu_map(&w.d, 0x100000, 0x300000, 0x100000, 2), IOMMU_OK);
	before = w.u.stats;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x140000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(w.u.stats.table_pages, before.table_pages); /* no table was needed */
	ck_assert_uint_eq(walk(&w, 0x13f000), 0x33f002);
	ck_assert_uint_eq(walk(&w, 0x140000), 0);
	ck_assert_uint_eq(walk(&w, 0x141000), 0x341002);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x100000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x40000);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x180000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x80000);
	/* 64 MiB of 2 MiB entries, cut inside one of them: it becomes a table, the others stay */
	ck_assert_int_eq(iommu_map(&w.d, 0x4000000, 0x8000000, 0x4000000, 3), IOMMU_OK);
	before = w.u.stats;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x4603000, 0x2000), IOMMU_OK);
	ck_assert_uint_eq(w.u.stats.table_pages, before.table_pages + 1);
	ck_assert_uint_eq(walk(&w, 0x4602000), 0x8602003);
	ck_assert_uint_eq(walk(&w, 0x4603000), 0);
	ck_assert_uint_eq(walk(&w, 0x4604000), 0);
	ck_assert_uint_eq(walk(&w, 0x4605000), 0x8605003);
	ck_assert_uint_eq(walk(&w, 0x7fff000), 0xbfff003);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x6000000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x2000000);
	/* both ends in one page */
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x40000000, 0x40000000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x40001000, 0x3fffe000), IOMMU_OK);
	ck_assert_uint_eq(walk(&w, 0x40000000), 0x40000003);
	ck_assert_uint_eq(walk(&w, 0x7ffff000), 0x7ffff003);
	ck_assert_uint_eq(w.d.pages_mapped, 255 + 16382 + 2);
	map_world_stop(&w);
}
END_TEST

/*
 * A page is parted while it is in use: every address keeps a translation throughout, no command goes out before the range
 * itself is invalidated, and that one names directories when a table was made.
 */
START_TEST(test_amd_unmap_parts_without_a_gap)
{
	struct iommu_ticket t[2];
	struct map_world w;
	uint32_t from, pages = 0;
	uint64_t tail;

	memset(t, 0, sizeof(t));
	start(&w, "live");
	ck_assert_int_eq(iommu_map(&w.d, 0x100000, 0x300000, 0x100000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_map(&w.d, 0x600000, 0x600000, 0x200000, 3), IOMMU_OK);
	from = w.m->logged;
	tail = hw(&w)->cmd_tail;
	ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x1ff000, 0x1000, &t[0]), IOMMU_OK);
	ck_assert_uint_eq(hw(&w)->cmd_tail, tail);
	ck_assert_uint_eq(walk(&w, 0x1fe000), 0x3fe003);
	ck_assert_int_eq(iommu_flush(&w.d), IOMMU_OK);
	ck_assert_uint_eq(fake_amdvi_count(hw(&w), from, AMDVI_OP_INVALIDATE_IOMMU_PAGES, &pages),
			  1);
	ck_assert_uint_eq(w.m->log[pages].b, 0x1ff000);
	from = w.m->logged;
	tail = hw(&w)->cmd_tail;
	ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x601000, 0x1000, &t[1]), IOMMU_OK);
	ck_assert_uint_eq(hw(&w)->cmd_tail, tail);
	ck_assert_int_eq(iommu_flush(&w.d), IOMMU_OK);
	ck_assert_uint_eq(fake_amdvi_count(hw(&w), from, AMDVI_OP_INVALIDATE_IOMMU_PAGES, &pages),
			  1);
	ck_assert_uint_eq(w.m->log[pages].b, 0x601002);
	map_world_stop(&w);
}
END_TEST

/* 48882, worked examples: PAGES for one page, a table that goes, the ATS device's copy, the wait; in this order. */
START_TEST(test_amd_unmap_commands)
{
	struct map_world w;
	uint32_t from, pages = 0, iotlb = 0, wait = 0, freed = 0;

	start(&w, "commands");
	ck_assert_uint_eq(w.d.id[0], 1);
	ck_assert_int_eq(iommu_map(&w.d, 0x12344000, 0x1000, 0x2000, 3), IOMMU_OK);
	from = w.m->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x12345000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_amdvi_count(hw(&w), from, 3, &pages), 1);
	ck_assert_uint_eq(w.m->log[pages].a, UINT64_C(0x3000000100000000));
	ck_assert_uint_eq(w.m->log[pages].b, 0x12345000); /* S = 0, PDE = 0 */
	ck_assert_uint_eq(fake_amdvi_count(hw(&w), from, 4, &iotlb), 1);
	ck_assert_uint_eq(w.m->log[iotlb].a, UINT64_C(0x4000123420001234)); /* 32 pending */
	ck_assert_uint_eq(w.m->log[iotlb].b, 0x12345000);

	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x1000, 0x200000, 3), IOMMU_OK);
	from = w.m->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x40000000, 0x200000), IOMMU_OK);
	ck_assert_uint_eq(fake_amdvi_count(hw(&w), from, 3, &pages), 1);
	ck_assert_uint_eq(w.m->log[pages].b, 0x400ff003); /* 2 MiB, with PDE */
	ck_assert_uint_eq(fake_amdvi_count(hw(&w), from, 4, &iotlb), 1);
	ck_assert_uint_eq(w.m->log[iotlb].b, 0x400ff001);
	ck_assert_uint_eq(fake_amdvi_count(hw(&w), from, 1, &wait), 1);
	ck_assert_uint_eq(w.m->log[wait].a & 7, 1); /* s */
	for (uint32_t i = from; i < w.m->logged; i++) {
		if (w.m->log[i].what == FAKE_FREE)
			freed = i;
	}
	ck_assert_uint_lt(pages, iotlb);
	ck_assert_uint_lt(iotlb, wait);
	ck_assert_uint_lt(wait, freed);
	map_world_stop(&w);
}
END_TEST

START_TEST(test_amd_map_npcache_invalidates)
{
	struct fake_amdvi *f = fake_amdvi_new(AFAKE_CAP | AMDVI_CAPHDR_NPCACHE, AFAKE_EFR);
	struct iommu_unit_desc desc = fake_amdvi_desc(f);
	uint32_t from, last = 0;
	struct map_world w;

	world_start(&w, "NpCache", f, &desc);
	from = w.m->logged;
	ck_assert_int_eq(iommu_map(&w.d, 0x6000, 0x1000, 0x2000, 3), IOMMU_OK);
	ck_assert_uint_eq(fake_amdvi_count(f, from, 3, &last), 1);
	ck_assert_uint_eq(w.m->log[last].b, 0x6003); /* 8 KiB; tables were linked, so PDE too */
	from = w.m->logged;
	ck_assert_int_eq(iommu_map(&w.d, 0x9000, 0x9000, 0x1000, 3), IOMMU_OK);
	ck_assert_uint_eq(fake_amdvi_count(f, from, 3, &last), 1);
	ck_assert_uint_eq(w.m->log[last].b, 0x9000);
	map_world_stop(&w);

	start(&w, "no NpCache");
	from = w.m->logged;
	ck_assert_int_eq(iommu_map(&w.d, 0x6000, 0x1000, 0x2000, 3), IOMMU_OK);
	ck_assert_uint_eq(w.m->logged, from);
	map_world_stop(&w);
}
END_TEST

/* The MSI range always, the HyperTransport range unless the unit ignores it; both as device and as memory address. */
START_TEST(test_amd_map_refuses_special_ranges)
{
	for (uint32_t ignore = 0; ignore < 2; ignore++) {
		struct fake_amdvi *f = fake_amdvi_new(AFAKE_CAP, AFAKE_EFR);
		struct iommu_unit_desc desc = fake_amdvi_desc(f);
		int want = ignore ? IOMMU_OK : IOMMU_E_RANGE;
		struct map_world w;

		f->efr2 = ignore ? AMDVI_EFR2_HTRANGEIGNORE : 0;
		world_start(&w, "ranges", f, &desc);
		ck_assert_int_eq(iommu_map(&w.d, 0xfee00000, 0x1000, 0x1000, 3), IOMMU_E_RANGE);
		ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0xfeeff000, 0x1000, 3), IOMMU_E_RANGE);
		ck_assert_int_eq(iommu_map(&w.d, 0xfedff000, 0x1000, 0x1000, 3), IOMMU_OK);
		ck_assert_int_eq(iommu_map(&w.d, 0xfef00000, 0x1000, 0x1000, 3), IOMMU_OK);
		ck_assert_int_eq(iommu_map(&w.d, 0xfd00000000, 0x1000, 0x1000, 3), want);
		ck_assert_int_eq(iommu_map(&w.d, 0xfffffff000, 0x1000, 0x1000, 3), want);
		ck_assert_int_eq(iommu_map(&w.d, 0x2000, 0xfd00000000, 0x1000, 3), want);
		ck_assert_int_eq(iommu_map(&w.d, 0xfcfffff000, 0x1000, 0x1000, 3), IOMMU_OK);
		ck_assert_int_eq(iommu_map(&w.d, 0x10000000000, 0x1000, 0x1000, 3), IOMMU_OK);
		ck_assert_int_eq(iommu_map(&w.d, UINT64_C(1) << 48, 0x1000, 0x1000, 3),
				 IOMMU_E_RANGE);
		map_world_stop(&w);
	}
}
END_TEST

/* What the capability block says limits both kinds of address. */
START_TEST(test_amd_map_sizes_of_the_unit)
{
	struct fake_amdvi *f = fake_amdvi_new(AFAKE_CAP, AFAKE_EFR);
	struct iommu_unit_desc desc = fake_amdvi_desc(f);
	struct map_world w;

	desc.pci_misc0 = 40u << 15 | 39u << 8; /* VAsize, PAsize */
	world_start(&w, "sizes", f, &desc);
	ck_assert_uint_eq(fake_amdvi_dte(f, 0x1234, 0) >> 9 & 7, 4);
	ck_assert_int_eq(iommu_map(&w.d, UINT64_C(1) << 40, 0x1000, 0x1000, 3), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_map(&w.d, (UINT64_C(1) << 40) + 0x1000, 0x1000, 0x1000, 3),
			 IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, UINT64_C(1) << 39, 0x1000, 3), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, (UINT64_C(1) << 39) - 0x1000, 0x1000, 3),
			 IOMMU_OK);
	map_world_stop(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver amd map");
	TCase *t = tcase_create("map");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_amd_map_random_sequences_match_a_flat_reference, 0, GEOMETRIES);
	tcase_add_test(t, test_amd_map_few_levels);
	tcase_add_test(t, test_amd_map_images);
	tcase_add_test(t, test_amd_map_uses_the_largest_pages);
	tcase_add_test(t, test_amd_unmap_parts_joined_pages);
	tcase_add_test(t, test_amd_unmap_parts_without_a_gap);
	tcase_add_test(t, test_amd_unmap_commands);
	tcase_add_test(t, test_amd_map_npcache_invalidates);
	tcase_add_test(t, test_amd_map_refuses_special_ranges);
	tcase_add_test(t, test_amd_map_sizes_of_the_unit);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
