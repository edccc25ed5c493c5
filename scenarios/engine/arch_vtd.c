/*
 * VT-d for the engine: registers, table entries, descriptors, capabilities and fault reasons by name, one row per field of
 * include/hw; the protocols of GCMD and the invalidation queue; a walker of the engine's own.
 */
#include "arch.h"

#include <inttypes.h>
#include <string.h>

#include "hw/vtd.h"
#include "run.h"

/* clang-format off */

#define END { 0, 0, 0 }
#define R(reg, f) { #f, 0, VTD_##reg##_##f }

static const struct field ver_fields[] = {
	R(VER, MAX), R(VER, MIN), END
};
static const struct field cap_fields[] = {
	R(CAP, ESRTPS), R(CAP, ESIRTPS), R(CAP, ECMDS), R(CAP, FS5LP), R(CAP, PI), R(CAP, FS1GP),
	R(CAP, DRD), R(CAP, DWD), R(CAP, MAMV), R(CAP, NFR), R(CAP, PSI), R(CAP, SSLPS), R(CAP, FRO),
	R(CAP, DEP23), R(CAP, ZLR), R(CAP, MGAW), R(CAP, SAGAW), R(CAP, CM), R(CAP, PHMR),
	R(CAP, PLMR), R(CAP, RWBF), R(CAP, AFL), R(CAP, ND), END
};
static const struct field ecap_fields[] = {
	R(ECAP, IRREQ), R(ECAP, EIMER), R(ECAP, RDTS), R(ECAP, HPT1GPS), R(ECAP, SMS),
	R(ECAP, SSIRWS), R(ECAP, PTRS), R(ECAP, HPTS), R(ECAP, RPRIVS), R(ECAP, ADMS), R(ECAP, PMS),
	R(ECAP, TDXCS), R(ECAP, RPS), R(ECAP, SMPWCS), R(ECAP, FSTS), R(ECAP, SSTS), R(ECAP, SSADS),
	R(ECAP, VCS), R(ECAP, SMTS), R(ECAP, PDS), R(ECAP, DIT), R(ECAP, PASID), R(ECAP, PSS),
	R(ECAP, EAFS), R(ECAP, NWFS), R(ECAP, SRS), R(ECAP, ERS), R(ECAP, PRS), R(ECAP, DEP28),
	R(ECAP, NEST), R(ECAP, MTS), R(ECAP, DEP24), R(ECAP, MHMV), R(ECAP, IRO), R(ECAP, SC),
	R(ECAP, PT), R(ECAP, DEP5), R(ECAP, EIM), R(ECAP, IR), R(ECAP, DT), R(ECAP, QI), R(ECAP, C), END
};
static const struct field gcmd_fields[] = {
	R(GCMD, TE), R(GCMD, SRTP), R(GCMD, SFL), R(GCMD, EAFL), R(GCMD, WBF), R(GCMD, QIE),
	R(GCMD, IRE), R(GCMD, SIRTP), R(GCMD, CFI), END
};
static const struct field gsts_fields[] = {
	R(GSTS, TES), R(GSTS, RTPS), R(GSTS, FLS), R(GSTS, AFLS), R(GSTS, WBFS), R(GSTS, QIES),
	R(GSTS, IRES), R(GSTS, IRTPS), R(GSTS, CFIS), END
};
static const struct field rtaddr_fields[] = {
	R(RTADDR, RTA), R(RTADDR, TTM), R(RTADDR, SSIRWE), END
};
static const struct field ccmd_fields[] = {
	R(CCMD, ICC), R(CCMD, CIRG), R(CCMD, CAIG), R(CCMD, FM), R(CCMD, SID), R(CCMD, DID), END
};
static const struct field fsts_fields[] = {
	R(FSTS, FRI), R(FSTS, PRO), R(FSTS, ITE), R(FSTS, ICE), R(FSTS, IQE), R(FSTS, APF),
	R(FSTS, AFO), R(FSTS, PPF), R(FSTS, PFO), END
};
static const struct field fectl_fields[] = {
	R(FECTL, IM), R(FECTL, IP), END
};
static const struct field fedata_fields[] = {
	R(FEDATA, IMD), END
};
static const struct field feaddr_fields[] = {
	R(FEADDR, MA), END
};
static const struct field feuaddr_fields[] = {
	R(FEUADDR, MUA), END
};
static const struct field aflog_fields[] = {
	R(AFLOG, FLA), R(AFLOG, FLS), END
};
static const struct field pmen_fields[] = {
	R(PMEN, EPM), R(PMEN, PRS), END
};
static const struct field iqh_fields[] = {
	R(IQH, QH), END
};
static const struct field iqt_fields[] = {
	R(IQT, QT), END
};
static const struct field iqa_fields[] = {
	R(IQA, IQA), R(IQA, DW), R(IQA, QS), END
};
static const struct field ics_fields[] = {
	R(ICS, IWC), END
};
static const struct field iectl_fields[] = {
	R(IECTL, IM), R(IECTL, IP), END
};
static const struct field iedata_fields[] = {
	R(IEDATA, IMD), END
};
static const struct field ieaddr_fields[] = {
	R(IEADDR, MA), END
};
static const struct field ieuaddr_fields[] = {
	R(IEUADDR, MUA), END
};
static const struct field iqercd_fields[] = {
	R(IQERCD, ICESID), R(IQERCD, ITESID), R(IQERCD, IQEI), END
};
static const struct field irta_fields[] = {
	R(IRTA, IRTA), R(IRTA, EIME), R(IRTA, S), END
};
static const struct field pqh_fields[] = {
	R(PQH, PQH), END
};
static const struct field pqt_fields[] = {
	R(PQT, PQT), END
};
static const struct field pqa_fields[] = {
	R(PQA, PQA), R(PQA, PQS), END
};
static const struct field prs_fields[] = {
	R(PRS, PRO), R(PRS, PPR), END
};
static const struct field pectl_fields[] = {
	R(PECTL, IM), R(PECTL, IP), END
};
static const struct field pedata_fields[] = {
	R(PEDATA, IMD), END
};
static const struct field peaddr_fields[] = {
	R(PEADDR, MA), END
};
static const struct field peuaddr_fields[] = {
	R(PEUADDR, MUA), END
};
static const struct field iva_fields[] = {
	R(IVA, ADDR), R(IVA, IH), R(IVA, AM), END
};
static const struct field iotlb_fields[] = {
	R(IOTLB, IVT), R(IOTLB, IIRG), R(IOTLB, IAIG), R(IOTLB, DR), R(IOTLB, DW), R(IOTLB, DID), END
};
static const struct field no_fields[] = { END };
static const struct field frcd_fields[] = {
	{ "FI", 0, VTD_FRCD0_FI }, { "IIDX", 0, VTD_FRCD0_IIDX },
	{ "F", 1, VTD_FRCD1_F }, { "T1", 1, VTD_FRCD1_T1 }, { "AT", 1, VTD_FRCD1_AT },
	{ "PV", 1, VTD_FRCD1_PV }, { "FR", 1, VTD_FRCD1_FR }, { "PP", 1, VTD_FRCD1_PP },
	{ "EXE", 1, VTD_FRCD1_EXE }, { "PRIV", 1, VTD_FRCD1_PRIV }, { "T2", 1, VTD_FRCD1_T2 }, { "SID", 1, VTD_FRCD1_SID }, END
};

