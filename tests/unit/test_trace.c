/*
 * The trace: the newest records are kept, every kind has a line of its own.
 */
#include <string.h>

#include "fake_unit.h"

static struct sim *traced(uint32_t records)
{
	return sim_start(&(struct sim_config){ .trace_records = records });
}

START_TEST(test_trace_keeps_the_newest)
{
	struct sim *s = traced(8);

	ck_assert_ptr_null(sim_trace_get(s, 0));
	for (uint64_t i = 0; i < 20; i++)
		sim_trace_mark(s, 100 + i);
	ck_assert_uint_eq(sim_trace_count(s), 20);
	for (uint64_t i = 0; i < 24; i++) {
		const struct sim_trace_record *r = sim_trace_get(s, i);

		ck_assert_int_eq(r != NULL, i >= 12 && i < 20);
		if (r)
			ck_assert_uint_eq(r->a, 100 + i);
	}
	ck_assert_ptr_null(sim_trace_get(s, UINT64_MAX));
	sim_destroy(s);
}
END_TEST

START_TEST(test_trace_off_records_nothing)
{
	struct sim *s = traced(0);

	sim_trace_mark(s, 1);
	ck_assert_uint_eq(sim_trace_count(s), 0);
	ck_assert_ptr_null(sim_trace_get(s, 0));
	sim_destroy(s);
}
END_TEST

/* clang-format off */
static const struct {
	struct sim_trace_record r;
	const char *line;
} lines[] = {
	{ { .kind = SIM_TRACE_NONE }, "0 0 none" },
	{ { .time_ns = 5, .kind = SIM_TRACE_MARK, .a = 12 }, "5 0 mark number=12" },
	{ { .time_ns = 50, .unit = 1, .kind = SIM_TRACE_REG_READ, .a = 0x1c, .b = 0x80000000, .small = 4 },
		"50 1 reg-read off=0x1c width=4 val=0x80000000" },
	{ { .kind = SIM_TRACE_REG_WRITE, .a = 0x18, .b = 1, .small = 8 }, "0 0 reg-write off=0x18 width=8 val=0x1" },
	{ { .kind = SIM_TRACE_CPU_WRITE, .a = 0x1000, .b = 3 }, "0 0 cpu-write pa=0x1000 val=0x3" },
	{ { .kind = SIM_TRACE_CPU_SYNC, .a = 0x1000, .b = 64, .small = 1 }, "0 0 cpu-sync pa=0x1000 size=0x40 write-back=1" },
	{ { .kind = SIM_TRACE_PUBLISH, .a = 0x1040, .b = 0x81 }, "0 0 publish pa=0x1040 words=0x81 to-buffer=0" },
	{ { .kind = SIM_TRACE_XLAT, .a = 0x5100, .b = 0x200100, .small = SIM_FROM_IOTLB, .code = 0x00fa, .flags = SIM_WRITE },
		"0 0 xlat rid=00:1f.2 access=write iova=0x5100 pa=0x200100 from=iotlb" },
	{ { .kind = SIM_TRACE_XLAT_FAULT, .a = 0x5100, .b = 0, .small = 5, .code = 0x0310, .flags = SIM_READ },
		"0 0 xlat-fault rid=03:02.0 access=read iova=0x5100 entry=0x0 reason=0x05" },
	{ { .kind = SIM_TRACE_DMA, .a = 0x200100, .b = 16, .small = SIM_ATOMIC, .code = 0x10 },
		"0 0 dma rid=00:02.0 access=atomic pa=0x200100 len=16" },
	{ { .kind = SIM_TRACE_FILL, .a = 0x5000, .b = 0x200000, .small = SIM_CACHE_CONTEXT, .code = 0x10 },
		"0 0 fill cache=context id=0x10 addr=0x5000 val=0x200000" },
	{ { .kind = SIM_TRACE_DROP, .a = 0x5000, .b = 2, .small = SIM_CACHE_PAGING, .code = 7 },
		"0 0 drop cache=paging domain=7 first=0x5000 entries=2" },
	{ { .kind = SIM_TRACE_COMMAND, .a = 2, .b = 0x5000, .code = 0x30 }, "0 0 command head=0x30 q0=0x2 q1=0x5000" },
	{ { .kind = SIM_TRACE_STATUS, .a = 0x9000, .b = 1 }, "0 0 status pa=0x9000 val=0x1" },
	{ { .kind = SIM_TRACE_MSI, .a = 0xfee00000, .b = 0x41, .small = 1 },
		"0 0 msi rid=00:00.0 from-unit=1 addr=0xfee00000 data=0x41" },
	{ { .kind = SIM_TRACE_FAULT_RECORD, .a = 0x5000, .b = 0x8000000000000010, .code = 3 },
		"0 0 fault-record index=3 q0=0x5000 q1=0x8000000000000010" },
	{ { .kind = SIM_TRACE_COMPLAINT, .a = 0xc0000000, .code = 3 }, "0 0 complaint id=gcmd-two-fields val=0xc0000000" },
	{ { .kind = SIM_TRACE_INJECT, .a = 0x7000, .b = 9, .small = SIM_POINT_BIT_FLIP, .code = 1 },
		"0 0 inject point=bit-flip rule=1 addr=0x7000 val=0x9" },
	{ { .kind = SIM_TRACE_FINDING, .a = 0x5000, .code = SIM_FINDING_STALE }, "0 0 finding kind=stale addr=0x5000" },
	{ { .kind = SIM_TRACE_STALE, .a = 0x5000, .b = 0x113028, .small = SIM_CACHE_IOTLB, .code = 0x10, .flags = 1 },
		"0 0 stale cache=iotlb id=0x10 addr=0x5000 level=1 entry=0x113028" },
	{ { .kind = SIM_TRACE_GONE, .a = 0x5000, .small = SIM_CACHE_PAGING, .code = 7 },
		"0 0 gone cache=paging id=0x7 addr=0x5000 level=0 entry=0x0" },
	{ { .kind = SIM_TRACE_SAFE, .a = 0x5000, .small = SIM_CACHE_DEVICE, .code = 0x10 },
		"0 0 safe cache=device id=0x10 addr=0x5000 level=0 entry=0x0" },
	{ { .kind = SIM_TRACE_ENTRY, .a = 0x3010, .b = 0x4001, .code = 1, .small = SIM_ENTRY_CONTEXT },
		"0 0 entry what=context word=1 pa=0x3010 val=0x4001" },
	{ { .kind = SIM_TRACE_POWER, .small = SIM_POWER_RESET }, "0 0 power what=reset rid=00:00.0" },
	/* what no enum names stays a number */
	{ { .kind = SIM_TRACE_DROP, .small = 200 }, "0 0 drop cache=200 domain=0 first=0x0 entries=0" },
	{ { .kind = SIM_TRACE_COMPLAINT, .code = 100000 }, "0 0 complaint id=100000 val=0x0" },
	{ { .kind = 250, .a = 1 }, "0 0 none" },
};
/* clang-format on */

