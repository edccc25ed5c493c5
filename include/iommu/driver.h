/*
 * What the driver offers.
 *
 * A unit is one IOMMU. A domain is a set of translations, used by the devices attached to it, on one or several units.
 * The caller provides all storage except pages, which come from the platform (iommu/plat.h); storage must stay where it
 * is while in use. Members below the line "private" belong to the driver.
 *
 * Page lifetime. An unmapped page is not a free page:
 *
 *     reserved -> mapped -> unmapped -> invalidating (ticket) -> quiesced -> released
 *                                             \-> time-out or queue error -> quarantined
 *
 * A data page may be reused only after iommu_unmap() returned IOMMU_OK, or iommu_flush()/iommu_poll() returned IOMMU_OK
 * for the ticket that covers it. Page-table pages obey the same rule inside the driver. After IOMMU_E_TIMEOUT or
 * IOMMU_E_BROKEN the pages are quarantined: neither the caller nor the driver may reuse them until
 * iommu_unit_reset() returned IOMMU_OK for every unit of the domain that broke. What a call that failed had
 * entered, or had not cleared yet, stands in the tables even so: where the domain has other units, they may reach its pages
 * until iommu_domain_destroy().
 *
 * Every function returning int returns IOMMU_OK or a negative IOMMU_E_*; on any error the call changed nothing that the
 * caller can see, or the unit is in stage IOMMU_STAGE_BROKEN afterwards. No call waits longer than a small multiple of
 * iommu_unit_desc.timeout_ns. Calls for one unit and its domains are serialised by the platform's lock when it has one,
 * otherwise by the caller.
 */
#ifndef IOMMU_DRIVER_H
#define IOMMU_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu/plat.h"

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

#if defined(__GNUC__)
#define IOMMU_MUST_CHECK __attribute__((warn_unused_result))
#else
#define IOMMU_MUST_CHECK
#endif

enum iommu_error {
	IOMMU_OK = 0,
	IOMMU_E_INVAL = -1,	  /* the caller broke the contract; nothing was changed */
	IOMMU_E_NOMEM = -2,	  /* plat->page_alloc said no; nothing was changed */
	IOMMU_E_TIMEOUT = -3,	  /* the hardware did not answer; the unit is broken, affected pages are quarantined */
	IOMMU_E_EXIST = -4,	  /* something is mapped or attached there already; nothing was changed */
	IOMMU_E_NOENT = -5,	  /* nothing is mapped or attached there; nothing was changed */
	IOMMU_E_RANGE = -6,	  /* address or id outside what the unit can express; nothing was changed */
	IOMMU_E_STAGE = -7,	  /* not possible in this stage of the unit; nothing was changed */
	IOMMU_E_UNSUPPORTED = -8, /* the unit lacks the capability; nothing was changed */
	IOMMU_E_BROKEN = -9,	  /* the unit is broken or reported a queue error that could not be repaired */
	IOMMU_E_AGAIN = -10,	  /* iommu_poll: not complete yet */
	IOMMU_E_FULL = -11,	  /* no domain id or slot left; nothing was changed */
	IOMMU_E_BUSY = -12	  /* still in use (devices attached, tickets pending); nothing was changed */
};

/* A short lower-case name for an error code ("time-out"), never NULL. */
const char *iommu_error_name(int error);

enum iommu_vendor { IOMMU_VENDOR_INTEL = 1, IOMMU_VENDOR_AMD = 2 };

/* Stages of a unit, never skipped on the way up. */
enum iommu_stage {
	IOMMU_STAGE_NONE = 0,	 /* storage not initialised */
	IOMMU_STAGE_DISCOVERED,	 /* capabilities read; nothing written: diagnostics only */
	IOMMU_STAGE_BUILT,	 /* tables built in memory; no register written */
	IOMMU_STAGE_PROGRAMMED,	 /* table pointer set, queue running, caches invalidated; not translating. AMD-Vi: all
				  * set up, but commands are executed, and caches invalidated, only by the next step */
	IOMMU_STAGE_TRANSLATING, /* DMA is translated: only now may device addresses be used */
	IOMMU_STAGE_STOPPED,	 /* translation off, tables given back */
	IOMMU_STAGE_BROKEN	 /* the hardware failed us; only iommu_unit_reset leads out */
};

