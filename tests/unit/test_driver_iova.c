/*
 * Device addresses and the ledger of pages, held against a bitmap with one state per page: what is free is found whenever
 * it is there, nothing is given out twice or before it is quiesced, and a page leaves the ledger only then.
 */
#include "unit.h"

#include <string.h>

#include "driver/rangetree.h"
#include "fake_vtd.h"
#include "iommu/iova.h"
#include "iommu/ledger.h"

#define NODES 64u

struct world {
	struct fake *f;
	struct iommu_unit u;
	struct iommu_domain d;
	struct iommu_iova_space s;
	struct iommu_iova_node node[NODES];
	uint32_t rng;
};

static uint32_t rnd(struct world *w, uint32_t below)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 17;
	w->rng ^= w->rng << 5;
	return w->rng % below;
}

static void world_start(struct world *w, uint32_t iova_bits, bool start)
{
	struct iommu_unit *units[] = { &w->u };
	struct iommu_unit_desc desc = fake_desc();

	memset(w, 0, sizeof(*w));
	w->rng = 99;
	w->f = fake_new(FAKE_CAP, FAKE_ECAP);
	desc.iova_bits = iova_bits;
	ck_assert_int_eq(iommu_unit_init(&w->u, &w->f->m.plat, &desc), IOMMU_OK);
	ck_assert_int_eq(start ? iommu_unit_start(&w->u) : iommu_unit_build(&w->u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&w->d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_init(&w->s, &w->d, w->node, NODES), IOMMU_OK);
}

static void world_stop(struct world *w)
{
	ck_assert_int_eq(iommu_iova_done(&w->s), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_destroy(&w->d), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_stop(&w->u), IOMMU_OK);
	ck_assert_uint_eq(w->f->m.pages_used, 0);
	ck_assert_msg(w->f->m.bad == 0, "%s", w->f->m.bad_why ? w->f->m.bad_why : "");
	fake_free(w->f);
}

/* Ordered, apart, balanced, and every `longest` true. Returns the height. */
static void check_tree(const struct iommu_iova_space *s)
{
	const struct iommu_iova_node *n = range_tree_at(s, 0), *prev = NULL;
	uint32_t nodes = 0;

	for (; n; prev = n, n = range_tree_next(s, n), nodes++) {
		uint32_t h[2] = { 0, 0 };
		uint64_t longest = n->last - n->first;

		ck_assert_uint_le(n->first, n->last);
		if (prev)
			ck_assert_uint_gt(n->first, prev->last + 1);
		for (uint32_t i = 0; i < 2; i++) {
			const struct iommu_iova_node *c =
				n->child[i] ? &s->node[n->child[i] - 1] : NULL;

			if (!c)
				continue;
			ck_assert_uint_eq(c->parent, (uint32_t)(n - s->node) + 1);
			h[i] = c->height;
			longest = c->longest > longest ? c->longest : longest;
		}
		ck_assert(h[0] <= h[1] + 1 && h[1] <= h[0] + 1);
		ck_assert_uint_eq(n->height, (h[0] > h[1] ? h[0] : h[1]) + 1);
		ck_assert_uint_eq(n->longest, longest);
	}
	ck_assert_uint_eq(nodes, s->used);
}

/* 4 MiB of space: pages 1 to 1023. */
#define BITS 22u
#define PAGES 1024u
#define RANGES 24u

static bool free_run(const uint8_t *taken, uint32_t at, uint32_t n, uint32_t limit)
{
	for (uint32_t i = at; i < at + n; i++) {
		if (i >= PAGES || i > limit || taken[i])
			return false;
	}
	return true;
}

static bool any_place(const uint8_t *taken, uint32_t n, uint32_t align, uint32_t limit)
{
	for (uint32_t at = 0; at < PAGES; at += align) {
		if (free_run(taken, at, n, limit))
			return true;
	}
	return false;
}

START_TEST(test_iova_against_a_bitmap)
{
	struct iommu_iova_range r[RANGES];
	uint8_t taken[PAGES];
	struct world w;
	uint32_t full = 0;

	world_start(&w, BITS, true);
	memset(r, 0, sizeof(r));
	memset(taken, 0, sizeof(taken));
	taken[0] = 1;
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t at = 100 + 200 * i;

		ck_assert_int_eq(iommu_iova_reserve(&w.s, (uint64_t)at * 4096 + 17,
						    (uint64_t)(at + 2) * 4096),
				 IOMMU_OK);
		memset(&taken[at], 1, 3);
	}
	/* what is reserved already may be reserved again while nothing is allocated */
	ck_assert_int_eq(iommu_iova_reserve(&w.s, 0, 8191), IOMMU_OK);
	taken[1] = 1;
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t i = rnd(&w, RANGES), n = 1 + rnd(&w, rnd(&w, 4) ? 30 : 200),
			 align = 1u << rnd(&w, 7);
		uint32_t limit = rnd(&w, 3) ? PAGES - 1 : rnd(&w, PAGES);
		int rc;

		if (r[i].space) {
			memset(&taken[r[i].first / 4096], 0, r[i].size / 4096);
			ck_assert_int_eq(iommu_iova_free(&r[i]), IOMMU_OK);
			check_tree(&w.s);
			continue;
		}
		rc = iommu_iova_alloc(&w.s, (uint64_t)n * 4096, (uint64_t)align * 4096,
				      (uint64_t)limit * 4096 + 4095, &r[i]);
		ck_assert_int_eq(rc, any_place(taken, n, align, limit) ? IOMMU_OK : IOMMU_E_FULL);
		if (rc != IOMMU_OK) {
			full++;
			continue;
		}
		ck_assert_uint_eq(r[i].first / 4096 % align, 0);
		ck_assert(free_run(taken, (uint32_t)(r[i].first / 4096), n, limit));
		memset(&taken[r[i].first / 4096], 1, n);
		check_tree(&w.s);
	}
	ck_assert_uint_gt(full, 100);
	for (uint32_t i = 0; i < RANGES; i++) {
		if (r[i].space)
			ck_assert_int_eq(iommu_iova_free(&r[i]), IOMMU_OK);
	}
	ck_assert_uint_eq(w.s.ranges, 0);
	ck_assert_uint_eq(w.s.held, 0);
	world_stop(&w);
}
END_TEST

