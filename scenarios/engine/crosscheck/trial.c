/* One permutation on both sides. */
#include "trial.h"

#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "explain.h"
#include "hw/amdvi.h"
#include "run.h"
#include "transcript.h"

/* What makes the simulator behave as QEMU does; each is allowed by the architecture. */
enum habit {
	AS_UNIT = 1,     /* its capabilities */
	AS_AT_ONCE = 2,  /* work is done within the access that asks for it */
	AS_NO_PATHS = 4, /* no entry that leads to a table is cached */
	AS_COLLAPSE = 8, /* a source's second fault is not recorded */
	AS_FRESH = 16,   /* nothing is cached at all */
	AS_BLIND = 32,   /* and the oracle and the complaints are not asked: QEMU has none */
	AS_NO_IRTES = 64 /* no entry of interrupts is cached */
};

#define AS_QEMU (AS_UNIT | AS_AT_ONCE | AS_NO_PATHS | AS_COLLAPSE | AS_BLIND | AS_NO_IRTES)

/* Which row says so. A scenario that needs a capability states it, and is skipped where it is missing. */
static const struct {
	uint32_t habit;
	const char *id[BE_ARCHS];
} habits[] = {
	{ AS_AT_ONCE, { "V35", "A42" } },
	{ AS_NO_PATHS, { "V8", "A16" } },
	{ AS_COLLAPSE, { "V26", NULL } },
	{ AS_NO_IRTES, { "V41", "A45" } },
};

#define HABITS (sizeof(habits) / sizeof(habits[0]))

/* One run of a side. */
struct side {
	const struct trial_spec *spec;
	uint32_t habit;
	const struct be_unit *unit; /* AS_UNIT */
	struct transcript t;
	struct run_result res;
};

/*
 * QEMU's capabilities as far as the simulator has them. What the difference is, QEMU's unit announces and does not do either
 * (row A21); how the capability header leads to the next one is a matter of the function's configuration space.
 */
static void twin_of(const struct be_unit *qemu, struct be_unit *out)
{
	const uint64_t header = AMDVI_CAPHDR_IOTLBSUP | AMDVI_CAPHDR_NPCACHE;
	uint64_t own;

	*out = *qemu;
	if (qemu->arch != BE_AMDVI)
		return;
	backend_sim_ops.unit_default(out);
	own = out->word[BE_AMDVI_CAP];
	out->word[BE_AMDVI_CAP] = (own & ~header) | (qemu->word[BE_AMDVI_CAP] & header);
	out->word[BE_AMDVI_MISC0] = qemu->word[BE_AMDVI_MISC0];
	out->word[BE_AMDVI_EFR] = qemu->word[BE_AMDVI_EFR] & ~EXPLAIN_EFR_BEYOND;
	out->word[BE_AMDVI_EFR2] = 0;
}

static struct backend *tapped(struct side *s, struct backend *be)
{
	struct transcript_as as = { s->habit & AS_UNIT ? s->unit : NULL,
				    (s->habit & AS_BLIND) != 0 };

	if (be && !transcript_tap(&s->t, be, &as)) {
		be->ops->close(be);
		be = NULL;
	}
	return be;
}

static struct backend *open_qemu(void *ctx, const struct be_config *config)
{
	struct side *s = ctx;

	return tapped(s, backend_qemu_open(config, &s->spec->qemu->options));
}

static struct backend *open_sim(void *ctx, const struct be_config *config)
{
	struct side *s = ctx;
	struct be_config c = *config;

	if (s->habit & AS_AT_ONCE)
		c.policy.delay = BE_DELAY_IMMEDIATE;
	if (s->habit & AS_NO_PATHS)
		c.policy.keep_nothing |= 1u << BE_CACHE_PAGING;
	if (s->habit & AS_NO_IRTES)
		c.policy.keep_nothing |= 1u << BE_CACHE_INTERRUPT;
	if (s->habit & AS_COLLAPSE)
		c.policy.collapse = true;
	if (s->habit & AS_FRESH)
		c.policy.keep = BE_KEEP_NONE;
	return tapped(s, backend_sim_open(&c));
}

static void run_side(struct side *s, bool qemu)
{
	struct run_options o = { .seed = s->spec->seed,
				 .open = qemu ? open_qemu : open_sim,
				 .open_ctx = s,
				 .carry_on = qemu || (s->habit & AS_BLIND) };

	scenario_run(s->spec->scenario, s->spec->permutation, &o, &s->res);
}

/* The simulator with other habits; only for as long as the answer is looked at. */
static void run_sim(struct side *s, const struct trial_spec *spec, uint32_t habit,
		    const struct be_unit *unit)
{
	transcript_free(&s->t);
	memset(s, 0, sizeof(*s));
	s->spec = spec;
	s->habit = habit;
	s->unit = unit;
	run_side(s, false);
}

