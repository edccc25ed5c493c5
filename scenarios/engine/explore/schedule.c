/*
 * Schedules: bases, what is changed in them, and how that is judged.
 */
#include "schedule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "names.h"
#include "run.h"
#include "tree.h"

#define ADVANCE_NS 20000
/* Of the driver, where the scenario says nothing: a wait in vain is dear. */
#define PATIENCE_NS 500000
#define DEVICE_PATIENCE_NS 2000000 /* a unit waits for a device for 1 ms */
#define LATE_NS 100000             /* within it */
#define TOO_LATE_NS 800000         /* beyond it */
#define AWAY_NS 30000              /* a unit without power */
#define OTHER_RID UINT64_MAX       /* of another device */
#define NOBODYS_RID 0x77

/* clang-format off */
static const struct fault faults[] = {
	{ "page-alloc",		NULL,	  0,		MUST_SURVIVE },
	{ "bus-read-abort",	"walk",	  0,		MUST_SURVIVE },
	{ "bus-read-poison",	"walk",	  0,		MUST_SURVIVE },
	{ "bus-read-abort",	"queue",  0,		MUST_REPORT },
	{ "bus-read-poison",	"queue",  0,		MUST_REPORT },
	{ "bus-write-abort",	"status", 0,		MUST_REPORT },
	{ "bus-write-abort",	"log",	  0,		MUST_SURVIVE },
	{ "bus-write-abort",	"msi",	  0,		MUST_SURVIVE },
	{ "queue-stall",	NULL,	  LATE_NS,	MUST_SURVIVE },
	{ "queue-stall",	NULL,	  0,		MUST_END },
	{ "completion-late",	NULL,	  LATE_NS,	MUST_SURVIVE },
	{ "completion-late",	NULL,	  TOO_LATE_NS,	MUST_REPORT },
	{ "completion-lost",	NULL,	  0,		MUST_REPORT },
	{ "completion-wrong",	NULL,	  0,		MUST_REPORT },
	{ "handshake-lost",	NULL,	  0,		MUST_END },
	{ "devtlb-silent",	NULL,	  0,		MUST_REPORT },
	{ "devtlb-bad-answer",	NULL,	  0,		MUST_REPORT },
	{ "msi-lost",		NULL,	  0,		MUST_SURVIVE },
	{ "log-overflow",	NULL,	  0,		MUST_SURVIVE },
	{ "unit-reset",		NULL,	  0,		MUST_COME_BACK },
	{ "unit-gone",		NULL,	  AWAY_NS,	MUST_COME_BACK },
	{ "unit-gone",		NULL,	  0,		MUST_END },
	{ "reg-ones",		NULL,	  0,		MUST_REPORT },
	{ "device-gone",	NULL,	  0,		MUST_REPORT },
	{ "dma-translated",	NULL,	  0,		MUST_CONTAIN },
	{ "dma-spoofed",	NULL,	  OTHER_RID,	MUST_CONTAIN },
	{ "dma-spoofed",	NULL,	  NOBODYS_RID,	MUST_CONTAIN },
	{ "invalidation-lost",	NULL,	  0,		MAY_CORRUPT },
	{ "invalidation-wrong",	NULL,	  1,		MAY_CORRUPT },
	{ "devtlb-ignored",	NULL,	  0,		MAY_CORRUPT },
	{ "bit-flip",		"walk",	  1,		MAY_CORRUPT },
	{ "bit-flip",		"queue",  1,		MAY_CORRUPT },
};
/* clang-format on */

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

#define KIND(k) (1u << BE_FINDING_##k)
#define SAFE (KIND(STALE) | KIND(UNPUBLISHED) | KIND(RELEASE) | KIND(ESCAPE) | KIND(BOUND))
#define LEGAL (SAFE | KIND(OUTCOME) | KIND(ACCOUNTING) | 1u << JUDGE_COMPLAINTS)

const struct fault *fault_number(uint32_t n)
{
	return faults + n % FAULTS;
}

bool fault_corrupts(const struct fault *f)
{
	return f->promise == MAY_CORRUPT;
}

static bool strikes(const struct fault *f, const char *prefix)
{
	return strncmp(f->point, prefix, strlen(prefix)) == 0;
}

bool fault_at_register(const struct fault *f)
{
	return strikes(f, "unit-") || strikes(f, "reg-");
}

bool fault_at_reads(const struct fault *f)
{
	return strikes(f, "reg-");
}

/* ---- bases ---- */

