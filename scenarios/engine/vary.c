/*
 * Settings and permutations. Values are text ("keep-all", "1", "0x100000") from the file to the id; applying one is the
 * only place that knows what it means.
 */
#include "vary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

#define VALUE_SIZE 40

void setting_default(struct setting *s, const struct machine *m)
{
	memset(s, 0, sizeof(*s));
	for (uint32_t i = 0; i < m->units; i++)
		memcpy(s->unit[i], m->unit[i].config, sizeof(s->unit[i]));
	for (uint32_t i = 0; i < m->units; i++)
		s->arch[i] = m->unit[i].first;
}

const struct be_unit *setting_unit(const struct setting *s, uint32_t i)
{
	return &s->unit[i][s->arch[i]];
}

/* ---- one value ---- */

static bool number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*out = strtoull(text, &end, 0);
	return *end == '\0' && *out <= max;
}

static bool set_cache(struct be_policy *p, const char *text)
{
	uint64_t n = 0;

	if (strcmp(text, "keep-all") == 0)
		p->keep = BE_KEEP_ALL;
	else if (strcmp(text, "keep-none") == 0)
		p->keep = BE_KEEP_NONE;
	else if (strncmp(text, "lru-", 4) == 0 && number(text + 4, 1u << 20, &n) && n)
		p->keep = BE_KEEP_LRU;
	else if (strncmp(text, "random-", 7) == 0 && number(text + 7, 1u << 20, &n) && n)
		p->keep = BE_KEEP_RANDOM;
	else
		return false;
	p->entries = (uint32_t)n;
	return true;
}

static bool set_bool(bool *to, const char *text, bool invert)
{
	uint64_t n;

	if (!number(text, 1, &n))
		return false;
	*to = (n != 0) != invert;
	return true;
}

static bool set_name(int *to, name_at_fn names, const char *text)
{
	*to = name_index(names, text);
	return *to >= 0;
}

/* The unit a key speaks of ("iommu1.cm"), unit 0 without a label; *name is what follows. */
static int key_unit(const struct machine *m, const char *key, const char **name)
{
	const char *dot = strrchr(key, '.');

	*name = key;
	if (!dot)
		return 0;
	*name = dot + 1;
	for (uint32_t i = 0; i < m->units; i++)
		if (strlen(m->unit[i].label) == (size_t)(dot - key) &&
		    strncmp(m->unit[i].label, key, (size_t)(dot - key)) == 0)
			return (int)i;
	return -1;
}

enum apply {
	APPLIED,
	NO_KEY,
	BAD_VALUE
};

static enum apply apply_unit(struct setting *s, const struct machine *m, const char *key,
			     const char *text)
{
	const char *name;
	int unit = key_unit(m, key, &name);
	enum apply done = NO_KEY;
	uint64_t n;

	/* on the architectures that have it */
	for (uint32_t i = 0; unit >= 0 && i < BE_ARCHS; i++) {
		if (!(m->unit[unit].archs & 1u << i) || !arch_capability(arch_at(i), name))
			continue;
		if (!number(text, UINT64_MAX, &n) || unit_set(&s->unit[unit][i], name, n))
			return BAD_VALUE;
		done = APPLIED;
	}
	return done;
}

/* Every unit is of that architecture. */
static bool set_machine(struct setting *s, const struct machine *m, const char *text)
{
	int arch = name_index(arch_name_at, text);

	for (uint32_t i = 0; i < m->units; i++) {
		if (arch < 0 || !(m->unit[i].archs & 1u << arch))
			return false;
		s->arch[i] = (enum be_arch)arch;
	}
	return true;
}

