/*
 * Physical memory. The pending lines are a dense array, found through an open-addressing hash of their addresses; where an
 * operation covers more lines than are pending it goes through the array instead of the range.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */

#include <stdlib.h>
#include <sys/mman.h>

#include "machine.h"
#include "mem.h"

#define MEM_TOP ((uint64_t)1 << 52)
#define MEM_WINDOW_MOST ((uint64_t)1 << 40)
#define MEM_PAGE 4096u
#define WORDS (MEM_LINE / 8)

/* One turn in so many publishes a line under SIM_PUBLISH_RANDOM. */
#define PUBLISH_ODDS 4u

void mem_init(struct mem *m, uint64_t seed, enum sim_publish publish)
{
	*m = (struct mem){ .publish = publish };
	rng_init(&m->rng, seed, STREAM_PUBLISH);
}

void mem_destroy(struct mem *m)
{
	for (uint32_t i = 0; i < m->windows; i++)
		munmap(m->win[i].base, m->win[i].size);
	free(m->line);
	free(m->slot);
	*m = (struct mem){ 0 };
}

int mem_add(struct mem *m, uint64_t first, uint64_t last)
{
	uint64_t size = last - first + 1;
	void *base;

	if (first > last || first % MEM_PAGE || size % MEM_PAGE)
		return SIM_E_INVAL;
	if (last >= MEM_TOP || size > MEM_WINDOW_MOST)
		return SIM_E_RANGE;
	for (uint32_t i = 0; i < m->windows; i++) {
		const struct mem_window *w = &m->win[i];

		if (first <= w->first + (w->size - 1) && last >= w->first)
			return SIM_E_EXIST;
	}
	if (m->windows == MEM_WINDOWS)
		return SIM_E_FULL;
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	if (base == MAP_FAILED)
		return SIM_E_NOMEM;
	m->win[m->windows++] = (struct mem_window){ first, size, base };
	return SIM_OK;
}

/* Bytes of [pa, pa + len) that lie in the window holding pa; *at is their host address. 0: no RAM at pa. */
static uint64_t mem_part(const struct mem *m, uint64_t pa, uint64_t len, uint8_t **at)
{
	for (uint32_t i = 0; i < m->windows; i++) {
		const struct mem_window *w = &m->win[i];
		uint64_t off = pa - w->first;

		if (off >= w->size)
			continue;
		*at = w->base + off;
		return len < w->size - off ? len : w->size - off;
	}
	*at = NULL;
	return 0;
}

bool mem_present(const struct mem *m, uint64_t pa, uint64_t len)
{
	uint64_t part;
	uint8_t *at;

	if (len && pa > UINT64_MAX - (len - 1))
		return false;
	for (; len; pa += part, len -= part) {
		part = mem_part(m, pa, len, &at);
		if (!part)
			return false;
	}
	return true;
}

/* ---- pending lines ---- */