static const struct field root_fields[] = {
	{ "P", 0, VTD_RE0_P }, { "CTP", 0, VTD_RE0_CTP }, { "RSVD0", 0, VTD_RE0_RSVD },
	{ "RSVD1", 1, VTD_RE1_RSVD }, END
};
static const struct field sm_root_fields[] = {
	{ "LP", 0, VTD_SRE0_LP }, { "LCTP", 0, VTD_SRE0_LCTP }, { "RSVD0", 0, VTD_SRE0_RSVD },
	{ "UP", 1, VTD_SRE1_UP }, { "UCTP", 1, VTD_SRE1_UCTP }, { "RSVD1", 1, VTD_SRE1_RSVD }, END
};
static const struct field context_fields[] = {
	{ "P", 0, VTD_CE0_P }, { "FPD", 0, VTD_CE0_FPD }, { "TT", 0, VTD_CE0_TT },
	{ "SSPTPTR", 0, VTD_CE0_SSPTPTR }, { "RSVD0", 0, VTD_CE0_RSVD }, { "AW", 1, VTD_CE1_AW },
	{ "AVAIL", 1, VTD_CE1_AVAIL }, { "DID", 1, VTD_CE1_DID }, { "RSVD1", 1, VTD_CE1_RSVD }, END
};
static const struct field sm_context_fields[] = {
	{ "P", 0, VTD_SCE0_P }, { "FPD", 0, VTD_SCE0_FPD }, { "DTE", 0, VTD_SCE0_DTE },
	{ "PASIDE", 0, VTD_SCE0_PASIDE }, { "PRE", 0, VTD_SCE0_PRE }, { "HPTE", 0, VTD_SCE0_HPTE },
	{ "EPTR", 0, VTD_SCE0_EPTR }, { "PDTS", 0, VTD_SCE0_PDTS },
	{ "PASIDDIRPTR", 0, VTD_SCE0_PASIDDIRPTR }, { "RSVD0", 0, VTD_SCE0_RSVD },
	{ "RID_PASID", 1, VTD_SCE1_RID_PASID }, { "RID_PRIV", 1, VTD_SCE1_RID_PRIV },
	{ "RSVD1", 1, VTD_SCE1_RSVD }, { "RSVD2", 2, VTD_SCE2_RSVD }, { "RSVD3", 3, VTD_SCE3_RSVD }, END
};
static const struct field pasid_dir_fields[] = {
	{ "P", 0, VTD_PDE_P }, { "FPD", 0, VTD_PDE_FPD }, { "SMPTBLPTR", 0, VTD_PDE_SMPTBLPTR },
	{ "RSVD0", 0, VTD_PDE_RSVD }, END
};
static const struct field pasid_fields[] = {
	{ "P", 0, VTD_PE0_P }, { "FPD", 0, VTD_PE0_FPD }, { "AW", 0, VTD_PE0_AW },
	{ "PGTT", 0, VTD_PE0_PGTT }, { "SSADE", 0, VTD_PE0_SSADE }, { "SSPTPTR", 0, VTD_PE0_SSPTPTR },
	{ "RSVD0", 0, VTD_PE0_RSVD }, { "DID", 1, VTD_PE1_DID }, { "PWSNP", 1, VTD_PE1_PWSNP },
	{ "PGSNP", 1, VTD_PE1_PGSNP }, { "CD", 1, VTD_PE1_CD }, { "EMTE", 1, VTD_PE1_EMTE },
	{ "PAT", 1, VTD_PE1_PAT }, { "RSVD1", 1, VTD_PE1_RSVD }, { "SRE", 2, VTD_PE2_SRE },
	{ "FSPM", 2, VTD_PE2_FSPM }, { "WPE", 2, VTD_PE2_WPE }, { "IGN", 2, VTD_PE2_IGN },
	{ "EAFE", 2, VTD_PE2_EAFE }, { "FSPTPTR", 2, VTD_PE2_FSPTPTR }, { "RSVD2", 2, VTD_PE2_RSVD },
	{ "RSVD3", 3, VTD_PE3_RSVD }, { "HPTSZ", 4, VTD_PE4_HPTSZ }, { "HPTPFD", 4, VTD_PE4_HPTPFD },
	{ "HPTPTR", 4, VTD_PE4_HPTPTR }, { "RSVD4", 4, VTD_PE4_RSVD },
	{ "HPTDID", 5, VTD_PE5_HPTDID }, { "RSVD5", 5, VTD_PE5_RSVD }, { "RSVD6", 6, VTD_PE6_RSVD },
	{ "RSVD7", 7, VTD_PE7_RSVD }, END
};
static const struct field ss_fields[] = {
	{ "R", 0, VTD_SS_R }, { "W", 0, VTD_SS_W }, { "EMT", 0, VTD_SS_EMT },
	{ "IPAT", 0, VTD_SS_IPAT }, { "PS", 0, VTD_SS_PS }, { "A", 0, VTD_SS_A },
	{ "D", 0, VTD_SS_D }, { "SNP", 0, VTD_SS_SNP }, { "ADDR", 0, VTD_SS_ADDR },
	{ "ADDR_2M", 0, VTD_SS_ADDR_2M }, { "ADDR_1G", 0, VTD_SS_ADDR_1G }, { "IR", 0, VTD_SS_IR },
	{ "IW", 0, VTD_SS_IW }, END
};
static const struct field fs_fields[] = {
	{ "P", 0, VTD_FS_P }, { "RW", 0, VTD_FS_RW }, { "US", 0, VTD_FS_US },
	{ "PWT", 0, VTD_FS_PWT }, { "PCD", 0, VTD_FS_PCD }, { "A", 0, VTD_FS_A },
	{ "D", 0, VTD_FS_D }, { "PS", 0, VTD_FS_PS }, { "PAT_4K", 0, VTD_FS_PAT_4K },
	{ "G", 0, VTD_FS_G }, { "EA", 0, VTD_FS_EA }, { "PAT_LARGE", 0, VTD_FS_PAT_LARGE },
	{ "ADDR", 0, VTD_FS_ADDR }, { "ADDR_2M", 0, VTD_FS_ADDR_2M },
	{ "ADDR_1G", 0, VTD_FS_ADDR_1G }, { "XD", 0, VTD_FS_XD }, END
};
static const struct field irte_fields[] = {
	{ "P", 0, VTD_IRTE0_P }, { "FPD", 0, VTD_IRTE0_FPD }, { "DM", 0, VTD_IRTE0_DM },
	{ "RH", 0, VTD_IRTE0_RH }, { "TM", 0, VTD_IRTE0_TM }, { "DLM", 0, VTD_IRTE0_DLM },
	{ "AVAIL", 0, VTD_IRTE0_AVAIL }, { "IM", 0, VTD_IRTE0_IM }, { "V", 0, VTD_IRTE0_V },
	{ "DST", 0, VTD_IRTE0_DST }, { "DST_XAPIC", 0, VTD_IRTE0_DST_XAPIC }, { "RSVD0", 0, VTD_IRTE0_RSVD },
	{ "SID", 1, VTD_IRTE1_SID }, { "SID_BUS_FIRST", 1, VTD_IRTE1_SID_BUS_FIRST },
	{ "SID_BUS_LAST", 1, VTD_IRTE1_SID_BUS_LAST }, { "SQ", 1, VTD_IRTE1_SQ },
	{ "SVT", 1, VTD_IRTE1_SVT }, { "RSVD1", 1, VTD_IRTE1_RSVD }, END
};
static const struct field pirte_fields[] = {
	{ "P", 0, VTD_IRTE0_P }, { "FPD", 0, VTD_IRTE0_FPD }, { "AVAIL", 0, VTD_IRTE0_AVAIL },
	{ "IM", 0, VTD_IRTE0_IM }, { "URG", 0, VTD_PIRTE0_URG }, { "VV", 0, VTD_PIRTE0_VV },
	{ "PDAL", 0, VTD_PIRTE0_PDAL }, { "RSVD0", 0, VTD_PIRTE0_RSVD }, { "SID", 1, VTD_IRTE1_SID },
	{ "SQ", 1, VTD_IRTE1_SQ }, { "SVT", 1, VTD_IRTE1_SVT }, { "PDAH", 1, VTD_PIRTE1_PDAH },
	{ "RSVD1", 1, VTD_PIRTE1_RSVD }, END
};
static const struct field pid_fields[] = {
	{ "PIR0", 0, MASK64(63, 0) }, { "PIR1", 1, MASK64(63, 0) }, { "PIR2", 2, MASK64(63, 0) },
	{ "PIR3", 3, MASK64(63, 0) }, { "ON", 4, VTD_PID4_ON }, { "SN", 4, VTD_PID4_SN },
	{ "NV", 4, VTD_PID4_NV }, { "NDST", 4, VTD_PID4_NDST }, { "NDST_XAPIC", 4, VTD_PID4_NDST_XAPIC },
	{ "RSVD4", 4, VTD_PID4_RSVD }, { "RSVD5", 5, VTD_PID5_RSVD }, { "RSVD6", 6, VTD_PID6_RSVD },
	{ "RSVD7", 7, VTD_PID7_RSVD }, END
};
static const struct field ccd_fields[] = {
	{ "G", 0, VTD_CCD0_G }, { "DID", 0, VTD_CCD0_DID }, { "SID", 0, VTD_CCD0_SID },
	{ "FM", 0, VTD_CCD0_FM }, { "RSVD0", 0, VTD_CCD0_RSVD }, { "RSVD1", 1, VTD_CCD1_RSVD }, END
};
static const struct field iotlbd_fields[] = {
	{ "G", 0, VTD_IOTLBD0_G }, { "DW", 0, VTD_IOTLBD0_DW }, { "DR", 0, VTD_IOTLBD0_DR },
	{ "DID", 0, VTD_IOTLBD0_DID }, { "RSVD0", 0, VTD_IOTLBD0_RSVD }, { "AM", 1, VTD_IOTLBD1_AM },
	{ "IH", 1, VTD_IOTLBD1_IH }, { "ADDR", 1, VTD_IOTLBD1_ADDR },
	{ "RSVD1", 1, VTD_IOTLBD1_RSVD }, END
};
static const struct field dev_tlbd_fields[] = {
	{ "PFSID_LO", 0, VTD_DEVTLBD0_PFSID_LO }, { "MIP", 0, VTD_DEVTLBD0_MIP },
	{ "SID", 0, VTD_DEVTLBD0_SID }, { "PFSID_HI", 0, VTD_DEVTLBD0_PFSID_HI },
	{ "RSVD0", 0, VTD_DEVTLBD0_RSVD }, { "S", 1, VTD_DEVTLBD1_S },
	{ "ADDR", 1, VTD_DEVTLBD1_ADDR }, { "RSVD1", 1, VTD_DEVTLBD1_RSVD }, END
};
static const struct field iecd_fields[] = {
	{ "G", 0, VTD_IECD0_G }, { "IM", 0, VTD_IECD0_IM }, { "IIDX", 0, VTD_IECD0_IIDX },
	{ "RSVD0", 0, VTD_IECD0_RSVD }, { "RSVD1", 1, VTD_IECD1_RSVD }, END
};
static const struct field waitd_fields[] = {
	{ "IF", 0, VTD_WAITD0_IF }, { "SW", 0, VTD_WAITD0_SW }, { "FN", 0, VTD_WAITD0_FN },
	{ "PD", 0, VTD_WAITD0_PD }, { "SDATA", 0, VTD_WAITD0_SDATA }, { "RSVD0", 0, VTD_WAITD0_RSVD },
	{ "SADDR", 1, VTD_WAITD1_SADDR }, { "RSVD1", 1, VTD_WAITD1_RSVD }, END
};
static const struct field p_iotlbd_fields[] = {
	{ "G", 0, VTD_PIOTLBD0_G }, { "DID", 0, VTD_PIOTLBD0_DID },
	{ "PASID", 0, VTD_PIOTLBD0_PASID }, { "RSVD0", 0, VTD_PIOTLBD0_RSVD },
	{ "AM", 1, VTD_PIOTLBD1_AM }, { "IH", 1, VTD_PIOTLBD1_IH }, { "ADDR", 1, VTD_PIOTLBD1_ADDR },
	{ "RSVD1", 1, VTD_PIOTLBD1_RSVD }, END
};
static const struct field pcd_fields[] = {
	{ "G", 0, VTD_PCD0_G }, { "DID", 0, VTD_PCD0_DID }, { "PASID", 0, VTD_PCD0_PASID },
	{ "RSVD0", 0, VTD_PCD0_RSVD }, { "RSVD1", 1, VTD_PCD1_RSVD }, END
};
static const struct field p_dev_tlbd_fields[] = {
	{ "MIP", 0, VTD_PDEVTLBD0_MIP }, { "PFSID_LO", 0, VTD_PDEVTLBD0_PFSID_LO },
	{ "SID", 0, VTD_PDEVTLBD0_SID }, { "PASID", 0, VTD_PDEVTLBD0_PASID },
	{ "PFSID_HI", 0, VTD_PDEVTLBD0_PFSID_HI }, { "GI", 1, VTD_PDEVTLBD1_GI },
	{ "S", 1, VTD_PDEVTLBD1_S }, { "ADDR", 1, VTD_PDEVTLBD1_ADDR },
	{ "RSVD1", 1, VTD_PDEVTLBD1_RSVD }, END
};
static const struct field page_grp_respd_fields[] = {
	{ "PP", 0, VTD_PGRD0_PP }, { "RC", 0, VTD_PGRD0_RC }, { "RID", 0, VTD_PGRD0_RID },
	{ "PASID", 0, VTD_PGRD0_PASID }, { "RSVD0", 0, VTD_PGRD0_RSVD },
	{ "PRGI", 1, VTD_PGRD1_PRGI }, { "RSVD1", 1, VTD_PGRD1_RSVD }, END
};
static const struct field hptd_fields[] = {
	{ "G", 0, VTD_HPTD0_G }, { "HPTDID", 0, VTD_HPTD0_HPTDID }, { "RSVD0", 0, VTD_HPTD0_RSVD },
	{ "AM", 1, VTD_HPTD1_AM }, { "IH", 1, VTD_HPTD1_IH }, { "ADDR", 1, VTD_HPTD1_ADDR },
	{ "RSVD1", 1, VTD_HPTD1_RSVD }, END
};

