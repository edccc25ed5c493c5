/*
 * When a row explains a difference. Each condition says as much as is known of it: which field, which values, after what; the
 * version range is the row's.
 */
#include "explain.h"

#include <string.h>

#include "hw/amdvi.h"
#include "hw/vtd.h"

#define PAGE_MASK UINT64_C(0xfff)
#define VTD_RANGE_FIRST UINT64_C(0xFEE00000)
#define VTD_RANGE_LAST UINT64_C(0xFEEFFFFF)

/* ---- looking around ---- */

static bool both(const struct difference *d)
{
	return d->sim && d->qemu;
}

static const struct record *before(const struct transcript *t, const struct record *r)
{
	return r > t->record ? r - 1 : NULL;
}

/* The same device's last DMA to the same page before, NULL when there was none. */
static const struct record *same_page(const struct transcript *t, const struct record *r)
{
	const struct record *p;

	for (p = before(t, r); p; p = before(t, p))
		if (record_is_dma(p->kind) && p->dma.dev == r->dma.dev &&
		    (p->dma.addr & ~PAGE_MASK) == (r->dma.addr & ~PAGE_MASK))
			return p;
	return NULL;
}

/* Between `from` (NULL: the beginning) and r: a write to `off` that fits. */
static bool wrote(const struct transcript *t, const struct record *from, const struct record *r,
		  uint32_t off, uint64_t mask)
{
	for (const struct record *p = before(t, r); p && p != from; p = before(t, p))
		if (p->kind == RECORD_WRITE && p->off == off && (p->val[0] & mask))
			return true;
	return false;
}

/* Between `from` and r: a command of this type. */
static bool commanded(const struct transcript *t, const struct record *from, const struct record *r,
		      uint64_t mask, uint64_t type)
{
	for (const struct record *p = before(t, r); p && p != from; p = before(t, p))
		if (p->kind == RECORD_COMMAND && FIELD_GET(mask, p->val[0]) == type)
			return true;
	return false;
}

/* ---- translations that one side kept and the other did not ---- */

bool explain_may_be_cached(const struct record *r)
{
	return record_is_dma(r->kind) && (r->res.stale || r->res.outcome != BE_OK);
}

/* A DMA that QEMU answered from memory where the simulator used what it had cached. */
static bool not_kept(const struct difference *d)
{
	return both(d) && explain_may_be_cached(d->sim) && d->sim->dma.addr == d->qemu->dma.addr;
}

/* The DMA of `fresh` that is at the same place as q in `t`: as many before it in its step, or behind the same writes. */
static const struct record *counterpart(const struct transcript *fresh, const struct transcript *t,
					const struct record *q)
{
	uint32_t n = 0;

	for (const struct record *p = q; p && p->step == q->step; p = before(t, p))
		n += p->kind == q->kind;
	for (uint32_t i = 0; i < fresh->count; i++) {
		const struct record *f = &fresh->record[i];

		if (f->step != q->step || f->kind != q->kind)
			continue;
		if (q->kind == RECORD_INSIDE ? f->at == q->at : --n == 0)
			return f;
	}
	return NULL;
}

/* The simulator without caches does the same at this place. */
static bool fresh_says_so(const struct difference *d)
{
	const struct record *q = d->qemu;
	const struct record *f = d->c->fresh ? counterpart(d->c->fresh, d->c->qemu, q) : NULL;

	if (!f || f->dma.addr != q->dma.addr)
		return false;
	return (f->res.outcome == BE_OK) == (q->res.outcome == BE_OK) && f->res.pa == q->res.pa;
}

static bool forgot(const struct difference *d)
{
	return not_kept(d) && fresh_says_so(d);
}

/* By a new root table, or by translation being switched. */
static bool v14_switched(const struct difference *d)
{
	return forgot(d) && wrote(d->c->qemu, same_page(d->c->qemu, d->qemu), d->qemu, VTD_REG_GCMD,
				  VTD_GCMD_SRTP | VTD_GCMD_TE);
}

