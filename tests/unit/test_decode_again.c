/*
 * From a record to a scenario and back: the scenario that `decode` writes of a record has to raise that very record. It says
 * so itself, word for word, so that a run that passes is the proof.
 *
 * Records are drawn so that hardware may write them; each reason and event of what is modelled, with random device, address,
 * direction and domain. Then records of random bits: each is either refused with a reason or comes out again.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <inttypes.h>
#include <string.h>

#include "decode/raw.h"
#include "decode/reproduce.h"
#include "engine_files.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"
#include "random.h"

#define DRAWS 30
#define WILD 600
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* The scenario of the report, run; the text of what went wrong, "" when nothing, NULL when it was refused. */
static const char *again(const struct decoded *d, const char **why)
{
	static char text[4200];
	struct engine_error error;
	struct run_result res;
	struct scenario *sc;
	char *source;
	size_t size;
	FILE *f = open_memstream(&source, &size);

	*why = reproduce(f, d);
	fclose(f);
	if (*why) {
		free(source);
		return NULL;
	}
	sc = scenario_load(scenario_file("again.dts", source), &error);
	if (!sc) {
		snprintf(text, sizeof(text), "%s\n%s", error.text, source);
		free(source);
		return text;
	}
	scenario_once(sc, 0, &res);
	snprintf(text, sizeof(text), "%s", res.verdict == RUN_PASS ? "" : res.text);
	if (res.verdict != RUN_PASS)
		fprintf(stderr, "%s\n", source);
	scenario_free(sc);
	free(source);
	return text;
}

static void must_come_again(const struct decoded *d, const uint64_t *word)
{
	const char *why, *text;
	uint64_t out[2];

	ck_assert(raw_words(d, out));
	ck_assert_msg(out[0] == word[0] && out[1] == word[1],
		      "the record 0x%" PRIx64 " 0x%" PRIx64 " reads back as 0x%" PRIx64
		      " 0x%" PRIx64,
		      word[0], word[1], out[0], out[1]);
	text = again(d, &why);
	ck_assert_msg(text, "0x%" PRIx64 " 0x%" PRIx64 " was refused: %s", word[0], word[1], why);
	ck_assert_msg(!*text, "0x%" PRIx64 " 0x%" PRIx64 ": %s", word[0], word[1], text);
}

/* Reasons of legacy mode, and what a record with them looks like: address bits, access. */
static const struct vtd_case {
	uint8_t reason;
	uint8_t bits_low, bits_high; /* of the address */
	char access;                 /* 'r', 'w', or '*' */
} vtd_cases[] = {
	{ VTD_FR_ROOT_NP, 0, 57, '*' },      { VTD_FR_CTX_NP, 0, 57, '*' },
	{ VTD_FR_CTX_INV, 0, 57, '*' },      { VTD_FR_ADDR_BEYOND, 0, 57, '*' },
	{ VTD_FR_SS_WRITE, 0, 57, 'w' },     { VTD_FR_SS_READ, 0, 57, 'r' },
	{ VTD_FR_SS_ACCESS, 0, 57, '*' },    { VTD_FR_ROOT_ACCESS, 0, 57, '*' },
	{ VTD_FR_CTX_ACCESS, 0, 57, '*' },   { VTD_FR_ROOT_RSVD, 0, 57, '*' },
	{ VTD_FR_CTX_RSVD, 0, 57, '*' },     { VTD_FR_SS_RSVD, 0, 57, '*' },
	{ VTD_FR_INTR_OUT, 0, 57, '*' },     { VTD_FR_TTM_INV, 0, 57, '*' },
	{ VTD_FR_LEGACY_PASID, 0, 57, '*' }, { VTD_FR_ABORT_MODE, 0, 57, '*' },
	{ VTD_FR_CTX_ATS, 0, 57, '*' },      { VTD_FR_BAD_INTR, 0, 0, 'r' },
};

