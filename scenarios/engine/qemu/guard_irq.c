/*
 * Interrupt messages: what becomes of one, as far as the unit's registers and tables say it before.
 *
 * A fixed interrupt, or one of lowest priority, leaves the halted processors as they are; any other would wake one. A controller holds a vector once,
 * however often it comes, and there are four of them: whoever wants to see an interrupt has to know which to look for.
 */
#include <string.h>

#include "guard.h"
#include "hw/amdvi.h"
#include "hw/amdvi_irq.h"
#include "hw/vtd.h"
#include "hw/vtd_irq.h"

#define VECTOR_LEAST 16u

static uint64_t vtd_reg(struct vm *vm, uint32_t off, uint32_t width)
{
	return qtest_read(&vm->qtest, VM_VTD_BASE + off, width);
}

static uint64_t amdvi_reg(struct vm *vm, uint32_t off)
{
	return qtest_read(&vm->qtest, VM_AMDVI_BASE + off, 8);
}

/* What arrives at a controller; the architectures number delivery modes alike. */
struct arrival {
	uint32_t mode, vector, destination;
	bool logical;
};

/* A reason not to send it. */
static const char *arrives(const struct arrival *a, struct guard_message *out)
{
	if (a->mode > VTD_DLM_LOWEST || a->vector < VECTOR_LEAST)
		return "an interrupt that is not a fixed one wakes the halted processor";
	if (a->logical)
		return "an interrupt to a logical destination reaches no controller of a machine "
		       "without firmware";
	if (a->destination >= QMP_PROCESSORS)
		return "an interrupt to a controller that the machine does not have cannot be seen";
	out->vector = a->vector;
	out->controller = a->destination;
	return NULL;
}

/* As it was sent. */
static const char *plain(uint32_t addr, uint32_t data, struct guard_message *out)
{
	struct arrival a = { .mode = (uint32_t)FIELD_GET(VTD_CIRD_DLM, data),
			     .vector = (uint32_t)FIELD_GET(VTD_CIRD_V, data),
			     .destination = (uint32_t)FIELD_GET(VTD_CIRA_DST, addr),
			     .logical = (addr & VTD_CIRA_DM) != 0 };

	out->delivered = true;
	return arrives(&a, out);
}

/* ---- VT-d ---- */

/* The entry names another source: blocked. Without validation, or with rules over several ids, as if it did not. */
static bool other_source(const uint64_t *irte, uint16_t rid)
{
	return FIELD_GET(VTD_IRTE1_SVT, irte[1]) == 1 && FIELD_GET(VTD_IRTE1_SQ, irte[1]) == 0 &&
	       FIELD_GET(VTD_IRTE1_SID, irte[1]) != rid;
}

static const char *vtd_entry(struct vm *vm, uint64_t irta, uint32_t dev, uint64_t index,
			     struct guard_message *out)
{
	struct arrival a = { .mode = 0 };
	uint64_t irte[2];

	if (index >> 16)
		return "V42: an index of more than 16 bits wraps";
	if (index >> (FIELD_GET(VTD_IRTA_S, irta) + 1) ||
	    !ram_load(&vm->ram, (irta & VTD_IRTA_IRTA) + 16 * index, irte, sizeof(irte)) ||
	    !(irte[0] & VTD_IRTE0_P) || other_source(irte, vm->plan.device[dev].rid))
		return NULL; /* blocked */
	if (irte[0] & VTD_IRTE0_IM)
		return "posted interrupts are not there";
	if (FIELD_GET(VTD_IRTE1_SVT, irte[1]) == VTD_SVT_BUS &&
	    FIELD_GET(VTD_IRTE1_SID_BUS_FIRST, irte[1]) !=
		    FIELD_GET(VTD_IRTE1_SID_BUS_LAST, irte[1]))
		return "V61: the first bus of a range is taken for the last";
	a.mode = (uint32_t)FIELD_GET(VTD_IRTE0_DLM, irte[0]);
	a.vector = (uint32_t)FIELD_GET(VTD_IRTE0_V, irte[0]);
	a.logical = (irte[0] & VTD_IRTE0_DM) != 0;
	a.destination = (uint32_t)(irta & VTD_IRTA_EIME ? FIELD_GET(VTD_IRTE0_DST, irte[0])
							: FIELD_GET(VTD_IRTE0_DST_XAPIC, irte[0]));
	out->delivered = true;
	return arrives(&a, out);
}

static const char *vtd_message(struct vm *vm, const struct guard *g, uint32_t dev, uint32_t addr,
			       uint32_t data, struct guard_message *out)
{
	uint64_t gsts = vtd_reg(vm, VTD_REG_GSTS, 4);
	uint64_t index = FIELD_GET(VTD_RIRA_HANDLE_LO, addr) |
			 (addr & VTD_RIRA_HANDLE_HI ? UINT64_C(1) << 15 : 0);

	if (!(gsts & VTD_GSTS_IRES))
		return plain(addr, data, out);
	if (!(addr & VTD_INTRA_FORMAT))
		return gsts & VTD_GSTS_CFIS ? plain(addr, data, out)
					    : "V21: an interrupt in compatibility format is "
					      "delivered all the same";
	out->remapped = true;
	if ((addr & VTD_RIRA_SHV) && (data & VTD_RIRD_RSVD))
		return NULL; /* blocked */
	if (addr & VTD_RIRA_SHV)
		index += FIELD_GET(VTD_RIRD_SUBHANDLE, data);
	return vtd_entry(vm, g->irta, dev, index, out);
}

