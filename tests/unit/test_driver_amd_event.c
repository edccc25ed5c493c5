/*
 * The AMD-Vi event log: decoding, draining, overflow, errata, interrupts. On the fake unit; events from the layout and the
 * worked examples of 48882.
 */
#include "unit.h"

#include <string.h>

#include "fake_amdvi.h"

struct world {
	struct fake_amdvi *f;
	struct iommu_unit u;
	struct iommu_fault out[300];
	uint32_t n;
	bool lost;
};

static void world_start(struct world *w, uint64_t efr)
{
	struct iommu_unit_desc desc;

	memset(w, 0, sizeof(*w));
	w->f = fake_amdvi_new(AFAKE_CAP, efr);
	desc = fake_amdvi_desc(w->f);
	ck_assert_int_eq(iommu_unit_init(&w->u, &w->f->m.plat, &desc), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&w->u), IOMMU_OK);
}

static void drain(struct world *w, uint32_t max)
{
	memset(w->out, 0xee, sizeof(w->out));
	ck_assert_int_eq(iommu_fault_drain(&w->u, w->out, max, &w->n, &w->lost), IOMMU_OK);
}

static void world_end(struct world *w)
{
	ck_assert_msg(w->f->m.bad == 0, "%s", w->f->m.bad_why ? w->f->m.bad_why : "");
	fake_amdvi_free(w->f);
}

START_TEST(test_amd_event_is_decoded)
{
	static const struct {
		uint64_t q0, q1, addr;
		uint32_t pasid;
		uint16_t rid;
		uint8_t reason, at, kind;
		bool has_pasid;
	} rows[] = {
		/* IO_PAGE_FAULT 01:00.0 domain 7: write and read to what is not present, missing permission */
		{ 0x2020000700000100, 0xdeadb123, 0xdeadb000, 0, 0x100, 2, 0, IOMMU_FAULT_WRITE,
		  false },
		{ 0x2000000700000100, 0xdeadb000, 0xdeadb000, 0, 0x100, 2, 0, IOMMU_FAULT_READ,
		  false },
		{ 0x2070000700000100, 0xdeadb000, 0xdeadb000, 0, 0x100, 2, 0, IOMMU_FAULT_WRITE,
		  false },
		/* the same with PASID ABCDEh: 19:16 in 19:16, the rest where the domain was */
		{ 0x2001bcde000a0100, 0x7000, 0x7000, 0xabcde, 0x100, 2, 0, IOMMU_FAULT_READ,
		  true },
		/* ILLEGAL_DEV_TABLE_ENTRY, write, reserved bit; as a translation request */
		{ 0x10a0000000000100, 0xdeadb000, 0xdeadb000, 0, 0x100, 1, 0, IOMMU_FAULT_WRITE,
		  false },
		{ 0x1180000000000100, 0xdeadb000, 0xdeadb000, 0, 0x100, 1, 1, IOMMU_FAULT_READ,
		  false },
		/* errors that name a structure of the driver */
		{ 0x3400000000000100, 0x102020, 0x102020, 0, 0x100, 3, 0, IOMMU_FAULT_READ, false },
		{ 0x5000000000000000, 0x200040, 0x200040, 0, 0, 5, 0, IOMMU_FAULT_READ, false },
		{ 0x6200000000000000, 0x200050, 0x200050, 0, 0, 6, 0, IOMMU_FAULT_READ, false },
		/* INVALID_DEVICE_REQUEST: pre-translated with I = 0 */
		{ 0x8200000000000100, 0xdeadb000, 0xdeadb000, 0, 0x100, 8, 2, IOMMU_FAULT_READ,
		  false },
		/* INVALID_PPR_REQUEST with PASID 5432Ah: the layout of a page request; W and GN */
		{ 0x91201403432a0100, 0x9000, 0x9000, 0x5432a, 0x100, 9, 0,
		  IOMMU_FAULT_PAGE_REQUEST, true },
	};
	struct world w;

	world_start(&w, AFAKE_EFR);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_amdvi_event(w.f, rows[i].q0, rows[i].q1);
		drain(&w, 300);
		ck_assert_uint_eq(w.n, 1);
		ck_assert_uint_eq(w.out[0].raw[0], rows[i].q0);
		ck_assert_uint_eq(w.out[0].raw[1], rows[i].q1);
		ck_assert_uint_eq(w.out[0].addr, rows[i].addr);
		ck_assert_uint_eq(w.out[0].rid, rows[i].rid);
		ck_assert_uint_eq(w.out[0].reason, rows[i].reason);
		ck_assert_msg(w.out[0].at == rows[i].at, "row %u: at %u", i, w.out[0].at);
		ck_assert_msg(w.out[0].kind == rows[i].kind, "row %u: kind %u", i, w.out[0].kind);
		ck_assert_uint_eq(w.out[0].has_pasid, rows[i].has_pasid);
		ck_assert_msg(w.out[0].pasid == rows[i].pasid, "row %u: pasid %x", i,
			      w.out[0].pasid);
	}
	world_end(&w);
}
END_TEST

