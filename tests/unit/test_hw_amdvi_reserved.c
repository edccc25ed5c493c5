/*
 * The reserved masks of AMD-Vi's entries and commands, three ways: the header's, hexadecimal typed by hand, and what the
 * fields and ignored bits of the same word leave.
 */
#include "unit.h"
#include "test_hw_amdvi_layout.h"

/* clang-format off */
#define M(word, mask, hex) { word, #mask, mask, UINT64_C(hex) }
static const struct reserved reserved[] = {
	M("dte.0", AMDVI_DTE0_RSVD,		0x800000000000000C),
	M("dte.1", AMDVI_DTE1_RSVD,		0x0000000000000000),
	M("dte.2", AMDVI_DTE2_RSVD,		0x0030000000000000),
	M("dte.3", AMDVI_DTE3_RSVD,		0x001F000000007FFF),
	M("pde", AMDVI_PT_RSVD_PDE,		0x1FF0000000000000),
	M("pte", AMDVI_PT_RSVD_PTE,		0x01F0000000000000),
	M("gcr3", AMDVI_GCR3_RSVD,		0xFFF0000000000FFE),
	M("guest 2m", AMDVI_GPT_RSVD_LEAF_2M,	0x00000000001FE000),
	M("guest 1g", AMDVI_GPT_RSVD_LEAF_1G,	0x000000003FFFE000),
	M("cw.0", AMDVI_CWC0_RSVD,		0x0FF0000000000000),
	M("devtab.0", AMDVI_DEVTABC0_RSVD,	0x0FFFFFFFFFFF0000),
	M("devtab.1", AMDVI_DEVTABC1_RSVD,	0xFFFFFFFFFFFFFFFF),
	M("pages.0", AMDVI_PAGESC0_RSVD,	0x0FFF0000FFF00000),
	M("pages.1", AMDVI_PAGESC1_RSVD,	0x0000000000000FF8),
	M("iotlb.0", AMDVI_IOTLBC0_RSVD,	0x0000000000000000),
	M("iotlb.1", AMDVI_IOTLBC1_RSVD,	0x0000000000000FCA),
	M("inttab.0", AMDVI_INTTABC0_RSVD,	0x0FFFFFFFFFFF0000),
	M("inttab.1", AMDVI_INTTABC1_RSVD,	0xFFFFFFFFFFFFFFFF),
	M("prefetch.0", AMDVI_PREFC0_RSVD,	0x0FF0000000FF0000),
	M("prefetch.1", AMDVI_PREFC1_RSVD,	0x0000000000000FEA),
	M("complete_ppr.0", AMDVI_PPRC0_RSVD,	0x0FF00000FFFF0000),
	M("complete_ppr.1", AMDVI_PPRC1_RSVD,	0xFFFF0000FFFFFFFB),
	M("all.0", AMDVI_ALLC0_RSVD,		0x0FFFFFFFFFFFFFFF),
	M("all.1", AMDVI_ALLC1_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("guest_event.0", AMDVI_GEVC0_RSVD,	0x0FFF000000000000),
	M("reset_vmmio.0", AMDVI_RVMC0_RSVD,	0x07FFFFFFFFFF0000),
	M("reset_vmmio.1", AMDVI_RVMC1_RSVD,	0xFFFFFFFF7FFFFFFF),
	M("ppr.0", AMDVI_PPRE0_RSVD,		0x0E19C00000000000),
	M("ppr.1", AMDVI_PPRE1_RSVD,		0x0000000000000FFF),
	M("ga", AMDVI_GAE_RSVD,			0x0FFF000000000000),
	M("irte.0", AMDVI_IRTE0_RSVD,		0xFFFFFFFF00000000),
	M("irte.1", AMDVI_IRTE1_RSVD,		0x00FFFFFFFFFFFF00),
	M("guest irte.0", AMDVI_GIRTE0_RSVD,	0x0000000000000018),
	M("guest irte.1", AMDVI_GIRTE1_RSVD,	0x00F0000000000F00),
};
#undef M

static const struct ignored ignored[] = {
	{ "pde",		UINT64_C(0x00000000000001C0) },
	{ "pte",		UINT64_C(0x0000000000000180) },
};
/* clang-format on */

#define RESERVED (sizeof(reserved) / sizeof(reserved[0]))
#define IGNORED (sizeof(ignored) / sizeof(ignored[0]))

START_TEST(test_reserved_masks_match_the_hexadecimal)
{
	layout_check_reserved_hex(reserved, RESERVED);
}
END_TEST

START_TEST(test_reserved_bits_are_what_fields_and_ignored_bits_leave)
{
	layout_check_reserved_complement(&layout, reserved, RESERVED, ignored, IGNORED);
}
END_TEST

/* Hardware writes events; two command words are full. */
START_TEST(test_reserved_every_word_in_memory_has_a_mask)
{
	static const char *const exempt[] = { "event.0", "event.1", "cw.1", "guest_event.1", NULL };

	layout_check_reserved_complete(&layout, reserved, RESERVED, exempt);
	ck_assert_uint_eq(layout_fields_of(&layout, "event.1"), ~UINT64_C(0));
	ck_assert_uint_eq(layout_fields_of(&layout, "cw.1"), ~UINT64_C(0));
	ck_assert_uint_eq(layout_fields_of(&layout, "guest_event.1"), ~UINT64_C(0));
	/* bits 31, 30, 29, 27 and everything but 26:20 and 28 */
	ck_assert_uint_eq(layout_fields_of(&layout, "event.0"), UINT64_C(0xFFFFFFFFE80FFFFF));
}
END_TEST

START_TEST(test_reserved_ignored_words_exist)
{
	layout_check_ignored_words_exist(&layout, ignored, IGNORED);
}
END_TEST

/* The valid-bit masks of the device table entry that each revision prints, and what they leave. */
START_TEST(test_reserved_dte_by_revision)
{
	ck_assert_uint_eq(~AMDVI_DTE0_RSVD, UINT64_C(0x7FFFFFFFFFFFFFF3));
	ck_assert_uint_eq(~AMDVI_DTE1_RSVD, UINT64_C(0xFFFFFFFFFFFFFFFF));
	ck_assert_uint_eq(~AMDVI_DTE2_RSVD, UINT64_C(0xFFCFFFFFFFFFFFFF));
	ck_assert_uint_eq(AMDVI_DTE2_RSVD_ALIGN, UINT64_C(0x40));
	ck_assert_uint_eq(~AMDVI_DTE3_RSVD, UINT64_C(0xFFE0FFFFFFFF8000));
	ck_assert_uint_eq(~(AMDVI_DTE3_RSVD | AMDVI_DTE3_RSVD_NO_VIOMMU),
			  UINT64_C(0xFFE0000000000000));
	ck_assert_uint_eq(~(AMDVI_DTE0_RSVD | AMDVI_DTE0_RSVD_REV305),
			  UINT64_C(0x7FFFFFFFFFFFFF83));
	ck_assert_uint_eq(~(AMDVI_DTE1_RSVD | AMDVI_DTE1_RSVD_REV305),
			  UINT64_C(0xFFFFFBFFFFFFFFFF));
	ck_assert_uint_eq(~(AMDVI_DTE2_RSVD | AMDVI_DTE2_RSVD_REV305),
			  UINT64_C(0xF70FFFFFFFFFFFFF));
	ck_assert_uint_eq(~(AMDVI_DTE3_RSVD | AMDVI_DTE3_RSVD_REV305),
			  UINT64_C(0xFFC0000000000000));
}
END_TEST

/* What is reserved in some units or modes only, and the fields that this takes away. */
START_TEST(test_reserved_by_feature_or_mode)
{
	ck_assert_uint_eq(AMDVI_IRTE0_DEST_XAPIC | AMDVI_IRTE0_RSVD_XAPIC, AMDVI_IRTE0_DEST_LO);
	ck_assert_uint_eq(AMDVI_IRTE0_DEST_XAPIC & AMDVI_IRTE0_RSVD_XAPIC, 0);
	ck_assert_uint_eq(AMDVI_IRTE1_RSVD_XAPIC, AMDVI_IRTE1_DEST_HI);
	/* bits 58:52 of a leaf without page migration */
	ck_assert_uint_eq(AMDVI_PT_RSVD_PTE | AMDVI_PT_RSVD_PTE_NO_TMPM,
			  UINT64_C(0x07F0000000000000));
	ck_assert_uint_eq(AMDVI_PPRC1_PRGI | AMDVI_PPRC1_TAG_ZERO | AMDVI_PPRC1_RC,
			  AMDVI_PPRC1_COMPLETIONTAG);
}
END_TEST

/* A register that reads as "write 1 clears" says so with these; 11198h and 68E67h share no bit. */
START_TEST(test_reserved_composed_register_masks)
{
	ck_assert_uint_eq(AMDVI_STATUS_W1C, UINT64_C(0x68E67));
	ck_assert_uint_eq(AMDVI_STATUS_RO, UINT64_C(0x11198));
	ck_assert_uint_eq(AMDVI_STATUS_RUN, UINT64_C(0x198)); /* bits 3, 4, 7, 8 */
	ck_assert_uint_eq(AMDVI_STATUS_W1C & AMDVI_STATUS_RO, 0);
	ck_assert_uint_eq(AMDVI_STATUS_W1C | AMDVI_STATUS_RO, layout_fields_of(&layout, "STATUS"));
	ck_assert_uint_eq(AMDVI_CONTROL_RESET, UINT64_C(0x400));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hw_amdvi_reserved");
	TCase *tc = tcase_create("masks");

	tcase_add_test(tc, test_reserved_masks_match_the_hexadecimal);
	tcase_add_test(tc, test_reserved_bits_are_what_fields_and_ignored_bits_leave);
	tcase_add_test(tc, test_reserved_every_word_in_memory_has_a_mask);
	tcase_add_test(tc, test_reserved_ignored_words_exist);
	tcase_add_test(tc, test_reserved_dte_by_revision);
	tcase_add_test(tc, test_reserved_by_feature_or_mode);
	tcase_add_test(tc, test_reserved_composed_register_masks);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
