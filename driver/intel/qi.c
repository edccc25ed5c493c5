/*
 * The invalidation queue. VT-d 6.5.2 "Queued Invalidation Interface".
 *
 * One page of 256 descriptors of 128 bits. Each batch ends in a wait with a status write and a fence: with the fence,
 * waits complete in the order of their numbers, so one status word tells how far the hardware got, and a late write of
 * an older number can never be taken for a newer one. At most half of the ring is in doubt (submitted, completion not
 * observed), so that all of it can be submitted once more after an error.
 *
 * The queue and the status page are always snooped: they never need a flush.
 */
#include "intel.h"

#define QI_SLOTS 256u
#define QI_LG2_PAGES 0u
#define QI_REPAIRS 4u /* errors repaired before the unit is given up */

/* Where a harmless wait may write: next to the status word. */
#define STATUS_SCRATCH 8u

static uint32_t ring(uint32_t slot)
{
	return slot & (QI_SLOTS - 1);
}

static uint32_t in_doubt(const struct iommu_unit *u)
{
	return ring(u->intel.queue_tail - u->intel.queue_doubt);
}

static uint64_t slot_pa(const struct iommu_unit *u, uint32_t slot)
{
	return u->intel.queue + ((uint64_t)ring(slot) << VTD_DESC128_LG2);
}

static void slot_write(const struct iommu_unit *u, uint32_t slot, uint64_t q0, uint64_t q1)
{
	mem_write64(u->plat, slot_pa(u, slot) + 8, q1);
	mem_write64(u->plat, slot_pa(u, slot), q0);
}

static void append(struct iommu_unit *u, uint64_t q0, uint64_t q1)
{
	slot_write(u, u->intel.queue_tail, q0, q1);
	u->intel.queue_tail = ring(u->intel.queue_tail + 1);
}

static void append_wait(struct iommu_unit *u)
{
	u->intel.wait_seq++;
	append(u,
	       FIELD_PREP(VTD_DESC_TYPE, VTD_DT_WAIT) | VTD_WAITD0_SW | VTD_WAITD0_FN |
		       FIELD_PREP(VTD_WAITD0_SDATA, (uint32_t)u->intel.wait_seq),
	       u->intel.status & VTD_WAITD1_SADDR);
}

static void ring_bell(struct iommu_unit *u)
{
	reg_write64(u, VTD_REG_IQT, FIELD_PREP(VTD_IQT_QT, u->intel.queue_tail));
}

static uint32_t queue_head(const struct iommu_unit *u)
{
	return (uint32_t)FIELD_GET(VTD_IQH_QH, reg_read64(u, VTD_REG_IQH));
}

int intel_qi_start(struct iommu_unit *u)
{
	struct intel_unit *in = &u->intel;

	in->queue_tail = 0;
	in->queue_doubt = 0;
	in->queue_slots = QI_SLOTS;
	in->queue_repairs = 0;
	in->wait_done = in->wait_seq;
	in->wait_floor = 0;
	mem_write64(u->plat, in->status, (uint32_t)in->wait_seq);
	reg_write64(u, VTD_REG_IQT, 0);
	reg_write64(u, VTD_REG_IQA,
		    (in->queue & VTD_IQA_IQA) | FIELD_PREP(VTD_IQA_QS, QI_LG2_PAGES));
	return intel_gcmd_level(u, VTD_GCMD_QIE, true, "invalidation queue does not start");
}

/*
 * Lets a running queue, ours or a predecessor's, come to rest. Best effort: one that an error stopped never gets empty.
 * Done while the unit still translates, for device-TLB descriptors may be among what is left.
 */
void intel_qi_drain(struct iommu_unit *u)
{
	struct deadline dl;

	if (!(reg_read32(u, VTD_REG_GSTS) & VTD_GSTS_QIES))
		return;
	deadline_start(u, &dl);
	while (queue_head(u) != FIELD_GET(VTD_IQT_QT, reg_read64(u, VTD_REG_IQT))) {
		if (reg_read32(u, VTD_REG_FSTS) & (VTD_FSTS_IQE | VTD_FSTS_ITE))
			return;
		if (deadline_passed(u, &dl))
			return;
		plat_relax(u->plat);
	}
}

int intel_qi_stop(struct iommu_unit *u)
{
	return intel_gcmd_level(u, VTD_GCMD_QIE, false, "invalidation queue does not stop");
}

/* Reads the status word. Waits below the floor were aborted; what they would have told does not count. */
static void observe(struct iommu_unit *u)
{
	struct intel_unit *in = &u->intel;
	uint32_t status = (uint32_t)mem_read64(u->plat, in->status);
	uint32_t behind = (uint32_t)in->wait_seq - status;
	uint64_t done;

	if (behind >= in->wait_seq - in->wait_done)
		return;
	done = in->wait_seq - behind;
	if (done < in->wait_floor)
		return;
	u->stats.waits += done - in->wait_done;
	in->wait_done = done;
	if (done == in->wait_seq) {
		in->queue_doubt = in->queue_tail;
		in->queue_repairs = 0;
	}
}

