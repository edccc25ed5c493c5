/* iommu-sim coverage: runs a suite and holds what it reached against the specifications. */
#include "coverage/cli_coverage.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cli_suite.h"
#include "coverage/cover.h"
#include "coverage/model.h"
#include "coverage/show_cover.h"
#include "pool.h"

#define LEFT_OUT "coverage/left-out"
#define JOB_TIMEOUT_NS UINT64_C(120000000000)

_Static_assert(COVER_TEXT <= sizeof(((struct run_result *)0)->facts),
	       "what a run reached fits where a worker can tell it");

static const char help[] =
	"Usage: iommu-sim coverage [OPTION...] [PATH...]\n"
	"\n"
	"Runs scenarios and tells what of the specifications they reach: each field of a\n"
	"register, a table entry and a command, each command, fault reason and event code, each\n"
	"status bit going on and off; whether an expectation looked at it (named it or, for\n"
	"commands and entries, was compared after it); and for a reason\n"
	"whether a request of the same run comes through (a near miss). A PATH is a file or a\n"
	"folder, by default scenarios/.\n"
	"\n"
	"  -m, --missing        list what is not reached or not looked at\n"
	"  -l, --left-out FILE  items that are not expected, with reasons (" LEFT_OUT ")\n"
	"  -f, --format FORMAT  text, json or html (text)\n"
	"  -o, --output FILE    write there instead of standard output\n"
	"      --reasons        fail when a fault reason or event is not raised, not looked at or\n"
	"                       has no near miss\n"
	"  -j, --jobs N         worker processes (one for each processor)\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0, 1 with --reasons when one is missing or a scenario failed, 2 bad usage\n"
	"or input.\n";

struct job {
	struct suite suite;
	struct model model;
	struct reached reached;
	uint64_t workers;
};

static void run_one(void *ctx, size_t n, struct run_result *result)
{
	const struct job *j = ctx;
	const struct suite_job *job = &j->suite.job[n];
	const struct suite_entry *e = &j->suite.entry[job->entry];
	struct cover *cover = cli_alloc(1, sizeof(*cover));
	struct run_options options = { .seed = 1, .backend = "sim", .cover = cover };

	cover->model = &j->model;
	if (e->scenario) {
		scenario_run(e->scenario, job->permutation, &options, result);
		cover_end(cover);
		cover_write(&cover->bits, result->facts);
	} else {
		result->verdict = RUN_ERROR;
	}
	free(cover);
}

static void join(struct reached *r, const struct cover_bits *b, const char *path)
{
	for (uint32_t n = 0; n < r->model->items; n++) {
		if (cover_has(b->seen, n) && !r->first[n])
			r->first[n] = path;
	}
	for (uint32_t w = 0; w < COVER_WORDS; w++) {
		r->bits.seen[w] |= b->seen[w];
		r->bits.looked[w] |= b->looked[w];
		r->bits.near[w] |= b->near[w];
	}
}

static bool one_done(void *ctx, size_t n, const struct run_result *result)
{
	struct job *j = ctx;
	struct cover_bits *bits = cli_alloc(1, sizeof(*bits));

	j->reached.permutations++;
	if (result->verdict == RUN_PASS && cover_read(bits, result->facts))
		join(&j->reached, bits, j->suite.entry[j->suite.job[n].entry].path);
	else if (result->verdict != RUN_SKIP)
		j->reached.failed++;
	free(bits);
	return true;
}

static int run_all(struct job *j)
{
	struct pool_spec spec = { .jobs = j->suite.jobs,
				  .workers = j->workers,
				  .timeout_ns = JOB_TIMEOUT_NS,
				  .ctx = j,
				  .run = run_one,
				  .done = one_done };
	int error = pool_run(&spec);

	if (error && error != ECHILD) {
		cli_error("coverage: cannot start a worker: %s; try -j 0", strerror(error));
		return CLI_USAGE;
	}
	return CLI_OK;
}

