/*
 * The registers of an AMD-Vi unit, as a guest meets them: rows typed again from the specification's register map.
 */
#include <string.h>

#include "amdvi_world.h"
#include "unit.h"

#define ALL UINT64_MAX
#define RING UINT64_C(0x0F0FFFFFFFFFF000)
#define PTR UINT64_C(0x7FFF0)
#define RUNNING UINT64_C(0x18)

enum when {
	ALWAYS,
	EFRSUP,
	HESUP,
	DUAL,
	SEG2,
	SEG4,
	SEG8,
	MSIMMIO,
	PERFOPT
};

struct expect {
	const char *name;
	uint32_t off, size;
	uint64_t reset; /* ALL: told by the configuration */
	uint64_t rw, w1c;
	enum when when;
};

/* clang-format off */
static const struct expect expects[] = {
	{ "DEVTAB",       0x0000, 8, 0, 0x000FFFFFFFFFF1FF, 0, ALWAYS },
	{ "CMDBUF",       0x0008, 8, 0x0800000000000000, RING, 0, ALWAYS },
	{ "EVTLOG",       0x0010, 8, 0x0800000000000000, RING, 0, ALWAYS },
	{ "CONTROL",      0x0018, 8, 0x400, 0x0000001C00BC1FFD, 0, ALWAYS },
	{ "EXCL_BASE",    0x0020, 8, 0, 0x000FFFFFFFFFF003, 0, ALWAYS },
	{ "EXCL_LIMIT",   0x0028, 8, 0, 0x000FFFFFFFFFF000, 0, ALWAYS },
	{ "EFR",          0x0030, 8, ALL, 0, 0, EFRSUP },
	{ "HWEVT_UPPER",  0x0040, 8, 0, ALL, 0, HESUP },
	{ "HWEVT_LOWER",  0x0048, 8, 0, ALL, 0, HESUP },
	{ "HWEVT_STATUS", 0x0050, 8, 0, 0, 3, HESUP },
	{ "EVTLOG_B",     0x00F8, 8, 0x0800000000000000, RING, 0, DUAL },
	{ "DEVTAB_SEG1",  0x0100, 8, 0, 0x000FFFFFFFFFF0FF, 0, SEG2 },
	{ "DEVTAB_SEG2",  0x0108, 8, 0, 0x000FFFFFFFFFF0FF, 0, SEG4 },
	{ "DEVTAB_SEG3",  0x0110, 8, 0, 0x000FFFFFFFFFF0FF, 0, SEG4 },
	{ "DEVTAB_SEG4",  0x0118, 8, 0, 0x000FFFFFFFFFF0FF, 0, SEG8 },
	{ "DEVTAB_SEG5",  0x0120, 8, 0, 0x000FFFFFFFFFF0FF, 0, SEG8 },
	{ "DEVTAB_SEG6",  0x0128, 8, 0, 0x000FFFFFFFFFF0FF, 0, SEG8 },
	{ "DEVTAB_SEG7",  0x0130, 8, 0, 0x000FFFFFFFFFF0FF, 0, SEG8 },
	{ "DSFX",         0x0138, 8, 0, 0, 0, ALWAYS },
	{ "DSCX",         0x0140, 8, 0, 0, 0, ALWAYS },
	{ "DSSX",         0x0148, 8, 0, 0, 0, ALWAYS },
	{ "MSI_VECTOR0",  0x0150, 4, ALL, 0, 0, MSIMMIO },
	{ "MSI_VECTOR1",  0x0154, 4, 0, 0, 0, MSIMMIO },
	{ "MSI_CAPHDR",   0x0158, 4, 0x00800005, 0x00710000, 0, MSIMMIO },
	{ "MSI_ADDRLO",   0x015C, 4, 0, 0xFFFFFFFC, 0, MSIMMIO },
	{ "MSI_ADDRHI",   0x0160, 4, 0, 0xFFFFFFFF, 0, MSIMMIO },
	{ "MSI_DATA",     0x0164, 4, 0, 0x0000FFFF, 0, MSIMMIO },
	{ "MSI_MAPCAP",   0x0168, 4, 0, 0, 0, MSIMMIO },
	{ "PERFOPT",      0x016C, 4, 0, 0x00002000, 0, PERFOPT },
	{ "EFR2",         0x01A0, 8, ALL, 0, 0, EFRSUP },
	{ "CMD_HEAD",     0x2000, 8, 0, PTR, 0, ALWAYS },
	{ "CMD_TAIL",     0x2008, 8, 0, PTR, 0, ALWAYS },
	{ "EVT_HEAD",     0x2010, 8, 0, PTR, 0, ALWAYS },
	{ "EVT_TAIL",     0x2018, 8, 0, PTR, 0, ALWAYS },
	{ "STATUS",       0x2020, 8, 0, 0, 0x7, ALWAYS },
	{ "EVT_HEAD_B",   0x2070, 8, 0, PTR, 0, DUAL },
	{ "EVT_TAIL_B",   0x2078, 8, 0, PTR, 0, DUAL },
};
/* clang-format on */

