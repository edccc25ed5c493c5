/*
 * Register files: every bit obeys its row, at every legal width.
 */
#include <string.h>

#include "iommusim/sim.h"
#include "sim/regfile.h"
#include "sim/rng.h"
#include "unit.h"

#define BYTES 4096u

/* What hooks were told. */
struct told {
	struct reg_write last;
	unsigned wrote, read;
	struct regfile *rf;
};

static void hook_wrote(void *owner, const struct reg_write *w)
{
	struct told *t = owner;

	t->last = *w;
	t->wrote++;
}

static uint64_t hook_read(void *owner, uint64_t val)
{
	struct told *t = owner;

	t->read++;
	return ~val;
}

/* A hook that changes its own register. */
static void hook_sets(void *owner, const struct reg_write *w)
{
	struct told *t = owner;

	(void)w;
	reg_set(t->rf, 0x40, 0x1234);
}

static void start(struct regfile *rf, struct told *t)
{
	memset(t, 0, sizeof(*t));
	t->rf = rf;
	ck_assert_int_eq(regfile_init(rf, BYTES, t), SIM_OK);
}

static void add(struct regfile *rf, struct reg_desc d)
{
	ck_assert_int_eq(regfile_add(rf, &d), SIM_OK);
}

/* Bit by bit, as the row's words say. */
static uint64_t ref_write(const struct reg_desc *d, uint64_t old, uint64_t raw, uint64_t lanes)
{
	uint64_t now = 0;

	for (unsigned i = 0; i < 64; i++) {
		uint64_t b = (uint64_t)1 << i;
		bool bit = old & b;

		if (lanes & b && d->rw & b)
			bit = raw & b;
		if (lanes & b && d->w1c & b && raw & b)
			bit = false;
		if (bit)
			now |= b;
	}
	return now;
}

START_TEST(test_regfile_every_bit_obeys_its_row)
{
	struct regfile rf;
	struct told t;
	struct rng r;

	rng_init(&r, 11, 1);
	for (unsigned round = 0; round < 2000; round++) {
		bool wide = rng_below(&r, 2);
		uint64_t all = wide ? UINT64_MAX : UINT32_MAX, old, read = 0;
		struct reg_desc d = { .name = "R", .off = 0x40, .size = wide ? 8 : 4 };
		uint32_t width = wide && rng_below(&r, 2) ? 8 : 4;
		uint32_t off = wide && width == 4 ? 4 * rng_below(&r, 2) : 0;
		uint64_t lanes = (width == 8 ? UINT64_MAX : UINT32_MAX) << 8 * off;
		uint64_t val = rng_next(&r), raw = (val << 8 * off) & lanes;
		enum reg_result want = REG_OK;

		d.rw = rng_next(&r) & all;
		d.w1c = rng_next(&r) & all & ~d.rw;
		d.wo = rng_next(&r) & all & ~d.rw & ~d.w1c;
		d.ignored = rng_next(&r) & all & ~d.rw & ~d.w1c;
		d.reset = rng_next(&r) & all;
		d.index = round;
		d.wrote = hook_wrote;
		start(&rf, &t);
		add(&rf, d);
		old = reg_get(&rf, 0x40);
		ck_assert_uint_eq(old, d.reset);
		if (raw & ~(d.rw | d.w1c | d.wo | d.ignored))
			want = REG_RESERVED_BITS;
		ck_assert_int_eq(regfile_write(&rf, 0x40 + off, width, val), want);
		ck_assert_uint_eq(reg_get(&rf, 0x40), ref_write(&d, old, raw, lanes));
		ck_assert_uint_eq(t.wrote, 1);
		ck_assert_uint_eq(t.last.old, old);
		ck_assert_uint_eq(t.last.now, reg_get(&rf, 0x40));
		ck_assert_uint_eq(t.last.raw, raw);
		ck_assert_uint_eq(t.last.lanes, lanes);
		ck_assert_uint_eq(t.last.index, round);
		ck_assert_int_eq(regfile_read(&rf, 0x40 + off, width, &read), REG_OK);
		ck_assert_uint_eq(read, (reg_get(&rf, 0x40) & lanes) >> 8 * off);
		ck_assert_uint_eq(regfile_peek(&rf, 0x40 + off, width), read);
		regfile_reset(&rf);
		ck_assert_uint_eq(reg_get(&rf, 0x40), d.reset);
		regfile_destroy(&rf);
	}
}
END_TEST

