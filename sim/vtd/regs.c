/*
 * The registers of a legacy-mode unit, as rows.
 * Implements chapter 11 "Register Descriptions". A register whose capability is absent does not exist: it reads 0 and
 * drops writes.
 *
 * Policy where the specification leaves a choice: FEUADDR and IEUADDR are writable although EIM = 0.
 */
#include "unit.h"

/* Reading a status or control register pushes out the event's message first. */
static uint64_t read_flushed(struct vtd_unit *v, unsigned event, uint32_t off)
{
	vtd_event_flush(v, event);
	return reg_get(&v->u.regs, off);
}

static uint64_t read_fsts(void *owner, uint64_t val)
{
	(void)val;
	return read_flushed(owner, VTD_EVENT_FAULT, VTD_REG_FSTS);
}

static uint64_t read_fectl(void *owner, uint64_t val)
{
	(void)val;
	return read_flushed(owner, VTD_EVENT_FAULT, VTD_REG_FECTL);
}

static uint64_t read_ics(void *owner, uint64_t val)
{
	(void)val;
	return read_flushed(owner, VTD_EVENT_INVAL, VTD_REG_ICS);
}

static uint64_t read_iectl(void *owner, uint64_t val)
{
	(void)val;
	return read_flushed(owner, VTD_EVENT_INVAL, VTD_REG_IECTL);
}

static uint64_t read_zero(void *owner, uint64_t val)
{
	(void)owner;
	(void)val;
	return 0;
}

/* FM and SID are write-only. */
static uint64_t read_ccmd(void *owner, uint64_t val)
{
	(void)owner;
	return val & ~(VTD_CCMD_FM | VTD_CCMD_SID);
}

enum needs {
	ALWAYS = 0,
	QI,
	PLMR,
	PHMR,
	IR
};

struct row {
	enum needs needs;
	struct reg_desc d;
};

/* clang-format off */
#define ALL (~(uint64_t)0)
#define ROW(reg, bytes, ...) { .name = #reg, .off = VTD_REG_##reg, .size = (bytes), __VA_ARGS__ }

