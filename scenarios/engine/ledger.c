/*
 * What the scenario asked the guest to map.
 */
#include "ledger.h"

#include <stdlib.h>

void ledger_free(struct ledger *l)
{
	free(l->piece);
	*l = (struct ledger){ 0 };
}

static bool add(struct ledger *l, const struct piece *p)
{
	if (l->count == l->cap) {
		uint32_t cap = l->cap ? 2 * l->cap : 32;
		struct piece *more = realloc(l->piece, cap * sizeof(*more));

		if (!more)
			return false;
		l->piece = more;
		l->cap = cap;
	}
	l->piece[l->count++] = *p;
	return true;
}

bool ledger_map(struct ledger *l, uint32_t domain, uint64_t first, uint64_t last, uint64_t pa,
		uint8_t perm)
{
	struct piece p = { .domain = domain, .first = first, .last = last, .pa = pa, .perm = perm };

	return add(l, &p);
}

/* Cuts every mapped piece of the domain that spans `at`, so that one starts there. */
static bool cut(struct ledger *l, uint32_t domain, uint64_t at)
{
	uint32_t count = l->count;

	for (uint32_t i = 0; i < count; i++) {
		struct piece tail = l->piece[i];

		if (tail.domain != domain || tail.state != PIECE_MAPPED || tail.first >= at ||
		    tail.last < at)
			continue;
		tail.pa += at - tail.first;
		tail.first = at;
		if (!add(l, &tail))
			return false;
		l->piece[i].last = at - 1;
	}
	return true;
}

bool ledger_leave(struct ledger *l, uint32_t domain, uint64_t first, uint64_t last)
{
	if (!cut(l, domain, first) || (last != UINT64_MAX && !cut(l, domain, last + 1)))
		return false;
	for (uint32_t i = 0; i < l->count; i++) {
		struct piece *p = l->piece + i;

		if (p->domain == domain && p->state == PIECE_MAPPED && p->first >= first &&
		    p->last <= last)
			p->state = PIECE_LEAVING;
	}
	return true;
}

void ledger_drop(struct ledger *l, uint32_t i)
{
	l->piece[i] = l->piece[--l->count];
}

bool ledger_free_part(const struct ledger *l, uint32_t except, uint64_t *first, uint64_t last,
		      uint64_t *end)
{
	bool moved = true;

	/* step over pieces that hold *first; each turn passes at least one of them */
	for (uint32_t turn = 0; moved && turn <= l->count; turn++) {
		moved = false;
		for (uint32_t i = 0; i < l->count; i++) {
			const struct piece *p = l->piece + i;
			uint64_t p_last = p->pa + (p->last - p->first);

			if (i == except || *first < p->pa || *first > p_last)
				continue;
			if (p_last >= last)
				return false;
			*first = p_last + 1;
			moved = true;
		}
	}
	*end = last;
	for (uint32_t i = 0; i < l->count; i++)
		if (i != except && l->piece[i].pa > *first && l->piece[i].pa <= *end)
			*end = l->piece[i].pa - 1;
	return *first <= last;
}
