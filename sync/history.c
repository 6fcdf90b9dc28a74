/* sync/history.c: see history.h. */
#include "sync/history.h"

#include <stdlib.h>
#include <string.h>

#include "sync/author.h"

struct node_ {
	struct entry entry;
	struct oid *parents;
	size_t waiting;			/* children not yet put out */
	bool dull;			/* below `until` */
};
struct graph {
	struct arena *a;
	struct node_ *v;
	size_t n, cap;
	size_t *slots, nslots;		/* hash of ids: index + 1; a power of two, at most half full */
};

static size_t slot_of(const struct graph *g, const struct oid *o)
{
	size_t i, h;

	memcpy(&h, o->b, sizeof h);
	for (i = h & (g->nslots - 1); g->slots[i] && !oid_eq(&g->v[g->slots[i] - 1].entry.id, o);)
		i = (i + 1) & (g->nslots - 1);
	return i;
}

static struct node_ *find(const struct graph *g, const struct oid *o)
{
	size_t i = g->nslots ? g->slots[slot_of(g, o)] : 0;

	return i ? &g->v[i - 1] : NULL;
}

static void add(struct graph *g, const struct oid *o)
{
	size_t i;

	if (find(g, o))
		return;
	if ((g->n + 1) * 2 > g->nslots) {
		g->nslots = g->nslots ? g->nslots * 2 : 1024;
		g->slots = arena_array(g->a, g->nslots, sizeof *g->slots);
		for (i = 0; i < g->n; i++)
			g->slots[slot_of(g, &g->v[i].entry.id)] = i + 1;
	}
	if (g->n == g->cap)
		g->v = arena_grow(g->a, g->v, &g->cap, sizeof *g->v);
	g->v[g->n] = (struct node_){ .entry.id = *o };
	g->slots[slot_of(g, o)] = g->n + 1;
	g->n++;
}

static enum rc load(struct graph *g, struct repo *repo, size_t i, struct err *e)
{
	struct arena scratch = ARENA_INIT;
	struct commit c;
	struct str inc, id;
	uint64_t seq;
	size_t j;
	enum rc rc;

	if ((rc = repo_commit(&c, &scratch, repo, &g->v[i].entry.id, e)) == RC_OK) {
		struct entry *x = &g->v[i].entry;

		x->time = c.time;
		x->nparents = c.nparents;
		x->subject = arena_str(g->a, str_sub(c.message, 0, str_chr(c.message, '\n')));
		if (author_of(&c, &id, &inc, &seq)) {
			x->node = arena_str(g->a, id);
			x->seq = seq;
		}
		g->v[i].parents = arena_array(g->a, c.nparents, sizeof *c.parents);
		for (j = 0; j < c.nparents; j++)
			g->v[i].parents[j] = c.parents[j];
		if (c.nparents)
			x->parent = c.parents[0];
		for (j = 0; j < c.nparents; j++)
			add(g, &c.parents[j]);
	}
	arena_free(&scratch);
	return rc;
}

static bool later(const struct node_ *x, const struct node_ *y)
{
	return x->entry.time != y->entry.time ? x->entry.time > y->entry.time : oid_cmp(&x->entry.id, &y->entry.id) < 0;
}

/* A heap of indices, the latest on top. */
static void push(const struct graph *g, size_t *h, size_t *n, size_t i)
{
	size_t k = (*n)++, up, t;

	for (h[k] = i; k && later(&g->v[h[k]], &g->v[h[up = (k - 1) / 2]]); k = up)
		t = h[k], h[k] = h[up], h[up] = t;
}

static size_t pop(const struct graph *g, size_t *h, size_t *n)
{
	size_t top = h[0], k = 0, c, t;

	h[0] = h[--*n];
	while ((c = 2 * k + 1) < *n) {
		if (c + 1 < *n && later(&g->v[h[c + 1]], &g->v[h[c]]))
			c++;
		if (!later(&g->v[h[c]], &g->v[h[k]]))
			break;
		t = h[k], h[k] = h[c], h[c] = t;
		k = c;
	}
	return top;
}

enum rc history_read(struct history *out, struct arena *a, struct repo *repo, const struct oid *from,
    const struct oid *until, struct err *e)
{
	struct graph g = { .a = a };
	struct history h = { NULL, 0 };
	size_t i, j, n = 0, *heap;
	struct node_ *at;
	enum rc rc = RC_OK;

	add(&g, from);
	for (i = 0; i < g.n && !rc; i++)
		rc = load(&g, repo, i, e);
	if (rc)
		return rc;
	if (until && !oid_is_none(until) && (at = find(&g, until)))
		at->dull = true;
	for (i = 0; i < g.n; i++)
		for (j = 0; j < g.v[i].entry.nparents; j++)
			find(&g, &g.v[i].parents[j])->waiting++;
	h.v = arena_array(a, g.n, sizeof *h.v);
	heap = arena_array(a, g.n, sizeof *heap);
	push(&g, heap, &n, 0);
	while (n) {
		at = &g.v[pop(&g, heap, &n)];
		if (!at->dull)
			h.v[h.n++] = at->entry;
		for (j = 0; j < at->entry.nparents; j++) {
			struct node_ *up = find(&g, &at->parents[j]);

			up->dull |= at->dull;
			if (--up->waiting == 0)
				push(&g, heap, &n, (size_t)(up - g.v));
		}
	}
	*out = h;
	return RC_OK;
}
