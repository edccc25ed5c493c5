/*
 * What the files of a random walk share: walk_map.c keeps the reference map, walk_draw.c draws the machine and the calls,
 * walk_steps.c makes steps of calls, walk_machine.c the machine's nodes, walk.c puts them together.
 */
#ifndef EXPLORE_WALK_OWN_H
#define EXPLORE_WALK_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "tree.h"
#include "walk.h"

#define PAGE UINT64_C(4096)
#define CALLS_MIN 30
#define CALLS_MORE 60
#define DOMAINS 3
#define DEVICES 3
#define DISK 2 /* the device with a TLB of its own */
#define TICKETS 6
#define POLLS 100000
#define EARLY 3 /* yield points that each map and unmap has */

enum what {
	CALL_DOMAIN,
	CALL_DESTROY,
	CALL_ATTACH,
	CALL_DETACH,
	CALL_MAP,
	CALL_UNMAP,
	CALL_UNMAP_LAZY,
	CALL_FLUSH,
	CALL_POLL,
	CALL_LOOKUP,
	CALL_DMA,
	CALL_ATS,
	CALL_EVICT,
	CALL_ADVANCE,
	CALL_DRAIN,
	CALLS
};

struct call {
	enum what what;
	uint32_t domain, dev, ticket;
	uint64_t iova, size, pa;
	uint32_t perm; /* of a map; of a DMA: 1 reads, 2 writes */
	uint32_t at;   /* yield point at which a device reads `other`; 0: none */
	uint32_t other_dev;
	uint64_t other;
	uint32_t draw; /* for the rest */
};

struct key {
	char name[16], text[16];
	uint32_t number;
	bool is_text;
};

#define KEYS 20

struct walk {
	struct key key[KEYS];
	uint32_t keys, calls;
	bool no_ats; /* the unit has no device TLBs */
	uint64_t seed;
	struct call call[CALLS_MIN + CALLS_MORE];
};

/* ---- chance ---- */

struct dice {
	uint64_t state;
};

uint64_t roll(struct dice *d);
uint32_t below(struct dice *d, uint32_t n);

/* ---- the reference map (walk_map.c) ---- */

struct range {
	uint32_t domain;
	uint64_t first, last, pa;
	uint32_t perm;
	bool pending; /* unmapped with a ticket */
	uint32_t ticket;
};

#define RANGES 256

struct model {
	struct range range[RANGES];
	uint32_t ranges;
	bool domain[DOMAINS];
	int attached[DEVICES]; /* domain, -1: none */
	bool ats_on, no_ats;   /* the disk's */
	bool ticket[TICKETS];
};

void model_init(struct model *m, const struct walk *w);
const struct range *range_at(const struct model *m, uint32_t domain, uint64_t iova, bool pending);
bool touches(const struct model *m, uint32_t domain, uint64_t first, uint64_t last, bool pending);
bool covered(const struct model *m, uint32_t domain, uint64_t first, uint64_t last);
bool has_room(const struct model *m);
void range_take(struct model *m, const struct call *c, bool lazy);
void range_done(struct model *m, int ticket, int domain);
bool domain_busy(const struct model *m, uint32_t domain);
const char *dma_outcome(const struct model *m, uint32_t dev, uint64_t iova, uint64_t len,
			uint32_t perm, uint64_t *pa);

/* ---- drawing (walk_draw.c) ---- */

struct call draw_call(struct dice *d, const struct model *m);
void draw_hardware(struct dice *d, struct walk *w);

/* ---- calls as steps (walk_steps.c) ---- */

struct emit {
	struct tree *t;
	struct tree_node *steps;
	struct model *m;
	uint32_t number;
};

uint32_t device_handle(uint32_t dev);
struct tree_node *emit(struct emit *e, const char *verb);
void emit_call(struct emit *e, const struct call *c);

/* ---- the machine (walk_machine.c) ---- */

void machine_tree(struct tree *t);

#endif
