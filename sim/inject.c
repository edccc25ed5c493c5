/*
 * Fault injection: which rule fires for an access.
 */
#include <string.h>

#include "machine.h"

#define BUS_POINTS                                                                            \
	((uint32_t)1 << SIM_POINT_BUS_READ_ABORT | (uint32_t)1 << SIM_POINT_BUS_READ_POISON | \
	 (uint32_t)1 << SIM_POINT_BUS_WRITE_ABORT | (uint32_t)1 << SIM_POINT_BIT_FLIP)

_Static_assert(SIM_POINTS <= 32, "inject.armed has a bit per point");

static const char *const point_names[SIM_POINTS] = {
	[SIM_POINT_BUS_READ_ABORT] = "bus-read-abort",
	[SIM_POINT_BUS_READ_POISON] = "bus-read-poison",
	[SIM_POINT_BUS_WRITE_ABORT] = "bus-write-abort",
	[SIM_POINT_BIT_FLIP] = "bit-flip",
	[SIM_POINT_PAGE_ALLOC] = "page-alloc",
	[SIM_POINT_QUEUE_STALL] = "queue-stall",
	[SIM_POINT_COMPLETION_LOST] = "completion-lost",
	[SIM_POINT_COMPLETION_LATE] = "completion-late",
	[SIM_POINT_COMPLETION_WRONG] = "completion-wrong",
	[SIM_POINT_INVALIDATION_LOST] = "invalidation-lost",
	[SIM_POINT_DEVTLB_SILENT] = "devtlb-silent",
	[SIM_POINT_DEVTLB_IGNORED] = "devtlb-ignored",
	[SIM_POINT_DEVTLB_BAD_ANSWER] = "devtlb-bad-answer",
	[SIM_POINT_MSI_LOST] = "msi-lost",
	[SIM_POINT_LOG_OVERFLOW] = "log-overflow",
	[SIM_POINT_HANDSHAKE_LOST] = "handshake-lost",
	[SIM_POINT_UNIT_RESET] = "unit-reset",
	[SIM_POINT_UNIT_GONE] = "unit-gone",
	[SIM_POINT_REG_ONES] = "reg-ones",
	[SIM_POINT_DEVICE_GONE] = "device-gone",
	[SIM_POINT_DMA_TRANSLATED] = "dma-translated",
	[SIM_POINT_DMA_SPOOFED] = "dma-spoofed",
	[SIM_POINT_EVENT_LATE] = "event-late",
	[SIM_POINT_COMMAND_DAMAGED] = "command-damaged",
	[SIM_POINT_COMMAND_REFUSED] = "command-refused",
	[SIM_POINT_INVALIDATION_WRONG] = "invalidation-wrong",
};

static const char *const master_names[SIM_MASTERS] = {
	[SIM_MASTER_CPU] = "cpu",       [SIM_MASTER_WALK] = "walk", [SIM_MASTER_QUEUE] = "queue",
	[SIM_MASTER_STATUS] = "status", [SIM_MASTER_LOG] = "log",   [SIM_MASTER_MSI] = "msi",
	[SIM_MASTER_DMA] = "dma",
};

static const char *const promise_names[] = {
	[SIM_PROMISE_SURVIVE] = "survive",
	[SIM_PROMISE_REPORT] = "report",
	[SIM_PROMISE_CONTAIN] = "contain",
};

#define PROMISES (sizeof(promise_names) / sizeof(promise_names[0]))

const char *sim_point_name(enum sim_point point)
{
	return (unsigned)point < SIM_POINTS ? point_names[point] : NULL;
}

const char *sim_master_name(enum sim_master master)
{
	if (master == SIM_MASTER_ANY)
		return "any";
	return (unsigned)master < SIM_MASTERS ? master_names[master] : NULL;
}

const char *sim_promise_name(enum sim_promise promise)
{
	return (unsigned)promise < PROMISES ? promise_names[promise] : NULL;
}

static bool rule_spent(const struct inject_rule *r)
{
	return r->rule.count && r->fired >= r->rule.count;
}

