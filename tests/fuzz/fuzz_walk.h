/*
 * What the targets of memory images share: an image opened with its messages kept, and walked from whatever addresses it or
 * the input names.
 */
#ifndef TESTS_FUZZ_WALK_H
#define TESTS_FUZZ_WALK_H

#include <string.h>

#include <cjson/cJSON.h>

#include "fuzz.h"
#include "walk/show.h"

#define FUZZ_WALK_ENTRIES \
	256 /* of a sweep: tables may lead into themselves, and a run has to be short */

/* glibc's stderr is a variable: messages go to memory, while a sanitizer's report still goes to the descriptor. */
struct fuzz_messages {
	FILE *was;
	char *text;
	size_t size;
};

static inline void fuzz_messages_begin(struct fuzz_messages *m)
{
	FILE *f;

	*m = (struct fuzz_messages){ .was = stderr };
	f = open_memstream(&m->text, &m->size);
	if (!f)
		fuzz_finding("out of memory");
	stderr = f;
}

/* An image that was refused has a reason, in whole lines of our own. */
static inline void fuzz_messages_end(struct fuzz_messages *m, const struct image *im)
{
	fclose(stderr);
	stderr = m->was;
	if (!im && strncmp(m->text, "iommu-sim: walk: ", 17) != 0)
		fuzz_finding("refused without a word");
	if (m->size && m->text[m->size - 1] != '\n')
		fuzz_finding("half a message");
	free(m->text);
}

static inline FILE *fuzz_sink(char **text, size_t *size)
{
	FILE *f = open_memstream(text, size);

	*text = NULL;
	*size = 0;
	if (!f)
		fuzz_finding("out of memory");
	return f;
}

struct fuzz_sweep {
	FILE *f;
	uint64_t entries;
	bool any;
	struct walk_range last;
};

static inline bool fuzz_range(void *ctx, const struct walk_range *r)
{
	struct fuzz_sweep *s = ctx;

	if (r->first > r->last || (s->any && r->first <= s->last.last))
		fuzz_finding("ranges are not ascending");
	s->any = true;
	s->last = *r;
	show_range(s->f, r);
	return true;
}

static inline bool fuzz_entry(void *ctx, uint64_t table, uint32_t level, uint64_t entry_pa,
			      uint64_t word, const struct entry *e)
{
	struct fuzz_sweep *s = ctx;

	(void)word;
	if (level > 5 || entry_pa < table || entry_pa - table >= 4096 || entry_pa & 7)
		fuzz_finding("an entry outside its table");
	if (e->kind == ENTRY_TABLE && e->next >= level)
		fuzz_finding("a table that is not below its entry");
	return s->entries++ < FUZZ_WALK_ENTRIES;
}

/* One request; *res is what came of it. */
static inline void fuzz_walk_one(const struct image *im, const struct walk_request *rq, FILE *f,
				 struct walk_result *res)
{
	walk_address(im, rq, res);
	if (res->steps > WALK_STEPS || (res->end != WALK_PAGE && !res->text[0]))
		fuzz_finding("an end without a reason");
	if (res->end == WALK_PAGE && ((res->pa ^ rq->addr) & 0xFFF))
		fuzz_finding("a page that moves bytes within it");
	show_walk(f, im, rq, res);
	cJSON_Delete(show_walk_json(im, rq, res));
}

static inline void fuzz_sweep(const struct image *im, const struct walk_request *rq, FILE *f)
{
	struct fuzz_sweep s = { .f = f };
	struct walk_sweep sweep = { .range = fuzz_range, .entry = fuzz_entry, .ctx = &s };
	struct walk_result res = { .steps = 0 };
	struct walk_tables t;

	if (walk_device(im, rq, &t, &res))
		walk_all(im, &t, &sweep);
}

#define FUZZ_REQUESTS 6

/* Requests of the seeds' device and of others, at addresses of the seeds and at the edges. */
static inline struct walk_request fuzz_request(uint32_t i)
{
	static const struct walk_request rq[FUZZ_REQUESTS] = {
		{ .rid = 0x08, .addr = 0x3123 },
		{ .rid = 0x10, .addr = 0x800008, .write = true },
		{ .rid = 0x08, .addr = 0x3000, .has_pasid = true, .pasid = 0x41, .write = true },
		{ .rid = 0xFFFF, .addr = UINT64_MAX },
		{ .rid = 0, .addr = 0 },
		{ .rid = 0x10, .addr = 0xFEE00000 },
	};

	return rq[i];
}

/* Every request on both architectures, with the registers as the image has them. */
static inline void fuzz_walk(struct image *im)
{
	enum be_arch arch = im->arch;
	char *text;
	size_t size;
	FILE *f = fuzz_sink(&text, &size);

	for (uint32_t i = 0; i < 2 * FUZZ_REQUESTS; i++) {
		struct walk_request rq = fuzz_request(i / 2);
		struct walk_result res;

		im->arch = i & 1 ? BE_AMDVI : BE_VTD;
		fuzz_walk_one(im, &rq, f, &res);
		fuzz_sweep(im, &rq, f);
	}
	fclose(f);
	free(text);
	im->arch = arch;
}

/* The same from `root`, as a root table of each mode and as a device table of the largest size. */
static inline void fuzz_walk_from(struct image *im, uint64_t root)
{
	root &= ~UINT64_C(0xFFF);
	if (image_set(im, "DEVTAB", root | 0x1FF))
		return;
	for (uint64_t mode = 0; mode < 2; mode++) {
		if (image_set(im, "RTADDR", root | mode << 10))
			return;
		fuzz_walk(im);
	}
}

#endif
