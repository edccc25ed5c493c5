/*
 * The IVRS table of a machine. AMD 48882 chapter 5 "I/O Virtualization ACPI Table".
 *
 * Blocks of each type the scenario asks for, in that order, all units of one type before the next; the entries are the same
 * in each. Then the IVMD blocks.
 */
#include <string.h>

#include "acpi/tables.h"
#include "hw/acpi_ivrs.h"
#include "hw/amdvi.h"

static const struct be_unit *unit_of(const struct acpi_maker *k, uint32_t i)
{
	return &k->s->unit[i][BE_AMDVI];
}

/* Features of a block of type 10h, from the register it mirrors. */
static uint32_t features(const struct be_unit *u)
{
	uint64_t efr = u->word[BE_AMDVI_EFR];
	uint64_t misc0 = u->word[BE_AMDVI_MISC0];
	uint64_t f = 0;

	f |= efr & AMDVI_EFR_XTSUP ? IVHD_FEATURE_XTSUP : 0;
	f |= efr & AMDVI_EFR_NXSUP ? IVHD_FEATURE_NXSUP : 0;
	f |= efr & AMDVI_EFR_GTSUP ? IVHD_FEATURE_GTSUP : 0;
	f |= FIELD_PREP(IVHD_FEATURE_GLXSUP, FIELD_GET(AMDVI_EFR_GLXSUP, efr));
	f |= efr & AMDVI_EFR_IASUP ? IVHD_FEATURE_IASUP : 0;
	f |= efr & AMDVI_EFR_GASUP ? IVHD_FEATURE_GASUP : 0;
	f |= efr & AMDVI_EFR_HESUP ? IVHD_FEATURE_HESUP : 0;
	f |= FIELD_PREP(IVHD_FEATURE_PASMAX, FIELD_GET(AMDVI_EFR_PASMAX, efr));
	f |= FIELD_PREP(IVHD_FEATURE_MSINUMPPR, FIELD_GET(AMDVI_MISC0_MSINUMPPR, misc0));
	f |= FIELD_PREP(IVHD_FEATURE_GATS, FIELD_GET(AMDVI_EFR_GATS, efr));
	f |= FIELD_PREP(IVHD_FEATURE_HATS, FIELD_GET(AMDVI_EFR_HATS, efr));
	return (uint32_t)f;
}

static uint8_t flags(const struct be_unit *u, uint8_t type)
{
	uint32_t f = 0;

	f |= u->word[BE_AMDVI_CAP] & AMDVI_CAPHDR_IOTLBSUP ? IVHD_FLAGS_IOTLBSUP : 0;
	f |= u->word[BE_AMDVI_UNSNOOPED] ? 0 : IVHD_FLAGS_COHERENT;
	if (type == IVRS_TYPE_IVHD_10) {
		f |= u->word[BE_AMDVI_EFR] & AMDVI_EFR_PREFSUP ? IVHD_FLAGS_PREFSUP : 0;
		f |= u->word[BE_AMDVI_EFR] & AMDVI_EFR_PPRSUP ? IVHD_FLAGS_PPRSUP : 0;
	}
	return (uint8_t)f;
}

/* ---- entries ---- */

static void entry(const struct acpi_maker *k, uint8_t type, uint16_t rid)
{
	acpi_put(k->b, type, 1);
	acpi_put(k->b, rid, 2);
	acpi_put(k->b, 0, 1);
}

static void alias_entry(const struct acpi_maker *k, uint16_t rid, uint16_t seen)
{
	entry(k, IVHD_DEV_ALIAS_SELECT, rid);
	acpi_put(k->b, 0, 1);
	acpi_put(k->b, seen, 2);
	acpi_put(k->b, 0, 1);
}

static void special(const struct acpi_maker *k, const struct machine_device *d, bool hpet,
		    uint8_t id)
{
	acpi_note(k->b, "  %s %u, appears as %04x", hpet ? "HPET" : "I/O APIC", id, d->rid);
	entry(k, IVHD_DEV_SPECIAL, 0);
	acpi_put(k->b, id, 1);
	acpi_put(k->b, d->rid, 2);
	acpi_put(k->b, hpet ? IVHD_VARIETY_HPET : IVHD_VARIETY_IOAPIC, 1);
}

