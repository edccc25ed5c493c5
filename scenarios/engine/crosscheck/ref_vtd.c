/*
 * The reference for VT-d, legacy mode.
 * Follows D51397 Rev. 5.10: 3.4 "DMA Remapping - Software Perspective" of requests without PASID, 3.7 "Second-Stage
 * Translation", 6.2 "Address Translation Caches", 6.5 "Invalidation of Translation Caches", and the fault conditions of 7.1.
 * Level 0 is the specification's SS-PTE.
 */
#include "ref.h"

#include <string.h>

/* Fault reasons, 7.1 "Hardware Handling of Faulting DMA Requests". */
#define ROOT_NOT_PRESENT 0x1
#define CONTEXT_NOT_PRESENT 0x2
#define CONTEXT_INVALID 0x3
#define BEYOND_WIDTH 0x4
#define NO_WRITE 0x5
#define NO_READ 0x6
#define TABLE_ACCESS 0x7
#define ROOT_ACCESS 0x8
#define CONTEXT_ACCESS 0x9
#define ROOT_RESERVED 0xa
#define CONTEXT_RESERVED 0xb
#define PAGE_RESERVED 0xc

#define BITS(hi, lo) ((UINT64_MAX >> (63 - (hi))) & (UINT64_MAX << (lo)))
#define PASS_LG2 30 /* pass-through, as it may be kept */

struct request {
	struct ref *r;
	const struct xc_dma *d;
	struct ref_set *out;
	uint16_t sid;
	/* of the context entry the walk goes through */
	bool fpd, fresh;
	uint16_t did;
};

static uint32_t haw(const struct ref *r)
{
	return (uint32_t)xc_cap(r->c, "host-address-bits", 46);
}

static uint64_t above_haw(const struct ref *r)
{
	return haw(r) < 52 ? BITS(51, haw(r)) : 0;
}

static bool caching_mode(const struct ref *r)
{
	return xc_cap(r->c, "cm", 0) != 0;
}

static uint8_t refusal(const struct request *q)
{
	return q->d->write ? NO_WRITE : NO_READ;
}

/* FI of a record: page address, of which the widest tables decide how much is kept (11.4.14). */
static uint64_t page_address(const struct request *q)
{
	uint64_t sagaw = xc_cap(q->r->c, "sagaw", 4);

	return q->d->iova & BITS(sagaw & 8 ? 56 : sagaw & 4 ? 47 : 38, 12);
}

static void outcome_fault(const struct request *q, uint8_t reason, bool silent, bool other_order)
{
	struct ref_outcome o = { .reason = reason,
				 .silent = silent,
				 .addr = page_address(q),
				 .fresh = q->fresh,
				 .other_order = other_order,
				 .context_rsvd = reason == CONTEXT_RESERVED && silent };

	ref_add(q->out, &o);
}

static void outcome_ok(const struct request *q, uint64_t pa)
{
	struct ref_outcome o = { .ok = true, .pa = pa, .fresh = q->fresh };

	ref_add(q->out, &o);
}

static void meets(const struct request *q, enum survey_row row, uint32_t n)
{
	ref_meets(q->r, q->fresh, row, n);
}

static void meets_entry(const struct request *q, uint64_t wrong, uint64_t e, uint32_t level)
{
	for (uint32_t bit = 0; wrong && bit < 64; bit++)
		if (wrong >> bit & 1)
			meets(q, SURVEY_RESERVED, bit);
	if (!(e & 1))
		meets(q, SURVEY_NO_READ, level);
	if (!(e & 2))
		meets(q, SURVEY_NO_WRITE, level);
}

static bool allows(const struct request *q, uint8_t perm)
{
	return (perm & (q->d->write ? REF_W : REF_R)) != 0;
}

/* ---- root and context ---- */

/* Fault of a context entry, 0: none. AW counts its levels through *levels; *pass: pass-through. */
static uint8_t context_check(const struct ref *r, uint64_t lo, uint64_t hi, uint32_t *levels,
			     bool *pass)
{
	uint64_t tt = lo >> 2 & 3, aw = hi & 7, sagaw = xc_cap(r->c, "sagaw", 4);
	uint32_t nd_bits = 4 + 2 * (uint32_t)xc_cap(r->c, "nd", 6);
	uint64_t root_above = haw(r) < 64 ? BITS(63, haw(r)) : 0;

	*pass = tt == 2;
	*levels = (uint32_t)aw + 2;
	if (!(lo & 1))
		return CONTEXT_NOT_PRESENT;
	if ((lo & BITS(11, 4)) || (hi & (BITS(63, 24) | BITS(7, 7))))
		return CONTEXT_RESERVED;
	if (tt != 2 && (lo & root_above))
		return CONTEXT_RESERVED;
	if (nd_bits < 16 && (hi >> 8 & 0xffff) >> nd_bits)
		return CONTEXT_RESERVED;
	if (tt == 3 || (tt == 1 && !xc_cap(r->c, "dt", 0)) || (tt == 2 && !xc_cap(r->c, "pt", 1)))
		return CONTEXT_INVALID;
	if (aw > 4 || !(sagaw >> aw & 1))
		return CONTEXT_INVALID;
	return 0;
}

