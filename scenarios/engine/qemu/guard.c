/* Inputs that must not reach QEMU. */
#include "guard.h"

/* Writes here are interrupts. */
#define MSI_FIRST UINT64_C(0xFEE00000)
#define MSI_LAST UINT64_C(0xFEEFFFFF)

const char *guard_write(struct vm *vm, struct guard *g, uint32_t off, uint32_t width, uint64_t val)
{
	if (width != 4 && width != 8)
		return "a register access of neither 4 nor 8 bytes";
	return vm->plan.arch == BE_VTD ? guard_vtd_write(vm, g, off, val)
				       : guard_amdvi_write(vm, g, off, val);
}

bool guard_is_message(uint64_t iova, uint64_t len)
{
	return iova <= MSI_LAST && iova + (len - 1) >= MSI_FIRST;
}

const char *guard_dma(struct vm *vm, const struct guard *g, uint32_t dev, uint64_t iova,
		      uint32_t len)
{
	if (iova + (len - 1) < iova)
		return "a request that runs over the end of all addresses";
	return vm->plan.arch == BE_AMDVI ? guard_amdvi_dma(vm, g, dev, iova)
					 : guard_vtd_dma(vm, g, dev, iova);
}
