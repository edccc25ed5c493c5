/*
 * AMD-Vi for the engine: registers, table entries, commands, events, capabilities by name, one row per field of include/hw;
 * the command buffer; a walker of the engine's own. Fields are spelled as in include/hw: the specification's names in
 * capitals.
 */
#include "arch.h"

#include <inttypes.h>
#include <string.h>

#include "hw/amdvi.h"
#include "run.h"

/* clang-format off */

#define END { 0, 0, 0 }
#define R(reg, f) { #f, 0, AMDVI_##reg##_##f }
#define P(entry, f) { #f, 0, AMDVI_##entry##_##f }
#define W(entry, word, f) { #f, word, AMDVI_##entry##word##_##f }
#define C(name, word, f) { name, BE_AMDVI_##word, AMDVI_##f, 0 }

static const struct field devtab_fields[] = {
	R(DEVTAB, SIZE), R(DEVTAB, BASE), END
};
static const struct field ring_fields[] = {
	R(RING, BASE), R(RING, LEN), END
};
static const struct field pointer_fields[] = {
	{ "PTR", 0, AMDVI_PTR_16 }, END
};
static const struct field ga_pointer_fields[] = {
	{ "PTR", 0, AMDVI_PTR_8 }, END
};
static const struct field control_fields[] = {
	R(CONTROL, IOMMUEN), R(CONTROL, HTTUNEN), R(CONTROL, EVENTLOGEN), R(CONTROL, EVENTINTEN),
	R(CONTROL, COMWAITINTEN), R(CONTROL, INVTIMEOUT), R(CONTROL, PASSPW), R(CONTROL, RESPASSPW),
	R(CONTROL, COHERENT), R(CONTROL, ISOC), R(CONTROL, CMDBUFEN), R(CONTROL, PPRLOGEN),
	R(CONTROL, PPRINTEN), R(CONTROL, PPREN), R(CONTROL, GTEN), R(CONTROL, GAEN), R(CONTROL, CRW),
	R(CONTROL, SMIFEN), R(CONTROL, SLFWBDIS), R(CONTROL, SMIFLOGEN), R(CONTROL, GAMEN),
	R(CONTROL, GALOGEN), R(CONTROL, GAINTEN), R(CONTROL, DUALPPRLOGEN), R(CONTROL, DUALEVENTLOGEN),
	R(CONTROL, DEVTBLSEGEN), R(CONTROL, PRIVABRTEN), R(CONTROL, PPRAUTORSPEN), R(CONTROL, MARCEN),
	R(CONTROL, BLKSTOPMRKEN), R(CONTROL, PPRAUTORSPAON), R(CONTROL, NUMINTREMAPMODE), R(CONTROL, EPHEN),
	R(CONTROL, HADUPDATE), R(CONTROL, GDUPDATEDIS), R(CONTROL, XTEN), R(CONTROL, INTCAPXTEN),
	R(CONTROL, VCMDEN), R(CONTROL, VIOMMUEN), R(CONTROL, GAUPDATEDIS), R(CONTROL, GAPPIEN),
	R(CONTROL, TMPMEN), R(CONTROL, GCR3TRPMODE), R(CONTROL, IRTCACHEDIS), R(CONTROL, GSTBUFFERTRPMODE),
	R(CONTROL, SNPAVICEN), END
};
static const struct field excl_base_fields[] = {
	R(EXCL, EXEN), R(EXCL, ALLOW), R(EXCL, BASE), END
};
static const struct field excl_limit_fields[] = {
	R(EXCL, LIMIT), END
};
static const struct field efr_fields[] = {
	R(EFR, PREFSUP), R(EFR, PPRSUP), R(EFR, XTSUP), R(EFR, NXSUP), R(EFR, GTSUP), R(EFR, GAPPISUP),
	R(EFR, IASUP), R(EFR, GASUP), R(EFR, HESUP), R(EFR, PCSUP), R(EFR, HATS), R(EFR, GATS), R(EFR, GLXSUP),
	R(EFR, SMIFSUP), R(EFR, SMIFRC), R(EFR, GAMSUP), R(EFR, DUALPPRLOGSUP), R(EFR, DUALEVENTLOGSUP),
	R(EFR, SATSSUP), R(EFR, PASMAX), R(EFR, USSUP), R(EFR, DEVTBLSEGSUP), R(EFR, PPROVRFLWEARLYSUP),
	R(EFR, PPRAUTORSPSUP), R(EFR, MARCSUP), R(EFR, BLKSTOPMRKSUP), R(EFR, PERFOPTSUP),
	R(EFR, MSICAPMMIOSUP), R(EFR, SNOOPATTRSUP), R(EFR, GIOSUP), R(EFR, HASUP), R(EFR, EPHSUP),
	R(EFR, ATTRFWSUP), R(EFR, HDSUP), R(EFR, V2HDDISSUP), R(EFR, INVIOTLBTYPESUP), R(EFR, VIOMMUSUP),
	R(EFR, VMGUARDIOSUP), R(EFR, VMTABLESIZE), R(EFR, GAUPDATEDISSUP), R(EFR, FORCEPHYDESTSUP),
	R(EFR, SNPSUP), END
};
static const struct field efr2_fields[] = {
	R(EFR2, SEVSNPIOSUP), R(EFR2, TMPMSUP), R(EFR2, GCR3TRPMODESUP), R(EFR2, GAPPIDISSUP),
	R(EFR2, SNPAVICSUP), R(EFR2, NUMINTREMAPSUP), R(EFR2, HTRANGEIGNORE), END
};
static const struct field hwevt_upper_fields[] = {
	R(HWEVT_UPPER, OPERAND), R(HWEVT_UPPER, CODE), END
};
static const struct field hwevt_lower_fields[] = {
	R(HWEVT_LOWER, OPERAND), END
};
static const struct field hwevt_status_fields[] = {
	R(HWEVT_STATUS, HEV), R(HWEVT_STATUS, HEO), END
};
static const struct field smif_fields[] = {
	R(SMIF, SMIDID), R(SMIF, SMIDV), R(SMIF, SMIFLOCK), END
};
static const struct field galog_tailaddr_fields[] = {
	{ "TAILADDR", 0, AMDVI_GALOG_TAILADDR }, END
};
static const struct field dsx_fields[] = {
	R(DSX, DEVSPECIFIC), R(DSX, REVMINOR), R(DSX, REVMAJOR), END
};
static const struct field misc0_fields[] = {
	R(MISC0, MSINUM), R(MISC0, GVASIZE), R(MISC0, PASIZE), R(MISC0, VASIZE), R(MISC0, HTATSRESV),
	R(MISC0, MSINUMPPR), END
};
static const struct field misc1_fields[] = {
	R(MISC1, MSINUMGA), END
};
static const struct field msihdr_fields[] = {
	R(MSIHDR, ID), R(MSIHDR, NEXT), R(MSIHDR, MSIEN), R(MSIHDR, MULTMESSCAP), R(MSIHDR, MULTMESSEN),
	R(MSIHDR, 64BITEN), END
};
static const struct field msi_addrlo_fields[] = {
	R(MSI, ADDRLO), END
};
static const struct field msi_addrhi_fields[] = {
	R(MSI, ADDRHI), END
};
static const struct field msi_data_fields[] = {
	R(MSI, DATA), END
};
static const struct field msimap_fields[] = {
	R(MSIMAP, ID), R(MSIMAP, NEXT), R(MSIMAP, EN), R(MSIMAP, FIXED), R(MSIMAP, CAPTYPE), END
};
static const struct field perfopt_fields[] = {
	R(PERFOPT, PERFOPTEN), END
};
static const struct field xt_fields[] = {
	R(XT, DESTMODE), R(XT, DEST_LO), R(XT, VECTOR), R(XT, DELIVERYMODE), R(XT, DEST_HI), END
};
static const struct field marc_base_fields[] = {
	R(MARC, BASE), END
};
static const struct field marc_reloc_fields[] = {
	R(MARC, RELOCEN), R(MARC, READONLY), R(MARC, RELOC), END
};
static const struct field marc_len_fields[] = {
	R(MARC, LENGTH), END
};
static const struct field status_fields[] = {
	R(STATUS, EVENTOVERFLOW), R(STATUS, EVENTLOGINT), R(STATUS, COMWAITINT), R(STATUS, EVENTLOGRUN),
	R(STATUS, CMDBUFRUN), R(STATUS, PPROVERFLOW), R(STATUS, PPRINT), R(STATUS, PPRLOGRUN),
	R(STATUS, GALOGRUN), R(STATUS, GALOVERFLOW), R(STATUS, GAINT), R(STATUS, PPROVRFLWB),
	R(STATUS, PPRLOGACTIVE), R(STATUS, EVENTOVRFLWB), R(STATUS, EVENTLOGACTIVE),
	R(STATUS, PPROVRFLWEARLYB), R(STATUS, PPROVRFLWEARLY), END
};
static const struct field autorsp_fields[] = {
	R(AUTORSP, CODE), R(AUTORSP, MASKGN), END
};
static const struct field early_fields[] = {
	R(EARLY, THRESHOLD), R(EARLY, INTEN), R(EARLY, EN), END
};
static const struct field no_fields[] = { END };

