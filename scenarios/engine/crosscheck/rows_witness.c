/* Which scenario needs a row: where it runs and the row is not needed, the row is one too many. */
#include "rows.h"

#include <string.h>

/* clang-format off */

static const struct {
	const char *id, *path;
} witnesses[] = {
	{ "V14", "vtd/gcmd-srtp-keeps-caches-without-esrtps.dts" },
};

/* clang-format on */

const char *rows_witness(const char *id)
{
	for (size_t i = 0; i < sizeof(witnesses) / sizeof(witnesses[0]); i++)
		if (strcmp(witnesses[i].id, id) == 0)
			return witnesses[i].path;
	return NULL;
}
