/* Raw values, and the records that reports stand for. */
#include "decode/raw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "decode/scan.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"

bool raw_is_interrupt(uint8_t reason)
{
	return reason >= VTD_FR_IR_REQ_RSVD && reason <= VTD_FR_IR_REQUIRED &&
	       reason != VTD_FR_BAD_INTR;
}

void raw_frcd(const uint64_t *word, struct decoded *out)
{
	uint32_t type = (word[1] & VTD_FRCD1_T1 ? 1u : 0u) | (word[1] & VTD_FRCD1_T2 ? 2u : 0u);

	*out = (struct decoded){
		.kind = DECODED_FAULT,
		.arch = arch_at(BE_VTD),
		.has_reason = true,
		.reason = (uint8_t)FIELD_GET(VTD_FRCD1_FR, word[1]),
		.has_rid = true,
		.rid = (uint16_t)FIELD_GET(VTD_FRCD1_SID, word[1]),
		.at = (uint8_t)FIELD_GET(VTD_FRCD1_AT, word[1]),
		.access = type == 0   ? ACCESS_WRITE
			  : type == 1 ? ACCESS_READ
			  : type == 3 ? ACCESS_ATOMIC
				      : ACCESS_UNKNOWN,
		.has_pasid = word[1] & VTD_FRCD1_PP,
		.pasid = (uint32_t)FIELD_GET(VTD_FRCD1_PV, word[1]),
		.privileged = word[1] & VTD_FRCD1_PRIV,
		.execute = word[1] & VTD_FRCD1_EXE,
		.has_addr = true,
		.addr = word[0] & VTD_FRCD0_FI,
		.layout = layout_find(LAYOUT_REGISTER, "FRCD"),
		.nwords = 2,
		.words = { word[0], word[1] },
	};
	if (!out->has_pasid)
		out->pasid = 0;
	if (raw_is_interrupt(out->reason)) {
		out->kind = DECODED_INTERRUPT;
		out->has_addr = false;
		out->has_index = true;
		out->index = (uint32_t)FIELD_GET(VTD_FRCD0_IIDX, word[0]);
	}
}

void raw_event(const uint64_t *word, struct decoded *out)
{
	bool gn = word[0] & AMDVI_EV0_GN;

	*out = (struct decoded){
		.kind = DECODED_EVENT,
		.arch = arch_at(BE_AMDVI),
		.has_reason = true,
		.reason = (uint8_t)FIELD_GET(AMDVI_EV0_CODE, word[0]),
		.has_rid = true,
		.rid = (uint16_t)FIELD_GET(AMDVI_EV0_DEVICEID, word[0]),
		.at = AT_UNKNOWN,
		.access = word[0] & AMDVI_EV0_RW ? ACCESS_WRITE : ACCESS_READ,
		.has_flags = true,
		.flags = (uint16_t)FIELD_GET(AMDVI_EV0_FLAGS, word[0]),
		.has_addr = true,
		.addr = word[1],
		.layout = layout_find(LAYOUT_ENTRY, "event"),
		.nwords = 2,
		.words = { word[0], word[1] },
		.has_pasid = gn,
		.has_domain = !gn,
	};
	if (gn)
		out->pasid = (uint32_t)(FIELD_GET(AMDVI_EV0_PASID_LO, word[0]) |
					FIELD_GET(AMDVI_EV0_PASID_HI, word[0]) << 16);
	else
		out->domain = (uint16_t)FIELD_GET(AMDVI_EV0_DOMAINID, word[0]);
}

static bool frcd_words(const struct decoded *d, uint64_t *word)
{
	/* an interrupt request is a write, which logs leave out */
	if (!d->has_reason || !d->has_rid ||
	    (d->access == ACCESS_UNKNOWN && d->kind != DECODED_INTERRUPT))
		return false;
	word[0] = d->kind == DECODED_INTERRUPT ? FIELD_PREP(VTD_FRCD0_IIDX, (uint64_t)d->index)
					       : d->addr & VTD_FRCD0_FI;
	word[1] = VTD_FRCD1_F | FIELD_PREP(VTD_FRCD1_FR, (uint64_t)d->reason) |
		  FIELD_PREP(VTD_FRCD1_SID, (uint64_t)d->rid);
	if (d->at < 4)
		word[1] |= FIELD_PREP(VTD_FRCD1_AT, (uint64_t)d->at);
	if (d->access == ACCESS_READ || d->access == ACCESS_ATOMIC)
		word[1] |= VTD_FRCD1_T1;
	if (d->access == ACCESS_ATOMIC)
		word[1] |= VTD_FRCD1_T2;
	word[1] |= (d->privileged ? VTD_FRCD1_PRIV : 0) | (d->execute ? VTD_FRCD1_EXE : 0);
	if (d->has_pasid)
		word[1] |= VTD_FRCD1_PP | FIELD_PREP(VTD_FRCD1_PV, (uint64_t)d->pasid);
	return true;
}

