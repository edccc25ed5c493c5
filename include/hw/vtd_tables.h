/*
 * VT-d tables in memory: root, context, PASID, paging and host permission entries.
 * Implements chapter 9 "Translation Structure Formats".
 *
 * Words are little-endian 64-bit, q[0] first. Address fields reach up to bit 63 (51 in paging entries); their bits from
 * the host address width upward must be 0 too, which no mask here can say. Reserved bits count in present entries only.
 */
#ifndef HW_VTD_TABLES_H
#define HW_VTD_TABLES_H

#include "bits.h"

/* clang-format off */

#define VTD_PAGE_LG2			12
#define VTD_PAGE_SIZE			4096

/* Codes of AW, in context and PASID entries: the levels of second-stage paging, less 2. */
#define VTD_AW_39BIT			1		/* 3 levels */
#define VTD_AW_48BIT			2		/* 4 levels */
#define VTD_AW_57BIT			3		/* 5 levels */

/* Root entry, legacy mode. VT-d 9 "Root Entry". Index: bus. */
struct vtd_root_entry {
	uint64_t q[2];
};
_Static_assert(sizeof(struct vtd_root_entry) == 16, "VT-d 9, Root Entry");
#define VTD_ROOT_ENTRIES		256
#define VTD_RE0_P			BIT64(0)
#define VTD_RE0_CTP			MASK64(63, 12)	/* context table */
#define VTD_RE0_RSVD			MASK64(11, 1)
#define VTD_RE1_RSVD			MASK64(63, 0)

/* Root entry, scalable mode. VT-d 9 "Scalable-Mode Root Entry". Index: bus; each half stands alone. */
struct vtd_sm_root_entry {
	uint64_t q[2];
};
_Static_assert(sizeof(struct vtd_sm_root_entry) == 16, "VT-d 9, Scalable-Mode Root Entry");
#define VTD_SRE0_LP			BIT64(0)
#define VTD_SRE0_LCTP			MASK64(63, 12)	/* devfn 00h to 7Fh */
#define VTD_SRE0_RSVD			MASK64(11, 1)
#define VTD_SRE1_UP			BIT64(0)
#define VTD_SRE1_UCTP			MASK64(63, 12)	/* devfn 80h to FFh */
#define VTD_SRE1_RSVD			MASK64(11, 1)

/* Context entry, legacy mode. VT-d 9 "Context Entry". Index: devfn. */
struct vtd_context_entry {
	uint64_t q[2];
};
_Static_assert(sizeof(struct vtd_context_entry) == 16, "VT-d 9, Context Entry");
#define VTD_CONTEXT_ENTRIES		256
#define VTD_CE0_P			BIT64(0)
#define VTD_CE0_FPD			BIT64(1)	/* fault processing disable; counts even if P = 0 */
#define VTD_CE0_TT			MASK64(3, 2)	/* translation type */
#define   VTD_TT_UNTRANSLATED		0		/* untranslated requests translate, ATS is blocked */
#define   VTD_TT_DEV_TLB		1		/* and ATS is allowed */
#define   VTD_TT_PASSTHROUGH		2		/* untranslated requests pass, ATS is blocked */
#define VTD_CE0_SSPTPTR			MASK64(63, 12)	/* second-stage root */
#define VTD_CE0_RSVD			MASK64(11, 4)
#define VTD_CE1_AW			MASK64(2, 0)	/* VTD_AW_ */
#define VTD_CE1_AVAIL			MASK64(6, 3)	/* ignored: software's */
#define VTD_CE1_DID			MASK64(23, 8)
#define VTD_CE1_RSVD			(MASK64(63, 24) | BIT64(7))

/* Context entry, scalable mode. VT-d 9 "Scalable-Mode Context Entry". Index: devfn 6:0. */
struct vtd_sm_context_entry {
	uint64_t q[4];
};
_Static_assert(sizeof(struct vtd_sm_context_entry) == 32, "VT-d 9, Scalable-Mode Context Entry");
#define VTD_SM_CONTEXT_ENTRIES		128
#define VTD_SCE0_P			BIT64(0)
#define VTD_SCE0_FPD			BIT64(1)
#define VTD_SCE0_DTE			BIT64(2)	/* device-TLB enable */
#define VTD_SCE0_PASIDE			BIT64(3)	/* PASID enable */
#define VTD_SCE0_PRE			BIT64(4)	/* page request enable */
#define VTD_SCE0_HPTE			BIT64(5)	/* host permission table enable */
#define VTD_SCE0_EPTR			BIT64(6)	/* PASID in translated requests */
#define VTD_SCE0_PDTS			MASK64(11, 9)	/* 2^(PDTS + 7) directory entries */
#define VTD_SCE0_PASIDDIRPTR		MASK64(63, 12)
#define VTD_SCE0_RSVD			MASK64(8, 7)
#define VTD_SCE1_RID_PASID		MASK64(19, 0)
#define VTD_SCE1_RID_PRIV		BIT64(20)
#define VTD_SCE1_RSVD			MASK64(63, 21)
#define VTD_SCE2_RSVD			MASK64(63, 0)
#define VTD_SCE3_RSVD			MASK64(63, 0)

