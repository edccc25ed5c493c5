/*
 * What the C compiler thinks of the structures that sys.rs writes down once more: if a header changes, the program says so
 * instead of handing over bytes of another shape.
 */
#include <stddef.h>
#include <stdint.h>

#include "iommu/driver.h"
#include "iommusim/amdvi.h"
#include "iommusim/vtd.h"

extern const uint32_t mirror[];

/* In the order of sys.rs: MIRROR. */
const uint32_t mirror[] = {
	sizeof(struct iommu_plat),
	offsetof(struct iommu_plat, device_silent),
	offsetof(struct iommu_plat, page_alloc),
	sizeof(struct iommu_unit_desc),
	offsetof(struct iommu_unit_desc, no_inval_all),
	offsetof(struct iommu_unit_desc, pci_cap),
	offsetof(struct iommu_device, silent),
	sizeof(struct iommu_fault),
	offsetof(struct iommu_fault, reason),
	sizeof(struct iommu_status),
	sizeof(struct sim_config),
	offsetof(struct sim_config, oracle),
	sizeof(struct sim_vtd_config),
	sizeof(struct sim_amdvi_config),
	offsetof(struct sim_amdvi_config, misc0),
	sizeof(struct sim_dma),
	offsetof(struct sim_dma, data),
	sizeof(struct sim_dma_result),
	offsetof(struct sim_dma_result, last),
	UINT32_MAX,
};
