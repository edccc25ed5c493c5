/* What a walk found, for people, programs and graphviz. */
#ifndef ENGINE_WALK_SHOW_H
#define ENGINE_WALK_SHOW_H

#include <stdio.h>

#include "walk/walk.h"

struct run;
struct cJSON;

void show_walk(FILE *f, const struct image *im, const struct walk_request *rq,
	       const struct walk_result *res);
struct cJSON *show_walk_json(const struct image *im, const struct walk_request *rq,
			     const struct walk_result *res);

/* What the caches of a scenario's machine hold for the address; nothing when the source is no scenario. */
void show_caches(FILE *f, const struct run *r, const struct walk_request *rq,
		 const struct walk_result *res);

void show_range(FILE *f, const struct walk_range *r);
struct cJSON *show_range_json(const struct walk_range *r);

const char *show_perm(uint8_t perm);

/* The tables of a device as a graph. */
void show_dot(FILE *f, const struct image *im, const struct walk_request *rq);

#endif
