/* A log of any bytes to `decode`: each report explained, as an object, and written as a scenario where that is possible. */
#include <string.h>

#include <cjson/cJSON.h>

#include "decode/log.h"
#include "decode/print.h"
#include "decode/reproduce.h"
#include "fuzz.h"

/* "[7.311150] " */
#define STAMP_BYTES 11u

static void judge(const struct log *log, size_t size)
{
	for (uint32_t i = 0; i < log->reports; i++) {
		const struct decoded *d = &log->report[i];

		if (d->kind == DECODED_NOTHING || !d->count || (!d->arch && d->kind < DECODED_WAIT))
			fuzz_finding("a report of nothing");
		if (d->last < d->line || d->last > log->lines)
			fuzz_finding("a report outside the log");
		for (const char *p = d->text; *p; p++) {
			if (*p < ' ' || *p > '~')
				fuzz_finding("a report's text is not printable");
		}
	}
	/* a second line completes the first, or ends it: at most one of each line and of each time stamp inside one, and
	 * one at the end. A line may say how often it was repeated, so counts have no bound. */
	if (log->lines > size || log->reports > log->lines + size / STAMP_BYTES + 1)
		fuzz_finding("more reports than lines");
}

static void show(const struct decoded *d)
{
	char *text = NULL;
	size_t size = 0, before;
	FILE *f = open_memstream(&text, &size);
	const char *why;

	if (!f)
		fuzz_finding("out of memory");
	print_report(f, d, 1, true);
	cJSON_Delete(print_json(d));
	if (fflush(f) || !size)
		fuzz_finding("a report without a word");
	before = size;
	why = reproduce(f, d);
	if (fclose(f) || (why ? !*why : size == before))
		fuzz_finding("neither a scenario nor why not");
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log *log = calloc(1, sizeof(*log));
	FILE *f = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;

	if (f && log) {
		if (log_read(log, f))
			fuzz_finding("memory could not be read");
		judge(log, size);
		for (uint32_t i = 0; i < log->reports; i++)
			show(&log->report[i]);
	}
	if (f)
		fclose(f);
	free(log);
	return 0;
}
