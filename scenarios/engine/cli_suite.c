/* Finds and loads scenario files; turns their permutations into jobs. */
#include "cli_suite.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "report.h"

/* ---- lists of paths ---- */

struct paths {
	char **path;
	size_t count;
};

static void paths_add(struct paths *list, char *path)
{
	list->path = cli_grow(list->path, list->count + 1, sizeof(*list->path));
	list->path[list->count++] = path;
}

static void paths_free(struct paths *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->path[i]);
	free(list->path);
}

static char *join(const char *folder, const char *name)
{
	size_t len = strlen(folder), size = len + strlen(name) + 2;
	char *path = cli_alloc(size, 1);

	while (len > 1 && folder[len - 1] == '/')
		len--;
	snprintf(path, size, "%.*s%s%s", (int)len, folder, len && folder[len - 1] == '/' ? "" : "/",
		 name);
	return path;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts one name of a folder into files or folders; links to folders are left out, so the search ends. */
static void sort_name(const char *folder, const char *name, struct paths *folders,
		      struct paths *files)
{
	char *path;
	struct stat st;

	if (name[0] == '.')
		return;
	path = join(folder, name);
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		paths_add(folders, path);
	else if (ends_with(name, ".dts") || ends_with(name, ".dtb"))
		paths_add(files, path);
	else
		free(path);
}

/* ---- entries ---- */

static struct suite_entry *entry_add(struct suite *suite, const char *path)
{
	struct suite_entry *e;

	suite->entry = cli_grow(suite->entry, suite->entries + 1, sizeof(*suite->entry));
	e = &suite->entry[suite->entries++];
	*e = (struct suite_entry){ .path = cli_copy(path) };
	return e;
}

static void job_add(struct suite *suite, uint32_t permutation)
{
	suite->job = cli_grow(suite->job, suite->jobs + 1, sizeof(*suite->job));
	suite->job[suite->jobs++] = (struct suite_job){ suite->entries - 1, permutation };
}

static void entry_bad(struct suite *suite, struct suite_entry *e, const char *why)
{
	cli_error("%s", why);
	scenario_free(e->scenario);
	e->scenario = NULL;
	e->error = cli_copy(why);
	suite->bad++;
	job_add(suite, 0);
}

static void bad_path(struct suite *suite, const char *path, const char *why)
{
	struct engine_error error;

	snprintf(error.text, sizeof(error.text), "%s: %s", path, why);
	entry_bad(suite, entry_add(suite, path), error.text);
}

static void add_one(struct suite *suite, struct suite_entry *e, const char *id)
{
	struct engine_error error;
	uint32_t count = scenario_permutations(e->scenario);

	for (uint32_t n = 0; n < count; n++) {
		if (strcmp(scenario_permutation_id(e->scenario, n), id) == 0) {
			job_add(suite, n);
			return;
		}
	}
	snprintf(error.text, sizeof(error.text),
		 "%s: no permutation '%s'; the first of %u is '%s', see iommu-sim list "
		 "--permutations",
		 e->path, id, count, scenario_permutation_id(e->scenario, 0));
	entry_bad(suite, e, error.text);
}

/* Loads a file; id NULL takes all its permutations. */
static void add_file(struct suite *suite, const char *path, const char *id)
{
	struct engine_error error = { .text = "" };
	struct suite_entry *e = entry_add(suite, path);

	e->scenario = scenario_load(path, &error);
	if (!e->scenario) {
		entry_bad(suite, e, error.text);
		return;
	}
	if (id) {
		add_one(suite, e, id);
		return;
	}
	for (uint32_t n = 0; n < scenario_permutations(e->scenario); n++)
		job_add(suite, n);
}

/* Sorts the names below `folder` into the lists; an unreadable folder becomes a bad entry. */
static void read_folder(struct suite *suite, const char *folder, struct paths *folders,
			struct paths *files)
{
	struct dirent *d;
	DIR *dir = opendir(folder);

	if (!dir) {
		bad_path(suite, folder, strerror(errno));
		return;
	}
	while ((d = readdir(dir)))
		sort_name(folder, d->d_name, folders, files);
	closedir(dir);
}

static void add_folder(struct suite *suite, const char *folder)
{
	struct paths folders = { 0 }, files = { 0 };
	size_t bad = suite->bad;

	paths_add(&folders, cli_copy(folder));
	for (size_t i = 0; i < folders.count; i++) /* grows while it is walked */
		read_folder(suite, folders.path[i], &folders, &files);
	if (files.count == 0 && suite->bad == bad)
		bad_path(suite, folder, "no scenario (*.dts, *.dtb) in this folder");
	if (files.count)
		qsort(files.path, files.count, sizeof(*files.path), by_name);
	for (size_t i = 0; i < files.count; i++)
		add_file(suite, files.path[i], NULL);
	paths_free(&files);
	paths_free(&folders);
}

static void add_permutation(struct suite *suite, const char *arg, const char *hash)
{
	char *path = cli_copy(arg);

	path[hash - arg] = '\0';
	add_file(suite, path, hash + 1);
	free(path);
}

void suite_add(struct suite *suite, const char *arg)
{
	const char *hash = strchr(arg, '#');
	struct stat st;

	if (stat(arg, &st) == 0 && S_ISDIR(st.st_mode))
		add_folder(suite, arg);
	else if (hash && stat(arg, &st) != 0)
		add_permutation(suite, arg, hash);
	else if (stat(arg, &st) != 0)
		bad_path(suite, arg,
			 "no such file or folder; name a scenario, or a folder of scenarios");
	else
		add_file(suite, arg, NULL);
}

/* ---- jobs ---- */

const char *suite_job_id(const struct suite *suite, const struct suite_job *job)
{
	const struct suite_entry *e = &suite->entry[job->entry];

	return e->scenario ? scenario_permutation_id(e->scenario, job->permutation) : "";
}

const char *suite_job_title(const struct suite *suite, const struct suite_job *job)
{
	const struct suite_entry *e = &suite->entry[job->entry];

	return e->scenario ? scenario_title(e->scenario) : "";
}

bool suite_keep_id(struct suite *suite, const char *id)
{
	size_t kept = 0;

	for (size_t i = 0; i < suite->jobs; i++)
		if (strcmp(suite_job_id(suite, &suite->job[i]), id) == 0)
			suite->job[kept++] = suite->job[i];
	suite->jobs = kept;
	return kept > 0;
}

void suite_keep_shard(struct suite *suite, uint64_t shard, uint64_t shards)
{
	size_t kept = 0;

	for (size_t i = 0; i < suite->jobs; i++)
		if (i % shards == shard - 1)
			suite->job[kept++] = suite->job[i];
	suite->jobs = kept;
}

/* A title may hold anything, a terminal must not see it all. */
static void put_line(const char *path, const char *id, const char *title)
{
	report_clean(stdout, path, false);
	if (id) {
		putchar('#');
		report_clean(stdout, id, false);
	}
	putchar('\t');
	report_clean(stdout, title, false);
	putchar('\n');
}

void suite_print_files(const struct suite *suite)
{
	for (size_t i = 0; i < suite->entries; i++)
		if (suite->entry[i].scenario)
			put_line(suite->entry[i].path, NULL,
				 scenario_title(suite->entry[i].scenario));
}

void suite_print_jobs(const struct suite *suite)
{
	for (size_t i = 0; i < suite->jobs; i++) {
		const struct suite_job *job = &suite->job[i];

		if (suite->entry[job->entry].scenario)
			put_line(suite->entry[job->entry].path, suite_job_id(suite, job),
				 suite_job_title(suite, job));
	}
}

void suite_free(struct suite *suite)
{
	for (size_t i = 0; i < suite->entries; i++) {
		scenario_free(suite->entry[i].scenario);
		free(suite->entry[i].path);
		free(suite->entry[i].error);
	}
	free(suite->entry);
	free(suite->job);
	*suite = (struct suite){ 0 };
}
