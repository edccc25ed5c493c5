/*
 * A machine with one VT-d unit for tests.
 */
#include <check.h>
#include <string.h>

#include "vtd_world.h"
#include "random.h"

#define HEAP UINT64_C(0x100000)
#define SETTLE_NS 3000000u

void world_default(struct sim_vtd_config *config)
{
	sim_vtd_default(config);
}

void world_start(struct world *w, const struct sim_vtd_config *config,
		 const struct sim_policy *policy)
{
	struct sim_config sc = { .seed = 1, .trace_records = 1u << 16 };
	int rc;

	*w = (struct world){ .next_page = HEAP };
	world_default(&w->config);
	if (config)
		w->config = *config;
	if (policy)
		sc.policy = *policy;
	ck_assert_int_eq(sim_create(&sc, &w->s), SIM_OK);
	ck_assert_int_eq(sim_mem_add(w->s, 0, WORLD_RAM - 1), SIM_OK);
	rc = sim_vtd_add(w->s, &w->config);
	ck_assert_msg(rc == 0, "unit: %d %s", rc, sim_why(w->s));
	w->iva = (uint32_t)FIELD_GET(VTD_ECAP_IRO, w->config.ecap) * 16;
	w->iotlb = w->iva + 8;
	w->frcd = (uint32_t)FIELD_GET(VTD_CAP_FRO, w->config.cap) * 16;
}

void world_stop(struct world *w)
{
	sim_destroy(w->s);
}

/* ---- memory ---- */

uint64_t world_page(struct world *w)
{
	static const uint8_t zero[4096];
	uint64_t pa = w->next_page;

	w->next_page += sizeof(zero);
	ck_assert_uint_le(w->next_page, WORLD_RAM);
	ck_assert_int_eq(sim_mem_store(w->s, pa, zero, sizeof(zero)), SIM_OK);
	return pa;
}

void world_put(struct world *w, uint64_t pa, uint64_t val)
{
	ck_assert_int_eq(sim_mem_store(w->s, pa, &val, sizeof(val)), SIM_OK);
}

uint64_t world_get(struct world *w, uint64_t pa)
{
	uint64_t val;

	ck_assert_int_eq(sim_mem_load(w->s, pa, &val, sizeof(val)), SIM_OK);
	return val;
}

/* ---- registers ---- */

uint32_t world_r32(struct world *w, uint32_t off)
{
	return (uint32_t)sim_reg_read(w->s, 0, off, 4);
}

uint64_t world_r64(struct world *w, uint32_t off)
{
	return sim_reg_read(w->s, 0, off, 8);
}

void world_w32(struct world *w, uint32_t off, uint32_t val)
{
	sim_reg_write(w->s, 0, off, 4, val);
}

void world_w64(struct world *w, uint32_t off, uint64_t val)
{
	sim_reg_write(w->s, 0, off, 8, val);
}

uint32_t world_fsts(struct world *w)
{
	return (uint32_t)sim_reg_peek(w->s, 0, 0x34, 4);
}

uint64_t world_frcd_lo(struct world *w, uint32_t n)
{
	return sim_reg_peek(w->s, 0, w->frcd + 16 * n, 8);
}

uint64_t world_frcd_hi(struct world *w, uint32_t n)
{
	return sim_reg_peek(w->s, 0, w->frcd + 16 * n + 8, 8);
}

void world_gcmd(struct world *w, uint32_t bit, bool on)
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

uint32_t world_complaints(struct world *w, const char *name)
{
	const struct sim_complaint_info *info;

	for (uint32_t id = 0; (info = sim_complaint_info(id)); id++)
		if (!strcmp(info->name, name))
			return sim_complaint_count(w->s, id);
	ck_abort_msg("no complaint is called %s", name);
}

void world_settle(struct world *w)
{
	for (unsigned i = 0; i < 100 && !sim_idle(w->s); i++)
		sim_advance(w->s, SETTLE_NS / 100);
}

/* ---- tables ---- */

void world_enable(struct world *w, uint64_t ttm)
{
	if (!w->root)
		w->root = world_page(w);
	world_w64(w, VTD_REG_RTADDR, w->root | ttm << 10);
	world_gcmd(w, VTD_GCMD_SRTP, true);
	world_gcmd(w, VTD_GCMD_TE, true);
}

