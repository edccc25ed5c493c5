/*
 * The ledger of a domain: whose pages devices may reach, and when they come back.
 *
 *     reserved -> mapped -> unmapped -> invalidating -> quiesced -> released
 *                                \-> time-out or queue error -> quarantined
 *
 * A run of pages enters the ledger with iommu_pages_lend and its physical address leaves it through one door only:
 * iommu_pages_collect, which gives it back when the run was never mapped, or when the invalidation behind its unmapping was
 * observed to complete. So "released implies quiesced" does not depend on the caller's care: there is no other call that
 * tells the address. After IOMMU_E_BROKEN the run stays quarantined until every unit of the domain was reset
 * (iommu_unit_reset), or the domain destroyed (iommu_domain_destroy); then it is quiesced.
 *
 * Bounded: one record of the caller's per run, nothing else. Pages are whole and 4 KiB; a run is mapped and unmapped as one.
 */
#ifndef IOMMU_LEDGER_H
#define IOMMU_LEDGER_H

#include <stdint.h>

#include "iommu/driver.h"
#include "iommu/iova.h"

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

enum iommu_pages_state {
	IOMMU_PAGES_IDLE = 0,		/* the record is not in use: released */
	IOMMU_PAGES_RESERVED = 1,	/* lent, not mapped */
	IOMMU_PAGES_MAPPED = 2,
	IOMMU_PAGES_UNMAPPED = 3,	/* entries cleared, invalidation not issued */
	IOMMU_PAGES_INVALIDATING = 4,	/* issued, completion not observed */
	IOMMU_PAGES_QUIESCED = 5,	/* no hardware reaches them: iommu_pages_collect gives them back */
	IOMMU_PAGES_QUARANTINED = 6	/* the invalidation failed */
};

#define IOMMU_PAGES_STATES 7

/* The caller provides it; all of it is private. */
struct iommu_ledger {
	struct iommu_domain *domain;
	struct iommu_pages *runs;
};

/* A run of pages. The caller zeroes it once; it is reusable when idle. It must stay until it was collected. */
struct iommu_pages {
	/* private */
	struct iommu_ledger *ledger;	/* NULL: idle */
	struct iommu_pages *next;
	struct iommu_iova_range *range;
	struct iommu_ticket ticket;
	uint64_t pa, size, offset;
	enum iommu_pages_state state;	/* as far as the ticket does not say it */
};

/* 4 KiB pages in each state, by enum iommu_pages_state; [0] counts nothing. */
struct iommu_ledger_counts {
	uint64_t pages[IOMMU_PAGES_STATES];
};

/* An empty ledger of a paging domain. */
int iommu_ledger_init(struct iommu_ledger *l, struct iommu_domain *d) IOMMU_MUST_CHECK;

/* -> reserved. The caller must not touch [pa, pa + size) as memory of its own before it was collected. */
int iommu_pages_lend(struct iommu_ledger *l, struct iommu_pages *p, uint64_t pa, uint64_t size) IOMMU_MUST_CHECK;

/* reserved -> mapped, at `offset` of the range, which must be of the same domain. Errors as iommu_iova_map. */
int iommu_pages_map(struct iommu_pages *p, struct iommu_iova_range *r, uint64_t offset, uint32_t prot) IOMMU_MUST_CHECK;

/* mapped -> unmapped. Never waits; the pages are still reachable. */
int iommu_pages_unmap(struct iommu_pages *p) IOMMU_MUST_CHECK;

/* Completes all that is unmapped in the domain, with as few commands as cover it: iommu_flush. */
int iommu_ledger_flush(struct iommu_ledger *l) IOMMU_MUST_CHECK;

/*
 * quiesced or reserved -> released, and tells the run: *pa, *size (either may be NULL). unmapped or invalidating: drives the
 * invalidation without waiting; IOMMU_E_AGAIN: not complete yet. IOMMU_E_BUSY: mapped. IOMMU_E_TIMEOUT, IOMMU_E_BROKEN:
 * quarantined. IOMMU_E_NOENT: idle.
 */
int iommu_pages_collect(struct iommu_pages *p, uint64_t *pa, uint64_t *size) IOMMU_MUST_CHECK;

/* Where the run stands. Touches no hardware. */
enum iommu_pages_state iommu_pages_state(const struct iommu_pages *p);

/* Counts every run of the ledger. Touches no hardware. */
void iommu_ledger_count(const struct iommu_ledger *l, struct iommu_ledger_counts *c);

/* A short lower-case name of a state ("quiesced"), never NULL. */
const char *iommu_pages_state_name(enum iommu_pages_state state);

#endif
