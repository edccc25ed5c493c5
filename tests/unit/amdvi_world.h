/*
 * A machine with one AMD-Vi unit, its device table, its command buffer and its event log, for tests (world.h has the rest).
 *
 * RAM is [0, AV_RAM). The device table lies at 1 MiB (2 MiB long), the command buffer at 4 MiB, event log A at 5 MiB and B at
 * 6 MiB; the heap begins at 8 MiB.
 */
#ifndef TESTS_AMDVI_WORLD_H
#define TESTS_AMDVI_WORLD_H

#include "hw/amdvi.h"
#include "world.h"

#define AV_RAM UINT64_C(0x8000000)
#define AV_DEVTAB UINT64_C(0x100000)
#define AV_CMD UINT64_C(0x400000)
#define AV_EVT UINT64_C(0x500000)
#define AV_EVT_B UINT64_C(0x600000)
#define AV_STORE UINT64_C(0x700000)

#define AV_RW UINT64_C(0x6000000000000000) /* IR, IW */

/* Any of the two may be NULL: the default. Ends the test when the machine cannot be made. Nothing is enabled. */
void av_start(struct world *w, const struct sim_amdvi_config *config,
	      const struct sim_policy *policy);

/* Bases (device table of 64K entries, rings of 256), MSI, IommuEn, CmdBufEn, EventLogEn, EventIntEn; waited for. */
void av_enable(struct world *w);

/* ---- registers ---- */

uint64_t av_status(struct world *w); /* without time */

/* ---- tables ---- */

/* Device table entry of rid, upper half first. */
void av_dte(struct world *w, uint16_t rid, uint64_t q0, uint64_t q1, uint64_t q2);

/* V, TV, Mode, root, IR, IW; DomainID. */
void av_attach(struct world *w, uint16_t rid, uint64_t root, unsigned mode, uint16_t domain);

/* Table page for `iova` at `level` (counted from 1) under a table of `top` levels; made, without skips. */
uint64_t av_table(struct world *w, uint64_t root, unsigned top, uint64_t iova, unsigned level);
uint64_t av_entry_at(struct world *w, uint64_t root, unsigned top, uint64_t iova, unsigned level);
void av_leaf(struct world *w, uint64_t root, unsigned top, uint64_t iova, unsigned level,
	     uint64_t entry);

/* ---- commands and events ---- */

void av_cmd(struct world *w, uint64_t q0, uint64_t q1); /* into memory, not yet told */
void av_tell(struct world *w);                          /* CmdTail */
void av_submit(struct world *w, uint64_t q0, uint64_t q1);

/* Takes the next event of log A; false when there is none. */
bool av_event(struct world *w, uint64_t *q0, uint64_t *q1);

/* Exactly one event is there, with these words; it is taken. */
void av_expect_event(struct world *w, uint64_t q0, uint64_t q1);
void av_expect_no_event(struct world *w);

#endif
