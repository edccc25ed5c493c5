/*
 * The reference for AMD-Vi, host translation.
 * Follows 48882: 2.2.2 "Device Table", 2.2.3 "I/O Page Tables for Host Translations", 2.4.3 "INVALIDATE_IOMMU_PAGES", 2.5.3
 * "IO_PAGE_FAULT Event". Where sources disagree, the reading is the default one of docs/spec-notes.md. Levels are the
 * specification's: 1 holds 4 KiB pages.
 */
#include "ref.h"

#include <string.h>

#define ILLEGAL_ENTRY 1
#define PAGE_FAULT 2
#define TABLE_ERROR 4

/* Flags of events, from bit 48 of the first word. */
#define FLAG_PR 0x010
#define FLAG_RW 0x020
#define FLAG_PE 0x040
#define FLAG_RZ 0x080
#define FLAG_MASTER_ABORT 0x200

#define DEVICE_TABLE XC_TABLES
#define BITS(hi, lo) ((UINT64_MAX >> (63 - (hi))) & (UINT64_MAX << (lo)))

struct request {
	struct ref *r;
	const struct xc_dma *d;
	struct ref_set *out;
	uint16_t sid, did;
	bool silent, fresh;
	bool once; /* SE: after one event there may be none */
	uint8_t dte_perm;
};

static void meets(const struct request *q, enum survey_row row, uint32_t n)
{
	ref_meets(q->r, q->fresh, row, n);
}

/* SE: an event of this requester may have been logged since its entry was fetched. */
static bool had_event(const struct request *q)
{
	for (uint32_t i = 0; i < q->r->ses; i++)
		if (q->r->se[i] == q->sid)
			return true;
	return false;
}

/* With SE a fault may be the one that is told, or one behind it; whoever keeps nothing tells all. */
static void add_fault(const struct request *q, struct ref_outcome *o)
{
	ref_add(q->out, o);
	if (!q->once || o->silent || o->reason != PAGE_FAULT)
		return;
	if (had_event(q)) {
		o->silent = true;
		o->fresh = false;
		ref_add(q->out, o);
	} else if (q->r->filling && q->r->ses < XC_DEVICES) {
		q->r->se[q->r->ses++] = q->sid;
	}
}

static void outcome_fault_at(const struct request *q, uint8_t code, uint16_t flags, uint64_t addr)
{
	struct ref_outcome o = { .reason = code,
				 .silent = code == PAGE_FAULT && q->silent,
				 .did = code == ILLEGAL_ENTRY ? 0 : q->did,
				 .flags = flags,
				 .addr = addr,
				 .fresh = q->fresh };

	if (q->d->write)
		o.flags |= FLAG_RW;
	add_fault(q, &o);
}

static void outcome_fault(const struct request *q, uint8_t code, uint16_t flags)
{
	outcome_fault_at(q, code, flags, q->d->iova);
}

static void outcome_ok(const struct request *q, uint64_t pa)
{
	struct ref_outcome o = { .ok = true, .pa = pa, .fresh = q->fresh };

	ref_add(q->out, &o);
}

static bool allows(const struct request *q, uint8_t perm)
{
	return (perm & (q->d->write ? REF_W : REF_R)) != 0;
}

static uint8_t perm_of(uint64_t e)
{
	return (uint8_t)(e >> 61 & 3);
}

static uint32_t levels_supported(const struct ref *r)
{
	return 4 + (uint32_t)xc_cap(r->c, "hats", 2);
}

/* ---- tables ---- */

struct spot {
	uint32_t level;
	uint64_t table;
	uint8_t perm;  /* so far */
	uint8_t upper; /* the same without what the device table entry takes away */
};

static uint32_t shift(uint32_t level)
{
	return 12 + 9 * (level - 1);
}

/* log2 of the size that an address says of itself: the lowest 0 from bit 12 up. */
static uint32_t encoded_lg2(uint64_t e, uint32_t last)
{
	uint32_t z = 12;

	while (z <= last && (e >> z & 1))
		z++;
	return z > last ? 64 : z + 1;
}

/* Bits of the address that index levels above `level` and below `above` have to be 0. */
static bool skipped_are_zero(uint64_t iova, uint32_t above, uint32_t level)
{
	uint32_t hi = shift(above), lo = shift(level) + 9;

	return hi <= lo || !(iova & BITS(hi - 1, lo));
}

