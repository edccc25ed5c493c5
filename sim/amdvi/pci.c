/*
 * The unit's PCI function: header, IOMMU capability block, MSI capability.
 * Implements 48882 3.2 "IOMMU Capability Block". The MSI shadow registers of the MMIO region are the same storage.
 *
 * Firmware has set the register base and Enable, which locks everything in the block until reset.
 */
#include "unit.h"

#define PCI_BYTES 4096u
#define PCI_STATUS_CAP_LIST BIT32(20)
#define PCI_CAP_POINTER 0x34u
#define DEVICE_ID 0x1451u /* of one of the parts there are */

#define MSI_REGS 4u

/* Header, address low and high, data: where they stand in each space. */
static const uint32_t msi_pci[MSI_REGS] = { SIM_AMDVI_PCI_MSI, SIM_AMDVI_PCI_MSI + 4,
					    SIM_AMDVI_PCI_MSI + 8, SIM_AMDVI_PCI_MSI + 12 };
static const uint32_t msi_mmio[MSI_REGS] = { AMDVI_REG_MSI_CAPHDR, AMDVI_REG_MSI_ADDRLO,
					     AMDVI_REG_MSI_ADDRHI, AMDVI_REG_MSI_DATA };

/* Messages asked for: enough for MsiNum. */
static uint32_t msi_header(const struct amdvi_unit *a)
{
	uint32_t number = (uint32_t)FIELD_GET(AMDVI_MISC0_MSINUM, a->caps.misc0), lg2 = 0;

	while (1u << lg2 <= number)
		lg2++;
	return AMDVI_PCI_CAP_MSI | AMDVI_MSIHDR_64BITEN |
	       (uint32_t)FIELD_PREP(AMDVI_MSIHDR_MULTMESSCAP, lg2);
}

void amdvi_msi_wrote(void *owner, const struct reg_write *w)
{
	struct amdvi_unit *a = owner;

	reg_set(&a->pci, msi_pci[w->index], w->now);
}

static void pci_msi_wrote(void *owner, const struct reg_write *w)
{
	struct amdvi_unit *a = owner;

	if (a->caps.msi_mmio)
		reg_set(&a->u.regs, msi_mmio[w->index], w->now);
}

static int add(struct amdvi_unit *a, uint32_t off, uint32_t val)
{
	return regfile_add(&a->pci, &(struct reg_desc){
					    .name = "PCI",
					    .off = off,
					    .size = 4,
					    .reset = val,
					    .ignored = ~(uint64_t)0,
				    });
}

static int add_msi(struct amdvi_unit *a)
{
	static const uint32_t rw[MSI_REGS] = { AMDVI_MSIHDR_MSIEN | AMDVI_MSIHDR_MULTMESSEN,
					       AMDVI_MSI_ADDRLO, AMDVI_MSI_ADDRHI, AMDVI_MSI_DATA };
	int rc = SIM_OK;

	for (uint32_t i = 0; i < MSI_REGS && !rc; i++)
		rc = regfile_add(&a->pci, &(struct reg_desc){
						  .name = "MSI",
						  .off = msi_pci[i],
						  .size = 4,
						  .reset = i ? 0 : msi_header(a),
						  .rw = rw[i],
						  .ignored = ~(uint64_t)0,
						  .index = i,
						  .wrote = pci_msi_wrote,
					  });
	if (!rc && a->caps.msi_mmio)
		reg_set(&a->u.regs, AMDVI_REG_MSI_CAPHDR, msi_header(a));
	return rc;
}

/* Firmware sets base and Enable again before anybody looks. */
void amdvi_pci_reset(struct amdvi_unit *a)
{
	regfile_reset(&a->pci);
	if (a->caps.msi_mmio)
		reg_set(&a->u.regs, AMDVI_REG_MSI_CAPHDR, msi_header(a));
}

int amdvi_pci_init(struct amdvi_unit *a, const struct sim_amdvi_config *config)
{
	const uint32_t dword[][2] = {
		{ 0x00, DEVICE_ID << 16 | AMDVI_PCI_VENDOR },
		{ 0x04, PCI_STATUS_CAP_LIST },
		{ 0x08, AMDVI_PCI_CLASS << 8 },
		{ PCI_CAP_POINTER, SIM_AMDVI_PCI_CAP },
		{ SIM_AMDVI_PCI_CAP + AMDVI_CAP_HDR, config->cap },
		{ SIM_AMDVI_PCI_CAP + AMDVI_CAP_BASE_LO,
		  (uint32_t)config->base | AMDVI_BASELO_ENABLE },
		{ SIM_AMDVI_PCI_CAP + AMDVI_CAP_BASE_HI, (uint32_t)(config->base >> 32) },
		{ SIM_AMDVI_PCI_CAP + AMDVI_CAP_RANGE, 0 },
		{ SIM_AMDVI_PCI_CAP + AMDVI_CAP_MISC0, config->misc0 },
		{ SIM_AMDVI_PCI_CAP + AMDVI_CAP_MISC1, 0 },
	};
	int rc = regfile_init(&a->pci, PCI_BYTES, a);

	for (unsigned i = 0; i < sizeof(dword) / sizeof(dword[0]) && !rc; i++)
		rc = add(a, dword[i][0], dword[i][1]);
	return rc ? rc : add_msi(a);
}

static struct amdvi_unit *find(struct sim *s, uint32_t unit)
{
	struct unit *u = sim_unit(s, unit);

	return u && u->ops == &amdvi_ops ? amdvi_of(u) : NULL;
}

uint32_t sim_amdvi_pci_read(struct sim *s, uint32_t unit, uint32_t off)
{
	struct amdvi_unit *a = find(s, unit);
	uint64_t val;

	machine_yield(s);
	if (!a || a->u.gone)
		return UINT32_MAX;
	machine_complain(s, unit, regfile_read(&a->pci, off, 4, &val), off, 0);
	machine_settle(s);
	return (uint32_t)val;
}

void sim_amdvi_pci_write(struct sim *s, uint32_t unit, uint32_t off, uint32_t val)
{
	struct amdvi_unit *a = find(s, unit);

	machine_yield(s);
	if (!a || a->u.gone)
		return;
	machine_complain(s, unit, regfile_write(&a->pci, off, 4, val), off, val);
	machine_settle(s);
}
