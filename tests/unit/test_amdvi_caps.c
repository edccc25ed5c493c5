/*
 * AMD-Vi configurations: which are refused, why, and by which word.
 */
#include <string.h>

#include "amdvi_world.h"
#include "unit.h"

START_TEST(test_default_is_accepted)
{
	struct sim_amdvi_config c;
	char why[160] = "";

	sim_amdvi_default(&c);
	ck_assert_msg(sim_amdvi_check(&c, why, sizeof(why)) == SIM_OK, "%s", why);
	c.cap |= AMDVI_CAPHDR_NPCACHE;
	c.efr2 = AMDVI_EFR2_HTRANGEIGNORE;
	c.unsnooped = true;
	c.readings = SIM_AMDVI_READINGS;
	ck_assert_int_eq(sim_amdvi_check(&c, why, sizeof(why)), SIM_OK);
}
END_TEST

/* Every feature bit, set alone beside the default: accepted, or refused with a reason of the right kind. */
START_TEST(test_each_feature_bit_is_judged)
{
	/* Bits whose absence of a model, or whose lack of another bit, refuses them; all others of EFR are accepted. */
	const uint64_t accepted = AMDVI_EFR_PREFSUP | AMDVI_EFR_IASUP | AMDVI_EFR_HESUP |
				  BIT64(28) | BIT64(29) | AMDVI_EFR_DEVTBLSEGSUP |
				  AMDVI_EFR_PERFOPTSUP | AMDVI_EFR_MSICAPMMIOSUP | AMDVI_EFR_HASUP |
				  AMDVI_EFR_HDSUP | BIT64(11) | AMDVI_EFR_GATS | AMDVI_EFR_GLXSUP |
				  AMDVI_EFR_SMIFRC | AMDVI_EFR_PASMAX | AMDVI_EFR_GASUP;
	const uint64_t dependent = AMDVI_EFR_XTSUP | AMDVI_EFR_NXSUP | AMDVI_EFR_GAPPISUP |
				   AMDVI_EFR_GAMSUP | AMDVI_EFR_DUALPPRLOGSUP | AMDVI_EFR_USSUP |
				   AMDVI_EFR_PPROVRFLWEARLYSUP | AMDVI_EFR_PPRAUTORSPSUP |
				   AMDVI_EFR_GIOSUP | AMDVI_EFR_EPHSUP | AMDVI_EFR_V2HDDISSUP |
				   AMDVI_EFR_GAUPDATEDISSUP;
	const uint64_t reserved = MASK64(27, 26) | BIT64(30) | BIT64(17) | BIT64(43);

	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t mask = BIT64(bit);
		struct sim_amdvi_config c;
		char why[160] = "";
		int rc;

		sim_amdvi_default(&c);
		c.efr &= ~(AMDVI_EFR_HATS | AMDVI_EFR_DUALEVENTLOGSUP);
		c.efr |= mask;
		rc = sim_amdvi_check(&c, why, sizeof(why));
		if (accepted & mask || bit == 10) {
			ck_assert_msg(rc == SIM_OK, "bit %u: %s", bit, why);
		} else if ((dependent | reserved) & mask) {
			ck_assert_msg(rc == SIM_E_IMPOSSIBLE, "bit %u: %d %s", bit, rc, why);
		} else {
			ck_assert_msg(rc == SIM_E_NOT_MODELLED, "bit %u: %d %s", bit, rc, why);
			ck_assert_msg(!strncmp(why, "not modelled: ", 14), "%s", why);
		}
	}
}
END_TEST

static const struct {
	int rc;
	uint64_t base;
	uint32_t cap_clear, cap_set, misc0_clear, misc0_set;
	uint64_t efr_clear, efr_set, efr2_set;
	uint32_t readings;
	const char *word;
} refused[] = {
	{ SIM_E_IMPOSSIBLE, 0x1000, .word = "16 KiB" },
	{ SIM_E_IMPOSSIBLE, .cap_clear = 0xFF, .word = "CapId" },
	{ SIM_E_IMPOSSIBLE, .cap_clear = 7u << 16, .word = "CapType" },
	{ SIM_E_IMPOSSIBLE, .cap_clear = 31u << 19, .word = "CapRev" },
	{ SIM_E_IMPOSSIBLE, .cap_clear = 0xFF00, .word = "CapPtr" },
	{ SIM_E_IMPOSSIBLE, .cap_set = 1u << 31, .word = "reserved" },
	{ SIM_E_IMPOSSIBLE, .cap_clear = 1u << 27, .word = "EFRSup" },
	{ SIM_E_IMPOSSIBLE, .misc0_clear = 0x7F00, .misc0_set = 31 << 8, .word = "PAsize" },
	{ SIM_E_IMPOSSIBLE, .misc0_clear = 0x7F00, .misc0_set = 53 << 8, .word = "PAsize" },
	{ SIM_E_IMPOSSIBLE, .misc0_clear = 0x3F8000, .misc0_set = 39 << 15, .word = "VAsize" },
	{ SIM_E_IMPOSSIBLE, .misc0_set = 1u << 23, .word = "reserved" },
	{ SIM_E_IMPOSSIBLE, .misc0_set = 1u << 27, .word = "MsiNumPPR" },
	{ SIM_E_IMPOSSIBLE, .efr_set = UINT64_C(3) << 28, .word = "DualEventLogSup" },
	{ SIM_E_IMPOSSIBLE, .efr_set = UINT64_C(3) << 24, .word = "DualPprLogSup" },
	{ SIM_E_IMPOSSIBLE, .efr_clear = UINT64_C(1) << 49, .word = "HDSup" },
	{ SIM_E_IMPOSSIBLE, .efr2_set = 1, .word = "reserved" },
	{ SIM_E_IMPOSSIBLE, .efr2_set = 8, .word = "GCR3TRPModeSup" },
	{ SIM_E_IMPOSSIBLE, .efr2_set = 16, .word = "GAPPIDisSup" },
	{ SIM_E_IMPOSSIBLE, .efr2_set = 32, .word = "SNPAVICSup" },
	{ SIM_E_IMPOSSIBLE, .readings = SIM_AMDVI_READINGS + 1, .word = "readings" },
	{ SIM_E_NOT_MODELLED, .cap_set = 1u << 25, .word = "HtTunnel" },
	{ SIM_E_NOT_MODELLED, .efr_set = UINT64_C(3) << 10, .word = "HATS" },
	{ SIM_E_NOT_MODELLED, .efr2_set = 4, .word = "TMPMSup" },
	{ SIM_E_IMPOSSIBLE, .efr2_set = 0x200, .word = "NumIntRemapSup" },
	{ SIM_E_NOT_MODELLED, .efr_set = UINT64_C(1) << 7 | UINT64_C(1) << 21, .word = "GAMSup" },
};