static const struct field dte_fields[] = {
	W(DTE, 0, V), W(DTE, 0, TV), W(DTE, 0, CXLMEMATTR), W(DTE, 0, HAD), W(DTE, 0, MODE), W(DTE, 0, HOSTPT),
	W(DTE, 0, PPR), W(DTE, 0, GPRP), W(DTE, 0, GIOV), W(DTE, 0, GV), W(DTE, 0, GLX),
	W(DTE, 0, GCR3_TRP_14_12), W(DTE, 0, IR), W(DTE, 0, IW), { "RSVD0", 0, AMDVI_DTE0_RSVD },
	W(DTE, 1, DOMAINID), W(DTE, 1, GCR3_TRP_30_15), W(DTE, 1, I), W(DTE, 1, SE), W(DTE, 1, SA),
	W(DTE, 1, IOCTL), W(DTE, 1, CACHE), W(DTE, 1, SD), W(DTE, 1, EX), W(DTE, 1, SYSMGT), W(DTE, 1, SATS),
	W(DTE, 1, GCR3_TRP_51_31), W(DTE, 2, IV), W(DTE, 2, INTTABLEN), W(DTE, 2, IG), W(DTE, 2, INTTABROOT),
	W(DTE, 2, GUESTPAGINGMODE), W(DTE, 2, INITPASS), W(DTE, 2, EINTPASS), W(DTE, 2, NMIPASS),
	W(DTE, 2, HPTMODE), W(DTE, 2, INTCTL), W(DTE, 2, LINT0PASS), W(DTE, 2, LINT1PASS),
	{ "RSVD2", 2, AMDVI_DTE2_RSVD }, W(DTE, 3, VIMUEN), W(DTE, 3, GDEVICEID), W(DTE, 3, GUESTID),
	W(DTE, 3, IGN), W(DTE, 3, ATTRV), W(DTE, 3, MODE0FC), W(DTE, 3, SNOOPATTRIBUTE),
	{ "RSVD3", 3, AMDVI_DTE3_RSVD }, END
};
static const struct field pte_fields[] = {
	P(PT, PR), P(PT, IGN_LO), P(PT, A), P(PT, D), P(PT, NEXT_LEVEL), P(PT, ADDR), P(PT, PM), P(PT, U),
	P(PT, FC), P(PT, IR), P(PT, IW), P(PT, IGN_HI), { "RSVD0", 0, AMDVI_PT_RSVD_PTE }, END
};
static const struct field gcr3_fields[] = {
	P(GCR3, V), P(GCR3, BASE), { "RSVD0", 0, AMDVI_GCR3_RSVD }, END
};
static const struct field gpte_fields[] = {
	P(GPT, P), P(GPT, RW), P(GPT, US), P(GPT, PWT), P(GPT, PCD), P(GPT, A), P(GPT, D), P(GPT, PS),
	P(GPT, PAT_4K), P(GPT, G), P(GPT, AVL_LO), P(GPT, ADDR), P(GPT, ADDR_2M), P(GPT, ADDR_1G),
	P(GPT, PAT_LARGE), P(GPT, AVL_HI), P(GPT, NX), END
};
static const struct field event_fields[] = {
	W(EV, 0, DEVICEID), W(EV, 0, PASID_HI), W(EV, 0, VNR), W(EV, 0, VEVENT), W(EV, 0, VPTR),
	W(EV, 0, VCMD), W(EV, 0, DOMAINID), W(EV, 0, PASID_LO), W(EV, 0, GUESTID), W(EV, 0, FLAGS),
	W(EV, 0, GN), W(EV, 0, NX), W(EV, 0, US), W(EV, 0, I), W(EV, 0, PR), W(EV, 0, RW), W(EV, 0, PE),
	W(EV, 0, RZ), W(EV, 0, TR), W(EV, 0, TYPE), W(EV, 0, TYPE_HW), W(EV, 0, CODE), W(EV, 1, ADDR),
	W(EV, 1, COUNTERNOTE_HI), W(EV, 1, COUNTERNOTE_LO), END
};
static const struct field ppr_fields[] = {
	W(PPRE, 0, DEVICEID), W(PPRE, 0, PASID_LO), W(PPRE, 0, TAG), W(PPRE, 0, PRGI), W(PPRE, 0, L),
	W(PPRE, 0, PASID_HI), W(PPRE, 0, EX), W(PPRE, 0, R), W(PPRE, 0, W), W(PPRE, 0, US), W(PPRE, 0, RZ),
	W(PPRE, 0, GN), W(PPRE, 0, CODE), { "RSVD0", 0, AMDVI_PPRE0_RSVD }, W(PPRE, 1, ADDR),
	{ "RSVD1", 1, AMDVI_PPRE1_RSVD }, END
};
static const struct field ga_fields[] = {
	P(GAE, GATAG), P(GAE, DEVICEID), P(GAE, CODE), { "RSVD0", 0, AMDVI_GAE_RSVD }, END
};
static const struct field irte32_fields[] = {
	P(IRTE32, REMAPEN), P(IRTE32, SUPIOPF), P(IRTE32, INTTYPE), P(IRTE32, RQEOI), P(IRTE32, DM),
	P(IRTE32, GUESTMODE), P(IRTE32, DEST), P(IRTE32, VECTOR), { "RSVD0", 0, AMDVI_IRTE32_RSVD }, END
};
static const struct field irte_fields[] = {
	W(IRTE, 0, REMAPEN), W(IRTE, 0, SUPIOPF), W(IRTE, 0, INTTYPE), W(IRTE, 0, RQEOI), W(IRTE, 0, DM),
	W(IRTE, 0, GUESTMODE), W(IRTE, 0, DEST_LO), W(IRTE, 0, DEST_XAPIC), { "RSVD0", 0, AMDVI_IRTE0_RSVD },
	W(IRTE, 1, VECTOR), W(IRTE, 1, DEST_HI), { "RSVD1", 1, AMDVI_IRTE1_RSVD }, END
};
static const struct field girte_fields[] = {
	W(IRTE, 0, REMAPEN), W(IRTE, 0, SUPIOPF), W(GIRTE, 0, GALOGINTR), W(GIRTE, 0, GAPPIDIS),
	W(GIRTE, 0, ISRUN), W(IRTE, 0, GUESTMODE), W(IRTE, 0, DEST_LO), W(GIRTE, 0, GATAG),
	{ "RSVD0", 0, AMDVI_GIRTE0_RSVD }, W(IRTE, 1, VECTOR), W(GIRTE, 1, VAPICROOT), W(IRTE, 1, DEST_HI),
	{ "RSVD1", 1, AMDVI_GIRTE1_RSVD }, END
};

