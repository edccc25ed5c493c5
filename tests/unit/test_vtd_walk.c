/*
 * Legacy-mode translation against a slow reference, written from the specification's tables: random root, context and
 * second-stage tables of every shape, right and wrong, and random requests; with caches empty, and again with them full.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

/* ---- the reference ---- */

struct caps {
	unsigned haw, mgaw, sagaw, sslps, nd;
	bool pt, sc, zlr, dt, nwfs;
};

struct verdict {
	unsigned outcome, reason, perm, level;
	unsigned allowed; /* 1: a translation request that asks not to write */
	uint64_t pa;
	bool fpd;
};

static struct caps caps_of(const struct sim_vtd_config *c)
{
	return (struct caps){
		.haw = c->host_addr_bits,
		.mgaw = (unsigned)(c->cap >> 16 & 0x3F) + 1,
		.sagaw = (unsigned)(c->cap >> 8 & 0x1F),
		.sslps = (unsigned)(c->cap >> 34 & 0xF),
		.nd = 4 + 2 * (unsigned)(c->cap & 7),
		.pt = c->ecap >> 6 & 1,
		.sc = c->ecap >> 7 & 1,
		.zlr = c->cap >> 22 & 1,
		.dt = c->ecap >> 2 & 1,
		.nwfs = c->ecap >> 33 & 1,
	};
}

