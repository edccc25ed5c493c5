/* The result of a suite against the model, as text, JSON and HTML. */
#ifndef ENGINE_COVERAGE_SHOW_COVER_H
#define ENGINE_COVERAGE_SHOW_COVER_H

#include <stdio.h>

#include "coverage/cover.h"

struct reached {
	const struct model *model;
	struct cover_bits bits;
	const char *first[ITEMS_MAX]; /* the first scenario that saw an item */
	size_t permutations, failed;
};

void show_cover_text(FILE *f, const struct reached *r, bool missing);
void show_cover_json(FILE *f, const struct reached *r);
void show_cover_html(FILE *f, const struct reached *r);

#endif
