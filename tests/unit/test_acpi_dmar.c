/*
 * The DMAR reader: a table with every structure typed from VT-d chapter 8, the table QEMU makes, broken rules one by one,
 * every byte changed and every truncation.
 */
#include <string.h>

#include "acpi_image.h"
#include "iommu/driver.h"
#include "unit.h"

/* clang-format off */

/* Offsets of the structures stand beside them. */
static const uint8_t whole[] = {
	IMAGE_HEAD('D', 'M', 'A', 'R', 1),
	45, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,			/* 36: 46 bits, interrupts, opt-in */
	/* 48: DRHD of segment 0, 4 pages: endpoint 00:02.0, bridge 00:1c.0, endpoint through 00:1d.0 and 03:00.0 */
	B2(0), B2(16 + 8 + 8 + 12), 0, 2, B2(0), B8(0xfed90000u),
		1, 8, 0, 0, 0, 0, 2, 0,					/* 64 */
		2, 8, 0, 0, 0, 0, 0x1c, 0,				/* 72 */
		1, 12, 0, 0, 0, 0, 0x1d, 0, 0, 0, 5, 1,			/* 80 */
	/* 92: DRHD of segment 1 */
	B2(0), B2(24), 0, 0, B2(1), B8(0x3ffff000000u),
		1, 8, 0, 0, 0, 0x80, 2, 0,				/* 108 */
	/* 116: DRHD with INCLUDE_PCI_ALL: I/O APIC 8 at f0:1f.7, HPET 1 at f0:0f.0, ACPI device 5 at 00:15.0 */
	B2(0), B2(16 + 8 + 8 + 8), 1, 0, B2(0), B8(0xfed94000u),
		3, 8, 0, 0, 8, 0xf0, 0x1f, 7,				/* 132 */
		4, 8, 0, 0, 1, 0xf0, 0x0f, 0,				/* 140 */
		5, 8, 0, 0, 5, 0, 0x15, 0,				/* 148 */
	/* 156: RMRR of 00:02.0 */
	B2(1), B2(32), B2(0), B2(0), B8(0x7b000000u), B8(0x7f7fffffu),
		1, 8, 0, 0, 0, 0, 2, 0,					/* 180 */
	/* 188: RMRR of what is behind 00:1c.0 */
	B2(1), B2(32), B2(0), B2(0), B8(0x7a000000u), B8(0x7a000fffu),
		2, 8, 0, 0, 0, 0, 0x1c, 0,				/* 212 */
	/* 220: ATSR: root port 00:1c.0 */
	B2(2), B2(16), 0, 0, B2(0), 2, 8, 0, 0, 0, 0, 0x1c, 0,
	/* 236: RHSA of the second unit of segment 0 */
	B2(3), B2(20), B4(0), B8(0xfed94000u), B4(3),
	/* 256: ANDD 5 */
	B2(4), B2(8 + 12), 0, 0, 0, 5, '\\', '_', 'S', 'B', '.', 'I', '2', 'C', '0', 0, 0, 0,
	/* 276: SATC, required: 00:03.0 */
	B2(5), B2(16), 1, 0, B2(0), 1, 8, 0, 0, 0, 0, 3, 0,
};

/* Hand-made from what QEMU's q35 with intel-iommu,intremap=on gives: no INCLUDE_PCI_ALL, sum of 0 left to firmware. */
static const uint8_t qemu[] = {
	IMAGE_HEAD('D', 'M', 'A', 'R', 1), 38, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	B2(0), B2(16 + 5 * 8), 0, 0, B2(0), B8(0xfed90000u),
		3, 8, 0, 0, 0, 0xff, 0, 0,
		1, 8, 0, 0, 0, 0, 0, 0,
		1, 8, 0, 0, 0, 0, 1, 0,
		2, 8, 0, 0, 0, 0, 2, 0,
		1, 8, 0, 0, 0, 0, 0x1f, 2,
	B2(2), B2(8), 1, 0, B2(0),
};

/* clang-format on */

static const struct image_bridge bridges[] = {
	{ 0, 0x1c << 3, 2, 2 },
	{ 0, 0x1d << 3, 3, 5 },
	{ 0, 0x0300, 4, 5 },
	{ 0, 2 << 3, 1, 1 },
};
static const struct iommu_acpi_pci pci = {
	.ctx = &(struct image_pci){ bridges, sizeof(bridges) / sizeof(bridges[0]) },
	.read32 = image_pci_read32,
};

