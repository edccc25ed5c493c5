/*
 * What an architecture gives the simulator's rows: its tables, its unit and its invalidations.
 */
#ifndef BENCH_SIM_ARCH_H
#define BENCH_SIM_ARCH_H

#include <stdint.h>

#include "iommusim/sim.h"

/* The domains of the rows: that of the devices, and one of one page. */
#define SIM_RIG_DOMAIN 1u
#define SIM_RIG_SMALL 2u

#define SIM_ARCH_FAULTS 256u /* every architecture's unit keeps that many records */

/* Memory below the page tables, which belongs to the architecture: 4 MiB, all zero. */
#define SIM_ARCH_ROOT UINT64_C(0x10000)

struct sim_rig {
	const struct sim_arch *arch;
	struct sim *s;
	const uint32_t *order; /* of pages; NULL: ascending */
	uint64_t mask;
	uint32_t devices;
	uint64_t next_table;
	uint32_t tail; /* of the command ring, in bytes */
};

typedef void (*sim_arch_inval)(struct sim_rig *r, uint32_t domain, uint64_t addr);

struct sim_arch {
	const char *prefix; /* of its rows' names */
	void (*add)(struct sim_rig *r);
	/* An entry that allows everything: of a page when `level` is 0, else of a table with entries of level - 1. */
	uint64_t (*entry)(uint64_t to, unsigned level);
	void (*attach)(struct sim_rig *r, uint16_t rid, uint64_t root, uint32_t domain);
	void (*enable)(struct sim_rig *r);
	void (*free_records)(struct sim_rig *r, uint32_t n); /* the n records there are */
	sim_arch_inval inval_page; /* looks inside, to leave the guest's accesses out */
	sim_arch_inval guest_inval_page, guest_inval_domain;
};

extern const struct sim_arch sim_arch_vtd, sim_arch_amdvi;

/* ---- for the architectures ---- */

void sim_arch_die(const struct sim *s) __attribute__((noreturn));
void sim_arch_store(struct sim_rig *r, uint64_t pa, uint64_t val);

#endif
