/*
 * Control and Status: enables, and the Run bits that follow them.
 * Implements 48882 3.3 "Control Register" and "IOMMU Status Register".
 *
 * IommuEn switches translation with the write. A Run bit follows its enables some time later, and a command buffer stops
 * when the commands it has fetched are complete.
 */
#include "unit.h"

#define CMD_ENABLES (AMDVI_CONTROL_IOMMUEN | AMDVI_CONTROL_CMDBUFEN)
#define LOG_ENABLES (AMDVI_CONTROL_IOMMUEN | AMDVI_CONTROL_EVENTLOGEN)
/* What may change only while IommuEn = 0. */
#define FIXED                                                                      \
	(AMDVI_CONTROL_COHERENT | AMDVI_CONTROL_DEVTBLSEGEN | AMDVI_CONTROL_GAEN | \
	 AMDVI_CONTROL_XTEN)

/* ---- status bits ---- */

void amdvi_status_set(struct amdvi_unit *a, uint64_t bit, uint64_t enable)
{
	uint64_t status = amdvi_status(a);

	reg_set(&a->u.regs, AMDVI_REG_STATUS, status | bit);
	if (!(status & bit) && amdvi_control(a) & enable)
		amdvi_irq(a);
}

void amdvi_status_clear(struct amdvi_unit *a, uint64_t bits)
{
	reg_set(&a->u.regs, AMDVI_REG_STATUS, amdvi_status(a) & ~bits);
}

/* ---- run bits ---- */

static bool all(uint64_t control, uint64_t enables)
{
	return (control & enables) == enables;
}

static void follow_cmd(struct amdvi_unit *a)
{
	bool want = all(amdvi_control(a), CMD_ENABLES);
	bool runs = amdvi_status(a) & AMDVI_STATUS_CMDBUFRUN;

	if (a->cmd_stop || !want) {
		a->cmd_draining = runs && a->q.count;
		if (a->cmd_draining)
			return; /* amdvi_control_drained comes back to it */
		cmdq_stop(&a->q);
		amdvi_status_clear(a, AMDVI_STATUS_CMDBUFRUN);
		a->cmd_stop = a->cmd_error = a->cmd_bad = runs = false;
	}
	if (!want || runs || a->cmd_error)
		return;
	amdvi_ring_sample(a, AMDVI_RING_CMD);
	amdvi_status_set(a, AMDVI_STATUS_CMDBUFRUN, 0);
	cmdq_kick(&a->q);
}

static void follow_log(struct amdvi_unit *a)
{
	bool want = all(amdvi_control(a), LOG_ENABLES);

	if (a->log_stop || !want) {
		amdvi_status_clear(a, AMDVI_STATUS_EVENTLOGRUN);
		a->log_stop = a->log_lost = false;
	}
	if (want && !a->log_lost && !(amdvi_status(a) & AMDVI_STATUS_EVENTLOGRUN))
		amdvi_log_start(a);
}

static void follow(void *arg)
{
	struct amdvi_unit *a = arg;

	follow_cmd(a);
	follow_log(a);
}

void amdvi_control_init(struct amdvi_unit *a)
{
	timer_init(&a->run, follow, a);
}

void amdvi_control_drained(struct amdvi_unit *a)
{
	if (a->q.count)
		return;
	if (a->cmd_draining) {
		follow_cmd(a);
	} else if (a->cmd_bad) {
		a->cmd_bad = false;
		cmdq_kick(&a->q);
	}
}

/* ---- writes ---- */

static void complain_control(struct amdvi_unit *a, const struct reg_write *w)
{
	struct sim *s = a->u.sim;
	uint64_t dual = FIELD_GET(AMDVI_CONTROL_DUALEVENTLOGEN, w->now);

	if ((dual && dual > a->caps.dual) || FIELD_GET(AMDVI_CONTROL_INVTIMEOUT, w->now) == 7 ||
	    FIELD_GET(AMDVI_CONTROL_NUMINTREMAPMODE, w->now) > AMDVI_NUMINTREMAP_2048 ||
	    (w->now & AMDVI_CONTROL_XTEN && !(w->now & AMDVI_CONTROL_GAEN)))
		complain(s, a->u.index, COMPLAINT_CONTROL_RESERVED, w->now);
	if (w->old & w->now & AMDVI_CONTROL_IOMMUEN && (w->old ^ w->now) & FIXED)
		complain(s, a->u.index, COMPLAINT_CONTROL_WHILE_ENABLED, w->now);
}

/* An enable fell: its Run bit has to be seen at 0 before the enable rises again. */
static void edges(struct amdvi_unit *a, const struct reg_write *w, uint64_t enables, uint64_t run,
		  bool *stop)
{
	bool was = all(w->old, enables), is = all(w->now, enables);

	if (was && !is)
		*stop = true;
	if (!was && is && *stop && amdvi_status(a) & run)
		complain(a->u.sim, a->u.index, COMPLAINT_ENABLE_BEFORE_STOPPED, w->now);
}

static bool lost(struct amdvi_unit *a, uint64_t control)
{
	return inject_armed(a->u.sim, SIM_POINT_HANDSHAKE_LOST) &&
	       inject_fires(a->u.sim, a->u.index, SIM_POINT_HANDSHAKE_LOST, SIM_MASTER_ANY, control,
			    control, NULL);
}

void amdvi_control_wrote(void *owner, const struct reg_write *w)
{
	struct amdvi_unit *a = owner;

	/* Policy where the specification calls it undefined: the whole write is ignored. */
	if (FIELD_GET(AMDVI_CONTROL_DEVTBLSEGEN, w->now) > a->caps.segments_lg2) {
		reg_set(&a->u.regs, AMDVI_REG_CONTROL, w->old);
		complain(a->u.sim, a->u.index, COMPLAINT_CONTROL_RESERVED, w->now);
		return;
	}
	complain_control(a, w);
	edges(a, w, CMD_ENABLES, AMDVI_STATUS_CMDBUFRUN, &a->cmd_stop);
	edges(a, w, LOG_ENABLES, AMDVI_STATUS_EVENTLOGRUN, &a->log_stop);
	a->on = (w->now & AMDVI_CONTROL_IOMMUEN) != 0;
	amdvi_update_fast(a);
	if ((w->old ^ w->now) & (CMD_ENABLES | LOG_ENABLES) && !lost(a, w->now))
		sim_after(a->u.sim, &a->run, a->u.sim->timing.handshake_ns);
}

void amdvi_devtab_wrote(void *owner, const struct reg_write *w)
{
	struct amdvi_unit *a = owner;

	if (a->u.sim->watch)
		oracle_pointed(a->u.sim, a->u.index, "DEVTAB",
			       ORACLE_TABLES_DMA | ORACLE_TABLES_INTERRUPTS, w->old, w->now);
	if (a->on && w->old != w->now)
		complain(a->u.sim, a->u.index, COMPLAINT_DEVTAB_WHILE_ENABLED, w->now);
}

void amdvi_excl_wrote(void *owner, const struct reg_write *w)
{
	(void)w;
	amdvi_update_fast(owner);
}
