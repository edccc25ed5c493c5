/*
 * What the driver says about itself: status labels, truncation, error names; and the page list.
 */
#include "unit.h"

#include <string.h>

#include "driver/internal.h"
#include "fake_vtd.h"

static void format(struct iommu_unit *u, char *text, size_t size)
{
	struct iommu_status s;

	iommu_status(u, &s);
	ck_assert_uint_lt(iommu_status_format(&s, text, size), size);
}

START_TEST(test_status_labels_follow_the_stages)
{
	struct fake *f = fake_new(FAKE_CAP, FAKE_ECAP);
	struct iommu_unit_desc desc = fake_desc();
	struct iommu_unit u, *units[] = { &u };
	struct iommu_domain d;
	struct iommu_device dev = { .rid = 0x10 };
	char text[400];

	desc.index = 4294967295u;
	ck_assert_int_eq(iommu_unit_init(&u, &f->m.plat, &desc), IOMMU_OK);
	format(&u, text, sizeof(text));
	ck_assert_str_eq(text, "unit=4294967295 stage=discovered remapping_tables=not-programmed "
			       "invalidation=not-installed iotlb=not-installed "
			       "stale_cleanup=not-installed direct_dma=allowed "
			       "hostile_hardware_isolation=not-claimed");
	ck_assert_int_eq(iommu_unit_build(&u), IOMMU_OK);
	format(&u, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "stage=built remapping_tables=built invalidation=not-"));
	ck_assert_int_eq(iommu_unit_program(&u), IOMMU_OK);
	format(&u, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "remapping_tables=programmed invalidation=queued "
					   "iotlb=page-selective stale_cleanup=installed "
					   "direct_dma=allowed"));
	ck_assert_int_eq(iommu_unit_enable(&u), IOMMU_OK);
	format(&u, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "stage=translating"));
	ck_assert_ptr_nonnull(strstr(text, "direct_dma=blocked"));

	/* a device that bypasses translation: nothing is promised any more */
	ck_assert_int_eq(iommu_domain_init(&d, IOMMU_DOMAIN_PASSTHROUGH, units, 1), IOMMU_OK);
	ck_assert_int_eq(iommu_attach(&d, &u, &dev), IOMMU_OK);
	format(&u, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "direct_dma=allowed"));
	ck_assert_int_eq(iommu_detach(&dev), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_destroy(&d), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_stop(&u), IOMMU_OK);
	format(&u, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "stage=stopped remapping_tables=not-programmed"));
	fake_free(f);
}
END_TEST

START_TEST(test_status_register_invalidation)
{
	struct fake *f = fake_new(FAKE_CAP & ~VTD_CAP_PSI, FAKE_ECAP);
	struct iommu_unit_desc desc = fake_desc();
	struct iommu_unit u;
	char text[400];

	desc.use_register_inval = true;
	ck_assert_int_eq(iommu_unit_init(&u, &f->m.plat, &desc), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&u), IOMMU_OK);
	format(&u, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "invalidation=register iotlb=domain-selective"));
	fake_free(f);
}
END_TEST

START_TEST(test_status_format_truncates_and_tells_the_length)
{
	struct iommu_status s = { .stage = IOMMU_STAGE_BROKEN, .unit = 7 };
	char whole[400], part[400];
	size_t need = iommu_status_format(&s, whole, sizeof(whole));

	ck_assert_uint_eq(need, strlen(whole));
	ck_assert_uint_eq(iommu_status_format(&s, NULL, 0), need);
	for (size_t size = 1; size <= need + 2; size++) {
		size_t fits = size - 1 < need ? size - 1 : need;

		memset(part, '#', sizeof(part));
		ck_assert_uint_eq(iommu_status_format(&s, part, size), need);
		ck_assert_uint_eq(strlen(part), fits);
		ck_assert_int_eq(memcmp(part, whole, fits), 0);
		ck_assert_int_eq(part[size], '#');
	}
}
END_TEST

START_TEST(test_error_names)
{
	ck_assert_str_eq(iommu_error_name(IOMMU_OK), "ok");
	ck_assert_str_eq(iommu_error_name(IOMMU_E_TIMEOUT), "time-out");
	ck_assert_str_eq(iommu_error_name(IOMMU_E_BUSY), "busy");
	ck_assert_str_eq(iommu_error_name(1), "unknown");
	ck_assert_str_eq(iommu_error_name(-13), "unknown");
	for (int e = 0; e >= -12; e--)
		ck_assert_str_ne(iommu_error_name(e), "unknown");
	ck_assert_str_eq(iommu_error_name(-2147483647 - 1), "unknown");
}
END_TEST

START_TEST(test_page_list_keeps_pages_and_makes_nothing_present)
{
	struct fake *f = fake_new(FAKE_CAP, FAKE_ECAP);
	struct iommu_unit u;
	struct iommu_unit_desc desc = fake_desc();
	struct iommu_page_list a = { 0, 0 }, b = { 0, 0 };
	bool seen[16] = { false };

	ck_assert_int_eq(iommu_unit_init(&u, &f->m.plat, &desc), IOMMU_OK);
	ck_assert_uint_eq(page_list_pop(u.plat, &a), 0);
	ck_assert_int_eq(page_list_alloc(&u, &a, 10), IOMMU_OK);
	ck_assert_int_eq(page_list_alloc(&u, &b, 6), IOMMU_OK);
	ck_assert_uint_eq(u.stats.table_pages, 16);
	for (uint64_t pa = a.head; pa; pa = *fake_cpu(f, pa))
		ck_assert_uint_eq(*fake_cpu(f, pa) & 3,
				  0); /* neither read nor write: not present */
	page_list_join(u.plat, &a, &b);
	ck_assert_uint_eq(a.count, 16);
	ck_assert_uint_eq(b.count, 0);
	for (uint32_t i = 0; i < 16; i++) {
		uint64_t pa = page_list_pop(u.plat, &a), page = (pa - FAKE_BASE) / 4096;

		ck_assert_uint_lt(page, 16);
		ck_assert(!seen[page]);
		seen[page] = true;
		table_page_free(&u, pa);
	}
	ck_assert_uint_eq(f->m.pages_used, 0);
	f->m.fail_at = f->m.allocs + 5;
	ck_assert_int_eq(page_list_alloc(&u, &a, 6), IOMMU_E_NOMEM);
	ck_assert_uint_eq(f->m.pages_used, 0);
	ck_assert_uint_eq(a.count, 0);
	ck_assert_uint_eq(f->m.bad, 0);
	fake_free(f);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver status");
	TCase *t = tcase_create("status");

	tcase_add_test(t, test_status_labels_follow_the_stages);
	tcase_add_test(t, test_status_register_invalidation);
	tcase_add_test(t, test_status_format_truncates_and_tells_the_length);
	tcase_add_test(t, test_error_names);
	tcase_add_test(t, test_page_list_keeps_pages_and_makes_nothing_present);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
