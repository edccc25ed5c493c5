/* iommu-sim crosscheck: the simulator beside an independent reference, and beside QEMU. */
#include "cli_crosscheck.h"

#include <errno.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "firmware.h"
#include "json.h"
#include "session.h"

#define MAX_CASES 100000000u

static const char help[] =
	"Usage: iommu-sim crosscheck [OPTION...] [PATH...]\n"
	"\n"
	"Runs each permutation of the scenarios in PATH on the simulator and on QEMU, which both "
	"have\n"
	"to do what it expects, and the same, record by record. Then plays generated cases:\n"
	"tables of every shape, stores, invalidations and DMA in any order; what each side does is "
	"compared with every outcome "
	"that\n"
	"an independent reference walker finds the architecture to allow. What is known to differ "
	"is\n"
	"a list; anything else fails. Without PATH only cases are played.\n"
	"\n"
	"      --random N        N generated cases for each vendor, by default 500; 0: none\n"
	"      --seed S          seed of cases and scenarios, by default 1\n"
	"      --vendor V        of the cases: vtd or amdvi; both by default\n"
	"      --only SIDE       sim or qemu: the cases on this side alone; sim needs no QEMU\n"
	"      --qemu PROGRAM    which qemu-system-x86_64, up to four times; by default that of "
	"PATH\n"
	"      --tables          the ACPI tables of QEMU's machines beside ours, nothing else; "
	"every\n"
	"                        run with a QEMU begins with them\n"
	"      --from N          the cases from number N on, by default 0\n"
	"      --case N          case N alone\n"
	"      --verbose         says what the cases came by, and what they never did\n"
	"      --print FILE      with --case and --vendor: writes the case as a scenario, plays "
	"nothing\n"
	"      --save DIR        where differences go as scenario files, by default here\n"
	"      --matrix          with PATH: a table of the scenarios, and what each came to on "
	"each\n"
	"                        QEMU\n"
	"      --json FILE       writes the report there as well, as JSON\n"
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
	OPT_FROM,
	OPT_VERBOSE,
	OPT_PRINT,
	OPT_SAVE,
	OPT_ROWS,
	OPT_ONLY,
	OPT_TABLES,
	OPT_QEMU,
	OPT_MATRIX,
	OPT_JSON
};

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
		return cli_take_jobs(&s->workers);
	case OPT_CASE:
		s->alone = true;
		return cli_number(optarg, 0, MAX_CASES, &s->from) ? NULL
								  : "a number up to 100000000";
	case OPT_VERBOSE:
		s->verbose = true;
		return NULL;
	case OPT_FROM:
		s->ranged = true;
		return cli_number(optarg, 0, MAX_CASES, &s->from) ? NULL
								  : "a number up to 100000000";
	case OPT_RANDOM:
		return cli_number(optarg, 0, MAX_CASES, &s->random) ? NULL
								    : "a number up to 100000000";
	case OPT_SEED:
		return cli_number(optarg, 0, UINT64_MAX, &s->seed) ? NULL : "a number below 2^64";
	case OPT_VENDOR:
		return take_vendor(s, optarg);
	case OPT_TABLES:
		s->tables = true;
		return NULL;
	case OPT_PRINT:
		s->print = optarg;
		return *optarg ? NULL : "the name of a file";
	case OPT_MATRIX:
		s->matrix = true;
		return NULL;
	case OPT_JSON:
		s->json = optarg;
		return *optarg ? NULL : "the name of a file";
	case OPT_SAVE:
		return take_folder(s, optarg);
	case OPT_ONLY:
		s->only = strcmp(optarg, "sim") == 0 ? ONLY_SIM : ONLY_QEMU;
		return !strcmp(optarg, "sim") || !strcmp(optarg, "qemu") ? NULL : "sim or qemu";
	case OPT_QEMU:
		if (s->binaries == SIDES_QEMU)
			return "four programs at most";
		s->binary[s->binaries++] = optarg;
		return *optarg ? NULL : "the path of a qemu-system-x86_64";
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
		{ "verbose", no_argument, NULL, OPT_VERBOSE },
		{ "from", required_argument, NULL, OPT_FROM },
		{ "print", required_argument, NULL, OPT_PRINT },
		{ "save", required_argument, NULL, OPT_SAVE },
		{ "only", required_argument, NULL, OPT_ONLY },
		{ "qemu", required_argument, NULL, OPT_QEMU },
		{ "tables", no_argument, NULL, OPT_TABLES },
		{ "matrix", no_argument, NULL, OPT_MATRIX },
		{ "json", required_argument, NULL, OPT_JSON },
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
		if (want)
			return cli_bad_value("crosscheck", opt == 'j' ? NULL : options[index].name,
					     want);
	}
	return CLI_OK;
}

