/*
 * Two transcripts of one permutation, record by record.
 *
 * The order of register writes, commands and DMA is the guest's, so it has to be the same; of the reads between two of them only
 * the last of each register or word counts, and only when both sides made it, for how often a guest looks is a matter of time.
 * A difference is looked up among the explanations (explain.h); the first that has none ends the comparison.
 */
#ifndef CROSSCHECK_COMPARE_H
#define CROSSCHECK_COMPARE_H

#include "rows.h"
#include "transcript.h"

struct compare {
	/* what is compared */
	enum be_arch arch;
	uint32_t version; /* of QEMU */
	const struct transcript *sim, *qemu;
	const struct transcript
		*fresh; /* the simulator without caches, NULL when there is no such run */
	const char *qemu_name;
	uint32_t steps;    /* of QEMU's run that are compared */
	uint32_t fails_in; /* the first step that failed there, UINT32_MAX: none */
	bool fails_dma;    /* and it is a request of a device */

	/* what came out */
	bool fired[ROWS_MAX];
	bool step_fired;  /* one of them in `fails_in` */
	uint32_t records; /* that were compared */
	bool ended;       /* a row explains why the rest cannot be compared */
	uint32_t ended_at;
	bool differs;
	bool stale; /* differs: a translation that the simulator kept and QEMU did not */
	uint32_t at;
	char text[3600]; /* differs: both sides, around the difference */
};

void compare_transcripts(struct compare *c);

#endif
