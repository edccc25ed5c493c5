/*
 * AMD-Vi events, commands and device request types: codes and flags typed again from the specification's tables.
 */
#include <string.h>
#include "unit.h"
#include "hw/amdvi.h"

struct named {
	unsigned code;
	const char *name;
	uint64_t flags; /* in qw0, of events */
	const char *text;
};

#define EVENT(code, name, flags, text) { code, #name, flags, text },
static const struct named events[] = { AMDVI_EVENTS(EVENT) };
#undef EVENT

#define FLAG(name, text) { 0, #name, AMDVI_EV0_##name, text },
static const struct named flags[] = { AMDVI_EVENT_FLAGS(FLAG) };
#undef FLAG

#define COMMAND(code, name, needs, text) { code, #name, 0, needs },
static const struct named commands[] = { AMDVI_COMMANDS(COMMAND) };
#undef COMMAND

#define REQUEST(tr, type, name, text) { type, #name, tr, text },
static const struct named requests[] = { AMDVI_DEVICE_REQUESTS(REQUEST) };
#undef REQUEST

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The 12 flag bits as the specification numbers them: GN 001h, NX 002h, US 004h, I 008h, PR 010h, RW 020h, PE 040h,
 * RZ 080h, TR 100h, Type E00h (of hardware errors 600h). PPR entries: EX 002h, R 004h, W 020h, US 040h, RZ 080h,
 * GN 100h. */
static const struct {
	unsigned code, enumerated;
	const char *name;
	unsigned flags12;
} typed[] = {
	{ 0x1, AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, "ILLEGAL_DEV_TABLE_ENTRY", 0x1A9 },
	{ 0x2, AMDVI_EV_IO_PAGE_FAULT, "IO_PAGE_FAULT", 0x1FF },
	{ 0x3, AMDVI_EV_DEV_TAB_HARDWARE_ERROR, "DEV_TAB_HARDWARE_ERROR", 0x728 },
	{ 0x4, AMDVI_EV_PAGE_TAB_HARDWARE_ERROR, "PAGE_TAB_HARDWARE_ERROR", 0x729 },
	{ 0x5, AMDVI_EV_ILLEGAL_COMMAND_ERROR, "ILLEGAL_COMMAND_ERROR", 0 },
	{ 0x6, AMDVI_EV_COMMAND_HARDWARE_ERROR, "COMMAND_HARDWARE_ERROR", 0x600 },
	{ 0x7, AMDVI_EV_IOTLB_INV_TIMEOUT, "IOTLB_INV_TIMEOUT", 0 },
	{ 0x8, AMDVI_EV_INVALID_DEVICE_REQUEST, "INVALID_DEVICE_REQUEST", 0xF05 },
	{ 0x9, AMDVI_EV_INVALID_PPR_REQUEST, "INVALID_PPR_REQUEST", 0x1E6 },
	{ 0xA, AMDVI_EV_EVENT_COUNTER_ZERO, "EVENT_COUNTER_ZERO", 0 },
	{ 0xB, AMDVI_EV_GUEST_EVENT_FAULT, "GUEST_EVENT_FAULT", 0 },
	{ 0xC, AMDVI_EV_VIOMMU_HARDWARE_ERROR, "VIOMMU_HARDWARE_ERROR", 0 },
	{ 0xD, AMDVI_EV_RMP_PAGE_FAULT, "RMP_PAGE_FAULT", 0x0F8 },
	{ 0xE, AMDVI_EV_RMP_HARDWARE_ERROR, "RMP_HARDWARE_ERROR", 0x0F8 },
};

START_TEST(test_event_codes_names_and_flags)
{
	size_t i;

	ck_assert_uint_eq(COUNT(events), COUNT(typed));
	for (i = 0; i < COUNT(events); i++) {
		ck_assert_uint_eq(events[i].code, typed[i].code);
		ck_assert_uint_eq(events[i].code, typed[i].enumerated);
		ck_assert_str_eq(events[i].name, typed[i].name);
		ck_assert_msg(events[i].flags == (uint64_t)typed[i].flags12 << 48, "%s: %#llx",
			      events[i].name, (unsigned long long)events[i].flags);
		ck_assert_msg(FIELD_FITS(AMDVI_EV0_CODE, events[i].code), "%s", events[i].name);
		ck_assert_uint_ne(events[i].code, AMDVI_EV_CODE_EMPTY);
	}
}
END_TEST

START_TEST(test_event_texts_are_unique)
{
	size_t i, k;

	for (i = 0; i < COUNT(events); i++) {
		ck_assert_uint_gt(strlen(events[i].text), 0);
		for (k = 0; k < i; k++)
			ck_assert_str_ne(events[i].text, events[k].text);
	}
}
END_TEST

