/*
 * Life of a unit: take-over, order of the steps, every handshake that never ends, quarantine and reset, queue errors,
 * attach and detach, faults. On the fake platform; expectations from the specification's software sequences.
 */
#include "unit.h"

#include <string.h>

#include "fake_vtd.h"

struct world {
	struct fake *f;
	struct iommu_unit u;
	struct iommu_domain d;
	struct iommu_device dev;
};

static void world_init(struct world *w, uint64_t cap, uint64_t ecap, bool reg)
{
	struct iommu_unit_desc desc = fake_desc();

	memset(w, 0, sizeof(*w));
	w->f = fake_new(cap, ecap);
	desc.use_register_inval = reg;
	ck_assert_int_eq(iommu_unit_init(&w->u, &w->f->m.plat, &desc), IOMMU_OK);
	ck_assert_uint_eq(w->f->m.logged, 0); /* discovery writes nothing */
}

static void world_attach(struct world *w)
{
	struct iommu_unit *units[] = { &w->u };

	ck_assert_int_eq(iommu_domain_init(&w->d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	w->dev.rid = 0x0318;
	ck_assert_int_eq(iommu_attach(&w->d, &w->u, &w->dev), IOMMU_OK);
}

static void world_start(struct world *w, uint64_t cap, uint64_t ecap, bool reg)
{
	world_init(w, cap, ecap, reg);
	ck_assert_int_eq(iommu_unit_start(&w->u), IOMMU_OK);
	world_attach(w);
}

static void world_end(struct world *w)
{
	ck_assert_msg(w->f->m.bad == 0, "%s", w->f->m.bad_why ? w->f->m.bad_why : "");
	fake_free(w->f);
}

/* Index of the first register write of `off` with all of `bits` set, from event `from`; UINT32_MAX: none. */
static uint32_t find_write(const struct fake *f, uint32_t from, uint32_t off, uint64_t bits)
{
	for (uint32_t i = from; i < f->m.logged; i++) {
		if (f->m.log[i].what == FAKE_REG && f->m.log[i].a == off &&
		    (f->m.log[i].b & bits) == bits)
			return i;
	}
	return UINT32_MAX;
}

static uint32_t find_desc(const struct fake *f, uint32_t from, uint32_t type)
{
	for (uint32_t i = from; i < f->m.logged; i++) {
		if (f->m.log[i].what == FAKE_DESC &&
		    FIELD_GET(VTD_DESC_TYPE, f->m.log[i].a) == type)
			return i;
	}
	return UINT32_MAX;
}

START_TEST(test_unit_init_refuses)
{
	static const struct {
		uint64_t cap, ecap;
		bool reg, gone;
		uint32_t ver, haw;
		int want;
	} rows[] = {
		{ FAKE_CAP, FAKE_ECAP, false, true, 0x10, 46, IOMMU_E_UNSUPPORTED },
		{ FAKE_CAP & ~VTD_CAP_SAGAW, FAKE_ECAP, false, false, 0x10, 46,
		  IOMMU_E_UNSUPPORTED },
		{ FAKE_CAP | VTD_CAP_ND, FAKE_ECAP, false, false, 0x10, 46, IOMMU_E_UNSUPPORTED },
		{ FAKE_CAP, FAKE_ECAP, true, false, 0x60, 46, IOMMU_E_UNSUPPORTED },
		{ FAKE_CAP, FAKE_ECAP & ~VTD_ECAP_QI, false, false, 0x60, 46, IOMMU_E_UNSUPPORTED },
		{ FAKE_CAP, FAKE_ECAP, false, false, 0x60, 46, IOMMU_OK },
		{ FAKE_CAP, FAKE_ECAP, false, false, 0x10, 31, IOMMU_E_INVAL },
		{ FAKE_CAP, FAKE_ECAP, false, false, 0x10, 53, IOMMU_E_INVAL },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake *f = fake_new(rows[i].cap, rows[i].ecap);
		struct iommu_unit_desc desc = fake_desc();
		struct iommu_unit u;

		f->gone = rows[i].gone;
		f->ver = rows[i].ver;
		desc.use_register_inval = rows[i].reg;
		desc.host_addr_bits = rows[i].haw;
		ck_assert_int_eq(iommu_unit_init(&u, &f->m.plat, &desc), rows[i].want);
		f->m.plat.relax = NULL;
		ck_assert_int_eq(iommu_unit_init(&u, &f->m.plat, &desc), IOMMU_E_INVAL);
		fake_free(f);
	}
}
END_TEST

START_TEST(test_unit_init_defaults_and_vendors)
{
	struct fake *f = fake_new(FAKE_CAP, FAKE_ECAP);
	struct iommu_unit_desc desc = fake_desc();
	struct iommu_unit u;

	desc.timeout_ns = 0;
	ck_assert_int_eq(iommu_unit_init(&u, &f->m.plat, &desc), IOMMU_OK);
	ck_assert_uint_eq(u.desc.timeout_ns, IOMMU_TIMEOUT_NS);
	desc.vendor = IOMMU_VENDOR_AMD; /* without the capability header such a unit has */
	ck_assert_int_eq(iommu_unit_init(&u, &f->m.plat, &desc), IOMMU_E_INVAL);
	memset(&desc.vendor, 0, sizeof(desc.vendor));
	ck_assert_int_eq(iommu_unit_init(&u, &f->m.plat, &desc), IOMMU_E_INVAL);
	desc = fake_desc();
	f->m.plat.lock = NULL; /* both or neither */
	ck_assert_int_eq(iommu_unit_init(&u, &f->m.plat, &desc), IOMMU_E_INVAL);
	memset(&u, 0, sizeof(u));
	ck_assert_int_eq(iommu_unit_start(&u), IOMMU_E_STAGE);
	fake_free(f);
}
END_TEST

/* Each allocation of build, domain and attach fails in turn: nothing is left behind, and the next try works. */
START_TEST(test_unit_without_memory)
{
	struct world w;
	struct iommu_unit *units[] = { &w.u };
	uint32_t pages;

	world_init(&w, FAKE_CAP, FAKE_ECAP, false);
	for (uint32_t n = 1; n <= 3; n++) {
		w.f->m.fail_at = w.f->m.allocs + n;
		ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_E_NOMEM);
		ck_assert_int_eq(w.u.stage, IOMMU_STAGE_DISCOVERED);
		ck_assert_uint_eq(w.f->m.pages_used, 0);
		ck_assert_uint_eq(w.u.stats.table_pages, 0);
	}
	w.f->m.fail_at = 0;
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	pages = w.f->m.pages_used;
	for (uint32_t n = 0; n < 300; n++) { /* more often than there are ids: each comes back */
		w.f->m.fail_at = w.f->m.allocs + 1;
		ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, units, 1),
				 IOMMU_E_NOMEM);
	}
	ck_assert_uint_eq(w.f->m.pages_used, pages);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	w.f->m.fail_at = w.f->m.allocs + 1;
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &w.dev), IOMMU_E_NOMEM);
	ck_assert_ptr_null(w.d.devices);
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &w.dev), IOMMU_OK);
	world_end(&w);
}
END_TEST

