/* iommu-sim walk: what a DMA would do, entry by entry, and what all of a device's tables say. */
#include "walk/cli_walk.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "decode/decoded.h"
#include "decode/scan.h"
#include "run.h"
#include "walk/export.h"
#include "walk/show.h"
#include "walk/source.h"
#include "walk/walk.h"

static const char help[] =
	"Usage: iommu-sim walk [OPTION...] SOURCE\n"
	"       iommu-sim walk --diff [OPTION...] SOURCE SOURCE\n"
	"\n"
	"Follows a device address through the tables: each entry's address, words and fields,\n"
	"the permission so far, and what stops it.\n"
	"\n"
	"A SOURCE is a scenario (FILE.dts or FILE.dts#ID, at --step or at its end), an ELF core\n"
	"(QEMU's dump-guest-memory, Linux's vmcore), a list of pages (docs/walk.md), the text of\n"
	"Linux's intel debugfs (iommu_regset, dmar_translation_struct,\n"
	"domain_translation_struct, alone or one after the other), or, with --raw, a raw copy.\n"
	"\n"
	"  -d, --device BDF     the requester: bus:device.function, or its name in a scenario\n"
	"  -a, --address IOVA   the device address\n"
	"  -w, --write          the device writes (it reads)\n"
	"      --pasid N        the request carries a PASID\n"
	"      --all            every mapping of the device, as ranges\n"
	"      --diff           what differs between the mappings of two sources\n"
	"  -r, --reg NAME=VALUE a register of the unit, over what the source says: RTADDR, CAP,\n"
	"                       GSTS; DEVTAB, CONTROL. Cores and raw copies need the first of "
	"each\n"
	"      --arch ARCH      vtd or amdvi, when neither source nor registers say\n"
	"      --raw BASE       the file is a raw copy of memory from this physical address\n"
	"      --step NAME      stop the scenario when this step is done\n"
	"      --seed N         the run's seed (1)\n"
	"  -f, --format FORMAT  text, json, or dot: the tables as a graph (text)\n"
	"      --export FILE    write what was read as a list of pages; - is standard output\n"
	"  -s, --scenario FILE  write it as a scenario with the request as last step\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 translated, or all shown, or no difference; 1 blocked or unknown, or a\n"
	"difference; 2 bad usage or input.\n";

enum format {
	TEXT,
	JSON,
	DOT
};

struct ranges {
	struct walk_range *at;
	size_t count, room;
};

struct job {
	struct source_options source;
	struct walk_request rq;
	const char *device;
	bool has_address, all, diff;
	enum format format;
	const char *export, *scenario;
	struct ranges found[2];
	uint32_t side;
};

/* The device of a scenario's machine with this node name, whole or up to the @; -1: none, -2: several. */
static int named_device(const struct run *r, const char *want)
{
	int found = -1;

	for (uint32_t i = 0; i < r->machine->devices; i++) {
		const char *name = r->machine->device[i].name;
		size_t n = strcspn(name, "@");

		if (strcmp(name, want) == 0)
			return (int)i;
		if (strlen(want) == n && strncmp(name, want, n) == 0)
			found = found == -1 ? (int)i : -2;
	}
	return found;
}

/* A device by bus:device.function, or by its name in the scenario's machine. */
static bool find_device(struct job *j, const struct run *r)
{
	struct decoded d = { .kind = DECODED_NOTHING };
	const char *p = j->device;
	char names[256] = "";
	int found;

	if (scan_bdf(&p, &d) && !*p) {
		j->rq.rid = d.rid;
		return true;
	}
	found = r ? named_device(r, j->device) : -1;
	if (found >= 0) {
		j->rq.rid = r->machine->device[found].rid;
		return true;
	}
	for (uint32_t i = 0; r && i < r->machine->devices; i++) {
		size_t n = strlen(names);

		snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "",
			 r->machine->device[i].name);
	}
	if (r)
		cli_error("walk: '%s' is %s; there are %s", j->device,
			  found == -2 ? "the name of several devices"
				      : "no bus:device.function and no device of the scenario",
			  names);
	else
		cli_error("walk: '%s' is no bus:device.function", j->device);
	return false;
}

