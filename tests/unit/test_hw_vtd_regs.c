/*
 * VT-d register offsets, typed again from the specification's register table, and where registers must not be.
 */
#include "unit.h"
#include "hw/vtd.h"

struct reg {
	const char *name;
	uint32_t off, typed, bytes;
};

/* clang-format off */
#define G(reg, typed, bytes) { #reg, reg, typed, bytes }
static const struct reg regs[] = {
	G(VTD_REG_VER, 0x000, 4), G(VTD_REG_CAP, 0x008, 8), G(VTD_REG_ECAP, 0x010, 8), G(VTD_REG_GCMD, 0x018, 4),
	G(VTD_REG_GSTS, 0x01C, 4), G(VTD_REG_RTADDR, 0x020, 8), G(VTD_REG_CCMD, 0x028, 8), G(VTD_REG_FSTS, 0x034, 4),
	G(VTD_REG_FECTL, 0x038, 4), G(VTD_REG_FEDATA, 0x03C, 4), G(VTD_REG_FEADDR, 0x040, 4), G(VTD_REG_FEUADDR, 0x044, 4),
	G(VTD_REG_AFLOG, 0x058, 8), G(VTD_REG_PMEN, 0x064, 4), G(VTD_REG_PLMBASE, 0x068, 4), G(VTD_REG_PLMLIMIT, 0x06C, 4),
	G(VTD_REG_PHMBASE, 0x070, 8), G(VTD_REG_PHMLIMIT, 0x078, 8), G(VTD_REG_IQH, 0x080, 8), G(VTD_REG_IQT, 0x088, 8),
	G(VTD_REG_IQA, 0x090, 8), G(VTD_REG_ICS, 0x09C, 4), G(VTD_REG_IECTL, 0x0A0, 4), G(VTD_REG_IEDATA, 0x0A4, 4),
	G(VTD_REG_IEADDR, 0x0A8, 4), G(VTD_REG_IEUADDR, 0x0AC, 4), G(VTD_REG_IQERCD, 0x0B0, 8), G(VTD_REG_IRTA, 0x0B8, 8),
	G(VTD_REG_PQH, 0x0C0, 8), G(VTD_REG_PQT, 0x0C8, 8), G(VTD_REG_PQA, 0x0D0, 8), G(VTD_REG_PRS, 0x0DC, 4),
	G(VTD_REG_PECTL, 0x0E0, 4), G(VTD_REG_PEDATA, 0x0E4, 4), G(VTD_REG_PEADDR, 0x0E8, 4), G(VTD_REG_PEUADDR, 0x0EC, 4),
	G(VTD_REG_MTRRCAP, 0x100, 8), G(VTD_REG_MTRRDEF, 0x108, 8),
	G(VTD_REG_MTRR_FIX64K_00000, 0x120, 8), G(VTD_REG_MTRR_FIX16K_80000, 0x128, 8), G(VTD_REG_MTRR_FIX16K_A0000, 0x130, 8),
	G(VTD_REG_MTRR_FIX4K_C0000, 0x138, 8), G(VTD_REG_MTRR_FIX4K_C8000, 0x140, 8), G(VTD_REG_MTRR_FIX4K_D0000, 0x148, 8),
	G(VTD_REG_MTRR_FIX4K_D8000, 0x150, 8), G(VTD_REG_MTRR_FIX4K_E0000, 0x158, 8), G(VTD_REG_MTRR_FIX4K_E8000, 0x160, 8),
	G(VTD_REG_MTRR_FIX4K_F0000, 0x168, 8), G(VTD_REG_MTRR_FIX4K_F8000, 0x170, 8),
	G(VTD_REG_MTRR_PHYSBASE(0), 0x180, 8), G(VTD_REG_MTRR_PHYSMASK(0), 0x188, 8), G(VTD_REG_MTRR_PHYSBASE(1), 0x190, 8),
	G(VTD_REG_MTRR_PHYSMASK(1), 0x198, 8), G(VTD_REG_MTRR_PHYSBASE(9), 0x210, 8), G(VTD_REG_MTRR_PHYSMASK(9), 0x218, 8),
	G(VTD_REG_PERFCAP, 0x300, 8), G(VTD_REG_PERFCFGOFF, 0x310, 4), G(VTD_REG_PERFFRZOFF, 0x314, 4),
	G(VTD_REG_PERFOVFOFF, 0x318, 4), G(VTD_REG_PERFCNTROFF, 0x31C, 4), G(VTD_REG_PERFINTRSTS, 0x324, 4),
	G(VTD_REG_PERFINTRCTL, 0x328, 4), G(VTD_REG_PERFINTRDATA, 0x32C, 4), G(VTD_REG_PERFINTRADDR, 0x330, 4),
	G(VTD_REG_PERFINTRUADDR, 0x334, 4), G(VTD_REG_PERFEVNTCAP(0), 0x380, 8), G(VTD_REG_PERFEVNTCAP(1), 0x388, 8),
	G(VTD_REG_PERFEVNTCAP(15), 0x3F8, 8),
	G(VTD_REG_ECMD, 0x400, 8), G(VTD_REG_ECEO, 0x408, 8), G(VTD_REG_ECRSP, 0x410, 8), G(VTD_REG_ECSTS0, 0x420, 8),
	G(VTD_REG_ECSTS1, 0x428, 8), G(VTD_REG_ECCAP0, 0x430, 8), G(VTD_REG_ECCAP1, 0x438, 8), G(VTD_REG_ECCAP2, 0x440, 8),
	G(VTD_REG_ECCAP3, 0x448, 8), G(VTD_REG_RDTC, 0xDC0, 8),
	G(VTD_REG_VCMD, 0xE00, 8), G(VTD_REG_VCMD_EO, 0xE08, 8), G(VTD_REG_VCRSP, 0xE10, 8), G(VTD_REG_VCCAP, 0xE30, 8),
};
#undef G

