/*
 * Loading a scenario: the tree, checked whole, as steps ready to run.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "run.h"

static const char *const top_nodes[] = { "machine", "policy", "vary", "steps" };

static bool fail_at(const struct check *c, const struct dts_node *n, const char *text)
{
	return engine_fail(c->error, c->path, n->path, "%s", text);
}

/* ---- steps ---- */

/* A property that is no property of the verb may be a field of the step's register, entry or descriptor. */
static bool field_property(const struct check *c, const struct dts_node *n,
			   const struct dts_prop *p, bool *known, const void *arg)
{
	const struct step *s = arg;
	const struct prop_desc *common = desc_find(schema_step, p->name);
	const struct field *f;
	uint64_t v, word = 0;

	if (s->inside && strcmp(p->name, "at") == 0)
		common = schema_during;
	if (common) {
		*known = true;
		return check_prop(c, n, p, common);
	}
	f = s->layout ? layout_field(s->layout, p->name) : NULL;
	if (!f)
		return s->layout && p->name[0] >= 'A' && p->name[0] <= 'Z'
			       ? engine_fail(c->error, c->path, n->path,
					     "\"%s\" has no field \"%s\"", s->layout->name, p->name)
			       : true;
	*known = true;
	if (!dts_number(p, &v))
		return engine_fail(c->error, c->path, n->path, "field \"%s\": expected a number",
				   p->name);
	if (!field_put(f, v, &word))
		return engine_fail(c->error, c->path, n->path,
				   "field \"%s\": 0x%llx does not fit, or has bits below the field",
				   p->name, (unsigned long long)v);
	return true;
}

static bool find_verb(const struct check *c, struct step *s)
{
	const struct dts_prop *p = dts_find(s->node, "do");
	const char *best = NULL, *name;
	const struct verb *v;
	unsigned near = 3;

	if (!p || !dts_is_strings(p) || dts_string_count(p) != 1)
		return fail_at(c, s->node, "property \"do\" is missing; expected a verb in quotes");
	name = dts_string(p, 0);
	s->verb = verb_find(name);
	if (s->verb)
		return true;
	for (uint32_t i = 0; (v = verb_at(i)) != NULL; i++)
		if (name_distance(name, v->name) < near) {
			near = name_distance(name, v->name);
			best = v->name;
		}
	return engine_fail(c->error, c->path, s->node->path, "unknown verb \"%s\"%s%s%s", name,
			   best ? "; did you mean \"" : "", best ? best : "", best ? "\"?" : "");
}

static bool find_layout(const struct check *c, struct step *s)
{
	const struct dts_prop *p;

	if (!s->verb->fields_by)
		return true;
	p = dts_find(s->node, s->verb->fields_by);
	if (!p)
		return true;
	if (!dts_is_strings(p))
		return engine_fail(c->error, c->path, s->node->path,
				   "property \"%s\": expected a name in quotes",
				   s->verb->fields_by);
	/* an unknown name is reported by the property's own check */
	s->layout = layout_find(s->verb->fields, dts_string(p, 0));
	return true;
}

/* The property `at` of a during is the yield point, whatever the verb calls `at`. */
static bool without_at(const struct prop_desc *from, struct prop_desc *to, size_t max)
{
	size_t n = 0;

	for (; from->name && n + 1 < max; from++)
		if (strcmp(from->name, "at") != 0)
			to[n++] = *from;
	to[n] = (struct prop_desc){ 0 };
	return from->name == NULL;
}

static bool check_values(const struct check *c, struct step *s)
{
	struct prop_desc inside[64];

	if (!s->inside)
		return check_node(c, s->node, s->verb->props, field_property, s);
	return without_at(s->verb->props, inside, sizeof(inside) / sizeof(inside[0])) &&
	       check_node(c, s->node, inside, field_property, s);
}

