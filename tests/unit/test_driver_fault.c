/*
 * Fault records of the Intel driver: drained in order, in pieces, after an overflow; the fault event.
 * On the fake platform; expectations from the specification's software sequences.
 */
#include "unit.h"

#include "intel_world.h"

static uint64_t frcd_hi(uint64_t reason, uint64_t rid, uint64_t more)
{
	return reason << 32 | rid | more;
}

START_TEST(test_fault_drain_in_order_and_wrapping)
{
	struct iommu_fault out[8];
	struct intel_world w;
	uint32_t n, from;
	bool lost;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	fake_fault(w.f, 3, 0x5000, frcd_hi(5, 0x0318, 0), true);
	fake_fault(w.f, 0, 0x6000, frcd_hi(6, 0x0319, BIT64(62)), false);
	fake_fault(w.f, 1, 0x7000, frcd_hi(2, 0x031a, BIT64(62) | BIT64(28)), false);
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 8, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert(!lost);
	ck_assert_uint_eq(out[0].addr, 0x5000);
	ck_assert_uint_eq(out[0].rid, 0x0318);
	ck_assert_uint_eq(out[0].reason, 5);
	ck_assert_uint_eq(out[0].kind, IOMMU_FAULT_WRITE);
	ck_assert(!out[0].has_pasid);
	ck_assert_uint_eq(out[1].kind, IOMMU_FAULT_READ);
	ck_assert_uint_eq(out[2].kind, IOMMU_FAULT_ATOMIC);
	ck_assert_uint_eq(w.f->fsts & VTD_FSTS_PPF, 0);
	/* F alone is written, to the last dword of each record */
	for (uint32_t i = from; i < w.f->m.logged; i++)
		ck_assert_uint_eq(w.f->m.log[i].b, 0x80000000u);
	ck_assert_uint_eq(w.f->m.logged - from, 3);
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 8, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(w.u.stats.faults, 3);
	intel_world_end(&w);
}
END_TEST

/* FRI keeps naming the first record until all are free: a drain in pieces must not start there again. */
START_TEST(test_fault_drain_in_pieces)
{
	struct iommu_fault out[4];
	struct intel_world w;
	uint32_t n;
	bool lost;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	for (uint32_t i = 0; i < 4; i++)
		fake_fault(w.f, (i + 2) % 4, 0x1000 * (i + 1), frcd_hi(5, i, 0), i == 0);
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 2, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(out[1].rid, 1);
	fake_fault(w.f, 2, 0x9000, frcd_hi(5, 9, 0), false); /* the hardware went round */
	w.f->fsts |= VTD_FSTS_PFO;
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 2, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(out[0].rid, 2);
	ck_assert_uint_eq(out[1].rid, 3);
	ck_assert(!lost); /* not yet: a record is left */
	ck_assert_uint_eq(w.f->fsts & VTD_FSTS_PFO, VTD_FSTS_PFO);
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 2, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(out[0].rid, 9);
	ck_assert(lost);
	ck_assert_uint_eq(w.f->fsts & (VTD_FSTS_PFO | VTD_FSTS_PPF), 0);
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 2, &n, &lost), IOMMU_OK);
	ck_assert(!lost);
	intel_world_end(&w);
}
END_TEST

