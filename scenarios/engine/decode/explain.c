/* The sentence that says what a report means, and the notes of logs that are no record. */
#include "decode/explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hw/amdvi.h"
#include "hw/vtd.h"

struct text {
	char *buf;
	size_t size, len;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->buf + t->len, t->size - t->len, format, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n < t->size - t->len ? (size_t)n : t->size - t->len - 1;
}

static void put_device(struct text *t, const struct decoded *d)
{
	if (!d->has_rid) {
		put(t, "a device");
		return;
	}
	if (d->has_segment)
		put(t, "%04x:", d->segment);
	put(t, "%02x:%02x.%x", d->rid >> 8, d->rid >> 3 & 0x1F, d->rid & 7);
}

static void put_request(struct text *t, const struct decoded *d, const char *read,
			const char *write)
{
	static const char *const at[] = { "", "a translation request for ",
					  "a reserved kind of request for ",
					  "a reserved kind of request for " };

	put_device(t, d);
	if (d->at < 4 && d->at)
		put(t, " sent %s", at[d->at]);
	else
		put(t, " %s ",
		    d->access == ACCESS_READ     ? read
		    : d->access == ACCESS_WRITE  ? write
		    : d->access == ACCESS_ATOMIC ? "did an atomic access to"
						 : "accessed");
	if (d->has_addr)
		put(t, "0x%" PRIx64, d->addr);
	else
		put(t, "an unknown address");
	if (d->has_pasid)
		put(t, " with PASID 0x%x", d->pasid);
}

static void fault(struct text *t, const struct decoded *d)
{
	const char *conditions;
	const char *why = explain_vtd_reason(d->reason, &conditions);

	put_request(t, d, "read", "wrote to");
	put(t, " and was blocked: ");
	if (!d->has_reason)
		put(t, "the reason is not told");
	else
		put(t, "%s", why ? why : "the reason is reserved");
}

static void interrupt(struct text *t, const struct decoded *d)
{
	const char *conditions;
	const char *why = explain_vtd_reason(d->reason, &conditions);

	put(t, "an interrupt of ");
	put_device(t, d);
	if (d->has_index)
		put(t, " for remapping entry %" PRIu32, d->index);
	put(t, " was blocked: %s", d->has_reason && why ? why : "the reason is not told");
}

static void page_fault(struct text *t, const struct decoded *d)
{
	const uint64_t f = FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags);

	if (f & AMDVI_EV0_I) {
		put(t, "an interrupt of ");
		put_device(t, d);
		put(t, " was blocked: ");
		put(t, !(f & AMDVI_EV0_PR) ? "its remapping entry is not enabled or does not exist"
		       : f & AMDVI_EV0_RZ  ? "its remapping entry has a reserved bit or value"
					   : "its remapping entry does not allow it");
		return;
	}
	/* RW is defined when PR = 1 only; hardware sets it in other cases too. */
	if (!(f & AMDVI_EV0_PR) && !(f & AMDVI_EV0_RW))
		put_request(t, d, "accessed", "wrote to");
	else
		put_request(t, d, "read", "wrote to");
	put(t, " and was blocked: ");
	if (!d->has_flags)
		put(t, "the flags are not told");
	else if (!(f & AMDVI_EV0_PR))
		put(t, "nothing is mapped there");
	else if (f & AMDVI_EV0_PE)
		put(t, "what is mapped there does not give the permission");
	else if (f & AMDVI_EV0_RZ)
		put(t, "an entry of the page tables has a reserved bit set");
	else
		put(t, "the address does not fit the tables, or an entry has an invalid level or "
		       "size");
}

static void event(struct text *t, const struct decoded *d)
{
	const char *why = explain_amdvi_event(d->reason);

	if (d->has_reason && d->reason == AMDVI_EV_IO_PAGE_FAULT) {
		page_fault(t, d);
		return;
	}
	put(t, "%s", d->has_reason && why ? why : "an event that the specification does not name");
	if (d->has_rid && d->reason != AMDVI_EV_ILLEGAL_COMMAND_ERROR &&
	    d->reason != AMDVI_EV_COMMAND_HARDWARE_ERROR) {
		put(t, "; device ");
		put_device(t, d);
	}
	if (d->has_addr)
		put(t, "; address 0x%" PRIx64, d->addr);
}

