/*
 * Every register, entry and descriptor of VT-d, typed again from the specification's tables, bit by bit.
 * The rows follow hw_layout.h.
 */
#ifndef TESTS_UNIT_TEST_HW_VTD_LAYOUT_H
#define TESTS_UNIT_TEST_HW_VTD_LAYOUT_H

#include "hw/vtd.h"
#include "hw_layout.h"

/* clang-format off */
#define F(word, mask, hi, lo) { word, ROW_FIELD, #mask, mask, sizeof(mask), hi, lo }
#define V(word, mask, hi, lo) { word, ROW_VIEW, #mask, mask, sizeof(mask), hi, lo }
#define R(word, hi, lo) { word, ROW_RSVD, NULL, 0, 0, hi, lo }
#define I(word, hi, lo) { word, ROW_IGN, NULL, 0, 0, hi, lo }

static const struct row layout_rows[] = {
	/* registers, 32 bits */
	R("VER", 31, 8), F("VER", VTD_VER_MAX, 7, 4), F("VER", VTD_VER_MIN, 3, 0),

	F("GCMD", VTD_GCMD_TE, 31, 31), F("GCMD", VTD_GCMD_SRTP, 30, 30), F("GCMD", VTD_GCMD_SFL, 29, 29),
	F("GCMD", VTD_GCMD_EAFL, 28, 28), F("GCMD", VTD_GCMD_WBF, 27, 27), F("GCMD", VTD_GCMD_QIE, 26, 26),
	F("GCMD", VTD_GCMD_IRE, 25, 25), F("GCMD", VTD_GCMD_SIRTP, 24, 24), F("GCMD", VTD_GCMD_CFI, 23, 23),
	R("GCMD", 22, 0),

	F("GSTS", VTD_GSTS_TES, 31, 31), F("GSTS", VTD_GSTS_RTPS, 30, 30), F("GSTS", VTD_GSTS_FLS, 29, 29),
	F("GSTS", VTD_GSTS_AFLS, 28, 28), F("GSTS", VTD_GSTS_WBFS, 27, 27), F("GSTS", VTD_GSTS_QIES, 26, 26),
	F("GSTS", VTD_GSTS_IRES, 25, 25), F("GSTS", VTD_GSTS_IRTPS, 24, 24), F("GSTS", VTD_GSTS_CFIS, 23, 23),
	R("GSTS", 22, 0),

	R("FSTS", 31, 16), F("FSTS", VTD_FSTS_FRI, 15, 8), F("FSTS", VTD_FSTS_PRO, 7, 7), F("FSTS", VTD_FSTS_ITE, 6, 6),
	F("FSTS", VTD_FSTS_ICE, 5, 5), F("FSTS", VTD_FSTS_IQE, 4, 4), F("FSTS", VTD_FSTS_APF, 3, 3),
	F("FSTS", VTD_FSTS_AFO, 2, 2), F("FSTS", VTD_FSTS_PPF, 1, 1), F("FSTS", VTD_FSTS_PFO, 0, 0),

	F("FECTL", VTD_FECTL_IM, 31, 31), F("FECTL", VTD_FECTL_IP, 30, 30), R("FECTL", 29, 0),
	F("IECTL", VTD_IECTL_IM, 31, 31), F("IECTL", VTD_IECTL_IP, 30, 30), R("IECTL", 29, 0),
	F("PECTL", VTD_PECTL_IM, 31, 31), F("PECTL", VTD_PECTL_IP, 30, 30), R("PECTL", 29, 0),
	F("PERFINTRCTL", VTD_PERFINTRCTL_IM, 31, 31), F("PERFINTRCTL", VTD_PERFINTRCTL_IP, 30, 30), R("PERFINTRCTL", 29, 0),
	R("FEDATA", 31, 16), F("FEDATA", VTD_FEDATA_IMD, 15, 0),
	R("IEDATA", 31, 16), F("IEDATA", VTD_IEDATA_IMD, 15, 0),
	R("PEDATA", 31, 16), F("PEDATA", VTD_PEDATA_IMD, 15, 0),
	R("PERFINTRDATA", 31, 16), F("PERFINTRDATA", VTD_PERFINTRDATA_IMD, 15, 0),
	F("FEADDR", VTD_FEADDR_MA, 31, 2), R("FEADDR", 1, 0),
	F("IEADDR", VTD_IEADDR_MA, 31, 2), R("IEADDR", 1, 0),
	F("PEADDR", VTD_PEADDR_MA, 31, 2), R("PEADDR", 1, 0),
	F("PERFINTRADDR", VTD_PERFINTRADDR_MA, 31, 2), R("PERFINTRADDR", 1, 0),
	F("FEUADDR", VTD_FEUADDR_MUA, 31, 0), F("IEUADDR", VTD_IEUADDR_MUA, 31, 0),
	F("PEUADDR", VTD_PEUADDR_MUA, 31, 0), F("PERFINTRUADDR", VTD_PERFINTRUADDR_MUA, 31, 0),

	F("PMEN", VTD_PMEN_EPM, 31, 31), R("PMEN", 30, 1), F("PMEN", VTD_PMEN_PRS, 0, 0),
	F("PLMBASE N=20", VTD_PLM_FIELD(20), 31, 21), R("PLMBASE N=20", 20, 0),
	F("PLMBASE N=0", VTD_PLM_FIELD(0), 31, 1), R("PLMBASE N=0", 0, 0),
	R("ICS", 31, 1), F("ICS", VTD_ICS_IWC, 0, 0),
	R("PRS", 31, 2), F("PRS", VTD_PRS_PRO, 1, 1), F("PRS", VTD_PRS_PPR, 0, 0),

	F("PERFCFGOFF", VTD_PERFCFGOFF_OFF, 31, 0), F("PERFFRZOFF", VTD_PERFFRZOFF_OFF, 31, 0),
	F("PERFOVFOFF", VTD_PERFOVFOFF_OFF, 31, 0), F("PERFCNTROFF", VTD_PERFCNTROFF_OFF, 31, 0),
	R("PERFINTRSTS", 31, 1), F("PERFINTRSTS", VTD_PERFINTRSTS_PIS, 0, 0),
	F("RIDFLTR", VTD_PERFCNTR_RIDFLTR_EN, 31, 31), R("RIDFLTR", 30, 16), F("RIDFLTR", VTD_PERFCNTR_RIDFLTR_RID, 15, 0),
	F("DIDFLTR", VTD_PERFCNTR_DIDFLTR_EN, 31, 31), R("DIDFLTR", 30, 16), F("DIDFLTR", VTD_PERFCNTR_DIDFLTR_DID, 15, 0),
	F("PASIDFLTR", VTD_PERFCNTR_PASIDFLTR_EN, 31, 31), R("PASIDFLTR", 30, 22),
	F("PASIDFLTR", VTD_PERFCNTR_PASIDFLTR_PFM, 21, 20), F("PASIDFLTR", VTD_PERFCNTR_PASIDFLTR_PASID, 19, 0),
	F("ATFLTR", VTD_PERFCNTR_ATFLTR_EN, 31, 31), R("ATFLTR", 30, 5), F("ATFLTR", VTD_PERFCNTR_ATFLTR_AT, 4, 0),
	F("PTLFLTR", VTD_PERFCNTR_PTLFLTR_EN, 31, 31), R("PTLFLTR", 30, 5), F("PTLFLTR", VTD_PERFCNTR_PTLFLTR_PTL, 4, 0),
	F("PERFCNTRCAP", VTD_PERFCNTRCAP_EGCNT, 31, 28), R("PERFCNTRCAP", 27, 18), F("PERFCNTRCAP", VTD_PERFCNTRCAP_GFS, 17, 17),
	F("PERFCNTRCAP", VTD_PERFCNTRCAP_IOS, 16, 16), F("PERFCNTRCAP", VTD_PERFCNTRCAP_CW, 15, 8), R("PERFCNTRCAP", 7, 1),
	F("PERFCNTRCAP", VTD_PERFCNTRCAP_PCC, 0, 0),
	F("PERFCNTREVCAP", VTD_PERFCNTREVCAP_EGI, 31, 28), F("PERFCNTREVCAP", VTD_PERFCNTREVCAP_ES, 27, 0),

	/* registers, 64 bits */
	F("CAP", VTD_CAP_ESRTPS, 63, 63), F("CAP", VTD_CAP_ESIRTPS, 62, 62), F("CAP", VTD_CAP_ECMDS, 61, 61),
	F("CAP", VTD_CAP_FS5LP, 60, 60), F("CAP", VTD_CAP_PI, 59, 59), R("CAP", 58, 57), F("CAP", VTD_CAP_FS1GP, 56, 56),
	F("CAP", VTD_CAP_DRD, 55, 55), F("CAP", VTD_CAP_DWD, 54, 54), F("CAP", VTD_CAP_MAMV, 53, 48),
	F("CAP", VTD_CAP_NFR, 47, 40), F("CAP", VTD_CAP_PSI, 39, 39), R("CAP", 38, 38), F("CAP", VTD_CAP_SSLPS, 37, 34),
	F("CAP", VTD_CAP_FRO, 33, 24), F("CAP", VTD_CAP_DEP23, 23, 23), F("CAP", VTD_CAP_ZLR, 22, 22),
	F("CAP", VTD_CAP_MGAW, 21, 16), R("CAP", 15, 13), F("CAP", VTD_CAP_SAGAW, 12, 8), F("CAP", VTD_CAP_CM, 7, 7),
	F("CAP", VTD_CAP_PHMR, 6, 6), F("CAP", VTD_CAP_PLMR, 5, 5), F("CAP", VTD_CAP_RWBF, 4, 4), F("CAP", VTD_CAP_AFL, 3, 3),
	F("CAP", VTD_CAP_ND, 2, 0),

	R("ECAP", 63, 63), F("ECAP", VTD_ECAP_IRREQ, 62, 62), F("ECAP", VTD_ECAP_EIMER, 61, 61), F("ECAP", VTD_ECAP_RDTS, 60, 60),
	F("ECAP", VTD_ECAP_HPT1GPS, 59, 59), F("ECAP", VTD_ECAP_SMS, 58, 58), F("ECAP", VTD_ECAP_SSIRWS, 57, 57),
	F("ECAP", VTD_ECAP_PTRS, 56, 56), F("ECAP", VTD_ECAP_HPTS, 55, 55), R("ECAP", 54, 54), F("ECAP", VTD_ECAP_RPRIVS, 53, 53),
	F("ECAP", VTD_ECAP_ADMS, 52, 52), F("ECAP", VTD_ECAP_PMS, 51, 51), F("ECAP", VTD_ECAP_TDXCS, 50, 50),
	F("ECAP", VTD_ECAP_RPS, 49, 49), F("ECAP", VTD_ECAP_SMPWCS, 48, 48), F("ECAP", VTD_ECAP_FSTS, 47, 47),
	F("ECAP", VTD_ECAP_SSTS, 46, 46), F("ECAP", VTD_ECAP_SSADS, 45, 45), F("ECAP", VTD_ECAP_VCS, 44, 44),
	F("ECAP", VTD_ECAP_SMTS, 43, 43), F("ECAP", VTD_ECAP_PDS, 42, 42), F("ECAP", VTD_ECAP_DIT, 41, 41),
	F("ECAP", VTD_ECAP_PASID, 40, 40), F("ECAP", VTD_ECAP_PSS, 39, 35), F("ECAP", VTD_ECAP_EAFS, 34, 34),
	F("ECAP", VTD_ECAP_NWFS, 33, 33), R("ECAP", 32, 32), F("ECAP", VTD_ECAP_SRS, 31, 31), F("ECAP", VTD_ECAP_ERS, 30, 30),
	F("ECAP", VTD_ECAP_PRS, 29, 29), F("ECAP", VTD_ECAP_DEP28, 28, 28), R("ECAP", 27, 27), F("ECAP", VTD_ECAP_NEST, 26, 26),
	F("ECAP", VTD_ECAP_MTS, 25, 25), F("ECAP", VTD_ECAP_DEP24, 24, 24), F("ECAP", VTD_ECAP_MHMV, 23, 20), R("ECAP", 19, 18),
	F("ECAP", VTD_ECAP_IRO, 17, 8), F("ECAP", VTD_ECAP_SC, 7, 7), F("ECAP", VTD_ECAP_PT, 6, 6), F("ECAP", VTD_ECAP_DEP5, 5, 5),
	F("ECAP", VTD_ECAP_EIM, 4, 4), F("ECAP", VTD_ECAP_IR, 3, 3), F("ECAP", VTD_ECAP_DT, 2, 2), F("ECAP", VTD_ECAP_QI, 1, 1),
	F("ECAP", VTD_ECAP_C, 0, 0),

	F("RTADDR", VTD_RTADDR_RTA, 63, 12), F("RTADDR", VTD_RTADDR_TTM, 11, 10), R("RTADDR", 9, 8),
	F("RTADDR", VTD_RTADDR_SSIRWE, 7, 7), R("RTADDR", 6, 0),

	F("CCMD", VTD_CCMD_ICC, 63, 63), F("CCMD", VTD_CCMD_CIRG, 62, 61), F("CCMD", VTD_CCMD_CAIG, 60, 59), R("CCMD", 58, 34),
	F("CCMD", VTD_CCMD_FM, 33, 32), F("CCMD", VTD_CCMD_SID, 31, 16), F("CCMD", VTD_CCMD_DID, 15, 0),

	F("IVA", VTD_IVA_ADDR, 63, 12), R("IVA", 11, 7), F("IVA", VTD_IVA_IH, 6, 6), F("IVA", VTD_IVA_AM, 5, 0),

	F("IOTLB", VTD_IOTLB_IVT, 63, 63), R("IOTLB", 62, 62), F("IOTLB", VTD_IOTLB_IIRG, 61, 60), R("IOTLB", 59, 59),
	F("IOTLB", VTD_IOTLB_IAIG, 58, 57), R("IOTLB", 56, 50), F("IOTLB", VTD_IOTLB_DR, 49, 49), F("IOTLB", VTD_IOTLB_DW, 48, 48),
	F("IOTLB", VTD_IOTLB_DID, 47, 32), R("IOTLB", 31, 0),

	F("frcd.1", VTD_FRCD1_F, 127, 127), F("frcd.1", VTD_FRCD1_T1, 126, 126), F("frcd.1", VTD_FRCD1_AT, 125, 124),
	F("frcd.1", VTD_FRCD1_PV, 123, 104), F("frcd.1", VTD_FRCD1_FR, 103, 96), F("frcd.1", VTD_FRCD1_PP, 95, 95),
	F("frcd.1", VTD_FRCD1_EXE, 94, 94), F("frcd.1", VTD_FRCD1_PRIV, 93, 93), F("frcd.1", VTD_FRCD1_T2, 92, 92),
	R("frcd.1", 91, 80), F("frcd.1", VTD_FRCD1_SID, 79, 64),
	F("frcd.0", VTD_FRCD0_FI, 63, 12), V("frcd.0", VTD_FRCD0_IIDX, 63, 48), R("frcd.0", 11, 0),

	F("AFLOG", VTD_AFLOG_FLA, 63, 12), F("AFLOG", VTD_AFLOG_FLS, 11, 9), R("AFLOG", 8, 0),
	F("PHMBASE N=20", VTD_PHM_FIELD(20), 63, 21), R("PHMBASE N=20", 20, 0),
	R("IQH", 63, 19), F("IQH", VTD_IQH_QH, 18, 4), R("IQH", 3, 0),
	R("IQT", 63, 19), F("IQT", VTD_IQT_QT, 18, 4), R("IQT", 3, 0),
	F("IQA", VTD_IQA_IQA, 63, 12), F("IQA", VTD_IQA_DW, 11, 11), R("IQA", 10, 3), F("IQA", VTD_IQA_QS, 2, 0),
	F("IQERCD", VTD_IQERCD_ICESID, 63, 48), F("IQERCD", VTD_IQERCD_ITESID, 47, 32), R("IQERCD", 31, 4),
	F("IQERCD", VTD_IQERCD_IQEI, 3, 0),
	F("IRTA", VTD_IRTA_IRTA, 63, 12), F("IRTA", VTD_IRTA_EIME, 11, 11), R("IRTA", 10, 4), F("IRTA", VTD_IRTA_S, 3, 0),
	R("PQH", 63, 19), F("PQH", VTD_PQH_PQH, 18, 5), R("PQH", 4, 0),
	R("PQT", 63, 19), F("PQT", VTD_PQT_PQT, 18, 5), R("PQT", 4, 0),
	F("PQA", VTD_PQA_PQA, 63, 12), R("PQA", 11, 3), F("PQA", VTD_PQA_PQS, 2, 0),

	R("MTRRCAP", 63, 11), F("MTRRCAP", VTD_MTRRCAP_WC, 10, 10), R("MTRRCAP", 9, 9), F("MTRRCAP", VTD_MTRRCAP_FIX, 8, 8),
	F("MTRRCAP", VTD_MTRRCAP_VCNT, 7, 0),
	R("MTRRDEF", 63, 12), F("MTRRDEF", VTD_MTRRDEF_E, 11, 11), F("MTRRDEF", VTD_MTRRDEF_FE, 10, 10), R("MTRRDEF", 9, 8),
	F("MTRRDEF", VTD_MTRRDEF_TYPE, 7, 0),
	F("MTRR_FIX", VTD_MTRR_FIX_R(0), 7, 0), F("MTRR_FIX", VTD_MTRR_FIX_R(1), 15, 8), F("MTRR_FIX", VTD_MTRR_FIX_R(2), 23, 16),
	F("MTRR_FIX", VTD_MTRR_FIX_R(3), 31, 24), F("MTRR_FIX", VTD_MTRR_FIX_R(4), 39, 32), F("MTRR_FIX", VTD_MTRR_FIX_R(5), 47, 40),
	F("MTRR_FIX", VTD_MTRR_FIX_R(6), 55, 48), F("MTRR_FIX", VTD_MTRR_FIX_R(7), 63, 56),
	F("PHYSBASE", VTD_MTRR_PHYSBASE_BASE, 63, 12), R("PHYSBASE", 11, 8), F("PHYSBASE", VTD_MTRR_PHYSBASE_TYPE, 7, 0),
	F("PHYSMASK", VTD_MTRR_PHYSMASK_MASK, 63, 12), F("PHYSMASK", VTD_MTRR_PHYSMASK_V, 11, 11), R("PHYSMASK", 10, 0),

	R("PERFCAP", 63, 60), R("PERFCAP", 59, 55), F("PERFCAP", VTD_PERFCAP_CS, 54, 52), F("PERFCAP", VTD_PERFCAP_PCCS, 51, 51),
	F("PERFCAP", VTD_PERFCAP_IOS, 50, 50), F("PERFCAP", VTD_PERFCAP_GFS, 49, 49), F("PERFCAP", VTD_PERFCAP_CWE, 48, 48),
	R("PERFCAP", 47, 37), F("PERFCAP", VTD_PERFCAP_PTLFS, 36, 36), F("PERFCAP", VTD_PERFCAP_ATFS, 35, 35),
	F("PERFCAP", VTD_PERFCAP_PASIDFS, 34, 34), F("PERFCAP", VTD_PERFCAP_DIDFS, 33, 33), F("PERFCAP", VTD_PERFCAP_RIDFS, 32, 32),
	R("PERFCAP", 31, 29), F("PERFCAP", VTD_PERFCAP_EGCNT, 28, 24), R("PERFCAP", 23, 23), F("PERFCAP", VTD_PERFCAP_CW, 22, 16),
	F("PERFCAP", VTD_PERFCAP_NCNTR, 15, 0),
	R("PERFEVNTCAP", 63, 28), F("PERFEVNTCAP", VTD_PERFEVNTCAP_ES, 27, 0),
	R("PERFCNTRCFG", 63, 60), F("PERFCNTRCFG", VTD_PERFCNTRCFG_ES, 59, 32), R("PERFCNTRCFG", 31, 12),
	F("PERFCNTRCFG", VTD_PERFCNTRCFG_EGI, 11, 8), R("PERFCNTRCFG", 7, 3), F("PERFCNTRCFG", VTD_PERFCNTRCFG_GFO, 2, 2),
	F("PERFCNTRCFG", VTD_PERFCNTRCFG_IO, 1, 1), F("PERFCNTRCFG", VTD_PERFCNTRCFG_EN, 0, 0),

	F("ECMD", VTD_ECMD_OA, 63, 16), R("ECMD", 15, 8), F("ECMD", VTD_ECMD_CMD, 7, 0),
	F("ECEO", VTD_ECEO_OB, 63, 0),
	F("ECRSP", VTD_ECRSP_RSLT, 63, 16), R("ECRSP", 15, 8), F("ECRSP", VTD_ECRSP_SC, 7, 1), F("ECRSP", VTD_ECRSP_IP, 0, 0),
	R("ECCAP3", 63, 54), F("ECCAP3", VTD_ECCAP3_UFCNTS, 53, 53), F("ECCAP3", VTD_ECCAP3_FCNTS, 52, 52),
	F("ECCAP3", VTD_ECCAP3_RCNTS, 51, 51), F("ECCAP3", VTD_ECCAP3_RCFGS, 50, 50), F("ECCAP3", VTD_ECCAP3_DCNTS, 49, 49),
	F("ECCAP3", VTD_ECCAP3_ECNTS, 48, 48), R("ECCAP3", 47, 0),
	R("RDTC", 63, 37), F("RDTC", VTD_RDTC_CLOS, 36, 32), R("RDTC", 31, 12), F("RDTC", VTD_RDTC_RMID, 11, 0),
	F("VCMD", VTD_VCMD_OA, 63, 16), R("VCMD", 15, 8), F("VCMD", VTD_VCMD_CMD, 7, 0),
	F("VCMD_EO", VTD_VCMD_EO_OB, 63, 0),
	F("VCRSP", VTD_VCRSP_RSLT, 63, 16), R("VCRSP", 15, 8), F("VCRSP", VTD_VCRSP_SC, 7, 1), F("VCRSP", VTD_VCRSP_IP, 0, 0),
	R("VCCAP", 63, 3), F("VCCAP", VTD_VCCAP_FPS, 2, 2), F("VCCAP", VTD_VCCAP_PAS, 1, 1), F("VCCAP", VTD_VCCAP_NS, 0, 0),

	/* event messages; bits that must be 0 count as reserved */
	F("event addr", VTD_EVENT_ADDR_BASE, 31, 20), F("event addr", VTD_EVENT_ADDR_DST, 19, 12), R("event addr", 11, 4),
	F("event addr", VTD_EVENT_ADDR_RH, 3, 3), F("event addr", VTD_EVENT_ADDR_DM, 2, 2), I("event addr", 1, 0),
	F("event uaddr", VTD_EVENT_UADDR_DST_HI, 31, 8), R("event uaddr", 7, 0),
	R("event data", 31, 9), F("event data", VTD_EVENT_DATA_DLM, 8, 8), F("event data", VTD_EVENT_DATA_V, 7, 0),

	/* root, context and PASID entries */
	R("root.1", 127, 64), F("root.0", VTD_RE0_CTP, 63, 12), R("root.0", 11, 1), F("root.0", VTD_RE0_P, 0, 0),

	F("sm root.1", VTD_SRE1_UCTP, 127, 76), R("sm root.1", 75, 65), F("sm root.1", VTD_SRE1_UP, 64, 64),
	F("sm root.0", VTD_SRE0_LCTP, 63, 12), R("sm root.0", 11, 1), F("sm root.0", VTD_SRE0_LP, 0, 0),

	R("context.1", 127, 88), F("context.1", VTD_CE1_DID, 87, 72), R("context.1", 71, 71), I("context.1", 70, 67),
	V("context.1", VTD_CE1_AVAIL, 70, 67), F("context.1", VTD_CE1_AW, 66, 64),
	F("context.0", VTD_CE0_SSPTPTR, 63, 12), R("context.0", 11, 4), F("context.0", VTD_CE0_TT, 3, 2),
	F("context.0", VTD_CE0_FPD, 1, 1), F("context.0", VTD_CE0_P, 0, 0),

	R("sm context.3", 255, 192), R("sm context.2", 191, 128), R("sm context.1", 127, 85),
	F("sm context.1", VTD_SCE1_RID_PRIV, 84, 84), F("sm context.1", VTD_SCE1_RID_PASID, 83, 64),
	F("sm context.0", VTD_SCE0_PASIDDIRPTR, 63, 12), F("sm context.0", VTD_SCE0_PDTS, 11, 9), R("sm context.0", 8, 7),
	F("sm context.0", VTD_SCE0_EPTR, 6, 6), F("sm context.0", VTD_SCE0_HPTE, 5, 5), F("sm context.0", VTD_SCE0_PRE, 4, 4),
	F("sm context.0", VTD_SCE0_PASIDE, 3, 3), F("sm context.0", VTD_SCE0_DTE, 2, 2), F("sm context.0", VTD_SCE0_FPD, 1, 1),
	F("sm context.0", VTD_SCE0_P, 0, 0),

	F("pasid dir", VTD_PDE_SMPTBLPTR, 63, 12), R("pasid dir", 11, 2), F("pasid dir", VTD_PDE_FPD, 1, 1),
	F("pasid dir", VTD_PDE_P, 0, 0),

	R("pasid.7", 511, 448), R("pasid.6", 447, 384), R("pasid.5", 383, 336), F("pasid.5", VTD_PE5_HPTDID, 335, 320),
	F("pasid.4", VTD_PE4_HPTPTR, 319, 268), R("pasid.4", 267, 259), F("pasid.4", VTD_PE4_HPTPFD, 258, 258),
	F("pasid.4", VTD_PE4_HPTSZ, 257, 256), R("pasid.3", 255, 192),
	F("pasid.2", VTD_PE2_FSPTPTR, 191, 140), R("pasid.2", 139, 136), F("pasid.2", VTD_PE2_EAFE, 135, 135),
	I("pasid.2", 134, 133), V("pasid.2", VTD_PE2_IGN, 134, 133), F("pasid.2", VTD_PE2_WPE, 132, 132),
	F("pasid.2", VTD_PE2_FSPM, 131, 130), R("pasid.2", 129, 129), F("pasid.2", VTD_PE2_SRE, 128, 128),
	F("pasid.1", VTD_PE1_PAT, 127, 96), V("pasid.1", VTD_PE1_PA(0), 98, 96), V("pasid.1", VTD_PE1_PA(1), 102, 100),
	V("pasid.1", VTD_PE1_PA(7), 126, 124), R("pasid.1", 95, 91), F("pasid.1", VTD_PE1_EMTE, 90, 90),
	F("pasid.1", VTD_PE1_CD, 89, 89), F("pasid.1", VTD_PE1_PGSNP, 88, 88), F("pasid.1", VTD_PE1_PWSNP, 87, 87),
	R("pasid.1", 86, 80), F("pasid.1", VTD_PE1_DID, 79, 64),
	F("pasid.0", VTD_PE0_SSPTPTR, 63, 12), R("pasid.0", 11, 10), F("pasid.0", VTD_PE0_SSADE, 9, 9),
	F("pasid.0", VTD_PE0_PGTT, 8, 6), R("pasid.0", 5, 5), F("pasid.0", VTD_PE0_AW, 4, 2), F("pasid.0", VTD_PE0_FPD, 1, 1),
	F("pasid.0", VTD_PE0_P, 0, 0),

	/* second-stage paging entries, SSIRWE = 0; a column each */
	I("ss pml", 63, 63), R("ss pml", 62, 62), I("ss pml", 61, 52), F("ss pml", VTD_SS_ADDR, 51, 12), R("ss pml", 11, 11),
	I("ss pml", 10, 9), F("ss pml", VTD_SS_A, 8, 8), R("ss pml", 7, 7), I("ss pml", 6, 2), F("ss pml", VTD_SS_W, 1, 1),
	F("ss pml", VTD_SS_R, 0, 0),

	I("ss table", 63, 63), R("ss table", 62, 62), I("ss table", 61, 52), F("ss table", VTD_SS_ADDR, 51, 12),
	R("ss table", 11, 11), I("ss table", 10, 9), F("ss table", VTD_SS_A, 8, 8), F("ss table", VTD_SS_PS, 7, 7),
	I("ss table", 6, 2), F("ss table", VTD_SS_W, 1, 1), F("ss table", VTD_SS_R, 0, 0),

	I("ss 1g", 63, 63), R("ss 1g", 62, 62), I("ss 1g", 61, 52), F("ss 1g", VTD_SS_ADDR_1G, 51, 30), R("ss 1g", 29, 12),
	F("ss 1g", VTD_SS_SNP, 11, 11), I("ss 1g", 10, 10), F("ss 1g", VTD_SS_D, 9, 9), F("ss 1g", VTD_SS_A, 8, 8),
	F("ss 1g", VTD_SS_PS, 7, 7), F("ss 1g", VTD_SS_IPAT, 6, 6), F("ss 1g", VTD_SS_EMT, 5, 3), I("ss 1g", 2, 2),
	F("ss 1g", VTD_SS_W, 1, 1), F("ss 1g", VTD_SS_R, 0, 0),

	I("ss 2m", 63, 63), R("ss 2m", 62, 62), I("ss 2m", 61, 52), F("ss 2m", VTD_SS_ADDR_2M, 51, 21), R("ss 2m", 20, 12),
	F("ss 2m", VTD_SS_SNP, 11, 11), I("ss 2m", 10, 10), F("ss 2m", VTD_SS_D, 9, 9), F("ss 2m", VTD_SS_A, 8, 8),
	F("ss 2m", VTD_SS_PS, 7, 7), F("ss 2m", VTD_SS_IPAT, 6, 6), F("ss 2m", VTD_SS_EMT, 5, 3), I("ss 2m", 2, 2),
	F("ss 2m", VTD_SS_W, 1, 1), F("ss 2m", VTD_SS_R, 0, 0),

	I("ss 4k", 63, 63), R("ss 4k", 62, 62), I("ss 4k", 61, 52), F("ss 4k", VTD_SS_ADDR, 51, 12),
	F("ss 4k", VTD_SS_SNP, 11, 11), I("ss 4k", 10, 10), F("ss 4k", VTD_SS_D, 9, 9), F("ss 4k", VTD_SS_A, 8, 8),
	I("ss 4k", 7, 7), F("ss 4k", VTD_SS_IPAT, 6, 6), F("ss 4k", VTD_SS_EMT, 5, 3), I("ss 4k", 2, 2),
	F("ss 4k", VTD_SS_W, 1, 1), F("ss 4k", VTD_SS_R, 0, 0),
	V("ss 4k", VTD_SS_IW, 62, 62), V("ss 4k", VTD_SS_IR, 61, 61),

	/* first-stage paging entries, a column each */
	I("fs pml", 63, 52), F("fs pml", VTD_FS_ADDR, 51, 12), I("fs pml", 11, 11), F("fs pml", VTD_FS_EA, 10, 10),
	I("fs pml", 9, 8), R("fs pml", 7, 7), I("fs pml", 6, 6), F("fs pml", VTD_FS_A, 5, 5), I("fs pml", 4, 3),
	F("fs pml", VTD_FS_US, 2, 2), F("fs pml", VTD_FS_RW, 1, 1), F("fs pml", VTD_FS_P, 0, 0),

	I("fs table", 63, 52), F("fs table", VTD_FS_ADDR, 51, 12), I("fs table", 11, 11), F("fs table", VTD_FS_EA, 10, 10),
	I("fs table", 9, 8), F("fs table", VTD_FS_PS, 7, 7), I("fs table", 6, 6), F("fs table", VTD_FS_A, 5, 5), I("fs table", 4, 3),
	F("fs table", VTD_FS_US, 2, 2), F("fs table", VTD_FS_RW, 1, 1), F("fs table", VTD_FS_P, 0, 0),

	I("fs 1g", 63, 52), F("fs 1g", VTD_FS_ADDR_1G, 51, 30), R("fs 1g", 29, 13), F("fs 1g", VTD_FS_PAT_LARGE, 12, 12),
	I("fs 1g", 11, 11), F("fs 1g", VTD_FS_EA, 10, 10), I("fs 1g", 9, 9), F("fs 1g", VTD_FS_G, 8, 8), F("fs 1g", VTD_FS_PS, 7, 7),
	F("fs 1g", VTD_FS_D, 6, 6), F("fs 1g", VTD_FS_A, 5, 5), F("fs 1g", VTD_FS_PCD, 4, 4), F("fs 1g", VTD_FS_PWT, 3, 3),
	F("fs 1g", VTD_FS_US, 2, 2), F("fs 1g", VTD_FS_RW, 1, 1), F("fs 1g", VTD_FS_P, 0, 0),

	I("fs 2m", 63, 52), F("fs 2m", VTD_FS_ADDR_2M, 51, 21), R("fs 2m", 20, 13), F("fs 2m", VTD_FS_PAT_LARGE, 12, 12),
	I("fs 2m", 11, 11), F("fs 2m", VTD_FS_EA, 10, 10), I("fs 2m", 9, 9), F("fs 2m", VTD_FS_G, 8, 8), F("fs 2m", VTD_FS_PS, 7, 7),
	F("fs 2m", VTD_FS_D, 6, 6), F("fs 2m", VTD_FS_A, 5, 5), F("fs 2m", VTD_FS_PCD, 4, 4), F("fs 2m", VTD_FS_PWT, 3, 3),
	F("fs 2m", VTD_FS_US, 2, 2), F("fs 2m", VTD_FS_RW, 1, 1), F("fs 2m", VTD_FS_P, 0, 0),

	I("fs 4k", 63, 52), V("fs 4k", VTD_FS_XD, 63, 63), F("fs 4k", VTD_FS_ADDR, 51, 12), I("fs 4k", 11, 11),
	F("fs 4k", VTD_FS_EA, 10, 10), I("fs 4k", 9, 9), F("fs 4k", VTD_FS_G, 8, 8), F("fs 4k", VTD_FS_PAT_4K, 7, 7),
	F("fs 4k", VTD_FS_D, 6, 6), F("fs 4k", VTD_FS_A, 5, 5), F("fs 4k", VTD_FS_PCD, 4, 4), F("fs 4k", VTD_FS_PWT, 3, 3),
	F("fs 4k", VTD_FS_US, 2, 2), F("fs 4k", VTD_FS_RW, 1, 1), F("fs 4k", VTD_FS_P, 0, 0),

	/* host permission tables; only the words that hold fields alone, permissions follow below */
	I("hptl4.1", 127, 116), F("hptl4.1", VTD_HPT1_ADDR, 115, 76), R("hptl4.1", 75, 65), F("hptl4.1", VTD_HPT1_AV, 64, 64),
	R("hptl4.0", 63, 0),
	F("hpt pp", VTD_HPT_PP(0), 3, 0), F("hpt pp", VTD_HPT_PP(1), 7, 4), F("hpt pp", VTD_HPT_PP(2), 11, 8),
	F("hpt pp", VTD_HPT_PP(3), 15, 12), F("hpt pp", VTD_HPT_PP(4), 19, 16), F("hpt pp", VTD_HPT_PP(5), 23, 20),
	F("hpt pp", VTD_HPT_PP(6), 27, 24), F("hpt pp", VTD_HPT_PP(7), 31, 28), F("hpt pp", VTD_HPT_PP(8), 35, 32),
	F("hpt pp", VTD_HPT_PP(9), 39, 36), F("hpt pp", VTD_HPT_PP(10), 43, 40), F("hpt pp", VTD_HPT_PP(11), 47, 44),
	F("hpt pp", VTD_HPT_PP(12), 51, 48), F("hpt pp", VTD_HPT_PP(13), 55, 52), F("hpt pp", VTD_HPT_PP(14), 59, 56),
	F("hpt pp", VTD_HPT_PP(15), 63, 60),

	/* invalidation descriptors */
	F("cc.0", VTD_CCD0_DID, 31, 16), R("cc.0", 15, 12), F("cc.0", VTD_DESC_TYPE_HI, 11, 9), R("cc.0", 8, 6),
	F("cc.0", VTD_CCD0_G, 5, 4), F("cc.0", VTD_DESC_TYPE, 3, 0), R("cc.0", 63, 50), F("cc.0", VTD_CCD0_FM, 49, 48),
	F("cc.0", VTD_CCD0_SID, 47, 32), R("cc.1", 127, 64),

	F("iotlb.0", VTD_IOTLBD0_DID, 31, 16), R("iotlb.0", 15, 12), F("iotlb.0", VTD_DESC_TYPE_HI, 11, 9), R("iotlb.0", 8, 8),
	F("iotlb.0", VTD_IOTLBD0_DR, 7, 7), F("iotlb.0", VTD_IOTLBD0_DW, 6, 6), F("iotlb.0", VTD_IOTLBD0_G, 5, 4),
	F("iotlb.0", VTD_DESC_TYPE, 3, 0), R("iotlb.0", 63, 32), F("iotlb.1", VTD_IOTLBD1_ADDR, 127, 76), R("iotlb.1", 75, 71),
	F("iotlb.1", VTD_IOTLBD1_IH, 70, 70), F("iotlb.1", VTD_IOTLBD1_AM, 69, 64),

	R("dev_tlb.0", 31, 21), F("dev_tlb.0", VTD_DEVTLBD0_MIP, 20, 16), F("dev_tlb.0", VTD_DEVTLBD0_PFSID_LO, 15, 12),
	F("dev_tlb.0", VTD_DESC_TYPE_HI, 11, 9), R("dev_tlb.0", 8, 4), F("dev_tlb.0", VTD_DESC_TYPE, 3, 0),
	F("dev_tlb.0", VTD_DEVTLBD0_PFSID_HI, 63, 52), R("dev_tlb.0", 51, 48), F("dev_tlb.0", VTD_DEVTLBD0_SID, 47, 32),
	F("dev_tlb.1", VTD_DEVTLBD1_ADDR, 127, 76), R("dev_tlb.1", 75, 65), F("dev_tlb.1", VTD_DEVTLBD1_S, 64, 64),
	V("dev_tlb.1", VTD_DEVTLBD_ADDR_ALL, 126, 76),

	F("iec.0", VTD_IECD0_IM, 31, 27), R("iec.0", 26, 12), F("iec.0", VTD_DESC_TYPE_HI, 11, 9), R("iec.0", 8, 5),
	F("iec.0", VTD_IECD0_G, 4, 4), F("iec.0", VTD_DESC_TYPE, 3, 0), R("iec.0", 63, 48), F("iec.0", VTD_IECD0_IIDX, 47, 32),
	R("iec.1", 127, 64),

	R("wait.0", 31, 12), F("wait.0", VTD_DESC_TYPE_HI, 11, 9), R("wait.0", 8, 8), F("wait.0", VTD_WAITD0_PD, 7, 7),
	F("wait.0", VTD_WAITD0_FN, 6, 6), F("wait.0", VTD_WAITD0_SW, 5, 5), F("wait.0", VTD_WAITD0_IF, 4, 4),
	F("wait.0", VTD_DESC_TYPE, 3, 0), F("wait.0", VTD_WAITD0_SDATA, 63, 32), F("wait.1", VTD_WAITD1_SADDR, 127, 66),
	R("wait.1", 65, 64),

	F("p_iotlb.0", VTD_PIOTLBD0_DID, 31, 16), R("p_iotlb.0", 15, 12), F("p_iotlb.0", VTD_DESC_TYPE_HI, 11, 9),
	R("p_iotlb.0", 8, 6), F("p_iotlb.0", VTD_PIOTLBD0_G, 5, 4), F("p_iotlb.0", VTD_DESC_TYPE, 3, 0), R("p_iotlb.0", 63, 52),
	F("p_iotlb.0", VTD_PIOTLBD0_PASID, 51, 32), F("p_iotlb.1", VTD_PIOTLBD1_ADDR, 127, 76), R("p_iotlb.1", 75, 71),
	F("p_iotlb.1", VTD_PIOTLBD1_IH, 70, 70), F("p_iotlb.1", VTD_PIOTLBD1_AM, 69, 64),

	F("pc.0", VTD_PCD0_DID, 31, 16), R("pc.0", 15, 12), F("pc.0", VTD_DESC_TYPE_HI, 11, 9), R("pc.0", 8, 6),
	F("pc.0", VTD_PCD0_G, 5, 4), F("pc.0", VTD_DESC_TYPE, 3, 0), R("pc.0", 63, 52), F("pc.0", VTD_PCD0_PASID, 51, 32),
	R("pc.1", 127, 64),

	F("p_dev_tlb.0", VTD_PDEVTLBD0_SID, 31, 16), F("p_dev_tlb.0", VTD_PDEVTLBD0_PFSID_LO, 15, 12),
	F("p_dev_tlb.0", VTD_DESC_TYPE_HI, 11, 9), F("p_dev_tlb.0", VTD_PDEVTLBD0_MIP, 8, 4), F("p_dev_tlb.0", VTD_DESC_TYPE, 3, 0),
	F("p_dev_tlb.0", VTD_PDEVTLBD0_PFSID_HI, 63, 52), F("p_dev_tlb.0", VTD_PDEVTLBD0_PASID, 51, 32),
	F("p_dev_tlb.1", VTD_PDEVTLBD1_ADDR, 127, 76), F("p_dev_tlb.1", VTD_PDEVTLBD1_S, 75, 75), R("p_dev_tlb.1", 74, 65),
	F("p_dev_tlb.1", VTD_PDEVTLBD1_GI, 64, 64),

	F("page_grp_resp.0", VTD_PGRD0_RID, 31, 16), F("page_grp_resp.0", VTD_PGRD0_RC, 15, 12),
	F("page_grp_resp.0", VTD_DESC_TYPE_HI, 11, 9), R("page_grp_resp.0", 8, 5), F("page_grp_resp.0", VTD_PGRD0_PP, 4, 4),
	F("page_grp_resp.0", VTD_DESC_TYPE, 3, 0), R("page_grp_resp.0", 63, 52), F("page_grp_resp.0", VTD_PGRD0_PASID, 51, 32),
	R("page_grp_resp.1", 127, 76), F("page_grp_resp.1", VTD_PGRD1_PRGI, 75, 67), I("page_grp_resp.1", 66, 66),
	R("page_grp_resp.1", 65, 64),

	F("hpt.0", VTD_HPTD0_HPTDID, 31, 16), R("hpt.0", 15, 12), F("hpt.0", VTD_DESC_TYPE_HI, 11, 9), R("hpt.0", 8, 6),
	F("hpt.0", VTD_HPTD0_G, 5, 4), F("hpt.0", VTD_DESC_TYPE, 3, 0), R("hpt.0", 63, 32), F("hpt.1", VTD_HPTD1_ADDR, 127, 76),
	R("hpt.1", 75, 72), F("hpt.1", VTD_HPTD1_IH, 71, 70), F("hpt.1", VTD_HPTD1_AM, 69, 64),

	R("desc.2", 191, 128), R("desc.3", 255, 192),

	/* page request descriptor */
	R("page_req.3", 255, 192), R("page_req.2", 191, 128), F("page_req.1", VTD_PRD1_ADDR, 127, 76),
	F("page_req.1", VTD_PRD1_PRGI, 75, 67), F("page_req.1", VTD_PRD1_LPIG, 66, 66), F("page_req.1", VTD_PRD1_WRR, 65, 65),
	F("page_req.1", VTD_PRD1_RDR, 64, 64), R("page_req.0", 63, 54), F("page_req.0", VTD_PRD0_PMR, 53, 53),
	F("page_req.0", VTD_PRD0_EXR, 52, 52), F("page_req.0", VTD_PRD0_PASID, 51, 32), F("page_req.0", VTD_PRD0_RID, 31, 16),
	R("page_req.0", 15, 9), F("page_req.0", VTD_PRD0_PP, 8, 8), F("page_req.0", VTD_PRD0_TYPE, 7, 0),

	/* interrupt requests */
	F("remap addr", VTD_INTRA_BASE, 31, 20), F("remap addr", VTD_RIRA_HANDLE_LO, 19, 5), F("remap addr", VTD_INTRA_FORMAT, 4, 4),
	F("remap addr", VTD_RIRA_SHV, 3, 3), F("remap addr", VTD_RIRA_HANDLE_HI, 2, 2), I("remap addr", 1, 0),
	F("compat addr", VTD_INTRA_BASE, 31, 20), F("compat addr", VTD_CIRA_DST, 19, 12), R("compat addr", 11, 5),
	F("compat addr", VTD_INTRA_FORMAT, 4, 4), F("compat addr", VTD_CIRA_RH, 3, 3), F("compat addr", VTD_CIRA_DM, 2, 2),
	I("compat addr", 1, 0),
	F("remap data", VTD_RIRD_RSVD, 31, 16), F("remap data", VTD_RIRD_SUBHANDLE, 15, 0),
	R("compat data", 31, 16), F("compat data", VTD_CIRD_TM, 15, 15), F("compat data", VTD_CIRD_TL, 14, 14),
	R("compat data", 13, 11), F("compat data", VTD_CIRD_DLM, 10, 8), F("compat data", VTD_CIRD_V, 7, 0),

	/* interrupt remapping entries */
	R("irte.1", 127, 84), F("irte.1", VTD_IRTE1_SVT, 83, 82), F("irte.1", VTD_IRTE1_SQ, 81, 80), F("irte.1", VTD_IRTE1_SID, 79, 64),
	V("irte.1", VTD_IRTE1_SID_BUS_FIRST, 79, 72), V("irte.1", VTD_IRTE1_SID_BUS_LAST, 71, 64),
	F("irte.0", VTD_IRTE0_DST, 63, 32), V("irte.0", VTD_IRTE0_DST_XAPIC, 47, 40), R("irte.0", 31, 24),
	F("irte.0", VTD_IRTE0_V, 23, 16), F("irte.0", VTD_IRTE0_IM, 15, 15), R("irte.0", 14, 12), F("irte.0", VTD_IRTE0_AVAIL, 11, 8),
	F("irte.0", VTD_IRTE0_DLM, 7, 5), F("irte.0", VTD_IRTE0_TM, 4, 4), F("irte.0", VTD_IRTE0_RH, 3, 3), F("irte.0", VTD_IRTE0_DM, 2, 2),
	F("irte.0", VTD_IRTE0_FPD, 1, 1), F("irte.0", VTD_IRTE0_P, 0, 0),

	F("posted.1", VTD_PIRTE1_PDAH, 127, 96), R("posted.1", 95, 84), F("posted.1", VTD_IRTE1_SVT, 83, 82),
	F("posted.1", VTD_IRTE1_SQ, 81, 80), F("posted.1", VTD_IRTE1_SID, 79, 64), F("posted.0", VTD_PIRTE0_PDAL, 63, 38),
	R("posted.0", 37, 24), F("posted.0", VTD_PIRTE0_VV, 23, 16), F("posted.0", VTD_IRTE0_IM, 15, 15),
	F("posted.0", VTD_PIRTE0_URG, 14, 14), R("posted.0", 13, 12), F("posted.0", VTD_IRTE0_AVAIL, 11, 8), R("posted.0", 7, 2),
	F("posted.0", VTD_IRTE0_FPD, 1, 1), F("posted.0", VTD_IRTE0_P, 0, 0),

	R("pid.7", 511, 448), R("pid.6", 447, 384), R("pid.5", 383, 320), F("pid.4", VTD_PID4_NDST, 319, 288),
	V("pid.4", VTD_PID4_NDST_XAPIC, 303, 296), R("pid.4", 287, 280), F("pid.4", VTD_PID4_NV, 279, 272), R("pid.4", 271, 258),
	F("pid.4", VTD_PID4_SN, 257, 257), F("pid.4", VTD_PID4_ON, 256, 256),

	F("rte", VTD_RTE_INDEX_LO, 63, 49), F("rte", VTD_RTE_FORMAT, 48, 48), R("rte", 47, 17), F("rte", VTD_RTE_MASK, 16, 16),
	F("rte", VTD_RTE_TM, 15, 15), F("rte", VTD_RTE_IRR, 14, 14), F("rte", VTD_RTE_POL, 13, 13), F("rte", VTD_RTE_DS, 12, 12),
	F("rte", VTD_RTE_INDEX_HI, 11, 11), R("rte", 10, 8), F("rte", VTD_RTE_V, 7, 0),
};
#undef F
#undef V
#undef R
#undef I

