/*
 * Which capability sets a unit may have: those no hardware may present are refused with the field's name, those that are
 * legal and have no model say so.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

struct change {
	const char *names; /* the reason has to contain it */
	uint64_t cap_clear, cap_set, ecap_clear, ecap_set;
	uint32_t ver, haw;
	uint64_t base;
};

/* clang-format off */
#define MGAW(bits) .cap_clear = MASK64(21, 16), .cap_set = (uint64_t)((bits) - 1) << 16
static const struct change impossible[] = {
	{ "ND", .cap_set = 7 },
	{ "SAGAW", .cap_clear = MASK64(12, 8) },
	{ "SAGAW", .cap_set = BIT64(8) },
	{ "SAGAW", .cap_set = BIT64(12) },
	{ "SSLPS", .cap_clear = MASK64(37, 34), .cap_set = 2ull << 34 },
	{ "SSLPS", .cap_set = 4ull << 34 },
	{ "MGAW", MGAW(39) },
	{ "MGAW", MGAW(58) },
	{ "CAP", .cap_set = BIT64(13) }, { "CAP", .cap_set = BIT64(14) }, { "CAP", .cap_set = BIT64(15) },
	{ "CAP", .cap_set = BIT64(23) }, { "CAP", .cap_set = BIT64(38) },
	{ "CAP", .cap_set = BIT64(57) }, { "CAP", .cap_set = BIT64(58) },
	{ "ECAP", .ecap_set = BIT64(5) }, { "ECAP", .ecap_set = BIT64(18) }, { "ECAP", .ecap_set = BIT64(19) },
	{ "ECAP", .ecap_set = BIT64(24) }, { "ECAP", .ecap_set = BIT64(27) }, { "ECAP", .ecap_set = BIT64(28) },
	{ "ECAP", .ecap_set = BIT64(30) }, { "ECAP", .ecap_set = BIT64(32) }, { "ECAP", .ecap_set = BIT64(54) },
	{ "ECAP", .ecap_set = BIT64(63) },
	{ "host address width", .haw = 31 }, { "host address width", .haw = 53 },
	{ "register base", .base = 0xFED90800 },
	{ "VER.MAX", .ver = 0x05 }, { "VER", .ver = 0x110 },
	{ "DRD", .ver = 0x20, .cap_clear = BIT64(55) }, { "DWD", .ver = 0x20, .cap_clear = BIT64(54) },
	{ "DT", .ecap_clear = BIT64(1), .ecap_set = BIT64(2) },
	{ "IR = 1", .ecap_clear = BIT64(1), .ecap_set = BIT64(3) },
	{ "SMTS", .ecap_clear = BIT64(1), .ecap_set = BIT64(43) },
	{ "EIM", .ecap_set = BIT64(4) }, { "MHMV", .ecap_set = BIT64(20) }, { "EIMER", .ecap_set = BIT64(3) | BIT64(61) },
	{ "IRREQ", .ecap_set = BIT64(62) },
	{ "DIT", .ecap_set = BIT64(41) }, { "PDS", .ecap_set = BIT64(42) }, { "NWFS", .ecap_set = BIT64(33) },
	{ "PASID", .ecap_set = BIT64(40) }, { "PSS", .ecap_set = BIT64(35) }, { "FSTS", .ecap_set = BIT64(47) },
	{ "SMPWCS", .ecap_set = BIT64(48) }, { "MTS", .ecap_set = BIT64(25) }, { "SRS", .ecap_set = BIT64(31) },
	{ "RPS", .ecap_set = BIT64(49) }, { "PRS", .ecap_set = BIT64(29) }, { "HPTS", .ecap_set = BIT64(55) },
	{ "NEST", .ecap_set = BIT64(26) }, { "SSADS", .ecap_set = BIT64(45) }, { "EAFS", .ecap_set = BIT64(34) },
	{ "PTRS", .ecap_set = BIT64(56) }, { "RPRIVS", .ecap_set = BIT64(53) }, { "SSIRWS", .ecap_set = BIT64(57) },
	{ "SMS", .ecap_set = BIT64(58) }, { "HPT1GPS", .ecap_set = BIT64(59) }, { "PMS", .ecap_set = BIT64(51) },
	{ "FS5LP", .cap_set = BIT64(60) }, { "FS1GP", .cap_set = BIT64(56) }, { "PI", .cap_set = BIT64(59) },
	{ "RWBF", .cap_set = BIT64(4), .ecap_set = BIT64(43) },
	{ "low memory", .cap_set = BIT64(5), .haw = 46, .ver = 0xFFFFFFFF },  /* alignment spoilt below */
	{ "high memory", .cap_set = BIT64(6), .haw = 46, .ver = 0xFFFFFFFF },
	{ "FRO", .cap_clear = MASK64(33, 24) },                        /* on VER */
	{ "FRO", .cap_clear = MASK64(33, 24), .cap_set = 1ull << 24 }, /* on ECAP */
	{ "IRO", .cap_clear = MASK64(33, 24), .cap_set = 0x500ull / 16 << 24 },  /* on the IOTLB registers */
	{ "IRO", .ecap_clear = MASK64(17, 8), .ecap_set = 0x3ull << 8 },  /* on FSTS */
	{ "IRO", .ecap_clear = MASK64(17, 8), .ecap_set = 0xBull << 8 },  /* on IQERCD */
};

