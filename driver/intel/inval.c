/*
 * Invalidation commands, by queue or by register, and which of them a change needs.
 * VT-d 6.5 "Invalidation of Translation Caches", table "Guidance to Software for Invalidations".
 *
 * Every IOTLB command asks for draining: the pages are about to be reused, so reads and writes under way must be over.
 */
#include "../cover.h"
#include "../queue.h"
#include "intel.h"

int intel_inval_context(struct iommu_unit *u, enum intel_granularity g, uint32_t did, uint16_t sid)
{
	static const uint8_t queued[] = {
		[INTEL_GLOBAL] = VTD_CCD_G_GLOBAL,
		[INTEL_DOMAIN] = VTD_CCD_G_DOMAIN,
		[INTEL_SELECTIVE] = VTD_CCD_G_DEVICE,
	};
	static const uint8_t direct[] = {
		[INTEL_GLOBAL] = VTD_CIRG_GLOBAL,
		[INTEL_DOMAIN] = VTD_CIRG_DOMAIN,
		[INTEL_SELECTIVE] = VTD_CIRG_DEVICE,
	};

	if (!intel_queued(u))
		return intel_reg_context(u, direct[g], did, sid);
	return queue_put(u,
			 FIELD_PREP(VTD_DESC_TYPE, VTD_DT_CC) | FIELD_PREP(VTD_CCD0_G, queued[g]) |
				 FIELD_PREP(VTD_CCD0_DID, did) | FIELD_PREP(VTD_CCD0_SID, sid),
			 0);
}

static uint64_t iotlb_q0(uint32_t granularity, uint32_t did)
{
	return FIELD_PREP(VTD_DESC_TYPE, VTD_DT_IOTLB) | FIELD_PREP(VTD_IOTLBD0_G, granularity) |
	       VTD_IOTLBD0_DR | VTD_IOTLBD0_DW | FIELD_PREP(VTD_IOTLBD0_DID, did);
}

/* Global or domain-selective. */
int intel_inval_iotlb(struct iommu_unit *u, enum intel_granularity g, uint32_t did)
{
	bool global = g == INTEL_GLOBAL;

	if (!intel_queued(u))
		return intel_reg_iotlb(u, global ? VTD_IIRG_GLOBAL : VTD_IIRG_DOMAIN, did, 0);
	return queue_put(u, iotlb_q0(global ? VTD_IOTLBD_G_GLOBAL : VTD_IOTLBD_G_DOMAIN, did), 0);
}

static int intel_inval_iotlb_page(struct iommu_unit *u, uint32_t did, uint64_t addr, uint32_t am,
				  bool leaf_only)
{
	if (!intel_queued(u))
		return intel_reg_iotlb(u, VTD_IIRG_PAGE, did,
				       (addr & VTD_IVA_ADDR) | FIELD_PREP(VTD_IVA_AM, am) |
					       (leaf_only ? VTD_IVA_IH : 0));
	return queue_put(u, iotlb_q0(VTD_IOTLBD_G_PAGE, did),
			 (addr & VTD_IOTLBD1_ADDR) | FIELD_PREP(VTD_IOTLBD1_AM, am) |
				 (leaf_only ? VTD_IOTLBD1_IH : 0));
}

int intel_inval_dev_tlb(struct iommu_unit *u, uint16_t sid, uint64_t first, uint64_t last)
{
	return queue_put(
		u, FIELD_PREP(VTD_DESC_TYPE, VTD_DT_DEV_TLB) | FIELD_PREP(VTD_DEVTLBD0_SID, sid),
		cover_encode(first, cover_one(first, last)));
}

/* Completes the commands given so far. */
int intel_inval_finish(struct iommu_unit *u)
{
	return intel_queued(u) ? queue_wait(u, queue_commit(u)) : IOMMU_OK;
}

/* Context cache first: it names the domain under which the IOTLB would be filled again. */
int intel_inval_global(struct iommu_unit *u)
{
	int rc;

	rc = intel_inval_context(u, INTEL_GLOBAL, 0, 0);
	if (rc == IOMMU_OK)
		rc = intel_inval_iotlb(u, INTEL_GLOBAL, 0);
	if (rc == IOMMU_OK)
		rc = intel_inval_finish(u);
	return rc;
}

static void put_dev_tlb_all(struct iommu_unit *u, struct iommu_device *dev)
{
	(void)!intel_inval_dev_tlb(u, dev->rid, 0,
				   UINT64_MAX); /* a failure shows in what follows */
}

/* What devices hold, while they still may be asked. No entry of the unit's changed: what it may tell them is right. */
int intel_inval_devices(struct iommu_unit *u)
{
	if (!ats_devices_of_unit(u))
		return IOMMU_OK;
	ats_each_device(u, put_dev_tlb_all);
	return intel_inval_finish(u);
}

/*
 * Blocks for a range, 0: domain-selective. A block smaller than a page that was mapped would only be sure to remove
 * the part it names.
 */
static uint32_t plan_blocks(const struct iommu_unit *u, const struct iommu_inval *inval,
			    struct cover_block *blocks)
{
	uint32_t am_max = (uint32_t)FIELD_GET(VTD_CAP_MAMV, u->intel.cap);

	if (!intel_has(u, VTD_CAP_PSI) || am_max < 9 * inval->level)
		return 0;
	return cover_range(inval->first, inval->last, am_max, blocks);
}

static int put_range(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval,
		     const struct cover_block *blocks, uint32_t n)
{
	struct iommu_unit *u = d->unit[slot];
	const struct iommu_device *dev;
	int rc = IOMMU_OK;

	if (n == 0)
		rc = intel_inval_iotlb(u, INTEL_DOMAIN, d->id[slot]);
	for (uint32_t i = 0; i < n && rc == IOMMU_OK; i++)
		rc = intel_inval_iotlb_page(u, d->id[slot], blocks[i].addr, blocks[i].am,
					    !inval->upper);
	if (!ats_devices(d, slot))
		return rc;
	for (dev = d->devices; dev && rc == IOMMU_OK; dev = dev->next) {
		if (dev->unit == slot && ats_asked(dev))
			rc = intel_inval_dev_tlb(u, dev->rid, inval->first, inval->last);
	}
	return rc;
}

int intel_inval_start(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval,
		      bool may_block, uint64_t *wait)
{
	struct iommu_unit *u = d->unit[slot];
	struct cover_block blocks[COVER_MAX];
	uint32_t n;
	int rc = IOMMU_OK;

	*wait = 0;
	if (u->stage == IOMMU_STAGE_BROKEN)
		return IOMMU_E_BROKEN;
	if (!iommu_unit_live(u))
		return IOMMU_OK;
	n = plan_blocks(u, inval, blocks);
	if (intel_queued(u))
		rc = queue_room(u, (n ? n : 1) + ats_devices(d, slot), may_block);
	if (rc == IOMMU_OK)
		rc = put_range(d, slot, inval, blocks, n);
	if (rc == IOMMU_OK && intel_queued(u))
		*wait = queue_commit(u);
	return rc;
}

/*
 * Entries became present. Caching mode: hardware may have cached that they were not. Otherwise only a write buffer can
 * be in the way.
 */
int intel_made_present(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval)
{
	struct iommu_unit *u = d->unit[slot];
	uint64_t wait;
	int rc;

	if (!iommu_unit_live(u))
		return IOMMU_OK;
	if (!intel_has(u, VTD_CAP_CM))
		return intel_flush_write_buffer(u);
	rc = intel_inval_start(d, slot, inval, true, &wait);
	return rc == IOMMU_OK && wait ? queue_wait(u, wait) : rc;
}
