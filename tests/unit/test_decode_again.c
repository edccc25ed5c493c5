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
#define WILD 400

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

/* Interrupts: reason and index; 20h and 25h have none. */
START_TEST(test_a_vtd_interrupt_record_comes_again)
{
	uint64_t rng = 500 + (uint64_t)_i;
	uint8_t reason = (uint8_t)(VTD_FR_IR_REQ_RSVD + _i);

	for (uint32_t n = 0; n < DRAWS; n++) {
		bool none = reason == VTD_FR_IR_REQ_RSVD || reason == VTD_FR_IR_COMPAT;
		uint64_t index = none ? 0 : 2 + random64(&rng) % 0xFFFE;
		uint64_t word[2] = { FIELD_PREP(VTD_FRCD0_IIDX, index),
				     VTD_FRCD1_F | FIELD_PREP(VTD_FRCD1_FR, (uint64_t)reason) |
					     (random64(&rng) & 0xFFFF) };
		struct decoded d;

		raw_frcd(word, &d);
		must_come_again(&d, word);
	}
}
END_TEST

/* Events, flags, and whether the address is that of the device's entry ('e'), of any entry ('p'), of a command ('c'). */
static const struct amdvi_case {
	uint8_t event;
	uint16_t flags;
	char place;
	bool domain;
	uint64_t first, last; /* of the address, when it has no place */
} amdvi_cases[] = {
	{ AMDVI_EV_IO_PAGE_FAULT, 0x000, 0, true, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_IO_PAGE_FAULT, 0x020, 0, true, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_IO_PAGE_FAULT, 0x050, 0, true, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_IO_PAGE_FAULT, 0x070, 0, true, UINT64_C(1) << 48, UINT64_MAX },
	{ AMDVI_EV_IO_PAGE_FAULT, 0x090, 0, true, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_IO_PAGE_FAULT, 0x0B0, 0, true, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_IO_PAGE_FAULT, 0x010, 0, true, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_IO_PAGE_FAULT, 0x030, 0, true, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, 0x000, 0, false, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, 0x020, 0, false, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, 0x080, 0, false, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, 0x180, 0, false, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_DEV_TAB_HARDWARE_ERROR, 0x400, 'e', false, 0, 0 },
	{ AMDVI_EV_DEV_TAB_HARDWARE_ERROR, 0x620, 'e', false, 0, 0 },
	{ AMDVI_EV_PAGE_TAB_HARDWARE_ERROR, 0x420, 'p', true, 0, 0 },
	{ AMDVI_EV_PAGE_TAB_HARDWARE_ERROR, 0x600, 'p', true, 0, 0 },
	{ AMDVI_EV_ILLEGAL_COMMAND_ERROR, 0x000, 'c', false, 0, 0 },
	{ AMDVI_EV_COMMAND_HARDWARE_ERROR, 0x400, 'c', false, 0, 0 },
	{ AMDVI_EV_COMMAND_HARDWARE_ERROR, 0x600, 'c', false, 0, 0 },
	{ AMDVI_EV_IOTLB_INV_TIMEOUT, 0x000, 'c', false, 0, 0 },
	{ AMDVI_EV_INVALID_DEVICE_REQUEST, 0x000, 0, false, UINT64_C(0xFDF8000000),
	  UINT64_C(0xFDF8FFFFFF) },
	{ AMDVI_EV_INVALID_DEVICE_REQUEST, 0x200, 0, false, 0, UINT64_C(0xFCFFFFFFFF) },
	{ AMDVI_EV_INVALID_DEVICE_REQUEST, 0x400, 0, false, UINT64_C(0xFDFC000000),
	  UINT64_C(0xFDFDFFFFFF) },
	{ AMDVI_EV_INVALID_DEVICE_REQUEST, 0x600, 0, false, UINT64_C(0xFDF9100000),
	  UINT64_C(0xFDF91FFFFF) },
	{ AMDVI_EV_INVALID_DEVICE_REQUEST, 0xA00, 0, false, UINT64_C(0xFD00000000),
	  UINT64_C(0xFDF7FFFFFF) },
	{ AMDVI_EV_INVALID_DEVICE_REQUEST, 0xC00, 0, false, UINT64_C(0xFDF9100000),
	  UINT64_C(0xFDF91FFFFF) },
	{ AMDVI_EV_INVALID_DEVICE_REQUEST, 0x100, 0, false, UINT64_C(0xFD00000000),
	  UINT64_C(0xFDFFFFFFFF) },
	{ AMDVI_EV_INVALID_DEVICE_REQUEST, 0x300, 0, false, 0, UINT64_C(0xFCFFFFFFFF) },
};

