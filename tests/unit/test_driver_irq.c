/*
 * Interrupt remapping, both vendors, against a model of what hardware does with an interrupt: it reads the entry that the
 * message names, once, and keeps the copy until a command drops it. The model is written from the specification's layouts
 * (VT-d 5.1 and 9, 48882 2.2.5), apart from the driver and the simulator.
 */
#include "unit.h"

#include <string.h>

#include "fake_amdvi.h"
#include "fake_vtd.h"
#include "hw/vtd.h"
#include "iommu/irq.h"

#define CACHED 256u

/* What comes out of the unit; nothing when blocked. */
struct out {
	bool delivered;
	uint32_t dest;
	uint8_t vector, delivery;
	bool logical;
};

struct line {
	uint16_t rid;
	uint32_t index;
	uint64_t q[2];
};

struct world {
	bool amd, wide, x2apic, many, cm;
	struct fake *v;
	struct fake_amdvi *a;
	struct fake_mem *m;
	struct iommu_unit u;
	struct iommu_irq_unit irq;
	struct line cache[CACHED]; /* entries the unit keeps for ever, unless told not to */
	uint32_t cached, seen;     /* lines; events of the log already looked at */
	uint32_t rng;

	/* while set, each store is followed by an interrupt of this kind, which may come out in two ways */
	struct iommu_irq_message watch;
	uint16_t watch_rid;
	struct out old, new;
	uint32_t watched, gaps;
};

static uint32_t rnd(struct world *w, uint32_t below)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 17;
	w->rng ^= w->rng << 5;
	return w->rng % below;
}

/* ---- the hardware's side ---- */

static void drop(struct world *w, bool all, uint16_t rid, uint32_t first, uint32_t last)
{
	for (uint32_t i = 0; i < w->cached;) {
		const struct line *l = &w->cache[i];

		if (all || (w->amd ? l->rid == rid : l->index >= first && l->index <= last))
			w->cache[i] = w->cache[--w->cached];
		else
			i++;
	}
}

static void drop_as_told(struct world *w, uint64_t q0)
{
	if (w->amd) {
		uint32_t op = (uint32_t)(q0 >> 60);

		if (op == 5 || op == 8)
			drop(w, op == 8, (uint16_t)q0, 0, 0);
	} else if ((q0 & 15) == 4) {
		uint32_t first = (uint32_t)(q0 >> 32 & 0xffff), im = (uint32_t)(q0 >> 27 & 31);

		drop(w, !(q0 & 16), 0, first, first + (1u << im) - 1);
	}
}

static void catch_up(struct world *w)
{
	for (; w->seen < w->m->logged; w->seen++) {
		const struct fake_event *e = &w->m->log[w->seen];

		if (e->what == FAKE_DESC)
			drop_as_told(w, e->a);
		/* CAP.ESIRTPS: setting the table pointer and switching off drop everything */
		if (e->what == FAKE_REG && !w->amd && (w->v->cap & VTD_CAP_ESIRTPS) &&
		    e->a == VTD_REG_GCMD && ((e->b & VTD_GCMD_SIRTP) || !(e->b & VTD_GCMD_IRE)))
			drop(w, true, 0, 0, 0);
	}
	if (w->seen > FAKE_LOG / 2)
		w->seen = w->m->logged = 0;
}

static uint64_t load(struct world *w, uint64_t pa)
{
	if (w->amd)
		return fake_amdvi_walk_read(w->a, pa, true);
	return fake_walk_read(w->v, pa);
}

/* From memory, or the copy kept. False: there is no such entry, or it blocks. A blocking one is kept as well. */
static bool fetch(struct world *w, uint16_t rid, uint32_t index, uint64_t pa, bool keep,
		  uint64_t q[2])
{
	bool live;

	for (uint32_t i = 0; keep && i < w->cached; i++) {
		if (w->cache[i].index == index && (!w->amd || w->cache[i].rid == rid)) {
			memcpy(q, w->cache[i].q, 16);
			return q[0] & 1;
		}
	}
	if (w->amd && !w->wide) {
		q[0] = load(w, pa & ~UINT64_C(7)) >> (pa & 4 ? 32 : 0) & 0xffffffff;
		q[1] = 0;
	} else {
		q[0] = load(w, pa);
		q[1] = load(w, pa + 8);
	}
	live = q[0] & 1;
	/* VT-d keeps what blocks only in caching mode; of AMD-Vi nothing is known, so the worst */
	if (keep && (live || w->cm || w->amd) && w->cached < CACHED)
		w->cache[w->cached++] = (struct line){ rid, index, { q[0], q[1] } };
	return live;
}

static bool sid_matches(uint64_t q1, uint16_t rid)
{
	static const uint16_t ignored[] = { 0, 4, 6, 7 };
	uint16_t sid = (uint16_t)q1, mask = (uint16_t)~ignored[q1 >> 16 & 3];

	switch (q1 >> 18 & 3) {
	case 0:
		return true;
	case 1:
		return (sid & mask) == (rid & mask);
	case 2:
		return rid >> 8 >= sid >> 8 && rid >> 8 <= (sid & 255);
	default:
		return false;
	}
}

static struct out vtd_interrupt(struct world *w, uint16_t rid, uint64_t addr, uint32_t data,
				bool keep)
{
	uint64_t irta = w->v->irta_latched, q[2];
	uint32_t index = (uint32_t)(addr >> 5 & 0x7fff) | (addr & 4 ? 0x8000u : 0);
	struct out o = { 0 };

	if (!(w->v->gsts & VTD_GSTS_IRES) || addr >> 20 != 0xfee || !(addr & 16))
		return o;
	if (addr & 8)
		index += data & 0xffff;
	if (index >= 2u << (irta & 15))
		return o;
	if (!fetch(w, rid, index, (irta & ~UINT64_C(0xfff)) + 16 * (uint64_t)index, keep, q) ||
	    !sid_matches(q[1], rid))
		return o;
	/* reserved: 127:84, 31:24, 14:12; the destination stands in 47:40 when it has 8 bits */
	ck_assert_uint_eq(q[1] >> 20, 0);
	ck_assert_uint_eq(q[0] & UINT64_C(0xff00f000), 0);
	if (!(irta & BIT64(11)))
		ck_assert_uint_eq(q[0] & UINT64_C(0xffff00ff00000000), 0);
	o.delivered = true;
	o.dest = irta & BIT64(11) ? (uint32_t)(q[0] >> 32) : (uint32_t)(q[0] >> 40 & 255);
	o.vector = (uint8_t)(q[0] >> 16);
	o.delivery = q[0] >> 5 & 7;
	o.logical = q[0] & 4;
	return o;
}

