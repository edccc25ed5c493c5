/* iommu-sim run: selects permutations, runs them through the pool, reports. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cli_suite.h"
#include "html/report_page.h"
#include "pool.h"
#include "qemu/qemu.h"
#include "report.h"

#define DEFAULT_SEED 1
#define JOB_TIMEOUT_S 120

static const char help[] =
	"Usage: iommu-sim run [OPTION...] [PATH...]\n"
	"\n"
	"Runs scenarios. A PATH is a file, a folder searched for *.dts and *.dtb, or PATH#ID\n"
	"for one permutation; by default scenarios/.\n"
	"\n"
	"  -j, --jobs N          worker processes, by default one per processor; 0 runs all in\n"
	"                        this process\n"
	"      --seed N          seed of everything random, by default 1\n"
	"      --only ID         the permutations with this id alone\n"
	"      --shard I/N       the I-th of N parts of the permutations, I from 1\n"
	"      --backend NAME    what is driven: sim, or qemu\n"
	"      --qemu PATH       which qemu-system-x86_64, by default that of PATH; one below\n"
	"                        PREFIX/usr/bin takes its data from there\n"
	"      --format FORM     pretty, tap, junit or json\n"
	"      --trace FILE      write the trace; needs exactly one permutation. FILE.json is for\n"
	"                        Chrome's tracing and Perfetto, FILE.vcd for waveform viewers,\n"
	"                        anything else text, one event per line\n"
	"      --report FILE     also write a page (HTML, self-contained): the suite as a table,\n"
	"                        and a time line of each scenario\n"
	"      --fail-fast       stop at the first failure\n"
	"      --list            print what would run as PATH#ID, run nothing\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 all as expected, 1 some not, 2 bad usage or input.\n";

struct run {
	const char *program;
	struct run_options options;
	const struct report_form *form;
	const char *only;
	uint64_t workers, shard, shards;
	bool fail_fast, list;
	const char *qemu; /* the program named; NULL: none */
	struct be_qemu_options qemu_options;
	struct qemu_program qemu_program;

	struct suite suite;
	void *report;
	const char *page_path; /* of --report, NULL: none */
	struct page *page;
	struct report_totals totals;
	size_t last_entry; /* the last one an item was reported for */
	size_t last_error; /* the last one whose error was told */
};

enum {
	OPT_SEED = 256,
	OPT_ONLY,
	OPT_SHARD,
	OPT_BACKEND,
	OPT_QEMU,
	OPT_FORMAT,
	OPT_TRACE,
	OPT_REPORT,
	OPT_FAST,
	OPT_LIST
};

/* ---- pool callbacks ---- */

static void run_job(void *ctx, size_t n, struct run_result *result)
{
	const struct run *run = ctx;
	const struct suite_job *job = &run->suite.job[n];
	const struct suite_entry *e = &run->suite.entry[job->entry];

	if (e->scenario) {
		scenario_run(e->scenario, job->permutation, &run->options, result);
		return;
	}
	result->verdict = RUN_ERROR;
	snprintf(result->text, sizeof(result->text), "%s", e->error);
}

static void count_result(struct run *run, size_t entry, enum run_verdict verdict)
{
	struct report_totals *t = &run->totals;

	if (run->last_entry != entry)
		t->scenarios++;
	run->last_entry = entry;
	*(verdict == RUN_PASS   ? &t->passed
	  : verdict == RUN_FAIL ? &t->failed
	  : verdict == RUN_SKIP ? &t->skipped
				: &t->errors) += 1;
}

