/*
 * VT-d remapping hardware registers.
 * Implements chapter 11 "Register Descriptions".
 *
 * VTD_REG_x is a byte offset from the register base the DRHD structure gives. Registers are 32 or 64 bits wide, as
 * their masks are; a fault recording register is 128 bits, two 64-bit words.
 */
#ifndef HW_VTD_REGS_H
#define HW_VTD_REGS_H

#include "bits.h"

/* clang-format off */

/* Version Register, VER_REG, 32 bits. An architecture version, not the specification's revision. */
#define VTD_REG_VER			0x000
#define   VTD_VER_MAX			MASK32(7, 4)
#define   VTD_VER_MIN			MASK32(3, 0)

/* Capability Register, CAP_REG, 64 bits, read-only. */
#define VTD_REG_CAP			0x008
#define   VTD_CAP_ESRTPS		BIT64(63)	/* SRTP invalidates every DMA remapping cache */
#define   VTD_CAP_ESIRTPS		BIT64(62)	/* SIRTP invalidates the interrupt entry cache */
#define   VTD_CAP_ECMDS			BIT64(61)	/* enhanced commands */
#define   VTD_CAP_FS5LP			BIT64(60)	/* first-stage 5-level paging */
#define   VTD_CAP_PI			BIT64(59)	/* posted interrupts */
#define   VTD_CAP_FS1GP			BIT64(56)	/* first-stage 1 GiB pages */
#define   VTD_CAP_DRD			BIT64(55)	/* drains reads on IOTLB invalidation */
#define   VTD_CAP_DWD			BIT64(54)	/* drains writes on IOTLB invalidation */
#define   VTD_CAP_MAMV			MASK64(53, 48)	/* largest AM; valid when PSI */
#define   VTD_CAP_NFR			MASK64(47, 40)	/* fault recording registers - 1 */
#define   VTD_CAP_PSI			BIT64(39)	/* page-selective IOTLB invalidation */
#define   VTD_CAP_SSLPS			MASK64(37, 34)	/* second-stage large pages */
#define     VTD_SSLPS_2M		1
#define     VTD_SSLPS_1G		2
#define   VTD_CAP_FRO			MASK64(33, 24)	/* FRCD[0] at FRO * VTD_FRO_UNIT */
#define   VTD_CAP_DEP23			BIT64(23)	/* deprecated, reads 0 */
#define   VTD_CAP_ZLR			BIT64(22)	/* zero-length reads of write-only pages succeed */
#define   VTD_CAP_MGAW			MASK64(21, 16)	/* guest address width - 1 */
#define   VTD_CAP_SAGAW			MASK64(12, 8)	/* supported widths; bit n: AW code n */
#define     VTD_SAGAW_39BIT		2
#define     VTD_SAGAW_48BIT		4
#define     VTD_SAGAW_57BIT		8
#define   VTD_CAP_CM			BIT64(7)	/* caching mode */
#define   VTD_CAP_PHMR			BIT64(6)	/* protected high memory region */
#define   VTD_CAP_PLMR			BIT64(5)	/* protected low memory region */
#define   VTD_CAP_RWBF			BIT64(4)	/* write buffers need flushing */
#define   VTD_CAP_AFL			BIT64(3)	/* Rev <= 3.x: advanced fault logging */
#define   VTD_CAP_ND			MASK64(2, 0)	/* domain-ids have 4 + 2 * ND bits; 7 reserved */

