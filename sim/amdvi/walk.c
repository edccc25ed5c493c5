/*
 * Host page walk.
 * Implements 48882 2.2.3 "I/O Page Tables for Host Translations": levels that may be skipped, pages of default and of
 * encoded size, permission as the AND of all levels, accessed and dirty bits.
 *
 * Inside this file levels are the specification's: 1 holds 4 KiB pages, 6 is the top of Mode 6. Pages of encoded size are
 * handed on in pieces of their level's default size. The order of the checks is the one public models agree on; the
 * specification does not rank faults that coincide.
 */
#include "unit.h"

#define PR AMDVI_EV0_PR

/* Entries a walk read: for accessed and dirty bits. */
struct trail {
	uint64_t at[AMDVI_PT_LEVELS];
	unsigned count;
};

unsigned amdvi_encoded_lg2(uint64_t addr)
{
	uint64_t zeros = ~addr & MASK64(51, 12);

	return zeros ? (unsigned)__builtin_ctzll(zeros) + 1 : 0;
}

static bool cacheable(const struct amdvi_xl *xl)
{
	return xl->cache && tcache_keeps(&xl->cache->u.cache[SIM_CACHE_PAGING]);
}

/* Address bits that would index the levels between `level` and `next`. */
static uint64_t skipped(unsigned level, unsigned next)
{
	return (BIT64(AMDVI_PT_SHIFT(level)) - 1) & ~(BIT64(AMDVI_PT_SHIFT(next) + 9) - 1);
}

static void fail(struct amdvi_walk *w, uint64_t flags)
{
	w->code = AMDVI_EV_IO_PAGE_FAULT;
	w->flags = flags;
}

static void deny(struct amdvi_walk *w)
{
	fail(w, PR | AMDVI_EV0_PE);
	w->barred = !w->perm;
}

static bool denied(const struct amdvi_xl *xl, const struct amdvi_walk *w)
{
	return xl->rq->at == SIM_AT_UNTRANSLATED && amdvi_needs(xl->rq) & ~w->perm;
}

/*
 * The deepest directory entry the cache has for this address: tagged by DomainID and address, whatever table the device
 * table names. It is judged for this request as if it had just been read: permission, then the bits it skips. false: the
 * walk has failed.
 */
static bool start(struct amdvi_xl *xl, unsigned mode, uint64_t *table, unsigned *level,
		  struct amdvi_walk *w)
{
	struct tc_entry *e =
		tcache_find(&xl->cache->u.cache[SIM_CACHE_PAGING], xl->rq->addr, xl->domain);

	if (!e || e->level >= mode)
		return true;
	w->perm = e->perm;
	*table = e->q[0];
	*level = (unsigned)FIELD_GET(AMDVI_PT_NEXT_LEVEL, e->q[1]);
	if (denied(xl, w))
		deny(w);
	else if (xl->rq->addr & skipped(e->level + 1u, *level))
		fail(w, PR);
	else
		return true;
	xl->x->entry_pa = e->entry_pa;
	xl->x->entry = e->q[1];
	xl->x->level = e->level;
	return false;
}

static void cache_table(struct amdvi_xl *xl, unsigned level, uint8_t perm, uint64_t at,
			uint64_t entry)
{
	struct amdvi_unit *a = xl->cache;
	struct tc_entry e = {
		.addr = tc_base(xl->rq->addr, level - 1),
		.who = xl->domain,
		.q = { entry & AMDVI_PT_ADDR, entry },
		.group = xl->domain,
		.level = (uint8_t)(level - 1),
		.perm = perm,
		.entry_pa = at,
		.filled_ns = a->u.sim->clock.now_ns,
	};

	trace(a->u.sim, SIM_TRACE_FILL, a->u.index, xl->domain, SIM_CACHE_PAGING,
	      (uint8_t)(level - 1), e.addr, e.q[0]);
	tcache_insert(&a->u.cache[SIM_CACHE_PAGING], &e);
}

/* ---- accessed and dirty bits ---- */

/* A locked read-modify-write: it sees and changes what the CPU sees, whatever the walk saw. */
static bool set_bits(struct amdvi_xl *xl, uint64_t at, uint64_t bits)
{
	struct sim *s = xl->a->u.sim;
	uint64_t entry;

	if (!mem_read64(&s->mem, MEM_VIEW_CPU, at, &entry))
		return false;
	if (!(bits & ~entry))
		return true;
	entry |= bits;
	return bus_write(s, SIM_MASTER_WALK, at, &entry, sizeof(entry));
}

/* The access writes, or a completion would let the device write. */
static bool dirties(const struct amdvi_xl *xl, const struct amdvi_walk *w)
{
	if (xl->rq->at != SIM_AT_TRANSLATION)
		return amdvi_needs(xl->rq) & 2;
	return w->perm & amdvi_perm(xl->q[0]) & 2 && !(xl->rq->flags & SIM_REQ_NO_WRITE);
}

static bool hw_error(struct amdvi_xl *xl, struct amdvi_walk *w, uint64_t at)
{
	w->code = AMDVI_EV_PAGE_TAB_HARDWARE_ERROR;
	w->flags = amdvi_hw_type(xl->a->u.sim, at);
	xl->x->entry_pa = at;
	return false;
}

