/*
 * What the iommu-sim command asks of the scenario engine: load a file, tell its permutations, run one of them.
 *
 * The engine keeps no state between calls but what hangs from a struct scenario; a loaded scenario is never changed by
 * running it.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

struct scenario;
struct run; /* run.h */
struct cover;

/* One error of an input: "file: node: what was expected" in `text`. */
struct engine_error {
	char text[1024];
};

/*
 * Loads a scenario from devicetree source (.dts, compiled by dtc) or a blob (.dtb) and checks it whole against the
 * schema. NULL on error, with *error filled: path of the file, path of the node, what was expected, what to do.
 */
struct scenario *scenario_load(const char *path, struct engine_error *error);

/* The same for a tree made in memory, which becomes the scenario's; `path` is its name in messages. */
struct dts;
struct scenario *scenario_of_tree(struct dts *tree, const char *path, struct engine_error *error);
void scenario_free(struct scenario *sc);

const char *scenario_path(const struct scenario *sc);
const char *scenario_title(const struct scenario *sc);
const char *scenario_spec(const struct scenario *sc);

/* Permutations from `vary`, at least 1. Number n's id is "key=value,key=value" ("" without vary). */
uint32_t scenario_permutations(const struct scenario *sc);
const char *scenario_permutation_id(const struct scenario *sc, uint32_t n);

struct be_qemu_options;
struct be_config;
struct backend;

/* Told of a run by itself, for somebody who wants to change it at one place (iommu-sim explore). */
struct run_probe {
	void *ctx;
	/* before each access that a step of the guest without a `during` makes; step: its number, from 0 */
	void (*access)(void *ctx, struct run *r, uint32_t step);
	/* a rule of `inject` is taken away, or the run ends: how many matches it has passed over */
	void (*rule)(void *ctx, const char *name, uint32_t passed);
};

struct run_options {
	uint64_t seed;
	const char *backend;	/* "sim" or "qemu" */
	const struct be_qemu_options *qemu;	/* for "qemu"; NULL: as installed */
	/* opens the backend instead of the two above; NULL: nobody does */
	struct backend *(*open)(void *ctx, const struct be_config *config);
	void *open_ctx;
	bool carry_on;		/* a step that fails is told at the end, and the next ones run */
	const char *trace_path;	/* NULL: no trace */
	struct cover *cover;	/* NULL: nobody asks what the run reaches (coverage/cover.h) */
	/* called once: when the step of this name is done, or, without a name, when the run ends; the machine still stands */
	void (*at_stop)(void *ctx, struct run *r);
	const char *stop_step;
	void *stop_ctx;
	const struct run_probe *probe;	/* NULL: nobody is told */
	uint32_t watch;		/* number of a step, from 1, whose yield points are told; 0: none */
	bool placed;		/* that step's during runs at yield point `place`, its injected fault passes `place` matches */
	uint32_t place;
};

enum run_verdict {
	RUN_PASS = 0,
	RUN_FAIL,   /* an expectation did not hold, or the oracle found something nobody expected */
	RUN_SKIP,   /* the backend lacks what it needs; reason in text */
	RUN_ERROR   /* the scenario cannot be carried out: bad input, reason in text */
};

struct run_result {
	enum run_verdict verdict;
	uint32_t steps;		/* carried out */
	uint32_t checks;	/* expectations compared */
	uint32_t unjudged;	/* expectations of what the backend cannot see; `unseen` names the kinds */
	char unseen[160];
	uint64_t sim_ns;	/* simulated time */
	uint32_t fired;		/* how often its first injected fault fired */
	uint64_t yields;	/* yield points of the step run_options.watch, which has a `during` */
	char step[128];		/* node name of the step that failed, "" when none */
	char text[4096];	/* why: for RUN_FAIL expected, got, and the oracle's paragraph; lines separated by \n */
	char tail[4096];	/* RUN_FAIL: the last trace lines before the failure */
	char facts[4096];	/* the oracle's finding, when it failed for one: lines of name, type (s, n, b), value; tabs between */
};

/* Runs permutation n. Never exits, never crashes on any input; bounded in time and memory. */
void scenario_run(const struct scenario *sc, uint32_t n, const struct run_options *options, struct run_result *result);

/* Every verb and property of the language in schema order, for the document's test: one line each on `out`. */
void scenario_print_schema(FILE *out);

#endif
