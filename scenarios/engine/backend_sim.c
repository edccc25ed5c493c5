/*
 * The simulator as a backend: the only file of the engine that knows iommusim/.
 */
#include "backend.h"

#include <stdlib.h>
#include <string.h>

#include "iommusim/amdvi.h"
#include "iommusim/inject.h"
#include "iommusim/oracle.h"
#include "iommusim/sim.h"
#include "iommusim/trace.h"
#include "iommusim/vtd.h"

#define SAME(a, b) _Static_assert((int)(a) == (int)(b), #a " is " #b)

SAME(BE_ZLR, SIM_ZLR);
SAME(BE_ATOMIC, SIM_ATOMIC);
SAME(BE_AT_TRANSLATED, SIM_AT_TRANSLATED);
SAME(BE_UR, SIM_OUTCOME_UR);
SAME(BE_CA, SIM_OUTCOME_CA);
SAME(BE_BLOCKED, SIM_OUTCOME_BLOCKED);
SAME(BE_NO_ACCESS, SIM_OUTCOME_NO_ACCESS);
SAME(BE_BUS, SIM_OUTCOME_BUS);
SAME(BE_FROM_WALK, SIM_FROM_WALK);
SAME(BE_FROM_IOTLB, SIM_FROM_IOTLB);
SAME(BE_FROM_DEVTLB, SIM_FROM_DEVTLB);
SAME(BE_FROM_MSI, SIM_FROM_MSI);
SAME(BE_FROM_IRT, SIM_FROM_IRT);
SAME(BE_FROM_IEC, SIM_FROM_IEC);
SAME(BE_CACHE_CONTEXT, SIM_CACHE_CONTEXT);
SAME(BE_CACHE_PASID, SIM_CACHE_PASID);
SAME(BE_CACHE_IOTLB, SIM_CACHE_IOTLB);
SAME(BE_CACHE_PAGING, SIM_CACHE_PAGING);
SAME(BE_CACHE_INTERRUPT, SIM_CACHE_INTERRUPT);
SAME(BE_CACHE_DEVICE, SIM_CACHE_DEVICE);
SAME(BE_KEEP_NONE, SIM_KEEP_NONE);
SAME(BE_KEEP_LRU, SIM_KEEP_LRU);
SAME(BE_KEEP_RANDOM, SIM_KEEP_RANDOM);
SAME(BE_PUBLISH_AT_SYNC, SIM_PUBLISH_AT_SYNC);
SAME(BE_PUBLISH_RANDOM, SIM_PUBLISH_RANDOM);
SAME(BE_DELAY_IMMEDIATE, SIM_DELAY_IMMEDIATE);
SAME(BE_DELAY_SLOW, SIM_DELAY_SLOW);
SAME(BE_DELAY_NEVER, SIM_DELAY_NEVER);
SAME(BE_DELAY_RANDOM, SIM_DELAY_RANDOM);
SAME(BE_DELAY_BATCHED, SIM_DELAY_BATCHED);
SAME(BE_FINDING_STALE, SIM_FINDING_STALE);
SAME(BE_FINDING_UNPUBLISHED, SIM_FINDING_UNPUBLISHED);
SAME(BE_FINDING_RELEASE, SIM_FINDING_RELEASE);
SAME(BE_FINDING_ESCAPE, SIM_FINDING_ESCAPE);
SAME(BE_FINDING_ACCOUNTING, SIM_FINDING_ACCOUNTING);
SAME(BE_FINDING_BOUND, SIM_FINDING_BOUND);
SAME(BE_FINDINGS, SIM_FINDING_KINDS);
SAME(BE_REQ_PASID, SIM_REQ_PASID);
SAME(BE_REQ_PRIV, SIM_REQ_PRIV);
SAME(BE_REQ_EXEC, SIM_REQ_EXEC);
SAME(BE_REQ_NO_WRITE, SIM_REQ_NO_WRITE);
SAME(BE_REQ_NO_SNOOP, SIM_REQ_NO_SNOOP);
SAME(BE_POWER_OFF, SIM_POWER_OFF);
SAME(BE_POWER_ON, SIM_POWER_ON);
SAME(BE_POINT_PAGE_ALLOC, SIM_POINT_PAGE_ALLOC);
SAME(BE_MASTER_ANY, SIM_MASTER_ANY);

