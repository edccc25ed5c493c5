/* From the trace and the steps of a run to the items it reaches. */
#include "coverage/cover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dts.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"
#include "run.h"
#include "trace/trace_file.h"

static void set(uint64_t *bits, int n)
{
	if (n >= 0)
		bits[n / 64] |= UINT64_C(1) << (n % 64);
}

/* What a command or an entry does shows in what is compared afterwards. */
static void see(struct cover *c, int n)
{
	set(c->bits.seen, n);
	if (n >= 0 &&
	    (c->model->item[n].kind == ITEM_COMMAND || c->model->item[n].kind == ITEM_ENTRY))
		set(c->waiting, n);
}

static void settle(struct cover *c, const struct run *r)
{
	if (r->res->checks == c->checks)
		return;
	c->checks = r->res->checks;
	for (uint32_t w = 0; w < COVER_WORDS; w++) {
		c->bits.looked[w] |= c->waiting[w];
		c->waiting[w] = 0;
	}
}

/* Fields of a layout with a bit in the words. */
static void see_words(struct cover *c, enum item_kind kind, const struct layout *l,
		      const uint64_t *word, uint32_t words)
{
	for (const struct field *f = l->fields; f->name; f++) {
		if (f->word < words && word[f->word] & f->mask)
			see(c, model_field(c->model, kind, l, f));
	}
}

/* A status register's bits against its value before. */
static void see_change(struct cover *c, uint32_t unit, const struct layout *l, uint64_t val)
{
	uint32_t slot = unit % 16 * 4 + (strcmp(l->name, "FSTS") == 0);
	uint64_t *before = &c->status[slot];

	if (strcmp(l->name, "GSTS") != 0 && strcmp(l->name, "STATUS") != 0 &&
	    strcmp(l->name, "FSTS") != 0)
		return;
	for (const struct field *f = l->fields; f->name && c->known[slot]; f++) {
		if (~*before & val & f->mask)
			see(c, model_field(c->model, ITEM_RISE, l, f));
		if (*before & ~val & f->mask)
			see(c, model_field(c->model, ITEM_FALL, l, f));
	}
	*before = val;
	c->known[slot] = true;
}

static void see_register(struct cover *c, const struct run *r, const struct trace_event *e)
{
	uint64_t off = event_number(e, "off"), word[LAYOUT_WORDS] = { 0 };
	uint32_t at;
	const struct layout *l = arch_register_at(run_unit(r, e->unit), off, &at);
	uint32_t into;

	if (!l)
		return;
	into = (uint32_t)(off - at);
	word[into / 8 % LAYOUT_WORDS] = event_number(e, "val") << (into % 8 * 8);
	see_words(c, ITEM_REGISTER, l, word, LAYOUT_WORDS);
	if (strcmp(e->kind, "reg-read") == 0)
		see_change(c, e->unit, l, word[0]);
}

static void see_command(struct cover *c, const struct run *r, const struct trace_event *e)
{
	uint64_t word[2] = { event_number(e, "q0"), event_number(e, "q1") };
	const struct arch *a = run_arch(r, e->unit);
	uint64_t mask = a == arch_at(BE_AMDVI) ? MASK64(63, 60) : VTD_DESC_TYPE;
	const struct layout *l;

	for (uint32_t n = 0; (l = layout_at(LAYOUT_DESCRIPTOR, n)); n++) {
		if (!arch_has_layout(a, l) || (word[0] & mask) != a->typed(l))
			continue;
		see(c, model_field(c->model, ITEM_COMMAND, l, NULL));
		see_words(c, ITEM_COMMAND, l, word, 2);
	}
}

static void see_record(struct cover *c, const struct run *r, const struct trace_event *e)
{
	uint64_t word[2] = { event_number(e, "q0"), event_number(e, "q1") };
	const struct arch *a = run_arch(r, e->unit);
	bool amdvi = a == arch_at(BE_AMDVI);
	uint8_t reason = (uint8_t)(amdvi ? FIELD_GET(AMDVI_EV0_CODE, word[0])
					 : FIELD_GET(VTD_FRCD1_FR, word[1]));

	see(c, model_reason(c->model, amdvi ? BE_AMDVI : BE_VTD, reason));
	see_words(c, amdvi ? ITEM_ENTRY : ITEM_REGISTER, arch_record(a), word, 2);
}

void cover_line(struct cover *c, const struct run *r, const char *line)
{
	struct trace_event e;

	if (!trace_event(line, &e) || e.unit >= r->machine->units)
		return;
	if (strncmp(e.kind, "reg-", 4) == 0)
		see_register(c, r, &e);
	else if (strcmp(e.kind, "command") == 0)
		see_command(c, r, &e);
	else if (strcmp(e.kind, "fault-record") == 0)
		see_record(c, r, &e);
	else if (strcmp(e.kind, "dma") == 0 || strcmp(e.kind, "msi") == 0 ||
		 strcmp(e.kind, "status") == 0)
		c->through = true; /* a request, an interrupt, a command */
}

