/*
 * What one run reaches of the model: met by the hardware or by the guest; followed by something the scenario compares; named
 * by an expectation; and, for a fault reason, missed nearly: the same run has a request, an interrupt or a command that comes
 * through.
 */
#ifndef ENGINE_COVERAGE_COVER_H
#define ENGINE_COVERAGE_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coverage/model.h"
#include "coverage/transition.h"
#include "machine.h"

struct run;
struct step;

#define COVER_WORDS (ITEMS_MAX / 64)

enum cover_set {
	COVER_REACHED,
	COVER_LOOKED, /* something was compared after it */
	COVER_NAMED,  /* an expectation names it */
	COVER_NEAR,
	COVER_SETS
};

struct cover_bits {
	uint64_t set[COVER_SETS][COVER_WORDS];
};

/* Which register an access meets; kept, for a unit's registers stay where they are. */
struct cover_place {
	const struct layout *layout; /* NULL: no register there */
	uint32_t at, unit, off;
	bool known;
};

#define COVER_PLACES 512u

struct cover {
	const struct model *model;
	struct cover_bits bits;
	struct cover_place place[COVER_PLACES];
	uint64_t status[MACHINE_UNITS][2]; /* last value of status registers */
	bool known[MACHINE_UNITS][2];
	uint8_t stage[MACHINE_UNITS][TRANSITIONS_MAX]; /* moments that have come */
	bool through;                  /* a request, an interrupt or a command did */
	uint64_t waiting[COVER_WORDS]; /* reached, and nothing compared since */
	uint32_t checks;               /* comparisons so far */
};

/* A record of the trace; a step that came out as expected; the end of the run. */
void cover_event(struct cover *c, const struct run *r, const struct be_event *e);
void cover_step(struct cover *c, const struct run *r, const struct step *s);
void cover_end(struct cover *c, uint32_t checks);

/* What was compared so far looked at what was reached so far. */
void cover_settle(struct cover *c, uint32_t checks);

/* As text and back, for what comes out of a worker. */
#define COVER_TEXT (COVER_SETS * COVER_WORDS * 16 + 1)
void cover_write(const struct cover_bits *b, char *text);
bool cover_read(struct cover_bits *b, const char *text);

/* n < 0: no item, nothing done. */
void cover_put(struct cover *c, enum cover_set set, int n);

static inline bool cover_has(const struct cover_bits *b, enum cover_set set, uint32_t n)
{
	return b->set[set][n / 64] >> (n % 64) & 1;
}

#endif
