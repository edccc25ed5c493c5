/*
 * One running machine: process, protocols, memory, and where its devices are.
 */
#ifndef ENGINE_QEMU_VM_H
#define ENGINE_QEMU_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "journal.h"
#include "master.h"
#include "process.h"
#include "qemu.h"
#include "qmp.h"
#include "qtest.h"
#include "ram.h"

#define VM_DEVICES 32
#define VM_BUSES 12
#define VM_MACHINE 2048
#define VM_TIMEOUT_MS 20000u
#define VM_START_MS 60000u /* until the first answer: the host may have much else to do */

/* A device that makes requests. Behind a bridge there are two that share the bridge's id; the second follows the first. */
struct vm_device {
	uint16_t rid;
	uint8_t group;  /* its bus: 0 is bus 0, else a number of vm_bus */
	uint8_t at;     /* slot and function on that bus */
	bool twin;      /* the one after it has the same id */
	uint16_t bdf;   /* where it is configured; a bus gets its real number last */
	uint64_t bar;   /* its registers */
	uint64_t store; /* its own memory, in the process */
};

/* What a bus is behind. */
enum vm_bus_kind {
	VM_BUS_PORT,      /* a root port */
	VM_BUS_SWITCH,    /* a root port and a switch, when a device is not in slot 0 */
	VM_BUS_ROOT,      /* nothing: a second host bridge, whose number is fixed from the start */
	VM_BUS_PCIE_PCI,  /* a PCIe-to-PCI bridge: requests carry its secondary bus and 00.0 */
	VM_BUS_PCI_BRIDGE /* a conventional bridge: requests carry the bridge's own id */
};

struct vm_bus {
	enum vm_bus_kind kind;
	uint8_t number;       /* 0: does not matter */
	uint8_t on;           /* where that is: bus 0, or a VM_BUS_ROOT, by its place in the plan */
	uint8_t at;           /* slot and function there */
	uint8_t outer, inner; /* bus numbers while it is set up */
	uint64_t first, last; /* registers of its devices */
};

/* What a machine is made of; equal plans are the same machine. */
struct vm_plan {
	enum be_arch arch;
	char unit[256]; /* "intel-iommu,aw-bits=48,..." */
	uint64_t ram_bytes;
	struct vm_device device[VM_DEVICES];
	struct vm_bus bus[VM_BUSES + 1]; /* from 1 */
	uint32_t devices, buses;
};

struct vm {
	struct qemu_program own;
	const struct qemu_program *program; /* the one above */
	const struct master_ops *master;
	struct vm_plan plan;
	pid_t owner;   /* the process that started it */
	uint64_t used; /* for the choice which one to end */
	bool busy;

	struct process process;
	struct qtest qtest;
	struct qmp qmp;
	struct ram ram;
	struct qemu_journal journal;
	uint32_t unit_bdf; /* AMD-Vi: its PCI function; 0: none */
	char machine[VM_MACHINE];
	char broken[768]; /* "": nothing is */
};

/* Registers of the unit. */
#define VM_VTD_BASE UINT64_C(0xFED90000)
#define VM_AMDVI_BASE UINT64_C(0xFED80000)

/* Adds a device with that requester id, behind what is asked for; -1: there is no place for one. */
int vm_plan_device(struct vm_plan *plan, uint16_t rid, enum be_behind behind);

/* Decides slots, bus numbers and addresses, when all devices are known. */
void vm_plan_finish(struct vm_plan *plan);

/*
 * A machine as planned, fresh from a reset: one of `keep`, or a new one. NULL with `error` filled: it cannot be started.
 * A machine that answers nonsense is returned with `broken` set.
 */
struct vm *vm_get(struct qemu_keep *keep, const struct qemu_program *program,
		  const struct vm_plan *plan, uint32_t timeout_ms, char *error, size_t size);

/* Back into `keep`, or ended when there is none or it is broken. */
void vm_put(struct qemu_keep *keep, struct vm *vm);

/* What broke it, with the last commands and what it wrote to standard error; looked at after every exchange. */
const char *vm_broken(struct vm *vm);
void vm_break(struct vm *vm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The last commands, one a line, and the end of standard error. */
void vm_log(const struct vm *vm, uint32_t lines, char *buf, size_t size);

/* Puts in place the devices that the process must not have from the start; before vm_pci_setup, once. */
void vm_pci_plug(struct vm *vm);

/* PCI. */
uint32_t vm_config_read(struct vm *vm, uint16_t bdf, uint8_t reg);
void vm_config_write(struct vm *vm, uint16_t bdf, uint8_t reg, uint32_t val);
void vm_pci_setup(struct vm *vm);

/* Where a device can be configured, until vm_pci_leave: its bus has the number of the set-up meanwhile. */
uint16_t vm_pci_reach(struct vm *vm, uint32_t dev);
void vm_pci_leave(struct vm *vm, uint32_t dev);

/* The arguments that put the devices where the plan has them. */
void vm_pci_args(const struct vm_plan *plan, const struct master_ops *master,
		 struct process_args *args);

#endif
