/* The reference: memory, what may be cached, and what the two architectures share. */
#include "ref.h"

#include <stdlib.h>
#include <string.h>

uint64_t xc_cap(const struct xc_case *c, const char *name, uint64_t otherwise)
{
	for (uint32_t i = 0; i < c->caps; i++)
		if (strcmp(c->cap[i].name, name) == 0)
			return c->cap[i].value;
	return otherwise;
}

bool ref_read(const struct ref *r, uint64_t pa, uint64_t *word)
{
	if (!xc_is_ram(pa, 8))
		return false;
	if (pa >= XC_TABLES && pa <= XC_TABLES_LAST)
		*word = r->mem[(pa - XC_TABLES) / 8];
	else if (pa >= XC_DATA && pa <= XC_DATA_LAST)
		*word = xc_tag(pa);
	else
		*word = 0;
	return true;
}

static void store(struct ref *r, const struct xc_store *s)
{
	for (uint32_t k = 0; k < s->repeat; k++)
		for (uint32_t i = 0; i < s->n; i++) {
			uint64_t pa = s->pa + 8 * ((uint64_t)k * s->n + i);

			if (pa >= XC_TABLES && pa <= XC_TABLES_LAST)
				r->mem[(pa - XC_TABLES) / 8] = s->w[i];
		}
}

struct ref *ref_new(const struct xc_case *c)
{
	struct ref *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->c = c;
	r->wide = c->policy.prefetch;
	for (uint32_t i = 0; i < c->images; i++)
		store(r, c->image + i);
	return r;
}

void ref_free(struct ref *r)
{
	free(r);
}

void ref_meets_domain(struct ref *r, bool fresh, uint32_t dev, uint16_t did)
{
	if (!fresh || r->filling)
		return;
	r->did_of[dev] = did + 1u;
	for (uint32_t i = 0; i < r->c->devices; i++)
		if (i != dev && r->did_of[i] == did + 1u) {
			survey_count(r->survey, SURVEY_FEATURE, SURVEY_SHARED);
			return;
		}
}

/* ---- lists ---- */

static bool same_context(const struct ref_context *a, const struct ref_context *b)
{
	return a->sid == b->sid && a->tag == b->tag && a->fault == b->fault &&
	       memcmp(a->q, b->q, sizeof(a->q)) == 0;
}

static bool same_dir(const struct ref_dir *a, const struct ref_dir *b)
{
	return a->did == b->did && a->level == b->level && a->prefix == b->prefix &&
	       a->next == b->next && a->next_level == b->next_level && a->perm == b->perm &&
	       a->fault == b->fault;
}

static bool same_page(const struct ref_page *a, const struct ref_page *b)
{
	return a->sid == b->sid && a->did == b->did && a->lg2 == b->lg2 && a->first == b->first &&
	       a->pa == b->pa && a->perm == b->perm && a->fault == b->fault &&
	       a->flags == b->flags && a->silent == b->silent;
}

void ref_keep_context(struct ref *r, const struct ref_context *x)
{
	if (!r->filling)
		return;
	for (uint32_t i = 0; i < r->contexts; i++)
		if (same_context(r->context + i, x))
			return;
	if (r->contexts == REF_CONTEXTS)
		r->overflow = true;
	else
		r->context[r->contexts++] = *x;
}

void ref_keep_dir(struct ref *r, const struct ref_dir *x)
{
	if (!r->filling)
		return;
	for (uint32_t i = 0; i < r->dirs; i++)
		if (same_dir(r->dir + i, x))
			return;
	if (r->dirs == REF_DIRS)
		r->overflow = true;
	else
		r->dir[r->dirs++] = *x;
}

void ref_keep_page(struct ref *r, const struct ref_page *x)
{
	if (!r->filling)
		return;
	for (uint32_t i = 0; i < r->pages; i++)
		if (same_page(r->page + i, x))
			return;
	if (r->pages == REF_PAGES)
		r->overflow = true;
	else
		r->page[r->pages++] = *x;
}

