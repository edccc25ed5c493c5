/* The reference guest: device addresses (iommu/iova.h) and the ledger of pages (iommu/ledger.h) of each domain. */
#include <string.h>

#include "guest_own.h"

/* ---- device addresses ---- */

static int space_of(struct guest *g, uint32_t id)
{
	if (g->space[id].domain)
		return 0;
	return iommu_iova_init(&g->space[id], &g->domain[id], g->node[id], GUEST_NODES);
}

static int do_reserve(struct guest *g, struct call *c)
{
	int rc = space_of(g, c->id);

	return rc ? rc : iommu_iova_reserve(&g->space[c->id], c->iova, c->limit);
}

int guest_reserve(struct guest *g, uint32_t id, uint64_t first, uint64_t last)
{
	struct call c = { .fn = do_reserve, .id = id, .iova = first, .limit = last };

	return guest_domain_known(g, id) ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_range(struct guest *g, struct call *c)
{
	int rc = space_of(g, c->id);

	return rc ? rc
		  : iommu_iova_alloc(&g->space[c->id], c->size, c->align, c->limit,
				     &g->range[c->range]);
}

int guest_range(struct guest *g, uint32_t id, uint32_t range, uint64_t size, uint64_t align,
		uint64_t limit)
{
	struct call c = { .fn = do_range,
			  .id = id,
			  .range = range,
			  .size = size,
			  .align = align,
			  .limit = limit };

	return guest_domain_known(g, id) && range < GUEST_RANGES ? guest_call(g, &c)
								 : GUEST_NO_SLOT;
}

static int do_range_free(struct guest *g, struct call *c)
{
	return iommu_iova_free(&g->range[c->range]);
}

int guest_range_free(struct guest *g, uint32_t range)
{
	struct call c = { .fn = do_range_free, .range = range };

	return range < GUEST_RANGES ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_range_map(struct guest *g, struct call *c)
{
	return iommu_iova_map(&g->range[c->range], c->offset, c->pa, c->size, c->perm);
}

int guest_range_map(struct guest *g, uint32_t range, uint64_t offset, uint64_t pa, uint64_t size,
		    uint32_t perm)
{
	struct call c = { .fn = do_range_map,
			  .range = range,
			  .offset = offset,
			  .pa = pa,
			  .size = size,
			  .perm = perm };

	return range < GUEST_RANGES ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_ranges_done(struct guest *g, struct call *c)
{
	return iommu_iova_done(&g->space[c->id]);
}

int guest_ranges_done(struct guest *g, uint32_t id)
{
	struct call c = { .fn = do_ranges_done, .id = id };

	return id < GUEST_DOMAINS ? guest_call(g, &c) : GUEST_NO_SLOT;
}

int guest_range_address(struct guest *g, uint32_t range, uint64_t *iova)
{
	return range < GUEST_RANGES ? iommu_iova_address(&g->range[range], iova) : GUEST_NO_SLOT;
}

bool guest_range_where(const struct guest *g, uint32_t range, uint32_t *id, uint64_t *first)
{
	if (range >= GUEST_RANGES || !g->range[range].space)
		return false;
	*id = (uint32_t)(g->range[range].space - g->space);
	*first = g->range[range].first;
	return true;
}

/* ---- the ledger ---- */

static int do_lend(struct guest *g, struct call *c)
{
	int rc = 0;

	if (!g->ledger[c->id].domain)
		rc = iommu_ledger_init(&g->ledger[c->id], &g->domain[c->id]);
	return rc ? rc : iommu_pages_lend(&g->ledger[c->id], &g->run[c->run], c->pa, c->size);
}

int guest_lend(struct guest *g, uint32_t id, uint32_t run, uint64_t pa, uint64_t size)
{
	struct call c = { .fn = do_lend, .id = id, .run = run, .pa = pa, .size = size };

	return guest_domain_known(g, id) && run < GUEST_RUNS ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_run_map(struct guest *g, struct call *c)
{
	return iommu_pages_map(&g->run[c->run], &g->range[c->range], c->offset, c->perm);
}

int guest_run_map(struct guest *g, uint32_t run, uint32_t range, uint64_t offset, uint32_t perm)
{
	struct call c = {
		.fn = do_run_map, .run = run, .range = range, .offset = offset, .perm = perm
	};

	return run < GUEST_RUNS && range < GUEST_RANGES ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_run_unmap(struct guest *g, struct call *c)
{
	return iommu_pages_unmap(&g->run[c->run]);
}

int guest_run_unmap(struct guest *g, uint32_t run)
{
	struct call c = { .fn = do_run_unmap, .run = run };

	return run < GUEST_RUNS ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_run_collect(struct guest *g, struct call *c)
{
	return iommu_pages_collect(&g->run[c->run], c->pa_out, c->size_out);
}

int guest_run_collect(struct guest *g, uint32_t run, uint64_t *pa, uint64_t *size)
{
	struct call c = { .fn = do_run_collect, .run = run, .pa_out = pa, .size_out = size };

	return run < GUEST_RUNS ? guest_call(g, &c) : GUEST_NO_SLOT;
}

bool guest_run_where(const struct guest *g, uint32_t run, uint64_t *pa, uint64_t *size,
		     uint32_t *range, uint64_t *offset)
{
	const struct iommu_pages *p = &g->run[run];

	if (run >= GUEST_RUNS || !p->ledger)
		return false;
	*pa = p->pa;
	*size = p->size;
	*offset = p->offset;
	*range = p->range ? (uint32_t)(p->range - g->range) : GUEST_RANGES;
	return true;
}

bool guest_count(const struct guest *g, uint32_t id, struct guest_counts *c)
{
	struct iommu_ledger_counts counts;

	memset(c, 0, sizeof(*c));
	if (id >= GUEST_DOMAINS || !g->ledger[id].domain)
		return false;
	iommu_ledger_count(&g->ledger[id], &counts);
	for (uint32_t i = 0; i < GUEST_RUN_STATES; i++)
		c->pages[i] = counts.pages[i];
	return true;
}