/* The interrupt range and the first page are never given out, and what is beyond the width is not there. */
START_TEST(test_iova_windows)
{
	struct iommu_iova_range low = { 0 }, high = { 0 };
	struct world w;

	world_start(&w, 0, true);
	ck_assert_int_eq(iommu_iova_alloc(&w.s, UINT64_C(0xfedff000), 0, 0, &low), IOMMU_OK);
	ck_assert_uint_eq(low.first, 4096); /* exactly up to FEE0_0000h */
	ck_assert_int_eq(iommu_iova_alloc(&w.s, 4096, 0, 0, &high), IOMMU_OK);
	ck_assert_uint_eq(high.first, 0xfef00000);
	ck_assert_int_eq(iommu_iova_reserve(&w.s, 0x5000, 0x5fff), IOMMU_E_EXIST);
	ck_assert_int_eq(iommu_iova_reserve(&w.s, UINT64_C(0x100000000), UINT64_C(0x100000fff)),
			 IOMMU_OK);
	ck_assert_int_eq(iommu_iova_done(&w.s), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_iova_free(&low), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_alloc(&w.s, 4096, 0, 8190, &low), IOMMU_E_FULL);
	ck_assert_int_eq(iommu_iova_alloc(&w.s, UINT64_C(1) << 48, 0, 0, &low), IOMMU_E_FULL);
	ck_assert_int_eq(iommu_iova_alloc(&w.s, 4096, UINT64_C(1) << 63, 0, &low), IOMMU_E_FULL);
	ck_assert_int_eq(iommu_iova_alloc(&w.s, 4097, 0, 0, &low), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_iova_alloc(&w.s, 4096, 12288, 0, &low), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_iova_alloc(&w.s, 4096, 0, 0, &high), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_iova_free(&high), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_free(&high), IOMMU_E_NOENT);
	world_stop(&w);
}
END_TEST

/* Nodes run out: refused, and everything that is out can always come back. */
START_TEST(test_iova_without_nodes)
{
	for (uint32_t capacity = 0; capacity < 12; capacity++) {
		struct iommu_iova_range r[16];
		struct world w;
		uint32_t n = 0;
		int rc;

		world_start(&w, BITS, true);
		memset(r, 0, sizeof(r));
		rc = iommu_iova_init(&w.s, &w.d, w.node, capacity);
		if (rc == IOMMU_OK) {
			while (n < 16 && iommu_iova_alloc(&w.s, 4096, 32768, 0, &r[n]) == IOMMU_OK)
				n++;
			ck_assert_uint_eq(n, (capacity - 1) / 2);
			for (uint32_t i = 0; i < n; i++)
				ck_assert_int_eq(iommu_iova_free(&r[i ^ (i + 1 < n || n % 2 == 0)]),
						 IOMMU_OK);
			check_tree(&w.s);
			ck_assert_uint_eq(w.s.used, 1);
		} else {
			ck_assert_int_eq(rc, IOMMU_E_FULL);
			ck_assert_uint_eq(capacity, 0);
			ck_assert_int_eq(iommu_iova_init(&w.s, &w.d, w.node, 1), IOMMU_OK);
		}
		world_stop(&w);
	}
}
END_TEST