/* Which unit, told by the caller. */
struct iommu_unit_desc {
	enum iommu_vendor vendor;
	uint32_t index;		  /* passed to plat register and lock calls */
	uint32_t host_addr_bits;  /* HAW of the platform's DMAR/IVRS table, 32..52 */
	uint64_t timeout_ns;	  /* bound of each hardware handshake and wait; 0 selects IOMMU_TIMEOUT_NS */
	bool use_register_inval;  /* VT-d: do not use the invalidation queue even if present */
	bool no_superpages;	  /* map everything with 4 KiB pages */
	uint32_t iova_bits;	  /* device addresses a domain must reach, 12..64; 0: what suits the unit */
	uint32_t pci_cap;	  /* AMD-Vi: capability header of its PCI function (capability + 00h) */
	uint32_t pci_misc0;	  /* AMD-Vi: miscellaneous information 0 (capability + 10h); 0: not known */
	uint32_t rid_count;	  /* AMD-Vi: requester ids the device table must reach, from 0; 0: all 65536 */
	bool not_coherent;	  /* AMD-Vi: table reads do not snoop (IVHD flag Coherent = 0) */
	bool no_inval_all;	  /* AMD-Vi: do not use INVALIDATE_IOMMU_ALL even if present (needed on QEMU 11) */
};

#define IOMMU_TIMEOUT_NS UINT64_C(1000000000)

struct iommu_stats {
	uint64_t maps, unmaps;		 /* calls that succeeded */
	uint64_t pages_mapped;		 /* 4 KiB pages reachable now, all domains */
	uint64_t invalidations;		 /* commands issued, waits not counted */
	uint64_t waits;			 /* completions observed */
	uint64_t timeouts;		 /* completions not observed in time */
	uint64_t queue_errors;		 /* VT-d: IQE, ITE, ICE handled; AMD-Vi: halts, devices that did not answer */
	uint64_t silent_devices;	 /* devices cut off because they did not answer */
	uint64_t wbuf_flushes;		 /* write-buffer flushes (VT-d RWBF) */
	uint64_t faults;		 /* fault records drained */
	uint64_t fault_overflows;	 /* times the hardware told that records were lost */
	uint64_t table_pages;		 /* page-table pages in use, root and context tables included */
	uint64_t quarantined_tables;	 /* page-table pages that may not be reused */
	uint64_t quarantined_pages;	 /* 4 KiB data pages that may not be reused */
};

struct iommu_unit;
struct iommu_domain;
struct iommu_device;
struct iommu_ticket;
struct iommu_irq_unit;

/*
 * Private to the driver: one entry of a singly linked list of page-table pages kept in their own first words, so that
 * collecting pages never allocates.
 */
struct iommu_page_list {
	uint64_t head;	 /* physical address of the first page, 0 when empty */
	uint64_t count;
};

/* A ring of commands and the status word that tells how far it got. Private. */
struct iommu_queue {
	uint64_t ring;		    /* page of 256 commands, 0 when there is none */
	uint64_t status;	    /* page that receives the numbers of completed waits */
	uint64_t mask;		    /* bits of a number that are written there */
	uint64_t seq;		    /* number of the last wait submitted */
	uint64_t done;		    /* number of the last wait whose completion was observed */
	uint64_t floor;		    /* waits below it were given up: only a later one counts */
	uint32_t tail;		    /* slot index of the next command */
	uint32_t doubt;		    /* first slot not known to be complete */
	uint32_t repairs;	    /* errors repaired since the queue was last seen complete */
};

/* Domain ids of a unit. Private. */
struct iommu_ids {
	uint64_t used[1024];	    /* one bit each */
	uint32_t count;		    /* ids the unit supports */
};

/* VT-d state of a unit. Private. */
struct intel_unit {
	uint64_t cap, ecap;	    /* capability registers as read */
	uint64_t root;		    /* root table */
	uint64_t inval_off;	    /* IVA/IOTLB registers, bytes from the base */
	uint64_t fault_off;	    /* first FRCD register */
	uint32_t fault_slots;
	uint32_t fault_next;	    /* where draining continues when fault_more is set */
	bool fault_more;	    /* the last drain stopped because the caller had no more room */
};

