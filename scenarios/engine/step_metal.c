/*
 * Steps to the metal: registers, table memory and the queue, as a guest of the scenario's own would touch them.
 */
#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "run.h"

#define WAIT_TURNS 4000000u
#define MEM_WORDS 512u

/* ---- registers ---- */

struct target {
	uint32_t unit, off, width;
	uint32_t word; /* of a 128-bit register */
};

static enum step_rc aim(struct run *r, const struct step *s, struct target *t)
{
	uint32_t part = (uint32_t)step_number(s, "part", 0);

	*t = (struct target){ .unit = step_unit(r, s) };
	if (step_layout_fits(r, s, t->unit) != STEP_OK)
		return STEP_ERROR;
	if (s->layout) {
		t->off = run_arch(r, t->unit)
				 ->register_offset(s->layout, run_unit(r, t->unit),
						   (uint32_t)step_number(s, "index", 0)) +
			 part;
		t->width = (uint32_t)step_number(s, "width", s->layout->size == 4 ? 4 : 8);
		t->word = part / 8;
	} else if (step_has(s, "offset")) {
		t->off = (uint32_t)step_number(s, "offset", 0);
		t->width = (uint32_t)step_number(s, "width", 4);
	} else {
		return run_error(r, "expected property \"register\" or \"offset\"");
	}
	return STEP_OK;
}

static void reg_write(struct run *r, const struct target *t, uint64_t val)
{
	/* a guest that clears fault records itself leaves nothing to add up for the driver */
	if (run_arch(r, t->unit)->takes_faults(run_unit(r, t->unit), t->off))
		r->own_faults[t->unit] = true;
	r->be->ops->reg_write(r->be, t->unit, t->off, t->width, val);
}

static uint64_t reg_read(struct run *r, const struct target *t)
{
	return r->be->ops->reg_read(r->be, t->unit, t->off, t->width);
}

/* The words the step's field properties touch, and their masks and values. */
struct image {
	uint64_t value[LAYOUT_WORDS], mask[LAYOUT_WORDS];
	bool any;
};

static struct image image_of(const struct step *s)
{
	struct image im = { .any = false };
	uint64_t v;

	for (const struct field *f = s->layout ? s->layout->fields : NULL; f && f->name; f++) {
		const struct dts_prop *p = dts_find(s->node, f->name);

		if (!p || !dts_number(p, &v))
			continue;
		(void)field_put(f, v, &im.value[f->word]);
		im.mask[f->word] |= f->mask;
		im.any = true;
	}
	return im;
}

static enum step_rc do_reg_write(struct run *r, const struct step *s)
{
	struct image im = image_of(s);
	struct target t;
	enum step_rc rc = aim(r, s, &t);

	if (rc != STEP_OK)
		return rc;
	if (!im.any) {
		reg_write(r, &t, step_number(s, "value", 0));
		return STEP_OK;
	}
	for (uint32_t w = 0; w < 2; w++) {
		struct target at = t;
		uint64_t base = step_number(s, "value", 0);

		if (!im.mask[w])
			continue;
		at.off += 8 * w;
		if (step_has(s, "modify"))
			base = reg_read(r, &at);
		reg_write(r, &at, (base & ~im.mask[w]) | im.value[w]);
	}
	return STEP_OK;
}

static enum step_rc compare_fields(struct run *r, const struct step *s, const uint64_t *words)
{
	uint64_t want;

	for (const struct field *f = s->layout->fields; f->name; f++) {
		const struct dts_prop *p = dts_find(s->node, f->name);

		if (p && dts_number(p, &want) &&
		    check_number(r, f->name, want, field_get(f, words[f->word])) != STEP_OK)
			return STEP_FAIL;
	}
	return STEP_OK;
}

static enum step_rc do_reg_read(struct run *r, const struct step *s)
{
	struct image im = image_of(s);
	uint64_t words[LAYOUT_WORDS] = { 0 }, mask = step_number(s, "mask", UINT64_MAX);
	struct target t;
	enum step_rc rc = aim(r, s, &t);

