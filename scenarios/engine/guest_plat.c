/*
 * The driver's platform on a backend.
 *
 * Page-table pages the driver gives back go to the oracle at once, are overwritten with a pattern and are the first to be
 * handed out again: what still points at them shows.
 *
 * A call ends in any case: by a budget of accesses, and, when the driver makes none at all, by a clock of processor time that
 * looks now and then whether there was one.
 */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_own.h"

#define PAGE ((uint64_t)4096)
#define POISON \
	UINT64_C(0x6b6b6b6b6b6b6b6b) /* as a paging entry: reserved bits set, no sensible address */
#define BUDGET_SLOW \
	UINT64_C(8000000) /* register accesses, clock readings and turns of waiting, per call */
#define BUDGET_MEMORY UINT64_C(64000000) /* loads and stores, per call */
#define TICK_NS 250000000 /* of processor time; two of them without an access are too many */
#define SILENT_TICKS 2

/* ---- registers, memory, time ---- */

static struct guest *spend(void *ctx)
{
	struct guest *g = ctx;

	g->in_driver = false;
	if (g->slow_left == 0)
		longjmp(g->out, 1);
	g->slow_left--;
	return g;
}

static struct guest *spend_memory(void *ctx)
{
	struct guest *g = ctx;

	g->in_driver = false;
	if (g->memory_left == 0)
		longjmp(g->out, 1);
	g->memory_left--;
	return g;
}

/* Back to the driver, with what it asked for. */
static uint64_t back(void *ctx, uint64_t val)
{
	struct guest *g = ctx;

	g->in_driver = true;
	return val;
}

static struct backend *reg_access(void *ctx, enum guest_access kind, uint32_t unit, uint32_t off)
{
	struct guest *g = spend(ctx);

	g->pending = (struct guest_pending){ kind, unit, off };
	return g->config.be;
}

static struct backend *mem_access(void *ctx, enum guest_access kind, uint64_t pa)
{
	struct guest *g = spend_memory(ctx);

	g->pending = (struct guest_pending){ kind, 0, pa };
	return g->config.be;
}

static uint32_t plat_reg_read32(void *ctx, uint32_t unit, uint32_t off)
{
	struct backend *be = reg_access(ctx, GUEST_REG_READ, unit, off);

	return (uint32_t)back(ctx, be->ops->reg_read(be, unit, off, 4));
}

static uint64_t plat_reg_read64(void *ctx, uint32_t unit, uint32_t off)
{
	struct backend *be = reg_access(ctx, GUEST_REG_READ, unit, off);

	return back(ctx, be->ops->reg_read(be, unit, off, 8));
}

static void plat_reg_write32(void *ctx, uint32_t unit, uint32_t off, uint32_t val)
{
	struct backend *be = reg_access(ctx, GUEST_REG_WRITE, unit, off);

	be->ops->reg_write(be, unit, off, 4, val);
	(void)back(ctx, 0);
}

static void plat_reg_write64(void *ctx, uint32_t unit, uint32_t off, uint64_t val)
{
	struct backend *be = reg_access(ctx, GUEST_REG_WRITE, unit, off);

	be->ops->reg_write(be, unit, off, 8, val);
	(void)back(ctx, 0);
}

static uint64_t plat_mem_read64(void *ctx, uint64_t pa)
{
	struct backend *be = mem_access(ctx, GUEST_LOAD, pa);

	return back(ctx, be->ops->mem_read(be, pa));
}

static void plat_mem_write64(void *ctx, uint64_t pa, uint64_t val)
{
	struct backend *be = mem_access(ctx, GUEST_STORE, pa);

	be->ops->mem_write(be, pa, val);
	(void)back(ctx, 0);
}

static void plat_mem_write128(void *ctx, uint64_t pa, uint64_t lo, uint64_t hi)
{
	struct backend *be = mem_access(ctx, GUEST_STORE, pa);

	be->ops->mem_write128(be, pa, lo, hi);
	(void)back(ctx, 0);
}

static void plat_mem_fill64(void *ctx, uint64_t pa, uint32_t n, uint64_t val, uint64_t step)
{
	for (uint32_t i = 0; i < n; i++)
		plat_mem_write64(ctx, pa + 8 * (uint64_t)i, val + i * step);
}

static void plat_mem_sync(void *ctx, uint64_t pa, uint64_t size, enum iommu_sync how)
{
	struct backend *be = mem_access(ctx, GUEST_SYNC, pa);

	be->ops->sync(be, pa, size, how == IOMMU_SYNC_FLUSH);
	(void)back(ctx, 0);
}

