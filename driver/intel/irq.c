/*
 * Interrupt remapping. VT-d 5.1 "Interrupt Remapping"; 9 "Interrupt Remapping Table Entry (IRTE) for Remapped Interrupts";
 * 11 "Interrupt Remapping Table Address Register".
 *
 * One table for the unit. Hardware reads an entry, 128 bits, at once; the driver stores 64 at a time. The upper half says
 * whose entry it is (SID, SQ, SVT) and is written only while the lower half is not present; everything a target says
 * stands in the lower half, so a change of a live entry is one store.
 */
#include "../queue.h"
#include "intel.h"

#define ENTRIES_DEFAULT 256u
#define ENTRIES_MAX 65536u
#define IRTE_BYTES 16u

static int irq_check(const struct iommu_unit *u, struct iommu_irq_desc *desc)
{
	uint32_t entries = 2;

	if (!intel_ehas(u, VTD_ECAP_IR) || !intel_queued(u))
		return IOMMU_E_UNSUPPORTED;
	if (desc->x2apic ? !intel_ehas(u, VTD_ECAP_EIM) : intel_ehas(u, VTD_ECAP_EIMER))
		return IOMMU_E_UNSUPPORTED;
	if (!desc->entries)
		desc->entries = ENTRIES_DEFAULT;
	if (desc->entries > ENTRIES_MAX)
		return IOMMU_E_UNSUPPORTED;
	while (entries < desc->entries)
		entries *= 2;
	desc->entries = entries;
	return IOMMU_OK;
}

static uint32_t irq_entry_bytes(const struct iommu_unit *u)
{
	(void)u;
	return IRTE_BYTES;
}

static int irq_build(struct iommu_unit *u)
{
	struct iommu_irq_unit *irq = u->irq;

	irq->order = 0;
	while (PAGE_SIZE_BYTES << irq->order < (uint64_t)irq->entries * IRTE_BYTES)
		irq->order++;
	irq->table = u->plat->page_alloc(u->plat->ctx, irq->order);
	if (!irq->table)
		return IOMMU_E_NOMEM;
	u->stats.table_pages += UINT64_C(1) << irq->order;
	mem_sync(u->plat, irq->table, PAGE_SIZE_BYTES << irq->order, intel_sync(u));
	return IOMMU_OK;
}

static void irq_release(struct iommu_unit *u)
{
	u->plat->page_free(u->plat->ctx, u->irq->table, u->irq->order);
	u->stats.table_pages -= UINT64_C(1) << u->irq->order;
	u->irq->table = 0;
}

static int put_iec(struct iommu_unit *u, uint64_t q0)
{
	u->irq->invalidations++;
	return queue_put(u, FIELD_PREP(VTD_DESC_TYPE, VTD_DT_IEC) | q0, 0);
}

/* Everything the interrupt entry cache may hold, of any table. */
int intel_inval_interrupts(struct iommu_unit *u)
{
	int rc = put_iec(u, FIELD_PREP(VTD_IECD0_G, VTD_IECD_G_GLOBAL));

	return rc == IOMMU_OK ? intel_inval_finish(u) : rc;
}

/* S: the table has 2^(S + 1) entries. */
static uint64_t irta(const struct iommu_unit *u)
{
	uint32_t s = 0;

	while (UINT32_C(2) << s < u->irq->entries)
		s++;
	return (u->irq->table & VTD_IRTA_IRTA) | (u->irq->desc.x2apic ? VTD_IRTA_EIME : 0) |
	       FIELD_PREP(VTD_IRTA_S, s);
}

