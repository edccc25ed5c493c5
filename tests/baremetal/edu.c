/*
 * QEMU's educational device.
 */
#include "edu.h"
#include "machine.h"
#include "pci.h"

enum {
	EDU_ID = 0x11E81234,
	EDU_SOURCE = 0x80,
	EDU_TARGET = 0x88,
	EDU_COUNT = 0x90,
	EDU_COMMAND = 0x98,
	EDU_START = 1,
	EDU_TO_MEMORY = 2,
	EDU_BUFFER = 0x40000
};

#define EDU_LIMIT_NS UINT64_C(2000000000)

bool edu_find(struct edu *e)
{
	if (!pci_find(EDU_ID, &e->rid))
		return false;
	e->regs = pci_read(e->rid, PCI_BAR0) & ~UINT32_C(0xF);
	pci_write(e->rid, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return e->regs != 0;
}

void edu_quiet(const struct edu *e)
{
	pci_write(e->rid, PCI_COMMAND, PCI_COMMAND_MEMORY);
}

static volatile uint64_t *reg(const struct edu *e, uint32_t off)
{
	return (volatile uint64_t *)(uintptr_t)(e->regs + off);
}

static bool move(const struct edu *e, uint64_t from, uint64_t to, uint32_t bytes, uint64_t command)
{
	uint64_t start = machine_now_ns();

	*reg(e, EDU_SOURCE) = from;
	*reg(e, EDU_TARGET) = to;
	*reg(e, EDU_COUNT) = bytes;
	__asm__ volatile("mfence" : : : "memory");
	*reg(e, EDU_COMMAND) = command;
	while (*reg(e, EDU_COMMAND) & EDU_START) {
		if (machine_now_ns() - start > EDU_LIMIT_NS)
			return false;
		__asm__ volatile("pause");
	}
	__asm__ volatile("" : : : "memory");
	return true;
}

bool edu_load(const struct edu *e, uint64_t iova, uint32_t bytes)
{
	return move(e, iova, EDU_BUFFER, bytes, EDU_START);
}

bool edu_store(const struct edu *e, uint64_t iova, uint32_t bytes)
{
	return move(e, EDU_BUFFER, iova, bytes, EDU_START | EDU_TO_MEMORY);
}