static void page_faults(struct world *w, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++)
		fake_amdvi_event(w->f, UINT64_C(0x2000000100000000) | i, i * UINT64_C(0x1000));
}

/* Oldest first, in pieces, around the end of the ring; each slot is emptied before the head gives it back. */
START_TEST(test_amd_event_order_and_wrap)
{
	struct world w;
	uint32_t next = 0;

	world_start(&w, AFAKE_EFR);
	for (uint32_t round = 0; round < 12; round++) {
		page_faults(&w, round * 90, 90);
		for (uint32_t piece = 0; piece < 3; piece++) {
			drain(&w, 30);
			ck_assert_uint_eq(w.n, 30);
			ck_assert(!w.lost);
			for (uint32_t i = 0; i < 30; i++)
				ck_assert_uint_eq(w.out[i].rid, next++);
		}
		ck_assert_uint_eq(w.f->evt_head, w.f->evt_tail);
	}
	for (uint32_t i = 0; i < 512; i += 2) /* the word with the code */
		ck_assert_uint_eq(*fake_mem_cpu(&w.f->m, w.u.amd.log + 8 * i), 0);
	drain(&w, 30);
	ck_assert_uint_eq(w.n, 0);
	ck_assert_uint_eq(w.u.stats.faults, 12 * 90);
	world_end(&w);
}
END_TEST

/* Full: restarted once everything was handed out, not before; told once. Run bit cleared by the overflow or not. */
START_TEST(test_amd_event_overflow_restarts)
{
	struct world w;

	world_start(&w, AFAKE_EFR);
	w.f->run_survives = _i;
	page_faults(&w, 0, 300);
	drain(&w, 200);
	ck_assert_uint_eq(w.n, 200);
	ck_assert(!w.lost);
	ck_assert_uint_eq(w.f->status & AMDVI_STATUS_EVENTOVERFLOW, AMDVI_STATUS_EVENTOVERFLOW);
	drain(&w, 200);
	ck_assert_uint_eq(w.n, 55);
	ck_assert_uint_eq(w.out[54].rid, 254);
	ck_assert(w.lost);
	ck_assert_uint_eq(w.f->status & AMDVI_STATUS_EVENTOVERFLOW, 0);
	ck_assert(w.f->log_run);
	ck_assert_uint_eq(w.u.stats.fault_overflows, 1);
	page_faults(&w, 1000, 2);
	drain(&w, 200);
	ck_assert_uint_eq(w.n, 2);
	ck_assert_uint_eq(w.out[0].rid, 1000);
	ck_assert(!w.lost);
	world_end(&w);
}
END_TEST

