/*
 * What `iommu-sim crosscheck` was asked for, and what came of it.
 */
#ifndef CROSSCHECK_SESSION_H
#define CROSSCHECK_SESSION_H

#include "cli_suite.h"
#include "random.h"
#include "sides.h"

enum session_only {
	ONLY_BOTH,
	ONLY_SIM,
	ONLY_QEMU
};

struct session {
	const char *program;
	enum session_only only;
	struct sides sides;
	const char *binary[SIDES_QEMU]; /* as named by --qemu */
	uint32_t binaries;
	uint64_t seed, random, workers;
	uint64_t from; /* number of the first of the cases */
	bool vendor[BE_ARCHS];
	bool ranged;          /* `from` was said */
	bool alone;           /* one case, number `from` */
	bool tables;          /* the ACPI tables alone */
	const char *save;     /* folder for scenario files of differences */
	const char *print;    /* writes the case there and plays nothing */
	bool verbose;         /* what was drawn is printed */
	bool matrix;          /* the table of scenarios and versions is printed */
	const char *json;     /* the report goes there as well */
	struct cJSON *report; /* NULL: none is wanted */
	struct suite suite;
	uint32_t passed, failed, skipped, saved;
	uint32_t fired[ROWS_MAX];
};

/* The scenarios of s->suite on both sides; an enum cli_exit. */
int session_suite(struct session *s);

/* Generated cases of every vendor asked for; an enum cli_exit. */
int session_random(struct session *s);

#endif
