/*
 * Delta debugging: leaves out ever smaller runs of items.
 */
#include "shrink.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* Without items [first, first + size) of those still kept; false when nothing was left out. */
static bool without(bool *to, const bool *keep, uint32_t count, uint32_t first, uint32_t size)
{
	uint32_t seen = 0;
	bool any = false;

	memcpy(to, keep, count * sizeof(*keep));
	for (uint32_t i = 0; i < count; i++) {
		if (!keep[i])
			continue;
		if (seen >= first && seen < first + size) {
			to[i] = false;
			any = true;
		}
		seen++;
	}
	return any;
}

static uint32_t left(const bool *keep, uint32_t count)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += keep[i];
	return n;
}

uint32_t shrink(bool *keep, uint32_t count, uint32_t tries, shrink_fn fails, void *ctx)
{
	bool *trial = cli_alloc(count, sizeof(*trial));
	uint32_t size = count > 1 ? count / 2 : 1;

	for (uint32_t i = 0; i < count; i++)
		keep[i] = true;
	while (tries) {
		bool smaller = false;

		/* from the end: what came after the failure goes at once */
		for (uint32_t at = left(keep, count); at > 0 && tries;) {
			at = at > size ? at - size : 0;
			if (!without(trial, keep, count, at, size))
				continue;
			tries--;
			if (fails(ctx, trial)) {
				memcpy(keep, trial, count * sizeof(*keep));
				smaller = true;
			}
		}
		if (size == 1 && !smaller)
			break;
		if (size > 1)
			size /= 2;
	}
	free(trial);
	return left(keep, count);
}
