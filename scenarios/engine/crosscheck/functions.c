/* PCI functions of a machine. PCI Local Bus Specification 3.0, 6.1; PCI-to-PCI Bridge Architecture Specification 1.2, 3.2. */
#include "functions.h"

#include <inttypes.h>

#define CFG_ID 0x00
#define CFG_STATUS 0x04
#define CFG_CLASS 0x08
#define CFG_HEADER 0x0c
#define CFG_BUSES 0x18
#define CFG_CAPABILITIES 0x34
#define STATUS_CAPABILITIES (1u << 20)
#define HEADER_MULTI (1u << 23)
#define CLASS_IOMMU 0x080600u
#define CAP_EXPRESS 0x10
#define CAP_IOMMU 0x0f
#define EXPRESS_TYPE(word) ((word) >> 20 & 15)
#define EXPRESS_TO_PCI 7
#define CAPS_MOST 48
#define BUSES_MOST 16

/* Offset of a capability, 0: it has none of that id. */
static uint8_t capability(struct vm *vm, uint16_t rid, uint8_t id)
{
	uint32_t at;

	if (!(vm_config_read(vm, rid, CFG_STATUS) & STATUS_CAPABILITIES))
		return 0;
	at = vm_config_read(vm, rid, CFG_CAPABILITIES) & 0xfc;
	for (uint32_t n = 0; at && n < CAPS_MOST; n++) {
		uint32_t word = vm_config_read(vm, rid, (uint8_t)at);

		if ((word & 0xff) == id)
			return (uint8_t)at;
		at = word >> 8 & 0xfc;
	}
	return 0;
}

const struct function *functions_bridge(const struct functions *f, uint8_t bus)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (f->at[i].bus_first <= f->at[i].bus_last && f->at[i].bus_first == bus)
			return f->at + i;
	return NULL;
}

/* A conventional bridge puts its own id on requests, one from PCI Express its secondary bus and 00.0. */
static void place(struct vm *vm, const struct functions *f, struct function *fn)
{
	const struct function *above = functions_bridge(f, (uint8_t)(fn->rid >> 8));
	uint8_t express = above ? capability(vm, above->rid, CAP_EXPRESS) : 0;

	fn->seen_as = fn->rid;
	fn->listed = !above;
	if (above && !express) {
		fn->seen_as = above->rid;
		fn->listed = true;
	} else if (above &&
		   EXPRESS_TYPE(vm_config_read(vm, above->rid, express)) == EXPRESS_TO_PCI) {
		fn->seen_as = (uint16_t)(above->bus_first << 8);
	}
}

static void unit_function(struct vm *vm, struct function *fn)
{
	fn->capability = capability(vm, fn->rid, CAP_IOMMU);
	if (fn->capability)
		fn->base =
			(vm_config_read(vm, fn->rid, (uint8_t)(fn->capability + 4)) & 0xffffc000u) |
			(uint64_t)vm_config_read(vm, fn->rid, (uint8_t)(fn->capability + 8)) << 32;
}

static void take(struct vm *vm, struct functions *f, uint16_t rid)
{
	struct function *fn = f->at + f->count;
	uint32_t header = vm_config_read(vm, rid, CFG_HEADER), buses;

	if (f->count == FUNCTIONS) {
		f->full = true;
		return;
	}
	*fn = (struct function){ .rid = rid, .bus_first = 1 };
	if (vm_config_read(vm, rid, CFG_CLASS) >> 8 == CLASS_IOMMU)
		unit_function(vm, fn);
	if ((header >> 16 & 0x7f) == 1) {
		buses = vm_config_read(vm, rid, CFG_BUSES);
		fn->bus_first = (uint8_t)(buses >> 8);
		fn->bus_last = (uint8_t)(buses >> 16);
	}
	place(vm, f, fn);
	f->count++;
}

static void look_at_bus(struct vm *vm, struct functions *f, uint8_t bus)
{
	for (uint32_t devfn = 0; devfn < 256; devfn++) {
		uint16_t rid = (uint16_t)((uint32_t)bus << 8 | devfn);

		if (vm_config_read(vm, rid, CFG_ID) == UINT32_MAX) {
			if (!(devfn & 7))
				devfn |= 7; /* without function 0 there is no device */
			continue;
		}
		take(vm, f, rid);
		if (!(devfn & 7) && !(vm_config_read(vm, rid, CFG_HEADER) & HEADER_MULTI))
			devfn |= 7;
	}
}

