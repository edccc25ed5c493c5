/* iommu-sim explore: selects what is swept and walked, and tells what came of it. */
#include "cli_explore.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "choose.h"
#include "cli.h"
#include "cli_suite.h"
#include "explore.h"
#include "replay.h"
#include "report.h"

#define DEFAULT_SEED 1
#define DEFAULT_WALKS 400
#define BAR 24

static const char help[] =
	"Usage: iommu-sim explore [OPTION...] [PATH...]\n"
	"\n"
	"Runs scenarios again and again, each time with one thing changed, and looks for what the\n"
	"scenario as it is does not show. A PATH is as for iommu-sim run; by default "
	"scenarios/common.\n"
	"Without one of the first three options all of them are done.\n"
	"\n"
	"      --fail-nth          each fault that can be injected, at its n-th occurrence, until\n"
	"                          there is no n-th\n"
	"      --interleave-kth    a DMA, an eviction, or time for the hardware at the k-th access "
	"of\n"
	"                          each step of the guest, until there is no k-th\n"
	"      --walks N           N random walks over the driver's calls (400 when all is done)\n"
	"      --seed S            seed of the walks, by default 1\n"
	"      --all               every permutation of a scenario, not only a few that show "
	"every\n"
	"                          value of every key\n"
	"      --every             every place, also those at which a change would come to the\n"
	"                          same as at an earlier one; for checking that it does\n"
	"      --max N             at most N schedules; without it, and with 0, there is no bound\n"
	"      --out DIR           write the scenarios that replay failures to DIR, not to "
	"standard\n"
	"                          output\n"
	"  -j, --jobs N            worker processes, by default one per processor; 0 runs all in\n"
	"                          this process\n"
	"      --format FORM       pretty, tap, junit or json; all but pretty need --out\n"
	"      --timing            tell schedules per second on standard error, as on a terminal,\n"
	"                          and what each scenario took\n"
	"  -h, --help              this text\n"
	"\n"
	"Exit status: 0 nothing found, 1 something found, 2 bad usage or input.\n";

struct command {
	const struct report_form *form;
	const char *program, *out;
	uint64_t workers, seed, max, walks;
	bool fail, interleave, all, every, timing, terminal;

	struct suite suite;
	struct explore explore;
	struct timespec start, told;
	struct report_totals totals;
};

enum {
	OPT_FAIL = 256,
	OPT_INTERLEAVE,
	OPT_WALKS,
	OPT_SEED,
	OPT_ALL,
	OPT_EVERY,
	OPT_MAX,
	OPT_OUT,
	OPT_FORMAT,
	OPT_TIMING
};

/* ---- options ---- */

/* What is wrong with the value of the option just read, NULL when nothing. */
static const char *take_option(void *ctx, int opt)
{
	struct command *c = ctx;

	switch (opt) {
	case 'j':
		return cli_take_jobs(&c->workers);
	case OPT_SEED:
		return cli_number(optarg, 0, UINT64_MAX, &c->seed) ? NULL : "a number below 2^64";
	case OPT_WALKS:
		return cli_number(optarg, 1, 10000000, &c->walks) ? NULL
								  : "a number from 1 to 10000000";
	case OPT_MAX:
		return cli_number(optarg, 0, UINT64_MAX, &c->max) ? NULL : "a number below 2^64";
	case OPT_FORMAT:
		c->form = report_find(optarg);
		return c->form ? NULL : "pretty, tap, junit or json";
	case OPT_OUT:
		c->out = optarg;
		return *optarg ? NULL : "the name of a folder";
	case OPT_FAIL:
		c->fail = true;
		return NULL;
	case OPT_INTERLEAVE:
		c->interleave = true;
		return NULL;
	case OPT_ALL:
		c->all = true;
		return NULL;
	case OPT_EVERY:
		c->every = true;
		return NULL;
	default:
		c->timing = true;
		return NULL;
	}
}

