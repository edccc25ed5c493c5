/*
 * A machine with one AMD-Vi unit, its device table, its command buffer and its event log, for tests: everything goes
 * through the public interface, so that a test sees what a guest and its devices see.
 *
 * RAM is [0, AMDVI_WORLD_RAM). The device table lies at 1 MiB (2 MiB long), the command buffer at 4 MiB, event log A at
 * 5 MiB and B at 6 MiB, tables come from a heap above 8 MiB. Tables are put in place as a loader would, without time.
 */
#ifndef TESTS_AMDVI_WORLD_H
#define TESTS_AMDVI_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/amdvi.h"
#include "iommusim/amdvi.h"

#define AMDVI_WORLD_RAM UINT64_C(0x8000000)
#define AMDVI_WORLD_DEVTAB UINT64_C(0x100000)
#define AMDVI_WORLD_CMD UINT64_C(0x400000)
#define AMDVI_WORLD_EVT UINT64_C(0x500000)
#define AMDVI_WORLD_EVT_B UINT64_C(0x600000)
#define AMDVI_WORLD_STORE UINT64_C(0x700000)

struct amdvi_world {
	struct sim *s;
	struct sim_amdvi_config config;
	uint64_t next_page;
	uint32_t tail, head; /* of commands to come, of events to take */
};

/* Any of the two may be NULL: the default. Ends the test when the machine cannot be made. Nothing is enabled. */
void av_start(struct amdvi_world *w, const struct sim_amdvi_config *config,
	      const struct sim_policy *policy);
void av_stop(struct amdvi_world *w);

/* Bases (device table of 64K entries, rings of 256), MSI, IommuEn, CmdBufEn, EventLogEn, EventIntEn; waited for. */
void av_enable(struct amdvi_world *w);

/* ---- memory ---- */

uint64_t av_page(struct amdvi_world *w); /* zeroed */
void av_put(struct amdvi_world *w, uint64_t pa, uint64_t val);
uint64_t av_get(struct amdvi_world *w, uint64_t pa);

/* ---- registers ---- */

uint64_t av_r(struct amdvi_world *w, uint32_t off);
void av_w(struct amdvi_world *w, uint32_t off, uint64_t val);
uint64_t av_status(struct amdvi_world *w); /* without time */
uint32_t av_complaints(struct amdvi_world *w, const char *name);
uint32_t av_complaints_all(struct amdvi_world *w);

/* Time passes until nothing is scheduled, at most some milliseconds. */
void av_settle(struct amdvi_world *w);

/* ---- tables ---- */

/* Device table entry of rid, upper half first. */
void av_dte(struct amdvi_world *w, uint16_t rid, uint64_t q0, uint64_t q1, uint64_t q2);

/* V, TV, Mode, root, IR, IW; DomainID. */
void av_attach(struct amdvi_world *w, uint16_t rid, uint64_t root, unsigned mode, uint16_t domain);

/* Table page for `iova` at `level` (counted from 1) under a table of `top` levels; made, without skips. */
uint64_t av_table(struct amdvi_world *w, uint64_t root, unsigned top, uint64_t iova,
		  unsigned level);
uint64_t av_entry_at(struct amdvi_world *w, uint64_t root, unsigned top, uint64_t iova,
		     unsigned level);
void av_leaf(struct amdvi_world *w, uint64_t root, unsigned top, uint64_t iova, unsigned level,
	     uint64_t entry);

#define AV_RW UINT64_C(0x6000000000000000)

/* ---- requests ---- */

void av_request(struct amdvi_world *w, uint16_t rid, uint64_t addr, unsigned access, unsigned at,
		unsigned flags, struct sim_xlat *x);
bool av_reads(struct amdvi_world *w, uint16_t rid, uint64_t addr, uint64_t pa);

/* ---- commands and events ---- */

void av_cmd(struct amdvi_world *w, uint64_t q0, uint64_t q1); /* into memory, not yet told */
void av_tell(struct amdvi_world *w);                          /* CmdTail */
void av_submit(struct amdvi_world *w, uint64_t q0, uint64_t q1);

/* Takes the next event of log A; false when there is none. */
bool av_event(struct amdvi_world *w, uint64_t *q0, uint64_t *q1);

/* Exactly one event is there, with these words; it is taken. */
void av_expect_event(struct amdvi_world *w, uint64_t q0, uint64_t q1);
void av_expect_no_event(struct amdvi_world *w);

/* Lines of a cache that match; `domain` and `iova` UINT64_MAX match all. */
unsigned av_cached(struct amdvi_world *w, enum sim_cache cache, uint64_t domain, uint64_t iova);

/* ---- random numbers of the tests ---- */

uint64_t av_random(uint64_t *state);
uint32_t av_below(uint64_t *state, uint32_t n);

#endif