#define RECORDS_LOOKED_AT 1024u /* at once, by `changes` */

struct sim_backend {
	struct backend base;
	struct sim *s;
	be_yield_fn yield;
	void *yield_ctx;
	uint64_t looked, changed, stored; /* `changes`: records looked at, and what they tell */
};

static struct sim *sim_of(struct backend *be)
{
	return ((struct sim_backend *)be)->s;
}

static const struct sim *sim_in(const struct backend *be)
{
	return ((const struct sim_backend *)be)->s;
}

/* ---- set-up ---- */

static void vtd_default(struct be_unit *u)
{
	struct sim_vtd_config c;

	memset(&c, 0, sizeof(c));
	sim_vtd_default(&c);
	u->word[BE_VTD_HAW] = c.host_addr_bits;
	u->word[BE_VTD_VER] = c.ver;
	u->word[BE_VTD_CAP] = c.cap;
	u->word[BE_VTD_ECAP] = c.ecap;
	u->word[BE_VTD_PLM] = c.plm_align_bits;
	u->word[BE_VTD_PHM] = c.phm_align_bits;
}

static int vtd_add(struct sim *s, const struct be_unit *u)
{
	struct sim_vtd_config c;

	memset(&c, 0, sizeof(c));
	c.base = u->base;
	c.host_addr_bits = (uint32_t)u->word[BE_VTD_HAW];
	c.ver = (uint32_t)u->word[BE_VTD_VER];
	c.cap = u->word[BE_VTD_CAP];
	c.ecap = u->word[BE_VTD_ECAP];
	c.plm_align_bits = (uint32_t)u->word[BE_VTD_PLM];
	c.phm_align_bits = (uint32_t)u->word[BE_VTD_PHM];
	return sim_vtd_add(s, &c);
}

static void amdvi_default(struct be_unit *u)
{
	struct sim_amdvi_config c;

	memset(&c, 0, sizeof(c));
	sim_amdvi_default(&c);
	u->word[BE_AMDVI_CAP] = c.cap;
	u->word[BE_AMDVI_MISC0] = c.misc0;
	u->word[BE_AMDVI_EFR] = c.efr;
	u->word[BE_AMDVI_EFR2] = c.efr2;
	u->word[BE_AMDVI_UNSNOOPED] = c.unsnooped;
	u->word[BE_AMDVI_READINGS] = c.readings;
}

static int amdvi_add(struct sim *s, const struct be_unit *u)
{
	struct sim_amdvi_config c;

	memset(&c, 0, sizeof(c));
	c.base = u->base;
	c.cap = (uint32_t)u->word[BE_AMDVI_CAP];
	c.misc0 = (uint32_t)u->word[BE_AMDVI_MISC0];
	c.efr = u->word[BE_AMDVI_EFR];
	c.efr2 = u->word[BE_AMDVI_EFR2];
	c.unsnooped = u->word[BE_AMDVI_UNSNOOPED] != 0;
	c.readings = (uint32_t)u->word[BE_AMDVI_READINGS];
	return sim_amdvi_add(s, &c);
}

/* What the simulator has of each architecture. */
static const struct {
	void (*defaults)(struct be_unit *u);
	int (*add)(struct sim *s, const struct be_unit *u);
} kinds[BE_ARCHS] = {
	[BE_VTD] = { vtd_default, vtd_add },
	[BE_AMDVI] = { amdvi_default, amdvi_add },
};

static void unit_default(struct be_unit *u)
{
	if (kinds[u->arch].defaults)
		kinds[u->arch].defaults(u);
}

static int mem_add(struct backend *be, uint64_t first, uint64_t last)
{
	return sim_mem_add(sim_of(be), first, last) < 0 ? -1 : 0;
}

static int unit_add(struct backend *be, const struct be_unit *u)
{
	int rc = kinds[u->arch].add ? kinds[u->arch].add(sim_of(be), u) : SIM_E_NOT_MODELLED;

	if (rc == SIM_E_NOT_MODELLED)
		return -2;
	return rc < 0 ? -1 : rc;
}

