/*
 * The machine: made and unmade, driven by its guest, moved on in time.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"

#define TRACE_MOST ((uint32_t)1 << 26)
#define LRU_MOST ((uint32_t)1 << 20)

/*
 * What hardware takes is of this order; what counts is that it is not 0. A device may take a minute and a half to answer
 * (PCI Express, Invalidate Completion): a millisecond keeps a run with time-outs short, and every guest's bound above it.
 */
/* clang-format off */
static const struct timing timings[] = {
	[SIM_DELAY_NORMAL] = {
		.access_ns = 50, .relax_ns = 100, .handshake_ns = 400, .fetch_ns = 150,
		.status_ns = 200, .event_ns = 100, .devtlb_ns = 500, .ite_ns = 1000000,
	},
	[SIM_DELAY_IMMEDIATE] = {
		.access_ns = 50, .relax_ns = 100, .ite_ns = 1000000,
	},
	[SIM_DELAY_SLOW] = {
		.access_ns = 50, .relax_ns = 100, .handshake_ns = 20000, .fetch_ns = 7500,
		.status_ns = 10000, .event_ns = 5000, .devtlb_ns = 25000, .ite_ns = 1000000,
	},
	[SIM_DELAY_NEVER] = {
		.access_ns = 50, .relax_ns = 100, .handshake_ns = TIMING_NEVER, .fetch_ns = TIMING_NEVER,
		.status_ns = TIMING_NEVER, .event_ns = 100, .devtlb_ns = 500, .ite_ns = 1000000,
	},
	[SIM_DELAY_RANDOM] = { /* the mean; sim_after draws */
		.access_ns = 50, .relax_ns = 100, .handshake_ns = 800, .fetch_ns = 300,
		.status_ns = 400, .event_ns = 200, .devtlb_ns = 1000, .ite_ns = 1000000,
	},
	[SIM_DELAY_BATCHED] = {
		.access_ns = 50, .relax_ns = 100, .handshake_ns = 400, .fetch_ns = 6000,
		.event_ns = 100, .devtlb_ns = 500, .ite_ns = 1000000,
	},
};
/* clang-format on */

#define TIMINGS (sizeof(timings) / sizeof(timings[0]))

int sim_fail(struct sim *s, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->why, sizeof(s->why), format, args);
	va_end(args);
	return error;
}

const char *sim_why(const struct sim *s)
{
	return s->why;
}

static bool config_ok(const struct sim_config *config)
{
	const struct sim_policy *p = &config->policy;
	uint32_t records = config->trace_records;

	return (unsigned)p->keep <= SIM_KEEP_RANDOM && p->entries <= LRU_MOST &&
	       (unsigned)p->publish <= SIM_PUBLISH_OVERTAKE && (unsigned)p->delay < TIMINGS &&
	       records <= TRACE_MOST && (records & (records - 1)) == 0;
}

int sim_create(const struct sim_config *config, struct sim **out)
{
	struct sim *s;

	*out = NULL;
	if (!config_ok(config))
		return SIM_E_INVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return SIM_E_NOMEM;
	s->seed = config->seed;
	s->policy = config->policy;
	s->windows = config->oracle && config->windows;
	s->timing = timings[config->policy.delay];
	mem_init(&s->mem, config->seed, config->policy.publish);
	s->mem.trace = s;
	rng_init(&s->order, config->seed, STREAM_ORDER);
	rng_init(&s->ahead, config->seed, STREAM_SPECULATE);
	rng_init(&s->pace, config->seed, STREAM_PACE);
	s->trace_entries = config->trace_entries;
	bus_update(s);
	if (config->trace_records) {
		s->trace.mask = config->trace_records - 1;
		s->trace.ring = calloc(config->trace_records, sizeof(*s->trace.ring));
	}
	if ((config->trace_records && !s->trace.ring) ||
	    (config->oracle && oracle_create(s) != SIM_OK)) {
		sim_destroy(s);
		return SIM_E_NOMEM;
	}
	s->check = s->watch = config->oracle;
	*out = s;
	return SIM_OK;
}

void sim_destroy(struct sim *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->devices; i++) {
		tcache_destroy(&s->device[i]->tlb);
		free(s->device[i]);
	}
	free(s->device);
	for (uint32_t i = 0; i < s->units; i++) {
		s->unit[i]->ops->destroy(s->unit[i]);
		free(s->device_of_rid[i]);
	}
	if (s->oracle)
		oracle_destroy(s);
	mem_destroy(&s->mem);
	free(s->trace.ring);
	free(s);
}

/* ---- set-up ---- */

static uint64_t unit_last(const struct unit *u)
{
	return u->base + (u->bytes - 1);
}

