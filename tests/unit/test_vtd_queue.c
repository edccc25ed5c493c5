/*
 * The invalidation queue: what each descriptor may hold, where an error stops it and how it goes on, waits, device-TLB
 * answers, and the order of execution.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

#define ALL UINT64_MAX
#define ITE BIT32(6)
#define ICE BIT32(5)
#define IQE BIT32(4)
#define CC 1u
#define IOTLB 2u
#define DEVTLB 3u
#define WAIT 5u
#define FN BIT64(6)
#define SW BIT64(5)
#define IF BIT64(4)

static uint64_t iqh(struct world *w)
{
	return sim_reg_peek(w->s, 0, VTD_REG_IQH, 8);
}

static unsigned iqei(struct world *w)
{
	return (unsigned)(sim_reg_peek(w->s, 0, VTD_REG_IQERCD, 8) & 0xF);
}

static uint64_t commands(struct world *w)
{
	struct sim_unit_stats s;

	ck_assert_int_eq(sim_unit_stats(w->s, 0, &s), SIM_OK);
	return s.commands;
}

enum mode {
	NARROW, /* legacy tables, 128-bit descriptors */
	WIDE,   /* legacy tables, 256-bit descriptors */
	ABORT,  /* abort-DMA mode, 256-bit descriptors */
	MODES
};

/* A unit with device-TLBs; dit: with PFSID and PD. */
static void start(struct world *w, enum mode mode, bool dit, const struct sim_policy *policy)
{
	struct sim_vtd_config c;

	sim_vtd_default(&c);
	c.ecap |= VTD_ECAP_DT | VTD_ECAP_ADMS | (dit ? VTD_ECAP_DIT | VTD_ECAP_PDS : 0);
	vt_start(w, &c, policy);
	if (mode == ABORT) {
		world_w64(w, VTD_REG_RTADDR, 3ull << 10);
		vt_gcmd(w, VTD_GCMD_SRTP, true);
	}
	vt_queue_on(w, 0, mode != NARROW);
}

static void start_policy(struct world *w, const struct sim_policy *policy)
{
	start(w, NARROW, false, policy);
}

/* ---- what a descriptor may hold ---- */

struct type {
	unsigned type;
	uint64_t q0;         /* a valid one */
	uint64_t mbz0, mbz1; /* without DIT and PDS */
	uint64_t dit;        /* of mbz0: usable with DIT and PDS */
	uint64_t value0;     /* bits whose values are tested elsewhere: type, granularity */
	uint64_t value1;     /* AM */
	bool wide;
};

/* clang-format off */
static const struct type types[] = {
	{ 1, 0x11, 0xFFFC00000000F1C0, 0xFFFFFFFFFFFFFFFF, 0, 0xE3F, 0, false },
	{ 2, 0x12, 0xFFFFFFFF0000F100, 0x0000000000000F80, 0, 0xE3F, 0x3F, false },
	{ 3, 0x03, 0xFFFF0000FFE0F1F0, 0x0000000000000FFE, 0xFFF000000000F000, 0xE0F, 0, false },
	{ 5, 0x05, 0x00000000FFFFF180, 0x0000000000000003, 0x80, 0xE0F, 0, false },
	{ 6, 0x26, 0xFFF000000000F1C0, 0x0000000000000F80, 0, 0xE3F, 0, true },
	{ 7, 0x07, 0xFFF000000000F1C0, 0xFFFFFFFFFFFFFFFF, 0, 0xE3F, 0, true },
	{ 8, 0x08, 0xFFF000000000F000, 0x00000000000007FE, 0xFFF000000000F000, 0xE0F, 0, true },
};
/* clang-format on */

#define TYPES (sizeof(types) / sizeof(types[0]))

/* Puts one descriptor of four words, tells it, and returns the IQEI it raised, 0: none. The queue works again. */
static unsigned offer(struct world *w, const uint64_t *q)
{
	uint32_t at = w->vtd.tail;
	unsigned error = 0;

	vt_desc(w, q[0], q[1]);
	if (w->vtd.desc_bytes == 32) {
		world_put(w, w->vtd.queue + at + 16, q[2]);
		world_put(w, w->vtd.queue + at + 24, q[3]);
	}
	vt_tell(w);
	world_settle(w);
	if (vt_fsts(w) & IQE) {
		error = iqei(w);
		ck_assert_uint_eq(iqh(w), at); /* it names the culprit */
		for (unsigned i = 0; i < w->vtd.desc_bytes; i += 8)
			world_put(w, w->vtd.queue + at + i, i ? 0 : WAIT);
		world_settle(w);
		ck_assert_uint_eq(iqh(w), at); /* nothing is fetched while IQE is set */
	}
	world_w32(w, VTD_REG_FSTS, 0x71);
	world_settle(w);
	ck_assert_uint_eq(iqh(w), w->vtd.tail);
	ck_assert_uint_eq(vt_fsts(w) & IQE, 0);
	return error;
}

