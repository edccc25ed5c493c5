/*
 * The reference for VT-d's interrupt remapping.
 * Follows D51397 Rev. 5.10: 5.1 "Interrupt Remapping", 6.2 "Address Translation Caches" of the interrupt entry cache, 6.5
 * "Invalidation of Translation Caches", and the interrupt fault conditions of 7.1. Leaves out posted interrupts: no case has
 * a unit with CAP.PI, so that their format is reserved.
 */
#include "ref.h"

/* Fault reasons, 7.1. */
#define REQUEST_RESERVED 0x20
#define INDEX_TOO_LARGE 0x21
#define NOT_PRESENT 0x22
#define ENTRY_ACCESS 0x23
#define ENTRY_RESERVED 0x24
#define COMPATIBILITY_BLOCKED 0x25
#define WRONG_SOURCE 0x26
#define BAD_REQUEST 0x29
#define EIME_REQUIRED 0x2a
#define REMAPPING_REQUIRED 0x2b

#define BITS(hi, lo) ((UINT64_MAX >> (63 - (hi))) & (UINT64_MAX << (lo)))
#define TRIGGER_LEVEL \
	0x4000u /* of data: level of a level-triggered message, 1 in all that is remapped */
#define LEVEL_TRIGGERED 0x8000u

struct request {
	struct ref *r;
	const struct xc_msi *m;
	struct ref_set *out;
	uint16_t sid;
	uint32_t index;
	bool fresh;
};

/* FI of a record holds the index, where the request has one. */
static void refused(const struct request *q, uint8_t reason, bool silent, bool other_order)
{
	bool indexed = reason == INDEX_TOO_LARGE || reason == NOT_PRESENT ||
		       reason == ENTRY_ACCESS || reason == ENTRY_RESERVED || reason == WRONG_SOURCE;
	struct ref_outcome o = { .reason = reason,
				 .silent = silent,
				 .addr = indexed ? (uint64_t)(q->index & 0xffff) << 48 : 0,
				 .any_addr = !indexed,
				 .fresh = q->fresh,
				 .other_order = other_order };

	ref_add(q->out, &o);
}

static void unchanged(const struct request *q)
{
	struct ref_outcome o = {
		.ok = true, .pa = q->m->addr, .data = q->m->data, .fresh = q->fresh
	};

	ref_add(q->out, &o);
}

static bool source_right(const struct request *q, uint64_t hi)
{
	static const uint16_t ignored[] = { 0, 4, 6, 7 };
	uint32_t svt = (uint32_t)(hi >> 18 & 3), bus = q->sid >> 8;

	if (svt == 1)
		return (((uint16_t)hi ^ q->sid) & ~ignored[hi >> 16 & 3] & 0xffff) == 0;
	if (svt == 2)
		return (hi >> 8 & 0xff) <= bus && bus <= (hi & 0xff);
	return true; /* SVT = 3 is a reserved value, told as one */
}

static bool format_wrong(const struct request *q, uint64_t lo, uint64_t hi)
{
	uint32_t mode = (uint32_t)(lo >> 5 & 7);
	uint64_t rsvd = BITS(31, 24) | BITS(14, 12);

	if ((hi >> 18 & 3) == 3 || (hi & BITS(63, 20)))
		return true;
	if (lo >> 15 & 1) /* posted */
		return true;
	if (!q->r->c->ir.eime)
		rsvd |= BITS(63, 48) | BITS(39, 32);
	if (lo & rsvd)
		return true;
	return mode == 3 || mode == 6 || (mode == 2 && (lo >> 16 & 0xff));
}

