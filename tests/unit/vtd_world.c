/*
 * A machine with one VT-d unit for tests.
 */
#include <check.h>

#include "vtd_world.h"

#define HEAP UINT64_C(0x100000)

void vt_start(struct world *w, const struct sim_vtd_config *config, const struct sim_policy *policy)
{
	int rc;

	world_create(w, VT_RAM, HEAP, policy);
	sim_vtd_default(&w->vtd.config);
	if (config)
		w->vtd.config = *config;
	rc = sim_vtd_add(w->s, &w->vtd.config);
	ck_assert_msg(rc == 0, "unit: %d %s", rc, sim_why(w->s));
	w->vtd.iva = (uint32_t)FIELD_GET(VTD_ECAP_IRO, w->vtd.config.ecap) * 16;
	w->vtd.iotlb = w->vtd.iva + 8;
	w->vtd.frcd = (uint32_t)FIELD_GET(VTD_CAP_FRO, w->vtd.config.cap) * 16;
}

/* ---- registers ---- */

uint32_t vt_fsts(struct world *w)
{
	return (uint32_t)sim_reg_peek(w->s, 0, 0x34, 4);
}

uint64_t vt_frcd_lo(struct world *w, uint32_t n)
{
	return sim_reg_peek(w->s, 0, w->vtd.frcd + 16 * n, 8);
}

uint64_t vt_frcd_hi(struct world *w, uint32_t n)
{
	return sim_reg_peek(w->s, 0, w->vtd.frcd + 16 * n + 8, 8);
}

void vt_gcmd(struct world *w, uint32_t bit, bool on)
{
	bool oneshot = bit & (VTD_GCMD_SRTP | VTD_GCMD_WBF);
	uint32_t sts = world_r32(w, VTD_REG_GSTS) & 0x96FFFFFFu;
	uint32_t want = bit == VTD_GCMD_WBF ? 0 : oneshot || on ? bit : 0;

	world_w32(w, VTD_REG_GCMD, oneshot || on ? sts | bit : sts & ~bit);
	for (unsigned i = 0; i < 10000; i++) {
		if ((world_r32(w, VTD_REG_GSTS) & bit) == want)
			return;
		sim_relax(w->s);
	}
	ck_abort_msg("GCMD %08x: no answer", (unsigned)bit);
}

/* ---- tables ---- */

void vt_enable(struct world *w, uint64_t ttm)
{
	if (!w->vtd.root)
		w->vtd.root = world_page(w);
	world_w64(w, VTD_REG_RTADDR, w->vtd.root | ttm << 10);
	vt_gcmd(w, VTD_GCMD_SRTP, true);
	vt_gcmd(w, VTD_GCMD_TE, true);
}

uint64_t vt_context_at(struct world *w, uint16_t rid)
{
	uint64_t at;

	if (!w->vtd.root)
		w->vtd.root = world_page(w);
	at = w->vtd.root + (uint64_t)(rid >> 8) * 16;
	if (!(world_get(w, at) & 1))
		world_put(w, at, world_page(w) | 1);
	return (world_get(w, at) & ~UINT64_C(0xFFF)) + (uint64_t)(rid & 0xFF) * 16;
}

void vt_context(struct world *w, uint16_t rid, uint64_t table, unsigned tt, unsigned aw,
		uint32_t did, bool fpd)
{
	uint64_t at = vt_context_at(w, rid);

	world_put(w, at + 8, (uint64_t)did << 8 | aw);
	world_put(w, at, table | (uint64_t)tt << 2 | (uint64_t)fpd << 1 | 1);
}

uint64_t vt_entry_at(struct world *w, uint64_t top, unsigned levels, uint64_t iova, unsigned level)
{
	for (unsigned n = levels - 1; n > level; n--) {
		uint64_t entry = world_get(w, top + (iova >> (12 + 9 * n) & 0x1FF) * 8);

		if (!(entry & 3))
			return 0;
		top = entry & UINT64_C(0xFFFFFFFFFF000);
	}
	return top + (iova >> (12 + 9 * level) & 0x1FF) * 8;
}

void vt_leaf(struct world *w, uint64_t top, unsigned levels, uint64_t iova, unsigned level,
	     uint64_t entry)
{
	for (unsigned n = levels - 1; n > level; n--) {
		uint64_t at = vt_entry_at(w, top, levels, iova, n);

		if (!(world_get(w, at) & 3))
			world_put(w, at, world_page(w) | VT_RW);
	}
	world_put(w, vt_entry_at(w, top, levels, iova, level), entry);
}

/* ---- the queue ---- */

void vt_queue_on(struct world *w, unsigned qs, bool wide)
{
	w->vtd.queue_bytes = 4096u << qs;
	w->vtd.desc_bytes = wide ? 32 : 16;
	if (!w->vtd.queue)
		for (unsigned i = 0; i < 1u << qs; i++) {
			uint64_t page = world_page(w);

			w->vtd.queue = w->vtd.queue ? w->vtd.queue : page;
		}
	w->vtd.tail = 0;
	world_w64(w, VTD_REG_IQT, 0);
	world_w64(w, VTD_REG_IQA, w->vtd.queue | (uint64_t)wide << 11 | qs);
	vt_gcmd(w, VTD_GCMD_QIE, true);
}

void vt_desc(struct world *w, uint64_t q0, uint64_t q1)
{
	world_put(w, w->vtd.queue + w->vtd.tail, q0);
	world_put(w, w->vtd.queue + w->vtd.tail + 8, q1);
	if (w->vtd.desc_bytes == 32) {
		world_put(w, w->vtd.queue + w->vtd.tail + 16, 0);
		world_put(w, w->vtd.queue + w->vtd.tail + 24, 0);
	}
	w->vtd.tail = (w->vtd.tail + w->vtd.desc_bytes) % w->vtd.queue_bytes;
}

void vt_tell(struct world *w)
{
	world_w64(w, VTD_REG_IQT, w->vtd.tail);
}

void vt_submit(struct world *w, uint64_t q0, uint64_t q1)
{
	vt_desc(w, q0, q1);
	vt_tell(w);
	world_settle(w);
}