static const struct field cwc_fields[] = {
	W(CWC, 0, S), W(CWC, 0, I), W(CWC, 0, F), W(CWC, 0, STOREADDR), { "RSVD0", 0, AMDVI_CWC0_RSVD },
	W(CWC, 1, STOREDATA), END
};
static const struct field devtabc_fields[] = {
	W(DEVTABC, 0, DEVICEID), { "RSVD0", 0, AMDVI_DEVTABC0_RSVD }, { "RSVD1", 1, AMDVI_DEVTABC1_RSVD }, END
};
static const struct field pagesc_fields[] = {
	W(PAGESC, 0, PASID), W(PAGESC, 0, DOMAINID), { "RSVD0", 0, AMDVI_PAGESC0_RSVD }, W(PAGESC, 1, S),
	W(PAGESC, 1, PDE), W(PAGESC, 1, GN), W(PAGESC, 1, ADDR), { "RSVD1", 1, AMDVI_PAGESC1_RSVD }, END
};
static const struct field iotlbc_fields[] = {
	W(IOTLBC, 0, DEVICEID), W(IOTLBC, 0, PASID_15_8), W(IOTLBC, 0, MAXPEND), W(IOTLBC, 0, QUEUEID),
	W(IOTLBC, 0, PASID_7_0), W(IOTLBC, 0, PASID_19_16), W(IOTLBC, 0, PASID_7_0_ALT),
	W(IOTLBC, 0, PASID_19_8_ALT), W(IOTLBC, 1, S), W(IOTLBC, 1, GN), W(IOTLBC, 1, TYPE),
	W(IOTLBC, 1, ADDR), { "RSVD1", 1, AMDVI_IOTLBC1_RSVD }, END
};
static const struct field inttabc_fields[] = {
	W(INTTABC, 0, DEVICEID), { "RSVD0", 0, AMDVI_INTTABC0_RSVD }, { "RSVD1", 1, AMDVI_INTTABC1_RSVD }, END
};
static const struct field prefc_fields[] = {
	W(PREFC, 0, DEVICEID), W(PREFC, 0, PFCOUNT), W(PREFC, 0, PASID), { "RSVD0", 0, AMDVI_PREFC0_RSVD },
	W(PREFC, 1, S), W(PREFC, 1, GN), W(PREFC, 1, INVAL), W(PREFC, 1, ADDR),
	{ "RSVD1", 1, AMDVI_PREFC1_RSVD }, END
};
static const struct field pprc_fields[] = {
	W(PPRC, 0, DEVICEID), W(PPRC, 0, PASID), { "RSVD0", 0, AMDVI_PPRC0_RSVD }, W(PPRC, 1, GN),
	W(PPRC, 1, COMPLETIONTAG), W(PPRC, 1, PRGI), W(PPRC, 1, TAG_ZERO), W(PPRC, 1, RC),
	{ "RSVD1", 1, AMDVI_PPRC1_RSVD }, END
};
static const struct field allc_fields[] = {
	{ "RSVD0", 0, AMDVI_ALLC0_RSVD }, { "RSVD1", 1, AMDVI_ALLC1_RSVD }, END
};
static const struct field gevc_fields[] = {
	{ "DATA0", 0, AMDVI_GEVC0_DATA }, W(GEVC, 0, GUESTID), { "RSVD0", 0, AMDVI_GEVC0_RSVD },
	{ "DATA1", 1, AMDVI_GEVC1_DATA }, END
};
static const struct field rvmc_fields[] = {
	W(RVMC, 0, GUESTID), W(RVMC, 0, ALL), { "RSVD0", 0, AMDVI_RVMC0_RSVD }, W(RVMC, 1, VCMD),
	{ "RSVD1", 1, AMDVI_RVMC1_RSVD }, END
};

