/*
 * Every VT-d field sits where the specification puts it, and the rows of a word leave no bit out and use none twice.
 */
#include <string.h>
#include "unit.h"
#include "test_hw_vtd_layout.h"

/* The number after the dot: which 64-bit word of its entry this is. */
static unsigned word_number(const char *word)
{
	const char *dot = strchr(word, '.');

	return dot ? (unsigned)strtoul(dot + 1, NULL, 10) : 0;
}

static unsigned word_bits(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(layout_words32) / sizeof(layout_words32[0]); i++)
		if (strcmp(word, layout_words32[i]) == 0)
			return 32;
	return 64;
}

/* Slow and obvious on purpose: not the arithmetic of hw/bits.h. */
static uint64_t bits_of(const struct row *r)
{
	uint64_t bits = 0;
	unsigned n;

	for (n = r->lo; n <= r->hi; n++)
		bits |= UINT64_C(1) << (n % 64);
	return bits;
}

START_TEST(test_fields_every_row_lies_in_its_word)
{
	size_t i;

	for (i = 0; i < LAYOUT_ROWS; i++) {
		const struct row *r = &layout_rows[i];
		unsigned first = 64 * word_number(r->word);

		ck_assert_msg(r->hi >= r->lo, "%s %u:%u", r->word, r->hi, r->lo);
		ck_assert_msg(r->lo >= first && r->hi < first + word_bits(r->word), "%s %u:%u",
			      r->word, r->hi, r->lo);
	}
}
END_TEST

START_TEST(test_fields_every_mask_has_the_specifications_bits)
{
	size_t i;

	for (i = 0; i < LAYOUT_ROWS; i++) {
		const struct row *r = &layout_rows[i];

		if (!r->name)
			continue;
		ck_assert_msg(r->mask == bits_of(r), "%s is %#llx, not bits %u:%u of %s", r->name,
			      (unsigned long long)r->mask, r->hi, r->lo, r->word);
		ck_assert_msg(8 * r->bytes == word_bits(r->word), "%s has %zu bytes", r->name,
			      r->bytes);
	}
}
END_TEST

/* VTD_CE1_DID: the digit before the second underscore is the word's number. */
START_TEST(test_fields_every_name_has_its_words_number)
{
	size_t i;

	for (i = 0; i < LAYOUT_ROWS; i++) {
		const struct row *r = &layout_rows[i];
		const char *end;

		if (!r->name || !strchr(r->word, '.'))
			continue;
		if (strcmp(r->name, "VTD_DESC_TYPE") == 0 ||
		    strcmp(r->name, "VTD_DESC_TYPE_HI") == 0 ||
		    strcmp(r->name, "VTD_DEVTLBD_ADDR_ALL") == 0)
			continue; /* common to all types; a value placed in a field */
		end = strchr(r->name + strlen("VTD_"), '_');
		ck_assert_ptr_nonnull(end);
		ck_assert_msg((unsigned)(end[-1] - '0') == word_number(r->word), "%s in %s",
			      r->name, r->word);
	}
}
END_TEST

/* The bits that the rows of r's word before index end cover; views do not count. */
static uint64_t covered(const char *word, size_t end)
{
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < end; i++)
		if (layout_rows[i].kind != ROW_VIEW && strcmp(layout_rows[i].word, word) == 0)
			bits |= bits_of(&layout_rows[i]);
	return bits;
}

START_TEST(test_fields_of_a_word_do_not_overlap)
{
	size_t i;

	for (i = 0; i < LAYOUT_ROWS; i++) {
		const struct row *r = &layout_rows[i];
		uint64_t twice = covered(r->word, i) & bits_of(r);

		if (r->kind == ROW_VIEW)
			continue;
		ck_assert_msg(twice == 0, "%s %s: %#llx", r->word, r->name ? r->name : "-",
			      (unsigned long long)twice);
	}
}
END_TEST

START_TEST(test_fields_reserved_and_ignored_bits_cover_every_word)
{
	size_t i;

	for (i = 0; i < LAYOUT_ROWS; i++) {
		const char *word = layout_rows[i].word;
		uint64_t all = word_bits(word) == 32 ? UINT64_C(0xFFFFFFFF) : ~UINT64_C(0);
		uint64_t missing = all & ~covered(word, LAYOUT_ROWS);

		ck_assert_msg(missing == 0, "%s: %#llx", word, (unsigned long long)missing);
	}
}
END_TEST

START_TEST(test_fields_a_view_stays_within_what_is_covered)
{
	size_t i;

	for (i = 0; i < LAYOUT_ROWS; i++) {
		const struct row *r = &layout_rows[i];

		ck_assert_msg((bits_of(r) & ~covered(r->word, LAYOUT_ROWS)) == 0, "%s", r->word);
	}
}
END_TEST

