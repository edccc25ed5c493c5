/*
 * What was last said to QEMU: a ring of lines, for the report of a run that fails and for --trace.
 */
#ifndef ENGINE_QEMU_JOURNAL_H
#define ENGINE_QEMU_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#define QEMU_JOURNAL_LINES 4096u
#define QEMU_JOURNAL_WIDTH 112u
#define QEMU_NO_MARK UINT64_MAX

struct qemu_journal {
	uint64_t count; /* lines ever written; the last QEMU_JOURNAL_LINES are kept */
	struct {
		uint64_t mark; /* QEMU_NO_MARK: `text` counts */
		char text[QEMU_JOURNAL_WIDTH];
	} line[QEMU_JOURNAL_LINES];
};

void qemu_journal_clear(struct qemu_journal *j);
void qemu_journal_add(struct qemu_journal *j, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void qemu_journal_mark(struct qemu_journal *j, uint64_t number);

/* Appends to line n, if it is still there. */
void qemu_journal_more(struct qemu_journal *j, uint64_t n, const char *text);

/* Line n with *mark, or NULL when it is gone or not there yet. */
const char *qemu_journal_line(const struct qemu_journal *j, uint64_t n, uint64_t *mark);

#endif
