/*
 * Sleep: what the hardware forgets comes back from memory, what it had recorded is not lost, and changes made while it was
 * off hold from the first moment. On both fake units; "power off" puts every register to its reset value.
 */
#include "unit.h"

#include <string.h>

#include "fake_amdvi.h"
#include "fake_vtd.h"
#include "iommu/irq.h"

struct world {
	bool amd;
	struct fake *v;
	struct fake_amdvi *a;
	struct fake_mem *m;
	struct iommu_unit u;
	struct iommu_domain d;
	struct iommu_device dev;
	struct iommu_irq_unit irq;
};

static void world_start(struct world *w, int amd, bool irq)
{
	struct iommu_irq_desc remap = { 0 };
	struct iommu_unit *units[] = { &w->u };
	struct iommu_unit_desc desc;

	memset(w, 0, sizeof(*w));
	w->amd = amd;
	if (amd) {
		w->a = fake_amdvi_new(AFAKE_CAP, AFAKE_EFR);
		w->m = &w->a->m;
		desc = fake_amdvi_desc(w->a);
	} else {
		w->v = fake_new(FAKE_CAP, FAKE_ECAP | VTD_ECAP_IR);
		w->m = &w->v->m;
		desc = fake_desc();
	}
	ck_assert_int_eq(iommu_unit_init(&w->u, &w->m->plat, &desc), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_suspend(&w->u), IOMMU_E_STAGE);
	if (irq)
		ck_assert_int_eq(iommu_irq_setup(&w->u, &w->irq, &remap), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&w->u), IOMMU_OK);
	if (irq)
		ck_assert_int_eq(iommu_irq_enable(&w->u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&w->d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	w->dev = (struct iommu_device){ .rid = 0x0108, .ats = true };
	ck_assert_int_eq(iommu_attach(&w->d, &w->u, &w->dev), IOMMU_OK);
}

static void world_stop(struct world *w, bool irq)
{
	ck_assert_int_eq(iommu_flush(&w->d), IOMMU_OK);
	ck_assert_int_eq(iommu_detach(&w->dev), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_destroy(&w->d), IOMMU_OK);
	if (irq) {
		ck_assert_int_eq(iommu_irq_disable(&w->u), IOMMU_OK);
		ck_assert_int_eq(iommu_irq_teardown(&w->u), IOMMU_OK);
	}
	ck_assert_int_eq(iommu_unit_stop(&w->u), IOMMU_OK);
	ck_assert_uint_eq(w->m->pages_used, 0);
	ck_assert_msg(w->m->bad == 0, "%s", w->m->bad_why ? w->m->bad_why : "");
	if (w->amd)
		fake_amdvi_free(w->a);
	else
		fake_free(w->v);
}

static void power_off(struct world *w)
{
	if (w->amd) {
		w->a->control = AMDVI_CONTROL_RESET;
		w->a->devtab = w->a->cmd_head = w->a->cmd_tail = 0;
		w->a->evt_head = w->a->evt_tail = w->a->status = 0;
		w->a->cmdbuf = w->a->evtlog = FIELD_PREP(AMDVI_RING_LEN, AMDVI_RING_LEN_MIN);
		w->a->msi_header = 0x00800005;
		w->a->msi_lo = w->a->msi_data = 0;
		return;
	}
	w->v->gsts = w->v->fsts = w->v->fedata = w->v->feaddr = 0;
	w->v->fectl = w->v->iectl = 0x80000000u;
	w->v->rtaddr = w->v->rtaddr_latched = w->v->irta = w->v->irta_latched = 0;
	w->v->iqa = w->v->iqh = w->v->iqt = 0;
	memset(w->v->frcd, 0, sizeof(w->v->frcd));
}

static void record_fault(struct world *w, uint16_t rid)
{
	if (w->amd)
		fake_amdvi_event(w->a, (uint64_t)AMDVI_EV_IO_PAGE_FAULT << 60 | rid, 0x5000);
	else
		fake_fault(w->v, 0, 0x5000,
			   FIELD_PREP(VTD_FRCD1_SID, rid) | FIELD_PREP(VTD_FRCD1_FR, 5), true);
}

static void check_off(const struct world *w)
{
	ck_assert_int_eq(w->u.stage, IOMMU_STAGE_BUILT);
	if (w->amd)
		ck_assert(!(w->a->control & AMDVI_CONTROL_IOMMUEN));
	else
		ck_assert_uint_eq(w->v->gsts & (VTD_GSTS_TES | VTD_GSTS_QIES | VTD_GSTS_IRES), 0);
}

static void check_on(const struct world *w, bool irq)
{
	ck_assert_int_eq(w->u.stage, IOMMU_STAGE_TRANSLATING);
	ck_assert_int_eq(w->irq.on, irq);
	if (w->amd) {
		ck_assert(w->a->control & AMDVI_CONTROL_IOMMUEN);
		ck_assert_uint_eq(w->a->devtab & AMDVI_DEVTAB_BASE, w->u.amd.table);
		ck_assert_uint_eq(w->a->msi_data, 0x41);
		ck_assert(w->a->control & AMDVI_CONTROL_EVENTINTEN);
	} else {
		ck_assert(w->v->gsts & VTD_GSTS_TES);
		ck_assert_int_eq(!(w->v->gsts & VTD_GSTS_IRES), !irq);
		ck_assert_uint_eq(w->v->rtaddr_latched, w->u.intel.root);
		ck_assert_uint_eq(w->v->fedata, 0x41);
		ck_assert_uint_eq(w->v->fectl, 0);
	}
}

START_TEST(test_suspend_and_resume)
{
	struct iommu_ticket issued = { 0 }, not_issued = { 0 };
	struct iommu_fault f[4];
	struct world w;
	uint32_t n, from;
	uint64_t pa;
	bool lost, irq = _i >> 1;

	world_start(&w, _i & 1, irq);
	ck_assert_int_eq(iommu_unit_resume(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee00000, 0x41), IOMMU_OK);
	for (uint64_t i = 0; i < 4; i++)
		ck_assert_int_eq(
			iommu_map(&w.d, 0x10000 + i * 4096, 0x800000 + i * 4096, 4096, IOMMU_READ),
			IOMMU_OK);
	ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x10000, 4096, &issued), IOMMU_OK);
	ck_assert_int_eq(iommu_poll(&issued), IOMMU_E_AGAIN);
	ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x11000, 4096, &not_issued), IOMMU_OK);
	record_fault(&w, 0x77);
	ck_assert_int_eq(iommu_unit_suspend(&w.u), IOMMU_OK);
	check_off(&w);
	power_off(&w);
	/* what was invalidated as a whole is quiesced, and nothing is held by anyone while it is off */
	ck_assert_int_eq(iommu_poll(&issued), IOMMU_OK);
	ck_assert_int_eq(iommu_poll(&not_issued), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x12000, 4096), IOMMU_OK);
	ck_assert_int_eq(iommu_map(&w.d, 0x12000, 0x900000, 4096, IOMMU_WRITE), IOMMU_OK);
	from = w.m->logged;
	ck_assert_int_eq(iommu_unit_resume(&w.u), IOMMU_OK);
	check_on(&w, irq);
	if (w.amd)
		ck_assert_uint_ge(fake_amdvi_count(w.a, from, AMDVI_OP_INVALIDATE_IOMMU_ALL, NULL),
				  1);
	else
		ck_assert_uint_ge(fake_count_desc(w.v, from, VTD_DT_IOTLB, NULL), 1);
	ck_assert_int_eq(iommu_lookup(&w.d, 0x12000, &pa, NULL, NULL), IOMMU_OK);
	ck_assert_uint_eq(pa, 0x900000);
	record_fault(&w, 0x78);
	ck_assert_int_eq(iommu_fault_drain(&w.u, f, 4, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 2); /* the one from before the sleep first */
	ck_assert_uint_eq(f[0].rid, 0x77);
	ck_assert_uint_eq(f[1].rid, 0x78);
	ck_assert(!lost);
	ck_assert_int_eq(iommu_unit_resume(&w.u), IOMMU_E_STAGE);
	world_stop(&w, irq);
}
END_TEST