static enum apply apply(struct setting *s, const struct machine *m, const char *key,
			const char *text)
{
	struct be_policy *p = &s->policy;
	bool good;
	uint64_t n = 0;
	int i = 0;

	if (strcmp(key, "machine") == 0) {
		good = set_machine(s, m, text);
	} else if (strcmp(key, "cache") == 0) {
		good = set_cache(p, text);
	} else if (strcmp(key, "publish") == 0) {
		good = set_name(&i, names_publish, text);
		p->publish = (enum be_publish)i;
	} else if (strcmp(key, "delay") == 0) {
		good = set_name(&i, names_delay, text);
		p->delay = (enum be_delay)i;
	} else if (strcmp(key, "order") == 0) {
		good = set_name(&i, names_order, text);
		p->any_order = i == 1;
	} else if (strcmp(key, "inval") == 0) {
		good = set_name(&i, names_inval, text);
		s->register_inval = i == 1;
	} else if (strcmp(key, "inval-more") == 0) {
		good = set_bool(&p->inval_more, text, false);
	} else if (strcmp(key, "exact-range") == 0) {
		good = set_bool(&p->exact_range, text, false);
	} else if (strcmp(key, "prefetch") == 0) {
		good = set_bool(&p->prefetch, text, false);
	} else if (strcmp(key, "speculate") == 0) {
		good = set_bool(&p->speculate, text, false);
	} else if (strcmp(key, "uncached") == 0) {
		good = set_name(&i, names_uncached, text);
		p->keep_nothing = good && i ? 1u << (i - 1) : 0;
	} else if (strcmp(key, "rewalk") == 0) {
		good = set_bool(&p->rewalk, text, false);
	} else if (strcmp(key, "collapse") == 0) {
		good = set_bool(&p->collapse, text, false);
	} else if (strcmp(key, "superpages") == 0) {
		good = set_bool(&s->no_superpages, text, true);
	} else if (strcmp(key, "wide-stores") == 0) {
		good = set_bool(&s->wide_stores, text, false);
	} else if (strcmp(key, "seed") == 0) {
		good = number(text, UINT64_MAX, &n);
		s->seed = n;
	} else {
		return apply_unit(s, m, key, text);
	}
	return good ? APPLIED : BAD_VALUE;
}

/* Value i of a property as text. */
static void value_text(const struct dts_prop *p, uint32_t i, char *buf)
{
	if (dts_is_strings(p))
		snprintf(buf, VALUE_SIZE, "%s", dts_string(p, i));
	else if (dts_cell(p, i) > 0xffff)
		snprintf(buf, VALUE_SIZE, "0x%x", dts_cell(p, i));
	else
		snprintf(buf, VALUE_SIZE, "%u", dts_cell(p, i));
}

static uint32_t value_count(const struct dts_prop *p)
{
	if (dts_is_strings(p))
		return dts_string_count(p);
	return p->len && p->len % 4 == 0 ? p->len / 4 : 0;
}

static bool try_value(struct setting *s, const struct machine *m, const struct check *c,
		      const struct dts_node *node, const struct dts_prop *p, uint32_t i)
{
	char text[VALUE_SIZE];

	value_text(p, i, text);
	switch (apply(s, m, p->name, text)) {
	case APPLIED:
		return true;
	case NO_KEY:
		return engine_fail(
			c->error, c->path, node->path,
			"unknown key \"%s\"; expected a policy, a capability of the first "
			"unit, or label.capability",
			p->name);
	case BAD_VALUE:
		break;
	}
	return engine_fail(c->error, c->path, node->path, "key \"%s\" cannot be \"%s\"", p->name,
			   text);
}

bool policy_load(struct setting *s, const struct machine *m, const struct check *c,
		 const struct dts_node *node)
{
	if (!node)
		return true;
	for (uint32_t i = 0; i < node->nprops; i++) {
		const struct dts_prop *p = node->props + i;

		if (prop_is_implied(p->name))
			continue;
		if (value_count(p) != 1)
			return engine_fail(c->error, c->path, node->path,
					   "key \"%s\": expected one string or one cell", p->name);
		if (!try_value(s, m, c, node, p, 0))
			return false;
	}
	return true;
}