START_TEST(test_domain_needs_a_common_geometry)
{
	struct fake *f2 =
		fake_new((FAKE_CAP & ~VTD_CAP_SAGAW) | FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_39BIT),
			 FAKE_ECAP & ~VTD_ECAP_PT);
	struct iommu_unit_desc desc = fake_desc();
	struct iommu_unit u2;
	struct world w;
	struct iommu_unit *units[] = { &w.u, &u2 }, *twice[] = { &w.u, &w.u };

	world_init(&w, FAKE_CAP, FAKE_ECAP, false);
	desc.index = 1;
	f2->m.plat.lock = w.f->m.plat.lock = NULL;
	f2->m.plat.unlock = w.f->m.plat.unlock = NULL;
	ck_assert_int_eq(iommu_unit_init(&u2, &f2->m.plat, &desc), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&u2), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, units, 2),
			 IOMMU_E_UNSUPPORTED);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PASSTHROUGH, units, 2),
			 IOMMU_E_UNSUPPORTED);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, twice, 2), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, units, 0), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, &units[1], 1), IOMMU_OK);
	ck_assert_uint_eq(w.d.geo.addr_bits, 39);
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &w.dev),
			 IOMMU_E_INVAL); /* not one of its units */
	fake_free(f2);
	world_end(&w);
}
END_TEST

/* In caching mode an attach waits; when that fails the device is not attached. */
START_TEST(test_attach_that_times_out)
{
	struct world w;
	struct iommu_unit *units[] = { &w.u };

	world_init(&w, FAKE_CAP | VTD_CAP_CM, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	w.f->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &w.dev), IOMMU_E_TIMEOUT);
	ck_assert_ptr_null(w.d.devices);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &w.dev), IOMMU_E_BROKEN);
	world_end(&w);
}
END_TEST

