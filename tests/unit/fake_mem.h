/*
 * The platform under the driver's own tests, apart from any unit: pages that are counted, memory as the CPU and as a walker
 * that does not snoop see it, a clock that moves with every access, a lock that is checked, and a log of what happened.
 */
#ifndef TESTS_FAKE_MEM_H
#define TESTS_FAKE_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/driver.h"
#include "iommu/plat.h"

#define FAKE_BASE UINT64_C(0x100000)
#define FAKE_PAGES 4096u
#define FAKE_LOG 4096u

/* What happened, in order: a register write, an executed command, a page given back, a tail write. */
enum fake_what {
	FAKE_REG,
	FAKE_DESC,
	FAKE_FREE,
	FAKE_RING
};

struct fake_event {
	enum fake_what what;
	uint64_t a, b; /* offset and value, or both words, or the address */
};

/* First member of a fake unit, so that the platform's ctx is both. */
struct fake_mem {
	struct iommu_plat plat;
	uint64_t *cpu;    /* memory as the CPU sees it */
	uint64_t *walker; /* ... as a walker that does not snoop does */
	uint8_t *used;    /* per page: allocated, order + 1 at the first of a block */
	uint32_t pages_used;
	uint32_t allocs;  /* calls of page_alloc */
	uint32_t fail_at; /* this call fails (1: the first), 0 none */
	uint32_t next_page;
	uint32_t bad; /* breaches: stray access, double free, two commands in one write ... */
	const char *bad_why;
	uint64_t now;
	bool clock_stands;
	uint32_t relaxes;
	int32_t locked;
	const struct iommu_device *silent;      /* the last one told to be cut off */
	void (*stored)(void *ctx, uint64_t pa); /* optional: called after each store */
	void (*watch)(void *arg);               /* ... and this, for the test */
	void *watch_arg;
	struct fake_event log[FAKE_LOG];
	uint32_t logged;
};

/* All but registers and relax, which are the unit's. */
void fake_mem_init(struct fake_mem *m);
void fake_mem_done(struct fake_mem *m);
void fake_mem_bad(struct fake_mem *m, const char *why);
void fake_mem_note(struct fake_mem *m, enum fake_what what, uint64_t a, uint64_t b);
void fake_mem_tick(struct fake_mem *m);
void fake_mem_relaxed(struct fake_mem *m); /* time passes */
uint64_t *fake_mem_cpu(struct fake_mem *m, uint64_t pa);
uint64_t fake_mem_walker(struct fake_mem *m, uint64_t pa);

#endif
