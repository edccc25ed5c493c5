/* A machine node as text. */
#include "machine_text.h"

#include <inttypes.h>

#define HALVES(v) (v) >> 32, (v)&UINT32_MAX

static void memory(FILE *f, uint64_t first, uint64_t last)
{
	uint64_t bytes = last - first + 1;

	if (last < first)
		return;
	fprintf(f,
		"\t\tmemory@%" PRIx64 " {\n\t\t\tdevice_type = \"memory\";\n"
		"\t\t\treg = <0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 ">;\n\t\t};\n",
		first, HALVES(first), HALVES(bytes));
}

static void device(FILE *f, const struct machine_text *m, uint32_t i)
{
	uint32_t rid = m->rid[i];
	char number[12] = "";

	if (m->numbered)
		snprintf(number, sizeof(number), "%" PRIu32, i);
	fprintf(f, "\t\t\t%s%s: device@%x,%x,%x {\n\t\t\t\treg = <0x%06x 0 0 0 0>;\n%s\t\t\t};\n",
		m->label, number, rid >> 8, rid >> 3 & 0x1F, rid & 7, rid << 8,
		m->device_props ? m->device_props : "");
}

void machine_text(FILE *f, const struct machine_text *m)
{
	uint64_t base = m->base ? m->base : MACHINE_TEXT_UNIT;

	fputs("\n\tmachine {\n\t\t#address-cells = <2>;\n\t\t#size-cells = <2>;\n\n", f);
	for (uint32_t i = 0; i < sizeof(m->memory) / sizeof(m->memory[0]); i++) {
		if (m->memory[i].last)
			memory(f, m->memory[i].first, m->memory[i].last);
	}
	fprintf(f,
		"\t\tiommu: iommu@%" PRIx64
		" {\n\t\t\tcompatible = \"%s\";\n\t\t\treg = <0x%" PRIx64 " 0x%" PRIx64
		" 0x0 0x%" PRIx64 ">;\n\t\t\t#iommu-cells = <1>;\n%s\t\t};\n",
		base, m->compatible, HALVES(base), MACHINE_TEXT_UNIT_BYTES,
		m->props ? m->props : "");
	fputs("\t\tpci {\n\t\t\tcompatible = \"pci-host-ecam-generic\";\n\t\t\tdevice_type = "
	      "\"pci\";\n\t\t\t#address-cells = <3>;\n\t\t\t#size-cells = <2>;\n"
	      "\t\t\tiommu-map = <0x0 &iommu 0x0 0x10000>;\n\n",
	      f);
	for (uint32_t i = 0; i < m->devices; i++)
		device(f, m, i);
	fputs("\t\t};\n\t};\n", f);
}