static const struct layout layouts[] = {
	{ LAYOUT_REGISTER, "VER", 4, VTD_REG_VER, 0, ver_fields },
	{ LAYOUT_REGISTER, "CAP", 8, VTD_REG_CAP, 0, cap_fields },
	{ LAYOUT_REGISTER, "ECAP", 8, VTD_REG_ECAP, 0, ecap_fields },
	{ LAYOUT_REGISTER, "GCMD", 4, VTD_REG_GCMD, 0, gcmd_fields },
	{ LAYOUT_REGISTER, "GSTS", 4, VTD_REG_GSTS, 0, gsts_fields },
	{ LAYOUT_REGISTER, "RTADDR", 8, VTD_REG_RTADDR, 0, rtaddr_fields },
	{ LAYOUT_REGISTER, "CCMD", 8, VTD_REG_CCMD, 0, ccmd_fields },
	{ LAYOUT_REGISTER, "FSTS", 4, VTD_REG_FSTS, 0, fsts_fields },
	{ LAYOUT_REGISTER, "FECTL", 4, VTD_REG_FECTL, 0, fectl_fields },
	{ LAYOUT_REGISTER, "FEDATA", 4, VTD_REG_FEDATA, 0, fedata_fields },
	{ LAYOUT_REGISTER, "FEADDR", 4, VTD_REG_FEADDR, 0, feaddr_fields },
	{ LAYOUT_REGISTER, "FEUADDR", 4, VTD_REG_FEUADDR, 0, feuaddr_fields },
	{ LAYOUT_REGISTER, "AFLOG", 8, VTD_REG_AFLOG, 0, aflog_fields },
	{ LAYOUT_REGISTER, "PMEN", 4, VTD_REG_PMEN, 0, pmen_fields },
	{ LAYOUT_REGISTER, "PLMBASE", 4, VTD_REG_PLMBASE, 0, no_fields },
	{ LAYOUT_REGISTER, "PLMLIMIT", 4, VTD_REG_PLMLIMIT, 0, no_fields },
	{ LAYOUT_REGISTER, "PHMBASE", 8, VTD_REG_PHMBASE, 0, no_fields },
	{ LAYOUT_REGISTER, "PHMLIMIT", 8, VTD_REG_PHMLIMIT, 0, no_fields },
	{ LAYOUT_REGISTER, "IQH", 8, VTD_REG_IQH, 0, iqh_fields },
	{ LAYOUT_REGISTER, "IQT", 8, VTD_REG_IQT, 0, iqt_fields },
	{ LAYOUT_REGISTER, "IQA", 8, VTD_REG_IQA, 0, iqa_fields },
	{ LAYOUT_REGISTER, "ICS", 4, VTD_REG_ICS, 0, ics_fields },
	{ LAYOUT_REGISTER, "IECTL", 4, VTD_REG_IECTL, 0, iectl_fields },
	{ LAYOUT_REGISTER, "IEDATA", 4, VTD_REG_IEDATA, 0, iedata_fields },
	{ LAYOUT_REGISTER, "IEADDR", 4, VTD_REG_IEADDR, 0, ieaddr_fields },
	{ LAYOUT_REGISTER, "IEUADDR", 4, VTD_REG_IEUADDR, 0, ieuaddr_fields },
	{ LAYOUT_REGISTER, "IQERCD", 8, VTD_REG_IQERCD, 0, iqercd_fields },
	{ LAYOUT_REGISTER, "IRTA", 8, VTD_REG_IRTA, 0, irta_fields },
	{ LAYOUT_REGISTER, "PQH", 8, VTD_REG_PQH, 0, pqh_fields },
	{ LAYOUT_REGISTER, "PQT", 8, VTD_REG_PQT, 0, pqt_fields },
	{ LAYOUT_REGISTER, "PQA", 8, VTD_REG_PQA, 0, pqa_fields },
	{ LAYOUT_REGISTER, "PRS", 4, VTD_REG_PRS, 0, prs_fields },
	{ LAYOUT_REGISTER, "PECTL", 4, VTD_REG_PECTL, 0, pectl_fields },
	{ LAYOUT_REGISTER, "PEDATA", 4, VTD_REG_PEDATA, 0, pedata_fields },
	{ LAYOUT_REGISTER, "PEADDR", 4, VTD_REG_PEADDR, 0, peaddr_fields },
	{ LAYOUT_REGISTER, "PEUADDR", 4, VTD_REG_PEUADDR, 0, peuaddr_fields },
	{ LAYOUT_REGISTER, "IVA", 8, 0, 0, iva_fields },
	{ LAYOUT_REGISTER, "IOTLB", 8, 0, 0, iotlb_fields },
	{ LAYOUT_REGISTER, "FRCD", 16, 0, 0, frcd_fields },
	{ LAYOUT_ENTRY, "root", 16, 0, 0, root_fields },
	{ LAYOUT_ENTRY, "sm-root", 16, 0, 0, sm_root_fields },
	{ LAYOUT_ENTRY, "context", 16, 0, 0, context_fields },
	{ LAYOUT_ENTRY, "sm-context", 32, 0, 0, sm_context_fields },
	{ LAYOUT_ENTRY, "pasid-dir", 8, 0, 0, pasid_dir_fields },
	{ LAYOUT_ENTRY, "pasid", 64, 0, 0, pasid_fields },
	{ LAYOUT_ENTRY, "ss", 8, 0, 0, ss_fields },
	{ LAYOUT_ENTRY, "fs", 8, 0, 0, fs_fields },
	{ LAYOUT_ENTRY, "irte-remapped", 16, 0, 0, irte_fields },
	{ LAYOUT_ENTRY, "irte-posted", 16, 0, 0, pirte_fields },
	{ LAYOUT_ENTRY, "pid", 64, 0, 0, pid_fields },
	{ LAYOUT_DESCRIPTOR, "cc", 16, 0, VTD_DT_CC, ccd_fields },
	{ LAYOUT_DESCRIPTOR, "iotlb", 16, 0, VTD_DT_IOTLB, iotlbd_fields },
	{ LAYOUT_DESCRIPTOR, "dev-tlb", 16, 0, VTD_DT_DEV_TLB, dev_tlbd_fields },
	{ LAYOUT_DESCRIPTOR, "iec", 16, 0, VTD_DT_IEC, iecd_fields },
	{ LAYOUT_DESCRIPTOR, "wait", 16, 0, VTD_DT_WAIT, waitd_fields },
	{ LAYOUT_DESCRIPTOR, "p-iotlb", 32, 0, VTD_DT_P_IOTLB, p_iotlbd_fields },
	{ LAYOUT_DESCRIPTOR, "pc", 32, 0, VTD_DT_PC, pcd_fields },
	{ LAYOUT_DESCRIPTOR, "p-dev-tlb", 32, 0, VTD_DT_P_DEV_TLB, p_dev_tlbd_fields },
	{ LAYOUT_DESCRIPTOR, "page-grp-resp", 32, 0, VTD_DT_PAGE_GRP_RESP, page_grp_respd_fields },
	{ LAYOUT_DESCRIPTOR, "hpt", 32, 0, VTD_DT_HPT, hptd_fields },
	{ LAYOUT_REGISTER, NULL, 0, 0, 0, NULL }
};