static uint64_t address(uint64_t *rng, uint8_t low, uint8_t high)
{
	uint32_t bits = low + (uint32_t)(random64(rng) % (uint32_t)(high - low + 1));
	uint64_t a = bits ? random64(rng) >> (64 - bits) | UINT64_C(1) << (bits - 1) : 0;

	return a >> 20 == VTD_INTR_FIRST >> 20 ? a ^ UINT64_C(0x100000) : a;
}

START_TEST(test_a_vtd_record_comes_again)
{
	const struct vtd_case *c = &vtd_cases[_i];
	uint64_t rng = (uint64_t)_i;

	for (uint32_t n = 0; n < DRAWS; n++) {
		bool read = c->access == 'r' || (c->access == '*' && random64(&rng) & 1);
		uint64_t word[2] = { address(&rng, c->bits_low, c->bits_high) & VTD_FRCD0_FI,
				     VTD_FRCD1_F };
		struct decoded d;

		if (c->reason == VTD_FR_BAD_INTR)
			word[0] = VTD_INTR_FIRST | (random64(&rng) & 0xFF000);
		word[1] |= FIELD_PREP(VTD_FRCD1_FR, (uint64_t)c->reason) |
			   FIELD_PREP(VTD_FRCD1_SID, random64(&rng) & 0xFFFF) |
			   (read ? VTD_FRCD1_T1 : 0);
		if (c->reason == VTD_FR_CTX_ATS)
			word[1] |= FIELD_PREP(VTD_FRCD1_AT, read ? UINT64_C(1) : 2);
		raw_frcd(word, &d);
		must_come_again(&d, word);
	}
}
END_TEST

/* Interrupts: reason and index, which some have not. */
static const struct irq_case {
	uint8_t reason;
	bool has_index;
} irq_cases[] = {
	{ VTD_FR_IR_REQ_RSVD, false }, { VTD_FR_IR_INDEX, true },      { VTD_FR_IR_NP, true },
	{ VTD_FR_IR_ACCESS, true },    { VTD_FR_IR_RSVD, true },       { VTD_FR_IR_COMPAT, false },
	{ VTD_FR_IR_SID, true },       { VTD_FR_IR_PID_ACCESS, true }, { VTD_FR_IR_PID_RSVD, true },
	{ VTD_FR_IR_EIME, false },     { VTD_FR_IR_REQUIRED, false },
};

START_TEST(test_a_vtd_interrupt_record_comes_again)
{
	uint64_t rng = 500 + (uint64_t)_i;
	uint8_t reason = irq_cases[_i].reason;

	for (uint32_t n = 0; n < DRAWS; n++) {
		uint64_t index = irq_cases[_i].has_index ? 2 + random64(&rng) % 0xFFFE : 0;
		uint64_t word[2] = { FIELD_PREP(VTD_FRCD0_IIDX, index),
				     VTD_FRCD1_F | FIELD_PREP(VTD_FRCD1_FR, (uint64_t)reason) |
					     (random64(&rng) & 0xFFFF) };
		struct decoded d;

		raw_frcd(word, &d);
		must_come_again(&d, word);
	}
}
END_TEST

/* ---- AMD-Vi ---- */

#define EV(name) AMDVI_EV_##name
#define MEMORY 0, UINT64_C(0xFCFFFFFFFF)
#define MESSAGE UINT64_C(0xFEE00000), UINT64_C(0xFEEFFFFF)
#define HT_INTR UINT64_C(0xFDF8000000), UINT64_C(0xFDF8FFFFFF)
#define HT_RSVD UINT64_C(0xFD00000000), UINT64_C(0xFDF7FFFFFF)
#define HT_ALL UINT64_C(0xFD00000000), UINT64_C(0xFFFFFFFFFF)
#define HT_SYSMGT UINT64_C(0xFDF9100000), UINT64_C(0xFDF91FFFFF)
#define HT_IO UINT64_C(0xFDFC000000), UINT64_C(0xFDFDFFFFFF)
#define ANY 0, UINT64_MAX