/* ---- the four runs of a trial ---- */

struct trial_work {
	struct side qemu, sim, fresh, other;
	struct compare c;
	struct be_unit twin;
};

static void skipped(struct trial *out, const char *text)
{
	const char *at = strstr(text, "): ");
	char id[8];
	int row, used = 0;

	out->outcome = TRIAL_SKIPPED;
	at = at ? at + 3 : text;
	while (sscanf(at, "%7[VA0-9]%n", id, &used) == 1 && (row = rows_find(id)) >= 0) {
		out->fired[row] = true;
		at += used;
		at += strspn(at, ", ");
	}
}

static void differs(struct trial *out, struct run_result *result, const char *what,
		    const char *step, const char *text)
{
	char where[sizeof(result->step)], why[3800];

	snprintf(where, sizeof(where), "%s", step); /* they may be of the result itself */
	snprintf(why, sizeof(why), "%s", text);
	out->outcome = TRIAL_DIFFERS;
	result->verdict = RUN_FAIL;
	memcpy(result->step, where, sizeof(where));
	snprintf(result->text, sizeof(result->text), "%s%s%s", what, *what ? ": " : "", why);
}

static void take_rows(struct trial *out, const struct compare *c)
{
	for (uint32_t i = 0; i < ROWS_MAX; i++) {
		out->fired[i] = out->fired[i] || c->fired[i];
		if (out->fired[i] && out->outcome == TRIAL_EQUAL)
			out->outcome = TRIAL_ROWS;
	}
	out->records += c->records;
	out->cut = out->cut || c->ended;
}

static bool same_end(const struct run_result *a, const struct run_result *b)
{
	return a->verdict == b->verdict && strcmp(a->step, b->step) == 0;
}

/*
 * Both sides agree, and the scenario does not hold there: which habit is it that it does not allow for? The answer is found by
 * giving the simulator that habit alone.
 */
static bool find_habit(struct trial_work *w, const struct trial_spec *spec, enum be_arch arch,
		       struct trial *out)
{
	for (size_t i = 0; i < HABITS; i++) {
		int row = habits[i].id[arch] ? rows_find(habits[i].id[arch]) : -1;

		if (row < 0)
			continue;
		run_sim(&w->other, spec, habits[i].habit | AS_BLIND, NULL);
		if (!same_end(&w->other.res, &w->qemu.res))
			continue;
		out->fired[row] = true;
		out->outcome = TRIAL_ROWS;
		return true;
	}
	return false;
}

static void judge_ends(struct trial_work *w, const struct trial_spec *spec, struct trial *out,
		       struct run_result *result)
{
	const struct run_result *q = &w->qemu.res;
	const struct run_result *s = &w->sim.res;

	if (q->verdict == RUN_SKIP) { /* what went before is the same */
		result->verdict = RUN_SKIP;
		skipped(out, q->text);
		snprintf(result->text, sizeof(result->text), "%s", q->text);
		return;
	}
	if (w->c.ended || w->fresh.spec || (q->verdict == RUN_PASS && s->verdict == RUN_PASS))
		return;
	if (same_end(q, s)) {
		if (find_habit(w, spec, w->c.arch, out))
			return;
		run_sim(&w->other, spec, AS_UNIT | AS_BLIND, &w->twin);
		if (!same_end(&w->other.res, q)) {
			differs(out, result, "both sides agree, and for no known reason", q->step,
				q->text);
			return;
		}
		out->outcome = TRIAL_SKIPPED;
		result->verdict = RUN_SKIP;
		snprintf(result->text, sizeof(result->text),
			 "it needs a capability that it does not state");
		return;
	}
	if (q->verdict == RUN_PASS && q->unjudged)
		return; /* of what the simulator then expects, QEMU cannot tell */
	if (q->verdict != RUN_PASS && w->c.step_fired)
		return; /* what it expects is what the row speaks of */
	if (q->verdict != RUN_PASS)
		differs(out, result, "on QEMU, where the transcripts are the same", q->step,
			q->text);
	else
		differs(out, result, "on the simulator as QEMU is, and not on QEMU", s->step,
			s->text);
}

static uint32_t step_number_of(const struct scenario *sc, const char *name)
{
	for (uint32_t i = 0; *name && i < sc->step_count; i++)
		if (strcmp(sc->steps[2 * (size_t)i].node->name, name) == 0)
			return i;
	return UINT32_MAX;
}

