/*
 * The machine: set-up, its guest's accesses, time, yield points, complaints.
 */
#include <string.h>

#include "fake_unit.h"

static const struct sim_config plain = { .trace_records = 1024 };

/* ---- set-up ---- */

START_TEST(test_machine_refuses_bad_configurations)
{
	static const struct sim_config bad[] = {
		{ .trace_records = 3 },
		{ .trace_records = 1u << 27 },
		{ .policy = { .keep = (enum sim_keep)4 } },
		{ .policy = { .keep = (enum sim_keep) - 1 } },
		{ .policy = { .keep = SIM_KEEP_LRU, .entries = (1u << 20) + 1 } },
		{ .policy = { .publish = (enum sim_publish)4 } },
		{ .policy = { .delay = (enum sim_delay)6 } },
	};
	struct sim *s;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = (struct sim *)-1;
		ck_assert_int_eq(sim_create(&bad[i], &s), SIM_E_INVAL);
		ck_assert_ptr_null(s);
	}
	sim_destroy(NULL);
}
END_TEST

START_TEST(test_machine_places_do_not_overlap)
{
	struct sim *s = sim_start(&plain);
	struct fake *f;
	uint32_t destroyed = 0;

	ck_assert_str_eq(sim_why(s), "");
	f = fake_add(s); /* 0xfed00000..0xfed00fff */
	f->destroyed = &destroyed;
	ck_assert_int_eq(sim_mem_add(s, 0xfed00000, 0xfed00fff), SIM_E_EXIST);
	ck_assert_ptr_nonnull(strstr(sim_why(s), "registers of unit 0"));
	ck_assert_int_eq(sim_mem_add(s, 0, 0xffffffff), SIM_E_EXIST);
	ck_assert_int_eq(sim_mem_add(s, 0x100, 0x1fff), SIM_E_INVAL);
	ck_assert_ptr_nonnull(strstr(sim_why(s), "whole 4 KiB pages"));
	ck_assert_int_eq(sim_mem_add(s, 1ull << 52, 1ull << 52 | 0xfff), SIM_E_RANGE);
	ck_assert_int_eq(sim_mem_add(s, 0, 0xffff), SIM_OK);
	ck_assert_str_eq(sim_why(s), "");
	ck_assert_int_eq(sim_mem_add(s, 0xf000, 0x10fff), SIM_E_EXIST);
	f = fake_new(s, MEM_VIEW_CPU);
	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xfed00000, 4096), SIM_E_EXIST);
	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xfecff000, 8192), SIM_E_EXIST);
	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xf000, 4096), SIM_E_EXIST);
	ck_assert_ptr_nonnull(strstr(sim_why(s), "memory"));
	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xfed02800, 4096), SIM_E_RANGE);
	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xfed02000, 0), SIM_E_RANGE);
	ck_assert_int_eq(sim_unit_add(s, &f->u, UINT64_MAX - 4095, 8192), SIM_E_RANGE);
	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xfed01000, 4096), 1);
	f->destroyed = &destroyed;
	sim_destroy(s);
	ck_assert_uint_eq(destroyed, 2);
}
END_TEST

START_TEST(test_machine_has_so_many_units)
{
	struct sim *s = sim_start(&plain);
	struct fake *f;

	for (unsigned i = 0; i < SIM_UNITS; i++)
		fake_add(s);
	f = fake_new(s, MEM_VIEW_CPU);
	ck_assert_int_eq(sim_unit_add(s, &f->u, 0x100000, 4096), SIM_E_FULL);
	fake_destroy(&f->u);
	sim_destroy(s);
}
END_TEST

/* ---- the guest's memory ---- */

