/*
 * Every finding that the scenarios provoke says all that docs/diagnosis.md promises, in its paragraph and in its facts, and both
 * say the same. SCENARIOS names other folders or files than the suite's.
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <string.h>

#include "scenarios/engine/engine.h"
#include "scenarios/engine/run.h"
#include "unit.h"

static const char *const folders[] = { "scenarios/common", "scenarios/vtd",    "scenarios/amdvi",
				       "scenarios/bugs",   "scenarios/driver", "scenarios/acpi" };

struct seen {
	const char *path, *id;
	unsigned findings, stale, told; /* all; those with a cache at fault; addresses compared */
};

/* ---- one finding ---- */

struct told {
	const char *paragraph;
	const char *facts; /* lines of name, type, value */
};

static bool says(const struct told *t, const char *part)
{
	return strstr(t->paragraph, part) != NULL;
}

/* The value of a fact; NULL: it is not told. */
static const char *fact(const struct told *t, const char *name)
{
	static char value[256];
	size_t len = strlen(name);

	for (const char *line = t->facts; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, name, len) != 0 || line[len] != '\t')
			continue;
		snprintf(value, sizeof(value), "%.*s",
			 (int)(strchr(line, '\n') - line - (int)len - 3), line + len + 3);
		return value;
	}
	return NULL;
}

static bool is(const struct told *t, const char *name, const char *value)
{
	const char *told = fact(t, name);

	return told && strcmp(told, value) == 0;
}

static bool told_all(const struct told *t, const char *const *names)
{
	for (; *names; names++)
		if (!fact(t, *names))
			return false;
	return true;
}

/* A cache is at fault: what a developer needs to find the missing invalidation. */
static const char *cache_lacks(const struct told *t)
{
	static const char *const line[] = { "line.cache",    "line.unit",      "line.level",
					    "line.iova",     "line.pa",        "line.domain",
					    "line.entry-pa", "line.filled-ns", NULL };
	static const char *const store[] = { "store.time-ns", "store.master", "store.old",
					     "store.new", NULL };
	static const char *const needed[] = { "needed.command", "needed.caches", NULL };
	static const char *const nearest[] = { "nearest.command", "nearest.state",
					       "nearest.issued-ns", "nearest.observed", NULL };

	if (!told_all(t, line) || (!says(t, " cache holds, ") && !says(t, " cache held, ")) ||
	    !says(t, ", filled at ") || !says(t, " from the entry at 0x"))
		return "which cache holds what, and from where";
	if (!says(t, " for "))
		return "which DMA filled it";
	if (!told_all(t, store) || (!fact(t, "store.pa") && !fact(t, "store.register")) ||
	    (!says(t, "The word at 0x") && !says(t, "The register ")))
		return "the store";
	if (!told_all(t, needed) || !says(t, "What removes the entry: "))
		return "what would have removed the entry";
	if (is(t, "cause", "none"))
		return "the cause";
	if (is(t, "cause", "not-issued")
		    ? !says(t, "None was issued since")
		    : !told_all(t, nearest) || (!says(t, "The nearest one issued: ") &&
						!says(t, "What removed it: ")))
		return "the nearest invalidation, or that there is none";
	return NULL;
}

static const char *unseen_lacks(const struct told *t)
{
	if (!fact(t, "store.time-ns") || !says(t, "The word at 0x"))
		return "the store";
	if (!is(t, "cause", "not-written-back") && !is(t, "cause", "not-flushed"))
		return "the cause";
	return NULL;
}

