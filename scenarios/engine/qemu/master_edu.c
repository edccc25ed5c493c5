/*
 * edu, the device of QEMU's documentation: a DMA engine with a memory of 4 KiB.
 *
 * Its memory is visible to nobody but a DMA of its own, which the IOMMU would translate. So it is found once in the
 * process and from then on read and written there: no request of ours disturbs caches or fault records.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "hw/bits.h"
#include "vm.h"

/* Registers, from the device's BAR. */
#define EDU_SOURCE 0x80u
#define EDU_DESTINATION 0x88u
#define EDU_COUNT 0x90u
#define EDU_COMMAND 0x98u
#define EDU_START 1u
#define EDU_TO_MEMORY 2u
#define EDU_STORE UINT64_C(0x40000) /* the device's address of its memory */
#define EDU_LONGEST 2048u           /* old versions abort at 4096 */
#define EDU_TICK_NS UINT64_C(100000000)
#define EDU_POLLS 20000u
#define EDU_BUSY_POLLS 64u /* from then on its processor gets time to jump to the timer */
#define EDU_REST_NS 2000000
#define EDU_SEED 1024u
#define EDU_SEED_PA UINT64_C(0x10000)

static bool run(struct vm *vm, uint32_t dev, bool to_memory, uint64_t iova, uint32_t len)
{
	uint64_t bar = vm->plan.device[dev].bar, until = lines_now_ms() + vm->qtest.timeout_ms;

	if (!len || len > EDU_LONGEST) {
		vm_break(vm, "a request of %u bytes was about to be made, which would abort it",
			 len);
		return false;
	}
	qtest_together(&vm->qtest,
		       (struct qtest_access[]){
			       { true, 8, bar + EDU_SOURCE, to_memory ? EDU_STORE : iova },
			       { true, 8, bar + EDU_DESTINATION, to_memory ? iova : EDU_STORE },
			       { true, 8, bar + EDU_COUNT, len },
			       { true, 8, bar + EDU_COMMAND,
				 EDU_START | (to_memory ? EDU_TO_MEMORY : 0) } },
		       4);
	if (vm->program->accel_qtest)
		qtest_clock_step(&vm->qtest, EDU_TICK_NS);
	for (uint32_t i = 0; i < EDU_POLLS && !vm->qtest.dead; i++) {
		if (!(qtest_read(&vm->qtest, bar + EDU_COMMAND, 8) & EDU_START))
			return true;
		if (lines_now_ms() > until)
			break;
		if (i >= EDU_BUSY_POLLS)
			nanosleep(&(struct timespec){ .tv_nsec = EDU_REST_NS }, NULL);
	}
	vm_break(vm, "a request of the device at 0x%04x does not end", vm->plan.device[dev].rid);
	return false;
}

static bool put(struct vm *vm, uint32_t dev, const void *bytes, uint32_t len)
{
	if (process_poke(&vm->process, vm->plan.device[dev].store, bytes, len))
		return true;
	vm_break(vm, "the memory of the device at 0x%04x cannot be written",
		 vm->plan.device[dev].rid);
	return false;
}

static bool get(struct vm *vm, uint32_t dev, void *bytes, uint32_t len)
{
	if (process_peek(&vm->process, vm->plan.device[dev].store, bytes, len))
		return true;
	vm_break(vm, "the memory of the device at 0x%04x cannot be read", vm->plan.device[dev].rid);
	return false;
}

/* Translation is off: a DMA brings a pattern into the device, which is looked for in the process. */
static bool find(struct vm *vm, uint32_t dev)
{
	uint8_t seed[EDU_SEED], back[EDU_SEED];
	uint64_t state = UINT64_C(0x9E3779B97F4A7C15) * (dev + 1);
	struct vm_device *d = vm->plan.device + dev;

	for (uint32_t i = 0; i < EDU_SEED; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		seed[i] = (uint8_t)(state >> 56);
	}
	if (!ram_store(&vm->ram, EDU_SEED_PA, seed, sizeof(seed)) ||
	    !run(vm, dev, false, EDU_SEED_PA, sizeof(seed)))
		return false;
	d->store = process_find(&vm->process, seed, sizeof(seed));
	/* the right place is the one that the device sends from */
	for (uint32_t i = 0; i < EDU_SEED; i++)
		seed[i] = (uint8_t)~seed[i];
	if (!d->store || !process_poke(&vm->process, d->store, seed, sizeof(seed))) {
		vm_break(vm,
			 "its memory may not be looked at, which is needed to see what a device "
			 "read; allow it: sysctl kernel.yama.ptrace_scope=1, or in a container the "
			 "capability SYS_PTRACE");
		return false;
	}
	if (!run(vm, dev, true, EDU_SEED_PA, sizeof(seed)) ||
	    !ram_load(&vm->ram, EDU_SEED_PA, back, sizeof(back)))
		return false;
	if (memcmp(seed, back, sizeof(seed)) == 0)
		return true;
	vm_break(vm, "the memory of the device at 0x%04x is not where it seemed to be", d->rid);
	return false;
}

/* Its MSI capability, in configuration space: control, address, data. */
#define MSI_CONTROL 0x40
#define MSI_ENABLE BIT32(16)
#define MSI_ADDRESS 0x44
#define MSI_ADDRESS_HIGH 0x48
#define MSI_DATA 0x4c
#define EDU_RAISE \
	0x60u /* from the BAR: status bits to set, whereupon it sends its message; and to clear */
#define EDU_LOWER 0x64u

static bool message(struct vm *vm, uint32_t dev, uint64_t addr, uint16_t data)
{
	uint64_t bar = vm->plan.device[dev].bar;
	uint16_t bdf = vm_pci_reach(vm, dev);

	vm_config_write(vm, bdf, MSI_ADDRESS, (uint32_t)addr);
	vm_config_write(vm, bdf, MSI_ADDRESS_HIGH, (uint32_t)(addr >> 32));
	vm_config_write(vm, bdf, MSI_DATA, data);
	vm_config_write(vm, bdf, MSI_CONTROL, vm_config_read(vm, bdf, MSI_CONTROL) | MSI_ENABLE);
	vm_pci_leave(vm, dev);
	qtest_write(&vm->qtest, bar + EDU_RAISE, 4, 1);
	qtest_write(&vm->qtest, bar + EDU_LOWER, 4, 1);
	return !vm->qtest.dead;
}

const struct master_ops master_edu = {
	.device = "edu",
	.options = "dma_mask=0xffffffffffffffff",
	.longest = EDU_LONGEST,
	.find = find,
	.put = put,
	.get = get,
	.run = run,
	.message = message,
};
