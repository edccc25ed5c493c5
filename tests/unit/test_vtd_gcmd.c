/*
 * Global commands: when a status follows, what it takes effect on, and what software must not do.
 */
#include "unit.h"
#include "vtd_world.h"

#define TES VTD_GSTS_TES
#define RTPS VTD_GSTS_RTPS
#define WBFS VTD_GSTS_WBFS
#define QIES VTD_GSTS_QIES
#define RID 0x0110

static uint32_t gsts(struct world *w)
{
	return (uint32_t)sim_reg_peek(w->s, 0, VTD_REG_GSTS, 4);
}

/* The unit of RID, domain 5: iova 0x5000 to 0x200000 read and write, 4 levels. */
static uint64_t one_page(struct world *w)
{
	uint64_t top = world_page(w);

	vt_context(w, RID, top, 0, VTD_AW_48BIT, 5, false);
	vt_leaf(w, top, 4, 0x5000, 0, 0x200000 | VT_RW);
	return top;
}

struct handshake {
	const char *name;
	uint32_t bit;
	uint32_t at_once, later; /* of GSTS, this bit: right after the write, and when done */
	bool already;            /* the level is set before, and cleared by the write */
};

/* clang-format off */
static const struct handshake handshakes[] = {
	{ "TE on",   VTD_GCMD_TE, 0, TES, false },
	{ "TE off",  VTD_GCMD_TE, TES, 0, true },
	{ "QIE on",  VTD_GCMD_QIE, 0, QIES, false },
	{ "QIE off", VTD_GCMD_QIE, QIES, 0, true },
	{ "SRTP",    VTD_GCMD_SRTP, 0, RTPS, false },
	{ "SRTP again", VTD_GCMD_SRTP, 0, RTPS, true },
	{ "WBF",     VTD_GCMD_WBF, WBFS, 0, false },
};

static const struct { enum sim_delay delay; uint64_t least_ns, most_ns; } delays[] = {
	{ SIM_DELAY_NORMAL, 200, 2000 }, { SIM_DELAY_SLOW, 10000, 100000 },
};
/* clang-format on */

static struct sim_vtd_config buffered(void)
{
	struct sim_vtd_config c;

	sim_vtd_default(&c);
	c.cap |= VTD_CAP_RWBF;
	return c;
}

static void write_command(struct world *w, const struct handshake *h)
{
	uint32_t keep = gsts(w) & 0x96FFFFFF;
	bool oneshot = h->bit & (VTD_GCMD_SRTP | VTD_GCMD_WBF);

	world_w32(w, VTD_REG_GCMD, h->already && !oneshot ? keep & ~h->bit : keep | h->bit);
}

/* Status keeps its old or transient value for a while, then follows, once. */
START_TEST(test_status_follows_after_a_delay)
{
	const struct handshake *h = &handshakes[_i % 7];
	uint64_t least = delays[_i / 7].least_ns, most = delays[_i / 7].most_ns, start;
	struct sim_policy policy = { .delay = delays[_i / 7].delay };
	struct sim_vtd_config c = buffered();
	struct world w;

	vt_start(&w, &c, &policy);
	world_w64(&w, VTD_REG_RTADDR, world_page(&w));
	if (h->bit == VTD_GCMD_TE)
		vt_gcmd(&w, VTD_GCMD_SRTP, true);
	if (h->already) {
		vt_gcmd(&w, h->bit, true);
		sim_advance(w.s, most);
	}
	write_command(&w, h);
	start = sim_now_ns(w.s);
	ck_assert_msg((gsts(&w) & h->bit) == h->at_once, "%s", h->name);
	while ((gsts(&w) & h->bit) != h->later && sim_now_ns(w.s) < start + 2 * most)
		sim_advance(w.s, 10);
	ck_assert_msg((gsts(&w) & h->bit) == h->later, "%s", h->name);
	ck_assert_uint_ge(sim_now_ns(w.s) - start, least);
	ck_assert_uint_le(sim_now_ns(w.s) - start, most);
	sim_advance(w.s, most);
	ck_assert_uint_eq(gsts(&w) & h->bit, h->later);
	ck_assert_uint_eq(world_complaints(&w, "gcmd-busy"), 0);
	ck_assert_uint_eq(world_complaints(&w, "gcmd-two-fields"), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_immediate_means_before_the_write_returns)
{
	struct sim_policy policy = { .delay = SIM_DELAY_IMMEDIATE };
	struct sim_vtd_config c = buffered();
	struct world w;

	vt_start(&w, &c, &policy);
	for (unsigned i = 0; i < 7; i++) {
		const struct handshake *h = &handshakes[i];

		write_command(&w, h);
		ck_assert_msg((gsts(&w) & h->bit) == h->later, "%s", h->name);
	}
	world_stop(&w);
}
END_TEST

START_TEST(test_never_means_never)
{
	struct sim_policy policy = { .delay = SIM_DELAY_NEVER };
	struct world w;

	vt_start(&w, NULL, &policy);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_SRTP);
	sim_advance(w.s, 1000000000);
	ck_assert_uint_eq(gsts(&w), 0);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_TE);
	sim_advance(w.s, 1000000000);
	ck_assert_uint_eq(gsts(&w), 0);
	ck_assert_uint_eq(world_complaints(&w, "gcmd-busy"), 1);
	world_stop(&w);
}
END_TEST