int sim_mem_add(struct sim *s, uint64_t first, uint64_t last)
{
	int rc;

	s->why[0] = '\0';
	for (uint32_t i = 0; i < s->units && first <= last; i++)
		if (first <= unit_last(s->unit[i]) && last >= s->unit[i]->base)
			return sim_fail(s, SIM_E_EXIST,
					"memory 0x%llx..0x%llx overlaps the registers of unit %u",
					(unsigned long long)first, (unsigned long long)last,
					(unsigned)i);
	rc = mem_add(&s->mem, first, last);
	if (rc != SIM_OK) {
		const char *why = rc == SIM_E_INVAL   ? "is not a range of whole 4 KiB pages"
				  : rc == SIM_E_RANGE ? "is above 2^52 or larger than 2^40 bytes"
				  : rc == SIM_E_EXIST ? "overlaps memory that is there"
				  : rc == SIM_E_FULL  ? "is one range too many"
						      : "does not fit the host's memory";

		sim_fail(s, rc, "memory 0x%llx..0x%llx %s", (unsigned long long)first,
			 (unsigned long long)last, why);
	}
	return rc;
}

int unit_caches_init(struct sim *s, struct unit *u)
{
	int rc = SIM_OK;

	for (unsigned i = 0; i < SIM_CACHE_DEVICE && !rc; i++) {
		struct sim_policy policy = s->policy;

		if (policy.keep_nothing >> i & 1)
			policy.keep = SIM_KEEP_NONE;
		rc = tcache_init(&u->cache[i], &policy, s->seed, STREAM_CACHE + u->index * 8 + i);
	}
	return rc;
}

void unit_caches_destroy(struct unit *u)
{
	for (unsigned i = 0; i < SIM_CACHE_DEVICE; i++)
		tcache_destroy(&u->cache[i]);
}

int sim_unit_add(struct sim *s, struct unit *u, uint64_t base, uint64_t bytes)
{
	uint64_t last = base + bytes - 1;

	s->why[0] = '\0';
	if (!bytes || last < base || base % 4096)
		return sim_fail(s, SIM_E_RANGE,
				"registers at 0x%llx: not 4 KiB aligned, or wrapped",
				(unsigned long long)base);
	if (s->units == SIM_UNITS)
		return sim_fail(s, SIM_E_FULL, "more than %u units", (unsigned)SIM_UNITS);
	for (uint32_t i = 0; i < s->units; i++)
		if (base <= unit_last(s->unit[i]) && last >= s->unit[i]->base)
			return sim_fail(s, SIM_E_EXIST,
					"registers at 0x%llx overlap those of unit %u",
					(unsigned long long)base, (unsigned)i);
	for (uint32_t i = 0; i < s->mem.windows; i++) {
		const struct mem_window *w = &s->mem.win[i];

		if (base <= w->first + (w->size - 1) && last >= w->first)
			return sim_fail(s, SIM_E_EXIST,
					"registers at 0x%llx overlap memory at 0x%llx",
					(unsigned long long)base, (unsigned long long)w->first);
	}
	u->sim = s;
	power_init(u);
	u->base = base;
	u->bytes = bytes;
	u->index = s->units;
	if (u->view == MEM_VIEW_BUFFER)
		s->mem.noncoherent = true;
	else if (u->view == MEM_VIEW_MEMORY)
		s->mem.buffered = true;
	s->unit[s->units++] = u;
	return (int)u->index;
}

/* ---- time ---- */

/* Fires what is due already, as an access or a DMA may have left it. */
void machine_settle(struct sim *s)
{
	if (clock_due(&s->clock))
		clock_advance(&s->clock, 0);
}

#define RANDOM_BELOW UINT64_C(100000) /* longer ones are time-outs, and what injection asks for */

void sim_after(struct sim *s, struct timer *t, uint64_t delay_ns)
{
	if (s->policy.delay == SIM_DELAY_RANDOM && delay_ns && delay_ns < RANDOM_BELOW)
		delay_ns = rng_below(&s->pace, 4) ? rng_below(&s->pace, 2 * (uint32_t)delay_ns) : 0;
	if (delay_ns == TIMING_NEVER)
		clock_cancel(&s->clock, t);
	else
		clock_after(&s->clock, t, delay_ns);
}

uint64_t sim_now_ns(const struct sim *s)
{
	return s->clock.now_ns;
}

void sim_advance(struct sim *s, uint64_t ns)
{
	clock_advance(&s->clock, ns);
	machine_windows(s);
}

void sim_relax(struct sim *s)
{
	clock_advance(&s->clock, s->timing.relax_ns);
	machine_windows(s);
}

bool sim_idle(const struct sim *s)
{
	return clock_idle(&s->clock);
}

void sim_on_yield(struct sim *s, sim_yield_fn fn, void *ctx)
{
	s->yield = fn;
	s->yield_ctx = ctx;
}

/* Before a guest access: hardware may do anything it has to, then the access takes its time. */
void machine_yield(struct sim *s)
{
	mem_maybe_publish(&s->mem);
	bus_update(s);
	if (s->yield && !s->yielding) {
		s->yielding = true;
		s->yield(s->yield_ctx, s);
		s->yielding = false;
	}
	if (s->policy.speculate)
		speculate(s);
	clock_advance(&s->clock, s->timing.access_ns);
}

/* ---- memory ---- */

