/* AMD-Vi inputs that must not reach QEMU, or mean something else there. */
#include <string.h>

#include "guard.h"
#include "hw/amdvi.h"

/* HyperTransport's own addresses. 48882 2.1.2, special address ranges. */
#define HT_FIRST UINT64_C(0xFD00000000)
#define HT_LAST UINT64_C(0xFFFFFFFFFF)

static uint64_t reg(struct vm *vm, uint32_t off)
{
	return qtest_read(&vm->qtest, VM_AMDVI_BASE + off, 8);
}

/* The device table entry of a requester id; false: it lies outside the memory, or beyond the table. */
static bool load_dte_of(const struct vm *vm, uint64_t devtab, uint16_t rid, uint64_t dte[4])
{
	return ram_load(&vm->ram, (devtab & AMDVI_DEVTAB_BASE) + ((uint64_t)rid << AMDVI_DTE_LG2),
			dte, 32);
}

static bool load_dte(struct vm *vm, uint16_t rid, uint64_t dte[4])
{
	return load_dte_of(vm, reg(vm, AMDVI_REG_DEVTAB), rid, dte);
}

/* ---- commands ---- */

/* Reserved bits of each command; a row of opcode 0 ends the table. Other opcodes are illegal. */
static const struct {
	uint8_t op;
	uint64_t rsvd0, rsvd1;
} commands[] = { { AMDVI_OP_COMPLETION_WAIT, AMDVI_CWC0_RSVD, 0 },
		 { AMDVI_OP_INVALIDATE_DEVTAB_ENTRY, AMDVI_DEVTABC0_RSVD, AMDVI_DEVTABC1_RSVD },
		 { AMDVI_OP_INVALIDATE_IOMMU_PAGES, AMDVI_PAGESC0_RSVD, AMDVI_PAGESC1_RSVD },
		 { AMDVI_OP_INVALIDATE_IOTLB_PAGES, AMDVI_IOTLBC0_RSVD, AMDVI_IOTLBC1_RSVD },
		 { AMDVI_OP_INVALIDATE_INTERRUPT_TABLE, AMDVI_INTTABC0_RSVD, AMDVI_INTTABC1_RSVD },
		 { AMDVI_OP_PREFETCH_IOMMU_PAGES, AMDVI_PREFC0_RSVD, AMDVI_PREFC1_RSVD },
		 { AMDVI_OP_INVALIDATE_IOMMU_ALL, AMDVI_ALLC0_RSVD, AMDVI_ALLC1_RSVD },
		 { 0, 0, 0 } };

static const char *check_command(const struct vm *vm, const uint64_t *q)
{
	uint64_t op = FIELD_GET(AMDVI_CMD0_OP, q[0]);

	for (size_t i = 0; commands[i].op; i++) {
		if (commands[i].op != op)
			continue;
		if ((q[0] & commands[i].rsvd0) || (q[1] & commands[i].rsvd1))
			return "A19: a command with reserved bits set is carried out";
		if (op == AMDVI_OP_COMPLETION_WAIT && (q[0] & AMDVI_CWC0_S) &&
		    !ram_at(&vm->ram, q[0] & AMDVI_CWC0_STOREADDR, 8))
			return "A19: a COMPLETION_WAIT whose store fails says nothing";
		return NULL;
	}
	return "A19: an illegal command does not stop the command buffer";
}

/* New versions follow an entry as it stands when this command is carried out (A17). */
static void take_entry(struct vm *vm, struct guard *g, const uint64_t *q)
{
	uint16_t rid = (uint16_t)q[0];

	if (FIELD_GET(AMDVI_CMD0_OP, q[0]) != AMDVI_OP_INVALIDATE_DEVTAB_ENTRY)
		return;
	for (uint32_t i = 0; i < vm->plan.devices; i++)
		if (vm->plan.device[i].rid == rid)
			g->lost[i] = !(g->known[i] = load_dte(vm, rid, g->dte[i]));
}