static struct records r;
static uint8_t table[4096];

/* A table as it is typed, with its length and sum put in. */
static size_t seal(const uint8_t *bytes, size_t n)
{
	memcpy(table, bytes, n);
	image_seal(table, n);
	return n;
}

static void read_whole(void)
{
	size_t n = seal(whole, sizeof(whole));

	records_init(&r);
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &pci), IOMMU_OK);
	ck_assert_ptr_null(records_wrong(&r, n));
}

START_TEST(test_dmar_whole_table_is_read)
{
	read_whole();
	ck_assert_uint_eq(r.a.diags, 0);
	ck_assert_uint_eq(r.a.host_addr_bits[IOMMU_VENDOR_INTEL], 46);
	ck_assert_uint_eq(r.a.dmar_flags, 5);
	ck_assert_uint_eq(r.a.units, 3);
	ck_assert_uint_eq(r.unit[0].base, 0xfed90000);
	ck_assert_uint_eq(r.unit[0].reg_bytes, 0x4000);
	ck_assert_uint_eq(r.unit[0].offset, 48);
	ck_assert(!r.unit[0].all);
	ck_assert_uint_eq(r.unit[1].base, 0x3ffff000000);
	ck_assert_uint_eq(r.unit[1].segment, 1);
	ck_assert(r.unit[2].all);
	ck_assert(r.unit[2].has_proximity && r.unit[2].proximity == 3);
	ck_assert(!r.unit[0].has_proximity);
	ck_assert_uint_eq(r.a.names, 1);
	ck_assert_uint_eq(r.name[0].id, 5);
	ck_assert_uint_eq(r.name[0].bytes, 9);
	ck_assert_mem_eq(table + r.name[0].offset, "\\_SB.I2C0", 9);
	ck_assert_uint_eq(r.a.groups, 2);
}
END_TEST

START_TEST(test_dmar_devices_find_their_unit)
{
	static const struct {
		uint16_t segment, rid;
		int unit; /* -1: none */
		bool ats, required;
	} want[] = {
		{ 0, 2 << 3, 0, false, false },
		{ 0, 0x1c << 3, 0, true, false },
		{ 0, 0x0200, 0, true, false },
		{ 0, 0x02ff, 0, true, false },
		{ 0, 0x0400 | 5 << 3 | 1, 0, false, false }, /* through two bridges */
		{ 0, 0x0400 | 5 << 3, 2, false, false },     /* its neighbour */
		{ 0, 3 << 3, 2, true, true },
		{ 0, 0x1d << 3, 2, false, false },
		{ 0, 0x0300, 2, false, false },
		{ 1, 0x8000 | 2 << 3, 1, false, false },
		{ 1, 0x8000 | 3 << 3, -1, false, false },
		{ 2, 2 << 3, -1, false, false },
		{ 0, 0xf0ff, 2, false, false },
	};
	struct iommu_acpi_match m;

	read_whole();
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		int rc = iommu_acpi_match(&r.a, want[i].segment, want[i].rid, &m);

		ck_assert_msg(rc == (want[i].unit < 0 ? IOMMU_E_NOENT : IOMMU_OK), "row %zu", i);
		if (rc)
			continue;
		ck_assert_msg(m.unit == (uint32_t)want[i].unit && m.rid == want[i].rid, "row %zu",
			      i);
		ck_assert_msg(m.ats == want[i].ats && m.ats_required == want[i].required, "row %zu",
			      i);
	}
}
END_TEST

START_TEST(test_dmar_special_devices_have_their_ids)
{
	struct iommu_acpi_match m;

	read_whole();
	ck_assert_int_eq(iommu_acpi_special(&r.a, IOMMU_ACPI_IOAPIC, 8, &m), IOMMU_OK);
	ck_assert_uint_eq(m.rid, 0xf000 | 0x1f << 3 | 7);
	ck_assert_uint_eq(m.unit, 2);
	ck_assert_int_eq(iommu_acpi_special(&r.a, IOMMU_ACPI_HPET, 1, &m), IOMMU_OK);
	ck_assert_uint_eq(m.rid, 0xf000 | 0x0f << 3);
	ck_assert_int_eq(iommu_acpi_special(&r.a, IOMMU_ACPI_HPET, 8, &m), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_acpi_special(&r.a, IOMMU_ACPI_DEVICE, 8, &m), IOMMU_E_INVAL);
}
END_TEST

