/*
 * Interrupts of devices: what the device table lets through, and the remapping tables.
 * Implements 48882 2.2.5 "Interrupt Remapping Tables", of 2.2.2 "Device Table" the interrupt half, and of 2.2.8 "Caching"
 * remapping entries, which are kept by DeviceID and index. Entries that fault are not kept.
 *
 * Leaves out: entries with GuestMode = 1 (EFR.GAMSup is refused, so they are reserved here), SMI filters (EFR.SmiFSup is
 * refused, so SMIs pass), and remapping of interrupts in the HyperTransport range, which is said by a complaint.
 *
 * Policy where the specification leaves a choice: an interrupt with PASID faults whatever the entry says; the trigger mode of
 * a remapped interrupt is the entry's RqEoi.
 */
#include "unit.h"

/* ---- what may come of it ---- */

static void delivered(struct amdvi_xl *xl)
{
	xl->x->source = SIM_FROM_MSI;
	xl->x->pa = xl->rq->addr;
	xl->x->data = xl->rq->data;
	xl->x->outcome = SIM_OUTCOME_OK;
}

static void illegal(struct amdvi_xl *xl, bool rz)
{
	amdvi_fault(xl, AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, AMDVI_EV0_I | (rz ? AMDVI_EV0_RZ : 0),
		    xl->rq->addr & ~UINT64_C(3));
}

static void page_fault(struct amdvi_xl *xl, uint64_t flags)
{
	amdvi_fault(xl, AMDVI_EV_IO_PAGE_FAULT, AMDVI_EV0_I | flags, xl->rq->addr);
}

/* IntCtl = 00b, or a pass bit that is 0: whether an event is due is disputed. */
static void aborted(struct amdvi_xl *xl)
{
	xl->x->outcome = SIM_OUTCOME_CA;
	if (!amdvi_reads_as(xl->a, SIM_AMDVI_INTERRUPT_ABORT_SILENT))
		page_fault(xl, 0);
}

/* ---- entries ---- */

/* An entry of either format as 128 bits; `at` is its address, `word` the 64 bits there that hold its lowest. */
struct entry {
	uint64_t q[2];
	uint64_t at;
	bool wide;
};

static bool wide(const struct amdvi_unit *a)
{
	return (amdvi_control(a) & AMDVI_CONTROL_GAEN) != 0;
}

static bool xt(const struct amdvi_unit *a)
{
	return wide(a) && amdvi_control(a) & AMDVI_CONTROL_XTEN;
}

/* The masks of both formats agree but for the vector's place and what is reserved. */
_Static_assert(AMDVI_IRTE32_REMAPEN == AMDVI_IRTE0_REMAPEN, "both formats");
_Static_assert(AMDVI_IRTE32_SUPIOPF == AMDVI_IRTE0_SUPIOPF, "both formats");
_Static_assert(AMDVI_IRTE32_INTTYPE == AMDVI_IRTE0_INTTYPE, "both formats");
_Static_assert(AMDVI_IRTE32_RQEOI == AMDVI_IRTE0_RQEOI, "both formats");
_Static_assert(AMDVI_IRTE32_DM == AMDVI_IRTE0_DM, "both formats");
_Static_assert(AMDVI_IRTE32_GUESTMODE == AMDVI_IRTE0_GUESTMODE, "both formats");
_Static_assert(AMDVI_IRTE32_DEST == AMDVI_IRTE0_DEST_XAPIC, "both formats");

static bool reserved(const struct amdvi_unit *a, const struct entry *e)
{
	bool x2apic = xt(a);

	if (e->q[0] & AMDVI_IRTE0_GUESTMODE)
		return true;
	if (!e->wide)
		return e->q[0] & AMDVI_IRTE32_RSVD;
	return e->q[0] & (AMDVI_IRTE0_RSVD | (x2apic ? 0 : AMDVI_IRTE0_RSVD_XAPIC)) ||
	       e->q[1] & (AMDVI_IRTE1_RSVD | (x2apic ? 0 : AMDVI_IRTE1_RSVD_XAPIC));
}

