/*
 * VT-d in logs: Linux of all generations, Xen, FreeBSD.
 *
 * Addresses are hexadecimal everywhere, with 0x or without. The fault reason is what changed: decimal without 0x up to
 * Linux 5.13, hexadecimal with 0x since; hexadecimal without 0x in Xen; hexadecimal with 0x in FreeBSD.
 */
#include <string.h>

#include "decode/lines.h"
#include "decode/raw.h"
#include "decode/scan.h"
#include "hw/vtd.h"

static const struct arch *vtd(void)
{
	return arch_at(BE_VTD);
}

/* "[fault reason 0x05]", "[fault reason 06]": decimal when there is no 0x. */
static bool linux_reason(const char **at, struct decoded *d)
{
	uint64_t reason;

	if (!scan_after(at, "fault reason"))
		return false;
	if (!scan_number(at, &reason, &d->reason_decimal) || reason > 0xFF) {
		d->unclear = "the number behind \"fault reason\"";
		return true;
	}
	d->reason = (uint8_t)reason;
	d->has_reason = true;
	return true;
}

/* Xen: "reason 05 - PTE Write access is not set", hexadecimal. */
static bool xen_reason(const char **at, struct decoded *d)
{
	uint64_t reason;

	if (!scan_after(at, "reason"))
		return false;
	if (!scan_hex(at, &reason) || reason > 0xFF) {
		d->unclear = "the number behind \"reason\"";
		return true;
	}
	d->reason = (uint8_t)reason;
	d->has_reason = true;
	return true;
}

/* "PASID 0x1", "PASID ffffffff" (none), "NO_PASID". */
static void pasid(const char *line, struct decoded *d)
{
	const char *p = line;
	uint64_t value;

	if (strstr(line, "NO_PASID") || !scan_after(&p, "PASID "))
		return;
	if (!scan_hex(&p, &value) || (value != 0xFFFFFFFF && value > 0xFFFFF)) {
		d->unclear = "the number behind \"PASID\"";
		return;
	}
	if (value != 0xFFFFFFFF) {
		d->pasid = (uint32_t)value;
		d->has_pasid = true;
	}
}

static void requester(const char *line, struct decoded *d)
{
	const char *p = line;

	if (!scan_after(&p, "evice [") || !scan_bdf(&p, d))
		d->unclear = "the device: expected bus:device.function in brackets";
}

static enum line_rc fault(const char *line, const char *at, enum decoded_access access,
			  struct decoded *out)
{
	const char *p = at, *reason = at;

	out->kind = DECODED_FAULT;
	out->arch = vtd();
	out->access = access;
	out->at = AT_UNKNOWN;
	requester(at, out);
	pasid(line, out);
	if (!scan_after(&p, "fault addr") || !scan_hex(&p, &out->addr))
		out->unclear = "the address: expected a number behind \"fault addr\"";
	else
		out->has_addr = true;
	if (linux_reason(&reason, out) || xen_reason(&reason, out))
		return LINE_REPORT;
	return LINE_PENDING;
}

static enum line_rc interrupt(const char *at, struct decoded *out)
{
	const char *p = at, *reason = at;
	uint64_t index;

	out->kind = DECODED_INTERRUPT;
	out->arch = vtd();
	out->at = AT_UNKNOWN;
	requester(at, out);
	if (!scan_after(&p, "fault index") || !scan_hex(&p, &index) || index > 0xFFFF) {
		out->unclear = "the index: expected a number behind \"fault index\"";
	} else {
		out->index = (uint32_t)index;
		out->has_index = true;
	}
	return linux_reason(&reason, out) ? LINE_REPORT : LINE_PENDING;
}

/* FreeBSD: "pci0:2:0 sid 10 fault acc 1 adt 0x0 reason 0x6 addr 5000". */
static enum line_rc freebsd(const char *line, struct decoded *out)
{
	const char *p = line;
	uint64_t sid, acc, adt, reason, addr;

