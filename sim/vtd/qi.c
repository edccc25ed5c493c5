/*
 * The invalidation queue.
 * Implements 6.5.2 "Queued Invalidation Interface": fetch, order, waits, errors; 11.4.9 "Invalidation Queue Registers".
 *
 * Descriptors are fetched one at a time into a window of commands and leave it when complete. In order, the oldest command
 * runs first and alone; out of order, any command may run that the architecture does not hold back. IQH moves when a
 * descriptor was found valid, so after an error it names the culprit.
 */
#include "unit.h"

static uint32_t fsts(const struct vtd_unit *v)
{
	return (uint32_t)reg_get(&v->u.regs, VTD_REG_FSTS);
}

static struct vtd_cmd *cmd_at(struct vtd_qi *qi, uint32_t i)
{
	return &qi->cmd[(qi->oldest + i) % VTD_QI_WINDOW];
}

static bool may_fetch(const struct vtd_unit *v)
{
	return v->qi.on && v->qi.count < VTD_QI_WINDOW &&
	       !(fsts(v) & (VTD_FSTS_IQE | VTD_FSTS_ITE)) &&
	       reg_get(&v->u.regs, VTD_REG_IQH) != reg_get(&v->u.regs, VTD_REG_IQT);
}

/* ---- errors ---- */

static void queue_error(struct vtd_unit *v, uint32_t iqei)
{
	uint64_t record = reg_get(&v->u.regs, VTD_REG_IQERCD) & ~VTD_IQERCD_IQEI;

	reg_set(&v->u.regs, VTD_REG_IQERCD, record | iqei);
	vtd_fault_status(v, VTD_FSTS_IQE);
}