/* AMD-Vi state of a unit. Private. */
struct amd_unit {
	uint64_t efr, efr2;	    /* feature registers as read, 0 when there are none */
	uint64_t control;	    /* control register as last written */
	uint64_t table;		    /* device table, 2^table_order pages */
	uint64_t log;		    /* event log page */
	uint64_t iotlb_wait;	    /* number of the last wait behind an INVALIDATE_IOTLB_PAGES */
	uint32_t table_order;
	uint32_t log_head;	    /* next event to hand out, bytes from the base */
	uint32_t log_seen;	    /* next event to look at */
	uint32_t iotlb_timeouts;    /* seen in the log, not dealt with yet */
	uint32_t command_error;	    /* event code of the last command error seen, 0: none */
	uint16_t changing;	    /* the last device whose entry was changed */
	bool log_lost;		    /* the next drain tells that events were lost */
};

/* Fault records taken out of the hardware before anybody asked for them. Private. */
struct iommu_kept {
	uint64_t record[256][2];
	uint32_t count, next;
	bool lost;		    /* ... and some were lost */
};

/* What a suspended unit gets back. Private. */
struct iommu_resume {
	enum iommu_stage stage;	    /* it was in; NONE: not suspended */
	bool irq;		    /* interrupts were remapped */
	bool event;		    /* iommu_unit_fault_event was called, with these: */
	uint32_t msi_addr, msi_data;
};

struct iommu_ops;

struct iommu_unit {
	/* private */
	const struct iommu_plat *plat;
	const struct iommu_ops *ops;
	struct iommu_unit_desc desc;
	enum iommu_stage stage;
	const char *broken_why;		 /* static text, NULL unless broken */
	struct iommu_domain *domains;	 /* every domain that names this unit */
	struct iommu_page_list retired;	 /* unlinked tables of a broken unit, released by its reset */
	struct iommu_stats stats;
	struct iommu_queue queue;	 /* empty when invalidation is by register */
	struct iommu_ids ids;
	struct iommu_kept kept;
	struct iommu_resume resume;
	struct iommu_irq_unit *irq;	 /* interrupt remapping (iommu/irq.h), NULL: not set up */
	union {
		struct intel_unit intel;
		struct amd_unit amd;
	};
};

/* Addresses that cannot be mapped: messages, not memory. Private. */
struct iommu_hole {
	uint64_t first, last;	   /* inclusive; last is 0 when there is none */
};

#define IOMMU_HOLES 2

/* Page-table geometry that every unit of a domain can walk. Private. */
struct iommu_geometry {
	uint32_t top_level;	   /* level of the root table, leaf tables are level 0 */
	uint32_t addr_bits;	   /* usable IOVA bits */
	uint32_t page_sizes;	   /* bit n set: pages of level n may be mapped (bit 0: 4 KiB, 1: 2 MiB, 2: 1 GiB) */
	uint32_t phys_bits;	   /* usable physical address bits */
	struct iommu_hole hole[IOMMU_HOLES];	/* interrupt messages: no mapping may touch them */
	bool flush;		   /* some walker does not snoop */
	bool join;		   /* neighbouring entries may form one page */
};

#define IOMMU_DOMAIN_UNITS 8

enum iommu_domain_kind {
	IOMMU_DOMAIN_PAGING = 0,	/* translated through page tables */
	IOMMU_DOMAIN_PASSTHROUGH = 1	/* device address = physical address; on VT-d it needs ECAP.PT */
};

struct iommu_domain {
	/* private */
	enum iommu_domain_kind kind;
	struct iommu_unit *unit[IOMMU_DOMAIN_UNITS];
	struct iommu_domain *next[IOMMU_DOMAIN_UNITS];	/* in unit[i]->domains */
	uint32_t id[IOMMU_DOMAIN_UNITS];		/* domain id on unit[i] */
	uint32_t units;
	struct iommu_geometry geo;
	uint64_t table;			/* root page table, 0 for pass-through */
	struct iommu_device *devices;
	struct iommu_ticket *tickets;	/* not yet quiesced */
	struct iommu_page_list quarantine; /* table pages some unit in `doubt` may still reach */
	uint32_t doubt;			/* bit i: unit[i] failed an invalidation and was not reset since */
	uint32_t dead;			/* bit i: unit[i] was reset, this domain means nothing to it any more */
	uint64_t pages_mapped;
	uint64_t quarantined_pages;
};

