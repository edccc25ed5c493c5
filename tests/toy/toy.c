/*
 * A third party's driver, as small as can be: it links the simulator archive alone, owns its tables, and learns from the
 * machine that it forgot an invalidation. docs/bring-your-own-driver.md walks through this file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hw/vtd.h"
#include "iommusim/vtd.h"

enum {
	ROOT = 0x10000,
	CONTEXT = 0x11000,
	L4 = 0x12000,
	L3 = 0x13000,
	L2 = 0x14000,
	L1 = 0x15000
};

/* ---- the driver: everything it knows about the world is these three functions ---- */

static void store(struct sim *s, uint64_t pa, uint64_t val)
{
	sim_cpu_write64(s, pa, val);
}

static void command(struct sim *s, uint32_t bit)
{
	uint32_t status = (uint32_t)sim_reg_read(s, 0, VTD_REG_GSTS, 4) & ~VTD_GSTS_ONESHOT;

	sim_reg_write(s, 0, VTD_REG_GCMD, 4, status | bit);
	for (int i = 0; i < 1000 && !(sim_reg_read(s, 0, VTD_REG_GSTS, 4) & bit); i++)
		sim_relax(s);
}

static void invalidate_iotlb(struct sim *s)
{
	uint32_t reg = VTD_REG_IOTLB(FIELD_GET(VTD_ECAP_IRO, sim_reg_read(s, 0, VTD_REG_ECAP, 8)));

	sim_reg_write(s, 0, reg, 8, VTD_IOTLB_IVT | FIELD_PREP(VTD_IOTLB_IIRG, VTD_IIRG_GLOBAL));
	for (int i = 0; i < 1000 && sim_reg_read(s, 0, reg, 8) & VTD_IOTLB_IVT; i++)
		sim_relax(s);
}

/* Device 00:02.0, domain 1, 4-level tables, IOVA 0x5000 -> 0x200000, translation on. */
static void toy_start(struct sim *s)
{
	const uint64_t rw = VTD_SS_R | VTD_SS_W;

	store(s, L4, L3 | rw);
	store(s, L3, L2 | rw);
	store(s, L2, L1 | rw);
	store(s, L1 + 5 * 8, 0x200000 | rw);
	store(s, CONTEXT + 0x10 * 16 + 8,
	      FIELD_PREP(VTD_CE1_DID, 1) | FIELD_PREP(VTD_CE1_AW, VTD_AW_48BIT));
	store(s, CONTEXT + 0x10 * 16, L4 | VTD_CE0_P);
	store(s, ROOT, CONTEXT | VTD_RE0_P);
	sim_reg_write(s, 0, VTD_REG_RTADDR, 8, ROOT);
	command(s, VTD_GCMD_SRTP);
	invalidate_iotlb(s);
	command(s, VTD_GCMD_TE);
}

/* ---- the machine, and what it says ---- */

static struct sim *machine(void)
{
	struct sim_config config = { .seed = 1, .oracle = true };
	struct sim_vtd_config unit;
	struct sim *s;

	sim_vtd_default(&unit);
	if (sim_create(&config, &s) || sim_mem_add(s, 0, 0xFFFFFFF) || sim_vtd_add(s, &unit) < 0 ||
	    sim_device_add(s, 0, 0x0010, false) < 0) {
		fprintf(stderr, "machine: %s\n", sim_why(s));
		exit(2);
	}
	return s;
}

static struct sim_dma_result dma(struct sim *s, const char *what)
{
	uint32_t word = 0xCAFE;
	struct sim_segment seg = { 0 };
	struct sim_dma_result r;
	struct sim_dma write = { .dev = 0,
				 .access = SIM_WRITE,
				 .addr = 0x5100,
				 .len = sizeof(word),
				 .data = &word,
				 .seg = &seg,
				 .segs = 1 };

	if (sim_dma(s, &write, &r))
		exit(2);
	if (r.outcome == SIM_OUTCOME_OK)
		printf("%s: reached 0x%llx from the %s%s\n", what, (unsigned long long)seg.pa,
		       sim_source_name((enum sim_source)seg.source), r.stale ? ", STALE" : "");
	else
		printf("%s: %s, fault %s\n", what, sim_outcome_name(r.outcome),
		       sim_vtd_reason_name(r.last.reason));
	return r;
}

static int expect(bool ok, const char *what)
{
	if (!ok)
		fprintf(stderr, "toy driver: expected %s\n", what);
	return ok ? 0 : 1;
}

int main(void)
{
	struct sim *s = machine();
	struct sim_dma_result mapped, again, stale, gone;
	char text[1024];
	int bad = 0;

	toy_start(s);
	mapped = dma(s, "mapped");
	again = dma(s, "again");
	store(s, L1 + 5 * 8, 0);
	stale = dma(s, "unmapped, nothing invalidated");
	invalidate_iotlb(s);
	gone = dma(s, "unmapped, invalidated");

	bad += expect(mapped.outcome == SIM_OUTCOME_OK && mapped.last.source == SIM_FROM_WALK,
		      "a walk to serve the first DMA");
	bad += expect(again.outcome == SIM_OUTCOME_OK && again.last.source == SIM_FROM_IOTLB,
		      "the IOTLB to serve the second");
	bad += expect(stale.outcome == SIM_OUTCOME_OK && stale.stale,
		      "the IOTLB to serve a stale translation");
	bad += expect(gone.outcome == SIM_OUTCOME_UR && gone.last.reason == VTD_FR_SS_WRITE,
		      "SS_WRITE once invalidated");
	bad += expect(sim_finding_count(s) == 1, "exactly one finding");
	if (sim_finding_count(s)) {
		sim_finding_format(sim_finding_get(s, 0), text, sizeof(text));
		printf("%s\n", text);
	}
	sim_destroy(s);
	return bad ? 1 : 0;
}
