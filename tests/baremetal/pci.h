/*
 * PCI configuration space through ports CF8h and CFCh (PCI Local Bus 3.0, 3.2.2.3.2, Software Generation of
 * Configuration Transactions): segment 0, the first 256 bytes of each function.
 */
#ifndef BAREMETAL_PCI_H
#define BAREMETAL_PCI_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PCI_ID = 0x00,
	PCI_COMMAND = 0x04,
	PCI_BAR0 = 0x10,
	PCI_COMMAND_MEMORY = 0x2,
	PCI_COMMAND_MASTER = 0x4
};

uint32_t pci_read(uint16_t rid, uint32_t off);
void pci_write(uint16_t rid, uint32_t off, uint32_t val);

/* The first function with this vendor and device word (device << 16 | vendor). */
bool pci_find(uint32_t id, uint16_t *rid);

#endif
