/*
 * The node /machine/acpi.
 */
#include "acpi/config.h"

#include <string.h>

#include "machine.h"
#include "names.h"

static const char *const kinds[] = { "region", "alias", "bridge", "patch" };
static const char *const bridges[] = { "port", "pcie-to-pci", "pci-to-pcie", "pci" };
static const char *const tables[] = { "dmar", "ivrs" };

const char *acpi_table_at(uint32_t n)
{
	return n < ACPI_TABLES ? tables[n] : NULL;
}

const char *acpi_kind_at(uint32_t n)
{
	return n < ACPI_ITEM_KINDS ? kinds[n] : NULL;
}

const char *acpi_bridge_at(uint32_t n)
{
	return n < sizeof(bridges) / sizeof(bridges[0]) ? bridges[n] : NULL;
}

static bool fail(const struct check *c, const struct dts_node *n, const char *text)
{
	return engine_fail(c->error, c->path, n->path, "%s", text);
}

static uint64_t number(const struct dts_node *n, const char *name, uint64_t otherwise)
{
	const struct dts_prop *p = dts_find(n, name);
	uint64_t v;

	return p && dts_number(p, &v) ? v : otherwise;
}

/* Properties an item of a kind needs, and all it may have. */
static const struct {
	const char *needs[3], *may[4];
} properties[] = {
	[ACPI_REGION] = { { "reg", NULL, NULL }, { "dev", "unit", "perm", NULL } },
	[ACPI_ALIAS] = { { "dev", "rid", NULL }, { NULL, NULL, NULL, NULL } },
	[ACPI_BRIDGE] = { { "rid", "buses", NULL }, { "unit", "type", NULL, NULL } },
	[ACPI_PATCH] = { { "table", NULL, NULL }, { "at", "bytes", "cut", "keep-sum" } },
};

static bool allowed(enum acpi_item_kind kind, const char *name)
{
	bool found = strcmp(name, "kind") == 0 || prop_is_implied(name);

	for (size_t i = 0; i < 3 && properties[kind].needs[i]; i++)
		found |= strcmp(name, properties[kind].needs[i]) == 0;
	for (size_t i = 0; i < 4 && properties[kind].may[i]; i++)
		found |= strcmp(name, properties[kind].may[i]) == 0;
	return found;
}

static bool check_kind(const struct check *c, const struct dts_node *n, enum acpi_item_kind kind)
{
	for (size_t i = 0; i < 3 && properties[kind].needs[i]; i++)
		if (!dts_find(n, properties[kind].needs[i]))
			return engine_fail(c->error, c->path, n->path,
					   "property \"%s\" is missing: kind = \"%s\" needs it",
					   properties[kind].needs[i], kinds[kind]);
	for (uint32_t i = 0; i < n->nprops; i++)
		if (!allowed(kind, n->props[i].name))
			return engine_fail(c->error, c->path, n->path,
					   "property \"%s\" means nothing with kind = \"%s\"",
					   n->props[i].name, kinds[kind]);
	return true;
}

static bool read_region(struct acpi_item *it, const struct check *c)
{
	const struct dts_prop *reg = dts_find(it->node, "reg");
	const struct dts_prop *perm = dts_find(it->node, "perm");

	if (reg->len != 16)
		return fail(c, it->node,
			    "property \"reg\": expected one pair of address and size, "
			    "64 bits each");
	if ((it->device < 0) == (it->unit < 0))
		return fail(c, it->node,
			    "a region is for one device (dev) or for all of a unit (unit)");
	it->first = dts_word(reg, 0);
	it->bytes = dts_word(reg, 1);
	it->perm = perm ? (uint8_t)name_index(names_perm, dts_string(perm, 0)) : 3;
	return true;
}