/* Numbered as in a DMAR: in the order of the machine, each kind by itself. */
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
			special(k, d, hpet, count[hpet]);
		count[hpet]++;
	}
}

/* Functions by themselves, what is behind a listed bridge as a range. */
static void functions(const struct acpi_maker *k, uint32_t unit)
{
	const struct machine *m = k->m;

	for (uint32_t i = 0; i < m->devices; i++) {
		const struct machine_device *d = m->device + i;
		const struct acpi_item *above = acpi_bridge_of(k, (uint8_t)(d->rid >> 8));

		if (d->unit != unit || d->source || (above && above->unit == (int)unit))
			continue;
		acpi_note(k->b, "  %s, %04x", d->name, d->rid);
		entry(k, IVHD_DEV_SELECT, d->rid);
	}
	for (uint32_t i = 0; i < m->acpi.items; i++) {
		const struct acpi_item *it = m->acpi.item + i;

		if (it->kind != ACPI_BRIDGE || it->unit != (int)unit)
			continue;
		acpi_note(k->b, "  %s, buses %02x to %02x", it->node->name, it->bus_first,
			  it->bus_last);
		entry(k, IVHD_DEV_SELECT, it->rid);
		entry(k, IVHD_DEV_START, (uint16_t)(it->bus_first << 8));
		entry(k, IVHD_DEV_END, (uint16_t)(it->bus_last << 8 | 0xff));
	}
}

static void aliases(const struct acpi_maker *k, uint32_t unit)
{
	const struct machine *m = k->m;

	for (uint32_t i = 0; i < m->acpi.items; i++) {
		const struct acpi_item *it = m->acpi.item + i;

		if (it->kind != ACPI_ALIAS || it->device < 0 || m->device[it->device].unit != unit)
			continue;
		acpi_note(k->b, "  %s, %04x appears as %04x", it->node->name, it->rid,
			  m->device[it->device].rid);
		alias_entry(k, it->rid, m->device[it->device].rid);
	}
}

/* ---- blocks ---- */

static void ivhd(const struct acpi_maker *k, uint32_t unit, uint8_t type)
{
	const struct be_unit *u = unit_of(k, unit);
	uint32_t at = k->b->size;

	acpi_note(k->b, "IVHD %02xh %s, segment %u, function %04x, registers at 0x%llx", type,
		  k->m->unit[unit].label, k->segment[unit], acpi_unit_rid(unit),
		  (unsigned long long)acpi_base(k, unit));
	acpi_put(k->b, type, 1);
	acpi_put(k->b, flags(u, type), 1);
	acpi_put(k->b, 0, 2);
	acpi_put(k->b, acpi_unit_rid(unit), 2);
	acpi_put(k->b, ACPI_UNIT_CAP, 2);
	acpi_put(k->b, acpi_base(k, unit), 8);
	acpi_put(k->b, k->segment[unit], 2);
	acpi_put(k->b, FIELD_GET(AMDVI_MISC0_MSINUM, u->word[BE_AMDVI_MISC0]), 2);
	if (type == IVRS_TYPE_IVHD_10) {
		acpi_put(k->b, features(u), 4);
	} else {
		acpi_put(k->b,
			 FIELD_PREP(IVHD_ATTR_MSINUMPPR,
				    FIELD_GET(AMDVI_MISC0_MSINUMPPR, u->word[BE_AMDVI_MISC0])),
			 4);
		acpi_put(k->b, u->word[BE_AMDVI_EFR], 8);
		acpi_put(k->b, u->word[BE_AMDVI_EFR2], 8);
	}
	functions(k, unit);
	aliases(k, unit);
	sources(k, unit);
	acpi_put_at(k->b, at + IVRS_BLOCK_LENGTH, k->b->size - at, 2);
}

