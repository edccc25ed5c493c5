/* A table as named numbers. */
#include "facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/acpi_dmar.h"
#include "hw/acpi_ivrs.h"
#include "hw/bits.h"

#define UNITS 4
#define SCOPES 512
#define REGIONS 16
#define GROUPS_MOST 16
#define NAMES 16
#define DIAGS 64

/* The parser's records and their rooms. */
struct records {
	struct iommu_acpi a;
	struct iommu_acpi_unit unit[UNITS];
	struct iommu_acpi_scope scope[SCOPES];
	struct iommu_acpi_region region[REGIONS];
	struct iommu_acpi_group group[GROUPS_MOST];
	struct iommu_acpi_name name[NAMES];
	struct iommu_acpi_diag diag[DIAGS];
};

const struct fact *facts_find(const struct facts *f, const char *name)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return f->at + i;
	return NULL;
}

void facts_add(struct facts *f, uint64_t value, const char *fmt, ...)
{
	struct fact *at = f->at + f->count;
	va_list ap;

	if (f->count == FACTS) {
		f->full = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(at->name, sizeof(at->name), fmt, ap);
	va_end(ap);
	at->value = value;
	f->count++;
}

static void table_facts(struct facts *f, enum be_arch arch, const struct iommu_acpi *a)
{
	if (arch == BE_VTD) {
		facts_add(f, a->units ? a->host_addr_bits[a->unit[0].vendor] : 0,
			  "physical address bits");
		facts_add(f, (a->dmar_flags & DMAR_FLAGS_INTR_REMAP) != 0, "interrupt remapping");
		facts_add(f, a->dmar_flags & ~DMAR_FLAGS_INTR_REMAP, "other flags");
		return;
	}
	facts_add(f, FIELD_GET(IVRS_INFO_PASIZE, a->ivrs_info), "physical address bits");
	facts_add(f, FIELD_GET(IVRS_INFO_VASIZE, a->ivrs_info), "virtual address bits");
	facts_add(f, FIELD_GET(IVRS_INFO_GVASIZE, a->ivrs_info), "guest address size");
	facts_add(f, (a->ivrs_info & IVRS_INFO_EFRSUP) != 0, "EFRSup");
	facts_add(f, (a->ivrs_info & IVRS_INFO_DMAREMAPSUP) != 0, "DMA remap support");
}

static void amdvi_unit_facts(struct facts *f, const struct iommu_acpi_unit *u, uint32_t n)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} flags[] = { { IVHD_FLAGS_HTTUNEN, "HtTunEn" },     { IVHD_FLAGS_PASSPW, "PassPW" },
		      { IVHD_FLAGS_RESPASSPW, "ResPassPW" }, { IVHD_FLAGS_ISOC, "Isoc" },
		      { IVHD_FLAGS_IOTLBSUP, "IotlbSup" },   { IVHD_FLAGS_COHERENT, "Coherent" },
		      { IVHD_FLAGS_PREFSUP, "PreFSup" },     { IVHD_FLAGS_PPRSUP, "PPRSup" } };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		facts_add(f, (u->flags & flags[i].bit) != 0, "unit %u: %s", n, flags[i].name);
	facts_add(f, u->type, "unit %u: type of the block", n);
	facts_add(f, u->rid, "unit %u: function", n);
	facts_add(f, u->cap, "unit %u: capability", n);
	facts_add(f, u->features, "unit %u: features", n);
	facts_add(f, u->efr, "unit %u: EFR image", n);
	facts_add(f, u->efr2, "unit %u: EFR2 image", n);
	facts_add(f, u->msi, "unit %u: MSI number", n);
}

static void unit_facts(struct facts *f, enum be_arch arch, const struct iommu_acpi *a)
{
	facts_add(f, a->units, "units");
	for (uint32_t i = 0; i < a->units; i++) {
		const struct iommu_acpi_unit *u = a->unit + i;

		facts_add(f, u->base, "unit %u: registers", i);
		facts_add(f, u->reg_bytes, "unit %u: size of the registers", i);
		facts_add(f, u->segment, "unit %u: segment", i);
		facts_add(f, u->all, "unit %u: all other devices", i);
		if (arch == BE_AMDVI)
			amdvi_unit_facts(f, u, i);
		else
			facts_add(f, u->flags, "unit %u: flags", i);
	}
}

