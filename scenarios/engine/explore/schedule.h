/*
 * Schedules: one run of a scenario with one thing changed.
 *
 * A base is a permutation of a scenario with everything settled: one value for each key, only the steps that run. A sweep
 * changes one thing in it, at one place after the other: number n of the sweep is a schedule, and a scenario of its own.
 */
#ifndef EXPLORE_SCHEDULE_H
#define EXPLORE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dts.h"
#include "engine.h"

struct base {
	struct dts *tree;
	const char *path; /* of the file, and the permutation's id */
	char *id;
	uint32_t announced; /* bit n: kind n of finding is expected somewhere */
	bool raw; /* the guest is the scenario's own, or its tables are changed behind the driver's back */
	bool interrupts;    /* it has interrupts remapped, which take-down leaves as they are */
	bool resets;        /* a unit is reset or stopped, after which fault records may be gone */
	bool faults;        /* it injects faults itself, or has hardware that does not answer */
	bool silent;        /* a device does not answer what it is asked, or is pulled out */
	bool believes;      /* a device may use ATS: what it says is translated is believed */
	uint16_t other_rid; /* of the last device */
	uint64_t patience; /* of the driver, as base_patience found it; 0: as the scenario has it */
};

/* What a fault must not do, whatever it is. */
enum promise {
	MUST_SURVIVE, /* and no unit may say broken */
	MUST_REPORT,  /* an error, or a broken unit, which a reset repairs */
	MUST_END,     /* its unit may be dead for good */
	MUST_COME_BACK, /* its unit was reset, which the driver may not see: its own reset repairs it */
	MUST_CONTAIN, /* a device lies: it reaches no more than the one it pretends to be, and the driver goes on */
	MAY_CORRUPT /* software cannot notice it: the driver must come back, no more */
};

struct fault {
	const char *point, *master; /* NULL: no master */
	uint64_t value;
	enum promise promise;
};

enum action {
	ACTION_READ,  /* a device reads an address the scenario speaks of */
	ACTION_EVICT, /* every cache forgets everything */
	ACTION_ADVANCE
};

struct sweep {
	size_t base;
	const struct fault *fault; /* fail-nth; NULL: interleave-kth */
	uint32_t step;             /* interleave: number of the step in the base */
	enum action action;
	uint32_t dev; /* ACTION_READ: phandle */
	uint64_t iova;
};

#define SCHEDULE_CLEAN UINT32_MAX /* the base without the change, judged in the same way */

/* Any number names one of the faults. */
const struct fault *fault_number(uint32_t n);

bool fault_corrupts(const struct fault *f);
bool fault_at_register(const struct fault *f); /* it strikes at accesses of registers */
bool fault_at_reads(const struct fault *f);    /* ... that read */

/* The base of permutation n; its id is a copy. */
void base_of(struct base *b, const struct scenario *sc, uint32_t n);
void base_free(struct base *b);

/*
 * The least patience of the driver, of a few, with which the scenario as it is passes with everything judged: then it does
 * not depend on it, and waits in vain are short. 0: it does, or says itself how long the driver waits. Runs the scenario.
 */
uint64_t base_patience(const struct base *b);

uint32_t base_steps(const struct base *b);

/* The base without those of its steps whose `keep` is false. */
void base_reduce(struct base *to, const struct base *b, const bool *keep);

/* Runs the base as it is, with everything judged. */
void base_run(const struct base *b, struct run_result *result);

/* Calls fn for each sweep of the base, in a fixed order. */
typedef void (*sweep_fn)(void *ctx, const struct sweep *s);
void sweeps_fail(const struct base *b, size_t base, sweep_fn fn, void *ctx);
void sweeps_interleave(const struct base *b, size_t base, sweep_fn fn, void *ctx);

/* The scenario of schedule n: the fault at its occurrence n, from 0, or the action at yield point n, from 1. */
struct dts *schedule_tree(const struct base *b, const struct sweep *s, uint32_t n,
			  const char *title);

/* Steps that schedule_tree has put before those of the base, but for a fault. */
uint32_t schedule_steps_ahead(const struct dts *tree);

/* The base with faults that end alike, "explore-fault-<i>" each, of which none ever strikes. */
struct dts *faults_tree(const struct base *b, const struct fault *const *f, uint32_t count);

/* A sweep's scenario, loaded once for all its schedules. */
struct ready {
	struct scenario *sc; /* NULL: not loaded yet */
	uint32_t watch;
};
void ready_free(struct ready *r);

/* Runs schedule n. */
void ready_run(struct ready *r, const struct base *b, const struct sweep *s, uint32_t n,
	       struct run_result *result);

/*
 * Runs schedule n. *more: there was an occurrence, a yield point n. *last: how many yield points there were, 0 when that
 * is not known.
 */
void schedule_run(const struct base *b, const struct sweep *s, uint32_t n,
		  struct run_result *result, bool *more, uint64_t *last);

/* Its id: what, and where. */
void schedule_id(const struct base *b, const struct sweep *s, uint32_t n, char *buf, size_t size);

/* What is swept, without the place. */
void sweep_name(const struct base *b, const struct sweep *s, char *buf, size_t size);

/* Runs a tree, which is used up, as a scenario. */
void tree_run(struct dts *tree, const char *path, uint32_t watch, struct run_result *result);
void tree_run_probed(struct dts *tree, const char *path, const struct run_probe *probe,
		     struct run_result *result);

#endif