static uint64_t ones(unsigned bits)
{
	return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static bool fetch(struct world *w, uint64_t pa, uint64_t *val)
{
	return sim_mem_load(w->s, pa, val, 8) == SIM_OK;
}

static bool in_fee(uint64_t first, uint64_t last)
{
	return first <= 0xFEEFFFFF && last >= 0xFEE00000;
}

/* How each class of request ends with a fault of this reason: the columns UT, TR and XT of the fault table. */
static unsigned outcome_of(unsigned reason, unsigned at)
{
	if (at != SIM_AT_TRANSLATION)
		return SIM_OUTCOME_UR;
	switch (reason) {
	case 0x01:
	case 0x02:
	case 0x0D:
		return SIM_OUTCOME_UR;
	case 0x04:
	case 0x05:
	case 0x06:
		return SIM_OUTCOME_NO_ACCESS;
	default:
		return SIM_OUTCOME_CA;
	}
}

/* Root entry, then context entry; 0 or the reason. */
static unsigned ref_context(struct world *w, const struct caps *c, uint16_t rid, uint64_t *ce,
			    bool *fpd)
{
	uint64_t re[2], at = w->vtd.root + (uint64_t)(rid >> 8) * 16;
	unsigned tt, aw;

	if (!fetch(w, at, &re[0]) || !fetch(w, at + 8, &re[1]))
		return 0x08;
	if (!(re[0] & 1))
		return 0x01;
	if (re[0] & 0xFFE || re[0] & ~ones(c->haw) || re[1])
		return 0x0A;
	at = (re[0] & ~UINT64_C(0xFFF)) + (uint64_t)(rid & 0xFF) * 16;
	if (!fetch(w, at, &ce[0]) || !fetch(w, at + 8, &ce[1]))
		return 0x09;
	*fpd = ce[0] >> 1 & 1;
	if (!(ce[0] & 1))
		return 0x02;
	tt = ce[0] >> 2 & 3;
	aw = ce[1] & 7;
	if (ce[0] & 0xFF0 || (tt != 2 && ce[0] & ~ones(c->haw)) || ce[1] & 0xFFFFFFFFFF000080 ||
	    (ce[1] >> 8 & 0xFFFF) > ones(c->nd))
		return 0x0B;
	if (tt == 3 || (tt == 1 && !c->dt) || (tt == 2 && !c->pt))
		return 0x03;
	if (aw > 4 || !(c->sagaw >> aw & 1))
		return 0x03;
	return 0;
}

static unsigned ref_walk(struct world *w, const struct caps *c, const uint64_t *ce, uint64_t addr,
			 unsigned access, unsigned at, struct verdict *v)
{
	unsigned top = (unsigned)(ce[1] & 7) + 2, n;
	uint64_t table = ce[0] & ~UINT64_C(0xFFF), entry, mbz;
	bool wants_write = access == SIM_WRITE || access == SIM_ATOMIC, leaf;

	v->perm = v->allowed;
	for (n = top;; n--) { /* n as in the specification: 1 is the SS-PTE */
		unsigned shift = 12 + 9 * (n - 1);

		if (!fetch(w, table + (addr >> shift & 0x1FF) * 8, &entry))
			return n == top ? 0x03 : 0x07;
		if (!(entry & 3))
			return wants_write ? 0x05 : 0x06;
		leaf = n == 1 || ((n == 2 || n == 3) && entry & 0x80);
		mbz = BIT64(62) | (ones(52) & ~ones(c->haw));
		if (n >= 4)
			mbz |= 0x80;
		if (leaf && n == 2)
			mbz |= 0x1FF000 | (c->sslps & 1 ? 0 : 0x80);
		if (leaf && n == 3)
			mbz |= 0x3FFFF000 | (c->sslps & 2 ? 0 : 0x80);
		if (!leaf || !c->sc)
			mbz |= 0x800;
		if (entry & mbz)
			return 0x0C;
		v->perm &= entry & 3;
		if (leaf) {
			v->level = n - 1;
			v->pa = (entry & ones(52) & ~ones(shift)) | (addr & ones(shift));
			break;
		}
		table = entry & ones(52) & ~UINT64_C(0xFFF);
	}
	if (at != SIM_AT_UNTRANSLATED)
		return 0;
	if (wants_write && !(v->perm & 2))
		return 0x05;
	if (access == SIM_ZLR && c->zlr && v->perm & 2)
		return 0;
	return access != SIM_WRITE && !(v->perm & 1) ? 0x06 : 0;
}

static unsigned ref_reason(struct world *w, const struct caps *c, uint16_t rid, uint64_t addr,
			   unsigned access, unsigned at, struct verdict *v)
{
	uint64_t ce[2];
	unsigned reason = ref_context(w, c, rid, ce, &v->fpd), tt, agaw;

	if (reason)
		return reason;
	tt = ce[0] >> 2 & 3;
	if (at != SIM_AT_UNTRANSLATED && tt != 1)
		return 0x0D;
	v->pa = addr;
	v->perm = 3;
	if (at == SIM_AT_TRANSLATED || tt == 2) {
		if (addr > ones(c->haw))
			return 0x04;
		return in_fee(addr, addr + 3) ? 0x0E : 0;
	}
	agaw = 12 + 9 * ((unsigned)(ce[1] & 7) + 2);
	if (addr > ones(c->mgaw < agaw ? c->mgaw : agaw))
		return 0x04;
	reason = ref_walk(w, c, ce, addr, access, at, v);
	if (reason)
		return reason;
	if (at == SIM_AT_TRANSLATION) {
		uint64_t size = ones(12 + 9 * v->level);

		if (!v->perm) /* no address is returned */
			return 0;
		return in_fee(v->pa & ~size, v->pa | size) ? 0x0E : 0;
	}
	return in_fee(v->pa, v->pa + 3) ? 0x0E : 0;
}

static struct verdict reference(struct world *w, const struct sim_request *rq)
{
	struct caps c = caps_of(&w->vtd.config);
	struct verdict v = { 0 };

	v.allowed = rq->at == SIM_AT_TRANSLATION && rq->flags & SIM_REQ_NO_WRITE && c.nwfs ? 1 : 3;
	v.reason = ref_reason(w, &c, rq->rid, rq->addr, rq->access, rq->at, &v);
	if (v.reason)
		v.outcome = outcome_of(v.reason, rq->at);
	else if (rq->at == SIM_AT_TRANSLATION)
		v.outcome = v.perm ? SIM_OUTCOME_OK : SIM_OUTCOME_NO_ACCESS;
	if (v.outcome == SIM_OUTCOME_NO_ACCESS)
		v.reason = v.perm = 0;
	return v;
}

/* Faults before the context entry was read and those of the hardware's own accesses to it are not qualified. */
static bool qualified(unsigned reason)
{
	return reason != 0x01 && reason != 0x08 && reason != 0x09 && reason != 0x0A;
}

/* ---- random tables ---- */

#define POOL 5u    /* index values in use at each level */
#define TABLES 40u /* of one level */
#define SPACES 6u
#define BUSES 6u

struct zoo {
	struct world w;
	uint64_t rnd;
	unsigned index[5][POOL];
	uint64_t top[SPACES];
	unsigned aw[SPACES];
	bool faulty; /* wrong entries too */
};

static uint32_t dice(struct zoo *z, uint32_t n)
{
	return world_below(&z->rnd, n);
}

static uint64_t random_page(struct zoo *z, unsigned level)
{
	uint64_t pa = world_random(&z->rnd) & ones(z->w.vtd.config.host_addr_bits);

	if (dice(z, 12) == 0)
		pa = 0xFEE00000 +
		     (uint64_t)dice(z, 0x200) * 4096; /* in the interrupt range, or behind it */
	return pa & ~ones(12 + 9 * level);
}

static uint64_t random_perm(struct zoo *z)
{
	static const uint8_t perm[] = { 3, 3, 3, 3, 3, 1, 2, 3 };

	return perm[dice(z, 8)];
}

/* Bits that are ignored in every entry: bit 2 (X), 9 and 8 (D, A), 10, 60:52, 61, 63. */
static uint64_t random_ignored(struct zoo *z)
{
	return world_random(&z->rnd) & (BIT64(2) | MASK64(10, 8) | MASK64(61, 52) | BIT64(63));
}

static uint64_t spoil(struct zoo *z, uint64_t entry)
{
	switch (dice(z, 6)) {
	case 0:
		return entry ^ BIT64(62);
	case 1:
		return entry ^ BIT64(11);
	case 2:
		return entry ^ BIT64(7);
	case 3:
		return entry | BIT64(12 + dice(z, 9));
	case 4:
		return entry | BIT64(51);
	default:
		return (entry & ~MASK64(51, 12)) | (VT_RAM + 0x5000); /* where nothing answers */
	}
}

static uint64_t random_leaf(struct zoo *z, unsigned level)
{
	uint64_t entry = random_page(z, level) | random_perm(z) | random_ignored(z);

	if (level)
		return entry | 0x80;
	return entry | (world_random(&z->rnd) & 0xF8); /* EMT, IPAT, bit 7: ignored */
}

/* One tree: level by level, each entry of the pool is missing, a leaf, or leads on to a table of the next level. */
static void build_space(struct zoo *z, unsigned space)
{
	unsigned levels = z->aw[space] + 2;
	uint64_t table[2][TABLES];
	unsigned tables = 1;

	table[0][0] = z->top[space] = world_page(&z->w);
	for (unsigned level = levels - 1; level < levels; level--) {
		uint64_t *here = table[(levels - 1 - level) & 1],
			 *below = table[(levels - level) & 1];
		unsigned next = 0;

		for (unsigned t = 0; t < tables; t++)
			for (unsigned i = 0; i < POOL; i++) {
				bool large = (level == 1 || level == 2) && dice(z, 4) == 0;
				uint64_t entry;

				if (dice(z, 8) == 0)
					entry = random_ignored(z) | (dice(z, 2) ? BIT64(62) : 0);
				else if (level == 0 || large)
					entry = random_leaf(z, level);
				else if (next < TABLES)
					entry = (below[next++] = world_page(&z->w)) |
						random_perm(z) | random_ignored(z);
				else
					entry = below[dice(z, TABLES)] | random_perm(z);
				if (z->faulty && dice(z, 25) == 0)
					entry = spoil(z, entry);
				world_put(&z->w, here[t] + 8 * z->index[level][i], entry);
			}
		tables = next;
	}
}

/* Context entries right and wrong; those of one domain-id agree, as the architecture asks of software. */
static void build_contexts(struct zoo *z)
{
	for (unsigned bus = 0; bus < BUSES; bus++)
		for (unsigned fn = 0; fn < 16; fn++) {
			uint16_t rid = (uint16_t)(bus << 8 | fn << 3);
			unsigned space = dice(z, SPACES), tt = dice(z, 8);
			uint64_t at;

			tt = tt < 4 ? 0 : tt < 6 ? 1 : 2;
			vt_context(&z->w, rid, z->top[space], tt, z->aw[space],
				   tt == 2 ? 15 : space + 1, dice(z, 4) == 0);
			at = vt_context_at(&z->w, rid);
			if (!z->faulty || dice(z, 3))
				continue;
			switch (dice(z, 9)) {
			case 0: /* FPD may stay */
				world_put(&z->w, at, world_get(&z->w, at) & ~UINT64_C(1));
				break;
			case 1:
				world_put(&z->w, at, world_get(&z->w, at) | BIT64(4 + dice(z, 8)));
				break;
			case 2:
				world_put(&z->w, at, world_get(&z->w, at) | 0xC);
				break;
			case 3: /* AW, or a domain-id that is too wide */
				world_put(&z->w, at + 8,
					  (world_get(&z->w, at + 8) & ~7ull) | (dice(z, 4) + 4));
				if (caps_of(&z->w.vtd.config).nd < 16 && dice(z, 2))
					world_put(&z->w, at + 8,
						  world_get(&z->w, at + 8) | BIT64(23));
				break;
			case 4:
				world_put(&z->w, at + 8,
					  world_get(&z->w, at + 8) | BIT64(24 + dice(z, 40)));
				break;
			case 5:
				world_put(&z->w, at + 8, world_get(&z->w, at + 8) | BIT64(7));
				break;
			case 6: /* a domain-id of its own, and a table where nothing answers */
				world_put(&z->w, at, VT_RAM | (world_get(&z->w, at) & 0xFFF));
				world_put(&z->w, at + 8, (world_get(&z->w, at + 8) & 7) | 14 << 8);
				break;
			case 7:
				world_put(&z->w, at, world_get(&z->w, at) | BIT64(63));
				break;
			default: /* ignored bits */
				world_put(&z->w, at + 8, world_get(&z->w, at + 8) | 0x78);
				break;
			}
		}
	if (!z->faulty)
		return;
	world_put(&z->w, z->w.vtd.root + 16 * 1,
		  world_get(&z->w, z->w.vtd.root + 16 * 1) & ~UINT64_C(1));
	world_put(&z->w, z->w.vtd.root + 16 * 2,
		  world_get(&z->w, z->w.vtd.root + 16 * 2) | BIT64(1 + dice(z, 11)));
	world_put(&z->w, z->w.vtd.root + 16 * 3, VT_RAM | 1);
	if (dice(z, 2))
		world_put(&z->w, z->w.vtd.root + 16 * 4 + 8, BIT64(dice(z, 64)));
}

static struct sim_request random_request(struct zoo *z)
{
	unsigned space = dice(z, SPACES), levels = z->aw[space] + 2;
	struct sim_request rq = {
		.rid = (uint16_t)(dice(z, BUSES + 1) << 8 | dice(z, 16) << 3 | (dice(z, 10) == 0)),
		.access = (uint8_t)dice(z, 4),
		.len = 4,
	};
	uint32_t at = dice(z, 10);

	rq.at = at < 7 ? SIM_AT_UNTRANSLATED : at < 9 ? SIM_AT_TRANSLATION : SIM_AT_TRANSLATED;
	if (rq.at == SIM_AT_TRANSLATION) {
		rq.access = SIM_READ;
		rq.flags = dice(z, 4) ? 0 : SIM_REQ_NO_WRITE;
	}
	do {
		rq.addr = dice(z, 0x400) * 4u;
		for (unsigned n = 0; n < levels; n++)
			rq.addr |= (uint64_t)z->index[n][dice(z, POOL)] << (12 + 9 * n);
		if (dice(z, 40) == 0)
			rq.addr |= BIT64(39 + dice(z, 25));
		if (dice(z, 40) == 0)
			rq.addr ^= BIT64(12 + dice(z, 27));
		if (rq.at == SIM_AT_TRANSLATED)
			rq.addr = dice(z, 4) ? dice(z, 0x10000) * 4096ull : random_page(z, 0);
		/* test_vtd_gate has the interrupt range as input */
	} while (in_fee(rq.addr, rq.addr) && rq.at != SIM_AT_TRANSLATED);
	return rq;
}

/* ---- shapes ---- */

struct shape {
	uint64_t cap_clear, cap_set, ecap_clear, ecap_set;
	uint32_t haw;
};

/* clang-format off */
#define WIDTHS(mgaw, sagaw) MASK64(21, 16) | MASK64(12, 8), ((uint64_t)((mgaw) - 1) << 16 | (uint64_t)(sagaw) << 8)
static const struct shape shapes[] = {
	{ WIDTHS(48, 4), 0, 0, 46 },
	{ WIDTHS(39, 2), BIT64(7), 0, 39 },        /* no large pages, no snoop control */
	{ WIDTHS(57, 14) | BIT64(22), 0, BIT64(2) | BIT64(33), 52 }, /* ZLR, ATS, no-write */
	{ WIDTHS(50, 12) | BIT64(7) | BIT64(22), 0, BIT64(2), 40 },  /* caching mode */
	{ WIDTHS(48, 6) , BIT64(6), 0, 32 },                         /* no pass-through */
	{ WIDTHS(44, 4) | BIT64(7), 0, BIT64(2) | BIT64(33), 44 },
};

static const struct sim_policy policies[] = {
	{ .keep = SIM_KEEP_NONE },
	{ .keep = SIM_KEEP_ALL },
	{ .keep = SIM_KEEP_ALL, .rewalk_on_permission = true, .collapse_faults = true },
	{ .keep = SIM_KEEP_ALL, .prefetch = true },
	{ .keep = SIM_KEEP_LRU, .entries = 4 },
	{ .keep = SIM_KEEP_RANDOM, .entries = 16, .prefetch = true },
};
/* clang-format on */

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))
#define POLICIES (sizeof(policies) / sizeof(policies[0]))

