/*
 * The event log, or two of them, and the hardware event registers.
 * Implements 48882 2.5 "Event Logging", "Event Log Restart" and 3.3 "Hardware Event Registers".
 */
#include "unit.h"

static const uint64_t overflow_bit[2] = { AMDVI_STATUS_EVENTOVERFLOW, AMDVI_STATUS_EVENTOVRFLWB };

/* How the logs are used; an encoding the unit does not have counts as log A alone. */
static uint64_t dual(const struct amdvi_unit *a)
{
	uint64_t mode = FIELD_GET(AMDVI_CONTROL_DUALEVENTLOGEN, amdvi_control(a));

	return mode <= a->caps.dual ? mode : AMDVI_DUALLOG_A;
}

static unsigned active(const struct amdvi_unit *a)
{
	return (amdvi_status(a) & AMDVI_STATUS_EVENTLOGACTIVE) != 0;
}

static void activate(struct amdvi_unit *a, unsigned n)
{
	uint64_t status = amdvi_status(a) & ~AMDVI_STATUS_EVENTLOGACTIVE;

	reg_set(&a->u.regs, AMDVI_REG_STATUS, status | (n ? AMDVI_STATUS_EVENTLOGACTIVE : 0));
}

void amdvi_log_start(struct amdvi_unit *a)
{
	amdvi_ring_sample(a, AMDVI_RING_EVT);
	if (a->caps.dual)
		amdvi_ring_sample(a, AMDVI_RING_EVT_B);
	activate(a, dual(a) == AMDVI_DUALLOG_B);
	amdvi_status_clear(a, AMDVI_STATUS_EVENTOVERFLOW | AMDVI_STATUS_EVENTOVRFLWB);
	amdvi_status_set(a, AMDVI_STATUS_EVENTLOGRUN, 0);
}

/* ---- hardware event registers ---- */

static void latch(struct amdvi_unit *a, uint64_t q0, uint64_t q1)
{
	struct regfile *rf = &a->u.regs;
	uint64_t status = reg_get(rf, AMDVI_REG_HWEVT_STATUS);
	bool held = status & AMDVI_HWEVT_STATUS_HEV;

	reg_set(rf, AMDVI_REG_HWEVT_STATUS,
		status | AMDVI_HWEVT_STATUS_HEV | (held ? AMDVI_HWEVT_STATUS_HEO : 0));
	if (held && !amdvi_reads_as(a, SIM_AMDVI_HW_EVENT_NEWEST))
		return;
	reg_set(rf, AMDVI_REG_HWEVT_UPPER, q0);
	reg_set(rf, AMDVI_REG_HWEVT_LOWER, q1);
}

static bool hardware_error(uint64_t q0)
{
	uint64_t code = FIELD_GET(AMDVI_EV0_CODE, q0);

	return code == AMDVI_EV_DEV_TAB_HARDWARE_ERROR ||
	       code == AMDVI_EV_PAGE_TAB_HARDWARE_ERROR || code == AMDVI_EV_COMMAND_HARDWARE_ERROR;
}

/* ---- the log ---- */

static uint64_t next_tail(const struct amdvi_unit *a, unsigned n)
{
	uint64_t tail = reg_get(&a->u.regs, AMDVI_REG_EVT_TAIL_AB(n));

	return (tail + sizeof(struct amdvi_event)) & (a->ring[AMDVI_RING_EVT + n].bytes - 1);
}

static bool full(const struct amdvi_unit *a, unsigned n)
{
	return next_tail(a, n) == reg_get(&a->u.regs, AMDVI_REG_EVT_HEAD_AB(n));
}

/* A log takes entries: not full, and no overflow of it is waiting for software. */
static bool takes(const struct amdvi_unit *a, unsigned n)
{
	return !(amdvi_status(a) & overflow_bit[n]) && !full(a, n);
}

/* Logging stops until it is enabled anew; in the other reading, until software has cleared the bit. */
static void stop(struct amdvi_unit *a)
{
	if (amdvi_reads_as(a, SIM_AMDVI_RUN_SURVIVES_OVERFLOW))
		return;
	amdvi_status_clear(a, AMDVI_STATUS_EVENTLOGRUN);
	a->log_lost = true;
}

