/*
 * PCI of q35: where devices are put so that they have the requester ids of the scenario, and what firmware would set.
 *
 * A device on another bus is behind a root port; when it is not in slot 0 also behind the upstream port of a switch, whose
 * bus takes devices in every slot. Requests carry the number the bus has at that moment, so buses are set up under
 * numbers that do not collide and get their own last. amd-iommu takes for all time the number that the bus has when the device
 * comes into being, 0 at the start: there such a device is behind a conventional bridge on a second root bus, whose number is
 * an option. What is to be behind a root port or a PCIe-to-PCI bridge is plugged into the running machine, when the bus
 * has its number; it keeps the id when a reset takes the number away.
 *
 * Behind a bridge to conventional PCI there are two devices that make requests in turn: the unit cannot tell them apart.
 */
#include <stdio.h>
#include <string.h>

#include "vm.h"

#define SLOTS 32
#define LAST_FREE_SLOT 0x1E /* 0x1F is the chip set */
#define BAR_FIRST UINT64_C(0xC0000000)
#define BAR_BYTES UINT64_C(0x100000)
#define FIRST_NUMBER 0x70 /* of buses while they are set up */

#define CONFIG_ADDRESS 0xCF8
#define CONFIG_DATA 0xCFC
#define CONFIG_ENABLE 0x80000000u
#define CFG_COMMAND 0x04
#define CFG_CLASS 0x08
#define CFG_BAR0 0x10
#define CFG_BUSES 0x18
#define CFG_WINDOW 0x20
#define COMMAND_MEMORY_MASTER 6u
#define CLASS_IOMMU 0x080600u

#define BUS(rid) ((uint8_t)((rid) >> 8))
#define SLOT(rid) ((uint8_t)((rid) >> 3 & 0x1F))
#define FUNCTION(rid) ((uint8_t)((rid)&7))

/* ---- plan ---- */

/* 0: there are too many. */
static uint32_t new_bus(struct vm_plan *plan, enum vm_bus_kind kind, uint8_t number)
{
	if (plan->buses == VM_BUSES)
		return 0;
	plan->bus[++plan->buses] = (struct vm_bus){ .kind = kind, .number = number };
	return plan->buses;
}

static uint32_t bus_numbered(const struct vm_plan *plan, uint8_t number)
{
	for (uint32_t i = 1; i <= plan->buses; i++)
		if (plan->bus[i].number == number)
			return i;
	return 0;
}

/* The bus of an id that is the device's own: 0 when it cannot be had. */
static uint32_t bus_for(struct vm_plan *plan, uint16_t rid)
{
	uint32_t group = bus_numbered(plan, BUS(rid));

	if (!group)
		group = new_bus(plan, plan->arch == BE_AMDVI ? VM_BUS_ROOT : VM_BUS_PORT, BUS(rid));
	if (!group || plan->bus[group].kind == VM_BUS_PCIE_PCI)
		return 0;
	if (plan->bus[group].kind == VM_BUS_PORT && SLOT(rid) != 0)
		plan->bus[group].kind = VM_BUS_SWITCH;
	return group;
}

static bool taken(const struct vm_plan *plan, uint16_t rid)
{
	for (uint32_t i = 0; i < plan->devices; i++)
		if (plan->device[i].rid == rid)
			return true;
	return false;
}

/* The bus behind a bridge whose devices' requests carry that id: 0 when there is no such thing. */
static uint32_t bridge_for(struct vm_plan *plan, uint16_t rid, enum be_behind behind)
{
	uint32_t group, root = 0;

	if (behind == BE_BEHIND_PCIE_PCI) {
		if (!BUS(rid) || (rid & 0xff) || bus_numbered(plan, BUS(rid)))
			return 0;
		return new_bus(plan, VM_BUS_PCIE_PCI, BUS(rid));
	}
	if (BUS(rid) != 0) {
		root = bus_numbered(plan, BUS(rid));
		if (!root)
			root = new_bus(plan, VM_BUS_ROOT, BUS(rid));
		if (!root || plan->bus[root].kind != VM_BUS_ROOT)
			return 0;
	}
	group = new_bus(plan, VM_BUS_PCI_BRIDGE, 0);
	if (!group)
		return 0;
	plan->bus[group].on = (uint8_t)root;
	plan->bus[group].at = (uint8_t)rid;
	return group;
}

