/*
 * Lines of logs: what each wording says comes out as the same report, numbers in the base that its writer used, equal ones
 * folded; what is no report is passed over, and nothing in a log can do harm.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <inttypes.h>
#include <string.h>

#include "decode/log.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"

static struct log *read_text(const char *text, size_t size)
{
	struct log *log = calloc(1, sizeof(*log));
	FILE *f = fmemopen((void *)(uintptr_t)text, size, "r");

	ck_assert_ptr_nonnull(log);
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(log_read(log, f), 0);
	fclose(f);
	return log;
}

#define NONE UINT64_MAX

static const struct line_case {
	const char *text;
	enum decoded_kind kind;
	uint8_t reason;
	uint16_t rid;
	uint64_t addr, domain, flags, pasid; /* NONE: not told */
	enum decoded_access access;
} lines[] = {
	/* Linux, VT-d, since 5.14: everything hexadecimal */
	{ "DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x7f5000 [fault reason "
	  "0x05] text",
	  DECODED_FAULT, 5, 0x0010, 0x7F5000, NONE, NONE, NONE, ACCESS_WRITE },
	{ "DMAR: [DMA Read PASID 0x12] Request device [0x17:0x00.1] fault addr 0x10 [fault reason "
	  "0x71] text",
	  DECODED_FAULT, 0x71, 0x1701, 0x10, NONE, NONE, 0x12, ACCESS_READ },
	/* up to 5.13: the reason is decimal, the address is not */
	{ "DMAR: [DMA Read] Request device [03:00.0] fault addr 100000 [fault reason 12] text",
	  DECODED_FAULT, 12, 0x0300, 0x100000, NONE, NONE, NONE, ACCESS_READ },
	{ "DMAR: [DMA Read] Request device [03:00.0] PASID ffffffff fault addr ffe80000 [fault "
	  "reason 06] t",
	  DECODED_FAULT, 6, 0x0300, 0xFFE80000, NONE, NONE, NONE, ACCESS_READ },
	{ "DMAR: [DMA Write] Request device [03:00.0] PASID 1f fault addr 1000 [fault reason 48] t",
	  DECODED_FAULT, 48, 0x0300, 0x1000, NONE, NONE, 0x1F, ACCESS_WRITE },
	/* before 2015: two lines */
	{ "dmar: DMAR:[DMA Read] Request device [1f:1f.7] fault addr fff80000 \nDMAR:[fault reason "
	  "10] t",
	  DECODED_FAULT, 10, 0x1FFF, 0xFFF80000, NONE, NONE, NONE, ACCESS_READ },
	{ "DMAR: [INTR-REMAP] Request device [f0:1f.0] fault index 0x1a [fault reason 0x25] t",
	  DECODED_INTERRUPT, 0x25, 0xF0F8, NONE, NONE, NONE, NONE, ACCESS_UNKNOWN },
	{ "INTR-REMAP: Request device [[f0:1f.0] fault index 1a\nINTR-REMAP:[fault reason 37] t",
	  DECODED_INTERRUPT, 0x25, 0xF0F8, NONE, NONE, NONE, NONE, ACCESS_UNKNOWN },
	/* Xen: the reason is hexadecimal without 0x */
	{ "(XEN) [VT-D]DMAR:[DMA Write] Request device [0000:00:02.0] fault addr 5000\n"
	  "(XEN) [VT-D]DMAR: reason 0c - text",
	  DECODED_FAULT, 12, 0x0010, 0x5000, NONE, NONE, NONE, ACCESS_WRITE },
	/* FreeBSD */
	{ "DMAR0: pci0:2:0 sid 10 fault acc 1 adt 0x0 reason 0x6 addr 5000", DECODED_FAULT, 6,
	  0x0010, 0x5000, NONE, NONE, NONE, ACCESS_READ },
	{ "DMAR0: pci0:2:0 sid 10 fault acc 0 adt 0x0 reason 0x22 addr 1a000000000000",
	  DECODED_INTERRUPT, 0x22, 0x0010, NONE, NONE, NONE, NONE, ACCESS_WRITE },
	/* Linux, AMD-Vi */
	{ "AMD-Vi: Event logged [IO_PAGE_FAULT device=07:00.1 domain=0x0007 address=0xffffc02000 "
	  "flags=0x0070]",
	  DECODED_EVENT, AMDVI_EV_IO_PAGE_FAULT, 0x0701, UINT64_C(0xFFFFC02000), 7, 0x70, NONE,
	  ACCESS_WRITE },
	{ "AMD-Vi: Event logged [IO_PAGE_FAULT device=0001:07:00.1 domain=0x7 address=0x1000 "
	  "flags=0x0050]",
	  DECODED_EVENT, AMDVI_EV_IO_PAGE_FAULT, 0x0701, 0x1000, 7, 0x50, NONE, ACCESS_READ },
	{ "[ 1.0] nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000d "
	  "address=0x1000 flags=0x0]",
	  DECODED_EVENT, AMDVI_EV_IO_PAGE_FAULT, 0x0100, 0x1000, 0xD, 0, NONE, ACCESS_READ },
	{ "AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=05:00.0 pasid=0x00000 address=0x8 "
	  "flags=0x0080]",
	  DECODED_EVENT, AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, 0x0500, 8, 0, 0x80, NONE, ACCESS_READ },
	{ "AMD-Vi: Event logged [PAGE_TAB_HARDWARE_ERROR device=05:00.0 pasid=0x12345 address=0x8 "
	  "flags=0x0421]",
	  DECODED_EVENT, AMDVI_EV_PAGE_TAB_HARDWARE_ERROR, 0x0500, 8, NONE, 0x421, 0x12345,
	  ACCESS_WRITE },
	{ "AMD-Vi: Event logged [ILLEGAL_COMMAND_ERROR address=0x104a0]", DECODED_EVENT,
	  AMDVI_EV_ILLEGAL_COMMAND_ERROR, 0, 0x104A0, NONE, NONE, NONE, ACCESS_UNKNOWN },
	{ "(XEN) AMD-Vi: IO_PAGE_FAULT: 0000:00:14.0 d0 addr 0000000000005000 flags 0x20 RW",
	  DECODED_EVENT, AMDVI_EV_IO_PAGE_FAULT, 0x00A0, 0x5000, NONE, 0x20, NONE, ACCESS_WRITE },
	{ "(XEN) AMD-Vi: IO_PAGE_FAULT: domain = 3, device id = 0xa0, fault address = 0x5000, "
	  "flags = 0x70",
	  DECODED_EVENT, AMDVI_EV_IO_PAGE_FAULT, 0x00A0, 0x5000, 3, 0x70, NONE, ACCESS_WRITE },
};

