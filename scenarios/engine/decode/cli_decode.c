/* iommu-sim decode: what a line of a log means, and a scenario that does it again. */
#include "decode/cli_decode.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "decode/log.h"
#include "decode/print.h"
#include "decode/raw.h"
#include "decode/reproduce.h"
#include "json.h"

static const char help[] =
	"Usage: iommu-sim decode [OPTION...] [FILE...]\n"
	"       iommu-sim decode [OPTION...] --raw NAME VALUE...\n"
	"\n"
	"Finds reports of an IOMMU in a log (standard input without FILE) and explains each:\n"
	"what happened, which field says so, the specification's section, the usual causes,\n"
	"what to look at next. Knows the wordings of Linux, Xen and FreeBSD for VT-d and\n"
	"AMD-Vi, and the labels of libiommu. Other lines are passed over.\n"
	"\n"
	"With --raw, explains a value: a fault record (FRCD LOW HIGH), an event (event with two\n"
	"64-bit or four 32-bit words), a register (FSTS, CAP, EFR ...), a table entry (dte,\n"
	"context, ss, pte ...) or a command. Words are hexadecimal, the lowest first.\n"
	"\n"
	"  -r, --raw            NAME and its words follow\n"
	"  -l, --level N        of a page-table entry: 0 holds 4 KiB pages (0)\n"
	"  -n, --names          the names that --raw takes\n"
	"  -s, --scenario FILE  write a scenario that raises the same record again; - is\n"
	"                       standard output\n"
	"  -p, --pick N         which report --scenario takes (the first that can be done)\n"
	"  -f, --format FORMAT  text or json (text)\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 reports were found, 1 there were none or the scenario cannot be\n"
	"written, 2 bad usage or input.\n";

struct options {
	bool raw, json;
	uint64_t level, pick;
	const char *scenario;
};

static int names(void)
{
	static const char *const kinds[] = { "register", "entry", "command" };
	const struct layout *l;

	for (uint32_t k = 0; k < 3; k++) {
		for (uint32_t n = 0; (l = layout_at((enum layout_kind)k, n)); n++)
			printf("%-8s %-26s %" PRIu32 " word%s\n", kinds[k], l->name,
			       l->size > 8 ? l->size / 8 : 1, l->size > 8 ? "s" : "");
	}
	return cli_finish(CLI_OK);
}

/* Whole reports in `log`; false after an error message. */
static bool read_files(struct log *log, int count, char **files)
{
	for (int i = 0; i < (count ? count : 1); i++) {
		bool standard = !count || strcmp(files[i], "-") == 0;
		FILE *f = standard ? stdin : fopen(files[i], "r");
		int rc;

		if (!f) {
			cli_error("decode: cannot open %s: %s", files[i], strerror(errno));
			return false;
		}
		rc = log_read(log, f);
		if (rc)
			cli_error("decode: cannot read %s: %s",
				  standard ? "standard input" : files[i], strerror(errno));
		if (!standard)
			fclose(f);
		if (rc)
			return false;
	}
	return true;
}

static void print_text(const struct log *log, FILE *out)
{
	bool colour = out == stdout && isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	for (uint32_t i = 0; i < log->reports; i++) {
		if (i)
			fputc('\n', out);
		print_report(out, &log->report[i], log->reports > 1 ? i + 1 : 0, colour);
	}
	if (log->dropped)
		fprintf(out,
			"\n%" PRIu64 " more lines with further reports were left out: %d different "
			"ones are kept\n",
			log->dropped, LOG_REPORTS);
	if (log->cut)
		fprintf(out,
			"\n%" PRIu64
			" lines were longer than %d bytes; their ends were not looked at\n",
			log->cut, LOG_LINE);
}

static void print_object(const struct log *log)
{
	cJSON *root = cli_need(cJSON_CreateObject()), *list;
	char *text;

	cli_need(cJSON_AddStringToObject(root, "tool", "iommu-sim " CLI_VERSION));
	list = cli_need(cJSON_AddArrayToObject(root, "reports"));
	for (uint32_t i = 0; i < log->reports; i++)
		cJSON_AddItemToArray(list, print_json(&log->report[i]));
	json_number(root, "dropped", log->dropped);
	text = cli_need(cJSON_Print(root));
	puts(text);
	free(text);
	cJSON_Delete(root);
}

/* The scenario's text of report `d`, or why there is none. */
static const char *scenario_text(const struct decoded *d, char **text, size_t *size)
{
	FILE *f = cli_memory(text, size);
	const char *why = reproduce(f, d);

	fclose(f);
	if (why) {
		free(*text);
		*text = NULL;
	}
	return why;
}

