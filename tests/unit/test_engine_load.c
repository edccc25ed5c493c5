/*
 * Bad input: each gets one message that names the file, the node, and what was expected.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine_files.h"

#define STEPS(text) SCENARIO_HEAD "steps {\n" text "\n};\n};\n"
#define GOOD_STEP "s { do = \"start\"; };"

/* A file and what its message has to hold besides the path. */
static const struct bad {
	const char *text, *node, *says;
} bad[] = {
	{ "/dts-v1/;\n/ { title = ", "", "dtc cannot compile it" },
	{ "/dts-v1/;\n/include/ \"nowhere.dtsi\"\n/ { };", "", "nowhere.dtsi" },
	{ "/dts-v1/;\n/ { title = <1>; spec = \"s\"; };", "/: ", "expected a string" },
	{ "/dts-v1/;\n/ { spec = \"s\"; };", "/: ", "\"title\" is missing" },
	{ "/dts-v1/;\n/ { title = \"t\"; spec = \"s\"; };", "/: ", "\"machine\" is missing" },
	{ "/dts-v1/;\n/ { title = \"t\"; spec = \"s\"; tittle = \"t\"; };",
	  "/: ", "did you mean \"title\"" },
	{ SCENARIO_HEAD "};", "/: ", "\"steps\" is missing" },
	{ SCENARIO_HEAD "steps { }; };", "/steps: ", "at least one step" },
	{ SCENARIO_HEAD "stepps { }; steps { " GOOD_STEP " }; };", "/stepps: ", "unknown node" },
	{ STEPS("s { };"), "/steps/s: ", "\"do\" is missing" },
	{ STEPS("s { do = \"unmpa\"; };"), "/steps/s: ", "did you mean \"unmap\"" },
	{ STEPS("s { do = \"frobnicate\"; };"), "/steps/s: ", "unknown verb \"frobnicate\"" },
	{ STEPS("s { do = \"map\"; domain = <1>; iova = <0>; };"),
	  "/steps/s: ", "\"pa\" is missing" },
	{ STEPS("s { do = \"map\"; domain = <1>; iova = <0>; pa = <0>; perms = \"r\"; };"),
	  "/steps/s: ", "did you mean \"perm\"" },
	{ STEPS("s { do = \"map\"; domain = <320>; iova = <0>; pa = <0>; };"),
	  "/steps/s: ", "at most 0x13f" },
	{ STEPS("s { do = \"map\"; domain = <1>; iova = <0 0 0>; pa = <0>; };"),
	  "/steps/s: ", "12 bytes; expected a number" },
	{ STEPS("s { do = \"map\"; domain = <1>; iova = [00 01]; pa = <0>; };"),
	  "/steps/s: ", "2 bytes; expected a number" },
	{ STEPS("s { do = \"map\"; domain = <1>; iova = <0x1ffffffff>; pa = <0>; };"), "",
	  "dtc cannot compile it" },
	{ STEPS("s { do = \"map\"; domain = <1>; iova = <0>; pa = <0>; perm = \"wr\"; };"),
	  "/steps/s: ", "did you mean" },
	{ STEPS("s { do = \"map\"; domain = <1>; iova = <0>; pa = <0>; perm = <3>; };"),
	  "/steps/s: ", "expected a name in quotes" },
	{ STEPS("s { do = \"unmap\"; domain = <1>; iova = <0>; keep = <1>; };"),
	  "/steps/s: ", "no value" },
	{ STEPS("s { do = \"read\"; dev = <&iommu>; iova = <0>; };"),
	  "/steps/s: ", "refers to /machine/iommu@fed90000; expected a reference to a PCI device" },
	{ STEPS("s { do = \"read\"; dev = <0x777>; iova = <0>; };"),
	  "/steps/s: ", "refers to nothing" },
	{ STEPS("s { do = \"start\"; unit = <&nic>; };"),
	  "/steps/s: ", "expected a reference to an iommu node" },
	{ STEPS("s { do = \"start\"; unit = <&nobody>; };"), "", "nobody" },
	{ STEPS("s { do = \"read\"; dev = <&nic>; iova = <0>; reason = \"SS_WRIT\"; };"),
	  "/steps/s: ", "did you mean \"SS_WRITE\"" },
	{ STEPS("s { do = \"read\"; dev = <&nic>; iova = <0>; reason = <256>; };"),
	  "/steps/s: ", "fault reason" },
	{ STEPS("s { do = \"read\"; dev = <&nic>; iova = <0>; stale = <2>; };"),
	  "/steps/s: ", "at most 0x1" },
	{ STEPS("s { do = \"reg-write\"; register = \"FECTLL\"; };"),
	  "/steps/s: ", "did you mean \"FECTL\"" },
	{ STEPS("s { do = \"reg-write\"; register = \"FECTL\"; TE = <1>; };"),
	  "/steps/s: ", "\"FECTL\" has no field \"TE\"" },
	{ STEPS("s { do = \"reg-write\"; register = \"FECTL\"; IM = <2>; };"),
	  "/steps/s: ", "does not fit" },
	{ STEPS("s { do = \"reg-write\"; register = \"RTADDR\"; RTA = <0x1008>; };"),
	  "/steps/s: ", "bits below the field" },
	{ STEPS("s { do = \"submit\"; type = \"iotlb\"; SID = <1>; };"),
	  "/steps/s: ", "no field \"SID\"" },
	{ STEPS("s { do = \"start\"; extra { }; };"), "/steps/s/extra: ", "no node here" },
	{ STEPS("s { do = \"status\"; during { at = <1>; do = \"evict\"; }; };"),
	  "/steps/s/during: ", "no guest access" },
	{ STEPS("s { do = \"start\"; during { do = \"evict\"; }; };"),
	  "/steps/s/during: ", "\"at\" is missing" },
	{ STEPS("s { do = \"start\"; during { at = <0>; do = \"evict\"; }; };"),
	  "/steps/s/during: ", "count from 1" },
	{ STEPS("s { do = \"start\"; during { at = <1>; do = \"stop\"; }; };"),
	  "/steps/s/during: ", "may run during another" },
	{ STEPS("s { do = \"start\"; when = \"cm=1\"; };"),
	  "/steps/s: ", "does not name a key of /vary" },
	{ SCENARIO_HEAD
	  "vary { cm = <0 1>; }; steps { s { do = \"start\"; when = \"cm=1|2\"; }; }; };",
	  "/steps/s: ", "\"cm=1|2\" has a value that the key does not take" },
	{ STEPS("s { do = \"start\"; finding = \"stail\"; };"),
	  "/steps/s: ", "did you mean \"stale\"" },
	{ STEPS("s { do = \"start\"; complaint = \"no-such\"; };"),
	  "/steps/s: ", "unknown name \"no-such\"" },
	{ SCENARIO_HEAD "vary { cash = \"keep-all\"; }; steps { " GOOD_STEP " }; };",
	  "/vary: ", "unknown key \"cash\"" },
	{ SCENARIO_HEAD "vary { cache = \"lru-0\"; }; steps { " GOOD_STEP " }; };",
	  "/vary: ", "cannot be \"lru-0\"" },
	{ SCENARIO_HEAD "vary { cm = <2>; }; steps { " GOOD_STEP " }; };",
	  "/vary: ", "cannot be \"2\"" },
	{ SCENARIO_HEAD "vary { iommu7.cm = <1>; }; steps { " GOOD_STEP " }; };",
	  "/vary: ", "unknown key" },
	{ SCENARIO_HEAD "policy { cache = \"keep-all\", \"keep-none\"; }; steps { " GOOD_STEP
			" }; };",
	  "/policy: ", "one string or one cell" },
	{ SCENARIO_HEAD
	  "vary { seed = <1 2 3 4 5 6 7 8>; nfr = <1 2 3 4 5 6 7 8>; mamv = <0 1 2 3 4 5 6 7>; "
	  "cache = \"lru-1\", \"lru-2\", \"lru-3\", \"lru-4\"; fro = <1 2 3>; }; steps { " GOOD_STEP
	  " }; };",
	  "/vary: ", "more than 4096 permutations" },
	{ SCENARIO_HEAD "vary { machine = \"vtd\", \"amdvi\"; }; steps { " GOOD_STEP " }; };",
	  "/vary: ", "key \"machine\" cannot be \"amdvi\"" },
	{ SCENARIO_HEAD "vary { npcache = <0 1>; }; steps { " GOOD_STEP " }; };",
	  "/vary: ", "unknown key \"npcache\"" },
	{ STEPS(GOOD_STEP) "&iommu { npcache = <1>; };",
	  "/machine/iommu@fed90000: ", "unknown property \"npcache\"" },
	{ STEPS(GOOD_STEP) "&iommu { compatible = \"amd,iommu\"; cm = <1>; };",
	  "/machine/iommu@fed90000: ", "unknown property \"cm\"" },
	{ STEPS(GOOD_STEP) "&iommu { compatible = \"intel,vtd\", \"intel,vdt\"; };",
	  "/machine/iommu@fed90000: ", "unknown name \"intel,vdt\"" },
	{ STEPS("s { do = \"read\"; dev = <&nic>; iova = <0>; "
		"reason = \"SS_READ\", \"IO_PAGE_FALT\"; };"),
	  "/steps/s: ", "did you mean \"IO_PAGE_FAULT\"" },
	{ STEPS("s { do = \"drain\"; f { DEVICEID = \"cards\"; }; };"),
	  "/steps/s/f: ", "field \"DEVICEID\": expected a number" },
	{ STEPS("s { do = \"drain\"; f { DEVICE = <1>; }; };"),
	  "/steps/s/f: ", "unknown property \"DEVICE\"" },
	{ STEPS(GOOD_STEP) "&iommu { cmm = <1>; };",
	  "/machine/iommu@fed90000: ", "unknown property \"cmm\"" },
	{ STEPS(GOOD_STEP) "&iommu { cm = <2>; };", "/machine/iommu@fed90000: ", "does not fit" },
	{ STEPS(GOOD_STEP) "&iommu { mgaw = <0>; };", "/machine/iommu@fed90000: ", "does not fit" },
	{ STEPS(GOOD_STEP) "&ram { reg = <0 0 0 0x1000>, <0 0 0 0x2000>; };",
	  "/machine/memory@0: ", "overlaps" },
	{ STEPS(GOOD_STEP) "&ram { reg = <0 0 0xffffffff 0xfffff000>; };",
	  "/machine/memory@0: ", "below 2^52" },
	{ STEPS(GOOD_STEP) "&ram { reg = <0 0 0 0>; };", "/machine/memory@0: ", "size not 0" },
	{ STEPS(GOOD_STEP) "&ram { reg = <0 0 0 0xff000000>; };",
	  "/machine/iommu@fed90000: ", "overlap" },
	{ STEPS(GOOD_STEP) "&nic { reg = <0x001000 0 0 0 0>; };",
	  "/machine/pci/nic@2,0: ", "another device of the same unit" },
	{ STEPS(GOOD_STEP) "&pcie { iommu-map = <0 &iommu 0 1>; };",
	  "/machine/pci/nic@1,0: ", "in no row of the host's" },
	{ STEPS(GOOD_STEP) "&pcie { iommu-map = <0 &nic 0 0x10000>; };",
	  "/machine/pci: ", "no unit" },
};