static int device_add(struct backend *be, uint32_t unit, uint16_t rid, bool ats)
{
	int dev = sim_device_add(sim_of(be), unit, rid, ats);

	/* software turns ATS on, after the unit is ready for it */
	if (dev >= 0 && ats)
		(void)sim_device_ats(sim_of(be), (uint32_t)dev, false);
	return dev < 0 ? -1 : dev;
}

static const char *why(const struct backend *be)
{
	return sim_why(sim_in(be));
}

static void close_sim(struct backend *be)
{
	sim_destroy(sim_of(be));
	free(be);
}

/* ---- the guest's CPU ---- */

static uint64_t reg_read(struct backend *be, uint32_t unit, uint32_t off, uint32_t width)
{
	return sim_reg_read(sim_of(be), unit, off, width);
}

static void reg_write(struct backend *be, uint32_t unit, uint32_t off, uint32_t width, uint64_t val)
{
	sim_reg_write(sim_of(be), unit, off, width, val);
}

static uint64_t mem_read(struct backend *be, uint64_t pa)
{
	return sim_cpu_read64(sim_of(be), pa);
}

static void mem_write(struct backend *be, uint64_t pa, uint64_t val)
{
	sim_cpu_write64(sim_of(be), pa, val);
}

static void mem_write128(struct backend *be, uint64_t pa, uint64_t lo, uint64_t hi)
{
	sim_cpu_write128(sim_of(be), pa, lo, hi);
}

static void sync_mem(struct backend *be, uint64_t pa, uint64_t size, bool write_back)
{
	sim_cpu_sync(sim_of(be), pa, size, write_back);
}

static uint64_t now(const struct backend *be)
{
	return sim_now_ns(sim_in(be));
}

static void relax(struct backend *be)
{
	sim_relax(sim_of(be));
}

static void advance(struct backend *be, uint64_t ns)
{
	sim_advance(sim_of(be), ns);
}

static int load(struct backend *be, uint64_t pa, void *buf, size_t len)
{
	return sim_mem_load(sim_of(be), pa, buf, len) < 0 ? -1 : 0;
}

static int store(struct backend *be, uint64_t pa, const void *buf, size_t len)
{
	return sim_mem_store(sim_of(be), pa, buf, len) < 0 ? -1 : 0;
}

static int unit_power(struct backend *be, uint32_t unit, uint32_t power)
{
	return sim_unit_power(sim_of(be), unit, (enum sim_power)power) < 0 ? -1 : 0;
}

static int device_plug(struct backend *be, uint32_t dev, bool in)
{
	return sim_device_plug(sim_of(be), dev, in) < 0 ? -1 : 0;
}

static uint64_t peek(const struct backend *be, uint32_t unit, uint32_t off, uint32_t width)
{
	return sim_reg_peek(sim_in(be), unit, off, width);
}

static void yielded(void *ctx, struct sim *s)
{
	struct sim_backend *b = ctx;

	(void)s;
	if (b->yield)
		b->yield(b->yield_ctx);
}

static void on_yield(struct backend *be, be_yield_fn fn, void *ctx)
{
	struct sim_backend *b = (struct sim_backend *)be;

	b->yield = fn;
	b->yield_ctx = ctx;
	sim_on_yield(b->s, fn ? yielded : NULL, b);
}

/* ---- devices ---- */

static void take_xlat(struct be_dma_result *res, const struct sim_xlat *x)
{
	res->reason = x->reason;
	res->perm = x->perm;
	res->level = x->level;
	res->recorded = x->recorded;
	res->suppressed = x->suppressed;
	res->entry_pa = x->entry_pa;
	res->entry = x->entry;
	res->posted = x->posted && x->outcome == SIM_OUTCOME_OK;
	res->index = x->index;
	res->data = x->data;
}