/*
 * Events, flags, and what the address is: that of the device's entry ('e'), of a paging entry ('p'), of an interrupt entry
 * ('i'), of a command ('c'; 'd': and it names its device), of a command's store ('s'), or one of first to last. What names nothing has the field 0.
 */
static const struct amdvi_case {
	uint8_t event;
	uint16_t flags;
	char place;
	char names; /* 'd': DomainID; 'p': PASID */
	uint64_t first, last;
	uint16_t least; /* DeviceID */
} amdvi_cases[] = {
	{ EV(IO_PAGE_FAULT), 0x000, 0, 'd', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x020, 0, 'd', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x020, 0, 'd', HT_ALL, 0 },
	{ EV(IO_PAGE_FAULT), 0x050, 0, 'd', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x050, 0, 'd', HT_ALL, 0 },
	{ EV(IO_PAGE_FAULT), 0x070, 0, 'd', UINT64_C(1) << 48, UINT64_MAX, 0 },
	{ EV(IO_PAGE_FAULT), 0x090, 0, 'd', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x0B0, 0, 'd', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x010, 0, 'd', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x030, 0, 'd', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x001, 0, 'p', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x021, 0, 'p', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x003, 0, 'p', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x005, 0, 'p', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x027, 0, 'p', MEMORY, 0 },
	{ EV(IO_PAGE_FAULT), 0x008, 0, 'd', MESSAGE, 0 },
	{ EV(IO_PAGE_FAULT), 0x008, 0, 'd', HT_INTR, 0 },
	{ EV(IO_PAGE_FAULT), 0x098, 0, 'd', MESSAGE, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x000, 0, 0, MEMORY, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x020, 0, 0, MEMORY, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x080, 0, 0, MEMORY, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x100, 0, 0, ANY, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x180, 0, 0, ANY, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x001, 0, 'p', MEMORY, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x0A1, 0, 'p', MEMORY, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x181, 0, 'p', MEMORY, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x008, 0, 0, MESSAGE, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x088, 0, 0, MESSAGE, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x088, 0, 0, HT_INTR, 0 },
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x009, 0, 'p', MESSAGE, 128 },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x200, 'e', 0, ANY, 0 },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x220, 'e', 0, ANY, 0 },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x300, 'e', 0, ANY, 0 },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x208, 'e', 0, ANY, 0 },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x400, 'e', 0, ANY, 0 },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x408, 'e', 0, ANY, 0 },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x500, 'e', 0, ANY, 0 },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x620, 'e', 0, ANY, 0 },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x608, 'e', 0, ANY, 0 },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x200, 'p', 'd', ANY, 0 },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x220, 'p', 'd', ANY, 0 },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x208, 'i', 'd', ANY, 0 },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x300, 'p', 'd', ANY, 0 },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x420, 'p', 'd', ANY, 0 },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x408, 'i', 'd', ANY, 0 },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x600, 'p', 'd', ANY, 0 },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x608, 'i', 'd', ANY, 0 },
	{ EV(ILLEGAL_COMMAND_ERROR), 0x000, 'c', 0, ANY, 0 },
	{ EV(COMMAND_HARDWARE_ERROR), 0x200, 'c', 0, ANY, 0 },
	{ EV(COMMAND_HARDWARE_ERROR), 0x400, 'c', 0, ANY, 0 },
	{ EV(COMMAND_HARDWARE_ERROR), 0x600, 'c', 0, ANY, 0 },
	{ EV(COMMAND_HARDWARE_ERROR), 0x200, 's', 0, ANY, 0 },
	{ EV(COMMAND_HARDWARE_ERROR), 0x400, 's', 0, ANY, 0 },
	{ EV(IOTLB_INV_TIMEOUT), 0x000, 'd', 0, ANY, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x000, 0, 0, HT_INTR, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x000, 0, 0, HT_RSVD, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x000, 0, 0, MESSAGE, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x005, 0, 'p', MESSAGE, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x200, 0, 0, MEMORY, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x200, 0, 0, HT_ALL, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x201, 0, 'p', MEMORY, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x400, 0, 0, HT_IO, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x600, 0, 0, HT_SYSMGT, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0xA00, 0, 0, HT_RSVD, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0xC00, 0, 0, HT_SYSMGT, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x100, 0, 0, HT_ALL, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x100, 0, 0, MESSAGE, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x300, 0, 0, ANY, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x305, 0, 'p', ANY, 0 },
	{ EV(INVALID_DEVICE_REQUEST), 0x500, 0, 0, ANY, 128 },
	{ EV(INVALID_DEVICE_REQUEST), 0x501, 0, 'p', ANY, 128 },
};

