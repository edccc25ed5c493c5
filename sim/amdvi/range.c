/*
 * Special address ranges: HyperTransport.
 * Implements 48882 2.1.2 "Device Address Ranges".
 *
 * Leaves out the messages themselves: every interrupt of the HyperTransport range counts as fixed (LINT0 and LINT1 are not
 * told from it), every system management message as one that is no INTx.
 */
#include "unit.h"

static bool writes(const struct sim_request *rq)
{
	return rq->access == SIM_WRITE;
}

/* ---- HyperTransport ---- */

enum range {
#define RANGE(name, first, last, description) RANGE_##name,
	AMDVI_HT_RANGES(RANGE)
#undef RANGE
	RANGES
};

static const struct {
	uint64_t first, last;
} ranges[RANGES] = {
#define RANGE(name, first, last, description) [RANGE_##name] = { first, last },
	AMDVI_HT_RANGES(RANGE)
#undef RANGE
};

static enum range range_of(uint64_t addr)
{
	unsigned i = 0;

	while (i < RANGES && addr > ranges[i].last)
		i++;
	return (enum range)i;
}

bool amdvi_range_special(const struct amdvi_caps *c, uint64_t first, uint64_t last)
{
	if (first <= AMDVI_INTR_LAST && last >= AMDVI_INTR_FIRST)
		return true;
	return !c->ht_ignore && first <= AMDVI_HT_LAST && last >= AMDVI_HT_FIRST;
}

static void forward(struct amdvi_xl *xl)
{
	xl->x->pa = xl->rq->addr;
	xl->x->perm = 3;
	xl->x->source = SIM_FROM_BYPASS;
	xl->x->outcome = SIM_OUTCOME_OK;
}

/* No event is defined for it. */
static void abort_quietly(struct amdvi_xl *xl)
{
	xl->x->outcome = SIM_OUTCOME_CA;
}

/* Returns false for a request that is translated like any other. */
static bool system_management(struct amdvi_xl *xl)
{
	switch (FIELD_GET(AMDVI_DTE1_SYSMGT, xl->q[1])) {
	case AMDVI_SYSMGT_FORWARD:
		forward(xl);
		return true;
	case AMDVI_SYSMGT_TRANSLATE:
		return false;
	default:
		amdvi_invalid(xl, writes(xl->rq) ? AMDVI_DR_SYSMGT_WRITE : AMDVI_DR_SYSMGT);
		return true;
	}
}

static bool port_io(struct amdvi_xl *xl)
{
	switch (FIELD_GET(AMDVI_DTE1_IOCTL, xl->q[1])) {
	case AMDVI_IOCTL_FORWARD:
		forward(xl);
		return true;
	case AMDVI_IOCTL_TRANSLATE:
		return false;
	default:
		amdvi_invalid(xl, AMDVI_DR_PORT_IO);
		return true;
	}
}

static bool hypertransport(struct amdvi_xl *xl)
{
	bool write = writes(xl->rq);

	switch (range_of(xl->rq->addr)) {
	case RANGE_INTR_RSVD:
		amdvi_invalid(xl, write ? AMDVI_DR_INTR_RSVD : AMDVI_DR_INTR_READ);
		return true;
	case RANGE_INTR:
		if (write)
			amdvi_ht_interrupt(xl);
		else
			amdvi_invalid(xl, AMDVI_DR_INTR_READ);
		return true;
	case RANGE_IACK:
		if (write)
			amdvi_invalid(xl, AMDVI_DR_INTR_RSVD);
		else
			forward(xl);
		return true;
	case RANGE_SYSMGT:
		return system_management(xl);
	case RANGE_ATS:
		if (xl->a->caps.ht_ats_reserved)
			abort_quietly(xl);
		else
			forward(xl);
		return true;
	case RANGE_IO:
		return port_io(xl);
	default:
		abort_quietly(xl);
		return true;
	}
}

bool amdvi_range(struct amdvi_xl *xl)
{
	uint64_t addr = xl->rq->addr;

	if (__builtin_expect(!amdvi_range_special(&xl->a->caps, addr, addr), 1))
		return false;
	if (xl->rq->at == SIM_AT_TRANSLATION) {
		amdvi_invalid(xl, AMDVI_DR_ATS_SPECIAL);
		return true;
	}
	return hypertransport(xl);
}
