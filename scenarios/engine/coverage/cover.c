/* From the trace of a run to the items it reaches. */
#include "coverage/cover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/amdvi.h"
#include "hw/vtd.h"
#include "run.h"

void cover_put(struct cover *c, enum cover_set set, int n)
{
	if (n >= 0)
		c->bits.set[set][n / 64] |= UINT64_C(1) << (n % 64);
}

/* What it does shows in what is compared afterwards. A reason shows only where an expectation names it. */
static void reach(struct cover *c, int n)
{
	cover_put(c, COVER_REACHED, n);
	if (n >= 0 && c->model->item[n].kind != ITEM_REASON)
		c->waiting[n / 64] |= UINT64_C(1) << (n % 64);
}

void cover_settle(struct cover *c, uint32_t checks)
{
	if (checks == c->checks)
		return;
	c->checks = checks;
	for (uint32_t w = 0; w < COVER_WORDS; w++) {
		c->bits.set[COVER_LOOKED][w] |= c->waiting[w];
		c->waiting[w] = 0;
	}
}

/* Fields of a layout with a bit in its word number `n`. */
static void reach_word(struct cover *c, const struct layout *l, uint32_t n, uint64_t word)
{
	for (const struct field *f = l->fields; word && f->name; f++) {
		if (f->word == n && word & f->mask)
			reach(c, model_field(c->model, model_kind(l), l, f));
	}
}

/* ---- registers ---- */

/* A status register's bits against its value before. */
static void see_change(struct cover *c, uint32_t unit, const struct layout *l, uint64_t val)
{
	uint32_t fsts = strcmp(l->name, "FSTS") == 0;
	uint64_t *before = &c->status[unit][fsts];
	bool *known = &c->known[unit][fsts];

	if (!fsts && strcmp(l->name, "GSTS") != 0 && strcmp(l->name, "STATUS") != 0)
		return;
	for (const struct field *f = l->fields; f->name && *known; f++) {
		if (~*before & val & f->mask)
			reach(c, model_field(c->model, ITEM_RISE, l, f));
		if (*before & ~val & f->mask)
			reach(c, model_field(c->model, ITEM_FALL, l, f));
	}
	*before = val;
	*known = true;
}

static const struct cover_place *place_of(struct cover *c, const struct run *r,
					  const struct be_event *e)
{
	uint32_t off = (uint32_t)e->a;
	struct cover_place *p = &c->place[(off / 4 + e->unit * 61) % COVER_PLACES];

	if (!p->known || p->unit != e->unit || p->off != off) {
		*p = (struct cover_place){ .unit = e->unit, .off = off, .known = true };
		p->layout = arch_register_at(run_unit(r, e->unit), off, &p->at);
	}
	return p;
}

/* What cannot be written; a write there meets nothing. */
static bool read_only(const struct layout *l)
{
	static const char *const names[] = {
		"VER",    "CAP", "ECAP", "GSTS",        "IQH",
		"IQERCD", "EFR", "EFR2", "MSI_VECTOR0", "MSI_VECTOR1"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(l->name, names[i]) == 0)
			return true;
	}
	return false;
}

/* A unit without power answers all ones, and no register of ours ever does. */
static bool nobody_answers(const struct be_event *e)
{
	return e->kind == BE_EVENT_REG_READ && e->b == UINT64_MAX >> (64 - 8 * (e->width & 15));
}

static void see_register(struct cover *c, const struct be_event *e, const struct cover_place *p)
{
	uint32_t into = p->off - p->at;
	uint64_t val = e->b << into % 8 * 8;

	if (nobody_answers(e) || (e->kind == BE_EVENT_REG_WRITE && read_only(p->layout)))
		return;
	reach_word(c, p->layout, into / 8, val);
	if (e->kind == BE_EVENT_REG_READ && !into)
		see_change(c, e->unit, p->layout, val);
}

/* ---- commands, records, entries ---- */

static void see_command(struct cover *c, const struct run *r, const struct be_event *e)
{
	const struct arch *a = run_arch(r, e->unit);
	uint64_t mask = a == arch_at(BE_AMDVI) ? AMDVI_CMD0_OP : VTD_DESC_TYPE;

	for (const struct layout *l = a->layouts; l->name; l++) {
		if (l->kind != LAYOUT_DESCRIPTOR || (e->a & mask) != (a->typed(l) & mask))
			continue;
		reach(c, model_field(c->model, ITEM_COMMAND, l, NULL));
		reach_word(c, l, 0, e->a);
		reach_word(c, l, 1, e->b);
	}
}

