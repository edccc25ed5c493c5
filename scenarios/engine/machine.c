/*
 * The machine of a scenario.
 */
#include "machine.h"

#include <string.h>

#include "names.h"

static bool fail(const struct check *c, const struct dts_node *n, const char *text)
{
	return engine_fail(c->error, c->path, n->path, "%s", text);
}

static bool has_type(const struct dts_node *n, const char *prop, const char *value)
{
	const struct dts_prop *p = dts_find(n, prop);

	return p && dts_is_strings(p) && strcmp(dts_string(p, 0), value) == 0;
}

/* ---- memory ---- */

static bool overlaps(uint64_t a, uint64_t a_last, uint64_t b, uint64_t b_last)
{
	return a <= b_last && b <= a_last;
}

static bool add_memory(struct machine *m, const struct check *c, const struct dts_node *n)
{
	const struct dts_prop *reg;

	if (!check_node(c, n, schema_memory, NULL, NULL))
		return false;
	reg = dts_find(n, "reg");
	if (reg->len % 16)
		return fail(c, n,
			    "property \"reg\": expected pairs of address and size, 64 bits each");
	for (uint32_t i = 0; i < reg->len / 16; i++) {
		uint64_t first = dts_word(reg, 2 * i), size = dts_word(reg, 2 * i + 1);

		if (m->mems == MACHINE_MEMS)
			return fail(c, n, "more than 16 memory ranges");
		if (!size || (first | size) & 4095 || first + (size - 1) < first ||
		    first + (size - 1) >= (uint64_t)1 << 52)
			return fail(c, n,
				    "property \"reg\": address and size have to be multiples of "
				    "4096, the "
				    "size not 0, the end below 2^52");
		for (uint32_t k = 0; k < m->mems; k++)
			if (overlaps(first, first + (size - 1), m->mem[k].first, m->mem[k].last))
				return engine_fail(c->error, c->path, n->path,
						   "memory 0x%llx..0x%llx overlaps %s",
						   (unsigned long long)first,
						   (unsigned long long)(first + (size - 1)),
						   m->mem[k].node->path);
		m->mem[m->mems++] = (struct machine_mem){ n, first, first + (size - 1) };
	}
	return true;
}

/* ---- units ---- */

/* Properties of any architecture the unit may be of. */
static bool unit_property(const struct check *c, const struct dts_node *n, const struct dts_prop *p,
			  bool *known, const void *arg)
{
	const struct machine_unit *u = arg;
	uint64_t v;

	for (uint32_t i = 0; i < BE_ARCHS; i++) {
		const struct arch *a = arch_at(i);
		const struct prop_desc *d = desc_find(a->node, p->name);

		if (!(u->archs & 1u << i))
			continue;
		if (d && !check_prop(c, n, p, d))
			return false;
		if (d || arch_capability(a, p->name))
			*known = true;
	}
	if (*known && !dts_number(p, &v))
		return engine_fail(c->error, c->path, n->path,
				   "capability \"%s\": expected a number", p->name);
	return true;
}

static bool set_properties(struct machine_unit *u, const struct check *c)
{
	const struct dts_node *n = u->node;
	uint64_t v;

	for (uint32_t k = 0; k < BE_ARCHS * n->nprops; k++) {
		const struct dts_prop *p = n->props + k % n->nprops;
		struct be_unit *b = u->config + k / n->nprops;

		if ((u->archs & 1u << b->arch) && dts_number(p, &v) &&
		    unit_set(b, p->name, v) == -2)
			return engine_fail(c->error, c->path, n->path,
					   "capability \"%s\": 0x%llx does not fit the field",
					   p->name, (unsigned long long)v);
	}
	return true;
}

/* What `compatible` allows: the first architecture is the one the unit is of, the others are for `machine` to choose. */
static bool take_archs(struct machine_unit *u, const struct check *c)
{
	const struct dts_prop *p = dts_find(u->node, "compatible");
	const char *at;

	for (uint32_t i = 0; (at = dts_string(p, i)) != NULL; i++) {
		const struct arch *a = arch_by_compatible(at);
		uint32_t number = 0;

		if (!a)
			return engine_fail(c->error, c->path, u->node->path,
					   "property \"compatible\": unknown name \"%s\"", at);
		while (arch_at(number) != a)
			number++;
		if (!u->archs)
			u->first = (enum be_arch)number;
		u->archs |= 1u << number;
		if (u->last < u->base + (a->reg_bytes - 1))
			u->last = u->base + (a->reg_bytes - 1);
	}
	return true;
}

