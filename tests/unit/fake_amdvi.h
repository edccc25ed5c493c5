/*
 * A platform with one AMD-Vi unit that is just alive enough for the driver's own tests: registers with their rules, a
 * command buffer whose commands are executed and remembered, an event log that fills. It translates nothing and caches
 * nothing; the simulator does that. Scripted from the specification, apart from driver and simulator.
 */
#ifndef TESTS_FAKE_AMDVI_H
#define TESTS_FAKE_AMDVI_H

#include "fake_mem.h"
#include "hw/amdvi.h"

/* Handshakes that can be made to never complete. */
enum fake_amdvi_dead {
	AFAKE_DEAD_CMD_ON = 1,
	AFAKE_DEAD_CMD_OFF = 2,
	AFAKE_DEAD_LOG_ON = 4,
	AFAKE_DEAD_LOG_OFF = 8,
	AFAKE_DEAD_QUEUE = 16 /* commands are fetched no more */
};

struct fake_amdvi {
	struct fake_mem m;

	uint32_t cap;
	uint64_t efr, efr2;
	uint64_t control, devtab, cmdbuf, evtlog, excl_base, excl_limit, hwevt_status, xt_gen;
	uint64_t cmd_head, cmd_tail, evt_head, evt_tail;
	uint64_t status; /* without the run bits */
	uint32_t msi_header, msi_lo, msi_hi, msi_data;
	uint32_t interrupts; /* EVENTLOGINT or EVENTOVERFLOW went from 0 to 1 while enabled */
	bool cmd_run, log_run, ppr_run;
	bool cmd_halted; /* by an error */
	bool log_halted; /* by overflow */

	uint32_t dead;
	bool gone;             /* every register reads all ones */
	bool run_survives;     /* EVENTLOGRUN stays 1 at overflow */
	bool head_past;        /* the head is one past the command that halted the buffer */
	bool quiet;            /* a command error is not logged */
	uint32_t illegal_left; /* commands that will be refused */
	uint32_t hw_error_left;
	uint32_t silent_left; /* IOTLB invalidations a device will not answer */
	bool store_lost;      /* COMPLETION_WAIT stores are lost */
	bool late;            /* the event tail moves before the entry is there */
	uint64_t late_event[2], late_at;

	uint64_t devtab_seen; /* a store into the device table while set: entries are checked */
	uint32_t unsafe;      /* entries that let DMA pass, or are illegal, after some store */
};

struct fake_amdvi *fake_amdvi_new(uint32_t cap, uint64_t efr);
void fake_amdvi_free(struct fake_amdvi *f);
struct iommu_unit_desc fake_amdvi_desc(const struct fake_amdvi *f);

/* As the unit reads page tables; `snoop`: what the device table entry says. */
uint64_t fake_amdvi_walk_read(struct fake_amdvi *f, uint64_t pa, bool snoop);

/* As the unit reads the device table: word `q` of the entry of `rid`. */
uint64_t fake_amdvi_dte(struct fake_amdvi *f, uint32_t rid, uint32_t q);

/* Logs an event as the unit does. */
void fake_amdvi_event(struct fake_amdvi *f, uint64_t q0, uint64_t q1);

/* Executed commands of one opcode since event `from`; *last is the last one's index in the log. */
uint32_t fake_amdvi_count(const struct fake_amdvi *f, uint32_t from, uint32_t opcode,
			  uint32_t *last);

/* ATS, features; INVALIDATE_IOMMU_ALL, 6 levels, MSI registers, hardware event registers. */
#define AFAKE_CAP                                                                             \
	((uint32_t)(FIELD_PREP(AMDVI_CAPHDR_CAPID, AMDVI_PCI_CAP_SECURE) |                    \
		    FIELD_PREP(AMDVI_CAPHDR_CAPTYPE, AMDVI_CAPTYPE_IOMMU) |                   \
		    FIELD_PREP(AMDVI_CAPHDR_CAPREV, AMDVI_CAPREV_1) | AMDVI_CAPHDR_IOTLBSUP | \
		    AMDVI_CAPHDR_EFRSUP | AMDVI_CAPHDR_CAPEXT))
#define AFAKE_EFR                                                                         \
	(AMDVI_EFR_IASUP | AMDVI_EFR_HESUP | AMDVI_EFR_MSICAPMMIOSUP | AMDVI_EFR_PPRSUP | \
	 FIELD_PREP(AMDVI_EFR_HATS, 2))

#endif