/* Low addresses as often as high ones: below and above the ordinary memory of the scenario. */
static uint64_t somewhere(uint64_t *rng)
{
	uint64_t r = random64(rng);

	return r & 1 ? r >> 34 : r >> 12;
}

static uint64_t event_address(const struct amdvi_case *c, uint64_t rid, uint64_t *rng)
{
	uint64_t at = somewhere(rng), range = c->last - c->first + 1;

	switch (c->place) {
	case 'e':
		return (at & ~UINT64_C(0xFFF)) % (UINT64_C(1) << 51) + 32 * rid;
	case 'p':
		return at & ~UINT64_C(7);
	case 'i':
		return at & ~UINT64_C(3);
	case 'c':
	case 'd':
		return at & ~UINT64_C(15);
	case 's':
		return (at & ~UINT64_C(15)) | 8;
	default:
		at = c->first + random64(rng) % (range ? range : UINT64_MAX);
	}
	if (at >> 20 == 0xFEE && c->first >> 20 != 0xFEE)
		at ^= 0x100000;
	return at & ~UINT64_C(7);
}

START_TEST(test_an_amdvi_event_comes_again)
{
	const struct amdvi_case *c = &amdvi_cases[_i];
	uint64_t rng = 1000 + (uint64_t)_i;

	for (uint32_t n = 0; n < DRAWS; n++) {
		bool nobody = c->place == 'c' || c->place == 's';
		uint64_t rid = nobody ? 0 : c->least + random64(&rng) % (0x10000u - c->least);
		uint64_t word[2] = { FIELD_PREP(AMDVI_EV0_CODE, (uint64_t)c->event) |
				     FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)c->flags) | rid };
		struct decoded d;

		if (c->names)
			word[0] |= FIELD_PREP(AMDVI_EV0_DOMAINID, random64(&rng) & 0xFFFF);
		if (c->names == 'p')
			word[0] |= FIELD_PREP(AMDVI_EV0_PASID_HI, random64(&rng) & 0xF);
		word[1] = event_address(c, rid, &rng);
		raw_event(word, &d);
		must_come_again(&d, word);
	}
}
END_TEST

/* ---- what does not come again, by name ---- */

/*
 * Every reason and event of the headers stands among the cases above or here; and these are refused. Whoever teaches the
 * simulator one of them moves it up.
 */
static const struct missing {
	uint8_t first, last;
	const char *why;
} vtd_missing[] = {
	{ VTD_FR_LEGACY_PRQ, VTD_FR_LEGACY_PRQ, "page requests (ECAP.PRS) are not modelled" },
	{ VTD_FR_EXEC, VTD_FR_EXEC, "execute requests without ECAP.ERS need a PASID, and units "
				    "that record one are scalable-mode ones" },
	{ VTD_FR_SM_ROOT_ACCESS, VTD_FR_HPT_READ, "scalable mode (ECAP.SMTS) is not modelled" },
}, amdvi_missing[] = {
	{ EV(INVALID_PPR_REQUEST), EV(INVALID_PPR_REQUEST), "page requests (EFR.PPRSup)" },
	{ EV(EVENT_COUNTER_ZERO), EV(EVENT_COUNTER_ZERO), "performance counters (EFR.PCSup)" },
	{ EV(GUEST_EVENT_FAULT), EV(VIOMMU_HARDWARE_ERROR), "virtual IOMMUs (EFR.vIommuSup)" },
	{ EV(RMP_PAGE_FAULT), EV(RMP_HARDWARE_ERROR), "SEV-SNP (EFR.SNPSup)" },
};