/* [first, last] bytes of the first page without a fixed register. */
static const uint32_t holes[][2] = {
	{ 0x004, 0x007 }, { 0x030, 0x033 }, { 0x048, 0x057 }, { 0x060, 0x063 }, { 0x098, 0x09B }, { 0x0D8, 0x0DB },
	{ 0x0F0, 0x0FF }, { 0x110, 0x11F }, { 0x178, 0x17F }, { 0x220, 0x2FF }, { 0x308, 0x30F }, { 0x320, 0x323 },
	{ 0x338, 0x37F }, { 0x418, 0x41F }, { 0x450, 0xDBF }, { 0xDC8, 0xDFF }, { 0xE18, 0xE2F }, { 0xE38, 0xFFF },
};
/* clang-format on */

#define REGS (sizeof(regs) / sizeof(regs[0]))

START_TEST(test_regs_offsets_match)
{
	size_t i;

	for (i = 0; i < REGS; i++) {
		ck_assert_msg(regs[i].off == regs[i].typed, "%s: %#x", regs[i].name, regs[i].off);
		ck_assert_msg(regs[i].off % regs[i].bytes == 0, "%s is misaligned", regs[i].name);
	}
}
END_TEST

/* Registers and holes together use every byte of the first page once; arrays count with all their members. */
START_TEST(test_regs_and_holes_fill_the_first_page)
{
	unsigned char used[0x1000] = { 0 };
	uint32_t b;
	size_t i;
	unsigned n;

	for (i = 0; i < REGS; i++)
		for (b = 0; b < regs[i].bytes; b++)
			used[regs[i].off + b]++;
	for (n = 2; n <= 8; n++) /* 0, 1 and 9 have rows */
		for (b = 0; b < 8; b++) {
			used[VTD_REG_MTRR_PHYSBASE(n) + b]++;
			used[VTD_REG_MTRR_PHYSMASK(n) + b]++;
		}
	for (n = 2; n <= 14; n++) /* 0, 1 and 15 have rows */
		for (b = 0; b < 8; b++)
			used[VTD_REG_PERFEVNTCAP(n) + b]++;
	for (i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
		for (b = holes[i][0]; b <= holes[i][1]; b++)
			used[b]++;
	for (b = 0; b < sizeof(used); b++)
		ck_assert_msg(used[b] == 1, "byte %#x is used %d times", b, used[b]);
}
END_TEST

START_TEST(test_regs_arrays_count_from_their_first)
{
	ck_assert_uint_eq(VTD_REG_MTRR_FIX(0), 0x120);
	ck_assert_uint_eq(VTD_REG_MTRR_FIX(2), 0x130);
	ck_assert_uint_eq(VTD_REG_MTRR_FIX(VTD_MTRR_FIX_COUNT - 1), 0x170);
	ck_assert_uint_eq(VTD_REG_MTRR_PHYSMASK(VTD_MTRR_PHYS_COUNT - 1), 0x218);
	ck_assert_uint_eq(VTD_REG_PERFEVNTCAP(VTD_PERFEVNTCAP_COUNT - 1), 0x3F8);
	ck_assert_uint_eq(VTD_REG_ECCAP(0), 0x430);
	ck_assert_uint_eq(VTD_REG_ECCAP(3), 0x448);
}
END_TEST

/* IRO = 0Fh puts IVA at F0h, FRO = 22h puts FRCD[0] at 220h; both lie in holes. */
START_TEST(test_regs_relocated_ones_follow_their_capability)
{
	ck_assert_uint_eq(VTD_REG_IVA(0x0F), 0x0F0);
	ck_assert_uint_eq(VTD_REG_IOTLB(0x0F), 0x0F8);
	ck_assert_uint_eq(VTD_REG_IVA(0x0F), 0x0F * VTD_IRO_UNIT + VTD_REG_IVA_OFF);
	ck_assert_uint_eq(VTD_REG_IOTLB(0x0F), 0x0F * VTD_IRO_UNIT + VTD_REG_IOTLB_OFF);
	ck_assert_uint_eq(VTD_REG_IOTLB(0x3FF), 0x3FF8);
	ck_assert_uint_eq(VTD_REG_FRCD(0x22, 0), 0x220);
	ck_assert_uint_eq(VTD_REG_FRCD(0x22, 1), 0x230);
	ck_assert_uint_eq(VTD_REG_FRCD(0x3FF, 255), 0x4FE0); /* 3FF0h + FF0h */
	ck_assert_uint_eq(VTD_FRO_UNIT, 16);
	ck_assert_uint_eq(VTD_FRCD_SIZE, 16);
}
END_TEST

/* CFG = 600h, FRZ = 500h, OVF = 508h, CNT = 2000h, stride code 2: 4 KiB. */
START_TEST(test_regs_perfmon_groups_follow_their_offsets)
{
	ck_assert_uint_eq(VTD_REG_PERFCNTRCFG(0x600, 0), 0x600);
	ck_assert_uint_eq(VTD_REG_PERFCNTRCFG(0x600, 3), 0x900);
	ck_assert_uint_eq(VTD_REG_PERFCNTR_RIDFLTR(0x600, 1), 0x708);
	ck_assert_uint_eq(VTD_REG_PERFCNTR_DIDFLTR(0x600, 1), 0x70C);
	ck_assert_uint_eq(VTD_REG_PERFCNTR_PASIDFLTR(0x600, 1), 0x710);
	ck_assert_uint_eq(VTD_REG_PERFCNTR_ATFLTR(0x600, 1), 0x714);
	ck_assert_uint_eq(VTD_REG_PERFCNTR_PTLFLTR(0x600, 1), 0x718);
	ck_assert_uint_eq(VTD_REG_PERFCNTRCAP(0x600, 1), 0x780);
	ck_assert_uint_eq(VTD_REG_PERFCNTREVCAP(0x600, 1, 0), 0x784);
	ck_assert_uint_eq(VTD_REG_PERFCNTREVCAP(0x600, 1, 14), 0x7BC); /* 784h + 38h */
	ck_assert_uint_eq(VTD_REG_PERFFRZSTS(0x500, 0), 0x500);
	ck_assert_uint_eq(VTD_REG_PERFOVFSTS(0x508, 1), 0x510);
	ck_assert_uint_eq(VTD_REG_PERFCNTR(0x2000, 2, 0), 0x2000);
	ck_assert_uint_eq(VTD_REG_PERFCNTR(0x2000, 2, 3), 0x5000);
	ck_assert_uint_eq(VTD_REG_PERFCNTR(0x2000, 0, 1), 0x2400); /* code 0: 1 KiB */
}
END_TEST

START_TEST(test_regs_events_have_one_layout)
{
	static const uint32_t ctl[] = { VTD_REG_FECTL, VTD_REG_IECTL, VTD_REG_PECTL,
					VTD_REG_PERFINTRCTL };
	static const uint32_t data[] = { VTD_REG_FEDATA, VTD_REG_IEDATA, VTD_REG_PEDATA,
					 VTD_REG_PERFINTRDATA };
	static const uint32_t addr[] = { VTD_REG_FEADDR, VTD_REG_IEADDR, VTD_REG_PEADDR,
					 VTD_REG_PERFINTRADDR };
	static const uint32_t uaddr[] = { VTD_REG_FEUADDR, VTD_REG_IEUADDR, VTD_REG_PEUADDR,
					  VTD_REG_PERFINTRUADDR };
	size_t i;

	for (i = 0; i < 4; i++) {
		ck_assert_uint_eq(VTD_EVENT_CTL_OFF, 0);
		ck_assert_uint_eq(data[i] - ctl[i], VTD_EVENT_DATA_OFF);
		ck_assert_uint_eq(addr[i] - ctl[i], VTD_EVENT_ADDR_OFF);
		ck_assert_uint_eq(uaddr[i] - ctl[i], VTD_EVENT_UADDR_OFF);
	}
}
END_TEST

/* clang-format off */
#define V(group, typed_group, event, typed_event) { #event, group, typed_group, event, typed_event }
static const struct {
	const char *name;
	uint32_t group, typed_group, event, typed_event; /* the event's number */
} events[] = {
	V(VTD_EGI_REQUESTS, 0, VTD_EV_CLOCKS, 0), V(VTD_EGI_REQUESTS, 0, VTD_EV_REQUESTS, 1),
	V(VTD_EGI_REQUESTS, 0, VTD_EV_WALK_OCCUPANCY, 2), V(VTD_EGI_REQUESTS, 0, VTD_EV_ATS_BLOCKED, 3),
	V(VTD_EGI_REQUESTS, 0, VTD_EV_TOTAL_OCCUPANCY, 5), V(VTD_EGI_REQUESTS, 0, VTD_EV_MEM_OCCUPANCY, 6),
	V(VTD_EGI_MEMORY, 1, VTD_EV_MEM_READS, 0), V(VTD_EGI_MEMORY, 1, VTD_EV_AD_UPDATES, 3),
	V(VTD_EGI_MEMORY, 1, VTD_EV_MEM_BLOCKED, 5), V(VTD_EGI_MEMORY, 1, VTD_EV_PAGE_REQ_POSTED, 6),
	V(VTD_EGI_MEMORY, 1, VTD_EV_PAGE_REQ_OVERFLOW, 7),
	V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_CTX_LOOKUP, 0), V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_CTX_HIT, 1),
	V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_PASID_LOOKUP, 2), V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_PASID_HIT, 3),
	V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_SS_NONLEAF_LOOKUP, 4), V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_SS_NONLEAF_HIT, 5),
	V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_FS_NONLEAF_LOOKUP, 6), V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_FS_NONLEAF_HIT, 7),
	V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_HPT_NONLEAF_LOOKUP, 8), V(VTD_EGI_TABLE_CACHES, 2, VTD_EV_HPT_NONLEAF_HIT, 9),
	V(VTD_EGI_LEAF_CACHES, 3, VTD_EV_IOTLB_LOOKUP, 0), V(VTD_EGI_LEAF_CACHES, 3, VTD_EV_IOTLB_HIT, 1),
	V(VTD_EGI_LEAF_CACHES, 3, VTD_EV_HPT_LEAF_LOOKUP, 2), V(VTD_EGI_LEAF_CACHES, 3, VTD_EV_HPT_LEAF_HIT, 3),
	V(VTD_EGI_INTR_CACHE, 4, VTD_EV_INTR_LOOKUP, 0), V(VTD_EGI_INTR_CACHE, 4, VTD_EV_INTR_HIT_REMAPPED, 1),
	V(VTD_EGI_INTR_CACHE, 4, VTD_EV_INTR_HIT_POSTED, 2),
};
#undef V
/* clang-format on */

