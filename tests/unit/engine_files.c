/*
 * Scenario files for tests of the engine.
 */
#define _POSIX_C_SOURCE 200809L

#include "engine_files.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* build/tests/engine/PID, beside a link to the machines. */
static void make_folder(char *folder, size_t size)
{
	char cwd[PATH_MAX - 100], link[PATH_MAX];

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	(void)mkdir("build", 0777);
	(void)mkdir("build/tests", 0777);
	(void)mkdir("build/tests/engine", 0777);
	snprintf(link, sizeof(link), "%s/scenarios/machines", cwd);
	(void)symlink(link, "build/tests/engine/machines");
	snprintf(folder, size, "build/tests/engine/%ld", (long)getpid());
	(void)mkdir(folder, 0777);
}

const char *scenario_file(const char *name, const char *text)
{
	static char path[PATH_MAX];
	char folder[PATH_MAX / 2];
	FILE *f;

	make_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

struct scenario *scenario_of(const char *vary, const char *steps, const char *tail)
{
	struct engine_error error = { { 0 } };
	char text[16384];
	struct scenario *sc;
	int n = snprintf(text, sizeof(text), "%s%s%s%s\tsteps {\n%s\t};\n};\n%s\n", SCENARIO_HEAD,
			 vary[0] ? "\tvary { " : "", vary, vary[0] ? " };\n" : "", steps, tail);

	ck_assert_int_lt(n, (int)sizeof(text));
	sc = scenario_load(scenario_file("scenario.dts", text), &error);
	ck_assert_msg(sc != NULL, "%s", error.text);
	return sc;
}

void scenario_once(const struct scenario *sc, uint32_t n, struct run_result *result)
{
	const struct run_options options = { .seed = 1, .backend = "sim" };

	scenario_run(sc, n, &options, result);
}
