/*
 * Request classes, special address ranges, exclusion, interrupts, ATS, accessed and dirty bits, snooping.
 */
#include <string.h>

#include "amdvi_world.h"
#include "unit.h"

#define RID 0x0108u
#define DOMAIN 7u
#define RW UINT64_C(0x6000000000000000)
#define V UINT64_C(1)
#define TV UINT64_C(2)
#define I (UINT64_C(1) << 32)
#define EX (UINT64_C(1) << 39)
#define IV UINT64_C(1)
#define OP(n) ((uint64_t)(n) << 60)
#define FLAGS(n) ((uint64_t)(n) << 48)
#define TYPE(n) ((uint64_t)(n) << 57)
#define TR FLAGS(0x100)
#define FAULT (OP(2) | (uint64_t)DOMAIN << 32 | RID)

static void invalidate(struct world *w)
{
	av_submit(w, OP(2) | RID, 0);
}

static void outcome(struct world *w, uint64_t addr, unsigned access, unsigned at,
		    enum sim_outcome want)
{
	struct sim_xlat x;

	world_request(w, RID, addr, access, at, 0, &x);
	ck_assert_msg(x.outcome == want, "%llx access %u at %u: %s, not %s",
		      (unsigned long long)addr, access, at,
		      sim_outcome_name((enum sim_outcome)x.outcome), sim_outcome_name(want));
}

/* ---- IommuEn = 0 ---- */

START_TEST(test_disabled_unit_passes_everything)
{
	struct world w;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	world_request(&w, RID, UINT64_C(0xFDF9200000), SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	ck_assert(x.outcome == SIM_OUTCOME_OK && x.pa == UINT64_C(0xFDF9200000));
	ck_assert_int_eq(x.source, SIM_FROM_BYPASS);
	world_request(&w, RID, 0xFEE00000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	ck_assert_int_eq(x.source, SIM_FROM_MSI);
	outcome(&w, 0x1000, SIM_READ, SIM_AT_TRANSLATION, SIM_OUTCOME_UR);
	outcome(&w, 0x1000, SIM_READ, SIM_AT_TRANSLATED, SIM_OUTCOME_OK);
	world_stop(&w);
}
END_TEST

/* What the caches held is still there when the unit is enabled again. */
START_TEST(test_caches_survive_a_disable)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV | RW, DOMAIN, 0);
	ck_assert(world_reads(&w, RID, 0x1000, 0x1000));
	av_dte(&w, RID, V | TV, DOMAIN, 0);
	world_w64(&w, 0x18, 0x148C);
	world_w64(&w, 0x18, 0x148D);
	ck_assert(world_reads(&w, RID, 0x1000, 0x1000));
	world_stop(&w);
}
END_TEST

/* ---- HyperTransport and interrupt ranges ---- */

