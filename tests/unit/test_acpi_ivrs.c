/*
 * The IVRS reader: a table with every block and entry typed from AMD 48882 chapter 5, the table QEMU makes, broken rules
 * one by one, every byte changed and every truncation.
 */
#include <string.h>

#include "acpi_image.h"
#include "iommu/driver.h"
#include "unit.h"

/* clang-format off */

/* Offsets of the blocks and entries stand beside them. IVinfo: 48 bits, EFR images count. */
static const uint8_t whole[] = {
	IMAGE_HEAD('I', 'V', 'R', 'S', 2), B4(0x00203043u), B8(0u),
	/* 48: 10h of the unit 00:00.2, which 40h replaces: device 00:05.0 stands only here */
	0x10, 0xb1, B2(24 + 4), B2(0x0002), B2(0x40), B8(0xfeb80000u), B2(0), B2(0), B4(0x80048f6eu),
		0x02, B2(0x0028), 0,					/* 72 */
	/* 76: 40h of the same unit: coherent, IotlbSup; MSI number 3 */
	0x40, 0x30, B2(40 + 8 * 4 + 3 * 8 + 8 + 24), B2(0x0002), B2(0x40), B8(0xfeb80000u), B2(0), B2(3), B4(0u),
	B8(0x00000200000029d3u), B8(0x20u),
		0x02, B2(0x0008), 0xd7,					/* 116: 00:01.0, LINT, NMI, INIT, EXT */
		0x03, B2(0x0010), 0x00,					/* 120: 00:02.0 */
		0x04, B2(0x0017), 0x00,					/* 124: to 00:02.7 */
		0x43, B2(0x0300), 0x10, 0, B2(0x0018), 0,		/* 128: bus 3 appears as 00:03.0 */
		0x04, B2(0x03ff), 0x00,					/* 136 */
		0x42, B2(0x0400), 0x00, 0, B2(0x0018), 0,		/* 140: 04:00.0 too */
		0x46, B2(0x0020), 0x00, B4(0x80000000u),		/* 148: 00:04.0 has no ATS */
		0x48, 0, 0, 0x40, 8, B2(0x00a0), 1,			/* 156: I/O APIC 8 is 00:14.0 */
		0x00, 0, 0, 0,						/* 164 */
		0x01, B2(0), 0x20,					/* 168: all */
		0x02, B2(0x0304), 0x80,					/* 172: one inside the alias range */
		0xf0, B2(0x0098), 0x00, 'A', 'M', 'D', 'I', '0', '0', '2', '0', 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 'U', '1', /* 176 */
		0x04 - 0x04, 0, 0, 0,					/* 200 */
	/* 204: 11h of segment 1: no ATS, not coherent */
	0x11, 0x00, B2(40 + 8 + 4), B2(0x0002), B2(0x40), B8(0xfeb00000u), B2(1), B2(0), B4(0u), B8(0u), B8(0u),
		0x48, 0, 0, 0, 0, B2(0x00a1), 2,			/* 244: HPET 0 */
		0x02, B2(0x0108), 0,					/* 252 */
	/* 256: IVMD: unity for 03:00.0, read only */
	0x21, 0x03, B2(32), B2(0x0300), B2(0), B8(0u), B8(0x7c000000u), B8(0x2000u),
	/* 288: IVMD: range 00:01.0 to 00:02.3, exclusion */
	0x22, 0x08, B2(32), B2(0x0008), B2(0x0013), B8(0u), B8(0x7d000000u), B8(0x1000u),
	/* 320: IVMD: all of segment 1 */
	0x20, 0x07, B2(32), B2(0), B2(0), B2(1), B2(0), B4(0u), B8(0x7e000000u), B8(0x1000u),
};

