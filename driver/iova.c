/*
 * Device addresses: include/iommu/iova.h.
 *
 * Nodes are kept for what will come back: never are more in use, ranges allocated counted as well, than there are, so that
 * iommu_iova_free cannot fail for want of one.
 */
#include "internal.h"
#include "pt/table.h"
#include "rangetree.h"

#define PAGE_MASK (PAGE_SIZE_BYTES - 1)

/* One range is cut by one allocation or window: in the worst case one more of each. */
static bool node_left(const struct iommu_iova_space *s, uint32_t more)
{
	return s->used + s->ranges + more <= s->capacity;
}

static uint64_t last_of(const struct iommu_domain *d)
{
	return d->geo.addr_bits < 64 ? (UINT64_C(1) << d->geo.addr_bits) - 1 : UINT64_MAX;
}

/* Takes whatever is free of [first, last]. */
static int carve(struct iommu_iova_space *s, uint64_t first, uint64_t last)
{
	struct iommu_iova_node *n;

	while ((n = range_tree_at(s, first)) != NULL && n->first <= last) {
		uint64_t from = n->first > first ? n->first : first;
		uint64_t to = n->last < last ? n->last : last;

		if (!node_left(s, 1))
			return IOMMU_E_FULL;
		range_tree_cut(s, n, from, to);
	}
	return IOMMU_OK;
}

static int init_locked(struct iommu_iova_space *s)
{
	const struct iommu_domain *d = s->domain;
	int rc = IOMMU_OK;

	range_tree_init(s);
	if (!node_left(s, 1))
		return IOMMU_E_FULL;
	range_tree_add(s, PAGE_SIZE_BYTES, last_of(d));
	for (uint32_t i = 0; i < IOMMU_HOLES && rc == IOMMU_OK; i++) {
		if (d->geo.hole[i].last)
			rc = carve(s, d->geo.hole[i].first, d->geo.hole[i].last);
	}
	return rc;
}

int iommu_iova_init(struct iommu_iova_space *s, struct iommu_domain *d,
		    struct iommu_iova_node *node, uint32_t capacity)
{
	int rc;

	if (!s || !d || !d->units || !node)
		return IOMMU_E_INVAL;
	if (d->kind != IOMMU_DOMAIN_PAGING)
		return IOMMU_E_UNSUPPORTED;
	memset(s, 0, sizeof(*s));
	s->domain = d;
	s->node = node;
	s->capacity = capacity;
	rc = init_locked(s);
	if (rc != IOMMU_OK)
		s->domain = NULL;
	return rc;
}

static int reserve_locked(struct iommu_iova_space *s, uint64_t first, uint64_t last)
{
	const struct iommu_iova_node *n = range_tree_at(s, first);

	if (!s->ranges)
		return carve(s, first, last);
	if (!n || n->first > first || n->last < last)
		return IOMMU_E_EXIST;
	return carve(s, first, last);
}

int iommu_iova_reserve(struct iommu_iova_space *s, uint64_t first, uint64_t last)
{
	struct iommu_domain *d;
	int rc;

	if (!s || !s->domain || last < first)
		return IOMMU_E_INVAL;
	d = s->domain;
	iommu_lock_domain(d);
	rc = reserve_locked(s, first & ~PAGE_MASK, last | PAGE_MASK);
	iommu_unlock_domain(d);
	return rc;
}

/* The first aligned address in the range that leaves room; false: none. */
static bool fits(const struct iommu_iova_node *n, uint64_t size, uint64_t align, uint64_t limit,
		 uint64_t *first)
{
	uint64_t at = (n->first + (align - 1)) & ~(align - 1);

	if (at < n->first || at > n->last || n->last - at < size - 1 || at > limit ||
	    limit - at < size - 1)
		return false;
	*first = at;
	return true;
}

static int alloc_locked(struct iommu_iova_space *s, uint64_t size, uint64_t align, uint64_t limit,
			struct iommu_iova_range *r)
{
	uint64_t slack = size - 1 + (align - PAGE_SIZE_BYTES), first = 0;
	struct iommu_iova_node *n = slack < size - 1 ? NULL : range_tree_fit(s, slack);

	/* large enough for any alignment, or else one that happens to be aligned */
	if (!n || !fits(n, size, align, limit, &first)) {
		n = range_tree_fit(s, size - 1);
		while (n && n->first <= limit && !fits(n, size, align, limit, &first))
			n = range_tree_next(s, n);
		if (!n || n->first > limit)
			return IOMMU_E_FULL;
	}
	if (!node_left(s, 2))
		return IOMMU_E_FULL;
	range_tree_cut(s, n, first, first + (size - 1));
	s->ranges++;
	s->held += size;
	*r = (struct iommu_iova_range){ .space = s, .first = first, .size = size };
	return IOMMU_OK;
}

