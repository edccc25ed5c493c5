/*
 * Walking page tables of any format, without starting from the root for each page.
 *
 * A cursor remembers the table of every level on the path to its address. Moving it keeps those that the new address
 * shares, so that a range costs one step per table and not one walk per page.
 */
#ifndef DRIVER_PT_TABLE_H
#define DRIVER_PT_TABLE_H

#include "../internal.h"
#include "format.h"

struct pt_cursor {
	const struct iommu_plat *plat;
	const struct pt_format *fmt;
	uint64_t iova;
	uint64_t table[PT_LEVELS]; /* valid from `low` up to the root's level */
	uint64_t entry;            /* what pt_descend stopped at */
	uint32_t low;
	uint32_t top;
	enum iommu_sync sync;
	bool join; /* neighbouring entries are joined into larger pages where they fit */
};

enum pt_stop {
	PT_STOP_ABSENT = 0, /* the entry at level `low` is not present */
	PT_STOP_LEAF,       /* ... is a leaf */
	PT_STOP_LEVEL       /* the asked level was reached; its entry has not been read */
};

void pt_cursor_start(struct pt_cursor *c, const struct iommu_domain *d, uint64_t iova);
void pt_cursor_move(struct pt_cursor *c, uint64_t iova);
enum pt_stop pt_descend(struct pt_cursor *c, uint32_t level);

/* Goes down to the leaf of the cursor's address: `entry` is it, `low` its level. False when nothing is mapped there. */
bool pt_find_leaf(struct pt_cursor *c);

/* log2 of the bytes that the leaf `entry` of `level` maps, together with the entries it is joined with. */
static inline uint32_t pt_leaf_lg2(const struct pt_cursor *c, uint32_t level, uint64_t entry)
{
	return c->fmt->leaf_lg2 ? c->fmt->leaf_lg2(level, entry) : pt_shift(level);
}

/* Where that page starts in memory. */
static inline uint64_t pt_leaf_pa(const struct pt_cursor *c, uint64_t entry, uint32_t lg2)
{
	return entry & c->fmt->addr & ~((UINT64_C(1) << lg2) - 1);
}

/* Physical address of the entry of `level` for the cursor's address; the level's table must be valid. */
static inline uint64_t pt_entry_pa(const struct pt_cursor *c, uint32_t level)
{
	return c->table[level] + 8 * (uint64_t)pt_index(c->iova, level);
}

/* Entries of `level` from the cursor's address to the end of its table, at most `left` bytes of them. */
static inline uint32_t pt_room(uint64_t iova, uint32_t level, uint64_t left)
{
	uint64_t n = left >> pt_shift(level);
	uint32_t room = PT_ENTRIES - pt_index(iova, level);

	return n < room ? (uint32_t)n : room;
}

bool pt_all_absent(const struct pt_cursor *c, uint64_t pa, uint32_t n);
bool pt_all_present(const struct pt_cursor *c, uint64_t pa, uint32_t n);
void pt_set(const struct pt_cursor *c, uint64_t pa, uint64_t entry);
void pt_fill(const struct pt_cursor *c, uint64_t pa, uint32_t n, uint64_t entry, uint64_t step);
void pt_fill_leaves(const struct pt_cursor *c, uint64_t at, uint32_t level, uint32_t n, uint64_t pa,
		    uint32_t prot);
void pt_collect(const struct pt_cursor *c, uint64_t table, uint32_t level,
		struct iommu_page_list *list);

#endif
