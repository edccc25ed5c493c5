/*
 * What an invalidation removes and what it must leave: sets of cache lines before and after, compared with a plain filter;
 * by queue and by register, every granularity, function mask, address mask and hint.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

#define LINES 4096u

struct lines {
	struct sim_cache_line line[LINES];
	unsigned count;
};

/* An invalidation as software means it. */
struct inval {
	bool iotlb; /* else context */
	unsigned g; /* 1 global, 2 domain, 3 device or page */
	uint32_t did;
	uint16_t sid;
	unsigned fm, am;
	uint64_t addr;
	bool ih;
};

static const enum sim_cache caches[] = { SIM_CACHE_CONTEXT, SIM_CACHE_IOTLB, SIM_CACHE_PAGING };

static void take(struct world *w, struct lines *l)
{
	struct sim_cache_line line;

	l->count = 0;
	for (unsigned i = 0; i < 3; i++) {
		uint32_t cursor = 0;

		while (sim_cache_next(w->s, 0, caches[i], &cursor, &line)) {
			ck_assert_uint_lt(l->count, LINES);
			l->line[l->count++] = line;
		}
	}
}

static uint64_t span(const struct sim_cache_line *l)
{
	return (UINT64_C(1) << (12 + 9 * l->level)) - 1;
}

/* Whether the line has to be gone: the table of what each invalidation removes. */
static bool doomed(const struct sim_cache_line *l, const struct inval *v, const struct world *w,
		   bool exact)
{
	static const uint16_t ignored[] = { 0, 4, 6, 7 };
	uint32_t dids = (1u << (4 + 2 * (w->vtd.config.cap & 7))) - 1;
	uint64_t size, first, last,
		addr = v->addr & ((UINT64_C(1) << ((w->vtd.config.cap >> 16 & 0x3F) + 1)) - 1);

	if ((l->cache == SIM_CACHE_CONTEXT) == v->iotlb)
		return false;
	if (v->g == 1)
		return true;
	if (l->domain != (v->did & dids))
		return false;
	if (v->g == 2)
		return true;
	if (!v->iotlb)
		return !((l->rid ^ v->sid) & ~ignored[v->fm]);
	if (l->cache == SIM_CACHE_PAGING && v->ih)
		return false;
	size = UINT64_C(4096) << v->am;
	first = addr & ~(size - 1);
	last = first + size - 1;
	if (exact && l->cache == SIM_CACHE_IOTLB)
		return l->iova >= first && l->iova + span(l) <= last;
	return l->iova <= last && l->iova + span(l) >= first;
}

static bool holds(const struct lines *l, const struct sim_cache_line *line)
{
	for (unsigned i = 0; i < l->count; i++)
		if (!memcmp(&l->line[i], line, sizeof(*line)))
			return true;
	return false;
}

/* Exactly the doomed ones went. */
static void compare(struct world *w, const struct lines *before, const struct lines *after,
		    const struct inval *v, bool exact)
{
	unsigned gone = 0;

	for (unsigned i = 0; i < before->count; i++) {
		const struct sim_cache_line *l = &before->line[i];
		bool dead = doomed(l, v, w, exact);

		gone += dead;
		ck_assert_msg(holds(after, l) == !dead,
			      "%s: cache %d domain %u rid %04x iova %llx level %u; iotlb %d g %u "
			      "did %u sid %04x fm %u am %u "
			      "addr %llx ih %d",
			      dead ? "survived" : "removed", l->cache, l->domain, l->rid,
			      (unsigned long long)l->iova, l->level, v->iotlb, v->g, v->did, v->sid,
			      v->fm, v->am, (unsigned long long)v->addr, v->ih);
	}
	ck_assert_uint_eq(after->count, before->count - gone);
}

static void by_queue(struct world *w, const struct inval *v)
{
	if (v->iotlb)
		vt_submit(w, 2 | (uint64_t)v->g << 4 | (uint64_t)v->did << 16,
			  v->addr | (uint64_t)v->ih << 6 | v->am);
	else
		vt_submit(w,
			  1 | (uint64_t)v->g << 4 | (uint64_t)v->did << 16 |
				  (uint64_t)v->sid << 32 | (uint64_t)v->fm << 48,
			  0);
	ck_assert_uint_eq(vt_fsts(w) & VTD_FSTS_IQE, 0);
}

