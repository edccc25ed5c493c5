/*
 * The device table.
 * Implements 48882 2.2.2 "Device Table": look-up, segments, reserved fields. Entries are cached whole, those with V = 0
 * too: the DMA half in the context cache, the interrupt half, once an interrupt needed it, in the interrupt cache.
 */
#include "unit.h"

/* Address of the device's entry; false: its index is beyond the table. */
static bool locate(const struct amdvi_unit *a, uint16_t rid, uint64_t *at)
{
	unsigned segen = (unsigned)FIELD_GET(AMDVI_CONTROL_DEVTBLSEGEN, amdvi_control(a));
	uint32_t index_bits = 16 - segen, segment = (uint32_t)rid >> index_bits;
	uint32_t index = rid & ((1u << index_bits) - 1);
	uint64_t reg = reg_get(&a->u.regs, (uint32_t)AMDVI_REG_DEVTAB_SEG(segment));

	*at = (reg & AMDVI_DEVTAB_BASE) + (uint64_t)index * sizeof(struct amdvi_dte);
	return index < (FIELD_GET(AMDVI_DEVTAB_SIZE, reg) + 1) * AMDVI_DTES_PER_PAGE;
}

static bool read_entry(const struct amdvi_xl *xl, uint64_t at, uint64_t *q)
{
	struct port port = xl->port;

	if (__builtin_expect(at - xl->direct.first < xl->direct.size, 1)) {
		memcpy(q, xl->direct.base + (at - xl->direct.first), sizeof(struct amdvi_dte));
		return true;
	}
	if (amdvi_control(xl->a) & AMDVI_CONTROL_COHERENT)
		port.view = MEM_VIEW_CPU;
	if (!bus_read128(xl->a->u.sim, &port, at, q) ||
	    !bus_read128(xl->a->u.sim, &port, at + 16, q + 2))
		return false;
	trace_entry(xl->a->u.sim, &port, SIM_ENTRY_DTE, at, q, 4);
	return true;
}

bool amdvi_dte_illegal(const struct amdvi_caps *c, const uint64_t *q, bool *rz)
{
	uint64_t had = FIELD_GET(AMDVI_DTE0_HAD, q[0]);

	*rz = q[0] & c->dte_rsvd[0] || q[1] & c->dte_rsvd[1];
	if (*rz || FIELD_GET(AMDVI_DTE1_IOCTL, q[1]) == AMDVI_IOCTL_RSVD)
		return true;
	return had == 2 || (had == AMDVI_HAD_AD && !c->hd);
}

/* ---- cache ---- */

struct tc_entry *amdvi_dte_cached(struct amdvi_unit *a, uint16_t rid)
{
	return tcache_find_level(&a->u.cache[SIM_CACHE_CONTEXT], 0, rid, 0);
}

/* No rule is broken and the tables decide. */
static bool plain(const struct amdvi_caps *c, const uint64_t *q)
{
	uint64_t mode = FIELD_GET(AMDVI_DTE0_MODE, q[0]);
	bool rz;

	return q[0] & AMDVI_DTE0_V && q[0] & AMDVI_DTE0_TV && mode && mode <= c->max_mode &&
	       !amdvi_dte_illegal(c, q, &rz);
}

static bool keeps(const struct amdvi_xl *xl, enum sim_cache cache)
{
	return tcache_keeps(&xl->cache->u.cache[cache]);
}

static void fill(struct amdvi_xl *xl, enum sim_cache cache, const uint64_t *half)
{
	struct amdvi_unit *a = xl->cache;
	bool dma = cache == SIM_CACHE_CONTEXT;
	struct tc_entry e = {
		.who = xl->rq->rid,
		.q = { half[0], half[1] },
		.group = xl->domain,
		.perm = dma ? amdvi_perm(half[0]) : 0,
		.flags = dma && plain(&a->caps, half) ? AMDVI_DTE_PLAIN : 0,
		.entry_pa = dma ? xl->dte_at : xl->dte_at + 16,
		.filled_ns = a->u.sim->clock.now_ns,
	};

	trace(a->u.sim, SIM_TRACE_FILL, a->u.index, xl->rq->rid, (uint8_t)cache, 0, 0, half[0]);
	tcache_insert(&a->u.cache[cache], &e);
}

