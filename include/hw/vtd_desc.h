/*
 * VT-d queue entries: invalidation descriptors and page requests.
 * Implements 6.5.2 "Queued Invalidation Interface" and the descriptors of page requests and their responses.
 *
 * Prefixes end in D (descriptor) and the number of the word, so that they cannot be taken for a register's:
 * VTD_IOTLB_DID is the register's field, VTD_IOTLBD0_DID the descriptor's. Two descriptors that look alike put SID,
 * MIP and S in different places: VTD_DEVTLBD and VTD_PDEVTLBD.
 */
#ifndef HW_VTD_DESC_H
#define HW_VTD_DESC_H

#include "bits.h"

/* clang-format off */

/* Geometry. A queue of 2^QS pages; IQA.DW chooses the width of every descriptor in it. */
struct vtd_desc128 {
	uint64_t q[2];
};
struct vtd_desc256 {
	uint64_t q[4];
};
_Static_assert(sizeof(struct vtd_desc128) == 16, "VT-d 6.5.2, DW = 0");
_Static_assert(sizeof(struct vtd_desc256) == 32, "VT-d 6.5.2, DW = 1");
#define VTD_DESC128_LG2			4
#define VTD_DESC256_LG2			5
#define VTD_IQ_LG2_128(qs)		((qs) + 8)	/* descriptors, log2 */
#define VTD_IQ_LG2_256(qs)		((qs) + 7)

/* Every descriptor. The type is {TYPE_HI, TYPE}; all defined types have TYPE_HI = 0. */
#define VTD_DESC_TYPE			MASK64(3, 0)
#define   VTD_DT_CC			1		/* cc_inv_dsc */
#define   VTD_DT_IOTLB			2		/* iotlb_inv_dsc */
#define   VTD_DT_DEV_TLB		3		/* dev_tlb_inv_dsc */
#define   VTD_DT_IEC			4		/* iec_inv_dsc */
#define   VTD_DT_WAIT			5		/* inv_wait_dsc */
#define   VTD_DT_P_IOTLB		6		/* p_iotlb_inv_dsc, 256 bits */
#define   VTD_DT_PC			7		/* pc_inv_dsc, 256 bits */
#define   VTD_DT_P_DEV_TLB		8		/* p_dev_tlb_inv_dsc, 256 bits */
#define   VTD_DT_PAGE_GRP_RESP		9		/* page_grp_resp_dsc, 256 bits */
#define   VTD_DT_HPT			10		/* hpt_inv_dsc, 256 bits */
#define VTD_DESC_TYPE_HI		MASK64(11, 9)
#define VTD_DESC2_RSVD			MASK64(63, 0)	/* of every type, in a queue of 256-bit descriptors */
#define VTD_DESC3_RSVD			MASK64(63, 0)

/* Context-cache Invalidate Descriptor. FM: VTD_FM_. */
#define VTD_CCD0_G			MASK64(5, 4)
#define   VTD_CCD_G_GLOBAL		1
#define   VTD_CCD_G_DOMAIN		2
#define   VTD_CCD_G_DEVICE		3
#define VTD_CCD0_DID			MASK64(31, 16)
#define VTD_CCD0_SID			MASK64(47, 32)
#define VTD_CCD0_FM			MASK64(49, 48)
#define VTD_CCD0_RSVD			(MASK64(63, 50) | MASK64(15, 12) | MASK64(8, 6))
#define VTD_CCD1_RSVD			MASK64(63, 0)

/* IOTLB Invalidate Descriptor. */
#define VTD_IOTLBD0_G			MASK64(5, 4)
#define   VTD_IOTLBD_G_GLOBAL		1
#define   VTD_IOTLBD_G_DOMAIN		2
#define   VTD_IOTLBD_G_PAGE		3
#define VTD_IOTLBD0_DW			BIT64(6)	/* drain writes */
#define VTD_IOTLBD0_DR			BIT64(7)	/* drain reads */
#define VTD_IOTLBD0_DID			MASK64(31, 16)
#define VTD_IOTLBD0_RSVD		(MASK64(63, 32) | MASK64(15, 12) | BIT64(8))
#define VTD_IOTLBD1_AM			MASK64(5, 0)	/* 2^AM pages */
#define VTD_IOTLBD1_IH			BIT64(6)	/* only leaf entries changed */
#define VTD_IOTLBD1_ADDR		MASK64(63, 12)
#define VTD_IOTLBD1_RSVD		MASK64(11, 7)

