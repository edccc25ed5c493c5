/*
 * Random guests against the oracle: stores, invalidations of every kind, waits, DMA and pages given back, on one unit of each
 * architecture. A model of plain lists (stale_model.h) says what hardware may still hold, what the DMA gets, whether that is
 * stale, and what the invalidations so far lacked; the oracle has to say the same, no more and no less. In a third of the
 * sequences hardware takes every freedom it has (what is kept, fetched ahead, dropped, negative, late, in which order): then what
 * a device gets is held against memory alone.
 *
 * SEED=n runs one sequence, SEEDS=n so many, ARCH=0 those of VT-d and ARCH=1 those of AMD-Vi; SHOW=1 prints what is done.
 */
#include <string.h>

#include "amdvi_world.h"
#include "random.h"
#include "stale_model.h"
#include "unit.h"
#include "vtd_world.h"

#define SEQUENCES 400u
#define STEPS 60u
#define DATA UINT64_C(0x2000000)
#define LARGE UINT64_C(0x2400000)
#define VTD_STATUS UINT64_C(0x700000)

static const uint16_t rids[M_DEVICES] = { 0x0108, 0x0110, 0x0118 };

struct play {
	struct model m;
	struct world w;
	struct sim *s;
	uint64_t rng, seed;
	bool show;
	uint32_t tokens; /* waits, by the value they write */
	unsigned wait_number, wait_seen;
	unsigned stale, releases;
	bool any; /* hardware with policies that the model does not follow: answers are held against memory alone */
	bool apart; /* each table has a domain id of its own, as the architectures want it */
};

static uint32_t below(struct play *p, uint32_t n)
{
	return (uint32_t)(random64(&p->rng) % n);
}

static bool one_in(struct play *p, uint32_t n)
{
	return below(p, n) == 0;
}

#define TELL(p, ...)                                                              \
	do {                                                                      \
		if ((p)->show) {                                                  \
			printf("%8llu ", (unsigned long long)sim_now_ns((p)->s)); \
			printf(__VA_ARGS__);                                      \
			printf("\n");                                             \
		}                                                                 \
	} while (0)

/* ---- entries as the specifications have them ---- */

static uint64_t word_of(const struct play *p, unsigned level, const struct m_entry *e)
{
	uint64_t perm = e->perm;

	if (e->kind == M_NOTHING)
		return 0;
	if (p->m.arch == M_VTD)
		return e->kind == M_TABLE
			       ? p->m.table_pa[level - 1][e->to] | perm
			       : p->m.page_pa[level][e->to] | perm | (level ? 1u << 7 : 0);
	perm = perm << 61 | 1;
	return e->kind == M_TABLE ? p->m.table_pa[level - 1][e->to] | (uint64_t)level << 9 | perm
				  : p->m.page_pa[level][e->to] | perm;
}

static void context_words(const struct play *p, unsigned dev, uint64_t *q)
{
	const struct m_context *c = &p->m.context[dev];
	uint64_t top = p->m.table_pa[M_LEVELS - 1][c->top];
	bool ats = dev == M_DEVICES - 1;

	if (p->m.arch == M_VTD) {
		q[0] = c->present ? top | (ats ? 1u << 2 : 0) | 1 : 0;
		q[1] = c->present ? (uint64_t)c->domain << 8 | 2 : 0;
	} else {
		q[0] = c->present ? AV_RW | top | M_LEVELS << 9 | 3 : 1; /* V; TV */
		q[1] = c->present ? c->domain | (uint64_t)ats << 32 : 0;
	}
}

/* ---- stores ---- */

static void executed(struct play *p)
{
	struct sim_unit_stats stats;

	ck_assert_int_eq(sim_unit_stats(p->s, 0, &stats), SIM_OK);
	while (!p->any && p->m.done < stats.commands) {
		model_execute(&p->m, p->m.done + 1);
		TELL(p, "  command %u is carried out", p->m.done);
	}
}

static void put(struct play *p, uint64_t pa, uint64_t now)
{
	uint64_t old;

	ck_assert_int_eq(sim_mem_load(p->s, pa, &old, sizeof(old)), SIM_OK);
	sim_cpu_write64(p->s, pa, now);
	executed(p);
	if (old == now)
		return;
	ck_assert_uint_lt(p->m.stores, M_LOG);
	p->m.store[p->m.stores++] = (struct m_store){ pa, old, now, ++p->m.order };
	TELL(p, "store %llx: %llx -> %llx", (unsigned long long)pa, (unsigned long long)old,
	     (unsigned long long)now);
}

