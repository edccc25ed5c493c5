/*
 * Golden images: VT-d registers, entries and descriptors composed field by field, against hexadecimal worked out by
 * hand. Each comment adds up the bytes of the literal beside it.
 */
#include "unit.h"
#include "hw/vtd.h"

/* Each literal stands beside the fields it is made of, aligned by hand. */
/* clang-format off */

#define IMAGE(composed, literal) ck_assert_uint_eq(composed, UINT64_C(literal))
#define DECODE(mask, literal, value) ck_assert_uint_eq(FIELD_GET(mask, UINT64_C(literal)), value)

/*
 * A plausible unit. CAP: 65536 domains, 39- and 48-bit paging, 48-bit guests, 2 MiB and 1 GiB pages, one fault register at
 * 220h, PSI with MAMV 18, drains, zero-length reads.
 *   ND 6 = 6; SAGAW 6 << 8 = 600h; MGAW 47 = 2Fh << 16 = 2F_0000h; ZLR 1 << 22 = 40_0000h; FRO 22h << 24 = 2200_0000h;
 *   bits 31:0 = 2200_0000h + 40_0000h + 2F_0000h + 600h + 6 = 226F_0606h
 *   SSLPS 3 << (34-32) = Ch; PSI 1 << (39-32) = 80h; NFR 0; MAMV 18 = 12h << (48-32) = 12_0000h;
 *   DWD 1 << (54-32) = 40_0000h; DRD 1 << (55-32) = 80_0000h;
 *   bits 63:32 = 80_0000h + 40_0000h + 12_0000h + 80h + Ch = 00D2_008Ch
 */
START_TEST(test_images_cap)
{
	uint64_t cap = FIELD_PREP(VTD_CAP_ND, 6) |
	               FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_39BIT | VTD_SAGAW_48BIT) |
	               FIELD_PREP(VTD_CAP_MGAW, 47) | VTD_CAP_ZLR | FIELD_PREP(VTD_CAP_FRO, 0x22) |
	               FIELD_PREP(VTD_CAP_SSLPS, VTD_SSLPS_2M | VTD_SSLPS_1G) | VTD_CAP_PSI |
	               FIELD_PREP(VTD_CAP_NFR, 0) | FIELD_PREP(VTD_CAP_MAMV, 18) | VTD_CAP_DWD |
	               VTD_CAP_DRD;

	IMAGE(cap, 0x00D2008C226F0606);
	DECODE(VTD_CAP_MGAW, 0x00D2008C226F0606, 47);
	DECODE(VTD_CAP_FRO, 0x00D2008C226F0606, 0x22);
	DECODE(VTD_CAP_MAMV, 0x00D2008C226F0606, 18);
	DECODE(VTD_CAP_CM, 0x00D2008C226F0606, 0);
}
END_TEST

/*
 * ECAP: C, QI, DT, IR, EIM, PT, SC, IRO 0Fh, MHMV 15, NEST, PRS, SRS; PSS 19, PASID, DIT, SMTS, SSTS, FSTS, SMPWCS.
 *   C 1 + QI 2 + DT 4 + IR 8 + EIM 10h + PT 40h + SC 80h = DFh; IRO Fh << 8 = F00h; MHMV Fh << 20 = F0_0000h;
 *   NEST 1 << 26 = 400_0000h; PRS 1 << 29 = 2000_0000h; SRS 1 << 31 = 8000_0000h
 *   bits 31:0 = A400_0000h + F0_0000h + FDFh = A4F0_0FDFh
 *   PSS 13h << (35-32) = 98h; PASID 1 << 8 = 100h; DIT 1 << 9 = 200h; SMTS 1 << 11 = 800h; SSTS 1 << 14 = 4000h;
 *   FSTS 1 << 15 = 8000h; SMPWCS 1 << 16 = 1_0000h
 *   bits 63:32 = 1_0000h + C000h + B00h + 98h = 0001_CB98h
 */
START_TEST(test_images_ecap)
{
	uint64_t ecap = VTD_ECAP_C | VTD_ECAP_QI | VTD_ECAP_DT | VTD_ECAP_IR | VTD_ECAP_EIM |
	                VTD_ECAP_PT | VTD_ECAP_SC | FIELD_PREP(VTD_ECAP_IRO, 0x0F) |
	                FIELD_PREP(VTD_ECAP_MHMV, 15) | VTD_ECAP_NEST | VTD_ECAP_PRS |
	                VTD_ECAP_SRS | FIELD_PREP(VTD_ECAP_PSS, 19) | VTD_ECAP_PASID |
	                VTD_ECAP_DIT | VTD_ECAP_SMTS | VTD_ECAP_SSTS | VTD_ECAP_FSTS |
	                VTD_ECAP_SMPWCS;

	IMAGE(ecap, 0x0001CB98A4F00FDF);
	DECODE(VTD_ECAP_PSS, 0x0001CB98A4F00FDF, 19);
	DECODE(VTD_ECAP_IRO, 0x0001CB98A4F00FDF, 0x0F);
	DECODE(VTD_ECAP_MTS, 0x0001CB98A4F00FDF, 0);
}
END_TEST

