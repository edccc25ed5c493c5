/*
 * Handshakes: the global command register, and waiting for a register.
 * VT-d 11 "Global Command Register", "Global Status Register", "Root Table Address Register".
 *
 * Each write of GCMD carries every level bit that is on now (a level bit left out is a disable request) and none of the
 * one-shot bits but the one meant; one command at a time, each polled to its end.
 */
#include "intel.h"

/* No register waited for has all bits: nobody answers, and a bit that is awaited set is not set. */
static int nobody(struct iommu_unit *u)
{
	return iommu_unit_break(u, IOMMU_E_BROKEN, "registers read all ones");
}

int intel_wait32(struct iommu_unit *u, uint32_t off, uint32_t mask, uint32_t want, const char *why)
{
	struct deadline dl;
	uint32_t val;

	deadline_start(u, &dl);
	while (((val = reg_read32(u, off)) & mask) != want || val == UINT32_MAX) {
		if (val == UINT32_MAX)
			return nobody(u);
		if (deadline_passed(u, &dl))
			return iommu_unit_break(u, IOMMU_E_TIMEOUT, why);
		plat_relax(u->plat);
	}
	return IOMMU_OK;
}

int intel_wait64(struct iommu_unit *u, uint32_t off, uint64_t mask, uint64_t want, const char *why)
{
	struct deadline dl;
	uint64_t val;

	deadline_start(u, &dl);
	while (((val = reg_read64(u, off)) & mask) != want || val == UINT64_MAX) {
		if (val == UINT64_MAX)
			return nobody(u);
		if (deadline_passed(u, &dl))
			return iommu_unit_break(u, IOMMU_E_TIMEOUT, why);
		plat_relax(u->plat);
	}
	return IOMMU_OK;
}

/* A status of all ones written back would switch on what nobody asked for, translation among it. */
static int gcmd_now(struct iommu_unit *u, uint32_t *now)
{
	uint32_t val = reg_read32(u, VTD_REG_GSTS);

	*now = val & ~(uint32_t)VTD_GSTS_ONESHOT;
	return val == UINT32_MAX ? nobody(u) : IOMMU_OK;
}

/* Command and status bits of level commands have the same position. */
int intel_gcmd_level(struct iommu_unit *u, uint32_t bit, bool on, const char *why)
{
	uint32_t now;
	int rc = gcmd_now(u, &now);

	if (rc != IOMMU_OK || (!on && !(now & bit)))
		return rc;
	reg_write32(u, VTD_REG_GCMD, on ? now | bit : now & ~bit);
	return intel_wait32(u, VTD_REG_GSTS, bit, on ? bit : 0, why);
}

/* A one-shot whose status bit is cleared by the write and set when the hardware is done. */
int intel_gcmd_once(struct iommu_unit *u, uint32_t command, uint32_t done, const char *why)
{
	uint32_t now;
	int rc = gcmd_now(u, &now);

	if (rc != IOMMU_OK)
		return rc;
	reg_write32(u, VTD_REG_GCMD, now | command);
	return intel_wait32(u, VTD_REG_GSTS, done, done, why);
}

int intel_set_root(struct iommu_unit *u)
{
	reg_write64(u, VTD_REG_RTADDR,
		    (u->intel.root & VTD_RTADDR_RTA) | FIELD_PREP(VTD_RTADDR_TTM, VTD_TTM_LEGACY));
	return intel_gcmd_once(u, VTD_GCMD_SRTP, VTD_GSTS_RTPS, "root table pointer was not taken");
}

/* Only where CAP.RWBF asks for it and no invalidation follows, which would flush as well. */
int intel_flush_write_buffer(struct iommu_unit *u)
{
	uint32_t now;
	int rc;

	if (!intel_has(u, VTD_CAP_RWBF))
		return IOMMU_OK;
	rc = gcmd_now(u, &now);
	if (rc != IOMMU_OK)
		return rc;
	u->stats.wbuf_flushes++;
	reg_write32(u, VTD_REG_GCMD, now | VTD_GCMD_WBF);
	return intel_wait32(u, VTD_REG_GSTS, VTD_GSTS_WBFS, 0,
			    "write buffer flush did not complete");
}