START_TEST(test_dmar_regions_of_a_device)
{
	struct iommu_acpi_region region;
	uint32_t at = 0;

	read_whole();
	ck_assert(iommu_acpi_region_next(&r.a, 0, 2 << 3, &at, &region));
	ck_assert_uint_eq(region.first, 0x7b000000);
	ck_assert_uint_eq(region.last, 0x7f7fffff);
	ck_assert_uint_eq(region.perm, IOMMU_ACPI_READ | IOMMU_ACPI_WRITE);
	ck_assert(!iommu_acpi_region_next(&r.a, 0, 2 << 3, &at, &region));
	at = 0;
	ck_assert(iommu_acpi_region_next(&r.a, 0, 0x0208, &at, &region));
	ck_assert_uint_eq(region.first, 0x7a000000);
	ck_assert(!iommu_acpi_region_next(&r.a, 0, 0x0208, &at, &region));
	at = 0;
	ck_assert(!iommu_acpi_region_next(&r.a, 0, 3 << 3, &at, &region));
	at = 0;
	ck_assert(!iommu_acpi_region_next(&r.a, 1, 2 << 3, &at, &region));
}
END_TEST

START_TEST(test_dmar_of_qemu)
{
	struct iommu_acpi_match m;
	size_t n = seal(qemu, sizeof(qemu));

	table[9]++;
	records_init(&r);
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &pci), IOMMU_OK);
	ck_assert_uint_eq(r.a.diags, 1);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_TABLE_CHECKSUM), 1);
	ck_assert_uint_eq(r.a.units, 1);
	ck_assert_uint_eq(r.a.host_addr_bits[IOMMU_VENDOR_INTEL], 39);
	ck_assert_int_eq(iommu_acpi_special(&r.a, IOMMU_ACPI_IOAPIC, 0, &m), IOMMU_OK);
	ck_assert_uint_eq(m.rid, 0xff00);
	ck_assert_int_eq(iommu_acpi_match(&r.a, 0, 0x0100, &m), IOMMU_OK); /* behind 00:02.0 */
	ck_assert(m.ats);
	ck_assert_int_eq(iommu_acpi_match(&r.a, 0, 7 << 3, &m), IOMMU_E_NOENT);
}
END_TEST

START_TEST(test_dmar_without_configuration_space)
{
	struct iommu_acpi_match m;
	size_t n = seal(whole, sizeof(whole));

	records_init(&r);
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, NULL), IOMMU_OK);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_SCOPE_HOP), 1);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_SCOPE_BUSES), 3);
	ck_assert_uint_eq(r.a.diags, 4);
	ck_assert_int_eq(iommu_acpi_match(&r.a, 0, 0x1c << 3, &m), IOMMU_OK);
	ck_assert_uint_eq(m.unit, 0);
	ck_assert_int_eq(iommu_acpi_match(&r.a, 0, 0x0200, &m), IOMMU_OK);
	ck_assert_uint_eq(m.unit, 2); /* not known to be behind the bridge */
}
END_TEST

START_TEST(test_dmar_second_table_adds)
{
	struct iommu_acpi_match m;
	size_t n;

	read_whole();
	n = seal(qemu, sizeof(qemu));
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &pci), IOMMU_OK);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_UNIT_TWICE), 1);
	ck_assert_uint_eq(r.a.units, 3);
	ck_assert_int_eq(iommu_acpi_special(&r.a, IOMMU_ACPI_IOAPIC, 0, &m), IOMMU_E_NOENT);
}
END_TEST

/* ---- one rule at a time ---- */

/* Bytes put into `whole`, and the one diagnostic that comes of them. */
struct broken {
	const char *what;
	uint32_t at, bytes;
	uint64_t value;
	enum iommu_acpi_rule rule;
	uint32_t offset, units, regions;
};

