/*
 * The platform over plain memory; the registers are an architecture's (plain_vtd.c, plain_amdvi.c).
 */
#include <stdlib.h>
#include <string.h>

#include "plain.h"

void plain_consume(struct plain *p, uint64_t tail)
{
	for (; p->head != tail; p->head = (p->head + 16) % p->ring_bytes) {
		uint64_t val;
		uint32_t bytes;
		uint64_t at = p->regs->status(plain_word(p, p->ring + p->head), &val, &bytes);

		if (at)
			memcpy((uint8_t *)p->mem + (at - PLAIN_BASE), &val, bytes);
	}
}

static uint64_t reg_read(struct plain *p, uint32_t off)
{
	return p->regs->read(p, off);
}

static void reg_write(struct plain *p, uint32_t off, uint64_t val)
{
	p->regs->write(p, off, val);
}

/* For the inlined platform, whose header knows no struct plain. The driver built with it has its symbols prefixed. */
uint64_t inline_bench_inline_reg_read(void *ctx, uint32_t off);
void inline_bench_inline_reg_write(void *ctx, uint32_t off, uint64_t val);

uint64_t inline_bench_inline_reg_read(void *ctx, uint32_t off)
{
	return reg_read(ctx, off);
}

void inline_bench_inline_reg_write(void *ctx, uint32_t off, uint64_t val)
{
	reg_write(ctx, off, val);
}

static uint32_t read32(void *ctx, uint32_t unit, uint32_t off)
{
	(void)unit;
	return (uint32_t)reg_read(ctx, off);
}

static uint64_t read64(void *ctx, uint32_t unit, uint32_t off)
{
	(void)unit;
	return reg_read(ctx, off);
}

static void write32(void *ctx, uint32_t unit, uint32_t off, uint32_t val)
{
	(void)unit;
	reg_write(ctx, off, val);
}

static void write64(void *ctx, uint32_t unit, uint32_t off, uint64_t val)
{
	(void)unit;
	reg_write(ctx, off, val);
}

static uint64_t mem_read(void *ctx, uint64_t pa)
{
	return *(volatile uint64_t *)plain_word(ctx, pa);
}

static void mem_write(void *ctx, uint64_t pa, uint64_t val)
{
	*(volatile uint64_t *)plain_word(ctx, pa) = val;
}

static void mem_fill(void *ctx, uint64_t pa, uint32_t n, uint64_t val, uint64_t step)
{
	volatile uint64_t *w = plain_word(ctx, pa);

	for (uint32_t i = 0; i < n; i++, val += step)
		w[i] = val;
}

static void sync_order(void *ctx, uint64_t pa, uint64_t size, enum iommu_sync how)
{
	(void)ctx;
	(void)pa;
	(void)size;
	(void)how;
	__asm__ volatile("" : : : "memory");
}

static uint64_t page_alloc(void *ctx, uint32_t order)
{
	struct plain *p = ctx;
	uint64_t pa;

	if (order || !p->frees)
		return 0;
	pa = p->free[--p->frees];
	memset(plain_word(p, pa), 0, 4096);
	return pa;
}

static void page_free(void *ctx, uint64_t pa, uint32_t order)
{
	struct plain *p = ctx;

	(void)order;
	p->free[p->frees++] = pa;
}

static uint64_t now_ns(void *ctx)
{
	(void)ctx;
	return 0;
}

static void relax(void *ctx)
{
	(void)ctx;
}

void plain_init(struct plain *p, const struct plain_regs *regs)
{
	memset(p, 0, sizeof(*p));
	p->regs = regs;
	p->mem = aligned_alloc(4096, (size_t)PLAIN_PAGES * 4096);
	if (!p->mem)
		exit(1);
	while (p->frees < PLAIN_PAGES) {
		p->free[p->frees] = PLAIN_BASE + (uint64_t)(PLAIN_PAGES - 1 - p->frees) * 4096;
		p->frees++;
	}
}

void plain_fini(struct plain *p)
{
	free(p->mem);
}

void plain_platform(struct plain *p, struct iommu_plat *plat)
{
	*plat = (struct iommu_plat){
		.ctx = p,
		.reg_read32 = read32,
		.reg_read64 = read64,
		.reg_write32 = write32,
		.reg_write64 = write64,
		.mem_read64 = mem_read,
		.mem_write64 = mem_write,
		.mem_fill64 = mem_fill,
		.mem_sync = sync_order,
		.page_alloc = page_alloc,
		.page_free = page_free,
		.now_ns = now_ns,
		.relax = relax,
	};
}
