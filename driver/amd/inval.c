/*
 * Which commands a change needs. 48882 2.4 "Commands", 2.2.1 on what is cached.
 */
#include "../cover.h"
#include "../queue.h"
#include "amd.h"

#define AM_ANY 52u /* a block may be as large as the address space */

/*
 * After the switch to translating, and before tables of unknown users go: what the caches hold then is unspecified. Units
 * without INVALIDATE_IOMMU_ALL are told about every device id and every domain id one by one.
 */
int amd_inval_everything(struct iommu_unit *u)
{
	int rc = IOMMU_OK;

	if (amd_has(u, AMDVI_EFR_IASUP)) {
		rc = amd_cmd_all(u);
		return rc == IOMMU_OK ? amd_cmd_finish(u) : rc;
	}
	for (uint32_t rid = 0; rid < amd_devtab_rids(u) && rc == IOMMU_OK; rid++) {
		rc = amd_cmd_devtab(u, (uint16_t)rid);
		if (rc == IOMMU_OK)
			rc = amd_cmd_interrupts(u, (uint16_t)rid);
	}
	for (uint32_t id = 0; id < u->ids.count && rc == IOMMU_OK; id++)
		rc = amd_cmd_domain(u, id);
	return rc == IOMMU_OK ? amd_cmd_finish(u) : rc;
}

/* The unit's caches first, then the devices', which ask the unit again. */
static int put_range(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval,
		     const struct cover_block *blocks, uint32_t n)
{
	struct iommu_unit *u = d->unit[slot];
	uint64_t whole = cover_encode(inval->first, cover_one(inval->first, inval->last));
	const struct iommu_device *dev;
	int rc = IOMMU_OK;

	for (uint32_t i = 0; i < n && rc == IOMMU_OK; i++)
		rc = amd_cmd_pages(u, d->id[slot], cover_encode(blocks[i].addr, blocks[i].am),
				   inval->upper);
	for (dev = d->devices; dev && rc == IOMMU_OK; dev = dev->next) {
		if (dev->unit == slot && ats_asked(dev))
			rc = amd_cmd_iotlb(u, dev, whole);
	}
	return rc;
}

int amd_inval_start(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval,
		    bool may_block, uint64_t *wait)
{
	struct iommu_unit *u = d->unit[slot];
	struct cover_block blocks[COVER_MAX];
	uint32_t n;
	int rc;

	*wait = 0;
	if (u->stage == IOMMU_STAGE_BROKEN)
		return IOMMU_E_BROKEN;
	if (!amd_running(u))
		return IOMMU_OK;
	n = cover_range(inval->first, inval->last, AM_ANY, blocks);
	rc = queue_room(u, n + ats_devices(d, slot), may_block);
	if (rc == IOMMU_OK)
		rc = put_range(d, slot, inval, blocks, n);
	if (rc == IOMMU_OK)
		*wait = queue_commit(u);
	return rc;
}

/* Entries became present. NpCache: the unit may have cached that they were not. */
int amd_made_present(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval)
{
	struct iommu_unit *u = d->unit[slot];
	uint64_t wait;
	int rc;

	if (!amd_cap(u, AMDVI_CAPHDR_NPCACHE))
		return IOMMU_OK;
	rc = amd_inval_start(d, slot, inval, true, &wait);
	return rc == IOMMU_OK && wait ? queue_wait(u, wait) : rc;
}
