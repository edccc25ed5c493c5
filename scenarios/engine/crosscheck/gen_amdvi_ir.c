/*
 * Cases for AMD-Vi: interrupt remapping.
 *
 * QEMU looks at little of it (row A25): for it, tables are long enough, IntCtl lets interrupts be remapped or aborted, entries
 * are fixed or arbitrated, to one of its processors, each with a vector of its own. A halted processor has to stay so: data
 * look like a fixed interrupt of a vector that may be.
 */
#include "gen.h"

#define REMAPEN UINT64_C(1)
#define SUPIOPF UINT64_C(2)
#define LEN_ALL 8 /* IntTabLen of a page of wide entries */
#define MESSAGES 0xfee00000u
#define LOGICAL 4u

void gen_amdvi_ir_machine(struct gen *g)
{
	struct xc_ir *ir = &g->c->ir;

	ir->on = gen_remaps(g);
	if (g->p->qemu) {
		gen_cap(g, "gasup", 1); /* on every version */
		ir->ga = ir->on && gen_chance(g, 50);
		return;
	}
	gen_cap(g, "gasup", gen_chance(g, 70));
	gen_cap(g, "xtsup", xc_cap(g->c, "gasup", 0) && gen_chance(g, 60));
	gen_cap(g, "numintremapsup", gen_chance(g, 30));
	if (!ir->on)
		return;
	ir->ga = xc_cap(g->c, "gasup", 0) && gen_chance(g, 80);
	ir->xt = ir->ga && xc_cap(g->c, "xtsup", 0) && gen_chance(g, 70);
	ir->index = xc_cap(g->c, "numintremapsup", 0) && gen_chance(g, 70);
}

/* ---- entries ---- */

static uint64_t spoilt_narrow(struct gen *g, uint64_t e)
{
	switch (gen_below(g, 3)) {
	case 0:
		return e | UINT64_C(1) << (24 + gen_below(g, 8));
	case 1:
		return e | UINT64_C(1) << 7;
	default:
		return (e & ~UINT64_C(0x1c)) | (2 + (uint64_t)gen_below(g, 6)) << 2;
	}
}

static void spoil_wide(struct gen *g, uint64_t e[2])
{
	switch (gen_below(g, 5)) {
	case 0:
		e[0] |= UINT64_C(1) << (32 + gen_below(g, 32));
		break;
	case 1:
		e[1] |= UINT64_C(1) << (8 + gen_below(g, 48));
		break;
	case 2: /* reserved without XTEn */
		e[0] |= UINT64_C(1) << (16 + gen_below(g, 16));
		break;
	case 3:
		e[1] |= UINT64_C(1) << (56 + gen_below(g, 8));
		break;
	default:
		e[0] = spoilt_narrow(g, e[0]) & ~(UINT64_C(0xff) << 24);
		break;
	}
}

static void make_entry(struct gen *g, uint64_t e[2])
{
	const struct xc_ir *ir = &g->c->ir;
	uint64_t dest = g->p->qemu ? gen_below(g, 4) : gen_any(g) & 0xff;

	e[1] = 0;
	e[0] = REMAPEN | dest << 8 | (uint64_t)gen_below(g, 2) << 2 |
	       (gen_chance(g, 20) ? SUPIOPF : 0) | (uint64_t)gen_below(g, 2) << 5;
	if (!g->p->qemu)
		e[0] |= (uint64_t)gen_below(g, 2) << 6;
	if (ir->ga)
		e[1] = gen_vector(g);
	else
		e[0] |= (uint64_t)gen_vector(g) << 16;
	if (ir->xt && gen_chance(g, 60)) {
		e[0] |= (gen_any(g) & 0xffff) << 16;
		e[1] |= gen_any(g) << 56;
	}
	if (!g->p->qemu && gen_chance(g, 8)) {
		if (ir->ga)
			spoil_wide(g, e);
		else
			e[0] = spoilt_narrow(g, e[0]);
	}
	if (gen_chance(g, 10))
		e[0] &= ~REMAPEN;
}

/* Two narrow entries share a word. */
static bool lay_entry(struct gen *g, uint64_t table, uint32_t index)
{
	uint64_t e[2], at = table + 16 * (uint64_t)index, other;

	make_entry(g, e);
	if (g->c->ir.ga)
		return gen_store(g, at, e, 2, 1);
	at = table + 4 * (uint64_t)index;
	other = gen_read(g, at & ~UINT64_C(7));
	e[0] = at & 4 ? e[0] << 32 | (uint32_t)other : (other & ~UINT64_C(0xffffffff)) | e[0];
	return gen_word(g, at & ~UINT64_C(7), e[0]);
}