static int parse(struct command *c, int argc, char **argv, bool *help_wanted)
{
	static const struct option options[] = {
		{ "fail-nth", no_argument, NULL, OPT_FAIL },
		{ "interleave-kth", no_argument, NULL, OPT_INTERLEAVE },
		{ "walks", required_argument, NULL, OPT_WALKS },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "all", no_argument, NULL, OPT_ALL },
		{ "every", no_argument, NULL, OPT_EVERY },
		{ "max", required_argument, NULL, OPT_MAX },
		{ "out", required_argument, NULL, OPT_OUT },
		{ "jobs", required_argument, NULL, 'j' },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "timing", no_argument, NULL, OPT_TIMING },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int status = cli_options("explore", argc, argv, options, take_option, c, help_wanted);

	if (status != CLI_OK || *help_wanted)
		return status;
	if (c->form != &report_pretty && !c->out) {
		cli_error("explore: --format %s needs --out DIR, where the scenarios that replay "
			  "failures go",
			  c->form->name);
		return CLI_USAGE;
	}
	return CLI_OK;
}

/* ---- what is explored ---- */

static void add_entry(struct command *c, size_t entry)
{
	const struct scenario *sc = c->suite.entry[entry].scenario;
	uint32_t *order = cli_alloc(scenario_permutations(sc), sizeof(*order)), count = 0;

	for (size_t i = 0; i < c->suite.jobs; i++)
		if (c->suite.job[i].entry == entry)
			order[count++] = c->suite.job[i].permutation;
	/* PATH#ID names one: that one it is */
	if (!c->all && count == scenario_permutations(sc))
		count = choose_permutations(sc, order);
	for (uint32_t rank = 0; rank < count; rank++)
		explore_add(&c->explore, sc, order[rank], rank, c->fail, c->interleave);
	free(order);
}

