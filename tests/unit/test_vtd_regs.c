/*
 * The registers of a VT-d unit, as a guest meets them: rows typed again from the specification's register descriptions.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

#define ALL UINT64_MAX

enum when {
	ALWAYS,
	QI,
	PLMR,
	PHMR
};

struct expect {
	const char *name;
	uint32_t off, size;
	uint64_t reset; /* ALL: an identity register, told by the configuration */
	uint64_t rw;    /* bits that keep what is written while nothing is in flight */
	uint64_t w1c;
	enum when when;
};

/* clang-format off */
static const struct expect expects[] = {
	{ "VER",      0x000, 4, ALL, 0, 0, ALWAYS },
	{ "CAP",      0x008, 8, ALL, 0, 0, ALWAYS },
	{ "ECAP",     0x010, 8, ALL, 0, 0, ALWAYS },
	{ "GCMD",     0x018, 4, 0, 0, 0, ALWAYS },
	{ "GSTS",     0x01C, 4, 0, 0, 0, ALWAYS },
	{ "RTADDR",   0x020, 8, 0, 0xFFFFFFFFFFFFFC00, 0, ALWAYS },
	{ "CCMD",     0x028, 8, 0, 0xE0000003FFFFFFFF, 0, ALWAYS },
	{ "FSTS",     0x034, 4, 0, 0, 0x71, ALWAYS },
	{ "FECTL",    0x038, 4, 0x80000000, 0x80000000, 0, ALWAYS },
	{ "FEDATA",   0x03C, 4, 0, 0x0000FFFF, 0, ALWAYS },
	{ "FEADDR",   0x040, 4, 0, 0xFFFFFFFC, 0, ALWAYS },
	{ "FEUADDR",  0x044, 4, 0, 0xFFFFFFFF, 0, ALWAYS },
	{ "PMEN",     0x064, 4, 0, 0x80000000, 0, ALWAYS },
	{ "PLMBASE",  0x068, 4, 0, 0xFFF00000, 0, PLMR },
	{ "PLMLIMIT", 0x06C, 4, 0, 0xFFF00000, 0, PLMR },
	{ "PHMBASE",  0x070, 8, 0, 0xFFFFFFFFFFE00000, 0, PHMR },
	{ "PHMLIMIT", 0x078, 8, 0, 0xFFFFFFFFFFE00000, 0, PHMR },
	{ "IQH",      0x080, 8, 0, 0, 0, QI },
	{ "IQT",      0x088, 8, 0, 0x000000000007FFF0, 0, QI },
	{ "IQA",      0x090, 8, 0, 0xFFFFFFFFFFFFF807, 0, QI },
	{ "ICS",      0x09C, 4, 0, 0, 1, QI },
	{ "IECTL",    0x0A0, 4, 0x80000000, 0x80000000, 0, QI },
	{ "IEDATA",   0x0A4, 4, 0, 0x0000FFFF, 0, QI },
	{ "IEADDR",   0x0A8, 4, 0, 0xFFFFFFFC, 0, QI },
	{ "IEUADDR",  0x0AC, 4, 0, 0xFFFFFFFF, 0, QI },
	{ "IQERCD",   0x0B0, 8, 0, 0, 0, QI },
	{ "IVA",      0x500, 8, 0, 0xFFFFFFFFFFFFF07F, 0, ALWAYS },
	{ "IOTLB",    0x508, 8, 0, 0xB003FFFF00000000, 0, ALWAYS },
};
/* clang-format on */

#define EXPECTS (sizeof(expects) / sizeof(expects[0]))
#define RECORDS 8u /* NFR + 1 of the default unit, at 0x220 */

/* Bits that read 0 whatever is stored. */
static uint64_t hidden(const char *name)
{
	if (!strcmp(name, "IVA"))
		return ALL;
	return strcmp(name, "CCMD") ? 0 : 0x00000003FFFF0000;
}

/* Bits that start something; never written by the walk over every row. */
static uint64_t trigger(const char *name)
{
	if (!strcmp(name, "CCMD") || !strcmp(name, "IOTLB"))
		return BIT64(63);
	return strcmp(name, "PMEN") ? 0 : BIT64(31);
}