/*
 * GSTS of a unit with TES, RTPS, QIES, IRES, IRTPS: bits 31 30 26 25 24 = C700_0000h. To switch TE off, the one-shots
 * (30, 29, 27, 24) drop out: 8600_0000h, then TE: 0600_0000h.
 */
START_TEST(test_images_gcmd_from_gsts)
{
	uint32_t sts =
	        VTD_GSTS_TES | VTD_GSTS_RTPS | VTD_GSTS_QIES | VTD_GSTS_IRES | VTD_GSTS_IRTPS;

	IMAGE(sts, 0xC7000000);
	IMAGE(sts & ~VTD_GSTS_ONESHOT, 0x86000000);
	IMAGE(sts & ~VTD_GSTS_ONESHOT & ~VTD_GCMD_TE, 0x06000000);
	IMAGE((sts & ~VTD_GSTS_ONESHOT) | VTD_GCMD_WBF, 0x8E000000); /* + bit 27 */
}
END_TEST

/* Root table at 1_2345_6000h, scalable (1 << 10 = 400h). Legacy is the address alone. */
START_TEST(test_images_rtaddr)
{
	uint64_t rtaddr = (UINT64_C(0x123456000) & VTD_RTADDR_RTA) |
	                  FIELD_PREP(VTD_RTADDR_TTM, VTD_TTM_SCALABLE);

	IMAGE(rtaddr, 0x0000000123456400);
	DECODE(VTD_RTADDR_TTM, 0x0000000123456C00, VTD_TTM_ABORT);
	DECODE(VTD_RTADDR_RTA, 0x0000000123456400, 0x123456);
}
END_TEST

/*
 * CCMD: device-selective, DID 1234h, SID 0310h, FM 1.
 *   ICC 1, CIRG 11b: top bits 111b = E000_0000h; FM 1 << (32-32) = 1; bits 63:32 = E000_0001h; bits 31:0 = 0310_1234h
 * IOTLB: page-selective, DID 1234h, DR, DW.
 *   IVT 1 << 31 = 8000_0000h; IIRG 3 << (60-32) = 3000_0000h; DR 2_0000h; DW 1_0000h; DID 1234h: B003_1234h
 * IVA: 0000_7FFF_FFE0_0000h, AM 9, IH: 40h + 9 = 49h
 */
START_TEST(test_images_register_invalidation)
{
	uint64_t ccmd = VTD_CCMD_ICC | FIELD_PREP(VTD_CCMD_CIRG, VTD_CIRG_DEVICE) |
	                FIELD_PREP(VTD_CCMD_FM, 1) | FIELD_PREP(VTD_CCMD_SID, 0x0310) |
	                FIELD_PREP(VTD_CCMD_DID, 0x1234);
	uint64_t iotlb = VTD_IOTLB_IVT | FIELD_PREP(VTD_IOTLB_IIRG, VTD_IIRG_PAGE) | VTD_IOTLB_DR |
	                 VTD_IOTLB_DW | FIELD_PREP(VTD_IOTLB_DID, 0x1234);
	uint64_t iva =
	        (UINT64_C(0x7FFFFFE00000) & VTD_IVA_ADDR) | VTD_IVA_IH | FIELD_PREP(VTD_IVA_AM, 9);

	IMAGE(ccmd, 0xE000000103101234);
	IMAGE(iotlb, 0xB003123400000000);
	IMAGE(iva, 0x00007FFFFFE00049);
	DECODE(VTD_CCMD_CAIG, 0x1000000000000000, VTD_CAIG_DOMAIN);  /* 10b at 60:59 = 1 << 60 */
	DECODE(VTD_IOTLB_IAIG, 0x0200000000000000, VTD_IAIG_GLOBAL); /* 01b at 58:57 = 1 << 57 */
}
END_TEST

/*
 * FRCD: a read without PASID by 03:02.1 (SID 0311h) of address 0000_00AB_CDEF_E000h, reason 06h.
 *   F 1 << 31 = 8000_0000h; T1 1 << 30 = 4000_0000h; FR 06h: dword 3 = C000_0006h; dword 2 = SID = 0000_0311h
 * An atomic with PASID 12345h by the same, reason 85h: F, T1, PV 12345h << (104-96) = 123_4500h, FR 85h:
 *   dword 3 = C123_4585h; PP 1 << (95-64) = 8000_0000h; T2 1 << (92-64) = 1000_0000h: dword 2 = 9000_0311h
 * An interrupt with index 00FEh that was not present: 00FEh at 63:48; {T1, T2} = 0, reason 22h.
 */