int iommu_iova_alloc(struct iommu_iova_space *s, uint64_t size, uint64_t align, uint64_t limit,
		     struct iommu_iova_range *r)
{
	struct iommu_domain *d;
	int rc;

	if (!align)
		align = PAGE_SIZE_BYTES;
	if (!limit)
		limit = UINT64_MAX;
	if (!s || !s->domain || !r || !size || (size & PAGE_MASK) || (align & (align - 1)) ||
	    (align & PAGE_MASK))
		return IOMMU_E_INVAL;
	if (r->space)
		return IOMMU_E_BUSY;
	d = s->domain;
	iommu_lock_domain(d);
	rc = iommu_domain_usable(d);
	if (rc == IOMMU_OK)
		rc = alloc_locked(s, size, align, limit, r);
	iommu_unlock_domain(d);
	return rc;
}

/* Is any page of [first, last] mapped? One step per table entry that is absent. */
static bool any_mapped(const struct iommu_domain *d, uint64_t first, uint64_t last)
{
	struct pt_cursor c;
	uint64_t pos = first;

	pt_cursor_start(&c, d, first);
	while (pos - first <= last - first) {
		uint64_t span;

		pt_cursor_move(&c, pos);
		if (pt_find_leaf(&c))
			return true;
		span = pt_span(c.low);
		pos = (pos | (span - 1)) + 1;
		if (!pos)
			break;
	}
	return false;
}

static int free_locked(struct iommu_iova_range *r)
{
	struct iommu_iova_space *s = r->space;
	uint64_t last = r->first + (r->size - 1);
	int rc = iommu_domain_usable(s->domain);

	if (rc != IOMMU_OK)
		return rc;
	if (ticket_overlaps(s->domain, r->first, last) || any_mapped(s->domain, r->first, last))
		return IOMMU_E_BUSY;
	range_tree_add(s, r->first, last);
	s->ranges--;
	s->held -= r->size;
	r->space = NULL;
	return IOMMU_OK;
}

int iommu_iova_free(struct iommu_iova_range *r)
{
	struct iommu_domain *d;
	int rc;

	if (!r)
		return IOMMU_E_INVAL;
	if (!r->space)
		return IOMMU_E_NOENT;
	d = r->space->domain;
	iommu_lock_domain(d);
	rc = free_locked(r);
	iommu_unlock_domain(d);
	return rc;
}

int iommu_iova_address(const struct iommu_iova_range *r, uint64_t *iova)
{
	if (!r || !iova)
		return IOMMU_E_INVAL;
	if (!r->space)
		return IOMMU_E_NOENT;
	if (!iommu_domain_exported(r->space->domain))
		return IOMMU_E_STAGE;
	*iova = r->first;
	return IOMMU_OK;
}

static int inside(const struct iommu_iova_range *r, uint64_t offset, uint64_t size)
{
	if (!r)
		return IOMMU_E_INVAL;
	if (!r->space)
		return IOMMU_E_NOENT;
	return offset > r->size || size > r->size - offset ? IOMMU_E_RANGE : IOMMU_OK;
}

int iommu_iova_map(struct iommu_iova_range *r, uint64_t offset, uint64_t pa, uint64_t size,
		   uint32_t prot)
{
	int rc = inside(r, offset, size);

	return rc == IOMMU_OK ? iommu_map(r->space->domain, r->first + offset, pa, size, prot) : rc;
}

int iommu_iova_unmap(struct iommu_iova_range *r, uint64_t offset, uint64_t size)
{
	int rc = inside(r, offset, size);

	return rc == IOMMU_OK ? iommu_unmap(r->space->domain, r->first + offset, size) : rc;
}

int iommu_iova_unmap_lazy(struct iommu_iova_range *r, uint64_t offset, uint64_t size,
			  struct iommu_ticket *t)
{
	int rc = inside(r, offset, size);

	return rc == IOMMU_OK ? iommu_unmap_lazy(r->space->domain, r->first + offset, size, t) : rc;
}

int iommu_iova_done(struct iommu_iova_space *s)
{
	if (!s || !s->domain)
		return IOMMU_E_INVAL;
	if (s->ranges && s->domain->units && !s->domain->dead)
		return IOMMU_E_BUSY;
	memset(s, 0, sizeof(*s));
	return IOMMU_OK;
}