START_TEST(test_machine_guest_memory)
{
	struct sim *s = sim_start(&plain);
	uint64_t val = 0;

	ck_assert_int_eq(sim_mem_add(s, 0x1000, 0x1fff), SIM_OK);
	sim_cpu_write64(s, 0x1008, 42);
	ck_assert_uint_eq(sim_cpu_read64(s, 0x1008), 42);
	ck_assert_int_eq(sim_mem_load(s, 0x1008, &val, 8), SIM_OK);
	ck_assert_uint_eq(val, 42);
	sim_cpu_write64(s, 0x2000, 1);
	ck_assert_uint_eq(sim_cpu_read64(s, 0x2000), UINT64_MAX);
	sim_cpu_write64(s, 0x1009, 1); /* not aligned: lost */
	ck_assert_uint_eq(sim_cpu_read64(s, 0x1009), UINT64_MAX);
	ck_assert_uint_eq(sim_cpu_read64(s, 0x1008), 42);
	ck_assert_int_eq(sim_mem_load(s, 0x1ffc, &val, 8), SIM_E_RANGE);
	ck_assert_int_eq(sim_mem_store(s, 0x1ffc, &val, 8), SIM_E_RANGE);
	ck_assert_int_eq(sim_mem_load_unsnooped(s, 0x1001, &val), SIM_E_INVAL);
	ck_assert_int_eq(sim_mem_load_unsnooped(s, 0x2000, &val), SIM_E_RANGE);
	sim_destroy(s);
}
END_TEST

/* Stores reach a walker that does not snoop when they are written back, and not before. */
START_TEST(test_machine_publishes_at_sync)
{
	struct sim *s =
		sim_start(&(struct sim_config){ .policy = { .publish = SIM_PUBLISH_AT_SYNC } });
	const struct port walk = { SIM_MASTER_WALK, MEM_VIEW_BUFFER, false, 0 };
	struct fake *f = fake_new(s, MEM_VIEW_BUFFER);
	uint64_t val = 1, ones = UINT64_MAX;

	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xfed00000, 4096), 0);
	ck_assert_int_eq(sim_mem_add(s, 0x1000, 0x1fff), SIM_OK);
	sim_cpu_write64(s, 0x1008, 42);
	ck_assert(s->bus_slow);
	ck_assert_uint_eq(sim_cpu_read64(s, 0x1008), 42);
	ck_assert(bus_read64(s, &walk, 0x1008, &val));
	ck_assert_uint_eq(val, 0);
	sim_reg_write(s, 0, 0x10, 4, 0); /* orders, does not write back */
	sim_cpu_sync(s, 0x1000, 64, false);
	ck_assert_int_eq(sim_mem_load_unsnooped(s, 0x1008, &val), SIM_OK);
	ck_assert_uint_eq(val, 0);
	sim_cpu_sync(s, 0x1040, 64, true); /* the neighbour */
	ck_assert(bus_read64(s, &walk, 0x1008, &val));
	ck_assert_uint_eq(val, 0);
	sim_cpu_sync(s, 0x100f, 1, true);
	ck_assert(bus_read64(s, &walk, 0x1008, &val));
	ck_assert_uint_eq(val, 42);
	ck_assert(!s->bus_slow);
	sim_cpu_write64(s, 0x1010, 43);
	ck_assert_int_eq(sim_mem_store(s, 0x1018, &ones, 8),
			 SIM_OK); /* another master, same line */
	ck_assert(bus_read64(s, &walk, 0x1010, &val));
	ck_assert_uint_eq(val, 43);
	ck_assert(!s->bus_slow);
	sim_destroy(s);
}
END_TEST

START_TEST(test_machine_write_buffer_needs_draining)
{
	struct sim *s =
		sim_start(&(struct sim_config){ .policy = { .publish = SIM_PUBLISH_AT_SYNC } });
	struct fake *f = fake_new(s, MEM_VIEW_MEMORY);
	uint64_t val = 1;

	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xfed00000, 4096), 0);
	ck_assert_int_eq(sim_mem_add(s, 0x1000, 0x1fff), SIM_OK);
	sim_cpu_write64(s, 0x1008, 42);
	sim_cpu_sync(s, 0x1008, 8, true);
	ck_assert_int_eq(sim_mem_load_unsnooped(s, 0x1008, &val), SIM_OK);
	ck_assert_uint_eq(val, 0);
	mem_drain(&s->mem);
	ck_assert_int_eq(sim_mem_load_unsnooped(s, 0x1008, &val), SIM_OK);
	ck_assert_uint_eq(val, 42);
	sim_destroy(s);
}
END_TEST

