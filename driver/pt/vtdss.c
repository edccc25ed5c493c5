/*
 * VT-d second-stage entries. VT-d 9 "Second-Stage Paging Entries".
 * Level 0 is the specification's SS-PTE, 1 its SS-PDE, 2 its SS-PDPE, up to 4, its SS-PML5E.
 *
 * Table entries grant both permissions: the effective one is the AND over all levels and the leaf decides. Memory type,
 * snoop and accessed/dirty bits stay 0: legacy mode ignores the first and last, and SNP is not needed by default.
 */
#include "format.h"
#include "hw/vtd.h"

static uint64_t vtdss_table(uint32_t level, uint64_t pa)
{
	(void)level;
	return (pa & VTD_SS_ADDR) | VTD_SS_R | VTD_SS_W;
}

static uint64_t vtdss_leaf(uint32_t level, uint64_t pa, uint32_t prot)
{
	uint64_t entry = pa & VTD_SS_ADDR;

	if (prot & IOMMU_READ)
		entry |= VTD_SS_R;
	if (prot & IOMMU_WRITE)
		entry |= VTD_SS_W;
	if (level > 0)
		entry |= VTD_SS_PS;
	return entry;
}

static bool vtdss_is_leaf(uint32_t level, uint64_t entry)
{
	return level == 0 || (entry & VTD_SS_PS);
}

static uint32_t vtdss_prot(uint64_t entry)
{
	uint32_t prot = 0;

	if (entry & VTD_SS_R)
		prot |= IOMMU_READ;
	if (entry & VTD_SS_W)
		prot |= IOMMU_WRITE;
	return prot;
}

const struct pt_format pt_vtdss = {
	.present = VTD_SS_R | VTD_SS_W,
	.addr = VTD_SS_ADDR,
	.table = vtdss_table,
	.leaf = vtdss_leaf,
	.is_leaf = vtdss_is_leaf,
	.prot = vtdss_prot,
};
