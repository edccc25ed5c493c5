/*
 * The DMAR table of a machine. VT-d chapter 8 "BIOS Considerations".
 *
 * One DRHD for each VT-d unit, in the order of the machine; the last of each segment takes all devices nobody lists, unless
 * the scenario wants every device listed. ATSR says "all ports" of a segment whose unit has device TLBs.
 */
#include <string.h>

#include "acpi/tables.h"
#include "hw/acpi_dmar.h"
#include "hw/vtd.h"

static uint32_t begin(const struct acpi_maker *k, uint16_t type)
{
	uint32_t at = k->b->size;

	acpi_put(k->b, type, 2);
	acpi_put(k->b, 0, 2); /* length: end */
	return at;
}

static void end(const struct acpi_maker *k, uint32_t at)
{
	acpi_put_at(k->b, at + DMAR_ST_LENGTH, k->b->size - at, 2);
}

#define HOPS 16

/* One scope: the path leads through the bridges above the function. */
static void scope(const struct acpi_maker *k, uint8_t type, uint8_t id, uint16_t rid,
		  const char *what)
{
	uint8_t path[HOPS];
	uint32_t n = 0;
	uint16_t at = rid;

	for (;;) {
		const struct acpi_item *above = acpi_bridge_of(k, (uint8_t)(at >> 8));

		path[n++] = (uint8_t)at;
		if (!above || n == HOPS || type >= DMAR_SCOPE_TYPE_IOAPIC)
			break;
		at = above->rid;
	}
	acpi_note(k->b, "  %s, start bus %02x, path of %u", what, at >> 8, n);
	acpi_put(k->b, type, 1);
	acpi_put(k->b, DMAR_SCOPE_PATH + 2 * n, 1);
	acpi_put(k->b, 0, 2);
	acpi_put(k->b, id, 1);
	acpi_put(k->b, at >> 8, 1);
	while (n--) {
		acpi_put(k->b, path[n] >> 3, 1);
		acpi_put(k->b, path[n] & 7, 1);
	}
}

/* The bridge some unit lists that the function is behind. */
static const struct acpi_item *listed_bridge(const struct acpi_maker *k, uint16_t rid)
{
	uint16_t at = rid;

	for (uint32_t hop = 0; hop < HOPS; hop++) {
		const struct acpi_item *above = acpi_bridge_of(k, (uint8_t)(at >> 8));

		if (!above || above->unit >= 0)
			return above;
		at = above->rid;
	}
	return NULL;
}

static void functions(const struct acpi_maker *k, uint32_t unit)
{
	const struct machine *m = k->m;

	for (uint32_t i = 0; i < m->acpi.items; i++)
		if (m->acpi.item[i].kind == ACPI_BRIDGE && m->acpi.item[i].unit == (int)unit)
			scope(k, DMAR_SCOPE_TYPE_BRIDGE, 0, m->acpi.item[i].rid,
			      m->acpi.item[i].node->name);
	for (uint32_t i = 0; i < m->devices; i++) {
		const struct machine_device *d = m->device + i;
		const struct acpi_item *above = listed_bridge(k, d->rid);

		if (d->unit != unit || d->source || (above && above->unit == (int)unit))
			continue;
		scope(k, DMAR_SCOPE_TYPE_ENDPOINT, 0, d->rid, d->name);
	}
}

/* I/O APICs and HPETs are numbered in the order of the machine, each kind by itself. */
static void sources(const struct acpi_maker *k, uint32_t unit)
{
	uint8_t count[2] = { 0, 0 };

	for (uint32_t i = 0; i < k->m->devices; i++) {
		const struct machine_device *d = k->m->device + i;
		bool hpet;

		if (!d->source)
			continue;
		hpet = strcmp(dts_string(dts_find(d->node, "compatible"), 0), "hpet") == 0;
		if (d->unit == unit)
			scope(k, hpet ? DMAR_SCOPE_TYPE_HPET : DMAR_SCOPE_TYPE_IOAPIC, count[hpet],
			      d->rid, d->name);
		count[hpet]++;
	}
}

static bool last_of_segment(const struct acpi_maker *k, uint32_t unit)
{
	for (uint32_t i = unit + 1; i < k->m->units; i++)
		if (acpi_is(k, i, BE_VTD) && k->segment[i] == k->segment[unit])
			return false;
	return true;
}