/* Extended Capability Register, ECAP_REG, 64 bits, read-only. */
#define VTD_REG_ECAP			0x010
#define   VTD_ECAP_IRREQ		BIT64(62)	/* interrupt remapping required */
#define   VTD_ECAP_EIMER		BIT64(61)	/* extended interrupt mode required */
#define   VTD_ECAP_RDTS			BIT64(60)	/* RDTC exists */
#define   VTD_ECAP_HPT1GPS		BIT64(59)	/* 1 GiB pages in host permission tables */
#define   VTD_ECAP_SMS			BIT64(58)	/* stop markers may be dropped */
#define   VTD_ECAP_SSIRWS		BIT64(57)	/* second-stage IR and IW */
#define   VTD_ECAP_PTRS			BIT64(56)	/* PASID in translated requests */
#define   VTD_ECAP_HPTS			BIT64(55)	/* host permission tables */
#define   VTD_ECAP_RPRIVS		BIT64(53)	/* RID_PRIV */
#define   VTD_ECAP_ADMS			BIT64(52)	/* abort-DMA mode */
#define   VTD_ECAP_PMS			BIT64(51)	/* performance monitoring */
#define   VTD_ECAP_TDXCS		BIT64(50)	/* TDX Connect, since Rev 5.10 */
#define   VTD_ECAP_RPS			BIT64(49)	/* RID_PASID */
#define   VTD_ECAP_SMPWCS		BIT64(48)	/* scalable-mode page walk coherency */
#define   VTD_ECAP_FSTS			BIT64(47)	/* first-stage translation */
#define   VTD_ECAP_SSTS			BIT64(46)	/* second-stage translation in scalable mode */
#define   VTD_ECAP_SSADS		BIT64(45)	/* second-stage accessed and dirty */
#define   VTD_ECAP_VCS			BIT64(44)	/* virtual commands */
#define   VTD_ECAP_SMTS			BIT64(43)	/* scalable mode */
#define   VTD_ECAP_PDS			BIT64(42)	/* page request drain */
#define   VTD_ECAP_DIT			BIT64(41)	/* device-TLB invalidation throttling */
#define   VTD_ECAP_PASID		BIT64(40)	/* requests with PASID */
#define   VTD_ECAP_PSS			MASK64(39, 35)	/* PASID width - 1 */
#define   VTD_ECAP_EAFS			BIT64(34)	/* first-stage extended accessed */
#define   VTD_ECAP_NWFS			BIT64(33)	/* no-write flag */
#define   VTD_ECAP_SRS			BIT64(31)	/* supervisor requests */
#define   VTD_ECAP_ERS			BIT64(30)	/* execute requests */
#define   VTD_ECAP_PRS			BIT64(29)	/* page requests */
#define   VTD_ECAP_DEP28		BIT64(28)	/* deprecated, reads 0 */
#define   VTD_ECAP_NEST			BIT64(26)	/* nested translation */
#define   VTD_ECAP_MTS			BIT64(25)	/* memory types */
#define   VTD_ECAP_DEP24		BIT64(24)	/* deprecated, reads 0 */
#define   VTD_ECAP_MHMV			MASK64(23, 20)	/* largest IM of an IEC invalidation */
#define   VTD_ECAP_IRO			MASK64(17, 8)	/* IVA at IRO * VTD_IRO_UNIT */
#define   VTD_ECAP_SC			BIT64(7)	/* snoop control */
#define   VTD_ECAP_PT			BIT64(6)	/* pass-through */
#define   VTD_ECAP_DEP5			BIT64(5)	/* deprecated, reads 0 */
#define   VTD_ECAP_EIM			BIT64(4)	/* extended interrupt mode */
#define   VTD_ECAP_IR			BIT64(3)	/* interrupt remapping */
#define   VTD_ECAP_DT			BIT64(2)	/* device-TLBs */
#define   VTD_ECAP_QI			BIT64(1)	/* queued invalidation */
#define   VTD_ECAP_C			BIT64(0)	/* table accesses are coherent */

/* Global Command Register, GCMD_REG, 32 bits, write-only. One field changes per write. */
#define VTD_REG_GCMD			0x018
#define   VTD_GCMD_TE			BIT32(31)	/* translation enable */
#define   VTD_GCMD_SRTP			BIT32(30)	/* set root table pointer; one-shot */
#define   VTD_GCMD_SFL			BIT32(29)	/* Rev <= 3.x: set fault log; one-shot */
#define   VTD_GCMD_EAFL			BIT32(28)	/* Rev <= 3.x: enable advanced fault logging */
#define   VTD_GCMD_WBF			BIT32(27)	/* write buffer flush; one-shot */
#define   VTD_GCMD_QIE			BIT32(26)	/* queued invalidation enable */
#define   VTD_GCMD_IRE			BIT32(25)	/* interrupt remapping enable */
#define   VTD_GCMD_SIRTP		BIT32(24)	/* set interrupt remap table pointer; one-shot */
#define   VTD_GCMD_CFI			BIT32(23)	/* compatibility format interrupts pass */

/* Global Status Register, GSTS_REG, 32 bits, read-only. */
#define VTD_REG_GSTS			0x01C
#define   VTD_GSTS_TES			BIT32(31)
#define   VTD_GSTS_RTPS			BIT32(30)
#define   VTD_GSTS_FLS			BIT32(29)	/* Rev <= 3.x */
#define   VTD_GSTS_AFLS			BIT32(28)	/* Rev <= 3.x */
#define   VTD_GSTS_WBFS			BIT32(27)	/* 1 while the flush runs: the opposite of RTPS */
#define   VTD_GSTS_QIES			BIT32(26)
#define   VTD_GSTS_IRES			BIT32(25)
#define   VTD_GSTS_IRTPS		BIT32(24)
#define   VTD_GSTS_CFIS			BIT32(23)
/* To be dropped from a status before it is written back as a command, or the one-shots start again. */
#define   VTD_GSTS_ONESHOT		(VTD_GSTS_RTPS | VTD_GSTS_FLS | VTD_GSTS_WBFS | VTD_GSTS_IRTPS)

/* Root Table Address Register, RTADDR_REG, 64 bits. Takes effect at GCMD.SRTP. */
#define VTD_REG_RTADDR			0x020
#define   VTD_RTADDR_RTA		MASK64(63, 12)
#define   VTD_RTADDR_TTM		MASK64(11, 10)	/* translation table mode */
#define     VTD_TTM_LEGACY		0
#define     VTD_TTM_SCALABLE		1
#define     VTD_TTM_RSVD		2
#define     VTD_TTM_ABORT		3
#define   VTD_RTADDR_SSIRWE		BIT64(7)	/* second-stage permissions are IR and IW */

