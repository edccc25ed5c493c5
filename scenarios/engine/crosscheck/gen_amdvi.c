/*
 * Cases for AMD-Vi, host translation. Levels are the specification's: 1 holds 4 KiB pages.
 *
 * QEMU before 11 looks at little of this (rows A2, A5, A7 to A12 and A27 of rows.c say what is to be avoided): for it, upper
 * levels and device table entries allow everything, entries that are not there are 0, and no encoding is wrong.
 */
#include "gen.h"

#define PR UINT64_C(1)
#define IR (UINT64_C(1) << 61)
#define IW (UINT64_C(1) << 62)
#define ADDR (UINT64_C(0xffffffffff) << 12)

static uint32_t shift(uint32_t level)
{
	return 12 + 9 * (level - 1);
}

static uint64_t next_field(uint32_t level)
{
	return (uint64_t)level << 9;
}

static uint32_t next_of(uint64_t e)
{
	return (uint32_t)(e >> 9 & 7);
}

/* ---- the machine ---- */

static void machine(struct gen *g)
{
	gen_cap(g, "npcache", g->p->qemu || gen_chance(g, 40));
	gen_cap(g, "hats", g->p->qemu ? 2 : gen_below(g, 3));
	if (!g->p->qemu) {
		gen_cap(g, "hasup", gen_chance(g, 80));
		gen_cap(g, "hdsup", xc_cap(g->c, "hasup", 1) && gen_chance(g, 80));
	}
	gen_devices(g);
	g->table_next = XC_TABLES + 0x4000;
	gen_amdvi_ir_machine(g);
}

static void addresses(struct gen *g)
{
	static const uint64_t tops[] = { 0, 0, 0, 1, 3, 127 };
	bool narrow = gen_chance(g, 15);

	g->iovas = 3 + gen_below(g, GEN_IOVAS - 2);
	for (uint32_t i = 0; i < g->iovas; i++) {
		uint64_t a = XC_DATA + (uint64_t)gen_below(g, 1024) * 4096;

		if (i && gen_chance(g, 60))
			a = (g->iova[gen_below(g, i)] & ~UINT64_C(0x3ff000)) | (a & 0x3ff000);
		else
			a |= tops[gen_below(g, 6)] << 30 | tops[gen_below(g, 6)] << 39 |
			     tops[gen_below(g, 6)] << 48 | tops[gen_below(g, 6)] << 57;
		if (i == 0 && gen_chance(g, 40)) /* identity leads to memory */
			a &= 0x7fffff;
		if (narrow)
			a &= 0x1ff000;
		if (g->p->qemu)
			a &= (UINT64_C(1) << 48) - 1;
		g->iova[i] = a;
	}
}

static uint32_t some_mode(struct gen *g)
{
	uint64_t all = 0;
	uint32_t least = 1, most = 4 + (uint32_t)xc_cap(g->c, "hats", 2);

	for (uint32_t i = 0; i < g->iovas; i++)
		all |= g->iova[i];
	while (least < 6 && all >> (12 + 9 * least))
		least++;
	if (least > most)
		least = most;
	if (!g->p->qemu && gen_chance(g, 15))
		least = 1 + gen_below(g, most);
	return least + gen_below(g, most - least + 1);
}

/* ---- entries ---- */

static uint64_t leaf_permission(struct gen *g)
{
	return gen_chance(g, 80) ? IR | IW : gen_chance(g, 50) ? IR : gen_chance(g, 50) ? IW : 0;
}

static uint64_t upper_permission(struct gen *g)
{
	return g->p->qemu ? IR | IW : gen_chance(g, 85) ? IR | IW : leaf_permission(g);
}

/* NextLevel = 7: the bits below the size say it. */
static uint64_t encoded(uint64_t base, uint32_t lg2)
{
	return (base & ~((UINT64_C(1) << lg2) - 1)) | (((UINT64_C(1) << (lg2 - 1)) - 1) & ADDR);
}

static uint64_t data_base(struct gen *g, uint32_t lg2)
{
	uint64_t slots = lg2 >= 22 ? 1 : UINT64_C(1) << (22 - lg2);

	return lg2 > 22 ? 0 : XC_DATA + ((gen_any(g) % slots) << lg2);
}

