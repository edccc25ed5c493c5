/*
 * Unmapping a range: entries are cleared here, nothing is released. What the hardware may still hold is described by a
 * ticket (ticket.c), which completes when the invalidation was observed.
 */
#include "internal.h"
#include "mem.h"
#include "pt/table.h"

/* Tables needed to cut the large page of `level` at `edge`, which lies inside it. */
static uint32_t cuts(uint32_t level, uint64_t edge)
{
	uint32_t n = 0;

	while (level > 0 && (edge & (pt_span(level) - 1))) {
		level--;
		n++;
	}
	return n;
}

/* What has to be done before a range can be cleared. */
struct unmap_plan {
	uint32_t level;  /* largest page size in it */
	uint32_t tables; /* needed to split pages at both ends */
	bool split;      /* a page crosses an end */
};

/* `edge` is an end of the range, the leaf `entry` of `level` maps one of its sides. */
static void plan_edge(const struct pt_cursor *c, uint32_t level, uint64_t entry, uint64_t edge,
		      struct unmap_plan *plan)
{
	if (!(edge & ((UINT64_C(1) << pt_leaf_lg2(c, level, entry)) - 1)))
		return;
	plan->split = true;
	plan->tables += cuts(level, edge);
}

/* A run of 4 KiB entries: only joined ones can cross an end. */
static int plan_run(const struct pt_cursor *c, uint64_t first, uint64_t last, uint32_t n,
		    struct unmap_plan *plan)
{
	uint64_t pa = pt_entry_pa(c, 0);

	if (!pt_all_present(c, pa, n))
		return IOMMU_E_NOENT;
	if (!c->join)
		return IOMMU_OK;
	if (c->iova == first)
		plan_edge(c, 0, mem_read64(c->plat, pa), first, plan);
	if (last - c->iova < (uint64_t)n * PAGE_SIZE_BYTES)
		plan_edge(c, 0, mem_read64(c->plat, pa + 8 * ((uint64_t)n - 1)), last + 1, plan);
	return IOMMU_OK;
}

/* Everything in [first, last] must be mapped. Changes nothing. */
static int unmap_check(struct iommu_domain *d, uint64_t first, uint64_t last,
		       struct unmap_plan *plan)
{
	struct pt_cursor c;
	uint64_t pos = first;

	*plan = (struct unmap_plan){ 0, 0, false };
	pt_cursor_start(&c, d, first);
	/* the last address may be the last there is: pos then ends at 0, which is not in the range either */
	while (pos - first <= last - first) {
		uint64_t end;
		uint32_t n;

		pt_cursor_move(&c, pos);
		switch (pt_descend(&c, 0)) {
		case PT_STOP_ABSENT:
			return IOMMU_E_NOENT;
		case PT_STOP_LEAF:
			end = pos | (pt_span(c.low) - 1);
			if (c.low > plan->level)
				plan->level = c.low;
			if (pos == first)
				plan_edge(&c, c.low, c.entry, first, plan);
			if (end >= last)
				plan_edge(&c, c.low, c.entry, last + 1, plan);
			pos = end + 1;
			break;
		case PT_STOP_LEVEL:
			n = pt_room(pos, 0, last - pos + 1);
			if (plan_run(&c, first, last, n, plan) != IOMMU_OK)
				return IOMMU_E_NOENT;
			pos += (uint64_t)n * PAGE_SIZE_BYTES;
			break;
		}
	}
	return IOMMU_OK;
}

/*
 * n leaves of `level` whose entries start at `at`, such that no page crosses `edge`. Where the edge is no multiple of the
 * level's page size, the page it lies in stands alone, to be split next.
 */
static void fill_around(const struct pt_cursor *c, uint64_t at, uint32_t level, uint32_t n,
			uint64_t pa, uint32_t prot, uint64_t edge)
{
	uint32_t before = (pt_index(edge, level) - (uint32_t)(at / 8)) & (n - 1); /* n is 2^k */
	uint32_t alone = edge & (pt_span(level) - 1) ? 1 : 0;
	uint32_t after = before + alone;

	if (before)
		pt_fill_leaves(c, at, level, before, pa, prot);
	if (alone)
		pt_set(c, at + 8 * (uint64_t)before,
		       c->fmt->leaf(level, pa + before * pt_span(level), prot));
	if (after < n)
		pt_fill_leaves(c, at + 8 * (uint64_t)after, level, n - after,
			       pa + after * pt_span(level), prot);
}

