/*
 * Generated cases, each judged against the reference on every side, and the sides against each other.
 */
#ifndef CROSSCHECK_RANDOM_H
#define CROSSCHECK_RANDOM_H

#include "case.h"
#include "gen.h"
#include "judge.h"
#include "play.h"

#define RANDOM_SIDES 5
#define RANDOM_REASONS 12

/* Where a case is played. */
struct random_side {
	struct judge_side who;
	play_open_fn open;
	void *ctx;
};

struct random_spec {
	enum be_arch arch;
	uint64_t seed;
	struct gen_profile profile;
	struct random_side side[RANDOM_SIDES];
	uint32_t sides;
};

/* What came of cases; sums. */
struct random_counts {
	uint32_t cases, failed, skipped; /* skipped: on one side, from some operation on */
	uint32_t dmas, moved, blocked;   /* of the first side */
	uint32_t msis, delivered;        /* of the first side */
	uint32_t open;         /* DMAs and messages of which several outcomes are allowed */
	uint32_t stale;        /* served from a cache that memory no longer agrees with */
	uint32_t equal, apart; /* DMA of the other sides: as the first, or otherwise right */
	uint32_t arrived;      /* messages that came out of the other sides */
	uint32_t fired[ROWS_MAX];
	struct random_reason {
		uint32_t count;
		char text[140];
	} reason[RANDOM_REASONS]; /* why cases were skipped or cut short */
	struct survey drawn;      /* of this call; random_add leaves it alone */
};

/* What one case came to. */
struct random_verdict {
	bool ok;
	char text[2000];   /* !ok: the difference */
	char skipped[300]; /* "": on no side */
	bool broken;       /* !ok: a side broke */
};

/* Makes and plays case n; adds to *counts. */
void random_case(const struct random_spec *spec, uint64_t n, struct random_counts *counts,
		 struct random_verdict *out);

/* The same for a case there is. */
void random_play(const struct random_spec *spec, const struct xc_case *c,
		 struct random_counts *counts, struct random_verdict *out);

/*
 * Makes case n again, shrinks it while it differs in the same way, and writes it as a scenario file to `path`. False when it
 * no longer differs, or the file cannot be written.
 */
bool random_shrink(const struct random_spec *spec, uint64_t n, const char *path,
		   struct random_verdict *out);

/* Writes case n as it is. */
bool random_write(const struct random_spec *spec, uint64_t n, const char *path);

void random_add(struct random_counts *sum, const struct random_counts *one);

#endif
