/*
 * Life of a unit: take-over, order of the steps, every handshake that never ends, quarantine and reset, domains on it.
 * On the fake platform; expectations from the specification's software sequences.
 */
#include "unit.h"

#include <string.h>

#include "intel_world.h"

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
	struct intel_world w;
	struct iommu_unit *units[] = { &w.u };
	uint32_t pages;

	intel_world_init(&w, FAKE_CAP, FAKE_ECAP, false);
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
	intel_world_end(&w);
}
END_TEST

START_TEST(test_domain_needs_a_common_geometry)
{
	struct fake *f2 =
		fake_new((FAKE_CAP & ~VTD_CAP_SAGAW) | FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_39BIT),
			 FAKE_ECAP & ~VTD_ECAP_PT);
	struct iommu_unit_desc desc = fake_desc();
	struct iommu_unit u2;
	struct intel_world w;
	struct iommu_unit *units[] = { &w.u, &u2 }, *twice[] = { &w.u, &w.u };

	intel_world_init(&w, FAKE_CAP, FAKE_ECAP, false);
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
	intel_world_end(&w);
}
END_TEST

START_TEST(test_unit_stages_are_not_skipped)
{
	struct intel_world w;
	struct iommu_unit *units[] = { &w.u };

	intel_world_init(&w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_unit_program(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_enable(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_reset(&w.u), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_domain_init(&w.d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_E_STAGE);
	ck_assert_int_eq(iommu_unit_build(&w.u), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.logged, 0); /* built in memory, nothing programmed */
	ck_assert_int_eq(iommu_unit_build(&w.u), IOMMU_E_STAGE);
	/* a device attached before the unit is programmed */
	intel_world_attach(&w);
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
	intel_world_end(&w);
}
END_TEST

/* Firmware left everything on: 10.1 "Initialise a unit" of the sequences, in its order. */
START_TEST(test_unit_takes_over_a_running_unit)
{
	struct intel_world w;
	uint32_t te, srtp, qie_off, qie_on, cc, iotlb, wait, te_on, pmen;

	intel_world_init(&w, FAKE_CAP | VTD_CAP_RWBF | VTD_CAP_PLMR, FAKE_ECAP, false);
	w.f->gsts = VTD_GSTS_TES | VTD_GSTS_QIES | VTD_GSTS_IRES | VTD_GSTS_RTPS | VTD_GSTS_CFIS;
	w.f->iqh = w.f->iqt = 0x40;
	w.f->fectl = 0;
	w.f->pmen = VTD_PMEN_EPM | VTD_PMEN_PRS;
	fake_fault(w.f, 2, 0x1000, 0, true);
	w.f->fsts |= VTD_FSTS_PFO | VTD_FSTS_ITE;
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	te = fake_find_write(w.f, 0, VTD_REG_GCMD, 0);
	ck_assert_uint_eq(w.f->m.log[te].b, VTD_GCMD_QIE | VTD_GCMD_IRE | VTD_GCMD_CFI);
	qie_off = fake_find_write(w.f, te + 2, VTD_REG_GCMD, 0);
	ck_assert_uint_eq(w.f->m.log[qie_off].b, VTD_GCMD_CFI);
	qie_on = fake_find_write(w.f, qie_off, VTD_REG_GCMD, VTD_GCMD_QIE);
	srtp = fake_find_write(w.f, 0, VTD_REG_GCMD, VTD_GCMD_SRTP);
	ck_assert_uint_lt(fake_find_write(w.f, 0, VTD_REG_GCMD, VTD_GCMD_WBF), srtp);
	cc = fake_find_desc(w.f, 0, VTD_DT_CC);
	iotlb = fake_find_desc(w.f, 0, VTD_DT_IOTLB);
	wait = fake_find_desc(w.f, 0, VTD_DT_WAIT);
	te_on = fake_find_write(w.f, srtp, VTD_REG_GCMD, VTD_GCMD_TE);
	pmen = fake_find_write(w.f, 0, VTD_REG_PMEN, 0);
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
	intel_world_end(&w);
}
END_TEST

START_TEST(test_unit_esrtps_needs_no_invalidation)
{
	struct intel_world w;

	intel_world_init(&w, FAKE_CAP | VTD_CAP_ESRTPS, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	ck_assert_uint_eq(fake_find_desc(w.f, 0, VTD_DT_CC), UINT32_MAX);
	intel_world_end(&w);
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
	struct intel_world w;
	uint32_t pages;

	intel_world_init(&w, FAKE_CAP | handshakes[_i].cap, FAKE_ECAP, handshakes[_i].reg);
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
	intel_world_end(&w);
}
END_TEST

/* A clock that stands still must not turn a bounded wait into an endless one. */
START_TEST(test_unit_wait_ends_although_the_clock_stands)
{
	struct intel_world w;

	intel_world_init(&w, FAKE_CAP, FAKE_ECAP, false);
	w.f->m.clock_stands = true;
	w.f->dead = FAKE_DEAD_SRTP;
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_E_TIMEOUT);
	intel_world_end(&w);
}
END_TEST

START_TEST(test_unit_surprise_removal_is_bounded)
{
	struct intel_world w;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	struct intel_world w;
	uint32_t pages, from;

	intel_world_start(&w, FAKE_CAP, FAKE_ECAP, false);
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
	ck_assert_uint_ne(fake_find_desc(w.f, from, VTD_DT_IOTLB), UINT32_MAX);
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
	intel_world_attach(&w);
	ck_assert_int_eq(iommu_map(&w.d, 0x1000, 0x1000, 0x1000, 3), IOMMU_OK);
	ck_assert_int_eq(iommu_unmap(&w.d, 0x1000, 0x1000), IOMMU_OK);
	intel_world_end(&w);
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
	struct intel_world w;
	struct iommu_unit *units[] = { &w.u, &u2 };
	struct iommu_plat plat2;
	uint64_t size = 0;
	uint32_t from, pages;

	intel_world_init(&w, FAKE_CAP, FAKE_ECAP, false);
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
	intel_world_end(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver unit");
	TCase *t = tcase_create("life");

	tcase_add_test(t, test_unit_init_refuses);
	tcase_add_test(t, test_unit_init_defaults_and_vendors);
	tcase_add_test(t, test_unit_without_memory);
	tcase_add_test(t, test_domain_needs_a_common_geometry);
	tcase_add_test(t, test_unit_stages_are_not_skipped);
	tcase_add_test(t, test_unit_takes_over_a_running_unit);
	tcase_add_test(t, test_unit_esrtps_needs_no_invalidation);
	tcase_add_loop_test(t, test_unit_every_handshake_is_bounded, 0,
			    (int)(sizeof(handshakes) / sizeof(handshakes[0])));
	tcase_add_test(t, test_unit_wait_ends_although_the_clock_stands);
	tcase_add_test(t, test_unit_surprise_removal_is_bounded);
	tcase_add_test(t, test_quarantine_keeps_pages_until_reset);
	tcase_add_test(t, test_domain_on_two_units);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