uint64_t world_context_at(struct world *w, uint16_t rid)
{
	uint64_t at;

	if (!w->root)
		w->root = world_page(w);
	at = w->root + (uint64_t)(rid >> 8) * 16;
	if (!(world_get(w, at) & 1))
		world_put(w, at, world_page(w) | 1);
	return (world_get(w, at) & ~UINT64_C(0xFFF)) + (uint64_t)(rid & 0xFF) * 16;
}

void world_context(struct world *w, uint16_t rid, uint64_t table, unsigned tt, unsigned aw,
		   uint32_t did, bool fpd)
{
	uint64_t at = world_context_at(w, rid);

	world_put(w, at + 8, (uint64_t)did << 8 | aw);
	world_put(w, at, table | (uint64_t)tt << 2 | (uint64_t)fpd << 1 | 1);
}

uint64_t world_entry_at(struct world *w, uint64_t top, unsigned levels, uint64_t iova,
			unsigned level)
{
	for (unsigned n = levels - 1; n > level; n--) {
		uint64_t entry = world_get(w, top + (iova >> (12 + 9 * n) & 0x1FF) * 8);

		if (!(entry & 3))
			return 0;
		top = entry & UINT64_C(0xFFFFFFFFFF000);
	}
	return top + (iova >> (12 + 9 * level) & 0x1FF) * 8;
}

void world_leaf(struct world *w, uint64_t top, unsigned levels, uint64_t iova, unsigned level,
		uint64_t entry)
{
	for (unsigned n = levels - 1; n > level; n--) {
		uint64_t at = world_entry_at(w, top, levels, iova, n);

		if (!(world_get(w, at) & 3))
			world_put(w, at, world_page(w) | WORLD_RW);
	}
	world_put(w, world_entry_at(w, top, levels, iova, level), entry);
}

/* ---- requests ---- */

void world_request(struct world *w, uint16_t rid, uint64_t addr, unsigned access, unsigned at,
		   unsigned flags, struct sim_xlat *x)
{
	struct sim_request rq = {
		.addr = addr,
		.rid = rid,
		.access = (uint8_t)access,
		.at = (uint8_t)at,
		.flags = (uint8_t)flags,
		.len = 4,
	};

	sim_translate(w->s, &rq, x);
}

bool world_reads(struct world *w, uint16_t rid, uint64_t addr, uint64_t pa)
{
	struct sim_xlat x;

	world_request(w, rid, addr, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	return x.outcome == SIM_OUTCOME_OK && x.pa == pa;
}

/* ---- the queue ---- */

void world_queue_on(struct world *w, unsigned qs, bool wide)
{
	w->queue_bytes = 4096u << qs;
	w->desc_bytes = wide ? 32 : 16;
	if (!w->queue)
		for (unsigned i = 0; i < 1u << qs; i++) {
			uint64_t page = world_page(w);

			w->queue = w->queue ? w->queue : page;
		}
	w->tail = 0;
	world_w64(w, VTD_REG_IQT, 0);
	world_w64(w, VTD_REG_IQA, w->queue | (uint64_t)wide << 11 | qs);
	world_gcmd(w, VTD_GCMD_QIE, true);
}

void world_desc(struct world *w, uint64_t q0, uint64_t q1)
{
	world_put(w, w->queue + w->tail, q0);
	world_put(w, w->queue + w->tail + 8, q1);
	if (w->desc_bytes == 32) {
		world_put(w, w->queue + w->tail + 16, 0);
		world_put(w, w->queue + w->tail + 24, 0);
	}
	w->tail = (w->tail + w->desc_bytes) % w->queue_bytes;
}

void world_tell(struct world *w)
{
	world_w64(w, VTD_REG_IQT, w->tail);
}

void world_submit(struct world *w, uint64_t q0, uint64_t q1)
{
	world_desc(w, q0, q1);
	world_tell(w);
	world_settle(w);
}

/* ---- caches ---- */

unsigned world_cached(struct world *w, enum sim_cache cache, uint64_t domain, uint64_t iova)
{
	struct sim_cache_line line;
	uint32_t cursor = 0;
	unsigned n = 0;

	while (sim_cache_next(w->s, 0, cache, &cursor, &line))
		n += (domain == UINT64_MAX || line.domain == domain) &&
		     (iova == UINT64_MAX || line.iova == iova);
	return n;
}

/* ---- random numbers ---- */

uint64_t world_random(uint64_t *state)
{
	return random64(state);
}

uint32_t world_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(world_random(state) % n);
}
