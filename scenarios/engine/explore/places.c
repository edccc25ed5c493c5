/*
 * Places: the probe of a run with nothing changed.
 */
#include "places.h"

#ifdef __GLIBC__
#include <execinfo.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "run.h"

#define FRAMES 20
#define RULES 12 /* of one run; the scenario has some of its own */

/* A set of digests. */
struct set {
	uint64_t *slot;
	uint32_t count, room; /* room: a power of two, or 0 */
};

struct probe {
	const struct base *base;
	const struct sweep *sweep;
	size_t count;
	bool every;
	struct places *out;
	uint32_t ahead; /* steps put before those of the base */
	uint32_t step, number;
	bool begun;
	struct set set;
	const struct fault *rule[RULES];
	size_t rule_sweep[RULES];
	uint32_t next[RULES]; /* occurrences before this one are in the list, or left out */
	uint32_t rules;
};

/* ---- sets ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t z = a + UINT64_C(0x9E3779B97F4A7C15) * (b + 1);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static bool put(uint64_t *slot, uint32_t room, uint64_t digest)
{
	uint32_t i = (uint32_t)digest & (room - 1);

	for (; slot[i]; i = (i + 1) & (room - 1))
		if (slot[i] == digest)
			return false;
	slot[i] = digest;
	return true;
}

/* True when it was not there. */
static bool set_add(struct set *s, uint64_t digest)
{
	digest |= 1; /* 0 is an empty slot */
	if (2 * s->count >= s->room) {
		uint32_t room = s->room ? 2 * s->room : 256;
		uint64_t *slot = cli_alloc(room, sizeof(*slot));

		for (uint32_t i = 0; i < s->room; i++)
			if (s->slot[i])
				(void)put(slot, room, s->slot[i]);
		free(s->slot);
		s->slot = slot;
		s->room = room;
	}
	if (!put(s->slot, s->room, digest))
		return false;
	s->count++;
	return true;
}

static void set_clear(struct set *s)
{
	if (s->count)
		memset(s->slot, 0, s->room * sizeof(*s->slot));
	s->count = 0;
}

static void take(struct places *p, uint32_t number)
{
	if (p->count % 64 == 0)
		p->number = cli_grow(p->number, p->count + 64, sizeof(*p->number));
	p->number[p->count++] = number;
}

/* ---- what is the same ---- */

/* Where in the driver's code the access is made: the calls that led to it. */
static uint64_t code_place(void)
{
	uint64_t digest = 0;
#ifdef __GLIBC__
	void *frame[FRAMES];
	int n = backtrace(frame, FRAMES);

	for (int i = 0; i < n; i++)
		digest = mix(digest, (uintptr_t)frame[i]);
#endif
	return digest;
}

/* What two moments are compared by. */
struct moment {
	struct run *run;
	struct guest_pending next;
	uint64_t hardware, stores;
	uint64_t
		point; /* the access, and where in the code; 0: nobody has asked yet, for that is dear */
	uint32_t number; /* of the access in its step */
	bool known;      /* it is one of the driver's */
};

static struct moment moment_of(struct run *r, uint32_t number)
{
	struct moment m = { .run = r,
			    .next = guest_pending(r->guest),
			    .number = number,
			    .known = r->step->verb->group != GROUP_METAL };

	r->be->ops->changes(r->be, &m.hardware, &m.stores);
	return m;
}

static uint64_t point_of(struct moment *m)
{
	if (!m->point)
		m->point = m->known ? mix(mix(mix(code_place(), m->next.kind), m->next.unit),
					  m->next.addr)
				    : mix(0, m->number);
	return m->point;
}

static bool any_cached(const struct run *r)
{
	for (uint32_t u = 0; u < r->machine->units; u++)
		for (int c = BE_CACHE_CONTEXT; c <= BE_CACHE_DEVICE; c++)
			if (r->be->ops->cache_count(r->be, u, (enum be_cache)c))
				return true;
	return false;
}

static uint64_t read_digest(const struct sweep *s, struct moment *m)
{
	struct run *r = m->run;
	int dev = machine_device(r->machine, s->dev);
	bool looks, walked = false;
	uint64_t walk = 0;

	if (dev >= 0)
		walk = r->be->ops->walk_digest(r->be, r->machine->device[dev].unit,
					       r->machine->device[dev].rid, s->iova, m->next.addr,
					       &walked);
	looks = !m->known || m->next.kind == GUEST_REG_READ ||
		(m->next.kind == GUEST_LOAD && walked);
	return mix(mix(mix(m->hardware, walk), guest_pages_held(r->guest)),
		   looks ? point_of(m) : 0);
}

/* Whether the action here is worth a schedule. */
static bool matters(struct probe *p, size_t i, struct moment *m)
{
	const struct sweep *s = p->sweep + i;
	uint64_t digest = 0;

	switch (s->action) {
	case ACTION_READ:
		digest = read_digest(s, m);
		break;
	case ACTION_EVICT:
		if (!any_cached(m->run))
			return false;
		digest = m->hardware;
		break;
	case ACTION_ADVANCE:
		if (m->run->be->ops->idle(m->run->be))
			return false;
		digest = mix(mix(m->hardware, m->stores), point_of(m));
		break;
	}
	return set_add(&p->set, mix(digest, i));
}