/* ---- registers ---- */

static void shot(void *arg)
{
	struct fake *f = arg;

	reg_set(&f->u.regs, 0x18, reg_get(&f->u.regs, 0x18) | 0x100);
}

static void start_handshake(void *owner, const struct reg_write *w)
{
	struct fake *f = owner;

	(void)w;
	sim_after(f->u.sim, &f->handshake, f->handshake_ns);
}

/* A register whose write starts something that takes delay_ns. */
static struct fake *with_register(struct sim *s, uint64_t delay_ns)
{
	struct fake *f = fake_add(s);

	f->handshake_ns = delay_ns;
	timer_init(&f->handshake, shot, f);
	ck_assert_int_eq(regfile_add(&f->u.regs, &(struct reg_desc){ .name = "CMD",
								     .off = 0x18,
								     .size = 4,
								     .rw = 0xff,
								     .wrote = start_handshake }),
			 SIM_OK);
	return f;
}

START_TEST(test_machine_delay_0_is_done_before_the_write_returns)
{
	struct sim *s = sim_start(&plain);

	with_register(s, 0);
	sim_reg_write(s, 0, 0x18, 4, 1);
	ck_assert_uint_eq(sim_reg_peek(s, 0, 0x18, 4), 0x101);
	ck_assert(sim_idle(s));
	sim_destroy(s);
}
END_TEST

START_TEST(test_machine_delays_pass_with_guest_accesses)
{
	struct sim *s = sim_start(&plain);
	unsigned polls = 0;

	with_register(s, 400);
	sim_reg_write(s, 0, 0x18, 4, 1);
	ck_assert_uint_eq(sim_reg_peek(s, 0, 0x18, 4), 0x001);
	ck_assert(!sim_idle(s));
	while (!(sim_reg_read(s, 0, 0x18, 4) & 0x100))
		polls++;
	ck_assert_uint_eq(polls, 7); /* 50 ns each, the eighth sees it */
	ck_assert(sim_idle(s));
	sim_reg_write(s, 0, 0x18, 4, 2);
	ck_assert_uint_eq(sim_reg_peek(s, 0, 0x18, 4), 0x102);
	sim_destroy(s);
}
END_TEST

START_TEST(test_machine_never_takes_back_what_was_set)
{
	struct sim *s = sim_start(&plain);
	struct fake *f = with_register(s, 400);

	sim_reg_write(s, 0, 0x18, 4, 1);
	f->handshake_ns = TIMING_NEVER;
	sim_reg_write(s, 0, 0x18, 4, 1);
	ck_assert(sim_idle(s));
	sim_advance(s, UINT64_MAX / 2);
	ck_assert_uint_eq(sim_reg_peek(s, 0, 0x18, 4), 0x001);
	sim_destroy(s);
}
END_TEST

static void count_time(void *arg)
{
	(void)arg;
}

/* When timers set for `ns` each fire, one after the other: a bit for each multiple of ns / 8 up to twice ns. */
static uint32_t delays_drawn(uint64_t seed, uint64_t ns)
{
	struct sim *s = sim_start(
		&(struct sim_config){ .seed = seed, .policy = { .delay = SIM_DELAY_RANDOM } });
	uint32_t drawn = 0;
	struct timer t;

	timer_init(&t, count_time, NULL);
	for (unsigned i = 0; i < 64; i++) {
		uint64_t from = sim_now_ns(s);

		sim_after(s, &t, ns);
		drawn |= 1u << (8 * (t.due_ns - from) / ns);
		ck_assert_uint_lt(t.due_ns - from, 2 * ns);
		sim_advance(s, 2 * ns);
	}
	sim_destroy(s);
	return drawn;
}

START_TEST(test_machine_random_delays_follow_the_seed)
{
	ck_assert_uint_eq(delays_drawn(1, 800), delays_drawn(1, 800));
	ck_assert_uint_eq(delays_drawn(1, 800) & 1, 1); /* at once */
	ck_assert_uint_gt(delays_drawn(1, 800), 0xff);  /* longer than the mean */
	ck_assert_int_eq(__builtin_popcount(delays_drawn(1, 1000000)),
			 1); /* a time-out stays what it is */
}
END_TEST