/* Every bit that must be 0 is looked at, in every mode the type exists in; every other bit is accepted. */
START_TEST(test_every_reserved_bit_and_no_other_is_refused)
{
	const struct type *t = &types[(unsigned)_i % TYPES];
	bool dit = (unsigned)_i / TYPES % 2;
	enum mode mode = (enum mode)((unsigned)_i / TYPES / 2);
	uint64_t mbz0 = t->mbz0 & ~(dit ? t->dit : 0);
	struct world w;

	if (t->wide && mode != ABORT)
		return;
	start(&w, mode, dit, &(struct sim_policy){ .delay = SIM_DELAY_IMMEDIATE });
	for (unsigned bit = 0; bit < (mode == NARROW ? 128 : 256); bit++) {
		uint64_t q[4] = { t->q0, 0, 0, 0 }, one = BIT64(bit % 64);
		bool bad = bit < 64 ? mbz0 & one : bit < 128 ? t->mbz1 & one : true;
		unsigned error;

		if ((bit < 64 && t->value0 & one) || (bit / 64 == 1 && t->value1 & one))
			continue;
		q[bit / 64] |= one;
		error = offer(&w, q);
		ck_assert_msg(error == (bad ? 4 : 0), "type %u bit %u mode %d: IQEI %u", t->type,
			      bit, mode, error);
	}
	world_stop(&w);
}
END_TEST

/* All 128 codes of {11:9, 3:0}: which are types depends on the mode. */
START_TEST(test_only_the_mode_s_types_exist)
{
	enum mode mode = (enum mode)_i;
	struct world w;

	start(&w, mode, false, NULL);
	for (unsigned code = 0; code < 128; code++) {
		unsigned type = code & 0xF, high = code >> 4;
		bool exists = !high && (type == 1 || type == 2 || type == 3 || type == 5 ||
					(mode == ABORT && type >= 6 && type <= 8));
		uint64_t q[4] = { type | (uint64_t)high << 9, 0, 0, 0 };
		unsigned error;

		if (type == 1 || type == 2)
			q[0] |= 0x10;
		if (type == 6)
			q[0] |= 0x20;
		error = offer(&w, q);
		ck_assert_msg(error == (exists ? 0 : 3), "type %u high %u: IQEI %u", type, high,
			      error);
	}
	world_stop(&w);
}
END_TEST

/* Device-TLB descriptors are no type without device-TLBs. */
START_TEST(test_device_tlb_types_need_device_tlbs)
{
	const uint64_t q[4] = { DEVTLB, 0, 0, 0 };
	struct world w;

	vt_start(&w, NULL, NULL);
	vt_queue_on(&w, 0, false);
	ck_assert_uint_eq(offer(&w, q), 3);
	world_stop(&w);
}
END_TEST

START_TEST(test_reserved_granularities_are_refused)
{
	/* Bit g: value g of bits 5:4 is good. */
	static const struct {
		unsigned type, good;
	} rows[] = { { 1, 0xE }, { 2, 0xE }, { 6, 0xC }, { 7, 0xB } };
	struct world w;

	start(&w, ABORT, false, NULL);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned g = 0; g < 4; g++) {
			const uint64_t q[4] = { rows[i].type | (uint64_t)g << 4, 0, 0, 0 };

			ck_assert_uint_eq(offer(&w, q), rows[i].good >> g & 1 ? 0 : 4);
		}
	world_stop(&w);
}
END_TEST

/* Page-selective needs PSI; AM is held to MAMV there and nowhere else. */
START_TEST(test_page_selective_obeys_psi_and_mamv)
{
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	if (_i)
		c.cap &= ~(uint64_t)VTD_CAP_PSI;
	vt_start(&w, &c, NULL);
	vt_queue_on(&w, 0, false);
	for (unsigned am = 0; am < 64; am++)
		for (unsigned g = 1; g < 4; g++) {
			const uint64_t q[4] = { IOTLB | (uint64_t)g << 4, am, 0, 0 };
			bool good = g < 3 || (!_i && am <= 18);

			ck_assert_uint_eq(offer(&w, q), good ? 0 : 4);
		}
	world_stop(&w);
}
END_TEST

/* ---- errors of the queue itself ---- */

struct state {
	const char *name;
	bool adms;
	uint64_t ttm, iqa, iqt; /* iqa without base */
	unsigned error;
	bool no_memory;
};