/* Device-TLB Invalidate Descriptor. Without ECAP.DIT the two halves of PFSID must be 0. */
#define VTD_DEVTLBD0_PFSID_LO		MASK64(15, 12)	/* PFSID 3:0 */
#define VTD_DEVTLBD0_MIP		MASK64(20, 16)	/* invalidations pending, at most; 0: 32 */
#define VTD_DEVTLBD0_SID		MASK64(47, 32)
#define VTD_DEVTLBD0_PFSID_HI		MASK64(63, 52)	/* PFSID 15:4 */
#define VTD_DEVTLBD0_RSVD		(MASK64(51, 48) | MASK64(31, 21) | MASK64(8, 4))
#define VTD_DEVTLBD1_S			BIT64(0)	/* the range is coded in ADDR */
#define VTD_DEVTLBD1_ADDR		MASK64(63, 12)
#define VTD_DEVTLBD1_RSVD		MASK64(11, 1)
#define VTD_DEVTLBD_ADDR_ALL		MASK64(62, 12)	/* with S: everything */

/* Interrupt Entry Cache Invalidate Descriptor. */
#define VTD_IECD0_G			BIT64(4)
#define   VTD_IECD_G_GLOBAL		0
#define   VTD_IECD_G_INDEX		1
#define VTD_IECD0_IM			MASK64(31, 27)	/* 2^IM entries */
#define VTD_IECD0_IIDX			MASK64(47, 32)
#define VTD_IECD0_RSVD			(MASK64(63, 48) | MASK64(26, 12) | MASK64(8, 5))
#define VTD_IECD1_RSVD			MASK64(63, 0)

/* Invalidation Wait Descriptor. Without ECAP.PDS, PD must be 0. */
#define VTD_WAITD0_IF			BIT64(4)	/* interrupt flag */
#define VTD_WAITD0_SW			BIT64(5)	/* status write */
#define VTD_WAITD0_FN			BIT64(6)	/* fence */
#define VTD_WAITD0_PD			BIT64(7)	/* page request drain */
#define VTD_WAITD0_SDATA		MASK64(63, 32)
#define VTD_WAITD0_RSVD			(MASK64(31, 12) | BIT64(8))
#define VTD_WAITD1_SADDR		MASK64(63, 2)
#define VTD_WAITD1_RSVD			MASK64(1, 0)

/* PASID-based IOTLB Invalidate Descriptor. */
#define VTD_PIOTLBD0_G			MASK64(5, 4)
#define   VTD_PIOTLBD_G_PASID		2
#define   VTD_PIOTLBD_G_PAGE		3
#define VTD_PIOTLBD0_DID		MASK64(31, 16)
#define VTD_PIOTLBD0_PASID		MASK64(51, 32)
#define VTD_PIOTLBD0_RSVD		(MASK64(63, 52) | MASK64(15, 12) | MASK64(8, 6))
#define VTD_PIOTLBD1_AM			MASK64(5, 0)
#define VTD_PIOTLBD1_IH			BIT64(6)
#define VTD_PIOTLBD1_ADDR		MASK64(63, 12)
#define VTD_PIOTLBD1_RSVD		MASK64(11, 7)

/* PASID-cache Invalidate Descriptor. Its granularities are coded unlike all others. */
#define VTD_PCD0_G			MASK64(5, 4)
#define   VTD_PCD_G_DOMAIN		0
#define   VTD_PCD_G_PASID		1
#define   VTD_PCD_G_GLOBAL		3
#define VTD_PCD0_DID			MASK64(31, 16)
#define VTD_PCD0_PASID			MASK64(51, 32)
#define VTD_PCD0_RSVD			(MASK64(63, 52) | MASK64(15, 12) | MASK64(8, 6))
#define VTD_PCD1_RSVD			MASK64(63, 0)

/* PASID-based Device-TLB Invalidate Descriptor. Without ECAP.DIT the two halves of PFSID must be 0. */
#define VTD_PDEVTLBD0_MIP		MASK64(8, 4)
#define VTD_PDEVTLBD0_PFSID_LO		MASK64(15, 12)
#define VTD_PDEVTLBD0_SID		MASK64(31, 16)
#define VTD_PDEVTLBD0_PASID		MASK64(51, 32)
#define VTD_PDEVTLBD0_PFSID_HI		MASK64(63, 52)
#define VTD_PDEVTLBD0_RSVD		UINT64_C(0)
#define VTD_PDEVTLBD1_GI		BIT64(0)	/* every PASID */
#define VTD_PDEVTLBD1_S			BIT64(11)
#define VTD_PDEVTLBD1_ADDR		MASK64(63, 12)
#define VTD_PDEVTLBD1_RSVD		MASK64(10, 1)

