/*
 * Exploring: the tasks of all sweeps and walks, run in rounds by the worker pool until they are complete or the schedules
 * are used up, and the failures that came of it, each made as small as it gets.
 */
#ifndef EXPLORE_EXPLORE_H
#define EXPLORE_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "schedule.h"

/* How far a task is: shared by the workers and the command, so that a crash tells which schedule it was. */
struct progress {
	uint64_t done;   /* schedules */
	uint64_t list;   /* sweeps: where the numbers of its schedules begin, in explore.numbers */
	uint64_t places; /* those like another one included */
	uint64_t cpu_ns; /* of the workers, for --timing alone */
	uint32_t count;  /* schedules there are */
	uint32_t next;   /* position of the next schedule */
	uint32_t at;     /* the schedule that runs now */
	uint32_t failed; /* schedules that failed */
	uint32_t first;  /* the first of them */
	uint32_t crashes;
	bool running, complete, bad;
};

enum task_kind {
	TASK_FAIL,
	TASK_INTERLEAVE,
	TASK_WALK,
	TASK_KINDS
};

struct task {
	enum task_kind kind;
	uint32_t rank;      /* tasks of a lower rank come first */
	struct sweep sweep; /* not of a walk */
	uint64_t walk;      /* number of the first walk */
	uint32_t walks;
	char *text, *facts; /* of its first failure, or why it cannot run; NULL: none */
};

/* What a worker found out of a base. */
struct planned {
	uint64_t patience; /* as base_patience has it */
	uint64_t cpu_ns;   /* it took, for --timing alone */
};

struct explore {
	struct base *base;
	size_t *first;           /* task of each base; one more, behind the last */
	struct planned *planned; /* shared, of each base */
	size_t bases;
	uint32_t *numbers; /* shared: schedules of all sweeps */
	uint64_t *taken;   /* shared: numbers in use */
	struct task *task;
	size_t tasks;
	struct progress *progress; /* one for each task, and one more for minimising */
	uint64_t seed, max, done;
	bool every; /* places like another one are taken too */
	size_t workers;
	size_t *todo; /* of this round */
	uint64_t share;
	void (*tick)(void *ctx, uint64_t done); /* whenever schedules were run; may be NULL */
	void *ctx;
};

/* A failure: the first schedule of a group that ends in the same way. */
struct failure {
	size_t task;
	uint32_t number; /* of the schedule, in the base below; walks: of the walk in the task */
	uint64_t like;   /* schedules that failed so, this one included */
	char *id, *text, *facts;
	struct dts *tree;   /* the scenario that replays it */
	uint32_t steps, of; /* left of how many */
};

void explore_init(struct explore *e, uint64_t seed, uint64_t max, size_t workers);
void explore_free(struct explore *e);

/* The sweeps of a permutation; those of a higher rank wait until all others are complete. */
void explore_add(struct explore *e, const struct scenario *sc, uint32_t permutation, uint32_t rank,
		 bool fail, bool interleave);
void explore_add_walks(struct explore *e, uint64_t walks);

/* Runs all of it; 0, or an errno when no worker can be started. Call it once. */
int explore_run(struct explore *e);

/* Groups the failures and minimises the first of each group; *count groups. Free with failures_free. */
struct failure *explore_failures(struct explore *e, size_t *count);
void failures_free(struct failure *f, size_t count);

/*
 * True when two failures say the same, numbers apart: the same complaint, or the same kind of finding with the same verdict and
 * cause, in the same cache. `facts` may be NULL.
 */
bool explore_same(const char *text_a, const char *facts_a, const char *text_b, const char *facts_b);

#endif
