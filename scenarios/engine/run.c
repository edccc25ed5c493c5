/*
 * Running one permutation: set the machine up, take the steps in order, judge after each.
 */
#include "acpi/discover.h"
#include "coverage/cover.h"
#include "judge.h"
#include "run.h"
#include "trace/trace_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "qemu/qemu.h"

#define TAIL_LINES 12
#define TRACE_SHORT 1024u
#define TRACE_LONG 65536u

/* ---- how a step ends ---- */

__attribute__((format(printf, 2, 0))) static void tell(struct run *r, const char *fmt, va_list ap)
{
	size_t at = strlen(r->res->text), size = sizeof(r->res->text);

	if (at && at + 1 < size)
		r->res->text[at++] = '\n';
	r->res->text[at] = '\0';
	if (r->inside_busy && r->inside) {
		snprintf(r->res->text + at, size - at,
			 "during (%s, yield point %" PRIu64 "): ", r->inside->verb->name,
			 r->yields);
		at = strlen(r->res->text);
	}
	vsnprintf(r->res->text + at, size - at, fmt, ap);
}

enum step_rc run_fail(struct run *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(r, fmt, ap);
	va_end(ap);
	return STEP_FAIL;
}

enum step_rc run_error(struct run *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(r, fmt, ap);
	va_end(ap);
	return STEP_ERROR;
}

enum step_rc run_skip(struct run *r, const char *what)
{
	snprintf(r->res->text, sizeof(r->res->text), "backend %s lacks %s", r->be->ops->name, what);
	return STEP_SKIP;
}

void run_unjudged(struct run *r, const char *what)
{
	char *list = r->res->unseen;
	size_t at = strlen(list), size = sizeof(r->res->unseen), len = strlen(what);
	const char *had = strstr(list, what);

	r->res->unjudged++;
	if (had && (had == list || had[-1] == ' ') && (had[len] == ',' || had[len] == '\0'))
		return;
	if (at + len + 3 < size)
		snprintf(list + at, size - at, "%s%s", at ? ", " : "", what);
}

enum step_rc check_number(struct run *r, const char *what, uint64_t want, uint64_t got)
{
	r->res->checks++;
	if (want == got)
		return STEP_OK;
	return run_fail(r, "%s: expected 0x%" PRIx64 ", got 0x%" PRIx64, what, want, got);
}

enum step_rc check_text(struct run *r, const char *what, const char *want, const char *got)
{
	r->res->checks++;
	if (strcmp(want, got) == 0)
		return STEP_OK;
	return run_fail(r, "%s: expected %s, got %s", what, want, got);
}

enum step_rc check_property(struct run *r, const struct step *s, const char *name, uint64_t got)
{
	return step_has(s, name) ? check_number(r, name, step_number(s, name, 0), got) : STEP_OK;
}

/* ---- what steps refer to ---- */

uint32_t step_unit(const struct run *r, const struct step *s)
{
	int unit = machine_unit(r->machine, (uint32_t)step_number(s, "unit", 0));
	int dev;

	if (unit >= 0)
		return (uint32_t)unit;
	dev = step_device(r, s);
	return dev >= 0 ? r->machine->device[dev].unit : 0;
}

int step_device(const struct run *r, const struct step *s)
{
	return machine_device(r->machine, (uint32_t)step_number(s, "dev", 0));
}

uint16_t step_rid(const struct run *r, const struct step *s)
{
	int dev = step_device(r, s);

	return (uint16_t)step_number(s, "rid", dev >= 0 ? r->machine->device[dev].rid : 0);
}

const struct be_unit *run_unit(const struct run *r, uint32_t unit)
{
	return setting_unit(&r->setting, unit);
}

const struct arch *run_arch(const struct run *r, uint32_t unit)
{
	return arch_of(run_unit(r, unit));
}

