/*
 * Mapping a range.
 *
 * The range is walked up to three times, run by run; a run is a number of consecutive entries of one page size in one
 * table. The first pass changes nothing: it finds out that the range is free and counts the tables that are missing.
 * Then all memory is reserved, so that nothing can fail half way for lack of it. A second pass, only where it is
 * needed, unlinks empty tables that stand where a large page fits; they are invalidated before the large page is set,
 * because a walker that still holds the old table would go on using it (VT-d 6.5 "page size change"). The last pass
 * links tables top-down, each zeroed and flushed before, and writes the leaves.
 */
#include "internal.h"
#include "mem.h"
#include "pt/table.h"

enum map_pass {
	MAP_CHECK,
	MAP_MERGE,
	MAP_WRITE
};

struct map {
	struct iommu_domain *d;
	struct pt_cursor c;
	uint64_t iova, pa, size;
	uint32_t prot;
	enum map_pass pass;
	uint64_t missing;             /* tables to be made */
	bool merge;                   /* empty tables are in the way of large pages */
	bool upper;                   /* a non-leaf entry was changed */
	uint32_t level;               /* largest page used */
	struct iommu_page_list spare; /* reserved tables */
	struct iommu_page_list empty; /* tables unlinked by MAP_MERGE */
};

/* Stands for a table that does not exist yet; no table is at address 0. */
#define NO_TABLE UINT64_C(0)

int domain_check_range(const struct iommu_domain *d, uint64_t iova, uint64_t size)
{
	uint64_t last = iova + (size - 1);

	if (size == 0 || ((iova | size) & (PAGE_SIZE_BYTES - 1)))
		return IOMMU_E_INVAL;
	if (last < iova || addr_beyond(last, d->geo.addr_bits))
		return IOMMU_E_RANGE;
	return IOMMU_OK;
}

bool iommu_in_hole(const struct iommu_geometry *geo, uint64_t first, uint64_t last)
{
	for (uint32_t i = 0; i < IOMMU_HOLES; i++) {
		if (geo->hole[i].last && first <= geo->hole[i].last && geo->hole[i].first <= last)
			return true;
	}
	return false;
}

static int map_check_args(const struct iommu_domain *d, uint64_t iova, uint64_t pa, uint64_t size,
			  uint32_t prot)
{
	const struct iommu_geometry *geo = &d->geo;
	uint64_t pa_last = pa + (size - 1);
	int rc;

	if (d->kind != IOMMU_DOMAIN_PAGING)
		return IOMMU_E_UNSUPPORTED;
	if (!prot || (prot & ~(uint32_t)(IOMMU_READ | IOMMU_WRITE)))
		return IOMMU_E_INVAL;
	if (pa & (PAGE_SIZE_BYTES - 1))
		return IOMMU_E_INVAL;
	rc = domain_check_range(d, iova, size);
	if (rc != IOMMU_OK)
		return rc;
	if (pa_last < pa || addr_beyond(pa_last, geo->phys_bits))
		return IOMMU_E_RANGE;
	if (iommu_in_hole(geo, iova, iova + (size - 1)) || iommu_in_hole(geo, pa, pa_last))
		return IOMMU_E_RANGE;
	if (ticket_overlaps(d, iova, iova + (size - 1)))
		return IOMMU_E_BUSY;
	return IOMMU_OK;
}

/* The largest page size below `limit` that fits at iova. 4 KiB always does. */
static uint32_t best_level(uint32_t page_sizes, uint32_t limit, uint64_t bits, uint64_t left)
{
	uint32_t level = limit;

	while (level-- > 1) {
		uint64_t span = pt_span(level);

		if ((page_sizes >> level & 1) && !(bits & (span - 1)) && left >= span)
			return level;
	}
	return 0;
}

/* Makes the table of `level` at the cursor known: existing, to be made, or made now. */
static int map_descend(struct map *m, uint32_t level)
{
	struct pt_cursor *c = &m->c;

	while (c->low > level) {
		uint64_t child = NO_TABLE;
		uint64_t entry = 0, pa = 0;

		if (c->table[c->low] != NO_TABLE) {
			pa = pt_entry_pa(c, c->low);
			entry = mem_read64(c->plat, pa);
		}
		if (entry & c->fmt->present) {
			if (c->fmt->is_leaf(c->low, entry))
				return IOMMU_E_EXIST;
			child = entry & c->fmt->addr;
		} else if (m->pass == MAP_WRITE) {
			child = page_list_take(domain_owner(m->d), &m->spare, c->sync);
			pt_set(c, pa, c->fmt->table(c->low, child));
			m->upper = true;
		} else {
			m->missing++;
		}
		c->low--;
		c->table[c->low] = child;
	}
	return IOMMU_OK;
}

enum slot {
	SLOT_FREE,
	SLOT_LEAF,
	SLOT_EMPTY_TABLE,
	SLOT_TABLE
};

static enum slot slot_look(const struct map *m, uint32_t level, uint64_t pa)
{
	const struct pt_cursor *c = &m->c;
	uint64_t entry = mem_read64(c->plat, pa);

	if (!(entry & c->fmt->present))
		return SLOT_FREE;
	if (c->fmt->is_leaf(level, entry))
		return SLOT_LEAF;
	if (pt_all_absent(c, entry & c->fmt->addr, PT_ENTRIES))
		return SLOT_EMPTY_TABLE;
	return SLOT_TABLE;
}

static void slot_unlink(struct map *m, uint64_t pa)
{
	uint64_t entry = mem_read64(m->c.plat, pa);

	pt_set(&m->c, pa, 0);
	page_list_push(m->c.plat, &m->empty, entry & m->c.fmt->addr);
}