static int write_text(const struct options *o, const char *text, uint32_t number)
{
	bool standard = strcmp(o->scenario, "-") == 0;
	FILE *f = standard ? stdout : fopen(o->scenario, "w");

	if (!f || fputs(text, f) < 0 || (standard ? fflush(f) : fclose(f))) {
		cli_error("decode: cannot write %s: %s", o->scenario, strerror(errno));
		return CLI_USAGE;
	}
	if (!standard)
		fprintf(stderr,
			"iommu-sim: decode: report %" PRIu32
			" as a scenario in %s; run it: iommu-sim run %s\n",
			number, o->scenario, o->scenario);
	return CLI_OK;
}

/* The number of the first report that can be re-created, its scenario in *text; 0, and *why not. */
static uint32_t first_scenario(const struct log *log, bool waits, char **text, const char **why)
{
	size_t size;

	for (uint32_t i = 0; i < log->reports; i++) {
		const struct decoded *d = &log->report[i];
		const char *no;

		if ((d->kind == DECODED_WAIT) != waits)
			continue;
		no = scenario_text(d, text, &size);
		if (!no)
			return i + 1;
		if (i == 0 || d->kind != DECODED_NOTE)
			*why = no;
	}
	return 0;
}

/* The report that was asked for; else a record, which says more than that a wait was in vain. */
static int write_scenario(const struct log *log, const struct options *o)
{
	const char *why = "there is no such report";
	uint32_t number = (uint32_t)o->pick;
	char *text = NULL;
	size_t size;
	int status;

	if (!number)
		number = first_scenario(log, false, &text, &why);
	else if (number <= log->reports)
		why = scenario_text(&log->report[number - 1], &text, &size);
	if (!number)
		number = first_scenario(log, true, &text, &why);
	if (!text) {
		cli_error("decode: no scenario: %s", why);
		return CLI_FAILED;
	}
	status = write_text(o, text, number);
	free(text);
	return status;
}

static int decode(struct log *log, const struct options *o, int count, char **words)
{
	int status = CLI_OK;

	if (o->raw) {
		if (count < 2) {
			cli_error("decode: --raw takes a name and its words; see iommu-sim decode "
				  "--help");
			return CLI_USAGE;
		}
		if (!raw_decode(words[0], words + 1, (uint32_t)count - 1, (uint32_t)o->level,
				&log->report[0]))
			return CLI_USAGE;
		log->report[0].count = 1;
		log->reports = 1;
	} else if (!read_files(log, count, words)) {
		return CLI_USAGE;
	}
	if (o->scenario && strcmp(o->scenario, "-") == 0)
		return cli_finish(write_scenario(log, o));
	if (o->json)
		print_object(log);
	else
		print_text(log, stdout);
	if (!log->reports) {
		cli_error("decode: no report of an IOMMU in %" PRIu64 " lines", log->lines);
		status = CLI_FAILED;
	}
	if (o->scenario && log->reports)
		status = write_scenario(log, o);
	return cli_finish(status);
}

static int bad_number(const char *option, const char *text, uint32_t max)
{
	cli_error("decode: --%s takes a number up to %" PRIu32 ", got '%s'", option, max, text);
	return CLI_USAGE;
}

int cli_decode(const char *program, int argc, char **argv)
{
	static const struct option options[] = {
		{ "raw", no_argument, NULL, 'r' },
		{ "level", required_argument, NULL, 'l' },
		{ "names", no_argument, NULL, 'n' },
		{ "scenario", required_argument, NULL, 's' },
		{ "pick", required_argument, NULL, 'p' },
		{ "format", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options o = { 0 };
	struct log *log;
	int opt, status;

	(void)program;
	while ((opt = getopt_long(argc, argv, ":rl:ns:p:f:h", options, NULL)) != -1) {
		switch (opt) {
		case 'r':
			o.raw = true;
			break;
		case 'l':
			if (!cli_number(optarg, 0, 5, &o.level))
				return bad_number("level", optarg, 5);
			break;
		case 'n':
			return names();
		case 's':
			o.scenario = optarg;
			break;
		case 'p':
			if (!cli_number(optarg, 1, LOG_REPORTS, &o.pick))
				return bad_number("pick", optarg, LOG_REPORTS);
			break;
		case 'f':
			o.json = strcmp(optarg, "json") == 0;
			if (!o.json && strcmp(optarg, "text") != 0) {
				cli_error("decode: --format takes text or json, got '%s'", optarg);
				return CLI_USAGE;
			}
			break;
		case 'h':
			fputs(help, stdout);
			return cli_finish(CLI_OK);
		default:
			return cli_bad_option("decode", argc, argv, opt);
		}
	}
	log = cli_alloc(1, sizeof(*log));
	status = decode(log, &o, argc - optind, argv + optind);
	free(log);
	return status;
}
