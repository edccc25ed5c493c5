/*
 * Physical memory: windows, and what each observer sees of stores on their way.
 *
 * The reference keeps, for every word of a small RAM, the three places a store may be in, and applies each operation word
 * by word.
 */
#include <string.h>

#include "iommusim/sim.h"
#include "sim/mem.h"
#include "unit.h"

START_TEST(test_mem_add_refuses_what_is_no_window)
{
	struct mem m;

	mem_init(&m, 0, SIM_PUBLISH_AT_ONCE);
	ck_assert_int_eq(mem_add(&m, 0x1000, 0x0fff), SIM_E_INVAL);
	ck_assert_int_eq(mem_add(&m, 0x1800, 0x2fff), SIM_E_INVAL);
	ck_assert_int_eq(mem_add(&m, 0x1000, 0x27ff), SIM_E_INVAL);
	ck_assert_int_eq(mem_add(&m, 0, UINT64_MAX), SIM_E_RANGE);
	ck_assert_int_eq(mem_add(&m, (1ull << 52) - 4096, (1ull << 52) + 4095), SIM_E_RANGE);
	ck_assert_int_eq(mem_add(&m, 0, 1ull << 40 | 0xfff), SIM_E_RANGE);
	ck_assert_int_eq(mem_add(&m, 0x10000, 0x1ffff), SIM_OK);
	ck_assert_int_eq(mem_add(&m, 0x1f000, 0x1ffff), SIM_E_EXIST);
	ck_assert_int_eq(mem_add(&m, 0x0f000, 0x10fff), SIM_E_EXIST);
	ck_assert_int_eq(mem_add(&m, 0x00000, 0x2ffff), SIM_E_EXIST);
	ck_assert_int_eq(mem_add(&m, 0x14000, 0x14fff), SIM_E_EXIST);
	for (uint64_t i = 1; i < MEM_WINDOWS; i++)
		ck_assert_int_eq(mem_add(&m, 0x100000 * i, 0x100000 * i + 0xfff), SIM_OK);
	ck_assert_int_eq(mem_add(&m, 0, 0xfff), SIM_E_FULL);
	mem_destroy(&m);
}
END_TEST

START_TEST(test_mem_largest_windows_are_sparse)
{
	const uint64_t top = 1ull << 52, size = 1ull << 40, far = top - 8;
	struct mem m;
	uint64_t val = 0;

	mem_init(&m, 0, SIM_PUBLISH_AT_ONCE);
	ck_assert_int_eq(mem_add(&m, 0, size - 1), SIM_OK);
	ck_assert_int_eq(mem_add(&m, top - size, top - 1), SIM_OK);
	ck_assert(mem_cpu_write64(&m, far, 0x1122334455667788));
	ck_assert(mem_read64(&m, MEM_VIEW_MEMORY, far, &val));
	ck_assert_uint_eq(val, 0x1122334455667788);
	ck_assert(mem_read64(&m, MEM_VIEW_CPU, size - 8, &val));
	ck_assert_uint_eq(val, 0);
	ck_assert(!mem_read64(&m, MEM_VIEW_CPU, size, &val));
	ck_assert(!mem_read64(&m, MEM_VIEW_CPU, top, &val));
	mem_destroy(&m);
}
END_TEST

START_TEST(test_mem_access_crosses_adjoining_windows_only)
{
	char in[8192], out[8192] = { 0 };
	struct mem m;

	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * 7 + i / 256);
	mem_init(&m, 0, SIM_PUBLISH_AT_ONCE);
	ck_assert_int_eq(mem_add(&m, 0x12000, 0x13fff), SIM_OK);
	ck_assert_int_eq(mem_add(&m, 0x10000, 0x11fff), SIM_OK);
	ck_assert(mem_present(&m, 0x10000, 0x4000));
	ck_assert(mem_present(&m, 0x50000, 0));
	ck_assert(!mem_present(&m, 0x10000, 0x4001));
	ck_assert(!mem_present(&m, 0x0ffff, 2));
	ck_assert(!mem_present(&m, UINT64_MAX, 2));
	ck_assert(!mem_present(&m, 0x13fff, UINT64_MAX));
	ck_assert(mem_store(&m, 0x11003, in, 4096));
	ck_assert(mem_load(&m, 0x11003, out, 4096));
	ck_assert_mem_eq(in, out, 4096);
	ck_assert(!mem_store(&m, 0x13ff0, in, 17));
	ck_assert(mem_load(&m, 0x13ff0, out, 16));
	for (unsigned i = 0; i < 16; i++)
		ck_assert_int_eq(out[i], 0); /* refused stores store nothing */
	ck_assert(!mem_load(&m, 0xfff0, out, 17));
	ck_assert_ptr_nonnull(mem_at(&m, 0x11ff8, 8));
	ck_assert_ptr_null(mem_at(&m, 0x11ff8, 9));
	ck_assert_ptr_null(mem_at(&m, 0xff8, 8));
	mem_destroy(&m);
}
END_TEST