/* PASID directory entry, one word. VT-d 9 "Scalable-Mode PASID Directory Entry". Index: PASID 19:6. */
#define VTD_PDE_P			BIT64(0)
#define VTD_PDE_FPD			BIT64(1)
#define VTD_PDE_SMPTBLPTR		MASK64(63, 12)	/* PASID table */
#define VTD_PDE_RSVD			MASK64(11, 2)
#define VTD_PASID_BITS			20
#define VTD_PASID_TABLE_LG2		6		/* PASID 5:0 index the table */
#define VTD_PASID_DIR_LG2(pdts)		((pdts) + 7)	/* entries of the directory */

/* PASID table entry. VT-d 9 "Scalable-Mode PASID Table Entry". */
struct vtd_pasid_entry {
	uint64_t q[8];
};
_Static_assert(sizeof(struct vtd_pasid_entry) == 64, "VT-d 9, Scalable-Mode PASID Table Entry");
#define VTD_PE0_P			BIT64(0)
#define VTD_PE0_FPD			BIT64(1)
#define VTD_PE0_AW			MASK64(4, 2)	/* VTD_AW_ */
#define VTD_PE0_PGTT			MASK64(8, 6)	/* PASID granular translation type */
#define   VTD_PGTT_FIRST_STAGE		1
#define   VTD_PGTT_SECOND_STAGE		2
#define   VTD_PGTT_NESTED		3
#define   VTD_PGTT_PASSTHROUGH		4
#define VTD_PE0_SSADE			BIT64(9)	/* second-stage accessed and dirty enable */
#define VTD_PE0_SSPTPTR			MASK64(63, 12)
#define VTD_PE0_RSVD			(MASK64(11, 10) | BIT64(5))
#define VTD_PE1_DID			MASK64(15, 0)
#define VTD_PE1_PWSNP			BIT64(23)	/* page walks snoop */
#define VTD_PE1_PGSNP			BIT64(24)	/* page accesses snoop */
#define VTD_PE1_CD			BIT64(25)	/* cache disable: everything is UC */
#define VTD_PE1_EMTE			BIT64(26)	/* extended memory types of second-stage leaves */
#define VTD_PE1_PAT			MASK64(63, 32)
#define   VTD_PE1_PA(i)			MASK64(4 * (i) + 34, 4 * (i) + 32) /* VTD_MT_, 0 <= i <= 7 */
#define VTD_PE1_RSVD			(MASK64(31, 27) | MASK64(22, 16))
#define VTD_PE2_SRE			BIT64(0)	/* supervisor requests enable */
#define VTD_PE2_FSPM			MASK64(3, 2)	/* first-stage paging mode */
#define   VTD_FSPM_4LEVEL		0
#define   VTD_FSPM_5LEVEL		1
#define VTD_PE2_WPE			BIT64(4)	/* write protect for supervisor requests */
#define VTD_PE2_IGN			MASK64(6, 5)
#define VTD_PE2_EAFE			BIT64(7)	/* extended accessed flag enable */
#define VTD_PE2_FSPTPTR			MASK64(63, 12)
#define VTD_PE2_RSVD			(MASK64(11, 8) | BIT64(1))
#define VTD_PE3_RSVD			MASK64(63, 0)
#define VTD_PE4_HPTSZ			MASK64(1, 0)	/* HPTL4 table of 4 KiB << HPTSZ */
#define VTD_PE4_HPTPFD			BIT64(2)	/* no prefetch */
#define VTD_PE4_HPTPTR			MASK64(63, 12)
#define VTD_PE4_RSVD			MASK64(11, 3)
#define VTD_PE5_HPTDID			MASK64(15, 0)
#define VTD_PE5_RSVD			MASK64(63, 16)
#define VTD_PE6_RSVD			MASK64(63, 0)
#define VTD_PE7_RSVD			MASK64(63, 0)

/*
 * Second-stage paging entries. VT-d 9.8 "Second-Stage Paging Entries".
 * 512 per table at every level. There is no present bit: R | W is it (IR | IW with RTADDR.SSIRWE).
 */