START_TEST(test_refused_by_name)
{
	struct sim_amdvi_config c;
	char why[160] = "";
	int rc;

	sim_amdvi_default(&c);
	c.base += refused[_i].base;
	c.cap = (c.cap & ~refused[_i].cap_clear) | refused[_i].cap_set;
	c.misc0 = (c.misc0 & ~refused[_i].misc0_clear) | refused[_i].misc0_set;
	c.efr = (c.efr & ~refused[_i].efr_clear) | refused[_i].efr_set;
	c.efr2 |= refused[_i].efr2_set;
	c.readings = refused[_i].readings;
	rc = sim_amdvi_check(&c, why, sizeof(why));
	ck_assert_msg(rc == refused[_i].rc, "%d %s", rc, why);
	ck_assert_msg(strstr(why, refused[_i].word) != NULL, "%s", why);
	ck_assert_int_eq(sim_amdvi_check(&c, NULL, 0), rc);
}
END_TEST

START_TEST(test_add_explains_itself)
{
	struct sim_amdvi_config c;
	struct sim *s;

	ck_assert_int_eq(sim_create(&(struct sim_config){ .seed = 1 }, &s), SIM_OK);
	sim_amdvi_default(&c);
	c.efr |= AMDVI_EFR_GTSUP;
	ck_assert_int_eq(sim_amdvi_add(s, &c), SIM_E_NOT_MODELLED);
	ck_assert_str_eq(sim_why(s), "not modelled: guest translation (EFR.GTSup)");
	sim_amdvi_default(&c);
	ck_assert_int_eq(sim_amdvi_add(s, &c), 0);
	ck_assert_int_eq(sim_amdvi_add(s, &c), SIM_E_EXIST);
	c.base += 0x4000;
	ck_assert_int_eq(sim_amdvi_add(s, &c), 1);
	sim_destroy(s);
}
END_TEST

START_TEST(test_names)
{
	for (unsigned code = 1; code < 15; code++) {
		const char *name = sim_amdvi_event_name((uint8_t)code);

		ck_assert_ptr_nonnull(name);
		ck_assert_uint_eq(sim_amdvi_event_by_name(name), code);
	}
	ck_assert_ptr_null(sim_amdvi_event_name(0));
	ck_assert_ptr_null(sim_amdvi_event_name(15));
	ck_assert_uint_eq(sim_amdvi_event_by_name("NO_SUCH_EVENT"), 0);
	ck_assert_str_eq(sim_amdvi_event_name(2), "IO_PAGE_FAULT");
	ck_assert_str_eq(sim_amdvi_flag_name(0), "GN");
	ck_assert_str_eq(sim_amdvi_flag_name(8), "TR");
	ck_assert_ptr_null(sim_amdvi_flag_name(9));
	for (unsigned op = 1; op < 11; op++)
		ck_assert_uint_eq(sim_amdvi_command_by_name(sim_amdvi_command_name((uint8_t)op)),
				  op);
	ck_assert_str_eq(sim_amdvi_command_name(1), "COMPLETION_WAIT");
	ck_assert_ptr_null(sim_amdvi_command_name(11));
	ck_assert_uint_eq(sim_amdvi_command_by_name(""), 0);
	for (unsigned bit = 0; 1 << bit < SIM_AMDVI_READINGS; bit++)
		ck_assert_ptr_nonnull(sim_amdvi_reading_name(bit));
	ck_assert_ptr_null(sim_amdvi_reading_name(10));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("amdvi_caps");
	TCase *t = tcase_create("caps");

	tcase_add_test(t, test_default_is_accepted);
	tcase_add_test(t, test_each_feature_bit_is_judged);
	tcase_add_loop_test(t, test_refused_by_name, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(t, test_add_explains_itself);
	tcase_add_test(t, test_names);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
