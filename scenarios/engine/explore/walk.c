/*
 * Random walks: drawing the calls, and the reference map that says what has to come of each.
 */
#include <stdlib.h>

#include "cli.h"
#include "schedule.h"
#include "walk_own.h"

/* Nothing has gone wrong: every unit works, and everything is given back. */
static void end_well(struct emit *e)
{
	emit_wake(e);
	tree_set_flag(e->t, emit(e, "works"), "unbroken");
	if (e->m->remaps)
		emit_irq_end(e);
	(void)emit(e, "take-down");
}

/* The walk with its fault, judged by what the fault promises, as a schedule of fail-nth is. */
static struct dts *with_fault(const struct walk *w, struct dts *plain, const char *title)
{
	const struct base b = { .tree = plain,
				.path = "walk",
				.interrupts = w->irqs,
				.believes = true,
				.other_rid = machine_last_rid(),
				.patience = 1 };
	const struct sweep s = { .fault = w->fault };
	struct dts *d = schedule_tree(&b, &s, w->skip, title);

	dts_free(plain);
	return cli_need(d);
}

struct dts *walk_tree(const struct walk *w, const bool *keep, const char *title)
{
	struct tree *t = tree_new(NULL);
	struct tree_node *policy;
	struct model m;
	struct emit e = { .t = t, .m = &m };
	struct dts *d;

	model_init(&m, w);
	tree_set_string(t, tree_root(t), "title", title);
	tree_set_string(t, tree_root(t), "spec", "a random walk over the driver's calls");
	tree_set_number(t, tree_root(t), "seed", w->seed);
	machine_tree(t, w->two);
	policy = tree_add(t, tree_root(t), "vary");
	for (uint32_t i = 0; i < w->keys; i++) {
		if (w->key[i].is_text)
			tree_set_string(t, policy, w->key[i].name, w->key[i].text);
		else
			tree_set_number(t, policy, w->key[i].name, w->key[i].number);
	}
	e.steps = tree_add(t, tree_root(t), "steps");
	emit_start(&e);
	for (uint32_t i = 0; i < w->calls; i++)
		if (!keep || keep[i])
			emit_call(&e, w->call + i);
	if (!w->fault)
		end_well(&e);
	d = tree_dts(t);
	tree_free(t);
	return w->fault ? with_fault(w, d, title) : d;
}

/* The calls are drawn with the reference map of those before them, so that most of them mean something. */
struct walk *walk_new(uint64_t seed, uint64_t n)
{
	struct walk *w = cli_alloc(1, sizeof(*w));
	struct dice d = { seed };
	struct model m;
	struct emit e = { .m = &m };

	d.state = roll(&d) ^ n * UINT64_C(0xD1342543DE82EF95);
	w->seed = roll(&d) >> 32;
	draw_hardware(&d, w);
	model_init(&m, w);
	w->calls = CALLS_MIN + below(&d, CALLS_MORE);
	w->call[0] = (struct call){ .what = CALL_DOMAIN };
	w->call[1] = (struct call){ .what = CALL_ATTACH };
	for (uint32_t i = 0; i < w->calls; i++) {
		struct tree *scratch = tree_new(NULL);

		e.t = scratch;
		e.steps = tree_root(scratch);
		if (i >= 2)
			w->call[i] = draw_call(&d, &m);
		emit_call(&e, w->call + i);
		tree_free(scratch);
	}
	return w;
}

void walk_free(struct walk *w)
{
	free(w);
}

uint32_t walk_calls(const struct walk *w)
{
	return w->calls;
}
