/*
 * The lines between us and QEMU, against a peer that answers what a QEMU would not: whatever comes, the exchange ends, says
 * why, and nothing is asked of the peer again. Then what is read out of QEMU's answers, and memory that knows its own pages.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qemu/journal.h"
#include "qemu/qmp.h"
#include "qemu/qtest.h"
#include "qemu/ram.h"

#define SOON_MS 60u

struct peer {
	struct qemu_journal *journal;
	struct qtest q;
	int far;
};

static void peer_open(struct peer *p)
{
	int pair[2];

	p->journal = calloc(1, sizeof(*p->journal));
	ck_assert_ptr_nonnull(p->journal);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	qtest_open(&p->q, pair[0], SOON_MS, p->journal);
	p->far = pair[1];
}

static void peer_says(struct peer *p, const void *text, size_t len)
{
	ck_assert_int_eq(write(p->far, text, len), (ssize_t)len);
}

static void peer_close(struct peer *p)
{
	qtest_close(&p->q);
	if (p->far >= 0)
		close(p->far);
	free(p->journal);
}

/* What arrived at the peer so far. */
static size_t peer_heard(struct peer *p, char *buf, size_t size)
{
	ssize_t n = recv(p->far, buf, size - 1, MSG_DONTWAIT);

	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

START_TEST(test_qtest_asks_and_takes_values)
{
	struct peer p;
	char heard[256];

	peer_open(&p);
	peer_says(&p, "OK 0x0000000000000012\nIRQ raise 3\nOK\nOK 7\r\n", 44);
	ck_assert_uint_eq(qtest_read(&p.q, 0xfed90000, 4), 0x12);
	qtest_write(&p.q, 0xfed90018, 8, 0x40000000);
	ck_assert_uint_eq(qtest_in(&p.q, 0xcfc), 7);
	ck_assert(!p.q.dead);
	peer_heard(&p, heard, sizeof(heard));
	ck_assert_str_eq(heard, "readl 0xfed90000\nwriteq 0xfed90018 0x40000000\ninl 0xcfc\n");
	peer_close(&p);
}
END_TEST

static const struct {
	const char *says;
	const char *error; /* part of it */
} garbage[] = {
	{ "FAIL Unknown command 'readl'\n", "not OK" },
	{ "OKAY 1\n", "not OK" },
	{ "\n", "not OK" },
	{ "OK\n", "without the value" },
	{ "OK \n", "without the value" },
	{ "OK 0x\n", "no number" },
	{ "OK 12x\n", "no number" },
	{ "OK -1\n", "without the value" },
	{ "OK 0x1ffffffffffffffff\n", "no number" },
	{ "OK 0x1", "no answer in time" },
	{ "IRQ raise 1\nIRQ lower 1\n", "no answer in time" },
	{ "\x01\xff\xfe\n", "not OK" },
};

START_TEST(test_qtest_garbage_ends_the_exchange)
{
	struct peer p;
	char heard[256];

	peer_open(&p);
	peer_says(&p, garbage[_i].says, strlen(garbage[_i].says));
	ck_assert_uint_eq(qtest_read(&p.q, 0x1000, 4), UINT32_MAX);
	ck_assert(p.q.dead);
	ck_assert_ptr_nonnull(strstr(p.q.error, garbage[_i].error));
	/* nothing more is asked */
	peer_heard(&p, heard, sizeof(heard));
	ck_assert_uint_eq(qtest_read(&p.q, 0x1000, 8), UINT64_MAX);
	qtest_write(&p.q, 0x1000, 8, 1);
	ck_assert_uint_eq(peer_heard(&p, heard, sizeof(heard)), 0);
	peer_close(&p);
}
END_TEST

START_TEST(test_qtest_several_in_one_exchange)
{
	struct qtest_access a[] = { { true, 8, 0x1000, 3 },
				    { false, 4, 0x2000, 0 },
				    { false, 8, 0x3000, 0 } };
	struct peer p;
	char heard[256];
	uint64_t mark;

	peer_open(&p);
	peer_says(&p, "OK\nOK 0x12\nIRQ raise 3\nOK 7\n", 29);
	qtest_together(&p.q, a, 3);
	ck_assert(!p.q.dead);
	ck_assert_uint_eq(a[0].val, 3);
	ck_assert_uint_eq(a[1].val, 0x12);
	ck_assert_uint_eq(a[2].val, 7);
	peer_heard(&p, heard, sizeof(heard));
	ck_assert_str_eq(heard, "writeq 0x1000 0x3\nreadl 0x2000\nreadq 0x3000\n");
	ck_assert_str_eq(qemu_journal_line(p.journal, 0, &mark), "writeq 0x1000 0x3");
	ck_assert_str_eq(qemu_journal_line(p.journal, 1, &mark), "readl 0x2000  -> 0x12");
	ck_assert_str_eq(qemu_journal_line(p.journal, 2, &mark), "readq 0x3000  -> 7");
	/* from the first that fails on */
	peer_says(&p, "OK\nFAIL\nOK 7\n", 13);
	qtest_together(&p.q, a, 3);
	ck_assert(p.q.dead);
	ck_assert_uint_eq(a[0].val, 3);
	ck_assert_uint_eq(a[1].val, UINT32_MAX);
	ck_assert_uint_eq(a[2].val, UINT64_MAX);
	peer_close(&p);
}
END_TEST

START_TEST(test_qtest_a_write_takes_no_value)
{
	struct peer p;

	peer_open(&p);
	peer_says(&p, "OK 5\n", 5);
	qtest_write(&p.q, 0x1000, 4, 1);
	ck_assert(p.q.dead);
	ck_assert_ptr_nonnull(strstr(p.q.error, "nobody asked for"));
	peer_close(&p);
}
END_TEST

START_TEST(test_qtest_a_peer_that_is_gone)
{
	struct peer p;

	peer_open(&p);
	close(p.far);
	p.far = -1;
	ck_assert_uint_eq(qtest_read(&p.q, 0x1000, 8), UINT64_MAX);
	ck_assert(p.q.dead);
	peer_close(&p);
}
END_TEST

/* A line without an end is given up at the limit, not read for ever. */
START_TEST(test_qtest_a_line_without_end)
{
	struct peer p;
	char *much = malloc(QTEST_LINE + 10);

	ck_assert_ptr_nonnull(much);
	memset(much, 'O', QTEST_LINE + 10);
	peer_open(&p);
	if (fork() == 0) {
		for (size_t at = 0; at < QTEST_LINE + 10;) {
			ssize_t n = write(p.far, much + at, QTEST_LINE + 10 - at);

			if (n <= 0)
				_exit(0);
			at += (size_t)n;
		}
		_exit(0);
	}
	p.q.timeout_ms = 5000;
	ck_assert_uint_eq(qtest_read(&p.q, 0x1000, 8), UINT64_MAX);
	ck_assert_ptr_nonnull(strstr(p.q.error, "longer than any answer"));
	free(much);
	peer_close(&p);
}
END_TEST

START_TEST(test_qtest_a_nul_in_a_line)
{
	struct peer p;

	peer_open(&p);
	peer_says(&p, "OK 1\0002\n", 7);
	ck_assert_uint_eq(qtest_read(&p.q, 0x1000, 8), UINT64_MAX);
	ck_assert_ptr_nonnull(strstr(p.q.error, "no number"));
	peer_close(&p);
}
END_TEST

/* ---- the machine protocol ---- */

static bool greet(const char *says, struct qmp *q, struct qemu_journal *journal)
{
	int pair[2];
	bool ok;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(write(pair[1], says, strlen(says)), (ssize_t)strlen(says));
	ok = qmp_open(q, pair[0], SOON_MS, journal);
	close(pair[1]);
	return ok;
}

static const struct {
	const char *says;
	bool good;
} greetings[] = {
	{ "{\"QMP\": {}}\n{\"event\": \"X\"}\n{\"return\": {}}\n", true },
	{ "{\"QMP\": {}}\n", false },
	{ "{\"QMP\": {}}\n{\"error\": {}}\n", false },
	{ "{\"return\": {}}\n{\"return\": {}}\n", false },
	{ "hello\n", false },
	{ "[1]\n", false },
	{ "{\"QMP\": \n", false },
	{ "", false },
};

START_TEST(test_qmp_greeting)
{
	struct qemu_journal *journal = calloc(1, sizeof(*journal));
	struct qmp q;

	ck_assert_ptr_nonnull(journal);
	ck_assert(greet(greetings[_i].says, &q, journal) == greetings[_i].good);
	ck_assert(q.dead == !greetings[_i].good);
	ck_assert((q.error[0] == '\0') == greetings[_i].good);
	ck_assert(greetings[_i].good || !qmp_reset(&q));
	qmp_close(&q);
	free(journal);
}
END_TEST

START_TEST(test_qmp_vectors_of_a_controller)
{
	bool seen[QMP_VECTORS] = { false };
	uint32_t count = 0;

	qmp_parse_lapic("dumping local APIC state for CPU 0\r\n"
			"SPIV\t 0x000000ff APIC disabled, spurious vec 255\r\n"
			"ISR\t (none)\r\nIRR\t 48 65(level) 300 \r\n\r\nAPR 0x00 TPR 0x77\r\n",
			seen);
	for (uint32_t i = 0; i < QMP_VECTORS; i++)
		count += seen[i];
	ck_assert_uint_eq(count, 2);
	ck_assert(seen[48] && seen[65]);
	qmp_parse_lapic("", seen);
	qmp_parse_lapic("IRR", seen);
	qmp_parse_lapic("IRR 7(", seen);
	ck_assert(seen[7]);
}
END_TEST

/* ---- memory ---- */

START_TEST(test_ram_knows_its_pages)
{
	struct ram_pages pages = { NULL, 0, 0 };
	uint8_t zero[8192] = { 0 }, byte = 9;
	struct ram r;

	ck_assert(ram_open(&r, ram_size_for(0x3ffffff)));
	ck_assert(ram_store(&r, 0x5000, zero, sizeof(zero)));
	ck_assert(ram_list(&r, &pages));
	ck_assert_uint_eq(pages.count, 0);
	ck_assert(ram_store(&r, 0x7ffff, &byte, 1));
	ck_assert(ram_store(&r, 0x200000, &byte, 1));
	ck_assert(ram_list(&r, &pages));
	ck_assert_uint_eq(pages.count, 2);
	ck_assert(ram_pages_have(&pages, 0x7f000) && ram_pages_have(&pages, 0x200000));
	ck_assert(!ram_pages_have(&pages, 0x80000));
	*ram_at(&r, 0x200000, 1) = 0;
	ck_assert(ram_drop_zeroes(&r));
	ck_assert(ram_list(&r, &pages));
	ck_assert_uint_eq(pages.count, 1);
	/* what is no memory on q35 */
	ck_assert(!ram_store(&r, 0xa0000, &byte, 1) && !ram_store(&r, 0x9ffff, zero, 2));
	ck_assert(!ram_store(&r, 0x3ffffff, zero, 2) && !ram_load(&r, UINT64_MAX, zero, 2));
	ck_assert(ram_clear(&r) && ram_load(&r, 0x7ffff, &byte, 1));
	ck_assert_uint_eq(byte, 0);
	ram_pages_free(&pages);
	ram_close(&r);
}
END_TEST

START_TEST(test_ram_size_of_a_machine)
{
	ck_assert_uint_eq(ram_size_for(0), 64ull << 20);
	ck_assert_uint_eq(ram_size_for(0x3fffffff), 1ull << 30);
	ck_assert_uint_eq(ram_size_for(0xafffffff), 0xb0000000);
	ck_assert_uint_eq(ram_size_for(0xb0000000), 0);
	/* with memory above 4 GiB only 2 GiB are below, and there has to be more than fits below */
	ck_assert_uint_eq(ram_size_for(0x100000fff), 0xb0100000);
	ck_assert_uint_eq(ram_size_for(0x17fffffff), 0x100000000);
	ck_assert_uint_eq(ram_size_for(1ull << 51), 0);
}
END_TEST

START_TEST(test_journal_keeps_the_last_lines)
{
	struct qemu_journal *j = calloc(1, sizeof(*j));
	uint64_t mark;

	ck_assert_ptr_nonnull(j);
	ck_assert_ptr_null(qemu_journal_line(j, 0, &mark));
	for (uint32_t i = 0; i < QEMU_JOURNAL_LINES + 1; i++)
		qemu_journal_add(j, "line %u", i);
	ck_assert_ptr_null(qemu_journal_line(j, 0, &mark));
	ck_assert_str_eq(qemu_journal_line(j, 1, &mark), "line 1");
	qemu_journal_more(j, QEMU_JOURNAL_LINES, " and more");
	qemu_journal_more(j, 0, " and nothing");
	qemu_journal_more(j, QEMU_JOURNAL_LINES + 1, " and nothing");
	qemu_journal_more(j, 1, " and that");
	ck_assert_str_eq(qemu_journal_line(j, 1, &mark), "line 1 and that");
	ck_assert_str_eq(qemu_journal_line(j, QEMU_JOURNAL_LINES, &mark), "line 4096 and more");
	ck_assert(mark == QEMU_NO_MARK);
	qemu_journal_mark(j, 7);
	ck_assert_ptr_nonnull(qemu_journal_line(j, QEMU_JOURNAL_LINES + 1, &mark));
	ck_assert_uint_eq(mark, 7);
	free(j);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("qemu");
	TCase *t = tcase_create("lines");
	SRunner *run;
	int failed;

	tcase_add_test(t, test_qtest_asks_and_takes_values);
	tcase_add_loop_test(t, test_qtest_garbage_ends_the_exchange, 0,
			    sizeof(garbage) / sizeof(garbage[0]));
	tcase_add_test(t, test_qtest_several_in_one_exchange);
	tcase_add_test(t, test_qtest_a_write_takes_no_value);
	tcase_add_test(t, test_qtest_a_peer_that_is_gone);
	tcase_add_test(t, test_qtest_a_line_without_end);
	tcase_add_test(t, test_qtest_a_nul_in_a_line);
	tcase_add_loop_test(t, test_qmp_greeting, 0, sizeof(greetings) / sizeof(greetings[0]));
	tcase_add_test(t, test_qmp_vectors_of_a_controller);
	tcase_add_test(t, test_ram_knows_its_pages);
	tcase_add_test(t, test_ram_size_of_a_machine);
	tcase_add_test(t, test_journal_keeps_the_last_lines);
	suite_add_tcase(s, t);
	run = srunner_create(s);
	srunner_run_all(run, CK_ENV);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
