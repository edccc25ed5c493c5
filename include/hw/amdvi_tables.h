/*
 * AMD-Vi tables in memory: device table, host (v1) page tables, GCR3 table, guest (v2) page tables.
 * Implements 2.2 "Data Structures" of 48882: device table entry, I/O page tables, guest CR3 table.
 *
 * Words are little-endian 64-bit, q[0] first. Addresses are system physical with up to 52 bits and stand in place.
 */
#ifndef HW_AMDVI_TABLES_H
#define HW_AMDVI_TABLES_H

#include "bits.h"

/* clang-format off */

#define AMDVI_PAGE_LG2			12
#define AMDVI_PAGE_SIZE			4096

/*
 * Device table entry, 256 bits. 48882 2.2.2 "Device Table". Index: DeviceID, or what the segment leaves of it.
 * q[0] and q[1] count when V, q[2] and q[3] when IV.
 */
struct amdvi_dte {
	uint64_t q[4];
};
_Static_assert(sizeof(struct amdvi_dte) == 32, "48882 2.2.2, Device Table Entry");
#define AMDVI_DTE_LG2			5
#define AMDVI_DTES_PER_PAGE		128
#define AMDVI_DTE0_V			BIT64(0)	/* DMA half is valid; else requests pass untranslated */
#define AMDVI_DTE0_TV			BIT64(1)	/* translation information is valid */
#define AMDVI_DTE0_CXLMEMATTR		MASK64(6, 4)	/* since Rev 3.11 */
#define AMDVI_DTE0_HAD			MASK64(8, 7)	/* host accessed and dirty updates */
#define   AMDVI_HAD_NONE		0
#define   AMDVI_HAD_A			1
#define   AMDVI_HAD_AD			3		/* 2 is reserved */
#define AMDVI_DTE0_MODE			MASK64(11, 9)	/* host levels, 1 to 6 */
#define   AMDVI_MODE_NONE		0		/* SPA = address */
#define   AMDVI_MODE_MAX		6
#define   AMDVI_MODE_RSVD		7
#define AMDVI_DTE0_HOSTPT		MASK64(51, 12)	/* HostPageTableRoot */
#define AMDVI_DTE0_PPR			BIT64(52)	/* page requests allowed */
#define AMDVI_DTE0_GPRP			BIT64(53)	/* responses to them carry the PASID */
#define AMDVI_DTE0_GIOV			BIT64(54)	/* requests without PASID use PASID 0 */
#define AMDVI_DTE0_GV			BIT64(55)	/* guest translation valid */
#define AMDVI_DTE0_GLX			MASK64(57, 56)	/* GCR3 table levels - 1 */
#define   AMDVI_GLX_RSVD		3
#define AMDVI_DTE0_GCR3_TRP_14_12	MASK64(60, 58)	/* GCR3TableRoot 14:12 */
#define AMDVI_DTE0_IR			BIT64(61)	/* reads allowed */
#define AMDVI_DTE0_IW			BIT64(62)	/* writes allowed */
#define AMDVI_DTE1_DOMAINID		MASK64(15, 0)
#define AMDVI_DTE1_GCR3_TRP_30_15	MASK64(31, 16)	/* GCR3TableRoot 30:15 */
#define AMDVI_DTE1_I			BIT64(32)	/* ATS requests and pre-translated accesses allowed */
#define AMDVI_DTE1_SE			BIT64(33)	/* log the first page fault only */
#define AMDVI_DTE1_SA			BIT64(34)	/* log no page fault */
#define AMDVI_DTE1_IOCTL		MASK64(36, 35)	/* port I/O */
#define   AMDVI_IOCTL_ABORT		0
#define   AMDVI_IOCTL_FORWARD		1
#define   AMDVI_IOCTL_TRANSLATE		2
#define   AMDVI_IOCTL_RSVD		3
#define AMDVI_DTE1_CACHE		BIT64(37)	/* hint; polarity disputed */
#define AMDVI_DTE1_SD			BIT64(38)	/* page table reads need not snoop */
#define AMDVI_DTE1_EX			BIT64(39)	/* the exclusion range applies */
#define AMDVI_DTE1_SYSMGT		MASK64(41, 40)	/* system management messages */
#define   AMDVI_SYSMGT_ABORT		0
#define   AMDVI_SYSMGT_FORWARD		1
#define   AMDVI_SYSMGT_INTX		2		/* forward INTx messages only */
#define   AMDVI_SYSMGT_TRANSLATE	3
#define AMDVI_DTE1_SATS			BIT64(42)	/* since Rev 3.11 */
#define AMDVI_DTE1_GCR3_TRP_51_31	MASK64(63, 43)	/* GCR3TableRoot 51:31 */
#define AMDVI_DTE2_IV			BIT64(0)	/* interrupt half is valid */
#define AMDVI_DTE2_INTTABLEN		MASK64(4, 1)	/* 2^n entries */
#define   AMDVI_INTTABLEN_MAX		11
#define AMDVI_DTE2_IG			BIT64(5)	/* log no interrupt fault */
#define AMDVI_DTE2_INTTABROOT		MASK64(51, 6)	/* IntTableRoot; see AMDVI_DTE2_RSVD_ALIGN */
#define AMDVI_DTE2_GUESTPAGINGMODE	MASK64(55, 54)	/* Rev <= 3.05: reserved; 2 and 3 reserved */
#define   AMDVI_GUESTPAGING_4LEVEL	0
#define   AMDVI_GUESTPAGING_5LEVEL	1
#define AMDVI_DTE2_INITPASS		BIT64(56)
#define AMDVI_DTE2_EINTPASS		BIT64(57)
#define AMDVI_DTE2_NMIPASS		BIT64(58)
#define AMDVI_DTE2_HPTMODE		BIT64(59)	/* hint; Rev <= 3.05: reserved */
#define AMDVI_DTE2_INTCTL		MASK64(61, 60)	/* fixed and arbitrated interrupts */
#define   AMDVI_INTCTL_ABORT		0
#define   AMDVI_INTCTL_FORWARD		1
#define   AMDVI_INTCTL_REMAP		2
#define   AMDVI_INTCTL_RSVD		3
#define AMDVI_DTE2_LINT0PASS		BIT64(62)
#define AMDVI_DTE2_LINT1PASS		BIT64(63)
#define AMDVI_DTE3_VIMUEN		BIT64(15)
#define AMDVI_DTE3_GDEVICEID		MASK64(31, 16)
#define AMDVI_DTE3_GUESTID		MASK64(47, 32)
#define AMDVI_DTE3_IGN			BIT64(53)	/* software's */
#define AMDVI_DTE3_ATTRV		BIT64(54)	/* attribute override valid */
#define AMDVI_DTE3_MODE0FC		BIT64(55)	/* FC of requests with MODE = 0 */
#define AMDVI_DTE3_SNOOPATTRIBUTE	MASK64(63, 56)
#define AMDVI_DTE0_RSVD			(BIT64(63) | MASK64(3, 2))
#define AMDVI_DTE1_RSVD			UINT64_C(0)
#define AMDVI_DTE2_RSVD			MASK64(53, 52)
#define AMDVI_DTE3_RSVD			(MASK64(52, 48) | MASK64(14, 0))
/* In addition: without vIOMMU support, and because the interrupt table is aligned to 128 bytes. */
#define AMDVI_DTE2_RSVD_ALIGN		BIT64(6)
#define AMDVI_DTE3_RSVD_NO_VIOMMU	MASK64(47, 15)
/* In addition under Rev 3.05. */
#define AMDVI_DTE0_RSVD_REV305		AMDVI_DTE0_CXLMEMATTR
#define AMDVI_DTE1_RSVD_REV305		AMDVI_DTE1_SATS
#define AMDVI_DTE2_RSVD_REV305		(AMDVI_DTE2_HPTMODE | AMDVI_DTE2_GUESTPAGINGMODE)
#define AMDVI_DTE3_RSVD_REV305		(AMDVI_DTE3_IGN | AMDVI_DTE3_RSVD_NO_VIOMMU)

