/*
 * The journal of stores: what it keeps of each word, how it makes room, and a comparison with a plain list.
 */
#include "sim/journal.h"
#include "unit.h"

static struct journal_store store(uint64_t n)
{
	return (struct journal_store){
		.time_ns = 10 * n, .order = n, .old = n - 1, .now = n, .master = (uint8_t)(n % 7)
	};
}

static void record(struct journal *j, uint64_t pa, uint64_t n)
{
	struct journal_store s = store(n);

	journal_record(j, pa, &s);
}

START_TEST(test_journal_knows_nothing_before_the_first_store)
{
	struct journal j;

	journal_init(&j, 8);
	ck_assert_ptr_null(journal_find(&j, 0x1000));
	ck_assert(!journal_knows_page(&j, 0x1000));
	journal_read(&j, 0x1000);
	ck_assert_ptr_null(journal_find(&j, 0x1000));
	journal_destroy(&j);
}
END_TEST

START_TEST(test_journal_keeps_the_last_stores_of_a_word_in_order)
{
	struct journal j;
	const struct journal_word *w;

	journal_init(&j, 8);
	for (uint64_t n = 1; n <= JOURNAL_DEEP + 3; n++) {
		record(&j, 0x1008, n);
		w = journal_find(&j, 0x1008);
		ck_assert_ptr_nonnull(w);
		ck_assert_uint_eq(journal_kept(w), n < JOURNAL_DEEP ? n : JOURNAL_DEEP);
		for (uint32_t i = 0; i < journal_kept(w); i++) {
			uint64_t want = n - journal_kept(w) + 1 + i;

			ck_assert_uint_eq(journal_at(w, i)->order, want);
			ck_assert_uint_eq(journal_at(w, i)->time_ns, 10 * want);
			ck_assert_uint_eq(journal_at(w, i)->old, want - 1);
			ck_assert_uint_eq(journal_at(w, i)->now, want);
			ck_assert_uint_eq(journal_at(w, i)->master, want % 7);
		}
	}
	ck_assert_ptr_null(journal_find(&j, 0x1000));
	ck_assert(journal_knows_page(&j, 0x1ff8));
	journal_destroy(&j);
}
END_TEST

START_TEST(test_journal_stays_within_its_bound_and_drops_the_first)
{
	struct journal j;

	journal_init(&j, 100);
	for (uint64_t n = 1; n <= 250; n++)
		record(&j, 8 * n, n);
	ck_assert_uint_eq(j.words, 101); /* place 0 is not used */
	for (uint64_t n = 1; n <= 250; n++)
		ck_assert_int_eq(journal_find(&j, 8 * n) != NULL, n > 150);
	journal_destroy(&j);
}
END_TEST

START_TEST(test_journal_passes_over_a_word_that_a_walk_read)
{
	struct journal j;

	journal_init(&j, 4);
	for (uint64_t n = 1; n <= 4; n++)
		record(&j, 8 * n, n);
	journal_read(&j, 8);
	record(&j, 8 * 5, 5);
	ck_assert_ptr_nonnull(journal_find(&j, 8));
	ck_assert_ptr_null(journal_find(&j, 16));
	journal_read(&j, 8 * 3), journal_read(&j, 8 * 4), journal_read(&j, 8 * 5);
	journal_read(&j, 8);
	record(&j, 8 * 6, 6); /* all were read: one goes all the same */
	ck_assert_ptr_nonnull(journal_find(&j, 8 * 6));
	ck_assert_uint_eq(j.words, 5);
	journal_destroy(&j);
}
END_TEST

START_TEST(test_journal_without_room_keeps_nothing)
{
	struct journal j;

	journal_init(&j, 0);
	record(&j, 8, 1);
	ck_assert_ptr_null(journal_find(&j, 8));
	journal_destroy(&j);
}
END_TEST

/* Against the plainest model: every store ever, looked through from the end. */
START_TEST(test_journal_agrees_with_a_list_of_all_stores)
{
	enum {
		STORES = 6000,
		WORDS = 700
	};
	static uint64_t pa[STORES];
	struct journal j;
	uint64_t x = 12345;

	journal_init(&j, WORDS);
	for (uint64_t n = 0; n < STORES; n++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		pa[n] = (x >> 33) % WORDS * 4096;
		record(&j, pa[n], n + 1);
	}
	for (uint64_t word = 0; word < WORDS; word++) {
		const struct journal_word *w = journal_find(&j, word * 4096);
		uint32_t left = w ? journal_kept(w) : 0, seen = 0;

		for (uint64_t n = STORES; n-- > 0;) {
			if (pa[n] != word * 4096)
				continue;
			seen++;
			if (left)
				ck_assert_uint_eq(journal_at(w, --left)->order, n + 1);
		}
		ck_assert_uint_eq(w ? w->stores : 0, seen);
		ck_assert(!seen || journal_knows_page(&j, word * 4096 + 0x123));
	}
	journal_destroy(&j);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("journal");
	TCase *t = tcase_create("journal");

	tcase_add_test(t, test_journal_knows_nothing_before_the_first_store);
	tcase_add_test(t, test_journal_keeps_the_last_stores_of_a_word_in_order);
	tcase_add_test(t, test_journal_stays_within_its_bound_and_drops_the_first);
	tcase_add_test(t, test_journal_passes_over_a_word_that_a_walk_read);
	tcase_add_test(t, test_journal_without_room_keeps_nothing);
	tcase_add_test(t, test_journal_agrees_with_a_list_of_all_stores);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