/* ---- steps ---- */

static enum item_kind kind_of(const struct layout *l)
{
	return l->kind == LAYOUT_REGISTER ? ITEM_REGISTER
	       : l->kind == LAYOUT_ENTRY  ? ITEM_ENTRY
					  : ITEM_COMMAND;
}

/* Whether the step compares what it names, or lays it down. */
static bool compares(const struct step *s)
{
	static const char *const verbs[] = { "reg-read", "reg-wait", "mem-read", "check" };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(s->verb->name, verbs[i]) == 0)
			return true;
	}
	return false;
}

static void step_fields(struct cover *c, const struct step *s, const struct dts_node *node,
			const struct layout *l, bool compared)
{
	bool whole =
		compared && s->layout == l && (dts_find(node, "value") || dts_find(node, "words"));

	for (const struct field *f = l->fields; f->name; f++) {
		const struct dts_prop *p = dts_find(node, f->name);
		uint64_t value = 0;
		int n = model_field(c->model, kind_of(l), l, f);

		if (!p && !whole)
			continue;
		if (compared)
			set(c->bits.looked, n);
		if (p && dts_number(p, &value) && value)
			see(c, n);
	}
}

/* `reason` of a step or of a fault of `drain`, in the unit's architecture. */
static void step_reasons(struct cover *c, const struct run *r, const struct dts_node *node)
{
	const struct dts_prop *p = dts_find(node, "reason");
	uint64_t code;

	if (!p)
		return;
	for (uint32_t n = 0; n < BE_ARCHS; n++) {
		const struct arch *a = arch_at(n);

		if (a != run_arch(r, 0))
			continue;
		if (!dts_is_strings(p)) {
			if (dts_number(p, &code))
				set(c->bits.looked,
				    model_reason(c->model, (enum be_arch)n, (uint8_t)code));
			continue;
		}
		for (uint32_t i = 0; i < dts_string_count(p); i++) {
			uint8_t reason = arch_reason(a, dts_string(p, i));

			if (reason)
				set(c->bits.looked,
				    model_reason(c->model, (enum be_arch)n, reason));
		}
	}
}

/* An event log entry compared as words: its code stands in the highest bits. */
static void step_event_words(struct cover *c, const struct run *r, const struct step *s)
{
	const struct dts_prop *p = dts_find(s->node, "words");

	if (!p || strcmp(s->verb->name, "mem-read") != 0 || run_arch(r, 0) != arch_at(BE_AMDVI))
		return;
	for (uint32_t i = 0; i + 2 <= p->len / 8; i += 2) {
		int n = model_reason(c->model, BE_AMDVI, (uint8_t)(dts_word(p, i) >> 60));

		if (n >= 0 && cover_has(c->bits.seen, (uint32_t)n))
			set(c->bits.looked, n);
	}
}

void cover_step(struct cover *c, const struct run *r, const struct step *s)
{
	settle(c, r);
	step_event_words(c, r, s);
	if (s->layout)
		step_fields(c, s, s->node, s->layout, compares(s));
	if (s->layout && s->layout->kind == LAYOUT_DESCRIPTOR)
		see(c, model_field(c->model, ITEM_COMMAND, s->layout, NULL));
	step_reasons(c, r, s->node);
	for (const struct dts_node *n = s->node->child; n;
	     n = n->next) { /* faults of `drain`, a `during` */
		step_reasons(c, r, n);
		if (strcmp(s->verb->name, "drain") == 0)
			step_fields(c, s, n, arch_record(run_arch(r, 0)), true);
	}
}

void cover_end(struct cover *c)
{
	if (!c->through)
		return;
	for (uint32_t n = 0; n < c->model->items; n++) {
		if (c->model->item[n].kind == ITEM_REASON && cover_has(c->bits.looked, n))
			set(c->bits.near, (int)n);
	}
}

/* ---- text ---- */

void cover_write(const struct cover_bits *b, char *text)
{
	const uint64_t *sets[] = { b->seen, b->looked, b->near };

	for (uint32_t s = 0; s < 3; s++) {
		for (uint32_t w = 0; w < COVER_WORDS; w++)
			text += sprintf(text, "%016" PRIx64, sets[s][w]);
	}
}

bool cover_read(struct cover_bits *b, const char *text)
{
	uint64_t *sets[] = { b->seen, b->looked, b->near };
	char word[17] = "";

	if (strlen(text) != COVER_TEXT - 1)
		return false;
	for (uint32_t s = 0; s < 3; s++) {
		for (uint32_t w = 0; w < COVER_WORDS; w++, text += 16) {
			memcpy(word, text, 16);
			sets[s][w] = strtoull(word, NULL, 16);
		}
	}
	return true;
}
