/*
 * Where devices are put so that their requests have the ids of the scenario. PCI-to-PCI Bridge Architecture Specification
 * 1.2, 3.2 (bus numbers); PCI Express to PCI/PCI-X Bridge Specification 1.0, 2.3 (ids of requests that come through).
 */
#include <check.h>
#include <string.h>

#include "qemu/vm.h"
#include "unit.h"

/* The whole command line, with blanks before, between and behind. */
static void arguments(const struct vm_plan *plan, char *out, size_t size)
{
	static struct process_args args;
	size_t at = 1;

	memset(&args, 0, sizeof(args));
	snprintf(out, size, " ");
	vm_pci_args(plan, &master_edu, &args);
	ck_assert(!args.full);
	for (size_t i = 0; i < args.args && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s ", args.arg[i]);
}

static void has(const struct vm_plan *plan, const char *text)
{
	char line[8192];

	arguments(plan, line, sizeof(line));
	ck_assert_msg(strstr(line, text) != NULL, "no \"%s\" in %s", text, line);
}

static void has_not(const struct vm_plan *plan, const char *text)
{
	char line[8192];

	arguments(plan, line, sizeof(line));
	ck_assert_msg(strstr(line, text) == NULL, "\"%s\" in %s", text, line);
}

START_TEST(test_plan_bus_0_is_the_slot)
{
	struct vm_plan plan = { .arch = (enum be_arch)_i };

	ck_assert_int_eq(vm_plan_device(&plan, 0x0031, BE_BEHIND_ANY), 0);
	vm_plan_finish(&plan);
	ck_assert_uint_eq(plan.device[0].bdf, 0x0031);
	ck_assert_uint_eq(plan.buses, 0);
	has(&plan, " edu,bus=pcie.0,addr=06.1,");
}
END_TEST

START_TEST(test_plan_vtd_bus_behind_a_port_or_a_switch)
{
	struct vm_plan plan = { .arch = BE_VTD };

	ck_assert_int_eq(vm_plan_device(&plan, 0x0100, BE_BEHIND_ANY), 0);
	ck_assert_int_eq(vm_plan_device(&plan, 0x0219, BE_BEHIND_ANY), 1);
	vm_plan_finish(&plan);
	ck_assert_int_eq(plan.bus[1].kind, VM_BUS_PORT);
	ck_assert_int_eq(plan.bus[2].kind, VM_BUS_SWITCH);
	ck_assert_uint_ne(plan.bus[1].outer, 1);
	ck_assert_uint_eq(plan.bus[2].inner, plan.bus[2].outer + 1u);
	ck_assert_uint_eq(plan.device[1].bdf, (uint16_t)(plan.bus[2].inner << 8 | 0x19));
	has(&plan, " pcie-root-port,id=bus1,bus=pcie.0,");
	has(&plan, " x3130-upstream,id=bus2,bus=port2 ");
	has(&plan, " edu,bus=bus2,addr=03.1,");
}
END_TEST

/* Of a bus other than 0 amd-iommu sees the number only when it is an option. */
START_TEST(test_plan_amdvi_bus_is_a_root_bus_with_a_bridge)
{
	struct vm_plan plan = { .arch = BE_AMDVI };

	ck_assert_int_eq(vm_plan_device(&plan, 0x0119, BE_BEHIND_ANY), 0);
	ck_assert_int_eq(vm_plan_device(&plan, 0x0100, BE_BEHIND_ANY), 2);
	vm_plan_finish(&plan);
	ck_assert_uint_eq(plan.buses, 3); /* the root bus is shared */
	has(&plan, " pxb-pcie,id=bus1,bus=pcie.0,addr=1e.0,bus_nr=1 ");
	has(&plan, " pci-bridge,id=bus2,bus=bus1,chassis_nr=2,addr=03.1,");
	has(&plan, " pci-bridge,id=bus3,bus=bus1,chassis_nr=3,addr=00.0,");
	ck_assert(plan.device[0].twin);
	ck_assert(!plan.device[1].twin);
	ck_assert_uint_eq(plan.device[1].rid, 0x0119);
	ck_assert_uint_eq(plan.device[0].bdf, (uint16_t)(plan.bus[2].outer << 8 | 0x08));
	ck_assert_uint_eq(plan.device[1].bdf, (uint16_t)(plan.bus[2].outer << 8 | 0x10));
}
END_TEST

START_TEST(test_plan_bridges_to_conventional_pci)
{
	struct vm_plan plan = { .arch = BE_VTD };

	ck_assert_int_eq(vm_plan_device(&plan, 0x0200, BE_BEHIND_PCIE_PCI), 0);
	ck_assert_int_eq(vm_plan_device(&plan, 0x0030, BE_BEHIND_PCI_BRIDGE), 2);
	vm_plan_finish(&plan);
	ck_assert_uint_eq(plan.devices, 4);
	ck_assert_uint_eq(plan.bus[2].at, 0x30);
	ck_assert_uint_eq(plan.bus[1].number, 2);
	has(&plan, " pcie-pci-bridge,id=bus1,bus=pcie.0,addr=1e.0 ");
	has(&plan, " pci-bridge,id=bus2,bus=pcie.0,chassis_nr=2,addr=06.0,");
	has(&plan, " edu,bus=bus1,addr=01.0,");
	has(&plan, " edu,bus=bus1,addr=02.0,");
}
END_TEST

/* amd-iommu: plugged when the bus has its number, so no argument. */
START_TEST(test_plan_plugged)
{
	struct vm_plan plan = { .arch = BE_AMDVI };

	ck_assert_int_eq(vm_plan_device(&plan, 0x0100, BE_BEHIND_PORT), 0);
	ck_assert_int_eq(vm_plan_device(&plan, 0x0200, BE_BEHIND_PCIE_PCI), 1);
	ck_assert_int_eq(vm_plan_device(&plan, 0x0020, BE_BEHIND_ANY), 3);
	vm_plan_finish(&plan);
	ck_assert_uint_eq(plan.bus[1].number, 1);
	ck_assert_uint_eq(plan.bus[2].number, 2);
	has(&plan, " pcie-root-port,id=bus1,bus=pcie.0,");
	has(&plan, " pcie-pci-bridge,id=bus2,bus=pcie.0,");
	has(&plan, " edu,bus=pcie.0,addr=04.0,");
	has_not(&plan, " edu,bus=bus1,");
	has_not(&plan, " edu,bus=bus2,");
}
END_TEST

/* What cannot be, and leaves the plan as it was. */
static const struct {
	enum be_arch arch;
	uint16_t first, rid;
	enum be_behind behind;
} impossible[] = {
	{ BE_VTD, 0x0020, 0x0020, BE_BEHIND_ANY },        /* twice */
	{ BE_VTD, 0x0020, 0x0000, BE_BEHIND_ANY },        /* the host bridge is there */
	{ BE_VTD, 0x0020, 0x00f8, BE_BEHIND_ANY },        /* the chip set is there */
	{ BE_VTD, 0x0020, 0x0208, BE_BEHIND_PCIE_PCI },   /* not 00.0 */
	{ BE_VTD, 0x0020, 0x0000, BE_BEHIND_PCIE_PCI },   /* not a secondary bus */
	{ BE_VTD, 0x0219, 0x0200, BE_BEHIND_PCIE_PCI },   /* that bus is behind a switch */
	{ BE_VTD, 0x0219, 0x0200, BE_BEHIND_PCI_BRIDGE }, /* so it is no root bus */
	{ BE_AMDVI, 0x0020, 0x0208, BE_BEHIND_PCIE_PCI },
	{ BE_AMDVI, 0x0020, 0x0108, BE_BEHIND_PORT },
	{ BE_AMDVI, 0x0119, 0x0100, BE_BEHIND_PORT }, /* there is a second host bridge */
};

START_TEST(test_plan_no_place)
{
	struct vm_plan plan = { .arch = impossible[_i].arch }, was;

	ck_assert_int_eq(vm_plan_device(&plan, impossible[_i].first, BE_BEHIND_ANY), 0);
	was = plan;
	ck_assert_int_eq(vm_plan_device(&plan, impossible[_i].rid, impossible[_i].behind), -1);
	ck_assert_mem_eq(&plan, &was, sizeof(plan));
}
END_TEST

/* However many are asked for, the rooms are not left. */
START_TEST(test_plan_full)
{
	struct vm_plan plan = { .arch = (enum be_arch)_i };
	uint32_t placed = 0;

	for (uint32_t bus = 1; bus < 200; bus++)
		placed += vm_plan_device(&plan, (uint16_t)(bus << 8), BE_BEHIND_ANY) >= 0;
	ck_assert_uint_gt(placed, 3);
	ck_assert_uint_le(plan.buses, VM_BUSES);
	ck_assert_uint_le(plan.devices, VM_DEVICES);
	vm_plan_finish(&plan);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("qemu plan");
	TCase *t = tcase_create("qemu plan");

	tcase_add_loop_test(t, test_plan_bus_0_is_the_slot, 0, BE_ARCHS);
	tcase_add_test(t, test_plan_vtd_bus_behind_a_port_or_a_switch);
	tcase_add_test(t, test_plan_amdvi_bus_is_a_root_bus_with_a_bridge);
	tcase_add_test(t, test_plan_bridges_to_conventional_pci);
	tcase_add_test(t, test_plan_plugged);
	tcase_add_loop_test(t, test_plan_no_place, 0, sizeof(impossible) / sizeof(impossible[0]));
	tcase_add_loop_test(t, test_plan_full, 0, BE_ARCHS);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
