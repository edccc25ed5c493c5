/*
 * An AMD-Vi unit from its features to translation and back.
 * 48882 3 "Registers": Extended Feature Register, Device Table Base Address Register; 2.1 on starting.
 */
#include "../pt/format.h"
#include "../queue.h"
#include "amd.h"

#define DOMAIN_IDS 0x10000u
#define LEVELS_MIN 4u /* what HATS = 0 stands for, and what a unit without the register has */
#define IOVA_BITS_DEFAULT \
	48u /* more levels cost every walk: they have to be asked for (iova_bits) */

/* The capability header comes from PCI configuration space, which the driver does not reach. */
static bool desc_good(const struct iommu_unit_desc *desc)
{
	return FIELD_GET(AMDVI_CAPHDR_CAPID, desc->pci_cap) == AMDVI_PCI_CAP_SECURE &&
	       FIELD_GET(AMDVI_CAPHDR_CAPTYPE, desc->pci_cap) == AMDVI_CAPTYPE_IOMMU &&
	       desc->rid_count <= 0x10000;
}

static int amd_init(struct iommu_unit *u)
{
	struct amd_unit *a = &u->amd;

	if (!desc_good(&u->desc))
		return IOMMU_E_INVAL;
	if (reg_read64(u, AMDVI_REG_CONTROL) == UINT64_MAX)
		return IOMMU_E_UNSUPPORTED;
	if (amd_cap(u, AMDVI_CAPHDR_EFRSUP)) {
		a->efr = reg_read64(u, AMDVI_REG_EFR);
		a->efr2 = reg_read64(u, AMDVI_REG_EFR2);
		if (a->efr == UINT64_MAX || a->efr2 == UINT64_MAX) /* nobody answered */
			return IOMMU_E_UNSUPPORTED;
	}
	if (u->desc.no_inval_all)
		a->efr &= ~AMDVI_EFR_IASUP;
	ids_clear(u, DOMAIN_IDS);
	return IOMMU_OK;
}

/* Only when no hardware can reach any of it. */
static void release(struct iommu_unit *u)
{
	amd_devtab_free(u);
	if (u->amd.log)
		u->plat->page_free(u->plat->ctx, u->amd.log, 0);
	u->amd.log = 0;
	queue_free(u);
}

static int amd_build(struct iommu_unit *u)
{
	int rc;

	rc = amd_devtab_alloc(u);
	if (rc != IOMMU_OK)
		return rc;
	rc = queue_alloc(u);
	if (rc == IOMMU_OK) {
		u->amd.log = u->plat->page_alloc(u->plat->ctx, 0);
		if (u->amd.log)
			return IOMMU_OK;
	}
	release(u);
	return IOMMU_E_NOMEM;
}

/* The unit knows the tables and rings, and would run if it were enabled. */
static int amd_program(struct iommu_unit *u)
{
	int rc;

	rc = amd_take_over(u);
	if (rc != IOMMU_OK)
		return rc;
	u->amd.iotlb_wait = 0;
	queue_reset(u, UINT64_MAX);
	reg_write64(u, AMDVI_REG_DEVTAB,
		    (u->amd.table & AMDVI_DEVTAB_BASE) |
			    FIELD_PREP(AMDVI_DEVTAB_SIZE, (UINT32_C(1) << u->amd.table_order) - 1));
	amd_cmd_base(u);
	amd_log_base(u);
	amd_control(u, 0, AMDVI_CONTROL_CMDBUFEN | AMDVI_CONTROL_EVENTLOGEN | amd_irq_control(u));
	return IOMMU_OK;
}

/* Commands are executed only now, so whatever the caches held at the switch goes right after it. */
static int amd_enable(struct iommu_unit *u)
{
	const uint64_t run = AMDVI_STATUS_CMDBUFRUN | AMDVI_STATUS_EVENTLOGRUN;
	int rc;

	amd_control(u, 0, AMDVI_CONTROL_IOMMUEN);
	rc = amd_wait_status(u, run, run, "command buffer or event log does not start");
	return rc == IOMMU_OK ? amd_inval_everything(u) : rc;
}

/*
 * No domain is left, so every entry blocks and no page table is known; the commands that saw to that were waited for. What
 * else is cached goes when the unit is enabled again.
 */
static int amd_stop(struct iommu_unit *u)
{
	int rc = iommu_unit_live(u) ? amd_off(u) : IOMMU_OK;

	if (rc != IOMMU_OK)
		return rc;
	if (u->stage != IOMMU_STAGE_BUILT)
		amd_log_keep(u);
	release(u);
	return IOMMU_OK;
}