/* Every key keeps the value it has in permutation n; keys that mean nothing there go. */
static void settle_vary(struct tree *t, const struct scenario *sc, uint32_t n)
{
	struct tree_node *vary = tree_child(tree_root(t), "vary");

	if (!vary)
		return;
	tree_remove(vary);
	vary = NULL;
	for (uint32_t i = 0; i < sc->vary.axes; i++) {
		const struct dts_prop *p = sc->vary.axis[i].prop;
		uint32_t at = vary_choice(&sc->vary, n, i);

		if (!(sc->vary.permutation[n].keys >> i & 1))
			continue;
		if (!vary)
			vary = tree_add(t, tree_root(t), "vary");
		if (dts_is_strings(p))
			tree_set_string(t, vary, p->name, dts_string(p, at));
		else
			tree_set_number(t, vary, p->name, dts_cell(p, at));
	}
}

static void settle_steps(struct tree *t, const struct scenario *sc, uint32_t n)
{
	struct tree_node *steps = tree_child(tree_root(t), "steps");

	for (uint32_t i = 0; i < sc->step_count; i++) {
		const struct step *s = sc->steps + 2 * (size_t)i;
		struct tree_node *node = tree_child(steps, s->node->name);

		if (!run_applies(sc, n, s)) {
			tree_remove(node);
			continue;
		}
		tree_unset(node, "when");
		tree_unset(node, "unless");
	}
	/* `steps` has to stay behind `vary` in no way; it is only tidier */
	if (!tree_first(steps))
		tree_set_string(t, tree_add(t, steps, "nothing"), "do", "status");
}

static void look(struct base *b, const struct step *s)
{
	const struct dts_prop *p = dts_find(s->node, "finding");
	const char *name;

	for (uint32_t i = 0; p && (name = dts_string(p, i)) != NULL; i++)
		b->announced |= 1u << name_index(names_finding, name);
	if (strcmp(s->verb->name, "expect-finding") == 0)
		b->announced |= 1u << step_name(s, "kind", 0);
	if (strcmp(s->verb->name, "oracle") == 0)
		b->raw = true;
	if (s->verb->group == GROUP_METAL && !step_has(s, "loader"))
		b->raw |= s->verb->yields ? strcmp(s->verb->name, "mem-read") != 0 &&
						    strcmp(s->verb->name, "reg-read") != 0
					  : true;
	b->faults |= strcmp(s->verb->name, "inject") == 0;
	b->silent |= strcmp(s->verb->name, "plug") == 0 ||
		     strncmp(step_string(s, "point", ""), "devtlb-", 7) == 0;
	b->believes |= strcmp(s->verb->name, "ats") == 0 ||
		       step_name(s, "at", BE_AT_UNTRANSLATED) == BE_AT_TRANSLATED;
	b->interrupts |= strncmp(s->verb->name, "irq", 3) == 0;
	/* without its power, or reset, a unit lets everything through */
	if (strcmp(s->verb->name, "power") == 0 ||
	    strncmp(step_string(s, "point", ""), "unit-", 5) == 0) {
		b->raw = true;
		b->announced |= KIND(OUTCOME) | KIND(ESCAPE) | KIND(ACCOUNTING);
	}
	b->resets |= strcmp(s->verb->name, "reset") == 0 || strcmp(s->verb->name, "stop") == 0;
	b->faults |= strcmp(step_string(s, "result", ""), "time-out") == 0 ||
		     strcmp(step_string(s, "result", ""), "broken") == 0;
	if (s->during)
		look(b, s->during);
}

void base_of(struct base *b, const struct scenario *sc, uint32_t n)
{
	struct tree *t = tree_new(dts_root(sc->tree));
	struct tree_node *symbols = tree_child(tree_root(t), "__symbols__");

	*b = (struct base){ .path = scenario_path(sc),
			    .id = cli_copy(scenario_permutation_id(sc, n)) };
	if (symbols)
		tree_remove(symbols);
	settle_vary(t, sc, n);
	settle_steps(t, sc, n);
	b->tree = cli_need(tree_dts(t));
	tree_free(t);
	if (sc->machine.devices)
		b->other_rid = sc->machine.device[sc->machine.devices - 1].rid;
	for (uint32_t i = 0; i < sc->machine.devices; i++)
		b->believes |= sc->machine.device[i].ats;
	for (uint32_t i = 0; i < sc->step_count; i++)
		if (run_applies(sc, n, sc->steps + 2 * (size_t)i))
			look(b, sc->steps + 2 * (size_t)i);
}

