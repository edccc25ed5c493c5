/*
 * rangetree.h.
 */
#include "rangetree.h"

typedef struct iommu_iova_space tree;
typedef struct iommu_iova_node node;

static node *at(const tree *s, uint32_t i)
{
	return i ? &s->node[i - 1] : NULL;
}

static uint32_t index_of(const tree *s, const node *n)
{
	return (uint32_t)(n - s->node) + 1;
}

static uint32_t height(const tree *s, uint32_t i)
{
	return i ? s->node[i - 1].height : 0;
}

/* Spare nodes hang together by child[0]. */
void range_tree_init(tree *s)
{
	s->root = 0;
	s->used = 0;
	s->spare = s->capacity ? 1 : 0;
	for (uint32_t i = 0; i < s->capacity; i++)
		s->node[i].child[0] = i + 1 < s->capacity ? i + 2 : 0;
}

static void pull(const tree *s, node *n)
{
	uint32_t l = height(s, n->child[0]), r = height(s, n->child[1]);

	n->height = (l > r ? l : r) + 1;
	n->longest = n->last - n->first;
	for (uint32_t side = 0; side < 2; side++) {
		const node *c = at(s, n->child[side]);

		if (c && c->longest > n->longest)
			n->longest = c->longest;
	}
}

/* `to` takes the place of `from` below from's parent. */
static void replace(tree *s, const node *from, uint32_t to)
{
	node *p = at(s, from->parent), *t = at(s, to);

	if (!p)
		s->root = to;
	else
		p->child[p->child[1] == index_of(s, from)] = to;
	if (t)
		t->parent = from->parent;
}

/* The child on `side` rises above n. Returns it. */
static node *rotate(tree *s, node *n, uint32_t side)
{
	uint32_t ni = index_of(s, n), ci = n->child[side];
	node *c = at(s, ci), *inner = at(s, c->child[!side]);

	replace(s, n, ci);
	n->child[side] = c->child[!side];
	if (inner)
		inner->parent = ni;
	c->child[!side] = ni;
	n->parent = ci;
	pull(s, n);
	pull(s, c);
	return c;
}

/* From n up: heights and longest ranges anew, rotations where one side is two higher. */
static void fix_up(tree *s, node *n)
{
	while (n) {
		uint32_t l = height(s, n->child[0]), r = height(s, n->child[1]);

		if (l > r + 1 || r > l + 1) {
			uint32_t side = r > l;
			node *c = at(s, n->child[side]);

			if (height(s, c->child[side]) < height(s, c->child[!side]))
				(void)rotate(s, c, !side);
			n = rotate(s, n, side);
		} else {
			pull(s, n);
		}
		n = at(s, n->parent);
	}
}

node *range_tree_at(const tree *s, uint64_t addr)
{
	node *n = at(s, s->root), *best = NULL;

	while (n) {
		if (n->last < addr) {
			n = at(s, n->child[1]);
		} else {
			best = n;
			n = at(s, n->child[0]);
		}
	}
	return best;
}

node *range_tree_next(const tree *s, const node *n)
{
	return n->last == UINT64_MAX ? NULL : range_tree_at(s, n->last + 1);
}

node *range_tree_fit(const tree *s, uint64_t longest)
{
	node *n = at(s, s->root);

	while (n && n->longest >= longest) {
		const node *l = at(s, n->child[0]);

		if (l && l->longest >= longest)
			n = at(s, n->child[0]);
		else if (n->last - n->first >= longest)
			return n;
		else
			n = at(s, n->child[1]);
	}
	return NULL;
}

static void insert(tree *s, uint64_t first, uint64_t last)
{
	uint32_t i = s->spare, parent = 0, *link = &s->root;
	node *n = at(s, i);

	s->spare = n->child[0];
	s->used++;
	while (*link) {
		parent = *link;
		link = &s->node[parent - 1].child[first > s->node[parent - 1].first];
	}
	*n = (node){ .first = first, .last = last, .parent = parent };
	*link = i;
	fix_up(s, n);
}

static void erase(tree *s, node *n)
{
	node *from;

	if (n->child[0] && n->child[1]) {
		node *next = at(s, n->child[1]);

		while (next->child[0])
			next = at(s, next->child[0]);
		n->first = next->first; /* the next one's place is the one that goes */
		n->last = next->last;
		n = next;
	}
	from = at(s, n->parent);
	replace(s, n, n->child[0] ? n->child[0] : n->child[1]);
	fix_up(s, from);
	n->child[0] = s->spare;
	s->spare = index_of(s, n);
	s->used--;
}

void range_tree_add(tree *s, uint64_t first, uint64_t last)
{
	node *above = range_tree_at(s, first);
	node *below = first ? range_tree_at(s, first - 1) : NULL;

	if (below && below->last == first - 1 && below != above) {
		first = below->first;
		erase(s, below);
		above = range_tree_at(s, first);
	}
	if (above && last != UINT64_MAX && above->first == last + 1) {
		last = above->last;
		erase(s, above);
	}
	insert(s, first, last);
}

void range_tree_cut(tree *s, node *n, uint64_t first, uint64_t last)
{
	uint64_t old_first = n->first, old_last = n->last;

	erase(s, n);
	if (old_first < first)
		insert(s, old_first, first - 1);
	if (last < old_last)
		insert(s, last + 1, old_last);
}
