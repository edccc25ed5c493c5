/*
 * Steps of the world: injected faults, evictions, time, and looks at the machine from outside.
 */
#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "run.h"

/* In the order of names_tell. */
enum tell {
	TELL_MAP,
	TELL_UNMAP,
	TELL_QUIESCE,
	TELL_ATTACH,
	TELL_DETACH,
	TELL_IDENTITY,
	TELL_RELEASE,
	TELL_RELY,
	TELL_NOT_RELY,
	TELL_VECTOR
};

/* ---- injection ---- */

static enum step_rc do_inject(struct run *r, const struct step *s)
{
	const struct dts_prop *range = dts_find(s->node, "range");
	struct be_rule rule = { .point = (uint32_t)step_name(s, "point", 0),
				.master = (uint32_t)step_name(s, "master", BE_MASTER_ANY),
				.promise = (uint32_t)step_name(s, "promise", 0),
				.skip = (uint32_t)run_place(r, step_number(s, "skip", 0)),
				.count = (uint32_t)step_number(s, "count", 1),
				.first = 0,
				.last = UINT64_MAX,
				.value = step_number(s, "value", 0),
				.unit = step_has(s, "unit") ? step_unit(r, s) + 1 : 0 };
	int number;

	RUN_NEEDS(r, inject, "fault injection");
	if (range && range->len != 16)
		return run_error(r, "property \"range\": expected first and last, 64 bits each");
	if (range) {
		rule.first = dts_word(range, 0);
		rule.last = dts_word(range, 1);
	}
	if (r->rules == RUN_RULES)
		return run_error(r, "more than %d injected faults", RUN_RULES);
	number = r->be->ops->inject(r->be, &rule);
	if (number < 0)
		return run_error(r, "inject: the backend refuses this rule");
	r->rule[r->rules++] = (struct rule){ s->node, number, step_has(s, "promise") };
	return STEP_OK;
}

static struct rule *find_rule(struct run *r, const char *name)
{
	for (uint32_t i = 0; i < r->rules; i++)
		if (strcmp(r->rule[i].node->name, name) == 0)
			return r->rule + i;
	return NULL;
}

/* Fired rules keep their promise: a rule that is taken away must have been reached before. */
static enum step_rc do_inject_stop(struct run *r, const struct step *s)
{
	struct rule *rule = find_rule(r, step_string(s, "rule", ""));

	RUN_NEEDS(r, inject_remove, "fault injection");
	if (!rule)
		return run_error(r, "no inject step called \"%s\" ran before",
				 step_string(s, "rule", ""));
	if (rule->promise && !r->be->ops->inject_fired(r->be, rule->number))
		return run_fail(r, "the injected fault \"%s\" was never reached", rule->node->name);
	rule->promise = false;
	(void)r->be->ops->inject_remove(r->be, rule->number);
	return STEP_OK;
}

/* ---- caches and time ---- */

static enum step_rc do_evict(struct run *r, const struct step *s)
{
	uint64_t iova = step_number(s, "iova", UINT64_MAX); /* without it: all */
	int cache = step_name(s, "cache", BE_CACHE_IOTLB);
	uint32_t gone = 0;

	RUN_NEEDS(r, cache_evict, "eviction");
	for (int c = BE_CACHE_CONTEXT; c <= BE_CACHE_DEVICE; c++)
		if (c == cache || cache > BE_CACHE_DEVICE)
			gone += r->be->ops->cache_evict(r->be, step_unit(r, s), (enum be_cache)c,
							iova);
	return check_property(r, s, "lines", gone);
}

static enum step_rc do_advance(struct run *r, const struct step *s)
{
	r->be->ops->advance(r->be, step_number(s, "ns", 0));
	return STEP_OK;
}

static enum step_rc do_ats(struct run *r, const struct step *s)
{
	int dev = step_device(r, s);

	RUN_NEEDS(r, ats, "device TLBs");
	if (dev < 0 || r->be->ops->ats(r->be, r->device[dev], step_name(s, "state", 1) == 1))
		return run_error(r, "ats: not a device with a TLB of its own");
	return STEP_OK;
}