START_TEST(test_images_frcd)
{
	struct vtd_frcd read = {{UINT64_C(0xABCDEFE000) & VTD_FRCD0_FI,
	                         VTD_FRCD1_F | VTD_FRCD1_T1 |
	                                 FIELD_PREP(VTD_FRCD1_FR, VTD_FR_SS_READ) |
	                                 FIELD_PREP(VTD_FRCD1_SID, 0x0311)}};
	uint64_t atomic1 = VTD_FRCD1_F | VTD_FRCD1_T1 | VTD_FRCD1_T2 | VTD_FRCD1_PP |
	                   FIELD_PREP(VTD_FRCD1_PV, 0x12345) |
	                   FIELD_PREP(VTD_FRCD1_FR, VTD_FR_SM_WRITE) |
	                   FIELD_PREP(VTD_FRCD1_SID, 0x0311);
	uint64_t intr0 = FIELD_PREP(VTD_FRCD0_IIDX, 0x00FE);

	IMAGE(read.q[0], 0x000000ABCDEFE000);
	IMAGE(read.q[1], 0xC000000600000311);
	IMAGE(atomic1, 0xC123458590000311);
	IMAGE(intr0, 0x00FE000000000000);
	DECODE(VTD_FRCD1_PV, 0xC123458590000311, 0x12345);
	DECODE(VTD_FRCD1_FR, 0xC123458590000311, 0x85);
	DECODE(VTD_FRCD1_SID, 0x8000002200000008, 0x0008);
	DECODE(VTD_FRCD1_FR, 0x8000002200000008, VTD_FR_IR_NP);
	DECODE(VTD_FRCD1_AT, 0xE000000D00000311, VTD_AT_TRANSLATED); /* F, T1, AT 10b: 1110b */
}
END_TEST

/*
 * Legacy. Root: table at 5000h, present: 5001h.
 * Context: DID 1234h, 48 bits, TT 01b, table at 8_7654_3000h, FPD, present.
 *   q[0]: TT 1 << 2 = 4, FPD 2, P 1: 7; q[1]: DID 1234h << 8 = 12_3400h, AW 2
 * Pass-through: TT 10b << 2 = 8, P 1: 9. q[1] with DID 1 and 57 bits: 100h + 3
 */
START_TEST(test_images_legacy_tables)
{
	struct vtd_root_entry re = {{(0x5000 & VTD_RE0_CTP) | VTD_RE0_P, 0}};
	struct vtd_context_entry ce = {
	        {(UINT64_C(0x876543000) & VTD_CE0_SSPTPTR) |
	                 FIELD_PREP(VTD_CE0_TT, VTD_TT_DEV_TLB) | VTD_CE0_FPD | VTD_CE0_P,
	         FIELD_PREP(VTD_CE1_DID, 0x1234) | FIELD_PREP(VTD_CE1_AW, VTD_AW_48BIT)}};
	uint64_t pt0 = FIELD_PREP(VTD_CE0_TT, VTD_TT_PASSTHROUGH) | VTD_CE0_P;
	uint64_t pt1 = FIELD_PREP(VTD_CE1_DID, 1) | FIELD_PREP(VTD_CE1_AW, VTD_AW_57BIT);

	IMAGE(re.q[0], 0x0000000000005001);
	IMAGE(re.q[1], 0x0000000000000000);
	IMAGE(ce.q[0], 0x0000000876543007);
	IMAGE(ce.q[1], 0x0000000000123402);
	IMAGE(pt0, 0x0000000000000009);
	IMAGE(pt1, 0x0000000000000103);
	DECODE(VTD_CE1_DID, 0x0000000000123402, 0x1234);
	DECODE(VTD_CE0_SSPTPTR, 0x0000000876543007, 0x876543);
	DECODE(VTD_CE1_AVAIL, 0x0000000000123452, 0xA); /* Ah << 3 = 50h */
}
END_TEST

/*
 * Scalable. SM root, upper half: table at 6000h, present: 6001h.
 * SM context: directory at 9000h, PDTS 7 << 9 = E00h, PRE 10h, PASIDE 8, DTE 4, P 1: 9E1Dh; RID_PASID FFFFFh, RID_PRIV
 * 1 << 20: 1F_FFFFh.
 * PASID directory entry: table at A000h, FPD, P: A003h.
 */
