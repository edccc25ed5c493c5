/*
 * Registers that answer at once: just enough for the driver to start and to see its waits complete.
 */
#include <stdlib.h>
#include <string.h>

#include "hw/vtd.h"
#include "plain.h"

#define CAP                                                                          \
	(FIELD_PREP(VTD_CAP_ND, 6) | FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_48BIT) |    \
	 FIELD_PREP(VTD_CAP_MGAW, 47) | FIELD_PREP(VTD_CAP_SSLPS, 3) | VTD_CAP_PSI | \
	 FIELD_PREP(VTD_CAP_MAMV, 18) | FIELD_PREP(VTD_CAP_FRO, 0x220 / 16))
#define ECAP (VTD_ECAP_C | VTD_ECAP_QI | FIELD_PREP(VTD_ECAP_IRO, 0x500 / 16))

static void consume(struct plain *p, uint64_t tail)
{
	uint64_t size = UINT64_C(4096) << FIELD_GET(VTD_IQA_QS, p->iqa);

	for (; p->head != tail; p->head = (p->head + 16) % size) {
		const uint64_t *d = plain_word(p, (p->iqa & VTD_IQA_IQA) + p->head);

		if (FIELD_GET(VTD_DESC_TYPE, d[0]) == VTD_DT_WAIT && d[0] & VTD_WAITD0_SW) {
			uint32_t data = (uint32_t)FIELD_GET(VTD_WAITD0_SDATA, d[0]);
			uint64_t at = d[1] & VTD_WAITD1_SADDR;

			memcpy((uint8_t *)p->mem + (at - PLAIN_BASE), &data, sizeof(data));
		}
	}
}

uint64_t plain_reg_read(struct plain *p, uint32_t off)
{
	switch (off) {
	case VTD_REG_VER:
		return 0x10;
	case VTD_REG_CAP:
		return CAP;
	case VTD_REG_ECAP:
		return ECAP;
	case VTD_REG_GSTS:
		return p->gsts;
	case VTD_REG_IQH:
		return p->head;
	default:
		return 0;
	}
}

void plain_reg_write(struct plain *p, uint32_t off, uint64_t val)
{
	if (off == VTD_REG_GCMD)
		p->gsts = ((uint32_t)val & ~VTD_GCMD_WBF) | VTD_GSTS_RTPS;
	else if (off == VTD_REG_IQA)
		p->iqa = val;
	else if (off == VTD_REG_IQT)
		consume(p, val);
}

/* For the inlined platform, whose header knows no struct plain. The driver built with it has its symbols prefixed. */
uint64_t inline_bench_inline_reg_read(void *ctx, uint32_t off);
void inline_bench_inline_reg_write(void *ctx, uint32_t off, uint64_t val);

uint64_t inline_bench_inline_reg_read(void *ctx, uint32_t off)
{
	return plain_reg_read(ctx, off);
}

void inline_bench_inline_reg_write(void *ctx, uint32_t off, uint64_t val)
{
	plain_reg_write(ctx, off, val);
}

static uint32_t read32(void *ctx, uint32_t unit, uint32_t off)
{
	(void)unit;
	return (uint32_t)plain_reg_read(ctx, off);
}

static uint64_t read64(void *ctx, uint32_t unit, uint32_t off)
{
	(void)unit;
	return plain_reg_read(ctx, off);
}

static void write32(void *ctx, uint32_t unit, uint32_t off, uint32_t val)
{
	(void)unit;
	plain_reg_write(ctx, off, val);
}

static void write64(void *ctx, uint32_t unit, uint32_t off, uint64_t val)
{
	(void)unit;
	plain_reg_write(ctx, off, val);
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

void plain_init(struct plain *p)
{
	memset(p, 0, sizeof(*p));
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
