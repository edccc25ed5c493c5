/*
 * The oracle: its findings, and what was asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

int oracle_create(struct sim *s)
{
	if (!s->oracle) {
		s->oracle = calloc(1, sizeof(*s->oracle));
		if (s->oracle)
			journal_init(&s->oracle->journal, JOURNAL_MOST);
		if (s->oracle && s->windows)
			s->oracle->windows = oracle_windows_new();
	}
	return s->oracle && (s->oracle->windows || !s->windows) ? SIM_OK : SIM_E_NOMEM;
}

void oracle_destroy(struct sim *s)
{
	struct oracle *o = s->oracle;

	if (!o)
		return;
	for (uint32_t i = 0; i < o->spaces; i++) {
		refmap_destroy(&o->space[i]->map);
		free(o->space[i]);
	}
	for (uint32_t u = 0; u < SIM_UNITS; u++) {
		for (uint32_t bus = 0; bus < 256; bus++)
			free(o->bus[u][bus]);
		free(o->log[u]);
	}
	free(o->windows);
	journal_destroy(&o->journal);
	free(o->space);
	free(o->gone);
	free(o);
	s->oracle = NULL;
	s->check = s->watch = false;
}

struct oracle *oracle_of(struct sim *s)
{
	return oracle_create(s) == SIM_OK ? s->oracle : NULL;
}

/* Stores and commands are watched from the first time on, so that what is found later can be explained. */
void sim_oracle_enable(struct sim *s, bool on)
{
	s->check = on && oracle_of(s);
	s->watch |= s->check;
	if (on)
		return;
	for (uint32_t u = 0; u < s->units; u++)
		for (unsigned i = 0; i < SIM_CACHE_DEVICE; i++)
			s->unit[u]->cache[i].filler = 0;
	for (uint32_t d = 0; d < s->devices; d++)
		s->device[d]->tlb.filler = 0;
}

/* ---- findings ---- */

uint32_t sim_finding_count(const struct sim *s)
{
	return s->oracle ? s->oracle->count : 0;
}

const struct sim_finding *sim_finding_get(const struct sim *s, uint32_t n)
{
	const struct oracle *o = s->oracle;

	if (!o || n >= o->count || n >= ORACLE_NUMBERED || o->kept_as[n] == ORACLE_NOT_KEPT)
		return NULL;
	return &o->finding[o->kept_as[n]];
}

/* The same thing seen again: another byte of the same pages, for the same reason. */
static bool same_finding(const struct sim_finding *a, const char *why, const struct sim_finding *b)
{
	uint64_t mask = a->kind == SIM_FINDING_ACCOUNTING ? UINT64_MAX : ~UINT64_C(0xfff);

	return a->kind == b->kind && a->unit == b->unit && a->rid == b->rid && why == b->why &&
	       a->index == b->index && !((a->iova ^ b->iova) & mask) && !((a->pa ^ b->pa) & mask);
}

/* Its place among those kept, and whether it is new there. */
static uint8_t keep(struct oracle *o, const struct sim_finding *f, bool *is_new)
{
	uint32_t i;

	*is_new = false;
	for (i = 0; i < o->stored; i++)
		if (same_finding(&o->finding[i], o->found_as[i], f))
			return (uint8_t)i;
	if (i == SIM_FINDINGS)
		return ORACLE_NOT_KEPT;
	*is_new = true;
	o->found_as[o->stored] = f->why;
	o->finding[o->stored++] = *f;
	return (uint8_t)i;
}

struct sim_finding *oracle_found(struct sim *s, const struct sim_finding *f)
{
	struct oracle *o = s->oracle;
	bool is_new;
	uint8_t as = keep(o, f, &is_new);

	trace(s, SIM_TRACE_FINDING, f->unit, f->kind, 0, 0, f->iova, f->pa);
	if (o->count < ORACLE_NUMBERED)
		o->kept_as[o->count] = as;
	if (o->count < UINT32_MAX)
		o->count++;
	if (!is_new)
		return NULL;
	o->finding[as].time_ns = s->clock.now_ns;
	return &o->finding[as];
}

bool oracle_walk_faulted(const struct sim *s, uint64_t *seen)
{
	bool faulted = *seen != s->inject.walk_errors;

	*seen = s->inject.walk_errors;
	return faulted;
}

/* ---- spaces ---- */