/* Context Command Register, CCMD_REG, 64 bits. VER.MAX <= 5. */
#define VTD_REG_CCMD			0x028
#define   VTD_CCMD_ICC			BIT64(63)	/* 1 starts; hardware clears */
#define   VTD_CCMD_CIRG			MASK64(62, 61)	/* requested granularity; 0 reserved */
#define     VTD_CIRG_GLOBAL		1
#define     VTD_CIRG_DOMAIN		2
#define     VTD_CIRG_DEVICE		3
#define   VTD_CCMD_CAIG			MASK64(60, 59)	/* performed granularity */
#define     VTD_CAIG_NONE		0		/* the request was ignored */
#define     VTD_CAIG_GLOBAL		1
#define     VTD_CAIG_DOMAIN		2
#define     VTD_CAIG_DEVICE		3
#define   VTD_CCMD_FM			MASK64(33, 32)	/* source-id bits not compared: VTD_FM_ */
#define     VTD_FM_NONE			0
#define     VTD_FM_BIT_2		1
#define     VTD_FM_BITS_2_1		2
#define     VTD_FM_BITS_2_0		3
#define   VTD_CCMD_SID			MASK64(31, 16)
#define   VTD_CCMD_DID			MASK64(15, 0)

/* Fault Status Register, FSTS_REG, 32 bits. */
#define VTD_REG_FSTS			0x034
#define   VTD_FSTS_FRI			MASK32(15, 8)	/* first pending FRCD; valid while PPF */
#define   VTD_FSTS_PRO			BIT32(7)	/* Rev <= 2.5: page request overflow */
#define   VTD_FSTS_ITE			BIT32(6)	/* device-TLB invalidation time-out */
#define   VTD_FSTS_ICE			BIT32(5)	/* device-TLB invalidation completion error */
#define   VTD_FSTS_IQE			BIT32(4)	/* invalidation queue error */
#define   VTD_FSTS_APF			BIT32(3)	/* Rev <= 3.x: advanced pending fault */
#define   VTD_FSTS_AFO			BIT32(2)	/* Rev <= 3.x: advanced fault overflow */
#define   VTD_FSTS_PPF			BIT32(1)	/* some FRCD has F set */
#define   VTD_FSTS_PFO			BIT32(0)	/* overflow: nothing is recorded while set */
#define   VTD_FSTS_W1C			(VTD_FSTS_ITE | VTD_FSTS_ICE | VTD_FSTS_IQE | VTD_FSTS_PFO)

/*
 * The four event interrupts (fault, invalidation, page request, perfmon) each own a control, data, address and upper
 * address register, in this order and of one layout. What is written into them: vtd_irq.h, VTD_EVENT_.
 */
#define VTD_EVENT_CTL_OFF		0
#define VTD_EVENT_DATA_OFF		4
#define VTD_EVENT_ADDR_OFF		8
#define VTD_EVENT_UADDR_OFF		12

/* Fault Event Control, Data, Address, Upper Address Registers, 32 bits each. */
#define VTD_REG_FECTL			0x038
#define   VTD_FECTL_IM			BIT32(31)	/* masked; 1 at reset */
#define   VTD_FECTL_IP			BIT32(30)	/* pending */
#define VTD_REG_FEDATA			0x03C
#define   VTD_FEDATA_IMD		MASK32(15, 0)	/* message data */
#define VTD_REG_FEADDR			0x040
#define   VTD_FEADDR_MA			MASK32(31, 2)	/* message address */
#define VTD_REG_FEUADDR			0x044
#define   VTD_FEUADDR_MUA		MASK32(31, 0)	/* message upper address */

/* Rev <= 3.x: Advanced Fault Log Register, AFLOG_REG, 64 bits. Takes effect at GCMD.SFL. */
#define VTD_REG_AFLOG			0x058
#define   VTD_AFLOG_FLA			MASK64(63, 12)	/* log base */
#define   VTD_AFLOG_FLS			MASK64(11, 9)	/* 2^FLS pages */

/* Protected Memory Enable Register, PMEN_REG, 32 bits. */
#define VTD_REG_PMEN			0x064
#define   VTD_PMEN_EPM			BIT32(31)	/* enable */
#define   VTD_PMEN_PRS			BIT32(0)	/* active */

/*
 * Protected Low-Memory Base and Limit (32 bits), High-Memory Base and Limit (64 bits). The unit chooses N: bits N:0 are
 * reserved, decoded as 0 in a base and as 1 in a limit. Software finds N by writing ones. N <= 30, or 62 for PHM.
 */
#define VTD_REG_PLMBASE			0x068
#define VTD_REG_PLMLIMIT		0x06C
#define   VTD_PLM_FIELD(n)		MASK32(31, (n) + 1)
#define VTD_REG_PHMBASE			0x070
#define VTD_REG_PHMLIMIT		0x078
#define   VTD_PHM_FIELD(n)		MASK64(63, (n) + 1)

/* Invalidation Queue Head, Tail Registers, 64 bits: byte offsets into the queue. Read-only, read-write. */
#define VTD_REG_IQH			0x080
#define   VTD_IQH_QH			MASK64(18, 4)
#define VTD_REG_IQT			0x088
#define   VTD_IQT_QT			MASK64(18, 4)

