/* What the steps of a scenario name and compare. */
#include <string.h>

#include "coverage/cover.h"
#include "dts.h"
#include "run.h"

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

/* `whole`: a value stands for all its fields. */
static void name_fields(struct cover *c, const struct dts_node *node, const struct layout *l,
			bool whole)
{
	for (const struct field *f = l->fields; f->name; f++) {
		if (whole || dts_find(node, f->name))
			cover_put(c, COVER_NAMED, model_field(c->model, model_kind(l), l, f));
	}
}

/* `reason` of a step or of a fault of `drain`, in the unit's architecture. */
static void name_reasons(struct cover *c, const struct run *r, const struct dts_node *node)
{
	const struct dts_prop *p = dts_find(node, "reason");
	const struct arch *a = run_arch(r, 0);
	enum be_arch arch = run_unit(r, 0)->arch;
	uint64_t code;

	if (!p)
		return;
	if (!dts_is_strings(p)) {
		if (dts_number(p, &code))
			cover_put(c, COVER_NAMED, model_reason(c->model, arch, (uint8_t)code));
		return;
	}
	for (uint32_t i = 0; i < dts_string_count(p); i++) {
		uint8_t reason = arch_reason(a, dts_string(p, i));

		if (reason)
			cover_put(c, COVER_NAMED, model_reason(c->model, arch, reason));
	}
}

/* An event log entry compared as words: its code stands in the highest bits. */
static void name_events(struct cover *c, const struct run *r, const struct step *s)
{
	const struct dts_prop *p = dts_find(s->node, "words");

	if (!p || strcmp(s->verb->name, "mem-read") != 0 || run_unit(r, 0)->arch != BE_AMDVI)
		return;
	for (uint32_t i = 0; i + 2 <= p->len / 8; i += 2) {
		int n = model_reason(c->model, BE_AMDVI, (uint8_t)(dts_word(p, i) >> 60));

		if (n >= 0 && cover_has(&c->bits, COVER_REACHED, (uint32_t)n))
			cover_put(c, COVER_NAMED, n);
	}
}

void cover_step(struct cover *c, const struct run *r, const struct step *s)
{
	cover_settle(c, r->res->checks);
	name_events(c, r, s);
	if (s->layout && compares(s))
		name_fields(c, s->node, s->layout,
			    dts_find(s->node, "value") || dts_find(s->node, "words"));
	name_reasons(c, r, s->node);
	/* faults of `drain`, a `during` */
	for (const struct dts_node *n = s->node->child; n; n = n->next) {
		name_reasons(c, r, n);
		if (strcmp(s->verb->name, "drain") == 0)
			name_fields(c, n, arch_record(run_arch(r, 0)), false);
	}
}
