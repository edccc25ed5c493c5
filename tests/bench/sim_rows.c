/*
 * The simulator's rows, through its public interface; one looks inside, to leave the guest's accesses out of an
 * invalidation.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "hw/vtd.h"
#include "iommusim/vtd.h"
#include "sim/vtd/unit.h"

enum {
	ROOT = 0x10000,
	CONTEXT = 0x11000,
	TABLES = 0x100000,
	DEVICES = 1000
};
#define DATA UINT64_C(0x200000000)
#define MILLION (1u << 20)
#define WALK                     \
	(1u << SIM_CACHE_IOTLB | \
	 1u << SIM_CACHE_PAGING) /* the context stays cached: four levels are walked */

struct rig {
	struct sim *s;
	const uint32_t *order;
	uint64_t mask;
	uint32_t devices;
	uint64_t iotlb, fault; /* register offsets */
	uint64_t next_table;
};

static void die(const struct sim *s)
{
	fprintf(stderr, "bench: %s\n", s ? sim_why(s) : "no machine");
	exit(1);
}

static void store(struct rig *r, uint64_t pa, uint64_t val)
{
	if (sim_mem_store(r->s, pa, &val, 8))
		die(r->s);
}

/* `pages` consecutive pages from IOVA 0 in a 4-level table whose root is returned. */
static uint64_t tables(struct rig *r, uint64_t pages)
{
	uint64_t root = r->next_table, l3 = root + 0x1000, l2 = root + 0x2000, leaf;
	uint64_t per_l2 = 512 * 512;

	store(r, root, l3 | 3);
	for (uint64_t g = 0; g * per_l2 < pages; g++) {
		store(r, l3 + 8 * g, l2 | 3);
		leaf = l2 + 0x1000;
		for (uint64_t t = 0; t < 512 && (g * 512 + t) * 512 < pages; t++, leaf += 0x1000) {
			store(r, l2 + 8 * t, leaf | 3);
			for (uint64_t i = 0; i < 512 && (g * 512 + t) * 512 + i < pages; i++)
				store(r, leaf + 8 * i,
				      (DATA + (((g * 512 + t) * 512 + i) << 12)) | 3);
		}
		l2 = leaf;
	}
	r->next_table = l2;
	return root;
}

static void context(struct rig *r, uint16_t rid, uint64_t root, uint64_t did)
{
	uint64_t table = CONTEXT + (uint64_t)(rid >> 8) * 0x1000;

	store(r, ROOT + (uint64_t)(rid >> 8) * 16, table | VTD_RE0_P);
	store(r, table + (uint64_t)(rid & 0xFF) * 16 + 8,
	      FIELD_PREP(VTD_CE1_DID, did) | FIELD_PREP(VTD_CE1_AW, VTD_AW_48BIT));
	store(r, table + (uint64_t)(rid & 0xFF) * 16, root | VTD_CE0_P);
}

static void command(struct rig *r, uint32_t bit)
{
	sim_reg_write(r->s, 0, VTD_REG_GCMD, 4,
		      (sim_reg_read(r->s, 0, VTD_REG_GSTS, 4) & ~VTD_GSTS_ONESHOT) | bit);
}

struct wish {
	enum sim_keep keep;
	uint32_t keep_nothing;
	bool oracle;
	uint32_t trace;
	uint64_t pages;
	uint32_t devices;
};

static struct rig start(const struct wish *w)
{
	struct sim_config config = {
		.seed = 1,
		.policy = { .keep = w->keep,
			    .keep_nothing = w->keep_nothing,
			    .delay = SIM_DELAY_IMMEDIATE },
		.oracle = w->oracle,
		.trace_records = w->trace,
	};
	struct rig r = { .mask = BENCH_PAGES_SEQ - 1, .next_table = TABLES };
	struct sim_vtd_config unit;
	uint64_t root;

	sim_vtd_default(&unit);
	unit.cap = (unit.cap & ~(VTD_CAP_NFR | VTD_CAP_FRO)) | FIELD_PREP(VTD_CAP_NFR, 255) |
		   FIELD_PREP(VTD_CAP_FRO, 0x1000 / 16);
	r.iotlb = VTD_REG_IOTLB(FIELD_GET(VTD_ECAP_IRO, unit.ecap));
	r.fault = VTD_REG_FRCD(FIELD_GET(VTD_CAP_FRO, unit.cap), 0);
	if (sim_create(&config, &r.s) || sim_mem_add(r.s, 0, 0xFFFFFFF) ||
	    sim_vtd_add(r.s, &unit) < 0)
		die(r.s);
	root = tables(&r, w->pages ? w->pages : BENCH_PAGES_SEQ);
	r.devices = w->devices ? w->devices : 1;
	for (uint32_t i = 0; i < r.devices; i++)
		context(&r, (uint16_t)(0x10 + i), root, 1);
	context(&r, 0x8000, tables(&r, 1), 2); /* a domain of one page */
	sim_reg_write(r.s, 0, VTD_REG_RTADDR, 8, ROOT);
	command(&r, VTD_GCMD_SRTP);
	command(&r, VTD_GCMD_TE);
	return r;
}

static void stop(struct rig *r)
{
	sim_destroy(r->s);
	free((void *)(uintptr_t)r->order);
}

static uint64_t page_of(const struct rig *r, uint64_t i)
{
	return r->order ? r->order[i & r->mask] : i & r->mask;
}