#define CAP(name, f) { name, BE_VTD_CAP, VTD_CAP_##f, 0 }
#define ECAP(name, f) { name, BE_VTD_ECAP, VTD_ECAP_##f, 0 }

/* Counts and widths are written as the specification speaks of them, not less one as the register holds them. */
static const struct capability capabilities[] = {
	CAP("esrtps", ESRTPS), CAP("esirtps", ESIRTPS), CAP("ecmds", ECMDS), CAP("fs5lp", FS5LP),
	CAP("pi", PI), CAP("fs1gp", FS1GP), CAP("drd", DRD), CAP("dwd", DWD), CAP("mamv", MAMV),
	{ "nfr", BE_VTD_CAP, VTD_CAP_NFR, 1 }, CAP("psi", PSI), CAP("sslps", SSLPS), CAP("fro", FRO),
	CAP("dep23", DEP23), CAP("zlr", ZLR), { "mgaw", BE_VTD_CAP, VTD_CAP_MGAW, 1 }, CAP("sagaw", SAGAW),
	CAP("cm", CM), CAP("phmr", PHMR), CAP("plmr", PLMR), CAP("rwbf", RWBF), CAP("afl", AFL),
	CAP("nd", ND), ECAP("irreq", IRREQ), ECAP("eimer", EIMER), ECAP("rdts", RDTS),
	ECAP("hpt1gps", HPT1GPS), ECAP("sms", SMS), ECAP("ssirws", SSIRWS), ECAP("ptrs", PTRS),
	ECAP("hpts", HPTS), ECAP("rprivs", RPRIVS), ECAP("adms", ADMS), ECAP("pms", PMS),
	ECAP("tdxcs", TDXCS), ECAP("rps", RPS), ECAP("smpwcs", SMPWCS), ECAP("fsts", FSTS),
	ECAP("ssts", SSTS), ECAP("ssads", SSADS), ECAP("vcs", VCS), ECAP("smts", SMTS),
	ECAP("pds", PDS), ECAP("dit", DIT), ECAP("pasid", PASID), { "pss", BE_VTD_ECAP, VTD_ECAP_PSS, 1 },
	ECAP("eafs", EAFS), ECAP("nwfs", NWFS), ECAP("srs", SRS), ECAP("ers", ERS), ECAP("prs", PRS),
	ECAP("dep28", DEP28), ECAP("nest", NEST), ECAP("mts", MTS), ECAP("dep24", DEP24),
	ECAP("mhmv", MHMV), ECAP("iro", IRO), ECAP("sc", SC), ECAP("pt", PT), ECAP("dep5", DEP5),
	ECAP("eim", EIM), ECAP("ir", IR), ECAP("dt", DT), ECAP("qi", QI), ECAP("c", C),
	{ "host-address-bits", BE_VTD_HAW, MASK64(5, 0), 0 },
	{ "version", BE_VTD_VER, MASK64(7, 0), 0 },
	{ "plm-align-bits", BE_VTD_PLM, MASK64(4, 0), 0 },
	{ "phm-align-bits", BE_VTD_PHM, MASK64(5, 0), 0 },
	{ NULL, 0, 0, 0 }
};

