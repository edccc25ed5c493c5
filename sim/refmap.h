/*
 * The reference map of one space: what was asked for, as non-overlapping ranges [first, last] of bytes.
 *
 * A range is mapped, or leaving: removed from the tables, but hardware may hold it until the removal is told complete.
 * Ranges lie sorted in chunks, and the chunks in a sorted array: look-up is two binary searches, and an insertion moves at
 * most one chunk, whatever the order of insertions. Neighbours that continue each other are one range.
 */
#ifndef SIM_REFMAP_H
#define SIM_REFMAP_H

#include <stdbool.h>
#include <stdint.h>

enum ref_state {
	REF_MAPPED = 0,
	REF_LEAVING
};

struct ref_range {
	uint64_t first, last;
	uint64_t pa;   /* of first */
	uint8_t perm;  /* bit 0 read, bit 1 write */
	uint8_t state; /* enum ref_state */
};

#define REF_CHUNK 128u

struct ref_chunk {
	uint32_t count; /* never 0 while in the map */
	struct ref_range r[REF_CHUNK];
};

/* An operation inserts at most three ranges: two halves cut off at its ends, and its own. */
#define REF_SPARES 3u

struct refmap {
	struct ref_chunk **chunk;
	uint32_t chunks, room;
	struct ref_chunk *spare[REF_SPARES];
	uint32_t spares;
};

struct ref_pos {
	uint32_t chunk, i;
};

void refmap_init(struct refmap *m);
void refmap_destroy(struct refmap *m);

/*
 * map: replaces what is leaving there; SIM_E_EXIST when a part is mapped. unmap: what is mapped in the range begins to leave.
 * quiesce: what is leaving in the range is gone. The caller has checked first <= last and that pa does not wrap.
 * SIM_E_NOMEM changes nothing.
 */
int refmap_map(struct refmap *m, const struct ref_range *r);
int refmap_unmap(struct refmap *m, uint64_t first, uint64_t last);
int refmap_quiesce(struct refmap *m, uint64_t first, uint64_t last);

/* The range that holds `addr`, NULL: none. */
const struct ref_range *refmap_find(const struct refmap *m, uint64_t addr);

/* Iterates in address order from *pos = {0, 0}; NULL at the end. */
const struct ref_range *refmap_next(const struct refmap *m, struct ref_pos *pos);

/* Some range leads to [first, last] of physical memory; `state` < 0: in any state. Looks at every range. */
const struct ref_range *refmap_leading_to(const struct refmap *m, uint64_t first, uint64_t last,
					  int state);

#endif
