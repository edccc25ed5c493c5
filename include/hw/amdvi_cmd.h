/*
 * AMD-Vi commands.
 * Implements 2.4 "Commands" of 48882.
 *
 * Prefixes end in C (command) and the number of the 64-bit word, so that they cannot be taken for a register's:
 * AMDVI_DEVTAB_BASE is the register's field, AMDVI_DEVTABC0_DEVICEID the command's. The opcode is AMDVI_CMD0_OP in all
 * of them. A reserved bit that is set makes the command illegal.
 */
#ifndef HW_AMDVI_CMD_H
#define HW_AMDVI_CMD_H

#include "bits.h"

/* clang-format off */

struct amdvi_cmd {
	uint64_t q[2];
};
_Static_assert(sizeof(struct amdvi_cmd) == 16, "48882 2.4, Commands");
#define AMDVI_CMD_LG2			4
#define AMDVI_CMD0_OP			MASK64(63, 60)

/* X(opcode, NAME, what must be supported, description); every other opcode is illegal. */
#define AMDVI_COMMANDS(X) \
	X(0x1, COMPLETION_WAIT,			"",		"wait for all earlier commands") \
	X(0x2, INVALIDATE_DEVTAB_ENTRY,		"",		"drop a cached device table entry") \
	X(0x3, INVALIDATE_IOMMU_PAGES,		"",		"drop cached translations of a domain") \
	X(0x4, INVALIDATE_IOTLB_PAGES,		"IotlbSup",	"drop translations cached in a device") \
	X(0x5, INVALIDATE_INTERRUPT_TABLE,	"",		"drop cached interrupt remapping entries of a device") \
	X(0x6, PREFETCH_IOMMU_PAGES,		"PreFSup",	"translate ahead of use") \
	X(0x7, COMPLETE_PPR_REQUEST,		"PPRSup",	"answer a group of page requests") \
	X(0x8, INVALIDATE_IOMMU_ALL,		"IASup",	"drop everything cached in the unit") \
	X(0x9, INSERT_GUEST_EVENT,		"vIommuSup",	"put an event into a guest's log") \
	X(0xA, RESET_VMMIO,			"vIommuSup",	"reset a guest's registers")

#define AMDVI_COMMAND_ENUM_(code, name, needs, description) AMDVI_OP_##name = code,
enum amdvi_opcode {
	AMDVI_COMMANDS(AMDVI_COMMAND_ENUM_)
};
#undef AMDVI_COMMAND_ENUM_

/* COMPLETION_WAIT. The store is one of 8 bytes and visible before STATUS.COMWAITINT. */
#define AMDVI_CWC0_S			BIT64(0)	/* store STOREDATA */
#define AMDVI_CWC0_I			BIT64(1)	/* set STATUS.COMWAITINT */
#define AMDVI_CWC0_F			BIT64(2)	/* later commands wait for this one */
#define AMDVI_CWC0_STOREADDR		MASK64(51, 3)
#define AMDVI_CWC0_RSVD			MASK64(59, 52)
#define AMDVI_CWC1_STOREDATA		MASK64(63, 0)

/* INVALIDATE_DEVTAB_ENTRY. */
#define AMDVI_DEVTABC0_DEVICEID		MASK64(15, 0)
#define AMDVI_DEVTABC0_RSVD		MASK64(59, 16)
#define AMDVI_DEVTABC1_RSVD		MASK64(63, 0)

/*
 * INVALIDATE_IOMMU_PAGES. With S, the size is encoded in ADDR: AMDVI_SIZE_ENCODE and AMDVI_SIZE_ALL of amdvi_tables.h.
 * Every address whose first zero stands at bit 51 or above means everything too.
 */
#define AMDVI_PAGESC0_PASID		MASK64(19, 0)	/* 0 unless GN */
#define AMDVI_PAGESC0_DOMAINID		MASK64(47, 32)
#define AMDVI_PAGESC0_RSVD		(MASK64(59, 48) | MASK64(31, 20))
#define AMDVI_PAGESC1_S			BIT64(0)	/* the size is encoded in ADDR; else 4 KiB */
#define AMDVI_PAGESC1_PDE		BIT64(1)	/* directory entries too */
#define AMDVI_PAGESC1_GN		BIT64(2)	/* ADDR is a GVA of PASID */
#define AMDVI_PAGESC1_ADDR		MASK64(63, 12)
#define AMDVI_PAGESC1_RSVD		MASK64(11, 3)

/*
 * INVALIDATE_IOTLB_PAGES. The size is encoded as above. Where the pieces of the PASID lie is disputed: the first three
 * masks are one reading, the two named ALT the other.
 */
