/*
 * Devices that may hold translations themselves.
 *
 * None while the unit does not translate: they were given none, and what they answer to an invalidation would be
 * unsupported.
 *
 * One that never answers must not take its unit, and every device behind it, out of service. It is cut off: its entry
 * blocks all it asks, translated requests too, for those need an entry that allows them. Then nothing it holds reaches
 * memory, and the pages are as safe as if it had answered.
 */
#include "queue.h"

uint32_t ats_devices(const struct iommu_domain *d, uint32_t slot)
{
	const struct iommu_device *dev;
	uint32_t n = 0;

	if (d->unit[slot]->stage != IOMMU_STAGE_TRANSLATING)
		return 0;
	for (dev = d->devices; dev; dev = dev->next) {
		if (dev->unit == slot && ats_asked(dev))
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
		     void (*call)(struct iommu_unit *u, struct iommu_device *dev))
{
	const struct iommu_domain *d;
	struct iommu_device *dev;
	uint32_t slot;

	for (d = u->domains; d; d = d->next[slot]) {
		slot = iommu_slot_of(d, u);
		if (!ats_devices(d, slot))
			continue;
		for (dev = d->devices; dev; dev = dev->next) {
			if (dev->unit == slot && ats_asked(dev))
				call(u, dev);
		}
	}
}

/* The device that is asked under this requester id, NULL: none. */
struct iommu_device *ats_find(const struct iommu_unit *u, uint16_t rid)
{
	const struct iommu_domain *d;
	struct iommu_device *dev;
	uint32_t slot;

	for (d = u->domains; d; d = d->next[slot]) {
		slot = iommu_slot_of(d, u);
		for (dev = d->devices; dev; dev = dev->next) {
			if (dev->unit == slot && dev->rid == rid && ats_asked(dev))
				return dev;
		}
	}
	return NULL;
}

/*
 * In memory; the caller invalidates the entry and the translations of the domain, and asks the others again. What the queue
 * could not be repaired of is gone with the device, so its errors are counted anew.
 */
void ats_cut_off(struct iommu_unit *u, struct iommu_device *dev)
{
	dev->silent = true;
	if (u->plat->device_silent)
		u->plat->device_silent(u->plat->ctx, dev);
	u->ops->block(u, dev->rid);
	u->stats.silent_devices++;
	queue_repair_anew(u);
	iommu_log(u, IOMMU_LOG_ERROR, "a device that does not answer invalidations was cut off");
}
