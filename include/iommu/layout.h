/*
 * Storage for callers that do not see the structures: sizes and alignments of what the caller provides, as constants for
 * static storage in another language, and as functions that tell what this build of the driver really needs.
 *
 * The constants leave room to grow: they change less often than the structures. driver/layout.c fails to compile when one
 * of them is too small.
 */
#ifndef IOMMU_LAYOUT_H
#define IOMMU_LAYOUT_H

#include <stddef.h>

enum iommu_layout {
	IOMMU_ALIGN = 16, /* of every one of them */
	IOMMU_UNIT_SIZE = 16384,
	IOMMU_DOMAIN_SIZE = 512,
	IOMMU_DEVICE_SIZE = 64,
	IOMMU_TICKET_SIZE = 192,
	IOMMU_IRQ_UNIT_SIZE = 8448,
	IOMMU_IRQ_SOURCE_SIZE = 384,
	IOMMU_IRQ_SIZE = 128,
	IOMMU_IOVA_SPACE_SIZE = 128,
	IOMMU_IOVA_NODE_SIZE = 40, /* exact: it is an array's element */
	IOMMU_IOVA_RANGE_SIZE = 64,
	IOMMU_LEDGER_SIZE = 64,
	IOMMU_PAGES_SIZE = 320
};

size_t iommu_unit_size(void);
size_t iommu_domain_size(void);
size_t iommu_device_size(void);
size_t iommu_ticket_size(void);
size_t iommu_irq_unit_size(void);
size_t iommu_irq_source_size(void);
size_t iommu_irq_size(void);
size_t iommu_iova_space_size(void);
size_t iommu_iova_node_size(void);
size_t iommu_iova_range_size(void);
size_t iommu_ledger_size(void);
size_t iommu_pages_size(void);

#endif
