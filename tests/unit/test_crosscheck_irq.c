/* The cross-check's reference of interrupt remapping, on cases worked out by hand. */
#include "unit.h"

#include <string.h>

#include "crosscheck/ref.h"

#define TABLE UINT64_C(0x110000)

static void lay(struct xc_case *c, uint64_t pa, uint64_t w)
{
	c->image[c->images++] = (struct xc_store){ .pa = pa, .w = { w }, .n = 1, .repeat = 1 };
}

static void store(struct ref *r, uint64_t pa, uint64_t w)
{
	struct xc_store s = { .pa = pa, .w = { w }, .n = 1, .repeat = 1 };

	ref_store(r, &s);
}

/* Whether the set has this delivery, fresh or not. */
static bool has_delivery(const struct ref_set *set, uint64_t addr, uint32_t data, bool fresh)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (set->o[i].ok && set->o[i].pa == addr && set->o[i].data == data &&
		    set->o[i].fresh == fresh)
			return true;
	return false;
}

static struct ref_set sent(struct ref *r, uint32_t dev, uint32_t addr, uint32_t data)
{
	struct xc_msi m = { .dev = dev, .addr = addr, .data = data, .len = 4 };
	struct ref_set set;

	ref_msi(r, &m, &set);
	ck_assert(!set.full);
	return set;
}

/* The only outcome, a fault. */
static struct ref_outcome refused(struct ref *r, uint32_t dev, uint32_t addr, uint32_t data)
{
	struct ref_set set = sent(r, dev, addr, data);

	ck_assert_uint_eq(set.n, 1);
	ck_assert(!set.o[0].ok);
	return set.o[0];
}

/* 256 entries; entry 5 sends 31h to processor 2, for 00:04.0 alone. */
static struct xc_case *vtd_case(void)
{
	struct xc_case *c = calloc(1, sizeof(*c));

	ck_assert_ptr_nonnull(c);
	c->arch = BE_VTD;
	c->devices = 2;
	c->rid[0] = 0x20;
	c->rid[1] = 0x28;
	c->ir = (struct xc_ir){ .on = true, .table = TABLE, .size = 7 };
	lay(c, TABLE + 0x50, UINT64_C(0x0000020000310001));
	lay(c, TABLE + 0x58, 0x40020);
	return c;
}

START_TEST(test_crosscheck_irq_vtd_formats)
{
	struct xc_case *c = vtd_case();
	struct ref *r = ref_new(c);
	struct ref_set set = sent(r, 0, 0xfee000b0, 0xffff0000); /* without SHV data are ignored */
	struct ref_outcome o;

	ck_assert_uint_eq(set.n, 1);
	ck_assert(has_delivery(&set, 0xfee02000, 0x4031, true));
	set = sent(r, 0, 0xfee00078, 2); /* handle 3, subhandle 2 */
	ck_assert(has_delivery(&set, 0xfee02000, 0x4031, true));
	o = refused(r, 1, 0xfee000b0, 0);
	ck_assert_uint_eq(o.reason, 0x26);
	ck_assert_uint_eq(o.addr, UINT64_C(5) << 48);
	ck_assert_uint_eq(refused(r, 0, 0xfee00078, 0x10002).reason, 0x20);
	ck_assert_uint_eq(refused(r, 0, 0xfee00078, 253).reason, 0x21);
	ck_assert_uint_eq(refused(r, 0, 0xfee000d0, 0).reason, 0x22);
	ck_assert_uint_eq(refused(r, 0, 0xfee02000, 0x31).reason, 0x25);
	c->ir.cfi = true;
	set = sent(r, 0, 0xfee02000, 0x31);
	ck_assert(has_delivery(&set, 0xfee02000, 0x31, true));
	ref_free(r);
	free(c);
}
END_TEST

