/*
 * A page list of any bytes. What a walk of it read is written out as a page list of its own, which has to be read again and
 * to give the same walk.
 */
#include "fuzz_walk.h"
#include "walk/export.h"
#include "walk/words.h"

struct pages {
	uint64_t at[3];
	uint32_t count;
};

static void page(void *ctx, uint64_t pa, uint64_t val)
{
	struct pages *p = ctx;

	(void)val;
	if (p->count < 3 && (!p->count || pa >> 12 != p->at[p->count - 1] >> 12))
		p->at[p->count++] = pa;
}

static struct image *read_pages(const void *data, size_t size)
{
	struct fuzz_messages m;
	FILE *f = fmemopen((void *)(uintptr_t)data, size, "r");
	struct image *im;

	if (!f)
		fuzz_finding("out of memory");
	fuzz_messages_begin(&m);
	im = image_pages("input", f);
	fuzz_messages_end(&m, im);
	fclose(f);
	return im;
}

static void again(const struct image *im, const struct walk_request *rq)
{
	struct image *recorder = export_recorder(im), *copy;
	struct walk_result first, second;
	char *text, *scenario;
	size_t size, length;
	FILE *f = fuzz_sink(&text, &size), *s = fuzz_sink(&scenario, &length);
	const char *why;

	walk_address(recorder, rq, &first);
	why = export_scenario(s, recorder, rq, &first);
	export_pages(f, recorder);
	if (fclose(s) || fclose(f) || (why ? !*why : !length))
		fuzz_finding("neither a scenario nor why not");
	copy = read_pages(text, size);
	if (!copy)
		fuzz_finding("a page list of our own was refused");
	walk_address(copy, rq, &second);
	if (first.end != second.end || first.pa != second.pa || first.steps != second.steps ||
	    first.reason != second.reason || strcmp(first.text, second.text) != 0)
		fuzz_finding("a page list of our own translates otherwise");
	image_close(copy);
	image_close(recorder);
	free(scenario);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *im = size ? read_pages(data, size) : NULL;
	struct pages p = { .count = 0 };

	if (!im)
		return 0;
	for (uint32_t i = 0; i < FUZZ_REQUESTS; i++) {
		struct walk_request rq = fuzz_request(i);

		again(im, &rq);
	}
	fuzz_walk(im);
	words_each(im, page, &p);
	for (uint32_t i = 0; i < p.count; i++)
		fuzz_walk_from(im, p.at[i]);
	image_close(im);
	return 0;
}