static void zoo_start(struct zoo *z, unsigned shape, const struct sim_policy *policy, bool faulty,
		      uint64_t seed)
{
	const struct shape *s = &shapes[shape];
	struct sim_vtd_config c;

	*z = (struct zoo){ .rnd = seed, .faulty = faulty };
	sim_vtd_default(&c);
	c.cap = (c.cap & ~s->cap_clear) | s->cap_set;
	if (shape == 1)
		c.cap &= ~MASK64(37, 34);
	if (shape == 3)
		c.cap &= ~BIT64(35); /* 2 MiB alone */
	if (shape == 4)
		c.cap &= ~UINT64_C(7); /* 16 domains */
	c.ecap = (c.ecap & ~s->ecap_clear) | s->ecap_set;
	c.host_addr_bits = s->haw;
	vt_start(&z->w, &c, policy);
	for (unsigned level = 0; level < 5; level++)
		for (unsigned i = 0; i < POOL; i++)
			z->index[level][i] = (dice(z, 100) + 101 * i) & 0x1FF;
	for (unsigned i = 0; i < 2;
	     i++) /* so that inputs reach below 2^mgaw and the range FEEx is near */
		z->index[3][i] = z->index[4][i] = i;
	for (unsigned space = 0; space < SPACES; space++) {
		do
			z->aw[space] = 1 + dice(z, 3);
		while (!(caps_of(&c).sagaw >> z->aw[space] & 1));
		build_space(z, space);
	}
	build_contexts(z);
	vt_enable(&z->w, 0);
}