static const struct change not_modelled[] = {
	{ "scalable", .ecap_set = BIT64(43) }, { "second-stage", .ecap_set = BIT64(46) },
	{ "performance", .cap_set = BIT64(61), .ecap_set = BIT64(51) }, { "enhanced", .cap_set = BIT64(61) },
	{ "RDT", .ecap_set = BIT64(60) }, { "virtual", .ecap_set = BIT64(44) }, { "TDX", .ecap_set = BIT64(50) },
	{ "advanced fault", .cap_set = BIT64(3) }, { "VER.MAX", .ver = 0x60 },
};

static const struct change possible[] = {
	{ .names = "default" },
	{ "interrupt remapping", .ecap_set = BIT64(3) },
	{ "posted interrupts and x2APIC", .cap_set = BIT64(59) | BIT64(62), .ecap_set = BIT64(3) | BIT64(4) | BIT64(61) | BIT64(62) },
	{ "no queue", .ecap_clear = BIT64(1) },
	{ "caching mode", .cap_set = BIT64(7) },
	{ "write buffer", .cap_set = BIT64(4) },
	{ "not coherent", .ecap_clear = BIT64(0) },
	{ "ESRTPS", .cap_set = BIT64(63) },
	{ "zero-length reads", .cap_set = BIT64(22) },
	{ "no large pages", .cap_clear = MASK64(37, 34) },
	{ "2 MiB", .cap_clear = BIT64(35) },
	{ "three levels", .cap_clear = MASK64(12, 8), .cap_set = BIT64(9) },
	{ "five levels", MGAW(57) | BIT64(11) },
	{ "all levels", .cap_set = BIT64(9) | BIT64(11) },
	{ "no PSI", .cap_clear = BIT64(39) },
	{ "ATS", .ecap_set = BIT64(2) | BIT64(41) | BIT64(42) | BIT64(33) },
	{ "abort mode", .ecap_set = BIT64(52) },
	{ "no pass-through, no snoop", .ecap_clear = BIT64(6) | BIT64(7) },
	{ "protected memory", .cap_set = BIT64(5) | BIT64(6) },
	{ "version 2", .ver = 0x20 }, { "version 5", .ver = 0x50 },
	{ "16 domains", .cap_clear = 7 },
	{ "one record at 220h, IVA at F0h", .cap_clear = MASK64(47, 40), .ecap_clear = MASK64(17, 8), .ecap_set = 0xFull << 8 },
	{ "narrow host", .haw = 32 },
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SPOILT 0xFFFFFFFF

static struct sim_vtd_config apply(const struct change *x)
{
	struct sim_vtd_config c;

	sim_vtd_default(&c);
	c.cap = (c.cap & ~x->cap_clear) | x->cap_set;
	c.ecap = (c.ecap & ~x->ecap_clear) | x->ecap_set;
	if (x->ver == SPOILT)
		c.plm_align_bits = c.phm_align_bits = 11;
	else if (x->ver)
		c.ver = x->ver;
	if (x->haw)
		c.host_addr_bits = x->haw;
	if (x->base)
		c.base = x->base;
	return c;
}

/* The check refuses, with the name in one line; adding the unit refuses for the same reason and adds nothing. */
static void refused(const struct change *x, int error, const char *prefix)
{
	struct sim_config sc = { 0 };
	struct sim_vtd_config c = apply(x);
	char why[160] = "";
	struct sim *s;
	int rc = sim_vtd_check(&c, why, sizeof(why));

	ck_assert_msg(rc == error, "%s: %d %s", x->names, rc, why);
	ck_assert_msg(strstr(why, x->names) && !strchr(why, '\n'), "%s: %s", x->names, why);
	ck_assert_msg(strncmp(why, prefix, strlen(prefix)) == 0, "%s", why);
	ck_assert_int_eq(sim_create(&sc, &s), SIM_OK);
	ck_assert_int_eq(sim_vtd_add(s, &c), error);
	ck_assert_str_eq(sim_why(s), why);
	sim_vtd_default(&c);
	ck_assert_int_eq(sim_vtd_add(s, &c), 0); /* the first number is still free */
	sim_destroy(s);
}

START_TEST(test_an_impossible_set_is_refused_by_name)
{
	refused(&impossible[_i], SIM_E_IMPOSSIBLE, "");
}
END_TEST

START_TEST(test_what_has_no_model_says_so)
{
	refused(&not_modelled[_i], SIM_E_NOT_MODELLED, "not modelled: ");
}
END_TEST

START_TEST(test_legal_sets_are_accepted_and_presented)
{
	struct sim_vtd_config c = apply(&possible[_i]);
	char why[160] = "";
	struct world w;

	ck_assert_msg(sim_vtd_check(&c, why, sizeof(why)) == SIM_OK, "%s: %s", possible[_i].names,
		      why);
	vt_start(&w, &c, NULL);
	ck_assert_uint_eq(world_r32(&w, VTD_REG_VER), c.ver);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_CAP), c.cap);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_ECAP), c.ecap);
	world_stop(&w);
}
END_TEST

