/*
 * The simulator's public face: a machine with memory, IOMMUs and devices.
 *
 * A machine is driven by a guest (a driver, or anything that makes register and memory accesses) through the sim_cpu_* and
 * sim_reg_* functions, and by devices through sim_translate and sim_dma. Nothing happens behind the caller's back: time
 * moves only with guest accesses, sim_relax and sim_advance. A machine is single-threaded; any number of machines live in
 * one process without sharing anything. The same configuration, seed and calls give the same results, byte for byte.
 *
 * Functions returning int return SIM_OK (or a non-negative number where said so) or a negative SIM_E_*; an error changed
 * nothing. Addresses and ranges [first, last] are inclusive byte addresses.
 */
#ifndef IOMMUSIM_SIM_H
#define IOMMUSIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommusim/inject.h"
#include "iommusim/oracle.h"
#include "iommusim/policy.h"
#include "iommusim/trace.h"

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

enum sim_error {
	SIM_OK = 0,
	SIM_E_INVAL = -1,	 /* an argument breaks the contract */
	SIM_E_NOMEM = -2,	 /* the host is out of memory */
	SIM_E_EXIST = -3,	 /* overlaps something that is there */
	SIM_E_NOENT = -4,	 /* no such thing */
	SIM_E_RANGE = -5,	 /* outside memory or width */
	SIM_E_FULL = -6,	 /* a fixed limit is reached */
	SIM_E_NOT_MODELLED = -7, /* legal hardware that this simulator does not model */
	SIM_E_IMPOSSIBLE = -8	 /* a capability set that no hardware may have */
};

#define SIM_UNITS 8	/* units of one machine */
#define SIM_DEVICES 4096 /* devices of one machine */

struct sim;

struct sim_config {
	uint64_t seed;
	struct sim_policy policy;
	uint32_t trace_records; /* size of the trace ring, a power of two; 0: no trace */
	bool trace_entries;     /* the trace also has the table entries that units read */
	bool oracle;
	bool windows; /* and, into the trace: when what a cache holds becomes stale, and when it is safe; slow */
};

/* Makes a machine without memory, units or devices. */
int sim_create(const struct sim_config *config, struct sim **out);
void sim_destroy(struct sim *s); /* NULL is allowed */

/* Why the last failing set-up call failed, one line; "" when none did. Valid until the next call. */
const char *sim_why(const struct sim *s);

/* ---- memory ---- */

/* Adds RAM [first, last], page aligned, below 2^52, at most 2^40 bytes each; host memory is used only where touched. */
int sim_mem_add(struct sim *s, uint64_t first, uint64_t last);

/*
 * Loader access: the caller puts memory in place or looks at it; no time passes, nothing is traced, every observer sees
 * what was stored at once. SIM_E_RANGE outside RAM, and then nothing was copied.
 */
int sim_mem_load(struct sim *s, uint64_t pa, void *buf, size_t len);
int sim_mem_store(struct sim *s, uint64_t pa, const void *buf, size_t len);

/*
 * What a master that does not snoop the CPU's caches reads at `pa` (8 bytes, aligned): differs from sim_mem_load while a
 * CPU store has not been published. SIM_E_RANGE outside RAM.
 */
int sim_mem_load_unsnooped(const struct sim *s, uint64_t pa, uint64_t *val);

/* Guest access, one aligned 64-bit word; each is a yield point. Outside RAM reads give all ones, writes are lost. */
uint64_t sim_cpu_read64(struct sim *s, uint64_t pa);
void sim_cpu_write64(struct sim *s, uint64_t pa, uint64_t val);

/* One store of 16 bytes at a multiple of 16: nobody sees half of it. */
void sim_cpu_write128(struct sim *s, uint64_t pa, uint64_t lo, uint64_t hi);

/* The guest orders its stores, and with write_back set writes the cache lines of [pa, pa + size) back to memory. */
void sim_cpu_sync(struct sim *s, uint64_t pa, uint64_t size, bool write_back);

/* ---- registers ---- */

/* Guest access to a register of unit `unit`; width 4 or 8 bytes, aligned. Others give a complaint, read 0, write nothing. */
uint64_t sim_reg_read(struct sim *s, uint32_t unit, uint32_t off, uint32_t width);
void sim_reg_write(struct sim *s, uint32_t unit, uint32_t off, uint32_t width, uint64_t val);

