/*
 * Interrupts: from the request of a device to the message its remapping entry makes of it.
 * Implements 5.1 "Interrupt Remapping": request formats, the check of the source, both formats of the entry as far as they
 * are alike, and 6.2 "Translation Caches", the interrupt entry cache.
 *
 * The cache is looked up and invalidated by interrupt_index, which stands where the others have an address. It holds the
 * entry's two words. Entries that fault are kept with CM = 1 only (VT-d 6.1 "Caching Mode").
 *
 * Policy where the specification leaves a choice: the source is checked before the format; SVT = 11b and delivery modes
 * without a definition are reserved values; a message of a delivery mode without vector carries 0.
 */
#include "unit.h"

/* ---- the request ---- */

/* Returns 0 or the fault reason. */
static uint8_t interrupt_index(struct vtd_xl *xl)
{
	uint32_t addr = (uint32_t)xl->rq->addr, data = xl->rq->data;
	uint32_t handle = (uint32_t)(FIELD_GET(VTD_RIRA_HANDLE_HI, addr) << 15 |
				     FIELD_GET(VTD_RIRA_HANDLE_LO, addr));

	xl->index = handle;
	if (!(addr & VTD_RIRA_SHV))
		return 0;
	if (data & VTD_RIRD_RSVD)
		return VTD_FR_IR_REQ_RSVD;
	xl->index = handle + (uint32_t)FIELD_GET(VTD_RIRD_SUBHANDLE, data); /* 17 bits */
	return 0;
}

static void unchanged(struct vtd_xl *xl)
{
	xl->x->source = SIM_FROM_MSI;
	xl->x->pa = xl->rq->addr;
	xl->x->data = xl->rq->data;
	xl->x->outcome = SIM_OUTCOME_OK;
}

/* ---- the entry ---- */

static bool source_allowed(uint64_t q1, uint16_t rid)
{
	static const uint16_t ignored[] = {
		[VTD_SQ_ALL] = 0,
		[VTD_SQ_NOT_BIT_2] = 4,
		[VTD_SQ_NOT_BITS_2_1] = 6,
		[VTD_SQ_NOT_BITS_2_0] = 7,
	};
	uint16_t sid = (uint16_t)FIELD_GET(VTD_IRTE1_SID, q1);
	uint16_t mask = ignored[FIELD_GET(VTD_IRTE1_SQ, q1)];
	uint32_t bus = rid >> 8;

	switch (FIELD_GET(VTD_IRTE1_SVT, q1)) {
	case VTD_SVT_SID:
		return !((sid ^ rid) & ~mask);
	case VTD_SVT_BUS:
		return FIELD_GET(VTD_IRTE1_SID_BUS_FIRST, q1) <= bus &&
		       bus <= FIELD_GET(VTD_IRTE1_SID_BUS_LAST, q1);
	default:
		return true; /* none, or a reserved type that the format check finds */
	}
}

static bool delivery_reserved(uint64_t q0)
{
	switch (FIELD_GET(VTD_IRTE0_DLM, q0)) {
	case VTD_DLM_FIXED:
	case VTD_DLM_LOWEST:
	case VTD_DLM_NMI:
	case VTD_DLM_INIT:
	case VTD_DLM_EXTINT:
		return false;
	case VTD_DLM_SMI:
		return FIELD_GET(VTD_IRTE0_V, q0) != 0;
	default:
		return true;
	}
}

static bool reserved(const struct vtd_unit *v, const uint64_t *q)
{
	if (FIELD_GET(VTD_IRTE1_SVT, q[1]) == 3)
		return true;
	if (q[0] & VTD_IRTE0_IM)
		return !v->caps.pi || q[0] & VTD_PIRTE0_RSVD || q[1] & VTD_PIRTE1_RSVD ||
		       vtd_post_descriptor(q) & v->caps.host_rsvd;
	return q[0] & (VTD_IRTE0_RSVD | (v->ir.eime ? 0 : VTD_IRTE0_RSVD_XAPIC)) ||
	       q[1] & VTD_IRTE1_RSVD || delivery_reserved(q[0]);
}

