/* The qtest protocol. */
#include "qtest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void qtest_open(struct qtest *q, int fd, uint32_t timeout_ms, struct qemu_journal *journal)
{
	memset(q, 0, sizeof(*q));
	lines_open(&q->lines, fd, QTEST_LINE);
	q->timeout_ms = timeout_ms;
	q->journal = journal;
}

void qtest_close(struct qtest *q)
{
	lines_close(&q->lines);
	q->dead = true;
}

__attribute__((format(printf, 2, 3))) static bool die(struct qtest *q, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(q->error, sizeof(q->error), fmt, ap);
	va_end(ap);
	qemu_journal_add(q->journal, "** %s", q->error);
	q->dead = true;
	return false;
}

/* "OK", or "OK VALUE" when a value is due. */
static bool take_answer(struct qtest *q, const char *line, uint64_t *value)
{
	char *end;

	if (strncmp(line, "OK", 2) != 0 || (line[2] != '\0' && line[2] != ' '))
		return die(q, "an answer that is not OK: \"%.100s\"", line);
	if (!value) {
		if (line[2] != '\0')
			return die(q, "an answer with a value nobody asked for: \"%.100s\"", line);
		return true;
	}
	errno = 0;
	if (line[2] == '\0' || line[3] < '0' || line[3] > '9')
		return die(q, "an answer without the value asked for: \"%.100s\"", line);
	*value = strtoull(line + 3, &end, 0);
	if (errno || *end != '\0')
		return die(q, "an answer whose value is no number: \"%.100s\"", line);
	return true;
}

/* Lines that begin with IRQ come unasked between answers. */
static bool next_answer(struct qtest *q, uint64_t until_ms, char **line)
{
	for (;;) {
		enum lines_rc rc = lines_get(&q->lines, until_ms, line);

		if (rc != LINES_OK)
			return die(q, "%s (within %u ms)", lines_rc_text(rc), q->timeout_ms);
		if (strncmp(*line, "IRQ ", 4) != 0)
			return true;
		if (lines_now_ms() >= until_ms)
			return die(q, "no answer among interrupts within %u ms", q->timeout_ms);
	}
}

/* The answer to line n of the journal. */
static bool answer(struct qtest *q, uint64_t n, uint64_t until, uint64_t *value)
{
	char *line;

	if (!next_answer(q, until, &line))
		return false;
	if (line[2] != '\0') {
		qemu_journal_more(q->journal, n, "  -> ");
		qemu_journal_more(q->journal, n, strncmp(line, "OK ", 3) == 0 ? line + 3 : line);
	}
	return take_answer(q, line, value);
}

static bool send(struct qtest *q, uint64_t until, const char *text, size_t len)
{
	enum lines_rc rc = lines_put(&q->lines, until, text, len);

	return rc == LINES_OK || die(q, "%s, when it was told something", lines_rc_text(rc));
}

__attribute__((format(printf, 3, 4))) static bool command(struct qtest *q, uint64_t *value,
							  const char *fmt, ...)
{
	uint64_t until = lines_now_ms() + q->timeout_ms;
	char text[96];
	va_list ap;
	int len;

	if (q->dead)
		return false;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text) - 1, fmt, ap);
	va_end(ap);
	qemu_journal_add(q->journal, "%s", text);
	text[len++] = '\n';
	return send(q, until, text, (size_t)len) && answer(q, q->journal->count - 1, until, value);
}

static char suffix(uint32_t width)
{
	return width == 1 ? 'b' : width == 2 ? 'w' : width == 4 ? 'l' : 'q';
}

static uint64_t ones(uint32_t width)
{
	return width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
}

static size_t access_text(const struct qtest_access *a, char *buf, size_t size)
{
	char c = suffix(a->width);
	int n = a->write ? snprintf(buf, size, "write%c 0x%" PRIx64 " 0x%" PRIx64, c, a->pa, a->val)
			 : snprintf(buf, size, "read%c 0x%" PRIx64, c, a->pa);

	return (size_t)n;
}

void qtest_together(struct qtest *q, struct qtest_access *a, uint32_t count)
{
	uint64_t until = lines_now_ms() + q->timeout_ms, first = q->journal->count;
	char text[64 * QTEST_TOGETHER];
	size_t used = 0;
	bool ok = !q->dead;

	for (uint32_t i = 0; ok && i < count; i++) {
		size_t n = access_text(a + i, text + used, sizeof(text) - used);

		qemu_journal_add(q->journal, "%s", text + used);
		text[used + n] = '\n';
		used += n + 1;
	}
	ok = ok && send(q, until, text, used);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t val = UINT64_MAX;

		ok = ok && answer(q, first + i, until, a[i].write ? NULL : &val);
		if (!a[i].write)
			a[i].val = (ok ? val : UINT64_MAX) & ones(a[i].width);
	}
}

uint64_t qtest_read(struct qtest *q, uint64_t pa, uint32_t width)
{
	struct qtest_access a = { .width = (uint8_t)width, .pa = pa };

	qtest_together(q, &a, 1);
	return a.val;
}

void qtest_write(struct qtest *q, uint64_t pa, uint32_t width, uint64_t val)
{
	struct qtest_access a = { .write = true, .width = (uint8_t)width, .pa = pa, .val = val };

	qtest_together(q, &a, 1);
}

uint32_t qtest_in(struct qtest *q, uint16_t port)
{
	uint64_t value = UINT32_MAX;

	return command(q, &value, "inl 0x%x", port) ? (uint32_t)value : UINT32_MAX;
}

void qtest_out(struct qtest *q, uint16_t port, uint32_t val)
{
	(void)command(q, NULL, "outl 0x%x 0x%" PRIx32, port, val);
}

void qtest_clock_step(struct qtest *q, uint64_t ns)
{
	uint64_t now;

	(void)command(q, &now, "clock_step %" PRIu64, ns);
}