#define EXPECTS (sizeof(expects) / sizeof(expects[0]))

static struct sim_amdvi_config full_config(void)
{
	struct sim_amdvi_config c;

	sim_amdvi_default(&c);
	c.efr |= AMDVI_EFR_PERFOPTSUP;
	c.efr2 |= AMDVI_EFR2_HTRANGEIGNORE;
	return c;
}

static struct sim_amdvi_config bare_config(void)
{
	struct sim_amdvi_config c;

	sim_amdvi_default(&c);
	c.cap &= ~(uint32_t)AMDVI_CAPHDR_EFRSUP;
	c.efr = c.efr2 = 0;
	return c;
}

static struct sim_amdvi_config config_of(int i)
{
	struct sim_amdvi_config c = i ? full_config() : bare_config();

	if (i == 2)
		c.efr = (c.efr & ~AMDVI_EFR_DEVTBLSEGSUP) | UINT64_C(1) << 38;
	if (i == 3)
		c.efr = (c.efr & ~AMDVI_EFR_DEVTBLSEGSUP) | UINT64_C(2) << 38;
	return c;
}

static bool present(const struct expect *e, const struct sim_amdvi_config *c)
{
	unsigned segments = c->efr >> 38 & 3;

	switch (e->when) {
	case EFRSUP:
		return c->cap >> 27 & 1;
	case HESUP:
		return c->efr >> 8 & 1;
	case DUAL:
		return (c->efr >> 28 & 3) != 0;
	case SEG2:
		return segments >= 1;
	case SEG4:
		return segments >= 2;
	case SEG8:
		return segments >= 3;
	case MSIMMIO:
		return c->efr >> 46 & 1;
	case PERFOPT:
		return c->efr >> 45 & 1;
	default:
		return true;
	}
}

static uint64_t reset_of(const struct expect *e, const struct sim_amdvi_config *c)
{
	if (e->reset != ALL)
		return e->reset;
	return e->off == 0x30 ? c->efr : e->off == 0x150 ? c->misc0 : c->efr2;
}

/* What dual logs add. */
static uint64_t rw_of(const struct expect *e, const struct sim_amdvi_config *c)
{
	return e->rw | (e->off == 0x18 && c->efr >> 28 & 3 ? UINT64_C(3) << 32 : 0);
}

static uint64_t w1c_of(const struct expect *e, const struct sim_amdvi_config *c)
{
	return e->w1c | (e->off == 0x2020 && c->efr >> 28 & 3 ? 0x8000 : 0);
}

START_TEST(test_rows_are_the_specification_s)
{
	struct sim_amdvi_config c = config_of(_i);
	struct sim_reg_info info;
	struct world w;
	uint32_t found = 0, wanted = 0;

	av_start(&w, &c, NULL);
	for (size_t i = 0; i < EXPECTS; i++) {
		const struct expect *e = &expects[i];
		bool seen = false;

		for (uint32_t n = 0; sim_reg_info(w.s, 0, n, &info); n++) {
			if (info.off != e->off)
				continue;
			seen = true;
			ck_assert_str_eq(info.name, e->name);
			ck_assert_uint_eq(info.size, e->size);
			ck_assert_msg(info.rw == rw_of(e, &c), "%s rw %llx", e->name,
				      (unsigned long long)info.rw);
			ck_assert_msg(info.w1c == w1c_of(e, &c), "%s w1c", e->name);
		}
		ck_assert_msg(seen == present(e, &c), "%s", e->name);
		wanted += present(e, &c);
		if (present(e, &c))
			ck_assert_msg(sim_reg_read(w.s, 0, e->off, e->size) == reset_of(e, &c),
				      "%s reset", e->name);
	}
	while (sim_reg_info(w.s, 0, found, &info))
		found++;
	ck_assert_uint_eq(found, wanted);
	ck_assert_uint_eq(world_complaints_all(&w), 0);
	world_stop(&w);
}
END_TEST

/* Values these registers refuse are made legal, and nothing is started. */
static uint64_t tame(const struct expect *e, uint64_t val)
{
	if (e->rw == RING)
		val |= UINT64_C(8) << 56;
	if (e->rw == PTR)
		val &= ~UINT64_C(0x7F000);
	if (e->off == 0x18)
		val &= ~(UINT64_C(0x1000000000) | 1); /* IommuEn, DevTblSegEn 1xxb */
	return val;
}