static const struct {
	uint64_t addr;
	uint64_t q1, q2; /* of the device table entry, on top of V, TV, RW, DomainID */
	enum sim_outcome read, write;
	uint64_t read_event, write_event; /* 0: none */
} special[] = {
	/* MSI */
	{ 0xFEE00000, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_OK, OP(8) | TYPE(0) | RID, 0 },
	{ 0xFEEFFFFC, 0, IV | UINT64_C(1) << 60, SIM_OUTCOME_CA, SIM_OUTCOME_OK, OP(8) | RID, 0 },
	{ 0xFEE00000, 0, IV, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | RID, FAULT | FLAGS(8) },
	{ 0xFEE00000, 0, IV | 1u << 5, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | RID, 0 }, /* IG */
	{ 0xFEE00000, 0, IV | UINT64_C(3) << 60, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | RID,
	  OP(1) | FLAGS(0x88) | RID },
	{ 0xFEE00000, 0, IV | 1u << 6, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | RID,
	  OP(1) | FLAGS(0x88) | RID }, /* table not aligned */
	{ 0xFEE00000, 0, IV | UINT64_C(2) << 60 | 12u << 1, SIM_OUTCOME_CA, SIM_OUTCOME_CA,
	  OP(8) | RID, OP(1) | FLAGS(8) | RID }, /* IntTabLen */
	/* HyperTransport */
	{ 0xFD00000000, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | RID, OP(8) | TYPE(5) | RID },
	{ 0xFDF7FFFFFC, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | RID, OP(8) | TYPE(5) | RID },
	{ 0xFDF8000000, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_OK, OP(8) | RID, 0 },
	{ 0xFDF8FFFFFC, 0, IV, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | RID, FAULT | FLAGS(8) },
	{ 0xFDF9000000, 0, 0, SIM_OUTCOME_OK, SIM_OUTCOME_CA, 0, OP(8) | TYPE(5) | RID },
	{ 0xFDF9100000, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | TYPE(6) | RID,
	  OP(8) | TYPE(3) | RID },
	{ 0xFDF9100000, UINT64_C(1) << 40, 0, SIM_OUTCOME_OK, SIM_OUTCOME_OK, 0, 0 },
	{ 0xFDF9100000, UINT64_C(2) << 40, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | TYPE(6) | RID,
	  OP(8) | TYPE(3) | RID },
	{ 0xFDF9100000, UINT64_C(3) << 40, 0, SIM_OUTCOME_OK, SIM_OUTCOME_OK, 0, 0 }, /* identity */
	{ 0xFDF9200000, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, 0, 0 },
	{ 0xFDFAFFFFFC, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, 0, 0 },
	{ 0xFDFB000000, 0, 0, SIM_OUTCOME_OK, SIM_OUTCOME_OK, 0, 0 },
	{ 0xFDFC000000, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, OP(8) | TYPE(2) | RID,
	  OP(8) | TYPE(2) | RID },
	{ 0xFDFDFFFFFC, UINT64_C(1) << 35, 0, SIM_OUTCOME_OK, SIM_OUTCOME_OK, 0, 0 },
	{ 0xFDFC000000, UINT64_C(2) << 35, 0, SIM_OUTCOME_OK, SIM_OUTCOME_OK, 0, 0 },
	{ 0xFDFE000000, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, 0, 0 },
	{ 0xFE1FFFFFFC, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, 0, 0 },
	{ 0xFE20000000, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, 0, 0 },
	{ 0xFFFFFFFFFC, 0, 0, SIM_OUTCOME_CA, SIM_OUTCOME_CA, 0, 0 },
	/* beside them */
	{ 0xFEDFFFFC, 0, IV, SIM_OUTCOME_OK, SIM_OUTCOME_OK, 0, 0 },
	{ 0xFEF00000, 0, IV, SIM_OUTCOME_OK, SIM_OUTCOME_OK, 0, 0 },
	{ 0xFCFFFFFFFC, 0, 0, SIM_OUTCOME_OK, SIM_OUTCOME_OK, 0, 0 },
	{ 0x10000000000, 0, 0, SIM_OUTCOME_OK, SIM_OUTCOME_OK, 0, 0 },
};

static uint64_t event_addr(uint64_t event, uint64_t addr)
{
	return event >> 60 == 1 ? addr & ~UINT64_C(3) : addr;
}

static void expect(struct world *w, uint64_t event, uint64_t addr)
{
	if (event)
		av_expect_event(w, event, event_addr(event, addr));
	else
		av_expect_no_event(w);
}

START_TEST(test_special_ranges)
{
	uint64_t addr = special[_i].addr;
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV | RW, DOMAIN | special[_i].q1, special[_i].q2);
	for (unsigned round = 0; round < 2; round++) { /* from memory, then from the cache */
		outcome(&w, addr, SIM_READ, SIM_AT_UNTRANSLATED, special[_i].read);
		expect(&w, special[_i].read_event, addr);
		outcome(&w, addr, SIM_WRITE, SIM_AT_UNTRANSLATED, special[_i].write);
		expect(&w, special[_i].write_event, addr);
	}
	ck_assert_uint_eq(world_complaints_all(&w), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_ht_range_is_ordinary_when_ignored)
{
	struct sim_amdvi_config c;
	struct world w;

	sim_amdvi_default(&c);
	c.efr2 = AMDVI_EFR2_HTRANGEIGNORE;
	av_start(&w, &c, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV | RW, DOMAIN, 0);
	ck_assert(world_reads(&w, RID, UINT64_C(0xFDF9200000), UINT64_C(0xFDF9200000)));
	outcome(&w, 0xFEE00000, SIM_READ, SIM_AT_UNTRANSLATED, SIM_OUTCOME_CA);
	world_stop(&w);
}
END_TEST