static const char *check_ring(struct vm *vm, struct guard *g, uint64_t tail)
{
	struct qtest_access a[] = { { false, 8, VM_AMDVI_BASE + AMDVI_REG_CMDBUF, 0 },
				    { false, 8, VM_AMDVI_BASE + AMDVI_REG_CMD_HEAD, 0 } };
	uint64_t base, bytes, head;

	qtest_together(&vm->qtest, a, 2);
	base = a[0].val & AMDVI_RING_BASE;
	bytes = UINT64_C(1) << AMDVI_RING_LG2_BYTES(FIELD_GET(AMDVI_RING_LEN, a[0].val));
	head = a[1].val;
	if (tail >= bytes)
		return "A20: a tail beyond the command buffer hangs it";
	for (uint64_t at = head % bytes; at != (tail & ~UINT64_C(15)); at = (at + 16) % bytes) {
		uint64_t q[2];
		const char *why;

		if (at % 16 || !ram_load(&vm->ram, base + at, q, sizeof(q)))
			return "A19: a command buffer that is not memory";
		why = check_command(vm, q);
		if (why)
			return why;
		take_entry(vm, g, q);
	}
	return NULL;
}

/* ---- registers ---- */

const char *guard_amdvi_write(struct vm *vm, struct guard *g, uint32_t off, uint64_t val)
{
	if (off == AMDVI_REG_CMD_TAIL)
		return check_ring(vm, g, val);
	if (off == AMDVI_REG_EXCL_BASE && (val & AMDVI_EXCL_EXEN))
		return "A21: the exclusion range does nothing there";
	return NULL;
}

/* ---- requests ---- */

/* One entry of a walk that is at `level` when it reads it. NULL: nothing to object; *leaf ends the walk. */
static const char *check_entry(const struct vm *vm, uint64_t entry, uint32_t level, uint64_t iova,
			       bool *leaf)
{
	uint32_t next = (uint32_t)FIELD_GET(AMDVI_PT_NEXT_LEVEL, entry);

	*leaf = true;
	if (!(entry & AMDVI_PT_PR))
		return entry && guard_old(vm) ? "A11: an entry without PR that is not all zero"
					      : NULL;
	if (next == 0 || next == 7)
		return entry & AMDVI_PT_RSVD_PTE ? "A9: reserved bits of an entry" : NULL;
	*leaf = false;
	if (entry & AMDVI_PT_RSVD_PDE)
		return "A9: reserved bits of an entry";
	if (next >= level)
		return guard_old(vm) ? "A8: a next level that is not lower; a cycle hangs it"
				     : NULL;
	/* the address bits of the levels left out have to be 0 */
	if (next + 1 < level &&
	    (iova & MASK64(AMDVI_PT_SHIFT(level) - 1, AMDVI_PT_SHIFT(next + 1))))
		return "A10: address bits of skipped levels";
	return NULL;
}

static const char *check_walk(const struct vm *vm, const uint64_t *dte, bool used, uint64_t iova)
{
	uint32_t level = (uint32_t)FIELD_GET(AMDVI_DTE0_MODE, dte[0]);
	uint64_t table = dte[0] & AMDVI_DTE0_HOSTPT, rights = dte[0];
	bool leaf = false;

	while (!leaf && level > 0) {
		uint64_t bits = AMDVI_PT_SHIFT(level), entry;
		uint64_t index = iova >> bits & (AMDVI_PT_ENTRIES - 1);
		const char *why;

		if (!ram_load(&vm->ram, table + 8 * index, &entry, sizeof(entry)))
			return NULL;
		why = check_entry(vm, entry, level, iova, &leaf);
		if (why)
			return why;
		if ((entry & AMDVI_PT_PR) && (entry & ~rights & (AMDVI_PT_IR | AMDVI_PT_IW)) &&
		    (used || !guard_old(vm)))
			return "A5, A12: permissions that an upper level takes away";
		rights &= entry;
		table = entry & AMDVI_PT_ADDR;
		level = leaf || (uint32_t)FIELD_GET(AMDVI_PT_NEXT_LEVEL, entry) >= level
				? 0
				: (uint32_t)FIELD_GET(AMDVI_PT_NEXT_LEVEL, entry);
	}
	return NULL;
}

