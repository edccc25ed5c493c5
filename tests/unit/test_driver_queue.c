/*
 * The invalidation queue of the Intel driver: tickets, wrapping, errors and their repair, silent devices; invalidation by register.
 * On the fake platform; expectations from the specification's software sequences.
 */
#include "unit.h"

#include <string.h>

#include "intel_world.h"

START_TEST(test_poll_times_out_without_waiting)
{
	struct iommu_ticket t = { 0 };
	struct intel_world w;
	uint32_t relaxes;
	int rc = IOMMU_E_AGAIN;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x1000, 0x1000, &t), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x2000, 0x1000, &t), IOMMU_E_BUSY);
	w.f->status_lost = true;
	relaxes = w.f->m.relaxes;
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(iommu_poll(&t), IOMMU_E_AGAIN);
	ck_assert_uint_eq(w.f->m.relaxes, relaxes);
	for (int i = 0; i < 1000 && rc == IOMMU_E_AGAIN; i++) {
		w.f->m.plat.relax(w.f);
		rc = iommu_poll(&t);
	}
	ck_assert_int_eq(rc, IOMMU_E_TIMEOUT);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_int_eq(t.state, IOMMU_TICKET_QUARANTINED);
	intel_world_end(&w);
}
END_TEST

/* Many tickets polled with the queue standing still: the ring is never overrun. */
START_TEST(test_poll_many_tickets_through_a_full_ring)
{
	enum {
		N = 300
	};
	static struct iommu_ticket t[N];
	struct intel_world w;
	uint32_t done = 0;

	memset(t, 0, sizeof(t));
	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x200000, 0x1000, 0x200000, 3), IOMMU_OK);
	for (uint32_t i = 0; i < N; i++)
		ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x200000 + i * 0x1000u, 0x1000, &t[i]),
				 IOMMU_OK);
	w.u.desc.timeout_ns = 1000000; /* the fake needs a while for 600 descriptors */
	w.f->dead = FAKE_DEAD_QUEUE;
	for (uint32_t i = 0; i < N; i++)
		ck_assert_int_eq(iommu_poll(&t[i]), IOMMU_E_AGAIN);
	w.f->dead = 0;
	for (uint32_t turn = 0; turn < 1000 && done < N; turn++) {
		w.f->m.plat.relax(w.f);
		done = 0;
		for (uint32_t i = 0; i < N; i++)
			done += iommu_poll(&t[i]) == IOMMU_OK;
	}
	ck_assert_uint_eq(done, N);
	ck_assert_uint_ge(fake_count_desc(w.f, 0, VTD_DT_IOTLB, NULL), N);
	intel_world_end(&w);
}
END_TEST

/* The ring wraps several times. */
START_TEST(test_queue_wraps)
{
	struct intel_world w;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	for (uint32_t i = 0; i < 700; i++) {
		ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
		ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	}
	ck_assert_uint_eq(w.u.stats.queue_errors, 0);
	intel_world_end(&w);
}
END_TEST

/* 10.9: a refused descriptor is replaced; what it may have lost is covered by a global invalidation. */
START_TEST(test_queue_error_is_repaired)
{
	struct intel_world w;
	uint32_t from, last = 0;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x3000, 3), IOMMU_OK);
	w.f->iqe_left = 1;
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(w.u.stats.queue_errors, 1);
	ck_assert_uint_eq(w.f->fsts & VTD_FSTS_IQE, 0);
	ck_assert_uint_eq(w.f->m.log[fake_find_write(w.f, from, VTD_REG_FSTS, 0)].b, VTD_FSTS_IQE);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_CC, NULL), 1);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_G, w.f->m.log[last].a), VTD_IOTLBD_G_GLOBAL);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x2000, 0x1000), IOMMU_OK);

	/* and an error that does not go away breaks the unit, bounded */
	w.f->iqe_left = UINT32_MAX;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x3000, 0x1000), IOMMU_E_BROKEN);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_uint_eq(w.d.quarantined_pages, 1);
	intel_world_end(&w);
}
END_TEST