START_TEST(test_an_amdvi_event_comes_again)
{
	const struct amdvi_case *c = &amdvi_cases[_i];
	uint64_t rng = 1000 + (uint64_t)_i;

	for (uint32_t n = 0; n < DRAWS; n++) {
		uint64_t rid = c->place == 'c' ? 0 : random64(&rng) & 0xFFFF, word[2];
		struct decoded d;

		word[0] = FIELD_PREP(AMDVI_EV0_CODE, (uint64_t)c->event) |
			  FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)c->flags) | rid;
		if (c->domain)
			word[0] |= FIELD_PREP(AMDVI_EV0_DOMAINID, random64(&rng) & 0xFFFF);
		word[1] =
			c->first + random64(&rng) % (c->last - c->first + 1 ? c->last - c->first + 1
									    : UINT64_MAX);
		if (word[1] >> 20 == 0xFEE)
			word[1] ^= 0x100000;
		word[1] &= ~UINT64_C(7);
		if (c->place == 'e')
			word[1] = (random64(&rng) & UINT64_C(0x7FFFFF000)) + 32 * rid;
		else if (c->place == 'p')
			word[1] = random64(&rng) & UINT64_C(0x7FFFFFFF8);
		else if (c->place == 'c')
			word[1] = random64(&rng) & UINT64_C(0x7FFFFFFF0);
		raw_event(word, &d);
		must_come_again(&d, word);
	}
}
END_TEST

/* Random bits: refused with a reason, or the same record comes. */
START_TEST(test_a_wild_record_is_refused_or_comes_again)
{
	uint64_t rng = 77 + (uint64_t)_i;

	for (uint32_t n = 0; n < WILD; n++) {
		uint64_t word[2] = { random64(&rng) >> (random64(&rng) % 64), random64(&rng) };
		const char *why, *text;
		struct decoded d;

		if (_i) {
			word[0] = (random64(&rng) & ~(AMDVI_EV0_CODE | AMDVI_EV0_FLAGS)) |
				  FIELD_PREP(AMDVI_EV0_CODE, random64(&rng) % 10) |
				  FIELD_PREP(AMDVI_EV0_FLAGS,
					     random64(&rng) & random64(&rng) & 0xFFF);
			raw_event(word, &d);
		} else {
			word[1] = (word[1] & (VTD_FRCD1_SID | VTD_FRCD1_T1 | VTD_FRCD1_PP)) |
				  FIELD_PREP(VTD_FRCD1_FR, random64(&rng) % 0x38);
			raw_frcd(word, &d);
		}
		text = again(&d, &why);
		ck_assert_msg(!text || !*text, "0x%" PRIx64 " 0x%" PRIx64 ": %s", word[0], word[1],
			      text);
		ck_assert(text || *why);
	}
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static Suite *make_suite(void)
{
	Suite *s = suite_create("decode again");
	TCase *tc = tcase_create("again");

	tcase_add_loop_test(tc, test_a_vtd_record_comes_again, 0, COUNT(vtd_cases));
	tcase_add_loop_test(tc, test_a_vtd_interrupt_record_comes_again, 0, 9);
	tcase_add_loop_test(tc, test_an_amdvi_event_comes_again, 0, COUNT(amdvi_cases));
	tcase_add_loop_test(tc, test_a_wild_record_is_refused_or_comes_again, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