static void ivmd_block(const struct acpi_maker *k, const struct acpi_item *it, uint8_t type,
		       uint16_t rid, uint16_t segment)
{
	acpi_note(k->b, "IVMD %02xh %s, 0x%llx, 0x%llx bytes", type, it->node->name,
		  (unsigned long long)it->first, (unsigned long long)it->bytes);
	acpi_put(k->b, type, 1);
	acpi_put(k->b,
		 IVMD_FLAGS_UNITY | (it->perm & 1 ? IVMD_FLAGS_IR : 0) |
			 (it->perm & 2 ? IVMD_FLAGS_IW : 0),
		 1);
	acpi_put(k->b, IVMD_BYTES, 2);
	acpi_put(k->b, rid, 2);
	acpi_put(k->b, 0, 2);
	acpi_put(k->b, segment, 2);
	acpi_put_zeros(k->b, 6);
	acpi_put(k->b, it->first, 8);
	acpi_put(k->b, it->bytes, 8);
}

static bool alone_in_segment(const struct acpi_maker *k, uint32_t unit)
{
	for (uint32_t i = 0; i < k->m->units; i++)
		if (i != unit && k->segment[i] == k->segment[unit])
			return false;
	return true;
}

/* Of one device; of all of a segment; or of each device of a unit that shares its segment. */
static void ivmd(const struct acpi_maker *k, const struct acpi_item *it)
{
	const struct machine *m = k->m;
	uint32_t unit = it->device >= 0 ? m->device[it->device].unit : (uint32_t)it->unit;

	if (!acpi_is(k, unit, BE_AMDVI))
		return;
	if (it->device < 0 && alone_in_segment(k, unit)) {
		ivmd_block(k, it, IVRS_TYPE_IVMD_ALL, 0, k->segment[unit]);
		return;
	}
	for (uint32_t i = 0; i < m->devices; i++)
		if (it->device >= 0 ? (uint32_t)it->device == i
				    : m->device[i].unit == unit && !m->device[i].source)
			ivmd_block(k, it, IVRS_TYPE_IVMD_ONE, m->device[i].rid, k->segment[unit]);
}

static uint32_t info(const struct acpi_maker *k)
{
	uint64_t bits = 64, virt = 64;
	bool efr = false;

	for (uint32_t i = 0; i < k->m->units; i++) {
		const struct be_unit *u = unit_of(k, i);

		if (!acpi_is(k, i, BE_AMDVI))
			continue;
		efr |= (u->word[BE_AMDVI_CAP] & AMDVI_CAPHDR_EFRSUP) != 0;
		if (FIELD_GET(AMDVI_MISC0_PASIZE, u->word[BE_AMDVI_MISC0]) < bits)
			bits = FIELD_GET(AMDVI_MISC0_PASIZE, u->word[BE_AMDVI_MISC0]);
		if (FIELD_GET(AMDVI_MISC0_VASIZE, u->word[BE_AMDVI_MISC0]) < virt)
			virt = FIELD_GET(AMDVI_MISC0_VASIZE, u->word[BE_AMDVI_MISC0]);
	}
	return (uint32_t)((efr ? IVRS_INFO_EFRSUP : 0) | FIELD_PREP(IVRS_INFO_GVASIZE, 2) |
			  FIELD_PREP(IVRS_INFO_PASIZE, bits) | FIELD_PREP(IVRS_INFO_VASIZE, virt));
}

void acpi_make_ivrs(const struct acpi_maker *k)
{
	const struct acpi_config *c = &k->m->acpi;
	uint8_t revision = IVRS_REVISION_FIXED;
	uint32_t units = 0;

	for (uint32_t i = 0; i < k->m->units; i++)
		units += acpi_is(k, i, BE_AMDVI);
	if (!units)
		return;
	for (uint32_t i = 0; i < c->blocks; i++)
		if (c->block[i] == IVRS_TYPE_IVHD_40)
			revision = IVRS_REVISION_MIXED;
	acpi_note(k->b, "IVRS, %u bits of physical addresses",
		  (unsigned)FIELD_GET(IVRS_INFO_PASIZE, info(k)));
	acpi_head(k->b, IVRS_SIGNATURE, revision);
	acpi_put(k->b, info(k), 4);
	acpi_put_zeros(k->b, IVRS_BYTES - k->b->size);
	for (uint32_t n = 0; n < c->blocks; n++)
		for (uint32_t i = 0; i < k->m->units; i++)
			if (acpi_is(k, i, BE_AMDVI))
				ivhd(k, i, c->block[n]);
	for (uint32_t i = 0; i < c->items; i++)
		if (c->item[i].kind == ACPI_REGION)
			ivmd(k, c->item + i);
	acpi_seal(k->b);
}
