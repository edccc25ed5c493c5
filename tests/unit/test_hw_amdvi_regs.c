/*
 * AMD-Vi register offsets, typed again from the specification's register map, where registers must not be, and geometry.
 */
#include "unit.h"
#include "hw/amdvi.h"

struct reg {
	const char *name;
	uint32_t off, typed, bytes;
};

/* clang-format off */
#define G(reg, typed, bytes) { #reg, reg, typed, bytes }
static const struct reg regs[] = {
	G(AMDVI_REG_DEVTAB, 0x0000, 8), G(AMDVI_REG_CMDBUF, 0x0008, 8), G(AMDVI_REG_EVTLOG, 0x0010, 8), G(AMDVI_REG_CONTROL, 0x0018, 8),
	G(AMDVI_REG_EXCL_BASE, 0x0020, 8), G(AMDVI_REG_EXCL_LIMIT, 0x0028, 8), G(AMDVI_REG_EFR, 0x0030, 8), G(AMDVI_REG_PPRLOG, 0x0038, 8),
	G(AMDVI_REG_HWEVT_UPPER, 0x0040, 8), G(AMDVI_REG_HWEVT_LOWER, 0x0048, 8), G(AMDVI_REG_HWEVT_STATUS, 0x0050, 8),
	G(AMDVI_REG_SMIF(0), 0x0060, 8), G(AMDVI_REG_SMIF(1), 0x0068, 8), G(AMDVI_REG_SMIF(15), 0x00D8, 8),
	G(AMDVI_REG_GALOG, 0x00E0, 8), G(AMDVI_REG_GALOG_TAILADDR, 0x00E8, 8), G(AMDVI_REG_PPRLOG_B, 0x00F0, 8),
	G(AMDVI_REG_EVTLOG_B, 0x00F8, 8), G(AMDVI_REG_DEVTAB_SEG(1), 0x0100, 8), G(AMDVI_REG_DEVTAB_SEG(2), 0x0108, 8),
	G(AMDVI_REG_DEVTAB_SEG(3), 0x0110, 8), G(AMDVI_REG_DEVTAB_SEG(4), 0x0118, 8), G(AMDVI_REG_DEVTAB_SEG(5), 0x0120, 8),
	G(AMDVI_REG_DEVTAB_SEG(6), 0x0128, 8), G(AMDVI_REG_DEVTAB_SEG(7), 0x0130, 8), G(AMDVI_REG_DSFX, 0x0138, 8),
	G(AMDVI_REG_DSCX, 0x0140, 8), G(AMDVI_REG_DSSX, 0x0148, 8), G(AMDVI_REG_MSI_VECTOR0, 0x0150, 4), G(AMDVI_REG_MSI_VECTOR1, 0x0154, 4),
	G(AMDVI_REG_MSI_CAPHDR, 0x0158, 4), G(AMDVI_REG_MSI_ADDRLO, 0x015C, 4), G(AMDVI_REG_MSI_ADDRHI, 0x0160, 4),
	G(AMDVI_REG_MSI_DATA, 0x0164, 4), G(AMDVI_REG_MSI_MAPCAP, 0x0168, 4), G(AMDVI_REG_PERFOPT, 0x016C, 4),
	G(AMDVI_REG_XT_GEN, 0x0170, 8), G(AMDVI_REG_XT_PPR, 0x0178, 8), G(AMDVI_REG_XT_GA, 0x0180, 8), G(AMDVI_REG_VIOMMU_STATUS, 0x0190, 8),
	G(AMDVI_REG_EFR2, 0x01A0, 8),
	G(AMDVI_REG_MARC_BASE(0), 0x0200, 8), G(AMDVI_REG_MARC_RELOC(0), 0x0208, 8), G(AMDVI_REG_MARC_LEN(0), 0x0210, 8),
	G(AMDVI_REG_MARC_BASE(1), 0x0218, 8), G(AMDVI_REG_MARC_RELOC(1), 0x0220, 8), G(AMDVI_REG_MARC_LEN(1), 0x0228, 8),
	G(AMDVI_REG_MARC_BASE(2), 0x0230, 8), G(AMDVI_REG_MARC_RELOC(2), 0x0238, 8), G(AMDVI_REG_MARC_LEN(2), 0x0240, 8),
	G(AMDVI_REG_MARC_BASE(3), 0x0248, 8), G(AMDVI_REG_MARC_RELOC(3), 0x0250, 8), G(AMDVI_REG_MARC_LEN(3), 0x0258, 8),
	G(AMDVI_REG_RSVD_1FF8, 0x1FF8, 8),
	G(AMDVI_REG_CMD_HEAD, 0x2000, 8), G(AMDVI_REG_CMD_TAIL, 0x2008, 8), G(AMDVI_REG_EVT_HEAD, 0x2010, 8), G(AMDVI_REG_EVT_TAIL, 0x2018, 8),
	G(AMDVI_REG_STATUS, 0x2020, 8), G(AMDVI_REG_PPR_HEAD, 0x2030, 8), G(AMDVI_REG_PPR_TAIL, 0x2038, 8), G(AMDVI_REG_GA_HEAD, 0x2040, 8),
	G(AMDVI_REG_GA_TAIL, 0x2048, 8), G(AMDVI_REG_PPR_HEAD_B, 0x2050, 8), G(AMDVI_REG_PPR_TAIL_B, 0x2058, 8),
	G(AMDVI_REG_EVT_HEAD_B, 0x2070, 8), G(AMDVI_REG_EVT_TAIL_B, 0x2078, 8), G(AMDVI_REG_PPR_AUTORSP, 0x2080, 8),
	G(AMDVI_REG_PPR_EARLY, 0x2088, 8), G(AMDVI_REG_PPR_EARLY_B, 0x2090, 8),
	/* beyond the region of 16 KiB */
	G(AMDVI_REG_CNT_CFG, 0x4000, 8), G(AMDVI_REG_CNT_PASID_LOCK, 0x4008, 8), G(AMDVI_REG_CNT_DOMAIN_LOCK, 0x4010, 8),
	G(AMDVI_REG_CNT_DEVICEID_LOCK, 0x4018, 8), G(AMDVI_REG_CNT(0, 0), 0x40000, 8), G(AMDVI_REG_CNT_SOURCE(0, 0), 0x40008, 8),
	G(AMDVI_REG_CNT_PASID(0, 0), 0x40010, 8), G(AMDVI_REG_CNT_DOMAIN(0, 0), 0x40018, 8), G(AMDVI_REG_CNT_DEVICEID(0, 0), 0x40020, 8),
	G(AMDVI_REG_CNT_REPORT(0, 0), 0x40028, 8), G(AMDVI_REG_CNT(1, 2), 0x41200, 8), G(AMDVI_REG_CNT_REPORT(63, 15), 0x7FF28, 8),
};
#undef G