static void same(const struct sim_request *rq, const struct verdict *want, const struct sim_xlat *x)
{
	bool ok = x->outcome == want->outcome && x->reason == want->reason;

	if (want->outcome == SIM_OUTCOME_OK)
		ok = ok && x->pa == want->pa && x->perm == want->perm &&
		     (x->source == SIM_FROM_IOTLB || rq->at == SIM_AT_TRANSLATED ||
		      want->pa == rq->addr || x->level == want->level);
	if (x->reason)
		ok = ok && x->suppressed == (want->fpd && qualified(want->reason));
	ck_assert_msg(ok,
		      "rid %04x addr %llx access %d at %d flags %d: outcome %u reason %02x perm %u "
		      "pa %llx level %u "
		      "wanted, %u %02x %u %llx %u came, source %u suppressed %d",
		      rq->rid, (unsigned long long)rq->addr, rq->access, rq->at, rq->flags,
		      want->outcome, want->reason, want->perm, (unsigned long long)want->pa,
		      want->level, x->outcome, x->reason, x->perm, (unsigned long long)x->pa,
		      x->level, x->source, x->suppressed);
}

/* Every fault is counted once and in one place. */
static void counts_add_up(struct zoo *z, uint64_t faults)
{
	struct sim_unit_stats stats;

	ck_assert_int_eq(sim_unit_stats(z->w.s, 0, &stats), SIM_OK);
	ck_assert_uint_eq(stats.blocked, faults);
	ck_assert_uint_eq(stats.blocked,
			  stats.recorded + stats.suppressed + stats.overflowed + stats.collapsed);
}

