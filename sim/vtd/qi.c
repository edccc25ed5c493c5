/*
 * The invalidation queue.
 * Implements 6.5.2 "Queued Invalidation Interface": fetch, order, waits, errors; 11.4.9 "Invalidation Queue Registers".
 *
 * IQH moves when a descriptor was found valid, so after an error it names the culprit.
 */
#include "unit.h"

static uint32_t fsts(const struct vtd_unit *v)
{
	return (uint32_t)reg_get(&v->u.regs, VTD_REG_FSTS);
}

static bool running(void *owner)
{
	const struct vtd_unit *v = owner;

	return v->qi.on;
}

static bool waiting(void *owner)
{
	const struct vtd_unit *v = owner;

	return !(fsts(v) & (VTD_FSTS_IQE | VTD_FSTS_ITE)) &&
	       reg_get(&v->u.regs, VTD_REG_IQH) != reg_get(&v->u.regs, VTD_REG_IQT);
}

/* ---- errors ---- */

static void queue_error(struct vtd_unit *v, uint32_t iqei)
{
	uint64_t record = reg_get(&v->u.regs, VTD_REG_IQERCD) & ~VTD_IQERCD_IQEI;

	if (v->u.sim->watch)
		oracle_refused(v->u.sim, v->u.index, reg_get(&v->u.regs, VTD_REG_IQH));
	reg_set(&v->u.regs, VTD_REG_IQERCD, record | iqei);
	vtd_fault_status(v, VTD_FSTS_IQE);
}

/* A device did not answer: pending waits are aborted, what is in the window is in doubt (VT-d "Device-TLB time-out"). */
static void device_timed_out(void *arg)
{
	struct vtd_unit *v = arg;
	uint64_t record = reg_get(&v->u.regs, VTD_REG_IQERCD) & ~VTD_IQERCD_ITESID;
	uint16_t sid = 0;

	for (uint32_t i = 0; i < v->qi.q.count; i++) {
		const struct cmd *cmd = cmdq_at(&v->qi.q, i);

		if (cmd->type == VTD_DT_DEV_TLB && cmd->sent && !cmd->done) {
			sid = (uint16_t)FIELD_GET(VTD_DEVTLBD0_SID, cmd->q[0]);
			break;
		}
	}
	cmdq_abort(&v->qi.q);
	reg_set(&v->u.regs, VTD_REG_IQERCD, record | FIELD_PREP(VTD_IQERCD_ITESID, sid));
	vtd_fault_status(v, VTD_FSTS_ITE);
}

/* ---- fetch ---- */

/* What is wrong before the descriptor itself is looked at; several errors at once report in this order. */
static uint32_t queue_state_error(const struct vtd_unit *v)
{
	const struct vtd_qi *qi = &v->qi;
	bool wide = qi->desc_lg2 == VTD_DESC256_LG2;
	uint64_t tail = reg_get(&v->u.regs, VTD_REG_IQT);

	if (v->ttm == VTD_TTM_RSVD || v->ttm == VTD_TTM_SCALABLE ||
	    (v->ttm == VTD_TTM_ABORT && !v->caps.adms))
		return VTD_IQEI_TTM;
	if ((wide && !v->caps.adms) || (!wide && v->ttm == VTD_TTM_ABORT))
		return VTD_IQEI_WIDTH;
	if (tail & (BIT64(qi->desc_lg2) - 1))
		return VTD_IQEI_TAIL_ALIGN;
	if (tail >= qi->bytes)
		return VTD_IQEI_TAIL;
	return 0;
}

/* One descriptor into the window; returns IQEI of what is wrong, 0 for nothing. */
static uint32_t fetch_one(struct vtd_unit *v)
{
	struct vtd_qi *qi = &v->qi;
	uint64_t q[4] = { 0 }, head = reg_get(&v->u.regs, VTD_REG_IQH);
	uint32_t size = 1u << qi->desc_lg2, iqei = queue_state_error(v);
	uint8_t type;

	if (iqei)
		return iqei;
	if (!bus_read(v->u.sim, v->u.index, SIM_MASTER_QUEUE, qi->base + head, q, size))
		return VTD_IQEI_FETCH;
	iqei = vtd_desc_check(v, q, size / 8);
	if (iqei)
		return iqei;
	type = (uint8_t)FIELD_GET(VTD_DESC_TYPE, q[0]);
	cmdq_push(&qi->q, q, type, head);
	trace(v->u.sim, SIM_TRACE_COMMAND, v->u.index, (uint32_t)head, type, 0, q[0], q[1]);
	reg_set(&v->u.regs, VTD_REG_IQH, (head + size) % qi->bytes);
	return 0;
}

