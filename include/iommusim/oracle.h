/*
 * The oracle: judges a run and never changes it.
 *
 * It is told what was asked for (mappings, attachments, releases) and compares with what devices really reached. It
 * never looks at page tables to learn what should be there.
 *
 *   outcome      a DMA got the bytes, or the refusal, that the mappings asked for call for
 *   staleness    a translation was served from a cache although a walk of memory now gives another answer
 *   unpublished  a walk used memory that the CPU had already overwritten: line not written back, buffer not flushed
 *   release      a page or page-table page was given back while a cache entry, or memory, still leads to it, or before the
 *                guest has seen complete what removed the entry that did
 *   containment  a DMA touched a page that its domain does not map
 *   accounting   blocked DMAs = fault records + what the hardware said it dropped
 *   bound        a wait did not end
 */
#ifndef IOMMUSIM_ORACLE_H
#define IOMMUSIM_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommusim/inject.h"
#include "iommusim/policy.h"

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

enum sim_finding_kind {
	SIM_FINDING_OUTCOME = 0,
	SIM_FINDING_STALE,
	SIM_FINDING_UNPUBLISHED,
	SIM_FINDING_RELEASE,
	SIM_FINDING_ESCAPE,
	SIM_FINDING_ACCOUNTING,
	SIM_FINDING_BOUND,
	SIM_FINDING_KINDS
};

/* One entry of a cache, as tagged by the architecture. */
struct sim_cache_line {
	enum sim_cache cache;
	uint32_t unit;
	uint32_t domain;     /* domain id of the invalidation tag */
	uint32_t pasid;
	uint16_t rid;	     /* look-up tag; meaningless for SIM_CACHE_PAGING */
	bool by_domain_tag;  /* IOTLB: the look-up tag is the domain (AMD-Vi), and rid the requester it was filled for */
	uint8_t level;	     /* 0: 4 KiB. Paging cache: level of the entry held */
	uint8_t perm;	     /* bit 0 read, bit 1 write */
	bool negative;	     /* caches the absence of a translation (caching mode) */
	uint64_t iova;	     /* first address it covers */
	uint64_t pa;	     /* page, next table, or top table it leads to */
	uint64_t entry_pa;   /* table entry it was read from */
	uint64_t filled_ns;
	bool by_known;	     /* the request that filled it is known: the next four; not so of what was read ahead of use */
	uint8_t by_access;   /* enum sim_access */
	bool by_ats;	     /* it was a translation request */
	uint16_t by_rid;
	uint64_t by_iova;    /* 0 for an entry larger than 4 KiB: only the page is known */
	bool interrupt;	     /* an interrupt remapping entry: iova is SIM_INDEX_ADDR(index), and the next five */
	bool by_rid_tag;     /* its tag says rid, too (AMD-Vi; of VT-d's, rid has no meaning) */
	bool posted;	     /* pa is a descriptor's address, and data the vector */
	uint32_t data;	     /* pa and data: the message it gives. Of another entry of the interrupt cache: bytes of its table */
	bool translated;     /* context cache: translations that the device holds are accepted by it */
	uint64_t half[2], half_mask[2]; /* context cache: the two words read, and which bits of them translation goes by */
	uint64_t word, word_mask; /* what was read at entry_pa, and which bits of it count */
};

/* Interrupt indexes where addresses stand: an entry takes the place of a page. */
#define SIM_INDEX_LG2 12u
#define SIM_INDEX_ADDR(index) ((uint64_t)(index) << SIM_INDEX_LG2)

/* A store to a word that translation reads, or a change of the register that tells where the tables are. */
struct sim_store {
	uint64_t pa;
	const char *name;    /* of the register; NULL: a word of memory */
	uint64_t time_ns;
	uint64_t old, now;   /* value before and after */
	uint8_t master;	     /* enum sim_master; SIM_MASTER_ANY: from outside the machine (sim_mem_store) */
	uint32_t later;	     /* stores to the same word since */
};

enum sim_command_state {
	SIM_COMMAND_ISSUED = 0, /* the unit was told, and has not carried it out */
	SIM_COMMAND_EXECUTED,
	SIM_COMMAND_LOST,	/* injection: it completed and removed nothing; a wait: its completion was lost */
	SIM_COMMAND_DROPPED	/* given up: a queue error, a time-out, the queue switched off */
};

/*
 * An invalidation: one that was issued, or one that would have removed an entry. It looks into `caches` and removes what
 * agrees with every tag it compares.
 */
