/*
 * One run of one permutation: what the steps share.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include <stdio.h>

#include "arch.h"
#include "backend.h"
#include "engine.h"
#include "guest.h"
#include "ledger.h"
#include "machine.h"
#include "schema.h"
#include "vary.h"

#define RUN_COMPLAINTS 256
#define RUN_RULES 32
#define RUN_FINDINGS 65536 /* whose moment is remembered */
#define RUN_TIMEOUT_NS UINT64_C(20000000)
#define RUN_DMA_MAX (UINT64_C(16) << 20) /* bytes of one request */
#define RUN_DMA_TOTAL (UINT64_C(1) << 30)

struct scenario {
	char *path;
	struct dts *tree;
	const char *title, *spec;
	uint64_t seed;
	bool lenient;    /* only what `judged` has fails it */
	uint32_t judged; /* bit n: name n of names_judge */
	struct machine machine;
	struct setting setting;
	struct vary vary;
	struct step *steps; /* step i at [2 * i], its during at [2 * i + 1] */
	uint32_t step_count;
};

/* In the order of names_judge, behind the kinds of findings. */
enum judged {
	JUDGE_COMPLAINTS = BE_FINDINGS,
	JUDGE_ANSWERS,
	JUDGE_EXPECTATIONS
};

struct rule {
	const struct dts_node *node;
	int number;
	bool promise;
};

struct run {
	const struct scenario *sc;
	const struct machine *machine;
	uint32_t permutation;
	uint32_t watch; /* as in run_options */
	struct setting setting;
	struct backend *be;
	struct guest *guest;
	struct discovery *discovery; /* what the guest found in the ACPI tables */
	struct ledger ledger;
	struct run_result *res;
	const struct run_options *options;
	bool stopped; /* at_stop was called */

	const struct step *step;   /* the one that runs */
	const struct step *inside; /* its during, when there is one */
	bool inside_busy;
	enum step_rc inside_rc;
	uint64_t yields, inside_runs;

	uint32_t findings;                   /* looked at so far */
	uint32_t findings_before;            /* when the during began */
	bool tolerated[RUN_FINDINGS];        /* seen inside an unmap that had not returned */
	uint32_t expected[BE_FINDINGS];      /* announced by expect-finding */
	bool optional[BE_FINDINGS];          /* need not appear */
	uint32_t complaints[RUN_COMPLAINTS]; /* looked at so far */
	bool allowed[RUN_COMPLAINTS];
	struct rule rule[RUN_RULES];
	uint32_t rules;

	uint32_t device[MACHINE_DEVICES]; /* the backend's numbers */
	int attached[MACHINE_DEVICES];    /* domain of the guest, -1: none */
	int half[MACHINE_DEVICES]; /* domain it was to be attached to when the unit broke, -1: none */
	const struct piece *coming; /* what a map that has not returned will add */
	bool changing; /* a call that changes how interrupts are remapped has not returned */
	uint64_t told[MACHINE_UNITS], lost[MACHINE_UNITS];
	bool own_faults[MACHINE_UNITS]; /* the scenario cleared fault records itself */
	bool dead;                      /* the guest was left in the middle of a call */
	enum judged why;                /* what a step that fails has failed for */
	bool failed; /* a step did, and the run carries on: why is in `first_failure` */
	char first_failure[2000];
	bool always; /* ... and it counts whatever the scenario judges */

	uint64_t moved;           /* bytes of all DMA asked for */
	uint64_t pattern;         /* what the next write moves */
	struct trace_file *trace; /* NULL: none */
	uint64_t trace_next;
};

/* Whether the step's `when` and `unless` let it run in permutation n. */
bool run_applies(const struct scenario *sc, uint32_t n, const struct step *s);

/* The place of the change in the step that runs: what the options say of it, else what the step says. */
uint64_t run_place(const struct run *r, uint64_t otherwise);

/* Tells the run's probe what the rules of `inject` have seen, before they are taken away. */
void run_tell_rules(struct run *r);

/* How a step ends; the text goes into the result. */
enum step_rc run_fail(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum step_rc run_error(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum step_rc run_skip(struct run *r, const char *what);

/* An expectation of something the backend cannot see: counted and named, neither right nor wrong. */
void run_unjudged(struct run *r, const char *what);

/* Compares and counts. */
enum step_rc check_number(struct run *r, const char *what, uint64_t want, uint64_t got);
enum step_rc check_text(struct run *r, const char *what, const char *want, const char *got);

/* When the step has property `name`: compares it with `got`. */
enum step_rc check_property(struct run *r, const struct step *s, const char *name, uint64_t got);

/* What steps of other files share with the guest's: its answer compared, and the oracle told of pages (step_guest.c). */
enum step_rc guest_answer(struct run *r, const struct step *s, int rc);
bool guest_mapped(struct run *r, const struct piece *p); /* false: out of memory */
bool guest_leaves(struct run *r, const struct piece *p); /* before an unmap; false: out of memory */
void guest_left(struct run *r, const struct piece *p, uint32_t ticket, int rc); /* after it */
void guest_collected(struct run *r, uint32_t ticket, int rc);

/* The step's unit, the first when it names none; its device, -1 when it names none. */
uint32_t step_unit(const struct run *r, const struct step *s);
int step_device(const struct run *r, const struct step *s);

/* Requester id of the step: `rid`, else its device's, else 0. */
uint16_t step_rid(const struct run *r, const struct step *s);

/* Unit `unit` as it is in this permutation, and its architecture. */
const struct be_unit *run_unit(const struct run *r, uint32_t unit);
const struct arch *run_arch(const struct run *r, uint32_t unit);

/*
 * The step's `reason` for a unit: of its names the one that the unit's architecture knows. STEP_ERROR when there is none.
 * Only for a step that has the property.
 */
enum step_rc step_reason(struct run *r, const struct step *s, uint32_t unit, uint8_t *code);

/* STEP_ERROR when the step's register, entry or descriptor is none of the unit's architecture. */
enum step_rc step_layout_fits(struct run *r, const struct step *s, uint32_t unit);

/* The driver is called, and the ledger and the oracle follow; the driver's answer. */
int guest_calls_detach(struct run *r, uint32_t dev);
int guest_calls_flush(struct run *r, uint32_t domain);
int guest_calls_destroy(struct run *r, uint32_t domain);
int guest_calls_unit(struct run *r, uint32_t unit, enum guest_op op,
		     const struct guest_unit_options *o);

/* Steps of several calls (step_settle.c). */
enum step_rc do_works(struct run *r, const struct step *s);
enum step_rc do_take_down(struct run *r, const struct step *s);

/* Guest: accounts for what is in the fault registers of every unit the driver runs. */
enum step_rc guest_account(struct run *r);

#define RUN_NEEDS(r, op, what)                    \
	do {                                      \
		if (!(r)->be->ops->op)            \
			return run_skip(r, what); \
	} while (0)

#endif
