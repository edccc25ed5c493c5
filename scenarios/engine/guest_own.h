/*
 * What the files of the reference guest share: the driver's state, the platform under it, and a call with a bound. For guest*.c
 * alone; everybody else has guest.h.
 */
#ifndef ENGINE_GUEST_OWN_H
#define ENGINE_GUEST_OWN_H

#include "guest.h"

#include <setjmp.h>
#include <time.h>

#include "iommu/driver.h"
#include "iommu/inspect.h"
#include "iommu/iova.h"
#include "iommu/irq.h"
#include "iommu/ledger.h"

#define GUEST_ORDERS 10 /* of blocks of pages */

/* Free pages of one order; the last one back is the first one out. */
struct stack {
	uint64_t *pa;
	uint32_t count;
};

struct pool {
	uint64_t first, pages, next; /* next: page index never handed out yet */
	struct stack free[GUEST_ORDERS];
	uint8_t *order_of; /* per page: order + 1 of the block handed out there, else 0 */
	uint32_t held;
};

struct guest {
	timer_t clock;
	bool has_clock;
	volatile bool in_driver;     /* neither in the platform nor outside of a call */
	volatile uint64_t looked_at; /* accesses left at the last tick */
	volatile uint32_t silent;    /* ticks without an access */
	struct guest_config config;
	struct iommu_plat plat;
	struct pool pool;
	uint64_t slow_left, memory_left;
	jmp_buf out;
	const char *misuse;
	char log[GUEST_LOG][128]; /* of line n: [n % GUEST_LOG] */
	uint32_t logged;
	bool zeroing;

	uint32_t cutting; /* devices cut off by a call that has not succeeded yet */
	uint32_t cut_unit[GUEST_DEVICES];
	uint16_t cut_rid[GUEST_DEVICES];
	struct guest_pending pending;
	struct iommu_unit unit[GUEST_UNITS];
	struct iommu_domain domain[GUEST_DOMAINS];
	bool domain_used[GUEST_DOMAINS];
	struct iommu_ticket ticket[GUEST_TICKETS];
	struct iommu_device device[GUEST_DEVICES];
	struct iommu_iova_space space[GUEST_DOMAINS];
	struct iommu_iova_node node[GUEST_DOMAINS][GUEST_NODES];
	struct iommu_ledger ledger[GUEST_DOMAINS];
	struct iommu_iova_range range[GUEST_RANGES];
	struct iommu_pages run[GUEST_RUNS];
	struct iommu_irq_unit irq_unit[GUEST_UNITS];
	struct iommu_irq_source irq_source[GUEST_DEVICES];
	bool irq_source_used[GUEST_DEVICES];
	struct iommu_irq irq[GUEST_IRQS];
};

/* What one call needs; filled by the public functions of guest.h, so that one place holds the setjmp. */
struct call {
	int (*fn)(struct guest *g, struct call *c);
	uint32_t unit, id, ticket, device, count, perm;
	enum guest_op op;
	uint64_t iova, pa, size;
	uint32_t msi_addr, msi_data;
	const uint32_t *units;
	const struct guest_unit_options *options;
	bool passthrough;
	struct iommu_fault *faults;
	uint32_t *count_out, *perm_out;
	uint64_t *pa_out, *size_out;
	bool *lost;
	uint16_t rid;
	uint32_t range, run;
	uint64_t align, limit, offset;
	struct iommu_walk *walk;
	struct iommu_diag *diag;
	enum guest_irq_op irq_op;
	const struct guest_irq *irq;
};

/* `c->fn`, ended in any case. Returns its answer, or GUEST_BOUND: then it was left in the middle. */
int guest_call(struct guest *g, struct call *c);

/* The platform under the driver, of g->config. False: no memory; guest_platform_free all the same. */
bool guest_platform_init(struct guest *g);
void guest_platform_free(struct guest *g);

#endif
