/*
 * Pages given back between the end of an invalidation and the moment the guest saw it. What tells an end is VT-d 6.5.2
 * "Invalidation Wait Descriptor" (status write, completion interrupt) and 6.5.1 "Register-based Invalidation Interface" (ICC,
 * IVT); the queue's head tells only that descriptors were fetched.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

#define RID 0x0108u
#define ATS_RID 0x0110u
#define DID 7u
#define IOVA UINT64_C(0x5000)
#define PAGE UINT64_C(0x800000)
#define STATUS UINT64_C(0x700000)
#define LEVELS 4u

struct scene {
	struct world w;
	uint64_t top, leaf;
};

static void begin(struct scene *m)
{
	struct sim_vtd_config config;
	const struct sim_policy policy = { .keep = SIM_KEEP_ALL };

	*m = (struct scene){ .top = 0 };
	sim_vtd_default(&config);
	config.ecap |= VTD_ECAP_DT;
	vt_start(&m->w, &config, &policy);
	sim_oracle_enable(m->w.s, true);
	ck_assert_int_eq(sim_device_add(m->w.s, 0, RID, false), 0);
	ck_assert_int_eq(sim_device_add(m->w.s, 0, ATS_RID, true), 1);
	ck_assert_int_eq(sim_device_ats(m->w.s, 1, true), SIM_OK);
	m->top = world_page(&m->w);
	vt_leaf(&m->w, m->top, LEVELS, IOVA, 0, PAGE | VT_RW);
	m->leaf = vt_entry_at(&m->w, m->top, LEVELS, IOVA, 0);
	vt_context(&m->w, RID, m->top, VTD_TT_UNTRANSLATED, 2, DID, false);
	vt_context(&m->w, ATS_RID, m->top, VTD_TT_DEV_TLB, 2, DID, false);
	vt_queue_on(&m->w, 0, false);
	vt_enable(&m->w, VTD_TTM_LEGACY);
}

static void touch(struct scene *m, uint32_t dev)
{
	uint8_t byte[8] = { 0 };
	struct sim_dma d = { .dev = dev, .access = SIM_READ, .addr = IOVA, .len = 8, .data = byte };
	struct sim_dma_result r;

	ck_assert_int_eq(sim_dma(m->w.s, &d, &r), SIM_OK);
	ck_assert_int_eq(r.outcome, SIM_OUTCOME_OK);
}

/* The mapping goes, and what the unit's caches hold of it: all but the wait. */
static void invalidate(struct scene *m)
{
	touch(m, 0);
	sim_cpu_write64(m->w.s, m->leaf, 0);
	vt_submit(&m->w, 2 | 3u << 4 | (uint64_t)DID << 16, IOVA | 1u << 6);
}

static void wait(struct scene *m, bool interrupt)
{
	uint64_t how = interrupt ? 1u << 4 : 1u << 5;

	vt_submit(&m->w, 5 | how | UINT64_C(2) << 32, STATUS);
}

static void inject(struct scene *m, enum sim_point point, uint64_t value)
{
	struct sim_inject_rule rule = { .point = point,
					.count = 1,
					.last = UINT64_MAX,
					.value = value,
					.master = SIM_MASTER_ANY };

	ck_assert_int_ge(sim_inject_add(m->w.s, &rule), 0);
}

/* ---- what the guest did before it gave the page back ---- */

static void without_a_wait(struct scene *m)
{
	invalidate(m);
}

static void without_looking(struct scene *m)
{
	invalidate(m);
	wait(m, false);
}

static void looked_at_the_head(struct scene *m)
{
	invalidate(m);
	wait(m, false);
	ck_assert_uint_eq(world_r64(&m->w, VTD_REG_IQH), world_r64(&m->w, VTD_REG_IQT));
}

static void looked_elsewhere(struct scene *m)
{
	invalidate(m);
	wait(m, false);
	sim_cpu_read64(m->w.s, STATUS + 8);
}

static void looked_before_it_was_written(struct scene *m)
{
	invalidate(m);
	ck_assert_uint_eq(sim_cpu_read64(m->w.s, STATUS), 0);
	wait(m, false);
}

static void completion_was_lost(struct scene *m)
{
	invalidate(m);
	inject(m, SIM_POINT_COMPLETION_LOST, 0);
	wait(m, false);
	ck_assert_uint_eq(sim_cpu_read64(m->w.s, STATUS), 0);
}

static void value_was_wrong(struct scene *m)
{
	invalidate(m);
	inject(m, SIM_POINT_COMPLETION_WRONG, 0x1234);
	wait(m, false);
	ck_assert_uint_eq(sim_cpu_read64(m->w.s, STATUS), 0x1234);
}

static void looked_at_an_older_wait(struct scene *m)
{
	wait(m, false);
	ck_assert_uint_eq(sim_cpu_read64(m->w.s, STATUS), 2);
	invalidate(m);
}