static bool missing(const struct missing *list, int count, uint8_t code)
{
	for (int i = 0; i < count; i++) {
		if (code >= list[i].first && code <= list[i].last)
			return list[i].why != NULL;
	}
	return false;
}

static bool vtd_comes(uint8_t reason)
{
	for (int i = 0; i < COUNT(vtd_cases); i++) {
		if (vtd_cases[i].reason == reason)
			return true;
	}
	for (int i = 0; i < COUNT(irq_cases); i++) {
		if (irq_cases[i].reason == reason)
			return true;
	}
	return false;
}

/* A code comes again, or stands in the list and decode says that it does not. */
static void check_code(uint8_t code, bool comes, const struct missing *list, int count,
		       const struct decoded *d)
{
	bool listed = missing(list, count, code);
	const char *why;

	ck_assert_msg(comes != listed, "code 0x%x", code);
	if (listed)
		ck_assert_msg(!again(d, &why) && strncmp(why, "not modelled: ", 14) == 0,
			      "code 0x%x", code);
}

START_TEST(test_every_vtd_reason_comes_again_or_is_listed)
{
#define CODE(code, name, conditions, qualified, description) code,
	static const uint8_t codes[] = { VTD_FAULT_REASONS(CODE) };
#undef CODE

	for (int i = 0; i < COUNT(codes); i++) {
		uint64_t word[2] = { 0x5000, VTD_FRCD1_F | VTD_FRCD1_T1 |
						     FIELD_PREP(VTD_FRCD1_FR, (uint64_t)codes[i]) };
		struct decoded d;

		raw_frcd(word, &d);
		check_code(codes[i], vtd_comes(codes[i]), vtd_missing, COUNT(vtd_missing), &d);
	}
}
END_TEST

static bool amdvi_comes(uint8_t event)
{
	for (int i = 0; i < COUNT(amdvi_cases); i++) {
		if (amdvi_cases[i].event == event)
			return true;
	}
	return false;
}

START_TEST(test_every_amdvi_event_comes_again_or_is_listed)
{
#define CODE(code, name, flags, description) code,
	static const uint8_t codes[] = { AMDVI_EVENTS(CODE) };
#undef CODE

	for (int i = 0; i < COUNT(codes); i++) {
		uint64_t word[2] = { FIELD_PREP(AMDVI_EV0_CODE, (uint64_t)codes[i]), 0x5000 };
		struct decoded d;

		raw_event(word, &d);
		check_code(codes[i], amdvi_comes(codes[i]), amdvi_missing, COUNT(amdvi_missing),
			   &d);
	}
}
END_TEST

/* Of events that come again: combinations that the specification allows or real hardware writes, and no run here does. */
static const struct unraised {
	uint8_t event;
	uint16_t flags;
	uint64_t address;
	const char *why;
} amdvi_unraised[] = {
	{ EV(ILLEGAL_DEV_TABLE_ENTRY), 0x120, 0x5000,
	  "TR and RW: requests for translation are logged as reads" },
	{ EV(DEV_TAB_HARDWARE_ERROR), 0x520, 0x5000, "the same" },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x520, 0x5000, "the same" },
	{ EV(IO_PAGE_FAULT), 0x011, 0x5000, "GN and PR: guest page tables (EFR.GTSup)" },
	{ EV(PAGE_TAB_HARDWARE_ERROR), 0x401, 0x5000, "the same" },
	{ EV(INVALID_DEVICE_REQUEST), 0x800, UINT64_C(0xFEE00000),
	  "type 100b: the disputed reading, a page fault with I = 1, is the one modelled" },
	{ EV(IO_PAGE_FAULT), 0x008, UINT64_C(0xFFFFFFFDF8000000),
	  "HyperTransport addresses with bits 63:40 set" },
};