START_TEST(test_crosscheck_irq_vtd_entry_stays_possible_until_named)
{
	struct xc_case *c = vtd_case();
	struct ref *r = ref_new(c);
	struct xc_inval beside = { .kind = XC_VTD_IEC, .g = 1, .index = 6 };
	struct xc_inval pair = { .kind = XC_VTD_IEC, .g = 1, .index = 4, .am = 1 };
	struct ref_set set = sent(r, 0, 0xfee000b0, 0);

	store(r, TABLE + 0x50, UINT64_C(0x0000030000320001));
	set = sent(r, 0, 0xfee000b0, 0);
	ck_assert_uint_eq(set.n, 2);
	ck_assert(has_delivery(&set, 0xfee03000, 0x4032, true));
	ck_assert(has_delivery(&set, 0xfee02000, 0x4031, false));
	ref_inval(r, &beside);
	set = sent(r, 0, 0xfee000b0, 0);
	ck_assert_uint_eq(set.n, 2);
	ref_inval(r, &pair);
	set = sent(r, 0, 0xfee000b0, 0);
	ck_assert_uint_eq(set.n, 1);
	/* a source that was refused made the unit keep nothing */
	store(r, TABLE + 0x58, 0x40028);
	ref_inval(r, &pair);
	ck_assert_uint_eq(refused(r, 0, 0xfee000b0, 0).reason, 0x26);
	store(r, TABLE + 0x58, 0x40020);
	set = sent(r, 0, 0xfee000b0, 0);
	ck_assert_uint_eq(set.n, 1);
	ck_assert(has_delivery(&set, 0xfee03000, 0x4032, true));
	ref_free(r);
	free(c);
}
END_TEST

/* 00:04.0 and 00:05.0 have a table of 256 narrow entries each; entry 5 of the first sends 31h to processor 2. */
static struct xc_case *amdvi_case(void)
{
	struct xc_case *c = calloc(1, sizeof(*c));

	ck_assert_ptr_nonnull(c);
	c->arch = BE_AMDVI;
	c->devices = 2;
	c->rid[0] = 0x20;
	c->rid[1] = 0x28;
	c->ir.on = true;
	lay(c, 0x100408, 0x77); /* DomainID; V = 0 */
	lay(c, 0x100410, UINT64_C(0x2000000000110011));
	lay(c, 0x100510, UINT64_C(0x2000000000111011));
	lay(c, TABLE + 0x10, UINT64_C(0x0031020100000000));
	return c;
}

START_TEST(test_crosscheck_irq_amdvi_entry_stays_possible_until_its_table_is_named)
{
	struct xc_case *c = amdvi_case();
	struct ref *r = ref_new(c);
	struct xc_inval other = { .kind = XC_AMD_INTTAB, .sid = 0x28 };
	struct xc_inval entry = { .kind = XC_AMD_DEVTAB, .sid = 0x20 };
	struct xc_inval own = { .kind = XC_AMD_INTTAB, .sid = 0x20 };
	struct ref_set set = sent(r, 0, 0xfee00000, 5);
	struct ref_outcome o;

	ck_assert_uint_eq(set.n, 1);
	ck_assert(has_delivery(&set, 0xfee02000, 0x31, true));
	o = refused(r, 0, 0xfee00000, 6);
	ck_assert_uint_eq(o.reason, 2);
	ck_assert_uint_eq(o.flags, 0x008);
	ck_assert_uint_eq(o.did, 0x77);
	ck_assert_uint_eq(refused(r, 1, 0xfee00000, 5).did, 0);
	/* vector 32h, arbitrated, level, logical destination 3 */
	store(r, TABLE + 0x10, UINT64_C(0x0032036500000000));
	ref_inval(r, &other);
	ref_inval(r, &entry);
	set = sent(r, 0, 0xfee00000, 5);
	ck_assert_uint_eq(set.n, 2);
	ck_assert(has_delivery(&set, 0xfee03004, 0xc132, true));
	ck_assert(has_delivery(&set, 0xfee02000, 0x31, false));
	ref_inval(r, &own);
	set = sent(r, 0, 0xfee00000, 5);
	ck_assert_uint_eq(set.n, 1);
	ref_free(r);
	free(c);
}
END_TEST