/* The restart keeps what else is on, and waits within its bound. */
START_TEST(test_amd_event_restart_that_hangs)
{
	struct world w;

	world_start(&w, AFAKE_EFR);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee01000, 0x41), IOMMU_OK);
	page_faults(&w, 0, 300);
	drain(&w, 300);
	ck_assert_uint_eq(w.f->control & (AMDVI_CONTROL_EVENTINTEN | AMDVI_CONTROL_EVENTLOGEN |
					  AMDVI_CONTROL_CMDBUFEN | AMDVI_CONTROL_IOMMUEN),
			  AMDVI_CONTROL_EVENTINTEN | AMDVI_CONTROL_EVENTLOGEN |
				  AMDVI_CONTROL_CMDBUFEN | AMDVI_CONTROL_IOMMUEN);
	page_faults(&w, 0, 300);
	w.f->dead = AFAKE_DEAD_LOG_ON;
	ck_assert_int_eq(iommu_fault_drain(&w.u, w.out, 300, &w.n, &w.lost), IOMMU_E_TIMEOUT);
	ck_assert_uint_eq(w.n, 255);
	ck_assert_int_eq(w.u.stage, IOMMU_STAGE_BROKEN);
	world_end(&w);
}
END_TEST

/* Errata 732 and 733: the tail tells of an entry that is not there yet, or never comes. */
START_TEST(test_amd_event_late_entries)
{
	struct world w;

	world_start(&w, AFAKE_EFR);
	w.f->late = true;
	page_faults(&w, 1, 2);
	drain(&w, 300);
	ck_assert_uint_eq(w.n, 2);
	ck_assert_uint_eq(w.out[0].rid, 1);
	ck_assert_uint_eq(w.out[1].rid, 2);
	ck_assert(!w.lost);
	page_faults(&w, 3, 2);
	w.f->late_event[0] = 0; /* the second never comes */
	drain(&w, 300);
	ck_assert_uint_eq(w.n, 1);
	ck_assert(w.lost);
	page_faults(&w, 5, 1);
	drain(&w, 300);
	ck_assert_uint_eq(w.n, 1);
	ck_assert_uint_eq(w.out[0].rid, 5);
	world_end(&w);
}
END_TEST

/* The status bit is written alone, before the tail is read, so that the next event raises an interrupt again. */
START_TEST(test_amd_event_interrupt_comes_again)
{
	struct world w;
	uint32_t from;

	world_start(&w, AFAKE_EFR);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee01001, 0x41), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee01000, 0x10041), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee01000, 0x41), IOMMU_OK);
	ck_assert_uint_eq(w.f->msi_lo, 0xfee01000);
	ck_assert_uint_eq(w.f->msi_hi, 0);
	ck_assert_uint_eq(w.f->msi_data, 0x41);
	ck_assert_uint_eq(w.f->msi_header, 0x00810005);
	for (uint32_t i = 1; i <= 3; i++) {
		page_faults(&w, 0, 2);
		ck_assert_uint_eq(w.f->interrupts, i);
		from = w.f->m.logged;
		w.f->status |= AMDVI_STATUS_COMWAITINT | AMDVI_STATUS_PPRINT;
		drain(&w, 300);
		ck_assert_uint_eq(w.n, 2);
		ck_assert_uint_eq(w.f->m.log[from].a, AMDVI_REG_STATUS);
		ck_assert_uint_eq(w.f->m.log[from].b, AMDVI_STATUS_EVENTLOGINT);
		ck_assert_uint_eq(w.f->status, AMDVI_STATUS_COMWAITINT | AMDVI_STATUS_PPRINT);
	}
	world_end(&w);
}
END_TEST

/* Without MSI registers in the register file: the x2APIC ones, or none at all. */
START_TEST(test_amd_event_other_routes)
{
	struct world w;

	world_start(&w, (AFAKE_EFR & ~AMDVI_EFR_MSICAPMMIOSUP) | AMDVI_EFR_XTSUP);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee02004, 0x241), IOMMU_E_INVAL);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee02004, 0x131), IOMMU_OK);
	/* destination 02h, logical, vector 31h, lowest priority */
	ck_assert_uint_eq(w.f->xt_gen, UINT64_C(0x13100000204));
	ck_assert_uint_eq(w.f->control & AMDVI_CONTROL_INTCAPXTEN, AMDVI_CONTROL_INTCAPXTEN);
	page_faults(&w, 0, 1);
	ck_assert_uint_eq(w.f->interrupts, 1);
	world_end(&w);
	world_start(&w, AFAKE_EFR & ~AMDVI_EFR_MSICAPMMIOSUP);
	ck_assert_int_eq(iommu_unit_fault_event(&w.u, 0xfee01000, 0x41), IOMMU_E_UNSUPPORTED);
	ck_assert_uint_eq(w.f->control & AMDVI_CONTROL_EVENTINTEN, 0);
	world_end(&w);
}
END_TEST

