/* Cases for VT-d, legacy mode. Level 0 holds 4 KiB pages. */
#include "gen.h"

#define R UINT64_C(1)
#define W UINT64_C(2)
#define PS (UINT64_C(1) << 7)
#define ADDR (UINT64_C(0xffffffffff) << 12)
#define CONTEXTS (XC_TABLES + 0x1000) /* one table for each bus */

/* ---- the machine ---- */

/* SAGAW with that width as the widest; smaller ones need not be there. */
static uint64_t widths(struct gen *g, uint32_t width)
{
	uint64_t all = width == 57 ? 14 : width == 48 ? 6 : 2, widest = (all + 2) / 2;

	return g->p->qemu || gen_chance(g, 60) ? all : widest | (gen_any(g) & all);
}

static void capabilities(struct gen *g)
{
	/* cases that follow each other have the same machine there, so that one instance plays them all */
	uint64_t rng = g->rng;
	uint32_t width, mgaw;
	bool sc;

	if (g->p->qemu)
		g->rng = (g->c->seed + 1) * UINT64_C(0xA0761D6478BD642F) + g->c->number / 64;
	width = gen_chance(g, 60) ? 48 : gen_chance(g, 60) || g->p->qemu ? 39 : 57;
	sc = gen_chance(g, 50);
	gen_cap(g, "nfr", 1);
	mgaw = width - (g->p->qemu || gen_chance(g, 70) ? 0 : gen_below(g, width - 35));
	gen_cap(g, "mgaw", mgaw);
	gen_cap(g, "sagaw", widths(g, width));
	gen_cap(g, "cm", gen_chance(g, 20));
	gen_cap(g, "sc", sc);
	if (g->p->qemu) {
		gen_cap(g, "host-address-bits", width);
		gen_cap(g, "sslps", 3);
		gen_cap(g, "pt", 1);
		g->rng = rng;
		return;
	}
	gen_cap(g, "host-address-bits", 36 + gen_below(g, (mgaw < 52 ? mgaw : 52) - 35));
	gen_cap(g, "sslps", gen_chance(g, 70) ? 3 : gen_below(g, 2));
	gen_cap(g, "pt", gen_chance(g, 80));
	gen_cap(g, "nd", gen_chance(g, 70) ? 6 : 2 + gen_below(g, 4));
	gen_cap(g, "mamv", 18);
}

static uint32_t widest(const struct gen *g)
{
	uint64_t sagaw = xc_cap(g->c, "sagaw", 4);

	return sagaw & 8 ? 5 : sagaw & 4 ? 4 : 3;
}

static void machine(struct gen *g)
{
	capabilities(g);
	gen_devices(g);
	g->c->by_register = gen_chance(g, 25);
	g->c->no_root = gen_chance(g, 1);
	g->table_next = XC_TABLES + 0x4000;
	gen_vtd_ir_machine(g);
}

/* Addresses that share tables at some levels and not at others, whose low 30 bits lie in the data area. */
static void addresses(struct gen *g)
{
	static const uint64_t tops[] = { 0, 0, 1, 2, 5, 511 };
	uint32_t mgaw = (uint32_t)xc_cap(g->c, "mgaw", 48);

	g->iovas = 3 + gen_below(g, GEN_IOVAS - 2);
	for (uint32_t i = 0; i < g->iovas; i++) {
		uint64_t a = XC_DATA + (uint64_t)gen_below(g, 1024) * 4096;

		if (i && gen_chance(g, 60)) /* a neighbour */
			a = (g->iova[gen_below(g, i)] & ~UINT64_C(0x3ff000)) | (a & 0x3ff000);
		else
			a |= tops[gen_below(g, 6)] << 30 | tops[gen_below(g, 6)] << 39 |
			     tops[gen_below(g, 6)] << 48;
		if (gen_chance(g, 96))
			a &= mgaw < 64 ? (UINT64_C(1) << mgaw) - 1 : UINT64_MAX;
		g->iova[i] = a;
	}
}

static uint16_t some_did(struct gen *g)
{
	uint32_t nd_bits = 4 + 2 * (uint32_t)xc_cap(g->c, "nd", 6);

	return (uint16_t)(1 + gen_any(g) % ((UINT64_C(1) << nd_bits) - 1));
}

static bool did_taken(const struct gen *g, uint16_t did)
{
	for (uint32_t i = 0; i < g->domains; i++)
		if (g->domain[i].did == did)
			return true;
	return false;
}

/* ---- entries ---- */

