/*
 * A VT-d unit from capabilities to translation and back.
 * VT-d 11 "Capability Register", "Extended Capability Register", "Protected Memory Enable Register".
 */
#include "../pt/format.h"
#include "../queue.h"
#include "intel.h"

static int intel_init(struct iommu_unit *u)
{
	struct intel_unit *in = &u->intel;
	uint32_t ver = reg_read32(u, VTD_REG_VER);
	uint64_t nd;

	in->cap = reg_read64(u, VTD_REG_CAP);
	in->ecap = reg_read64(u, VTD_REG_ECAP);
	nd = FIELD_GET(VTD_CAP_ND, in->cap);
	if (ver == UINT32_MAX || in->cap == UINT64_MAX || in->ecap == UINT64_MAX || nd == 7)
		return IOMMU_E_UNSUPPORTED;
	if (!(FIELD_GET(VTD_CAP_SAGAW, in->cap) &
	      (VTD_SAGAW_39BIT | VTD_SAGAW_48BIT | VTD_SAGAW_57BIT)))
		return IOMMU_E_UNSUPPORTED;
	/* from architecture version 6 on the invalidation registers do nothing */
	if (!intel_queued(u) && FIELD_GET(VTD_VER_MAX, ver) > 5)
		return IOMMU_E_UNSUPPORTED;
	in->inval_off = FIELD_GET(VTD_ECAP_IRO, in->ecap) * VTD_IRO_UNIT;
	in->fault_off = FIELD_GET(VTD_CAP_FRO, in->cap) * VTD_FRO_UNIT;
	in->fault_slots = (uint32_t)FIELD_GET(VTD_CAP_NFR, in->cap) + 1;
	ids_clear(u, UINT32_C(1) << (4 + 2 * nd));
	return IOMMU_OK;
}

static int intel_build(struct iommu_unit *u)
{
	struct intel_unit *in = &u->intel;

	in->root = table_page_alloc(u, intel_sync(u));
	if (!in->root)
		return IOMMU_E_NOMEM;
	if (!intel_queued(u) || queue_alloc(u) == IOMMU_OK)
		return IOMMU_OK;
	table_page_free(u, in->root);
	in->root = 0;
	return IOMMU_E_NOMEM;
}

/* Only when no hardware can reach any of it. */
static void release(struct iommu_unit *u)
{
	intel_retire_contexts(u, &u->retired);
	page_list_free(u, &u->retired);
	table_page_free(u, u->intel.root);
	u->intel.root = 0;
	queue_free(u);
}

/* Whoever used the unit before us: translation, interrupt remapping, queue and events off. */
static int take_over(struct iommu_unit *u)
{
	int rc = IOMMU_OK;

	intel_mask_events(u);
	intel_qi_drain(u);
	if (!intel_queued(u) && !(reg_read32(u, VTD_REG_GSTS) & VTD_GSTS_QIES))
		rc = intel_reg_idle(u);
	if (rc == IOMMU_OK)
		rc = intel_gcmd_level(u, VTD_GCMD_TE, false, "translation does not stop");
	if (rc == IOMMU_OK)
		rc = intel_gcmd_level(u, VTD_GCMD_IRE, false, "interrupt remapping does not stop");
	if (rc == IOMMU_OK)
		rc = intel_qi_stop(u);
	return rc;
}

/* The queue runs before the table pointer is set: setting it asks for an invalidation. */
static int intel_program(struct iommu_unit *u)
{
	int rc;

	rc = take_over(u);
	if (rc != IOMMU_OK)
		return rc;
	intel_fault_clear(u);
	if (intel_queued(u))
		rc = intel_qi_start(u);
	if (rc == IOMMU_OK)
		rc = intel_flush_write_buffer(u);
	if (rc == IOMMU_OK)
		rc = intel_set_root(u);
	if (rc == IOMMU_OK && !intel_has(u, VTD_CAP_ESRTPS))
		rc = intel_inval_global(u);
	return rc;
}

/* Protected memory is opened only once translation is on, or there would be a moment without either. */
static int unprotect_memory(struct iommu_unit *u)
{
	uint32_t pmen;

	if (!intel_has(u, VTD_CAP_PLMR) && !intel_has(u, VTD_CAP_PHMR))
		return IOMMU_OK;
	pmen = reg_read32(u, VTD_REG_PMEN);
	if (!(pmen & (VTD_PMEN_EPM | VTD_PMEN_PRS)))
		return IOMMU_OK;
	reg_write32(u, VTD_REG_PMEN, pmen & ~(uint32_t)(VTD_PMEN_EPM | VTD_PMEN_PRS));
	return intel_wait32(u, VTD_REG_PMEN, VTD_PMEN_PRS, 0, "protected memory is not released");
}

