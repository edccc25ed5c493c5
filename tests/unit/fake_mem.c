/*
 * fake_mem.h.
 */
#include "fake_mem.h"

#include <stdlib.h>
#include <string.h>

#define WORDS ((uint64_t)FAKE_PAGES * 512)
#define IN_BLOCK 0x80 /* of `used`: not the first page of a block */

void fake_mem_bad(struct fake_mem *m, const char *why)
{
	if (m->bad++ == 0)
		m->bad_why = why;
}

void fake_mem_note(struct fake_mem *m, enum fake_what what, uint64_t a, uint64_t b)
{
	if (m->logged < FAKE_LOG)
		m->log[m->logged++] = (struct fake_event){ what, a, b };
}

/* Index of a word of an allocated page; a stray address is a breach and lands in word 0. */
static uint64_t word(struct fake_mem *m, uint64_t pa)
{
	uint64_t at = (pa - FAKE_BASE) / 8;

	if (pa < FAKE_BASE || at >= WORDS || pa % 8 || !m->used[at / 512]) {
		fake_mem_bad(m, "access outside allocated pages");
		return 0;
	}
	return at;
}

uint64_t *fake_mem_cpu(struct fake_mem *m, uint64_t pa)
{
	return &m->cpu[word(m, pa)];
}

uint64_t fake_mem_walker(struct fake_mem *m, uint64_t pa)
{
	return m->walker[word(m, pa)];
}

static uint64_t mem_read(void *ctx, uint64_t pa)
{
	return *fake_mem_cpu(ctx, pa);
}

/* Time passes with every store and register access, so that no two readings of the clock are sure to agree. */
void fake_mem_tick(struct fake_mem *m)
{
	if (!m->clock_stands)
		m->now++;
}

void fake_mem_relaxed(struct fake_mem *m)
{
	m->relaxes++;
	if (!m->clock_stands)
		m->now += 1000;
}

static void mem_write(void *ctx, uint64_t pa, uint64_t val)
{
	struct fake_mem *m = ctx;

	fake_mem_tick(m);
	*fake_mem_cpu(m, pa) = val;
	if (m->stored)
		m->stored(m, pa);
	if (m->watch)
		m->watch(m->watch_arg);
}

static void mem_fill(void *ctx, uint64_t pa, uint32_t n, uint64_t val, uint64_t step)
{
	for (uint32_t i = 0; i < n; i++)
		mem_write(ctx, pa + 8 * (uint64_t)i, val + i * step);
}

static void sync_mem(void *ctx, uint64_t pa, uint64_t size, enum iommu_sync how)
{
	struct fake_mem *m = ctx;
	uint64_t end = pa + size;

	if (how != IOMMU_SYNC_FLUSH)
		return;
	for (pa &= ~UINT64_C(63); pa < end; pa += 8) {
		uint64_t at = word(m, pa);

		m->walker[at] = m->cpu[at];
	}
}

static bool block_free(const struct fake_mem *m, uint32_t page, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (page + i >= FAKE_PAGES || m->used[page + i])
			return false;
	}
	return true;
}

/* Blocks are aligned to their size as addresses, not as page numbers. */
static uint64_t page_alloc(void *ctx, uint32_t order)
{
	struct fake_mem *m = ctx;
	uint32_t n = 1u << order, page, tried = 0;

	if (order > 9)
		fake_mem_bad(m, "unexpected order");
	if (++m->allocs == m->fail_at)
		return 0;
	for (page = m->next_page; tried <= FAKE_PAGES; tried++, page = (page + 1) % FAKE_PAGES) {
		if ((FAKE_BASE / 4096 + page) % n == 0 && block_free(m, page, n))
			break;
	}
	if (tried > FAKE_PAGES)
		return 0;
	memset(&m->used[page], IN_BLOCK, n);
	m->used[page] = (uint8_t)(order + 1);
	m->pages_used += n;
	m->next_page = page;
	memset(&m->cpu[page * 512u], 0, (size_t)n * 4096);
	/* what the walker sees is stale until flushed: make that garbage visible */
	memset(&m->walker[page * 512u], 0xa7, (size_t)n * 4096);
	return FAKE_BASE + (uint64_t)page * 4096;
}

static void page_free(void *ctx, uint64_t pa, uint32_t order)
{
	struct fake_mem *m = ctx;
	uint64_t page = (pa - FAKE_BASE) / 4096;

	if (pa < FAKE_BASE || page >= FAKE_PAGES || pa % 4096 || m->used[page] != order + 1) {
		fake_mem_bad(m, "freed a page that is not allocated");
		return;
	}
	memset(&m->used[page], 0, (size_t)1 << order);
	m->pages_used -= 1u << order;
	m->next_page = (uint32_t)(page + (1u << order)) % FAKE_PAGES; /* not reused at once */
	fake_mem_note(m, FAKE_FREE, pa, 0);
}

static uint64_t now_ns(void *ctx)
{
	return ((struct fake_mem *)ctx)->now;
}

static void lock(void *ctx, uint32_t unit)
{
	struct fake_mem *m = ctx;

	(void)unit;
	if (m->locked++)
		fake_mem_bad(m, "lock taken twice");
}

static void unlock(void *ctx, uint32_t unit)
{
	struct fake_mem *m = ctx;

	(void)unit;
	if (--m->locked)
		fake_mem_bad(m, "unlock without lock");
}

static void device_silent(void *ctx, struct iommu_device *dev)
{
	struct fake_mem *m = ctx;

	m->silent = dev;
}

void fake_mem_init(struct fake_mem *m)
{
	m->cpu = calloc(WORDS, 8);
	m->walker = calloc(WORDS, 8);
	m->used = calloc(FAKE_PAGES, 1);
	if (!m->cpu || !m->walker || !m->used)
		abort();
	m->plat = (struct iommu_plat){
		.ctx = m,
		.mem_read64 = mem_read,
		.mem_write64 = mem_write,
		.mem_fill64 = mem_fill,
		.mem_sync = sync_mem,
		.page_alloc = page_alloc,
		.page_free = page_free,
		.now_ns = now_ns,
		.lock = lock,
		.unlock = unlock,
		.device_silent = device_silent,
	};
}

void fake_mem_done(struct fake_mem *m)
{
	free(m->cpu);
	free(m->walker);
	free(m->used);
}