static uint64_t permission(struct gen *g)
{
	return gen_chance(g, 88) ? R | W : gen_chance(g, 50) ? R : W;
}

static uint64_t ignored_bits(struct gen *g, bool leaf)
{
	uint64_t bits = UINT64_C(0xff) << 52 | UINT64_C(1) << 60 | UINT64_C(1) << 61 |
			UINT64_C(1) << 63 | UINT64_C(7) << 8 | UINT64_C(0x1f) << 2;

	if (leaf && xc_cap(g->c, "sc", 1))
		bits |= UINT64_C(1) << 11;
	return gen_chance(g, 25) ? gen_any(g) & bits : 0;
}

/* One bit that has to be 0; the entry is present. */
static uint64_t wrong_bit(struct gen *g, uint32_t level, bool leaf)
{
	uint64_t haw = xc_cap(g->c, "host-address-bits", 46);

	switch (gen_below(g, 4)) {
	case 0:
		return UINT64_C(1) << 11; /* reserved but in leaves with SC */
	case 1:
		return haw < 52 ? UINT64_C(1) << (haw + gen_below(g, (uint32_t)(52 - haw))) : 0;
	case 2:
		return level >= 3 ? PS : UINT64_C(1) << 62;
	default:
		return leaf && level > 0 ? UINT64_C(1) << (12 + gen_below(g, 9 * level))
					 : UINT64_C(1) << 62;
	}
}

static uint64_t page(struct gen *g, uint32_t level)
{
	uint64_t pa = level == 0   ? XC_DATA + (uint64_t)gen_below(g, 1024) * 4096
		      : level == 1 ? XC_DATA + (uint64_t)gen_below(g, 2) * 0x200000
				   : 0;
	uint64_t e = pa | permission(g) | ignored_bits(g, true);

	if (level > 0)
		e |= PS;
	if (gen_chance(g, 3))
		e |= wrong_bit(g, level, true);
	return e;
}

static uint64_t directory(struct gen *g, uint32_t level, uint64_t table)
{
	uint64_t e = table | permission(g) | ignored_bits(g, false);

	if (gen_chance(g, 2))
		e |= wrong_bit(g, level, false);
	if (gen_chance(g, 1))
		e = (e & ~ADDR) | (XC_RAM_LAST + 1);
	return e;
}

static bool leads_down(uint64_t e, uint32_t level)
{
	return level > 0 && (e & 3) && !((e & PS) && level < 3) && (e & ADDR) >= XC_TABLES &&
	       (e & ADDR) <= XC_TABLES_LAST;
}

static uint64_t slot(uint64_t table, uint64_t iova, uint32_t level)
{
	return table + 8 * (iova >> (12 + 9 * level) & 0x1ff);
}

/* Entries for an address from `level` of `table` down, where there are none yet. */
static bool lay_path(struct gen *g, uint64_t table, uint32_t level, uint64_t iova)
{
	for (;; level--) {
		uint64_t at = slot(table, iova, level), e = gen_read(g, at), next;

		if (leads_down(e, level)) {
			table = e & ADDR;
			continue;
		}
		if (e & 3)
			return true;
		if (gen_chance(g, 2))
			return true; /* left out */
		if (level == 0 || (level < 3 && gen_chance(g, 20)))
			return gen_word(g, at, page(g, level));
		next = gen_table(g);
		if (!next || !gen_word(g, at, directory(g, level, next)))
			return false;
		table = next;
	}
}

static void lay_domain(struct gen *g)
{
	struct gen_domain *d = g->domain + g->domains;
	uint32_t top = widest(g);

	do {
		d->did = gen_chance(g, 60) ? (uint16_t)(1 + gen_below(g, 3)) : some_did(g);
	} while (did_taken(g, d->did));
	d->levels = top;
	if (top > 3 && gen_chance(g, 25) && xc_cap(g->c, "sagaw", 4) >> (top - 3) & 1)
		d->levels = top - 1;
	d->root = gen_table(g);
	for (uint32_t i = 0; i < g->iovas; i++)
		(void)lay_path(g, d->root, d->levels - 1, g->iova[i]);
	g->domains++;
}

/* ---- root and context entries ---- */

static uint64_t context_at(const struct gen *g, uint32_t dev)
{
	return CONTEXTS + 0x1000 * (uint64_t)(g->c->rid[dev] >> 8) +
	       16 * (uint64_t)(g->c->rid[dev] & 0xff);
}