static const struct field event_flags[] = {
	W(EV, 0, GN), W(EV, 0, NX), W(EV, 0, US), W(EV, 0, I), W(EV, 0, PR), W(EV, 0, RW), W(EV, 0, PE),
	W(EV, 0, RZ), W(EV, 0, TR), END
};

static const struct layout layouts[] = {
	{ LAYOUT_REGISTER, "DEVTAB", 8, AMDVI_REG_DEVTAB, 0, devtab_fields },
	{ LAYOUT_REGISTER, "CMDBUF", 8, AMDVI_REG_CMDBUF, 0, ring_fields },
	{ LAYOUT_REGISTER, "EVTLOG", 8, AMDVI_REG_EVTLOG, 0, ring_fields },
	{ LAYOUT_REGISTER, "CONTROL", 8, AMDVI_REG_CONTROL, 0, control_fields },
	{ LAYOUT_REGISTER, "EXCL_BASE", 8, AMDVI_REG_EXCL_BASE, 0, excl_base_fields },
	{ LAYOUT_REGISTER, "EXCL_LIMIT", 8, AMDVI_REG_EXCL_LIMIT, 0, excl_limit_fields },
	{ LAYOUT_REGISTER, "EFR", 8, AMDVI_REG_EFR, 0, efr_fields },
	{ LAYOUT_REGISTER, "PPRLOG", 8, AMDVI_REG_PPRLOG, 0, ring_fields },
	{ LAYOUT_REGISTER, "HWEVT_UPPER", 8, AMDVI_REG_HWEVT_UPPER, 0, hwevt_upper_fields },
	{ LAYOUT_REGISTER, "HWEVT_LOWER", 8, AMDVI_REG_HWEVT_LOWER, 0, hwevt_lower_fields },
	{ LAYOUT_REGISTER, "HWEVT_STATUS", 8, AMDVI_REG_HWEVT_STATUS, 0, hwevt_status_fields },
	{ LAYOUT_REGISTER, "SMIF", 8, AMDVI_REG_SMIF(0), 0, smif_fields },
	{ LAYOUT_REGISTER, "GALOG", 8, AMDVI_REG_GALOG, 0, ring_fields },
	{ LAYOUT_REGISTER, "GALOG_TAILADDR", 8, AMDVI_REG_GALOG_TAILADDR, 0, galog_tailaddr_fields },
	{ LAYOUT_REGISTER, "PPRLOG_B", 8, AMDVI_REG_PPRLOG_B, 0, ring_fields },
	{ LAYOUT_REGISTER, "EVTLOG_B", 8, AMDVI_REG_EVTLOG_B, 0, ring_fields },
	{ LAYOUT_REGISTER, "DSFX", 8, AMDVI_REG_DSFX, 0, dsx_fields },
	{ LAYOUT_REGISTER, "DSCX", 8, AMDVI_REG_DSCX, 0, dsx_fields },
	{ LAYOUT_REGISTER, "DSSX", 8, AMDVI_REG_DSSX, 0, dsx_fields },
	{ LAYOUT_REGISTER, "MSI_VECTOR0", 4, AMDVI_REG_MSI_VECTOR0, 0, misc0_fields },
	{ LAYOUT_REGISTER, "MSI_VECTOR1", 4, AMDVI_REG_MSI_VECTOR1, 0, misc1_fields },
	{ LAYOUT_REGISTER, "MSI_CAPHDR", 4, AMDVI_REG_MSI_CAPHDR, 0, msihdr_fields },
	{ LAYOUT_REGISTER, "MSI_ADDRLO", 4, AMDVI_REG_MSI_ADDRLO, 0, msi_addrlo_fields },
	{ LAYOUT_REGISTER, "MSI_ADDRHI", 4, AMDVI_REG_MSI_ADDRHI, 0, msi_addrhi_fields },
	{ LAYOUT_REGISTER, "MSI_DATA", 4, AMDVI_REG_MSI_DATA, 0, msi_data_fields },
	{ LAYOUT_REGISTER, "MSI_MAPCAP", 4, AMDVI_REG_MSI_MAPCAP, 0, msimap_fields },
	{ LAYOUT_REGISTER, "PERFOPT", 4, AMDVI_REG_PERFOPT, 0, perfopt_fields },
	{ LAYOUT_REGISTER, "XT_GEN", 8, AMDVI_REG_XT_GEN, 0, xt_fields },
	{ LAYOUT_REGISTER, "XT_PPR", 8, AMDVI_REG_XT_PPR, 0, xt_fields },
	{ LAYOUT_REGISTER, "XT_GA", 8, AMDVI_REG_XT_GA, 0, xt_fields },
	{ LAYOUT_REGISTER, "VIOMMU_STATUS", 8, AMDVI_REG_VIOMMU_STATUS, 0, no_fields },
	{ LAYOUT_REGISTER, "EFR2", 8, AMDVI_REG_EFR2, 0, efr2_fields },
	{ LAYOUT_REGISTER, "MARC_BASE", 8, AMDVI_REG_MARC_BASE(0), 0, marc_base_fields },
	{ LAYOUT_REGISTER, "MARC_RELOC", 8, AMDVI_REG_MARC_RELOC(0), 0, marc_reloc_fields },
	{ LAYOUT_REGISTER, "MARC_LEN", 8, AMDVI_REG_MARC_LEN(0), 0, marc_len_fields },
	{ LAYOUT_REGISTER, "RSVD_1FF8", 8, AMDVI_REG_RSVD_1FF8, 0, no_fields },
	{ LAYOUT_REGISTER, "CMD_HEAD", 8, AMDVI_REG_CMD_HEAD, 0, pointer_fields },
	{ LAYOUT_REGISTER, "CMD_TAIL", 8, AMDVI_REG_CMD_TAIL, 0, pointer_fields },
	{ LAYOUT_REGISTER, "EVT_HEAD", 8, AMDVI_REG_EVT_HEAD, 0, pointer_fields },
	{ LAYOUT_REGISTER, "EVT_TAIL", 8, AMDVI_REG_EVT_TAIL, 0, pointer_fields },
	{ LAYOUT_REGISTER, "STATUS", 8, AMDVI_REG_STATUS, 0, status_fields },
	{ LAYOUT_REGISTER, "PPR_HEAD", 8, AMDVI_REG_PPR_HEAD, 0, pointer_fields },
	{ LAYOUT_REGISTER, "PPR_TAIL", 8, AMDVI_REG_PPR_TAIL, 0, pointer_fields },
	{ LAYOUT_REGISTER, "GA_HEAD", 8, AMDVI_REG_GA_HEAD, 0, ga_pointer_fields },
	{ LAYOUT_REGISTER, "GA_TAIL", 8, AMDVI_REG_GA_TAIL, 0, ga_pointer_fields },
	{ LAYOUT_REGISTER, "PPR_HEAD_B", 8, AMDVI_REG_PPR_HEAD_B, 0, pointer_fields },
	{ LAYOUT_REGISTER, "PPR_TAIL_B", 8, AMDVI_REG_PPR_TAIL_B, 0, pointer_fields },
	{ LAYOUT_REGISTER, "EVT_HEAD_B", 8, AMDVI_REG_EVT_HEAD_B, 0, pointer_fields },
	{ LAYOUT_REGISTER, "EVT_TAIL_B", 8, AMDVI_REG_EVT_TAIL_B, 0, pointer_fields },
	{ LAYOUT_REGISTER, "PPR_AUTORSP", 8, AMDVI_REG_PPR_AUTORSP, 0, autorsp_fields },
	{ LAYOUT_REGISTER, "PPR_EARLY", 8, AMDVI_REG_PPR_EARLY, 0, early_fields },
	{ LAYOUT_REGISTER, "PPR_EARLY_B", 8, AMDVI_REG_PPR_EARLY_B, 0, early_fields },
	{ LAYOUT_ENTRY, "dte", 32, 0, 0, dte_fields },
	{ LAYOUT_ENTRY, "pte", 8, 0, 0, pte_fields },
	{ LAYOUT_ENTRY, "gcr3", 8, 0, 0, gcr3_fields },
	{ LAYOUT_ENTRY, "gpte", 8, 0, 0, gpte_fields },
	{ LAYOUT_ENTRY, "event", 16, 0, 0, event_fields },
	{ LAYOUT_ENTRY, "ppr", 16, 0, 0, ppr_fields },
	{ LAYOUT_ENTRY, "ga", 8, 0, 0, ga_fields },
	{ LAYOUT_ENTRY, "irte32", 8, 0, 0, irte32_fields },
	{ LAYOUT_ENTRY, "irte", 16, 0, 0, irte_fields },
	{ LAYOUT_ENTRY, "girte", 16, 0, 0, girte_fields },
	{ LAYOUT_DESCRIPTOR, "COMPLETION_WAIT", 16, 0, AMDVI_OP_COMPLETION_WAIT, cwc_fields },
	{ LAYOUT_DESCRIPTOR, "INVALIDATE_DEVTAB_ENTRY", 16, 0, AMDVI_OP_INVALIDATE_DEVTAB_ENTRY, devtabc_fields },
	{ LAYOUT_DESCRIPTOR, "INVALIDATE_IOMMU_PAGES", 16, 0, AMDVI_OP_INVALIDATE_IOMMU_PAGES, pagesc_fields },
	{ LAYOUT_DESCRIPTOR, "INVALIDATE_IOTLB_PAGES", 16, 0, AMDVI_OP_INVALIDATE_IOTLB_PAGES, iotlbc_fields },
	{ LAYOUT_DESCRIPTOR, "INVALIDATE_INTERRUPT_TABLE", 16, 0, AMDVI_OP_INVALIDATE_INTERRUPT_TABLE, inttabc_fields },
	{ LAYOUT_DESCRIPTOR, "PREFETCH_IOMMU_PAGES", 16, 0, AMDVI_OP_PREFETCH_IOMMU_PAGES, prefc_fields },
	{ LAYOUT_DESCRIPTOR, "COMPLETE_PPR_REQUEST", 16, 0, AMDVI_OP_COMPLETE_PPR_REQUEST, pprc_fields },
	{ LAYOUT_DESCRIPTOR, "INVALIDATE_IOMMU_ALL", 16, 0, AMDVI_OP_INVALIDATE_IOMMU_ALL, allc_fields },
	{ LAYOUT_DESCRIPTOR, "INSERT_GUEST_EVENT", 16, 0, AMDVI_OP_INSERT_GUEST_EVENT, gevc_fields },
	{ LAYOUT_DESCRIPTOR, "RESET_VMMIO", 16, 0, AMDVI_OP_RESET_VMMIO, rvmc_fields },
	{ LAYOUT_REGISTER, NULL, 0, 0, 0, NULL }
};