static int make_folder(const char *path)
{
	struct stat st;

	if (mkdir(path, 0777) == 0 ||
	    (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
		return CLI_OK;
	cli_error("explore: cannot make the folder %s: %s", path, strerror(errno));
	return CLI_USAGE;
}

static int select_all(struct command *c, int argc, char **argv)
{
	bool sweeps;

	if (!c->fail && !c->interleave && !c->walks) {
		c->fail = c->interleave = true;
		c->walks = DEFAULT_WALKS;
	}
	sweeps = c->fail || c->interleave;
	if (!sweeps && optind < argc) {
		cli_error("explore: --walks alone takes no PATH, got '%s'", argv[optind]);
		return CLI_USAGE;
	}
	if (sweeps && optind == argc)
		suite_add(&c->suite, "scenarios/common");
	for (int i = optind; i < argc; i++)
		suite_add(&c->suite, argv[i]);
	if (c->suite.bad) /* told already */
		return CLI_USAGE;
	explore_init(&c->explore, c->seed, c->max ? c->max : UINT64_MAX, (size_t)c->workers);
	c->explore.every = c->every;
	explore_add_walks(&c->explore, c->walks); /* short, and first when --max is small */
	for (size_t i = 0; i < c->suite.entries; i++)
		add_entry(c, i);
	return c->out ? make_folder(c->out) : CLI_OK;
}

/* ---- the bar ---- */

static double seconds(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - since->tv_sec) + (double)(now.tv_nsec - since->tv_nsec) / 1e9;
}

static void tick(void *ctx, uint64_t done)
{
	struct command *c = ctx;
	size_t complete = 0, filled;

	if (!c->terminal || seconds(&c->told) < 0.1)
		return;
	clock_gettime(CLOCK_MONOTONIC, &c->told);
	for (size_t i = 0; i < c->explore.tasks; i++)
		complete += c->explore.progress[i].complete;
	filled = c->explore.tasks ? BAR * complete / c->explore.tasks : 0;
	fprintf(stderr, "\r\033[K[%.*s%.*s] %" PRIu64 " schedules, %.0f/s", (int)filled,
		"########################", (int)(BAR - filled), "                        ", done,
		(double)done / (seconds(&c->start) + 1e-9));
	fflush(stderr);
}

/* ---- telling ---- */

struct sum {
	size_t tasks, complete, begun; /* begun: and not complete */
	uint64_t schedules, places;
};

static struct sum sum_of(const struct command *c, enum task_kind kind)
{
	struct sum s = { 0 };

	for (size_t i = 0; i < c->explore.tasks; i++) {
		if (c->explore.task[i].kind != kind)
			continue;
		s.tasks++;
		if (c->explore.progress[i].complete && !c->explore.progress[i].crashes)
			s.complete++;
		else
			s.begun += c->explore.progress[i].next > 0;
		s.places += c->explore.progress[i].places;
		s.schedules += c->explore.progress[i].done;
	}
	return s;
}

/* Bases that could not be changed, because they fail or cannot run as they are. */
static size_t tell_unfit(const struct command *c, bool *failed)
{
	const struct explore *e = &c->explore;
	size_t count = 0, last = SIZE_MAX;

	for (size_t i = 0; i < e->tasks; i++) {
		const struct task *t = e->task + i;

		if (!e->progress[i].bad || t->sweep.base == last)
			continue;
		last = t->sweep.base;
		count++;
		if (strstr(t->text, " lacks "))
			continue; /* the simulator does not model it, as iommu-sim run says */
		*failed = true;
		cli_error("explore: %s%s%s: not explored, it fails unchanged: %s",
			  e->base[last].path, *e->base[last].id ? "#" : "", e->base[last].id,
			  t->text);
	}
	return count;
}

static void print_sum(const struct command *c, enum task_kind kind, const char *what)
{
	struct sum s = sum_of(c, kind);

	if (kind == TASK_WALK && c->walks)
		printf("  %-15s %8" PRIu64 " schedules: %" PRIu64 " of %" PRIu64
		       " walks, seed %" PRIu64 "\n",
		       what, s.schedules, s.schedules, c->walks, c->seed);
	else if (s.tasks)
		printf("  %-15s %8" PRIu64 " schedules: of %zu sweeps %zu complete, %zu cut short, "
		       "%zu not begun; %" PRIu64 " places%s\n",
		       what, s.schedules, s.tasks, s.complete, s.begun,
		       s.tasks - s.complete - s.begun, s.places,
		       c->every ? "" : ", those alike taken once");
}

static void print_failure(const struct failure *f, const struct replay *r)
{
	static const char *const made[] = { "", " (its replay could not be confirmed)" };

	printf("FAILED  %s%s\n", f->id, made[!r->confirmed]);
	report_lines(stdout, "  ", f->text, 98);
	printf("  %" PRIu64 " schedule%s failed so; %" PRIu32 " of %" PRIu32 " steps are left\n",
	       f->like, f->like == 1 ? "" : "s", f->steps, f->of);
	if (r->path)
		printf("  replay: iommu-sim run %s\n\n", r->path);
	else
		printf("  replay: save as a file and give it to iommu-sim run\n\n%s\n", r->text);
}

static void tell_pretty(struct command *c, const struct failure *f, const struct replay *r,
			size_t failures, size_t unfit)
{
	for (size_t i = 0; i < failures; i++)
		print_failure(f + i, r + i);
	printf("%" PRIu64 " schedules of %zu scenario%s, %zu permutations\n", c->explore.done,
	       c->suite.entries, c->suite.entries == 1 ? "" : "s", c->explore.bases);
	print_sum(c, TASK_FAIL, "fail-nth");
	print_sum(c, TASK_INTERLEAVE, "interleave-kth");
	print_sum(c, TASK_WALK, "walks");
	if (unfit)
		printf("  %zu permutations not explored\n", unfit);
	if (c->explore.done >= c->explore.max)
		printf("  --max %" PRIu64 " stopped it; 0 goes on to the end\n", c->max);
	printf("%zu failure%s\n", failures, failures == 1 ? "" : "s");
}

/* Whether some schedule of the entry's permutations failed, and how many there were. */
static bool entry_failed(const struct command *c, const char *path, uint64_t *schedules)
{
	const struct explore *e = &c->explore;
	bool failed = false;

	*schedules = 0;
	for (size_t i = 0; i < e->tasks; i++) {
		if (e->task[i].kind == TASK_WALK ||
		    strcmp(e->base[e->task[i].sweep.base].path, path) != 0)
			continue;
		*schedules += e->progress[i].done;
		failed |= e->progress[i].failed || e->progress[i].bad;
	}
	return failed;
}

static void item(struct command *c, void *report, const char *path, const char *title,
		 struct run_result *result)
{
	const struct report_item it = {
		.path = path, .id = "", .title = title, .spec = "", .result = result
	};

	*(result->verdict == RUN_PASS ? &c->totals.passed : &c->totals.failed) += 1;
	c->form->item(report, &it);
}

/* One item for each scenario in which nothing was found, and one for each failure. */
static void tell_form(struct command *c, const struct failure *f, const struct replay *r,
		      size_t failures)
{
	struct report_info info = {
		.out = stdout, .program = c->program, .backend = "sim", .seed = 1
	};
	struct run_result *result = cli_alloc(1, sizeof(*result));
	char title[100];
	uint64_t schedules;
	void *report;

	info.total = failures;
	for (size_t i = 0; i < c->suite.entries; i++)
		info.total += !entry_failed(c, c->suite.entry[i].path, &schedules);
	report = c->form->begin(&info);
	for (size_t i = 0; i < c->suite.entries; i++) {
		memset(result, 0, sizeof(*result));
		if (entry_failed(c, c->suite.entry[i].path, &schedules))
			continue;
		snprintf(title, sizeof(title), "explored: %" PRIu64 " schedules", schedules);
		item(c, report, c->suite.entry[i].path, title, result);
	}
	for (size_t i = 0; i < failures; i++) {
		memset(result, 0, sizeof(*result));
		result->verdict = RUN_FAIL;
		snprintf(result->text, sizeof(result->text), "%s", f[i].text);
		snprintf(result->facts, sizeof(result->facts), "%s", f[i].facts);
		item(c, report, r[i].path, f[i].id, result);
	}
	c->totals.scenarios = c->suite.entries;
	c->form->end(report, &c->totals);
	free(result);
}

/* Where the time went: of each scenario, processor time. */
static void tell_times(const struct command *c)
{
	const struct explore *e = &c->explore;

	fputs("  schedules     places    plan ms     run ms  scenario\n", stderr);
	for (size_t n = 0; n < c->suite.entries; n++) {
		uint64_t done = 0, count = 0, places = 0, plan_ns = 0, run_ns = 0;

		for (size_t b = 0; b < e->bases; b++) {
			if (strcmp(e->base[b].path, c->suite.entry[n].path) != 0)
				continue;
			plan_ns += e->planned[b].cpu_ns;
			for (size_t i = e->first[b]; i < e->first[b + 1]; i++) {
				done += e->progress[i].done;
				count += e->progress[i].count;
				places += e->progress[i].places;
				run_ns += e->progress[i].cpu_ns;
			}
		}
		fprintf(stderr, "%11" PRIu64 " of %" PRIu64 " %10" PRIu64 " %10.0f %10.0f  %s\n",
			done, count, places, (double)plan_ns / 1e6, (double)run_ns / 1e6,
			c->suite.entry[n].path);
	}
}

static int tell(struct command *c)
{
	size_t count, unfit;
	struct failure *f = explore_failures(&c->explore, &count);
	struct replay *r = cli_alloc(count, sizeof(*r));
	bool failed = count > 0;
	int status = CLI_OK;

	for (size_t i = 0; i < count && status == CLI_OK; i++)
		if (!replay_make(r + i, f + i, c->out, i, c->workers != 0))
			status = CLI_USAGE;
	unfit = tell_unfit(c, &failed);
	if (status == CLI_OK && c->form == &report_pretty)
		tell_pretty(c, f, r, count, unfit);
	else if (status == CLI_OK)
		tell_form(c, f, r, count);
	for (size_t i = 0; i < count; i++)
		replay_free(r + i);
	free(r);
	failures_free(f, count);
	return status != CLI_OK ? status : failed ? CLI_FAILED : CLI_OK;
}

static int explore_all(struct command *c)
{
	int error;
	double took;

	clock_gettime(CLOCK_MONOTONIC, &c->start);
	c->terminal = isatty(STDERR_FILENO);
	c->explore.tick = tick;
	c->explore.ctx = c;
	error = explore_run(&c->explore);
	took = seconds(&c->start);
	if (c->terminal)
		fputs("\r\033[K", stderr);
	if (error) {
		cli_error("explore: cannot start a worker: %s; try -j 0", strerror(error));
		return CLI_USAGE;
	}
	if (c->timing || c->terminal)
		fprintf(stderr, "%" PRIu64 " schedules in %.1f s, %.0f/s\n", c->explore.done, took,
			(double)c->explore.done / (took + 1e-9));
	if (c->timing && c->suite.entries)
		tell_times(c);
	return tell(c);
}

int cli_explore(const char *program, int argc, char **argv)
{
	struct command c = { .form = &report_pretty,
			     .program = program,
			     .workers = cli_workers(),
			     .seed = DEFAULT_SEED };
	bool help_wanted = false;
	int status = parse(&c, argc, argv, &help_wanted);

	if (help_wanted) {
		fputs(help, stdout);
		return cli_finish(CLI_OK);
	}
	if (status == CLI_OK)
		status = select_all(&c, argc, argv);
	if (status == CLI_OK)
		status = explore_all(&c);
	explore_free(&c.explore);
	suite_free(&c.suite);
	return cli_finish(status);
}