/* Hand-made from what QEMU's q35 with amd-iommu gives: blocks 10h and 11h, entry per device, a range behind a bridge. */
static const uint8_t qemu[] = {
	IMAGE_HEAD('I', 'V', 'R', 'S', 1), B4(0x2801u), B8(0u),
	0x10, 0xd1, B2(24 + 4 * 5 + 8), B2(0x0010), B2(0x40), B8(0xfed80000u), B2(0), B2(0), B4(0x44u),
		0x02, B2(0x0000), 0, 0x02, B2(0x0008), 0, 0x03, B2(0x0018), 0, 0x04, B2(0x01ff), 0, 0x02, B2(0x00fa), 0,
		0x48, 0, 0, 0, 0, B2(0x00a0), 1,
	0x11, 0xd1, B2(40 + 4 * 5 + 8), B2(0x0010), B2(0x40), B8(0xfed80000u), B2(0), B2(0), B4(0u), B8(0x29d3u), B8(0u),
		0x02, B2(0x0000), 0, 0x02, B2(0x0008), 0, 0x03, B2(0x0018), 0, 0x04, B2(0x01ff), 0, 0x02, B2(0x00fa), 0,
		0x48, 0, 0, 0, 0, B2(0x00a0), 1,
};

/* clang-format on */

static struct records r;
static uint8_t table[4096];

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
	ck_assert_int_eq(iommu_acpi_ivrs(&r.a, table, n), IOMMU_OK);
	ck_assert_ptr_null(records_wrong(&r, n));
}

START_TEST(test_ivrs_whole_table_is_read)
{
	struct iommu_unit_desc d = { .index = 7 };

	ck_assert_uint_eq(sizeof(whole), 352);
	read_whole();
	ck_assert_uint_eq(r.a.diags, 0);
	ck_assert_uint_eq(r.a.host_addr_bits[IOMMU_VENDOR_AMD], 48);
	ck_assert_uint_eq(r.a.ivrs_info, 0x203043);
	ck_assert_uint_eq(r.a.units, 2);
	ck_assert_uint_eq(r.unit[0].type, 0x40);
	ck_assert_uint_eq(r.unit[0].base, 0xfeb80000);
	ck_assert_uint_eq(r.unit[0].efr, 0x200000029d3);
	ck_assert_uint_eq(r.unit[0].efr2, 0x20);
	ck_assert_uint_eq(r.unit[0].rid, 2);
	ck_assert_uint_eq(r.unit[0].cap, 0x40);
	ck_assert_uint_eq(r.unit[0].msi, 3);
	ck_assert_uint_eq(r.unit[0].reg_bytes, 0x4000);
	ck_assert_uint_eq(r.unit[1].segment, 1);
	ck_assert_uint_eq(r.unit[1].rid_last, 0x108);
	ck_assert_int_eq(iommu_acpi_describe(&r.a, 0, &d), IOMMU_OK);
	ck_assert_int_eq(d.vendor, IOMMU_VENDOR_AMD);
	ck_assert_uint_eq(d.index, 7);
	ck_assert_uint_eq(d.rid_count, 65536); /* "all" */
	ck_assert(!d.not_coherent);
	ck_assert_int_eq(iommu_acpi_describe(&r.a, 1, &d), IOMMU_OK);
	ck_assert_uint_eq(d.rid_count, 0x109);
	ck_assert(d.not_coherent);
	ck_assert_int_eq(iommu_acpi_describe(&r.a, 2, &d), IOMMU_E_NOENT);
	ck_assert_uint_eq(r.a.names, 1);
	ck_assert_mem_eq(table + r.name[0].offset, "AMDI0020", 8);
	ck_assert_mem_eq(table + r.name[0].uid_offset, "U1", 2);
	ck_assert_uint_eq(r.name[0].uid_bytes, 2);
	ck_assert_uint_eq(r.name[0].rid, 0x98);
}
END_TEST