/* ---- power ---- */

static enum step_rc do_power(struct run *r, const struct step *s)
{
	RUN_NEEDS(r, unit_power, "power of units");
	if (r->be->ops->unit_power(r->be, step_unit(r, s),
				   (uint32_t)step_name(s, "state", BE_POWER_RESET)))
		return run_error(r, "power: no such unit");
	return STEP_OK;
}

static enum step_rc do_plug(struct run *r, const struct step *s)
{
	int dev = step_device(r, s);

	RUN_NEEDS(r, device_plug, "devices that are pulled out");
	if (dev < 0 ||
	    r->be->ops->device_plug(r->be, r->device[dev], step_name(s, "state", 0) == 1))
		return run_error(r, "plug: no device of this machine");
	return STEP_OK;
}

/* ---- expectations of the oracle and of the complaints ---- */

static enum step_rc do_expect_finding(struct run *r, const struct step *s)
{
	int kind = step_name(s, "kind", 0);

	if (!r->be->ops->findings) {
		run_unjudged(r, "finding");
		return STEP_OK;
	}
	r->expected[kind] += (uint32_t)step_number(s, "count", 1);
	if (step_has(s, "at-most"))
		r->optional[kind] = true;
	return STEP_OK;
}

static enum step_rc do_allow_complaints(struct run *r, const struct step *s)
{
	const struct dts_prop *p = dts_find(s->node, "names");
	const char *name;

	RUN_NEEDS(r, complaint_count,
		  "complaints: the scenario does what the architecture forbids");
	for (uint32_t i = 0; p && (name = dts_string(p, i)) != NULL; i++)
		r->allowed[name_index(names_complaint, name)] = true;
	return STEP_OK;
}

static enum step_rc do_oracle(struct run *r, const struct step *s)
{
	if (step_has(s, "state") && r->be->ops->oracle_enable)
		r->be->ops->oracle_enable(r->be, step_name(s, "state", 1) == 1);
	if (step_has(s, "accounting"))
		for (uint32_t i = 0; i < r->machine->units; i++)
			r->own_faults[i] = step_name(s, "accounting", 1) == 0;
	return STEP_OK;
}

/* A guest of the scenario's own tells the oracle what it asked for, as the steps of the driver do by themselves. */
static int tell(struct run *r, const struct step *s, uint64_t first, uint64_t last)
{
	const struct backend_ops *ops = r->be->ops;
	uint32_t space = (uint32_t)step_number(s, "domain", 0), unit = step_unit(r, s);

	switch (step_name(s, "what", 0)) {
	case TELL_MAP:
		return ops->oracle_map(r->be, space, first, last, step_number(s, "pa", 0),
				       (uint8_t)step_name(s, "perm", 3));
	case TELL_UNMAP:
		return ops->oracle_unmap(r->be, space, first, last);
	case TELL_QUIESCE:
		return ops->oracle_quiesce(r->be, space, first, last);
	case TELL_ATTACH:
		return ops->oracle_attach(r->be, unit, step_rid(r, s), space);
	case TELL_DETACH:
		return ops->oracle_detach(r->be, unit, step_rid(r, s));
	case TELL_IDENTITY:
		return ops->oracle_identity(r->be, space, true);
	case TELL_RELY:
	case TELL_NOT_RELY:
		return ops->oracle_rely
			       ? ops->oracle_rely(r->be, unit, step_name(s, "what", 0) == TELL_RELY)
			       : 0;
	case TELL_VECTOR:
		return ops->oracle_vector ? ops->oracle_vector(r->be, unit, step_rid(r, s),
							       (uint8_t)step_number(s, "vector", 0))
					  : 0;
	default:
		(void)ops->oracle_release(r->be, step_number(s, "pa", 0),
					  step_number(s, "pa", 0) + (last - first));
		return 0;
	}
}

static void follow_device(struct run *r, const struct step *s, int domain)
{
	for (uint32_t i = 0; i < r->machine->devices; i++)
		if (r->machine->device[i].unit == step_unit(r, s) &&
		    r->machine->device[i].rid == step_rid(r, s))
			r->attached[i] = domain;
}

