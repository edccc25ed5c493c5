/*
 * Device table entries: look-up, segments, every combination that decides a request, and what the event says.
 */
#include "amdvi_world.h"
#include "unit.h"

#define RID 0x0108u
#define DOMAIN 0x1234u
#define ALL UINT64_MAX

#define V UINT64_C(1)
#define TV UINT64_C(2)
#define IR (UINT64_C(1) << 61)
#define IW (UINT64_C(1) << 62)
#define I (UINT64_C(1) << 32)
#define SE (UINT64_C(1) << 33)
#define SA (UINT64_C(1) << 34)
#define EX (UINT64_C(1) << 39)
#define PR (UINT64_C(1) << 52)
#define RW (UINT64_C(1) << 53)
#define PE (UINT64_C(1) << 54)
#define RZ (UINT64_C(1) << 55)
#define TR (UINT64_C(1) << 56)
#define CODE(n) ((uint64_t)(n) << 60)
#define PAGE_FAULT (CODE(2) | (uint64_t)DOMAIN << 32 | RID)

static void invalidate(struct world *w, uint16_t rid)
{
	av_submit(w, UINT64_C(2) << 60 | rid, 0);
}

/* ---- the order of the decisions, for requests that meet an empty table ---- */

struct fate {
	bool ok;
	uint64_t event; /* q[0], 0: none */
};

static struct fate fate_of(uint64_t q0, unsigned access, uint64_t addr)
{
	unsigned mode = (unsigned)(q0 >> 9 & 7);
	bool read = access != SIM_WRITE, write = access == SIM_WRITE || access == SIM_ATOMIC;
	uint64_t rw = write ? RW : 0;

	if (!(q0 & V))
		return (struct fate){ true, 0 };
	if (!(q0 & TV))
		return (struct fate){ false, PAGE_FAULT | rw };
	if ((read && !(q0 & IR)) || (write && !(q0 & IW)))
		return (struct fate){ false, PAGE_FAULT | rw | PR | PE };
	if (mode == 0)
		return (struct fate){ true, 0 };
	if (mode == 7)
		return (struct fate){ false, PAGE_FAULT | rw | PR };
	if (mode < 6 && addr >> (12 + 9 * mode))
		return (struct fate){ false, PAGE_FAULT | rw | PR };
	return (struct fate){ false, PAGE_FAULT | rw };
}

START_TEST(test_every_combination_of_v_tv_mode_and_permission)
{
	static const uint64_t addrs[] = { 0x1000,
					  0x1FF000,
					  0x200000,
					  UINT64_C(1) << 38,
					  UINT64_C(1) << 48,
					  UINT64_C(1) << 57,
					  UINT64_C(1) << 63,
					  UINT64_C(0xFFFFF000) };
	struct sim_policy policy = { .keep = _i ? SIM_KEEP_ALL : SIM_KEEP_NONE };
	struct world w;
	uint64_t root;

	av_start(&w, NULL, &policy);
	root = world_page(&w);
	av_enable(&w);
	for (unsigned bits = 0; bits < 128; bits++) {
		uint64_t q0 = (bits & 3) | (uint64_t)(bits >> 2 & 3) << 61 |
			      (uint64_t)(bits >> 4) << 9 | root;

		av_dte(&w, RID, q0, DOMAIN, 0);
		invalidate(&w, RID);
		for (size_t k = 0; k < 3 * sizeof(addrs) / sizeof(addrs[0]); k++) {
			uint64_t addr = addrs[k / 3];
			unsigned access = (unsigned)(k % 3);
			struct fate f = fate_of(q0, access, addr);
			struct sim_xlat x;

			world_request(&w, RID, addr, access, SIM_AT_UNTRANSLATED, 0, &x);
			ck_assert_msg(x.outcome == (f.ok ? SIM_OUTCOME_OK : SIM_OUTCOME_CA),
				      "q0 %llx addr %llx access %u", (unsigned long long)q0,
				      (unsigned long long)addr, access);
			if (f.ok)
				ck_assert_uint_eq(x.pa, addr);
			if (f.event)
				av_expect_event(&w, f.event, addr);
			else
				av_expect_no_event(&w);
		}
	}
	ck_assert_uint_eq(world_complaints_all(&w), 0);
	world_stop(&w);
}
END_TEST

/* ---- reserved bits and encodings, typed from the table of checks ---- */

/* Bits of the first two words that are legal in a unit with ATS and accessed and dirty bits: fields, one by one. */
static bool legal_bit(unsigned word, unsigned bit)
{
	if (word == 0)
		return bit == 0 || bit == 1 || (bit >= 9 && bit <= 51) || bit == 61 || bit == 62 ||
		       bit == 7 /* HAD 01b */;
	return bit <= 15 || (bit >= 32 && bit <= 41);
}

