/*
 * The benchmark: rows of `case ns_med ns_min ns_max`, one thread, five rounds each, with the floors measured by the same
 * program in the same run. Speed is judged as a ratio to a floor, never in nanoseconds.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_ROUNDS 5
#define BENCH_ROWS 64
#define BENCH_NAME 40 /* bytes of a row's name */

/* Does `n` operations and returns the nanoseconds they took, set-up excluded. */
typedef uint64_t (*bench_fn)(void *ctx, uint64_t n);

struct bench_row {
	char name[BENCH_NAME];
	double med, min, max; /* nanoseconds per operation */
};

struct bench {
	struct bench_row row[BENCH_ROWS];
	unsigned rows;
	const char *only; /* run rows whose name contains it; NULL: all */
};

uint64_t bench_now(void);

/* Whether this row is asked for: a filtered one needs no set-up. */
bool bench_wants(const struct bench *b, const char *name);

/* Measures one case and prints its row; `chunk` is the number of operations fn wants at once (0: any). */
void bench_run(struct bench *b, const char *name, bench_fn fn, void *ctx, uint64_t chunk);

/* Median of a row, 0 when it was not run. */
double bench_median(const struct bench *b, const char *name);

/* Keeps a value from being optimised away. */
static inline void bench_use(uint64_t v)
{
	__asm__ volatile("" : : "r"(v));
}

/* Page orders shared by floors and models, so that both touch the same sequence. */
#define BENCH_PAGES_SEQ 64u
#define BENCH_PAGES_RAND 65536u
const uint32_t *bench_random_order(void);

/* The groups of rows. */
void bench_floors(struct bench *b);
void bench_sim(struct bench *b);
void bench_driver(struct bench *b);

#endif