/* ---- axes ---- */

static uint32_t digit(const struct vary *v, uint32_t n, uint32_t axis)
{
	for (uint32_t i = v->axes; i-- > axis + 1;)
		n /= v->axis[i].values;
	return n % v->axis[axis].values;
}

/* Whether a key means something on the machine of this setting. */
static bool means_something(const struct setting *s, const struct machine *m, const char *key)
{
	bool register_inval = strcmp(key, "inval") != 0;
	const char *name;
	int unit;

	for (uint32_t i = 0; i < m->units; i++)
		register_inval |= arch_at(s->arch[i])->register_inval;
	if (desc_find(schema_policy, key))
		return register_inval;
	unit = key_unit(m, key, &name);
	return unit >= 0 && arch_capability(arch_at(s->arch[unit]), name);
}

/* The machine of combination `number`. */
static void choose_machine(const struct vary *v, uint32_t number, const struct machine *m,
			   struct setting *s)
{
	char text[VALUE_SIZE];

	for (uint32_t i = 0; i < v->axes; i++)
		if (strcmp(v->axis[i].prop->name, "machine") == 0) {
			value_text(v->axis[i].prop, digit(v, number, i), text);
			(void)set_machine(s, m, text);
		}
}

/* False when the combination repeats another one. */
static bool take_keys(const struct vary *v, const struct setting *base, const struct machine *m,
		      struct permutation *p)
{
	struct setting s = *base;

	p->keys = 0;
	choose_machine(v, p->number, m, &s);
	for (uint32_t i = 0; i < v->axes; i++) {
		if (means_something(&s, m, v->axis[i].prop->name))
			p->keys |= 1u << i;
		else if (digit(v, p->number, i))
			return false;
	}
	return true;
}

static bool make_id(const struct vary *v, struct permutation *p)
{
	char buf[VARY_AXES * (VALUE_SIZE + 40)];
	size_t at = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < v->axes; i++) {
		char text[VALUE_SIZE];
		int w;

		if (!(p->keys & 1u << i))
			continue;
		value_text(v->axis[i].prop, digit(v, p->number, i), text);
		w = snprintf(buf + at, sizeof(buf) - at, "%s%s=%s", at ? "," : "",
			     v->axis[i].prop->name, text);
		if (w < 0 || (size_t)w >= sizeof(buf) - at)
			return false;
		at += (size_t)w;
	}
	p->id = malloc(at + 1);
	if (p->id)
		memcpy(p->id, buf, at + 1);
	return p->id != NULL;
}

static bool make_permutations(struct vary *v, const struct setting *base, const struct machine *m,
			      const struct check *c, const char *path)
{
	v->permutation =
		calloc(v->product < VARY_MAX ? v->product : VARY_MAX, sizeof(*v->permutation));
	if (!v->permutation)
		return engine_fail(c->error, c->path, path, "out of memory");
	for (uint32_t n = 0; n < v->product; n++) {
		struct permutation p = { .number = n };

		if (!take_keys(v, base, m, &p))
			continue;
		if (v->permutations == VARY_MAX)
			return engine_fail(c->error, c->path, path,
					   "more than %u permutations; take values away or make "
					   "two scenarios",
					   VARY_MAX);
		if (!make_id(v, &p))
			return engine_fail(c->error, c->path, path, "out of memory");
		v->permutation[v->permutations++] = p;
	}
	return true;
}

