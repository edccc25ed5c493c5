/*
 * AMD-Vi registers: the PCI capability block and the MMIO region.
 * Implements chapter 3 "Registers" of 48882.
 *
 * AMDVI_CAP_x is a byte offset from the capability in configuration space, AMDVI_REG_x one from the MMIO base.
 * Registers are 32 or 64 bits wide, as their masks are. Registers of one layout share its masks: AMDVI_RING_ for the
 * bases of all rings, AMDVI_PTR_ for their heads and tails, AMDVI_XT_ for the three interrupt controls.
 */
#ifndef HW_AMDVI_REGS_H
#define HW_AMDVI_REGS_H

#include "bits.h"

/* clang-format off */

/* ---- PCI function ---------------------------------------------------------------------------------------------- */

#define AMDVI_PCI_CLASS			0x080600	/* base 08h, sub-class 06h, interface 00h */
#define AMDVI_PCI_VENDOR		0x1022
#define AMDVI_PCI_CAP_SECURE		0x0F		/* capability id "Secure Device" */
#define AMDVI_PCI_CAP_MSI		0x05
#define AMDVI_PCI_CAP_HT		0x08

/* Capability Header, 32 bits, read-only. */
#define AMDVI_CAP_HDR			0x00
#define   AMDVI_CAPHDR_CAPID		MASK32(7, 0)	/* AMDVI_PCI_CAP_SECURE */
#define   AMDVI_CAPHDR_CAPPTR		MASK32(15, 8)	/* next capability */
#define   AMDVI_CAPHDR_CAPTYPE		MASK32(18, 16)
#define     AMDVI_CAPTYPE_IOMMU		3
#define   AMDVI_CAPHDR_CAPREV		MASK32(23, 19)
#define     AMDVI_CAPREV_1		1
#define   AMDVI_CAPHDR_IOTLBSUP		BIT32(24)	/* device IOTLBs (ATS) */
#define   AMDVI_CAPHDR_HTTUNNEL		BIT32(25)	/* HyperTransport tunnel translation */
#define   AMDVI_CAPHDR_NPCACHE		BIT32(26)	/* entries without permission may be cached */
#define   AMDVI_CAPHDR_EFRSUP		BIT32(27)	/* EFR exists */
#define   AMDVI_CAPHDR_CAPEXT		BIT32(28)	/* AMDVI_CAP_MISC1 exists */

/* Base Address Low and High, 32 bits each. Locked while ENABLE, which only a reset clears. */
#define AMDVI_CAP_BASE_LO		0x04
#define   AMDVI_BASELO_ENABLE		BIT32(0)	/* the MMIO region is decoded; write 1 sets */
#define   AMDVI_BASELO_BASE		MASK32(31, 19)	/* base 31:19 */
#define   AMDVI_BASELO_BASE16K		MASK32(18, 14)	/* base 18:14; 0 when the region has 512 KiB */
#define AMDVI_CAP_BASE_HI		0x08
#define   AMDVI_BASEHI_BASE		MASK32(31, 0)	/* base 63:32 */

/* Range, 32 bits, read-only. Deprecated: IVRS tells the topology. */
#define AMDVI_CAP_RANGE			0x0C
#define   AMDVI_RANGE_UNITID		MASK32(4, 0)
#define   AMDVI_RANGE_RNGVALID		BIT32(7)
#define   AMDVI_RANGE_BUSNUMBER		MASK32(15, 8)
#define   AMDVI_RANGE_FIRSTDEVICE	MASK32(23, 16)	/* devfn */
#define   AMDVI_RANGE_LASTDEVICE	MASK32(31, 24)	/* devfn, inclusive */

/* Miscellaneous Information 0 and 1, 32 bits each. */
#define AMDVI_CAP_MISC0			0x10
#define   AMDVI_MISC0_MSINUM		MASK32(4, 0)	/* message of event log and command completion */
#define   AMDVI_MISC0_GVASIZE		MASK32(7, 5)
#define     AMDVI_GVASIZE_48BIT		2
#define   AMDVI_MISC0_PASIZE		MASK32(14, 8)	/* physical address bits, plain */
#define   AMDVI_MISC0_VASIZE		MASK32(21, 15)	/* device address bits, plain */
#define   AMDVI_MISC0_HTATSRESV		BIT32(22)	/* the HT address translation range is reserved; read-write */
#define   AMDVI_MISC0_MSINUMPPR		MASK32(31, 27)	/* message of the PPR log */
#define AMDVI_CAP_MISC1			0x14
#define   AMDVI_MISC1_MSINUMGA		MASK32(4, 0)	/* message of the GA log */
#define AMDVI_CAP_SIZE			0x18