static int add_device(struct vm_plan *plan, const struct vm_device *d)
{
	plan->device[plan->devices] = *d;
	return (int)plan->devices++;
}

/* Both in slots of their own; the first one belongs to the bridge. */
static int add_twins(struct vm_plan *plan, uint16_t rid, uint32_t group)
{
	struct vm_device d = { .rid = rid, .group = (uint8_t)group, .at = 1 << 3, .twin = true };
	int first = add_device(plan, &d);

	d.at = 2 << 3;
	d.twin = false;
	(void)add_device(plan, &d);
	return first;
}

int vm_plan_device(struct vm_plan *plan, uint16_t rid, enum be_behind behind)
{
	struct vm_device d = { .rid = rid, .at = (uint8_t)rid };
	uint32_t group = 0;

	if (plan->devices + 2 > VM_DEVICES || taken(plan, rid))
		return -1;
	if (BUS(rid) == 0 && (SLOT(rid) == 0 || SLOT(rid) > LAST_FREE_SLOT))
		return -1;
	if (behind == BE_BEHIND_PORT && plan->arch == BE_AMDVI) {
		if (!BUS(rid) || (rid & 0xff) || bus_numbered(plan, BUS(rid)))
			return -1;
		d.group = (uint8_t)new_bus(plan, VM_BUS_PORT, BUS(rid));
		return d.group ? add_device(plan, &d) : -1;
	}
	if (behind == BE_BEHIND_PORT)
		behind = BE_BEHIND_ANY;
	if (BUS(rid) != 0 && plan->arch == BE_AMDVI && behind == BE_BEHIND_ANY)
		behind = BE_BEHIND_PCI_BRIDGE;
	if (behind != BE_BEHIND_ANY) {
		group = bridge_for(plan, rid, behind);
		return group ? add_twins(plan, rid, group) : -1;
	}
	if (BUS(rid) != 0 && (group = bus_for(plan, rid)) == 0)
		return -1;
	d.group = (uint8_t)group;
	return add_device(plan, &d);
}

static uint8_t next_number(const struct vm_plan *plan, uint8_t *at)
{
	while (bus_numbered(plan, *at))
		(*at)++;
	return (*at)++;
}

/* Two numbers in a row, for a port that leads to both. */
static void number_bus(const struct vm_plan *plan, struct vm_bus *b, uint8_t *at)
{
	do {
		b->outer = next_number(plan, at);
		b->inner = next_number(plan, at);
	} while (b->inner != b->outer + 1);
}

static uint8_t free_slot(const struct vm_plan *plan, bool *used)
{
	for (uint32_t i = 0; i < plan->devices; i++)
		if (BUS(plan->device[i].rid) == 0)
			used[SLOT(plan->device[i].rid)] = true;
	for (uint8_t slot = LAST_FREE_SLOT; slot > 0; slot--)
		if (!used[slot]) {
			used[slot] = true;
			return slot;
		}
	return 0;
}

/* The number of a bus's devices while they are set up. */
static uint8_t early_number(const struct vm_bus *b)
{
	return b->kind == VM_BUS_SWITCH ? b->inner : b->outer;
}

void vm_plan_finish(struct vm_plan *plan)
{
	uint64_t bar = BAR_FIRST;
	uint8_t number = FIRST_NUMBER;
	bool used[SLOTS] = { true };

	for (uint32_t g = 0; g <= plan->buses; g++) {
		struct vm_bus *b = plan->bus + g;

		if (g) {
			if (b->kind != VM_BUS_PCI_BRIDGE)
				b->at = (uint8_t)(free_slot(plan, used) << 3);
			number_bus(plan, b, &number);
			b->first = bar;
		}
		for (uint32_t i = 0; i < plan->devices; i++) {
			struct vm_device *d = plan->device + i;

			if (d->group != g)
				continue;
			d->bdf = (uint16_t)((g ? early_number(b) << 8 : 0) | d->at);
			d->bar = bar;
			bar += BAR_BYTES;
		}
		b->last = bar - 1;
	}
}