/*
 * Explored, a guest of the scenario's own has windows as the driver has: what it told to be leaving may be served until it
 * told it quiesced. False: out of memory.
 */
static bool follow(struct run *r, const struct step *s, uint64_t first, uint64_t last)
{
	uint32_t space = (uint32_t)step_number(s, "domain", 0);

	if (!r->sc->lenient || guest_domain_known(r->guest, space))
		return true;
	switch (step_name(s, "what", 0)) {
	case TELL_MAP:
		return ledger_map(&r->ledger, space, first, last, step_number(s, "pa", 0),
				  (uint8_t)step_name(s, "perm", 3));
	case TELL_UNMAP:
		return ledger_leave(&r->ledger, space, first, last);
	case TELL_QUIESCE:
		for (uint32_t i = r->ledger.count; i-- > 0;) {
			const struct piece *p = r->ledger.piece + i;

			if (p->domain == space && p->state == PIECE_LEAVING && p->first >= first &&
			    p->last <= last)
				ledger_drop(&r->ledger, i);
		}
		return true;
	case TELL_ATTACH:
		follow_device(r, s, (int)space);
		return true;
	case TELL_DETACH:
		follow_device(r, s, -1);
		return true;
	default:
		return true;
	}
}

static enum step_rc do_tell(struct run *r, const struct step *s)
{
	uint64_t first = step_number(s, "iova", 0), size = step_number(s, "size", 4096);

	if (!r->be->ops->oracle_map)
		return STEP_OK; /* nobody wants to know */
	if (!size || first + (size - 1) < first)
		return run_error(r,
				 "property \"size\": expected 1 to the end of the address space");
	if (tell(r, s, first, first + (size - 1)) < 0)
		return run_error(
			r,
			"tell: the oracle refuses it: a range out of order, or not of whole pages");
	if (!follow(r, s, first, first + (size - 1)))
		return run_error(r, "out of memory");
	return STEP_OK;
}

/* ---- check ---- */

static enum step_rc compare(struct run *r, const struct step *s, const char *what, uint64_t want,
			    uint64_t got)
{
	bool least = step_has(s, "at-least"), most = step_has(s, "at-most");

	if (!least && !most)
		return check_number(r, what, want, got);
	r->res->checks++;
	if (least ? got >= want : got <= want)
		return STEP_OK;
	return run_fail(r, "%s: expected at %s 0x%" PRIx64 ", got 0x%" PRIx64, what,
			least ? "least" : "most", want, got);
}

static enum step_rc compare_property(struct run *r, const struct step *s, const char *name,
				     uint64_t got)
{
	return step_has(s, name) ? compare(r, s, name, step_number(s, name, 0), got) : STEP_OK;
}

static enum step_rc check_register(struct run *r, const struct step *s)
{
	uint32_t unit = step_unit(r, s), off;
	uint64_t words[2] = { 0 }, want;

	if (!s->layout)
		return STEP_OK;
	if (step_layout_fits(r, s, unit) != STEP_OK)
		return STEP_ERROR;
	off = run_arch(r, unit)->register_offset(s->layout, run_unit(r, unit),
						 (uint32_t)step_number(s, "index", 0));
	words[0] = r->be->ops->peek(r->be, unit, off, s->layout->size == 4 ? 4 : 8);
	if (s->layout->size == 16)
		words[1] = r->be->ops->peek(r->be, unit, off + 8, 8);
	for (const struct field *f = s->layout->fields; f->name; f++) {
		const struct dts_prop *p = dts_find(s->node, f->name);

		if (p && dts_number(p, &want) &&
		    compare(r, s, f->name, want, field_get(f, words[f->word])) != STEP_OK)
			return STEP_FAIL;
	}
	return step_has(s, "value")
		       ? compare(r, s, s->layout->name, step_number(s, "value", 0), words[0])
		       : STEP_OK;
}

static enum step_rc check_messages(struct run *r, const struct step *s)
{
	struct be_msi last = { 0 };
	uint64_t count;