#define REQUESTS 3000u

/* A list of requests, asked twice: the second time what was cached answers, and answers the same. */
START_TEST(test_every_request_ends_as_the_reference_says)
{
	unsigned shape = (unsigned)_i % SHAPES, policy = (unsigned)_i / SHAPES % POLICIES;
	static struct sim_request rq[REQUESTS];
	uint64_t faults = 0;
	unsigned ok = 0;
	struct zoo z;

	zoo_start(&z, shape, &policies[policy], true, 1000u + (unsigned)_i);
	for (unsigned i = 0; i < REQUESTS; i++)
		rq[i] = random_request(&z);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < REQUESTS; i++) {
			struct verdict want = reference(&z.w, &rq[i]);
			struct sim_xlat x;

			sim_translate(z.w.s, &rq[i], &x);
			same(&rq[i], &want, &x);
			faults += want.reason != 0;
			ok += want.outcome == SIM_OUTCOME_OK;
		}
	ck_assert_uint_gt(ok, REQUESTS / 50);
	ck_assert_uint_gt(faults, REQUESTS / 50);
	counts_add_up(&z, faults);
	world_stop(&z.w);
}
END_TEST

/* Tables without errors: much more is served, mostly from caches the second time. */
START_TEST(test_repeated_requests_hit_and_agree)
{
	unsigned shape = (unsigned)_i % SHAPES;
	static struct sim_request rq[REQUESTS];
	uint64_t faults = 0;
	unsigned hits = 0, repeats = 0;
	struct zoo z;

	zoo_start(&z, shape, &policies[1 + (unsigned)_i / SHAPES], false, 77u + (unsigned)_i);
	for (unsigned i = 0; i < REQUESTS; i++) {
		rq[i] = random_request(&z);
		for (unsigned n = 0; n < 2; n++) {
			struct verdict want = reference(&z.w, &rq[i]);
			struct sim_xlat x;

			sim_translate(z.w.s, &rq[i], &x);
			same(&rq[i], &want, &x);
			faults += want.reason != 0;
			if (!n || want.outcome != SIM_OUTCOME_OK || rq[i].at)
				continue;
			repeats++;
			hits += x.source == SIM_FROM_IOTLB;
		}
	}
	ck_assert_uint_gt(repeats, 100);
	ck_assert_uint_eq(hits, repeats); /* what succeeded a moment ago is cached */
	counts_add_up(&z, faults);
	world_stop(&z.w);
}
END_TEST

