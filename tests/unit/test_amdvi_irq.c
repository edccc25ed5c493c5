/*
 * Interrupt remapping of an AMD-Vi unit: entries of both sizes against a reading of 48882 2.2.5 "Interrupt Remapping Tables"
 * typed again here, and the cause the oracle gives for a stale entry.
 */
#include <string.h>

#include "amdvi_world.h"
#include "unit.h"

#define TABLE UINT64_C(0x200000)
#define RID 0x0008u
#define INDEX 5u

struct irq_world {
	struct sim *s;
	uint64_t random;
	bool wide, xt;
	uint32_t tail;
};

static void put(struct sim *s, uint64_t pa, uint64_t word)
{
	ck_assert_int_eq(sim_mem_store(s, pa, &word, sizeof(word)), SIM_OK);
}

static void start(struct irq_world *w, bool wide, bool xt, bool oracle)
{
	struct sim_config config = { .seed = 5, .oracle = oracle };
	struct sim_amdvi_config unit;

	*w = (struct irq_world){ .random = 99, .wide = wide, .xt = xt };
	ck_assert_int_eq(sim_create(&config, &w->s), SIM_OK);
	ck_assert_int_eq(sim_mem_add(w->s, 0, 0xffffff), SIM_OK);
	sim_amdvi_default(&unit);
	unit.efr |= 1u << 7 | 1u << 2; /* GASup, XTSup */
	ck_assert_int_eq(sim_amdvi_add(w->s, &unit), 0);
	ck_assert_int_eq(sim_device_add(w->s, 0, RID, false), 0);
	/* IV, IntTabLen 5, IntCtl 10b */
	put(w->s, 0x100000 + 32 * RID + 16, 1 | 5 << 1 | TABLE | UINT64_C(2) << 60);
	sim_reg_write(w->s, 0, 0x00, 8, 0x100000);
	sim_reg_write(w->s, 0, 0x08, 8, 0x104000 | UINT64_C(8) << 56);
	sim_reg_write(w->s, 0, 0x18, 8,
		      1 | 1 << 10 | 1 << 12 | (wide ? 1u << 17 : 0) | (xt ? UINT64_C(1) << 50 : 0));
	sim_advance(w->s, 100000);
}

static void message(struct irq_world *w, uint32_t index, struct sim_xlat *x)
{
	const struct sim_request rq = {
		.addr = 0xfee00000u, .rid = RID, .access = SIM_WRITE, .len = 4, .data = index
	};

	sim_translate(w->s, &rq, x);
}

static uint64_t bits(uint64_t word, unsigned high, unsigned low)
{
	return word >> low & (~UINT64_C(0) >> (63 - (high - low)));
}

/* Flags of the page fault (bits 59:48 of the event), 0: delivered. */
static unsigned want_flags(const struct irq_world *w, const uint64_t *q)
{
	bool reserved = bits(q[0], 7, 7) || bits(q[0], 4, 2) > 1;

	if (!(q[0] & 1))
		return 0x008;
	if (!w->wide)
		reserved |= bits(q[0], 31, 24) != 0;
	else
		reserved |= bits(q[0], 63, 32) || bits(q[1], 55, 8);
	if (w->wide && !w->xt)
		reserved |= bits(q[0], 31, 16) || bits(q[1], 63, 56);
	return reserved ? 0x098 : 0;
}

static void want_message(const struct irq_world *w, const uint64_t *q, uint64_t *addr,
			 uint32_t *data)
{
	uint64_t dest = w->xt ? bits(q[0], 31, 8) | bits(q[1], 63, 56) << 24 : bits(q[0], 15, 8);

	*addr = 0xfee00000u | (dest & 0xff) << 12 | dest >> 8 << 40 | bits(q[0], 6, 6) << 2;
	*data = (uint32_t)((w->wide ? q[1] & 0xff : bits(q[0], 23, 16)) | bits(q[0], 2, 2) << 8 |
			   (bits(q[0], 5, 5) ? 0xc000 : 0));
}

static void random_entry(struct irq_world *w, uint64_t *q)
{
	uint64_t any = world_random(&w->random);

	q[0] = (any & (w->xt ? 0xffffff00 : 0xff00)) | (any >> 32 & 0x66);
	q[0] |= (world_below(&w->random, 8) ? 1 : 0) | (w->wide ? 0 : any >> 16 & 0xff0000);
	q[1] = w->wide ? (any >> 56) | (w->xt ? any << 56 : 0) : 0;
	if (!world_below(&w->random, 3))
		q[w->wide && world_below(&w->random, 2)] ^=
			UINT64_C(1) << world_below(&w->random, w->wide ? 64 : 32);
}