START_TEST(test_machine_delay_policies)
{
	static const struct {
		enum sim_delay delay;
		bool immediate, never;
	} rows[] = { { SIM_DELAY_NORMAL, false, false },
		     { SIM_DELAY_IMMEDIATE, true, false },
		     { SIM_DELAY_SLOW, false, false },
		     { SIM_DELAY_NEVER, false, true },
		     { SIM_DELAY_RANDOM, false, false } };
	uint64_t normal = 0;

	for (unsigned i = 0; i < 5; i++) {
		struct sim *s =
			sim_start(&(struct sim_config){ .policy = { .delay = rows[i].delay } });
		const struct timing *t = &s->timing;

		ck_assert_uint_gt(t->access_ns, 0);
		ck_assert_uint_gt(t->relax_ns, 0);
		ck_assert_uint_gt(t->ite_ns, 0);
		ck_assert_uint_lt(t->ite_ns, TIMING_NEVER);
		ck_assert_int_eq(t->handshake_ns == 0, rows[i].immediate);
		ck_assert_int_eq(t->fetch_ns == 0, rows[i].immediate);
		ck_assert_int_eq(t->status_ns == 0, rows[i].immediate);
		ck_assert_int_eq(t->devtlb_ns == 0, rows[i].immediate);
		ck_assert_int_eq(t->handshake_ns == TIMING_NEVER, rows[i].never);
		ck_assert_int_eq(t->fetch_ns == TIMING_NEVER, rows[i].never);
		if (rows[i].delay == SIM_DELAY_NORMAL)
			normal = t->handshake_ns;
		if (rows[i].delay == SIM_DELAY_SLOW)
			ck_assert_uint_gt(t->handshake_ns, 10 * normal);
		sim_relax(s);
		ck_assert_uint_eq(sim_now_ns(s), t->relax_ns);
		sim_destroy(s);
	}
}
END_TEST

START_TEST(test_machine_register_misuse_is_complained_about)
{
	struct sim *s = sim_start(&plain);

	with_register(s, 0);
	sim_reg_write(s, 0, 0x18, 2, 1);
	ck_assert_uint_eq(sim_reg_read(s, 0, 0x1a, 4), 0);
	ck_assert_uint_eq(sim_complaint_count(s, COMPLAINT_REG_WIDTH), 2);
	sim_reg_write(s, 0, 0x40, 4, 0);
	ck_assert_uint_eq(sim_complaint_count(s, COMPLAINT_REG_UNIMPLEMENTED), 0);
	sim_reg_write(s, 0, 0x40, 4, 2);
	ck_assert_uint_eq(sim_complaint_count(s, COMPLAINT_REG_UNIMPLEMENTED), 1);
	sim_reg_write(s, 0, 0x18, 4, 0x201);
	ck_assert_uint_eq(sim_complaint_count(s, COMPLAINT_REG_RESERVED), 1);
	ck_assert_uint_eq(sim_reg_peek(s, 0, 0x18, 4), 0x101);
	ck_assert_uint_eq(sim_complaint_count(s, COMPLAINTS), 0);
	sim_destroy(s);
}
END_TEST

START_TEST(test_machine_unit_that_is_not_there)
{
	struct sim *s = sim_start(&plain);
	struct sim_reg_info info;
	struct sim_unit_stats stats;
	struct sim_xlat x;

	ck_assert_uint_eq(sim_reg_read(s, 0, 0, 4), UINT32_MAX);
	ck_assert_uint_eq(sim_reg_read(s, 7, 0, 8), UINT64_MAX);
	sim_reg_write(s, 0, 0, 4, 1);
	ck_assert_uint_eq(sim_reg_peek(s, 0, 0, 4), 0);
	ck_assert(!sim_reg_info(s, 0, 0, &info));
	ck_assert_int_eq(sim_unit_stats(s, 0, &stats), SIM_E_NOENT);
	sim_translate(s, &(struct sim_request){ .unit = 3 }, &x);
	ck_assert_int_eq(x.outcome, SIM_OUTCOME_UR);
	ck_assert_int_eq(x.reason, 0);
	sim_destroy(s);
}
END_TEST

