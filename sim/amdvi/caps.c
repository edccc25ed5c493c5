/*
 * What a unit can do: derived values, and the rules a set of capabilities has to obey.
 * Implements 48882 3.2 "IOMMU Capability Block" and 3.4 "Extended Feature Registers".
 */
#include <stdio.h>

#include "unit.h"

static bool has(uint64_t reg, uint64_t mask)
{
	return (reg & mask) != 0;
}

void sim_amdvi_default(struct sim_amdvi_config *config)
{
	*config = (struct sim_amdvi_config){
		.base = UINT64_C(0xFEB80000),
		.cap = AMDVI_PCI_CAP_SECURE |
		       (uint32_t)FIELD_PREP(AMDVI_CAPHDR_CAPPTR, SIM_AMDVI_PCI_MSI) |
		       (uint32_t)FIELD_PREP(AMDVI_CAPHDR_CAPTYPE, AMDVI_CAPTYPE_IOMMU) |
		       (uint32_t)FIELD_PREP(AMDVI_CAPHDR_CAPREV, AMDVI_CAPREV_1) |
		       AMDVI_CAPHDR_IOTLBSUP | AMDVI_CAPHDR_EFRSUP | AMDVI_CAPHDR_CAPEXT,
		.misc0 = (uint32_t)(FIELD_PREP(AMDVI_MISC0_GVASIZE, AMDVI_GVASIZE_48BIT) |
				    FIELD_PREP(AMDVI_MISC0_PASIZE, 48) |
				    FIELD_PREP(AMDVI_MISC0_VASIZE, 64)),
		.efr = AMDVI_EFR_PREFSUP | AMDVI_EFR_IASUP | AMDVI_EFR_HESUP |
		       FIELD_PREP(AMDVI_EFR_HATS, 2) |
		       FIELD_PREP(AMDVI_EFR_DUALEVENTLOGSUP, AMDVI_DUALSUP_SWAP) |
		       FIELD_PREP(AMDVI_EFR_DEVTBLSEGSUP, 3) | AMDVI_EFR_MSICAPMMIOSUP |
		       AMDVI_EFR_HASUP | AMDVI_EFR_HDSUP,
	};
}

/* A capability that is present calls for another one. */
struct cap_rule {
	uint64_t if_efr, if_efr2;
	uint64_t need_efr;
	const char *why;
};

static const struct cap_rule cap_rules[] = {
	{ AMDVI_EFR_HDSUP, 0, AMDVI_EFR_HASUP, "EFR.HDSup = 1 needs HASup = 1" },
	{ AMDVI_EFR_GIOSUP | AMDVI_EFR_USSUP | AMDVI_EFR_NXSUP | AMDVI_EFR_GAUPDATEDISSUP |
		  AMDVI_EFR_V2HDDISSUP,
	  0, AMDVI_EFR_GTSUP,
	  "EFR.GIoSup, USSup, NXSup, GAUpdateDisSup and V2HDDisSup need GTSup = 1" },
	{ AMDVI_EFR_XTSUP | AMDVI_EFR_GAPPISUP | AMDVI_EFR_GAMSUP, 0, AMDVI_EFR_GASUP,
	  "EFR.XTSup, GAPPISup and GAMSup need GASup = 1" },
	{ AMDVI_EFR_DUALPPRLOGSUP | AMDVI_EFR_PPROVRFLWEARLYSUP | AMDVI_EFR_PPRAUTORSPSUP |
		  AMDVI_EFR_EPHSUP,
	  0, AMDVI_EFR_PPRSUP,
	  "EFR.DualPprLogSup, PprOvrflwEarlySup, PPRAutoRspSup and EPHSup need PPRSup = 1" },
	{ 0, AMDVI_EFR2_GCR3TRPMODESUP, AMDVI_EFR_GTSUP,
	  "EFR2.GCR3TRPModeSup = 1 needs GTSup = 1" },
	{ 0, AMDVI_EFR2_GAPPIDISSUP, AMDVI_EFR_GAPPISUP,
	  "EFR2.GAPPIDisSup = 1 needs GAPPISup = 1" },
	{ 0, AMDVI_EFR2_SNPAVICSUP | AMDVI_EFR2_SEVSNPIOSUP, AMDVI_EFR_SNPSUP,
	  "EFR2.SNPAVICSup and SEVSNPIO_SUP need SNPSup = 1" },
};

/* Legal hardware that has no model here. */
struct cap_missing {
	uint64_t efr, efr2;
	const char *what;
};

