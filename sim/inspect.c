/*
 * Looking into a machine: caches, registers, counters, names. Nothing here has a side effect but eviction.
 */
#include "machine.h"

/* A cursor over the devices' TLBs: number of the device above, slot of its TLB below. */
#define CURSOR_SLOT_BITS 20u
#define CURSOR_SLOT (((uint32_t)1 << CURSOR_SLOT_BITS) - 1)

_Static_assert((uint64_t)SIM_DEVICES << CURSOR_SLOT_BITS <= (uint64_t)UINT32_MAX + 1, "cursor");

static const char *const cache_names[SIM_CACHES] = {
	[SIM_CACHE_CONTEXT] = "context",     [SIM_CACHE_PASID] = "pasid",
	[SIM_CACHE_IOTLB] = "iotlb",         [SIM_CACHE_PAGING] = "paging",
	[SIM_CACHE_INTERRUPT] = "interrupt", [SIM_CACHE_DEVICE] = "device",
};

static const char *const outcome_names[] = {
	[SIM_OUTCOME_OK] = "ok",
	[SIM_OUTCOME_UR] = "ur",
	[SIM_OUTCOME_CA] = "ca",
	[SIM_OUTCOME_BLOCKED] = "blocked",
	[SIM_OUTCOME_NO_ACCESS] = "no-access",
	[SIM_OUTCOME_BUS] = "bus",
};

static const char *const source_names[] = {
	[SIM_FROM_BYPASS] = "bypass", [SIM_FROM_WALK] = "walk", [SIM_FROM_IOTLB] = "iotlb",
	[SIM_FROM_DEVTLB] = "devtlb", [SIM_FROM_MSI] = "msi",   [SIM_FROM_IRT] = "irt",
	[SIM_FROM_IEC] = "iec",
};

static const char *const access_names[] = {
	[SIM_READ] = "read",
	[SIM_WRITE] = "write",
	[SIM_ATOMIC] = "atomic",
	[SIM_ZLR] = "zlr",
};

#define NAME(table, n) ((unsigned)(n) < sizeof(table) / sizeof((table)[0]) ? (table)[n] : NULL)

const char *sim_cache_name(enum sim_cache cache)
{
	return NAME(cache_names, cache);
}

const char *sim_outcome_name(enum sim_outcome outcome)
{
	return NAME(outcome_names, outcome);
}

const char *sim_source_name(enum sim_source source)
{
	return NAME(source_names, source);
}

const char *sim_access_name(enum sim_access access)
{
	return NAME(access_names, access);
}

/* ---- caches ---- */

uint32_t sim_cache_count(const struct sim *s, uint32_t unit, enum sim_cache cache)
{
	const struct unit *u = sim_unit(s, unit);
	uint32_t n = 0;

	if (!u || (unsigned)cache >= SIM_CACHES)
		return 0;
	if (cache != SIM_CACHE_DEVICE)
		return u->cache[cache].count;
	for (uint32_t i = 0; i < s->devices; i++)
		if (s->device[i]->unit == unit)
			n += s->device[i]->tlb.count;
	return n;
}

/* The offset alone is kept of the address, which tells it within a page of 4 KiB. */
static void describe_filler(const struct tc_entry *e, struct sim_cache_line *out)
{
	bool leaf = out->cache == SIM_CACHE_IOTLB || out->cache == SIM_CACHE_DEVICE;

	out->by_known = TC_FILLER_KNOWN(e->filler);
	out->by_ats = TC_FILLER_ATS(e->filler);
	out->by_access = TC_FILLER_ACCESS(e->filler);
	out->by_rid = TC_FILLER_RID(e->filler);
	out->by_iova =
		out->by_known && leaf && !e->level ? out->iova | TC_FILLER_OFFSET(e->filler) : 0;
}

void inspect_line(const struct unit *u, enum sim_cache cache, const struct tc_entry *e,
		  struct sim_cache_line *out)
{
	*out = (struct sim_cache_line){ .cache = cache, .unit = u->index };
	u->ops->describe(u, cache, e, out);
	describe_filler(e, out);
}

void inspect_device_line(const struct device *d, const struct tc_entry *e,
			 struct sim_cache_line *out)
{
	*out = (struct sim_cache_line){
		.cache = SIM_CACHE_DEVICE,
		.unit = d->unit,
		.pasid = (uint32_t)(e->who >> 1),
		.rid = d->rid,
		.level = e->level,
		.perm = e->perm,
		.iova = e->addr,
		.pa = e->q[0],
		.entry_pa = e->entry_pa,
		.filled_ns = e->filled_ns,
	};
	describe_filler(e, out);
}

static bool device_lines_next(const struct sim *s, uint32_t unit, uint32_t *cursor,
			      struct sim_cache_line *out)
{
	uint32_t slot = *cursor & CURSOR_SLOT;

	for (uint32_t i = *cursor >> CURSOR_SLOT_BITS; i < s->devices; i++, slot = 0) {
		const struct device *d = s->device[i];
		const struct tc_entry *e = d->unit == unit ? tcache_next(&d->tlb, &slot) : NULL;

		if (!e)
			continue;
		inspect_device_line(d, e, out);
		*cursor = i << CURSOR_SLOT_BITS | slot;
		return true;
	}
	return false;
}

bool sim_cache_next(const struct sim *s, uint32_t unit, enum sim_cache cache, uint32_t *cursor,
		    struct sim_cache_line *out)
{
	const struct unit *u = sim_unit(s, unit);
	const struct tc_entry *e;

	if (!u || (unsigned)cache >= SIM_CACHES)
		return false;
	if (cache == SIM_CACHE_DEVICE)
		return device_lines_next(s, unit, cursor, out);
	e = tcache_next(&u->cache[cache], cursor);
	if (!e)
		return false;
	inspect_line(u, cache, e, out);
	return true;
}

static uint32_t evict(struct tcache *c, uint64_t iova)
{
	return iova == SIM_EVICT_ALL ? tcache_drop_all(c) : tcache_drop_covering(c, iova);
}

uint32_t sim_cache_evict(struct sim *s, uint32_t unit, enum sim_cache cache, uint64_t iova)
{
	struct unit *u = sim_unit(s, unit);
	uint32_t dropped = 0;

	if (!u || (unsigned)cache >= SIM_CACHES)
		return 0;
	if (cache != SIM_CACHE_DEVICE)
		dropped = evict(&u->cache[cache], iova);
	for (uint32_t i = 0; cache == SIM_CACHE_DEVICE && i < s->devices; i++)
		if (s->device[i]->unit == unit)
			dropped += evict(&s->device[i]->tlb, iova);
	trace(s, SIM_TRACE_DROP, unit, 0, (uint8_t)cache, 0, iova, dropped);
	return dropped;
}

/* ---- registers and counters ---- */

bool sim_reg_info(const struct sim *s, uint32_t unit, uint32_t n, struct sim_reg_info *out)
{
	const struct unit *u = sim_unit(s, unit);
	const struct reg_desc *d;

	if (!u || n >= u->regs.count)
		return false;
	d = &u->regs.reg[n].d;
	*out = (struct sim_reg_info){ d->name, d->off, d->size, d->reset, d->rw, d->w1c };
	return true;
}

int sim_unit_stats(const struct sim *s, uint32_t unit, struct sim_unit_stats *out)
{
	const struct unit *u = sim_unit(s, unit);

	if (!u)
		return SIM_E_NOENT;
	*out = u->stats;
	return SIM_OK;
}