START_TEST(test_machine_tells_registers_in_offset_order)
{
	struct sim *s = sim_start(&plain);
	struct fake *f = with_register(s, 0);
	struct sim_reg_info info;

	ck_assert_int_eq(
		regfile_add(&f->u.regs,
			    &(struct reg_desc){
				    .name = "A", .off = 8, .size = 8, .reset = 5, .w1c = 6 }),
		SIM_OK);
	ck_assert(sim_reg_info(s, 0, 0, &info));
	ck_assert_str_eq(info.name, "A");
	ck_assert_uint_eq(info.size, 8);
	ck_assert_uint_eq(info.reset, 5);
	ck_assert_uint_eq(info.w1c, 6);
	ck_assert(sim_reg_info(s, 0, 1, &info));
	ck_assert_str_eq(info.name, "CMD");
	ck_assert_uint_eq(info.off, 0x18);
	ck_assert_uint_eq(info.rw, 0xff);
	ck_assert(!sim_reg_info(s, 0, 2, &info));
	sim_destroy(s);
}
END_TEST

START_TEST(test_machine_counts_what_the_unit_counts)
{
	struct sim *s = sim_start(&plain);
	struct fake *f = fake_add(s);
	struct sim_unit_stats stats;

	f->u.stats.walks = 9;
	ck_assert_int_eq(sim_unit_stats(s, 0, &stats), SIM_OK);
	ck_assert_uint_eq(stats.walks, 9);
	sim_destroy(s);
}
END_TEST

/* ---- yield points ---- */

struct yields {
	uint32_t count;
	uint64_t seen; /* memory at the moment of the last one */
	bool nest;
};

static void on_yield(void *ctx, struct sim *s)
{
	struct yields *y = ctx;

	y->count++;
	ck_assert_int_eq(sim_mem_load(s, 0x1000, &y->seen, 8), SIM_OK);
	sim_advance(s, 1000);
	if (y->nest)
		sim_cpu_read64(s, 0x1000);
}

START_TEST(test_machine_yields_before_each_guest_access)
{
	struct sim *s = sim_start(&plain);
	struct yields y = { 0 };

	with_register(s, 0);
	ck_assert_int_eq(sim_mem_add(s, 0x1000, 0x1fff), SIM_OK);
	sim_on_yield(s, on_yield, &y);
	sim_cpu_write64(s, 0x1000, 1);
	ck_assert_uint_eq(y.seen, 0); /* not yet */
	sim_cpu_write64(s, 0x1000, 2);
	ck_assert_uint_eq(y.seen, 1);
	sim_cpu_sync(s, 0x1000, 8, true);
	ck_assert_uint_eq(y.seen, 2);
	sim_cpu_read64(s, 0x1000);
	sim_reg_write(s, 0, 0x18, 4, 1);
	sim_reg_read(s, 0, 0x18, 4);
	ck_assert_uint_eq(y.count, 6);
	ck_assert_uint_eq(sim_now_ns(s), 6 * (1000 + 50));
	sim_relax(s);
	sim_advance(s, 1);
	sim_reg_peek(s, 0, 0x18, 4);
	ck_assert_uint_eq(y.count, 6);
	y.nest = true;
	sim_cpu_read64(s, 0x1000);
	ck_assert_uint_eq(y.count, 7); /* no yield inside a yield */
	sim_on_yield(s, NULL, NULL);
	sim_cpu_read64(s, 0x1000);
	ck_assert_uint_eq(y.count, 7);
	sim_destroy(s);
}
END_TEST

/* ---- determinism ---- */

static void drive(struct sim *s)
{
	struct fake *f = fake_new(s, MEM_VIEW_MEMORY);

	s->mem.noncoherent = true;
	ck_assert_int_eq(sim_unit_add(s, &f->u, 0xfed00000, 4096), 0);
	ck_assert_int_eq(sim_mem_add(s, 0x1000, 0x4fff), SIM_OK);
	for (uint64_t i = 0; i < 300; i++)
		sim_cpu_write64(s, 0x1000 + i * 40 / 8 * 8, i);
}