START_TEST(test_images_scalable_tables)
{
	uint64_t sre1 = (0x6000 & VTD_SRE1_UCTP) | VTD_SRE1_UP;
	uint64_t sce0 = (0x9000 & VTD_SCE0_PASIDDIRPTR) | FIELD_PREP(VTD_SCE0_PDTS, 7) |
	                VTD_SCE0_PRE | VTD_SCE0_PASIDE | VTD_SCE0_DTE | VTD_SCE0_P;
	uint64_t sce1 = FIELD_PREP(VTD_SCE1_RID_PASID, 0xFFFFF) | VTD_SCE1_RID_PRIV;
	uint64_t pde = (0xA000 & VTD_PDE_SMPTBLPTR) | VTD_PDE_FPD | VTD_PDE_P;

	IMAGE(sre1, 0x0000000000006001);
	IMAGE(sce0, 0x0000000000009E1D);
	IMAGE(sce1, 0x00000000001FFFFF);
	IMAGE(pde, 0x000000000000A003);
	DECODE(VTD_SCE0_PDTS, 0x0000000000009E1D, 7);
}
END_TEST

/*
 * PASID entry, nested: second-stage root B000h, SSADE 200h, PGTT 3 << 6 = C0h, AW 2 << 2 = 8, P 1: B2C9h.
 *   q[1]: PAT 0007_0406h (PA0 WB, PA2 WT, PA4 UC-) in the upper half; EMTE 400_0000h, PGSNP 100_0000h, PWSNP 80_0000h,
 *         DID 1234h: lower half 0580_1234h
 *   q[2]: first-stage root C000h, EAFE 80h, WPE 10h, FSPM 1 << 2 = 4, SRE 1: C095h
 *   q[4]: HPT at D000h, HPTPFD 4, HPTSZ 3: D007h; q[5]: HPTDID 4321h
 */
START_TEST(test_images_pasid_entry)
{
	struct vtd_pasid_entry pe = {{0}};

	pe.q[0] = (0xB000 & VTD_PE0_SSPTPTR) | VTD_PE0_SSADE |
	          FIELD_PREP(VTD_PE0_PGTT, VTD_PGTT_NESTED) | FIELD_PREP(VTD_PE0_AW, VTD_AW_48BIT) |
	          VTD_PE0_P;
	pe.q[1] = FIELD_PREP(VTD_PE1_PA(0), VTD_MT_WB) | FIELD_PREP(VTD_PE1_PA(2), VTD_MT_WT) |
	          FIELD_PREP(VTD_PE1_PA(4), VTD_MT_UC_MINUS) | VTD_PE1_EMTE | VTD_PE1_PGSNP |
	          VTD_PE1_PWSNP | FIELD_PREP(VTD_PE1_DID, 0x1234);
	pe.q[2] = (0xC000 & VTD_PE2_FSPTPTR) | VTD_PE2_EAFE | VTD_PE2_WPE |
	          FIELD_PREP(VTD_PE2_FSPM, VTD_FSPM_5LEVEL) | VTD_PE2_SRE;
	pe.q[4] = (0xD000 & VTD_PE4_HPTPTR) | VTD_PE4_HPTPFD | FIELD_PREP(VTD_PE4_HPTSZ, 3);
	pe.q[5] = FIELD_PREP(VTD_PE5_HPTDID, 0x4321);
	IMAGE(pe.q[0], 0x000000000000B2C9);
	IMAGE(pe.q[1], 0x0007040605801234);
	IMAGE(pe.q[2], 0x000000000000C095);
	IMAGE(pe.q[4], 0x000000000000D007);
	IMAGE(pe.q[5], 0x0000000000004321);
	DECODE(VTD_PE1_PAT, 0x0007040605801234, 0x00070406);
	DECODE(VTD_PE0_PGTT, 0x000000000000B2C9, VTD_PGTT_NESTED);
}
END_TEST

/*
 * Second stage: table at 1_2345_6000h, R W: ..003h. 2 MiB leaf at 1_2340_0000h: SNP 800h, D 200h, A 100h, PS 80h,
 * IPAT 40h, EMT 6 << 3 = 30h, R W 3: BF3h. With SSIRWE, IR and IW are 6000_0000_0000_0000h.
 * First stage: 1 GiB leaf at 1_4000_0000h: PAT 1000h, EA 400h, PS 80h, D 40h, A 20h, U/S 4, R/W 2, P 1: 14E7h.
 * HPTL2 entry: PP3 = R W = 3 << 12; next table at 7000h, AV: 7001h.
 */