/* The compatibility format goes before remapping is on: there is no moment in which it passes (VT-d 5.1.4). */
static int table_on(struct iommu_unit *u)
{
	int rc;

	rc = intel_flush_write_buffer(u);
	if (rc == IOMMU_OK) {
		reg_write64(u, VTD_REG_IRTA, irta(u));
		rc = intel_gcmd_once(u, VTD_GCMD_SIRTP, VTD_GSTS_IRTPS,
				     "interrupt remapping table pointer was not taken");
	}
	if (rc == IOMMU_OK && !intel_has(u, VTD_CAP_ESIRTPS))
		rc = intel_inval_interrupts(u);
	if (rc == IOMMU_OK)
		rc = intel_gcmd_level(u, VTD_GCMD_CFI, false,
				      "compatibility format interrupts do not stop");
	if (rc == IOMMU_OK)
		rc = intel_gcmd_level(u, VTD_GCMD_IRE, true, "interrupt remapping does not start");
	return rc;
}

static int table_off(struct iommu_unit *u)
{
	int rc;

	rc = intel_gcmd_level(u, VTD_GCMD_IRE, false, "interrupt remapping does not stop");
	if (rc == IOMMU_OK && !intel_has(u, VTD_CAP_ESIRTPS))
		rc = intel_inval_interrupts(u);
	return rc;
}

static int source_check(const struct iommu_unit *u, const struct iommu_irq_source *src)
{
	(void)u;
	return src->bus_last && src->ignore_functions ? IOMMU_E_INVAL : IOMMU_OK;
}

static int source_none(struct iommu_irq_source *src)
{
	(void)src; /* nothing but its entries tells of it, and it has none */
	return IOMMU_OK;
}

static int target_check(const struct iommu_irq_source *src, const struct iommu_irq_target *target)
{
	(void)src;
	(void)target;
	return IOMMU_OK;
}

/* Whose entry it is. VT-d 5.1.7 on the verification of the source. */
static uint64_t encode_upper(const struct iommu_irq_source *src)
{
	if (src->bus_last)
		return FIELD_PREP(VTD_IRTE1_SVT, VTD_SVT_BUS) |
		       FIELD_PREP(VTD_IRTE1_SID_BUS_FIRST, src->rid >> 8) |
		       FIELD_PREP(VTD_IRTE1_SID_BUS_LAST, src->bus_last);
	/* SQ leaves out bit 2, bits 2:1 or bits 2:0: the highest bits of the function number first */
	return FIELD_PREP(VTD_IRTE1_SVT, VTD_SVT_SID) |
	       FIELD_PREP(VTD_IRTE1_SQ, src->ignore_functions) |
	       FIELD_PREP(VTD_IRTE1_SID, src->rid);
}

static uint64_t encode_lower(const struct iommu_unit *u, const struct iommu_irq_target *t)
{
	return VTD_IRTE0_P | FIELD_PREP(VTD_IRTE0_V, t->vector) |
	       FIELD_PREP(VTD_IRTE0_DLM, t->delivery) | (t->logical ? VTD_IRTE0_DM : 0) |
	       (t->redirect ? VTD_IRTE0_RH : 0) | (t->level ? VTD_IRTE0_TM : 0) |
	       FIELD_PREP(u->irq->desc.x2apic ? VTD_IRTE0_DST : VTD_IRTE0_DST_XAPIC, t->dest);
}

static uint64_t irte_pa(const struct iommu_irq_source *src, uint32_t index)
{
	return src->unit->irq->table + (uint64_t)index * IRTE_BYTES;
}

static void word_write(const struct iommu_unit *u, uint64_t pa, uint64_t val)
{
	mem_write64(u->plat, pa, val);
	mem_sync(u->plat, pa, 8, intel_sync(u));
}

static bool irte_write(const struct iommu_irq_source *src, uint32_t index,
		       const struct iommu_irq_target *target)
{
	const struct iommu_unit *u = src->unit;
	uint64_t pa = irte_pa(src, index);
	bool present = mem_read64(u->plat, pa) & VTD_IRTE0_P;

	if (!target) {
		word_write(u, pa, 0);
		return present;
	}
	if (!present)
		word_write(u, pa + 8, encode_upper(src));
	word_write(u, pa, encode_lower(u, target));
	return present;
}

