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
	uint64_t ecap;           /* VT-d: 0: not read yet */
	uint64_t rtaddr, irta;   /* VT-d: as they were when SRTP and SIRTP made them count */
	bool used[VM_DEVICES];   /* a device moved something since the last invalidation */
	/* AMD-Vi from 11 on: the device table entry as it was when it was last invalidated */
	bool known[VM_DEVICES], lost[VM_DEVICES]; /* lost: it could not be read then */
	uint64_t dte[VM_DEVICES][4];
};

/* A reason: "V10: a wait descriptor ...", or NULL when the access may be made. */
const char *guard_write(struct vm *vm, struct guard *g, uint32_t off, uint32_t width, uint64_t val);

/* The same for a request: `len` bytes at `iova`, by device number `dev`, outside the interrupt range. */
const char *guard_dma(struct vm *vm, const struct guard *g, uint32_t dev, uint64_t iova,
		      uint32_t len);

/* Whether [iova, iova + len) touches the interrupt range. */
bool guard_is_message(uint64_t iova, uint64_t len);

/* What becomes of an interrupt message by the unit's registers and tables. */
struct guard_message {
	bool remapped, delivered;
	uint32_t vector, controller; /* when it is delivered */
};

const char *guard_message(struct vm *vm, const struct guard *g, uint32_t dev, bool write,
			  uint64_t addr, const uint8_t *bytes, uint64_t len,
			  struct guard_message *out);

const char *guard_vtd_write(struct vm *vm, struct guard *g, uint32_t off, uint64_t val);
const char *guard_amdvi_write(struct vm *vm, struct guard *g, uint32_t off, uint64_t val);
const char *guard_vtd_dma(struct vm *vm, const struct guard *g, uint32_t dev, uint64_t iova);
const char *guard_amdvi_dma(struct vm *vm, const struct guard *g, uint32_t dev, uint64_t iova);

/* Versions up to 10.x, whose models differ from the later ones. */
static inline bool guard_old(const struct vm *vm)
{
	return vm->program->number < QEMU_VERSION(11, 0);
}

#endif
