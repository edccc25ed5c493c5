/*
 * The list of complaints. Sections are cited by chapter and title: register numbers within chapter 11 moved between
 * revisions.
 */
#include "machine.h"

/* clang-format off */
static const struct sim_complaint_info rows[COMPLAINTS] = {
	[COMPLAINT_REG_WIDTH] = { "reg-width", "VT-d 11.2, Software Access to Registers; 48882 3.3, IOMMU MMIO Registers",
		"register access that is not 4 or 8 bytes wide and aligned: read as 0, not written" },
	[COMPLAINT_REG_UNIMPLEMENTED] = { "reg-unimplemented", "VT-d 11, Register Location; 48882 3.3, IOMMU MMIO Registers",
		"non-zero write to an offset where this unit has no register" },
	[COMPLAINT_REG_RESERVED] = { "reg-reserved", "VT-d 11.2, Software Access to Registers; 48882 3.3, IOMMU MMIO Registers",
		"reserved register bits written with 1" },
	[COMPLAINT_GCMD_TWO_FIELDS] = { "gcmd-two-fields", "VT-d 11, Global Command Register",
		"one write changed more than one field; write one, and wait for its status" },
	[COMPLAINT_GCMD_BUSY] = { "gcmd-busy", "VT-d 11, Global Command Register",
		"written while the status of an earlier command has not followed" },
	[COMPLAINT_TE_WITHOUT_ROOT] = { "te-without-root", "VT-d 11, Global Command Register",
		"translation enabled before a root table pointer was set" },
	[COMPLAINT_TTM_WHILE_ENABLED] = { "ttm-while-enabled", "VT-d 11, Root Table Address Register",
		"translation table mode changed while translation is enabled, and ESRTPS is 0" },
	[COMPLAINT_WBF_WITHOUT_RWBF] = { "wbf-without-rwbf", "VT-d 11, Global Command Register",
		"write buffer flush on a unit that does not ask for one (CAP.RWBF = 0)" },
	[COMPLAINT_QIE_PENDING] = { "qie-pending", "VT-d 6.5.2, Queued Invalidation Interface",
		"queue disabled while descriptors or waits were outstanding" },
	[COMPLAINT_QIE_TAIL] = { "qie-tail", "VT-d 6.5.2, Queued Invalidation Interface",
		"queue enabled while the tail was not 0" },
	[COMPLAINT_IQA_WHILE_ENABLED] = { "iqa-while-enabled", "VT-d 11, Invalidation Queue Address Register",
		"queue address changed while the queue is enabled" },
	[COMPLAINT_TAIL_BEYOND_QUEUE] = { "tail-beyond-queue", "VT-d 11, Invalidation Queue Tail Register",
		"tail set outside the queue" },
	[COMPLAINT_REGINVAL_WHILE_QUEUED] = { "reginval-while-queued", "VT-d 6.5.1, Register-based Invalidation Interface",
		"register-based invalidation while the queue is enabled: not performed" },
	[COMPLAINT_TWO_COMMANDS] = { "two-commands", "VT-d 11, Software Access to Registers",
		"GCMD, CCMD, IOTLB or PMEN written while a command of another of them is in flight" },
	[COMPLAINT_REGINVAL_BUSY] = { "reginval-busy", "VT-d 6.5.1, Register-based Invalidation Interface",
		"command register written while a register-based invalidation is in flight" },
	[COMPLAINT_REGINVAL_GRANULARITY] = { "reginval-granularity", "VT-d 6.5.1, Register-based Invalidation Interface",
		"reserved granularity, or one this unit does not have" },
	[COMPLAINT_IVA_AM] = { "iva-am", "VT-d 11, Invalidate Address Register",
		"address mask above CAP.MAMV" },
	[COMPLAINT_PMR_WHILE_ENABLED] = { "pmr-while-enabled", "VT-d 11, Protected Memory Enable Register",
		"protected memory range changed while protection is active" },
	[COMPLAINT_PMEN_BUSY] = { "pmen-busy", "VT-d 11, Protected Memory Enable Register",
		"written while the status of an earlier write has not followed" },
	[COMPLAINT_DEVTLB_TES_OFF] = { "devtlb-tes-off", "VT-d 6.5.2, Queued Invalidation Interface",
		"device-TLB invalidation while translation is disabled" },
	[COMPLAINT_WAIT_STATUS_ADDRESS] = { "wait-status-address", "VT-d 6.5.2, Queued Invalidation Interface",
		"the status address of a wait is no memory" },
	[COMPLAINT_DID_ZERO] = { "did-zero", "VT-d 6.1, Caching Mode",
		"present context entry with domain-id 0, which caching mode reserves" },
	[COMPLAINT_DID_TABLES] = { "did-tables", "VT-d 9, Context Entry",
		"context entries of one domain-id with different tables or widths" },
	[COMPLAINT_PT_WIDTH] = { "pt-width", "VT-d 9, Context Entry",
		"pass-through context entry without the largest supported address width" },
	[COMPLAINT_IRE_WITHOUT_TABLE] = { "ire-without-table", "VT-d 11, Global Command Register",
		"interrupt remapping enabled before an interrupt remapping table pointer was set" },
	[COMPLAINT_IRTA_WHILE_ENABLED] = { "irta-while-enabled", "VT-d 11, Interrupt Remapping Table Address Register",
		"table pointer set while interrupt remapping is enabled, and ESIRTPS is 0 or EIME changed" },
	[COMPLAINT_CONTROL_RESERVED] = { "control-reserved", "48882 3.3, Control Register",
		"reserved encoding, or one this unit does not have, or XTEn without GAEn; a number of segments too large drops the whole write" },
	[COMPLAINT_CONTROL_WHILE_ENABLED] = { "control-while-enabled", "48882 3.3, Control Register",
		"Coherent, DevTblSegEn, GAEn or XTEn changed while IommuEn is 1" },
	[COMPLAINT_ENABLE_BEFORE_STOPPED] = { "enable-before-stopped", "48882 3.3, Control Register",
		"CmdBufEn or EventLogEn set again before its Run bit was 0" },
	[COMPLAINT_DEVTAB_WHILE_ENABLED] = { "devtab-while-enabled", "48882 3.3, Device Table Base Address Register",
		"device table base changed while IommuEn is 1" },
	[COMPLAINT_RING_WHILE_RUNNING] = { "ring-while-running", "48882 3.3, Command Buffer and Event Log Registers",
		"base, or the pointer that hardware moves, written while the ring runs: not written" },
	[COMPLAINT_RING_LENGTH] = { "ring-length", "48882 3.3, Command Buffer and Event Log Registers",
		"reserved length of a ring: not written" },
	[COMPLAINT_POINTER_BEYOND_RING] = { "pointer-beyond-ring", "48882 3.3, Command Buffer and Event Log Registers",
		"head or tail outside its ring: not written" },
	[COMPLAINT_ADDRESS_ALL_ONES] = { "address-all-ones", "48882 2.4, INVALIDATE_IOMMU_PAGES",
		"address whose size encoding has no 0: taken as everything" },
	[COMPLAINT_DOMAIN_TABLES] = { "domain-tables", "48882 2.2.2, Device Table",
		"device table entries of one DomainID with different tables, modes or permissions" },
	[COMPLAINT_REMAP_NOT_MODELLED] = { "remap-not-modelled", "48882 2.2.5, Interrupt Remapping Tables",
		"not modelled: interrupt remapping (IntCtl = 10b) of HyperTransport interrupts; aborted without an event" },
};
/* clang-format on */

const struct sim_complaint_info *sim_complaint_info(uint32_t id)
{
	return id < COMPLAINTS ? &rows[id] : NULL;
}

uint32_t sim_complaint_count(const struct sim *s, uint32_t id)
{
	return id < COMPLAINTS ? s->complaint[id] : 0;
}

void complain(struct sim *s, uint32_t unit, enum complaint id, uint64_t value)
{
	if (s->complaint[id] != UINT32_MAX)
		s->complaint[id]++;
	trace(s, SIM_TRACE_COMPLAINT, unit, id, 0, 0, value, 0);
}