/* Returns 0 or the fault reason; in the order of VT-d 5.1.4. */
static uint8_t check_entry(const struct vtd_xl *xl, const uint64_t *q)
{
	if (!(q[0] & VTD_IRTE0_P))
		return VTD_FR_IR_NP;
	if (!source_allowed(q[1], xl->rq->rid))
		return VTD_FR_IR_SID;
	return reserved(xl->v, q) ? VTD_FR_IR_RSVD : 0;
}

/* ---- the message ---- */

static void compose(const struct vtd_unit *v, uint64_t q0, uint64_t *addr, uint32_t *data)
{
	uint32_t dlm = (uint32_t)FIELD_GET(VTD_IRTE0_DLM, q0);
	bool vectored = dlm == VTD_DLM_FIXED || dlm == VTD_DLM_LOWEST;
	uint64_t dest =
		v->ir.eime ? FIELD_GET(VTD_IRTE0_DST, q0) : FIELD_GET(VTD_IRTE0_DST_XAPIC, q0);

	*addr = SIM_MSI_ADDR(dest, q0 & VTD_IRTE0_RH, q0 & VTD_IRTE0_DM);
	*data = (uint32_t)FIELD_PREP(VTD_CIRD_DLM, dlm) | VTD_CIRD_TL;
	if (vectored)
		*data |= (uint32_t)FIELD_GET(VTD_IRTE0_V, q0);
	if (vectored && q0 & VTD_IRTE0_TM)
		*data |= VTD_CIRD_TM;
}

static uint8_t deliver(struct vtd_xl *xl, const uint64_t *q)
{
	if (q[0] & VTD_IRTE0_IM)
		return vtd_post(xl, q);
	compose(xl->v, q[0], &xl->x->pa, &xl->x->data);
	return 0;
}

void vtd_ir_describe(const struct vtd_unit *v, const struct tc_entry *e, struct sim_cache_line *out)
{
	out->interrupt = true;
	out->word = e->q[0];
	out->word_mask = ~VTD_IRTE0_AVAIL;
	out->posted = (e->q[0] & VTD_IRTE0_IM) != 0;
	if (out->posted) {
		out->pa = vtd_post_descriptor(e->q);
		out->data = (uint32_t)FIELD_GET(VTD_PIRTE0_VV, e->q[0]);
	} else {
		compose(v, e->q[0], &out->pa, &out->data);
	}
}

/* ---- table and cache ---- */

static bool keeps(const struct vtd_xl *xl)
{
	return xl->cache && tcache_keeps(&xl->cache->u.cache[SIM_CACHE_INTERRUPT]);
}

static void keep(const struct vtd_xl *xl, uint32_t index, uint64_t at, const uint64_t *q,
		 uint8_t reason)
{
	struct vtd_unit *v = xl->cache;
	const struct tc_entry e = {
		.addr = SIM_INDEX_ADDR(index),
		.q = { q[0], q[1] },
		.flags = reason ? TC_NEGATIVE : 0,
		.reason = reason,
		.entry_pa = at,
		.filled_ns = v->u.sim->clock.now_ns,
	};

	trace(v->u.sim, SIM_TRACE_FILL, v->u.index, xl->rq->rid, SIM_CACHE_INTERRUPT, 0, e.addr,
	      q[0]);
	tcache_insert(&v->u.cache[SIM_CACHE_INTERRUPT], &e);
}

static bool read_entry(const struct vtd_xl *xl, bool probe, uint32_t index, uint64_t *at,
		       uint64_t *q)
{
	struct port port = xl->port;

	port.probe |= probe;
	*at = xl->v->ir.table + (uint64_t)index * sizeof(struct vtd_irte);
	if (!bus_read128(xl->v->u.sim, &port, *at, q))
		return false;
	trace_entry(xl->v->u.sim, &port,
		    q[0] & VTD_IRTE0_IM ? SIM_ENTRY_IRTE_POSTED : SIM_ENTRY_IRTE_REMAPPED, *at, q,
		    2);
	return true;
}