START_TEST(test_ht_ats_range_can_be_reserved)
{
	struct sim_amdvi_config c;
	struct world w;

	sim_amdvi_default(&c);
	c.misc0 |= AMDVI_MISC0_HTATSRESV;
	av_start(&w, &c, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV | RW, DOMAIN, 0);
	outcome(&w, UINT64_C(0xFDFB000000), SIM_READ, SIM_AT_UNTRANSLATED, SIM_OUTCOME_CA);
	av_expect_no_event(&w);
	world_stop(&w);
}
END_TEST

/* V = 0 leaves interrupts to IV; what is no aligned dword is no interrupt. */
START_TEST(test_interrupts_go_by_iv)
{
	struct world w;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, 0, 0, IV);
	outcome(&w, 0xFEE00000, SIM_WRITE, SIM_AT_UNTRANSLATED, SIM_OUTCOME_CA);
	av_expect_event(&w, OP(2) | FLAGS(8) | RID, 0xFEE00000);
	world_request(&w, RID, 0xFEE00002, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, OP(8) | RID, 0xFEE00002);
	av_dte(&w, RID, V | TV | 4, 0, 0); /* illegal for DMA: interrupts do not care */
	invalidate(&w);
	outcome(&w, 0xFEE00000, SIM_WRITE, SIM_AT_UNTRANSLATED, SIM_OUTCOME_OK);
	av_expect_no_event(&w);
	world_stop(&w);
}
END_TEST

START_TEST(test_remapping_of_ht_interrupts_says_it_is_not_modelled)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV, 0, IV | UINT64_C(2) << 60);
	outcome(&w, UINT64_C(0xFDF8000000), SIM_WRITE, SIM_AT_UNTRANSLATED, SIM_OUTCOME_CA);
	ck_assert_uint_eq(world_complaints(&w, "remap-not-modelled"), 1);
	av_expect_no_event(&w);
	world_stop(&w);
}
END_TEST

START_TEST(test_aborted_interrupt_is_silent_in_the_other_reading)
{
	struct sim_amdvi_config c;
	struct world w;

	sim_amdvi_default(&c);
	c.readings = SIM_AMDVI_INTERRUPT_ABORT_SILENT;
	av_start(&w, &c, NULL);
	av_enable(&w);
	av_dte(&w, RID, 0, 0, IV);
	outcome(&w, 0xFEE00000, SIM_WRITE, SIM_AT_UNTRANSLATED, SIM_OUTCOME_CA);
	av_expect_no_event(&w);
	world_stop(&w);
}
END_TEST

/* ---- exclusion ---- */

/* ExEn, Allow, DTE.EX, DTE.I in every combination, in both readings, at both ends of the range. */
START_TEST(test_exclusion_range)
{
	static const uint64_t addrs[] = { 0x7FFFFFFF, 0x80000000, 0x801FFFFF, 0x80200000 };
	struct sim_amdvi_config c;
	struct world w;

	sim_amdvi_default(&c);
	if (_i & 1)
		c.readings = SIM_AMDVI_EXCLUSION_ATS_ONLY;
	av_start(&w, &c, NULL);
	av_enable(&w);
	world_w64(&w, 0x28, 0x801FF123);
	for (unsigned n = 0; n < 16; n++) {
		bool exen = n & 1, allow = n & 2, ex = n & 4, i = n & 8;

		world_w64(&w, 0x20, 0x80000000u | (exen ? 1u : 0) | (allow ? 2u : 0));
		av_dte(&w, RID, V | TV, DOMAIN | (ex ? EX : 0) | (i ? I : 0), 0);
		invalidate(&w);
		for (unsigned k = 0; k < 4; k++) {
			bool in = (k == 1 || k == 2) && exen && (allow || ex) && (!(_i & 1) || i);

			outcome(&w, addrs[k], SIM_WRITE, SIM_AT_UNTRANSLATED,
				in ? SIM_OUTCOME_OK : SIM_OUTCOME_CA);
			expect(&w, in ? 0 : FAULT | FLAGS(0x70), addrs[k]);
		}
	}
	world_stop(&w);
}
END_TEST

START_TEST(test_exclusion_bypasses_what_is_cached)
{
	struct world w;
	uint64_t root;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_attach(&w, RID, root, 2, DOMAIN);
	av_leaf(&w, root, 2, 0x5000, 1, RW | 0xA001);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	world_w64(&w, 0x28, 0x5000);
	world_w64(&w, 0x20, 0x5003);
	ck_assert(world_reads(&w, RID, 0x5000, 0x5000));
	world_w64(&w, 0x20, 0);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	world_stop(&w);
}
END_TEST

