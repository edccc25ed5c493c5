/*
 * What a unit can do: derived values, and the rules a set of capabilities has to obey.
 * Implements 11.4.2 "Capability Register" and 11.4.3 "Extended Capability Register".
 */
#include <stdio.h>

#include "unit.h"

static bool has(uint64_t reg, uint64_t mask)
{
	return (reg & mask) != 0;
}

void sim_vtd_default(struct sim_vtd_config *config)
{
	*config = (struct sim_vtd_config){
		.base = UINT64_C(0xFED90000),
		.host_addr_bits = 46,
		.ver = FIELD_PREP(VTD_VER_MAX, 1) & UINT32_MAX,
		.cap = FIELD_PREP(VTD_CAP_ND, 6) | FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_48BIT) |
		       FIELD_PREP(VTD_CAP_MGAW, 48 - 1) | FIELD_PREP(VTD_CAP_SSLPS, 3) |
		       VTD_CAP_PSI | FIELD_PREP(VTD_CAP_MAMV, 18) | FIELD_PREP(VTD_CAP_NFR, 8 - 1) |
		       FIELD_PREP(VTD_CAP_FRO, 0x220 / 16) | VTD_CAP_DRD | VTD_CAP_DWD,
		.ecap = VTD_ECAP_C | VTD_ECAP_QI | VTD_ECAP_PT | VTD_ECAP_SC |
			FIELD_PREP(VTD_ECAP_IRO, 0x500 / 16),
		.plm_align_bits = 20,
		.phm_align_bits = 20,
	};
}

/* A capability that is present calls for another one. */
struct cap_rule {
	uint64_t if_cap, if_ecap;     /* any of these bits set ... */
	uint64_t need_cap, need_ecap; /* ... calls for all of these */
	const char *why;
};

static const struct cap_rule cap_rules[] = {
	{ 0, VTD_ECAP_DT, 0, VTD_ECAP_QI, "DT = 1 needs QI = 1" },
	{ 0, VTD_ECAP_IR, 0, VTD_ECAP_QI, "IR = 1 needs QI = 1" },
	{ 0, VTD_ECAP_SMTS, 0, VTD_ECAP_QI, "SMTS = 1 needs QI = 1" },
	{ 0, VTD_ECAP_EIM, 0, VTD_ECAP_IR, "EIM = 1 needs IR = 1" },
	{ 0, VTD_ECAP_MHMV, 0, VTD_ECAP_IR, "MHMV needs IR = 1" },
	{ 0, VTD_ECAP_EIMER, 0, VTD_ECAP_EIM, "EIMER = 1 needs EIM = 1" },
	{ 0, VTD_ECAP_IRREQ, 0, VTD_ECAP_IR, "IRREQ = 1 needs IR = 1" },
	{ 0, VTD_ECAP_DIT | VTD_ECAP_PDS | VTD_ECAP_NWFS, 0, VTD_ECAP_DT,
	  "DIT, PDS and NWFS need DT = 1" },
	{ 0,
	  VTD_ECAP_PASID | VTD_ECAP_PSS | VTD_ECAP_FSTS | VTD_ECAP_SMPWCS | VTD_ECAP_MTS |
		  VTD_ECAP_SRS | VTD_ECAP_RPS,
	  0, VTD_ECAP_SMTS, "PASID, PSS, FSTS, SMPWCS, MTS, SRS and RPS need SMTS = 1" },
	{ 0, VTD_ECAP_PRS | VTD_ECAP_HPTS, 0, VTD_ECAP_SMTS | VTD_ECAP_DT,
	  "PRS and HPTS need SMTS = 1 and DT = 1" },
	{ 0, VTD_ECAP_NEST, 0, VTD_ECAP_SMTS | VTD_ECAP_FSTS | VTD_ECAP_SSTS,
	  "NEST = 1 needs SMTS, FSTS and SSTS" },
	{ 0, VTD_ECAP_SSADS, 0, VTD_ECAP_SMPWCS, "SSADS = 1 needs SMPWCS = 1" },
	{ 0, VTD_ECAP_EAFS, 0, VTD_ECAP_FSTS | VTD_ECAP_SMPWCS, "EAFS = 1 needs FSTS and SMPWCS" },
	{ 0, VTD_ECAP_PTRS, 0, VTD_ECAP_DT | VTD_ECAP_PASID, "PTRS = 1 needs DT and PASID" },
	{ 0, VTD_ECAP_RPRIVS, 0, VTD_ECAP_SRS, "RPRIVS = 1 needs SRS = 1" },
	{ 0, VTD_ECAP_SSIRWS, 0, VTD_ECAP_SSTS, "SSIRWS = 1 needs SSTS = 1" },
	{ 0, VTD_ECAP_SMS, 0, VTD_ECAP_PRS, "SMS = 1 needs PRS = 1" },
	{ 0, VTD_ECAP_HPT1GPS, 0, VTD_ECAP_HPTS, "HPT1GPS = 1 needs HPTS = 1" },
	{ 0, VTD_ECAP_PMS, VTD_CAP_ECMDS, 0, "PMS = 1 needs ECMDS = 1" },
	{ VTD_CAP_FS5LP | VTD_CAP_FS1GP, 0, 0, VTD_ECAP_FSTS, "FS5LP and FS1GP need FSTS = 1" },
	{ VTD_CAP_PI, 0, 0, VTD_ECAP_IR, "PI = 1 needs IR = 1" },
	{ VTD_CAP_ESIRTPS, 0, 0, VTD_ECAP_IR, "ESIRTPS = 1 needs IR = 1" },
};