/* Where the address goes in a page that was found; the page is kept. */
static uint64_t keep_page(const struct request *q, uint64_t e, uint32_t lg2, uint8_t perm)
{
	uint64_t low = BITS(lg2 - 1, 0);
	struct ref_page page = { .did = q->did,
				 .lg2 = (uint8_t)lg2,
				 .first = q->d->iova & ~low,
				 .pa = e & BITS(51, 12) & ~low,
				 .perm = perm };

	ref_keep_page(q->r, &page);
	return page.pa | (q->d->iova & low);
}

static void keep_absence(const struct request *q, uint16_t flags)
{
	struct ref_page page = { .did = q->did,
				 .lg2 = 12,
				 .first = q->d->iova & ~BITS(11, 0),
				 .fault = PAGE_FAULT,
				 .flags = flags };

	if (xc_cap(q->r->c, "npcache", 0))
		ref_keep_page(q->r, &page);
}

static void meets_entry(const struct request *q, uint64_t wrong, uint64_t e, uint32_t level)
{
	for (uint32_t bit = 52; bit < 64; bit++)
		if (wrong >> bit & 1)
			meets(q, SURVEY_RESERVED, bit);
	if (!(perm_of(e) & REF_R))
		meets(q, SURVEY_NO_READ, level);
	if (!(perm_of(e) & REF_W))
		meets(q, SURVEY_NO_WRITE, level);
}

static void walk(const struct request *q, struct spot s)
{
	for (;;) {
		uint64_t e, at = s.table +
				 8 * (q->d->iova >> shift(s.level) & (s.level == 6 ? 0x7f : 0x1ff));
		uint32_t next, lg2;
		struct ref_dir dir;

		if (!ref_read(q->r, at, &e)) {
			meets(q, SURVEY_UNREADABLE, s.level);
			outcome_fault_at(q, TABLE_ERROR, FLAG_MASTER_ABORT, at);
			return;
		}
		if (!(e & 1)) {
			meets(q, SURVEY_ABSENT, s.level);
			outcome_fault(q, PAGE_FAULT, 0);
			keep_absence(q, 0);
			return;
		}
		next = (uint32_t)(e >> 9 & 7);
		if (next != 7 && next > levels_supported(q->r)) {
			outcome_fault(q, PAGE_FAULT, FLAG_PR);
			return;
		}
		meets_entry(q, e & (next == 0 || next == 7 ? BITS(58, 52) : BITS(60, 52)), e,
			    s.level);
		if (e & (next == 0 || next == 7 ? BITS(58, 52) : BITS(60, 52))) {
			outcome_fault(q, PAGE_FAULT, FLAG_PR | FLAG_RZ);
			return;
		}
		s.perm &= perm_of(e);
		s.upper &= perm_of(e);
		if (!allows(q, s.perm)) {
			outcome_fault(q, PAGE_FAULT, FLAG_PR | FLAG_PE);
			if (!s.perm)
				keep_absence(q, FLAG_PR | FLAG_PE);
			if (q->r->eager && next == 0)
				keep_page(q, e, shift(s.level), s.perm);
			if (q->r->eager && next == 7)
				keep_page(q, e, encoded_lg2(e, 51), s.perm);
			return;
		}
		if (next == 0 || next == 7) {
			lg2 = next == 0 ? shift(s.level) : encoded_lg2(e, 51);
			if (s.level == 6 ||
			    (next == 7 && (lg2 <= shift(s.level) || lg2 >= shift(s.level + 1)))) {
				outcome_fault(q, PAGE_FAULT, FLAG_PR);
				return;
			}
			meets(q, SURVEY_LEAF, lg2);
			outcome_ok(q, keep_page(q, e, lg2, s.perm));
			return;
		}
		dir = (struct ref_dir){ .did = q->did,
					.level = (uint8_t)s.level,
					.prefix = q->d->iova >> shift(s.level),
					.next = e & BITS(51, 12),
					.next_level = (uint8_t)next,
					.perm = s.perm };
		if (next >= s.level || !skipped_are_zero(q->d->iova, s.level, next)) {
			outcome_fault(q, PAGE_FAULT, FLAG_PR);
			return;
		}
		meets(q, SURVEY_SKIP, s.level - next - 1);
		/* whether the rights of the entry are kept with it is the hardware's choice */
		ref_keep_dir(q->r, &dir);
		dir.perm = s.upper;
		ref_keep_dir(q->r, &dir);
		s.table = dir.next;
		s.level = next;
	}
}

