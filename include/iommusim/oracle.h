/*
 * The oracle: judges a run and never changes it.
 *
 * It is told what was asked for (mappings, attachments, releases) and compares with what devices really reached. It
 * never looks at page tables to learn what should be there.
 *
 *   outcome      a DMA got the bytes, or the refusal, that the mappings asked for call for
 *   staleness    a translation was served from a cache although a walk of memory now gives another answer
 *   unpublished  a walk used memory that the CPU had already overwritten: line not written back, buffer not flushed
 *   release      a page or page-table page was given back while a cache entry, or memory, still leads to it
 *   containment  a DMA touched a page that its domain does not map
 *   accounting   blocked DMAs = fault records + what the hardware said it dropped
 *   bound        a wait did not end
 */
#ifndef IOMMUSIM_ORACLE_H
#define IOMMUSIM_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	uint8_t level;	     /* 0: 4 KiB. Paging cache: level of the entry held */
	uint8_t perm;	     /* bit 0 read, bit 1 write */
	bool negative;	     /* caches the absence of a translation (caching mode) */
	uint64_t iova;	     /* first address it covers */
	uint64_t pa;	     /* page, next table, or top table it leads to */
	uint64_t entry_pa;   /* table entry it was read from */
	uint64_t filled_ns;
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
 * Pages [first, last] go back to the allocator: reports every cache entry of every unit that still leads there, and every
 * mapping the oracle knows that still does. Returns the number of findings added.
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