/* A second write before the status followed: told, and both take effect. */
START_TEST(test_a_write_while_busy_is_told_and_neither_is_lost)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	w.vtd.root = world_page(&w);
	world_w64(&w, VTD_REG_RTADDR, w.vtd.root);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_SRTP);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_TE);
	ck_assert_uint_eq(world_complaints(&w, "gcmd-busy"), 1);
	world_settle(&w);
	ck_assert_uint_eq(gsts(&w), RTPS | TES);
	ck_assert_uint_eq(world_complaints(&w, "te-without-root"), 0);
	world_stop(&w);
}
END_TEST

/* All are carried out; one write may change one field only, so it is told. */
START_TEST(test_two_fields_in_one_write_are_told)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	w.vtd.root = world_page(&w);
	world_w64(&w, VTD_REG_RTADDR, w.vtd.root);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_SRTP | VTD_GCMD_QIE);
	world_settle(&w);
	ck_assert_uint_eq(gsts(&w), RTPS | QIES);
	ck_assert_uint_eq(world_complaints(&w, "gcmd-two-fields"), 1);
	/* A level left out by accident is a disable request. */
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_TE);
	world_settle(&w);
	ck_assert_uint_eq(gsts(&w), RTPS | TES);
	ck_assert_uint_eq(world_complaints(&w, "gcmd-two-fields"), 2);
	/* Nothing changes: nothing happens. */
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_TE);
	ck_assert(sim_idle(w.s));
	world_stop(&w);
}
END_TEST

START_TEST(test_a_lost_handshake_is_never_acknowledged)
{
	struct sim_inject_rule rule = { .point = SIM_POINT_HANDSHAKE_LOST,
					.count = 1,
					.last = UINT64_MAX,
					.master = SIM_MASTER_ANY };
	struct world w;

	vt_start(&w, NULL, NULL);
	ck_assert_int_ge(sim_inject_add(w.s, &rule), 0);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_QIE);
	sim_advance(w.s, 10000000);
	ck_assert_uint_eq(gsts(&w), 0);
	vt_gcmd(&w, VTD_GCMD_QIE, true); /* the rule is used up */
	ck_assert_uint_eq(world_complaints(&w, "gcmd-busy"), 1);
	world_stop(&w);
}
END_TEST

START_TEST(test_write_buffer_flush_needs_rwbf)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_WBF);
	ck_assert_uint_eq(gsts(&w) & WBFS, 0);
	ck_assert_uint_eq(world_complaints(&w, "wbf-without-rwbf"), 1);
	ck_assert_uint_eq(world_complaints(&w, "gcmd-two-fields"), 0);
	world_stop(&w);
}
END_TEST

/* With RWBF a store reaches the walk when the buffer is flushed: by WBF or by any invalidation. */
START_TEST(test_a_store_reaches_the_walk_after_the_flush)
{
	struct sim_policy policy = { .keep = SIM_KEEP_NONE, .publish = SIM_PUBLISH_AT_SYNC };
	struct sim_vtd_config c = buffered();
	uint64_t top, at;
	struct world w;

	vt_start(&w, &c, &policy);
	top = one_page(&w);
	vt_enable(&w, 0);
	at = vt_entry_at(&w, top, 4, 0x5000, 0);
	sim_cpu_write64(w.s, at, 0x300000 | VT_RW);
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	if (_i == 0) {
		vt_gcmd(&w, VTD_GCMD_WBF, true);
	} else if (_i == 1) {
		world_w64(&w, VTD_REG_CCMD, BIT64(63) | UINT64_C(1) << 61);
		world_settle(&w);
	} else {
		world_w64(&w, w.vtd.iotlb, BIT64(63) | UINT64_C(1) << 60);
		world_settle(&w);
	}
	ck_assert(world_reads(&w, RID, 0x5000, 0x300000));
	world_stop(&w);
}
END_TEST