START_TEST(test_ivrs_devices_find_their_unit)
{
	static const struct {
		uint16_t segment, rid, seen;
		int unit;
		uint8_t setting;
		bool ats;
	} want[] = {
		{ 0, 0x0008, 0x0008, 0, 0xd7, true }, /* select */
		{ 0, 0x0010, 0x0010, 0, 0, true },    /* first of a range */
		{ 0, 0x0013, 0x0013, 0, 0, true },
		{ 0, 0x0017, 0x0017, 0, 0, true },
		{ 0, 0x0018, 0x0018, 0, 0x20, true }, /* all; others appear as it */
		{ 0, 0x0300, 0x0018, 0, 0x10, true },
		{ 0, 0x0304, 0x0304, 0, 0x80, true }, /* narrower than the range */
		{ 0, 0x03ff, 0x0018, 0, 0x10, true },
		{ 0, 0x0400, 0x0018, 0, 0, true },
		{ 0, 0x0020, 0x0020, 0, 0, false }, /* ATS disabled */
		{ 0, 0x0028, 0x0028, 0, 0x20,
		  true },                          /* the entry of the 10h block does not count */
		{ 0, 0x0098, 0x0098, 0, 0, true }, /* by its HID */
		{ 0, 0x0002, 0, -1, 0, false },    /* the unit itself */
		{ 1, 0x0108, 0x0108, 1, 0, false },
		{ 1, 0x0109, 0, -1, 0, false },
		{ 2, 0x0008, 0, -1, 0, false },
	};

	read_whole();
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct iommu_acpi_match m;
		int rc = iommu_acpi_match(&r.a, want[i].segment, want[i].rid, &m);

		ck_assert_msg(rc == (want[i].unit < 0 ? IOMMU_E_NOENT : IOMMU_OK), "row %zu", i);
		if (rc)
			continue;
		ck_assert_msg(m.unit == (uint32_t)want[i].unit && m.rid == want[i].seen, "row %zu",
			      i);
		ck_assert_msg(m.aliased == (m.rid != want[i].rid), "row %zu", i);
		ck_assert_msg(m.setting == want[i].setting && m.ats == want[i].ats, "row %zu", i);
	}
}
END_TEST

START_TEST(test_ivrs_special_devices_have_their_ids)
{
	struct iommu_acpi_match m;

	read_whole();
	ck_assert_int_eq(iommu_acpi_special(&r.a, IOMMU_ACPI_IOAPIC, 8, &m), IOMMU_OK);
	ck_assert_uint_eq(m.rid, 0xa0);
	ck_assert_uint_eq(m.unit, 0);
	ck_assert_uint_eq(m.setting, 0x40);
	ck_assert_int_eq(iommu_acpi_special(&r.a, IOMMU_ACPI_HPET, 0, &m), IOMMU_OK);
	ck_assert_uint_eq(m.rid, 0xa1);
	ck_assert_uint_eq(m.unit, 1);
	ck_assert_int_eq(iommu_acpi_special(&r.a, IOMMU_ACPI_IOAPIC, 0, &m), IOMMU_E_NOENT);
}
END_TEST

/* Regions of a device by their first addresses, 0 at the end. */
static void check_regions(uint16_t segment, uint16_t rid, uint64_t want, uint8_t perm)
{
	struct iommu_acpi_region region = { 0 };
	uint32_t at = 0;

	ck_assert_msg(iommu_acpi_region_next(&r.a, segment, rid, &at, &region) == (want != 0),
		      "%x:%04x", segment, rid);
	ck_assert_uint_eq(region.first, want);
	ck_assert_uint_eq(region.perm, perm);
	ck_assert(!iommu_acpi_region_next(&r.a, segment, rid, &at, &region));
}

START_TEST(test_ivrs_regions_of_a_device)
{
	read_whole();
	ck_assert_uint_eq(r.a.regions, 3);
	ck_assert_uint_eq(r.region[0].last, 0x7c001fff);
	ck_assert(!r.region[0].exclusion && r.region[1].exclusion);
	check_regions(0, 0x0008, 0x7d000000, 3);
	check_regions(0, 0x0013, 0x7d000000, 3);
	check_regions(0, 0x0014, 0, 0);
	check_regions(0, 0x0300, 0x7c000000, 1);
	/* one table entry with 03:00.0: its alias, and all who have that alias */
	check_regions(0, 0x0018, 0x7c000000, 1);
	check_regions(0, 0x03f8, 0x7c000000, 1);
	check_regions(0, 0x0400, 0x7c000000, 1);
	check_regions(0, 0x0304, 0, 0); /* has an entry of its own */
	check_regions(1, 0x0108, 0x7e000000, 3);
}
END_TEST