START_TEST(test_what_no_run_raises_is_refused_as_not_modelled)
{
	const struct unraised *u = &amdvi_unraised[_i];
	uint64_t word[2] = { FIELD_PREP(AMDVI_EV0_CODE, (uint64_t)u->event) |
				     FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)u->flags),
			     u->address };
	const char *why;
	struct decoded d;

	raw_event(word, &d);
	ck_assert_msg(!again(&d, &why) && strncmp(why, "not modelled: ", 14) == 0, "%s", u->why);
}
END_TEST

/* ---- wild records ---- */

/* Half of the addresses are of places where something is special. */
static uint64_t wild_address(uint64_t *rng)
{
	static const uint64_t places[] = { UINT64_C(0xFEE00000),   UINT64_C(0xFDF8000000),
					   UINT64_C(0xFDF9100000), UINT64_C(0xFD00000000),
					   UINT64_C(0xFDFC000000), UINT64_C(0xFED90000),
					   UINT64_C(0x30000000),   UINT64_C(0x3FFFFFF8),
					   UINT64_C(0xFFFFFFF8) };
	uint64_t r = random64(rng);

	return r & 1 ? places[(r >> 1) % COUNT(places)] + (r >> 32) % 0x1000
		     : random64(rng) >> (r >> 1) % 64;
}

/* Random bits: refused with a reason, or the same record comes. Every second one names no domain and little else. */
START_TEST(test_a_wild_record_is_refused_or_comes_again)
{
	uint64_t rng = 77 + (uint64_t)_i;
	uint32_t came = 0;

	for (uint32_t n = 0; n < WILD; n++) {
		uint64_t word[2] = { wild_address(&rng), random64(&rng) };
		const char *why, *text;
		struct decoded d;

		if (_i) {
			word[1] = word[0];
			word[0] = (random64(&rng) & ~(AMDVI_EV0_CODE | AMDVI_EV0_FLAGS)) |
				  FIELD_PREP(AMDVI_EV0_CODE, random64(&rng) % 10) |
				  FIELD_PREP(AMDVI_EV0_FLAGS,
					     n & 4 ? random64(&rng) & random64(&rng) & 0xFFF
						   : UINT64_C(1) << random64(&rng) % 12);
			if (n & 1)
				word[0] &= ~(AMDVI_EV0_DOMAINID | (n & 8 ? AMDVI_EV0_DEVICEID : 0));
			if (n & 2)
				word[1] &= ~UINT64_C(15);
			raw_event(word, &d);
		} else {
			word[1] = (word[1] & (VTD_FRCD1_SID | VTD_FRCD1_T1 | VTD_FRCD1_T2)) |
				  (random64(&rng) & random64(&rng) & random64(&rng) &
				   (VTD_FRCD1_PP | VTD_FRCD1_EXE | VTD_FRCD1_PRIV | VTD_FRCD1_AT)) |
				  FIELD_PREP(VTD_FRCD1_FR, random64(&rng) % 0x38);
			raw_frcd(word, &d);
		}
		text = again(&d, &why);
		ck_assert_msg(!text || !*text, "0x%" PRIx64 " 0x%" PRIx64 ": %s", word[0], word[1],
			      text);
		ck_assert(text || *why);
		came += text != NULL;
	}
	ck_assert_uint_ge(came, WILD / 40);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("decode again");
	TCase *tc = tcase_create("again");

	tcase_add_loop_test(tc, test_a_vtd_record_comes_again, 0, COUNT(vtd_cases));
	tcase_add_loop_test(tc, test_a_vtd_interrupt_record_comes_again, 0, COUNT(irq_cases));
	tcase_add_loop_test(tc, test_an_amdvi_event_comes_again, 0, COUNT(amdvi_cases));
	tcase_add_test(tc, test_every_vtd_reason_comes_again_or_is_listed);
	tcase_add_test(tc, test_every_amdvi_event_comes_again_or_is_listed);
	tcase_add_loop_test(tc, test_what_no_run_raises_is_refused_as_not_modelled, 0,
			    COUNT(amdvi_unraised));
	tcase_add_loop_test(tc, test_a_wild_record_is_refused_or_comes_again, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