/* The refused descriptor is the wait of an older, polled ticket: both end, none too early. */
START_TEST(test_queue_error_in_the_middle_of_a_batch)
{
	struct iommu_ticket t = { 0 };
	struct intel_world w;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x3000, 3), IOMMU_OK);
	w.f->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x1000, 0x1000, &t), IOMMU_OK);
	ck_assert_int_eq(iommu_poll(&t), IOMMU_E_AGAIN);
	/* a stray store damaged the slot of the ticket's command */
	*fake_cpu(w.f, w.u.queue.ring + ((uint64_t)w.u.queue.tail - 2) * 16) = 0xf;
	w.f->dead = 0;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x2000, 0x1000), IOMMU_OK);
	ck_assert_int_eq(iommu_poll(&t), IOMMU_OK);
	ck_assert_uint_eq(w.u.stats.queue_errors, 1);
	intel_world_end(&w);
}
END_TEST

/* ITE: the aborted batch is submitted again, and only the new wait counts. */
START_TEST(test_queue_device_time_out_resubmits)
{
	struct intel_world w;
	uint32_t from;

	intel_world_start_ats(&w);
	w.f->ite_left = 1;
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.log[fake_find_write(w.f, from, VTD_REG_FSTS, 0)].b, VTD_FSTS_ITE);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_DEV_TLB, NULL), 2);
	ck_assert_uint_eq(w.u.stats.queue_errors, 1);
	w.f->ite_left = 3;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x2000, 0x1000), IOMMU_OK);
	ck_assert(!w.dev.silent);
	intel_world_end(&w);
}
END_TEST

/* Five times in all, then it is blocked, and neither the unit nor the page has to wait for it. */
START_TEST(test_queue_silent_device_is_cut_off)
{
	struct intel_world w;
	uint32_t from, before;

	intel_world_start_ats(&w);
	w.f->ite_left = UINT32_MAX; /* the device is gone */
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_TRANSLATING);
	ck_assert(w.dev.silent);
	ck_assert_ptr_eq(w.f->m.silent, &w.dev);
	ck_assert_uint_eq(w.u.stats.silent_devices, 1);
	ck_assert_uint_eq(w.d.quarantined_pages, 0);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_DEV_TLB, NULL), 5);
	/* the repair goes in front of the last wait: everything the unit holds */
	ck_assert_uint_ge(fake_count_desc(w.f, from, VTD_DT_CC, NULL), 1);
	before = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x2000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, before, VTD_DT_DEV_TLB, NULL), 0);
	ck_assert_int_eq(iommu_detach(&w.dev), IOMMU_OK);
	/* attached anew it is asked again */
	w.f->ite_left = 0;
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &w.dev), IOMMU_OK);
	ck_assert(!w.dev.silent);
	before = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x3000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, before, VTD_DT_DEV_TLB, NULL), 1);
	intel_world_end(&w);
}
END_TEST

/* IQERCD.ITESID names who did not answer; where it is 0 every device with an answer due may be the one. */
START_TEST(test_queue_silent_device_is_told_from_others)
{
	struct iommu_device other = { .rid = 0x0320, .ats = true };
	struct intel_world w;

	intel_world_start_ats(&w);
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &other), IOMMU_OK);
	w.f->ite_left = UINT32_MAX;
	w.f->ite_sid = other.rid;
	w.f->ite_told = _i == 0;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert(other.silent);
	ck_assert(w.dev.silent == (_i != 0));
	ck_assert_uint_eq(w.u.stats.silent_devices, _i == 0 ? 1 : 2);
	intel_world_end(&w);
}
END_TEST