/* Invalidation Queue Address Register, IQA_REG, 64 bits. */
#define VTD_REG_IQA			0x090
#define   VTD_IQA_IQA			MASK64(63, 12)	/* base, 4 KiB aligned */
#define   VTD_IQA_DW			BIT64(11)	/* descriptors of 256 bits */
#define   VTD_IQA_QS			MASK64(2, 0)	/* 2^QS pages */

/* Invalidation Completion Status Register, ICS_REG, 32 bits. */
#define VTD_REG_ICS			0x09C
#define   VTD_ICS_IWC			BIT32(0)	/* a wait with IF completed; write 1 clears */

/* Invalidation Event Control, Data, Address, Upper Address Registers, 32 bits each. */
#define VTD_REG_IECTL			0x0A0
#define   VTD_IECTL_IM			BIT32(31)
#define   VTD_IECTL_IP			BIT32(30)
#define VTD_REG_IEDATA			0x0A4
#define   VTD_IEDATA_IMD		MASK32(15, 0)
#define VTD_REG_IEADDR			0x0A8
#define   VTD_IEADDR_MA			MASK32(31, 2)
#define VTD_REG_IEUADDR			0x0AC
#define   VTD_IEUADDR_MUA		MASK32(31, 0)

/* Invalidation Queue Error Record Register, IQERCD_REG, 64 bits, read-only. Since Rev 3.1; earlier it reads 0. */
#define VTD_REG_IQERCD			0x0B0
#define   VTD_IQERCD_ICESID		MASK64(63, 48)	/* who sent the bad completion; 0: not told */
#define   VTD_IQERCD_ITESID		MASK64(47, 32)	/* who did not answer; 0: not told */
#define   VTD_IQERCD_IQEI		MASK64(3, 0)	/* valid while FSTS.IQE: VTD_IQEI_, vtd_desc.h */

/* Interrupt Remapping Table Address Register, IRTA_REG, 64 bits. Takes effect at GCMD.SIRTP. */
#define VTD_REG_IRTA			0x0B8
#define   VTD_IRTA_IRTA			MASK64(63, 12)
#define   VTD_IRTA_EIME			BIT64(11)	/* 32-bit APIC ids */
#define   VTD_IRTA_S			MASK64(3, 0)	/* 2^(S + 1) entries */

/* Page Request Queue Head, Tail, Address Registers, 64 bits. Head and tail are byte offsets. */
#define VTD_REG_PQH			0x0C0
#define   VTD_PQH_PQH			MASK64(18, 5)
#define VTD_REG_PQT			0x0C8
#define   VTD_PQT_PQT			MASK64(18, 5)
#define VTD_REG_PQA			0x0D0
#define   VTD_PQA_PQA			MASK64(63, 12)
#define   VTD_PQA_PQS			MASK64(2, 0)	/* 2^PQS pages */

/* Page Request Status Register, PRS_REG, 32 bits. */
#define VTD_REG_PRS			0x0DC
#define   VTD_PRS_PRO			BIT32(1)	/* overflow */
#define   VTD_PRS_PPR			BIT32(0)	/* pending page request */
#define   VTD_PRS_W1C			(VTD_PRS_PRO | VTD_PRS_PPR)

/* Page Request Event Control, Data, Address, Upper Address Registers, 32 bits each. */
#define VTD_REG_PECTL			0x0E0
#define   VTD_PECTL_IM			BIT32(31)
#define   VTD_PECTL_IP			BIT32(30)
#define VTD_REG_PEDATA			0x0E4
#define   VTD_PEDATA_IMD		MASK32(15, 0)
#define VTD_REG_PEADDR			0x0E8
#define   VTD_PEADDR_MA			MASK32(31, 2)
#define VTD_REG_PEUADDR			0x0EC
#define   VTD_PEUADDR_MUA		MASK32(31, 0)

/* MTRR Capability, Default Type Registers, 64 bits. */
#define VTD_REG_MTRRCAP			0x100
#define   VTD_MTRRCAP_WC		BIT64(10)	/* write-combining supported */
#define   VTD_MTRRCAP_FIX		BIT64(8)	/* fixed ranges supported */
#define   VTD_MTRRCAP_VCNT		MASK64(7, 0)	/* variable ranges */
#define VTD_REG_MTRRDEF			0x108
#define   VTD_MTRRDEF_E			BIT64(11)	/* enable */
#define   VTD_MTRRDEF_FE		BIT64(10)	/* enable the fixed ranges */
#define   VTD_MTRRDEF_TYPE		MASK64(7, 0)

/* Memory types: MTRRs, EMT of a second-stage leaf, PAi of a PASID entry (which alone has UC-). */
#define VTD_MT_UC			0
#define VTD_MT_WC			1
#define VTD_MT_WT			4
#define VTD_MT_WP			5
#define VTD_MT_WB			6
#define VTD_MT_UC_MINUS			7

