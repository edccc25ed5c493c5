/*
 * A machine with one AMD-Vi unit for tests. Register offsets and field places are typed again from the specification.
 */
#include <check.h>

#include "amdvi_world.h"

#define HEAP UINT64_C(0x800000)

void av_start(struct world *w, const struct sim_amdvi_config *config,
	      const struct sim_policy *policy)
{
	int rc;

	world_create(w, AV_RAM, HEAP, policy);
	sim_amdvi_default(&w->amdvi.config);
	if (config)
		w->amdvi.config = *config;
	rc = sim_amdvi_add(w->s, &w->amdvi.config);
	ck_assert_msg(rc == 0, "unit: %d %s", rc, sim_why(w->s));
}

void av_enable(struct world *w)
{
	world_w64(w, 0x0000, AV_DEVTAB | 0x1FF);
	world_w64(w, 0x0008, AV_CMD | UINT64_C(8) << 56);
	world_w64(w, 0x0010, AV_EVT | UINT64_C(8) << 56);
	sim_amdvi_pci_write(w->s, 0, SIM_AMDVI_PCI_MSI + 4, 0xFEE00000);
	sim_amdvi_pci_write(w->s, 0, SIM_AMDVI_PCI_MSI + 12, 0x41);
	sim_amdvi_pci_write(w->s, 0, SIM_AMDVI_PCI_MSI, 1u << 16);
	world_w64(w, 0x0018, 0x148D); /* IommuEn, EventLogEn, EventIntEn, 1 s, Coherent, CmdBufEn */
	for (unsigned i = 0; i < 10000; i++) {
		if ((world_r64(w, 0x2020) & 0x18) == 0x18)
			return;
		sim_relax(w->s);
	}
	ck_abort_msg("the rings do not run");
}

/* ---- registers ---- */

uint64_t av_status(struct world *w)
{
	return sim_reg_peek(w->s, 0, 0x2020, 8);
}

/* ---- tables ---- */

void av_dte(struct world *w, uint16_t rid, uint64_t q0, uint64_t q1, uint64_t q2)
{
	uint64_t at = AV_DEVTAB + (uint64_t)rid * 32;

	world_put(w, at + 16, q2);
	world_put(w, at + 8, q1);
	world_put(w, at, q0);
}

void av_attach(struct world *w, uint16_t rid, uint64_t root, unsigned mode, uint16_t domain)
{
	av_dte(w, rid, AV_RW | root | (uint64_t)mode << 9 | 3, domain, 0);
}

uint64_t av_table(struct world *w, uint64_t root, unsigned top, uint64_t iova, unsigned level)
{
	for (; top > level; top--) {
		uint64_t at = root + (iova >> (12 + 9 * (top - 1)) & 0x1FF) * 8;

		if (!(world_get(w, at) & 1))
			world_put(w, at, world_page(w) | AV_RW | (uint64_t)(top - 1) << 9 | 1);
		root = world_get(w, at) & UINT64_C(0xFFFFFFFFFF000);
	}
	return root;
}

uint64_t av_entry_at(struct world *w, uint64_t root, unsigned top, uint64_t iova, unsigned level)
{
	return av_table(w, root, top, iova, level) + (iova >> (12 + 9 * (level - 1)) & 0x1FF) * 8;
}

void av_leaf(struct world *w, uint64_t root, unsigned top, uint64_t iova, unsigned level,
	     uint64_t entry)
{
	world_put(w, av_entry_at(w, root, top, iova, level), entry);
}

/* ---- commands and events ---- */

void av_cmd(struct world *w, uint64_t q0, uint64_t q1)
{
	world_put(w, AV_CMD + w->amdvi.tail, q0);
	world_put(w, AV_CMD + w->amdvi.tail + 8, q1);
	w->amdvi.tail = (w->amdvi.tail + 16) % 4096;
}

void av_tell(struct world *w)
{
	world_w64(w, 0x2008, w->amdvi.tail);
}

void av_submit(struct world *w, uint64_t q0, uint64_t q1)
{
	av_cmd(w, q0, q1);
	av_tell(w);
	world_settle(w);
}

bool av_event(struct world *w, uint64_t *q0, uint64_t *q1)
{
	if (sim_reg_peek(w->s, 0, 0x2018, 8) == w->amdvi.head)
		return false;
	*q0 = world_get(w, AV_EVT + w->amdvi.head);
	*q1 = world_get(w, AV_EVT + w->amdvi.head + 8);
	w->amdvi.head = (w->amdvi.head + 16) % 4096;
	world_w64(w, 0x2010, w->amdvi.head);
	return true;
}

void av_expect_event(struct world *w, uint64_t q0, uint64_t q1)
{
	uint64_t e[2];

	ck_assert_msg(av_event(w, &e[0], &e[1]), "no event, expected %016llx",
		      (unsigned long long)q0);
	ck_assert_msg(e[0] == q0 && e[1] == q1, "event %016llx %016llx, expected %016llx %016llx",
		      (unsigned long long)e[0], (unsigned long long)e[1], (unsigned long long)q0,
		      (unsigned long long)q1);
	av_expect_no_event(w);
}

void av_expect_no_event(struct world *w)
{
	uint64_t e[2];

	ck_assert_msg(!av_event(w, &e[0], &e[1]), "unexpected event %016llx %016llx",
		      (unsigned long long)e[0], (unsigned long long)e[1]);
}
