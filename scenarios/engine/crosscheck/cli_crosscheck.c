/* iommu-sim crosscheck: the simulator beside an independent reference, and beside QEMU. */
#include "cli_crosscheck.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "session.h"

#define MAX_WORKERS 256
#define MAX_CASES 100000000u

static const char help[] =
	"Usage: iommu-sim crosscheck [OPTION...]\n"
	"\n"
	"Generated cases: tables of every shape, stores, invalidations and DMA in any order. What\n"
	"the simulator does is compared with every outcome that an independent reference walker\n"
	"finds the architecture to allow.\n"
	"\n"
	"      --random N        N generated cases for each vendor, by default 500\n"
	"      --seed S          seed of the cases, by default 1\n"
	"      --vendor V        vtd or amdvi; both by default\n"
	"      --case N          case N alone\n"
	"      --print FILE      with --case and --vendor: writes the case as a scenario, plays "
	"nothing\n"
	"      --save DIR        where differences go as scenario files, by default here\n"
	"      --rows            prints the list of known differences, runs nothing\n"
	"  -j, --jobs N          worker processes, by default one per processor; 0 runs all in\n"
	"                        this process\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 no unexplained difference, 1 some, 2 bad usage or input.\n";

enum {
	OPT_RANDOM = 256,
	OPT_SEED,
	OPT_VENDOR,
	OPT_CASE,
	OPT_PRINT,
	OPT_SAVE,
	OPT_ROWS,
	OPT_ONLY
};

static uint64_t processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MAX_WORKERS ? MAX_WORKERS : (uint64_t)n;
}

static const char *take_vendor(struct session *s, const char *name)
{
	s->vendor[BE_VTD] = strcmp(name, "vtd") == 0;
	s->vendor[BE_AMDVI] = strcmp(name, "amdvi") == 0;
	return s->vendor[BE_VTD] || s->vendor[BE_AMDVI] ? NULL : "vtd or amdvi";
}

static const char *take_folder(struct session *s, const char *name)
{
	struct stat st;

	s->save = name;
	return stat(name, &st) == 0 && S_ISDIR(st.st_mode) ? NULL : "a folder that exists";
}

/* What is wrong with the value of the option just read, NULL when nothing. */
static const char *take_option(struct session *s, int opt)
{
	switch (opt) {
	case 'j':
		return cli_number(optarg, 0, MAX_WORKERS, &s->workers) ? NULL
								       : "a number from 0 to 256";
	case OPT_CASE:
		s->alone = true;
		return cli_number(optarg, 0, MAX_CASES, &s->random) ? NULL
								    : "a number up to 100000000";
	case OPT_RANDOM:
		return cli_number(optarg, 0, MAX_CASES, &s->random) ? NULL
								    : "a number up to 100000000";
	case OPT_SEED:
		return cli_number(optarg, 0, UINT64_MAX, &s->seed) ? NULL : "a number below 2^64";
	case OPT_VENDOR:
		return take_vendor(s, optarg);
	case OPT_PRINT:
		s->print = optarg;
		return *optarg ? NULL : "the name of a file";
	case OPT_SAVE:
		return take_folder(s, optarg);
	case OPT_ONLY:
		s->only = ONLY_SIM;
		return strcmp(optarg, "sim") == 0 ? NULL : "sim";
	default:
		return NULL;
	}
}

static int parse(struct session *s, int argc, char **argv, bool *help_wanted, bool *rows)
{
	static const struct option options[] = {
		{ "jobs", required_argument, NULL, 'j' },
		{ "random", required_argument, NULL, OPT_RANDOM },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "vendor", required_argument, NULL, OPT_VENDOR },
		{ "case", required_argument, NULL, OPT_CASE },
		{ "print", required_argument, NULL, OPT_PRINT },
		{ "save", required_argument, NULL, OPT_SAVE },
		{ "only", required_argument, NULL, OPT_ONLY },
		{ "rows", no_argument, NULL, OPT_ROWS },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt, index = 0;

	while ((opt = getopt_long(argc, argv, ":hj:", options, &index)) != -1) {
		const char *want;

		if (opt == '?' || opt == ':')
			return cli_bad_option("crosscheck", argc, argv, opt);
		*help_wanted = *help_wanted || opt == 'h';
		*rows = *rows || opt == OPT_ROWS;
		want = opt == 'h' || opt == OPT_ROWS ? NULL : take_option(s, opt);
		if (want) {
			cli_error("crosscheck: option '%s%s' got '%s'; expected %s",
				  opt == 'j' ? "" : "--", opt == 'j' ? "-j" : options[index].name,
				  optarg, want);
			return CLI_USAGE;
		}
	}
	return CLI_OK;
}

static int check(const struct session *s, int argc, char **argv)
{
	if (optind < argc) {
		cli_error("crosscheck: takes no path, got '%s'; see iommu-sim crosscheck --help",
			  argv[optind]);
		return CLI_USAGE;
	}
	if (s->print && (!s->alone || (s->vendor[BE_VTD] && s->vendor[BE_AMDVI]))) {
		cli_error("crosscheck: --print needs --case and --vendor");
		return CLI_USAGE;
	}
	return CLI_OK;
}

static int run(struct session *s)
{
	int status;

	sides_add_sim(&s->sides);
	status = session_random(s);
	if (s->print) {
		if (status != CLI_OK)
			cli_error("crosscheck: cannot write %s", s->print);
		return status;
	}
	if (status == CLI_OK) {
		printf("%u passed, %u failed\n", s->passed, s->failed);
		status = s->failed ? CLI_FAILED : CLI_OK;
	}
	return status;
}

int cli_crosscheck(const char *program, int argc, char **argv)
{
	struct session s = { .program = program,
			     .seed = 1,
			     .random = 500,
			     .workers = processors(),
			     .vendor = { true, true },
			     .save = "." };
	bool help_wanted = false, rows = false;
	int status = parse(&s, argc, argv, &help_wanted, &rows);

	if (status == CLI_OK && help_wanted) {
		fputs(help, stdout);
	} else if (status == CLI_OK && rows) {
		rows_print(stdout);
	} else {
		if (status == CLI_OK)
			status = check(&s, argc, argv);
		if (status == CLI_OK)
			status = run(&s);
	}
	return cli_finish(status);
}
