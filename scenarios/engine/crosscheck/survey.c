/* What generated cases came by. */
#include "survey.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "arch.h"
#include "cli.h"
#include "json.h"

#define VTD (1u << BE_VTD)
#define AMD (1u << BE_AMDVI)

/* ---- names of single numbers ---- */

static const char *const features[] = {
	[SURVEY_CACHING] = "caching mode",
	[SURVEY_BY_REGISTER] = "by register",
	[SURVEY_SHARED] = "shared domain",
	[SURVEY_REMAPS] = "interrupts remapped",
	[SURVEY_WIDE] = "x2APIC",
	[SURVEY_COMPATIBILITY] = "compatibility format",
	[SURVEY_INDEX] = "2K mode",
	[SURVEY_ENTRY_128] = "128-bit entries",
	[SURVEY_NO_VALID] = "V = 0",
	[SURVEY_NO_TV] = "TV = 0",
	[SURVEY_SA] = "SA",
	[SURVEY_SE] = "SE",
	[SURVEY_FPD] = "FPD",
	[SURVEY_MGAW] = "MGAW below the width",
};
static const char *const keeps[] = { "all", "none", "lru", "random" };
static const char *const policies[] = { "normal",     "immediate", "slow",  "never",
					"inval-more", "prefetch",  "rewalk" };
static const char *const places[] = { "own id", "PCIe-PCI", "PCI bridge", "root port" };
static const char *const types[] = { "untranslated", "ATS", "pass-through", "reserved" };
static const char *const ways[] = { "abort", "forward", "remap", "reserved" };

/* Which features an architecture has. */
static const uint8_t has_feature[] = {
	[SURVEY_CACHING] = VTD | AMD, [SURVEY_BY_REGISTER] = VTD, [SURVEY_SHARED] = VTD | AMD,
	[SURVEY_REMAPS] = VTD | AMD,  [SURVEY_WIDE] = VTD | AMD,  [SURVEY_COMPATIBILITY] = VTD,
	[SURVEY_INDEX] = AMD,         [SURVEY_ENTRY_128] = AMD,   [SURVEY_NO_VALID] = AMD,
	[SURVEY_NO_TV] = AMD,         [SURVEY_SA] = AMD,          [SURVEY_SE] = AMD,
	[SURVEY_FPD] = VTD,           [SURVEY_MGAW] = VTD,
};

/* ---- rows ---- */

#define ALL_OF(n) (UINT64_MAX >> (64 - (n)))
#define BITS(hi, lo) ((UINT64_MAX >> (63 - (hi))) & (UINT64_MAX << (lo)))
#define AMD_LEAVES (BITS(52, 12))