/* By an invalidation of pages elsewhere. */
static bool v6_low_bits(const struct difference *d)
{
	const struct record *p = same_page(d->c->qemu, d->qemu);

	return forgot(d) && p && p->res.outcome == BE_OK &&
	       (commanded(d->c->qemu, p, d->qemu, VTD_DESC_TYPE, VTD_DT_IOTLB) ||
		wrote(d->c->qemu, p, d->qemu,
		      (uint32_t)VTD_REG_IOTLB(
			      FIELD_GET(VTD_ECAP_IRO, d->c->qemu->unit.word[BE_VTD_ECAP])),
		      VTD_IOTLB_IVT));
}

/* By an invalidation of other contexts. */
static bool v7_contexts(const struct difference *d)
{
	const struct record *p = same_page(d->c->qemu, d->qemu);

	return forgot(d) && p && p->res.outcome == BE_OK &&
	       (commanded(d->c->qemu, p, d->qemu, VTD_DESC_TYPE, VTD_DT_CC) ||
		wrote(d->c->qemu, p, d->qemu, VTD_REG_CCMD, VTD_CCMD_ICC));
}

/* What was never a translation of this page, or was none. */
static bool v8_never_cached(const struct difference *d)
{
	const struct record *p = same_page(d->c->qemu, d->qemu);

	return forgot(d) && (!p || p->res.outcome != BE_OK);
}

static bool a16_forgot(const struct difference *d)
{
	return forgot(d);
}

/* ---- VT-d ---- */

#define PASID_FIELD MASK64(59, 40)
#define PASID_ONES UINT64_C(0xffff)

static uint64_t frcd(const struct compare *c)
{
	return VTD_REG_FRCD(FIELD_GET(VTD_CAP_FRO, c->qemu->unit.word[BE_VTD_CAP]), 0);
}

static bool v9_pasid_field(const struct difference *d)
{
	uint64_t s, q;

	if (!both(d))
		return false;
	if (d->sim->kind == RECORD_FAULT) {
		s = d->sim->val[1];
		q = d->qemu->val[1];
	} else if (d->sim->kind == RECORD_READ && d->sim->width == 8 &&
		   d->sim->off == frcd(d->c) + 8) {
		s = d->sim->val[0];
		q = d->qemu->val[0];
	} else if (d->sim->kind == RECORD_READ && d->sim->off == frcd(d->c) + 12) {
		s = d->sim->val[0] << 32;
		q = d->qemu->val[0] << 32;
	} else {
		return false;
	}
	return ((s ^ q) & ~PASID_FIELD) == 0 && FIELD_GET(PASID_FIELD, q) == PASID_ONES &&
	       FIELD_GET(PASID_FIELD, s) == 0;
}

/* Reads of a register, at any moment, in which QEMU has other bits. */
static bool reads(const struct difference *d, uint32_t off)
{
	return both(d) && (d->sim->kind == RECORD_READ || d->sim->kind == RECORD_STATE) &&
	       d->sim->off == off;
}

static uint64_t other_bits(const struct difference *d)
{
	return d->sim->val[0] ^ d->qemu->val[0];
}

/* What was last written to a register of 64 bits before r, of both halves; false: nothing was. */
static bool last_write(const struct transcript *t, const struct record *r, uint32_t off,
		       uint64_t *val)
{
	uint64_t missing = UINT64_MAX;

	*val = 0;
	for (const struct record *p = before(t, r); p && missing; p = before(t, p)) {
		uint64_t mask = p->width == 8 ? UINT64_MAX : UINT32_MAX, word = p->val[0];

		if (p->kind != RECORD_WRITE || (p->off != off && p->off != off + 4))
			continue;
		mask <<= p->off == off ? 0 : 32;
		word <<= p->off == off ? 0 : 32;
		*val |= word & mask & missing;
		missing &= ~mask;
	}
	return missing != UINT64_MAX;
}