static uint64_t plat_now(void *ctx)
{
	struct backend *be = spend(ctx)->config.be;

	return back(ctx, be->ops->now(be));
}

static void plat_relax(void *ctx)
{
	struct backend *be = spend(ctx)->config.be;

	be->ops->relax(be);
	(void)back(ctx, 0);
}

/* ---- the pool ---- */

static void fill(struct guest *g, uint64_t pa, uint64_t pages, uint64_t pattern)
{
	struct backend *be = g->config.be;
	uint64_t page[PAGE / 8];

	for (size_t i = 0; i < PAGE / 8; i++)
		page[i] = pattern;
	for (uint64_t i = 0; i < pages; i++)
		(void)be->ops->store(be, pa + i * PAGE, page, sizeof(page));
}

/* Zeroes as a kernel would write them: where caches are not snooped, they are still in the cache. */
static void zero(struct guest *g, uint64_t pa, uint64_t pages)
{
	struct backend *be = g->config.be;

	if (!g->config.cold_zeroes) {
		fill(g, pa, pages, 0);
		return;
	}
	fill(g, pa, pages, POISON);
	g->zeroing = true;
	for (uint64_t at = pa; at < pa + pages * PAGE; at += 8)
		be->ops->mem_write(be, at, 0);
	g->zeroing = false;
}

static uint64_t pool_take(struct pool *p, uint32_t order)
{
	uint64_t size = (uint64_t)1 << order, at;

	if (p->free[order].count)
		return p->free[order].pa[--p->free[order].count];
	/* align the physical address, not the index */
	at = ((p->first / PAGE + p->next + size - 1) & ~(size - 1)) - p->first / PAGE;
	if (at + size > p->pages)
		return 0;
	p->next = at + size;
	return p->first + at * PAGE;
}

static uint64_t take_page(struct guest *g, uint32_t order)
{
	struct backend *be = g->config.be;
	uint64_t pa;

	if (order >= GUEST_ORDERS) {
		g->misuse = "page_alloc: an order beyond 9";
		return 0;
	}
	if (be->ops->inject_fires && be->ops->inject_fires(be, BE_POINT_PAGE_ALLOC, 0))
		return 0;
	pa = pool_take(&g->pool, order);
	if (!pa)
		return 0;
	g->pool.order_of[(pa - g->pool.first) / PAGE] = (uint8_t)(order + 1);
	g->pool.held += 1u << order;
	zero(g, pa, (uint64_t)1 << order);
	return pa;
}

static uint64_t plat_page_alloc(void *ctx, uint32_t order)
{
	return back(ctx, take_page(spend_memory(ctx), order));
}

static void give_page(struct guest *g, uint64_t pa, uint32_t order)
{
	struct backend *be = g->config.be;
	struct pool *p = &g->pool;
	uint64_t at = (pa - p->first) / PAGE;

	if (pa < p->first || pa & (PAGE - 1) || at >= p->pages || order >= GUEST_ORDERS ||
	    p->order_of[at] != order + 1) {
		g->misuse = "page_free: not what page_alloc returned, or freed twice";
		return;
	}
	p->order_of[at] = 0;
	p->held -= 1u << order;
	if (be->ops->oracle_release)
		(void)be->ops->oracle_release(be, pa, pa + (PAGE << order) - 1);
	fill(g, pa, (uint64_t)1 << order, POISON);
	p->free[order].pa[p->free[order].count++] = pa;
}

static void plat_log(void *ctx, enum iommu_log_level level, const char *text)
{
	struct guest *g = ctx;

	g->in_driver = false;
	(void)level;
	(void)snprintf(g->log[g->logged++ % GUEST_LOG], sizeof(g->log[0]), "%s", text);
	(void)back(ctx, 0);
}

bool guest_logged(const struct guest *g, const char *part)
{
	for (uint32_t i = 0; i < GUEST_LOG; i++)
		if (strstr(g->log[i], part))
			return true;
	return false;
}

/* What it does from now on is refused, and rightly so; it still has to be detached. Caches may let it through yet. */
static void plat_device_silent(void *ctx, struct iommu_device *dev)
{
	struct guest *g = ctx;
	const struct iommu_unit *u = dev->domain->unit[dev->unit];
	struct backend *be = g->config.be;

	g->in_driver = false;
	if (g->cutting < GUEST_DEVICES) {
		g->cut_unit[g->cutting] = (uint32_t)(u - g->unit);
		g->cut_rid[g->cutting++] = dev->rid;
	}
	if (be->ops->oracle_detach)
		(void)be->ops->oracle_detach(be, (uint32_t)(u - g->unit), dev->rid);
	(void)back(ctx, 0);
}