START_TEST(test_unit_stages_are_not_skipped)
{
	struct world w;
	struct iommu_unit *units[] = { &w.u };

	world_init(&w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_unit_program(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_enable(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_build(&w.u), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.logged, 0); /* built in memory, nothing programmed */
	ck_assert_int_eq(iommu_unit_build(&w.u), IOMMU_E_STAGE);
	/* a device attached before the unit is programmed */
	world_attach(&w);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.logged, 0);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_TRANSLATING);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_E_BUSY);
	ck_assert_int_eq(iommu_detach(&w.dev), IOMMU_OK);
	ck_assert_int_eq(iommu_detach(&w.dev), IOMMU_E_NOENT);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.pages_used, 0);
	ck_assert_uint_eq(w.f->gsts & (VTD_GSTS_TES | VTD_GSTS_QIES), 0);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK); /* and once more */
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	world_end(&w);
}
END_TEST

/* Firmware left everything on: 10.1 "Initialise a unit" of the sequences, in its order. */
START_TEST(test_unit_takes_over_a_running_unit)
{
	struct world w;
	uint32_t te, srtp, qie_off, qie_on, cc, iotlb, wait, te_on, pmen;

	world_init(&w, FAKE_CAP | VTD_CAP_RWBF | VTD_CAP_PLMR, FAKE_ECAP, false);
	w.f->gsts = VTD_GSTS_TES | VTD_GSTS_QIES | VTD_GSTS_IRES | VTD_GSTS_RTPS | VTD_GSTS_CFIS;
	w.f->iqh = w.f->iqt = 0x40;
	w.f->fectl = 0;
	w.f->pmen = VTD_PMEN_EPM | VTD_PMEN_PRS;
	fake_fault(w.f, 2, 0x1000, 0, true);
	w.f->fsts |= VTD_FSTS_PFO | VTD_FSTS_ITE;
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	te = find_write(w.f, 0, VTD_REG_GCMD, 0);
	ck_assert_uint_eq(w.f->m.log[te].b, VTD_GCMD_QIE | VTD_GCMD_IRE | VTD_GCMD_CFI);
	qie_off = find_write(w.f, te + 2, VTD_REG_GCMD, 0);
	ck_assert_uint_eq(w.f->m.log[qie_off].b, VTD_GCMD_CFI);
	qie_on = find_write(w.f, qie_off, VTD_REG_GCMD, VTD_GCMD_QIE);
	srtp = find_write(w.f, 0, VTD_REG_GCMD, VTD_GCMD_SRTP);
	ck_assert_uint_lt(find_write(w.f, 0, VTD_REG_GCMD, VTD_GCMD_WBF), srtp);
	cc = find_desc(w.f, 0, VTD_DT_CC);
	iotlb = find_desc(w.f, 0, VTD_DT_IOTLB);
	wait = find_desc(w.f, 0, VTD_DT_WAIT);
	te_on = find_write(w.f, srtp, VTD_REG_GCMD, VTD_GCMD_TE);
	pmen = find_write(w.f, 0, VTD_REG_PMEN, 0);
	ck_assert_uint_lt(qie_off, qie_on);
	ck_assert_uint_lt(qie_on, srtp);
	ck_assert_uint_lt(srtp, cc);
	ck_assert_uint_lt(cc, iotlb);
	ck_assert_uint_lt(iotlb, wait);
	ck_assert_uint_lt(wait, te_on);
	ck_assert_uint_lt(te_on, pmen);
	ck_assert_uint_eq(FIELD_GET(VTD_CCD0_G, w.f->m.log[cc].a), VTD_CCD_G_GLOBAL);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_G, w.f->m.log[iotlb].a), VTD_IOTLBD_G_GLOBAL);
	ck_assert_uint_eq(w.f->fsts,
			  FIELD_PREP(VTD_FSTS_FRI, 2)); /* only the stale index is left */
	ck_assert_uint_eq(w.f->pmen, 0);
	ck_assert_uint_eq(w.f->fectl & VTD_FECTL_IM, VTD_FECTL_IM);
	ck_assert_uint_eq(w.f->gsts & VTD_GSTS_IRES, 0);
	world_end(&w);
}
END_TEST