/* The page under a cursor, which crosses `edge`, and what takes its place: as many entries, or one table. */
struct split {
	uint32_t level, lg2,
		n; /* of the page: its entries' level, its size, the number of its entries */
	uint32_t prot;
	uint64_t at, pa, edge;
	uint64_t table; /* 0: entries that are not joined across the edge */
};

static void split_plan(const struct pt_cursor *c, uint64_t edge, struct split *s)
{
	s->level = c->low;
	s->lg2 = pt_leaf_lg2(c, c->low, c->entry);
	s->n = UINT32_C(1) << (s->lg2 - pt_shift(c->low));
	s->prot = c->fmt->prot(c->entry);
	s->at = pt_entry_pa(c, c->low) & ~((uint64_t)8 * s->n - 1);
	s->pa = pt_leaf_pa(c, c->entry, s->lg2);
	s->edge = edge;
	s->table = 0;
}

static void split_link(const struct pt_cursor *c, const struct split *s)
{
	if (s->table)
		pt_set(c, s->at, c->fmt->table(s->level, s->table));
	else
		fill_around(c, s->at, s->level, s->n, s->pa, s->prot, s->edge);
}

/*
 * Where hardware may not hold two sizes for one address (VT-d 6.5 "page size change": clear, invalidate, set): DMA to the
 * page faults for that moment.
 */
static int split_with_break(struct iommu_domain *d, struct pt_cursor *c, const struct split *s)
{
	uint64_t base = c->iova & ~((UINT64_C(1) << s->lg2) - 1);
	struct iommu_inval inval = {
		.first = base,
		.last = base + ((UINT64_C(1) << s->lg2) - 1),
		.level = s->level,
	};
	int rc;

	pt_fill(c, s->at, s->n, 0, 0);
	rc = domain_invalidate(d, &inval, 0, NULL);
	if (rc != IOMMU_OK)
		return rc;
	split_link(c, s);
	inval.upper = s->table != 0;
	return domain_made_present(d, &inval);
}

/*
 * Replaces the page under the cursor by smaller ones: joined entries by entries that are not joined across the edge, a
 * large page by a table of smaller ones, which is complete and in memory before it is linked. Where both may be met at the
 * same time that is all: what the caches hold goes with the range that is about to be unmapped.
 */
static int split_leaf(struct iommu_domain *d, struct pt_cursor *c, uint64_t edge,
		      struct iommu_page_list *spare)
{
	struct split s;
	int rc;

	split_plan(c, edge, &s);
	if (s.n == 1) {
		s.table = page_list_pop(c->plat, spare);
		fill_around(c, s.table, s.level - 1, PT_ENTRIES, s.pa, s.prot, edge);
	}
	if (c->fmt->split_live) {
		split_link(c, &s);
		return IOMMU_OK;
	}
	rc = split_with_break(d, c, &s);
	if (rc != IOMMU_OK && s.table && !mem_read64(c->plat, s.at))
		page_list_push(c->plat, spare, s.table); /* never linked */
	return rc;
}

/* After it no page crosses `edge`. */
static int split_at(struct iommu_domain *d, uint64_t edge, struct iommu_page_list *spare)
{
	int rc = IOMMU_OK;

	/* each turn parts joined entries, or comes at least one level nearer to level 0 */
	for (uint32_t turn = 0; turn < 2 * PT_LEVELS && rc == IOMMU_OK; turn++) {
		struct pt_cursor c;

		pt_cursor_start(&c, d, edge);
		if (!pt_find_leaf(&c))
			break;
		if (!(edge & ((UINT64_C(1) << pt_leaf_lg2(&c, c.low, c.entry)) - 1)))
			break;
		rc = split_leaf(d, &c, edge, spare);
	}
	return rc;
}

static int split_ends(struct iommu_domain *d, uint64_t first, uint64_t last, uint32_t tables)
{
	struct iommu_page_list spare = { 0, 0 };
	int rc;

	rc = page_list_alloc(domain_owner(d), &spare, tables);
	if (rc != IOMMU_OK)
		return rc;
	rc = split_at(d, first, &spare);
	if (rc == IOMMU_OK && last != UINT64_MAX && !addr_beyond(last + 1, d->geo.addr_bits))
		rc = split_at(d, last + 1, &spare);
	page_list_free(domain_owner(d), &spare);
	return rc;
}

/*
 * Clears what lies at the cursor: a run of pages, a large page, or a whole table that the range covers, which is
 * unlinked with everything below it. Returns the bytes dealt with.
 */
