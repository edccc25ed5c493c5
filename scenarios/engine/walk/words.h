/*
 * Single words of memory by address: what a page list or a debugfs text knows.
 */
#ifndef ENGINE_WALK_WORDS_H
#define ENGINE_WALK_WORDS_H

#include <stdint.h>
#include <stdio.h>

struct image;

#define PAGES_MAGIC "iommu-pages 1"
#define WORDS_MAX (UINT32_C(1) << 22) /* words kept of one source */

struct words;

/* An image over words; `put` one at a time: 0, or -1 when there are WORDS_MAX already. */
struct image *words_image(const char *name);
int words_put(struct image *im, uint64_t pa, uint64_t val);

/* Every word, by ascending address. */
void words_each(const struct image *im, void (*fn)(void *ctx, uint64_t pa, uint64_t val),
		void *ctx);

/* The words that a walk touched, in the form of a page list. */
void words_write(FILE *f, const struct image *im);

#endif