/* A device (requester) attached to a domain. Caller fills rid, ats, ats_queue_depth before iommu_attach. */
struct iommu_device {
	uint16_t rid;			/* requester id: bus 15:8, device 7:3, function 2:0 */
	bool ats;			/* the device's ATS will be enabled: it caches translations itself */
	uint8_t ats_queue_depth;	/* invalidations its ATS capability says it takes at once; 0: 32 */
	bool silent;			/* set by the driver: it did not answer and was cut off (iommu_unmap) */
	/* private */
	bool unanswered;		/* AMD-Vi: the log told so since the last repair */
	uint32_t unit;			/* index into domain->unit */
	struct iommu_domain *domain;
	struct iommu_device *next;
};

enum iommu_prot { IOMMU_READ = 1, IOMMU_WRITE = 2 };

enum iommu_ticket_state {
	IOMMU_TICKET_IDLE = 0,		/* not in use */
	IOMMU_TICKET_UNMAPPED,		/* entries cleared, invalidation not issued yet */
	IOMMU_TICKET_INVALIDATING,	/* invalidation issued, completion not observed */
	IOMMU_TICKET_QUARANTINED	/* time-out or queue error; pages must not be reused */
};

/* A pending invalidation. The caller zeroes it once; it is reusable whenever its state is IOMMU_TICKET_IDLE. */
struct iommu_ticket {
	/* private */
	enum iommu_ticket_state state;
	struct iommu_domain *domain;
	struct iommu_ticket *next;
	uint64_t first, last;		/* IOVA range, inclusive */
	struct iommu_page_list tables;	/* page-table pages unlinked by it */
	uint64_t pages;			/* 4 KiB data pages it covers */
	uint32_t level;			/* largest page size among the cleared entries */
	bool upper;			/* a non-leaf entry changed: paging-structure caches must go too */
	uint32_t issued;		/* bit i: the invalidation was issued on unit[i] */
	uint64_t issued_ns;		/* when the last of them was, or when polling began */
	uint64_t wait[IOMMU_DOMAIN_UNITS];	/* wait number on each unit that ends it, 0: nothing to wait for */
};

/* One fault, vendor neutral; raw holds the record as the hardware wrote it. */
enum iommu_fault_kind {
	IOMMU_FAULT_WRITE = 0,
	IOMMU_FAULT_READ = 1,
	IOMMU_FAULT_ATOMIC = 2,
	IOMMU_FAULT_PAGE_REQUEST = 3
};

struct iommu_fault {
	uint64_t raw[2];
	uint64_t addr;		/* page address; AMD-Vi hardware and command errors: address of the structure */
	uint32_t pasid;		/* valid when has_pasid */
	uint16_t rid;
	uint8_t reason;		/* VT-d fault reason (hw/vtd_fault.h), AMD-Vi event code (hw/amdvi_event.h) */
	uint8_t at;		/* 0 untranslated, 1 translation request, 2 translated */
	uint8_t kind;		/* enum iommu_fault_kind */
	bool has_pasid;
};

/* Snapshot of a unit for reports. */
struct iommu_status {
	enum iommu_stage stage;
	const char *broken_why;		/* NULL unless broken */
	enum iommu_vendor vendor;
	uint32_t unit;
	bool queued;			/* invalidation through the queue (else register-based) */
	bool installed;			/* invalidation usable now */
	bool page_selective;		/* ... and able to address single pages */
	bool passthrough;		/* some attached device bypasses translation */
	uint32_t domains, devices;
	struct iommu_stats stats;
};

/*
 * Reads the capabilities of unit desc->index and checks that the driver can work with it. Writes no register. `u` need
 * not be initialised. Afterwards: IOMMU_STAGE_DISCOVERED. IOMMU_E_UNSUPPORTED: registers read all ones, or no usable
 * address width. IOMMU_E_INVAL: bad descriptor.
 */
int iommu_unit_init(struct iommu_unit *u, const struct iommu_plat *plat, const struct iommu_unit_desc *desc)
	IOMMU_MUST_CHECK;

/*
 * discovered, stopped -> built: allocates and zeroes the root table, the queue and the status page. AMD-Vi: the device
 * table (up to 2 MiB in one piece), every entry of which blocks, the command buffer and the event log.
 */
int iommu_unit_build(struct iommu_unit *u) IOMMU_MUST_CHECK;

