/*
 * A ring of commands of 16 bytes, executed by the hardware in order: VT-d's invalidation queue, AMD-Vi's command buffer.
 *
 * One page of 256 commands. Each batch ends in a wait that writes its number into the status word, so one word tells how
 * far the hardware got, and a late write of an older number can never be taken for a newer one. At most half of the ring
 * is in doubt (submitted, completion not observed), so that a repair finds room.
 *
 * The ring and the status page are always snooped: they never need a flush.
 *
 * What a wait looks like, how the hardware is told and what its errors mean is the vendor's: struct iommu_ops.
 */
#ifndef DRIVER_QUEUE_H
#define DRIVER_QUEUE_H

#include "internal.h"
#include "mem.h"

#define QUEUE_SLOTS 256u
#define QUEUE_COMMAND_BYTES 16u

/* Where a harmless wait may write: next to the status word. */
#define QUEUE_STATUS_SCRATCH 8u

static inline uint32_t queue_slot(uint32_t slot)
{
	return slot & (QUEUE_SLOTS - 1);
}

static inline uint64_t queue_slot_pa(const struct iommu_queue *q, uint32_t slot)
{
	return q->ring + (uint64_t)queue_slot(slot) * QUEUE_COMMAND_BYTES;
}

/* Slots submitted and not known to be complete. */
static inline uint32_t queue_in_doubt(const struct iommu_queue *q)
{
	return queue_slot(q->tail - q->doubt);
}

/* Ring and status page; no tables, so they are neither counted nor flushed. */
int queue_alloc(struct iommu_unit *u);
void queue_free(struct iommu_unit *u);

/* Empty, no wait outstanding. `status_mask`: the bits of a wait's number that the hardware writes. */
void queue_reset(struct iommu_unit *u, uint64_t status_mask);

/* Room for a batch of n, or as much of it as the ring takes at once. */
int queue_room(struct iommu_unit *u, uint32_t n, bool may_block);

/* Adds a command to the batch; a batch longer than the ring takes is waited for in pieces. */
int queue_put(struct iommu_unit *u, uint64_t q0, uint64_t q1);

/* Ends the batch and hands it to the hardware. Returns the number of its wait. */
uint64_t queue_commit(struct iommu_unit *u);

/* Until wait number `wait` is complete, or its bound has passed: then the unit is broken. */
int queue_wait(struct iommu_unit *u, uint64_t wait);

/* The same for inval_done and inval_wait of struct iommu_ops: a broken unit completes nothing any more. */
int queue_ticket_done(struct iommu_unit *u, uint64_t wait);
int queue_ticket_wait(struct iommu_unit *u, uint64_t wait);

/*
 * For repairs: one more error (too many without the queue ever getting through break the unit); room for n commands
 * between the tail and `head`, where the hardware stands; a command, or a wait, without the checks of queue_put. After
 * queue_distrust no wait given so far counts except the last.
 */
int queue_repair_begin(struct iommu_unit *u, const char *what);
bool queue_repair_spent(const struct iommu_unit *u); /* the next error would break the unit ... */
void queue_repair_anew(struct iommu_unit *u); /* ... unless its cause was removed: count from 0 */
int queue_repair_room(struct iommu_unit *u, uint32_t head, uint32_t n);
void queue_write(struct iommu_unit *u, uint32_t slot, uint64_t q0, uint64_t q1);
void queue_append(struct iommu_unit *u, uint64_t q0, uint64_t q1);
void queue_append_wait(struct iommu_unit *u);
void queue_distrust(struct iommu_unit *u);

#endif
