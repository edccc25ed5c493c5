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
static __attribute__((noinline)) bool start(struct amdvi_xl *xl, unsigned mode, uint64_t *table,
					    unsigned *level, struct amdvi_walk *w)
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

/*
 * The walk goes on from an entry: noted for its accessed bit, and kept. What is served from the cache is not marked, so it
 * has to have been.
 */
static __attribute__((noinline)) void passed(struct amdvi_xl *xl, struct trail *trail,
					     unsigned level, uint64_t allowed, uint64_t at,
					     uint64_t entry)
{
	bool marks = (xl->q[0] & AMDVI_DTE0_HAD) != 0;

	if (marks)
		trail->at[trail->count++] = at;
	if (cacheable(xl) && (!marks || entry & AMDVI_PT_A))
		cache_table(xl, level, amdvi_perm(allowed), at, entry);
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
	if (!bus_write(s, xl->a->u.index, SIM_MASTER_WALK, at, &entry, sizeof(entry)))
		return false;
	trace_entry(s, &xl->port, SIM_ENTRY_PTE, at, &entry, 1);
	return true;
}

/* The access writes, or a completion would let the device write. */
static bool dirties(const struct amdvi_xl *xl, const struct amdvi_walk *w)
{
	if (xl->rq->at != SIM_AT_TRANSLATION)
		return amdvi_needs(xl->rq) & 2;
	return w->perm & amdvi_perm(xl->q[0]) & 2 && !(xl->rq->flags & SIM_REQ_NO_WRITE);
}

static void hw_error(struct amdvi_walk *w, const struct sim *s, uint64_t at)
{
	w->code = AMDVI_EV_PAGE_TAB_HARDWARE_ERROR;
	w->flags = amdvi_hw_type(s, at);
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
			hw_error(w, xl->a->u.sim, t->at[i]);
			xl->x->entry_pa = t->at[i];
			return;
		}
		w->dirty |= (bits & AMDVI_PT_D) != 0;
	}
}

/* ---- the walk ---- */

/* A read outside the direct window; the walk has failed when there is no answer. */
static __attribute__((noinline)) uint64_t read_elsewhere(struct amdvi_xl *xl, struct amdvi_walk *w,
							 uint64_t at)
{
	struct port port = xl->port;
	uint64_t entry;

	if (!(xl->q[1] & AMDVI_DTE1_SD))
		port.view = MEM_VIEW_CPU;
	if (bus_read64(xl->a->u.sim, &port, at, &entry)) {
		trace_entry(xl->a->u.sim, &port, SIM_ENTRY_PTE, at, &entry, 1);
		return entry;
	}
	hw_error(w, xl->a->u.sim, at);
	return 0;
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

/* AMDVI_NEXT_LEVEL_PAGE or AMDVI_NEXT_LEVEL_SIZED; between them are the levels of tables. */
static bool is_page(unsigned next)
{
	return next - 1 >= AMDVI_PT_LEVELS;
}

/* An entry that leads to a table which may not be used for this request: why, in the order of the checks. */
static void refuse(const struct amdvi_xl *xl, struct amdvi_walk *w, uint64_t entry, unsigned next)
{
	if (next > xl->a->caps.max_mode)
		fail(w, PR);
	else if (entry & AMDVI_PT_RSVD_PDE)
		fail(w, PR | AMDVI_EV0_RZ);
	else if (denied(xl, w))
		deny(w);
	else /* upwards, or over levels whose address bits are not 0 */
		fail(w, PR);
}

/*
 * From one table to the next until an entry decides: x tells which, and w->code why it failed, if it did. An entry that
 * names the level below needs no further question about levels: the mode, where they start, is one the unit has.
 */
static void descend(struct amdvi_xl *xl, struct amdvi_walk *w, uint64_t table, unsigned level,
		    struct trail *trail)
{
	const bool notes = cacheable(xl) || xl->q[0] & AMDVI_DTE0_HAD;
	const uint64_t need =
		amdvi_perm_bits(xl->rq->at == SIM_AT_UNTRANSLATED ? amdvi_needs(xl->rq) : 0);
	const struct mem_window direct = xl->direct;
	const uint64_t iova = xl->rq->addr;
	struct sim_xlat *x = xl->x;
	uint64_t entry = x->entry, allowed = amdvi_perm_bits(w->perm), at, word;
	unsigned next;

	for (;; level = next, table = entry & AMDVI_PT_ADDR) {
		at = table + 8 * (iova >> AMDVI_PT_SHIFT(level) & 0x1FF);
		if (__builtin_expect(at - direct.first < direct.size, 1)) {
			entry = mem_word_at(&direct, at);
		} else {
			word = read_elsewhere(xl, w, at);
			if (w->code)
				break;
			entry = word;
		}
		if (!(entry & AMDVI_PT_PR)) {
			fail(w, 0);
			w->absent = true;
			break;
		}
		allowed &= entry;
		next = (unsigned)FIELD_GET(AMDVI_PT_NEXT_LEVEL, entry);
		if (is_page(next))
			break;
		if ((entry & AMDVI_PT_RSVD_PDE) | (need & ~allowed) ||
		    (next + 1 != level && (next >= level || iova & skipped(level, next)))) {
			w->perm = amdvi_perm(allowed);
			refuse(xl, w, entry, next);
			break;
		}
		if (notes)
			passed(xl, trail, level, allowed, at, entry);
	}
	x->level = (uint8_t)(level - 1);
	x->entry_pa = at;
	x->entry = entry;
	w->perm = amdvi_perm(allowed);
}

void amdvi_walk(struct amdvi_xl *xl, struct amdvi_walk *w)
{
	unsigned level = (unsigned)FIELD_GET(AMDVI_DTE0_MODE, xl->q[0]);
	uint64_t table = xl->q[0] & AMDVI_DTE0_HOSTPT;
	struct trail trail;

	trail.count = 0;
	*w = (struct amdvi_walk){ .perm = 3 };
	if (cacheable(xl) && !start(xl, level, &table, &level, w))
		return;
	descend(xl, w, table, level, &trail);
	if (w->code)
		return;
	if (xl->x->entry & (AMDVI_PT_RSVD_PTE | AMDVI_PT_RSVD_PTE_NO_TMPM))
		fail(w, PR | AMDVI_EV0_RZ);
	else if (denied(xl, w))
		deny(w);
	else
		page(xl, w, xl->x->level + 1u, xl->x->entry);
	if (w->code)
		return;
	trail.at[trail.count++] = xl->x->entry_pa;
	update(xl, w, &trail);
}
