/*
 * The control register: taking a unit over and switching it off. 48882 3.4 "Control Register", "Status Register".
 *
 * u->amd.control is what was last written. Run bits follow their enable bits, each wait is bounded.
 */
#include "amd.h"

/* What a predecessor set up for the HyperTransport link is a property of the board: it stays. */
#define CONTROL_KEEP                                                              \
	(AMDVI_CONTROL_HTTUNEN | AMDVI_CONTROL_PASSPW | AMDVI_CONTROL_RESPASSPW | \
	 AMDVI_CONTROL_ISOC)

/* Everything that reads commands, writes logs or raises interrupts. */
#define CONTROL_ACTIVE                                                                    \
	(AMDVI_CONTROL_CMDBUFEN | AMDVI_CONTROL_COMWAITINTEN | AMDVI_CONTROL_EVENTLOGEN | \
	 AMDVI_CONTROL_EVENTINTEN | AMDVI_CONTROL_PPRLOGEN | AMDVI_CONTROL_PPRINTEN |     \
	 AMDVI_CONTROL_PPREN | AMDVI_CONTROL_PPRAUTORSPEN | AMDVI_CONTROL_PPRAUTORSPAON | \
	 AMDVI_CONTROL_GALOGEN | AMDVI_CONTROL_GAINTEN)

int amd_wait_status(struct iommu_unit *u, uint64_t mask, uint64_t want, const char *why)
{
	struct deadline dl;
	uint64_t status;

	deadline_start(u, &dl);
	while (((status = reg_read64(u, AMDVI_REG_STATUS)) & mask) != want ||
	       status == UINT64_MAX) {
		if (status == UINT64_MAX)
			return iommu_unit_break(u, IOMMU_E_BROKEN, "registers read all ones");
		if (deadline_passed(u, &dl))
			return iommu_unit_break(u, IOMMU_E_TIMEOUT, why);
		plat_relax(u->plat);
	}
	return IOMMU_OK;
}

void amd_control(struct iommu_unit *u, uint64_t clear, uint64_t set)
{
	u->amd.control = (u->amd.control & ~clear) | set;
	reg_write64(u, AMDVI_REG_CONTROL, u->amd.control);
}

/*
 * How long the unit waits for a device to answer an invalidation: so short that all attempts (driver/queue.c) fit into
 * the time that one completion may take.
 */
static uint64_t inv_timeout(uint64_t timeout_ns)
{
	uint64_t ns = 1000000, code = AMDVI_INVTIMEOUT_1MS;

	while (code < AMDVI_INVTIMEOUT_100S && ns * 10 <= timeout_ns / 8) {
		ns *= 10;
		code++;
	}
	return code;
}

/* Queues and logs first, and only when they have stopped the unit itself, with all that may not change while it is on. */
int amd_off(struct iommu_unit *u)
{
	int rc;

	amd_control(u, CONTROL_ACTIVE, 0);
	rc = amd_wait_status(u, AMDVI_STATUS_RUN, 0, "command buffer or a log does not stop");
	if (rc != IOMMU_OK)
		return rc;
	amd_control(u, ~CONTROL_KEEP, 0);
	(void)reg_read64(u, AMDVI_REG_CONTROL); /* the writes have arrived */
	return IOMMU_OK;
}

/*
 * Whoever used the unit before us: commands, logs and translation off, the exclusion range gone (it would go on to bypass
 * translation), stale status bits and hardware errors cleared. Leaves in u->amd.control how the unit shall work.
 */
int amd_take_over(struct iommu_unit *u)
{
	uint64_t control = reg_read64(u, AMDVI_REG_CONTROL);
	int rc;

	if (control == UINT64_MAX)
		return iommu_unit_break(u, IOMMU_E_BROKEN, "registers read all ones");
	u->amd.control = control;
	rc = amd_off(u);
	if (rc != IOMMU_OK)
		return rc;
	reg_write64(u, AMDVI_REG_EXCL_BASE, 0); /* with ExEn gone the limit means nothing */
	reg_write64(u, AMDVI_REG_STATUS, AMDVI_STATUS_W1C);
	if (amd_has(u, AMDVI_EFR_HESUP))
		reg_write64(u, AMDVI_REG_HWEVT_STATUS,
			    AMDVI_HWEVT_STATUS_HEV | AMDVI_HWEVT_STATUS_HEO);
	u->amd.control |= (u->desc.not_coherent ? 0 : AMDVI_CONTROL_COHERENT) |
			  FIELD_PREP(AMDVI_CONTROL_INVTIMEOUT, inv_timeout(u->desc.timeout_ns));
	return IOMMU_OK;
}
