/*
 * The simulator's rows, the same for every architecture (sim_arch.h).
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "sim_arch.h"

enum {
	TABLES = 0x400000,
	DEVICES = 1000
};
#define DATA UINT64_C(0x200000000)
#define MILLION (1u << 20)
#define WALK                     \
	(1u << SIM_CACHE_IOTLB | \
	 1u << SIM_CACHE_PAGING) /* the device's entry stays cached: four levels are walked */
#define FAULTS 256u
_Static_assert(FAULTS <= SIM_ARCH_FAULTS, "a batch of faults is recorded whole");

void sim_arch_die(const struct sim *s)
{
	fprintf(stderr, "bench: %s\n", s ? sim_why(s) : "no machine");
	exit(1);
}

void sim_arch_store(struct sim_rig *r, uint64_t pa, uint64_t val)
{
	if (sim_mem_store(r->s, pa, &val, 8))
		sim_arch_die(r->s);
}

/* `pages` consecutive pages from IOVA 0 in a 4-level table whose root is returned. */
static uint64_t tables(struct sim_rig *r, uint64_t pages)
{
	const struct sim_arch *a = r->arch;
	uint64_t root = r->next_table, l3 = root + 0x1000, l2 = root + 0x2000, leaf;
	uint64_t per_l2 = 512 * 512;

	sim_arch_store(r, root, a->entry(l3, 3));
	for (uint64_t g = 0; g * per_l2 < pages; g++) {
		sim_arch_store(r, l3 + 8 * g, a->entry(l2, 2));
		leaf = l2 + 0x1000;
		for (uint64_t t = 0; t < 512 && (g * 512 + t) * 512 < pages; t++, leaf += 0x1000) {
			sim_arch_store(r, l2 + 8 * t, a->entry(leaf, 1));
			for (uint64_t i = 0; i < 512 && (g * 512 + t) * 512 + i < pages; i++)
				sim_arch_store(
					r, leaf + 8 * i,
					a->entry(DATA + (((g * 512 + t) * 512 + i) << 12), 0));
		}
		l2 = leaf;
	}
	r->next_table = l2;
	return root;
}

/* What a row asks of the machine. */
struct wish {
	uint32_t keep_nothing;
	bool oracle;
	uint32_t trace;
	uint64_t pages;
	uint32_t devices;
};

static void start(struct sim_rig *r, const struct wish *w)
{
	struct sim_config config = {
		.seed = 1,
		.policy = { .keep_nothing = w->keep_nothing, .delay = SIM_DELAY_IMMEDIATE },
		.oracle = w->oracle,
		.trace_records = w->trace,
	};
	uint64_t root;

	if (sim_create(&config, &r->s) || sim_mem_add(r->s, 0, 0xFFFFFFF))
		sim_arch_die(r->s);
	r->arch->add(r);
	root = tables(r, w->pages ? w->pages : BENCH_PAGES_SEQ);
	r->devices = w->devices ? w->devices : 1;
	for (uint32_t i = 0; i < r->devices; i++)
		r->arch->attach(r, (uint16_t)(0x10 + i), root, SIM_RIG_DOMAIN);
	r->arch->attach(r, 0x8000, tables(r, 1), SIM_RIG_SMALL); /* a domain of one page */
	r->arch->enable(r);
}

static uint64_t page_of(const struct sim_rig *r, uint64_t i)
{
	return r->order ? r->order[i & r->mask] : i & r->mask;
}

static uint64_t run_translate(void *ctx, uint64_t n)
{
	struct sim_rig *r = ctx;
	struct sim_request rq = { .rid = 0x10, .access = SIM_WRITE, .len = 4 };
	struct sim_xlat x;
	uint64_t start_ns = bench_now(), sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		rq.addr = page_of(r, i) << 12;
		sim_translate(r->s, &rq, &x);
		sum += x.pa;
		bench_use(sum);
	}
	return bench_now() - start_ns;
}

static uint64_t run_devices(void *ctx, uint64_t n)
{
	struct sim_rig *r = ctx;
	struct sim_request rq = { .access = SIM_WRITE, .len = 4 };
	struct sim_xlat x;
	uint64_t start_ns = bench_now();
	uint32_t d = 0;

	for (uint64_t i = 0; i < n; i++) {
		rq.rid = (uint16_t)(0x10 + d);
		d = d + 1 == r->devices ? 0 : d + 1;
		sim_translate(r->s, &rq, &x);
		bench_use(x.pa);
	}
	return bench_now() - start_ns;
}

/* Making room for the next batch of records is not timed. */
static uint64_t run_fault(void *ctx, uint64_t n)
{
	struct sim_rig *r = ctx;
	struct sim_request rq = { .rid = 0x10, .access = SIM_WRITE, .len = 4 };
	struct sim_xlat x;
	uint64_t ns = 0;

	for (uint64_t done = 0; done < n; done += FAULTS) {
		uint64_t start_ns = bench_now();

		for (uint64_t i = 0; i < FAULTS; i++) {
			rq.addr = (100 + (i & 63)) << 12; /* same leaf table, nothing mapped */
			sim_translate(r->s, &rq, &x);
			bench_use(x.reason);
		}
		ns += bench_now() - start_ns;
		if (!x.recorded)
			sim_arch_die(NULL);
		r->arch->free_records(r, FAULTS);
	}
	return ns;
}

