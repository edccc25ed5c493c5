/*
 * Sizes of the caller's storage: include/iommu/layout.h.
 */
#include "iommu/layout.h"
#include "iommu/driver.h"
#include "iommu/iova.h"
#include "iommu/irq.h"
#include "iommu/ledger.h"

#define FITS(type, size)                                                                           \
	_Static_assert(sizeof(type) <= (size), "include/iommu/layout.h: " #type " has grown");     \
	_Static_assert(_Alignof(type) <= IOMMU_ALIGN, "include/iommu/layout.h: " #type " alignmen" \
						      "t")

FITS(struct iommu_unit, IOMMU_UNIT_SIZE);
FITS(struct iommu_domain, IOMMU_DOMAIN_SIZE);
FITS(struct iommu_device, IOMMU_DEVICE_SIZE);
FITS(struct iommu_ticket, IOMMU_TICKET_SIZE);
FITS(struct iommu_irq_unit, IOMMU_IRQ_UNIT_SIZE);
FITS(struct iommu_irq_source, IOMMU_IRQ_SOURCE_SIZE);
FITS(struct iommu_irq, IOMMU_IRQ_SIZE);
FITS(struct iommu_iova_space, IOMMU_IOVA_SPACE_SIZE);
FITS(struct iommu_iova_node, IOMMU_IOVA_NODE_SIZE);
FITS(struct iommu_iova_range, IOMMU_IOVA_RANGE_SIZE);
FITS(struct iommu_ledger, IOMMU_LEDGER_SIZE);
FITS(struct iommu_pages, IOMMU_PAGES_SIZE);
_Static_assert(sizeof(struct iommu_iova_node) == IOMMU_IOVA_NODE_SIZE, "an array's element");

size_t iommu_unit_size(void)
{
	return sizeof(struct iommu_unit);
}

size_t iommu_domain_size(void)
{
	return sizeof(struct iommu_domain);
}

size_t iommu_device_size(void)
{
	return sizeof(struct iommu_device);
}

size_t iommu_ticket_size(void)
{
	return sizeof(struct iommu_ticket);
}

size_t iommu_irq_unit_size(void)
{
	return sizeof(struct iommu_irq_unit);
}

size_t iommu_irq_source_size(void)
{
	return sizeof(struct iommu_irq_source);
}

size_t iommu_irq_size(void)
{
	return sizeof(struct iommu_irq);
}

size_t iommu_iova_space_size(void)
{
	return sizeof(struct iommu_iova_space);
}

size_t iommu_iova_node_size(void)
{
	return sizeof(struct iommu_iova_node);
}

size_t iommu_iova_range_size(void)
{
	return sizeof(struct iommu_iova_range);
}

size_t iommu_ledger_size(void)
{
	return sizeof(struct iommu_ledger);
}

size_t iommu_pages_size(void)
{
	return sizeof(struct iommu_pages);
}
