/*
 * VT-d fault reasons: the table's codes, conditions and qualified flags, typed again from the specification.
 */
#include <stdbool.h>
#include <string.h>
#include "unit.h"
#include "hw/vtd_fault.h"

struct reason {
	int code;
	const char *name, *cond;
	int qualified;
	const char *text;
};

#define ROW(code, name, cond, qualified, text) { code, #name, cond, qualified, text },
static const struct reason reasons[] = { VTD_FAULT_REASONS(ROW) };
#undef ROW

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

/* clang-format off */
/* Condition by condition, as in the specification's tables; a code with several conditions has several rows. */
static const struct {
	int code;
	const char *cond;
	bool qualified;
} typed[] = {
	{ 0x01, "LRT.2", false }, { 0x02, "LCT.2", true }, { 0x03, "LCT.4.1", true }, { 0x03, "LCT.4.2", true },
	{ 0x03, "LCT.4.3", true }, { 0x04, "LGN.1.1", true }, { 0x04, "LGN.1.2", true }, { 0x04, "LGN.1.3", true },
	{ 0x05, "LGN.2", true }, { 0x06, "LGN.3", true }, { 0x07, "LSS.1", true }, { 0x08, "LRT.1", false },
	{ 0x09, "LCT.1", false }, { 0x0A, "LRT.3", false }, { 0x0B, "LCT.3", true }, { 0x0C, "LSS.2", true },
	{ 0x0D, "LCT.5", true }, { 0x0E, "LGN.4", true },

	{ 0x20, "", false }, { 0x21, "", false }, { 0x22, "", true }, { 0x23, "", false }, { 0x24, "", true },
	{ 0x25, "", false }, { 0x26, "", true }, { 0x27, "", true }, { 0x28, "", true }, { 0x29, "", false },
	{ 0x2A, "", false }, { 0x2B, "", false },

	{ 0x30, "RTA.1.1", false }, { 0x30, "RTA.1.2", false }, { 0x30, "RTA.1.3", false }, { 0x30, "RTA.1.4", false },
	{ 0x31, "RTA.2", false }, { 0x32, "RTA.3", false }, { 0x33, "RTA.4", false }, { 0x34, "RTA.5", false },

	{ 0x38, "SRT.1", false }, { 0x39, "SRT.2", false }, { 0x3A, "SRT.3", false },
	{ 0x40, "SCT.1", false }, { 0x41, "SCT.2", true }, { 0x42, "SCT.3", true }, { 0x43, "SCT.4.1", true },
	{ 0x43, "SCT.4.2", true }, { 0x43, "SCT.4.3", true }, { 0x44, "SCT.5", true }, { 0x45, "SCT.6", true },
	{ 0x46, "SCT.7", true }, { 0x47, "SCT.8", true }, { 0x48, "SCT.9", true }, { 0x49, "SCT.10", true },
	{ 0x50, "SPD.1", false }, { 0x51, "SPD.2", true }, { 0x52, "SPD.3", true },
	{ 0x58, "SPT.1", false }, { 0x59, "SPT.2", true }, { 0x5A, "SPT.3", true }, { 0x5B, "SPT.4.1", true },
	{ 0x5B, "SPT.4.2", true }, { 0x5B, "SPT.4.3", true }, { 0x5B, "SPT.4.4", true }, { 0x5C, "SPT.5", true },
	{ 0x5D, "SPT.6", true }, { 0x60, "SPT.9", true },

	{ 0x70, "SFS.1", true }, { 0x71, "SFS.2", true }, { 0x72, "SFS.3", true }, { 0x73, "SFS.4", true },
	{ 0x74, "SFS.5", true }, { 0x75, "SFS.6", true }, { 0x76, "SFS.7", true }, { 0x77, "SFS.8", true },
	{ 0x90, "SFS.9", true }, { 0x91, "SFS.10", true },
	{ 0x78, "SSS.1", true }, { 0x79, "SSS.2", true }, { 0x7A, "SSS.3", true }, { 0x7B, "SSS.4", true },
	{ 0x7C, "SSS.5", true }, { 0x7D, "SSS.6", true },
	{ 0x80, "SGN.1", true }, { 0x81, "SGN.2", true }, { 0x83, "SGN.4.1", true }, { 0x83, "SGN.4.2", true },
	{ 0x84, "SGN.5", true }, { 0x85, "SGN.6", true }, { 0x86, "SGN.7", true }, { 0x87, "SGN.8.1", true },
	{ 0x87, "SGN.8.2", true }, { 0x87, "SGN.8.3", true }, { 0x89, "SGN.10", true },
	{ 0xA0, "HPT.1", true }, { 0xA1, "HPT.2", true }, { 0xA2, "HPT.3", true }, { 0xA3, "HPT.4", true },
	{ 0xA4, "HPT.5", true }, { 0xA5, "HPT.6", true },
};

/* [first, last] of the codes without a definition. */
static const int undefined[][2] = {
	{ 0x00, 0x00 }, { 0x0F, 0x1F }, { 0x2C, 0x2F }, { 0x35, 0x37 }, { 0x3B, 0x3F }, { 0x4A, 0x4F }, { 0x53, 0x57 },
	{ 0x5E, 0x5F }, { 0x61, 0x6F }, { 0x7E, 0x7F }, { 0x82, 0x82 }, { 0x88, 0x88 }, { 0x8A, 0x8F }, { 0x92, 0x9F },
	{ 0xA6, 0xFF },
};
/* clang-format on */

