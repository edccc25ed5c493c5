/*
 * What the files of the VT-d driver share. VT-d, legacy mode (TTM = 00b), 128-bit descriptors.
 */
#ifndef DRIVER_INTEL_H
#define DRIVER_INTEL_H

#include "../internal.h"
#include "../mem.h"
#include "hw/vtd.h"

/* gcmd.c */
int intel_wait32(struct iommu_unit *u, uint32_t off, uint32_t mask, uint32_t want, const char *why);
int intel_wait64(struct iommu_unit *u, uint32_t off, uint64_t mask, uint64_t want, const char *why);
int intel_gcmd_level(struct iommu_unit *u, uint32_t bit, bool on, const char *why);
int intel_gcmd_once(struct iommu_unit *u, uint32_t command, uint32_t done, const char *why);
int intel_set_root(struct iommu_unit *u);
int intel_flush_write_buffer(struct iommu_unit *u);

/* qi.c: the invalidation queue */
int intel_qi_start(struct iommu_unit *u);
void intel_qi_drain(struct iommu_unit *u);
int intel_qi_stop(struct iommu_unit *u);
void intel_qi_wait_command(const struct iommu_unit *u, uint64_t word[2]);
void intel_qi_bell(struct iommu_unit *u);
int intel_qi_check(struct iommu_unit *u);

/* reginval.c: register-based invalidation */
int intel_reg_idle(struct iommu_unit *u);
int intel_reg_context(struct iommu_unit *u, uint32_t granularity, uint32_t did, uint16_t sid);
int intel_reg_iotlb(struct iommu_unit *u, uint32_t granularity, uint32_t did, uint64_t iva);

/* inval.c: commands, whichever way they are delivered */
enum intel_granularity {
	INTEL_GLOBAL,
	INTEL_DOMAIN,
	INTEL_SELECTIVE
};

int intel_inval_context(struct iommu_unit *u, enum intel_granularity g, uint32_t did, uint16_t sid);
int intel_inval_iotlb(struct iommu_unit *u, enum intel_granularity g, uint32_t did);
int intel_inval_dev_tlb(struct iommu_unit *u, uint16_t sid, uint64_t first, uint64_t last);
int intel_inval_finish(struct iommu_unit *u);
int intel_inval_global(struct iommu_unit *u);
int intel_inval_devices(struct iommu_unit *u);
int intel_inval_start(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval,
		      bool may_block, uint64_t *wait);
int intel_made_present(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval);

/* irq.c */
int intel_inval_interrupts(struct iommu_unit *u);

/* context.c */
int intel_attach(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev);
int intel_detach(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev);
void intel_block(struct iommu_unit *u, uint16_t rid);
void intel_retire_contexts(struct iommu_unit *u, struct iommu_page_list *to);

/* inspect.c */
void intel_walk_device(const struct iommu_unit *u, uint16_t rid, struct iommu_walk *w,
		       struct iommu_walk_root *root);
void intel_diag(const struct iommu_unit *u, struct iommu_diag *d);

/* fault.c */
void intel_mask_events(struct iommu_unit *u);
void intel_fault_clear(struct iommu_unit *u);
void intel_fault_keep(struct iommu_unit *u);
void intel_fault_peek(const struct iommu_unit *u, uint32_t fsts, struct iommu_diag *d);
int intel_fault_event(struct iommu_unit *u, uint32_t msi_addr, uint32_t msi_data);
int intel_fault_drain(struct iommu_unit *u, struct iommu_fault *out, uint32_t max, uint32_t *count,
		      bool *lost);

static inline bool intel_has(const struct iommu_unit *u, uint64_t cap)
{
	return u->intel.cap & cap;
}

static inline bool intel_ehas(const struct iommu_unit *u, uint64_t ecap)
{
	return u->intel.ecap & ecap;
}

/* The queue is used, not the registers. */
static inline bool intel_queued(const struct iommu_unit *u)
{
	return intel_ehas(u, VTD_ECAP_QI) && !u->desc.use_register_inval;
}

/* How root and context tables reach the hardware. ECAP.C: they are snooped. */
static inline enum iommu_sync intel_sync(const struct iommu_unit *u)
{
	return intel_ehas(u, VTD_ECAP_C) ? IOMMU_SYNC_ORDER : IOMMU_SYNC_FLUSH;
}

#endif
