/*
 * The reserved masks of VT-d's entries and descriptors, three ways: the header's, hexadecimal typed by hand, and the
 * reserved rows of the layout, which the fields and ignored bits of the same word complement.
 */
#include "unit.h"
#include "test_hw_vtd_layout.h"

#define ALL (~UINT64_C(0))

/* clang-format off */
#define M(word, mask, hex) { word, #mask, mask, UINT64_C(hex) }
static const struct reserved reserved[] = {
	M("root.0", VTD_RE0_RSVD,		0x0000000000000FFE),
	M("root.1", VTD_RE1_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("sm root.0", VTD_SRE0_RSVD,		0x0000000000000FFE),
	M("sm root.1", VTD_SRE1_RSVD,		0x0000000000000FFE),
	M("context.0", VTD_CE0_RSVD,		0x0000000000000FF0),
	M("context.1", VTD_CE1_RSVD,		0xFFFFFFFFFF000080),
	M("sm context.0", VTD_SCE0_RSVD,	0x0000000000000180),
	M("sm context.1", VTD_SCE1_RSVD,	0xFFFFFFFFFFE00000),
	M("sm context.2", VTD_SCE2_RSVD,	0xFFFFFFFFFFFFFFFF),
	M("sm context.3", VTD_SCE3_RSVD,	0xFFFFFFFFFFFFFFFF),
	M("pasid dir", VTD_PDE_RSVD,		0x0000000000000FFC),
	M("pasid.0", VTD_PE0_RSVD,		0x0000000000000C20),
	M("pasid.1", VTD_PE1_RSVD,		0x00000000F87F0000),
	M("pasid.2", VTD_PE2_RSVD,		0x0000000000000F02),
	M("pasid.3", VTD_PE3_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("pasid.4", VTD_PE4_RSVD,		0x0000000000000FF8),
	M("pasid.5", VTD_PE5_RSVD,		0xFFFFFFFFFFFF0000),
	M("pasid.6", VTD_PE6_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("pasid.7", VTD_PE7_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("ss table", VTD_SS_RSVD_TABLE,	0x4000000000000800),
	M("ss pml", VTD_SS_RSVD_PML,		0x4000000000000880),
	M("ss 4k", VTD_SS_RSVD_LEAF_4K,		0x4000000000000000),
	M("ss 2m", VTD_SS_RSVD_LEAF_2M,		0x40000000001FF000),
	M("ss 1g", VTD_SS_RSVD_LEAF_1G,		0x400000003FFFF000),
	M("fs table", VTD_FS_RSVD_TABLE,	0x0000000000000000),
	M("fs pml", VTD_FS_RSVD_PML,		0x0000000000000080),
	M("fs 4k", VTD_FS_RSVD_LEAF_4K,		0x0000000000000000),
	M("fs 2m", VTD_FS_RSVD_LEAF_2M,		0x00000000001FE000),
	M("fs 1g", VTD_FS_RSVD_LEAF_1G,		0x000000003FFFE000),
	M("hptl4.0", VTD_HPTL4_0_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("hptl4.1", VTD_HPT1_RSVD,		0x0000000000000FFE),
	M("irte.0", VTD_IRTE0_RSVD,		0x00000000FF007000),
	M("irte.1", VTD_IRTE1_RSVD,		0xFFFFFFFFFFF00000),
	M("posted.0", VTD_PIRTE0_RSVD,		0x0000003FFF0030FC),
	M("posted.1", VTD_PIRTE1_RSVD,		0x00000000FFF00000),
	M("pid.4", VTD_PID4_RSVD,		0x00000000FF00FFFC),
	M("pid.5", VTD_PID5_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("pid.6", VTD_PID6_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("pid.7", VTD_PID7_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("rte", VTD_RTE_RSVD,			0x0000FFFFFFFE0700),
	M("cc.0", VTD_CCD0_RSVD,		0xFFFC00000000F1C0),
	M("cc.1", VTD_CCD1_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("iotlb.0", VTD_IOTLBD0_RSVD,		0xFFFFFFFF0000F100),
	M("iotlb.1", VTD_IOTLBD1_RSVD,		0x0000000000000F80),
	M("dev_tlb.0", VTD_DEVTLBD0_RSVD,	0x000F0000FFE001F0),
	M("dev_tlb.1", VTD_DEVTLBD1_RSVD,	0x0000000000000FFE),
	M("iec.0", VTD_IECD0_RSVD,		0xFFFF000007FFF1E0),
	M("iec.1", VTD_IECD1_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("wait.0", VTD_WAITD0_RSVD,		0x00000000FFFFF100),
	M("wait.1", VTD_WAITD1_RSVD,		0x0000000000000003),
	M("p_iotlb.0", VTD_PIOTLBD0_RSVD,	0xFFF000000000F1C0),
	M("p_iotlb.1", VTD_PIOTLBD1_RSVD,	0x0000000000000F80),
	M("pc.0", VTD_PCD0_RSVD,		0xFFF000000000F1C0),
	M("pc.1", VTD_PCD1_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("p_dev_tlb.0", VTD_PDEVTLBD0_RSVD,	0x0000000000000000),
	M("p_dev_tlb.1", VTD_PDEVTLBD1_RSVD,	0x00000000000007FE),
	M("page_grp_resp.0", VTD_PGRD0_RSVD,	0xFFF00000000001E0),
	M("page_grp_resp.1", VTD_PGRD1_RSVD,	0xFFFFFFFFFFFFF003),
	M("hpt.0", VTD_HPTD0_RSVD,		0xFFFFFFFF0000F1C0),
	M("hpt.1", VTD_HPTD1_RSVD,		0x0000000000000F00),
	M("desc.2", VTD_DESC2_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("desc.3", VTD_DESC3_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("page_req.0", VTD_PRD0_RSVD,		0xFFC000000000FE00),
	M("page_req.2", VTD_PRD2_RSVD,		0xFFFFFFFFFFFFFFFF),
	M("page_req.3", VTD_PRD3_RSVD,		0xFFFFFFFFFFFFFFFF),
};
#undef M

/* What hardware ignores, typed by hand; every other word ignores nothing. */
static const struct ignored ignored[] = {
	{ "context.1",		UINT64_C(0x0000000000000078) },
	{ "pasid.2",		UINT64_C(0x0000000000000060) },
	{ "ss pml",		UINT64_C(0xBFF000000000067C) },
	{ "ss table",		UINT64_C(0xBFF000000000067C) },
	{ "ss 4k",		UINT64_C(0xBFF0000000000484) },
	{ "ss 2m",		UINT64_C(0xBFF0000000000404) },
	{ "ss 1g",		UINT64_C(0xBFF0000000000404) },
	{ "fs pml",		UINT64_C(0xFFF0000000000B58) },
	{ "fs table",		UINT64_C(0xFFF0000000000B58) },
	{ "fs 4k",		UINT64_C(0xFFF0000000000A00) },
	{ "fs 2m",		UINT64_C(0xFFF0000000000A00) },
	{ "fs 1g",		UINT64_C(0xFFF0000000000A00) },
	{ "hptl4.1",		UINT64_C(0xFFF0000000000000) },
	{ "page_grp_resp.1",	UINT64_C(0x0000000000000004) },
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

/* Registers have access rules instead; the second word of a page request is full. */
START_TEST(test_reserved_every_word_in_memory_has_a_mask)
{
	static const char *const exempt[] = { "frcd.0", "frcd.1", "page_req.1", NULL };

	layout_check_reserved_complete(&layout, reserved, RESERVED, exempt);
	ck_assert_uint_eq(layout_fields_of(&layout, "page_req.1"), ALL);
}
END_TEST

START_TEST(test_reserved_ignored_words_exist)
{
	layout_check_ignored_words_exist(&layout, ignored, IGNORED);
}
END_TEST

/* PPi bits 3:2 of each of 16; HPTL3 has eight PPi, and the upper half of its word is reserved. */
START_TEST(test_reserved_permission_words)
{
	ck_assert_uint_eq(VTD_HPT_PP_RSVD, UINT64_C(0xCCCCCCCCCCCCCCCC));
	ck_assert_uint_eq(VTD_HPTL1_0_RSVD, UINT64_C(0xCCCCCCCCCCCCCCCC));
	ck_assert_uint_eq(VTD_HPTL1_1_RSVD, UINT64_C(0xCCCCCCCCCCCCCCCC));
	ck_assert_uint_eq(VTD_HPTL2_0_RSVD, UINT64_C(0xCCCCCCCCCCCCCCCC));
	ck_assert_uint_eq(VTD_HPTL3_0_RSVD, UINT64_C(0xFFFFFFFFCCCCCCCC));
}
END_TEST

/* What is reserved in some units or modes only, and the fields that this takes away. */
START_TEST(test_reserved_by_capability_or_mode)
{
	ck_assert_uint_eq(VTD_IRTE0_RSVD_XAPIC, UINT64_C(0xFFFF00FF00000000));
	ck_assert_uint_eq(VTD_IRTE0_RSVD_XAPIC | VTD_IRTE0_DST_XAPIC, VTD_IRTE0_DST);
	ck_assert_uint_eq(VTD_IRTE0_RSVD_XAPIC & VTD_IRTE0_DST_XAPIC, 0);
	ck_assert_uint_eq(VTD_PID4_RSVD_XAPIC, UINT64_C(0xFFFF00FF00000000));
	ck_assert_uint_eq(VTD_PID4_RSVD_XAPIC | VTD_PID4_NDST_XAPIC, VTD_PID4_NDST);
	ck_assert_uint_eq(VTD_DEVTLBD0_PFSID_HI | VTD_DEVTLBD0_PFSID_LO,
			  UINT64_C(0xFFF000000000F000));
	ck_assert_uint_eq(VTD_PDEVTLBD0_PFSID_HI | VTD_PDEVTLBD0_PFSID_LO,
			  UINT64_C(0xFFF000000000F000));
	ck_assert_uint_eq(VTD_WAITD0_PD, UINT64_C(0x80));
	ck_assert_uint_eq(VTD_SS_SNP, UINT64_C(0x800));
	ck_assert_uint_eq(VTD_SS_PS, UINT64_C(0x80));
	/* with SSIRWE, bit 62 is IW: nothing above the address stays reserved */
	ck_assert_uint_eq(VTD_SS_RSVD_LEAF_4K & ~VTD_SS_IW, 0);
	ck_assert_uint_eq(VTD_SS_RSVD_TABLE & ~VTD_SS_IW, UINT64_C(0x800));
}
END_TEST

/* A register that reads as "write 1 clears" says so with these. */
START_TEST(test_reserved_composed_register_masks)
{
	ck_assert_uint_eq(VTD_FSTS_W1C, 0x71);           /* bits 6, 5, 4, 0 */
	ck_assert_uint_eq(VTD_PRS_W1C, 0x3);             /* bits 1, 0 */
	ck_assert_uint_eq(VTD_GSTS_ONESHOT, 0x69000000); /* bits 30, 29, 27, 24 */
	ck_assert_uint_eq((uint32_t)~VTD_GSTS_ONESHOT, 0x96FFFFFF);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hw_vtd_reserved");
	TCase *tc = tcase_create("masks");

	tcase_add_test(tc, test_reserved_masks_match_the_hexadecimal);
	tcase_add_test(tc, test_reserved_bits_are_what_fields_and_ignored_bits_leave);
	tcase_add_test(tc, test_reserved_every_word_in_memory_has_a_mask);
	tcase_add_test(tc, test_reserved_ignored_words_exist);
	tcase_add_test(tc, test_reserved_permission_words);
	tcase_add_test(tc, test_reserved_by_capability_or_mode);
	tcase_add_test(tc, test_reserved_composed_register_masks);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