/* Before the access is performed, and only when it will be. */
static void update(struct amdvi_xl *xl, struct amdvi_walk *w, const struct trail *t)
{
	uint64_t had = FIELD_GET(AMDVI_DTE0_HAD, xl->q[0]);

	w->dirty = xl->x->entry & AMDVI_PT_D;
	if (!had || !xl->cache || xl->quiet)
		return;
	for (unsigned i = 0; i < t->count; i++) {
		bool leaf = i + 1 == t->count;
		uint64_t bits = AMDVI_PT_A;

		if (leaf && had == AMDVI_HAD_AD && dirties(xl, w))
			bits |= AMDVI_PT_D;
		if (!set_bits(xl, t->at[i], bits)) {
			hw_error(xl, w, t->at[i]);
			return;
		}
		w->dirty |= (bits & AMDVI_PT_D) != 0;
	}
}

/* ---- the walk ---- */

static bool read_entry(const struct amdvi_xl *xl, uint64_t at, uint64_t *entry)
{
	struct port port = xl->port;

	if (__builtin_expect(at - xl->direct.first < xl->direct.size, 1)) {
		memcpy(entry, xl->direct.base + (at - xl->direct.first), sizeof(*entry));
		return true;
	}
	if (!(xl->q[1] & AMDVI_DTE1_SD))
		port.view = MEM_VIEW_CPU;
	return bus_read64(xl->a->u.sim, &port, at, entry);
}

/* Size of the page, 0 when the entry of this level may be none. */
static unsigned page_lg2(const struct amdvi_xl *xl, unsigned level, uint64_t entry)
{
	unsigned own = AMDVI_PT_SHIFT(level), lg2;

	if (level == AMDVI_PT_LEVELS)
		return 0;
	if (FIELD_GET(AMDVI_PT_NEXT_LEVEL, entry) == AMDVI_NEXT_LEVEL_PAGE) {
		if (amdvi_reads_as(xl->a, SIM_AMDVI_PAGE_LOW_BITS_CHECKED) &&
		    entry & AMDVI_PT_ADDR & (BIT64(own) - 1))
			return 0;
		return own;
	}
	lg2 = amdvi_encoded_lg2(entry);
	return lg2 > own && lg2 < own + 9 ? lg2 : 0;
}

static void page(struct amdvi_xl *xl, struct amdvi_walk *w, unsigned level, uint64_t entry)
{
	unsigned lg2 = page_lg2(xl, level, entry);
	uint64_t inside, piece = AMDVI_PT_SHIFT(level);

	if (!lg2) {
		fail(w, PR);
		return;
	}
	inside = xl->rq->addr & (BIT64(lg2) - 1) & ~(BIT64(piece) - 1);
	w->lg2 = (uint8_t)lg2;
	w->page = (entry & AMDVI_PT_ADDR & ~(BIT64(lg2) - 1)) | inside;
}

/* An entry that is present: what is wrong with it, in the order of the checks. true: nothing. */
static bool accept(const struct amdvi_xl *xl, struct amdvi_walk *w, uint64_t entry, unsigned next)
{
	bool leaf = next == AMDVI_NEXT_LEVEL_PAGE || next == AMDVI_NEXT_LEVEL_SIZED;
	uint64_t rsvd = leaf ? AMDVI_PT_RSVD_PTE | AMDVI_PT_RSVD_PTE_NO_TMPM : AMDVI_PT_RSVD_PDE;

	if (!leaf && next > xl->a->caps.max_mode)
		fail(w, PR);
	else if (entry & rsvd)
		fail(w, PR | AMDVI_EV0_RZ);
	else if (denied(xl, w))
		deny(w);
	else
		return true;
	return false;
}

/* From an entry that leads on: false, the table it names may not be used for this address. */
static bool descend(const struct amdvi_xl *xl, struct amdvi_walk *w, unsigned level, unsigned next)
{
	if (next < level && !(xl->rq->addr & skipped(level, next)))
		return true;
	fail(w, PR);
	return false;
}

void amdvi_walk(struct amdvi_xl *xl, struct amdvi_walk *w)
{
	/* What is served from the cache is not marked, so it has to have been. */
	const bool fill = cacheable(xl), marks = (xl->q[0] & AMDVI_DTE0_HAD) != 0;
	struct sim_xlat *x = xl->x;
	unsigned mode = (unsigned)FIELD_GET(AMDVI_DTE0_MODE, xl->q[0]), level = mode, next;
	uint64_t table = xl->q[0] & AMDVI_DTE0_HOSTPT, entry = 0, at;
	struct trail trail = { .count = 0 };

	*w = (struct amdvi_walk){ .perm = 3 };
	if (fill && !start(xl, mode, &table, &level, w))
		return;
	for (;; level = next, table = entry & AMDVI_PT_ADDR) {
		at = table + 8 * (xl->rq->addr >> AMDVI_PT_SHIFT(level) & 0x1FF);
		x->level = (uint8_t)(level - 1);
		x->entry_pa = at;
		if (!read_entry(xl, at, &entry)) {
			hw_error(xl, w, at);
			return;
		}
		x->entry = entry;
		if (!(entry & AMDVI_PT_PR)) {
			fail(w, 0);
			w->absent = true;
			return;
		}
		w->perm &= amdvi_perm(entry);
		next = (unsigned)FIELD_GET(AMDVI_PT_NEXT_LEVEL, entry);
		if (!accept(xl, w, entry, next))
			return;
		trail.at[trail.count++] = at;
		if (next == AMDVI_NEXT_LEVEL_PAGE || next == AMDVI_NEXT_LEVEL_SIZED)
			break;
		if (!descend(xl, w, level, next))
			return;
		if (fill && (!marks || entry & AMDVI_PT_A))
			cache_table(xl, level, w->perm, at, entry);
	}
	page(xl, w, level, entry);
	if (!w->code)
		update(xl, w, &trail);
}