static struct out amd_interrupt(struct world *w, uint16_t rid, uint64_t addr, uint32_t data,
				bool keep)
{
	uint64_t dte = fake_amdvi_dte(w->a, rid, 2), q[2];
	uint32_t index = data & 0x7ff;
	struct out o = { 0 };

	if (!(w->a->control & AMDVI_CONTROL_IOMMUEN) || !(dte & 1) || dte >> 60 != 2 ||
	    addr >> 20 != 0xfee)
		return o;
	ck_assert_uint_eq(dte & (BIT64(6) | MASK64(53, 52)), 0);
	if (w->many && !(addr & 4))
		return o;
	if (index >= 1u << (dte >> 1 & 15))
		return o;
	if (!fetch(w, rid, index, (dte & MASK64(51, 6)) + (w->wide ? 16u : 4u) * (uint64_t)index,
		   keep, q))
		return o;
	o.delivered = true;
	o.delivery = q[0] >> 2 & 7;
	o.logical = q[0] & 64;
	if (!w->wide) {
		ck_assert_uint_eq(q[0] >> 24, 0);
		o.dest = q[0] >> 8 & 255;
		o.vector = (uint8_t)(q[0] >> 16);
		return o;
	}
	o.vector = (uint8_t)q[1];
	o.dest = (uint32_t)(q[0] >> 8 & 0xffffff) | (uint32_t)(q[1] >> 56) << 24;
	ck_assert_uint_eq(q[0] >> 32, 0);
	ck_assert_uint_eq(q[1] & MASK64(55, 8), 0);
	if (!w->x2apic)
		ck_assert_uint_lt(o.dest, 256);
	return o;
}

static struct out interrupt(struct world *w, uint16_t rid, uint64_t addr, uint32_t data, bool keep)
{
	catch_up(w);
	return w->amd ? amd_interrupt(w, rid, addr, data, keep)
		      : vtd_interrupt(w, rid, addr, data, keep);
}

static bool same(const struct out *a, const struct out *b)
{
	return a->delivered == b->delivered && a->dest == b->dest && a->vector == b->vector &&
	       a->delivery == b->delivery && a->logical == b->logical;
}

/* Between any two stores of a change the entry says the old or the new, never a mixture. */
static void stored(void *arg)
{
	struct world *w = arg;
	struct out o;

	o = w->amd ? amd_interrupt(w, w->watch_rid, w->watch.address, w->watch.data, false)
		   : vtd_interrupt(w, w->watch_rid, w->watch.address, w->watch.data, false);
	w->watched++;
	if (!o.delivered && w->old.delivered && w->new.delivered)
		w->gaps++;
	else
		ck_assert(same(&o, &w->old) || same(&o, &w->new) || !o.delivered);
}

static struct out of_target(const struct iommu_irq_target *t)
{
	return (struct out){ true, t->dest, t->vector, t->delivery, t->logical };
}

/* Two words at once. */
static void write128(void *ctx, uint64_t pa, uint64_t lo, uint64_t hi)
{
	struct fake_mem *m = ctx;

	if (pa & 15)
		fake_mem_bad(m, "128-bit store, misaligned");
	*fake_mem_cpu(m, pa) = lo;
	*fake_mem_cpu(m, pa + 8) = hi;
	if (m->watch)
		m->watch(m->watch_arg);
}

/* ---- worlds ---- */

enum {
	X2APIC = 1,
	CACHING_MODE = 2,
	NOT_COHERENT = 4,
	HANDLES = 8, /* VT-d: blocks of up to 32 entries, else one by one */
	ESIRTPS = 16,
	RWBF = 32,
	WIDE = 64,
	STORE128 = 128,
	MANY = 256,
	ONE_BY_ONE = 512, /* AMD-Vi without INVALIDATE_IOMMU_ALL */
	ENTRIES = 1024    /* a small table */
};

static const struct config {
	const char *name;
	bool amd;
	uint32_t flags;
} configs[] = {
	{ "vtd", false, HANDLES },
	{ "vtd, entries one by one", false, 0 },
	{ "vtd, x2apic, tables not snooped", false, X2APIC | NOT_COHERENT | HANDLES },
	{ "vtd, caching mode", false, CACHING_MODE | HANDLES | ENTRIES },
	{ "vtd, write buffer, ESIRTPS", false, RWBF | ESIRTPS | HANDLES | ENTRIES },
	{ "amd, 32 bits", true, 0 },
	{ "amd, 32 bits, not snooped", true, NOT_COHERENT },
	{ "amd, 128 bits", true, WIDE },
	{ "amd, 128 bits, one store", true, WIDE | STORE128 },
	{ "amd, x2apic", true, WIDE | X2APIC },
	{ "amd, 2048 entries", true, WIDE | X2APIC | MANY | STORE128 },
	{ "amd, without INVALIDATE_IOMMU_ALL", true, WIDE | ONE_BY_ONE },
};

#define CONFIGS ((int)(sizeof(configs) / sizeof(configs[0])))

static void vtd_init(struct world *w, uint32_t flags, struct iommu_unit_desc *desc)
{
	uint64_t ecap = FAKE_ECAP | VTD_ECAP_IR | VTD_ECAP_EIM;

	if (flags & NOT_COHERENT)
		ecap &= ~VTD_ECAP_C;
	if (flags & HANDLES)
		ecap |= FIELD_PREP(VTD_ECAP_MHMV, 5);
	w->v = fake_new(FAKE_CAP | (flags & CACHING_MODE ? VTD_CAP_CM : 0) |
				(flags & ESIRTPS ? VTD_CAP_ESIRTPS : 0) |
				(flags & RWBF ? VTD_CAP_RWBF : 0),
			ecap);
	w->m = &w->v->m;
	w->cm = flags & CACHING_MODE;
	*desc = fake_desc();
}