/* ---- ATS ---- */

struct ats {
	uint64_t q0, q1, entry; /* of the device table, and of the page at 0x5000 */
	enum sim_outcome outcome;
	uint8_t perm;
	uint64_t event;
};

static const struct ats ats[] = {
	{ V | TV | RW, I, RW | 0xA001, SIM_OUTCOME_OK, 3, 0 },
	{ V | TV | RW, I, UINT64_C(1) << 61 | 0xA001, SIM_OUTCOME_OK, 1, 0 },
	{ V | TV | UINT64_C(1) << 61, I, RW | 0xA001, SIM_OUTCOME_OK, 1, 0 },
	{ V | TV | UINT64_C(1) << 62, I, UINT64_C(1) << 61 | 0xA001, SIM_OUTCOME_NO_ACCESS, 0, 0 },
	{ V | TV | RW, I, 0, SIM_OUTCOME_NO_ACCESS, 0, 0 },
	{ V | TV | RW, I, RW | 0xA001 | UINT64_C(1) << 52, SIM_OUTCOME_NO_ACCESS, 0, 0 },
	{ V | TV | RW, I, RW | 0xA001 | 3u << 9, SIM_OUTCOME_NO_ACCESS, 0, 0 },
	{ V | RW, I, RW | 0xA001, SIM_OUTCOME_NO_ACCESS, 0, 0 },
	{ V | TV | RW, 0, RW | 0xA001, SIM_OUTCOME_UR, 0, OP(8) | TR | TYPE(1) | RID },
	{ TV | RW, I, RW | 0xA001, SIM_OUTCOME_UR, 0, OP(8) | TR | TYPE(1) | RID },
	{ V | TV | RW | 4, I, RW | 0xA001, SIM_OUTCOME_CA, 0, OP(1) | TR | FLAGS(0x80) | RID },
};

START_TEST(test_translation_requests)
{
	const struct ats *t = &ats[_i];
	struct world w;
	struct sim_xlat x;
	uint64_t root;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_leaf(&w, root, 2, 0x5000, 1, t->entry);
	av_dte(&w, RID, t->q0 | root | 2u << 9, t->q1 | DOMAIN, 0);
	for (unsigned round = 0; round < 2; round++) {
		world_request(&w, RID, 0x5123, SIM_READ, SIM_AT_TRANSLATION, 0, &x);
		ck_assert_int_eq(x.outcome, t->outcome);
		ck_assert_uint_eq(x.perm, t->perm);
		if (t->outcome == SIM_OUTCOME_OK)
			ck_assert_uint_eq(x.pa, 0xA123);
		expect(&w, t->event, t->event >> 60 == 1 ? 0x5120 : 0x5123);
	}
	world_stop(&w);
}
END_TEST

START_TEST(test_translation_request_attributes)
{
	struct world w;
	struct sim_xlat x;
	uint64_t root;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_dte(&w, RID, V | TV | RW | root | 4u << 9, DOMAIN | I, 0);
	av_leaf(&w, root, 4, 0x5000, 1, RW | 0xA001 | UINT64_C(1) << 59); /* U */
	av_leaf(&w, root, 4, 0x6000, 1, RW | 0xB001 | UINT64_C(1) << 60); /* FC */
	av_leaf(&w, root, 4, 0xC0000000, 3, RW | UINT64_C(0x1C0000001));
	world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_TRANSLATION, 0, &x);
	ck_assert(x.untranslated_only && !x.coherent);
	world_request(&w, RID, 0x6000, SIM_READ, SIM_AT_TRANSLATION, SIM_REQ_NO_WRITE, &x);
	ck_assert(!x.untranslated_only && x.coherent && x.perm == 1);
	/* 1 GiB around the interrupt range: no completion covers that range */
	world_request(&w, RID, 0xC0001234, SIM_READ, SIM_AT_TRANSLATION, 0, &x);
	ck_assert(x.level == 0 && x.pa == UINT64_C(0x1C0001234));
	world_request(&w, RID, 0xFEE00000, SIM_READ, SIM_AT_TRANSLATION, 0, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_UR);
	av_expect_event(&w, OP(8) | TR | RID, 0xFEE00000);
	world_stop(&w);
}
END_TEST