#define LINES (sizeof(lines) / sizeof(lines[0]))

START_TEST(test_trace_formats_every_kind)
{
	struct sim *s = traced(0);
	uint32_t kinds = 0;

	for (unsigned i = 0; i < LINES; i++) {
		char buf[256];
		size_t len = sim_trace_format(s, &lines[i].r, buf, sizeof(buf));

		ck_assert_str_eq(buf, lines[i].line);
		ck_assert_uint_eq(len, strlen(lines[i].line));
		if (lines[i].r.kind < SIM_TRACE_KINDS)
			kinds |= (uint32_t)1 << lines[i].r.kind;
	}
	ck_assert_uint_eq(kinds, ((uint32_t)1 << SIM_TRACE_KINDS) - 1);
	sim_destroy(s);
}
END_TEST

START_TEST(test_trace_format_stays_in_the_buffer)
{
	struct sim *s = traced(0);

	for (unsigned i = 0; i < LINES; i++) {
		size_t len = strlen(lines[i].line);

		for (size_t size = 0; size <= len + 2; size++) {
			char buf[256];
			size_t fits = size && size - 1 < len ? size - 1 : len;

			memset(buf, '#', sizeof(buf));
			ck_assert_uint_eq(sim_trace_format(s, &lines[i].r, buf, size), len);
			ck_assert_int_eq(buf[size], '#');
			if (!size)
				continue;
			ck_assert_uint_eq(strlen(buf), fits);
			ck_assert_int_eq(strncmp(buf, lines[i].line, fits), 0);
		}
	}
	sim_destroy(s);
}
END_TEST

START_TEST(test_trace_guest_accesses_are_told)
{
	static const uint8_t want[] = { SIM_TRACE_CPU_WRITE, SIM_TRACE_CPU_SYNC,
					SIM_TRACE_REG_WRITE, SIM_TRACE_COMPLAINT,
					SIM_TRACE_REG_READ };
	struct sim *s = traced(64);

	fake_add(s);
	ck_assert_int_eq(sim_mem_add(s, 0, 0xffff), SIM_OK);
	sim_cpu_write64(s, 0x1000, 7);
	sim_cpu_sync(s, 0x1000, 8, false);
	sim_reg_write(s, 0, 0x100, 4, 1); /* no register there: one complaint */
	sim_reg_read(s, 0, 0x100, 8);
	ck_assert_uint_eq(sim_trace_count(s), sizeof(want));
	for (unsigned i = 0; i < sizeof(want); i++)
		ck_assert_uint_eq(sim_trace_get(s, i)->kind, want[i]);
	ck_assert_uint_eq(sim_trace_get(s, 0)->b, 7);
	ck_assert_uint_eq(sim_trace_get(s, 4)->small, 8);
	sim_destroy(s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("trace");
	TCase *t = tcase_create("trace");

	tcase_add_test(t, test_trace_keeps_the_newest);
	tcase_add_test(t, test_trace_off_records_nothing);
	tcase_add_test(t, test_trace_formats_every_kind);
	tcase_add_test(t, test_trace_format_stays_in_the_buffer);
	tcase_add_test(t, test_trace_guest_accesses_are_told);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