/* `must`: which numbers of a row a generator has to come by, for the architectures in this order. */
static const struct {
	const char *name;
	uint8_t arch, count;
	uint64_t must[BE_ARCHS];
	const char *const *names;
} rows[SURVEY_ROWS] = {
	[SURVEY_WIDTH] = { "tables of so many levels",
			   VTD | AMD,
			   8,
			   { BITS(5, 3), BITS(7, 0) },
			   NULL },
	[SURVEY_TYPE] = { "TT", VTD, 4, { ALL_OF(4), 0 }, types },
	[SURVEY_LEAF] = { "pages of 2^n bytes",
			  VTD | AMD,
			  64,
			  { BITS(12, 12) | BITS(21, 21) | BITS(30, 30), AMD_LEAVES },
			  NULL },
	[SURVEY_ABSENT] = { "absent at level", VTD | AMD, 8, { BITS(4, 0), BITS(6, 1) }, NULL },
	[SURVEY_NO_READ] = { "not readable at level",
			     VTD | AMD,
			     8,
			     { BITS(4, 0), BITS(6, 1) },
			     NULL },
	[SURVEY_NO_WRITE] = { "not writable at level",
			      VTD | AMD,
			      8,
			      { BITS(4, 0), BITS(6, 1) },
			      NULL },
	[SURVEY_RESERVED] = { "reserved bit",
			      VTD | AMD,
			      64,
			      { BITS(62, 62) | BITS(51, 36) | BITS(29, 11) | BITS(7, 7),
				BITS(60, 52) },
			      NULL },
	[SURVEY_UNREADABLE] = { "no memory at level",
				VTD | AMD,
				8,
				{ BITS(4, 0), BITS(6, 1) },
				NULL },
	[SURVEY_SKIP] = { "levels skipped", AMD, 6, { 0, BITS(4, 0) }, NULL },
	[SURVEY_FAULT] = { "fault",
			   VTD | AMD,
			   48,
			   { BITS(12, 1) | BITS(38, 32) | BITS(43, 41),
			     BITS(8, 8) | BITS(4, 4) | BITS(2, 1) },
			   NULL },
	[SURVEY_STALE] = { "stale, as", VTD | AMD, 48, { 0, 0 }, NULL },
	[SURVEY_SILENT] = { "not recorded", VTD | AMD, 48, { BITS(12, 11) | BITS(7, 2), 4 }, NULL },
	[SURVEY_CONTEXT_INVAL] = { "entries dropped, 4 * G + FM",
				   VTD | AMD,
				   16,
				   { BITS(15, 12) | BITS(8, 8) | BITS(4, 4), ALL_OF(2) },
				   NULL },
	[SURVEY_IOTLB_INVAL] = { "pages dropped",
				 VTD | AMD,
				 65,
				 { BITS(30, 12) | BITS(2, 1), BITS(52, 12) },
				 NULL },
	[SURVEY_KEEP_DIRS] = { "of these, not directories",
			       VTD | AMD,
			       65,
			       { BITS(30, 12), BITS(52, 12) },
			       NULL },
	[SURVEY_IRQ_INVAL] = { "interrupt entries dropped",
			       VTD | AMD,
			       17,
			       { BITS(16, 0), 2 },
			       NULL },
	[SURVEY_SOURCE] = { "source check, 4 * SVT + SQ; IntCtl",
			    VTD | AMD,
			    16,
			    { BITS(11, 0), 15 },
			    NULL },
	[SURVEY_DELIVERY] = { "delivery mode", VTD | AMD, 8, { 0xb7, 3 }, NULL },
	[SURVEY_TABLE] = { "interrupt table of 2^n entries",
			   VTD | AMD,
			   17,
			   { BITS(16, 1), BITS(11, 0) },
			   NULL },
	[SURVEY_CACHE] = { "cache", VTD | AMD, 4, { ALL_OF(4), ALL_OF(4) }, keeps },
	[SURVEY_POLICY] = { "policy", VTD | AMD, 7, { 0x77, 0x77 }, policies },
	[SURVEY_BEHIND] = { "devices", VTD | AMD, 4, { ALL_OF(3), ALL_OF(4) }, places },
	[SURVEY_FEATURE] = { "cases with", VTD | AMD, SURVEY_FEATURES, { 0, 0 }, features },
};

static uint32_t first_of(enum survey_row row)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < (uint32_t)row; i++)
		at += rows[i].count;
	return at;
}

void survey_count(struct survey *s, enum survey_row row, uint32_t n)
{
	uint32_t at;

	if (!s)
		return;
	at = first_of(row) + (n < rows[row].count ? n : rows[row].count - 1u);
	if (at < SURVEY_COUNTERS && s->n[at] < UINT16_MAX)
		s->n[at]++;
}

uint32_t survey_get(const struct survey_sum *s, enum survey_row row, uint32_t n)
{
	uint32_t at = first_of(row) + n;

	return n < rows[row].count && at < SURVEY_COUNTERS ? s->n[at] : 0;
}

void survey_add(struct survey_sum *sum, const struct survey *one)
{
	for (uint32_t i = 0; i < SURVEY_COUNTERS; i++)
		sum->n[i] += one->n[i];
}

