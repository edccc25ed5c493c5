/*
 * What a VT-d unit says of itself, and of a requester; nothing is written. VT-d 9 "Root Entry", "Context Entry".
 */
#include "intel.h"

void intel_walk_device(const struct iommu_unit *u, uint16_t rid, struct iommu_walk *w,
		       struct iommu_walk_root *root)
{
	uint64_t entry, at, q1;
	uint32_t mgaw = (uint32_t)FIELD_GET(VTD_CAP_MGAW, u->intel.cap) + 1;

	w->result = IOMMU_WALK_NO_DEVICE;
	entry = walk_step(u, w, IOMMU_WALK_ROOT, 0,
			  u->intel.root + sizeof(struct vtd_root_entry) * (uint64_t)(rid >> 8));
	if (!(entry & VTD_RE0_P))
		return;
	at = (entry & VTD_RE0_CTP) + sizeof(struct vtd_context_entry) * (uint64_t)(rid & 0xff);
	entry = walk_step(u, w, IOMMU_WALK_CONTEXT, 0, at);
	if (!(entry & VTD_CE0_P))
		return;
	q1 = mem_read64(u->plat, at + 8);
	w->domain_id = (uint32_t)FIELD_GET(VTD_CE1_DID, q1);
	root->level = (uint32_t)FIELD_GET(VTD_CE1_AW, q1) - VTD_AW_39BIT + 2;
	root->addr_bits = 12 + 9 * (root->level + 1);
	if (mgaw < root->addr_bits)
		root->addr_bits = mgaw;
	if (FIELD_GET(VTD_CE0_TT, entry) == VTD_TT_PASSTHROUGH) {
		w->result = IOMMU_WALK_IDENTITY;
		return;
	}
	w->result = IOMMU_WALK_ALLOWED;
	root->table = entry & VTD_CE0_SSPTPTR;
}

void intel_diag(const struct iommu_unit *u, struct iommu_diag *d)
{
	uint32_t gsts = reg_read32(u, VTD_REG_GSTS);

	d->gone = gsts == UINT32_MAX;
	if (d->gone)
		return;
	d->cap[0] = u->intel.cap;
	d->cap[1] = u->intel.ecap;
	d->control = gsts;
	d->status = reg_read32(u, VTD_REG_FSTS);
	d->table = reg_read64(u, VTD_REG_RTADDR);
	d->translating = gsts & VTD_GSTS_TES;
	d->remapping = gsts & VTD_GSTS_IRES;
	d->queue = gsts & VTD_GSTS_QIES;
	d->faults_lost = d->status & VTD_FSTS_PFO;
	intel_fault_peek(u, (uint32_t)d->status, d);
}
