/*
 * Interrupt remapping. 48882 2.2.5 "Interrupt Remapping Tables", 2.2.2 "Device Table", 2.4 INVALIDATE_INTERRUPT_TABLE.
 *
 * Each device id has a table of its own, named by the third word of its device table entry; that word is changed by one
 * store. While remapping is on, the entry of an id without a source has no table and aborts. Entries are 32 bits, two to a
 * store, or 128 (CONTROL.GAEN), of which hardware reads all at once while the driver stores 64 at a time, unless the
 * platform can do better.
 */
#include "../queue.h"
#include "amd.h"

#define ENTRIES_512 512u
#define ENTRIES_2048 2048u
#define RTE_DESTMODE BIT64(11) /* of an I/O APIC's redirection entry */

static bool wide(const struct iommu_unit *u)
{
	return amd_has(u, AMDVI_EFR_GASUP) && !u->irq->desc.narrow;
}

static bool many(const struct iommu_unit *u)
{
	return u->irq->desc.entries > ENTRIES_512;
}

/* What the control register says about it; changes only while the unit is off. */
uint64_t amd_irq_control(const struct iommu_unit *u)
{
	if (!u->irq)
		return 0;
	return (wide(u) ? AMDVI_CONTROL_GAEN : 0) | (u->irq->desc.x2apic ? AMDVI_CONTROL_XTEN : 0) |
	       FIELD_PREP(AMDVI_CONTROL_NUMINTREMAPMODE,
			  many(u) ? AMDVI_NUMINTREMAP_2048 : AMDVI_NUMINTREMAP_512);
}

static int irq_check(const struct iommu_unit *u, struct iommu_irq_desc *desc)
{
	uint64_t most = FIELD_GET(AMDVI_EFR2_NUMINTREMAPSUP, u->amd.efr2) == AMDVI_NUMINTREMAP_2048
				? ENTRIES_2048
				: ENTRIES_512;

	if (desc->x2apic &&
	    (desc->narrow || !amd_has(u, AMDVI_EFR_GASUP) || !amd_has(u, AMDVI_EFR_XTSUP)))
		return IOMMU_E_UNSUPPORTED;
	if (!desc->entries)
		desc->entries = ENTRIES_512;
	return desc->entries > most ? IOMMU_E_UNSUPPORTED : IOMMU_OK;
}

static uint32_t entry_bytes(const struct iommu_unit *u)
{
	return UINT32_C(1) << (wide(u) ? AMDVI_IRTE_LG2 : AMDVI_IRTE32_LG2);
}

static int irq_build(struct iommu_unit *u)
{
	(void)u; /* tables come with the sources */
	return IOMMU_OK;
}

static void irq_release(struct iommu_unit *u)
{
	(void)u;
}

/* ---- device table ---- */

/* The pass bits of an IVHD entry's data setting stand elsewhere, and in another order, in the device table. */
static uint64_t pass_bits(uint8_t pass)
{
	return (pass & 0x01 ? AMDVI_DTE2_INITPASS : 0) | (pass & 0x02 ? AMDVI_DTE2_EINTPASS : 0) |
	       (pass & 0x04 ? AMDVI_DTE2_NMIPASS : 0) | (pass & 0x40 ? AMDVI_DTE2_LINT0PASS : 0) |
	       (pass & 0x80 ? AMDVI_DTE2_LINT1PASS : 0);
}

#define DTE2_ABORT (AMDVI_DTE2_IV | FIELD_PREP(AMDVI_DTE2_INTCTL, AMDVI_INTCTL_ABORT))

static uint64_t dte2(const struct iommu_irq_source *src)
{
	return AMDVI_DTE2_IV | FIELD_PREP(AMDVI_DTE2_INTTABLEN, src->lg2) |
	       (src->table & AMDVI_DTE2_INTTABROOT) | pass_bits(src->pass) |
	       FIELD_PREP(AMDVI_DTE2_INTCTL, AMDVI_INTCTL_REMAP);
}

