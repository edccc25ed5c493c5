/*
 * The sides of a cross-check: the simulator, and QEMU in the versions asked for.
 */
#ifndef CROSSCHECK_SIDES_H
#define CROSSCHECK_SIDES_H

#include <stddef.h>

#include "qemu/qemu.h"
#include "random.h"

#define SIDES_QEMU 4

struct sides_qemu {
	struct qemu_program program;
	struct be_qemu_options options;
	char name[64];
};

struct sides {
	struct random_side side[RANDOM_SIDES]; /* the simulator is the first */
	uint32_t count;
	struct sides_qemu *qemu[SIDES_QEMU];
	uint32_t qemus;
};

/* Adds the simulator. */
void sides_add_sim(struct sides *s);

/* Adds a QEMU; NULL: that of PATH. False with one message in `error`. */
bool sides_add_qemu(struct sides *s, const char *binary, char *error, size_t size);

void sides_free(struct sides *s);

#endif