static void see_record(struct cover *c, const struct run *r, const struct be_event *e)
{
	const struct arch *a = run_arch(r, e->unit);
	bool amdvi = a == arch_at(BE_AMDVI);
	uint8_t reason =
		(uint8_t)(amdvi ? FIELD_GET(AMDVI_EV0_CODE, e->a) : FIELD_GET(VTD_FRCD1_FR, e->b));

	reach(c, model_reason(c->model, amdvi ? BE_AMDVI : BE_VTD, reason));
	reach_word(c, arch_record(a), 0, e->a);
	reach_word(c, arch_record(a), 1, e->b);
}

static void see_entry(struct cover *c, const struct run *r, const struct be_event *e)
{
	const struct arch *a = run_arch(r, e->unit);

	for (const struct layout *l = a->layouts; e->what && l->name; l++) {
		if (l->kind == LAYOUT_ENTRY && strcmp(l->name, e->what) == 0) {
			reach_word(c, l, e->code, e->b);
			return;
		}
	}
}

/* ---- transitions ---- */

static void see_moments(struct cover *c, const struct run *r, const struct be_event *e,
			const struct cover_place *p)
{
	enum be_arch arch = run_unit(r, e->unit)->arch;
	const struct transition *list = transitions_of(arch);
	const struct layout *l = p ? p->layout : NULL;
	uint32_t into = p ? p->off - p->at : 0;

	for (uint32_t n = 0; list[n].name; n++) {
		const struct transition *t = &list[n];
		uint8_t *stage = &c->stage[e->unit][n];

		if (moment_fits(&t->moment[*stage], e, l, into))
			(*stage)++;
		else if (*stage && moment_fits(&t->cancel, e, l, into))
			*stage = 0;
		if (*stage == MOMENTS || t->moment[*stage].kind == MOMENT_NONE) {
			reach(c, model_transition(c->model, arch, n));
			*stage = 0;
		}
	}
}

void cover_event(struct cover *c, const struct run *r, const struct be_event *e)
{
	const struct cover_place *p = NULL;

	if (e->unit >= r->machine->units)
		return;
	switch (e->kind) {
	case BE_EVENT_REG_READ:
	case BE_EVENT_REG_WRITE:
		p = place_of(c, r, e);
		if (!p->layout)
			return;
		see_register(c, e, p);
		break;
	case BE_EVENT_COMMAND:
		see_command(c, r, e);
		break;
	case BE_EVENT_RECORD:
		see_record(c, r, e);
		break;
	case BE_EVENT_ENTRY:
		see_entry(c, r, e);
		return;
	case BE_EVENT_DMA:
	case BE_EVENT_MSI:
	case BE_EVENT_STATUS:
		c->through = true; /* a request, an interrupt, a command */
		break;
	case BE_EVENT_OTHER:
		return;
	}
	see_moments(c, r, e, p);
}

void cover_end(struct cover *c, uint32_t checks)
{
	cover_settle(c, checks);
	for (uint32_t w = 0; w < COVER_WORDS; w++)
		c->bits.set[COVER_LOOKED][w] |=
			c->bits.set[COVER_NAMED][w] & c->bits.set[COVER_REACHED][w];
	if (!c->through)
		return;
	for (uint32_t n = 0; n < c->model->items; n++) {
		if (c->model->item[n].kind == ITEM_REASON && cover_has(&c->bits, COVER_NAMED, n))
			cover_put(c, COVER_NEAR, (int)n);
	}
}

/* ---- text ---- */

void cover_write(const struct cover_bits *b, char *text)
{
	for (uint32_t s = 0; s < COVER_SETS; s++) {
		for (uint32_t w = 0; w < COVER_WORDS; w++)
			text += sprintf(text, "%016" PRIx64, b->set[s][w]);
	}
}

bool cover_read(struct cover_bits *b, const char *text)
{
	char word[17] = "";

	if (strlen(text) != COVER_TEXT - 1)
		return false;
	for (uint32_t s = 0; s < COVER_SETS; s++) {
		for (uint32_t w = 0; w < COVER_WORDS; w++, text += 16) {
			memcpy(word, text, 16);
			b->set[s][w] = strtoull(word, NULL, 16);
		}
	}
	return true;
}
