/*
 * Simulated time and what is due.
 *
 * A timer is embedded in its owner, so scheduling allocates nothing and there are never more events than timers. Timers due
 * at the same time fire in the order they were set. A handler may set any timer, its own included.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct timer {
	uint64_t due_ns;
	void (*fire)(void *arg);
	void *arg;
	struct timer *next; /* in due order */
	bool set;
};

struct clock {
	uint64_t now_ns;
	struct timer *first;
	uint64_t target_ns; /* where the running clock_advance ends */
	uint64_t fired;     /* timers, so far */
	bool running;       /* inside clock_advance: a nested call only moves the target */
};

void timer_init(struct timer *t, void (*fire)(void *arg), void *arg);

/* (Re)sets `t` to fire `delay_ns` from now; 0 fires at the next clock_advance, not inside this call. */
void clock_after(struct clock *c, struct timer *t, uint64_t delay_ns);
void clock_cancel(struct clock *c, struct timer *t);

/*
 * Moves time forward by `ns`, firing what becomes due on the way. At most CLOCK_FIRES handlers run per call (bound on a
 * hardware that re-arms itself without delay); what is left fires at the next call. Time arrives in any case, so that a guest's
 * time-outs end.
 */
#define CLOCK_FIRES 100000
void clock_advance(struct clock *c, uint64_t ns);

/* Some timer is due now. */
static inline bool clock_due(const struct clock *c)
{
	return c->first && c->first->due_ns <= c->now_ns;
}

/* No timer is set. */
bool clock_idle(const struct clock *c);

#endif
