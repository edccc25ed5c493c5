/*
 * VT-d faults of legacy mode, one row per reason: which entry of the tables is spoiled, and how. The tables are those of the
 * ordinary case otherwise: a page at the address of the report, with the permission that the report does not speak of.
 */
#include <inttypes.h>
#include <string.h>

#include "decode/raw.h"
#include "decode/reproduce.h"
#include "hw/vtd.h"

#define ROOT UINT64_C(0x10000)
#define CONTEXT UINT64_C(0x11000)
#define TABLE UINT64_C(0x12000) /* the topmost; each lower level a page above */
#define PAGE UINT64_C(0x200000)
#define NOWHERE UINT64_C(0x3C0000000) /* no memory there, within the host address width */

struct recipe {
	uint8_t reason;
	const char *root, *context,
		*leaf; /* properties instead of the ordinary ones; "" lays nothing out */
	const char *rtaddr;
	uint64_t top; /* what the topmost entry leads to, 0: the next table */
	const char *unit;
};

/* clang-format off */

static const struct recipe recipes[] = {
	{ VTD_FR_ROOT_NP, .root = "" },
	{ VTD_FR_CTX_NP, .context = "" },
	{ VTD_FR_CTX_INV, .context = "P = <1>; SSPTPTR = <0x12000>; AW = <0>; DID = <1>;" },
	{ VTD_FR_ADDR_BEYOND, .unit = "" },
	{ VTD_FR_SS_WRITE, .unit = "" },
	{ VTD_FR_SS_READ, .unit = "" },
	{ VTD_FR_SS_ACCESS, .top = NOWHERE },
	{ VTD_FR_ROOT_ACCESS, .rtaddr = "RTA = /bits/ 64 <0x3c0000000>;" },
	{ VTD_FR_CTX_ACCESS, .root = "P = <1>; CTP = /bits/ 64 <0x3c0000000>;" },
	{ VTD_FR_ROOT_RSVD, .root = "P = <1>; CTP = <0x11000>; RSVD1 = <1>;" },
	{ VTD_FR_CTX_RSVD, .context = "P = <1>; SSPTPTR = <0x12000>; AW = <2>; DID = <1>; RSVD0 = <1>;" },
	{ VTD_FR_SS_RSVD, .leaf = "R = <1>; W = <1>; ADDR = /bits/ 64 <0x8000000000000>;" },
	{ VTD_FR_CTX_ATS, .unit = "dt = <1>;" },
	{ VTD_FR_INTR_OUT, .leaf = "R = <1>; W = <1>; ADDR = <0xfee00000>;" },
	{ VTD_FR_BAD_INTR, .unit = "" },
	{ VTD_FR_TTM_INV, .rtaddr = "RTA = <0x10000>; TTM = <2>;" },
	{ VTD_FR_LEGACY_PASID, .unit = "" },
	{ VTD_FR_ABORT_MODE, .rtaddr = "RTA = <0x10000>; TTM = <3>;", .unit = "adms = <1>;" },
};

/* clang-format on */

static const struct recipe *recipe_of(uint8_t reason)
{
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		if (recipes[i].reason == reason)
			return &recipes[i];
	}
	return NULL;
}