struct sim_invalidation {
	const char *name;    /* the architecture's, with the granularity; static text */
	uint32_t caches;     /* bit per enum sim_cache; 0: it removes nothing (a wait) */
	bool by_domain, by_device, by_range; /* compares these tags */
	bool by_index;	     /* by_range: first and last are interrupt indexes, as SIM_INDEX_ADDR */
	bool entries_only, entries_stay; /* of the interrupt cache: remapping entries alone go; all but these go (AMD-Vi) */
	bool takes_cut;	     /* by_range: a page that reaches beyond the range goes too (AMD-Vi) */
	bool leaf_only;	     /* the hint that only leaf entries changed (VT-d IH = 1, AMD-Vi PDE = 0) */
	bool has_hint;	     /* it has such a hint at all */
	uint8_t mask_lg2;    /* by_range: 2^n pages of 4 KiB */
	uint16_t rid, rid_mask; /* by_device: bits of rid_mask are not compared */
	uint32_t domain;
	uint64_t first, last; /* by_range */
	/* of an issued one */
	enum sim_command_state state;
	bool observed;	     /* the guest has read what told it complete */
	uint32_t unit;
	uint64_t issued_ns, executed_ns;
};

/* Who is wrong. */
enum sim_verdict {
	SIM_VERDICT_NEITHER = 0, /* neither table nor cache has to do with it */
	SIM_VERDICT_CACHE,	 /* the table is right, the cache is stale */
	SIM_VERDICT_TABLE,	 /* the table is wrong */
	SIM_VERDICT_UNSEEN	 /* the table is right as the CPU wrote it, and the walk did not see that */
};

/* Why nothing took the entry away, or what the guest waits for. */
enum sim_cause {
	SIM_CAUSE_NONE = 0,	 /* not known, or there is nothing to invalidate */
	SIM_CAUSE_NOT_ISSUED,	 /* no invalidation, no wait was issued since the store */
	SIM_CAUSE_BEFORE_STORE,	 /* only before the store */
	SIM_CAUSE_OTHER_UNIT,
	SIM_CAUSE_OTHER_CACHE,	 /* the context cache only, the IOTLB only, ... */
	SIM_CAUSE_OTHER_DOMAIN,
	SIM_CAUSE_OTHER_DEVICE,
	SIM_CAUSE_SHORT,	 /* its range ends before the entry or begins behind it */
	SIM_CAUSE_SMALL,	 /* its range covers a part of the page */
	SIM_CAUSE_HINT,		 /* leaf entries only, and a paging-structure entry had to go */
	SIM_CAUSE_PENDING,	 /* not carried out yet */
	SIM_CAUSE_LOST,		 /* by injection */
	SIM_CAUSE_DROPPED,	 /* the queue gave it up */
	SIM_CAUSE_DEVICE_FIRST,	 /* the device's TLB went before the IOTLB, and was filled from it again */
	SIM_CAUSE_REFILLED,	 /* carried out, and the entry was cached again */
	SIM_CAUSE_UNOBSERVED,	 /* carried out, and the guest did not look (a wait without end, an early release) */
	SIM_CAUSE_NOT_WRITTEN_BACK, /* the store's cache line */
	SIM_CAUSE_NOT_FLUSHED,	 /* the write buffer */
	SIM_CAUSE_SIZE_CUT,	 /* its range begins where one of 4 GiB or more would that holds the entry: the size was cut to 32 bits */
	SIM_CAUSE_SHARED_ID,	 /* it is right for the device it was filled for, which has the same domain id and other tables */
	SIM_CAUSES
};

struct sim_finding {
	enum sim_finding_kind kind;
	uint64_t time_ns;
	uint32_t unit;
	uint16_t rid;
	uint64_t iova;	     /* of the DMA, or of the cached translation; accounting: what should have been counted */
	uint64_t pa;	     /* reached, or released; accounting: what was counted */
	bool has_line;
	struct sim_cache_line line;	/* the cache entry at fault, when has_line */
	uint64_t memory_pa;  /* what a walk of memory gives now, 0: a fault */
	uint8_t memory_reason; /* its fault reason */
	const char *why;     /* static text: the sentence that names the cause */
	enum sim_verdict verdict;
	bool translated;     /* iova is what the device says is a physical address already */
	bool interrupt;	     /* iova is a message's address, pa and memory_pa what it was and would be delivered as: */
	bool posted, memory_posted; /* pa, memory_pa: a descriptor's instead */
	uint16_t index;	     /* remapping entry */
	uint32_t sent, data, memory_data; /* data of the messages */
	bool has_entry;	     /* the table entry at which a walk of memory ends now: */
	uint64_t entry_pa, entry;
	bool has_store;
	struct sim_store store; /* what made memory differ */
	bool has_needed;
	struct sim_invalidation needed; /* what would have removed the line */
	bool has_nearest;
	struct sim_invalidation nearest; /* of those issued */
	enum sim_cause cause;
	uint64_t blocked, recorded, suppressed, overflowed, collapsed; /* accounting: the unit's counters */
};