static void fetch(void *owner)
{
	struct vtd_unit *v = owner;
	uint32_t iqei = fetch_one(v);

	if (iqei)
		queue_error(v, iqei);
}

/* ---- order, VT-d 6.5.2 "Queued Invalidation Ordering" ---- */

#define TYPE(t) (1u << VTD_DT_##t)

/* Which earlier commands hold a command of this type back until they are complete. */
static uint32_t waits_for(unsigned type)
{
	switch (type) {
	case VTD_DT_PC:
		return TYPE(CC);
	case VTD_DT_IOTLB:
	case VTD_DT_P_IOTLB:
		return TYPE(CC) | TYPE(PC);
	case VTD_DT_DEV_TLB:
		return TYPE(IOTLB) | TYPE(IEC);
	case VTD_DT_P_DEV_TLB:
		return TYPE(IOTLB) | TYPE(P_IOTLB) | TYPE(IEC);
	case VTD_DT_WAIT:
		return ~0u;
	default:
		return 0;
	}
}

static bool holds(const struct cmd *earlier, const struct cmd *later)
{
	if (earlier->type == VTD_DT_WAIT && earlier->q[0] & VTD_WAITD0_FN)
		return true;
	return waits_for(later->type) >> earlier->type & 1;
}

/* ---- execution ---- */

static void interrupt(struct vtd_unit *v)
{
	uint64_t ics = reg_get(&v->u.regs, VTD_REG_ICS);

	if (ics & VTD_ICS_IWC)
		return;
	reg_set(&v->u.regs, VTD_REG_ICS, ics | VTD_ICS_IWC);
	vtd_event_raise(v, VTD_EVENT_INVAL);
}

static uint64_t status_at(void *owner, const struct cmd *cmd)
{
	(void)owner;
	return cmd->q[1] & VTD_WAITD1_SADDR;
}

static void finish_wait(void *owner, struct cmd *cmd, bool lost)
{
	struct vtd_unit *v = owner;
	uint64_t at = status_at(v, cmd) & ~v->caps.host_rsvd;
	uint32_t data = (uint32_t)FIELD_GET(VTD_WAITD0_SDATA, cmd->q[0]);

	/* a write that memory did not take for another reason is no fault of the guest's */
	if (!lost && cmd->q[0] & VTD_WAITD0_SW &&
	    !cmdq_write_status(&v->qi.q, v->u.index, at, data, sizeof(data)) &&
	    !mem_present(&v->u.sim->mem, at, sizeof(data)))
		complain(v->u.sim, v->u.index, COMPLAINT_WAIT_STATUS_ADDRESS, at);
	if (!lost && cmd->q[0] & VTD_WAITD0_IF) {
		interrupt(v);
		if (v->u.sim->watch)
			oracle_polled(v->u.sim, v->u.index, cmd->number, VTD_REG_ICS);
	}
	cmdq_complete(&v->qi.q, cmd);
}

static void await_time_out(struct vtd_unit *v)
{
	if (!v->qi.ite.set)
		sim_after(v->u.sim, &v->qi.ite, v->u.sim->timing.ite_ns);
}

static void start_device_tlb(struct vtd_unit *v, struct cmd *cmd)
{
	struct sim *s = v->u.sim;
	uint64_t first, last;

	if (!v->tes)
		complain(s, v->u.index, COMPLAINT_DEVTLB_TES_OFF, cmd->q[0]);
	vtd_devtlb_range(cmd->q[1], &first, &last);
	cmd->sent = true;
	if (device_invalidate(s, v->u.index, (uint16_t)FIELD_GET(VTD_DEVTLBD0_SID, cmd->q[0]),
			      cmd->tag, first, last) == DEVICE_SILENT)
		await_time_out(v);
}

static void run(void *owner, struct cmd *cmd)
{
	struct vtd_unit *v = owner;

	switch (cmd->type) {
	case VTD_DT_WAIT:
		cmdq_start_wait(&v->qi.q, cmd);
		break;
	case VTD_DT_DEV_TLB:
		start_device_tlb(v, cmd);
		break;
	default:
		oracle_removes(&v->u, v->u.sim->watch);
		vtd_desc_exec(v, cmd);
		oracle_removes(&v->u, false);
		cmdq_complete(&v->qi.q, cmd);
		break;
	}
}