/* Fixed-Range MTRRs, 64 bits: eight types each, R0 for the lowest sub-range. */
#define VTD_MTRR_FIX_COUNT		11
#define VTD_REG_MTRR_FIX(n)		(0x120u + 8u * (uint32_t)(n))	/* 0 <= n < VTD_MTRR_FIX_COUNT */
#define VTD_REG_MTRR_FIX64K_00000	0x120
#define VTD_REG_MTRR_FIX16K_80000	0x128
#define VTD_REG_MTRR_FIX16K_A0000	0x130
#define VTD_REG_MTRR_FIX4K_C0000	0x138
#define VTD_REG_MTRR_FIX4K_C8000	0x140
#define VTD_REG_MTRR_FIX4K_D0000	0x148
#define VTD_REG_MTRR_FIX4K_D8000	0x150
#define VTD_REG_MTRR_FIX4K_E0000	0x158
#define VTD_REG_MTRR_FIX4K_E8000	0x160
#define VTD_REG_MTRR_FIX4K_F0000	0x168
#define VTD_REG_MTRR_FIX4K_F8000	0x170
#define   VTD_MTRR_FIX_R(i)		MASK64(8 * (i) + 7, 8 * (i))	/* 0 <= i <= 7 */

/* Variable-Range MTRRs, 64 bits. Address bits from HAW upward are reserved. */
#define VTD_MTRR_PHYS_COUNT		10
#define VTD_REG_MTRR_PHYSBASE(n)	(0x180u + 16u * (uint32_t)(n))	/* 0 <= n < VTD_MTRR_PHYS_COUNT */
#define   VTD_MTRR_PHYSBASE_BASE	MASK64(63, 12)
#define   VTD_MTRR_PHYSBASE_TYPE	MASK64(7, 0)
#define VTD_REG_MTRR_PHYSMASK(n)	(0x188u + 16u * (uint32_t)(n))
#define   VTD_MTRR_PHYSMASK_MASK	MASK64(63, 12)
#define   VTD_MTRR_PHYSMASK_V		BIT64(11)	/* valid */

/* Performance Monitoring Capability Register, PERFCAP_REG, 64 bits, read-only. */
#define VTD_REG_PERFCAP			0x300
#define   VTD_PERFCAP_CS		MASK64(54, 52)	/* counters 2^(CS + 10) bytes apart */
#define   VTD_PERFCAP_PCCS		BIT64(51)	/* per-counter capabilities */
#define   VTD_PERFCAP_IOS		BIT64(50)	/* interrupt on overflow */
#define   VTD_PERFCAP_GFS		BIT64(49)	/* global freeze on overflow */
#define   VTD_PERFCAP_CWE		BIT64(48)	/* counters writable while enabled */
#define   VTD_PERFCAP_PTLFS		BIT64(36)	/* page-table-level filter */
#define   VTD_PERFCAP_ATFS		BIT64(35)	/* address-type filter */
#define   VTD_PERFCAP_PASIDFS		BIT64(34)	/* PASID filter */
#define   VTD_PERFCAP_DIDFS		BIT64(33)	/* domain-id filter */
#define   VTD_PERFCAP_RIDFS		BIT64(32)	/* requester-id filter */
#define   VTD_PERFCAP_EGCNT		MASK64(28, 24)	/* event groups */
#define   VTD_PERFCAP_CW		MASK64(22, 16)	/* counter width in bits */
#define   VTD_PERFCAP_NCNTR		MASK64(15, 0)	/* counters */

/* Where the perfmon register groups start, 32 bits, read-only: byte offsets from the register base. */
#define VTD_REG_PERFCFGOFF		0x310
#define   VTD_PERFCFGOFF_OFF		MASK32(31, 0)
#define VTD_REG_PERFFRZOFF		0x314
#define   VTD_PERFFRZOFF_OFF		MASK32(31, 0)
#define VTD_REG_PERFOVFOFF		0x318
#define   VTD_PERFOVFOFF_OFF		MASK32(31, 0)
#define VTD_REG_PERFCNTROFF		0x31C
#define   VTD_PERFCNTROFF_OFF		MASK32(31, 0)

/* Performance Monitoring Interrupt Status, Control, Data, Address, Upper Address Registers, 32 bits each. */
#define VTD_REG_PERFINTRSTS		0x324
#define   VTD_PERFINTRSTS_PIS		BIT32(0)	/* write 1 clears */
#define VTD_REG_PERFINTRCTL		0x328
#define   VTD_PERFINTRCTL_IM		BIT32(31)
#define   VTD_PERFINTRCTL_IP		BIT32(30)
#define VTD_REG_PERFINTRDATA		0x32C
#define   VTD_PERFINTRDATA_IMD		MASK32(15, 0)
#define VTD_REG_PERFINTRADDR		0x330
#define   VTD_PERFINTRADDR_MA		MASK32(31, 2)
#define VTD_REG_PERFINTRUADDR		0x334
#define   VTD_PERFINTRUADDR_MUA		MASK32(31, 0)

/* Performance Monitoring Event Capability Registers, 64 bits, one per event group. */
#define VTD_PERFEVNTCAP_COUNT		16
#define VTD_REG_PERFEVNTCAP(g)		(0x380u + 8u * (uint32_t)(g))	/* 0 <= g < VTD_PERFEVNTCAP_COUNT */
#define   VTD_PERFEVNTCAP_ES		MASK64(27, 0)	/* supported events of the group */

