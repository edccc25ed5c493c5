/*
 * Fields by name: every row fits its layout, and values go in and come out as the language says.
 */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "iommusim/amdvi.h"
#include "scenarios/engine/arch.h"
#include "scenarios/engine/backend.h"
#include "scenarios/engine/layout.h"

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
	/* 48882: chapter 3, 2.2.2, 2.2.3, 2.4, 2.5 */
	{ LAYOUT_REGISTER, "CONTROL", "CMDBUFEN", 1, 0x1000, true },
	{ LAYOUT_REGISTER, "CONTROL", "DEVTBLSEGEN", 3, UINT64_C(3) << 34, true },
	{ LAYOUT_REGISTER, "CONTROL", "DEVTBLSEGEN", 8, 0, false },
	{ LAYOUT_REGISTER, "DEVTAB", "BASE", 0x100000, 0x100000, true },
	{ LAYOUT_REGISTER, "DEVTAB", "BASE", 0x100800, 0, false },
	{ LAYOUT_REGISTER, "CMDBUF", "LEN", 9, UINT64_C(9) << 56, true },
	{ LAYOUT_REGISTER, "CMD_TAIL", "PTR", 0x30, 0x30, true },
	{ LAYOUT_REGISTER, "CMD_TAIL", "PTR", 0x38, 0, false },
	{ LAYOUT_REGISTER, "STATUS", "EVENTLOGRUN", 1, 8, true },
	{ LAYOUT_ENTRY, "dte", "MODE", 4, 0x800, true },
	{ LAYOUT_ENTRY, "dte", "HOSTPT", 0x3000, 0x3000, true },
	{ LAYOUT_ENTRY, "dte", "DOMAINID", 0xffff, 0xffff, true },
	{ LAYOUT_ENTRY, "dte", "INTTABROOT", 0x3080, 0x3080, true },
	{ LAYOUT_ENTRY, "pte", "NEXT_LEVEL", 7, 0xe00, true },
	{ LAYOUT_ENTRY, "pte", "IW", 1, UINT64_C(1) << 62, true },
	{ LAYOUT_ENTRY, "event", "CODE", 2, UINT64_C(2) << 60, true },
	{ LAYOUT_DESCRIPTOR, "COMPLETION_WAIT", "STOREADDR", 0x2008, 0x2008, true },
	{ LAYOUT_DESCRIPTOR, "COMPLETION_WAIT", "STOREADDR", 0x2004, 0, false },
	{ LAYOUT_DESCRIPTOR, "INVALIDATE_IOMMU_PAGES", "DOMAINID", 7, UINT64_C(7) << 32, true },
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
	struct be_unit u = { .arch = BE_VTD };

	ck_assert_int_eq(unit_set(&u, "cm", 1), 0);
	ck_assert_uint_eq(u.word[BE_VTD_CAP], 0x80);
	ck_assert_int_eq(unit_set(&u, "cm", 0), 0);
	ck_assert_int_eq(unit_set(&u, "mgaw", 48), 0); /* CAP 21:16 holds 47 */
	ck_assert_uint_eq(u.word[BE_VTD_CAP], UINT64_C(47) << 16);
	ck_assert_int_eq(unit_set(&u, "nfr", 256), 0); /* CAP 47:40 holds 255 */
	ck_assert_uint_eq(u.word[BE_VTD_CAP], UINT64_C(255) << 40 | UINT64_C(47) << 16);
	ck_assert_int_eq(unit_set(&u, "nfr", 257), -2);
	ck_assert_int_eq(unit_set(&u, "nfr", 0), -2);
	ck_assert_int_eq(unit_set(&u, "c", 1), 0);
	ck_assert_uint_eq(u.word[BE_VTD_ECAP], 1);
	ck_assert_int_eq(unit_set(&u, "qi", 2), -2);
	ck_assert_int_eq(unit_set(&u, "host-address-bits", 46), 0);
	ck_assert_uint_eq(u.word[BE_VTD_HAW], 46);
	ck_assert_uint_eq(arch_vtd.address_bits(&u), 46);
	ck_assert_int_eq(unit_set(&u, "nonsense", 1), -1);
	ck_assert_int_eq(unit_set(&u, "npcache", 1), -1);
}
END_TEST

START_TEST(test_layout_capabilities_of_amdvi)
{
	struct be_unit u = { .arch = BE_AMDVI };

	ck_assert_int_eq(unit_set(&u, "npcache", 1), 0); /* capability header 26 */
	ck_assert_uint_eq(u.word[BE_AMDVI_CAP], 0x4000000);
	ck_assert_int_eq(unit_set(&u, "pasize", 48), 0); /* miscellaneous information 0, 14:8 */
	ck_assert_uint_eq(u.word[BE_AMDVI_MISC0], 0x3000);
	ck_assert_uint_eq(arch_amdvi.address_bits(&u), 48);
	ck_assert_int_eq(unit_set(&u, "hats", 2), 0); /* EFR 11:10 */
	ck_assert_uint_eq(u.word[BE_AMDVI_EFR], 0x800);
	ck_assert_int_eq(unit_set(&u, "hats", 4), -2);
	ck_assert_int_eq(unit_set(&u, "htrangeignore", 1), 0); /* EFR2 11 */
	ck_assert_uint_eq(u.word[BE_AMDVI_EFR2], 0x800);
	ck_assert(!arch_amdvi.unsnooped(&u));
	ck_assert_int_eq(unit_set(&u, "unsnooped", 1), 0);
	ck_assert(arch_amdvi.unsnooped(&u));
	ck_assert_int_eq(unit_set(&u, "cm", 1), -1);
}
END_TEST