static const struct row rows[] = {
	{ ALWAYS, ROW(VER, 4, .ignored = ALL) },
	{ ALWAYS, ROW(CAP, 8, .ignored = ALL) },
	{ ALWAYS, ROW(ECAP, 8, .ignored = ALL) },
	{ ALWAYS, ROW(GCMD, 4, .wo = VTD_GCMD_TE | VTD_GCMD_SRTP | VTD_GCMD_WBF | VTD_GCMD_QIE,
		      .wrote = vtd_gcmd_wrote) },
	{ ALWAYS, ROW(GSTS, 4, .ignored = ALL) },
	{ ALWAYS, ROW(RTADDR, 8, .rw = VTD_RTADDR_RTA | VTD_RTADDR_TTM) },
	{ ALWAYS, ROW(CCMD, 8, .ignored = VTD_CCMD_CAIG,
		      .rw = VTD_CCMD_ICC | VTD_CCMD_CIRG | VTD_CCMD_FM | VTD_CCMD_SID | VTD_CCMD_DID,
		      .wrote = vtd_ccmd_wrote, .read = read_ccmd) },
	{ ALWAYS, ROW(FSTS, 4, .w1c = VTD_FSTS_W1C, .ignored = VTD_FSTS_FRI | VTD_FSTS_PPF | VTD_FSTS_PRO,
		      .wrote = vtd_fsts_wrote, .read = read_fsts) },
	{ ALWAYS, ROW(FECTL, 4, .reset = VTD_FECTL_IM, .rw = VTD_FECTL_IM, .ignored = ~(uint64_t)VTD_FECTL_IM,
		      .index = VTD_EVENT_FAULT, .wrote = vtd_event_ctl_wrote, .read = read_fectl) },
	{ ALWAYS, ROW(FEDATA, 4, .rw = VTD_FEDATA_IMD) },
	{ ALWAYS, ROW(FEADDR, 4, .rw = VTD_FEADDR_MA) },
	{ ALWAYS, ROW(FEUADDR, 4, .rw = VTD_FEUADDR_MUA) },
	{ ALWAYS, ROW(PMEN, 4, .rw = VTD_PMEN_EPM, .ignored = ~(uint64_t)VTD_PMEN_EPM, .wrote = vtd_pmen_wrote) },
	{ PLMR, ROW(PLMBASE, 4, .wrote = vtd_pmr_wrote) },
	{ PLMR, ROW(PLMLIMIT, 4, .wrote = vtd_pmr_wrote) },
	{ PHMR, ROW(PHMBASE, 8, .wrote = vtd_pmr_wrote) },
	{ PHMR, ROW(PHMLIMIT, 8, .wrote = vtd_pmr_wrote) },
	{ QI, ROW(IQH, 8, .ignored = ALL) },
	{ QI, ROW(IQT, 8, .rw = VTD_IQT_QT, .wrote = vtd_iqt_wrote) },
	{ QI, ROW(IQA, 8, .rw = VTD_IQA_IQA | VTD_IQA_DW | VTD_IQA_QS, .wrote = vtd_iqa_wrote) },
	{ QI, ROW(ICS, 4, .w1c = VTD_ICS_IWC, .wrote = vtd_ics_wrote, .read = read_ics) },
	{ QI, ROW(IECTL, 4, .reset = VTD_IECTL_IM, .rw = VTD_IECTL_IM, .ignored = ~(uint64_t)VTD_IECTL_IM,
		  .index = VTD_EVENT_INVAL, .wrote = vtd_event_ctl_wrote, .read = read_iectl) },
	{ QI, ROW(IEDATA, 4, .rw = VTD_IEDATA_IMD) },
	{ QI, ROW(IEADDR, 4, .rw = VTD_IEADDR_MA) },
	{ QI, ROW(IEUADDR, 4, .rw = VTD_IEUADDR_MUA) },
	{ QI, ROW(IQERCD, 8, .ignored = ALL) },
	{ IR, ROW(IRTA, 8, .rw = VTD_IRTA_IRTA | VTD_IRTA_EIME | VTD_IRTA_S) },
};
/* clang-format on */

static bool exists(const struct vtd_caps *c, enum needs needs)
{
	switch (needs) {
	case QI:
		return c->qi;
	case PLMR:
		return (c->cap & VTD_CAP_PLMR) != 0;
	case PHMR:
		return (c->cap & VTD_CAP_PHMR) != 0;
	case IR:
		return c->ir;
	default:
		return true;
	}
}

/* What depends on this unit's capabilities. */
static void adjust(const struct vtd_unit *v, const struct sim_vtd_config *config,
		   struct reg_desc *d)
{
	const struct vtd_caps *c = &v->caps;

	switch (d->off) {
	case VTD_REG_VER:
		d->reset = c->ver;
		break;
	case VTD_REG_CAP:
		d->reset = c->cap;
		break;
	case VTD_REG_ECAP:
		d->reset = c->ecap;
		break;
	case VTD_REG_GCMD:
		if (!c->qi)
			d->wo &= ~(uint64_t)VTD_GCMD_QIE;
		if (c->ir)
			d->wo |= VTD_GCMD_IRE | VTD_GCMD_SIRTP | VTD_GCMD_CFI;
		break;
	case VTD_REG_IRTA:
		if (!c->eim)
			d->rw &= ~(uint64_t)VTD_IRTA_EIME;
		break;
	case VTD_REG_FSTS:
		d->w1c &= ~(uint64_t)((c->qi ? 0 : VTD_FSTS_IQE) |
				      (c->dt ? 0 : VTD_FSTS_ITE | VTD_FSTS_ICE));
		d->ignored |= VTD_FSTS_W1C; /* software clears by the full mask */
		break;
	case VTD_REG_PMEN:
		if (!(c->cap & (VTD_CAP_PLMR | VTD_CAP_PHMR)))
			d->rw = 0;
		break;
	case VTD_REG_PLMBASE:
	case VTD_REG_PLMLIMIT:
		d->rw = VTD_PLM_FIELD(config->plm_align_bits - 1);
		d->ignored = ~d->rw; /* writing all ones is how software finds N */
		break;
	case VTD_REG_PHMBASE:
	case VTD_REG_PHMLIMIT:
		d->rw = VTD_PHM_FIELD(config->phm_align_bits - 1);
		d->ignored = ~d->rw;
		break;
	default:
		break;
	}
}

