/*
 * The journal of stores: a pool of words, chained in the buckets of a hash of their addresses.
 */
#include <stdlib.h>

#include "journal.h"

#define ROOM_FIRST 64u
#define HAND_STEPS 64u /* words passed over at most, so that making room is bounded */

void journal_init(struct journal *j, uint32_t most)
{
	*j = (struct journal){ .words = 1, .hand = 1, .most = most };
}

void journal_destroy(struct journal *j)
{
	free(j->word);
	free(j->bucket);
	free(j->page);
	journal_init(j, j->most);
}

static uint32_t hash(uint64_t n)
{
	return (uint32_t)((n * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

static uint32_t *bucket_of(const struct journal *j, uint64_t pa)
{
	return &j->bucket[hash(pa / 8) & (j->room - 1)];
}

struct journal_word *journal_find(const struct journal *j, uint64_t pa)
{
	uint32_t i;

	if (!j->room)
		return NULL;
	for (i = *bucket_of(j, pa); i; i = j->word[i].next)
		if (j->word[i].pa == pa)
			return &j->word[i];
	return NULL;
}

static void link_word(struct journal *j, uint32_t i)
{
	uint32_t *bucket = bucket_of(j, j->word[i].pa);

	j->word[i].next = *bucket;
	*bucket = i;
}

static void unlink_word(struct journal *j, uint32_t i)
{
	uint32_t *p = bucket_of(j, j->word[i].pa);

	while (*p != i)
		p = &j->word[*p].next;
	*p = j->word[i].next;
}

/* Rooms are powers of two, so that the room is the number of buckets too. */
static bool grow(struct journal *j)
{
	uint32_t room = j->room ? 2 * j->room : ROOM_FIRST;
	struct journal_word *word;
	uint32_t *bucket;

	if (!j->page)
		j->page = calloc(JOURNAL_PAGES / 64, sizeof(*j->page));
	if (!j->page)
		return false;
	word = realloc(j->word, room * sizeof(*word));
	if (!word)
		return false;
	j->word = word;
	bucket = calloc(room, sizeof(*bucket));
	if (!bucket)
		return false;
	free(j->bucket);
	j->bucket = bucket;
	j->room = room;
	for (uint32_t i = 1; i < j->words; i++)
		link_word(j, i);
	return true;
}

/* The word whose place is taken: the next one no walk has read since the hand passed, or after some steps any. */
static uint32_t victim(struct journal *j)
{
	uint32_t i = j->hand;

	for (uint32_t n = 0; n < HAND_STEPS && j->word[i].read; n++) {
		j->word[i].read = false;
		i = i + 1 < j->words ? i + 1 : 1;
	}
	j->hand = i + 1 < j->words ? i + 1 : 1;
	return i;
}

/* A place for one more word, 0: none. */
static uint32_t place(struct journal *j)
{
	uint32_t i;

	if (j->words <= j->most && (j->words < j->room || grow(j)))
		return j->words++;
	if (j->words == 1)
		return 0;
	i = victim(j);
	unlink_word(j, i);
	return i;
}

static struct journal_word *make(struct journal *j, uint64_t pa)
{
	uint32_t i = place(j), page = hash(pa / 4096) % JOURNAL_PAGES;

	if (!i)
		return NULL;
	j->word[i] = (struct journal_word){ .pa = pa };
	link_word(j, i);
	j->page[page / 64] |= UINT64_C(1) << page % 64;
	return &j->word[i];
}

void journal_record(struct journal *j, uint64_t pa, const struct journal_store *store)
{
	struct journal_word *w = journal_find(j, pa);

	if (!w)
		w = make(j, pa);
	if (w)
		w->last[w->stores++ % JOURNAL_DEEP] = *store;
}

void journal_read(struct journal *j, uint64_t pa)
{
	struct journal_word *w = journal_find(j, pa);

	if (w)
		w->read = true;
}

bool journal_knows_page(const struct journal *j, uint64_t pa)
{
	uint32_t page = hash(pa / 4096) % JOURNAL_PAGES;

	return j->page && j->page[page / 64] >> page % 64 & 1;
}
