/*
 * The command buffer. 48882 2.4 "Commands"; 2.4.1 "COMPLETION_WAIT" and those after it.
 *
 * A wait is a COMPLETION_WAIT that stores its number (driver/queue.h): it completes only after every earlier command, the
 * answers of devices included, and two of them complete in their order. How far the head moved proves nothing.
 */
#include "../cover.h"
#include "../queue.h"
#include "amd.h"

static uint64_t op(enum amdvi_opcode opcode)
{
	return FIELD_PREP(AMDVI_CMD0_OP, opcode);
}

/* Everything: the first zero of the address stands at bit 63. */
#define RANGE_ALL (AMDVI_SIZE_ALL | AMDVI_PAGESC1_S)

int amd_cmd_devtab(struct iommu_unit *u, uint16_t rid)
{
	return queue_put(
		u, op(AMDVI_OP_INVALIDATE_DEVTAB_ENTRY) | FIELD_PREP(AMDVI_DEVTABC0_DEVICEID, rid),
		0);
}

int amd_cmd_interrupts(struct iommu_unit *u, uint16_t rid)
{
	return queue_put(u,
			 op(AMDVI_OP_INVALIDATE_INTERRUPT_TABLE) |
				 FIELD_PREP(AMDVI_INTTABC0_DEVICEID, rid),
			 0);
}

static uint64_t pages_q0(uint32_t domain_id)
{
	return op(AMDVI_OP_INVALIDATE_IOMMU_PAGES) | FIELD_PREP(AMDVI_PAGESC0_DOMAINID, domain_id);
}

/* `range` as cover_encode makes it. `pde`: directory entries too. */
int amd_cmd_pages(struct iommu_unit *u, uint32_t domain_id, uint64_t range, bool pde)
{
	return queue_put(u, pages_q0(domain_id), range | (pde ? AMDVI_PAGESC1_PDE : 0));
}

/* All translations of a domain. */
int amd_cmd_domain(struct iommu_unit *u, uint32_t domain_id)
{
	return amd_cmd_pages(u, domain_id, RANGE_ALL, true);
}

/* One queue per device; a queue depth of 0 stands for 32, as in the device's ATS capability. */
static uint64_t iotlb_q0(const struct iommu_device *dev)
{
	uint32_t depth = dev->ats_queue_depth ? dev->ats_queue_depth : 32;

	return op(AMDVI_OP_INVALIDATE_IOTLB_PAGES) | FIELD_PREP(AMDVI_IOTLBC0_DEVICEID, dev->rid) |
	       FIELD_PREP(AMDVI_IOTLBC0_QUEUEID, dev->rid) |
	       FIELD_PREP(AMDVI_IOTLBC0_MAXPEND, depth);
}

int amd_cmd_iotlb(struct iommu_unit *u, const struct iommu_device *dev, uint64_t range)
{
	int rc = queue_put(u, iotlb_q0(dev), range);

	u->amd.iotlb_wait = u->queue.seq + 1; /* the wait that will end this batch */
	return rc;
}

/* All that a device holds. A failure shows in the completion that is asked for next. */
void amd_cmd_iotlb_all(struct iommu_unit *u, struct iommu_device *dev)
{
	(void)!amd_cmd_iotlb(u, dev, RANGE_ALL);
}

int amd_cmd_all(struct iommu_unit *u)
{
	return queue_put(u, op(AMDVI_OP_INVALIDATE_IOMMU_ALL), 0);
}

/* Completes the commands given so far. */
int amd_cmd_finish(struct iommu_unit *u)
{
	return queue_wait(u, queue_commit(u));
}

void amd_cmd_wait_command(const struct iommu_unit *u, uint64_t word[2])
{
	word[0] = op(AMDVI_OP_COMPLETION_WAIT) | AMDVI_CWC0_S |
		  (u->queue.status & AMDVI_CWC0_STOREADDR);
	word[1] = u->queue.seq;
}

void amd_cmd_bell(struct iommu_unit *u)
{
	reg_write64(u, AMDVI_REG_CMD_TAIL, (uint64_t)u->queue.tail << AMDVI_CMD_LG2);
}

