/*
 * A table as named numbers: what the cross-check compares of DMAR and IVRS. Tables are laid out by hand, byte by byte; each
 * change of one byte has to change the fact that it is about, and no other.
 */
#include <check.h>
#include <string.h>

#include "crosscheck/facts.h"
#include "unit.h"

/* One endpoint, 00:04.0, on the root bus. */
static const struct functions one = {
	.at = { { .rid = 0x0020, .seen_as = 0x0020, .bus_first = 1, .listed = true } }, .count = 1
};

/* A DMAR: header, 39 bits, interrupt remapping; DRHD at FED90000h with an I/O APIC and the endpoint; ATSR, all ports. */
static const uint8_t dmar[] = { 'D', 'M', 'A', 'R', 88,  0,    0,   0,   1,   0,   't',  'e',  's',
				't', ' ', ' ', 't', 'e', 's',  't', ' ', ' ', ' ', ' ',  1,    0,
				0,   0,   't', 'e', 's', 't',  1,   0,   0,   0,   38,   1,    0,
				0,   0,   0,   0,   0,   0,    0,   0,   0, /* DRHD at 48 */
				0,   0,   32,  0,   0,   0,    0,   0,   0,   0,   0xd9, 0xfe, 0,
				0,   0,   0,                           /* I/O APIC at 64 */
				3,   8,   0,   0,   0,   0xff, 0,   0, /* endpoint at 72 */
				1,   8,   0,   0,   0,   0,    4,   0, /* ATSR at 80 */
				2,   0,   8,   0,   1,   0,    0,   0 };

/* An IVRS: EFRSup, 40 bits; a block of type 10h at FED80000h with the endpoint and its alias. */
static const uint8_t ivrs[] = {
	'I',  'V',  'R', 'S',  80,   0,    0,    0, 1, 0, 't',  'e',  's', 't', ' ', ' ', 't',
	'e',  's',  't', ' ',  ' ',  ' ',  ' ',  1, 0, 0, 0,    't',  'e', 's', 't', 1,   0,
	0,    0,    1,   0x28, 0,    0,    0,    0, 0, 0, 0,    0,    0,   0, /* IVHD at 48 */
	0x10, 0x21, 32,  0,    0x08, 0,    0x40, 0, 0, 0, 0xd8, 0xfe, 0,   0,   0,   0,   0,
	0,    0,    0,   0x44, 0,    0,    0, /* alias at 72 */
	0x42, 0x20, 0,   0,    0,    0x30, 0,    0
};

static uint32_t nothing(void *ctx, uint16_t segment, uint16_t rid, uint32_t off)
{
	(void)ctx;
	(void)segment;
	(void)rid;
	(void)off;
	return UINT32_MAX;
}

/* The facts of a table with one byte changed; at 0: as it is. */
static void read_with(struct facts *f, enum be_arch arch, uint32_t at, uint8_t byte)
{
	const uint8_t *table = arch == BE_VTD ? dmar : ivrs;
	uint32_t size = arch == BE_VTD ? sizeof(dmar) : sizeof(ivrs);
	struct iommu_acpi_pci pci = { .ctx = NULL, .read32 = nothing };
	uint8_t copy[sizeof(dmar)], sum = 0;

	memcpy(copy, table, size);
	if (at)
		copy[at] = byte;
	copy[9] = 0;
	for (uint32_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + copy[i]);
	copy[9] = (uint8_t)(0u - sum);
	memset(f, 0, sizeof(*f));
	facts_read(f, arch, copy, size, &pci, &one);
	ck_assert(!f->full);
}

static uint64_t value(const struct facts *f, const char *name)
{
	const struct fact *at = facts_find(f, name);

	ck_assert_msg(at != NULL, "no fact \"%s\"", name);
	return at->value;
}