/* One thing that is wrong with an entry of `level`. */
static uint64_t spoilt(struct gen *g, uint64_t e, uint32_t level)
{
	switch (gen_below(g, 4)) {
	case 0:
		return e |
		       UINT64_C(1)
			       << (52 + gen_below(g, next_of(e) == 0 || next_of(e) == 7 ? 7 : 9));
	case 1:
		return (e & ~next_field(7)) | next_field(level + gen_below(g, 7 - level));
	case 2: /* a size of another level */
		return (e & ~(ADDR | next_field(7))) | next_field(7) |
		       encoded(0, level > 1 ? 13 : 22 + gen_below(g, 8));
	default:
		return (e & ~(next_field(7) | ADDR)) | next_field(level > 1 ? level - 1 : 0) |
		       (XC_RAM_LAST + 1);
	}
}

static uint64_t leaf(struct gen *g, uint32_t level, uint32_t *lg2)
{
	uint64_t e = PR | leaf_permission(g);

	*lg2 = shift(level);
	if (gen_chance(g, 30)) {
		/* the address of an entry ends at bit 51 */
		*lg2 += 1 + gen_below(g, level < 5 ? 8 : 4);
		return e | next_field(7) | encoded(data_base(g, *lg2), *lg2);
	}
	return e | data_base(g, *lg2);
}

static uint64_t directory(struct gen *g, uint32_t next, uint64_t table)
{
	return PR | upper_permission(g) | next_field(next) | table;
}

/* QEMU 7.2 and 10.0 take any entry that is not 0 for present (A11). */
static uint64_t absent(struct gen *g, uint64_t e)
{
	return g->p->qemu || gen_chance(g, 50) ? 0 : e & ~PR;
}

static uint64_t slot(uint64_t table, uint64_t iova, uint32_t level)
{
	return table + 8 * (iova >> shift(level) & (level == 6 ? 0x7f : 0x1ff));
}

static bool leads_down(uint64_t e, uint32_t level)
{
	return (e & PR) && next_of(e) && next_of(e) < level && (e & ADDR) >= XC_TABLES &&
	       (e & ADDR) <= XC_TABLES_LAST;
}

/* A leaf of an encoded size stands in every slot it covers. */
static bool lay_leaf(struct gen *g, uint64_t table, uint32_t level, uint64_t iova, bool wrong)
{
	uint32_t lg2, copies;
	uint64_t e = leaf(g, level, &lg2), at = slot(table, iova, level);

	if (wrong)
		return gen_word(g, at, spoilt(g, e, level));
	copies = 1u << (lg2 - shift(level));
	at &= ~((uint64_t)copies * 8 - 1);
	return gen_store(g, at, &e, 1, copies);
}

/* Whether every address that comes by this entry has 0 for `skipped`; QEMU does not look (A10). */
static bool may_skip(struct gen *g, uint32_t level, uint32_t skipped, uint64_t iova)
{
	if (!g->p->qemu)
		return (iova >> shift(skipped) & 0x1ff) == 0 || gen_chance(g, 10);
	for (uint32_t i = 0; i < g->iovas; i++)
		if (g->iova[i] >> shift(level) == iova >> shift(level) &&
		    (g->iova[i] >> shift(skipped) & 0x1ff) != 0)
			return false;
	return true;
}

/* The level below, or one further down that the address bits allow to skip to. */
static uint32_t next_level(struct gen *g, uint32_t level, uint64_t iova)
{
	uint32_t next = level - 1;
	bool all = gen_chance(g, 10);

	while (next > 1 && (all || gen_chance(g, 35)) && may_skip(g, level, next, iova))
		next--;
	return next;
}

static bool lay_path(struct gen *g, uint64_t table, uint32_t level, uint64_t iova)
{
	for (;;) {
		uint64_t at = slot(table, iova, level), e = gen_read(g, at), next_table;
		uint32_t next;

		if (leads_down(e, level)) {
			table = e & ADDR;
			level = next_of(e);
			continue;
		}
		if (e || gen_chance(g, 5))
			return true;
		if (level == 1 || (level < 6 && gen_chance(g, 20)))
			return lay_leaf(g, table, level, iova, !g->p->qemu && gen_chance(g, 5));
		next = next_level(g, level, iova);
		next_table = gen_table(g);
		e = directory(g, next, next_table);
		if (!g->p->qemu && gen_chance(g, 3))
			e = spoilt(g, e, level);
		if (!next_table || !gen_word(g, at, e))
			return false;
		if (!leads_down(e, level))
			return true;
		table = next_table;
		level = next;
	}
}

static bool did_taken(const struct gen *g, uint16_t did)
{
	for (uint32_t i = 0; i < g->domains; i++)
		if (g->domain[i].did == did)
			return true;
	return false;
}

