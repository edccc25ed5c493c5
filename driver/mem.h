/*
 * The driver's way to registers, table memory and time.
 *
 * Normally each of these calls goes through a function pointer of struct iommu_plat. A kernel that wants no indirect
 * calls compiles the driver with -DIOMMU_PLAT_INLINE='"its-header.h"'. That header must define, with the contracts of
 * the members of the same name in iommu/plat.h, these static inline functions:
 *
 *     uint32_t iommu_inline_reg_read32(void *ctx, uint32_t unit, uint32_t off);
 *     uint64_t iommu_inline_reg_read64(void *ctx, uint32_t unit, uint32_t off);
 *     void     iommu_inline_reg_write32(void *ctx, uint32_t unit, uint32_t off, uint32_t val);
 *     void     iommu_inline_reg_write64(void *ctx, uint32_t unit, uint32_t off, uint64_t val);
 *     uint64_t iommu_inline_mem_read64(void *ctx, uint64_t pa);
 *     void     iommu_inline_mem_write64(void *ctx, uint64_t pa, uint64_t val);
 *     void     iommu_inline_mem_fill64(void *ctx, uint64_t pa, uint32_t n, uint64_t val, uint64_t step);
 *     void     iommu_inline_mem_sync(void *ctx, uint64_t pa, uint64_t size, enum iommu_sync how);
 *     uint64_t iommu_inline_now_ns(void *ctx);
 *     void     iommu_inline_relax(void *ctx);
 *
 * The function pointers of these ten are then not used and may be NULL. Pages, locks and the log stay function
 * pointers: they are called once per operation, not once per entry.
 */
#ifndef DRIVER_MEM_H
#define DRIVER_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "iommu/driver.h"
#include "iommu/plat.h"

#ifdef IOMMU_PLAT_INLINE
#include IOMMU_PLAT_INLINE
#define PLAT(p, op) iommu_inline_##op
#else
#define PLAT(p, op) (p)->op
#endif

static inline uint32_t reg_read32(const struct iommu_unit *u, uint32_t off)
{
	return PLAT(u->plat, reg_read32)(u->plat->ctx, u->desc.index, off);
}

static inline uint64_t reg_read64(const struct iommu_unit *u, uint32_t off)
{
	return PLAT(u->plat, reg_read64)(u->plat->ctx, u->desc.index, off);
}

static inline void reg_write32(const struct iommu_unit *u, uint32_t off, uint32_t val)
{
	PLAT(u->plat, reg_write32)(u->plat->ctx, u->desc.index, off, val);
}

static inline void reg_write64(const struct iommu_unit *u, uint32_t off, uint64_t val)
{
	PLAT(u->plat, reg_write64)(u->plat->ctx, u->desc.index, off, val);
}

static inline uint64_t mem_read64(const struct iommu_plat *p, uint64_t pa)
{
	return PLAT(p, mem_read64)(p->ctx, pa);
}

static inline void mem_write64(const struct iommu_plat *p, uint64_t pa, uint64_t val)
{
	PLAT(p, mem_write64)(p->ctx, pa, val);
}

/* n words from pa upward, the i-th val + i * step, each a single store. */
static inline void mem_fill64(const struct iommu_plat *p, uint64_t pa, uint32_t n, uint64_t val,
			      uint64_t step)
{
#ifndef IOMMU_PLAT_INLINE
	if (!p->mem_fill64) {
		for (uint32_t i = 0; i < n; i++, val += step)
			p->mem_write64(p->ctx, pa + 8 * (uint64_t)i, val);
		return;
	}
#endif
	PLAT(p, mem_fill64)(p->ctx, pa, n, val, step);
}

/* Where the platform has it: p->mem_write128. */
static inline void mem_write128(const struct iommu_plat *p, uint64_t pa, uint64_t lo, uint64_t hi)
{
	p->mem_write128(p->ctx, pa, lo, hi);
}

static inline void mem_sync(const struct iommu_plat *p, uint64_t pa, uint64_t size,
			    enum iommu_sync how)
{
	PLAT(p, mem_sync)(p->ctx, pa, size, how);
}

static inline uint64_t plat_now_ns(const struct iommu_plat *p)
{
	return PLAT(p, now_ns)(p->ctx);
}

static inline void plat_relax(const struct iommu_plat *p)
{
	PLAT(p, relax)(p->ctx);
}

#endif