/* An invalidation and the walk it causes. */
static uint64_t inval_and_walk(struct sim_rig *r, uint64_t n, sim_arch_inval inval)
{
	struct sim_request rq = { .rid = 0x10, .access = SIM_WRITE, .len = 4 };
	struct sim_xlat x;
	uint64_t start_ns = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		rq.addr = page_of(r, i) << 12;
		inval(r, SIM_RIG_DOMAIN, rq.addr);
		sim_translate(r->s, &rq, &x);
		if (x.source != SIM_FROM_WALK)
			sim_arch_die(NULL);
	}
	return bench_now() - start_ns;
}

static uint64_t run_inval(void *ctx, uint64_t n)
{
	struct sim_rig *r = ctx;

	return inval_and_walk(r, n, r->arch->inval_page);
}

static uint64_t run_inval_by_guest(void *ctx, uint64_t n)
{
	struct sim_rig *r = ctx;

	return inval_and_walk(r, n, r->arch->guest_inval_page);
}

/* A domain of one page goes, while another has many cached. */
static uint64_t run_inval_domain(void *ctx, uint64_t n)
{
	struct sim_rig *r = ctx;
	struct sim_request rq = { .rid = 0x8000, .access = SIM_WRITE, .len = 4 };
	struct sim_xlat x;
	uint64_t start_ns = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		sim_translate(r->s, &rq, &x);
		if (x.source != SIM_FROM_WALK)
			sim_arch_die(NULL);
		r->arch->guest_inval_domain(r, SIM_RIG_SMALL, 0);
	}
	return bench_now() - start_ns;
}

struct row {
	const char *name;
	bench_fn fn;
	struct wish wish;
	uint64_t warm; /* pages translated once before, in order */
	uint64_t chunk;
};

/* clang-format off */
static const struct row rows[] = {
	{ "iotlb_hit", run_translate, { 0 }, BENCH_PAGES_SEQ, 0 },
	{ "iotlb_hit_traced", run_translate, { .trace = 4096 }, BENCH_PAGES_SEQ, 0 },
	{ "iotlb_hit_checked", run_translate, { .oracle = true }, BENCH_PAGES_SEQ, 0 },
	{ "walk4_seq64", run_translate, { .keep_nothing = WALK }, 0, 0 },
	{ "walk4_rand64k", run_translate, { .keep_nothing = WALK, .pages = BENCH_PAGES_RAND }, 0, 0 },
	{ "fault_notpresent", run_fault, { 0 }, 1, FAULTS },
	{ "inval_page+walk4", run_inval, { 0 }, BENCH_PAGES_SEQ, 0 },
	{ "inval_page_by_guest", run_inval_by_guest, { 0 }, BENCH_PAGES_SEQ, 0 },
	{ "iotlb_hit_1_page", run_devices, { 0 }, 1, 0 },
	{ "iotlb_hit_1k_pages", run_devices, { .pages = 1024 }, 1024, 0 },
	{ "iotlb_hit_1M_pages", run_devices, { .pages = MILLION }, MILLION, 0 },
	{ "iotlb_hit_1000_devices", run_devices, { .devices = DEVICES }, 1, 0 },
	{ "inval_domain_in_1", run_inval_domain, { 0 }, 1, 0 },
	{ "inval_domain_in_1k", run_inval_domain, { .pages = 1024 }, 1024, 0 },
	{ "inval_domain_in_1M", run_inval_domain, { .pages = MILLION }, MILLION, 0 },
};
/* clang-format on */

static void measure(struct bench *b, const struct sim_arch *arch, const struct row *row)
{
	struct sim_rig r = { .arch = arch, .mask = ~(uint64_t)0, .next_table = TABLES };
	char name[BENCH_NAME];

	snprintf(name, sizeof(name), "%s%s", arch->prefix, row->name);
	if (!bench_wants(b, name))
		return;
	start(&r, &row->wish);
	run_translate(&r, row->warm);
	if (row->wish.pages == BENCH_PAGES_RAND)
		r.order = bench_random_order();
	r.mask = (r.order ? BENCH_PAGES_RAND : BENCH_PAGES_SEQ) - 1;
	bench_run(b, name, row->fn, &r, row->chunk);
	sim_destroy(r.s);
	free((void *)(uintptr_t)r.order);
}

void bench_sim(struct bench *b)
{
	static const struct sim_arch *const archs[] = { &sim_arch_vtd, &sim_arch_amdvi };

	for (unsigned a = 0; a < sizeof(archs) / sizeof(archs[0]); a++)
		for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			measure(b, archs[a], &rows[i]);
}