/* ---- against the reference ---- */

#define BASE 0x40000u
#define WORDS 1024u

struct ref_word {
	uint64_t memory, buffered, cached;
	bool is_buffered, is_cached;
};

struct ref {
	struct ref_word w[WORDS];
	bool noncoherent, buffer;
};

static uint64_t ref_view(const struct ref_word *w, enum mem_view view)
{
	if (view == MEM_VIEW_CPU && w->is_cached)
		return w->cached;
	if (view != MEM_VIEW_MEMORY && w->is_buffered)
		return w->buffered;
	return w->memory;
}

static void ref_drain(struct ref_word *w)
{
	if (w->is_buffered)
		w->memory = w->buffered;
	w->is_buffered = false;
}

static void ref_write_back(struct ref *r, struct ref_word *w)
{
	if (!w->is_cached)
		return;
	w->is_cached = false;
	if (r->buffer) {
		w->buffered = w->cached;
		w->is_buffered = true;
	} else {
		w->memory = w->cached;
	}
}

static void ref_write(struct ref *r, struct ref_word *w, uint64_t val)
{
	if (r->noncoherent) {
		w->cached = val;
		w->is_cached = true;
	} else if (r->buffer) {
		w->buffered = val;
		w->is_buffered = true;
	} else {
		w->memory = val;
	}
}

/* A store of another master flushes whole lines first. */
static void ref_store(struct ref *r, uint64_t off, const uint8_t *buf, uint64_t len)
{
	for (uint64_t i = off / 64 * 8; i < (off + len + 63) / 64 * 8; i++) {
		struct ref_word *w = &r->w[i];

		ref_drain(w);
		ref_write_back(r, w);
		ref_drain(w);
		for (uint64_t b = 0; b < 8; b++)
			if (8 * i + b >= off && 8 * i + b < off + len)
				memcpy((uint8_t *)&w->memory + b, &buf[8 * i + b - off], 1);
	}
}

static void check_all(const struct mem *m, const struct ref *r)
{
	static const enum mem_view views[] = { MEM_VIEW_CPU, MEM_VIEW_BUFFER, MEM_VIEW_MEMORY };

	for (unsigned i = 0; i < WORDS; i++) {
		for (unsigned v = 0; v < 3; v++) {
			uint64_t val = 0;

			/* one assertion a word would cost more than the test */
			if (!mem_read64(m, views[v], BASE + 8 * i, &val) ||
			    val != ref_view(&r->w[i], views[v]))
				ck_abort_msg("word %u view %u", i, v);
		}
	}
}

static void one_step(struct mem *m, struct ref *r, struct rng *rng, uint64_t turn)
{
	uint64_t off = rng_below(rng, 8 * WORDS), len = rng_below(rng, 8 * WORDS - (uint32_t)off);
	uint8_t buf[8 * WORDS];

	switch (rng_below(rng, 16)) {
	case 0:
		mem_write_back(m, BASE + off, len);
		for (uint64_t i = off / 64 * 8; len && i < (off + len + 63) / 64 * 8; i++)
			ref_write_back(r, &r->w[i]);
		break;
	case 1:
		mem_drain(m);
		for (unsigned i = 0; i < WORDS; i++)
			ref_drain(&r->w[i]);
		break;
	case 2:
		len %= 200;
		for (uint64_t i = 0; i < len; i++)
			buf[i] = (uint8_t)rng_next(rng);
		ck_assert(mem_store(m, BASE + off, buf, len));
		if (len)
			ref_store(r, off, buf, len);
		break;
	case 3:
		ck_assert(mem_load(m, BASE + off, buf, len));
		for (uint64_t i = 0; i < len; i++) {
			uint64_t w = ref_view(&r->w[(off + i) / 8], MEM_VIEW_CPU);

			if (buf[i] != (w >> 8 * ((off + i) % 8) & 0xFF))
				ck_abort_msg("byte %u", (unsigned)(off + i));
		}
		break;
	default:
		ck_assert(mem_cpu_write64(m, BASE + off / 8 * 8, turn));
		ref_write(r, &r->w[off / 8], turn);
		break;
	}
}

