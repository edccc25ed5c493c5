/* A row of bits for each scenario, in memory that the workers share. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "coverage/blocks.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "cli.h"
#include "coverage/hook.h"

struct blocks {
	unsigned char *bit; /* of scenario s: bit + s * bytes */
	size_t scenarios, bytes;
};

bool blocks_counted(void)
{
	return hook_into != NULL;
}

struct blocks *blocks_open(size_t scenarios)
{
	struct blocks *b = cli_alloc(1, sizeof(*b));
	void *memory;

	b->scenarios = scenarios;
	b->bytes = hook_bytes();
	memory = mmap(NULL, b->bytes * scenarios + 1, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		free(b);
		return NULL;
	}
	b->bit = memory;
	return b;
}

void blocks_close(struct blocks *b)
{
	if (!b)
		return;
	munmap(b->bit, b->bytes * b->scenarios + 1);
	free(b);
}

void blocks_count_for(struct blocks *b, size_t scenario)
{
	if (!hook_into)
		return;
	hook_into(b ? b->bit + scenario * b->bytes : NULL);
}

void blocks_write(const struct blocks *b, FILE *f, const char *(*path)(void *ctx, size_t scenario),
		  void *ctx)
{
	for (size_t at = 0; at < b->bytes * 8; at++) {
		size_t count = 0, first = 0;

		for (size_t s = 0; s < b->scenarios; s++) {
			if (!(b->bit[s * b->bytes + at / 8] >> (at % 8) & 1))
				continue;
			if (!count++)
				first = s;
		}
		if (count)
			fprintf(f, "0x%zx %zu %s\n", at * 4, count, path(ctx, first));
	}
}