/*
 * Resets a unit as power-on does (registers, caches, all that is under way), takes its power away (reads give all ones,
 * writes are lost, requests behind it go nowhere), or gives it back, as after a reset.
 */
enum sim_power {
	SIM_POWER_RESET = 0,
	SIM_POWER_OFF,
	SIM_POWER_ON
};
int sim_unit_power(struct sim *s, uint32_t unit, enum sim_power power);

/* Debugger access: the register's value without side effect, time or trace; dword or qword. */
uint64_t sim_reg_peek(const struct sim *s, uint32_t unit, uint32_t off, uint32_t width);

/* Register rows of a unit, in offset order; NULL beyond the last. For register maps and tests. */
struct sim_reg_info {
	const char *name;
	uint32_t off, size;
	uint64_t reset, rw, w1c;
};
bool sim_reg_info(const struct sim *s, uint32_t unit, uint32_t n, struct sim_reg_info *out);

/* ---- time ---- */

uint64_t sim_now_ns(const struct sim *s);
void sim_relax(struct sim *s);			/* one turn of a polling loop */
void sim_advance(struct sim *s, uint64_t ns);	/* lets the hardware work for ns */
bool sim_idle(const struct sim *s);		/* no hardware activity is scheduled */

/*
 * For somebody who compares two moments: how often hardware has done something of itself so far; and a digest of what a
 * walk without caches reads for a read of `addr` now, as the unit sees memory, and of its outcome; *reads: the word at `word`
 * is among what it reads. Neither has a side effect.
 */
uint64_t sim_timers_fired(const struct sim *s);
uint64_t sim_walk_digest(struct sim *s, uint32_t unit, uint16_t rid, uint64_t addr, uint64_t word,
			 bool *reads);

/*
 * Called at each yield point: a guest access to a register or to table memory, before it takes effect. May issue DMA,
 * evict cache lines and advance time; must not make guest accesses. NULL removes it.
 */
typedef void (*sim_yield_fn)(void *ctx, struct sim *s);
void sim_on_yield(struct sim *s, sim_yield_fn fn, void *ctx);

/* ---- devices and DMA ---- */

/*
 * Adds a requester behind `unit`. ats: it has a TLB of its own, used once sim_device_ats turns ATS on (a device comes out of
 * reset with ATS off). Returns its number (>= 0), SIM_E_NOENT (no such unit), SIM_E_EXIST, SIM_E_FULL.
 */
int sim_device_add(struct sim *s, uint32_t unit, uint16_t rid, bool ats);

/* Turns a device's ATS on or off; switching it off empties its TLB. */
int sim_device_ats(struct sim *s, uint32_t dev, bool on);

/*
 * Pulls a device out, or puts it back. One that is gone sends nothing (SIM_OUTCOME_BLOCKED), answers no device-TLB
 * invalidation, and has lost its TLB; put back it has ATS off.
 */
int sim_device_plug(struct sim *s, uint32_t dev, bool in);

enum sim_access {
	SIM_READ = 0,
	SIM_WRITE,
	SIM_ATOMIC,	/* fetch-and-add: needs read and write */
	SIM_ZLR		/* zero-length read */
};

enum sim_at {
	SIM_AT_UNTRANSLATED = 0,
	SIM_AT_TRANSLATION = 1, /* translation request (ATS) */
	SIM_AT_TRANSLATED = 2
};

/* One request to one 4 KiB page. */
struct sim_request {
	uint64_t addr;
	uint32_t pasid;		/* with SIM_REQ_PASID */
	uint16_t rid;
	uint8_t unit;
	uint8_t access;		/* enum sim_access */
	uint8_t at;		/* enum sim_at */
	uint8_t flags;		/* SIM_REQ_* */
	uint16_t len;		/* bytes, 1..4096, not crossing the page; matters in the interrupt range only */
	uint32_t data;		/* what a write of 4 bytes to the interrupt range carries */
};

#define SIM_REQ_PASID 0x01u	 /* carries a PASID */
#define SIM_REQ_PRIV 0x02u	 /* supervisor privilege (with PASID) */
#define SIM_REQ_EXEC 0x04u	 /* execute requested (with PASID) */
#define SIM_REQ_NO_WRITE 0x08u	 /* NW of a translation request */
#define SIM_REQ_NO_SNOOP 0x10u

