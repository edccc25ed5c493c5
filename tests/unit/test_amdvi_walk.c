/*
 * Host page walks, against a slow translator typed from the specification's walk algorithm.
 */
#include <string.h>

#include "amdvi_world.h"
#include "unit.h"

#define RID 0x0100u
#define DOMAIN 7u
#define RWBITS UINT64_C(0x6000000000000000)

/* ---- the reference: one step per line of the algorithm, one bit at a time where a mask could slip ---- */

struct want {
	bool ok;
	uint64_t pa, perm;
	unsigned pr, pe, rz, lg2;
};

static unsigned bits(uint64_t word, unsigned hi, unsigned lo)
{
	unsigned val = 0;

	for (unsigned b = hi + 1; b-- > lo;)
		val = val << 1 | (unsigned)(word >> b & 1);
	return val;
}

static struct want refuse(unsigned pr, unsigned pe, unsigned rz)
{
	return (struct want){ .pr = pr, .pe = pe, .rz = rz };
}

static uint64_t two_to(unsigned n)
{
	return n > 63 ? 0 : (uint64_t)1 << n;
}

static struct want slow_walk(struct world *w, uint64_t root, unsigned mode, uint64_t iova,
			     bool write)
{
	unsigned level = mode, r = 1, wr = 1;
	uint64_t table = root;

	for (unsigned b = 12 + 9 * mode; b < 64; b++)
		if (mode < 6 && iova >> b & 1)
			return refuse(1, 0, 0);
	for (;;) {
		unsigned shift = 12 + 9 * (level - 1), next, z;
		uint64_t index = iova / two_to(shift) % 512,
			 entry = world_get(w, table + 8 * index);

		if (!(entry & 1))
			return refuse(0, 0, 0);
		next = bits(entry, 11, 9);
		for (unsigned b = 52; b <= (next == 0 || next == 7 ? 58u : 60u); b++)
			if (entry >> b & 1)
				return refuse(1, 0, 1);
		r &= bits(entry, 61, 61);
		wr &= bits(entry, 62, 62);
		if (write ? !wr : !r)
			return refuse(1, 1, 0);
		if (next == 0 || next == 7) {
			struct want x = { .ok = true, .perm = r | wr << 1, .lg2 = shift };

			if (level == 6)
				return refuse(1, 0, 0);
			if (next == 7) {
				for (z = 12; z < 52 && entry >> z & 1; z++)
					;
				if (z == 52 || z + 1 <= shift || z + 1 >= shift + 9)
					return refuse(1, 0, 0);
				x.lg2 = z + 1;
			}
			for (unsigned b = 0; b < 52; b++)
				if ((b < x.lg2 ? iova : entry) >> b & 1)
					x.pa |= two_to(b);
			return x;
		}
		if (next >= level)
			return refuse(1, 0, 0);
		for (unsigned b = 12 + 9 * next; b < 12 + 9 * (level - 1); b++)
			if (iova >> b & 1)
				return refuse(1, 0, 0);
		table = 0;
		for (unsigned b = 12; b < 52; b++)
			if (entry >> b & 1)
				table |= two_to(b);
		level = next;
	}
}

/* ---- random tables ---- */

struct forest {
	uint64_t state;
	uint64_t table[7][3]; /* by level: some tables to point to */
};

static uint64_t sized(uint64_t *state, unsigned level)
{
	unsigned shift = 12 + 9 * (level - 1);
	unsigned lg2 = world_below(state, 8) ? shift + 1 + world_below(state, 8)
					     : 13 + world_below(state, 40);
	uint64_t pa = world_random(state) & UINT64_C(0xFFFFFFFFFF000), ones = 0;

	if (!world_below(state, 30))
		return UINT64_C(0xFFFFFFFFFF000);
	for (unsigned b = 12; b + 1 < lg2; b++)
		ones |= two_to(b);
	return (pa & ~(two_to(lg2) - 1)) | ones;
}

static uint64_t random_entry(struct forest *f, unsigned level)
{
	uint64_t *st = &f->state, entry = 1;
	unsigned kind = world_below(st, 16), next = level - 1;

	entry |= world_below(st, 8) ? RWBITS : (uint64_t)world_below(st, 4) << 61;
	if (!world_below(st, 12))
		entry |= two_to(52 + world_below(st, 9));
	if (!world_below(st, 16))
		entry &= ~(uint64_t)1;
	entry |= (uint64_t)world_below(st, 16) << 1 | (uint64_t)world_below(st, 2) << 63;
	if (kind == 0)
		next = world_below(st, 8);
	else if (kind < 4)
		next = 7;
	else if (kind < 6)
		next = 0;
	else if (kind < 9 && level > 2)
		next = 1 + world_below(st, level - 2);
	entry |= (uint64_t)next << 9;
	if (next == 7)
		return entry | sized(st, level);
	if (next == 0)
		return entry | (world_random(st) & UINT64_C(0xFFFFFFFFFF000));
	return entry | f->table[next][world_below(st, 3)];
}

