/*
 * The reference guest: the driver's platform on a backend, and its calls with a bound.
 *
 * Page-table pages the driver gives back go to the oracle at once, are overwritten with a pattern and are the first to be
 * handed out again: what still points at them shows.
 *
 * A call ends in any case: by a budget of accesses, and, when the driver makes none at all, by a clock of processor time that
 * looks now and then whether there was one.
 */
#define _POSIX_C_SOURCE 200809L

#include "guest.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acpi/discover.h"
#include "iommu/acpi.h"
#include "iommu/driver.h"
#include "iommu/inspect.h"
#include "iommu/iova.h"
#include "iommu/irq.h"
#include "iommu/ledger.h"

#define PAGE ((uint64_t)4096)
#define ORDERS 10
#define POISON \
	UINT64_C(0x6b6b6b6b6b6b6b6b) /* as a paging entry: reserved bits set, no sensible address */
#define TIMEOUT_NS UINT64_C(20000000)
#define BUDGET_SLOW \
	UINT64_C(8000000) /* register accesses, clock readings and turns of waiting, per call */
#define BUDGET_MEMORY UINT64_C(64000000) /* loads and stores, per call */

/* Free pages of one order; the last one back is the first one out. */
struct stack {
	uint64_t *pa;
	uint32_t count;
};

struct pool {
	uint64_t first, pages, next; /* next: page index never handed out yet */
	struct stack free[ORDERS];
	uint8_t *order_of; /* per page: order + 1 of the block handed out there, else 0 */
	uint32_t held;
};

#define TICK_NS 250000000 /* of processor time; two of them without an access are too many */
#define SILENT_TICKS 2

struct guest {
	timer_t clock;
	bool has_clock;
	volatile bool in_driver;     /* neither in the platform nor outside of a call */
	volatile uint64_t looked_at; /* accesses left at the last tick */
	volatile uint32_t silent;    /* ticks without an access */
	struct guest_config config;
	struct iommu_plat plat;
	struct pool pool;
	uint64_t slow_left, memory_left;
	jmp_buf out;
	const char *misuse;
	bool zeroing;
	struct guest_pending pending;
	struct iommu_unit unit[GUEST_UNITS];
	struct iommu_domain domain[GUEST_DOMAINS];
	bool domain_used[GUEST_DOMAINS];
	struct iommu_ticket ticket[GUEST_TICKETS];
	struct iommu_device device[GUEST_DEVICES];
	struct iommu_iova_space space[GUEST_DOMAINS];
	struct iommu_iova_node node[GUEST_DOMAINS][GUEST_NODES];
	struct iommu_ledger ledger[GUEST_DOMAINS];
	struct iommu_iova_range range[GUEST_RANGES];
	struct iommu_pages run[GUEST_RUNS];
	struct iommu_irq_unit irq_unit[GUEST_UNITS];
	struct iommu_irq_source irq_source[GUEST_DEVICES];
	bool irq_source_used[GUEST_DEVICES];
	struct iommu_irq irq[GUEST_IRQS];
};

