/*
 * What a scenario runs under, and how `vary` multiplies it.
 */
#ifndef ENGINE_VARY_H
#define ENGINE_VARY_H

#include "machine.h"

/* Everything that may differ between two permutations. */
struct setting {
	struct be_policy policy;
	uint64_t seed;
	bool register_inval, no_superpages, wide_stores;
	enum be_arch arch[MACHINE_UNITS]; /* which of its units a unit is */
	struct be_unit unit[MACHINE_UNITS][BE_ARCHS];
};

#define VARY_AXES 24
#define VARY_VALUES 64
#define VARY_MAX 4096u
#define VARY_PRODUCT (1u << 20) /* combinations looked through for them */

struct axis {
	const struct dts_node *node;
	const struct dts_prop *prop;
	uint32_t values;
};

struct permutation {
	uint32_t number; /* among all combinations of values */
	uint32_t keys;   /* bit i: axis i means something on this machine */
	char *id;
};

/*
 * A key that means nothing on a permutation's machine, such as a capability of the other architecture, does not multiply
 * it, is not in its id, and no condition on it holds.
 */
struct vary {
	struct axis axis[VARY_AXES];
	uint32_t axes;
	uint32_t product;
	uint32_t permutations;
	struct permutation *permutation;
};

/* Unit i as it is in this permutation. */
const struct be_unit *setting_unit(const struct setting *s, uint32_t i);

void setting_default(struct setting *s, const struct machine *m);

/* Reads /policy (NULL: none) into *s. */
bool policy_load(struct setting *s, const struct machine *m, const struct check *c,
		 const struct dts_node *node);

/* Reads /vary (NULL: none), checks that every value can be applied, and makes the ids. */
bool vary_load(struct vary *v, const struct setting *base, const struct machine *m,
	       const struct check *c, const struct dts_node *node);
void vary_free(struct vary *v);

/* Which of axis `axis`'s values permutation n has. */
uint32_t vary_choice(const struct vary *v, uint32_t n, uint32_t axis);

/* Applies permutation n to *s. */
void vary_apply(const struct vary *v, uint32_t n, const struct machine *m, struct setting *s);

/* True when "key=value" or "key=value|value" holds in permutation n; keys that do not vary never hold. */
bool vary_holds(const struct vary *v, uint32_t n, const char *condition);

/* True when the condition's key is one of the axes. */
bool vary_has_key(const struct vary *v, const char *condition);

/* True when each of its values, which are VARY_VALUES at most, is one that the key takes. */
bool vary_has_values(const struct vary *v, const char *condition);

#endif