/* One more error; too many without the queue ever getting through mean that it cannot be repaired. */
static int repair_begin(struct iommu_unit *u, const char *what)
{
	u->stats.queue_errors++;
	iommu_log(u, IOMMU_LOG_WARN, what);
	if (u->intel.queue_repairs++ < QI_REPAIRS)
		return IOMMU_OK;
	return iommu_unit_break(u, IOMMU_E_BROKEN,
				"invalidation queue error could not be repaired");
}

/* n descriptors can be appended without overtaking the hardware. One slot stays free. */
static int repair_room(struct iommu_unit *u, uint32_t head, uint32_t n)
{
	if (head < QI_SLOTS && n <= ring(head - u->intel.queue_tail - 1))
		return IOMMU_OK;
	return iommu_unit_break(u, IOMMU_E_BROKEN, "no room to repair the invalidation queue");
}

static const char *iqe_text(uint64_t iqei)
{
	static const char *const text[] = {
		[VTD_IQEI_NONE] = "invalidation queue error",
		[VTD_IQEI_TAIL] = "invalidation queue error: tail outside the queue",
		[VTD_IQEI_FETCH] = "invalidation queue error: descriptor could not be read",
		[VTD_IQEI_TYPE] = "invalidation queue error: descriptor type",
		[VTD_IQEI_RSVD] = "invalidation queue error: reserved field",
		[VTD_IQEI_WIDTH] = "invalidation queue error: descriptor width",
		[VTD_IQEI_TAIL_ALIGN] = "invalidation queue error: tail misaligned",
		[VTD_IQEI_TTM] = "invalidation queue error: translation table mode",
	};

	if (iqei >= sizeof(text) / sizeof(text[0]))
		iqei = VTD_IQEI_NONE;
	return text[iqei];
}

static uint32_t all_ats_devices(const struct iommu_unit *u)
{
	const struct iommu_domain *d;
	uint32_t n = 0, slot;

	for (d = u->domains; d; d = d->next[slot]) {
		for (slot = 0; slot + 1 < d->units && d->unit[slot] != u; slot++)
			;
		n += intel_ats_devices(d, slot);
	}
	return n;
}

static void append_all_dev_tlbs(struct iommu_unit *u)
{
	const struct iommu_domain *d;
	const struct iommu_device *dev;
	uint32_t slot;

	for (d = u->domains; d; d = d->next[slot]) {
		for (slot = 0; slot + 1 < d->units && d->unit[slot] != u; slot++)
			;
		if (!intel_ats_devices(d, slot))
			continue;
		for (dev = d->devices; dev; dev = dev->next) {
			if (dev->unit == slot && dev->ats)
				append(u,
				       FIELD_PREP(VTD_DESC_TYPE, VTD_DT_DEV_TLB) |
					       FIELD_PREP(VTD_DEVTLBD0_SID, dev->rid),
				       VTD_DEVTLBD_ADDR_ALL | VTD_DEVTLBD1_S);
		}
	}
}

/*
 * IQE: the hardware stands at a descriptor it does not accept. VT-d 6.5.2 "Queued Invalidation Error Handling".
 *
 * What that descriptor should have done is unknown (its slot may have been damaged), so a wait that writes nowhere of
 * interest takes its place and a global invalidation of everything follows: it covers whatever was lost. Only when that
 * completed do the waits in flight count.
 */
static int repair_iqe(struct iommu_unit *u)
{
	uint32_t head = queue_head(u);
	int rc;

	rc = repair_begin(u, iqe_text(FIELD_GET(VTD_IQERCD_IQEI, reg_read64(u, VTD_REG_IQERCD))));
	if (rc == IOMMU_OK)
		rc = repair_room(u, head, 3 + all_ats_devices(u));
	if (rc != IOMMU_OK)
		return rc;
	slot_write(u, head, FIELD_PREP(VTD_DESC_TYPE, VTD_DT_WAIT) | VTD_WAITD0_SW,
		   (u->intel.status + STATUS_SCRATCH) & VTD_WAITD1_SADDR);
	append(u, FIELD_PREP(VTD_DESC_TYPE, VTD_DT_CC) | FIELD_PREP(VTD_CCD0_G, VTD_CCD_G_GLOBAL),
	       0);
	append(u,
	       FIELD_PREP(VTD_DESC_TYPE, VTD_DT_IOTLB) |
		       FIELD_PREP(VTD_IOTLBD0_G, VTD_IOTLBD_G_GLOBAL) | VTD_IOTLBD0_DR |
		       VTD_IOTLBD0_DW,
	       0);
	append_all_dev_tlbs(u);
	append_wait(u);
	u->intel.wait_floor = u->intel.wait_seq;
	reg_write32(u, VTD_REG_FSTS, VTD_FSTS_IQE);
	ring_bell(u);
	return IOMMU_OK;
}

