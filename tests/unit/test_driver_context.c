/*
 * Context entries of the Intel driver: attach, detach, domain ids.
 * On the fake platform; expectations from the specification's software sequences.
 */
#include "unit.h"

#include "intel_world.h"

/* In caching mode an attach waits; when that fails the device is not attached. */
START_TEST(test_attach_that_times_out)
{
	struct intel_world w;
	struct iommu_unit *units[] = { &w.u };

	intel_world_init(&w, FAKE_CAP | VTD_CAP_CM, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	w.f->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &w.dev), IOMMU_E_TIMEOUT);
	ck_assert_ptr_null(w.d.devices);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &w.dev), IOMMU_E_BROKEN);
	intel_world_end(&w);
}
END_TEST

/* CM: absence may be cached, under domain id 0; a new bus asks for everything. */
START_TEST(test_attach_in_caching_mode)
{
	struct iommu_device second = { .rid = 0x0319 };
	struct intel_world w;
	uint32_t from, cc = 0, iotlb = 0;

	intel_world_start(&w, FAKE_CAP | VTD_CAP_CM, FAKE_ECAP, false);
	ck_assert_uint_eq(fake_count_desc(w.f, 0, VTD_DT_CC, &cc), 2); /* start, new bus */
	ck_assert_uint_eq(FIELD_GET(VTD_CCD0_G, w.f->m.log[cc].a), VTD_CCD_G_GLOBAL);
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &second), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_CC, &cc), 1);
	ck_assert_uint_eq(FIELD_GET(VTD_CCD0_G, w.f->m.log[cc].a), VTD_CCD_G_DEVICE);
	ck_assert_uint_eq(FIELD_GET(VTD_CCD0_DID, w.f->m.log[cc].a), 0);
	ck_assert_uint_eq(FIELD_GET(VTD_CCD0_SID, w.f->m.log[cc].a), 0x0319);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &iotlb), 1);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_DID, w.f->m.log[iotlb].a), w.d.id[0]);
	ck_assert_uint_ne(w.d.id[0], 0);
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &iotlb), 1);
	ck_assert_uint_eq(w.f->m.log[iotlb].b, 0x1000); /* new tables: IH = 0 */
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_map(&w.d, 0x2000, 0x1000, 0x1000, 3), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &iotlb), 1);
	ck_assert_uint_eq(w.f->m.log[iotlb].b, 0x2000 | VTD_IOTLBD1_IH);
	intel_world_end(&w);
}
END_TEST

static void read_context(struct intel_world *w, uint16_t rid, uint64_t q[2])
{
	uint64_t table = *fake_cpu(w->f, w->u.intel.root + 16u * (rid >> 8)) & ~UINT64_C(0xfff);

	q[0] = *fake_cpu(w->f, table + 16u * (rid & 255));
	q[1] = *fake_cpu(w->f, table + 16u * (rid & 255) + 8);
}

