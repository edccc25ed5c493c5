/*
 * What an AMD-Vi unit says of itself, and of a requester; nothing is written. 48882 2.2.2 "Device Table".
 */
#include "amd.h"

/* The table never lets an id pass by V = 0 (devtab.c). */
void amd_walk_device(const struct iommu_unit *u, uint16_t rid, struct iommu_walk *w,
		     struct iommu_walk_root *root)
{
	uint64_t at = u->amd.table + ((uint64_t)rid << AMDVI_DTE_LG2), entry, mode;

	w->result = IOMMU_WALK_NO_DEVICE;
	if (rid >= amd_devtab_rids(u))
		return;
	entry = walk_step(u, w, IOMMU_WALK_DEVICE, 0, at);
	if (!(entry & (AMDVI_DTE0_IR | AMDVI_DTE0_IW)))
		return;
	w->domain_id = (uint32_t)FIELD_GET(AMDVI_DTE1_DOMAINID, mem_read64(u->plat, at + 8));
	mode = FIELD_GET(AMDVI_DTE0_MODE, entry);
	if (!mode) {
		w->result = IOMMU_WALK_IDENTITY;
		return;
	}
	w->result = IOMMU_WALK_ALLOWED;
	root->level = (uint32_t)mode - 1;
	root->addr_bits = mode == 6 ? 64 : 12 + 9 * (uint32_t)mode;
	root->table = entry & AMDVI_DTE0_HOSTPT;
}

void amd_diag(const struct iommu_unit *u, struct iommu_diag *d)
{
	uint64_t head, tail;

	d->control = reg_read64(u, AMDVI_REG_CONTROL);
	d->gone = d->control == UINT64_MAX;
	if (d->gone)
		return;
	d->cap[0] = u->amd.efr;
	d->cap[1] = u->amd.efr2;
	d->status = reg_read64(u, AMDVI_REG_STATUS);
	d->table = reg_read64(u, AMDVI_REG_DEVTAB);
	d->translating = d->control & AMDVI_CONTROL_IOMMUEN;
	d->queue = d->status & AMDVI_STATUS_CMDBUFRUN;
	d->faults_lost = d->status & AMDVI_STATUS_EVENTOVERFLOW;
	head = reg_read64(u, AMDVI_REG_EVT_HEAD) & AMDVI_PTR_16;
	tail = reg_read64(u, AMDVI_REG_EVT_TAIL) & AMDVI_PTR_16;
	amd_log_peek(u, (uint32_t)head, (uint32_t)tail, d);
}