static int write_file(const char *path, const char *text)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *f = standard ? stdout : fopen(path, "w");

	if (!f || fputs(text, f) < 0 || (standard ? fflush(f) : fclose(f))) {
		cli_error("walk: cannot write %s: %s", path, strerror(errno));
		return CLI_USAGE;
	}
	return CLI_OK;
}

static int write_exports(const struct job *j, const struct image *recorder,
			 const struct walk_result *res)
{
	char *text = NULL;
	size_t size = 0;
	const char *why = NULL;
	int status = CLI_OK;

	for (uint32_t i = 0; i < 2 && status == CLI_OK; i++) {
		const char *path = i ? j->scenario : j->export;
		FILE *f;

		if (!path)
			continue;
		f = cli_memory(&text, &size);
		if (i)
			why = export_scenario(f, recorder, &j->rq, res);
		else
			export_pages(f, recorder);
		fclose(f);
		if (why) {
			cli_error("walk: no scenario: %s", why);
			status = CLI_FAILED;
		} else {
			status = write_file(path, text);
		}
		free(text);
	}
	return status;
}

static void print_json(cJSON *root)
{
	char *text = cli_need(cJSON_Print(root));

	puts(text);
	free(text);
	cJSON_Delete(root);
}

static int one(const struct job *j, struct image *im, const struct run *r)
{
	struct image *recorder = export_recorder(im);
	struct walk_result res;
	bool quiet = (j->export && strcmp(j->export, "-") == 0) ||
		     (j->scenario && strcmp(j->scenario, "-") == 0);
	int status;

	walk_address(recorder, &j->rq, &res);
	if (j->format == JSON && !quiet) {
		print_json(show_walk_json(im, &j->rq, &res));
	} else if (j->format == DOT && !quiet) {
		show_dot(stdout, im, &j->rq);
	} else if (!quiet) {
		show_walk(stdout, im, &j->rq, &res);
		show_caches(stdout, r, &j->rq, &res);
	}
	status = write_exports(j, recorder, &res);
	if (status == CLI_OK && (res.end == WALK_BLOCKED || res.end == WALK_UNKNOWN))
		status = CLI_FAILED;
	image_close(recorder);
	return status;
}

static bool collect(void *ctx, const struct walk_range *r)
{
	struct ranges *list = ctx;

	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->at = cli_grow(list->at, list->room, sizeof(list->at[0]));
	}
	list->at[list->count++] = *r;
	return true;
}

static void tell_sweep(const struct walk_sweep *s)
{
	if (s->unknown)
		printf("  %" PRIu64 " words of the tables are not in the source; what they map is "
		       "missing here\n",
		       s->unknown);
	if (s->bad)
		printf("  %" PRIu64 " entries have reserved bits or values\n", s->bad);
	if (s->cut)
		printf("  the tables have more than %" PRIu64 " entries; the rest is left out\n",
		       (uint64_t)SWEEP_MAX);
}

static int everything(struct job *j, struct image *im)
{
	struct image *recorder = export_recorder(im);
	struct ranges *list = &j->found[j->side];
	struct walk_sweep sweep = { .range = collect, .ctx = list };
	struct walk_result res = { .steps = 0 };
	struct walk_tables t;
	bool pages = walk_device(recorder, &j->rq, &t, &res);
	int status = CLI_OK;
	cJSON *array;

	if (pages)
		walk_all(recorder, &t, &sweep);
	else
		fprintf(stderr, "iommu-sim: walk: %s: %02x:%02x.%x has no tables: %s\n", im->name,
			j->rq.rid >> 8, j->rq.rid >> 3 & 0x1F, j->rq.rid & 7, res.text);
	if (!j->diff && j->format == TEXT) {
		printf("%02x:%02x.%x, domain id %" PRIu32 ": %zu range%s\n", j->rq.rid >> 8,
		       j->rq.rid >> 3 & 0x1F, j->rq.rid & 7, res.domain, list->count,
		       list->count == 1 ? "" : "s");
		for (size_t i = 0; i < list->count; i++)
			show_range(stdout, &list->at[i]);
		tell_sweep(&sweep);
	} else if (!j->diff && j->format == JSON) {
		array = cli_need(cJSON_CreateArray());
		for (size_t i = 0; i < list->count; i++)
			cJSON_AddItemToArray(array, show_range_json(&list->at[i]));
		print_json(array);
	}
	if (!pages)
		status = CLI_FAILED;
	else if (!j->diff)
		status = write_exports(j, recorder, &res);
	image_close(recorder);
	return status;
}