static bool read_bridge(struct acpi_item *it, const struct check *c)
{
	const struct dts_prop *p = dts_find(it->node, "buses");
	const struct dts_prop *type = dts_find(it->node, "type");

	if (p->len != 8 || dts_cell(p, 0) > 255 || dts_cell(p, 1) > 255)
		return fail(c, it->node,
			    "property \"buses\": expected the first and the last bus "
			    "behind it, <1 2>");
	it->bus_first = (uint8_t)dts_cell(p, 0);
	it->bus_last = (uint8_t)dts_cell(p, 1);
	it->bridge = type ? (uint32_t)name_index(acpi_bridge_at, dts_string(type, 0)) : 0;
	return true;
}

static bool read_patch(struct acpi_item *it, const struct check *c)
{
	const struct dts_prop *p = dts_find(it->node, "table");

	it->table = (enum acpi_table_kind)name_index(acpi_table_at, dts_string(p, 0));
	it->at = (uint32_t)number(it->node, "at", 0);
	it->cut = (uint32_t)number(it->node, "cut", 0);
	it->data = dts_find(it->node, "bytes");
	it->keep_sum = dts_find(it->node, "keep-sum") != NULL;
	if (!it->cut == !it->data)
		return fail(c, it->node,
			    "a patch has either \"bytes\", put over those at \"at\", or "
			    "\"cut\", the bytes that are left of the table");
	return true;
}

static bool read_item(struct acpi_config *to, const struct machine *m, const struct check *c,
		      const struct dts_node *n)
{
	struct acpi_item *it = to->item + to->items;

	if (to->items == ACPI_ITEMS)
		return fail(c, n, "more than 64 nodes");
	if (!check_node(c, n, schema_acpi_item, NULL, NULL))
		return false;
	if (n->child)
		return fail(c, n->child, "expected no node here");
	it->kind =
		(enum acpi_item_kind)name_index(acpi_kind_at, dts_string(dts_find(n, "kind"), 0));
	if (!check_kind(c, n, it->kind))
		return false;
	it->node = n;
	it->device = machine_device(m, (uint32_t)number(n, "dev", 0));
	it->unit = machine_unit(m, (uint32_t)number(n, "unit", 0));
	it->rid = (uint16_t)number(n, "rid", 0);
	to->items++;
	to->broken |= it->kind == ACPI_PATCH;
	switch (it->kind) {
	case ACPI_REGION:
		return read_region(it, c);
	case ACPI_BRIDGE:
		return read_bridge(it, c);
	case ACPI_PATCH:
		return read_patch(it, c);
	case ACPI_ALIAS:
	case ACPI_ITEM_KINDS:
		break;
	}
	return true;
}

static bool read_blocks(struct acpi_config *to, const struct check *c, const struct dts_node *n)
{
	const struct dts_prop *p = dts_find(n, "ivhd");

	if (!p)
		return true;
	to->blocks = p->len / 4;
	if (p->len % 4 || to->blocks > ACPI_BLOCKS)
		return fail(c, n, "property \"ivhd\": expected one to three of <0x10 0x11 0x40>");
	for (uint32_t i = 0; i < to->blocks; i++) {
		uint32_t type = dts_cell(p, i);

		if (type != 0x10 && type != 0x11 && type != 0x40)
			return fail(c, n,
				    "property \"ivhd\": expected one to three of <0x10 0x11 0x40>");
		to->block[i] = (uint8_t)type;
	}
	return true;
}

bool acpi_config_load(struct acpi_config *to, const struct machine *m, const struct check *c,
		      const struct dts_node *node)
{
	const struct dts_prop *p;
	const char *at;

	memset(to, 0, sizeof(*to));
	to->block[0] = 0x10;
	to->block[1] = 0x11;
	to->blocks = 2;
	if (!node)
		return true;
	if (!check_node(c, node, schema_acpi, NULL, NULL) || !read_blocks(to, c, node))
		return false;
	to->list_all = number(node, "include-all", 1) == 0;
	p = dts_find(node, "missing");
	for (uint32_t i = 0; p && (at = dts_string(p, i)) != NULL; i++)
		to->missing[name_index(acpi_table_at, at)] = true;
	to->broken = p != NULL;
	for (const struct dts_node *n = node->child; n; n = n->next)
		if (!read_item(to, m, c, n))
			return false;
	return true;
}
