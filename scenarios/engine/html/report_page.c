/* The data of the page: scenarios, the traces of the chosen permutations, and the layouts that decode them. */
#include "html/report_page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "json.h"
#include "pool.h"
#include "run.h"

#define JOB_TIMEOUT_NS UINT64_C(120000000000)
#define TRACE_BYTES (64u << 10)  /* of one time line; longer traces are cut */
#define TRACES_BYTES (24u << 20) /* of all; scenarios that pass lose theirs first */

struct row {
	size_t job; /* the chosen one */
	enum run_verdict verdict;
	size_t permutations, failed;
	char *step, *text, *again, *trace;
};

struct page {
	const struct suite *suite;
	struct report_info info;
	struct row *row; /* one for each entry of the suite */
	size_t *shown;   /* entries with a row, in order */
	size_t rows;
	char folder[64]; /* of the traces */
	struct run_options options;
};

struct page *page_begin(const struct suite *suite, const struct report_info *info)
{
	struct page *p = cli_alloc(1, sizeof(*p));

	p->suite = suite;
	p->info = *info;
	p->row = cli_alloc(suite->entries, sizeof(p->row[0]));
	p->shown = cli_alloc(suite->entries, sizeof(p->shown[0]));
	return p;
}

/* Of two verdicts the one that a reader wants to see. */
static bool worse(enum run_verdict a, enum run_verdict b)
{
	static const int rank[] = {
		[RUN_PASS] = 0, [RUN_SKIP] = 1, [RUN_ERROR] = 2, [RUN_FAIL] = 3
	};

	return rank[a] > rank[b];
}

static char *again_text(const struct page *p, const struct report_item *item)
{
	char *text = NULL;
	size_t size;
	FILE *f = cli_memory(&text, &size);

	report_again(f, &p->info, item);
	fclose(f);
	return text;
}

void page_item(struct page *p, size_t n, const struct report_item *item)
{
	size_t entry = p->suite->job[n].entry;
	struct row *row = &p->row[entry];
	const struct run_result *res = item->result;

	if (!row->permutations++)
		p->shown[p->rows++] = entry;
	else if (!worse(res->verdict, row->verdict)) {
		row->failed += res->verdict == RUN_FAIL;
		return;
	}
	row->failed += res->verdict == RUN_FAIL;
	row->job = n;
	row->verdict = res->verdict;
	free(row->step);
	free(row->text);
	free(row->again);
	row->step = cli_copy(res->step);
	row->text = cli_copy(res->verdict == RUN_PASS ? "" : res->text);
	row->again = again_text(p, item);
}

/* ---- traces ---- */

static void trace_path(const struct page *p, size_t n, char *path, size_t size)
{
	snprintf(path, size, "%s/%zu", p->folder, n);
}

static void run_row(void *ctx, size_t n, struct run_result *result)
{
	const struct page *p = ctx;
	const struct suite_job *job = &p->suite->job[p->row[p->shown[n]].job];
	const struct suite_entry *e = &p->suite->entry[job->entry];
	struct run_options options = p->options;
	char path[96];

	trace_path(p, n, path, sizeof(path));
	options.trace_path = path;
	if (e->scenario)
		scenario_run(e->scenario, job->permutation, &options, result);
}

static bool row_done(void *ctx, size_t n, const struct run_result *result)
{
	(void)ctx;
	(void)n;
	(void)result;
	return true;
}

/* What a worker wrote, at most TRACE_BYTES, whole lines. */
static char *read_trace(const char *path)
{
	char *text = cli_alloc(1, TRACE_BYTES + 1);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, TRACE_BYTES, f) : 0;
	char *last;

	if (f)
		fclose(f);
	text[n] = '\0';
	last = n == TRACE_BYTES ? strrchr(text, '\n') : NULL;
	if (last)
		last[1] = '\0';
	return text;
}