static void spoil_context(struct gen *g, uint64_t q[2])
{
	switch (gen_below(g, 8)) {
	case 0:
		q[0] &= ~UINT64_C(1);
		break;
	case 1:
		q[0] |= UINT64_C(1) << (4 + gen_below(g, 8));
		break;
	case 2:
		q[1] |= UINT64_C(1) << (24 + gen_below(g, 40));
		break;
	case 3:
		q[0] |= 3 << 2; /* TT reserved */
		break;
	case 4:
		q[0] = (q[0] & ~UINT64_C(12)) | 1 << 2; /* TT needs device-TLBs */
		break;
	case 5:
		q[1] = (q[1] & ~UINT64_C(7)) | gen_below(g, 8);
		if ((q[1] & 7) == 1 || (q[1] & 7) == 2 || (q[1] & 7) == 3)
			q[1] &= ~UINT64_C(7); /* the tables fit one width only */
		break;
	case 6:
		q[0] = (q[0] & UINT64_C(0xfff)) | (XC_RAM_LAST + 1);
		break;
	default:
		q[1] |= 1 << 7;
		break;
	}
}

/* QEMU does not limit pass-through (V5). */
static bool all_within(const struct gen *g)
{
	uint64_t mgaw = xc_cap(g->c, "mgaw", 48);

	for (uint32_t i = 0; i < g->iovas; i++)
		if (g->iova[i] >> mgaw)
			return false;
	return true;
}

static bool lay_context(struct gen *g, uint32_t dev, uint32_t domain, bool clean)
{
	const struct gen_domain *d = g->domain + domain;
	bool pass = !clean && gen_chance(g, 8) && xc_cap(g->c, "pt", 1) &&
		    (!g->p->qemu || all_within(g));
	uint64_t q[2] = { d->root | 1, (uint64_t)d->did << 8 | (d->levels - 2) };

	if (pass) {
		q[0] |= 2 << 2;
		/* pages and pass-through under one domain-id would be two sets of tables under it */
		do {
			q[1] = (uint64_t)some_did(g) << 8 | (widest(g) - 2);
		} while (did_taken(g, (uint16_t)(q[1] >> 8)));
	}
	if (gen_chance(g, 15))
		q[1] |= (uint64_t)gen_below(g, 16) << 3; /* software's */
	if (!clean && gen_chance(g, 10))
		q[0] |= 2; /* FPD */
	if (!clean && !pass && gen_chance(g, 12))
		spoil_context(g, q);
	g->of_device[dev] = domain;
	return gen_store(g, context_at(g, dev), q, 2, 1);
}

static void lay_root(struct gen *g, uint32_t bus, bool clean)
{
	uint64_t q[2] = { (CONTEXTS + 0x1000 * (uint64_t)bus) | 1, 0 };

	if (!clean) {
		switch (gen_below(g, 4)) {
		case 0:
			q[0] = gen_any(g) & ~UINT64_C(1);
			break;
		case 1:
			q[0] |= UINT64_C(1) << (1 + gen_below(g, 11));
			break;
		case 2:
			q[1] = UINT64_C(1) << gen_below(g, 64);
			break;
		default:
			q[0] = (XC_RAM_LAST + 1) | 1;
			break;
		}
	}
	(void)gen_store(g, XC_TABLES + 16 * (uint64_t)bus, q, 2, 1);
}

/* ---- operations ---- */

static void inval_pages(struct gen *g, uint16_t did, uint64_t iova, bool exactly)
{
	static const uint8_t masks[] = { 0, 0, 1, 2, 5, 9, 12, 18 };
	struct xc_inval v = { .kind = XC_VTD_IOTLB, .did = did, .g = 3 };

	v.addr = iova & ~UINT64_C(0xfff);
	v.am = exactly             ? 18
	       : gen_chance(g, 60) ? masks[gen_below(g, 8)]
				   : (uint8_t)gen_below(g, 19);
	v.ih = !exactly && gen_chance(g, 40);
	if (!exactly && gen_chance(g, 40))
		v.g = (uint8_t)(1 + gen_below(g, 2));
	(void)gen_inval(g, &v);
}

static void inval_context(struct gen *g, uint32_t dev, uint16_t did)
{
	struct xc_inval v = { .kind = XC_VTD_CONTEXT,
			      .g = (uint8_t)(1 + gen_below(g, 3)),
			      .did = did,
			      .sid = g->c->rid[dev],
			      .fm = (uint8_t)gen_below(g, 4) };

	(void)gen_inval(g, &v);
}