START_TEST(test_load_bad_input_is_told_once_with_its_place)
{
	const struct bad *b = &bad[_i];
	struct engine_error error;
	const char *path = scenario_file("bad.dts", b->text);
	struct scenario *sc = scenario_load(path, &error);

	ck_assert_msg(sc == NULL, "it loads, and should say: %s", b->says);
	ck_assert_msg(strncmp(error.text, path, strlen(path)) == 0, "no path: %s", error.text);
	ck_assert_msg(strstr(error.text, b->node) != NULL, "no \"%s\" in: %s", b->node, error.text);
	ck_assert_msg(strstr(error.text, b->says) != NULL, "no \"%s\" in: %s", b->says, error.text);
}
END_TEST

START_TEST(test_load_missing_file)
{
	struct engine_error error;

	ck_assert_ptr_null(scenario_load("build/no/such.dts", &error));
	ck_assert_ptr_nonnull(
		strstr(error.text, "build/no/such.dts: cannot read it: No such file"));
}
END_TEST

START_TEST(test_load_missing_dtc_names_the_package)
{
	struct engine_error error;
	const char *path = scenario_file("good.dts", STEPS(GOOD_STEP));

	ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
	ck_assert_ptr_null(scenario_load(path, &error));
	ck_assert_msg(strstr(error.text, "apt-get install device-tree-compiler") != NULL, "%s",
		      error.text);
}
END_TEST

