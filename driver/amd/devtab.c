/*
 * The device table. 48882 2.2.2 "Device Table".
 *
 * An entry is 256 bits; hardware reads them at once, at any moment, while the driver stores 64 at a time. So the entry is
 * legal and safe after each store: it either blocks everything (V = TV = 1, Mode = 0, IR = IW = 0, all in the first word)
 * or translates, and the first word alone turns one into the other, when all else is in place. V = 0 is never used: it
 * would let DMA pass. The interrupt half (words 2 and 3) is irq.c's, what else firmware may ask
 * for in word 1 is left alone.
 */
#include "../queue.h"
#include "amd.h"

#define DTE_BLOCK (AMDVI_DTE0_V | AMDVI_DTE0_TV)
#define DTE1_OURS (AMDVI_DTE1_DOMAINID | AMDVI_DTE1_I | AMDVI_DTE1_SD)

/* DeviceIDs that have an entry. */
uint32_t amd_devtab_rids(const struct iommu_unit *u)
{
	return (uint32_t)AMDVI_DTES_PER_PAGE << u->amd.table_order;
}

static uint64_t dte_pa(const struct iommu_unit *u, uint32_t rid)
{
	return u->amd.table + ((uint64_t)rid << AMDVI_DTE_LG2);
}

static void dte_write(const struct iommu_unit *u, uint64_t pa, uint64_t val)
{
	mem_write64(u->plat, pa, val);
	mem_sync(u->plat, pa, 8, amd_sync(u));
}

/* The smallest table that holds the ids asked for. */
static uint32_t table_order(const struct iommu_unit *u)
{
	uint32_t rids = u->desc.rid_count ? u->desc.rid_count : UINT32_C(0x10000), order = 0;

	while ((uint32_t)AMDVI_DTES_PER_PAGE << order < rids)
		order++;
	return order;
}

/* How many that will be. */
uint32_t amd_devtab_rids_wanted(const struct iommu_unit *u)
{
	return (uint32_t)AMDVI_DTES_PER_PAGE << table_order(u);
}

/* Word 2, the interrupt half as far as it is used (irq.c), in one store; left alone when it says the same already. */
void amd_devtab_interrupts(const struct iommu_unit *u, uint16_t rid, uint64_t word)
{
	uint64_t pa = dte_pa(u, rid) + 16;

	if (mem_read64(u->plat, pa) != word)
		dte_write(u, pa, word);
}

/* Every entry blocks, before the unit learns of the table. */
int amd_devtab_alloc(struct iommu_unit *u)
{
	struct amd_unit *a = &u->amd;

	a->table_order = table_order(u);
	a->table = u->plat->page_alloc(u->plat->ctx, a->table_order);
	if (!a->table)
		return IOMMU_E_NOMEM;
	u->stats.table_pages += UINT64_C(1) << a->table_order;
	for (uint32_t rid = 0; rid < amd_devtab_rids(u); rid++)
		mem_write64(u->plat, dte_pa(u, rid), DTE_BLOCK);
	mem_sync(u->plat, a->table, PAGE_SIZE_BYTES << a->table_order, amd_sync(u));
	return IOMMU_OK;
}

/* Only when no hardware can reach it. */
void amd_devtab_free(struct iommu_unit *u)
{
	u->plat->page_free(u->plat->ctx, u->amd.table, u->amd.table_order);
	u->stats.table_pages -= UINT64_C(1) << u->amd.table_order;
	u->amd.table = 0;
}

static void dte_block(const struct iommu_unit *u, uint64_t pa)
{
	dte_write(u, pa, DTE_BLOCK);
	dte_write(u, pa + 8, mem_read64(u->plat, pa + 8) & ~DTE1_OURS);
}

static bool dte_attached(const struct iommu_unit *u, uint64_t pa)
{
	return mem_read64(u->plat, pa) & (AMDVI_DTE0_IR | AMDVI_DTE0_IW);
}

void amd_devtab_block_all(struct iommu_unit *u)
{
	for (uint32_t rid = 0; rid < amd_devtab_rids(u); rid++) {
		if (dte_attached(u, dte_pa(u, rid)))
			dte_block(u, dte_pa(u, rid));
	}
}

static void dte_encode(const struct iommu_domain *d, uint32_t slot, const struct iommu_device *dev,
		       uint64_t q[2])
{
	q[0] = AMDVI_DTE0_V | AMDVI_DTE0_TV | AMDVI_DTE0_IR | AMDVI_DTE0_IW;
	if (d->kind == IOMMU_DOMAIN_PAGING)
		q[0] |= FIELD_PREP(AMDVI_DTE0_MODE, d->geo.top_level + 1) |
			(d->table & AMDVI_DTE0_HOSTPT);
	q[1] = FIELD_PREP(AMDVI_DTE1_DOMAINID, d->id[slot]) | (dev->ats ? AMDVI_DTE1_I : 0) |
	       (d->geo.flush ? AMDVI_DTE1_SD : 0);
}

static int attach_check(const struct iommu_domain *d, uint32_t slot, const struct iommu_device *dev)
{
	const struct iommu_unit *u = d->unit[slot];

	if (dev->rid >= amd_devtab_rids(u))
		return IOMMU_E_RANGE;
	if (dev->ats && (!amd_cap(u, AMDVI_CAPHDR_IOTLBSUP) || d->kind == IOMMU_DOMAIN_PASSTHROUGH))
		return IOMMU_E_UNSUPPORTED;
	return dte_attached(u, dte_pa(u, dev->rid)) ? IOMMU_E_EXIST : IOMMU_OK;
}

/* The blocking entry may be cached, so making it translate needs an invalidation, always. */
int amd_attach(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev)
{
	struct iommu_unit *u = d->unit[slot];
	uint64_t pa = dte_pa(u, dev->rid), q[2];
	int rc;

	rc = attach_check(d, slot, dev);
	if (rc != IOMMU_OK)
		return rc;
	dte_encode(d, slot, dev, q);
	dte_write(u, pa + 8, (mem_read64(u->plat, pa + 8) & ~DTE1_OURS) | q[1]);
	dte_write(u, pa, q[0]);
	if (!amd_running(u))
		return IOMMU_OK;
	u->amd.changing = dev->rid;
	rc = amd_cmd_devtab(u, dev->rid);
	if (rc == IOMMU_OK)
		rc = amd_cmd_finish(u);
	if (rc != IOMMU_OK)
		dte_block(u, pa); /* the unit is broken; do not leave a device attached behind */
	return rc;
}

void amd_block(struct iommu_unit *u, uint16_t rid)
{
	dte_block(u, dte_pa(u, rid));
}

/* The id comes from the domain, not from the entry that is being erased. */
int amd_detach(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev)
{
	struct iommu_unit *u = d->unit[slot];
	int rc;

	dte_block(u, dte_pa(u, dev->rid));
	if (!amd_running(u))
		return IOMMU_OK;
	u->amd.changing = dev->rid;
	rc = amd_cmd_devtab(u, dev->rid);
	if (rc == IOMMU_OK)
		rc = amd_cmd_domain(u, d->id[slot]);
	if (rc == IOMMU_OK && ats_asked(dev))
		rc = amd_cmd_iotlb(u, dev, AMDVI_SIZE_ALL | AMDVI_IOTLBC1_S);
	if (rc == IOMMU_OK)
		rc = amd_cmd_finish(u);
	return rc;
}