/* Returns the granularity the register reports. */
static unsigned by_register(struct world *w, const struct inval *v)
{
	if (v->iotlb) {
		world_w64(w, w->vtd.iva, v->addr | (uint64_t)v->ih << 6 | v->am);
		world_w64(w, w->vtd.iotlb,
			  BIT64(63) | (uint64_t)v->g << 60 | (uint64_t)v->did << 32);
		ck_assert(world_r64(w, w->vtd.iotlb) & BIT64(63)); /* takes its time */
		world_settle(w);
		ck_assert(!(world_r64(w, w->vtd.iotlb) & BIT64(63)));
		return (unsigned)(world_r64(w, w->vtd.iotlb) >> 57 & 3);
	}
	world_w64(w, VTD_REG_CCMD,
		  BIT64(63) | (uint64_t)v->g << 61 | (uint64_t)v->fm << 32 |
			  (uint64_t)v->sid << 16 | v->did);
	ck_assert(world_r64(w, VTD_REG_CCMD) & BIT64(63));
	world_settle(w);
	ck_assert(!(world_r64(w, VTD_REG_CCMD) & BIT64(63)));
	return (unsigned)(world_r64(w, VTD_REG_CCMD) >> 59 & 3);
}

#define RIDS 24u
#define IOVAS 24u

static uint16_t rid_of(unsigned n)
{
	return (uint16_t)(n / 12 << 8 | 0x20 | (n % 12));
}

/* Addresses that meet 4 KiB, 2 MiB and 1 GiB pages, neighbours, and far ones. */
static uint64_t iova_of(unsigned n)
{
	static const uint64_t base[] = { 0,          0x200000,     0x40000000,
					 0x40200000, 0x8000000000, 0x7FC0000000 };

	return base[n % 6] + (uint64_t)(n / 6) * (n & 1 ? 0x1000 : 0x9000);
}

#define DOMAINS 4u /* 1..3; in the narrow shape 17 is 1 again */

static void populate(struct world *w, uint64_t *rnd)
{
	uint64_t top[DOMAINS];

	for (unsigned d = 0; d < DOMAINS; d++) {
		top[d] = world_page(w);
		/* 1 GiB at 1 GiB and below 512 GiB, 2 MiB in the middle, 4 KiB elsewhere */
		vt_leaf(w, top[d], 4, 0x40000000, 2, 0x40000000 | 0x80 | VT_RW);
		vt_leaf(w, top[d], 4, 0x200000, 1, 0x600000 | 0x80 | VT_RW);
		for (unsigned i = 0; i < IOVAS; i++)
			if (iova_of(i) >> 30 != 1 && iova_of(i) >> 21 != 1)
				vt_leaf(w, top[d], 4, iova_of(i) & ~UINT64_C(0xFFF), 0,
					(uint64_t)(0x10 + i) << 12 | VT_RW);
	}
	for (unsigned i = 0; i < RIDS; i++) {
		unsigned d = 1 + world_below(rnd, DOMAINS - 1);

		vt_context(w, rid_of(i), top[d], 0, VTD_AW_48BIT, d, false);
	}
}

static void refill(struct world *w, uint64_t *rnd)
{
	struct sim_xlat x;

	for (unsigned n = 0; n < 150; n++)
		world_request(w, rid_of(world_below(rnd, RIDS + 2)),
			      iova_of(world_below(rnd, IOVAS + 3)), SIM_READ, 0, 0, &x);
}

static struct inval random_inval(uint64_t *rnd)
{
	struct inval v = {
		.iotlb = world_below(rnd, 3) != 0,
		.g = world_below(rnd, 12) == 0 ? 1 : 2 + (world_below(rnd, 6) != 0),
		.did = world_below(rnd, DOMAINS),
		.sid = rid_of(world_below(rnd, RIDS)),
		.fm = world_below(rnd, 4),
		.am = world_below(rnd, 2) ? world_below(rnd, 19) : world_below(rnd, 4),
		.addr = iova_of(world_below(rnd, IOVAS)) & ~UINT64_C(0xFFF),
		.ih = world_below(rnd, 2),
	};

