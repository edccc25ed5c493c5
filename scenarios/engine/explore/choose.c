/*
 * A few permutations that show every value once: always the one that shows most that was not seen yet.
 */
#include "choose.h"

#include <stdlib.h>
#include <string.h>

#include "run.h"

static uint32_t fresh(const struct vary *v, uint32_t n, bool (*seen)[VARY_VALUES], bool mark)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < v->axes; i++) {
		uint32_t value = vary_choice(v, n, i);

		if (!(v->permutation[n].keys >> i & 1))
			continue;
		count += !seen[i][value];
		seen[i][value] |= mark;
	}
	return count;
}

static bool taken(const uint32_t *order, uint32_t count, uint32_t n)
{
	for (uint32_t i = 0; i < count; i++)
		if (order[i] == n)
			return true;
	return false;
}

uint32_t choose_permutations(const struct scenario *sc, uint32_t *order)
{
	const struct vary *v = &sc->vary;
	bool seen[VARY_AXES][VARY_VALUES];
	uint32_t count = 0;

	memset(seen, 0, sizeof(seen));
	while (count < v->permutations) {
		uint32_t best = 0, most = 0;

		for (uint32_t n = 0; n < v->permutations; n++) {
			uint32_t more = fresh(v, n, seen, false);

			if (more > most && !taken(order, count, n)) {
				most = more;
				best = n;
			}
		}
		if (!most && count)
			break;
		(void)fresh(v, best, seen, true);
		order[count++] = best;
	}
	return count;
}