/* ---- MMIO region ------------------------------------------------------------------------------------------------ */

/* Size and alignment of the region without and with EFR.PCSUP. */
#define AMDVI_MMIO_SIZE			0x4000
#define AMDVI_MMIO_SIZE_PC		0x80000

/*
 * Device Table Base Address, 64 bits, and one per further segment. CONTROL.DEVTBLSEGEN = n uses segments 0 to 2^n - 1,
 * and the topmost n bits of the DeviceID choose among them.
 */
#define AMDVI_DEVTAB_SEGMENTS		8
#define AMDVI_REG_DEVTAB		0x0000
#define AMDVI_REG_DEVTAB_SEG(n)		((n) ? 0x0100 + 8 * ((n) - 1) : AMDVI_REG_DEVTAB) /* 0 <= n <= 7 */
#define   AMDVI_DEVTAB_SIZE		MASK64(8, 0)	/* 4 KiB units - 1 */
#define     AMDVI_DEVTAB_SIZE_MAX	0x1FF
#define   AMDVI_DEVTAB_SIZE_SEG		MASK64(7, 0)	/* the same of segments 1 to 7 */
#define   AMDVI_DEVTAB_BASE		MASK64(51, 12)
/* The largest useful SIZE with 2^segen segments: 1FFh, 0FFh, 07Fh, 03Fh. */
#define   AMDVI_DEVTAB_SIZE_MAX_OF(segen) ((0x200 >> (segen)) - 1)

/*
 * Ring base addresses, 64 bits each. Writing one sets head and tail of its ring to 0. BASE and LEN are those of all
 * six: command buffer, event log, PPR log, GA log, PPR log B, event log B.
 */
#define AMDVI_REG_CMDBUF		0x0008
#define AMDVI_REG_EVTLOG		0x0010
#define AMDVI_REG_PPRLOG		0x0038
#define AMDVI_REG_GALOG			0x00E0
#define AMDVI_REG_PPRLOG_B		0x00F0
#define AMDVI_REG_EVTLOG_B		0x00F8
#define   AMDVI_RING_BASE		MASK64(51, 12)
#define   AMDVI_RING_LEN		MASK64(59, 56)	/* 2^(LEN + 4) bytes; below 8: reserved */
#define     AMDVI_RING_LEN_MIN		8		/* 4 KiB; also the value at reset */
#define     AMDVI_RING_LEN_MAX		15		/* 512 KiB */
#define AMDVI_RING_LG2_BYTES(len)	((len) + 4)
#define AMDVI_RING_LG2_16(len)		(len)		/* entries of 16 bytes, log2 */
#define AMDVI_RING_LG2_8(len)		((len) + 1)	/* entries of 8 bytes (GA log), log2 */

/* Heads and tails, 64 bits each: byte offsets into the ring. The unit moves command heads and log tails. */
#define AMDVI_REG_CMD_HEAD		0x2000
#define AMDVI_REG_CMD_TAIL		0x2008
#define AMDVI_REG_EVT_HEAD		0x2010
#define AMDVI_REG_EVT_TAIL		0x2018
#define AMDVI_REG_PPR_HEAD		0x2030
#define AMDVI_REG_PPR_TAIL		0x2038
#define AMDVI_REG_GA_HEAD		0x2040
#define AMDVI_REG_GA_TAIL		0x2048
#define AMDVI_REG_PPR_HEAD_B		0x2050
#define AMDVI_REG_PPR_TAIL_B		0x2058
#define AMDVI_REG_EVT_HEAD_B		0x2070
#define AMDVI_REG_EVT_TAIL_B		0x2078
#define   AMDVI_PTR_16			MASK64(18, 4)	/* rings of 16-byte entries */
#define   AMDVI_PTR_8			MASK64(18, 3)	/* GA log; disputed: 15:3 */

