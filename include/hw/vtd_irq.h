/*
 * VT-d interrupts: requests, remapping entries, posted interrupt descriptors, event messages.
 * Implements 5.1 "Interrupt Remapping", 5.2 "Interrupt Posting", and the entry formats of chapter 9.
 */
#ifndef HW_VTD_IRQ_H
#define HW_VTD_IRQ_H

#include "bits.h"

/* clang-format off */

/* Untranslated requests without PASID to these addresses are interrupts, or errors. */
#define VTD_INTR_FIRST			UINT64_C(0xFEE00000)
#define VTD_INTR_LAST			UINT64_C(0xFEEFFFFF)

/* Address of an interrupt request, both formats: 32 bits, the upper 32 are 0. */
#define VTD_INTRA_BASE			MASK32(31, 20)
#define   VTD_INTRA_BASE_FEE		0xFEE
#define VTD_INTRA_FORMAT		BIT32(4)
#define   VTD_INTRA_COMPAT		0
#define   VTD_INTRA_REMAP		1

/* Remappable format. interrupt_index = {HANDLE_HI, HANDLE_LO}, plus SUBHANDLE when SHV. */
#define VTD_RIRA_HANDLE_LO		MASK32(19, 5)	/* handle 14:0 */
#define VTD_RIRA_SHV			BIT32(3)	/* subhandle valid */
#define VTD_RIRA_HANDLE_HI		BIT32(2)	/* handle 15 */
#define VTD_RIRD_SUBHANDLE		MASK32(15, 0)
#define VTD_RIRD_RSVD			MASK32(31, 16)	/* when SHV; else all data is ignored */

/* Compatibility format. */
#define VTD_CIRA_DST			MASK32(19, 12)	/* destination id */
#define VTD_CIRA_RH			BIT32(3)	/* redirection hint */
#define VTD_CIRA_DM			BIT32(2)	/* destination mode: VTD_DM_ */
#define VTD_CIRD_TM			BIT32(15)	/* trigger mode: VTD_TM_ */
#define VTD_CIRD_TL			BIT32(14)	/* trigger level */
#define VTD_CIRD_DLM			MASK32(10, 8)	/* delivery mode: VTD_DLM_ */
#define VTD_CIRD_V			MASK32(7, 0)	/* vector */

#define VTD_DM_PHYSICAL			0
#define VTD_DM_LOGICAL			1
#define VTD_TM_EDGE			0
#define VTD_TM_LEVEL			1
#define VTD_DLM_FIXED			0
#define VTD_DLM_LOWEST			1
#define VTD_DLM_SMI			2
#define VTD_DLM_NMI			4
#define VTD_DLM_INIT			5
#define VTD_DLM_EXTINT			7

/* Interrupt Remapping Table Entry. VT-d 9 "Interrupt Remapping Table Entry (IRTE) for Remapped Interrupts". */
struct vtd_irte {
	uint64_t q[2];
};
_Static_assert(sizeof(struct vtd_irte) == 16, "VT-d 9, Interrupt Remapping Table Entry");
#define VTD_IRT_LG2(s)			((s) + 1)	/* entries, log2 */
#define VTD_IRTE0_P			BIT64(0)
#define VTD_IRTE0_FPD			BIT64(1)	/* fault processing disable; counts even if P = 0 */
#define VTD_IRTE0_DM			BIT64(2)
#define VTD_IRTE0_RH			BIT64(3)
#define VTD_IRTE0_TM			BIT64(4)
#define VTD_IRTE0_DLM			MASK64(7, 5)
#define VTD_IRTE0_AVAIL			MASK64(11, 8)	/* ignored: software's */
#define VTD_IRTE0_IM			BIT64(15)	/* IRTE mode */
#define   VTD_IRTE_REMAPPED		0
#define   VTD_IRTE_POSTED		1
#define VTD_IRTE0_V			MASK64(23, 16)
#define VTD_IRTE0_DST			MASK64(63, 32)	/* IRTA.EIME: 32-bit APIC id */
#define   VTD_IRTE0_DST_XAPIC		MASK64(47, 40)	/* else */
#define VTD_IRTE0_RSVD			(MASK64(31, 24) | MASK64(14, 12))
#define VTD_IRTE0_RSVD_XAPIC		(MASK64(63, 48) | MASK64(39, 32)) /* in addition without EIME */
#define VTD_IRTE1_SID			MASK64(15, 0)
#define   VTD_IRTE1_SID_BUS_FIRST	MASK64(15, 8)	/* SVT = BUS */
#define   VTD_IRTE1_SID_BUS_LAST	MASK64(7, 0)
#define VTD_IRTE1_SQ			MASK64(17, 16)	/* source-id bits not compared */
#define   VTD_SQ_ALL			0		/* compare all */
#define   VTD_SQ_NOT_BIT_2		1
#define   VTD_SQ_NOT_BITS_2_1		2
#define   VTD_SQ_NOT_BITS_2_0		3
#define VTD_IRTE1_SVT			MASK64(19, 18)	/* source validation type */
#define   VTD_SVT_NONE			0
#define   VTD_SVT_SID			1
#define   VTD_SVT_BUS			2
#define VTD_IRTE1_RSVD			MASK64(63, 20)