/* The sentence that is always there. */
static const char *verdict_lacks(const struct told *t)
{
	static const char *const sentences[][3] = {
		{ "cache-stale", "he table is right, the cache is stale",
		  "he table is right, a cache is stale" },
		{ "table-wrong", "he table is wrong", "he table is wrong" },
		{ "store-unseen", "he table is right as the CPU wrote it",
		  "he table is right as the CPU wrote it" },
		{ "neither", "Neither the table nor a cache is at fault",
		  "Neither the table nor a cache is at fault" },
	};

	for (unsigned i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (is(t, "verdict", sentences[i][0]))
			return says(t, sentences[i][1]) || says(t, sentences[i][2])
				       ? NULL
				       : "whether the table or the cache is wrong";
	return "the verdict";
}

/* Addresses of the facts that the paragraph has to name as well. */
static const char *differs(struct seen *seen, const struct told *t)
{
	static const char *const names[] = { "store.pa",      "store.old",    "store.new",
					     "line.entry-pa", "needed.first", "needed.last",
					     "nearest.first", "nearest.last" };
	bool index = fact(t, "line.index") != NULL; /* told by their numbers */

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = fact(t, names[i]);
		char hex[32];

		if (!value || (index && strstr(names[i], "e")[0] && !strncmp(names[i], "ne", 2)))
			continue;
		if (!strcmp(names[i], "line.entry-pa") && !strcmp(value, "0"))
			continue;
		snprintf(hex, sizeof(hex), "0x%llx", strtoull(value, NULL, 10));
		if (!says(t, hex))
			return names[i];
		seen->told++;
	}
	return NULL;
}

static const char *lacks(struct seen *seen, const struct told *t)
{
	bool waits = is(t, "kind", "bound") || is(t, "kind", "accounting");
	const char *what = verdict_lacks(t);

	if (what)
		return what;
	if (is(t, "verdict", "cache-stale") && !waits) {
		seen->stale++;
		what = cache_lacks(t);
	} else if (is(t, "cause", "not-observed") && !waits && fact(t, "line.cache")) {
		what = cache_lacks(t);
	} else if (is(t, "verdict", "store-unseen")) {
		what = unseen_lacks(t);
	}
	if (!what && !waits && !is(t, "kind", "release") && !is(t, "verdict", "neither") &&
	    !says(t, "Memory now "))
		what = "what memory says now";
	return what ? what : differs(seen, t);
}

/* ---- all of them ---- */

static void look(void *ctx, struct run *r)
{
	struct seen *seen = ctx;
	const struct backend_ops *ops = r->be->ops;
	static char paragraph[4096], facts[8192];
	const struct told t = { paragraph, facts };
	struct be_finding f;

	for (uint32_t n = 0; n < ops->findings(r->be); n++) {
		const char *what;

		if (!ops->finding(r->be, n, &f, paragraph, sizeof(paragraph)))
			continue;
		ops->finding_facts(r->be, n, facts, sizeof(facts));
		seen->findings++;
		what = lacks(seen, &t);
		ck_assert_msg(!what, "%s#%s does not tell %s:\n%s\n%s", seen->path, seen->id, what,
			      paragraph, facts);
	}
}

static void run_file(struct seen *seen, const char *path)
{
	struct engine_error error;
	struct scenario *sc = scenario_load(path, &error);
	const struct run_options options = { .backend = "sim", .at_stop = look, .stop_ctx = seen };
	struct run_result res;

	if (!sc)
		return; /* a machine to include */
	seen->path = path;
	for (uint32_t n = 0; n < scenario_permutations(sc); n++) {
		seen->id = scenario_permutation_id(sc, n);
		scenario_run(sc, n, &options, &res);
	}
	scenario_free(sc);
}

static void run_folder(struct seen *seen, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	char path[512];

	ck_assert_msg(dir != NULL, "%s", folder);
	while ((d = readdir(dir))) {
		size_t len = strlen(d->d_name);

		if (len < 4 || strcmp(d->d_name + len - 4, ".dts") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		run_file(seen, path);
	}
	closedir(dir);
}

START_TEST(test_findings_whole_of_all_scenarios)
{
	struct seen seen = { 0 };

	run_folder(&seen, folders[_i]);
	if (getenv("SHOW"))
		printf("%s: %u findings, %u of a stale cache, %u values compared\n", folders[_i],
		       seen.findings, seen.stale, seen.told);
	if (_i < 4) { /* it did meet what it is for */
		ck_assert_uint_gt(seen.stale, 20);
		ck_assert_uint_gt(seen.told, 100);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("findings_whole");
	TCase *t = tcase_create("suite");

	tcase_add_loop_test(t, test_findings_whole_of_all_scenarios, 0,
			    (int)(sizeof(folders) / sizeof(folders[0])));
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