static bool slot_is(const struct iommu_unit *u, uint32_t slot, uint32_t type)
{
	return FIELD_GET(VTD_DESC_TYPE, mem_read64(u->plat, slot_pa(u, slot))) == type;
}

/*
 * ITE: a device did not answer a device-TLB invalidation; all pending waits were aborted. Everything from the oldest
 * device-TLB descriptor on is submitted again, behind what is still in the ring, with one wait for all of it.
 */
static int repair_ite(struct iommu_unit *u)
{
	uint32_t tail = u->intel.queue_tail, slot = u->intel.queue_doubt;
	int rc;

	rc = repair_begin(u, "a device did not answer a device-TLB invalidation");
	if (rc == IOMMU_OK)
		rc = repair_room(u, queue_head(u), in_doubt(u) + 1);
	if (rc != IOMMU_OK)
		return rc;
	while (slot != tail && !slot_is(u, slot, VTD_DT_DEV_TLB))
		slot = ring(slot + 1);
	u->intel.queue_doubt = tail;
	for (; slot != tail; slot = ring(slot + 1)) {
		if (!slot_is(u, slot, VTD_DT_WAIT))
			append(u, mem_read64(u->plat, slot_pa(u, slot)),
			       mem_read64(u->plat, slot_pa(u, slot) + 8));
	}
	append_wait(u);
	u->intel.wait_floor = u->intel.wait_seq;
	reg_write32(u, VTD_REG_FSTS, VTD_FSTS_ITE);
	ring_bell(u);
	return IOMMU_OK;
}

/* What the queue has to say besides the status word. Each bit is cleared by a write of that bit alone. */
static int check_errors(struct iommu_unit *u)
{
	uint32_t fsts = reg_read32(u, VTD_REG_FSTS);

	if (fsts == UINT32_MAX)
		return iommu_unit_break(u, IOMMU_E_BROKEN, "registers read all ones");
	if (fsts & VTD_FSTS_ICE) {
		reg_write32(u, VTD_REG_FSTS, VTD_FSTS_ICE);
		u->stats.queue_errors++;
		iommu_log(u, IOMMU_LOG_WARN, "unexpected device-TLB invalidation completion");
	}
	if (fsts & VTD_FSTS_IQE)
		return repair_iqe(u);
	if (fsts & VTD_FSTS_ITE)
		return repair_ite(u);
	return IOMMU_OK;
}

/* OK when complete, AGAIN when not yet. Never waits. */
int intel_qi_done(struct iommu_unit *u, uint64_t wait)
{
	int rc;

	observe(u);
	if (u->intel.wait_done >= wait)
		return IOMMU_OK;
	rc = check_errors(u);
	return rc == IOMMU_OK ? IOMMU_E_AGAIN : rc;
}

int intel_qi_wait(struct iommu_unit *u, uint64_t wait)
{
	struct deadline dl;
	int rc;

	deadline_start(u, &dl);
	while ((rc = intel_qi_done(u, wait)) == IOMMU_E_AGAIN) {
		if (deadline_passed(u, &dl))
			return iommu_unit_break(u, IOMMU_E_TIMEOUT,
						"no completion of an invalidation");
		plat_relax(u->plat);
	}
	return rc;
}

/* n descriptors and a wait fit. After a repair the ring has to get through first: it may be fuller than it looks. */
static bool has_room(const struct iommu_unit *u, uint32_t n)
{
	return u->intel.queue_repairs == 0 && in_doubt(u) + n + 1 <= QI_SLOTS / 2;
}

/* Room for a batch of n, or as much of it as the ring takes at once. */
int intel_qi_room(struct iommu_unit *u, uint32_t n, bool may_block)
{
	if (n > QI_SLOTS / 2 - 1)
		n = QI_SLOTS / 2 - 1;
	if (has_room(u, n))
		return IOMMU_OK;
	if (may_block)
		return intel_qi_wait(u, u->intel.wait_seq);
	return intel_qi_done(u, u->intel.wait_seq);
}

/* Adds a descriptor to the batch; a batch longer than the ring takes is waited for in pieces. */
int intel_qi_put(struct iommu_unit *u, uint64_t q0, uint64_t q1)
{
	if (!has_room(u, 1)) {
		int rc = intel_qi_wait(u, intel_qi_commit(u));

		if (rc != IOMMU_OK)
			return rc;
	}
	append(u, q0, q1);
	u->stats.invalidations++;
	return IOMMU_OK;
}

/* Ends the batch and hands it to the hardware. Returns the number of its wait. */
uint64_t intel_qi_commit(struct iommu_unit *u)
{
	append_wait(u);
	ring_bell(u);
	return u->intel.wait_seq;
}
