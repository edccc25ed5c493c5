/*
 * PCI of q35: where devices are put so that they have the requester ids of the scenario, and what firmware would set.
 *
 * A device on another bus is behind a root port; when it is not in slot 0 also behind the upstream port of a switch, whose
 * bus takes devices in every slot. Requests carry the number the bus has at that moment, so buses are set up under
 * numbers that do not collide and get their own last.
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

static uint32_t bus_of(struct vm_plan *plan, uint8_t number)
{
	for (uint32_t i = 1; i <= plan->buses; i++)
		if (plan->bus[i].number == number)
			return i;
	if (plan->buses == VM_BUSES)
		return 0;
	plan->bus[++plan->buses] = (struct vm_bus){ .number = number };
	return plan->buses;
}

int vm_plan_device(struct vm_plan *plan, uint16_t rid)
{
	uint32_t group = 0;

	if (plan->devices == VM_DEVICES)
		return -1;
	if (BUS(rid) == 0 && (SLOT(rid) == 0 || SLOT(rid) > LAST_FREE_SLOT))
		return -1;
	/* that unit takes the bus numbers of the reset for all time */
	if (BUS(rid) != 0 && plan->arch == BE_AMDVI)
		return -1;
	if (BUS(rid) != 0 && (group = bus_of(plan, BUS(rid))) == 0)
		return -1;
	if (group && SLOT(rid) != 0)
		plan->bus[group].has_switch = true;
	plan->device[plan->devices] = (struct vm_device){ .rid = rid, .group = (uint8_t)group };
	return (int)plan->devices++;
}

static bool number_taken(const struct vm_plan *plan, uint8_t number)
{
	for (uint32_t i = 1; i <= plan->buses; i++)
		if (plan->bus[i].number == number)
			return true;
	return false;
}

static uint8_t next_number(const struct vm_plan *plan, uint8_t *at)
{
	while (number_taken(plan, *at))
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

void vm_plan_finish(struct vm_plan *plan)
{
	uint64_t bar = BAR_FIRST;
	uint8_t number = FIRST_NUMBER;
	bool used[SLOTS] = { true };

	for (uint32_t g = 0; g <= plan->buses; g++) {
		struct vm_bus *b = plan->bus + g;

		if (g) {
			b->slot = free_slot(plan, used);
			number_bus(plan, b, &number);
			b->first = bar;
		}
		for (uint32_t i = 0; i < plan->devices; i++) {
			struct vm_device *d = plan->device + i;
			uint8_t at = b->has_switch ? b->inner : b->outer;

			if (d->group != g)
				continue;
			d->bdf = (uint16_t)((g ? at << 8 : 0) | (d->rid & 0xff));
			d->bar = bar;
			bar += BAR_BYTES;
		}
		b->last = bar - 1;
	}
}

void vm_pci_args(const struct vm_plan *plan, const struct master_ops *master,
		 struct process_args *args)
{
	for (uint32_t g = 1; g <= plan->buses; g++) {
		const struct vm_bus *b = plan->bus + g;

		process_arg(args, "-device");
		process_arg(args, "pcie-root-port,id=port%u,chassis=%u,slot=%u,addr=%02x.0", g, g,
			    g, b->slot);
		if (!b->has_switch)
			continue;
		process_arg(args, "-device");
		process_arg(args, "x3130-upstream,id=switch%u,bus=port%u", g, g);
	}
	for (uint32_t i = 0; i < plan->devices; i++) {
		const struct vm_device *d = plan->device + i;
		char bus[24] = "pcie.0";

		if (d->group)
			snprintf(bus, sizeof(bus), "%s%u",
				 plan->bus[d->group].has_switch ? "switch" : "port", d->group);
		process_arg(args, "-device");
		process_arg(args, "%s,bus=%s,addr=%02x.%x,multifunction=on,%s", master->device, bus,
			    SLOT(d->rid), FUNCTION(d->rid), master->options);
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

static void set_bus(struct vm *vm, const struct vm_bus *b)
{
	uint16_t port = (uint16_t)(b->slot << 3);

	set_bridge(vm, port, 0, b->outer, b->has_switch ? b->inner : b->outer, b);
	if (b->has_switch)
		set_bridge(vm, (uint16_t)(b->outer << 8), b->outer, b->inner, b->inner, b);
}

static void number_finally(struct vm *vm, const struct vm_bus *b)
{
	uint16_t bridge = (uint16_t)(b->has_switch ? b->outer << 8 : b->slot << 3);
	uint32_t primary = b->has_switch ? b->outer : 0;

	vm_config_write(vm, bridge, CFG_BUSES,
			primary | (uint32_t)b->number << 8 | (uint32_t)b->number << 16);
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
		number_finally(vm, p->bus + g);
	for (uint16_t slot = 1; p->arch == BE_AMDVI && !vm->unit_bdf && slot < SLOTS; slot++)
		if (vm_config_read(vm, (uint16_t)(slot << 3), CFG_CLASS) >> 8 == CLASS_IOMMU)
			vm->unit_bdf = (uint32_t)slot << 3;
}