static void permissions(struct text *t, bool r, bool w)
{
	put(t, r && w ? "read and write" : r ? "read only" : w ? "write only" : "no permission");
}

static void second_stage(struct text *t, uint64_t e, uint32_t level)
{
	static const char *const size[] = { "4 KiB", "2 MiB", "1 GiB" };

	if (!(e & (VTD_SS_R | VTD_SS_W))) {
		put(t, "a second-stage entry of level %" PRIu32 " that is not present", level);
		return;
	}
	if (level == 0 || (level < 3 && e & VTD_SS_PS))
		put(t, "a page of %s at 0x%" PRIx64 ", ", size[level],
		    e & (level == 0   ? VTD_SS_ADDR
			 : level == 1 ? VTD_SS_ADDR_2M
				      : VTD_SS_ADDR_1G));
	else
		put(t,
		    "a second-stage entry of level %" PRIu32
		    " that leads to the table at 0x%" PRIx64 ", ",
		    level, e & VTD_SS_ADDR);
	permissions(t, e & VTD_SS_R, e & VTD_SS_W);
}

static void host_page(struct text *t, uint64_t e)
{
	uint64_t next = FIELD_GET(AMDVI_PT_NEXT_LEVEL, e);

	if (!(e & AMDVI_PT_PR)) {
		put(t, "a host page-table entry that is not present");
		return;
	}
	if (next == 0 || next == 7)
		put(t, "a page%s at 0x%" PRIx64 ", ",
		    next == 7 ? ", its size encoded in the address," : "", e & AMDVI_PT_ADDR);
	else
		put(t,
		    "an entry that leads to the table of level %" PRIu64
		    " (the specification's) at 0x%" PRIx64 ", ",
		    next, e & AMDVI_PT_ADDR);
	permissions(t, e & AMDVI_PT_IR, e & AMDVI_PT_IW);
}

static void device_entry(struct text *t, const uint64_t *q)
{
	if (!(q[0] & AMDVI_DTE0_V)) {
		put(t, "a device table entry with V = 0: DMA passes untranslated");
		return;
	}
	if (!(q[0] & AMDVI_DTE0_TV)) {
		put(t, "a device table entry with TV = 0: DMA is blocked");
		return;
	}
	put(t, "a device table entry: DomainID 0x%" PRIx64 ", ",
	    FIELD_GET(AMDVI_DTE1_DOMAINID, q[1]));
	if (FIELD_GET(AMDVI_DTE0_MODE, q[0]) == 0)
		put(t, "no translation, ");
	else
		put(t, "tables of %" PRIu64 " levels at 0x%" PRIx64 ", ",
		    FIELD_GET(AMDVI_DTE0_MODE, q[0]), q[0] & AMDVI_DTE0_HOSTPT);
	permissions(t, q[0] & AMDVI_DTE0_IR, q[0] & AMDVI_DTE0_IW);
}

static void context(struct text *t, const uint64_t *w)
{
	static const char *const type[] = { "untranslated requests are translated",
					    "all requests are translated, ATS allowed",
					    "pass-through", "reserved translation type" };

	if (!(w[0] & VTD_CE0_P)) {
		put(t, "a context entry that is not present");
		return;
	}
	put(t,
	    "a context entry: domain id 0x%" PRIx64 ", %s, AW %" PRIu64 " (%" PRIu64
	    " bits), tables at 0x%" PRIx64,
	    FIELD_GET(VTD_CE1_DID, w[1]), type[FIELD_GET(VTD_CE0_TT, w[0])],
	    FIELD_GET(VTD_CE1_AW, w[1]), 30 + 9 * FIELD_GET(VTD_CE1_AW, w[1]),
	    w[0] & VTD_CE0_SSPTPTR);
}