/* Compiles the good scenario to a blob and gives its bytes. */
static size_t good_blob(char *bytes, size_t size)
{
	char source[512], command[1400];
	size_t n;
	FILE *f;

	snprintf(source, sizeof(source), "%s", scenario_file("good.dts", STEPS(GOOD_STEP)));
	snprintf(command, sizeof(command),
		 "dtc -q -I dts -O dtb -i scenarios/machines -o %s.dtb %s", source, source);
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof(command), "%s.dtb", source);
	f = fopen(command, "rb");
	ck_assert_ptr_nonnull(f);
	n = fread(bytes, 1, size, f);
	fclose(f);
	return n;
}

static struct scenario *load_bytes(const char *bytes, size_t n, struct engine_error *error)
{
	const char *path = scenario_file("cut.dtb", "");
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	fclose(f);
	return scenario_load(path, error);
}

START_TEST(test_load_blob_whole_or_cut)
{
	static char bytes[65536];
	size_t n = good_blob(bytes, sizeof(bytes));
	struct engine_error error;
	struct scenario *sc = load_bytes(bytes, n, &error);

	ck_assert_msg(sc != NULL, "%s", error.text);
	ck_assert_str_eq(scenario_title(sc), "t");
	scenario_free(sc);
	for (size_t cut = 0; cut < n; cut += 7) {
		ck_assert_ptr_null(load_bytes(bytes, cut, &error));
		ck_assert_msg(strstr(error.text, "not a whole devicetree blob") != NULL, "%s",
			      error.text);
	}
}
END_TEST