void base_free(struct base *b)
{
	dts_free(b->tree);
	free(b->id);
}

static const struct dts_node *first_step(const struct base *b)
{
	return dts_child(dts_root(b->tree), "steps")->child;
}

uint32_t base_steps(const struct base *b)
{
	uint32_t count = 0;

	for (const struct dts_node *n = first_step(b); n; n = n->next)
		count++;
	return count;
}

void base_reduce(struct base *to, const struct base *b, const bool *keep)
{
	struct tree *t = tree_new(dts_root(b->tree));
	struct tree_node *steps = tree_child(tree_root(t), "steps"), *n = tree_first(steps);

	for (uint32_t i = 0; n; i++) {
		struct tree_node *next = tree_next(n);

		if (!keep[i])
			tree_remove(n);
		n = next;
	}
	*to = *b;
	to->id = cli_copy(b->id);
	to->tree = cli_need(tree_dts(t));
	tree_free(t);
}

/* ---- sweeps ---- */

void sweeps_fail(const struct base *b, size_t base, sweep_fn fn, void *ctx)
{
	(void)b;
	for (size_t i = 0; i < FAULTS; i++)
		fn(ctx, &(struct sweep){ .base = base, .fault = faults + i });
}

static const struct verb *verb_of(const struct dts_node *n)
{
	return verb_find(dts_string(dts_find(n, "do"), 0));
}

static bool number_of(const struct dts_node *n, const char *name, uint64_t *out)
{
	const struct dts_prop *p = dts_find(n, name);

	return p && dts_number(p, out);
}

#define TARGETS 4 /* addresses and devices tried with each step; the latest ones */

struct target {
	uint32_t dev;
	uint64_t iova;
};

static void target_add(struct target *list, uint32_t *count, uint32_t dev, uint64_t iova)
{
	for (uint32_t i = 0; i < *count; i++)
		if (list[i].dev == dev && list[i].iova == iova)
			return;
	if (*count < TARGETS)
		list[(*count)++] = (struct target){ dev, iova };
}

/*
 * Addresses that steps up to and including `last` speak of, the latest first: ends of ranges mapped and unmapped, and what
 * devices asked for; each with the device of the step, else the first one attached.
 */
static uint32_t targets(const struct dts_node *first, const struct dts_node *last,
			struct target *list)
{
	const struct dts_node *back[256];
	uint32_t n = 0, count = 0;
	uint64_t dev = 0, iova, size;

	for (const struct dts_node *s = first;; s = s->next) {
		back[n++ % 256] = s;
		if (strcmp(verb_of(s)->name, "attach") == 0 && !dev)
			(void)number_of(s, "dev", &dev);
		if (s == last)
			break;
	}
	for (uint32_t i = 0; i < n && i < 256; i++) {
		const struct dts_node *s = back[(n - 1 - i) % 256];
		uint64_t own = dev;

		if (!number_of(s, "iova", &iova))
			continue;
		(void)number_of(s, "dev", &own);
		if (!own)
			continue;
		target_add(list, &count, (uint32_t)own, iova & ~UINT64_C(7));
		if (number_of(s, "size", &size) && size > 4096)
			target_add(list, &count, (uint32_t)own, iova + (size - 4096));
	}
	return count;
}

void sweeps_interleave(const struct base *b, size_t base, sweep_fn fn, void *ctx)
{
	const struct dts_node *first = first_step(b);
	uint32_t number = 0;

	for (const struct dts_node *n = first; n; n = n->next, number++) {
		struct sweep s = { .base = base, .step = number };
		struct target list[TARGETS];
		uint32_t count;

		if (!verb_of(n)->yields || dts_child(n, "during"))
			continue;
		count = targets(first, n, list);
		for (uint32_t i = 0; i < count; i++) {
			s.action = ACTION_READ;
			s.dev = list[i].dev;
			s.iova = list[i].iova;
			fn(ctx, &s);
		}
		s.action = ACTION_EVICT;
		fn(ctx, &s);
		s.action = ACTION_ADVANCE;
		fn(ctx, &s);
	}
}

/* ---- one schedule ---- */

/* A record that is lost may have been the only word of a device that did not answer. */
static bool loses_records(const struct fault *f)
{
	return strikes(f, "unit-") || (f->master && strcmp(f->master, "log") == 0);
}

