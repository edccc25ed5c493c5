/*
 * The translation cache against an array searched from end to end.
 */
#include <stdlib.h>
#include <string.h>

#include "iommusim/sim.h"
#include "sim/tcache.h"
#include "unit.h"

/* ---- the reference: entries oldest first ---- */

#define REF_MOST 4096u

struct ref_entry {
	uint64_t addr, who, val;
	uint32_t group;
	unsigned level;
};

struct ref {
	struct ref_entry e[REF_MOST];
	uint32_t count, limit;
	bool lru;
};

static uint64_t last_of(const struct ref_entry *e)
{
	uint64_t size = (uint64_t)4096;

	for (unsigned i = 0; i < e->level; i++)
		size *= 512;
	return e->addr + (size - 1);
}

static void ref_remove(struct ref *r, uint32_t i)
{
	memmove(&r->e[i], &r->e[i + 1], (r->count - i - 1) * sizeof(r->e[0]));
	r->count--;
}

static void ref_add(struct ref *r, struct ref_entry e)
{
	if (r->count == REF_MOST)
		abort();
	r->e[r->count++] = e;
}

/* Smallest page first; a find makes it the youngest under LRU. */
static struct ref_entry *ref_find(struct ref *r, uint64_t addr, uint64_t who)
{
	uint32_t best = REF_MOST;

	for (uint32_t i = 0; i < r->count; i++)
		if (r->e[i].who == who && r->e[i].addr <= addr && last_of(&r->e[i]) >= addr &&
		    (best == REF_MOST || r->e[i].level < r->e[best].level))
			best = i;
	if (best == REF_MOST)
		return NULL;
	if (r->lru) {
		struct ref_entry e = r->e[best];

		ref_remove(r, best);
		ref_add(r, e);
		best = r->count - 1;
	}
	return &r->e[best];
}

static void ref_insert(struct ref *r, struct ref_entry e)
{
	for (uint32_t i = 0; i < r->count; i++) {
		if (r->e[i].addr == e.addr && r->e[i].who == e.who && r->e[i].level == e.level) {
			ref_remove(r, i);
			break;
		}
	}
	if (!r->limit)
		return;
	if (r->count == r->limit)
		ref_remove(r, 0);
	ref_add(r, e);
}

enum scope {
	INSIDE,
	ALL,
	GROUP,
	RANGE,
	COVERING
};

static uint32_t ref_drop(struct ref *r, enum scope scope, uint32_t group, uint64_t first,
			 uint64_t last)
{
	uint32_t dropped = 0;

	for (uint32_t i = r->count; i-- > 0;) {
		const struct ref_entry *e = &r->e[i];
		bool in_group = e->group == group,
		     in_range = e->addr <= last && last_of(e) >= first;

		bool inside = e->addr >= first && last_of(e) <= last;

		if (scope == ALL || (scope == GROUP && in_group) ||
		    (scope == RANGE && in_group && in_range) ||
		    (scope == INSIDE && in_group && inside) || (scope == COVERING && in_range)) {
			ref_remove(r, i);
			dropped++;
		}
	}
	return dropped;
}

/* ---- both ---- */

struct both {
	struct tcache c;
	struct ref r;
	struct rng rng;
};

static void both_start(struct both *b, enum sim_keep keep, uint32_t entries, uint64_t seed)
{
	struct sim_policy policy = { .keep = keep, .entries = entries };

	memset(b, 0, sizeof(*b));
	ck_assert_int_eq(tcache_init(&b->c, &policy, seed, 1), SIM_OK);
	rng_init(&b->rng, seed, 99);
	b->r.limit = keep == SIM_KEEP_ALL ? REF_MOST : keep == SIM_KEEP_NONE ? 0 : entries;
	b->r.lru = keep == SIM_KEEP_LRU;
}

static struct tc_entry entry_of(const struct ref_entry *e)
{
	return (struct tc_entry){
		.addr = e->addr,
		.who = e->who,
		.q = { e->val, ~e->val },
		.group = e->group,
		.level = (uint8_t)e->level,
		.perm = (uint8_t)(e->val & 3),
		.flags = TC_OWNER,
	};
}

static uint64_t size_of(unsigned level)
{
	return (uint64_t)1 << (12 + 9 * level);
}

/* A page from a few crowded places, so that entries meet. */
static uint64_t random_addr(struct rng *r, unsigned level)
{
	static const uint64_t places[] = { 0, 0x7fffe00000, 0x40000000, 0xfffffff000000000 };
	uint64_t near = places[rng_below(r, 4)];
	uint64_t off = rng_below(r, 4) ? rng_below(r, 1200) * UINT64_C(4096)
				       : rng_below(r, 3000) * UINT64_C(0x200000);

	return (near + off) & ~(size_of(level) - 1);
}

