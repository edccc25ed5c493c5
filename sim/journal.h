/*
 * A journal of stores: the last few to each word, for as many words as its bound allows.
 *
 * Find and record are a probe of a hash. Beyond the bound the word that was stored to first makes room, unless a walk has
 * read it since it was last passed over. Times, values and masters are the caller's.
 */
#ifndef SIM_JOURNAL_H
#define SIM_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#define JOURNAL_DEEP 4u                   /* stores kept of each word */
#define JOURNAL_MOST ((uint32_t)1 << 15)  /* words */
#define JOURNAL_PAGES ((uint32_t)1 << 15) /* bits of the filter of pages */

struct journal_store {
	uint64_t time_ns;
	uint64_t order; /* of all events, the caller's */
	uint64_t old, now;
	uint8_t master;
};

struct journal_word {
	uint64_t pa;                             /* 8-byte aligned */
	uint32_t next;                           /* in its bucket */
	uint32_t stores;                         /* ever */
	bool read;                               /* by a walk, since the hand last passed */
	struct journal_store last[JOURNAL_DEEP]; /* ring: number n at n % JOURNAL_DEEP */
};

struct journal {
	struct journal_word *word; /* [0] unused */
	uint32_t *bucket;
	uint32_t words, room; /* in use and allocated, [0] included */
	uint32_t hand;        /* where room is looked for */
	uint32_t most;
	uint64_t *page; /* bit per hash of a page that some word lay in */
};

/* An empty journal of at most `most` words, which takes no memory yet. */
void journal_init(struct journal *j, uint32_t most);
void journal_destroy(struct journal *j);

/* Without host memory the store is not kept. */
void journal_record(struct journal *j, uint64_t pa, const struct journal_store *store);

/* A walk read the word. */
void journal_read(struct journal *j, uint64_t pa);

/* The word, NULL when none of its stores is known. Valid until the next record. */
struct journal_word *journal_find(const struct journal *j, uint64_t pa);

/* Some word of the page may be in the journal: never wrong when it says no. */
bool journal_knows_page(const struct journal *j, uint64_t pa);

/* How many stores of the word are kept, and store number i of these, 0 the oldest. */
static inline uint32_t journal_kept(const struct journal_word *w)
{
	return w->stores < JOURNAL_DEEP ? w->stores : JOURNAL_DEEP;
}

static inline const struct journal_store *journal_at(const struct journal_word *w, uint32_t i)
{
	return &w->last[(w->stores - journal_kept(w) + i) % JOURNAL_DEEP];
}

#endif