/* In ascending order, and with TYPE they fill the 12 bits. */
START_TEST(test_event_flags_fill_the_field)
{
	static const char *const names[] = { "GN", "NX", "US", "I", "PR", "RW", "PE", "RZ", "TR" };
	uint64_t all = 0;
	size_t i;

	ck_assert_uint_eq(COUNT(flags), COUNT(names));
	for (i = 0; i < COUNT(flags); i++) {
		ck_assert_str_eq(flags[i].name, names[i]);
		ck_assert_uint_eq(flags[i].flags, UINT64_C(1) << (48 + i));
		ck_assert_uint_gt(strlen(flags[i].text), 0);
		all |= flags[i].flags;
	}
	ck_assert_uint_eq(all & AMDVI_EV0_TYPE, 0);
	ck_assert_uint_eq(all | AMDVI_EV0_TYPE, AMDVI_EV0_FLAGS);
}
END_TEST

START_TEST(test_event_commands)
{
	static const struct {
		unsigned code, enumerated;
		const char *name, *needs;
	} ops[] = {
		{ 0x1, AMDVI_OP_COMPLETION_WAIT, "COMPLETION_WAIT", "" },
		{ 0x2, AMDVI_OP_INVALIDATE_DEVTAB_ENTRY, "INVALIDATE_DEVTAB_ENTRY", "" },
		{ 0x3, AMDVI_OP_INVALIDATE_IOMMU_PAGES, "INVALIDATE_IOMMU_PAGES", "" },
		{ 0x4, AMDVI_OP_INVALIDATE_IOTLB_PAGES, "INVALIDATE_IOTLB_PAGES", "IotlbSup" },
		{ 0x5, AMDVI_OP_INVALIDATE_INTERRUPT_TABLE, "INVALIDATE_INTERRUPT_TABLE", "" },
		{ 0x6, AMDVI_OP_PREFETCH_IOMMU_PAGES, "PREFETCH_IOMMU_PAGES", "PreFSup" },
		{ 0x7, AMDVI_OP_COMPLETE_PPR_REQUEST, "COMPLETE_PPR_REQUEST", "PPRSup" },
		{ 0x8, AMDVI_OP_INVALIDATE_IOMMU_ALL, "INVALIDATE_IOMMU_ALL", "IASup" },
		{ 0x9, AMDVI_OP_INSERT_GUEST_EVENT, "INSERT_GUEST_EVENT", "vIommuSup" },
		{ 0xA, AMDVI_OP_RESET_VMMIO, "RESET_VMMIO", "vIommuSup" },
	};
	size_t i;

	ck_assert_uint_eq(COUNT(commands), COUNT(ops));
	for (i = 0; i < COUNT(ops); i++) {
		ck_assert_uint_eq(commands[i].code, ops[i].code);
		ck_assert_uint_eq(ops[i].enumerated, ops[i].code);
		ck_assert_str_eq(commands[i].name, ops[i].name);
		ck_assert_str_eq(commands[i].text, ops[i].needs);
	}
}
END_TEST

START_TEST(test_event_device_request_types)
{
	static const unsigned types[][3] = {
		{ 0, 0, AMDVI_DR_INTR_READ },    { 0, 1, AMDVI_DR_PRETRANSLATED },
		{ 0, 2, AMDVI_DR_PORT_IO },      { 0, 3, AMDVI_DR_SYSMGT_WRITE },
		{ 0, 4, AMDVI_DR_INTR_WRITE },   { 0, 5, AMDVI_DR_INTR_RSVD },
		{ 0, 6, AMDVI_DR_SYSMGT },       { 1, 0, AMDVI_DR_ATS_SPECIAL },
		{ 1, 1, AMDVI_DR_ATS_DISABLED }, { 1, 2, AMDVI_DR_ATS_BEYOND },
	};
	size_t i;

	ck_assert_uint_eq(COUNT(requests), COUNT(types));
	for (i = 0; i < COUNT(types); i++) {
		ck_assert_uint_eq(requests[i].flags, types[i][0]);
		ck_assert_uint_eq(requests[i].code, types[i][1]);
		ck_assert_uint_eq(types[i][2], types[i][1]);
		ck_assert_msg(FIELD_FITS(AMDVI_EV0_TYPE, requests[i].code), "%s", requests[i].name);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hw_amdvi_event");
	TCase *tc = tcase_create("tables");

	tcase_add_test(tc, test_event_codes_names_and_flags);
	tcase_add_test(tc, test_event_texts_are_unique);
	tcase_add_test(tc, test_event_flags_fill_the_field);
	tcase_add_test(tc, test_event_commands);
	tcase_add_test(tc, test_event_device_request_types);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