/* clang-format off */
static const struct state states[] = {
	{ "tail behind the queue", true, 0, 0x000, 0x1000, 1, false },
	{ "tail far behind a larger one", true, 0, 0x002, 0x4000, 1, false },
	{ "last tail", true, 0, 0x000, 0x0FF0, 0, false },
	{ "no memory", true, 0, 0x000, 0x0010, 2, true },
	{ "wide without ADMS", false, 0, 0x800, 0x0020, 5, false },
	{ "narrow in abort mode", true, 3, 0x000, 0x0010, 5, false },
	{ "tail inside a wide descriptor", true, 0, 0x800, 0x0030, 6, false },
	{ "reserved mode", true, 2, 0x000, 0x0010, 7, false },
	{ "scalable mode without SMTS", true, 1, 0x800, 0x0020, 7, false },
	{ "abort mode without ADMS", false, 3, 0x000, 0x0010, 7, false },
	{ "7 before 5 and 6", false, 2, 0x800, 0x1010, 7, false },
	{ "5 before 6 and 1", false, 0, 0x800, 0x1010, 5, false },
	{ "6 before 1", true, 0, 0x800, 0x1010, 6, false },
	{ "1 before 2", true, 0, 0x000, 0x1000, 1, true },
};
/* clang-format on */

START_TEST(test_a_wrong_queue_is_told_by_its_code)
{
	const struct state *t = &states[_i];
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	if (t->adms)
		c.ecap |= VTD_ECAP_ADMS;
	vt_start(&w, &c, NULL);
	world_w64(&w, VTD_REG_RTADDR, t->ttm << 10);
	vt_gcmd(&w, VTD_GCMD_SRTP, true);
	w.vtd.queue = world_page(&w);
	for (unsigned at = 0; at < 4096; at += 16)
		world_put(&w, w.vtd.queue + at, WAIT);
	world_w64(&w, VTD_REG_IQA, (t->no_memory ? VT_RAM : w.vtd.queue) | t->iqa);
	vt_gcmd(&w, VTD_GCMD_QIE, true);
	world_settle(&w);
	ck_assert_uint_eq(vt_fsts(&w) & IQE, 0); /* an empty queue has no error */
	world_w64(&w, VTD_REG_IQT, t->iqt);
	world_settle(&w);
	ck_assert_msg((vt_fsts(&w) & IQE ? iqei(&w) : 0) == t->error, "%s: %u", t->name, iqei(&w));
	ck_assert_uint_eq(iqh(&w), t->error ? 0 : t->iqt);
	if (t->error)
		ck_assert(sim_idle(w.s));
	ck_assert_uint_eq(world_complaints(&w, "tail-beyond-queue"), t->iqt >= 0x1000);
	world_stop(&w);
}
END_TEST

/* IQT moves while IQE is set: kept, not acted on; what came before the error completes. */
START_TEST(test_an_error_stops_fetching_and_nothing_else)
{
	uint64_t status;
	struct world w;

	start_policy(&w, NULL);
	status = world_page(&w);
	vt_desc(&w, WAIT | SW | 7ull << 32, status);
	vt_desc(&w, 0, 0); /* no such type */
	vt_desc(&w, WAIT | SW | 8ull << 32, status + 8);
	vt_tell(&w);
	world_settle(&w);
	ck_assert_uint_eq(world_get(&w, status), 7);
	ck_assert_uint_eq(world_get(&w, status + 8), 0);
	ck_assert_uint_eq(iqh(&w), 16);
	vt_submit(&w, WAIT | SW | 9ull << 32, status + 16);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_IQT), 64);
	ck_assert_uint_eq(iqh(&w), 16);
	world_w32(&w, VTD_REG_FSTS, IQE); /* not repaired: again */
	world_settle(&w);
	ck_assert(vt_fsts(&w) & IQE);
	ck_assert_uint_eq(iqh(&w), 16);
	world_put(&w, w.vtd.queue + 16, 0x11);
	world_w32(&w, VTD_REG_FSTS, IQE);
	world_settle(&w);
	ck_assert_uint_eq(iqh(&w), 64);
	ck_assert_uint_eq(world_get(&w, status + 8), 8);
	ck_assert_uint_eq(world_get(&w, status + 16), 9);
	world_stop(&w);
}
END_TEST

/* ---- geometry, enabling ---- */