/* What contradicts itself or cannot come of legacy mode. */
static const char *impossible(const struct decoded *d, const struct recipe *r)
{
	bool interrupts = d->addr >> 20 == VTD_INTR_FIRST >> 20;

	if (!d->has_reason)
		return "the report names no reason";
	if (!d->has_rid || !d->has_addr)
		return "the report names no device or no address";
	if (d->access == ACCESS_UNKNOWN)
		return "the report does not say whether the device read or wrote";
	if (d->reason >= VTD_FR_SM_ROOT_ACCESS)
		return "not modelled: scalable mode";
	if (!r)
		return "not modelled: this reason";
	if (d->has_pasid || d->privileged || d->execute)
		return "not modelled: units that record a PASID (ECAP.PASID), EXE and PRIV";
	if (d->at == 3)
		return "the report contradicts itself: address type 11b is reserved";
	if (d->reason == VTD_FR_CTX_ATS ? d->at == 0 : d->at == 2)
		return d->reason == VTD_FR_CTX_ATS
			       ? "the report contradicts itself: an untranslated request is not "
				 "blocked by the entry's TT"
			       : "a translated request that the entry allows passes unchecked: "
				 "this reason cannot come of it";
	if (d->at == 1 && (d->reason == VTD_FR_SS_WRITE || d->reason == VTD_FR_SS_READ ||
			   d->reason == VTD_FR_ADDR_BEYOND))
		return "a translation request without permission is answered so, and no fault is "
		       "recorded";
	if (d->reason == VTD_FR_SS_WRITE ? d->access == ACCESS_READ
					 : d->reason == VTD_FR_SS_READ && d->access != ACCESS_READ)
		return "the report contradicts itself: reason and kind of access do not fit";
	if (interrupts && d->reason != VTD_FR_BAD_INTR && d->reason != VTD_FR_ABORT_MODE &&
	    d->reason != VTD_FR_LEGACY_PASID && d->reason != VTD_FR_ADDR_BEYOND)
		return "requests to FEEx_xxxxh are not translated: this reason cannot come of one";
	if (d->at == 1 && d->access != ACCESS_READ)
		return "the report contradicts itself: a translation request is recorded as a read";
	if (d->addr >> 57)
		return "the report contradicts itself: no unit records address bits above the "
		       "widest page table, 57 bits";
	return NULL;
}

static void lay(FILE *f, const char *name, uint64_t at, const char *as, const char *props)
{
	if (!*props)
		return;
	fprintf(f,
		"\t\t%s { do = \"mem-write\"; addr = <0x%" PRIx64 ">; as = \"%s\"; loader; %s };\n",
		name, at, as, props);
}

/* Levels of the tables: as few as the address needs. */
static uint32_t levels(const struct decoded *d)
{
	return d->reason != VTD_FR_ADDR_BEYOND && d->addr >> 48 ? 5 : 4;
}

static void lay_pages(FILE *f, const struct decoded *d, const struct recipe *r, uint32_t count)
{
	char props[96], name[24];
	uint64_t table = TABLE;

	for (uint32_t level = count - 1; level > 0; level--, table += VTD_PAGE_SIZE) {
		uint64_t next = level == count - 1 && r->top ? r->top : table + VTD_PAGE_SIZE;

		snprintf(props, sizeof(props),
			 "R = <1>; W = <1>; ADDR = /bits/ 64 <0x%" PRIx64 ">;", next);
		snprintf(name, sizeof(name), "level-%" PRIu32, level);
		lay(f, name, table + 8 * (d->addr >> (12 + 9 * level) & 0x1FF), "ss", props);
	}
	if (r->leaf) {
		snprintf(props, sizeof(props), "%s", r->leaf);
	} else {
		/* what a write lacks is W, what a read lacks is R */
		snprintf(props, sizeof(props), "R = <%d>; W = <%d>; ADDR = <0x%" PRIx64 ">;",
			 d->reason != VTD_FR_SS_READ, d->reason != VTD_FR_SS_WRITE, PAGE);
	}
	lay(f, "page", table + 8 * (d->addr >> 12 & 0x1FF), "ss", props);
}

static void unit_props(const struct decoded *d, const struct recipe *r, char *buf, size_t size)
{
	size_t n = (size_t)snprintf(buf, size, "%s%s%s", r->unit && *r->unit ? "\t\t\t" : "",
				    r->unit ? r->unit : "", r->unit && *r->unit ? "\n" : "");

	if (d->at && d->at != AT_UNKNOWN && d->reason != VTD_FR_CTX_ATS)
		n += (size_t)snprintf(buf + n, size - n, "\t\t\tdt = <1>;\n");
	if (d->addr >> 48) /* else the unit would not record the upper bits */
		snprintf(buf + n, size - n, "\t\t\tsagaw = <12>; mgaw = <57>;\n");
}