	if (!step_has(s, "msi-count") && !step_has(s, "msi-addr") && !step_has(s, "msi-data"))
		return STEP_OK;
	RUN_NEEDS(r, msi_count, "a sink of messages");
	count = r->be->ops->msi_count(r->be);
	if (r->be->ops->msi_merged && count && step_number(s, "msi-count", 0) > count)
		run_unjudged(r, "msi-count");
	else if (compare_property(r, s, "msi-count", count) != STEP_OK)
		return STEP_FAIL;
	if (!step_has(s, "msi-addr") && !step_has(s, "msi-data"))
		return STEP_OK;
	if (!count || !r->be->ops->msi_get(r->be, count - 1, &last))
		return run_fail(r, "check: no message came");
	/* of a device's message a controller keeps the vector, not the address it was sent to */
	if (r->be->ops->msi_merged && !last.from_unit && step_has(s, "msi-addr"))
		run_unjudged(r, "msi-addr");
	else if (check_property(r, s, "msi-addr", last.addr) != STEP_OK)
		return STEP_FAIL;
	return check_property(r, s, "msi-data", last.data);
}

static enum step_rc check_stats(struct run *r, const struct step *s)
{
	struct be_stats st = { 0 };
	bool known = r->be->ops->stats != NULL;

	if (known && r->be->ops->stats(r->be, step_unit(r, s), &st))
		return run_error(r, "check: no such unit");
	const struct {
		const char *name;
		uint64_t got;
	} numbers[] = {
		{ "requests", st.requests },
		{ "hits", st.hits },
		{ "walks", st.walks },
		{ "blocked", st.blocked },
		{ "recorded", st.recorded },
		{ "suppressed", st.suppressed },
		{ "overflowed", st.overflowed },
		{ "collapsed", st.collapsed },
		{ "commands", st.commands },
		{ "register-commands", st.register_commands },
		{ "entries-dropped", st.entries_dropped },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!known && step_has(s, numbers[i].name))
			run_unjudged(r, "counters");
		else if (compare_property(r, s, numbers[i].name, numbers[i].got) != STEP_OK)
			return STEP_FAIL;
	}
	return STEP_OK;
}

static enum step_rc check_complaint(struct run *r, const struct step *s)
{
	int id = step_name(s, "of", -1);

	if (id < 0)
		return STEP_OK;
	RUN_NEEDS(r, complaint_count, "complaints");
	return compare(r, s, step_string(s, "of", ""), step_number(s, "count", 1),
		       r->be->ops->complaint_count(r->be, (uint32_t)id));
}

static enum step_rc check_rule(struct run *r, const struct step *s)
{
	const char *name = step_string(s, "rule", NULL);
	struct rule *rule;

	if (!name)
		return STEP_OK;
	rule = find_rule(r, name);
	if (!rule)
		return run_error(r, "no inject step called \"%s\" ran before", name);
	return compare_property(r, s, "fired", r->be->ops->inject_fired(r->be, rule->number));
}

static enum step_rc do_check(struct run *r, const struct step *s)
{
	static enum step_rc (*const parts[])(struct run *, const struct step *) = {
		check_register, check_messages, check_stats, check_complaint, check_rule
	};
	enum step_rc rc = STEP_OK;

	if (step_has(s, "cache") && !r->be->ops->cache_count) {
		run_unjudged(r, "lines");
	} else if (step_has(s, "cache")) {
		rc = compare(r, s, "lines", step_number(s, "lines", 0),
			     r->be->ops->cache_count(r->be, step_unit(r, s),
						     (enum be_cache)step_name(s, "cache", 0)));
	}
	for (size_t i = 0; rc == STEP_OK && i < sizeof(parts) / sizeof(parts[0]); i++)
		rc = parts[i](r, s);
	if (step_has(s, "findings") && !r->be->ops->findings)
		run_unjudged(r, "finding");
	else if (rc == STEP_OK && step_has(s, "findings"))
		rc = compare_property(r, s, "findings", r->be->ops->findings(r->be));
	return rc;
}

/* ---- the table ---- */

/* clang-format off */