#define VTD_IOTLB_REGS_BYTES 16u

/* The two registers at ECAP.IRO. */
static int add_iotlb(struct vtd_unit *v)
{
	const struct reg_desc iva = {
		.name = "IVA",
		.off = v->caps.inval_off + VTD_REG_IVA_OFF,
		.size = 8,
		.rw = VTD_IVA_ADDR | VTD_IVA_IH | VTD_IVA_AM,
		.read = read_zero,
	};
	const struct reg_desc iotlb = {
		.name = "IOTLB",
		.off = v->caps.inval_off + VTD_REG_IOTLB_OFF,
		.size = 8,
		.rw = VTD_IOTLB_IVT | VTD_IOTLB_IIRG | VTD_IOTLB_DR | VTD_IOTLB_DW | VTD_IOTLB_DID,
		.ignored = VTD_IOTLB_IAIG | MASK64(31, 0),
		.wrote = vtd_iotlb_wrote,
	};
	int rc = regfile_add(&v->u.regs, &iva);

	return rc ? rc : regfile_add(&v->u.regs, &iotlb);
}

static int add_frcd(struct vtd_unit *v)
{
	int rc = SIM_OK;

	for (uint32_t i = 0; i < v->caps.faults && !rc; i++) {
		struct reg_desc d = {
			.name = "FRCD_LO",
			.off = v->caps.fault_off + i * VTD_FRCD_SIZE,
			.size = 8,
			.ignored = ~(uint64_t)0,
			.index = i,
		};

		rc = regfile_add(&v->u.regs, &d);
		d.name = "FRCD_HI";
		d.off += 8;
		d.w1c = VTD_FRCD1_F;
		d.wrote = vtd_frcd_wrote;
		if (!rc)
			rc = regfile_add(&v->u.regs, &d);
	}
	return rc;
}

uint32_t vtd_regs_bytes(const struct vtd_caps *c)
{
	uint32_t faults = c->fault_off + c->faults * VTD_FRCD_SIZE,
		 inval = c->inval_off + VTD_IOTLB_REGS_BYTES;
	uint32_t bytes = faults > inval ? faults : inval;

	return (bytes + 0xFFF) & ~0xFFFu;
}

static bool meets(uint32_t a, uint32_t a_bytes, uint32_t b, uint32_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

const char *vtd_regs_collision(const struct vtd_caps *c)
{
	uint32_t faults = c->faults * VTD_FRCD_SIZE;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct reg_desc *d = &rows[i].d;

		if (!exists(c, rows[i].needs))
			continue;
		if (meets(c->fault_off, faults, d->off, d->size))
			return "CAP.FRO and CAP.NFR: the fault records overlap another register";
		if (meets(c->inval_off, VTD_IOTLB_REGS_BYTES, d->off, d->size))
			return "ECAP.IRO: the IOTLB registers overlap another register";
	}
	if (meets(c->fault_off, faults, c->inval_off, VTD_IOTLB_REGS_BYTES))
		return "CAP.FRO and ECAP.IRO: fault records and IOTLB registers overlap";
	return NULL;
}

int vtd_regs_init(struct vtd_unit *v, const struct sim_vtd_config *config)
{
	int rc = regfile_init(&v->u.regs, vtd_regs_bytes(&v->caps), v);

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]) && !rc; i++) {
		struct reg_desc d = rows[i].d;

		if (!exists(&v->caps, rows[i].needs))
			continue;
		adjust(v, config, &d);
		rc = regfile_add(&v->u.regs, &d);
	}
	if (!rc)
		rc = add_iotlb(v);
	if (!rc)
		rc = add_frcd(v);
	if (!rc)
		regfile_reset(&v->u.regs);
	return rc;
}
