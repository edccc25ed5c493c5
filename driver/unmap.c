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

/* Everything in [first, last] must be mapped. Changes nothing. *cut: tables needed to split pages at both ends. */
static int unmap_check(struct iommu_domain *d, uint64_t first, uint64_t last, uint32_t *level,
		       uint32_t *cut)
{
	struct pt_cursor c;
	uint64_t pos = first;

	*level = 0;
	*cut = 0;
	pt_cursor_start(&c, d, first);
	while (pos <= last) {
		uint64_t end;
		uint32_t n;

		pt_cursor_move(&c, pos);
		switch (pt_descend(&c, 0)) {
		case PT_STOP_ABSENT:
			return IOMMU_E_NOENT;
		case PT_STOP_LEAF:
			end = pos | (pt_span(c.low) - 1);
			if (c.low > *level)
				*level = c.low;
			if (pos == first)
				*cut += cuts(c.low, first);
			if (end > last)
				*cut += cuts(c.low, last + 1);
			pos = end + 1;
			break;
		case PT_STOP_LEVEL:
			n = pt_room(pos, 0, last - pos + 1);
			if (!pt_all_present(&c, pt_entry_pa(&c, 0), n))
				return IOMMU_E_NOENT;
			pos += (uint64_t)n * PAGE_SIZE_BYTES;
			break;
		}
	}
	return IOMMU_OK;
}

/*
 * Replaces the large page under the cursor by a table of 512 smaller ones. The new table is complete and in memory
 * before it is linked; the old entry is cleared and invalidated first, because hardware may not hold two sizes for one
 * address (VT-d 6.5 "page size change": clear, invalidate, set). DMA to the page faults for that moment.
 */
static int split_leaf(struct iommu_domain *d, struct pt_cursor *c, struct iommu_page_list *spare)
{
	uint32_t level = c->low;
	uint64_t pa = pt_entry_pa(c, level);
	uint64_t base = c->iova & ~(pt_span(level) - 1);
	struct iommu_inval inval = {
		.first = base,
		.last = base + (pt_span(level) - 1),
		.level = level,
	};
	uint64_t table = page_list_pop(c->plat, spare);
	int rc;

	pt_fill(c, table, PT_ENTRIES,
		c->fmt->leaf(level - 1, c->entry & c->fmt->addr, c->fmt->prot(c->entry)),
		pt_span(level - 1));
	pt_set(c, pa, 0);
	rc = domain_invalidate(d, &inval, 0, NULL);
	if (rc != IOMMU_OK) {
		page_list_push(c->plat, spare, table); /* never linked */
		return rc;
	}
	pt_set(c, pa, c->fmt->table(level, table));
	inval.upper = true;
	return domain_made_present(d, &inval);
}

/* After it no page crosses `edge`. */
static int split_at(struct iommu_domain *d, uint64_t edge, struct iommu_page_list *spare)
{
	int rc = IOMMU_OK;

	/* each turn halves the distance to level 0 at least by one level */
	for (uint32_t turn = 0; turn < PT_LEVELS && rc == IOMMU_OK; turn++) {
		struct pt_cursor c;

		pt_cursor_start(&c, d, edge);
		if (pt_descend(&c, 0) != PT_STOP_LEAF || !(edge & (pt_span(c.low) - 1)))
			break;
		rc = split_leaf(d, &c, spare);
	}
	return rc;
}

static int split_ends(struct iommu_domain *d, uint64_t first, uint64_t last, uint32_t cut)
{
	struct iommu_page_list spare = { 0, 0 };
	int rc;

	rc = page_list_alloc(domain_owner(d), &spare, cut);
	if (rc != IOMMU_OK)
		return rc;
	rc = split_at(d, first, &spare);
	if (rc == IOMMU_OK && !((last + 1) >> d->geo.addr_bits))
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
	while (pos <= t->last) {
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
	uint32_t level, cut;
	int rc;

	if (d->kind != IOMMU_DOMAIN_PAGING)
		return IOMMU_E_UNSUPPORTED;
	rc = domain_check_range(d, iova, size);
	if (rc == IOMMU_OK)
		rc = iommu_domain_usable(d);
	if (rc == IOMMU_OK)
		rc = unmap_check(d, iova, last, &level, &cut);
	if (rc == IOMMU_OK && cut)
		rc = split_ends(d, iova, last, cut);
	if (rc != IOMMU_OK)
		return rc;
	memset(t, 0, sizeof(*t));
	t->domain = d;
	t->first = iova;
	t->last = last;
	t->level = level;
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
