/*
 * What a line of a log, or a raw value, says: one report of an IOMMU in neutral form. The readers of wordings fill it, the
 * printers explain it, and the writer of scenarios re-creates it.
 */
#ifndef ENGINE_DECODE_DECODED_H
#define ENGINE_DECODE_DECODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch.h"

enum decoded_kind {
	DECODED_NOTHING,
	DECODED_FAULT,     /* VT-d: a fault recording register, DMA */
	DECODED_INTERRUPT, /* VT-d: the same for an interrupt request */
	DECODED_EVENT,     /* AMD-Vi: an event log entry */
	DECODED_WAIT,      /* a completion that the driver waited for in vain */
	DECODED_WORDS,     /* a register, a table entry, a command: fields of a layout */
	DECODED_NOTE       /* a line about the state of a driver: labels, "overflow" */
};

enum decoded_access {
	ACCESS_UNKNOWN,
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_ATOMIC
};

#define DECODED_WORDS_MAX 8
#define DECODED_TEXT 240
#define AT_UNKNOWN 0xFFu

struct decoded {
	enum decoded_kind kind;
	const struct arch *arch;
	uint64_t line, last; /* in the input, from 1; 0: given on the command line */
	uint64_t count;
	uint64_t
		suppressed; /* lines after it that the log left out, of this report or others of its architecture */

	bool has_reason, has_rid, has_segment, has_addr, has_pasid, has_domain, has_flags,
		has_index;
	bool privileged, execute; /* VT-d: PRIV and EXE of the record */
	bool reason_decimal;      /* the number stood in decimal */
	uint8_t reason;           /* fault reason, or event code */
	uint8_t at;               /* address type of VT-d, AT_UNKNOWN when the text does not say */
	enum decoded_access access;
	uint16_t rid, segment, domain;
	uint16_t flags; /* AMD-Vi: bits 59:48 of the entry's first word */
	uint32_t pasid, index;
	uint64_t addr;

	const struct layout *layout; /* of words */
	uint32_t level;              /* page-table entries: 0 is 4 KiB */
	uint64_t words[DECODED_WORDS_MAX];
	uint32_t nwords;

	const char *note;        /* what kind of note; a key of the notes' table */
	const char *unclear;     /* what of the line was not understood, NULL: nothing */
	char text[DECODED_TEXT]; /* the line, printable characters only */
};

/* The architecture of a report by its number. */
static inline bool decoded_is(const struct decoded *d, enum be_arch arch)
{
	return d->arch == arch_at((uint32_t)arch);
}

#endif
