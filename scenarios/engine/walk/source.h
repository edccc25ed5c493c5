/* A source by its name: a scenario, run up to a step, or a file of memory. */
#ifndef ENGINE_WALK_SOURCE_H
#define ENGINE_WALK_SOURCE_H

#include "walk/image.h"

struct run;

#define SOURCE_SETS 16

struct source_options {
	struct image_options image;
	const char *step; /* of a scenario; NULL: its end */
	bool arch_given;
	enum be_arch arch;
	const char *set[SOURCE_SETS]; /* NAME=VALUE, over what the source says */
	uint32_t sets;
	uint64_t seed;
};

/* What is done with the opened source; `r` is NULL unless it is a scenario. Returns an enum cli_exit. */
typedef int (*source_fn)(void *ctx, struct image *im, const struct run *r);

/* Opens `name`, calls fn, closes. CLI_USAGE after an error message. */
int source_with(const char *name, const struct source_options *o, source_fn fn, void *ctx);

#endif
