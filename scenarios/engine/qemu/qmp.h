/*
 * QEMU's machine protocol, as far as it is needed: greeting, a reset, and what the interrupt controller received.
 */
#ifndef ENGINE_QEMU_QMP_H
#define ENGINE_QEMU_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal.h"
#include "lines.h"

#define QMP_VECTORS 256
#define QMP_PROCESSORS 4 /* interrupt controllers with the ids 0 to 3 */

struct qmp {
	struct lines lines;
	struct qemu_journal *journal;
	uint32_t timeout_ms;
	bool dead;
	char error[256];
};

/* Takes the descriptor over and waits for the greeting. */
bool qmp_open(struct qmp *q, int fd, uint32_t timeout_ms, struct qemu_journal *journal);
void qmp_close(struct qmp *q);

/* Resets the machine and waits until that has happened. */
bool qmp_reset(struct qmp *q);

/* Adds a device to the running machine: "edu,bus=bus1,addr=00.0". */
bool qmp_device_add(struct qmp *q, const char *device);

/* Which vectors a processor's interrupt controller has received since the reset. */
bool qmp_vectors(struct qmp *q, uint32_t processor, bool seen[QMP_VECTORS]);

/* The vectors in the text of "info lapic": the numbers behind IRR and ISR. */
void qmp_parse_lapic(const char *text, bool seen[QMP_VECTORS]);

#endif