START_TEST(test_images_paging)
{
	uint64_t table = (UINT64_C(0x123456000) & VTD_SS_ADDR) | VTD_SS_W | VTD_SS_R;
	uint64_t leaf = (UINT64_C(0x123400000) & VTD_SS_ADDR_2M) | VTD_SS_SNP | VTD_SS_D |
	                VTD_SS_A | VTD_SS_PS | VTD_SS_IPAT | FIELD_PREP(VTD_SS_EMT, VTD_MT_WB) |
	                VTD_SS_W | VTD_SS_R;
	uint64_t fs = (UINT64_C(0x140000000) & VTD_FS_ADDR_1G) | VTD_FS_PAT_LARGE | VTD_FS_EA |
	              VTD_FS_PS | VTD_FS_D | VTD_FS_A | VTD_FS_US | VTD_FS_RW | VTD_FS_P;
	struct vtd_hpt_entry hpt = {{FIELD_PREP(VTD_HPT_PP(3), VTD_PP_R | VTD_PP_W),
	                             (0x7000 & VTD_HPT1_ADDR) | VTD_HPT1_AV}};

	IMAGE(table, 0x0000000123456003);
	IMAGE(leaf, 0x0000000123400BF3);
	IMAGE(VTD_SS_IR | VTD_SS_IW, 0x6000000000000000);
	IMAGE(fs, 0x00000001400014E7);
	IMAGE(hpt.q[0], 0x0000000000003000);
	IMAGE(hpt.q[1], 0x0000000000007001);
	DECODE(VTD_SS_ADDR_2M, 0x0000000123400BF3, 0x91A); /* 1_2340_0000h >> 21 */
	DECODE(VTD_FS_ADDR_1G, 0x00000001400014E7, 5);     /* 1_4000_0000h >> 30 */
}
END_TEST

/*
 * 128-bit descriptors.
 *   cc: device (3 << 4), type 1: 31h; DID 1234h << 16; SID 0310h, FM 2 << 48: q[0] = 0002_0310_1234_0031h
 *   iotlb: page (30h), DR 80h, DW 40h, type 2: F2h; q[1]: 7FFF_FFE0_0000h, IH 40h, AM 9
 *   dev_tlb: MIP 4 << 16, PFSID 0310h: nibble 0 << 12, 031h << 52; SID 0311h << 32; q[1]: F_F000h + S 1 = 2 MiB at 0
 *   iec: index 1234h, IM 3 << 27 = 1800_0000h, G 10h, type 4: 14h
 *   wait: SW 20h, FN 40h, IF 10h, PD 80h, type 5: F5h; data CAFE_F00Dh; address 9_8765_4320h
 */
START_TEST(test_images_descriptors_128)
{
	struct vtd_desc128 d;

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_CC) | FIELD_PREP(VTD_CCD0_G, VTD_CCD_G_DEVICE) |
	         FIELD_PREP(VTD_CCD0_DID, 0x1234) | FIELD_PREP(VTD_CCD0_SID, 0x0310) |
	         FIELD_PREP(VTD_CCD0_FM, 2);
	IMAGE(d.q[0], 0x0002031012340031);

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_IOTLB) |
	         FIELD_PREP(VTD_IOTLBD0_G, VTD_IOTLBD_G_PAGE) | VTD_IOTLBD0_DR | VTD_IOTLBD0_DW |
	         FIELD_PREP(VTD_IOTLBD0_DID, 0x1234);
	d.q[1] = (UINT64_C(0x7FFFFFE00000) & VTD_IOTLBD1_ADDR) | VTD_IOTLBD1_IH |
	         FIELD_PREP(VTD_IOTLBD1_AM, 9);
	IMAGE(d.q[0], 0x00000000123400F2);
	IMAGE(d.q[1], 0x00007FFFFFE00049);

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_DEV_TLB) | FIELD_PREP(VTD_DEVTLBD0_MIP, 4) |
	         FIELD_PREP(VTD_DEVTLBD0_PFSID_LO, 0x0310 & 0xF) |
	         FIELD_PREP(VTD_DEVTLBD0_PFSID_HI, 0x0310 >> 4) |
	         FIELD_PREP(VTD_DEVTLBD0_SID, 0x0311);
	d.q[1] = (0xFF000 & VTD_DEVTLBD1_ADDR) | VTD_DEVTLBD1_S;
	IMAGE(d.q[0], 0x0310031100040003);
	IMAGE(d.q[1], 0x00000000000FF001);
	IMAGE(VTD_DEVTLBD_ADDR_ALL, 0x7FFFFFFFFFFFF000);

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_IEC) | FIELD_PREP(VTD_IECD0_G, VTD_IECD_G_INDEX) |
	         FIELD_PREP(VTD_IECD0_IM, 3) | FIELD_PREP(VTD_IECD0_IIDX, 0x1234);
	IMAGE(d.q[0], 0x0000123418000014);

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_WAIT) | VTD_WAITD0_SW | VTD_WAITD0_FN |
	         VTD_WAITD0_IF | VTD_WAITD0_PD | FIELD_PREP(VTD_WAITD0_SDATA, 0xCAFEF00D);
	d.q[1] = UINT64_C(0x987654320) & VTD_WAITD1_SADDR;
	IMAGE(d.q[0], 0xCAFEF00D000000F5);
	IMAGE(d.q[1], 0x0000000987654320);
	DECODE(VTD_WAITD0_SDATA, 0xCAFEF00D000000F5, 0xCAFEF00D);
	DECODE(VTD_DESC_TYPE, 0xCAFEF00D000000F5, VTD_DT_WAIT);
	DECODE(VTD_DESC_TYPE_HI, 0x0000000000000E05, 7); /* bits 11:9 */
}
END_TEST

