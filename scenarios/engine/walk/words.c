/* An image of single words: open addressing over a power of two, grown as it fills. */
#include "walk/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "walk/image.h"

struct word {
	uint64_t at, val; /* at: address + 1, 0 is free */
};

struct words {
	struct word *slot;
	uint32_t slots, used;
};

static struct word *find(const struct words *w, uint64_t pa)
{
	uint32_t i = (uint32_t)((pa >> 3) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (w->slots - 1);

	while (w->slot[i].at && w->slot[i].at != pa + 1)
		i = (i + 1) & (w->slots - 1);
	return &w->slot[i];
}

static int words_read(const struct image *im, uint64_t pa, uint64_t *val)
{
	const struct word *at = find(im->own, pa);

	if (!at->at)
		return -1;
	*val = at->val;
	return 0;
}

static void words_close(struct image *im)
{
	free(((struct words *)im->own)->slot);
}

struct image *words_image(const char *name)
{
	struct image *im = image_new(name, sizeof(struct words));
	struct words *w = im->own;

	w->slots = 1024;
	w->slot = cli_alloc(w->slots, sizeof(w->slot[0]));
	im->read = words_read;
	im->close = words_close;
	return im;
}

static void grow(struct words *w)
{
	struct words bigger = { .slots = w->slots * 2, .used = w->used };

	bigger.slot = cli_alloc(bigger.slots, sizeof(bigger.slot[0]));
	for (uint32_t i = 0; i < w->slots; i++) {
		if (w->slot[i].at)
			*find(&bigger, w->slot[i].at - 1) = w->slot[i];
	}
	free(w->slot);
	*w = bigger;
}

int words_put(struct image *im, uint64_t pa, uint64_t val)
{
	struct words *w = im->own;
	struct word *at = find(w, pa);

	if (!at->at) {
		if (w->used == WORDS_MAX)
			return -1;
		if (2 * w->used >= w->slots) {
			grow(w);
			at = find(w, pa);
		}
		w->used++;
	}
	*at = (struct word){ pa + 1, val };
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

void words_each(const struct image *im, void (*fn)(void *ctx, uint64_t pa, uint64_t val), void *ctx)
{
	const struct words *w = im->own;
	struct word *sorted = cli_alloc(w->used, sizeof(*sorted));
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->slots; i++) {
		if (w->slot[i].at)
			sorted[n++] = (struct word){ w->slot[i].at - 1, w->slot[i].val };
	}
	qsort(sorted, n, sizeof(*sorted), by_address);
	for (uint32_t i = 0; i < n; i++)
		fn(ctx, sorted[i].at, sorted[i].val);
	free(sorted);
}

struct list {
	FILE *f;
	uint64_t page, next;
	bool any;
};

/* Words one after the other share a line, four at most. */
static void list_word(void *ctx, uint64_t pa, uint64_t val)
{
	struct list *l = ctx;

	if (!l->any || pa >> 12 != l->page) {
		fprintf(l->f, "%spage 0x%" PRIx64 "\n", l->any ? "\n" : "", pa & ~UINT64_C(0xFFF));
		fprintf(l->f, "%03" PRIx64 ": %" PRIx64, pa & 0xFFF, val);
	} else if (pa == l->next && pa & 0x18) {
		fprintf(l->f, " %" PRIx64, val);
	} else {
		fprintf(l->f, "\n%03" PRIx64 ": %" PRIx64, pa & 0xFFF, val);
	}
	l->any = true;
	l->page = pa >> 12;
	l->next = pa + 8;
}

void words_write(FILE *f, const struct image *im)
{
	struct list l = { .f = f };

	fprintf(f, "%s\narch %s\n", PAGES_MAGIC, im->arch == BE_AMDVI ? "amdvi" : "vtd");
	for (uint32_t i = 0; i < im->regs; i++)
		fprintf(f, "reg %s 0x%" PRIx64 "\n", im->reg[i].name, im->reg[i].value);
	words_each(im, list_word, &l);
	if (l.any)
		fputc('\n', f);
}
