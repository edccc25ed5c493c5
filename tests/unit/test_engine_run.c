/*
 * Running: what does not hold fails, in the step where it does not hold, with what was expected and what came.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <string.h>

#include "engine_files.h"

#define AMDVI "&iommu { compatible = \"amd,iommu\"; };"
#define WRITE(more) "write { do = \"write\"; dev = <&nic>; iova = <0x5100>; " more " };\n"

/* Steps, how the run has to end, in which step, and what the text has to hold. */
static const struct run_case {
	const char *vary, *steps, *tail;
	enum run_verdict verdict;
	const char *step, *says;
} cases[] = {
	{ "", SCENARIO_MAPPED WRITE(""), "", RUN_PASS, "", "" },
	{ "",
	  SCENARIO_MAPPED WRITE("pa = <0x200100>; perm = \"rw\"; source = \"walk\"; level = <0>;"),
	  "", RUN_PASS, "", "" },

	/* answers of the driver */
	{ "",
	  SCENARIO_MAPPED
	  "again { do = \"map\"; domain = <1>; iova = <0x6000>; pa = <0x300000>; };",
	  "", RUN_FAIL, "again", "expected the driver to answer \"ok\", it answered \"exists\"" },
	{ "",
	  SCENARIO_MAPPED
	  "unmap { do = \"unmap\"; domain = <1>; iova = <0x5000>; result = \"not-there\"; };",
	  "", RUN_FAIL, "unmap",
	  "expected the driver to answer \"not-there\", it answered \"ok\"" },
	{ "",
	  SCENARIO_MAPPED "look { do = \"lookup\"; domain = <1>; iova = <0x6010>; pa = <0x201010>; "
			  "perm = \"r\"; };",
	  "", RUN_FAIL, "look", "perm: expected r, got rw" },
	{ "", SCENARIO_MAPPED "status { do = \"status\"; stage = \"built\"; };", "", RUN_FAIL,
	  "status", "stage: expected built, got translating" },
	{ "", SCENARIO_MAPPED "status { do = \"status\"; labels = \"iotlb=none\"; };", "", RUN_FAIL,
	  "status", "expected the label \"iotlb=none\"" },
	{ "", "map { do = \"map\"; domain = <9>; iova = <0>; pa = <0>; };", "", RUN_ERROR, "map",
	  "domain is not made" },

	/* requests */
	{ "", SCENARIO_MAPPED WRITE("expect = \"fault\";"), "", RUN_FAIL, "write",
	  "expected fault, got ok at pa 0x200100 from walk" },
	{ "", SCENARIO_MAPPED WRITE("pa = <0x200000>;"), "", RUN_FAIL, "write",
	  "pa: expected 0x200000, got 0x200100" },
	{ "", SCENARIO_MAPPED WRITE("source = \"iotlb\";"), "", RUN_FAIL, "write",
	  "expected iotlb, got walk" },
	{ "", SCENARIO_MAPPED "read { do = \"read\"; dev = <&nic>; iova = <0x9000>; };", "",
	  RUN_FAIL, "read", "expected ok, got ur at iova 0x9000, reason SS_READ (0x06), recorded" },
	{ "",
	  SCENARIO_MAPPED "read { do = \"read\"; dev = <&nic>; iova = <0x9000>; expect = \"ur\"; "
			  "reason = \"SS_WRITE\"; };",
	  "", RUN_FAIL, "read", "reason: expected SS_WRITE (0x05), got SS_READ (0x06)" },
	{ "",
	  SCENARIO_MAPPED "read { do = \"read\"; dev = <&nic>; iova = <0x5000>; data = [01]; };",
	  "", RUN_FAIL, "read", "byte 0 is 0x00, expected 0x01" },
	{ "",
	  SCENARIO_MAPPED
	  "put { do = \"mem-write\"; addr = <0x200000>; words = <0 0x28>; loader; };\n"
	  "add { do = \"atomic\"; dev = <&nic>; iova = <0x5000>; add = <2>; old = <0x28>; };\n"
	  "get { do = \"mem-read\"; addr = <0x200000>; words = <0 0x2a>; };",
	  "", RUN_PASS, "", "" },
	{ "", SCENARIO_MAPPED "add { do = \"atomic\"; dev = <&nic>; iova = <0x5000>; old = <1>; };",
	  "", RUN_FAIL, "add", "old: expected 0x1, got 0x0" },
	{ "",
	  SCENARIO_MAPPED "long { do = \"read\"; dev = <&nic>; iova = <0x5000>; len = <0x5000>; "
			  "expect = \"fault\"; done = <0x4000>; };",
	  "", RUN_PASS, "", "" },

	/* faults */
	{ "",
	  SCENARIO_MAPPED
	  "read { do = \"read\"; dev = <&nic>; iova = <0x9008>; expect = \"fault\"; };\n"
	  "drain { do = \"drain\"; f { dev = <&nic>; addr = <0x9000>; kind = \"read\"; "
	  "reason = \"SS_READ\"; type = \"untranslated\"; }; };",
	  "", RUN_PASS, "", "" },
	{ "", SCENARIO_MAPPED "drain { do = \"drain\"; f { dev = <&nic>; }; };", "", RUN_FAIL,
	  "drain", "expected fault \"f\", only 0 came" },
	{ "",
	  SCENARIO_MAPPED
	  "read { do = \"read\"; dev = <&nic>; iova = <0x9008>; expect = \"fault\"; };\n"
	  "drain { do = \"drain\"; f { dev = <&nic2>; }; };",
	  "", RUN_FAIL, "drain", "requester id: expected 0x10, got 0x8" },

	{ "",
	  SCENARIO_MAPPED
	  "read { do = \"read\"; dev = <&nic>; iova = <0x9008>; expect = \"fault\"; "
	  "reason = \"IO_PAGE_FAULT\", \"SS_READ\"; };\n"
	  "drain { do = \"drain\"; f { SID = <8>; FR = <6>; DEVICEID = <9>; "
	  "flags = \"PR\"; }; };",
	  "", RUN_PASS, "", "" },
	{ "",
	  SCENARIO_MAPPED
	  "read { do = \"read\"; dev = <&nic>; iova = <0x9008>; expect = \"fault\"; };\n"
	  "drain { do = \"drain\"; f { SID = <9>; }; };",
	  "", RUN_FAIL, "drain", "SID: expected 0x9, got 0x8" },
	{ "",
	  SCENARIO_MAPPED
	  "read { do = \"read\"; dev = <&nic>; iova = <0x9008>; expect = \"fault\"; "
	  "reason = \"IO_PAGE_FAULT\"; };",
	  "", RUN_ERROR, "read", "property \"reason\" has no name of VT-d's" },
	{ "", "read { do = \"reg-read\"; register = \"CONTROL\"; };", "", RUN_ERROR, "read",
	  "property \"register\": VT-d has no \"CONTROL\"" },

	/* the oracle */
	{ "",
	  SCENARIO_MAPPED WRITE(
		  "") "early { do = \"unmap-lazy\"; domain = <1>; iova = <0x5000>; ticket = <0>; "
		      "release; };",
	  "", RUN_FAIL, "early", "the oracle found \"release\"" },
	{ "",
	  SCENARIO_MAPPED WRITE(
		  "") "early { do = \"unmap-lazy\"; domain = <1>; iova = <0x5000>; ticket = <0>; "
		      "release; finding = \"release\"; };",
	  "", RUN_PASS, "", "" },
	{ "", SCENARIO_MAPPED WRITE("finding = \"stale\";"), "", RUN_FAIL, "write",
	  "expected the oracle's finding \"stale\", and none came" },
	{ "", SCENARIO_MAPPED "expect { do = \"expect-finding\"; kind = \"stale\"; };\n" WRITE(""),
	  "", RUN_FAIL, "", "1 expected finding \"stale\" did not appear" },
	{ "",
	  SCENARIO_MAPPED
	  "expect { do = \"expect-finding\"; kind = \"stale\"; at-most; };\n" WRITE(""),
	  "", RUN_PASS, "", "" },
	{ "",
	  SCENARIO_MAPPED WRITE(
		  "") "edit { do = \"edit\"; entry = \"ss\"; dev = <&nic>; iova = <0x5000>; "
		      "ADDR = <0x300000>; };\n"
		      "after { do = \"write\"; dev = <&nic>; iova = <0x5100>; };",
	  "", RUN_FAIL, "after", "the oracle found \"stale\"" },
	{ "",
	  SCENARIO_MAPPED "edit { do = \"edit\"; entry = \"ss\"; dev = <&nic>; iova = <0x5000>; "
			  "ADDR = <0x300000>; };\n"
			  "after { do = \"write\"; dev = <&nic>; iova = <0x5100>; };",
	  "", RUN_FAIL, "after", "the oracle found \"escape\"" },
	{ "",
	  SCENARIO_MAPPED WRITE(
		  "") "lazy { do = \"unmap-lazy\"; domain = <1>; iova = <0x5000>; ticket = <3>; "
		      "};\n"
		      "within { do = \"write\"; dev = <&nic>; iova = <0x5100>; stale = <1>; };\n"
		      "poll { do = \"poll\"; ticket = <3>; tries = <10000>; };\n"
		      "after { do = \"write\"; dev = <&nic>; iova = <0x5100>; expect = \"fault\"; "
		      "};",
	  "", RUN_PASS, "", "" },

	/* complaints */
	{ "",
	  SCENARIO_MAPPED "two { do = \"reg-write\"; register = \"GCMD\"; TE = <1>; SRTP = <1>; };",
	  "", RUN_FAIL, "two", "the hardware complains of \"gcmd-two-fields\"" },
	{ "",
	  SCENARIO_MAPPED
	  "none { do = \"reg-read\"; register = \"GSTS\"; complaint = \"gcmd-two-fields\"; };",
	  "", RUN_FAIL, "none", "expected the complaint \"gcmd-two-fields\", and none came" },

	/* registers */
	{ "", "read { do = \"reg-read\"; register = \"GSTS\"; TES = <1>; };", "", RUN_FAIL, "read",
	  "TES: expected 0x1, got 0x0" },
	{ "", "wait { do = \"reg-wait\"; register = \"GSTS\"; TES = <1>; timeout-ns = <10000>; };",
	  "", RUN_FAIL, "wait", "expected ok, got time-out" },
	{ "",
	  "wait { do = \"reg-wait\"; register = \"GSTS\"; TES = <1>; timeout-ns = <10000>; "
	  "result = \"time-out\"; };",
	  "", RUN_PASS, "", "" },
	{ "", "cap { do = \"reg-read\"; register = \"CAP\"; NFR = <2>; CM = <1>; MAMV = <9>; };",
	  "&iommu { nfr = <3>; cm = <1>; mamv = <9>; sslps = <1>; };", RUN_PASS, "", "" },

	/* injection */
	{ "",
	  SCENARIO_MAPPED
	  "lost { do = \"inject\"; point = \"completion-lost\"; promise = \"report\"; };",
	  "", RUN_FAIL, "", "the injected fault \"lost\" was never reached" },
	{ "", SCENARIO_MAPPED "lost { do = \"inject\"; point = \"completion-lost\"; };", "",
	  RUN_PASS, "", "" },
	{ "",
	  "none { do = \"inject\"; point = \"page-alloc\"; promise = \"report\"; };\n"
	  "start { do = \"start\"; result = \"no-memory\"; };\n"
	  "status { do = \"status\"; pages-held = <0>; stage = \"discovered\"; };",
	  "", RUN_PASS, "", "" },

	/* during */
	{ "",
	  SCENARIO_MAPPED WRITE("") "unmap { do = \"unmap\"; domain = <1>; iova = <0x5000>; during "
				    "{ at = \"each\"; "
				    "do = \"read\"; dev = <&nic>; iova = <0x6000>; }; };",
	  "", RUN_PASS, "", "" },
	{ "",
	  SCENARIO_MAPPED
	  "unmap { do = \"unmap\"; domain = <1>; iova = <0x5000>; during { at = <100000>; "
	  "do = \"evict\"; }; };",
	  "", RUN_FAIL, "unmap", "yield point 100000 was never reached" },
	{ "",
	  SCENARIO_MAPPED
	  "unmap { do = \"unmap\"; domain = <1>; iova = <0x5000>; during { at = <1>; "
	  "do = \"read\"; dev = <&nic>; iova = <0x9000>; }; };",
	  "", RUN_FAIL, "unmap",
	  "during (read, yield point 1): read at iova 0x9000: expected ok, got ur" },

	/* permutations */
	{ "cm = <1 0>;", SCENARIO_MAPPED WRITE("expect = \"fault\"; when = \"cm=0\";"), "",
	  RUN_PASS, "", "" },
	{ "cm = <1 0>;", SCENARIO_MAPPED WRITE("expect = \"fault\"; when = \"cm=0|1\";"), "",
	  RUN_FAIL, "write", "" },
	{ "cm = <1 0>;", SCENARIO_MAPPED WRITE("expect = \"fault\"; unless = \"cm=1\";"), "",
	  RUN_PASS, "", "" },

	/* AMD-Vi: the same steps, its own names */
	{ "", SCENARIO_MAPPED "read { do = \"read\"; dev = <&nic>; iova = <0x9000>; };", AMDVI,
	  RUN_FAIL, "read", "reason IO_PAGE_FAULT (0x02), recorded" },
	{ "",
	  SCENARIO_MAPPED
	  "read { do = \"read\"; dev = <&nic>; iova = <0x9000>; expect = \"fault\"; "
	  "reason = \"SS_READ\", \"ILLEGAL_DEV_TABLE_ENTRY\"; };",
	  AMDVI, RUN_FAIL, "read",
	  "reason: expected ILLEGAL_DEV_TABLE_ENTRY (0x01), got IO_PAGE_FAULT (0x02)" },
	{ "",
	  SCENARIO_MAPPED
	  "read { do = \"read\"; dev = <&nic>; iova = <0x9000>; expect = \"fault\"; "
	  "reason = \"SS_READ\"; };",
	  AMDVI, RUN_ERROR, "read", "property \"reason\" has no name of AMD-Vi's" },
	{ "",
	  SCENARIO_MAPPED
	  "ro { do = \"map\"; domain = <1>; iova = <0xa000>; pa = <0x300000>; perm = \"r\"; };\n"
	  "write { do = \"write\"; dev = <&nic>; iova = <0xa000>; expect = \"fault\"; };\n"
	  "drain { do = \"drain\"; f { flags = \"PR\", \"PE\", \"RW\"; SID = <0>; }; };",
	  AMDVI, RUN_PASS, "", "" },
	{ "",
	  SCENARIO_MAPPED
	  "ro { do = \"map\"; domain = <1>; iova = <0xa000>; pa = <0x300000>; perm = \"r\"; };\n"
	  "write { do = \"write\"; dev = <&nic>; iova = <0xa000>; expect = \"fault\"; };\n"
	  "drain { do = \"drain\"; f { flags = \"PR\", \"RW\"; }; };",
	  AMDVI, RUN_FAIL, "drain",
	  "fault's flags: expected 0x30000000000000, got 0x70000000000000" },
	{ "",
	  SCENARIO_MAPPED
	  "ro { do = \"map\"; domain = <1>; iova = <0xa000>; pa = <0x300000>; perm = \"r\"; };\n"
	  "write { do = \"write\"; dev = <&nic>; iova = <0xa000>; expect = \"fault\"; };\n"
	  "drain { do = \"drain\"; f { DEVICEID = <9>; }; };",
	  AMDVI, RUN_FAIL, "drain", "DEVICEID: expected 0x9, got 0x8" },
	{ "", "read { do = \"reg-read\"; register = \"GSTS\"; };", AMDVI, RUN_ERROR, "read",
	  "property \"register\": AMD-Vi has no \"GSTS\"" },
	{ "", "on { do = \"command\"; set = \"TE\"; };", AMDVI, RUN_ERROR, "on",
	  "with one field of CONTROL" },
	{ "", "cc { do = \"submit\"; type = \"cc\"; G = <1>; };", AMDVI, RUN_ERROR, "cc",
	  "property \"type\": AMD-Vi has no \"cc\"" },
	{ "", SCENARIO_MAPPED "e { do = \"edit\"; entry = \"ss\"; dev = <&nic>; R = <0>; };", AMDVI,
	  RUN_ERROR, "e", "property \"entry\": AMD-Vi has no \"ss\"" },
	{ "",
	  SCENARIO_MAPPED
	  "e { do = \"edit\"; entry = \"pte\"; dev = <&nic>; level = <4>; PR = <0>; };",
	  AMDVI, RUN_ERROR, "e", "the tables have levels 0 to 3" },
	{ "",
	  SCENARIO_MAPPED
	  "e { do = \"edit\"; entry = \"pte\"; dev = <&nic>; iova = <0x40000000>; PR = <0>; };",
	  AMDVI, RUN_ERROR, "e", "leads to no table" },
	{ "", SCENARIO_MAPPED "e { do = \"edit\"; entry = \"dte\"; rid = <0xffff>; V = <0>; };",
	  AMDVI, RUN_ERROR, "e", "requester id 0xffff is beyond the device table" },
	{ "",
	  SCENARIO_MAPPED WRITE(
		  "") "edit { do = \"edit\"; entry = \"pte\"; dev = <&nic>; iova = <0x5000>; "
		      "PR = <0>; };\n"
		      "after { do = \"write\"; dev = <&nic>; iova = <0x5100>; };",
	  AMDVI, RUN_FAIL, "after", "the oracle found \"stale\"" },
	{ "",
	  "start { do = \"start\"; rid-count = <8>; };\n"
	  "table { do = \"check\"; register = \"DEVTAB\"; SIZE = <0>; };",
	  AMDVI, RUN_PASS, "", "" },
	{ "",
	  "start { do = \"start\"; };\n"
	  "table { do = \"check\"; register = \"DEVTAB\"; SIZE = <0>; };",
	  AMDVI, RUN_FAIL, "table", "SIZE: expected 0x0, got 0x3" },
	{ "", "start { do = \"start\"; };", "&iommu { compatible = \"amd,iommu\"; capid = <1>; };",
	  RUN_ERROR, "", "/machine/iommu@fed90000: an impossible unit: " },

	/* machines */
	{ "", "start { do = \"start\"; };", "&iommu { nd = <7>; };", RUN_ERROR, "",
	  "/machine/iommu@fed90000: an impossible unit: " },
	{ "", "start { do = \"start\"; };", "&iommu { smts = <1>; };", RUN_SKIP, "",
	  "backend sim lacks iommu: " },
};

