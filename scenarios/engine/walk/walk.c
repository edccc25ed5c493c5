/* Entries of page tables of all formats, the way of one address, and the sweep over all of them. */
#include "walk/walk.h"

#include <inttypes.h>
#include <string.h>

#include "hw/amdvi.h"
#include "hw/vtd.h"

const char *walk_layout_name(enum walk_format format)
{
	static const char *const names[] = {
		[FORMAT_SS] = "ss", [FORMAT_FS] = "fs", [FORMAT_AMD] = "pte"
	};

	return names[format];
}

/* Address bits that no memory has; HAW is given with --reg, no register says it. */
static bool beyond_host(const struct image *im, uint64_t pa)
{
	uint64_t haw;

	return image_get(im, "HAW", &haw) && haw < 64 && pa >> haw;
}

static bool large_pages(const struct image *im, uint32_t level)
{
	uint64_t cap;

	if (level > 2)
		return false;
	return !image_get(im, "CAP", &cap) || FIELD_GET(VTD_CAP_SSLPS, cap) >> (level - 1) & 1;
}

/* VT-d 9.7 "Second-Stage Paging Entries". */
static void second_stage(const struct image *im, uint32_t level, uint64_t w, struct entry *e)
{
	static const uint64_t rsvd[] = { VTD_SS_RSVD_LEAF_4K, VTD_SS_RSVD_LEAF_2M,
					 VTD_SS_RSVD_LEAF_1G };
	bool leaf = level == 0 || (level < 3 && w & VTD_SS_PS);

	e->perm = (uint8_t)((w & VTD_SS_R ? WALK_R : 0) | (w & VTD_SS_W ? WALK_W : 0));
	if (!e->perm)
		return;
	e->reason = VTD_FR_SS_RSVD;
	e->kind = ENTRY_BAD;
	if (w & (leaf ? rsvd[level] : level > 2 ? VTD_SS_RSVD_PML : VTD_SS_RSVD_TABLE)) {
		e->text = "a reserved bit is set";
		return;
	}
	if (beyond_host(im, w & VTD_SS_ADDR)) {
		e->text = "the address is wider than the host's (HAW)";
		return;
	}
	if (leaf && level && !large_pages(im, level)) {
		e->text = "a large page that CAP.SSLPS does not have";
		return;
	}
	e->kind = leaf ? ENTRY_PAGE : ENTRY_TABLE;
	e->pa = w & VTD_SS_ADDR;
	e->lg2 = 12 + 9 * level;
	e->next = level - 1;
}

/* VT-d 9.8 "First-Stage Paging Entries"; user and supervisor are not told apart here. */
static void first_stage(uint32_t level, uint64_t w, struct entry *e)
{
	static const uint64_t rsvd[] = { VTD_FS_RSVD_LEAF_4K, VTD_FS_RSVD_LEAF_2M,
					 VTD_FS_RSVD_LEAF_1G };
	bool leaf = level == 0 || (level < 3 && w & VTD_FS_PS);

	if (!(w & VTD_FS_P))
		return;
	e->perm = (uint8_t)(WALK_R | (w & VTD_FS_RW ? WALK_W : 0));
	if (w & (leaf ? rsvd[level] : level > 2 ? VTD_FS_RSVD_PML : VTD_FS_RSVD_TABLE)) {
		e->kind = ENTRY_BAD;
		e->reason = VTD_FR_FS_RSVD;
		e->text = "a reserved bit is set";
		return;
	}
	e->kind = leaf ? ENTRY_PAGE : ENTRY_TABLE;
	e->pa = w & VTD_FS_ADDR;
	e->lg2 = 12 + 9 * level;
	e->next = level - 1;
	if (leaf)
		e->pa &= ~((UINT64_C(1) << e->lg2) - 1);
}

/* 48882 2.2.3 "I/O Page Tables": the page size stands in the low address bits, up to the first 0. */
static uint32_t encoded_lg2(uint64_t w)
{
	uint32_t lg2 = 13;

	while (lg2 < 52 && w >> (lg2 - 1) & 1)
		lg2++;
	return lg2;
}

static void host(uint32_t level, uint64_t w, struct entry *e)
{
	uint32_t next = (uint32_t)FIELD_GET(AMDVI_PT_NEXT_LEVEL, w);
	bool leaf = next == 0 || next == 7;

	if (!(w & AMDVI_PT_PR))
		return;
	e->perm = (uint8_t)((w & AMDVI_PT_IR ? WALK_R : 0) | (w & AMDVI_PT_IW ? WALK_W : 0));
	e->kind = ENTRY_BAD;
	e->reason = AMDVI_EV_IO_PAGE_FAULT;
	if (w & (leaf ? AMDVI_PT_RSVD_PTE : AMDVI_PT_RSVD_PDE)) {
		e->text = "a reserved bit is set";
		return;
	}
	e->pa = w & AMDVI_PT_ADDR;
	if (!leaf) {
		e->text = "NextLevel is not below the entry's own level";
		if (next > level)
			return;
		e->next = next - 1;
		e->kind = ENTRY_TABLE;
		return;
	}
	e->lg2 = next ? encoded_lg2(w) : 12 + 9 * level;
	e->text = "the encoded page size does not belong to this level";
	if (e->lg2 < 12 + 9 * level || (next && e->lg2 >= 12 + 9 * (level + 1)) ||
	    (next && e->lg2 == 12 + 9 * level))
		return;
	e->pa &= ~((UINT64_C(1) << e->lg2) - 1);
	e->kind = ENTRY_PAGE;
}

