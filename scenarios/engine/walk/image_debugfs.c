/*
 * The text of Linux's debugfs, files alone or one after the other. Intel: iommu_regset, dmar_translation_struct,
 * domain_translation_struct, of all devices or of one; each line tells words of tables, and where they stand in memory follows
 * from the table above them. AMD: mmio ("Offset:0x0 Value:0x...") and devtbl; page tables are not told there.
 */
#include <inttypes.h>
#include <string.h>

#include "arch.h"
#include "cli.h"
#include "decode/decoded.h"
#include "decode/scan.h"
#include "hw/amdvi.h"
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
	bool amd, scalable;
	uint64_t devtab;   /* AMD: the device table, 0 until the register is told */
	const char *named; /* what the text is, when nothing of it can be walked */
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
	r->scalable |= FIELD_GET(VTD_RTADDR_TTM, value) == VTD_TTM_SCALABLE;
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
	if (strstr(line, "with pasid")) { /* its tables are reached by a PASID */
		r->have_table = false;
		r->named = "tables of a PASID";
		return false;
	}
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

/* AMD, mmio: "Offset:0x18 Value:0x000c22000003f48d" */
static bool read_mmio(struct reader *r, const char *line)
{
	const struct arch *amdvi = arch_at(BE_AMDVI);
	const char *p = line;
	const struct layout *l;
	struct be_unit unit = { .arch = BE_AMDVI };
	uint64_t off, value;
	uint32_t at;

	if (!scan_here(&p, "Offset:") || !scan_hex(&p, &off) || !scan_here(&p, "Value:") ||
	    !scan_hex(&p, &value))
		return false;
	backend_sim_ops.unit_default(&unit);
	l = off <= UINT32_MAX ? arch_register_at(&unit, off, &at) : NULL;
	r->amd = true;
	if (!l || !arch_has_layout(amdvi, l) || at)
		return true; /* a register that no walk asks for */
	image_set(r->im, l->name, value);
	if (strcmp(l->name, "DEVTAB") == 0)
		r->devtab = value & AMDVI_DEVTAB_BASE;
	return true;
}

/* AMD, devtbl: "0000:01:00.0 <QWORD[3]> <QWORD[2]> <QWORD[1]> <QWORD[0]> iommu3" */
static bool read_dte(struct reader *r, const char *line)
{
	struct decoded d = { .kind = DECODED_NOTHING };
	const char *p = line;
	uint64_t word[4], devtab;

	if (!scan_bdf(&p, &d))
		return false;
	for (uint32_t i = 4; i-- > 0;) {
		if (!scan_hex(&p, &word[i]))
			return false;
	}
	if (!strstr(p, "iommu"))
		return false;
	r->amd = true;
	if (!image_get(r->im, "DEVTAB",
		       &devtab)) /* the table's place is not told: counted from 0 */
		image_set(r->im, "DEVTAB", AMDVI_DEVTAB_SIZE);
	for (uint32_t i = 0; i < 4; i++)
		put(r, r->devtab + (uint64_t)d.rid * sizeof(struct amdvi_dte) + 8 * i, word[i]);
	return true;
}

/* Files of the same folders that have nothing to walk, by what stands in them. */
static const struct {
	const char *word, *what;
} others[] = {
	{ "inv_iotlb", "iommu_perf_latency: times, no tables" },
	{ "Invalidation queue on", "invalidation_queue: commands, no tables" },
	{ "Interrupt supported on IOMMU",
	  "ir_translation_struct: interrupt remapping is not walked" },
	{ "CMD Buffer Head", "cmdbuf: commands, no tables" },
	{ "Irt", "irqtbl: interrupt remapping is not walked" },
};

bool image_is_debugfs(const char *head)
{
	static const char *const words[] = { "Register Base Address", "Root Table Address",
					     "Offset:0x", "QWORD[3]" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(head, words[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strstr(head, others[i].word))
			return true;
	}
	return strncmp(head, "Device ", 7) == 0;
}

static void read_text(struct reader *r, const char *line)
{
	static bool (*const readers[])(struct reader * r, const char *line) = {
		read_root,   read_domain,   read_columns, read_mapping,
		read_device, read_register, read_mmio,    read_dte
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (readers[i](r, line)) {
			r->lines++;
			return;
		}
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strstr(line, others[i].word))
			r->named = others[i].what;
	}
}

/* What nobody can walk is said by name. */
static const char *useless(const struct reader *r)
{
	if (r->scalable && !r->im->roots)
		return "scalable mode: the text does not tell PASID directories; add "
		       "domain_translation_struct";
	if (r->lines)
		return NULL;
	return r->named ? r->named
			: "no line of iommu_regset, dmar_translation_struct, "
			  "domain_translation_struct, mmio or devtbl";
}

struct image *image_debugfs(const char *path, FILE *f)
{
	struct reader r = { .im = words_image(path) };
	char line[IMAGE_LINE];
	uint64_t lines = 0;
	const char *why = NULL;
	int rc;

	while ((rc = image_line(f, line)) > 0) {
		lines++;
		read_text(&r, line);
	}
	if (rc < 0) {
		cli_error("walk: %s, line %" PRIu64 ": longer than %d bytes, or a NUL byte in it; "
			  "no debugfs text",
			  path, lines + 1, IMAGE_LINE - 1);
		image_close(r.im);
		return NULL;
	}
	r.im->arch = r.amd ? BE_AMDVI : BE_VTD;
	r.im->arch_known = true;
	if (r.full)
		cli_error("walk: %s: too many entries; the rest is left out", path);
	why = useless(&r);
	if (!why)
		return r.im;
	cli_error("walk: %s: %s", path, why);
	image_close(r.im);
	return NULL;
}
