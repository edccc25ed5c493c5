/*
 * The text of Linux's intel debugfs: iommu_regset, dmar_translation_struct, domain_translation_struct, alone or one after the
 * other. Each line tells words of tables; where they stand in memory follows from the table above them.
 */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "decode/decoded.h"
#include "decode/scan.h"
#include "hw/vtd.h"
#include "walk/image.h"
#include "walk/words.h"

struct reader {
	struct image *im;
	uint64_t root; /* root table of the unit whose lines come */
	bool have_root, full;
	uint64_t table; /* topmost page table of the device whose lines come */
	bool have_table;
	uint32_t levels; /* columns of entries */
	uint64_t lines;  /* understood */
};

static void put(struct reader *r, uint64_t pa, uint64_t val)
{
	if (words_put(r->im, pa, val))
		r->full = true;
}

/* "CAP             \t0x08\t\t0x00d2008c222f0686" */
static bool read_register(struct reader *r, const char *line)
{
	static const char *const names[] = { "VER",  "CAP",    "ECAP", "GCMD",
					     "GSTS", "RTADDR", "FSTS", "IRTA" };
	uint64_t off, value;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *p = line;

		if (!scan_here(&p, names[i]) || (*p != ' ' && *p != '\t') || !scan_hex(&p, &off) ||
		    !scan_hex(&p, &value))
			continue;
		image_set(r->im, names[i], value);
		return true;
	}
	return false;
}

static bool read_root(struct reader *r, const char *line)
{
	const char *p = line;
	uint64_t value;

	if (!scan_after(&p, "Root Table Address:") || !scan_hex(&p, &value))
		return false;
	r->root = value & VTD_RTADDR_RTA;
	if (!r->have_root) /* the first unit is the one that is walked */
		image_set(r->im, "RTADDR", value);
	r->have_root = true;
	return true;
}

/* "0x<high>:0x<low>" */
static bool pair(const char **p, uint64_t *word)
{
	if (!scan_hex(p, &word[1]) || **p != ':')
		return false;
	(*p)++;
	return scan_hex(p, &word[0]);
}

/* "00:02.0\t<root entry>\t<context entry>\t-1\t..." */
static bool read_device(struct reader *r, const char *line)
{
	struct decoded d = { .kind = DECODED_NOTHING };
	const char *p = line;
	uint64_t root[2], context[2];

	if (!r->have_root || !scan_bdf(&p, &d) || !pair(&p, root) || !pair(&p, context))
		return false;
	for (uint32_t i = 0; i < 2; i++) {
		put(r, r->root + 16 * (uint64_t)(d.rid >> 8) + 8 * i, root[i]);
		put(r, (root[0] & VTD_RE0_CTP) + 16 * (uint64_t)(d.rid & 0xFF) + 8 * i, context[i]);
	}
	return true;
}

/* "Device 0000:00:02.0 @0x104a3f000" */
static bool read_domain(struct reader *r, const char *line)
{
	struct decoded d = { .kind = DECODED_NOTHING };
	const char *p = line;

	if (strncmp(line, "Device ", 7) != 0)
		return false;
	p += 7;
	if (!scan_bdf(&p, &d) || !scan_after(&p, "@") || !scan_hex(&p, &r->table))
		return false;
	if (r->im->roots < IMAGE_ROOTS)
		r->im->root[r->im->roots++] =
			(struct image_root){ d.rid, r->table & VTD_CE0_SSPTPTR, 0 };
	r->table &= VTD_CE0_SSPTPTR;
	r->have_table = true;
	r->levels = 0;
	return true;
}

/* "IOVA_PFN PML5E PML4E PDPE PDE PTE": how many columns there are */
static bool read_columns(struct reader *r, const char *line)
{
	static const char *const names[] = { "PML5E", "PML4E", "PDPE", "PDE", "PTE" };

	if (!strstr(line, "IOVA_PFN"))
		return false;
	r->levels = 0;
	for (uint32_t i = 0; i < 5; i++) {
		if (strstr(line, names[i]))
			r->levels++;
	}
	return true; /* a column for a fifth level is there with four levels too */
}

/* "0x0000000000800 |\t0x...\t0x..." : entries from the top, the table of each below the one before. */
static bool read_mapping(struct reader *r, const char *line)
{
	const char *p = line;
	uint64_t pfn, entry, table = r->table;
	uint32_t level = r->levels;

	if (!r->have_table || !r->levels || strncmp(line, "0x", 2) != 0 || !scan_hex(&p, &pfn))
		return false;
	scan_here(&p, "|");
	while (level > 0 && scan_hex(&p, &entry)) {
		level--;
		if (level == 4 && !entry)
			continue; /* four levels in a text with five columns */
		if (table == r->table && r->im->roots && !r->im->root[r->im->roots - 1].levels)
			r->im->root[r->im->roots - 1].levels = level + 1;
		put(r, table + 8 * (pfn >> (9 * level) & 0x1FF), entry);
		if (!(entry & (VTD_SS_R | VTD_SS_W)) || entry & VTD_SS_PS)
			break;
		table = entry & VTD_SS_ADDR;
	}
	return true;
}

struct image *image_debugfs(const char *path, FILE *f)
{
	struct reader r = { .im = words_image(path) };
	static bool (*const readers[])(struct reader * r, const char *line) = {
		read_root, read_domain, read_columns, read_mapping, read_device, read_register
	};
	char line[1024];

	r.im->arch = BE_VTD;
	r.im->arch_known = true;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
			if (readers[i](&r, line)) {
				r.lines++;
				break;
			}
		}
	}
	if (r.full)
		cli_error("walk: %s: too many entries; the rest is left out", path);
	if (r.lines)
		return r.im;
	cli_error("walk: %s: no line of iommu_regset, dmar_translation_struct or "
		  "domain_translation_struct",
		  path);
	image_close(r.im);
	return NULL;
}
