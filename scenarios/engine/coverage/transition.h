/*
 * State transitions that no single bit shows: sequences of events of a unit, as guest and hardware see them. A transition is
 * made when its moments came one after the other, with anything in between but what cancels it.
 */
#ifndef ENGINE_COVERAGE_TRANSITION_H
#define ENGINE_COVERAGE_TRANSITION_H

#include "arch.h"

enum moment_kind {
	MOMENT_NONE,
	MOMENT_READ,    /* of a register: the value under the mask */
	MOMENT_WRITE,   /* the same */
	MOMENT_COMMAND, /* the first word of a command fetched */
	MOMENT_SLOT,    /* where in the ring it was fetched */
	MOMENT_RECORD,  /* the first word of a fault record */
	MOMENT_INDEX,   /* which fault record, or where in the log */
	MOMENT_MESSAGE  /* an interrupt of the unit's own */
};

struct moment {
	enum moment_kind kind;
	const char *reg; /* name of the register's layout */
	uint64_t mask, value;
	bool differs; /* the value is any other */
};

#define MOMENTS 4

struct transition {
	const char *name; /* NULL ends the list */
	struct moment moment[MOMENTS], cancel;
};

#define TRANSITIONS_MAX 48

const struct transition *transitions_of(enum be_arch arch);

/* What an event is to a moment; `l` is the register accessed, `into` where in it the access begins. */
bool moment_fits(const struct moment *m, const struct be_event *e, const struct layout *l,
		 uint32_t into);

#endif
