/*
 * Page tables against a flat reference: random sequences of map, unmap, lazy unmap, flush and poll, on every geometry
 * and every capability that changes what the driver does, judged by a walker written from the specification's layout.
 */
#include "unit.h"

#include <string.h>

#include "fake_vtd.h"
#include "hw/vtd.h"

/* The IOVAs under test: 3 GiB around 512 GiB, where the space allows, so that all table borders occur. */
#define WINDOW_HIGH UINT64_C(0x7fc0000000)
#define WINDOW_LOW UINT64_C(0x140000000)
#define WINDOW_PAGES (3u * 512u * 512u)

struct world {
	struct fake *f;
	struct iommu_unit u;
	struct iommu_domain d;
	struct iommu_device dev;
	uint64_t window; /* first IOVA */
	uint64_t *flat;  /* page address | prot, 0: not mapped */
	uint32_t rng;
	const char *name;
};

static uint32_t rnd(struct world *w, uint32_t below)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 17;
	w->rng ^= w->rng << 5;
	return w->rng % below;
}

/* What the hardware's walker finds for an IOVA: page address | R | W, 0 when not present, all ones when malformed. */
static uint64_t walk(struct world *w, uint64_t iova)
{
	uint64_t root = w->f->rtaddr_latched & ~UINT64_C(0xfff), e, lo, hi;
	uint64_t perm = 3;
	int level;

	e = fake_walk_read(w->f, root + 16u * (w->dev.rid >> 8));
	if (!(e & 1))
		return 0;
	lo = fake_walk_read(w->f, (e & ~UINT64_C(0xfff)) + 16u * (w->dev.rid & 255));
	hi = fake_walk_read(w->f, (e & ~UINT64_C(0xfff)) + 16u * (w->dev.rid & 255) + 8);
	if (!(lo & 1))
		return 0;
	level = (int)(hi & 7) + 2;
	for (e = lo; level > 0; level--) {
		int shift = 12 + 9 * (level - 1);

		e = fake_walk_read(w->f,
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

static uint64_t iova_of(const struct world *w, uint32_t page)
{
	return w->window + (uint64_t)page * 4096;
}

static void check_page(struct world *w, uint32_t page)
{
	uint64_t pa = 0, size = 0;
	uint32_t prot = 0;
	int rc = iommu_lookup(&w->d, iova_of(w, page) + 5, &pa, &prot, &size);

	ck_assert_msg(walk(w, iova_of(w, page)) == w->flat[page],
		      "%s: page %x walks to %llx not %llx", w->name, page,
		      (unsigned long long)walk(w, iova_of(w, page)),
		      (unsigned long long)w->flat[page]);
	if (!w->flat[page]) {
		ck_assert_int_eq(rc, IOMMU_E_NOENT);
		return;
	}
	ck_assert_int_eq(rc, IOMMU_OK);
	ck_assert_uint_eq(pa, (w->flat[page] & ~UINT64_C(0xfff)) + 5);
	ck_assert_uint_eq(prot, w->flat[page] & 3);
}

static void check_around(struct world *w, uint32_t first, uint32_t n)
{
	uint32_t edges[] = { first, first + n - 1, first + n / 2, first - 1, first + n };

	for (uint32_t i = 0; i < 5; i++) {
		if (edges[i] < WINDOW_PAGES)
			check_page(w, edges[i]);
	}
	for (uint32_t i = 0; i < 20; i++)
		check_page(w, rnd(w, WINDOW_PAGES));
	ck_assert_msg(w->f->bad == 0, "%s: %s", w->name, w->f->bad_why ? w->f->bad_why : "");
}

static void check_all(struct world *w)
{
	uint64_t mapped = 0;

	for (uint32_t page = 0; page < WINDOW_PAGES; page++) {
		/* an assertion is too slow to be made for each of them */
		if (walk(w, iova_of(w, page)) != w->flat[page])
			ck_abort_msg("%s: page %x", w->name, page);
		mapped += w->flat[page] != 0;
	}
	ck_assert_uint_eq(w->d.pages_mapped, mapped);
	ck_assert_uint_eq(w->u.stats.pages_mapped, mapped);
}

static bool any(const struct world *w, uint32_t first, uint32_t n, bool mapped)
{
	for (uint32_t i = 0; i < n; i++) {
		if ((w->flat[first + i] != 0) == mapped)
			return true;
	}
	return false;
}

/* Sizes and starts that meet borders: mostly small, sometimes whole 2 MiB, rarely 1 GiB. */
static void pick(struct world *w, uint32_t *first, uint32_t *n)
{
	static const uint32_t grain[] = { 1, 1, 1, 64, 512, 512, 512 * 512 };
	uint32_t g = grain[rnd(w, 7)];

	*n = g * (1 + rnd(w, g == 1 ? 700 : g == 512 * 512 ? 1 : 5));
	*first = rnd(w, WINDOW_PAGES);
	if (rnd(w, 2)) /* near one of the two GiB borders */
		*first = 512 * 512 * (1 + rnd(w, 2)) - 2048 + rnd(w, 4096);
	if (rnd(w, 3))
		*first &= ~(g - 1);
	if (*first + *n > WINDOW_PAGES)
		*first = WINDOW_PAGES - *n;
}

static void step_map(struct world *w, struct iommu_ticket *pending, uint32_t tickets)
{
	uint32_t first, n, prot = 1 + rnd(w, 3);
	uint64_t pa;
	int want = IOMMU_OK, rc;

	pick(w, &first, &n);
	pa = UINT64_C(0x100000000) + (uint64_t)rnd(w, 1u << 20) * 4096;
	if (rnd(w, 4)) /* congruent, so that large pages fit */
		pa = UINT64_C(0x200000000) + (uint64_t)first * 4096;
	if (any(w, first, n, true))
		want = IOMMU_E_EXIST;
	for (uint32_t i = 0; i < tickets; i++) {
		if (pending[i].state != IOMMU_TICKET_IDLE &&
		    pending[i].first <= iova_of(w, first + n - 1) &&
		    iova_of(w, first) <= pending[i].last)
			want = IOMMU_E_BUSY;
	}
	rc = iommu_map(&w->d, iova_of(w, first), pa, (uint64_t)n * 4096, prot);
	ck_assert_msg(rc == want, "%s: map of %x pages at %x: %d not %d", w->name, n, first, rc,
		      want);
	for (uint32_t i = 0; i < n && rc == IOMMU_OK; i++)
		w->flat[first + i] = (pa + (uint64_t)i * 4096) | prot;
	check_around(w, first, n);
}

/* A range that is mapped: grown from a mapped page, so that it often covers parts of large pages. */
static bool pick_mapped(struct world *w, uint32_t *first, uint32_t *n)
{
	uint32_t page = rnd(w, WINDOW_PAGES), limit = 1 + rnd(w, 3000);

	for (uint32_t tries = 0; !w->flat[page]; tries++) {
		if (tries == 20000)
			return false;
		page = (page + 37) % WINDOW_PAGES;
	}
	*first = page;
	if (rnd(w, 2)) {
		while (*first && w->flat[*first - 1] && page - *first < limit)
			(*first)--;
		limit *= 100;
	}
	for (*n = 1; *n < limit && *first + *n < WINDOW_PAGES && w->flat[*first + *n];)
		(*n)++;
	return true;
}

static void step_unmap(struct world *w, struct iommu_ticket *t)
{
	uint32_t first, n;
	int want, rc;

	if (!rnd(w, 5))
		pick(w, &first, &n);
	else if (!pick_mapped(w, &first, &n))
		return;
	want = any(w, first, n, false) ? IOMMU_E_NOENT : IOMMU_OK;
	if (t && t->state == IOMMU_TICKET_IDLE)
		rc = iommu_unmap_lazy(&w->d, iova_of(w, first), (uint64_t)n * 4096, t);
	else
		rc = iommu_unmap(&w->d, iova_of(w, first), (uint64_t)n * 4096);
	ck_assert_msg(rc == want, "%s: unmap of %x pages at %x: %d not %d", w->name, n, first, rc,
		      want);
	if (rc == IOMMU_OK)
		memset(&w->flat[first], 0, n * sizeof(w->flat[0]));
	check_around(w, first, n);
}

static void world_start(struct world *w, const char *name, uint64_t cap, uint64_t ecap,
			bool no_super, bool reg)
{
	struct iommu_unit_desc desc = fake_desc();
	struct iommu_unit *units[] = { &w->u };

	memset(w, 0, sizeof(*w));
	w->name = name;
	w->rng = 12345;
	w->window = FIELD_GET(VTD_CAP_MGAW, cap) > 38 ? WINDOW_HIGH : WINDOW_LOW;
	w->f = fake_new(cap, ecap);
	w->flat = calloc(WINDOW_PAGES, 8);
	ck_assert_ptr_nonnull(w->flat);
	desc.no_superpages = no_super;
	if (no_super)
		w->f->plat.mem_fill64 = NULL; /* optional: this geometry does without */
	desc.use_register_inval = reg;
	ck_assert_int_eq(iommu_unit_init(&w->u, &w->f->plat, &desc), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&w->u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&w->d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	w->dev.rid = 0x1234;
	w->dev.ats = !reg && (ecap & VTD_ECAP_DT);
	ck_assert_int_eq(iommu_attach(&w->d, &w->u, &w->dev), IOMMU_OK);
}

/* Everything is given back, and nothing is left. */
static void world_stop(struct world *w)
{
	ck_assert_int_eq(iommu_flush(&w->d), IOMMU_OK);
	ck_assert_int_eq(iommu_detach(&w->dev), IOMMU_OK);
	ck_assert_uint_eq(walk(w, w->window), 0);
	ck_assert_int_eq(iommu_domain_destroy(&w->d), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_stop(&w->u), IOMMU_OK);
	ck_assert_uint_eq(w->f->pages_used, 0);
	ck_assert_uint_eq(w->u.stats.table_pages, 0);
	ck_assert_uint_eq(w->u.stats.pages_mapped, 0);
	ck_assert_msg(w->f->bad == 0, "%s: %s", w->name, w->f->bad_why ? w->f->bad_why : "");
	free(w->flat);
	fake_free(w->f);
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
	struct iommu_ticket tickets[4];
	struct world w;

	memset(tickets, 0, sizeof(tickets));
	world_start(&w, g->name, g->cap, FAKE_ECAP & ~g->ecap_drop, g->no_super, g->reg);
	for (uint32_t step = 0; step < 500; step++) {
		struct iommu_ticket *t = &tickets[rnd(&w, 4)];

		switch (rnd(&w, 8)) {
		case 0:
		case 1:
		case 2:
			step_map(&w, tickets, 4);
			break;
		case 3:
		case 4:
			step_unmap(&w, NULL);
			break;
		case 5:
			step_unmap(&w, t);
			break;
		case 6:
			ck_assert_int_eq(iommu_flush(&w.d), IOMMU_OK);
			for (uint32_t i = 0; i < 4; i++)
				ck_assert_int_eq(tickets[i].state, IOMMU_TICKET_IDLE);
			break;
		default: {
			int rc = iommu_poll(t);

			for (uint32_t i = 0; rc == IOMMU_E_AGAIN && i < 100; i++) {
				w.f->plat.relax(w.f);
				rc = iommu_poll(t);
			}
			ck_assert_int_eq(rc, IOMMU_OK);
			break;
		}
		}
		if (step == 499)
			check_all(&w);
	}
	ck_assert_int_eq(iommu_flush(&w.d), IOMMU_OK);
	world_stop(&w);
}
END_TEST

START_TEST(test_map_uses_the_largest_pages)
{
	struct world w;
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
	world_stop(&w);
}
END_TEST

/* VT-d 6.5: an entry that was a table is invalidated before a large page takes its place. */
START_TEST(test_map_replaces_an_empty_table_only_after_invalidation)
{
	struct world w;
	uint32_t from, last = 0, freed = 0;
	uint64_t size = 0, unmapped;

	world_start(&w, "merge", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x90000000, 0x2000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x40000000, 0x2000), IOMMU_OK);
	unmapped = w.f->pages_used;
	from = w.f->logged;
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x90000000, 0x200000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x40000000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x200000);
	ck_assert_uint_eq(w.f->pages_used, unmapped - 1);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(w.f->log[last].b & VTD_IOTLBD1_IH, 0);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_WAIT, &last), 1);
	for (uint32_t i = from; i < w.f->logged; i++) {
		if (w.f->log[i].what == FAKE_FREE)
			freed = i;
	}
	ck_assert_uint_gt(freed, last);
	world_stop(&w);
}
END_TEST