void walk_entry(const struct image *im, enum walk_format format, uint32_t level, uint64_t word,
		struct entry *e)
{
	memset(e, 0, sizeof(*e));
	e->kind = ENTRY_ABSENT;
	switch (format) {
	case FORMAT_SS:
		second_stage(im, level, word, e);
		break;
	case FORMAT_FS:
		first_stage(level, word, e);
		break;
	case FORMAT_AMD:
		host(level, word, e);
		break;
	}
}

void walk_stop(struct walk_result *res, enum walk_end end, uint8_t reason, const char *text)
{
	res->end = end;
	res->has_reason = reason != 0;
	res->reason = reason;
	snprintf(res->text, sizeof(res->text), "%s", text);
}

/* The reason hardware gives when an entry does not let the request through. */
static uint8_t refusal(enum walk_format format, bool write, bool absent)
{
	switch (format) {
	case FORMAT_SS:
		return write ? VTD_FR_SS_WRITE : VTD_FR_SS_READ;
	case FORMAT_FS:
		return absent ? VTD_FR_FS_NP : VTD_FR_SM_WRITE;
	default:
		return AMDVI_EV_IO_PAGE_FAULT;
	}
}

static uint32_t index_of(enum walk_format format, uint64_t addr, uint32_t level)
{
	return (uint32_t)(addr >> (12 + 9 * level)) &
	       (format == FORMAT_AMD && level == 5 ? 0x7F : 0x1FF);
}

/* Address bits that an entry skips because its table is more than a level below have to be 0. */
static bool skipped_bits(uint64_t addr, uint32_t level, uint32_t next)
{
	uint64_t low = UINT64_C(1) << (12 + 9 * level), high = UINT64_C(1) << (12 + 9 * (next + 1));

	return addr & (low - 1) & ~(high - 1);
}

static void walk_pages(const struct image *im, const struct walk_request *rq,
		       const struct walk_tables *t, struct walk_result *res)
{
	uint32_t level = t->levels - 1;
	uint64_t table = t->table;
	uint8_t perm = t->perm, need = rq->write ? WALK_W : WALK_R;
	struct entry e;

	for (;;) {
		struct walk_step *s = &res->step[res->steps];

		*s = (struct walk_step){
			.layout = layout_find(LAYOUT_ENTRY, walk_layout_name(t->format)),
			.pa = table + 8 * (uint64_t)index_of(t->format, rq->addr, level),
			.words = 1,
			.level = (int)level
		};
		if (im->read(im, s->pa, &s->word[0])) {
			walk_stop(res, WALK_UNKNOWN, 0, "the source does not hold this entry");
			s->words = 0;
			res->steps++;
			return;
		}
		res->steps++;
		walk_entry(im, t->format, level, s->word[0], &e);
		perm &= e.perm;
		s->perm = perm;
		if (e.kind == ENTRY_ABSENT) {
			walk_stop(res, WALK_BLOCKED, refusal(t->format, rq->write, true),
				  "the entry is not present");
			return;
		}
		if (e.kind == ENTRY_BAD) {
			walk_stop(res, WALK_BLOCKED, e.reason, e.text);
			return;
		}
		if (!(perm & need)) {
			walk_stop(res, WALK_BLOCKED, refusal(t->format, rq->write, false),
				  rq->write ? "no write permission from here on"
					    : "no read permission from here on");
			return;
		}
		if (e.kind == ENTRY_PAGE)
			break;
		if (skipped_bits(rq->addr, level, e.next)) {
			walk_stop(res, WALK_BLOCKED, AMDVI_EV_IO_PAGE_FAULT,
				  "address bits of a skipped level are not 0");
			return;
		}
		table = e.pa;
		level = e.next;
	}
	/* reserved bits of the levels below count before a permission that is missing above */
	if (!(perm & need)) {
		walk_stop(res, WALK_BLOCKED, refusal(t->format, rq->write, false),
			  rq->write ? "the levels together give no write permission"
				    : "the levels together give no read permission");
		return;
	}
	res->end = WALK_PAGE;
	res->size = UINT64_C(1) << e.lg2;
	res->pa = e.pa | (rq->addr & (res->size - 1));
	res->perm = perm;
}

