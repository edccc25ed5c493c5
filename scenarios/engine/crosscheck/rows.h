/*
 * What is known to differ between QEMU and the architecture, as rows of data: for which versions, what, why, which side is
 * right, and what the cross-check does about it. A difference that no row explains fails; a row that nothing needs any more
 * fails too, so that the list cannot rot.
 */
#ifndef CROSSCHECK_ROWS_H
#define CROSSCHECK_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "backend.h"

#define ROWS_MAX 96

enum row_rule {
	ROW_DATA,   /* compare which bytes moved, not the fault record */
	ROW_EITHER, /* the architecture's outcome or this one */
	ROW_LEGAL, /* the architecture allows both: stale and fresh, one order of checks or the other */
	ROW_MASK, /* a field is not compared */
	ROW_AVOID /* such input is not given to these versions */
};

/* Which part of a complete run has to need the row. */
enum row_seen {
	ROW_BY_RANDOM,
	ROW_RARELY,    /* generated cases come by it, too seldom to demand it */
	ROW_BY_TABLES, /* of the ACPI tables */
	ROW_BY_NONE    /* avoided, or not observed by anything we run yet */
};

struct row {
	const char *id;
	enum be_arch arch;
	uint32_t first, last; /* QEMU_VERSION; last 0: up to the newest */
	enum row_rule rule;
	enum row_seen seen;
	const char *what;  /* QEMU does */
	const char *right; /* the architecture says, or why both are right */
	const char *reference;
};

#define ROWS_VERSION(major, minor) ((uint32_t)((major) << 16 | (minor)))

/* Row n, NULL beyond the last; -1 when there is no row of this name. */
const struct row *rows_at(uint32_t n);
int rows_find(const char *id);
const char *rows_rule(enum row_rule rule);

/* A scenario that needs the row, wherever that row applies; NULL: none is known. */
const char *rows_witness(const char *id);

/* True when the row speaks of this version. */
bool row_applies(const struct row *row, uint32_t version);

/* The first mistake in the table, NULL when there is none: an id twice, a range upside down, a text missing. */
const char *rows_mistake(void);

/* Prints the table: id, rule, versions, what, right, witness. */
void rows_print(FILE *out);

#endif