START_TEST(test_every_size_wraps)
{
	struct sim_policy policy = { .delay = SIM_DELAY_IMMEDIATE };
	unsigned qs = (unsigned)_i % 8, entries;
	bool wide = _i >= 8;
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	c.ecap |= VTD_ECAP_ADMS;
	vt_start(&w, &c, &policy);
	vt_queue_on(&w, qs, wide);
	entries = 1u << (qs + (wide ? 7 : 8));
	ck_assert_uint_eq(w.vtd.queue_bytes / w.vtd.desc_bytes, entries);
	for (unsigned done = 0; done < entries + entries / 2;) {
		unsigned batch =
			done ? entries / 4 + 1 : entries - 1; /* full once: one slot stays free */

		for (unsigned i = 0; i < batch; i++)
			vt_desc(&w, 0x11, 0);
		vt_tell(&w);
		world_settle(&w);
		done += batch;
		ck_assert_uint_eq(iqh(&w), w.vtd.tail);
		ck_assert_uint_eq(commands(&w), done);
	}
	world_stop(&w);
}
END_TEST

START_TEST(test_head_is_zero_while_disabled)
{
	struct world w;

	start_policy(&w, NULL);
	vt_submit(&w, 0x11, 0);
	ck_assert_uint_eq(iqh(&w), 16);
	vt_gcmd(&w, VTD_GCMD_QIE, false);
	ck_assert_uint_eq(iqh(&w), 0);
	ck_assert_uint_eq(world_complaints(&w, "qie-pending"), 0);
	world_w64(&w, VTD_REG_IQT, 32);
	world_settle(&w);
	ck_assert_uint_eq(iqh(&w), 0);
	/* Enabled with the tail it finds: told, and fetched. */
	vt_gcmd(&w, VTD_GCMD_QIE, true);
	ck_assert_uint_eq(world_complaints(&w, "qie-tail"), 1);
	world_stop(&w);
}
END_TEST

START_TEST(test_disabling_with_work_left_is_told)
{
	struct sim_policy policy = { .delay = SIM_DELAY_SLOW };
	uint64_t status;
	struct world w;

	start_policy(&w, &policy);
	status = world_page(&w);
	vt_desc(&w, WAIT | SW | 1ull << 32, status);
	vt_desc(&w, WAIT | SW | 1ull << 32, status);
	vt_tell(&w);
	sim_advance(w.s, 8000); /* the first is fetched */
	vt_gcmd(&w, VTD_GCMD_QIE, false);
	ck_assert_uint_eq(world_complaints(&w, "qie-pending"), 1);
	world_put(&w, status, 0);
	world_settle(&w);
	ck_assert_uint_eq(world_get(&w, status), 0);
	world_stop(&w);
}
END_TEST

/* Base, width and size are those at QIE; a change while enabled is told and has no effect. */
START_TEST(test_the_queue_address_is_latched)
{
	struct world w;

	start_policy(&w, NULL);
	world_w64(&w, VTD_REG_IQA, world_page(&w));
	ck_assert_uint_eq(world_complaints(&w, "iqa-while-enabled"), 1);
	vt_submit(&w, 0x11, 0);
	ck_assert_uint_eq(iqh(&w), 16);
	ck_assert_uint_eq(vt_fsts(&w), 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_a_queue_that_never_runs)
{
	struct sim_policy policy = { .delay = SIM_DELAY_NEVER };
	struct world w;

	vt_start(&w, NULL, &policy);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_QIE);
	world_w64(&w, VTD_REG_IQT, 16);
	sim_advance(w.s, 1000000000);
	ck_assert_uint_eq(iqh(&w), 0);
	world_stop(&w);
}
END_TEST

/* ---- waits ---- */

START_TEST(test_a_wait_does_what_its_flags_say)
{
	bool sw = _i & 1, irq = _i & 2, fence = _i & 4;
	uint64_t status, q0 = WAIT | (sw ? SW : 0) | (irq ? IF : 0) | (fence ? FN : 0);
	struct world w;

	start_policy(&w, NULL);
	status = world_page(&w);
	world_w32(&w, VTD_REG_IEDATA, 0x55);
	world_w32(&w, VTD_REG_IEADDR, 0xFEE01000);
	world_w32(&w, VTD_REG_IECTL, 0);
	vt_submit(&w, q0 | 0xCAFEF00Dull << 32,
		  (status + 4) | BIT64(60)); /* bits >= HAW do not count */
	ck_assert_uint_eq(world_get(&w, status), sw ? 0xCAFEF00Dull << 32 : 0);
	ck_assert_uint_eq(sim_reg_peek(w.s, 0, VTD_REG_ICS, 4), irq);
	ck_assert_uint_eq(sim_msi_count(w.s), irq);
	if (irq)
		ck_assert(sim_msi_get(w.s, 0)->addr == 0xFEE01000 &&
			  sim_msi_get(w.s, 0)->data == 0x55);
	vt_submit(&w, q0, status);
	ck_assert_uint_eq(sim_msi_count(w.s), irq); /* IWC is still set: no new event */
	world_w32(&w, VTD_REG_ICS, 1);
	vt_submit(&w, q0, status);
	ck_assert_uint_eq(sim_msi_count(w.s), 2 * irq);
	ck_assert_uint_eq(commands(&w), 3);
	world_stop(&w);
}
END_TEST

