/*
 * VT-d interrupt remapping faults, one row per reason: the entry that the message meets, or what is wrong with the message. The
 * table has 64 Ki entries unless the index has to be beyond it.
 */
#include <inttypes.h>

#include "decode/raw.h"
#include "decode/reproduce.h"
#include "hw/vtd.h"

#define QUEUE UINT64_C(0x10000)
#define TABLE UINT64_C(0x100000)
#define DESCRIPTOR UINT64_C(0x20000)

#define GOOD "as = \"irte-remapped\"; P = <1>; V = <0x31>; DST_XAPIC = <1>;"
#define POSTED "as = \"irte-posted\"; P = <1>; IM = <1>; VV = <0x45>; PDAL = <0x800>;"

struct recipe {
	uint8_t reason;
	const char *entry;  /* how the entry is laid out; NULL: it is not */
	bool no_index;      /* the record's index is undefined */
	bool nowhere;       /* the table is where no memory is */
	bool off;           /* interrupt remapping is */
	bool compatible;    /* the message has the compatibility format */
	uint32_t low, data; /* further bits of the message's address; its data */
	const char *unit, *before;
};

/* clang-format off */

static const struct recipe recipes[] = {
	/* the subhandle is valid, and bits 31:16 of the data are not 0 */
	{ VTD_FR_IR_REQ_RSVD, .no_index = true, .low = 0x8, .data = 0x10000 },
	{ VTD_FR_IR_INDEX, .entry = NULL },
	{ VTD_FR_IR_NP, .entry = NULL },
	{ VTD_FR_IR_ACCESS, .nowhere = true },
	{ VTD_FR_IR_RSVD, .entry = GOOD " RSVD0 = <1>;" },
	{ VTD_FR_IR_COMPAT, .no_index = true, .compatible = true },
	{ VTD_FR_IR_SID, .entry = GOOD " SVT = <1>;" },
	{ VTD_FR_IR_PID_ACCESS, .entry = POSTED, .unit = " pi = <1>;",
	  .before = "\t\trefuse {\n\t\t\tdo = \"inject\"; point = \"bus-read-abort\"; master = \"msi\";\n"
		    "\t\t\trange = /bits/ 64 <0x20000 0x2003f>;\n\t\t};\n" },
	{ VTD_FR_IR_EIME, .no_index = true, .unit = " eim = <1>; eimer = <1>;" },
	{ VTD_FR_IR_REQUIRED, .no_index = true, .unit = " irreq = <1>;", .off = true },
	{ VTD_FR_IR_PID_RSVD, .entry = POSTED, .unit = " pi = <1>;",
	  .before = "\t\tdescriptor { do = \"mem-write\"; addr = <0x20020>; words = /bits/ 64 <0x0000040000f20004>; loader; };\n" },
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

static const char *impossible(const struct decoded *d, const struct recipe *r)
{
	if (!d->has_reason || !d->has_rid)
		return "the report names no reason or no device";
	if (!r)
		return "not modelled: this reason";
	if (d->has_pasid || d->privileged || d->execute || (d->at != AT_UNKNOWN && d->at))
		return "the report contradicts itself: an interrupt request has no PASID and is "
		       "untranslated";
	if (d->access != ACCESS_UNKNOWN && d->access != ACCESS_WRITE)
		return "the report contradicts itself: an interrupt request is recorded as a write";
	if (!r->no_index && !d->has_index)
		return "the report names no entry";
	if (d->reason == VTD_FR_IR_INDEX && d->index < 2)
		return "the report contradicts itself: every table has at least 2 entries";
	return NULL;
}

/* IRTA.S: 2^(S + 1) entries, all of them unless the index has to lie beyond. */
static uint32_t table_size(const struct decoded *d)
{
	uint32_t s = 0;

	if (d->reason != VTD_FR_IR_INDEX)
		return 15;
	while (s < 15 && UINT32_C(4) << s <= d->index)
		s++;
	return s;
}

/* VT-d 5.1 "Interrupt Requests in Remappable Format": handle bits 14:0 in address bits 19:5, bit 15 in bit 2, format in bit 4. */
static uint32_t message(const struct recipe *r, uint32_t index)
{
	if (r->compatible)
		return (uint32_t)VTD_INTR_FIRST;
	return (uint32_t)VTD_INTR_FIRST | (index & 0x7FFF) << 5 | 0x10 | (index >> 15 & 1) << 2 |
	       r->low;
}

static void set_up(FILE *f, const struct decoded *d, const struct recipe *r)
{
	uint64_t spoiled = r->reason == VTD_FR_IR_SID ? (uint64_t)(uint16_t)~d->rid : d->rid;

	if (r->entry)
		fprintf(f,
			"\t\tentry {\n\t\t\tdo = \"mem-write\"; addr = <0x%" PRIx64
			">; loader;\n\t\t\t%s SID = <0x%" PRIx64 ">;\n\t\t};\n",
			TABLE + 16 * (uint64_t)d->index, r->entry, spoiled);
	if (r->before)
		fputs(r->before, f);
	fprintf(f,
		"\t\tqueue { do = \"reg-write\"; register = \"IQA\"; IQA = <0x%" PRIx64 ">; };\n"
		"\t\tqueue-on { do = \"command\"; set = \"QIE\"; };\n"
		"\t\ttable { do = \"reg-write\"; register = \"IRTA\"; IRTA = /bits/ 64 <0x%" PRIx64
		">; S = <%" PRIu32 ">; };\n"
		"\t\tset-table { do = \"command\"; set = \"SIRTP\"; };\n",
		QUEUE, r->nowhere ? UINT64_C(0x3C0000000) : TABLE, table_size(d));
	if (!r->off)
		fputs("\t\tremap { do = \"command\"; set = \"IRE\"; };\n", f);
}

const char *reproduce_vtd_irq(FILE *f, const struct decoded *d)
{
	const struct recipe *r = recipe_of(d->reason);
	const char *why = impossible(d, r);
	uint64_t word[2] = { FIELD_PREP(VTD_FRCD0_IIDX, (uint64_t)d->index),
			     VTD_FRCD1_F | FIELD_PREP(VTD_FRCD1_FR, (uint64_t)d->reason) | d->rid };
	char props[48];

	if (why)
		return why;
	snprintf(props, sizeof(props), "\t\t\tir = <1>;%s\n", r->unit ? r->unit : "");
	reproduce_head(f, d, &(struct reproduce_machine){ .unit = props });
	set_up(f, d, r);
	reproduce_message(f, d, message(r, d->index), r->data);
	for (uint32_t i = r->no_index; i < 2; i++)
		fprintf(f,
			"\t\trecord-%" PRIu32
			" {\n\t\t\tdo = \"reg-read\"; register = \"FRCD\"; part = <%" PRIu32
			">; width = <8>;\n\t\t\tvalue = /bits/ 64 <0x%016" PRIx64 ">;\n\t\t};\n",
			i, 8 * i, word[i]);
	fputs("\t};\n};\n", f);
	return NULL;
}
