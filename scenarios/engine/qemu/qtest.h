/*
 * The qtest protocol: one command a line, one answer a line. The only file that speaks it is qtest.c.
 *
 * After the first failure of the protocol (late, closed, garbage, FAIL) nothing is sent any more: every read gives all
 * ones and every write is dropped, and `error` says what happened.
 */
#ifndef ENGINE_QEMU_QTEST_H
#define ENGINE_QEMU_QTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"
#include "lines.h"

#define QTEST_LINE 65536u /* no answer to what is asked here is longer */

struct qtest {
	struct lines lines;
	struct qemu_journal *journal;
	uint32_t timeout_ms;
	bool dead;
	char error[256];
};

/* Takes the descriptor over; nothing is exchanged. */
void qtest_open(struct qtest *q, int fd, uint32_t timeout_ms, struct qemu_journal *journal);
void qtest_close(struct qtest *q);

/* Memory and device registers by physical address; width 1, 2, 4 or 8. */
uint64_t qtest_read(struct qtest *q, uint64_t pa, uint32_t width);
void qtest_write(struct qtest *q, uint64_t pa, uint32_t width, uint64_t val);

/* Several of them, in this order, in one exchange: a read's `val` is filled in. At most QTEST_TOGETHER. */
#define QTEST_TOGETHER 8u

struct qtest_access {
	bool write;
	uint8_t width;
	uint64_t pa, val;
};

void qtest_together(struct qtest *q, struct qtest_access *a, uint32_t count);

/* Ports; 32 bits. */
uint32_t qtest_in(struct qtest *q, uint16_t port);
void qtest_out(struct qtest *q, uint16_t port, uint32_t val);

/* Moves virtual time; only with the accelerator that stands still. */
void qtest_clock_step(struct qtest *q, uint64_t ns);

#endif
