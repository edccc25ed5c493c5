/*
 * Files that QEMU hands its firmware (fw_cfg): the ACPI tables are one of them.
 */
#ifndef ENGINE_QEMU_FWCFG_H
#define ENGINE_QEMU_FWCFG_H

#include <stdint.h>

#include "vm.h"

#define FWCFG_MOST 0x100000u /* bytes of a file; the tables of q35 have a tenth of that */

/*
 * The file of that name, in memory to be freed; *size is its size. NULL with `why` filled when there is none, or when the
 * machine broke. Uses the guest's memory from 1 to 4 MiB.
 */
uint8_t *fwcfg_file(struct vm *vm, const char *name, uint32_t *size, char *why, size_t why_size);

#endif