static struct sim_vtd_config full_config(void)
{
	struct sim_vtd_config c;

	sim_vtd_default(&c);
	c.cap |= VTD_CAP_PLMR | VTD_CAP_PHMR;
	c.ecap |= VTD_ECAP_DT;
	c.plm_align_bits = 20;
	c.phm_align_bits = 21;
	return c;
}

static struct sim_vtd_config bare_config(void)
{
	struct sim_vtd_config c;

	sim_vtd_default(&c);
	c.ecap &= ~(uint64_t)VTD_ECAP_QI;
	return c;
}

static bool present(const struct expect *e, const struct sim_vtd_config *c)
{
	switch (e->when) {
	case QI:
		return c->ecap & VTD_ECAP_QI;
	case PLMR:
		return c->cap & VTD_CAP_PLMR;
	case PHMR:
		return c->cap & VTD_CAP_PHMR;
	default:
		return true;
	}
}

static uint64_t reset_of(const struct expect *e, const struct sim_vtd_config *c)
{
	if (e->reset != ALL)
		return e->reset;
	return e->off == 0 ? c->ver : e->off == 8 ? c->cap : c->ecap;
}

static uint64_t mask_of(const struct expect *e)
{
	return e->size == 4 ? UINT32_MAX : ALL;
}

/* The unit's own list of rows has exactly the typed ones, with the same access. */
START_TEST(test_rows_are_the_specification_s)
{
	struct sim_vtd_config c = _i ? bare_config() : full_config();
	struct sim_reg_info info;
	struct world w;
	uint32_t n, found = 0, wanted = 2 * RECORDS;

	vt_start(&w, &c, NULL);
	for (size_t i = 0; i < EXPECTS; i++) {
		const struct expect *e = &expects[i];
		uint64_t rw = e->rw, w1c = e->w1c;
		bool seen = false;

		if (!(c.cap & VTD_CAP_PLMR) && !strcmp(e->name, "PMEN"))
			rw = 0;
		if (!strcmp(e->name, "FSTS"))
			w1c = _i ? 0x01 : 0x71;
		for (n = 0; sim_reg_info(w.s, 0, n, &info); n++) {
			if (info.off != e->off)
				continue;
			seen = true;
			ck_assert_str_eq(info.name, e->name);
			ck_assert_uint_eq(info.size, e->size);
			ck_assert_msg(info.rw == rw, "%s rw", e->name);
			ck_assert_msg(info.w1c == w1c, "%s w1c", e->name);
			ck_assert_msg(info.reset == reset_of(e, &c), "%s reset", e->name);
		}
		ck_assert_msg(seen == present(e, &c), "%s", e->name);
		wanted += present(e, &c);
	}
	while (sim_reg_info(w.s, 0, found, &info))
		found++;
	ck_assert_uint_eq(found, wanted);
	world_stop(&w);
}
END_TEST

START_TEST(test_every_register_has_its_reset_value)
{
	struct sim_vtd_config c = full_config();
	struct world w;

	vt_start(&w, &c, NULL);
	for (size_t i = 0; i < EXPECTS; i++) {
		const struct expect *e = &expects[i];
		uint64_t want = reset_of(e, &c);

		ck_assert_msg(sim_reg_read(w.s, 0, e->off, e->size) == want, "%s", e->name);
		ck_assert_msg(world_r32(&w, e->off) == (uint32_t)want, "%s low", e->name);
		if (e->size == 8)
			ck_assert_msg(world_r32(&w, e->off + 4) == want >> 32, "%s high", e->name);
	}
	for (uint32_t n = 0; n < RECORDS; n++) {
		ck_assert_uint_eq(world_r64(&w, 0x220 + 16 * n), 0);
		ck_assert_uint_eq(world_r64(&w, 0x228 + 16 * n), 0);
	}
	world_stop(&w);
}
END_TEST

