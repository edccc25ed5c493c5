/* The sides of a cross-check. */
#include "sides.h"

static struct backend *open_sim(void *ctx, const struct be_config *config)
{
	(void)ctx;
	return backend_sim_open(config);
}

void sides_add_sim(struct sides *s)
{
	s->side[s->count++] =
		(struct random_side){ .who = { .name = "sim", .ours = true }, .open = open_sim };
}
