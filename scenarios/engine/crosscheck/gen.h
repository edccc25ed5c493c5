/*
 * Makes cases: a number of a seed is always the same case. Tables of every shape, right and wrong; then stores, invalidations
 * and DMA in any order. What the rules of a backend say to avoid is not generated for it (rows.h).
 */
#ifndef CROSSCHECK_GEN_H
#define CROSSCHECK_GEN_H

#include "case.h"
#include "ref.h"

/* For whom a case is made. */
struct gen_profile {
	bool qemu;        /* only what its versions present, and what is not to be avoided there */
	uint32_t version; /* QEMU_VERSION */
};

/* False when out of memory. */
bool gen_case(struct xc_case *c, enum be_arch arch, uint64_t seed, uint64_t number,
	      const struct gen_profile *profile);

/*
 * True when each outcome can be told from the others by looking at the data area. Bytes elsewhere would change tables, or
 * nothing at all.
 */
bool gen_observable(const struct ref_set *set, uint32_t len);

/* ---- for the two architectures ---- */

#define GEN_IOVAS 8
#define GEN_DOMAINS 3
#define GEN_HANDLES 8
#define GEN_IRTS 3

struct gen_domain {
	uint16_t did;
	uint64_t root;
	uint32_t levels;
};

struct gen {
	struct xc_case *c;
	struct ref *r;
	const struct gen_profile *p;
	uint64_t rng;
	bool building;
	uint64_t table_next;
	uint64_t iova[GEN_IOVAS];
	uint32_t iovas;
	struct gen_domain domain[GEN_DOMAINS];
	uint32_t domains;
	uint32_t of_device[XC_DEVICES]; /* domain */
	/* interrupts: indexes that are used, AMD-Vi's tables */
	uint32_t handle[GEN_HANDLES];
	uint32_t handles;
	uint64_t irt[GEN_IRTS];
	uint32_t irts, irt_of[XC_DEVICES];
	uint8_t vectors;
};

uint64_t gen_any(struct gen *g);
uint32_t gen_below(struct gen *g, uint32_t n); /* 0 to n - 1 */
bool gen_chance(struct gen *g, uint32_t percent);
uint64_t gen_table(struct gen *g); /* a page for a table; 0: none left */
uint64_t gen_read(const struct gen *g, uint64_t pa);
void gen_cap(struct gen *g, const char *name, uint64_t value);

/* Stores words, before the unit is switched on or as an operation; false when there is no room. */
bool gen_store(struct gen *g, uint64_t pa, const uint64_t *w, uint32_t n, uint32_t repeat);
bool gen_word(struct gen *g, uint64_t pa, uint64_t w);
/* The requesters of the case, and what they are behind. */
void gen_devices(struct gen *g);
bool gen_inval(struct gen *g, const struct xc_inval *v);
/* A DMA, when each of its outcomes is fit to be observed. */
void gen_dma(struct gen *g, uint32_t dev, uint64_t iova);
void gen_msi(struct gen *g, const struct xc_msi *m);
bool gen_room(const struct gen *g, uint32_t ops);

/* Indexes below `limit` that differ in few bits. */
void gen_handles(struct gen *g, uint32_t least, uint32_t limit);
/* A vector; for QEMU, whose controllers hold one until a reset, mostly a new one. */
uint8_t gen_vector(struct gen *g);
/* Whether a case has interrupt remapping; for QEMU many cases in a row have, so that one instance plays them. */
bool gen_remaps(struct gen *g);

/* Interrupt remapping: capabilities, tables, one operation. */
void gen_vtd_ir_machine(struct gen *g);
void gen_vtd_ir_tables(struct gen *g);
void gen_vtd_ir_op(struct gen *g);
void gen_amdvi_ir_machine(struct gen *g);
void gen_amdvi_ir_tables(struct gen *g);
/* The interrupt half of a device table entry. */
void gen_amdvi_ir_half(struct gen *g, uint32_t dev, uint64_t e[4]);
void gen_amdvi_ir_op(struct gen *g);

void gen_vtd(struct gen *g);
void gen_amdvi(struct gen *g);

#endif
