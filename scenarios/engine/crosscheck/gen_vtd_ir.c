/*
 * Cases for VT-d: interrupt remapping.
 *
 * QEMU's controllers show a vector and who got it, so for it entries are fixed or lowest priority, to one of its processors,
 * each with a vector of its own; it does not look at reserved destinations and delivery modes, nor block the compatibility
 * format (row V21), and ranges are of one bus. A halted processor has to stay so: data look like a fixed interrupt of a vector that may be.
 */
#include "gen.h"

#define PRESENT UINT64_C(1)
#define FPD UINT64_C(2)
#define MODES 8
#define FIXED_DATA 0x41u
#define MESSAGES 0xfee00000u
#define REMAPPABLE 0x10u
#define SHV 0x8u

void gen_vtd_ir_machine(struct gen *g)
{
	struct xc_ir *ir = &g->c->ir;
	bool eim = !g->p->qemu && gen_chance(g, 60);

	ir->on = gen_remaps(g);
	gen_cap(g, "ir", ir->on || (!g->p->qemu && gen_chance(g, 50)));
	if (!ir->on) {
		if (xc_cap(g->c, "ir", 0))
			gen_cap(g, "irreq", gen_chance(g, 30));
		return;
	}
	g->c->by_register = false; /* entries are invalidated by descriptors alone */
	gen_cap(g, "mhmv", 15);
	if (g->p->qemu)
		return;
	gen_cap(g, "eim", eim);
	gen_cap(g, "eimer", eim && gen_chance(g, 10));
	ir->eime = eim && gen_chance(g, 70);
	ir->cfi = gen_chance(g, 40);
}

/* What of an id is another; the bits that SQ may leave out more often than the rest. */
static uint32_t other(struct gen *g)
{
	uint32_t what = gen_below(g, 100);

	return what < 45 ? 0 : what < 85 ? gen_below(g, 8) : 1u << gen_below(g, 16);
}

static uint64_t source(struct gen *g)
{
	uint32_t rid = g->c->rid[gen_below(g, g->c->devices)], bus = rid >> 8;
	uint32_t what = gen_below(g, 100);

	if (what < 40)
		return gen_chance(g, 50) ? 0 : gen_any(g) & 0x3ffff; /* not looked at */
	if (what < 75)
		return UINT64_C(1) << 18 | (uint64_t)gen_below(g, 4) << 16 | (rid ^ other(g));
	if (g->p->qemu) /* which takes the first of two buses for the last (row V61) */
		return UINT64_C(2) << 18 | (gen_chance(g, 80) ? bus : bus + 1) * UINT64_C(0x101);
	if (what < 98) /* of these buses; seldom of none */
		return UINT64_C(2) << 18 | (uint64_t)gen_below(g, 4) << 16 |
		       (uint64_t)gen_below(g, bus + 1 + gen_chance(g, 15)) << 8 |
		       (bus + gen_below(g, 2));
	return UINT64_C(3) << 18 | rid;
}

static uint64_t destination(struct gen *g)
{
	if (g->p->qemu)
		return (uint64_t)gen_below(g, 4) << 40;
	if (g->c->ir.eime)
		return gen_any(g) & ~UINT64_C(0xffffffff);
	return (uint64_t)gen_below(g, 256) << 40;
}

static void spoil(struct gen *g, uint64_t q[2])
{
	/* what QEMU takes for reserved as well */
	switch (gen_below(g, g->p->qemu ? 3 : 6)) {
	case 0:
		q[0] |= UINT64_C(1) << (24 + gen_below(g, 8));
		break;
	case 1:
		q[1] |= UINT64_C(1) << (20 + gen_below(g, 44));
		break;
	case 2:
		q[0] |= UINT64_C(1) << (12 + gen_below(g, 3));
		break;
	case 3:
		q[0] |= UINT64_C(1) << 15;
		break;
	case 4:
		q[0] |= UINT64_C(1)
			<< (gen_chance(g, 50) ? 48 + gen_below(g, 16) : 32 + gen_below(g, 8));
		break;
	default:
		q[0] = (q[0] & ~(UINT64_C(7) << 5)) | (gen_chance(g, 50) ? 3u : 6u) << 5;
		break;
	}
}

static void make_entry(struct gen *g, uint64_t q[2])
{
	uint64_t mode = g->p->qemu          ? gen_below(g, 2)
			: gen_chance(g, 70) ? gen_below(g, 2)
					    : gen_below(g, MODES);
	uint64_t vector = mode == 2 && gen_chance(g, 80) ? 0 : gen_vector(g);

	q[0] = PRESENT | mode << 5 | vector << 16 | destination(g) | (gen_chance(g, 20) ? FPD : 0) |
	       (uint64_t)gen_below(g, 16) << 8;
	if (!g->p->qemu)
		q[0] |= (uint64_t)gen_below(g, 2) << 2; /* logical */
	q[0] |= (uint64_t)gen_below(g, 4) << 3;         /* redirection hint, trigger mode */
	q[1] = source(g);
	if (gen_chance(g, 8))
		spoil(g, q);
	if (gen_chance(g, 10))
		q[0] &= ~PRESENT;
}

