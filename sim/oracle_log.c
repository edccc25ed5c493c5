/*
 * What the oracle keeps of the guest's doings: stores to memory, commands given to units, and whether the guest has looked at
 * what told them complete. Everything is bounded: stores by the journal, commands by a ring per unit.
 */
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

/* ---- stores ---- */

static void stored(struct sim *s, enum sim_master master, uint64_t pa, uint64_t old, uint64_t now)
{
	const struct journal_store store = {
		.time_ns = s->clock.now_ns,
		.order = ++s->oracle->events,
		.old = old,
		.now = now,
		.master = (uint8_t)master,
	};

	if (old != now)
		journal_record(&s->oracle->journal, pa, &store);
}

void oracle_stores(struct sim *s, uint64_t pa, uint64_t val)
{
	uint64_t old;

	if (pa % 8 == 0 && mem_read64(&s->mem, MEM_VIEW_CPU, pa, &old))
		stored(s, SIM_MASTER_CPU, pa, old, val);
}

/* Many bytes at once are data: of these only words that were stored to before count, as a table that is overwritten. */
static void stored_over(struct sim *s, enum sim_master master, uint64_t pa, uint64_t len)
{
	struct journal *j = &s->oracle->journal;
	uint64_t last = (pa + (len - 1)) & ~UINT64_C(7), end, now;

	for (uint64_t at = pa & ~UINT64_C(7); at <= last; at = end + 1) {
		end = at | 0xfff;
		if (!journal_knows_page(j, at))
			continue;
		for (uint64_t word = at; word <= end && word <= last; word += 8) {
			const struct journal_word *w = journal_find(j, word);

			if (w && mem_read64(&s->mem, MEM_VIEW_CPU, word, &now))
				stored(s, master, word, journal_at(w, journal_kept(w) - 1)->now,
				       now);
		}
	}
}

/* A few words are entries that a loader or a test puts in place. */
#define PLACED_WORDS 8u

bool oracle_places(struct sim *s, uint64_t pa, const void *buf, uint64_t len)
{
	uint64_t first = pa & ~UINT64_C(7), old[PLACED_WORDS + 1], now;
	uint64_t words = len ? (pa - first + len + 7) / 8 : 0;

	if (words > PLACED_WORDS || !mem_present(&s->mem, first, 8 * words)) {
		if (!mem_store(&s->mem, pa, buf, len))
			return false;
		if (len)
			stored_over(s, SIM_MASTER_ANY, pa, len);
		return true;
	}
	for (uint64_t i = 0; i < words; i++)
		mem_read64(&s->mem, MEM_VIEW_CPU, first + 8 * i, &old[i]);
	if (!mem_store(&s->mem, pa, buf, len))
		return false;
	for (uint64_t i = 0; i < words; i++)
		if (mem_read64(&s->mem, MEM_VIEW_CPU, first + 8 * i, &now))
			stored(s, SIM_MASTER_ANY, first + 8 * i, old[i], now);
	return true;
}

void oracle_wrote(struct sim *s, enum sim_master master, uint64_t pa, uint64_t len)
{
	stored_over(s, master, pa, len);
}

void oracle_pointed(struct sim *s, uint32_t unit, const char *name, unsigned tables, uint64_t old,
		    uint64_t now)
{
	struct oracle *o = s->oracle;

	if (old == now)
		return;
	o->pointer[unit][o->pointers[unit]++ % ORACLE_POINTERS] = (struct oracle_pointer){
		.name = name,
		.old = old,
		.now = now,
		.time_ns = s->clock.now_ns,
		.order = ++o->events,
		.interrupts = tables & ORACLE_TABLES_INTERRUPTS,
		.dma = tables & ORACLE_TABLES_DMA,
	};
}

/* ---- commands ---- */

static struct oracle_log *log_of(struct sim *s, uint32_t unit)
{
	struct oracle_log **log = &s->oracle->log[unit];

	if (!*log) {
		*log = calloc(1, sizeof(**log));
		if (*log)
			(*log)->unfetched = 1;
	}
	return *log;
}

static struct oracle_command *command_at(struct oracle_log *log, uint64_t n)
{
	bool kept = log && n && n <= log->given && n + ORACLE_COMMANDS > log->given;

	return kept ? &log->command[n % ORACLE_COMMANDS] : NULL;
}

const struct oracle_command *oracle_command_get(const struct oracle *o, uint32_t unit, uint64_t n)
{
	return command_at(o->log[unit], n);
}

void oracle_command_copy(const struct oracle *o, uint32_t unit, uint64_t n,
			 struct sim_invalidation *out)
{
	const struct oracle_command *c = oracle_command_get(o, unit, n);

	*out = c->cmd;
	out->observed = n <= o->log[unit]->observed && c->cmd.state == SIM_COMMAND_EXECUTED;
}