static void fault_status(struct text *t, uint64_t v)
{
	static const struct {
		uint64_t bit;
		const char *what;
	} bits[] = {
		{ VTD_FSTS_PPF, "a fault record is waiting" },
		{ VTD_FSTS_PFO, "records were lost: there was no room (overflow)" },
		{ VTD_FSTS_AFO, "the advanced fault log overflowed" },
		{ VTD_FSTS_APF, "the advanced fault log has records" },
		{ VTD_FSTS_IQE, "the invalidation queue stopped at a bad descriptor (IQE)" },
		{ VTD_FSTS_ICE, "a device answered an invalidation wrongly (ICE)" },
		{ VTD_FSTS_ITE, "a device did not answer an invalidation (ITE)" },
		{ VTD_FSTS_PRO, "the page request queue overflowed" },
	};
	const char *and = "";

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (!(v & bits[i].bit))
			continue;
		put(t, "%s%s", and, bits[i].what);
		and = "; ";
	}
	if (!*and)
		put(t, "no fault is pending");
	if (v & VTD_FSTS_PPF)
		put(t, "; the oldest is number %" PRIu64, FIELD_GET(VTD_FSTS_FRI, v));
}

/* Hardware refuses them, some only when the entry is in use. */
static void reserved_bits(struct text *t, const struct decoded *d)
{
	const char *before = "; reserved bits are set: ";

	for (const struct field *f = d->layout->fields; f->name; f++) {
		if (strncmp(f->name, "RSVD", 4) != 0 || !field_get(f, d->words[f->word]))
			continue;
		put(t, "%s%s", before, f->name);
		before = ", ";
	}
}

static void words(struct text *t, const struct decoded *d)
{
	const char *name = d->layout->name;

	if (strcmp(name, "ss") == 0)
		second_stage(t, d->words[0], d->level);
	else if (strcmp(name, "pte") == 0)
		host_page(t, d->words[0]);
	else if (strcmp(name, "dte") == 0)
		device_entry(t, d->words);
	else if (strcmp(name, "context") == 0)
		context(t, d->words);
	else if (strcmp(name, "FSTS") == 0)
		fault_status(t, d->words[0]);
	else
		put(t, "%s %s",
		    d->layout->kind == LAYOUT_REGISTER ? "register"
		    : d->layout->kind == LAYOUT_ENTRY  ? "table entry"
						       : "command",
		    name);
}

/* clang-format off */

struct note_row {
	const char *note, *what;
	struct advice advice;
};

static const struct note_row notes[] = {
	{ "iqe", "the invalidation queue stopped at a descriptor it does not take", { "VT-d 6.5.2 Queued Invalidation Interface", {
		"a descriptor with a reserved bit, a type or a granularity that the unit does not have",
		"IQT was moved before the descriptor's words were in memory, or beyond the queue",
		"the queue's page was given back or remapped (suspend, kexec)", NULL }, {
		"the descriptor at IQH; nothing behind it was carried out: no page that waits for it may be reused", NULL } } },
	{ "ite", "a device did not answer a device-TLB invalidation in time", { "VT-d 6.5.2 Queued Invalidation Interface, 4.2 Device-TLB", {
		"the device is gone, in reset or powered down with ATS on", "more invalidations at once than its queue depth", NULL }, {
		"the device's link and power state; ATS has to be turned off before the device goes", NULL } } },
	{ "ice", "a device answered a device-TLB invalidation wrongly", { "VT-d 6.5.2 Queued Invalidation Interface", {
		"the answer came from another requester or with a wrong tag: a broken or hostile device", NULL }, { "the device named", NULL } } },
	{ "overflow", "fault records were lost: the hardware had no room for more", { "VT-d 7.3 Fault Recording", {
		"many faults of one cause: a device goes on with a ring that was unmapped", "the handler is too slow, or the event is masked", NULL }, {
		"the first record, it is the oldest; rate limits in the handler", NULL } } },
	{ "not-programmed", "no remapping tables are programmed: nothing but the driver's own restraint (direct_dma=blocked) keeps devices off memory", { "docs/design.md, stages", {
		"the driver is at the stage discovered or built", NULL }, { "why it went no further: capabilities, pages, the log above", NULL } } },
	{ "programmed", "remapping tables are programmed", { "docs/design.md, stages", { "the ordinary state", NULL }, { "direct_dma and stale_cleanup of the same line", NULL } } },
	{ "built", "tables are in memory, the hardware does not know them", { "docs/design.md, stages", { "the driver is at the stage built", NULL }, { "what keeps it from programming", NULL } } },
	{ "no-cleanup", "nothing invalidates stale translations: a page that was unmapped may still be reached, and must not be reused", { "docs/design.md, the life of a page", {
		"invalidation is not installed yet", NULL }, { "the stage of the unit", NULL } } },
};

