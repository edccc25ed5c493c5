/*
 * The platform as static inline functions over plain memory: what a kernel gives the driver that wants no indirect calls.
 */
#ifndef BENCH_PLAT_INLINE_H
#define BENCH_PLAT_INLINE_H

#include "iommu/plat.h"

/* The first member of the platform's context is the address of the word at physical address PLAIN_BASE. */
#define INLINE_BASE UINT64_C(0x100000)

uint64_t bench_inline_reg_read(void *ctx, uint32_t off);
void bench_inline_reg_write(void *ctx, uint32_t off, uint64_t val);

static inline uint64_t *inline_word(void *ctx, uint64_t pa)
{
	return *(uint64_t **)ctx + (pa - INLINE_BASE) / 8;
}

static inline uint32_t iommu_inline_reg_read32(void *ctx, uint32_t unit, uint32_t off)
{
	(void)unit;
	return (uint32_t)bench_inline_reg_read(ctx, off);
}

static inline uint64_t iommu_inline_reg_read64(void *ctx, uint32_t unit, uint32_t off)
{
	(void)unit;
	return bench_inline_reg_read(ctx, off);
}

static inline void iommu_inline_reg_write32(void *ctx, uint32_t unit, uint32_t off, uint32_t val)
{
	(void)unit;
	bench_inline_reg_write(ctx, off, val);
}

static inline void iommu_inline_reg_write64(void *ctx, uint32_t unit, uint32_t off, uint64_t val)
{
	(void)unit;
	bench_inline_reg_write(ctx, off, val);
}

static inline uint64_t iommu_inline_mem_read64(void *ctx, uint64_t pa)
{
	return *(volatile uint64_t *)inline_word(ctx, pa);
}

static inline void iommu_inline_mem_write64(void *ctx, uint64_t pa, uint64_t val)
{
	*(volatile uint64_t *)inline_word(ctx, pa) = val;
}

static inline void iommu_inline_mem_fill64(void *ctx, uint64_t pa, uint32_t n, uint64_t val,
					   uint64_t step)
{
	volatile uint64_t *w = inline_word(ctx, pa);

	for (uint32_t i = 0; i < n; i++, val += step)
		w[i] = val;
}

static inline void iommu_inline_mem_sync(void *ctx, uint64_t pa, uint64_t size, enum iommu_sync how)
{
	(void)ctx;
	(void)pa;
	(void)size;
	(void)how;
	__asm__ volatile("" : : : "memory");
}

static inline uint64_t iommu_inline_now_ns(void *ctx)
{
	(void)ctx;
	return 0;
}

static inline void iommu_inline_relax(void *ctx)
{
	(void)ctx;
}

#endif
