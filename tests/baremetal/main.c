/*
 * A kernel in one file: it finds the IOMMUs in firmware's tables, takes the first through every stage, lends two pages to a
 * device, proves by the device's own DMA that they are reached while they are mapped and not reached once they came back, and
 * takes everything down. docs/porting.md walks through it.
 *
 * Lines for people begin with '#'. All others are results that tests/baremetal/smoke.sh compares.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu/acpi.h"
#include "iommu/driver.h"
#include "iommu/inspect.h"
#include "iommu/iova.h"
#include "iommu/ledger.h"

#include "edu.h"
#include "firmware.h"
#include "machine.h"
#include "pci.h"
#include "platform.h"

enum {
	PAGE = 4096,
	BYTES = 1024,
	GIB = 1 << 30,
	POLLS = 100000000,
	UNTOUCHED = 0xA5
};

void kmain(void);

/* Room for what firmware may say. */
static struct iommu_acpi_unit units[PLATFORM_UNITS];
static struct iommu_acpi_scope scopes[256];
static struct iommu_acpi_region regions[32];
static struct iommu_acpi_group groups[32];
static struct iommu_acpi_name names[32];
static struct iommu_acpi_diag diags[16];
static struct iommu_acpi acpi = {
	.unit = units,
	.scope = scopes,
	.region = regions,
	.group = groups,
	.name = names,
	.diag = diags,
	.unit_room = PLATFORM_UNITS,
	.scope_room = 256,
	.region_room = 32,
	.group_room = 32,
	.name_room = 32,
	.diag_room = 16,
};

/* What this kernel has of the driver's: storage that stays where it is. */
static struct iommu_unit unit;
static struct iommu_domain domain;
static struct iommu_device device;
static struct iommu_iova_space space;
static struct iommu_iova_node nodes[16];
static struct iommu_iova_range range;
static struct iommu_ledger ledger;
static struct iommu_pages source, target;
static struct edu edu;
static char line[1024];

_Noreturn static void fail(const char *what, int error)
{
	put("failed ");
	put(what);
	put(": ");
	put_line(iommu_error_name(error));
	machine_exit(MACHINE_FAILED);
}

static void must(const char *what, int error)
{
	if (error != IOMMU_OK)
		fail(what, error);
}

static void require(const char *what, bool good)
{
	put(good ? "ok " : "failed ");
	put_line(what);
	if (!good)
		machine_exit(MACHINE_FAILED);
}

static void labels(void)
{
	struct iommu_status status;

	iommu_status(&unit, &status);
	iommu_status_format(&status, line, sizeof(line));
	put_line(line);
}

static uint8_t *bytes_at(uint64_t pa)
{
	return (uint8_t *)(uintptr_t)pa;
}

static void fill(uint64_t pa, uint8_t first, uint8_t step)
{
	for (uint32_t i = 0; i < BYTES; i++)
		((volatile uint8_t *)bytes_at(pa))[i] = (uint8_t)(first + i * step);
}

static bool holds(uint64_t pa, uint8_t first, uint8_t step)
{
	for (uint32_t i = 0; i < BYTES; i++)
		if (((volatile uint8_t *)bytes_at(pa))[i] != (uint8_t)(first + i * step))
			return false;
	return true;
}

/* Configuration space, for paths through bridges; this machine has segment 0 alone. */
static uint32_t config_read(void *ctx, uint16_t segment, uint16_t rid, uint32_t off)
{
	(void)ctx;
	return segment || off >= 256 ? UINT32_MAX : pci_read(rid, off);
}

/* ---- 1. discovery: what firmware says ---- */

static bool parse(const char *signature)
{
	static const struct iommu_acpi_pci config = { .read32 = config_read };
	bool intel = signature[0] == 'D';
	size_t size;
	const void *table = firmware_table(signature, &size);

	if (!table)
		return false;
	put("# ");
	put(signature);
	put(" at ");
	put_hex((uint64_t)(uintptr_t)table);
	put(", bytes ");
	put_dec(size);
	put("\n");
	must(signature, intel ? iommu_acpi_dmar(&acpi, table, size, &config)
			      : iommu_acpi_ivrs(&acpi, table, size));
	return true;
}

