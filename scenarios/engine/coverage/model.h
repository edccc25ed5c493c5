/*
 * What of the specifications there is to reach: every field of a register, a table entry and a command, every command, fault
 * reason and event code, every bit of a status register going on and off, and the transitions that more than one event makes.
 * All but the last are made of the tables of the architectures (arch.h), so that the model cannot lag behind include/hw.
 */
#ifndef ENGINE_COVERAGE_MODEL_H
#define ENGINE_COVERAGE_MODEL_H

#include "arch.h"

enum item_kind {
	ITEM_REGISTER,   /* a field of a register */
	ITEM_ENTRY,      /* a field of a table entry or record */
	ITEM_COMMAND,    /* a descriptor or command, or a field of one */
	ITEM_REASON,     /* a fault reason or event code */
	ITEM_RISE,       /* a status bit that goes on */
	ITEM_FALL,       /* and off */
	ITEM_TRANSITION, /* a sequence of events (transition.h) */
	ITEM_KINDS
};

#define ITEM_NAME 64

struct item {
	char name[ITEM_NAME]; /* "vtd/register/GCMD.TE" */
	enum be_arch arch;
	enum item_kind kind;
	const struct layout *layout; /* NULL: a reason or transition */
	const struct field *field;   /* NULL: the command as such, or neither */
	uint8_t code;                /* of a reason; number of a transition */
	char left_out[96];           /* why it is not expected, "" when it is */
};

#define ITEMS_MAX 2048

/* Items of a layout: of each field, three slots (itself, rise, fall), and one of the command as such. */
struct span {
	uint32_t first, fields;
};

struct model {
	struct item *item;
	uint32_t items;
	int16_t *slot; /* number of the item, -1: none */
	uint32_t slots;
	struct span *span[BE_ARCHS]; /* by number of the layout */
	uint32_t layouts[BE_ARCHS];
	int16_t reason[BE_ARCHS][256], transition[BE_ARCHS][256];
};

void model_build(struct model *m);
void model_free(struct model *m);

/* Number of an item, -1 when there is none. `f` NULL: of the command as such. */
int model_field(const struct model *m, enum item_kind kind, const struct layout *l,
		const struct field *f);
int model_reason(const struct model *m, enum be_arch arch, uint8_t reason);
int model_transition(const struct model *m, enum be_arch arch, uint32_t number);

/* Of a layout's fields. */
enum item_kind model_kind(const struct layout *l);

/*
 * Reads a list of items that are not expected: lines of a pattern, with * for any text, and a reason; blank lines and lines that
 * start with # are passed over. A pattern that fits nothing is an error, so that the list cannot rot. -1 after a message.
 */
int model_leave_out(struct model *m, const char *path);

const char *item_kind_name(enum item_kind kind);

#endif