/* Only while it does not run. The base sets head and tail to 0, but not on every part is that certain. */
void amd_cmd_base(struct iommu_unit *u)
{
	reg_write64(u, AMDVI_REG_CMDBUF, AMD_RING(u->queue.ring));
	reg_write64(u, AMDVI_REG_CMD_HEAD, 0);
	reg_write64(u, AMDVI_REG_CMD_TAIL, 0);
}

static const char *halt_text(uint64_t code)
{
	switch (code) {
	case AMDVI_EV_ILLEGAL_COMMAND_ERROR:
		return "command buffer halted: illegal command";
	case AMDVI_EV_COMMAND_HARDWARE_ERROR:
		return "command buffer halted: a command could not be read or its result not "
		       "stored";
	default:
		return "command buffer halted";
	}
}

static void append_iotlb(struct iommu_unit *u, struct iommu_device *dev)
{
	queue_append(u, iotlb_q0(dev), RANGE_ALL);
	u->amd.iotlb_wait = u->queue.seq + 1;
}

/* Number of commands that append_everything needs. */
static uint32_t everything(const struct iommu_unit *u)
{
	const struct iommu_domain *d;
	const struct iommu_device *dev;
	const struct iommu_irq_source *src;
	uint32_t n = 2 + ats_devices_of_unit(u);

	if (amd_has(u, AMDVI_EFR_IASUP))
		return n;
	for (src = irq_on(u) ? u->irq->sources : NULL; src; src = src->next)
		n++;
	for (d = u->domains; d; d = d->next[iommu_slot_of(d, u)]) {
		n++;
		for (dev = d->devices; dev; dev = dev->next)
			n++;
	}
	return n;
}

static void append_devtab(struct iommu_unit *u, uint16_t rid)
{
	queue_append(
		u, op(AMDVI_OP_INVALIDATE_DEVTAB_ENTRY) | FIELD_PREP(AMDVI_DEVTABC0_DEVICEID, rid),
		0);
}

static void append_interrupts(struct iommu_unit *u, uint16_t rid)
{
	queue_append(u,
		     op(AMDVI_OP_INVALIDATE_INTERRUPT_TABLE) |
			     FIELD_PREP(AMDVI_INTTABC0_DEVICEID, rid),
		     0);
}

/* Whatever any command may have been given for: entries and translations of all that is attached or just changing. */
static void append_everything(struct iommu_unit *u)
{
	const struct iommu_domain *d;
	const struct iommu_device *dev;
	const struct iommu_irq_source *src;

	if (amd_has(u, AMDVI_EFR_IASUP)) {
		queue_append(u, op(AMDVI_OP_INVALIDATE_IOMMU_ALL), 0);
	} else {
		append_devtab(u, u->amd.changing);
		for (d = u->domains; d; d = d->next[iommu_slot_of(d, u)]) {
			for (dev = d->devices; dev; dev = dev->next)
				append_devtab(u, dev->rid);
			queue_append(u, pages_q0(d->id[iommu_slot_of(d, u)]),
				     RANGE_ALL | AMDVI_PAGESC1_PDE);
		}
	}
	for (src = irq_on(u) && !amd_has(u, AMDVI_EFR_IASUP) ? u->irq->sources : NULL; src;
	     src = src->next)
		append_interrupts(u, src->rid);
	ats_each_device(u, append_iotlb);
}

/*
 * The command buffer halted: 48882 2.4.9 "Command Buffer Error Handling", restart as for CmdBufRun.
 *
 * What the bad command should have done is unknown (its slot may have been damaged), and so is where the head stands. So
 * the ring is thrown away with everything in it and started anew with an invalidation of everything: it covers whatever
 * was lost. The waits in flight count when it completed: behind the bad command none was executed. It is handed over only
 * once the buffer runs, or it could not be told from one that halted again.
 */