#define END { NULL, TYPE_FLAG, false, 0, NULL, NULL }
#define UNIT { "unit", TYPE_UNIT, false, 0, NULL, "which unit (the first)" }

static const struct prop_desc inject_props[] = {
	{ "point", TYPE_NAME, true, 0, names_point, "where" },
	{ "skip", TYPE_NUMBER, false, UINT32_MAX, NULL, "matches passed over first (0)" },
	{ "count", TYPE_NUMBER, false, UINT32_MAX, NULL, "how often it fires then, 0: always (1)" },
	{ "range", TYPE_WORDS, false, 0, NULL, "first and last address or id it applies to (all)" },
	{ "master", TYPE_NAME, false, 0, names_master, "whose access (everybody's)" },
	{ "value", TYPE_NUMBER, false, 0, NULL, "what the point needs: bits to flip, ns of delay, a wrong value" },
	{ "unit", TYPE_UNIT, false, 0, NULL, "only what this unit and the devices behind it do (all)" },
	{ "promise", TYPE_NAME, false, 0, names_promise, "what the driver promises then; the fault has to be reached" },
	END
};
static const struct prop_desc inject_stop_props[] = {
	{ "rule", TYPE_STRING, true, 0, NULL, "name of the inject step" }, END
};
static const struct prop_desc evict_props[] = {
	UNIT,
	{ "cache", TYPE_NAME, false, 0, names_evict, "which cache (`iotlb`)" },
	{ "iova", TYPE_NUMBER, false, 0, NULL, "lines that cover it (all lines)" },
	{ "lines", TYPE_NUMBER, false, 0, NULL, "expected: how many lines went" },
	END
};
static const struct prop_desc advance_props[] = {
	{ "ns", TYPE_NUMBER, true, UINT64_C(1000000000000), NULL, "simulated time the hardware gets" }, END
};
static const struct prop_desc ats_props[] = {
	{ "dev", TYPE_DEVICE, true, 0, NULL, "a device with `ats`" },
	{ "state", TYPE_NAME, true, 0, names_on_off, "off also empties its TLB" },
	END
};
static const struct prop_desc power_props[] = {
	UNIT,
	{ "state", TYPE_NAME, true, 0, names_power,
	  "`reset` as power-on does it; `off`: reads give all ones, writes and requests are lost; `on`: back, as after a reset" },
	END
};
static const struct prop_desc plug_props[] = {
	{ "dev", TYPE_DEVICE, true, 0, NULL, "the device" },
	{ "state", TYPE_NAME, true, 0, names_plug, "out: it sends and answers nothing (`blocked`); in: back, with ATS off" },
	END
};
static const struct prop_desc expect_props[] = {
	{ "kind", TYPE_NAME, true, 0, names_finding, "kind of finding" },
	{ "count", TYPE_NUMBER, false, UINT32_MAX, NULL, "how many, from here on (1)" },
	{ "at-most", TYPE_FLAG, false, 0, NULL, "fewer will do" },
	END
};
static const struct prop_desc allow_props[] = {
	{ "names", TYPE_NAMES, true, 0, names_complaint, "complaints that are right from here on" }, END
};
static const struct prop_desc oracle_props[] = {
	{ "state", TYPE_NAME, false, 0, names_on_off, "its look at each translation" },
	{ "accounting", TYPE_NAME, false, 0, names_on_off, "whether blocked DMA and fault records have to add up at the end" },
	END
};
static const struct prop_desc tell_props[] = {
	{ "what", TYPE_NAME, true, 0, names_tell, "what was asked, or has come to pass" },
	{ "domain", TYPE_NUMBER, false, 63, NULL, "number of the scenario's own for a set of translations (0)" },
	{ "dev", TYPE_DEVICE, false, 0, NULL, "the device attached or detached, or given a vector" },
	{ "vector", TYPE_NUMBER, false, 255, NULL, "vector: from the first one told on, no other may be delivered for a requester" },
	{ "rid", TYPE_NUMBER, false, 0xffff, NULL, "or its requester id" },
	UNIT,
	{ "iova", TYPE_NUMBER, false, 0, NULL, "first device address" },
	{ "size", TYPE_NUMBER, false, 0, NULL, "bytes (4096)" },
	{ "pa", TYPE_NUMBER, false, 0, NULL, "first physical address" },
	{ "perm", TYPE_NAME, false, 0, names_perm, "permissions (`rw`)" },
	END
};
#define COUNTER(name, text) { name, TYPE_NUMBER, false, 0, NULL, "expected: " text }
static const struct prop_desc check_props[] = {
	UNIT,
	{ "at-least", TYPE_FLAG, false, 0, NULL, "numbers may be larger" },
	{ "at-most", TYPE_FLAG, false, 0, NULL, "numbers may be smaller" },
	{ "register", TYPE_NAME, false, 0, names_register, "a register, looked at without an access; its fields are properties" },
	{ "index", TYPE_NUMBER, false, 255, NULL, "which one, where there are several: FRCD; DEVTAB, SMIF, MARC_ (0)" },
	{ "value", TYPE_NUMBER, false, 0, NULL, "expected value of the register" },
	{ "cache", TYPE_NAME, false, 0, names_cache, "a cache of the unit" },
	{ "lines", TYPE_NUMBER, false, 0, NULL, "expected: lines the cache holds (0)" },
	COUNTER("msi-count", "messages delivered so far"), COUNTER("msi-addr", "address of the last one"),
	COUNTER("msi-data", "data of the last one"),
	{ "of", TYPE_NAME, false, 0, names_complaint, "a complaint" },
	{ "count", TYPE_NUMBER, false, UINT32_MAX, NULL, "expected: how often it came (1)" },
	{ "rule", TYPE_STRING, false, 0, NULL, "name of an inject step" },
	COUNTER("fired", "how often it fired"),
	COUNTER("findings", "findings of the oracle so far"),
	COUNTER("requests", "translations asked"), COUNTER("hits", "served from the IOTLB"),
	COUNTER("walks", "walks"), COUNTER("blocked", "requests refused"),
	COUNTER("recorded", "fault records written"), COUNTER("suppressed", "faults suppressed by the tables"),
	COUNTER("overflowed", "faults dropped for want of a record"),
	COUNTER("collapsed", "faults dropped because their source had a record"),
	COUNTER("commands", "commands executed from memory"),
	COUNTER("register-commands", "register-based invalidations"),
	COUNTER("entries-dropped", "cache entries removed by invalidations"),
	END
};