/*
 * built -> programmed: takes the unit over (stops translation, queue and events firmware left running, clears stale
 * faults), starts invalidation, sets the table pointer, invalidates all caches.
 */
int iommu_unit_program(struct iommu_unit *u) IOMMU_MUST_CHECK;

/* programmed -> translating. */
int iommu_unit_enable(struct iommu_unit *u) IOMMU_MUST_CHECK;

/* build, program and enable in one call, from any stage before translating. */
int iommu_unit_start(struct iommu_unit *u) IOMMU_MUST_CHECK;

/*
 * translating, programmed or built -> stopped: translation off, caches invalidated, queue off, tables given back.
 * IOMMU_E_BUSY while a domain names the unit, or interrupt remapping is on (iommu/irq.h).
 */
int iommu_unit_stop(struct iommu_unit *u) IOMMU_MUST_CHECK;

/*
 * broken -> discovered, or stays broken (IOMMU_E_TIMEOUT; IOMMU_E_BROKEN: nobody answers): switches everything off, then
 * sets an empty root table with a global invalidation of all caches; when that was observed to complete, quarantined table
 * pages go back to the platform and quarantined tickets become idle. Domains stay defined but have to be destroyed and made
 * again (iommu_domain_destroy works on them). Devices are detached: as for iommu_detach, the caller has stopped them and
 * disabled ATS in them, or what they have cached outlives the reset. Fault records still in the hardware are kept for
 * iommu_fault_drain.
 */
int iommu_unit_reset(struct iommu_unit *u) IOMMU_MUST_CHECK;

/*
 * translating or programmed -> built, before the machine sleeps: everything is invalidated, interrupt remapping and
 * translation go off, events are masked. Tables, domains, devices and interrupt entries stay as they are in memory and may be
 * changed; so do fault records, which iommu_fault_drain hands out later. Pending tickets are complete at their next
 * poll or flush. The devices have to be quiet from before this call until iommu_unit_resume returned: DMA is not translated.
 */
int iommu_unit_suspend(struct iommu_unit *u) IOMMU_MUST_CHECK;

/*
 * built -> the stage the unit was suspended in. Whatever the registers hold, reset values or what firmware made of them:
 * the unit is taken over, programmed and invalidated as by iommu_unit_program, interrupts are remapped and the fault
 * event is sent as before. IOMMU_E_STAGE: it was not suspended.
 */
int iommu_unit_resume(struct iommu_unit *u) IOMMU_MUST_CHECK;

/*
 * Fault event message: MSI address and data as the specification's FEADDR/FEDATA take them; unmasks the event. Holds until
 * the unit stops or is reset (call it again after the next start), and across suspend and resume. AMD-Vi:
 * events logged before raise none, so drain once afterwards; IOMMU_E_UNSUPPORTED when the register file shows neither the
 * MSI capability (EFR.MsiCapMmioSup) nor x2APIC interrupts (EFR.XTSup).
 */
int iommu_unit_fault_event(struct iommu_unit *u, uint32_t msi_addr, uint32_t msi_data) IOMMU_MUST_CHECK;

/*
 * Takes up to `max` fault records out of the hardware, oldest first, in `out`; *count tells how many, *lost is set when
 * the hardware reported an overflow since the last call. Clears every status bit it handled, so that the next fault
 * raises an event again. May be called in any stage but none. AMD-Vi: every event of the log is a record, command and
 * hardware errors included. What was recorded when the unit was stopped, suspended or reset comes first.
 */
int iommu_fault_drain(struct iommu_unit *u, struct iommu_fault *out, uint32_t max, uint32_t *count, bool *lost)
	IOMMU_MUST_CHECK;

/* Fills *s. Touches no hardware. */
void iommu_status(const struct iommu_unit *u, struct iommu_status *s);

/*
 * Writes the status labels as one line of `key=value` words, NUL-terminated, at most `size` bytes; returns the length it
 * needed. Keys: unit, stage, remapping_tables, invalidation, iotlb, stale_cleanup, direct_dma,
 * hostile_hardware_isolation.
 */
size_t iommu_status_format(const struct iommu_status *s, char *buf, size_t size);

/*
 * Makes an empty domain usable on `count` units (1..IOMMU_DOMAIN_UNITS), each at least built. The geometry is what all of
 * them can walk. A domain id is taken on each. IOMMU_E_UNSUPPORTED: the units have no common geometry, or lack
 * pass-through.
 */