/* Suspended before it translated: resumed to where it was. Stopping instead forgets the sleep. */
START_TEST(test_suspend_of_a_programmed_unit)
{
	struct world w;

	world_start(&w, _i, false);
	ck_assert_int_eq(iommu_unit_suspend(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_program(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_suspend(&w.u), IOMMU_OK);
	power_off(&w);
	ck_assert_int_eq(iommu_unit_resume(&w.u), IOMMU_OK);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_PROGRAMMED);
	ck_assert_int_eq(iommu_unit_suspend(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_detach(&w.dev), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_resume(&w.u), IOMMU_E_STAGE);
	ck_assert_uint_eq(w.m->pages_used, 0);
	if (w.amd)
		fake_amdvi_free(w.a);
	else
		fake_free(w.v);
}
END_TEST

/* A queue that is dead when the machine wants to sleep breaks the unit; what was recorded survives the reset. */
START_TEST(test_suspend_with_a_dead_queue)
{
	struct iommu_fault f[4];
	struct world w;
	uint32_t n;
	bool lost;

	world_start(&w, _i, false);
	record_fault(&w, 0x77);
	if (w.amd)
		w.a->dead = AFAKE_DEAD_QUEUE;
	else
		w.v->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_unit_suspend(&w.u), IOMMU_E_TIMEOUT);
	ck_assert_int_eq(iommu_unit_resume(&w.u), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_unit_suspend(&w.u), IOMMU_E_BROKEN);
	if (w.amd)
		w.a->dead = 0;
	else
		w.v->dead = 0;
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_fault_drain(&w.u, f, 4, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(f[0].rid, 0x77);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_OK);
	ck_assert_uint_eq(w.m->pages_used, 0);
	if (w.amd)
		fake_amdvi_free(w.a);
	else
		fake_free(w.v);
}
END_TEST

/* VT-d: an overflow is told once, after what was kept; what finds no room is told as lost. */
START_TEST(test_suspend_keeps_overflow)
{
	struct iommu_fault f[1];
	struct world w;
	uint32_t n;
	bool lost;

	world_start(&w, 0, false);
	for (uint32_t i = 0; i < 4; i++)
		fake_fault(w.v, i, 0x1000u * i, FIELD_PREP(VTD_FRCD1_SID, i), i == 0);
	w.v->fsts |= VTD_FSTS_PFO;
	ck_assert_int_eq(iommu_unit_suspend(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_resume(&w.u), IOMMU_OK);
	for (uint32_t i = 0; i < 4; i++) {
		ck_assert_int_eq(iommu_fault_drain(&w.u, f, 1, &n, &lost), IOMMU_OK);
		ck_assert_uint_eq(n, 1);
		ck_assert_uint_eq(f[0].rid, i);
		ck_assert_int_eq(lost, i == 3);
	}
	ck_assert_uint_eq(w.u.stats.fault_overflows, 1);
	for (uint32_t i = 0; i < 300; i++) {
		fake_fault(w.v, 0, 0x1000, FIELD_PREP(VTD_FRCD1_SID, i), true);
		ck_assert_int_eq(iommu_unit_suspend(&w.u), IOMMU_OK);
		ck_assert_int_eq(iommu_unit_resume(&w.u), IOMMU_OK);
		w.m->logged = 0;
	}
	for (uint32_t i = 0; i < 256; i++) {
		ck_assert_int_eq(iommu_fault_drain(&w.u, f, 1, &n, &lost), IOMMU_OK);
		ck_assert_uint_eq(n, 1);
		ck_assert_uint_eq(f[0].rid, i);
		ck_assert_int_eq(lost, i == 255);
	}
	world_stop(&w, false);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("driver_suspend");
	TCase *tc = tcase_create("suspend");

	tcase_add_loop_test(tc, test_suspend_and_resume, 0, 4);
	tcase_add_loop_test(tc, test_suspend_of_a_programmed_unit, 0, 2);
	tcase_add_loop_test(tc, test_suspend_with_a_dead_queue, 0, 2);
	tcase_add_test(tc, test_suspend_keeps_overflow);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
