/*
 * A machine with one VT-d unit, its tables and its queue, for tests: everything goes through the public interface, so that
 * a test sees what a guest and its devices see.
 *
 * RAM is [0, WORLD_RAM); tables come from a heap above 1 MiB. Tables are put in place as a loader would, without time.
 */
#ifndef TESTS_VTD_WORLD_H
#define TESTS_VTD_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/vtd.h"
#include "iommusim/vtd.h"

#define WORLD_RAM UINT64_C(0x4000000)
#define WORLD_RW ((uint64_t)VTD_SS_R | VTD_SS_W)

struct world {
	struct sim *s;
	struct sim_vtd_config config;
	uint64_t next_page, root, queue;
	uint32_t tail, queue_bytes, desc_bytes; /* where the next descriptor goes */
	uint32_t iva, iotlb, frcd; /* offsets of the registers the capabilities place */
};

/* The default unit, to be changed before world_start. */
void world_default(struct sim_vtd_config *config);

/* Any of the two may be NULL: the default. Ends the test when the machine cannot be made. */
void world_start(struct world *w, const struct sim_vtd_config *config,
		 const struct sim_policy *policy);
void world_stop(struct world *w);

/* ---- memory ---- */

uint64_t world_page(struct world *w); /* zeroed */
void world_put(struct world *w, uint64_t pa, uint64_t val);
uint64_t world_get(struct world *w, uint64_t pa);

/* ---- registers ---- */

uint32_t world_r32(struct world *w, uint32_t off);
uint64_t world_r64(struct world *w, uint32_t off);
void world_w32(struct world *w, uint32_t off, uint32_t val);
void world_w64(struct world *w, uint32_t off, uint64_t val);
uint32_t world_fsts(struct world *w);
uint64_t world_frcd_hi(struct world *w, uint32_t n);
uint64_t world_frcd_lo(struct world *w, uint32_t n);

/* A level or one-shot command of GCMD by the book, waited for; `on` is ignored for one-shots. */
void world_gcmd(struct world *w, uint32_t bit, bool on);

/* Complaints of that name so far; the name must exist. */
uint32_t world_complaints(struct world *w, const char *name);

/* Time passes until nothing is scheduled, at most some milliseconds. */
void world_settle(struct world *w);

/* ---- tables ---- */

/* RTADDR with mode `ttm`, SRTP, TE. The root table is made when there is none. */
void world_enable(struct world *w, uint64_t ttm);

/* Address of the context entry of rid; root entry and context table are made. */
uint64_t world_context_at(struct world *w, uint16_t rid);
void world_context(struct world *w, uint16_t rid, uint64_t table, unsigned tt, unsigned aw,
		   uint32_t did, bool fpd);

/* Leaf entry at `level` for iova under `top` (the table of `levels` levels); tables on the way have R and W. */
void world_leaf(struct world *w, uint64_t top, unsigned levels, uint64_t iova, unsigned level,
		uint64_t entry);

/* Address of the entry of `level` for iova, 0: a table on the way is missing. */
uint64_t world_entry_at(struct world *w, uint64_t top, unsigned levels, uint64_t iova,
			unsigned level);

/* ---- requests ---- */

void world_request(struct world *w, uint16_t rid, uint64_t addr, unsigned access, unsigned at,
		   unsigned flags, struct sim_xlat *x);

/* An untranslated read of 4 bytes succeeds at `pa`. */
bool world_reads(struct world *w, uint16_t rid, uint64_t addr, uint64_t pa);

/* ---- the queue ---- */

void world_queue_on(struct world *w, unsigned qs, bool wide);
void world_desc(struct world *w, uint64_t q0, uint64_t q1);   /* into memory, not yet told */
void world_tell(struct world *w);                             /* IQT */
void world_submit(struct world *w, uint64_t q0, uint64_t q1); /* both, and settles */

/* ---- caches ---- */

/* Lines of a cache that match; `domain` and `iova` UINT64_MAX match all. */
unsigned world_cached(struct world *w, enum sim_cache cache, uint64_t domain, uint64_t iova);

/* ---- random numbers of the tests ---- */

uint64_t world_random(uint64_t *state);
uint32_t world_below(uint64_t *state, uint32_t n);

#endif
