/*
 * Looking without touching: what a unit says of itself, and what its tables would do with a DMA.
 *
 * Nothing here writes a register, a table or the unit's state; so it can be used from the first moment (diagnostics only,
 * IOMMU_STAGE_DISCOVERED), on tables that are built and not programmed, and on a unit that translates.
 */
#ifndef IOMMU_INSPECT_H
#define IOMMU_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu/driver.h"

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

/* One entry on the way from the requester to the page. */
enum iommu_walk_kind {
	IOMMU_WALK_ROOT = 0,	/* VT-d root entry */
	IOMMU_WALK_CONTEXT = 1,	/* VT-d context entry, lower half */
	IOMMU_WALK_DEVICE = 2,	/* AMD-Vi device table entry, first word */
	IOMMU_WALK_TABLE = 3	/* page-table entry of `level` */
};

struct iommu_walk_step {
	uint64_t at;		/* physical address of the entry */
	uint64_t entry;		/* as it stands in memory */
	uint32_t level;		/* of a page-table entry: 0 maps 4 KiB */
	enum iommu_walk_kind kind;
};

#define IOMMU_WALK_STEPS 8

enum iommu_walk_result {
	IOMMU_WALK_ALLOWED = 0,		/* reaches pa */
	IOMMU_WALK_IDENTITY = 1,	/* reaches pa, which is the address itself: the device passes through */
	IOMMU_WALK_INTERRUPT = 2,	/* not memory: the address is an interrupt message */
	IOMMU_WALK_NO_DEVICE = 3,	/* blocked: the requester is attached to nothing */
	IOMMU_WALK_BEYOND = 4,		/* blocked: more address bits than the tables or the unit translate */
	IOMMU_WALK_NOT_MAPPED = 5,	/* blocked: an entry on the way is not present */
	IOMMU_WALK_NO_READ = 6,		/* blocked: mapped, but not readable */
	IOMMU_WALK_NO_WRITE = 7		/* blocked: mapped, but not writable */
};

/* The answer. It is what memory says: caches of the hardware may hold something older until it was invalidated. */
struct iommu_walk {
	enum iommu_walk_result result;
	bool in_force;			/* the unit translates; else this is what it would do once it did */
	uint32_t prot;			/* IOMMU_READ | IOMMU_WRITE the way grants, whatever was asked */
	uint64_t pa;			/* byte exact; 0 when nothing is mapped */
	uint64_t size;			/* of the page, bytes */
	uint32_t domain_id;		/* the hardware's tag, 0 without a device */
	uint32_t steps;			/* entries read, in order */
	struct iommu_walk_step step[IOMMU_WALK_STEPS];
};

/*
 * What the tables of the unit would do with an access (IOMMU_READ, IOMMU_WRITE or both) of `rid` to `iova`, entry by entry.
 * IOMMU_OK when there is an answer, a refusal included. IOMMU_E_STAGE: there are no tables (not built, or broken).
 */
int iommu_walk(const struct iommu_unit *u, uint16_t rid, uint64_t iova, uint32_t access, struct iommu_walk *w)
	IOMMU_MUST_CHECK;

/* A short lower-case name of a result ("not-mapped"), never NULL. */
const char *iommu_walk_name(enum iommu_walk_result result);

/* One line of `key=value` words, as iommu_status_format: result, in_force, pa, size, prot, then each entry as level@address=value. */
size_t iommu_walk_format(const struct iommu_walk *w, char *buf, size_t size);

#define IOMMU_DIAG_FAULTS 8

/* What the registers say now, whoever wrote them. */
struct iommu_diag {
	enum iommu_vendor vendor;
	uint32_t unit;
	uint64_t cap[2];		/* VT-d CAP, ECAP; AMD-Vi extended features 1, 2 */
	uint64_t control;		/* VT-d GSTS, AMD-Vi control register */
	uint64_t status;		/* VT-d FSTS, AMD-Vi status register */
	uint64_t table;			/* root or device table pointer */
	bool gone;			/* the registers read all ones; nothing else is known */
	bool translating;
	bool remapping;			/* VT-d interrupt remapping; AMD-Vi decides it per device: always false */
	bool queue;			/* invalidation queue or command buffer runs */
	bool faults_lost;		/* more faults than could be recorded */
	uint32_t faults_pending;	/* recorded, not taken yet; AMD-Vi, a log somebody else set up: 1 when it holds any */
	uint32_t faults;		/* of them shown below; AMD-Vi: only from a log this driver set up */
	struct iommu_fault fault[IOMMU_DIAG_FAULTS];
};

/*
 * Reads registers only, and takes no fault away: iommu_fault_drain still gets them. Any stage but none. IOMMU_E_BROKEN: the
 * registers read all ones (d->gone).
 */
int iommu_diag(const struct iommu_unit *u, struct iommu_diag *d) IOMMU_MUST_CHECK;

/* One line of `key=value` words, as iommu_status_format. */
size_t iommu_diag_format(const struct iommu_diag *d, char *buf, size_t size);

/*
 * The line of a domain: units, pages mapped, quarantined, tickets pending, devices, and whether its device addresses may be
 * exported (device_addresses=exported|withheld: exported only while every unit of it translates).
 */
size_t iommu_domain_format(const struct iommu_domain *d, char *buf, size_t size);

/* True while every unit of the domain translates: only then may a device be told an address of it. */
bool iommu_domain_exported(const struct iommu_domain *d);

#endif
