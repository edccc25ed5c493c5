/*
 * What became of each permutation on each QEMU: the table, the report in JSON, and which rows of the list nothing needs any more.
 */
#ifndef CROSSCHECK_MATRIX_H
#define CROSSCHECK_MATRIX_H

#include "session.h"
#include "trial.h"

#define MATRIX_MACHINES 64

struct matrix_cell {
	enum trial_outcome outcome;
	bool cut;
	bool fired[ROWS_MAX];
	char *text; /* why it was skipped, or the difference; NULL: nothing to say */
};

/* One QEMU's column. */
struct matrix_column {
	struct matrix_cell *cell; /* one for each job of the suite */
	uint32_t count[TRIAL_OUTCOMES];
	uint64_t records;
	char *machine[MATRIX_MACHINES]; /* machine type and device options, each once */
	uint32_t machines;
};

struct matrix {
	struct matrix_column column[SIDES_QEMU];
	uint32_t columns;
};

/* NULL-safe; a matrix of no columns has nothing in it. */
void matrix_free(struct matrix *m, const struct session *s);

/* A column for the next QEMU of the session. */
struct matrix_column *matrix_add(struct matrix *m, const struct session *s);
void matrix_take(struct matrix_column *c, size_t job, const struct trial *t, const char *text);

/* The machines that were started: type, memory and unit, each once. */
void matrix_print_machines(const struct matrix_column *c);

/* One line for each scenario: what it came to on each version. */
void matrix_print(const struct matrix *m, const struct session *s);

/* All of it into the report: "qemu" and "results". */
void matrix_put(const struct matrix *m, const struct session *s);

/*
 * Each row that has a witness, a scenario that needs it, has to be needed by something that ran on a version the row speaks of.
 * Counts the ones that nothing needed, and tells them; tells how many could not be judged, for their witness did not run.
 */
uint32_t matrix_judge_rows(const struct matrix *m, const struct session *s);

#endif