START_TEST(test_ivrs_block_of_highest_type_counts_wherever_it_stands)
{
	/* 11h first, then 10h: the same answer */
	static uint8_t turned[sizeof(qemu)];
	size_t first = 24 + 4 * 5 + 8, second = 40 + 4 * 5 + 8;
	struct iommu_acpi_match m;
	size_t n;

	memcpy(turned, qemu, 48);
	memcpy(turned + 48, qemu + 48 + first, second);
	memcpy(turned + 48 + second, qemu + 48, first);
	for (int i = 0; i < 2; i++) {
		n = seal(i ? turned : qemu, sizeof(qemu));
		records_init(&r);
		ck_assert_int_eq(iommu_acpi_ivrs(&r.a, table, n), IOMMU_OK);
		ck_assert_uint_eq(r.a.diags, 0);
		ck_assert_uint_eq(r.a.units, 1);
		ck_assert_uint_eq(r.unit[0].type, 0x11);
		ck_assert_uint_eq(r.unit[0].efr, 0x29d3);
		ck_assert_uint_eq(r.a.scopes, 5);
		ck_assert_uint_eq(r.a.host_addr_bits[IOMMU_VENDOR_AMD], 40);
		ck_assert_int_eq(iommu_acpi_match(&r.a, 0, 0x0100, &m), IOMMU_OK);
		ck_assert_int_eq(iommu_acpi_match(&r.a, 0, 0x0200, &m), IOMMU_E_NOENT);
	}
}
END_TEST

START_TEST(test_ivrs_broken_block_leaves_the_lower_type)
{
	size_t n = seal(whole, sizeof(whole));
	struct iommu_acpi_match m;

	memset(table + 76 + 8, 0, 8); /* base of the 40h block */
	image_seal(table, n);
	records_init(&r);
	ck_assert_int_eq(iommu_acpi_ivrs(&r.a, table, n), IOMMU_OK);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_UNIT_BASE), 1);
	ck_assert_uint_eq(r.unit[0].type, 0x10);
	ck_assert_int_eq(iommu_acpi_match(&r.a, 0, 0x0028, &m), IOMMU_OK);
	ck_assert_int_eq(iommu_acpi_match(&r.a, 0, 0x0008, &m), IOMMU_E_NOENT);
}
END_TEST

/* ---- one rule at a time ---- */

struct broken {
	const char *what;
	uint32_t at, bytes;
	uint64_t value;
	enum iommu_acpi_rule rule;
	uint32_t offset, units, regions;
};