int sim_mem_load(struct sim *s, uint64_t pa, void *buf, size_t len)
{
	return mem_load(&s->mem, pa, buf, len) ? SIM_OK : SIM_E_RANGE;
}

int sim_mem_store(struct sim *s, uint64_t pa, const void *buf, size_t len)
{
	if (s->watch ? !oracle_places(s, pa, buf, len) : !mem_store(&s->mem, pa, buf, len))
		return SIM_E_RANGE;
	bus_update(s);
	machine_windows(s);
	return SIM_OK;
}

int sim_mem_load_unsnooped(const struct sim *s, uint64_t pa, uint64_t *val)
{
	if (pa % 8)
		return SIM_E_INVAL;
	return mem_read64(&s->mem, MEM_VIEW_MEMORY, pa, val) ? SIM_OK : SIM_E_RANGE;
}

uint64_t sim_cpu_read64(struct sim *s, uint64_t pa)
{
	uint64_t val;

	machine_yield(s);
	if (pa % 8 || !mem_read64(&s->mem, MEM_VIEW_CPU, pa, &val))
		return UINT64_MAX;
	if (s->watch)
		oracle_loaded(s, pa);
	machine_windows(s);
	return val;
}

void sim_cpu_write64(struct sim *s, uint64_t pa, uint64_t val)
{
	machine_yield(s);
	trace(s, SIM_TRACE_CPU_WRITE, 0, 0, 0, 0, pa, val);
	if (s->watch)
		oracle_stores(s, pa, val);
	if (pa % 8 == 0 && mem_cpu_write64(&s->mem, pa, val))
		bus_update(s);
	machine_windows(s);
}

void sim_cpu_write128(struct sim *s, uint64_t pa, uint64_t lo, uint64_t hi)
{
	const uint64_t val[] = { lo, hi };

	machine_yield(s);
	for (unsigned i = 0; i < 2; i++) {
		trace(s, SIM_TRACE_CPU_WRITE, 0, 0, 0, 0, pa + (uint64_t)8 * i, val[i]);
		if (s->watch)
			oracle_stores(s, pa + (uint64_t)8 * i, val[i]);
	}
	if (pa % 16 == 0 && mem_cpu_write128(&s->mem, pa, val))
		bus_update(s);
	machine_windows(s);
}

/* Stores are in order already; only lines that lag behind need work. */
void sim_cpu_sync(struct sim *s, uint64_t pa, uint64_t size, bool write_back)
{
	machine_yield(s);
	trace(s, SIM_TRACE_CPU_SYNC, 0, 0, write_back, 0, pa, size);
	if (!write_back)
		return;
	mem_write_back(&s->mem, pa, size);
	bus_update(s);
}

/* ---- registers ---- */

void machine_complain(struct sim *s, uint32_t unit, enum reg_result result, uint32_t off,
		      uint64_t val)
{
	switch (result) {
	case REG_OK:
		break;
	case REG_BAD_WIDTH:
		complain(s, unit, COMPLAINT_REG_WIDTH, off);
		break;
	case REG_UNIMPLEMENTED:
		complain(s, unit, COMPLAINT_REG_UNIMPLEMENTED, off);
		break;
	case REG_RESERVED_BITS:
		complain(s, unit, COMPLAINT_REG_RESERVED, val);
		break;
	}
}

uint64_t sim_reg_read(struct sim *s, uint32_t unit, uint32_t off, uint32_t width)
{
	struct unit *u = sim_unit(s, unit);
	enum reg_result result;
	uint64_t val;

	machine_yield(s);
	if (u)
		power_before_access(u, off, width);
	if (!u || power_reads_ones(u, off, width)) { /* nobody answers */
		val = width == 8 ? UINT64_MAX : UINT32_MAX;
		if (u)
			trace(s, SIM_TRACE_REG_READ, unit, 0, (uint8_t)width, 0, off, val);
		return val;
	}
	result = regfile_read(&u->regs, off, width, &val);
	trace(s, SIM_TRACE_REG_READ, unit, 0, (uint8_t)width, 0, off, val);
	if (s->watch)
		oracle_reg_read(s, unit, off, width);
	machine_complain(s, unit, result, off, 0);
	machine_settle(s);
	machine_windows(s);
	return val;
}

void sim_reg_write(struct sim *s, uint32_t unit, uint32_t off, uint32_t width, uint64_t val)
{
	struct unit *u = sim_unit(s, unit);

	machine_yield(s);
	if (!u)
		return;
	power_before_access(u, off, width);
	trace(s, SIM_TRACE_REG_WRITE, unit, 0, (uint8_t)width, 0, off, val);
	if (u->gone)
		return;
	machine_complain(s, unit, regfile_write(&u->regs, off, width, val), off, val);
	machine_settle(s);
	machine_windows(s);
}

uint64_t sim_reg_peek(const struct sim *s, uint32_t unit, uint32_t off, uint32_t width)
{
	const struct unit *u = sim_unit(s, unit);

	return u ? regfile_peek(&u->regs, off, width) : 0;
}