/* What memory says of the requester: fault, or the entry in lo and hi. */
static uint8_t context_fetch(const struct request *q, uint64_t *lo, uint64_t *hi)
{
	uint64_t root_lo, root_hi, at = xc_root(q->r->c) + 16 * (uint64_t)(q->sid >> 8);
	uint64_t above = haw(q->r) < 64 ? BITS(63, haw(q->r)) : 0;

	*lo = *hi = 0;
	if (!ref_read(q->r, at, &root_lo) || !ref_read(q->r, at + 8, &root_hi))
		return ROOT_ACCESS;
	if (!(root_lo & 1))
		return ROOT_NOT_PRESENT;
	if ((root_lo & BITS(11, 1)) || root_hi || (root_lo & above))
		return ROOT_RESERVED;
	at = (root_lo & ~BITS(11, 0)) + 16 * (uint64_t)(q->sid & 0xff);
	if (!ref_read(q->r, at, lo) || !ref_read(q->r, at + 8, hi))
		return CONTEXT_ACCESS;
	return 0;
}

/* ---- second stage ---- */

/* Reserved bits of a present entry of `level`; *leaf says whether it maps a page. */
static uint64_t reserved(const struct ref *r, uint64_t e, uint32_t level, bool *leaf)
{
	uint64_t sslps = xc_cap(r->c, "sslps", 3), bits = above_haw(r) | BITS(62, 62);
	bool large = (level == 1 && (sslps & 1)) || (level == 2 && (sslps & 2));
	uint64_t snoop = xc_cap(r->c, "sc", 1) ? 0 : BITS(11, 11);

	*leaf = level == 0 || (large && (e & BITS(7, 7)));
	if (level == 0)
		return bits | snoop;
	if (*leaf)
		return bits | snoop | (level == 1 ? BITS(20, 12) : BITS(29, 12));
	return bits | BITS(11, 11) | (large ? 0 : BITS(7, 7));
}

struct spot {
	uint32_t level;
	uint64_t table;
	uint8_t perm;
	bool top;
};

static uint64_t prefix_of(uint64_t iova, uint32_t level)
{
	return iova >> (12 + 9 * level);
}

static void keep_fault(const struct request *q, uint32_t level, uint8_t reason)
{
	struct ref_dir dir = { .did = q->did,
			       .level = (uint8_t)level,
			       .prefix = prefix_of(q->d->iova, level),
			       .fault = reason };
	struct ref_page page = { .sid = q->sid,
				 .silent = q->fpd,
				 .did = q->did,
				 .lg2 = 12,
				 .first = q->d->iova & ~BITS(11, 0),
				 .fault = reason };

	if (!caching_mode(q->r))
		return;
	ref_keep_page(q->r, &page);
	if (level > 0)
		ref_keep_dir(q->r, &dir);
}

static void leaf_found(const struct request *q, uint64_t e, uint32_t level, uint8_t perm)
{
	uint32_t lg2 = 12 + 9 * level;
	uint64_t low = BITS(lg2 - 1, 0);
	struct ref_page page = { .sid = q->sid,
				 .silent = q->fpd,
				 .did = q->did,
				 .lg2 = (uint8_t)lg2,
				 .first = q->d->iova & ~low,
				 .pa = e & BITS(51, 12) & ~low,
				 .perm = perm };

	meets(q, SURVEY_LEAF, lg2);
	if (!allows(q, perm)) {
		outcome_fault(q, refusal(q), q->fpd, false);
		if (caching_mode(q->r))
			ref_keep_page(q->r, &page);
		/* levels that have nothing in common are as good as absence, and kept by the 4 KiB as that is */
		if (!perm)
			keep_fault(q, 0, refusal(q));
		return;
	}
	outcome_ok(q, page.pa | (q->d->iova & low));
	ref_keep_page(q->r, &page);
}

