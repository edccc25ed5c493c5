/*
 * The smallest IOMMU: a list of pages in the test's hands, no registers of its own meaning, no caches but one IOTLB that the
 * test fills itself. For tests of the machine around a unit.
 */
#ifndef TESTS_FAKE_UNIT_H
#define TESTS_FAKE_UNIT_H

#include <stdlib.h>
#include <string.h>

#include "sim/machine.h"
#include "unit.h"

#define FAKE_PAGES 16u

struct fake_page {
	uint64_t iova, pa;
	uint8_t level, perm;
};

struct fake {
	struct unit u;
	struct fake_page page[FAKE_PAGES];
	uint32_t pages;
	bool no_translated;     /* translated requests get UR */
	bool untranslated_only; /* translation requests say U */
	uint8_t access[3];      /* of the last one, by enum sim_at */
	uint32_t requests[3];   /* by enum sim_at */
	struct sim_request last;
	uint32_t answers;
	uint32_t answer_tag[64];
	bool answer_ok[64];
	uint64_t answer_ns[64];
	struct timer handshake;
	uint64_t handshake_ns;
	uint32_t *destroyed;
};

static inline struct fake *fake_of(struct unit *u)
{
	return (struct fake *)u;
}

static inline void fake_map(struct fake *f, uint64_t iova, uint64_t pa, uint8_t level, uint8_t perm)
{
	f->page[f->pages++ % FAKE_PAGES] = (struct fake_page){ iova, pa, level, perm };
}

static inline void fake_look(const struct fake *f, const struct sim_request *rq, struct sim_xlat *x)
{
	static const uint8_t need[] = { 1, 2, 3, 0 };

	*x = (struct sim_xlat){ .outcome = SIM_OUTCOME_UR, .reason = 5, .source = SIM_FROM_WALK };
	if (rq->at == SIM_AT_TRANSLATED && !f->no_translated) {
		*x = (struct sim_xlat){ .pa = rq->addr, .perm = 3, .source = SIM_FROM_BYPASS };
		return;
	}
	if (rq->at == SIM_AT_UNTRANSLATED && rq->addr >> 20 == 0xfee && rq->access == SIM_WRITE) {
		*x = (struct sim_xlat){ .pa = rq->addr, .source = SIM_FROM_MSI };
		return;
	}
	for (uint32_t i = 0; i < f->pages && i < FAKE_PAGES && rq->at != SIM_AT_TRANSLATED; i++) {
		const struct fake_page *p = &f->page[i];

		if (tc_base(rq->addr, p->level) != p->iova)
			continue;
		x->perm = p->perm;
		x->level = p->level;
		x->pa = p->pa + (rq->addr - p->iova);
		if (rq->at == SIM_AT_UNTRANSLATED && (need[rq->access] & ~p->perm))
			return;
		x->outcome = rq->at == SIM_AT_TRANSLATION && !p->perm ? SIM_OUTCOME_NO_ACCESS
								      : SIM_OUTCOME_OK;
		x->reason = 0;
		x->untranslated_only = rq->at == SIM_AT_TRANSLATION && f->untranslated_only;
		return;
	}
}

static inline void fake_translate(struct unit *u, const struct sim_request *rq, struct sim_xlat *x)
{
	struct fake *f = fake_of(u);

	f->requests[rq->at]++;
	f->access[rq->at] = rq->access;
	f->last = *rq;
	fake_look(f, rq, x);
}

static inline void fake_probe(const struct unit *u, const struct sim_request *rq,
			      enum mem_view view, struct sim_xlat *x)
{
	(void)view;
	fake_look((const struct fake *)u, rq, x);
}

static inline void fake_describe(const struct unit *u, enum sim_cache cache,
				 const struct tc_entry *e, struct sim_cache_line *out)
{
	(void)cache;
	out->unit = u->index;
	out->domain = e->group;
	out->rid = (uint16_t)e->who;
	out->iova = e->addr;
	out->pa = e->q[0];
	out->level = e->level;
}

static inline bool fake_translating(const struct unit *u)
{
	(void)u;
	return true;
}

static inline void fake_answer(struct unit *u, uint16_t rid, uint32_t tag, bool ok)
{
	struct fake *f = fake_of(u);

	(void)rid;
	f->answer_tag[f->answers % 64] = tag;
	f->answer_ok[f->answers % 64] = ok;
	f->answer_ns[f->answers % 64] = u->sim->clock.now_ns;
	f->answers++;
}

static inline void fake_destroy(struct unit *u)
{
	struct fake *f = fake_of(u);

	if (f->destroyed)
		++*f->destroyed;
	regfile_destroy(&u->regs);
	for (unsigned i = 0; i < SIM_CACHE_DEVICE; i++)
		tcache_destroy(&u->cache[i]);
	free(f);
}

static const struct unit_ops fake_ops = {
	.translate = fake_translate,
	.probe = fake_probe,
	.describe = fake_describe,
	.translating = fake_translating,
	.devtlb_answer = fake_answer,
	.destroy = fake_destroy,
};

/* Made, not added. */
static inline struct fake *fake_new(struct sim *s, enum mem_view view)
{
	struct fake *f = calloc(1, sizeof(*f));

	ck_assert_ptr_nonnull(f);
	f->u.ops = &fake_ops;
	f->u.view = view;
	ck_assert_int_eq(regfile_init(&f->u.regs, 4096, f), SIM_OK);
	for (unsigned i = 0; i < SIM_CACHE_DEVICE; i++)
		ck_assert_int_eq(tcache_init(&f->u.cache[i], &s->policy, s->seed, i), SIM_OK);
	return f;
}

/* Made and added; its registers at 0xfed00000 + 4096 for each unit. */
static inline struct fake *fake_add(struct sim *s)
{
	struct fake *f = fake_new(s, MEM_VIEW_CPU);

	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xfed00000 + (uint64_t)4096 * s->units, 4096),
			 (int)s->units - 1);
	return f;
}

static inline struct sim *sim_start(const struct sim_config *config)
{
	struct sim *s = NULL;

	ck_assert_int_eq(sim_create(config, &s), SIM_OK);
	ck_assert_ptr_nonnull(s);
	return s;
}

#endif