static const struct prop_desc node[] = {
	{ "host-address-bits", TYPE_NUMBER, false, 52, NULL, "host address width, 32 to 52" },
	{ "version", TYPE_NUMBER, false, 255, NULL, "VER_REG: major in bits 7:4, minor in 3:0" },
	{ "plm-align-bits", TYPE_NUMBER, false, 31, NULL, "protected low memory: granularity 2^n" },
	{ "phm-align-bits", TYPE_NUMBER, false, 51, NULL, "protected high memory: granularity 2^n" },
	{ NULL, TYPE_FLAG, false, 0, NULL, NULL }
};

#define REASON(code, name, conditions, qualified, description) { code, #name },
static const struct reason reasons[] = { VTD_FAULT_REASONS(REASON) { 0, NULL } };

/* clang-format on */

static const char *const live[] = { "root", "context", "ss", "irte-remapped", "irte-posted", NULL };

static uint32_t register_offset(const struct layout *l, const struct be_unit *u, uint32_t index)
{
	uint64_t cap = u->word[BE_VTD_CAP], ecap = u->word[BE_VTD_ECAP];

	if (strcmp(l->name, "IVA") == 0)
		return VTD_REG_IVA(FIELD_GET(VTD_ECAP_IRO, ecap));
	if (strcmp(l->name, "IOTLB") == 0)
		return VTD_REG_IOTLB(FIELD_GET(VTD_ECAP_IRO, ecap));
	if (strcmp(l->name, "FRCD") == 0)
		return VTD_REG_FRCD(FIELD_GET(VTD_CAP_FRO, cap), index);
	return l->off;
}