void functions_find(struct vm *vm, struct functions *f)
{
	uint8_t bus[BUSES_MOST] = { 0 };
	uint32_t buses = 1, seen = 0;

	*f = (struct functions){ .count = 0 };
	/* other root buses are known to firmware alone */
	for (uint32_t i = 1; i <= vm->plan.buses && buses < BUSES_MOST; i++)
		if (vm->plan.bus[i].kind == VM_BUS_ROOT)
			bus[buses++] = vm->plan.bus[i].number;
	for (uint32_t n = 0; n < buses && !vm_broken(vm); n++) {
		look_at_bus(vm, f, bus[n]);
		for (; seen < f->count; seen++) {
			const struct function *fn = f->at + seen;

			if (fn->bus_first > fn->bus_last || !fn->bus_first)
				continue;
			if (buses < BUSES_MOST)
				bus[buses++] = fn->bus_first;
			else
				f->full = true;
		}
	}
}

/* ---- as a scenario ---- */

static bool is_bridge(const struct function *fn)
{
	return fn->bus_first <= fn->bus_last;
}

/* A bridge that requests are seen as is a requester too. */
static bool is_seen(const struct functions *f, const struct function *fn)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (f->at + i != fn && f->at[i].seen_as == fn->rid)
			return true;
	return false;
}

static void write_items(FILE *out, const struct functions *f, enum be_arch arch)
{
	for (uint32_t i = 0; i < f->count; i++) {
		const struct function *fn = f->at + i;
		bool seen = arch == BE_AMDVI && is_seen(f, fn);

		if (is_bridge(fn))
			fprintf(out,
				"\t\t\tb%04x { kind = \"bridge\"; rid = <0x%x>; buses = <%u %u>;%s "
				"};\n",
				fn->rid, fn->rid, fn->bus_first, fn->bus_last,
				fn->listed && !seen ? " unit = <&iommu>;" : "");
		if (arch == BE_AMDVI && fn->seen_as != fn->rid)
			fprintf(out,
				"\t\t\ta%04x { kind = \"alias\"; dev = <&f%04x>; rid = <0x%x>; "
				"};\n",
				fn->rid, fn->seen_as, fn->rid);
	}
}

static void write_device(FILE *out, uint16_t rid)
{
	fprintf(out, "\t\t\tf%04x: f@%x,%x,%x { reg = <0x%06x 0 0 0 0>; };\n", rid, rid >> 8,
		rid >> 3 & 31, rid & 7, (uint32_t)rid << 8);
}

/* An id that requests carry though no function has it: the first of those behind the bridge. */
static bool is_ghost(const struct functions *f, uint32_t n)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (f->at[i].rid == f->at[n].seen_as ||
		    (i < n && f->at[i].seen_as == f->at[n].seen_as))
			return false;
	return true;
}

static void write_devices(FILE *out, const struct functions *f, enum be_arch arch)
{
	for (uint32_t i = 0; i < f->count; i++) {
		const struct function *fn = f->at + i;
		bool amd = arch == BE_AMDVI;

		if (amd && is_ghost(f, i))
			write_device(out, fn->seen_as);
		if (fn->capability || (is_bridge(fn) && !(amd && is_seen(f, fn))) ||
		    (amd && fn->seen_as != fn->rid))
			continue;
		write_device(out, fn->rid);
	}
}

void functions_write(FILE *out, const struct functions *f, enum be_arch arch, uint64_t base,
		     uint16_t ioapic, bool efr_block)
{
	fprintf(out,
		"/dts-v1/;\n/ {\n\ttitle = \"a machine of QEMU\";\n\tspec = \"none\";\n\tmachine "
		"{\n"
		"\t\t#address-cells = <2>;\n\t\t#size-cells = <2>;\n"
		"\t\tmemory@0 { device_type = \"memory\"; reg = <0x0 0x0 0x0 0x4000000>; };\n"
		"\t\tiommu: iommu@%" PRIx64 " { compatible = \"%s\"; reg = <0x0 0x%" PRIx64
		" 0x0 0x4000>; #iommu-cells = <1>; };\n"
		"\t\tioapic@fec00000 { compatible = \"ioapic\"; iommus = <&iommu 0x%x>; };\n"
		"\t\tpci { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\";\n"
		"\t\t\t#address-cells = <3>; #size-cells = <2>; iommu-map = <0x0 &iommu 0x0 "
		"0x10000>;\n",
		base, arch == BE_VTD ? "intel,vtd" : "amd,iommu", base, ioapic);
	write_devices(out, f, arch);
	fprintf(out, "\t\t};\n\t\tacpi {\n\t\t\tinclude-all = <0>;\n\t\t\tivhd = <0x10%s>;\n",
		efr_block ? " 0x11" : "");
	write_items(out, f, arch);
	fputs("\t\t};\n\t};\n\tsteps { start { do = \"start\"; }; };\n};\n", out);
}