	if (world_below(rnd, 4) == 0)
		v.addr |= UINT64_C(1)
			  << (48 + world_below(rnd, 16)); /* bits >= MGAW do not count */
	if (world_below(rnd, 4) == 0)
		v.did += 16; /* beyond the width of domain-ids, or nobody's */
	return v;
}

/* Shapes: 0 plain, 1 caching mode, 2 sixteen domains, 3 exact ranges; each by queue and by register. */
START_TEST(test_exactly_what_is_named_goes)
{
	unsigned shape = (unsigned)_i % 4;
	bool queued = _i >= 4, exact = shape == 3;
	struct sim_policy policy = { .exact_range = exact };
	static struct lines before, after;
	struct sim_vtd_config c;
	struct sim_unit_stats s0, s1;
	uint64_t rnd = 50u + (unsigned)_i;
	struct world w;

	sim_vtd_default(&c);
	if (shape == 1)
		c.cap |= VTD_CAP_CM;
	if (shape == 2)
		c.cap &= ~UINT64_C(7);
	vt_start(&w, &c, &policy);
	populate(&w, &rnd);
	vt_enable(&w, 0);
	if (queued)
		vt_queue_on(&w, 0, false);
	for (unsigned n = 0; n < 300; n++) {
		struct inval v = random_inval(&rnd);

		refill(&w, &rnd);
		take(&w, &before);
		sim_unit_stats(w.s, 0, &s0);
		if (queued)
			by_queue(&w, &v);
		else
			ck_assert_uint_eq(by_register(&w, &v), v.g);
		take(&w, &after);
		compare(&w, &before, &after, &v, exact);
		sim_unit_stats(w.s, 0, &s1);
		ck_assert_uint_eq(s1.entries_dropped - s0.entries_dropped,
				  before.count - after.count);
		ck_assert_uint_eq(s1.commands - s0.commands, queued);
		ck_assert_uint_eq(s1.register_commands - s0.register_commands, !queued);
	}
	world_stop(&w);
}
END_TEST

/* Hardware may remove more; then the register says so. */
START_TEST(test_doing_more_than_asked_is_reported)
{
	struct sim_policy policy = { .invalidate_more = true };
	static struct lines before, after;
	uint64_t rnd = 9;
	struct world w;

	vt_start(&w, NULL, &policy);
	populate(&w, &rnd);
	vt_enable(&w, 0);
	for (unsigned g = 1; g <= 3; g++)
		for (unsigned iotlb = 0; iotlb < 2; iotlb++) {
			struct inval v = {
				.iotlb = iotlb, .g = g, .did = 2, .sid = rid_of(1), .addr = 0x1000
			};
			struct inval coarser = v;

			coarser.g = g > 1 ? g - 1 : 1;
			refill(&w, &rnd);
			take(&w, &before);
			ck_assert_uint_eq(by_register(&w, &v), coarser.g);
			take(&w, &after);
			compare(&w, &before, &after, &coarser, false);
		}
	world_stop(&w);
}
END_TEST

/* AM below the page that was mapped: a large page may stay, a 4 KiB page and the paging structures go. */
START_TEST(test_an_exact_range_keeps_a_larger_page)
{
	struct sim_policy policy = { .exact_range = _i };
	uint64_t rnd = 3;
	struct world w;

	vt_start(&w, NULL, &policy);
	populate(&w, &rnd);
	vt_context(&w, 0x0050, world_get(&w, vt_context_at(&w, rid_of(0))) & ~UINT64_C(0xFFF), 0,
		   VTD_AW_48BIT, 9, false);
	vt_enable(&w, 0);
	ck_assert(world_reads(&w, 0x0050, 0x205000, 0x605000));
	ck_assert(world_reads(&w, 0x0050, 0x0000, 0x10000));
	for (unsigned am = 0; am <= 9; am += 9) {
		unsigned left = am == 0 && _i ? 1 : 0;
		struct inval v = { .iotlb = true, .g = 3, .did = 9, .am = am, .addr = 0x205000 };

		by_register(&w, &v);
		ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 9, 0x200000), left);
		ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 9, 0), 1);
		ck_assert_uint_eq(world_cached(&w, SIM_CACHE_PAGING, 9, 0x200000), 0);
	}
	world_stop(&w);
}
END_TEST