/* A table whose pages live elsewhere in it does not stop the rest of a range from using large pages. */
START_TEST(test_map_goes_around_tables_in_use)
{
	struct world w;
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
	world_stop(&w);
}
END_TEST

/* Leaves only: IH = 1. A table goes: IH = 0. Large page with a small MAMV: domain-selective. */
START_TEST(test_unmap_hint_and_granularity)
{
	struct world w;
	uint32_t from, last = 0;

	world_start(&w, "hint", CAP_MAMV(9), FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x1ff000, 0x1000, 0x201000, 3), IOMMU_OK);
	from = w.f->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1ff000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(w.f->log[last].b, 0x1ff000 | VTD_IOTLBD1_IH);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_G, w.f->log[last].a), VTD_IOTLBD_G_PAGE);
	ck_assert_uint_eq(w.f->log[last].a & (VTD_IOTLBD0_DR | VTD_IOTLBD0_DW),
			  VTD_IOTLBD0_DR | VTD_IOTLBD0_DW);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_DID, w.f->log[last].a), w.d.id[0]);
	from = w.f->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x200000, 0x200000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(w.f->log[last].b, 0x200000 | 9);

	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x40000000, 0x40000000, 3), IOMMU_OK);
	from = w.f->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x40000000, 0x40000000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_G, w.f->log[last].a), VTD_IOTLBD_G_DOMAIN);
	world_stop(&w);
}
END_TEST