void ref_keep_irte(struct ref *r, const struct ref_irte *x)
{
	if (!r->filling)
		return;
	for (uint32_t i = 0; i < r->irtes; i++)
		if (r->irte[i].sid == x->sid && r->irte[i].index == x->index &&
		    memcmp(r->irte[i].q, x->q, sizeof(x->q)) == 0)
			return;
	if (r->irtes == REF_IRTES)
		r->overflow = true;
	else
		r->irte[r->irtes++] = *x;
}

void ref_add(struct ref_set *set, const struct ref_outcome *o)
{
	for (uint32_t i = 0; i < set->n; i++) {
		struct ref_outcome *at = set->o + i;

		if (at->ok != o->ok || at->pa != o->pa || at->data != o->data ||
		    at->reason != o->reason || at->silent != o->silent || at->did != o->did ||
		    at->flags != o->flags || at->addr != o->addr)
			continue;
		/* what is right without a reservation is right */
		at->fresh = at->fresh || o->fresh;
		at->other_order = at->other_order && o->other_order;
		at->hit_refused = at->hit_refused || o->hit_refused;
		at->context_rsvd = at->context_rsvd || o->context_rsvd;
		at->dma_half = at->dma_half || o->dma_half;
		return;
	}
	if (set->n == REF_OUTCOMES)
		set->full = true;
	else
		set->o[set->n++] = *o;
}

/* ---- what happens ---- */

static void dma(struct ref *r, const struct xc_dma *d, struct ref_set *out)
{
	if (r->c->arch == BE_VTD)
		ref_vtd_dma(r, d, out);
	else
		ref_amdvi_dma(r, d, out);
}

/* Keeps what a DMA may have filled: until nothing more is found, for what was kept opens new ways. */
static void fill(struct ref *r, const struct xc_dma *d)
{
	static const bool ways[] = { false, true };
	uint32_t before;

	r->filling = true;
	do {
		before = r->contexts + r->dirs + r->pages;
		for (uint32_t i = 0; i < 2; i++) {
			struct xc_dma q = *d;
			struct ref_set set = { .n = 0 };

			q.write = ways[i];
			/* a walk for a read and one for a write keep the same, but for what they stop at */
			if (q.write == d->write || r->wide)
				dma(r, &q, &set);
		}
	} while (r->contexts + r->dirs + r->pages != before && !r->overflow);
	r->filling = false;
}

static void msi(struct ref *r, const struct xc_msi *m, struct ref_set *out)
{
	if (r->c->arch == BE_VTD)
		ref_vtd_msi(r, m, out);
	else
		ref_amdvi_msi(r, m, out);
}

static void fill_irq(struct ref *r, const struct xc_msi *m)
{
	uint32_t before;

	r->filling = true;
	do {
		struct ref_set set = { .n = 0 };

		before = r->contexts + r->irtes;
		msi(r, m, &set);
	} while (r->contexts + r->irtes != before && !r->overflow);
	r->filling = false;
}

/* Everything any device of the case may ask for, at any time. */
static void fill_all(struct ref *r)
{
	for (uint32_t i = 0; i < r->c->ops; i++)
		if (r->c->op[i].kind == XC_DMA)
			fill(r, &r->c->op[i].dma);
		else if (r->c->op[i].kind == XC_MSI)
			fill_irq(r, &r->c->op[i].msi);
}

void ref_dma(struct ref *r, const struct xc_dma *d, struct ref_set *out)
{
	memset(out, 0, sizeof(*out));
	if (r->wide)
		fill_all(r);
	dma(r, d, out);
	fill(r, d);
	if (r->overflow)
		out->full = true;
}

void ref_msi(struct ref *r, const struct xc_msi *m, struct ref_set *out)
{
	memset(out, 0, sizeof(*out));
	if (r->wide)
		fill_all(r);
	msi(r, m, out);
	fill_irq(r, m);
	if (r->overflow)
		out->full = true;
}

void ref_store(struct ref *r, const struct xc_store *s)
{
	if (r->wide)
		fill_all(r);
	if (r->eager && r->c->arch == BE_VTD)
		ref_vtd_fetch_contexts(r);
	store(r, s);
}

void ref_inval(struct ref *r, const struct xc_inval *inv)
{
	if (r->wide)
		fill_all(r);
	if (r->c->arch == BE_VTD)
		ref_vtd_inval(r, inv);
	else
		ref_amdvi_inval(r, inv);
}