/* Random values, written whole or in halves: exactly the writable bits follow. */
START_TEST(test_every_bit_obeys_its_row)
{
	struct sim_vtd_config c = full_config();
	uint64_t state = 7;
	struct world w;

	vt_start(&w, &c, NULL);
	for (unsigned round = 0; round < 40; round++)
		for (size_t i = 0; i < EXPECTS; i++) {
			const struct expect *e = &expects[i];
			uint64_t old = sim_reg_peek(w.s, 0, e->off, e->size), want, now;
			uint64_t val = round == 0 ? ALL : round == 1 ? 0 : world_random(&state);
			bool halves = e->size == 8 && round & 1;

			if (!strcmp(e->name, "GCMD"))
				continue;
			val &= mask_of(e) & ~trigger(e->name);
			want = (old & ~e->rw) | (val & e->rw);
			if (halves) {
				world_w32(&w, e->off, (uint32_t)val);
				world_w32(&w, e->off + 4, (uint32_t)(val >> 32));
			} else {
				sim_reg_write(w.s, 0, e->off, e->size, val);
			}
			now = sim_reg_read(w.s, 0, e->off, e->size);
			ck_assert_msg(now == (want & ~hidden(e->name)),
				      "%s: %#llx written, %#llx wanted, %#llx read", e->name,
				      (unsigned long long)val, (unsigned long long)want,
				      (unsigned long long)now);
		}
	world_stop(&w);
}
END_TEST

/* The other half keeps its value. */
START_TEST(test_a_half_write_leaves_the_other_half)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	world_w64(&w, VTD_REG_RTADDR, 0x1111222233334000);
	world_w32(&w, VTD_REG_RTADDR + 4, 0xAAAABBBB);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_RTADDR), 0xAAAABBBB33334000);
	world_w32(&w, VTD_REG_RTADDR, 0xCCCCD000);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_RTADDR), 0xAAAABBBBCCCCD000);
	world_stop(&w);
}
END_TEST

/* A qword access over two dword registers is two dword accesses. */
START_TEST(test_a_qword_covers_two_dword_registers)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	world_w64(&w, 0x040, 0x12345678FEE01004); /* FEADDR, FEUADDR */
	ck_assert_uint_eq(world_r32(&w, 0x040), 0xFEE01004);
	ck_assert_uint_eq(world_r32(&w, 0x044), 0x12345678);
	ck_assert_uint_eq(world_r64(&w, 0x040), 0x12345678FEE01004);
	world_stop(&w);
}
END_TEST

START_TEST(test_offsets_without_register_read_zero)
{
	struct sim_vtd_config c = full_config();
	struct world w;
	uint32_t before;

	vt_start(&w, &c, NULL);
	before = world_complaints(&w, "reg-unimplemented");
	for (uint32_t off = 0; off < 0x1000; off += 4) {
		bool used = off >= 0x220 && off < 0x220 + 16 * RECORDS;

		for (size_t i = 0; i < EXPECTS; i++)
			used |= off >= expects[i].off && off < expects[i].off + expects[i].size;
		if (used)
			continue;
		world_w32(&w, off, UINT32_MAX);
		ck_assert_msg(world_r32(&w, off) == 0, "%#x", (unsigned)off);
		ck_assert_msg(world_complaints(&w, "reg-unimplemented") == ++before, "%#x",
			      (unsigned)off);
	}
	world_stop(&w);
}
END_TEST

START_TEST(test_odd_widths_and_alignments_do_nothing)
{
	static const uint32_t bad[][2] = { { 0x20, 1 }, { 0x20, 2 },  { 0x22, 4 }, { 0x24, 8 },
					   { 0x21, 4 }, { 0x20, 16 }, { 0x20, 0 } };
	struct world w;

	vt_start(&w, NULL, NULL);
	world_w64(&w, VTD_REG_RTADDR, 0x5000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sim_reg_write(w.s, 0, bad[i][0], bad[i][1], ALL);
		ck_assert_uint_eq(sim_reg_read(w.s, 0, bad[i][0], bad[i][1]), 0);
	}
	ck_assert_uint_eq(world_r64(&w, VTD_REG_RTADDR), 0x5000);
	ck_assert_uint_eq(world_complaints(&w, "reg-width"), 2 * sizeof(bad) / sizeof(bad[0]));
	world_stop(&w);
}
END_TEST