static struct m_entry any_entry(struct play *p, unsigned level)
{
	struct m_entry e = { .perm = (uint8_t)(1 + below(p, 3)) };

	if (one_in(p, 3))
		return (struct m_entry){ 0 };
	e.kind = !level || (level == 1 && one_in(p, 3)) ? M_PAGE : M_TABLE;
	e.to = below(p, e.kind == M_PAGE ? M_PAGES : M_TABLES);
	if (e.kind == M_TABLE && below(p, 4))
		e.perm = M_READ | M_WRITE;
	return e;
}

static void store_entry(struct play *p)
{
	static const unsigned often[] = { 0, 0, 0, 0, 1, 1, 1, 2, 2, 3 };
	unsigned level = often[below(p, 10)], table = below(p, M_TABLES), slot = below(p, M_SLOTS);

	if (level == M_LEVELS - 1)
		slot = 0;
	p->m.table[level][table][slot] = any_entry(p, level);
	put(p, model_entry_pa(&p->m, level, table, slot),
	    word_of(p, level, &p->m.table[level][table][slot]));
}

static struct m_context any_context(struct play *p)
{
	unsigned top = below(p, M_TABLES);

	return (struct m_context){ .present = below(p, 5) != 0,
				   .domain = 1 + (p->apart ? top : below(p, M_DOMAINS)),
				   .top = top };
}

static void store_context(struct play *p)
{
	unsigned dev = below(p, M_DEVICES);
	uint64_t q[2];

	p->m.context[dev] = any_context(p);
	context_words(p, dev, q);
	put(p, p->m.context_pa[dev] + 8, q[1]);
	put(p, p->m.context_pa[dev], q[0]);
}

/* ---- commands ---- */

static uint64_t any_iova(struct play *p)
{
	unsigned slot[M_LEVELS];

	for (unsigned level = 0; level < M_LEVELS; level++)
		slot[level] = level == M_LEVELS - 1 ? 0 : below(p, M_SLOTS);
	return model_iova(slot);
}

static void any_range(struct play *p, struct m_command *c, unsigned *am)
{
	static const unsigned sizes[] = { 0, 0, 0, 1, 2, 3, 9, 18 };
	uint64_t mask;

	*am = sizes[below(p, 8)];
	mask = ((uint64_t)4096 << *am) - 1;
	c->first = any_iova(p);
	if (one_in(p, 6))
		c->first += one_in(p, 2) ? 4096 : -(uint64_t)4096;
	c->first &= ~mask;
	c->last = c->first | mask;
}

static enum m_what any_what(struct play *p)
{
	static const enum m_what vtd[] = { M_CMD_CONTEXT_GLOBAL, M_CMD_CONTEXT_DOMAIN,
					   M_CMD_CONTEXT_DEVICE, M_CMD_PAGES_GLOBAL,
					   M_CMD_PAGES_DOMAIN,   M_CMD_PAGES_RANGE,
					   M_CMD_PAGES_RANGE,    M_CMD_PAGES_RANGE,
					   M_CMD_DEVICE_RANGE,   M_CMD_DEVICE_RANGE };
	static const enum m_what amdvi[] = { M_CMD_CONTEXT_DEVICE, M_CMD_CONTEXT_DEVICE,
					     M_CMD_PAGES_DOMAIN,   M_CMD_PAGES_RANGE,
					     M_CMD_PAGES_RANGE,    M_CMD_PAGES_RANGE,
					     M_CMD_PAGES_RANGE,    M_CMD_DEVICE_RANGE,
					     M_CMD_DEVICE_RANGE,   M_CMD_EVERYTHING };

	return (p->m.arch == M_VTD ? vtd : amdvi)[below(p, 10)];
}

/* An address with its size in its low bits, as ATS and AMD-Vi have it. */
static uint64_t sized(uint64_t first, unsigned am)
{
	return first | (am ? ((uint64_t)4096 << (am - 1)) - 4096 : 0);
}