static uint32_t judged(const struct base *b, const struct sweep *s)
{
	uint32_t mask = LEGAL;

	if (s->fault && (s->fault->promise == MAY_CORRUPT || b->raw))
		mask = KIND(BOUND);
	else if (s->fault && b->silent && loses_records(s->fault))
		mask = KIND(BOUND);
	else if (s->fault && (s->fault->promise == MUST_COME_BACK || strikes(s->fault, "unit-")))
		mask = KIND(BOUND) | KIND(RELEASE);
	else if (s->fault && strikes(s->fault, "reg-"))
		mask = SAFE; /* who keeps reserved bits as they were read writes them now */
	else if (s->fault)
		mask = SAFE | 1u << JUDGE_COMPLAINTS;
	else if (b->raw)
		mask = SAFE;
	else if (!b->faults)
		mask |= 1u << JUDGE_ANSWERS;
	if (b->resets)
		mask &= ~KIND(ACCOUNTING);
	if (s->fault && b->believes && strikes(s->fault, "dma-translated"))
		mask &= ~KIND(ESCAPE);
	return mask & ~(b->announced & ~KIND(BOUND));
}

static void set_judge(struct tree *t, uint32_t mask)
{
	const char *name;

	for (uint32_t i = 0; (name = names_judge(i)) != NULL; i++)
		if (mask >> i & 1)
			tree_append_string(t, tree_root(t), "judge", name);
}

/* A complaint that the scenario expects anywhere may come earlier or later now. */
static void allow_complaints(struct tree *t, const struct base *b, const struct fault *f)
{
	struct tree_node *steps = tree_child(tree_root(t), "steps"), *allow = NULL;

	for (const struct dts_node *n = first_step(b); n; n = n->next) {
		bool all = strcmp(verb_of(n)->name, "allow-complaints") == 0;
		const struct dts_prop *p = dts_find(n, all ? "names" : "complaint");
		const char *name;

		for (uint32_t i = 0; p && (name = dts_string(p, i)) != NULL; i++) {
			if (!allow)
				allow = tree_add_first(t, steps, "explore-allows");
			tree_append_string(t, allow, "names", name);
		}
	}
	/* to leave hardware that does not answer any more, no other way is left */
	if (b->faults || (f && (f->promise == MUST_REPORT || f->promise == MUST_END ||
				f->promise == MUST_COME_BACK))) {
		allow = tree_add_first(t, steps, "explore-allows");
		tree_append_string(t, allow, "names", "qie-pending");
		tree_append_string(t, allow, "names", "gcmd-busy");
	}
	if (allow)
		tree_set_string(t, allow, "do", "allow-complaints");
}

static uint64_t value_of(const struct base *b, const struct fault *f)
{
	return f->value == OTHER_RID ? b->other_rid : f->value;
}

static void add_fault(struct tree *t, const struct base *b, const struct fault *f, const char *name,
		      uint32_t n)
{
	struct tree_node *at = tree_add_first(t, tree_child(tree_root(t), "steps"), name);

	tree_set_string(t, at, "do", "inject");
	tree_set_string(t, at, "point", f->point);
	if (f->master)
		tree_set_string(t, at, "master", f->master);
	tree_set_number(t, at, "skip", n);
	if (f->value || strcmp(f->point, "queue-stall") == 0 ||
	    strcmp(f->point, "completion-wrong") == 0)
		tree_set_number(t, at, "value", value_of(b, f));
}

/* Less patience than the driver has by default; false when the scenario says everywhere how long it waits. */
static bool hurry(struct tree *t, uint64_t patience)
{
	static const char *const verbs[] = { "init", "build", "start" };
	struct tree_node *n = tree_first(tree_child(tree_root(t), "steps"));
	bool any = false;

	for (; n; n = tree_next(n))
		for (size_t i = 0; i < 3; i++)
			if (tree_is(n, "do", verbs[i]) && !tree_has(n, "timeout-ns")) {
				tree_set_number(t, n, "timeout-ns", patience);
				any = true;
			}
	return any;
}

/* The driver's patience in a schedule; 0: the scenario's. */
static uint64_t patience_of(const struct base *b, const struct fault *f)
{
	uint64_t least = f && strikes(f, "dev") ? DEVICE_PATIENCE_NS : PATIENCE_NS;

	return b->patience && b->patience < least ? least : b->patience;
}