/* The entry of an id, effective when it returns. Of its table nothing has to go: each entry went when it was given back. */
static int dte2_change(struct iommu_unit *u, uint16_t rid, uint64_t word)
{
	int rc;

	amd_devtab_interrupts(u, rid, word);
	if (!amd_running(u))
		return IOMMU_OK;
	u->amd.changing = rid;
	rc = amd_cmd_devtab(u, rid);
	u->irq->invalidations++;
	return rc == IOMMU_OK ? amd_cmd_finish(u) : rc;
}

/* Everyone's entry; then nothing older is cached. Sources first or last is the same: nothing counts before the end. */
static int table_on(struct iommu_unit *u)
{
	const struct iommu_irq_source *src;

	for (uint32_t rid = 0; rid < amd_devtab_rids(u); rid++)
		amd_devtab_interrupts(u, (uint16_t)rid, DTE2_ABORT);
	for (src = u->irq->sources; src; src = src->next)
		amd_devtab_interrupts(u, src->rid, dte2(src));
	return amd_running(u) ? amd_inval_everything(u) : IOMMU_OK;
}

static int table_off(struct iommu_unit *u)
{
	for (uint32_t rid = 0; rid < amd_devtab_rids(u); rid++)
		amd_devtab_interrupts(u, (uint16_t)rid, 0);
	return amd_running(u) ? amd_inval_everything(u) : IOMMU_OK;
}

/* ---- sources ---- */

static int source_check(const struct iommu_unit *u, const struct iommu_irq_source *src)
{
	if (src->ignore_functions || src->bus_last)
		return IOMMU_E_UNSUPPORTED;
	return src->rid < amd_devtab_rids_wanted(u) ? IOMMU_OK : IOMMU_E_RANGE;
}

static void table_free(struct iommu_irq_source *src)
{
	struct iommu_unit *u = src->unit;

	u->plat->page_free(u->plat->ctx, src->table, src->order);
	u->stats.table_pages -= UINT64_C(1) << src->order;
	src->table = 0;
}

/* The table blocks everything, for it is zero. */
static int source_add(struct iommu_irq_source *src)
{
	struct iommu_unit *u = src->unit;

	while (UINT32_C(1) << src->lg2 < src->entries)
		src->lg2++;
	while (PAGE_SIZE_BYTES << src->order < (uint64_t)entry_bytes(u) << src->lg2)
		src->order++;
	src->table = u->plat->page_alloc(u->plat->ctx, src->order);
	if (!src->table)
		return IOMMU_E_NOMEM;
	u->stats.table_pages += UINT64_C(1) << src->order;
	mem_sync(u->plat, src->table, PAGE_SIZE_BYTES << src->order, amd_sync(u));
	return u->irq->on ? dte2_change(u, src->rid, dte2(src)) : IOMMU_OK;
}

/* The table goes back only when the invalidation behind the entry that named it was seen to complete. */
static int source_remove(struct iommu_irq_source *src)
{
	struct iommu_unit *u = src->unit;
	int rc = IOMMU_OK;

	if (u->irq->on)
		rc = dte2_change(u, src->rid, DTE2_ABORT);
	if (rc == IOMMU_OK)
		table_free(src);
	return rc;
}

/* ---- entries ---- */

/* 48882 2.2.5: SMI, NMI, INIT and ExtINT never reach the table. There is no redirection hint in it either. */
static int target_check(const struct iommu_irq_source *src, const struct iommu_irq_target *target)
{
	(void)src;
	return target->delivery > IOMMU_IRQ_LOWEST || target->redirect ? IOMMU_E_UNSUPPORTED
								       : IOMMU_OK;
}

static uint64_t entry_pa(const struct iommu_irq_source *src, uint32_t index)
{
	return src->table + (uint64_t)index * entry_bytes(src->unit);
}