int iommu_domain_init(struct iommu_domain *d, enum iommu_domain_kind kind, struct iommu_unit *const *units,
		      uint32_t count) IOMMU_MUST_CHECK;

/*
 * Gives back all tables and ids of a domain without devices or pending tickets. Everything still mapped is unmapped and
 * invalidated first; IOMMU_OK means all its pages are quiesced.
 */
int iommu_domain_destroy(struct iommu_domain *d) IOMMU_MUST_CHECK;

/*
 * Attaches a device to the domain on unit `u` (one of the domain's). From the moment it returns IOMMU_OK the device's DMA
 * is translated by the domain (when the unit translates). IOMMU_E_EXIST: the rid is attached already.
 * IOMMU_E_UNSUPPORTED: dev->ats on a unit without device-TLB support, or with a pass-through domain. IOMMU_E_RANGE: the rid
 * is beyond the device table (AMD-Vi, rid_count).
 */
int iommu_attach(struct iommu_domain *d, struct iommu_unit *u, struct iommu_device *dev) IOMMU_MUST_CHECK;

/*
 * Detaches a device: afterwards its DMA is blocked and nothing of the domain is cached for it. The caller has stopped the
 * device and disabled ATS in it. *dev is reusable after IOMMU_OK. A device that was cut off (dev->silent) may still hold
 * translations: it must have been reset, or be gone, before its rid is attached again with ATS.
 */
int iommu_detach(struct iommu_device *dev) IOMMU_MUST_CHECK;

/*
 * Maps [iova, iova + size) to [pa, pa + size) with `prot` (IOMMU_READ | IOMMU_WRITE, at least one), using the largest
 * pages that fit. All three are multiples of 4096, size not 0. IOMMU_E_EXIST: something in the range is mapped.
 * IOMMU_E_RANGE: beyond the domain's or the host's address width, or touching the interrupt range. When it returns
 * IOMMU_OK, DMA to the range is translated (caching mode, write buffers and cache lines have been taken care of).
 */
int iommu_map(struct iommu_domain *d, uint64_t iova, uint64_t pa, uint64_t size, uint32_t prot) IOMMU_MUST_CHECK;

/*
 * Unmaps [iova, iova + size), splitting larger pages at its ends, and waits until no hardware can reach the pages.
 * VT-d: while a larger page is split, DMA to all of it may be refused: hardware may not hold two sizes for one address, so
 * the page is cleared and invalidated before the smaller ones are set. IOMMU_E_NOENT: some page of the range is not mapped.
 * A device with ATS that does not answer is asked four times more; then it is cut off: its entry blocks all its requests,
 * translated ones too, dev->silent is set, and the call goes on without it. The same in every call that invalidates.
 */
int iommu_unmap(struct iommu_domain *d, uint64_t iova, uint64_t size) IOMMU_MUST_CHECK;

/*
 * As iommu_unmap, but returns when the entries are cleared: the pages are unmapped, not quiesced. `t` must be idle; it is
 * pending afterwards and must stay until iommu_flush or iommu_poll returned IOMMU_OK. The IOVA range must not be mapped
 * again before that (IOMMU_E_BUSY).
 */
int iommu_unmap_lazy(struct iommu_domain *d, uint64_t iova, uint64_t size, struct iommu_ticket *t) IOMMU_MUST_CHECK;

/* Completes every pending ticket of the domain, with as few commands as cover them. */
int iommu_flush(struct iommu_domain *d) IOMMU_MUST_CHECK;

/*
 * Drives one ticket without waiting: issues its invalidation at the first call, then IOMMU_E_AGAIN until completion was
 * observed or the time-out passed, then IOMMU_OK (idle again). A unit without a queue does the whole invalidation at the
 * first call, and more commands than a queue takes at once are waited for in pieces: both waits are bounded.
 */
int iommu_poll(struct iommu_ticket *t) IOMMU_MUST_CHECK;

/*
 * What the tables say about one IOVA: *pa its physical address (byte exact), *prot, *size of the page that maps it.
 * IOMMU_E_NOENT when not mapped. Result pointers may be NULL.
 */
int iommu_lookup(struct iommu_domain *d, uint64_t iova, uint64_t *pa, uint32_t *prot, uint64_t *size)
	IOMMU_MUST_CHECK;

#endif
