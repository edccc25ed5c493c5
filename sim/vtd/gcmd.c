/*
 * Global commands: the handshakes between GCMD and GSTS.
 * Implements 11.4.4.1 "Global Command Register" and 11.4.4.2 "Global Status Register".
 *
 * A command is accepted by the write and takes effect when its status changes, some time later.
 */
#include "unit.h"

#define LEVELS (VTD_GCMD_TE | VTD_GCMD_QIE | VTD_GCMD_IRE | VTD_GCMD_CFI)
#define ONESHOTS (VTD_GCMD_SRTP | VTD_GCMD_WBF)

static uint32_t gsts(const struct vtd_unit *v)
{
	return (uint32_t)reg_get(&v->u.regs, VTD_REG_GSTS);
}

static void gsts_change(struct vtd_unit *v, uint32_t clear, uint32_t set)
{
	reg_set(&v->u.regs, VTD_REG_GSTS, (gsts(v) & ~clear) | set);
}

/* Carried out as it is told: the handshake is all there is to see of its time. */
static void tell(struct vtd_unit *v, const char *name, uint32_t caches)
{
	const struct sim_invalidation c = { .name = name, .caches = caches };
	struct sim *s = v->u.sim;
	uint64_t number;

	if (!s->watch)
		return;
	number = oracle_issued(s, v->u.index, &c);
	oracle_executed(s, v->u.index, number);
	oracle_polled(s, v->u.index, number, VTD_REG_GSTS);
}

static void set_root(struct vtd_unit *v)
{
	uint64_t rtaddr = reg_get(&v->u.regs, VTD_REG_RTADDR);
	uint8_t ttm = (uint8_t)FIELD_GET(VTD_RTADDR_TTM, rtaddr);

	if (v->tes && ttm != v->ttm && !v->caps.esrtps)
		complain(v->u.sim, v->u.index, COMPLAINT_TTM_WHILE_ENABLED, rtaddr);
	if (v->u.sim->watch)
		oracle_pointed(v->u.sim, v->u.index, "RTADDR", ORACLE_TABLES_DMA, v->root,
			       rtaddr & VTD_RTADDR_RTA);
	v->root = rtaddr & VTD_RTADDR_RTA;
	v->ttm = ttm;
	v->ssirwe = (rtaddr & VTD_RTADDR_SSIRWE) != 0;
	v->root_set = true;
	if (v->caps.esrtps) {
		oracle_removes(&v->u, v->u.sim->watch);
		vtd_inval_all(v);
		oracle_removes(&v->u, false);
		tell(v, "global invalidation by SRTP (CAP.ESRTPS)",
		     1u << SIM_CACHE_CONTEXT | 1u << SIM_CACHE_IOTLB | 1u << SIM_CACHE_PAGING);
	}
	gsts_change(v, 0, VTD_GSTS_RTPS);
	vtd_update_fast(v);
	vtd_qi_kick(v);
}

/* With neither kind of remapping in force records start over (VT-d 7.2 "Fault Logging"). */
static void rewind_faults(struct vtd_unit *v)
{
	if (!v->tes && !v->ir.on)
		v->fault_index = 0;
}

static void translation(struct vtd_unit *v, bool on)
{
	if (on && !v->root_set)
		complain(v->u.sim, v->u.index, COMPLAINT_TE_WITHOUT_ROOT, 0);
	v->tes = on;
	gsts_change(v, VTD_GSTS_TES, on ? VTD_GSTS_TES : 0);
	rewind_faults(v);
	vtd_update_fast(v);
}

static void queue(struct vtd_unit *v, bool on)
{
	if (on) {
		gsts_change(v, 0, VTD_GSTS_QIES);
		vtd_qi_enable(v);
	} else {
		vtd_qi_disable(v);
		gsts_change(v, VTD_GSTS_QIES, 0);
	}
}

/* ---- interrupts ---- */

static void forget_interrupts(struct vtd_unit *v, const char *name)
{
	oracle_removes(&v->u, v->u.sim->watch);
	vtd_inval_interrupts(v, true, 0, 0);
	oracle_removes(&v->u, false);
	tell(v, name, 1u << SIM_CACHE_INTERRUPT);
}

static void set_interrupt_table(struct vtd_unit *v)
{
	uint64_t irta = reg_get(&v->u.regs, VTD_REG_IRTA);
	bool eime = (irta & VTD_IRTA_EIME) != 0;

	if (v->ir.on && (eime != v->ir.eime || !v->caps.esirtps))
		complain(v->u.sim, v->u.index, COMPLAINT_IRTA_WHILE_ENABLED, irta);
	if (v->u.sim->watch)
		oracle_pointed(v->u.sim, v->u.index, "IRTA", ORACLE_TABLES_INTERRUPTS, v->ir.table,
			       irta & VTD_IRTA_IRTA);
	v->ir.table = irta & VTD_IRTA_IRTA;
	v->ir.entries = 1u << VTD_IRT_LG2(FIELD_GET(VTD_IRTA_S, irta));
	v->ir.eime = eime;
	v->ir.set = true;
	if (v->caps.esirtps)
		forget_interrupts(v, "global invalidation by SIRTP (CAP.ESIRTPS)");
	gsts_change(v, 0, VTD_GSTS_IRTPS);
}

