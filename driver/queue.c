/*
 * The command queue both vendors have: queue.h.
 */
#include "queue.h"

#define QUEUE_REPAIRS 4u /* errors repaired before the unit is given up */

int queue_alloc(struct iommu_unit *u)
{
	const struct iommu_plat *p = u->plat;

	u->queue.ring = p->page_alloc(p->ctx, 0);
	if (u->queue.ring)
		u->queue.status = p->page_alloc(p->ctx, 0);
	if (u->queue.status)
		return IOMMU_OK;
	queue_free(u);
	return IOMMU_E_NOMEM;
}

void queue_free(struct iommu_unit *u)
{
	if (u->queue.ring)
		u->plat->page_free(u->plat->ctx, u->queue.ring, 0);
	if (u->queue.status)
		u->plat->page_free(u->plat->ctx, u->queue.status, 0);
	u->queue.ring = 0;
	u->queue.status = 0;
}

void queue_reset(struct iommu_unit *u, uint64_t status_mask)
{
	struct iommu_queue *q = &u->queue;

	q->tail = 0;
	q->doubt = 0;
	q->repairs = 0;
	q->done = q->seq;
	q->floor = 0;
	q->mask = status_mask;
	mem_write64(u->plat, q->status, q->seq & status_mask);
}

void queue_write(struct iommu_unit *u, uint32_t slot, uint64_t q0, uint64_t q1)
{
	mem_write64(u->plat, queue_slot_pa(&u->queue, slot) + 8, q1);
	mem_write64(u->plat, queue_slot_pa(&u->queue, slot), q0);
}

void queue_append(struct iommu_unit *u, uint64_t q0, uint64_t q1)
{
	queue_write(u, u->queue.tail, q0, q1);
	u->queue.tail = queue_slot(u->queue.tail + 1);
}

void queue_append_wait(struct iommu_unit *u)
{
	uint64_t word[2];

	u->queue.seq++;
	u->ops->queue_wait_command(u, word);
	queue_append(u, word[0], word[1]);
}

void queue_distrust(struct iommu_unit *u)
{
	u->queue.floor = u->queue.seq;
}

/* The youngest wait whose number the hardware wrote, as far as that counts. Waits below the floor were given up. */
static uint64_t seen(const struct iommu_unit *u)
{
	const struct iommu_queue *q = &u->queue;
	uint64_t behind = (q->seq - mem_read64(u->plat, q->status)) & q->mask;

	if (behind >= q->seq - q->done || q->seq - behind < q->floor)
		return q->done;
	return q->seq - behind;
}

static int observe(struct iommu_unit *u)
{
	struct iommu_queue *q = &u->queue;
	uint64_t done = seen(u);
	int rc = IOMMU_OK;

	if (done == q->done)
		return IOMMU_OK;
	if (u->ops->queue_trust)
		rc = u->ops->queue_trust(u);
	if (rc != IOMMU_OK || done < q->floor)
		return rc;
	u->stats.waits += done - q->done;
	q->done = done;
	if (done == q->seq) {
		q->doubt = q->tail;
		q->repairs = 0;
	}
	return IOMMU_OK;
}

/* One more error; too many without the queue ever getting through mean that it cannot be repaired. */
int queue_repair_begin(struct iommu_unit *u, const char *what)
{
	u->stats.queue_errors++;
	iommu_log(u, IOMMU_LOG_WARN, what);
	if (u->queue.repairs++ < QUEUE_REPAIRS)
		return IOMMU_OK;
	return iommu_unit_break(u, IOMMU_E_BROKEN, "an error of the queue could not be repaired");
}

bool queue_repair_spent(const struct iommu_unit *u)
{
	return u->queue.repairs >= QUEUE_REPAIRS;
}

void queue_repair_anew(struct iommu_unit *u)
{
	u->queue.repairs = 0;
}

/* n commands can be appended without overtaking the hardware. One slot stays free. */
int queue_repair_room(struct iommu_unit *u, uint32_t head, uint32_t n)
{
	if (head < QUEUE_SLOTS && n <= queue_slot(head - u->queue.tail - 1))
		return IOMMU_OK;
	return iommu_unit_break(u, IOMMU_E_BROKEN, "no room to repair the queue");
}

/* OK when complete, AGAIN when not yet. Never waits. */
static int queue_done(struct iommu_unit *u, uint64_t wait)
{
	int rc = observe(u);

	if (rc != IOMMU_OK)
		return rc;
	if (u->queue.done >= wait)
		return IOMMU_OK;
	rc = u->ops->queue_check(u);
	return rc == IOMMU_OK ? IOMMU_E_AGAIN : rc;
}

int queue_wait(struct iommu_unit *u, uint64_t wait)
{
	struct deadline dl;
	int rc;

	deadline_start(u, &dl);
	while ((rc = queue_done(u, wait)) == IOMMU_E_AGAIN) {
		if (deadline_passed(u, &dl))
			return iommu_unit_break(u, IOMMU_E_TIMEOUT,
						"no completion of an invalidation");
		plat_relax(u->plat);
	}
	return rc;
}

int queue_ticket_done(struct iommu_unit *u, uint64_t wait)
{
	int rc = queue_done(u, wait);

	return rc == IOMMU_E_AGAIN && u->stage == IOMMU_STAGE_BROKEN ? IOMMU_E_BROKEN : rc;
}

int queue_ticket_wait(struct iommu_unit *u, uint64_t wait)
{
	if (u->stage == IOMMU_STAGE_BROKEN)
		return queue_ticket_done(u, wait);
	return queue_wait(u, wait);
}

/* n commands and a wait fit. After a repair the ring has to get through first: it may be fuller than it looks. */
static bool has_room(const struct iommu_unit *u, uint32_t n)
{
	return u->queue.repairs == 0 && queue_in_doubt(&u->queue) + n + 1 <= QUEUE_SLOTS / 2;
}

int queue_room(struct iommu_unit *u, uint32_t n, bool may_block)
{
	if (n > QUEUE_SLOTS / 2 - 1)
		n = QUEUE_SLOTS / 2 - 1;
	if (may_block || has_room(u, n))
		return IOMMU_OK; /* queue_put waits for room */
	return queue_done(u, u->queue.seq);
}

int queue_put(struct iommu_unit *u, uint64_t q0, uint64_t q1)
{
	if (!has_room(u, 1)) {
		int rc = queue_wait(u, queue_commit(u));

		if (rc != IOMMU_OK)
			return rc;
	}
	queue_append(u, q0, q1);
	u->stats.invalidations++;
	return IOMMU_OK;
}

uint64_t queue_commit(struct iommu_unit *u)
{
	queue_append_wait(u);
	u->ops->queue_bell(u);
	return u->queue.seq;
}
