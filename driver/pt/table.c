/*
 * Walking page tables: table.h.
 */
#include "table.h"
#include "../mem.h"

void pt_cursor_start(struct pt_cursor *c, const struct iommu_domain *d, uint64_t iova)
{
	c->plat = domain_owner(d)->plat;
	c->fmt = domain_owner(d)->ops->fmt;
	c->iova = iova;
	c->top = d->geo.top_level;
	c->low = c->top;
	c->table[c->top] = d->table;
	c->sync = d->geo.flush ? IOMMU_SYNC_FLUSH : IOMMU_SYNC_ORDER;
	c->join = d->geo.join;
}

/* A table of level n serves all addresses that agree above bit pt_shift(n + 1). */
void pt_cursor_move(struct pt_cursor *c, uint64_t iova)
{
	uint64_t differs = c->iova ^ iova;

	while (c->low < c->top && (differs >> pt_shift(c->low + 1)) != 0)
		c->low++;
	c->iova = iova;
}

enum pt_stop pt_descend(struct pt_cursor *c, uint32_t level)
{
	while (c->low > level) {
		c->entry = mem_read64(c->plat, pt_entry_pa(c, c->low));
		if (!(c->entry & c->fmt->present))
			return PT_STOP_ABSENT;
		if (c->fmt->is_leaf(c->low, c->entry))
			return PT_STOP_LEAF;
		c->table[c->low - 1] = c->entry & c->fmt->addr;
		c->low--;
	}
	return PT_STOP_LEVEL;
}

bool pt_find_leaf(struct pt_cursor *c)
{
	enum pt_stop stop = pt_descend(c, 0);

	if (stop == PT_STOP_LEVEL)
		c->entry = mem_read64(c->plat, pt_entry_pa(c, 0));
	return stop != PT_STOP_ABSENT && (c->entry & c->fmt->present);
}

bool pt_all_absent(const struct pt_cursor *c, uint64_t pa, uint32_t n)
{
	uint64_t any = 0;

	for (uint32_t i = 0; i < n; i++)
		any |= mem_read64(c->plat, pa + 8 * (uint64_t)i);
	return !(any & c->fmt->present);
}

bool pt_all_present(const struct pt_cursor *c, uint64_t pa, uint32_t n)
{
	uint64_t present = c->fmt->present;
	bool all = true;

	for (uint32_t i = 0; i < n; i++)
		all &= (mem_read64(c->plat, pa + 8 * (uint64_t)i) & present) != 0;
	return all;
}

/* One entry, where the walker finds it before any later store. */
void pt_set(const struct pt_cursor *c, uint64_t pa, uint64_t entry)
{
	mem_write64(c->plat, pa, entry);
	mem_sync(c->plat, pa, 8, c->sync);
}

/* n entries, likewise. */
void pt_fill(const struct pt_cursor *c, uint64_t pa, uint32_t n, uint64_t entry, uint64_t step)
{
	mem_fill64(c->plat, pa, n, entry, step);
	mem_sync(c->plat, pa, 8 * (uint64_t)n, c->sync);
}

static uint32_t trailing_zeroes(uint64_t bits, uint32_t max)
{
	uint32_t n = 0;

	while (n < max && !(bits >> n & 1))
		n++;
	return n;
}

/* log2 of the number of entries, at most n, that the page at table index `index` and page number `page` can join. */
static uint32_t join_lg2(uint64_t index, uint64_t page, uint32_t n)
{
	uint32_t k = trailing_zeroes(index | page, PT_JOIN_LG2);

	while (n >> k == 0)
		k--;
	return k;
}

/*
 * n leaves of `level` from the entry at `at` upward, which map memory from pa upward. Where the format joins entries, the
 * largest pages that fit: where table and memory are never aligned alike there are none, and it is one run.
 */
void pt_fill_leaves(const struct pt_cursor *c, uint64_t at, uint32_t level, uint32_t n, uint64_t pa,
		    uint32_t prot)
{
	uint64_t index = at / 8 % PT_ENTRIES, page = pa >> pt_shift(level);
	uint64_t start = at;

	if (!c->join || ((index ^ page) & 1)) {
		pt_fill(c, at, n, c->fmt->leaf(level, pa, prot), pt_span(level));
		return;
	}
	for (uint32_t done = 0, k; done < n; done += UINT32_C(1) << k) {
		k = join_lg2(index + done, page + done, n - done);
		pa = (page + done) << pt_shift(level);
		mem_fill64(c->plat, at, UINT32_C(1) << k,
			   k ? c->fmt->joined(pt_shift(level) + k, pa, prot)
			     : c->fmt->leaf(level, pa, prot),
			   0);
		at += UINT64_C(8) << k;
	}
	mem_sync(c->plat, start, 8 * (uint64_t)n, c->sync);
}

/*
 * Collects a table of `level` and every table below it. The tables must be unlinked already; each page's first word is
 * overwritten only after its entries were read.
 */
void pt_collect(const struct pt_cursor *c, uint64_t table, uint32_t level,
		struct iommu_page_list *list)
{
	uint64_t at[PT_LEVELS];
	uint32_t next[PT_LEVELS];
	uint32_t l = level;

	at[l] = table;
	next[l] = 0;
	for (;;) {
		uint64_t entry;

		if (l == 0 || next[l] == PT_ENTRIES) {
			page_list_push(c->plat, list, at[l]);
			if (l++ == level)
				return;
			continue;
		}
		entry = mem_read64(c->plat, at[l] + 8 * (uint64_t)next[l]++);
		if (!(entry & c->fmt->present) || c->fmt->is_leaf(l, entry))
			continue;
		l--;
		at[l] = entry & c->fmt->addr;
		next[l] = 0;
	}
}
