/*
 * The reference of the cross-check: every outcome of a DMA that the architecture allows, found by brute force.
 *
 * It shares nothing with the simulator and little with sense of speed: memory is a flat array, caches are lists of what may
 * have been kept, and a walk follows every alternative. What has been kept grows with each DMA and shrinks with each
 * invalidation, so that staleness is exact: an outcome that no allowed cache content gives is wrong. Masks and codes are
 * typed in again from the specifications.
 */
#ifndef CROSSCHECK_REF_H
#define CROSSCHECK_REF_H

#include "case.h"
#include "survey.h"

/* One allowed outcome. */
struct ref_outcome {
	bool ok;
	uint64_t pa;    /* ok; of a message its address */
	uint32_t data;  /* ok: of a message */
	uint8_t reason; /* otherwise */
	bool silent;    /* the fault leaves no record */
	uint16_t did;   /* AMD-Vi event */
	uint16_t flags; /* AMD-Vi event */
	uint64_t addr;  /* of the record */
	bool any_addr;  /* ... which is undefined */
	bool fresh;     /* memory says so now */
	bool other_order; /* the specification leaves the order of two checks open, and ours is the other */
	bool hit_refused;  /* a cached page lacked the permission */
	bool context_rsvd; /* VT-d: reason Bh */
	bool dma_half;     /* AMD-Vi, of a message: the entry's other half has reserved bits set */
};

#define REF_OUTCOMES 64

struct ref_set {
	struct ref_outcome o[REF_OUTCOMES];
	uint32_t n;
	bool full; /* there were more: nothing can be said */
};

/* A context entry or device table entry as it may be cached. */
struct ref_context {
	uint16_t sid;
	uint64_t q[4];
	uint16_t tag;  /* domain an invalidation has to name */
	uint8_t fault; /* caching mode: it leads to this fault */
};

/* A paging entry that leads to a table. */
struct ref_dir {
	uint16_t did;
	uint8_t level; /* of the entry, 0 holds 4 KiB pages */
	uint64_t prefix, next;
	uint8_t next_level, perm;
	uint8_t fault; /* caching mode: it leads to no table but to this */
};

/* A translation. */
struct ref_page {
	uint16_t sid, did; /* AMD-Vi: sid is 0 */
	uint8_t lg2;
	uint64_t first, pa;
	uint8_t perm;
	uint8_t fault;  /* it leads to this fault */
	bool silent;    /* VT-d: FPD of the context entry it was made through */
	uint16_t flags; /* AMD-Vi: with these flags */
};

/* An interrupt remapping entry. */
struct ref_irte {
	uint16_t sid; /* AMD-Vi: whose table it is of */
	uint32_t index;
	uint64_t q[2];
};

#define REF_IRTES 512
#define REF_CONTEXTS 512
#define REF_DIRS 2048
#define REF_PAGES 2048

struct ref {
	const struct xc_case *c;
	bool wide;  /* the hardware may fetch what no device asked for */
	bool eager; /* it may besides fetch context entries ahead, and keep a page it refused */
	uint64_t mem[(XC_TABLES_LAST + 1 - XC_TABLES) / 8];
	struct ref_context context[REF_CONTEXTS];
	struct ref_dir dir[REF_DIRS];
	struct ref_page page[REF_PAGES];
	struct ref_irte irte[REF_IRTES];
	uint32_t contexts, dirs, pages, irtes;
	bool overflow;               /* lists were too short: nothing can be said from here on */
	bool filling;                /* what a walk comes by is kept */
	struct survey *survey;       /* NULL: nothing is counted */
	uint32_t did_of[XC_DEVICES]; /* 1 + the domain-id of its last request, for the survey */
	uint16_t se
		[XC_DEVICES]; /* AMD-Vi: requesters whose entry has SE and may have had its event */
	uint32_t ses;
};

/* Perm bits. */
#define REF_R 1u
#define REF_W 2u

/* A reference with the case's tables in memory and empty caches; NULL when out of memory. */
struct ref *ref_new(const struct xc_case *c);
void ref_free(struct ref *r);

void ref_store(struct ref *r, const struct xc_store *s);
void ref_inval(struct ref *r, const struct xc_inval *inv);

/* What may come of the DMA; afterwards what it may have filled is kept. */
void ref_dma(struct ref *r, const struct xc_dma *d, struct ref_set *out);
/* The same of a message. */
void ref_msi(struct ref *r, const struct xc_msi *m, struct ref_set *out);

/* ---- for the two architectures ---- */

/* Counts what a request met, when that is what memory says. */
static inline void ref_meets(struct ref *r, bool fresh, enum survey_row row, uint32_t n)
{
	if (fresh && !r->filling)
		survey_count(r->survey, row, n);
}

/* The same of a domain-id, for two requesters may share it. */
void ref_meets_domain(struct ref *r, bool fresh, uint32_t dev, uint16_t did);

/* False: no memory. */
bool ref_read(const struct ref *r, uint64_t pa, uint64_t *word);
void ref_keep_context(struct ref *r, const struct ref_context *x);
void ref_keep_dir(struct ref *r, const struct ref_dir *x);
void ref_keep_page(struct ref *r, const struct ref_page *x);
void ref_keep_irte(struct ref *r, const struct ref_irte *x);
void ref_add(struct ref_set *set, const struct ref_outcome *o);

void ref_vtd_dma(struct ref *r, const struct xc_dma *d, struct ref_set *out);
/* Keeps the context entry of every device, where it is right. */
void ref_vtd_fetch_contexts(struct ref *r);
void ref_vtd_inval(struct ref *r, const struct xc_inval *inv);
void ref_vtd_msi(struct ref *r, const struct xc_msi *m, struct ref_set *out);
void ref_vtd_ir_inval(struct ref *r, const struct xc_inval *inv);
void ref_amdvi_msi(struct ref *r, const struct xc_msi *m, struct ref_set *out);
void ref_amdvi_dma(struct ref *r, const struct xc_dma *d, struct ref_set *out);
void ref_amdvi_inval(struct ref *r, const struct xc_inval *inv);
/* The message that reaches interrupt controllers: bits 31:8 of a destination of 32 bits stand in bits 63:40. */
static inline uint64_t ref_msi_addr(uint32_t dest, bool redirect, bool logical)
{
	return UINT64_C(0xfee00000) | (uint64_t)(dest >> 8) << 40 | (dest & 0xffu) << 12 |
	       (redirect ? 8u : 0) | (logical ? 4u : 0);
}

#endif