#define VERB(name, help, props, run, inside) { name, GROUP_WORLD, help, props, run, NULL, LAYOUT_REGISTER, false, inside, NULL }

const struct verb world_verbs[] = {
	VERB("inject", "Lets hardware misbehave at a named point from here on; the step's name is the rule's.",
	     inject_props, do_inject, true),
	VERB("inject-stop", "Ends an injected fault.", inject_stop_props, do_inject_stop, true),
	VERB("evict", "Makes a cache forget, which is legal at any time.", evict_props, do_evict, true),
	VERB("advance", "Lets simulated time pass.", advance_props, do_advance, true),
	VERB("ats", "Switches a device's ATS.", ats_props, do_ats, true),
	VERB("power", "Resets a unit, takes its power away or gives it back.", power_props, do_power, true),
	VERB("plug", "Pulls a device out, or puts it back.", plug_props, do_plug, true),
	{ "check", GROUP_WORLD, "Looks at the machine from outside and compares.", check_props, do_check,
	  "register", LAYOUT_REGISTER, false, true, NULL },
	VERB("expect-finding", "Announces findings of the oracle.", expect_props, do_expect_finding, false),
	VERB("allow-complaints", "Takes complaints of the hardware as right.", allow_props, do_allow_complaints, false),
	VERB("tell", "Tells the oracle what a guest without the driver asked for.", tell_props, do_tell, true),
	VERB("oracle", "Switches parts of the oracle.", oracle_props, do_oracle, false),
	{ NULL, GROUP_WORLD, NULL, NULL, NULL, NULL, LAYOUT_REGISTER, false, false, NULL }
};