/*
 * 256-bit descriptors. PASID ABCDEh sits at 51:32.
 *   p_iotlb: page (30h), type 6: 36h; DID 1234h
 *   pc: PASID (1 << 4 = 10h), type 7: 17h
 *   p_dev_tlb: SID 0311h << 16; PFSID 0310h: 0 << 12, 031h << 52; MIP 4 << 4 = 40h, type 8: 48h; S 1 << 11 = 800h, GI 1
 *   page_grp_resp: RID 0311h << 16; RC 1 << 12; PP 10h, type 9: 1019h; PRGI 1FFh << 3 = FF8h
 *   hpt: page (30h), type Ah: 3Ah; IH 3 << 6 = C0h, AM 1
 */
START_TEST(test_images_descriptors_256)
{
	struct vtd_desc256 d = {{0}};

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_P_IOTLB) |
	         FIELD_PREP(VTD_PIOTLBD0_G, VTD_PIOTLBD_G_PAGE) |
	         FIELD_PREP(VTD_PIOTLBD0_DID, 0x1234) | FIELD_PREP(VTD_PIOTLBD0_PASID, 0xABCDE);
	d.q[1] = (0x5000 & VTD_PIOTLBD1_ADDR) | VTD_PIOTLBD1_IH | FIELD_PREP(VTD_PIOTLBD1_AM, 0x3F);
	IMAGE(d.q[0], 0x000ABCDE12340036);
	IMAGE(d.q[1], 0x000000000000507F);

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_PC) | FIELD_PREP(VTD_PCD0_G, VTD_PCD_G_PASID) |
	         FIELD_PREP(VTD_PCD0_DID, 0x1234) | FIELD_PREP(VTD_PCD0_PASID, 0xABCDE);
	IMAGE(d.q[0], 0x000ABCDE12340017);

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_P_DEV_TLB) | FIELD_PREP(VTD_PDEVTLBD0_MIP, 4) |
	         FIELD_PREP(VTD_PDEVTLBD0_PFSID_LO, 0x0310 & 0xF) |
	         FIELD_PREP(VTD_PDEVTLBD0_PFSID_HI, 0x0310 >> 4) |
	         FIELD_PREP(VTD_PDEVTLBD0_SID, 0x0311) | FIELD_PREP(VTD_PDEVTLBD0_PASID, 0xABCDE);
	d.q[1] = (0x5000 & VTD_PDEVTLBD1_ADDR) | VTD_PDEVTLBD1_S | VTD_PDEVTLBD1_GI;
	IMAGE(d.q[0], 0x031ABCDE03110048);
	IMAGE(d.q[1], 0x0000000000005801);

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_PAGE_GRP_RESP) | VTD_PGRD0_PP |
	         FIELD_PREP(VTD_PGRD0_RC, VTD_PGRD_RC_INVALID) | FIELD_PREP(VTD_PGRD0_RID, 0x0311) |
	         FIELD_PREP(VTD_PGRD0_PASID, 0xABCDE);
	d.q[1] = FIELD_PREP(VTD_PGRD1_PRGI, 0x1FF);
	IMAGE(d.q[0], 0x000ABCDE03111019);
	IMAGE(d.q[1], 0x0000000000000FF8);

	d.q[0] = FIELD_PREP(VTD_DESC_TYPE, VTD_DT_HPT) | FIELD_PREP(VTD_HPTD0_G, VTD_HPTD_G_PAGE) |
	         FIELD_PREP(VTD_HPTD0_HPTDID, 0x4321);
	d.q[1] = (0x5000 & VTD_HPTD1_ADDR) | FIELD_PREP(VTD_HPTD1_IH, VTD_HPTD_IH_ALL) |
	         FIELD_PREP(VTD_HPTD1_AM, 1);
	IMAGE(d.q[0], 0x000000004321003A);
	IMAGE(d.q[1], 0x00000000000050C1);
}
END_TEST

/*
 * A page request: PASID ABCDEh, privileged (1 << 53 = 20_0000h << 32), RID 0311h << 16, PP 100h, type 1; write and read,
 * last (7), group 1FFh << 3 = FF8h, page 7FFF_0000_1000h.
 */
