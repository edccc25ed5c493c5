/* Makes a case smaller. */
#include "shrink.h"

#include <stdlib.h>
#include <string.h>

struct shrinker {
	struct xc_case *c, *next;
	shrink_fn still;
	void *ctx;
	uint32_t calls, limit;
};

static bool keep(struct shrinker *s)
{
	if (s->calls >= s->limit)
		return false;
	s->calls++;
	if (!s->still(s->ctx, s->next))
		return false;
	*s->c = *s->next;
	return true;
}

static bool drop_ops(struct shrinker *s, uint32_t first, uint32_t n)
{
	*s->next = *s->c;
	memmove(s->next->op + first, s->next->op + first + n,
		(s->c->ops - first - n) * sizeof(s->c->op[0]));
	s->next->ops -= n;
	return keep(s);
}

static bool drop_images(struct shrinker *s, uint32_t first, uint32_t n)
{
	*s->next = *s->c;
	memmove(s->next->image + first, s->next->image + first + n,
		(s->c->images - first - n) * sizeof(s->c->image[0]));
	s->next->images -= n;
	return keep(s);
}

/* Tries to leave out pieces of ever smaller size; from the end, so that what came first decides last. */
static bool pass(struct shrinker *s, const uint32_t *count,
		 bool (*drop)(struct shrinker *s, uint32_t first, uint32_t n))
{
	bool any = false;

	for (uint32_t size = *count / 2 ? *count / 2 : 1; size; size /= 2)
		for (uint32_t at = *count; at > 0 && s->calls < s->limit;) {
			uint32_t first = at > size ? at - size : 0;

			if (drop(s, first, at - first))
				any = true;
			at = first < *count ? first : *count;
		}
	return any;
}

static void plain(struct shrinker *s)
{
	*s->next = *s->c;
	memset(&s->next->policy, 0, sizeof(s->next->policy));
	(void)keep(s);
	*s->next = *s->c;
	s->next->by_register = false;
	(void)keep(s);
	for (uint32_t i = 0; i < s->c->ops; i++) {
		if (s->c->op[i].kind != XC_DMA)
			continue;
		*s->next = *s->c;
		s->next->op[i].dma.len = 8;
		(void)keep(s);
	}
}

uint32_t shrink_case(struct xc_case *c, shrink_fn still, void *ctx, uint32_t limit)
{
	struct shrinker s = { .c = c, .still = still, .ctx = ctx, .limit = limit };
	bool more = true;

	s.next = malloc(sizeof(*s.next));
	if (!s.next)
		return 0;
	plain(&s);
	while (more && s.calls < limit) {
		more = pass(&s, &c->ops, drop_ops);
		more = pass(&s, &c->images, drop_images) || more;
	}
	free(s.next);
	return s.calls;
}