bool raw_words(const struct decoded *d, uint64_t *word)
{
	if (d->kind == DECODED_FAULT || d->kind == DECODED_INTERRUPT)
		return frcd_words(d, word);
	if (d->kind != DECODED_EVENT || !d->has_reason)
		return false;
	word[0] = FIELD_PREP(AMDVI_EV0_CODE, (uint64_t)d->reason) |
		  FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags) |
		  FIELD_PREP(AMDVI_EV0_DEVICEID, (uint64_t)d->rid);
	if (d->has_pasid)
		word[0] |= FIELD_PREP(AMDVI_EV0_PASID_LO, (uint64_t)d->pasid & 0xFFFF) |
			   FIELD_PREP(AMDVI_EV0_PASID_HI, (uint64_t)d->pasid >> 16);
	else
		word[0] |= FIELD_PREP(AMDVI_EV0_DOMAINID, (uint64_t)d->domain);
	word[1] = d->addr;
	return true;
}

/* Exact spelling first: "IOTLB" is a register, "iotlb" a descriptor. Then any. */
static const struct layout *find(const char *name)
{
	static const enum layout_kind kinds[] = { LAYOUT_REGISTER, LAYOUT_ENTRY,
						  LAYOUT_DESCRIPTOR };
	const struct layout *l;

	for (uint32_t i = 0; i < 3; i++) {
		l = layout_find(kinds[i], name);
		if (l)
			return l;
	}
	for (uint32_t i = 0; i < 3; i++) {
		for (uint32_t n = 0; (l = layout_at(kinds[i], n)); n++) {
			if (strcasecmp(l->name, name) == 0)
				return l;
		}
	}
	return NULL;
}

static const struct arch *owner(const struct layout *l)
{
	const struct arch *a = NULL;

	for (uint32_t n = 0; (a = arch_at(n)); n++) {
		if (arch_has_layout(a, l))
			break;
	}
	return a;
}

static bool number(const char *text, uint64_t *out)
{
	const char *p = text;

	if (scan_hex(&p, out) && !*p)
		return true;
	cli_error("decode: '%s' is no number; values are hexadecimal, with 0x or without, at most "
		  "64 bits",
		  text);
	return false;
}

/* Four 32-bit words of an event, as Linux prints an unknown one. */
static bool dwords(const uint64_t *v, uint64_t *word)
{
	for (uint32_t i = 0; i < 4; i++) {
		if (v[i] > UINT32_MAX) {
			cli_error("decode: an event in four words has 32 bits in each; give two "
				  "64-bit words instead");
			return false;
		}
	}
	word[0] = v[0] | v[1] << 32;
	word[1] = v[2] | v[3] << 32;
	return true;
}

bool raw_decode(const char *name, char *const *values, uint32_t count, uint32_t level,
		struct decoded *out)
{
	const struct layout *l = find(name);
	uint64_t v[DECODED_WORDS_MAX] = { 0 }, word[2];
	uint32_t want;

	if (!l) {
		cli_error("decode: no register, entry or command is called '%s'; `iommu-sim decode "
			  "--names` lists them",
			  name);
		return false;
	}
	want = l->size > 8 ? l->size / 8 : 1;
	if (count != want && !(strcmp(l->name, "event") == 0 && count == 4)) {
		cli_error("decode: %s has %" PRIu32
			  " word%s of 64 bits, lowest first; got %" PRIu32,
			  l->name, want, want == 1 ? "" : "s", count);
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!number(values[i], &v[i]))
			return false;
	}
	if (l->size == 4 && v[0] > UINT32_MAX) {
		cli_error("decode: %s has 32 bits, got 0x%" PRIx64, l->name, v[0]);
		return false;
	}
	if (strcmp(l->name, "FRCD") == 0) {
		raw_frcd(v, out);
		return true;
	}
	if (strcmp(l->name, "event") == 0) {
		memcpy(word, v, sizeof(word));
		if (count == 4 && !dwords(v, word))
			return false;
		raw_event(word, out);
		return true;
	}
	*out = (struct decoded){ .kind = DECODED_WORDS,
				 .arch = owner(l),
				 .layout = l,
				 .level = level,
				 .nwords = want,
				 .at = AT_UNKNOWN };
	memcpy(out->words, v, sizeof(out->words));
	return true;
}
