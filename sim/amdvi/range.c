/*
 * Special address ranges: interrupts and HyperTransport.
 * Implements 48882 2.1.2 "Device Address Ranges", and of 2.2.5 "Interrupt Remapping Tables" what the device table decides.
 *
 * Leaves out: remapping through the interrupt table (IntCtl = 10b), which is said by a complaint and aborts the interrupt;
 * the data of a message, so delivery modes and INTx messages are not told apart: every interrupt counts as fixed, every
 * system management message as one that is no INTx.
 */
#include "unit.h"

static bool writes(const struct sim_request *rq)
{
	return rq->access == SIM_WRITE;
}

/* ---- interrupts ---- */

static void delivered(struct amdvi_xl *xl)
{
	xl->x->pa = xl->rq->addr;
	xl->x->outcome = SIM_OUTCOME_OK;
}

static void illegal(struct amdvi_xl *xl, bool rz)
{
	amdvi_fault(xl, AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, AMDVI_EV0_I | (rz ? AMDVI_EV0_RZ : 0),
		    xl->rq->addr & ~UINT64_C(3));
}

/* Not modelled: the remapping table. What its length field may not be is told as hardware tells it. */
static void remap(struct amdvi_xl *xl)
{
	if (FIELD_GET(AMDVI_DTE2_INTTABLEN, xl->q[2]) > AMDVI_INTTABLEN_MAX) {
		illegal(xl, false);
		return;
	}
	if (xl->cache)
		complain(xl->a->u.sim, xl->a->u.index, COMPLAINT_REMAP_NOT_MODELLED, xl->rq->rid);
	xl->x->outcome = SIM_OUTCOME_CA;
}

static void by_entry(struct amdvi_xl *xl)
{
	const struct amdvi_caps *c = &xl->a->caps;
	const uint64_t *q = xl->q;

	if (!(q[2] & AMDVI_DTE2_IV)) {
		delivered(xl);
		return;
	}
	if (q[2] & c->dte_rsvd[2] || q[3] & c->dte_rsvd[3]) {
		illegal(xl, true);
		return;
	}
	switch (FIELD_GET(AMDVI_DTE2_INTCTL, q[2])) {
	case AMDVI_INTCTL_ABORT:
		xl->x->outcome = SIM_OUTCOME_CA;
		if (!amdvi_reads_as(xl->a, SIM_AMDVI_INTERRUPT_ABORT_SILENT))
			amdvi_fault(xl, AMDVI_EV_IO_PAGE_FAULT, AMDVI_EV0_I, xl->rq->addr);
		break;
	case AMDVI_INTCTL_FORWARD:
		delivered(xl);
		break;
	case AMDVI_INTCTL_REMAP:
		remap(xl);
		break;
	default:
		illegal(xl, true);
	}
}

void amdvi_interrupt(struct amdvi_xl *xl)
{
	const struct sim_request *rq = xl->rq;

	xl->x->source = SIM_FROM_MSI;
	if (!writes(rq) || rq->len != 4 || rq->addr & 3) {
		amdvi_invalid(xl, AMDVI_DR_INTR_READ);
		return;
	}
	xl->interrupt = true;
	if (amdvi_dte(xl))
		by_entry(xl);
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

/* The interrupt half was not read with the DMA half. */
static void ht_interrupt(struct amdvi_xl *xl)
{
	xl->x->source = SIM_FROM_MSI;
	if (!writes(xl->rq)) {
		amdvi_invalid(xl, AMDVI_DR_INTR_READ);
		return;
	}
	xl->interrupt = true;
	if (amdvi_dte(xl))
		by_entry(xl);
}

static bool hypertransport(struct amdvi_xl *xl)
{
	bool write = writes(xl->rq);

	switch (range_of(xl->rq->addr)) {
	case RANGE_INTR_RSVD:
		amdvi_invalid(xl, write ? AMDVI_DR_INTR_RSVD : AMDVI_DR_INTR_READ);
		return true;
	case RANGE_INTR:
		ht_interrupt(xl);
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