START_TEST(test_regfile_qword_over_two_dwords_is_split_low_first)
{
	struct regfile rf;
	struct told t;
	uint64_t val = 0;

	start(&rf, &t);
	add(&rf, (struct reg_desc){ .name = "LOW",
				    .off = 0x40,
				    .size = 4,
				    .rw = 0xff,
				    .index = 1,
				    .wrote = hook_wrote });
	add(&rf, (struct reg_desc){ .name = "HIGH",
				    .off = 0x44,
				    .size = 4,
				    .rw = UINT32_MAX,
				    .index = 2,
				    .wrote = hook_wrote });
	ck_assert_int_eq(regfile_write(&rf, 0x40, 8, 0xAABBCCDD00000011), REG_OK);
	ck_assert_uint_eq(t.wrote, 2);
	ck_assert_uint_eq(t.last.index, 2); /* the upper one last */
	ck_assert_uint_eq(t.last.raw, 0xAABBCCDD);
	ck_assert_uint_eq(t.last.lanes, UINT32_MAX);
	ck_assert_int_eq(regfile_read(&rf, 0x40, 8, &val), REG_OK);
	ck_assert_uint_eq(val, 0xAABBCCDD00000011);
	ck_assert_uint_eq(regfile_peek(&rf, 0x40, 8), val);
	ck_assert_int_eq(regfile_write(&rf, 0x40, 8, 0x100), REG_RESERVED_BITS);
	ck_assert_uint_eq(regfile_peek(&rf, 0x40, 8), 0);
	regfile_destroy(&rf);
}
END_TEST

START_TEST(test_regfile_qword_over_a_register_and_a_hole)
{
	struct regfile rf;
	struct told t;
	uint64_t val = 0;

	start(&rf, &t);
	add(&rf, (struct reg_desc){ .name = "HIGH", .off = 0x4c, .size = 4, .rw = UINT32_MAX });
	ck_assert_int_eq(regfile_write(&rf, 0x48, 8, 0x1122334400000000), REG_OK);
	ck_assert_int_eq(regfile_read(&rf, 0x48, 8, &val), REG_OK);
	ck_assert_uint_eq(val, 0x1122334400000000);
	ck_assert_int_eq(regfile_write(&rf, 0x48, 8, 0x5566778800000001), REG_UNIMPLEMENTED);
	ck_assert_uint_eq(regfile_peek(&rf, 0x4c, 4), 0x55667788);
	regfile_destroy(&rf);
}
END_TEST

START_TEST(test_regfile_holes_read_0_and_swallow_writes)
{
	static const uint32_t offs[] = { 0x0, 0x38, 0xff8, 0x1000, 0xfffffff8 };
	struct regfile rf;
	struct told t;

	start(&rf, &t);
	add(&rf, (struct reg_desc){ .name = "R", .off = 0x40, .size = 8, .rw = UINT64_MAX });
	for (unsigned i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
		for (uint32_t width = 4; width <= 8; width += 4) {
			uint64_t val = 1;

			ck_assert_int_eq(regfile_write(&rf, offs[i], width, 0), REG_OK);
			ck_assert_int_eq(regfile_write(&rf, offs[i], width, 1), REG_UNIMPLEMENTED);
			ck_assert_int_eq(regfile_read(&rf, offs[i], width, &val), REG_OK);
			ck_assert_uint_eq(val, 0);
			ck_assert_uint_eq(regfile_peek(&rf, offs[i], width), 0);
		}
	}
	ck_assert_uint_eq(regfile_peek(&rf, 0x40, 8), 0);
	regfile_destroy(&rf);
}
END_TEST

START_TEST(test_regfile_other_widths_do_nothing)
{
	static const struct {
		uint32_t off, width;
	} bad[] = { { 0x40, 1 }, { 0x40, 2 }, { 0x42, 4 }, { 0x44, 8 },
		    { 0x41, 8 }, { 0x40, 0 }, { 0x40, 16 } };
	struct regfile rf;
	struct told t;

	start(&rf, &t);
	add(&rf, (struct reg_desc){ .name = "R",
				    .off = 0x40,
				    .size = 8,
				    .rw = UINT64_MAX,
				    .reset = 0x77,
				    .wrote = hook_wrote,
				    .read = hook_read });
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t val = 1;

		ck_assert_int_eq(regfile_write(&rf, bad[i].off, bad[i].width, 5), REG_BAD_WIDTH);
		ck_assert_int_eq(regfile_read(&rf, bad[i].off, bad[i].width, &val), REG_BAD_WIDTH);
		ck_assert_uint_eq(val, 0);
		ck_assert_uint_eq(regfile_peek(&rf, bad[i].off, bad[i].width), 0);
	}
	ck_assert_uint_eq(reg_get(&rf, 0x40), 0x77);
	ck_assert_uint_eq(t.wrote + t.read, 0);
	regfile_destroy(&rf);
}
END_TEST