static unsigned random_level(struct rng *r)
{
	static const uint8_t levels[] = { 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 5 };

	return levels[rng_below(r, sizeof(levels))];
}

static struct ref_entry random_entry(struct rng *r, uint64_t val)
{
	unsigned level = random_level(r);

	return (struct ref_entry){
		.addr = random_addr(r, level),
		.who = rng_below(r, 3),
		.val = val,
		.group = rng_below(r, 3),
		.level = level,
	};
}

static void check_same(struct both *b)
{
	uint32_t cursor = 0, n = 0;
	const struct tc_entry *e;

	ck_assert_uint_eq(b->c.count, b->r.count);
	while ((e = tcache_next(&b->c, &cursor)) != NULL) {
		bool found = false;

		for (uint32_t i = 0; i < b->r.count && !found; i++)
			found = b->r.e[i].addr == e->addr && b->r.e[i].who == e->who &&
				b->r.e[i].level == e->level && b->r.e[i].val == e->q[0] &&
				b->r.e[i].group == e->group && e->q[1] == ~e->q[0] &&
				e->flags == (TC_USED | TC_OWNER);
		ck_assert(found);
		n++;
	}
	ck_assert_uint_eq(n, b->c.count);
}

static void check_find(struct both *b, uint64_t addr, uint64_t who)
{
	const struct tc_entry *got = tcache_find(&b->c, addr, who);
	const struct ref_entry *want = ref_find(&b->r, addr, who);

	ck_assert_int_eq(!got, !want);
	if (got)
		ck_assert_uint_eq(got->q[0], want->val);
}

static void drop_range(struct both *b, uint32_t group, uint64_t first, uint64_t last)
{
	if (rng_below(&b->rng, 2))
		ck_assert_uint_eq(tcache_drop_range(&b->c, group, first, last),
				  ref_drop(&b->r, RANGE, group, first, last));
	else
		ck_assert_uint_eq(tcache_drop_inside(&b->c, group, first, last),
				  ref_drop(&b->r, INSIDE, group, first, last));
}

/* One page, an aligned block, any range, nearly everything. */
static void random_drop_range(struct both *b)
{
	uint64_t first = random_addr(&b->rng, 0), size;

	switch (rng_below(&b->rng, 4)) {
	case 0:
		size = 4096;
		break;
	case 1:
		size = (uint64_t)4096 << rng_below(&b->rng, 40);
		first &= ~(size - 1);
		break;
	case 2:
		size = 1 + rng_below(&b->rng, 1u << 30);
		break;
	default:
		size = UINT64_MAX;
		first = rng_below(&b->rng, 2) ? 0 : first;
		break;
	}
	drop_range(b, rng_below(&b->rng, 4), first,
		   size - 1 > UINT64_MAX - first ? UINT64_MAX : first + (size - 1));
}

static void one_step(struct both *b, uint64_t turn)
{
	struct ref_entry e;
	struct tc_entry add;
	uint64_t addr;
	uint32_t n;

	switch (rng_below(&b->rng, 12)) {
	case 0:
		random_drop_range(b);
		break;
	case 1:
		if (rng_below(&b->rng, 20))
			break;
		n = rng_below(&b->rng, 4);
		ck_assert_uint_eq(tcache_drop_group(&b->c, n), ref_drop(&b->r, GROUP, n, 0, 0));
		break;
	case 2:
		if (rng_below(&b->rng, 40))
			break;
		ck_assert_uint_eq(tcache_drop_all(&b->c), ref_drop(&b->r, ALL, 0, 0, 0));
		break;
	case 3:
		addr = random_addr(&b->rng, 0) + rng_below(&b->rng, 4096);
		ck_assert_uint_eq(tcache_drop_covering(&b->c, addr),
				  ref_drop(&b->r, COVERING, 0, addr, addr));
		break;
	case 4:
	case 5:
	case 6:
		check_find(b, random_addr(&b->rng, 0) + rng_below(&b->rng, 4096),
			   rng_below(&b->rng, 4));
		break;
	default:
		e = random_entry(&b->rng, turn);
		add = entry_of(&e);
		tcache_insert(&b->c, &add);
		ref_insert(&b->r, e);
		break;
	}
}

static const struct {
	enum sim_keep keep;
	uint32_t entries;
} policies[] = { { SIM_KEEP_ALL, 0 },
		 { SIM_KEEP_NONE, 0 },
		 { SIM_KEEP_LRU, 1 },
		 { SIM_KEEP_LRU, 7 },
		 { SIM_KEEP_LRU, 300 } };

