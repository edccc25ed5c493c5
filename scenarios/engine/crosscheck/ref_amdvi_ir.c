/*
 * The reference for AMD-Vi's interrupt remapping.
 * Follows 48882: the interrupt half of 2.2.2 "Device Table", 2.2.5 "Interrupt Remapping Tables", 2.4.5
 * "INVALIDATE_INTERRUPT_TABLE" and the events of interrupts in 2.5. Leaves out the guest virtual APIC, the SMI filter and
 * messages of the HyperTransport range.
 */
#include "ref.h"

#define ILLEGAL_ENTRY 1
#define PAGE_FAULT 2
#define TABLE_ERROR 4
#define INVALID_REQUEST 8

#define FLAG_I 0x008
#define FLAG_PR 0x010
#define FLAG_RZ 0x080
#define FLAG_MASTER_ABORT 0x200

#define DEVICE_TABLE XC_TABLES
#define BITS(hi, lo) ((UINT64_MAX >> (63 - (hi))) & (UINT64_MAX << (lo)))
#define LEVEL_TRIGGERED 0xc000u /* of data: trigger mode and level */

struct request {
	struct ref *r;
	const struct xc_msi *m;
	struct ref_set *out;
	uint16_t sid, did;
	bool fresh, ignore; /* IG */
	bool dma_half;      /* the other half has reserved bits set */
	uint64_t half;      /* of the device table entry, bits 191:128 */
};

static void event(const struct request *q, uint8_t code, uint16_t flags, uint64_t addr, bool silent)
{
	struct ref_outcome o = { .reason = code,
				 .silent = silent,
				 .did = code == PAGE_FAULT || code == TABLE_ERROR ? q->did : 0,
				 .flags = flags,
				 .addr = addr,
				 .fresh = q->fresh,
				 .dma_half = q->dma_half };

	ref_add(q->out, &o);
}

static void illegal(const struct request *q, uint16_t flags)
{
	event(q, ILLEGAL_ENTRY, FLAG_I | flags, q->m->addr & ~3u, false);
}

static void page_fault(const struct request *q, uint16_t flags, bool quiet)
{
	event(q, PAGE_FAULT, FLAG_I | flags, q->m->addr, q->ignore || quiet);
}

static void delivered(const struct request *q, uint64_t addr, uint32_t data)
{
	struct ref_outcome o = {
		.ok = true, .pa = addr, .data = data, .fresh = q->fresh, .dma_half = q->dma_half
	};

	ref_add(q->out, &o);
}

/* Whether an event is due is disputed; ours has one. */
static void aborted(const struct request *q)
{
	struct ref_outcome o = {
		.reason = PAGE_FAULT, .silent = true, .fresh = q->fresh, .other_order = !q->ignore
	};

	page_fault(q, 0, false);
	ref_add(q->out, &o);
}

/* An entry of either format: what the narrow one has in bits 31:16, the wide one has elsewhere. */
static bool entry_reserved(const struct xc_ir *ir, const uint64_t *e)
{
	if ((e[0] >> 7 & 1) || (e[0] >> 2 & 7) > 1) /* GuestMode, IntType */
		return true;
	if (!ir->ga)
		return (e[0] & BITS(31, 24)) != 0;
	if ((e[0] & BITS(63, 32)) || (e[1] & BITS(55, 8)))
		return true;
	return !ir->xt && ((e[0] & BITS(31, 16)) || (e[1] & BITS(63, 56)));
}

static void through_irte(const struct request *q, uint32_t index, const uint64_t *e)
{
	const struct xc_ir *ir = &q->r->c->ir;
	struct ref_irte keep = { .sid = q->sid, .index = index, .q = { e[0], e[1] } };
	uint32_t dest = (uint32_t)(e[0] >> 8 & 0xff), vector = (uint32_t)(e[0] >> 16 & 0xff);
	bool quiet = (e[0] & 2) != 0;

	if (!(e[0] & 1)) {
		page_fault(q, 0, quiet);
		return;
	}
	if (entry_reserved(ir, e)) {
		page_fault(q, FLAG_PR | FLAG_RZ, quiet);
		return;
	}
	ref_keep_irte(q->r, &keep);
	ref_meets(q->r, q->fresh, SURVEY_DELIVERY, (uint32_t)(e[0] >> 2 & 7));
	if (ir->ga)
		vector = (uint32_t)(e[1] & 0xff);
	if (ir->ga && ir->xt)
		dest = (uint32_t)(e[0] >> 8 & 0xffffff) | (uint32_t)(e[1] >> 56) << 24;
	delivered(q, ref_msi_addr(dest, false, e[0] >> 6 & 1),
		  vector | (uint32_t)(e[0] >> 2 & 7) << 8 | (e[0] >> 5 & 1 ? LEVEL_TRIGGERED : 0));
}

static void kept_irtes(const struct request *q, uint32_t index)
{
	uint32_t irtes = q->r->irtes;
	struct request old = *q;

	old.fresh = false;
	for (uint32_t i = 0; i < irtes; i++) {
		struct ref_irte x = q->r->irte[i];

		if (x.sid == q->sid && x.index == index)
			through_irte(&old, index, x.q);
	}
}

