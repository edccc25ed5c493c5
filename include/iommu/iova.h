/*
 * Device addresses: which ranges of a domain are free, and what a device may be told.
 *
 * A space belongs to one paging domain. Its memory is an array of nodes that the caller gives; nothing else is
 * allocated. A range is an allocation, in a record of the caller's.
 *
 *     free -> reserved (allocated) -> mapped, unmapped, mapped again -> nothing mapped and all of it quiesced -> free
 *
 * Two rules are kept here and not by the caller's care:
 *   - iommu_iova_address gives the address away only while every unit of the domain translates. Before that the range can be
 *     mapped (iommu_iova_map), but no device can be told where it is.
 *   - iommu_iova_free takes a range back only when nothing in it is mapped and no ticket that covers any of it is pending:
 *     an address that some hardware may still translate is not given out again. After a failed invalidation
 *     (IOMMU_E_BROKEN) the domain's addresses stay where they are until the domain was destroyed.
 *
 * A search takes O(log n) steps for n free ranges where one is found that is large enough for any alignment; else the
 * ranges that are long enough are looked at one by one. All sizes and alignments are multiples of 4096.
 */
#ifndef IOMMU_IOVA_H
#define IOMMU_IOVA_H

#include <stdint.h>

#include "iommu/driver.h"

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

/* One free range in a balanced tree. Private. */
struct iommu_iova_node {
	uint64_t first, last;	/* inclusive */
	uint64_t longest;	/* bytes - 1 of the longest range in this subtree */
	uint32_t parent, child[2];	/* index + 1, 0: none */
	uint32_t height;
};

/* The caller provides it; all of it is private. */
struct iommu_iova_space {
	struct iommu_domain *domain;
	struct iommu_iova_node *node;
	uint32_t capacity, used, root, spare;
	uint32_t ranges;	/* allocated */
	uint64_t held;		/* bytes allocated */
};

/* An allocation. The caller zeroes it once; it is reusable after iommu_iova_free. */
struct iommu_iova_range {
	/* private */
	struct iommu_iova_space *space;	/* NULL: idle */
	uint64_t first, size;
};

/*
 * Makes a space of everything the domain can address but the first page, the interrupt ranges and what lies beyond
 * the address width. `node` is an array of `capacity` nodes, in use as long as the space: as many as there are ranges and
 * reserved windows at one time, and a few more, always suffice. IOMMU_E_UNSUPPORTED: not a paging domain.
 * IOMMU_E_FULL: too few nodes.
 */
int iommu_iova_init(struct iommu_iova_space *s, struct iommu_domain *d, struct iommu_iova_node *node, uint32_t capacity)
	IOMMU_MUST_CHECK;

/*
 * Takes [first, last] out for good (RMRR, unity regions; whole pages are taken). While nothing is allocated it may overlap
 * what is reserved already; later all of it must be free (IOMMU_E_EXIST). IOMMU_E_FULL: no node left.
 */
int iommu_iova_reserve(struct iommu_iova_space *s, uint64_t first, uint64_t last) IOMMU_MUST_CHECK;

/*
 * Allocates `size` bytes whose first address is a multiple of `align` (a power of two, 0: 4096) and whose last is not beyond
 * `limit` (what the device can address; 0: no limit), at the lowest address found. IOMMU_E_FULL: no such range, or no node
 * left. IOMMU_E_BUSY: *r is in use.
 */
int iommu_iova_alloc(struct iommu_iova_space *s, uint64_t size, uint64_t align, uint64_t limit,
		     struct iommu_iova_range *r) IOMMU_MUST_CHECK;

/*
 * Gives the range back. IOMMU_E_BUSY: something in it is mapped, or a ticket that covers any of it is pending: iommu_flush
 * or iommu_poll first. IOMMU_E_BROKEN: a unit of the domain failed, or was reset.
 */
int iommu_iova_free(struct iommu_iova_range *r) IOMMU_MUST_CHECK;

/* The device address of the range. IOMMU_E_STAGE: some unit of the domain does not translate. IOMMU_E_NOENT: idle. */
int iommu_iova_address(const struct iommu_iova_range *r, uint64_t *iova) IOMMU_MUST_CHECK;

/*
 * iommu_map, iommu_unmap and iommu_unmap_lazy of [offset, offset + size) of the range; beyond it: IOMMU_E_RANGE. They work
 * before the address may be told.
 */
int iommu_iova_map(struct iommu_iova_range *r, uint64_t offset, uint64_t pa, uint64_t size, uint32_t prot)
	IOMMU_MUST_CHECK;
int iommu_iova_unmap(struct iommu_iova_range *r, uint64_t offset, uint64_t size) IOMMU_MUST_CHECK;
int iommu_iova_unmap_lazy(struct iommu_iova_range *r, uint64_t offset, uint64_t size, struct iommu_ticket *t)
	IOMMU_MUST_CHECK;

/* Forgets the space, never the domain. IOMMU_E_BUSY while a range is allocated, unless the domain is dead or destroyed. */
int iommu_iova_done(struct iommu_iova_space *s) IOMMU_MUST_CHECK;

#endif