START_TEST(test_each_reserved_bit_is_illegal)
{
	struct world w;
	uint64_t root;

	av_start(&w, NULL, NULL);
	root = world_page(&w);
	av_enable(&w);
	for (unsigned n = 1; n < 128; n++) {
		uint64_t q[2] = { V | TV | IR | IW | 2u << 9 | root, DOMAIN };
		struct sim_xlat x;
		bool rz = !legal_bit(n / 64, n % 64);

		q[n / 64] ^= UINT64_C(1) << (n % 64);
		if (n == 8)
			rz = false; /* HAD = 10b is a reserved encoding, not a reserved bit */
		av_dte(&w, RID, q[0], q[1], 0);
		invalidate(&w, RID);
		world_request(&w, RID, 0x5003, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
		if (rz || n == 8) {
			ck_assert_msg(x.reason == 1, "bit %u", n);
			av_expect_event(&w, CODE(1) | RW | (rz ? RZ : 0) | RID, 0x5000);
		} else {
			uint64_t e[2];

			ck_assert_msg(x.reason != 1, "bit %u", n);
			while (av_event(&w, &e[0], &e[1]))
				;
		}
	}
	world_stop(&w);
}
END_TEST

/* The same reserved bits mean nothing while V = 0. */
START_TEST(test_nothing_is_checked_without_v)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, ALL & ~V, ALL, 0);
	ck_assert(world_reads(&w, RID, 0x5000, 0x5000));
	av_expect_no_event(&w);
	world_stop(&w);
}
END_TEST

static const struct {
	uint64_t clear; /* of EFR */
	uint64_t q0, q1;
	bool rz;
} gated[] = {
	{ AMDVI_EFR_HASUP | AMDVI_EFR_HDSUP, UINT64_C(1) << 7, 0, true },
	{ AMDVI_EFR_HDSUP, UINT64_C(3) << 7, 0, false },
	{ 0, 0, UINT64_C(3) << 35, false }, /* IoCtl */
};

START_TEST(test_encodings_a_feature_takes_away)
{
	struct sim_amdvi_config c;
	struct world w;
	struct sim_xlat x;

	sim_amdvi_default(&c);
	c.efr &= ~gated[_i].clear;
	av_start(&w, &c, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV | IR | gated[_i].q0, DOMAIN | gated[_i].q1, 0);
	world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, CODE(1) | (gated[_i].rz ? RZ : 0) | RID, 0x5000);
	world_stop(&w);
}
END_TEST

START_TEST(test_i_is_reserved_without_ats)
{
	struct sim_amdvi_config c;
	struct world w;
	struct sim_xlat x;

	sim_amdvi_default(&c);
	c.cap &= ~(uint32_t)AMDVI_CAPHDR_IOTLBSUP;
	av_start(&w, &c, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV | IR, DOMAIN | I, 0);
	world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, CODE(1) | RZ | RID, 0x5000);
	world_stop(&w);
}
END_TEST

/* ---- suppression ---- */

START_TEST(test_sa_silences_page_faults_only)
{
	struct world w;
	struct sim_unit_stats st;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV, DOMAIN | SA, 0);
	world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_CA);
	ck_assert_uint_eq(x.reason, 2);
	ck_assert(x.suppressed && !x.recorded);
	av_expect_no_event(&w);
	sim_unit_stats(w.s, 0, &st);
	ck_assert_uint_eq(st.blocked, 1);
	ck_assert_uint_eq(st.suppressed, 1);
	av_dte(&w, RID, V | TV | 4, DOMAIN | SA, 0);
	invalidate(&w, RID);
	world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, CODE(1) | RZ | RID, 0x5000);
	world_stop(&w);
}
END_TEST

START_TEST(test_se_logs_one_fault_until_the_entry_is_invalidated)
{
	struct world w;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV, DOMAIN | SE, 0);
	av_dte(&w, RID + 1, V | TV, DOMAIN, 0);
	for (unsigned round = 0; round < 2; round++) {
		world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
		ck_assert(x.recorded && !x.suppressed);
		av_expect_event(&w, PAGE_FAULT | PR | PE, 0x5000);
		world_request(&w, RID, 0x6000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
		ck_assert(!x.recorded && x.suppressed);
		ck_assert_int_eq(x.outcome, SIM_OUTCOME_CA);
		world_request(&w, RID + 1, 0x6000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
		av_expect_event(&w, (PAGE_FAULT | PR | PE) + 1, 0x6000);
		invalidate(&w, RID);
	}
	world_stop(&w);
}
END_TEST

/* SE counts events that reached the log: one that found it off does not count. */
START_TEST(test_se_does_not_count_what_was_not_logged)
{
	struct world w;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV, DOMAIN | SE, 0);
	world_w64(&w, 0x18, world_r64(&w, 0x18) & ~UINT64_C(4));
	world_settle(&w);
	world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	ck_assert(!x.recorded);
	world_w64(&w, 0x18, world_r64(&w, 0x18) | 4);
	world_settle(&w);
	world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	ck_assert(x.recorded);
	world_stop(&w);
}
END_TEST

