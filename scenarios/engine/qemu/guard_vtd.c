/* VT-d inputs that must not reach QEMU. */
#include <string.h>

#include "guard.h"
#include "hw/vtd.h"

static uint64_t reg(struct vm *vm, uint32_t off, uint32_t width)
{
	return qtest_read(&vm->qtest, VM_VTD_BASE + off, width);
}

/* ---- descriptors ---- */

static const char *check_wait(const struct vm *vm, const uint64_t *q)
{
	bool sw = q[0] & VTD_WAITD0_SW, raise = q[0] & VTD_WAITD0_IF;

	if (sw && raise && guard_old(vm))
		return "V10: a wait descriptor with status write and interrupt aborts it";
	if (!sw && !raise)
		return "V13: a wait descriptor with neither status write nor interrupt";
	return NULL;
}

static const char *check_descriptor(struct vm *vm, const uint64_t *q)
{
	switch (FIELD_GET(VTD_DESC_TYPE, q[0])) {
	case VTD_DT_WAIT:
		return check_wait(vm, q);
	case VTD_DT_DEV_TLB:
		return reg(vm, VTD_REG_ECAP, 8) & VTD_ECAP_DT
			       ? NULL
			       : "V11: a device-TLB invalidation is accepted without ECAP.DT";
	case VTD_DT_P_IOTLB:
	case VTD_DT_PC:
		return vm->program->number < QEMU_VERSION(10, 0)
			       ? "V12: a PASID-based invalidation is accepted in legacy mode"
			       : NULL;
	case VTD_DT_IEC:
		return (q[0] & VTD_IECD0_RSVD || q[1]) && vm->program->number < QEMU_VERSION(10, 0)
			       ? "V12: reserved bits of an interrupt entry cache descriptor"
			       : NULL;
	default:
		return NULL;
	}
}

/* Everything between head and the tail about to be written; what is not memory QEMU finds out itself. */
static const char *check_queue(struct vm *vm, struct guard *g, uint64_t tail)
{
	struct qtest_access a[] = { { false, 8, VM_VTD_BASE + VTD_REG_IQA, 0 },
				    { false, 8, VM_VTD_BASE + VTD_REG_IQH, 0 },
				    { false, 4, VM_VTD_BASE + VTD_REG_GSTS, 0 } };
	uint64_t iqa, head, base, bytes, width;

	qtest_together(&vm->qtest, a, 3);
	iqa = a[0].val;
	head = a[1].val;
	base = iqa & VTD_IQA_IQA;
	bytes = UINT64_C(4096) << FIELD_GET(VTD_IQA_QS, iqa);
	width = iqa & VTD_IQA_DW ? 32 : 16;
	tail &= VTD_IQT_QT;
	if (!(a[2].val & VTD_GSTS_QIES) || tail >= bytes || head >= bytes)
		return NULL;
	for (uint64_t at = head & ~(width - 1); at != (tail & ~(width - 1));
	     at = (at + width) % bytes) {
		uint64_t q[2];
		const char *why;

		if (!ram_load(&vm->ram, base + at, q, sizeof(q)))
			return NULL;
		why = check_descriptor(vm, q);
		if (why)
			return why;
		g->last_descriptor = (uint8_t)FIELD_GET(VTD_DESC_TYPE, q[0]);
	}
	return NULL;
}

/* ---- registers ---- */

static const char *check_gcmd(struct vm *vm, const struct guard *g, uint64_t val)
{
	uint64_t gsts = reg(vm, VTD_REG_GSTS, 4);

	if (val & (VTD_GCMD_WBF | VTD_GCMD_SFL | VTD_GCMD_EAFL))
		return "V20: WBF, SFL and EAFL are ignored, and leave no status";
	if ((val & VTD_GCMD_TE) && !(gsts & (VTD_GSTS_RTPS | VTD_GSTS_TES)))
		return "V20: TE is accepted without a root table";
	if ((val & VTD_GCMD_QIE) && !(gsts & VTD_GSTS_QIES) && reg(vm, VTD_REG_IQT, 8))
		return "the queue starts at once when its tail is not 0";
	if (!(val & VTD_GCMD_QIE) && (gsts & VTD_GSTS_QIES) &&
	    (reg(vm, VTD_REG_IQT, 8) != reg(vm, VTD_REG_IQH, 8) ||
	     (g->last_descriptor && g->last_descriptor != VTD_DT_WAIT)))
		return "V16: the queue stays on unless it is empty and ended with a wait";
	return NULL;
}

static const char *check_register_inval(struct vm *vm)
{
	return reg(vm, VTD_REG_GSTS, 4) & VTD_GSTS_QIES
		       ? "an invalidation by register is not done while the queue is on"
		       : NULL;
}