static void drhd(const struct acpi_maker *k, uint32_t unit)
{
	bool all = !k->m->acpi.list_all && last_of_segment(k, unit);
	uint32_t at;

	acpi_note(k->b, "DRHD %s, segment %u, registers at 0x%llx%s", k->m->unit[unit].label,
		  k->segment[unit], (unsigned long long)acpi_base(k, unit),
		  all ? ", all other devices" : "");
	at = begin(k, DMAR_TYPE_DRHD);
	acpi_put(k->b, all ? DMAR_DRHD_FLAGS_INCLUDE_PCI_ALL : 0, 1);
	acpi_put(k->b, 0, 1); /* 4 KiB of registers */
	acpi_put(k->b, k->segment[unit], 2);
	acpi_put(k->b, acpi_base(k, unit), 8);
	if (!all)
		functions(k, unit);
	sources(k, unit);
	end(k, at);
}

static void rmrr_scopes(const struct acpi_maker *k, const struct acpi_item *it)
{
	const struct machine *m = k->m;

	for (uint32_t i = 0; i < m->devices; i++)
		if (!m->device[i].source &&
		    (it->device >= 0 ? (uint32_t)it->device == i
				     : m->device[i].unit == (uint32_t)it->unit))
			scope(k, DMAR_SCOPE_TYPE_ENDPOINT, 0, m->device[i].rid, m->device[i].name);
}

static void rmrr(const struct acpi_maker *k, const struct acpi_item *it)
{
	uint32_t unit = it->device >= 0 ? k->m->device[it->device].unit : (uint32_t)it->unit, at;

	if (!acpi_is(k, unit, BE_VTD))
		return;
	acpi_note(k->b, "RMRR %s, 0x%llx, 0x%llx bytes", it->node->name,
		  (unsigned long long)it->first, (unsigned long long)it->bytes);
	at = begin(k, DMAR_TYPE_RMRR);
	acpi_put(k->b, 0, 2);
	acpi_put(k->b, k->segment[unit], 2);
	acpi_put(k->b, it->first, 8);
	acpi_put(k->b, it->first + (it->bytes - 1), 8);
	rmrr_scopes(k, it);
	end(k, at);
}

static bool has_device_tlb(const struct acpi_maker *k, uint32_t unit)
{
	return k->s->unit[unit][BE_VTD].word[BE_VTD_ECAP] & VTD_ECAP_DT;
}

static void atsr(const struct acpi_maker *k, uint32_t unit)
{
	uint32_t at;

	for (uint32_t i = 0; i < unit; i++)
		if (acpi_is(k, i, BE_VTD) && k->segment[i] == k->segment[unit] &&
		    has_device_tlb(k, i))
			return; /* told for the segment */
	acpi_note(k->b, "ATSR segment %u, all ports", k->segment[unit]);
	at = begin(k, DMAR_TYPE_ATSR);
	acpi_put(k->b, DMAR_ATSR_FLAGS_ALL_PORTS, 1);
	acpi_put(k->b, 0, 1);
	acpi_put(k->b, k->segment[unit], 2);
	end(k, at);
}

/* A table has one width: what every unit can reach. */
static uint64_t width(const struct acpi_maker *k)
{
	uint64_t bits = 64;

	for (uint32_t i = 0; i < k->m->units; i++)
		if (acpi_is(k, i, BE_VTD) && k->s->unit[i][BE_VTD].word[BE_VTD_HAW] < bits)
			bits = k->s->unit[i][BE_VTD].word[BE_VTD_HAW];
	return bits;
}

static bool remaps_interrupts(const struct acpi_maker *k)
{
	for (uint32_t i = 0; i < k->m->units; i++)
		if (acpi_is(k, i, BE_VTD) && k->s->unit[i][BE_VTD].word[BE_VTD_ECAP] & VTD_ECAP_IR)
			return true;
	return false;
}

void acpi_make_dmar(const struct acpi_maker *k)
{
	const struct acpi_config *c = &k->m->acpi;
	uint32_t units = 0;

	for (uint32_t i = 0; i < k->m->units; i++)
		units += acpi_is(k, i, BE_VTD);
	if (!units)
		return;
	acpi_note(k->b, "DMAR, %llu bits of physical addresses", (unsigned long long)width(k));
	acpi_head(k->b, DMAR_SIGNATURE, DMAR_REVISION);
	acpi_put(k->b, width(k) - 1, 1);
	acpi_put(k->b, remaps_interrupts(k) ? DMAR_FLAGS_INTR_REMAP : 0, 1);
	acpi_put_zeros(k->b, DMAR_BYTES - k->b->size);
	for (uint32_t i = 0; i < k->m->units; i++)
		if (acpi_is(k, i, BE_VTD))
			drhd(k, i);
	for (uint32_t i = 0; i < c->items; i++)
		if (c->item[i].kind == ACPI_REGION)
			rmrr(k, c->item + i);
	for (uint32_t i = 0; i < k->m->units; i++)
		if (acpi_is(k, i, BE_VTD) && has_device_tlb(k, i))
			atsr(k, i);
	acpi_seal(k->b);
}
