/*
 * Golden images: AMD-Vi registers, entries and commands composed field by field, against hexadecimal worked out by hand.
 * Each comment adds up the bytes of the literal beside it.
 */
#include "unit.h"
#include "hw/amdvi.h"

#define IMAGE(composed, literal) ck_assert_uint_eq(composed, UINT64_C(literal))
#define DECODE(mask, literal, value) ck_assert_uint_eq(FIELD_GET(mask, UINT64_C(literal)), value)

/* A command as the specification prints it: four words of 32 bits. */
#define COMMAND(cmd, dw0, dw1, dw2, dw3)                                              \
	do {                                                                          \
		ck_assert_uint_eq((cmd).q[0], (UINT64_C(dw1) << 32) | UINT64_C(dw0)); \
		ck_assert_uint_eq((cmd).q[1], (UINT64_C(dw3) << 32) | UINT64_C(dw2)); \
	} while (0)
#define OP(name) FIELD_PREP(AMDVI_CMD0_OP, AMDVI_OP_##name)

/*
 * Device table at 10_0000h, 2 MiB: 512 units of 4 KiB, SIZE 1FFh.
 * Command ring at 20_0000h, 512 entries: LEN 9 << 56. Event log at 30_0000h, 256 entries: LEN 8 << 56.
 */
START_TEST(test_images_bases)
{
	IMAGE((UINT64_C(0x100000) & AMDVI_DEVTAB_BASE) | FIELD_PREP(AMDVI_DEVTAB_SIZE, 511),
	      0x00000000001001FF);
	IMAGE((UINT64_C(0x200000) & AMDVI_RING_BASE) | FIELD_PREP(AMDVI_RING_LEN, 9),
	      0x0900000000200000);
	IMAGE((UINT64_C(0x300000) & AMDVI_RING_BASE) | FIELD_PREP(AMDVI_RING_LEN, 8),
	      0x0800000000300000);
	DECODE(AMDVI_RING_LEN, 0x0800000000000000, AMDVI_RING_LEN_MIN); /* at reset */
}
END_TEST

/*
 * IommuEn 1 + EventLogEn 4 + EventIntEn 8 + InvTimeOut 4 << 5 = 80h: 8Dh; Coherent 400h; CmdBufEn 1000h.
 * Exclusion of 8000_0000h to 801F_FFFFh: ExEn 1 + Allow 2; the limit is its last page, 801F_F000h.
 */
START_TEST(test_images_control_and_exclusion)
{
	uint64_t control = AMDVI_CONTROL_IOMMUEN | AMDVI_CONTROL_EVENTLOGEN |
			   AMDVI_CONTROL_EVENTINTEN |
			   FIELD_PREP(AMDVI_CONTROL_INVTIMEOUT, AMDVI_INVTIMEOUT_1S) |
			   AMDVI_CONTROL_COHERENT | AMDVI_CONTROL_CMDBUFEN;

	IMAGE(control, 0x148D);
	IMAGE(UINT64_C(0x80000000) | AMDVI_EXCL_ALLOW | AMDVI_EXCL_EXEN, 0x80000003);
	IMAGE(UINT64_C(0x801FFFFF) & AMDVI_EXCL_LIMIT, 0x801FF000);
}
END_TEST

/*
 * Store of 1122_3344_5566_7788h at 1234_5678_9AB8h: dw0 5678_9AB8h + s 1, dw1 1h << 28 + 1234h.
 * No store, i 2 + f 4.
 */
START_TEST(test_images_completion_wait)
{
	struct amdvi_cmd store = { { OP(COMPLETION_WAIT) | AMDVI_CWC0_S |
					     (UINT64_C(0x123456789AB8) & AMDVI_CWC0_STOREADDR),
				     UINT64_C(0x1122334455667788) } };
	struct amdvi_cmd wait = { { OP(COMPLETION_WAIT) | AMDVI_CWC0_I | AMDVI_CWC0_F, 0 } };

	COMMAND(store, 0x56789AB9, 0x10001234, 0x55667788, 0x11223344);
	COMMAND(wait, 0x00000006, 0x10000000, 0, 0);
}
END_TEST