const char *guard_vtd_write(struct vm *vm, struct guard *g, uint32_t off, uint64_t val)
{
	uint64_t iro;

	if (!g->ecap)
		g->ecap = reg(vm, VTD_REG_ECAP, 8);
	iro = FIELD_GET(VTD_ECAP_IRO, g->ecap) * 16;

	if (off == VTD_REG_GCMD || off == VTD_REG_IQT || off == VTD_REG_CCMD ||
	    off == VTD_REG_CCMD + 4 || off == iro + 8 || off == iro + 12)
		memset(g->used, 0, sizeof(g->used));
	if (off == VTD_REG_GCMD && (val & VTD_GCMD_SRTP))
		g->rtaddr = reg(vm, VTD_REG_RTADDR, 8);
	if (off == VTD_REG_GCMD && (val & VTD_GCMD_SIRTP))
		g->irta = reg(vm, VTD_REG_IRTA, 8);
	if (off == VTD_REG_GCMD)
		return check_gcmd(vm, g, val);
	if (off == VTD_REG_IQT)
		return check_queue(vm, g, val);
	if ((off == VTD_REG_CCMD && val & VTD_CCMD_ICC) || (off == iro + 8 && val & VTD_IOTLB_IVT))
		return check_register_inval(vm);
	return NULL;
}

/* ---- requests ---- */

#define INTR_FIRST UINT64_C(0xFEE00000)
#define INTR_LAST UINT64_C(0xFEEFFFFF)
#define LEVEL_BITS 9u

/* One entry of a walk; `shift` is the lowest address bit that it translates. */
static const char *check_entry(const struct vm *vm, uint64_t entry, uint32_t shift, bool leaf,
			       uint64_t iova, bool dt)
{
	uint64_t first = entry & VTD_SS_ADDR & ~(BIT64(shift) - 1);
	uint64_t pa = first | (iova & (BIT64(shift) - 1));

	if (entry == UINT64_MAX)
		return "V4: an entry of all ones counts as unreadable";
	if (!leaf)
		return NULL;
	if (dt && (entry & VTD_SS_IW) && vm->program->number < QEMU_VERSION(10, 0))
		return "V28: bit 62 of a leaf is taken with device-TLBs";
	if (first <= INTR_LAST && (first | (BIT64(shift) - 1)) >= INTR_FIRST &&
	    (pa < INTR_FIRST || pa > INTR_LAST))
		return "V3: a page that overlaps FEE00000h-FEEFFFFFh faults as a whole";
	return NULL;
}

static const char *check_tables(const struct vm *vm, uint64_t table, uint32_t levels, uint64_t iova,
				bool dt)
{
	while (levels-- > 0) {
		uint32_t shift = 12 + LEVEL_BITS * levels;
		uint64_t index = iova >> shift & (BIT64(LEVEL_BITS) - 1), entry;
		bool leaf;
		const char *why;

		if (!ram_load(&vm->ram, table + 8 * index, &entry, sizeof(entry)) ||
		    !(entry & (VTD_SS_R | VTD_SS_W)))
			return NULL;
		leaf = levels == 0 || (levels < 3 && (entry & VTD_SS_PS));
		why = check_entry(vm, entry, shift, leaf, iova, dt);
		if (why || leaf)
			return why;
		table = entry & VTD_SS_ADDR;
	}
	return NULL;
}

static bool load_context(struct vm *vm, uint64_t rtaddr, uint16_t rid, uint64_t ce[2])
{
	uint64_t root;

	return !FIELD_GET(VTD_RTADDR_TTM, rtaddr) &&
	       ram_load(&vm->ram, (rtaddr & VTD_RTADDR_RTA) + 16 * (uint64_t)(rid >> 8), &root,
			sizeof(root)) &&
	       (root & VTD_RE0_P) &&
	       ram_load(&vm->ram, (root & VTD_RE0_CTP) + 16 * (uint64_t)(rid & 0xff), ce, 16) &&
	       (ce[0] & VTD_CE0_P);
}

const char *guard_vtd_dma(struct vm *vm, const struct guard *g, uint32_t dev, uint64_t iova)
{
	uint64_t ce[2], tt, aw;
	uint32_t width;

	if (!(reg(vm, VTD_REG_GSTS, 4) & VTD_GSTS_TES) ||
	    !load_context(vm, g->rtaddr, vm->plan.device[dev].rid, ce))
		return NULL;
	width = (uint32_t)FIELD_GET(VTD_CAP_MGAW, reg(vm, VTD_REG_CAP, 8)) + 1;
	tt = FIELD_GET(VTD_CE0_TT, ce[0]);
	aw = FIELD_GET(VTD_CE1_AW, ce[1]);
	if (tt == VTD_TT_PASSTHROUGH)
		return iova >> width || 30 + LEVEL_BITS * aw < width
			       ? "V5: pass-through is not limited by the address width, and takes "
				 "any AW"
			       : NULL;
	if (aw < 1 || aw > 2 || iova >> (30 + LEVEL_BITS * aw))
		return NULL;
	return check_tables(vm, ce[0] & VTD_CE0_SSPTPTR, (uint32_t)aw + 2, iova,
			    (g->ecap & VTD_ECAP_DT) != 0);
}