/* VT-d 6.5.2: type, granularity, and what it compares. */
static void vtd_words(const struct m_command *c, unsigned am, uint64_t *q)
{
	uint64_t did = (uint64_t)c->domain << 16, sid = (uint64_t)rids[c->dev] << 32;

	q[1] = 0;
	switch (c->what) {
	case M_CMD_CONTEXT_GLOBAL:
		q[0] = 1 | 1u << 4;
		break;
	case M_CMD_CONTEXT_DOMAIN:
		q[0] = 1 | 2u << 4 | did;
		break;
	case M_CMD_CONTEXT_DEVICE:
		q[0] = 1 | 3u << 4 | did | sid;
		break;
	case M_CMD_PAGES_GLOBAL:
		q[0] = 2 | 1u << 4 | 3u << 6;
		break;
	case M_CMD_PAGES_DOMAIN:
		q[0] = 2 | 2u << 4 | 3u << 6 | did;
		break;
	case M_CMD_PAGES_RANGE:
		q[0] = 2 | 3u << 4 | 3u << 6 | did;
		q[1] = c->first | (uint64_t)c->leaf_only << 6 | am;
		break;
	default:
		q[0] = 3 | sid;
		q[1] = sized(c->first, am) | (am != 0);
		break;
	}
}

/* 48882 2.4. */
static void amdvi_words(const struct m_command *c, unsigned am, uint64_t *q)
{
	q[1] = 0;
	switch (c->what) {
	case M_CMD_CONTEXT_DEVICE:
		q[0] = UINT64_C(2) << 60 | rids[c->dev];
		break;
	case M_CMD_PAGES_DOMAIN:
		q[0] = UINT64_C(3) << 60 | (uint64_t)c->domain << 32;
		q[1] = UINT64_C(0x7FFFFFFFFFFFF000) | 3;
		break;
	case M_CMD_PAGES_RANGE:
		q[0] = UINT64_C(3) << 60 | (uint64_t)c->domain << 32;
		q[1] = sized(c->first, am) | (am != 0) | (c->leaf_only ? 0 : 2);
		break;
	case M_CMD_DEVICE_RANGE:
		q[0] = UINT64_C(4) << 60 | (uint64_t)rids[c->dev] << 32 | rids[c->dev];
		q[1] = sized(c->first, am) | (am != 0);
		break;
	default:
		q[0] = UINT64_C(8) << 60;
		break;
	}
}

static void settle(struct play *p)
{
	world_settle(&p->w);
	executed(p);
}

static void submit(struct play *p, const struct m_command *c, const uint64_t *q, bool finish)
{
	if (p->m.arch == M_VTD) {
		vt_desc(&p->w, q[0], q[1]);
		vt_tell(&p->w);
	} else {
		av_cmd(&p->w, q[0], q[1]);
		av_tell(&p->w);
	}
	ck_assert_uint_lt(p->m.commands, M_LOG);
	p->m.command[p->m.commands] = *c;
	p->m.command[p->m.commands++].given = ++p->m.order;
	executed(p);
	if (finish)
		settle(p);
}

static void command(struct play *p)
{
	struct m_command c = { .what = any_what(p),
			       .domain = 1 + below(p, M_DOMAINS),
			       .dev = below(p, M_DEVICES),
			       .leaf_only = one_in(p, 2) };
	uint64_t q[2];
	unsigned am = 0;

	if (c.what == M_CMD_DEVICE_RANGE)
		c.dev = M_DEVICES - 1;
	if (c.what == M_CMD_PAGES_RANGE || c.what == M_CMD_DEVICE_RANGE)
		any_range(p, &c, &am);
	else
		c.leaf_only = false;
	(p->m.arch == M_VTD ? vtd_words : amdvi_words)(&c, am, q);
	TELL(p, "command %u: what %u domain %u dev %u %llx..%llx leaf %d", p->m.commands + 1,
	     c.what, c.domain, c.dev, (unsigned long long)c.first, (unsigned long long)c.last,
	     c.leaf_only);
	submit(p, &c, q, below(p, 4) != 0);
}

static void give_wait(struct play *p)
{
	const struct m_command c = { .what = M_CMD_NONE };
	uint64_t q[2];

	p->tokens++;
	if (p->m.arch == M_VTD) {
		q[0] = 5 | 1u << 5 | (uint64_t)p->tokens << 32;
		q[1] = VTD_STATUS;
	} else {
		q[0] = UINT64_C(1) << 60 | AV_STORE | 1;
		q[1] = p->tokens;
	}
	TELL(p, "command %u: wait", p->m.commands + 1);
	submit(p, &c, q, below(p, 3) != 0);
	p->wait_number = p->m.commands;
}