static void word_write(const struct iommu_unit *u, uint64_t pa, uint64_t val)
{
	mem_write64(u->plat, pa, val);
	mem_sync(u->plat, pa, 8, amd_sync(u));
}

static uint64_t encode32(const struct iommu_irq_target *t)
{
	return AMDVI_IRTE32_REMAPEN | FIELD_PREP(AMDVI_IRTE32_INTTYPE, t->delivery) |
	       (t->level ? AMDVI_IRTE32_RQEOI : 0) | (t->logical ? AMDVI_IRTE32_DM : 0) |
	       FIELD_PREP(AMDVI_IRTE32_DEST, t->dest) | FIELD_PREP(AMDVI_IRTE32_VECTOR, t->vector);
}

/* Its neighbour, in the other half of the word, is stored again as it is. */
static void write32(const struct iommu_irq_source *src, uint32_t index, uint64_t entry)
{
	const struct iommu_unit *u = src->unit;
	uint64_t pa = entry_pa(src, index) & ~UINT64_C(7), half = index & 1 ? 32 : 0;
	uint64_t other = mem_read64(u->plat, pa) & ~(UINT64_C(0xffffffff) << half);

	word_write(u, pa, other | entry << half);
}

static void encode128(const struct iommu_unit *u, const struct iommu_irq_target *t, uint64_t q[2])
{
	q[0] = AMDVI_IRTE0_REMAPEN | FIELD_PREP(AMDVI_IRTE0_INTTYPE, t->delivery) |
	       (t->level ? AMDVI_IRTE0_RQEOI : 0) | (t->logical ? AMDVI_IRTE0_DM : 0);
	q[1] = FIELD_PREP(AMDVI_IRTE1_VECTOR, t->vector);
	if (u->irq->desc.x2apic) {
		q[0] |= FIELD_PREP(AMDVI_IRTE0_DEST_LO, t->dest & 0xffffff);
		q[1] |= FIELD_PREP(AMDVI_IRTE1_DEST_HI, t->dest >> 24);
	} else {
		q[0] |= FIELD_PREP(AMDVI_IRTE0_DEST_XAPIC, t->dest);
	}
}

/*
 * A live entry of which both halves change. Without a store of 128 bits it blocks in between: a mixture of old and new would
 * deliver a vector to somebody who does not expect it.
 */
static void write_both(const struct iommu_unit *u, uint64_t pa, const uint64_t q[2])
{
	if (u->plat->mem_write128) {
		mem_write128(u->plat, pa, q[0], q[1]);
		mem_sync(u->plat, pa, 16, amd_sync(u));
		return;
	}
	word_write(u, pa, 0);
	word_write(u, pa + 8, q[1]);
	word_write(u, pa, q[0]);
}

static void write128(const struct iommu_irq_source *src, uint32_t index,
		     const struct iommu_irq_target *target)
{
	const struct iommu_unit *u = src->unit;
	uint64_t pa = entry_pa(src, index), q[2];
	bool live = mem_read64(u->plat, pa) & AMDVI_IRTE0_REMAPEN;
	bool upper;

	if (!target) {
		word_write(u, pa, 0);
		return;
	}
	encode128(u, target, q);
	upper = mem_read64(u->plat, pa + 8) != q[1];
	if (live && upper && mem_read64(u->plat, pa) != q[0]) {
		write_both(u, pa, q);
		return;
	}
	if (upper)
		word_write(u, pa + 8, q[1]);
	word_write(u, pa, q[0]);
}

static bool entry_write(const struct iommu_irq_source *src, uint32_t index,
			const struct iommu_irq_target *target)
{
	if (wide(src->unit))
		write128(src, index, target);
	else
		write32(src, index, target ? encode32(target) : 0);
	return true; /* nothing says that an entry which blocks is not cached */
}

