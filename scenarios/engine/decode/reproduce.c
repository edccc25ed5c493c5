/* The parts of a re-created report that do not depend on the architecture. */
#include "decode/reproduce.h"

#include <inttypes.h>

#include "decode/explain.h"

#define RAM_END UINT64_C(0x40000000)

void reproduce_head(FILE *f, const struct decoded *d, const char *unit_props, uint64_t first,
		    uint64_t last)
{
	char what[400];
	uint64_t extra = first & ~UINT64_C(0x1FFFFF), bytes = (last | 0x1FFFFF) - extra + 1;

	explain_what(d, what, sizeof(what));
	fprintf(f, "/*\n * Re-created from a fault report:\n *   %s\n", what);
	for (const char *p = d->text; *p; p++) { /* the text may not end the comment */
		if (p == d->text)
			fputs(" *   ", f);
		fputc(p[0] == '*' && p[1] == '/' ? '+' : *p, f);
	}
	fprintf(f, "%s */\n/dts-v1/;\n\n/ {\n\ttitle = \"a fault report re-created: ",
		d->text[0] ? "\n" : "");
	for (const char *p = what; *p; p++)
		fputc(*p == '"' || *p == '\\' ? '\'' : *p, f);
	fprintf(f, "\";\n\tspec = \"%s\";\n\n", explain_advice(d)->section);
	fputs("\tmachine {\n\t\t#address-cells = <2>;\n\t\t#size-cells = <2>;\n\n"
	      "\t\tmemory@0 {\n\t\t\tdevice_type = \"memory\";\n\t\t\treg = <0x0 0x0 0x0 "
	      "0x40000000>;\n\t\t};\n",
	      f);
	if (extra < RAM_END && last >= RAM_END) {
		bytes -= RAM_END - extra;
		extra = RAM_END;
	}
	if (extra >= RAM_END)
		fprintf(f,
			"\t\tmemory@%" PRIx64 " {\n\t\t\tdevice_type = \"memory\";\n"
			"\t\t\treg = <0x%" PRIx64 " 0x%" PRIx64 " 0x0 0x%" PRIx64 ">;\n\t\t};\n",
			extra, extra >> 32, extra & UINT32_MAX, bytes);
	fprintf(f,
		"\t\tiommu: iommu@fed90000 {\n\t\t\tcompatible = \"%s\";\n\t\t\treg = <0x0 "
		"0xfed90000 0x0 0x4000>;\n"
		"\t\t\t#iommu-cells = <1>;\n\t\t\tlabel = \"iommu\";\n%s\t\t};\n",
		d->arch->compatible, unit_props);
	fprintf(f,
		"\t\tpci {\n\t\t\tcompatible = \"pci-host-ecam-generic\";\n\t\t\tdevice_type = "
		"\"pci\";\n"
		"\t\t\t#address-cells = <3>;\n\t\t\t#size-cells = <2>;\n\t\t\tiommu-map = <0x0 "
		"&iommu 0x0 0x10000>;\n\n"
		"\t\t\tdevice: device@%x,%x {\n\t\t\t\treg = <0x%06x 0 0 0 "
		"0>;\n\t\t\t\tats;\n\t\t\t};\n\t\t};\n\t};\n\n",
		d->rid >> 3 & 0x1F, d->rid & 7, (uint32_t)d->rid << 8);
	fputs("\tsteps {\n", f);
}

void reproduce_request(FILE *f, const struct decoded *d, enum decoded_access access,
		       const char *reason)
{
	static const char *const verb[] = { "read", "read", "write", "atomic" };

	fprintf(f,
		"\t\tblocked {\n\t\t\tdo = \"%s\"; dev = <&device>; iova = /bits/ 64 <0x%" PRIx64
		">;",
		d->at == 1 ? "translate" : verb[access], d->addr);
	if (d->at == 2)
		fputs(" at = \"translated\";", f);
	if (d->has_pasid)
		fprintf(f, " pasid = <0x%" PRIx32 ">;", d->pasid);
	fprintf(f, "\n\t\t\texpect = \"fault\"; reason = \"%s\"; recorded = <1>;", reason);
	if (d->at != 1)
		fputs(access == ACCESS_ATOMIC || !(d->addr & 7) ? " len = <4>;" : " len = <1>;", f);
	fputs("\n\t\t};\n", f);
}

const char *reproduce(FILE *f, const struct decoded *d)
{
	if (d->unclear)
		return "a part of the report was not understood";
	switch (d->kind) {
	case DECODED_FAULT:
		return reproduce_vtd(f, d);
	case DECODED_INTERRUPT:
		return reproduce_vtd_irq(f, d);
	case DECODED_EVENT:
		return reproduce_amdvi(f, d);
	case DECODED_WAIT:
		return "a wait that ended in a time-out says nothing of its cause; the events "
		       "logged before it may";
	case DECODED_WORDS:
	case DECODED_NOTE:
	case DECODED_NOTHING:
		break;
	}
	return "the line is no fault record";
}