START_TEST(test_device_beyond_the_table_by_class)
{
	struct world w;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	world_w64(&w, 0x00, AV_DEVTAB);
	world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_TRANSLATION, 0, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_UR);
	av_expect_event(&w, OP(8) | TR | TYPE(2) | RID, 0x5000);
	world_request(&w, RID, 0x5000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, OP(2) | FLAGS(0x20) | RID, 0x5000);
	world_request(&w, RID, 0xFEE00000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, OP(2) | FLAGS(8) | RID, 0xFEE00000);
	world_stop(&w);
}
END_TEST

START_TEST(test_translated_requests_need_v_and_i)
{
	struct world w;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	for (unsigned n = 0; n < 4; n++) {
		bool ok = n == 3;

		av_dte(&w, RID, n & 1 ? V | TV : 0, DOMAIN | (n & 2 ? I : 0), 0);
		invalidate(&w);
		world_request(&w, RID, 0xDEADB000, SIM_READ, SIM_AT_TRANSLATED, 0, &x);
		ck_assert_int_eq(x.outcome, ok ? SIM_OUTCOME_OK : SIM_OUTCOME_CA);
		if (ok)
			ck_assert_uint_eq(x.pa, 0xDEADB000);
		/* A.5: the golden entry of a pre-translated access with I = 0 */
		expect(&w, ok ? 0 : UINT64_C(0x8200000000000000) | RID, 0xDEADB000);
	}
	world_stop(&w);
}
END_TEST

START_TEST(test_pasid_without_guest_translation)
{
	struct sim_request rq = {
		.addr = 0x5000, .rid = RID, .pasid = 0x12345, .flags = SIM_REQ_PASID, .len = 4
	};
	struct world w;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV | RW, DOMAIN, 0);
	sim_translate(w.s, &rq, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_CA);
	av_expect_event(&w, OP(2) | FLAGS(5) | UINT64_C(0x2345) << 32 | 1u << 16 | RID, 0x5000);
	world_stop(&w);
}
END_TEST

/* ---- golden entries of the specification's appendix, from real requests ---- */

START_TEST(test_golden_events)
{
	struct world w;
	struct sim_xlat x;
	uint64_t root;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_attach(&w, 0x100, root, 4, 7);
	world_request(&w, 0x100, 0xDEADB000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, UINT64_C(0x2020000700000100), 0xDEADB000);
	world_request(&w, 0x100, 0xDEADB000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, UINT64_C(0x2000000700000100), 0xDEADB000);
	av_leaf(&w, root, 4, 0xDEADB000, 1, UINT64_C(0x30000000ABCDE001));
	world_request(&w, 0x100, 0xDEADB000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, UINT64_C(0x2070000700000100), 0xDEADB000);
	av_leaf(&w, root, 4, 0xDEADB000, 1, UINT64_C(0x70100000ABCDE001));
	world_request(&w, 0x100, 0xDEADB000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, UINT64_C(0x2090000700000100), 0xDEADB000);
	av_dte(&w, 0x100, 0x7 | RW, 7, 0);
	av_submit(&w, OP(2) | 0x100, 0);
	world_request(&w, 0x100, 0xDEADB000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, UINT64_C(0x10A0000000000100), 0xDEADB000);
	world_stop(&w);
}
END_TEST

static const struct {
	enum sim_point point;
	unsigned type;
} unreadable[] = { { SIM_POINT_BUS_READ_ABORT, 2 }, { SIM_POINT_BUS_READ_POISON, 3 } };

START_TEST(test_unreadable_table_is_a_hardware_error)
{
	struct world w;
	struct sim_xlat x;
	uint64_t root, at;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_attach(&w, RID, root, 2, DOMAIN);
	av_leaf(&w, root, 2, 0x5000, 1, RW | 0xA001);
	at = av_entry_at(&w, root, 2, 0x5000, 1);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = unreadable[_i].point,
						       .count = 2,
						       .first = at,
						       .last = at + 7,
						       .master = SIM_MASTER_WALK });
	world_request(&w, RID, 0x5000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_CA);
	av_expect_event(
		&w, OP(4) | FLAGS(0x20) | TYPE(unreadable[_i].type) | (uint64_t)DOMAIN << 32 | RID,
		at);
	world_put(&w, AV_DEVTAB + RID * 32 + 8, DOMAIN | I);
	invalidate(&w);
	world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_TRANSLATION, 0, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_CA);
	av_expect_event(&w, OP(4) | TR | TYPE(unreadable[_i].type) | (uint64_t)DOMAIN << 32 | RID,
			at);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	world_stop(&w);
}
END_TEST