/* ---- the table ---- */

/* Sizes and segments: the last DeviceID a table covers is found, the next one is beyond. */
START_TEST(test_segments_and_sizes)
{
	const unsigned segen = (unsigned)_i;
	static const unsigned sizes[] = { 0, 1, 5, 0x3F };
	struct world w;
	struct sim_xlat x;

	av_start(&w, NULL, NULL);
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		uint32_t span = 0x10000u >> segen, covered = (sizes[k] + 1) * 128;

		world_w64(&w, 0x18, 0);
		world_settle(&w);
		av_enable(&w);
		world_w64(&w, 0x18, 0x400);
		for (unsigned seg = 0; seg < 1u << segen; seg++)
			world_w64(&w, seg ? 0x100 + 8 * (seg - 1) : 0,
				  (AV_DEVTAB + seg * 0x40000) | sizes[k]);
		world_w64(&w, 0x18, 0x148D | (uint64_t)segen << 34);
		world_settle(&w);
		w.amdvi.tail = w.amdvi.head = 0;
		world_w64(&w, 0x2008, 0);
		for (unsigned seg = 0; seg < 1u << segen; seg++) {
			uint16_t last = (uint16_t)(seg * span + covered - 1);
			uint64_t at = AV_DEVTAB + seg * 0x40000 + (uint64_t)(covered - 1) * 32;
			uint64_t e[2];

			while (av_event(&w, &e[0], &e[1]))
				;
			if (covered > span)
				continue;
			world_put(&w, at + 8, DOMAIN + seg);
			world_put(&w, at, V | TV | IR);
			av_submit(&w, UINT64_C(2) << 60 | last, 0);
			world_request(&w, last, 0x5000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
			ck_assert_uint_eq(x.entry_pa, at);
			av_expect_event(
				&w, CODE(2) | RW | PR | PE | (uint64_t)(DOMAIN + seg) << 32 | last,
				0x5000);
			if (covered == span)
				continue;
			world_request(&w, (uint16_t)(last + 1), 0x5000, SIM_WRITE,
				      SIM_AT_UNTRANSLATED, 0, &x);
			ck_assert_int_eq(x.outcome, SIM_OUTCOME_CA);
			av_expect_event(&w, CODE(2) | RW | (uint16_t)(last + 1), 0x5000);
		}
	}
	world_stop(&w);
}
END_TEST