static bool v32_iqercd(const struct difference *d)
{
	return reads(d, VTD_REG_IQERCD) && d->qemu->val[0] == 0;
}

static bool no_eim(const struct compare *c)
{
	return !(c->qemu->unit.word[BE_VTD_ECAP] & VTD_ECAP_EIM);
}

/* The upper address of an event is not there, and its message goes to a controller that it does not name. */
static bool upper_address(const struct difference *d)
{
	uint64_t fault, queue;

	if (reads(d, VTD_REG_FEUADDR) || reads(d, VTD_REG_IEUADDR))
		return d->qemu->val[0] == 0;
	if (d->sim || d->qemu->kind != RECORD_INTERRUPT || !d->qemu->from_unit)
		return false;
	(void)last_write(d->c->qemu, d->qemu, VTD_REG_FEUADDR, &fault);
	(void)last_write(d->c->qemu, d->qemu, VTD_REG_IEUADDR, &queue);
	return fault || queue;
}

static bool v33_upper_address(const struct difference *d)
{
	return no_eim(d->c) && upper_address(d);
}

static bool v40_upper_address(const struct difference *d)
{
	return !no_eim(d->c) && upper_address(d);
}

/* What a register held at the end of the step before. */
static bool state_before(const struct transcript *t, uint32_t step, uint32_t off, uint64_t *val)
{
	for (uint32_t i = t->count; i-- > 0;)
		if (t->record[i].kind == RECORD_STATE && t->record[i].step < step &&
		    t->record[i].off == off) {
			*val = t->record[i].val[0];
			return true;
		}
	return false;
}

/* IP stays although all that it stands for was serviced; unmasked, it is sent. */
static bool v34_pending(const struct difference *d)
{
	uint64_t sim, qemu;

	if (!d->sim && d->qemu->kind == RECORD_INTERRUPT)
		return state_before(d->c->sim, d->qemu->step, VTD_REG_FECTL, &sim) &&
		       state_before(d->c->qemu, d->qemu->step, VTD_REG_FECTL, &qemu) &&
		       !(sim & VTD_FECTL_IP) && (qemu & VTD_FECTL_IP);
	return both(d) && d->sim->kind <= RECORD_STATE && d->sim->kind != RECORD_DMA &&
	       (d->sim->off == VTD_REG_FECTL || d->sim->off == VTD_REG_IECTL) &&
	       other_bits(d) == VTD_FECTL_IP && (d->qemu->val[0] & VTD_FECTL_IP);
}

/* The base is shown by what uses it, from the moment it is used. */
static bool v36_queue_base(const struct difference *d)
{
	uint64_t written = 0;

	return reads(d, VTD_REG_IQA) && (other_bits(d) & ~(VTD_IQA_IQA | VTD_IQA_DW)) == 0 &&
	       last_write(d->c->qemu, d->qemu, VTD_REG_IQA, &written) &&
	       (d->sim->val[0] & VTD_IQA_IQA) == (written & VTD_IQA_IQA);
}

static bool saw_error(const struct transcript *t, const struct record *r)
{
	for (const struct record *p = before(t, r); p; p = before(t, p))
		if ((p->kind == RECORD_STATE || p->kind == RECORD_READ) && p->off == VTD_REG_FSTS)
			return p->val[0] & VTD_FSTS_IQE;
	return false;
}

/* An error of the queue was cleared, and the tail was not written since: one goes on, the other waits. */
static bool v15_resumes(const struct difference *d)
{
	const struct transcript *t = d->c->qemu;

	if (!reads(d, VTD_REG_IQH) && !(reads(d, VTD_REG_FSTS) && other_bits(d) == VTD_FSTS_IQE))
		return false;
	for (const struct record *p = before(t, d->qemu); p; p = before(t, p)) {
		if (p->kind == RECORD_WRITE && p->off == VTD_REG_IQT)
			return false;
		if (p->kind == RECORD_WRITE && p->off == VTD_REG_FSTS && (p->val[0] & VTD_FSTS_IQE))
			return saw_error(t, p);
	}
	return false;
}