/* The guest looks at the status word: whatever it says is complete is so. */
static void look_at_status(struct play *p)
{
	uint64_t at = p->m.arch == M_VTD ? VTD_STATUS : AV_STORE, token;
	unsigned n = 0;

	token = sim_cpu_read64(p->s, at) & UINT32_MAX;
	executed(p);
	for (unsigned i = 0; i < p->m.commands && token; i++)
		if (p->m.command[i].what == M_CMD_NONE && !--token)
			n = i + 1;
	if (n > p->m.observed)
		p->m.observed = n;
	TELL(p, "seen complete: all up to %u", p->m.observed);
}

/* ---- what the oracle says ---- */

static void wrong(struct play *p, const struct sim_finding *f, const char *what)
{
	char text[4096] = "no finding";

	if (f)
		sim_finding_format(f, text, sizeof(text));
	ck_abort_msg("SEED=%llu, %s: %s\n%s", (unsigned long long)p->seed,
		     p->m.arch == M_VTD ? "VT-d" : "AMD-Vi", what, text);
}

static unsigned device_of(uint16_t rid)
{
	unsigned dev = 0;

	while (dev < M_DEVICES && rids[dev] != rid)
		dev++;
	return dev;
}

static bool is_line(const struct play *p, const struct m_line *l, const struct sim_cache_line *f)
{
	static const enum sim_cache caches[] = { [M_CONTEXT] = SIM_CACHE_CONTEXT,
						 [M_PAGING] = SIM_CACHE_PAGING,
						 [M_IOTLB] = SIM_CACHE_IOTLB,
						 [M_DEVICE] = SIM_CACHE_DEVICE };
	bool by_domain = l->cache == M_PAGING || (l->cache == M_IOTLB && p->m.arch == M_AMDVI);

	if (caches[l->cache] != f->cache || (!by_domain && l->dev != device_of(f->rid)))
		return false;
	if (l->cache == M_CONTEXT)
		return true;
	if (l->cache != M_DEVICE && l->domain != f->domain)
		return false;
	return l->iova == f->iova && l->level == f->level && l->pa == f->pa;
}

static const struct m_line *line_of(const struct play *p, const struct sim_cache_line *f)
{
	for (unsigned i = 0; i < p->m.lines; i++)
		if (is_line(p, &p->m.line[i], f))
			return &p->m.line[i];
	return NULL;
}

/* Number of the store told, from 1, behind `after`; 0: there is none. */
static unsigned store_of(const struct play *p, const struct sim_store *s, unsigned after)
{
	for (unsigned i = after; i < p->m.stores; i++) {
		const struct m_store *at = &p->m.store[i];

		if (at->pa == s->pa && at->old == s->old && at->now == s->now)
			return i + 1;
	}
	return 0;
}

/*
 * The line has to do with the request: it covers the address, or is the device's own. The context entry of another device may
 * be to blame where pages are found by domain: that device filled them under an id that memory no longer gives it.
 */
static bool suits(const struct m_line *l, const struct sim_finding *f)
{
	if (l->cache == M_CONTEXT)
		return l->dev == device_of(f->rid) || f->has_store;
	return (l->cache != M_DEVICE || l->dev == device_of(f->rid)) && l->iova <= f->iova &&
	       f->iova <= model_last(l);
}

/* The nearest of the commands since the store, in the model's words. */
static enum sim_cause class_of(const struct play *p, const struct m_command *c,
			       const struct m_line *l)
{
	struct m_command wide = *c;
	uint64_t away = c->first > model_last(l) ? c->first - model_last(l)
			: l->iova > c->last      ? l->iova - c->last
						 : 0;
	bool pages = l->cache == M_IOTLB || l->cache == M_PAGING;

	if (p->m.arch == M_VTD && l->cache == M_IOTLB && c->what == M_CMD_PAGES_RANGE &&
	    c->domain == l->domain && !away &&
	    (c->first > l->iova || c->last < model_last(l))) /* whatever this unit does with it */
		return SIM_CAUSE_SMALL;
	if (model_covers(&p->m, c, l))
		return c->done ? SIM_CAUSE_REFILLED : SIM_CAUSE_PENDING;
	wide.leaf_only = false;
	if (model_covers(&p->m, &wide, l))
		return SIM_CAUSE_HINT;
	if (c->what == M_CMD_PAGES_RANGE && pages && c->domain == l->domain && away)
		return away <= 512 * 4096 ? SIM_CAUSE_SHORT : SIM_CAUSE_NONE;
	if (c->what == M_CMD_DEVICE_RANGE && l->cache == M_DEVICE && away)
		return away <= 512 * 4096 ? SIM_CAUSE_SHORT : SIM_CAUSE_NONE;
	if (pages && c->domain != l->domain &&
	    (c->what == M_CMD_PAGES_DOMAIN || (c->what == M_CMD_PAGES_RANGE && !away)))
		return SIM_CAUSE_OTHER_DOMAIN;
	if (l->cache == M_CONTEXT &&
	    (c->what == M_CMD_CONTEXT_DOMAIN || c->what == M_CMD_CONTEXT_DEVICE) &&
	    p->m.arch == M_VTD && c->domain != l->domain)
		return SIM_CAUSE_OTHER_DOMAIN;
	if (l->cache == M_CONTEXT && c->what == M_CMD_CONTEXT_DEVICE && c->dev != l->dev)
		return SIM_CAUSE_OTHER_DEVICE;
	return SIM_CAUSE_NONE;
}