static const struct cap_missing cap_missing[] = {
	{ AMDVI_EFR_PPRSUP, 0, "page requests (EFR.PPRSup)" },
	{ AMDVI_EFR_GTSUP, 0, "guest translation (EFR.GTSup)" },
	{ AMDVI_EFR_GAMSUP | AMDVI_EFR_GAPPISUP, 0, "guest virtual APIC (EFR.GAMSup, GAPPISup)" },
	{ AMDVI_EFR_PCSUP, 0, "performance counters (EFR.PCSup)" },
	{ AMDVI_EFR_SMIFSUP, 0, "SMI filters (EFR.SmiFSup)" },
	{ AMDVI_EFR_SATSSUP, 0, "secure ATS (EFR.SATSSup)" },
	{ AMDVI_EFR_MARCSUP, 0, "MARC apertures (EFR.MarcSup)" },
	{ AMDVI_EFR_BLKSTOPMRKSUP, 0, "stop markers (EFR.BlkStopMrkSup)" },
	{ AMDVI_EFR_SNOOPATTRSUP | AMDVI_EFR_ATTRFWSUP, 0,
	  "memory attributes (EFR.SnoopAttrSup, AttrFWSup)" },
	{ AMDVI_EFR_INVIOTLBTYPESUP, 0, "types of INVALIDATE_IOTLB_PAGES (EFR.InvIotlbTypeSup)" },
	{ AMDVI_EFR_VIOMMUSUP | AMDVI_EFR_VMGUARDIOSUP | AMDVI_EFR_VMTABLESIZE, 0,
	  "virtual IOMMUs (EFR.vIommuSup, VmGuardIoSup, VmTableSize)" },
	{ AMDVI_EFR_FORCEPHYDESTSUP, 0, "interrupt remapping options (EFR.ForcePhyDestSup)" },
	{ AMDVI_EFR_SNPSUP, 0, "SEV-SNP (EFR.SNPSup)" },
	{ 0, AMDVI_EFR2_TMPMSUP, "page migration (EFR2.TMPMSup)" },
};

#define EFR_RESERVED (MASK64(27, 26) | BIT64(30))
#define EFR2_RESERVED (MASK64(63, 12) | BIT64(10) | BIT64(0))
#define CAP_RESERVED MASK32(31, 29)

static int say(char *why, size_t size, int error, const char *text)
{
	if (size)
		snprintf(why, size, "%s%s", error == SIM_E_NOT_MODELLED ? "not modelled: " : "",
			 text);
	return error;
}

static const char *check_header(const struct sim_amdvi_config *config)
{
	uint32_t cap = config->cap;

	if (config->base % AMDVI_MMIO_SIZE)
		return "register base: aligned to 16 KiB";
	if (FIELD_GET(AMDVI_CAPHDR_CAPID, cap) != AMDVI_PCI_CAP_SECURE ||
	    FIELD_GET(AMDVI_CAPHDR_CAPTYPE, cap) != AMDVI_CAPTYPE_IOMMU)
		return "capability header: CapId 0Fh and CapType 3";
	if (FIELD_GET(AMDVI_CAPHDR_CAPREV, cap) != AMDVI_CAPREV_1)
		return "capability header: CapRev 1";
	if (FIELD_GET(AMDVI_CAPHDR_CAPPTR, cap) != SIM_AMDVI_PCI_MSI)
		return "capability header: CapPtr leads to the MSI capability at 64h";
	if (has(cap, CAP_RESERVED))
		return "capability header: a reserved bit is set";
	if (!has(cap, AMDVI_CAPHDR_EFRSUP) && (config->efr || config->efr2))
		return "EFR and EFR2 are 0 when EFRSup = 0";
	return NULL;
}

static const char *check_values(const struct sim_amdvi_config *config)
{
	uint64_t efr = config->efr, pa = FIELD_GET(AMDVI_MISC0_PASIZE, config->misc0),
		 va = FIELD_GET(AMDVI_MISC0_VASIZE, config->misc0);

	if (has(efr, EFR_RESERVED) || has(config->efr2, EFR2_RESERVED))
		return "a reserved bit of EFR or EFR2 is set";
	if (pa < 32 || pa > 52)
		return "Misc 0, PAsize: 32 to 52 bits";
	if (va != 32 && va != 40 && va != 48 && va != 64)
		return "Misc 0, VAsize: 32, 40, 48 or 64 bits";
	if (has(config->misc0, MASK32(26, 23)))
		return "Misc 0: a reserved bit is set";
	if (FIELD_GET(AMDVI_MISC0_MSINUMPPR, config->misc0) && !has(efr, AMDVI_EFR_PPRSUP))
		return "Misc 0, MsiNumPPR: 0 when PPRSup = 0";
	if (FIELD_GET(AMDVI_EFR_DUALEVENTLOGSUP, efr) == 3 ||
	    FIELD_GET(AMDVI_EFR_DUALPPRLOGSUP, efr) == 3)
		return "EFR.DualEventLogSup and DualPprLogSup: 3 is reserved";
	if (FIELD_GET(AMDVI_EFR_SMIFSUP, efr) > 1)
		return "EFR.SmiFSup: 0 or 1";
	if (FIELD_GET(AMDVI_EFR_MARCSUP, efr) > 1)
		return "EFR.MarcSup: 0 or 1";
	if (FIELD_GET(AMDVI_EFR2_NUMINTREMAPSUP, config->efr2) > AMDVI_NUMINTREMAP_2048)
		return "EFR2.NumIntRemapSup: 0 or 1";
	if (config->readings & ~(uint32_t)SIM_AMDVI_READINGS)
		return "readings: no such reading";
	return NULL;
}

