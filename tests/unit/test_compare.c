/*
 * Transcripts beside each other: what has to be the same, what has no order, which row explains which difference and no other.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <string.h>

#include "crosscheck/compare.h"
#include "hw/vtd.h"

#define MOST 16

/* A side, record by record. */
struct side {
	struct record record[MOST];
	struct transcript t;
};

static void begin(struct side *s)
{
	memset(s, 0, sizeof(*s));
	s->t.record = s->record;
	s->t.unit.arch = BE_VTD;
	/* FRO 22h, SAGAW 48 bits, as on q35 */
	s->t.unit.word[BE_VTD_CAP] = UINT64_C(0x00d2008c222f0606);
	s->t.units = 1;
}

static struct record *put(struct side *s, enum record_kind kind, uint32_t off, uint64_t val)
{
	struct record *r = &s->record[s->t.count++];

	r->kind = kind;
	r->off = off;
	r->width = 4;
	r->val[0] = val;
	return r;
}

static void dma(struct side *s, uint64_t iova, uint64_t pa, bool stale)
{
	struct record *r = put(s, RECORD_DMA, 0, 0);

	r->dma = (struct be_dma){ .access = BE_WRITE, .addr = iova, .len = 8 };
	r->res = (struct be_dma_result){ .outcome = BE_OK, .done = 8, .pa = pa, .stale = stale };
	r->res.seg[0] = (struct be_segment){ pa, 8 };
	r->res.segs = 1;
}

static struct compare beside(const struct side *sim, const struct side *qemu, uint32_t version)
{
	struct compare c = { .arch = BE_VTD,
			     .version = version,
			     .sim = &sim->t,
			     .qemu = &qemu->t,
			     .qemu_name = "qemu",
			     .steps = 1,
			     .fails_in = UINT32_MAX };

	compare_transcripts(&c);
	return c;
}

static bool fired(const struct compare *c, const char *id)
{
	int n = rows_find(id);

	ck_assert_int_ge(n, 0);
	return c->fired[n];
}

START_TEST(test_compare_polls_may_differ_and_what_follows_may_not)
{
	struct side sim, qemu;
	struct compare c;

	begin(&sim);
	begin(&qemu);
	put(&sim, RECORD_WRITE, VTD_REG_GCMD, VTD_GCMD_TE);
	put(&qemu, RECORD_WRITE, VTD_REG_GCMD, VTD_GCMD_TE);
	put(&sim, RECORD_READ, VTD_REG_FSTS, 0); /* on one side only */
	put(&sim, RECORD_READ, VTD_REG_GSTS, VTD_GSTS_TES);
	put(&qemu, RECORD_READ, VTD_REG_GSTS, VTD_GSTS_TES);
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(!c.differs);
	ck_assert_uint_eq(c.records, 2);

	put(&sim, RECORD_WRITE, VTD_REG_IQT, 0x10);
	put(&qemu, RECORD_WRITE, VTD_REG_IQT, 0x20);
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(c.differs);
	ck_assert_ptr_nonnull(strstr(c.text, "> write IQT = 0x10"));
	ck_assert_ptr_nonnull(strstr(c.text, "> write IQT = 0x20"));
}
END_TEST

START_TEST(test_compare_bytes_that_went_elsewhere_differ)
{
	struct side sim, qemu;
	struct compare c;

	begin(&sim);
	begin(&qemu);
	dma(&sim, 0x5000, 0x200000, false);
	dma(&qemu, 0x5000, 0x300000, false);
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(c.differs && !c.stale);

	/* one DMA in two parts is still the same DMA */
	qemu.record[0].res.pa = 0x200000;
	qemu.record[0].res.seg[0] = (struct be_segment){ 0x200000, 4 };
	qemu.record[0].res.seg[1] = (struct be_segment){ 0x200004, 4 };
	qemu.record[0].res.segs = 2;
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(!c.differs);
}
END_TEST

/* A DMA at a yield point behind the writes that `at` stands for, and a register write behind it. */
static void inside(struct side *s, uint64_t at, uint64_t pa)
{
	dma(s, 0x5000, pa, false);
	s->record[s->t.count - 1].kind = RECORD_INSIDE;
	s->record[s->t.count - 1].at = at;
}

