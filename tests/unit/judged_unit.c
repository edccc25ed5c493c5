/*
 * A made-up unit; see the header.
 */
#include <check.h>
#include <stdlib.h>

#include "judged_unit.h"

#define ADDR UINT64_C(0xffffffffff000)

static struct judged_unit *judged_of(struct unit *u)
{
	return (struct judged_unit *)(void *)u;
}

static void refuse(struct sim_xlat *x, uint8_t reason)
{
	x->outcome = SIM_OUTCOME_UR;
	x->reason = reason;
	x->pa = 0;
}

static bool load(struct sim *s, const struct port *port, uint64_t at, uint64_t *word)
{
	return bus_read64(s, port, at, word);
}

static struct tc_entry entry(const struct sim *s, uint64_t addr, uint64_t who, unsigned level,
			     uint64_t q, uint64_t entry_pa)
{
	return (struct tc_entry){
		.addr = tc_base(addr, level),
		.who = who,
		.group = JUDGED_DOMAIN,
		.level = (uint8_t)level,
		.q = { q, 0 },
		.perm = q & 3,
		.entry_pa = entry_pa,
		.filled_ns = s->clock.now_ns,
	};
}

/*
 * One word on the way, from `cache` when it is given and has it, else from memory. level 5 has no address. False: absent or
 * unreadable, told in x.
 */
static bool step(struct unit *u, const struct port *port, enum sim_cache cache, uint64_t who,
		 uint64_t addr, unsigned level, uint64_t at, uint8_t absent, uint64_t *word,
		 struct sim_xlat *x)
{
	struct tcache *c = &u->cache[cache];
	const struct tc_entry *e =
		port->probe ? NULL : tcache_find_level(c, tc_base(addr, level), who, level);

	if (e) {
		*word = e->q[0];
		return true;
	}
	if (!load(u->sim, port, at, word)) {
		refuse(x, JUDGED_UNREADABLE);
		return false;
	}
	if (!(*word & 3)) {
		refuse(x, absent);
		return false;
	}
	if (!port->probe) {
		struct tc_entry filled = entry(u->sim, addr, who, level, *word, at);

		tcache_insert(c, &filled);
	}
	return true;
}

static uint8_t need(const struct sim_request *rq)
{
	return rq->access == SIM_WRITE ? 2 : rq->access == SIM_ATOMIC ? 3 : 1;
}

static void finish(const struct sim_request *rq, uint64_t word, struct sim_xlat *x)
{
	x->perm = word & 3;
	if (rq->at == SIM_AT_TRANSLATION && !x->perm) {
		x->outcome = SIM_OUTCOME_NO_ACCESS;
		return;
	}
	if (rq->at != SIM_AT_TRANSLATION && need(rq) & ~x->perm) {
		refuse(x, JUDGED_NO_PERMISSION);
		return;
	}
	x->outcome = SIM_OUTCOME_OK;
	x->pa = (word & ADDR) | (rq->addr & 0xfff);
}

static void walk(struct unit *u, const struct port *port, const struct sim_request *rq,
		 struct sim_xlat *x)
{
	uint64_t word;

	x->source = SIM_FROM_WALK;
	if (judged_of(u)->pass_through) {
		x->entry = (rq->addr & ADDR) | 3;
		finish(rq, x->entry, x);
		return;
	}
	if (rq->at == SIM_AT_TRANSLATION && !judged_of(u)->translation_requests) {
		refuse(x, JUDGED_NO_CONTEXT);
		return;
	}
	if (!step(u, port, SIM_CACHE_CONTEXT, rq->rid, 0, 5,
		  JUDGED_CONTEXT + 8 * (uint64_t)(rq->rid & 0xff), JUDGED_NO_CONTEXT, &word, x))
		return;
	if (rq->at == SIM_AT_TRANSLATED) {
		x->pa = rq->addr;
		return;
	}
	if (!step(u, port, SIM_CACHE_PAGING, JUDGED_DOMAIN, rq->addr, 1,
		  (word & ADDR) + 8 * (rq->addr >> 21 & 0x1ff), JUDGED_NO_UPPER, &word, x))
		return;
	x->entry_pa = (word & ADDR) + 8 * (rq->addr >> 12 & 0x1ff);
	if (!load(u->sim, port, x->entry_pa, &x->entry)) {
		refuse(x, JUDGED_UNREADABLE);
		return;
	}
	finish(rq, x->entry, x);
}

static void judged_translate(struct unit *u, const struct sim_request *rq, struct sim_xlat *x)
{
	const struct port port = { .master = SIM_MASTER_WALK, .view = u->view };
	const struct tc_entry *e = tcache_find(&u->cache[SIM_CACHE_IOTLB], rq->addr, rq->rid);
	struct tc_entry filled;

	*x = (struct sim_xlat){ 0 };
	if (!judged_of(u)->translating || rq->at == SIM_AT_TRANSLATED) {
		x->pa = rq->addr;
		return;
	}
	if (e) {
		x->source = SIM_FROM_IOTLB;
		finish(rq, e->q[0], x);
		return;
	}
	walk(u, &port, rq, x);
	if (x->outcome != SIM_OUTCOME_OK && !judged_of(u)->caches_absence)
		return;
	filled = entry(u->sim, rq->addr, rq->rid, 0, x->entry, x->entry_pa);
	filled.flags = x->outcome == SIM_OUTCOME_OK ? 0 : TC_NEGATIVE;
	tcache_insert(&u->cache[SIM_CACHE_IOTLB], &filled);
}