static const struct broken broken[] = {
	{ "revision", 8, 1, 2, IOMMU_ACPI_TABLE_REVISION, 8, 3, 2 },
	{ "width 0", 36, 1, 30, IOMMU_ACPI_TABLE_WIDTH, 36, 3, 2 },
	{ "width 53", 36, 1, 52, IOMMU_ACPI_TABLE_WIDTH, 36, 3, 2 },
	{ "structure length 0", 94, 2, 0, IOMMU_ACPI_ST_LENGTH, 94, 1, 0 },
	{ "structure length 3", 94, 2, 3, IOMMU_ACPI_ST_LENGTH, 94, 1, 0 },
	{ "last structure too long", 278, 2, 17, IOMMU_ACPI_ST_BEYOND, 278, 3, 2 },
	{ "unknown type", 276, 2, 7, IOMMU_ACPI_ST_TYPE, 276, 3, 2 },
	{ "type of reserved range", 276, 2, 0xffff, IOMMU_ACPI_ST_TYPE, 276, 3, 2 },
	{ "base 0", 100, 8, 0, IOMMU_ACPI_UNIT_BASE, 100, 2, 2 },
	{ "base all ones", 100, 8, UINT64_MAX, IOMMU_ACPI_UNIT_BASE, 100, 2, 2 },
	{ "base odd", 100, 8, 0x3ffff000800, IOMMU_ACPI_UNIT_BASE, 100, 2, 2 },
	{ "base beyond the width", 100, 8, UINT64_C(1) << 46, IOMMU_ACPI_UNIT_BASE, 100, 2, 2 },
	{ "base inside another's registers", 100, 8, 0xfed93000, IOMMU_ACPI_UNIT_OVERLAP, 100, 2,
	  2 },
	{ "base not a multiple of the size", 97, 1, 15, IOMMU_ACPI_UNIT_ALIGN, 100, 3, 2 },
	{ "scope length 0", 109, 1, 0, IOMMU_ACPI_SCOPE_LENGTH, 109, 3, 2 },
	{ "scope longer than its structure", 109, 1, 10, IOMMU_ACPI_SCOPE_BEYOND, 109, 3, 2 },
	{ "scope of type 0", 132, 1, 0, IOMMU_ACPI_SCOPE_TYPE, 132, 3, 2 },
	{ "scope of type 6", 132, 1, 6, IOMMU_ACPI_SCOPE_TYPE, 132, 3, 2 },
	{ "device 32", 86, 1, 32, IOMMU_ACPI_SCOPE_PATH, 86, 3, 2 },
	{ "function 8", 91, 1, 8, IOMMU_ACPI_SCOPE_PATH, 90, 3, 2 },
	{ "through a function that is no bridge", 88, 1, 1, IOMMU_ACPI_SCOPE_HOP, 88, 3, 2 },
	{ "an endpoint in the list of the unit for all", 132, 1, 1, IOMMU_ACPI_ALL_SCOPE, 132, 3,
	  2 },
	{ "the same device twice", 78, 2, 2, IOMMU_ACPI_SCOPE_TWICE, 72, 3, 2 },
	{ "name of nobody", 152, 1, 6, IOMMU_ACPI_SCOPE_NAME, 152, 3, 2 },
	{ "affinity of nobody", 244, 8, 0xfed98000, IOMMU_ACPI_RHSA_UNIT, 244, 3, 2 },
	{ "limit below base", 172, 8, 0x7a000fff, IOMMU_ACPI_REGION_ORDER, 164, 3, 1 },
	{ "base in a page", 164, 8, 0x7b000010, IOMMU_ACPI_REGION_ALIGN, 164, 3, 2 },
	{ "limit in a page", 172, 8, 0x7f7ffff0, IOMMU_ACPI_REGION_ALIGN, 164, 3, 2 },
	{ "limit beyond the width", 172, 8, UINT64_C(1) << 47, IOMMU_ACPI_REGION_WIDTH, 164, 3, 1 },
	{ "over interrupt messages", 172, 8, 0xfee00fff, IOMMU_ACPI_REGION_MSI, 164, 3, 1 },
};

static bool told_at(enum iommu_acpi_rule rule, uint32_t offset)
{
	for (uint32_t i = 0; i < r.a.diags; i++)
		if (r.diag[i].rule == rule && r.diag[i].offset == offset)
			return true;
	return false;
}