START_TEST(test_unit_esrtps_needs_no_invalidation)
{
	struct world w;

	world_init(&w, FAKE_CAP | VTD_CAP_ESRTPS, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert_uint_eq(find_desc(w.f, 0, VTD_DT_CC), UINT32_MAX);
	world_end(&w);
}
END_TEST

/* Each handshake in turn never ends: the call is bounded and the unit says broken; no page goes back. */
static const struct {
	const char *name;
	uint32_t dead, gsts, pmen;
	uint64_t cap;
	bool reg;
} handshakes[] = {
	{ "TE on", FAKE_DEAD_TE_ON, 0, 0, 0, false },
	{ "TE off", FAKE_DEAD_TE_OFF, VTD_GSTS_TES, 0, 0, false },
	{ "SRTP", FAKE_DEAD_SRTP, 0, 0, 0, false },
	{ "WBF", FAKE_DEAD_WBF, 0, 0, VTD_CAP_RWBF, false },
	{ "QIE on", FAKE_DEAD_QIE_ON, 0, 0, 0, false },
	{ "QIE off", FAKE_DEAD_QIE_OFF, VTD_GSTS_QIES, 0, 0, false },
	{ "IRE", FAKE_DEAD_IRE, VTD_GSTS_IRES, 0, 0, false },
	{ "CCMD", FAKE_DEAD_CCMD, 0, 0, 0, true },
	{ "IOTLB", FAKE_DEAD_IOTLB, 0, 0, 0, true },
	{ "queue", FAKE_DEAD_QUEUE, 0, 0, 0, false },
	{ "PMEN", FAKE_DEAD_PMEN, 0, VTD_PMEN_EPM | VTD_PMEN_PRS, VTD_CAP_PLMR, false },
};

START_TEST(test_unit_every_handshake_is_bounded)
{
	struct world w;
	uint32_t pages;

	world_init(&w, FAKE_CAP | handshakes[_i].cap, FAKE_ECAP, handshakes[_i].reg);
	w.f->gsts = handshakes[_i].gsts;
	w.f->pmen = handshakes[_i].pmen;
	w.f->dead = handshakes[_i].dead;
	ck_assert_msg(iommu_unit_start(&w.u) == IOMMU_E_TIMEOUT, "%s", handshakes[_i].name);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_ptr_nonnull(w.u.broken_why);
	ck_assert_uint_ge(w.u.stats.timeouts, 1);
	ck_assert_uint_le(w.f->m.now, 3 * w.u.desc.timeout_ns);
	pages = w.f->m.pages_used;
	ck_assert_uint_gt(pages, 0);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_E_BROKEN);
	ck_assert_uint_eq(w.f->m.pages_used, pages);

	/* it comes back to life: the command under way ends, and a reset leads out */
	w.f->dead = 0;
	w.f->m.plat.relax(w.f);
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_OK);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_DISCOVERED);
	ck_assert_uint_eq(w.f->m.pages_used, 0);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	world_end(&w);
}
END_TEST

/* A clock that stands still must not turn a bounded wait into an endless one. */
START_TEST(test_unit_wait_ends_although_the_clock_stands)
{
	struct world w;

	world_init(&w, FAKE_CAP, FAKE_ECAP, false);
	w.f->m.clock_stands = true;
	w.f->dead = FAKE_DEAD_SRTP;
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_E_TIMEOUT);
	world_end(&w);
}
END_TEST

START_TEST(test_unit_surprise_removal_is_bounded)
{
	struct world w;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
	w.f->gone = true;
	w.f->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_E_BROKEN);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_E_BROKEN);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	fake_free(w.f);
}
END_TEST

