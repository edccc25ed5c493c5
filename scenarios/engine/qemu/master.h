/*
 * What makes the requests: a small table of operations, so that another device can take edu's place.
 */
#ifndef ENGINE_QEMU_MASTER_H
#define ENGINE_QEMU_MASTER_H

#include <stdbool.h>
#include <stdint.h>

struct vm;

struct master_ops {
	const char *device;  /* "edu": the name for -device */
	const char *options; /* its properties */
	uint32_t longest;    /* bytes of one request */

	/* Once for each process, with its registers at `bar`: finds what the others need. False: vm_broken was called. */
	bool (*find)(struct vm *vm, uint32_t dev);

	/* The device's own memory, behind everybody's back. */
	bool (*put)(struct vm *vm, uint32_t dev, const void *bytes, uint32_t len);
	bool (*get)(struct vm *vm, uint32_t dev, void *bytes, uint32_t len);

	/* Moves len bytes between the device's memory and the address it issues; returns when that is over. */
	bool (*run)(struct vm *vm, uint32_t dev, bool to_memory, uint64_t iova, uint32_t len);

	/* Sends an interrupt message: with its requester id, which a write of its data engine to that address does not carry. */
	bool (*message)(struct vm *vm, uint32_t dev, uint64_t addr, uint16_t data);
};

extern const struct master_ops master_edu;

#endif
