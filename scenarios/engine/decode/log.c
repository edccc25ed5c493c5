/* From the lines of a log to reports. */
#include "decode/log.h"

#include <string.h>

#include "decode/lines.h"
#include "decode/scan.h"

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

static void newest(struct log *log, struct decoded *report)
{
	log->newest = report;
	log->newest_line = log->lines;
}

/* A log may claim any number of times. */
static void add_times(uint64_t *count, uint64_t times)
{
	*count = times > UINT64_MAX - *count ? UINT64_MAX : *count + times;
}

static void add(struct log *log, const struct decoded *d)
{
	for (uint32_t i = 0; i < log->reports; i++) {
		if (same(&log->report[i], d)) {
			add_times(&log->report[i].count, log->weight);
			log->report[i].last = log->lines;
			newest(log, &log->report[i]);
			return;
		}
	}
	if (log->reports == LOG_REPORTS) {
		log->dropped++;
		return;
	}
	log->report[log->reports] = *d;
	log->report[log->reports].count = log->weight;
	newest(log, &log->report[log->reports++]);
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

static void piece(struct log *log, const char *line)
{
	static const line_reader readers[] = { lines_vtd, lines_amdvi, lines_labels };
	enum line_rc rc = LINE_UNKNOWN;
	struct decoded d;

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

/* ---- what comes between the kernel and a file ---- */

/* Without the escape sequences that colour text; what else does not print is a space. */
static void clean(const char *line, char *out, size_t size)
{
	size_t n = 0;

	while (*line && n + 1 < size) {
		if (line[0] == '\033' && line[1] == '[') {
			line += 2 + strspn(line + 2, "0123456789;?");
			line += *line != '\0';
			continue;
		}
		out[n++] = (unsigned char)*line < ' ' ? ' ' : *line;
		line++;
	}
	out[n] = '\0';
}

/* Where a kernel's time stamp, "[  123.456789] ", begins another line inside this one; its end when none does. */
static const char *next_line(const char *line)
{
	for (const char *p = line + 1; *line && (p = strchr(p, '[')); p++) {
		size_t n = 1 + strspn(p + 1, " "), seconds = strspn(p + n, "0123456789");

		n += seconds;
		if (seconds && p[n] == '.' && strspn(p + n + 1, "0123456789") == 6 &&
		    p[n + 7] == ']' && p[n + 8] == ' ')
			return p;
	}
	return line + strlen(line);
}

/* "last message repeated 5 times": the line before this one. */
static bool repeats_last(struct log *log, const char *line)
{
	uint64_t times;

	if (!scan_after(&line, "last message repeated ") || !scan_decimal(&line, &times))
		return false;
	if (log->newest && log->newest_line + 1 == log->lines) {
		add_times(&log->newest->count, times);
		newest(log, log->newest);
		log->newest->last = log->lines;
	}
	return true;
}

/* "dmar_fault: 17 callbacks suppressed": what a kernel that limits its rate did not print. */
static bool suppressed(struct log *log, const char *line)
{
	const char *p = line;
	enum be_arch arch = BE_AMDVI;
	struct decoded *latest = NULL;
	uint64_t times;

	if (!strstr(line, " callbacks suppressed"))
		return false;
	if (scan_after(&p, "dmar_fault"))
		arch = BE_VTD;
	else if (!scan_after(&p, "amd_iommu_") && !scan_after(&p, "iommu_print_event"))
		return true;
	if (!scan_after(&p, ": ") || !scan_decimal(&p, &times))
		return true;
	for (uint32_t i = 0; i < log->reports; i++) {
		struct decoded *d = &log->report[i];

		if (decoded_is(d, arch) && (!latest || d->last > latest->last))
			latest = d;
	}
	if (latest)
		add_times(&latest->suppressed, times);
	return true;
}

/* "message repeated 3 times: [ ... ]": the line inside, so often. */
static uint64_t weight_of(const char *line)
{
	uint64_t times;

	return scan_after(&line, "message repeated ") && scan_decimal(&line, &times) &&
			       scan_here(&line, "times: [") && times
		       ? times
		       : 1;
}

void log_line(struct log *log, const char *line)
{
	char text[LOG_LINE];
	char *at = text;

	log->lines++;
	clean(line, text, sizeof(text));
	if (repeats_last(log, text) || suppressed(log, text))
		return;
	log->weight = weight_of(text);
	while (*at) {
		char *end = text + (next_line(at) - text), kept = *end;

		*end = '\0';
		piece(log, at);
		*end = kept;
		at = end;
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
