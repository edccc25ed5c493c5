/* Sources: files, and scenarios stopped at a step. */
#include "walk/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_suite.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"
#include "run.h"

struct stopped {
	const struct source_options *o;
	const char *name;
	source_fn fn;
	void *ctx;
	int status;
	bool called;
};

static bool is_scenario(const char *name)
{
	const char *hash = strchr(name, '#');
	size_t n = hash ? (size_t)(hash - name) : strlen(name);

	return n > 4 &&
	       (strncmp(name + n - 4, ".dts", 4) == 0 || strncmp(name + n - 4, ".dtb", 4) == 0);
}

static bool apply_sets(struct image *im, const struct source_options *o)
{
	for (uint32_t i = 0; i < o->sets; i++) {
		const char *equals = strchr(o->set[i], '=');
		char reg[20];
		uint64_t value;

		if (!equals || equals == o->set[i] || (size_t)(equals - o->set[i]) >= sizeof(reg) ||
		    !cli_number(equals + 1, 0, UINT64_MAX, &value)) {
			cli_error("walk: --reg takes NAME=VALUE, a value such as 0x1000; got '%s'",
				  o->set[i]);
			return false;
		}
		memcpy(reg, o->set[i], (size_t)(equals - o->set[i]));
		reg[equals - o->set[i]] = '\0';
		if (image_set(im, reg, value)) {
			cli_error("walk: too many registers");
			return false;
		}
	}
	return true;
}

/* The architecture as told, as the source says, or as the registers given say. */
static bool settle_arch(struct image *im, const struct source_options *o)
{
	uint64_t value;
	bool vtd = image_get(im, "RTADDR", &value), amdvi = image_get(im, "DEVTAB", &value);

	if (o->arch_given)
		im->arch = o->arch;
	else if (!im->arch_known && vtd != amdvi)
		im->arch = amdvi ? BE_AMDVI : BE_VTD;
	else if (!im->arch_known) {
		cli_error("walk: %s does not say which registers lead to the tables; give --reg "
			  "RTADDR=VALUE (VT-d) or "
			  "--reg DEVTAB=VALUE (AMD-Vi)",
			  im->name);
		return false;
	}
	return true;
}

static int use(struct image *im, const struct source_options *o, const struct run *r, source_fn fn,
	       void *ctx)
{
	return apply_sets(im, o) && settle_arch(im, o) ? fn(ctx, im, r) : CLI_USAGE;
}

/* ---- scenarios ---- */

static int run_read(const struct image *im, uint64_t pa, uint64_t *val)
{
	struct run *const *r = im->own;
	struct backend *be = (*r)->be;
	uint8_t b[8];

	if (be->ops->load(be, pa, b, sizeof(b)))
		return -1;
	*val = 0;
	for (uint32_t k = 8; k-- > 0;)
		*val = *val << 8 | b[k];
	return 0;
}

static void read_registers(struct image *im, struct run *r)
{
	static const struct {
		enum be_arch arch;
		const char *name;
		uint32_t off, width;
	} regs[] = {
		{ BE_VTD, "CAP", VTD_REG_CAP, 8 },
		{ BE_VTD, "ECAP", VTD_REG_ECAP, 8 },
		{ BE_VTD, "GSTS", VTD_REG_GSTS, 4 },
		{ BE_VTD, "RTADDR", VTD_REG_RTADDR, 8 },
		{ BE_AMDVI, "DEVTAB", AMDVI_REG_DEVTAB, 8 },
		{ BE_AMDVI, "CONTROL", AMDVI_REG_CONTROL, 8 },
		{ BE_AMDVI, "EFR", AMDVI_REG_EFR, 8 },
	};

	im->arch = run_unit(r, 0)->arch;
	im->arch_known = true;
	for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		if (regs[i].arch == im->arch)
			image_set(im, regs[i].name,
				  r->be->ops->peek(r->be, 0, regs[i].off, regs[i].width));
	}
}

static void at_stop(void *ctx, struct run *r)
{
	struct stopped *s = ctx;
	struct image *im;

	s->called = true;
	if (!r->be->ops->load || !r->be->ops->peek) {
		cli_error("walk: the backend does not show its memory");
		s->status = CLI_USAGE;
		return;
	}
	im = image_new(s->name, sizeof(struct run *));
	*(struct run **)im->own = r;
	im->read = run_read;
	read_registers(im, r);
	s->status = use(im, s->o, r, s->fn, s->ctx);
	image_close(im);
}

static int with_scenario(const char *name, const struct source_options *o, source_fn fn, void *ctx)
{
	struct stopped stopped = {
		.o = o, .name = name, .fn = fn, .ctx = ctx, .status = CLI_USAGE
	};
	struct run_options options = { .seed = o->seed,
				       .backend = "sim",
				       .at_stop = at_stop,
				       .stop_step = o->step,
				       .stop_ctx = &stopped };
	struct suite suite = { 0 };
	struct run_result *res = cli_alloc(1, sizeof(*res));

	suite_add(&suite, name);
	if (!suite.bad && suite.jobs) {
		scenario_run(suite.entry[suite.job[0].entry].scenario, suite.job[0].permutation,
			     &options, res);
		if (!stopped.called && res->verdict != RUN_PASS)
			cli_error("walk: %s: the run ended before: %s%s%s", name, res->step,
				  res->step[0] ? ": " : "", res->text);
		else if (!stopped.called)
			cli_error("walk: %s: no step called '%s' ran", name, o->step);
	}
	suite_free(&suite);
	free(res);
	return stopped.status;
}

int source_with(const char *name, const struct source_options *o, source_fn fn, void *ctx)
{
	struct image *im;
	int status;

	if (is_scenario(name))
		return with_scenario(name, o, fn, ctx);
	if (o->step) {
		cli_error("walk: --step goes with a scenario (.dts or .dtb), %s is none", name);
		return CLI_USAGE;
	}
	im = image_open(name, &o->image);
	if (!im)
		return CLI_USAGE;
	status = use(im, o, NULL, fn, ctx);
	image_close(im);
	return status;
}
