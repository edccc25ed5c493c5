/*
 * The bus: who reads and writes memory, what it sees, and where injected errors strike.
 */
#include "machine.h"

#define READ_POINTS                                                                           \
	((uint32_t)1 << SIM_POINT_BUS_READ_ABORT | (uint32_t)1 << SIM_POINT_BUS_READ_POISON | \
	 (uint32_t)1 << SIM_POINT_BIT_FLIP)

void bus_update(struct sim *s)
{
	s->bus_slow = s->mem.lines != 0 || (s->inject.armed & READ_POINTS) || s->trace_entries;
}

/* A read by `master` is not answered, or with poison. */
static bool read_fails(struct sim *s, uint32_t unit, enum sim_master master, uint64_t first,
		       uint64_t last)
{
	s->bus_error = BUS_REFUSED;
	if (inject_armed(s, SIM_POINT_BUS_READ_ABORT) &&
	    inject_fires(s, unit, SIM_POINT_BUS_READ_ABORT, master, first, last, NULL))
		return true;
	s->bus_error = BUS_POISONED;
	return inject_armed(s, SIM_POINT_BUS_READ_POISON) &&
	       inject_fires(s, unit, SIM_POINT_BUS_READ_POISON, master, first, last, NULL);
}

enum bus_error bus_error_at(const struct sim *s, uint64_t pa)
{
	return mem_present(&s->mem, pa, 1) ? s->bus_error : BUS_NOBODY;
}

bool bus_read64_slow(struct sim *s, const struct port *port, uint64_t pa, uint64_t *val)
{
	uint64_t flip;

	if (!port->probe && read_fails(s, port->unit, port->master, pa, pa | 7))
		return false;
	if (!mem_read64(&s->mem, port->view, pa, val))
		return false;
	if (__builtin_expect(s->path != NULL, 0) && s->path->n < WALK_PATH) {
		s->path->pa[s->path->n] = pa;
		s->path->word[s->path->n++] = *val;
	}
	if (!port->probe && inject_armed(s, SIM_POINT_BIT_FLIP) &&
	    inject_fires(s, port->unit, SIM_POINT_BIT_FLIP, port->master, pa, pa | 7, &flip))
		*val ^= flip;
	return true;
}

/* Each aligned word of the buffer is asked for, as if read alone. */
static void flip_words(struct sim *s, uint32_t unit, enum sim_master master, uint64_t pa,
		       uint8_t *buf, uint64_t len)
{
	for (uint64_t word = pa & ~UINT64_C(7); word - pa < len || word < pa; word += 8) {
		uint64_t flip;

		if (!inject_fires(s, unit, SIM_POINT_BIT_FLIP, master, word, word | 7, &flip))
			continue;
		for (unsigned i = 0; i < 8; i++)
			if (word + i >= pa && word + i - pa < len)
				buf[word + i - pa] ^= (uint8_t)(flip >> 8 * i);
	}
}

/* What a fetch of commands finds changed stays so until it is written anew. */
static void damage_words(struct sim *s, uint32_t unit, uint64_t pa, uint64_t len)
{
	for (uint64_t at = pa & ~UINT64_C(7); at < pa + len; at += 8) {
		uint64_t word, flip;

		if (!inject_fires(s, unit, SIM_POINT_COMMAND_DAMAGED, SIM_MASTER_ANY, at, at | 7,
				  &flip))
			continue;
		mem_load(&s->mem, at, &word, sizeof(word));
		word ^= flip;
		mem_store(&s->mem, at, &word, sizeof(word));
	}
}

bool bus_read(struct sim *s, uint32_t unit, enum sim_master master, uint64_t pa, void *buf,
	      uint64_t len)
{
	if (!len)
		return true;
	if (!mem_present(&s->mem, pa, len) || read_fails(s, unit, master, pa, pa + (len - 1)))
		return false;
	if (master == SIM_MASTER_QUEUE && inject_armed(s, SIM_POINT_COMMAND_DAMAGED))
		damage_words(s, unit, pa, len);
	mem_load(&s->mem, pa, buf, len);
	if (inject_armed(s, SIM_POINT_BIT_FLIP))
		flip_words(s, unit, master, pa, buf, len);
	return true;
}

bool bus_write(struct sim *s, uint32_t unit, enum sim_master master, uint64_t pa, const void *buf,
	       uint64_t len)
{
	if (!len)
		return true;
	if (!mem_present(&s->mem, pa, len))
		return false;
	s->bus_error = BUS_REFUSED;
	if (inject_armed(s, SIM_POINT_BUS_WRITE_ABORT) &&
	    inject_fires(s, unit, SIM_POINT_BUS_WRITE_ABORT, master, pa, pa + (len - 1), NULL))
		return false;
	mem_store(&s->mem, pa, buf, len);
	if (s->watch)
		oracle_wrote(s, master, pa, len);
	bus_update(s);
	return true;
}
