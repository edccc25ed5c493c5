/*
 * What the files of the AMD-Vi driver share. 48882, host (v1) translation, one device table without segments.
 */
#ifndef DRIVER_AMD_H
#define DRIVER_AMD_H

#include "../internal.h"
#include "../mem.h"
#include "hw/amdvi.h"

/* control.c: the control register and what follows from it */
int amd_wait_status(struct iommu_unit *u, uint64_t mask, uint64_t want, const char *why);
void amd_control(struct iommu_unit *u, uint64_t clear, uint64_t set);
int amd_take_over(struct iommu_unit *u);
int amd_off(struct iommu_unit *u);

/* cmd.c: the command buffer */
int amd_cmd_devtab(struct iommu_unit *u, uint16_t rid);
int amd_cmd_interrupts(struct iommu_unit *u, uint16_t rid);
int amd_cmd_pages(struct iommu_unit *u, uint32_t domain_id, uint64_t range, bool pde);
int amd_cmd_domain(struct iommu_unit *u, uint32_t domain_id);
int amd_cmd_iotlb(struct iommu_unit *u, const struct iommu_device *dev, uint64_t range);
void amd_cmd_iotlb_all(struct iommu_unit *u, struct iommu_device *dev);
int amd_cmd_all(struct iommu_unit *u);
int amd_cmd_finish(struct iommu_unit *u);
void amd_cmd_base(struct iommu_unit *u);
void amd_cmd_wait_command(const struct iommu_unit *u, uint64_t word[2]);
void amd_cmd_bell(struct iommu_unit *u);
int amd_cmd_check(struct iommu_unit *u);
int amd_cmd_trust(struct iommu_unit *u);

/* devtab.c */
int amd_devtab_alloc(struct iommu_unit *u);
void amd_devtab_free(struct iommu_unit *u);
void amd_devtab_block_all(struct iommu_unit *u);
uint32_t amd_devtab_rids(const struct iommu_unit *u);
uint32_t amd_devtab_rids_wanted(const struct iommu_unit *u);
void amd_devtab_interrupts(const struct iommu_unit *u, uint16_t rid, uint64_t word);
int amd_attach(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev);
int amd_detach(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev);
void amd_block(struct iommu_unit *u, uint16_t rid);

/* inspect.c */
void amd_walk_device(const struct iommu_unit *u, uint16_t rid, struct iommu_walk *w,
		     struct iommu_walk_root *root);
void amd_diag(const struct iommu_unit *u, struct iommu_diag *d);

/* irq.c */
uint64_t amd_irq_control(const struct iommu_unit *u);

/* inval.c */
int amd_inval_start(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval,
		    bool may_block, uint64_t *wait);
int amd_made_present(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval);
int amd_inval_everything(struct iommu_unit *u);

/* event.c */
void amd_log_base(struct iommu_unit *u);
void amd_log_look(struct iommu_unit *u);
void amd_log_keep(struct iommu_unit *u);
void amd_log_peek(const struct iommu_unit *u, uint32_t head, uint32_t tail, struct iommu_diag *d);
int amd_log_clear(struct iommu_unit *u);
bool amd_log_stuck(const struct iommu_unit *u, uint64_t status);
int amd_fault_event(struct iommu_unit *u, uint32_t msi_addr, uint32_t msi_data);
int amd_fault_drain(struct iommu_unit *u, struct iommu_fault *out, uint32_t max, uint32_t *count,
		    bool *lost);

static inline bool amd_has(const struct iommu_unit *u, uint64_t efr)
{
	return u->amd.efr & efr;
}

static inline bool amd_cap(const struct iommu_unit *u, uint32_t cap)
{
	return u->desc.pci_cap & cap;
}

/* Commands are executed only while the unit translates, and before that nothing can be cached that has to go. */
static inline bool amd_running(const struct iommu_unit *u)
{
	return u->stage == IOMMU_STAGE_TRANSLATING;
}

/* How tables reach the hardware. 48882 2.2.1: reads snoop unless told, or unable, not to. */
static inline enum iommu_sync amd_sync(const struct iommu_unit *u)
{
	return u->desc.not_coherent ? IOMMU_SYNC_FLUSH : IOMMU_SYNC_ORDER;
}

/* Rings of one page. */
#define AMD_RING_BYTES 4096u
#define AMD_RING(pa) (((pa)&AMDVI_RING_BASE) | FIELD_PREP(AMDVI_RING_LEN, AMDVI_RING_LEN_MIN))

#endif