/* GCR3TableRoot is 4 KiB aligned and lies in three pieces: into each word, and out of both. */
#define AMDVI_DTE0_GCR3_PREP(pa)	FIELD_PREP(AMDVI_DTE0_GCR3_TRP_14_12, ((uint64_t)(pa) >> 12) & 7)
#define AMDVI_DTE1_GCR3_PREP(pa)	(FIELD_PREP(AMDVI_DTE1_GCR3_TRP_30_15, ((uint64_t)(pa) >> 15) & 0xFFFF) | \
					 FIELD_PREP(AMDVI_DTE1_GCR3_TRP_51_31, ((uint64_t)(pa) >> 31) & 0x1FFFFF))
#define AMDVI_DTE_GCR3_GET(q0, q1)	((FIELD_GET(AMDVI_DTE0_GCR3_TRP_14_12, q0) << 12) | \
					 (FIELD_GET(AMDVI_DTE1_GCR3_TRP_30_15, q1) << 15) | \
					 (FIELD_GET(AMDVI_DTE1_GCR3_TRP_51_31, q1) << 31))

/*
 * Host (v1) page table entries. 48882 2.2.3 "I/O Page Tables for Host Translations".
 * Every entry names the level it leads to: 1 to 6 is a table (a PDE), 0 and 7 are pages (a PTE).
 */