/* Every table has one busy half: addresses are drawn so that skipped bits are often zero. */
static void grow(struct world *w, struct forest *f)
{
	for (unsigned level = 1; level <= 6; level++)
		for (unsigned n = 0; n < 3; n++)
			f->table[level][n] = world_page(w);
	for (unsigned level = 1; level <= 6; level++)
		for (unsigned n = 0; n < 3; n++)
			for (unsigned i = 0; i < 512; i++)
				world_put(w, f->table[level][n] + 8 * i, random_entry(f, level));
}

static uint64_t random_iova(uint64_t *state, unsigned mode)
{
	uint64_t iova = 0;

	for (unsigned level = 1; level <= mode; level++)
		if (world_below(state, 3))
			iova |= (uint64_t)world_below(state, level == 6 ? 128 : 512)
				<< (12 + 9 * (level - 1));
	if (!world_below(state, 10))
		iova = world_random(state);
	return iova | world_below(state, 4096);
}

/* Ranges with rules of their own, which other tests are about. */
static bool special(uint64_t iova)
{
	return (iova >= 0xFEE00000 && iova <= 0xFEEFFFFF) ||
	       (iova >= UINT64_C(0xFD00000000) && iova <= UINT64_C(0xFFFFFFFFFF));
}

static void compare(struct world *w, uint64_t root, unsigned mode, uint64_t iova, bool write)
{
	struct want want = slow_walk(w, root, mode, iova, write);
	struct sim_xlat x;
	uint64_t q0 = UINT64_C(2) << 60 | (uint64_t)DOMAIN << 32 | RID, e[2];

	world_request(w, RID, iova, write ? SIM_WRITE : SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	ck_assert_msg(want.ok == (x.outcome == SIM_OUTCOME_OK), "mode %u iova %llx write %d: %d",
		      mode, (unsigned long long)iova, write, x.outcome);
	if (want.ok) {
		ck_assert_msg(x.pa == want.pa, "mode %u iova %llx: %llx, not %llx", mode,
			      (unsigned long long)iova, (unsigned long long)x.pa,
			      (unsigned long long)want.pa);
		ck_assert_uint_eq(x.perm, want.perm);
		ck_assert_uint_eq(x.level, (want.lg2 - 12) / 9);
		return;
	}
	q0 |= (uint64_t)want.pr << 52 | (uint64_t)write << 53 | (uint64_t)want.pe << 54 |
	      (uint64_t)want.rz << 55;
	ck_assert(av_event(w, &e[0], &e[1]));
	ck_assert_msg(e[0] == q0 && e[1] == iova, "mode %u iova %llx: event %016llx, not %016llx",
		      mode, (unsigned long long)iova, (unsigned long long)e[0],
		      (unsigned long long)q0);
	ck_assert_uint_eq(x.reason, 2);
	ck_assert_uint_eq(x.flags, q0 >> 48 & 0xFFF);
}

/* With and without caches: tables do not change, so a cache must not change any answer. */
START_TEST(test_walk_agrees_with_the_reference)
{
	struct sim_policy policy = { .keep = _i & 1 ? SIM_KEEP_ALL : SIM_KEEP_NONE,
				     .prefetch = (_i & 2) != 0 };
	struct forest f = { .state = 77 + (uint64_t)_i };
	struct world w;
	unsigned ok = 0;

	policy.rewalk_on_permission = true; /* a hit answers for reads and writes alike */
	av_start(&w, NULL, &policy);
	grow(&w, &f);
	av_enable(&w);
	for (unsigned round = 0; round < 60; round++) {
		unsigned mode = 1 + round % 6;
		uint64_t root = f.table[mode][round / 6 % 3];

		av_attach(&w, RID, root, mode, DOMAIN);
		av_submit(&w, UINT64_C(2) << 60 | RID, 0);
		av_submit(&w, UINT64_C(3) << 60 | (uint64_t)DOMAIN << 32,
			  UINT64_C(0x7FFFFFFFFFFFF003));
		for (unsigned i = 0; i < 150; i++) {
			uint64_t iova = random_iova(&f.state, mode);
			struct sim_xlat x;

			if (special(iova))
				continue;
			compare(&w, root, mode, iova, world_below(&f.state, 2));
			world_request(&w, RID, iova, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
			ok += x.outcome == SIM_OUTCOME_OK;
			while (av_event(&w, &(uint64_t){ 0 }, &(uint64_t){ 0 }))
				;
		}
	}
	ck_assert_uint_ge(ok, 500);
	ck_assert_uint_eq(world_complaints_all(&w), world_complaints(&w, "domain-tables"));
	world_stop(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("amdvi_walk");
	TCase *t = tcase_create("walk");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_walk_agrees_with_the_reference, 0, 4);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