static int nearness(enum sim_cause cause)
{
	static const enum sim_cause order[] = { SIM_CAUSE_NONE,         SIM_CAUSE_OTHER_DEVICE,
						SIM_CAUSE_OTHER_DOMAIN, SIM_CAUSE_SHORT,
						SIM_CAUSE_SMALL,        SIM_CAUSE_HINT,
						SIM_CAUSE_PENDING,      SIM_CAUSE_REFILLED };

	for (int i = 0; i < (int)(sizeof(order) / sizeof(order[0])); i++)
		if (order[i] == cause)
			return i;
	return 0;
}

/* The best class of the commands given since. */
static enum sim_cause class_since(const struct play *p, const struct m_line *l, uint64_t order)
{
	enum sim_cause best = SIM_CAUSE_NONE;

	for (unsigned i = 0; i < p->m.commands; i++) {
		enum sim_cause class = class_of(p, &p->m.command[i], l);

		if (p->m.command[i].given > order && nearness(class) > nearness(best))
			best = class;
	}
	return best;
}

/* Several stores may look alike: the oracle means one of them. */
static void check_cause(struct play *p, const struct sim_finding *f, const struct m_line *l)
{
	enum sim_cause best = SIM_CAUSE_NONE;

	for (unsigned n = 0; f->has_store && (n = store_of(p, &f->store, n)) != 0;) {
		best = class_since(p, l, p->m.store[n - 1].order);
		if (best == f->cause ||
		    (f->cause == SIM_CAUSE_DEVICE_FIRST && best == SIM_CAUSE_REFILLED) ||
		    (nearness(f->cause) == 0 && best == SIM_CAUSE_NONE))
			return;
	}
	if (f->has_store && f->store.master == SIM_MASTER_CPU)
		wrong(p, f, sim_cause_name(best));
}

/* One domain id, two tables: so it is now, and nothing is said of stores and invalidations. */
static void check_shared(struct play *p, const struct sim_finding *f)
{
	const struct m_context *a = &p->m.context[device_of(f->rid)],
			       *b = &p->m.context[device_of(f->line.by_rid)];

	if (p->apart || !b->present || b->domain != f->line.domain ||
	    (a->domain == b->domain && a->top == b->top))
		wrong(p, f, "the id is not shared");
	if (f->verdict != SIM_VERDICT_TABLE || f->has_store || f->has_needed || f->has_nearest)
		wrong(p, f, "of a shared id too much is said");
}

/* A stale answer: the entry named is there, it has to do with the request, and the paragraph is whole. */
static void check_stale(struct play *p, const struct sim_finding *f)
{
	const struct m_line *l;

	if (!f->has_line)
		wrong(p, f, "no line is named");
	if (p->any && f->cause != SIM_CAUSE_SHARED_ID && !f->has_needed)
		wrong(p, f, "nothing would remove it");
	if (p->any)
		return;
	l = line_of(p, &f->line);
	if (!l)
		wrong(p, f, "the line named is not cached");
	if (!suits(l, f))
		wrong(p, f, "the line named has nothing to do with it");
	if (f->cause == SIM_CAUSE_SHARED_ID) {
		check_shared(p, f);
		return;
	}
	if (!f->has_store && p->apart)
		wrong(p, f, "no store is named");
	if (f->has_store && !store_of(p, &f->store, 0) && f->store.master == SIM_MASTER_CPU)
		wrong(p, f, "no such store was made");
	if (!f->has_needed)
		wrong(p, f, "nothing would remove it");
	check_cause(p, f, l);
}