/* ---- interleaving ---- */

static void at_access(void *ctx, struct run *r, uint32_t step)
{
	struct probe *p = ctx;
	struct moment m;

	if (!p->begun || step != p->step) {
		p->begun = true;
		p->step = step;
		p->number = 0;
		set_clear(&p->set);
	}
	p->number++;
	if (step < p->ahead)
		return;
	m = moment_of(r, p->number);
	for (size_t i = 0; i < p->count; i++) {
		if (p->sweep[i].fault || p->sweep[i].step != step - p->ahead)
			continue;
		p->out[i].all++;
		if (p->every || matters(p, i, &m))
			take(p->out + i, p->number);
	}
}

static void no_rule(void *ctx, const char *name, uint32_t passed)
{
	(void)ctx;
	(void)name;
	(void)passed;
}

/* ---- faults ---- */

static void take_up_to(struct probe *p, uint32_t rule, uint32_t end)
{
	struct places *out = p->out + p->rule_sweep[rule];

	for (; p->next[rule] < end; p->next[rule]++) {
		out->all++;
		take(out, p->next[rule]);
	}
}

static int rule_of(const struct probe *p, const char *name)
{
	unsigned n;

	if (sscanf(name, "explore-fault-%u", &n) != 1 || n >= p->rules)
		return -1;
	return (int)n;
}

/* A register is read or written: the fault that strikes there may be like one before. */
static void at_register(void *ctx, struct run *r, uint32_t step)
{
	struct probe *p = ctx;
	struct moment m = moment_of(r, ++p->number);

	if (step != p->step)
		set_clear(&p->set);
	p->step = step;
	if (p->every || !m.known || m.next.kind > GUEST_REG_WRITE)
		return;
	for (uint32_t i = 0; i < r->rules; i++) {
		int n = rule_of(p, r->rule[i].node->name);
		uint32_t now;

		if (n < 0 || !fault_at_register(p->rule[n]) ||
		    (m.next.kind == GUEST_REG_WRITE && fault_at_reads(p->rule[n])))
			continue;
		now = r->be->ops->inject_passed(r->be, r->rule[i].number);
		take_up_to(p, (uint32_t)n, now);
		if (set_add(&p->set,
			    mix(mix(mix(m.hardware, m.stores), point_of(&m)), (uint64_t)n)))
			continue; /* it is taken when it has been passed */
		p->out[p->rule_sweep[n]].all++;
		p->next[n] = now + 1;
	}
}

static void at_rule(void *ctx, const char *name, uint32_t passed)
{
	struct probe *p = ctx;
	int n = rule_of(p, name);

	if (n >= 0)
		take_up_to(p, (uint32_t)n, passed);
}

/* ---- runs ---- */

static bool run_clean(struct probe *p, struct dts *tree,
		      void (*access)(void *, struct run *, uint32_t),
		      void (*rule)(void *, const char *, uint32_t), struct run_result *result)
{
	const struct run_probe probe = { .ctx = p, .access = access, .rule = rule };

	p->begun = false;
	p->number = 0;
	set_clear(&p->set);
	tree_run_probed(tree, p->base->path, &probe, result);
	return result->verdict == RUN_PASS;
}

static bool find_yields(struct probe *p, struct run_result *result)
{
	size_t first = 0;
	struct dts *tree;

	while (first < p->count && p->sweep[first].fault)
		first++;
	if (first == p->count)
		return true;
	tree = schedule_tree(p->base, p->sweep + first, SCHEDULE_CLEAN, NULL);
	p->ahead = schedule_steps_ahead(tree);
	return run_clean(p, tree, at_access, no_rule, result);
}

/* The faults after `from` whose scenarios end alike, as many as one run takes; *to: where to go on. */
static struct dts *gather(struct probe *p, bool corrupts, size_t from, size_t *to)
{
	p->rules = 0;
	for (*to = from; *to < p->count && p->rules < RULES; ++*to) {
		const struct sweep *s = p->sweep + *to;

		if (!s->fault || fault_corrupts(s->fault) != corrupts)
			continue;
		p->rule[p->rules] = s->fault;
		p->rule_sweep[p->rules] = *to;
		p->next[p->rules++] = 0;
	}
	return p->rules ? faults_tree(p->base, p->rule, p->rules) : NULL;
}

static bool find_occurrences(struct probe *p, struct run_result *result)
{
	for (int corrupts = 0; corrupts < 2; corrupts++)
		for (size_t at = 0; at < p->count;) {
			struct dts *tree = gather(p, corrupts, at, &at);

			if (tree && !run_clean(p, tree, at_register, at_rule, result))
				return false;
		}
	return true;
}

void places_find(const struct base *b, const struct sweep *s, size_t count, bool every,
		 struct places *out, struct run_result *result)
{
	struct probe p = { .base = b, .sweep = s, .count = count, .every = every, .out = out };
	bool good;

	memset(out, 0, count * sizeof(*out));
	memset(result, 0, sizeof(*result));
	good = find_yields(&p, result) && find_occurrences(&p, result);
	for (size_t i = 0; i < count && !good; i++)
		out[i].count = 0;
	free(p.set.slot);
}
