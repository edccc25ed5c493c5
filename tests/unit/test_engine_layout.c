/*
 * Fields by name: every row fits its layout, and values go in and come out as the language says.
 */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "scenarios/engine/backend.h"
#include "scenarios/engine/layout.h"
#include "scenarios/engine/machine.h"

static void check_layout(const struct layout *l)
{
	for (const struct field *f = l->fields; f->name; f++) {
		uint64_t word = 0, lsb = f->mask & (~f->mask + 1);

		ck_assert_msg(f->mask != 0, "%s.%s", l->name, f->name);
		ck_assert_msg(f->word < (l->size + 7) / 8, "%s.%s", l->name, f->name);
		ck_assert_msg(l->size != 4 || f->mask <= UINT32_MAX, "%s.%s", l->name, f->name);
		ck_assert_ptr_eq(layout_field(l, f->name), f);
		/* the smallest value is 1, or the lowest address */
		ck_assert_msg(field_put(f, 1, &word) ? word == lsb
						     : field_put(f, lsb, &word) && word == lsb,
			      "%s.%s", l->name, f->name);
	}
}

START_TEST(test_layout_fields_fit_and_have_one_name)
{
	static const enum layout_kind kinds[] = { LAYOUT_REGISTER, LAYOUT_ENTRY,
						  LAYOUT_DESCRIPTOR };
	const struct layout *l;

	for (size_t k = 0; k < 3; k++)
		for (uint32_t i = 0; (l = layout_at(kinds[k], i)) != NULL; i++) {
			ck_assert_ptr_eq(layout_find(kinds[k], l->name), l);
			check_layout(l);
		}
}
END_TEST

/* Values typed from the specification. */
static const struct value {
	enum layout_kind kind;
	const char *layout, *field;
	uint64_t value, word;
	bool fits;
} values[] = {
	{ LAYOUT_REGISTER, "GCMD", "TE", 1, 0x80000000u, true },
	{ LAYOUT_REGISTER, "RTADDR", "RTA", 0x100000, 0x100000, true },
	{ LAYOUT_REGISTER, "RTADDR", "RTA", 0x100800, 0, false },
	{ LAYOUT_REGISTER, "IQT", "QT", 0x30, 0x30, true },
	{ LAYOUT_REGISTER, "FEADDR", "MA", 0xfee01000u, 0xfee01000u, true },
	{ LAYOUT_REGISTER, "FRCD", "FR", 5, 0x500000000, true },
	{ LAYOUT_ENTRY, "context", "DID", 0x1234, 0x123400, true },
	{ LAYOUT_ENTRY, "context", "DID", 0x10000, 0, false },
	{ LAYOUT_ENTRY, "ss", "ADDR", 0x3000, 0x3000, true },
	{ LAYOUT_ENTRY, "ss", "ADDR", UINT64_C(1) << 52, 0, false },
	{ LAYOUT_DESCRIPTOR, "wait", "SDATA", 0xcafe, UINT64_C(0xcafe00000000), true },
	{ LAYOUT_DESCRIPTOR, "wait", "SADDR", 0x2004, 0x2004, true },
	{ LAYOUT_DESCRIPTOR, "iotlb", "G", 3, 0x30, true },
};

START_TEST(test_layout_values)
{
	const struct value *v = &values[_i];
	const struct field *f = layout_field(layout_find(v->kind, v->layout), v->field);
	uint64_t word = 0;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(field_put(f, v->value, &word), v->fits);
	ck_assert_uint_eq(word, v->fits ? v->word : 0);
	if (v->fits)
		ck_assert_uint_eq(field_get(f, word), v->value);
}
END_TEST

START_TEST(test_layout_capabilities)
{
	struct be_unit u = { 0 };

	ck_assert_int_eq(unit_set(&u, "cm", 1), 0);
	ck_assert_uint_eq(u.cap, 0x80);
	ck_assert_int_eq(unit_set(&u, "cm", 0), 0);
	ck_assert_int_eq(unit_set(&u, "mgaw", 48), 0); /* CAP 21:16 holds 47 */
	ck_assert_uint_eq(u.cap, UINT64_C(47) << 16);
	ck_assert_int_eq(unit_set(&u, "nfr", 256), 0); /* CAP 47:40 holds 255 */
	ck_assert_uint_eq(u.cap, UINT64_C(255) << 40 | UINT64_C(47) << 16);
	ck_assert_int_eq(unit_set(&u, "nfr", 257), -2);
	ck_assert_int_eq(unit_set(&u, "nfr", 0), -2);
	ck_assert_int_eq(unit_set(&u, "c", 1), 0);
	ck_assert_uint_eq(u.ecap, 1);
	ck_assert_int_eq(unit_set(&u, "qi", 2), -2);
	ck_assert_int_eq(unit_set(&u, "host-address-bits", 46), 0);
	ck_assert_uint_eq(u.host_addr_bits, 46);
	ck_assert_int_eq(unit_set(&u, "nonsense", 1), -1);
}
END_TEST

START_TEST(test_layout_moving_registers)
{
	/* ECAP.IRO = 50h, CAP.FRO = 22h, in units of 16 bytes */
	uint64_t cap = UINT64_C(0x22) << 24, ecap = UINT64_C(0x50) << 8;

	ck_assert_uint_eq(layout_register_offset(layout_find(LAYOUT_REGISTER, "IVA"), cap, ecap, 0),
			  0x500);
	ck_assert_uint_eq(
		layout_register_offset(layout_find(LAYOUT_REGISTER, "IOTLB"), cap, ecap, 0), 0x508);
	ck_assert_uint_eq(
		layout_register_offset(layout_find(LAYOUT_REGISTER, "FRCD"), cap, ecap, 3), 0x250);
	ck_assert_uint_eq(
		layout_register_offset(layout_find(LAYOUT_REGISTER, "FSTS"), cap, ecap, 0), 0x34);
}
END_TEST

START_TEST(test_layout_reasons)
{
	ck_assert_uint_eq(reason_by_name("SS_WRITE"), 5);
	ck_assert_str_eq(reason_name(0x30), "TTM_INV");
	ck_assert_ptr_null(reason_name(0x0f));
	ck_assert_uint_eq(reason_by_name("ss_write"), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("engine layout");
	TCase *tc = tcase_create("layout");

	tcase_add_test(tc, test_layout_fields_fit_and_have_one_name);
	tcase_add_loop_test(tc, test_layout_values, 0, (int)(sizeof(values) / sizeof(values[0])));
	tcase_add_test(tc, test_layout_capabilities);
	tcase_add_test(tc, test_layout_moving_registers);
	tcase_add_test(tc, test_layout_reasons);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