/* RTADDR counts when SRTP latches it, and reads as last written. */
START_TEST(test_the_root_pointer_is_latched)
{
	struct sim_policy policy = { .keep = SIM_KEEP_NONE };
	struct world w;

	vt_start(&w, NULL, &policy);
	one_page(&w);
	vt_enable(&w, 0);
	world_w64(&w, VTD_REG_RTADDR, world_page(&w));
	ck_assert_uint_ne(world_r64(&w, VTD_REG_RTADDR), w.vtd.root);
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	vt_gcmd(&w, VTD_GCMD_SRTP, true);
	ck_assert(!world_reads(&w, RID, 0x5000, 0x200000));
	world_stop(&w);
}
END_TEST

/* ESRTPS decides whether SRTP empties the caches; nothing else does it. */
START_TEST(test_only_srtp_with_esrtps_empties_the_caches)
{
	struct sim_vtd_config c;
	struct world w;
	unsigned left = _i ? 0 : 1;

	sim_vtd_default(&c);
	if (_i)
		c.cap |= VTD_CAP_ESRTPS;
	vt_start(&w, &c, NULL);
	one_page(&w);
	vt_enable(&w, 0);
	ck_assert(world_reads(&w, RID, 0x5000, 0x200000));
	vt_gcmd(&w, VTD_GCMD_TE, false);
	vt_gcmd(&w, VTD_GCMD_TE, true);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 5, 0x5000), 1);
	vt_gcmd(&w, VTD_GCMD_SRTP, true);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_IOTLB, 5, 0x5000), left);
	ck_assert_uint_eq(world_cached(&w, SIM_CACHE_CONTEXT, 5, 0), left);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_PAGING), 3 * left);
	world_stop(&w);
}
END_TEST

START_TEST(test_translation_without_root_is_told)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	vt_gcmd(&w, VTD_GCMD_TE, true);
	ck_assert_uint_eq(world_complaints(&w, "te-without-root"), 1);
	world_stop(&w);
}
END_TEST

START_TEST(test_a_mode_change_while_translating_needs_esrtps)
{
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	c.ecap |= VTD_ECAP_ADMS;
	if (_i)
		c.cap |= VTD_CAP_ESRTPS;
	vt_start(&w, &c, NULL);
	vt_enable(&w, 0);
	ck_assert_uint_eq(world_complaints(&w, "ttm-while-enabled"), 0);
	world_w64(&w, VTD_REG_RTADDR, w.vtd.root | 3ull << 10);
	vt_gcmd(&w, VTD_GCMD_SRTP, true);
	ck_assert_uint_eq(world_complaints(&w, "ttm-while-enabled"), _i ? 0 : 1);
	world_stop(&w);
}
END_TEST

START_TEST(test_a_unit_without_queue_has_no_qie)
{
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	c.ecap &= ~(uint64_t)VTD_ECAP_QI;
	vt_start(&w, &c, NULL);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_QIE);
	world_settle(&w);
	ck_assert_uint_eq(gsts(&w), 0);
	ck_assert_uint_eq(world_complaints(&w, "reg-reserved"), 1);
	world_stop(&w);
}
END_TEST

/* ---- protected memory enable ---- */

START_TEST(test_pmen_status_follows_after_a_delay)
{
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	c.cap |= VTD_CAP_PLMR;
	vt_start(&w, &c, NULL);
	for (unsigned on = 1; on < 3; on++) {
		world_w32(&w, VTD_REG_PMEN, on & 1 ? BIT32(31) : 0);
		ck_assert_uint_eq(sim_reg_peek(w.s, 0, VTD_REG_PMEN, 4) & 1, !(on & 1));
		world_settle(&w);
		ck_assert_uint_eq(world_r32(&w, VTD_REG_PMEN), on & 1 ? BIT32(31) | 1 : 0);
	}
	ck_assert_uint_eq(world_complaints(&w, "pmen-busy"), 0);
	world_w32(&w, VTD_REG_PMEN, BIT32(31));
	world_w32(&w, VTD_REG_PMEN, 0);
	ck_assert_uint_eq(world_complaints(&w, "pmen-busy"), 1);
	world_settle(&w);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_PMEN), 0);
	world_stop(&w);
}
END_TEST