/* Completion never comes: pages and tables stay where they are until a reset was seen to work. */
START_TEST(test_quarantine_keeps_pages_until_reset)
{
	struct iommu_ticket t = { 0 };
	struct world w;
	uint32_t pages, from;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x200000, 0x1000, 0x400000, 3), IOMMU_OK);
	pages = w.f->m.pages_used;
	w.f->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_unmap_lazy(&w.d, 0x200000, 0x200000, &t), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x400000, 0x200000), IOMMU_E_TIMEOUT);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_uint_eq(w.f->m.pages_used, pages);
	ck_assert_uint_eq(w.d.quarantined_pages, 512);
	ck_assert_uint_eq(w.u.stats.quarantined_tables, 1);
	/* nothing more is accepted, nothing is released */
	ck_assert_int_eq(iommu_flush(&w.d), IOMMU_E_BROKEN);
	ck_assert_int_eq(t.state, IOMMU_TICKET_QUARANTINED);
	ck_assert_int_eq(iommu_poll(&t), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_flush(&w.d), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_map(&w.d, 0x800000, 0x1000, 0x1000, 3), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x800000, 0x1000), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_detach(&w.dev), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_E_TIMEOUT);
	ck_assert_uint_eq(w.f->m.pages_used, pages);
	ck_assert_uint_eq(w.u.stats.quarantined_pages, 1024);

	w.f->dead = 0;
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_OK);
	/* released only after a global invalidation and its wait */
	ck_assert_uint_ne(find_desc(w.f, from, VTD_DT_IOTLB), UINT32_MAX);
	for (uint32_t i = from, waited = 0; i < w.f->m.logged; i++) {
		if (w.f->m.log[i].what == FAKE_DESC &&
		    FIELD_GET(VTD_DESC_TYPE, w.f->m.log[i].a) == VTD_DT_WAIT)
			waited = i;
		if (w.f->m.log[i].what == FAKE_FREE)
			ck_assert_uint_gt(waited, 0);
	}
	ck_assert_int_eq(t.state, IOMMU_TICKET_IDLE);
	ck_assert_ptr_null(w.dev.domain);
	ck_assert_uint_eq(w.u.stats.quarantined_pages, 0);
	ck_assert_int_eq(iommu_map(&w.d, 0x800000, 0x1000, 0x1000, 3), IOMMU_E_BROKEN);
	ck_assert_int_eq(iommu_domain_destroy(&w.d), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.pages_used, 0);
	ck_assert_uint_eq(w.u.stats.table_pages, 0);
	/* and everything works again */
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	world_attach(&w);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	world_end(&w);
}
END_TEST

START_TEST(test_poll_times_out_without_waiting)
{
	struct iommu_ticket t = { 0 };
	struct world w;
	uint32_t relaxes;
	int rc = IOMMU_E_AGAIN;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

/* Many tickets polled with the queue standing still: the ring is never overrun. */
START_TEST(test_poll_many_tickets_through_a_full_ring)
{
	enum {
		N = 300
	};
	static struct iommu_ticket t[N];
	struct world w;
	uint32_t done = 0;

	memset(t, 0, sizeof(t));
	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

/* The ring wraps several times. */
START_TEST(test_queue_wraps)
{
	struct world w;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	for (uint32_t i = 0; i < 700; i++) {
		ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
		ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	}
	ck_assert_uint_eq(w.u.stats.queue_errors, 0);
	world_end(&w);
}
END_TEST

/* 10.9: a refused descriptor is replaced; what it may have lost is covered by a global invalidation. */
START_TEST(test_queue_error_is_repaired)
{
	struct world w;
	uint32_t from, last = 0;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x3000, 3), IOMMU_OK);
	w.f->iqe_left = 1;
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(w.u.stats.queue_errors, 1);
	ck_assert_uint_eq(w.f->fsts & VTD_FSTS_IQE, 0);
	ck_assert_uint_eq(w.f->m.log[find_write(w.f, from, VTD_REG_FSTS, 0)].b, VTD_FSTS_IQE);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_CC, NULL), 1);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_IOTLB, &last), 1);
	ck_assert_uint_eq(FIELD_GET(VTD_IOTLBD0_G, w.f->m.log[last].a), VTD_IOTLBD_G_GLOBAL);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x2000, 0x1000), IOMMU_OK);

	/* and an error that does not go away breaks the unit, bounded */
	w.f->iqe_left = UINT32_MAX;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x3000, 0x1000), IOMMU_E_BROKEN);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	ck_assert_uint_eq(w.d.quarantined_pages, 1);
	world_end(&w);
}
END_TEST

/* The refused descriptor is the wait of an older, polled ticket: both end, none too early. */
START_TEST(test_queue_error_in_the_middle_of_a_batch)
{
	struct iommu_ticket t = { 0 };
	struct world w;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

static void start_ats(struct world *w)
{
	struct iommu_unit *units[] = { &w->u };

	world_init(w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_unit_start(&w->u), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&w->d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	w->dev.rid = 0x0318;
	w->dev.ats = true;
	ck_assert_int_eq(iommu_attach(&w->d, &w->u, &w->dev), IOMMU_OK);
	ck_assert_int_eq(iommu_map(&w->d, 0x1000, 0x1000, 0x3000, 3), IOMMU_OK);
}

/* ITE: the aborted batch is submitted again, and only the new wait counts. */
START_TEST(test_queue_device_time_out_resubmits)
{
	struct world w;
	uint32_t from;

	start_ats(&w);
	w.f->ite_left = 1;
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.log[find_write(w.f, from, VTD_REG_FSTS, 0)].b, VTD_FSTS_ITE);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_DEV_TLB, NULL), 2);
	ck_assert_uint_eq(w.u.stats.queue_errors, 1);
	w.f->ite_left = 3;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x2000, 0x1000), IOMMU_OK);
	ck_assert(!w.dev.silent);
	world_end(&w);
}
END_TEST