struct refusal {
	const char *name, *complaint;
	uint64_t cap_clear, iva, iotlb, ccmd;
	uint64_t ttm;
	bool queue;
};

/* clang-format off */
static const struct refusal refusals[] = {
	{ "CIRG 0", "reginval-granularity", 0, 0, 0, BIT64(63), 0, false },
	{ "IIRG 0", "reginval-granularity", 0, 0, BIT64(63), 0, 0, false },
	{ "page without PSI", "reginval-granularity", BIT64(39), 0, BIT64(63) | 3ull << 60, 0, 0, false },
	{ "AM above MAMV", "iva-am", 0, 19, BIT64(63) | 3ull << 60, 0, 0, false },
	{ "context in abort mode", "reginval-granularity", 0, 0, 0, BIT64(63) | 1ull << 61, 3, false },
	{ "IOTLB in abort mode", "reginval-granularity", 0, 0, BIT64(63) | 1ull << 60, 0, 3, false },
	{ "context beside the queue", "reginval-while-queued", 0, 0, 0, BIT64(63) | 1ull << 61, 0, true },
	{ "IOTLB beside the queue", "reginval-while-queued", 0, 0, BIT64(63) | 1ull << 60, 0, 0, true },
};
/* clang-format on */

/* Not performed: the command ends, the granularity performed is 0, nothing went. */
START_TEST(test_a_refused_register_command_says_none)
{
	const struct refusal *r = &refusals[_i];
	static struct lines before, after;
	struct sim_vtd_config c;
	uint64_t rnd = 4;
	struct world w;

	sim_vtd_default(&c);
	c.cap &= ~r->cap_clear;
	c.ecap |= VTD_ECAP_ADMS;
	vt_start(&w, &c, NULL);
	populate(&w, &rnd);
	vt_enable(&w, 0);
	refill(&w, &rnd);
	if (r->ttm)
		vt_enable(&w, r->ttm);
	if (r->queue)
		vt_queue_on(&w, 0, false);
	take(&w, &before);
	if (r->ccmd)
		world_w64(&w, VTD_REG_CCMD, r->ccmd);
	world_w64(&w, w.vtd.iva, r->iva);
	if (r->iotlb)
		world_w64(&w, w.vtd.iotlb, r->iotlb);
	world_settle(&w);
	ck_assert_uint_eq(world_r64(&w, w.vtd.iotlb) & (BIT64(63) | 3ull << 57), 0);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_CCMD) & (BIT64(63) | 3ull << 59), 0);
	ck_assert_msg(world_complaints(&w, r->complaint) == 1, "%s", r->name);
	take(&w, &after);
	ck_assert_uint_gt(before.count, 0);
	ck_assert_uint_eq(before.count, after.count);
	world_stop(&w);
}
END_TEST

/* AM counts for page-selective commands only. */
START_TEST(test_a_stale_address_mask_does_not_spoil_a_domain_command)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	world_w64(&w, w.vtd.iva, 0x3F);
	world_w64(&w, w.vtd.iotlb, BIT64(63) | 2ull << 60);
	world_settle(&w);
	ck_assert_uint_eq(world_r64(&w, w.vtd.iotlb) >> 57 & 3, 2);
	ck_assert_uint_eq(world_complaints(&w, "iva-am"), 0);
	world_stop(&w);
}
END_TEST

