/*
 * Intel Virtualization Technology for Directed I/O: what the silicon defines.
 *
 * The specification is "Intel Virtualization Technology for Directed I/O Architecture Specification", order D51397,
 * Rev. 5.10 (November 2025). Section numbers in vtd_*.h are its numbers; since they move between revisions, each comes
 * with its title. What only older revisions have is marked "Rev <= n".
 *
 * One mask per field. Registers: VTD_<REGISTER>_<FIELD>. Entries and descriptors are arrays of 64-bit words, q[0]
 * first, and the number of the word stands in the name: VTD_CE1_DID is a field of q[1]. Masks named _RSVD hold the bits
 * that must be 0 in every unit and every mode; what capabilities, HAW and domain-id width add is left to the user.
 */
#ifndef HW_VTD_H
#define HW_VTD_H

#include "bits.h"
#include "vtd_regs.h"
#include "vtd_tables.h"
#include "vtd_desc.h"
#include "vtd_irq.h"
#include "vtd_fault.h"

#endif
