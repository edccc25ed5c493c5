/*
 * Looking without touching: diagnostics and the walker, on both fake units. Nothing is written to a register before the unit
 * is programmed, whatever is asked; what the walker says agrees with what was mapped, address by address.
 */
#include "unit.h"

#include <string.h>

#include "fake_amdvi.h"
#include "fake_vtd.h"
#include "iommu/inspect.h"

struct world {
	bool amd;
	struct fake *v;
	struct fake_amdvi *a;
	struct fake_mem *m;
	struct iommu_unit u;
	struct iommu_domain d;
	struct iommu_device dev;
};

static void world_init(struct world *w, int amd)
{
	struct iommu_unit_desc desc;

	memset(w, 0, sizeof(*w));
	w->amd = amd;
	if (amd) {
		w->a = fake_amdvi_new(AFAKE_CAP, AFAKE_EFR);
		w->m = &w->a->m;
		desc = fake_amdvi_desc(w->a);
	} else {
		w->v = fake_new(FAKE_CAP, FAKE_ECAP);
		w->m = &w->v->m;
		desc = fake_desc();
	}
	ck_assert_int_eq(iommu_unit_init(&w->u, &w->m->plat, &desc), IOMMU_OK);
}

static void world_build(struct world *w, enum iommu_domain_kind kind)
{
	struct iommu_unit *units[] = { &w->u };

	ck_assert_int_eq(iommu_unit_build(&w->u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&w->d, kind, units, 1), IOMMU_OK);
	w->dev = (struct iommu_device){ .rid = 0x0108 };
	ck_assert_int_eq(iommu_attach(&w->d, &w->u, &w->dev), IOMMU_OK);
}

static void world_stop(struct world *w)
{
	ck_assert_int_eq(iommu_detach(&w->dev), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_destroy(&w->d), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_stop(&w->u), IOMMU_OK);
	ck_assert_uint_eq(w->m->pages_used, 0);
	ck_assert_msg(w->m->bad == 0, "%s", w->m->bad_why ? w->m->bad_why : "");
	if (w->amd)
		fake_amdvi_free(w->a);
	else
		fake_free(w->v);
}

static enum iommu_walk_result walk(struct world *w, uint16_t rid, uint64_t iova, uint32_t access,
				   struct iommu_walk *out)
{
	ck_assert_int_eq(iommu_walk(&w->u, rid, iova, access, out), IOMMU_OK);
	return out->result;
}

static uint32_t registers_written(const struct world *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->m->logged; i++)
		n += w->m->log[i].what == FAKE_REG || w->m->log[i].what == FAKE_RING;
	return n;
}

/* The whole set of tables is built, changed and asked about, and no register is written. */
START_TEST(test_inspect_tables_built_not_programmed)
{
	struct iommu_walk o;
	struct world w;
	uint64_t pa, size;
	uint32_t prot;
	char line[512];

	world_init(&w, _i);
	ck_assert_int_eq(iommu_walk(&w.u, 0, 0, 1, &o), IOMMU_E_STAGE);
	world_build(&w, IOMMU_DOMAIN_PAGING);
	ck_assert_int_eq(iommu_map(&w.d, 0x400000, 0x40000000, 0x201000, IOMMU_READ), IOMMU_OK);
	ck_assert_int_eq(iommu_map(&w.d, 0x9000, 0x7000, 0x1000, IOMMU_WRITE), IOMMU_OK);
	ck_assert_int_eq(walk(&w, 0x0108, 0x412345, IOMMU_READ, &o), IOMMU_WALK_ALLOWED);
	ck_assert(!o.in_force);
	ck_assert_uint_eq(o.pa, 0x40012345);
	ck_assert_uint_eq(o.size, 0x200000);
	ck_assert_uint_eq(o.prot, IOMMU_READ);
	/* root, context and three tables; or the device entry and three */
	ck_assert_uint_eq(o.steps, _i ? 4 : 5);
	ck_assert_int_eq(o.step[o.steps - 1].kind, IOMMU_WALK_TABLE);
	ck_assert_uint_eq(o.step[o.steps - 1].level, 1);
	ck_assert_int_eq(walk(&w, 0x0108, 0x412345, 3, &o), IOMMU_WALK_NO_WRITE);
	ck_assert_int_eq(walk(&w, 0x0108, 0x9fff, 3, &o), IOMMU_WALK_NO_READ);
	ck_assert_uint_eq(o.pa, 0x7fff);
	ck_assert_int_eq(walk(&w, 0x0108, 0xa000, 1, &o), IOMMU_WALK_NOT_MAPPED);
	ck_assert_int_eq(walk(&w, 0x0109, 0x9000, 2, &o), IOMMU_WALK_NO_DEVICE);
	ck_assert_int_eq(walk(&w, 0x0108, 0xfee01000, 2, &o), IOMMU_WALK_INTERRUPT);
	ck_assert_int_eq(walk(&w, 0x0108, UINT64_C(1) << 52, 2, &o), IOMMU_WALK_BEYOND);
	if (_i)
		ck_assert_int_eq(walk(&w, 0xfff8, 0x9000, 2, &o), IOMMU_WALK_NO_DEVICE);
	for (uint64_t iova = 0x3ff000; iova < 0x603000; iova += 0x1000) {
		int rc = iommu_lookup(&w.d, iova, &pa, &prot, &size);

		ck_assert_int_eq(walk(&w, 0x0108, iova, 1, &o) == IOMMU_WALK_ALLOWED,
				 rc == IOMMU_OK);
		if (rc == IOMMU_OK)
			ck_assert(o.pa == pa && o.prot == prot && o.size == size);
	}
	ck_assert_int_eq(iommu_unmap(&w.d, 0x9000, 0x1000), IOMMU_OK);
	ck_assert_int_eq(walk(&w, 0x0108, 0x9000, 2, &o), IOMMU_WALK_NOT_MAPPED);
	ck_assert_uint_gt(iommu_walk_format(&o, line, sizeof(line)), 0);
	ck_assert_ptr_nonnull(
		strstr(line, "result=not-mapped in_force=no pa=0x0 size=0x0 prot=--"));
	ck_assert_ptr_nonnull(strstr(line, "level"));
	(void)iommu_domain_format(&w.d, line, sizeof(line));
	ck_assert_str_eq(
		line, "domain_kind=paging units=0:1 devices=1 pages_mapped=513 pages_quarantined=0 "
		      "tickets=0 device_addresses=withheld hostile_hardware_isolation=not-claimed");
	ck_assert_uint_eq(registers_written(&w), 0);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert_int_eq(walk(&w, 0x0108, 0x412345, IOMMU_READ, &o), IOMMU_WALK_ALLOWED);
	ck_assert(o.in_force);
	(void)iommu_domain_format(&w.d, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "device_addresses=exported"));
	world_stop(&w);
}
END_TEST