static void remapped(const struct request *q)
{
	uint64_t len = q->half >> 1 & 15, at = q->half & BITS(51, 6), e[2] = { 0, 0 };
	uint32_t index = q->m->data & 0x7ff;
	bool good;

	ref_meets(q->r, q->fresh, SURVEY_TABLE, (uint32_t)len);
	if (len > 11) {
		illegal(q, 0);
		return;
	}
	if (index >> len) {
		page_fault(q, 0, false);
		return;
	}
	kept_irtes(q, index);
	at += (uint64_t)index * (q->r->c->ir.ga ? 16 : 4);
	good = ref_read(q->r, at & ~UINT64_C(7), e);
	if (q->r->c->ir.ga)
		good = good && ref_read(q->r, at + 8, e + 1);
	else
		e[0] = (uint32_t)(at & 4 ? e[0] >> 32 : e[0]);
	if (good)
		through_irte(q, index, e);
	else
		event(q, TABLE_ERROR, FLAG_I | FLAG_MASTER_ABORT, at, false);
}

static void by_intctl(const struct request *q)
{
	ref_meets(q->r, q->fresh, SURVEY_SOURCE, (uint32_t)(q->half >> 60 & 3));
	switch (q->half >> 60 & 3) {
	case 0:
		aborted(q);
		break;
	case 1:
		delivered(q, q->m->addr, q->m->data);
		break;
	case 2:
		remapped(q);
		break;
	default:
		illegal(q, FLAG_RZ);
		break;
	}
}

/* NMI, INIT, ExtINT and SMI have to be physical; the first three need their bit. */
static void by_pass_bit(const struct request *q, bool passes)
{
	if (passes && !(q->m->addr >> 2 & 1))
		delivered(q, q->m->addr, q->m->data);
	else
		aborted(q);
}

static void by_delivery_mode(const struct request *q)
{
	uint32_t mode = q->m->data >> 8 & 7;
	struct ref_outcome nothing = { .silent = true, .fresh = q->fresh };

	if (q->r->c->ir.index && (q->half >> 60 & 3) == 2 && (q->m->addr >> 2 & 1))
		remapped(q);
	else if (mode <= 1)
		by_intctl(q);
	else if (mode == 2)
		by_pass_bit(q, true);
	else if (mode == 4)
		by_pass_bit(q, q->half >> 58 & 1);
	else if (mode == 5)
		by_pass_bit(q, q->half >> 56 & 1);
	else if (mode == 7)
		by_pass_bit(q, q->half >> 57 & 1);
	else
		ref_add(q->out, &nothing);
}

/* Reserved with IV = 1: alignment, GuestPagingMode, HPTMode, 181:180; all of the last word that no feature here uses. */
static void through_half(struct request *q, const uint64_t *e)
{
	q->half = e[2];
	q->ignore = (e[2] >> 5 & 1) != 0;
	if (!(e[2] & 1))
		delivered(q, q->m->addr, q->m->data);
	else if ((e[2] & (BITS(59, 59) | BITS(55, 52) | BITS(6, 6))) || (e[3] & BITS(52, 0)))
		illegal(q, FLAG_RZ);
	else
		by_delivery_mode(q);
}

/* The DomainID of an event is that of the entry's other half, which may have been fetched at another time. */
static void through_entry(struct request *q, const uint64_t *e, bool fresh)
{
	struct ref_context keep = { .sid = q->sid, .q = { e[0], e[1], e[2], e[3] } };
	uint32_t contexts = q->r->contexts;
	uint64_t now;

	ref_keep_context(q->r, &keep);
	q->fresh = fresh;
	q->dma_half = (e[0] & (BITS(63, 63) | BITS(6, 2))) != 0;
	q->did = (uint16_t)e[1];
	through_half(q, e);
	q->fresh = false;
	for (uint32_t i = 0; i < contexts; i++) {
		q->did = (uint16_t)q->r->context[i].q[1];
		if (q->r->context[i].sid == q->sid && q->did != (uint16_t)e[1])
			through_half(q, e);
	}
	(void)ref_read(q->r, DEVICE_TABLE + 32 * (uint64_t)q->sid + 8, &now);
	q->did = (uint16_t)now;
	through_half(q, e);
}

void ref_amdvi_msi(struct ref *r, const struct xc_msi *m, struct ref_set *out)
{
	struct request q = { .r = r, .m = m, .out = out, .sid = r->c->rid[m->dev], .fresh = true };
	uint32_t contexts = r->contexts;
	uint64_t e[4];

	if (m->len != 4) {
		event(&q, INVALID_REQUEST, 0, m->addr, false);
		return;
	}
	for (uint32_t i = 0; i < 4; i++)
		(void)ref_read(r, DEVICE_TABLE + 32 * (uint64_t)q.sid + 8 * i, e + i);
	through_entry(&q, e, true);
	for (uint32_t i = 0; i < contexts; i++) {
		struct ref_context x = r->context[i];

		if (x.sid == q.sid)
			through_entry(&q, x.q, false);
	}
}