START_TEST(test_regfile_hooks_see_and_change_values)
{
	struct regfile rf;
	struct told t;
	uint64_t val = 0;

	start(&rf, &t);
	add(&rf,
	    (struct reg_desc){
		    .name = "SET", .off = 0x40, .size = 8, .rw = UINT64_MAX, .wrote = hook_sets });
	add(&rf, (struct reg_desc){ .name = "NOT",
				    .off = 0x48,
				    .size = 8,
				    .reset = 0x00000001FFFFFFFE,
				    .read = hook_read });
	ck_assert_int_eq(regfile_write(&rf, 0x40, 8, 1), REG_OK);
	ck_assert_uint_eq(reg_get(&rf, 0x40), 0x1234);
	ck_assert_int_eq(regfile_read(&rf, 0x48, 4, &val), REG_OK);
	ck_assert_uint_eq(val, 1);
	ck_assert_int_eq(regfile_read(&rf, 0x4c, 4, &val), REG_OK);
	ck_assert_uint_eq(val, 0xFFFFFFFE);
	ck_assert_uint_eq(t.read, 2);
	ck_assert_uint_eq(regfile_peek(&rf, 0x48, 8), 0x00000001FFFFFFFE); /* no hook */
	ck_assert_uint_eq(t.read, 2);
	regfile_destroy(&rf);
}
END_TEST

START_TEST(test_regfile_add_refuses_overlaps_and_keeps_order)
{
	static const uint32_t order[] = { 0xff8, 0x20, 0x80, 0x00, 0x28, 0x24 };
	struct regfile rf;
	struct told t;

	ck_assert_int_eq(regfile_init(&rf, 100, &t), SIM_E_INVAL);
	ck_assert_int_eq(regfile_init(&rf, 0, &t), SIM_E_INVAL);
	start(&rf, &t);
	for (unsigned i = 0; i < 6; i++)
		add(&rf, (struct reg_desc){ .name = "R",
					    .off = order[i],
					    .size = order[i] % 8 || order[i] == 0x20 ? 4 : 8,
					    .reset = order[i] + 1,
					    .rw = UINT32_MAX });
	for (unsigned i = 0; i + 1 < rf.count; i++)
		ck_assert_uint_lt(rf.reg[i].d.off, rf.reg[i + 1].d.off);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_uint_eq(reg_get(&rf, order[i]), order[i] + 1);
		ck_assert_ptr_nonnull(regfile_at(&rf, order[i]));
		ck_assert_uint_eq(regfile_at(&rf, order[i])->d.off, order[i]);
	}
	ck_assert_ptr_null(regfile_at(&rf, 0x84)); /* inside a register */
	ck_assert_ptr_null(regfile_at(&rf, 0x90));
	ck_assert_ptr_null(regfile_at(&rf, 0x1000));
	ck_assert_int_eq(regfile_add(&rf, &(struct reg_desc){ .off = 0x84, .size = 4 }),
			 SIM_E_EXIST);
	ck_assert_int_eq(regfile_add(&rf, &(struct reg_desc){ .off = 0x20, .size = 8 }),
			 SIM_E_EXIST);
	ck_assert_int_eq(regfile_add(&rf, &(struct reg_desc){ .off = 0x1000, .size = 4 }),
			 SIM_E_RANGE);
	ck_assert_int_eq(regfile_add(&rf, &(struct reg_desc){ .off = 0x34, .size = 8 }),
			 SIM_E_INVAL);
	ck_assert_int_eq(regfile_add(&rf, &(struct reg_desc){ .off = 0x30, .size = 2 }),
			 SIM_E_INVAL);
	ck_assert_uint_eq(rf.count, 6);
	regfile_destroy(&rf);
}
END_TEST

START_TEST(test_regfile_holds_a_register_in_every_dword)
{
	struct regfile rf;
	struct told t;

	start(&rf, &t);
	for (uint32_t off = BYTES; off; off -= 4)
		add(&rf, (struct reg_desc){ .name = "R", .off = off - 4, .size = 4, .reset = off });
	for (uint32_t off = 0; off < BYTES; off += 4)
		ck_assert_uint_eq(regfile_peek(&rf, off, 4), off + 4);
	regfile_destroy(&rf);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("regfile");
	TCase *t = tcase_create("regfile");

	tcase_add_test(t, test_regfile_every_bit_obeys_its_row);
	tcase_add_test(t, test_regfile_qword_over_two_dwords_is_split_low_first);
	tcase_add_test(t, test_regfile_qword_over_a_register_and_a_hole);
	tcase_add_test(t, test_regfile_holes_read_0_and_swallow_writes);
	tcase_add_test(t, test_regfile_other_widths_do_nothing);
	tcase_add_test(t, test_regfile_hooks_see_and_change_values);
	tcase_add_test(t, test_regfile_add_refuses_overlaps_and_keeps_order);
	tcase_add_test(t, test_regfile_holds_a_register_in_every_dword);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