static uint32_t address_bits(const struct be_unit *u)
{
	return (uint32_t)u->word[BE_VTD_HAW];
}

static bool unsnooped(const struct be_unit *u)
{
	return !(u->word[BE_VTD_ECAP] & VTD_ECAP_C);
}

static bool takes_faults(const struct be_unit *u, uint32_t off)
{
	uint64_t cap = u->word[BE_VTD_CAP];
	uint32_t first = VTD_REG_FRCD(FIELD_GET(VTD_CAP_FRO, cap), 0);
	uint32_t count = (uint32_t)FIELD_GET(VTD_CAP_NFR, cap) + 1;

	return off == VTD_REG_FSTS || (off >= first && off < first + VTD_FRCD_SIZE * count);
}

/* GCMD_REG's protocol, VT-d 11.4.4 "Global Command Register": status less the one-shots, one bit changed, then wait. */
static void switching(struct run *r, uint32_t unit, const struct field *f, bool set,
		      struct switching *out)
{
	uint64_t val = arch_read(r, unit, VTD_REG_GSTS, 4) & ~(uint64_t)VTD_GSTS_ONESHOT;

	*out = (struct switching){
		.reg = VTD_REG_GCMD,
		.width = 4,
		.value = set ? val | f->mask : val & ~f->mask,
		.status = VTD_REG_GSTS,
		.status_width = 4,
		.mask = f->mask,
		/* WBFS is set while the flush runs, the other bits follow the command */
		.want = set && f->mask != VTD_GCMD_WBF ? f->mask : 0
	};
}