/* ---- a case ---- */

static void invalidation(struct survey *s, const struct xc_inval *v)
{
	uint32_t lg2 = 12;

	switch (v->kind) {
	case XC_VTD_CONTEXT:
		survey_count(s, SURVEY_CONTEXT_INVAL, v->g * 4u + (v->g == 3 ? v->fm : 0));
		break;
	case XC_VTD_IOTLB:
		survey_count(s, SURVEY_IOTLB_INVAL, v->g == 3 ? 12u + v->am : v->g);
		if (v->g == 3 && v->ih)
			survey_count(s, SURVEY_KEEP_DIRS, 12u + v->am);
		break;
	case XC_VTD_IEC:
		survey_count(s, SURVEY_IRQ_INVAL, v->g ? 1u + v->am : 0);
		break;
	case XC_AMD_DEVTAB:
		survey_count(s, SURVEY_CONTEXT_INVAL, 0);
		break;
	case XC_AMD_PAGES:
		while (v->s && lg2 < 64 && v->addr >> lg2 & 1)
			lg2++;
		survey_count(s, SURVEY_IOTLB_INVAL, v->s ? lg2 + 1 : 12);
		if (!v->pde)
			survey_count(s, SURVEY_KEEP_DIRS, v->s ? lg2 + 1 : 12);
		break;
	case XC_AMD_INTTAB:
		survey_count(s, SURVEY_IRQ_INVAL, 1);
		break;
	case XC_AMD_ALL:
		survey_count(s, SURVEY_CONTEXT_INVAL, 1);
		break;
	}
}

static void feature(struct survey *s, bool has, enum survey_feature f)
{
	if (has)
		survey_count(s, SURVEY_FEATURE, f);
}

void survey_case(struct survey *s, const struct xc_case *c)
{
	uint64_t sagaw = xc_cap(c, "sagaw", 4);
	uint64_t width = sagaw & 8 ? 57 : sagaw & 4 ? 48 : 39;
	bool vtd = c->arch == BE_VTD;

	survey_count(s, SURVEY_CACHE, (uint32_t)c->policy.keep);
	survey_count(s, SURVEY_POLICY, (uint32_t)c->policy.delay);
	if (c->policy.inval_more)
		survey_count(s, SURVEY_POLICY, 4);
	if (c->policy.prefetch)
		survey_count(s, SURVEY_POLICY, 5);
	if (c->policy.rewalk)
		survey_count(s, SURVEY_POLICY, 6);
	for (uint32_t i = 0; i < c->devices; i++)
		survey_count(s, SURVEY_BEHIND, (uint32_t)c->behind[i]);
	feature(s, xc_cap(c, vtd ? "cm" : "npcache", 0) != 0, SURVEY_CACHING);
	feature(s, c->by_register, SURVEY_BY_REGISTER);
	feature(s, c->ir.on, SURVEY_REMAPS);
	feature(s, c->ir.eime || c->ir.xt, SURVEY_WIDE);
	feature(s, c->ir.cfi, SURVEY_COMPATIBILITY);
	feature(s, c->ir.index, SURVEY_INDEX);
	feature(s, c->ir.ga, SURVEY_ENTRY_128);
	feature(s, vtd && xc_cap(c, "mgaw", 48) < width, SURVEY_MGAW);
	if (vtd && c->ir.on)
		survey_count(s, SURVEY_TABLE, c->ir.size + 1u);
	for (uint32_t i = 0; i < c->ops; i++)
		if (c->op[i].kind == XC_INVAL)
			invalidation(s, &c->op[i].inval);
}

/* ---- the table ---- */