static uint32_t offset_of(const struct be_unit *u, const char *name, uint32_t index)
{
	return arch_of(u)->register_offset(layout_find(LAYOUT_REGISTER, name), u, index);
}

START_TEST(test_layout_moving_registers)
{
	/* ECAP.IRO = 50h, CAP.FRO = 22h, in units of 16 bytes */
	struct be_unit u = { .arch = BE_VTD };

	u.word[BE_VTD_CAP] = UINT64_C(0x22) << 24;
	u.word[BE_VTD_ECAP] = UINT64_C(0x50) << 8;
	ck_assert_uint_eq(offset_of(&u, "IVA", 0), 0x500);
	ck_assert_uint_eq(offset_of(&u, "IOTLB", 0), 0x508);
	ck_assert_uint_eq(offset_of(&u, "FRCD", 3), 0x250);
	ck_assert_uint_eq(offset_of(&u, "FSTS", 0), 0x34);
	u.arch = BE_AMDVI;
	ck_assert_uint_eq(offset_of(&u, "DEVTAB", 0), 0);
	ck_assert_uint_eq(offset_of(&u, "DEVTAB", 7), 0x130);
	ck_assert_uint_eq(offset_of(&u, "MARC_RELOC", 3), 0x250);
	ck_assert_uint_eq(offset_of(&u, "STATUS", 0), 0x2020);
}
END_TEST

START_TEST(test_layout_reasons)
{
	ck_assert_uint_eq(arch_reason(&arch_vtd, "SS_WRITE"), 5);
	ck_assert_str_eq(arch_reason_name(&arch_vtd, 0x30), "TTM_INV");
	ck_assert_ptr_null(arch_reason_name(&arch_vtd, 0x0f));
	ck_assert_uint_eq(arch_reason(&arch_vtd, "ss_write"), 0);
	ck_assert_uint_eq(arch_reason(&arch_vtd, "IO_PAGE_FAULT"), 0);
	ck_assert_uint_eq(arch_reason(&arch_amdvi, "IO_PAGE_FAULT"), 2);
	ck_assert_str_eq(arch_reason_name(&arch_amdvi, 1), "ILLEGAL_DEV_TABLE_ENTRY");
}
END_TEST

/* Names of the one never stand for something of the other. */
START_TEST(test_layout_architectures_share_no_name)
{
	for (const struct reason *r = arch_vtd.reasons; r->name; r++)
		ck_assert_msg(!arch_reason(&arch_amdvi, r->name), "%s", r->name);
	for (const struct capability *c = arch_vtd.capabilities; c->name; c++)
		ck_assert_msg(!arch_capability(&arch_amdvi, c->name), "%s", c->name);
	for (uint32_t i = 0; i < BE_ARCHS; i++) {
		const struct arch *a = arch_at(i);

		ck_assert_ptr_eq(arch_by_compatible(a->compatible), a);
		ck_assert(arch_has_layout(a, arch_record(a)));
		ck_assert(arch_has_layout(a, layout_find(LAYOUT_REGISTER, a->switches)));
		for (const char *const *l = a->live; *l; l++)
			ck_assert(arch_has_layout(a, layout_find(LAYOUT_ENTRY, *l)));
		for (const struct prop_desc *d = a->node; d->name; d++)
			ck_assert_msg(arch_capability(a, d->name) != NULL, "%s", d->name);
	}
}
END_TEST

/* The engine does not see the simulator's names where it checks a file; they are the same. */
START_TEST(test_layout_readings_of_amdvi)
{
	const char *name;
	unsigned bit = 0;

	for (; (name = sim_amdvi_reading_name(bit)) != NULL; bit++) {
		struct be_unit u = { .arch = BE_AMDVI };

		ck_assert_msg(unit_set(&u, name, 1) == 0, "%s", name);
		ck_assert_uint_eq(u.word[BE_AMDVI_READINGS], UINT64_C(1) << bit);
	}
	ck_assert_uint_eq((UINT64_C(1) << bit) - 1, SIM_AMDVI_READINGS);
}
END_TEST

START_TEST(test_layout_events_and_commands_of_amdvi)
{
	const struct layout *l;

	for (uint32_t code = 0; code < 16; code++) {
		const char *name = sim_amdvi_event_name((uint8_t)code);
		const char *ours = arch_reason_name(&arch_amdvi, (uint8_t)code);

		ck_assert(name ? ours && strcmp(name, ours) == 0 : !ours);
		name = sim_amdvi_command_name((uint8_t)code);
		l = name ? layout_find(LAYOUT_DESCRIPTOR, name) : NULL;
		ck_assert(name ? l && l->type == code : !l);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("engine layout");
	TCase *tc = tcase_create("layout");

	tcase_add_test(tc, test_layout_fields_fit_and_have_one_name);
	tcase_add_loop_test(tc, test_layout_values, 0, (int)(sizeof(values) / sizeof(values[0])));
	tcase_add_test(tc, test_layout_capabilities);
	tcase_add_test(tc, test_layout_capabilities_of_amdvi);
	tcase_add_test(tc, test_layout_architectures_share_no_name);
	tcase_add_test(tc, test_layout_readings_of_amdvi);
	tcase_add_test(tc, test_layout_events_and_commands_of_amdvi);
	tcase_add_test(tc, test_layout_moving_registers);
	tcase_add_test(tc, test_layout_reasons);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
