/*
 * VT-d fault reasons, as FRCD.FR reports them.
 * Implements chapter 7 "Address Translation Faults" and the fault conditions of 5.1 "Interrupt Remapping".
 */
#ifndef HW_VTD_FAULT_H
#define HW_VTD_FAULT_H

#include <stdint.h>

/* clang-format off */

/*
 * X(code, NAME, conditions, qualified, description)
 *
 * conditions is the specification's name of the condition (LCT.4 stands for LCT.4.1, LCT.4.2 ...), empty where it has
 * none. A qualified fault is not recorded when an entry met on the way has FPD set.
 */
#define VTD_FAULT_REASONS(X) \
	/* legacy mode */ \
	X(0x01, ROOT_NP,	"LRT.2",   0, "root entry is not present") \
	X(0x02, CTX_NP,		"LCT.2",   1, "context entry is not present") \
	X(0x03, CTX_INV,	"LCT.4",   1, "context entry has an unsupported AW or TT, or an unreadable table") \
	X(0x04, ADDR_BEYOND,	"LGN.1",   1, "address is beyond the width that may be translated") \
	X(0x05, SS_WRITE,	"LGN.2",   1, "write to a page without write permission") \
	X(0x06, SS_READ,	"LGN.3",   1, "read of a page without read permission") \
	X(0x07, SS_ACCESS,	"LSS.1",   1, "second-stage paging entry cannot be read") \
	X(0x08, ROOT_ACCESS,	"LRT.1",   0, "root entry cannot be read") \
	X(0x09, CTX_ACCESS,	"LCT.1",   0, "context entry cannot be read") \
	X(0x0A, ROOT_RSVD,	"LRT.3",   0, "root entry has a reserved bit set") \
	X(0x0B, CTX_RSVD,	"LCT.3",   1, "context entry has a reserved bit set") \
	X(0x0C, SS_RSVD,	"LSS.2",   1, "second-stage paging entry has a reserved bit set") \
	X(0x0D, CTX_ATS,	"LCT.5",   1, "context entry does not allow translation or translated requests") \
	X(0x0E, INTR_OUT,	"LGN.4",   1, "translation leads into the interrupt address range") \
	/* interrupts */ \
	X(0x20, IR_REQ_RSVD,	"",        0, "interrupt request has a reserved bit set") \
	X(0x21, IR_INDEX,	"",        0, "interrupt index is beyond the remapping table") \
	X(0x22, IR_NP,		"",        1, "interrupt remapping entry is not present") \
	X(0x23, IR_ACCESS,	"",        0, "interrupt remapping entry cannot be read") \
	X(0x24, IR_RSVD,	"",        1, "interrupt remapping entry has a reserved bit or value") \
	X(0x25, IR_COMPAT,	"",        0, "compatibility format interrupt while these are blocked") \
	X(0x26, IR_SID,		"",        1, "interrupt comes from a source its remapping entry does not allow") \
	X(0x27, IR_PID_ACCESS,	"",        1, "posted interrupt descriptor cannot be accessed") \
	X(0x28, IR_PID_RSVD,	"",        1, "posted interrupt descriptor has a reserved bit set") \
	X(0x29, BAD_INTR,	"",        0, "request to the interrupt address range that is no interrupt") \
	X(0x2A, IR_EIME,	"",        0, "interrupt while the required extended interrupt mode is off") \
	X(0x2B, IR_REQUIRED,	"",        0, "interrupt while the required interrupt remapping is off") \
	/* root table address register */ \
	X(0x30, TTM_INV,	"RTA.1",   0, "translation table mode is reserved or unsupported") \
	X(0x31, LEGACY_PASID,	"RTA.2",   0, "request with PASID in legacy mode") \
	X(0x32, LEGACY_PRQ,	"RTA.3",   0, "page request in legacy mode") \
	X(0x33, ABORT_MODE,	"RTA.4",   0, "request in abort-DMA mode") \
	X(0x34, EXEC,		"RTA.5",   0, "request asks for execute permission") \
	/* scalable mode: root, context, PASID */ \
	X(0x38, SM_ROOT_ACCESS,	"SRT.1",   0, "scalable-mode root entry cannot be read") \
	X(0x39, SM_ROOT_NP,	"SRT.2",   0, "scalable-mode root entry half is not present") \
	X(0x3A, SM_ROOT_RSVD,	"SRT.3",   0, "scalable-mode root entry half has a reserved bit set") \
	X(0x40, SM_CTX_ACCESS,	"SCT.1",   0, "scalable-mode context entry cannot be read") \
	X(0x41, SM_CTX_NP,	"SCT.2",   1, "scalable-mode context entry is not present") \
	X(0x42, SM_CTX_RSVD,	"SCT.3",   1, "scalable-mode context entry has a reserved bit set") \
	X(0x43, SM_CTX_INV,	"SCT.4",   1, "scalable-mode context entry contradicts itself") \
	X(0x44, SM_CTX_ATS,	"SCT.5",   1, "DTE does not allow translation or translated requests") \
	X(0x45, SM_CTX_PASID,	"SCT.6",   1, "PASIDE does not allow requests with PASID") \
	X(0x46, PASID_DIR_BEYOND, "SCT.7", 1, "PASID is beyond the PASID directory") \
	X(0x47, SM_CTX_PRQ,	"SCT.8",   1, "PRE does not allow page requests") \
	X(0x48, PASID_IS_RID,	"SCT.9",   1, "request carries the PASID set aside for requests without") \
	X(0x49, SM_CTX_XT_PASID, "SCT.10", 1, "EPTR does not allow translated requests with PASID") \
	X(0x50, PASID_DIR_ACCESS, "SPD.1", 0, "PASID directory entry cannot be read") \
	X(0x51, PASID_DIR_NP,	"SPD.2",   1, "PASID directory entry is not present") \
	X(0x52, PASID_DIR_RSVD,	"SPD.3",   1, "PASID directory entry has a reserved bit set") \
	X(0x58, PASID_ACCESS,	"SPT.1",   0, "PASID table entry cannot be read") \
	X(0x59, PASID_NP,	"SPT.2",   1, "PASID table entry is not present") \
	X(0x5A, PASID_RSVD,	"SPT.3",   1, "PASID table entry has a reserved bit set") \
	X(0x5B, PASID_INV,	"SPT.4",   1, "PASID table entry asks for something unsupported") \
	X(0x5C, PASID_EXEC,	"SPT.5",   1, "execute requests are not supported") \
	X(0x5D, PASID_PRIV,	"SPT.6",   1, "SRE does not allow supervisor requests") \
	X(0x60, HPT_BEYOND,	"SPT.9",   1, "translated address is beyond the host permission table") \
	/* scalable mode: paging */ \
	X(0x70, FS_ACCESS,	"SFS.1",   1, "first-stage paging entry cannot be read") \
	X(0x71, FS_NP,		"SFS.2",   1, "first-stage paging entry is not present") \
	X(0x72, FS_RSVD,	"SFS.3",   1, "first-stage paging entry has a reserved bit set") \
	X(0x73, FS_TOP_ACCESS,	"SFS.4",   1, "topmost first-stage paging entry cannot be read") \
	X(0x74, FS_BEYOND,	"SFS.5",   1, "first-stage paging entry points beyond the second-stage width") \
	X(0x75, FS_TOP_SS_READ,	"SFS.6",   1, "second stage does not let the topmost first-stage entry be read") \
	X(0x76, FS_SS_READ,	"SFS.7",   1, "second stage does not let a first-stage entry be read") \
	X(0x77, FS_SS_WRITE,	"SFS.8",   1, "second stage does not let a first-stage entry be updated") \
	X(0x78, SM_SS_ACCESS,	"SSS.1",   1, "second-stage paging entry cannot be read (scalable mode)") \
	X(0x79, SM_SS_NP,	"SSS.2",   1, "second stage gives no permission at all (scalable mode)") \
	X(0x7A, SM_SS_RSVD,	"SSS.3",   1, "second-stage paging entry has a reserved bit set (scalable mode)") \
	X(0x7B, SM_SS_TOP_ACCESS, "SSS.4", 1, "topmost second-stage paging entry cannot be read (scalable mode)") \
	X(0x7C, SM_SS_AD_SNOOP,	"SSS.5",   1, "second-stage A or D needs an update but walks do not snoop") \
	X(0x7D, SM_SS_AD_ACCESS, "SSS.6",  1, "second-stage A or D could not be updated") \
	X(0x80, NOT_CANONICAL,	"SGN.1",   1, "address is not canonical") \
	X(0x81, FS_USER,	"SGN.2",   1, "user request to a supervisor page") \
	X(0x83, SM_HAW_BEYOND,	"SGN.4",   1, "translated or passed-through address is beyond the host address width") \
	X(0x84, SM_ADDR_BEYOND,	"SGN.5",   1, "address is beyond the width that may be translated (scalable mode)") \
	X(0x85, SM_WRITE,	"SGN.6",   1, "write to a page without write permission (scalable mode)") \
	X(0x86, SM_READ,	"SGN.7",   1, "read of a page without read permission (scalable mode)") \
	X(0x87, SM_INTR_OUT,	"SGN.8",   1, "translation leads into the interrupt address range (scalable mode)") \
	X(0x89, PASID_BEYOND,	"SGN.10",  1, "PASID is wider than the unit supports") \
	X(0x90, FS_AD_SNOOP,	"SFS.9",   1, "first-stage A, D or EA needs an update but walks do not snoop") \
	X(0x91, FS_AD_ACCESS,	"SFS.10",  1, "first-stage A, D or EA could not be updated") \
	/* host permission tables */ \
	X(0xA0, HPT_ACCESS,	"HPT.1",   1, "host permission table entry cannot be read") \
	X(0xA1, HPT_RSVD,	"HPT.2",   1, "host permission table entry has a reserved bit set") \
	X(0xA2, HPT_TOP_ACCESS,	"HPT.3",   1, "topmost host permission table entry cannot be read") \
	X(0xA3, HPT_ZLR,	"HPT.4",   1, "zero-length read without any host permission") \
	X(0xA4, HPT_WRITE,	"HPT.5",   1, "write without host permission") \
	X(0xA5, HPT_READ,	"HPT.6",   1, "read without host permission")

#define VTD_FAULT_ENUM_(code, name, conditions, qualified, description) VTD_FR_##name = code,
enum vtd_fault_reason {
	VTD_FAULT_REASONS(VTD_FAULT_ENUM_)
};
#undef VTD_FAULT_ENUM_

/* clang-format on */

#endif