/* Policy prefetch: the next entry of the table, when it would not fault. */
static void prefetch(const struct vtd_xl *xl)
{
	uint64_t q[2], at;
	uint32_t next = xl->index + 1;

	if (next >= xl->v->ir.entries || !read_entry(xl, true, next, &at, q))
		return;
	if (q[0] & VTD_IRTE0_P && !reserved(xl->v, q))
		keep(xl, next, at, q, 0);
}

/* Returns 0 or the fault reason; q holds the entry when 0. */
static uint8_t fetch(struct vtd_xl *xl, uint64_t *q)
{
	const struct vtd_unit *v = xl->v;
	struct sim_xlat *x = xl->x;
	uint64_t at = v->ir.table + (uint64_t)xl->index * sizeof(struct vtd_irte);
	uint8_t reason;

	if (xl->index >= v->ir.entries || at & v->caps.host_rsvd)
		return VTD_FR_IR_INDEX;
	x->source = SIM_FROM_IRT;
	x->entry_pa = at;
	if (!read_entry(xl, false, xl->index, &at, q))
		return VTD_FR_IR_ACCESS;
	x->entry = q[0];
	reason = check_entry(xl, q);
	if (keeps(xl) && (!reason || v->caps.cm))
		keep(xl, xl->index, at, q, reason == VTD_FR_IR_SID ? 0 : reason);
	if (keeps(xl) && v->u.sim->policy.prefetch)
		prefetch(xl);
	xl->fpd = (q[0] & VTD_IRTE0_FPD) != 0;
	return reason;
}

/* The same from the cache; false: a miss. */
static bool cached(struct vtd_xl *xl, uint64_t *q, uint8_t *reason)
{
	const struct tc_entry *e;

	if (!xl->cache || xl->index >= xl->v->ir.entries)
		return false;
	e = tcache_find(&xl->cache->u.cache[SIM_CACHE_INTERRUPT], SIM_INDEX_ADDR(xl->index), 0);
	if (!e)
		return false;
	q[0] = e->q[0];
	q[1] = e->q[1];
	xl->x->source = SIM_FROM_IEC;
	xl->x->entry = q[0];
	xl->fpd = (q[0] & VTD_IRTE0_FPD) != 0;
	*reason = check_entry(xl, q);
	return true;
}

/* ---- the way through ---- */

/* IRES = 1. Returns 0 or the fault reason. */
static uint8_t remap(struct vtd_xl *xl)
{
	const struct vtd_unit *v = xl->v;
	uint64_t q[2];
	uint8_t reason;

	if (v->caps.eimer && !v->ir.eime)
		return VTD_FR_IR_EIME;
	if (!(xl->rq->addr & VTD_INTRA_FORMAT)) {
		if (v->ir.eime || !v->ir.compat)
			return VTD_FR_IR_COMPAT;
		unchanged(xl);
		return 0;
	}
	reason = interrupt_index(xl);
	xl->x->index = (uint16_t)xl->index;
	if (!reason && !cached(xl, q, &reason))
		reason = fetch(xl, q);
	return reason ? reason : deliver(xl, q);
}

void vtd_interrupt(struct vtd_xl *xl)
{
	uint8_t reason = 0;

	xl->x->outcome = SIM_OUTCOME_OK;
	if (xl->v->ir.on)
		reason = remap(xl);
	else if (xl->v->caps.irreq)
		reason = VTD_FR_IR_REQUIRED;
	else
		unchanged(xl);
	if (!reason)
		return;
	xl->x->pa = xl->x->data = 0;
	xl->x->reason = reason;
	vtd_fault(xl);
}

bool vtd_ir_table(const struct unit *u, uint64_t *first, uint64_t *last)
{
	const struct vtd_unit *v = (const struct vtd_unit *)u;

	*first = v->ir.table;
	*last = v->ir.table + (uint64_t)v->ir.entries * sizeof(struct vtd_irte) - 1;
	return v->ir.on && v->ir.entries;
}