/* Domains are left, so all that was cached goes, whatever the features; what devices hold, too. */
static int amd_suspend(struct iommu_unit *u)
{
	int rc = IOMMU_OK;

	if (amd_running(u))
		rc = amd_inval_everything(u);
	if (rc == IOMMU_OK && ats_devices_of_unit(u)) {
		ats_each_device(u, amd_cmd_iotlb_all);
		rc = amd_cmd_finish(u);
	}
	if (rc == IOMMU_OK)
		rc = amd_off(u);
	if (rc == IOMMU_OK)
		amd_log_keep(u);
	return rc;
}

/*
 * Out of BROKEN: everything off, then on again with a device table that blocks everything, and an invalidation of
 * everything that was seen to complete. Only then is it certain that the hardware reaches none of the tables it knew.
 */
static int amd_reset(struct iommu_unit *u)
{
	int rc;

	amd_devtab_block_all(u);
	rc = amd_off(u);
	if (rc != IOMMU_OK)
		return rc;
	amd_log_keep(u);
	rc = amd_program(u);
	if (rc == IOMMU_OK)
		rc = amd_enable(u);
	if (rc == IOMMU_OK)
		rc = amd_off(u);
	if (rc != IOMMU_OK)
		return rc;
	amd_log_keep(u); /* devices that go on were refused meanwhile */
	release(u);
	ids_clear(u, u->ids.count);
	return IOMMU_OK;
}

static void amd_status(const struct iommu_unit *u, struct iommu_status *s)
{
	s->queued = true;
	s->page_selective = true;
	s->installed = amd_running(u); /* before that the unit executes no command */
}

static uint32_t min_known(uint32_t bits, uint32_t known)
{
	return known && known < bits ? known : bits;
}

static int amd_walk_caps(const struct iommu_unit *u, enum iommu_domain_kind kind,
			 struct iommu_walk_caps *caps)
{
	uint32_t hats = (uint32_t)FIELD_GET(AMDVI_EFR_HATS, u->amd.efr);
	uint32_t misc0 = u->desc.pci_misc0;

	if (kind == IOMMU_DOMAIN_PAGING && hats == AMDVI_HATS_NONE)
		return IOMMU_E_UNSUPPORTED;
	caps->top_levels = (UINT32_C(1) << (LEVELS_MIN + hats)) - 1;
	caps->addr_bits = min_known(u->desc.iova_bits ? 64 : IOVA_BITS_DEFAULT,
				    (uint32_t)FIELD_GET(AMDVI_MISC0_VASIZE, misc0));
	caps->phys_bits =
		min_known(u->desc.host_addr_bits, (uint32_t)FIELD_GET(AMDVI_MISC0_PASIZE, misc0));
	/* 4 KiB, 2 MiB, 1 GiB, and what lies between; the 512 GiB page is left out, for not every part can use it */
	caps->page_sizes = u->desc.no_superpages ? 1 : 7;
	caps->join = !u->desc.no_superpages;
	/* messages, not memory; the second range is HyperTransport's */
	caps->hole[0] = (struct iommu_hole){ AMDVI_INTR_FIRST, AMDVI_INTR_LAST };
	if (!(u->amd.efr2 & AMDVI_EFR2_HTRANGEIGNORE))
		caps->hole[1] = (struct iommu_hole){ AMDVI_HT_FIRST, AMDVI_HT_LAST };
	caps->flush = amd_sync(u) == IOMMU_SYNC_FLUSH;
	return IOMMU_OK;
}

const struct iommu_ops amd_ops = {
	.irq = &amd_irq_ops,
	.fmt = &pt_amdv1,
	.init = amd_init,
	.build = amd_build,
	.program = amd_program,
	.enable = amd_enable,
	.stop = amd_stop,
	.suspend = amd_suspend,
	.reset = amd_reset,
	.fault_event = amd_fault_event,
	.fault_drain = amd_fault_drain,
	.status = amd_status,
	.diag = amd_diag,
	.walk_device = amd_walk_device,
	.walk_caps = amd_walk_caps,
	.attach = amd_attach,
	.detach = amd_detach,
	.block = amd_block,
	.inval_start = amd_inval_start,
	.inval_done = queue_ticket_done,
	.inval_wait = queue_ticket_wait,
	.made_present = amd_made_present,
	.queue_wait_command = amd_cmd_wait_command,
	.queue_bell = amd_cmd_bell,
	.queue_check = amd_cmd_check,
	.queue_trust = amd_cmd_trust,
};