#define TYPED (sizeof(typed) / sizeof(typed[0]))

static const struct reason *find(int code)
{
	size_t i;

	for (i = 0; i < REASONS; i++)
		if (reasons[i].code == code)
			return &reasons[i];
	return NULL;
}

static bool is_undefined(int code)
{
	size_t i;

	for (i = 0; i < sizeof(undefined) / sizeof(undefined[0]); i++)
		if (code >= undefined[i][0] && code <= undefined[i][1])
			return true;
	return false;
}

/* "LCT.4" names LCT.4 and LCT.4.1, but not LCT.41. */
static bool names(const char *family, const char *cond)
{
	size_t n = strlen(family);

	return strncmp(family, cond, n) == 0 && (cond[n] == '\0' || (n && cond[n] == '.'));
}

START_TEST(test_fault_codes_and_names_are_unique)
{
	size_t i, k;

	for (i = 0; i < REASONS; i++) {
		for (k = 0; k < i; k++) {
			ck_assert_msg(reasons[i].code != reasons[k].code, "%s", reasons[i].name);
			ck_assert_str_ne(reasons[i].name, reasons[k].name);
			ck_assert_str_ne(reasons[i].text, reasons[k].text);
			ck_assert_msg(!*reasons[i].cond ||
					      strcmp(reasons[i].cond, reasons[k].cond) != 0,
				      "%s", reasons[i].cond);
		}
	}
}
END_TEST

START_TEST(test_fault_a_code_is_defined_exactly_where_the_specification_defines_it)
{
	int code;

	for (code = 0; code <= 0xFF; code++)
		ck_assert_msg((find(code) != NULL) == !is_undefined(code), "%02Xh", (unsigned)code);
	/* legacy, interrupts, RTA, SRT, SCT, SPD, SPT, SFS, SSS, SGN, HPT */
	ck_assert_uint_eq(REASONS, 14 + 12 + 5 + 3 + 10 + 3 + 7 + 10 + 6 + 8 + 6);
}
END_TEST

START_TEST(test_fault_conditions_and_qualified_flags_match)
{
	size_t i;

	for (i = 0; i < TYPED; i++) {
		const struct reason *r = find(typed[i].code);

		ck_assert_ptr_nonnull(r);
		ck_assert_msg(names(r->cond, typed[i].cond), "%s: %s", r->name, typed[i].cond);
		ck_assert_msg(r->qualified == (typed[i].qualified ? 1 : 0), "%s", r->name);
	}
	for (i = 0; i < REASONS; i++) {
		size_t k;

		for (k = 0; k < TYPED && typed[k].code != reasons[i].code; k++)
			;
		ck_assert_msg(k < TYPED, "%s has no condition", reasons[i].name);
	}
}
END_TEST

/* Scenarios and drivers name these. */
START_TEST(test_fault_legacy_names_have_their_codes)
{
	ck_assert_int_eq(VTD_FR_ROOT_NP, 0x01);
	ck_assert_int_eq(VTD_FR_CTX_NP, 0x02);
	ck_assert_int_eq(VTD_FR_CTX_INV, 0x03);
	ck_assert_int_eq(VTD_FR_ADDR_BEYOND, 0x04);
	ck_assert_int_eq(VTD_FR_SS_WRITE, 0x05);
	ck_assert_int_eq(VTD_FR_SS_READ, 0x06);
	ck_assert_int_eq(VTD_FR_SS_ACCESS, 0x07);
	ck_assert_int_eq(VTD_FR_ROOT_ACCESS, 0x08);
	ck_assert_int_eq(VTD_FR_CTX_ACCESS, 0x09);
	ck_assert_int_eq(VTD_FR_ROOT_RSVD, 0x0A);
	ck_assert_int_eq(VTD_FR_CTX_RSVD, 0x0B);
	ck_assert_int_eq(VTD_FR_SS_RSVD, 0x0C);
	ck_assert_int_eq(VTD_FR_CTX_ATS, 0x0D);
	ck_assert_int_eq(VTD_FR_INTR_OUT, 0x0E);
	ck_assert_int_eq(VTD_FR_BAD_INTR, 0x29);
	ck_assert_int_eq(VTD_FR_TTM_INV, 0x30);
	ck_assert_int_eq(VTD_FR_LEGACY_PASID, 0x31);
	ck_assert_int_eq(VTD_FR_LEGACY_PRQ, 0x32);
	ck_assert_int_eq(VTD_FR_ABORT_MODE, 0x33);
	ck_assert_int_eq(VTD_FR_EXEC, 0x34);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hw_vtd_fault");
	TCase *tc = tcase_create("reasons");

	tcase_add_test(tc, test_fault_codes_and_names_are_unique);
	tcase_add_test(tc, test_fault_a_code_is_defined_exactly_where_the_specification_defines_it);
	tcase_add_test(tc, test_fault_conditions_and_qualified_flags_match);
	tcase_add_test(tc, test_fault_legacy_names_have_their_codes);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
