/*
 * Interrupt remapping: what the driver offers beside translation (iommu/driver.h).
 *
 * With remapping on, a device no longer says which vector of which processor it interrupts: it names an entry, and the
 * entry, in memory that only the driver writes, says it. An interrupt that names no entry, an entry that blocks, or
 * an entry of another requester is blocked and reported as a fault (iommu_fault_drain).
 *
 * A source is a requester id whose interrupts are remapped: a PCI function, the bridge in whose name conventional devices
 * speak, an I/O APIC or an HPET (their ids stand in the DMAR or IVRS table). An irq is an allocation of one entry, or of
 * several in a row, by one source. A target is where an entry delivers to. A message is what the device has to be given.
 *
 *     iommu_irq_setup   before the unit is programmed: tables built in memory, no register written
 *     iommu_irq_enable  the unit programmed or translating: from now on nothing passes but what an entry says
 *     iommu_irq_source_add, iommu_irq_alloc, iommu_irq_set, iommu_irq_message, and the message into the device
 *     iommu_irq_free, iommu_irq_source_remove
 *     iommu_irq_disable, iommu_irq_teardown
 *
 * Sources and entries may be made before iommu_irq_enable or after it. Those that must never miss an interrupt are made,
 * and their messages given to the devices, before: in the moment remapping goes on, messages of the old format stop.
 *
 * Life of an entry. An entry that was freed is not a free entry: hardware may hold a copy (VT-d: interrupt entry cache,
 * AMD-Vi: the cached interrupt table of the device).
 *
 *     free -> held, blocks -> held, delivers -> cleared -> invalidating -> free
 *                                \-> changed -> invalidating -> held         \-> time-out or queue error: quarantined
 *
 * iommu_irq_set and iommu_irq_free return IOMMU_OK only after the completion of the invalidation was observed: from then
 * on no interrupt follows the old entry, and only then may its vector be given to somebody else. The two calls that end in
 * _start return at once; until iommu_irq_poll returned IOMMU_OK an interrupt may follow the old entry or the new one, never
 * a mixture of both, and the irq takes no other change (IOMMU_E_BUSY). After IOMMU_E_TIMEOUT or IOMMU_E_BROKEN the unit is
 * broken; the index stays out of use until iommu_unit_reset returned IOMMU_OK.
 *
 * What is atomic. The driver stores 64 bits at a time, hardware reads an entry at once.
 *   VT-d: everything a target says stands in the lower half, whom the entry belongs to in the upper one, which is written
 *   while the entry blocks. So each change is one store.
 *   AMD-Vi, 32-bit entries: one store; it covers the neighbouring entry, too, whose value it repeats.
 *   AMD-Vi, 128-bit entries: the vector stands in the upper half, the rest in the lower one, and bits 31:24 of a destination
 *   of 32 bits in the upper one. A change of one half is one store. When both change and the platform has mem_write128 it
 *   is one store as well; without it the entry blocks for a moment, and an interrupt that arrives then is lost (and
 *   reported). Keep the device quiet, or change vector and destination in two calls.
 *
 * Suspend keeps entries and sources (iommu_unit_suspend); resume puts remapping back in force. iommu_unit_stop says
 * IOMMU_E_BUSY while remapping is on. iommu_unit_reset leaves it off: sources and entries stay, iommu_irq_enable puts them
 * in force again. A unit that firmware or an earlier kernel left remapping is taken over by iommu_unit_program, which turns
 * it off; what their entries said is not kept.
 *
 * Interrupts of the unit itself (iommu_unit_fault_event) are never remapped. Posted interrupts and guest interrupts are
 * not offered. Return values, locking and lifetime of storage are those of iommu/driver.h.
 */
#ifndef IOMMU_IRQ_H
#define IOMMU_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/driver.h"

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

/* How a unit shall remap. Zeroed: 256 entries or what suits the unit, destinations of 8 bits. */
struct iommu_irq_desc {
	uint32_t entries;	/* VT-d: entries of the unit, rounded up to a power of two, at most 65536; 0: 256.
				 * AMD-Vi: the most that one source may ask for: 1..512, up to 2048 where EFR2 says
				 * NumIntRemapSup; 0: 512 */
	bool x2apic;		/* destinations of 32 bits: VT-d EIME, AMD-Vi XTEn. All units of a machine alike */
	bool narrow;		/* AMD-Vi: 32-bit entries even where the unit has 128-bit ones (GASup) */
};

enum iommu_irq_kind {
	IOMMU_IRQ_MSI = 0,	/* one message for the whole irq; the device adds 0..count - 1 to its data */
	IOMMU_IRQ_MSIX = 1,	/* a message for each entry */
	IOMMU_IRQ_IOAPIC = 2,	/* a redirection table entry for each entry */
	IOMMU_IRQ_HPET = 3	/* a message for each entry */
};

enum iommu_irq_delivery {
	IOMMU_IRQ_FIXED = 0,
	IOMMU_IRQ_LOWEST = 1,	/* lowest priority, AMD-Vi: arbitrated */
	IOMMU_IRQ_SMI = 2,	/* from here on VT-d only: AMD-Vi never remaps them, see iommu_irq_source.pass */
	IOMMU_IRQ_NMI = 4,
	IOMMU_IRQ_INIT = 5,
	IOMMU_IRQ_EXTINT = 7
};