/* What a refused descriptor may have lost includes what devices hold. */
START_TEST(test_queue_error_reaches_device_tlbs)
{
	struct intel_world w;
	uint32_t from, last = 0;

	intel_world_start_ats(&w);
	w.f->iqe_left = 1;
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_DEV_TLB, &last), 2);
	ck_assert_uint_eq(w.f->m.log[last].b, UINT64_C(0x7ffffffffffff001));
	intel_world_end(&w);
}
END_TEST

START_TEST(test_queue_completion_error_is_cleared)
{
	struct intel_world w;

	intel_world_start_ats(&w);
	w.f->fsts |= VTD_FSTS_ICE;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(w.f->fsts & VTD_FSTS_ICE, 0);
	ck_assert_uint_eq(w.u.stats.queue_errors, 1);
	intel_world_end(&w);
}
END_TEST

/* More ATS devices than the ring takes at once. */
START_TEST(test_queue_batches_longer_than_the_ring)
{
	enum {
		N = 256
	};
	static struct iommu_device dev[N];
	struct intel_world w;
	uint32_t from;

	intel_world_start_ats(&w);
	memset(dev, 0, sizeof(dev));
	for (uint32_t i = 0; i < N; i++) {
		dev[i].rid = (uint16_t)(0x400 + i);
		dev[i].ats = true;
		ck_assert_int_eq(iommu_attach(&w.d, &w.u, &dev[i]), IOMMU_OK);
	}
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_DEV_TLB, NULL), N + 1);
	ck_assert_uint_ge(fake_count_desc(w.f, from, VTD_DT_WAIT, NULL), 3);
	intel_world_end(&w);
}
END_TEST

/* Hardware answers "nothing done": once, and a global invalidation is tried; twice, and the unit is broken. */
START_TEST(test_register_invalidation_refused)
{
	struct intel_world w;
	uint32_t from;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, true);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x2000, 3), IOMMU_OK);
	w.f->refuse = 1;
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_ne(
		fake_find_write(w.f, from, 0xf8,
				VTD_IOTLB_IVT | FIELD_PREP(VTD_IOTLB_IIRG, VTD_IIRG_GLOBAL)),
		UINT32_MAX);
	w.f->refuse = 2;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x2000, 0x1000), IOMMU_E_BROKEN);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	intel_world_end(&w);
}
END_TEST

/* RWBF: a flush where nothing else follows (map, attach), none where an invalidation does (unmap). */
START_TEST(test_write_buffer_flush_only_where_needed)
{
	struct intel_world w;
	uint32_t from;

	intel_world_start(&w, FAKE_CAP | VTD_CAP_RWBF, FAKE_ECAP, false);
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
	ck_assert_uint_ne(fake_find_write(w.f, from, VTD_REG_GCMD, VTD_GCMD_WBF), UINT32_MAX);
	ck_assert_uint_eq(w.u.stats.wbuf_flushes, 3);
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_find_write(w.f, from, VTD_REG_GCMD, VTD_GCMD_WBF), UINT32_MAX);
	intel_world_end(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver queue");
	TCase *t = tcase_create("queue");

	tcase_add_test(t, test_poll_times_out_without_waiting);
	tcase_add_test(t, test_poll_many_tickets_through_a_full_ring);
	tcase_add_test(t, test_queue_wraps);
	tcase_add_test(t, test_queue_error_is_repaired);
	tcase_add_test(t, test_queue_error_in_the_middle_of_a_batch);
	tcase_add_test(t, test_queue_device_time_out_resubmits);
	tcase_add_test(t, test_queue_silent_device_is_cut_off);
	tcase_add_loop_test(t, test_queue_silent_device_is_told_from_others, 0, 2);
	tcase_add_test(t, test_queue_error_reaches_device_tlbs);
	tcase_add_test(t, test_queue_completion_error_is_cleared);
	tcase_add_test(t, test_queue_batches_longer_than_the_ring);
	tcase_add_test(t, test_register_invalidation_refused);
	tcase_add_test(t, test_write_buffer_flush_only_where_needed);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
