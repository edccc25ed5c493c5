/*
 * The device that makes the DMA: QEMU's educational device (1234:11E8). It moves bytes between memory and a buffer of its
 * own, and tells nobody whether that worked: what counts is what memory holds afterwards.
 */
#ifndef BAREMETAL_EDU_H
#define BAREMETAL_EDU_H

#include <stdbool.h>
#include <stdint.h>

struct edu {
	uint64_t regs;
	uint16_t rid;
};

/* Finds it and lets it master the bus. */
bool edu_find(struct edu *e);

/* No DMA of it any more. */
void edu_quiet(const struct edu *e);

/*
 * Moves `bytes` (1 to 2048) from device address `iova` into its buffer, or from there to `iova`. False: it did not come to
 * an end within two seconds.
 */
bool edu_load(const struct edu *e, uint64_t iova, uint32_t bytes);
bool edu_store(const struct edu *e, uint64_t iova, uint32_t bytes);

#endif
