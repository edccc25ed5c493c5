/* Inputs that must not reach QEMU. */
#include "guard.h"

#include <string.h>

/* Writes here are interrupts; what they say must not wake the halted processor. */
#define MSI_FIRST UINT64_C(0xFEE00000)
#define MSI_LAST UINT64_C(0xFEEFFFFF)
#define MSI_MODE 0x7u /* delivery mode, in the second byte of the data; 0: fixed */
#define MSI_VECTOR_LEAST 16
#define MSI_LOGICAL UINT64_C(4) /* destination mode, in the address */

const char *guard_write(struct vm *vm, struct guard *g, uint32_t off, uint32_t width, uint64_t val)
{
	if (width != 4 && width != 8)
		return "a register access of neither 4 nor 8 bytes";
	return vm->plan.arch == BE_VTD ? guard_vtd_write(vm, g, off, val)
				       : guard_amdvi_write(vm, g, off, val);
}

static const char *guard_msi(uint64_t addr, const uint8_t *data, uint32_t len, bool write)
{
	if (!write)
		return "V23, A26: a read of the interrupt range gives nothing there, and no fault";
	if (len != 4)
		return "an interrupt is a write of 4 bytes there";
	if (data[1] & MSI_MODE || data[0] < MSI_VECTOR_LEAST)
		return "an interrupt that is not a fixed one wakes the halted processor";
	if (addr & MSI_LOGICAL)
		return "an interrupt to a logical destination reaches no controller of a machine "
		       "without firmware";
	return NULL;
}

const char *guard_dma(struct vm *vm, const struct guard *g, uint32_t dev, bool write, uint64_t iova,
		      const uint8_t *data, uint32_t len)
{
	uint64_t last = iova + (len - 1);

	if (last < iova)
		return "a request that runs over the end of all addresses";
	if (iova <= MSI_LAST && last >= MSI_FIRST)
		return guard_msi(iova, data, len, write);
	return vm->plan.arch == BE_AMDVI ? guard_amdvi_dma(vm, g, dev, iova) : NULL;
}
