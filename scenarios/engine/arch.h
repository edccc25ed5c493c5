/*
 * What an architecture brings to the language: its names, and how a guest of the scenario's own drives a unit of it.
 *
 * One table for each; the steps ask the table of the unit they speak of and know no vendor. Lists end with a NULL name.
 */
#ifndef ENGINE_ARCH_H
#define ENGINE_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "layout.h"
#include "schema.h"

/* A property of an iommu node: a field of what identifies the unit (be_unit.word). */
struct capability {
	const char *name;
	uint32_t word;
	uint64_t mask;
	uint32_t minus; /* the field holds the value less this */
};

struct reason {
	uint8_t code;
	const char *name;
};

/* Where commands are put, as the registers say now; head and tail are registers with an offset under `pointer`. */
struct ring {
	uint64_t base, bytes;
	uint32_t width; /* bytes of a command */
	uint32_t head, tail;
	uint64_t pointer;
};

/* One write that switches something, and the bits of a status register that follow; mask 0: none do. */
struct switching {
	uint32_t reg, width;
	uint64_t value;
	uint32_t status, status_width;
	uint64_t mask, want;
};

struct arch {
	const char *name;             /* "vtd": value of the key `machine` */
	const char *title;            /* "VT-d" */
	const char *compatible;       /* of the iommu node */
	uint64_t reg_bytes;           /* registers, from the base */
	const struct prop_desc *node; /* properties of the iommu node that are no capability */
	const struct capability *capabilities;
	const struct layout *layouts;
	const struct reason *reasons;
	const char *const *live; /* entries that `edit` finds, NULL at the end */
	enum layout_kind record_kind;
	const char *record;        /* the fault record, as the driver gives it */
	const struct field *flags; /* names of its flag bits; NULL: it has none */
	uint64_t flags_mask;       /* all bits that are flags */
	const char *switches;      /* register whose fields `command` sets */
	bool register_inval;       /* its driver can invalidate through registers */

	uint32_t (*register_offset)(const struct layout *l, const struct be_unit *u,
				    uint32_t index);
	uint32_t (*address_bits)(const struct be_unit *u); /* of physical addresses */
	bool (*unsnooped)(const struct be_unit *u);        /* walks do not snoop the CPU */
	/* a guest that writes there takes fault records out by itself */
	bool (*takes_faults)(const struct be_unit *u, uint32_t off);
	void (*switching)(struct run *r, uint32_t unit, const struct field *f, bool set,
			  struct switching *out);
	void (*ring)(struct run *r, uint32_t unit, struct ring *out);
	/* the type's code into the command's words */
	uint64_t (*typed)(const struct layout *l);
	/* address of the live entry that `edit` means */
	enum step_rc (*find)(struct run *r, const struct step *s, uint64_t *at);
};

const struct arch *arch_at(uint32_t n); /* number n is enum be_arch; NULL beyond the last */
const struct arch *arch_by_compatible(const char *compatible);
const struct arch *arch_of(const struct be_unit *u);
const char *arch_name_at(uint32_t n);

extern const struct arch arch_vtd, arch_amdvi;

const struct capability *arch_capability(const struct arch *a, const char *name);
/* The register that a unit has at an offset, NULL when none; *at is where it begins. */
const struct layout *arch_register_at(const struct be_unit *u, uint64_t off, uint32_t *at);
bool arch_has_layout(const struct arch *a, const struct layout *l);
const struct layout *arch_record(const struct arch *a);

/* Fault reasons: "SS_WRITE". 0 or NULL when there is none. */
uint8_t arch_reason(const struct arch *a, const char *name);
const char *arch_reason_name(const struct arch *a, uint8_t reason);

/* Of every architecture, one after the other; NULL beyond the last. */
const char *reason_at(uint32_t n);

/* Sets a property of a unit. 0, or -1 when there is no such property, or -2 when the value does not fit. */
int unit_set(struct be_unit *u, const char *name, uint64_t value);

/* Reads of the guest's for the functions above: a register, and memory behind the guest's back. */
uint64_t arch_read(struct run *r, uint32_t unit, uint32_t off, uint32_t width);
enum step_rc arch_load(struct run *r, uint64_t pa, uint64_t *val);

#endif