START_TEST(test_run_ends_as_it_has_to)
{
	const struct run_case *c = &cases[_i];
	struct scenario *sc = scenario_of(c->vary, c->steps, c->tail);
	struct run_result res;

	scenario_once(sc, 0, &res);
	ck_assert_msg(res.verdict == c->verdict, "verdict %d, not %d, of\n%s\n%s", (int)res.verdict,
		      (int)c->verdict, c->steps, res.text);
	ck_assert_str_eq(res.step, c->step);
	ck_assert_msg(strstr(res.text, c->says) != NULL, "no \"%s\" in: %s", c->says, res.text);
	ck_assert(res.verdict != RUN_FAIL || res.tail[0]);
	scenario_free(sc);
}
END_TEST

START_TEST(test_run_twice_gives_the_same_bytes)
{
	static char trace[2][1 << 20];
	struct scenario *sc =
		scenario_of("cache = \"random-2\"; publish = \"random\"; c = <0>; order = \"any\";",
			    SCENARIO_MAPPED WRITE("") "unmap { do = \"unmap\"; domain = <1>; "
						      "iova = <0x5000>; size = <0x4000>; };",
			    "");
	struct run_options options = { .seed = 7, .backend = "sim" };
	char path[400];
	size_t size[2];

	for (int i = 0; i < 2; i++) {
		struct run_result res;
		FILE *f;

		snprintf(path, sizeof(path), "%s", scenario_file(i ? "b.trace" : "a.trace", ""));
		options.trace_path = path;
		scenario_run(sc, 0, &options, &res);
		ck_assert_msg(res.verdict == RUN_PASS, "%s", res.text);
		f = fopen(path, "r");
		ck_assert_ptr_nonnull(f);
		size[i] = fread(trace[i], 1, sizeof(trace[i]) - 1, f);
		fclose(f);
	}
	ck_assert_uint_gt(size[0], 1000);
	ck_assert_uint_eq(size[0], size[1]);
	ck_assert_mem_eq(trace[0], trace[1], size[0]);
	ck_assert_ptr_nonnull(strstr(trace[0], "-- unmap\n"));
	scenario_free(sc);
}
END_TEST

START_TEST(test_run_refuses_what_it_cannot_do)
{
	struct scenario *sc = scenario_of("", "start { do = \"start\"; };", "");
	struct run_options options = { .seed = 1, .backend = "abacus" };
	struct run_result res;

	scenario_run(sc, 0, &options, &res);
	ck_assert_int_eq(res.verdict, RUN_ERROR);
	ck_assert_str_eq(res.text, "unknown backend \"abacus\"; known: \"sim\", \"qemu\"");
	options.backend = "sim";
	options.trace_path = "build/no/such/folder/trace";
	scenario_run(sc, 0, &options, &res);
	ck_assert_int_eq(res.verdict, RUN_ERROR);
	ck_assert_ptr_nonnull(strstr(res.text, "cannot write it: No such file"));
	scenario_once(sc, 1, &res);
	ck_assert_int_eq(res.verdict, RUN_ERROR);
	scenario_free(sc);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("engine run");
	TCase *tc = tcase_create("run");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_run_ends_as_it_has_to, 0,
			    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tc, test_run_twice_gives_the_same_bytes);
	tcase_add_test(tc, test_run_refuses_what_it_cannot_do);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
