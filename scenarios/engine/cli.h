/*
 * The iommu-sim command line: one function per subcommand, each given the words after its own name.
 */
#ifndef ENGINE_CLI_H
#define ENGINE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct option; /* getopt.h */

#define CLI_VERSION "0.1.0"

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1, /* some permutation did not come out as expected */
	CLI_USAGE = 2   /* bad usage or bad input */
};

/* `program` is the command as typed, argv[0] of a subcommand its name. All return an enum cli_exit. */
int cli_main(int argc, char **argv);
int cli_run(const char *program, int argc, char **argv);
int cli_list(const char *program, int argc, char **argv);

/* One line on standard error: "iommu-sim: ...". */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An unknown option or a missing argument, after getopt printed nothing: says which, and how to get help. */
int cli_bad_option(const char *command, int argc, char **argv, int opt);

/* An option whose value is not what it takes: `want` says what that is. `name` is its long name, NULL for -j. */
int cli_bad_value(const char *command, const char *name, const char *want);

/*
 * Reads the options of a command whose only short ones are -h and -j, and ends at the first -h with *help_wanted. `take` is
 * given every other one, its value in optarg, and says what the value should have been, NULL when it is good.
 */
int cli_options(const char *command, int argc, char **argv, const struct option *options,
		const char *(*take)(void *ctx, int opt), void *ctx, bool *help_wanted);

/* A decimal or 0x number, whole and within [min, max]. */
bool cli_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/* Worker processes when nobody says: one for each processor, at most CLI_WORKERS_MAX. */
#define CLI_WORKERS_MAX 256
uint64_t cli_workers(void);

/* The value of --jobs; what it should have been, NULL when it is good. */
const char *cli_take_jobs(uint64_t *workers);

/* Memory that is always there: an exhausted host ends the command with a message and status 2. */
void *cli_need(void *memory); /* the argument, never NULL */
void *cli_alloc(size_t count, size_t size);
void *cli_grow(void *old, size_t count, size_t size);
char *cli_copy(const char *text);

/* A stream that writes to memory: *text and *size are valid once it is closed; free *text. */
FILE *cli_memory(char **text, size_t *size);

/* Flushes standard output; a failed write turns `status` into CLI_USAGE with a message. */
int cli_finish(int status);

#endif