static void ring(struct run *r, uint32_t unit, struct ring *out)
{
	uint64_t iqa = arch_read(r, unit, VTD_REG_IQA, 8);

	*out = (struct ring){ .base = iqa & VTD_IQA_IQA,
			      .bytes = (uint64_t)VTD_PAGE_SIZE << FIELD_GET(VTD_IQA_QS, iqa),
			      .width = iqa & VTD_IQA_DW ? 32 : 16,
			      .head = VTD_REG_IQH,
			      .tail = VTD_REG_IQT,
			      .pointer = VTD_IQT_QT };
}

static uint64_t typed(const struct layout *l)
{
	return FIELD_PREP(VTD_DESC_TYPE, l->type);
}

/* Address of the second-stage entry of `level` for an address, from a context entry. */
static enum step_rc find_ss(struct run *r, const struct step *s, const uint64_t *ce, uint64_t *at)
{
	uint32_t want = (uint32_t)step_number(s, "level", 0);
	uint32_t level = (uint32_t)FIELD_GET(VTD_CE1_AW, ce[1]) + 1;
	uint64_t table = ce[0] & VTD_CE0_SSPTPTR, iova = step_number(s, "iova", 0), entry;

	if (want > level || level > 4)
		return run_error(r, "edit: the tables have levels 0 to %u", level);
	for (;; level--) {
		uint64_t index =
			(iova >> (VTD_PAGE_LG2 + VTD_PT_INDEX_BITS * level)) & (VTD_PT_ENTRIES - 1);

		*at = table + 8 * index;
		if (level == want)
			return STEP_OK;
		if (arch_load(r, *at, &entry) != STEP_OK)
			return STEP_ERROR;
		if (!(entry & (VTD_SS_R | VTD_SS_W)) || (entry & VTD_SS_PS))
			return run_error(
				r, "edit: the entry of level %u at 0x%" PRIx64 " leads to no table",
				level, *at);
		table = entry & VTD_SS_ADDR;
	}
}