static void translate(struct request *q, uint64_t root, uint32_t mode)
{
	uint32_t dirs = q->r->dirs;
	bool fresh = q->fresh;

	if (mode < 6 && q->d->iova >> (shift(mode) + 9)) {
		outcome_fault(q, PAGE_FAULT, FLAG_PR);
		return;
	}
	walk(q, (struct spot){ mode, root, q->dte_perm, REF_R | REF_W });
	q->fresh = false;
	for (uint32_t i = 0; i < dirs; i++) {
		struct ref_dir d = q->r->dir[i];

		if (d.did != q->did || d.prefix != q->d->iova >> shift(d.level))
			continue;
		if (!skipped_are_zero(q->d->iova, d.level, d.next_level))
			outcome_fault(q, PAGE_FAULT, FLAG_PR);
		else if (!allows(q, d.perm))
			outcome_fault(q, PAGE_FAULT, FLAG_PR | FLAG_PE);
		else
			walk(q,
			     (struct spot){ d.next_level, d.next, d.perm & q->dte_perm, d.perm });
	}
	q->fresh = fresh;
}

static void pages_kept(struct request *q)
{
	uint32_t pages = q->r->pages;
	bool fresh = q->fresh;

	q->fresh = false;
	for (uint32_t i = 0; i < pages; i++) {
		struct ref_page p = q->r->page[i];
		uint64_t low = BITS(p.lg2 - 1, 0);

		if (p.did != q->did || p.first != (q->d->iova & ~low))
			continue;
		if (p.fault) {
			outcome_fault(q, p.fault, p.flags);
		} else if (allows(q, p.perm)) {
			outcome_ok(q, p.pa | (q->d->iova & low));
		} else {
			struct ref_outcome o = { .reason = PAGE_FAULT,
						 .silent = q->silent,
						 .did = q->did,
						 .addr = q->d->iova,
						 .flags = FLAG_PR | FLAG_PE,
						 .hit_refused = true };

			if (q->d->write)
				o.flags |= FLAG_RW;
			add_fault(q, &o);
		}
	}
	q->fresh = fresh;
}

/* ---- device table entry ---- */

/* Reserved bits of the halves that DMA looks at, for a unit with neither guest translation nor page requests. */
static bool illegal(const struct request *q, const uint64_t *e, uint16_t *flags)
{
	uint64_t had = e[0] >> 7 & 3, rsvd0 = BITS(63, 63) | BITS(6, 2), rsvd1 = BITS(42, 42);

	rsvd0 |= BITS(60, 52); /* page requests, guest translation, its table */
	rsvd1 |= BITS(63, 43) | BITS(31, 16);
	if (!xc_cap(q->r->c, "iotlbsup", 1))
		rsvd1 |= BITS(32, 32);
	if (!xc_cap(q->r->c, "hasup", 1))
		rsvd0 |= BITS(8, 7);
	*flags = FLAG_RZ;
	if ((e[0] & rsvd0) || (e[1] & rsvd1))
		return true;
	*flags = 0;
	return had == 2 || (had == 3 && !xc_cap(q->r->c, "hdsup", 1)) || (e[1] >> 35 & 3) == 3;
}

