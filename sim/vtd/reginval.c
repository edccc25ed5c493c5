/*
 * Register-based invalidation.
 * Implements 6.5.1 "Register-based Invalidation Interface", 11.4.5.1 "Context Command Register" and 11.4.6 "IOTLB
 * Registers". Legal while the queue is off; one command at a time over both registers.
 */
#include "unit.h"

static uint32_t iotlb_off(const struct vtd_unit *v)
{
	return v->caps.inval_off + VTD_REG_IOTLB_OFF;
}

static void reply(struct vtd_unit *v, uint32_t off, uint64_t go, uint64_t performed_mask,
		  unsigned performed)
{
	uint64_t val = reg_get(&v->u.regs, off) & ~(go | performed_mask);

	reg_set(&v->u.regs, off, val | FIELD_PREP(performed_mask, performed));
}

static bool refused(struct vtd_unit *v, uint64_t cmd)
{
	return inject_armed(v->u.sim, SIM_POINT_COMMAND_REFUSED) &&
	       inject_fires(v->u.sim, v->u.index, SIM_POINT_COMMAND_REFUSED, SIM_MASTER_ANY, cmd,
			    cmd, NULL);
}

static void context_command(struct vtd_unit *v)
{
	uint64_t cmd = reg_get(&v->u.regs, VTD_REG_CCMD);
	unsigned g = (unsigned)FIELD_GET(VTD_CCMD_CIRG, cmd);

	if (refused(v, cmd)) {
		g = VTD_CAIG_NONE;
	} else if (g == 0 || v->ttm != VTD_TTM_LEGACY) {
		complain(v->u.sim, v->u.index, COMPLAINT_REGINVAL_GRANULARITY, cmd);
		g = VTD_CAIG_NONE;
	} else {
		v->u.stats.register_commands++;
		vtd_drain(v);
		g = vtd_inval_context(v, (enum vtd_granularity)g,
				      (uint32_t)FIELD_GET(VTD_CCMD_DID, cmd),
				      (uint16_t)FIELD_GET(VTD_CCMD_SID, cmd),
				      (uint32_t)FIELD_GET(VTD_CCMD_FM, cmd));
	}
	reply(v, VTD_REG_CCMD, VTD_CCMD_ICC, VTD_CCMD_CAIG, g);
}

/* Page-selective without PSI, or with AM above MAMV, is not performed. */
static bool iotlb_possible(struct vtd_unit *v, uint64_t cmd, uint64_t iva)
{
	uint64_t g = FIELD_GET(VTD_IOTLB_IIRG, cmd);

	if (g == VTD_NARROW && v->caps.psi && FIELD_GET(VTD_IVA_AM, iva) > v->caps.mamv) {
		complain(v->u.sim, v->u.index, COMPLAINT_IVA_AM, iva);
		return false;
	}
	if (g == 0 || v->ttm != VTD_TTM_LEGACY || (g == VTD_NARROW && !v->caps.psi)) {
		complain(v->u.sim, v->u.index, COMPLAINT_REGINVAL_GRANULARITY, cmd);
		return false;
	}
	return true;
}

static void iotlb_command(struct vtd_unit *v)
{
	uint64_t cmd = reg_get(&v->u.regs, iotlb_off(v)),
		 iva = reg_get(&v->u.regs, v->caps.inval_off + VTD_REG_IVA_OFF);
	unsigned g = (unsigned)FIELD_GET(VTD_IOTLB_IIRG, cmd);

	if (refused(v, cmd) || !iotlb_possible(v, cmd, iva)) {
		g = 0;
	} else {
		v->u.stats.register_commands++;
		vtd_drain(v);
		g = vtd_inval_iotlb(v, (enum vtd_granularity)g,
				    (uint32_t)FIELD_GET(VTD_IOTLB_DID, cmd), iva & VTD_IVA_ADDR,
				    (uint32_t)FIELD_GET(VTD_IVA_AM, iva), (iva & VTD_IVA_IH) != 0);
	}
	reply(v, iotlb_off(v), VTD_IOTLB_IVT, VTD_IOTLB_IAIG, g);
}

static void finish(void *arg)
{
	struct vtd_unit *v = arg;
	uint32_t which = v->reginval;

	v->reginval = 0;
	oracle_removes(&v->u, v->u.sim->watch);
	if (which == VTD_REG_CCMD)
		context_command(v);
	else if (which)
		iotlb_command(v);
	oracle_removes(&v->u, false);
	if (!v->u.sim->watch)
		return;
	oracle_executed(v->u.sim, v->u.index, v->reginval_number);
	oracle_polled(v->u.sim, v->u.index, v->reginval_number, which + 4); /* ICC, IVT: bit 63 */
}

/* The oracle hears of it when it is given; what the unit will refuse is no invalidation. */
static uint64_t issued(struct vtd_unit *v, uint32_t off)
{
	uint64_t cmd = reg_get(&v->u.regs, off),
		 iva = reg_get(&v->u.regs, v->caps.inval_off + VTD_REG_IVA_OFF);
	struct sim_invalidation c;

	if (off == VTD_REG_CCMD)
		c = vtd_command_context(v, (unsigned)FIELD_GET(VTD_CCMD_CIRG, cmd),
					(uint32_t)FIELD_GET(VTD_CCMD_DID, cmd),
					(uint16_t)FIELD_GET(VTD_CCMD_SID, cmd),
					(uint32_t)FIELD_GET(VTD_CCMD_FM, cmd));
	else
		c = vtd_command_iotlb(v, (unsigned)FIELD_GET(VTD_IOTLB_IIRG, cmd),
				      (uint32_t)FIELD_GET(VTD_IOTLB_DID, cmd), iva & VTD_IVA_ADDR,
				      (uint32_t)FIELD_GET(VTD_IVA_AM, iva),
				      (iva & VTD_IVA_IH) != 0);
	return oracle_issued(v->u.sim, v->u.index, &c);
}

void vtd_reginval_init(struct vtd_unit *v)
{
	timer_init(&v->reginval_timer, finish, v);
}

static void command(struct vtd_unit *v, uint32_t off, const struct reg_write *w, uint64_t go,
		    uint64_t performed_mask)
{
	struct sim *s = v->u.sim;

	if (v->reginval)
		complain(s, v->u.index, COMPLAINT_REGINVAL_BUSY, w->raw);
	if (!(w->raw & w->lanes & go)) {
		/* Software cannot take a command back: the bit is hardware's until it is done. */
		if (v->reginval == off)
			reg_set(&v->u.regs, off, w->now | (w->old & go));
		return;
	}
	vtd_one_command(v, VTD_REG_CCMD, w->raw);
	if (v->qi.on) {
		/* Policy where the specification is silent: not performed, and said so. */
		complain(s, v->u.index, COMPLAINT_REGINVAL_WHILE_QUEUED, w->raw);
		reply(v, off, go, performed_mask, 0);
		return;
	}
	if (v->reginval && v->reginval != off)
		return; /* two commands in flight: the second is lost in ICC or IVT, which never clears */
	v->reginval = off;
	v->reginval_number = s->watch ? issued(v, off) : 0;
	sim_after(s, &v->reginval_timer, s->timing.handshake_ns);
}

void vtd_ccmd_wrote(void *owner, const struct reg_write *w)
{
	command(owner, VTD_REG_CCMD, w, VTD_CCMD_ICC, VTD_CCMD_CAIG);
}

void vtd_iotlb_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;

	command(v, iotlb_off(v), w, VTD_IOTLB_IVT, VTD_IOTLB_IAIG);
}