/* Starts command n: GCMD.SRTP, PMEN.EPM, CCMD global, IOTLB global. */
static void start_command(struct world *w, unsigned n)
{
	switch (n) {
	case 0:
		world_w32(w, VTD_REG_GCMD, BIT32(30));
		break;
	case 1:
		world_w32(w, VTD_REG_PMEN, BIT32(31));
		break;
	case 2:
		world_w64(w, VTD_REG_CCMD, BIT64(63) | BIT64(61));
		break;
	default:
		world_w64(w, w->vtd.iotlb, BIT64(63) | BIT64(60));
		break;
	}
}

/* 11 "Software Access to Registers": GCMD, CCMD, IOTLB, PMEN have one command in flight between them. */
START_TEST(test_one_command_is_in_flight_at_a_time)
{
	unsigned first = (unsigned)_i / 4, second = (unsigned)_i % 4;
	struct sim_vtd_config c;
	struct world w;

	if (first == second)
		return; /* each register has a complaint of its own for that */
	sim_vtd_default(&c);
	c.cap |= VTD_CAP_PLMR;
	vt_start(&w, &c, NULL);
	start_command(&w, first);
	world_settle(&w);
	start_command(&w, second);
	world_settle(&w);
	ck_assert_uint_eq(world_complaints(&w, "two-commands"), 0);
	world_stop(&w);
	vt_start(&w, &c, NULL);
	start_command(&w, first);
	start_command(&w, second);
	/* CCMD and IOTLB are one interface: reginval-busy tells of those two */
	ck_assert_uint_eq(world_complaints(&w, "two-commands"), first < 2 || second < 2);
	world_stop(&w);
}
END_TEST

START_TEST(test_regions_change_only_while_off)
{
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	c.cap |= VTD_CAP_PLMR;
	vt_start(&w, &c, NULL);
	world_w32(&w, VTD_REG_PLMBASE, 0x100000);
	world_w32(&w, VTD_REG_PMEN, BIT32(31));
	world_settle(&w);
	ck_assert_uint_eq(world_complaints(&w, "pmr-while-enabled"), 0);
	world_w32(&w, VTD_REG_PLMBASE, 0x200000);
	ck_assert_uint_eq(world_complaints(&w, "pmr-while-enabled"), 1);
	world_stop(&w);
}
END_TEST

START_TEST(test_a_unit_without_regions_has_no_pmen)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	world_w32(&w, VTD_REG_PMEN, UINT32_MAX);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_PMEN), 0);
	ck_assert(sim_idle(w.s));
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("vtd_gcmd");
	TCase *t = tcase_create("gcmd");

	tcase_add_loop_test(t, test_status_follows_after_a_delay, 0, 14);
	tcase_add_test(t, test_immediate_means_before_the_write_returns);
	tcase_add_test(t, test_never_means_never);
	tcase_add_test(t, test_a_write_while_busy_is_told_and_neither_is_lost);
	tcase_add_test(t, test_two_fields_in_one_write_are_told);
	tcase_add_test(t, test_a_lost_handshake_is_never_acknowledged);
	tcase_add_test(t, test_write_buffer_flush_needs_rwbf);
	tcase_add_loop_test(t, test_a_store_reaches_the_walk_after_the_flush, 0, 3);
	tcase_add_test(t, test_the_root_pointer_is_latched);
	tcase_add_loop_test(t, test_only_srtp_with_esrtps_empties_the_caches, 0, 2);
	tcase_add_test(t, test_translation_without_root_is_told);
	tcase_add_loop_test(t, test_a_mode_change_while_translating_needs_esrtps, 0, 2);
	tcase_add_test(t, test_a_unit_without_queue_has_no_qie);
	tcase_add_test(t, test_pmen_status_follows_after_a_delay);
	tcase_add_loop_test(t, test_one_command_is_in_flight_at_a_time, 0, 16);
	tcase_add_test(t, test_regions_change_only_while_off);
	tcase_add_test(t, test_a_unit_without_regions_has_no_pmen);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