/* The registers of the dual logs by number: 0 is log A, 1 is log B. */
#define AMDVI_REG_EVTLOG_AB(b)		((b) ? AMDVI_REG_EVTLOG_B : AMDVI_REG_EVTLOG)
#define AMDVI_REG_EVT_HEAD_AB(b)	((b) ? AMDVI_REG_EVT_HEAD_B : AMDVI_REG_EVT_HEAD)
#define AMDVI_REG_EVT_TAIL_AB(b)	((b) ? AMDVI_REG_EVT_TAIL_B : AMDVI_REG_EVT_TAIL)
#define AMDVI_REG_PPRLOG_AB(b)		((b) ? AMDVI_REG_PPRLOG_B : AMDVI_REG_PPRLOG)
#define AMDVI_REG_PPR_HEAD_AB(b)	((b) ? AMDVI_REG_PPR_HEAD_B : AMDVI_REG_PPR_HEAD)
#define AMDVI_REG_PPR_TAIL_AB(b)	((b) ? AMDVI_REG_PPR_TAIL_B : AMDVI_REG_PPR_TAIL)

/* Control, 64 bits. */
#define AMDVI_REG_CONTROL		0x0018
#define   AMDVI_CONTROL_IOMMUEN		BIT64(0)	/* translation, commands and logs */
#define   AMDVI_CONTROL_HTTUNEN		BIT64(1)	/* HT tunnel traffic translates */
#define   AMDVI_CONTROL_EVENTLOGEN	BIT64(2)	/* 0 to 1 also clears STATUS.EVENTOVERFLOW */
#define   AMDVI_CONTROL_EVENTINTEN	BIT64(3)
#define   AMDVI_CONTROL_COMWAITINTEN	BIT64(4)
#define   AMDVI_CONTROL_INVTIMEOUT	MASK64(7, 5)	/* of IOTLB invalidations */
#define     AMDVI_INVTIMEOUT_NONE	0
#define     AMDVI_INVTIMEOUT_1MS	1
#define     AMDVI_INVTIMEOUT_10MS	2
#define     AMDVI_INVTIMEOUT_100MS	3
#define     AMDVI_INVTIMEOUT_1S		4
#define     AMDVI_INVTIMEOUT_10S	5
#define     AMDVI_INVTIMEOUT_100S	6
#define   AMDVI_CONTROL_PASSPW		BIT64(8)	/* HT */
#define   AMDVI_CONTROL_RESPASSPW	BIT64(9)	/* HT */
#define   AMDVI_CONTROL_COHERENT	BIT64(10)	/* device table reads snoop; 1 at reset */
#define   AMDVI_CONTROL_ISOC		BIT64(11)	/* HT */
#define   AMDVI_CONTROL_CMDBUFEN	BIT64(12)
#define   AMDVI_CONTROL_PPRLOGEN	BIT64(13)
#define   AMDVI_CONTROL_PPRINTEN	BIT64(14)
#define   AMDVI_CONTROL_PPREN		BIT64(15)	/* page requests are processed */
#define   AMDVI_CONTROL_GTEN		BIT64(16)	/* guest translation */
#define   AMDVI_CONTROL_GAEN		BIT64(17)	/* 128-bit IRTEs */
#define   AMDVI_CONTROL_CRW		MASK64(21, 18)	/* storage without effect */
#define   AMDVI_CONTROL_SMIFEN		BIT64(22)	/* SMI filters */
#define   AMDVI_CONTROL_SLFWBDIS	BIT64(23)	/* self write-back disable */
#define   AMDVI_CONTROL_SMIFLOGEN	BIT64(24)	/* filtered SMIs are logged */
#define   AMDVI_CONTROL_GAMEN		MASK64(27, 25)	/* guest virtual APIC mode */
#define     AMDVI_GAMEN_NONE		0
#define     AMDVI_GAMEN_VAPIC		1
#define   AMDVI_CONTROL_GALOGEN		BIT64(28)
#define   AMDVI_CONTROL_GAINTEN		BIT64(29)
#define   AMDVI_CONTROL_DUALPPRLOGEN	MASK64(31, 30)	/* AMDVI_DUALLOG_ */
#define   AMDVI_CONTROL_DUALEVENTLOGEN	MASK64(33, 32)	/* AMDVI_DUALLOG_ */
#define     AMDVI_DUALLOG_A		0
#define     AMDVI_DUALLOG_B		1
#define     AMDVI_DUALLOG_SWAP		2		/* a full log hands over to the other */
#define   AMDVI_CONTROL_DEVTBLSEGEN	MASK64(36, 34)	/* 2^n segments, n <= 3; the rest reserved */
#define   AMDVI_CONTROL_PRIVABRTEN	MASK64(38, 37)	/* encodings disputed */
#define   AMDVI_CONTROL_PPRAUTORSPEN	BIT64(39)
#define   AMDVI_CONTROL_MARCEN		BIT64(40)
#define   AMDVI_CONTROL_BLKSTOPMRKEN	BIT64(41)
#define   AMDVI_CONTROL_PPRAUTORSPAON	BIT64(42)
#define   AMDVI_CONTROL_NUMINTREMAPMODE	MASK64(44, 43)	/* in older revisions 43 is DomainIDPNE */
#define     AMDVI_NUMINTREMAP_512	0
#define     AMDVI_NUMINTREMAP_2048	1
#define   AMDVI_CONTROL_EPHEN		BIT64(45)	/* enhanced PPR handling */
#define   AMDVI_CONTROL_HADUPDATE	MASK64(47, 46)	/* encodings disputed; 0 is the default */
#define   AMDVI_CONTROL_GDUPDATEDIS	BIT64(48)	/* no dirty updates in guest tables */
#define   AMDVI_CONTROL_XTEN		BIT64(50)	/* 32-bit destinations in IRTEs */
#define   AMDVI_CONTROL_INTCAPXTEN	BIT64(51)	/* own interrupts as the XT registers say */
#define   AMDVI_CONTROL_VCMDEN		BIT64(52)
#define   AMDVI_CONTROL_VIOMMUEN	BIT64(53)
#define   AMDVI_CONTROL_GAUPDATEDIS	BIT64(54)	/* no accessed updates in guest tables */
#define   AMDVI_CONTROL_GAPPIEN		BIT64(55)
#define   AMDVI_CONTROL_TMPMEN		BIT64(56)	/* tiered memory page migration */
#define   AMDVI_CONTROL_GCR3TRPMODE	BIT64(58)	/* the DTE's GCR3 root is a GPA */
#define   AMDVI_CONTROL_IRTCACHEDIS	BIT64(59)	/* IRTEs are not cached, if the bit holds a 1 */
#define   AMDVI_CONTROL_GSTBUFFERTRPMODE BIT64(60)
#define   AMDVI_CONTROL_SNPAVICEN	MASK64(63, 61)
#define   AMDVI_CONTROL_RESET		AMDVI_CONTROL_COHERENT

