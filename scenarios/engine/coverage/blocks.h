/*
 * Which blocks of the driver each scenario reaches, in a build whose driver calls a hook at the start of each block
 * (hook.h; `make COV=1`).
 */
#ifndef ENGINE_COVERAGE_BLOCKS_H
#define ENGINE_COVERAGE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct blocks;

/* Whether this is such a build; without it no other function may be called but blocks_close and blocks_count_for with NULL. */
bool blocks_counted(void);

/* Room for the scenarios of a suite, shared with the workers forked later. NULL with errno set. */
struct blocks *blocks_open(size_t scenarios);
void blocks_close(struct blocks *b);

/* From here on what runs counts for the scenario; NULL: for none. */
void blocks_count_for(struct blocks *b, size_t scenario);

/*
 * A line for each block that was reached: its address from the start of the program, how many scenarios reach it, and the path
 * of the first.
 */
void blocks_write(const struct blocks *b, FILE *f, const char *(*path)(void *ctx, size_t scenario),
		  void *ctx);

#endif