static int dma(struct backend *be, const struct be_dma *d, struct be_dma_result *res)
{
	struct sim_segment seg[BE_SEGMENTS];
	struct sim_dma_result r;
	struct sim_dma q;

	memset(&q, 0, sizeof(q));
	memset(&r, 0, sizeof(r));
	memset(res, 0, sizeof(*res));
	q.dev = d->dev;
	q.access = (enum sim_access)d->access;
	q.at = (enum sim_at)d->at;
	q.flags = d->flags;
	q.pasid = d->pasid;
	q.spoof = d->spoof;
	q.rid = d->rid;
	q.addr = d->addr;
	q.len = d->len;
	q.data = d->data;
	q.seg = seg;
	q.segs = BE_SEGMENTS;
	if (sim_dma(sim_of(be), &q, &r) < 0)
		return -1;
	res->outcome = (enum be_outcome)r.outcome;
	res->done = r.done;
	res->fail_addr = r.fail_addr;
	take_xlat(res, &r.last);
	res->pa = r.last.pa;
	res->source = (enum be_source)r.last.source;
	res->stale = r.stale;
	res->segs = r.segs < BE_SEGMENTS ? r.segs : BE_SEGMENTS;
	for (uint32_t i = 0; i < res->segs; i++)
		res->seg[i] = (struct be_segment){ seg[i].pa, seg[i].len };
	if (res->segs) {
		res->pa = seg[0].pa;
		res->source = (enum be_source)seg[0].source;
	}
	return 0;
}

static int translate(struct backend *be, uint32_t unit, const struct be_dma *d,
		     struct be_dma_result *res)
{
	struct sim_request q;
	struct sim_xlat x;

	memset(&q, 0, sizeof(q));
	memset(&x, 0, sizeof(x));
	memset(res, 0, sizeof(*res));
	q.addr = d->addr;
	q.pasid = d->pasid;
	q.rid = d->rid;
	q.unit = (uint8_t)unit;
	q.access = (uint8_t)d->access;
	q.at = (uint8_t)d->at;
	q.flags = (uint8_t)d->flags;
	q.len = (uint16_t)d->len;
	sim_translate(sim_of(be), &q, &x);
	res->outcome = (enum be_outcome)x.outcome;
	take_xlat(res, &x);
	res->pa = x.pa;
	res->source = (enum be_source)x.source;
	res->stale = x.stale;
	return 0;
}

static int ats(struct backend *be, uint32_t dev, bool on)
{
	return sim_device_ats(sim_of(be), dev, on) < 0 ? -1 : 0;
}

/* ---- interrupts, caches, counters, complaints ---- */

static uint64_t msi_count(const struct backend *be)
{
	return sim_msi_count(sim_in(be));
}

static bool msi_get(const struct backend *be, uint64_t n, struct be_msi *out)
{
	const struct sim_msi *m = sim_msi_get(sim_in(be), n);

	if (m)
		*out = (struct be_msi){ m->addr, m->data, m->from_unit, m->remapped };
	return m != NULL;
}

static uint32_t cache_count(const struct backend *be, uint32_t unit, enum be_cache cache)
{
	return sim_cache_count(sim_in(be), unit, (enum sim_cache)cache);
}

static uint32_t cache_evict(struct backend *be, uint32_t unit, enum be_cache cache, uint64_t iova)
{
	return sim_cache_evict(sim_of(be), unit, (enum sim_cache)cache, iova);
}

static bool cache_next(const struct backend *be, uint32_t unit, enum be_cache cache,
		       uint32_t *cursor, struct be_cache_line *out)
{
	struct sim_cache_line line;

	if (!sim_cache_next(sim_in(be), unit, (enum sim_cache)cache, cursor, &line))
		return false;
	*out = (struct be_cache_line){ .rid = line.rid,
				       .domain = line.domain,
				       .level = line.level,
				       .perm = line.perm,
				       .negative = line.negative,
				       .iova = line.iova,
				       .pa = line.pa,
				       .entry_pa = line.entry_pa,
				       .filled_ns = line.filled_ns };
	return true;
}

static int stats(const struct backend *be, uint32_t unit, struct be_stats *out)
{
	struct sim_unit_stats st;

	memset(&st, 0, sizeof(st));
	if (sim_unit_stats(sim_in(be), unit, &st) < 0)
		return -1;
	*out = (struct be_stats){ .requests = st.requests,
				  .hits = st.hits,
				  .walks = st.walks,
				  .blocked = st.blocked,
				  .recorded = st.recorded,
				  .suppressed = st.suppressed,
				  .overflowed = st.overflowed,
				  .collapsed = st.collapsed,
				  .commands = st.commands,
				  .register_commands = st.register_commands,
				  .entries_dropped = st.entries_dropped };
	return 0;
}

