/*
 * One permutation of a scenario on QEMU and on the simulator, and their transcripts compared.
 *
 * The simulator runs twice: as the scenario has it, where it has to come out as it says, and as QEMU is: with the capabilities
 * that QEMU's unit has, everything done at once, no paging-structure cache. The second run is compared.
 */
#ifndef CROSSCHECK_TRIAL_H
#define CROSSCHECK_TRIAL_H

#include "engine.h"
#include "rows.h"
#include "sides.h"

enum trial_outcome {
	TRIAL_EQUAL,
	TRIAL_ROWS,    /* different, and rows of the list explain it */
	TRIAL_SKIPPED, /* QEMU cannot present it */
	TRIAL_DIFFERS
};

#define TRIAL_OUTCOMES 4

/* What a trial hands back, in place of the facts of a scenario. */
struct trial {
	enum trial_outcome outcome;
	bool cut; /* a row explains why it was compared up to some step only */
	bool fired[ROWS_MAX];
	uint32_t records; /* that were compared */
	char machine[1024];
};

_Static_assert(sizeof(struct trial) <= sizeof(((struct run_result *)0)->facts), "facts");

struct trial_spec {
	const struct scenario *scenario;
	uint32_t permutation;
	uint64_t seed;
	struct sides_qemu *qemu;
};

/* result->text: why it was skipped, or the difference; result->step: where. */
void trial_run(const struct trial_spec *spec, struct trial *out, struct run_result *result);

const char *trial_outcome_name(enum trial_outcome outcome);

#endif