/* What a bus is behind; its devices sit on a bus of the name bus<n>. */
static void bus_args(const struct vm_bus *b, uint32_t g, struct process_args *args)
{
	unsigned slot = SLOT(b->at), function = FUNCTION(b->at);
	char on[24] = "pcie.0";

	process_arg(args, "-device");
	switch (b->kind) {
	case VM_BUS_PORT:
	case VM_BUS_SWITCH:
		process_arg(args,
			    "pcie-root-port,id=%s%u,bus=pcie.0,chassis=%u,slot=%u,addr=%02x.0",
			    b->kind == VM_BUS_SWITCH ? "port" : "bus", g, g, slot, slot);
		if (b->kind == VM_BUS_PORT)
			break;
		process_arg(args, "-device");
		process_arg(args, "x3130-upstream,id=bus%u,bus=port%u", g, g);
		break;
	case VM_BUS_ROOT:
		process_arg(args, "pxb-pcie,id=bus%u,bus=pcie.0,addr=%02x.0,bus_nr=%u", g, slot,
			    b->number);
		break;
	case VM_BUS_PCIE_PCI:
		process_arg(args, "pcie-pci-bridge,id=bus%u,bus=pcie.0,addr=%02x.0", g, slot);
		break;
	case VM_BUS_PCI_BRIDGE:
		if (b->on)
			snprintf(on, sizeof(on), "bus%u", b->on);
		process_arg(
			args,
			"pci-bridge,id=bus%u,bus=%s,chassis_nr=%u,addr=%02x.%x,multifunction=on", g,
			on, g, slot, function);
		break;
	}
}

/* amd-iommu: what has to find the number of its bus. */
static bool is_plugged(const struct vm_plan *plan, const struct vm_device *d)
{
	enum vm_bus_kind kind = plan->bus[d->group].kind;

	return plan->arch == BE_AMDVI && d->group &&
	       (kind == VM_BUS_PORT || kind == VM_BUS_PCIE_PCI);
}

void vm_pci_args(const struct vm_plan *plan, const struct master_ops *master,
		 struct process_args *args)
{
	for (uint32_t g = 1; g <= plan->buses; g++)
		bus_args(plan->bus + g, g, args);
	for (uint32_t i = 0; i < plan->devices; i++) {
		const struct vm_device *d = plan->device + i;
		char bus[24] = "pcie.0";

		if (is_plugged(plan, d))
			continue;
		if (d->group)
			snprintf(bus, sizeof(bus), "bus%u", d->group);
		process_arg(args, "-device");
		process_arg(args, "%s,bus=%s,addr=%02x.%x,multifunction=on,%s", master->device, bus,
			    SLOT(d->at), FUNCTION(d->at), master->options);
	}
}

/* ---- configuration ---- */

uint32_t vm_config_read(struct vm *vm, uint16_t bdf, uint8_t reg)
{
	qtest_out(&vm->qtest, CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)bdf << 8 | (reg & 0xFCu));
	return qtest_in(&vm->qtest, CONFIG_DATA);
}

void vm_config_write(struct vm *vm, uint16_t bdf, uint8_t reg, uint32_t val)
{
	qtest_out(&vm->qtest, CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)bdf << 8 | (reg & 0xFCu));
	qtest_out(&vm->qtest, CONFIG_DATA, val);
}

static void set_bridge(struct vm *vm, uint16_t bdf, uint32_t primary, uint32_t secondary,
		       uint32_t subordinate, const struct vm_bus *b)
{
	vm_config_write(vm, bdf, CFG_BUSES, primary | secondary << 8 | subordinate << 16);
	vm_config_write(vm, bdf, CFG_WINDOW,
			(uint32_t)(b->first >> 16 & 0xFFF0) | ((uint32_t)b->last & 0xFFF00000));
	vm_config_write(vm, bdf, CFG_COMMAND, COMMAND_MEMORY_MASTER);
}

