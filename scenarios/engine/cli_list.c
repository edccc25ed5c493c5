/* iommu-sim list: what there is to run. */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "cli_suite.h"

static const char help[] =
	"Usage: iommu-sim list [OPTION...] [PATH...]\n"
	"\n"
	"Lists scenario files with their titles. A PATH is a file or a folder, by default\n"
	"scenarios/.\n"
	"\n"
	"  -p, --permutations  one line per permutation, as PATH#ID, which `run` takes\n"
	"  -h, --help          this text\n";

int cli_list(const char *program, int argc, char **argv)
{
	static const struct option options[] = {
		{ "permutations", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct suite suite = { 0 };
	bool permutations = false;
	int opt, status;

	(void)program;
	while ((opt = getopt_long(argc, argv, ":hp", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return cli_finish(CLI_OK);
		}
		if (opt != 'p')
			return cli_bad_option("list", argc, argv, opt);
		permutations = true;
	}
	if (optind == argc)
		suite_add(&suite, "scenarios");
	for (int i = optind; i < argc; i++)
		suite_add(&suite, argv[i]);
	if (permutations)
		suite_print_jobs(&suite);
	else
		suite_print_files(&suite);
	status = suite.bad ? CLI_USAGE : CLI_OK;
	suite_free(&suite);
	return cli_finish(status);
}
