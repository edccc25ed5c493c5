/*
 * VT-d registers that answer at once: just enough for the driver to start and to see its waits complete.
 */
#include "hw/vtd.h"
#include "plain.h"

#define CAP                                                                          \
	(FIELD_PREP(VTD_CAP_ND, 6) | FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_48BIT) |    \
	 FIELD_PREP(VTD_CAP_MGAW, 47) | FIELD_PREP(VTD_CAP_SSLPS, 3) | VTD_CAP_PSI | \
	 FIELD_PREP(VTD_CAP_MAMV, 18) | FIELD_PREP(VTD_CAP_FRO, 0x220 / 16))
#define ECAP (VTD_ECAP_C | VTD_ECAP_QI | FIELD_PREP(VTD_ECAP_IRO, 0x500 / 16))

static uint64_t reg_read(struct plain *p, uint32_t off)
{
	switch (off) {
	case VTD_REG_VER:
		return 0x10;
	case VTD_REG_CAP:
		return CAP;
	case VTD_REG_ECAP:
		return ECAP;
	case VTD_REG_GSTS:
		return p->control;
	case VTD_REG_IQH:
		return p->head;
	default:
		return 0;
	}
}

static void reg_write(struct plain *p, uint32_t off, uint64_t val)
{
	if (off == VTD_REG_GCMD) {
		p->control = ((uint32_t)val & ~VTD_GCMD_WBF) | VTD_GSTS_RTPS;
	} else if (off == VTD_REG_IQA) {
		p->ring = val & VTD_IQA_IQA;
		p->ring_bytes = UINT64_C(4096) << FIELD_GET(VTD_IQA_QS, val);
	} else if (off == VTD_REG_IQT) {
		plain_consume(p, val);
	}
}

static uint64_t status(const uint64_t *command, uint64_t *val, uint32_t *bytes)
{
	if (FIELD_GET(VTD_DESC_TYPE, command[0]) != VTD_DT_WAIT || !(command[0] & VTD_WAITD0_SW))
		return 0;
	*val = FIELD_GET(VTD_WAITD0_SDATA, command[0]);
	*bytes = 4;
	return command[1] & VTD_WAITD1_SADDR;
}

const struct plain_regs plain_vtd = { reg_read, reg_write, status };