START_TEST(test_completion_events_are_held_pushed_and_forgotten)
{
	struct world w;

	start_policy(&w, NULL);
	vt_submit(&w, WAIT | IF, 0);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_IECTL), BIT32(31) | BIT32(30));
	world_w32(&w, VTD_REG_ICS, 1);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_IECTL), BIT32(31));
	world_w32(&w, VTD_REG_IECTL, 0);
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 0);
	vt_submit(&w, WAIT | IF, 0);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	world_w32(&w, VTD_REG_ICS, 1);
	vt_desc(&w, WAIT | IF, 0);
	vt_tell(&w);
	for (unsigned i = 0; i < 1000 && !sim_reg_peek(w.s, 0, VTD_REG_ICS, 4); i++)
		sim_advance(w.s, 1);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_ICS),
			  1); /* its message is out before the read returns */
	ck_assert_uint_eq(sim_msi_count(w.s), 2);
	world_stop(&w);
}
END_TEST

START_TEST(test_a_status_address_without_memory_is_told)
{
	struct world w;

	start_policy(&w, NULL);
	vt_submit(&w, WAIT | SW, VT_RAM);
	ck_assert_uint_eq(world_complaints(&w, "wait-status-address"), 1);
	ck_assert_uint_eq(commands(&w), 1);
	world_stop(&w);
}
END_TEST

/* ---- injection ---- */

static void inject(struct world *w, enum sim_point point, uint64_t value)
{
	struct sim_inject_rule rule = {
		.point = point, .count = 1, .last = ALL, .master = SIM_MASTER_ANY, .value = value
	};

	ck_assert_int_ge(sim_inject_add(w->s, &rule), 0);
}

START_TEST(test_injected_completions)
{
	uint64_t status;
	struct world w;

	start_policy(&w, NULL);
	status = world_page(&w);
	inject(&w, SIM_POINT_COMPLETION_LOST, 0);
	vt_submit(&w, WAIT | SW | IF | 1ull << 32, status);
	ck_assert_uint_eq(world_get(&w, status), 0);
	ck_assert_uint_eq(sim_reg_peek(w.s, 0, VTD_REG_ICS, 4), 0);
	inject(&w, SIM_POINT_COMPLETION_WRONG, 0x77);
	vt_submit(&w, WAIT | SW | 1ull << 32, status);
	ck_assert_uint_eq(world_get(&w, status), 0x77);
	inject(&w, SIM_POINT_COMPLETION_LATE, 50000);
	vt_desc(&w, WAIT | SW | 2ull << 32, status);
	vt_tell(&w);
	sim_advance(w.s, 50000);
	ck_assert_uint_eq(world_get(&w, status), 0x77);
	sim_advance(w.s, 1000);
	ck_assert_uint_eq(world_get(&w, status), 2);
	world_stop(&w);
}
END_TEST

START_TEST(test_an_injected_stall_ends_or_does_not)
{
	struct world w;

	start_policy(&w, NULL);
	inject(&w, SIM_POINT_QUEUE_STALL, _i ? 0 : 100000);
	vt_desc(&w, 0x11, 0);
	vt_tell(&w);
	sim_advance(w.s, 90000);
	ck_assert_uint_eq(iqh(&w), 0);
	sim_advance(w.s, 20000);
	ck_assert_uint_eq(iqh(&w), _i ? 0 : 16);
	vt_submit(&w, 0x11, 0);
	ck_assert_uint_eq(iqh(&w), _i ? 0 : 32);
	world_stop(&w);
}
END_TEST

/* ---- device-TLBs ---- */

#define DEV 0x0108
#define OTHER 0x0110
#define NOBODY 0x0300

static uint64_t devtlb(uint16_t sid)
{
	return DEVTLB | (uint64_t)sid << 32;
}

/* Two devices with ATS on, translation on: DEV and OTHER reach page n of 64 at 0x400000 + n. */
static void start_ats(struct world *w, const struct sim_policy *policy)
{
	uint64_t top;

	start_policy(w, policy);
	top = world_page(w);
	for (uint64_t n = 0; n < 64; n++)
		vt_leaf(w, top, 4, n << 12, 0, 0x400000 | n << 12 | VT_RW);
	vt_context(w, DEV, top, 1, VTD_AW_48BIT, 1, false);
	vt_context(w, OTHER, top, 1, VTD_AW_48BIT, 1, false);
	vt_enable(w, 0);
	ck_assert_int_eq(sim_device_add(w->s, 0, DEV, true), 0);
	ck_assert_int_eq(sim_device_add(w->s, 0, OTHER, true), 1);
	ck_assert_int_eq(sim_device_ats(w->s, 0, true), SIM_OK);
	ck_assert_int_eq(sim_device_ats(w->s, 1, true), SIM_OK);
}