static bool job_done(void *ctx, size_t n, const struct run_result *result)
{
	struct run *run = ctx;
	const struct suite_job *job = &run->suite.job[n];
	const struct suite_entry *e = &run->suite.entry[job->entry];
	struct report_item item = {
		.path = e->path,
		.id = suite_job_id(&run->suite, job),
		.title = suite_job_title(&run->suite, job),
		.spec = e->scenario ? scenario_spec(e->scenario) : "",
		.result = result,
	};

	if (e->scenario && result->verdict == RUN_ERROR && run->last_error != job->entry) {
		cli_error("%s%s%s: %s%s%s", e->path, *item.id ? "#" : "", item.id, result->step,
			  *result->step ? ": " : "", result->text);
		run->last_error = job->entry; /* the other permutations mostly say the same */
	}
	count_result(run, job->entry, result->verdict);
	run->totals.unjudged += result->unjudged;
	run->form->item(run->report, &item);
	if (run->page)
		page_item(run->page, n, &item);
	if (run->fail_fast && (result->verdict == RUN_FAIL || result->verdict == RUN_ERROR)) {
		run->totals.stopped = n + 1 < run->suite.jobs;
		return false;
	}
	return true;
}

static void job_progress(void *ctx, size_t finished)
{
	struct run *run = ctx;

	if (run->form->progress)
		run->form->progress(run->report, finished);
}

/* ---- options ---- */

static bool parse_shard(struct run *run, const char *text)
{
	char left[24];
	const char *slash = strchr(text, '/');

	if (!slash || (size_t)(slash - text) >= sizeof(left))
		return false;
	memcpy(left, text, (size_t)(slash - text));
	left[slash - text] = '\0';
	return cli_number(slash + 1, 1, UINT32_MAX, &run->shards) &&
	       cli_number(left, 1, run->shards, &run->shard);
}

/* What is wrong with the value of the option just read, NULL when nothing. */
static const char *take_option(void *ctx, int opt)
{
	struct run *run = ctx;

	switch (opt) {
	case 'j':
		return cli_take_jobs(&run->workers);
	case OPT_SEED:
		return cli_number(optarg, 0, UINT64_MAX, &run->options.seed)
			       ? NULL
			       : "a number below 2^64";
	case OPT_SHARD:
		return parse_shard(run, optarg) ? NULL : "I/N with 1 <= I <= N, as in 2/4";
	case OPT_FORMAT:
		run->form = report_find(optarg);
		return run->form ? NULL : "pretty, tap, junit or json";
	case OPT_BACKEND:
		run->options.backend = optarg;
		return strcmp(optarg, "sim") == 0 || strcmp(optarg, "qemu") == 0 ? NULL
										 : "sim or qemu";
	case OPT_QEMU:
		if (run->qemu)
			return "one program; iommu-sim crosscheck takes several";
		run->qemu = optarg;
		return *optarg ? NULL : "the path of a qemu-system-x86_64";
	case OPT_TRACE:
		run->options.trace_path = optarg;
		return *optarg ? NULL : "the name of a file";
	case OPT_REPORT:
		run->page_path = optarg;
		return *optarg ? NULL : "the name of a file";
	case OPT_ONLY:
		run->only = optarg;
		return NULL;
	case OPT_FAST:
		run->fail_fast = true;
		return NULL;
	default:
		run->list = true;
		return NULL;
	}
}

static int parse(struct run *run, int argc, char **argv, bool *help_wanted)
{
	static const struct option options[] = {
		{ "jobs", required_argument, NULL, 'j' },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "only", required_argument, NULL, OPT_ONLY },
		{ "shard", required_argument, NULL, OPT_SHARD },
		{ "backend", required_argument, NULL, OPT_BACKEND },
		{ "qemu", required_argument, NULL, OPT_QEMU },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "trace", required_argument, NULL, OPT_TRACE },
		{ "report", required_argument, NULL, OPT_REPORT },
		{ "fail-fast", no_argument, NULL, OPT_FAST },
		{ "list", no_argument, NULL, OPT_LIST },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};

	return cli_options("run", argc, argv, options, take_option, run, help_wanted);
}

/* ---- QEMU ---- */