static uint64_t told(bool has, uint64_t value)
{
	return has ? value : NONE;
}

START_TEST(test_a_wording_is_understood)
{
	const struct line_case *c = &lines[_i];
	struct log *log = read_text(c->text, strlen(c->text));
	const struct decoded *d = &log->report[0];

	ck_assert_uint_eq(log->reports, 1);
	ck_assert_msg(!d->unclear, "%s: unclear: %s", c->text, d->unclear);
	ck_assert_int_eq(d->kind, c->kind);
	ck_assert(d->has_reason);
	ck_assert_uint_eq(d->reason, c->reason);
	ck_assert_uint_eq(d->rid, c->rid);
	ck_assert_uint_eq(told(d->has_addr, d->addr), c->addr);
	ck_assert_uint_eq(told(d->has_domain, d->domain), c->domain);
	ck_assert_uint_eq(told(d->has_flags, d->flags), c->flags);
	ck_assert_uint_eq(told(d->has_pasid, d->pasid), c->pasid);
	ck_assert_int_eq(d->access, c->access);
	if (d->kind == DECODED_INTERRUPT)
		ck_assert_uint_eq(d->index, 0x1A);
	free(log);
}
END_TEST

/* Half-recognised lines: a report that says what it did not understand. */
static const char *const halves[] = {
	"DMAR: [DMA Write NO_PASID] Request device [zz:02.0] fault addr 0x7f5000 [fault reason "
	"0x05]",
	"DMAR: [DMA Write NO_PASID] Request device [00:20.0] fault addr 0x7f5000 [fault reason "
	"0x05]",
	"DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr ... [fault reason 0x05]",
	"DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x11112222333344445 [fault "
	"reason 5]",
	"DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x1000 [fault reason "
	"0x105]",
	"DMAR: [DMA Write] Request device [00:02.0] fault addr 0x1000",
	"AMD-Vi: Event logged [IO_PAGE_FLOAT device=07:00.1 domain=0x0007 address=0x1000 "
	"flags=0x0070]",
	"AMD-Vi: Event logged [IO_PAGE_FAULT device=07:00.1 domain=0x0007 flags=0x0070]",
	"AMD-Vi: DTE[0]: 1\nAMD-Vi: DTE[2]: 2",
	"pci0:2:0 sid 10 fault acc 1 adt 0x0 reason",
	"DMAR: VT-d detected Invalidation Queue Error: Reason zz",
	"remapping_tables=perhaps",
};

START_TEST(test_a_half_line_says_what_it_lacks)
{
	struct log *log = read_text(halves[_i], strlen(halves[_i]));

	ck_assert_uint_ge(log->reports, 1);
	ck_assert_msg(log->report[0].unclear, "%s: nothing unclear", halves[_i]);
	free(log);
}
END_TEST

