/*
 * Fault recording and events, against a small model of the recording algorithm and of the event logic.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

#define RECORDS_MOST 16u

/* Source-ids without context entry, but for one whose entry has FPD. */
#define RIDS 5u
#define QUIET 0x0080
#define PFO BIT32(0)
#define PPF BIT32(1)
#define IQE BIT32(4)

/* ---- the model ---- */

struct model {
	unsigned records, index, fri;
	bool f[RECORDS_MOST], pfo, ppf;
	uint16_t sid[RECORDS_MOST];
	uint64_t page[RECORDS_MOST];
	bool collapse;
	uint64_t events, recorded, suppressed, overflowed, collapsed;
};

static bool any_f(const struct model *m)
{
	for (unsigned i = 0; i < m->records; i++)
		if (m->f[i])
			return true;
	return false;
}

static void model_fault(struct model *m, uint16_t sid, uint64_t addr)
{
	if (sid == QUIET) {
		m->suppressed++;
		return;
	}
	if (m->pfo) {
		m->overflowed++;
		return;
	}
	for (unsigned i = 0; m->collapse && i < m->records; i++)
		if (m->f[i] && m->sid[i] == sid) {
			m->collapsed++;
			return;
		}
	if (m->f[m->index]) {
		m->pfo = true;
		m->overflowed++;
		return;
	}
	m->sid[m->index] = sid;
	m->page[m->index] = addr & ~UINT64_C(0xFFF);
	m->f[m->index] = true;
	m->recorded++;
	if (!m->ppf) {
		m->fri = m->index;
		m->ppf = true;
		m->events++; /* PFO was 0, and nothing else is at work here */
	}
	m->index = (m->index + 1) % m->records;
}

static void agree(struct world *w, const struct model *m)
{
	uint32_t fsts = vt_fsts(w);
	struct sim_unit_stats s;

	ck_assert_uint_eq(fsts & PFO, m->pfo);
	ck_assert_uint_eq(fsts >> 1 & 1, m->ppf);
	if (m->ppf)
		ck_assert_uint_eq(fsts >> 8 & 0xFF, m->fri);
	for (unsigned i = 0; i < m->records; i++) {
		uint64_t hi = vt_frcd_hi(w, i);

		ck_assert_uint_eq(hi >> 63, m->f[i]);
		if (!m->f[i])
			continue;
		ck_assert_uint_eq(hi & 0xFFFF, m->sid[i]);
		ck_assert_uint_eq(vt_frcd_lo(w, i), m->page[i]);
	}
	ck_assert_int_eq(sim_unit_stats(w->s, 0, &s), SIM_OK);
	ck_assert_uint_eq(s.recorded, m->recorded);
	ck_assert_uint_eq(s.suppressed, m->suppressed);
	ck_assert_uint_eq(s.overflowed, m->overflowed);
	ck_assert_uint_eq(s.collapsed, m->collapsed);
	ck_assert_uint_eq(s.blocked, s.recorded + s.suppressed + s.overflowed + s.collapsed);
}

static void start(struct world *w, unsigned records, bool collapse)
{
	struct sim_policy policy = { .collapse_faults = collapse };
	struct sim_vtd_config c;

	sim_vtd_default(&c);
	c.cap = (c.cap & ~MASK64(47, 40)) | (uint64_t)(records - 1) << 40;
	c.ecap |= VTD_ECAP_DT;
	vt_start(w, &c, &policy);
	world_put(w, vt_context_at(w, QUIET), 2); /* FPD counts though P = 0 */
	vt_enable(w, 0);
}

static void clear_f(struct world *w, struct model *m, unsigned i, bool half)
{
	if (half)
		world_w32(w, w->vtd.frcd + 16 * i + 12, BIT32(31));
	else
		world_w64(w, w->vtd.frcd + 16 * i + 8, vt_frcd_hi(w, i) | BIT64(63));
	m->f[i] = false;
	m->ppf = any_f(m);
}

