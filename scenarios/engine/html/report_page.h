/*
 * run --report FILE.html: one page that needs nothing else. A table of the scenarios, and of each a time line of one permutation:
 * the first that failed, else the first.
 */
#ifndef ENGINE_HTML_REPORT_PAGE_H
#define ENGINE_HTML_REPORT_PAGE_H

#include "cli_suite.h"
#include "report.h"

struct page;

struct page *page_begin(const struct suite *suite, const struct report_info *info);

/* The result of job n; in the order of jobs. */
void page_item(struct page *p, size_t n, const struct report_item *item);

/*
 * Runs the chosen permutations again with a trace, `workers` at a time, writes the page to `path` and frees it. 0, or -1 after an
 * error message.
 */
int page_end(struct page *p, const char *path, const struct run_options *options, size_t workers,
	     const struct report_totals *totals);

/* The page's text, line by line, NULL at the end; made from page.html by the build. */
extern const char *const page_lines[];

#endif
