/*
 * The platform interface of the example kernel.
 */
#include "platform.h"
#include "machine.h"

#include <stdbool.h>

enum {
	PAGE = 4096,
	POOL_PAGES = 2048,
	LINE = 64
};

static struct {
	uint64_t base, bytes;
} unit_regs[PLATFORM_UNITS];

/* Aligned to the largest piece anybody asks for, a device table of 2 MiB. */
static uint8_t pool[POOL_PAGES * PAGE] __attribute__((aligned(512 * PAGE)));
static bool pool_used[POOL_PAGES];

void platform_unit(uint32_t unit, uint64_t base, uint64_t bytes)
{
	if (unit < PLATFORM_UNITS) {
		unit_regs[unit].base = base;
		unit_regs[unit].bytes = bytes;
	}
}

/* The address of a register; NULL for an access that is none, which then reads all ones, as from a unit that is gone. */
static volatile void *reg(uint32_t unit, uint32_t off, uint32_t width)
{
	if (unit >= PLATFORM_UNITS || off % width || (uint64_t)off + width > unit_regs[unit].bytes)
		return NULL;
	return (volatile void *)(uintptr_t)(unit_regs[unit].base + off);
}

static uint32_t reg_read32(void *ctx, uint32_t unit, uint32_t off)
{
	const volatile uint32_t *r = reg(unit, off, 4);

	(void)ctx;
	return r ? *r : UINT32_MAX;
}

static uint64_t reg_read64(void *ctx, uint32_t unit, uint32_t off)
{
	const volatile uint64_t *r = reg(unit, off, 8);

	(void)ctx;
	return r ? *r : UINT64_MAX;
}

/* The pages of registers are not cached, so this CPU orders a write to them behind all its earlier stores. */
static void reg_write32(void *ctx, uint32_t unit, uint32_t off, uint32_t val)
{
	volatile uint32_t *r = reg(unit, off, 4);

	(void)ctx;
	__asm__ volatile("" : : : "memory");
	if (r)
		*r = val;
}

static void reg_write64(void *ctx, uint32_t unit, uint32_t off, uint64_t val)
{
	volatile uint64_t *r = reg(unit, off, 8);

	(void)ctx;
	__asm__ volatile("" : : : "memory");
	if (r)
		*r = val;
}

static uint64_t mem_read64(void *ctx, uint64_t pa)
{
	(void)ctx;
	return *(const volatile uint64_t *)(uintptr_t)pa;
}

static void mem_write64(void *ctx, uint64_t pa, uint64_t val)
{
	(void)ctx;
	*(volatile uint64_t *)(uintptr_t)pa = val;
}

static void mem_sync(void *ctx, uint64_t pa, uint64_t size, enum iommu_sync how)
{
	(void)ctx;
	if (how == IOMMU_SYNC_FLUSH)
		for (uint64_t line = pa & ~(uint64_t)(LINE - 1); line < pa + size; line += LINE)
			__asm__ volatile("clflush %0" : "+m"(*(volatile uint8_t *)(uintptr_t)line));
	__asm__ volatile("mfence" : : : "memory");
}

static bool all_free(uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		if (pool_used[i])
			return false;
	return true;
}

static void mark(uint32_t first, uint32_t count, bool used)
{
	for (uint32_t i = first; i < first + count; i++)
		pool_used[i] = used;
}

uint64_t platform_page_alloc(uint32_t order)
{
	uint32_t count;

	if (order > 9)
		return 0;
	count = 1u << order;
	for (uint32_t i = 0; i + count <= POOL_PAGES; i += count) {
		if (!all_free(i, count))
			continue;
		mark(i, count, true);
		for (uint64_t *p = (uint64_t *)(void *)(pool + (size_t)i * PAGE),
			      *end = p + (size_t)count * (PAGE / sizeof(*p));
		     p < end; p++)
			*p = 0;
		return (uint64_t)(uintptr_t)(pool + (size_t)i * PAGE);
	}
	return 0;
}

void platform_page_free(uint64_t pa, uint32_t order)
{
	uint64_t first = (pa - (uint64_t)(uintptr_t)pool) / PAGE;

	if (order > 9 || first + (1u << order) > POOL_PAGES)
		return;
	mark((uint32_t)first, 1u << order, false);
}

uint32_t platform_pages_in_use(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < POOL_PAGES; i++)
		n += pool_used[i];
	return n;
}

static uint64_t page_alloc(void *ctx, uint32_t order)
{
	(void)ctx;
	return platform_page_alloc(order);
}

static void page_free(void *ctx, uint64_t pa, uint32_t order)
{
	(void)ctx;
	platform_page_free(pa, order);
}

static uint64_t now_ns(void *ctx)
{
	(void)ctx;
	return machine_now_ns();
}

static void relax(void *ctx)
{
	(void)ctx;
	__asm__ volatile("pause");
}

static void log_line(void *ctx, enum iommu_log_level level, const char *text)
{
	static const char *const name[] = { "error: ", "warning: ", "note: " };

	(void)ctx;
	put(name[level]);
	put_line(text);
}

/* No lock: one CPU, and no interrupt handler that calls the driver. */
const struct iommu_plat *platform(void)
{
	static const struct iommu_plat plat = {
		.reg_read32 = reg_read32,
		.reg_read64 = reg_read64,
		.reg_write32 = reg_write32,
		.reg_write64 = reg_write64,
		.mem_read64 = mem_read64,
		.mem_write64 = mem_write64,
		.mem_sync = mem_sync,
		.page_alloc = page_alloc,
		.page_free = page_free,
		.now_ns = now_ns,
		.relax = relax,
		.log = log_line,
	};

	return &plat;
}