static void run_against_reference(bool noncoherent, bool buffered)
{
	static struct ref r;
	struct rng rng;
	struct mem m;

	memset(&r, 0, sizeof(r));
	r.noncoherent = noncoherent;
	r.buffer = buffered;
	rng_init(&rng, 5, noncoherent + 2u * buffered);
	mem_init(&m, 5, SIM_PUBLISH_AT_SYNC);
	m.noncoherent = noncoherent;
	m.buffered = buffered;
	ck_assert_int_eq(mem_add(&m, BASE, BASE + 8 * WORDS - 1), SIM_OK);
	for (uint64_t turn = 1; turn < 3000; turn++) {
		one_step(&m, &r, &rng, turn);
		if (turn % 16 == 0)
			check_all(&m, &r);
	}
	mem_write_back(&m, 0, UINT64_MAX);
	mem_drain(&m);
	ck_assert_uint_eq(m.lines, 0);
	mem_destroy(&m);
}

START_TEST(test_mem_views_agree_with_brute_force)
{
	run_against_reference(_i & 1, _i & 2);
}
END_TEST

START_TEST(test_mem_at_once_withholds_nothing)
{
	struct mem m;
	uint64_t val = 0;

	mem_init(&m, 0, SIM_PUBLISH_AT_ONCE);
	m.noncoherent = m.buffered = true;
	ck_assert_int_eq(mem_add(&m, BASE, BASE + 0xfff), SIM_OK);
	ck_assert(mem_cpu_write64(&m, BASE, 7));
	ck_assert(mem_read64(&m, MEM_VIEW_MEMORY, BASE, &val));
	ck_assert_uint_eq(val, 7);
	ck_assert_uint_eq(m.lines, 0);
	ck_assert(!mem_cpu_write64(&m, BASE + 0x1000, 7));
	mem_destroy(&m);
}
END_TEST

/*
 * Values written to a word only grow: memory may lag behind the write buffer, and that behind the cache, but none goes back
 * in time, and left alone every store arrives.
 */
START_TEST(test_mem_random_publication_keeps_order_and_ends)
{
	enum {
		N = 256
	};
	uint64_t newest[N] = { 0 }, seen[N] = { 0 }, cpu = 0, buffer = 0, memory = 0;
	bool lagged = false;
	struct rng rng;
	struct mem m;

	rng_init(&rng, 9, 9);
	mem_init(&m, 9, SIM_PUBLISH_RANDOM);
	m.noncoherent = m.buffered = true;
	ck_assert_int_eq(mem_add(&m, BASE, BASE + 0xfff), SIM_OK);
	for (uint64_t turn = 1; turn < 20000; turn++) {
		uint32_t i = rng_below(&rng, N);

		if (turn % 3 == 0) {
			ck_assert(mem_cpu_write64(&m, BASE + 8 * i, turn));
			newest[i] = turn;
		}
		mem_maybe_publish(&m);
		i = rng_below(&rng, N);
		ck_assert(mem_read64(&m, MEM_VIEW_CPU, BASE + 8 * i, &cpu));
		ck_assert(mem_read64(&m, MEM_VIEW_BUFFER, BASE + 8 * i, &buffer));
		ck_assert(mem_read64(&m, MEM_VIEW_MEMORY, BASE + 8 * i, &memory));
		ck_assert_uint_eq(cpu, newest[i]);
		ck_assert_uint_le(buffer, cpu);
		ck_assert_uint_le(memory, buffer);
		ck_assert_uint_ge(memory, seen[i]);
		seen[i] = memory;
		lagged |= memory < buffer && buffer < cpu;
	}
	ck_assert(lagged);
	for (unsigned i = 0; i < 100000 && m.lines; i++)
		mem_maybe_publish(&m);
	ck_assert_uint_eq(m.lines, 0);
	mem_destroy(&m);
}
END_TEST

