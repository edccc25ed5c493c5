/*
 * The IVRS table: how firmware describes AMD-Vi units.
 *
 * AMD I/O Virtualization Technology (IOMMU) Specification 48882, Rev 3.11, chapter 5 "I/O Virtualization ACPI Table".
 * Offsets in bytes from the start of the table, of the block, or of the device entry; numbers are little-endian and may be
 * unaligned.
 */
#ifndef HW_ACPI_IVRS_H
#define HW_ACPI_IVRS_H

#include "acpi_table.h"
#include "bits.h"

/* I/O Virtualization Reporting Structure. */
#define IVRS_SIGNATURE "IVRS"
#define IVRS_REVISION_FIXED 1 /* blocks 10h and 11h */
#define IVRS_REVISION_MIXED 2 /* 40h too */
#define IVRS_INFO 36          /* 4 */
#define IVRS_INFO_EFRSUP BIT32(0)
#define IVRS_INFO_DMAREMAPSUP BIT32(1)
#define IVRS_INFO_GVASIZE MASK32(7, 5)
#define IVRS_INFO_PASIZE MASK32(14, 8)
#define IVRS_INFO_VASIZE MASK32(21, 15)
#define IVRS_INFO_HTATSRESV BIT32(22)
#define IVRS_BYTES 48

/* Every block begins so. */
#define IVRS_BLOCK_TYPE 0   /* 1 */
#define IVRS_BLOCK_FLAGS 1  /* 1 */
#define IVRS_BLOCK_LENGTH 2 /* 2: with its device entries */
#define IVRS_BLOCK_BYTES 4

#define IVRS_TYPE_IVHD_10 0x10
#define IVRS_TYPE_IVHD_11 0x11
#define IVRS_TYPE_IVHD_40 0x40
#define IVRS_TYPE_IVMD_ALL 0x20
#define IVRS_TYPE_IVMD_ONE 0x21
#define IVRS_TYPE_IVMD_RANGE 0x22

/* I/O Virtualization Hardware Definition blocks. */
#define IVHD_FLAGS_HTTUNEN BIT32(0)
#define IVHD_FLAGS_PASSPW BIT32(1)
#define IVHD_FLAGS_RESPASSPW BIT32(2)
#define IVHD_FLAGS_ISOC BIT32(3)
#define IVHD_FLAGS_IOTLBSUP BIT32(4)
#define IVHD_FLAGS_COHERENT BIT32(5)
#define IVHD_FLAGS_PREFSUP BIT32(6) /* 10h */
#define IVHD_FLAGS_PPRSUP BIT32(7)  /* 10h */
#define IVHD_DEVICEID 4             /* 2: of the IOMMU's own PCI function */
#define IVHD_CAPABILITY 6           /* 2: offset of its capability block */
#define IVHD_BASE 8                 /* 8 */
#define IVHD_SEGMENT 16             /* 2 */
#define IVHD_INFO 18                /* 2 */
#define IVHD_INFO_MSINUM MASK32(4, 0)
#define IVHD_INFO_UNITID MASK32(12, 8)
#define IVHD_FEATURE 20 /* 4: feature reporting (10h), attributes (11h, 40h) */
#define IVHD_FEATURE_XTSUP BIT32(0)
#define IVHD_FEATURE_NXSUP BIT32(1)
#define IVHD_FEATURE_GTSUP BIT32(2)
#define IVHD_FEATURE_GLXSUP MASK32(4, 3)
#define IVHD_FEATURE_IASUP BIT32(5)
#define IVHD_FEATURE_GASUP BIT32(6)
#define IVHD_FEATURE_HESUP BIT32(7)
#define IVHD_FEATURE_PASMAX MASK32(12, 8)
#define IVHD_FEATURE_PNCOUNTERS MASK32(16, 13)
#define IVHD_FEATURE_PNBANKS MASK32(22, 17)
#define IVHD_FEATURE_MSINUMPPR MASK32(27, 23)
#define IVHD_FEATURE_GATS MASK32(29, 28)
#define IVHD_FEATURE_HATS MASK32(31, 30)
#define IVHD_ATTR_HATDIS BIT32(0)
#define IVHD_ATTR_PNCOUNTERS MASK32(16, 13)
#define IVHD_ATTR_PNBANKS MASK32(22, 17)
#define IVHD_ATTR_MSINUMPPR MASK32(27, 23)
#define IVHD_10_BYTES 24
#define IVHD_EFR 24  /* 8: 11h, 40h */
#define IVHD_EFR2 32 /* 8: 11h, 40h */
#define IVHD_11_BYTES 40

