/* iommu-sim coverage: runs a suite and holds what it reached against the specifications. */
#include "coverage/cli_coverage.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cli_suite.h"
#include "coverage/blocks.h"
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
	"status bit going on and off, and sequences such as a queue that goes on after an error.\n"
	"A PATH is a file or a folder, by default scenarios/.\n"
	"\n"
	"reached     the guest or the hardware met it with a value other than 0; an entry or a\n"
	"            command: the hardware read it\n"
	"looked at   and something was compared after it; a reason: an expectation names it\n"
	"named       an expectation names it\n"
	"near miss   a reason: and a request, interrupt or command of the same run comes through\n"
	"\n"
	"  -m, --missing        list what is not reached or not looked at\n"
	"  -l, --left-out FILE  items that are not expected, with reasons (" LEFT_OUT ")\n"
	"  -f, --format FORMAT  text, json or html (text)\n"
	"  -o, --output FILE    write there instead of standard output\n"
	"      --reasons        fail when a fault reason or event is not raised, not looked at or\n"
	"                       has no near miss\n"
	"      --all            fail when any item is not reached or not looked at\n"
	"      --blocks FILE    write how many scenarios reach each block of the driver; needs "
	"the\n"
	"                       build that `make coverage` makes\n"
	"  -j, --jobs N         worker processes (one for each processor)\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0, 1 with --reasons or --all when one is missing or a scenario failed, 2 "
	"bad\n"
	"usage or input.\n";

struct command {
	const char *format, *output, *left_out, *blocks_path;
	bool missing, reasons, all, help;
	uint64_t workers;

	struct suite suite;
	struct model model;
	struct reached reached;
	struct blocks *blocks; /* NULL: nobody asks */
};

/* ---- running ---- */

static void run_one(void *ctx, size_t n, struct run_result *result)
{
	const struct command *cmd = ctx;
	const struct suite_job *job = &cmd->suite.job[n];
	const struct suite_entry *e = &cmd->suite.entry[job->entry];
	struct cover *cover = cli_alloc(1, sizeof(*cover));
	struct run_options options = { .seed = 1, .backend = "sim", .cover = cover };

	cover->model = &cmd->model;
	if (e->scenario) {
		blocks_count_for(cmd->blocks, job->entry);
		scenario_run(e->scenario, job->permutation, &options, result);
		blocks_count_for(NULL, 0);
		cover_end(cover, result->checks);
		cover_write(&cover->bits, result->facts);
	} else {
		result->verdict = RUN_ERROR;
	}
	free(cover);
}

static void join(struct reached *r, const struct cover_bits *b, const char *path)
{
	for (uint32_t n = 0; n < r->model->items; n++) {
		if (cover_has(b, COVER_REACHED, n) && !r->first[n])
			r->first[n] = path;
	}
	for (uint32_t s = 0; s < COVER_SETS; s++) {
		for (uint32_t w = 0; w < COVER_WORDS; w++)
			r->bits.set[s][w] |= b->set[s][w];
	}
}

static bool one_done(void *ctx, size_t n, const struct run_result *result)
{
	struct command *cmd = ctx;
	struct cover_bits bits;

	cmd->reached.permutations++;
	if (result->verdict == RUN_PASS && cover_read(&bits, result->facts))
		join(&cmd->reached, &bits, cmd->suite.entry[cmd->suite.job[n].entry].path);
	else if (result->verdict != RUN_SKIP)
		cmd->reached.failed++;
	return true;
}

static int run_all(struct command *cmd)
{
	struct pool_spec spec = { .jobs = cmd->suite.jobs,
				  .workers = cmd->workers,
				  .timeout_ns = JOB_TIMEOUT_NS,
				  .ctx = cmd,
				  .run = run_one,
				  .done = one_done };
	int error;

	if (cmd->blocks_path && !blocks_counted()) {
		cli_error(
			"coverage: --blocks: this build does not count the driver's blocks; `make "
			"coverage` makes one that does, build/cov/iommu-sim");
		return CLI_USAGE;
	}
	if (cmd->blocks_path && !(cmd->blocks = blocks_open(cmd->suite.entries))) {
		cli_error("coverage: --blocks: no memory for %zu scenarios: %s", cmd->suite.entries,
			  strerror(errno));
		return CLI_USAGE;
	}
	error = pool_run(&spec);
	if (error && error != ECHILD) {
		cli_error("coverage: cannot start a worker: %s; try -j 0", strerror(error));
		return CLI_USAGE;
	}
	return CLI_OK;
}

/* ---- telling ---- */

/* Why the item is missing, NULL when it is not. */
static const char *why_missing(const struct reached *r, uint32_t n)
{
	bool reason = r->model->item[n].kind == ITEM_REASON;

	switch (lacks(r, n)) {
	case COVER_REACHED:
		return reason ? "raised by no scenario" : "reached by no scenario";
	case COVER_LOOKED:
		return reason ? "expected by no scenario"
			      : "reached, and nothing is compared after it";
	case COVER_NEAR:
		return "without a near miss";
	case COVER_NAMED:
	case COVER_SETS:
		break;
	}
	return NULL;
}

/* Of the reasons, or of all items; a message for each that is missing. */
static bool any_missing(const struct reached *r, bool all)
{
	bool any = false;

	for (uint32_t n = 0; n < r->model->items; n++) {
		const struct item *i = &r->model->item[n];
		const char *why = all || i->kind == ITEM_REASON ? why_missing(r, n) : NULL;

		if (!why)
			continue;
		cli_error("coverage: %s is %s", i->name, why);
		any = true;
	}
	return any;
}