/* Exclusion Base and Range Limit, 64 bits each. With SNP they are Completion Store Base and Limit. */
#define AMDVI_REG_EXCL_BASE		0x0020
#define   AMDVI_EXCL_EXEN		BIT64(0)
#define   AMDVI_EXCL_ALLOW		BIT64(1)	/* for every device; else DTE.EX decides */
#define   AMDVI_EXCL_BASE		MASK64(51, 12)
#define AMDVI_REG_EXCL_LIMIT		0x0028
#define   AMDVI_EXCL_LIMIT		MASK64(51, 12)	/* the last page, inclusive */

/* Extended Feature Register, 64 bits, read-only. */
#define AMDVI_REG_EFR			0x0030
#define   AMDVI_EFR_PREFSUP		BIT64(0)	/* PREFETCH_IOMMU_PAGES */
#define   AMDVI_EFR_PPRSUP		BIT64(1)	/* PPR log, COMPLETE_PPR_REQUEST */
#define   AMDVI_EFR_XTSUP		BIT64(2)	/* x2APIC; Rev <= 2.62: reserved */
#define   AMDVI_EFR_NXSUP		BIT64(3)	/* no-execute and privilege in guest translation */
#define   AMDVI_EFR_GTSUP		BIT64(4)	/* guest translation */
#define   AMDVI_EFR_GAPPISUP		BIT64(5)	/* Rev <= 2.62: reserved */
#define   AMDVI_EFR_IASUP		BIT64(6)	/* INVALIDATE_IOMMU_ALL */
#define   AMDVI_EFR_GASUP		BIT64(7)	/* 128-bit IRTEs, GA log */
#define   AMDVI_EFR_HESUP		BIT64(8)	/* hardware event registers */
#define   AMDVI_EFR_PCSUP		BIT64(9)	/* performance counters */
#define   AMDVI_EFR_HATS		MASK64(11, 10)	/* host levels: 4 + HATS */
#define     AMDVI_HATS_NONE		3		/* no host translation */
#define   AMDVI_EFR_GATS		MASK64(13, 12)	/* guest levels: 4 + GATS; 3 reserved */
#define   AMDVI_EFR_GLXSUP		MASK64(15, 14)	/* GCR3 table levels - 1; 3 reserved */
#define   AMDVI_EFR_SMIFSUP		MASK64(17, 16)	/* 1: SMI filters */
#define   AMDVI_EFR_SMIFRC		MASK64(20, 18)	/* 2^SMIFRC filters */
#define   AMDVI_EFR_GAMSUP		MASK64(23, 21)	/* AMDVI_GAMEN_ */
#define   AMDVI_EFR_DUALPPRLOGSUP	MASK64(25, 24)	/* AMDVI_DUALSUP_ */
#define   AMDVI_EFR_DUALEVENTLOGSUP	MASK64(29, 28)	/* AMDVI_DUALSUP_ */
#define     AMDVI_DUALSUP_NONE		0
#define     AMDVI_DUALSUP_DUAL		1
#define     AMDVI_DUALSUP_SWAP		2
#define   AMDVI_EFR_SATSSUP		BIT64(31)	/* secure ATS */
#define   AMDVI_EFR_PASMAX		MASK64(36, 32)	/* PASID bits - 1 */
#define   AMDVI_EFR_USSUP		BIT64(37)	/* user and supervisor protection */
#define   AMDVI_EFR_DEVTBLSEGSUP	MASK64(39, 38)	/* up to 2^n segments */
#define   AMDVI_EFR_PPROVRFLWEARLYSUP	BIT64(40)
#define   AMDVI_EFR_PPRAUTORSPSUP	BIT64(41)
#define   AMDVI_EFR_MARCSUP		MASK64(43, 42)	/* 1: four apertures */
#define   AMDVI_EFR_BLKSTOPMRKSUP	BIT64(44)
#define   AMDVI_EFR_PERFOPTSUP		BIT64(45)
#define   AMDVI_EFR_MSICAPMMIOSUP	BIT64(46)	/* MSI shadow registers */
#define   AMDVI_EFR_SNOOPATTRSUP	BIT64(47)	/* since Rev 3.11 */
#define   AMDVI_EFR_GIOSUP		BIT64(48)	/* DTE.GIOV */
#define   AMDVI_EFR_HASUP		BIT64(49)	/* host accessed updates */
#define   AMDVI_EFR_EPHSUP		BIT64(50)	/* enhanced PPR handling */
#define   AMDVI_EFR_ATTRFWSUP		BIT64(51)	/* attribute forwarding */
#define   AMDVI_EFR_HDSUP		BIT64(52)	/* host dirty updates */
#define   AMDVI_EFR_V2HDDISSUP		BIT64(53)	/* since Rev 3.11 */
#define   AMDVI_EFR_INVIOTLBTYPESUP	BIT64(54)	/* TYPE of INVALIDATE_IOTLB_PAGES */
#define   AMDVI_EFR_VIOMMUSUP		BIT64(55)
#define   AMDVI_EFR_VMGUARDIOSUP	BIT64(56)
#define   AMDVI_EFR_VMTABLESIZE		MASK64(60, 57)	/* reserved in older revisions */
#define   AMDVI_EFR_GAUPDATEDISSUP	BIT64(61)	/* Rev 3.11: V2HADDisSup */
#define   AMDVI_EFR_FORCEPHYDESTSUP	BIT64(62)	/* remapped interrupts forced to physical mode */
#define   AMDVI_EFR_SNPSUP		BIT64(63)