static const struct broken broken[] = {
	{ "revision 3", 8, 1, 3, IOMMU_ACPI_TABLE_REVISION, 8, 2, 3 },
	{ "width 0", 37, 1, 0, IOMMU_ACPI_TABLE_WIDTH, 36, 2, 3 },
	{ "block length 0", 206, 2, 0, IOMMU_ACPI_ST_LENGTH, 206, 1, 0 },
	{ "block length 3", 206, 2, 3, IOMMU_ACPI_ST_LENGTH, 206, 1, 0 },
	{ "last block too long", 322, 2, 33, IOMMU_ACPI_ST_BEYOND, 322, 2, 3 },
	{ "unknown block", 320, 1, 0x23, IOMMU_ACPI_ST_TYPE, 320, 2, 2 },
	{ "base 0", 212, 8, 0, IOMMU_ACPI_UNIT_BASE, 212, 1, 3 },
	{ "base all ones", 212, 8, UINT64_MAX, IOMMU_ACPI_UNIT_BASE, 212, 1, 3 },
	{ "base of the other unit", 212, 8, 0xfeb80000, IOMMU_ACPI_UNIT_TWICE, 212, 1, 3 },
	{ "base in the other unit's registers", 212, 8, 0xfeb83000, IOMMU_ACPI_UNIT_OVERLAP, 212, 1,
	  3 },
	{ "base at a page", 212, 8, 0xfeb01000, IOMMU_ACPI_UNIT_ALIGN, 212, 2, 3 },
	{ "the same unit twice", 76, 1, 0x10, IOMMU_ACPI_UNIT_TWICE, 80, 2, 3 },
	{ "capability in the header", 210, 2, 0x3c, IOMMU_ACPI_UNIT_CAP, 210, 2, 3 },
	{ "capability beyond the space", 210, 2, 0x140, IOMMU_ACPI_UNIT_CAP, 210, 2, 3 },
	{ "entry cut off", 252, 1, 0x42, IOMMU_ACPI_SCOPE_BEYOND, 252, 2, 3 },
	{ "entry of type f1", 252, 1, 0xf1, IOMMU_ACPI_SCOPE_LENGTH, 252, 2, 3 },
	{ "entry of type 5", 252, 1, 5, IOMMU_ACPI_SCOPE_TYPE, 252, 2, 3 },
	{ "entry of 16 bytes at the end", 252, 1, 0x80, IOMMU_ACPI_SCOPE_BEYOND, 252, 2, 3 },
	{ "end without a start", 116, 1, 4, IOMMU_ACPI_RANGE_END, 116, 2, 3 },
	{ "start after a start", 124, 1, 3, IOMMU_ACPI_RANGE_BETWEEN, 128, 2, 3 },
	{ "start at the end of the block", 252, 1, 3, IOMMU_ACPI_RANGE_START, 252, 2, 3 },
	{ "range turned round", 125, 2, 0x000f, IOMMU_ACPI_RANGE_ORDER, 125, 2, 3 },
	{ "special of variety 0", 163, 1, 0, IOMMU_ACPI_SPECIAL, 163, 2, 3 },
	{ "special of variety 3", 163, 1, 3, IOMMU_ACPI_SPECIAL, 163, 2, 3 },
	{ "its own function", 117, 2, 2, IOMMU_ACPI_SELF, 117, 2, 3 },
	{ "name in an 11h block", 76, 1, 0x11, IOMMU_ACPI_HID_BLOCK, 176, 2, 3 },
	{ "integer UID of 2 bytes", 196, 1, 1, IOMMU_ACPI_HID_UID, 196, 2, 3 },
	{ "UID of format 3", 196, 1, 3, IOMMU_ACPI_HID_UID, 196, 2, 3 },
	{ "UID beyond the block", 197, 1, 255, IOMMU_ACPI_SCOPE_BEYOND, 176, 2, 3 },
	{ "empty region", 280, 8, 0, IOMMU_ACPI_REGION_ORDER, 280, 2, 2 },
	{ "region that wraps", 280, 8, UINT64_MAX, IOMMU_ACPI_REGION_ORDER, 272, 2, 2 },
	{ "region beyond the width", 279, 1, 1, IOMMU_ACPI_REGION_WIDTH, 272, 2, 2 },
	{ "region in a page", 272, 1, 0x10, IOMMU_ACPI_REGION_ALIGN, 272, 2, 3 },
	{ "region that allows nothing", 257, 1, 1, IOMMU_ACPI_REGION_FLAGS, 257, 2, 2 },
	{ "region neither unity nor exclusion", 257, 1, 6, IOMMU_ACPI_REGION_FLAGS, 257, 2, 2 },
	{ "range of devices turned round", 294, 2, 7, IOMMU_ACPI_RANGE_ORDER, 294, 2, 2 },
	{ "region over interrupt messages", 272, 4, 0xfee00000, IOMMU_ACPI_REGION_MSI, 272, 2, 2 },
	{ "block of 31 bytes", 322, 2, 31, IOMMU_ACPI_ST_SHORT, 322, 2, 2 },
	{ "region block of two", 258, 2, 64, IOMMU_ACPI_REGION_LENGTH, 258, 2, 2 },
	{ "header cut off", 206, 2, 39, IOMMU_ACPI_ST_SHORT, 206, 1, 0 },
};

static bool told_at(enum iommu_acpi_rule rule, uint32_t offset)
{
	for (uint32_t i = 0; i < r.a.diags; i++)
		if (r.diag[i].rule == rule && r.diag[i].offset == offset)
			return true;
	return false;
}