	if (rc != STEP_OK)
		return rc;
	for (uint32_t w = 0; w < 2; w++) {
		struct target at = t;

		at.off += 8 * w;
		if (im.any ? im.mask[w] != 0 : w == 0)
			words[w] = reg_read(r, &at);
	}
	if (im.any)
		return compare_fields(r, s, words);
	if (step_has(s, "value"))
		return check_number(r, s->layout ? s->layout->name : "register",
				    step_number(s, "value", 0) & mask, words[0] & mask);
	return STEP_OK;
}

static bool waited(struct run *r, uint64_t start, uint64_t limit, uint32_t turn)
{
	return turn < WAIT_TURNS && r->be->ops->now(r->be) - start <= limit;
}

static enum step_rc wait_result(struct run *r, const struct step *s, bool came, uint64_t last)
{
	const char *want = step_string(s, "result", "ok"), *got = came ? "ok" : "time-out";

	r->res->checks++;
	if (strcmp(want, got) == 0)
		return STEP_OK;
	return run_fail(r, "%s: expected %s, got %s; the last value read was 0x%" PRIx64,
			s->verb->name, want, got, last);
}

static enum step_rc do_reg_wait(struct run *r, const struct step *s)
{
	struct image im = image_of(s);
	uint64_t want = step_number(s, "value", 0), mask = step_number(s, "mask", UINT64_MAX);
	uint64_t limit = step_number(s, "timeout-ns", RUN_TIMEOUT_NS), start, got = 0;
	struct target t;
	enum step_rc rc = aim(r, s, &t);
	bool came = false;

	if (rc != STEP_OK)
		return rc;
	if (im.any) {
		uint32_t w = im.mask[0] ? 0 : 1;

		t.off += 8 * w;
		want = im.value[w];
		mask = im.mask[w];
	}
	start = r->be->ops->now(r->be);
	for (uint32_t turn = 0; !came && waited(r, start, limit, turn); turn++) {
		got = reg_read(r, &t);
		came = (got & mask) == (want & mask);
		if (!came)
			r->be->ops->relax(r->be);
	}
	return wait_result(r, s, came, got);
}

/* ---- switching ---- */

static enum step_rc wait_status(struct run *r, const struct step *s, uint32_t unit,
				const struct switching *sw)
{
	struct target t = { unit, sw->status, sw->status_width, 0 };
	uint64_t start = r->be->ops->now(r->be), got = 0;
	uint64_t limit = step_number(s, "timeout-ns", RUN_TIMEOUT_NS);
	bool came = false;

	for (uint32_t turn = 0; !came && waited(r, start, limit, turn); turn++) {
		got = reg_read(r, &t);
		came = (got & sw->mask) == sw->want;
		if (!came)
			r->be->ops->relax(r->be);
	}
	return wait_result(r, s, came, got);
}

static enum step_rc do_command(struct run *r, const struct step *s)
{
	uint32_t unit = step_unit(r, s);
	const struct arch *a = run_arch(r, unit);
	const struct layout *l = layout_find(LAYOUT_REGISTER, a->switches);
	bool set = step_has(s, "set");
	const char *name = step_string(s, set ? "set" : "clear", NULL);
	const struct field *f = name ? layout_field(l, name) : NULL;
	struct switching sw;

	if (!f || set == step_has(s, "clear"))
		return run_error(r, "expected either \"set\" or \"clear\" with one field of %s",
				 l->name);
	a->switching(r, unit, f, set, &sw);
	reg_write(r, &(struct target){ unit, sw.reg, sw.width, 0 }, sw.value);
	return step_has(s, "no-wait") || !sw.mask ? STEP_OK : wait_status(r, s, unit, &sw);
}

/* ---- memory ---- */

static uint32_t entry_words(const struct step *s, uint64_t *words)
{
	const struct dts_prop *p = dts_find(s->node, "words");
	struct image im;

	if (p) {
		uint32_t n = p->len / 8;

		if (n > MEM_WORDS)
			return 0;
		for (uint32_t i = 0; i < n; i++)
			words[i] = dts_word(p, i);
		return n;
	}
	if (!s->layout)
		return 0;
	im = image_of(s);
	memcpy(words, im.value, sizeof(im.value));
	return s->layout->size / 8;
}

static enum step_rc do_mem_write(struct run *r, const struct step *s)
{
	uint64_t words[MEM_WORDS] = { 0 }, at = step_number(s, "addr", 0),
		 add = step_number(s, "add", 0);
	uint32_t n = entry_words(s, words);
	uint64_t repeat = step_number(s, "repeat", 1),
		 stride = step_number(s, "stride", 8 * (uint64_t)n);