START_TEST(test_images_page_request)
{
	uint64_t q0 = FIELD_PREP(VTD_PRD0_TYPE, VTD_PRD_TYPE_PAGE_REQ) | VTD_PRD0_PP |
	              FIELD_PREP(VTD_PRD0_RID, 0x0311) | FIELD_PREP(VTD_PRD0_PASID, 0xABCDE) |
	              VTD_PRD0_PMR;
	uint64_t q1 = (UINT64_C(0x7FFF00001000) & VTD_PRD1_ADDR) |
	              FIELD_PREP(VTD_PRD1_PRGI, 0x1FF) | VTD_PRD1_LPIG | VTD_PRD1_WRR |
	              VTD_PRD1_RDR;

	IMAGE(q0, 0x002ABCDE03110101);
	IMAGE(q1, 0x00007FFF00001FFF);
	DECODE(VTD_PRD0_EXR, 0x002ABCDE03110101, 0);
}
END_TEST

/*
 * A device's MSI with index 8123h and SHV: FEE0_0000h + 0123h << 5 (2460h) + 10h + 8 + 4 (index 15) = FEE0_247Ch.
 * Compatibility: APIC id 5 << 12, logical 4, RH 8: FEE0_500Ch; data: level (8000h), assert (4000h), lowest priority
 * 100h, vector 41h: C141h.
 * I/O APIC: index 8123h: 0123h << 49 = 0246h << 48, format 1 << 48: 0247h; index 15 at 11: 800h; level 8000h; vector 41h.
 * An event for x2APIC id 0001_0203h, vector 21h: address FEE0_3000h, upper address 0001_0200h, data 21h.
 */
START_TEST(test_images_interrupt_requests)
{
	uint64_t base = FIELD_PREP(VTD_INTRA_BASE, VTD_INTRA_BASE_FEE);
	uint64_t remap = base | FIELD_PREP(VTD_RIRA_HANDLE_LO, 0x0123) |
	                 FIELD_PREP(VTD_RIRA_HANDLE_HI, 1) |
	                 FIELD_PREP(VTD_INTRA_FORMAT, VTD_INTRA_REMAP) | VTD_RIRA_SHV;
	uint64_t compat = base | FIELD_PREP(VTD_CIRA_DST, 5) | VTD_CIRA_RH |
	                  FIELD_PREP(VTD_CIRA_DM, VTD_DM_LOGICAL);
	uint64_t data = FIELD_PREP(VTD_CIRD_TM, VTD_TM_LEVEL) | VTD_CIRD_TL |
	                FIELD_PREP(VTD_CIRD_DLM, VTD_DLM_LOWEST) | FIELD_PREP(VTD_CIRD_V, 0x41);
	uint64_t rte = FIELD_PREP(VTD_RTE_INDEX_LO, 0x0123) | VTD_RTE_FORMAT | VTD_RTE_INDEX_HI |
	               VTD_RTE_TM | FIELD_PREP(VTD_RTE_V, 0x41);

	IMAGE(remap, 0xFEE0247C);
	IMAGE(compat, 0xFEE0500C);
	IMAGE(data, 0xC141);
	IMAGE(rte, 0x0247000000008841);
	IMAGE(FIELD_PREP(VTD_EVENT_ADDR_BASE, VTD_INTRA_BASE_FEE) |
	              FIELD_PREP(VTD_EVENT_ADDR_DST, 0x03),
	      0xFEE03000);
	IMAGE(FIELD_PREP(VTD_EVENT_UADDR_DST_HI, 0x000102), 0x00010200);
	IMAGE(FIELD_PREP(VTD_EVENT_DATA_V, 0x21) | FIELD_PREP(VTD_EVENT_DATA_DLM, VTD_DLM_LOWEST),
	      0x121);
}
END_TEST

/*
 * IRTE, x2APIC id 1122_3344h, vector 41h << 16, level 10h, logical 4, RH 8, lowest priority 1 << 5 = 20h, P 1:
 *   low half 0041_003Dh. q[1]: SVT 1 << 18 = 4_0000h, SQ 1 << 16 = 1_0000h, SID F0F8h: 5_F0F8h
 * xAPIC id A5h at 47:40: A500h in the upper half.
 * Posted, descriptor at 12_3456_7FC0h: PDAL 3456_7FC0h >> 6 << 38 = 3456_7FC0h in the upper half, PDAH 12h;
 *   vector 41h << 16, IM 8000h, URG 4000h, P 1: low half 0041_C001h. SVT bus range 00 to 1Fh: 8_001Fh
 * Descriptor: NDST 1122_3344h, NV 42h << 16, SN 2, ON 1: 0042_0003h
 */