static void completion_error(struct vtd_unit *v, uint16_t rid)
{
	uint64_t record = reg_get(&v->u.regs, VTD_REG_IQERCD) & ~VTD_IQERCD_ICESID;

	if (!(fsts(v) & VTD_FSTS_ICE)) /* names the first one until ICE is cleared */
		reg_set(&v->u.regs, VTD_REG_IQERCD, record | FIELD_PREP(VTD_IQERCD_ICESID, rid));
	vtd_fault_status(v, VTD_FSTS_ICE);
}

/*
 * A device's answer. A stray one (ok = false) raises ICE and is followed by the right one: the error is the device's
 * extra message, the queue goes on. With TES = 0 the answer is refused, and the invalidation times out.
 */
void vtd_devtlb_answer(struct unit *u, uint16_t rid, uint32_t tag, bool ok)
{
	struct vtd_unit *v = vtd_of(u);
	struct cmd *cmd = cmdq_awaiting(&v->qi.q, tag);

	if (!v->tes) {
		if (cmd)
			await_time_out(v);
		return;
	}
	if (!ok)
		completion_error(v, rid);
	if (!cmd)
		return;
	cmdq_complete(&v->qi.q, cmd);
	vtd_qi_kick(v);
}

/* The device was pulled out before it answered. */
void vtd_devtlb_silent(struct unit *u, uint32_t tag)
{
	struct vtd_unit *v = vtd_of(u);

	if (cmdq_awaiting(&v->qi.q, tag))
		await_time_out(v);
}

/* ---- the machine ---- */

static uint64_t head_of(void *owner)
{
	struct vtd_unit *v = owner;

	return reg_get(&v->u.regs, VTD_REG_IQH);
}

static const struct cmdq_ops ops = {
	.running = running,
	.waiting = waiting,
	.fetch = fetch,
	.holds = holds,
	.run = run,
	.finish = finish_wait,
	.status_at = status_at,
	.head = head_of,
};

void vtd_qi_init(struct vtd_unit *v)
{
	cmdq_init(&v->qi.q, v->u.sim, v, &ops, VTD_DT_WAIT);
	timer_init(&v->qi.ite, device_timed_out, v);
}

void vtd_qi_kick(struct vtd_unit *v)
{
	cmdq_kick(&v->qi.q);
}

void vtd_qi_reset(struct vtd_unit *v)
{
	cmdq_reset(&v->qi.q);
	clock_cancel(&v->u.sim->clock, &v->qi.ite);
	v->qi.on = false;
}

void vtd_qi_enable(struct vtd_unit *v)
{
	uint64_t iqa = reg_get(&v->u.regs, VTD_REG_IQA);
	struct vtd_qi *qi = &v->qi;

	if (reg_get(&v->u.regs, VTD_REG_IQT))
		complain(v->u.sim, v->u.index, COMPLAINT_QIE_TAIL,
			 reg_get(&v->u.regs, VTD_REG_IQT));
	qi->on = true;
	qi->base = iqa & VTD_IQA_IQA & ~v->caps.host_rsvd;
	qi->bytes = (uint32_t)VTD_PAGE_SIZE << FIELD_GET(VTD_IQA_QS, iqa);
	qi->desc_lg2 = iqa & VTD_IQA_DW ? VTD_DESC256_LG2 : VTD_DESC128_LG2;
	cmdq_abort(&qi->q);
	vtd_qi_kick(v);
}

void vtd_qi_disable(struct vtd_unit *v)
{
	struct vtd_qi *qi = &v->qi;

	if (qi->q.count || reg_get(&v->u.regs, VTD_REG_IQH) != reg_get(&v->u.regs, VTD_REG_IQT))
		complain(v->u.sim, v->u.index, COMPLAINT_QIE_PENDING,
			 reg_get(&v->u.regs, VTD_REG_IQH));
	cmdq_stop(&qi->q);
	clock_cancel(&v->u.sim->clock, &qi->ite);
	qi->on = false;
	reg_set(&v->u.regs, VTD_REG_IQH, 0);
}

void vtd_iqt_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;

	if (v->qi.on && w->now >= v->qi.bytes)
		complain(v->u.sim, v->u.index, COMPLAINT_TAIL_BEYOND_QUEUE, w->now);
	if (v->u.sim->watch && v->qi.on)
		oracle_told(v->u.sim, &v->u, v->qi.base, w->old, w->now, v->qi.bytes,
			    BIT64(v->qi.desc_lg2));
	vtd_qi_kick(v);
}

void vtd_iqa_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;

	if (v->qi.on && w->old != w->now)
		complain(v->u.sim, v->u.index, COMPLAINT_IQA_WHILE_ENABLED, w->now);
}
