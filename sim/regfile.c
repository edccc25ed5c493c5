/*
 * Register files. Rows are kept in offset order; a map of dwords finds the row of any access.
 */
#include <stdlib.h>
#include <string.h>

#include "iommusim/sim.h"
#include "regfile.h"

#define LOW UINT64_C(0xFFFFFFFF)

int regfile_init(struct regfile *rf, uint32_t bytes, void *owner)
{
	*rf = (struct regfile){ .owner = owner };
	if (!bytes || bytes % 4096)
		return SIM_E_INVAL;
	rf->map = calloc(bytes / 4, sizeof(*rf->map));
	if (!rf->map)
		return SIM_E_NOMEM;
	rf->map_dwords = bytes / 4;
	return SIM_OK;
}

void regfile_destroy(struct regfile *rf)
{
	free(rf->reg);
	free(rf->map);
	*rf = (struct regfile){ 0 };
}

static void map_row(struct regfile *rf, uint32_t row)
{
	const struct reg_desc *d = &rf->reg[row].d;

	for (uint32_t i = 0; i < d->size / 4; i++)
		rf->map[d->off / 4 + i] = (uint16_t)(row + 1);
}

int regfile_add(struct regfile *rf, const struct reg_desc *d)
{
	uint32_t row = rf->count;

	if ((d->size != 4 && d->size != 8) || d->off % d->size)
		return SIM_E_INVAL;
	if (d->off / 4 >= rf->map_dwords) /* both are aligned: its end lies inside too */
		return SIM_E_RANGE;
	if (rf->map[d->off / 4] || rf->map[d->off / 4 + d->size / 4 - 1])
		return SIM_E_EXIST;
	if (rf->count == UINT16_MAX - 1)
		return SIM_E_FULL;
	if (rf->count == rf->room) {
		uint32_t room = rf->room ? 2 * rf->room : 64;
		struct reg *reg = realloc(rf->reg, room * sizeof(*reg));

		if (!reg)
			return SIM_E_NOMEM;
		rf->reg = reg;
		rf->room = room;
	}
	while (row && rf->reg[row - 1].d.off > d->off)
		row--;
	memmove(&rf->reg[row + 1], &rf->reg[row], (rf->count - row) * sizeof(*rf->reg));
	rf->reg[row] = (struct reg){ .d = *d, .val = d->reset };
	rf->count++;
	for (; row < rf->count; row++)
		map_row(rf, row);
	return SIM_OK;
}

void regfile_reset(struct regfile *rf)
{
	for (uint32_t i = 0; i < rf->count; i++)
		rf->reg[i].val = rf->reg[i].d.reset;
}

/* The row that covers the dword at `off`. */
static struct reg *row_covering(const struct regfile *rf, uint32_t off)
{
	uint32_t row = off / 4 < rf->map_dwords ? rf->map[off / 4] : 0;

	return row ? &rf->reg[row - 1] : NULL;
}

struct reg *regfile_at(const struct regfile *rf, uint32_t off)
{
	struct reg *r = row_covering(rf, off);

	return r && r->d.off == off ? r : NULL;
}

static bool width_ok(uint32_t off, uint32_t width)
{
	return (width == 4 || width == 8) && off % width == 0;
}

/* A qword access that is none of one qword register. */
static bool is_split(const struct regfile *rf, uint32_t off, uint32_t width)
{
	const struct reg *r = row_covering(rf, off);

	return width == 8 && (!r || r->d.size == 4);
}

/* The part of a register's value that an access at `off` sees. */
static uint64_t part_of(const struct reg *r, uint32_t off, uint32_t width, uint64_t val)
{
	val >>= 8 * (off - r->d.off);
	return width == 4 ? val & LOW : val;
}

static uint64_t read_one(struct regfile *rf, uint32_t off, uint32_t width)
{
	const struct reg *r = row_covering(rf, off);

	if (!r)
		return 0;
	return part_of(r, off, width, r->d.read ? r->d.read(rf->owner, r->val) : r->val);
}

enum reg_result regfile_read(struct regfile *rf, uint32_t off, uint32_t width, uint64_t *val)
{
	*val = 0;
	if (!width_ok(off, width))
		return REG_BAD_WIDTH;
	if (is_split(rf, off, width)) {
		*val = read_one(rf, off, 4);
		*val |= read_one(rf, off + 4, 4) << 32;
	} else {
		*val = read_one(rf, off, width);
	}
	return REG_OK;
}

static enum reg_result write_one(struct regfile *rf, uint32_t off, uint32_t width, uint64_t val)
{
	struct reg *r = row_covering(rf, off);
	const struct reg_desc *d;
	unsigned shift;
	struct reg_write w;

	if (width == 4)
		val &= LOW;
	if (!r)
		return val ? REG_UNIMPLEMENTED : REG_OK;
	d = &r->d;
	shift = 8 * (off - d->off);
	w = (struct reg_write){
		.old = r->val,
		.raw = val << shift,
		.lanes = (width == 4 ? LOW : UINT64_MAX) << shift,
		.index = d->index,
	};
	w.now = (w.old & ~(d->rw & w.lanes)) | (w.raw & d->rw & w.lanes);
	w.now &= ~(w.raw & d->w1c);
	r->val = w.now;
	enum reg_result result =
		w.raw & ~(d->rw | d->w1c | d->wo | d->ignored) ? REG_RESERVED_BITS : REG_OK;
	if (d->wrote)
		d->wrote(rf->owner, &w);
	return result;
}

enum reg_result regfile_write(struct regfile *rf, uint32_t off, uint32_t width, uint64_t raw)
{
	enum reg_result low, high;

	if (!width_ok(off, width))
		return REG_BAD_WIDTH;
	if (!is_split(rf, off, width))
		return write_one(rf, off, width, raw);
	low = write_one(rf, off, 4, raw & LOW);
	high = write_one(rf, off + 4, 4, raw >> 32);
	return low != REG_OK ? low : high;
}

static uint64_t peek_one(const struct regfile *rf, uint32_t off, uint32_t width)
{
	const struct reg *r = row_covering(rf, off);

	return r ? part_of(r, off, width, r->val) : 0;
}

uint64_t regfile_peek(const struct regfile *rf, uint32_t off, uint32_t width)
{
	if (!width_ok(off, width))
		return 0;
	if (is_split(rf, off, width))
		return peek_one(rf, off, 4) | peek_one(rf, off + 4, 4) << 32;
	return peek_one(rf, off, width);
}