static bool read32(uint64_t entry, struct iommu_irq_target *t)
{
	if (!(entry & AMDVI_IRTE32_REMAPEN))
		return false;
	t->delivery = (uint8_t)FIELD_GET(AMDVI_IRTE32_INTTYPE, entry);
	t->level = entry & AMDVI_IRTE32_RQEOI;
	t->logical = entry & AMDVI_IRTE32_DM;
	t->dest = (uint32_t)FIELD_GET(AMDVI_IRTE32_DEST, entry);
	t->vector = (uint8_t)FIELD_GET(AMDVI_IRTE32_VECTOR, entry);
	return true;
}

static bool read128(const struct iommu_unit *u, uint64_t pa, struct iommu_irq_target *t)
{
	uint64_t q0 = mem_read64(u->plat, pa), q1 = mem_read64(u->plat, pa + 8);

	if (!(q0 & AMDVI_IRTE0_REMAPEN))
		return false;
	t->delivery = (uint8_t)FIELD_GET(AMDVI_IRTE0_INTTYPE, q0);
	t->level = q0 & AMDVI_IRTE0_RQEOI;
	t->logical = q0 & AMDVI_IRTE0_DM;
	t->vector = (uint8_t)FIELD_GET(AMDVI_IRTE1_VECTOR, q1);
	if (u->irq->desc.x2apic)
		t->dest = (uint32_t)(FIELD_GET(AMDVI_IRTE0_DEST_LO, q0) |
				     FIELD_GET(AMDVI_IRTE1_DEST_HI, q1) << 24);
	else
		t->dest = (uint32_t)FIELD_GET(AMDVI_IRTE0_DEST_XAPIC, q0);
	return true;
}

static bool entry_read(const struct iommu_irq_source *src, uint32_t index,
		       struct iommu_irq_target *target)
{
	const struct iommu_unit *u = src->unit;
	uint64_t pa = entry_pa(src, index);

	if (wide(u))
		return read128(u, pa, target);
	return read32(mem_read64(u->plat, pa & ~UINT64_C(7)) >> (index & 1 ? 32 : 0), target);
}

/* One command drops all entries of the device id. */
static int entry_inval(struct iommu_irq_source *src, uint32_t first, uint32_t count, bool stale,
		       bool may_block, uint64_t *wait)
{
	struct iommu_unit *u = src->unit;
	int rc;

	(void)first;
	(void)count;
	(void)stale;
	*wait = 0;
	if (!u->irq->on || !amd_running(u))
		return IOMMU_OK;
	rc = queue_room(u, 1, may_block);
	if (rc == IOMMU_OK)
		rc = amd_cmd_interrupts(u, src->rid);
	if (rc != IOMMU_OK)
		return rc;
	u->irq->invalidations++;
	*wait = queue_commit(u);
	return IOMMU_OK;
}

/*
 * The data is the index; where there may be 2048 of them a set destination mode says that it is one. An I/O APIC has the index
 * where the vector and the delivery mode were, and needs to know for itself that its pin is level-triggered.
 */
static void message(const struct iommu_irq *irq, uint32_t index, struct iommu_irq_message *msg)
{
	const struct iommu_unit *u = irq->source->unit;
	struct iommu_irq_target t = { 0 };

	msg->address =
		FIELD_PREP(AMDVI_MSIA_BASE, AMDVI_MSIA_BASE_FEE) | (many(u) ? AMDVI_MSIA_DM : 0);
	msg->data = index & AMDVI_MSID_INDEX;
	(void)entry_read(irq->source, index, &t);
	msg->rte = msg->data | (many(u) ? RTE_DESTMODE : 0) | (t.level ? AMDVI_MSID_TM : 0);
}

const struct iommu_irq_ops amd_irq_ops = {
	.per_source = true,
	.check = irq_check,
	.entry_bytes = entry_bytes,
	.build = irq_build,
	.release = irq_release,
	.on = table_on,
	.off = table_off,
	.source_check = source_check,
	.source_add = source_add,
	.source_remove = source_remove,
	.target_check = target_check,
	.write = entry_write,
	.read = entry_read,
	.inval = entry_inval,
	.message = message,
};