static void interrupt_remapping(struct vtd_unit *v, bool on)
{
	if (on && !v->ir.set)
		complain(v->u.sim, v->u.index, COMPLAINT_IRE_WITHOUT_TABLE, 0);
	if (v->u.sim->watch)
		oracle_pointed(v->u.sim, v->u.index, "GSTS.IRES", ORACLE_TABLES_INTERRUPTS,
			       v->ir.on, on);
	v->ir.on = on;
	gsts_change(v, VTD_GSTS_IRES, on ? VTD_GSTS_IRES : 0);
	if (!on && v->caps.esirtps)
		forget_interrupts(v, "global invalidation by IRE = 0 (CAP.ESIRTPS)");
	rewind_faults(v);
}

static void compatibility(struct vtd_unit *v, bool on)
{
	v->ir.compat = on;
	gsts_change(v, VTD_GSTS_CFIS, on ? VTD_GSTS_CFIS : 0);
}

/* Carries out what is in flight: the order of several at once is QEMU's, the specification has none. */
static void finish(void *arg)
{
	struct vtd_unit *v = arg;
	uint32_t cmd = v->gcmd, toggles = cmd & LEVELS, status = gsts(v);

	v->gcmd = 0;
	if (toggles & VTD_GCMD_TE)
		translation(v, !(status & VTD_GSTS_TES));
	if (cmd & VTD_GCMD_SRTP)
		set_root(v);
	if (cmd & VTD_GCMD_WBF) {
		mem_drain(&v->u.sim->mem);
		bus_update(v->u.sim);
		gsts_change(v, VTD_GSTS_WBFS, 0);
		tell(v, "write-buffer flush (GCMD.WBF)", 0);
	}
	if (toggles & VTD_GCMD_QIE)
		queue(v, !(status & VTD_GSTS_QIES));
	if (cmd & VTD_GCMD_SIRTP)
		set_interrupt_table(v);
	if (toggles & VTD_GCMD_CFI)
		compatibility(v, !(status & VTD_GSTS_CFIS));
	if (toggles & VTD_GCMD_IRE)
		interrupt_remapping(v, !(status & VTD_GSTS_IRES));
}

void vtd_gcmd_init(struct vtd_unit *v)
{
	timer_init(&v->gcmd_timer, finish, v);
}

/* A write while a command is in flight: one whose acknowledgement is under way completes now, a lost one stays lost. */
static void settle(struct vtd_unit *v, uint32_t raw)
{
	if (!v->gcmd)
		return;
	complain(v->u.sim, v->u.index, COMPLAINT_GCMD_BUSY, raw);
	if (v->gcmd_timer.set) {
		clock_cancel(&v->u.sim->clock, &v->gcmd_timer);
		finish(v);
	}
	v->gcmd = 0;
}

static bool lost(struct vtd_unit *v, uint32_t cmd)
{
	return inject_armed(v->u.sim, SIM_POINT_HANDSHAKE_LOST) &&
	       inject_fires(v->u.sim, v->u.index, SIM_POINT_HANDSHAKE_LOST, SIM_MASTER_ANY, cmd,
			    cmd, NULL);
}

void vtd_one_command(struct vtd_unit *v, uint32_t mine, uint64_t raw)
{
	bool global = v->gcmd && mine != VTD_REG_GCMD;
	bool inval = v->reginval && mine != VTD_REG_CCMD;
	bool protect = v->pmen_timer.set && mine != VTD_REG_PMEN;

	if (global || inval || protect)
		complain(v->u.sim, v->u.index, COMPLAINT_TWO_COMMANDS, raw);
}

static uint32_t levels(const struct vtd_caps *c)
{
	return VTD_GCMD_TE | (c->qi ? VTD_GCMD_QIE : 0u) |
	       (c->ir ? VTD_GCMD_IRE | VTD_GCMD_CFI : 0u);
}

void vtd_gcmd_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;
	uint32_t raw = (uint32_t)w->raw, oneshots = ONESHOTS | (v->caps.ir ? VTD_GCMD_SIRTP : 0u),
		 cmd;

	settle(v, raw);
	cmd = ((raw ^ gsts(v)) & levels(&v->caps)) | (raw & oneshots);
	if (cmd & VTD_GCMD_WBF && !v->caps.rwbf) {
		complain(v->u.sim, v->u.index, COMPLAINT_WBF_WITHOUT_RWBF, raw);
		cmd &= ~VTD_GCMD_WBF;
	}
	if (cmd & (cmd - 1))
		complain(v->u.sim, v->u.index, COMPLAINT_GCMD_TWO_FIELDS, raw);
	if (!cmd)
		return;
	vtd_one_command(v, VTD_REG_GCMD, raw);
	if (cmd & VTD_GCMD_SRTP)
		gsts_change(v, VTD_GSTS_RTPS, 0);
	if (cmd & VTD_GCMD_SIRTP)
		gsts_change(v, VTD_GSTS_IRTPS, 0);
	if (cmd & VTD_GCMD_WBF)
		gsts_change(v, 0, VTD_GSTS_WBFS); /* the opposite polarity of RTPS */
	v->gcmd = cmd;
	if (!lost(v, cmd))
		sim_after(v->u.sim, &v->gcmd_timer, v->u.sim->timing.handshake_ns);
}