/* ---- the platform ---- */

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

	if (order >= ORDERS) {
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

	if (pa < p->first || pa & (PAGE - 1) || at >= p->pages || order >= ORDERS ||
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

/* What it does from now on is refused, and rightly so; it still has to be detached. */
static void plat_device_silent(void *ctx, struct iommu_device *dev)
{
	struct guest *g = ctx;
	const struct iommu_unit *u = dev->domain->unit[dev->unit];
	struct backend *be = g->config.be;

	g->in_driver = false;
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
	for (uint32_t i = 0; i < ORDERS; i++) {
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

struct guest *guest_new(const struct guest_config *config)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->config = *config;
	g->plat = (struct iommu_plat){ .ctx = g,
				       .reg_read32 = plat_reg_read32,
				       .reg_read64 = plat_reg_read64,
				       .reg_write32 = plat_reg_write32,
				       .reg_write64 = plat_reg_write64,
				       .mem_read64 = plat_mem_read64,
				       .mem_write64 = plat_mem_write64,
				       .mem_fill64 = plat_mem_fill64,
				       .mem_sync = plat_mem_sync,
				       .page_alloc = plat_page_alloc,
				       .page_free = plat_page_free,
				       .now_ns = plat_now,
				       .relax = plat_relax,
				       .device_silent = plat_device_silent };
	if (!pool_init(&g->pool, config)) {
		guest_free(g);
		return NULL;
	}
	clock_start(g);
	return g;
}

void guest_free(struct guest *g)
{
	if (!g)
		return;
	if (g->has_clock)
		(void)timer_delete(g->clock);
	for (uint32_t i = 0; i < ORDERS; i++)
		free(g->pool.free[i].pa);
	free(g->pool.order_of);
	free(g);
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

const char *guest_error_name(int rc)
{
	if (rc == GUEST_BOUND)
		return "no end";
	return iommu_error_name(rc);
}

const char *guest_error_at(uint32_t n)
{
	const char *name = n <= 64 ? iommu_error_name(-(int)n) : "unknown";

	return strcmp(name, "unknown") == 0 ? NULL : name;
}

/* ---- calls with a bound ---- */

/* What one call needs; filled by the public functions below, so that one place holds the setjmp. */
struct call {
	int (*fn)(struct guest *g, struct call *c);
	uint32_t unit, id, ticket, device, count, perm;
	enum guest_op op;
	uint64_t iova, pa, size;
	uint32_t msi_addr, msi_data;
	const uint32_t *units;
	const struct guest_unit_options *options;
	bool passthrough;
	struct iommu_fault *faults;
	uint32_t *count_out, *perm_out;
	uint64_t *pa_out, *size_out;
	bool *lost;
	uint16_t rid;
	uint32_t range, run;
	uint64_t align, limit, offset;
	struct iommu_walk *walk;
	struct iommu_diag *diag;
	enum guest_irq_op irq_op;
	const struct guest_irq *irq;
};

static int call(struct guest *g, struct call *c)
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
	return rc;
}

static int do_unit(struct guest *g, struct call *c)
{
	struct iommu_unit *u = &g->unit[c->unit];

	switch (c->op) {
	case GUEST_INIT:
		return 0;
	case GUEST_BUILD:
		return iommu_unit_build(u);
	case GUEST_PROGRAM:
		return iommu_unit_program(u);
	case GUEST_ENABLE:
		return iommu_unit_enable(u);
	case GUEST_START:
		return iommu_unit_start(u);
	case GUEST_STOP:
		return iommu_unit_stop(u);
	case GUEST_RESET:
		return iommu_unit_reset(u);
	case GUEST_SUSPEND:
		return iommu_unit_suspend(u);
	case GUEST_RESUME:
		return iommu_unit_resume(u);
	}
	return IOMMU_E_INVAL;
}

/* What a driver cannot read from the registers, and firmware tells it. */
static int describe(const struct guest *g, uint32_t unit, struct iommu_unit_desc *d)
{
	const struct discovery *at = g->config.discovery;
	int n = discovery_unit(at, unit), rc;
	uint32_t cap;

	if (n < 0)
		return IOMMU_E_NOENT;
	rc = iommu_acpi_describe(discovery_records(at), (uint32_t)n, d);
	cap = discovery_records(at)->unit[n].cap;
	if (rc == IOMMU_OK && cap) {
		d->pci_cap = discovery_config(at, (uint32_t)n, cap);
		d->pci_misc0 = discovery_config(at, (uint32_t)n, cap + 0x10);
	}
	return rc;
}

static int do_init(struct guest *g, struct call *c)
{
	static const struct guest_unit_options none = { 0 };
	const struct guest_unit_options *o = c->options ? c->options : &none;
	struct iommu_unit_desc desc = { .index = c->unit,
					.timeout_ns = o->timeout_ns ? o->timeout_ns : TIMEOUT_NS,
					.use_register_inval = o->register_inval,
					.no_superpages = o->no_superpages,
					.no_inval_all = o->no_inval_all,
					.iova_bits = o->iova_bits };
	int rc = describe(g, c->unit, &desc);

	if (rc)
		return rc;
	if (o->rid_count)
		desc.rid_count = o->rid_count;
	return iommu_unit_init(&g->unit[c->unit], &g->plat, &desc);
}

bool guest_unit_known(const struct guest *g, uint32_t unit)
{
	return unit < GUEST_UNITS && g->unit[unit].stage != IOMMU_STAGE_NONE;
}

/* The driver must not be told that storage it still uses is new. */
static bool in_use(const struct guest *g, uint32_t unit)
{
	struct iommu_status st;

	if (!guest_unit_known(g, unit))
		return false;
	iommu_status(&g->unit[unit], &st);
	return st.stage != IOMMU_STAGE_DISCOVERED && st.stage != IOMMU_STAGE_STOPPED;
}

int guest_unit(struct guest *g, uint32_t unit, enum guest_op op,
	       const struct guest_unit_options *options)
{
	struct call c = { .fn = do_unit, .unit = unit, .op = op };

	if (op == GUEST_INIT && in_use(g, unit))
		return GUEST_NO_SLOT;
	if (op == GUEST_INIT || (!guest_unit_known(g, unit) && op <= GUEST_START)) {
		struct call init = { .fn = do_init, .unit = unit, .options = options };
		int rc;

		rc = call(g, &init);
		if (rc)
			return rc;
	}
	return call(g, &c);
}

static int do_fault_event(struct guest *g, struct call *c)
{
	return iommu_unit_fault_event(&g->unit[c->unit], c->msi_addr, c->msi_data);
}

int guest_fault_event(struct guest *g, uint32_t unit, uint32_t addr, uint32_t data)
{
	struct call c = { .fn = do_fault_event, .unit = unit, .msi_addr = addr, .msi_data = data };

	return call(g, &c);
}

static int do_drain(struct guest *g, struct call *c)
{
	return iommu_fault_drain(&g->unit[c->unit], c->faults, c->count, c->count_out, c->lost);
}

int guest_drain(struct guest *g, uint32_t unit, struct guest_fault *out, uint32_t max,
		uint32_t *count, bool *lost)
{
	struct iommu_fault *raw = calloc(GUEST_FAULTS, sizeof(*raw));
	struct call c = {
		.fn = do_drain, .unit = unit, .faults = raw, .count_out = count, .lost = lost
	};
	int rc;

	*count = 0;
	*lost = false;
	if (!raw)
		return IOMMU_E_NOMEM;
	c.count = max < GUEST_FAULTS ? max : GUEST_FAULTS;
	rc = call(g, &c);
	for (uint32_t i = 0; i < *count && i < c.count; i++)
		out[i] = (struct guest_fault){ .raw = { raw[i].raw[0], raw[i].raw[1] },
					       .addr = raw[i].addr,
					       .pasid = raw[i].pasid,
					       .rid = raw[i].rid,
					       .reason = raw[i].reason,
					       .at = raw[i].at,
					       .kind = raw[i].kind,
					       .has_pasid = raw[i].has_pasid };
	free(raw);
	return rc;
}

void guest_status(const struct guest *g, uint32_t unit, struct guest_status *s)
{
	struct iommu_status st;

	memset(&st, 0, sizeof(st));
	memset(s, 0, sizeof(*s));
	iommu_status(&g->unit[unit], &st);
	(void)iommu_status_format(&st, s->labels, sizeof(s->labels));
	s->stage = (uint32_t)st.stage;
	s->broken_why = st.broken_why;
	s->domains = st.domains;
	s->devices = st.devices;
	s->maps = st.stats.maps;
	s->unmaps = st.stats.unmaps;
	s->pages_mapped = st.stats.pages_mapped;
	s->invalidations = st.stats.invalidations;
	s->waits = st.stats.waits;
	s->timeouts = st.stats.timeouts;
	s->queue_errors = st.stats.queue_errors;
	s->silent_devices = st.stats.silent_devices;
	s->wbuf_flushes = st.stats.wbuf_flushes;
	s->faults = st.stats.faults;
	s->fault_overflows = st.stats.fault_overflows;
	s->table_pages = st.stats.table_pages;
	s->quarantined_tables = st.stats.quarantined_tables;
	s->quarantined_pages = st.stats.quarantined_pages;
}

/* ---- domains ---- */

bool guest_domain_known(const struct guest *g, uint32_t id)
{
	return id < GUEST_DOMAINS && g->domain_used[id];
}

bool guest_domain_uses(const struct guest *g, uint32_t id, uint32_t unit)
{
	const struct iommu_domain *d = &g->domain[id];

	for (uint32_t i = 0; guest_domain_known(g, id) && i < d->units; i++)
		if (d->unit[i] == &g->unit[unit])
			return true;
	return false;
}

static int do_domain(struct guest *g, struct call *c)
{
	struct iommu_unit *units[IOMMU_DOMAIN_UNITS];
	int rc;

	if (c->count > IOMMU_DOMAIN_UNITS)
		return IOMMU_E_INVAL;
	for (uint32_t i = 0; i < c->count; i++)
		units[i] = &g->unit[c->units[i]];
	rc = iommu_domain_init(&g->domain[c->id],
			       c->passthrough ? IOMMU_DOMAIN_PASSTHROUGH : IOMMU_DOMAIN_PAGING,
			       units, c->count);
	if (rc == 0)
		g->domain_used[c->id] = true;
	return rc;
}

int guest_domain(struct guest *g, uint32_t id, bool passthrough, const uint32_t *units,
		 uint32_t count)
{
	struct call c = { .fn = do_domain,
			  .id = id,
			  .passthrough = passthrough,
			  .units = units,
			  .count = count };

	return id < GUEST_DOMAINS && !g->domain_used[id] ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_destroy(struct guest *g, struct call *c)
{
	int rc = iommu_domain_destroy(&g->domain[c->id]);

	if (rc == 0)
		g->domain_used[c->id] = false;
	return rc;
}

int guest_destroy(struct guest *g, uint32_t id)
{
	struct call c = { .fn = do_destroy, .id = id };

	return guest_domain_known(g, id) ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_attach(struct guest *g, struct call *c)
{
	return iommu_attach(&g->domain[c->id], &g->unit[c->unit], &g->device[c->device]);
}

int guest_attach(struct guest *g, uint32_t id, uint32_t unit, uint32_t device, uint16_t rid,
		 bool ats)
{
	struct call c = { .fn = do_attach, .id = id, .unit = unit, .device = device };
	struct iommu_device *d = &g->device[device];

	if (!guest_domain_known(g, id) || device >= GUEST_DEVICES)
		return GUEST_NO_SLOT;
	if (unit >= GUEST_UNITS)
		return IOMMU_E_NOENT;
	if (!d->domain) {
		memset(d, 0, sizeof(*d));
		d->rid = rid;
		d->ats = ats;
	}
	return call(g, &c);
}

static int do_detach(struct guest *g, struct call *c)
{
	return iommu_detach(&g->device[c->device]);
}

int guest_detach(struct guest *g, uint32_t device)
{
	struct call c = { .fn = do_detach, .device = device };

	return device < GUEST_DEVICES ? call(g, &c) : GUEST_NO_SLOT;
}

/* ---- mappings ---- */

static int do_map(struct guest *g, struct call *c)
{
	return iommu_map(&g->domain[c->id], c->iova, c->pa, c->size, c->perm);
}

int guest_map(struct guest *g, uint32_t id, uint64_t iova, uint64_t pa, uint64_t size,
	      uint32_t perm)
{
	struct call c = {
		.fn = do_map, .id = id, .iova = iova, .pa = pa, .size = size, .perm = perm
	};

	return guest_domain_known(g, id) ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_unmap(struct guest *g, struct call *c)
{
	return iommu_unmap(&g->domain[c->id], c->iova, c->size);
}

int guest_unmap(struct guest *g, uint32_t id, uint64_t iova, uint64_t size)
{
	struct call c = { .fn = do_unmap, .id = id, .iova = iova, .size = size };

	return guest_domain_known(g, id) ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_unmap_lazy(struct guest *g, struct call *c)
{
	return iommu_unmap_lazy(&g->domain[c->id], c->iova, c->size, &g->ticket[c->ticket]);
}

int guest_unmap_lazy(struct guest *g, uint32_t id, uint64_t iova, uint64_t size, uint32_t ticket)
{
	struct call c = {
		.fn = do_unmap_lazy, .id = id, .iova = iova, .size = size, .ticket = ticket
	};

	return guest_domain_known(g, id) && ticket < GUEST_TICKETS ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_flush(struct guest *g, struct call *c)
{
	return iommu_flush(&g->domain[c->id]);
}

int guest_flush(struct guest *g, uint32_t id)
{
	struct call c = { .fn = do_flush, .id = id };

	return guest_domain_known(g, id) ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_poll(struct guest *g, struct call *c)
{
	return iommu_poll(&g->ticket[c->ticket]);
}

int guest_poll(struct guest *g, uint32_t ticket)
{
	struct call c = { .fn = do_poll, .ticket = ticket };

	return ticket < GUEST_TICKETS ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_lookup(struct guest *g, struct call *c)
{
	return iommu_lookup(&g->domain[c->id], c->iova, c->pa_out, c->perm_out, c->size_out);
}

int guest_lookup(struct guest *g, uint32_t id, uint64_t iova, uint64_t *pa, uint32_t *perm,
		 uint64_t *size)
{
	struct call c = { .fn = do_lookup,
			  .id = id,
			  .iova = iova,
			  .pa_out = pa,
			  .perm_out = perm,
			  .size_out = size };

	return guest_domain_known(g, id) ? call(g, &c) : GUEST_NO_SLOT;
}

/* ---- looking without touching ---- */

static int do_walk(struct guest *g, struct call *c)
{
	return iommu_walk(&g->unit[c->unit], c->rid, c->iova, c->perm, c->walk);
}

int guest_walk(struct guest *g, uint32_t unit, uint16_t rid, uint64_t iova, uint32_t perm,
	       struct guest_walk *w)
{
	struct iommu_walk walk;
	struct call c = {
		.fn = do_walk, .unit = unit, .rid = rid, .iova = iova, .perm = perm, .walk = &walk
	};
	int rc;

	memset(&walk, 0, sizeof(walk));
	memset(w, 0, sizeof(*w));
	rc = call(g, &c);
	w->result = (uint32_t)walk.result;
	w->in_force = walk.in_force;
	w->perm = walk.prot;
	w->steps = walk.steps;
	w->pa = walk.pa;
	w->size = walk.size;
	(void)iommu_walk_format(&walk, w->line, sizeof(w->line));
	return rc;
}

const char *guest_walk_name(uint32_t n)
{
	const char *name = iommu_walk_name((enum iommu_walk_result)n);

	return strcmp(name, "unknown") == 0 ? NULL : name;
}

static int do_diag(struct guest *g, struct call *c)
{
	return iommu_diag(&g->unit[c->unit], c->diag);
}

int guest_diag(struct guest *g, uint32_t unit, struct guest_diag *d)
{
	struct iommu_diag diag;
	struct call c = { .fn = do_diag, .unit = unit, .diag = &diag };
	int rc;

	memset(&diag, 0, sizeof(diag));
	rc = call(g, &c);
	d->translating = diag.translating;
	d->queue = diag.queue;
	d->lost = diag.faults_lost;
	d->faults = diag.faults_pending;
	(void)iommu_diag_format(&diag, d->line, sizeof(d->line));
	return rc;
}

size_t guest_domain_line(const struct guest *g, uint32_t id, char *buf, size_t size)
{
	return guest_domain_known(g, id) ? iommu_domain_format(&g->domain[id], buf, size) : 0;
}

/* ---- device addresses ---- */

static int space_of(struct guest *g, uint32_t id)
{
	if (g->space[id].domain)
		return 0;
	return iommu_iova_init(&g->space[id], &g->domain[id], g->node[id], GUEST_NODES);
}

static int do_reserve(struct guest *g, struct call *c)
{
	int rc = space_of(g, c->id);

	return rc ? rc : iommu_iova_reserve(&g->space[c->id], c->iova, c->limit);
}

int guest_reserve(struct guest *g, uint32_t id, uint64_t first, uint64_t last)
{
	struct call c = { .fn = do_reserve, .id = id, .iova = first, .limit = last };

	return guest_domain_known(g, id) ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_range(struct guest *g, struct call *c)
{
	int rc = space_of(g, c->id);

	return rc ? rc
		  : iommu_iova_alloc(&g->space[c->id], c->size, c->align, c->limit,
				     &g->range[c->range]);
}

int guest_range(struct guest *g, uint32_t id, uint32_t range, uint64_t size, uint64_t align,
		uint64_t limit)
{
	struct call c = { .fn = do_range,
			  .id = id,
			  .range = range,
			  .size = size,
			  .align = align,
			  .limit = limit };

	return guest_domain_known(g, id) && range < GUEST_RANGES ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_range_free(struct guest *g, struct call *c)
{
	return iommu_iova_free(&g->range[c->range]);
}

int guest_range_free(struct guest *g, uint32_t range)
{
	struct call c = { .fn = do_range_free, .range = range };

	return range < GUEST_RANGES ? call(g, &c) : GUEST_NO_SLOT;
}

int guest_range_address(struct guest *g, uint32_t range, uint64_t *iova)
{
	return range < GUEST_RANGES ? iommu_iova_address(&g->range[range], iova) : GUEST_NO_SLOT;
}

bool guest_range_where(const struct guest *g, uint32_t range, uint32_t *id, uint64_t *first)
{
	if (range >= GUEST_RANGES || !g->range[range].space)
		return false;
	*id = (uint32_t)(g->range[range].space - g->space);
	*first = g->range[range].first;
	return true;
}

/* ---- the ledger ---- */

static int do_lend(struct guest *g, struct call *c)
{
	int rc = 0;

	if (!g->ledger[c->id].domain)
		rc = iommu_ledger_init(&g->ledger[c->id], &g->domain[c->id]);
	return rc ? rc : iommu_pages_lend(&g->ledger[c->id], &g->run[c->run], c->pa, c->size);
}

int guest_lend(struct guest *g, uint32_t id, uint32_t run, uint64_t pa, uint64_t size)
{
	struct call c = { .fn = do_lend, .id = id, .run = run, .pa = pa, .size = size };

	return guest_domain_known(g, id) && run < GUEST_RUNS ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_run_map(struct guest *g, struct call *c)
{
	return iommu_pages_map(&g->run[c->run], &g->range[c->range], c->offset, c->perm);
}

int guest_run_map(struct guest *g, uint32_t run, uint32_t range, uint64_t offset, uint32_t perm)
{
	struct call c = {
		.fn = do_run_map, .run = run, .range = range, .offset = offset, .perm = perm
	};

	return run < GUEST_RUNS && range < GUEST_RANGES ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_run_unmap(struct guest *g, struct call *c)
{
	return iommu_pages_unmap(&g->run[c->run]);
}

int guest_run_unmap(struct guest *g, uint32_t run)
{
	struct call c = { .fn = do_run_unmap, .run = run };

	return run < GUEST_RUNS ? call(g, &c) : GUEST_NO_SLOT;
}

static int do_run_collect(struct guest *g, struct call *c)
{
	return iommu_pages_collect(&g->run[c->run], c->pa_out, c->size_out);
}

int guest_run_collect(struct guest *g, uint32_t run, uint64_t *pa, uint64_t *size)
{
	struct call c = { .fn = do_run_collect, .run = run, .pa_out = pa, .size_out = size };

	return run < GUEST_RUNS ? call(g, &c) : GUEST_NO_SLOT;
}

bool guest_run_where(const struct guest *g, uint32_t run, uint64_t *pa, uint64_t *size,
		     uint32_t *range, uint64_t *offset)
{
	const struct iommu_pages *p = &g->run[run];

	if (run >= GUEST_RUNS || !p->ledger)
		return false;
	*pa = p->pa;
	*size = p->size;
	*offset = p->offset;
	*range = p->range ? (uint32_t)(p->range - g->range) : GUEST_RANGES;
	return true;
}

bool guest_count(const struct guest *g, uint32_t id, struct guest_counts *c)
{
	struct iommu_ledger_counts counts;

	memset(c, 0, sizeof(*c));
	if (id >= GUEST_DOMAINS || !g->ledger[id].domain)
		return false;
	iommu_ledger_count(&g->ledger[id], &counts);
	for (uint32_t i = 0; i < GUEST_RUN_STATES; i++)
		c->pages[i] = counts.pages[i];
	return true;
}

/* ---- interrupts ---- */

static int irq_source_add(struct guest *g, const struct guest_irq *c)
{
	struct iommu_irq_source *src = &g->irq_source[c->source];
	int rc;

	if (g->irq_source_used[c->source])
		return GUEST_NO_SLOT;
	*src = (struct iommu_irq_source){ .rid = c->rid,
					  .ignore_functions = c->ignore_functions,
					  .bus_last = c->bus_last,
					  .pass = c->pass,
					  .entries = (uint16_t)c->entries };
	rc = iommu_irq_source_add(&g->unit[c->unit], src);
	g->irq_source_used[c->source] = rc == IOMMU_OK;
	return rc;
}

static int irq_source_remove(struct guest *g, const struct guest_irq *c)
{
	int rc = iommu_irq_source_remove(&g->irq_source[c->source]);

	if (rc == IOMMU_OK)
		g->irq_source_used[c->source] = false;
	return rc;
}

static int irq_set(struct guest *g, const struct guest_irq *c, bool start)
{
	const struct iommu_irq_target target = { .dest = c->dest,
						 .vector = c->vector,
						 .delivery = c->delivery,
						 .logical = c->logical,
						 .redirect = c->redirect,
						 .level = c->level };
	const struct iommu_irq_target *to = c->block ? NULL : &target;
	struct iommu_irq *irq = &g->irq[c->irq];

	return start ? iommu_irq_set_start(irq, c->n, to) : iommu_irq_set(irq, c->n, to);
}

static int irq_setup(struct guest *g, const struct guest_irq *c)
{
	const struct iommu_irq_desc desc = { .entries = c->entries,
					     .x2apic = c->x2apic,
					     .narrow = c->narrow };

	return iommu_irq_setup(&g->unit[c->unit], &g->irq_unit[c->unit], &desc);
}

static int do_irq(struct guest *g, struct call *call)
{
	const struct guest_irq *c = call->irq;

	switch (call->irq_op) {
	case GUEST_IRQ_SETUP:
		return irq_setup(g, c);
	case GUEST_IRQ_TEARDOWN:
		return iommu_irq_teardown(&g->unit[c->unit]);
	case GUEST_IRQ_ENABLE:
		return iommu_irq_enable(&g->unit[c->unit]);
	case GUEST_IRQ_DISABLE:
		return iommu_irq_disable(&g->unit[c->unit]);
	case GUEST_IRQ_SOURCE_ADD:
		return irq_source_add(g, c);
	case GUEST_IRQ_SOURCE_REMOVE:
		return irq_source_remove(g, c);
	case GUEST_IRQ_ALLOC:
		return iommu_irq_alloc(&g->irq_source[c->source], (enum iommu_irq_kind)c->kind,
				       c->count, &g->irq[c->irq]);
	case GUEST_IRQ_SET:
	case GUEST_IRQ_SET_START:
		return irq_set(g, c, call->irq_op == GUEST_IRQ_SET_START);
	case GUEST_IRQ_FREE:
		return iommu_irq_free(&g->irq[c->irq]);
	case GUEST_IRQ_FREE_START:
		return iommu_irq_free_start(&g->irq[c->irq]);
	case GUEST_IRQ_POLL:
		return iommu_irq_poll(&g->irq[c->irq]);
	}
	return IOMMU_E_INVAL;
}

int guest_irq(struct guest *g, enum guest_irq_op op, const struct guest_irq *c)
{
	struct call call_irq = { .fn = do_irq, .irq_op = op, .irq = c };

	if (c->unit >= GUEST_UNITS || c->source >= GUEST_DEVICES || c->irq >= GUEST_IRQS)
		return GUEST_NO_SLOT;
	return call(g, &call_irq);
}

/*
 * An I/O APIC sends bits 63:48 of its entry as address 19:4, the destination mode as address 2; vector and delivery mode as
 * data 10:0, the trigger mode as data 15, asserted.
 */
static void as_message(uint64_t rte, struct guest_irq_message *out)
{
	out->address = UINT64_C(0xfee00000) | (rte >> 48) << 4 | (rte >> 11 & 1) << 2;
	out->data = (uint32_t)(rte & 0x7ff) | (rte >> 15 & 1 ? 0xc000u : 0);
}

int guest_irq_message(const struct guest *g, uint32_t irq, uint32_t n,
		      struct guest_irq_message *out)
{
	struct iommu_irq_message m = { 0 };
	const struct iommu_irq *q = irq < GUEST_IRQS ? &g->irq[irq] : NULL;
	bool one = q && q->kind == IOMMU_IRQ_MSI;
	int rc;

	*out = (struct guest_irq_message){ 0 };
	if (!q || !q->source)
		return GUEST_NO_SLOT;
	rc = iommu_irq_message(q, one && n < q->count ? 0 : n, &m);
	if (rc)
		return rc;
	*out = (struct guest_irq_message){ .address = m.address, .data = m.data, .rte = m.rte };
	if (q->kind == IOMMU_IRQ_IOAPIC)
		as_message(m.rte, out);
	else if (one)
		out->data += n;
	return IOMMU_OK;
}

void guest_irq_status(const struct guest *g, uint32_t unit, struct guest_irq_status *out)
{
	struct iommu_irq_status st = { 0 };

	if (guest_unit_known(g, unit))
		iommu_irq_status(&g->unit[unit], &st);
	*out = (struct guest_irq_status){ .installed = st.installed,
					  .on = st.on,
					  .x2apic = st.x2apic,
					  .entry_bytes = st.entry_bytes,
					  .entries = st.entries,
					  .sources = st.sources,
					  .held = st.held,
					  .quarantined = st.quarantined,
					  .invalidations = st.invalidations };
}

bool guest_irq_moving(const struct guest *g, uint32_t unit, uint16_t rid)
{
	for (uint32_t i = 0; i < GUEST_IRQS; i++) {
		const struct iommu_irq *q = &g->irq[i];

		if (q->state != IOMMU_IRQ_IDLE && q->state != IOMMU_IRQ_HELD && q->source &&
		    q->source->unit == &g->unit[unit] && q->source->rid == rid)
			return true;
	}
	return false;
}