static void amd_init(struct world *w, uint32_t flags, struct iommu_unit_desc *desc)
{
	uint64_t efr = AFAKE_EFR | (flags & WIDE ? AMDVI_EFR_GASUP : 0) | AMDVI_EFR_XTSUP;

	if (flags & ONE_BY_ONE)
		efr &= ~AMDVI_EFR_IASUP;
	w->amd = true;
	w->wide = flags & WIDE;
	w->many = flags & MANY;
	w->a = fake_amdvi_new(AFAKE_CAP, efr);
	if (flags & MANY)
		w->a->efr2 = FIELD_PREP(AMDVI_EFR2_NUMINTREMAPSUP, 1);
	w->m = &w->a->m;
	*desc = fake_amdvi_desc(w->a);
	desc->not_coherent = flags & NOT_COHERENT;
	if (flags & ONE_BY_ONE)
		desc->rid_count = 128; /* or it takes for ever */
	if (flags & STORE128)
		w->m->plat.mem_write128 = write128;
}

static void world_init(struct world *w, const struct config *c)
{
	struct iommu_irq_desc irq = { .x2apic = c->flags & X2APIC };
	struct iommu_unit_desc desc;

	memset(w, 0, sizeof(*w));
	w->rng = 4711;
	w->x2apic = irq.x2apic;
	if (c->amd)
		amd_init(w, c->flags, &desc);
	else
		vtd_init(w, c->flags, &desc);
	if (c->flags & ENTRIES)
		irq.entries = 50; /* rounded up to 64 */
	if (c->flags & MANY)
		irq.entries = 2048;
	ck_assert_int_eq(iommu_unit_init(&w->u, &w->m->plat, &desc), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_setup(&w->u, &w->irq, &irq), IOMMU_OK);
	ck_assert_uint_eq(w->m->logged, 0); /* no register written */
}

static void world_start(struct world *w, const struct config *c)
{
	world_init(w, c);
	ck_assert_int_eq(iommu_unit_start(&w->u), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_enable(&w->u), IOMMU_OK);
}

static void world_free(struct world *w)
{
	ck_assert_msg(w->m->bad == 0, "%s", w->m->bad_why ? w->m->bad_why : "");
	if (w->amd)
		fake_amdvi_free(w->a);
	else
		fake_free(w->v);
}

static void world_stop(struct world *w)
{
	ck_assert_int_eq(iommu_irq_disable(&w->u), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_teardown(&w->u), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_stop(&w->u), IOMMU_OK);
	ck_assert_uint_eq(w->u.stats.table_pages, 0);
	ck_assert_uint_eq(w->m->pages_used, 0);
	world_free(w);
}

/* ---- the property: what an interrupt does is what was asked last ---- */

#define SOURCES 3u
#define IRQS 8u
#define COUNT 8u

struct model {
	struct iommu_irq_source src[SOURCES];
	struct iommu_irq irq[IRQS];
	struct out want[IRQS][COUNT];
};

static void check_irq(struct world *w, const struct model *m, uint32_t i)
{
	const struct iommu_irq *irq = &m->irq[i];

	if (irq->state != IOMMU_IRQ_HELD)
		return;
	for (uint32_t n = 0; n < irq->count; n++) {
		bool block = irq->kind == IOMMU_IRQ_MSI;
		struct iommu_irq_message msg;
		struct iommu_irq_target t;
		struct out o;

		ck_assert_int_eq(iommu_irq_message(irq, block ? 0 : n, &msg), IOMMU_OK);
		o = interrupt(w, irq->source->rid, msg.address, msg.data + (block ? n : 0), true);
		ck_assert_msg(same(&o, &m->want[i][n]),
			      "irq %u entry %u: %d dest %x vector %x, not %d dest %x vector %x", i,
			      n, o.delivered, o.dest, o.vector, m->want[i][n].delivered,
			      m->want[i][n].dest, m->want[i][n].vector);
		/* nobody else may use it */
		o = interrupt(w, (uint16_t)(irq->source->rid ^ 0x40), msg.address, msg.data, false);
		ck_assert(!o.delivered);
		if (m->want[i][n].delivered) {
			ck_assert_int_eq(iommu_irq_get(irq, n, &t), IOMMU_OK);
			ck_assert_uint_eq(t.dest, m->want[i][n].dest);
			ck_assert_uint_eq(t.vector, m->want[i][n].vector);
		} else {
			ck_assert_int_eq(iommu_irq_get(irq, n, &t), IOMMU_E_NOENT);
		}
	}
}

/* Allocations of one table never share an entry. */
static void check_apart(const struct model *m)
{
	for (uint32_t i = 0; i < IRQS; i++) {
		for (uint32_t j = 0; j < i; j++) {
			const struct iommu_irq *a = &m->irq[i], *b = &m->irq[j];

			if (!a->state || !b->state || (a->source != b->source && a->source->table))
				continue;
			ck_assert(a->first + a->count <= b->first ||
				  b->first + b->count <= a->first);
		}
	}
}

static struct iommu_irq_target any_target(struct world *w)
{
	return (struct iommu_irq_target){
		.dest = w->x2apic && rnd(w, 2) ? rnd(w, 0x7fffffff) * 2 + 1 : rnd(w, 256),
		.vector = (uint8_t)(16 + rnd(w, 240)),
		.delivery = (uint8_t)rnd(w, 2),
		.logical = rnd(w, 2),
	};
}

static void finish_lazily(struct world *w, struct iommu_irq *irq)
{
	int rc = iommu_irq_poll(irq);

	for (uint32_t i = 0; rc == IOMMU_E_AGAIN && i < 1000; i++) {
		w->m->plat.relax(w->m);
		rc = iommu_irq_poll(irq);
	}
	ck_assert_int_eq(rc, IOMMU_OK);
}

static void step_set(struct world *w, struct model *m, uint32_t i)
{
	struct iommu_irq *irq = &m->irq[i];
	struct iommu_irq_target t = any_target(w);
	uint32_t n = rnd(w, irq->count);
	bool block = !rnd(w, 5);

	if (rnd(w, 2)) {
		ck_assert_int_eq(iommu_irq_set(irq, n, block ? NULL : &t), IOMMU_OK);
	} else {
		ck_assert_int_eq(iommu_irq_set_start(irq, n, block ? NULL : &t), IOMMU_OK);
		if (irq->state != IOMMU_IRQ_HELD)
			ck_assert_int_eq(iommu_irq_set(irq, n, &t), IOMMU_E_BUSY);
		finish_lazily(w, irq);
	}
	m->want[i][n] = block ? (struct out){ 0 } : of_target(&t);
}

