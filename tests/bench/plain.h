/*
 * Plain memory for the driver's rows: tables in an array, registers that answer at once, no model behind them.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include <stdint.h>

#include "iommu/plat.h"

#define PLAIN_BASE UINT64_C(0x100000)
#define PLAIN_PAGES 4096u

struct plain;

/* An architecture's registers. */
struct plain_regs {
	uint64_t (*read)(struct plain *p, uint32_t off);
	void (*write)(struct plain *p, uint32_t off, uint64_t val);
	/* What a command stores: `bytes` of *val at the address returned, 0: nothing. */
	uint64_t (*status)(const uint64_t *command, uint64_t *val, uint32_t *bytes);
};

extern const struct plain_regs plain_vtd, plain_amdvi;

struct plain {
	uint64_t *mem; /* PLAIN_PAGES pages from PLAIN_BASE */
	uint64_t free[PLAIN_PAGES];
	uint32_t frees;
	const struct plain_regs *regs;
	uint64_t ring, ring_bytes, head; /* of commands; 16 bytes each */
	uint64_t control;                /* what was switched on */
};

/* The tail moved: the stores of the commands up to it happen at once. */
void plain_consume(struct plain *p, uint64_t tail);

void plain_init(struct plain *p, const struct plain_regs *regs);
void plain_fini(struct plain *p);
void plain_platform(struct plain *p, struct iommu_plat *plat);

static inline uint64_t *plain_word(const struct plain *p, uint64_t pa)
{
	return &p->mem[(pa - PLAIN_BASE) / 8];
}

#endif