/* Random faults, clearings in any order, overflow, disabling: the unit and the model never differ. */
START_TEST(test_recording_is_the_algorithm_s)
{
	static const unsigned sizes[] = { 1, 2, 3, 8, 16 };
	struct model m = { .records = sizes[_i % 5], .collapse = _i >= 5 };
	uint64_t rnd = 900u + (unsigned)_i;
	struct sim_xlat x;
	struct world w;

	start(&w, m.records, m.collapse);
	world_w32(&w, VTD_REG_FECTL, 0);
	for (unsigned n = 0; n < 1500; n++) {
		uint32_t what = world_below(&rnd, 20);
		uint16_t sid = (uint16_t)(8 * world_below(&rnd, RIDS));
		uint64_t addr = world_random(&rnd) & 0xFFFFFFFFFF;
		unsigned i = world_below(&rnd, m.records);

		if (what < 12) {
			if (addr >> 20 == 0xFEE)
				continue;
			if (world_below(&rnd, 10) == 0)
				sid = QUIET;
			world_request(&w, sid, addr, SIM_READ, 0, 0, &x);
			ck_assert_uint_eq(x.reason, 2);
			model_fault(&m, sid, addr);
		} else if (what < 17) {
			clear_f(&w, &m, i, what & 1);
			for (unsigned k = 0; what == 16 && k < m.records; k++)
				clear_f(&w, &m, (i + k) % m.records, k & 1);
		} else if (what == 17) {
			world_w32(&w, VTD_REG_FSTS, PFO | PPF);
			m.pfo = false;
		} else if (what == 18) { /* writing 0 to F, and 1 to all else, changes nothing */
			world_w64(&w, w.vtd.frcd + 16 * i + 8, ~BIT64(63));
			world_w64(&w, w.vtd.frcd + 16 * i, UINT64_MAX);
			world_w32(&w, VTD_REG_FSTS, ~(uint32_t)(PFO | 0x70));
		} else if (world_below(&rnd, 8) == 0) {
			vt_gcmd(&w, VTD_GCMD_TE, false);
			vt_gcmd(&w, VTD_GCMD_TE, true);
			m.index = 0;
		}
		world_settle(&w);
		agree(&w, &m);
		ck_assert_uint_eq(sim_msi_count(w.s), m.events);
	}
	ck_assert_uint_gt(m.recorded, 50);
	ck_assert_uint_gt(m.events, 10);
	world_stop(&w);
}
END_TEST

/* ---- contents of a record ---- */

struct content {
	const char *name;
	unsigned access, at, flags;
	uint64_t addr;
	uint64_t lo, hi; /* the record */
};

/* clang-format off */
#define HI(t1, at, fr, t2) (BIT64(63) | (uint64_t)(t1) << 62 | (uint64_t)(at) << 60 | (uint64_t)(fr) << 32 | (uint64_t)(t2) << 28 | 0x0118)
static const struct content contents[] = {
	{ "read",   SIM_READ, 0, 0, 0x12345678, 0x12345000, HI(1, 0, 0x02, 0) },
	{ "write",  SIM_WRITE, 0, 0, 0x12345678, 0x12345000, HI(0, 0, 0x02, 0) },
	{ "atomic", SIM_ATOMIC, 0, 0, 0x12345678, 0x12345000, HI(1, 0, 0x02, 1) },
	{ "zero-length read", SIM_ZLR, 0, 0, 0x12345678, 0x12345000, HI(1, 0, 0x02, 0) },
	{ "translation request", SIM_READ, 1, 0, 0x12345678, 0x12345000, HI(1, 1, 0x02, 0) },
	{ "translation request, NW", SIM_READ, 1, SIM_REQ_NO_WRITE, 0x12345678, 0x12345000, HI(1, 1, 0x02, 0) },
	{ "translation request for an atomic", SIM_ATOMIC, 1, 0, 0x12345678, 0x12345000, HI(1, 1, 0x02, 0) },
	{ "translated write", SIM_WRITE, 2, 0, 0x12345678, 0x12345000, HI(0, 2, 0x02, 0) },
	{ "translated read", SIM_READ, 2, 0, 0x12345678, 0x12345000, HI(1, 2, 0x02, 0) },
	{ "beyond the widest table", SIM_READ, 0, 0, 0xABCDEF0123456789, 0x0000EF0123456000, HI(1, 0, 0x02, 0) },
	{ "with PASID", SIM_READ, 0, SIM_REQ_PASID, 0x5000, 0x5000, HI(1, 0, 0x31, 0) },
	{ "PASID into the interrupt range", SIM_WRITE, 0, SIM_REQ_PASID, 0xFEE01000, 0xFEE01000, HI(0, 0, 0x31, 0) },
	{ "bad interrupt", SIM_READ, 0, 0, 0xFEE01000, 0, HI(0, 0, 0x29, 0) },
};
/* clang-format on */