/* Legal hardware that has no model here. */
struct cap_missing {
	uint64_t cap, ecap;
	const char *what;
};

static const struct cap_missing cap_missing[] = {
	{ 0, VTD_ECAP_SMTS, "scalable mode (ECAP.SMTS)" },
	{ 0, VTD_ECAP_SSTS, "second-stage translation in scalable mode (ECAP.SSTS)" },
	{ 0, VTD_ECAP_PMS, "performance monitoring (ECAP.PMS)" },
	{ VTD_CAP_ECMDS, 0, "enhanced commands (CAP.ECMDS)" },
	{ 0, VTD_ECAP_RDTS, "RDT configuration (ECAP.RDTS)" },
	{ 0, VTD_ECAP_VCS, "virtual commands (ECAP.VCS)" },
	{ 0, VTD_ECAP_TDXCS, "TDX Connect (ECAP.TDXCS)" },
	{ VTD_CAP_AFL, 0, "advanced fault logging (CAP.AFL)" },
};

#define CAP_RESERVED (MASK64(58, 57) | BIT64(38) | MASK64(15, 13) | VTD_CAP_DEP23)
#define ECAP_RESERVED                                                                      \
	(BIT64(63) | BIT64(54) | BIT64(32) | BIT64(27) | MASK64(19, 18) | VTD_ECAP_DEP28 | \
	 VTD_ECAP_DEP24 | VTD_ECAP_DEP5 | VTD_ECAP_ERS)

static int say(char *why, size_t size, int error, const char *text)
{
	if (size)
		snprintf(why, size, "%s%s", error == SIM_E_NOT_MODELLED ? "not modelled: " : "",
			 text);
	return error;
}

