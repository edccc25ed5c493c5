/*
 * A machine with one AMD-Vi unit for tests. Register offsets and field places are typed again from the specification.
 */
#include <check.h>
#include <string.h>

#include "amdvi_world.h"
#include "random.h"

#define HEAP UINT64_C(0x800000)
#define SETTLE_NS 3000000u

void av_start(struct amdvi_world *w, const struct sim_amdvi_config *config,
	      const struct sim_policy *policy)
{
	struct sim_config sc = { .seed = 1, .trace_records = 1u << 16 };
	int rc;

	*w = (struct amdvi_world){ .next_page = HEAP };
	sim_amdvi_default(&w->config);
	if (config)
		w->config = *config;
	if (policy)
		sc.policy = *policy;
	ck_assert_int_eq(sim_create(&sc, &w->s), SIM_OK);
	ck_assert_int_eq(sim_mem_add(w->s, 0, AMDVI_WORLD_RAM - 1), SIM_OK);
	rc = sim_amdvi_add(w->s, &w->config);
	ck_assert_msg(rc == 0, "unit: %d %s", rc, sim_why(w->s));
}

void av_stop(struct amdvi_world *w)
{
	sim_destroy(w->s);
}

void av_enable(struct amdvi_world *w)
{
	av_w(w, 0x0000, AMDVI_WORLD_DEVTAB | 0x1FF);
	av_w(w, 0x0008, AMDVI_WORLD_CMD | UINT64_C(8) << 56);
	av_w(w, 0x0010, AMDVI_WORLD_EVT | UINT64_C(8) << 56);
	sim_amdvi_pci_write(w->s, 0, SIM_AMDVI_PCI_MSI + 4, 0xFEE00000);
	sim_amdvi_pci_write(w->s, 0, SIM_AMDVI_PCI_MSI + 12, 0x41);
	sim_amdvi_pci_write(w->s, 0, SIM_AMDVI_PCI_MSI, 1u << 16);
	av_w(w, 0x0018, 0x148D); /* IommuEn, EventLogEn, EventIntEn, 1 s, Coherent, CmdBufEn */
	for (unsigned i = 0; i < 10000; i++) {
		if ((av_r(w, 0x2020) & 0x18) == 0x18)
			return;
		sim_relax(w->s);
	}
	ck_abort_msg("the rings do not run");
}

/* ---- memory ---- */

uint64_t av_page(struct amdvi_world *w)
{
	static const uint8_t zero[4096];
	uint64_t pa = w->next_page;

	w->next_page += sizeof(zero);
	ck_assert_uint_le(w->next_page, AMDVI_WORLD_RAM);
	ck_assert_int_eq(sim_mem_store(w->s, pa, zero, sizeof(zero)), SIM_OK);
	return pa;
}

void av_put(struct amdvi_world *w, uint64_t pa, uint64_t val)
{
	ck_assert_int_eq(sim_mem_store(w->s, pa, &val, sizeof(val)), SIM_OK);
}

uint64_t av_get(struct amdvi_world *w, uint64_t pa)
{
	uint64_t val;

	ck_assert_int_eq(sim_mem_load(w->s, pa, &val, sizeof(val)), SIM_OK);
	return val;
}

/* ---- registers ---- */

uint64_t av_r(struct amdvi_world *w, uint32_t off)
{
	return sim_reg_read(w->s, 0, off, 8);
}

void av_w(struct amdvi_world *w, uint32_t off, uint64_t val)
{
	sim_reg_write(w->s, 0, off, 8, val);
}

uint64_t av_status(struct amdvi_world *w)
{
	return sim_reg_peek(w->s, 0, 0x2020, 8);
}

uint32_t av_complaints(struct amdvi_world *w, const char *name)
{
	const struct sim_complaint_info *info;

	for (uint32_t id = 0; (info = sim_complaint_info(id)); id++)
		if (!strcmp(info->name, name))
			return sim_complaint_count(w->s, id);
	ck_abort_msg("no complaint is called %s", name);
}

uint32_t av_complaints_all(struct amdvi_world *w)
{
	uint32_t n = 0;

	for (uint32_t id = 0; sim_complaint_info(id); id++)
		n += sim_complaint_count(w->s, id);
	return n;
}

void av_settle(struct amdvi_world *w)
{
	for (unsigned i = 0; i < 100 && !sim_idle(w->s); i++)
		sim_advance(w->s, SETTLE_NS / 100);
}