START_TEST(test_beyond_the_table_in_the_other_reading)
{
	struct sim_amdvi_config c;
	struct world w;
	struct sim_xlat x;

	sim_amdvi_default(&c);
	c.readings = SIM_AMDVI_BEYOND_TABLE_IS_ILLEGAL;
	av_start(&w, &c, NULL);
	world_w64(&w, 0x0000, AV_DEVTAB);
	av_enable(&w);
	world_w64(&w, 0x0000, AV_DEVTAB);
	world_request(&w, 0x80, 0x5003, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
	av_expect_event(&w, CODE(1) | 0x80, 0x5000);
	ck_assert_uint_eq(world_complaints(&w, "devtab-while-enabled"), 1);
	world_stop(&w);
}
END_TEST

START_TEST(test_reserved_mode_in_the_other_reading)
{
	struct sim_amdvi_config c;
	struct world w;
	struct sim_xlat x;

	sim_amdvi_default(&c);
	c.readings = SIM_AMDVI_BAD_MODE_IS_ILLEGAL;
	c.efr &= ~AMDVI_EFR_HATS; /* 4 levels */
	av_start(&w, &c, NULL);
	av_enable(&w);
	for (unsigned mode = 5; mode <= 7; mode++) {
		av_dte(&w, RID, V | TV | IR | (uint64_t)mode << 9, DOMAIN, 0);
		invalidate(&w, RID);
		world_request(&w, RID, 0x5000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &x);
		av_expect_event(&w, CODE(1) | RID, 0x5000);
	}
	world_stop(&w);
}
END_TEST

static const struct {
	enum sim_point point;
	bool nowhere;
	unsigned type;
} unreadable[] = {
	{ SIM_POINT_BUS_READ_ABORT, false, 2 },
	{ SIM_POINT_BUS_READ_POISON, false, 3 },
	{ SIM_POINTS, true, 1 },
};

START_TEST(test_unreadable_entry_is_a_hardware_error)
{
	uint64_t table = unreadable[_i].nowhere ? UINT64_C(0x7F0000000000) : AV_DEVTAB;
	uint64_t at = table + (uint64_t)RID * 32, q0 = CODE(3) | RW | RID;
	struct world w;
	struct sim_xlat x;

	q0 |= (uint64_t)unreadable[_i].type << 57;
	av_start(&w, NULL, NULL);
	av_enable(&w);
	world_w64(&w, 0x0000, table | 0x1FF);
	if (!unreadable[_i].nowhere)
		sim_inject_add(w.s, &(struct sim_inject_rule){ .point = unreadable[_i].point,
							       .first = at,
							       .last = at + 31,
							       .master = SIM_MASTER_WALK });
	world_request(&w, RID, 0x5000, SIM_WRITE, SIM_AT_UNTRANSLATED, 0, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_CA);
	av_expect_event(&w, q0, at);
	ck_assert_uint_eq(world_r64(&w, 0x50), 1);
	ck_assert_uint_eq(world_r64(&w, 0x40), q0);
	ck_assert_uint_eq(world_r64(&w, 0x48), at);
	world_stop(&w);
}
END_TEST

/* An entry stays cached until it is invalidated; other devices' entries stay then too. */
START_TEST(test_entries_are_cached_by_device)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	av_dte(&w, RID, V | TV | IR, DOMAIN, 0);
	av_dte(&w, RID + 1, V | TV | IR, DOMAIN, 0);
	ck_assert(world_reads(&w, RID, 0x5000, 0x5000));
	ck_assert(world_reads(&w, RID + 1, 0x5000, 0x5000));
	av_dte(&w, RID, V | TV, DOMAIN, 0);
	av_dte(&w, RID + 1, V | TV, DOMAIN, 0);
	ck_assert(world_reads(&w, RID, 0x5000, 0x5000));
	invalidate(&w, RID);
	ck_assert(!world_reads(&w, RID, 0x5000, 0x5000));
	ck_assert(world_reads(&w, RID + 1, 0x5000, 0x5000));
	av_submit(&w, UINT64_C(8) << 60, 0); /* INVALIDATE_IOMMU_ALL */
	ck_assert(!world_reads(&w, RID + 1, 0x5000, 0x5000));
	world_stop(&w);
}
END_TEST

START_TEST(test_one_domain_with_two_tables_is_complained_about)
{
	struct world w;
	uint64_t a, b;

	av_start(&w, NULL, NULL);
	a = world_page(&w);
	b = world_page(&w);
	av_enable(&w);
	av_leaf(&w, a, 1, 0x5000, 1, 0xA000 | IR | IW | 1);
	av_leaf(&w, b, 1, 0x5000, 1, 0xB000 | IR | IW | 1);
	av_attach(&w, RID, a, 1, DOMAIN);
	av_attach(&w, RID + 1, b, 1, DOMAIN);
	ck_assert(world_reads(&w, RID, 0x5000, 0xA000));
	ck_assert_uint_eq(world_complaints(&w, "domain-tables"), 0);
	ck_assert(
		world_reads(&w, RID + 1, 0x5000, 0xA000)); /* the other device's entry serves it */
	ck_assert_uint_eq(world_complaints(&w, "domain-tables"), 1);
	world_stop(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("amdvi_dte");
	TCase *t = tcase_create("dte");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_every_combination_of_v_tv_mode_and_permission, 0, 2);
	tcase_add_test(t, test_each_reserved_bit_is_illegal);
	tcase_add_test(t, test_nothing_is_checked_without_v);
	tcase_add_loop_test(t, test_encodings_a_feature_takes_away, 0,
			    (int)(sizeof(gated) / sizeof(gated[0])));
	tcase_add_test(t, test_i_is_reserved_without_ats);
	tcase_add_test(t, test_sa_silences_page_faults_only);
	tcase_add_test(t, test_se_logs_one_fault_until_the_entry_is_invalidated);
	tcase_add_test(t, test_se_does_not_count_what_was_not_logged);
	tcase_add_loop_test(t, test_segments_and_sizes, 0, 4);
	tcase_add_test(t, test_beyond_the_table_in_the_other_reading);
	tcase_add_test(t, test_reserved_mode_in_the_other_reading);
	tcase_add_loop_test(t, test_unreadable_entry_is_a_hardware_error, 0,
			    (int)(sizeof(unreadable) / sizeof(unreadable[0])));
	tcase_add_test(t, test_entries_are_cached_by_device);
	tcase_add_test(t, test_one_domain_with_two_tables_is_complained_about);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