/* ---- AMD-Vi ---- */

static void entry_32(uint32_t irte, struct arrival *a, bool *on)
{
	*on = (irte & AMDVI_IRTE32_REMAPEN) != 0;
	a->mode = (uint32_t)FIELD_GET(AMDVI_IRTE32_INTTYPE, irte);
	a->vector = (uint32_t)FIELD_GET(AMDVI_IRTE32_VECTOR, irte);
	a->logical = (irte & AMDVI_IRTE32_DM) != 0;
	a->destination = (uint32_t)FIELD_GET(AMDVI_IRTE32_DEST, irte);
}

static void entry_128(const uint64_t *irte, bool wide, struct arrival *a, bool *on)
{
	*on = (irte[0] & AMDVI_IRTE0_REMAPEN) != 0;
	a->mode = (uint32_t)FIELD_GET(AMDVI_IRTE0_INTTYPE, irte[0]);
	a->vector = (uint32_t)FIELD_GET(AMDVI_IRTE1_VECTOR, irte[1]);
	a->logical = (irte[0] & AMDVI_IRTE0_DM) != 0;
	a->destination = (uint32_t)FIELD_GET(AMDVI_IRTE0_DEST_XAPIC, irte[0]);
	if (wide)
		a->destination = (uint32_t)(FIELD_GET(AMDVI_IRTE0_DEST_LO, irte[0]) |
					    FIELD_GET(AMDVI_IRTE1_DEST_HI, irte[1]) << 24);
}

static const char *amdvi_entry(struct vm *vm, uint64_t dte2, uint64_t index,
			       struct guard_message *out)
{
	uint64_t control = amdvi_reg(vm, AMDVI_REG_CONTROL), irte[2] = { 0 };
	uint64_t bytes = control & AMDVI_CONTROL_GAEN ? 16 : 4;
	struct arrival a = { .mode = 0 };
	bool on;

	if (!ram_load(&vm->ram, (dte2 & AMDVI_DTE2_INTTABROOT) + bytes * index, irte, bytes))
		return "A25: an interrupt table outside memory is not told";
	if (bytes == 16)
		entry_128(irte, (control & AMDVI_CONTROL_XTEN) != 0, &a, &on);
	else
		entry_32((uint32_t)irte[0], &a, &on);
	if (!on)
		return NULL; /* blocked */
	if (bytes == 16 && (irte[0] & AMDVI_IRTE0_GUESTMODE))
		return "A25: guest mode of an interrupt entry is not there";
	out->delivered = true;
	return arrives(&a, out);
}

static const char *amdvi_message(struct vm *vm, const struct guard *g, uint32_t dev, uint32_t addr,
				 uint32_t data, struct guard_message *out)
{
	uint64_t devtab = amdvi_reg(vm, AMDVI_REG_DEVTAB) & AMDVI_DEVTAB_BASE, dte[4], index;

	(void)g; /* what is latched is VT-d's */
	if (!(amdvi_reg(vm, AMDVI_REG_CONTROL) & AMDVI_CONTROL_IOMMUEN))
		return plain(addr, data, out);
	if (!ram_load(&vm->ram, devtab + ((uint64_t)vm->plan.device[dev].rid << AMDVI_DTE_LG2), dte,
		      sizeof(dte)))
		return "A25: a device table outside memory lets interrupts pass";
	if (!(dte[2] & AMDVI_DTE2_IV))
		return plain(addr, data, out);
	out->remapped = true;
	if (FIELD_GET(VTD_CIRD_DLM, data) > VTD_DLM_LOWEST)
		return "an interrupt that is not a fixed one wakes the halted processor";
	if (FIELD_GET(AMDVI_DTE2_INTCTL, dte[2]) == AMDVI_INTCTL_ABORT)
		return NULL; /* blocked */
	if (FIELD_GET(AMDVI_DTE2_INTCTL, dte[2]) != AMDVI_INTCTL_REMAP)
		return "A25: IntCtl = 01b delivers vector 0";
	index = data & MASK32(10, 0);
	if (index >> FIELD_GET(AMDVI_DTE2_INTTABLEN, dte[2]))
		return "A25: IntTabLen is not looked at";
	return amdvi_entry(vm, dte[2], index, out);
}

/* ---- both ---- */

const char *guard_message(struct vm *vm, const struct guard *g, uint32_t dev, bool write,
			  uint64_t addr, const uint8_t *bytes, uint64_t len,
			  struct guard_message *out)
{
	uint32_t data;

	*out = (struct guard_message){ .delivered = false };
	if (!write)
		return vm->plan.arch == BE_VTD ? "V23: a read of the interrupt range gives nothing "
						 "there, and no fault"
					       : "A26: a read of the interrupt range gives nothing "
						 "there, and no event";
	if (len != sizeof(data))
		return "an interrupt is a write of 4 bytes there";
	memcpy(&data, bytes, sizeof(data));
	return (vm->plan.arch == BE_VTD ? vtd_message : amdvi_message)(vm, g, dev, (uint32_t)addr,
								       data, out);
}