/*
 * One DomainID with different tables or permissions: what the unit caches for one device it uses for the other. Entries that
 * let nothing through cache nothing.
 */
static void complain_domain(struct amdvi_unit *a, const struct amdvi_xl *xl)
{
	struct amdvi_domain *d = &a->domain[xl->domain];
	uint64_t tables = xl->q[0] & (AMDVI_DTE0_HOSTPT | AMDVI_DTE0_MODE | AMDVI_DTE0_IR |
				      AMDVI_DTE0_IW | AMDVI_DTE0_TV);

	if (!(xl->q[0] & AMDVI_DTE0_V) || !(xl->q[0] & AMDVI_DTE0_TV) || !amdvi_perm(xl->q[0]))
		return;
	if (d->tables && d->tables != tables)
		complain(a->u.sim, a->u.index, COMPLAINT_DOMAIN_TABLES, xl->domain);
	d->tables = tables;
	d->rid = xl->rq->rid;
	a->domain_of[xl->rq->rid] = xl->domain;
}

/* The DMA half is in q. */
static void known(struct amdvi_xl *xl)
{
	xl->domain = (uint16_t)FIELD_GET(AMDVI_DTE1_DOMAINID, xl->q[1]);
	xl->x->domain = xl->domain;
	xl->x->entry_pa = xl->dte_at;
	xl->x->entry = xl->q[0];
}

void amdvi_dte_use(struct amdvi_xl *xl, const struct tc_entry *dma)
{
	memcpy(xl->q, dma->q, sizeof(dma->q));
	xl->dte_at = dma->entry_pa;
	known(xl);
}

static bool from_cache(struct amdvi_xl *xl)
{
	struct tc_entry *dma, *irq = NULL;

	if (!xl->cache)
		return false;
	dma = tcache_find(&xl->cache->u.cache[SIM_CACHE_CONTEXT], 0, xl->rq->rid);
	if (xl->interrupt)
		irq = tcache_find(&xl->cache->u.cache[SIM_CACHE_INTERRUPT], 0, xl->rq->rid);
	if (!dma || (xl->interrupt && !irq))
		return false;
	amdvi_dte_use(xl, dma);
	if (irq)
		memcpy(xl->q + 2, irq->q, sizeof(irq->q));
	return true;
}

/* ---- look-up ---- */

static void beyond(struct amdvi_xl *xl)
{
	uint64_t flags = xl->interrupt ? AMDVI_EV0_I : 0;

	if (xl->rq->at == SIM_AT_TRANSLATION)
		amdvi_invalid(xl, AMDVI_DR_ATS_BEYOND);
	else if (amdvi_reads_as(xl->a, SIM_AMDVI_BEYOND_TABLE_IS_ILLEGAL))
		amdvi_fault(xl, AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, flags,
			    xl->rq->addr & ~UINT64_C(3));
	else
		amdvi_fault(xl, AMDVI_EV_IO_PAGE_FAULT, flags, xl->rq->addr);
}

static bool fetch(struct amdvi_xl *xl)
{
	if (!locate(xl->a, xl->rq->rid, &xl->dte_at)) {
		beyond(xl);
		return false;
	}
	if (!read_entry(xl, xl->dte_at, xl->q)) {
		xl->x->entry_pa = xl->dte_at;
		memset(xl->q, 0, sizeof(xl->q));
		amdvi_fault(xl, AMDVI_EV_DEV_TAB_HARDWARE_ERROR,
			    (xl->interrupt ? AMDVI_EV0_I : 0) |
				    amdvi_hw_type(xl->a->u.sim, xl->dte_at),
			    xl->dte_at);
		return false;
	}
	return true;
}

bool amdvi_dte(struct amdvi_xl *xl)
{
	if (from_cache(xl))
		return true;
	if (!fetch(xl))
		return false;
	known(xl);
	if (!xl->cache)
		return true;
	complain_domain(xl->cache, xl);
	if (keeps(xl, SIM_CACHE_CONTEXT) && !amdvi_dte_cached(xl->cache, xl->rq->rid))
		fill(xl, SIM_CACHE_CONTEXT, xl->q);
	if (xl->interrupt && keeps(xl, SIM_CACHE_INTERRUPT))
		fill(xl, SIM_CACHE_INTERRUPT, xl->q + 2);
	return true;
}