/* clang-format on */

static const struct note_row *note_row(const struct decoded *d)
{
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		if (d->note && strcmp(notes[i].note, d->note) == 0)
			return &notes[i];
	}
	return &notes[0];
}

void explain_what(const struct decoded *d, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };

	buf[0] = '\0';
	switch (d->kind) {
	case DECODED_FAULT:
		fault(&t, d);
		break;
	case DECODED_INTERRUPT:
		interrupt(&t, d);
		break;
	case DECODED_EVENT:
		event(&t, d);
		break;
	case DECODED_WAIT:
		put(&t, "the driver waited for a COMPLETION_WAIT that did not come");
		break;
	case DECODED_WORDS:
		words(&t, d);
		reserved_bits(&t, d);
		break;
	case DECODED_NOTE:
		put(&t, "%s", note_row(d)->what);
		if (d->has_rid) {
			put(&t, "; device ");
			put_device(&t, d);
		}
		break;
	case DECODED_NOTHING:
		break;
	}
}

/* Where the specification lays a thing out, by what it is called. */
static const struct advice *layout_advice(const struct decoded *d)
{
	static const struct {
		const char *name;
		struct advice advice;
	} named[] = {
		{ "FSTS",
		  { "VT-d 7.3 Fault Recording",
		    { NULL },
		    { "the records in FRCD, then write the bits back to clear them" } } },
		{ "root", { "VT-d 9.1 Root Entry", { NULL }, { NULL } } },
		{ "context", { "VT-d 9.3 Context Entry", { NULL }, { NULL } } },
		{ "ss", { "VT-d 9.7 Second-Stage Paging Entries", { NULL }, { NULL } } },
		{ "dte", { "48882 2.2.2 Device Table", { NULL }, { NULL } } },
		{ "pte", { "48882 2.2.3 I/O Page Tables", { NULL }, { NULL } } },
	};
	static const struct advice general[BE_ARCHS][3] = {
		[BE_VTD] = { { "VT-d 11 Register Descriptions", { NULL }, { NULL } },
			     { "VT-d 9 Translation Structure Formats", { NULL }, { NULL } },
			     { "VT-d 6.5.2 Queued Invalidation Interface", { NULL }, { NULL } } },
		[BE_AMDVI] = { { "48882 3 Registers", { NULL }, { NULL } },
			       { "48882 2 Data Structures", { NULL }, { NULL } },
			       { "48882 2.4 Commands", { NULL }, { NULL } } },
	};

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (strcmp(d->layout->name, named[i].name) == 0)
			return &named[i].advice;
	}
	return &general[decoded_is(d, BE_AMDVI) ? BE_AMDVI : BE_VTD][d->layout->kind];
}

const struct advice *explain_advice(const struct decoded *d)
{
	static const struct advice none = { "", { NULL }, { NULL } };

	switch (d->kind) {
	case DECODED_FAULT:
	case DECODED_INTERRUPT:
		return explain_vtd(d);
	case DECODED_EVENT:
	case DECODED_WAIT:
		return explain_amdvi(d);
	case DECODED_NOTE:
		return &note_row(d)->advice;
	case DECODED_WORDS:
		return layout_advice(d);
	case DECODED_NOTHING:
		break;
	}
	return &none;
}
