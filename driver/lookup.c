/*
 * What the tables say about one address.
 */
#include "internal.h"
#include "mem.h"
#include "pt/table.h"

struct found {
	uint64_t pa, size;
	uint32_t prot;
};

static int lookup_paging(struct iommu_domain *d, uint64_t iova, struct found *f)
{
	struct pt_cursor c;
	uint32_t lg2;

	if (addr_beyond(iova, d->geo.addr_bits))
		return IOMMU_E_NOENT;
	pt_cursor_start(&c, d, iova);
	if (!pt_find_leaf(&c))
		return IOMMU_E_NOENT;
	lg2 = pt_leaf_lg2(&c, c.low, c.entry);
	f->size = UINT64_C(1) << lg2;
	f->pa = pt_leaf_pa(&c, c.entry, lg2) | (iova & (f->size - 1));
	f->prot = c.fmt->prot(c.entry);
	return IOMMU_OK;
}

static int lookup_identity(const struct iommu_domain *d, uint64_t iova, struct found *f)
{
	if (addr_beyond(iova, d->geo.phys_bits) || iommu_in_hole(&d->geo, iova, iova))
		return IOMMU_E_NOENT;
	*f = (struct found){ iova, PAGE_SIZE_BYTES, IOMMU_READ | IOMMU_WRITE };
	return IOMMU_OK;
}

int iommu_lookup(struct iommu_domain *d, uint64_t iova, uint64_t *pa, uint32_t *prot,
		 uint64_t *size)
{
	struct found f = { 0, 0, 0 };
	int rc;

	if (!d || !d->units)
		return IOMMU_E_INVAL;
	iommu_lock_domain(d);
	if (d->kind == IOMMU_DOMAIN_PAGING)
		rc = lookup_paging(d, iova, &f);
	else
		rc = lookup_identity(d, iova, &f);
	iommu_unlock_domain(d);
	if (rc != IOMMU_OK)
		return rc;
	if (pa)
		*pa = f.pa;
	if (prot)
		*prot = f.prot;
	if (size)
		*size = f.size;
	return IOMMU_OK;
}