/* Five times in all, then it is blocked, and neither the unit nor the page has to wait for it. */
START_TEST(test_queue_silent_device_is_cut_off)
{
	struct world w;
	uint32_t from, before;

	start_ats(&w);
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
	world_end(&w);
}
END_TEST

/* IQERCD.ITESID names who did not answer; where it is 0 every device with an answer due may be the one. */
START_TEST(test_queue_silent_device_is_told_from_others)
{
	struct iommu_device other = { .rid = 0x0320, .ats = true };
	struct world w;

	start_ats(&w);
	ck_assert_int_eq(iommu_attach(&w.d, &w.u, &other), IOMMU_OK);
	w.f->ite_left = UINT32_MAX;
	w.f->ite_sid = other.rid;
	w.f->ite_told = _i == 0;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert(other.silent);
	ck_assert(w.dev.silent == (_i != 0));
	ck_assert_uint_eq(w.u.stats.silent_devices, _i == 0 ? 1 : 2);
	world_end(&w);
}
END_TEST

/* What a refused descriptor may have lost includes what devices hold. */
START_TEST(test_queue_error_reaches_device_tlbs)
{
	struct world w;
	uint32_t from, last = 0;

	start_ats(&w);
	w.f->iqe_left = 1;
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(w.f, from, VTD_DT_DEV_TLB, &last), 2);
	ck_assert_uint_eq(w.f->m.log[last].b, UINT64_C(0x7ffffffffffff001));
	world_end(&w);
}
END_TEST

START_TEST(test_queue_completion_error_is_cleared)
{
	struct world w;

	start_ats(&w);
	w.f->fsts |= VTD_FSTS_ICE;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(w.f->fsts & VTD_FSTS_ICE, 0);
	ck_assert_uint_eq(w.u.stats.queue_errors, 1);
	world_end(&w);
}
END_TEST

/* More ATS devices than the ring takes at once. */
START_TEST(test_queue_batches_longer_than_the_ring)
{
	enum {
		N = 256
	};
	static struct iommu_device dev[N];
	struct world w;
	uint32_t from;

	start_ats(&w);
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
	world_end(&w);
}
END_TEST

/* Hardware answers "nothing done": once, and a global invalidation is tried; twice, and the unit is broken. */
START_TEST(test_register_invalidation_refused)
{
	struct world w;
	uint32_t from;

	world_start(&w, FAKE_CAP, FAKE_ECAP, true);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x2000, 3), IOMMU_OK);
	w.f->refuse = 1;
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_ne(find_write(w.f, from, 0xf8,
				     VTD_IOTLB_IVT | FIELD_PREP(VTD_IOTLB_IIRG, VTD_IIRG_GLOBAL)),
			  UINT32_MAX);
	w.f->refuse = 2;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x2000, 0x1000), IOMMU_E_BROKEN);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	world_end(&w);
}
END_TEST

/* RWBF: a flush where nothing else follows (map, attach), none where an invalidation does (unmap). */
START_TEST(test_write_buffer_flush_only_where_needed)
{
	struct world w;
	uint32_t from;

	world_start(&w, FAKE_CAP | VTD_CAP_RWBF, FAKE_ECAP, false);
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
	ck_assert_uint_ne(find_write(w.f, from, VTD_REG_GCMD, VTD_GCMD_WBF), UINT32_MAX);
	ck_assert_uint_eq(w.u.stats.wbuf_flushes, 3);
	from = w.f->m.logged;
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(find_write(w.f, from, VTD_REG_GCMD, VTD_GCMD_WBF), UINT32_MAX);
	world_end(&w);
}
END_TEST