static uint16_t some_did(struct gen *g)
{
	uint16_t did = (uint16_t)(gen_chance(g, 60) ? 1 + gen_below(g, 4) : gen_any(g));

	/* QEMU 10.0 takes bit 8 for a reserved one (A14) */
	return g->p->qemu ? did & 0xfeff : did;
}

static void lay_domain(struct gen *g)
{
	struct gen_domain *d = g->domain + g->domains;

	do {
		d->did = some_did(g);
	} while (did_taken(g, d->did));
	d->levels = some_mode(g);
	d->root = gen_table(g);
	for (uint32_t i = 0; i < g->iovas; i++)
		(void)lay_path(g, d->root, d->levels, g->iova[i]);
	g->domains++;
}

/* ---- device table entries ---- */

static void spoil_dte(struct gen *g, uint64_t e[4])
{
	if (g->p->qemu) {
		/* what all versions check */
		e[0] |= gen_chance(g, 30) ? UINT64_C(1) << 63
					  : UINT64_C(1) << (2 + gen_below(g, 5));
		return;
	}
	switch (gen_below(g, 9)) {
	case 0:
		e[0] &= ~UINT64_C(1);
		break;
	case 1:
		e[0] &= ~UINT64_C(2);
		break;
	case 2:
		e[0] |= UINT64_C(1) << (2 + gen_below(g, 7));
		break;
	case 3:
		e[0] |= UINT64_C(1) << (52 + gen_below(g, 9));
		break;
	case 4:
		e[0] = (e[0] & ~next_field(7)) | next_field(gen_chance(g, 60) ? 7 : 0);
		break;
	case 5:
		e[0] &= ~(gen_chance(g, 50) ? IR : IW);
		break;
	case 6:
		e[1] |= UINT64_C(1)
			<< (gen_chance(g, 50) ? 42 + gen_below(g, 22) : 16 + gen_below(g, 16));
		break;
	case 7:
		e[1] |= UINT64_C(3) << 35; /* IoCtl reserved */
		break;
	default:
		e[0] = (e[0] & ~ADDR) | (XC_RAM_LAST + 1);
		break;
	}
}

static bool did_used_elsewhere(const struct gen *g, uint32_t dev, uint32_t domain)
{
	for (uint32_t i = 0; i < g->c->devices; i++)
		if (i != dev && g->of_device[i] == domain)
			return true;
	return false;
}

static bool lay_dte(struct gen *g, uint32_t dev, uint32_t domain, bool clean)
{
	const struct gen_domain *d = g->domain + domain;
	uint64_t e[4] = { PR | 2 | next_field(d->levels) | d->root | IR | IW, d->did, 0, 0 };

	/* all devices of a domain have to be given the same */
	if (!clean && !did_used_elsewhere(g, dev, domain) && gen_chance(g, 25))
		spoil_dte(g, e);
	if (!g->p->qemu && gen_chance(g, 8))
		e[1] |= UINT64_C(1) << 34; /* SA */
	if (!g->p->qemu && gen_chance(g, 8))
		e[1] |= UINT64_C(1) << 33; /* SE */
	if (!g->p->qemu && gen_chance(g, 10))
		e[1] |= UINT64_C(1) << 37; /* Cache: a hint */
	g->of_device[dev] = domain;
	gen_amdvi_ir_half(g, dev, e);
	return gen_store(g, XC_TABLES + 32 * (uint64_t)g->c->rid[dev], e, 4, 1);
}

/* ---- operations ---- */

static void inval_pages(struct gen *g, uint16_t did, uint64_t iova, bool exactly)
{
	static const uint32_t sizes[] = { 13, 14, 16, 20, 21, 22, 25, 30, 39, 48, 52, 64 };
	uint32_t lg2 = exactly             ? 64
		       : gen_chance(g, 60) ? sizes[gen_below(g, 12)]
					   : 13 + gen_below(g, 52);
	struct xc_inval v = { .kind = XC_AMD_PAGES,
			      .did = did,
			      .addr = iova & ~UINT64_C(0xfff),
			      .pde = exactly || gen_chance(g, 50) };

	if (exactly || gen_chance(g, 60)) {
		v.s = true;
		v.addr = lg2 == 64 ? UINT64_C(0x7ffffffffffff000)
				   : (iova & ~((UINT64_C(1) << lg2) - 1)) |
					     (((UINT64_C(1) << (lg2 - 1)) - 1) & ~UINT64_C(0xfff));
	}
	(void)gen_inval(g, &v);
}

static void inval_devtab(struct gen *g, uint32_t dev)
{
	struct xc_inval v = { .kind = XC_AMD_DEVTAB, .sid = g->c->rid[dev] };

	(void)gen_inval(g, &v);
}