static uint64_t give(struct sim *s, uint32_t unit, const struct sim_invalidation *cmd)
{
	struct oracle_log *log = log_of(s, unit);
	struct oracle_command *c;

	if (!log)
		return 0;
	c = &log->command[++log->given % ORACLE_COMMANDS];
	*c = (struct oracle_command){
		.cmd = *cmd, .order = ++s->oracle->events, .slot = ORACLE_NO_SLOT, .fetched = true
	};
	c->cmd.unit = unit;
	c->cmd.issued_ns = s->clock.now_ns;
	return log->given;
}

uint64_t oracle_issued(struct sim *s, uint32_t unit, const struct sim_invalidation *cmd)
{
	return give(s, unit, cmd);
}

static uint64_t give_queued(struct sim *s, const struct unit *u, const uint64_t *q, uint64_t slot)
{
	struct sim_invalidation cmd = { .name = "command" };
	struct oracle_command *c;
	uint64_t n;

	u->ops->command(u, q, &cmd);
	n = give(s, u->index, &cmd);
	c = command_at(s->oracle->log[u->index], n);
	if (!c)
		return 0;
	c->slot = slot;
	c->fetched = false;
	return n;
}

void oracle_told(struct sim *s, struct unit *u, uint64_t ring, uint64_t from, uint64_t to,
		 uint64_t bytes, uint64_t step)
{
	uint64_t q[2];

	if (!u->ops->command || from >= bytes || to >= bytes || (from | to) % step)
		return;
	for (uint64_t at = from; at != to; at = (at + step) % bytes)
		if (mem_load(&s->mem, ring + at, q, sizeof(q)))
			give_queued(s, u, q, at);
}

/* The command told at `slot` that was not fetched yet, 0: none. Older ones that were passed over never will be. */
static uint64_t told_at(struct oracle_log *log, uint64_t slot)
{
	uint64_t n = log->unfetched;

	if (n + ORACLE_COMMANDS <= log->given)
		n = log->given + 1 - ORACLE_COMMANDS;
	for (; n <= log->given; n++) {
		const struct oracle_command *c = command_at(log, n);

		if (!c->fetched && c->slot == slot && c->cmd.state == SIM_COMMAND_ISSUED)
			return n;
	}
	return 0;
}

uint64_t oracle_fetched(struct sim *s, struct unit *u, const uint64_t *q, uint64_t slot, bool wait)
{
	struct oracle_log *log;
	struct oracle_command *c;
	struct sim_invalidation now = { .name = "command" };
	uint64_t n;

	if (!u->ops->command)
		return 0;
	log = log_of(s, u->index);
	if (!log)
		return 0;
	n = told_at(log, slot);
	if (!n)
		n = give_queued(s, u, q, slot);
	c = command_at(log, n);
	u->ops->command(u, q, &now); /* it may have been replaced after an error */
	now.unit = c->cmd.unit;
	now.issued_ns = c->cmd.issued_ns;
	c->cmd = now;
	c->fetched = true;
	c->wait = wait;
	log->unfetched = n + 1;
	return n;
}

/* ---- what commands removed ---- */

static bool seen_complete(const struct oracle *o, const struct oracle_gone *gone)
{
	const struct oracle_log *log = o->log[gone->line.unit];

	return gone->number && log && gone->number <= log->observed;
}

void oracle_gone_settle(struct oracle *o)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < o->gones; i++)
		if (!seen_complete(o, &o->gone[i]))
			o->gone[kept++] = o->gone[i];
	o->gones = kept;
}

/* Room for one more: what was seen complete goes, else the oldest half. */
static struct oracle_gone *gone_new(struct oracle *o)
{
	if (!o->gone)
		o->gone = calloc(ORACLE_GONE, sizeof(*o->gone));
	if (!o->gone)
		return NULL;
	if (o->gones == ORACLE_GONE)
		oracle_gone_settle(o);
	if (o->gones == ORACLE_GONE) {
		o->gones /= 2;
		memmove(o->gone, o->gone + o->gones, o->gones * sizeof(*o->gone));
	}
	o->gone[o->gones].number = 0;
	return &o->gone[o->gones++];
}

static void unit_removed(struct tcache *c, const struct tc_entry *e)
{
	const struct unit *u = c->removed_ctx;
	struct oracle_gone *gone = e->flags & TC_NEGATIVE ? NULL : gone_new(u->sim->oracle);

	if (gone)
		inspect_line(u, (enum sim_cache)(c - u->cache), e, &gone->line);
}

static void device_removed(struct tcache *c, const struct tc_entry *e)
{
	const struct device *d = c->removed_ctx;
	struct oracle_gone *gone = gone_new(d->sim->oracle);

	if (gone)
		inspect_device_line(d, e, &gone->line);
}

void oracle_removes(struct unit *u, bool on)
{
	for (unsigned i = 0; i < SIM_CACHE_DEVICE; i++) {
		u->cache[i].removed = on ? unit_removed : NULL;
		u->cache[i].removed_ctx = u;
	}
}

void oracle_device_removes(struct device *d, bool on)
{
	d->tlb.removed = on ? device_removed : NULL;
	d->tlb.removed_ctx = d;
}