static void plat_page_free(void *ctx, uint64_t pa, uint32_t order)
{
	give_page(spend_memory(ctx), pa, order);
	(void)back(ctx, 0);
}

static bool pool_init(struct pool *p, const struct guest_config *config)
{
	p->first = config->pool_first;
	p->pages = config->pool_pages;
	p->order_of = calloc(p->pages + 1, 1);
	for (uint32_t i = 0; i < GUEST_ORDERS; i++) {
		p->free[i].pa = calloc((p->pages >> i) + 1, sizeof(uint64_t));
		if (!p->free[i].pa)
			return false;
	}
	return p->order_of != NULL;
}

/* ---- the clock ---- */

/*
 * Processor time has passed. Only the driver's own code is left in the middle: it holds no lock and no memory of the host's.
 */
static void tick(int sig, siginfo_t *info, void *context)
{
	struct guest *g = info->si_value.sival_ptr;
	uint64_t left;

	(void)sig;
	(void)context;
	if (info->si_code != SI_TIMER || !g || !g->in_driver)
		return;
	left = g->slow_left + g->memory_left;
	g->silent = left == g->looked_at ? g->silent + 1 : 0;
	g->looked_at = left;
	if (g->silent < SILENT_TICKS)
		return;
	g->in_driver = false;
	longjmp(g->out, 1);
}

/* Without a clock the budget of accesses and the worker's time limit are left. */
static void clock_start(struct guest *g)
{
	struct sigaction act = { .sa_sigaction = tick,
				 .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGVTALRM,
				  .sigev_value = { .sival_ptr = g } };
	const struct itimerspec turns = { { 0, TICK_NS }, { 0, TICK_NS } };

	sigemptyset(&act.sa_mask);
	if (sigaction(SIGVTALRM, &act, NULL) == 0 &&
	    timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &g->clock) == 0)
		g->has_clock = timer_settime(g->clock, 0, &turns, NULL) == 0 ||
			       (timer_delete(g->clock), false);
}

/* ---- life ---- */

bool guest_platform_init(struct guest *g)
{
	g->plat = (struct iommu_plat){ .ctx = g,
				       .reg_read32 = plat_reg_read32,
				       .reg_read64 = plat_reg_read64,
				       .reg_write32 = plat_reg_write32,
				       .reg_write64 = plat_reg_write64,
				       .mem_read64 = plat_mem_read64,
				       .mem_write64 = plat_mem_write64,
				       .mem_fill64 = plat_mem_fill64,
				       .mem_sync = plat_mem_sync,
				       .mem_write128 =
					       g->config.wide_stores ? plat_mem_write128 : NULL,
				       .log = plat_log,
				       .page_alloc = plat_page_alloc,
				       .page_free = plat_page_free,
				       .now_ns = plat_now,
				       .relax = plat_relax,
				       .device_silent = plat_device_silent };
	if (!pool_init(&g->pool, &g->config))
		return false;
	clock_start(g);
	return true;
}

void guest_platform_free(struct guest *g)
{
	if (g->has_clock)
		(void)timer_delete(g->clock);
	for (uint32_t i = 0; i < GUEST_ORDERS; i++)
		free(g->pool.free[i].pa);
	free(g->pool.order_of);
}

bool guest_cutting(const struct guest *g, uint32_t unit, uint16_t rid)
{
	for (uint32_t i = 0; i < g->cutting; i++)
		if (g->cut_unit[i] == unit && g->cut_rid[i] == rid)
			return true;
	return false;
}

bool guest_zeroing(const struct guest *g)
{
	return g->zeroing;
}

struct guest_pending guest_pending(const struct guest *g)
{
	return g->pending;
}

uint32_t guest_pages_held(const struct guest *g)
{
	return g->pool.held;
}

const char *guest_misuse(const struct guest *g)
{
	return g->misuse;
}

/* ---- a call with a bound ---- */

int guest_call(struct guest *g, struct call *c)
{
	int rc;

	g->slow_left = BUDGET_SLOW;
	g->memory_left = BUDGET_MEMORY;
	g->silent = 0;
	if (setjmp(g->out) != 0)
		return GUEST_BOUND;
	g->in_driver = true;
	rc = c->fn(g, c);
	g->in_driver = false;
	if (rc == IOMMU_OK)
		g->cutting = 0;
	return rc;
}