static void show_findings(struct play *p, uint32_t from)
{
	const struct sim_finding *f;
	char text[4096];

	for (uint32_t n = from; p->show && n < sim_finding_count(p->s); n++)
		if ((f = sim_finding_get(p->s, n)) != NULL) {
			sim_finding_format(f, text, sizeof(text));
			printf("         %s\n", text);
		}
}

/* ---- DMA ---- */

/* What came of it is not what memory says. A device with a TLB may have been told something else on the way. */
static void check_any(struct play *p, unsigned dev, uint8_t need, const struct sim_dma *d,
		      const struct sim_dma_result *r, bool found)
{
	struct m_answer memory = model_truth(&p->m, dev, d->addr);
	bool may = memory.ok && !(need & ~memory.perm), did = r->outcome == SIM_OUTCOME_OK;
	bool stale =
		did != may || (did && (r->last.pa != memory.pa || r->last.perm & ~memory.perm));

	TELL(p, "dma dev %u %s %llx: %s%s", dev, need == M_WRITE ? "write" : "read",
	     (unsigned long long)d->addr, did ? "ok" : "no", stale ? ", stale" : "");
	if (stale && !found)
		wrong(p, NULL, "a stale answer was not found");
	if (!stale && found && dev != M_DEVICES - 1)
		wrong(p, sim_finding_get(p->s, sim_finding_count(p->s) - 1), "nothing is stale");
	p->stale += stale;
}

static void dma(struct play *p)
{
	static const enum sim_access kinds[] = { SIM_READ, SIM_WRITE };
	unsigned dev = below(p, M_DEVICES), kind = below(p, 2);
	uint8_t need = kind ? M_WRITE : M_READ, byte[4] = { 0 };
	uint32_t before = sim_finding_count(p->s), after;
	struct sim_dma d = { .dev = dev,
			     .access = kinds[kind],
			     .addr = any_iova(p) + 8 * below(p, 8),
			     .len = sizeof(byte),
			     .data = byte };
	struct m_answer a;
	struct sim_dma_result r;
	bool stale;

	executed(p);
	if (p->any) {
		ck_assert_int_eq(sim_dma(p->s, &d, &r), SIM_OK);
		after = sim_finding_count(p->s);
		show_findings(p, before);
		check_any(p, dev, need, &d, &r, after != before);
		for (uint32_t n = before; n < after; n++)
			if (sim_finding_get(p->s, n) &&
			    sim_finding_get(p->s, n)->time_ns == sim_now_ns(p->s))
				check_stale(p, sim_finding_get(p->s, n));
		return;
	}
	a = model_request(&p->m, dev, d.addr, need, &stale);
	ck_assert_int_eq(sim_dma(p->s, &d, &r), SIM_OK);
	after = sim_finding_count(p->s);
	TELL(p, "dma dev %u %s %llx: %s %llx%s", dev, kind ? "write" : "read",
	     (unsigned long long)d.addr, a.ok ? "ok" : "no", (unsigned long long)a.pa,
	     stale ? ", stale" : "");
	show_findings(p, before);
	if (a.ok != (r.outcome == SIM_OUTCOME_OK) || (a.ok && a.pa != r.last.pa))
		wrong(p, NULL, "the unit does not answer as the model does");
	if (stale && before == after)
		wrong(p, NULL, "a stale answer was not found");
	if (!stale && before != after)
		wrong(p, sim_finding_get(p->s, before), "nothing is stale");
	for (uint32_t n = before; n < after; n++)
		if (sim_finding_get(p->s, n) &&
		    sim_finding_get(p->s, n)->time_ns == sim_now_ns(p->s))
			check_stale(p, sim_finding_get(p->s, n));
	p->stale += stale;
}

/* ---- pages given back ---- */

static bool leads(const struct m_line *l, uint64_t first, uint64_t last)
{
	bool leaf = l->cache == M_IOTLB || l->cache == M_DEVICE;
	uint64_t end = l->pa + (leaf ? model_last(l) - l->iova : 4095);

	return l->pa && l->pa <= last && end >= first;
}

/* Translations that a device holds reach memory only while the unit may let them pass. */
static bool of_use(const struct play *p, const struct m_line *l)
{
	if (l->cache != M_DEVICE || p->m.context[l->dev].present)
		return true;
	for (unsigned i = 0; i < p->m.lines; i++)
		if (p->m.line[i].cache == M_CONTEXT && p->m.line[i].dev == l->dev)
			return p->m.line[i].context.present;
	return false;
}

