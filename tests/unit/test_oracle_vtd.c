/*
 * The oracle on a VT-d unit: tables put in place by hand (VT-d 9.1 "Root Entry", 9.3 "Context Entry", 9.8 "Second-Stage Paging
 * Entries"), changed without invalidation, and the cache entry that has to be named.
 */
#include <string.h>

#include "hw/vtd.h"
#include "iommusim/vtd.h"

#include "unit.h"

#define ROOT UINT64_C(0x1000)
#define CONTEXT UINT64_C(0x2000)
#define TOP UINT64_C(0x3000) /* level 3, then 2, 1, 0 in the pages that follow */
#define LEAF UINT64_C(0x6000)
#define PAGE UINT64_C(0x200000)
#define IOVA UINT64_C(0x5000)
#define RID 0x0108u
#define DID 7u

static void put(struct sim *s, uint64_t pa, uint64_t word)
{
	ck_assert_int_eq(sim_mem_store(s, pa, &word, sizeof(word)), SIM_OK);
}

/* A translating unit; device 01:01.0 in domain id 7, IOVA mapped read-write. */
static struct sim *machine(void)
{
	struct sim_config config = { .seed = 3, .oracle = true };
	struct sim_vtd_config unit;
	struct sim *s;

	ck_assert_int_eq(sim_create(&config, &s), SIM_OK);
	ck_assert_int_eq(sim_mem_add(s, 0, 0xffffff), SIM_OK);
	sim_vtd_default(&unit);
	ck_assert_int_eq(sim_vtd_add(s, &unit), 0);
	ck_assert_int_eq(sim_device_add(s, 0, RID, false), 0);
	put(s, ROOT + 16 * (RID >> 8), CONTEXT | 1);
	put(s, CONTEXT + 16 * (RID & 0xff), TOP | 1);
	put(s, CONTEXT + 16 * (RID & 0xff) + 8, (uint64_t)DID << 8 | 2); /* AW 010b: 4 levels */
	for (unsigned i = 0; i < 3; i++)
		put(s, TOP + i * 0x1000, (TOP + (i + 1) * 0x1000) | 3);
	put(s, LEAF + 8 * 5, PAGE | 3);
	sim_reg_write(s, 0, VTD_REG_RTADDR, 8, ROOT);
	sim_reg_write(s, 0, VTD_REG_GCMD, 4, VTD_GCMD_SRTP);
	sim_advance(s, 100000);
	sim_reg_write(s, 0, VTD_REG_GCMD, 4, VTD_GCMD_TE);
	sim_advance(s, 100000);
	return s;
}

static struct sim_dma_result dma_write(struct sim *s)
{
	uint8_t byte = 0x5a;
	struct sim_dma dma = { .access = SIM_WRITE, .addr = IOVA + 0x10, .len = 1, .data = &byte };
	struct sim_dma_result result;

	ck_assert_int_eq(sim_dma(s, &dma, &result), SIM_OK);
	return result;
}

static const struct sim_finding *stale(struct sim *s, enum sim_cache cache)
{
	const struct sim_finding *f = sim_finding_get(s, 0);

	ck_assert_uint_eq(sim_finding_count(s), 1);
	ck_assert_int_eq(f->kind, SIM_FINDING_STALE);
	ck_assert(f->has_line);
	ck_assert_str_eq(sim_cache_name(f->line.cache), sim_cache_name(cache));
	ck_assert_uint_eq(f->line.domain, DID);
	return f;
}

START_TEST(test_oracle_vtd_a_sound_unit_gives_no_finding)
{
	struct sim *s = machine();
	struct sim_dma_result result = dma_write(s);

	ck_assert_int_eq(result.outcome, SIM_OUTCOME_OK);
	ck_assert_uint_eq(result.last.pa, PAGE + 0x10);
	ck_assert_int_eq(dma_write(s).last.source, SIM_FROM_IOTLB);
	ck_assert_uint_eq(sim_finding_count(s), 0);
	sim_destroy(s);
}
END_TEST

START_TEST(test_oracle_vtd_unmap_without_invalidation_is_stale_in_the_iotlb)
{
	struct sim *s = machine();
	const struct sim_finding *f;

	dma_write(s);
	put(s, LEAF + 8 * 5, 0);
	ck_assert(dma_write(s).stale);
	f = stale(s, SIM_CACHE_IOTLB);
	ck_assert_uint_eq(f->memory_reason, VTD_FR_SS_WRITE);
	ck_assert_uint_eq(f->line.entry_pa, LEAF + 8 * 5);
	ck_assert_uint_eq(sim_oracle_release(s, PAGE, PAGE + 0xfff), 1);
	sim_destroy(s);
}
END_TEST

START_TEST(test_oracle_vtd_a_table_removed_without_invalidation_is_stale_in_the_paging_cache)
{
	struct sim *s = machine();
	const struct sim_finding *f;

	dma_write(s);
	sim_cache_evict(s, 0, SIM_CACHE_IOTLB, SIM_EVICT_ALL);
	put(s, TOP + 0x2000, 0); /* the level-1 entry that pointed to LEAF */
	ck_assert(dma_write(s).stale);
	f = stale(s, SIM_CACHE_PAGING);
	ck_assert_uint_eq(f->line.pa, LEAF);
	ck_assert_uint_eq(f->line.entry_pa, TOP + 0x2000);
	ck_assert_uint_eq(sim_oracle_release(s, LEAF, LEAF + 0xfff), 1);
	sim_destroy(s);
}
END_TEST

START_TEST(test_oracle_vtd_a_context_entry_cleared_without_invalidation_is_stale)
{
	struct sim *s = machine();

	dma_write(s);
	sim_cache_evict(s, 0, SIM_CACHE_IOTLB, SIM_EVICT_ALL);
	put(s, CONTEXT + 16 * (RID & 0xff), 0);
	ck_assert(dma_write(s).stale);
	ck_assert_uint_eq(stale(s, SIM_CACHE_CONTEXT)->memory_reason, VTD_FR_CTX_NP);
	ck_assert_uint_eq(sim_oracle_release(s, TOP, TOP + 0xfff), 1);
	sim_destroy(s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("oracle_vtd");
	TCase *t = tcase_create("vtd");

	tcase_add_test(t, test_oracle_vtd_a_sound_unit_gives_no_finding);
	tcase_add_test(t, test_oracle_vtd_unmap_without_invalidation_is_stale_in_the_iotlb);
	tcase_add_test(
		t,
		test_oracle_vtd_a_table_removed_without_invalidation_is_stale_in_the_paging_cache);
	tcase_add_test(t, test_oracle_vtd_a_context_entry_cleared_without_invalidation_is_stale);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