/* A record's address has bits that no table translates. */
static bool v30_whole_address(const struct difference *d)
{
	const struct compare *c = d->c;
	uint64_t widest = FIELD_GET(VTD_CAP_SAGAW, c->qemu->unit.word[BE_VTD_CAP]) & VTD_SAGAW_48BIT
				  ? MASK64(47, 0)
				  : MASK64(38, 0);

	return both(d) &&
	       (d->sim->kind == RECORD_FAULT ||
		(d->sim->kind == RECORD_READ && d->sim->off == frcd(c) && d->sim->width == 8)) &&
	       d->sim->val[1] == d->qemu->val[1] && d->sim->val[0] == (d->qemu->val[0] & widest) &&
	       !(d->qemu->val[0] & PAGE_MASK);
}

/* After a root table pointer with a reserved mode. */
static bool v37_table_mode(const struct difference *d)
{
	uint64_t rtaddr;

	return (reads(d, VTD_REG_FSTS) || reads(d, VTD_REG_FECTL)) &&
	       last_write(d->c->qemu, d->qemu, VTD_REG_RTADDR, &rtaddr) &&
	       FIELD_GET(VTD_RTADDR_TTM, rtaddr) > 1;
}

/* Wide descriptors were asked for, and the unit has none. */
static bool v38_wide(const struct difference *d)
{
	uint64_t iqa;

	return both(d) && d->sim->kind == RECORD_COMMAND && d->sim->width == 32 &&
	       d->qemu->width == 16 && !(d->c->qemu->unit.word[BE_VTD_ECAP] & VTD_ECAP_SMTS) &&
	       last_write(d->c->qemu, d->qemu, VTD_REG_IQA, &iqa) && (iqa & VTD_IQA_DW);
}

static bool v39_compatibility(const struct difference *d)
{
	return reads(d, VTD_REG_GSTS) && other_bits(d) == VTD_GSTS_CFIS &&
	       !(d->qemu->val[0] & VTD_GSTS_CFIS);
}

/* The driver, told that the compatibility format is on, switches it off. */
static bool v39_switched_off(const struct difference *d)
{
	const struct record *p;

	if (!both(d) || d->sim->kind != RECORD_WRITE || d->sim->off != VTD_REG_GCMD ||
	    d->qemu->off != VTD_REG_GCMD)
		return false;
	for (p = before(d->c->sim, d->sim); p; p = before(d->c->sim, p))
		if (p->kind == RECORD_READ && p->off == VTD_REG_GSTS)
			return p->val[0] & VTD_GSTS_CFIS;
	return false;
}

/* Interrupt messages and their faults. */
static bool in_range(uint64_t addr)
{
	return addr >= VTD_RANGE_FIRST && addr <= VTD_RANGE_LAST;
}

static bool v22_not_recorded(const struct difference *d)
{
	const struct record *r = d->sim ? d->sim : d->qemu;
	const struct record *p = r;

	while (p && !(record_is_dma(p->kind) && in_range(p->dma.addr) && p->res.recorded))
		p = before(d->c->sim, p);
	if (!d->sim || !p)
		return false;
	if (r->kind == RECORD_FAULT || r->kind == RECORD_INTERRUPT)
		return !d->qemu;
	return reads(d, VTD_REG_FSTS) || reads(d, VTD_REG_FECTL) ||
	       (r->kind == RECORD_READ && r->off >= frcd(d->c));
}

static bool v7_granularity(const struct difference *d)
{
	return reads(d, VTD_REG_CCMD) && other_bits(d) == VTD_CCMD_CAIG &&
	       FIELD_GET(VTD_CCMD_CAIG, d->qemu->val[0]) == 1;
}