static void step_alloc(struct world *w, struct model *m, uint32_t i)
{
	struct iommu_irq_source *src = &m->src[rnd(w, SOURCES)];
	bool msi = rnd(w, 2);
	uint32_t count = msi ? 1u << rnd(w, 4) : 1 + rnd(w, COUNT);
	int rc;

	rc = iommu_irq_alloc(src, msi ? IOMMU_IRQ_MSI : IOMMU_IRQ_MSIX, count, &m->irq[i]);
	if (rc == IOMMU_E_FULL)
		return;
	ck_assert_int_eq(rc, IOMMU_OK);
	if (msi)
		ck_assert_uint_eq(m->irq[i].first % count, 0);
	memset(m->want[i], 0, sizeof(m->want[i]));
}

/* Once it is free no interrupt follows it, whatever was cached. */
static void step_free(struct world *w, struct model *m, uint32_t i)
{
	struct iommu_irq *irq = &m->irq[i];
	uint16_t rid = irq->source->rid;
	uint32_t count = irq->kind == IOMMU_IRQ_MSI ? 1 : irq->count;
	struct iommu_irq_message msg[COUNT];

	for (uint32_t n = 0; n < count; n++)
		ck_assert_int_eq(iommu_irq_message(irq, n, &msg[n]), IOMMU_OK);
	if (rnd(w, 2)) {
		ck_assert_int_eq(iommu_irq_free(irq), IOMMU_OK);
	} else {
		ck_assert_int_eq(iommu_irq_free_start(irq), IOMMU_OK);
		if (irq->state != IOMMU_IRQ_IDLE)
			ck_assert_int_eq(iommu_irq_message(irq, 0, &msg[0]), IOMMU_E_NOENT);
		finish_lazily(w, irq);
	}
	ck_assert_int_eq(irq->state, IOMMU_IRQ_IDLE);
	for (uint32_t n = 0; n < count; n++) {
		struct out o = interrupt(w, rid, msg[n].address, msg[n].data, false);

		ck_assert(!o.delivered);
		o = interrupt(w, rid, msg[n].address, msg[n].data, true);
		ck_assert(!o.delivered);
	}
}

START_TEST(test_irq_delivers_what_was_set_last)
{
	struct world w;
	struct model m;

	world_start(&w, &configs[_i]);
	memset(&m, 0, sizeof(m));
	for (uint32_t i = 0; i < SOURCES; i++) {
		m.src[i].rid = (uint16_t)(8 * (i + 1));
		m.src[i].entries = i == 2 ? 16 : 0;
		ck_assert_int_eq(iommu_irq_source_add(&w.u, &m.src[i]), IOMMU_OK);
	}
	for (uint32_t step = 0; step < 2000; step++) {
		uint32_t i = rnd(&w, IRQS);

		if (m.irq[i].state == IOMMU_IRQ_IDLE)
			step_alloc(&w, &m, i);
		else if (rnd(&w, 4))
			step_set(&w, &m, i);
		else
			step_free(&w, &m, i);
		for (uint32_t j = 0; j < IRQS; j++)
			check_irq(&w, &m, j);
		check_apart(&m);
	}
	for (uint32_t i = 0; i < IRQS; i++) {
		if (m.irq[i].state)
			step_free(&w, &m, i);
	}
	ck_assert_uint_eq(w.irq.held, 0);
	for (uint32_t i = 0; i < SOURCES; i++)
		ck_assert_int_eq(iommu_irq_source_remove(&m.src[i]), IOMMU_OK);
	world_stop(&w);
}
END_TEST

/* One entry changed again and again, an interrupt after every store. */
START_TEST(test_irq_change_is_never_a_mixture)
{
	struct iommu_irq_source src = { .rid = 0x48 };
	struct iommu_irq irq = { 0 };
	struct world w;

	world_start(&w, &configs[_i]);
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 3, &irq), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_message(&irq, 1, &w.watch), IOMMU_OK);
	w.watch_rid = src.rid;
	w.m->watch_arg = &w;
	w.m->watch = stored;
	for (uint32_t i = 0; i < 200; i++) {
		struct iommu_irq_target t = any_target(&w), neighbour = any_target(&w);
		bool block = !rnd(&w, 8);

		w.new = block ? (struct out){ 0 } : of_target(&t);
		ck_assert_int_eq(iommu_irq_set(&irq, 1, block ? NULL : &t), IOMMU_OK);
		w.old = w.new;
		/* the neighbours in the same word do not disturb it */
		ck_assert_int_eq(iommu_irq_set(&irq, 2 * (i & 1), &neighbour), IOMMU_OK);
	}
	w.m->watch = NULL;
	ck_assert_uint_gt(w.watched, 400);
	/* only 128-bit entries without a store of that size have moments in which a live entry blocks */
	if (w.amd && w.wide && !w.m->plat.mem_write128)
		ck_assert_uint_gt(w.gaps, 0);
	else
		ck_assert_uint_eq(w.gaps, 0);
	ck_assert_int_eq(iommu_irq_free(&irq), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
	world_stop(&w);
}
END_TEST

/* Made before remapping goes on, and there from its first moment; off and on again keeps them. */
START_TEST(test_irq_entries_made_before)
{
	struct iommu_irq_target t = { .dest = 7, .vector = 0x31 };
	struct iommu_irq_source src = { .rid = 0x48 }, late = { .rid = 0x50 };
	struct iommu_irq irq = { 0 };
	struct iommu_irq_message msg;
	struct out o, want = of_target(&t);
	struct world w;

	world_init(&w, &configs[_i]);
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_HPET, 1, &irq), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_set(&irq, 0, &t), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_message(&irq, 0, &msg), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_enable(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_build(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_program(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_enable(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_enable(&w.u), IOMMU_E_EXIST);
	ck_assert_int_eq(iommu_unit_enable(&w.u), IOMMU_OK);
	o = interrupt(&w, src.rid, msg.address, msg.data, true);
	ck_assert(same(&o, &want));
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_irq_teardown(&w.u), IOMMU_E_BUSY);

	ck_assert_int_eq(iommu_irq_disable(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_disable(&w.u), IOMMU_E_NOENT);
	o = interrupt(&w, src.rid, msg.address, msg.data, true);
	ck_assert(!o.delivered); /* not remapped, as the model sees it */
	t.vector = want.vector = 0x32;
	ck_assert_int_eq(iommu_irq_set(&irq, 0, &t), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &late), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_enable(&w.u), IOMMU_OK);
	o = interrupt(&w, src.rid, msg.address, msg.data, true);
	ck_assert(same(&o, &want));
	o = interrupt(&w, late.rid, msg.address, msg.data, false);
	ck_assert(!o.delivered);

	ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_irq_free(&irq), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_irq_source_remove(&late), IOMMU_OK);
	world_stop(&w);
}
END_TEST