static const char *complaint_name(uint32_t id)
{
	const struct sim_complaint_info *c = sim_complaint_info(id);

	return c ? c->name : NULL;
}

static const char *complaint_text(uint32_t id)
{
	const struct sim_complaint_info *c = sim_complaint_info(id);

	return c ? c->text : NULL;
}

static uint32_t complaint_count(const struct backend *be, uint32_t id)
{
	return sim_complaint_count(sim_in(be), id);
}

/* ---- injection ---- */

static const char *point_name(uint32_t n)
{
	return n < SIM_POINTS ? sim_point_name((enum sim_point)n) : NULL;
}

static int inject(struct backend *be, const struct be_rule *rule)
{
	struct sim_inject_rule r;
	int n;

	memset(&r, 0, sizeof(r));
	r.point = (enum sim_point)rule->point;
	r.skip = rule->skip;
	r.count = rule->count;
	r.first = rule->first;
	r.last = rule->last;
	r.master = (enum sim_master)rule->master;
	r.value = rule->value;
	r.promise = (enum sim_promise)rule->promise;
	r.unit = rule->unit;
	n = sim_inject_add(sim_of(be), &r);
	return n < 0 ? -1 : n;
}

static int inject_remove(struct backend *be, int rule)
{
	return sim_inject_remove(sim_of(be), rule) < 0 ? -1 : 0;
}

static uint32_t inject_fired(const struct backend *be, int rule)
{
	return sim_inject_fired(sim_in(be), rule);
}

static uint32_t inject_passed(const struct backend *be, int rule)
{
	return sim_inject_passed(sim_in(be), rule);
}

static bool inject_fires(struct backend *be, uint32_t point, uint64_t addr)
{
	return sim_inject_fires(sim_of(be), (enum sim_point)point, SIM_MASTER_CPU, addr, NULL);
}

/* ---- oracle ---- */

static void oracle_enable(struct backend *be, bool on)
{
	sim_oracle_enable(sim_of(be), on);
}

static int oracle_map(struct backend *be, uint32_t space, uint64_t first, uint64_t last,
		      uint64_t pa, uint8_t perm)
{
	return sim_oracle_map(sim_of(be), space, first, last, pa, perm);
}

static int oracle_unmap(struct backend *be, uint32_t space, uint64_t first, uint64_t last)
{
	return sim_oracle_unmap(sim_of(be), space, first, last);
}

static int oracle_quiesce(struct backend *be, uint32_t space, uint64_t first, uint64_t last)
{
	return sim_oracle_quiesce(sim_of(be), space, first, last);
}

static int oracle_identity(struct backend *be, uint32_t space, bool on)
{
	return sim_oracle_identity(sim_of(be), space, on);
}

static int oracle_attach(struct backend *be, uint32_t unit, uint16_t rid, uint32_t space)
{
	return sim_oracle_attach(sim_of(be), unit, rid, space);
}

static int oracle_detach(struct backend *be, uint32_t unit, uint16_t rid)
{
	return sim_oracle_detach(sim_of(be), unit, rid);
}

static int oracle_vector(struct backend *be, uint32_t unit, uint16_t rid, uint8_t vector)
{
	return sim_oracle_vector(sim_of(be), unit, rid, vector) < 0 ? -1 : 0;
}

static int oracle_rely(struct backend *be, uint32_t unit, bool on)
{
	return sim_oracle_rely(sim_of(be), unit, on) < 0 ? -1 : 0;
}

static uint32_t oracle_release(struct backend *be, uint64_t first, uint64_t last)
{
	return sim_oracle_release(sim_of(be), first, last);
}

static uint32_t oracle_account(struct backend *be, uint32_t unit, uint64_t told, uint64_t lost)
{
	return sim_oracle_account(sim_of(be), unit, told, lost);
}

static void oracle_unbounded(struct backend *be, uint32_t unit)
{
	sim_oracle_unbounded(sim_of(be), unit);
}

static uint32_t findings(const struct backend *be)
{
	return sim_finding_count(sim_in(be));
}