static bool memory_leads(const struct play *p, const struct m_line *l, uint64_t first,
			 uint64_t last)
{
	struct m_answer a;

	if (l->cache == M_CONTEXT)
		return p->m.context[l->dev].present &&
		       p->m.table_pa[M_LEVELS - 1][p->m.context[l->dev].top] == l->pa;
	if (l->cache == M_PAGING) {
		for (unsigned t = 0; t < M_TABLES; t++)
			for (unsigned slot = 0; slot < M_SLOTS; slot++) {
				const struct m_entry *e = &p->m.table[l->level][t][slot];

				if (model_entry_pa(&p->m, l->level, t, slot) == l->entry_pa)
					return e->kind == M_TABLE &&
					       p->m.table_pa[l->level - 1][e->to] == l->pa;
			}
		return false;
	}
	a = model_truth(&p->m, l->dev, l->iova + (l->pa > first ? 0 : first - l->pa));
	return a.ok && a.pa >= first && a.pa <= last;
}

/* A command that would have taken the line from then on was seen complete. */
static bool seen_gone(const struct play *p, const struct m_gone *g)
{
	return g->by <= p->m.observed;
}

static void release(struct play *p)
{
	unsigned level = below(p, M_LEVELS + 2);
	uint64_t first = level < M_LEVELS ? p->m.table_pa[level][below(p, M_TABLES)]
					  : p->m.page_pa[level - M_LEVELS][below(p, M_PAGES)];
	uint64_t last = first + (level == M_LEVELS + 1 ? 0x1fffff : 0xfff);
	uint32_t before = sim_finding_count(p->s);
	bool held = false, early = false;
	const struct sim_finding *f;

	executed(p);
	for (unsigned i = 0; i < p->m.lines; i++)
		held |= leads(&p->m.line[i], first, last) && of_use(p, &p->m.line[i]);
	for (unsigned i = 0; i < p->m.gones; i++)
		early |= leads(&p->m.gone[i].line, first, last) && of_use(p, &p->m.gone[i].line) &&
			 !seen_gone(p, &p->m.gone[i]) &&
			 !memory_leads(p, &p->m.gone[i].line, first, last);
	sim_oracle_release(p->s, first, last);
	TELL(p, "release %llx%s", (unsigned long long)first,
	     held    ? ", held"
	     : early ? ", early"
		     : "");
	show_findings(p, before);
	f = sim_finding_get(p->s, before);
	if ((held || early) && sim_finding_count(p->s) == before)
		wrong(p, NULL,
		      held ? "a page given back while held was not found"
			   : "a page given back early was not found");
	if (!held && !early && sim_finding_count(p->s) != before)
		wrong(p, f, "nothing leads there any more");
	if (!held && early && f && f->cause != SIM_CAUSE_UNOBSERVED)
		wrong(p, f, "not-observed");
	p->releases += held || early;
}

/* ---- a sequence ---- */

static void place_tables(struct play *p)
{
	struct model *m = &p->m;

	for (unsigned level = 0; level < M_LEVELS; level++)
		for (unsigned t = 0; t < M_TABLES; t++)
			m->table_pa[level][t] = world_page(&p->w);
	for (unsigned i = 0; i < M_PAGES; i++) {
		m->page_pa[0][i] = DATA + 4096 * i;
		m->page_pa[1][i] = LARGE + 0x200000 * i;
	}
	for (unsigned level = 0; level < M_LEVELS; level++)
		for (unsigned t = 0; t < M_TABLES; t++)
			for (unsigned slot = 0; slot < (level == M_LEVELS - 1 ? 1 : M_SLOTS);
			     slot++) {
				struct m_entry *e = &m->table[level][t][slot];
				uint64_t word;

				*e = any_entry(p, level);
				word = word_of(p, level, e);
				ck_assert_int_eq(sim_mem_store(p->s,
							       model_entry_pa(m, level, t, slot),
							       &word, 8),
						 SIM_OK);
			}
	for (unsigned dev = 0; dev < M_DEVICES; dev++) {
		uint64_t q[2];

		m->context[dev] = any_context(p);
		m->context_pa[dev] = m->arch == M_VTD ? vt_context_at(&p->w, rids[dev])
						      : AV_DEVTAB + 32u * rids[dev];
		context_words(p, dev, q);
		ck_assert_int_eq(sim_mem_store(p->s, m->context_pa[dev], q, 16), SIM_OK);
	}
}

