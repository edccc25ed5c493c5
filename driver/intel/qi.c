/*
 * The invalidation queue. VT-d 6.5.2 "Queued Invalidation Interface".
 *
 * What is VT-d's about the queue (driver/queue.h): its registers, its wait and its errors. A wait writes status and
 * carries a fence: with the fence, waits complete in the order of their numbers.
 */
#include "../queue.h"
#include "intel.h"

#define QI_LG2_PAGES 0u
#define QI_STATUS_BITS UINT64_C(0xffffffff)

void intel_qi_wait_command(const struct iommu_unit *u, uint64_t word[2])
{
	word[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_WAIT) | VTD_WAITD0_SW | VTD_WAITD0_FN |
		  FIELD_PREP(VTD_WAITD0_SDATA, u->queue.seq & QI_STATUS_BITS);
	word[1] = u->queue.status & VTD_WAITD1_SADDR;
}

void intel_qi_bell(struct iommu_unit *u)
{
	reg_write64(u, VTD_REG_IQT, FIELD_PREP(VTD_IQT_QT, u->queue.tail));
}

static uint32_t queue_head(const struct iommu_unit *u)
{
	return (uint32_t)FIELD_GET(VTD_IQH_QH, reg_read64(u, VTD_REG_IQH));
}

int intel_qi_start(struct iommu_unit *u)
{
	queue_reset(u, QI_STATUS_BITS);
	reg_write64(u, VTD_REG_IQT, 0);
	reg_write64(u, VTD_REG_IQA,
		    (u->queue.ring & VTD_IQA_IQA) | FIELD_PREP(VTD_IQA_QS, QI_LG2_PAGES));
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

/* A wait that writes nowhere of interest. */
static void write_nothing(struct iommu_unit *u, uint32_t slot)
{
	queue_write(u, slot, FIELD_PREP(VTD_DESC_TYPE, VTD_DT_WAIT) | VTD_WAITD0_SW,
		    (u->queue.status + QUEUE_STATUS_SCRATCH) & VTD_WAITD1_SADDR);
}

static void append_dev_tlb(struct iommu_unit *u, struct iommu_device *dev)
{
	queue_append(u,
		     FIELD_PREP(VTD_DESC_TYPE, VTD_DT_DEV_TLB) |
			     FIELD_PREP(VTD_DEVTLBD0_SID, dev->rid),
		     VTD_DEVTLBD_ADDR_ALL | VTD_DEVTLBD1_S);
}

/* For what was lost and is not known: all the unit's caches, and all devices that are asked. */
static uint32_t everything(const struct iommu_unit *u)
{
	return 3 + (irq_on(u) ? 1u : 0u) + ats_devices_of_unit(u);
}

static void append_everything(struct iommu_unit *u)
{
	queue_append(
		u, FIELD_PREP(VTD_DESC_TYPE, VTD_DT_CC) | FIELD_PREP(VTD_CCD0_G, VTD_CCD_G_GLOBAL),
		0);
	queue_append(u,
		     FIELD_PREP(VTD_DESC_TYPE, VTD_DT_IOTLB) |
			     FIELD_PREP(VTD_IOTLBD0_G, VTD_IOTLBD_G_GLOBAL) | VTD_IOTLBD0_DR |
			     VTD_IOTLBD0_DW,
		     0);
	if (irq_on(u))
		queue_append(u,
			     FIELD_PREP(VTD_DESC_TYPE, VTD_DT_IEC) |
				     FIELD_PREP(VTD_IECD0_G, VTD_IECD_G_GLOBAL),
			     0);
	ats_each_device(u, append_dev_tlb);
}

/* Of all waits only one behind the repair counts; the error is acknowledged when the queue holds it. */
static int repaired(struct iommu_unit *u, uint32_t error)
{
	queue_append_wait(u);
	queue_distrust(u);
	reg_write32(u, VTD_REG_FSTS, error);
	intel_qi_bell(u);
	return IOMMU_OK;
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

	rc = queue_repair_begin(
		u, iqe_text(FIELD_GET(VTD_IQERCD_IQEI, reg_read64(u, VTD_REG_IQERCD))));
	if (rc == IOMMU_OK)
		rc = queue_repair_room(u, head, everything(u));
	if (rc != IOMMU_OK)
		return rc;
	write_nothing(u, head);
	append_everything(u);
	return repaired(u, VTD_FSTS_IQE);
}

static bool slot_is(const struct iommu_unit *u, uint32_t slot, uint32_t type)
{
	return FIELD_GET(VTD_DESC_TYPE, mem_read64(u->plat, queue_slot_pa(&u->queue, slot))) ==
	       type;
}

/* The device a device-TLB descriptor asks, NULL: one that is not asked any more. */
static struct iommu_device *slot_device(const struct iommu_unit *u, uint32_t slot)
{
	uint64_t q0 = mem_read64(u->plat, queue_slot_pa(&u->queue, slot));

	return ats_find(u, (uint16_t)FIELD_GET(VTD_DEVTLBD0_SID, q0));
}

/*
 * The device that ITESID names, or where hardware does not tell, every one that has not answered yet. What the queue would
 * still ask it is taken out: while ITE is set nothing is fetched. False: nobody was found.
 */
static bool cut_off_silent(struct iommu_unit *u, uint32_t head)
{
	uint64_t told = FIELD_GET(VTD_IQERCD_ITESID, reg_read64(u, VTD_REG_IQERCD));
	uint32_t tail = u->queue.tail, slot;

	for (slot = u->queue.doubt; slot != tail; slot = queue_slot(slot + 1)) {
		struct iommu_device *dev =
			slot_is(u, slot, VTD_DT_DEV_TLB) ? slot_device(u, slot) : NULL;

		if (dev && (!told || dev->rid == told))
			ats_cut_off(u, dev);
	}
	for (slot = queue_slot(head); slot != tail; slot = queue_slot(slot + 1)) {
		if (slot_is(u, slot, VTD_DT_DEV_TLB) && !slot_device(u, slot))
			write_nothing(u, slot);
	}
	return !queue_repair_spent(u);
}

/* Everything in doubt from the oldest device-TLB descriptor on, once more. */
static void append_again(struct iommu_unit *u)
{
	uint32_t tail = u->queue.tail, slot = u->queue.doubt;

	while (slot != tail && !slot_is(u, slot, VTD_DT_DEV_TLB))
		slot = queue_slot(slot + 1);
	u->queue.doubt = tail;
	for (; slot != tail; slot = queue_slot(slot + 1)) {
		if (!slot_is(u, slot, VTD_DT_WAIT))
			queue_append(u, mem_read64(u->plat, queue_slot_pa(&u->queue, slot)),
				     mem_read64(u->plat, queue_slot_pa(&u->queue, slot) + 8));
	}
}

/*
 * ITE: a device did not answer a device-TLB invalidation; all pending waits were aborted. What was aborted is submitted
 * again, behind what is still in the ring, with one wait for all of it. A device that misses it again and again is cut
 * off; which of its translations the unit's caches hold does not matter then, for everything is invalidated.
 */
static int repair_ite(struct iommu_unit *u)
{
	uint32_t head = queue_head(u);
	bool cut = queue_repair_spent(u) && cut_off_silent(u, head);
	int rc;

	rc = queue_repair_begin(u, "a device did not answer a device-TLB invalidation");
	if (rc == IOMMU_OK)
		rc = queue_repair_room(u, head,
				       cut ? everything(u) : queue_in_doubt(&u->queue) + 1);
	if (rc != IOMMU_OK)
		return rc;
	if (cut) {
		u->queue.doubt = u->queue.tail; /* nothing of it has to be given again */
		append_everything(u);
	} else {
		append_again(u);
	}
	return repaired(u, VTD_FSTS_ITE);
}

/* What the queue has to say besides the status word. Each bit is cleared by a write of that bit alone. */
int intel_qi_check(struct iommu_unit *u)
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
