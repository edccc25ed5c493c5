/*
 * A unit of the scenario as options of QEMU's device, and what the device then really has.
 *
 * Only what a scenario states counts. The rest is as QEMU has it, which is what "not given is as the backend has it by
 * default" means in scenarios/README.md.
 */
#ifndef ENGINE_QEMU_UNIT_H
#define ENGINE_QEMU_UNIT_H

#include <stdbool.h>
#include <stddef.h>

#include "vm.h"

/* The value of -device; false with `why` when no value of an option gives what is stated. */
bool unit_options(const struct be_unit *u, const struct qemu_program *program, char *out,
		  size_t size, char *why, size_t why_size);

/* What the running device has, in the words of struct be_unit. */
void unit_read(struct vm *vm, struct be_unit *out);

/* Whether all that is stated in `want` is so in `got`; when not, `why` names the first that differs. */
bool unit_same(const struct be_unit *want, const struct be_unit *got, char *why, size_t size);

#endif
