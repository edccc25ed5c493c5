/*
 * AMD-Vi interrupts: requests, remapping entries, special address ranges.
 * Implements 2.2.5 "Interrupt Remapping Tables" of 48882 and its special address ranges.
 */
#ifndef HW_AMDVI_IRQ_H
#define HW_AMDVI_IRQ_H

#include "bits.h"

/* clang-format off */

/* Writes of untranslated requests to these addresses are interrupts. */
#define AMDVI_INTR_FIRST		UINT64_C(0xFEE00000)
#define AMDVI_INTR_LAST			UINT64_C(0xFEEFFFFF)

/*
 * The HyperTransport ranges, in ascending order and without gaps; ordinary memory when EFR2.HTRANGEIGNORE.
 * X(NAME, first, last, description)
 */
#define AMDVI_HT_RANGES(X) \
	X(INTR_RSVD,	UINT64_C(0xFD00000000), UINT64_C(0xFDF7FFFFFF), "reserved interrupt range") \
	X(INTR,		UINT64_C(0xFDF8000000), UINT64_C(0xFDF8FFFFFF), "interrupt and EOI") \
	X(IACK,		UINT64_C(0xFDF9000000), UINT64_C(0xFDF90FFFFF), "legacy PIC acknowledge") \
	X(SYSMGT,	UINT64_C(0xFDF9100000), UINT64_C(0xFDF91FFFFF), "system management") \
	X(RSVD_1,	UINT64_C(0xFDF9200000), UINT64_C(0xFDFAFFFFFF), "reserved") \
	X(ATS,		UINT64_C(0xFDFB000000), UINT64_C(0xFDFBFFFFFF), "address translation") \
	X(IO,		UINT64_C(0xFDFC000000), UINT64_C(0xFDFDFFFFFF), "I/O space") \
	X(CONFIG,	UINT64_C(0xFDFE000000), UINT64_C(0xFDFFFFFFFF), "configuration") \
	X(EXT_CONFIG,	UINT64_C(0xFE00000000), UINT64_C(0xFE1FFFFFFF), "extended configuration") \
	X(RSVD_2,	UINT64_C(0xFE20000000), UINT64_C(0xFFFFFFFFFF), "reserved")
#define AMDVI_HT_FIRST			UINT64_C(0xFD00000000)
#define AMDVI_HT_LAST			UINT64_C(0xFFFFFFFFFF)

/* Interrupt request: address (32 bits, the upper 32 are 0) and data. */
#define AMDVI_MSIA_BASE			MASK32(31, 20)
#define   AMDVI_MSIA_BASE_FEE		0xFEE
#define AMDVI_MSIA_DEST			MASK32(19, 12)
#define AMDVI_MSIA_RH			BIT32(3)	/* redirection hint */
#define AMDVI_MSIA_DM			BIT32(2)	/* destination mode: AMDVI_DM_; 1 marks an index of 2K mode */
#define AMDVI_MSID_VECTOR		MASK32(7, 0)
#define AMDVI_MSID_DLM			MASK32(10, 8)	/* delivery mode: AMDVI_DLM_ */
#define AMDVI_MSID_LEVEL		BIT32(14)
#define AMDVI_MSID_TM			BIT32(15)	/* trigger mode: AMDVI_TM_ */
/* Data of a remapped interrupt: delivery mode and vector together are the index. An I/O APIC's RTE has it likewise. */
#define AMDVI_MSID_INDEX		MASK32(10, 0)
#define   AMDVI_INDEX_MAX_512		511
#define   AMDVI_INDEX_MAX_2048		2047

#define AMDVI_DM_PHYSICAL		0
#define AMDVI_DM_LOGICAL		1
#define AMDVI_TM_EDGE			0
#define AMDVI_TM_LEVEL			1
#define AMDVI_DLM_FIXED			0
#define AMDVI_DLM_ARBITRATED		1
#define AMDVI_DLM_SMI			2
#define AMDVI_DLM_NMI			4
#define AMDVI_DLM_INIT			5
#define AMDVI_DLM_EXTINT		7

