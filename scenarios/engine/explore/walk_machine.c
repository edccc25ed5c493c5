/*
 * Random walks: the machine.
 */
#include "walk_own.h"

static void machine_unit_node(struct tree *t, struct tree_node *machine, uint32_t unit, bool two)
{
	static const char *const names[UNITS] = { "iommu@fed90000", "iommu@fed94000" };
	static const char *const labels[UNITS] = { "iommu0", "iommu1" };
	const uint32_t reg[] = { 0, 0xfed90000 + 0x4000 * unit, 0, 0x4000 };
	struct tree_node *n = tree_add(t, machine, names[unit]);

	tree_set_string(t, n, "compatible", "intel,vtd");
	tree_append_string(t, n, "compatible", "amd,iommu");
	tree_set_cells(t, n, "reg", reg, 4);
	tree_set_number(t, n, "#iommu-cells", 1);
	tree_set_string(t, n, "label", two ? labels[unit] : "iommu");
	tree_refer(t, n, unit_handle(unit));
}

static const uint32_t ids[DEVICES] = { 0x000800, 0x001000, 0x011800, 0x400800 };

uint16_t machine_last_rid(void)
{
	return (uint16_t)(ids[DEVICES - 1] >> 8);
}

static void machine_devices(struct tree *t, struct tree_node *machine, bool two)
{
	static const char *const names[DEVICES] = { "nic@1,0", "nic2@2,0", "disk@3,0",
						    "nic3@40,1,0" };
	/* requester ids from, unit, in the unit from, how many */
	const uint32_t map[] = { 0,      unit_handle(0), 0,      two ? 0x4000 : 0x10000,
				 0x4000, unit_handle(1), 0x4000, 0x100 };
	struct tree_node *pci = tree_add(t, machine, "pci");

	tree_set_string(t, pci, "compatible", "pci-host-ecam-generic");
	tree_set_string(t, pci, "device_type", "pci");
	tree_set_number(t, pci, "#address-cells", 3);
	tree_set_number(t, pci, "#size-cells", 2);
	tree_set_cells(t, pci, "iommu-map", map, two ? 8 : 4);
	for (uint32_t i = 0; i < DEVICES; i++) {
		const uint32_t reg[] = { ids[i], 0, 0, 0, 0 };
		struct tree_node *n = tree_add(t, pci, names[i]);

		tree_set_cells(t, n, "reg", reg, 5);
		if (i == DISK)
			tree_set_flag(t, n, "ats");
		tree_refer(t, n, device_handle(i));
	}
}

void machine_tree(struct tree *t, bool two)
{
	static const uint32_t ram[] = { 0, 0, 0, 0x40000000 };
	struct tree_node *machine = tree_add(t, tree_root(t), "machine");
	struct tree_node *memory = tree_add(t, machine, "memory@0");

	tree_set_number(t, machine, "#address-cells", 2);
	tree_set_number(t, machine, "#size-cells", 2);
	tree_set_string(t, memory, "device_type", "memory");
	tree_set_cells(t, memory, "reg", ram, 4);
	for (uint32_t i = 0; i < (two ? 2u : 1u); i++)
		machine_unit_node(t, machine, i, two);
	machine_devices(t, machine, two);
}
