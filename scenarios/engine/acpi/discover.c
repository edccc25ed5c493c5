/*
 * Discovery: the driver's reader (iommu/acpi.h) on the tables the engine makes (acpi/tables.h).
 */
#include "acpi/discover.h"

#include <stdlib.h>
#include <string.h>

#include "iommu/acpi.h"

#define UNITS 64
#define SCOPES 4096
#define REGIONS 256
#define GROUPS_MAX 64
#define NAMES 64
#define DIAGS 256

struct discovery {
	const struct machine *m;
	const struct setting *s;
	struct acpi_tables *tables;
	struct acpi_space space;
	struct iommu_acpi a;
	struct iommu_acpi_unit unit[UNITS];
	struct iommu_acpi_scope scope[SCOPES];
	struct iommu_acpi_region region[REGIONS];
	struct iommu_acpi_group group[GROUPS_MAX];
	struct iommu_acpi_name name[NAMES];
	struct iommu_acpi_diag diag[DIAGS];
};

static void set_rooms(struct discovery *d)
{
	d->a = (struct iommu_acpi){ .unit = d->unit,
				    .scope = d->scope,
				    .region = d->region,
				    .group = d->group,
				    .name = d->name,
				    .diag = d->diag,
				    .unit_room = UNITS,
				    .scope_room = SCOPES,
				    .region_room = REGIONS,
				    .group_room = GROUPS_MAX,
				    .name_room = NAMES,
				    .diag_room = DIAGS };
	iommu_acpi_init(&d->a);
}

struct discovery *discover(const struct machine *m, const struct setting *s, const char **why)
{
	struct discovery *d = calloc(1, sizeof(*d));
	struct iommu_acpi_pci pci;
	const struct acpi_bytes *t;

	*why = "out of memory";
	if (!d)
		return NULL;
	d->m = m;
	d->s = s;
	d->tables = acpi_tables_make(m, s, why);
	if (!d->tables) {
		free(d);
		return NULL;
	}
	t = d->tables->table;
	d->space = (struct acpi_space){ m, s, d->tables->segment };
	pci = (struct iommu_acpi_pci){ .ctx = &d->space, .read32 = acpi_space_read32 };
	set_rooms(d);
	/* a table that is none leaves its diagnostics and no unit */
	if (t[ACPI_DMAR].size)
		(void)iommu_acpi_dmar(&d->a, t[ACPI_DMAR].p, t[ACPI_DMAR].size, &pci);
	if (t[ACPI_IVRS].size)
		(void)iommu_acpi_ivrs(&d->a, t[ACPI_IVRS].p, t[ACPI_IVRS].size);
	return d;
}

void discovery_free(struct discovery *d)
{
	if (!d)
		return;
	acpi_tables_free(d->tables);
	free(d);
}

const struct iommu_acpi *discovery_records(const struct discovery *d)
{
	return &d->a;
}

int discovery_unit(const struct discovery *d, uint32_t unit)
{
	for (uint32_t i = 0; i < d->a.units; i++)
		if (d->a.unit[i].base == setting_unit(d->s, unit)->base)
			return (int)i;
	return -1;
}

uint32_t discovery_config(const struct discovery *d, uint32_t record, uint32_t off)
{
	struct acpi_space space = d->space;

	return acpi_space_read32(&space, d->a.unit[record].segment, d->a.unit[record].rid, off);
}

/* The machine's unit that a record speaks of; -1: it has no such unit. */
static int machine_unit_of(const struct discovery *d, uint32_t record)
{
	for (uint32_t i = 0; i < d->m->units; i++)
		if (setting_unit(d->s, i)->base == d->a.unit[record].base)
			return (int)i;
	return -1;
}

/* The function's own id, where requests appear with another. */
static uint16_t own_rid(const struct discovery *d, uint32_t device)
{
	const struct acpi_config *c = &d->m->acpi;
	const struct machine_device *dev = d->m->device + device;

	if (d->s->arch[dev->unit] == BE_AMDVI)
		for (uint32_t i = 0; i < c->items; i++)
			if (c->item[i].kind == ACPI_ALIAS && c->item[i].device == (int)device)
				return c->item[i].rid;
	return dev->rid;
}

/* Which I/O APIC, or HPET, of the machine it is. */
static uint8_t source_number(const struct discovery *d, uint32_t device, bool *hpet)
{
	const struct dts_node *n = d->m->device[device].node;
	uint8_t number = 0;

	*hpet = strcmp(dts_string(dts_find(n, "compatible"), 0), "hpet") == 0;
	for (uint32_t i = 0; i < device; i++) {
		const struct dts_node *o = d->m->device[i].node;

		if (d->m->device[i].source &&
		    (strcmp(dts_string(dts_find(o, "compatible"), 0), "hpet") == 0) == *hpet)
			number++;
	}
	return number;
}

bool discovery_device(const struct discovery *d, uint32_t device, struct discovery_place *out)
{
	const struct machine_device *dev = d->m->device + device;
	struct iommu_acpi_match m;
	int rc, unit;

	if (dev->source) {
		bool hpet;
		uint8_t number = source_number(d, device, &hpet);

		rc = iommu_acpi_special(&d->a, hpet ? IOMMU_ACPI_HPET : IOMMU_ACPI_IOAPIC, number,
					&m);
	} else {
		rc = iommu_acpi_match(&d->a, d->tables->segment[dev->unit], own_rid(d, device), &m);
	}
	unit = rc ? -1 : machine_unit_of(d, m.unit);
	if (unit < 0)
		return false;
	*out = (struct discovery_place){ (uint32_t)unit, m.rid, m.aliased, m.ats };
	return true;
}

bool discovery_function(const struct discovery *d, uint16_t rid, struct discovery_place *out)
{
	struct iommu_acpi_match m;
	int unit = iommu_acpi_match(&d->a, d->tables->segment[0], rid, &m)
			   ? -1
			   : machine_unit_of(d, m.unit);

	if (unit < 0)
		return false;
	*out = (struct discovery_place){ (uint32_t)unit, m.rid, m.aliased, m.ats };
	return true;
}

uint32_t discovery_requesters(const struct discovery *d, uint32_t device, uint16_t *ids,
			      uint32_t room)
{
	struct acpi_space space = d->space;
	const struct iommu_acpi_pci pci = { .ctx = &space, .read32 = acpi_space_read32 };

	return iommu_acpi_requesters(&pci, d->tables->segment[d->m->device[device].unit],
				     own_rid(d, device), ids, room);
}

bool discovery_region(const struct discovery *d, uint32_t device, uint32_t n, uint64_t *first,
		      uint64_t *last, uint8_t *perm)
{
	uint16_t segment = d->tables->segment[d->m->device[device].unit];
	struct iommu_acpi_region r;
	uint32_t at = 0;

	do {
		if (!iommu_acpi_region_next(&d->a, segment, own_rid(d, device), &at, &r))
			return false;
	} while (n--);
	*first = r.first;
	*last = r.last;
	*perm = r.perm;
	return true;
}

uint32_t discovery_units(const struct discovery *d)
{
	return d->a.units;
}

uint32_t discovery_diags(const struct discovery *d)
{
	return d->a.diags;
}

const char *discovery_diag(const struct discovery *d, uint32_t n, char *buf, size_t size)
{
	(void)iommu_acpi_diag_format(d->diag + n, buf, size);
	return iommu_acpi_rule_name((enum iommu_acpi_rule)d->diag[n].rule);
}