/* IntType of both remapping entries; the rest is reserved. */
#define AMDVI_INTTYPE_FIXED		0
#define AMDVI_INTTYPE_ARBITRATED	1

/* Tables are aligned to 128 bytes; an entry has 4 bytes, or 16 with CONTROL.GAEN. */
#define AMDVI_IRT_ALIGN			128
#define AMDVI_IRTE32_LG2		2
#define AMDVI_IRTE_LG2			4

/* Interrupt remapping table entry of 32 bits, CONTROL.GAEN = 0. */
#define AMDVI_IRTE32_REMAPEN		BIT32(0)
#define AMDVI_IRTE32_SUPIOPF		BIT32(1)	/* log no fault */
#define AMDVI_IRTE32_INTTYPE		MASK32(4, 2)	/* AMDVI_INTTYPE_ */
#define AMDVI_IRTE32_RQEOI		BIT32(5)
#define AMDVI_IRTE32_DM			BIT32(6)	/* AMDVI_DM_ */
#define AMDVI_IRTE32_GUESTMODE		BIT32(7)	/* 0 */
#define AMDVI_IRTE32_DEST		MASK32(15, 8)
#define AMDVI_IRTE32_VECTOR		MASK32(23, 16)
#define AMDVI_IRTE32_RSVD		MASK32(31, 24)

/* Interrupt remapping table entry of 128 bits, CONTROL.GAEN = 1, GUESTMODE = 0. */
struct amdvi_irte {
	uint64_t q[2];
};
_Static_assert(sizeof(struct amdvi_irte) == 16, "48882 2.2.5, Interrupt Remapping Tables");
#define AMDVI_IRTE0_REMAPEN		BIT64(0)
#define AMDVI_IRTE0_SUPIOPF		BIT64(1)
#define AMDVI_IRTE0_INTTYPE		MASK64(4, 2)
#define AMDVI_IRTE0_RQEOI		BIT64(5)
#define AMDVI_IRTE0_DM			BIT64(6)
#define AMDVI_IRTE0_GUESTMODE		BIT64(7)
#define AMDVI_IRTE0_DEST_LO		MASK64(31, 8)	/* destination 23:0 with XTEN */
#define   AMDVI_IRTE0_DEST_XAPIC	MASK64(15, 8)	/* else */
#define AMDVI_IRTE0_RSVD		MASK64(63, 32)
#define AMDVI_IRTE0_RSVD_XAPIC		MASK64(31, 16)	/* in addition without XTEN */
#define AMDVI_IRTE1_VECTOR		MASK64(7, 0)
#define AMDVI_IRTE1_DEST_HI		MASK64(63, 56)	/* destination 31:24 with XTEN */
#define AMDVI_IRTE1_RSVD		MASK64(55, 8)
#define AMDVI_IRTE1_RSVD_XAPIC		MASK64(63, 56)	/* in addition without XTEN */

/*
 * The same with GUESTMODE = 1, CONTROL.GAMEN = 1; REMAPEN, SUPIOPF, GUESTMODE, both parts of the destination and VECTOR
 * are those above.
 */
#define AMDVI_GIRTE0_GALOGINTR		BIT64(2)	/* log when the guest does not run */
#define AMDVI_GIRTE0_GAPPIDIS		BIT64(5)	/* reserved without EFR2.GAPPIDISSUP */
#define AMDVI_GIRTE0_ISRUN		BIT64(6)	/* the guest runs on the destination */
#define AMDVI_GIRTE0_GATAG		MASK64(63, 32)
#define AMDVI_GIRTE0_RSVD		MASK64(4, 3)
#define AMDVI_GIRTE1_VAPICROOT		MASK64(51, 12)	/* backing page, in place */
#define AMDVI_GIRTE1_RSVD		(MASK64(55, 52) | MASK64(11, 8))

/* clang-format on */

#endif
