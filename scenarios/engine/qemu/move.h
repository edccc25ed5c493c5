/*
 * One request of a device within one page, and where in memory it came out.
 *
 * The device does not say whether a request went well; what moved is what there is to see. A write carries a tag that
 * memory does not hold in that place of any page; where it arrives, the scenario's bytes replace it. A read is known by
 * the page that it brought into being, or by what it read; when that leaves a doubt, the memory it may have read is
 * changed and it is made again.
 */
#ifndef ENGINE_QEMU_MOVE_H
#define ENGINE_QEMU_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "vm.h"

enum moved {
	MOVED_NOTHING, /* no byte of memory changed, or none came from memory */
	MOVED_ALL,
	MOVED_UNKNOWN, /* `why` says what hides it */
	MOVED_BROKEN   /* see vm_broken */
};

struct move {
	uint32_t dev;
	uint64_t iova;
	uint32_t len; /* stays within a page of 4 KiB and within what the device can do */
	uint8_t *data;

	uint64_t pa; /* MOVED_ALL: where the first byte went, or came from */
	const char *why;
	uint64_t *tags; /* number of the next tag */

	/* Asked after the first transfer: whether a fault tells already that nothing moved. May be NULL. */
	bool (*refused)(void *ctx);
	/* Pages that hold tables, mostly: they are not changed to find out whether a read came from them. May be NULL. */
	bool (*is_table)(void *ctx, uint64_t page);
	void *ctx;
	bool doubt; /* zeroes that may come from such a page are MOVED_UNKNOWN, not MOVED_NOTHING */
};

enum moved move_write(struct vm *vm, struct move *m);
enum moved move_read(struct vm *vm, struct move *m);

/* Sends the bytes as they are, for an address that is no memory; nothing is looked at. */
bool move_raw(struct vm *vm, const struct move *m);

#endif