START_TEST(test_firmware_facts_are_the_table_s)
{
	struct facts f;

	read_with(&f, BE_VTD, 0, 0);
	ck_assert_uint_eq(value(&f, "the parser takes it"), 1);
	ck_assert_uint_eq(value(&f, "physical address bits"), 39);
	ck_assert_uint_eq(value(&f, "interrupt remapping"), 1);
	ck_assert_uint_eq(value(&f, "unit 0: registers"), 0xfed90000);
	ck_assert_uint_eq(value(&f, "function 0020: unit"), 0);
	ck_assert_uint_eq(value(&f, "I/O APIC 0: appears as"), 0xff00);
	ck_assert_uint_eq(value(&f, "groups"), 1);
	read_with(&f, BE_AMDVI, 0, 0);
	ck_assert_uint_eq(value(&f, "the parser takes it"), 1);
	ck_assert_uint_eq(value(&f, "physical address bits"), 40);
	ck_assert_uint_eq(value(&f, "EFRSup"), 1);
	ck_assert_uint_eq(value(&f, "unit 0: function"), 8);
	ck_assert_uint_eq(value(&f, "unit 0: capability"), 0x40);
	ck_assert_uint_eq(value(&f, "unit 0: HtTunEn"), 1);
	ck_assert_uint_eq(value(&f, "unit 0: Coherent"), 1);
	ck_assert_uint_eq(value(&f, "unit 0: PreFSup"), 0);
	ck_assert_uint_eq(value(&f, "unit 0: features"), 0x44);
	ck_assert_uint_eq(value(&f, "function 0020: appears as"), 0x30);
	ck_assert_uint_eq(value(&f, "I/O APIC 0: unit"), UINT32_MAX);
}
END_TEST

/* A byte and the one fact that follows it. */
static const struct {
	enum be_arch arch;
	uint32_t at;
	uint8_t byte;
	const char *fact;
} changes[] = {
	{ BE_VTD, 36, 47, "physical address bits" },
	{ BE_VTD, 37, 0, "interrupt remapping" },
	{ BE_VTD, 58, 0xda, "unit 0: registers" },
	{ BE_VTD, 69, 0xfe, "I/O APIC 0: appears as" },
	{ BE_AMDVI, 37, 0x30, "physical address bits" },
	{ BE_AMDVI, 36, 0, "EFRSup" },
	{ BE_AMDVI, 49, 0x20, "unit 0: HtTunEn" },
	{ BE_AMDVI, 52, 0x10, "unit 0: function" },
	{ BE_AMDVI, 68, 0x04, "unit 0: features" },
	{ BE_AMDVI, 77, 0x38, "function 0020: appears as" },
};

START_TEST(test_firmware_a_byte_changes_its_fact_alone)
{
	struct facts was, is;
	uint32_t differ = 0;

	read_with(&was, changes[_i].arch, 0, 0);
	read_with(&is, changes[_i].arch, changes[_i].at, changes[_i].byte);
	ck_assert_uint_eq(was.count, is.count);
	for (uint32_t i = 0; i < was.count; i++)
		differ += was.at[i].value != value(&is, was.at[i].name);
	ck_assert_uint_ne(value(&was, changes[_i].fact), value(&is, changes[_i].fact));
	ck_assert_uint_eq(differ, 1);
}
END_TEST

/* A device that no line names belongs to nobody. */
START_TEST(test_firmware_a_scope_of_another_device)
{
	struct facts f;

	read_with(&f, BE_VTD, 78, 5);
	ck_assert_uint_eq(value(&f, "function 0020: unit"), UINT32_MAX);
	read_with(&f, BE_AMDVI, 73, 0x28);
	ck_assert_uint_eq(value(&f, "function 0020: unit"), UINT32_MAX);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("firmware");
	TCase *t = tcase_create("firmware");

	tcase_add_test(t, test_firmware_facts_are_the_table_s);
	tcase_add_loop_test(t, test_firmware_a_byte_changes_its_fact_alone, 0,
			    sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(t, test_firmware_a_scope_of_another_device);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