#define NOBODY UINT32_MAX

static void device_facts(struct facts *f, const struct iommu_acpi *a,
			 const struct functions *functions)
{
	struct iommu_acpi_match m;

	for (uint32_t i = 0; i < functions->count; i++) {
		uint16_t rid = functions->at[i].rid;
		bool found = iommu_acpi_match(a, 0, rid, &m) == 0;

		facts_add(f, found ? m.unit : NOBODY, "function %04x: unit", rid);
		if (!found)
			continue;
		facts_add(f, m.rid, "function %04x: appears as", rid);
		facts_add(f, m.ats, "function %04x: ATS", rid);
		facts_add(f, m.setting, "function %04x: settings", rid);
		facts_add(f, a->scopes > m.scope ? a->scope[m.scope].kind : 0,
			  "function %04x: kind of line", rid);
	}
	if (iommu_acpi_special(a, IOMMU_ACPI_IOAPIC, 0, &m) != 0) {
		facts_add(f, NOBODY, "I/O APIC 0: unit");
		return;
	}
	facts_add(f, m.unit, "I/O APIC 0: unit");
	facts_add(f, m.rid, "I/O APIC 0: appears as");
}

static void other_facts(struct facts *f, const struct iommu_acpi *a)
{
	facts_add(f, a->regions, "regions");
	for (uint32_t i = 0; i < a->regions; i++) {
		facts_add(f, a->region[i].first, "region %u: first", i);
		facts_add(f, a->region[i].last, "region %u: last", i);
		facts_add(f, a->region[i].perm, "region %u: permission", i);
	}
	facts_add(f, a->groups, "groups");
	for (uint32_t i = 0; i < a->groups; i++) {
		facts_add(f, a->group[i].type, "group %u: type", i);
		facts_add(f, a->group[i].flags, "group %u: flags", i);
		facts_add(f, a->group[i].segment, "group %u: segment", i);
	}
	facts_add(f, a->names, "names");
	for (uint32_t i = 0; i < a->diags; i++) {
		const char *rule = iommu_acpi_rule_name((enum iommu_acpi_rule)a->diag[i].rule);
		char name[sizeof(f->at[0].name)];

		snprintf(name, sizeof(name), "diagnostic %s", rule);
		if (!facts_find(f, name))
			facts_add(f, 1, "%s", name);
	}
}

void facts_read(struct facts *f, enum be_arch arch, const uint8_t *table, uint32_t size,
		const struct iommu_acpi_pci *pci, const struct functions *functions)
{
	struct records *r = calloc(1, sizeof(*r));
	int rc;

	if (!r) {
		f->full = true;
		return;
	}
	r->a = (struct iommu_acpi){ .unit = r->unit,
				    .scope = r->scope,
				    .region = r->region,
				    .group = r->group,
				    .name = r->name,
				    .diag = r->diag,
				    .unit_room = UNITS,
				    .scope_room = SCOPES,
				    .region_room = REGIONS,
				    .group_room = GROUPS_MOST,
				    .name_room = NAMES,
				    .diag_room = DIAGS };
	iommu_acpi_init(&r->a);
	rc = arch == BE_VTD ? iommu_acpi_dmar(&r->a, table, size, pci)
			    : iommu_acpi_ivrs(&r->a, table, size);
	facts_add(f, rc == 0, "the parser takes it");
	facts_add(f, size > ACPI_HDR_REVISION ? table[ACPI_HDR_REVISION] : 0, "revision");
	table_facts(f, arch, &r->a);
	unit_facts(f, arch, &r->a);
	device_facts(f, &r->a, functions);
	other_facts(f, &r->a);
	free(r);
}