enum step_rc step_reason(struct run *r, const struct step *s, uint32_t unit, uint8_t *code)
{
	const struct dts_prop *p = dts_find(s->node, "reason");
	const struct arch *a = run_arch(r, unit);
	const char *name;

	if (!dts_is_strings(p)) {
		*code = (uint8_t)step_number(s, "reason", 0);
		return STEP_OK;
	}
	for (uint32_t i = 0; (name = dts_string(p, i)) != NULL; i++)
		if ((*code = arch_reason(a, name)) != 0)
			return STEP_OK;
	return run_error(r, "property \"reason\" has no name of %s's", a->title);
}

enum step_rc step_layout_fits(struct run *r, const struct step *s, uint32_t unit)
{
	const struct arch *a = run_arch(r, unit);

	if (!s->layout || arch_has_layout(a, s->layout))
		return STEP_OK;
	return run_error(r, "property \"%s\": %s has no \"%s\"", s->verb->fields_by, a->title,
			 s->layout->name);
}

/* ---- trace ---- */

static const char *mark_name(const struct run *r, uint64_t mark)
{
	return mark < r->sc->step_count ? r->sc->steps[2 * mark].node->name : "end";
}

static bool trace_text(const struct run *r, uint64_t n, char *buf, size_t size)
{
	uint64_t mark;

	if (!r->be->ops->trace_line || !r->be->ops->trace_line(r->be, n, buf, size, &mark))
		return false;
	if (mark != UINT64_MAX)
		snprintf(buf, size, "-- %s", mark_name(r, mark));
	return true;
}

static void trace_one(struct run *r, uint64_t n)
{
	struct be_event e;
	char line[256];

	if (r->trace && trace_text(r, n, line, sizeof(line)))
		trace_put(r->trace, line);
	if (r->options->cover && r->be->ops->trace_event && r->be->ops->trace_event(r->be, n, &e))
		cover_event(r->options->cover, r, &e);
}

static void trace_pump(struct run *r)
{
	uint64_t end;
	uint64_t lost = 0;

	if ((!r->trace && !r->options->cover) || !r->be->ops->trace_count)
		return;
	end = r->be->ops->trace_count(r->be);
	if (end - r->trace_next > TRACE_LONG) {
		lost = end - r->trace_next - TRACE_LONG;
		r->trace_next += lost;
		if (r->trace)
			trace_lost(r->trace, lost);
	}
	for (; r->trace_next < end; r->trace_next++)
		trace_one(r, r->trace_next);
}

static void trace_tail(struct run *r)
{
	uint64_t end = r->be && r->be->ops->trace_count ? r->be->ops->trace_count(r->be) : 0;
	size_t at = 0, size = sizeof(r->res->tail);
	char line[256];

	for (uint64_t n = end > TAIL_LINES ? end - TAIL_LINES : 0; n < end; n++)
		if (trace_text(r, n, line, sizeof(line)) && at + strlen(line) + 2 < size)
			at += (size_t)snprintf(r->res->tail + at, size - at, "%s%s", at ? "\n" : "",
					       line);
}

/* ---- steps ---- */

uint64_t run_place(const struct run *r, uint64_t otherwise)
{
	bool here = r->options->placed && r->step == r->sc->steps + 2 * (size_t)(r->watch - 1);

	return here ? r->options->place : otherwise;
}

static void at_yield(void *ctx)
{
	struct run *r = ctx;

	if (r->inside_busy || guest_zeroing(r->guest))
		return;
	r->yields++;
	if (r->inside_rc != STEP_OK ||
	    (!r->inside->each && r->yields != run_place(r, r->inside->at)))
		return;
	r->inside_busy = true;
	r->inside_runs++;
	r->findings_before = r->be->ops->findings ? r->be->ops->findings(r->be) : 0;
	r->inside_rc = r->inside->verb->run(r, r->inside);
	judge_inside(r);
	r->inside_busy = false;
}

static enum step_rc run_with_during(struct run *r, const struct step *s)
{
	enum step_rc rc;