int sim_amdvi_check(const struct sim_amdvi_config *config, char *why, size_t size)
{
	const char *bad = check_header(config);
	uint64_t efr = config->efr, efr2 = config->efr2;

	if (!bad)
		bad = check_values(config);
	if (bad)
		return say(why, size, SIM_E_IMPOSSIBLE, bad);
	for (unsigned i = 0; i < sizeof(cap_rules) / sizeof(cap_rules[0]); i++) {
		const struct cap_rule *r = &cap_rules[i];

		if ((has(efr, r->if_efr) || has(efr2, r->if_efr2)) &&
		    (efr & r->need_efr) != r->need_efr)
			return say(why, size, SIM_E_IMPOSSIBLE, r->why);
	}
	if (has(config->cap, AMDVI_CAPHDR_HTTUNNEL))
		return say(why, size, SIM_E_NOT_MODELLED, "HyperTransport tunnels (HtTunnel)");
	if (FIELD_GET(AMDVI_EFR_HATS, efr) == AMDVI_HATS_NONE)
		return say(why, size, SIM_E_NOT_MODELLED,
			   "units without host translation (EFR.HATS = 3)");
	for (unsigned i = 0; i < sizeof(cap_missing) / sizeof(cap_missing[0]); i++)
		if (has(efr, cap_missing[i].efr) || has(efr2, cap_missing[i].efr2))
			return say(why, size, SIM_E_NOT_MODELLED, cap_missing[i].what);
	return SIM_OK;
}

/*
 * Reserved bits of device table entries, 48882 2.2.2 "Device Table": of Rev. 3.05, and fields whose feature is absent.
 * Features that sim_amdvi_check refuses never give their fields back.
 */
static void dte_reserved(struct amdvi_caps *c)
{
	c->dte_rsvd[0] = AMDVI_DTE0_RSVD | AMDVI_DTE0_RSVD_REV305 | AMDVI_DTE0_PPR |
			 AMDVI_DTE0_GPRP | AMDVI_DTE0_GIOV | AMDVI_DTE0_GV | AMDVI_DTE0_GLX |
			 AMDVI_DTE0_GCR3_TRP_14_12 | (c->ha ? 0 : AMDVI_DTE0_HAD);
	c->dte_rsvd[1] = AMDVI_DTE1_RSVD | AMDVI_DTE1_RSVD_REV305 | AMDVI_DTE1_GCR3_TRP_30_15 |
			 AMDVI_DTE1_GCR3_TRP_51_31 | (c->iotlb ? 0 : AMDVI_DTE1_I);
	c->dte_rsvd[2] = AMDVI_DTE2_RSVD | AMDVI_DTE2_RSVD_ALIGN | AMDVI_DTE2_RSVD_REV305;
	c->dte_rsvd[3] = AMDVI_DTE3_RSVD | AMDVI_DTE3_RSVD_NO_VIOMMU;
}

void amdvi_caps_init(struct amdvi_caps *c, const struct sim_amdvi_config *config)
{
	uint64_t efr = config->efr;

	*c = (struct amdvi_caps){
		.cap = config->cap,
		.misc0 = config->misc0,
		.efr = efr,
		.efr2 = config->efr2,
		.max_mode = 4 + (uint32_t)FIELD_GET(AMDVI_EFR_HATS, efr),
		.segments_lg2 = (uint32_t)FIELD_GET(AMDVI_EFR_DEVTBLSEGSUP, efr),
		.dual = (uint32_t)FIELD_GET(AMDVI_EFR_DUALEVENTLOGSUP, efr),
		.readings = config->readings,
		.iotlb = has(config->cap, AMDVI_CAPHDR_IOTLBSUP),
		.np = has(config->cap, AMDVI_CAPHDR_NPCACHE),
		.ia = has(efr, AMDVI_EFR_IASUP),
		.prefetch = has(efr, AMDVI_EFR_PREFSUP),
		.he = has(efr, AMDVI_EFR_HESUP),
		.ha = has(efr, AMDVI_EFR_HASUP),
		.hd = has(efr, AMDVI_EFR_HDSUP),
		.msi_mmio = has(efr, AMDVI_EFR_MSICAPMMIOSUP),
		.ht_ignore = has(config->efr2, AMDVI_EFR2_HTRANGEIGNORE),
		.ht_ats_reserved = has(config->misc0, AMDVI_MISC0_HTATSRESV),
		.unsnooped = config->unsnooped,
		.ga = has(efr, AMDVI_EFR_GASUP),
		.xt = has(efr, AMDVI_EFR_XTSUP),
		.many_interrupts = has(config->efr2, AMDVI_EFR2_NUMINTREMAPSUP),
	};
	dte_reserved(c);
}