/* ---- accessed and dirty ---- */

#define A UINT64_C(0x20)
#define D UINT64_C(0x40)

/* HAD, access and request class against the bits of directory and page. */
START_TEST(test_accessed_and_dirty_bits)
{
	unsigned had = _i & 1 ? 3 : _i & 2 ? 1 : 0;
	struct sim_policy policy = { .keep = _i & 4 ? SIM_KEEP_ALL : SIM_KEEP_NONE };
	struct world w;
	struct sim_xlat x;
	uint64_t root, pde, pte, q0;

	av_start(&w, NULL, &policy);
	root = world_page(&w);
	av_enable(&w);
	q0 = V | TV | RW | root | 2u << 9 | (uint64_t)had << 7;
	av_dte(&w, RID, q0, DOMAIN | I, 0);
	av_leaf(&w, root, 2, 0x5000, 1, RW | 0xA001);
	pde = av_entry_at(&w, root, 2, 0x5000, 2);
	pte = av_entry_at(&w, root, 2, 0x5000, 1);
	world_request(&w, RID, 0x6000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0,
		      &x); /* absent: marks nothing */
	ck_assert_uint_eq(world_get(&w, pde) & (A | D), 0);
	outcome(&w, 0x5000, SIM_READ, SIM_AT_UNTRANSLATED, SIM_OUTCOME_OK);
	ck_assert_uint_eq(world_get(&w, pde) & (A | D), had ? A : 0);
	ck_assert_uint_eq(world_get(&w, pte) & (A | D), had ? A : 0);
	outcome(&w, 0x5000, SIM_WRITE, SIM_AT_UNTRANSLATED, SIM_OUTCOME_OK);
	ck_assert_uint_eq(world_get(&w, pde) & (A | D), had ? A : 0);
	ck_assert_uint_eq(world_get(&w, pte) & (A | D), had == 3 ? A | D : had ? A : 0);
	world_put(&w, pte, world_get(&w, pte) & ~(A | D));
	outcome(&w, 0x5000, SIM_WRITE, SIM_AT_UNTRANSLATED, SIM_OUTCOME_OK);
	/* A cached translation known dirty is not looked at again: software has to invalidate. */
	ck_assert_uint_eq(world_get(&w, pte) & (A | D), _i & 4     ? 0
							: had == 3 ? A | D
							: had      ? A
								   : 0);
	av_submit(&w, OP(3) | (uint64_t)DOMAIN << 32, 0x5000);
	outcome(&w, 0x5000, SIM_READ, SIM_AT_TRANSLATION, SIM_OUTCOME_OK);
	ck_assert_uint_eq(world_get(&w, pte) & (A | D), had == 3 ? A | D : had ? A : 0);
	world_stop(&w);
}
END_TEST

/* ---- snooping ---- */

/* Control.Coherent and DTE.SD decide what an unsnooped unit sees of a store that is still in the CPU's cache. */
START_TEST(test_unsnooped_reads_are_those_software_allows)
{
	struct sim_policy policy = { .publish = SIM_PUBLISH_AT_SYNC, .keep = SIM_KEEP_NONE };
	bool coherent = _i & 1, sd = _i & 2, seen;
	struct sim_amdvi_config c;
	struct world w;
	uint64_t root, at = AV_DEVTAB + RID * 32;

	sim_amdvi_default(&c);
	c.unsnooped = (_i & 4) != 0;
	av_start(&w, &c, &policy);
	root = world_page(&w);
	av_enable(&w);
	world_w64(&w, 0x18, coherent ? 0x148D : 0x108D);
	world_put(&w, at + 8, DOMAIN | (sd ? UINT64_C(1) << 38 : 0));
	world_put(&w, at, V | TV | RW | root | 1u << 9);
	sim_cpu_write64(w.s, root + 5 * 8, RW | 0xA001);
	seen = world_reads(&w, RID, 0x5000, 0xA000);
	ck_assert_uint_eq(seen, !(c.unsnooped && sd));
	sim_cpu_sync(w.s, root, 4096, true);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	sim_cpu_write64(w.s, at, V | TV); /* blocks */
	seen = !world_reads(&w, RID, 0x5000, 0xA000);
	ck_assert_uint_eq(seen, !(c.unsnooped && !coherent));
	world_stop(&w);
}
END_TEST