static void through_entry(struct request *q, const uint64_t *e, bool fresh)
{
	uint32_t mode = (uint32_t)(e[0] >> 9 & 7);
	uint16_t flags;
	struct ref_context keep = { .sid = q->sid, .q = { e[0], e[1], e[2], e[3] } };

	ref_keep_context(q->r, &keep);
	q->fresh = fresh;
	q->did = (uint16_t)e[1];
	q->silent = (e[1] >> 34 & 1) != 0;
	q->once = (e[1] >> 33 & 1) != 0;
	if (!(e[0] & 1))
		meets(q, SURVEY_FEATURE, SURVEY_NO_VALID);
	else if (!(e[0] & 2))
		meets(q, SURVEY_FEATURE, SURVEY_NO_TV);
	else
		meets(q, SURVEY_WIDTH, mode);
	ref_meets_domain(q->r, fresh && (e[0] & 1), q->d->dev, q->did);
	if (q->silent)
		meets(q, SURVEY_FEATURE, SURVEY_SA);
	if (q->once)
		meets(q, SURVEY_FEATURE, SURVEY_SE);
	q->dte_perm = perm_of(e[0]);
	if (!(e[0] & 1)) {
		outcome_ok(q, q->d->iova);
	} else if (illegal(q, e, &flags)) {
		outcome_fault(q, ILLEGAL_ENTRY, flags);
	} else if (!(e[0] & 2)) {
		outcome_fault(q, PAGE_FAULT, 0);
	} else if (!allows(q, q->dte_perm)) {
		outcome_fault(q, PAGE_FAULT, FLAG_PR | FLAG_PE);
	} else if (mode == 0) {
		outcome_ok(q, q->d->iova);
	} else if (mode == 7 || mode > levels_supported(q->r)) {
		outcome_fault(q, PAGE_FAULT, FLAG_PR);
	} else {
		/* an address beyond the mode is told before any cache is asked, as are the rights of the entry */
		if (mode == 6 || !(q->d->iova >> (shift(mode) + 9)))
			pages_kept(q);
		translate(q, e[0] & BITS(51, 12), mode);
	}
}

void ref_amdvi_dma(struct ref *r, const struct xc_dma *d, struct ref_set *out)
{
	struct request q = { .r = r, .d = d, .out = out, .sid = r->c->rid[d->dev] };
	uint32_t contexts = r->contexts;
	uint64_t e[4];

	for (uint32_t i = 0; i < 4; i++)
		(void)ref_read(r, DEVICE_TABLE + 32 * (uint64_t)q.sid + 8 * i, e + i);
	through_entry(&q, e, true);
	for (uint32_t i = 0; i < contexts; i++) {
		struct ref_context x = r->context[i];

		if (x.sid == q.sid)
			through_entry(&q, x.q, false);
	}
}

/* ---- invalidation ---- */

static bool overlaps(const struct xc_inval *inv, uint64_t first, uint32_t lg2)
{
	uint32_t range = inv->s ? encoded_lg2(inv->addr, 63) : 12;
	uint64_t from, to, last;

	if (lg2 >= 64 || range > 51)
		return true;
	from = inv->addr & ~BITS(range - 1, 0);
	to = from | BITS(range - 1, 0);
	last = first | BITS(lg2 - 1, 0);
	return first <= to && last >= from;
}

static void inval_pages(struct ref *r, const struct xc_inval *inv)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->pages; i++)
		if (r->page[i].did != inv->did || !overlaps(inv, r->page[i].first, r->page[i].lg2))
			r->page[n++] = r->page[i];
	r->pages = n;
	n = 0;
	for (uint32_t i = 0; inv->pde && i < r->dirs; i++) {
		uint32_t lg2 = shift(r->dir[i].level);

		if (r->dir[i].did != inv->did || !overlaps(inv, r->dir[i].prefix << lg2, lg2))
			r->dir[n++] = r->dir[i];
	}
	if (inv->pde)
		r->dirs = n;
}

void ref_amdvi_inval(struct ref *r, const struct xc_inval *inv)
{
	uint32_t n = 0;

	if (inv->kind == XC_AMD_PAGES) {
		inval_pages(r, inv);
		return;
	}
	if (inv->kind == XC_AMD_INTTAB) {
		for (uint32_t i = 0; i < r->irtes; i++)
			if (r->irte[i].sid != inv->sid)
				r->irte[n++] = r->irte[i];
		r->irtes = n;
		return;
	}
	for (uint32_t i = 0; i < r->contexts; i++)
		if (inv->kind == XC_AMD_DEVTAB && r->context[i].sid != inv->sid)
			r->context[n++] = r->context[i];
	r->contexts = n;
	n = 0;
	for (uint32_t i = 0; i < r->ses; i++)
		if (inv->kind == XC_AMD_DEVTAB && r->se[i] != inv->sid)
			r->se[n++] = r->se[i];
	r->ses = n;
	if (inv->kind == XC_AMD_ALL)
		r->dirs = r->pages = r->irtes = 0;
}