	if (!scan_after(&p, "sid ") || !scan_hex(&p, &sid) || !scan_here(&p, "fault acc") ||
	    !scan_hex(&p, &acc))
		return LINE_UNKNOWN;
	out->kind = DECODED_FAULT;
	out->arch = vtd();
	out->at = AT_UNKNOWN;
	out->rid = (uint16_t)sid;
	out->has_rid = sid <= 0xFFFF;
	out->access = acc & 1 ? ACCESS_READ : ACCESS_WRITE;
	if (!scan_here(&p, "adt") || !scan_hex(&p, &adt) || !scan_here(&p, "reason") ||
	    !scan_hex(&p, &reason) || !scan_here(&p, "addr") || !scan_hex(&p, &addr) || adt > 3 ||
	    reason > 0xFF || sid > 0xFFFF) {
		out->unclear = "expected: sid S fault acc A adt T reason R addr ADDR";
		return LINE_REPORT;
	}
	out->at = (uint8_t)adt;
	out->reason = (uint8_t)reason;
	out->has_reason = true;
	out->addr = addr;
	out->has_addr = true;
	if (raw_is_interrupt(out->reason)) {
		out->kind = DECODED_INTERRUPT;
		out->index = (uint32_t)(addr >> 48);
		out->has_index = true;
		out->has_addr = false;
	}
	return LINE_REPORT;
}

static enum line_rc words(const char *layout, enum layout_kind kind, struct decoded *out,
			  uint32_t n, const uint64_t *value)
{
	out->kind = DECODED_WORDS;
	out->arch = vtd();
	out->layout = layout_find(kind, layout);
	out->nwords = n;
	memcpy(out->words, value, n * sizeof(value[0]));
	return LINE_REPORT;
}

static enum line_rc note(const char *what, struct decoded *out)
{
	out->kind = DECODED_NOTE;
	out->arch = vtd();
	out->note = what;
	return LINE_REPORT;
}

/* Linux since 5.18 prints the tables that the faulting address leads through. */
static enum line_rc table_dump(const char *line, struct decoded *out)
{
	static const struct {
		const char *word, *layout;
		bool two; /* "hi ..., low ..." */
	} dumps[] = {
		{ "scalable mode root entry:", "sm-root", true },
		{ "root entry:", "root", false },
		{ "context entry:", "context", true },
		{ "pasid dir entry:", "pasid-dir", false },
	};
	uint64_t value[2] = { 0, 0 }, level;
	const char *p = line;

	for (uint32_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++) {
		p = line;
		if (!scan_after(&p, dumps[i].word))
			continue;
		if (dumps[i].two ? !scan_after(&p, "hi") || !scan_hex(&p, &value[1]) ||
					   !scan_after(&p, "low") || !scan_hex(&p, &value[0])
				 : !scan_hex(&p, &value[0]))
			out->unclear = "the entry: expected its words in hexadecimal";
		return words(dumps[i].layout, LAYOUT_ENTRY, out, dumps[i].two || i == 1 ? 2 : 1,
			     value);
	}
	p = line;
	if (scan_after(&p, "pte level:") && scan_hex(&p, &level) && level >= 1 && level <= 5 &&
	    scan_after(&p, "pte value:") && scan_hex(&p, &value[0])) {
		out->level = (uint32_t)level - 1;
		return words("ss", LAYOUT_ENTRY, out, 1, value);
	}
	p = line;
	if (scan_after(&p, "page table not present at level") && scan_hex(&p, &level) &&
	    level >= 1 && level <= 5) {
		out->level = (uint32_t)level - 1;
		return words("ss", LAYOUT_ENTRY, out, 1, value);
	}
	return LINE_UNKNOWN;
}

/* "QI HEAD: IOTLB Invalidation qw0 = 0x20052, qw1 = 0xffff0000": the descriptor that the queue stands at, or the one before. */
static enum line_rc descriptor(const char *line, struct decoded *out)
{
	const char *p = line;
	const struct layout *l;
	uint64_t value[2], type;