/* VT-d 6.5: IOTLB first, then the device's copy, then the wait; nothing released before. */
START_TEST(test_unmap_order_of_commands)
{
	struct world w;
	uint32_t from, iotlb = 0, dev = 0, wait = 0, freed = 0;

	world_start(&w, "order", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x200000, 0x1000, 0x200000, 3), IOMMU_OK);
	from = w.f->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x200000, 0x200000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &iotlb), 1);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_DEV_TLB, &dev), 1);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_WAIT, &wait), 1);
	ck_assert_uint_eq(FIELD_GET(VTD_DEVTLBD0_SID, w.f->log[dev].a), 0x1234);
	/* 2 MiB: eight ones from bit 12, a zero at bit 20, S */
	ck_assert_uint_eq(w.f->log[dev].b, 0x2ff001);
	for (uint32_t i = from; i < w.f->logged; i++) {
		if (w.f->log[i].what == FAKE_FREE)
			freed = i;
	}
	ck_assert_uint_lt(iotlb, dev);
	ck_assert_uint_lt(dev, wait);
	ck_assert_uint_lt(wait, freed);
	world_stop(&w);
}
END_TEST

/* A lazy unmap issues nothing; one flush serves many tickets with few commands. */
START_TEST(test_flush_coalesces_tickets)
{
	struct iommu_ticket t[32];
	struct world w;
	uint32_t from;

	memset(t, 0, sizeof(t));
	world_start(&w, "coalesce", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x200000, 0x1000, 0x200000, 3), IOMMU_OK);
	from = w.f->logged;
	for (uint32_t i = 0; i < 32; i++)
		ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x200000 + i * 0x2000u, 0x1000, &t[i]),
				 IOMMU_OK);
	ck_assert_uint_eq(w.f->logged, from);
	ck_assert_int_eq(iommu_map(&w.d, 0x202000, 0x1000, 0x1000, 3), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_flush(&w.d), IOMMU_OK);
	ck_assert_uint_le(fake_count_desc(w.f, from, VTD_DT_IOTLB, NULL), 8);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_WAIT, NULL), 1);
	ck_assert_int_eq(iommu_map(&w.d, 0x202000, 0x1000, 0x1000, 3), IOMMU_OK);
	world_stop(&w);
}
END_TEST