/* How many of `max` slots of large pages can be used: up to the first that leads to a table in use. */
static int count_slots(struct map *m, uint32_t level, uint32_t max, uint32_t *n)
{
	uint64_t pa = pt_entry_pa(&m->c, level);

	*n = max;
	if (m->c.table[level] == NO_TABLE)
		return IOMMU_OK;
	for (uint32_t i = 0; i < max; i++, pa += 8) {
		switch (slot_look(m, level, pa)) {
		case SLOT_LEAF:
			return IOMMU_E_EXIST;
		case SLOT_TABLE:
			*n = i;
			return IOMMU_OK;
		case SLOT_EMPTY_TABLE:
			if (m->pass == MAP_WRITE) { /* became empty by the merge: it stays */
				*n = i;
				return IOMMU_OK;
			}
			m->merge = true;
			if (m->pass == MAP_MERGE)
				slot_unlink(m, pa);
			break;
		case SLOT_FREE:
			break;
		}
	}
	return IOMMU_OK;
}

/*
 * The next run, `done` bytes into the range: its page size and number of entries. A slot that could take a large page
 * but leads to a table that is in use gets smaller pages inside that table.
 */
static int map_run(struct map *m, uint64_t done, uint32_t *level, uint32_t *n)
{
	struct pt_cursor *c = &m->c;
	uint64_t left = m->size - done;
	uint32_t limit = c->top < PT_LEVELS - 1 ? c->top + 1 : PT_LEVELS;
	int rc;

	pt_cursor_move(c, m->iova + done);
	do {
		*level = best_level(m->d->geo.page_sizes, limit, c->iova | (m->pa + done), left);
		rc = map_descend(m, *level);
		if (rc != IOMMU_OK)
			return rc;
		*n = pt_room(c->iova, *level, left);
		if (*level == 0)
			break;
		rc = count_slots(m, *level, *n, n);
		if (rc != IOMMU_OK)
			return rc;
		limit = *level;
	} while (*n == 0);
	if (*level == 0 && m->pass == MAP_CHECK && c->table[0] != NO_TABLE &&
	    !pt_all_absent(c, pt_entry_pa(c, 0), *n))
		return IOMMU_E_EXIST;
	if (*level > m->level)
		m->level = *level;
	return IOMMU_OK;
}

static void write_run(struct map *m, uint64_t done, uint32_t level, uint32_t n)
{
	const struct pt_cursor *c = &m->c;

	pt_fill_leaves(c, pt_entry_pa(c, level), level, n, m->pa + done, m->prot);
}

/* One pass over the whole range. *whole: it was a single run, where the cursor still stands. */
static int map_pass(struct map *m, enum map_pass pass, bool *whole)
{
	uint64_t done = 0;

	m->pass = pass;
	pt_cursor_start(&m->c, m->d, m->iova);
	while (done < m->size) {
		uint32_t level, n;
		int rc = map_run(m, done, &level, &n);

		if (rc != IOMMU_OK)
			return rc;
		if (pass == MAP_WRITE)
			write_run(m, done, level, n);
		*whole = (uint64_t)n << pt_shift(level) == m->size;
		done += (uint64_t)n << pt_shift(level);
	}
	return IOMMU_OK;
}

static struct iommu_inval map_inval(const struct map *m)
{
	return (struct iommu_inval){
		.first = m->iova,
		.last = m->iova + (m->size - 1),
		.level = m->level,
		.upper = m->upper,
	};
}

/* Empty tables in the way of large pages: unlinked, invalidated, and only then given back. */
static int map_merge(struct map *m)
{
	struct iommu_inval inval;
	bool whole;
	int rc;

	rc = map_pass(m, MAP_MERGE, &whole);
	if (rc != IOMMU_OK)
		return rc;
	inval = map_inval(m);
	inval.upper = true;
	return domain_invalidate(m->d, &inval, 0, &m->empty);
}

static int map_build(struct map *m)
{
	bool whole;
	int rc;

	rc = map_pass(m, MAP_CHECK, &whole);
	if (rc != IOMMU_OK)
		return rc;
	if (whole && !m->missing && !m->merge) {
		write_run(m, 0, m->level, (uint32_t)(m->size >> pt_shift(m->level)));
		return IOMMU_OK;
	}
	rc = page_list_alloc(domain_owner(m->d), &m->spare, m->missing);
	if (rc == IOMMU_OK && m->merge)
		rc = map_merge(m);
	if (rc == IOMMU_OK)
		rc = map_pass(m, MAP_WRITE, &whole);
	page_list_free(domain_owner(m->d), &m->spare);
	return rc;
}

static int map_locked(struct iommu_domain *d, uint64_t iova, uint64_t pa, uint64_t size,
		      uint32_t prot)
{
	struct map m = { .d = d, .iova = iova, .pa = pa, .size = size, .prot = prot };
	struct iommu_inval inval;
	int rc;

	rc = iommu_domain_usable(d);
	if (rc == IOMMU_OK)
		rc = map_check_args(d, iova, pa, size, prot);
	if (rc == IOMMU_OK)
		rc = map_build(&m);
	if (rc != IOMMU_OK)
		return rc;
	d->pages_mapped += size / PAGE_SIZE_BYTES;
	for (uint32_t i = 0; i < d->units; i++) {
		d->unit[i]->stats.maps++;
		d->unit[i]->stats.pages_mapped += size / PAGE_SIZE_BYTES;
	}
	inval = map_inval(&m);
	return domain_made_present(d, &inval);
}

int iommu_map(struct iommu_domain *d, uint64_t iova, uint64_t pa, uint64_t size, uint32_t prot)
{
	int rc;

	if (!d || !d->units)
		return IOMMU_E_INVAL;
	iommu_lock_domain(d);
	rc = map_locked(d, iova, pa, size, prot);
	iommu_unlock_domain(d);
	return rc;
}