/* Where an entry delivers to. */
struct iommu_irq_target {
	uint32_t dest;		/* APIC id, or logical destination; beyond 255 only with x2apic */
	uint8_t vector;		/* 16..255; 0 where the delivery mode has none (SMI, NMI, INIT, EXTINT) */
	uint8_t delivery;	/* enum iommu_irq_delivery */
	bool logical;		/* destination mode: logical, else physical */
	bool redirect;		/* VT-d: redirection hint */
	bool level;		/* level-triggered, I/O APIC only: VT-d TM, AMD-Vi RqEoi */
};

/* What the device has to be given. */
struct iommu_irq_message {
	uint64_t address;	/* MSI, MSI-X, HPET: message address; the upper 32 bits are 0 */
	uint64_t rte;		/* I/O APIC: redirection entry; add mask (bit 16) and polarity (bit 13). Its bits 7:0 are
				 * what a write to the EOI register must say */
	uint32_t data;		/* MSI, MSI-X, HPET: message data */
};

struct iommu_irq_source;
struct iommu_irq;

/* Interrupt remapping of one unit. The caller provides it, all of it is private. */
struct iommu_irq_unit {
	struct iommu_irq_desc desc;
	uint64_t table;			  /* VT-d: 2^order pages, 0 when there is none */
	uint32_t order;
	uint32_t entries;		  /* VT-d: of the table; AMD-Vi: most per source */
	uint32_t held;			  /* entries allocated, quarantined ones included */
	uint32_t quarantined;
	bool on;			  /* in force */
	struct iommu_irq_source *sources;
	uint64_t invalidations;		  /* commands issued */
	uint64_t used[1024];		  /* VT-d: one bit per entry */
};

/* A requester whose interrupts are remapped. The caller zeroes it and fills the upper members before iommu_irq_source_add. */
struct iommu_irq_source {
	uint16_t rid;			  /* as the interrupt arrives: a bridge's id for what speaks in its name */
	uint8_t ignore_functions;	  /* VT-d: phantom functions, so many low bits (0..3) of the number do not count */
	uint8_t bus_last;		  /* VT-d: 0, or any requester from rid's bus to this one is accepted */
	uint8_t pass;			  /* AMD-Vi: data setting of its IVHD entry: which interrupts pass unmapped (bit
					   * 0 INIT, 1 ExtINT, 2 NMI, 6 LINT0, 7 LINT1); other bits are ignored */
	uint16_t entries;		  /* most it may hold, 1..iommu_irq_desc.entries; 0: 32. AMD-Vi: size of its table */
	/* private */
	struct iommu_unit *unit;
	struct iommu_irq_source *next;
	struct iommu_irq *irqs;
	uint64_t table;			  /* AMD-Vi: 2^order pages */
	uint32_t order, lg2;		  /* AMD-Vi: 2^lg2 entries */
	uint32_t held;
	uint64_t used[32];		  /* AMD-Vi: one bit per entry */
};

enum iommu_irq_state {
	IOMMU_IRQ_IDLE = 0,		  /* not in use: the caller may zero or reuse it */
	IOMMU_IRQ_HELD,			  /* allocated; no change is under way */
	IOMMU_IRQ_CHANGING,		  /* changed, the invalidation is not complete */
	IOMMU_IRQ_FREEING,		  /* cleared, the invalidation is not complete */
	IOMMU_IRQ_QUARANTINED		  /* its invalidation failed: until iommu_unit_reset, which makes it held again, or
					   * idle when it was being freed */
};

/* Entries in a row. The caller zeroes it once; it is reusable whenever its state is IOMMU_IRQ_IDLE. */
struct iommu_irq {
	/* private */
	enum iommu_irq_state state;
	enum iommu_irq_kind kind;
	struct iommu_irq_source *source;
	struct iommu_irq *next;
	uint32_t first, count;		  /* entries */
	uint64_t wait;			  /* number that ends the invalidation under way */
	uint64_t issued_ns;		  /* when it was issued */
	bool freeing;			  /* what was under way when it went into quarantine */
};

/* Snapshot for reports. */
struct iommu_irq_status {
	bool installed;			  /* iommu_irq_setup was called */
	bool on;			  /* in force */
	bool x2apic;
	uint32_t entry_bytes;		  /* 4 or 16 */
	uint32_t entries;		  /* VT-d: of the table; AMD-Vi: most per source */
	uint32_t sources, held, quarantined;
	uint64_t invalidations;
};

/*
 * discovered, built or stopped. Builds what remapping needs; writes no register. *storage stays in use until
 * iommu_irq_teardown. IOMMU_E_UNSUPPORTED: no remapping in this unit (VT-d: ECAP.IR; invalidation by register cannot
 * reach interrupt entries), no 32-bit destinations, destinations of 8 bits in a unit that insists on 32 (VT-d ECAP.EIMER), or
 * more entries than it can number. IOMMU_E_EXIST: called already.
 */