	RUN_NEEDS(r, on_yield, "yield points");
	r->inside = s->during;
	r->inside_rc = STEP_OK;
	r->yields = r->inside_runs = 0;
	r->be->ops->on_yield(r->be, at_yield, r);
	rc = s->verb->run(r, s);
	r->be->ops->on_yield(r->be, NULL, NULL);
	r->inside = NULL;
	if (r->inside_rc != STEP_OK)
		return r->inside_rc;
	if (rc == STEP_OK && !r->inside_runs)
		return run_fail(
			r, "during: yield point %" PRIu64 " was never reached, there were %" PRIu64,
			s->during->at, r->yields);
	return rc;
}

static void at_access(void *ctx)
{
	struct run *r = ctx;

	if (!guest_zeroing(r->guest))
		r->options->probe->access(r->options->probe->ctx, r,
					  (uint32_t)(r->step - r->sc->steps) / 2);
}

static enum step_rc run_probed(struct run *r, const struct step *s)
{
	enum step_rc rc;

	RUN_NEEDS(r, on_yield, "yield points");
	r->be->ops->on_yield(r->be, at_access, r);
	rc = s->verb->run(r, s);
	r->be->ops->on_yield(r->be, NULL, NULL);
	return rc;
}

void run_tell_rules(struct run *r)
{
	const struct run_probe *p = r->options->probe;

	for (uint32_t i = 0; p && i < r->rules && r->be->ops->inject_passed; i++)
		p->rule(p->ctx, r->rule[i].node->name,
			r->be->ops->inject_passed(r->be, r->rule[i].number));
}

bool run_applies(const struct scenario *sc, uint32_t n, const struct step *s)
{
	const struct dts_prop *p = dts_find(s->node, "when");
	const char *at;

	for (uint32_t i = 0; p && (at = dts_string(p, i)) != NULL; i++)
		if (!vary_holds(&sc->vary, n, at))
			return false;
	p = dts_find(s->node, "unless");
	for (uint32_t i = 0; p && (at = dts_string(p, i)) != NULL; i++)
		if (vary_holds(&sc->vary, n, at))
			return false;
	return true;
}

/* What a step came to, when the backend broke in it or could not present what it asks for. */
static enum step_rc limits(struct run *r, enum step_rc rc)
{
	const struct backend_ops *ops = r->be->ops;
	const char *broken = ops->broken ? ops->broken(r->be) : NULL;
	const char *cannot = ops->cannot ? ops->cannot(r->be) : NULL;

	if (broken) {
		r->res->text[0] = '\0';
		return run_fail(r, "%s", broken);
	}
	if (cannot) {
		snprintf(r->res->text, sizeof(r->res->text), "%s", cannot);
		return STEP_SKIP;
	}
	return rc;
}

static bool complains(const struct step *s)
{
	return dts_find(s->node, "complaint") ||
	       (s->during && dts_find(s->during->node, "complaint"));
}

/*
 * A step that failed for something the scenario does not judge, or that could not be carried out because an earlier one
 * failed so, is as good as passed.
 */
static enum step_rc overlook(struct run *r, enum step_rc rc)
{
	if ((rc != STEP_FAIL && rc != STEP_ERROR) || !r->sc->lenient || r->dead)
		return rc;
	if (rc == STEP_FAIL && (r->always || judges(r, r->why)))
		return rc;
	r->res->text[0] = '\0';
	return STEP_OK;
}

static enum step_rc run_step(struct run *r, uint32_t n)
{
	const struct step *s = r->sc->steps + 2 * (size_t)n;
	enum step_rc rc;