static int do_source(void *ctx, struct image *im, const struct run *r)
{
	struct job *j = ctx;

	if (!find_device(j, r))
		return CLI_USAGE;
	if (j->format == DOT && !j->has_address) {
		show_dot(stdout, im, &j->rq);
		return CLI_OK;
	}
	return j->all || j->diff ? everything(j, im) : one(j, im, r);
}

/* ---- difference ---- */

/* The part of a range up to `last`, with a mark in front. */
static void show_part(char mark, const struct walk_range *r, uint64_t last)
{
	const struct walk_range part = { r->first, last, r->pa, r->perm };

	fputc(mark, stdout);
	show_range(stdout, &part);
}

/* Takes what lies up to `last` off the front of range *i of a list. */
static void advance(struct ranges *list, size_t *i, uint64_t last)
{
	struct walk_range *r = *i < list->count ? &list->at[*i] : NULL;

	if (!r || r->first > last)
		return;
	*i += r->last == last;
	r->pa += last + 1 - r->first;
	r->first = last + 1;
}

/* Cuts both lists at each other's ends, so that ranges are equal, alone, or differ as a whole; says how many do not agree. */
static int compare(struct ranges *a, struct ranges *b)
{
	size_t i = 0, k = 0;
	int differ = 0;

	while (i < a->count || k < b->count) {
		const struct walk_range *x = i < a->count ? &a->at[i] : NULL;
		const struct walk_range *y = k < b->count ? &b->at[k] : NULL;
		bool in_a = x && (!y || x->first <= y->first),
		     in_b = y && (!x || y->first <= x->first);
		uint64_t last;

		if (in_a && in_b)
			last = x->last < y->last ? x->last : y->last;
		else if (in_a)
			last = y && y->first <= x->last ? y->first - 1 : x->last;
		else
			last = x && x->first <= y->last ? x->first - 1 : y->last;
		if (!in_a || !in_b || x->pa != y->pa || x->perm != y->perm) {
			if (in_a)
				show_part('-', x, last);
			if (in_b)
				show_part('+', y, last);
			differ++;
		}
		advance(a, &i, last);
		advance(b, &k, last);
	}
	return differ;
}

static int difference(struct job *j, char **sources)
{
	int differ;

	for (j->side = 0; j->side < 2; j->side++) {
		int status = source_with(sources[j->side], &j->source, do_source, j);

		if (status == CLI_USAGE)
			return status;
	}
	differ = compare(&j->found[0], &j->found[1]);
	if (!differ)
		puts("  no difference");
	return differ ? CLI_FAILED : CLI_OK;
}

/* ---- options ---- */

enum {
	OPT_PASID = 256,
	OPT_ALL,
	OPT_DIFF,
	OPT_ARCH,
	OPT_RAW,
	OPT_STEP,
	OPT_SEED,
	OPT_EXPORT
};

static int bad(const char *option, const char *takes)
{
	cli_error("walk: --%s takes %s, got '%s'; see iommu-sim walk --help", option, takes,
		  optarg);
	return CLI_USAGE;
}

static int take_format(struct job *j)
{
	static const char *const names[] = { "text", "json", "dot" };

	for (uint32_t i = 0; i < 3; i++) {
		if (strcmp(optarg, names[i]) == 0) {
			j->format = (enum format)i;
			return CLI_OK;
		}
	}
	return bad("format", "text, json or dot");
}

static int take_arch(struct job *j)
{
	for (uint32_t n = 0; arch_at(n); n++) {
		if (strcmp(optarg, arch_at(n)->name) == 0) {
			j->source.arch = (enum be_arch)n;
			j->source.arch_given = true;
			return CLI_OK;
		}
	}
	return bad("arch", "vtd or amdvi");
}