/* IVHD Device Entries: 4 bytes below 40h, 8 to 7Fh, 16 to BFh, 32 to EFh, F0h by its UID. */
#define IVHD_DEV_TYPE 0
#define IVHD_DEV_ID 1 /* 2: DeviceID */
#define IVHD_DEV_SETTING 3
#define IVHD_DEV_PAD4 0x00
#define IVHD_DEV_ALL 0x01
#define IVHD_DEV_SELECT 0x02
#define IVHD_DEV_START 0x03
#define IVHD_DEV_END 0x04
#define IVHD_DEV_PAD8 0x40
#define IVHD_DEV_ALIAS_SELECT 0x42
#define IVHD_DEV_ALIAS_START 0x43
#define IVHD_DEV_EXT_SELECT 0x46
#define IVHD_DEV_EXT_START 0x47
#define IVHD_DEV_SPECIAL 0x48
#define IVHD_DEV_HID 0xf0
#define IVHD_DEV_FIXED_MAX 0xef /* types above have a length of their own */

#define IVHD_DEV_ALIAS 5 /* 2: the id requests appear with */
#define IVHD_DEV_EXT 4   /* 4: extended setting */
#define IVHD_DEV_EXT_ATSDISABLED BIT32(31)
#define IVHD_DEV_HANDLE 4  /* 1: special device: I/O APIC id, HPET number */
#define IVHD_DEV_SOURCE 5  /* 2: special device: DeviceID */
#define IVHD_DEV_VARIETY 7 /* 1 */
#define IVHD_VARIETY_IOAPIC 1
#define IVHD_VARIETY_HPET 2
#define IVHD_DEV_HID_NAME 4    /* 8 characters */
#define IVHD_DEV_HID_CID 12    /* 8 characters */
#define IVHD_DEV_HID_FORMAT 20 /* 1: of the UID */
#define IVHD_UID_NONE 0
#define IVHD_UID_INTEGER 1
#define IVHD_UID_STRING 2
#define IVHD_DEV_HID_LENGTH 21 /* 1: of the UID */
#define IVHD_DEV_HID_UID 22
#define IVHD_DEV_HID_BYTES 22

/* DTE bits that a device's setting asks for. */
#define IVHD_SETTING_INITPASS BIT32(0)
#define IVHD_SETTING_EINTPASS BIT32(1)
#define IVHD_SETTING_NMIPASS BIT32(2)
#define IVHD_SETTING_SYSMGT MASK32(5, 4)
#define IVHD_SETTING_LINT0PASS BIT32(6)
#define IVHD_SETTING_LINT1PASS BIT32(7)

/* I/O Virtualization Memory Definition blocks. */
#define IVMD_FLAGS_UNITY BIT32(0)
#define IVMD_FLAGS_IR BIT32(1)
#define IVMD_FLAGS_IW BIT32(2)
#define IVMD_FLAGS_EXCLUSION BIT32(3)
#define IVMD_DEVICEID 4 /* 2: 21h the device, 22h the first */
#define IVMD_AUX 6      /* 2: 22h the last */
#define IVMD_SEGMENT 8  /* 2: 0 in tables that predate it */
#define IVMD_START 16   /* 8 */
#define IVMD_LENGTH 24  /* 8 */
#define IVMD_BYTES 32

#endif