/* Told before hours of work, not after them. */
static bool can_write(const char *path)
{
	FILE *out = fopen(path, "a");

	if (!out)
		cli_error("crosscheck: cannot write %s: %s", path, strerror(errno));
	return out && fclose(out) == 0;
}

static int check(struct session *s, int argc, char **argv)
{
	if (optind < argc && s->only != ONLY_BOTH) {
		cli_error("crosscheck: scenarios run on both sides; --only goes without PATH");
		return CLI_USAGE;
	}
	if (s->tables && (optind < argc || s->alone || s->only == ONLY_SIM)) {
		cli_error("crosscheck: --tables goes without PATH, --case and --only sim");
		return CLI_USAGE;
	}
	if (optind == argc && s->matrix) {
		cli_error("crosscheck: --matrix needs PATH");
		return CLI_USAGE;
	}
	if (optind == argc && s->json && (s->tables || s->print || !s->random)) {
		cli_error("crosscheck: --json needs PATH or generated cases");
		return CLI_USAGE;
	}
	if (s->alone && s->ranged) {
		cli_error("crosscheck: --case is one case; --from goes without it");
		return CLI_USAGE;
	}
	if (s->alone)
		s->random = 1;
	for (int i = optind; i < argc; i++)
		suite_add(&s->suite, argv[i]);
	if (s->suite.bad || (s->json && !can_write(s->json)))
		return CLI_USAGE;
	if (s->print && (!s->alone || (s->vendor[BE_VTD] && s->vendor[BE_AMDVI]))) {
		cli_error("crosscheck: --print needs --case and --vendor");
		return CLI_USAGE;
	}
	return CLI_OK;
}

/* The sides asked for; CLI_USAGE with a message when one cannot be had. */
static int find_sides(struct session *s)
{
	char error[1024];

	if (s->only != ONLY_QEMU)
		sides_add_sim(&s->sides);
	if (s->only == ONLY_SIM)
		return CLI_OK;
	for (uint32_t i = 0; i < (s->binaries ? s->binaries : 1); i++)
		if (!sides_add_qemu(&s->sides, s->binaries ? s->binary[i] : NULL, error,
				    sizeof(error))) {
			cli_error("crosscheck: %s", error);
			return CLI_USAGE;
		}
	return CLI_OK;
}

/* CLI_USAGE with a message when it cannot be written after all. */
static int write_report(const struct session *s, int status)
{
	FILE *out = fopen(s->json, "w");
	char *text;
	bool ok;

	json_text(s->report, "tool", "iommu-sim crosscheck");
	json_number(s->report, "seed", s->seed);
	json_number(s->report, "passed", s->passed);
	json_number(s->report, "failed", s->failed);
	json_number(s->report, "skipped", s->skipped);
	text = cli_need(cJSON_Print(s->report));
	ok = out && fputs(text, out) >= 0 && fputc('\n', out) != EOF;
	ok = (!out || fclose(out) == 0) && ok;
	cJSON_free(text);
	if (ok)
		return status;
	cli_error("crosscheck: cannot write %s: %s", s->json, strerror(errno));
	return CLI_USAGE;
}

static int run(struct session *s)
{
	int status = find_sides(s);

	if (s->json)
		s->report = cli_need(cJSON_CreateObject());

	for (uint32_t i = 0; status == CLI_OK && i < s->sides.qemus; i++)
		printf("# qemu %s, %s, machine q35, seed %" PRIu64 "\n",
		       s->sides.qemu[i]->program.version, s->sides.qemu[i]->program.binary,
		       s->seed);
	if (status == CLI_OK && !s->alone && !s->print)
		status = session_tables(s);
	if (status == CLI_OK && s->suite.jobs)
		status = session_suite(s);
	if (status == CLI_OK && !s->tables && s->random)
		status = session_random(s);
	if (s->print) {
		if (status != CLI_OK)
			cli_error("crosscheck: cannot write %s", s->print);
		return status;
	}
	if (status == CLI_OK) {
		if (s->skipped)
			printf("%u skipped, in whole or from some operation on\n", s->skipped);
		printf("%u passed, %u failed\n", s->passed, s->failed);
		status = s->failed ? CLI_FAILED : CLI_OK;
		if (s->report)
			status = write_report(s, status);
	}
	return status;
}

int cli_crosscheck(const char *program, int argc, char **argv)
{
	struct session s = { .program = program,
			     .seed = 1,
			     .random = 500,
			     .workers = cli_workers(),
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
		cJSON_Delete(s.report);
		sides_free(&s.sides);
		suite_free(&s.suite);
	}
	return cli_finish(status);
}