/* 00:02.0 is 2 << 3 = 10h, 01:00.0 is 1 << 8 = 100h. */
START_TEST(test_images_device_commands)
{
	struct amdvi_cmd devtab = {
		{ OP(INVALIDATE_DEVTAB_ENTRY) | FIELD_PREP(AMDVI_DEVTABC0_DEVICEID, 0x10), 0 }
	};
	struct amdvi_cmd inttab = {
		{ OP(INVALIDATE_INTERRUPT_TABLE) | FIELD_PREP(AMDVI_INTTABC0_DEVICEID, 0x100), 0 }
	};
	struct amdvi_cmd all = { { OP(INVALIDATE_IOMMU_ALL), 0 } };

	COMMAND(devtab, 0x00000010, 0x20000000, 0, 0);
	COMMAND(inttab, 0x00000100, 0x50000000, 0, 0);
	COMMAND(all, 0, 0x80000000, 0, 0);
}
END_TEST

/*
 * Domain 5. Everything: bits 62:12 are ones, 7FFF_FFFF_FFFF_F000h, + S 1 + PDE 2; with GN + 4.
 * 8 KiB at 6000h: bit 12 is the 0. 2 MiB: ones 19:12 = F_F000h. 1 GiB: ones 28:12 = 1FFF_F000h, so 5FFF_F000h.
 */
START_TEST(test_images_invalidate_pages)
{
	uint64_t q0 = OP(INVALIDATE_IOMMU_PAGES) | FIELD_PREP(AMDVI_PAGESC0_DOMAINID, 5);
	struct amdvi_cmd all = { { q0, AMDVI_SIZE_ALL | AMDVI_PAGESC1_S | AMDVI_PAGESC1_PDE } };
	struct amdvi_cmd page = { { q0, UINT64_C(0x12345000) & AMDVI_PAGESC1_ADDR } };
	struct amdvi_cmd s8k = { { q0, AMDVI_SIZE_ENCODE(0x6000, 13) | AMDVI_PAGESC1_S } };
	struct amdvi_cmd s2m = { { q0, AMDVI_SIZE_ENCODE(0x40000000, 21) | AMDVI_PAGESC1_S } };
	struct amdvi_cmd s1g = { { q0, AMDVI_SIZE_ENCODE(0x40000000, 30) | AMDVI_PAGESC1_S } };
	struct amdvi_cmd pasid = { { q0 | FIELD_PREP(AMDVI_PAGESC0_PASID, 3),
				     AMDVI_SIZE_ALL | AMDVI_PAGESC1_S | AMDVI_PAGESC1_PDE |
					     AMDVI_PAGESC1_GN } };

	COMMAND(all, 0, 0x30000005, 0xFFFFF003, 0x7FFFFFFF);
	COMMAND(page, 0, 0x30000005, 0x12345000, 0);
	COMMAND(s8k, 0, 0x30000005, 0x00006001, 0);
	COMMAND(s2m, 0, 0x30000005, 0x400FF001, 0);
	COMMAND(s1g, 0, 0x30000005, 0x5FFFF001, 0);
	COMMAND(pasid, 0x00000003, 0x30000005, 0xFFFFF007, 0x7FFFFFFF);
}
END_TEST

/*
 * 01:00.0, which is also the queue. Maxpend 32 = 20h << 24.
 * PASID 1_2345h: 15:8 = 23h << 16 in dw0; 7:0 = 45h << 16 and 19:16 = 1h << 24 in dw1.
 */
START_TEST(test_images_invalidate_iotlb)
{
	uint64_t q0 = OP(INVALIDATE_IOTLB_PAGES) | FIELD_PREP(AMDVI_IOTLBC0_DEVICEID, 0x100) |
		      FIELD_PREP(AMDVI_IOTLBC0_QUEUEID, 0x100) |
		      FIELD_PREP(AMDVI_IOTLBC0_MAXPEND, 32);
	struct amdvi_cmd all = { { q0, AMDVI_SIZE_ALL | AMDVI_IOTLBC1_S } };
	struct amdvi_cmd pasid = { { q0 | AMDVI_IOTLBC0_PASID_PREP(0x12345),
				     (UINT64_C(0x1000) & AMDVI_IOTLBC1_ADDR) | AMDVI_IOTLBC1_GN } };

	COMMAND(all, 0x20000100, 0x40000100, 0xFFFFF001, 0x7FFFFFFF);
	COMMAND(pasid, 0x20230100, 0x41450100, 0x00001004, 0);
	ck_assert_uint_eq(AMDVI_IOTLBC0_PASID_GET(UINT64_C(0x4145010020230100)), 0x12345);
	/* the other reading: 7:0 = 45h << 16 in dw0, 19:8 = 123h << 16 in dw1 */
	DECODE(AMDVI_IOTLBC0_PASID_7_0_ALT, 0x4123010020450100, 0x45);
	DECODE(AMDVI_IOTLBC0_PASID_19_8_ALT, 0x4123010020450100, 0x123);
}
END_TEST