static void judged_probe(const struct unit *u, const struct sim_request *rq, enum mem_view view,
			 struct sim_xlat *x)
{
	const struct port port = { .master = SIM_MASTER_WALK, .view = view, .probe = true };
	struct unit *self = u->sim->unit[u->index];

	judged_of(self)->probes++;
	*x = (struct sim_xlat){ 0 };
	walk(self, &port, rq, x);
}

static void judged_describe(const struct unit *u, enum sim_cache cache, const struct tc_entry *e,
			    struct sim_cache_line *out)
{
	*out = (struct sim_cache_line){
		.cache = cache,
		.unit = u->index,
		.domain = e->group,
		.rid = cache == SIM_CACHE_PAGING ? 0 : (uint16_t)e->who,
		.level = e->level,
		.perm = e->perm,
		.negative = (e->flags & TC_NEGATIVE) != 0,
		.iova = e->addr,
		.pa = e->q[0] & ADDR,
		.entry_pa = e->entry_pa,
		.filled_ns = e->filled_ns,
	};
}

static bool judged_translating(const struct unit *u)
{
	return judged_of(u->sim->unit[u->index])->translating;
}

static void judged_answer(struct unit *u, uint16_t rid, uint32_t tag, bool ok)
{
	(void)u, (void)rid, (void)tag, (void)ok;
}

static void judged_destroy(struct unit *u)
{
	for (unsigned i = 0; i < SIM_CACHE_DEVICE; i++)
		tcache_destroy(&u->cache[i]);
	regfile_destroy(&u->regs);
	free(u);
}

static const struct unit_ops judged_ops = {
	.translate = judged_translate,
	.probe = judged_probe,
	.describe = judged_describe,
	.translating = judged_translating,
	.devtlb_answer = judged_answer,
	.destroy = judged_destroy,
};

struct judged_unit *judged_machine(struct sim **out, enum mem_view view)
{
	struct sim_config config = { .seed = 1, .oracle = true };
	struct judged_unit *f = calloc(1, sizeof(*f));

	ck_assert_ptr_nonnull(f);
	config.policy.publish = SIM_PUBLISH_AT_SYNC;
	ck_assert_int_eq(sim_create(&config, out), SIM_OK);
	ck_assert_int_eq(sim_mem_add(*out, 0, JUDGED_RAM_LAST), SIM_OK);
	f->u.ops = &judged_ops;
	f->u.sim = *out;
	f->u.view = view;
	f->translating = true;
	ck_assert_int_eq(regfile_init(&f->u.regs, 4096, f), SIM_OK);
	for (unsigned i = 0; i < SIM_CACHE_DEVICE; i++)
		ck_assert_int_eq(tcache_init(&f->u.cache[i], &config.policy, 1, STREAM_CACHE + i),
				 SIM_OK);
	ck_assert_int_eq(sim_unit_add(*out, &f->u, UINT64_C(0xfed90000), 4096), 0);
	(*out)->mem.noncoherent = view != MEM_VIEW_CPU;
	(*out)->mem.buffered = view == MEM_VIEW_MEMORY;
	return f;
}

void judged_context(struct sim *s, uint16_t rid, uint64_t word)
{
	sim_cpu_write64(s, JUDGED_CONTEXT + 8 * (uint64_t)(rid & 0xff), word);
}

void judged_upper(struct sim *s, uint64_t iova, uint64_t word)
{
	sim_cpu_write64(s, JUDGED_UPPER + 8 * (iova >> 21 & 0x1ff), word);
}

void judged_lower(struct sim *s, uint64_t iova, uint64_t word)
{
	sim_cpu_write64(s, JUDGED_LOWER + 8 * (iova >> 12 & 0x1ff), word);
}

void judged_tables(struct sim *s)
{
	judged_context(s, JUDGED_RID, JUDGED_UPPER | 3);
	judged_upper(s, 0, JUDGED_LOWER | 3);
	sim_cpu_sync(s, 0, JUDGED_RAM_LAST + 1, true);
	mem_drain(&s->mem);
	bus_update(s);
}

struct sim_xlat judged_dma(struct sim *s, uint16_t rid, enum sim_access access, uint64_t iova)
{
	const struct sim_request rq = {
		.addr = iova, .rid = rid, .access = (uint8_t)access, .len = 1
	};
	struct sim_xlat x;

	sim_translate(s, &rq, &x);
	if (s->check)
		oracle_accessed(s, &rq, &x);
	return x;
}