	if ((!strstr(line, "QI HEAD:") && !strstr(line, "QI PRIOR:")) || !scan_after(&p, "qw0 =") ||
	    !scan_hex(&p, &value[0]) || !scan_after(&p, "qw1 =") || !scan_hex(&p, &value[1]))
		return LINE_UNKNOWN;
	type = FIELD_GET(VTD_DESC_TYPE, value[0]) | FIELD_GET(VTD_DESC_TYPE_HI, value[0]) << 4;
	for (uint32_t n = 0; (l = layout_at(LAYOUT_DESCRIPTOR, n)); n++) {
		if (l->type == type && arch_has_layout(vtd(), l))
			return words(l->name, LAYOUT_DESCRIPTOR, out, 2, value);
	}
	return LINE_UNKNOWN;
}

/* Errors of the invalidation queue, in the words of Linux. */
static enum line_rc queue(const char *line, struct decoded *out)
{
	const char *p = line;
	uint64_t value;

	if (scan_after(&p, "Invalidation Queue Error: Reason")) {
		note("iqe", out);
		if (scan_hex(&p, &value) && value <= 15) {
			out->reason = (uint8_t)value;
			out->has_reason = true;
		} else {
			out->unclear = "the number behind \"Reason\"";
		}
		return LINE_REPORT;
	}
	for (uint32_t i = 0; i < 2; i++) {
		static const char *const word[] = { "Invalidation Time-out Error: SID",
						    "Invalidation Completion Error: SID" };
		static const char *const what[] = { "ite", "ice" };

		p = line;
		if (!scan_after(&p, word[i]))
			continue;
		note(what[i], out);
		if (scan_hex(&p, &value) && value <= 0xFFFF) {
			out->rid = (uint16_t)value;
			out->has_rid = true;
		} else {
			out->unclear = "the number behind \"SID\"";
		}
		return LINE_REPORT;
	}
	return LINE_UNKNOWN;
}

static enum line_rc status(const char *line, struct decoded *out)
{
	const char *p = line;
	uint64_t value = 0;

	if (scan_after(&p, "handling fault status reg")) {
		if (!scan_hex(&p, &value) || value > UINT32_MAX)
			out->unclear = "the number behind \"fault status reg\"";
		return words("FSTS", LAYOUT_REGISTER, out, 1, &value);
	}
	if (strstr(line, "VT-d") && strstr(line, "Fault Overflow"))
		return note("overflow", out);
	if (strncmp(line, "DMAR", 4) == 0 && strstr(line, "Fault Overflow"))
		return note("overflow", out);
	return LINE_UNKNOWN;
}

/* The second line of a report: "DMAR:[fault reason 06] ...", "[VT-D]DMAR: reason 05 - ...". */
static enum line_rc second(const char *line, const struct decoded *pending, struct decoded *out)
{
	const char *p = line;
	struct decoded half = { .kind = DECODED_NOTHING };

	if (!pending || pending->arch != vtd())
		return LINE_UNKNOWN;
	if (!linux_reason(&p, &half) && (!strstr(line, "VT-D") || !xen_reason(&p, &half)))
		return LINE_UNKNOWN;
	*out = *pending;
	out->reason = half.reason;
	out->has_reason = half.has_reason;
	out->reason_decimal = half.reason_decimal;
	if (half.unclear)
		out->unclear = half.unclear;
	return LINE_COMPLETED;
}

enum line_rc lines_vtd(const char *line, const struct decoded *pending, struct decoded *out)
{
	static const struct {
		const char *word;
		enum decoded_access access;
	} kinds[] = { { "[DMA Read", ACCESS_READ },
		      { "[DMA Write", ACCESS_WRITE },
		      { "[DMA Atomic", ACCESS_ATOMIC } };
	static enum line_rc (*const others[])(const char *line, struct decoded *out) = {
		table_dump, queue, descriptor, status, freebsd
	};
	const char *p;
	enum line_rc rc;

	for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		p = line;
		if (scan_after(&p, kinds[i].word))
			return fault(line, p, kinds[i].access, out);
	}
	p = line;
	if (scan_after(&p, "INTR-REMAP") && strstr(p, "evice ["))
		return interrupt(p, out);
	rc = second(line, pending, out);
	for (uint32_t i = 0; rc == LINE_UNKNOWN && i < sizeof(others) / sizeof(others[0]); i++)
		rc = others[i](line, out);
	return rc;
}
