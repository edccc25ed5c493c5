/*
 * PCI configuration space.
 */
#include "pci.h"
#include "machine.h"

enum {
	CONFIG_ADDRESS = 0xCF8,
	CONFIG_DATA = 0xCFC
};

static void point(uint16_t rid, uint32_t off)
{
	machine_out32(CONFIG_ADDRESS, 0x80000000u | (uint32_t)rid << 8 | (off & 0xFC));
}

uint32_t pci_read(uint16_t rid, uint32_t off)
{
	point(rid, off);
	return machine_in32(CONFIG_DATA);
}

void pci_write(uint16_t rid, uint32_t off, uint32_t val)
{
	point(rid, off);
	machine_out32(CONFIG_DATA, val);
}

bool pci_find(uint32_t id, uint16_t *rid)
{
	for (uint32_t r = 0; r <= UINT16_MAX; r++) {
		if (pci_read((uint16_t)r, PCI_ID) == id) {
			*rid = (uint16_t)r;
			return true;
		}
	}
	return false;
}