/* ---- what may be cached ---- */

#define RID 0x0008

static uint64_t small(struct world *w, const struct sim_vtd_config *c, const struct sim_policy *p)
{
	uint64_t top;

	vt_start(w, c, p);
	top = world_page(w);
	vt_context(w, RID, top, 0, VTD_AW_48BIT, 3, false);
	vt_enable(w, 0);
	return top;
}

/* CM = 0: nothing that is not there, or wrong, is remembered; making it right is enough. */
START_TEST(test_without_caching_mode_no_fault_is_cached)
{
	uint64_t top, at;
	struct world w;

	top = small(&w, NULL, NULL);
	vt_leaf(&w, top, 4, 0x5000, 0, 0);
	at = vt_entry_at(&w, top, 4, 0x5000, 0);
	ck_assert(!world_reads(&w, RID, 0x5000, 0x200000)); /* not present */
	ck_assert(!world_reads(&w, 0x0100, 0x5000, 0));     /* no root entry */
	ck_assert(!world_reads(&w, 0x0010, 0x5000, 0));     /* no context entry */
	world_put(&w, at, BIT64(62) | 0x200000 | VT_RW);
	ck_assert(!world_reads(&w, RID, 0x5000, 0x200000)); /* reserved bit */
	world_put(&w, at, 0x200000 | VTD_SS_W);
	ck_assert(!world_reads(&w, RID, 0x5000, 0x200000)); /* no permission */
	world_put(&w, at, 0xFEE05000 | VT_RW);
	ck_assert(!world_reads(&w, RID, 0x5000, 0xFEE05000)); /* interrupt range */
	ck_assert(!world_reads(&w, RID, 0x5000, 0xFEE05000));
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), 0);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_CONTEXT), 1);
	world_put(&w, at, 0x200000 | VT_RW);
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	world_stop(&w);
}
END_TEST

static struct sim_vtd_config caching_mode(void)
{
	struct sim_vtd_config c;

	sim_vtd_default(&c);
	c.cap |= VTD_CAP_CM;
	return c;
}

/* CM = 1: absence is remembered, the context cache's under domain-id 0, paging's under the domain's own. */
START_TEST(test_caching_mode_caches_absence_with_its_tags)
{
	struct sim_vtd_config c = caching_mode();
	struct sim_cache_line line;
	uint32_t cursor = 0;
	struct sim_xlat x;
	uint64_t top;
	struct world w;

	top = small(&w, &c, NULL);
	world_put(&w, vt_context_at(&w, 0x0010) + 8,
		  7 << 8 | 2); /* not present, whatever its domain-id */
	for (unsigned round = 0; round < 2; round++) {
		world_request(&w, RID, 0x5000, SIM_WRITE, 0, 0, &x);
		ck_assert_uint_eq(x.reason, 0x05);
		world_request(&w, RID, 0x5000, SIM_READ, 0, 0, &x);
		ck_assert_uint_eq(x.reason, 0x06);
		world_request(&w, 0x0010, 0x5000, SIM_READ, 0, 0, &x);
		ck_assert_uint_eq(x.reason, 0x02);
		world_request(&w, 0x0100, 0x5000, SIM_READ, 0, 0, &x);
		ck_assert_uint_eq(x.reason, 0x01);
		/* now present, and still remembered as absent */
		vt_leaf(&w, top, 4, 0x5000, 0, 0x200000 | VT_RW);
		vt_context(&w, 0x0010, top, 0, VTD_AW_48BIT, 3, false);
		vt_context(&w, 0x0100, top, 0, VTD_AW_48BIT, 3, false);
	}
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_CONTEXT, 0, UINT64_MAX), 2);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_CONTEXT, 3, UINT64_MAX), 1);
	ck_assert(sim_cache_next(w.s, 0, SIM_CACHE_IOTLB, &cursor, &line));
	ck_assert(line.negative && line.domain == 3 && line.iova == 0x5000 && line.level == 0);
	/* device-selective with domain-id 0, then page-selective in the domain: what software has to do */
	world_w64(&w, VTD_REG_CCMD, BIT64(63) | 3ull << 61 | 0x0010ull << 16);
	world_settle(&w);
	world_w64(&w, w.vtd.iva, 0x5000);
	world_w64(&w, w.vtd.iotlb, BIT64(63) | 3ull << 60 | 3ull << 32);
	world_settle(&w);
	ck_assert(world_reads(&w, 0x0010, 0x5000, 0x200000));
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	ck_assert(!world_reads(&w, 0x0100, 0x5000, 0x200000));
	world_stop(&w);
}
END_TEST