#define AMDVI_PT_PR			BIT64(0)	/* present; else all other bits are ignored */
#define AMDVI_PT_IGN_LO			MASK64(4, 1)	/* software's */
#define AMDVI_PT_A			BIT64(5)	/* accessed */
#define AMDVI_PT_D			BIT64(6)	/* PTE: dirty; PDE: ignored */
#define AMDVI_PT_NEXT_LEVEL		MASK64(11, 9)
#define   AMDVI_NEXT_LEVEL_PAGE		0		/* a page of the level's default size */
#define   AMDVI_NEXT_LEVEL_SIZED	7		/* a page whose size is encoded in ADDR */
#define AMDVI_PT_ADDR			MASK64(51, 12)	/* table or page */
#define AMDVI_PT_PM			MASK64(58, 57)	/* PTE: page migration, since Rev 3.11 with TMPM */
#define AMDVI_PT_U			BIT64(59)	/* PTE: untranslated access only */
#define AMDVI_PT_FC			BIT64(60)	/* PTE: force coherent */
#define AMDVI_PT_IR			BIT64(61)	/* reads allowed */
#define AMDVI_PT_IW			BIT64(62)	/* writes allowed */
#define AMDVI_PT_IGN_HI			BIT64(63)	/* software's */
#define AMDVI_PT_RSVD_PDE		MASK64(60, 52)
#define AMDVI_PT_RSVD_PTE		MASK64(56, 52)
#define AMDVI_PT_RSVD_PTE_NO_TMPM	AMDVI_PT_PM	/* in addition without page migration */

/* Geometry, with the specification's levels: 1 is the lowest. Level 6 uses 128 entries. */
#define AMDVI_PT_INDEX_BITS		9
#define AMDVI_PT_ENTRIES		512
#define AMDVI_PT_ENTRIES_L6		128
#define AMDVI_PT_LEVELS			6
#define AMDVI_PT_SHIFT(level)		(12 + 9 * ((level) - 1)) /* log2 of the level's default page */
#define AMDVI_MODE_BITS(mode)		((mode) == 6 ? 64 : 12 + 9 * (mode)) /* address width, 1 <= mode <= 6 */

/*
 * Sizes encoded in an address, of pages with NEXT_LEVEL = 7 and of ranges to invalidate: the lowest 0 at or above
 * bit 12 stands at z, and the size is 2^(z + 1). The bits below z are 1; 2^13 has none.
 * 13 <= lg2 <= 52 in an entry, up to 64 in a command.
 */
#define AMDVI_SIZE_ONES(lg2)		MASK64((lg2) - 2, 12)
#define AMDVI_SIZE_ZERO(lg2)		BIT64((lg2) - 1)
#define AMDVI_SIZE_ENCODE(pa, lg2)	(((uint64_t)(pa) & ~MASK64((lg2) - 1, 0)) | AMDVI_SIZE_ONES(lg2))
#define AMDVI_SIZE_ALL			MASK64(62, 12)	/* of commands: everything */

/*
 * GCR3 table entry, one word. 48882 2.2.6 "I/O Page Tables for Guest Translations". BASE leads to the
 * next level's table, from level 1 to the guest's top page table.
 */
#define AMDVI_GCR3_V			BIT64(0)
#define AMDVI_GCR3_BASE			MASK64(51, 12)
#define AMDVI_GCR3_RSVD			(MASK64(63, 52) | MASK64(11, 1))
#define AMDVI_GCR3_ENTRIES		512
/* The lowest PASID bit that indexes a table of a level, counted from 1; level 3 has only PASID 19:18. */
#define AMDVI_GCR3_SHIFT(level)		(9 * ((level) - 1))
#define AMDVI_PASID_BITS		20

/*
 * Guest (v2) page table entries: the processor's long-mode format. 512 per table at every level.
 * PML5E, PML4E, PDPE, PDE, PTE are levels 5 to 1.
 */
#define AMDVI_GPT_P			BIT64(0)
#define AMDVI_GPT_RW			BIT64(1)
#define AMDVI_GPT_US			BIT64(2)
#define AMDVI_GPT_PWT			BIT64(3)
#define AMDVI_GPT_PCD			BIT64(4)
#define AMDVI_GPT_A			BIT64(5)
#define AMDVI_GPT_D			BIT64(6)	/* leaf */
#define AMDVI_GPT_PS			BIT64(7)	/* levels 2 and 3: a page */
#define AMDVI_GPT_PAT_4K		BIT64(7)	/* level 1 */
#define AMDVI_GPT_G			BIT64(8)	/* leaf */
#define AMDVI_GPT_AVL_LO		MASK64(11, 9)	/* software's */
#define AMDVI_GPT_ADDR			MASK64(51, 12)	/* table or 4 KiB page */
#define   AMDVI_GPT_ADDR_2M		MASK64(51, 21)
#define   AMDVI_GPT_ADDR_1G		MASK64(51, 30)
#define AMDVI_GPT_PAT_LARGE		BIT64(12)	/* leaf of levels 2 and 3 */
#define AMDVI_GPT_AVL_HI		MASK64(62, 52)	/* software's, and protection keys */
#define AMDVI_GPT_NX			BIT64(63)	/* no execute */
#define AMDVI_GPT_RSVD_LEAF_2M		MASK64(20, 13)
#define AMDVI_GPT_RSVD_LEAF_1G		MASK64(29, 13)

/* clang-format on */

#endif