/* `path` NULL: standard output. NULL after a message. */
static FILE *open_output(const char *path)
{
	FILE *f = path ? fopen(path, "w") : stdout;

	if (!f)
		cli_error("coverage: cannot write %s: %s", path, strerror(errno));
	return f;
}

static int close_output(FILE *f, const char *path)
{
	bool bad = path && ferror(f);

	if (path && (fclose(f) || bad)) {
		cli_error("coverage: cannot write %s: %s", path, strerror(errno));
		return CLI_USAGE;
	}
	return CLI_OK;
}

static const char *path_of(void *ctx, size_t scenario)
{
	const struct command *cmd = ctx;

	return cmd->suite.entry[scenario].path;
}

static int tell_blocks(struct command *cmd)
{
	FILE *f = open_output(cmd->blocks_path);

	if (!f)
		return CLI_USAGE;
	blocks_write(cmd->blocks, f, path_of, cmd);
	return close_output(f, cmd->blocks_path);
}

static int show(const struct command *cmd)
{
	FILE *f = open_output(cmd->output);

	if (!f)
		return CLI_USAGE;
	if (strcmp(cmd->format, "json") == 0)
		show_cover_json(f, &cmd->reached);
	else if (strcmp(cmd->format, "html") == 0)
		show_cover_html(f, &cmd->reached);
	else
		show_cover_text(f, &cmd->reached, cmd->missing);
	return close_output(f, cmd->output);
}

static int tell(struct command *cmd)
{
	int status = show(cmd);

	if (status == CLI_OK && cmd->blocks_path)
		status = tell_blocks(cmd);
	if (status == CLI_OK && (cmd->reasons || cmd->all) &&
	    (any_missing(&cmd->reached, cmd->all) || cmd->reached.failed))
		status = CLI_FAILED;
	return status;
}

/* ---- options ---- */

enum {
	OPT_REASONS = 256,
	OPT_ALL,
	OPT_BLOCKS
};

static const struct option options[] = {
	{ "missing", no_argument, NULL, 'm' },
	{ "left-out", required_argument, NULL, 'l' },
	{ "format", required_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{ "reasons", no_argument, NULL, OPT_REASONS },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "blocks", required_argument, NULL, OPT_BLOCKS },
	{ "jobs", required_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool known_format(const char *format)
{
	return strcmp(format, "text") == 0 || strcmp(format, "json") == 0 ||
	       strcmp(format, "html") == 0;
}

/* NULL, or what the option takes. */
static const char *take(struct command *cmd, int opt)
{
	switch (opt) {
	case 'm':
		cmd->missing = true;
		return NULL;
	case 'l':
		cmd->left_out = optarg;
		return NULL;
	case 'f':
		cmd->format = optarg;
		return known_format(optarg) ? NULL : "--format takes text, json or html";
	case 'o':
		cmd->output = optarg;
		return NULL;
	case OPT_REASONS:
		cmd->reasons = true;
		return NULL;
	case OPT_ALL:
		cmd->all = true;
		return NULL;
	case OPT_BLOCKS:
		cmd->blocks_path = optarg;
		return NULL;
	case 'j':
		return cli_number(optarg, 0, CLI_WORKERS_MAX, &cmd->workers)
			       ? NULL
			       : "--jobs takes a number up to 256";
	default:
		cmd->help = true;
		return NULL;
	}
}

static int parse(struct command *cmd, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, ":ml:f:o:j:h", options, NULL)) != -1) {
		const char *wanted;

		if (opt == ':' || opt == '?')
			return cli_bad_option("coverage", argc, argv, opt);
		wanted = take(cmd, opt);
		if (wanted) {
			cli_error("coverage: %s; got '%s'", wanted, optarg);
			return CLI_USAGE;
		}
		if (cmd->help)
			return CLI_OK;
	}
	return CLI_OK;
}

static int carry_out(struct command *cmd, int argc, char **argv)
{
	int status;

	model_build(&cmd->model);
	cmd->reached.model = &cmd->model;
	if (!cmd->left_out && access(LEFT_OUT, R_OK) == 0)
		cmd->left_out = LEFT_OUT;
	if (cmd->left_out && model_leave_out(&cmd->model, cmd->left_out))
		return CLI_USAGE;
	if (optind == argc)
		suite_add(&cmd->suite, "scenarios");
	for (int i = optind; i < argc; i++)
		suite_add(&cmd->suite, argv[i]);
	if (cmd->suite.bad)
		return CLI_USAGE;
	status = run_all(cmd);
	return status == CLI_OK ? tell(cmd) : status;
}

int cli_coverage(const char *program, int argc, char **argv)
{
	struct command *cmd = cli_alloc(1, sizeof(*cmd));
	int status;

	(void)program;
	cmd->format = "text";
	cmd->workers = cli_workers();
	status = parse(cmd, argc, argv);
	if (status == CLI_OK && cmd->help)
		fputs(help, stdout);
	else if (status == CLI_OK)
		status = carry_out(cmd, argc, argv);
	blocks_close(cmd->blocks);
	suite_free(&cmd->suite);
	if (cmd->model.item)
		model_free(&cmd->model);
	free(cmd);
	return cli_finish(status);
}