/* The command that has just ended took the newest of the unit's; one that is not kept leaves them to the next. */
static void gone_by(struct oracle *o, uint32_t unit, uint64_t number)
{
	for (uint32_t i = o->gones; i > 0 && !o->gone[i - 1].number; i--)
		if (o->gone[i - 1].line.unit == unit)
			o->gone[i - 1].number = number;
}

/* ---- how commands end ---- */

/* Injection strikes just before a command ends, so a loss not yet accounted for is this one's. */
void oracle_executed(struct sim *s, uint32_t unit, uint64_t number)
{
	struct oracle_command *c = command_at(s->oracle->log[unit], number);
	bool lost = s->inject.losses != s->oracle->losses;
	uint64_t dropped = s->unit[unit]->stats.entries_dropped;

	s->oracle->losses = s->inject.losses;
	gone_by(s->oracle, unit, number);
	if (!c)
		return;
	c->removed = dropped - s->oracle->log[unit]->dropped;
	s->oracle->log[unit]->dropped = dropped;
	if (c->cmd.state == SIM_COMMAND_ISSUED)
		c->cmd.state = lost ? SIM_COMMAND_LOST : SIM_COMMAND_EXECUTED;
	c->cmd.executed_ns = s->clock.now_ns;
}

static void end(struct sim *s, uint32_t unit, uint64_t number, enum sim_command_state state)
{
	struct oracle_command *c = command_at(s->oracle->log[unit], number);

	if (c && c->cmd.state == SIM_COMMAND_ISSUED)
		c->cmd.state = state;
}

void oracle_lost(struct sim *s, uint32_t unit, uint64_t number)
{
	end(s, unit, number, SIM_COMMAND_LOST);
}

void oracle_dropped(struct sim *s, uint32_t unit, uint64_t number)
{
	end(s, unit, number, SIM_COMMAND_DROPPED);
}

void oracle_refused(struct sim *s, uint32_t unit, uint64_t slot)
{
	struct oracle_log *log = s->oracle->log[unit];

	if (log)
		end(s, unit, told_at(log, slot), SIM_COMMAND_DROPPED);
}

void oracle_dropped_all(struct sim *s, uint32_t unit)
{
	struct oracle_log *log = s->oracle->log[unit];

	for (uint64_t n = log ? log->given : 0; command_at(log, n); n--)
		end(s, unit, n, SIM_COMMAND_DROPPED);
}

/* ---- what the guest has seen ---- */

static void observed(struct sim *s, struct oracle_log *log, uint64_t *number)
{
	if (*number > log->observed)
		log->observed = *number;
	*number = 0;
	s->oracle->unread--;
}

/* The place for a status word: its own, one that tells nothing new, or that of the oldest. */
static uint32_t status_place(struct oracle_log *log, uint64_t pa)
{
	uint32_t place = ORACLE_STATUSES;

	for (uint32_t i = 0; i < log->statuses; i++) {
		if (log->status[i].number && log->status[i].pa == pa)
			return i;
		if (log->status[i].number <= log->observed)
			place = i;
	}
	if (place < ORACLE_STATUSES)
		return place;
	if (log->statuses < ORACLE_STATUSES)
		return log->statuses++;
	return log->status_next++ % ORACLE_STATUSES;
}

void oracle_status(struct sim *s, uint32_t unit, uint64_t number, uint64_t pa)
{
	struct oracle_log *log = s->oracle->log[unit];
	uint32_t i;

	if (!command_at(log, number))
		return;
	pa &= ~UINT64_C(7);
	i = status_place(log, pa); /* whoever reads the word sees the newest */
	if (!log->status[i].number)
		s->oracle->unread++;
	log->status[i].pa = pa;
	log->status[i].number = number;
}

void oracle_polled(struct sim *s, uint32_t unit, uint64_t number, uint32_t off)
{
	struct oracle_log *log = s->oracle->log[unit];

	if (!command_at(log, number))
		return;
	if (!log->polled.number)
		s->oracle->unread++;
	log->polled.off = off;
	log->polled.number = number;
}

void oracle_loaded(struct sim *s, uint64_t pa)
{
	if (!s->oracle->unread)
		return;
	for (uint32_t u = 0; u < s->units; u++) {
		struct oracle_log *log = s->oracle->log[u];

		for (uint32_t i = 0; log && i < log->statuses; i++)
			if (log->status[i].number && log->status[i].pa == pa)
				observed(s, log, &log->status[i].number);
	}
}

void oracle_reg_read(struct sim *s, uint32_t unit, uint32_t off, uint32_t width)
{
	struct oracle_log *log = s->oracle->log[unit];

	if (log && log->polled.number && log->polled.off - off < width)
		observed(s, log, &log->polled.number);
}

void oracle_messaged(struct sim *s, uint32_t unit)
{
	struct oracle_log *log = s->oracle->log[unit];

	if (log && log->polled.number)
		observed(s, log, &log->polled.number);
}