	if (!n || at % 8 || stride % 8)
		return run_error(r, "expected 1 to 512 \"words\" or \"as\", and an address and "
				    "stride that 8 divides");
	for (uint64_t k = 0; k < repeat; k++, at += stride, words[0] += add) {
		if (step_has(s, "loader")) {
			if (r->be->ops->store(r->be, at, words, 8 * (size_t)n))
				return run_error(r, "address 0x%" PRIx64 " is not memory", at);
			continue;
		}
		/* the word with the present bit last */
		for (uint32_t i = n; i-- > 0;)
			r->be->ops->mem_write(r->be, at + 8 * (uint64_t)i, words[i]);
	}
	return STEP_OK;
}

static enum step_rc do_mem_read(struct run *r, const struct step *s)
{
	uint64_t want[MEM_WORDS] = { 0 }, got[MEM_WORDS] = { 0 }, at = step_number(s, "addr", 0);
	uint32_t n = entry_words(s, want);

	if (!n || at % 8)
		return run_error(
			r, "expected 1 to 512 \"words\" or \"as\", and an address that 8 divides");
	if (step_has(s, "loader")) {
		if (r->be->ops->load(r->be, at, got, 8 * (size_t)n))
			return run_error(r, "address 0x%" PRIx64 " is not memory", at);
	} else {
		for (uint32_t i = 0; i < n; i++)
			got[i] = r->be->ops->mem_read(r->be, at + 8 * (uint64_t)i);
	}
	if (!dts_find(s->node, "words"))
		return compare_fields(r, s, got);
	for (uint32_t i = 0; i < n; i++)
		if (check_number(r, "word", want[i], got[i]) != STEP_OK)
			return run_fail(r, "mem-read: at 0x%" PRIx64, at + 8 * (uint64_t)i);
	return STEP_OK;
}

static enum step_rc do_sync(struct run *r, const struct step *s)
{
	r->be->ops->sync(r->be, step_number(s, "addr", 0), step_number(s, "size", 4096),
			 !step_has(s, "order-only"));
	return STEP_OK;
}

/* ---- the queue ---- */

static enum step_rc wait_empty(struct run *r, const struct step *s, const struct ring *q,
			       uint64_t tail)
{
	struct switching sw = {
		.status = q->head, .status_width = 8, .mask = q->pointer, .want = tail
	};

	return wait_status(r, s, step_unit(r, s), &sw);
}

static enum step_rc do_submit(struct run *r, const struct step *s)
{
	uint32_t unit = step_unit(r, s);
	const struct arch *a = run_arch(r, unit);
	const struct dts_prop *raw = dts_find(s->node, "raw");
	struct image im = image_of(s);
	struct ring q;
	struct target t;
	uint64_t tail;

	if (!raw == !s->layout)
		return run_error(r, "expected either \"type\" or \"raw\"");
	if (step_layout_fits(r, s, unit) != STEP_OK)
		return STEP_ERROR;
	a->ring(r, unit, &q);
	t = (struct target){ unit, q.tail, 8, 0 };
	tail = reg_read(r, &t) & q.pointer;
	if (raw && raw->len > q.width)
		return run_error(r, "property \"raw\": the queue's descriptors have %u bytes",
				 q.width);
	if (s->layout)
		im.value[0] |= a->typed(s->layout);
	for (uint32_t i = 0; raw && i < raw->len / 8; i++)
		im.value[i] = dts_word(raw, i);
	for (uint32_t i = 0; i < q.width / 8; i++)
		r->be->ops->mem_write(r->be, q.base + tail + 8 * (uint64_t)i, im.value[i]);
	tail = (tail + q.width) % q.bytes;
	if (step_has(s, "no-tail"))
		return STEP_OK;
	reg_write(r, &t, tail);
	return step_has(s, "wait") ? wait_empty(r, s, &q, tail) : STEP_OK;
}

/* ---- live entries ---- */

static enum step_rc do_edit(struct run *r, const struct step *s)
{
	const struct dts_prop *flip = dts_find(s->node, "xor");
	struct image im = image_of(s);
	uint64_t words[LAYOUT_WORDS] = { 0 }, at = 0;
	uint32_t n = s->layout->size / 8;
	enum step_rc rc = step_layout_fits(r, s, step_unit(r, s));