static void delivered(const struct request *q, uint64_t lo)
{
	uint32_t mode = (uint32_t)(lo >> 5 & 7);
	uint32_t dest = (uint32_t)(q->r->c->ir.eime ? lo >> 32 : lo >> 40 & 0xff);
	struct ref_outcome o = { .ok = true,
				 .pa = ref_msi_addr(dest, lo >> 3 & 1, lo >> 2 & 1),
				 .data = mode << 8 | TRIGGER_LEVEL,
				 .fresh = q->fresh };

	ref_meets(q->r, q->fresh, SURVEY_DELIVERY, mode);
	if (mode <= 1) {
		o.data |= (uint32_t)(lo >> 16 & 0xff);
		o.data |= lo >> 4 & 1 ? LEVEL_TRIGGERED : 0;
	}
	ref_add(q->out, &o);
}

/* One entry, from the table or kept. Without caching mode nothing that faults is kept. */
static void through_entry(const struct request *q, uint64_t lo, uint64_t hi)
{
	struct ref_irte keep = { .index = q->index, .q = { lo, hi } };
	bool source = source_right(q, hi), format = !format_wrong(q, lo, hi), present = lo & 1;
	bool silent = (lo & 2) != 0;

	if (xc_cap(q->r->c, "cm", 0) || (present && format && (source || q->r->wide)))
		ref_keep_irte(q->r, &keep);
	ref_meets(q->r, q->fresh && present, SURVEY_SOURCE,
		  (uint32_t)(4 * (hi >> 18 & 3) + (hi >> 16 & 3)));
	if (!present)
		refused(q, NOT_PRESENT, silent, false);
	else if (!source)
		refused(q, WRONG_SOURCE, silent, false);
	if (present && !format) /* the order of these two is not told apart from its reverse */
		refused(q, ENTRY_RESERVED, silent, !source);
	if (present && source && format)
		delivered(q, lo);
}

static void remapped(struct request *q)
{
	const struct xc_ir *ir = &q->r->c->ir;
	uint32_t irtes = q->r->irtes;
	uint64_t lo, hi, at;

	q->index = (q->m->addr >> 5 & 0x7fff) | (q->m->addr >> 2 & 1) << 15;
	if (q->m->addr >> 3 & 1) {
		if (q->m->data >> 16) {
			refused(q, REQUEST_RESERVED, false, false);
			return;
		}
		q->index += q->m->data;
	}
	at = ir->table + 16 * (uint64_t)q->index;
	if (q->index >> (ir->size + 1)) {
		refused(q, INDEX_TOO_LARGE, false, false);
		return;
	}
	if (ref_read(q->r, at, &lo) && ref_read(q->r, at + 8, &hi))
		through_entry(q, lo, hi);
	else
		refused(q, ENTRY_ACCESS, false, false);
	q->fresh = false;
	for (uint32_t i = 0; i < irtes; i++) {
		struct ref_irte x = q->r->irte[i];

		if (x.index == q->index)
			through_entry(q, x.q[0], x.q[1]);
	}
}

void ref_vtd_msi(struct ref *r, const struct xc_msi *m, struct ref_set *out)
{
	struct request q = { .r = r, .m = m, .out = out, .sid = r->c->rid[m->dev], .fresh = true };

	if (m->len != 4)
		refused(&q, BAD_REQUEST, false, false);
	else if (!r->c->ir.on && xc_cap(r->c, "irreq", 0))
		refused(&q, REMAPPING_REQUIRED, false, false);
	else if (!r->c->ir.on)
		unchanged(&q);
	else if (xc_cap(r->c, "eimer", 0) && !r->c->ir.eime)
		refused(&q, EIME_REQUIRED, false, false);
	else if (m->addr >> 4 & 1)
		remapped(&q);
	else if (r->c->ir.eime || !r->c->ir.cfi)
		refused(&q, COMPATIBILITY_BLOCKED, false, false);
	else
		unchanged(&q);
}

void ref_vtd_ir_inval(struct ref *r, const struct xc_inval *inv)
{
	uint32_t n = 0, ignored = (1u << inv->am) - 1;

	for (uint32_t i = 0; i < r->irtes; i++)
		if (inv->g && ((r->irte[i].index ^ inv->index) & ~ignored))
			r->irte[n++] = r->irte[i];
	r->irtes = n;
}