START_TEST(test_regs_perfmon_events)
{
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		ck_assert_msg(events[i].event == UINT32_C(1) << events[i].typed_event, "%s",
			      events[i].name);
		ck_assert_msg(events[i].group == events[i].typed_group, "%s", events[i].name);
	}
}
END_TEST

/* Sizes: queue of 2^QS pages, tables of 2^(S+1) IRTEs, directory of 2^(PDTS+7) entries. */
START_TEST(test_regs_geometry)
{
	ck_assert_uint_eq((UINT64_C(1) << VTD_IQ_LG2_128(0)) * sizeof(struct vtd_desc128), 0x1000);
	ck_assert_uint_eq((UINT64_C(1) << VTD_IQ_LG2_256(7)) * sizeof(struct vtd_desc256), 0x80000);
	ck_assert_uint_eq(1 << VTD_DESC128_LG2, sizeof(struct vtd_desc128));
	ck_assert_uint_eq(1 << VTD_DESC256_LG2, sizeof(struct vtd_desc256));
	ck_assert_uint_eq((UINT64_C(1) << VTD_PRQ_LG2(0)) * sizeof(struct vtd_page_req), 0x1000);
	ck_assert_uint_eq(1 << VTD_PRD_LG2, sizeof(struct vtd_page_req));
	ck_assert_uint_eq((UINT64_C(1) << VTD_IRT_LG2(15)) * sizeof(struct vtd_irte), 0x100000);
	ck_assert_uint_eq((1 << VTD_PASID_TABLE_LG2) * sizeof(struct vtd_pasid_entry), 0x1000);
	ck_assert_uint_eq((UINT64_C(1) << VTD_PASID_DIR_LG2(2)) * sizeof(uint64_t), 0x1000);
	ck_assert_uint_eq(VTD_PASID_DIR_LG2(7) + VTD_PASID_TABLE_LG2, VTD_PASID_BITS);
	ck_assert_uint_eq(VTD_ROOT_ENTRIES * sizeof(struct vtd_root_entry), 0x1000);
	ck_assert_uint_eq(VTD_ROOT_ENTRIES * sizeof(struct vtd_sm_root_entry), 0x1000);
	ck_assert_uint_eq(VTD_CONTEXT_ENTRIES * sizeof(struct vtd_context_entry), 0x1000);
	ck_assert_uint_eq(VTD_SM_CONTEXT_ENTRIES * sizeof(struct vtd_sm_context_entry), 0x1000);
	ck_assert_uint_eq(VTD_PT_ENTRIES * sizeof(uint64_t), VTD_PAGE_SIZE);
	ck_assert_uint_eq(1 << VTD_PT_INDEX_BITS, VTD_PT_ENTRIES);
	ck_assert_uint_eq(1 << VTD_PAGE_LG2, VTD_PAGE_SIZE);
	ck_assert_uint_eq(VTD_PID_PIR_WORDS * 64, 256);
	ck_assert_uint_eq(VTD_INTR_FIRST, UINT64_C(0xFEE00000));
	ck_assert_uint_eq(VTD_INTR_LAST, UINT64_C(0xFEEFFFFF));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hw_vtd_regs");
	TCase *tc = tcase_create("offsets");

	tcase_add_test(tc, test_regs_offsets_match);
	tcase_add_test(tc, test_regs_and_holes_fill_the_first_page);
	tcase_add_test(tc, test_regs_arrays_count_from_their_first);
	tcase_add_test(tc, test_regs_relocated_ones_follow_their_capability);
	tcase_add_test(tc, test_regs_perfmon_groups_follow_their_offsets);
	tcase_add_test(tc, test_regs_events_have_one_layout);
	tcase_add_test(tc, test_regs_perfmon_events);
	tcase_add_test(tc, test_regs_geometry);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