/* Every freedom that changes what is cached when. */
static void any_policy(struct play *p, struct sim_policy *policy)
{
	policy->keep = (enum sim_keep)below(p, 4);
	policy->entries = 1 + below(p, 12);
	policy->keep_nothing = one_in(p, 3) ? 1u << below(p, SIM_CACHE_INTERRUPT) : 0;
	policy->invalidate_more = one_in(p, 3);
	policy->prefetch = one_in(p, 2);
	policy->speculate = one_in(p, 2);
	policy->out_of_order = one_in(p, 2);
	policy->delay = one_in(p, 2)   ? SIM_DELAY_NORMAL
			: one_in(p, 2) ? SIM_DELAY_RANDOM
				       : SIM_DELAY_BATCHED;
}

static void begin(struct play *p, enum m_arch arch, uint64_t seed)
{
	struct sim_policy policy = { .keep = SIM_KEEP_ALL };
	bool absence;

	*p = (struct play){ .seed = seed, .rng = seed ^ (uint64_t)arch << 32 };
	p->show = getenv("SHOW") != NULL;
	if (p->show)
		setvbuf(stdout, NULL, _IOLBF, 0);
	p->m.arch = arch;
	p->apart = one_in(p, 2);
	p->m.rewalk = policy.rewalk_on_permission = one_in(p, 2);
	p->m.exact = policy.exact_range = arch == M_VTD && one_in(p, 2);
	p->any = one_in(p, 3);
	if (p->any)
		any_policy(p, &policy);
	absence = p->any && one_in(p, 2);
	if (arch == M_VTD) {
		struct sim_vtd_config config;

		sim_vtd_default(&config);
		config.ecap |= VTD_ECAP_DT;
		config.cap |= absence ? VTD_CAP_CM : 0;
		vt_start(&p->w, &config, &policy);
		p->s = p->w.s;
	} else {
		struct sim_amdvi_config config;

		sim_amdvi_default(&config);
		config.cap |= absence ? (uint32_t)AMDVI_CAPHDR_NPCACHE : 0;
		av_start(&p->w, &config, &policy);
		p->s = p->w.s;
	}
	for (unsigned dev = 0; dev < M_DEVICES; dev++)
		ck_assert_int_eq(sim_device_add(p->s, 0, rids[dev], dev == M_DEVICES - 1),
				 (int)dev);
	ck_assert_int_eq(sim_device_ats(p->s, M_DEVICES - 1, true), SIM_OK);
	place_tables(p);
	if (arch == M_VTD) {
		vt_queue_on(&p->w, 0, false);
		vt_enable(&p->w, VTD_TTM_LEGACY);
	} else {
		av_enable(&p->w);
	}
	sim_oracle_enable(p->s, true);
}

static void step(struct play *p)
{
	switch (below(p, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		store_entry(p);
		break;
	case 4:
		store_context(p);
		break;
	case 5:
	case 6:
	case 7:
		command(p);
		break;
	case 8:
		give_wait(p);
		break;
	case 9:
		look_at_status(p);
		break;
	case 10:
		if (!p->any)
			release(p);
		break;
	default:
		dma(p);
	}
}

static void sequence(enum m_arch arch, uint64_t seed, unsigned *stale, unsigned *releases)
{
	static struct play p;

	begin(&p, arch, seed);
	for (unsigned i = 0; i < STEPS; i++)
		step(&p);
	*stale += p.stale;
	*releases += p.releases;
	sim_destroy(p.s);
}

START_TEST(test_oracle_random_guest)
{
	const char *seed = getenv("SEED"), *seeds = getenv("SEEDS"), *only = getenv("ARCH");
	uint64_t first = seed ? strtoull(seed, NULL, 0) : 1;
	uint64_t count = seed ? 1 : seeds ? strtoull(seeds, NULL, 0) : SEQUENCES;
	unsigned stale = 0, releases = 0;

	if (only && atoi(only) != _i)
		return;
	for (uint64_t n = 0; n < count; n++)
		sequence((enum m_arch)_i, first + n, &stale, &releases);
	if (!seed) { /* it did meet what it is for */
		ck_assert_uint_gt(stale, count / 4);
		ck_assert_uint_gt(releases, count / 16);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("oracle_random");
	TCase *t = tcase_create("guest");

	tcase_add_loop_test(t, test_oracle_random_guest, M_VTD, M_AMDVI + 1);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