/* ---- AMD-Vi ---- */

static bool in_log(const struct difference *d)
{
	uint64_t ring;

	return last_write(d->c->qemu, d->qemu, AMDVI_REG_EVTLOG, &ring) &&
	       d->qemu->at - (ring & AMDVI_RING_BASE) <
		       UINT64_C(1) << AMDVI_RING_LG2_BYTES(FIELD_GET(AMDVI_RING_LEN, ring));
}

static bool overflowed(const struct transcript *t, const struct record *r)
{
	for (const struct record *p = r; p; p = before(t, p))
		if ((p->kind == RECORD_STATE || p->kind == RECORD_READ) &&
		    p->off == AMDVI_REG_STATUS && (p->val[0] & AMDVI_STATUS_EVENTOVERFLOW))
			return true;
	return false;
}

/* What of the status register an event changes. */
static uint64_t event_status(const struct difference *d)
{
	uint64_t status = AMDVI_STATUS_EVENTOVERFLOW | AMDVI_STATUS_EVENTLOGINT;

	if (overflowed(d->c->sim, d->sim))
		status |= AMDVI_STATUS_EVENTLOGRUN; /* and it stopped */
	return status;
}

/* What the event log, its pointers and its status show, and the interrupts of it. */
static bool a1_no_events(const struct difference *d)
{
	if (reads(d, AMDVI_REG_EVT_TAIL) || reads(d, AMDVI_REG_EVT_HEAD))
		return true;
	if (reads(d, AMDVI_REG_STATUS))
		return (other_bits(d) & ~event_status(d)) == 0;
	if (both(d) && d->sim->kind == RECORD_LOAD)
		return in_log(d);
	if ((d->sim ? d->sim : d->qemu)->kind != RECORD_FAULT)
		return false;
	return !d->qemu || (d->qemu->val[0] == 0 && d->qemu->val[1] == 0);
}

/* A completion that stays after it was cleared; beside what events change, of which there are none (A1). */
static bool a18_not_cleared(const struct difference *d)
{
	uint64_t kept;

	if (!reads(d, AMDVI_REG_STATUS))
		return false;
	kept = d->qemu->val[0] & ~d->sim->val[0] & AMDVI_STATUS_COMWAITINT;
	return kept && (other_bits(d) & ~kept & ~event_status(d)) == 0 &&
	       wrote(d->c->qemu, NULL, d->qemu, AMDVI_REG_STATUS, kept);
}

/* All that the simulator recorded so far, and one thing at least, is about interrupt messages. */
static bool messages_alone(const struct transcript *t, const struct record *r)
{
	bool some = false;

	for (uint32_t i = 0; i < t->count && t->record[i].step <= r->step; i++) {
		const struct record *p = &t->record[i];

		if (record_is_dma(p->kind) && p->res.recorded) {
			if (!in_range(p->dma.addr))
				return false;
			some = true;
		} else if (p->kind == RECORD_FAULT) {
			if (!in_range(p->val[1]))
				return false;
			some = true;
		}
	}
	return some;
}

/* In the status register together with bits that it keeps although they are reserved (A23). */
static bool a46_no_events(const struct difference *d)
{
	uint64_t written = 0, kept;

	if (!d->sim || !messages_alone(d->c->sim, d->sim))
		return false;
	if (!reads(d, AMDVI_REG_STATUS))
		return a1_no_events(d);
	(void)last_write(d->c->qemu, d->qemu, AMDVI_REG_STATUS, &written);
	kept = d->qemu->val[0] & ~d->sim->val[0] & written;
	return (other_bits(d) & ~kept & ~AMDVI_STATUS_EVENTLOGINT) == 0;
}