START_TEST(test_other_lines_are_passed_over)
{
	static const char text[] = "usb 1-1: new device\nthe reason 5 why\nfault addr\nAMD-Vi: "
				   "Interrupt remapping enabled\n"
				   "DMAR: IOMMU enabled\nAMD-Vi: IO_PAGE_FAULTs are bad\n[DMA\n";
	struct log *log = read_text(text, sizeof(text) - 1);

	ck_assert_uint_eq(log->reports, 0);
	ck_assert_uint_eq(log->lines, 7);
	free(log);
}
END_TEST

START_TEST(test_equal_reports_are_folded)
{
	static const char text[] =
		"DMAR: [DMA Write] Request device [00:02.0] fault addr 1000 [fault reason 05] "
		"a\nother\n"
		"DMAR: [DMA Write] Request device [00:02.0] fault addr 2000 [fault reason 05] b\n"
		"DMAR: [DMA Write] Request device [00:02.0] fault addr 1000 [fault reason 05] c\n";
	struct log *log = read_text(text, sizeof(text) - 1);

	ck_assert_uint_eq(log->reports, 2);
	ck_assert_uint_eq(log->report[0].count, 2);
	ck_assert_uint_eq(log->report[0].line, 1);
	ck_assert_uint_eq(log->report[0].last, 4);
	ck_assert_uint_eq(log->report[1].count, 1);
	free(log);
}
END_TEST

START_TEST(test_the_words_of_an_entry_are_joined)
{
	static const char text[] =
		"AMD-Vi: DTE[0]: 6000000100000607\nAMD-Vi: DTE[1]: 12\nAMD-Vi: DTE[2]: "
		"2000000102200013\nAMD-Vi: DTE[3]: 4\n";
	struct log *log = read_text(text, sizeof(text) - 1);
	const uint64_t *w = log->report[0].words;

	ck_assert_uint_eq(log->reports, 1);
	ck_assert_ptr_null(log->report[0].unclear);
	ck_assert(w[0] == UINT64_C(0x6000000100000607) && w[1] == 0x12 &&
		  w[2] == UINT64_C(0x2000000102200013) && w[3] == 4);
	free(log);
}
END_TEST

/* Bounded whatever comes: too many reports are counted, long lines cut, bytes of any value read. */
START_TEST(test_a_flood_is_counted)
{
	struct log *log = calloc(1, sizeof(*log));
	char line[128];

	for (uint32_t i = 0; i < LOG_REPORTS + 10; i++) {
		snprintf(line, sizeof(line),
			 "DMAR: [DMA Read] Request device [00:02.0] fault addr %x000 [fault reason "
			 "06]",
			 i);
		log_line(log, line);
	}
	ck_assert_uint_eq(log->reports, LOG_REPORTS);
	ck_assert_uint_eq(log->dropped, 10);
	free(log);
}
END_TEST

START_TEST(test_garbage_is_survived)
{
	static const char *const words[] = { "DMAR: [DMA Read] Request device [",
					     "fault addr ",
					     "[fault reason ",
					     "0x",
					     "AMD-Vi: Event logged [",
					     "IO_PAGE_FAULT",
					     " device=",
					     "address=",
					     "flags=",
					     "DTE[",
					     "]: ",
					     "sid ",
					     "INTR-REMAP",
					     "pte level: ",
					     "pte value: ",
					     "\n",
					     "ffffffffffffffffffff",
					     ":",
					     ".",
					     "00",
					     "\xff\xfe",
					     "pasid=",
					     "PASID " };
	static char text[1 << 16];
	uint64_t rng = (uint64_t)_i + 1;
	size_t n = 0;
	struct log *log;

	while (n + 64 < sizeof(text)) {
		rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		const char *word = words[(rng >> 33) % (sizeof(words) / sizeof(words[0]))];

		if (rng >> 60 == 0) {
			text[n++] = (char)(rng >> 40);
		} else {
			memcpy(text + n, word, strlen(word));
			n += strlen(word);
		}
	}
	log = read_text(text, n);
	ck_assert_uint_le(log->reports, LOG_REPORTS);
	for (uint32_t i = 0; i < log->reports; i++) {
		for (const char *p = log->report[i].text; *p; p++)
			ck_assert(*p >= ' ' && *p <= '~');
	}
	free(log);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static Suite *make_suite(void)
{
	Suite *s = suite_create("decode lines");
	TCase *tc = tcase_create("lines");

	tcase_add_loop_test(tc, test_a_wording_is_understood, 0, COUNT(lines));
	tcase_add_loop_test(tc, test_a_half_line_says_what_it_lacks, 0, COUNT(halves));
	tcase_add_test(tc, test_other_lines_are_passed_over);
	tcase_add_test(tc, test_equal_reports_are_folded);
	tcase_add_test(tc, test_the_words_of_an_entry_are_joined);
	tcase_add_test(tc, test_a_flood_is_counted);
	tcase_add_loop_test(tc, test_garbage_is_survived, 0, 20);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