/* ---- policies ---- */

/* A read-only translation made by one access is judged anew by the next, or not: both are legal. */
START_TEST(test_hit_without_permission)
{
	struct sim_policy policy = { .rewalk_on_permission = _i };
	struct world w;
	uint64_t root;

	av_start(&w, NULL, &policy);
	root = world_page(&w);
	av_enable(&w);
	av_attach(&w, RID, root, 1, DOMAIN);
	av_leaf(&w, root, 1, 0x5000, 1, UINT64_C(1) << 61 | 0xA001);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	av_leaf(&w, root, 1, 0x5000, 1, RW | 0xA001);
	outcome(&w, 0x5000, SIM_WRITE, SIM_AT_UNTRANSLATED, _i ? SIM_OUTCOME_OK : SIM_OUTCOME_CA);
	expect(&w, _i ? 0 : FAULT | FLAGS(0x70), 0x5000);
	world_stop(&w);
}
END_TEST

START_TEST(test_prefetch_policy_fills_the_next_page)
{
	struct sim_policy policy = { .prefetch = true };
	struct world w;
	uint64_t root;

	av_start(&w, NULL, &policy);
	root = world_page(&w);
	av_enable(&w);
	av_attach(&w, RID, root, 1, DOMAIN);
	av_leaf(&w, root, 1, 0x5000, 1, RW | 0xA001);
	av_leaf(&w, root, 1, 0x6000, 1, RW | 0xB001);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, DOMAIN, 0x6000), 1);
	ck_assert(world_reads(&w, RID, 0x6000, 0xB000));
	world_stop(&w);
}
END_TEST

/* ---- the reading of low address bits ---- */

START_TEST(test_low_bits_of_a_large_page)
{
	struct sim_amdvi_config c;
	struct world w;
	uint64_t root;

	sim_amdvi_default(&c);
	if (_i)
		c.readings = SIM_AMDVI_PAGE_LOW_BITS_CHECKED;
	av_start(&w, &c, NULL);
	root = world_page(&w);
	av_enable(&w);
	av_attach(&w, RID, root, 2, DOMAIN);
	av_leaf(&w, root, 2, 0x200000, 2, RW | 0x405001);
	ck_assert_uint_eq(world_reads(&w, RID, 0x201000, 0x401000), !_i);
	expect(&w, _i ? FAULT | FLAGS(0x10) : 0, 0x201000);
	world_stop(&w);
}
END_TEST

#define LOOP(t, test, n) tcase_add_loop_test(t, test, 0, (int)(n))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static Suite *suite(void)
{
	Suite *s = suite_create("amdvi_xlat");
	TCase *t = tcase_create("xlat");

	tcase_add_test(t, test_disabled_unit_passes_everything);
	tcase_add_test(t, test_caches_survive_a_disable);
	LOOP(t, test_special_ranges, COUNT(special));
	tcase_add_test(t, test_ht_range_is_ordinary_when_ignored);
	tcase_add_test(t, test_ht_ats_range_can_be_reserved);
	tcase_add_test(t, test_interrupts_go_by_iv);
	tcase_add_test(t, test_remapping_of_ht_interrupts_says_it_is_not_modelled);
	tcase_add_test(t, test_aborted_interrupt_is_silent_in_the_other_reading);
	LOOP(t, test_exclusion_range, 2);
	tcase_add_test(t, test_exclusion_bypasses_what_is_cached);
	LOOP(t, test_translation_requests, COUNT(ats));
	tcase_add_test(t, test_translation_request_attributes);
	tcase_add_test(t, test_device_beyond_the_table_by_class);
	tcase_add_test(t, test_translated_requests_need_v_and_i);
	tcase_add_test(t, test_pasid_without_guest_translation);
	tcase_add_test(t, test_golden_events);
	LOOP(t, test_unreadable_table_is_a_hardware_error, COUNT(unreadable));
	LOOP(t, test_accessed_and_dirty_bits, 8);
	LOOP(t, test_unsnooped_reads_are_those_software_allows, 8);
	LOOP(t, test_hit_without_permission, 2);
	tcase_add_test(t, test_prefetch_policy_fills_the_next_page);
	LOOP(t, test_low_bits_of_a_large_page, 2);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