static void fill_tlb(struct world *w)
{
	static uint8_t data[64 * 4096];
	struct sim_dma dma = { .dev = 0, .access = SIM_READ, .len = sizeof(data), .data = data };
	struct sim_dma_result r;

	ck_assert_int_eq(sim_dma(w->s, &dma, &r), SIM_OK);
	ck_assert_uint_eq(r.outcome, SIM_OUTCOME_OK);
	ck_assert_uint_eq(sim_cache_count(w->s, 0, SIM_CACHE_DEVICE), 64);
}

/* The coding of the range: S and the ones from bit 12 upward. */
START_TEST(test_device_tlb_ranges)
{
	struct world w;

	start_ats(&w, NULL);
	for (unsigned lg2 = 0; lg2 <= 7; lg2++)
		for (uint64_t page = 0; page < 64; page += 1u + page / 3) {
			uint64_t size = UINT64_C(1) << lg2, base = page & ~(size - 1), q1;
			unsigned left = 0;

			if (lg2 == 0)
				q1 = page << 12;
			else if (lg2 == 7)
				q1 = MASK64(62, 12) | 1;
			else /* the size's top bit is 0, those below it 1 */
				q1 = (base | (size / 2 - 1)) << 12 | 1;
			fill_tlb(&w);
			vt_submit(&w, devtlb(DEV), q1);
			for (uint64_t n = 0; n < 64; n++) {
				bool gone = lg2 == 7 || (n >= base && n < base + size);

				left += !gone;
				ck_assert_msg(
					world_cached(&w, SIM_CACHE_DEVICE, ALL, n << 12) == !gone,
					"lg2 %u page %u: %u", lg2, (unsigned)page, (unsigned)n);
			}
			ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), left);
		}
	ck_assert_uint_eq(vt_fsts(&w), 0);
	world_stop(&w);
}
END_TEST

/* A wait does not complete before the device has answered. */
START_TEST(test_a_wait_waits_for_the_device)
{
	uint64_t status;
	struct world w;

	start_ats(&w, NULL);
	status = world_page(&w);
	fill_tlb(&w);
	vt_desc(&w, devtlb(DEV), MASK64(62, 12) | 1);
	vt_desc(&w, WAIT | SW | 1ull << 32, status);
	vt_tell(&w);
	while (!world_get(&w, status)) {
		ck_assert(!sim_idle(w.s));
		sim_advance(w.s, 5);
		if (sim_cache_count(w.s, 0, SIM_CACHE_DEVICE))
			ck_assert_uint_eq(world_get(&w, status), 0);
	}
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 0);
	world_stop(&w);
}
END_TEST

/* No answer: ITE, waits aborted, head where it was; cleared, the queue goes on with what is new. */
START_TEST(test_a_silent_device_times_out)
{
	uint64_t status, head;
	struct world w;

	start_ats(&w, NULL);
	status = world_page(&w);
	world_w32(&w, VTD_REG_FECTL, 0);
	vt_desc(&w, devtlb(NOBODY), 0);
	vt_desc(&w, WAIT | SW | IF | 1ull << 32, status);
	vt_tell(&w);
	sim_advance(w.s, 900000);
	ck_assert_uint_eq(vt_fsts(&w) & ITE, 0);
	head = iqh(&w);
	world_settle(&w);
	ck_assert_uint_eq(vt_fsts(&w), ITE);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_IQERCD) >> 32 & 0xFFFF, NOBODY);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	ck_assert_uint_eq(iqh(&w), head);
	vt_submit(&w, WAIT | SW | 2ull << 32, status + 8); /* not fetched while ITE is set */
	ck_assert_uint_eq(iqh(&w), head);
	world_w32(&w, VTD_REG_FSTS, ITE);
	world_settle(&w);
	ck_assert_uint_eq(iqh(&w), w.vtd.tail);
	ck_assert_uint_eq(world_get(&w, status), 0); /* aborted for good */
	ck_assert_uint_eq(world_get(&w, status + 8), 2);
	ck_assert_uint_eq(sim_reg_peek(w.s, 0, VTD_REG_ICS, 4), 0);
	world_stop(&w);
}
END_TEST