/* Perfmon register groups; the first argument is the value of the register PERF...OFF above. */
#define VTD_REG_PERFCNTRCFG(cfgoff, c)		((uint32_t)(cfgoff) + 0x100u * (uint32_t)(c))
#define VTD_REG_PERFCNTR_RIDFLTR(cfgoff, c)	(VTD_REG_PERFCNTRCFG(cfgoff, c) + 0x08u)
#define VTD_REG_PERFCNTR_DIDFLTR(cfgoff, c)	(VTD_REG_PERFCNTRCFG(cfgoff, c) + 0x0Cu)
#define VTD_REG_PERFCNTR_PASIDFLTR(cfgoff, c)	(VTD_REG_PERFCNTRCFG(cfgoff, c) + 0x10u)
#define VTD_REG_PERFCNTR_ATFLTR(cfgoff, c)	(VTD_REG_PERFCNTRCFG(cfgoff, c) + 0x14u)
#define VTD_REG_PERFCNTR_PTLFLTR(cfgoff, c)	(VTD_REG_PERFCNTRCFG(cfgoff, c) + 0x18u)
#define VTD_REG_PERFCNTRCAP(cfgoff, c)		(VTD_REG_PERFCNTRCFG(cfgoff, c) + 0x80u)
#define VTD_REG_PERFCNTREVCAP(cfgoff, c, e)	(VTD_REG_PERFCNTRCFG(cfgoff, c) + 0x84u + 4u * (uint32_t)(e))
#define VTD_REG_PERFFRZSTS(frzoff, m)		((uint32_t)(frzoff) + 8u * (uint32_t)(m))
#define VTD_REG_PERFOVFSTS(ovfoff, m)		((uint32_t)(ovfoff) + 8u * (uint32_t)(m))
#define VTD_REG_PERFCNTR(cntroff, cs, c)	((uint32_t)(cntroff) + ((uint32_t)(c) << ((uint32_t)(cs) + 10u)))

/* PERFCNTRCFG, 64 bits. */
#define   VTD_PERFCNTRCFG_ES		MASK64(59, 32)	/* event select, one bit per event */
#define   VTD_PERFCNTRCFG_EGI		MASK64(11, 8)	/* event group */
#define   VTD_PERFCNTRCFG_GFO		BIT64(2)	/* global freeze on overflow */
#define   VTD_PERFCNTRCFG_IO		BIT64(1)	/* interrupt on overflow */
#define   VTD_PERFCNTRCFG_EN		BIT64(0)	/* read-only: enhanced commands change it */

/* Filters, 32 bits each. */
#define   VTD_PERFCNTR_RIDFLTR_EN	BIT32(31)
#define   VTD_PERFCNTR_RIDFLTR_RID	MASK32(15, 0)
#define   VTD_PERFCNTR_DIDFLTR_EN	BIT32(31)
#define   VTD_PERFCNTR_DIDFLTR_DID	MASK32(15, 0)
#define   VTD_PERFCNTR_PASIDFLTR_EN	BIT32(31)
#define   VTD_PERFCNTR_PASIDFLTR_PFM	MASK32(21, 20)
#define     VTD_PFM_MATCH		0
#define     VTD_PFM_ANY			1
#define     VTD_PFM_WITHOUT		2
#define   VTD_PERFCNTR_PASIDFLTR_PASID	MASK32(19, 0)
#define   VTD_PERFCNTR_ATFLTR_EN	BIT32(31)
#define   VTD_PERFCNTR_ATFLTR_AT	MASK32(4, 0)
#define     VTD_ATFLTR_UNTRANSLATED	0x01
#define     VTD_ATFLTR_TRANSLATION	0x02
#define     VTD_ATFLTR_TRANSLATED	0x04
#define     VTD_ATFLTR_HPT_PREFETCH	0x10
#define   VTD_PERFCNTR_PTLFLTR_EN	BIT32(31)
#define   VTD_PERFCNTR_PTLFLTR_PTL	MASK32(4, 0)
#define     VTD_PTLFLTR_PTE		0x01		/* or HPTL1 */
#define     VTD_PTLFLTR_PDE		0x02		/* or HPTL2 */
#define     VTD_PTLFLTR_PDPE		0x04		/* or HPTL3 */
#define     VTD_PTLFLTR_PML4E		0x08		/* or HPTL4 */
#define     VTD_PTLFLTR_PML5E		0x10

/* PERFCNTRCAP and PERFCNTREVCAP, 32 bits each, read-only. */
#define   VTD_PERFCNTRCAP_EGCNT		MASK32(31, 28)
#define   VTD_PERFCNTRCAP_GFS		BIT32(17)
#define   VTD_PERFCNTRCAP_IOS		BIT32(16)
#define   VTD_PERFCNTRCAP_CW		MASK32(15, 8)
#define   VTD_PERFCNTRCAP_PCC		BIT32(0)
#define   VTD_PERFCNTREVCAP_EGI		MASK32(31, 28)
#define   VTD_PERFCNTREVCAP_ES		MASK32(27, 0)

