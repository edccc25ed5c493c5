/* iommu-sim: subcommands, help, and what they share. */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acpi/cli_acpi.h"
#include "crosscheck/cli_crosscheck.h"
#include "coverage/cli_coverage.h"
#include "decode/cli_decode.h"
#include "engine.h"
#include "explore/cli_explore.h"
#include "walk/cli_walk.h"

struct command {
	const char *name;
	int (*run)(const char *program, int argc, char **argv);
	const char *what;
};

static const char schema_help[] =
	"Usage: iommu-sim schema\n"
	"\n"
	"Prints every node, verb and property of the scenario language, one line each.\n"
	"\n"
	"  -h, --help  this text\n";

void cli_error(const char *format, ...)
{
	va_list args;

	fputs("iommu-sim: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

int cli_bad_option(const char *command, int argc, char **argv, int opt)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "?";

	if (opt == ':')
		cli_error("%s: option '%s' needs an argument; see iommu-sim %s --help", command,
			  word, command);
	else if (optopt > 0 && optopt < 0x80 && strncmp(word, "--", 2) != 0)
		cli_error("%s: unknown option '-%c'; see iommu-sim %s --help", command, optopt,
			  command);
	else
		cli_error("%s: unknown option '%s'; see iommu-sim %s --help", command, word,
			  command);
	return CLI_USAGE;
}

int cli_bad_value(const char *command, const char *name, const char *want)
{
	cli_error("%s: option '%s%s' got '%s'; expected %s", command, name ? "--" : "",
		  name ? name : "-j", optarg, want);
	return CLI_USAGE;
}

int cli_options(const char *command, int argc, char **argv, const struct option *options,
		const char *(*take)(void *ctx, int opt), void *ctx, bool *help_wanted)
{
	int opt, index = 0;

	while ((opt = getopt_long(argc, argv, ":hj:", options, &index)) != -1) {
		const char *want;

		if (opt == 'h') {
			*help_wanted = true;
			return CLI_OK;
		}
		if (opt == '?' || opt == ':')
			return cli_bad_option(command, argc, argv, opt);
		want = take(ctx, opt);
		if (want)
			return cli_bad_value(command, opt == 'j' ? NULL : options[index].name,
					     want);
	}
	return CLI_OK;
}

bool cli_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end;
	unsigned long long value;

	if (text[0] < '0' || text[0] > '9')
		return false; /* strtoull would take blanks and a sign */
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || *end || value < min || value > max)
		return false;
	*out = value;
	return true;
}

uint64_t cli_workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > CLI_WORKERS_MAX ? CLI_WORKERS_MAX : (uint64_t)n;
}

const char *cli_take_jobs(uint64_t *workers)
{
	return cli_number(optarg, 0, CLI_WORKERS_MAX, workers) ? NULL : "a number from 0 to 256";
}

void *cli_need(void *memory)
{
	if (!memory) {
		cli_error("out of memory");
		exit(CLI_USAGE);
	}
	return memory;
}

void *cli_alloc(size_t count, size_t size)
{
	return cli_need(calloc(count ? count : 1, size));
}

void *cli_grow(void *old, size_t count, size_t size)
{
	if (count > SIZE_MAX / size)
		return cli_need(NULL);
	return cli_need(realloc(old, count * size));
}

char *cli_copy(const char *text)
{
	return cli_need(strdup(text));
}

FILE *cli_memory(char **text, size_t *size)
{
	return cli_need(open_memstream(text, size));
}

int cli_finish(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		cli_error("cannot write standard output: %s", strerror(errno));
		return CLI_USAGE;
	}
	return status;
}

static int cli_schema(const char *program, int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	int opt;

	(void)program;
	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (opt != 'h')
			return cli_bad_option("schema", argc, argv, opt);
		fputs(schema_help, stdout);
		return cli_finish(CLI_OK);
	}
	if (optind < argc) {
		cli_error("schema: takes no argument, got '%s'; see iommu-sim schema --help",
			  argv[optind]);
		return CLI_USAGE;
	}
	scenario_print_schema(stdout);
	return cli_finish(CLI_OK);
}

static const struct command commands[] = {
	{ "run", cli_run, "run scenarios and report what did not come out as expected" },
	{ "list", cli_list, "list scenarios, or the permutations of each" },
	{ "crosscheck", cli_crosscheck,
	  "compare the simulator with an independent reference, and with QEMU" },
	{ "decode", cli_decode,
	  "explain fault reports of a log, or raw values; write scenarios of them" },
	{ "walk", cli_walk,
	  "follow an address through the tables of a scenario, a core or a dump" },
	{ "acpi", cli_acpi, "make the ACPI tables of a scenario's machine: DMAR, IVRS" },
	{ "explore", cli_explore,
	  "run scenarios with faults and DMA at every place, and random walks" },
	{ "coverage", cli_coverage, "what of the specifications scenarios reach" },
	{ "schema", cli_schema, "print the scenario language: every verb and property" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_help(void)
{
	puts("Usage: iommu-sim COMMAND [OPTION...] [PATH...]\n"
	     "\n"
	     "A register-level IOMMU simulator, driven by scenario files.\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-10s  %s\n", commands[i].name, commands[i].what);
	puts("\n"
	     "  -h, --help     this text; after a command, the command's own\n"
	     "  -V, --version  the version\n"
	     "\n"
	     "Exit status: 0 all as expected, 1 some not, 2 bad usage or input.");
	return cli_finish(CLI_OK);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int cli_main(int argc, char **argv)
{
	const char *program = argc > 0 ? argv[0] : "iommu-sim";
	const struct command *command;

	opterr = 0; /* our own messages, in one form */
	if (argc < 2) {
		cli_error("no command; see iommu-sim --help");
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help();
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("iommu-sim " CLI_VERSION);
		return cli_finish(CLI_OK);
	}
	command = find_command(argv[1]);
	if (!command) {
		cli_error("unknown %s '%s'; see iommu-sim --help",
			  argv[1][0] == '-' ? "option" : "command", argv[1]);
		return CLI_USAGE;
	}
	return command->run(program, argc - 1, argv + 1);
}