/* 01:00.0, PASID 1, group 5: success, and failure Fh << 12. */
START_TEST(test_images_complete_ppr)
{
	uint64_t q0 = OP(COMPLETE_PPR_REQUEST) | FIELD_PREP(AMDVI_PPRC0_DEVICEID, 0x100) |
		      FIELD_PREP(AMDVI_PPRC0_PASID, 1);
	uint64_t q1 = AMDVI_PPRC1_GN | FIELD_PREP(AMDVI_PPRC1_PRGI, 5);
	struct amdvi_cmd ok = { { q0, q1 | FIELD_PREP(AMDVI_PPRC1_RC, AMDVI_PPRC_RC_SUCCESS) } };
	struct amdvi_cmd bad = { { q0, q1 | FIELD_PREP(AMDVI_PPRC1_RC, AMDVI_PPRC_RC_FAILURE) } };

	COMMAND(ok, 0x00000100, 0x70000001, 0x00000004, 0x00000005);
	COMMAND(bad, 0x00000100, 0x70000001, 0x00000004, 0x0000F005);
}
END_TEST

/*
 * V 1 + TV 2 = 3. IR 2000... + IW 4000... = 6 << 60. Mode 4 << 9 = 800h: root 1_2345_6000h + 803h.
 * I is bit 32 of q[1]. IRT at 7_8901_2380h: IV 1 + 9 << 1 = 13h, so ...2393h; IntCtl 2 << 60.
 */
START_TEST(test_images_dte_host)
{
	uint64_t rw = AMDVI_DTE0_V | AMDVI_DTE0_TV | AMDVI_DTE0_IR | AMDVI_DTE0_IW;
	uint64_t root = UINT64_C(0x123456000) & AMDVI_DTE0_HOSTPT;
	uint64_t irt = AMDVI_DTE2_IV | FIELD_PREP(AMDVI_DTE2_INTTABLEN, 9) |
		       (UINT64_C(0x789012380) & AMDVI_DTE2_INTTABROOT) |
		       FIELD_PREP(AMDVI_DTE2_INTCTL, AMDVI_INTCTL_REMAP);

	IMAGE(AMDVI_DTE0_V | AMDVI_DTE0_TV, 0x0000000000000003); /* blocks all DMA */
	IMAGE(rw | FIELD_PREP(AMDVI_DTE0_MODE, AMDVI_MODE_NONE), 0x6000000000000003);
	IMAGE(rw | root | FIELD_PREP(AMDVI_DTE0_MODE, 4), 0x6000000123456803);
	IMAGE(FIELD_PREP(AMDVI_DTE1_DOMAINID, 7), 0x0000000000000007);
	IMAGE(FIELD_PREP(AMDVI_DTE1_DOMAINID, 7) | AMDVI_DTE1_I, 0x0000000100000007);
	IMAGE(irt, 0x2000000789012393);
	DECODE(AMDVI_DTE2_RSVD_ALIGN, 0x2000000789012393, 0);
}
END_TEST

/*
 * Guest only, GIoV 40... + GV 80... of byte 6 = C0h; GCR3 root 9876_5432_1000h, domain 9.
 *   14:12 = 1 << 58 = 0400...: top byte 60h + 04h = 64h
 *   30:15 = 5432_1000h >> 15 = A864h (5432_1000h has bit 31 clear) << 16
 *   51:31 = 9876_5432_1000h >> 31 = 1_30ECh << 43 = 0987_6000_0000_0000h
 */
