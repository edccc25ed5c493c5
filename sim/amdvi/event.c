/*
 * Events of requests: their flags, their entries, how the request ends, and their names.
 * Implements 48882 2.5 "Event Logging": entry formats, and 2.1.3 "Faults": what is returned to the device.
 */
#include <string.h>

#include "unit.h"

const char *sim_amdvi_event_name(uint8_t code)
{
	switch (code) {
#define NAME(value, name, flags, description) \
	case value:                           \
		return #name;
		AMDVI_EVENTS(NAME)
#undef NAME
	default:
		return NULL;
	}
}

uint8_t sim_amdvi_event_by_name(const char *name)
{
#define MATCH(value, event, flags, description) \
	if (!strcmp(name, #event))              \
		return value;
	AMDVI_EVENTS(MATCH)
#undef MATCH
	return 0;
}

const char *sim_amdvi_flag_name(unsigned bit)
{
	static const char *const names[] = {
#define NAME(name, description) #name,
		AMDVI_EVENT_FLAGS(NAME)
#undef NAME
	};

	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}

uint64_t amdvi_hw_type(const struct sim *s, uint64_t pa)
{
	static const uint8_t type[] = {
		[BUS_NOBODY] = AMDVI_HWERR_MASTER_ABORT,
		[BUS_REFUSED] = AMDVI_HWERR_TARGET_ABORT,
		[BUS_POISONED] = AMDVI_HWERR_DATA_ERROR,
	};

	return FIELD_PREP(AMDVI_EV0_TYPE_HW, type[bus_error_at(s, pa)]);
}

/*
 * A read is aborted and gives all ones, a posted write is dropped; both count as a completer abort here. Translation
 * requests that meet a page fault are answered without permission, those that may not be made are unsupported.
 */
static enum sim_outcome outcome(const struct sim_request *rq, uint8_t code)
{
	if (rq->at != SIM_AT_TRANSLATION)
		return SIM_OUTCOME_CA;
	if (code == AMDVI_EV_IO_PAGE_FAULT)
		return SIM_OUTCOME_NO_ACCESS;
	return code == AMDVI_EV_INVALID_DEVICE_REQUEST ? SIM_OUTCOME_UR : SIM_OUTCOME_CA;
}

/* RW tells the direction of memory requests, TR translation requests, GN that an illegal entry's request has a PASID. */
static uint64_t request_flags(const struct amdvi_xl *xl, uint8_t code)
{
	const struct sim_request *rq = xl->rq;
	uint64_t gn = 0;

	if (code == AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY && rq->flags & SIM_REQ_PASID)
		gn = AMDVI_EV0_GN;
	if (rq->at == SIM_AT_TRANSLATION)
		return AMDVI_EV0_TR | gn;
	if (xl->interrupt || code == AMDVI_EV_INVALID_DEVICE_REQUEST)
		return gn;
	return gn | (rq->access == SIM_WRITE || rq->access == SIM_ATOMIC ? AMDVI_EV0_RW : 0);
}

/* DomainID, or with GN the PASID. */
static uint64_t space_bits(const struct amdvi_xl *xl, uint8_t code, uint64_t flags)
{
	if (flags & AMDVI_EV0_GN)
		return FIELD_PREP(AMDVI_EV0_PASID_LO, xl->rq->pasid & 0xFFFF) |
		       FIELD_PREP(AMDVI_EV0_PASID_HI, xl->rq->pasid >> 16 & 0xF);
	if (code == AMDVI_EV_IO_PAGE_FAULT || code == AMDVI_EV_PAGE_TAB_HARDWARE_ERROR)
		return FIELD_PREP(AMDVI_EV0_DOMAINID, xl->domain);
	return 0;
}

/* SA and SE silence page faults of memory requests, IG and SupIOPF those of interrupts; nothing silences other events. */
static bool suppressed(const struct amdvi_xl *xl, uint8_t code)
{
	const struct tc_entry *e;

	if (code != AMDVI_EV_IO_PAGE_FAULT)
		return false;
	if (xl->interrupt)
		return xl->sup_iopf || (xl->q[2] & AMDVI_DTE2_IV && xl->q[2] & AMDVI_DTE2_IG);
	if (!(xl->q[0] & AMDVI_DTE0_V))
		return false;
	if (xl->q[1] & AMDVI_DTE1_SA)
		return true;
	if (!(xl->q[1] & AMDVI_DTE1_SE) || !xl->cache)
		return false;
	e = amdvi_dte_cached(xl->cache, xl->rq->rid);
	return e && e->flags & AMDVI_DTE_LOGGED;
}

/* SE: the first page fault that reaches the log marks the cached entry, until that is invalidated. */
static void mark_logged(const struct amdvi_xl *xl, uint8_t code)
{
	struct tc_entry *e;

	if (!(xl->q[1] & AMDVI_DTE1_SE) || code != AMDVI_EV_IO_PAGE_FAULT || xl->interrupt)
		return;
	e = amdvi_dte_cached(xl->cache, xl->rq->rid);
	if (e)
		e->flags |= AMDVI_DTE_LOGGED;
}

void amdvi_fault(struct amdvi_xl *xl, uint8_t code, uint64_t flags, uint64_t addr)
{
	struct amdvi_unit *a = xl->cache;
	struct sim_xlat *x = xl->x;

	x->outcome = (uint8_t)outcome(xl->rq, code);
	if (x->outcome == SIM_OUTCOME_NO_ACCESS) {
		x->perm = 0;
		return;
	}
	flags |= request_flags(xl, code);
	x->reason = code;
	x->flags = (uint16_t)FIELD_GET(AMDVI_EV0_FLAGS, flags);
	x->suppressed = suppressed(xl, code);
	if (!a || xl->quiet)
		return;
	if (x->suppressed) {
		a->u.stats.blocked++;
		a->u.stats.suppressed++;
		return;
	}
	x->recorded = amdvi_log(a,
				FIELD_PREP(AMDVI_EV0_CODE, code) | flags |
					space_bits(xl, code, flags) | xl->rq->rid,
				addr) == AMDVI_LOGGED;
	if (x->recorded)
		mark_logged(xl, code);
}

void amdvi_invalid(struct amdvi_xl *xl, unsigned type)
{
	const struct sim_request *rq = xl->rq;
	uint64_t flags = FIELD_PREP(AMDVI_EV0_TYPE, type);

	if (rq->flags & SIM_REQ_PASID)
		flags |= AMDVI_EV0_GN | (rq->flags & SIM_REQ_PRIV ? 0 : AMDVI_EV0_US);
	amdvi_fault(xl, AMDVI_EV_INVALID_DEVICE_REQUEST, flags, rq->addr);
}