START_TEST(test_tcache_agrees_with_brute_force)
{
	struct both *b = malloc(sizeof(*b));

	ck_assert_ptr_nonnull(b);
	both_start(b, policies[_i].keep, policies[_i].entries, 17 + (uint64_t)_i);
	for (uint64_t turn = 1; turn < 30000; turn++) {
		if (b->r.count > REF_MOST - 2)
			ck_assert_uint_eq(tcache_drop_all(&b->c), ref_drop(&b->r, ALL, 0, 0, 0));
		one_step(b, turn);
		ck_assert_uint_eq(b->c.count, b->r.count);
		if (turn % 64 == 0)
			check_same(b);
	}
	tcache_drop_all(&b->c);
	ck_assert_uint_eq(b->c.group.used + b->c.region.used, 0);
	ck_assert_uint_eq(b->c.levels, 0);
	tcache_destroy(&b->c);
	free(b);
}
END_TEST

/* Which entry goes is the cache's choice: one that was there, and only at the limit. */
START_TEST(test_tcache_random_evicts_one_at_the_limit)
{
	enum {
		LIMIT = 50
	};
	struct both *b = malloc(sizeof(*b));
	uint32_t evictions = 0;
	uint64_t oldest_went = 0;

	ck_assert_ptr_nonnull(b);
	both_start(b, SIM_KEEP_RANDOM, LIMIT, 23);
	b->r.limit = REF_MOST;
	for (uint64_t turn = 1; turn < 5000; turn++) {
		struct ref_entry e = random_entry(&b->rng, turn);
		struct tc_entry add = entry_of(&e);
		uint32_t missing = 0;

		tcache_insert(&b->c, &add);
		ref_insert(&b->r, e);
		for (uint32_t i = b->r.count; i-- > 0;) {
			const struct ref_entry *w = &b->r.e[i];

			if (tcache_find_level(&b->c, w->addr, w->who, w->level))
				continue;
			ck_assert_uint_ne(w->val, turn); /* not the one just put in */
			oldest_went += i == 0;
			ref_remove(&b->r, i);
			missing++;
		}
		ck_assert_uint_le(missing, 1);
		ck_assert(!missing || b->r.count == LIMIT);
		evictions += missing;
		check_same(b);
		if (turn % 100 == 0)
			random_drop_range(b);
	}
	ck_assert_uint_gt(evictions, 1000);
	ck_assert_uint_lt(oldest_went, evictions / 10);
	tcache_destroy(&b->c);
	free(b);
}
END_TEST

START_TEST(test_tcache_same_seed_evicts_the_same)
{
	struct both *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));

	ck_assert(a && b);
	both_start(a, SIM_KEEP_RANDOM, 20, 5);
	both_start(b, SIM_KEEP_RANDOM, 20, 5);
	for (uint64_t turn = 1; turn < 2000; turn++) {
		struct ref_entry e = random_entry(&a->rng, turn);
		struct tc_entry add = entry_of(&e);

		tcache_insert(&a->c, &add);
		tcache_insert(&b->c, &add);
	}
	for (uint32_t ca = 0, cb = 0;;) {
		const struct tc_entry *ea = tcache_next(&a->c, &ca), *eb = tcache_next(&b->c, &cb);

		ck_assert_int_eq(!ea, !eb);
		if (!ea)
			break;
		ck_assert_uint_eq(ca, cb);
		ck_assert_uint_eq(ea->q[0], eb->q[0]);
	}
	tcache_destroy(&a->c);
	tcache_destroy(&b->c);
	free(a);
	free(b);
}
END_TEST

START_TEST(test_tcache_default_limit_and_most)
{
	struct sim_policy policy = { .keep = SIM_KEEP_LRU };
	struct tcache c;

	ck_assert_int_eq(tcache_init(&c, &policy, 0, 0), SIM_OK);
	ck_assert_uint_eq(c.limit, 64);
	tcache_destroy(&c);
	policy.entries = UINT32_MAX;
	ck_assert_int_eq(tcache_init(&c, &policy, 0, 0), SIM_OK);
	ck_assert_uint_eq(c.limit, 1u << 20);
	tcache_destroy(&c);
}
END_TEST