START_TEST(test_images_dte_guest)
{
	const uint64_t gcr3 = UINT64_C(0x987654321000);
	uint64_t q0 = AMDVI_DTE0_V | AMDVI_DTE0_TV | AMDVI_DTE0_IR | AMDVI_DTE0_IW |
		      AMDVI_DTE0_GIOV | AMDVI_DTE0_GV | FIELD_PREP(AMDVI_DTE0_GLX, 0) |
		      AMDVI_DTE0_GCR3_PREP(gcr3);
	uint64_t q1 = FIELD_PREP(AMDVI_DTE1_DOMAINID, 9) | AMDVI_DTE1_GCR3_PREP(gcr3);

	IMAGE(q0, 0x64C0000000000003);
	IMAGE(q1, 0x09876000A8640009);
	DECODE(AMDVI_DTE1_GCR3_TRP_30_15, 0x09876000A8640009, 0xA864);
	DECODE(AMDVI_DTE1_GCR3_TRP_51_31, 0x09876000A8640009, 0x130EC);
	ck_assert_uint_eq(
		AMDVI_DTE_GCR3_GET(UINT64_C(0x64C0000000000003), UINT64_C(0x09876000A8640009)),
		gcr3);
	/* every bit of the root has a place: 51:12 */
	ck_assert_uint_eq(AMDVI_DTE_GCR3_GET(AMDVI_DTE0_GCR3_PREP(~UINT64_C(0)),
					     AMDVI_DTE1_GCR3_PREP(~UINT64_C(0))),
			  UINT64_C(0x000FFFFFFFFFF000));
}
END_TEST

/* PR 1; NextLevel 2 << 9 = 400h; IR, IW 6 << 60; FC 1 << 60. Read only: IR 2 + FC 1 = 3 << 60. */
START_TEST(test_images_host_entries)
{
	uint64_t rw = AMDVI_PT_PR | AMDVI_PT_IR | AMDVI_PT_IW;
	uint64_t page = UINT64_C(0xABCDE000) & AMDVI_PT_ADDR;

	IMAGE(rw | UINT64_C(0x5000) | FIELD_PREP(AMDVI_PT_NEXT_LEVEL, 2), 0x6000000000005401);
	IMAGE(rw | AMDVI_PT_FC | page, 0x70000000ABCDE001);
	IMAGE(AMDVI_PT_PR | AMDVI_PT_FC | AMDVI_PT_IR | page, 0x30000000ABCDE001);
	IMAGE(rw | AMDVI_PT_FC | UINT64_C(0x40000000) |
		      FIELD_PREP(AMDVI_PT_NEXT_LEVEL, AMDVI_NEXT_LEVEL_PAGE),
	      0x7000000040000001);
}
END_TEST

/*
 * NextLevel 7 << 9 = E00h, PR 1. 64 KiB: ones 14:12 = 7000h; 4 MiB: ones 20:12 = 1F_F000h; 2 GiB: ones 29:12 =
 * 3FFF_F000h.
 */
START_TEST(test_images_host_encoded_sizes)
{
	uint64_t e = AMDVI_PT_PR | AMDVI_PT_IR | AMDVI_PT_IW | AMDVI_PT_FC |
		     FIELD_PREP(AMDVI_PT_NEXT_LEVEL, AMDVI_NEXT_LEVEL_SIZED);

	IMAGE(e | AMDVI_SIZE_ENCODE(0x6000, 13), 0x7000000000006E01);
	IMAGE(e | AMDVI_SIZE_ENCODE(0x1230000, 16), 0x7000000001237E01);
	IMAGE(e | AMDVI_SIZE_ENCODE(0x800000, 22), 0x70000000009FFE01);
	IMAGE(e | AMDVI_SIZE_ENCODE(0x80000000, 31), 0x70000000BFFFFE01);
}
END_TEST