enum sim_outcome {
	SIM_OUTCOME_OK = 0,
	SIM_OUTCOME_UR,		/* blocked: unsupported request */
	SIM_OUTCOME_CA,		/* blocked: completer abort */
	SIM_OUTCOME_BLOCKED,	/* blocked without completion status and never recorded: protected memory, a unit
				   without power; or never sent: the device is gone */
	SIM_OUTCOME_NO_ACCESS,	/* translation completion without permission: success, R = W = 0 */
	SIM_OUTCOME_BUS		/* translated, but the memory did not answer */
};

enum sim_source {
	SIM_FROM_BYPASS = 0,	/* translation off, or translated request: address unchanged */
	SIM_FROM_WALK,
	SIM_FROM_IOTLB,
	SIM_FROM_DEVTLB,
	SIM_FROM_MSI,		/* interrupt message, delivered to the sink as the device sent it */
	SIM_FROM_IRT,		/* interrupt remapped by an entry read from its table */
	SIM_FROM_IEC		/* interrupt remapped by a cached entry */
};

/* The answer to a message: the sink gets pa and data, unless it was posted. */
#define SIM_FROM_INTERRUPT(source) ((source) >= SIM_FROM_MSI)

/*
 * A delivered message as the sink has it: the compatibility format that interrupt controllers read, with bits 31:8 of a
 * destination of 32 bits in bits 63:40 of the address.
 */
#define SIM_MSI_ADDR(dest, redirect, logical)                                                   \
	(UINT64_C(0xFEE00000) | ((uint64_t)(dest) >> 8) << 40 | ((uint64_t)(dest)&0xFF) << 12 | \
	 (uint64_t)((redirect) != 0) << 3 | (uint64_t)((logical) != 0) << 2)
#define SIM_MSI_DEST(addr) ((uint32_t)((addr) >> 40 << 8 | ((addr) >> 12 & 0xFF)))
#define SIM_MSI_LOGICAL(addr) (((addr) >> 2 & 1) != 0)
#define SIM_MSI_REDIRECT(addr) (((addr) >> 3 & 1) != 0)
#define SIM_MSI_VECTOR(data) ((uint8_t)(data))
#define SIM_MSI_DELIVERY(data) ((uint8_t)((data) >> 8 & 7))
#define SIM_MSI_LEVEL(data) (((data) >> 15 & 1) != 0)

struct sim_xlat {
	uint64_t pa;		/* byte address reached, when OK */
	uint64_t entry_pa;	/* last table entry read, 0: none (hit) */
	uint64_t entry;		/* its value */
	uint8_t outcome;	/* enum sim_outcome */
	uint8_t reason;		/* architecture's fault reason, 0: none */
	uint8_t source;		/* enum sim_source */
	uint8_t perm;		/* bit 0 read, bit 1 write */
	uint8_t level;		/* of the leaf (0: 4 KiB), or where the walk stopped */
	bool recorded;		/* a fault record was written */
	bool suppressed;	/* a fault was raised and suppressed by the tables (VT-d FPD, AMD-Vi SA, SE, IG) */
	bool stale;		/* the oracle saw that memory says otherwise */
	bool coherent;		/* the tables force the access to snoop (AMD-Vi FC) */
	uint16_t flags;		/* of the AMD-Vi event `reason`: bits 59:48 of its first word */
	bool untranslated_only; /* translation completion with U: the device has to send untranslated requests */
	bool posted;		/* interrupt kept in the descriptor at pa, vector in data, or refused by it (VT-d): nothing is
				   left to deliver */
	uint16_t index;		/* of an interrupt: its remapping entry */
	uint16_t domain;	/* domain id of the requester, when its entry was asked, from memory or cache */
	uint32_t data;		/* of an interrupt message */
};

/* Translates one request as the hardware would, with every side effect. rid need not be a known device. */
void sim_translate(struct sim *s, const struct sim_request *rq, struct sim_xlat *x);

/* Part of a DMA that reached consecutive physical addresses in the same way. */
struct sim_segment {
	uint64_t iova, pa;
	uint64_t len;
	uint8_t source;		/* enum sim_source */
	bool stale;
};