static void expect_order(const struct fake *f, const uint32_t (*rows)[2], uint32_t n)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		while (at < f->m.logged &&
		       !(f->m.log[at].what == FAKE_REG && f->m.log[at].a == rows[i][0] &&
			 (f->m.log[at].b & rows[i][1]) == rows[i][1]))
			at++;
		ck_assert_msg(at < f->m.logged, "row %u not found in order", i);
		at++;
	}
}

/* VT-d 5.1 and the reference's order: table, its invalidation, compatibility format off, on. Firmware had it all on. */
START_TEST(test_irq_vtd_order_of_enabling)
{
	static const uint32_t order[][2] = {
		{ VTD_REG_GCMD, 0 },
		{ VTD_REG_IRTA, 0 },
		{ VTD_REG_GCMD, VTD_GCMD_SIRTP },
		{ VTD_REG_GCMD, 0 },
		{ VTD_REG_GCMD, VTD_GCMD_IRE },
	};
	struct world w;
	uint32_t last = 0;

	world_init(&w, &configs[0]);
	w.v->gsts =
		VTD_GSTS_IRES | VTD_GSTS_CFIS | VTD_GSTS_IRTPS; /* as an earlier kernel left it */
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert(!(w.v->gsts & VTD_GSTS_IRES));
	ck_assert_int_eq(iommu_irq_enable(&w.u), IOMMU_OK);
	expect_order(w.v, order, 5);
	ck_assert_uint_eq(w.v->gsts & (VTD_GSTS_IRES | VTD_GSTS_CFIS), VTD_GSTS_IRES);
	ck_assert_uint_eq(w.v->irta_latched & 0xfff, 7); /* 256 entries, 8-bit destinations */
	ck_assert_uint_eq(fake_count_desc(w.v, 0, VTD_DT_IEC, &last), 1);
	world_stop(&w);
}
END_TEST

/* Hardware that invalidates at SIRTP is not asked again. */
START_TEST(test_irq_vtd_esirtps)
{
	struct world w;

	world_start(&w, &configs[4]);
	ck_assert_uint_eq(fake_count_desc(w.v, 0, VTD_DT_IEC, NULL), 0);
	ck_assert_uint_eq(w.v->irta_latched & 0xfff, 5);
	ck_assert_uint_gt(w.u.stats.wbuf_flushes, 0);
	world_stop(&w);
}
END_TEST

/* By hand: VT-d 5.1.2 and 5.1.5; 48882 2.2.5. */
START_TEST(test_irq_messages)
{
	struct iommu_irq_target t = { .dest = 2, .vector = 0x31, .level = true };
	struct iommu_irq_source src = { .rid = 0x48, .entries = 64 };
	struct iommu_irq one = { 0 }, block = { 0 }, pins = { 0 };
	struct iommu_irq_message msg;
	struct world w;

	for (uint32_t i = 0; i < 3; i++) {
		static const uint32_t which[] = { 0, 5, 10 };
		static const uint64_t address[][2] = { { 0xfee00010, 0xfee00098 },
						       { 0xfee00000, 0xfee00000 },
						       { 0xfee00004, 0xfee00004 } };
		static const uint64_t rte[] = { UINT64_C(0x0011000000008031), 0x8008, 0x8808 };

		src.entries = 64;
		world_start(&w, &configs[which[i]]);
		ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 1, &one), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSI, 4, &block), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_IOAPIC, 24, &pins), IOMMU_OK);
		ck_assert_uint_eq(block.first, 4);
		ck_assert_uint_eq(pins.first, 8);
		ck_assert_int_eq(iommu_irq_message(&one, 0, &msg), IOMMU_OK);
		ck_assert_uint_eq(msg.address, address[i][0]);
		ck_assert_uint_eq(msg.data, 0);
		ck_assert_int_eq(iommu_irq_message(&block, 0, &msg), IOMMU_OK);
		ck_assert_uint_eq(msg.address, address[i][1]);
		ck_assert_uint_eq(msg.data, i ? 4 : 0);
		ck_assert_int_eq(iommu_irq_message(&block, 1, &msg), IOMMU_E_RANGE);
		ck_assert_int_eq(iommu_irq_set(&pins, 0, &t), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_message(&pins, 0, &msg), IOMMU_OK);
		ck_assert_uint_eq(msg.rte, rte[i]);
		ck_assert_int_eq(iommu_irq_free(&one), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_free(&block), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_free(&pins), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
		world_stop(&w);
	}
}
END_TEST

/* The entries themselves, word by word, by hand from the formats. */
START_TEST(test_irq_entry_images)
{
	static const struct {
		int config;
		uint32_t dest;
		uint64_t q[2];
	} rows[] = {
		{ 0, 0x02, { UINT64_C(0x0000020000310001), 0x40048 } },
		{ 2, 0x12345678, { UINT64_C(0x1234567800310001), 0x40048 } },
		{ 5, 0x02, { UINT64_C(0x00310201), 0 } },
		{ 7, 0x02, { 0x201, 0x31 } },
		{ 9, 0x12345678, { 0x34567801, UINT64_C(0x1200000000000031) } },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iommu_irq_target t = { .dest = rows[i].dest, .vector = 0x31 };
		struct iommu_irq_source src = { .rid = 0x48 };
		struct iommu_irq irq = { 0 };
		struct world w;
		uint64_t pa;

		world_start(&w, &configs[rows[i].config]);
		ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 1, &irq), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_set(&irq, 0, &t), IOMMU_OK);
		pa = w.amd ? src.table : w.irq.table;
		ck_assert_msg(*fake_mem_cpu(w.m, pa) == rows[i].q[0], "row %u", i);
		ck_assert_msg(*fake_mem_cpu(w.m, pa + 8) == rows[i].q[1], "row %u", i);
		ck_assert_int_eq(iommu_irq_free(&irq), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
		world_stop(&w);
	}
}
END_TEST

