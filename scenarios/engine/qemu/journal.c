/* What was last said to QEMU. */
#include "journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void qemu_journal_clear(struct qemu_journal *j)
{
	j->count = 0;
}

void qemu_journal_add(struct qemu_journal *j, const char *fmt, ...)
{
	uint32_t at = (uint32_t)(j->count % QEMU_JOURNAL_LINES);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->line[at].text, QEMU_JOURNAL_WIDTH, fmt, ap);
	va_end(ap);
	j->line[at].mark = QEMU_NO_MARK;
	j->count++;
}

void qemu_journal_mark(struct qemu_journal *j, uint64_t number)
{
	qemu_journal_add(j, "%s", "");
	j->line[(j->count - 1) % QEMU_JOURNAL_LINES].mark = number;
}

void qemu_journal_more(struct qemu_journal *j, uint64_t n, const char *text)
{
	char *line;
	size_t at;

	if (n >= j->count || j->count - n > QEMU_JOURNAL_LINES)
		return;
	line = j->line[n % QEMU_JOURNAL_LINES].text;
	at = strlen(line);
	snprintf(line + at, QEMU_JOURNAL_WIDTH - at, "%s", text);
}

const char *qemu_journal_line(const struct qemu_journal *j, uint64_t n, uint64_t *mark)
{
	if (n >= j->count || j->count - n > QEMU_JOURNAL_LINES)
		return NULL;
	*mark = j->line[n % QEMU_JOURNAL_LINES].mark;
	return j->line[n % QEMU_JOURNAL_LINES].text;
}
