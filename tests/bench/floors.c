/*
 * Floors: what the bare idea costs on this machine, without a model around it.
 */
#include <stdlib.h>

#include "bench.h"

/* ---- a 64-set, 4-way tag look-up ---- */

struct tags {
	uint64_t tag[64][4];
	uint64_t val[64][4];
};

static uint64_t run_tags(void *ctx, uint64_t n)
{
	struct tags *t = ctx;
	uint64_t start = bench_now(), sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t page = i % BENCH_PAGES_SEQ, tag = page << 16 | 0x10;
		unsigned set = (unsigned)(page & 63);

		for (unsigned way = 0; way < 4; way++)
			if (t->tag[set][way] == tag) {
				sum += t->val[set][way];
				break;
			}
		bench_use(sum);
	}
	return bench_now() - start;
}

static void floor_tags(struct bench *b)
{
	static const uint64_t base = 0x200000;
	struct tags *t = calloc(1, sizeof(*t));

	if (!t)
		exit(1);
	for (uint64_t page = 0; page < BENCH_PAGES_SEQ; page++) {
		t->tag[page & 63][3] = page << 16 | 0x10;
		t->val[page & 63][3] = base + (page << 12);
	}
	bench_run(b, "floor_tag64x4", run_tags, t, 0);
	free(t);
}

/* ---- a bare 4-level walk: present, permission, reserved ---- */

struct tables {
	uint8_t *mem;
	uint64_t root;
	const uint32_t *order;
	uint64_t mask;
};

#define RESERVED                                     \
	(((uint64_t)1 << 62) | ((uint64_t)1 << 11) | \
	 (~(uint64_t)0 >> 12 & ~(((uint64_t)1 << 46) - 1)))

static uint64_t walk(const struct tables *t, uint64_t iova)
{
	uint64_t table = t->root, perm = 3;

	for (int level = 3;; level--) {
		uint64_t e =
			*(const uint64_t *)(const void *)(t->mem + table +
							  8 * ((iova >> (12 + 9 * level)) & 511));

		if (!(e & 3))
			return 1;
		if (e & RESERVED)
			return 2;
		perm &= e;
		if (level == 0)
			return perm & 2 ? (e & 0xFFFFFFFFFF000) + (iova & 0xFFF) : 3;
		table = e & 0xFFFFFFFFFF000;
	}
}

static uint64_t run_walk(void *ctx, uint64_t n)
{
	const struct tables *t = ctx;
	uint64_t start = bench_now(), sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t k = i & t->mask, page = t->order ? t->order[k] : k;

		sum += walk(t, page << 12);
		bench_use(sum);
	}
	return bench_now() - start;
}

/* 64k pages: one table at each upper level, 128 leaf tables. */
static void build(struct tables *t)
{
	uint64_t *w;

	t->mem = aligned_alloc(4096, 132 * 4096);
	if (!t->mem)
		exit(1);
	w = (uint64_t *)(void *)t->mem;
	for (unsigned i = 0; i < 132 * 512; i++)
		w[i] = 0;
	t->root = 0;
	w[0] = 1 << 12 | 3;
	w[512] = 2 << 12 | 3;
	for (uint64_t i = 0; i < 128; i++)
		w[1024 + i] = (3 + i) << 12 | 3;
	for (uint64_t i = 0; i < BENCH_PAGES_RAND; i++)
		w[3 * 512 + i] = (0x200000 + (i << 12)) | 3;
}

static void floor_walks(struct bench *b)
{
	struct tables t = { .mask = BENCH_PAGES_SEQ - 1 };

	build(&t);
	bench_run(b, "floor_walk4_64", run_walk, &t, 0);
	t.order = bench_random_order();
	t.mask = BENCH_PAGES_RAND - 1;
	bench_run(b, "floor_walk4_rand64k", run_walk, &t, 0);
	free((void *)(uintptr_t)t.order);
	free(t.mem);
}

/* ---- append a 32-byte record ---- */

struct record {
	uint64_t q[4];
};

struct log {
	struct record ring[4096];
	uint64_t count;
};

static uint64_t run_record(void *ctx, uint64_t n)
{
	struct log *l = ctx;
	uint64_t start = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		l->ring[l->count++ & 4095] = (struct record){ { i, n, i ^ n, 7 } };
		__asm__ volatile("" : : : "memory");
	}
	return bench_now() - start;
}

void bench_floors(struct bench *b)
{
	struct log *l = calloc(1, sizeof(*l));

	if (!l)
		exit(1);
	floor_tags(b);
	floor_walks(b);
	bench_run(b, "floor_record32", run_record, l, 0);
	free(l);
}
