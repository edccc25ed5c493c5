/*
 * Diagnostics: what the registers say, and the line of a domain. include/iommu/inspect.h.
 */
#include "internal.h"
#include "text.h"

int iommu_diag(const struct iommu_unit *u, struct iommu_diag *d)
{
	if (!u || !d)
		return IOMMU_E_INVAL;
	if (u->stage == IOMMU_STAGE_NONE)
		return IOMMU_E_STAGE;
	memset(d, 0, sizeof(*d));
	d->vendor = u->desc.vendor;
	d->unit = u->desc.index;
	iommu_lock_unit(u);
	u->ops->diag(u, d);
	iommu_unlock_unit(u);
	return d->gone ? IOMMU_E_BROKEN : IOMMU_OK;
}

size_t iommu_diag_format(const struct iommu_diag *d, char *buf, size_t size)
{
	static const char *const hex[] = { "cap", "cap2", "control", "status", "table" };
	const uint64_t value[] = { d->cap[0], d->cap[1], d->control, d->status, d->table };
	struct text o = { .buf = buf, .size = size };

	text_key(&o, "unit");
	text_put_u64(&o, d->unit);
	text_key(&o, "vendor");
	text_put(&o, d->vendor == IOMMU_VENDOR_AMD ? "amd-vi" : "vt-d");
	text_flag(&o, "gone", d->gone);
	text_flag(&o, "translating", d->translating);
	text_flag(&o, "remapping", d->remapping);
	text_flag(&o, "queue", d->queue);
	text_key(&o, "faults");
	text_put_u64(&o, d->faults_pending);
	text_flag(&o, "faults_lost", d->faults_lost);
	for (uint32_t i = 0; i < sizeof(value) / sizeof(value[0]); i++) {
		text_key(&o, hex[i]);
		text_put_hex(&o, value[i]);
	}
	return text_end(&o);
}

bool iommu_domain_exported(const struct iommu_domain *d)
{
	if (!d || !d->units || d->dead)
		return false;
	for (uint32_t i = 0; i < d->units; i++) {
		if (d->unit[i]->stage != IOMMU_STAGE_TRANSLATING)
			return false;
	}
	return true;
}

static uint32_t count_devices(const struct iommu_domain *d)
{
	const struct iommu_device *dev;
	uint32_t n = 0;

	for (dev = d->devices; dev; dev = dev->next)
		n++;
	return n;
}

static uint32_t count_tickets(const struct iommu_domain *d)
{
	const struct iommu_ticket *t;
	uint32_t n = 0;

	for (t = d->tickets; t; t = t->next)
		n++;
	return n;
}

size_t iommu_domain_format(const struct iommu_domain *d, char *buf, size_t size)
{
	struct text o = { .buf = buf, .size = size };

	text_key(&o, "domain_kind");
	text_put(&o, d->kind == IOMMU_DOMAIN_PASSTHROUGH ? "pass-through" : "paging");
	text_key(&o, "units");
	for (uint32_t i = 0; i < d->units; i++) {
		text_put(&o, i ? "," : "");
		text_put_u64(&o, d->unit[i]->desc.index);
		text_put(&o, ":");
		text_put_u64(&o, d->id[i]);
	}
	text_key(&o, "devices");
	text_put_u64(&o, count_devices(d));
	text_key(&o, "pages_mapped");
	text_put_u64(&o, d->pages_mapped);
	text_key(&o, "pages_quarantined");
	text_put_u64(&o, d->quarantined_pages);
	text_key(&o, "tickets");
	text_put_u64(&o, count_tickets(d));
	text_key(&o, "device_addresses");
	text_put(&o, iommu_domain_exported(d) ? "exported" : "withheld");
	text_key(&o, "hostile_hardware_isolation");
	text_put(&o, "not-claimed");
	return text_end(&o);
}