static void looked(struct scene *m)
{
	invalidate(m);
	wait(m, false);
	ck_assert_uint_eq(sim_cpu_read64(m->w.s, STATUS), 2);
}

static void looked_at_a_newer_wait(struct scene *m)
{
	invalidate(m);
	wait(m, false);
	vt_submit(&m->w, 5 | 1u << 5 | UINT64_C(3) << 32, STATUS + 8);
	ck_assert_uint_eq(sim_cpu_read64(m->w.s, STATUS + 8), 3);
}

static void asked_for_an_interrupt_that_is_masked(struct scene *m)
{
	invalidate(m);
	wait(m, true);
	ck_assert_uint_eq(sim_msi_count(m->w.s), 0);
}

static void was_interrupted(struct scene *m)
{
	world_w32(&m->w, VTD_REG_IECTL, 0);
	invalidate(m);
	wait(m, true);
	ck_assert_uint_eq(sim_msi_count(m->w.s), 1);
}

static void polled_the_interrupt_status(struct scene *m)
{
	invalidate(m);
	wait(m, true);
	ck_assert_uint_eq(world_r32(&m->w, VTD_REG_ICS) & 1, 1);
}

static void by_register(struct scene *m)
{
	vt_gcmd(&m->w, VTD_GCMD_QIE, false);
	touch(m, 0);
	sim_cpu_write64(m->w.s, m->leaf, 0);
	world_w64(&m->w, m->w.vtd.iva, IOVA | 1u << 6);
	world_w64(&m->w, m->w.vtd.iotlb,
		  UINT64_C(1) << 63 | UINT64_C(3) << 60 | (uint64_t)DID << 32);
	world_settle(&m->w);
}

static void by_register_and_looked(struct scene *m)
{
	by_register(m);
	ck_assert_uint_eq(world_r64(&m->w, m->w.vtd.iotlb) >> 63, 0);
}

static void evicted_before(struct scene *m)
{
	touch(m, 0);
	sim_cpu_write64(m->w.s, m->leaf, 0);
	sim_cache_evict(m->w.s, 0, SIM_CACHE_IOTLB, SIM_EVICT_ALL);
	vt_submit(&m->w, 2 | 3u << 4 | (uint64_t)DID << 16, IOVA | 1u << 6);
}

static void stopped_the_unit(struct scene *m)
{
	invalidate(m);
	vt_gcmd(&m->w, VTD_GCMD_TE, false);
}

static void device_answered(struct scene *m)
{
	touch(m, 1);
	sim_cpu_write64(m->w.s, m->leaf, 0);
	vt_submit(&m->w, 2 | 3u << 4 | (uint64_t)DID << 16, IOVA | 1u << 6);
	wait(m, false);
	ck_assert_uint_eq(sim_cpu_read64(m->w.s, STATUS), 2);
	vt_submit(&m->w, 3 | (uint64_t)ATS_RID << 32, IOVA);
}

static void device_answered_and_looked(struct scene *m)
{
	device_answered(m);
	wait(m, false);
	ck_assert_uint_eq(sim_cpu_read64(m->w.s, STATUS), 2);
}

/* clang-format off */
static const struct {
	const char *name;
	void (*make)(struct scene *m);
	bool found;
	enum sim_cache cache;
	const char *by;
} row[] = {
	{ "no wait", without_a_wait, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "did not look", without_looking, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "head", looked_at_the_head, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "elsewhere", looked_elsewhere, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "too soon", looked_before_it_was_written, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "lost", completion_was_lost, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "wrong value", value_was_wrong, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "older wait", looked_at_an_older_wait, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "looked", looked, false, SIM_CACHE_IOTLB, NULL },
	{ "newer wait", looked_at_a_newer_wait, false, SIM_CACHE_IOTLB, NULL },
	{ "masked", asked_for_an_interrupt_that_is_masked, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "interrupted", was_interrupted, false, SIM_CACHE_IOTLB, NULL },
	{ "ICS", polled_the_interrupt_status, false, SIM_CACHE_IOTLB, NULL },
	{ "register", by_register, true, SIM_CACHE_IOTLB, "page-selective" },
	{ "register, looked", by_register_and_looked, false, SIM_CACHE_IOTLB, NULL },
	{ "evicted", evicted_before, false, SIM_CACHE_IOTLB, NULL },
	{ "stopped", stopped_the_unit, false, SIM_CACHE_IOTLB, NULL },
	{ "device", device_answered, true, SIM_CACHE_DEVICE, "device-TLB" },
	{ "device, looked", device_answered_and_looked, false, SIM_CACHE_DEVICE, NULL },
};
/* clang-format on */