/* [first, last] bytes of the region of 16 KiB without a register. */
static const uint32_t holes[][2] = {
	{ 0x0058, 0x005F }, { 0x0188, 0x018F }, { 0x0198, 0x019F }, { 0x01A8, 0x01FF }, { 0x0260, 0x1FF7 }, { 0x2028, 0x202F },
	{ 0x2060, 0x206F }, { 0x2098, 0x3FFF },
};
/* clang-format on */

#define REGS (sizeof(regs) / sizeof(regs[0]))

START_TEST(test_regs_offsets_match)
{
	size_t i;

	for (i = 0; i < REGS; i++) {
		ck_assert_msg(regs[i].off == regs[i].typed, "%s: %#x", regs[i].name, regs[i].off);
		ck_assert_msg(regs[i].off % regs[i].bytes == 0, "%s is misaligned", regs[i].name);
		ck_assert_msg(regs[i].off + regs[i].bytes <= AMDVI_MMIO_SIZE_PC, "%s",
			      regs[i].name);
	}
}
END_TEST

/* Registers and holes together use every byte of the small region once; arrays count with all their members. */
START_TEST(test_regs_and_holes_fill_the_region)
{
	unsigned char used[0x4000] = { 0 };
	uint32_t b;
	size_t i;
	unsigned n;

	ck_assert_uint_eq(sizeof(used), AMDVI_MMIO_SIZE);
	ck_assert_uint_eq(AMDVI_MMIO_SIZE_PC, 512 * 1024);
	for (i = 0; i < REGS; i++)
		for (b = 0; b < regs[i].bytes && regs[i].off + b < sizeof(used); b++)
			used[regs[i].off + b]++;
	for (n = 2; n <= 14; n++) /* 0, 1 and 15 have rows */
		for (b = 0; b < 8; b++)
			used[AMDVI_REG_SMIF(n) + b]++;
	for (i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
		for (b = holes[i][0]; b <= holes[i][1]; b++)
			used[b]++;
	for (b = 0; b < sizeof(used); b++)
		ck_assert_msg(used[b] == 1, "byte %#x is used %d times", b, used[b]);
}
END_TEST

START_TEST(test_regs_arrays_and_log_pairs)
{
	ck_assert_uint_eq(AMDVI_REG_DEVTAB_SEG(0), 0x0000);
	ck_assert_uint_eq(AMDVI_REG_DEVTAB_SEG(AMDVI_DEVTAB_SEGMENTS - 1), 0x0130);
	ck_assert_uint_eq(AMDVI_REG_SMIF(AMDVI_SMIF_COUNT - 1), 0x00D8);
	ck_assert_uint_eq(AMDVI_REG_MARC_LEN(AMDVI_MARC_COUNT - 1), 0x0258);
	ck_assert_uint_eq(AMDVI_REG_CNT_BANK(1), 0x41000);
	ck_assert_uint_eq(AMDVI_REG_EVTLOG_AB(0), 0x0010);
	ck_assert_uint_eq(AMDVI_REG_EVTLOG_AB(1), 0x00F8);
	ck_assert_uint_eq(AMDVI_REG_EVT_HEAD_AB(0), 0x2010);
	ck_assert_uint_eq(AMDVI_REG_EVT_HEAD_AB(1), 0x2070);
	ck_assert_uint_eq(AMDVI_REG_EVT_TAIL_AB(0), 0x2018);
	ck_assert_uint_eq(AMDVI_REG_EVT_TAIL_AB(1), 0x2078);
	ck_assert_uint_eq(AMDVI_REG_PPRLOG_AB(0), 0x0038);
	ck_assert_uint_eq(AMDVI_REG_PPRLOG_AB(1), 0x00F0);
	ck_assert_uint_eq(AMDVI_REG_PPR_HEAD_AB(0), 0x2030);
	ck_assert_uint_eq(AMDVI_REG_PPR_HEAD_AB(1), 0x2050);
	ck_assert_uint_eq(AMDVI_REG_PPR_TAIL_AB(0), 0x2038);
	ck_assert_uint_eq(AMDVI_REG_PPR_TAIL_AB(1), 0x2058);
}
END_TEST

START_TEST(test_regs_capability_block)
{
	ck_assert_uint_eq(AMDVI_CAP_HDR, 0x00);
	ck_assert_uint_eq(AMDVI_CAP_BASE_LO, 0x04);
	ck_assert_uint_eq(AMDVI_CAP_BASE_HI, 0x08);
	ck_assert_uint_eq(AMDVI_CAP_RANGE, 0x0C);
	ck_assert_uint_eq(AMDVI_CAP_MISC0, 0x10);
	ck_assert_uint_eq(AMDVI_CAP_MISC1, 0x14);
	ck_assert_uint_eq(AMDVI_CAP_SIZE, 0x18);
	ck_assert_uint_eq(AMDVI_PCI_CLASS, 0x080600);
	ck_assert_uint_eq(AMDVI_PCI_VENDOR, 0x1022);
}
END_TEST

/* Rings of 4 KiB to 512 KiB; 256 to 32768 entries of 16 bytes, 512 to 65536 of 8. */
START_TEST(test_regs_ring_geometry)
{
	ck_assert_uint_eq(1 << AMDVI_RING_LG2_BYTES(AMDVI_RING_LEN_MIN), 4096);
	ck_assert_uint_eq(1 << AMDVI_RING_LG2_BYTES(AMDVI_RING_LEN_MAX), 512 * 1024);
	ck_assert_uint_eq(1 << AMDVI_RING_LG2_16(AMDVI_RING_LEN_MIN), 256);
	ck_assert_uint_eq(1 << AMDVI_RING_LG2_16(AMDVI_RING_LEN_MAX), 32768);
	ck_assert_uint_eq(1 << AMDVI_RING_LG2_8(AMDVI_RING_LEN_MIN), 512);
	ck_assert_uint_eq(1 << AMDVI_RING_LG2_8(AMDVI_RING_LEN_MAX), 65536);
	ck_assert_uint_eq(1 << AMDVI_CMD_LG2, sizeof(struct amdvi_cmd));
	ck_assert_uint_eq(1 << AMDVI_EVENT_LG2, sizeof(struct amdvi_event));
	ck_assert_uint_eq(1 << AMDVI_PPR_LG2, sizeof(struct amdvi_ppr));
	ck_assert_uint_eq(1 << AMDVI_GA_LG2, sizeof(uint64_t));
	/* the last entry of the largest ring has a pointer: 512 KiB less one entry */
	ck_assert_uint_eq(AMDVI_PTR_16, 512 * 1024 - 16);
	ck_assert_uint_eq(AMDVI_PTR_8, 512 * 1024 - 8);
}
END_TEST

/* Segments share 65536 DeviceIDs: 2 MiB in one, eight of 256 KiB. */
START_TEST(test_regs_table_geometry)
{
	ck_assert_uint_eq(1 << AMDVI_DTE_LG2, sizeof(struct amdvi_dte));
	ck_assert_uint_eq(AMDVI_DTES_PER_PAGE * sizeof(struct amdvi_dte), AMDVI_PAGE_SIZE);
	ck_assert_uint_eq(1 << AMDVI_PAGE_LG2, AMDVI_PAGE_SIZE);
	ck_assert_uint_eq((AMDVI_DEVTAB_SIZE_MAX + 1) * AMDVI_DTES_PER_PAGE, 65536);
	ck_assert_uint_eq(AMDVI_DEVTAB_SIZE_MAX_OF(0), 0x1FF);
	ck_assert_uint_eq(AMDVI_DEVTAB_SIZE_MAX_OF(1), 0x0FF);
	ck_assert_uint_eq(AMDVI_DEVTAB_SIZE_MAX_OF(2), 0x07F);
	ck_assert_uint_eq(AMDVI_DEVTAB_SIZE_MAX_OF(3), 0x03F);
	ck_assert_uint_eq(1 << AMDVI_IRTE_LG2, sizeof(struct amdvi_irte));
	ck_assert_uint_eq(1 << AMDVI_IRTE32_LG2, sizeof(uint32_t));
	ck_assert_uint_eq(AMDVI_IRT_ALIGN, 128);
	ck_assert_uint_eq(1 << AMDVI_INTTABLEN_MAX, AMDVI_INDEX_MAX_2048 + 1);
	ck_assert_uint_eq(AMDVI_INTR_FIRST, UINT64_C(0xFEE00000));
	ck_assert_uint_eq(AMDVI_INTR_LAST, UINT64_C(0xFEEFFFFF));
}
END_TEST

START_TEST(test_regs_paging_geometry)
{
	static const unsigned shift[] = { 12, 21, 30, 39, 48, 57 };
	static const unsigned width[] = { 21, 30, 39, 48, 57, 64 };
	unsigned level;

	ck_assert_uint_eq(AMDVI_PT_LEVELS, 6);
	for (level = 1; level <= AMDVI_PT_LEVELS; level++) {
		ck_assert_uint_eq(AMDVI_PT_SHIFT(level), shift[level - 1]);
		ck_assert_uint_eq(AMDVI_MODE_BITS(level), width[level - 1]);
	}
	ck_assert_uint_eq(1 << AMDVI_PT_INDEX_BITS, AMDVI_PT_ENTRIES);
	ck_assert_uint_eq(AMDVI_PT_ENTRIES * sizeof(uint64_t), AMDVI_PAGE_SIZE);
	ck_assert_uint_eq(AMDVI_PT_ENTRIES_L6, 1 << (64 - 57));
	ck_assert_uint_eq(AMDVI_GCR3_ENTRIES * sizeof(uint64_t), AMDVI_PAGE_SIZE);
	ck_assert_uint_eq(AMDVI_GCR3_SHIFT(1), 0);
	ck_assert_uint_eq(AMDVI_GCR3_SHIFT(2), 9);
	ck_assert_uint_eq(AMDVI_GCR3_SHIFT(3), 18);
	ck_assert_uint_eq(AMDVI_PASID_BITS, 20);
}
END_TEST

/* The HT ranges follow one another from the first to the last address. */
START_TEST(test_regs_ht_ranges_have_no_gaps)
{
#define RANGE(name, first, last, text) { first, last },
	static const uint64_t ranges[][2] = { AMDVI_HT_RANGES(RANGE) };
#undef RANGE
	/* typed again: where each range starts */
	static const uint64_t firsts[] = { 0xFD00000000, 0xFDF8000000, 0xFDF9000000, 0xFDF9100000,
					   0xFDF9200000, 0xFDFB000000, 0xFDFC000000, 0xFDFE000000,
					   0xFE00000000, 0xFE20000000 };
	const size_t count = sizeof(ranges) / sizeof(ranges[0]);
	size_t i;

	ck_assert_uint_eq(count, sizeof(firsts) / sizeof(firsts[0]));
	for (i = 0; i < count; i++) {
		ck_assert_uint_eq(ranges[i][0], firsts[i]);
		ck_assert_uint_eq(ranges[i][1],
				  i + 1 < count ? firsts[i + 1] - 1 : UINT64_C(0xFFFFFFFFFF));
	}
	ck_assert_uint_eq(AMDVI_HT_FIRST, firsts[0]);
	ck_assert_uint_eq(AMDVI_HT_LAST, ranges[count - 1][1]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hw_amdvi_regs");
	TCase *tc = tcase_create("offsets");

	tcase_add_test(tc, test_regs_offsets_match);
	tcase_add_test(tc, test_regs_and_holes_fill_the_region);
	tcase_add_test(tc, test_regs_arrays_and_log_pairs);
	tcase_add_test(tc, test_regs_capability_block);
	tcase_add_test(tc, test_regs_ring_geometry);
	tcase_add_test(tc, test_regs_table_geometry);
	tcase_add_test(tc, test_regs_paging_geometry);
	tcase_add_test(tc, test_regs_ht_ranges_have_no_gaps);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
