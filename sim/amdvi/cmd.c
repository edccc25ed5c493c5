/*
 * The command buffer: fetch, order, completion, errors.
 * Implements 48882 2.4 "Commands", COMPLETION_WAIT and "Command Ordering", and the error events of 2.5.
 *
 * The head moves when a command was found legal. One in error waits until those before it are complete; then it is told and
 * the buffer halts with the head on it (the other reading: behind it).
 */
#include "unit.h"

#define CMD_BYTES ((uint32_t)sizeof(struct amdvi_cmd))

static uint64_t head(const struct amdvi_unit *a)
{
	return reg_get(&a->u.regs, AMDVI_REG_CMD_HEAD);
}

static void complete(struct amdvi_unit *a, struct cmd *cmd)
{
	cmdq_complete(&a->q, cmd);
	amdvi_control_drained(a);
}

/* ---- errors ---- */

static void halt(struct amdvi_unit *a, uint8_t code, uint64_t flags, uint64_t addr, uint64_t at)
{
	uint32_t bytes = a->ring[AMDVI_RING_CMD].bytes;

	if (amdvi_reads_as(a, SIM_AMDVI_HEAD_PAST_ERROR))
		at = (at + CMD_BYTES) % bytes;
	cmdq_stop(&a->q);
	a->cmd_error = true;
	amdvi_status_clear(a, AMDVI_STATUS_CMDBUFRUN);
	reg_set(&a->u.regs, AMDVI_REG_CMD_HEAD, at);
	amdvi_log(a, FIELD_PREP(AMDVI_EV0_CODE, code) | flags, addr);
}

/* ---- fetch ---- */

static bool running(void *owner)
{
	const struct amdvi_unit *a = owner;

	return (amdvi_status(a) & AMDVI_STATUS_CMDBUFRUN) != 0;
}

static bool waiting(void *owner)
{
	const struct amdvi_unit *a = owner;

	return !a->cmd_stop && !a->cmd_bad && head(a) != reg_get(&a->u.regs, AMDVI_REG_CMD_TAIL);
}

static void fetch(void *owner)
{
	struct amdvi_unit *a = owner;
	struct sim *s = a->u.sim;
	const struct amdvi_ring *r = &a->ring[AMDVI_RING_CMD];
	uint64_t q[2] = { 0, 0 }, at = head(a), pa = r->base + at;
	bool read = bus_read(s, a->u.index, SIM_MASTER_QUEUE, pa, q, sizeof(q));
	uint8_t opcode = (uint8_t)FIELD_GET(AMDVI_CMD0_OP, q[0]);

	if (read && amdvi_cmd_legal(a, q)) {
		cmdq_push(&a->q, q, opcode, at);
		trace(s, SIM_TRACE_COMMAND, a->u.index, (uint32_t)at, opcode, 0, q[0], q[1]);
		reg_set(&a->u.regs, AMDVI_REG_CMD_HEAD, (at + CMD_BYTES) % r->bytes);
	} else if (a->q.count) {
		a->cmd_bad = true; /* amdvi_control_drained fetches it once more */
	} else if (!read) {
		halt(a, AMDVI_EV_COMMAND_HARDWARE_ERROR, amdvi_hw_type(s, pa), pa, at);
	} else {
		halt(a, AMDVI_EV_ILLEGAL_COMMAND_ERROR, 0, pa, at);
	}
}

/* ---- order, 48882 2.4 "Command Ordering" ---- */

#define OP(name) (1u << AMDVI_OP_##name)

/* Which earlier commands hold a command back until they are complete. */
static uint32_t waits_for(uint8_t type)
{
	switch (type) {
	case AMDVI_OP_COMPLETION_WAIT:
		return ~0u;
	case AMDVI_OP_INVALIDATE_IOMMU_PAGES:
	case AMDVI_OP_INVALIDATE_INTERRUPT_TABLE:
		return OP(INVALIDATE_DEVTAB_ENTRY);
	case AMDVI_OP_INVALIDATE_IOTLB_PAGES:
		return OP(INVALIDATE_DEVTAB_ENTRY) | OP(INVALIDATE_IOMMU_PAGES) |
		       OP(INVALIDATE_IOMMU_ALL);
	default:
		return 0;
	}
}

static bool holds(const struct cmd *earlier, const struct cmd *later)
{
	if (earlier->type == AMDVI_OP_COMPLETION_WAIT && earlier->q[0] & AMDVI_CWC0_F)
		return true;
	return waits_for(later->type) >> earlier->type & 1;
}

/* ---- COMPLETION_WAIT ---- */

static uint64_t store_at(void *owner, const struct cmd *cmd)
{
	(void)owner;
	return cmd->q[0] & AMDVI_CWC0_STOREADDR;
}