static bool add_axis(struct vary *v, const struct setting *base, const struct machine *m,
		     const struct check *c, const struct dts_node *node, const struct dts_prop *p)
{
	struct axis *a = v->axis + v->axes;

	if (v->axes == VARY_AXES)
		return engine_fail(c->error, c->path, node->path, "more than %d keys", VARY_AXES);
	*a = (struct axis){ node, p, value_count(p) };
	if (!a->values || a->values > VARY_VALUES)
		return engine_fail(c->error, c->path, node->path,
				   "key \"%s\": expected 1 to %d values, strings or cells", p->name,
				   VARY_VALUES);
	for (uint32_t i = 0; i < a->values; i++) {
		struct setting scratch = *base;

		if (!try_value(&scratch, m, c, node, p, i))
			return false;
	}
	if (v->product > VARY_PRODUCT / a->values)
		return engine_fail(
			c->error, c->path, node->path,
			"more than %u permutations; take values away or make two scenarios",
			VARY_MAX);
	v->product *= a->values;
	v->axes++;
	return true;
}

bool vary_load(struct vary *v, const struct setting *base, const struct machine *m,
	       const struct check *c, const struct dts_node *node)
{
	memset(v, 0, sizeof(*v));
	v->product = 1;
	for (uint32_t i = 0; node && i < node->nprops; i++)
		if (!prop_is_implied(node->props[i].name) &&
		    !add_axis(v, base, m, c, node, node->props + i))
			return false;
	return make_permutations(v, base, m, c, node ? node->path : "/");
}

void vary_free(struct vary *v)
{
	for (uint32_t i = 0; v->permutation && i < v->permutations; i++)
		free(v->permutation[i].id);
	free(v->permutation);
	v->permutation = NULL;
}

void vary_apply(const struct vary *v, uint32_t n, const struct machine *m, struct setting *s)
{
	const struct permutation *p = v->permutation + n;
	char text[VALUE_SIZE];

	for (uint32_t i = 0; i < v->axes; i++) {
		if (!(p->keys & 1u << i))
			continue;
		value_text(v->axis[i].prop, digit(v, p->number, i), text);
		(void)apply(s, m, v->axis[i].prop->name, text);
	}
}

uint32_t vary_choice(const struct vary *v, uint32_t n, uint32_t axis)
{
	return digit(v, v->permutation[n].number, axis);
}

/* ---- conditions ---- */

static int condition_axis(const struct vary *v, const char *condition, const char **values)
{
	const char *eq = strchr(condition, '=');

	for (uint32_t i = 0; eq && i < v->axes; i++) {
		const char *key = v->axis[i].prop->name;

		if (strlen(key) == (size_t)(eq - condition) &&
		    strncmp(key, condition, (size_t)(eq - condition)) == 0) {
			*values = eq + 1;
			return (int)i;
		}
	}
	return -1;
}

bool vary_has_key(const struct vary *v, const char *condition)
{
	const char *values;

	return condition_axis(v, condition, &values) >= 0;
}

/* Whether one of "value|value" is `text`. */
static bool lists(const char *values, const char *text)
{
	size_t len = strlen(text);

	for (; values; values = strchr(values, '|'), values = values ? values + 1 : NULL)
		if (strncmp(values, text, len) == 0 && (values[len] == '\0' || values[len] == '|'))
			return true;
	return false;
}

bool vary_has_values(const struct vary *v, const char *condition)
{
	const char *values;
	int axis = condition_axis(v, condition, &values);
	uint32_t listed = 1, found = 0;
	char text[VALUE_SIZE];

	if (axis < 0)
		return false;
	for (const char *bar = strchr(values, '|'); bar; bar = strchr(bar + 1, '|'))
		listed++;
	for (uint32_t i = 0; i < v->axis[axis].values; i++) {
		value_text(v->axis[axis].prop, i, text);
		found += lists(values, text);
	}
	return found == listed;
}

bool vary_holds(const struct vary *v, uint32_t n, const char *condition)
{
	const char *values;
	int axis = condition_axis(v, condition, &values);
	char text[VALUE_SIZE];

	if (axis < 0 || !(v->permutation[n].keys & 1u << axis))
		return false;
	value_text(v->axis[axis].prop, digit(v, v->permutation[n].number, (uint32_t)axis), text);
	return lists(values, text);
}