/* A misspelt name would silently make a word 64 bits wide. */
START_TEST(test_fields_every_32_bit_word_has_rows)
{
	size_t i;

	for (i = 0; i < sizeof(layout_words32) / sizeof(layout_words32[0]); i++)
		ck_assert_msg(covered(layout_words32[i], LAYOUT_ROWS) != 0, "%s",
			      layout_words32[i]);
}
END_TEST

/* clang-format off */
#define E(mask, value, typed) { #value, mask, value, typed }
static const struct {
	const char *name;
	uint64_t mask, value, typed;
} encodings[] = {
	E(VTD_CAP_SSLPS, VTD_SSLPS_2M, 1), E(VTD_CAP_SSLPS, VTD_SSLPS_1G, 2),
	E(VTD_CAP_SAGAW, VTD_SAGAW_39BIT, 1 << 1), E(VTD_CAP_SAGAW, VTD_SAGAW_48BIT, 1 << 2),
	E(VTD_CAP_SAGAW, VTD_SAGAW_57BIT, 1 << 3),
	E(VTD_RTADDR_TTM, VTD_TTM_LEGACY, 0), E(VTD_RTADDR_TTM, VTD_TTM_SCALABLE, 1),
	E(VTD_RTADDR_TTM, VTD_TTM_RSVD, 2), E(VTD_RTADDR_TTM, VTD_TTM_ABORT, 3),
	E(VTD_CCMD_CIRG, VTD_CIRG_GLOBAL, 1), E(VTD_CCMD_CIRG, VTD_CIRG_DOMAIN, 2), E(VTD_CCMD_CIRG, VTD_CIRG_DEVICE, 3),
	E(VTD_CCMD_CAIG, VTD_CAIG_NONE, 0), E(VTD_CCMD_CAIG, VTD_CAIG_GLOBAL, 1), E(VTD_CCMD_CAIG, VTD_CAIG_DOMAIN, 2),
	E(VTD_CCMD_CAIG, VTD_CAIG_DEVICE, 3),
	E(VTD_CCMD_FM, VTD_FM_NONE, 0), E(VTD_CCMD_FM, VTD_FM_BIT_2, 1), E(VTD_CCD0_FM, VTD_FM_BITS_2_1, 2),
	E(VTD_CCD0_FM, VTD_FM_BITS_2_0, 3),
	E(VTD_IOTLB_IIRG, VTD_IIRG_GLOBAL, 1), E(VTD_IOTLB_IIRG, VTD_IIRG_DOMAIN, 2), E(VTD_IOTLB_IIRG, VTD_IIRG_PAGE, 3),
	E(VTD_IOTLB_IAIG, VTD_IAIG_NONE, 0), E(VTD_IOTLB_IAIG, VTD_IAIG_GLOBAL, 1), E(VTD_IOTLB_IAIG, VTD_IAIG_DOMAIN, 2),
	E(VTD_IOTLB_IAIG, VTD_IAIG_PAGE, 3),
	E(3, VTD_FRCD_T_WRITE, 0), E(3, VTD_FRCD_T_PAGE_REQ, 1), E(3, VTD_FRCD_T_READ, 2), E(3, VTD_FRCD_T_ATOMIC, 3),
	E(VTD_FRCD1_AT, VTD_AT_UNTRANSLATED, 0), E(VTD_FRCD1_AT, VTD_AT_TRANSLATION, 1), E(VTD_FRCD1_AT, VTD_AT_TRANSLATED, 2),
	E(VTD_MTRRDEF_TYPE, VTD_MT_UC, 0), E(VTD_MTRRDEF_TYPE, VTD_MT_WC, 1), E(VTD_SS_EMT, VTD_MT_WT, 4),
	E(VTD_SS_EMT, VTD_MT_WP, 5), E(VTD_SS_EMT, VTD_MT_WB, 6), E(VTD_PE1_PA(0), VTD_MT_UC_MINUS, 7),
	E(VTD_PERFCNTR_PASIDFLTR_PFM, VTD_PFM_MATCH, 0), E(VTD_PERFCNTR_PASIDFLTR_PFM, VTD_PFM_ANY, 1),
	E(VTD_PERFCNTR_PASIDFLTR_PFM, VTD_PFM_WITHOUT, 2),
	E(VTD_PERFCNTR_ATFLTR_AT, VTD_ATFLTR_UNTRANSLATED, 1 << 0), E(VTD_PERFCNTR_ATFLTR_AT, VTD_ATFLTR_TRANSLATION, 1 << 1),
	E(VTD_PERFCNTR_ATFLTR_AT, VTD_ATFLTR_TRANSLATED, 1 << 2), E(VTD_PERFCNTR_ATFLTR_AT, VTD_ATFLTR_HPT_PREFETCH, 1 << 4),
	E(VTD_PERFCNTR_PTLFLTR_PTL, VTD_PTLFLTR_PTE, 1 << 0), E(VTD_PERFCNTR_PTLFLTR_PTL, VTD_PTLFLTR_PDE, 1 << 1),
	E(VTD_PERFCNTR_PTLFLTR_PTL, VTD_PTLFLTR_PDPE, 1 << 2), E(VTD_PERFCNTR_PTLFLTR_PTL, VTD_PTLFLTR_PML4E, 1 << 3),
	E(VTD_PERFCNTR_PTLFLTR_PTL, VTD_PTLFLTR_PML5E, 1 << 4),
	E(VTD_ECMD_CMD, VTD_ECMD_ENABLE_CNTR, 240), E(VTD_ECMD_CMD, VTD_ECMD_DISABLE_CNTR, 241),
	E(VTD_ECMD_CMD, VTD_ECMD_RESET_CFG, 242), E(VTD_ECMD_CMD, VTD_ECMD_RESET_CNTR, 243),
	E(VTD_ECMD_CMD, VTD_ECMD_FREEZE, 244), E(VTD_ECMD_CMD, VTD_ECMD_UNFREEZE, 245),
	E(VTD_ECRSP_SC, VTD_SC_OK, 0), E(VTD_ECRSP_SC, VTD_SC_UNDEFINED, 1), E(VTD_ECRSP_SC, VTD_SC_ABORTED, 2),
	E(VTD_VCRSP_SC, VTD_SC_SPECIFIC, 16),
	E(VTD_VCMD_CMD, VTD_VCMD_NULL, 0), E(VTD_VCMD_CMD, VTD_VCMD_ALLOC_PASID, 1), E(VTD_VCMD_CMD, VTD_VCMD_FREE_PASID, 2),
	E(VTD_CE1_AW, VTD_AW_39BIT, 1), E(VTD_CE1_AW, VTD_AW_48BIT, 2), E(VTD_PE0_AW, VTD_AW_57BIT, 3),
	E(VTD_CE0_TT, VTD_TT_UNTRANSLATED, 0), E(VTD_CE0_TT, VTD_TT_DEV_TLB, 1), E(VTD_CE0_TT, VTD_TT_PASSTHROUGH, 2),
	E(VTD_PE0_PGTT, VTD_PGTT_FIRST_STAGE, 1), E(VTD_PE0_PGTT, VTD_PGTT_SECOND_STAGE, 2), E(VTD_PE0_PGTT, VTD_PGTT_NESTED, 3),
	E(VTD_PE0_PGTT, VTD_PGTT_PASSTHROUGH, 4),
	E(VTD_PE2_FSPM, VTD_FSPM_4LEVEL, 0), E(VTD_PE2_FSPM, VTD_FSPM_5LEVEL, 1),
	E(VTD_HPT_PP(0), VTD_PP_R, 1 << 0), E(VTD_HPT_PP(0), VTD_PP_W, 1 << 1),
	E(VTD_DESC_TYPE, VTD_DT_CC, 1), E(VTD_DESC_TYPE, VTD_DT_IOTLB, 2), E(VTD_DESC_TYPE, VTD_DT_DEV_TLB, 3),
	E(VTD_DESC_TYPE, VTD_DT_IEC, 4), E(VTD_DESC_TYPE, VTD_DT_WAIT, 5), E(VTD_DESC_TYPE, VTD_DT_P_IOTLB, 6),
	E(VTD_DESC_TYPE, VTD_DT_PC, 7), E(VTD_DESC_TYPE, VTD_DT_P_DEV_TLB, 8), E(VTD_DESC_TYPE, VTD_DT_PAGE_GRP_RESP, 9),
	E(VTD_DESC_TYPE, VTD_DT_HPT, 0xA),
	E(VTD_CCD0_G, VTD_CCD_G_GLOBAL, 1), E(VTD_CCD0_G, VTD_CCD_G_DOMAIN, 2), E(VTD_CCD0_G, VTD_CCD_G_DEVICE, 3),
	E(VTD_IOTLBD0_G, VTD_IOTLBD_G_GLOBAL, 1), E(VTD_IOTLBD0_G, VTD_IOTLBD_G_DOMAIN, 2), E(VTD_IOTLBD0_G, VTD_IOTLBD_G_PAGE, 3),
	E(VTD_IECD0_G, VTD_IECD_G_GLOBAL, 0), E(VTD_IECD0_G, VTD_IECD_G_INDEX, 1),
	E(VTD_PIOTLBD0_G, VTD_PIOTLBD_G_PASID, 2), E(VTD_PIOTLBD0_G, VTD_PIOTLBD_G_PAGE, 3),
	E(VTD_PCD0_G, VTD_PCD_G_DOMAIN, 0), E(VTD_PCD0_G, VTD_PCD_G_PASID, 1), E(VTD_PCD0_G, VTD_PCD_G_GLOBAL, 3),
	E(VTD_HPTD0_G, VTD_HPTD_G_GLOBAL, 1), E(VTD_HPTD0_G, VTD_HPTD_G_DOMAIN, 2), E(VTD_HPTD0_G, VTD_HPTD_G_PAGE, 3),
	E(VTD_HPTD1_IH, VTD_HPTD_IH_L1, 0), E(VTD_HPTD1_IH, VTD_HPTD_IH_L2_L1, 1), E(VTD_HPTD1_IH, VTD_HPTD_IH_L3_L1, 2),
	E(VTD_HPTD1_IH, VTD_HPTD_IH_ALL, 3),
	E(VTD_PGRD0_RC, VTD_PGRD_RC_SUCCESS, 0), E(VTD_PGRD0_RC, VTD_PGRD_RC_INVALID, 1), E(VTD_PGRD0_RC, VTD_PGRD_RC_FAILURE, 0xF),
	E(VTD_IQERCD_IQEI, VTD_IQEI_NONE, 0), E(VTD_IQERCD_IQEI, VTD_IQEI_TAIL, 1), E(VTD_IQERCD_IQEI, VTD_IQEI_FETCH, 2),
	E(VTD_IQERCD_IQEI, VTD_IQEI_TYPE, 3), E(VTD_IQERCD_IQEI, VTD_IQEI_RSVD, 4), E(VTD_IQERCD_IQEI, VTD_IQEI_WIDTH, 5),
	E(VTD_IQERCD_IQEI, VTD_IQEI_TAIL_ALIGN, 6), E(VTD_IQERCD_IQEI, VTD_IQEI_TTM, 7),
	E(VTD_PRD0_TYPE, VTD_PRD_TYPE_PAGE_REQ, 1),
	E(VTD_INTRA_BASE, VTD_INTRA_BASE_FEE, 0xFEE), E(VTD_INTRA_FORMAT, VTD_INTRA_COMPAT, 0), E(VTD_INTRA_FORMAT, VTD_INTRA_REMAP, 1),
	E(VTD_IRTE0_DM, VTD_DM_PHYSICAL, 0), E(VTD_IRTE0_DM, VTD_DM_LOGICAL, 1), E(VTD_IRTE0_TM, VTD_TM_EDGE, 0),
	E(VTD_CIRD_TM, VTD_TM_LEVEL, 1),
	E(VTD_IRTE0_DLM, VTD_DLM_FIXED, 0), E(VTD_IRTE0_DLM, VTD_DLM_LOWEST, 1), E(VTD_IRTE0_DLM, VTD_DLM_SMI, 2),
	E(VTD_IRTE0_DLM, VTD_DLM_NMI, 4), E(VTD_IRTE0_DLM, VTD_DLM_INIT, 5), E(VTD_CIRD_DLM, VTD_DLM_EXTINT, 7),
	E(VTD_IRTE0_IM, VTD_IRTE_REMAPPED, 0), E(VTD_IRTE0_IM, VTD_IRTE_POSTED, 1),
	E(VTD_IRTE1_SQ, VTD_SQ_ALL, 0), E(VTD_IRTE1_SQ, VTD_SQ_NOT_BIT_2, 1), E(VTD_IRTE1_SQ, VTD_SQ_NOT_BITS_2_1, 2),
	E(VTD_IRTE1_SQ, VTD_SQ_NOT_BITS_2_0, 3),
	E(VTD_IRTE1_SVT, VTD_SVT_NONE, 0), E(VTD_IRTE1_SVT, VTD_SVT_SID, 1), E(VTD_IRTE1_SVT, VTD_SVT_BUS, 2),
};
#undef E
/* clang-format on */

START_TEST(test_fields_encoded_values_fit_and_match)
{
	size_t i;

	for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		ck_assert_msg(encodings[i].value == encodings[i].typed, "%s", encodings[i].name);
		ck_assert_msg(FIELD_FITS(encodings[i].mask, encodings[i].value), "%s",
			      encodings[i].name);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hw_vtd_fields");
	TCase *tc = tcase_create("layout");

	tcase_add_test(tc, test_fields_every_row_lies_in_its_word);
	tcase_add_test(tc, test_fields_every_mask_has_the_specifications_bits);
	tcase_add_test(tc, test_fields_every_name_has_its_words_number);
	tcase_add_test(tc, test_fields_of_a_word_do_not_overlap);
	tcase_add_test(tc, test_fields_reserved_and_ignored_bits_cover_every_word);
	tcase_add_test(tc, test_fields_a_view_stays_within_what_is_covered);
	tcase_add_test(tc, test_fields_every_32_bit_word_has_rows);
	tcase_add_test(tc, test_fields_encoded_values_fit_and_match);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