static bool finding(const struct backend *be, uint32_t n, struct be_finding *out, char *buf,
		    size_t size)
{
	const struct sim_finding *f = sim_finding_get(sim_in(be), n);

	if (!f)
		return false;
	*out = (struct be_finding){ (enum be_finding_kind)f->kind, f->unit, f->rid, f->interrupt,
				    f->iova };
	sim_finding_format(f, buf, size);
	return true;
}

struct lines {
	char *at;
	size_t left;
};

static void write_fact(void *ctx, const struct sim_fact *fact)
{
	struct lines *l = ctx;
	int n;

	if (fact->type == SIM_FACT_TEXT)
		n = snprintf(l->at, l->left, "%s\ts\t%s\n", fact->name, fact->text);
	else
		n = snprintf(l->at, l->left, "%s\t%c\t%llu\n", fact->name,
			     fact->type == SIM_FACT_BOOL ? 'b' : 'n',
			     (unsigned long long)fact->number);
	if (n < 0 || (size_t)n >= l->left) {
		*l->at = '\0';
		l->left = 1; /* nothing fits behind a gap */
		return;
	}
	l->at += n;
	l->left -= (size_t)n;
}

static void finding_facts(const struct backend *be, uint32_t n, char *buf, size_t size)
{
	const struct sim_finding *f = sim_finding_get(sim_in(be), n);
	struct lines l = { buf, size };

	*buf = '\0';
	if (f)
		sim_finding_facts(f, write_fact, &l);
}

/* ---- trace ---- */

static void mark(struct backend *be, uint64_t number)
{
	sim_trace_mark(sim_of(be), number);
}

static uint64_t trace_count(const struct backend *be)
{
	return sim_trace_count(sim_in(be));
}

static bool trace_event(const struct backend *be, uint64_t n, struct be_event *out)
{
	static const uint8_t told[SIM_TRACE_KINDS] = {
		[SIM_TRACE_REG_READ] = BE_EVENT_REG_READ,
		[SIM_TRACE_REG_WRITE] = BE_EVENT_REG_WRITE,
		[SIM_TRACE_COMMAND] = BE_EVENT_COMMAND,
		[SIM_TRACE_STATUS] = BE_EVENT_STATUS,
		[SIM_TRACE_FAULT_RECORD] = BE_EVENT_RECORD,
		[SIM_TRACE_DMA] = BE_EVENT_DMA,
		[SIM_TRACE_MSI] = BE_EVENT_MSI,
		[SIM_TRACE_ENTRY] = BE_EVENT_ENTRY,
	};
	const struct sim_trace_record *r = sim_trace_get(sim_in(be), n);

	if (!r)
		return false;
	*out = (struct be_event){
		.kind = (enum be_event_kind)told[r->kind],
		.unit = r->unit,
		.code = r->code,
		.width = r->small,
		.own = r->small == 1,
		.a = r->a,
		.b = r->b,
		.what = r->kind == SIM_TRACE_ENTRY ? sim_entry_name((enum sim_entry)r->small)
						   : NULL,
	};
	return true;
}

static bool trace_line(const struct backend *be, uint64_t n, char *buf, size_t size,
		       uint64_t *marked)
{
	const struct sim_trace_record *r = sim_trace_get(sim_in(be), n);

	if (!r)
		return false;
	*marked = r->kind == SIM_TRACE_MARK ? r->a : UINT64_MAX;
	sim_trace_format(sim_in(be), r, buf, size);
	return true;
}

/* ---- glances ---- */

static void count_change(struct sim_backend *b, const struct sim_trace_record *r)
{
	switch (r ? r->kind : SIM_TRACE_NONE) {
	case SIM_TRACE_MARK:
	case SIM_TRACE_REG_READ:
	case SIM_TRACE_COMPLAINT:
	case SIM_TRACE_FINDING:
		break;
	case SIM_TRACE_CPU_WRITE:
	case SIM_TRACE_CPU_SYNC:
	case SIM_TRACE_PUBLISH:
		b->stored++;
		break;
	default:
		b->changed++; /* a record that is gone counts as a change */
	}
}