static const struct capability capabilities[] = {
	C("capid", CAP, CAPHDR_CAPID), C("capptr", CAP, CAPHDR_CAPPTR), C("captype", CAP, CAPHDR_CAPTYPE),
	C("caprev", CAP, CAPHDR_CAPREV), C("iotlbsup", CAP, CAPHDR_IOTLBSUP),
	C("httunnel", CAP, CAPHDR_HTTUNNEL), C("npcache", CAP, CAPHDR_NPCACHE),
	C("efrsup", CAP, CAPHDR_EFRSUP), C("capext", CAP, CAPHDR_CAPEXT), C("msinum", MISC0, MISC0_MSINUM),
	C("gvasize", MISC0, MISC0_GVASIZE), C("pasize", MISC0, MISC0_PASIZE), C("vasize", MISC0, MISC0_VASIZE),
	C("htatsresv", MISC0, MISC0_HTATSRESV), C("msinumppr", MISC0, MISC0_MSINUMPPR),
	C("prefsup", EFR, EFR_PREFSUP), C("pprsup", EFR, EFR_PPRSUP), C("xtsup", EFR, EFR_XTSUP),
	C("nxsup", EFR, EFR_NXSUP), C("gtsup", EFR, EFR_GTSUP), C("gappisup", EFR, EFR_GAPPISUP),
	C("iasup", EFR, EFR_IASUP), C("gasup", EFR, EFR_GASUP), C("hesup", EFR, EFR_HESUP),
	C("pcsup", EFR, EFR_PCSUP), C("hats", EFR, EFR_HATS), C("gats", EFR, EFR_GATS),
	C("glxsup", EFR, EFR_GLXSUP), C("smifsup", EFR, EFR_SMIFSUP), C("smifrc", EFR, EFR_SMIFRC),
	C("gamsup", EFR, EFR_GAMSUP), C("dualpprlogsup", EFR, EFR_DUALPPRLOGSUP),
	C("dualeventlogsup", EFR, EFR_DUALEVENTLOGSUP), C("satssup", EFR, EFR_SATSSUP),
	C("pasmax", EFR, EFR_PASMAX), C("ussup", EFR, EFR_USSUP), C("devtblsegsup", EFR, EFR_DEVTBLSEGSUP),
	C("pprovrflwearlysup", EFR, EFR_PPROVRFLWEARLYSUP), C("pprautorspsup", EFR, EFR_PPRAUTORSPSUP),
	C("marcsup", EFR, EFR_MARCSUP), C("blkstopmrksup", EFR, EFR_BLKSTOPMRKSUP),
	C("perfoptsup", EFR, EFR_PERFOPTSUP), C("msicapmmiosup", EFR, EFR_MSICAPMMIOSUP),
	C("snoopattrsup", EFR, EFR_SNOOPATTRSUP), C("giosup", EFR, EFR_GIOSUP), C("hasup", EFR, EFR_HASUP),
	C("ephsup", EFR, EFR_EPHSUP), C("attrfwsup", EFR, EFR_ATTRFWSUP), C("hdsup", EFR, EFR_HDSUP),
	C("v2hddissup", EFR, EFR_V2HDDISSUP), C("inviotlbtypesup", EFR, EFR_INVIOTLBTYPESUP),
	C("viommusup", EFR, EFR_VIOMMUSUP), C("vmguardiosup", EFR, EFR_VMGUARDIOSUP),
	C("vmtablesize", EFR, EFR_VMTABLESIZE), C("gaupdatedissup", EFR, EFR_GAUPDATEDISSUP),
	C("forcephydestsup", EFR, EFR_FORCEPHYDESTSUP), C("snpsup", EFR, EFR_SNPSUP),
	C("sevsnpiosup", EFR2, EFR2_SEVSNPIOSUP), C("tmpmsup", EFR2, EFR2_TMPMSUP),
	C("gcr3trpmodesup", EFR2, EFR2_GCR3TRPMODESUP), C("gappidissup", EFR2, EFR2_GAPPIDISSUP),
	C("snpavicsup", EFR2, EFR2_SNPAVICSUP), C("numintremapsup", EFR2, EFR2_NUMINTREMAPSUP),
	C("htrangeignore", EFR2, EFR2_HTRANGEIGNORE),
	{ "unsnooped", BE_AMDVI_UNSNOOPED, BIT64(0), 0 },
	{ "bad-mode-is-illegal", BE_AMDVI_READINGS, BIT64(0), 0 },
	{ "beyond-table-is-illegal", BE_AMDVI_READINGS, BIT64(1), 0 },
	{ "event-int-gated", BE_AMDVI_READINGS, BIT64(2), 0 },
	{ "head-past-error", BE_AMDVI_READINGS, BIT64(3), 0 },
	{ "run-survives-overflow", BE_AMDVI_READINGS, BIT64(4), 0 },
	{ "hw-event-newest", BE_AMDVI_READINGS, BIT64(5), 0 },
	{ "exclusion-ats-only", BE_AMDVI_READINGS, BIT64(6), 0 },
	{ "interrupt-abort-silent", BE_AMDVI_READINGS, BIT64(7), 0 },
	{ "page-low-bits-checked", BE_AMDVI_READINGS, BIT64(8), 0 },
	{ "base-keeps-pointers", BE_AMDVI_READINGS, BIT64(9), 0 },
	{ NULL, 0, 0, 0 }
};