/* Hardware Event Upper, Lower, Status, 64 bits each. Upper and lower hold an entry of the event log. */
#define AMDVI_REG_HWEVT_UPPER		0x0040
#define   AMDVI_HWEVT_UPPER_OPERAND	MASK64(59, 0)	/* q[0] of the event, without its code */
#define   AMDVI_HWEVT_UPPER_CODE	MASK64(63, 60)
#define AMDVI_REG_HWEVT_LOWER		0x0048
#define   AMDVI_HWEVT_LOWER_OPERAND	MASK64(63, 0)	/* q[1] of the event */
#define AMDVI_REG_HWEVT_STATUS		0x0050
#define   AMDVI_HWEVT_STATUS_HEV	BIT64(0)	/* the registers hold an error; write 1 clears */
#define   AMDVI_HWEVT_STATUS_HEO	BIT64(1)	/* another one came meanwhile; write 1 clears */

/* SMI Filter, 64 bits each. */
#define AMDVI_SMIF_COUNT		16
#define AMDVI_REG_SMIF(n)		(0x0060 + 8 * (n)) /* 0 <= n <= 15 */
#define   AMDVI_SMIF_SMIDID		MASK64(15, 0)
#define   AMDVI_SMIF_SMIDV		BIT64(16)
#define   AMDVI_SMIF_SMIFLOCK		BIT64(17)