void gen_amdvi_ir_tables(struct gen *g)
{
	if (!g->c->ir.on)
		return;
	/* for QEMU an index is a vector that may be */
	gen_handles(g, g->p->qemu ? 16 : 0, 256);
	g->irts = 1 + gen_below(g, GEN_IRTS);
	for (uint32_t t = 0; t < g->irts; t++) {
		g->irt[t] = gen_table(g);
		for (uint32_t i = 0; i < g->handles; i++)
			if (gen_chance(g, 90))
				(void)lay_entry(g, g->irt[t], g->handle[i]);
	}
}

/* ---- the device table entry ---- */

static uint64_t spoilt_half(struct gen *g, uint64_t half, uint64_t *last)
{
	uint64_t root = ((UINT64_C(1) << 52) - 1) & ~UINT64_C(0x3f);

	switch (gen_below(g, 7)) {
	case 0:
		return half | UINT64_C(1) << (52 + gen_below(g, 4));
	case 1:
		return half | UINT64_C(1) << 59;
	case 2:
		*last |= UINT64_C(1)
			 << (gen_chance(g, 50) ? gen_below(g, 15) : 48 + gen_below(g, 5));
		return half;
	case 3:
		return (half & ~(UINT64_C(15) << 1)) | (12 + (uint64_t)gen_below(g, 4)) << 1;
	case 4:
		return half | UINT64_C(3) << 60;
	case 5:
		return half | UINT64_C(1) << 6;
	default:
		return (half & ~root) | (XC_RAM_LAST + 1);
	}
}

void gen_amdvi_ir_half(struct gen *g, uint32_t dev, uint64_t e[4])
{
	uint64_t half, len = LEN_ALL, way = 2;

	if (!g->c->ir.on || gen_chance(g, 8))
		return;
	g->irt_of[dev] = gen_below(g, g->irts);
	if (!g->p->qemu && gen_chance(g, 25))
		len = gen_below(g, 12);
	if (gen_chance(g, 15))
		way = g->p->qemu ? 0 : gen_below(g, 3);
	half = 1 | len << 1 | way << 60 | g->irt[g->irt_of[dev]];
	if (gen_chance(g, 15))
		half |= UINT64_C(1) << 5; /* IG */
	if (!g->p->qemu) {
		half |= (gen_any(g) & 7) << 56; /* INIT, ExtINT, NMI pass */
		half |= (gen_any(g) & 3) << 62; /* LINT0, LINT1 pass */
		if (gen_chance(g, 10))
			half = spoilt_half(g, half, e + 3);
	}
	e[2] = half;
	if (!g->p->qemu && gen_chance(g, 5))
		e[2] &= ~UINT64_C(1); /* IV = 0: nothing of it counts */
}

/* ---- operations ---- */

static uint32_t some_index(struct gen *g)
{
	if (gen_chance(g, 92) || g->p->qemu)
		return g->handle[gen_below(g, g->handles)];
	return gen_below(g, gen_chance(g, 50) ? 512 : 2048);
}

static void send(struct gen *g)
{
	struct xc_msi m = { .dev = gen_below(g, g->c->devices), .addr = MESSAGES, .len = 4 };

	if (!g->c->ir.on) {
		m.addr |= g->p->qemu ? gen_below(g, 4) << 12 : (uint32_t)gen_any(g) & 0xffffcu;
		m.data = g->p->qemu ? gen_vector(g) : (uint32_t)gen_any(g);
	} else {
		m.data = some_index(g);
		if (!g->p->qemu) {
			m.addr |= (uint32_t)gen_any(g) & 0xffff8u;
			m.data |= (uint32_t)gen_any(g) & 0xfffff800u;
			if (gen_chance(g, g->c->ir.index ? 60 : 20))
				m.addr |= LOGICAL;
			if (gen_chance(g, 12))
				m.data = (m.data & ~0x700u) | gen_below(g, 8) << 8;
		}
	}
	if (!g->p->qemu && gen_chance(g, 3)) {
		m.len = 8;
		m.addr &= ~7u;
	}
	gen_msi(g, &m);
}

static void invalidate(struct gen *g)
{
	struct xc_inval v = { .kind = XC_AMD_INTTAB,
			      .sid = g->c->rid[gen_below(g, g->c->devices)] };

	(void)gen_inval(g, &v);
}

static void edit(struct gen *g)
{
	uint64_t table = g->irt[gen_below(g, g->irts)];

	if (!lay_entry(g, table, g->handle[gen_below(g, g->handles)]))
		return;
	for (uint32_t i = 0; i < g->c->devices; i++) {
		struct xc_inval v = { .kind = XC_AMD_INTTAB, .sid = g->c->rid[i] };

		if (g->irt[g->irt_of[i]] == table && gen_chance(g, 50))
			(void)gen_inval(g, &v);
	}
}

void gen_amdvi_ir_op(struct gen *g)
{
	uint32_t what = gen_below(g, 100);

	if (!g->c->ir.on || what < 65)
		send(g);
	else if (what < 90)
		edit(g);
	else
		invalidate(g);
}
