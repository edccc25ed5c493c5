/*
 * What the driver asks for: the platform interface.
 *
 * The driver reaches the world only through struct iommu_plat. Every function pointer is required unless its comment
 * says optional (then it may be NULL). `ctx` is passed back unchanged as the first argument of every call. No function
 * may call back into the driver. The driver never calls the platform with a lock of its own held other than the one
 * taken by `lock`.
 */
#ifndef IOMMU_PLAT_H
#define IOMMU_PLAT_H

#include <stdint.h>

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

/* How mem_sync makes earlier stores reach the hardware. */
enum iommu_sync {
	IOMMU_SYNC_ORDER = 0,	/* order only: the walker snoops the CPU caches (VT-d ECAP.C = 1) */
	IOMMU_SYNC_FLUSH = 1	/* write every touched cache line back to memory, then order */
};

/* Severity of a log line. */
enum iommu_log_level { IOMMU_LOG_ERROR = 0, IOMMU_LOG_WARN = 1, IOMMU_LOG_INFO = 2 };

struct iommu_device;

struct iommu_plat {
	void *ctx;

	/*
	 * Register access of unit number `unit` (iommu_unit_desc.index), `off` bytes from its register base. One access
	 * of exactly that width, never split, merged, cached or reordered against other register accesses. `off` is a
	 * multiple of the width. A write is preceded by every earlier store of this CPU as far as IOMMU_SYNC_ORDER goes.
	 */
	uint32_t (*reg_read32)(void *ctx, uint32_t unit, uint32_t off);
	uint64_t (*reg_read64)(void *ctx, uint32_t unit, uint32_t off);
	void (*reg_write32)(void *ctx, uint32_t unit, uint32_t off, uint32_t val);
	void (*reg_write64)(void *ctx, uint32_t unit, uint32_t off, uint64_t val);

	/* Load and store one aligned 64-bit word of table memory at physical address `pa`: a single access, never split. */
	uint64_t (*mem_read64)(void *ctx, uint64_t pa);
	void (*mem_write64)(void *ctx, uint64_t pa, uint64_t val);

	/*
	 * Optional. Stores `n` consecutive words from `pa` upward: the i-th is val + i * step, each one a single store, in
	 * ascending order. Same effect as n calls of mem_write64.
	 */
	void (*mem_fill64)(void *ctx, uint64_t pa, uint32_t n, uint64_t val, uint64_t step);

	/*
	 * After it returns, every earlier store of this CPU to [pa, pa + size) is ordered before every later store and
	 * register write, and with IOMMU_SYNC_FLUSH is in memory, where a walker that does not snoop finds it.
	 */
	void (*mem_sync)(void *ctx, uint64_t pa, uint64_t size, enum iommu_sync how);

	/*
	 * 2^order contiguous 4 KiB pages, zeroed, aligned to their size, below the unit's host address width; returns the
	 * physical address of the first, 0 when there are none. page_free gives back exactly what one call returned. The
	 * driver calls page_free only when no hardware can reach the page any more. The zeroes may still be in the CPU
	 * cache: the driver flushes them itself where the walker does not snoop.
	 */
	uint64_t (*page_alloc)(void *ctx, uint32_t order);
	void (*page_free)(void *ctx, uint64_t pa, uint32_t order);

	/* Monotonic time in nanoseconds; may stand still between calls, never goes back. */
	uint64_t (*now_ns)(void *ctx);

	/* Called once per turn of every polling loop: a kernel pauses the CPU or yields, the simulator moves its clock. */
	void (*relax)(void *ctx);

	/*
	 * Optional, both or neither. Mutual exclusion for one unit and the domains on it. A lock is never taken twice; a
	 * call about a domain on several units takes the locks of all of them, in ascending order of unit number. Needed
	 * only when several CPUs call the driver for the same unit at once.
	 */
	void (*lock)(void *ctx, uint32_t unit);
	void (*unlock)(void *ctx, uint32_t unit);

	/* Optional. One line of text without newline. */
	void (*log)(void *ctx, enum iommu_log_level level, const char *text);

	/*
	 * Optional. Stores two words of table memory, `lo` at `pa` and `hi` at pa + 8, such that no reader ever sees one of
	 * them without the other (x86-64: cmpxchg16b). `pa` is a multiple of 16. Used only for 128-bit interrupt remapping
	 * entries of AMD-Vi (iommu/irq.h tells what happens without it).
	 */
	void (*mem_write128)(void *ctx, uint64_t pa, uint64_t lo, uint64_t hi);

	/*
	 * Optional. `dev`, an attached device with ATS, did not answer the invalidations of its TLB and is about to be
	 * cut off: from now on its requests may be refused, and all of them are when the call that found it so succeeds
	 * (dev->silent, iommu_unmap). Called with the locks held; it must not call the driver.
	 */
	void (*device_silent)(void *ctx, struct iommu_device *dev);
};

#endif
