/*
 * What the files of a random walk share: walk_map.c keeps the reference map, walk_draw.c draws the machine and the calls,
 * walk_steps.c and walk_irq.c make steps of calls, walk_machine.c the machine's nodes, walk.c puts them together.
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
#define DEVICES 4
#define UNITS 2
#define FAR 3 /* the device behind the second unit, when there is one */
#define IRQS 4
#define ENTRIES 4 /* of an irq at most */
#define DISK 2    /* the device with a TLB of its own */
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
	CALL_NAP,
	CALL_IRQ,
	CALL_MSI,
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

#define KEYS 24

struct walk {
	struct key key[KEYS];
	uint32_t keys, calls;
	bool no_ats;               /* the unit has no device TLBs */
	bool two;                  /* units */
	bool irqs;                 /* interrupts are remapped */
	const struct fault *fault; /* strikes at its occurrence `skip`; NULL: none */
	uint32_t skip;
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

/* What an irq's entries deliver; vector 0: nothing. */
struct irq {
	uint32_t dev, count; /* count 0: not taken */
	uint32_t vector[ENTRIES], dest[ENTRIES];
};

struct model {
	struct range range[RANGES];
	uint32_t ranges;
	bool domain[DOMAINS];
	int attached[DEVICES]; /* domain, -1: none */
	bool ats_on, no_ats;   /* the disk's */
	bool ticket[TICKETS];
	uint32_t units;
	uint32_t reach[DOMAINS]; /* bit n: the domain is usable on unit n */
	bool asleep[UNITS];
	bool remaps, naps;
	struct irq irq[IRQS];
};

uint32_t unit_of(const struct model *m, uint32_t dev);

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
uint32_t unit_handle(uint32_t unit);
struct tree_node *emit(struct emit *e, const char *verb);
void emit_call(struct emit *e, const struct call *c);
void emit_start(struct emit *e);
void emit_wake(struct emit *e); /* every unit that sleeps resumes */

/* Interrupts (walk_irq.c): calls, and everything given back in the end. */
void emit_irq(struct emit *e, const struct call *c);
void emit_msi(struct emit *e, const struct call *c);
void emit_irq_setup(struct emit *e, uint32_t unit);
void emit_irq_end(struct emit *e);
void set_unit(struct emit *e, struct tree_node *n, uint32_t unit);

/* ---- the machine (walk_machine.c) ---- */

void machine_tree(struct tree *t, bool two);
uint16_t machine_last_rid(void);

#endif