/* 0, or the flags of the page fault it gives with *faults. */
static uint64_t check_entry(const struct amdvi_unit *a, const struct entry *e, bool *faults)
{
	*faults = true;
	if (!(e->q[0] & AMDVI_IRTE0_REMAPEN))
		return 0;
	if (reserved(a, e) || FIELD_GET(AMDVI_IRTE0_INTTYPE, e->q[0]) > AMDVI_INTTYPE_ARBITRATED)
		return AMDVI_EV0_PR | AMDVI_EV0_RZ;
	*faults = false;
	return 0;
}

static void compose(bool x2apic, const struct entry *e, uint64_t *addr, uint32_t *data)
{
	uint64_t q0 = e->q[0];
	uint64_t dest = x2apic ? FIELD_GET(AMDVI_IRTE0_DEST_LO, q0) |
					 FIELD_GET(AMDVI_IRTE1_DEST_HI, e->q[1]) << 24
			       : FIELD_GET(AMDVI_IRTE0_DEST_XAPIC, q0);
	uint64_t vector = e->wide ? FIELD_GET(AMDVI_IRTE1_VECTOR, e->q[1])
				  : FIELD_GET(AMDVI_IRTE32_VECTOR, q0);

	*addr = SIM_MSI_ADDR(dest, 0, q0 & AMDVI_IRTE0_DM);
	*data = (uint32_t)(vector | FIELD_PREP(AMDVI_MSID_DLM, FIELD_GET(AMDVI_IRTE0_INTTYPE, q0)));
	if (q0 & AMDVI_IRTE0_RQEOI)
		*data |= AMDVI_MSID_TM | AMDVI_MSID_LEVEL;
}

/* ---- table and cache ---- */

static struct tcache *cache_of(const struct amdvi_xl *xl)
{
	if (!xl->cache || amdvi_control(xl->a) & AMDVI_CONTROL_IRTCACHEDIS)
		return NULL;
	return &xl->cache->u.cache[SIM_CACHE_INTERRUPT];
}

static void keep(const struct amdvi_xl *xl, uint32_t index, const struct entry *e)
{
	struct tcache *c = cache_of(xl);
	struct amdvi_unit *a = xl->cache;
	struct tc_entry t;

	if (!c || !tcache_keeps(c))
		return;
	t = (struct tc_entry){
		.addr = SIM_INDEX_ADDR(index),
		.who = AMDVI_IRTE_TAG(xl->rq->rid),
		.q = { e->q[0], e->q[1] },
		.group = AMDVI_IRTE_TAG(xl->rq->rid),
		.flags = e->wide ? AMDVI_IRTE_WIDE : 0,
		.entry_pa = e->at,
		.filled_ns = a->u.sim->clock.now_ns,
	};
	trace(a->u.sim, SIM_TRACE_FILL, a->u.index, xl->rq->rid, SIM_CACHE_INTERRUPT, 0, t.addr,
	      t.q[0]);
	tcache_insert(c, &t);
}

static bool cached(const struct amdvi_xl *xl, uint32_t index, struct entry *e)
{
	struct tcache *c = cache_of(xl);
	const struct tc_entry *t =
		c ? tcache_find(c, SIM_INDEX_ADDR(index), AMDVI_IRTE_TAG(xl->rq->rid)) : NULL;

	if (!t || wide(xl->a) != ((t->flags & AMDVI_IRTE_WIDE) != 0))
		return false;
	*e = (struct entry){ { t->q[0], t->q[1] }, t->entry_pa, wide(xl->a) };
	return true;
}

static bool read_entry(const struct amdvi_xl *xl, bool probe, uint32_t index, struct entry *e)
{
	struct sim *s = xl->a->u.sim;
	struct port port = xl->port;
	uint64_t root = xl->q[2] & AMDVI_DTE2_INTTABROOT;

	port.probe |= probe;
	e->wide = wide(xl->a);
	e->q[1] = 0;
	e->at = root + ((uint64_t)index << (e->wide ? AMDVI_IRTE_LG2 : AMDVI_IRTE32_LG2));
	if (e->wide ? !bus_read128(s, &port, e->at, e->q)
		    : !bus_read64(s, &port, e->at & ~UINT64_C(7), &e->q[0]))
		return false;
	if (!e->wide)
		e->q[0] = (uint32_t)(e->q[0] >> 8 * (e->at & 7));
	trace_entry(s, &port, e->wide ? SIM_ENTRY_IRTE : SIM_ENTRY_IRTE32, e->at, e->q,
		    e->wide ? 2 : 1);
	return true;
}