/* An access error is an accident, not a state of the tables: never remembered. */
START_TEST(test_access_errors_are_never_cached)
{
	struct sim_vtd_config c = caching_mode();
	struct sim_inject_rule rule = { .point = SIM_POINT_BUS_READ_ABORT,
					.skip = (uint32_t)_i,
					.count = 1,
					.last = UINT64_MAX,
					.master = SIM_MASTER_WALK };
	/* two reads of the root entry, two of the context entry, four of the walk */
	static const uint8_t reason[] = { 0x08, 0x08, 0x09, 0x09, 0x03, 0x07, 0x07, 0x07 };
	struct sim_xlat x;
	uint64_t top;
	struct world w;

	top = small(&w, &c, NULL);
	vt_leaf(&w, top, 4, 0x5000, 0, 0x200000 | VT_RW);
	ck_assert_int_ge(sim_inject_add(w.s, &rule), 0);
	world_request(&w, RID, 0x5000, SIM_READ, 0, 0, &x);
	ck_assert_uint_eq(x.reason, reason[_i]);
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	world_stop(&w);
}
END_TEST

/* A page upgraded in memory: the entry held may fault as it stands, or be walked again; both are legal. */
START_TEST(test_a_hit_with_too_small_permission_obeys_the_policy)
{
	struct sim_policy policy = { .rewalk_on_permission = _i };
	struct sim_xlat x;
	uint64_t top;
	struct world w;

	top = small(&w, NULL, &policy);
	vt_leaf(&w, top, 4, 0x5000, 0, 0x200000 | VTD_SS_R);
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	vt_leaf(&w, top, 4, 0x5000, 0, 0x200000 | VT_RW);
	world_request(&w, RID, 0x5000, SIM_WRITE, 0, 0, &x);
	ck_assert_uint_eq(x.reason, _i ? 0 : 0x05);
	ck_assert_uint_eq(x.source, _i ? SIM_FROM_WALK : SIM_FROM_IOTLB);
	world_stop(&w);
}
END_TEST

/* Prefetch: the next page of the same table, when it is mapped and outside the interrupt range. */
START_TEST(test_prefetch_fills_the_next_mapped_page)
{
	static const struct {
		uint64_t next;
		unsigned lines;
	} cases[] = { { 0x201000 | VT_RW, 2 },
		      { 0, 1 },
		      { 0xFEE00000 | VT_RW, 1 },
		      { 0x201000 | VTD_SS_W, 2 },
		      { 0x201000 | BIT64(62) | VT_RW, 1 } };
	struct sim_policy policy = { .prefetch = true };
	uint64_t top, last = 0x1FF000;
	struct world w;

	top = small(&w, NULL, &policy);
	vt_leaf(&w, top, 4, 0x5000, 0, 0x200000 | VT_RW);
	vt_leaf(&w, top, 4, 0x6000, 0, cases[_i].next);
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), cases[_i].lines);
	/* the table ends: nothing behind it */
	vt_leaf(&w, top, 4, last, 0, 0x300000 | VT_RW);
	vt_leaf(&w, top, 4, last + 0x1000, 0, 0x301000 | VT_RW);
	ck_assert(world_reads(&w, RID, last, 0x300000));
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), cases[_i].lines + 1);
	world_stop(&w);
}
END_TEST

/* A large page over the interrupt range: beside it all goes well, cached in 4 KiB; inside it nothing passes. */
START_TEST(test_a_large_page_over_the_interrupt_range)
{
	unsigned level = _i ? 2 : 1;
	uint64_t base = 0xFEE00000 & ~((UINT64_C(1) << (12 + 9 * level)) - 1), iova = 0x40000000,
		 top;
	struct sim_xlat x;
	struct world w;

	top = small(&w, NULL, NULL);
	vt_leaf(&w, top, 4, iova, level, base | 0x80 | VT_RW);
	for (unsigned round = 0; round < 2; round++) {
		ck_assert(world_reads(&w, RID, iova + (0xFEF00000 - base), 0xFEF00000));
		for (uint64_t pa = 0xFEE00000; pa < 0xFEF00000; pa += 0xFF000) {
			world_request(&w, RID, iova + (pa - base), SIM_READ, 0, 0, &x);
			ck_assert_uint_eq(x.reason, 0x0E);
			ck_assert_uint_eq(x.outcome, SIM_OUTCOME_UR);
		}
	}
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), 1);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 3, iova + (0xFEF00000 - base)), 1);
	world_stop(&w);
}
END_TEST

