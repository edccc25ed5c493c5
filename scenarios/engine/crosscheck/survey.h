/*
 * What generated cases came by: how often each level, page size, permission, reserved bit, fault, invalidation was drawn. The
 * reference counts while it works, in its first pass over what memory says, so that only what a request met is counted.
 */
#ifndef CROSSCHECK_SURVEY_H
#define CROSSCHECK_SURVEY_H

#include <stdint.h>
#include <stdio.h>

#include "case.h"

/* Rows of counters; how many each has is said in survey.c. The number is what the row's name says. */
enum survey_row {
	SURVEY_WIDTH,  /* levels of the tables; of AMD-Vi the mode */
	SURVEY_TYPE,   /* VT-d: TT */
	SURVEY_LEAF,   /* log2 of the page */
	SURVEY_ABSENT, /* level */
	SURVEY_NO_READ,
	SURVEY_NO_WRITE,
	SURVEY_RESERVED, /* bit */
	SURVEY_UNREADABLE,
	SURVEY_SKIP,          /* AMD-Vi: levels left out */
	SURVEY_FAULT,         /* reason, fresh */
	SURVEY_STALE,         /* reason, of a cache; 0: moved or delivered */
	SURVEY_SILENT,        /* reason */
	SURVEY_CONTEXT_INVAL, /* VT-d: 4 * granularity + function mask; AMD-Vi: 0 one entry, 1 all */
	SURVEY_IOTLB_INVAL,   /* VT-d: granularity 1, 2; then 8 + mask */
	SURVEY_KEEP_DIRS,     /* the same, directories left alone: IH, PDE = 0 */
	SURVEY_IRQ_INVAL,     /* VT-d: 0 all, else mask + 1; AMD-Vi: 1 */
	SURVEY_SOURCE,        /* VT-d: 4 * SVT + SQ; AMD-Vi: IntCtl */
	SURVEY_DELIVERY,      /* delivery mode of an entry that delivers */
	SURVEY_TABLE,         /* VT-d: S; AMD-Vi: IntTabLen */
	SURVEY_CACHE,         /* policy: keep */
	SURVEY_POLICY,        /* delay, then 4 inval-more, 5 prefetch, 6 rewalk */
	SURVEY_BEHIND,
	SURVEY_FEATURE, /* see survey.c */
	SURVEY_ROWS
};

enum survey_feature {
	SURVEY_CACHING, /* CM, NpCache */
	SURVEY_BY_REGISTER,
	SURVEY_SHARED, /* two devices of one domain */
	SURVEY_REMAPS,
	SURVEY_WIDE, /* destinations of 32 bits */
	SURVEY_COMPATIBILITY,
	SURVEY_INDEX, /* AMD-Vi: 2K mode */
	SURVEY_ENTRY_128,
	SURVEY_NO_VALID, /* AMD-Vi: V = 0 */
	SURVEY_NO_TV,
	SURVEY_SA,
	SURVEY_SE,
	SURVEY_FPD,
	SURVEY_MGAW, /* VT-d: narrower than the tables */
	SURVEY_FEATURES
};

#define SURVEY_COUNTERS 560

/* Of a few cases; a counter stops at its largest value. */
struct survey {
	uint16_t n[SURVEY_COUNTERS];
};

struct survey_sum {
	uint32_t n[SURVEY_COUNTERS];
};

/* Counts; NULL: nothing. A number beyond the row's last is counted as the last. */
void survey_count(struct survey *s, enum survey_row row, uint32_t n);
/* What a case is, without what came of it. */
void survey_case(struct survey *s, const struct xc_case *c);
void survey_add(struct survey_sum *sum, const struct survey *one);
uint32_t survey_get(const struct survey_sum *s, enum survey_row row, uint32_t n);

struct cJSON;

/* The same table as members of an object: each row an object of name and count, and "never". */
void survey_json(struct cJSON *object, const struct survey_sum *s, enum be_arch arch);

/* The table: each row that the architecture has, and last what was never drawn. */
void survey_print(FILE *out, const struct survey_sum *s, enum be_arch arch);

#endif