/* GA Log Tail Address, 64 bits: the unit mirrors the tail there. */
#define AMDVI_REG_GALOG_TAILADDR	0x00E8
#define   AMDVI_GALOG_TAILADDR		MASK64(51, 3)

/* Device-Specific Feature, Control, Status Extension, 64 bits each. */
#define AMDVI_REG_DSFX			0x0138
#define AMDVI_REG_DSCX			0x0140
#define AMDVI_REG_DSSX			0x0148
#define   AMDVI_DSX_DEVSPECIFIC		MASK64(23, 0)
#define   AMDVI_DSX_REVMINOR		MASK64(27, 24)
#define   AMDVI_DSX_REVMAJOR		MASK64(31, 28)

/* MSI Vector 0 and 1, 32 bits: AMDVI_CAP_MISC0 and AMDVI_CAP_MISC1 once more. */
#define AMDVI_REG_MSI_VECTOR0		0x0150
#define AMDVI_REG_MSI_VECTOR1		0x0154

/* The MSI capability and the HT MSI mapping capability once more, 32 bits each. */
#define AMDVI_REG_MSI_CAPHDR		0x0158
#define   AMDVI_MSIHDR_ID		MASK32(7, 0)	/* AMDVI_PCI_CAP_MSI */
#define   AMDVI_MSIHDR_NEXT		MASK32(15, 8)
#define   AMDVI_MSIHDR_MSIEN		BIT32(16)
#define   AMDVI_MSIHDR_MULTMESSCAP	MASK32(19, 17)	/* 2^n messages asked for */
#define   AMDVI_MSIHDR_MULTMESSEN	MASK32(22, 20)	/* 2^n messages granted */
#define   AMDVI_MSIHDR_64BITEN		BIT32(23)	/* 1 */
#define AMDVI_REG_MSI_ADDRLO		0x015C
#define   AMDVI_MSI_ADDRLO		MASK32(31, 2)
#define AMDVI_REG_MSI_ADDRHI		0x0160
#define   AMDVI_MSI_ADDRHI		MASK32(31, 0)
#define AMDVI_REG_MSI_DATA		0x0164
#define   AMDVI_MSI_DATA		MASK32(15, 0)
#define AMDVI_REG_MSI_MAPCAP		0x0168
#define   AMDVI_MSIMAP_ID		MASK32(7, 0)	/* AMDVI_PCI_CAP_HT */
#define   AMDVI_MSIMAP_NEXT		MASK32(15, 8)
#define   AMDVI_MSIMAP_EN		BIT32(16)
#define   AMDVI_MSIMAP_FIXED		BIT32(17)
#define   AMDVI_MSIMAP_CAPTYPE		MASK32(31, 27)
#define     AMDVI_MSIMAP_CAPTYPE_MSI	0x15

/* Performance Optimization Control, 32 bits. */
#define AMDVI_REG_PERFOPT		0x016C
#define   AMDVI_PERFOPT_PERFOPTEN	BIT32(13)