/* An answer nobody waits for: ICE names the first sender until it is cleared, and the queue goes on. */
START_TEST(test_a_stray_answer_is_told)
{
	uint64_t status;
	struct world w;

	start_ats(&w, NULL);
	status = world_page(&w);
	inject(&w, SIM_POINT_DEVTLB_BAD_ANSWER, 0);
	vt_desc(&w, devtlb(DEV), 0);
	vt_desc(&w, WAIT | SW | 1ull << 32, status);
	vt_tell(&w);
	world_settle(&w);
	ck_assert_uint_eq(vt_fsts(&w), ICE);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_IQERCD) >> 48, DEV);
	ck_assert_uint_eq(world_get(&w, status), 1);
	inject(&w, SIM_POINT_DEVTLB_BAD_ANSWER, 0);
	vt_submit(&w, devtlb(OTHER), 0);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_IQERCD) >> 48, DEV);
	world_w32(&w, VTD_REG_FSTS, ICE);
	ck_assert_uint_eq(vt_fsts(&w), 0);
	inject(&w, SIM_POINT_DEVTLB_BAD_ANSWER, 0);
	vt_submit(&w, devtlb(OTHER), 0);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_IQERCD) >> 48, OTHER);
	world_stop(&w);
}
END_TEST

START_TEST(test_device_tlb_invalidation_needs_translation)
{
	struct world w;

	start_ats(&w, NULL);
	vt_gcmd(&w, VTD_GCMD_TE, false);
	vt_submit(&w, devtlb(DEV), 0);
	ck_assert_uint_eq(world_complaints(&w, "devtlb-tes-off"), 1);
	ck_assert_uint_eq(vt_fsts(&w), ITE); /* the answer was refused */
	ck_assert_uint_eq(world_r64(&w, VTD_REG_IQERCD) >> 32 & 0xFFFF, DEV);
	world_stop(&w);
}
END_TEST

/* Translation goes off between the question and the answer: refused as well. */
START_TEST(test_an_answer_refused_on_its_way_times_out)
{
	struct sim_policy policy = { .delay = SIM_DELAY_SLOW };
	struct world w;

	start_ats(&w, &policy);
	vt_desc(&w, devtlb(DEV), 0);
	vt_tell(&w);
	sim_advance(w.s, 8000);
	ck_assert_uint_eq(iqh(&w), 16);
	vt_gcmd(&w, VTD_GCMD_TE, false);
	ck_assert_uint_eq(world_complaints(&w, "devtlb-tes-off"), 0);
	world_settle(&w);
	ck_assert_uint_eq(vt_fsts(&w), ITE);
	world_stop(&w);
}
END_TEST

/* The answer to a command that is gone completes nothing, though another one took its place. */
START_TEST(test_a_late_answer_completes_no_other_command)
{
	struct sim_policy policy = { .delay = SIM_DELAY_SLOW };
	uint64_t status;
	struct world w;

	start_ats(&w, &policy);
	status = world_page(&w);
	vt_desc(&w, devtlb(DEV), 0);
	vt_tell(&w);
	sim_advance(w.s, 8000); /* asked; the answer takes 25 us */
	world_w64(&w, VTD_REG_IQT, 0);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_TE); /* QIE off */
	world_w32(&w, VTD_REG_GCMD,
		  VTD_GCMD_TE | VTD_GCMD_QIE); /* at once: completes what is in flight */
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_TE | VTD_GCMD_QIE);
	w.vtd.tail = 0;
	vt_desc(&w, devtlb(NOBODY), 0);
	vt_desc(&w, WAIT | SW | 1ull << 32, status);
	vt_tell(&w);
	sim_advance(w.s, 100000);
	ck_assert_uint_eq(iqh(&w), 32);
	ck_assert_uint_eq(world_get(&w, status), 0);
	world_settle(&w);
	ck_assert_uint_eq(vt_fsts(&w), ITE);
	ck_assert_uint_eq(world_get(&w, status), 0);
	world_stop(&w);
}
END_TEST

/* ---- order ---- */

#define DESCS 120u

struct step {
	unsigned type;
	bool fence;
	uint64_t seen; /* when its effect was traced */
};

/* Each descriptor leaves a trace of its own: cc and iotlb by their domain-id, waits and devices by an address. */
static void push(struct world *w, struct step *step, unsigned i, uint64_t status, uint64_t *rnd)
{
	static const uint8_t mix[] = { CC, CC, IOTLB, IOTLB, DEVTLB, WAIT };
	unsigned type = mix[world_below(rnd, 6)];

	*step = (struct step){ .type = type, .fence = type == WAIT && world_below(rnd, 2) };
	if (type == DEVTLB)
		vt_desc(w, devtlb(i & 1 ? DEV : OTHER), (uint64_t)(i + 1) << 12);
	else if (type == WAIT)
		vt_desc(w, WAIT | SW | (step->fence ? FN : 0), status + 4ull * i);
	else
		vt_desc(w, type | 0x20 | (uint64_t)(i + 1) << 16, 0);
}

