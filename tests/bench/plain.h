/*
 * Plain memory for the driver's rows: tables in an array, registers that answer at once, no model behind them.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include <stdint.h>

#include "iommu/plat.h"

#define PLAIN_BASE UINT64_C(0x100000)
#define PLAIN_PAGES 4096u

struct plain {
	uint64_t *mem; /* PLAIN_PAGES pages from PLAIN_BASE */
	uint64_t free[PLAIN_PAGES];
	uint32_t frees;
	uint64_t head; /* of the queue */
	uint32_t gsts;
	uint64_t iqa, rtaddr;
};

uint64_t plain_reg_read(struct plain *p, uint32_t off);
void plain_reg_write(struct plain *p, uint32_t off, uint64_t val);
void plain_init(struct plain *p);
void plain_fini(struct plain *p);
void plain_platform(struct plain *p, struct iommu_plat *plat);

static inline uint64_t *plain_word(const struct plain *p, uint64_t pa)
{
	return &p->mem[(pa - PLAIN_BASE) / 8];
}

#endif