/* More events than one for a request, or one that says no more than its code and the device's number. */
static bool a13_events(const struct difference *d)
{
	const uint64_t said = MASK64(63, 60) | MASK64(7, 0);

	if (reads(d, AMDVI_REG_EVT_TAIL))
		return d->qemu->val[0] > d->sim->val[0];
	if (reads(d, AMDVI_REG_STATUS))
		return other_bits(d) == AMDVI_STATUS_EVENTLOGINT;
	return both(d) && d->sim->kind == RECORD_FAULT &&
	       (d->sim->val[0] & said) == (d->qemu->val[0] & said);
}

/* Registers that no one has written yet. */
static bool a41_reset(const struct difference *d)
{
	uint64_t written;

	if (reads(d, AMDVI_REG_CMDBUF) || reads(d, AMDVI_REG_EVTLOG))
		return d->qemu->val[0] == 0 &&
		       !last_write(d->c->qemu, d->qemu, d->qemu->off, &written);
	if (!both(d) || d->sim->off != AMDVI_REG_CONTROL || d->sim->kind == RECORD_LOAD)
		return false;
	return other_bits(d) == AMDVI_CONTROL_COHERENT &&
	       !(d->qemu->val[0] & AMDVI_CONTROL_COHERENT);
}

/* Head and tail, when the base was written and they were not. */
static bool a44_pointers(const struct difference *d)
{
	const struct transcript *t = d->c->qemu;

	if ((!reads(d, AMDVI_REG_CMD_HEAD) && !reads(d, AMDVI_REG_CMD_TAIL)) || d->sim->val[0])
		return false;
	for (const struct record *p = before(t, d->qemu); p; p = before(t, p)) {
		if (p->kind != RECORD_WRITE)
			continue;
		if (p->off == AMDVI_REG_CMDBUF)
			return true;
		if (p->off == d->qemu->off)
			return false;
	}
	return false;
}

/* The exclusion range's registers. */
static bool a21_exclusion(const struct difference *d)
{
	return reads(d, AMDVI_REG_EXCL_BASE) || reads(d, AMDVI_REG_EXCL_LIMIT);
}

/* Bits that the simulator does not keep, for they are reserved without some capability. */
static bool a23_reserved(const struct difference *d)
{
	uint64_t written, more;

	if (!both(d) || (d->sim->kind != RECORD_READ && d->sim->kind != RECORD_STATE) ||
	    d->sim->off == AMDVI_REG_CMD_HEAD)
		return false;
	more = d->qemu->val[0] & ~d->sim->val[0];
	if (d->sim->off == AMDVI_REG_CONTROL)
		more |= other_bits(d) & AMDVI_CONTROL_COHERENT;
	return more == other_bits(d) && last_write(d->c->qemu, d->qemu, d->qemu->off, &written) &&
	       (d->qemu->val[0] & more & ~AMDVI_CONTROL_COHERENT & ~written) == 0;
}

/* The translation that the device got before, from a table that its entry no longer leads to. */
static bool a5_outlives(const struct difference *d)
{
	const struct transcript *t = d->c->qemu;
	const struct record *p;

	if (!both(d) || !record_is_dma(d->qemu->kind) || d->qemu->res.outcome != BE_OK)
		return false;
	p = same_page(t, d->qemu);
	return p && p->res.outcome == BE_OK &&
	       (p->res.pa & ~PAGE_MASK) == (d->qemu->res.pa & ~PAGE_MASK) &&
	       commanded(t, p, d->qemu, AMDVI_CMD0_OP, AMDVI_OP_INVALIDATE_DEVTAB_ENTRY) &&
	       !commanded(t, p, d->qemu, AMDVI_CMD0_OP, AMDVI_OP_INVALIDATE_IOMMU_ALL);
}