START_TEST(test_crosscheck_irq_amdvi_ways)
{
	struct xc_case *c = amdvi_case();
	struct ref *r = ref_new(c);
	struct xc_inval all = { .kind = XC_AMD_ALL };
	struct ref_set set;

	ck_assert_uint_eq(refused(r, 0, 0xfee00000, 0x105).flags, 0x008); /* beyond 256 */
	store(r, 0x100410, UINT64_C(0x1000000000110011));                 /* IntCtl forwards */
	ref_inval(r, &all);
	set = sent(r, 0, 0xfee05000, 0x41);
	ck_assert_uint_eq(set.n, 1);
	ck_assert(has_delivery(&set, 0xfee05000, 0x41, true));
	set = sent(r, 0, 0xfee05000,
		   0x400); /* NMI, not passed: with an event or, by the other reading, without */
	ck_assert_uint_eq(set.n, 2);
	store(r, 0x100410, UINT64_C(0x0400000000110031)); /* NMI passes, all else aborts, IG */
	ref_inval(r, &all);
	set = sent(r, 0, 0xfee05000, 0x400);
	ck_assert(has_delivery(&set, 0xfee05000, 0x400, true));
	set = sent(r, 0, 0xfee05000, 0x41);
	for (uint32_t i = 0; i < set.n; i++)
		ck_assert(!set.o[i].ok && set.o[i].silent && !set.o[i].other_order);
	store(r, 0x100410, UINT64_C(0x3000000000110011)); /* IntCtl = 11b */
	ref_inval(r, &all);
	ck_assert_uint_eq(refused(r, 0, 0xfee00000, 5).reason, 1);
	store(r, 0x100410, 0); /* IV = 0 */
	ref_inval(r, &all);
	set = sent(r, 0, 0xfee00000, 5);
	ck_assert(has_delivery(&set, 0xfee00000, 5, true));
	ref_free(r);
	free(c);
}
END_TEST

/* SE: the first fault is told, the next need not be; the entry's invalidation begins anew. */
START_TEST(test_crosscheck_amdvi_one_event)
{
	struct xc_case *c = amdvi_case();
	struct ref *r = ref_new(c);
	struct xc_inval entry = { .kind = XC_AMD_DEVTAB, .sid = 0x20 };
	struct xc_dma d = { .iova = 0x400000, .len = 8 };
	struct ref_set set;

	store(r, 0x100400, UINT64_C(0x6000000000112203)); /* Mode 1, an empty table */
	store(r, 0x100408, UINT64_C(0x200000077));
	ref_dma(r, &d, &set);
	ck_assert_uint_eq(set.n, 1);
	ck_assert(!set.o[0].silent);
	ref_dma(r, &d, &set);
	ck_assert_uint_eq(set.n, 2);
	ck_assert(set.o[0].silent != set.o[1].silent);
	ref_inval(r, &entry);
	ref_dma(r, &d, &set);
	ck_assert_uint_eq(set.n, 1);
	ref_free(r);
	free(c);
}
END_TEST

/* Every counter has its place: the last one of the last row too. */
START_TEST(test_crosscheck_survey_has_room)
{
	struct survey s = { .n = { 0 } };
	struct survey_sum sum = { .n = { 0 } };

	survey_count(&s, SURVEY_FEATURE, SURVEY_FEATURES - 1);
	survey_count(&s, SURVEY_WIDTH, 1000); /* as the last of its row */
	survey_add(&sum, &s);
	survey_add(&sum, &s);
	ck_assert_uint_eq(survey_get(&sum, SURVEY_FEATURE, SURVEY_FEATURES - 1), 2);
	ck_assert_uint_eq(survey_get(&sum, SURVEY_WIDTH, 7), 2);
	ck_assert_uint_eq(survey_get(&sum, SURVEY_TYPE, 0), 0);
	ck_assert_uint_eq(survey_get(&sum, SURVEY_WIDTH, 8), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("crosscheck irq");
	TCase *t = tcase_create("irq");

	tcase_add_test(t, test_crosscheck_irq_vtd_formats);
	tcase_add_test(t, test_crosscheck_irq_vtd_entry_stays_possible_until_named);
	tcase_add_test(t, test_crosscheck_irq_amdvi_entry_stays_possible_until_its_table_is_named);
	tcase_add_test(t, test_crosscheck_irq_amdvi_ways);
	tcase_add_test(t, test_crosscheck_amdvi_one_event);
	tcase_add_test(t, test_crosscheck_survey_has_room);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
