/*
 * Physical memory: RAM windows with a direct path, and CPU stores on their way to memory.
 *
 * A CPU store passes two places before a walker that does not snoop can see it: the CPU's cache (until the line is written
 * back), then, on chipsets with RWBF, the root complex's write buffer (until it is flushed). Both are kept as pending
 * words of 64-byte lines; memory itself is the flat window. A view says which places an observer sees:
 *
 *   MEM_VIEW_CPU     everything: the CPU, snooping masters
 *   MEM_VIEW_BUFFER  memory and write buffer: a walker that does not snoop, no RWBF
 *   MEM_VIEW_MEMORY  memory alone: a walker of a unit with RWBF
 */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "iommusim/policy.h"
#include "rng.h"

enum mem_view {
	MEM_VIEW_CPU = 0,
	MEM_VIEW_BUFFER,
	MEM_VIEW_MEMORY
};

#define MEM_WINDOWS 32
#define MEM_LINE 64u

struct mem_window {
	uint64_t first, size;
	uint8_t *base; /* mapped lazily by the host */
};

/* A line with stores that have not reached memory. */
struct mem_line {
	uint64_t pa;          /* 64-byte aligned */
	uint64_t cached[8];   /* newest words, in the CPU's cache */
	uint64_t buffered[8]; /* in the write buffer */
	uint8_t cached_mask;  /* which words */
	uint8_t buffered_mask;
};

struct mem {
	struct mem_window win[MEM_WINDOWS];
	uint32_t windows;
	bool noncoherent; /* some unit does not snoop: stores stay in the CPU's cache */
	bool buffered;    /* some unit has RWBF: stores pass the write buffer */
	enum sim_publish publish;
	struct rng rng;        /* for SIM_PUBLISH_RANDOM */
	struct mem_line *line; /* dense array of pending lines */
	uint32_t lines, line_room;
	uint32_t *slot; /* hash of line addresses to index + 1, open addressing */
	uint32_t slots; /* power of two */
	void *trace;    /* struct sim: told of each published line */
};

void mem_init(struct mem *m, uint64_t seed, enum sim_publish publish);
void mem_destroy(struct mem *m);
int mem_add(struct mem *m, uint64_t first, uint64_t last);

/* Host address of [pa, pa + len) when it lies in one window, else NULL. The flat window: memory itself, no pending words. */
static inline uint8_t *mem_at(const struct mem *m, uint64_t pa, uint64_t len)
{
	const struct mem_window *w = m->win;

	for (uint32_t i = 0; i < m->windows; i++, w++)
		if (pa - w->first < w->size)
			return len <= w->size - (pa - w->first) ? w->base + (pa - w->first) : NULL;
	return NULL;
}

/* The same for one aligned word, or an aligned pair: windows are whole pages, so it lies in one window or in none. */
static inline const uint8_t *mem_word(const struct mem *m, uint64_t pa)
{
	const struct mem_window *w = m->win;

	if (__builtin_expect(pa - w->first < w->size, 1))
		return w->base + (pa - w->first);
	return mem_at(m, pa, 8);
}

/* The aligned word at `pa`, which lies in window `w`. */
static inline uint64_t mem_word_at(const struct mem_window *w, uint64_t pa)
{
	uint64_t val;

	memcpy(&val, w->base + (pa - w->first), sizeof(val));
	return val;
}

/* True when all of [pa, pa + len) is RAM, possibly in adjoining windows. */
bool mem_present(const struct mem *m, uint64_t pa, uint64_t len);

/* One aligned word as `view` sees it; false outside RAM. */
bool mem_read64(const struct mem *m, enum mem_view view, uint64_t pa, uint64_t *val);

/* Bytes as a snooping master sees them, and stores that every observer sees at once (pending words give way). */
bool mem_load(const struct mem *m, uint64_t pa, void *buf, uint64_t len);
bool mem_store(struct mem *m, uint64_t pa, const void *buf, uint64_t len);

/* A CPU store of one aligned word: pending when the machine has such places and the policy withholds it. */
bool mem_cpu_write64(struct mem *m, uint64_t pa, uint64_t val);

/* The same of two words at a multiple of 16, which are never seen apart. */
bool mem_cpu_write128(struct mem *m, uint64_t pa, const uint64_t val[2]);

/* Cache lines of the range are written back: towards the write buffer if there is one, else to memory. */
void mem_write_back(struct mem *m, uint64_t pa, uint64_t size);

/* The write buffer is flushed to memory. */
void mem_drain(struct mem *m);

/* Under SIM_PUBLISH_RANDOM: perhaps publishes a pending line now. Called at yield points. */
void mem_maybe_publish(struct mem *m);

#endif