/* XT IOMMU General, PPR and GA Log Interrupt Control, 64 bits each; in force with CONTROL.INTCAPXTEN. */
#define AMDVI_REG_XT_GEN		0x0170
#define AMDVI_REG_XT_PPR		0x0178
#define AMDVI_REG_XT_GA			0x0180
#define   AMDVI_XT_DESTMODE		BIT64(2)	/* AMDVI_DM_, amdvi_irq.h */
#define   AMDVI_XT_DEST_LO		MASK64(31, 8)	/* destination 23:0 */
#define   AMDVI_XT_VECTOR		MASK64(39, 32)
#define   AMDVI_XT_DELIVERYMODE		BIT64(40)	/* 0 fixed, 1 arbitrated */
#define   AMDVI_XT_DEST_HI		MASK64(63, 56)	/* destination 31:24 */

/* vIOMMU Status, 64 bits, read-only. */
#define AMDVI_REG_VIOMMU_STATUS		0x0190

/* Extended Feature Register 2, 64 bits, read-only. */
#define AMDVI_REG_EFR2			0x01A0
#define   AMDVI_EFR2_SEVSNPIOSUP	BIT64(1)
#define   AMDVI_EFR2_TMPMSUP		BIT64(2)	/* tiered memory page migration */
#define   AMDVI_EFR2_GCR3TRPMODESUP	BIT64(3)
#define   AMDVI_EFR2_GAPPIDISSUP	BIT64(4)	/* GAPPIDIS in IRTEs */
#define   AMDVI_EFR2_SNPAVICSUP		MASK64(7, 5)
#define     AMDVI_SNPAVIC_GAM		1
#define   AMDVI_EFR2_NUMINTREMAPSUP	MASK64(9, 8)	/* AMDVI_NUMINTREMAP_ */
#define   AMDVI_EFR2_HTRANGEIGNORE	BIT64(11)	/* the HT range is ordinary memory */

/* MARC Aperture Base, Relocation, Length, 64 bits each. */
#define AMDVI_MARC_COUNT		4
#define AMDVI_REG_MARC_BASE(n)		(0x0200 + 0x18 * (n)) /* 0 <= n <= 3 */
#define   AMDVI_MARC_BASE		MASK64(51, 12)
#define AMDVI_REG_MARC_RELOC(n)		(0x0208 + 0x18 * (n))
#define   AMDVI_MARC_RELOCEN		BIT64(0)
#define   AMDVI_MARC_READONLY		BIT64(1)
#define   AMDVI_MARC_RELOC		MASK64(51, 12)
#define AMDVI_REG_MARC_LEN(n)		(0x0210 + 0x18 * (n))
#define   AMDVI_MARC_LENGTH		MASK64(51, 12)

/* Reserved Register, 64 bits: the hardware's own. */
#define AMDVI_REG_RSVD_1FF8		0x1FF8

/* Status, 64 bits. */
#define AMDVI_REG_STATUS		0x2020
#define   AMDVI_STATUS_EVENTOVERFLOW	BIT64(0)	/* an event was lost, nothing is logged while set */
#define   AMDVI_STATUS_EVENTLOGINT	BIT64(1)	/* an event was logged */
#define   AMDVI_STATUS_COMWAITINT	BIT64(2)	/* a COMPLETION_WAIT with I completed */
#define   AMDVI_STATUS_EVENTLOGRUN	BIT64(3)
#define   AMDVI_STATUS_CMDBUFRUN	BIT64(4)
#define   AMDVI_STATUS_PPROVERFLOW	BIT64(5)
#define   AMDVI_STATUS_PPRINT		BIT64(6)
#define   AMDVI_STATUS_PPRLOGRUN	BIT64(7)
#define   AMDVI_STATUS_GALOGRUN		BIT64(8)
#define   AMDVI_STATUS_GALOVERFLOW	BIT64(9)
#define   AMDVI_STATUS_GAINT		BIT64(10)
#define   AMDVI_STATUS_PPROVRFLWB	BIT64(11)
#define   AMDVI_STATUS_PPRLOGACTIVE	BIT64(12)	/* 1: log B; disputed */
#define   AMDVI_STATUS_EVENTOVRFLWB	BIT64(15)
#define   AMDVI_STATUS_EVENTLOGACTIVE	BIT64(16)	/* 1: log B; disputed */
#define   AMDVI_STATUS_PPROVRFLWEARLYB	BIT64(17)
#define   AMDVI_STATUS_PPROVRFLWEARLY	BIT64(18)
#define   AMDVI_STATUS_W1C		(AMDVI_STATUS_EVENTOVERFLOW | AMDVI_STATUS_EVENTLOGINT | AMDVI_STATUS_COMWAITINT | \
					 AMDVI_STATUS_PPROVERFLOW | AMDVI_STATUS_PPRINT | AMDVI_STATUS_GALOVERFLOW | \
					 AMDVI_STATUS_GAINT | AMDVI_STATUS_PPROVRFLWB | AMDVI_STATUS_EVENTOVRFLWB | \
					 AMDVI_STATUS_PPROVRFLWEARLYB | AMDVI_STATUS_PPROVRFLWEARLY)
