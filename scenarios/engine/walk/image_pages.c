/*
 * The page list, a text form of our own:
 *
 *   iommu-pages 1
 *   arch vtd
 *   reg RTADDR 0x10000
 *   page 0x10000
 *   000: 0000000000011001 0
 *
 * "page" starts a page of 4 KiB; a line of it has the offset of its first word and words in hexadecimal. Words that are not
 * given are unknown; `zero` after the address of a page makes them 0. Blank lines and lines that start with # are passed over.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "decode/scan.h"
#include "walk/image.h"
#include "walk/words.h"

struct reader {
	const char *path;
	uint64_t line, page;
	bool in_page;
	struct image *im;
};

static bool bad(const struct reader *r, const char *expected)
{
	cli_error("walk: %s, line %" PRIu64 ": %s", r->path, r->line, expected);
	return false;
}

static bool put(const struct reader *r, uint64_t pa, uint64_t val)
{
	return words_put(r->im, pa, val) == 0 ||
	       bad(r, "too many words; leave out what no table uses");
}

static bool read_arch(struct reader *r, const char *p)
{
	r->im->arch_known = true;
	if (scan_here(&p, "vtd"))
		r->im->arch = BE_VTD;
	else if (scan_here(&p, "amdvi"))
		r->im->arch = BE_AMDVI;
	else
		return bad(r, "expected \"arch vtd\" or \"arch amdvi\"");
	return true;
}

static bool read_reg(struct reader *r, const char *p)
{
	char name[20];
	size_t n;
	uint64_t value;

	p += strspn(p, " \t");
	n = strcspn(p, " \t");
	if (!n || n >= sizeof(name))
		return bad(r, "expected \"reg NAME VALUE\"");
	memcpy(name, p, n);
	name[n] = '\0';
	p += n;
	if (!scan_hex(&p, &value))
		return bad(r, "expected a hexadecimal value behind the register's name");
	return image_set(r->im, name, value) == 0 || bad(r, "too many registers");
}

static bool read_page(struct reader *r, const char *p)
{
	if (!scan_hex(&p, &r->page) || r->page & 0xFFF)
		return bad(r, "expected \"page ADDRESS\", a multiple of 0x1000");
	r->in_page = true;
	if (scan_here(&p, "zero")) {
		for (uint64_t off = 0; off < 0x1000; off += 8) {
			if (!put(r, r->page + off, 0))
				return false;
		}
	}
	return true;
}

static bool read_words(struct reader *r, const char *p)
{
	uint64_t off, val;

	if (!scan_hex(&p, &off) || *p++ != ':')
		return bad(r, "expected \"arch\", \"reg\", \"page\", or \"OFFSET: WORD...\"");
	if (!r->in_page || off & 7 || off > 0xFF8)
		return bad(r, r->in_page ? "the offset is a multiple of 8 below 0x1000"
					 : "words before any page");
	while (p[strspn(p, " \t\r")]) {
		if (off > 0xFF8)
			return bad(r, "more words than the page holds");
		if (!scan_hex(&p, &val))
			return bad(r, "expected words in hexadecimal, at most 64 bits");
		if (!put(r, r->page + off, val))
			return false;
		off += 8;
	}
	return true;
}

static bool read_line(struct reader *r, const char *line)
{
	const char *p = line;

	if (!line[strspn(line, " \t\r")] || *line == '#' ||
	    strncmp(line, PAGES_MAGIC, strlen(PAGES_MAGIC)) == 0)
		return true;
	if (scan_here(&p, "arch "))
		return read_arch(r, p);
	if (scan_here(&p, "reg "))
		return read_reg(r, p);
	if (scan_here(&p, "page "))
		return read_page(r, p);
	return read_words(r, line);
}

struct image *image_pages(const char *path, FILE *f)
{
	struct reader r = { .path = path, .im = words_image(path) };
	char line[IMAGE_LINE];
	int rc;

	while ((rc = image_line(f, line))) {
		r.line++;
		if (rc < 0) {
			bad(&r, "the line is too long, or has a NUL byte in it");
			image_close(r.im);
			return NULL;
		}
		if (!read_line(&r, line)) {
			image_close(r.im);
			return NULL;
		}
	}
	return r.im;
}
