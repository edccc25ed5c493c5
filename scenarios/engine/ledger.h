/*
 * What the scenario asked the guest to map, in pieces: the pages behind an IOVA range are known when it is unmapped,
 * without looking at any table.
 */
#ifndef ENGINE_LEDGER_H
#define ENGINE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

enum piece_state {
	PIECE_MAPPED,
	PIECE_LEAVING, /* inside an unmap that has not returned */
	PIECE_PENDING, /* unmapped with a ticket that is not complete */
	PIECE_QUARANTINED
};

struct piece {
	enum piece_state state;
	uint32_t domain;
	uint32_t ticket; /* PIECE_PENDING */
	uint64_t first, last, pa;
	uint8_t perm;
	bool keep; /* the pages are not given back when they are quiesced */
};

struct ledger {
	struct piece *piece;
	uint32_t count, cap;
};

void ledger_free(struct ledger *l);

/* Adds a mapping; false when out of memory. */
bool ledger_map(struct ledger *l, uint32_t domain, uint64_t first, uint64_t last, uint64_t pa,
		uint8_t perm);

/* Splits pieces of the domain at both ends of the range and marks the mapped ones in it as leaving. */
bool ledger_leave(struct ledger *l, uint32_t domain, uint64_t first, uint64_t last);

/* Removes piece i; the last one takes its number. */
void ledger_drop(struct ledger *l, uint32_t i);

/*
 * The first part of [*first, last] (physical) that no piece but number `except` holds; false when there is none.
 * *first and *end tell it.
 */
bool ledger_free_part(const struct ledger *l, uint32_t except, uint64_t *first, uint64_t last,
		      uint64_t *end);

#endif