static uint32_t slot_home(const struct mem *m, uint64_t pa)
{
	return (uint32_t)((pa / MEM_LINE * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (m->slots - 1);
}

/* The slot that names the line at pa, or the empty one where it would go. */
static uint32_t slot_find(const struct mem *m, uint64_t pa)
{
	uint32_t i = slot_home(m, pa);

	while (m->slot[i] && m->line[m->slot[i] - 1].pa != pa)
		i = (i + 1) & (m->slots - 1);
	return i;
}

static struct mem_line *line_find(const struct mem *m, uint64_t pa)
{
	uint32_t index;

	if (!m->lines)
		return NULL;
	index = m->slot[slot_find(m, pa & ~(uint64_t)(MEM_LINE - 1))];
	return index ? &m->line[index - 1] : NULL;
}

/* Twice the room; the hash is kept at most half full. */
static bool lines_grow(struct mem *m)
{
	uint32_t room = m->line_room ? 2 * m->line_room : 64;
	struct mem_line *line;
	uint32_t *slot;

	if (room > (uint32_t)1 << 30)
		return false;
	line = realloc(m->line, room * sizeof(*line));
	if (!line)
		return false;
	m->line = line;
	slot = calloc((size_t)2 * room, sizeof(*slot));
	if (!slot)
		return false;
	free(m->slot);
	m->slot = slot;
	m->slots = 2 * room;
	m->line_room = room;
	for (uint32_t i = 0; i < m->lines; i++)
		m->slot[slot_find(m, m->line[i].pa)] = i + 1;
	return true;
}

/* The line at pa, made when it is not there; NULL when the host has no memory. */
static struct mem_line *line_get(struct mem *m, uint64_t pa)
{
	struct mem_line *l = line_find(m, pa);

	if (l)
		return l;
	if (m->lines == m->line_room && !lines_grow(m))
		return NULL;
	l = &m->line[m->lines];
	*l = (struct mem_line){ .pa = pa & ~(uint64_t)(MEM_LINE - 1) };
	m->slot[slot_find(m, l->pa)] = ++m->lines;
	return l;
}

/* Closes the gap in the hash (no markers, so that misses stay short), then in the array with its last line. */
static void line_remove(struct mem *m, struct mem_line *l)
{
	uint32_t mask = m->slots - 1, hole = slot_find(m, l->pa);
	struct mem_line *last = &m->line[m->lines - 1];

	m->slot[hole] = 0;
	for (uint32_t i = (hole + 1) & mask; m->slot[i]; i = (i + 1) & mask) {
		uint32_t home = slot_home(m, m->line[m->slot[i] - 1].pa);

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		m->slot[hole] = m->slot[i];
		m->slot[i] = 0;
		hole = i;
	}
	if (l != last) {
		m->slot[slot_find(m, last->pa)] = (uint32_t)(l - m->line) + 1;
		*l = *last;
	}
	m->lines--;
}

static void words_copy(void *to, const uint64_t *from, uint8_t mask)
{
	for (unsigned i = 0; i < WORDS; i++)
		if (mask >> i & 1)
			memcpy((uint8_t *)to + (size_t)8 * i, &from[i], 8);
}

static void published(const struct mem *m, const struct mem_line *l, uint8_t mask, bool to_buffer)
{
	if (m->trace)
		trace(m->trace, SIM_TRACE_PUBLISH, 0, 0, to_buffer, 0, l->pa, mask);
}

/* Cached words leave the cache; the line stays in the array. */
static void line_write_back(struct mem *m, struct mem_line *l)
{
	if (!l->cached_mask)
		return;
	published(m, l, l->cached_mask, m->buffered);
	if (m->buffered) {
		words_copy(l->buffered, l->cached, l->cached_mask);
		l->buffered_mask |= l->cached_mask;
	} else {
		words_copy(mem_at(m, l->pa, MEM_LINE), l->cached, l->cached_mask);
	}
	l->cached_mask = 0;
}

static void line_drain(const struct mem *m, struct mem_line *l)
{
	if (!l->buffered_mask)
		return;
	published(m, l, l->buffered_mask, false);
	words_copy(mem_at(m, l->pa, MEM_LINE), l->buffered, l->buffered_mask);
	l->buffered_mask = 0;
}

/* Older words first: the write buffer's, then the cache's. */
static void line_flush(struct mem *m, struct mem_line *l)
{
	line_drain(m, l);
	line_write_back(m, l);
	line_drain(m, l);
}

static void line_drop_empty(struct mem *m, struct mem_line *l)
{
	if (!l->cached_mask && !l->buffered_mask)
		line_remove(m, l);
}

/* Applies `step` to every pending line that overlaps [pa, pa + size). */
static void lines_each(struct mem *m, uint64_t pa, uint64_t size,
		       void (*step)(struct mem *m, struct mem_line *l))
{
	uint64_t first = pa / MEM_LINE, last;
	struct mem_line *l;

	if (!size || !m->lines)
		return;
	last = (size - 1 > UINT64_MAX - pa ? UINT64_MAX : pa + (size - 1)) / MEM_LINE;
	if (last - first < m->lines) {
		for (uint64_t n = first; n <= last; n++) {
			l = line_find(m, n * MEM_LINE);
			if (l) {
				step(m, l);
				line_drop_empty(m, l);
			}
		}
		return;
	}
	for (uint32_t i = m->lines; i-- > 0;) { /* downwards: removal puts the last line here */
		l = &m->line[i];
		if (l->pa / MEM_LINE >= first && l->pa / MEM_LINE <= last) {
			step(m, l);
			line_drop_empty(m, l);
		}
	}
}

void mem_write_back(struct mem *m, uint64_t pa, uint64_t size)
{
	lines_each(m, pa, size, line_write_back);
}

void mem_drain(struct mem *m)
{
	for (uint32_t i = m->lines; i-- > 0;) {
		line_drain(m, &m->line[i]);
		line_drop_empty(m, &m->line[i]);
	}
}

void mem_maybe_publish(struct mem *m)
{
	struct mem_line *l;

	if (m->publish != SIM_PUBLISH_RANDOM || !m->lines || rng_below(&m->rng, PUBLISH_ODDS))
		return;
	l = &m->line[rng_below(&m->rng, m->lines)];
	if (l->cached_mask && (!l->buffered_mask || rng_below(&m->rng, 2)))
		line_write_back(m, l);
	else
		line_drain(m, l);
	line_drop_empty(m, l);
}

/* ---- access ---- */

/* The newest pending word of `l` that `view` sees; false: it sees memory. */
static bool line_word(const struct mem_line *l, enum mem_view view, unsigned word, uint64_t *val)
{
	if (view == MEM_VIEW_CPU && l->cached_mask >> word & 1)
		*val = l->cached[word];
	else if (view != MEM_VIEW_MEMORY && l->buffered_mask >> word & 1)
		*val = l->buffered[word];
	else
		return false;
	return true;
}

bool mem_read64(const struct mem *m, enum mem_view view, uint64_t pa, uint64_t *val)
{
	const uint8_t *at = mem_at(m, pa, 8);
	const struct mem_line *l;

	if (!at)
		return false;
	l = line_find(m, pa);
	if (!l || !line_word(l, view, (unsigned)(pa % MEM_LINE / 8), val))
		memcpy(val, at, 8);
	return true;
}

/* Puts the pending words of `l` over the bytes of [pa, pa + len) in buf. */
static void line_overlay(const struct mem_line *l, uint64_t pa, uint8_t *buf, uint64_t len)
{
	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t at = l->pa + (uint64_t)8 * i, val;
		uint8_t bytes[8];

		if (at + 7 < pa || at > pa + (len - 1) || !line_word(l, MEM_VIEW_CPU, i, &val))
			continue;
		memcpy(bytes, &val, 8);
		for (unsigned b = 0; b < 8; b++)
			if (at + b >= pa && at + b - pa < len)
				buf[at + b - pa] = bytes[b];
	}
}

bool mem_load(const struct mem *m, uint64_t pa, void *buf, uint64_t len)
{
	uint8_t *to = buf, *at;
	uint64_t first = pa / MEM_LINE, last;

	if (!len)
		return true;
	if (!mem_present(m, pa, len))
		return false;
	for (uint64_t done = 0, part; done < len; done += part) {
		part = mem_part(m, pa + done, len - done, &at);
		memcpy(to + done, at, part);
	}
	last = (pa + (len - 1)) / MEM_LINE;
	if (last - first < m->lines) {
		for (uint64_t n = first; n <= last; n++) {
			const struct mem_line *l = line_find(m, n * MEM_LINE);

			if (l)
				line_overlay(l, pa, to, len);
		}
		return true;
	}
	for (uint32_t i = 0; i < m->lines; i++)
		if (m->line[i].pa / MEM_LINE >= first && m->line[i].pa / MEM_LINE <= last)
			line_overlay(&m->line[i], pa, to, len);
	return true;
}

bool mem_store(struct mem *m, uint64_t pa, const void *buf, uint64_t len)
{
	const uint8_t *from = buf;
	uint8_t *at;

	if (!mem_present(m, pa, len))
		return false;
	lines_each(m, pa, len, line_flush);
	for (uint64_t done = 0, part; done < len; done += part) {
		part = mem_part(m, pa + done, len - done, &at);
		memcpy(at, from + done, part);
	}
	return true;
}

/* Another word of its line waits. A store to the one that waits replaces it: the order of a word's own stores is kept. */
static bool overtakes(const struct mem *m, uint64_t pa)
{
	const struct mem_line *l = m->publish == SIM_PUBLISH_OVERTAKE ? line_find(m, pa) : NULL;
	unsigned word = (unsigned)(pa % MEM_LINE / 8);

	return l && !((l->cached_mask | l->buffered_mask) >> word & 1);
}

/* `words` of them, which share a line: all are seen at once. */
static bool cpu_write(struct mem *m, uint64_t pa, const uint64_t *val, unsigned words)
{
	unsigned word = (unsigned)(pa % MEM_LINE / 8);
	uint8_t mask = (uint8_t)(((1u << words) - 1) << word);
	uint8_t *at = mem_at(m, pa, (uint64_t)8 * words);
	struct mem_line *l;

	if (!at)
		return false;
	if (m->publish == SIM_PUBLISH_AT_ONCE || (!m->noncoherent && !m->buffered) ||
	    overtakes(m, pa)) {
		memcpy(at, val, (size_t)8 * words);
		return true;
	}
	l = line_get(m, pa);
	if (!l) { /* publishing early is always legal; the line is new, so no pending word hides it */
		memcpy(at, val, (size_t)8 * words);
		return true;
	}
	memcpy((m->noncoherent ? l->cached : l->buffered) + word, val, (size_t)8 * words);
	if (m->noncoherent)
		l->cached_mask |= mask;
	else
		l->buffered_mask |= mask;
	return true;
}

bool mem_cpu_write64(struct mem *m, uint64_t pa, uint64_t val)
{
	return cpu_write(m, pa, &val, 1);
}

bool mem_cpu_write128(struct mem *m, uint64_t pa, const uint64_t val[2])
{
	return cpu_write(m, pa, val, 2);
}