/* Ranges that are never translated: interrupts on both, what HyperTransport set aside on AMD-Vi. */
static const char *special(const struct image *im, uint64_t addr)
{
	if (addr >= VTD_INTR_FIRST && addr <= VTD_INTR_LAST)
		return "the interrupt address range is not translated";
	if (im->arch == BE_AMDVI && addr >= AMDVI_HT_FIRST && addr <= AMDVI_HT_LAST)
		return "the HyperTransport address range is not translated";
	return NULL;
}

void walk_address(const struct image *im, const struct walk_request *rq, struct walk_result *res)
{
	struct walk_tables t = { .format = FORMAT_SS };

	memset(res, 0, sizeof(*res));
	if (special(im, rq->addr)) {
		walk_stop(res, WALK_IDENTITY, 0, special(im, rq->addr));
		return;
	}
	if (!walk_device(im, rq, &t, res))
		return;
	if (t.bits < 64 && rq->addr >> t.bits) {
		walk_stop(res, WALK_BLOCKED,
			  t.format == FORMAT_AMD ? (uint8_t)AMDVI_EV_IO_PAGE_FAULT
						 : (uint8_t)VTD_FR_ADDR_BEYOND,
			  "");
		snprintf(res->text, sizeof(res->text),
			 "the address is wider than the %" PRIu32 " bits that are translated",
			 t.bits);
		return;
	}
	walk_pages(im, rq, &t, res);
}

/* ---- all of them ---- */

struct merge {
	struct walk_sweep *sweep;
	struct walk_range range;
	bool open;
};

static bool flush(struct merge *m)
{
	if (!m->open)
		return true;
	m->open = false;
	return m->sweep->range(m->sweep->ctx, &m->range);
}

static bool add(struct merge *m, uint64_t first, uint64_t size, uint64_t pa, uint8_t perm)
{
	struct walk_range *r = &m->range;

	if (m->open && r->last + 1 == first && r->pa + (first - r->first) == pa &&
	    r->perm == perm) {
		r->last = first + size - 1;
		return true;
	}
	if (!flush(m))
		return false;
	*r = (struct walk_range){ first, first + (size - 1), pa, perm };
	m->open = true;
	return true;
}

struct place {
	uint64_t table, base;
	uint32_t level, index;
	uint8_t perm;
};

/* One entry; true when *down is a table to go into. */
static bool visit(const struct image *im, const struct walk_tables *t, struct place *at,
		  struct place *down, struct merge *m, bool *go_on)
{
	uint64_t pa = at->table + 8 * (uint64_t)at->index, word;
	uint64_t base = at->base + ((uint64_t)at->index << (12 + 9 * at->level));
	struct entry e;

	m->sweep->entries++;
	if (im->read(im, pa, &word)) {
		m->sweep->unknown++;
		return false;
	}
	walk_entry(im, t->format, at->level, word, &e);
	if (e.kind == ENTRY_ABSENT)
		return false;
	if (m->sweep->entry)
		*go_on = m->sweep->entry(m->sweep->ctx, at->table, at->level, pa, word, &e);
	if (e.kind == ENTRY_BAD) {
		m->sweep->bad++;
		return false;
	}
	if (e.kind == ENTRY_TABLE) {
		*down = (struct place){ e.pa, base, e.next, 0, at->perm & e.perm };
		return true;
	}
	/* several entries of one page of encoded size say the same: each maps its own part */
	if (*go_on && at->perm & e.perm) {
		uint32_t part = e.lg2 < 12 + 9 * (at->level + 1) && e.lg2 > 12 + 9 * at->level
					? 12 + 9 * at->level
					: e.lg2;
		uint64_t size = UINT64_C(1) << part;

		*go_on = add(m, base, size, e.pa | (base & ((UINT64_C(1) << e.lg2) - 1)),
			     at->perm & e.perm);
	}
	return false;
}

void walk_all(const struct image *im, const struct walk_tables *t, struct walk_sweep *sweep)
{
	struct place stack[8] = { { t->table, 0, t->levels - 1, 0, t->perm } }, down = { 0 };
	struct merge m = { .sweep = sweep };
	uint32_t depth = 1;
	bool go_on = true;

	while (depth && go_on) {
		struct place *at = &stack[depth - 1];

		if (at->index == (t->format == FORMAT_AMD && at->level == 5 ? 128u : 512u)) {
			depth--;
			continue;
		}
		if (sweep->entries >= SWEEP_MAX) {
			sweep->cut = true;
			break;
		}
		if (visit(im, t, at, &down, &m, &go_on))
			stack[depth++] =
				down; /* levels fall strictly, so that it is never more than 7 deep */
		at->index++;
	}
	if (!go_on || !flush(&m))
		sweep->cut = true;
}
