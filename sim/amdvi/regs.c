/*
 * The registers of a unit, as rows.
 * Implements 48882 3.3 "IOMMU MMIO Registers". A register whose feature is absent does not exist: it reads 0 and drops
 * writes.
 */
#include "unit.h"

enum needs {
	ALWAYS = 0,
	EFRSUP,
	HESUP,
	DUAL,
	MSIMMIO,
	PERFOPT,
	XTSUP
};

struct row {
	enum needs needs;
	struct reg_desc d;
};

#define ALL (~(uint64_t)0)
#define RING_RESET FIELD_PREP(AMDVI_RING_LEN, AMDVI_RING_LEN_MIN)

/*
 * Control bits of features every unit here has. Reserved control bits (CRW) store; so do those whose effect is outside the
 * model: HyperTransport attributes, SlfWBdis. IRTCacheDis has no feature bit: units with 128-bit interrupt entries have it.
 */
#define CONTROL_ALWAYS                                                                  \
	(AMDVI_CONTROL_IOMMUEN | AMDVI_CONTROL_EVENTLOGEN | AMDVI_CONTROL_EVENTINTEN |  \
	 AMDVI_CONTROL_COMWAITINTEN | AMDVI_CONTROL_INVTIMEOUT | AMDVI_CONTROL_PASSPW | \
	 AMDVI_CONTROL_RESPASSPW | AMDVI_CONTROL_COHERENT | AMDVI_CONTROL_ISOC |        \
	 AMDVI_CONTROL_CMDBUFEN | AMDVI_CONTROL_CRW | AMDVI_CONTROL_SLFWBDIS |          \
	 AMDVI_CONTROL_DEVTBLSEGEN)

/* clang-format off */
#define ROW(reg, bytes, ...) { .name = #reg, .off = AMDVI_REG_##reg, .size = (bytes), __VA_ARGS__ }
#define RING(reg, ring) \
	ROW(reg, 8, .reset = RING_RESET, .rw = AMDVI_RING_BASE | AMDVI_RING_LEN, .index = (ring), .wrote = amdvi_ring_base_wrote)
#define HEAD(reg, ring) \
	ROW(reg, 8, .rw = AMDVI_PTR_16, .index = (ring), .wrote = amdvi_ring_ptr_wrote)
#define TAIL(reg, ring) \
	ROW(reg, 8, .rw = AMDVI_PTR_16, .index = (ring) + AMDVI_RINGS, .wrote = amdvi_ring_ptr_wrote)

static const struct row rows[] = {
	{ ALWAYS,  ROW(DEVTAB, 8, .rw = AMDVI_DEVTAB_SIZE | AMDVI_DEVTAB_BASE, .wrote = amdvi_devtab_wrote) },
	{ ALWAYS,  RING(CMDBUF, AMDVI_RING_CMD) },
	{ ALWAYS,  RING(EVTLOG, AMDVI_RING_EVT) },
	{ ALWAYS,  ROW(CONTROL, 8, .reset = AMDVI_CONTROL_RESET, .rw = CONTROL_ALWAYS, .wrote = amdvi_control_wrote) },
	{ ALWAYS,  ROW(EXCL_BASE, 8, .rw = AMDVI_EXCL_BASE | AMDVI_EXCL_ALLOW | AMDVI_EXCL_EXEN, .wrote = amdvi_excl_wrote) },
	{ ALWAYS,  ROW(EXCL_LIMIT, 8, .rw = AMDVI_EXCL_LIMIT, .ignored = MASK64(11, 0)) },
	{ EFRSUP,  ROW(EFR, 8, .ignored = ALL) },
	{ HESUP,   ROW(HWEVT_UPPER, 8, .rw = ALL) },
	{ HESUP,   ROW(HWEVT_LOWER, 8, .rw = ALL) },
	{ HESUP,   ROW(HWEVT_STATUS, 8, .w1c = AMDVI_HWEVT_STATUS_HEV | AMDVI_HWEVT_STATUS_HEO) },
	{ DUAL,    RING(EVTLOG_B, AMDVI_RING_EVT_B) },
	{ ALWAYS,  ROW(DSFX, 8, .ignored = ALL) }, /* no device-specific feature, so nothing to control */
	{ ALWAYS,  ROW(DSCX, 8, .ignored = ALL) },
	{ ALWAYS,  ROW(DSSX, 8, .ignored = ALL) },
	{ MSIMMIO, ROW(MSI_VECTOR0, 4, .ignored = ALL) },
	{ MSIMMIO, ROW(MSI_VECTOR1, 4, .ignored = ALL) },
	{ MSIMMIO, ROW(MSI_CAPHDR, 4, .rw = AMDVI_MSIHDR_MSIEN | AMDVI_MSIHDR_MULTMESSEN, .ignored = ALL,
		       .index = 0, .wrote = amdvi_msi_wrote) },
	{ MSIMMIO, ROW(MSI_ADDRLO, 4, .rw = AMDVI_MSI_ADDRLO, .index = 1, .wrote = amdvi_msi_wrote) },
	{ MSIMMIO, ROW(MSI_ADDRHI, 4, .rw = AMDVI_MSI_ADDRHI, .index = 2, .wrote = amdvi_msi_wrote) },
	{ MSIMMIO, ROW(MSI_DATA, 4, .rw = AMDVI_MSI_DATA, .index = 3, .wrote = amdvi_msi_wrote) },
	{ MSIMMIO, ROW(MSI_MAPCAP, 4, .ignored = ALL) }, /* no HyperTransport: 0 */
	{ PERFOPT, ROW(PERFOPT, 4, .rw = AMDVI_PERFOPT_PERFOPTEN) },
	{ XTSUP,   ROW(XT_GEN, 8, .rw = AMDVI_XT_DESTMODE | AMDVI_XT_DEST_LO | AMDVI_XT_VECTOR | AMDVI_XT_DELIVERYMODE |
			    AMDVI_XT_DEST_HI) },
	{ EFRSUP,  ROW(EFR2, 8, .ignored = ALL) },
	{ ALWAYS,  HEAD(CMD_HEAD, AMDVI_RING_CMD) },
	{ ALWAYS,  TAIL(CMD_TAIL, AMDVI_RING_CMD) },
	{ ALWAYS,  HEAD(EVT_HEAD, AMDVI_RING_EVT) },
	{ ALWAYS,  TAIL(EVT_TAIL, AMDVI_RING_EVT) },
	{ ALWAYS,  ROW(STATUS, 8, .w1c = AMDVI_STATUS_EVENTOVERFLOW | AMDVI_STATUS_EVENTLOGINT | AMDVI_STATUS_COMWAITINT,
		       .ignored = AMDVI_STATUS_RO | AMDVI_STATUS_W1C) },
	{ DUAL,    HEAD(EVT_HEAD_B, AMDVI_RING_EVT_B) },
	{ DUAL,    TAIL(EVT_TAIL_B, AMDVI_RING_EVT_B) },
};
/* clang-format on */