/* A device did not answer: pending waits are aborted, what is in the window is in doubt (VT-d "Device-TLB time-out"). */
static void device_timed_out(void *arg)
{
	struct vtd_unit *v = arg;
	struct vtd_qi *qi = &v->qi;
	uint64_t record = reg_get(&v->u.regs, VTD_REG_IQERCD) & ~VTD_IQERCD_ITESID;
	uint16_t sid = 0;

	for (uint32_t i = 0; i < qi->count; i++) {
		const struct vtd_cmd *cmd = cmd_at(qi, i);

		if (cmd->type == VTD_DT_DEV_TLB && cmd->sent && !cmd->done) {
			sid = (uint16_t)FIELD_GET(VTD_DEVTLBD0_SID, cmd->q[0]);
			break;
		}
	}
	qi->count = 0;
	clock_cancel(&v->u.sim->clock, &qi->status);
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

static uint32_t fetch(struct vtd_unit *v)
{
	struct vtd_qi *qi = &v->qi;
	uint64_t q[4] = { 0 }, head = reg_get(&v->u.regs, VTD_REG_IQH);
	uint32_t size = 1u << qi->desc_lg2, iqei = queue_state_error(v);
	struct vtd_cmd *cmd;

	if (iqei)
		return iqei;
	if (!bus_read(v->u.sim, SIM_MASTER_QUEUE, qi->base + head, q, size))
		return VTD_IQEI_FETCH;
	iqei = vtd_desc_check(v, q, size / 8);
	if (iqei)
		return iqei;
	cmd = cmd_at(qi, qi->count++);
	*cmd = (struct vtd_cmd){ .q = { q[0], q[1] },
				 .type = (uint8_t)FIELD_GET(VTD_DESC_TYPE, q[0]),
				 .tag = qi->next_tag++ };
	trace(v->u.sim, SIM_TRACE_COMMAND, v->u.index, (uint32_t)head, cmd->type, 0, q[0], q[1]);
	reg_set(&v->u.regs, VTD_REG_IQH, (head + size) % qi->bytes);
	return 0;
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

static bool eligible(struct vtd_qi *qi, uint32_t i)
{
	const struct vtd_cmd *cmd = cmd_at(qi, i);

	if (cmd->done || cmd->sent)
		return false;
	for (uint32_t k = 0; k < i; k++) {
		const struct vtd_cmd *earlier = cmd_at(qi, k);

		if (earlier->done)
			continue;
		if (waits_for(cmd->type) >> earlier->type & 1)
			return false;
		if (earlier->type == VTD_DT_WAIT && earlier->q[0] & VTD_WAITD0_FN)
			return false;
	}
	return true;
}

/* The command to run now, VTD_QI_WINDOW when there is none. */
static uint32_t choose(struct vtd_unit *v)
{
	struct vtd_qi *qi = &v->qi;
	uint32_t found[VTD_QI_WINDOW], n = 0;

	if (!v->u.sim->policy.out_of_order)
		return qi->count && eligible(qi, 0) ? 0 : VTD_QI_WINDOW;
	for (uint32_t i = 0; i < qi->count; i++)
		if (eligible(qi, i))
			found[n++] = i;
	/* Hold back now and then, so that later descriptors come into the window. */
	if (!n || (may_fetch(v) && rng_below(&v->u.sim->order, 2)))
		return VTD_QI_WINDOW;
	return found[rng_below(&v->u.sim->order, n)];
}

/* ---- execution ---- */

static void retire(struct vtd_qi *qi)
{
	while (qi->count && cmd_at(qi, 0)->done) {
		qi->oldest = (qi->oldest + 1) % VTD_QI_WINDOW;
		qi->count--;
	}
}

static void complete(struct vtd_unit *v, struct vtd_cmd *cmd)
{
	cmd->done = true;
	v->u.stats.commands++;
	retire(&v->qi);
}

static void interrupt(struct vtd_unit *v)
{
	uint64_t ics = reg_get(&v->u.regs, VTD_REG_ICS);

	if (ics & VTD_ICS_IWC)
		return;
	reg_set(&v->u.regs, VTD_REG_ICS, ics | VTD_ICS_IWC);
	vtd_event_raise(v, VTD_EVENT_INVAL);
}

static void write_status(struct vtd_unit *v, const struct vtd_cmd *cmd)
{
	uint64_t at = cmd->q[1] & VTD_WAITD1_SADDR & ~v->caps.host_rsvd, wrong;
	uint32_t data = (uint32_t)FIELD_GET(VTD_WAITD0_SDATA, cmd->q[0]);
	struct sim *s = v->u.sim;

	if (inject_armed(s, SIM_POINT_COMPLETION_WRONG) &&
	    sim_inject_fires(s, SIM_POINT_COMPLETION_WRONG, SIM_MASTER_STATUS, at, &wrong))
		data = (uint32_t)wrong;
	trace(s, SIM_TRACE_STATUS, v->u.index, 0, 0, 0, at, data);
	if (!bus_write(s, SIM_MASTER_STATUS, at, &data, sizeof(data)))
		complain(s, v->u.index, COMPLAINT_WAIT_STATUS_ADDRESS, at);
}

/* The oldest wait whose status write was scheduled completes. */
static void finish_wait(void *arg)
{
	struct vtd_unit *v = arg;
	struct vtd_qi *qi = &v->qi;
	struct sim *s = v->u.sim;

	for (uint32_t i = 0; i < qi->count; i++) {
		struct vtd_cmd *cmd = cmd_at(qi, i);

		if (cmd->type != VTD_DT_WAIT || !cmd->sent || cmd->done)
			continue;
		if (inject_armed(s, SIM_POINT_COMPLETION_LOST) &&
		    sim_inject_fires(s, SIM_POINT_COMPLETION_LOST, SIM_MASTER_STATUS,
				     cmd->q[1] & VTD_WAITD1_SADDR, NULL)) {
			complete(v, cmd);
			break;
		}
		if (cmd->q[0] & VTD_WAITD0_SW)
			write_status(v, cmd);
		if (cmd->q[0] & VTD_WAITD0_IF)
			interrupt(v);
		complete(v, cmd);
		break;
	}
	vtd_qi_kick(v);
}

static void start_wait(struct vtd_unit *v, struct vtd_cmd *cmd)
{
	struct sim *s = v->u.sim;
	uint64_t delay = s->timing.status_ns, late = 0;

	cmd->sent = true;
	if (inject_armed(s, SIM_POINT_COMPLETION_LATE) &&
	    sim_inject_fires(s, SIM_POINT_COMPLETION_LATE, SIM_MASTER_STATUS,
			     cmd->q[1] & VTD_WAITD1_SADDR, &late) &&
	    delay != TIMING_NEVER)
		delay += late;
	sim_after(s, &v->qi.status, delay);
}

static void await_time_out(struct vtd_unit *v)
{
	if (!v->qi.ite.set)
		sim_after(v->u.sim, &v->qi.ite, v->u.sim->timing.ite_ns);
}

static void start_device_tlb(struct vtd_unit *v, struct vtd_cmd *cmd)
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

static void run(struct vtd_unit *v, struct vtd_cmd *cmd)
{
	switch (cmd->type) {
	case VTD_DT_WAIT:
		start_wait(v, cmd);
		break;
	case VTD_DT_DEV_TLB:
		start_device_tlb(v, cmd);
		break;
	default:
		vtd_desc_exec(v, cmd);
		complete(v, cmd);
		break;
	}
}

/* The device-TLB invalidation with this tag that waits for its answer; NULL when it was aborted meanwhile. */
static struct vtd_cmd *awaiting(struct vtd_qi *qi, uint32_t tag)
{
	for (uint32_t i = 0; i < qi->count; i++) {
		struct vtd_cmd *cmd = cmd_at(qi, i);

		if (cmd->tag == tag && cmd->sent && !cmd->done)
			return cmd;
	}
	return NULL;
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
	struct vtd_cmd *cmd = awaiting(&v->qi, tag);

	if (!v->tes) {
		if (cmd)
			await_time_out(v);
		return;
	}
	if (!ok)
		completion_error(v, rid);
	if (!cmd)
		return;
	complete(v, cmd);
	vtd_qi_kick(v);
}

/* ---- the machine ---- */

static bool stalled(struct vtd_unit *v)
{
	struct sim *s = v->u.sim;
	uint64_t ns;

	if (v->qi.stalled_for_good)
		return true;
	if (!inject_armed(s, SIM_POINT_QUEUE_STALL) ||
	    !sim_inject_fires(s, SIM_POINT_QUEUE_STALL, SIM_MASTER_ANY,
			      reg_get(&v->u.regs, VTD_REG_IQH), &ns))
		return false;
	v->qi.stalled_for_good = ns == 0;
	if (ns)
		sim_after(s, &v->qi.step, ns);
	return true;
}

static void step(void *arg)
{
	struct vtd_unit *v = arg;
	struct vtd_qi *qi = &v->qi;
	uint32_t i, iqei;

	if (!qi->on || stalled(v))
		return;
	if (may_fetch(v)) {
		iqei = fetch(v);
		if (iqei)
			queue_error(v, iqei);
	}
	i = choose(v);
	if (i != VTD_QI_WINDOW)
		run(v, cmd_at(qi, i));
	vtd_qi_kick(v);
}

void vtd_qi_init(struct vtd_unit *v)
{
	timer_init(&v->qi.step, step, v);
	timer_init(&v->qi.status, finish_wait, v);
	timer_init(&v->qi.ite, device_timed_out, v);
}

void vtd_qi_kick(struct vtd_unit *v)
{
	struct vtd_qi *qi = &v->qi;
	bool work = may_fetch(v);

	if (!qi->on || qi->step.set)
		return;
	for (uint32_t i = 0; !work && i < qi->count; i++)
		work = eligible(qi, i) && (i == 0 || v->u.sim->policy.out_of_order);
	if (work)
		sim_after(v->u.sim, &qi->step, v->u.sim->timing.fetch_ns);
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
	qi->oldest = qi->count = 0;
	vtd_qi_kick(v);
}

void vtd_qi_disable(struct vtd_unit *v)
{
	struct vtd_qi *qi = &v->qi;
	struct clock *c = &v->u.sim->clock;

	if (qi->count || reg_get(&v->u.regs, VTD_REG_IQH) != reg_get(&v->u.regs, VTD_REG_IQT))
		complain(v->u.sim, v->u.index, COMPLAINT_QIE_PENDING,
			 reg_get(&v->u.regs, VTD_REG_IQH));
	clock_cancel(c, &qi->step);
	clock_cancel(c, &qi->status);
	clock_cancel(c, &qi->ite);
	qi->on = false;
	qi->count = 0;
	reg_set(&v->u.regs, VTD_REG_IQH, 0);
}

void vtd_iqt_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;

	if (v->qi.on && w->now >= v->qi.bytes)
		complain(v->u.sim, v->u.index, COMPLAINT_TAIL_BEYOND_QUEUE, w->now);
	vtd_qi_kick(v);
}

void vtd_iqa_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;

	if (v->qi.on && w->old != w->now)
		complain(v->u.sim, v->u.index, COMPLAINT_IQA_WHILE_ENABLED, w->now);
}
