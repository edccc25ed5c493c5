/*
 * What a command was asked to work on: the scenario files its arguments name, loaded, and their permutations as jobs
 * in a fixed order.
 */
#ifndef ENGINE_CLI_SUITE_H
#define ENGINE_CLI_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"

struct suite_entry {
	char *path;
	struct scenario *scenario; /* NULL: bad input, `error` says why */
	char *error;
};

struct suite_job {
	size_t entry;
	uint32_t permutation;
};

struct suite {
	struct suite_entry *entry;
	size_t entries;
	struct suite_job *job;
	size_t jobs;
	size_t bad; /* entries that could not be loaded */
};

/*
 * Adds what each argument names: a file, PATH#ID for one permutation, or a folder, searched for *.dts and *.dtb in
 * sorted order. A bad one becomes an entry with an error, told on standard error at once; it counts as one job.
 */
void suite_add(struct suite *suite, const char *arg);

/* Keeps the permutations with this id; false when there is none. */
bool suite_keep_id(struct suite *suite, const char *id);

/* Keeps every `shards`-th job, starting with number `shard` (1..shards). */
void suite_keep_shard(struct suite *suite, uint64_t shard, uint64_t shards);

const char *suite_job_id(const struct suite *suite, const struct suite_job *job);
const char *suite_job_title(const struct suite *suite, const struct suite_job *job);

/* Prints each file that could be loaded: path, a tab and the title. */
void suite_print_files(const struct suite *suite);

/* Prints each job as PATH#ID, a tab and the title. */
void suite_print_jobs(const struct suite *suite);

void suite_free(struct suite *suite);

#endif