START_TEST(test_machine_same_seed_same_trace)
{
	struct sim_config config = { .seed = 3,
				     .trace_records = 4096,
				     .policy = { .publish = SIM_PUBLISH_RANDOM } };
	struct sim *a = sim_start(&config), *b = sim_start(&config), *c;
	bool differ;

	config.seed = 4;
	c = sim_start(&config);
	drive(a);
	drive(b);
	drive(c);
	ck_assert_uint_gt(sim_trace_count(a), 300); /* lines were published on the way */
	ck_assert_uint_eq(sim_trace_count(a), sim_trace_count(b));
	differ = sim_trace_count(a) != sim_trace_count(c);
	for (uint64_t i = 0; i < sim_trace_count(a); i++) {
		const struct sim_trace_record *r = sim_trace_get(c, i);

		ck_assert_mem_eq(sim_trace_get(a, i), sim_trace_get(b, i), 32);
		differ |= !r || memcmp(sim_trace_get(a, i), r, sizeof(*r)) != 0;
	}
	ck_assert(differ);
	sim_destroy(a);
	sim_destroy(b);
	sim_destroy(c);
}
END_TEST

/* ---- messages, complaints, names ---- */

START_TEST(test_machine_keeps_the_newest_messages)
{
	struct sim *s = sim_start(&plain);

	for (uint32_t i = 0; i < SIM_MSIS + 10; i++)
		msi_send(s, 1, false, 8, 0xfee00000, i);
	ck_assert_uint_eq(sim_msi_count(s), SIM_MSIS + 10);
	ck_assert_ptr_null(sim_msi_get(s, 9));
	for (uint32_t i = 10; i < SIM_MSIS + 10; i++)
		ck_assert_uint_eq(sim_msi_get(s, i)->data, i);
	ck_assert_uint_eq(sim_msi_get(s, 10)->unit, 1);
	ck_assert_ptr_null(sim_msi_get(s, SIM_MSIS + 10));
	sim_destroy(s);
}
END_TEST