/* At the last resort keep-all drops the oldest; a find does not make an entry younger there. */
START_TEST(test_tcache_keep_all_is_bounded)
{
	struct sim_policy policy = { .keep = SIM_KEEP_ALL };
	struct tcache c;

	ck_assert_int_eq(tcache_init(&c, &policy, 0, 0), SIM_OK);
	ck_assert_uint_eq(c.limit, TC_MOST);
	c.limit = 100;
	for (uint64_t i = 0; i < 150; i++) {
		tcache_insert(&c, &(struct tc_entry){ .addr = i << 12, .q = { i } });
		if (i < 100)
			ck_assert_ptr_nonnull(tcache_find(&c, 0, 0));
	}
	ck_assert_uint_eq(c.count, 100);
	for (uint64_t i = 0; i < 150; i++)
		ck_assert_int_eq(tcache_find(&c, i << 12, 0) != NULL, i >= 50);
	tcache_destroy(&c);
}
END_TEST

START_TEST(test_tcache_grows_and_finds_all)
{
	enum {
		N = 200000
	};
	struct sim_policy policy = { .keep = SIM_KEEP_ALL };
	struct tcache c;
	uint32_t dropped = 0;

	ck_assert_int_eq(tcache_init(&c, &policy, 0, 0), SIM_OK);
	for (uint64_t i = 0; i < N; i++)
		tcache_insert(&c, &(struct tc_entry){ .addr = i << 12,
						      .who = i % 5,
						      .q = { i },
						      .group = (uint32_t)(i % 7) });
	ck_assert_uint_eq(c.count, N);
	for (uint64_t i = 0; i < N; i++) {
		const struct tc_entry *e = tcache_find(&c, (i << 12) + 0xabc, i % 5);

		ck_assert_ptr_nonnull(e);
		ck_assert_uint_eq(e->q[0], i);
	}
	for (uint32_t g = 0; g < 7; g++)
		dropped += tcache_drop_group(&c, g);
	ck_assert_uint_eq(dropped, N);
	ck_assert_uint_eq(c.count, 0);
	ck_assert_uint_eq(tcache_drop_all(&c), 0);
	tcache_destroy(&c);
}
END_TEST

START_TEST(test_tcache_smallest_page_wins)
{
	struct sim_policy policy = { .keep = SIM_KEEP_ALL };
	struct tcache c;

	ck_assert_int_eq(tcache_init(&c, &policy, 0, 0), SIM_OK);
	for (unsigned level = TC_LEVELS; level-- > 0;) {
		tcache_insert(&c, &(struct tc_entry){ .level = (uint8_t)level, .q = { level } });
		ck_assert_uint_eq(tcache_find(&c, 0x123, 0)->q[0], level);
	}
	ck_assert_uint_eq(tcache_find(&c, 0x1000, 0)->q[0], 1);
	ck_assert_uint_eq(tcache_find(&c, 0x200000, 0)->q[0], 2);
	ck_assert_uint_eq(tcache_find_level(&c, 0x1234, 0, 3)->q[0], 3);
	ck_assert_ptr_null(tcache_find_level(&c, 0x1234, 1, 3));
	ck_assert_ptr_null(tcache_find_level(&c, 0x1234, 0, 0));
	tcache_destroy(&c);
}
END_TEST

START_TEST(test_tcache_entries_may_go_while_iterating)
{
	struct sim_policy policy = { .keep = SIM_KEEP_ALL };
	struct tc_entry *e;
	struct tcache c;
	uint32_t cursor = 0, seen = 0;

	ck_assert_int_eq(tcache_init(&c, &policy, 0, 0), SIM_OK);
	ck_assert_ptr_null(tcache_next(&c, &cursor));
	for (uint64_t i = 0; i < 500; i++)
		tcache_insert(&c, &(struct tc_entry){ .addr = i << 12, .q = { i } });
	while ((e = tcache_next(&c, &cursor)) != NULL) {
		seen++;
		if (e->q[0] % 2 == 0) {
			ck_assert(tcache_drop_entry(&c, e));
			ck_assert(!tcache_drop_entry(&c, e));
		}
	}
	ck_assert_uint_eq(seen, 500);
	ck_assert_uint_eq(c.count, 250);
	tcache_destroy(&c);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("tcache");
	TCase *t = tcase_create("tcache");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_tcache_agrees_with_brute_force, 0,
			    sizeof(policies) / sizeof(policies[0]));
	tcase_add_test(t, test_tcache_random_evicts_one_at_the_limit);
	tcase_add_test(t, test_tcache_same_seed_evicts_the_same);
	tcase_add_test(t, test_tcache_default_limit_and_most);
	tcase_add_test(t, test_tcache_keep_all_is_bounded);
	tcase_add_test(t, test_tcache_grows_and_finds_all);
	tcase_add_test(t, test_tcache_smallest_page_wins);
	tcase_add_test(t, test_tcache_entries_may_go_while_iterating);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
