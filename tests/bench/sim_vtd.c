/*
 * VT-d for the simulator's rows: legacy tables, invalidation through registers.
 */
#include "hw/vtd.h"
#include "iommusim/vtd.h"
#include "sim/vtd/unit.h"
#include "sim_arch.h"

#define ROOT SIM_ARCH_ROOT
#define CONTEXT (ROOT + 0x1000)
#define FAULT_REGS 0x1000u

static void add(struct sim_rig *r)
{
	struct sim_vtd_config unit;

	sim_vtd_default(&unit);
	unit.cap = (unit.cap & ~(VTD_CAP_NFR | VTD_CAP_FRO)) |
		   FIELD_PREP(VTD_CAP_NFR, SIM_ARCH_FAULTS - 1) |
		   FIELD_PREP(VTD_CAP_FRO, FAULT_REGS / 16);
	if (sim_vtd_add(r->s, &unit) < 0)
		sim_arch_die(r->s);
}

static uint64_t entry(uint64_t to, unsigned level)
{
	(void)level;
	return to | VTD_SS_R | VTD_SS_W;
}

static void attach(struct sim_rig *r, uint16_t rid, uint64_t root, uint32_t domain)
{
	uint64_t table = CONTEXT + (uint64_t)(rid >> 8) * 0x1000;

	sim_arch_store(r, ROOT + (uint64_t)(rid >> 8) * 16, table | VTD_RE0_P);
	sim_arch_store(r, table + (uint64_t)(rid & 0xFF) * 16 + 8,
		       FIELD_PREP(VTD_CE1_DID, domain) | FIELD_PREP(VTD_CE1_AW, VTD_AW_48BIT));
	sim_arch_store(r, table + (uint64_t)(rid & 0xFF) * 16, root | VTD_CE0_P);
}

static void command(struct sim_rig *r, uint32_t bit)
{
	sim_reg_write(r->s, 0, VTD_REG_GCMD, 4,
		      (sim_reg_read(r->s, 0, VTD_REG_GSTS, 4) & ~VTD_GSTS_ONESHOT) | bit);
}

static void enable(struct sim_rig *r)
{
	sim_reg_write(r->s, 0, VTD_REG_RTADDR, 8, ROOT);
	command(r, VTD_GCMD_SRTP);
	command(r, VTD_GCMD_TE);
}

static void free_records(struct sim_rig *r, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		sim_reg_write(r->s, 0, FAULT_REGS + 16 * i + 12, 4, VTD_FRCD1_F >> 32);
}

static void inval_page(struct sim_rig *r, uint32_t domain, uint64_t addr)
{
	vtd_inval_iotlb(vtd_of(sim_unit(r->s, 0)), VTD_NARROW, domain, addr, 0, true);
}

static void guest_inval(struct sim_rig *r, uint64_t granularity, uint32_t domain)
{
	const struct vtd_unit *v = vtd_of(sim_unit(r->s, 0));

	sim_reg_write(r->s, 0, v->caps.inval_off + 8, 8,
		      VTD_IOTLB_IVT | FIELD_PREP(VTD_IOTLB_IIRG, granularity) |
			      FIELD_PREP(VTD_IOTLB_DID, domain));
}

/* Two register writes. */
static void guest_inval_page(struct sim_rig *r, uint32_t domain, uint64_t addr)
{
	const struct vtd_unit *v = vtd_of(sim_unit(r->s, 0));

	sim_reg_write(r->s, 0, v->caps.inval_off, 8, addr);
	guest_inval(r, VTD_IIRG_PAGE, domain);
}

static void guest_inval_domain(struct sim_rig *r, uint32_t domain, uint64_t addr)
{
	(void)addr;
	guest_inval(r, VTD_IIRG_DOMAIN, domain);
}

const struct sim_arch sim_arch_vtd = {
	.prefix = "",
	.add = add,
	.entry = entry,
	.attach = attach,
	.enable = enable,
	.free_records = free_records,
	.inval_page = inval_page,
	.guest_inval_page = guest_inval_page,
	.guest_inval_domain = guest_inval_domain,
};