/* The function of what a bus is behind. */
static uint16_t bridge_of(const struct vm_plan *plan, const struct vm_bus *b)
{
	return (uint16_t)((b->on ? plan->bus[b->on].number << 8 : 0) | b->at);
}

static void set_bus(struct vm *vm, const struct vm_bus *b)
{
	bool two = b->kind == VM_BUS_SWITCH;

	if (b->kind == VM_BUS_ROOT)
		return;
	set_bridge(vm, bridge_of(&vm->plan, b), vm->plan.bus[b->on].number, b->outer,
		   two ? b->inner : b->outer, b);
	if (two)
		set_bridge(vm, (uint16_t)(b->outer << 8), b->outer, b->inner, b->inner, b);
}

/* Gives a bus the number of its devices' ids, or the one of the set-up. */
static void number_bus_as(struct vm *vm, const struct vm_bus *b, uint8_t number)
{
	bool two = b->kind == VM_BUS_SWITCH;
	uint16_t bridge = bridge_of(&vm->plan, b);
	uint32_t primary = two ? b->outer : 0;

	if (b->kind == VM_BUS_ROOT || !b->number)
		return;
	if (two)
		bridge = (uint16_t)(b->outer << 8);
	vm_config_write(vm, bridge, CFG_BUSES,
			primary | (uint32_t)number << 8 | (uint32_t)number << 16);
}

uint16_t vm_pci_reach(struct vm *vm, uint32_t dev)
{
	const struct vm_device *d = vm->plan.device + dev;
	const struct vm_bus *b = vm->plan.bus + d->group;

	if (d->group)
		number_bus_as(vm, b, early_number(b));
	return d->bdf;
}

void vm_pci_leave(struct vm *vm, uint32_t dev)
{
	const struct vm_bus *b = vm->plan.bus + vm->plan.device[dev].group;

	if (vm->plan.device[dev].group)
		number_bus_as(vm, b, b->number);
}

void vm_pci_plug(struct vm *vm)
{
	const struct vm_plan *p = &vm->plan;
	bool any = false;

	for (uint32_t i = 0; i < p->devices; i++)
		any = any || is_plugged(p, p->device + i);
	for (uint32_t g = 1; any && g <= p->buses; g++)
		set_bus(vm, p->bus + g);
	for (uint32_t g = 1; any && g <= p->buses; g++)
		number_bus_as(vm, p->bus + g, p->bus[g].number);
	for (uint32_t i = 0; i < p->devices && !vm_broken(vm); i++) {
		const struct vm_device *d = p->device + i;
		char text[200];

		if (!is_plugged(p, d))
			continue;
		snprintf(text, sizeof(text), "%s,bus=bus%u,addr=%02x.%x,%s", vm->master->device,
			 d->group, SLOT(d->at), FUNCTION(d->at), vm->master->options);
		(void)qmp_device_add(&vm->qmp, text);
	}
}

void vm_pci_setup(struct vm *vm)
{
	const struct vm_plan *p = &vm->plan;

	for (uint32_t g = 1; g <= p->buses; g++)
		set_bus(vm, p->bus + g);
	for (uint32_t i = 0; i < p->devices; i++) {
		vm_config_write(vm, p->device[i].bdf, CFG_BAR0, (uint32_t)p->device[i].bar);
		vm_config_write(vm, p->device[i].bdf, CFG_COMMAND, COMMAND_MEMORY_MASTER);
	}
	for (uint32_t g = 1; g <= p->buses; g++)
		number_bus_as(vm, p->bus + g, p->bus[g].number);
	for (uint16_t slot = 1; p->arch == BE_AMDVI && !vm->unit_bdf && slot < SLOTS; slot++)
		if (vm_config_read(vm, (uint16_t)(slot << 3), CFG_CLASS) >> 8 == CLASS_IOMMU)
			vm->unit_bdf = (uint32_t)slot << 3;
}