START_TEST(test_inspect_passthrough)
{
	struct iommu_walk o;
	struct world w;

	world_init(&w, _i);
	world_build(&w, IOMMU_DOMAIN_PASSTHROUGH);
	ck_assert_int_eq(walk(&w, 0x0108, 0x412345, 3, &o), IOMMU_WALK_IDENTITY);
	ck_assert_uint_eq(o.pa, 0x412345);
	ck_assert_uint_eq(o.prot, 3);
	ck_assert_int_eq(iommu_walk(&w.u, 0x0108, 0, 0, &o), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_walk(&w.u, 0x0108, 0, 4, &o), IOMMU_E_INVAL);
	world_stop(&w);
}
END_TEST

/* What an earlier kernel left is told, faults are shown and stay, and nothing is written. */
START_TEST(test_inspect_diagnostics)
{
	struct iommu_fault f[2];
	struct iommu_diag d;
	struct world w;
	uint32_t n;
	bool lost;
	char line[512];

	world_init(&w, _i);
	if (_i) {
		w.a->control |= AMDVI_CONTROL_IOMMUEN;
		w.a->devtab = 0x1234000;
		w.a->evt_tail = 32;
		w.a->status = AMDVI_STATUS_EVENTOVERFLOW;
	} else {
		w.v->gsts = VTD_GSTS_TES | VTD_GSTS_IRES | VTD_GSTS_QIES;
		w.v->rtaddr = 0x1234000;
		fake_fault(w.v, 1, 0x5000, FIELD_PREP(VTD_FRCD1_SID, 0x77), true);
		w.v->fsts |= VTD_FSTS_PFO;
	}
	ck_assert_int_eq(iommu_diag(&w.u, &d), IOMMU_OK);
	ck_assert(d.translating && d.faults_lost);
	ck_assert_int_eq(d.remapping, !_i);
	ck_assert_uint_eq(d.faults_pending, 1);
	ck_assert_uint_eq(d.table, 0x1234000);
	(void)iommu_diag_format(&d, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "translating=yes"));
	ck_assert_ptr_nonnull(strstr(line, "faults=1 faults_lost=yes"));
	ck_assert_ptr_nonnull(strstr(line, "table=0x1234000"));
	ck_assert_uint_eq(iommu_diag_format(&d, line, 8),
			  strlen(line) ? iommu_diag_format(&d, NULL, 0) : 0);
	ck_assert_uint_eq(strlen(line), 7);
	if (!_i) {
		ck_assert_uint_eq(d.faults, 1);
		ck_assert_uint_eq(d.fault[0].rid, 0x77);
		ck_assert_int_eq(iommu_diag(&w.u, &d), IOMMU_OK);
		ck_assert_uint_eq(d.faults_pending, 1);
	}
	ck_assert_uint_eq(registers_written(&w), 0);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	if (_i)
		fake_amdvi_event(w.a, (uint64_t)AMDVI_EV_IO_PAGE_FAULT << 60 | 0x77, 0x5000);
	else
		fake_fault(w.v, 0, 0x5000, FIELD_PREP(VTD_FRCD1_SID, 0x77), true);
	ck_assert_int_eq(iommu_diag(&w.u, &d), IOMMU_OK);
	ck_assert_uint_eq(d.faults, 1);
	ck_assert_uint_eq(d.fault[0].rid, 0x77);
	ck_assert_int_eq(iommu_fault_drain(&w.u, f, 2, &n, &lost), IOMMU_OK);
	ck_assert_uint_eq(n, 1); /* it was not taken away */
	if (_i)
		w.a->gone = true;
	else
		w.v->gone = true;
	ck_assert_int_eq(iommu_diag(&w.u, &d), IOMMU_E_BROKEN);
	ck_assert(d.gone);
	for (int i = -1; i < 9; i++)
		ck_assert_ptr_nonnull(iommu_walk_name((enum iommu_walk_result)i));
	if (_i)
		fake_amdvi_free(w.a);
	else
		fake_free(w.v);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("driver_inspect");
	TCase *tc = tcase_create("inspect");

	tcase_add_loop_test(tc, test_inspect_tables_built_not_programmed, 0, 2);
	tcase_add_loop_test(tc, test_inspect_passthrough, 0, 2);
	tcase_add_loop_test(tc, test_inspect_diagnostics, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