static const struct prop_desc node[] = {
	{ "unsnooped", TYPE_BOOL, false, 0, NULL,
	  "table reads do not snoop where software allows it: CONTROL.COHERENT = 0, DTE.SD = 1 (0)" },
	{ NULL, TYPE_FLAG, false, 0, NULL, NULL }
};

#define REASON(code, name, flags, description) { code, #name },
static const struct reason reasons[] = { AMDVI_EVENTS(REASON) { 0, NULL } };

/* Run bits of STATUS, and what makes them 1 together with IOMMUEN. */
static const struct { uint64_t enable, run; } running[] = {
	{ AMDVI_CONTROL_CMDBUFEN, AMDVI_STATUS_CMDBUFRUN },
	{ AMDVI_CONTROL_EVENTLOGEN, AMDVI_STATUS_EVENTLOGRUN },
	{ AMDVI_CONTROL_PPRLOGEN, AMDVI_STATUS_PPRLOGRUN },
	{ AMDVI_CONTROL_GALOGEN, AMDVI_STATUS_GALOGRUN },
};

/* clang-format on */

static const char *const live[] = { "dte", "pte", "irte32", "irte", "girte", NULL };

static uint32_t register_offset(const struct layout *l, const struct be_unit *u, uint32_t index)
{
	(void)u;
	if (strcmp(l->name, "DEVTAB") == 0)
		return index < AMDVI_DEVTAB_SEGMENTS ? AMDVI_REG_DEVTAB_SEG(index) : l->off;
	if (strcmp(l->name, "SMIF") == 0)
		return AMDVI_REG_SMIF(index % AMDVI_SMIF_COUNT);
	if (strncmp(l->name, "MARC_", 5) == 0)
		return l->off + AMDVI_REG_MARC_BASE(index % AMDVI_MARC_COUNT) -
		       AMDVI_REG_MARC_BASE(0);
	return l->off;
}