static const char *check_values(const struct sim_vtd_config *config)
{
	uint64_t cap = config->cap, sagaw = FIELD_GET(VTD_CAP_SAGAW, cap),
		 sslps = FIELD_GET(VTD_CAP_SSLPS, cap);
	uint64_t mgaw = FIELD_GET(VTD_CAP_MGAW, cap) + 1,
		 major = FIELD_GET(VTD_VER_MAX, config->ver);

	if (config->host_addr_bits < 32 || config->host_addr_bits > 52)
		return "host address width: 32 to 52 bits";
	if (config->base & 0xFFF)
		return "register base: aligned to 4 KiB";
	if (has(cap, CAP_RESERVED) || has(config->ecap, ECAP_RESERVED))
		return "a reserved or deprecated bit of CAP or ECAP is set";
	if (FIELD_GET(VTD_CAP_ND, cap) == 7)
		return "CAP.ND = 7 is reserved";
	if (!sagaw || sagaw & 0x11)
		return "CAP.SAGAW: at least one of bits 1 (39-bit), 2 (48-bit), 3 (57-bit), no "
		       "other";
	if (sslps != 0 && sslps != VTD_SSLPS_2M && sslps != (VTD_SSLPS_2M | VTD_SSLPS_1G))
		return "CAP.SSLPS: 0, 1 (2 MiB) or 3 (2 MiB and 1 GiB)";
	if (mgaw < config->host_addr_bits)
		return "CAP.MGAW: the guest address width is at least the host address width";
	if (mgaw > 57)
		return "CAP.MGAW: no supported table is wider than 57 bits";
	if (major < 1)
		return "VER.MAX: at least 1";
	if (major >= 2 && !(has(cap, VTD_CAP_DRD) && has(cap, VTD_CAP_DWD)))
		return "CAP.DRD and CAP.DWD are 1 from version 2 on";
	if (has(cap, VTD_CAP_PLMR) && (config->plm_align_bits < 12 || config->plm_align_bits > 31))
		return "protected low memory: granularity of 2^12 to 2^31 bytes";
	if (has(cap, VTD_CAP_PHMR) && (config->phm_align_bits < 12 || config->phm_align_bits > 51))
		return "protected high memory: granularity of 2^12 to 2^51 bytes";
	if (has(config->ver, ~(uint64_t)(VTD_VER_MAX | VTD_VER_MIN)))
		return "VER: only MAX and MIN";
	return NULL;
}

int sim_vtd_check(const struct sim_vtd_config *config, char *why, size_t size)
{
	const char *bad = check_values(config);
	uint64_t cap = config->cap, ecap = config->ecap;
	struct vtd_caps c;

	if (bad)
		return say(why, size, SIM_E_IMPOSSIBLE, bad);
	for (unsigned i = 0; i < sizeof(cap_rules) / sizeof(cap_rules[0]); i++) {
		const struct cap_rule *r = &cap_rules[i];

		if ((has(cap, r->if_cap) || has(ecap, r->if_ecap)) &&
		    ((cap & r->need_cap) != r->need_cap || (ecap & r->need_ecap) != r->need_ecap))
			return say(why, size, SIM_E_IMPOSSIBLE, r->why);
	}
	if (has(cap, VTD_CAP_RWBF) && has(ecap, VTD_ECAP_SMTS))
		return say(why, size, SIM_E_IMPOSSIBLE, "RWBF = 1 needs SMTS = 0");
	for (unsigned i = 0; i < sizeof(cap_missing) / sizeof(cap_missing[0]); i++)
		if (has(cap, cap_missing[i].cap) || has(ecap, cap_missing[i].ecap))
			return say(why, size, SIM_E_NOT_MODELLED, cap_missing[i].what);
	vtd_caps_init(&c, config);
	bad = vtd_regs_collision(&c);
	if (bad)
		return say(why, size, SIM_E_IMPOSSIBLE, bad);
	if (FIELD_GET(VTD_VER_MAX, config->ver) >= 6)
		return say(why, size, SIM_E_NOT_MODELLED, "versions from 6 on (VER.MAX)");
	return SIM_OK;
}

