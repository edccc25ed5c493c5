/* The text of debugfs of any bytes, walked from the roots and tables it names and from the words it gave. */
#include "fuzz_walk.h"
#include "walk/words.h"

struct values {
	uint64_t at[3];
	uint32_t count;
};

static void value(void *ctx, uint64_t pa, uint64_t val)
{
	struct values *v = ctx;

	if (pa & 7)
		fuzz_finding("a word that is not aligned");
	if (v->count < 3 && val >> 12)
		v->at[v->count++] = val & UINT64_C(0xFFFFFFFFFF000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *f = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	struct values v = { .count = 0 };
	struct fuzz_messages m;
	struct image *im;

	if (!f)
		return 0;
	fuzz_messages_begin(&m);
	im = image_debugfs("input", f);
	fuzz_messages_end(&m, im);
	fclose(f);
	if (!im)
		return 0;
	fuzz_walk(im);
	words_each(im, value, &v);
	for (uint32_t i = 0; i < v.count; i++)
		fuzz_walk_from(im, v.at[i]);
	image_close(im);
	return 0;
}