static void name_of(char *buf, size_t size, enum survey_row row, uint32_t n, enum be_arch arch)
{
	const char *reason = NULL;

	if (row == SURVEY_FAULT || row == SURVEY_STALE || row == SURVEY_SILENT)
		reason = arch_reason_name(arch_at((uint32_t)arch), (uint8_t)n);
	if (row == SURVEY_STALE && n == 0)
		reason = "success";
	if (reason)
		snprintf(buf, size, "%s", reason);
	else if (row == SURVEY_SOURCE && arch == BE_AMDVI)
		snprintf(buf, size, "%s", ways[n & 3]);
	else if (row == SURVEY_IOTLB_INVAL && arch == BE_VTD && n < 12)
		snprintf(buf, size, "%s", n == 1 ? "all" : "domain");
	else if ((row == SURVEY_IOTLB_INVAL || row == SURVEY_KEEP_DIRS) && n >= 12)
		snprintf(buf, size, "2^%u", n);
	else if (rows[row].names)
		snprintf(buf, size, "%s", rows[row].names[n]);
	else
		snprintf(buf, size, "%u", n);
}

static bool wanted(enum survey_row row, uint32_t n, enum be_arch arch)
{
	if (row == SURVEY_FEATURE)
		return has_feature[n] >> arch & 1;
	return n < 64 && rows[row].must[arch] >> n & 1;
}

static void print_row(FILE *out, const struct survey_sum *s, enum survey_row row, enum be_arch arch)
{
	bool any = false;
	char name[48];

	for (uint32_t n = 0; n < rows[row].count; n++) {
		if (!survey_get(s, row, n))
			continue;
		if (!any)
			fprintf(out, "  %-28s", rows[row].name);
		any = true;
		name_of(name, sizeof(name), row, n, arch);
		fprintf(out, " %s: %u", name, survey_get(s, row, n));
	}
	if (any)
		fputc('\n', out);
}

/* What of a row was never drawn. */
static bool print_never(FILE *out, const struct survey_sum *s, enum survey_row row,
			enum be_arch arch)
{
	bool any = false;
	char name[48];

	for (uint32_t n = 0; n < rows[row].count; n++) {
		if (!wanted(row, n, arch) || survey_get(s, row, n))
			continue;
		if (!any)
			fprintf(out, "  never: %s", rows[row].name);
		name_of(name, sizeof(name), row, n, arch);
		fprintf(out, "%s %s", any ? "," : "", name);
		any = true;
	}
	if (any)
		fputc('\n', out);
	return any;
}

void survey_print(FILE *out, const struct survey_sum *s, enum be_arch arch)
{
	bool any = false;

	fprintf(out, "drawn   %s\n", arch_at((uint32_t)arch)->title);
	for (uint32_t i = 0; i < SURVEY_ROWS; i++)
		if (rows[i].arch >> arch & 1)
			print_row(out, s, (enum survey_row)i, arch);
	for (uint32_t i = 0; i < SURVEY_ROWS; i++)
		any = print_never(out, s, (enum survey_row)i, arch) || any;
	if (!any)
		fputs("  never: nothing of what is looked for\n", out);
}

void survey_json(struct cJSON *object, const struct survey_sum *s, enum be_arch arch)
{
	cJSON *never = cli_need(cJSON_CreateArray());
	char name[48], text[128];

	for (uint32_t i = 0; i < SURVEY_ROWS; i++) {
		cJSON *row = NULL;

		for (uint32_t n = 0; n < rows[i].count; n++) {
			uint32_t count = survey_get(s, (enum survey_row)i, n);

			name_of(name, sizeof(name), (enum survey_row)i, n, arch);
			if (count && !row)
				row = cli_need(cJSON_AddObjectToObject(object, rows[i].name));
			if (count)
				json_number(row, name, count);
			if (count || !wanted((enum survey_row)i, n, arch))
				continue;
			snprintf(text, sizeof(text), "%s: %s", rows[i].name, name);
			cJSON_AddItemToArray(never, cli_need(cJSON_CreateString(text)));
		}
	}
	cJSON_AddItemToObject(object, "never", never);
}