static bool lay_entry(struct gen *g, uint32_t handle)
{
	uint64_t q[2];

	make_entry(g, q);
	return gen_store(g, g->c->ir.table + 16 * (uint64_t)handle, q, 2, 1);
}

void gen_vtd_ir_tables(struct gen *g)
{
	struct xc_ir *ir = &g->c->ir;

	if (!ir->on)
		return;
	ir->table = gen_table(g);
	ir->size = 7;
	if (!g->p->qemu && gen_chance(g, 30))
		ir->size = (uint8_t)gen_below(g, 16);
	/* for QEMU, subhandles of 16 and more */
	gen_handles(g, 0, ir->size < 7 && gen_chance(g, 80) ? 2u << ir->size : 256);
	for (uint32_t i = 0; i < g->handles; i++)
		if (gen_chance(g, 90))
			(void)lay_entry(g, g->handle[i]);
	if (!g->p->qemu && gen_chance(g, 3))
		ir->table = XC_RAM_LAST + 1;
}

static uint32_t some_handle(struct gen *g)
{
	if (gen_chance(g, 92))
		return g->handle[gen_below(g, g->handles)];
	return g->p->qemu ? gen_below(g, 400) : gen_below(g, gen_chance(g, 50) ? 400 : 65536);
}

/* Index = handle + subhandle, by any handle. */
static void by_subhandle(struct gen *g, uint32_t index, uint32_t *handle, struct xc_msi *m)
{
	uint32_t sub = g->p->qemu ? 16 + gen_below(g, 64) : gen_below(g, 300);

	if (gen_chance(g, 10) && !g->p->qemu)
		sub = gen_below(g, 65536);
	if (sub > index)
		return;
	m->addr |= SHV;
	m->data = sub;
	*handle = index - sub;
	if (gen_chance(g, 4) && !g->p->qemu)
		m->data |= 1u << (16 + gen_below(g, 16));
	if (gen_chance(g, 2) && !g->p->qemu)
		*handle = 0xffff; /* the sum has 17 bits */
}

static void send(struct gen *g)
{
	struct xc_msi m = { .dev = gen_below(g, g->c->devices), .addr = MESSAGES, .len = 4 };
	uint32_t index, handle;

	m.data = g->p->qemu ? FIXED_DATA : (uint32_t)gen_any(g);
	if (!g->c->ir.on || (gen_chance(g, 6) && !g->p->qemu)) { /* compatibility format */
		m.addr |= g->p->qemu ? gen_below(g, 4) << 12
				     : (uint32_t)gen_any(g) & 0xfffffu & ~(REMAPPABLE | 3u);
		if (g->p->qemu)
			m.data = gen_vector(g);
	} else {
		handle = index = some_handle(g);
		if (gen_chance(g, 35))
			by_subhandle(g, index, &handle, &m);
		m.addr |= REMAPPABLE | (handle & 0x7fff) << 5 | (handle >> 15 & 1) << 2;
		if (!g->p->qemu && (m.addr & SHV) == 0 && gen_chance(g, 20))
			m.data |= 0xffff0000u; /* ignored */
	}
	if (!g->p->qemu && gen_chance(g, 3)) {
		m.len = 8;
		m.addr &= ~7u;
	}
	gen_msi(g, &m);
}

static void invalidate(struct gen *g, uint32_t handle)
{
	static const uint8_t masks[] = { 0, 0, 0, 1, 2, 4, 8, 15 };
	struct xc_inval v = { .kind = XC_VTD_IEC, .g = 1, .index = (uint16_t)handle };

	v.am = gen_chance(g, 70) ? masks[gen_below(g, 8)] : (uint8_t)gen_below(g, 16);
	if (gen_chance(g, 20))
		v.index ^= (uint16_t)(1u << gen_below(g, 6));
	if (gen_chance(g, 15))
		v = (struct xc_inval){ .kind = XC_VTD_IEC };
	(void)gen_inval(g, &v);
}

static void edit(struct gen *g)
{
	uint32_t handle = g->handle[gen_below(g, g->handles)];
	uint64_t at = g->c->ir.table + 16 * (uint64_t)handle;
	uint64_t q[2] = { gen_read(g, at), gen_read(g, at + 8) };

	switch (gen_below(g, 4)) {
	case 0:
		q[0] ^= PRESENT;
		break;
	case 1:
		q[1] = source(g);
		break;
	default:
		make_entry(g, q);
		break;
	}
	if (at > XC_TABLES_LAST || !gen_store(g, at, q, 2, 1))
		return;
	if (gen_chance(g, 50))
		invalidate(g, handle);
}

void gen_vtd_ir_op(struct gen *g)
{
	uint32_t what = gen_below(g, 100);

	if (!g->c->ir.on || what < 60)
		send(g);
	else if (what < 85)
		edit(g);
	else
		invalidate(g, some_handle(g));
}
