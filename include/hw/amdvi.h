/*
 * AMD I/O Virtualization Technology (AMD-Vi, the IOMMU): what the silicon defines.
 *
 * The specification is "AMD I/O Virtualization Technology (IOMMU) Specification", publication 48882, Rev. 3.11 (April
 * 2026). Section numbers in amdvi_*.h are its numbers; they are the same since Rev. 3.05. What a revision renamed or
 * added is marked "Rev <= n" or "since Rev n"; what public sources dispute is marked "disputed".
 *
 * One mask per field. Registers: AMDVI_<REGISTER>_<FIELD>. Entries and commands are arrays of 64-bit words, q[0] first,
 * and the number of the word stands in the name: AMDVI_DTE1_DOMAINID is a field of q[1]. The specification prints
 * commands and events as 32-bit words +0 to +12: q[0] is {+4, +0}, q[1] is {+12, +8}. Masks named _RSVD hold the bits
 * that must be 0 in every unit and every mode; what features take away or revisions gave back has a mask of its own.
 */
#ifndef HW_AMDVI_H
#define HW_AMDVI_H

#include "bits.h"
#include "amdvi_regs.h"
#include "amdvi_tables.h"
#include "amdvi_cmd.h"
#include "amdvi_event.h"
#include "amdvi_irq.h"

#endif
