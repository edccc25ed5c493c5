/*
 * What all ACPI description tables begin with. Advanced Configuration and Power Interface Specification 6.5, 5.2.6
 * "System Description Table Header".
 *
 * Offsets in bytes; every number is little-endian and may be unaligned.
 */
#ifndef HW_ACPI_TABLE_H
#define HW_ACPI_TABLE_H

#define ACPI_HDR_SIGNATURE 0        /* 4 characters */
#define ACPI_HDR_LENGTH 4           /* 4: of the whole table */
#define ACPI_HDR_REVISION 8         /* 1 */
#define ACPI_HDR_CHECKSUM 9         /* 1: all bytes of the table sum to 0 */
#define ACPI_HDR_OEMID 10           /* 6 characters */
#define ACPI_HDR_OEMTABLEID 16      /* 8 characters */
#define ACPI_HDR_OEMREVISION 24     /* 4 */
#define ACPI_HDR_CREATORID 28       /* 4 characters */
#define ACPI_HDR_CREATORREVISION 32 /* 4 */
#define ACPI_HDR_BYTES 36

#endif