static uint64_t in_memory(const struct mem *m, uint64_t pa)
{
	uint64_t val = 0;

	ck_assert(mem_read64(m, MEM_VIEW_MEMORY, pa, &val));
	return val;
}

/* Within a line, and only there; the order of one word's stores is kept, and two words stored at once stay together. */
START_TEST(test_mem_stores_overtake_the_first_of_their_line)
{
	const uint64_t a = BASE, b = BASE + 8, other = BASE + 0x40, pair[2] = { 5, 6 };
	uint64_t cpu = 0;
	struct mem m;

	mem_init(&m, 0, SIM_PUBLISH_OVERTAKE);
	m.noncoherent = true;
	ck_assert_int_eq(mem_add(&m, BASE, BASE + 0xfff), SIM_OK);
	ck_assert(mem_cpu_write64(&m, a, 1));
	ck_assert(mem_cpu_write64(&m, b, 2));
	ck_assert(mem_cpu_write64(&m, other, 3));
	ck_assert_uint_eq(in_memory(&m, a), 0);
	ck_assert_uint_eq(in_memory(&m, b), 2);
	ck_assert_uint_eq(in_memory(&m, other), 0);
	ck_assert(mem_cpu_write64(&m, a, 4));
	ck_assert_uint_eq(in_memory(&m, a), 0);
	ck_assert(mem_read64(&m, MEM_VIEW_CPU, a, &cpu));
	ck_assert_uint_eq(cpu, 4);
	mem_write_back(&m, a, 8);
	ck_assert_uint_eq(in_memory(&m, a), 4);
	ck_assert(mem_cpu_write128(&m, a, pair));
	ck_assert_uint_eq(in_memory(&m, a), 4);
	ck_assert_uint_eq(in_memory(&m, b), 2);
	mem_write_back(&m, a, 16);
	ck_assert_uint_eq(in_memory(&m, a), 5);
	ck_assert_uint_eq(in_memory(&m, b), 6);
	mem_destroy(&m);
}
END_TEST

/* Many lines with addresses that collide, removed in another order. */
START_TEST(test_mem_finds_every_pending_line)
{
	enum {
		LINES = 5000
	};
	struct mem m;

	mem_init(&m, 0, SIM_PUBLISH_AT_SYNC);
	m.noncoherent = true;
	ck_assert_int_eq(mem_add(&m, 0, (1ull << 32) - 1), SIM_OK);
	for (uint64_t i = 0; i < LINES; i++)
		ck_assert(mem_cpu_write64(&m, i * 0x20040, i + 1));
	ck_assert_uint_eq(m.lines, LINES);
	for (uint64_t i = 0; i < LINES; i += 3)
		mem_write_back(&m, i * 0x20040, 1);
	for (uint64_t i = 0; i < LINES; i++) {
		uint64_t memory = 0, cpu = 0;

		ck_assert(mem_read64(&m, MEM_VIEW_MEMORY, i * 0x20040, &memory));
		ck_assert(mem_read64(&m, MEM_VIEW_CPU, i * 0x20040, &cpu));
		ck_assert_uint_eq(cpu, i + 1);
		ck_assert_uint_eq(memory, i % 3 ? 0 : i + 1);
	}
	ck_assert_uint_eq(m.lines, LINES - (LINES + 2) / 3);
	mem_destroy(&m);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("mem");
	TCase *t = tcase_create("mem");

	tcase_add_test(t, test_mem_add_refuses_what_is_no_window);
	tcase_add_test(t, test_mem_largest_windows_are_sparse);
	tcase_add_test(t, test_mem_access_crosses_adjoining_windows_only);
	tcase_add_loop_test(t, test_mem_views_agree_with_brute_force, 0, 4);
	tcase_add_test(t, test_mem_at_once_withholds_nothing);
	tcase_add_test(t, test_mem_random_publication_keeps_order_and_ends);
	tcase_add_test(t, test_mem_stores_overtake_the_first_of_their_line);
	tcase_add_test(t, test_mem_finds_every_pending_line);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
