/*
 * What a run did and saw, record by record: register accesses of the guest's processor, commands, DMA, and at the end of each
 * step the registers, the fault records and the interrupts that came. Two backends that ran the same permutation are compared
 * by it (compare.h).
 *
 * A tap puts itself between the engine and a backend. It changes nothing of the run, unless it is told to make the unit another.
 */
#ifndef CROSSCHECK_TRANSCRIPT_H
#define CROSSCHECK_TRANSCRIPT_H

#include "backend.h"

#define TRANSCRIPT_RECORDS 60000u /* later ones are not kept: `cut` */

enum record_kind {
	/* in the order they were made; these separate the reads between them */
	RECORD_WRITE,   /* register `off` */
	RECORD_COMMAND, /* a descriptor between the old tail and the new one */
	RECORD_DMA,
	/* the last value of a register or a word of memory that was read, before the next of the above */
	RECORD_READ,
	RECORD_LOAD,
	/* at the end of a step */
	RECORD_STATE,     /* a register */
	RECORD_FAULT,     /* a fault record in the registers or in the log */
	RECORD_INTERRUPT, /* controller `off` holds vector `val` since this step */
	/* a DMA at a yield point of a `during`; `at` stands for all stores and register writes of the step until then */
	RECORD_INSIDE
};

static inline bool record_is_dma(enum record_kind kind)
{
	return kind == RECORD_DMA || kind == RECORD_INSIDE;
}

struct record {
	enum record_kind kind;
	uint32_t step;
	uint32_t unit, off, width;
	uint64_t
		at; /* address of a load or a command; number of a fault record; RECORD_INSIDE: see there */
	uint64_t val[4];   /* words; of a write or read the first */
	bool from_unit;    /* RECORD_INTERRUPT: known to be the unit's own */
	struct be_dma dma; /* RECORD_DMA; its data pointer is not valid */
	struct be_dma_result res;
	uint64_t data; /* hash of the bytes that a DMA read */
};

struct transcript {
	struct record *record;
	uint32_t count, cap;
	uint32_t last; /* the last step that began */
	bool cut;      /* there was more, or memory ran out */
	struct be_unit unit;
	uint32_t units;     /* only runs with one unit have a transcript */
	char machine[1024]; /* QEMU: machine type and device options */
};

/* What of the unit and its habits a tap changes before the run: the simulator as somebody else's hardware. */
struct transcript_as {
	const struct be_unit *unit; /* words of capabilities; NULL: as the scenario has them */
	bool blind;                 /* the oracle and the complaints are not there */
};

/*
 * Puts a tap on a backend that was just opened; it is gone when the backend is closed. False when out of memory: the backend is
 * as it was.
 */
bool transcript_tap(struct transcript *t, struct backend *be, const struct transcript_as *as);

void transcript_free(struct transcript *t);

/* A record in words: "write FECTL = 0x80000000". */
void record_text(const struct transcript *t, const struct record *r, char *buf, size_t size);

#endif