static int take(struct job *j, int opt)
{
	uint64_t n;

	switch (opt) {
	case 'd':
		j->device = optarg;
		return CLI_OK;
	case 'a':
		j->has_address = true;
		return cli_number(optarg, 0, UINT64_MAX, &j->rq.addr)
			       ? CLI_OK
			       : bad("address", "a number such as 0x5000");
	case 'w':
		j->rq.write = true;
		return CLI_OK;
	case OPT_PASID:
		if (!cli_number(optarg, 0, 0xFFFFF, &n))
			return bad("pasid", "a number of at most 20 bits");
		j->rq.has_pasid = true;
		j->rq.pasid = (uint32_t)n;
		return CLI_OK;
	case OPT_ALL:
		j->all = true;
		return CLI_OK;
	case OPT_DIFF:
		j->diff = true;
		return CLI_OK;
	case 'r':
		if (j->source.sets == SOURCE_SETS)
			return bad("reg", "at most 16 registers");
		j->source.set[j->source.sets++] = optarg;
		return CLI_OK;
	case OPT_ARCH:
		return take_arch(j);
	case OPT_RAW:
		j->source.image.raw = true;
		return cli_number(optarg, 0, UINT64_MAX, &j->source.image.raw_base)
			       ? CLI_OK
			       : bad("raw", "a physical address");
	case OPT_STEP:
		j->source.step = optarg;
		return CLI_OK;
	case OPT_SEED:
		return cli_number(optarg, 0, UINT64_MAX, &j->source.seed) ? CLI_OK
									  : bad("seed", "a number");
	case 'f':
		return take_format(j);
	case OPT_EXPORT:
		j->export = optarg;
		return CLI_OK;
	default:
		j->scenario = optarg;
		return CLI_OK;
	}
}

static int run_job(struct job *j, int count, char **sources)
{
	if (count != (j->diff ? 2 : 1)) {
		cli_error("walk: expected %s; see iommu-sim walk --help",
			  j->diff ? "two sources" : "one source");
		return CLI_USAGE;
	}
	if (!j->device) {
		cli_error("walk: which device? Give --device bus:device.function; see iommu-sim "
			  "walk --help");
		return CLI_USAGE;
	}
	if (!j->has_address && !j->all && !j->diff && j->format != DOT) {
		cli_error("walk: which address? Give --address IOVA, or --all; see iommu-sim walk "
			  "--help");
		return CLI_USAGE;
	}
	if (j->scenario && !j->has_address) {
		cli_error("walk: --scenario writes a request too: give --address IOVA");
		return CLI_USAGE;
	}
	return j->diff ? difference(j, sources) : source_with(sources[0], &j->source, do_source, j);
}

int cli_walk(const char *program, int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "address", required_argument, NULL, 'a' },
		{ "write", no_argument, NULL, 'w' },
		{ "pasid", required_argument, NULL, OPT_PASID },
		{ "all", no_argument, NULL, OPT_ALL },
		{ "diff", no_argument, NULL, OPT_DIFF },
		{ "reg", required_argument, NULL, 'r' },
		{ "arch", required_argument, NULL, OPT_ARCH },
		{ "raw", required_argument, NULL, OPT_RAW },
		{ "step", required_argument, NULL, OPT_STEP },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "format", required_argument, NULL, 'f' },
		{ "export", required_argument, NULL, OPT_EXPORT },
		{ "scenario", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct job job = { .source = { .seed = 1 } };
	int opt, status = CLI_OK;

	(void)program;
	while ((opt = getopt_long(argc, argv, ":d:a:wr:f:s:h", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return cli_finish(CLI_OK);
		}
		if (opt == ':' || opt == '?')
			return cli_bad_option("walk", argc, argv, opt);
		status = take(&job, opt);
		if (status != CLI_OK)
			return status;
	}
	status = run_job(&job, argc - optind, argv + optind);
	free(job.found[0].at);
	free(job.found[1].at);
	return cli_finish(status);
}
