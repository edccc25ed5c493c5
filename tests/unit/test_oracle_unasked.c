/*
 * What reached memory without any table being asked, and walks that were refused by what the CPU had overwritten.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

#define RID 0x0108u
#define OTHER_RID 0x0110u
#define IOVA UINT64_C(0x5000)
#define PAGE UINT64_C(0x800000)

static void begin(struct world *w)
{
	struct sim_vtd_config config;
	uint64_t top;

	sim_vtd_default(&config);
	config.ecap |= VTD_ECAP_DT;
	vt_start(w, &config, NULL);
	sim_oracle_enable(w->s, true);
	ck_assert_int_eq(sim_device_add(w->s, 0, RID, true), 0);
	ck_assert_int_eq(sim_device_add(w->s, 0, OTHER_RID, false), 1);
	top = world_page(w);
	vt_leaf(w, top, 4, IOVA, 0, PAGE | VT_RW);
	vt_context(w, RID, top, VTD_TT_DEV_TLB, 2, 7, false);
	vt_enable(w, VTD_TTM_LEGACY);
	ck_assert_int_eq(sim_oracle_map(w->s, 1, IOVA, IOVA + 0xfff, PAGE, 3), SIM_OK);
	ck_assert_int_eq(sim_oracle_attach(w->s, 0, RID, 1), SIM_OK);
}

static uint32_t found_by(struct world *w, uint32_t dev, enum sim_at at, uint64_t addr)
{
	uint32_t before = sim_finding_count(w->s);
	uint8_t byte[8] = { 0 };
	struct sim_dma d = {
		.dev = dev, .access = SIM_WRITE, .at = at, .addr = addr, .len = 8, .data = byte
	};
	struct sim_dma_result r;

	ck_assert_int_eq(sim_dma(w->s, &d, &r), SIM_OK);
	return sim_finding_count(w->s) - before;
}

static void says(struct world *w, const char *text)
{
	const struct sim_finding *f = sim_finding_get(w->s, sim_finding_count(w->s) - 1);
	char buf[2048];

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->kind, SIM_FINDING_ESCAPE);
	ck_assert_int_eq(f->verdict, SIM_VERDICT_NEITHER);
	sim_finding_format(f, buf, sizeof(buf));
	ck_assert_msg(strstr(buf, text) != NULL, "%s", buf);
	ck_assert_ptr_null(strstr(buf, "Memory now"));
}

START_TEST(test_oracle_unasked_judges_translated_requests_by_the_page)
{
	struct world w;

	begin(&w);
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_TRANSLATED, PAGE + 0x10), 0);
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_TRANSLATED, PAGE + 0x1000), 1);
	says(&w, "the unit believed the device");
	ck_assert_uint_eq(found_by(&w, 1, SIM_AT_TRANSLATED, PAGE), 0); /* blocked */
	ck_assert_int_eq(sim_oracle_unmap(w.s, 1, IOVA, IOVA + 0xfff), SIM_OK);
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_TRANSLATED, PAGE), 0); /* leaving */
	ck_assert_int_eq(sim_oracle_quiesce(w.s, 1, IOVA, IOVA + 0xfff), SIM_OK);
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_TRANSLATED, PAGE), 1);
	ck_assert_int_eq(sim_oracle_identity(w.s, 1, true), SIM_OK);
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_TRANSLATED, PAGE), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_oracle_unasked_judges_a_unit_that_is_relied_on)
{
	struct world w;

	begin(&w);
	sim_unit_power(w.s, 0, SIM_POWER_RESET);
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_UNTRANSLATED, IOVA), 0); /* nobody relies on it */
	ck_assert_int_eq(sim_oracle_rely(w.s, 0, true), SIM_OK);
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_UNTRANSLATED, IOVA), 1);
	says(&w, "the unit does not translate although the guest relies on it");
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_UNTRANSLATED, PAGE), 1);
	ck_assert_uint_eq(found_by(&w, 1, SIM_AT_UNTRANSLATED, IOVA), 1);
	sim_unit_power(w.s, 0, SIM_POWER_OFF);
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_UNTRANSLATED, IOVA), 0); /* nothing gets through */
	sim_unit_power(w.s, 0, SIM_POWER_ON);
	ck_assert_int_eq(sim_oracle_map(w.s, 1, PAGE, PAGE + 0xfff, PAGE, 3), SIM_OK);
	ck_assert_uint_eq(found_by(&w, 0, SIM_AT_UNTRANSLATED, PAGE), 0); /* where it should go */
	ck_assert_int_eq(sim_oracle_rely(w.s, 0, false), SIM_OK);
	ck_assert_uint_eq(found_by(&w, 1, SIM_AT_UNTRANSLATED, IOVA), 0);
	ck_assert_int_eq(sim_oracle_rely(w.s, 9, true), SIM_E_NOENT);
	world_stop(&w);
}
END_TEST

/*
 * A unit that does not snoop. The CPU has cleared what was a reserved entry and not written it back: the walk says
 * "reserved" where memory says "not present". The device is refused either way.
 */
START_TEST(test_oracle_unasked_unpublished_reason_of_a_refusal)
{
	const struct sim_policy policy = { .publish = SIM_PUBLISH_AT_SYNC };
	struct sim_vtd_config config;
	struct sim_xlat x;
	struct world w;
	uint64_t top, at;

	sim_vtd_default(&config);
	config.ecap &= ~(uint64_t)VTD_ECAP_C;
	config.host_addr_bits = 42; /* bit 45 is reserved */
	vt_start(&w, &config, &policy);
	sim_oracle_enable(w.s, true);
	top = world_page(&w);
	vt_leaf(&w, top, 4, IOVA, 0, UINT64_C(1) << 45 | VT_RW);
	at = vt_entry_at(&w, top, 4, IOVA, 0);
	vt_context(&w, RID, top, VTD_TT_UNTRANSLATED, 2, 7, false);
	vt_enable(&w, VTD_TTM_LEGACY);
	world_request(&w, RID, IOVA, SIM_READ, 0, 0, &x);
	ck_assert_uint_eq(x.reason, VTD_FR_SS_RSVD);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	sim_cpu_write64(w.s, at, 0);
	world_request(&w, RID, IOVA, SIM_READ, 0, 0, &x);
	ck_assert_uint_eq(x.reason, VTD_FR_SS_RSVD);
	ck_assert_uint_eq(sim_finding_count(w.s), 1);
	ck_assert_int_eq(sim_finding_get(w.s, 0)->kind, SIM_FINDING_UNPUBLISHED);
	ck_assert_int_eq(sim_finding_get(w.s, 0)->cause, SIM_CAUSE_NOT_WRITTEN_BACK);
	ck_assert_uint_eq(sim_finding_get(w.s, 0)->store.pa, at);
	sim_cpu_sync(w.s, at, 8, true);
	world_request(&w, RID, IOVA, SIM_READ, 0, 0, &x);
	ck_assert_uint_eq(x.reason, VTD_FR_SS_READ);
	ck_assert_uint_eq(sim_finding_count(w.s), 1);
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("oracle_unasked");
	TCase *t = tcase_create("unasked");

	tcase_add_test(t, test_oracle_unasked_judges_translated_requests_by_the_page);
	tcase_add_test(t, test_oracle_unasked_judges_a_unit_that_is_relied_on);
	tcase_add_test(t, test_oracle_unasked_unpublished_reason_of_a_refusal);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