/* Page Group Response Descriptor. Bit 2 of the second word is ignored. */
#define VTD_PGRD0_PP			BIT64(4)
#define VTD_PGRD0_RC			MASK64(15, 12)
#define   VTD_PGRD_RC_SUCCESS		0
#define   VTD_PGRD_RC_INVALID		1
#define   VTD_PGRD_RC_FAILURE		15
#define VTD_PGRD0_RID			MASK64(31, 16)
#define VTD_PGRD0_PASID			MASK64(51, 32)
#define VTD_PGRD0_RSVD			(MASK64(63, 52) | MASK64(8, 5))
#define VTD_PGRD1_PRGI			MASK64(11, 3)
#define VTD_PGRD1_RSVD			(MASK64(63, 12) | MASK64(1, 0))

/* HPT Invalidate Descriptor. */
#define VTD_HPTD0_G			MASK64(5, 4)
#define   VTD_HPTD_G_GLOBAL		1
#define   VTD_HPTD_G_DOMAIN		2
#define   VTD_HPTD_G_PAGE		3
#define VTD_HPTD0_HPTDID		MASK64(31, 16)
#define VTD_HPTD0_RSVD			(MASK64(63, 32) | MASK64(15, 12) | MASK64(8, 6))
#define VTD_HPTD1_AM			MASK64(5, 0)
#define VTD_HPTD1_IH			MASK64(7, 6)
#define   VTD_HPTD_IH_L1		0
#define   VTD_HPTD_IH_L2_L1		1
#define   VTD_HPTD_IH_L3_L1		2
#define   VTD_HPTD_IH_ALL		3
#define VTD_HPTD1_ADDR			MASK64(63, 12)
#define VTD_HPTD1_RSVD			MASK64(11, 8)

/* Why the queue stopped: IQERCD.IQEI while FSTS.IQE. */
#define VTD_IQEI_NONE			0		/* no information */
#define VTD_IQEI_TAIL			1		/* tail outside the queue */
#define VTD_IQEI_FETCH			2		/* descriptor could not be read */
#define VTD_IQEI_TYPE			3		/* type not valid here */
#define VTD_IQEI_RSVD			4		/* reserved field or value */
#define VTD_IQEI_WIDTH			5		/* descriptor width not valid here */
#define VTD_IQEI_TAIL_ALIGN		6		/* tail inside a 256-bit descriptor */
#define VTD_IQEI_TTM			7		/* translation table mode not valid */

/* Page Request Descriptor, 256 bits. The queue has 2^PQS pages. VT-d "Page Request Descriptor". */
struct vtd_page_req {
	uint64_t q[4];
};
_Static_assert(sizeof(struct vtd_page_req) == 32, "VT-d, Page Request Descriptor");
#define VTD_PRD_LG2			5
#define VTD_PRQ_LG2(pqs)		((pqs) + 7)	/* page requests, log2 */
#define VTD_PRD0_TYPE			MASK64(7, 0)
#define   VTD_PRD_TYPE_PAGE_REQ		1
#define VTD_PRD0_PP			BIT64(8)	/* PASID present */
#define VTD_PRD0_RID			MASK64(31, 16)
#define VTD_PRD0_PASID			MASK64(51, 32)
#define VTD_PRD0_EXR			BIT64(52)	/* execute requested */
#define VTD_PRD0_PMR			BIT64(53)	/* privileged mode requested */
#define VTD_PRD0_RSVD			(MASK64(63, 54) | MASK64(15, 9))
#define VTD_PRD1_RDR			BIT64(0)	/* read requested */
#define VTD_PRD1_WRR			BIT64(1)	/* write requested */
#define VTD_PRD1_LPIG			BIT64(2)	/* last in group: answer it */
#define VTD_PRD1_PRGI			MASK64(11, 3)	/* group index */
#define VTD_PRD1_ADDR			MASK64(63, 12)
#define VTD_PRD2_RSVD			MASK64(63, 0)
#define VTD_PRD3_RSVD			MASK64(63, 0)

/* clang-format on */

#endif
