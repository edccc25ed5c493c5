/*
 * Simulated time: a list of timers in due order. A machine has few timers, so insertion by walking is cheap.
 */
#include <stddef.h>

#include "clock.h"

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void timer_init(struct timer *t, void (*fire)(void *arg), void *arg)
{
	*t = (struct timer){ .fire = fire, .arg = arg };
}

void clock_cancel(struct clock *c, struct timer *t)
{
	if (!t->set)
		return;
	for (struct timer **p = &c->first; *p; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	t->next = NULL;
	t->set = false;
}

void clock_after(struct clock *c, struct timer *t, uint64_t delay_ns)
{
	struct timer **p = &c->first;

	clock_cancel(c, t);
	t->due_ns = add_saturated(c->now_ns, delay_ns);
	while (*p && (*p)->due_ns <= t->due_ns)
		p = &(*p)->next;
	t->next = *p;
	t->set = true;
	*p = t;
}

void clock_advance(struct clock *c, uint64_t ns)
{
	uint64_t target = add_saturated(c->now_ns, ns);

	if (c->running) {
		if (target > c->target_ns)
			c->target_ns = target;
		return;
	}
	c->running = true;
	c->target_ns = target;
	for (uint32_t fires = 0; fires < CLOCK_FIRES; fires++) {
		struct timer *t = c->first;

		if (!t || t->due_ns > c->target_ns)
			break;
		c->first = t->next;
		t->next = NULL;
		t->set = false;
		if (t->due_ns > c->now_ns)
			c->now_ns = t->due_ns;
		c->fired++;
		t->fire(t->arg);
	}
	c->now_ns = c->target_ns;
	c->running = false;
}

bool clock_idle(const struct clock *c)
{
	return !c->first;
}