START_TEST(test_dmar_broken_rule_is_named_and_the_rest_used)
{
	const struct broken *b = broken + _i;
	size_t n = seal(whole, sizeof(whole));

	for (uint32_t i = 0; i < b->bytes; i++)
		table[b->at + i] = (uint8_t)(b->value >> 8 * i);
	image_seal(table, n);
	records_init(&r);
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &pci), IOMMU_OK);
	ck_assert_ptr_null(records_wrong(&r, n));
	ck_assert_msg(told_at(b->rule, b->offset), "%s: not told", b->what);
	ck_assert_msg(r.a.units == b->units, "%s: %u units", b->what, r.a.units);
	ck_assert_msg(r.a.regions == b->regions, "%s: %u regions", b->what, r.a.regions);
}
END_TEST

START_TEST(test_dmar_table_that_is_none)
{
	size_t n = seal(whole, sizeof(whole));

	records_init(&r);
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, 47, &pci), IOMMU_E_INVAL);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_TABLE_SHORT), 1);
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, NULL, 4096, &pci), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_acpi_ivrs(&r.a, table, n), IOMMU_E_INVAL);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_TABLE_SIGNATURE), 1);
	table[4] = 40;
	table[5] = 0;
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &pci), IOMMU_E_INVAL);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_TABLE_LENGTH), 1);
	ck_assert_uint_eq(r.a.units + r.a.scopes + r.a.regions + r.a.groups + r.a.names, 0);
}
END_TEST

START_TEST(test_dmar_bridge_loop_ends)
{
	static const struct image_bridge loop[] = { { 0, 0x1d << 3, 0, 255 },
						    { 0, 0x1c << 3, 9, 8 } };
	struct iommu_acpi_pci p = { .ctx = &(struct image_pci){ loop, 2 },
				    .read32 = image_pci_read32 };
	size_t n = seal(whole, sizeof(whole));

	records_init(&r);
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &p), IOMMU_OK);
	ck_assert(told_at(IOMMU_ACPI_SCOPE_LOOP, 86)); /* on the way */
	ck_assert(told_at(IOMMU_ACPI_SCOPE_LOOP, 72)); /* at its end */
	ck_assert_uint_eq(r.a.units, 3);
}
END_TEST

START_TEST(test_dmar_only_one_unit_takes_all)
{
	struct iommu_acpi_match m;
	size_t n = seal(whole, sizeof(whole));

	table[52] = 1; /* the first unit says so too, before others */
	image_seal(table, n);
	records_init(&r);
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &pci), IOMMU_OK);
	ck_assert(told_at(IOMMU_ACPI_ALL_TWICE, 116 + 4));
	ck_assert(r.unit[0].all && !r.unit[2].all);
	ck_assert_int_eq(iommu_acpi_match(&r.a, 0, 0x0900, &m), IOMMU_OK);
	ck_assert_uint_eq(m.unit, 0);
	table[120] = 0;
	image_seal(table, n);
	records_init(&r);
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &pci), IOMMU_OK);
	ck_assert(told_at(IOMMU_ACPI_ALL_NOT_LAST, 116 + 4));
}
END_TEST

START_TEST(test_dmar_rooms_that_run_out_are_told)
{
	size_t n = seal(whole, sizeof(whole));

	records_init(&r);
	r.a.unit_room = 1;
	r.a.scope_room = 2;
	r.a.region_room = 0;
	r.a.group_room = 1;
	r.a.name_room = 0;
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &pci), IOMMU_OK);
	ck_assert_ptr_null(records_wrong(&r, n));
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_FULL_UNITS), 2);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_FULL_SCOPES), 2);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_FULL_REGIONS), 2);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_FULL_GROUPS), 1);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_FULL_NAMES), 1);
	records_init(&r);
	r.a.diag_room = 0;
	r.a.unit_room = 0;
	ck_assert_int_eq(iommu_acpi_dmar(&r.a, table, n, &pci), IOMMU_OK);
	ck_assert_uint_eq(r.a.diags, 0);
	ck_assert_uint_gt(r.a.diags_lost, 3);
}
END_TEST

/* ---- garbage ---- */