static bool reasons_missing(const struct reached *r)
{
	bool any = false;

	for (uint32_t n = 0; n < r->model->items; n++) {
		const struct item *i = &r->model->item[n];

		if (i->kind != ITEM_REASON || i->left_out[0])
			continue;
		if (cover_has(r->bits.seen, n) && cover_has(r->bits.looked, n) &&
		    cover_has(r->bits.near, n))
			continue;
		cli_error("coverage: %s is %s", i->name,
			  !cover_has(r->bits.seen, n)     ? "raised by no scenario"
			  : !cover_has(r->bits.looked, n) ? "expected by no scenario"
							  : "without a near miss");
		any = true;
	}
	return any;
}

static int show(const struct job *j, const char *format, const char *output, bool missing)
{
	FILE *f = output ? fopen(output, "w") : stdout;

	if (!f) {
		cli_error("coverage: cannot write %s: %s", output, strerror(errno));
		return CLI_USAGE;
	}
	if (strcmp(format, "json") == 0)
		show_cover_json(f, &j->reached);
	else if (strcmp(format, "html") == 0)
		show_cover_html(f, &j->reached);
	else
		show_cover_text(f, &j->reached, missing);
	if (output && fclose(f)) {
		cli_error("coverage: cannot write %s: %s", output, strerror(errno));
		return CLI_USAGE;
	}
	return CLI_OK;
}

static bool known_format(const char *format)
{
	return strcmp(format, "text") == 0 || strcmp(format, "json") == 0 ||
	       strcmp(format, "html") == 0;
}

enum {
	OPT_REASONS = 256
};

int cli_coverage(const char *program, int argc, char **argv)
{
	static const struct option options[] = {
		{ "missing", no_argument, NULL, 'm' },
		{ "left-out", required_argument, NULL, 'l' },
		{ "format", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "reasons", no_argument, NULL, OPT_REASONS },
		{ "jobs", required_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct job *j = cli_alloc(1, sizeof(*j));
	const char *format = "text", *output = NULL, *left_out = NULL;
	bool missing = false, reasons = false;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int opt, status;

	(void)program;
	j->workers = processors < 1 ? 1 : (uint64_t)processors;
	while ((opt = getopt_long(argc, argv, ":ml:f:o:j:h", options, NULL)) != -1) {
		bool good = true;

		switch (opt) {
		case 'm':
			missing = true;
			break;
		case 'l':
			left_out = optarg;
			break;
		case 'f':
			format = optarg;
			good = known_format(format);
			break;
		case 'o':
			output = optarg;
			break;
		case OPT_REASONS:
			reasons = true;
			break;
		case 'j':
			good = cli_number(optarg, 0, 256, &j->workers);
			break;
		case 'h':
			fputs(help, stdout);
			free(j);
			return cli_finish(CLI_OK);
		default:
			free(j);
			return cli_bad_option("coverage", argc, argv, opt);
		}
		if (!good) {
			cli_error("coverage: %s; got '%s'",
				  opt == 'f' ? "--format takes text, json or html"
					     : "--jobs takes a number up to 256",
				  optarg);
			free(j);
			return CLI_USAGE;
		}
	}
	model_build(&j->model);
	j->reached.model = &j->model;
	if (!left_out && access(LEFT_OUT, R_OK) == 0)
		left_out = LEFT_OUT;
	if (optind == argc)
		suite_add(&j->suite, "scenarios");
	for (int i = optind; i < argc; i++)
		suite_add(&j->suite, argv[i]);
	status = j->suite.bad || (left_out && model_leave_out(&j->model, left_out)) ? CLI_USAGE
										    : run_all(j);
	if (status == CLI_OK)
		status = show(j, format, output, missing);
	if (status == CLI_OK && reasons && (reasons_missing(&j->reached) || j->reached.failed))
		status = CLI_FAILED;
	suite_free(&j->suite);
	model_free(&j->model);
	free(j);
	return cli_finish(status);
}