static void discover(void)
{
	bool dmar, ivrs;

	iommu_acpi_init(&acpi);
	dmar = parse("DMAR");
	ivrs = parse("IVRS");
	for (uint32_t i = 0; i < acpi.diags; i++) {
		iommu_acpi_diag_format(&acpi.diag[i], line, sizeof(line));
		put("# ");
		put_line(line);
	}
	require("firmware describes an IOMMU", (dmar || ivrs) && acpi.units);
	put("units=");
	put_dec(acpi.units);
	put(" diagnostics=");
	put_dec(acpi.diags + acpi.diags_lost);
	put("\n");
}

/* ---- 2. diagnostics only: the unit of our device is read, nothing is written ---- */

static void look(struct iommu_acpi_match *match)
{
	struct iommu_unit_desc desc = { .index = 0 };
	const struct iommu_acpi_unit *record;
	struct iommu_diag diag;

	must("iommu_acpi_match", iommu_acpi_match(&acpi, 0, edu.rid, match));
	record = &acpi.unit[match->unit];
	platform_unit(0, record->base, record->reg_bytes);
	must("iommu_acpi_describe", iommu_acpi_describe(&acpi, match->unit, &desc));
	if (desc.vendor == IOMMU_VENDOR_AMD) {
		desc.pci_cap = pci_read(record->rid, record->cap);
		desc.pci_misc0 = pci_read(record->rid, record->cap + 0x10u);
		desc.no_inval_all =
			true; /* QEMU 11 goes by a device's entry once that entry is named */
	}
	put(desc.vendor == IOMMU_VENDOR_AMD ? "vendor=amd base=" : "vendor=intel base=");
	put_hex(record->base);
	put("\n");
	must("iommu_unit_init", iommu_unit_init(&unit, platform(), &desc));
	labels();
	must("iommu_diag", iommu_diag(&unit, &diag));
	iommu_diag_format(&diag, line, sizeof(line));
	put("# ");
	put_line(line);
}

/* ---- 3. tables in memory: the unit does not know of them yet ---- */

/* Firmware's own memory stays where the device expects it, and is never given out. */
static void keep_firmware_regions(void)
{
	struct iommu_acpi_region region;

	for (uint32_t at = 0; iommu_acpi_region_next(&acpi, 0, edu.rid, &at, &region);) {
		must("iommu_iova_reserve", iommu_iova_reserve(&space, region.first, region.last));
		must("iommu_map of a firmware region",
		     iommu_map(&domain, region.first, region.first, region.last - region.first + 1,
			       region.perm));
	}
}

static void build(const struct iommu_acpi_match *match)
{
	struct iommu_unit *list[] = { &unit };
	struct iommu_walk walk;
	uint64_t early;

	must("iommu_unit_build", iommu_unit_build(&unit));
	labels();
	must("iommu_domain_init", iommu_domain_init(&domain, IOMMU_DOMAIN_PAGING, list, 1));
	must("iommu_iova_init", iommu_iova_init(&space, &domain, nodes, 16));
	keep_firmware_regions();
	device.rid = match->rid;
	must("iommu_attach", iommu_attach(&domain, &unit, &device));
	must("iommu_ledger_init", iommu_ledger_init(&ledger, &domain));

	/* Far from where the memory is: an address that passes untranslated cannot reach it. */
	must("iommu_iova_alloc", iommu_iova_alloc(&space, 2 * PAGE, GIB, 0, &range));
	require("no device address before the unit translates",
		iommu_iova_address(&range, &early) == IOMMU_E_STAGE);
	must("iommu_walk", iommu_walk(&unit, device.rid, GIB, IOMMU_READ, &walk));
	iommu_walk_format(&walk, line, sizeof(line));
	put("# ");
	put_line(line);
	require("the tables refuse what is not mapped", walk.result == IOMMU_WALK_NOT_MAPPED);
}

/* ---- 4. programmed, translating ---- */

static void start(void)
{
	must("iommu_unit_program", iommu_unit_program(&unit));
	labels();
	must("iommu_unit_enable", iommu_unit_enable(&unit));
	labels();
}

/* ---- 5. a page's life ---- */

static void dma(bool to_memory, uint64_t iova)
{
	if (!(to_memory ? edu_store(&edu, iova, BYTES) : edu_load(&edu, iova, BYTES)))
		fail("the device's DMA did not end", IOMMU_E_TIMEOUT);
}

static void lend(struct iommu_pages *pages, uint64_t offset, uint32_t prot)
{
	uint64_t pa = platform_page_alloc(0);

	require("a page of memory", pa != 0);
	must("iommu_pages_lend", iommu_pages_lend(&ledger, pages, pa, PAGE));
	must("iommu_pages_map", iommu_pages_map(pages, &range, offset, prot));
}

