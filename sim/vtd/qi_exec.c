/*
 * Invalidation descriptors: which are acceptable, and what they do.
 * Implements the descriptors of 6.5.2 "Queued Invalidation Interface". Reserved bits of every type stand in one table.
 */
#include "unit.h"

struct desc_row {
	uint64_t rsvd0, rsvd1;
	uint8_t bad_granularity; /* bit g: value g of bits 5:4 is reserved */
	bool wide;               /* needs 256-bit descriptors */
	bool exists;
	uint64_t needs; /* ECAP bits */
};

static const struct desc_row rows[16] = {
	[VTD_DT_CC] = { VTD_CCD0_RSVD, VTD_CCD1_RSVD, 1 << 0, false, true, 0 },
	[VTD_DT_IOTLB] = { VTD_IOTLBD0_RSVD, VTD_IOTLBD1_RSVD, 1 << 0, false, true, 0 },
	[VTD_DT_DEV_TLB] = { VTD_DEVTLBD0_RSVD, VTD_DEVTLBD1_RSVD, 0, false, true, VTD_ECAP_DT },
	[VTD_DT_IEC] = { VTD_IECD0_RSVD, VTD_IECD1_RSVD, 0, false, true, VTD_ECAP_IR },
	[VTD_DT_WAIT] = { VTD_WAITD0_RSVD, VTD_WAITD1_RSVD, 0, false, true, 0 },
	[VTD_DT_P_IOTLB] = { VTD_PIOTLBD0_RSVD, VTD_PIOTLBD1_RSVD, 1 << 0 | 1 << 1, true, true, 0 },
	[VTD_DT_PC] = { VTD_PCD0_RSVD, VTD_PCD1_RSVD, 1 << 2, true, true, 0 },
	[VTD_DT_P_DEV_TLB] = { VTD_PDEVTLBD0_RSVD, VTD_PDEVTLBD1_RSVD, 0, true, true, VTD_ECAP_DT },
	[VTD_DT_PAGE_GRP_RESP] = { VTD_PGRD0_RSVD, VTD_PGRD1_RSVD, 0, true, true, VTD_ECAP_PRS },
	[VTD_DT_HPT] = { VTD_HPTD0_RSVD, VTD_HPTD1_RSVD, 1 << 0, true, true, VTD_ECAP_HPTS },
};

#define GRANULARITY MASK64(5, 4) /* of every type that has one of two bits */

/* Types 6 and up exist in abort-DMA mode only, as long as there is no scalable mode (VT-d, table of valid types). */
static bool type_valid(const struct vtd_unit *v, const struct desc_row *row, bool wide_queue)
{
	if (!row->exists || (v->caps.ecap & row->needs) != row->needs)
		return false;
	if (row->wide)
		return wide_queue && v->ttm == VTD_TTM_ABORT;
	return v->ttm == VTD_TTM_LEGACY || wide_queue;
}

static bool iotlb_reserved(const struct vtd_unit *v, const uint64_t *q)
{
	if (FIELD_GET(VTD_IOTLBD0_G, q[0]) != VTD_IOTLBD_G_PAGE)
		return false;
	/* AM above MAMV is not listed as an error; it is treated as a reserved value. */
	return !v->caps.psi || FIELD_GET(VTD_IOTLBD1_AM, q[1]) > v->caps.mamv;
}

/* IM above MHMV is not listed as an error either. */
static bool interrupts_reserved(const struct vtd_unit *v, const uint64_t *q)
{
	return q[0] & VTD_IECD0_G && FIELD_GET(VTD_IECD0_IM, q[0]) > v->caps.mhmv;
}

uint32_t vtd_desc_check(const struct vtd_unit *v, const uint64_t *q, uint32_t words)
{
	unsigned type = (unsigned)FIELD_GET(VTD_DESC_TYPE, q[0]);
	const struct desc_row *row = &rows[type];
	uint64_t rsvd0 = row->rsvd0;

	if (q[0] & VTD_DESC_TYPE_HI || !type_valid(v, row, words == 4))
		return VTD_IQEI_TYPE;
	if (type == VTD_DT_WAIT && !(v->caps.ecap & VTD_ECAP_PDS))
		rsvd0 |= VTD_WAITD0_PD;
	if (type == VTD_DT_DEV_TLB && !(v->caps.ecap & VTD_ECAP_DIT))
		rsvd0 |= VTD_DEVTLBD0_PFSID_LO | VTD_DEVTLBD0_PFSID_HI;
	if (type == VTD_DT_P_DEV_TLB && !(v->caps.ecap & VTD_ECAP_DIT))
		rsvd0 |= VTD_PDEVTLBD0_PFSID_LO | VTD_PDEVTLBD0_PFSID_HI;
	if (q[0] & rsvd0 || q[1] & row->rsvd1 || (words == 4 && (q[2] || q[3])))
		return VTD_IQEI_RSVD;
	if (row->bad_granularity >> FIELD_GET(GRANULARITY, q[0]) & 1)
		return VTD_IQEI_RSVD;
	if (type == VTD_DT_IOTLB && iotlb_reserved(v, q))
		return VTD_IQEI_RSVD;
	if (type == VTD_DT_IEC && interrupts_reserved(v, q))
		return VTD_IQEI_RSVD;
	return 0;
}

void vtd_desc_exec(struct vtd_unit *v, const struct cmd *cmd)
{
	const uint64_t *q = cmd->q;

	switch (cmd->type) {
	case VTD_DT_CC:
		vtd_drain(v);
		vtd_inval_context(v, (enum vtd_granularity)FIELD_GET(VTD_CCD0_G, q[0]),
				  (uint32_t)FIELD_GET(VTD_CCD0_DID, q[0]),
				  (uint16_t)FIELD_GET(VTD_CCD0_SID, q[0]),
				  (uint32_t)FIELD_GET(VTD_CCD0_FM, q[0]));
		break;
	case VTD_DT_IOTLB:
		vtd_drain(v);
		vtd_inval_iotlb(v, (enum vtd_granularity)FIELD_GET(VTD_IOTLBD0_G, q[0]),
				(uint32_t)FIELD_GET(VTD_IOTLBD0_DID, q[0]), q[1] & VTD_IOTLBD1_ADDR,
				(uint32_t)FIELD_GET(VTD_IOTLBD1_AM, q[1]),
				(q[1] & VTD_IOTLBD1_IH) != 0);
		break;
	case VTD_DT_IEC:
		vtd_drain(v);
		vtd_inval_interrupts(v, !(q[0] & VTD_IECD0_G),
				     (uint32_t)FIELD_GET(VTD_IECD0_IIDX, q[0]),
				     (uint32_t)FIELD_GET(VTD_IECD0_IM, q[0]));
		break;
	default:
		break; /* PASID caches and PASID-tagged translations are empty without scalable mode */
	}
}

void vtd_devtlb_range(uint64_t q1, uint64_t *first, uint64_t *last)
{
	uint64_t addr = q1 & VTD_DEVTLBD1_ADDR, ones;

	*first = addr;
	*last = addr | 0xFFF;
	if (!(q1 & VTD_DEVTLBD1_S))
		return;
	if (addr == VTD_DEVTLBD_ADDR_ALL) {
		*first = 0;
		*last = ~(uint64_t)0;
		return;
	}
	/* n trailing ones from bit 12 upward and the zero above them: 2^(13 + n) bytes. */
	ones = (addr | 0xFFF) ^ ((addr | 0xFFF) + 1);
	*first = addr & ~ones;
	*last = *first | ones;
}
