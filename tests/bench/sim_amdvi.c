/*
 * AMD-Vi for the simulator's rows: host tables of four levels, invalidation through the command buffer.
 */
#include "hw/amdvi.h"
#include "iommusim/amdvi.h"
#include "sim/amdvi/unit.h"
#include "sim_arch.h"

#define CMD SIM_ARCH_ROOT
#define CMD_BYTES 0x1000u
#define EVT (SIM_ARCH_ROOT + 0x10000)
#define EVT_LEN 9u                /* 512 entries: one more than a batch has, and a power of two */
#define DEVTAB UINT64_C(0x200000) /* 2 MiB: every DeviceID */
_Static_assert(SIM_ARCH_FAULTS < 1u << AMDVI_RING_LG2_16(EVT_LEN), "a batch fits into the log");

static void add(struct sim_rig *r)
{
	struct sim_amdvi_config unit;

	sim_amdvi_default(&unit);
	if (sim_amdvi_add(r->s, &unit) < 0)
		sim_arch_die(r->s);
}

/* An entry names the level of the table it leads to, which is that of its own entries; 0 is a page. */
static uint64_t entry(uint64_t to, unsigned level)
{
	return to | AMDVI_PT_IR | AMDVI_PT_IW | AMDVI_PT_PR |
	       FIELD_PREP(AMDVI_PT_NEXT_LEVEL, level);
}

static void attach(struct sim_rig *r, uint16_t rid, uint64_t root, uint32_t domain)
{
	uint64_t at = DEVTAB + ((uint64_t)rid << AMDVI_DTE_LG2);

	sim_arch_store(r, at + 8, FIELD_PREP(AMDVI_DTE1_DOMAINID, domain));
	sim_arch_store(r, at,
		       root | AMDVI_DTE0_IR | AMDVI_DTE0_IW | FIELD_PREP(AMDVI_DTE0_MODE, 4) |
			       AMDVI_DTE0_TV | AMDVI_DTE0_V);
}

static void enable(struct sim_rig *r)
{
	uint64_t run = AMDVI_STATUS_CMDBUFRUN | AMDVI_STATUS_EVENTLOGRUN;

	sim_reg_write(r->s, 0, AMDVI_REG_DEVTAB, 8,
		      DEVTAB | FIELD_PREP(AMDVI_DEVTAB_SIZE, AMDVI_DEVTAB_SIZE_MAX));
	sim_reg_write(r->s, 0, AMDVI_REG_CMDBUF, 8,
		      CMD | FIELD_PREP(AMDVI_RING_LEN, AMDVI_RING_LEN_MIN));
	sim_reg_write(r->s, 0, AMDVI_REG_EVTLOG, 8, EVT | FIELD_PREP(AMDVI_RING_LEN, EVT_LEN));
	sim_reg_write(r->s, 0, AMDVI_REG_CONTROL, 8,
		      AMDVI_CONTROL_IOMMUEN | AMDVI_CONTROL_COHERENT | AMDVI_CONTROL_CMDBUFEN |
			      AMDVI_CONTROL_EVENTLOGEN);
	if ((sim_reg_read(r->s, 0, AMDVI_REG_STATUS, 8) & run) != run)
		sim_arch_die(NULL);
}

static void free_records(struct sim_rig *r, uint32_t n)
{
	(void)n;
	sim_reg_write(r->s, 0, AMDVI_REG_EVT_HEAD, 8, sim_reg_read(r->s, 0, AMDVI_REG_EVT_TAIL, 8));
}

static void inval_page(struct sim_rig *r, uint32_t domain, uint64_t addr)
{
	amdvi_inval_pages(amdvi_of(sim_unit(r->s, 0)), (uint16_t)domain, addr, false, false);
}

/* Two stores into the command buffer and the tail. */
static void guest_inval(struct sim_rig *r, uint32_t domain, uint64_t q1)
{
	sim_cpu_write64(r->s, CMD + r->tail,
			FIELD_PREP(AMDVI_CMD0_OP, AMDVI_OP_INVALIDATE_IOMMU_PAGES) |
				FIELD_PREP(AMDVI_PAGESC0_DOMAINID, domain));
	sim_cpu_write64(r->s, CMD + r->tail + 8, q1);
	r->tail = (r->tail + (1u << AMDVI_CMD_LG2)) % CMD_BYTES;
	sim_reg_write(r->s, 0, AMDVI_REG_CMD_TAIL, 8, r->tail);
}

static void guest_inval_page(struct sim_rig *r, uint32_t domain, uint64_t addr)
{
	guest_inval(r, domain, addr & AMDVI_PAGESC1_ADDR);
}

static void guest_inval_domain(struct sim_rig *r, uint32_t domain, uint64_t addr)
{
	(void)addr;
	guest_inval(r, domain, AMDVI_SIZE_ALL | AMDVI_PAGESC1_S | AMDVI_PAGESC1_PDE);
}

const struct sim_arch sim_arch_amdvi = {
	.prefix = "amd_",
	.add = add,
	.entry = entry,
	.attach = attach,
	.enable = enable,
	.free_records = free_records,
	.inval_page = inval_page,
	.guest_inval_page = guest_inval_page,
	.guest_inval_domain = guest_inval_domain,
};
