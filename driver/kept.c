/*
 * Fault records that were taken out of the hardware before anybody asked for them: the unit was about to be switched off, or
 * its log had to be made usable at once. The oldest stay; those that find no room are told as lost.
 */
#include "internal.h"

#define KEPT_MAX \
	(sizeof(((struct iommu_kept *)0)->record) / sizeof(((struct iommu_kept *)0)->record[0]))

/* Before records are put in: room that was handed out counts again. */
void kept_start(struct iommu_unit *u)
{
	if (u->kept.next == u->kept.count)
		u->kept.count = u->kept.next = 0;
}

bool kept_push(struct iommu_unit *u, const uint64_t raw[2])
{
	struct iommu_kept *k = &u->kept;

	if (k->count == KEPT_MAX) {
		k->lost = true;
		return false;
	}
	k->record[k->count][0] = raw[0];
	k->record[k->count][1] = raw[1];
	k->count++;
	return true;
}

/* The oldest, NULL when there is none. */
const uint64_t *kept_pop(struct iommu_unit *u)
{
	return u->kept.next < u->kept.count ? u->kept.record[u->kept.next++] : NULL;
}

/* Once, when all that was kept has been handed out: some of it was lost. */
bool kept_tell_loss(struct iommu_unit *u)
{
	if (!u->kept.lost || u->kept.next < u->kept.count)
		return false;
	u->kept.lost = false;
	u->stats.fault_overflows++;
	return true;
}