#define AMDVI_IOTLBC0_DEVICEID		MASK64(15, 0)
#define AMDVI_IOTLBC0_PASID_15_8	MASK64(23, 16)
#define AMDVI_IOTLBC0_MAXPEND		MASK64(31, 24)	/* invalidations pending in the device, at most */
#define AMDVI_IOTLBC0_QUEUEID		MASK64(47, 32)
#define AMDVI_IOTLBC0_PASID_7_0		MASK64(55, 48)
#define AMDVI_IOTLBC0_PASID_19_16	MASK64(59, 56)
#define   AMDVI_IOTLBC0_PASID_7_0_ALT	MASK64(23, 16)
#define   AMDVI_IOTLBC0_PASID_19_8_ALT	MASK64(59, 48)
#define AMDVI_IOTLBC0_RSVD		UINT64_C(0)
#define AMDVI_IOTLBC1_S			BIT64(0)
#define AMDVI_IOTLBC1_GN		BIT64(2)	/* with PASID */
#define AMDVI_IOTLBC1_TYPE		MASK64(5, 4)	/* reserved without EFR.INVIOTLBTYPESUP */
#define   AMDVI_IOTLBC_TYPE_ATS		0
#define AMDVI_IOTLBC1_ADDR		MASK64(63, 12)
#define AMDVI_IOTLBC1_RSVD		(MASK64(11, 6) | BIT64(3) | BIT64(1))

/* The PASID of the first reading, into and out of q[0]. */
#define AMDVI_IOTLBC0_PASID_PREP(pasid)	(FIELD_PREP(AMDVI_IOTLBC0_PASID_7_0, (pasid) & 0xFF) | \
					 FIELD_PREP(AMDVI_IOTLBC0_PASID_15_8, ((pasid) >> 8) & 0xFF) | \
					 FIELD_PREP(AMDVI_IOTLBC0_PASID_19_16, ((pasid) >> 16) & 0xF))
#define AMDVI_IOTLBC0_PASID_GET(q0)	(FIELD_GET(AMDVI_IOTLBC0_PASID_7_0, q0) | \
					 (FIELD_GET(AMDVI_IOTLBC0_PASID_15_8, q0) << 8) | \
					 (FIELD_GET(AMDVI_IOTLBC0_PASID_19_16, q0) << 16))

/* INVALIDATE_INTERRUPT_TABLE. */
#define AMDVI_INTTABC0_DEVICEID		MASK64(15, 0)
#define AMDVI_INTTABC0_RSVD		MASK64(59, 16)
#define AMDVI_INTTABC1_RSVD		MASK64(63, 0)

/* PREFETCH_IOMMU_PAGES. */
#define AMDVI_PREFC0_DEVICEID		MASK64(15, 0)
#define AMDVI_PREFC0_PFCOUNT		MASK64(31, 24)	/* pages - 1 */
#define AMDVI_PREFC0_PASID		MASK64(51, 32)
#define AMDVI_PREFC0_RSVD		(MASK64(59, 52) | MASK64(23, 16))
#define AMDVI_PREFC1_S			BIT64(0)
#define AMDVI_PREFC1_GN			BIT64(2)
#define AMDVI_PREFC1_INVAL		BIT64(4)	/* invalidate first */
#define AMDVI_PREFC1_ADDR		MASK64(63, 12)
#define AMDVI_PREFC1_RSVD		(MASK64(11, 5) | BIT64(3) | BIT64(1))

/* COMPLETE_PPR_REQUEST. CompletionTag is {RC, 0, PRGI}. */
#define AMDVI_PPRC0_DEVICEID		MASK64(15, 0)
#define AMDVI_PPRC0_PASID		MASK64(51, 32)
#define AMDVI_PPRC0_RSVD		(MASK64(59, 52) | MASK64(31, 16))
#define AMDVI_PPRC1_GN			BIT64(2)	/* with PASID */
#define AMDVI_PPRC1_COMPLETIONTAG	MASK64(47, 32)
#define   AMDVI_PPRC1_PRGI		MASK64(40, 32)	/* page request group index */
#define   AMDVI_PPRC1_TAG_ZERO		MASK64(43, 41)
#define   AMDVI_PPRC1_RC		MASK64(47, 44)	/* response code */
#define     AMDVI_PPRC_RC_SUCCESS	0x0
#define     AMDVI_PPRC_RC_INVALID	0x1
#define     AMDVI_PPRC_RC_FAILURE	0xF
#define AMDVI_PPRC1_RSVD		(MASK64(63, 48) | MASK64(31, 3) | MASK64(1, 0))

/* INVALIDATE_IOMMU_ALL. */
#define AMDVI_ALLC0_RSVD		MASK64(59, 0)
#define AMDVI_ALLC1_RSVD		MASK64(63, 0)

/* INSERT_GUEST_EVENT. */
#define AMDVI_GEVC0_DATA		MASK64(31, 0)
#define AMDVI_GEVC0_GUESTID		MASK64(47, 32)
#define AMDVI_GEVC0_RSVD		MASK64(59, 48)
#define AMDVI_GEVC1_DATA		MASK64(63, 0)

/* RESET_VMMIO. */
#define AMDVI_RVMC0_GUESTID		MASK64(15, 0)
#define AMDVI_RVMC0_ALL			BIT64(59)
#define AMDVI_RVMC0_RSVD		MASK64(58, 16)
#define AMDVI_RVMC1_VCMD		BIT64(31)
#define AMDVI_RVMC1_RSVD		(MASK64(63, 32) | MASK64(30, 0))

/* clang-format on */

#endif
