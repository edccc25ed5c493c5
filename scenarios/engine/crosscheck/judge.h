/*
 * Judges what was seen of a case: against the reference, and two sides against each other.
 */
#ifndef CROSSCHECK_JUDGE_H
#define CROSSCHECK_JUDGE_H

#include "case.h"
#include "play.h"
#include "ref.h"
#include "rows.h"

/* Who was seen. */
struct judge_side {
	const char *name; /* "sim", "qemu 7.2.22" */
	bool ours; /* the simulator: takes our reading where several are allowed, and obeys the policy */
	uint32_t version; /* QEMU_VERSION, 0: no rows apply */
};

struct judge {
	bool ok;
	uint32_t op;     /* the first operation that came out wrong */
	char text[1400]; /* expected, seen */
};

/* What the reference allows for each DMA of a case, in the order of its operations. NULL when out of memory. */
struct ref_set *judge_expect(const struct xc_case *c);
/* ... and counts what requests met. */
struct ref_set *judge_expect_counted(const struct xc_case *c, struct survey *survey);

/* The same for hardware that fetches context entries ahead and keeps pages it refused. */
struct ref_set *judge_expect_eager(const struct xc_case *c);

/* Compares a play with what is allowed; `eager` may be NULL; rows that were needed are counted in `fired`. */
void judge_play(const struct xc_case *c, const struct ref_set *expect, const struct ref_set *eager,
		const struct judge_side *side, const struct play *play, uint32_t fired[ROWS_MAX],
		struct judge *out);

/* Writes what was seen, in words. */
void judge_seen_text(const struct xc_case *c, const struct xc_seen *seen, char *buf, size_t size);

#endif