/* Whatever one byte of a blob is changed to: an error or a scenario, never a crash. */
START_TEST(test_load_blob_with_any_byte_changed)
{
	static char bytes[65536];
	size_t n = good_blob(bytes, sizeof(bytes));

	for (size_t i = 0; i < n; i++) {
		struct engine_error error;
		char was = bytes[i];

		bytes[i] = (char)(was ^ (1 << (i % 8)));
		scenario_free(load_bytes(bytes, n, &error));
		bytes[i] = was;
	}
}
END_TEST

/* A key of one architecture neither multiplies the other's permutations nor stands in their ids. */
START_TEST(test_load_keys_of_one_architecture)
{
	static const char *const ids[] = {
		"machine=vtd,cm=0,inval=queued", "machine=vtd,cm=0,inval=register",
		"machine=vtd,cm=1,inval=queued", "machine=vtd,cm=1,inval=register",
		"machine=amdvi,npcache=1",       "machine=amdvi,npcache=0"
	};
	struct scenario *sc =
		scenario_of("machine = \"vtd\", \"amdvi\"; npcache = <1 0>; cm = <0 1>; "
			    "inval = \"queued\", \"register\";",
			    GOOD_STEP,
			    "&iommu { compatible = \"intel,vtd\", \"amd,iommu\"; "
			    "hats = <1>; nfr = <2>; };");

	ck_assert_uint_eq(scenario_permutations(sc), 6);
	for (uint32_t i = 0; i < 6; i++)
		ck_assert_str_eq(scenario_permutation_id(sc, i), ids[i]);
	scenario_free(sc);
}
END_TEST

START_TEST(test_load_permutations_are_the_product_in_order)
{
	struct scenario *sc =
		scenario_of("cache = \"keep-all\", \"lru-4\"; cm = <0 1>; seed = <0x12345 7 8>;",
			    GOOD_STEP, "");

	ck_assert_uint_eq(scenario_permutations(sc), 12);
	ck_assert_str_eq(scenario_permutation_id(sc, 0), "cache=keep-all,cm=0,seed=0x12345");
	ck_assert_str_eq(scenario_permutation_id(sc, 1), "cache=keep-all,cm=0,seed=7");
	ck_assert_str_eq(scenario_permutation_id(sc, 11), "cache=lru-4,cm=1,seed=8");
	ck_assert_ptr_null(scenario_permutation_id(sc, 12));
	scenario_free(sc);
	sc = scenario_of("", GOOD_STEP, "");
	ck_assert_uint_eq(scenario_permutations(sc), 1);
	ck_assert_str_eq(scenario_permutation_id(sc, 0), "");
	scenario_free(sc);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("engine load");
	TCase *tc = tcase_create("load");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_load_bad_input_is_told_once_with_its_place, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, test_load_missing_file);
	tcase_add_test(tc, test_load_missing_dtc_names_the_package);
	tcase_add_test(tc, test_load_blob_whole_or_cut);
	tcase_add_test(tc, test_load_blob_with_any_byte_changed);
	tcase_add_test(tc, test_load_permutations_are_the_product_in_order);
	tcase_add_test(tc, test_load_keys_of_one_architecture);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
