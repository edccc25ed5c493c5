/*
 * Runs jobs in worker processes. A job that crashes or hangs its worker fails alone, with the signal named; the others
 * are carried out by a new worker. Results are handed over in the order of the jobs, whatever the number of workers.
 */
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"

struct pool_spec {
	size_t jobs;
	size_t workers;      /* 0: no worker, everything in this process (for a debugger) */
	uint64_t timeout_ns; /* wall-clock bound of one job */
	void *ctx;

	/* In a worker: carries out job n. */
	void (*run)(void *ctx, size_t n, struct run_result *result);
	/* In this process, in the order of jobs; false stops the pool. */
	bool (*done)(void *ctx, size_t n, const struct run_result *result);
	/* In this process, whenever a job ended: how many have. May be NULL. */
	void (*progress)(void *ctx, size_t finished);
};

/* 0; ECHILD when a worker failed after its last job; another errno when no worker can be started. */
int pool_run(const struct pool_spec *spec);

#endif