/* The words of 32 bits; all others have 64. */
static const char *const layout_words32[] = {
	"VER", "GCMD", "GSTS", "FSTS", "FECTL", "FEDATA", "FEADDR", "FEUADDR", "IECTL", "IEDATA", "IEADDR", "IEUADDR",
	"PECTL", "PEDATA", "PEADDR", "PEUADDR", "PERFINTRSTS", "PERFINTRCTL", "PERFINTRDATA", "PERFINTRADDR",
	"PERFINTRUADDR", "PMEN", "PLMBASE N=20", "PLMBASE N=0", "ICS", "PRS", "PERFCFGOFF", "PERFFRZOFF", "PERFOVFOFF",
	"PERFCNTROFF", "RIDFLTR", "DIDFLTR", "PASIDFLTR", "ATFLTR", "PTLFLTR", "PERFCNTRCAP", "PERFCNTREVCAP",
	"event addr", "event uaddr", "event data", "remap addr", "compat addr", "remap data", "compat data",
};
/* clang-format on */

/* common to all types; a value placed in a field */
static const char *const layout_common[] = { "VTD_DESC_TYPE", "VTD_DESC_TYPE_HI",
					     "VTD_DEVTLBD_ADDR_ALL", NULL };

static const struct layout layout = {
	layout_rows,    sizeof(layout_rows) / sizeof(layout_rows[0]),
	layout_words32, sizeof(layout_words32) / sizeof(layout_words32[0]),
	"VTD_",         layout_common,
};

#endif
