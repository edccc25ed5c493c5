/* The sides of a cross-check. */
#include "sides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct backend *open_sim(void *ctx, const struct be_config *config)
{
	(void)ctx;
	return backend_sim_open(config);
}

/* A policy is the simulator's freedom: QEMU has its own habits, which are allowed as well. */
static struct backend *open_qemu(void *ctx, const struct be_config *config)
{
	struct sides_qemu *q = ctx;
	struct be_config c = *config;

	memset(&c.policy, 0, sizeof(c.policy));
	return backend_qemu_open(&c, &q->options);
}

void sides_add_sim(struct sides *s)
{
	s->side[s->count++] =
		(struct random_side){ .who = { .name = "sim", .ours = true }, .open = open_sim };
}

/* A program that knows its devices may still not start one: an option it refuses, no memory, data that are missing. */
static bool starts(const struct sides_qemu *q, char *error, size_t size)
{
	struct be_qemu_options once = q->options;
	struct be_config config = { .seed = 1 };
	struct be_unit unit = { .arch = BE_VTD };
	struct backend *be;
	bool ok;

	once.keep = NULL; /* ended when it is closed: workers start their own */
	be = backend_qemu_open(&config, &once);
	if (!be) {
		snprintf(error, size, "out of memory");
		return false;
	}
	be->ops->unit_default(&unit);
	ok = be->ops->mem_add(be, 0, 0x3ffffff) == 0 && be->ops->unit_add(be, &unit) == 0 &&
	     be->ops->ready(be) == 0;
	if (!ok)
		snprintf(error, size, "%s: %s; --qemu names another", q->program.binary,
			 be->ops->why(be));
	be->ops->close(be);
	return ok;
}

bool sides_add_qemu(struct sides *s, const char *binary, char *error, size_t size)
{
	struct sides_qemu *q;

	if (s->qemus == SIDES_QEMU) {
		snprintf(error, size, "more than %d QEMU programs", SIDES_QEMU);
		return false;
	}
	q = calloc(1, sizeof(*q));
	if (!q) {
		snprintf(error, size, "out of memory");
		return false;
	}
	s->qemu[s->qemus++] = q;
	if (!qemu_probe(binary, NULL, &q->program, error, size))
		return false;
	q->options.binary = q->program.binary;
	q->options.program = &q->program;
	if (!starts(q, error, size))
		return false;
	q->options.keep = qemu_keep_new();
	snprintf(q->name, sizeof(q->name), "qemu %.*s", (int)strcspn(q->program.version, " "),
		 q->program.version);
	s->side[s->count++] = (struct random_side){
		.who = { .name = q->name, .version = q->program.number },
		.open = open_qemu,
		.ctx = q,
	};
	return true;
}

void sides_free(struct sides *s)
{
	for (uint32_t i = 0; i < s->qemus; i++) {
		qemu_keep_free(s->qemu[i]->options.keep);
		free(s->qemu[i]);
	}
	s->qemus = 0;
}