START_TEST(test_every_bit_obeys_its_row)
{
	struct sim_amdvi_config c = full_config();
	uint64_t state = 7;
	struct world w;

	av_start(&w, &c, NULL);
	for (unsigned round = 0; round < 60; round++)
		for (size_t i = 0; i < EXPECTS; i++) {
			const struct expect *e = &expects[i];
			uint64_t mask = e->size == 4 ? UINT32_MAX : ALL, rw = rw_of(e, &c);
			uint64_t old = sim_reg_peek(w.s, 0, e->off, e->size), val, now, want;
			bool halves = e->size == 8 && round & 1;

			val = round == 0 ? ALL : round == 1 ? 0 : world_random(&state);
			val = tame(e, val & mask);
			want = ((old & ~rw) | (val & rw)) & ~(val & w1c_of(e, &c));
			if (halves) {
				/* Lengths live in the upper half: that first, so that none is reserved on the way. */
				sim_reg_write(w.s, 0, e->off + 4, 4, val >> 32);
				sim_reg_write(w.s, 0, e->off, 4, (uint32_t)val);
			} else {
				sim_reg_write(w.s, 0, e->off, e->size, val);
			}
			now = sim_reg_read(w.s, 0, e->off, e->size);
			ck_assert_msg(now == want, "%s: %llx over %llx gives %llx, not %llx",
				      e->name, (unsigned long long)val, (unsigned long long)old,
				      (unsigned long long)now, (unsigned long long)want);
			if (e->size == 8)
				ck_assert_uint_eq(sim_reg_read(w.s, 0, e->off + 4, 4), now >> 32);
		}
	world_stop(&w);
}
END_TEST

START_TEST(test_other_offsets_read_0_and_keep_nothing)
{
	struct sim_amdvi_config c = full_config();
	struct world w;
	bool used[0x4000 / 4] = { false };

	av_start(&w, &c, NULL);
	for (size_t i = 0; i < EXPECTS; i++)
		for (uint32_t b = 0; b < expects[i].size; b += 4)
			used[(expects[i].off + b) / 4] = true;
	for (uint32_t off = 0; off < 0x4000; off += 4) {
		if (used[off / 4])
			continue;
		sim_reg_write(w.s, 0, off, 4, UINT32_MAX);
		ck_assert_msg(sim_reg_read(w.s, 0, off, 4) == 0, "%x", off);
	}
	world_stop(&w);
}
END_TEST

/* A ring base clears both pointers, by either half, and only while the ring stands still. */
START_TEST(test_ring_base_clears_its_pointers)
{
	static const uint32_t regs[3][3] = { { 0x08, 0x2000, 0x2008 },
					     { 0x10, 0x2010, 0x2018 },
					     { 0xF8, 0x2070, 0x2078 } };
	const uint32_t *r = regs[_i];
	struct world w;

	av_start(&w, NULL, NULL);
	for (unsigned half = 0; half < 2; half++) {
		world_w64(&w, r[1], 0x40);
		world_w64(&w, r[2], 0x80);
		sim_reg_write(w.s, 0, r[0] + 4 * half, 4, half ? 0x09000000 : 0x00123000);
		ck_assert_uint_eq(world_r64(&w, r[1]), 0);
		ck_assert_uint_eq(world_r64(&w, r[2]), 0);
	}
	ck_assert_uint_eq(world_r64(&w, r[0]), UINT64_C(0x0900000000123000));
	world_w64(&w, r[1], 0x40);
	for (uint64_t len = 0; len < 8; len++)
		world_w64(&w, r[0], len << 56 | 0x5000);
	ck_assert_uint_eq(world_r64(&w, r[0]), UINT64_C(0x0900000000123000));
	ck_assert_uint_eq(world_r64(&w, r[1]), 0x40);
	ck_assert_uint_eq(world_complaints(&w, "ring-length"), 8);
	world_w64(&w, r[2], 0x1FF0); /* 8 KiB */
	ck_assert_uint_eq(world_r64(&w, r[2]), 0x1FF0);
	world_w64(&w, r[2], 0x2000);
	ck_assert_uint_eq(world_r64(&w, r[2]), 0x1FF0);
	ck_assert_uint_eq(world_complaints(&w, "pointer-beyond-ring"), 1);
	world_stop(&w);
}
END_TEST

