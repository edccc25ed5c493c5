/*
 * Command rings: the window of commands, their order, and the completion of waits.
 */
#include "machine.h"

#include "cmdq.h"

static struct unit *unit_of(struct cmdq *q)
{
	return q->owner; /* an architecture's unit starts with struct unit */
}

static bool strikes(struct cmdq *q, enum sim_point point, enum sim_master master, uint64_t at,
		    uint64_t *value)
{
	return inject_fires(q->sim, unit_of(q)->index, point, master, at, at, value);
}

static bool may_fetch(struct cmdq *q)
{
	return q->count < CMDQ_WINDOW && q->ops->running(q->owner) && q->ops->waiting(q->owner);
}

/* ---- order ---- */

static bool eligible(struct cmdq *q, uint32_t i)
{
	const struct cmd *cmd = cmdq_at(q, i);

	if (cmd->done || cmd->sent)
		return false;
	for (uint32_t k = 0; k < i; k++) {
		const struct cmd *earlier = cmdq_at(q, k);

		if (!earlier->done && q->ops->holds(earlier, cmd))
			return false;
	}
	return true;
}

/* The command to run now, CMDQ_WINDOW when there is none. */
static uint32_t choose(struct cmdq *q)
{
	uint32_t found[CMDQ_WINDOW], n = 0;

	if (!q->sim->policy.out_of_order)
		return q->count && eligible(q, 0) ? 0 : CMDQ_WINDOW;
	for (uint32_t i = 0; i < q->count; i++)
		if (eligible(q, i))
			found[n++] = i;
	/* Hold back now and then, so that later commands come into the window. */
	if (!n || (may_fetch(q) && rng_below(&q->sim->order, 2)))
		return CMDQ_WINDOW;
	return found[rng_below(&q->sim->order, n)];
}

/* ---- the window ---- */

struct cmd *cmdq_push(struct cmdq *q, const uint64_t *words, uint8_t type, uint64_t at)
{
	struct cmd *cmd = cmdq_at(q, q->count++);

	*cmd = (struct cmd){
		.q = { words[0], words[1] },
		.at = at,
		.tag = q->next_tag++,
		.type = type,
	};
	if (q->sim->watch)
		cmd->number = oracle_fetched(q->sim, unit_of(q), words, at, type == q->wait);
	return cmd;
}

void cmdq_complete(struct cmdq *q, struct cmd *cmd)
{
	cmd->done = true;
	unit_of(q)->stats.commands++;
	if (q->sim->watch)
		oracle_executed(q->sim, unit_of(q)->index, cmd->number);
	while (q->count && cmdq_at(q, 0)->done) {
		q->oldest = (q->oldest + 1) % CMDQ_WINDOW;
		q->count--;
	}
}

struct cmd *cmdq_awaiting(struct cmdq *q, uint32_t tag)
{
	for (uint32_t i = 0; i < q->count; i++) {
		struct cmd *cmd = cmdq_at(q, i);

		if (cmd->tag == tag && cmd->sent && !cmd->done)
			return cmd;
	}
	return NULL;
}

void cmdq_abort(struct cmdq *q)
{
	for (uint32_t i = 0; q->sim->watch && i < q->count; i++)
		oracle_dropped(q->sim, unit_of(q)->index, cmdq_at(q, i)->number);
	q->count = 0;
	clock_cancel(&q->sim->clock, &q->status);
}

void cmdq_stop(struct cmdq *q)
{
	cmdq_abort(q);
	if (q->sim->watch)
		oracle_dropped_all(q->sim, unit_of(q)->index);
	clock_cancel(&q->sim->clock, &q->step);
}

void cmdq_reset(struct cmdq *q)
{
	cmdq_stop(q);
	q->stalled_for_good = false;
}

/* ---- waits ---- */

static bool batched(const struct cmdq *q);
static void batch(struct cmdq *q);

