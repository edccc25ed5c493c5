/*
 * What one run reaches of the model: seen by the hardware or by the guest, looked at by an expectation of the scenario, and, for a
 * fault reason, missed nearly: the same run has a request, an interrupt or a command that comes through.
 */
#ifndef ENGINE_COVERAGE_COVER_H
#define ENGINE_COVERAGE_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coverage/model.h"

struct run;
struct step;

#define COVER_WORDS (ITEMS_MAX / 64)

struct cover_bits {
	uint64_t seen[COVER_WORDS], looked[COVER_WORDS], near[COVER_WORDS];
};

struct cover {
	const struct model *model;
	struct cover_bits bits;
	uint64_t status[64]; /* last value of status registers, by unit */
	bool known[64];
	bool through; /* a request, an interrupt or a command did */
	uint64_t
		waiting[COVER_WORDS]; /* commands and entries that no comparison has followed yet */
	uint32_t checks;              /* comparisons so far */
};

/* A line of the trace; a step that came out as expected; the end of the run. */
void cover_line(struct cover *c, const struct run *r, const char *line);
void cover_step(struct cover *c, const struct run *r, const struct step *s);
void cover_end(struct cover *c);

/* As text and back, for what comes out of a worker. */
#define COVER_TEXT (3 * COVER_WORDS * 16 + 1)
void cover_write(const struct cover_bits *b, char *text);
bool cover_read(struct cover_bits *b, const char *text);

static inline bool cover_has(const uint64_t *set, uint32_t n)
{
	return set[n / 64] >> (n % 64) & 1;
}

#endif