/* A step that is one request of a device, and nothing else. */
static bool is_request(const struct step *s)
{
	return !s->during &&
	       (strcmp(s->verb->name, "read") == 0 || strcmp(s->verb->name, "write") == 0);
}

/* Of a run with more records than are kept, the steps that are whole. */
static void within(const struct transcript *t, struct compare *c, struct trial *out)
{
	uint32_t last = t->count ? t->record[t->count - 1].step : 0;

	out->cut = out->cut || t->cut;
	if (t->cut && c->steps > last)
		c->steps = last;
}

static void compare_sides(struct trial_work *w, const struct trial_spec *spec, struct trial *out,
			  struct run_result *result)
{
	struct compare *c = &w->c;
	char what[200];

	c->arch = w->qemu.t.unit.arch;
	c->version = spec->qemu->program.number;
	c->qemu_name = spec->qemu->name;
	c->sim = &w->sim.t;
	c->qemu = &w->qemu.t;
	/* a step in which the run ended early is not compared: one side did not do it */
	c->steps = w->qemu.t.last + (w->qemu.t.last == spec->scenario->step_count);
	/* the driver's last words are not asked for after a step that failed */
	if (c->steps > spec->scenario->step_count &&
	    (w->qemu.res.verdict == RUN_FAIL || w->sim.res.verdict == RUN_FAIL))
		c->steps = spec->scenario->step_count;
	within(&w->qemu.t, c, out);
	within(&w->sim.t, c, out);
	c->fails_in = step_number_of(spec->scenario, w->qemu.res.step);
	c->fails_dma = c->fails_in < spec->scenario->step_count &&
		       is_request(spec->scenario->steps + 2 * (size_t)c->fails_in);
	compare_transcripts(c);
	if (c->differs && c->stale) {
		run_sim(&w->fresh, spec, AS_QEMU | AS_FRESH, &w->twin);
		c->fresh = &w->fresh.t;
		compare_transcripts(c);
		take_rows(out, c);
		if (c->ended) { /* all of it, beside the simulator that forgets as well */
			struct compare all = *c;

			all.sim = &w->fresh.t;
			compare_transcripts(&all);
			if (!all.differs)
				*c = all;
			else
				w->fresh.spec = NULL;
		}
	}
	take_rows(out, c);
	if (c->differs) {
		snprintf(what, sizeof(what), "record by record%s",
			 c->at < spec->scenario->step_count ? "" : ", at the end");
		differs(out, result, what,
			c->at < spec->scenario->step_count
				? spec->scenario->steps[2 * (size_t)c->at].node->name
				: "",
			c->text);
		return;
	}
	judge_ends(w, spec, out, result);
}

static void try_both(struct trial_work *w, const struct trial_spec *spec, struct trial *out,
		     struct run_result *result)
{
	w->qemu.spec = spec;
	run_side(&w->qemu, true);
	snprintf(out->machine, sizeof(out->machine), "%s", w->qemu.t.machine);
	*result = w->qemu.res;
	if (result->verdict == RUN_SKIP && !w->qemu.t.count) {
		skipped(out, result->text);
		return;
	}
	if (result->verdict == RUN_ERROR) {
		differs(out, result, "", result->step, result->text);
		return;
	}
	result->verdict = RUN_PASS;
	run_sim(&w->other, spec, 0, NULL);
	if (w->other.res.verdict != RUN_PASS && w->other.res.verdict != RUN_SKIP) {
		differs(out, result, "on the simulator", w->other.res.step, w->other.res.text);
		return;
	}
	twin_of(&w->qemu.t.unit, &w->twin);
	run_sim(&w->sim, spec, AS_QEMU, &w->twin);
	if (w->sim.res.verdict == RUN_ERROR ||
	    (w->sim.res.verdict == RUN_SKIP && !w->sim.t.count)) {
		differs(out, result, "on the simulator with QEMU's capabilities", w->sim.res.step,
			w->sim.res.text);
		return;
	}
	compare_sides(w, spec, out, result);
}

void trial_run(const struct trial_spec *spec, struct trial *out, struct run_result *result)
{
	struct trial_work *w = calloc(1, sizeof(*w));

	memset(out, 0, sizeof(*out));
	memset(result, 0, sizeof(*result));
	if (w)
		try_both(w, spec, out, result);
	else
		differs(out, result, "", "", "out of memory");
	if (w) {
		transcript_free(&w->qemu.t);
		transcript_free(&w->sim.t);
		transcript_free(&w->fresh.t);
		transcript_free(&w->other.t);
	}
	free(w);
}

const char *trial_outcome_name(enum trial_outcome outcome)
{
	static const char *const names[] = { "equal", "rows", "skipped", "DIFFERS" };

	return names[outcome];
}
