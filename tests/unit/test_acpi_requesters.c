/*
 * The ids that requests from behind bridges carry: VT-d 3.4.1 Source Identifier. Configuration space is typed here word by
 * word; the expectations are by hand.
 */
#include "iommu/acpi.h"
#include "unit.h"

#define ENDPOINT 0xff /* a header of type 0 */
#define CONVENTIONAL 0xfe

/* A function: a bridge to `secondary` whose PCI Express type is `type`, or an endpoint. */
struct function {
	uint16_t rid;
	uint8_t type, secondary, subordinate;
	bool more; /* functions than 0 */
};

struct space {
	const struct function *function;
	size_t functions;
	uint32_t reads;
	bool circle; /* capability lists never end */
};

static uint32_t word(const struct space *s, const struct function *f, uint32_t off)
{
	bool bridge = f->type != ENDPOINT, express = bridge && f->type != CONVENTIONAL;

	switch (off) {
	case 0x04:
		return express ? 0x00100007 : 0x00000007;
	case 0x0c:
		return (f->more ? 0x00800000u : 0) | (bridge ? 0x00010010 : 0x00000010);
	case 0x18:
		return bridge ? (uint32_t)f->subordinate << 16 | (uint32_t)f->secondary << 8 |
					(uint32_t)(f->rid >> 8)
			      : 0;
	case 0x34:
		return 0x00000050;
	case 0x50: /* power management, then PCI Express at 60h */
		return s->circle ? 0x00035001 : 0x00036001;
	case 0x60:
		return (uint32_t)f->type << 20 | 0x00020010;
	default:
		return 0;
	}
}

static uint32_t read32(void *ctx, uint16_t segment, uint16_t rid, uint32_t off)
{
	struct space *s = ctx;

	ck_assert_uint_lt(off, 256);
	ck_assert_uint_eq(off & 3, 0);
	s->reads++;
	for (size_t i = 0; segment == 0 && i < s->functions; i++)
		if (s->function[i].rid == rid)
			return word(s, s->function + i, off);
	return UINT32_MAX;
}

/*
 * 00:1c.0 port -> 01: 01:00.0 bridge to conventional PCI -> 02: 02:03.0 conventional bridge -> 03: 03:05.0
 *                                                              02:04.0 conventional -> PCI Express -> 04: 04:00.0 port -> 05: 05:00.0
 * 00:1e.0 conventional bridge of the root bus -> 08: 08:01.1
 * 00:1f.3 port (function 3 of several) -> 09: 09:00.0
 */
static const struct function functions[] = {
	{ 0x00e0, 4, 1, 7, false },
	{ 0x0100, 7, 2, 7, false },
	{ 0x0218, CONVENTIONAL, 3, 3, false },
	{ 0x0220, 8, 4, 5, false },
	{ 0x0328, ENDPOINT, 0, 0, false },
	{ 0x0400, 6, 5, 5, false },
	{ 0x0500, ENDPOINT, 0, 0, false },
	{ 0x00f0, CONVENTIONAL, 8, 8, false },
	{ 0x0808, ENDPOINT, 0, 0, true },
	{ 0x0809, ENDPOINT, 0, 0, false },
	{ 0x00f8, ENDPOINT, 0, 0, true },
	{ 0x00fb, 4, 9, 9, false },
	{ 0x0900, ENDPOINT, 0, 0, false },
};

static const struct row {
	uint16_t rid;
	uint16_t ids[5];
	uint32_t n;
} rows[] = {
	{ 0x00f8, { 0x00f8 }, 1 }, /* on the root bus */
	{ 0x0900, { 0x0900 }, 1 }, /* ports change nothing, wherever they are */
	{ 0x0100, { 0x0100 }, 1 }, /* the bridge's own */
	{ 0x0210,
	  { 0x0210, 0x0200 },
	  2 }, /* its secondary bus, 00.0; the function itself is not looked at */
	{ 0x0328, { 0x0328, 0x0218, 0x0200 }, 3 },
	{ 0x0500, { 0x0500, 0x0220, 0x0200 }, 3 },
	{ 0x0809, { 0x0809, 0x00f0 }, 2 },
	{ 0x2000, { 0x2000 }, 1 }, /* a root bus of its own */
};

START_TEST(test_requesters_are_those_of_the_bridges_above)
{
	const struct row *row = rows + _i;
	struct space s = { functions, sizeof(functions) / sizeof(functions[0]), 0, false };
	const struct iommu_acpi_pci pci = { &s, read32 };
	uint16_t ids[5] = { 0 };

	ck_assert_uint_eq(iommu_acpi_requesters(&pci, 0, row->rid, ids, 5), row->n);
	for (uint32_t i = 0; i < row->n; i++)
		ck_assert_uint_eq(ids[i], row->ids[i]);
	/* what has no room is counted and not written */
	ids[1] = 0xabcd;
	ck_assert_uint_eq(iommu_acpi_requesters(&pci, 0, row->rid, ids, 1), row->n);
	ck_assert_uint_eq(ids[1], 0xabcd);
	ck_assert_uint_eq(iommu_acpi_requesters(&pci, 1, row->rid, ids, 5),
			  1); /* another segment */
	ck_assert_uint_eq(iommu_acpi_requesters(NULL, 0, row->rid, ids, 5), 1);
}
END_TEST

/* Bus numbers that lead in a circle, to themselves or to all ones; lists of capabilities without an end. */
START_TEST(test_requesters_end_whatever_configuration_space_says)
{
	static const struct function broken[] = {
		{ 0x0000, 7, 0, 255, true },
		{ 0x0001, CONVENTIONAL, 2, 1, false },
		{ 0x0200, 7, 2, 2, false },
		{ 0x0208, 8, 3, 3, false },
		{ 0x0300, CONVENTIONAL, 2, 2, false },
	};
	struct space s = { broken, sizeof(broken) / sizeof(broken[0]), 0, true };
	const struct iommu_acpi_pci pci = { &s, read32 };
	uint16_t ids[8];

	/* an endless list has no PCI Express capability to be found: its bridge counts as conventional */
	ck_assert_uint_eq(iommu_acpi_requesters(&pci, 0, 0x0310, ids, 8), 3);
	ck_assert_uint_eq(ids[1], 0x0208);
	ck_assert_uint_eq(ids[2], 0x0001);
	ck_assert_uint_eq(iommu_acpi_requesters(&pci, 0, 0x0008, ids, 8), 1);
	ck_assert_uint_lt(s.reads, 100000);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("acpi_requesters");
	TCase *t = tcase_create("requesters");

	tcase_add_loop_test(t, test_requesters_are_those_of_the_bridges_above, 0,
			    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_requesters_end_whatever_configuration_space_says);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