START_TEST(test_attach_writes_context_entries)
{
	struct iommu_device pt = { .rid = 0x0300 }, ats = { .rid = 0x0301, .ats = true };
	struct iommu_domain direct;
	struct intel_world w;
	struct iommu_unit *units[] = { &w.u };
	uint64_t q[2];

	intel_world_start(&w, FAKE_CAP | FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_39BIT), FAKE_ECAP,
			  false);
	read_context(&w, 0x0318, q);
	ck_assert_uint_eq(q[0], w.d.table | 1);                /* TT 00 */
	ck_assert_uint_eq(q[1], (uint64_t)w.d.id[0] << 8 | 2); /* 48 bits */
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &w.dev), IOMMU_E_EXIST);
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &ats), IOMMU_OK);
	read_context(&w, 0x0301, q);
	ck_assert_uint_eq(q[0], w.d.table | 5); /* TT 01 */
	ck_assert_int_eq(iommu_domain_init(&direct, IOMMU_DOMAIN_PASSTHROUGH, units, 1), IOMMU_OK);
	ck_assert_uint_ne(direct.id[0], w.d.id[0]);
	pt.ats = true;
	ck_assert_int_eq(iommu_attach(&direct, &w.u, &pt), IOMMU_E_UNSUPPORTED);
	pt.ats = false;
	ck_assert_int_eq(iommu_attach(&direct, &w.u, &pt), IOMMU_OK);
	read_context(&w, 0x0300, q);
	ck_assert_uint_eq(q[0], 9); /* TT 10 */
	ck_assert_uint_eq(q[1], (uint64_t)direct.id[0] << 8 | 2);
	ck_assert_int_eq(iommu_map(&direct, 0x1000, 0x1000, 0x1000, 3), IOMMU_E_UNSUPPORTED);
	ck_assert_int_eq(iommu_lookup(&direct, 0x1234, q, NULL, NULL), IOMMU_OK);
	ck_assert_uint_eq(q[0], 0x1234);
	intel_world_end(&w);
}
END_TEST

/* 10.5: not present, then context, IOTLB, device-TLB by the old id, wait. */
START_TEST(test_detach_sequence)
{
	struct intel_world w;
	uint32_t from, did, cc = 0, iotlb = 0, dev = 0, wait = 0;
	uint64_t q[2];

	intel_world_start_ats(&w);
	did = w.d.id[0];
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_detach(&w.dev), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_CC, &cc), 1);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &iotlb), 1);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_DEV_TLB, &dev), 1);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_WAIT, &wait), 1);
	ck_assert(cc < iotlb && iotlb < dev && dev < wait);
	ck_assert_uint_eq(FIELD_GET(VTD_CCD0_DID, w.f->m.log[cc].a), did);
	ck_assert_uint_eq(FIELD_GET(VTD_CCD0_SID, w.f->m.log[cc].a), 0x0318);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_DID, w.f->m.log[iotlb].a), did);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_G, w.f->m.log[iotlb].a), VTD_IOTLBD_G_DOMAIN);
	ck_assert_uint_eq(w.f->m.log[dev].b, UINT64_C(0x7ffffffffffff001));
	read_context(&w, 0x0318, q);
	ck_assert_uint_eq(q[0] & VTD_CE0_P, 0);
	/* that was the invalidation after which the id is free */
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_CC, &cc), 0);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &iotlb), 0);
	intel_world_end(&w);
}
END_TEST

START_TEST(test_domain_ids_run_out_and_come_back)
{
	static struct iommu_domain d[16];
	struct intel_world w;
	struct iommu_unit *units[] = { &w.u };

	intel_world_init(&w, FAKE_CAP & ~VTD_CAP_ND, FAKE_ECAP,
			 false); /* 16 ids, 0 is never given */
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	for (uint32_t i = 0; i < 15; i++) {
		ck_assert_int_eq(iommu_domain_init(&d[i], IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
		ck_assert_uint_ne(d[i].id[0], 0);
		ck_assert_uint_lt(d[i].id[0], 16);
	}
	ck_assert_int_eq(iommu_domain_init(&d[15], IOMMU_DOMAIN_PAGING, units, 1), IOMMU_E_FULL);
	ck_assert_int_eq(iommu_domain_destroy(&d[7]), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&d[15], IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	for (uint32_t i = 0; i < 16; i++) {
		if (i != 7)
			ck_assert_int_eq(iommu_domain_destroy(&d[i]), IOMMU_OK);
	}
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.pages_used, 0);
	intel_world_end(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver context");
	TCase *t = tcase_create("context");

	tcase_add_test(t, test_attach_that_times_out);
	tcase_add_test(t, test_attach_in_caching_mode);
	tcase_add_test(t, test_attach_writes_context_entries);
	tcase_add_test(t, test_detach_sequence);
	tcase_add_test(t, test_domain_ids_run_out_and_come_back);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