/* The upper dword with ICC starts the command, with what the lower one holds. */
START_TEST(test_halves_start_with_the_upper_one)
{
	uint64_t rnd = 5;
	struct world w;

	vt_start(&w, NULL, NULL);
	populate(&w, &rnd);
	vt_enable(&w, 0);
	ck_assert(world_reads(&w, rid_of(0), 0, 0x10000));
	world_w32(&w, VTD_REG_CCMD,
		  (uint32_t)rid_of(0) << 16 |
			  (uint32_t)(world_get(&w, vt_context_at(&w, rid_of(0)) + 8) >> 8));
	ck_assert(sim_idle(w.s));
	world_w32(&w, VTD_REG_CCMD + 4, BIT32(31) | 3u << 29);
	world_settle(&w);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_CONTEXT), 0);
	world_w32(&w, w.vtd.iotlb + 4, BIT32(31) | 1u << 28);
	world_settle(&w);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), 0);
	world_stop(&w);
}
END_TEST

/* One command at a time over both registers; the second is told, and never ends. */
START_TEST(test_two_register_commands_at_once_are_told)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	world_w64(&w, VTD_REG_CCMD, BIT64(63) | 1ull << 61);
	world_w64(&w, w.vtd.iotlb, BIT64(63) | 1ull << 60);
	ck_assert_uint_eq(world_complaints(&w, "reginval-busy"), 1);
	world_settle(&w);
	ck_assert(!(world_r64(&w, VTD_REG_CCMD) & BIT64(63)));
	ck_assert(world_r64(&w, w.vtd.iotlb) & BIT64(63));
	world_w64(&w, w.vtd.iotlb, BIT64(63) | 1ull << 60); /* now alone */
	world_settle(&w);
	ck_assert(!(world_r64(&w, w.vtd.iotlb) & BIT64(63)));
	world_stop(&w);
}
END_TEST

START_TEST(test_a_command_in_flight_cannot_be_taken_back)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	world_w64(&w, w.vtd.iotlb, BIT64(63) | 1ull << 60);
	world_w64(&w, w.vtd.iotlb, 1ull << 60);
	ck_assert_uint_eq(world_complaints(&w, "reginval-busy"), 1);
	ck_assert(world_r64(&w, w.vtd.iotlb) & BIT64(63));
	world_settle(&w);
	ck_assert_uint_eq(world_r64(&w, w.vtd.iotlb) >> 57 & 3, 1);
	world_stop(&w);
}
END_TEST

/* Injection: the command completes, reports success, and removes nothing. */
START_TEST(test_a_lost_invalidation_completes)
{
	struct sim_inject_rule rule = { .point = SIM_POINT_INVALIDATION_LOST,
					.last = UINT64_MAX,
					.master = SIM_MASTER_ANY };
	static struct lines before, after;
	uint64_t rnd = 6;
	struct world w;

	vt_start(&w, NULL, NULL);
	populate(&w, &rnd);
	vt_enable(&w, 0);
	refill(&w, &rnd);
	ck_assert_int_ge(sim_inject_add(w.s, &rule), 0);
	take(&w, &before);
	for (unsigned g = 1; g <= 3; g++)
		for (unsigned iotlb = 0; iotlb < 2; iotlb++) {
			struct inval v = { .iotlb = iotlb, .g = g, .did = 2 };

			ck_assert_uint_eq(by_register(&w, &v), g);
		}
	take(&w, &after);
	ck_assert_uint_eq(before.count, after.count);
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("vtd_inval");
	TCase *t = tcase_create("inval");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_exactly_what_is_named_goes, 0, 8);
	tcase_add_test(t, test_doing_more_than_asked_is_reported);
	tcase_add_loop_test(t, test_an_exact_range_keeps_a_larger_page, 0, 2);
	tcase_add_loop_test(t, test_a_refused_register_command_says_none, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, test_a_stale_address_mask_does_not_spoil_a_domain_command);
	tcase_add_test(t, test_halves_start_with_the_upper_one);
	tcase_add_test(t, test_two_register_commands_at_once_are_told);
	tcase_add_test(t, test_a_command_in_flight_cannot_be_taken_back);
	tcase_add_test(t, test_a_lost_invalidation_completes);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