START_TEST(test_dmar_every_byte_changed)
{
	for (size_t at = 0; at < sizeof(whole); at++)
		for (unsigned v = 0; v < 256; v++) {
			size_t n = seal(whole, sizeof(whole));

			table[at] = (uint8_t)v;
			records_init(&r);
			if (iommu_acpi_dmar(&r.a, table, n, v & 1 ? &pci : NULL) != IOMMU_OK)
				ck_assert_uint_ne(r.a.diags, 0);
			ck_assert_msg(!records_wrong(&r, n), "byte %zu = 0x%x: %s", at, v,
				      records_wrong(&r, n));
			if (table[at] != whole[at] && at > 9)
				ck_assert_uint_ge(records_told(&r, IOMMU_ACPI_TABLE_CHECKSUM), 1);
		}
}
END_TEST

START_TEST(test_dmar_every_truncation)
{
	for (size_t n = 0; n < sizeof(whole); n++) {
		uint8_t *cut = malloc(n ? n : 1); /* a sanitizer sees a read beyond it */

		(void)seal(whole, sizeof(whole));
		memcpy(cut, table, n);
		records_init(&r);
		ck_assert_int_eq(iommu_acpi_dmar(&r.a, cut, n, &pci),
				 n < 48 ? IOMMU_E_INVAL : IOMMU_OK);
		ck_assert_msg(!records_wrong(&r, n), "%zu bytes: %s", n, records_wrong(&r, n));
		ck_assert_uint_eq(
			records_told(&r, n < 48 ? IOMMU_ACPI_TABLE_SHORT : IOMMU_ACPI_TABLE_CUT),
			1);
		if (n >= 48 + 44) /* the first unit is whole */
			ck_assert_uint_ge(r.a.units, 1);
		free(cut);
	}
}
END_TEST

/* Names and sentences: one each, none twice. */
START_TEST(test_rules_have_names)
{
	for (int i = 0; i < IOMMU_ACPI_RULES; i++) {
		ck_assert_ptr_nonnull(iommu_acpi_rule_name((enum iommu_acpi_rule)i));
		ck_assert_uint_gt(strlen(iommu_acpi_rule_text((enum iommu_acpi_rule)i)), 10);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(iommu_acpi_rule_name((enum iommu_acpi_rule)i),
					 iommu_acpi_rule_name((enum iommu_acpi_rule)k));
	}
	ck_assert_str_eq(iommu_acpi_rule_name(IOMMU_ACPI_RULES), "unknown");
}
END_TEST

START_TEST(test_diag_is_one_line)
{
	struct iommu_acpi_diag d = { .value = 0x1f,
				     .offset = 0x30,
				     .vendor = IOMMU_VENDOR_INTEL,
				     .rule = IOMMU_ACPI_UNIT_BASE };
	char text[200], cut[10];
	size_t n = iommu_acpi_diag_format(&d, text, sizeof(text));

	ck_assert_str_eq(text,
			 "DMAR+0x30: unit-base: no registers can be at this address; the unit "
			 "is ignored (0x1f)");
	ck_assert_uint_eq(iommu_acpi_diag_format(&d, cut, sizeof(cut)), n);
	ck_assert_str_eq(cut, "DMAR+0x30");
	ck_assert_uint_eq(iommu_acpi_diag_format(&d, cut, 0), n);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("acpi_dmar");
	TCase *tc = tcase_create("tables");

	tcase_add_test(tc, test_dmar_whole_table_is_read);
	tcase_add_test(tc, test_dmar_devices_find_their_unit);
	tcase_add_test(tc, test_dmar_special_devices_have_their_ids);
	tcase_add_test(tc, test_dmar_regions_of_a_device);
	tcase_add_test(tc, test_dmar_of_qemu);
	tcase_add_test(tc, test_dmar_without_configuration_space);
	tcase_add_test(tc, test_dmar_second_table_adds);
	suite_add_tcase(suite, tc);
	tc = tcase_create("broken");
	tcase_add_loop_test(tc, test_dmar_broken_rule_is_named_and_the_rest_used, 0,
			    (int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_test(tc, test_dmar_table_that_is_none);
	tcase_add_test(tc, test_dmar_bridge_loop_ends);
	tcase_add_test(tc, test_dmar_only_one_unit_takes_all);
	tcase_add_test(tc, test_dmar_rooms_that_run_out_are_told);
	tcase_add_test(tc, test_dmar_every_byte_changed);
	tcase_add_test(tc, test_dmar_every_truncation);
	tcase_add_test(tc, test_rules_have_names);
	tcase_add_test(tc, test_diag_is_one_line);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