static void finish_wait(void *owner, struct cmd *cmd, bool lost)
{
	struct amdvi_unit *a = owner;
	uint64_t at = store_at(a, cmd);

	if (!lost && cmd->q[0] & AMDVI_CWC0_S &&
	    !cmdq_write_status(&a->q, a->u.index, at, cmd->q[1], sizeof(uint64_t))) {
		halt(a, AMDVI_EV_COMMAND_HARDWARE_ERROR, amdvi_hw_type(a->u.sim, at), at, cmd->at);
		return;
	}
	if (!lost && cmd->q[0] & AMDVI_CWC0_I) {
		amdvi_status_set(a, AMDVI_STATUS_COMWAITINT, AMDVI_CONTROL_COMWAITINTEN);
		if (a->u.sim->watch)
			oracle_polled(a->u.sim, a->u.index, cmd->number, AMDVI_REG_STATUS);
	}
	complete(a, cmd);
}

/* ---- INVALIDATE_IOTLB_PAGES ---- */

/* InvTimeOut in nanoseconds; TIMING_NEVER: the unit waits for good. */
static uint64_t time_out(const struct amdvi_unit *a)
{
	uint64_t code = FIELD_GET(AMDVI_CONTROL_INVTIMEOUT, amdvi_control(a)), ns = 1000000;

	if (code == AMDVI_INVTIMEOUT_NONE || code > AMDVI_INVTIMEOUT_100S)
		return TIMING_NEVER;
	while (--code)
		ns *= 10;
	return ns;
}

static bool device_waits(const struct cmd *cmd)
{
	return cmd->type == AMDVI_OP_INVALIDATE_IOTLB_PAGES && cmd->sent && !cmd->done;
}

/* Sets the timer to the first command that gives up. */
static void await(struct amdvi_unit *a)
{
	uint64_t due = TIMING_NEVER, now = a->u.sim->clock.now_ns;

	for (uint32_t i = 0; i < a->q.count; i++) {
		const struct cmd *cmd = cmdq_at(&a->q, i);

		if (device_waits(cmd) && cmd->due_ns < due)
			due = cmd->due_ns;
	}
	sim_after(a->u.sim, &a->iotlb, due == TIMING_NEVER ? due : due > now ? due - now : 0);
}

/* Each command is told by itself, counts as complete, and the buffer goes on. */
static void gave_up(void *arg)
{
	struct amdvi_unit *a = arg;
	uint64_t now = a->u.sim->clock.now_ns;

	for (uint32_t i = 0; i < a->q.count; i++) {
		struct cmd *cmd = cmdq_at(&a->q, i);

		if (!device_waits(cmd) || cmd->due_ns > now)
			continue;
		amdvi_log(a,
			  FIELD_PREP(AMDVI_EV0_CODE, AMDVI_EV_IOTLB_INV_TIMEOUT) |
				  (cmd->q[0] & AMDVI_IOTLBC0_DEVICEID),
			  a->ring[AMDVI_RING_CMD].base + cmd->at);
		complete(a, cmd);
		break; /* the window has moved */
	}
	await(a);
	cmdq_kick(&a->q);
}

static void start_device(struct amdvi_unit *a, struct cmd *cmd)
{
	struct sim *s = a->u.sim;
	uint64_t first, last, wait = time_out(a);

	amdvi_complain_ones(a, cmd->q[1] & AMDVI_IOTLBC1_ADDR, cmd->q[1] & AMDVI_IOTLBC1_S);
	amdvi_inval_range(cmd->q[1] & AMDVI_IOTLBC1_ADDR, cmd->q[1] & AMDVI_IOTLBC1_S, &first,
			  &last);
	cmd->sent = true;
	cmd->due_ns = wait == TIMING_NEVER ? wait : s->clock.now_ns + wait;
	device_invalidate(s, a->u.index, (uint16_t)FIELD_GET(AMDVI_IOTLBC0_DEVICEID, cmd->q[0]),
			  cmd->tag, first, last);
	await(a);
}

/* A stray answer (ok = false) has no event here; the right one follows it. */
void amdvi_devtlb_answer(struct unit *u, uint16_t rid, uint32_t tag, bool ok)
{
	struct amdvi_unit *a = amdvi_of(u);
	struct cmd *cmd = cmdq_awaiting(&a->q, tag);

	(void)rid;
	(void)ok;
	if (!cmd)
		return;
	complete(a, cmd);
	await(a);
	cmdq_kick(&a->q);
}

/* ---- execution ---- */

static void run(void *owner, struct cmd *cmd)
{
	struct amdvi_unit *a = owner;

	switch (cmd->type) {
	case AMDVI_OP_COMPLETION_WAIT:
		cmdq_start_wait(&a->q, cmd);
		break;
	case AMDVI_OP_INVALIDATE_IOTLB_PAGES:
		start_device(a, cmd);
		break;
	default:
		oracle_removes(&a->u, a->u.sim->watch);
		amdvi_cmd_exec(a, cmd);
		oracle_removes(&a->u, false);
		complete(a, cmd);
		break;
	}
}

static uint64_t head_of(void *owner)
{
	return head(owner);
}

static const struct cmdq_ops ops = {
	.running = running,
	.waiting = waiting,
	.fetch = fetch,
	.holds = holds,
	.run = run,
	.finish = finish_wait,
	.status_at = store_at,
	.head = head_of,
};

void amdvi_cmd_init(struct amdvi_unit *a)
{
	cmdq_init(&a->q, a->u.sim, a, &ops, AMDVI_OP_COMPLETION_WAIT);
	timer_init(&a->iotlb, gave_up, a);
}
