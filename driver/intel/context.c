/*
 * Root and context entries. VT-d 9 "Root Entry", "Context Entry"; 6.2.2 "Context-Cache".
 *
 * An entry is 128 bits and hardware may read it at any moment: the upper half is written while the lower is not
 * present, the lower one with Present in a single store.
 */
#include "intel.h"

static uint64_t root_entry_pa(const struct iommu_unit *u, uint16_t rid)
{
	return u->intel.root + sizeof(struct vtd_root_entry) * (uint64_t)(rid >> 8);
}

static uint64_t context_entry_pa(uint64_t table, uint16_t rid)
{
	return table + sizeof(struct vtd_context_entry) * (uint64_t)(rid & 0xff);
}

static void entry_write(const struct iommu_unit *u, uint64_t pa, uint64_t val)
{
	mem_write64(u->plat, pa, val);
	mem_sync(u->plat, pa, 8, intel_sync(u));
}

/* Context table of the device's bus, 0 when there is none. */
static uint64_t context_table(const struct iommu_unit *u, uint16_t rid)
{
	uint64_t entry = mem_read64(u->plat, root_entry_pa(u, rid));

	return entry & VTD_RE0_P ? entry & VTD_RE0_CTP : 0;
}

/* The translation of a context entry: its two halves. */
static void context_encode(const struct iommu_domain *d, uint32_t slot,
			   const struct iommu_device *dev, uint64_t q[2])
{
	const struct iommu_unit *u = d->unit[slot];
	uint32_t tt = dev->ats ? VTD_TT_DEV_TLB : VTD_TT_UNTRANSLATED;
	uint32_t top = d->geo.top_level;

	if (d->kind == IOMMU_DOMAIN_PASSTHROUGH) {
		uint32_t sagaw = (uint32_t)FIELD_GET(VTD_CAP_SAGAW, u->intel.cap);

		tt = VTD_TT_PASSTHROUGH;
		/* AW must be the widest the unit has, whatever the domain's other units have */
		top = sagaw & VTD_SAGAW_57BIT ? 4 : sagaw & VTD_SAGAW_48BIT ? 3 : 2;
	}
	q[0] = (d->table & VTD_CE0_SSPTPTR) | FIELD_PREP(VTD_CE0_TT, tt) | VTD_CE0_P;
	q[1] = FIELD_PREP(VTD_CE1_DID, d->id[slot]) |
	       FIELD_PREP(VTD_CE1_AW, VTD_AW_39BIT + top - 2);
}

/*
 * Makes the new entry effective. With caching mode its absence may be cached: under domain id 0, for there was no entry
 * to tell another (VT-d 6.1 "Caching Mode"); a new root entry asks for a global invalidation.
 */
static int context_made_present(struct iommu_domain *d, uint32_t slot, uint16_t rid, bool new_bus)
{
	struct iommu_unit *u = d->unit[slot];
	int rc;

	if (!iommu_unit_live(u))
		return IOMMU_OK;
	if (!intel_has(u, VTD_CAP_CM))
		return intel_flush_write_buffer(u);
	if (new_bus)
		return intel_inval_global(u);
	rc = intel_inval_context(u, INTEL_SELECTIVE, 0, rid);
	if (rc == IOMMU_OK)
		rc = intel_inval_iotlb(u, INTEL_DOMAIN, d->id[slot]);
	if (rc == IOMMU_OK)
		rc = intel_inval_finish(u);
	return rc;
}

static int attach_check(const struct iommu_domain *d, uint32_t slot, const struct iommu_device *dev)
{
	const struct iommu_unit *u = d->unit[slot];
	uint64_t table = context_table(u, dev->rid);

	if (dev->ats && (!intel_ehas(u, VTD_ECAP_DT) || !intel_queued(u) ||
			 d->kind == IOMMU_DOMAIN_PASSTHROUGH))
		return IOMMU_E_UNSUPPORTED;
	if (table && (mem_read64(u->plat, context_entry_pa(table, dev->rid)) & VTD_CE0_P))
		return IOMMU_E_EXIST;
	return IOMMU_OK;
}

int intel_attach(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev)
{
	struct iommu_unit *u = d->unit[slot];
	uint64_t table = context_table(u, dev->rid), pa, q[2];
	bool new_bus = !table;
	int rc;

	rc = attach_check(d, slot, dev);
	if (rc != IOMMU_OK)
		return rc;
	if (new_bus) {
		table = table_page_alloc(u, intel_sync(u));
		if (!table)
			return IOMMU_E_NOMEM;
		entry_write(u, root_entry_pa(u, dev->rid), (table & VTD_RE0_CTP) | VTD_RE0_P);
	}
	context_encode(d, slot, dev, q);
	pa = context_entry_pa(table, dev->rid);
	entry_write(u, pa + 8, q[1]);
	entry_write(u, pa, q[0]);
	rc = context_made_present(d, slot, dev->rid, new_bus);
	if (rc != IOMMU_OK)
		entry_write(u, pa,
			    0); /* the unit is broken; do not leave a device attached behind */
	return rc;
}

/* Not present; the rest of the entry stays. */
static void context_block(const struct iommu_unit *u, uint64_t pa)
{
	entry_write(u, pa, mem_read64(u->plat, pa) & ~VTD_CE0_P);
}

void intel_block(struct iommu_unit *u, uint16_t rid)
{
	uint64_t table = context_table(u, rid);

	if (table)
		context_block(u, context_entry_pa(table, rid));
}

/*
 * Not present; what else the entry says is not looked at any more, and written anew when a device is attached. The id comes
 * from the domain, not from the entry. The bus has a table since the attach: a reset takes it away, and detaches.
 */
int intel_detach(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev)
{
	struct iommu_unit *u = d->unit[slot];
	uint64_t table = context_table(u, dev->rid), pa = context_entry_pa(table, dev->rid);
	uint32_t did = d->id[slot];
	int rc = IOMMU_OK;

	context_block(u, pa);
	if (iommu_unit_live(u)) {
		rc = intel_inval_context(u, INTEL_SELECTIVE, did, dev->rid);
		if (rc == IOMMU_OK)
			rc = intel_inval_iotlb(u, INTEL_DOMAIN, did);
		if (rc == IOMMU_OK && ats_asked(dev) && ats_devices(d, slot))
			rc = intel_inval_dev_tlb(u, dev->rid, 0, UINT64_MAX);
		if (rc == IOMMU_OK)
			rc = intel_inval_finish(u);
	}
	return rc;
}

/* Empties the root table, which nothing walks any more; the context tables are collected, not released. */
void intel_retire_contexts(struct iommu_unit *u, struct iommu_page_list *to)
{
	for (uint32_t bus = 0; bus < VTD_ROOT_ENTRIES; bus++) {
		uint64_t table = context_table(u, (uint16_t)(bus << 8));

		if (!table)
			continue;
		mem_write64(u->plat, root_entry_pa(u, (uint16_t)(bus << 8)), 0);
		page_list_push(u->plat, to, table);
	}
}