static bool exists(const struct amdvi_caps *c, enum needs needs)
{
	switch (needs) {
	case EFRSUP:
		return (c->cap & AMDVI_CAPHDR_EFRSUP) != 0;
	case HESUP:
		return c->he;
	case DUAL:
		return c->dual != AMDVI_DUALSUP_NONE;
	case MSIMMIO:
		return c->msi_mmio;
	case PERFOPT:
		return (c->efr & AMDVI_EFR_PERFOPTSUP) != 0;
	case XTSUP:
		return c->xt;
	default:
		return true;
	}
}

/* What depends on this unit's capabilities. */
static void adjust(const struct amdvi_caps *c, struct reg_desc *d)
{
	switch (d->off) {
	case AMDVI_REG_EFR:
		d->reset = c->efr;
		break;
	case AMDVI_REG_EFR2:
		d->reset = c->efr2;
		break;
	case AMDVI_REG_MSI_VECTOR0:
		d->reset = c->misc0;
		break;
	case AMDVI_REG_CONTROL:
		if (c->dual)
			d->rw |= AMDVI_CONTROL_DUALEVENTLOGEN;
		d->rw |= (c->ga ? AMDVI_CONTROL_GAEN | AMDVI_CONTROL_IRTCACHEDIS : 0) |
			 (c->xt ? AMDVI_CONTROL_XTEN | AMDVI_CONTROL_INTCAPXTEN : 0) |
			 (c->many_interrupts ? AMDVI_CONTROL_NUMINTREMAPMODE : 0);
		break;
	case AMDVI_REG_STATUS:
		if (c->dual)
			d->w1c |= AMDVI_STATUS_EVENTOVRFLWB;
		break;
	default:
		break;
	}
}

/* Segments 1 and up have one bit less of Size. */
static int add_segments(struct amdvi_unit *a)
{
	static const char *const name[AMDVI_DEVTAB_SEGMENTS] = {
		"DEVTAB",      "DEVTAB_SEG1", "DEVTAB_SEG2", "DEVTAB_SEG3",
		"DEVTAB_SEG4", "DEVTAB_SEG5", "DEVTAB_SEG6", "DEVTAB_SEG7",
	};
	int rc = SIM_OK;

	for (uint32_t n = 1; n < 1u << a->caps.segments_lg2 && !rc; n++)
		rc = regfile_add(&a->u.regs,
				 &(struct reg_desc){
					 .name = name[n],
					 .off = AMDVI_REG_DEVTAB_SEG(n),
					 .size = 8,
					 .rw = AMDVI_DEVTAB_SIZE_SEG | AMDVI_DEVTAB_BASE,
					 .index = n,
					 .wrote = amdvi_devtab_wrote,
				 });
	return rc;
}

int amdvi_regs_init(struct amdvi_unit *a)
{
	int rc = regfile_init(&a->u.regs, AMDVI_MMIO_SIZE, a);

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]) && !rc; i++) {
		struct reg_desc d = rows[i].d;

		if (!exists(&a->caps, rows[i].needs))
			continue;
		adjust(&a->caps, &d);
		rc = regfile_add(&a->u.regs, &d);
	}
	if (!rc)
		rc = add_segments(a);
	if (!rc)
		regfile_reset(&a->u.regs);
	return rc;
}
