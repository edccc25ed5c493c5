/*
 * map_world.h.
 */
#include "map_world.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static uint32_t rnd(struct map_world *w, uint32_t below)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 17;
	w->rng ^= w->rng << 5;
	return w->rng % below;
}

uint64_t map_world_iova(const struct map_world *w, uint32_t page)
{
	return w->window + (uint64_t)page * 4096;
}

static void check_page(struct map_world *w, uint32_t page)
{
	uint64_t pa = 0, size = 0;
	uint32_t prot = 0;
	int rc = iommu_lookup(&w->d, map_world_iova(w, page) + 5, &pa, &prot, &size);

	ck_assert_msg(w->walk(w, map_world_iova(w, page)) == w->flat[page],
		      "%s: page %x walks to %llx not %llx", w->name, page,
		      (unsigned long long)w->walk(w, map_world_iova(w, page)),
		      (unsigned long long)w->flat[page]);
	if (!w->flat[page]) {
		ck_assert_int_eq(rc, IOMMU_E_NOENT);
		return;
	}
	ck_assert_int_eq(rc, IOMMU_OK);
	ck_assert_uint_eq(pa, (w->flat[page] & ~UINT64_C(0xfff)) + 5);
	ck_assert_uint_eq(prot, w->flat[page] & 3);
}

void map_world_check_around(struct map_world *w, uint32_t first, uint32_t n)
{
	uint32_t edges[] = { first, first + n - 1, first + n / 2, first - 1, first + n };

	for (uint32_t i = 0; i < 5; i++) {
		if (edges[i] < WINDOW_PAGES)
			check_page(w, edges[i]);
	}
	for (uint32_t i = 0; i < 20; i++)
		check_page(w, rnd(w, WINDOW_PAGES));
	ck_assert_msg(w->m->bad == 0, "%s: %s", w->name, w->m->bad_why ? w->m->bad_why : "");
}

void map_world_check_all(struct map_world *w)
{
	uint64_t mapped = 0;

	for (uint32_t page = 0; page < WINDOW_PAGES; page++) {
		/* an assertion is too slow to be made for each of them */
		if (w->walk(w, map_world_iova(w, page)) != w->flat[page])
			ck_abort_msg("%s: page %x", w->name, page);
		mapped += w->flat[page] != 0;
	}
	ck_assert_uint_eq(w->d.pages_mapped, mapped);
	ck_assert_uint_eq(w->u.stats.pages_mapped, mapped);
}

static bool any(const struct map_world *w, uint32_t first, uint32_t n, bool mapped)
{
	for (uint32_t i = 0; i < n; i++) {
		if ((w->flat[first + i] != 0) == mapped)
			return true;
	}
	return false;
}

/* Sizes and starts that meet borders: mostly small, sometimes whole 2 MiB, rarely 1 GiB. */
static void pick(struct map_world *w, uint32_t *first, uint32_t *n)
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

static void step_map(struct map_world *w, struct iommu_ticket *pending, uint32_t tickets)
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
		    pending[i].first <= map_world_iova(w, first + n - 1) &&
		    map_world_iova(w, first) <= pending[i].last)
			want = IOMMU_E_BUSY;
	}
	rc = iommu_map(&w->d, map_world_iova(w, first), pa, (uint64_t)n * 4096, prot);
	ck_assert_msg(rc == want, "%s: map of %x pages at %x: %d not %d", w->name, n, first, rc,
		      want);
	for (uint32_t i = 0; i < n && rc == IOMMU_OK; i++)
		w->flat[first + i] = (pa + (uint64_t)i * 4096) | prot;
	map_world_check_around(w, first, n);
}

/* A range that is mapped: grown from a mapped page, so that it often covers parts of large pages. */
static bool pick_mapped(struct map_world *w, uint32_t *first, uint32_t *n)
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

static void step_unmap(struct map_world *w, struct iommu_ticket *t)
{
	uint32_t first, n;
	int want, rc;

	if (!rnd(w, 5))
		pick(w, &first, &n);
	else if (!pick_mapped(w, &first, &n))
		return;
	want = any(w, first, n, false) ? IOMMU_E_NOENT : IOMMU_OK;
	if (t && t->state == IOMMU_TICKET_IDLE)
		rc = iommu_unmap_lazy(&w->d, map_world_iova(w, first), (uint64_t)n * 4096, t);
	else
		rc = iommu_unmap(&w->d, map_world_iova(w, first), (uint64_t)n * 4096);
	ck_assert_msg(rc == want, "%s: unmap of %x pages at %x: %d not %d", w->name, n, first, rc,
		      want);
	if (rc == IOMMU_OK)
		memset(&w->flat[first], 0, n * sizeof(w->flat[0]));
	map_world_check_around(w, first, n);
}

void map_world_random(struct map_world *w)
{
	struct iommu_ticket tickets[4];

	memset(tickets, 0, sizeof(tickets));
	for (uint32_t step = 0; step < 500; step++) {
		struct iommu_ticket *t = &tickets[rnd(w, 4)];

		switch (rnd(w, 8)) {
		case 0:
		case 1:
		case 2:
			step_map(w, tickets, 4);
			break;
		case 3:
		case 4:
			step_unmap(w, NULL);
			break;
		case 5:
			step_unmap(w, t);
			break;
		case 6:
			ck_assert_int_eq(iommu_flush(&w->d), IOMMU_OK);
			for (uint32_t i = 0; i < 4; i++)
				ck_assert_int_eq(tickets[i].state, IOMMU_TICKET_IDLE);
			break;
		default: {
			int rc = iommu_poll(t);

			for (uint32_t i = 0; rc == IOMMU_E_AGAIN && i < 100; i++) {
				w->m->plat.relax(w->m);
				rc = iommu_poll(t);
			}
			ck_assert_int_eq(rc, IOMMU_OK);
			break;
		}
		}
		if (step == 499)
			map_world_check_all(w);
	}
}

void map_world_attach(struct map_world *w, const struct iommu_unit_desc *desc, bool ats)
{
	struct iommu_unit *units[] = { &w->u };

	w->rng = 12345;
	w->flat = calloc(WINDOW_PAGES, 8);
	ck_assert_ptr_nonnull(w->flat);
	ck_assert_int_eq(iommu_unit_init(&w->u, &w->m->plat, desc), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&w->u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&w->d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	w->dev.rid = 0x1234;
	w->dev.ats = ats;
	ck_assert_int_eq(iommu_attach(&w->d, &w->u, &w->dev), IOMMU_OK);
}

/* Everything is given back, and nothing is left. */
void map_world_stop(struct map_world *w)
{
	ck_assert_int_eq(iommu_flush(&w->d), IOMMU_OK);
	ck_assert_int_eq(iommu_detach(&w->dev), IOMMU_OK);
	ck_assert_uint_eq(w->walk(w, w->window), 0);
	ck_assert_int_eq(iommu_domain_destroy(&w->d), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_stop(&w->u), IOMMU_OK);
	ck_assert_uint_eq(w->m->pages_used, 0);
	ck_assert_uint_eq(w->u.stats.table_pages, 0);
	ck_assert_uint_eq(w->u.stats.pages_mapped, 0);
	ck_assert_msg(w->m->bad == 0, "%s: %s", w->name, w->m->bad_why ? w->m->bad_why : "");
	free(w->flat);
	w->done(w->hw);
}