/* Overflow: all records freed, then PFO alone; the queue's error bits are not touched. */
START_TEST(test_fault_overflow_leaves_queue_errors_alone)
{
	struct iommu_fault out[300];
	struct intel_world w;
	uint32_t n, slots = 256;
	bool lost;

	intel_world_start(&w, FAKE_CAP | VTD_CAP_NFR, FAKE_ECAP, false);
	for (uint32_t i = 0; i < slots; i++)
		fake_fault(w.f, (i + 100) % slots, 0x1000 * (uint64_t)i, frcd_hi(6, i, 0), i == 0);
	w.f->fsts |= VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ITE | VTD_FSTS_ICE;
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 300, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, slots);
	ck_assert(lost);
	for (uint32_t i = 0; i < slots; i++)
		ck_assert_uint_eq(out[i].rid, i);
	ck_assert_uint_eq(w.f->fsts & ~(uint32_t)VTD_FSTS_FRI,
			  VTD_FSTS_IQE | VTD_FSTS_ITE | VTD_FSTS_ICE);
	ck_assert_uint_eq(w.f->m.log[w.f->m.logged - 1].a, VTD_REG_FSTS);
	ck_assert_uint_eq(w.f->m.log[w.f->m.logged - 1].b, VTD_FSTS_PFO);
	ck_assert_uint_eq(w.u.stats.fault_overflows, 1);
	w.f->fsts = 0;
	intel_world_end(&w);
}
END_TEST

/* Records beyond a gap, as a predecessor may leave them: all must be free before the overflow is acknowledged. */
START_TEST(test_fault_overflow_with_gaps)
{
	struct iommu_fault out[4];
	struct intel_world w;
	uint32_t n;
	bool lost;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	fake_fault(w.f, 0, 0x1000, frcd_hi(5, 1, 0), true);
	fake_fault(w.f, 2, 0x2000, frcd_hi(5, 2, 0), false);
	fake_fault(w.f, 3, 0x3000, frcd_hi(5, 3, 0), false);
	w.f->fsts |= VTD_FSTS_PFO;
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 2, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert(!lost);
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 2, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(out[0].rid, 3);
	ck_assert(lost);
	ck_assert_uint_eq(w.f->fsts & VTD_FSTS_PFO, 0);
	w.f->gone = true;
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 2, &n, &lost), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_fault_drain(&w.u, NULL, 2, &n, &lost), IOMMU_E_INVAL);
	intel_world_end(&w);
}
END_TEST

START_TEST(test_fault_record_with_pasid)
{
	struct iommu_fault out[1];
	struct intel_world w;
	uint32_t n;
	bool lost;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	/* {T1,T2} = 01 page request, AT = 10, PV = ABCDE, PP */
	fake_fault(w.f, 0, 0x7000,
		   frcd_hi(0x31, 1, UINT64_C(0xabcde) << 40 | BIT64(61) | BIT64(31) | BIT64(28)),
		   true);
	ck_assert_int_eq(iommu_fault_drain(&w.u, out, 1, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(out[0].pasid, 0xabcde);
	ck_assert(out[0].has_pasid);
	ck_assert_uint_eq(out[0].at, 2);
	ck_assert_uint_eq(out[0].kind, IOMMU_FAULT_PAGE_REQUEST);
	ck_assert_uint_eq(out[0].reason, 0x31);
	intel_world_end(&w);
}
END_TEST

START_TEST(test_fault_event_is_unmasked_last)
{
	struct intel_world w;
	uint32_t from;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	from = w.f->m.logged;
	w.f->fectl |= 0x155; /* reserved bits are written as read */
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee01002, 0x41), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee01000, 0x10041), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee01000, 0x41), IOMMU_OK);
	ck_assert_uint_eq(w.f->feaddr, 0xfee01000);
	ck_assert_uint_eq(w.f->fedata, 0x41);
	ck_assert_uint_eq(w.f->m.log[w.f->m.logged - 1].a, VTD_REG_FECTL);
	ck_assert_uint_eq(w.f->m.log[w.f->m.logged - 1].b, 0x155);
	ck_assert_uint_eq(w.f->m.logged - from, 4);
	intel_world_end(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver fault");
	TCase *t = tcase_create("fault");

	tcase_add_test(t, test_fault_drain_in_order_and_wrapping);
	tcase_add_test(t, test_fault_drain_in_pieces);
	tcase_add_test(t, test_fault_overflow_leaves_queue_errors_alone);
	tcase_add_test(t, test_fault_overflow_with_gaps);
	tcase_add_test(t, test_fault_record_with_pasid);
	tcase_add_test(t, test_fault_event_is_unmasked_last);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