int iommu_irq_setup(struct iommu_unit *u, struct iommu_irq_unit *storage, const struct iommu_irq_desc *desc)
	IOMMU_MUST_CHECK;

/* Gives the tables back. IOMMU_E_BUSY while remapping is on or a source is left. IOMMU_E_NOENT: not set up. */
int iommu_irq_teardown(struct iommu_unit *u) IOMMU_MUST_CHECK;

/*
 * programmed or translating: puts remapping in force; interrupts in the old format are blocked from now on. VT-d: sets the
 * table, invalidates, forbids the compatibility format, enables. AMD-Vi: every device table entry remaps, or blocks where
 * there is no source. IOMMU_E_EXIST: it is in force.
 */
int iommu_irq_enable(struct iommu_unit *u) IOMMU_MUST_CHECK;

/*
 * Remapping off; sources and entries stay. Interrupts pass as the devices send them: they must have been given messages of
 * the old format, or be quiet. IOMMU_E_NOENT: it is not in force.
 */
int iommu_irq_disable(struct iommu_unit *u) IOMMU_MUST_CHECK;

/*
 * Makes a source known; no entry is made. *src stays in use until iommu_irq_source_remove. IOMMU_E_EXIST: the unit has a
 * source of this id. IOMMU_E_RANGE: id beyond the device table (AMD-Vi, rid_count), more entries than there may be.
 * IOMMU_E_UNSUPPORTED: AMD-Vi, ignore_functions or bus_last (add a source for each id instead). When the unit broke on the
 * way (IOMMU_E_TIMEOUT, IOMMU_E_BROKEN) the source is known nevertheless, for hardware may know its table.
 */
int iommu_irq_source_add(struct iommu_unit *u, struct iommu_irq_source *src) IOMMU_MUST_CHECK;

/*
 * Forgets it: its interrupts are blocked (with remapping off: not remapped), and for AMD-Vi its table is given back once
 * that was observed. IOMMU_E_BUSY while it holds an irq.
 */
int iommu_irq_source_remove(struct iommu_irq_source *src) IOMMU_MUST_CHECK;

/*
 * Takes `count` entries in a row, all of which block. MSI: count is a power of two up to 32, and the first index a
 * multiple of it. *irq must be idle. IOMMU_E_FULL: not so many in a row, or more than the source may hold.
 */
int iommu_irq_alloc(struct iommu_irq_source *src, enum iommu_irq_kind kind, uint32_t count, struct iommu_irq *irq)
	IOMMU_MUST_CHECK;

/*
 * The n-th entry of the irq delivers to *target; NULL: it blocks. Waits until no interrupt follows what it said before.
 * IOMMU_E_RANGE: n, or a destination the mode cannot express. IOMMU_E_INVAL: no such delivery mode or vector, or level on
 * anything but an I/O APIC. IOMMU_E_UNSUPPORTED: a delivery mode that AMD-Vi does not remap. IOMMU_E_BUSY: a change is under
 * way.
 */
int iommu_irq_set(struct iommu_irq *irq, uint32_t n, const struct iommu_irq_target *target) IOMMU_MUST_CHECK;

/* As iommu_irq_set, but returns when the entry is written; iommu_irq_poll tells when the old one is gone. */
int iommu_irq_set_start(struct iommu_irq *irq, uint32_t n, const struct iommu_irq_target *target) IOMMU_MUST_CHECK;

/* Clears all entries of the irq, waits until no interrupt follows them, and gives the indexes back. *irq is idle then. */
int iommu_irq_free(struct iommu_irq *irq) IOMMU_MUST_CHECK;

/* As iommu_irq_free, but returns when the entries are cleared; the indexes come back through iommu_irq_poll only. */
int iommu_irq_free_start(struct iommu_irq *irq) IOMMU_MUST_CHECK;

/*
 * Drives what a _start call left under way, without waiting: IOMMU_E_AGAIN until the completion was observed, IOMMU_OK
 * when it was (or when nothing is under way), IOMMU_E_TIMEOUT when it did not come in time: quarantined, unit broken.
 */
int iommu_irq_poll(struct iommu_irq *irq) IOMMU_MUST_CHECK;

/*
 * What the device must be given for the n-th entry. MSI: n is 0, one message serves all. It depends on the entry's number
 * and not on its target, except the redirection entry of an I/O APIC, whose trigger mode and (VT-d) vector repeat the
 * target's: ask again after iommu_irq_set. Touches no hardware. IOMMU_E_NOENT: the irq is idle or being freed.
 */
int iommu_irq_message(const struct iommu_irq *irq, uint32_t n, struct iommu_irq_message *msg) IOMMU_MUST_CHECK;

/* What the n-th entry says. IOMMU_E_NOENT: it blocks, or the irq is idle. */
int iommu_irq_get(const struct iommu_irq *irq, uint32_t n, struct iommu_irq_target *target) IOMMU_MUST_CHECK;

/* Fills *s; zeroes where iommu_irq_setup was not called. Touches no hardware. */
void iommu_irq_status(const struct iommu_unit *u, struct iommu_irq_status *s);

#endif