static uint64_t run_translate(void *ctx, uint64_t n)
{
	struct rig *r = ctx;
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
	struct rig *r = ctx;
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

/* Batches of as many faults as there are records; freeing the records is not timed. */
static uint64_t run_fault(void *ctx, uint64_t n)
{
	struct rig *r = ctx;
	struct sim_request rq = { .rid = 0x10, .access = SIM_WRITE, .len = 4 };
	struct sim_xlat x;
	uint64_t ns = 0;

	for (uint64_t done = 0; done < n; done += 256) {
		uint64_t start_ns = bench_now();

		for (uint64_t i = 0; i < 256; i++) {
			rq.addr = (100 + (i & 63)) << 12; /* same leaf table, nothing mapped */
			sim_translate(r->s, &rq, &x);
			bench_use(x.reason);
		}
		ns += bench_now() - start_ns;
		if (!x.recorded)
			die(NULL);
		for (uint32_t i = 0; i < 256; i++)
			sim_reg_write(r->s, 0, (uint32_t)r->fault + 16 * i + 12, 4,
				      VTD_FRCD1_F >> 32);
	}
	return ns;
}

static void invalidate(struct rig *r, uint64_t granularity, uint64_t did)
{
	sim_reg_write(r->s, 0, (uint32_t)r->iotlb, 8,
		      VTD_IOTLB_IVT | FIELD_PREP(VTD_IOTLB_IIRG, granularity) |
			      FIELD_PREP(VTD_IOTLB_DID, did));
}

/* The invalidation itself and the walk it causes. */
static uint64_t run_inval_walk(void *ctx, uint64_t n)
{
	struct rig *r = ctx;
	struct vtd_unit *v = vtd_of(sim_unit(r->s, 0));
	struct sim_request rq = { .rid = 0x10, .access = SIM_WRITE, .len = 4 };
	struct sim_xlat x;
	uint64_t start_ns = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		rq.addr = page_of(r, i) << 12;
		vtd_inval_iotlb(v, VTD_NARROW, 1, rq.addr, 0, true);
		sim_translate(r->s, &rq, &x);
		bench_use(x.pa);
	}
	return bench_now() - start_ns;
}

/* The same as a guest does it: two register writes. */
static uint64_t run_inval_page(void *ctx, uint64_t n)
{
	struct rig *r = ctx;
	struct sim_request rq = { .rid = 0x10, .access = SIM_WRITE, .len = 4 };
	struct sim_xlat x;
	uint64_t start_ns = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		rq.addr = page_of(r, i) << 12;
		sim_reg_write(r->s, 0, (uint32_t)r->iotlb - 8, 8, rq.addr);
		invalidate(r, VTD_IIRG_PAGE, 1);
		sim_translate(r->s, &rq, &x);
		bench_use(x.pa);
	}
	return bench_now() - start_ns;
}

/* A domain of one page goes, while another has many cached. */
static uint64_t run_inval_domain(void *ctx, uint64_t n)
{
	struct rig *r = ctx;
	struct sim_request rq = { .rid = 0x8000, .access = SIM_WRITE, .len = 4 };
	struct sim_xlat x;
	uint64_t start_ns = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		sim_translate(r->s, &rq, &x);
		invalidate(r, VTD_IIRG_DOMAIN, 2);
	}
	return bench_now() - start_ns;
}

static void row(struct bench *b, const char *name, bench_fn fn, const struct wish *w, uint64_t warm,
		uint64_t chunk)
{
	struct rig r;

	if (!bench_wants(b, name))
		return;
	r = start(w);
	if (w->pages == BENCH_PAGES_RAND) {
		r.order = bench_random_order();
		r.mask = BENCH_PAGES_RAND - 1;
	}
	if (warm) {
		uint64_t mask = r.mask;

		r.mask = ~(uint64_t)0;
		if (!r.order)
			run_translate(&r, warm);
		r.mask = mask;
	}
	bench_run(b, name, fn, &r, chunk);
	stop(&r);
}

void bench_sim(struct bench *b)
{
	row(b, "iotlb_hit", run_translate, &(struct wish){ 0 }, BENCH_PAGES_SEQ, 0);
	row(b, "iotlb_hit_traced", run_translate, &(struct wish){ .trace = 4096 }, BENCH_PAGES_SEQ,
	    0);
	row(b, "iotlb_hit_checked", run_translate, &(struct wish){ .oracle = true },
	    BENCH_PAGES_SEQ, 0);
	row(b, "walk4_seq64", run_translate, &(struct wish){ .keep_nothing = WALK }, 0, 0);
	row(b, "walk4_rand64k", run_translate,
	    &(struct wish){ .keep_nothing = WALK, .pages = BENCH_PAGES_RAND }, 0, 0);
	row(b, "fault_notpresent", run_fault, &(struct wish){ 0 }, 1, 256);
	row(b, "inval_page+walk4", run_inval_walk, &(struct wish){ 0 }, BENCH_PAGES_SEQ, 0);
	row(b, "inval_page_by_register", run_inval_page, &(struct wish){ 0 }, BENCH_PAGES_SEQ, 0);
	row(b, "iotlb_hit_1_page", run_devices, &(struct wish){ 0 }, 1, 0);
	row(b, "iotlb_hit_1k_pages", run_devices, &(struct wish){ .pages = 1024 }, 1024, 0);
	row(b, "iotlb_hit_1M_pages", run_devices, &(struct wish){ .pages = MILLION }, MILLION, 0);
	row(b, "iotlb_hit_1000_devices", run_devices, &(struct wish){ .devices = DEVICES }, 1, 0);
	row(b, "inval_domain_in_1", run_inval_domain, &(struct wish){ 0 }, 1, 0);
	row(b, "inval_domain_in_1k", run_inval_domain, &(struct wish){ .pages = 1024 }, 1024, 0);
	row(b, "inval_domain_in_1M", run_inval_domain, &(struct wish){ .pages = MILLION }, MILLION,
	    0);
}