struct sim_dma {
	uint32_t dev;		/* number from sim_device_add */
	enum sim_access access;
	enum sim_at at;
	uint32_t flags;		/* SIM_REQ_* */
	uint32_t pasid;
	bool spoof;		/* send with `rid` instead of the device's own requester id */
	uint16_t rid;
	uint64_t addr;
	uint64_t len;		/* bytes, any number of pages; 0 only for SIM_ZLR */
	void *data;		/* len bytes: filled by a read, taken by a write; an atomic adds the 32- or 64-bit
				   value and returns the old one */
	struct sim_segment *seg; /* may be NULL */
	uint32_t segs;
};

struct sim_dma_result {
	enum sim_outcome outcome; /* of the first page that failed, SIM_OUTCOME_OK when none did */
	uint64_t done;		  /* bytes moved before it */
	uint64_t fail_addr;	  /* address of the failing request */
	struct sim_xlat last;	  /* the failing translation, or the last one */
	uint32_t segs;		  /* segments there were; only the first sim_dma.segs are stored */
	bool stale;		  /* some part was */
};

/*
 * A device issues a DMA: split at 4 KiB pages, translated (through the device's TLB when its ATS is on and `at` is
 * untranslated), data moved page by page until one fails. SIM_E_NOENT: no such device; SIM_E_INVAL: bad request.
 */
int sim_dma(struct sim *s, const struct sim_dma *dma, struct sim_dma_result *result);

/* ---- message-signalled interrupts ---- */

struct sim_msi {
	uint64_t time_ns;
	uint64_t addr;
	uint32_t data;
	uint32_t unit;
	uint16_t rid;	  /* of a device's message */
	bool from_unit;	  /* an event of the unit itself */
	bool remapped;	  /* a device's, by a remapping entry; or the notification of a posted one */
};

/* Messages delivered so far; the newest SIM_MSIS can be read, number 0 is the first ever. */
#define SIM_MSIS 64
uint64_t sim_msi_count(const struct sim *s);
const struct sim_msi *sim_msi_get(const struct sim *s, uint64_t n);

/* ---- caches ---- */

uint32_t sim_cache_count(const struct sim *s, uint32_t unit, enum sim_cache cache);

/* Iterates: *cursor starts at 0; false when there are no more. */
bool sim_cache_next(const struct sim *s, uint32_t unit, enum sim_cache cache, uint32_t *cursor,
		    struct sim_cache_line *out);

/* Evicts every line of `cache` that covers `iova` (legal at any time), all lines with SIM_EVICT_ALL. Returns how many. */
#define SIM_EVICT_ALL UINT64_MAX
uint32_t sim_cache_evict(struct sim *s, uint32_t unit, enum sim_cache cache, uint64_t iova);

const char *sim_cache_name(enum sim_cache cache);
const char *sim_outcome_name(enum sim_outcome outcome);
const char *sim_source_name(enum sim_source source);
const char *sim_access_name(enum sim_access access);

/* ---- complaints: what the guest did that the architecture leaves undefined or forbids ---- */

struct sim_complaint_info {
	const char *name;	/* "gcmd-two-fields" */
	const char *section;	/* "VT-d 11.4.4, Global Command Register" */
	const char *text;	/* what was wrong */
};

/* The list of complaints there are; NULL beyond the last. */
const struct sim_complaint_info *sim_complaint_info(uint32_t id);
uint32_t sim_complaint_count(const struct sim *s, uint32_t id);

/* ---- counters of a unit ---- */

struct sim_unit_stats {
	uint64_t requests;	/* translations asked */
	uint64_t hits;		/* served from the IOTLB */
	uint64_t walks;
	uint64_t blocked;	/* requests refused with a fault reason; AMD-Vi: events raised, those of commands too */
	uint64_t recorded;	/* fault records written */
	uint64_t suppressed;	/* faults suppressed by the tables */
	uint64_t overflowed;	/* faults dropped: the record file was full */
	uint64_t collapsed;	/* faults dropped: the source already had a record */
	uint64_t commands;	/* queue descriptors executed */
	uint64_t register_commands; /* register-based invalidations */
	uint64_t entries_dropped; /* cache entries removed by invalidations */
};
int sim_unit_stats(const struct sim *s, uint32_t unit, struct sim_unit_stats *out);

#endif
