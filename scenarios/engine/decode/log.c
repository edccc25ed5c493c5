/* From the lines of a log to reports. */
#include "decode/log.h"

#include <string.h>

#include "decode/lines.h"

/* Printable ASCII only: logs may hold anything. */
static void copy_text(char *out, size_t size, const char *line)
{
	size_t n = 0;

	while (*line == ' ' || *line == '\t')
		line++;
	for (; *line && n + 1 < size; line++)
		out[n++] = *line >= ' ' && *line <= '~' ? *line : '?';
	out[n] = '\0';
}

/* Two reports that say the same; the address counts, its text, line and place do not. */
static bool same(const struct decoded *a, const struct decoded *b)
{
	return a->kind == b->kind && a->arch == b->arch && a->has_reason == b->has_reason &&
	       a->reason == b->reason && a->has_rid == b->has_rid && a->rid == b->rid &&
	       a->has_segment == b->has_segment && a->segment == b->segment &&
	       a->has_addr == b->has_addr && a->addr == b->addr && a->has_pasid == b->has_pasid &&
	       a->pasid == b->pasid && a->has_domain == b->has_domain && a->domain == b->domain &&
	       a->flags == b->flags && a->access == b->access && a->at == b->at &&
	       a->index == b->index && a->layout == b->layout && a->level == b->level &&
	       a->note == b->note && a->unclear == b->unclear &&
	       memcmp(a->words, b->words, sizeof(a->words)) == 0;
}

static void add(struct log *log, const struct decoded *d)
{
	for (uint32_t i = 0; i < log->reports; i++) {
		if (same(&log->report[i], d)) {
			log->report[i].count++;
			log->report[i].last = log->lines;
			return;
		}
	}
	if (log->reports == LOG_REPORTS) {
		log->dropped++;
		return;
	}
	log->report[log->reports] = *d;
	log->report[log->reports].count = 1;
	log->reports++;
}

void log_end(struct log *log)
{
	struct decoded d;

	if (!log->half)
		return;
	log->half = false;
	d = log->pending;
	if (!d.unclear)
		d.unclear = d.kind == DECODED_WORDS
				    ? "the higher words of the entry: their lines are missing"
				    : "the reason: it stands in a second line, which is missing";
	add(log, &d);
}

void log_line(struct log *log, const char *line)
{
	static const line_reader readers[] = { lines_vtd, lines_amdvi, lines_labels };
	enum line_rc rc = LINE_UNKNOWN;
	struct decoded d;

	log->lines++;
	for (uint32_t i = 0; i < sizeof(readers) / sizeof(readers[0]) && rc == LINE_UNKNOWN; i++) {
		d = (struct decoded){ .kind = DECODED_NOTHING, .at = AT_UNKNOWN };
		rc = readers[i](line, log->half ? &log->pending : NULL, &d);
	}
	if (rc == LINE_UNKNOWN)
		return;
	if (rc == LINE_COMPLETED) {
		log->half = false;
		d.last = log->lines;
		add(log, &d);
		return;
	}
	d.line = d.last = log->lines;
	copy_text(d.text, sizeof(d.text), line);
	if (d.kind == DECODED_WORDS && log->half && log->pending.kind == DECODED_WORDS &&
	    !d.unclear)
		log->half = false; /* d holds what the lines before said */
	log_end(log);
	if (rc == LINE_PENDING) {
		log->pending = d;
		log->half = true;
	} else {
		add(log, &d);
	}
}

int log_read(struct log *log, FILE *f)
{
	char line[LOG_LINE];
	size_t n = 0;
	bool over = false;
	int c;

	while ((c = getc(f)) != EOF) {
		if (c == '\n') {
			line[n] = '\0';
			log_line(log, line);
			n = 0;
			over = false;
		} else if (n + 1 < sizeof(line)) {
			line[n++] = c ? (char)c : ' ';
		} else if (!over) {
			over = true;
			log->cut++;
		}
	}
	if (ferror(f))
		return -1;
	if (n) {
		line[n] = '\0';
		log_line(log, line);
	}
	log_end(log);
	return 0;
}
