/*
 * The machine of a scenario: memory, units and PCI devices, as the devicetree describes them.
 */
#ifndef ENGINE_MACHINE_H
#define ENGINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "acpi/config.h"
#include "arch.h"
#include "backend.h"
#include "schema.h"

#define MACHINE_UNITS 8
#define MACHINE_MEMS 16
#define MACHINE_DEVICES 256

struct machine_mem {
	const struct dts_node *node;
	uint64_t first, last;
};

struct machine_unit {
	const struct dts_node *node;
	const char *label;
	uint32_t archs;                  /* bit n: it may be of enum be_arch n */
	enum be_arch first;              /* the one it is unless `machine` varies */
	uint64_t base, last;             /* its registers */
	struct be_unit config[BE_ARCHS]; /* defaults with the node's properties applied */
};

struct machine_device {
	const struct dts_node *node;
	const char *name;
	uint32_t unit;
	uint16_t rid;
	bool ats;
	enum be_behind behind;
	bool source; /* I/O APIC or HPET: interrupts are all it sends */
};

struct machine {
	struct machine_mem mem[MACHINE_MEMS];
	struct machine_unit unit[MACHINE_UNITS];
	struct machine_device device[MACHINE_DEVICES];
	uint32_t mems, units, devices;
	uint64_t driver_pages;
	struct acpi_config acpi; /* what firmware tells of it */
};

/* Reads the node /machine; false with c->error filled. */
bool machine_load(struct machine *m, const struct check *c, const struct dts_node *node);

/* Number of the unit or device with that phandle, -1 when there is none. */
int machine_unit(const struct machine *m, uint32_t phandle);
int machine_device(const struct machine *m, uint32_t phandle);

#endif