START_TEST(test_a_record_says_what_came)
{
	const struct content *k = &contents[_i];
	struct sim_xlat x;
	struct world w;

	start(&w, 4, false);
	world_put(&w, vt_context_at(&w, 0x0118), 0);
	world_request(&w, 0x0118, k->addr, k->access, k->at, k->flags, &x);
	ck_assert_msg(x.recorded, "%s", k->name);
	ck_assert_msg(vt_frcd_lo(&w, 0) == k->lo, "%s: %llx", k->name,
		      (unsigned long long)vt_frcd_lo(&w, 0));
	ck_assert_msg(vt_frcd_hi(&w, 0) == k->hi, "%s: %llx, not %llx", k->name,
		      (unsigned long long)vt_frcd_hi(&w, 0), (unsigned long long)k->hi);
	ck_assert_uint_eq(world_r32(&w, w.vtd.frcd + 12), k->hi >> 32);
	ck_assert_uint_eq(world_r32(&w, w.vtd.frcd + 8), (uint32_t)k->hi);
	world_stop(&w);
}
END_TEST

/* AT is reserved on a unit without device-TLBs. */
START_TEST(test_a_unit_without_ats_records_no_address_type)
{
	struct sim_xlat x;
	struct world w;

	vt_start(&w, NULL, NULL);
	world_put(&w, vt_context_at(&w, 0x0118), 0);
	vt_enable(&w, 0);
	world_request(&w, 0x0118, 0x5000, SIM_READ, SIM_AT_TRANSLATED, 0, &x);
	ck_assert_uint_eq(vt_frcd_hi(&w, 0), HI(1, 0, 0x02, 0));
	world_stop(&w);
}
END_TEST

/* FI keeps the bits below the widest supported address width. */
START_TEST(test_the_page_is_cut_at_the_widest_table)
{
	static const unsigned width[] = { 39, 48, 57 };
	struct sim_vtd_config c;
	struct sim_xlat x;
	struct world w;

	sim_vtd_default(&c);
	c.cap = (c.cap & ~MASK64(12, 8)) | BIT64(9 + _i);
	c.cap |= _i ? BIT64(9) : 0;
	vt_start(&w, &c, NULL);
	world_put(&w, vt_context_at(&w, 0x0118), 0);
	vt_enable(&w, 0);
	world_request(&w, 0x0118, UINT64_MAX, SIM_READ, 0, 0, &x);
	ck_assert_uint_eq(vt_frcd_lo(&w, 0), ((UINT64_C(1) << width[_i]) - 1) & ~UINT64_C(0xFFF));
	world_stop(&w);
}
END_TEST