static void any_inval(struct gen *g)
{
	struct xc_inval all = { .kind = XC_AMD_ALL };
	uint16_t did = g->domain[gen_below(g, g->domains)].did;
	uint64_t iova = g->iova[gen_below(g, g->iovas)];

	if (gen_chance(g, 10))
		did = some_did(g);
	if (gen_chance(g, 20))
		iova ^= UINT64_C(0x1000) << gen_below(g, 18);
	if (gen_chance(g, 10))
		(void)gen_inval(g, &all);
	else if (gen_chance(g, 25))
		inval_devtab(g, gen_below(g, g->c->devices));
	else
		inval_pages(g, did, iova, false);
}

/* Changes the entry at `at`; false when a leaf was laid there. */
static bool changed_entry(struct gen *g, uint64_t e, uint32_t level, uint64_t iova, uint64_t *now)
{
	uint32_t next;
	uint64_t table;

	*now = e;
	switch (gen_below(g, 5)) {
	case 0:
		*now = absent(g, e);
		return true;
	case 1:
		if (leads_down(e, level))
			*now = (e & ~(IR | IW)) | upper_permission(g);
		else if (e & PR)
			*now = (e & ~(IR | IW)) | leaf_permission(g);
		return true;
	case 2:
		if (!g->p->qemu && (e & PR))
			*now = spoilt(g, e, level);
		return true;
	case 3:
		if (level == 1 || level == 6 || !gen_room(g, 4))
			return level == 1 ? false : true;
		next = next_level(g, level, iova);
		table = gen_table(g);
		if (!table)
			return true;
		(void)lay_path(g, table, next, iova);
		*now = directory(g, next, table);
		return true;
	default:
		return level == 6;
	}
}

static void edit_page(struct gen *g)
{
	const struct gen_domain *d = g->domain + gen_below(g, g->domains);
	uint64_t iova = g->iova[gen_below(g, g->iovas)], table = d->root, e, at, now;
	uint32_t level = d->levels, stop = gen_chance(g, 60) ? 1 : 1 + gen_below(g, d->levels);

	for (;;) {
		at = slot(table, iova, level);
		e = gen_read(g, at);
		if (level <= stop || !leads_down(e, level))
			break;
		table = e & ADDR;
		level = next_of(e);
	}
	if (!changed_entry(g, e, level, iova, &now)) {
		if (!lay_leaf(g, table, level, iova, false))
			return;
	} else if (!gen_word(g, at, now)) {
		return;
	}
	if (gen_chance(g, 50))
		inval_pages(g, d->did, iova, gen_chance(g, 30));
}

static void edit_dte(struct gen *g)
{
	uint32_t dev = gen_below(g, g->c->devices), old = g->of_device[dev];

	if (!gen_room(g, 4))
		return;
	if (did_used_elsewhere(g, dev, old) && gen_chance(g, 50))
		return;
	if (!lay_dte(g, dev, gen_below(g, g->domains), gen_chance(g, 40)))
		return;
	if (g->p->qemu || gen_chance(g, 60))
		inval_devtab(g, dev);
	/* QEMU asks its cache before the entry (A5) */
	if (g->p->qemu || gen_chance(g, 50))
		inval_pages(g, g->domain[old].did, 0, true);
}

void gen_amdvi(struct gen *g)
{
	uint32_t ops;

	machine(g);
	addresses(g);
	for (uint32_t n = 1 + gen_below(g, GEN_DOMAINS); n > 0; n--)
		lay_domain(g);
	for (uint32_t i = 0; i < g->c->devices; i++)
		g->of_device[i] = UINT32_MAX;
	gen_amdvi_ir_tables(g);
	for (uint32_t i = 0; i < g->c->devices; i++)
		(void)lay_dte(g, i, gen_below(g, g->domains), gen_chance(g, 60));
	g->building = false;
	ops = 8 + gen_below(g, XC_OPS - 16);
	for (uint32_t n = 0; n < 4 * XC_OPS && g->c->ops < ops; n++) {
		uint32_t what = gen_below(g, 100);

		if (gen_chance(g, g->c->ir.on ? 40 : 3))
			gen_amdvi_ir_op(g);
		else if (what < 55)
			gen_dma(g, gen_below(g, g->c->devices), g->iova[gen_below(g, g->iovas)]);
		else if (what < 75)
			edit_page(g);
		else if (what < 82)
			edit_dte(g);
		else
			any_inval(g);
	}
}
