/* The status line of libiommu and of kernels that print its labels: key=value words. */
#include <string.h>

#include "decode/lines.h"

enum line_rc lines_labels(const char *line, const struct decoded *pending, struct decoded *out)
{
	static const struct {
		const char *word, *note;
	} labels[] = {
		{ "remapping_tables=not-programmed", "not-programmed" },
		{ "remapping_tables=built", "built" },
		{ "stale_cleanup=not-installed", "no-cleanup" },
		{ "remapping_tables=programmed", "programmed" },
	};

	(void)pending;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (strstr(line, labels[i].word)) {
			out->kind = DECODED_NOTE;
			out->note = labels[i].note;
			return LINE_REPORT;
		}
	}
	if (strstr(line, "remapping_tables=")) {
		out->kind = DECODED_NOTE;
		out->note = "not-programmed";
		out->unclear = "the value of remapping_tables: expected not-programmed, built or "
			       "programmed";
		return LINE_REPORT;
	}
	return LINE_UNKNOWN;
}
