/*
 * A machine with one VT-d unit, its tables and its queue, for tests (world.h has the rest). RAM is [0, VT_RAM), the heap begins at
 * 1 MiB.
 */
#ifndef TESTS_VTD_WORLD_H
#define TESTS_VTD_WORLD_H

#include "hw/vtd.h"
#include "world.h"

#define VT_RAM UINT64_C(0x4000000)
#define VT_RW ((uint64_t)VTD_SS_R | VTD_SS_W)

/* Any of the two may be NULL: the default. Ends the test when the machine cannot be made. */
void vt_start(struct world *w, const struct sim_vtd_config *config,
	      const struct sim_policy *policy);

/* ---- registers ---- */

uint32_t vt_fsts(struct world *w);
uint64_t vt_frcd_hi(struct world *w, uint32_t n);
uint64_t vt_frcd_lo(struct world *w, uint32_t n);

/* A level or one-shot command of GCMD by the book, waited for; `on` is ignored for one-shots. */
void vt_gcmd(struct world *w, uint32_t bit, bool on);

/* ---- tables ---- */

/* RTADDR with mode `ttm`, SRTP, TE. The root table is made when there is none. */
void vt_enable(struct world *w, uint64_t ttm);

/* Address of the context entry of rid; root entry and context table are made. */
uint64_t vt_context_at(struct world *w, uint16_t rid);
void vt_context(struct world *w, uint16_t rid, uint64_t table, unsigned tt, unsigned aw,
		uint32_t did, bool fpd);

/* Leaf entry at `level` for iova under `top` (the table of `levels` levels); tables on the way have R and W. */
void vt_leaf(struct world *w, uint64_t top, unsigned levels, uint64_t iova, unsigned level,
	     uint64_t entry);

/* Address of the entry of `level` for iova, 0: a table on the way is missing. */
uint64_t vt_entry_at(struct world *w, uint64_t top, unsigned levels, uint64_t iova, unsigned level);

/* ---- the queue ---- */

void vt_queue_on(struct world *w, unsigned qs, bool wide);
void vt_desc(struct world *w, uint64_t q0, uint64_t q1);   /* into memory, not yet told */
void vt_tell(struct world *w);                             /* IQT */
void vt_submit(struct world *w, uint64_t q0, uint64_t q1); /* both, and settles */

#endif