START_TEST(test_map_refuses_bad_arguments)
{
	struct world w;
	uint32_t pages;

	world_start(&w, "arguments", FAKE_CAP, FAKE_ECAP, false, false);
	pages = w.f->pages_used;
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
	ck_assert_uint_gt(w.f->pages_used, pages);
	world_stop(&w);
}
END_TEST

/* The n-th allocation fails, then the next, until none is left to fail: nothing changes, nothing leaks. */
static void nomem_sweep(struct world *w, int (*op)(struct world *))
{
	uint32_t pages = w->f->pages_used, n;
	int rc = IOMMU_E_NOMEM;

	for (n = 1; rc == IOMMU_E_NOMEM; n++) {
		uint32_t logged = w->f->logged;
		uint64_t tables = w->u.stats.table_pages;

		w->f->fail_at = w->f->allocs + n;
		rc = op(w);
		w->f->fail_at = 0;
		if (rc != IOMMU_E_NOMEM)
			break;
		ck_assert_uint_eq(w->f->pages_used, pages);
		ck_assert_uint_eq(w->u.stats.table_pages, tables);
		for (uint32_t i = logged; i < w->f->logged; i++)
			ck_assert_int_eq(w->f->log[i].what,
					 FAKE_FREE); /* hardware was left alone */
		check_around(w, 512 * 512 - 3, 4096);
	}
	ck_assert_int_eq(rc, IOMMU_OK);
	ck_assert_uint_gt(n, 1);
}