/* Walks from a table downward, through memory as it is. */
static void walk(const struct request *q, struct spot s)
{
	for (;; s.level--) {
		uint64_t e, at = s.table + 8 * (q->d->iova >> (12 + 9 * s.level) & 0x1ff);
		uint8_t own;
		bool leaf;
		struct ref_dir dir;

		if (!ref_read(q->r, at, &e)) {
			meets(q, SURVEY_UNREADABLE, s.level);
			outcome_fault(q, s.top ? CONTEXT_INVALID : TABLE_ACCESS, q->fpd, false);
			return;
		}
		own = (uint8_t)(e & 3);
		if (!own) {
			meets(q, SURVEY_ABSENT, s.level);
			outcome_fault(q, refusal(q), q->fpd, false);
			keep_fault(q, s.level, refusal(q));
			return;
		}
		/* level by level is allowed too: the specification does not rank permission and reserved bits */
		if (!allows(q, s.perm & own))
			outcome_fault(q, refusal(q), q->fpd, true);
		meets_entry(q, e & reserved(q->r, e, s.level, &leaf), e, s.level);
		if (e & reserved(q->r, e, s.level, &leaf)) {
			outcome_fault(q, PAGE_RESERVED, q->fpd, false);
			keep_fault(q, s.level, PAGE_RESERVED);
			return;
		}
		s.perm &= own;
		if (leaf) {
			leaf_found(q, e, s.level, s.perm);
			return;
		}
		dir = (struct ref_dir){ .did = q->did,
					.level = (uint8_t)s.level,
					.prefix = prefix_of(q->d->iova, s.level),
					.next = e & BITS(51, 12),
					.next_level = (uint8_t)(s.level - 1),
					.perm = s.perm };
		ref_keep_dir(q->r, &dir);
		s.table = dir.next;
		s.top = false;
	}
}

/* A kept page, a kept table, or the top: each may be where the hardware begins. */
static void translate(struct request *q, uint64_t root, uint32_t levels)
{
	uint32_t dirs = q->r->dirs;
	bool fresh = q->fresh;

	walk(q, (struct spot){ levels - 1, root, REF_R | REF_W, true });
	q->fresh = false;
	for (uint32_t i = 0; i < dirs; i++) {
		struct ref_dir d = q->r->dir[i];

		if (d.did != q->did || d.level >= levels ||
		    d.prefix != prefix_of(q->d->iova, d.level))
			continue;
		if (d.fault)
			outcome_fault(q, d.fault == PAGE_RESERVED ? d.fault : refusal(q), q->fpd,
				      false);
		else
			walk(q, (struct spot){ d.next_level, d.next, d.perm, false });
	}
	q->fresh = fresh;
}

static void pass_through(const struct request *q)
{
	uint64_t low = BITS(PASS_LG2 - 1, 0);
	struct ref_page page = { .sid = q->sid,
				 .silent = q->fpd,
				 .did = q->did,
				 .lg2 = PASS_LG2,
				 .first = q->d->iova & ~low,
				 .pa = q->d->iova & ~low,
				 .perm = REF_R | REF_W };

	if (haw(q->r) < 64 && q->d->iova >> haw(q->r)) {
		outcome_fault(q, BEYOND_WIDTH, q->fpd, false);
		return;
	}
	outcome_ok(q, q->d->iova);
	ref_keep_page(q->r, &page);
}

/* ---- one context entry, and the pages kept for the requester ---- */

/* One kept page, the fault being reported or not. */
static void page_kept(const struct request *q, const struct ref_page *p)
{
	struct ref_outcome o = {
		.reason = refusal(q), .silent = q->fpd, .addr = page_address(q), .hit_refused = true
	};

	if (p->fault)
		outcome_fault(q, p->fault == PAGE_RESERVED ? p->fault : refusal(q), q->fpd, false);
	else if (allows(q, p->perm))
		outcome_ok(q, p->pa | (q->d->iova & BITS(p->lg2 - 1, 0)));
	else
		ref_add(q->out, &o);
}

/* FPD of a kept page is that of the context entry it was made through, or that of the one there is now. */
static void pages_kept(const struct request *q)
{
	uint32_t pages = q->r->pages;
	struct request old = *q;

	old.fresh = false;
	for (uint32_t i = 0; i < pages; i++) {
		struct ref_page p = q->r->page[i];

		if (p.sid != q->sid || p.first != (q->d->iova & ~BITS(p.lg2 - 1, 0)))
			continue;
		old.fpd = q->fpd;
		page_kept(&old, &p);
		old.fpd = p.silent;
		page_kept(&old, &p);
	}
}

/* A root entry that leads nowhere may be kept as a context entry that does. */
static void through_root_fault(struct request *q, uint8_t fault, bool fresh)
{
	struct ref_context keep = { .sid = q->sid, .fault = fault };

	q->fresh = fresh;
	q->fpd = false;
	outcome_fault(q, fault, false, false);
	pages_kept(q);
	if (caching_mode(q->r) && (fault == ROOT_NOT_PRESENT || fault == ROOT_RESERVED))
		ref_keep_context(q->r, &keep);
}