START_TEST(test_compare_yield_points_behind_the_same_writes)
{
	struct side sim, qemu;
	struct compare c;

	begin(&sim);
	begin(&qemu);
	inside(&sim, 1, 0x200000);
	put(&sim, RECORD_WRITE, VTD_REG_IQT, 0x10);
	inside(&sim, 2, 0x300000);
	inside(&sim, 2, 0x300000); /* a guest that waits has more of them */
	inside(&qemu, 1, 0x200000);
	inside(&qemu, 5, 0x400000); /* another place: nothing to compare it with */
	put(&qemu, RECORD_WRITE, VTD_REG_IQT, 0x10);
	inside(&qemu, 2, 0x300000);
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(!c.differs);
	ck_assert_uint_eq(c.records, 4);

	qemu.record[qemu.t.count - 1].res.seg[0].pa = 0x600000;
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(c.differs);
	ck_assert_ptr_nonnull(strstr(c.text, "> write 8 at 0x5000 by 0: pa 0x300000"));
}
END_TEST

START_TEST(test_compare_forgotten_translation_has_to_be_the_fresh_one)
{
	struct side sim, qemu, fresh;
	struct compare c;

	begin(&sim);
	begin(&qemu);
	begin(&fresh);
	dma(&sim, 0x5000, 0x200000, false);
	dma(&qemu, 0x5000, 0x200000, false);
	dma(&fresh, 0x5000, 0x200000, false);
	put(&sim, RECORD_WRITE, VTD_REG_GCMD, VTD_GCMD_SRTP);
	put(&qemu, RECORD_WRITE, VTD_REG_GCMD, VTD_GCMD_SRTP);
	put(&fresh, RECORD_WRITE, VTD_REG_GCMD, VTD_GCMD_SRTP);
	dma(&sim, 0x5000, 0x200000, true);
	dma(&qemu, 0x5000, 0x600000, false);
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(c.differs && c.stale);

	dma(&fresh, 0x5000, 0x600000, false);
	c.fresh = &fresh.t;
	compare_transcripts(&c);
	ck_assert(!c.differs && c.ended && fired(&c, "V14"));

	fresh.record[2].res.pa = 0x700000; /* neither old nor new */
	compare_transcripts(&c);
	ck_assert(c.differs && !c.ended);
}
END_TEST

START_TEST(test_compare_row_speaks_of_its_field_and_versions)
{
	struct side sim, qemu;
	struct compare c;

	begin(&sim);
	begin(&qemu);
	put(&sim, RECORD_FAULT, 0, 0x5000)->val[1] = UINT64_C(0x8000000500000008);
	put(&qemu, RECORD_FAULT, 0, 0x5000)->val[1] = UINT64_C(0x80ffff0500000008);
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(!c.differs && fired(&c, "V9"));
	c = beside(&sim, &qemu, ROWS_VERSION(11, 1));
	ck_assert(c.differs);

	qemu.record[0].val[1] = UINT64_C(0x80ffff0600000008); /* another reason besides */
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(c.differs);

	qemu.t.count = 0; /* no record at all */
	c = beside(&sim, &qemu, ROWS_VERSION(7, 2));
	ck_assert(c.differs);
}
END_TEST

START_TEST(test_compare_every_witness_has_a_row)
{
	uint32_t known = 0;

	for (uint32_t i = 0; rows_at(i); i++)
		known += rows_witness(rows_at(i)->id) != NULL;
	ck_assert_uint_ge(known, 30);
	ck_assert_ptr_null(rows_witness("V0"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("compare");
	TCase *t = tcase_create("compare");

	tcase_add_test(t, test_compare_polls_may_differ_and_what_follows_may_not);
	tcase_add_test(t, test_compare_bytes_that_went_elsewhere_differ);
	tcase_add_test(t, test_compare_yield_points_behind_the_same_writes);
	tcase_add_test(t, test_compare_forgotten_translation_has_to_be_the_fresh_one);
	tcase_add_test(t, test_compare_row_speaks_of_its_field_and_versions);
	tcase_add_test(t, test_compare_every_witness_has_a_row);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