/* No log, no events: before the unit is programmed and after it stopped. */
START_TEST(test_amd_event_drain_in_every_stage)
{
	struct iommu_unit_desc desc;
	struct world w;

	memset(&w, 0, sizeof(w));
	w.f = fake_amdvi_new(AFAKE_CAP, AFAKE_EFR);
	desc = fake_amdvi_desc(w.f);
	ck_assert_int_eq(iommu_unit_init(&w.u, &w.f->m.plat, &desc), IOMMU_OK);
	drain(&w, 300);
	ck_assert_int_eq(iommu_unit_build(&w.u), IOMMU_OK);
	drain(&w, 300);
	ck_assert_int_eq(iommu_unit_program(&w.u), IOMMU_OK);
	drain(&w, 300);
	ck_assert_uint_eq(w.n, 0);
	ck_assert(!w.lost);
	ck_assert_int_eq(iommu_unit_enable(&w.u), IOMMU_OK);
	page_faults(&w, 0, 1);
	drain(&w, 0);
	ck_assert_uint_eq(w.n, 0);
	drain(&w, 1);
	ck_assert_uint_eq(w.n, 1);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	drain(&w, 300);
	ck_assert_uint_eq(w.n, 0);
	world_end(&w);
}
END_TEST

/* The log is given back when the unit stops, what it held is not lost: handed out first, whenever it is asked for. */
START_TEST(test_amd_event_survives_a_stop)
{
	struct world w;

	world_start(&w, AFAKE_EFR);
	page_faults(&w, 0, 300);
	drain(&w, 5);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	ck_assert_uint_eq(w.f->m.pages_used, 0);
	drain(&w, 100);
	ck_assert_uint_eq(w.n, 100);
	ck_assert_uint_eq(w.out[0].rid, 5);
	ck_assert(!w.lost);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	page_faults(&w, 1000, 3);
	drain(&w, 300);
	ck_assert_uint_eq(w.n, 150 + 3);
	ck_assert_uint_eq(w.out[149].rid, 254);
	ck_assert_uint_eq(w.out[150].rid, 1000);
	ck_assert(w.lost);
	drain(&w, 300);
	ck_assert_uint_eq(w.n, 0);
	ck_assert(!w.lost);
	/* two stops without a drain: the events of both wait */
	page_faults(&w, 1, 1);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
	page_faults(&w, 2, 1);
	ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	drain(&w, 300);
	ck_assert_uint_eq(w.n, 2);
	ck_assert_uint_eq(w.out[0].rid, 1);
	ck_assert_uint_eq(w.out[1].rid, 2);
	ck_assert(!w.lost);
	/* what two full logs hold does not fit: the oldest stay, and the loss is told */
	for (int stop = 0; stop < 2; stop++) {
		ck_assert_int_eq(iommu_unit_start(&w.u), IOMMU_OK);
		page_faults(&w, 1000u * (unsigned)stop, 200);
		ck_assert_int_eq(iommu_unit_stop(&w.u), IOMMU_OK);
	}
	drain(&w, 300);
	ck_assert_uint_eq(w.n, 256);
	ck_assert_uint_eq(w.out[0].rid, 0);
	ck_assert_uint_eq(w.out[255].rid, 1055);
	ck_assert(w.lost);
	world_end(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("driver amd event");
	TCase *t = tcase_create("event");

	tcase_add_test(t, test_amd_event_is_decoded);
	tcase_add_test(t, test_amd_event_order_and_wrap);
	tcase_add_loop_test(t, test_amd_event_overflow_restarts, 0, 2);
	tcase_add_test(t, test_amd_event_restart_that_hangs);
	tcase_add_test(t, test_amd_event_late_entries);
	tcase_add_test(t, test_amd_event_interrupt_comes_again);
	tcase_add_test(t, test_amd_event_other_routes);
	tcase_add_test(t, test_amd_event_drain_in_every_stage);
	tcase_add_test(t, test_amd_event_survives_a_stop);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