/* Whose interrupts an entry of VT-d takes. */
START_TEST(test_irq_vtd_sources)
{
	static const struct {
		struct iommu_irq_source src;
		uint16_t yes[3], no[3];
	} rows[] = {
		{ { .rid = 0x0100 }, { 0x0100, 0x0100, 0x0100 }, { 0x0101, 0x0104, 0x0200 } },
		{ { .rid = 0x0100, .ignore_functions = 1 },
		  { 0x0100, 0x0104, 0x0100 },
		  { 0x0101, 0x0102, 0x0108 } },
		{ { .rid = 0x0100, .ignore_functions = 3 },
		  { 0x0100, 0x0107, 0x0102 },
		  { 0x0108, 0x0200, 0x0000 } },
		{ { .rid = 0x0200, .bus_last = 4 },
		  { 0x0200, 0x03f8, 0x04ff },
		  { 0x01ff, 0x0500, 0 } },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iommu_irq_target t = { .vector = 0x41 };
		struct iommu_irq_source src = rows[i].src;
		struct iommu_irq irq = { 0 };
		struct iommu_irq_message msg;
		struct world w;

		world_start(&w, &configs[0]);
		ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSI, 1, &irq), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_set(&irq, 0, &t), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_message(&irq, 0, &msg), IOMMU_OK);
		for (uint32_t k = 0; k < 3; k++) {
			ck_assert(interrupt(&w, rows[i].yes[k], msg.address, msg.data, true)
					  .delivered);
			ck_assert(!interrupt(&w, rows[i].no[k], msg.address, msg.data, true)
					   .delivered);
		}
		ck_assert_int_eq(iommu_irq_free(&irq), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
		world_stop(&w);
	}
}
END_TEST

START_TEST(test_irq_setup_refuses)
{
	static const struct {
		bool amd;
		uint64_t cap; /* ECAP, or features */
		struct iommu_irq_desc desc;
		bool reg;
		int want;
	} rows[] = {
		{ false, FAKE_ECAP, { 0 }, false, IOMMU_E_UNSUPPORTED },
		{ false, FAKE_ECAP | VTD_ECAP_IR, { 0 }, true, IOMMU_E_UNSUPPORTED },
		{ false, FAKE_ECAP | VTD_ECAP_IR, { .x2apic = true }, false, IOMMU_E_UNSUPPORTED },
		{ false,
		  FAKE_ECAP | VTD_ECAP_IR | VTD_ECAP_EIM | VTD_ECAP_EIMER,
		  { 0 },
		  false,
		  IOMMU_E_UNSUPPORTED },
		{ false,
		  FAKE_ECAP | VTD_ECAP_IR,
		  { .entries = 65537 },
		  false,
		  IOMMU_E_UNSUPPORTED },
		{ false, FAKE_ECAP | VTD_ECAP_IR, { .entries = 65536 }, false, IOMMU_OK },
		{ true, AFAKE_EFR, { .x2apic = true }, false, IOMMU_E_UNSUPPORTED },
		{ true,
		  AFAKE_EFR | AMDVI_EFR_GASUP | AMDVI_EFR_XTSUP,
		  { .x2apic = true, .narrow = true },
		  false,
		  IOMMU_E_UNSUPPORTED },
		{ true,
		  AFAKE_EFR | AMDVI_EFR_GASUP,
		  { .entries = 513 },
		  false,
		  IOMMU_E_UNSUPPORTED },
		{ true,
		  AFAKE_EFR | AMDVI_EFR_GASUP,
		  { .entries = 512, .narrow = true },
		  false,
		  IOMMU_OK },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake *v = rows[i].amd ? NULL : fake_new(FAKE_CAP, rows[i].cap);
		struct fake_amdvi *a = rows[i].amd ? fake_amdvi_new(AFAKE_CAP, rows[i].cap) : NULL;
		struct iommu_unit_desc desc = a ? fake_amdvi_desc(a) : fake_desc();
		struct fake_mem *m = a ? &a->m : &v->m;
		struct iommu_irq_status s;
		struct iommu_irq_unit irq;
		struct iommu_unit u;

		desc.use_register_inval = rows[i].reg;
		ck_assert_int_eq(iommu_unit_init(&u, &m->plat, &desc), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_teardown(&u), IOMMU_E_NOENT);
		ck_assert_int_eq(iommu_irq_enable(&u), IOMMU_E_NOENT);
		ck_assert_msg(iommu_irq_setup(&u, &irq, &rows[i].desc) == rows[i].want, "row %u",
			      i);
		iommu_irq_status(&u, &s);
		ck_assert_int_eq(s.installed, rows[i].want == IOMMU_OK);
		if (s.installed) {
			ck_assert_uint_eq(s.entry_bytes, a ? 4 : 16);
			ck_assert_int_eq(iommu_irq_setup(&u, &irq, &rows[i].desc), IOMMU_E_EXIST);
			ck_assert_int_eq(iommu_irq_teardown(&u), IOMMU_OK);
		}
		ck_assert_uint_eq(m->pages_used, 0);
		for (uint32_t k = 0; k < m->logged; k++)
			ck_assert_int_ne(m->log[k].what, FAKE_REG);
		if (a)
			fake_amdvi_free(a);
		else
			fake_free(v);
	}
}
END_TEST

static void refuse_targets(struct world *w, struct iommu_irq *irq, struct iommu_irq *pin)
{
	static const struct iommu_irq_target bad[] = {
		{ .vector = 15 },
		{ .vector = 0x31, .delivery = 3 },
		{ .vector = 0x31, .delivery = 6 },
		{ .vector = 0x31, .delivery = 8 },
		{ .vector = 0x31, .delivery = IOMMU_IRQ_NMI },
		{ .vector = 0x31, .level = true },
	};
	struct iommu_irq_target t = { .vector = 0x31, .dest = 256 };

	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(iommu_irq_set(irq, 0, &bad[i]) == IOMMU_E_INVAL, "row %u", i);
	ck_assert_int_eq(iommu_irq_set(irq, 0, &t), w->x2apic ? IOMMU_OK : IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_irq_set(irq, 2, &t), IOMMU_E_RANGE);
	t = (struct iommu_irq_target){ .delivery = IOMMU_IRQ_NMI };
	ck_assert_int_eq(iommu_irq_set(irq, 0, &t), w->amd ? IOMMU_E_UNSUPPORTED : IOMMU_OK);
	t = (struct iommu_irq_target){ .vector = 0x31, .redirect = true };
	ck_assert_int_eq(iommu_irq_set(irq, 0, &t), w->amd ? IOMMU_E_UNSUPPORTED : IOMMU_OK);
	t = (struct iommu_irq_target){ .vector = 0x31, .level = true };
	ck_assert_int_eq(iommu_irq_set(pin, 0, &t), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_get(pin, 0, &t), IOMMU_OK);
	ck_assert(t.level);
}