/* The oldest wait whose status write was scheduled completes. */
static void finish_wait(void *arg)
{
	struct cmdq *q = arg;
	struct sim *s = q->sim;
	bool lost;

	for (uint32_t i = 0; i < q->count; i++) {
		struct cmd *cmd = cmdq_at(q, i);

		if (cmd->type != q->wait || !cmd->sent || cmd->done)
			continue;
		lost = inject_armed(s, SIM_POINT_COMPLETION_LOST) &&
		       strikes(q, SIM_POINT_COMPLETION_LOST, SIM_MASTER_STATUS,
			       q->ops->status_at(q->owner, cmd), NULL);
		q->finishing = cmd->number;
		if (s->watch && lost)
			oracle_lost(s, unit_of(q)->index, cmd->number);
		q->ops->finish(q->owner, cmd, lost);
		break;
	}
	if (batched(q) && q->ops->running(q->owner))
		batch(q);
	cmdq_kick(q);
}

void cmdq_start_wait(struct cmdq *q, struct cmd *cmd)
{
	struct sim *s = q->sim;
	uint64_t delay = s->timing.status_ns, late = 0;

	cmd->sent = true;
	if (inject_armed(s, SIM_POINT_COMPLETION_LATE) &&
	    strikes(q, SIM_POINT_COMPLETION_LATE, SIM_MASTER_STATUS,
		    q->ops->status_at(q->owner, cmd), &late) &&
	    delay != TIMING_NEVER)
		delay += late;
	sim_after(s, &q->status, delay);
}

bool cmdq_write_status(struct cmdq *q, uint32_t unit, uint64_t at, uint64_t data, uint32_t bytes)
{
	struct sim *s = q->sim;
	uint64_t right = data, wrong;

	if (inject_armed(s, SIM_POINT_COMPLETION_WRONG) &&
	    strikes(q, SIM_POINT_COMPLETION_WRONG, SIM_MASTER_STATUS, at, &wrong))
		data = bytes == 4 ? (uint32_t)wrong : wrong;
	trace(s, SIM_TRACE_STATUS, unit, 0, 0, 0, at, data);
	if (!bus_write(s, unit, SIM_MASTER_STATUS, at, &data, bytes))
		return false;
	if (s->watch && data == right) /* any other value tells nothing */
		oracle_status(s, unit, q->finishing, at);
	return true;
}

/* ---- the machine ---- */

static bool stalled(struct cmdq *q)
{
	struct sim *s = q->sim;
	uint64_t ns;

	if (q->stalled_for_good)
		return true;
	if (!inject_armed(s, SIM_POINT_QUEUE_STALL) ||
	    !strikes(q, SIM_POINT_QUEUE_STALL, SIM_MASTER_ANY, q->ops->head(q->owner), &ns))
		return false;
	q->stalled_for_good = ns == 0;
	if (ns)
		sim_after(s, &q->step, ns);
	return true;
}

/* One command at most is fetched and one is run; false: there was nothing to do. */
static bool turn(struct cmdq *q)
{
	bool fetches = may_fetch(q);
	uint32_t i;

	if (fetches)
		q->ops->fetch(q->owner);
	i = choose(q);
	if (i != CMDQ_WINDOW)
		q->ops->run(q->owner, cmdq_at(q, i));
	return fetches || i != CMDQ_WINDOW;
}

/* Policy batched: all that may be carried out now is, up to the next wait, which ends at the same moment. */
static bool batched(const struct cmdq *q)
{
	return q->sim->policy.delay == SIM_DELAY_BATCHED;
}

static void batch(struct cmdq *q)
{
	for (unsigned n = 0; n < CMDQ_BATCH && q->ops->running(q->owner); n++)
		if (stalled(q) || !turn(q))
			break;
}

static void step(void *arg)
{
	struct cmdq *q = arg;

	if (!q->ops->running(q->owner) || stalled(q))
		return;
	if (batched(q))
		batch(q);
	else
		(void)turn(q);
	cmdq_kick(q);
}

void cmdq_kick(struct cmdq *q)
{
	bool work = may_fetch(q);

	if (!q->ops->running(q->owner) || q->step.set)
		return;
	for (uint32_t i = 0; !work && i < q->count; i++)
		work = eligible(q, i) && (i == 0 || q->sim->policy.out_of_order);
	if (work)
		sim_after(q->sim, &q->step, q->sim->timing.fetch_ns);
}

void cmdq_init(struct cmdq *q, struct sim *s, void *owner, const struct cmdq_ops *ops, uint8_t wait)
{
	*q = (struct cmdq){ .sim = s, .owner = owner, .ops = ops, .wait = wait };
	timer_init(&q->step, step, q);
	timer_init(&q->status, finish_wait, q);
}