/* The log that takes the entry now; false: none does. */
static bool choose(struct amdvi_unit *a, uint64_t addr, unsigned *n)
{
	struct sim *s = a->u.sim;
	bool forced = inject_armed(s, SIM_POINT_LOG_OVERFLOW) &&
		      inject_fires(s, a->u.index, SIM_POINT_LOG_OVERFLOW, SIM_MASTER_LOG, addr,
				   addr, NULL);

	*n = active(a);
	if (takes(a, *n) && !forced)
		return true;
	amdvi_status_set(a, overflow_bit[*n], AMDVI_CONTROL_EVENTINTEN);
	if (dual(a) == AMDVI_DUALLOG_SWAP && takes(a, *n ^ 1u)) {
		*n ^= 1u;
		activate(a, *n);
		return true;
	}
	stop(a);
	return false;
}

static void write_late(void *arg)
{
	struct amdvi_unit *a = arg;

	(void)bus_write(a->u.sim, a->u.index, SIM_MASTER_LOG, a->late_pa, &a->late_event,
			sizeof(a->late_event));
}

void amdvi_log_init(struct amdvi_unit *a)
{
	timer_init(&a->late, write_late, a);
}

/* Errata 732, 733: software sees the tail before the entry. One entry at a time; the next one pushes it out. */
static bool is_late(struct amdvi_unit *a, uint64_t pa, const struct amdvi_event *e)
{
	struct sim *s = a->u.sim;
	uint64_t ns = 0;

	if (!inject_armed(s, SIM_POINT_EVENT_LATE) ||
	    !inject_fires(s, a->u.index, SIM_POINT_EVENT_LATE, SIM_MASTER_LOG, pa, pa, &ns))
		return false;
	if (a->late.set)
		write_late(a);
	a->late_pa = pa;
	a->late_event = *e;
	if (ns)
		sim_after(s, &a->late, ns);
	else
		clock_cancel(&s->clock, &a->late);
	return true;
}

static bool write_entry(struct amdvi_unit *a, unsigned n, uint64_t q0, uint64_t q1)
{
	uint64_t tail = reg_get(&a->u.regs, AMDVI_REG_EVT_TAIL_AB(n));
	uint64_t pa = a->ring[AMDVI_RING_EVT + n].base + tail;
	struct amdvi_event e = { { q0, q1 } };

	if (!is_late(a, pa, &e) &&
	    !bus_write(a->u.sim, a->u.index, SIM_MASTER_LOG, pa, &e, sizeof(e)))
		return false;
	reg_set(&a->u.regs, AMDVI_REG_EVT_TAIL_AB(n), next_tail(a, n));
	trace(a->u.sim, SIM_TRACE_FAULT_RECORD, a->u.index, (uint32_t)tail,
	      (uint8_t)FIELD_GET(AMDVI_EV0_CODE, q0), (uint8_t)n, q0, q1);
	return true;
}

enum amdvi_logged amdvi_log(struct amdvi_unit *a, uint64_t q0, uint64_t q1)
{
	struct sim_unit_stats *stats = &a->u.stats;
	unsigned n;

	stats->blocked++;
	if (a->caps.he && hardware_error(q0))
		latch(a, q0, q1);
	if (!(amdvi_status(a) & AMDVI_STATUS_EVENTLOGRUN)) {
		if (a->log_lost)
			stats->overflowed++;
		else
			stats->suppressed++;
		return a->log_lost ? AMDVI_LOG_LOST : AMDVI_LOG_OFF;
	}
	if (!choose(a, q1, &n)) {
		stats->overflowed++;
		return AMDVI_LOG_LOST;
	}
	if (!write_entry(a, n, q0, q1)) {
		stats->suppressed++; /* no event about a failing log */
		return AMDVI_LOG_OFF;
	}
	stats->recorded++;
	if (!amdvi_reads_as(a, SIM_AMDVI_EVENT_INT_GATED) ||
	    amdvi_control(a) & AMDVI_CONTROL_EVENTINTEN)
		amdvi_status_set(a, AMDVI_STATUS_EVENTLOGINT, AMDVI_CONTROL_EVENTINTEN);
	return AMDVI_LOGGED;
}