START_TEST(test_a_running_ring_keeps_base_and_hardware_s_pointer)
{
	struct world w;

	av_start(&w, NULL, NULL);
	av_enable(&w);
	world_w64(&w, 0x08, UINT64_C(0x0900000000123000));
	world_w64(&w, 0x10, UINT64_C(0x0900000000123000));
	world_w64(&w, 0x2000, 0x40);
	world_w64(&w, 0x2018, 0x40);
	ck_assert_uint_eq(world_r64(&w, 0x08), AV_CMD | UINT64_C(8) << 56);
	ck_assert_uint_eq(world_r64(&w, 0x10), AV_EVT | UINT64_C(8) << 56);
	ck_assert_uint_eq(world_r64(&w, 0x2000), 0);
	ck_assert_uint_eq(world_r64(&w, 0x2018), 0);
	ck_assert_uint_eq(world_complaints(&w, "ring-while-running"), 4);
	world_w64(&w, 0x2010, 0x40);
	ck_assert_uint_eq(world_r64(&w, 0x2010), 0x40);
	world_stop(&w);
}
END_TEST

/* ---- control and the run bits ---- */

/* Every sequence of two settings of the three enables: the Run bits follow both enables of each ring. */
START_TEST(test_run_bits_follow_both_enables)
{
	struct world w;

	for (unsigned n = 0; n < 64; n++) {
		uint64_t control[2];

		av_start(&w, NULL, NULL);
		for (unsigned i = 0; i < 2; i++) {
			unsigned bits = n >> (3 * i) & 7;
			uint64_t run = 0;

			control[i] =
				0x400 | (bits & 1) | (bits & 2 ? 4 : 0) | (bits & 4 ? 0x1000 : 0);
			world_w64(&w, 0x18, control[i]);
			world_settle(&w);
			if ((bits & 3) == 3)
				run |= 8;
			if ((bits & 5) == 5)
				run |= 0x10;
			ck_assert_msg(av_status(&w) == run, "%llx then %llx: %llx",
				      (unsigned long long)control[0],
				      (unsigned long long)control[i],
				      (unsigned long long)av_status(&w));
		}
		world_stop(&w);
	}
}
END_TEST

/* Not at once, and with a hardware that never answers not at all. */
START_TEST(test_run_bits_take_their_time)
{
	struct sim_policy policy = { .delay = SIM_DELAY_NEVER };
	struct world w;

	av_start(&w, NULL, NULL);
	world_w64(&w, 0x18, 0x1405);
	ck_assert_uint_eq(world_r64(&w, 0x2020) & RUNNING, 0);
	world_settle(&w);
	ck_assert_uint_eq(world_r64(&w, 0x2020) & RUNNING, RUNNING);
	world_w64(&w, 0x18, 0x404);
	ck_assert_uint_eq(world_r64(&w, 0x2020) & RUNNING, RUNNING);
	world_settle(&w);
	ck_assert_uint_eq(world_r64(&w, 0x2020) & RUNNING, 0);
	world_stop(&w);
	av_start(&w, NULL, &policy);
	world_w64(&w, 0x18, 0x1405);
	sim_advance(w.s, 1000000000);
	ck_assert_uint_eq(world_r64(&w, 0x2020) & RUNNING, 0);
	world_stop(&w);
}
END_TEST

START_TEST(test_control_refuses_more_segments_than_there_are)
{
	struct sim_amdvi_config c = config_of(2); /* two segments */
	struct world w;

	av_start(&w, &c, NULL);
	for (uint64_t segen = 0; segen < 8; segen++) {
		world_w64(&w, 0x18, 0x400);
		world_w64(&w, 0x18, 0x480 | segen << 34);
		ck_assert_uint_eq(world_r64(&w, 0x18), segen <= 1 ? 0x480 | segen << 34 : 0x400);
	}
	ck_assert_uint_eq(world_complaints(&w, "control-reserved"), 6);
	world_stop(&w);
}
END_TEST

START_TEST(test_control_complaints)
{
	struct world w;

	av_start(&w, NULL, NULL);
	world_w64(&w, 0x18, 0x401);
	world_w64(&w, 0x18, 0x001); /* Coherent */
	ck_assert_uint_eq(world_complaints(&w, "control-while-enabled"), 1);
	world_w64(&w, 0x18, 0x001 | UINT64_C(1) << 34);
	ck_assert_uint_eq(world_complaints(&w, "control-while-enabled"), 2);
	world_w64(&w, 0x18, 0x400); /* together with IommuEn: fine */
	ck_assert_uint_eq(world_complaints(&w, "control-while-enabled"), 2);
	world_w64(&w, 0x18, 0x400 | UINT64_C(3) << 32);
	ck_assert_uint_eq(world_complaints(&w, "control-reserved"), 1);
	world_stop(&w);
}
END_TEST