static int take_traces(struct page *p, const struct run_options *options, size_t workers)
{
	const char *tmp = getenv("TMPDIR");
	struct pool_spec spec = { .jobs = p->rows,
				  .workers = workers,
				  .timeout_ns = JOB_TIMEOUT_NS,
				  .ctx = p,
				  .run = run_row,
				  .done = row_done };
	char path[96];
	int error;

	p->options = *options;
	snprintf(p->folder, sizeof(p->folder), "%s/iommu-sim.XXXXXX",
		 tmp && *tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	if (!mkdtemp(p->folder)) {
		cli_error("run: --report: cannot make a folder for traces, %s: %s", p->folder,
			  strerror(errno));
		return -1;
	}
	error = pool_run(&spec);
	for (size_t n = 0; n < p->rows; n++) {
		trace_path(p, n, path, sizeof(path));
		p->row[p->shown[n]].trace = read_trace(path);
		unlink(path);
	}
	rmdir(p->folder);
	if (error && error != ECHILD) {
		cli_error("run: --report: cannot start a worker: %s", strerror(error));
		return -1;
	}
	return 0;
}

/* ---- data ---- */

static cJSON *layout_json(const struct arch *a, const struct layout *l, const struct be_unit *u)
{
	cJSON *o = cli_need(cJSON_CreateObject()), *fields, *field;
	char mask[24];

	cli_need(cJSON_AddStringToObject(o, "name", l->name));
	json_number(o, "size", l->size);
	if (l->kind == LAYOUT_REGISTER)
		json_number(o, "off", a->register_offset(l, u, 0));
	json_number(o, "type", l->type);
	fields = cli_need(cJSON_AddArrayToObject(o, "fields"));
	for (const struct field *f = l->fields; f->name; f++) {
		field = cli_need(cJSON_CreateArray());
		snprintf(mask, sizeof(mask), "0x%" PRIx64, f->mask);
		cJSON_AddItemToArray(field, cli_need(cJSON_CreateString(f->name)));
		cJSON_AddItemToArray(field, cli_need(cJSON_CreateNumber(f->word)));
		cJSON_AddItemToArray(field, cli_need(cJSON_CreateString(mask)));
		cJSON_AddItemToArray(fields, field);
	}
	return o;
}

static void add_layouts(cJSON *root)
{
	static const char *const kinds[] = { "registers", "entries", "commands" };
	cJSON *all = cli_need(cJSON_AddObjectToObject(root, "layouts"));
	const struct arch *a;
	const struct layout *l;

	for (uint32_t n = 0; (a = arch_at(n)); n++) {
		cJSON *o = cli_need(cJSON_AddObjectToObject(all, a->name));
		struct be_unit u = { .arch = (enum be_arch)n };

		backend_sim_ops.unit_default(&u);
		for (uint32_t k = 0; k < 3; k++) {
			cJSON *list = cli_need(cJSON_AddArrayToObject(o, kinds[k]));

			for (uint32_t i = 0; (l = layout_at((enum layout_kind)k, i)); i++) {
				if (arch_has_layout(a, l))
					cJSON_AddItemToArray(list, layout_json(a, l, &u));
			}
		}
		cJSON_AddItemToObject(o, "record", layout_json(a, arch_record(a), &u));
	}
}

/* The architecture of the chosen permutation's first unit. */
static const char *arch_name(const struct page *p, const struct row *row)
{
	const struct suite_job *job = &p->suite->job[row->job];
	const struct scenario *sc = p->suite->entry[job->entry].scenario;
	struct setting setting;

	if (!sc)
		return "";
	setting = sc->setting;
	vary_apply(&sc->vary, job->permutation, &sc->machine, &setting);
	return arch_of(setting_unit(&setting, 0))->name;
}

static cJSON *row_json(const struct page *p, size_t entry, size_t *bytes)
{
	const struct row *row = &p->row[entry];
	const struct suite_job *job = &p->suite->job[row->job];
	const struct suite_entry *e = &p->suite->entry[entry];
	cJSON *o = cli_need(cJSON_CreateObject());
	bool kept = row->trace &&
		    (row->verdict != RUN_PASS || *bytes + strlen(row->trace) < TRACES_BYTES);

	json_text(o, "path", e->path);
	json_text(o, "id", suite_job_id(p->suite, job));
	json_text(o, "title", suite_job_title(p->suite, job));
	json_text(o, "spec", e->scenario ? scenario_spec(e->scenario) : "");
	json_text(o, "verdict", report_verdict(row->verdict));
	json_number(o, "permutations", row->permutations);
	json_number(o, "failed", row->failed);
	json_text(o, "step", row->step);
	json_text(o, "text", row->text);
	if (row->verdict != RUN_PASS)
		json_text(o, "again", row->again);
	json_text(o, "arch", arch_name(p, row));
	if (kept) {
		json_text(o, "trace", row->trace);
		*bytes += strlen(row->trace);
	}
	return o;
}

static cJSON *page_data(const struct page *p, const struct report_totals *totals)
{
	cJSON *root = cli_need(cJSON_CreateObject()), *t, *list;
	size_t bytes = 0;

	json_text(root, "tool", "iommu-sim " CLI_VERSION);
	json_text(root, "backend", p->info.backend);
	json_number(root, "seed", p->info.seed);
	t = cli_need(cJSON_AddObjectToObject(root, "totals"));
	json_number(t, "passed", totals->passed);
	json_number(t, "failed", totals->failed);
	json_number(t, "skipped", totals->skipped);
	json_number(t, "errors", totals->errors);
	add_layouts(root);
	list = cli_need(cJSON_AddArrayToObject(root, "scenarios"));
	for (size_t n = 0; n < p->rows; n++)
		cJSON_AddItemToArray(list, row_json(p, p->shown[n], &bytes));
	return root;
}

/* JSON inside a script element, which "</" could end; JSON may write the slash as "\\/". */
static void write_data(FILE *f, const char *json)
{
	for (const char *p = json; *p; p++) {
		fputc(*p, f);
		if (p[0] == '<' && p[1] == '/')
			fputc('\\', f);
	}
	fputc('\n', f);
}

static int write_page(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool bad = !f;

	for (const char *const *line = page_lines; f && *line; line++) {
		if (strcmp(*line, "@DATA@") == 0)
			write_data(f, text);
		else
			fprintf(f, "%s\n", *line);
	}
	if (f) {
		bad = ferror(f) != 0;
		bad |= fclose(f) != 0;
	}
	if (bad)
		cli_error("run: --report: cannot write %s: %s", path, strerror(errno));
	return bad ? -1 : 0;
}

int page_end(struct page *p, const char *path, const struct run_options *options, size_t workers,
	     const struct report_totals *totals)
{
	int rc = take_traces(p, options, workers);

	if (rc == 0) {
		cJSON *root = page_data(p, totals);
		char *text = cli_need(cJSON_PrintUnformatted(root));

		rc = write_page(path, text);
		free(text);
		cJSON_Delete(root);
	}
	for (size_t i = 0; i < p->suite->entries; i++) {
		free(p->row[i].step);
		free(p->row[i].text);
		free(p->row[i].again);
		free(p->row[i].trace);
	}
	free(p->row);
	free(p->shown);
	free(p);
	return rc;
}
