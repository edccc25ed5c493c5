/*
 * Protected memory regions.
 * Implements 3.16 "Handling DMA to Reserved System Memory / Protected Regions" and 11.4.8 "Protected Memory Registers".
 * A blocked DMA is never recorded.
 */
#include "unit.h"

static void finish(void *arg)
{
	struct vtd_unit *v = arg;
	uint64_t pmen = reg_get(&v->u.regs, VTD_REG_PMEN) & ~(uint64_t)VTD_PMEN_PRS;

	reg_set(&v->u.regs, VTD_REG_PMEN, pmen | (pmen & VTD_PMEN_EPM ? VTD_PMEN_PRS : 0));
	vtd_update_fast(v);
}

void vtd_pmr_init(struct vtd_unit *v)
{
	timer_init(&v->pmen_timer, finish, v);
}

void vtd_pmen_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;

	if (v->pmen_timer.set)
		complain(v->u.sim, v->u.index, COMPLAINT_PMEN_BUSY, w->raw);
	if ((w->old ^ w->now) & VTD_PMEN_EPM) {
		vtd_one_command(v, VTD_REG_PMEN, w->raw);
		sim_after(v->u.sim, &v->pmen_timer, v->u.sim->timing.handshake_ns);
	}
}

void vtd_pmr_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;

	if (vtd_pmr_active(v))
		complain(v->u.sim, v->u.index, COMPLAINT_PMR_WHILE_ENABLED, w->raw);
}

bool vtd_pmr_active(const struct vtd_unit *v)
{
	return (reg_get(&v->u.regs, VTD_REG_PMEN) & VTD_PMEN_PRS) != 0;
}

/* The low bits of a base decode as 0, of a limit as 1; a limit below the base disables the region. */
static bool inside(const struct vtd_unit *v, uint32_t base_off, uint32_t limit_off, uint64_t field,
		   uint64_t first, uint64_t last)
{
	uint64_t base = reg_get(&v->u.regs, base_off) & field;
	uint64_t limit = (reg_get(&v->u.regs, limit_off) & field) | (FIELD_LSB(field) - 1);

	return base <= limit && first <= limit && last >= base;
}

bool vtd_pmr_blocks(const struct vtd_unit *v, uint64_t pa, uint64_t len)
{
	const struct regfile *rf = &v->u.regs;
	uint64_t last = pa + len - 1;

	if (v->caps.cap & VTD_CAP_PLMR && inside(v, VTD_REG_PLMBASE, VTD_REG_PLMLIMIT,
						 regfile_at(rf, VTD_REG_PLMBASE)->d.rw, pa, last))
		return true;
	return v->caps.cap & VTD_CAP_PHMR &&
	       inside(v, VTD_REG_PHMBASE, VTD_REG_PHMLIMIT, regfile_at(rf, VTD_REG_PHMBASE)->d.rw,
		      pa, last);
}