static bool irte_read(const struct iommu_irq_source *src, uint32_t index,
		      struct iommu_irq_target *target)
{
	const struct iommu_unit *u = src->unit;
	uint64_t q0 = mem_read64(u->plat, irte_pa(src, index));

	if (!(q0 & VTD_IRTE0_P))
		return false;
	target->vector = (uint8_t)FIELD_GET(VTD_IRTE0_V, q0);
	target->delivery = (uint8_t)FIELD_GET(VTD_IRTE0_DLM, q0);
	target->logical = q0 & VTD_IRTE0_DM;
	target->redirect = q0 & VTD_IRTE0_RH;
	target->level = q0 & VTD_IRTE0_TM;
	target->dest =
		(uint32_t)FIELD_GET(u->irq->desc.x2apic ? VTD_IRTE0_DST : VTD_IRTE0_DST_XAPIC, q0);
	return true;
}

/* The smallest aligned block of entries that holds them all, or everything where the unit cannot name one so large. */
static int put_entries(struct iommu_unit *u, uint32_t first, uint32_t count)
{
	uint32_t last = first + count - 1, im = 0;

	while (first >> im != last >> im)
		im++;
	if (im > FIELD_GET(VTD_ECAP_MHMV, u->intel.ecap))
		return put_iec(u, FIELD_PREP(VTD_IECD0_G, VTD_IECD_G_GLOBAL));
	return put_iec(u, FIELD_PREP(VTD_IECD0_G, VTD_IECD_G_INDEX) | FIELD_PREP(VTD_IECD0_IM, im) |
				  FIELD_PREP(VTD_IECD0_IIDX, first >> im << im));
}

/* An entry that was not present can be cached only in caching mode (VT-d 6.1 "Caching Mode"). */
static int irte_inval(struct iommu_irq_source *src, uint32_t first, uint32_t count, bool stale,
		      bool may_block, uint64_t *wait)
{
	struct iommu_unit *u = src->unit;
	int rc;

	*wait = 0;
	if (!u->irq->on)
		return IOMMU_OK;
	if (!stale && !intel_has(u, VTD_CAP_CM))
		return intel_flush_write_buffer(u);
	rc = queue_room(u, 1, may_block);
	if (rc == IOMMU_OK)
		rc = put_entries(u, first, count);
	if (rc == IOMMU_OK)
		*wait = queue_commit(u);
	return rc;
}

/* VT-d 5.1.5: an MSI block has one handle, to which the device's data is added; all else names its entry. */
static void message(const struct iommu_irq *irq, uint32_t index, struct iommu_irq_message *msg)
{
	struct iommu_irq_target t = { 0 };
	bool block = irq->kind == IOMMU_IRQ_MSI && irq->count > 1;

	msg->address = FIELD_PREP(VTD_INTRA_BASE, VTD_INTRA_BASE_FEE) |
		       FIELD_PREP(VTD_RIRA_HANDLE_LO, index & 0x7fff) |
		       FIELD_PREP(VTD_INTRA_FORMAT, VTD_INTRA_REMAP) | (block ? VTD_RIRA_SHV : 0) |
		       FIELD_PREP(VTD_RIRA_HANDLE_HI, index >> 15);
	(void)irte_read(irq->source, index, &t);
	msg->rte = FIELD_PREP(VTD_RTE_INDEX_LO, index & 0x7fff) | VTD_RTE_FORMAT |
		   (t.level ? VTD_RTE_TM : 0) | FIELD_PREP(VTD_RTE_INDEX_HI, index >> 15) |
		   FIELD_PREP(VTD_RTE_V, t.vector);
}

const struct iommu_irq_ops intel_irq_ops = {
	.check = irq_check,
	.entry_bytes = irq_entry_bytes,
	.build = irq_build,
	.release = irq_release,
	.on = table_on,
	.off = table_off,
	.source_check = source_check,
	.source_add = source_none,
	.source_remove = source_none,
	.target_check = target_check,
	.write = irte_write,
	.read = irte_read,
	.inval = irte_inval,
	.message = message,
};