/* Event groups and their events, as bits of PERFCNTRCFG.ES and PERFEVNTCAP.ES. */
#define VTD_EGI_REQUESTS		0
#define   VTD_EV_CLOCKS			BIT32(0)
#define   VTD_EV_REQUESTS		BIT32(1)
#define   VTD_EV_WALK_OCCUPANCY		BIT32(2)
#define   VTD_EV_ATS_BLOCKED		BIT32(3)
#define   VTD_EV_TOTAL_OCCUPANCY	BIT32(5)
#define   VTD_EV_MEM_OCCUPANCY		BIT32(6)
#define VTD_EGI_MEMORY			1
#define   VTD_EV_MEM_READS		BIT32(0)
#define   VTD_EV_AD_UPDATES		BIT32(3)
#define   VTD_EV_MEM_BLOCKED		BIT32(5)
#define   VTD_EV_PAGE_REQ_POSTED	BIT32(6)
#define   VTD_EV_PAGE_REQ_OVERFLOW	BIT32(7)
#define VTD_EGI_TABLE_CACHES		2
#define   VTD_EV_CTX_LOOKUP		BIT32(0)
#define   VTD_EV_CTX_HIT		BIT32(1)
#define   VTD_EV_PASID_LOOKUP		BIT32(2)
#define   VTD_EV_PASID_HIT		BIT32(3)
#define   VTD_EV_SS_NONLEAF_LOOKUP	BIT32(4)
#define   VTD_EV_SS_NONLEAF_HIT		BIT32(5)
#define   VTD_EV_FS_NONLEAF_LOOKUP	BIT32(6)
#define   VTD_EV_FS_NONLEAF_HIT		BIT32(7)
#define   VTD_EV_HPT_NONLEAF_LOOKUP	BIT32(8)
#define   VTD_EV_HPT_NONLEAF_HIT	BIT32(9)
#define VTD_EGI_LEAF_CACHES		3
#define   VTD_EV_IOTLB_LOOKUP		BIT32(0)
#define   VTD_EV_IOTLB_HIT		BIT32(1)
#define   VTD_EV_HPT_LEAF_LOOKUP	BIT32(2)
#define   VTD_EV_HPT_LEAF_HIT		BIT32(3)
#define VTD_EGI_INTR_CACHE		4
#define   VTD_EV_INTR_LOOKUP		BIT32(0)
#define   VTD_EV_INTR_HIT_REMAPPED	BIT32(1)
#define   VTD_EV_INTR_HIT_POSTED	BIT32(2)

/* Enhanced Command, Extended Operand, Response Registers, 64 bits. */
#define VTD_REG_ECMD			0x400
#define   VTD_ECMD_OA			MASK64(63, 16)	/* operand A */
#define   VTD_ECMD_CMD			MASK64(7, 0)
#define     VTD_ECMD_ENABLE_CNTR	0xF0
#define     VTD_ECMD_DISABLE_CNTR	0xF1
#define     VTD_ECMD_RESET_CFG		0xF2
#define     VTD_ECMD_RESET_CNTR		0xF3
#define     VTD_ECMD_FREEZE		0xF4
#define     VTD_ECMD_UNFREEZE		0xF5
#define VTD_REG_ECEO			0x408
#define   VTD_ECEO_OB			MASK64(63, 0)	/* operand B */
#define VTD_REG_ECRSP			0x410
#define   VTD_ECRSP_RSLT		MASK64(63, 16)
#define   VTD_ECRSP_SC			MASK64(7, 1)	/* status: VTD_SC_ */
#define     VTD_SC_OK			0
#define     VTD_SC_UNDEFINED		1		/* no such command */
#define     VTD_SC_ABORTED		2		/* enhanced commands only */
#define     VTD_SC_SPECIFIC		16		/* the command's own codes start here */
#define   VTD_ECRSP_IP			BIT64(0)	/* in progress */

/* Enhanced Command Status (all reserved today) and Capability Registers, 64 bits. Bit: command mod 64. */
#define VTD_REG_ECSTS0			0x420
#define VTD_REG_ECSTS1			0x428
#define VTD_REG_ECCAP(n)		(0x430u + 8u * (uint32_t)(n))	/* commands 64 n .. 64 n + 63, n <= 3 */
#define VTD_REG_ECCAP0			0x430
#define VTD_REG_ECCAP1			0x438
#define VTD_REG_ECCAP2			0x440
#define VTD_REG_ECCAP3			0x448
#define   VTD_ECCAP3_ECNTS		BIT64(48)	/* enable counter */
#define   VTD_ECCAP3_DCNTS		BIT64(49)	/* disable counter */
#define   VTD_ECCAP3_RCFGS		BIT64(50)	/* reset configuration */
#define   VTD_ECCAP3_RCNTS		BIT64(51)	/* reset counters */
#define   VTD_ECCAP3_FCNTS		BIT64(52)	/* freeze */
#define   VTD_ECCAP3_UFCNTS		BIT64(53)	/* unfreeze */

/* RDT Configuration Register, RDTC_REG, 64 bits. */
#define VTD_REG_RDTC			0xDC0
#define   VTD_RDTC_CLOS			MASK64(36, 32)
#define   VTD_RDTC_RMID			MASK64(11, 0)