/* No address before the unit translates; no range back before it is quiesced. */
START_TEST(test_iova_is_withheld_and_held)
{
	struct iommu_iova_range r = { 0 };
	struct iommu_ticket t = { 0 };
	struct world w;
	uint64_t iova = 0;

	world_start(&w, 0, false);
	ck_assert_int_eq(iommu_iova_address(&r, &iova), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_iova_alloc(&w.s, 0x400000, 0x200000, 0, &r), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_map(&r, 0x3ff000, 0x900000, 0x2000, IOMMU_READ), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_iova_map(&r, 0, 0x40000000, 0x201000, IOMMU_READ), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_address(&r, &iova), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_address(&r, &iova), IOMMU_OK);
	ck_assert_uint_eq(iova, 0x200000);
	ck_assert_int_eq(iommu_iova_free(&r), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_iova_unmap(&r, 0, 0x200000), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_free(&r), IOMMU_E_BUSY); /* one page is left */
	ck_assert_int_eq(iommu_iova_unmap_lazy(&r, 0x200000, 4096, &t), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_free(&r), IOMMU_E_BUSY); /* ... and not quiesced */
	ck_assert_int_eq(iommu_flush(&w.d), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_suspend(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_address(&r, &iova), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_resume(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_free(&r), IOMMU_OK);
	world_stop(&w);
}
END_TEST

/* ---- the ledger ---- */

#define RUNS 12u

static void check_counts(const struct iommu_ledger *l, const enum iommu_pages_state *state,
			 const uint64_t *pages)
{
	struct iommu_ledger_counts c, want;

	memset(&want, 0, sizeof(want));
	for (uint32_t i = 0; i < RUNS; i++) {
		if (state[i])
			want.pages[state[i]] += pages[i];
	}
	iommu_ledger_count(l, &c);
	ck_assert_mem_eq(&c, &want, sizeof(c));
}

/* Random runs; the model follows by the calls that were made and what they returned. */
START_TEST(test_ledger_against_a_model)
{
	enum iommu_pages_state state[RUNS] = { 0 };
	struct iommu_iova_range r[RUNS];
	struct iommu_pages p[RUNS];
	uint64_t pages[RUNS] = { 0 };
	struct iommu_ledger l;
	struct world w;

	world_start(&w, 0, true);
	memset(r, 0, sizeof(r));
	memset(p, 0, sizeof(p));
	ck_assert_int_eq(iommu_ledger_init(&l, &w.d), IOMMU_OK);
	for (uint32_t step = 0; step < 5000; step++) {
		uint32_t i = rnd(&w, RUNS);
		uint64_t pa = 0, size = 0, at = 0x10000000 + 0x100000 * (uint64_t)i;
		int rc;

		w.f->m.logged = 0;
		if (!rnd(&w, 15)) {
			ck_assert_int_eq(iommu_ledger_flush(&l), IOMMU_OK);
			for (uint32_t k = 0; k < RUNS; k++) {
				if (state[k] == IOMMU_PAGES_UNMAPPED ||
				    state[k] == IOMMU_PAGES_INVALIDATING)
					state[k] = IOMMU_PAGES_QUIESCED;
			}
		} else if (state[i] == IOMMU_PAGES_IDLE) {
			pages[i] = 1 + rnd(&w, 20);
			ck_assert_int_eq(iommu_pages_lend(&l, &p[i], at, pages[i] * 4096),
					 IOMMU_OK);
			state[i] = IOMMU_PAGES_RESERVED;
		} else if (state[i] == IOMMU_PAGES_RESERVED && rnd(&w, 4)) {
			ck_assert_int_eq(iommu_iova_alloc(&w.s, pages[i] * 4096, 0, 0, &r[i]),
					 IOMMU_OK);
			ck_assert_int_eq(iommu_pages_map(&p[i], &r[i], 0, 3), IOMMU_OK);
			state[i] = IOMMU_PAGES_MAPPED;
		} else if (state[i] == IOMMU_PAGES_MAPPED && rnd(&w, 2)) {
			ck_assert_int_eq(iommu_pages_unmap(&p[i]), IOMMU_OK);
			state[i] = IOMMU_PAGES_UNMAPPED;
		} else {
			rc = iommu_pages_collect(&p[i], &pa, &size);
			if (state[i] == IOMMU_PAGES_MAPPED) {
				ck_assert_int_eq(rc, IOMMU_E_BUSY);
				ck_assert_uint_eq(pa, 0);
			} else if (rc == IOMMU_E_AGAIN) {
				ck_assert(state[i] == IOMMU_PAGES_UNMAPPED ||
					  state[i] == IOMMU_PAGES_INVALIDATING);
				state[i] = IOMMU_PAGES_INVALIDATING;
				ck_assert_uint_eq(pa, 0); /* not told */
				ck_assert_int_eq(iommu_iova_free(&r[i]), IOMMU_E_BUSY);
				w.f->m.plat.relax(w.f);
			} else {
				ck_assert_int_eq(rc, IOMMU_OK);
				ck_assert_uint_eq(pa, at);
				ck_assert_uint_eq(size, pages[i] * 4096);
				/* the wait behind its invalidation was seen, unless it was never mapped */
				if (r[i].space)
					ck_assert_int_eq(iommu_iova_free(&r[i]), IOMMU_OK);
				state[i] = IOMMU_PAGES_IDLE;
			}
		}
		check_counts(&l, state, pages);
	}
	ck_assert_int_eq(iommu_ledger_flush(&l), IOMMU_OK);
	for (uint32_t i = 0; i < RUNS; i++) {
		if (iommu_pages_state(&p[i]) == IOMMU_PAGES_MAPPED)
			ck_assert_int_eq(iommu_pages_unmap(&p[i]), IOMMU_OK);
	}
	ck_assert_int_eq(iommu_ledger_flush(&l), IOMMU_OK);
	for (uint32_t i = 0; i < RUNS; i++) {
		if (iommu_pages_state(&p[i]))
			ck_assert_int_eq(iommu_pages_collect(&p[i], NULL, NULL), IOMMU_OK);
		if (r[i].space)
			ck_assert_int_eq(iommu_iova_free(&r[i]), IOMMU_OK);
	}
	world_stop(&w);
}
END_TEST

/* The invalidation never completes: nothing comes back until the unit was reset. */
START_TEST(test_ledger_quarantines)
{
	struct iommu_pages p[3] = { { 0 }, { 0 }, { 0 } };
	struct iommu_iova_range r = { 0 };
	struct iommu_ledger_counts c;
	struct iommu_ledger l;
	struct world w;
	uint64_t pa = 0;

	world_start(&w, 0, true);
	ck_assert_int_eq(iommu_ledger_init(&l, &w.d), IOMMU_OK);
	ck_assert_int_eq(iommu_iova_alloc(&w.s, 0x3000, 0, 0, &r), IOMMU_OK);
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(iommu_pages_lend(&l, &p[i], 0x800000 + 0x1000 * (uint64_t)i, 4096),
				 IOMMU_OK);
		ck_assert_int_eq(iommu_pages_lend(&l, &p[i], 0, 4096), IOMMU_E_BUSY);
		ck_assert_int_eq(iommu_pages_map(&p[i], &r, 0x1000 * (uint64_t)i, 1), IOMMU_OK);
		ck_assert_int_eq(iommu_pages_map(&p[i], &r, 0, 1), IOMMU_E_BUSY);
	}
	ck_assert_int_eq(iommu_pages_unmap(&p[0]), IOMMU_OK);
	ck_assert_int_eq(iommu_pages_unmap(&p[0]), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_pages_unmap(&p[1]), IOMMU_OK);
	w.f->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_ledger_flush(&l), IOMMU_E_TIMEOUT);
	ck_assert_int_eq(iommu_pages_state(&p[0]), IOMMU_PAGES_QUARANTINED);
	ck_assert_int_eq(iommu_pages_collect(&p[0], &pa, NULL), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_pages_collect(&p[2], &pa, NULL), IOMMU_E_BUSY);
	ck_assert_uint_eq(pa, 0);
	ck_assert_int_eq(iommu_iova_free(&r), IOMMU_E_BROKEN);
	iommu_ledger_count(&l, &c);
	ck_assert_uint_eq(c.pages[IOMMU_PAGES_QUARANTINED], 2);
	ck_assert_uint_eq(c.pages[IOMMU_PAGES_MAPPED], 1);
	w.f->dead = 0;
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_OK);
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(iommu_pages_collect(&p[i], &pa, NULL), IOMMU_OK);
		ck_assert_uint_eq(pa, 0x800000 + 0x1000 * (uint64_t)i);
		ck_assert_int_eq(iommu_pages_collect(&p[i], &pa, NULL), IOMMU_E_NOENT);
	}
	ck_assert_int_eq(iommu_iova_done(&w.s), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.pages_used, 0);
	for (int i = -1; i <= IOMMU_PAGES_STATES; i++)
		ck_assert_ptr_nonnull(iommu_pages_state_name((enum iommu_pages_state)i));
	fake_free(w.f);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("driver_iova");
	TCase *tc = tcase_create("iova");

	tcase_add_test(tc, test_iova_against_a_bitmap);
	tcase_add_test(tc, test_iova_windows);
	tcase_add_test(tc, test_iova_without_nodes);
	tcase_add_test(tc, test_iova_is_withheld_and_held);
	tcase_add_test(tc, test_ledger_against_a_model);
	tcase_add_test(tc, test_ledger_quarantines);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