static void lay_tables(FILE *f, const struct decoded *d, const struct recipe *r)
{
	uint32_t count = levels(d);
	bool ats = d->at && d->at != AT_UNKNOWN && d->reason != VTD_FR_CTX_ATS;
	char props[96];

	lay(f, "root", ROOT + 16 * (uint64_t)(d->rid >> 8), "root",
	    r->root ? r->root : "P = <1>; CTP = <0x11000>;");
	snprintf(props, sizeof(props),
		 "P = <1>; TT = <%d>; SSPTPTR = <0x%" PRIx64 ">; AW = <%" PRIu32 ">; DID = <1>;",
		 ats, TABLE, count - 2);
	lay(f, "context", CONTEXT + 16 * (uint64_t)(d->rid & 0xFF), "context",
	    r->context ? r->context : props);
	if (!r->context || strstr(r->context, "AW = <2>"))
		lay_pages(f, d, r, count);
}

/* Fields that the specification leaves undefined in the record are not compared. */
static void expect_record(FILE *f, const struct decoded *d)
{
	bool undefined = d->reason == VTD_FR_BAD_INTR;
	uint64_t word[2],
		mask = undefined ? VTD_FRCD1_F | VTD_FRCD1_FR | VTD_FRCD1_SID : UINT64_MAX;

	raw_words(d, word);
	for (uint32_t i = undefined; i < 2; i++) {
		fprintf(f,
			"\t\trecord-%" PRIu32
			" {\n\t\t\tdo = \"reg-read\"; register = \"FRCD\"; part = <%" PRIu32
			">; width = <8>;\n\t\t\tvalue = /bits/ 64 <0x%016" PRIx64 ">;",
			i, 8 * i, word[i] & mask);
		if (~mask)
			fprintf(f, " mask = /bits/ 64 <0x%016" PRIx64 ">;", mask);
		fputs("\n\t\t};\n", f);
	}
}

/* The request that leaves this record: what the record does not hold is put back. */
static struct decoded request_of(const struct decoded *d)
{
	struct decoded r = *d;

	if (d->reason == VTD_FR_ADDR_BEYOND && !(d->addr >> 48))
		r.addr |= UINT64_C(1) << 50; /* bits above the widest table are not recorded */
	if (d->reason == VTD_FR_BAD_INTR) {
		r.addr = VTD_INTR_FIRST;
		r.access = ACCESS_READ;
	}
	if (d->reason == VTD_FR_LEGACY_PASID) { /* nor is a PASID, on a unit without ECAP.PASID */
		r.has_pasid = true;
		r.pasid = 1;
	}
	return r;
}

const char *reproduce_vtd(FILE *f, const struct decoded *given)
{
	const struct recipe *r = recipe_of(given->reason);
	const char *why = impossible(given, r);
	struct decoded d = *given, request;
	char props[96] = "";

	if (why)
		return why;
	/* logs leave the address type out: only a translation or translated request is blocked by TT */
	if (d.at == AT_UNKNOWN)
		d.at = d.reason != VTD_FR_CTX_ATS ? 0 : d.access == ACCESS_READ ? 1 : 2;
	d.addr &= VTD_FRCD0_FI;
	request = request_of(&d);
	unit_props(&d, r, props, sizeof(props));
	reproduce_head(f, &d, &(struct reproduce_machine){ .unit = props });
	lay_tables(f, &d, r);
	fprintf(f, "\t\troot-pointer { do = \"reg-write\"; register = \"RTADDR\"; %s };\n",
		r->rtaddr ? r->rtaddr : "RTA = <0x10000>;");
	fputs("\t\tset-root { do = \"command\"; set = \"SRTP\"; };\n\t\ttranslate { do = "
	      "\"command\"; set = \"TE\"; };\n",
	      f);
	reproduce_request(f, &request, request.access);
	expect_record(f, &d);
	fputs("\t};\n};\n", f);
	return NULL;
}