/* ---- the PCI function ---- */

START_TEST(test_pci_function_shows_block_and_msi)
{
	struct world w;
	uint32_t at;

	av_start(&w, NULL, NULL);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, 0) & 0xFFFF, 0x1022);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, 4) >> 20 & 1, 1);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, 8) >> 8, 0x080600);
	at = sim_amdvi_pci_read(w.s, 0, 0x34);
	ck_assert_uint_eq(at, 0x40);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, at), w.amdvi.config.cap);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, at + 4), 0xFEB80001);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, at + 8), 0);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, at + 16), w.amdvi.config.misc0);
	at = sim_amdvi_pci_read(w.s, 0, at) >> 8 & 0xFF;
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, at), 0x00800005);
	sim_amdvi_pci_write(w.s, 0, 0x44, 0x12340001); /* locked */
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, 0x44), 0xFEB80001);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 1, 0), UINT32_MAX);
	world_stop(&w);
}
END_TEST

START_TEST(test_msi_registers_are_one_storage)
{
	struct world w;

	av_start(&w, NULL, NULL);
	for (uint32_t i = 0; i < 4; i++) {
		sim_amdvi_pci_write(w.s, 0, SIM_AMDVI_PCI_MSI + 4 * i, UINT32_MAX);
		ck_assert_uint_eq(sim_reg_read(w.s, 0, 0x158 + 4 * i, 4),
				  sim_amdvi_pci_read(w.s, 0, SIM_AMDVI_PCI_MSI + 4 * i));
		sim_reg_write(w.s, 0, 0x158 + 4 * i, 4, 0);
		ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, SIM_AMDVI_PCI_MSI + 4 * i),
				  i ? 0 : 0x00800005);
	}
	world_stop(&w);
}
END_TEST

/* MsiNum stands in the low bits of the data, as many as messages were granted. */
START_TEST(test_message_number)
{
	struct sim_amdvi_config c;
	struct world w;

	sim_amdvi_default(&c);
	c.misc0 |= 5;
	av_start(&w, &c, NULL);
	ck_assert_uint_eq(sim_amdvi_pci_read(w.s, 0, SIM_AMDVI_PCI_MSI) >> 17 & 7, 3);
	av_enable(&w);
	sim_amdvi_pci_write(w.s, 0, SIM_AMDVI_PCI_MSI + 8, 0x12);
	for (uint32_t granted = 0; granted < 4; granted++) {
		uint32_t low = (1u << granted) - 1;

		sim_amdvi_pci_write(w.s, 0, SIM_AMDVI_PCI_MSI, 1u << 16 | granted << 20);
		world_w64(&w, 0x2020, 7);
		av_dte(&w, 1, 3, 0, 0);
		world_request(&w, 1, 0x1000, SIM_READ, SIM_AT_UNTRANSLATED, 0,
			      &(struct sim_xlat){ 0 });
		world_settle(&w);
		ck_assert_uint_eq(sim_msi_count(w.s), granted + 1);
		ck_assert_uint_eq(sim_msi_get(w.s, granted)->data, (0x41u & ~low) | (5 & low));
		ck_assert_uint_eq(sim_msi_get(w.s, granted)->addr, UINT64_C(0x12FEE00000));
	}
	sim_amdvi_pci_write(w.s, 0, SIM_AMDVI_PCI_MSI, 0);
	world_w64(&w, 0x2020, 7);
	world_request(&w, 1, 0x1000, SIM_READ, SIM_AT_UNTRANSLATED, 0, &(struct sim_xlat){ 0 });
	world_settle(&w);
	ck_assert_uint_eq(sim_msi_count(w.s), 4);
	world_stop(&w);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("amdvi_regs");
	TCase *t = tcase_create("regs");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_rows_are_the_specification_s, 0, 4);
	tcase_add_test(t, test_every_bit_obeys_its_row);
	tcase_add_test(t, test_other_offsets_read_0_and_keep_nothing);
	tcase_add_loop_test(t, test_ring_base_clears_its_pointers, 0, 3);
	tcase_add_test(t, test_a_running_ring_keeps_base_and_hardware_s_pointer);
	tcase_add_test(t, test_run_bits_follow_both_enables);
	tcase_add_test(t, test_run_bits_take_their_time);
	tcase_add_test(t, test_control_refuses_more_segments_than_there_are);
	tcase_add_test(t, test_control_complaints);
	tcase_add_test(t, test_pci_function_shows_block_and_msi);
	tcase_add_test(t, test_msi_registers_are_one_storage);
	tcase_add_test(t, test_message_number);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