/* Of 32 bits the odd one of two in a word; its neighbour is all ones. */
static void lay(struct irq_world *w, const uint64_t *q)
{
	if (w->wide) {
		put(w->s, TABLE + 16 * INDEX, q[0]);
		put(w->s, TABLE + 16 * INDEX + 8, q[1]);
	} else {
		put(w->s, TABLE + 4 * (INDEX & ~1u), q[0] << 32 | 0xffffffff);
	}
}

START_TEST(test_irq_entries_as_the_specification_reads)
{
	unsigned seen[3] = { 0 };
	struct irq_world w;

	start(&w, _i > 0, _i > 1, false);
	for (uint32_t n = 0; n < 20000; n++) {
		uint64_t q[2], addr;
		uint32_t data;
		struct sim_xlat x;
		unsigned flags;

		random_entry(&w, q);
		lay(&w, q);
		sim_cache_evict(w.s, 0, SIM_CACHE_INTERRUPT, SIM_EVICT_ALL);
		flags = want_flags(&w, q);
		seen[flags == 0x098 ? 2 : flags != 0]++;
		for (unsigned again = 0; again < 2; again++) {
			message(&w, INDEX, &x);
			ck_assert_msg(x.outcome == (flags ? SIM_OUTCOME_CA : SIM_OUTCOME_OK) &&
					      x.flags == flags,
				      "%llx %llx: outcome %u, flags %x, not %x",
				      (unsigned long long)q[1], (unsigned long long)q[0], x.outcome,
				      x.flags, flags);
			if (flags)
				continue;
			want_message(&w, q, &addr, &data);
			ck_assert_uint_eq(x.pa, addr);
			ck_assert_uint_eq(x.data, data);
		}
	}
	ck_assert(seen[0] > 100 && seen[1] > 100 && seen[2] > 100);
	sim_destroy(w.s);
}
END_TEST

/* ---- the oracle ---- */

static void submit(struct irq_world *w, uint64_t q0)
{
	sim_cpu_write64(w->s, 0x104000 + w->tail, q0);
	sim_cpu_write64(w->s, 0x104000 + w->tail + 8, 0);
	w->tail += 16;
	sim_reg_write(w->s, 0, 0x2008, 8, w->tail);
	sim_advance(w->s, 100000);
}

static const struct {
	uint64_t command; /* 0: none */
	enum sim_cause cause;
} causes[] = {
	{ 0, SIM_CAUSE_NOT_ISSUED },
	{ UINT64_C(5) << 60 | 0x10, SIM_CAUSE_OTHER_DEVICE }, /* INVALIDATE_INTERRUPT_TABLE */
	{ UINT64_C(2) << 60 | RID, SIM_CAUSE_OTHER_CACHE },   /* INVALIDATE_DEVTAB_ENTRY */
};

START_TEST(test_irq_stale_entry_is_explained)
{
	const uint64_t old[2] = { 0x201, 0x31 };
	unsigned n = (unsigned)_i / 2;
	struct irq_world w;
	struct sim_xlat x;
	const struct sim_finding *f;
	char text[2000];

	start(&w, _i & 1, false, true);
	if (w.wide)
		lay(&w, old);
	else
		put(w.s, TABLE + 4 * (INDEX & ~1u), UINT64_C(0x00310201) << 32);
	message(&w, INDEX, &x);
	ck_assert_uint_eq(x.source, SIM_FROM_IRT);
	sim_advance(w.s, 1000);
	sim_cpu_write64(w.s, w.wide ? TABLE + 16 * INDEX : TABLE + 4 * (INDEX & ~1u), 0);
	if (causes[n].command)
		submit(&w, causes[n].command);
	message(&w, INDEX, &x);
	ck_assert(x.source == SIM_FROM_IEC && x.stale);
	ck_assert_uint_eq(sim_finding_count(w.s), 1);
	f = sim_finding_get(w.s, 0);
	ck_assert_int_eq(f->kind, SIM_FINDING_STALE);
	ck_assert_int_eq(f->cause, causes[n].cause);
	ck_assert(f->interrupt && f->has_line && f->line.interrupt && f->has_store &&
		  f->has_needed);
	ck_assert_str_eq(f->needed.name, "INVALIDATE_INTERRUPT_TABLE");
	ck_assert_uint_eq(f->line.rid, RID);
	sim_finding_format(f, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "vector 0x31"));
	submit(&w, UINT64_C(5) << 60 | RID);
	message(&w, INDEX, &x);
	ck_assert(x.outcome == SIM_OUTCOME_CA && !x.stale);
	sim_destroy(w.s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("amdvi_irq");
	TCase *t = tcase_create("irq");

	tcase_add_loop_test(t, test_irq_entries_as_the_specification_reads, 0, 3);
	tcase_add_loop_test(t, test_irq_stale_entry_is_explained, 0,
			    2 * sizeof(causes) / sizeof(causes[0]));
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