	if (!run_applies(r->sc, r->permutation, s))
		return STEP_OK;
	r->step = s;
	if (r->be->ops->mark)
		r->be->ops->mark(r->be, n);
	/* what the architecture forbids is only given to a model that can say so */
	if (!r->be->ops->complaint_count && complains(s))
		return run_skip(r, "complaints: the step does what the architecture forbids");
	r->why = JUDGE_EXPECTATIONS;
	r->always = false;
	if (s->during)
		rc = run_with_during(r, s);
	else if (r->options->probe && s->verb->yields)
		rc = run_probed(r, s);
	else
		rc = s->verb->run(r, s);
	r->res->steps++;
	if (s->during && r->watch == n + 1)
		r->res->yields = r->yields;
	rc = overlook(r, rc);
	if (rc == STEP_FAIL) /* what the oracle saw explains it */
		(void)judge_findings(r, s);
	if (rc == STEP_OK && r->options->cover) {
		trace_pump(r);
		cover_step(r->options->cover, r, s);
	}
	return limits(r, rc == STEP_OK ? judge_step(r, s) : rc);
}

/* ---- the end ---- */

static enum step_rc promises(struct run *r)
{
	for (uint32_t i = 0; i < r->rules; i++) {
		if (!r->rule[i].promise)
			continue;
		r->res->checks++;
		if (!r->be->ops->inject_fired(r->be, r->rule[i].number))
			return run_fail(r, "the injected fault \"%s\" was never reached",
					r->rule[i].node->name);
	}
	return STEP_OK;
}

static enum step_rc finish(struct run *r)
{
	enum step_rc rc = guest_account(r);

	if (rc == STEP_OK)
		rc = judge_step(r, NULL);
	for (uint32_t i = 0; rc == STEP_OK && i < BE_FINDINGS; i++)
		if (r->expected[i] && !r->optional[i] && judges(r, JUDGE_EXPECTATIONS))
			rc = run_fail(r, "%u expected finding%s \"%s\" did not appear",
				      r->expected[i], r->expected[i] == 1 ? "" : "s",
				      names_finding(i));
	if (rc == STEP_OK && judges(r, JUDGE_EXPECTATIONS))
		rc = promises(r);
	return limits(r, rc);
}

/* Whether the step that has just run is the one somebody waits for. */
static bool stop_here(struct run *r)
{
	const struct run_options *o = r->options;

	if (!o->at_stop || !o->stop_step || strcmp(o->stop_step, r->step->node->name) != 0)
		return false;
	r->stopped = true;
	o->at_stop(o->stop_ctx, r);
	return true;
}

/* Of the steps that fail in a run that carries on, the first is the one that is told. */
static enum step_rc carried_on(struct run *r, enum step_rc rc)
{
	const struct backend_ops *ops = r->be->ops;
	bool over = rc != STEP_FAIL || r->dead || (ops->broken && ops->broken(r->be));

	if (!r->options->carry_on || rc == STEP_OK || (!r->failed && rc != STEP_FAIL))
		return rc;
	if (!r->failed) {
		snprintf(r->res->step, sizeof(r->res->step), "%s",
			 r->step ? r->step->node->name : "");
		snprintf(r->first_failure, sizeof(r->first_failure), "%.1999s", r->res->text);
	}
	r->failed = true;
	r->res->text[0] = '\0';
	return over ? STEP_FAIL : STEP_OK;
}

static enum step_rc run_steps(struct run *r)
{
	for (uint32_t n = 0; n < r->sc->step_count; n++) {
		enum step_rc rc = carried_on(r, run_step(r, n));

		trace_pump(r);
		if (rc != STEP_OK) {
			if (!r->failed)
				snprintf(r->res->step, sizeof(r->res->step), "%s",
					 r->step->node->name);
			return rc;
		}
		if (stop_here(r))
			return STEP_OK;
	}
	r->step = NULL;
	if (r->be->ops->mark)
		r->be->ops->mark(r->be, r->sc->step_count);
	if (r->failed)
		return STEP_FAIL;
	return finish(r);
}

/* ---- setting up ---- */

