/*
 * Faults: how a request ends, and what is recorded.
 * Implements 7.1 "Address Translation Faults" (the table of conditions and request classes), 7.2 "Fault Logging",
 * 11.4.7.1 "Fault Status Register" and 11.4.7.6 "Fault Recording Registers".
 */
#include <string.h>

#include "unit.h"

/* How a translation request ends; untranslated and translated requests always end as unsupported requests. */
static enum sim_outcome ats_outcome(uint8_t reason)
{
	switch (reason) {
	case VTD_FR_ADDR_BEYOND:
	case VTD_FR_SS_WRITE:
	case VTD_FR_SS_READ:
		return SIM_OUTCOME_NO_ACCESS; /* success without permission: no fault */
	case VTD_FR_ROOT_NP:
	case VTD_FR_CTX_NP:
	case VTD_FR_CTX_ATS:
	case VTD_FR_LEGACY_PASID:
	case VTD_FR_ABORT_MODE:
		return SIM_OUTCOME_UR;
	default:
		return SIM_OUTCOME_CA;
	}
}

static bool qualified(uint8_t reason)
{
	switch (reason) {
#define QUALIFIED(code, name, conditions, is_qualified, description) \
	case code:                                                   \
		return is_qualified;
		VTD_FAULT_REASONS(QUALIFIED)
#undef QUALIFIED
	default:
		return false;
	}
}

const char *sim_vtd_reason_name(uint8_t reason)
{
	switch (reason) {
#define NAME(code, name, conditions, is_qualified, description) \
	case code:                                              \
		return #name;
		VTD_FAULT_REASONS(NAME)
#undef NAME
	default:
		return NULL;
	}
}