/* Bits of every size as the specification's table prints them: ones from 12 up, then the 0 that ends them. */
START_TEST(test_images_size_encodings)
{
	unsigned lg2;

	IMAGE(AMDVI_SIZE_ONES(13), 0x0);        /* 8 KiB: bit 12 = 0 */
	IMAGE(AMDVI_SIZE_ONES(14), 0x1000);     /* 16 KiB: 13:12 = 01b */
	IMAGE(AMDVI_SIZE_ONES(15), 0x3000);     /* 32 KiB: 14:12 = 011b */
	IMAGE(AMDVI_SIZE_ONES(16), 0x7000);     /* 64 KiB: 15:12 = 0111b */
	IMAGE(AMDVI_SIZE_ONES(20), 0x7F000);    /* 1 MiB: 19:12 = 0111_1111b */
	IMAGE(AMDVI_SIZE_ONES(22), 0x1FF000);   /* 4 MiB: 21:12 = 01_1111_1111b */
	IMAGE(AMDVI_SIZE_ONES(29), 0xFFFF000);  /* 512 MiB: sixteen ones */
	IMAGE(AMDVI_SIZE_ONES(31), 0x3FFFF000); /* 2 GiB: eighteen ones */
	IMAGE(AMDVI_SIZE_ONES(64), 0x7FFFFFFFFFFFF000);
	IMAGE(AMDVI_SIZE_ALL, 0x7FFFFFFFFFFFF000);
	IMAGE(AMDVI_SIZE_ENCODE(0, 64), 0x7FFFFFFFFFFFF000);
	for (lg2 = 13; lg2 <= 64; lg2++) {
		uint64_t addr = UINT64_C(0xFFF) | AMDVI_SIZE_ONES(lg2);

		ck_assert_uint_eq(addr + 1, AMDVI_SIZE_ZERO(lg2)); /* all bits below the 0 are 1 */
	}
}
END_TEST

/*
 * Events of 01:00.0 in domain 7: 7 << 32 = dword 1 xxx0_0007h, dword 0 0000_0100h. Flags in dword 1: RW 20_0000h,
 * PR 10_0000h, PE 40_0000h, RZ 80_0000h, I 8_0000h.
 */
START_TEST(test_images_page_faults)
{
	uint64_t e = FIELD_PREP(AMDVI_EV0_CODE, AMDVI_EV_IO_PAGE_FAULT) |
		     FIELD_PREP(AMDVI_EV0_DOMAINID, 7) | FIELD_PREP(AMDVI_EV0_DEVICEID, 0x100);

	IMAGE(e | AMDVI_EV0_RW, 0x2020000700000100);
	IMAGE(e, 0x2000000700000100);
	IMAGE(e | AMDVI_EV0_RW | AMDVI_EV0_PR | AMDVI_EV0_PE, 0x2070000700000100);
	IMAGE(e | AMDVI_EV0_PR | AMDVI_EV0_RZ, 0x2090000700000100);
	IMAGE(e | AMDVI_EV0_I, 0x2008000700000100);
	DECODE(AMDVI_EV0_FLAGS, 0x2070000700000100, 0x070);
}
END_TEST

/*
 * ILLEGAL_DEV_TABLE_ENTRY: 1 << 28 + RZ + RW. The hardware errors' Type is at dword 1 26:25: target abort 2 << 25 =
 * 400_0000h, master abort 1 << 25 = 200_0000h. INVALID_DEVICE_REQUEST: Type 1 << 25.
 */
START_TEST(test_images_other_events)
{
	uint64_t dev = FIELD_PREP(AMDVI_EV0_DEVICEID, 0x100);

	IMAGE(dev | FIELD_PREP(AMDVI_EV0_CODE, AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY) | AMDVI_EV0_RZ |
		      AMDVI_EV0_RW,
	      0x10A0000000000100);
	IMAGE(dev | FIELD_PREP(AMDVI_EV0_CODE, AMDVI_EV_DEV_TAB_HARDWARE_ERROR) |
		      FIELD_PREP(AMDVI_EV0_TYPE_HW, AMDVI_HWERR_TARGET_ABORT),
	      0x3400000000000100);
	IMAGE(FIELD_PREP(AMDVI_EV0_CODE, AMDVI_EV_ILLEGAL_COMMAND_ERROR), 0x5000000000000000);
	IMAGE(FIELD_PREP(AMDVI_EV0_CODE, AMDVI_EV_COMMAND_HARDWARE_ERROR) |
		      FIELD_PREP(AMDVI_EV0_TYPE_HW, AMDVI_HWERR_MASTER_ABORT),
	      0x6200000000000000);
	IMAGE(dev | FIELD_PREP(AMDVI_EV0_CODE, AMDVI_EV_INVALID_DEVICE_REQUEST) |
		      FIELD_PREP(AMDVI_EV0_TYPE, AMDVI_DR_PRETRANSLATED),
	      0x8200000000000100);
	/* flags A00h: the reserved interrupt range, 5 << 1 = Ah */
	DECODE(AMDVI_EV0_TYPE, 0x8A00000000000100, AMDVI_DR_INTR_RSVD);
}
END_TEST

