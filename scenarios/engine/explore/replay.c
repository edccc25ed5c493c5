/*
 * Replays: the text, the file, and whether it really fails.
 */
#include "replay.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "pool.h"
#include "tree.h"

#define TIMEOUT_S 60

static char *text_of(const struct failure *f)
{
	char *text = NULL;
	size_t size = 0;
	FILE *mem = cli_memory(&text, &size);

	tree_write(mem, f->tree);
	fclose(mem);
	return text;
}

/* "3-map-overlap-page-alloc-n-2.dts": the failure's number, and what of its id a file's name can hold. */
static char *path_of(const struct failure *f, const char *folder, size_t n)
{
	const char *id = strrchr(f->id, '/') && strchr(f->id, '!') ? f->id : NULL, *at = f->id;
	size_t size = strlen(folder) + 140, len;
	char *path = cli_alloc(size, 1);

	/* the file's name, not its folders: they end at the last slash before the permutation */
	for (const char *p = f->id; id && *p && *p != '#' && *p != '!'; p++)
		if (*p == '/')
			at = p + 1;
	len = (size_t)snprintf(path, size, "%s/%zu-", folder, n + 1);
	for (; *at && len + 40 < size; at++) {
		bool good = isalnum((unsigned char)*at) != 0;

		if (strncmp(at, ".dts", 4) == 0)
			at += 3;
		else if (good || path[len - 1] != '-')
			path[len++] = good ? *at : '-';
	}
	snprintf(path + len, size - len, ".dts");
	return path;
}

static bool put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool good = f && fputs(text, f) >= 0;

	if (f && fclose(f) != 0)
		good = false;
	if (!good)
		cli_error("explore: %s: cannot write it: %s", path, strerror(errno));
	return good;
}

/* ---- confirming ---- */

struct confirm {
	const char *path;
	const struct failure *f;
	bool same;
};

static void confirm_run(void *ctx, size_t n, struct run_result *result)
{
	const struct run_options options = { .seed = 1, .backend = "sim" };
	const struct confirm *c = ctx;
	struct engine_error error;
	struct scenario *sc = scenario_load(c->path, &error);

	(void)n;
	if (!sc)
		result->verdict = RUN_ERROR;
	else
		scenario_run(sc, 0, &options, result);
	scenario_free(sc);
}

static bool confirm_done(void *ctx, size_t n, const struct run_result *result)
{
	struct confirm *c = ctx;

	(void)n;
	c->same = result->verdict == RUN_FAIL &&
		  explore_same(result->text, result->facts, c->f->text, c->f->facts);
	return true;
}

static bool confirm(const char *path, const struct failure *f, bool apart)
{
	struct confirm c = { path, f, false };
	const struct pool_spec spec = { .jobs = 1,
					.workers = apart,
					.timeout_ns = UINT64_C(1000000000) * TIMEOUT_S,
					.ctx = &c,
					.run = confirm_run,
					.done = confirm_done };

	return pool_run(&spec) == 0 && c.same;
}

/* Without a folder the text goes through a file of its own, which does not stay. */
static bool confirm_text(const char *text, const struct failure *f, bool apart)
{
	const char *tmp = getenv("TMPDIR");
	char folder[4096], path[4200];
	bool same;

	if (snprintf(folder, sizeof(folder), "%s/iommu-sim-XXXXXX", tmp && *tmp ? tmp : "/tmp") >=
		    (int)sizeof(folder) ||
	    !mkdtemp(folder))
		return false;
	snprintf(path, sizeof(path), "%s/replay.dts", folder);
	same = put(path, text) && confirm(path, f, apart);
	(void)unlink(path);
	(void)rmdir(folder);
	return same;
}

bool replay_make(struct replay *r, const struct failure *f, const char *folder, size_t n,
		 bool apart)
{
	*r = (struct replay){ .text = text_of(f) };
	if (!folder) {
		r->confirmed = confirm_text(r->text, f, apart);
		return true;
	}
	r->path = path_of(f, folder, n);
	if (!put(r->path, r->text))
		return false;
	r->confirmed = confirm(r->path, f, apart);
	return true;
}

void replay_free(struct replay *r)
{
	free(r->path);
	free(r->text);
}
