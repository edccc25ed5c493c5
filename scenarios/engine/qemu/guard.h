/*
 * Inputs that must not reach QEMU: they kill it, hang it, or mean something else there. Each has the id of its row in the
 * table of known divergences (docs/qemu.md).
 */
#ifndef ENGINE_QEMU_GUARD_H
#define ENGINE_QEMU_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm.h"

/* What a guard remembers of the run. */
struct guard {
	uint8_t last_descriptor; /* VT-d: type of the last one submitted, 0: none */
	bool used[VM_DEVICES];   /* a device moved something since the last invalidation */
	/* AMD-Vi from 11 on: the device table entry as it was when it was last invalidated */
	bool known[VM_DEVICES];
	uint64_t dte[VM_DEVICES][4];
};

/* A reason: "V10: a wait descriptor ...", or NULL when the access may be made. */
const char *guard_write(struct vm *vm, struct guard *g, uint32_t off, uint32_t width, uint64_t val);

/* The same for a request: `len` bytes at `iova`, by device number `dev`. */
const char *guard_dma(struct vm *vm, const struct guard *g, uint32_t dev, bool write, uint64_t iova,
		      const uint8_t *data, uint32_t len);

const char *guard_vtd_write(struct vm *vm, struct guard *g, uint32_t off, uint64_t val);
const char *guard_amdvi_write(struct vm *vm, struct guard *g, uint32_t off, uint64_t val);
const char *guard_amdvi_dma(struct vm *vm, const struct guard *g, uint32_t dev, uint64_t iova);

/* Versions up to 10.x, whose models differ from the later ones. */
static inline bool guard_old(const struct vm *vm)
{
	return vm->program->number < QEMU_VERSION(11, 0);
}

#endif