static bool load_during(const struct check *c, struct step *outer, struct step *s,
			const struct dts_node *n)
{
	const struct dts_prop *at = dts_find(n, "at");

	if (!outer->verb->yields)
		return fail_at(c, n, "this verb makes no guest access that could be interrupted");
	*s = (struct step){ .node = n, .inside = true };
	if (!find_verb(c, s) || !find_layout(c, s))
		return false;
	if (!s->verb->interrupts)
		return fail_at(
			c, n,
			"only steps of a device, evict, advance, inject, ats, power, plug and "
			"check may "
			"run during another");
	if (!at)
		return fail_at(c, n, "property \"at\" is missing; expected <k> or \"each\"");
	if (!check_values(c, s))
		return false;
	if (n->child)
		return fail_at(c, n->child, "expected no node here");
	s->each = dts_is_strings(at);
	s->at = s->each ? 0 : dts_cell(at, 0);
	if (!s->each && !s->at)
		return fail_at(c, n, "property \"at\": yield points count from 1");
	outer->during = s;
	return true;
}

/* In a fault node: a field of some architecture's fault record. */
static bool record_property(const struct check *c, const struct dts_node *n,
			    const struct dts_prop *p, bool *known, const void *arg)
{
	const struct arch *a;
	uint64_t v;

	(void)arg;
	for (uint32_t i = 0; (a = arch_at(i)) != NULL; i++)
		*known |= layout_field(arch_record(a), p->name) != NULL;
	if (*known && !dts_number(p, &v))
		return engine_fail(c->error, c->path, n->path, "field \"%s\": expected a number",
				   p->name);
	return true;
}

static bool load_children(const struct check *c, struct step *s, struct step *during)
{
	for (const struct dts_node *n = s->node->child; n; n = n->next) {
		if (strcmp(n->name, "during") == 0) {
			if (!load_during(c, s, during, n))
				return false;
		} else if (!s->verb->child) {
			return fail_at(c, n, "expected no node here, but at most \"during\"");
		} else if (!check_node(c, n, s->verb->child, record_property, NULL)) {
			return false;
		} else if (n->child) {
			return fail_at(c, n->child, "expected no node here");
		}
	}
	return true;
}

/* Conditions have to speak of keys that vary, or they would never hold without anybody noticing. */
static bool check_conditions(const struct check *c, const struct step *s, const struct vary *v)
{
	static const char *const props[] = { "when", "unless" };
	const char *at;

	for (size_t k = 0; k < 2; k++) {
		const struct dts_prop *p = dts_find(s->node, props[k]);

		for (uint32_t i = 0; p && (at = dts_string(p, i)) != NULL; i++)
			if (!vary_has_key(v, at))
				return engine_fail(
					c->error, c->path, s->node->path,
					"property \"%s\": \"%s\" does not name a key of /vary as "
					"\"key=value\"",
					props[k], at);
			else if (!vary_has_values(v, at))
				return engine_fail(c->error, c->path, s->node->path,
						   "property \"%s\": \"%s\" has a value that the "
						   "key does not take",
						   props[k], at);
	}
	return true;
}

static bool load_step(const struct check *c, struct scenario *sc, uint32_t i,
		      const struct dts_node *n)
{
	struct step *s = sc->steps + 2 * (size_t)i;

	s->node = n;
	return find_verb(c, s) && find_layout(c, s) && check_values(c, s) &&
	       load_children(c, s, s + 1) && check_conditions(c, s, &sc->vary);
}

static bool load_steps(const struct check *c, struct scenario *sc, const struct dts_node *steps)
{
	uint32_t i = 0;

	for (uint32_t k = 0; k < steps->nprops; k++)
		if (!prop_is_implied(steps->props[k].name))
			return engine_fail(c->error, c->path, steps->path,
					   "unknown property \"%s\"", steps->props[k].name);
	for (const struct dts_node *n = steps->child; n; n = n->next)
		sc->step_count++;
	if (!sc->step_count)
		return fail_at(c, steps, "expected at least one step");
	sc->steps = calloc(2 * (size_t)sc->step_count, sizeof(*sc->steps));
	if (!sc->steps)
		return fail_at(c, steps, "out of memory");
	for (const struct dts_node *n = steps->child; n; n = n->next)
		if (!load_step(c, sc, i++, n))
			return false;
	return true;
}