START_TEST(test_irq_calls_refuse)
{
	struct iommu_irq_source src = { .rid = 0x48, .entries = 4 }, other = { .rid = 0x48 };
	struct iommu_irq irq = { 0 }, pin = { 0 }, more = { 0 };
	struct iommu_irq_message msg;
	struct iommu_irq_target t;
	struct iommu_irq_status s;
	struct world w;

	world_start(&w, &configs[_i]);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSI, 1, &irq), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_E_EXIST);
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &other), IOMMU_E_EXIST);
	other = (struct iommu_irq_source){ .rid = 0x50, .entries = 3000 };
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &other), IOMMU_E_RANGE);
	other = (struct iommu_irq_source){ .rid = 0x50, .ignore_functions = 4 };
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &other), IOMMU_E_INVAL);
	other = (struct iommu_irq_source){ .rid = 0x250, .bus_last = 1 };
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &other), IOMMU_E_INVAL);
	other = (struct iommu_irq_source){ .rid = 0x50, .bus_last = 1, .ignore_functions = 1 };
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &other),
			 w.amd ? IOMMU_E_UNSUPPORTED : IOMMU_E_INVAL);
	other = (struct iommu_irq_source){ .rid = 0x3000 };
	if (w.amd)
		ck_assert_int_eq(iommu_irq_source_add(&w.u, &other), IOMMU_E_RANGE);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSI, 0, &irq), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSI, 3, &irq), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSI, 64, &irq), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_irq_alloc(&src, (enum iommu_irq_kind)4, 1, &irq), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 5, &irq), IOMMU_E_FULL);
	ck_assert_int_eq(iommu_irq_message(&irq, 0, &msg), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_irq_get(&irq, 0, &t), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_irq_set(&irq, 0, NULL), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_irq_free(&irq), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_irq_poll(&irq), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 2, &irq), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 1, &irq), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_IOAPIC, 1, &pin), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 2, &more), IOMMU_E_FULL);
	refuse_targets(&w, &irq, &pin);
	iommu_irq_status(&w.u, &s);
	ck_assert_uint_eq(s.sources, 1);
	ck_assert_uint_eq(s.held, 3);
	ck_assert(s.on);
	ck_assert_int_eq(s.x2apic, w.x2apic);
	ck_assert_int_eq(iommu_irq_free(&irq), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_free(&pin), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
	world_stop(&w);
}
END_TEST

static void queue_dies(struct world *w)
{
	if (w->amd)
		w->a->dead |= AFAKE_DEAD_QUEUE;
	else
		w->v->dead |= FAKE_DEAD_QUEUE;
}

static void queue_lives(struct world *w)
{
	if (w->amd)
		w->a->dead = 0;
	else
		w->v->dead = 0;
}

/* No completion: the unit is broken and no index comes back until its reset. Strictly, or by polling. */
START_TEST(test_irq_time_out_quarantines)
{
	for (uint32_t lazy = 0; lazy < 2; lazy++) {
		struct iommu_irq_target t = { .vector = 0x31 };
		struct iommu_irq_source src = { .rid = 0x48, .entries = 4 };
		struct iommu_irq freed = { 0 }, kept = { 0 }, more = { 0 };
		struct iommu_irq_message msg;
		struct iommu_irq_status s;
		struct world w;
		int rc;

		world_start(&w, &configs[_i]);
		ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 2, &freed), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 2, &kept), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_set(&freed, 0, &t), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_set(&kept, 1, &t), IOMMU_OK);
		queue_dies(&w);
		if (lazy) {
			ck_assert_int_eq(iommu_irq_free_start(&freed), IOMMU_OK);
			while ((rc = iommu_irq_poll(&freed)) == IOMMU_E_AGAIN)
				w.m->plat.relax(w.m);
			ck_assert_int_eq(rc, IOMMU_E_TIMEOUT);
		} else {
			ck_assert_int_eq(iommu_irq_free(&freed), IOMMU_E_TIMEOUT);
		}
		ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
		ck_assert_int_eq(freed.state, IOMMU_IRQ_QUARANTINED);
		ck_assert_int_eq(iommu_irq_poll(&freed), IOMMU_E_BROKEN);
		ck_assert_int_eq(iommu_irq_free(&freed), IOMMU_E_BROKEN);
		ck_assert_int_eq(iommu_irq_set(&kept, 1, &t), IOMMU_E_BROKEN);
		ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 1, &more), IOMMU_E_BROKEN);
		ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_E_BROKEN);
		iommu_irq_status(&w.u, &s);
		ck_assert_uint_eq(s.quarantined, 2);
		ck_assert_uint_eq(s.held, 4);

		queue_lives(&w);
		ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_OK);
		ck_assert_int_eq(freed.state, IOMMU_IRQ_IDLE);
		ck_assert_int_eq(kept.state, IOMMU_IRQ_HELD);
		iommu_irq_status(&w.u, &s);
		ck_assert_uint_eq(s.quarantined, 0);
		ck_assert_uint_eq(s.held, 2);
		ck_assert(!s.on);
		ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_enable(&w.u), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_message(&kept, 1, &msg), IOMMU_OK);
		ck_assert(interrupt(&w, src.rid, msg.address, msg.data, true).delivered);
		ck_assert_int_eq(iommu_irq_free(&kept), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
		world_stop(&w);
	}
}
END_TEST

/* Each handshake of going on and off that never ends. */
START_TEST(test_irq_vtd_dead_handshakes)
{
	static const struct {
		uint32_t dead, gsts;
		bool off;
	} rows[] = {
		{ FAKE_DEAD_SIRTP, 0, false },
		{ FAKE_DEAD_QUEUE, 0, false },
		{ FAKE_DEAD_CFI, VTD_GSTS_CFIS, false },
		{ FAKE_DEAD_IRE, 0, false },
		{ FAKE_DEAD_IRE, 0, true },
		{ FAKE_DEAD_QUEUE, 0, true },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		world_init(&w, &configs[0]);
		ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
		w.v->gsts |= rows[i].gsts;
		if (rows[i].off)
			ck_assert_int_eq(iommu_irq_enable(&w.u), IOMMU_OK);
		w.v->dead = rows[i].dead;
		ck_assert_msg((rows[i].off ? iommu_irq_disable(&w.u) : iommu_irq_enable(&w.u)) ==
				      IOMMU_E_TIMEOUT,
			      "row %u", i);
		ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
		w.v->dead = 0;
		w.v->pending = 0;
		ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_teardown(&w.u), IOMMU_OK);
		ck_assert_uint_eq(w.m->pages_used, 0);
		world_free(&w);
	}
}
END_TEST