/* What is refused before any table is no fault: not recorded, not counted. */
START_TEST(test_a_refusal_before_the_tables_is_not_counted)
{
	struct sim_unit_stats s;
	struct sim_xlat x;
	struct world w;

	start(&w, 4, false);
	world_request(&w, 8, 0x5000, SIM_READ, 3, 0, &x);
	ck_assert_uint_eq(x.outcome, SIM_OUTCOME_UR);
	world_request(&w, 8, 0x5000, SIM_WRITE, SIM_AT_TRANSLATION, 0, &x);
	ck_assert_uint_eq(x.outcome, SIM_OUTCOME_UR);
	world_request(&w, 8, 0x5000, SIM_READ, SIM_AT_TRANSLATED, SIM_REQ_PASID, &x);
	ck_assert_uint_eq(x.outcome, SIM_OUTCOME_UR);
	vt_gcmd(&w, VTD_GCMD_TE, false);
	world_request(&w, 8, 0x5000, SIM_READ, SIM_AT_TRANSLATION, 0, &x);
	ck_assert_uint_eq(x.outcome, SIM_OUTCOME_UR);
	ck_assert_uint_eq(x.reason, 0);
	sim_unit_stats(w.s, 0, &s);
	ck_assert_uint_eq(s.requests, 4);
	ck_assert_uint_eq(s.blocked, 0);
	ck_assert_uint_eq(vt_fsts(&w), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_an_injected_overflow_is_told)
{
	struct sim_inject_rule rule = { .point = SIM_POINT_LOG_OVERFLOW,
					.count = 1,
					.last = UINT64_MAX,
					.master = SIM_MASTER_ANY };
	struct sim_xlat x;
	struct world w;

	start(&w, 4, false);
	ck_assert_int_ge(sim_inject_add(w.s, &rule), 0);
	world_request(&w, 8, 0x5000, SIM_READ, 0, 0, &x);
	ck_assert(!x.recorded);
	ck_assert_uint_eq(vt_fsts(&w), PFO);
	world_w32(&w, VTD_REG_FSTS, PFO);
	world_request(&w, 8, 0x5000, SIM_READ, 0, 0, &x);
	ck_assert(x.recorded);
	world_stop(&w);
}
END_TEST

/* ---- the fault event ---- */

static void fault(struct world *w)
{
	struct sim_xlat x;

	world_request(w, 8, 0x5000, SIM_READ, 0, 0, &x);
}

static uint32_t fectl(struct world *w)
{
	return (uint32_t)sim_reg_peek(w->s, 0, VTD_REG_FECTL, 4);
}

#define IM BIT32(31)
#define IP BIT32(30)

START_TEST(test_the_message_carries_the_programmed_words)
{
	const struct sim_msi *msi;
	struct world w;

	start(&w, 4, false);
	world_w32(&w, VTD_REG_FEDATA, 0x4031);
	world_w32(&w, VTD_REG_FEADDR, 0xFEE0500C);
	world_w32(&w, VTD_REG_FEUADDR, 0x00001200);
	world_w32(&w, VTD_REG_FECTL, 0);
	fault(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 0); /* on its way */
	ck_assert_uint_eq(fectl(&w), IP);
	world_settle(&w);
	ck_assert_uint_eq(fectl(&w), 0);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	msi = sim_msi_get(w.s, 0);
	ck_assert(msi->from_unit && msi->unit == 0);
	ck_assert_uint_eq(msi->addr, 0x00001200FEE0500C);
	ck_assert_uint_eq(msi->data, 0x4031);
	world_stop(&w);
}
END_TEST

START_TEST(test_a_masked_event_waits_for_its_unmasking)
{
	struct world w;

	start(&w, 4, false);
	fault(&w);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 0);
	ck_assert_uint_eq(fectl(&w), IM | IP);
	world_w32(&w, VTD_REG_FECTL, 0);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	ck_assert_uint_eq(fectl(&w), 0);
	world_w32(&w, VTD_REG_FECTL, IM);
	world_w32(&w, VTD_REG_FECTL, 0); /* once */
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	world_stop(&w);
}
END_TEST

/* Masked again before it left: held. */
START_TEST(test_masking_holds_a_message_on_its_way)
{
	struct world w;

	start(&w, 4, false);
	world_w32(&w, VTD_REG_FECTL, 0);
	fault(&w);
	world_w32(&w, VTD_REG_FECTL, IM);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 0);
	ck_assert_uint_eq(fectl(&w), IM | IP);
	world_stop(&w);
}
END_TEST

