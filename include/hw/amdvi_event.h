/*
 * AMD-Vi logs: events, peripheral page requests, guest APIC log.
 * Implements 2.5 "Event Logging", 2.6 "Peripheral Page Request (PPR) Logging" and the guest virtual APIC log
 * of 48882.
 */
#ifndef HW_AMDVI_EVENT_H
#define HW_AMDVI_EVENT_H

#include "bits.h"

/* clang-format off */

/* Event log entry, 128 bits. 48882 2.5 "Event Logging": the common format. */
struct amdvi_event {
	uint64_t q[2];
};
_Static_assert(sizeof(struct amdvi_event) == 16, "48882 2.5, Event Logging");
#define AMDVI_EVENT_LG2			4
#define AMDVI_EV0_DEVICEID		MASK64(15, 0)
#define AMDVI_EV0_PASID_HI		MASK64(19, 16)	/* PASID 19:16, when GN */
#define AMDVI_EV0_VNR			BIT64(27)	/* vIOMMU */
#define AMDVI_EV0_VEVENT		BIT64(29)	/* vIOMMU */
#define AMDVI_EV0_VPTR			BIT64(30)	/* vIOMMU */
#define AMDVI_EV0_VCMD			BIT64(31)	/* vIOMMU */
#define AMDVI_EV0_DOMAINID		MASK64(47, 32)	/* when not GN */
#define AMDVI_EV0_PASID_LO		MASK64(47, 32)	/* PASID 15:0, when GN */
#define AMDVI_EV0_GUESTID		MASK64(47, 32)	/* GUEST_EVENT_FAULT, VIOMMU_HARDWARE_ERROR */
#define AMDVI_EV0_FLAGS			MASK64(59, 48)
#define   AMDVI_EV0_GN			BIT64(48)
#define   AMDVI_EV0_NX			BIT64(49)
#define   AMDVI_EV0_US			BIT64(50)
#define   AMDVI_EV0_I			BIT64(51)
#define   AMDVI_EV0_PR			BIT64(52)
#define   AMDVI_EV0_RW			BIT64(53)
#define   AMDVI_EV0_PE			BIT64(54)
#define   AMDVI_EV0_RZ			BIT64(55)
#define   AMDVI_EV0_TR			BIT64(56)
#define   AMDVI_EV0_TYPE		MASK64(59, 57)	/* INVALID_DEVICE_REQUEST: AMDVI_DR_ */
#define   AMDVI_EV0_TYPE_HW		MASK64(58, 57)	/* the hardware errors: AMDVI_HWERR_ */
#define AMDVI_EV0_CODE			MASK64(63, 60)	/* AMDVI_EV_ */
#define AMDVI_EV1_ADDR			MASK64(63, 0)
#define AMDVI_EV1_COUNTERNOTE_HI	MASK64(19, 0)	/* EVENT_COUNTER_ZERO */
#define AMDVI_EV1_COUNTERNOTE_LO	MASK64(63, 32)	/* EVENT_COUNTER_ZERO */
#define AMDVI_EV_CODE_EMPTY		0		/* an entry that was not written yet */

/* X(NAME, description); the mask is AMDVI_EV0_NAME. */
#define AMDVI_EVENT_FLAGS(X) \
	X(GN, "the address is guest virtual, the entry has a PASID") \
	X(NX, "an execute request") \
	X(US, "a request in user mode") \
	X(I,  "an interrupt request") \
	X(PR, "the entry that decided was present") \
	X(RW, "a write") \
	X(PE, "permission was missing") \
	X(RZ, "a reserved bit was set") \
	X(TR, "an ATS translation request")

/*
 * X(code, NAME, flags, description)
 *
 * flags are the bits of AMDVI_EV0_FLAGS that may be set. INVALID_PPR_REQUEST has the layout of a PPR log entry and its
 * flags (AMDVI_PPRE0_). The class and tag of the two RMP events are not defined here. The specification prints
 * EVENT_COUNTER_ZERO as 10h, although the code has four bits: disputed.
 */
#define AMDVI_EVENTS(X) \
	X(0x1, ILLEGAL_DEV_TABLE_ENTRY, AMDVI_EV0_GN | AMDVI_EV0_I | AMDVI_EV0_RW | AMDVI_EV0_RZ | AMDVI_EV0_TR, \
	  "device table entry has a reserved bit or value") \
	X(0x2, IO_PAGE_FAULT, AMDVI_EV0_GN | AMDVI_EV0_NX | AMDVI_EV0_US | AMDVI_EV0_I | AMDVI_EV0_PR | AMDVI_EV0_RW | \
	  AMDVI_EV0_PE | AMDVI_EV0_RZ | AMDVI_EV0_TR, \
	  "address or interrupt cannot be translated") \
	X(0x3, DEV_TAB_HARDWARE_ERROR, AMDVI_EV0_I | AMDVI_EV0_RW | AMDVI_EV0_TR | AMDVI_EV0_TYPE_HW, \
	  "device table entry cannot be read") \
	X(0x4, PAGE_TAB_HARDWARE_ERROR, AMDVI_EV0_GN | AMDVI_EV0_I | AMDVI_EV0_RW | AMDVI_EV0_TR | AMDVI_EV0_TYPE_HW, \
	  "page table or interrupt remapping entry cannot be read") \
	X(0x5, ILLEGAL_COMMAND_ERROR, UINT64_C(0), \
	  "command has an undefined opcode, a reserved bit or an unsupported feature") \
	X(0x6, COMMAND_HARDWARE_ERROR, AMDVI_EV0_TYPE_HW, \
	  "command cannot be read or its result cannot be stored") \
	X(0x7, IOTLB_INV_TIMEOUT, UINT64_C(0), \
	  "device did not answer an invalidation") \
	X(0x8, INVALID_DEVICE_REQUEST, AMDVI_EV0_GN | AMDVI_EV0_US | AMDVI_EV0_TR | AMDVI_EV0_TYPE, \
	  "device sent a request it is not allowed to") \
	X(0x9, INVALID_PPR_REQUEST, AMDVI_PPRE0_EX | AMDVI_PPRE0_R | AMDVI_PPRE0_W | AMDVI_PPRE0_US | AMDVI_PPRE0_RZ | \
	  AMDVI_PPRE0_GN, \
	  "device sent a page request it is not allowed to") \
	X(0xA, EVENT_COUNTER_ZERO, UINT64_C(0), \
	  "performance counter wrapped") \
	X(0xB, GUEST_EVENT_FAULT, UINT64_C(0), \
	  "event cannot be put into a guest's log") \
	X(0xC, VIOMMU_HARDWARE_ERROR, UINT64_C(0), \
	  "table of a guest cannot be accessed") \
	X(0xD, RMP_PAGE_FAULT, AMDVI_EV0_I | AMDVI_EV0_RW | AMDVI_EV0_PR | AMDVI_EV0_PE | AMDVI_EV0_RZ, \
	  "reverse map table denies the access") \
	X(0xE, RMP_HARDWARE_ERROR, AMDVI_EV0_I | AMDVI_EV0_RW | AMDVI_EV0_PR | AMDVI_EV0_PE | AMDVI_EV0_RZ, \
	  "reverse map table entry cannot be read")