/* CM: absence may be cached, under domain id 0; a new bus asks for everything. */
START_TEST(test_attach_in_caching_mode)
{
	struct iommu_device second = { .rid = 0x0319 };
	struct world w;
	uint32_t from, cc = 0, iotlb = 0;

	world_start(&w, FAKE_CAP | VTD_CAP_CM, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

static void read_context(struct world *w, uint16_t rid, uint64_t q[2])
{
	uint64_t table = *fake_cpu(w->f, w->u.intel.root + 16u * (rid >> 8)) & ~UINT64_C(0xfff);

	q[0] = *fake_cpu(w->f, table + 16u * (rid & 255));
	q[1] = *fake_cpu(w->f, table + 16u * (rid & 255) + 8);
}

START_TEST(test_attach_writes_context_entries)
{
	struct iommu_device pt = { .rid = 0x0300 }, ats = { .rid = 0x0301, .ats = true };
	struct iommu_domain direct;
	struct world w;
	struct iommu_unit *units[] = { &w.u };
	uint64_t q[2];

	world_start(&w, FAKE_CAP | FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_39BIT), FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

/* 10.5: not present, then context, IOTLB, device-TLB by the old id, wait. */
START_TEST(test_detach_sequence)
{
	struct world w;
	uint32_t from, did, cc = 0, iotlb = 0, dev = 0, wait = 0;
	uint64_t q[2];

	start_ats(&w);
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
	world_end(&w);
}
END_TEST

START_TEST(test_domain_ids_run_out_and_come_back)
{
	static struct iommu_domain d[16];
	struct world w;
	struct iommu_unit *units[] = { &w.u };

	world_init(&w, FAKE_CAP & ~VTD_CAP_ND, FAKE_ECAP, false); /* 16 ids, 0 is never given */
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
	world_end(&w);
}
END_TEST

/* A domain on two units: one fails, its pages wait for that unit's reset alone. */
START_TEST(test_domain_on_two_units)
{
	struct fake *f2 = fake_new(FAKE_CAP & ~VTD_CAP_SSLPS, FAKE_ECAP & ~VTD_ECAP_C);
	struct iommu_unit_desc desc = fake_desc();
	struct iommu_device dev2 = { .rid = 0x20 };
	struct iommu_unit u2;
	struct iommu_domain d;
	struct world w;
	struct iommu_unit *units[] = { &w.u, &u2 };
	struct iommu_plat plat2;
	uint64_t size = 0;
	uint32_t from, pages;

	world_init(&w, FAKE_CAP, FAKE_ECAP, false);
	desc.index = 1;
	plat2 = f2->m.plat;
	plat2.lock = NULL; /* locks are counted per fake, and the two share one */
	plat2.unlock = NULL;
	w.f->m.plat.lock = NULL;
	w.f->m.plat.unlock = NULL;
	ck_assert_int_eq(iommu_unit_init(&u2, &plat2, &desc), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&u2), IOMMU_OK);
	ck_assert_int_eq(iommu_domain_init(&d, IOMMU_DOMAIN_PAGING, units, 2), IOMMU_OK);
	w.dev.rid = 0x10;
	ck_assert_int_eq(iommu_attach(&d, &w.u, &w.dev), IOMMU_OK);
	ck_assert_int_eq(iommu_attach(&d, &u2, &dev2), IOMMU_OK);
	/* the weaker unit decides the page size */
	ck_assert_int_eq(iommu_map(&d, 0x200000, 0x200000, 0x200000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_lookup(&d, 0x200000, NULL, NULL, &size), IOMMU_OK);
	ck_assert_uint_eq(size, 0x1000);
	from = f2->m.logged;
	ck_assert_int_eq(iommu_unmap(&d, 0x200000, 0x1000), IOMMU_OK);
	ck_assert_uint_eq(fake_count_desc(f2, from, VTD_DT_IOTLB, NULL), 1);
	pages = w.f->m.pages_used;
	f2->dead = FAKE_DEAD_QUEUE;
	ck_assert_int_eq(iommu_unmap(&d, 0x201000, 0x1ff000), IOMMU_E_TIMEOUT);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_TRANSLATING);
	ck_assert_int_eq(u2.stage, IOMMU_STAGE_BROKEN);
	ck_assert_uint_eq(w.f->m.pages_used, pages);
	ck_assert_int_eq(iommu_detach(&w.dev), IOMMU_OK); /* the healthy unit lets go */
	ck_assert_int_eq(iommu_domain_destroy(&d), IOMMU_E_BROKEN);
	f2->dead = 0;
	ck_assert_int_eq(iommu_unit_reset(&u2), IOMMU_OK);
	ck_assert_ptr_null(dev2.domain);
	ck_assert_int_eq(iommu_domain_destroy(&d), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.pages_used, 0);
	ck_assert_uint_eq(f2->m.pages_used, 0);
	ck_assert_uint_eq(f2->m.bad, 0);
	fake_free(f2);
	world_end(&w);
}
END_TEST

static uint64_t frcd_hi(uint64_t reason, uint64_t rid, uint64_t more)
{
	return reason << 32 | rid | more;
}

START_TEST(test_fault_drain_in_order_and_wrapping)
{
	struct iommu_fault out[8];
	struct world w;
	uint32_t n, from;
	bool lost;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

/* FRI keeps naming the first record until all are free: a drain in pieces must not start there again. */
START_TEST(test_fault_drain_in_pieces)
{
	struct iommu_fault out[4];
	struct world w;
	uint32_t n;
	bool lost;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

/* Overflow: all records freed, then PFO alone; the queue's error bits are not touched. */
START_TEST(test_fault_overflow_leaves_queue_errors_alone)
{
	struct iommu_fault out[300];
	struct world w;
	uint32_t n, slots = 256;
	bool lost;

	world_start(&w, FAKE_CAP | VTD_CAP_NFR, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

/* Records beyond a gap, as a predecessor may leave them: all must be free before the overflow is acknowledged. */
START_TEST(test_fault_overflow_with_gaps)
{
	struct iommu_fault out[4];
	struct world w;
	uint32_t n;
	bool lost;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

START_TEST(test_fault_record_with_pasid)
{
	struct iommu_fault out[1];
	struct world w;
	uint32_t n;
	bool lost;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

START_TEST(test_fault_event_is_unmasked_last)
{
	struct world w;
	uint32_t from;

	world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	world_end(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver unit");
	TCase *t = tcase_create("life");
	TCase *q = tcase_create("queue");
	TCase *c = tcase_create("context");
	TCase *f = tcase_create("fault");

	tcase_add_test(t, test_unit_init_refuses);
	tcase_add_test(t, test_unit_init_defaults_and_vendors);
	tcase_add_test(t, test_unit_without_memory);
	tcase_add_test(t, test_unit_stages_are_not_skipped);
	tcase_add_test(t, test_unit_takes_over_a_running_unit);
	tcase_add_test(t, test_unit_esrtps_needs_no_invalidation);
	tcase_add_loop_test(t, test_unit_every_handshake_is_bounded, 0,
			    (int)(sizeof(handshakes) / sizeof(handshakes[0])));
	tcase_add_test(t, test_unit_wait_ends_although_the_clock_stands);
	tcase_add_test(t, test_unit_surprise_removal_is_bounded);
	tcase_add_test(t, test_quarantine_keeps_pages_until_reset);
	tcase_add_test(t, test_domain_on_two_units);
	tcase_add_test(t, test_domain_needs_a_common_geometry);
	tcase_add_test(q, test_poll_times_out_without_waiting);
	tcase_add_test(q, test_poll_many_tickets_through_a_full_ring);
	tcase_add_test(q, test_queue_wraps);
	tcase_add_test(q, test_queue_error_is_repaired);
	tcase_add_test(q, test_queue_error_in_the_middle_of_a_batch);
	tcase_add_test(q, test_queue_device_time_out_resubmits);
	tcase_add_test(q, test_queue_silent_device_is_cut_off);
	tcase_add_loop_test(q, test_queue_silent_device_is_told_from_others, 0, 2);
	tcase_add_test(q, test_queue_error_reaches_device_tlbs);
	tcase_add_test(q, test_queue_completion_error_is_cleared);
	tcase_add_test(q, test_queue_batches_longer_than_the_ring);
	tcase_add_test(q, test_register_invalidation_refused);
	tcase_add_test(q, test_write_buffer_flush_only_where_needed);
	tcase_add_test(c, test_attach_in_caching_mode);
	tcase_add_test(c, test_attach_that_times_out);
	tcase_add_test(c, test_attach_writes_context_entries);
	tcase_add_test(c, test_detach_sequence);
	tcase_add_test(c, test_domain_ids_run_out_and_come_back);
	tcase_add_test(f, test_fault_drain_in_order_and_wrapping);
	tcase_add_test(f, test_fault_drain_in_pieces);
	tcase_add_test(f, test_fault_overflow_leaves_queue_errors_alone);
	tcase_add_test(f, test_fault_overflow_with_gaps);
	tcase_add_test(f, test_fault_record_with_pasid);
	tcase_add_test(f, test_fault_event_is_unmasked_last);
	suite_add_tcase(s, t);
	suite_add_tcase(s, q);
	suite_add_tcase(s, c);
	suite_add_tcase(s, f);
	return s;
}

UNIT_MAIN(suite)