/* No room for the reason is no reason to fail, nor to write beyond it. */
START_TEST(test_the_reason_keeps_to_its_buffer)
{
	struct sim_vtd_config c = apply(&impossible[0]);
	char why[8] = "1234567";

	ck_assert_int_eq(sim_vtd_check(&c, why, 0), SIM_E_IMPOSSIBLE);
	ck_assert_str_eq(why, "1234567");
	ck_assert_int_eq(sim_vtd_check(&c, why, 4), SIM_E_IMPOSSIBLE);
	ck_assert_uint_eq(strlen(why), 3);
	ck_assert_int_eq(why[4], '5');
}
END_TEST

/* In either order, and only when the one that is buffered is another unit than the one that does not snoop. */
START_TEST(test_a_buffered_snooping_unit_beside_a_non_coherent_one_is_not_modelled)
{
	struct sim_vtd_config buffered, apart, both;

	sim_vtd_default(&buffered);
	apart = both = buffered;
	apart.base = both.base = buffered.base + 0x10000;
	buffered.cap |= VTD_CAP_RWBF;
	apart.ecap &= ~VTD_ECAP_C;
	both.cap |= VTD_CAP_RWBF;
	both.ecap &= ~VTD_ECAP_C;
	for (int order = 0; order < 2; order++) {
		struct sim_config config = { .seed = 1 };
		struct sim *s;

		ck_assert_int_eq(sim_create(&config, &s), SIM_OK);
		ck_assert_int_eq(sim_vtd_add(s, order ? &apart : &buffered), 0);
		ck_assert_int_eq(sim_vtd_add(s, order ? &buffered : &apart), SIM_E_NOT_MODELLED);
		ck_assert_ptr_nonnull(strstr(sim_why(s), "not modelled: "));
		sim_destroy(s);
		ck_assert_int_eq(sim_create(&config, &s), SIM_OK);
		ck_assert_int_eq(sim_vtd_add(s, &both), 0);
		sim_destroy(s);
	}
}
END_TEST

START_TEST(test_two_units_share_nothing_but_the_machine)
{
	struct sim_vtd_config c;
	struct world w;

	vt_start(&w, NULL, NULL);
	sim_vtd_default(&c);
	ck_assert_int_lt(sim_vtd_add(w.s, &c), 0); /* on the registers of the first */
	c.base += 0x10000;
	c.cap |= VTD_CAP_CM;
	ck_assert_int_eq(sim_vtd_add(w.s, &c), 1);
	sim_reg_write(w.s, 1, VTD_REG_RTADDR, 8, 0x5000);
	ck_assert_uint_eq(world_r64(&w, VTD_REG_RTADDR), 0);
	ck_assert_uint_eq(sim_reg_read(w.s, 1, VTD_REG_CAP, 8), c.cap);
	world_stop(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("vtd_caps");
	TCase *t = tcase_create("caps");

	tcase_add_loop_test(t, test_an_impossible_set_is_refused_by_name, 0, COUNT(impossible));
	tcase_add_loop_test(t, test_what_has_no_model_says_so, 0, COUNT(not_modelled));
	tcase_add_loop_test(t, test_legal_sets_are_accepted_and_presented, 0, COUNT(possible));
	tcase_add_test(t, test_the_reason_keeps_to_its_buffer);
	tcase_add_test(t, test_a_buffered_snooping_unit_beside_a_non_coherent_one_is_not_modelled);
	tcase_add_test(t, test_two_units_share_nothing_but_the_machine);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
