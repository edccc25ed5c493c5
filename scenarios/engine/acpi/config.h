/*
 * What a scenario says about its firmware: the node /machine/acpi.
 *
 * Without the node the tables follow from the machine alone.
 */
#ifndef ENGINE_ACPI_CONFIG_H
#define ENGINE_ACPI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "dts.h"

#define ACPI_ITEMS 64
#define ACPI_BLOCKS 3

enum acpi_table_kind {
	ACPI_DMAR,
	ACPI_IVRS,
	ACPI_TABLES
};

enum acpi_item_kind {
	ACPI_REGION, /* memory that firmware still uses: RMRR, IVMD */
	ACPI_ALIAS,  /* requests of a function appear with a device's id: IVHD alias entry */
	ACPI_BRIDGE, /* a PCI bridge, in configuration space and on paths */
	ACPI_PATCH,  /* bytes put over a finished table, or its end cut off */
	ACPI_ITEM_KINDS
};

/* One child node; which members count follows from its kind. */
struct acpi_item {
	enum acpi_item_kind kind;
	const struct dts_node *node;
	int device;            /* region, alias; -1: all devices of `unit` */
	int unit;              /* bridge: who lists it, -1: nobody */
	uint64_t first, bytes; /* region, as it is put into the table: unchecked */
	uint8_t perm;          /* region: 1 read, 2 write */
	uint16_t rid;          /* alias: the function; bridge: its own */
	uint8_t bus_first, bus_last;
	uint32_t bridge; /* bridge: number of its type: acpi_bridge_at */
	enum acpi_table_kind table;
	uint32_t at, cut; /* patch; cut 0: nothing is cut off */
	const struct dts_prop *data;
	bool keep_sum; /* the checksum is left as it was */
};

struct acpi_config {
	struct acpi_item item[ACPI_ITEMS];
	uint32_t items;
	uint8_t block[ACPI_BLOCKS]; /* types of IVHD blocks of each unit, in order */
	uint32_t blocks;
	bool list_all; /* no INCLUDE_PCI_ALL: each device is listed */
	bool missing[ACPI_TABLES];
	bool broken; /* there is a patch: diagnostics are no surprise */
};

struct machine;
struct check;

/* Reads the node; NULL: there is none. False with c->error filled. The machine's units and devices are known by then. */
bool acpi_config_load(struct acpi_config *to, const struct machine *m, const struct check *c,
		      const struct dts_node *node);

const char *acpi_table_at(uint32_t n);  /* "dmar", "ivrs"; NULL beyond */
const char *acpi_kind_at(uint32_t n);   /* "region", "alias", ... */
const char *acpi_bridge_at(uint32_t n); /* "port", "pcie-to-pci", ... */

#endif