#define   AMDVI_STATUS_RUN		(AMDVI_STATUS_EVENTLOGRUN | AMDVI_STATUS_CMDBUFRUN | AMDVI_STATUS_PPRLOGRUN | \
					 AMDVI_STATUS_GALOGRUN)
#define   AMDVI_STATUS_RO		(AMDVI_STATUS_RUN | AMDVI_STATUS_PPRLOGACTIVE | AMDVI_STATUS_EVENTLOGACTIVE)

/* PPR Log Auto Response, 64 bits. */
#define AMDVI_REG_PPR_AUTORSP		0x2080
#define   AMDVI_AUTORSP_CODE		MASK64(3, 0)	/* AMDVI_PPRC_RC_, amdvi_cmd.h */
#define   AMDVI_AUTORSP_MASKGN		BIT64(4)	/* no PASID in the response */

/* PPR Log Overflow Early Indicator, of log A and B, 64 bits each. */
#define AMDVI_REG_PPR_EARLY		0x2088
#define AMDVI_REG_PPR_EARLY_B		0x2090
#define   AMDVI_EARLY_THRESHOLD		MASK64(14, 0)	/* entries in the log */
#define   AMDVI_EARLY_INTEN		BIT64(30)
#define   AMDVI_EARLY_EN		BIT64(31)

/* Counter Configuration, read-only, and the bank locks, 64 bits each. */
#define AMDVI_REG_CNT_CFG		0x4000
#define   AMDVI_CNT_CFG_NCOUNTER	MASK64(10, 7)
#define   AMDVI_CNT_CFG_NCOUNTERBANKS	MASK64(17, 12)
#define AMDVI_REG_CNT_PASID_LOCK	0x4008
#define AMDVI_REG_CNT_DOMAIN_LOCK	0x4010
#define AMDVI_REG_CNT_DEVICEID_LOCK	0x4018

/* Counter banks: the registers of one counter of one bank, 64 bits each. */
#define AMDVI_CNT_BANK_SIZE		0x1000
#define AMDVI_CNT_COUNTER_SIZE		0x100
#define AMDVI_REG_CNT_BANK(bank)	(0x40000 + AMDVI_CNT_BANK_SIZE * (bank)) /* 0 <= bank <= 3Fh */
#define AMDVI_REG_CNT_(bank, n, off)	(AMDVI_REG_CNT_BANK(bank) + AMDVI_CNT_COUNTER_SIZE * (n) + (off))
#define AMDVI_REG_CNT(bank, n)		AMDVI_REG_CNT_(bank, n, 0x00) /* 0 <= n <= 15 */
#define   AMDVI_CNT_COUNT		MASK64(47, 0)
#define AMDVI_REG_CNT_SOURCE(bank, n)	AMDVI_REG_CNT_(bank, n, 0x08)
#define   AMDVI_CNT_SOURCE_EVENT	MASK64(7, 0)
#define   AMDVI_CNT_SOURCE_CAC		BIT64(31)
#define AMDVI_REG_CNT_PASID(bank, n)	AMDVI_REG_CNT_(bank, n, 0x10)
#define AMDVI_REG_CNT_DOMAIN(bank, n)	AMDVI_REG_CNT_(bank, n, 0x18)
#define AMDVI_REG_CNT_DEVICEID(bank, n)	AMDVI_REG_CNT_(bank, n, 0x20)
#define AMDVI_REG_CNT_REPORT(bank, n)	AMDVI_REG_CNT_(bank, n, 0x28)

/* clang-format on */

#endif
