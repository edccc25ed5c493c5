/* The result of a suite against the model, as text, JSON and HTML. */
#ifndef ENGINE_COVERAGE_SHOW_COVER_H
#define ENGINE_COVERAGE_SHOW_COVER_H

#include <stdio.h>

#include "coverage/cover.h"

struct reached {
	const struct model *model;
	struct cover_bits bits;
	const char *first[ITEMS_MAX]; /* the first scenario that reached an item */
	size_t permutations, failed;
};

/* Items of an architecture and kind: all that are expected, and those of each set. */
struct sum {
	uint32_t items, set[COVER_SETS], left_out;
};

struct sum sum_of(const struct reached *r, uint32_t arch, enum item_kind kind);
uint32_t sum_percent(uint32_t part, uint32_t whole);

const char *kind_title(enum item_kind kind);
const char *set_title(enum cover_set set);

/* Whether items of the kind can be in the set: transitions have no name an expectation could give, only reasons have misses. */
bool kind_has(enum item_kind kind, enum cover_set set);

/* The first set that is asked for and the item is not in: COVER_REACHED, LOOKED or NEAR; COVER_SETS: none, or left out. */
enum cover_set lacks(const struct reached *r, uint32_t n);

void show_cover_text(FILE *f, const struct reached *r, bool missing);
void show_cover_json(FILE *f, const struct reached *r);
void show_cover_html(FILE *f, const struct reached *r);

#endif