/* Policy prefetch: the next entry of the table, when it would not fault. */
static void prefetch(const struct amdvi_xl *xl, uint32_t index)
{
	struct entry e;
	bool faults;

	if (!xl->cache || !xl->cache->u.sim->policy.prefetch ||
	    index >> FIELD_GET(AMDVI_DTE2_INTTABLEN, xl->q[2]) || !read_entry(xl, true, index, &e))
		return;
	(void)check_entry(xl->a, &e, &faults);
	if (!faults)
		keep(xl, index, &e);
}

/* False: the request has failed. */
static bool fetch(struct amdvi_xl *xl, uint32_t index, struct entry *e)
{
	struct sim_xlat *x = xl->x;
	bool good = read_entry(xl, false, index, e);

	x->source = SIM_FROM_IRT;
	x->entry_pa = e->at & ~UINT64_C(7);
	x->entry = good ? e->q[0] : 0;
	if (!good)
		amdvi_fault(xl, AMDVI_EV_PAGE_TAB_HARDWARE_ERROR,
			    AMDVI_EV0_I | amdvi_hw_type(xl->a->u.sim, e->at), e->at);
	return good;
}

static void use_entry(struct amdvi_xl *xl, uint32_t index, const struct entry *e)
{
	bool faults;
	uint64_t flags = check_entry(xl->a, e, &faults);

	xl->sup_iopf = (e->q[0] & AMDVI_IRTE0_SUPIOPF) != 0;
	if (faults) {
		page_fault(xl, flags);
		return;
	}
	if (xl->x->source == SIM_FROM_IRT)
		keep(xl, index, e);
	compose(xt(xl->a), e, &xl->x->pa, &xl->x->data);
	xl->x->outcome = SIM_OUTCOME_OK;
}

static void remap(struct amdvi_xl *xl)
{
	uint64_t len = FIELD_GET(AMDVI_DTE2_INTTABLEN, xl->q[2]);
	uint32_t index = (uint32_t)FIELD_GET(AMDVI_MSID_INDEX, xl->rq->data);
	struct entry e;

	if (len > AMDVI_INTTABLEN_MAX) {
		illegal(xl, false);
		return;
	}
	xl->x->index = (uint16_t)index;
	if (index >> len) {
		page_fault(xl, 0);
		return;
	}
	if (cached(xl, index, &e)) {
		xl->x->source = SIM_FROM_IEC;
		xl->x->entry = e.q[0];
	} else if (fetch(xl, index, &e)) {
		prefetch(xl, index + 1);
	} else {
		return;
	}
	use_entry(xl, index, &e);
}

/* ---- the device table entry ---- */

/* Fixed and arbitrated interrupts. */
static void by_intctl(struct amdvi_xl *xl, bool message)
{
	switch (FIELD_GET(AMDVI_DTE2_INTCTL, xl->q[2])) {
	case AMDVI_INTCTL_ABORT:
		aborted(xl);
		break;
	case AMDVI_INTCTL_FORWARD:
		delivered(xl);
		break;
	case AMDVI_INTCTL_REMAP:
		if (message) {
			remap(xl);
			break;
		}
		if (xl->cache)
			complain(xl->a->u.sim, xl->a->u.index, COMPLAINT_REMAP_NOT_MODELLED,
				 xl->rq->rid);
		xl->x->outcome = SIM_OUTCOME_CA;
		break;
	default:
		illegal(xl, true);
	}
}

/* Those that a pass bit decides on have a physical destination. */
static void by_pass_bit(struct amdvi_xl *xl, bool passes)
{
	if (passes && FIELD_GET(AMDVI_MSIA_DM, (uint32_t)xl->rq->addr) == AMDVI_DM_PHYSICAL)
		delivered(xl);
	else
		aborted(xl);
}

/* 2K mode: data is nothing but an index, and the destination mode says so. */
static bool only_index(const struct amdvi_xl *xl)
{
	return FIELD_GET(AMDVI_CONTROL_NUMINTREMAPMODE, amdvi_control(xl->a)) ==
		       AMDVI_NUMINTREMAP_2048 &&
	       FIELD_GET(AMDVI_DTE2_INTCTL, xl->q[2]) == AMDVI_INTCTL_REMAP &&
	       (uint32_t)xl->rq->addr & AMDVI_MSIA_DM;
}