struct sim;

/*
 * Findings so far, and finding number `n` in the order found. At most SIM_FINDINGS different ones are kept and the count
 * goes on; one that repeats another (same kind, device, pages and cause) is given as that was first seen. NULL: not kept.
 */
#define SIM_FINDINGS 64
uint32_t sim_finding_count(const struct sim *s);
const struct sim_finding *sim_finding_get(const struct sim *s, uint32_t n);
const char *sim_finding_name(enum sim_finding_kind kind);

/* One paragraph; returns the length needed, writes at most size bytes with NUL. */
size_t sim_finding_format(const struct sim_finding *f, char *buf, size_t size);

/*
 * The same as facts: name and value, in a fixed order. A name is lower case with dashes, and a dot after the name of the
 * thing it belongs to ("line.domain").
 */
enum sim_fact_type {
	SIM_FACT_TEXT = 0,
	SIM_FACT_NUMBER,     /* an address too */
	SIM_FACT_BOOL
};

struct sim_fact {
	const char *name;
	enum sim_fact_type type;
	const char *text;
	uint64_t number;
};

typedef void (*sim_fact_fn)(void *ctx, const struct sim_fact *fact);
void sim_finding_facts(const struct sim_finding *f, sim_fact_fn fn, void *ctx);

/* "not-issued", "other-domain"; NULL beyond the last. */
const char *sim_cause_name(enum sim_cause cause);

/* Turns the staleness and outcome checks on translations on or off; on by default when sim_config.oracle is set. */
void sim_oracle_enable(struct sim *s, bool on);

/*
 * What was asked for. `space` is a number of the caller's for one domain. Ranges are [first, last] in bytes; perm bit 0
 * read, bit 1 write.
 *   map      from now on DMA to the range reaches pa with perm
 *   unmap    mapping removed from the tables; DMA may reach it or be refused until
 *   quiesce  told complete: DMA has to be refused
 * identity: every address maps to itself (pass-through domain).
 */
int sim_oracle_map(struct sim *s, uint32_t space, uint64_t first, uint64_t last, uint64_t pa, uint8_t perm);
int sim_oracle_unmap(struct sim *s, uint32_t space, uint64_t first, uint64_t last);
int sim_oracle_quiesce(struct sim *s, uint32_t space, uint64_t first, uint64_t last);
int sim_oracle_identity(struct sim *s, uint32_t space, bool on);

/* Device `rid` of `unit` uses `space`. While `unit` translates, devices without a space must be blocked. */
int sim_oracle_attach(struct sim *s, uint32_t unit, uint16_t rid, uint32_t space);
int sim_oracle_detach(struct sim *s, uint32_t unit, uint16_t rid);

/*
 * The guest relies on `unit` from now on, or no longer: it was told that translation is on. While it does, DMA is judged even
 * when the unit does not translate (it was reset, or never started): what gets through then is an escape.
 */
int sim_oracle_rely(struct sim *s, uint32_t unit, bool on);

/*
 * Requester `rid` of `unit` was given an interrupt vector. From the first one told on, a message of the unit that is delivered with
 * a vector its requester was not given is an escape. SIM_E_FULL beyond SIM_ORACLE_VECTORS of a unit.
 */
#define SIM_ORACLE_VECTORS 64
int sim_oracle_vector(struct sim *s, uint32_t unit, uint16_t rid, uint8_t vector);

/*
 * Pages [first, last] go back to the allocator: reports every cache entry of every unit that still leads there, and every
 * mapping the oracle knows that still does; when there is none, every entry that led there until a command removed it which
 * the guest has not seen complete; and when there is none, mappings that led there and are not yet quiesced. Returns the number of findings added.
 */
uint32_t sim_oracle_release(struct sim *s, uint64_t first, uint64_t last);

/*
 * Accounting at a quiet moment: `told` fault records were taken by the guest and `lost` overflow reports seen. Adds a
 * finding when unit's blocked requests do not add up. Returns the number of findings added.
 */
uint32_t sim_oracle_account(struct sim *s, uint32_t unit, uint64_t told, uint64_t lost);

/* A wait of the guest did not end within its bound. */
void sim_oracle_unbounded(struct sim *s, uint32_t unit);

#endif