static bool add_unit(struct machine *m, const struct check *c, const struct dts_node *n)
{
	struct machine_unit *u = m->unit + m->units;
	const struct dts_prop *p = dts_find(n, "reg");

	if (m->units == MACHINE_UNITS)
		return fail(c, n, "more than 8 units");
	if (p && p->len >= 8)
		u->base = dts_word(p, 0);
	u->node = n;
	if (!take_archs(u, c) || !check_node(c, n, schema_unit, unit_property, u))
		return false;
	if (p->len != 16 || u->last < u->base)
		return fail(
			c, n,
			"property \"reg\": expected one pair of address and size, 64 bits each");
	for (uint32_t i = 0; i < BE_ARCHS; i++) {
		u->config[i].arch = (enum be_arch)i;
		backend_sim_ops.unit_default(&u->config[i]);
		u->config[i].base = u->base;
	}
	u->label = n->name;
	if ((p = dts_find(n, "label")) != NULL)
		u->label = dts_string(p, 0);
	for (uint32_t i = 0; i < m->units; i++)
		if (strcmp(m->unit[i].label, u->label) == 0)
			return fail(c, n, "another unit has the same label");
	m->units++;
	return set_properties(u, c);
}

/* ---- devices ---- */

/* The standard iommu-map binding: rows of rid base, unit, base at the unit, length. */
static bool map_rid(struct machine *m, const struct check *c, const struct dts_node *host,
		    struct machine_device *d, uint32_t rid)
{
	const struct dts_prop *map = dts_find(host, "iommu-map");

	for (uint32_t i = 0; i < map->len / 16; i++) {
		uint32_t base = dts_cell(map, 4 * i), out = dts_cell(map, 4 * i + 2);
		int unit = machine_unit(m, dts_cell(map, 4 * i + 1));

		if (rid < base || rid - base >= dts_cell(map, 4 * i + 3))
			continue;
		if (unit < 0)
			return fail(c, host,
				    "property \"iommu-map\" refers to a node that is no unit");
		if (out + (rid - base) > UINT16_MAX)
			return fail(c, host, "property \"iommu-map\" leads to an id beyond 0xffff");
		d->unit = (uint32_t)unit;
		d->rid = (uint16_t)(out + (rid - base));
		return true;
	}
	return engine_fail(c->error, c->path, d->node->path,
			   "requester id 0x%04x is in no row of the host's \"iommu-map\"", rid);
}

/* The one that was just filled in. */
static bool take_device(struct machine *m, const struct check *c, const struct dts_node *n)
{
	const struct machine_device *d = m->device + m->devices;

	for (uint32_t i = 0; i < m->devices; i++)
		if (m->device[i].unit == d->unit && m->device[i].rid == d->rid)
			return fail(c, n, "another device of the same unit has this requester id");
	m->devices++;
	return true;
}

/* The ids a PCIe-to-PCI bridge gives have one form. */
static bool device_behind(struct machine_device *d, const struct check *c, const struct dts_node *n)
{
	const struct dts_prop *p = dts_find(n, "behind");

	if (p)
		d->behind = (enum be_behind)(1 + name_index(names_behind, dts_string(p, 0)));
	if (d->behind == BE_BEHIND_PCIE_PCI && (d->rid >> 8 == 0 || (d->rid & 0xff) != 0))
		return fail(c, n,
			    "property \"behind\": through a PCIe-to-PCI bridge requests carry its "
			    "secondary bus and 00.0");
	return true;
}

static bool add_device(struct machine *m, const struct check *c, const struct dts_node *host,
		       const struct dts_node *n)
{
	struct machine_device *d = m->device + m->devices;
	const struct dts_prop *reg;

	if (m->devices == MACHINE_DEVICES)
		return fail(c, n, "more than 256 devices");
	if (!check_node(c, n, schema_device, NULL, NULL))
		return false;
	if (n->child)
		return fail(c, n->child, "a PCI device has no child nodes here");
	reg = dts_find(n, "reg");
	if (reg->len % 20)
		return fail(c, n, "property \"reg\": expected rows of five cells");
	d->node = n;
	d->name = n->name;
	d->ats = dts_find(n, "ats") != NULL;
	if (!map_rid(m, c, host, d, (dts_cell(reg, 0) >> 8) & 0xffff) || !device_behind(d, c, n))
		return false;
	return take_device(m, c, n);
}

static bool add_host(struct machine *m, const struct check *c, const struct dts_node *n)
{
	if (!check_node(c, n, schema_host, NULL, NULL))
		return false;
	if (dts_find(n, "iommu-map")->len % 16)
		return fail(c, n, "property \"iommu-map\": expected rows of four cells");
	for (const struct dts_node *d = n->child; d; d = d->next)
		if (!add_device(m, c, n, d))
			return false;
	return true;
}