/* The engine's own walker: it shares nothing with the driver or the simulator but the layout. */
static enum step_rc find(struct run *r, const struct step *s, uint64_t *at)
{
	uint16_t rid = step_rid(r, s);
	uint64_t root =
		r->be->ops->peek(r->be, step_unit(r, s), VTD_REG_RTADDR, 8) & VTD_RTADDR_RTA;
	uint64_t re, ce[2];

	if (strncmp(s->layout->name, "irte-", 5) == 0) {
		*at = (r->be->ops->peek(r->be, step_unit(r, s), VTD_REG_IRTA, 8) & VTD_IRTA_IRTA) +
		      sizeof(struct vtd_irte) * step_number(s, "index", 0);
		return STEP_OK;
	}
	*at = root + 16 * (uint64_t)(rid >> 8);
	if (strcmp(s->layout->name, "root") == 0)
		return STEP_OK;
	if (arch_load(r, *at, &re) != STEP_OK)
		return STEP_ERROR;
	if (!(re & VTD_RE0_P))
		return run_error(r, "edit: the root entry of requester id 0x%04x is not present",
				 rid);
	*at = (re & VTD_RE0_CTP) + 16 * (uint64_t)(rid & 0xff);
	if (strcmp(s->layout->name, "context") == 0)
		return STEP_OK;
	if (arch_load(r, *at, &ce[0]) != STEP_OK || arch_load(r, *at + 8, &ce[1]) != STEP_OK)
		return STEP_ERROR;
	return find_ss(r, s, ce, at);
}

const struct arch arch_vtd = {
	.name = "vtd",
	.title = "VT-d",
	.compatible = "intel,vtd",
	.reg_bytes = VTD_PAGE_SIZE,
	.node = node,
	.capabilities = capabilities,
	.layouts = layouts,
	.reasons = reasons,
	.live = live,
	.record_kind = LAYOUT_REGISTER,
	.record = "FRCD",
	.switches = "GCMD",
	.register_inval = true,
	.register_offset = register_offset,
	.address_bits = address_bits,
	.unsnooped = unsnooped,
	.takes_faults = takes_faults,
	.switching = switching,
	.ring = ring,
	.typed = typed,
	.find = find,
};