static int op_map(struct world *w)
{
	return iommu_map(&w->d, iova_of(w, 512 * 512 - 3), 0x5000, UINT64_C(1030) * 4096, 3);
}

static int op_cut(struct world *w)
{
	return iommu_unmap(&w->d, iova_of(w, 512 * 512 + 2000), UINT64_C(5) * 4096);
}

START_TEST(test_map_without_memory_changes_nothing)
{
	struct world w;

	world_start(&w, "no memory", FAKE_CAP, FAKE_ECAP & ~VTD_ECAP_C, false, false);
	nomem_sweep(&w, op_map);
	world_stop(&w);
}
END_TEST

START_TEST(test_unmap_without_memory_changes_nothing)
{
	struct world w;

	world_start(&w, "no memory", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, iova_of(&w, 512 * 512), 0x40000000, 0x40000000, 3),
			 IOMMU_OK);
	for (uint32_t i = 0; i < 512 * 512; i++)
		w.flat[512 * 512 + i] = (0x40000000 + (uint64_t)i * 4096) | 3;
	nomem_sweep(&w, op_cut);
	memset(&w.flat[512 * 512 + 2000], 0, 5 * 8);
	check_all(&w);
	world_stop(&w);
}
END_TEST

/* The hardware never answers while a large page is cut: the new table was never linked and goes back, the rest stays. */
START_TEST(test_unmap_split_that_times_out)
{
	struct world w;
	uint32_t pages;

	world_start(&w, "split", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x200000, 0x200000, 0x200000, 3), IOMMU_OK);
	pages = w.f->pages_used;
	w.f->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x201000, 0x1000), IOMMU_E_TIMEOUT);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_uint_eq(w.f->pages_used, pages);
	ck_assert_uint_eq(w.d.pages_mapped, 512);
	w.f->dead = 0;
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_OK);
	ck_assert_uint_eq(w.f->pages_used, 0);
	ck_assert_uint_eq(w.f->bad, 0);
	free(w.flat);
	fake_free(w.f);
}
END_TEST

/* VT-d 6.5 "page size change": the old entry is cleared and invalidated before the table takes its place. */
START_TEST(test_unmap_split_breaks_before_it_makes)
{
	struct world w;
	uint32_t from, n, iotlb = 0;

	world_start(&w, "break", FAKE_CAP, FAKE_ECAP, false, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x40000000, 0x40000000, 0x40000000, 3), IOMMU_OK);
	from = w.f->logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x40201000, 0x1000), IOMMU_OK);
	/* the GiB, the 2 MiB in it, then the page itself */
	n = fake_count_desc(w.f, from, VTD_DT_IOTLB, &iotlb);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(w.f->log[iotlb].b, 0x40201000 | VTD_IOTLBD1_IH);
	for (uint32_t i = from, seen = 0; i < w.f->logged; i++) {
		static const uint64_t want[] = { 0x40000000 | VTD_IOTLBD1_IH | 18,
						 0x40200000 | VTD_IOTLBD1_IH | 9 };

		if (w.f->log[i].what != FAKE_DESC || (w.f->log[i].a & 15) != VTD_DT_IOTLB)
			continue;
		if (seen < 2)
			ck_assert_uint_eq(w.f->log[i].b, want[seen]);
		seen++;
	}
	world_stop(&w);
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
