/*
 * The unit's own interrupts: messages by its MSI capability or, with IntCapXTEn, a register; it never remaps them.
 * Implements 48882 2.5 "Event Logging" and 3.2 "IOMMU Capability Block", MsiNum. Each rise of an enabled status bit is one
 * message.
 */
#include "unit.h"

static void told(struct amdvi_unit *a)
{
	if (a->u.sim->watch && amdvi_status(a) & AMDVI_STATUS_COMWAITINT &&
	    amdvi_control(a) & AMDVI_CONTROL_COMWAITINTEN)
		oracle_messaged(a->u.sim, a->u.index);
}

/* IntCapXTEn: where and what stands in a register of its own. */
static void send_xt(struct amdvi_unit *a)
{
	uint64_t xt = reg_get(&a->u.regs, AMDVI_REG_XT_GEN);
	uint64_t dest = FIELD_GET(AMDVI_XT_DEST_HI, xt) << 24 | FIELD_GET(AMDVI_XT_DEST_LO, xt);

	told(a);
	msi_send(a->u.sim, a->u.index, true, 0, SIM_MSI_ADDR(dest, 0, xt & AMDVI_XT_DESTMODE),
		 (uint32_t)(FIELD_GET(AMDVI_XT_VECTOR, xt) |
			    FIELD_PREP(AMDVI_MSID_DLM, FIELD_GET(AMDVI_XT_DELIVERYMODE, xt))));
}

static void send_msi(struct amdvi_unit *a)
{
	uint32_t header = (uint32_t)reg_get(&a->pci, SIM_AMDVI_PCI_MSI);
	uint64_t addr = reg_get(&a->pci, SIM_AMDVI_PCI_MSI + 4) |
			reg_get(&a->pci, SIM_AMDVI_PCI_MSI + 8) << 32;
	uint32_t data = (uint32_t)reg_get(&a->pci, SIM_AMDVI_PCI_MSI + 12);
	uint32_t granted = (1u << FIELD_GET(AMDVI_MSIHDR_MULTMESSEN, header)) - 1;

	/* The device changes only as many low bits of the data as messages were granted. */
	data = (data & ~granted) |
	       ((uint32_t)FIELD_GET(AMDVI_MISC0_MSINUM, a->caps.misc0) & granted);
	if (!(header & AMDVI_MSIHDR_MSIEN))
		return;
	told(a);
	msi_send(a->u.sim, a->u.index, true, 0, addr, data);
}

static void send(struct amdvi_unit *a)
{
	if (amdvi_control(a) & AMDVI_CONTROL_INTCAPXTEN)
		send_xt(a);
	else
		send_msi(a);
}

static void fire(void *arg)
{
	struct amdvi_unit *a = arg;

	send(a);
	if (--a->messages)
		sim_after(a->u.sim, &a->message, a->u.sim->timing.event_ns);
}

void amdvi_irq_init(struct amdvi_unit *a)
{
	timer_init(&a->message, fire, a);
}

void amdvi_irq(struct amdvi_unit *a)
{
	a->messages++;
	if (a->messages == 1)
		sim_after(a->u.sim, &a->message, a->u.sim->timing.event_ns);
}