/* Spreads a run's seeds so that near ones give unrelated streams (the finaliser of SplitMix64). */
static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t z = a + UINT64_C(0x9E3779B97F4A7C15) * (b + 1);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static enum step_rc build_units(struct run *r)
{
	const struct machine *m = r->machine;

	for (uint32_t i = 0; i < m->units; i++) {
		int unit = r->be->ops->unit_add(r->be, run_unit(r, i));

		if (unit == -2) {
			const char *why = r->be->ops->why(r->be);

			snprintf(r->res->text, sizeof(r->res->text), "backend %s lacks %s: %s",
				 r->be->ops->name, m->unit[i].label,
				 why[0] ? why : run_arch(r, i)->title);
			return STEP_SKIP;
		}
		if (unit != (int)i)
			return run_error(r, "%s: an impossible unit: %s", m->unit[i].node->path,
					 r->be->ops->why(r->be));
	}
	return STEP_OK;
}

/* Machines that are built as a whole are built now; then their units are known. */
static enum step_rc build_whole(struct run *r)
{
	const struct backend_ops *ops = r->be->ops;
	int rc = ops->ready ? ops->ready(r->be) : 0;

	if (rc == -2) {
		snprintf(r->res->text, sizeof(r->res->text), "backend %s: %s", ops->name,
			 ops->why(r->be));
		return STEP_SKIP;
	}
	if (rc)
		return run_error(r, "backend %s: %s", ops->name, ops->why(r->be));
	for (uint32_t i = 0; ops->unit_actual && i < r->machine->units; i++)
		ops->unit_actual(r->be, i, &r->setting.unit[i][r->setting.arch[i]]);
	return STEP_OK;
}

static enum step_rc build_machine(struct run *r)
{
	const struct machine *m = r->machine;
	enum step_rc rc;

	for (uint32_t i = 0; i < m->mems; i++)
		if (r->be->ops->mem_add(r->be, m->mem[i].first, m->mem[i].last))
			return run_error(r, "%s: %s", m->mem[i].node->path, r->be->ops->why(r->be));
	rc = build_units(r);
	if (rc != STEP_OK)
		return rc;
	for (uint32_t i = 0; i < m->devices; i++) {
		const struct machine_device *d = m->device + i;
		int dev;

		if (r->be->ops->device_behind)
			r->be->ops->device_behind(r->be, d->behind);
		dev = r->be->ops->device_add(r->be, d->unit, d->rid, d->ats);
		if (dev < 0)
			return run_error(r, "%s: %s", d->node->path, r->be->ops->why(r->be));
		r->device[i] = (uint32_t)dev;
		r->attached[i] = -1;
		r->half[i] = -1;
	}
	return build_whole(r);
}

/* Firmware's tables, as the driver reads them. Only a scenario that breaks them may have diagnostics. */
static enum step_rc read_tables(struct run *r)
{
	char line[256];
	const char *why;

	r->discovery = discover(r->machine, &r->setting, &why);
	if (!r->discovery)
		return run_error(r, "%s", why);
	if (!discovery_diags(r->discovery) || r->machine->acpi.broken)
		return STEP_OK;
	(void)discovery_diag(r->discovery, 0, line, sizeof(line));
	return run_error(r, "the ACPI tables of this machine break a rule: %s", line);
}

static enum step_rc build_guest(struct run *r)
{
	const struct machine_mem *mem = r->machine->mem;
	uint64_t pages = (mem->last - mem->first + 1) / 4096;
	uint64_t pool = r->machine->driver_pages;
	struct guest_config c = { .be = r->be,
				  .units = r->machine->units,
				  .register_inval = r->setting.register_inval,
				  .no_superpages = r->setting.no_superpages,
				  .wide_stores = r->setting.wide_stores };
	enum step_rc rc;

	if (c.wide_stores && !r->be->ops->mem_write128)
		return run_skip(r, "stores of 128 bits (wide-stores)");

