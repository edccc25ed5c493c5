/*
 * A register file is a table of rows; access rules come from the row, hooks hold only side effects.
 *
 * Width: 4- and 8-byte aligned accesses. A 4-byte access to half of an 8-byte register covers its lanes only; an 8-byte
 * access over two 4-byte registers is split, low dword first (VT-d 11.2 "Software Access to Registers").
 */
#ifndef SIM_REGFILE_H
#define SIM_REGFILE_H

#include <stdbool.h>
#include <stdint.h>

struct reg_write {
	uint64_t old, now; /* value before, and after the row's rules */
	uint64_t raw;      /* as written, in register lanes */
	uint64_t lanes;    /* bits this access covers */
	uint32_t index;    /* reg_desc.index */
};

struct reg_desc {
	const char *name;
	uint32_t off;
	uint32_t size; /* 4 or 8 */
	uint64_t reset;
	uint64_t rw, w1c; /* bits in no mask are read-only */
	uint64_t
		wo; /* bits hooks see in `raw` although they read 0: no reserved-bit complaint for them */
	uint64_t ignored; /* RsvdP or read-only bits that software may write back: no complaint */
	uint32_t index;   /* for rows of one kind: which of them */
	/* After the rules; may be NULL. May change the value through reg_set. */
	void (*wrote)(void *owner, const struct reg_write *w);
	/* Value a read returns; NULL: the stored one. */
	uint64_t (*read)(void *owner, uint64_t val);
};

struct reg {
	struct reg_desc d;
	uint64_t val;
};

struct regfile {
	struct reg *reg;
	uint32_t count, room;
	uint16_t *map;       /* dword offset / 4 -> row + 1 */
	uint32_t map_dwords; /* size of the register region / 4 */
	void *owner;         /* passed to hooks: the unit */
};

/* What an access did, for the caller to complain about. */
enum reg_result {
	REG_OK = 0,
	REG_BAD_WIDTH,
	REG_UNIMPLEMENTED,
	REG_RESERVED_BITS
};

/* `bytes`: size of the region, a multiple of 4096. SIM_E_NOMEM. */
int regfile_init(struct regfile *rf, uint32_t bytes, void *owner);
void regfile_destroy(struct regfile *rf);

/* Adds a row; SIM_E_EXIST when it overlaps another, SIM_E_RANGE outside the region, SIM_E_NOMEM. */
int regfile_add(struct regfile *rf, const struct reg_desc *d);

/* Every register to its reset value. */
void regfile_reset(struct regfile *rf);

enum reg_result regfile_read(struct regfile *rf, uint32_t off, uint32_t width, uint64_t *val);
enum reg_result regfile_write(struct regfile *rf, uint32_t off, uint32_t width, uint64_t raw);

/* The stored value without hooks; dword or qword, 0 where nothing is. */
uint64_t regfile_peek(const struct regfile *rf, uint32_t off, uint32_t width);

/* The row at `off` (first byte), NULL when there is none. */
struct reg *regfile_at(const struct regfile *rf, uint32_t off);

/* Hardware's own view: whole register at `off`, no rules, no hooks. The row must exist. */
static inline uint64_t reg_get(const struct regfile *rf, uint32_t off)
{
	return rf->reg[rf->map[off / 4] - 1].val;
}

static inline void reg_set(struct regfile *rf, uint32_t off, uint64_t val)
{
	rf->reg[rf->map[off / 4] - 1].val = val;
}

#endif