START_TEST(test_images_irte_and_pid)
{
	struct vtd_irte remapped = {
	        {FIELD_PREP(VTD_IRTE0_DST, 0x11223344) | FIELD_PREP(VTD_IRTE0_V, 0x41) |
	                 VTD_IRTE0_TM | VTD_IRTE0_DM | VTD_IRTE0_RH |
	                 FIELD_PREP(VTD_IRTE0_DLM, VTD_DLM_LOWEST) | VTD_IRTE0_P,
	         FIELD_PREP(VTD_IRTE1_SVT, VTD_SVT_SID) |
	                 FIELD_PREP(VTD_IRTE1_SQ, VTD_SQ_NOT_BIT_2) |
	                 FIELD_PREP(VTD_IRTE1_SID, 0xF0F8)}};
	uint64_t pid = UINT64_C(0x1234567FC0);
	struct vtd_irte posted = {
	        {FIELD_PREP(VTD_PIRTE0_PDAL, (pid & 0xFFFFFFFF) >> 6) |
	                 FIELD_PREP(VTD_PIRTE0_VV, 0x41) |
	                 FIELD_PREP(VTD_IRTE0_IM, VTD_IRTE_POSTED) | VTD_PIRTE0_URG | VTD_IRTE0_P,
	         FIELD_PREP(VTD_PIRTE1_PDAH, pid >> 32) | FIELD_PREP(VTD_IRTE1_SVT, VTD_SVT_BUS) |
	                 FIELD_PREP(VTD_IRTE1_SID_BUS_FIRST, 0x00) |
	                 FIELD_PREP(VTD_IRTE1_SID_BUS_LAST, 0x1F)}};
	uint64_t pid4 = FIELD_PREP(VTD_PID4_NDST, 0x11223344) | FIELD_PREP(VTD_PID4_NV, 0x42) |
	                VTD_PID4_SN | VTD_PID4_ON;

	IMAGE(remapped.q[0], 0x112233440041003D);
	IMAGE(remapped.q[1], 0x000000000005F0F8);
	IMAGE(FIELD_PREP(VTD_IRTE0_DST_XAPIC, 0xA5), 0x0000A50000000000);
	IMAGE(posted.q[0], 0x34567FC00041C001);
	IMAGE(posted.q[1], 0x000000120008001F);
	IMAGE(pid4, 0x1122334400420003);
	DECODE(VTD_IRTE0_DLM, 0x112233440041003D, VTD_DLM_LOWEST);
	DECODE(VTD_PIRTE0_PDAL, 0x34567FC00041C001, 0x34567FC0 >> 6);
	IMAGE(FIELD_PREP(VTD_PID4_NDST_XAPIC, 0xA5), 0x0000A50000000000);
}
END_TEST

/* Queue and event registers: IQA at 4000h, 256-bit, 2 pages: 4801h. IRTA at 8000h, EIME, 65536 entries: 880Fh. */
START_TEST(test_images_queue_registers)
{
	IMAGE((0x4000 & VTD_IQA_IQA) | VTD_IQA_DW | FIELD_PREP(VTD_IQA_QS, 1), 0x4801);
	IMAGE((0x8000 & VTD_IRTA_IRTA) | VTD_IRTA_EIME | FIELD_PREP(VTD_IRTA_S, 15), 0x880F);
	IMAGE((0x3000 & VTD_PQA_PQA) | FIELD_PREP(VTD_PQA_PQS, 5), 0x3005);
	DECODE(VTD_IQT_QT, 0x0000000000000FF0, 0xFF);  /* the last of 256 entries of 16 bytes */
	DECODE(VTD_PQT_PQT, 0x0000000000000FE0, 0x7F); /* the last of 128 entries of 32 bytes */
	DECODE(VTD_IQERCD_ITESID, 0x0102031100000003, 0x0311);
	DECODE(VTD_IQERCD_ICESID, 0x0102031100000003, 0x0102);
	DECODE(VTD_IQERCD_IQEI, 0x0102031100000003, VTD_IQEI_TYPE);
	DECODE(VTD_FSTS_FRI, 0x00000502, 5);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hw_vtd_images");
	TCase *tc = tcase_create("golden");

	tcase_add_test(tc, test_images_cap);
	tcase_add_test(tc, test_images_ecap);
	tcase_add_test(tc, test_images_gcmd_from_gsts);
	tcase_add_test(tc, test_images_rtaddr);
	tcase_add_test(tc, test_images_register_invalidation);
	tcase_add_test(tc, test_images_frcd);
	tcase_add_test(tc, test_images_legacy_tables);
	tcase_add_test(tc, test_images_scalable_tables);
	tcase_add_test(tc, test_images_pasid_entry);
	tcase_add_test(tc, test_images_paging);
	tcase_add_test(tc, test_images_descriptors_128);
	tcase_add_test(tc, test_images_descriptors_256);
	tcase_add_test(tc, test_images_page_request);
	tcase_add_test(tc, test_images_interrupt_requests);
	tcase_add_test(tc, test_images_irte_and_pid);
	tcase_add_test(tc, test_images_queue_registers);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