uint8_t sim_vtd_reason_by_name(const char *name)
{
#define MATCH(code, reason, conditions, is_qualified, description) \
	if (!strcmp(name, #reason))                                \
		return code;
	VTD_FAULT_REASONS(MATCH)
#undef MATCH
	return 0;
}

/* ---- recording, VT-d 7.2.1 "Primary Fault Logging" ---- */

static uint32_t frcd(const struct vtd_unit *v, uint32_t index)
{
	return v->caps.fault_off + index * VTD_FRCD_SIZE;
}

static uint32_t fsts(const struct vtd_unit *v)
{
	return (uint32_t)reg_get(&v->u.regs, VTD_REG_FSTS);
}

static bool occupied(const struct vtd_unit *v, uint32_t index)
{
	return (reg_get(&v->u.regs, frcd(v, index) + 8) & VTD_FRCD1_F) != 0;
}

/* Optional: a source that already has a record gets no second one. */
static bool collapses(const struct vtd_unit *v, uint16_t rid)
{
	if (!v->u.sim->policy.collapse_faults)
		return false;
	for (uint32_t i = 0; i < v->caps.faults; i++)
		if (occupied(v, i) &&
		    FIELD_GET(VTD_FRCD1_SID, reg_get(&v->u.regs, frcd(v, i) + 8)) == rid)
			return true;
	return false;
}

static uint64_t type_bits(const struct sim_request *rq)
{
	if (rq->at == SIM_AT_TRANSLATION) /* counts as a read, whatever the device has in mind */
		return VTD_FRCD1_T1;
	if (rq->access == SIM_ATOMIC)
		return VTD_FRCD1_T1 | VTD_FRCD1_T2;
	return rq->access == SIM_WRITE ? 0 : VTD_FRCD1_T1;
}

static bool is_interrupt(uint8_t reason)
{
	return reason >= VTD_FR_IR_REQ_RSVD && reason <= VTD_FR_IR_REQUIRED;
}

/* Which entry is not defined for requests that do not get so far. */
static bool has_index(uint8_t reason)
{
	switch (reason) {
	case VTD_FR_IR_REQ_RSVD:
	case VTD_FR_IR_COMPAT:
	case VTD_FR_BAD_INTR:
	case VTD_FR_IR_EIME:
	case VTD_FR_IR_REQUIRED:
		return false;
	default:
		return true;
	}
}

static void compose(const struct vtd_unit *v, const struct vtd_xl *xl, uint64_t *q)
{
	const struct sim_request *rq = xl->rq;
	uint8_t reason = xl->x->reason;
	unsigned widest = TC_SIZE_LG2(v->caps.widest_aw + 2u);

	/* FI keeps the bits below the widest supported AGAW. */
	q[0] = rq->addr & VTD_FRCD0_FI & (BIT64(widest) - 1);
	q[1] = VTD_FRCD1_F | FIELD_PREP(VTD_FRCD1_FR, reason) | rq->rid;
	if (is_interrupt(reason)) {
		q[0] = has_index(reason) ? FIELD_PREP(VTD_FRCD0_IIDX, xl->index & 0xFFFF) : 0;
		return;
	}
	q[1] |= type_bits(rq);
	if (v->caps.dt)
		q[1] |= FIELD_PREP(VTD_FRCD1_AT, rq->at);
	/* PP, PV, EXE and PRIV are reserved on a unit without PASID support (ECAP.PASID), as every unit here. */
}

static void record(struct vtd_unit *v, const struct vtd_xl *xl)
{
	struct regfile *rf = &v->u.regs;
	uint32_t at = frcd(v, v->fault_index), status = fsts(v);
	uint64_t q[2];
	bool first = !(status & VTD_FSTS_PPF), quiet = !(status & (VTD_FSTS_PPF | VTD_FSTS_W1C));

	compose(v, xl, q);
	reg_set(rf, at, q[0]);
	reg_set(rf, at + 8, q[1]);
	v->u.stats.recorded++;
	trace(v->u.sim, SIM_TRACE_FAULT_RECORD, v->u.index, v->fault_index, xl->x->reason, 0, q[0],
	      q[1]);
	if (first)
		reg_set(rf, VTD_REG_FSTS,
			(status & ~VTD_FSTS_FRI) | VTD_FSTS_PPF |
				FIELD_PREP(VTD_FSTS_FRI, v->fault_index));
	v->fault_index = (v->fault_index + 1) % v->caps.faults;
	if (first && quiet)
		vtd_event_raise(v, VTD_EVENT_FAULT);
}

static bool no_room(struct vtd_unit *v, uint64_t addr)
{
	if (fsts(v) & VTD_FSTS_PFO)
		return true;
	if (!occupied(v, v->fault_index) &&
	    !(inject_armed(v->u.sim, SIM_POINT_LOG_OVERFLOW) &&
	      inject_fires(v->u.sim, v->u.index, SIM_POINT_LOG_OVERFLOW, SIM_MASTER_LOG, addr, addr,
			   NULL)))
		return false;
	reg_set(&v->u.regs, VTD_REG_FSTS, fsts(v) | VTD_FSTS_PFO);
	return true;
}

void vtd_fault(struct vtd_xl *xl)
{
	struct vtd_unit *v = xl->cache;
	struct sim_xlat *x = xl->x;

	x->outcome = (uint8_t)(xl->rq->at == SIM_AT_TRANSLATION ? ats_outcome(x->reason)
								: SIM_OUTCOME_UR);
	if (x->outcome == SIM_OUTCOME_NO_ACCESS) {
		x->reason = 0;
		x->perm = 0;
		return;
	}
	x->suppressed = xl->fpd && qualified(x->reason);
	if (!v)
		return;
	v->u.stats.blocked++;
	if (x->suppressed) {
		v->u.stats.suppressed++;
	} else if (fsts(v) & VTD_FSTS_PFO) {
		v->u.stats.overflowed++;
	} else if (collapses(v, xl->rq->rid)) {
		v->u.stats.collapsed++;
	} else if (no_room(v, xl->rq->addr)) {
		v->u.stats.overflowed++;
	} else {
		record(v, xl);
		x->recorded = true;
	}
}

/* ---- status ---- */

static void conditions_changed(struct vtd_unit *v)
{
	if (!(fsts(v) & (VTD_FSTS_PPF | VTD_FSTS_W1C)))
		vtd_event_cleared(v, VTD_EVENT_FAULT);
}

void vtd_fault_status(struct vtd_unit *v, uint32_t bit)
{
	uint32_t status = fsts(v);

	reg_set(&v->u.regs, VTD_REG_FSTS, status | bit);
	if (!(status & (VTD_FSTS_PPF | VTD_FSTS_W1C)))
		vtd_event_raise(v, VTD_EVENT_FAULT);
}

void vtd_fsts_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;

	if (w->old & ~w->now & (VTD_FSTS_IQE | VTD_FSTS_ITE))
		vtd_qi_kick(v);
	conditions_changed(v);
}

void vtd_frcd_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;

	if (!(w->old & ~w->now & VTD_FRCD1_F))
		return;
	for (uint32_t i = 0; i < v->caps.faults; i++)
		if (occupied(v, i))
			return;
	reg_set(&v->u.regs, VTD_REG_FSTS, fsts(v) & ~VTD_FSTS_PPF);
	conditions_changed(v);
}