static const char *check_dte(const struct vm *vm, const uint64_t *dte, uint64_t iova)
{
	uint64_t mode = FIELD_GET(AMDVI_DTE0_MODE, dte[0]);

	if (vm->program->number >= QEMU_VERSION(10, 0) && guard_old(vm) && (dte[1] & BIT64(8)))
		return "A14: a DomainID with bit 8 is refused";
	if (!(dte[0] & AMDVI_DTE0_V))
		return NULL;
	if (!(dte[0] & AMDVI_DTE0_TV) && !guard_old(vm))
		return "A48: without TV requests are blocked without event";
	if (!(dte[0] & AMDVI_DTE0_TV))
		return dte[0] & (AMDVI_DTE0_IR | AMDVI_DTE0_IW)
			       ? "A2: without TV it passes requests untranslated"
			       : NULL;
	if (!guard_old(vm) && mode > AMDVI_MODE_MAX)
		return "A3: Mode 7 is blocked without event";
	if (dte[0] & AMDVI_DTE0_HAD)
		return "A47: HAD is ignored, where the unit has no accessed and dirty bits too";
	if (dte[0] & AMDVI_DTE0_GV)
		return "A21: guest tables are not there";
	if (guard_old(vm) && mode > 0 && mode < AMDVI_MODE_MAX && iova >> AMDVI_PT_SHIFT(mode + 1))
		return "A7: addresses beyond the DTE's mode wrap";
	if (guard_old(vm) && iova >> 48)
		return "A27: addresses of 2^48 and more hit other devices' cached translations";
	return NULL;
}

/* New versions: the entry that counts is the one last invalidated, and without one all passes (A17). */
static const char *check_taken(const struct guard *g, uint32_t dev, const uint64_t *dte)
{
	uint64_t both = AMDVI_DTE0_IR | AMDVI_DTE0_IW, on = AMDVI_DTE0_V | AMDVI_DTE0_TV;

	if (!g->known[dev])
		return dte[0] & AMDVI_DTE0_V
			       ? "A17: without an INVALIDATE_DEVTAB_ENTRY a device's requests pass"
			       : NULL;
	if (memcmp(g->dte[dev], dte, sizeof(g->dte[dev])) != 0)
		return "A17: an entry that changed counts from its INVALIDATE_DEVTAB_ENTRY on";
	if ((dte[0] & on) == on && !FIELD_GET(AMDVI_DTE0_MODE, dte[0]) && (dte[0] & both) != both)
		return "A17: with Mode 0 requests pass whatever IR and IW say";
	return NULL;
}

const char *guard_amdvi_dma(struct vm *vm, const struct guard *g, uint32_t dev, uint64_t iova)
{
	uint16_t rid = vm->plan.device[dev].rid;
	struct qtest_access a[] = { { false, 8, VM_AMDVI_BASE + AMDVI_REG_DEVTAB, 0 },
				    { false, 8, VM_AMDVI_BASE + AMDVI_REG_CONTROL, 0 } };
	uint64_t bytes, dte[4];
	const char *why;

	qtest_together(&vm->qtest, a, 2);
	bytes = (FIELD_GET(AMDVI_DEVTAB_SIZE, a[0].val) + 1) * AMDVI_PAGE_SIZE;
	if (!(a[1].val & AMDVI_CONTROL_IOMMUEN))
		return NULL;
	if ((uint64_t)rid << AMDVI_DTE_LG2 >= bytes)
		return "A15: the size of the device table is not looked at";
	if (iova >= HT_FIRST && iova <= HT_LAST)
		return "A26: HyperTransport's addresses are translated like others";
	if (!load_dte_of(vm, a[0].val, rid, dte))
		return guard_old(vm) || g->lost[dev]
			       ? NULL
			       : "A17: without an INVALIDATE_DEVTAB_ENTRY a device's requests pass";
	why = guard_old(vm) ? NULL : check_taken(g, dev, dte);
	if (!why)
		why = check_dte(vm, dte, iova);
	if (why || (dte[0] & (AMDVI_DTE0_V | AMDVI_DTE0_TV)) != (AMDVI_DTE0_V | AMDVI_DTE0_TV))
		return why;
	if (FIELD_GET(AMDVI_DTE0_MODE, dte[0]) > AMDVI_MODE_MAX)
		return NULL;
	return check_walk(vm, dte, g->used[dev], iova);
}