/* A page that a prefetch with Inval = 1 should have dropped. */
static bool a43_not_dropped(const struct difference *d)
{
	const struct transcript *t = d->c->qemu;
	const struct record *from, *p;

	if (!both(d) || !record_is_dma(d->qemu->kind) || d->qemu->res.outcome != BE_OK)
		return false;
	from = same_page(t, d->qemu);
	if (!from || from->res.outcome != BE_OK ||
	    (from->res.pa & ~PAGE_MASK) != (d->qemu->res.pa & ~PAGE_MASK))
		return false;
	for (p = before(t, d->qemu); p && p != from; p = before(t, p))
		if (p->kind == RECORD_COMMAND &&
		    FIELD_GET(AMDVI_CMD0_OP, p->val[0]) == AMDVI_OP_PREFETCH_IOMMU_PAGES &&
		    (p->val[1] & AMDVI_PREFC1_INVAL))
			return true;
	return false;
}

static const struct {
	const char *id;
	enum be_arch arch;
	bool (*when)(const struct difference *d);
	bool ends;
} conditions[] = {
	{ "V9", BE_VTD, v9_pasid_field, false },     { "V14", BE_VTD, v14_switched, true },
	{ "V6", BE_VTD, v6_low_bits, true },         { "V7", BE_VTD, v7_contexts, true },
	{ "V8", BE_VTD, v8_never_cached, true },     { "V7", BE_VTD, v7_granularity, false },
	{ "V15", BE_VTD, v15_resumes, true },        { "V30", BE_VTD, v30_whole_address, false },
	{ "V39", BE_VTD, v39_compatibility, false }, { "V39", BE_VTD, v39_switched_off, true },
	{ "V38", BE_VTD, v38_wide, true },           { "V37", BE_VTD, v37_table_mode, true },
	{ "V32", BE_VTD, v32_iqercd, false },        { "V33", BE_VTD, v33_upper_address, false },
	{ "V40", BE_VTD, v40_upper_address, false }, { "V34", BE_VTD, v34_pending, false },
	{ "V36", BE_VTD, v36_queue_base, false },    { "V22", BE_VTD, v22_not_recorded, true },
	{ "A46", BE_AMDVI, a46_no_events, false },   { "A13", BE_AMDVI, a13_events, true },
	{ "A18", BE_AMDVI, a18_not_cleared, false }, { "A1", BE_AMDVI, a1_no_events, false },
	{ "A41", BE_AMDVI, a41_reset, false },       { "A44", BE_AMDVI, a44_pointers, true },
	{ "A21", BE_AMDVI, a21_exclusion, false },   { "A43", BE_AMDVI, a43_not_dropped, true },
	{ "A23", BE_AMDVI, a23_reserved, false },    { "A5", BE_AMDVI, a5_outlives, true },
	{ "A16", BE_AMDVI, a16_forgot, true },
};

#define CONDITIONS (sizeof(conditions) / sizeof(conditions[0]))

static int row_of(const struct compare *c, const char *id)
{
	int n = rows_find(id);

	return n >= 0 && row_applies(rows_at((uint32_t)n), c->version) ? n : -1;
}

int explain(const struct difference *d, bool *ends)
{
	for (size_t i = 0; i < CONDITIONS; i++) {
		int row = conditions[i].arch == d->c->arch ? row_of(d->c, conditions[i].id) : -1;

		if (row < 0 || !conditions[i].when(d))
			continue;
		*ends = conditions[i].ends;
		return row;
	}
	return -1;
}

int explain_aside(const struct compare *c, const struct record *write)
{
	bool log = write->off == AMDVI_REG_EVT_HEAD || write->off == AMDVI_REG_STATUS;

	if (c->arch != BE_AMDVI || !log)
		return -1;
	return messages_alone(c->sim, write) && row_of(c, "A1") < 0 ? row_of(c, "A46")
								    : row_of(c, "A1");
}

uint64_t explain_mask(const struct compare *c, const struct record *r)
{
	if (c->arch == BE_AMDVI && r->kind == RECORD_READ && r->off == AMDVI_REG_EFR)
		return ~EXPLAIN_EFR_BEYOND;
	return UINT64_MAX;
}