#define AMDVI_EVENT_ENUM_(code, name, flags, description) AMDVI_EV_##name = code,
enum amdvi_event_code {
	AMDVI_EVENTS(AMDVI_EVENT_ENUM_)
};
#undef AMDVI_EVENT_ENUM_

/* TYPE_HW of the hardware errors; 0 is reserved. */
#define AMDVI_HWERR_MASTER_ABORT	1
#define AMDVI_HWERR_TARGET_ABORT	2
#define AMDVI_HWERR_DATA_ERROR		3		/* poison */

/* TYPE of INVALID_DEVICE_REQUEST: X(TR, type, NAME, description). All but 5 are disputed. */
#define AMDVI_DEVICE_REQUESTS(X) \
	X(0, 0, INTR_READ,	"read or non-posted access in the interrupt range") \
	X(0, 1, PRETRANSLATED,	"pre-translated access without I or V") \
	X(0, 2, PORT_IO,	"port I/O that IoCtl aborts") \
	X(0, 3, SYSMGT_WRITE,	"posted system management write that SysMgt aborts") \
	X(0, 4, INTR_WRITE,	"posted write to the interrupt range that IntCtl aborts") \
	X(0, 5, INTR_RSVD,	"posted write to the reserved interrupt range") \
	X(0, 6, SYSMGT,		"access to the system management range") \
	X(1, 0, ATS_SPECIAL,	"translation request for a special range") \
	X(1, 1, ATS_DISABLED,	"translation request without I or V") \
	X(1, 2, ATS_BEYOND,	"translation request with a DeviceID beyond the table")

#define AMDVI_DR_ENUM_(tr, type, name, description) AMDVI_DR_##name = type,
enum amdvi_device_request {
	AMDVI_DEVICE_REQUESTS(AMDVI_DR_ENUM_)
};
#undef AMDVI_DR_ENUM_

/* PPR log entry, 128 bits; also INVALID_PPR_REQUEST in the event log, with that code. */
struct amdvi_ppr {
	uint64_t q[2];
};
_Static_assert(sizeof(struct amdvi_ppr) == 16, "48882 2.6, PPR log entry");
#define AMDVI_PPR_LG2			4
#define AMDVI_PPRE0_DEVICEID		MASK64(15, 0)
#define AMDVI_PPRE0_PASID_LO		MASK64(31, 16)	/* PASID 15:0 */
#define AMDVI_PPRE0_TAG			MASK64(41, 32)
#define   AMDVI_PPRE0_PRGI		MASK64(40, 32)	/* page request group index */
#define   AMDVI_PPRE0_L			BIT64(41)	/* last in group: answer it */
#define AMDVI_PPRE0_PASID_HI		MASK64(45, 42)	/* PASID 19:16 */
#define AMDVI_PPRE0_EX			BIT64(49)	/* execute requested */
#define AMDVI_PPRE0_R			BIT64(50)	/* read requested */
#define AMDVI_PPRE0_W			BIT64(53)	/* write requested */
#define AMDVI_PPRE0_US			BIT64(54)	/* user mode */
#define AMDVI_PPRE0_RZ			BIT64(55)	/* the request had a reserved bit set */
#define AMDVI_PPRE0_GN			BIT64(56)	/* with PASID */
#define AMDVI_PPRE0_CODE		MASK64(63, 60)
#define   AMDVI_PPR_PAGE_SERVICE_REQUEST 1
#define AMDVI_PPRE0_RSVD		(MASK64(59, 57) | MASK64(52, 51) | MASK64(48, 46))
#define AMDVI_PPRE1_ADDR		MASK64(63, 12)
#define AMDVI_PPRE1_RSVD		MASK64(11, 0)

/* GA log entry, one word. */
#define AMDVI_GA_LG2			3
#define AMDVI_GAE_GATAG			MASK64(31, 0)
#define AMDVI_GAE_DEVICEID		MASK64(47, 32)
#define AMDVI_GAE_CODE			MASK64(63, 60)
#define   AMDVI_GA_GUEST_NR		1		/* the guest was not running */
#define AMDVI_GAE_RSVD			MASK64(59, 48)

/* clang-format on */

#endif