static int intel_enable(struct iommu_unit *u)
{
	int rc;

	rc = intel_gcmd_level(u, VTD_GCMD_TE, true, "translation does not start");
	if (rc == IOMMU_OK)
		rc = unprotect_memory(u);
	return rc;
}

/* Off, with nothing left in any cache, and what was recorded taken along. */
static int switch_off(struct iommu_unit *u)
{
	int rc;

	rc = intel_gcmd_level(u, VTD_GCMD_TE, false, "translation does not stop");
	if (rc == IOMMU_OK)
		rc = intel_inval_global(u);
	if (rc == IOMMU_OK)
		rc = intel_qi_stop(u);
	if (rc != IOMMU_OK)
		return rc;
	intel_mask_events(u);
	intel_fault_keep(u);
	return IOMMU_OK;
}

static int intel_stop(struct iommu_unit *u)
{
	int rc = iommu_unit_live(u) ? switch_off(u) : IOMMU_OK;

	if (rc == IOMMU_OK)
		release(u);
	return rc;
}

/* What devices hold goes while they are still asked; what the unit holds goes when it is off. */
static int intel_suspend(struct iommu_unit *u)
{
	int rc = intel_inval_devices(u);

	return rc == IOMMU_OK ? switch_off(u) : rc;
}

/*
 * Out of BROKEN: everything off, an empty root table, and a global invalidation that was seen to complete. Only then is
 * it certain that the hardware reaches none of the tables it knew.
 */
static int intel_reset(struct iommu_unit *u)
{
	int rc;

	rc = take_over(u);
	if (rc != IOMMU_OK)
		return rc;
	intel_fault_keep(u); /* nothing is refused any more */
	intel_fault_clear(u);
	intel_retire_contexts(u, &u->retired);
	if (intel_queued(u))
		rc = intel_qi_start(u);
	if (rc == IOMMU_OK)
		rc = intel_set_root(u);
	if (rc == IOMMU_OK)
		rc = intel_inval_global(u);
	if (rc == IOMMU_OK && u->irq)
		rc = intel_inval_interrupts(u);
	if (rc == IOMMU_OK)
		rc = intel_qi_stop(u);
	if (rc != IOMMU_OK)
		return rc;
	release(u);
	ids_clear(u, u->ids.count);
	return IOMMU_OK;
}

static void intel_status(const struct iommu_unit *u, struct iommu_status *s)
{
	s->queued = intel_queued(u);
	s->page_selective = intel_has(u, VTD_CAP_PSI);
}

static int intel_walk_caps(const struct iommu_unit *u, enum iommu_domain_kind kind,
			   struct iommu_walk_caps *caps)
{
	uint64_t sagaw = FIELD_GET(VTD_CAP_SAGAW, u->intel.cap);
	uint64_t large = FIELD_GET(VTD_CAP_SSLPS, u->intel.cap);

	if (kind == IOMMU_DOMAIN_PASSTHROUGH && !intel_ehas(u, VTD_ECAP_PT))
		return IOMMU_E_UNSUPPORTED;
	caps->top_levels = (sagaw & VTD_SAGAW_39BIT ? 1u << 2 : 0) |
			   (sagaw & VTD_SAGAW_48BIT ? 1u << 3 : 0) |
			   (sagaw & VTD_SAGAW_57BIT ? 1u << 4 : 0);
	caps->addr_bits = (uint32_t)FIELD_GET(VTD_CAP_MGAW, u->intel.cap) + 1;
	caps->page_sizes = 1;
	if (!u->desc.no_superpages && (large & VTD_SSLPS_2M)) {
		caps->page_sizes |= 1u << 1;
		if (large & VTD_SSLPS_1G)
			caps->page_sizes |= 1u << 2;
	}
	caps->phys_bits = u->desc.host_addr_bits;
	caps->hole[0] = (struct iommu_hole){ VTD_INTR_FIRST, VTD_INTR_LAST };
	caps->flush = intel_sync(u) == IOMMU_SYNC_FLUSH;
	return IOMMU_OK;
}

const struct iommu_ops intel_ops = {
	.irq = &intel_irq_ops,
	.fmt = &pt_vtdss,
	.init = intel_init,
	.build = intel_build,
	.program = intel_program,
	.enable = intel_enable,
	.stop = intel_stop,
	.suspend = intel_suspend,
	.reset = intel_reset,
	.fault_event = intel_fault_event,
	.fault_drain = intel_fault_drain,
	.status = intel_status,
	.diag = intel_diag,
	.walk_device = intel_walk_device,
	.walk_caps = intel_walk_caps,
	.attach = intel_attach,
	.detach = intel_detach,
	.block = intel_block,
	.inval_start = intel_inval_start,
	.inval_done = queue_ticket_done,
	.inval_wait = queue_ticket_wait,
	.made_present = intel_made_present,
	.queue_wait_command = intel_qi_wait_command,
	.queue_bell = intel_qi_bell,
	.queue_check = intel_qi_check,
};
