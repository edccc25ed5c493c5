/*
 * The language as tables: which nodes there are, which properties each takes, of which type.
 *
 * The loader checks files against these tables, the steps read what was checked through the getters below, and the
 * document is compared with what scenario_print_schema makes of them.
 */
#ifndef ENGINE_SCHEMA_H
#define ENGINE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dts.h"
#include "engine.h"
#include "layout.h"

enum prop_type {
	TYPE_FLAG,   /* present or absent */
	TYPE_BOOL,   /* <0> or <1> */
	TYPE_NUMBER, /* a cell, two cells, or /bits/ 64; at most `max` */
	TYPE_STRING,
	TYPE_STRINGS,
	TYPE_NAME,   /* one of `names` */
	TYPE_NAMES,  /* a list of `names` */
	TYPE_REASON, /* fault reason by name or number */
	TYPE_DEVICE, /* phandle of a device, or of a source of interrupts */
	TYPE_UNIT,   /* phandle of a unit */
	TYPE_UNITS,
	TYPE_WORDS, /* 64-bit words */
	TYPE_CELLS, /* 32-bit cells */
	TYPE_BYTES,
	TYPE_YIELD, /* <k> or "each" */
	TYPE_VALUES /* vary: strings, or cells, one value each */
};

/* Name number n of a list, NULL beyond the last. */
typedef const char *(*name_at_fn)(uint32_t n);

struct prop_desc {
	const char *name;
	enum prop_type type;
	bool required;
	uint64_t max; /* TYPE_NUMBER: 0 means 64 bits */
	name_at_fn names;
	const char *help;
};

struct run;
struct step;

enum step_rc {
	STEP_OK,
	STEP_FAIL,
	STEP_SKIP,
	STEP_ERROR
};

enum verb_group {
	GROUP_GUEST,
	GROUP_DEVICE,
	GROUP_METAL,
	GROUP_WORLD,
	GROUP_INTERRUPT,
	GROUP_RECORD,
	GROUP_FIRMWARE,
	GROUP_GUEST_IRQ,
	GROUPS
};

struct verb {
	const char *name;
	enum verb_group group;
	const char *help;
	const struct prop_desc *props; /* ends with a NULL name */
	enum step_rc (*run)(struct run *r, const struct step *s);
	const char *fields_by; /* property that names a layout whose fields are properties too */
	enum layout_kind fields;
	bool yields;                   /* guest accesses happen: `during` is allowed */
	bool interrupts;               /* makes no guest access: allowed inside `during` */
	const struct prop_desc *child; /* properties of child nodes, NULL: no children */
};

/* Verb tables end with a NULL name. */
extern const struct verb guest_verbs[];
extern const struct verb device_verbs[];
extern const struct verb metal_verbs[];
extern const struct verb world_verbs[];
extern const struct verb interrupt_verbs[];
extern const struct verb record_verbs[];
extern const struct verb firmware_verbs[];
extern const struct verb guest_irq_verbs[];

const struct verb *verb_find(const char *name);
const struct verb *verb_at(uint32_t n);

extern const struct prop_desc schema_root[];
extern const struct prop_desc schema_machine[];
extern const struct prop_desc schema_memory[];
extern const struct prop_desc schema_unit[]; /* capabilities come in addition */
extern const struct prop_desc schema_host[];
extern const struct prop_desc schema_device[];
extern const struct prop_desc schema_source[]; /* I/O APIC, HPET */
extern const struct prop_desc schema_acpi[];
extern const struct prop_desc schema_acpi_item[];
extern const struct prop_desc schema_policy[]; /* keys of `policy` and `vary` */
extern const struct prop_desc schema_step[];   /* of every step */
extern const struct prop_desc schema_during[];

const struct prop_desc *desc_find(const struct prop_desc *table, const char *name);

/* Index of `name` in a list, -1 when it is not there. */
int name_index(name_at_fn names, const char *name);

/* The closest of the names to `name`, NULL when none is close. `best` carries the distance from call to call. */
unsigned name_distance(const char *a, const char *b);

/* One step, ready to run. */
struct step {
	const struct dts_node *node;
	const struct verb *verb;
	const struct layout *layout; /* when verb->fields_by */
	struct step *during;         /* runs inside this one */
	bool inside;                 /* is a during; its property "at" is the yield point */
	bool each;                   /* during: at every yield point */
	uint64_t at;                 /* during: at this yield point, from 1 */
};

/* Getters for what the loader has checked. */
bool step_has(const struct step *s, const char *name);
uint64_t step_number(const struct step *s, const char *name, uint64_t otherwise);
const char *step_string(const struct step *s, const char *name, const char *otherwise);
int step_name(const struct step *s, const char *name, int otherwise); /* index in its list */

/* Fills *e and returns false: "path: node: ..." */
bool engine_fail(struct engine_error *e, const char *path, const char *node, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Checks one node against a table; further names are accepted when `also` says so. */
struct check {
	const char *path; /* of the file */
	const struct dts *tree;
	struct engine_error *error;
};
typedef bool (*also_fn)(const struct check *c, const struct dts_node *n, const struct dts_prop *p,
			bool *known, const void *arg);
bool check_node(const struct check *c, const struct dts_node *n, const struct prop_desc *table,
		also_fn also, const void *arg);
bool check_prop(const struct check *c, const struct dts_node *n, const struct dts_prop *p,
		const struct prop_desc *d);

/* True for what dtc adds by itself. */
bool prop_is_implied(const char *name);

#endif