/* All conditions cleared while masked: nothing is pending any more. */
START_TEST(test_clearing_every_condition_clears_pending)
{
	struct world w;

	start(&w, 1, false);
	fault(&w);
	fault(&w); /* overflow */
	ck_assert_uint_eq(vt_fsts(&w), PPF | PFO);
	world_w32(&w, w.vtd.frcd + 12, BIT32(31));
	ck_assert_uint_eq(vt_fsts(&w) & (PPF | PFO), PFO);
	ck_assert_uint_eq(fectl(&w), IM | IP); /* PFO is still there */
	world_w32(&w, VTD_REG_FSTS, PFO);
	ck_assert_uint_eq(fectl(&w), IM);
	world_w32(&w, VTD_REG_FECTL, 0);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 0);
	world_stop(&w);
}
END_TEST

/* While one condition is left no other raises a new event. */
START_TEST(test_no_new_event_before_all_is_serviced)
{
	struct world w;

	start(&w, 1, false);
	world_w32(&w, VTD_REG_FECTL, 0);
	fault(&w);
	fault(&w);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	world_w32(&w, w.vtd.frcd + 12, BIT32(31)); /* PFO left: nothing is recorded either */
	fault(&w);
	vt_queue_on(&w, 0, false);
	vt_submit(&w, 0, 0); /* a reserved type: IQE */
	ck_assert_uint_eq(vt_fsts(&w) & (IQE | PFO | PPF), IQE | PFO);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	world_w32(&w, VTD_REG_FSTS, PFO);
	fault(&w); /* PPF rises while IQE is there */
	world_settle(&w);
	ck_assert_uint_eq(vt_fsts(&w) & (IQE | PFO | PPF), IQE | PPF);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	world_w32(&w, w.vtd.frcd + 12, BIT32(31));
	world_put(&w, w.vtd.queue, 5);
	world_w32(&w, VTD_REG_FSTS, IQE);
	fault(&w);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 2);
	world_stop(&w);
}
END_TEST

/* Reading status or control pushes out the message that announces it. */
START_TEST(test_a_status_read_pushes_the_message_out)
{
	struct world w;

	start(&w, 4, false);
	world_w32(&w, VTD_REG_FECTL, 0);
	fault(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 0);
	world_r32(&w, _i ? VTD_REG_FECTL : VTD_REG_FSTS);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	world_stop(&w);
}
END_TEST

/* ---- names ---- */

START_TEST(test_reason_names_go_both_ways)
{
	ck_assert_str_eq(sim_vtd_reason_name(0x05), "SS_WRITE");
	ck_assert_ptr_null(sim_vtd_reason_name(0x00));
	ck_assert_ptr_null(sim_vtd_reason_name(0xFF));
	ck_assert_uint_eq(sim_vtd_reason_by_name("ABORT_MODE"), 0x33);
	ck_assert_uint_eq(sim_vtd_reason_by_name("no such thing"), 0);
	for (unsigned code = 1; code < 256; code++)
		if (sim_vtd_reason_name((uint8_t)code))
			ck_assert_uint_eq(
				sim_vtd_reason_by_name(sim_vtd_reason_name((uint8_t)code)), code);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("vtd_fault");
	TCase *t = tcase_create("fault");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_recording_is_the_algorithm_s, 0, 10);
	tcase_add_loop_test(t, test_a_record_says_what_came, 0,
			    sizeof(contents) / sizeof(contents[0]));
	tcase_add_test(t, test_a_unit_without_ats_records_no_address_type);
	tcase_add_loop_test(t, test_the_page_is_cut_at_the_widest_table, 0, 3);
	tcase_add_test(t, test_a_refusal_before_the_tables_is_not_counted);
	tcase_add_test(t, test_an_injected_overflow_is_told);
	tcase_add_test(t, test_the_message_carries_the_programmed_words);
	tcase_add_test(t, test_a_masked_event_waits_for_its_unmasking);
	tcase_add_test(t, test_masking_holds_a_message_on_its_way);
	tcase_add_test(t, test_clearing_every_condition_clears_pending);
	tcase_add_test(t, test_no_new_event_before_all_is_serviced);
	tcase_add_loop_test(t, test_a_status_read_pushes_the_message_out, 0, 2);
	tcase_add_test(t, test_reason_names_go_both_ways);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