#define VTD_SS_R			BIT64(0)
#define VTD_SS_W			BIT64(1)
#define VTD_SS_EMT			MASK64(5, 3)	/* leaf: VTD_MT_ */
#define VTD_SS_IPAT			BIT64(6)	/* leaf: ignore PAT */
#define VTD_SS_PS			BIT64(7)	/* SS-PDE, SS-PDPE: a large page */
#define VTD_SS_A			BIT64(8)
#define VTD_SS_D			BIT64(9)	/* leaf */
#define VTD_SS_SNP			BIT64(11)	/* leaf: snoop */
#define VTD_SS_ADDR			MASK64(51, 12)	/* table or 4 KiB page */
#define   VTD_SS_ADDR_2M		MASK64(51, 21)
#define   VTD_SS_ADDR_1G		MASK64(51, 30)
#define VTD_SS_IR			BIT64(61)	/* replaces R when RTADDR.SSIRWE, else ignored */
#define VTD_SS_IW			BIT64(62)	/* replaces W when RTADDR.SSIRWE, else reserved */
#define VTD_SS_RSVD_TABLE		(BIT64(62) | BIT64(11))		/* any entry that leads to a table */
#define VTD_SS_RSVD_PML			(VTD_SS_RSVD_TABLE | BIT64(7))	/* SS-PML4E and SS-PML5E */
#define VTD_SS_RSVD_LEAF_4K		BIT64(62)
#define VTD_SS_RSVD_LEAF_2M		(BIT64(62) | MASK64(20, 12))
#define VTD_SS_RSVD_LEAF_1G		(BIT64(62) | MASK64(29, 12))

/* First-stage paging entries. VT-d 9 "First-Stage Paging Entries". 512 per table at every level. */
#define VTD_FS_P			BIT64(0)
#define VTD_FS_RW			BIT64(1)
#define VTD_FS_US			BIT64(2)
#define VTD_FS_PWT			BIT64(3)	/* leaf */
#define VTD_FS_PCD			BIT64(4)	/* leaf */
#define VTD_FS_A			BIT64(5)
#define VTD_FS_D			BIT64(6)	/* leaf */
#define VTD_FS_PS			BIT64(7)	/* PDE, PDPE: a large page */
#define VTD_FS_PAT_4K			BIT64(7)	/* PTE */
#define VTD_FS_G			BIT64(8)	/* leaf, ignored */
#define VTD_FS_EA			BIT64(10)	/* extended accessed */
#define VTD_FS_PAT_LARGE		BIT64(12)	/* leaf above the PTE */
#define VTD_FS_ADDR			MASK64(51, 12)	/* table or 4 KiB page */
#define   VTD_FS_ADDR_2M		MASK64(51, 21)
#define   VTD_FS_ADDR_1G		MASK64(51, 30)
#define VTD_FS_XD			BIT64(63)	/* ignored */
#define VTD_FS_RSVD_TABLE		UINT64_C(0)
#define VTD_FS_RSVD_PML			BIT64(7)	/* PML4E and PML5E */
#define VTD_FS_RSVD_LEAF_4K		UINT64_C(0)
#define VTD_FS_RSVD_LEAF_2M		MASK64(20, 13)
#define VTD_FS_RSVD_LEAF_1G		MASK64(29, 13)

/* What both stages share: the index into a table of level 0 (4 KiB pages) to 4. */
#define VTD_PT_INDEX_BITS		9
#define VTD_PT_ENTRIES			512

/*
 * Host permission table entries. VT-d 9 "Host Permission Table Entries".
 * q[0] holds permissions, four bits each; so does q[1] of HPTL1, which otherwise points to the next table.
 */
struct vtd_hpt_entry {
	uint64_t q[2];
};
_Static_assert(sizeof(struct vtd_hpt_entry) == 16, "VT-d 9, Host Permission Table Entries");
#define VTD_HPT_PP(i)			MASK64(4 * (i) + 3, 4 * (i)) /* of the word, 0 <= i <= 15 */
#define   VTD_PP_R			1
#define   VTD_PP_W			2
#define VTD_HPT_PP_RSVD			(MASK64(63, 0) / 15 * 12)	/* bits 3:2 of every PP of a word */
#define VTD_HPT1_AV			BIT64(0)	/* ADDR is valid */
#define VTD_HPT1_ADDR			MASK64(51, 12)	/* next table */
#define VTD_HPT1_RSVD			MASK64(11, 1)	/* HPTL4, HPTL3, HPTL2 */
#define VTD_HPTL4_0_RSVD		MASK64(63, 0)
#define VTD_HPTL3_0_RSVD		(MASK64(63, 32) | (VTD_HPT_PP_RSVD & MASK64(31, 0)))
#define VTD_HPTL2_0_RSVD		VTD_HPT_PP_RSVD
#define VTD_HPTL1_0_RSVD		VTD_HPT_PP_RSVD
#define VTD_HPTL1_1_RSVD		VTD_HPT_PP_RSVD

/* clang-format on */

#endif