/* AMD-Vi: the unit breaks while a source is made known, or forgotten; its table is held until after the reset. */
START_TEST(test_irq_amd_source_and_broken_unit)
{
	for (uint32_t removing = 0; removing < 2; removing++) {
		struct iommu_irq_source src = { .rid = 0x48 };
		struct world w;

		world_start(&w, &configs[7]);
		if (removing)
			ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
		queue_dies(&w);
		ck_assert_int_eq(removing ? iommu_irq_source_remove(&src)
					  : iommu_irq_source_add(&w.u, &src),
				 IOMMU_E_TIMEOUT);
		ck_assert_uint_ne(src.table, 0);
		queue_lives(&w);
		ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_teardown(&w.u), IOMMU_OK);
		ck_assert_uint_eq(w.m->pages_used, 0);
		world_free(&w);
	}
}
END_TEST

/* What passes unmapped, as the IVHD entry says: bits of another order. 48882 2.2.2. */
START_TEST(test_irq_amd_pass_bits)
{
	static const struct {
		uint8_t pass;
		uint64_t bit;
	} rows[] = { { 0x01, BIT64(56) }, { 0x02, BIT64(57) }, { 0x04, BIT64(58) },
		     { 0x40, BIT64(62) }, { 0x80, BIT64(63) }, { 0x38, 0 } };
	const uint64_t all = BIT64(56) | BIT64(57) | BIT64(58) | BIT64(62) | BIT64(63);
	struct world w;

	world_start(&w, &configs[7]);
	/* one without a source aborts: valid, no table */
	ck_assert_uint_eq(fake_amdvi_dte(w.a, 0x50, 2), 1);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iommu_irq_source src = { .rid = 0x48, .pass = rows[i].pass };

		ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
		ck_assert_uint_eq(fake_amdvi_dte(w.a, 0x48, 2) & all, rows[i].bit);
		ck_assert_uint_eq(fake_amdvi_dte(w.a, 0x48, 2) >> 1 & 15, 5);
		ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
		ck_assert_uint_eq(fake_amdvi_dte(w.a, 0x48, 2), 1);
	}
	world_stop(&w);
}
END_TEST

/* A queue error while entries change: the repair covers them. */
START_TEST(test_irq_queue_error_is_repaired)
{
	struct iommu_irq_target t = { .vector = 0x31 };
	struct iommu_irq_source src = { .rid = 0x48 };
	struct iommu_irq irq = { 0 };
	struct iommu_irq_message msg;
	struct world w;

	world_start(&w, &configs[_i]);
	ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_alloc(&src, IOMMU_IRQ_MSIX, 1, &irq), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_set(&irq, 0, &t), IOMMU_OK);
	ck_assert_int_eq(iommu_irq_message(&irq, 0, &msg), IOMMU_OK);
	ck_assert(interrupt(&w, src.rid, msg.address, msg.data, true).delivered);
	if (w.amd)
		w.a->illegal_left = 1;
	else
		w.v->iqe_left = 1;
	ck_assert_int_eq(iommu_irq_free(&irq), IOMMU_OK);
	ck_assert_uint_eq(w.u.stats.queue_errors, 1);
	ck_assert(!interrupt(&w, src.rid, msg.address, msg.data, true).delivered);
	ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
	world_stop(&w);
}
END_TEST

START_TEST(test_irq_without_memory)
{
	struct iommu_irq_source src = { .rid = 0x48 };
	struct iommu_irq_desc desc = { 0 };
	struct world w;

	world_init(&w, &configs[_i]);
	ck_assert_int_eq(iommu_irq_teardown(&w.u), IOMMU_OK);
	w.m->fail_at = w.m->allocs + 1;
	if (w.amd) {
		ck_assert_int_eq(iommu_irq_setup(&w.u, &w.irq, &desc), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_E_NOMEM);
		ck_assert_ptr_null(src.unit);
		ck_assert_int_eq(iommu_irq_source_add(&w.u, &src), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_source_remove(&src), IOMMU_OK);
	} else {
		ck_assert_int_eq(iommu_irq_setup(&w.u, &w.irq, &desc), IOMMU_E_NOMEM);
		ck_assert_int_eq(iommu_irq_setup(&w.u, &w.irq, &desc), IOMMU_OK);
	}
	ck_assert_int_eq(iommu_irq_teardown(&w.u), IOMMU_OK);
	ck_assert_uint_eq(w.m->pages_used, 0);
	world_free(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("driver_irq");
	TCase *tc = tcase_create("irq");

	tcase_add_loop_test(tc, test_irq_delivers_what_was_set_last, 0, CONFIGS);
	tcase_add_loop_test(tc, test_irq_change_is_never_a_mixture, 0, CONFIGS);
	tcase_add_loop_test(tc, test_irq_entries_made_before, 0, CONFIGS);
	tcase_add_test(tc, test_irq_vtd_order_of_enabling);
	tcase_add_test(tc, test_irq_vtd_esirtps);
	tcase_add_test(tc, test_irq_messages);
	tcase_add_test(tc, test_irq_entry_images);
	tcase_add_test(tc, test_irq_vtd_sources);
	tcase_add_test(tc, test_irq_setup_refuses);
	tcase_add_loop_test(tc, test_irq_calls_refuse, 0, CONFIGS);
	tcase_add_loop_test(tc, test_irq_time_out_quarantines, 0, CONFIGS);
	tcase_add_test(tc, test_irq_vtd_dead_handshakes);
	tcase_add_test(tc, test_irq_amd_source_and_broken_unit);
	tcase_add_test(tc, test_irq_amd_pass_bits);
	tcase_add_loop_test(tc, test_irq_queue_error_is_repaired, 0, CONFIGS);
	tcase_add_loop_test(tc, test_irq_without_memory, 0, CONFIGS);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