static uint64_t clear_step(struct pt_cursor *c, uint64_t last, struct iommu_ticket *t)
{
	uint64_t span, pa;
	uint32_t n;

	while (c->low > 0) {
		span = pt_span(c->low);
		pa = pt_entry_pa(c, c->low);
		c->entry = mem_read64(c->plat, pa);
		if (!(c->entry & c->fmt->present))
			return span - (c->iova & (span - 1));
		if (c->fmt->is_leaf(c->low, c->entry)) {
			pt_set(c, pa, 0);
			return span;
		}
		if (!(c->iova & (span - 1)) && last - c->iova >= span - 1) {
			pt_set(c, pa, 0);
			pt_collect(c, c->entry & c->fmt->addr, c->low - 1, &t->tables);
			t->upper = true;
			return span;
		}
		c->table[c->low - 1] = c->entry & c->fmt->addr;
		c->low--;
	}
	n = pt_room(c->iova, 0, last - c->iova + 1);
	pt_fill(c, pt_entry_pa(c, 0), n, 0, 0);
	return (uint64_t)n * PAGE_SIZE_BYTES;
}

static void clear_range(struct iommu_domain *d, struct iommu_ticket *t)
{
	struct pt_cursor c;
	uint64_t pos = t->first;

	pt_cursor_start(&c, d, pos);
	while (pos - t->first <= t->last - t->first) {
		pt_cursor_move(&c, pos);
		pos += clear_step(&c, t->last, t);
	}
}

static void unmap_account(struct iommu_domain *d, uint64_t pages)
{
	d->pages_mapped -= pages;
	for (uint32_t i = 0; i < d->units; i++) {
		d->unit[i]->stats.unmaps++;
		d->unit[i]->stats.pages_mapped -= pages;
	}
}

/* Fills *t with what was cleared. */
static int unmap_entries(struct iommu_domain *d, uint64_t iova, uint64_t size,
			 struct iommu_ticket *t)
{
	uint64_t last = iova + (size - 1);
	struct unmap_plan plan = { 0 };
	int rc;

	if (d->kind != IOMMU_DOMAIN_PAGING)
		return IOMMU_E_UNSUPPORTED;
	rc = domain_check_range(d, iova, size);
	if (rc == IOMMU_OK)
		rc = iommu_domain_usable(d);
	if (rc == IOMMU_OK)
		rc = unmap_check(d, iova, last, &plan);
	if (rc == IOMMU_OK && plan.split)
		rc = split_ends(d, iova, last, plan.tables);
	if (rc != IOMMU_OK)
		return rc;
	memset(t, 0, sizeof(*t));
	t->domain = d;
	t->first = iova;
	t->last = last;
	t->level = plan.level;
	t->upper = plan.tables &&
		   domain_owner(d)->ops->fmt->split_live; /* no invalidation of its own yet */
	t->pages = size / PAGE_SIZE_BYTES;
	clear_range(d, t);
	unmap_account(d, t->pages);
	return IOMMU_OK;
}

static int unmap_strict(struct iommu_domain *d, uint64_t iova, uint64_t size)
{
	struct iommu_ticket t;
	struct iommu_inval inval;
	int rc;

	rc = unmap_entries(d, iova, size, &t);
	if (rc != IOMMU_OK)
		return rc;
	inval = (struct iommu_inval){ t.first, t.last, t.level, t.upper };
	return domain_invalidate(d, &inval, t.pages, &t.tables);
}

int iommu_unmap(struct iommu_domain *d, uint64_t iova, uint64_t size)
{
	int rc;

	if (!d || !d->units)
		return IOMMU_E_INVAL;
	iommu_lock_domain(d);
	rc = unmap_strict(d, iova, size);
	iommu_unlock_domain(d);
	return rc;
}

int iommu_unmap_lazy(struct iommu_domain *d, uint64_t iova, uint64_t size, struct iommu_ticket *t)
{
	int rc;

	if (!d || !d->units || !t)
		return IOMMU_E_INVAL;
	if (t->state != IOMMU_TICKET_IDLE)
		return IOMMU_E_BUSY;
	iommu_lock_domain(d);
	rc = unmap_entries(d, iova, size, t);
	if (rc == IOMMU_OK) {
		t->state = IOMMU_TICKET_UNMAPPED;
		t->next = d->tickets;
		d->tickets = t;
	}
	iommu_unlock_domain(d);
	return rc;
}
