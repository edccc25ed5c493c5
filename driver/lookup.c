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

	if (iova >> d->geo.addr_bits)
		return IOMMU_E_NOENT;
	pt_cursor_start(&c, d, iova);
	if (pt_descend(&c, 0) == PT_STOP_LEVEL)
		c.entry = mem_read64(c.plat, pt_entry_pa(&c, 0));
	if (!(c.entry & c.fmt->present))
		return IOMMU_E_NOENT;
	f->size = pt_span(c.low);
	f->pa = (c.entry & c.fmt->addr) | (iova & (f->size - 1));
	f->prot = c.fmt->prot(c.entry);
	return IOMMU_OK;
}

static int lookup_identity(const struct iommu_domain *d, uint64_t iova, struct found *f)
{
	if (iova >> d->geo.phys_bits || (iova >= d->geo.hole_first && iova <= d->geo.hole_last))
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
