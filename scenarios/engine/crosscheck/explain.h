/*
 * When a row of the list (rows.h) explains a difference between two records.
 */
#ifndef CROSSCHECK_EXPLAIN_H
#define CROSSCHECK_EXPLAIN_H

#include "compare.h"
#include "hw/amdvi.h"

/* QEMU's AMD-Vi announces page requests and guest tables, and has neither (row A21). */
#define EXPLAIN_EFR_BEYOND (AMDVI_EFR_PPRSUP | AMDVI_EFR_GTSUP | AMDVI_EFR_GATS)

/* One difference; a side that has no such record is NULL. */
struct difference {
	const struct compare *c;
	const struct record *sim, *qemu;
};

/* The row that explains it, -1: none does. *ends: what follows differs for the same reason, and is not compared. */
int explain(const struct difference *d, bool *ends);

/* A DMA whose outcome a cache may have made: what memory no longer says, or an absence that was kept. */
bool explain_may_be_cached(const struct record *r);

/* A write that serves what this version does not have at all, so that only one guest may make it: the row, or -1. */
int explain_aside(const struct compare *c, const struct record *write);

/* What is left to compare of a register's value. */
uint64_t explain_mask(const struct compare *c, const struct record *r);

#endif
