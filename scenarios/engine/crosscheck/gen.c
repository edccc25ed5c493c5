/* The generator: what the two architectures share. */
#include "gen.h"

#include <string.h>

uint64_t gen_any(struct gen *g)
{
	uint64_t z = (g->rng += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

uint32_t gen_below(struct gen *g, uint32_t n)
{
	return (uint32_t)(gen_any(g) >> 33) % n;
}

bool gen_chance(struct gen *g, uint32_t percent)
{
	return gen_below(g, 100) < percent;
}

uint64_t gen_table(struct gen *g)
{
	uint64_t at = g->table_next;

	if (at + 0xfff > XC_TABLES_LAST)
		return 0;
	g->table_next += 0x1000;
	return at;
}

uint64_t gen_read(const struct gen *g, uint64_t pa)
{
	uint64_t w = 0;

	(void)ref_read(g->r, pa, &w);
	return w;
}

void gen_cap(struct gen *g, const char *name, uint64_t value)
{
	if (g->c->caps < XC_CAPS)
		g->c->cap[g->c->caps++] = (struct xc_cap){ name, value };
}

bool gen_room(const struct gen *g, uint32_t ops)
{
	return g->c->ops + ops <= XC_OPS;
}

bool gen_store(struct gen *g, uint64_t pa, const uint64_t *w, uint32_t n, uint32_t repeat)
{
	struct xc_store s = { .pa = pa, .n = n, .repeat = repeat };

	memcpy(s.w, w, n * sizeof(*w));
	if (g->building) {
		if (g->c->images == XC_IMAGE)
			return false;
		g->c->image[g->c->images++] = s;
	} else {
		if (!gen_room(g, 1))
			return false;
		g->c->op[g->c->ops++] = (struct xc_op){ .kind = XC_STORE, .store = s };
	}
	ref_store(g->r, &s);
	return true;
}

bool gen_word(struct gen *g, uint64_t pa, uint64_t w)
{
	return gen_store(g, pa, &w, 1, 1);
}

bool gen_inval(struct gen *g, const struct xc_inval *v)
{
	if (!gen_room(g, 1))
		return false;
	g->c->op[g->c->ops++] = (struct xc_op){ .kind = XC_INVAL, .inval = *v };
	ref_inval(g->r, v);
	return true;
}

bool gen_observable(const struct ref_set *set, uint32_t len)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (set->o[i].ok &&
		    (set->o[i].pa < XC_DATA || set->o[i].pa + len - 1 > XC_DATA_LAST))
			return false;
	return !set->full;
}

void gen_dma(struct gen *g, uint32_t dev, uint64_t iova)
{
	static const uint32_t lens[] = { 8, 8, 8, 16, 64 };
	uint32_t len = lens[gen_below(g, 5)];
	uint64_t at = gen_below(g, 4096 / len) * (uint64_t)len;
	struct xc_dma d = { .dev = dev,
			    .write = gen_chance(g, 50),
			    .iova = (iova & ~UINT64_C(0xfff)) + at,
			    .len = len };
	struct ref_set set;

	if (!gen_room(g, 1))
		return;
	g->c->op[g->c->ops++] = (struct xc_op){ .kind = XC_DMA, .dma = d };
	ref_dma(g->r, &d, &set);
	if (!gen_observable(&set, len))
		g->c->ops--;
}

void gen_msi(struct gen *g, const struct xc_msi *m)
{
	struct ref_set set;

	if (!gen_room(g, 1))
		return;
	g->c->op[g->c->ops++] = (struct xc_op){ .kind = XC_MSI, .msi = *m };
	ref_msi(g->r, m, &set);
	if (set.full)
		g->c->ops--;
}

void gen_handles(struct gen *g, uint32_t least, uint32_t limit)
{
	g->handles = 3 + gen_below(g, GEN_HANDLES - 2);
	for (uint32_t i = 0; i < g->handles; i++) {
		uint32_t h = least + gen_below(g, limit - least);

		if (i && gen_chance(g, 60)) /* a neighbour */
			h = g->handle[gen_below(g, i)] ^ 1u << gen_below(g, 6);
		g->handle[i] = h < least ? least : h < limit ? h : limit - 1;
	}
}

uint8_t gen_vector(struct gen *g)
{
	if (g->p->qemu)
		return (uint8_t)(0x20 + g->vectors++ % 0xc0);
	return (uint8_t)gen_any(g);
}

bool gen_remaps(struct gen *g)
{
	bool draw = gen_chance(g, 50);

	return g->p->qemu ? (g->c->number / 64 / 3 + g->c->seed) % 2 != 0 : draw;
}

struct place {
	uint16_t rid;
	enum be_behind behind;
};

/* A machine's places; a case has the first of them, or more. The tables have room for buses 0 to 2, AMD-Vi's for 0 and 1. */
static const struct places {
	uint32_t count;
	struct place at[3];
} places[2][4] = {
	[BE_VTD] = { { 3, { { 0x0020, 0 }, { 0x0028, 0 }, { 0x0031, 0 } } },
		     { 3, { { 0x0100, 0 }, { 0x0020, 0 }, { 0x0200, 0 } } },
		     { 3, { { 0x0118, 0 }, { 0x0100, 0 }, { 0x0030, BE_BEHIND_PCI_BRIDGE } } },
		     { 3, { { 0x0200, BE_BEHIND_PCIE_PCI }, { 0x0031, 0 }, { 0x0109, 0 } } } },
	[BE_AMDVI] = { { 3, { { 0x0020, 0 }, { 0x0028, 0 }, { 0x0031, 0 } } },
		       { 3,
			 { { 0x0100, BE_BEHIND_PORT },
			   { 0x0020, 0 },
			   { 0x0030, BE_BEHIND_PCI_BRIDGE } } },
		       { 3, { { 0x0109, 0 }, { 0x0030, BE_BEHIND_PCI_BRIDGE }, { 0x0119, 0 } } },
		       { 3, { { 0x0100, BE_BEHIND_PCIE_PCI }, { 0x0028, 0 }, { 0x0031, 0 } } } },
};

void gen_devices(struct gen *g)
{
	/* cases that follow each other have the same machine on QEMU, so that one instance plays them all */
	uint64_t run = g->c->number / 64;
	const struct places *p =
		places[g->c->arch] + (g->p->qemu ? (run + g->c->seed) % 4 : gen_below(g, 4));

	g->c->devices =
		g->p->qemu ? 2 + (uint32_t)(run / 4 + g->c->seed) % 2 : 1 + gen_below(g, p->count);
	for (uint32_t i = 0; i < g->c->devices; i++) {
		g->c->rid[i] = p->at[i].rid;
		g->c->behind[i] = p->at[i].behind;
	}
}

static void policy(struct gen *g)
{
	static const enum be_delay delays[] = { BE_DELAY_NORMAL, BE_DELAY_NORMAL,
						BE_DELAY_IMMEDIATE, BE_DELAY_SLOW };
	struct be_policy *p = &g->c->policy;

	p->keep = (enum be_keep)(gen_chance(g, 55) ? 0 : gen_below(g, 4));
	p->entries = 1 + gen_below(g, 6);
	p->delay = delays[gen_below(g, 4)];
	p->inval_more = gen_chance(g, 10);
	p->prefetch = gen_chance(g, 10);
	p->rewalk = gen_chance(g, 25);
}

bool gen_case(struct xc_case *c, enum be_arch arch, uint64_t seed, uint64_t number,
	      const struct gen_profile *profile)
{
	struct gen g = { .c = c, .p = profile, .building = true };

	memset(c, 0, sizeof(*c));
	c->arch = arch;
	c->seed = seed;
	c->number = number;
	g.rng = seed * UINT64_C(0xD1B54A32D192ED03) + number * UINT64_C(0x8CB92BA72F3D8DD7) +
		(uint64_t)arch;
	g.rng = gen_any(&g);
	policy(&g);
	g.r = ref_new(c);
	if (!g.r)
		return false;
	g.r->wide = c->policy.prefetch;
	if (arch == BE_VTD)
		gen_vtd(&g);
	else
		gen_amdvi(&g);
	ref_free(g.r);
	return true;
}