/* ---- tables ---- */

void av_dte(struct amdvi_world *w, uint16_t rid, uint64_t q0, uint64_t q1, uint64_t q2)
{
	uint64_t at = AMDVI_WORLD_DEVTAB + (uint64_t)rid * 32;

	av_put(w, at + 16, q2);
	av_put(w, at + 8, q1);
	av_put(w, at, q0);
}

void av_attach(struct amdvi_world *w, uint16_t rid, uint64_t root, unsigned mode, uint16_t domain)
{
	av_dte(w, rid, AV_RW | root | (uint64_t)mode << 9 | 3, domain, 0);
}

uint64_t av_table(struct amdvi_world *w, uint64_t root, unsigned top, uint64_t iova, unsigned level)
{
	for (; top > level; top--) {
		uint64_t at = root + (iova >> (12 + 9 * (top - 1)) & 0x1FF) * 8;

		if (!(av_get(w, at) & 1))
			av_put(w, at, av_page(w) | AV_RW | (uint64_t)(top - 1) << 9 | 1);
		root = av_get(w, at) & UINT64_C(0xFFFFFFFFFF000);
	}
	return root;
}

uint64_t av_entry_at(struct amdvi_world *w, uint64_t root, unsigned top, uint64_t iova,
		     unsigned level)
{
	return av_table(w, root, top, iova, level) + (iova >> (12 + 9 * (level - 1)) & 0x1FF) * 8;
}

void av_leaf(struct amdvi_world *w, uint64_t root, unsigned top, uint64_t iova, unsigned level,
	     uint64_t entry)
{
	av_put(w, av_entry_at(w, root, top, iova, level), entry);
}

/* ---- requests ---- */

void av_request(struct amdvi_world *w, uint16_t rid, uint64_t addr, unsigned access, unsigned at,
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

bool av_reads(struct amdvi_world *w, uint16_t rid, uint64_t addr, uint64_t pa)
{
	struct sim_xlat x;

	av_request(w, rid, addr, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	return x.outcome == SIM_OUTCOME_OK && x.pa == pa;
}

/* ---- commands and events ---- */

void av_cmd(struct amdvi_world *w, uint64_t q0, uint64_t q1)
{
	av_put(w, AMDVI_WORLD_CMD + w->tail, q0);
	av_put(w, AMDVI_WORLD_CMD + w->tail + 8, q1);
	w->tail = (w->tail + 16) % 4096;
}

void av_tell(struct amdvi_world *w)
{
	av_w(w, 0x2008, w->tail);
}

void av_submit(struct amdvi_world *w, uint64_t q0, uint64_t q1)
{
	av_cmd(w, q0, q1);
	av_tell(w);
	av_settle(w);
}

bool av_event(struct amdvi_world *w, uint64_t *q0, uint64_t *q1)
{
	if (sim_reg_peek(w->s, 0, 0x2018, 8) == w->head)
		return false;
	*q0 = av_get(w, AMDVI_WORLD_EVT + w->head);
	*q1 = av_get(w, AMDVI_WORLD_EVT + w->head + 8);
	w->head = (w->head + 16) % 4096;
	av_w(w, 0x2010, w->head);
	return true;
}

void av_expect_event(struct amdvi_world *w, uint64_t q0, uint64_t q1)
{
	uint64_t e[2];

	ck_assert_msg(av_event(w, &e[0], &e[1]), "no event, expected %016llx",
		      (unsigned long long)q0);
	ck_assert_msg(e[0] == q0 && e[1] == q1, "event %016llx %016llx, expected %016llx %016llx",
		      (unsigned long long)e[0], (unsigned long long)e[1], (unsigned long long)q0,
		      (unsigned long long)q1);
	av_expect_no_event(w);
}

void av_expect_no_event(struct amdvi_world *w)
{
	uint64_t e[2];

	ck_assert_msg(!av_event(w, &e[0], &e[1]), "unexpected event %016llx %016llx",
		      (unsigned long long)e[0], (unsigned long long)e[1]);
}

/* ---- caches ---- */

unsigned av_cached(struct amdvi_world *w, enum sim_cache cache, uint64_t domain, uint64_t iova)
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

uint64_t av_random(uint64_t *state)
{
	return random64(state);
}

uint32_t av_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(av_random(state) % n);
}
