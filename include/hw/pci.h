/*
 * PCI configuration space, as far as requester ids need it: header type, bus numbers of a bridge, what kind of PCI Express
 * function it is. 32-bit words by offset.
 *
 * PCI Local Bus Specification 6.1 Configuration Space Organization, 6.7 Capabilities List; PCI-to-PCI Bridge Architecture
 * Specification 3.2; PCI Express Base Specification, PCI Express Capability Structure.
 */
#ifndef HW_PCI_H
#define HW_PCI_H

#include "bits.h"

#define PCI_CONFIG_BYTES 256

#define PCI_STATUS 0x04 /* upper half of the word */
#define PCI_STATUS_CAPABILITIES BIT32(20)

#define PCI_HEADER 0x0c
#define PCI_HEADER_TYPE MASK32(22, 16)
#define PCI_HEADER_BRIDGE 1
#define PCI_HEADER_FUNCTIONS BIT32(23) /* more functions than 0 */

#define PCI_BUSES 0x18
#define PCI_BUSES_SECONDARY MASK32(15, 8)
#define PCI_BUSES_SUBORDINATE MASK32(23, 16)

#define PCI_CAP_POINTER 0x34
#define PCI_CAP_POINTER_OFFSET MASK32(7, 2)

/* A capability's first word. */
#define PCI_CAP_ID MASK32(7, 0)
#define PCI_CAP_NEXT MASK32(15, 10)
#define PCI_CAP_FIRST 0x40 /* below are the header's own words */

#define PCI_CAP_EXPRESS 0x10
#define PCI_EXPRESS_TYPE MASK32(23, 20)
#define PCI_EXPRESS_TO_PCI 7 /* from PCI Express to conventional PCI and PCI-X */
#define PCI_EXPRESS_FROM_PCI 8

#endif