static uint32_t address_bits(const struct be_unit *u)
{
	return (uint32_t)FIELD_GET(AMDVI_MISC0_PASIZE, u->word[BE_AMDVI_MISC0]);
}

static bool unsnooped(const struct be_unit *u)
{
	return u->word[BE_AMDVI_UNSNOOPED] != 0;
}

static bool takes_faults(const struct be_unit *u, uint32_t off)
{
	static const uint32_t regs[] = { AMDVI_REG_EVTLOG,     AMDVI_REG_EVTLOG_B,
					 AMDVI_REG_EVT_HEAD,   AMDVI_REG_EVT_TAIL,
					 AMDVI_REG_EVT_HEAD_B, AMDVI_REG_EVT_TAIL_B,
					 AMDVI_REG_STATUS,     AMDVI_REG_CONTROL };

	(void)u;
	for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		if ((off & ~7u) == regs[i])
			return true;
	return false;
}

/* 48882 3, Control: one field changed; a log or the command buffer runs while it and the unit are enabled. */
static void switching(struct run *r, uint32_t unit, const struct field *f, bool set,
		      struct switching *out)
{
	uint64_t val = arch_read(r, unit, AMDVI_REG_CONTROL, 8);

	*out = (struct switching){ .reg = AMDVI_REG_CONTROL,
				   .width = 8,
				   .value = set ? val | f->mask : val & ~f->mask,
				   .status = AMDVI_REG_STATUS,
				   .status_width = 8 };
	for (size_t i = 0; i < sizeof(running) / sizeof(running[0]); i++) {
		bool on = (out->value & AMDVI_CONTROL_IOMMUEN) && (out->value & running[i].enable);

		if (f->mask != AMDVI_CONTROL_IOMMUEN && f->mask != running[i].enable)
			continue;
		out->mask |= running[i].run;
		out->want |= on ? running[i].run : 0;
	}
}