static unsigned index_of(const struct sim_trace_record *r, uint64_t status)
{
	if (r->kind == SIM_TRACE_STATUS)
		return (unsigned)((r->a - status) / 4);
	if (r->kind != SIM_TRACE_DROP)
		return DESCS;
	if (r->small == SIM_CACHE_DEVICE)
		return (unsigned)(r->a >> 12) - 1;
	return r->small == SIM_CACHE_PAGING ? DESCS : r->code - 1;
}

static bool must_follow(const struct step *earlier, const struct step *later)
{
	if (later->type == WAIT || earlier->fence)
		return true;
	return (later->type == IOTLB && earlier->type == CC) ||
	       (later->type == DEVTLB && earlier->type == IOTLB);
}

START_TEST(test_execution_keeps_the_order_there_is)
{
	struct sim_policy policy = { .out_of_order = _i > 0 };
	uint64_t rnd = 333u + (unsigned)_i, status, from;
	struct step step[DESCS] = { 0 };
	unsigned swapped = 0;
	struct world w;

	start_ats(&w, &policy);
	status = world_page(&w);
	from = sim_trace_count(w.s);
	for (unsigned i = 0; i < DESCS; i++)
		push(&w, &step[i], i, status, &rnd);
	vt_tell(&w);
	world_settle(&w);
	ck_assert_uint_eq(commands(&w), DESCS);
	ck_assert_uint_eq(vt_fsts(&w), 0);
	for (uint64_t n = from; n < sim_trace_count(w.s); n++) {
		const struct sim_trace_record *r = sim_trace_get(w.s, n);
		unsigned i = r ? index_of(r, status) : DESCS;

		if (i < DESCS)
			step[i].seen = n;
	}
	for (unsigned i = 0; i < DESCS; i++) {
		ck_assert_uint_ne(step[i].seen, 0);
		for (unsigned k = 0; k < i; k++) {
			bool swap = step[k].seen > step[i].seen;

			swapped += swap;
			ck_assert_msg(!swap || !must_follow(&step[k], &step[i]),
				      "%u (type %u) before %u (type %u, fence %d)", i, step[i].type,
				      k, step[k].type, step[k].fence);
		}
	}
	ck_assert(policy.out_of_order ? swapped > 0 : swapped == 0);
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("vtd_queue");
	TCase *t = tcase_create("queue");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_every_reserved_bit_and_no_other_is_refused, 0,
			    (int)TYPES * 2 * MODES);
	tcase_add_loop_test(t, test_only_the_mode_s_types_exist, 0, MODES);
	tcase_add_test(t, test_device_tlb_types_need_device_tlbs);
	tcase_add_test(t, test_reserved_granularities_are_refused);
	tcase_add_loop_test(t, test_page_selective_obeys_psi_and_mamv, 0, 2);
	tcase_add_loop_test(t, test_a_wrong_queue_is_told_by_its_code, 0,
			    sizeof(states) / sizeof(states[0]));
	tcase_add_test(t, test_an_error_stops_fetching_and_nothing_else);
	tcase_add_loop_test(t, test_every_size_wraps, 0, 16);
	tcase_add_test(t, test_head_is_zero_while_disabled);
	tcase_add_test(t, test_disabling_with_work_left_is_told);
	tcase_add_test(t, test_the_queue_address_is_latched);
	tcase_add_test(t, test_a_queue_that_never_runs);
	tcase_add_loop_test(t, test_a_wait_does_what_its_flags_say, 0, 8);
	tcase_add_test(t, test_completion_events_are_held_pushed_and_forgotten);
	tcase_add_test(t, test_a_status_address_without_memory_is_told);
	tcase_add_test(t, test_injected_completions);
	tcase_add_loop_test(t, test_an_injected_stall_ends_or_does_not, 0, 2);
	tcase_add_test(t, test_device_tlb_ranges);
	tcase_add_test(t, test_a_wait_waits_for_the_device);
	tcase_add_test(t, test_a_silent_device_times_out);
	tcase_add_test(t, test_a_stray_answer_is_told);
	tcase_add_test(t, test_device_tlb_invalidation_needs_translation);
	tcase_add_test(t, test_an_answer_refused_on_its_way_times_out);
	tcase_add_test(t, test_a_late_answer_completes_no_other_command);
	tcase_add_loop_test(t, test_execution_keeps_the_order_there_is, 0, 20);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