	if (pool > pages / 2)
		pool = pages / 2;
	c.pool_pages = pool;
	c.pool_first = mem->last + 1 - pool * 4096;
	for (uint32_t i = 0; i < c.units; i++)
		if (run_arch(r, i)->unsnooped(run_unit(r, i)) &&
		    r->setting.policy.publish != BE_PUBLISH_AT_ONCE)
			c.cold_zeroes = true;
	rc = read_tables(r);
	if (rc != STEP_OK)
		return rc;
	c.discovery = r->discovery;
	r->guest = guest_new(&c);
	return r->guest ? STEP_OK : run_error(r, "out of memory");
}

static enum step_rc set_up(struct run *r, const struct run_options *options)
{
	struct be_config c = { .policy = r->setting.policy };
	enum step_rc rc;

	c.seed = mix(mix(options->seed, r->sc->seed), r->setting.seed);
	c.trace_records = options->trace_path || options->cover ? TRACE_LONG : TRACE_SHORT;
	c.windows = options->trace_path != NULL;
	c.trace_entries = options->cover != NULL;
	if (options->open)
		r->be = options->open(options->open_ctx, &c);
	else if (!options->backend || strcmp(options->backend, backend_sim_ops.name) == 0)
		r->be = backend_sim_open(&c);
	else if (strcmp(options->backend, backend_qemu_ops.name) == 0)
		r->be = backend_qemu_open(&c, options->qemu);
	else
		return run_error(r, "unknown backend \"%s\"; known: \"%s\", \"%s\"",
				 options->backend, backend_sim_ops.name, backend_qemu_ops.name);
	if (!r->be)
		return run_error(r, "out of memory");
	if (options->trace_path) {
		r->trace = trace_open(options->trace_path, r);
		if (!r->trace)
			return run_error(r, "%s: cannot write it: %s", options->trace_path,
					 strerror(errno));
	}
	rc = build_machine(r);
	return rc == STEP_OK ? build_guest(r) : rc;
}

static void tear_down(struct run *r, enum step_rc *rc)
{
	trace_pump(r);
	if (r->trace && trace_close(r->trace) != 0 && *rc == STEP_OK)
		*rc = run_error(r, "the trace could not be written");
	guest_free(r->guest);
	discovery_free(r->discovery);
	if (r->be)
		r->be->ops->close(r->be);
	ledger_free(&r->ledger);
}

void scenario_run(const struct scenario *sc, uint32_t n, const struct run_options *options,
		  struct run_result *result)
{
	static const enum run_verdict verdicts[] = { [STEP_OK] = RUN_PASS,
						     [STEP_FAIL] = RUN_FAIL,
						     [STEP_SKIP] = RUN_SKIP,
						     [STEP_ERROR] = RUN_ERROR };
	struct run *r = calloc(1, sizeof(*r));
	enum step_rc rc;

	memset(result, 0, sizeof(*result));
	result->verdict = RUN_ERROR;
	if (!r || n >= sc->vary.permutations) {
		snprintf(result->text, sizeof(result->text), "%s",
			 r ? "there is no such permutation" : "out of memory");
		free(r);
		return;
	}
	r->sc = sc;
	r->machine = &sc->machine;
	r->permutation = n;
	r->watch = options->watch;
	r->res = result;
	r->options = options;
	r->setting = sc->setting;
	vary_apply(&sc->vary, n, &sc->machine, &r->setting);
	rc = set_up(r, options);
	if (rc == STEP_OK) {
		rc = run_steps(r);
		if (r->failed)
			snprintf(result->text, sizeof(result->text), "%s", r->first_failure);
		if (options->at_stop && !options->stop_step)
			options->at_stop(options->stop_ctx, r);
	}
	if (r->be) {
		result->sim_ns = r->be->ops->now(r->be);
		run_tell_rules(r);
		if (r->rules && r->be->ops->inject_fired)
			result->fired = r->be->ops->inject_fired(r->be, r->rule[0].number);
		if (rc == STEP_FAIL)
			trace_tail(r);
	}
	tear_down(r, &rc);
	result->verdict = verdicts[rc];
	free(r);
}