	if (rc == STEP_OK)
		rc = run_arch(r, step_unit(r, s))->find(r, s, &at);
	if (rc != STEP_OK)
		return rc;
	if (r->be->ops->load(r->be, at, words, 8 * (size_t)n))
		return run_error(r, "edit: the entry at 0x%" PRIx64 " is not memory", at);
	if (flip && flip->len != 8 * n)
		return run_error(r, "property \"xor\": expected %u 64-bit words", n);
	for (uint32_t i = 0; i < n; i++) {
		words[i] = (words[i] & ~im.mask[i]) | im.value[i];
		if (flip)
			words[i] ^= dts_word(flip, i);
		if (step_has(s, "as-cpu"))
			r->be->ops->mem_write(r->be, at + 8 * (uint64_t)i, words[i]);
	}
	if (!step_has(s, "as-cpu"))
		(void)r->be->ops->store(r->be, at, words, 8 * (size_t)n);
	return STEP_OK;
}

/* ---- the table ---- */

/* clang-format off */

#define END { NULL, TYPE_FLAG, false, 0, NULL, NULL }
#define UNIT { "unit", TYPE_UNIT, false, 0, NULL, "which unit (the first)" }
#define TIMEOUT { "timeout-ns", TYPE_NUMBER, false, 0, NULL, "bound of the wait in simulated time (20 ms)" }
#define RESULT { "result", TYPE_NAME, false, 0, names_wait, "how the wait has to end (`ok`)" }
#define WHERE \
	UNIT, \
	{ "register", TYPE_NAME, false, 0, names_register, "the register; its fields are properties of the step" }, \
	{ "index", TYPE_NUMBER, false, 255, NULL, "which one, where there are several: FRCD; DEVTAB, SMIF, MARC_ (0)" }, \
	{ "part", TYPE_NUMBER, false, 12, NULL, "bytes into the register (0)" }, \
	{ "offset", TYPE_NUMBER, false, 0xfffff, NULL, "offset instead of a register's name" }, \
	{ "width", TYPE_NUMBER, false, 16, NULL, "width of the access in bytes (the register's, at most 8)" }

