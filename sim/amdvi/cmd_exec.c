/*
 * Commands: which are legal, and what they do.
 * Implements 48882 2.4 "Commands". Reserved bits of every command stand in one table.
 */
#include <string.h>

#include "unit.h"

const char *sim_amdvi_command_name(uint8_t opcode)
{
	switch (opcode) {
#define NAME(code, name, needs, description) \
	case code:                           \
		return #name;
		AMDVI_COMMANDS(NAME)
#undef NAME
	default:
		return NULL;
	}
}

uint8_t sim_amdvi_command_by_name(const char *name)
{
#define MATCH(code, command, needs, description) \
	if (!strcmp(name, #command))             \
		return code;
	AMDVI_COMMANDS(MATCH)
#undef MATCH
	return 0;
}

struct cmd_row {
	uint64_t rsvd0, rsvd1; /* GN is among them: it needs guest translation */
	bool exists;
};

/* Commands of features no unit here has do not exist. */
static const struct cmd_row rows[16] = {
	[AMDVI_OP_COMPLETION_WAIT] = { AMDVI_CWC0_RSVD, 0, true },
	[AMDVI_OP_INVALIDATE_DEVTAB_ENTRY] = { AMDVI_DEVTABC0_RSVD, AMDVI_DEVTABC1_RSVD, true },
	[AMDVI_OP_INVALIDATE_IOMMU_PAGES] = { AMDVI_PAGESC0_RSVD | AMDVI_PAGESC0_PASID,
					      AMDVI_PAGESC1_RSVD | AMDVI_PAGESC1_GN, true },
	[AMDVI_OP_INVALIDATE_IOTLB_PAGES] = { AMDVI_IOTLBC0_RSVD,
					      AMDVI_IOTLBC1_RSVD | AMDVI_IOTLBC1_GN |
						      AMDVI_IOTLBC1_TYPE,
					      true },
	[AMDVI_OP_INVALIDATE_INTERRUPT_TABLE] = { AMDVI_INTTABC0_RSVD, AMDVI_INTTABC1_RSVD, true },
	[AMDVI_OP_PREFETCH_IOMMU_PAGES] = { AMDVI_PREFC0_RSVD, AMDVI_PREFC1_RSVD | AMDVI_PREFC1_GN,
					    true },
	[AMDVI_OP_INVALIDATE_IOMMU_ALL] = { AMDVI_ALLC0_RSVD, AMDVI_ALLC1_RSVD, true },
};

static bool supported(const struct amdvi_caps *c, unsigned opcode)
{
	switch (opcode) {
	case AMDVI_OP_INVALIDATE_IOTLB_PAGES:
		return c->iotlb;
	case AMDVI_OP_PREFETCH_IOMMU_PAGES:
		return c->prefetch;
	case AMDVI_OP_INVALIDATE_IOMMU_ALL:
		return c->ia;
	default:
		return rows[opcode].exists;
	}
}

bool amdvi_cmd_legal(const struct amdvi_unit *a, const uint64_t *q)
{
	unsigned opcode = (unsigned)FIELD_GET(AMDVI_CMD0_OP, q[0]);
	const struct cmd_row *row = &rows[opcode];

	return supported(&a->caps, opcode) && !(q[0] & row->rsvd0) && !(q[1] & row->rsvd1);
}

void amdvi_complain_ones(struct amdvi_unit *a, uint64_t addr, bool sized)
{
	if (sized && addr == AMDVI_PAGESC1_ADDR)
		complain(a->u.sim, a->u.index, COMPLAINT_ADDRESS_ALL_ONES, addr);
}

static void pages(struct amdvi_unit *a, const uint64_t *q)
{
	amdvi_complain_ones(a, q[1] & AMDVI_PAGESC1_ADDR, q[1] & AMDVI_PAGESC1_S);
	amdvi_inval_pages(a, (uint16_t)FIELD_GET(AMDVI_PAGESC0_DOMAINID, q[0]),
			  q[1] & AMDVI_PAGESC1_ADDR, q[1] & AMDVI_PAGESC1_S,
			  q[1] & AMDVI_PAGESC1_PDE);
}

/*
 * PFCount + 1 pages of the size the address tells, from it on. With Inval they are invalidated first, in the domain the
 * device's cached entry names; a hint that finds none is dropped.
 */
static void prefetch(struct amdvi_unit *a, const uint64_t *q)
{
	uint16_t rid = (uint16_t)FIELD_GET(AMDVI_PREFC0_DEVICEID, q[0]);
	uint64_t count = FIELD_GET(AMDVI_PREFC0_PFCOUNT, q[0]) + 1, first, last;
	const struct tc_entry *e = amdvi_dte_cached(a, rid);

	amdvi_complain_ones(a, q[1] & AMDVI_PREFC1_ADDR, q[1] & AMDVI_PREFC1_S);
	amdvi_inval_range(q[1] & AMDVI_PREFC1_ADDR, q[1] & AMDVI_PREFC1_S, &first, &last);
	for (uint64_t i = 0, at = first, size = last - first; i < count; i++, at += size + 1) {
		if (at < first || (i && !at))
			break;
		if (q[1] & AMDVI_PREFC1_INVAL && e)
			amdvi_inval_pages(a, (uint16_t)e->group,
					  at | (size >> 1 & ~UINT64_C(0xFFF)),
					  q[1] & AMDVI_PREFC1_S, false);
		amdvi_prefetch(a, rid, at);
		e = amdvi_dte_cached(a, rid);
	}
}

void amdvi_cmd_exec(struct amdvi_unit *a, const struct cmd *cmd)
{
	switch (cmd->type) {
	case AMDVI_OP_INVALIDATE_DEVTAB_ENTRY:
		amdvi_inval_dte(a, (uint16_t)FIELD_GET(AMDVI_DEVTABC0_DEVICEID, cmd->q[0]));
		break;
	case AMDVI_OP_INVALIDATE_IOMMU_PAGES:
		pages(a, cmd->q);
		break;
	case AMDVI_OP_INVALIDATE_INTERRUPT_TABLE:
		amdvi_inval_interrupts(a, (uint16_t)FIELD_GET(AMDVI_INTTABC0_DEVICEID, cmd->q[0]));
		break;
	case AMDVI_OP_PREFETCH_IOMMU_PAGES:
		prefetch(a, cmd->q);
		break;
	case AMDVI_OP_INVALIDATE_IOMMU_ALL:
		amdvi_inval_all(a);
		break;
	default:
		break;
	}
}