static uint32_t space_index(const struct oracle *o, uint32_t number)
{
	uint32_t i = 0;

	for (uint32_t n = o->spaces; n;) {
		if (o->space[i + n / 2]->number < number) {
			i += n / 2 + 1;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	return i;
}

static struct oracle_space *space_find(const struct oracle *o, uint32_t number)
{
	uint32_t i = o ? space_index(o, number) : 0;

	return o && i < o->spaces && o->space[i]->number == number ? o->space[i] : NULL;
}

/* A space exists from when it is first named by something that makes it so. */
static struct oracle_space *space_make(struct sim *s, uint32_t number)
{
	struct oracle *o = oracle_of(s);
	struct oracle_space *space = space_find(o, number);
	uint32_t i;

	if (!o || space)
		return space;
	if (o->spaces == o->space_room) {
		uint32_t room = 2 * o->space_room + 8;
		struct oracle_space **grown =
			realloc(o->space, room * sizeof(struct oracle_space *));

		if (!grown)
			return NULL;
		o->space = grown;
		o->space_room = room;
	}
	space = calloc(1, sizeof(*space));
	if (!space)
		return NULL;
	space->number = number;
	refmap_init(&space->map);
	i = space_index(o, number);
	memmove(o->space + i + 1, o->space + i, (o->spaces - i) * sizeof(struct oracle_space *));
	o->space[i] = space;
	o->spaces++;
	return space;
}

int sim_oracle_map(struct sim *s, uint32_t space, uint64_t first, uint64_t last, uint64_t pa,
		   uint8_t perm)
{
	struct ref_range r = { .first = first, .last = last, .pa = pa, .perm = perm };
	struct oracle_space *sp;

	if (first > last || !perm || perm > 3)
		return SIM_E_INVAL;
	if (pa > UINT64_MAX - (last - first))
		return SIM_E_RANGE;
	sp = space_make(s, space);
	return sp ? refmap_map(&sp->map, &r) : SIM_E_NOMEM;
}

int sim_oracle_unmap(struct sim *s, uint32_t space, uint64_t first, uint64_t last)
{
	struct oracle_space *sp = space_find(s->oracle, space);

	if (first > last)
		return SIM_E_INVAL;
	return sp ? refmap_unmap(&sp->map, first, last) : SIM_E_NOENT;
}

int sim_oracle_quiesce(struct sim *s, uint32_t space, uint64_t first, uint64_t last)
{
	struct oracle_space *sp = space_find(s->oracle, space);

	if (first > last)
		return SIM_E_INVAL;
	if (!sp)
		return SIM_E_NOENT;
	s->oracle->quiet[s->oracle->quiet_next].space = sp;
	s->oracle->quiet[s->oracle->quiet_next].first = first;
	s->oracle->quiet[s->oracle->quiet_next].last = last;
	s->oracle->quiet_next = (s->oracle->quiet_next + 1) % ORACLE_QUIET;
	return refmap_quiesce(&sp->map, first, last);
}

int sim_oracle_identity(struct sim *s, uint32_t space, bool on)
{
	struct oracle_space *sp = space_make(s, space);

	if (!sp)
		return SIM_E_NOMEM;
	sp->identity = on;
	return SIM_OK;
}

/* ---- attachments ---- */

struct oracle_space *oracle_attached(const struct oracle *o, uint32_t unit, uint16_t rid)
{
	struct oracle_space **bus = o->bus[unit][rid >> 8];

	return bus ? bus[rid & 0xff] : NULL;
}

/* Another device of the unit that uses the space stands for it from now on. */
static void stand_in(const struct oracle *o, struct oracle_space *space, uint32_t unit)
{
	space->attached[unit].is = false;
	for (uint32_t rid = 0; rid <= UINT16_MAX; rid++) {
		if (!o->bus[unit][rid >> 8]) {
			rid |= 0xff;
			continue;
		}
		if (oracle_attached(o, unit, (uint16_t)rid) != space)
			continue;
		space->attached[unit].is = true;
		space->attached[unit].rid = (uint16_t)rid;
		return;
	}
}

int sim_oracle_attach(struct sim *s, uint32_t unit, uint16_t rid, uint32_t space)
{
	struct oracle_space *sp, *before;
	struct oracle_space ***bus;

	if (!sim_unit(s, unit))
		return SIM_E_NOENT;
	sp = space_make(s, space);
	if (!sp)
		return SIM_E_NOMEM;
	bus = &s->oracle->bus[unit][rid >> 8];
	if (!*bus)
		*bus = calloc(256, sizeof(**bus));
	if (!*bus)
		return SIM_E_NOMEM;
	before = (*bus)[rid & 0xff];
	(*bus)[rid & 0xff] = sp;
	if (before && before != sp && before->attached[unit].rid == rid)
		stand_in(s->oracle, before, unit);
	sp->attached[unit].is = true;
	sp->attached[unit].rid = rid;
	sp->unit = (uint8_t)unit;
	sp->rid = rid;
	s->oracle->told[unit] = true;
	return SIM_OK;
}

int sim_oracle_detach(struct sim *s, uint32_t unit, uint16_t rid)
{
	struct oracle_space *space;

	if (!sim_unit(s, unit) || !s->oracle)
		return SIM_E_NOENT;
	space = oracle_attached(s->oracle, unit, rid);
	if (!space)
		return SIM_E_NOENT;
	s->oracle->bus[unit][rid >> 8][rid & 0xff] = NULL;
	if (space->attached[unit].rid == rid)
		stand_in(s->oracle, space, unit);
	return SIM_OK;
}

int sim_oracle_rely(struct sim *s, uint32_t unit, bool on)
{
	if (!sim_unit(s, unit))
		return SIM_E_NOENT;
	if (!oracle_of(s))
		return SIM_E_NOMEM;
	s->oracle->relied[unit] = on;
	return SIM_OK;
}

int sim_oracle_vector(struct sim *s, uint32_t unit, uint16_t rid, uint8_t vector)
{
	uint32_t n;

	if (!sim_unit(s, unit))
		return SIM_E_NOENT;
	if (!oracle_of(s))
		return SIM_E_NOMEM;
	n = s->oracle->givens[unit];
	if (n == SIM_ORACLE_VECTORS)
		return SIM_E_FULL;
	s->oracle->given[unit][n].rid = rid;
	s->oracle->given[unit][n].vector = vector;
	s->oracle->givens[unit]++;
	return SIM_OK;
}

/* ---- what the guest is told at quiet moments ---- */

/* For accounts iova is what should have been counted and pa what was. */
static uint32_t unbalanced(struct sim *s, uint32_t unit, uint64_t should, uint64_t was,
			   const char *why)
{
	const struct sim_unit_stats *n = &s->unit[unit]->stats;
	const struct sim_finding f = {
		.kind = SIM_FINDING_ACCOUNTING,
		.unit = unit,
		.iova = should,
		.pa = was,
		.why = why,
		.blocked = n->blocked,
		.recorded = n->recorded,
		.suppressed = n->suppressed,
		.overflowed = n->overflowed,
		.collapsed = n->collapsed,
	};

	oracle_found(s, &f);
	return 1;
}

uint32_t sim_oracle_account(struct sim *s, uint32_t unit, uint64_t told, uint64_t lost)
{
	const struct unit *u = sim_unit(s, unit);
	const struct sim_unit_stats *n;
	uint64_t ended;
	uint32_t found = 0;

	if (!u || !oracle_of(s))
		return 0;
	n = &u->stats;
	ended = n->recorded + n->suppressed + n->overflowed + n->collapsed;
	if (n->blocked != ended)
		found += unbalanced(s, unit, n->blocked, ended,
				    "the unit is wrong: blocked requests are more or fewer than "
				    "those recorded, "
				    "suppressed, collapsed or dropped at overflow");
	if (told != n->recorded)
		found += unbalanced(
			s, unit, n->recorded, told,
			told < n->recorded ? "fault records were written that the guest never took"
					   : "the guest took more fault records than were written");
	if (n->overflowed && !lost)
		found += unbalanced(s, unit, n->overflowed, lost,
				    "faults were dropped at overflow and the guest did not see "
				    "that any were lost");
	return found;
}

void sim_oracle_unbounded(struct sim *s, uint32_t unit)
{
	const struct sim_finding f = {
		.kind = SIM_FINDING_BOUND,
		.unit = unit,
		.why = "a wait of the guest did not end within its bound: it has no time limit, or "
		       "polls "
		       "for what will not come",
	};

	struct sim_finding *kept;

	if (!oracle_of(s))
		return;
	kept = oracle_found(s, &f);
	if (kept)
		oracle_explain_wait(s, kept);
}