/* Reserved bits are told; what software may write back as read is not. */
START_TEST(test_reserved_bits_written_are_told)
{
	struct world w;

	vt_start(&w, NULL, NULL);
	world_w32(&w, VTD_REG_FECTL, UINT32_MAX);   /* IP is read-only, the rest RsvdP */
	world_w32(&w, VTD_REG_FSTS, 0xFFu & ~0xCu); /* Linux writes back PPF and the old PRO too */
	world_w64(&w, 0x508, UINT32_MAX);           /* IOTLB 31:0 is RsvdP */
	ck_assert_uint_eq(world_complaints(&w, "reg-reserved"), 0);
	world_w32(&w, VTD_REG_FEDATA, 0x10000);
	world_w64(&w, VTD_REG_RTADDR, 1);
	world_w32(&w, VTD_REG_GCMD, VTD_GCMD_IRE); /* no interrupt remapping here */
	world_w64(&w, VTD_REG_IQA, 8);
	ck_assert_uint_eq(world_complaints(&w, "reg-reserved"), 4);
	world_stop(&w);
}
END_TEST

/* Software finds N by writing ones: the highest bit that reads 0. */
START_TEST(test_protected_memory_tells_its_granularity)
{
	struct sim_vtd_config c = full_config();
	struct world w;

	c.plm_align_bits = (uint32_t)(_i ? 31 : 12);
	c.phm_align_bits = (uint32_t)(_i ? 51 : 12);
	vt_start(&w, &c, NULL);
	world_w32(&w, VTD_REG_PLMBASE, UINT32_MAX);
	world_w64(&w, VTD_REG_PHMLIMIT, ALL);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_PLMBASE), _i ? 0x80000000 : 0xFFFFF000);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_PHMLIMIT),
			  _i ? 0xFFF8000000000000 : 0xFFFFFFFFFFFFF000);
	ck_assert_uint_eq(world_complaints(&w, "reg-reserved"), 0);
	world_stop(&w);
}
END_TEST

/* Placed registers: beyond the first page too, and the region grows with them. */
START_TEST(test_records_and_iotlb_registers_move_with_their_capabilities)
{
	struct sim_vtd_config c;
	struct world w;

	sim_vtd_default(&c);
	c.cap &= ~(uint64_t)(VTD_CAP_FRO | VTD_CAP_NFR);
	c.cap |= FIELD_PREP(VTD_CAP_FRO, 0x200) | FIELD_PREP(VTD_CAP_NFR, 255);
	c.ecap &= ~(uint64_t)VTD_ECAP_IRO;
	c.ecap |= FIELD_PREP(VTD_ECAP_IRO, 0x3FF);
	vt_start(&w, &c, NULL);
	ck_assert_uint_eq(w.vtd.frcd, 0x2000);
	world_w64(&w, 0x3FF8, 0x0000FFFF00000000);
	ck_assert_uint_eq(world_r64(&w, 0x3FF8), 0x0000FFFF00000000);
	world_w64(&w, 0x2000 + 255 * 16 + 8, ALL);
	ck_assert_uint_eq(world_complaints(&w, "reg-unimplemented"), 0);
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("vtd_regs");
	TCase *t = tcase_create("regs");

	tcase_add_loop_test(t, test_rows_are_the_specification_s, 0, 2);
	tcase_add_test(t, test_every_register_has_its_reset_value);
	tcase_add_test(t, test_every_bit_obeys_its_row);
	tcase_add_test(t, test_a_half_write_leaves_the_other_half);
	tcase_add_test(t, test_a_qword_covers_two_dword_registers);
	tcase_add_test(t, test_offsets_without_register_read_zero);
	tcase_add_test(t, test_odd_widths_and_alignments_do_nothing);
	tcase_add_test(t, test_reserved_bits_written_are_told);
	tcase_add_loop_test(t, test_protected_memory_tells_its_granularity, 0, 2);
	tcase_add_test(t, test_records_and_iotlb_registers_move_with_their_capabilities);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