static void by_delivery_mode(struct amdvi_xl *xl)
{
	if (only_index(xl)) {
		remap(xl);
		return;
	}
	switch (FIELD_GET(AMDVI_MSID_DLM, xl->rq->data)) {
	case AMDVI_DLM_FIXED:
	case AMDVI_DLM_ARBITRATED:
		by_intctl(xl, true);
		break;
	case AMDVI_DLM_SMI:
		by_pass_bit(xl, true);
		break;
	case AMDVI_DLM_NMI:
		by_pass_bit(xl, xl->q[2] & AMDVI_DTE2_NMIPASS);
		break;
	case AMDVI_DLM_INIT:
		by_pass_bit(xl, xl->q[2] & AMDVI_DTE2_INITPASS);
		break;
	case AMDVI_DLM_EXTINT:
		by_pass_bit(xl, xl->q[2] & AMDVI_DTE2_EINTPASS);
		break;
	default:
		xl->x->outcome = SIM_OUTCOME_CA; /* a reserved mode: no event is defined */
	}
}

static void by_entry(struct amdvi_xl *xl, bool message)
{
	const struct amdvi_caps *c = &xl->a->caps;
	const uint64_t *q = xl->q;

	if (xl->rq->flags & SIM_REQ_PASID)
		page_fault(xl, 0);
	else if (!(q[2] & AMDVI_DTE2_IV))
		delivered(xl);
	else if (q[2] & c->dte_rsvd[2] || q[3] & c->dte_rsvd[3])
		illegal(xl, true);
	else if (message)
		by_delivery_mode(xl);
	else
		by_intctl(xl, false);
}

static void interrupt(struct amdvi_xl *xl, bool message)
{
	xl->x->source = SIM_FROM_MSI;
	xl->interrupt = true;
	if (amdvi_dte(xl))
		by_entry(xl, message);
}

void amdvi_interrupt(struct amdvi_xl *xl)
{
	const struct sim_request *rq = xl->rq;

	if (rq->access == SIM_WRITE && rq->len == 4 && !(rq->addr & 3)) {
		interrupt(xl, true);
		return;
	}
	xl->x->source = SIM_FROM_MSI;
	amdvi_invalid(xl, AMDVI_DR_INTR_READ);
}

void amdvi_ht_interrupt(struct amdvi_xl *xl)
{
	interrupt(xl, false);
}

/* ---- what a line means ---- */

static void describe_half(const struct amdvi_unit *a, const struct tc_entry *e,
			  struct sim_cache_line *out)
{
	uint64_t len = FIELD_GET(AMDVI_DTE2_INTTABLEN, e->q[0]);
	bool remaps = e->q[0] & AMDVI_DTE2_IV &&
		      FIELD_GET(AMDVI_DTE2_INTCTL, e->q[0]) == AMDVI_INTCTL_REMAP &&
		      len <= AMDVI_INTTABLEN_MAX;

	out->rid = (uint16_t)e->who;
	out->pa = e->q[0] & AMDVI_DTE2_INTTABROOT;
	out->data = remaps ? 1u << len << (wide(a) ? AMDVI_IRTE_LG2 : AMDVI_IRTE32_LG2) : 0;
	out->word = e->q[0];
	out->word_mask = ~UINT64_C(0);
}

void amdvi_ir_describe(const struct amdvi_unit *a, const struct tc_entry *e,
		       struct sim_cache_line *out)
{
	const struct entry entry = { { e->q[0], e->q[1] },
				     e->entry_pa,
				     (e->flags & AMDVI_IRTE_WIDE) != 0 };
	unsigned shift = entry.wide ? 0 : 8 * (e->entry_pa & 7);

	if (!(e->who >> 16)) {
		describe_half(a, e, out);
		return;
	}
	out->rid = (uint16_t)e->who;
	out->domain = 0;
	out->interrupt = true;
	out->by_rid_tag = true;
	out->entry_pa = e->entry_pa & ~UINT64_C(7);
	out->word = e->q[0] << shift;
	out->word_mask = entry.wide ? ~UINT64_C(0) : UINT64_C(0xFFFFFFFF) << shift;
	compose(xt(a) && entry.wide, &entry, &out->pa, &out->data);
}