START_TEST(test_ivrs_broken_rule_is_named_and_the_rest_used)
{
	const struct broken *b = broken + _i;
	size_t n = seal(whole, sizeof(whole));

	for (uint32_t i = 0; i < b->bytes; i++)
		table[b->at + i] = (uint8_t)(b->value >> 8 * i);
	image_seal(table, n);
	records_init(&r);
	ck_assert_int_eq(iommu_acpi_ivrs(&r.a, table, n), IOMMU_OK);
	ck_assert_ptr_null(records_wrong(&r, n));
	ck_assert_msg(told_at(b->rule, b->offset), "%s: not told", b->what);
	ck_assert_msg(r.a.units == b->units, "%s: %u units", b->what, r.a.units);
	if (b->rule != IOMMU_ACPI_ST_SHORT || b->regions) /* behind a short one is anything */
		ck_assert_msg(r.a.regions == b->regions, "%s: %u regions", b->what, r.a.regions);
}
END_TEST

START_TEST(test_ivrs_rooms_that_run_out_are_told)
{
	size_t n = seal(whole, sizeof(whole));

	records_init(&r);
	r.a.unit_room = 1;
	r.a.scope_room = 5;
	r.a.region_room = 1;
	r.a.name_room = 0;
	ck_assert_int_eq(iommu_acpi_ivrs(&r.a, table, n), IOMMU_OK);
	ck_assert_ptr_null(records_wrong(&r, n));
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_FULL_UNITS), 1);
	ck_assert_uint_gt(records_told(&r, IOMMU_ACPI_FULL_SCOPES), 2);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_FULL_REGIONS), 2);
	ck_assert_uint_eq(records_told(&r, IOMMU_ACPI_FULL_NAMES), 1);
}
END_TEST

START_TEST(test_ivrs_every_byte_changed)
{
	for (size_t at = 0; at < sizeof(whole); at++)
		for (unsigned v = 0; v < 256; v++) {
			size_t n = seal(whole, sizeof(whole));

			table[at] = (uint8_t)v;
			records_init(&r);
			if (iommu_acpi_ivrs(&r.a, table, n) != IOMMU_OK)
				ck_assert_uint_ne(r.a.diags, 0);
			ck_assert_msg(!records_wrong(&r, n), "byte %zu = 0x%x: %s", at, v,
				      records_wrong(&r, n));
			if (table[at] != whole[at] && at > 9)
				ck_assert_uint_ge(records_told(&r, IOMMU_ACPI_TABLE_CHECKSUM), 1);
		}
}
END_TEST

START_TEST(test_ivrs_every_truncation)
{
	for (size_t n = 0; n < sizeof(whole); n++) {
		uint8_t *cut = malloc(n ? n : 1); /* a sanitizer sees a read beyond it */

		(void)seal(whole, sizeof(whole));
		memcpy(cut, table, n);
		records_init(&r);
		ck_assert_int_eq(iommu_acpi_ivrs(&r.a, cut, n), n < 48 ? IOMMU_E_INVAL : IOMMU_OK);
		ck_assert_msg(!records_wrong(&r, n), "%zu bytes: %s", n, records_wrong(&r, n));
		ck_assert_uint_eq(
			records_told(&r, n < 48 ? IOMMU_ACPI_TABLE_SHORT : IOMMU_ACPI_TABLE_CUT),
			1);
		if (n >= 76) /* the first block is whole */
			ck_assert_uint_ge(r.a.units, 1);
		free(cut);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("acpi_ivrs");
	TCase *tc = tcase_create("tables");

	tcase_add_test(tc, test_ivrs_whole_table_is_read);
	tcase_add_test(tc, test_ivrs_devices_find_their_unit);
	tcase_add_test(tc, test_ivrs_special_devices_have_their_ids);
	tcase_add_test(tc, test_ivrs_regions_of_a_device);
	tcase_add_test(tc, test_ivrs_block_of_highest_type_counts_wherever_it_stands);
	tcase_add_test(tc, test_ivrs_broken_block_leaves_the_lower_type);
	suite_add_tcase(suite, tc);
	tc = tcase_create("broken");
	tcase_add_loop_test(tc, test_ivrs_broken_rule_is_named_and_the_rest_used, 0,
			    (int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_test(tc, test_ivrs_rooms_that_run_out_are_told);
	tcase_add_test(tc, test_ivrs_every_byte_changed);
	tcase_add_test(tc, test_ivrs_every_truncation);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