/* Virtual Command, Extended Operand, Response, Capability Registers, 64 bits. Emulated units only. */
#define VTD_REG_VCMD			0xE00
#define   VTD_VCMD_OA			MASK64(63, 16)
#define   VTD_VCMD_CMD			MASK64(7, 0)
#define     VTD_VCMD_NULL		0
#define     VTD_VCMD_ALLOC_PASID	1
#define     VTD_VCMD_FREE_PASID		2
#define VTD_REG_VCMD_EO			0xE08
#define   VTD_VCMD_EO_OB		MASK64(63, 0)
#define VTD_REG_VCRSP			0xE10
#define   VTD_VCRSP_RSLT		MASK64(63, 16)
#define   VTD_VCRSP_SC			MASK64(7, 1)
#define   VTD_VCRSP_IP			BIT64(0)
#define VTD_REG_VCCAP			0xE30
#define   VTD_VCCAP_FPS			BIT64(2)	/* free PASID */
#define   VTD_VCCAP_PAS			BIT64(1)	/* allocate PASID */
#define   VTD_VCCAP_NS			BIT64(0)	/* null command */

/* IOTLB registers, relative to ECAP.IRO. VER.MAX <= 5. */
#define VTD_IRO_UNIT			16
#define VTD_REG_IVA_OFF			0
#define VTD_REG_IOTLB_OFF		8
#define VTD_REG_IVA(iro)		(16u * (uint32_t)(iro) + 0u)
#define VTD_REG_IOTLB(iro)		(16u * (uint32_t)(iro) + 8u)

/* Invalidate Address Register, IVA_REG, 64 bits, write-only. */
#define   VTD_IVA_ADDR			MASK64(63, 12)
#define   VTD_IVA_IH			BIT64(6)	/* only leaf entries changed */
#define   VTD_IVA_AM			MASK64(5, 0)	/* 2^AM pages */

/* IOTLB Invalidate Register, IOTLB_REG, 64 bits. */
#define   VTD_IOTLB_IVT			BIT64(63)	/* 1 starts; hardware clears */
#define   VTD_IOTLB_IIRG		MASK64(61, 60)	/* requested granularity; 0 reserved */
#define     VTD_IIRG_GLOBAL		1
#define     VTD_IIRG_DOMAIN		2
#define     VTD_IIRG_PAGE		3
#define   VTD_IOTLB_IAIG		MASK64(58, 57)	/* performed granularity */
#define     VTD_IAIG_NONE		0		/* the request was ignored */
#define     VTD_IAIG_GLOBAL		1
#define     VTD_IAIG_DOMAIN		2
#define     VTD_IAIG_PAGE		3
#define   VTD_IOTLB_DR			BIT64(49)	/* drain reads */
#define   VTD_IOTLB_DW			BIT64(48)	/* drain writes */
#define   VTD_IOTLB_DID			MASK64(47, 32)

/* Fault Recording Registers, FRCD_REG, 128 bits, relative to CAP.FRO; CAP.NFR + 1 of them. */
#define VTD_FRO_UNIT			16
#define VTD_FRCD_SIZE			16
#define VTD_REG_FRCD(fro, n)		(16u * (uint32_t)(fro) + 16u * (uint32_t)(n))
#define   VTD_FRCD0_FI			MASK64(63, 12)	/* address faults: the page */
#define   VTD_FRCD0_IIDX		MASK64(63, 48)	/* interrupt faults: interrupt_index */
#define   VTD_FRCD1_F			BIT64(63)	/* recorded; write 1 clears */
#define   VTD_FRCD1_T1			BIT64(62)	/* with T2: VTD_FRCD_T_ */
#define   VTD_FRCD1_AT			MASK64(61, 60)	/* address type: VTD_AT_ */
#define   VTD_FRCD1_PV			MASK64(59, 40)	/* PASID; valid when PP */
#define   VTD_FRCD1_FR			MASK64(39, 32)	/* fault reason: enum vtd_fault_reason */
#define   VTD_FRCD1_PP			BIT64(31)	/* PASID present */
#define   VTD_FRCD1_EXE			BIT64(30)	/* execute requested */
#define   VTD_FRCD1_PRIV		BIT64(29)	/* supervisor requested */
#define   VTD_FRCD1_T2			BIT64(28)
#define   VTD_FRCD1_SID			MASK64(15, 0)

/* The type of a faulted request, {T1, T2}, T1 the upper bit. */
#define VTD_FRCD_T_WRITE		0
#define VTD_FRCD_T_PAGE_REQ		1
#define VTD_FRCD_T_READ			2
#define VTD_FRCD_T_ATOMIC		3

/* Address types of requests, as in the PCI Express AT field. */
#define VTD_AT_UNTRANSLATED		0
#define VTD_AT_TRANSLATION		1
#define VTD_AT_TRANSLATED		2

struct vtd_frcd {
	uint64_t q[2];
};
_Static_assert(sizeof(struct vtd_frcd) == VTD_FRCD_SIZE, "VT-d 11, Fault Recording Registers");

/* clang-format on */

#endif