/* The one door through which a page comes back. */
static uint64_t collect(struct iommu_pages *pages)
{
	int error = IOMMU_E_AGAIN;
	uint64_t pa = 0;

	for (uint32_t i = 0; i < POLLS && error == IOMMU_E_AGAIN; i++)
		error = iommu_pages_collect(pages, &pa, NULL);
	must("iommu_pages_collect", error);
	return pa;
}

/* Physical addresses are for this proof; a kernel has no need of them while a page is lent. */
static uint64_t where(uint64_t iova)
{
	uint64_t pa;

	must("iommu_lookup", iommu_lookup(&domain, iova, &pa, NULL, NULL));
	return pa;
}

static void faults(void)
{
	struct iommu_fault record[4];
	uint32_t count;
	bool lost;

	must("iommu_fault_drain", iommu_fault_drain(&unit, record, 4, &count, &lost));
	put("faults=");
	put_dec(count);
	if (count) {
		put(" reason=");
		put_hex(record[0].reason);
		put(" kind=");
		put(record[0].kind == IOMMU_FAULT_WRITE ? "write" : "other");
		put(record[0].rid == device.rid ? " rid=device" : " rid=other");
		put(" addr=");
		put_hex(record[0].addr);
	}
	put("\n");
}

/* The same without a ledger: a call that waits until nobody reaches the page. */
static void prove_strict(uint64_t iova, uint64_t pa)
{
	must("iommu_iova_map", iommu_iova_map(&range, PAGE, pa, PAGE, IOMMU_WRITE));
	dma(true, iova);
	require("the page mapped again is reached", holds(pa, 3, 7));
	must("iommu_iova_unmap", iommu_iova_unmap(&range, PAGE, PAGE));
	fill(pa, UNTOUCHED, 0);
	dma(true, iova);
	require("DMA is blocked when unmap returns", holds(pa, UNTOUCHED, 0));
	faults();
}

static void prove(void)
{
	uint64_t iova, pa;

	lend(&source, 0, IOMMU_READ);
	lend(&target, PAGE, IOMMU_WRITE);
	must("iommu_iova_address", iommu_iova_address(&range, &iova));
	put("device_address=");
	put_hex(iova);
	put("\n");

	pa = where(iova + PAGE);
	fill(where(iova), 3, 7);
	fill(pa, UNTOUCHED, 0);
	dma(false, iova);
	dma(true, iova + PAGE);
	require("translated DMA moved the source page to the target page", holds(pa, 3, 7));

	/* Not a rule, only what this machine does: until the invalidation hardware may use what it remembers. */
	fill(pa, UNTOUCHED, 0);
	must("iommu_pages_unmap", iommu_pages_unmap(&target));
	dma(true, iova + PAGE);
	put(holds(pa, UNTOUCHED, 0) ? "unmapped_not_invalidated=blocked\n"
				    : "unmapped_not_invalidated=reached\n");

	require("the page that comes back is the one that was lent", collect(&target) == pa);
	faults();
	fill(pa, UNTOUCHED, 0);
	dma(true, iova + PAGE);
	require("DMA is blocked after the invalidation", holds(pa, UNTOUCHED, 0));
	faults();
	prove_strict(iova + PAGE, pa);
	platform_page_free(pa, 0);
}

/* ---- 6. taking down ---- */

static void finish(void)
{
	edu_quiet(&edu);
	must("iommu_pages_unmap", iommu_pages_unmap(&source));
	platform_page_free(collect(&source), 0);
	must("iommu_iova_free", iommu_iova_free(&range));
	must("iommu_iova_done", iommu_iova_done(&space));
	must("iommu_detach", iommu_detach(&device));
	must("iommu_domain_destroy", iommu_domain_destroy(&domain));
	must("iommu_unit_stop", iommu_unit_stop(&unit));
	labels();
	put("pages_not_given_back=");
	put_dec(platform_pages_in_use());
	put("\n");
}

void kmain(void)
{
	struct iommu_acpi_match match;

	machine_serial_init();
	machine_time_init();
	put_line("# libiommu on the bare machine");
	discover();
	require("the device is there", edu_find(&edu));
	look(&match);
	build(&match);
	start();
	prove();
	finish();
	put_line("done");
	machine_exit(MACHINE_PASSED);
}