static void through_context(struct request *q, uint64_t lo, uint64_t hi, bool fresh)
{
	uint32_t levels, width, mgaw = (uint32_t)xc_cap(q->r->c, "mgaw", 48);
	struct ref_context keep = { .sid = q->sid, .q = { lo, hi }, .tag = (uint16_t)(hi >> 8) };
	bool pass;
	uint8_t fault = context_check(q->r, lo, hi, &levels, &pass);

	q->fresh = fresh;
	q->fpd = (lo & 2) != 0;
	q->did = (uint16_t)(hi >> 8);
	meets(q, SURVEY_TYPE, (uint32_t)(lo >> 2 & 3));
	if (!fault && !pass)
		meets(q, SURVEY_WIDTH, levels);
	ref_meets_domain(q->r, fresh && !fault, q->d->dev, q->did);
	if (q->fpd)
		meets(q, SURVEY_FEATURE, SURVEY_FPD);
	pages_kept(q);
	if (fault) {
		outcome_fault(q, fault, q->fpd, false);
		if (!caching_mode(q->r))
			return;
		keep.tag = 0;
		keep.fault = fault;
		ref_keep_context(q->r, &keep);
		return;
	}
	ref_keep_context(q->r, &keep);
	width = 12 + 9 * levels < mgaw ? 12 + 9 * levels : mgaw;
	if (pass)
		pass_through(q);
	else if (q->d->iova >> width)
		outcome_fault(q, BEYOND_WIDTH, q->fpd, false);
	else
		translate(q, lo & ~BITS(11, 0), levels);
}

void ref_vtd_dma(struct ref *r, const struct xc_dma *d, struct ref_set *out)
{
	struct request q = { .r = r, .d = d, .out = out, .sid = r->c->rid[d->dev] };
	uint32_t contexts = r->contexts;
	uint64_t lo, hi;
	uint8_t fault = context_fetch(&q, &lo, &hi);

	if (fault)
		through_root_fault(&q, fault, true);
	else
		through_context(&q, lo, hi, true);
	for (uint32_t i = 0; i < contexts; i++) {
		struct ref_context x = r->context[i];

		if (x.sid != q.sid)
			continue;
		if (x.fault == ROOT_NOT_PRESENT || x.fault == ROOT_RESERVED)
			through_root_fault(&q, x.fault, false);
		else
			through_context(&q, x.q[0], x.q[1], false);
	}
}

/* ---- invalidation ---- */

static bool context_named(const struct ref_context *x, const struct xc_inval *inv)
{
	static const uint16_t ignored[] = { 0, 4, 6, 7 };

	if (inv->g == 1)
		return true;
	if (x->tag != inv->did)
		return false;
	return inv->g == 2 || ((x->sid ^ inv->sid) & ~ignored[inv->fm & 3] & 0xffff) == 0;
}

static bool range_named(const struct xc_inval *inv, uint16_t did, uint64_t first, uint32_t lg2)
{
	uint64_t size = UINT64_C(1) << (12 + inv->am), from = inv->addr & ~(size - 1);
	uint64_t last = first + (lg2 < 64 ? (UINT64_C(1) << lg2) - 1 : 0);

	if (inv->g == 1)
		return true;
	if (did != inv->did)
		return false;
	return inv->g == 2 || (first <= from + size - 1 && last >= from);
}

static void inval_iotlb(struct ref *r, const struct xc_inval *inv)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->pages; i++)
		if (!range_named(inv, r->page[i].did, r->page[i].first, r->page[i].lg2))
			r->page[n++] = r->page[i];
	r->pages = n;
	if (inv->g == 3 && inv->ih)
		return;
	n = 0;
	for (uint32_t i = 0; i < r->dirs; i++) {
		uint32_t lg2 = 12 + 9u * r->dir[i].level;

		if (!range_named(inv, r->dir[i].did, r->dir[i].prefix << lg2, lg2))
			r->dir[n++] = r->dir[i];
	}
	r->dirs = n;
}

void ref_vtd_inval(struct ref *r, const struct xc_inval *inv)
{
	uint32_t n = 0;

	if (inv->kind == XC_VTD_IOTLB) {
		inval_iotlb(r, inv);
		return;
	}
	if (inv->kind == XC_VTD_IEC) {
		ref_vtd_ir_inval(r, inv);
		return;
	}
	for (uint32_t i = 0; i < r->contexts; i++)
		if (!context_named(r->context + i, inv))
			r->context[n++] = r->context[i];
	r->contexts = n;
}

void ref_vtd_fetch_contexts(struct ref *r)
{
	for (uint32_t i = 0; i < r->c->devices; i++) {
		struct request q = { .r = r, .sid = r->c->rid[i] };
		struct ref_context keep = { .sid = q.sid };
		uint32_t levels;
		bool pass;

		if (context_fetch(&q, keep.q, keep.q + 1) ||
		    context_check(r, keep.q[0], keep.q[1], &levels, &pass))
			continue;
		keep.tag = (uint16_t)(keep.q[1] >> 8);
		r->filling = true;
		ref_keep_context(r, &keep);
		r->filling = false;
	}
}