/* Reserved bits of second-stage entries, VT-d 9.8 "Second-Stage Paging Entries". */
static void caps_reserved(struct vtd_caps *c)
{
	static const uint64_t leaf[] = { VTD_SS_RSVD_LEAF_4K, VTD_SS_RSVD_LEAF_2M,
					 VTD_SS_RSVD_LEAF_1G };
	uint64_t beyond = c->host_rsvd & VTD_SS_ADDR, sslps = FIELD_GET(VTD_CAP_SSLPS, c->cap);
	uint64_t snp = c->ecap & VTD_ECAP_SC ? 0 : VTD_SS_SNP;

	c->rsvd[0][0] = c->rsvd[0][1] = leaf[0] | beyond | snp; /* PS is ignored */
	for (unsigned level = 1; level < VTD_LEVELS; level++) {
		uint64_t table = (level >= 3 ? VTD_SS_RSVD_PML : VTD_SS_RSVD_TABLE) | beyond;
		bool large = level <= 2 && sslps >> (level - 1) & 1;

		c->rsvd[level][0] = table;
		c->rsvd[level][1] = large ? leaf[level] | beyond | snp : table | VTD_SS_PS;
	}
}

void vtd_caps_init(struct vtd_caps *c, const struct sim_vtd_config *config)
{
	uint64_t cap = config->cap, ecap = config->ecap;

	*c = (struct vtd_caps){
		.ver = config->ver,
		.cap = cap,
		.ecap = ecap,
		.major = (uint32_t)FIELD_GET(VTD_VER_MAX, config->ver),
		.haw = config->host_addr_bits,
		.host_rsvd = ~(BIT64(config->host_addr_bits) - 1),
		.mgaw = (uint32_t)FIELD_GET(VTD_CAP_MGAW, cap) + 1,
		.did_mask = (1u << (4 + 2 * FIELD_GET(VTD_CAP_ND, cap))) - 1,
		.faults = (uint32_t)FIELD_GET(VTD_CAP_NFR, cap) + 1,
		.fault_off = (uint32_t)FIELD_GET(VTD_CAP_FRO, cap) * 16,
		.inval_off = (uint32_t)FIELD_GET(VTD_ECAP_IRO, ecap) * 16,
		.sagaw = (uint8_t)FIELD_GET(VTD_CAP_SAGAW, cap),
		.cm = has(cap, VTD_CAP_CM),
		.rwbf = has(cap, VTD_CAP_RWBF),
		.psi = has(cap, VTD_CAP_PSI),
		.zlr = has(cap, VTD_CAP_ZLR),
		.esrtps = has(cap, VTD_CAP_ESRTPS),
		.mamv = (uint32_t)FIELD_GET(VTD_CAP_MAMV, cap),
		.c = has(ecap, VTD_ECAP_C),
		.qi = has(ecap, VTD_ECAP_QI),
		.dt = has(ecap, VTD_ECAP_DT),
		.pt = has(ecap, VTD_ECAP_PT),
		.adms = has(ecap, VTD_ECAP_ADMS),
		.nwfs = has(ecap, VTD_ECAP_NWFS),
		.ir = has(ecap, VTD_ECAP_IR),
		.eim = has(ecap, VTD_ECAP_EIM),
		.pi = has(cap, VTD_CAP_PI),
		.esirtps = has(cap, VTD_CAP_ESIRTPS),
		.eimer = has(ecap, VTD_ECAP_EIMER),
		.irreq = has(ecap, VTD_ECAP_IRREQ),
		.mhmv = (uint32_t)FIELD_GET(VTD_ECAP_MHMV, ecap),
	};
	for (uint8_t aw = VTD_AW_39BIT; aw <= VTD_AW_57BIT; aw++)
		if (c->sagaw >> aw & 1)
			c->widest_aw = aw;
	caps_reserved(c);
	c->root_rsvd = VTD_RE0_RSVD | (c->host_rsvd & VTD_RE0_CTP);
	c->ctx_rsvd[0] = VTD_CE0_RSVD;
	c->ctx_rsvd[1] = VTD_CE1_RSVD | (VTD_CE1_DID & ~FIELD_PREP(VTD_CE1_DID, c->did_mask));
	c->tt_valid = (uint8_t)(1u << VTD_TT_UNTRANSLATED | (c->dt ? 1u << VTD_TT_DEV_TLB : 0) |
				(c->pt ? 1u << VTD_TT_PASSTHROUGH : 0));
}