/* Any invalidation, mostly of something that exists. */
static void any_inval(struct gen *g)
{
	uint32_t dev = gen_below(g, g->c->devices);
	uint16_t did = g->domain[gen_below(g, g->domains)].did;
	uint64_t iova = g->iova[gen_below(g, g->iovas)];

	if (gen_chance(g, 10))
		did = some_did(g);
	if (gen_chance(g, 20))
		iova ^= UINT64_C(0x1000) << gen_below(g, 10);
	if (gen_chance(g, 30))
		inval_context(g, dev, did);
	else
		inval_pages(g, did, iova & ((UINT64_C(1) << 57) - 1), false);
}

static uint64_t changed_entry(struct gen *g, uint64_t e, uint32_t level)
{
	bool leaf = !leads_down(e, level);
	uint64_t table;

	switch (gen_below(g, 6)) {
	case 0:
		return gen_chance(g, 50) ? 0 : e & ~UINT64_C(3);
	case 1:
		return (e & 3) ? (e & ~UINT64_C(3)) | permission(g)
			       : page(g, level > 2 ? 0 : level);
	case 2:
		return (e & 3) ? e | wrong_bit(g, level, leaf) : e;
	case 3:
		if (level > 2)
			return e;
		return page(g, level);
	default:
		if (level == 0)
			return page(g, 0);
		table = gen_table(g);
		return table ? directory(g, level, table) : e;
	}
}

static void edit_page(struct gen *g)
{
	const struct gen_domain *d = g->domain + gen_below(g, g->domains);
	uint64_t iova = g->iova[gen_below(g, g->iovas)], table = d->root, e, at, now;
	uint32_t level = d->levels - 1, stop = gen_chance(g, 60) ? 0 : gen_below(g, d->levels);

	for (;; level--) {
		at = slot(table, iova, level);
		e = gen_read(g, at);
		if (level <= stop || !leads_down(e, level))
			break;
		table = e & ADDR;
	}
	now = changed_entry(g, e, level);
	if (now == e || (level > 2 && !leads_down(now, level) && (now & 3) && !(now & PS)))
		now = e ^ (e & 3 ? UINT64_C(3) : 0);
	/* a new table is filled before it is hung in */
	if (leads_down(now, level) && (now & ADDR) != (e & ADDR) && gen_room(g, 4))
		(void)lay_path(g, now & ADDR, level - 1, iova);
	if (!gen_word(g, at, now))
		return;
	if (gen_chance(g, 50))
		inval_pages(g, d->did, iova, gen_chance(g, 30));
}

static void edit_context(struct gen *g)
{
	uint32_t dev = gen_below(g, g->c->devices), old = g->of_device[dev];
	uint16_t was = g->domain[old].did;

	if (!gen_room(g, 3))
		return;
	if (gen_chance(g, 15)) {
		lay_root(g, g->c->rid[dev] >> 8u, gen_chance(g, 60));
	} else if (!lay_context(g, dev, gen_below(g, g->domains), gen_chance(g, 60))) {
		return;
	}
	if (gen_chance(g, 60))
		inval_context(g, dev, gen_chance(g, 80) ? was : some_did(g));
	if (gen_chance(g, 50)) {
		struct xc_inval v = { .kind = XC_VTD_IOTLB, .g = 2, .did = was };

		(void)gen_inval(g, &v);
	}
}

void gen_vtd(struct gen *g)
{
	uint32_t ops;

	machine(g);
	addresses(g);
	for (uint32_t n = 1 + gen_below(g, GEN_DOMAINS); n > 0; n--)
		lay_domain(g);
	for (uint32_t bus = 0; bus < 3; bus++)
		lay_root(g, bus, gen_chance(g, 97));
	for (uint32_t i = 0; i < g->c->devices; i++)
		(void)lay_context(g, i, gen_below(g, g->domains), gen_chance(g, 60));
	gen_vtd_ir_tables(g);
	g->building = false;
	ops = 8 + gen_below(g, XC_OPS - 16);
	for (uint32_t n = 0; n < 4 * XC_OPS && g->c->ops < ops; n++) {
		uint32_t what = gen_below(g, 100);

		if (gen_chance(g, g->c->ir.on ? 40 : 3))
			gen_vtd_ir_op(g);
		else if (what < 55)
			gen_dma(g, gen_below(g, g->c->devices), g->iova[gen_below(g, g->iovas)]);
		else if (what < 75)
			edit_page(g);
		else if (what < 82)
			edit_context(g);
		else
			any_inval(g);
	}
}