/* Afterwards the driver works, or says broken and works after a reset, and gives every page back. */
static void add_end(struct tree *t, const struct base *b, const struct fault *f)
{
	struct tree_node *steps = tree_child(tree_root(t), "steps"), *works, *down;

	if (b->raw || f->promise == MAY_CORRUPT || (b->interrupts && strikes(f, "unit-")))
		return;
	works = tree_add(t, steps, "explore-works");
	tree_set_string(t, works, "do", "works");
	if (strikes(f, "unit-"))
		tree_set_flag(t, works, "reset");
	down = b->interrupts ? NULL : tree_add(t, steps, "explore-takes-down");
	if (down)
		tree_set_string(t, down, "do", "take-down");
	/* a log that lost a record may have lost which device is silent: the driver is told so, and has to say broken */
	if ((f->promise == MUST_SURVIVE || f->promise == MUST_CONTAIN) && !b->faults &&
	    !(b->silent && strikes(f, "log-")))
		tree_set_flag(t, works, "unbroken");
	if (f->promise == MUST_END || b->faults) {
		tree_set_flag(t, works, "dead");
		if (down)
			tree_set_flag(t, down, "dead");
	}
}

static void add_action(struct tree *t, const struct sweep *s, uint32_t n)
{
	struct tree_node *at = tree_first(tree_child(tree_root(t), "steps"));

	for (uint32_t i = 0; i < s->step; i++)
		at = tree_next(at);
	at = tree_add(t, at, "during");
	tree_set_number(t, at, "at", n);
	switch (s->action) {
	case ACTION_READ:
		tree_set_string(t, at, "do", "read");
		tree_set_number(t, at, "dev", s->dev);
		tree_set_number(t, at, "iova", s->iova);
		tree_set_string(t, at, "expect", "either");
		break;
	case ACTION_EVICT:
		tree_set_string(t, at, "do", "evict");
		tree_set_string(t, at, "cache", "every");
		break;
	case ACTION_ADVANCE:
		tree_set_string(t, at, "do", "advance");
		tree_set_number(t, at, "ns", ADVANCE_NS);
		break;
	}
}

/* What the scenario does to show that nothing has gone wrong: the fault's promise decides what has to work in the end. */
static void remove_ends(struct tree *t)
{
	struct tree_node *n = tree_first(tree_child(tree_root(t), "steps")), *next;

	for (; n; n = next) {
		next = tree_next(n);
		if (tree_is(n, "do", "works") || tree_is(n, "do", "take-down"))
			tree_remove(n);
	}
}

static struct tree *tree_of(const struct base *b, const struct sweep *s, uint32_t n,
			    const char *title)
{
	struct tree *t = tree_new(dts_root(b->tree));

	if (title)
		tree_set_string(t, tree_root(t), "title", title);
	set_judge(t, judged(b, s));
	if (s->fault)
		remove_ends(t);
	if (patience_of(b, s->fault))
		(void)hurry(t, patience_of(b, s->fault));
	if (!s->fault && n != SCHEDULE_CLEAN)
		add_action(t, s, n);
	allow_complaints(t, b, s->fault);
	if (s->fault && n != SCHEDULE_CLEAN)
		add_fault(t, b, s->fault, "explore-fault", n);
	if (s->fault)
		add_end(t, b, s->fault);
	return t;
}

static struct dts *finished(struct tree *t)
{
	struct dts *d = tree_dts(t);

	tree_free(t);
	return d;
}

struct dts *schedule_tree(const struct base *b, const struct sweep *s, uint32_t n,
			  const char *title)
{
	return finished(tree_of(b, s, n, title));
}

struct dts *faults_tree(const struct base *b, const struct fault *const *f, uint32_t count)
{
	struct tree *t = tree_of(b, &(struct sweep){ .fault = f[0] }, SCHEDULE_CLEAN, NULL);
	char name[32];

	for (uint32_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "explore-fault-%" PRIu32, i);
		add_fault(t, b, f[i], name, UINT32_MAX);
	}
	return finished(t);
}

uint32_t schedule_steps_ahead(const struct dts *tree)
{
	const struct dts_node *first = tree ? dts_child(dts_root(tree), "steps")->child : NULL;

	return first && strcmp(first->name, "explore-allows") == 0;
}

static struct scenario *load(struct dts *tree, const char *path, struct run_result *result)
{
	struct engine_error error;
	struct scenario *sc = tree ? scenario_of_tree(tree, path, &error) : NULL;

	if (sc)
		return sc;
	memset(result, 0, sizeof(*result));
	result->verdict = RUN_ERROR;
	snprintf(result->text, sizeof(result->text), "%s",
		 tree ? error.text : "the tree is too large");
	return NULL;
}

