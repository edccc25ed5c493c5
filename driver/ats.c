/*
 * Devices that may hold translations themselves.
 *
 * None while the unit does not translate: they were given none, and what they answer to an invalidation would be
 * unsupported.
 */
#include "internal.h"

uint32_t ats_devices(const struct iommu_domain *d, uint32_t slot)
{
	const struct iommu_device *dev;
	uint32_t n = 0;

	if (d->unit[slot]->stage != IOMMU_STAGE_TRANSLATING)
		return 0;
	for (dev = d->devices; dev; dev = dev->next) {
		if (dev->unit == slot && dev->ats)
			n++;
	}
	return n;
}

uint32_t ats_devices_of_unit(const struct iommu_unit *u)
{
	const struct iommu_domain *d;
	uint32_t n = 0;

	for (d = u->domains; d; d = d->next[iommu_slot_of(d, u)])
		n += ats_devices(d, iommu_slot_of(d, u));
	return n;
}

void ats_each_device(struct iommu_unit *u,
		     void (*call)(struct iommu_unit *u, const struct iommu_device *dev))
{
	const struct iommu_domain *d;
	const struct iommu_device *dev;
	uint32_t slot;

	for (d = u->domains; d; d = d->next[slot]) {
		slot = iommu_slot_of(d, u);
		if (!ats_devices(d, slot))
			continue;
		for (dev = d->devices; dev; dev = dev->next) {
			if (dev->unit == slot && dev->ats)
				call(u, dev);
		}
	}
}
