/*
 * Plays a case on a backend: sets the machine up as a guest without a driver would, carries out the operations, and notes what
 * became of each DMA.
 */
#ifndef CROSSCHECK_PLAY_H
#define CROSSCHECK_PLAY_H

#include "case.h"

enum play_end {
	PLAY_DONE,
	PLAY_CANNOT, /* the backend cannot present this: skipped */
	PLAY_BROKEN  /* it refused, hung or died */
};

struct play {
	enum play_end end;
	char why[600];
	uint32_t ops;            /* carried out */
	struct xc_seen at_start; /* AMD-Vi: an event of switching the unit on */
	struct xc_seen
		seen[XC_OPS]; /* of a DMA or message; of an invalidation whether it left an event */
};

typedef struct backend *(*play_open_fn)(void *ctx, const struct be_config *config);

/* The unit of the case as its capabilities say, over the defaults `ops` has for it. */
bool play_unit(const struct xc_case *c, const struct backend_ops *ops, struct be_unit *u);

/* The two words of the descriptor or command that an invalidation is. */
void play_inval_words(const struct xc_inval *v, uint64_t q[2]);

/* IRTA of a case with interrupt remapping; what Control has for it besides the enables. */
uint64_t play_irta(const struct xc_case *c);
uint64_t play_control(const struct xc_case *c);

/* Opens a backend, plays the case on it, closes it. */
void play_case(const struct xc_case *c, play_open_fn open, void *ctx, struct play *out);

#endif