/*
 * The same entry with IM = 1; P, FPD, AVAIL, IM, SVT, SQ and SID are those above.
 * VT-d 9 "Interrupt Remapping Table Entry (IRTE) for Posted Interrupts".
 */
#define VTD_PIRTE0_URG			BIT64(14)	/* urgent */
#define VTD_PIRTE0_VV			MASK64(23, 16)	/* virtual vector */
#define VTD_PIRTE0_PDAL			MASK64(63, 38)	/* descriptor address 31:6 */
#define VTD_PIRTE0_RSVD			(MASK64(37, 24) | MASK64(13, 12) | MASK64(7, 2))
#define VTD_PIRTE1_PDAH			MASK64(63, 32)	/* descriptor address 63:32 */
#define VTD_PIRTE1_RSVD			MASK64(31, 20)

/* VT-d 9 "Posted Interrupt Descriptor". Aligned to 64 bytes; q[0] to q[3] hold one bit per vector. */
struct vtd_pid {
	uint64_t q[8];
};
_Static_assert(sizeof(struct vtd_pid) == 64, "VT-d 9, Posted Interrupt Descriptor");
#define VTD_PID_PIR_WORDS		4
#define VTD_PID4_ON			BIT64(0)	/* outstanding notification */
#define VTD_PID4_SN			BIT64(1)	/* suppress notification */
#define VTD_PID4_NV			MASK64(23, 16)	/* notification vector */
#define VTD_PID4_NDST			MASK64(63, 32)	/* notification destination */
#define   VTD_PID4_NDST_XAPIC		MASK64(47, 40)
#define VTD_PID4_RSVD			(MASK64(31, 24) | MASK64(15, 2))
#define VTD_PID4_RSVD_XAPIC		(MASK64(63, 48) | MASK64(39, 32)) /* in addition without EIME */
#define VTD_PID5_RSVD			MASK64(63, 0)
#define VTD_PID6_RSVD			MASK64(63, 0)
#define VTD_PID7_RSVD			MASK64(63, 0)

/* I/O APIC redirection table entry in remappable format, 64 bits. */
#define VTD_RTE_INDEX_LO		MASK64(63, 49)	/* interrupt_index 14:0 */
#define VTD_RTE_FORMAT			BIT64(48)	/* 1 */
#define VTD_RTE_MASK			BIT64(16)
#define VTD_RTE_TM			BIT64(15)
#define VTD_RTE_IRR			BIT64(14)	/* remote IRR, read-only */
#define VTD_RTE_POL			BIT64(13)
#define VTD_RTE_DS			BIT64(12)	/* delivery status, read-only */
#define VTD_RTE_INDEX_HI		BIT64(11)	/* interrupt_index 15 */
#define VTD_RTE_V			MASK64(7, 0)
#define VTD_RTE_RSVD			(MASK64(47, 17) | MASK64(10, 8))

/*
 * What software programs into the data, address and upper address registers of an event (vtd_regs.h). These messages
 * are never remapped and always edge-triggered.
 */
#define VTD_EVENT_ADDR_BASE		MASK32(31, 20)	/* VTD_INTRA_BASE_FEE */
#define VTD_EVENT_ADDR_DST		MASK32(19, 12)	/* destination id 7:0 */
#define VTD_EVENT_ADDR_RH		BIT32(3)
#define VTD_EVENT_ADDR_DM		BIT32(2)
#define VTD_EVENT_UADDR_DST_HI		MASK32(31, 8)	/* destination id 31:8, x2APIC */
#define VTD_EVENT_DATA_DLM		BIT32(8)	/* VTD_DLM_FIXED or VTD_DLM_LOWEST */
#define VTD_EVENT_DATA_V		MASK32(7, 0)

/* clang-format on */

#endif