/*
 * 32 bits: vector 31h << 16, destination 02h << 8, RemapEn 1. 128 bits: the vector moves to q[1].
 * Destination 1234_5678h: 34_5678h << 8, 12h << 56.
 */
START_TEST(test_images_irte)
{
	uint32_t e32 = AMDVI_IRTE32_REMAPEN |
		       (uint32_t)FIELD_PREP(AMDVI_IRTE32_INTTYPE, AMDVI_INTTYPE_FIXED) |
		       (uint32_t)FIELD_PREP(AMDVI_IRTE32_DM, AMDVI_DM_PHYSICAL) |
		       (uint32_t)FIELD_PREP(AMDVI_IRTE32_DEST, 0x02) |
		       (uint32_t)FIELD_PREP(AMDVI_IRTE32_VECTOR, 0x31);

	IMAGE(e32, 0x00310201);
	IMAGE(AMDVI_IRTE0_REMAPEN | FIELD_PREP(AMDVI_IRTE0_DEST_XAPIC, 0x02), 0x0000000000000201);
	IMAGE(FIELD_PREP(AMDVI_IRTE1_VECTOR, 0x31), 0x0000000000000031);
	IMAGE(AMDVI_IRTE0_REMAPEN | FIELD_PREP(AMDVI_IRTE0_DEST_LO, 0x345678), 0x0000000034567801);
	IMAGE(FIELD_PREP(AMDVI_IRTE1_VECTOR, 0x31) | FIELD_PREP(AMDVI_IRTE1_DEST_HI, 0x12),
	      0x1200000000000031);
}
END_TEST

/*
 * RemapEn 1 + GALogIntr 4 + IsRun 40h + GuestMode 80h = C5h; destination 03h << 8; tag CAFEh << 32.
 * Vector 41h; the backing page 7_6543_2000h stands in place.
 */
START_TEST(test_images_guest_irte)
{
	struct amdvi_irte e = { { AMDVI_IRTE0_REMAPEN | AMDVI_GIRTE0_GALOGINTR |
					  AMDVI_GIRTE0_ISRUN | AMDVI_IRTE0_GUESTMODE |
					  FIELD_PREP(AMDVI_IRTE0_DEST_LO, 0x03) |
					  FIELD_PREP(AMDVI_GIRTE0_GATAG, 0xCAFE),
				  FIELD_PREP(AMDVI_IRTE1_VECTOR, 0x41) |
					  (UINT64_C(0x765432000) & AMDVI_GIRTE1_VAPICROOT) } };

	IMAGE(e.q[0], 0x0000CAFE000003C5);
	IMAGE(e.q[1], 0x0000000765432041);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hw_amdvi_images");
	TCase *tc = tcase_create("images");

	tcase_add_test(tc, test_images_bases);
	tcase_add_test(tc, test_images_control_and_exclusion);
	tcase_add_test(tc, test_images_completion_wait);
	tcase_add_test(tc, test_images_device_commands);
	tcase_add_test(tc, test_images_invalidate_pages);
	tcase_add_test(tc, test_images_invalidate_iotlb);
	tcase_add_test(tc, test_images_complete_ppr);
	tcase_add_test(tc, test_images_dte_host);
	tcase_add_test(tc, test_images_dte_guest);
	tcase_add_test(tc, test_images_host_entries);
	tcase_add_test(tc, test_images_host_encoded_sizes);
	tcase_add_test(tc, test_images_size_encodings);
	tcase_add_test(tc, test_images_page_faults);
	tcase_add_test(tc, test_images_other_events);
	tcase_add_test(tc, test_images_irte);
	tcase_add_test(tc, test_images_guest_irte);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