START_TEST(test_oracle_early_release_is_found_until_the_guest_has_looked)
{
	const struct sim_finding *f;
	char text[4096];
	struct scene m;

	begin(&m);
	row[_i].make(&m);
	ck_assert_uint_eq(sim_finding_count(m.w.s), 0);
	ck_assert_uint_eq(sim_oracle_release(m.w.s, PAGE + 0x1000, PAGE + 0x1fff), 0);
	ck_assert_msg(sim_oracle_release(m.w.s, PAGE, PAGE + 0xfff) == row[_i].found, "%s",
		      row[_i].name);
	f = sim_finding_get(m.w.s, 0);
	if (!row[_i].found) {
		ck_assert_ptr_null(f);
		world_stop(&m.w);
		return;
	}
	sim_finding_format(f, text, sizeof(text));
	ck_assert_msg(f->kind == SIM_FINDING_RELEASE && f->cause == SIM_CAUSE_UNOBSERVED, "%s: %s",
		      row[_i].name, text);
	ck_assert_msg(f->has_line && f->line.cache == row[_i].cache, "%s", text);
	ck_assert_uint_eq(f->pa, PAGE);
	ck_assert_uint_eq(f->iova, IOVA);
	ck_assert_msg(f->has_store && f->store.pa == m.leaf && f->store.now == 0, "%s", text);
	ck_assert_msg(f->has_nearest && !f->nearest.observed &&
			      !strncmp(f->nearest.name, row[_i].by, strlen(row[_i].by)),
		      "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "cache held"));
	ck_assert_ptr_nonnull(strstr(text, "Cause: wait not observed"));
	world_stop(&m.w);
}
END_TEST

START_TEST(test_oracle_early_release_of_a_table)
{
	struct scene m;
	uint64_t upper, table;

	begin(&m);
	upper = vt_entry_at(&m.w, m.top, LEVELS, IOVA, 1);
	table = m.leaf & ~UINT64_C(0xfff);
	touch(&m, 0);
	sim_cpu_write64(m.w.s, upper, 0);
	vt_submit(&m.w, 2 | 2u << 4 | (uint64_t)DID << 16, 0);
	ck_assert_uint_eq(sim_oracle_release(m.w.s, table, table + 0xfff), 1);
	ck_assert_int_eq(sim_finding_get(m.w.s, 0)->cause, SIM_CAUSE_UNOBSERVED);
	ck_assert_int_eq(sim_finding_get(m.w.s, 0)->line.cache, SIM_CACHE_PAGING);
	wait(&m, false);
	sim_cpu_read64(m.w.s, STATUS);
	ck_assert_uint_eq(sim_oracle_release(m.w.s, table, table + 0xfff), 0);
	world_stop(&m.w);
}
END_TEST

/* A page that came back into a cache is the older finding: a stale line. */
START_TEST(test_oracle_early_release_names_a_line_that_is_there_first)
{
	struct scene m;

	begin(&m);
	invalidate(&m);
	sim_cpu_write64(m.w.s, m.leaf, PAGE | VT_RW);
	touch(&m, 0);
	sim_cpu_write64(m.w.s, m.leaf, 0);
	ck_assert_uint_eq(sim_oracle_release(m.w.s, PAGE, PAGE + 0xfff), 1);
	ck_assert_int_eq(sim_finding_get(m.w.s, 0)->verdict, SIM_VERDICT_CACHE);
	world_stop(&m.w);
}
END_TEST

/* More entries than are remembered, none of them ever seen gone: the newest are. */
START_TEST(test_oracle_early_release_remembers_the_newest)
{
	struct scene m;
	const uint64_t pages = 6000, last = PAGE + (pages - 1) * 0x1000;
	uint8_t byte = 0;

	begin(&m);
	for (uint64_t i = 0; i < pages; i++) {
		struct sim_dma d = { .access = SIM_READ, .len = 1, .data = &byte };
		struct sim_dma_result r;

		d.addr = UINT64_C(0x40000000) + i * 0x1000;
		vt_leaf(&m.w, m.top, LEVELS, d.addr, 0, (PAGE + i * 0x1000) | VT_RW);
		ck_assert_int_eq(sim_dma(m.w.s, &d, &r), SIM_OK);
		vt_leaf(&m.w, m.top, LEVELS, d.addr, 0, 0);
		if (i % 500 == 499)
			vt_submit(&m.w, 2 | 1u << 4, 0);
	}
	ck_assert_uint_eq(sim_oracle_release(m.w.s, last, last + 0xfff), 1);
	ck_assert_uint_eq(sim_oracle_release(m.w.s, PAGE, PAGE + 0xfff), 0);
	wait(&m, false);
	sim_cpu_read64(m.w.s, STATUS);
	ck_assert_uint_eq(sim_oracle_release(m.w.s, PAGE, last + 0xfff), 0);
	world_stop(&m.w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("oracle_early");
	TCase *t = tcase_create("early");

	tcase_add_loop_test(t, test_oracle_early_release_is_found_until_the_guest_has_looked, 0,
			    (int)(sizeof(row) / sizeof(row[0])));
	tcase_add_test(t, test_oracle_early_release_of_a_table);
	tcase_add_test(t, test_oracle_early_release_names_a_line_that_is_there_first);
	tcase_add_test(t, test_oracle_early_release_remembers_the_newest);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