static void run_once(struct dts *tree, const char *path, const struct run_options *options,
		     struct run_result *result)
{
	struct scenario *sc = load(tree, path, result);

	if (!sc)
		return;
	scenario_run(sc, 0, options, result);
	scenario_free(sc);
}

void tree_run(struct dts *tree, const char *path, uint32_t watch, struct run_result *result)
{
	const struct run_options options = { .seed = 1, .backend = "sim", .watch = watch };

	run_once(tree, path, &options, result);
}

void tree_run_probed(struct dts *tree, const char *path, const struct run_probe *probe,
		     struct run_result *result)
{
	const struct run_options options = { .seed = 1, .backend = "sim", .probe = probe };

	run_once(tree, path, &options, result);
}

void base_run(const struct base *b, struct run_result *result)
{
	tree_run(dts_copy(dts_root(b->tree)), b->path, 0, result);
}

uint64_t base_patience(const struct base *b)
{
	static const uint64_t tries[] = { PATIENCE_NS, DEVICE_PATIENCE_NS };
	struct run_result *result = cli_alloc(1, sizeof(*result));
	uint64_t found = 0;

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]) && !found; i++) {
		struct tree *t = tree_new(dts_root(b->tree));

		if (!hurry(t, tries[i])) {
			tree_free(t);
			break;
		}
		tree_run(finished(t), b->path, 0, result);
		if (result->verdict == RUN_PASS)
			found = tries[i];
	}
	free(result);
	return found;
}

/* The step that holds the change, from 1: a fault is injected first of all. */
static uint32_t changed_step(const struct sweep *s, const struct dts *tree)
{
	return s->fault ? 1 : s->step + 1 + schedule_steps_ahead(tree);
}

void ready_free(struct ready *r)
{
	scenario_free(r->sc);
	*r = (struct ready){ 0 };
}

void ready_run(struct ready *r, const struct base *b, const struct sweep *s, uint32_t n,
	       struct run_result *result)
{
	struct run_options options = { .seed = 1, .backend = "sim", .placed = true, .place = n };

	if (!r->sc) {
		struct dts *tree = schedule_tree(b, s, s->fault ? 0 : 1, NULL);

		r->watch = changed_step(s, tree);
		r->sc = load(tree, b->path, result);
	}
	options.watch = r->watch;
	if (r->sc)
		scenario_run(r->sc, 0, &options, result);
}

void schedule_run(const struct base *b, const struct sweep *s, uint32_t n,
		  struct run_result *result, bool *more, uint64_t *last)
{
	struct dts *tree = schedule_tree(b, s, n, NULL);

	tree_run(tree, b->path, changed_step(s, tree), result);
	*last = s->fault ? 0 : result->yields;
	*more = s->fault ? result->fired > 0 : result->yields >= n;
}

/* ---- names ---- */

/* What tells faults of one point apart. */
static const char *kind_of(const struct fault *f)
{
	bool lasts = strcmp(f->point, "queue-stall") == 0 || strcmp(f->point, "unit-gone") == 0;

	if (f->value == TOO_LATE_NS)
		return "/too-late";
	if (f->value == NOBODYS_RID)
		return "/as-nobody";
	return lasts && !f->value ? "/for-good" : "";
}

void sweep_name(const struct base *b, const struct sweep *s, char *buf, size_t size)
{
	const struct dts_node *n = first_step(b);

	if (s->fault) {
		snprintf(buf, size, "%s%s%s%s", s->fault->point, s->fault->master ? "/" : "",
			 s->fault->master ? s->fault->master : "", kind_of(s->fault));
		return;
	}
	for (uint32_t i = 0; i < s->step && n->next; i++)
		n = n->next;
	if (s->action == ACTION_READ)
		snprintf(buf, size, "%s,read=0x%" PRIx64, n->name, s->iova);
	else
		snprintf(buf, size, "%s,%s", n->name,
			 s->action == ACTION_EVICT ? "evict" : "advance");
}

void schedule_id(const struct base *b, const struct sweep *s, uint32_t n, char *buf, size_t size)
{
	char name[300];

	sweep_name(b, s, name, sizeof(name));
	snprintf(buf, size, "%s%s%s!%s,%c=%" PRIu32, b->path, *b->id ? "#" : "", b->id, name,
		 s->fault ? 'n' : 'k', n);
}
