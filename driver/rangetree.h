/*
 * Free ranges of addresses in a balanced tree (AVL) over the caller's array of nodes, ordered by address; every node knows
 * the longest range below it. Ranges never touch each other. No recursion: nodes know their parent.
 */
#ifndef DRIVER_RANGETREE_H
#define DRIVER_RANGETREE_H

#include "internal.h"
#include "iommu/iova.h"

void range_tree_init(struct iommu_iova_space *s);

/* Nodes not in use. */
static inline uint32_t range_tree_spare(const struct iommu_iova_space *s)
{
	return s->capacity - s->used;
}

/* The range that holds `addr`, or the nearest above it; NULL: none. */
struct iommu_iova_node *range_tree_at(const struct iommu_iova_space *s, uint64_t addr);

/* The next one in order; NULL: none. */
struct iommu_iova_node *range_tree_next(const struct iommu_iova_space *s,
					const struct iommu_iova_node *n);

/* The lowest range of more than `longest` - 1 bytes + 1 at or above `from`: last - first >= longest. NULL: none. */
struct iommu_iova_node *range_tree_fit(const struct iommu_iova_space *s, uint64_t longest);

/* Adds a range, joined with its neighbours. A node must be spare unless it joins. */
void range_tree_add(struct iommu_iova_space *s, uint64_t first, uint64_t last);

/* Takes [first, last] out of the range `n` that holds it. A node must be spare when it lies inside. */
void range_tree_cut(struct iommu_iova_space *s, struct iommu_iova_node *n, uint64_t first,
		    uint64_t last);

#endif
