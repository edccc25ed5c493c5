/*
 * The DMAR table: how firmware describes VT-d units.
 *
 * Intel Virtualization Technology for Directed I/O, Revision 5.10, chapter 8 "BIOS Considerations". Offsets in bytes from
 * the start of the table, of the structure, or of the scope entry; numbers are little-endian and may be unaligned.
 */
#ifndef HW_ACPI_DMAR_H
#define HW_ACPI_DMAR_H

#include "acpi_table.h"
#include "bits.h"

/* 8.1 DMA Remapping Reporting Structure. */
#define DMAR_SIGNATURE "DMAR"
#define DMAR_REVISION 1
#define DMAR_HAW 36 /* 1: host address width less 1 */
#define DMAR_FLAGS 37
#define DMAR_FLAGS_INTR_REMAP BIT32(0)
#define DMAR_FLAGS_X2APIC_OPT_OUT BIT32(1)
#define DMAR_FLAGS_DMA_CTRL_PLATFORM_OPT_IN BIT32(2)
#define DMAR_FLAGS_RSVD MASK32(7, 3)
#define DMAR_BYTES 48

/* 8.2 Remapping Structure Types. Structures come in ascending order of type; unknown types are skipped. */
#define DMAR_ST_TYPE 0   /* 2 */
#define DMAR_ST_LENGTH 2 /* 2: with its device scopes */
#define DMAR_ST_BYTES 4

#define DMAR_TYPE_DRHD 0
#define DMAR_TYPE_RMRR 1
#define DMAR_TYPE_ATSR 2
#define DMAR_TYPE_RHSA 3
#define DMAR_TYPE_ANDD 4
#define DMAR_TYPE_SATC 5
#define DMAR_TYPE_SIDP 6
#define DMAR_TYPES 7

/* The segment stands at the same place wherever a structure has one. */
#define DMAR_ST_SEGMENT 6 /* 2 */

/* 8.3 DMA Remapping Hardware Unit Definition Structure. */
#define DMAR_DRHD_FLAGS 4
#define DMAR_DRHD_FLAGS_INCLUDE_PCI_ALL BIT32(0)
#define DMAR_DRHD_SIZE 5 /* 1: N, the register set has 2^N pages of 4 KiB */
#define DMAR_DRHD_SIZE_N MASK32(3, 0)
#define DMAR_DRHD_BASE 8 /* 8 */
#define DMAR_DRHD_BYTES 16

/* 8.4 Reserved Memory Region Reporting Structure. */
#define DMAR_RMRR_BASE 8   /* 8: multiple of 4096 */
#define DMAR_RMRR_LIMIT 16 /* 8: the last byte */
#define DMAR_RMRR_BYTES 24

/* 8.5 Root Port ATS Capability Reporting Structure. */
#define DMAR_ATSR_FLAGS 4
#define DMAR_ATSR_FLAGS_ALL_PORTS BIT32(0)
#define DMAR_ATSR_BYTES 8

/* 8.6 Remapping Hardware Static Affinity Structure. */
#define DMAR_RHSA_BASE 8       /* 8: register base of the unit */
#define DMAR_RHSA_PROXIMITY 16 /* 4 */
#define DMAR_RHSA_BYTES 20

/* 8.7 ACPI Name-space Device Declaration Structure. */
#define DMAR_ANDD_NUMBER 7 /* 1: what scope entries of type 5 refer to */
#define DMAR_ANDD_NAME 8   /* object name with a NUL */
#define DMAR_ANDD_BYTES 9  /* with an empty name */

/* 8.8 SoC Integrated Address Translation Cache Reporting Structure. */
#define DMAR_SATC_FLAGS 4
#define DMAR_SATC_FLAGS_ATC_REQUIRED BIT32(0)
#define DMAR_SATC_BYTES 8

/* 8.9 SoC Integrated Device Property Reporting Structure. */
#define DMAR_SIDP_BYTES 8

/* 8.3.1 Device Scope Structure. */
#define DMAR_SCOPE_TYPE 0
#define DMAR_SCOPE_LENGTH 1 /* 1: 6 + 2 N, N at least 1 */
#define DMAR_SCOPE_FLAGS 2  /* 1: inside SIDP, for types 1 and 5 */
#define DMAR_SCOPE_FLAGS_NESTED_NOTALLOWED BIT32(0)
#define DMAR_SCOPE_FLAGS_PWSNP_NOTALLOWED BIT32(1)
#define DMAR_SCOPE_FLAGS_PGSNP_NOTALLOWED BIT32(2)
#define DMAR_SCOPE_FLAGS_ATC_HARDENED BIT32(3)
#define DMAR_SCOPE_FLAGS_ATC_REQUIRED BIT32(4)
#define DMAR_SCOPE_ID 4    /* 1: I/O APIC id, HPET number, ACPI device number */
#define DMAR_SCOPE_BUS 5   /* 1: where the path starts */
#define DMAR_SCOPE_PATH 6  /* N pairs of device and function */
#define DMAR_SCOPE_BYTES 8 /* with a path of one pair */

#define DMAR_SCOPE_TYPE_ENDPOINT 1
#define DMAR_SCOPE_TYPE_BRIDGE 2
#define DMAR_SCOPE_TYPE_IOAPIC 3
#define DMAR_SCOPE_TYPE_HPET 4
#define DMAR_SCOPE_TYPE_ACPI 5

#endif