/* ---- I/O APICs and HPETs ---- */

static bool is_source(const struct dts_node *n)
{
	return has_type(n, "compatible", "ioapic") || has_type(n, "compatible", "hpet");
}

static bool add_source(struct machine *m, const struct check *c, const struct dts_node *n)
{
	struct machine_device *d = m->device + m->devices;
	const struct dts_prop *p;
	int unit;

	if (m->devices == MACHINE_DEVICES)
		return fail(c, n, "more than 256 devices");
	if (!check_node(c, n, schema_source, NULL, NULL))
		return false;
	p = dts_find(n, "iommus");
	unit = p->len == 8 ? machine_unit(m, dts_cell(p, 0)) : -1;
	if (unit < 0 || dts_cell(p, 1) > UINT16_MAX)
		return fail(c, n,
			    "property \"iommus\": expected an iommu node and a requester id, "
			    "<&label 0xf8>");
	*d = (struct machine_device){ .node = n,
				      .name = n->name,
				      .unit = (uint32_t)unit,
				      .rid = (uint16_t)dts_cell(p, 1),
				      .source = true };
	return take_device(m, c, n);
}

/* ---- the whole ---- */

static bool is_firmware(const struct dts_node *n)
{
	return strcmp(n->name, "acpi") == 0;
}

static bool clear_of_memory(const struct machine *m, const struct check *c)
{
	for (uint32_t i = 0; i < m->units; i++) {
		const struct machine_unit *u = m->unit + i;

		for (uint32_t k = 0; k < m->mems; k++)
			if (overlaps(u->base, u->last, m->mem[k].first, m->mem[k].last))
				return engine_fail(c->error, c->path, u->node->path,
						   "its registers at 0x%llx overlap %s",
						   (unsigned long long)u->base,
						   m->mem[k].node->path);
		for (uint32_t k = 0; k < i; k++)
			if (overlaps(u->base, u->last, m->unit[k].base, m->unit[k].last))
				return fail(c, u->node, "its registers overlap another unit's");
	}
	return true;
}

/* Adds one node of the machine; PCI hosts wait until all units are known. */
static bool add_node(struct machine *m, const struct check *c, const struct dts_node *n)
{
	const struct dts_prop *p = dts_find(n, "compatible");

	if (has_type(n, "device_type", "memory"))
		return add_memory(m, c, n);
	if (has_type(n, "device_type", "pci") || is_source(n) || is_firmware(n))
		return true;
	if (p && dts_is_strings(p) && arch_by_compatible(dts_string(p, 0)))
		return add_unit(m, c, n);
	return fail(
		c, n,
		"a node of the machine has to have device_type = \"memory\", compatible = "
		"\"intel,vtd\", \"amd,iommu\", \"ioapic\" or \"hpet\", or device_type = \"pci\"");
}

bool machine_load(struct machine *m, const struct check *c, const struct dts_node *node)
{
	const struct dts_prop *p;
	uint64_t v;

	memset(m, 0, sizeof(*m));
	if (!check_node(c, node, schema_machine, NULL, NULL))
		return false;
	if (!dts_number(dts_find(node, "#address-cells"), &v) || v != 2 ||
	    !dts_number(dts_find(node, "#size-cells"), &v) || v != 2)
		return fail(c, node, "\"#address-cells\" and \"#size-cells\" have to be <2>");
	for (const struct dts_node *n = node->child; n; n = n->next)
		if (!add_node(m, c, n))
			return false;
	for (const struct dts_node *n = node->child; n; n = n->next)
		if (is_source(n)                        ? !add_source(m, c, n)
		    : has_type(n, "device_type", "pci") ? !add_host(m, c, n)
							: false)
			return false;
	if (!m->mems || !m->units)
		return fail(c, node, "a machine needs at least one memory node and one iommu node");
	m->driver_pages = 4096;
	if ((p = dts_find(node, "driver-pages")) != NULL)
		(void)dts_number(p, &m->driver_pages);
	return clear_of_memory(m, c) && acpi_config_load(&m->acpi, m, c, dts_child(node, "acpi"));
}

int machine_unit(const struct machine *m, uint32_t phandle)
{
	for (uint32_t i = 0; phandle && i < m->units; i++)
		if (m->unit[i].node->phandle == phandle)
			return (int)i;
	return -1;
}

int machine_device(const struct machine *m, uint32_t phandle)
{
	for (uint32_t i = 0; phandle && i < m->devices; i++)
		if (m->device[i].node->phandle == phandle)
			return (int)i;
	return -1;
}
