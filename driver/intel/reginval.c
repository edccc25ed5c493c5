/*
 * Register-based invalidation. VT-d 6.5.1 "Register-based Invalidation Interface".
 *
 * For units without a queue, or when asked for. Each command is waited for: one may be in flight per unit. Hardware
 * tells what it did; "nothing" means the request was not understood, and a coarser one is tried before giving up.
 */
#include "intel.h"

static uint32_t iva_off(const struct iommu_unit *u)
{
	return (uint32_t)u->intel.inval_off + VTD_REG_IVA_OFF;
}

static uint32_t iotlb_off(const struct iommu_unit *u)
{
	return (uint32_t)u->intel.inval_off + VTD_REG_IOTLB_OFF;
}

/* No command is in flight: what firmware or an earlier kernel started has ended. */
int intel_reg_idle(struct iommu_unit *u)
{
	int rc;

	rc = intel_wait64(u, VTD_REG_CCMD, VTD_CCMD_ICC, 0, "context command does not end");
	if (rc != IOMMU_OK)
		return rc;
	return intel_wait64(u, iotlb_off(u), VTD_IOTLB_IVT, 0, "IOTLB command does not end");
}

/* Not performed: the unit was reset meanwhile, or it does not do this one. */
static bool was_reset(const struct iommu_unit *u)
{
	return u->stage == IOMMU_STAGE_TRANSLATING && !(reg_read32(u, VTD_REG_GSTS) & VTD_GSTS_TES);
}

static int reset_behind_us(struct iommu_unit *u)
{
	return iommu_unit_break(u, IOMMU_E_BROKEN, "the unit was reset: translation is off");
}

static int refused(struct iommu_unit *u)
{
	return iommu_unit_break(u, IOMMU_E_BROKEN, "hardware refused an invalidation");
}

static int context_once(struct iommu_unit *u, uint32_t granularity, uint32_t did, uint16_t sid,
			bool *performed)
{
	int rc;

	reg_write64(u, VTD_REG_CCMD,
		    VTD_CCMD_ICC | FIELD_PREP(VTD_CCMD_CIRG, granularity) |
			    FIELD_PREP(VTD_CCMD_SID, sid) | FIELD_PREP(VTD_CCMD_DID, did));
	u->stats.invalidations++;
	rc = intel_wait64(u, VTD_REG_CCMD, VTD_CCMD_ICC, 0, "context command does not end");
	if (rc == IOMMU_OK)
		*performed = FIELD_GET(VTD_CCMD_CAIG, reg_read64(u, VTD_REG_CCMD)) != VTD_CAIG_NONE;
	return rc;
}

int intel_reg_context(struct iommu_unit *u, uint32_t granularity, uint32_t did, uint16_t sid)
{
	bool performed = false;
	int rc;

	rc = context_once(u, granularity, did, sid, &performed);
	if (rc == IOMMU_OK && !performed && was_reset(u))
		return reset_behind_us(u);
	if (rc == IOMMU_OK && !performed)
		rc = context_once(u, VTD_CIRG_GLOBAL, 0, 0, &performed);
	if (rc != IOMMU_OK)
		return rc;
	u->stats.waits++;
	return performed ? IOMMU_OK : refused(u);
}

static int iotlb_once(struct iommu_unit *u, uint32_t granularity, uint32_t did, uint64_t iva,
		      bool *performed)
{
	int rc;

	if (granularity == VTD_IIRG_PAGE)
		reg_write64(u, iva_off(u), iva);
	reg_write64(u, iotlb_off(u),
		    VTD_IOTLB_IVT | FIELD_PREP(VTD_IOTLB_IIRG, granularity) | VTD_IOTLB_DR |
			    VTD_IOTLB_DW | FIELD_PREP(VTD_IOTLB_DID, did));
	u->stats.invalidations++;
	rc = intel_wait64(u, iotlb_off(u), VTD_IOTLB_IVT, 0, "IOTLB command does not end");
	if (rc == IOMMU_OK)
		*performed =
			FIELD_GET(VTD_IOTLB_IAIG, reg_read64(u, iotlb_off(u))) != VTD_IAIG_NONE;
	return rc;
}

int intel_reg_iotlb(struct iommu_unit *u, uint32_t granularity, uint32_t did, uint64_t iva)
{
	bool performed = false;
	int rc;

	rc = iotlb_once(u, granularity, did, iva, &performed);
	if (rc == IOMMU_OK && !performed && was_reset(u))
		return reset_behind_us(u);
	if (rc == IOMMU_OK && !performed)
		rc = iotlb_once(u, VTD_IIRG_GLOBAL, 0, 0, &performed);
	if (rc != IOMMU_OK)
		return rc;
	u->stats.waits++;
	return performed ? IOMMU_OK : refused(u);
}