static void ring(struct run *r, uint32_t unit, struct ring *out)
{
	uint64_t base = arch_read(r, unit, AMDVI_REG_CMDBUF, 8);

	*out = (struct ring){ .base = base & AMDVI_RING_BASE,
			      .bytes = BIT64(AMDVI_RING_LG2_BYTES(FIELD_GET(AMDVI_RING_LEN, base))),
			      .width = 1u << AMDVI_CMD_LG2,
			      .head = AMDVI_REG_CMD_HEAD,
			      .tail = AMDVI_REG_CMD_TAIL,
			      .pointer = AMDVI_PTR_16 };
}

static uint64_t typed(const struct layout *l)
{
	return FIELD_PREP(AMDVI_CMD0_OP, l->type);
}

static enum step_rc find_dte(struct run *r, const struct step *s, uint64_t *at)
{
	uint32_t unit = step_unit(r, s), rid = step_rid(r, s);
	uint64_t control = r->be->ops->peek(r->be, unit, AMDVI_REG_CONTROL, 8), base;
	uint32_t segen = (uint32_t)FIELD_GET(AMDVI_CONTROL_DEVTBLSEGEN, control) & 3;
	uint32_t segment = rid >> (16 - segen), index = rid & ((0x10000u >> segen) - 1);

	base = r->be->ops->peek(r->be, unit, AMDVI_REG_DEVTAB_SEG(segment), 8);
	if (index / AMDVI_DTES_PER_PAGE > FIELD_GET(AMDVI_DEVTAB_SIZE, base))
		return run_error(r, "edit: requester id 0x%04x is beyond the device table", rid);
	*at = (base & AMDVI_DEVTAB_BASE) + ((uint64_t)index << AMDVI_DTE_LG2);
	return STEP_OK;
}

/* Address of the host entry of the language's `level` (0 holds 4 KiB, the specification's 1) for an address. */
static enum step_rc find_pte(struct run *r, const struct step *s, uint64_t dte0, uint64_t *at)
{
	uint32_t want = (uint32_t)step_number(s, "level", 0) + 1;
	uint32_t level = (uint32_t)FIELD_GET(AMDVI_DTE0_MODE, dte0), next;
	uint64_t table = dte0 & AMDVI_DTE0_HOSTPT, iova = step_number(s, "iova", 0), entry;

	if (!(dte0 & AMDVI_DTE0_TV) || !level || level > AMDVI_PT_LEVELS)
		return run_error(r, "edit: the device table entry names no host tables");
	if (want > level)
		return run_error(r, "edit: the tables have levels 0 to %u", level - 1);
	for (;; level = next) {
		*at = table + 8 * ((iova >> AMDVI_PT_SHIFT(level)) &
				   (level == AMDVI_PT_LEVELS ? AMDVI_PT_ENTRIES_L6 - 1
							     : AMDVI_PT_ENTRIES - 1));
		if (level == want)
			return STEP_OK;
		if (arch_load(r, *at, &entry) != STEP_OK)
			return STEP_ERROR;
		next = (uint32_t)FIELD_GET(AMDVI_PT_NEXT_LEVEL, entry);
		if (!(entry & AMDVI_PT_PR) || !next || next >= level || next < want)
			return run_error(
				r, "edit: the entry of level %u at 0x%" PRIx64 " leads to no table",
				level - 1, *at);
		table = entry & AMDVI_PT_ADDR;
	}
}

/* From the device table entry at *at. Entries of 32 bits are edited two at a time: the lower has the even number. */
static enum step_rc find_irte(struct run *r, const struct step *s, uint64_t *at)
{
	bool narrow = strcmp(s->layout->name, "irte32") == 0;
	uint64_t index = step_number(s, "index", 0), dte2;

	if (arch_load(r, *at + 16, &dte2) != STEP_OK)
		return STEP_ERROR;
	if (!(dte2 & AMDVI_DTE2_IV) || FIELD_GET(AMDVI_DTE2_INTCTL, dte2) != AMDVI_INTCTL_REMAP)
		return run_error(r, "edit: the device table entry names no interrupt table");
	if (narrow && index % 2)
		return run_error(r, "edit: property \"index\": expected an even number, the entry "
				    "of 32 bits behind it is the upper half");
	*at = (dte2 & AMDVI_DTE2_INTTABROOT) +
	      (index << (narrow ? AMDVI_IRTE32_LG2 : AMDVI_IRTE_LG2));
	return STEP_OK;
}

static enum step_rc find(struct run *r, const struct step *s, uint64_t *at)
{
	uint64_t dte0;

	if (find_dte(r, s, at) != STEP_OK)
		return STEP_ERROR;
	if (strcmp(s->layout->name, "dte") == 0)
		return STEP_OK;
	if (strcmp(s->layout->name, "pte") != 0)
		return find_irte(r, s, at);
	if (arch_load(r, *at, &dte0) != STEP_OK)
		return STEP_ERROR;
	return find_pte(r, s, dte0, at);
}

const struct arch arch_amdvi = {
	.name = "amdvi",
	.title = "AMD-Vi",
	.compatible = "amd,iommu",
	.reg_bytes = AMDVI_MMIO_SIZE,
	.node = node,
	.capabilities = capabilities,
	.layouts = layouts,
	.reasons = reasons,
	.live = live,
	.record_kind = LAYOUT_ENTRY,
	.record = "event",
	.flags = event_flags,
	.flags_mask = AMDVI_EV0_FLAGS,
	.switches = "CONTROL",
	.register_offset = register_offset,
	.address_bits = address_bits,
	.unsnooped = unsnooped,
	.takes_faults = takes_faults,
	.switching = switching,
	.ring = ring,
	.typed = typed,
	.find = find,
};