START_TEST(test_machine_complaints_are_told_apart)
{
	for (uint32_t i = 0; i < COMPLAINTS; i++) {
		const struct sim_complaint_info *c = sim_complaint_info(i);

		ck_assert_ptr_nonnull(c);
		ck_assert_uint_eq(strspn(c->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(c->name));
		ck_assert(strncmp(c->section, "VT-d ", 5) == 0 ||
			  strncmp(c->section, "48882 ", 6) == 0);
		ck_assert_uint_gt(strlen(c->text), 10);
		for (uint32_t k = 0; k < i; k++)
			ck_assert_str_ne(c->name, sim_complaint_info(k)->name);
	}
	ck_assert_ptr_null(sim_complaint_info(COMPLAINTS));
}
END_TEST

START_TEST(test_machine_names)
{
	ck_assert_str_eq(sim_cache_name(SIM_CACHE_DEVICE), "device");
	ck_assert_str_eq(sim_outcome_name(SIM_OUTCOME_NO_ACCESS), "no-access");
	ck_assert_str_eq(sim_source_name(SIM_FROM_DEVTLB), "devtlb");
	ck_assert_str_eq(sim_access_name(SIM_ZLR), "zlr");
	for (int i = 0; i < SIM_CACHES; i++)
		ck_assert_ptr_nonnull(sim_cache_name((enum sim_cache)i));
	for (int i = 0; i <= SIM_OUTCOME_BUS; i++)
		ck_assert_ptr_nonnull(sim_outcome_name((enum sim_outcome)i));
	for (int i = 0; i <= SIM_FROM_IEC; i++)
		ck_assert_ptr_nonnull(sim_source_name((enum sim_source)i));
	for (int i = 0; i <= SIM_ZLR; i++)
		ck_assert_ptr_nonnull(sim_access_name((enum sim_access)i));
	ck_assert_ptr_null(sim_cache_name(SIM_CACHES));
	ck_assert_ptr_null(sim_outcome_name((enum sim_outcome)99));
	ck_assert_ptr_null(sim_source_name((enum sim_source)99));
	ck_assert_ptr_null(sim_access_name((enum sim_access)99));
}
END_TEST

/* ---- caches ---- */

START_TEST(test_machine_shows_and_evicts_cache_lines)
{
	struct sim *s = sim_start(&plain);
	struct fake *f = fake_add(s);
	struct sim_cache_line line;
	uint32_t cursor = 0, seen = 0;

	for (uint64_t i = 0; i < 4; i++)
		tcache_insert(&f->u.cache[SIM_CACHE_IOTLB],
			      &(struct tc_entry){
				      .addr = i << 12, .who = 0x10, .q = { i << 20 }, .group = 7 });
	ck_assert_uint_eq(sim_cache_count(s, 0, SIM_CACHE_IOTLB), 4);
	ck_assert_uint_eq(sim_cache_count(s, 0, SIM_CACHE_CONTEXT), 0);
	while (sim_cache_next(s, 0, SIM_CACHE_IOTLB, &cursor, &line)) {
		ck_assert_int_eq(line.cache, SIM_CACHE_IOTLB);
		ck_assert_uint_eq(line.rid, 0x10);
		ck_assert_uint_eq(line.domain, 7);
		ck_assert_uint_eq(line.pa, line.iova << 8);
		seen++;
	}
	ck_assert_uint_eq(seen, 4);
	ck_assert_uint_eq(sim_cache_evict(s, 0, SIM_CACHE_IOTLB, 0x2fff), 1);
	ck_assert_uint_eq(sim_cache_evict(s, 0, SIM_CACHE_IOTLB, 0x2fff), 0);
	ck_assert_uint_eq(sim_cache_evict(s, 0, SIM_CACHE_IOTLB, SIM_EVICT_ALL), 3);
	ck_assert_uint_eq(sim_cache_count(s, 0, SIM_CACHE_IOTLB), 0);
	cursor = 0;
	ck_assert_uint_eq(sim_cache_count(s, 1, SIM_CACHE_IOTLB), 0);
	ck_assert_uint_eq(sim_cache_count(s, 0, SIM_CACHES), 0);
	ck_assert(!sim_cache_next(s, 0, SIM_CACHES, &cursor, &line));
	ck_assert(!sim_cache_next(s, 1, SIM_CACHE_IOTLB, &cursor, &line));
	ck_assert_uint_eq(sim_cache_evict(s, 1, SIM_CACHE_IOTLB, 0), 0);
	ck_assert_uint_eq(sim_cache_evict(s, 0, SIM_CACHES, 0), 0);
	sim_destroy(s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("machine");
	TCase *t = tcase_create("machine");

	tcase_add_test(t, test_machine_refuses_bad_configurations);
	tcase_add_test(t, test_machine_places_do_not_overlap);
	tcase_add_test(t, test_machine_has_so_many_units);
	tcase_add_test(t, test_machine_guest_memory);
	tcase_add_test(t, test_machine_publishes_at_sync);
	tcase_add_test(t, test_machine_write_buffer_needs_draining);
	tcase_add_test(t, test_machine_delay_0_is_done_before_the_write_returns);
	tcase_add_test(t, test_machine_delays_pass_with_guest_accesses);
	tcase_add_test(t, test_machine_never_takes_back_what_was_set);
	tcase_add_test(t, test_machine_delay_policies);
	tcase_add_test(t, test_machine_random_delays_follow_the_seed);
	tcase_add_test(t, test_machine_register_misuse_is_complained_about);
	tcase_add_test(t, test_machine_unit_that_is_not_there);
	tcase_add_test(t, test_machine_tells_registers_in_offset_order);
	tcase_add_test(t, test_machine_counts_what_the_unit_counts);
	tcase_add_test(t, test_machine_yields_before_each_guest_access);
	tcase_add_test(t, test_machine_same_seed_same_trace);
	tcase_add_test(t, test_machine_keeps_the_newest_messages);
	tcase_add_test(t, test_machine_complaints_are_told_apart);
	tcase_add_test(t, test_machine_names);
	tcase_add_test(t, test_machine_shows_and_evicts_cache_lines);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