/* Paging-structure caches are tagged by domain-id and address, whatever device asks. */
START_TEST(test_devices_of_a_domain_share_paging_structures)
{
	struct sim_unit_stats stats;
	uint64_t top;
	struct world w;

	top = small(&w, NULL, NULL);
	vt_context(&w, 0x0010, top, 0, VTD_AW_48BIT, 3, false);
	vt_context(&w, 0x0018, top, 0, VTD_AW_48BIT, 4, false);
	vt_leaf(&w, top, 4, 0x5000, 0, 0x200000 | VT_RW);
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	world_put(&w, top, 0); /* the top entry is gone from memory */
	ck_assert(world_reads(&w, 0x0010, 0x5000, 0x200000));
	ck_assert(!world_reads(&w, 0x0018, 0x5000, 0x200000)); /* another domain-id */
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_PAGING), 3);
	ck_assert_int_eq(sim_unit_stats(w.s, 0, &stats), SIM_OK);
	ck_assert_uint_eq(stats.walks, 3);
	world_stop(&w);
}
END_TEST

/* What hardware does not check, and software must not do. */
START_TEST(test_context_entries_against_the_rules_are_told)
{
	struct sim_vtd_config c = caching_mode();
	uint64_t top;
	struct world w;

	c.cap |= FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_39BIT);
	top = small(&w, &c, NULL);
	vt_context(&w, 0x0010, top, 0, VTD_AW_48BIT, 0, false);
	vt_context(&w, 0x0018, world_page(&w), 0, VTD_AW_48BIT, 3, false);
	vt_context(&w, 0x0020, 0, 2, VTD_AW_39BIT, 9, false);
	vt_context(&w, 0x0028, 0, 2, VTD_AW_48BIT, 9, false);
	for (uint16_t rid = 0x0008; rid <= 0x0028; rid = (uint16_t)(rid + 8))
		world_reads(&w, rid, 0x5000, 0);
	ck_assert_uint_eq(world_complaints(&w, "did-zero"), 1);
	ck_assert_uint_eq(world_complaints(&w, "did-tables"), 1);
	ck_assert_uint_eq(world_complaints(&w, "pt-width"), 1);
	/* An invalidated domain-id may get another table. */
	world_w64(&w, VTD_REG_CCMD, BIT64(63) | 2ull << 61 | 3);
	world_settle(&w);
	world_reads(&w, 0x0018, 0x5000, 0);
	ck_assert_uint_eq(world_complaints(&w, "did-tables"), 1);
	world_stop(&w);
}
END_TEST

/* A table walk that does not snoop sees what was written back. */
START_TEST(test_a_non_coherent_walk_sees_what_was_written_back)
{
	struct sim_policy policy = { .keep = SIM_KEEP_NONE, .publish = SIM_PUBLISH_AT_SYNC };
	struct sim_vtd_config c;
	uint64_t top, at;
	struct world w;

	sim_vtd_default(&c);
	c.ecap &= ~(uint64_t)VTD_ECAP_C;
	top = small(&w, &c, &policy);
	vt_leaf(&w, top, 4, 0x5000, 0, 0x200000 | VT_RW);
	at = vt_entry_at(&w, top, 4, 0x5000, 0);
	sim_cpu_write64(w.s, at, 0x300000 | VT_RW);
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	sim_cpu_sync(w.s, at, 8, true);
	ck_assert(world_reads(&w, RID, 0x5000, 0x300000));
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("vtd_walk");
	TCase *t = tcase_create("walk");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_every_request_ends_as_the_reference_says, 0, SHAPES * POLICIES);
	tcase_add_loop_test(t, test_repeated_requests_hit_and_agree, 0, SHAPES * 3);
	tcase_add_test(t, test_without_caching_mode_no_fault_is_cached);
	tcase_add_test(t, test_caching_mode_caches_absence_with_its_tags);
	tcase_add_loop_test(t, test_access_errors_are_never_cached, 0, 8);
	tcase_add_loop_test(t, test_a_hit_with_too_small_permission_obeys_the_policy, 0, 2);
	tcase_add_loop_test(t, test_prefetch_fills_the_next_mapped_page, 0, 5);
	tcase_add_loop_test(t, test_a_large_page_over_the_interrupt_range, 0, 2);
	tcase_add_test(t, test_devices_of_a_domain_share_paging_structures);
	tcase_add_test(t, test_context_entries_against_the_rules_are_told);
	tcase_add_test(t, test_a_non_coherent_walk_sees_what_was_written_back);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