static void changes(struct backend *be, uint64_t *hardware, uint64_t *stores)
{
	struct sim_backend *b = (struct sim_backend *)be;
	uint64_t end = sim_trace_count(b->s);

	if (end - b->looked > RECORDS_LOOKED_AT) {
		b->looked = end - RECORDS_LOOKED_AT;
		b->changed++;
	}
	for (; b->looked < end; b->looked++)
		count_change(b, sim_trace_get(b->s, b->looked));
	*hardware = b->changed + sim_timers_fired(b->s);
	*stores = b->stored;
}

static bool idle(const struct backend *be)
{
	return sim_idle(sim_in(be));
}

static uint64_t walk_digest(struct backend *be, uint32_t unit, uint16_t rid, uint64_t iova,
			    uint64_t pa, bool *reads)
{
	return sim_walk_digest(sim_of(be), unit, rid, iova, pa, reads);
}

const struct backend_ops backend_sim_ops = {
	.name = "sim",
	.unit_default = unit_default,
	.mem_add = mem_add,
	.unit_add = unit_add,
	.device_add = device_add,
	.why = why,
	.close = close_sim,
	.reg_read = reg_read,
	.reg_write = reg_write,
	.mem_read = mem_read,
	.mem_write = mem_write,
	.mem_write128 = mem_write128,
	.sync = sync_mem,
	.now = now,
	.relax = relax,
	.advance = advance,
	.load = load,
	.store = store,
	.peek = peek,
	.unit_power = unit_power,
	.device_plug = device_plug,
	.on_yield = on_yield,
	.dma = dma,
	.translate = translate,
	.ats = ats,
	.msi_count = msi_count,
	.msi_get = msi_get,
	.cache_count = cache_count,
	.cache_evict = cache_evict,
	.cache_next = cache_next,
	.stats = stats,
	.complaint_name = complaint_name,
	.complaint_text = complaint_text,
	.complaint_count = complaint_count,
	.point_name = point_name,
	.inject = inject,
	.inject_remove = inject_remove,
	.inject_fired = inject_fired,
	.inject_passed = inject_passed,
	.changes = changes,
	.idle = idle,
	.walk_digest = walk_digest,
	.inject_fires = inject_fires,
	.oracle_enable = oracle_enable,
	.oracle_map = oracle_map,
	.oracle_unmap = oracle_unmap,
	.oracle_quiesce = oracle_quiesce,
	.oracle_identity = oracle_identity,
	.oracle_attach = oracle_attach,
	.oracle_detach = oracle_detach,
	.oracle_rely = oracle_rely,
	.oracle_vector = oracle_vector,
	.oracle_release = oracle_release,
	.oracle_account = oracle_account,
	.oracle_unbounded = oracle_unbounded,
	.findings = findings,
	.finding = finding,
	.finding_facts = finding_facts,
	.mark = mark,
	.trace_count = trace_count,
	.trace_event = trace_event,
	.trace_line = trace_line,
};

struct backend *backend_sim_open(const struct be_config *config)
{
	struct sim_backend *b = calloc(1, sizeof(*b));
	struct sim_config c;

	if (!b)
		return NULL;
	memset(&c, 0, sizeof(c));
	c.seed = config->seed;
	c.policy.keep = (enum sim_keep)config->policy.keep;
	c.policy.entries = config->policy.entries;
	c.policy.publish = (enum sim_publish)config->policy.publish;
	c.policy.delay = (enum sim_delay)config->policy.delay;
	c.policy.invalidate_more = config->policy.inval_more;
	c.policy.prefetch = config->policy.prefetch;
	c.policy.out_of_order = config->policy.any_order;
	c.policy.rewalk_on_permission = config->policy.rewalk;
	c.policy.collapse_faults = config->policy.collapse;
	c.policy.exact_range = config->policy.exact_range;
	c.policy.speculate = config->policy.speculate;
	c.policy.keep_nothing = config->policy.keep_nothing;
	c.trace_records = config->trace_records;
	c.trace_entries = config->trace_entries;
	c.oracle = true;
	c.windows = config->windows;
	b->base.ops = &backend_sim_ops;
	if (sim_create(&c, &b->s) < 0) {
		free(b);
		return NULL;
	}
	return &b->base;
}
