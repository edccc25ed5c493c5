/*
 * What has to be spoiled for an AMD-Vi event to come about: which entry, access or command, and the request that meets it.
 * Everything that is not said here is as a working driver would have it.
 */
#ifndef ENGINE_DECODE_AMDVI_PLAN_H
#define ENGINE_DECODE_AMDVI_PLAN_H

#include "decode/decoded.h"

#define PLAN_ANYWHERE UINT64_MAX

struct amdvi_plan {
	const char *unit; /* capabilities and readings of the unit */
	const char *
		dte; /* fields of the device table entry beside V, TV, Mode, root, IR, IW and DomainID */
	const char *leaf,
		*upper;   /* fields of the page, of the topmost entry; "" lays nothing out */
	const char *irte; /* fields of the interrupt remapping entry */
	uint64_t devtab, cmdbuf, top, irt; /* where structures are, or PLAN_ANYWHERE */
	uint64_t first, last;              /* memory that has to be there, both 0: none */
	bool absent;                       /* ... or must not */
	bool one_page;                     /* the device table is too small for the device */

	const char *point, *master; /* an error to inject into accesses to the event's address */
	bool silent;                /* the device does not answer an invalidation */
	const char *command;        /* the cause is a command; "" is one that cannot be read */
	uint32_t head;              /* where in the buffer */
	bool message;               /* the cause is an interrupt message, at iova */
	uint32_t data;              /* its data */
	uint64_t iova;
	enum decoded_access access;
	uint8_t at; /* address type of the request */
};

/* NULL, or why no scenario raises the event. */
const char *amdvi_plan(const struct decoded *d, struct amdvi_plan *p);

#endif