static int repair_halt(struct iommu_unit *u)
{
	int rc;

	/* Run falls alone when the unit halts; with the enables gone it was reset, and knows no table any more. */
	if (!(reg_read64(u, AMDVI_REG_CONTROL) & AMDVI_CONTROL_CMDBUFEN))
		return iommu_unit_break(u, IOMMU_E_BROKEN, "the unit was reset");
	amd_log_look(u);
	rc = queue_repair_begin(u, halt_text(u->amd.command_error));
	u->amd.command_error = AMDVI_EV_CODE_EMPTY;
	if (rc != IOMMU_OK)
		return rc;
	if (!amd_running(u) && !amd_has(u, AMDVI_EFR_IASUP))
		return iommu_unit_break(u, IOMMU_E_BROKEN,
					"the first invalidation cannot be given again");
	amd_control(u, AMDVI_CONTROL_CMDBUFEN, 0);
	rc = amd_wait_status(u, AMDVI_STATUS_CMDBUFRUN, 0, "command buffer does not stop");
	if (rc != IOMMU_OK)
		return rc;
	amd_cmd_base(u);
	u->queue.tail = 0;
	u->queue.doubt = 0;
	rc = queue_repair_room(u, 0, everything(u));
	if (rc != IOMMU_OK)
		return rc;
	append_everything(u);
	queue_append_wait(u);
	amd_control(u, 0, AMDVI_CONTROL_CMDBUFEN);
	rc = amd_wait_status(u, AMDVI_STATUS_CMDBUFRUN, AMDVI_STATUS_CMDBUFRUN,
			     "command buffer does not start");
	if (rc == IOMMU_OK)
		amd_cmd_bell(u);
	return rc;
}

/* What the unit has to say besides the number stored. */
int amd_cmd_check(struct iommu_unit *u)
{
	uint64_t status = reg_read64(u, AMDVI_REG_STATUS);

	if (status == UINT64_MAX)
		return iommu_unit_break(u, IOMMU_E_BROKEN, "registers read all ones");
	return status & AMDVI_STATUS_CMDBUFRUN ? IOMMU_OK : repair_halt(u);
}

static void cut_off_unanswered(struct iommu_unit *u, struct iommu_device *dev)
{
	if (dev->unanswered)
		ats_cut_off(u, dev);
}

/* Those that the log named since the last repair. False: nobody. */
static bool cut_off_silent(struct iommu_unit *u)
{
	ats_each_device(u, cut_off_unanswered);
	return !queue_repair_spent(u);
}

static void forget_unanswered(struct iommu_unit *u, struct iommu_device *dev)
{
	(void)u;
	dev->unanswered = false;
}

/*
 * A device that does not answer INVALIDATE_IOTLB_PAGES does not hold up the wait behind it: the command counts as
 * complete and only the event log tells (IOTLB_INV_TIMEOUT). So before such a wait counts the log is looked at. A log
 * that lost events may have lost that one. In both cases all devices are asked again, behind a new wait. A device that
 * misses it again and again is cut off; what any cache holds of it does not matter then, for everything is invalidated.
 */
int amd_cmd_trust(struct iommu_unit *u)
{
	uint64_t status;
	bool stuck, cut;
	int rc;

	if (u->amd.iotlb_wait <= u->queue.done)
		return IOMMU_OK;
	status = reg_read64(u, AMDVI_REG_STATUS);
	if (status == UINT64_MAX)
		return iommu_unit_break(u, IOMMU_E_BROKEN, "registers read all ones");
	amd_log_look(u);
	stuck = amd_log_stuck(u, status);
	if (!u->amd.iotlb_timeouts && !stuck)
		return IOMMU_OK;
	u->amd.iotlb_timeouts = 0;
	cut = !stuck && queue_repair_spent(u) && cut_off_silent(u);
	ats_each_device(u, forget_unanswered);
	rc = queue_repair_begin(u, stuck ? "events were lost while devices were invalidated"
					 : "a device did not answer an IOTLB invalidation");
	if (rc == IOMMU_OK && stuck)
		rc = amd_log_clear(u);
	if (rc == IOMMU_OK)
		rc = queue_repair_room(
			u, (uint32_t)(FIELD_GET(AMDVI_PTR_16, reg_read64(u, AMDVI_REG_CMD_HEAD))),
			(cut ? everything(u) : ats_devices_of_unit(u)) + 1);
	if (rc != IOMMU_OK)
		return rc;
	if (cut)
		append_everything(u);
	else
		ats_each_device(u, append_iotlb);
	queue_append_wait(u);
	queue_distrust(u);
	amd_cmd_bell(u);
	return IOMMU_OK;
}
