/*
 * AMD-Vi host (v1) entries. 48882 2.2.3 "I/O Page Tables for Host Translations".
 * Level 0 is the specification's level 1, up to 5, its level 6; Next Level counts as the specification does.
 *
 * Table entries grant both permissions and the leaf decides. Every leaf forces coherent accesses (FC). Levels are never
 * skipped. A joined page is one with Next Level 7, its size in the low bits of its address.
 */
#include "format.h"
#include "hw/amdvi.h"

static uint64_t amdv1_table(uint32_t level, uint64_t pa)
{
	return AMDVI_PT_PR | FIELD_PREP(AMDVI_PT_NEXT_LEVEL, level) | (pa & AMDVI_PT_ADDR) |
	       AMDVI_PT_IR | AMDVI_PT_IW;
}

static uint64_t rights(uint32_t prot)
{
	return AMDVI_PT_PR | AMDVI_PT_FC | (prot & IOMMU_READ ? AMDVI_PT_IR : 0) |
	       (prot & IOMMU_WRITE ? AMDVI_PT_IW : 0);
}

static uint64_t amdv1_leaf(uint32_t level, uint64_t pa, uint32_t prot)
{
	(void)level; /* the table it stands in tells the size */
	return rights(prot) | FIELD_PREP(AMDVI_PT_NEXT_LEVEL, AMDVI_NEXT_LEVEL_PAGE) |
	       (pa & AMDVI_PT_ADDR);
}

static uint64_t amdv1_joined(uint32_t lg2, uint64_t pa, uint32_t prot)
{
	return rights(prot) | FIELD_PREP(AMDVI_PT_NEXT_LEVEL, AMDVI_NEXT_LEVEL_SIZED) |
	       (AMDVI_SIZE_ENCODE(pa, lg2) & AMDVI_PT_ADDR);
}

static bool amdv1_is_leaf(uint32_t level, uint64_t entry)
{
	uint64_t next = FIELD_GET(AMDVI_PT_NEXT_LEVEL, entry);

	return level == 0 || next == AMDVI_NEXT_LEVEL_PAGE || next == AMDVI_NEXT_LEVEL_SIZED;
}

/* The lowest 0 of the address, at bit z, stands for 2^(z + 1) bytes. */
static uint32_t amdv1_leaf_lg2(uint32_t level, uint64_t entry)
{
	uint32_t z = AMDVI_PAGE_LG2;

	if (FIELD_GET(AMDVI_PT_NEXT_LEVEL, entry) != AMDVI_NEXT_LEVEL_SIZED)
		return pt_shift(level);
	while (entry & AMDVI_PT_ADDR & BIT64(z))
		z++;
	return z + 1;
}

static uint32_t amdv1_prot(uint64_t entry)
{
	return (entry & AMDVI_PT_IR ? IOMMU_READ : 0u) | (entry & AMDVI_PT_IW ? IOMMU_WRITE : 0u);
}

const struct pt_format pt_amdv1 = {
	.present = AMDVI_PT_PR,
	.addr = AMDVI_PT_ADDR,
	.table = amdv1_table,
	.leaf = amdv1_leaf,
	.is_leaf = amdv1_is_leaf,
	.prot = amdv1_prot,
	.split_live = true,
	.joined = amdv1_joined,
	.leaf_lg2 = amdv1_leaf_lg2,
};