static const struct prop_desc reg_write_props[] = {
	WHERE,
	{ "value", TYPE_NUMBER, false, 0, NULL, "what is written; fields go on top of it (0)" },
	{ "modify", TYPE_FLAG, false, 0, NULL, "the other bits are read first and written back" },
	END
};
static const struct prop_desc reg_read_props[] = {
	WHERE,
	{ "value", TYPE_NUMBER, false, 0, NULL, "expected value; or give fields" },
	{ "mask", TYPE_NUMBER, false, 0, NULL, "bits compared (all)" },
	END
};
static const struct prop_desc reg_wait_props[] = {
	WHERE,
	{ "value", TYPE_NUMBER, false, 0, NULL, "awaited value; or give fields" },
	{ "mask", TYPE_NUMBER, false, 0, NULL, "bits compared (all)" },
	TIMEOUT, RESULT, END
};
static const struct prop_desc command_props[] = {
	UNIT,
	{ "set", TYPE_STRING, false, 0, NULL, "field to set, of GCMD (\"SRTP\", \"QIE\", \"TE\") or CONTROL (\"IOMMUEN\", \"CMDBUFEN\")" },
	{ "clear", TYPE_STRING, false, 0, NULL, "field to clear" },
	{ "no-wait", TYPE_FLAG, false, 0, NULL, "does not wait for the status register to follow" },
	TIMEOUT, RESULT, END
};
static const struct prop_desc mem_write_props[] = {
	{ "addr", TYPE_NUMBER, true, 0, NULL, "physical address" },
	{ "words", TYPE_WORDS, false, 0, NULL, "64-bit words to store" },
	{ "as", TYPE_NAME, false, 0, names_entry, "kind of entry; its fields are properties of the step" },
	{ "repeat", TYPE_NUMBER, false, 65536, NULL, "how often, at ascending addresses (1)" },
	{ "stride", TYPE_NUMBER, false, 0, NULL, "bytes from one to the next (its size)" },
	{ "add", TYPE_NUMBER, false, 0, NULL, "added to the first word from one to the next (0)" },
	{ "loader", TYPE_FLAG, false, 0, NULL, "puts it in place at once, not as stores of the guest" },
	END
};
static const struct prop_desc mem_read_props[] = {
	{ "addr", TYPE_NUMBER, true, 0, NULL, "physical address" },
	{ "words", TYPE_WORDS, false, 0, NULL, "expected 64-bit words" },
	{ "as", TYPE_NAME, false, 0, names_entry, "kind of entry; its fields are expected values" },
	{ "loader", TYPE_FLAG, false, 0, NULL, "looks without being a guest's load" },
	END
};
static const struct prop_desc sync_props[] = {
	{ "addr", TYPE_NUMBER, true, 0, NULL, "physical address" },
	{ "size", TYPE_NUMBER, false, 0, NULL, "bytes (4096)" },
	{ "order-only", TYPE_FLAG, false, 0, NULL, "orders stores without writing lines back" },
	END
};
static const struct prop_desc submit_props[] = {
	UNIT,
	{ "type", TYPE_NAME, false, 0, names_descriptor, "kind of descriptor or command; its fields are properties of the step" },
	{ "raw", TYPE_WORDS, false, 0, NULL, "the descriptor's words instead" },
	{ "no-tail", TYPE_FLAG, false, 0, NULL, "does not move the tail" },
	{ "wait", TYPE_FLAG, false, 0, NULL, "waits until the head has reached the tail" },
	TIMEOUT, RESULT, END
};
static const struct prop_desc edit_props[] = {
	UNIT,
	{ "entry", TYPE_NAME, true, 0, names_live, "which live entry; its fields are properties of the step" },
	{ "dev", TYPE_DEVICE, false, 0, NULL, "the device whose tables are followed" },
	{ "rid", TYPE_NUMBER, false, 0xffff, NULL, "or its requester id" },
	{ "iova", TYPE_NUMBER, false, 0, NULL, "address whose paging entry is meant" },
	{ "level", TYPE_NUMBER, false, 5, NULL, "its level, 0 holds 4 KiB pages (0)" },
	{ "index", TYPE_NUMBER, false, 65535, NULL, "number of the interrupt remapping entry (0)" },
	{ "xor", TYPE_WORDS, false, 0, NULL, "bits to flip after the fields are set, one word for each of the entry" },
	{ "as-cpu", TYPE_FLAG, false, 0, NULL, "stores of the guest, to be published like any; else in place at once" },
	END
};

#define VERB(name, help, props, run, by, kind, yields) { name, GROUP_METAL, help, props, run, by, kind, yields, false, NULL }

const struct verb metal_verbs[] = {
	VERB("reg-write", "Writes a register.", reg_write_props, do_reg_write, "register", LAYOUT_REGISTER, true),
	VERB("reg-read", "Reads a register and compares.", reg_read_props, do_reg_read, "register", LAYOUT_REGISTER, true),
	VERB("reg-wait", "Reads a register until it is as given.", reg_wait_props, do_reg_wait, "register", LAYOUT_REGISTER, true),
	VERB("command", "Changes one field of GCMD or CONTROL by the specification's protocol and waits until GSTS or STATUS follows.",
	     command_props, do_command, NULL, LAYOUT_REGISTER, true),
	VERB("mem-write", "Stores words, or an entry by its fields: the highest word first.",
	     mem_write_props, do_mem_write, "as", LAYOUT_ENTRY, true),
	VERB("mem-read", "Loads words, or an entry, and compares.", mem_read_props, do_mem_read, "as", LAYOUT_ENTRY, true),
	VERB("sync", "Writes cache lines back to memory.", sync_props, do_sync, NULL, LAYOUT_ENTRY, true),
	VERB("submit", "Writes a descriptor or command at the tail of the queue or command buffer and moves the tail.",
	     submit_props, do_submit, "type", LAYOUT_DESCRIPTOR, true),
	VERB("edit", "Changes a live table entry behind the driver's back, found by following the tables from the unit's registers.",
	     edit_props, do_edit, "entry", LAYOUT_ENTRY, false),
	{ NULL, GROUP_METAL, NULL, NULL, NULL, NULL, LAYOUT_REGISTER, false, false, NULL }
};