/* Asks the program once, before any worker does; CLI_USAGE with a message when it is none. */
static int find_qemu(struct run *run)
{
	char error[1024];

	if (strcmp(run->options.backend, "qemu") != 0) {
		if (!run->qemu)
			return CLI_OK;
		cli_error("run: --qemu needs --backend qemu");
		return CLI_USAGE;
	}
	if (!qemu_probe(run->qemu, NULL, &run->qemu_program, error, sizeof(error))) {
		cli_error("run: %s", error);
		return CLI_USAGE;
	}
	run->qemu_options.program = &run->qemu_program;
	run->qemu_options.keep = qemu_keep_new();
	run->options.qemu = &run->qemu_options;
	return CLI_OK;
}

/* ---- the command ---- */

/* Applies the selections; CLI_USAGE with a message when they contradict what was loaded. */
static int select_jobs(struct run *run, int argc, char **argv)
{
	if (optind == argc)
		suite_add(&run->suite, "scenarios");
	for (int i = optind; i < argc; i++)
		suite_add(&run->suite, argv[i]);
	if (run->only && !suite_keep_id(&run->suite, run->only)) {
		cli_error("run: no permutation has the id '%s'; see iommu-sim list --permutations",
			  run->only);
		return CLI_USAGE;
	}
	suite_keep_shard(&run->suite, run->shard, run->shards);
	if (run->options.trace_path && !run->list && run->suite.jobs != 1) {
		cli_error(
			"run: --trace needs exactly one permutation, %zu are selected; name one as "
			"PATH#ID, see iommu-sim run --list",
			run->suite.jobs);
		return CLI_USAGE;
	}
	return CLI_OK;
}

static int run_jobs(struct run *run)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = isatty(STDOUT_FILENO) && (!term || strcmp(term, "dumb") != 0);
	struct report_info info = {
		.out = stdout,
		.program = run->program,
		.backend = run->options.backend,
		.qemu = run->qemu,
		.version = run->qemu_program.version,
		.seed = run->options.seed,
		.total = run->suite.jobs,
		.terminal = terminal,
		.colour = terminal && (!no_colour || !*no_colour),
	};
	struct pool_spec spec = {
		.jobs = run->suite.jobs,
		.workers = run->workers < run->suite.jobs ? run->workers : run->suite.jobs,
		.timeout_ns = (uint64_t)JOB_TIMEOUT_S * 1000000000u,
		.ctx = run,
		.run = run_job,
		.done = job_done,
		.progress = job_progress,
	};
	int error;

	run->last_entry = run->last_error = SIZE_MAX;
	run->report = run->form->begin(&info);
	if (run->page_path)
		run->page = page_begin(&run->suite, &info);
	error = pool_run(&spec);
	run->form->end(run->report, &run->totals);
	if (run->page &&
	    page_end(run->page, run->page_path, &run->options, spec.workers, &run->totals))
		return CLI_USAGE;
	if (error == ECHILD) {
		cli_error("run: a worker failed after its last permutation; see its message above");
		return CLI_FAILED;
	}
	if (error) {
		cli_error("run: cannot start a worker: %s; try -j 0", strerror(error));
		return CLI_USAGE;
	}
	if (run->suite.bad || run->totals.errors)
		return CLI_USAGE;
	return run->totals.failed ? CLI_FAILED : CLI_OK;
}

int cli_run(const char *program, int argc, char **argv)
{
	struct run run = {
		.program = program,
		.options = { .seed = DEFAULT_SEED, .backend = "sim" },
		.form = &report_pretty,
		.workers = cli_workers(),
		.shard = 1,
		.shards = 1,
	};
	bool help_wanted = false;
	int status = parse(&run, argc, argv, &help_wanted);

	if (help_wanted) {
		fputs(help, stdout);
		return cli_finish(CLI_OK);
	}
	if (status == CLI_OK && !run.list)
		status = find_qemu(&run);
	if (status == CLI_OK)
		status = select_jobs(&run, argc, argv);
	if (status == CLI_OK && run.list) {
		suite_print_jobs(&run.suite);
		status = run.suite.bad ? CLI_USAGE : CLI_OK;
	} else if (status == CLI_OK) {
		status = run_jobs(&run);
	}
	qemu_keep_free(run.qemu_options.keep);
	suite_free(&run.suite);
	return cli_finish(status);
}
