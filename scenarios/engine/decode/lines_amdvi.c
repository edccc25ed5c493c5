/* AMD-Vi in logs: Linux with and without segment or driver's name in front, Xen. */
#include <string.h>

#include "decode/lines.h"
#include "decode/scan.h"
#include "hw/amdvi.h"

static const struct arch *amdvi(void)
{
	return arch_at(BE_AMDVI);
}

/* The event whose name stands at `at`; 0 when there is none. The longest name counts. */
static uint8_t event_at(const char *at)
{
	const struct reason *best = NULL;

	for (const struct reason *r = amdvi()->reasons; r->name; r++) {
		if (strncmp(at, r->name, strlen(r->name)) == 0 &&
		    (!best || strlen(r->name) > strlen(best->name)))
			best = r;
	}
	return best ? best->code : 0;
}

/* The fields of Linux: device=, domain=, pasid=, address=, flags=, all hexadecimal. */
static void linux_fields(const char *line, const char *body, struct decoded *out)
{
	const char *p = body;
	uint64_t value;

	if (scan_after(&p, "device=")) {
		if (!scan_bdf(&p, out))
			out->unclear =
				"the device: expected bus:device.function behind \"device=\"";
	} else {
		/* "nvme 0000:01:00.0: AMD-Vi: Event logged [...": the word before "AMD-Vi" */
		const char *end = strstr(line, ": AMD-Vi"), *start = end;

		while (start && start > line && start[-1] != ' ')
			start--;
		if (start && start < end)
			scan_bdf(&start, out);
	}
	if (scan_key(body, "domain", &value) && value <= 0xFFFF) {
		out->domain = (uint16_t)value;
		out->has_domain = true;
	}
	if (scan_key(body, "pasid", &value) && value <= 0xFFFFF) {
		out->pasid = (uint32_t)value;
		out->has_pasid = true;
	}
	if (scan_key(body, "address", &value) || scan_key(body, "gpa", &value)) {
		out->addr = value;
		out->has_addr = true;
	}
	if (scan_key(body, "flags", &value) && value <= 0xFFF) {
		out->flags = (uint16_t)value;
		out->has_flags = true;
	}
}

static void finish(struct decoded *out)
{
	bool gn = out->has_flags && (out->flags & FIELD_GET(AMDVI_EV0_FLAGS, AMDVI_EV0_GN));

	/* Linux prints the same bits as pasid= that the entry uses for the domain when GN = 0. */
	if (out->has_pasid && !gn) {
		if (!out->has_domain) {
			out->domain = (uint16_t)out->pasid;
			out->has_domain = true;
		}
		out->has_pasid = false;
	}
	if (out->has_flags)
		out->access = out->flags & FIELD_GET(AMDVI_EV0_FLAGS, AMDVI_EV0_RW) ? ACCESS_WRITE
										    : ACCESS_READ;
}

static enum line_rc linux_event(const char *line, struct decoded *out)
{
	const char *p = line;

	if (!scan_after(&p, "Event logged ["))
		return LINE_UNKNOWN;
	out->kind = DECODED_EVENT;
	out->arch = amdvi();
	out->reason = event_at(p);
	out->has_reason = out->reason != 0;
	if (!out->has_reason)
		out->unclear = "the event: its name is not one of the specification's";
	linux_fields(line, p, out);
	if (!out->unclear && !out->has_addr)
		out->unclear = "the address: expected a number behind \"address=\"";
	finish(out);
	return LINE_REPORT;
}

/*
 * Xen: "AMD-Vi: IO_PAGE_FAULT: 0000:00:14.0 d0 addr 0000000000005000 flags 0x20 RW", and before 4.13
 * "AMD-Vi: IO_PAGE_FAULT: domain = 0, device id = 0xa0, fault address = 0x5000, flags = 0x20".
 */
static enum line_rc xen_event(const char *line, struct decoded *out)
{
	const char *p = line, *q;
	uint64_t value;

	if (!scan_after(&p, "AMD-Vi: "))
		return LINE_UNKNOWN;
	out->reason = event_at(p);
	q = p;
	if (!out->reason || !scan_after(&q, ": "))
		return LINE_UNKNOWN;
	out->has_reason = true;
	out->kind = DECODED_EVENT;
	out->arch = amdvi();
	p = q;
	if (scan_after(&p, "device id = ") && scan_hex(&p, &value) && value <= 0xFFFF) {
		out->rid = (uint16_t)value;
		out->has_rid = true;
	} else {
		p = q;
		if (!scan_bdf(&p, out))
			out->unclear = "the device: expected segment:bus:device.function";
	}
	p = q;
	if (scan_after(&p, "domain = ") && scan_hex(&p, &value) && value <= 0xFFFF) {
		out->domain = (uint16_t)value;
		out->has_domain = true;
	}
	p = q;
	if ((scan_after(&p, "address = ") || scan_after(&p, "addr ")) && scan_hex(&p, &value)) {
		out->addr = value;
		out->has_addr = true;
	} else {
		out->unclear = "the address: expected a number behind \"addr\"";
	}
	p = q;
	if (scan_after(&p, "flags")) {
		(void)scan_here(&p, "="); /* older ones have it */
		if (scan_hex(&p, &value) && value <= 0xFFF) {
			out->flags = (uint16_t)value;
			out->has_flags = true;
		}
	}
	finish(out);
	return LINE_REPORT;
}

static enum line_rc others(const char *line, struct decoded *out)
{
	const char *p = line;
	uint64_t word, value;
	bool decimal;

	if (!strstr(line, "AMD-Vi"))
		return LINE_UNKNOWN;
	if (strstr(line, "ompletion-Wait loop timed out") ||
	    strstr(line, "Completion wait timed out")) {
		out->kind = DECODED_WAIT;
		out->arch = amdvi();
		return LINE_REPORT;
	}
	if (scan_after(&p, "DTE[") && scan_number(&p, &word, &decimal) && word < 4 &&
	    scan_here(&p, "]:") && scan_hex(&p, &value)) {
		out->kind = DECODED_WORDS;
		out->arch = amdvi();
		out->layout = layout_find(LAYOUT_ENTRY, "dte");
		out->level = (uint32_t)word; /* the word that this line is; joined by the caller */
		out->words[word] = value;
		out->nwords = (uint32_t)word + 1;
		return word == 3 ? LINE_REPORT : LINE_PENDING;
	}
	return LINE_UNKNOWN;
}

/* DTE[0] to DTE[3] come in four lines. */
static void join(const struct decoded *pending, struct decoded *out)
{
	if (out->kind != DECODED_WORDS)
		return;
	if (pending && pending->kind == DECODED_WORDS && pending->layout == out->layout &&
	    pending->nwords + 1 == out->nwords)
		memcpy(out->words, pending->words, pending->nwords * sizeof(out->words[0]));
	else if (out->nwords > 1)
		out->unclear = "the lower words of the entry: their lines are missing";
	out->level = 0;
}

enum line_rc lines_amdvi(const char *line, const struct decoded *pending, struct decoded *out)
{
	enum line_rc rc = linux_event(line, out);

	if (rc == LINE_UNKNOWN)
		rc = xen_event(line, out);
	if (rc == LINE_UNKNOWN)
		rc = others(line, out);
	if (rc != LINE_UNKNOWN)
		join(pending, out);
	return rc;
}