/* ---- the whole ---- */

static bool check_top(const struct check *c, const struct dts_node *root)
{
	for (const struct dts_node *n = root->child; n; n = n->next) {
		bool known = strcmp(n->name, "__symbols__") == 0;

		for (size_t i = 0; i < sizeof(top_nodes) / sizeof(top_nodes[0]); i++)
			known |= strcmp(n->name, top_nodes[i]) == 0;
		if (!known)
			return fail_at(c, n, "unknown node; known: machine, policy, vary, steps");
	}
	return true;
}

/* Without the property everything is judged. */
static void load_judge(struct scenario *sc, const struct dts_prop *p)
{
	const char *name;

	sc->lenient = p != NULL;
	for (uint32_t i = 0; p && (name = dts_string(p, i)) != NULL; i++)
		sc->judged |= 1u << name_index(names_judge, name);
}

static bool load_root(struct scenario *sc, const struct check *c)
{
	const struct dts_node *root = dts_root(sc->tree);
	const struct dts_node *machine = dts_child(root, "machine"),
			      *steps = dts_child(root, "steps");
	const struct dts_prop *seed;

	if (!check_node(c, root, schema_root, NULL, NULL) || !check_top(c, root))
		return false;
	if (!machine)
		return fail_at(c, root,
			       "node \"machine\" is missing; /include/ one of scenarios/machines");
	if (!steps)
		return fail_at(c, root, "node \"steps\" is missing");
	sc->title = dts_string(dts_find(root, "title"), 0);
	sc->spec = dts_string(dts_find(root, "spec"), 0);
	load_judge(sc, dts_find(root, "judge"));
	seed = dts_find(root, "seed");
	if (seed)
		(void)dts_number(seed, &sc->seed);
	if (!machine_load(&sc->machine, c, machine))
		return false;
	setting_default(&sc->setting, &sc->machine);
	return policy_load(&sc->setting, &sc->machine, c, dts_child(root, "policy")) &&
	       vary_load(&sc->vary, &sc->setting, &sc->machine, c, dts_child(root, "vary")) &&
	       load_steps(c, sc, steps);
}

struct scenario *scenario_load(const char *path, struct engine_error *error)
{
	char why[900] = "out of memory";
	struct dts *tree = dts_load(path, why, sizeof(why));

	if (tree)
		return scenario_of_tree(tree, path, error);
	engine_fail(error, path, "", "%s", why);
	return NULL;
}

struct scenario *scenario_of_tree(struct dts *tree, const char *path, struct engine_error *error)
{
	struct scenario *sc = calloc(1, sizeof(*sc));

	error->text[0] = '\0';
	if (sc)
		sc->path = strdup(path);
	if (!sc || !sc->path) {
		free(sc);
		dts_free(tree);
		engine_fail(error, path, "", "out of memory");
		return NULL;
	}
	sc->tree = tree;
	if (!load_root(sc, &(struct check){ sc->path, sc->tree, error })) {
		scenario_free(sc);
		return NULL;
	}
	return sc;
}

void scenario_free(struct scenario *sc)
{
	if (!sc)
		return;
	vary_free(&sc->vary);
	dts_free(sc->tree);
	free(sc->steps);
	free(sc->path);
	free(sc);
}

const char *scenario_path(const struct scenario *sc)
{
	return sc->path;
}

const char *scenario_title(const struct scenario *sc)
{
	return sc->title;
}

const char *scenario_spec(const struct scenario *sc)
{
	return sc->spec;
}

uint32_t scenario_permutations(const struct scenario *sc)
{
	return sc->vary.permutations;
}

const char *scenario_permutation_id(const struct scenario *sc, uint32_t n)
{
	return n < sc->vary.permutations ? sc->vary.permutation[n].id : NULL;
}