/* Spent rules arm nothing, so that the bus is fast again behind them. */
static void inject_rearm(struct sim *s)
{
	struct inject *in = &s->inject;

	in->armed = 0;
	for (unsigned i = 0; i < SIM_INJECT_RULES; i++)
		if (in->rule[i].used && !rule_spent(&in->rule[i]))
			in->armed |= (uint32_t)1 << in->rule[i].rule.point;
	bus_update(s);
}

int sim_inject_add(struct sim *s, const struct sim_inject_rule *rule)
{
	if ((unsigned)rule->point >= SIM_POINTS || !sim_master_name(rule->master) ||
	    !sim_promise_name(rule->promise) || rule->first > rule->last || rule->unit > SIM_UNITS)
		return SIM_E_INVAL;
	for (int i = 0; i < SIM_INJECT_RULES; i++) {
		if (s->inject.rule[i].used)
			continue;
		s->inject.rule[i] = (struct inject_rule){ .rule = *rule, .used = true };
		inject_rearm(s);
		return i;
	}
	return SIM_E_FULL;
}

static bool rule_exists(const struct sim *s, int number)
{
	return number >= 0 && number < SIM_INJECT_RULES && s->inject.rule[number].used;
}

int sim_inject_remove(struct sim *s, int number)
{
	if (!rule_exists(s, number))
		return SIM_E_NOENT;
	s->inject.rule[number] = (struct inject_rule){ 0 };
	inject_rearm(s);
	return SIM_OK;
}

uint32_t sim_inject_fired(const struct sim *s, int number)
{
	return rule_exists(s, number) ? s->inject.rule[number].fired : 0;
}

uint32_t sim_inject_passed(const struct sim *s, int number)
{
	return rule_exists(s, number) ? s->inject.rule[number].seen : 0;
}

static bool rule_matches(const struct inject_rule *r, uint32_t unit, enum sim_point point,
			 enum sim_master master, uint64_t first, uint64_t last)
{
	if (!r->used || r->rule.point != point || first > r->rule.last || last < r->rule.first)
		return false;
	if (r->rule.unit && r->rule.unit != unit + 1)
		return false;
	return !(BUS_POINTS >> point & 1) || r->rule.master == SIM_MASTER_ANY ||
	       r->rule.master == master;
}

bool inject_fires(struct sim *s, uint32_t unit, enum sim_point point, enum sim_master master,
		  uint64_t first, uint64_t last, uint64_t *value)
{
	if (!inject_armed(s, point))
		return false;
	for (unsigned i = 0; i < SIM_INJECT_RULES; i++) {
		struct inject_rule *r = &s->inject.rule[i];

		if (!rule_matches(r, unit, point, master, first, last) || rule_spent(r))
			continue;
		if (r->seen < r->rule.skip) {
			r->seen++;
			continue;
		}
		if (r->fired != UINT32_MAX)
			r->fired++;
		if (BUS_POINTS >> point & 1 && master == SIM_MASTER_WALK)
			s->inject.walk_errors++;
		if (point == SIM_POINT_INVALIDATION_LOST || point == SIM_POINT_INVALIDATION_WRONG)
			s->inject.losses++;
		if (value)
			*value = r->rule.value;
		trace(s, SIM_TRACE_INJECT, unit == INJECT_NO_UNIT ? 0 : unit, i, (uint8_t)point, 0,
		      first, r->rule.value);
		if (rule_spent(r))
			inject_rearm(s);
		return true;
	}
	return false;
}

bool sim_inject_fires(struct sim *s, enum sim_point point, enum sim_master master, uint64_t addr,
		      uint64_t *value)
{
	return (unsigned)point < SIM_POINTS &&
	       inject_fires(s, INJECT_NO_UNIT, point, master, addr, addr, value);
}

uint64_t inject_wrong(struct sim *s, uint32_t unit, uint64_t addr)
{
	uint64_t value = 0;

	if (!inject_armed(s, SIM_POINT_INVALIDATION_WRONG) ||
	    !inject_fires(s, unit, SIM_POINT_INVALIDATION_WRONG, SIM_MASTER_ANY, addr, addr,
			  &value))
		return 0;
	return value ? value : 1;
}
