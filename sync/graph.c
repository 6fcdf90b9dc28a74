/* sync/graph.c: see graph.h.
 *
 * A writer's commits form a row (Colep-Prev); how many of each row are below a commit says in one comparison
 * whether another is in its past. A restored disk makes two commits with one number: the second begins a row of its
 * own here, so that both count and neither hides the other. */
#include "sync/graph.h"

#include <stdlib.h>
#include <string.h>

#include "kb/limits.h"
#include "sync/author.h"

void graph_init(struct graph *g, struct arena *a, struct repo *repo)
{
	*g = (struct graph){ .a = a, .repo = repo };
}

static size_t slot_of(const struct graph *g, const struct oid *o)
{
	size_t i, h;

	memcpy(&h, o->b, sizeof h);
	for (i = h & (g->nslots - 1); g->slots[i] && !oid_eq(&g->v[g->slots[i] - 1]->id, o);)
		i = (i + 1) & (g->nslots - 1);
	return i;
}

size_t graph_find(const struct graph *g, const struct oid *o)
{
	size_t i = g->nslots ? g->slots[slot_of(g, o)] : 0;

	return i ? i - 1 : SIZE_MAX;
}

static void insert(struct graph *g, struct gcommit *c)
{
	size_t i;

	if ((g->n + 1) * 2 > g->nslots) {
		g->nslots = g->nslots ? g->nslots * 2 : 1024;
		g->slots = arena_array(g->a, g->nslots, sizeof *g->slots);
		for (i = 0; i < g->n; i++)
			g->slots[slot_of(g, &g->v[i]->id)] = i + 1;
	}
	if (g->n == g->cap)
		g->v = arena_grow(g->a, g->v, &g->cap, sizeof *g->v);
	g->v[g->n] = c;
	g->slots[slot_of(g, &c->id)] = ++g->n;
}

static struct path_touches *path_slot(struct path_touches *t, size_t cap, struct str path)
{
	uint64_t h = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < path.n; i++)
		h = (h ^ (unsigned char)path.p[i]) * 0x100000001b3u;
	for (i = (size_t)(h ^ h >> 31) & (cap - 1); t[i].path.p && !str_eq(t[i].path, path); i = (i + 1) & (cap - 1))
		;
	return &t[i];
}

static struct path_touches *path_entry(struct graph *g, struct str path)	/* made when it is not there */
{
	struct path_touches *old = g->paths, *at;
	size_t j, n = g->paths_cap;

	if ((g->npaths + 1) * 2 > n) {
		g->paths_cap = n ? n * 2 : 1024;
		g->paths = arena_array(g->a, g->paths_cap, sizeof *g->paths);
		for (j = 0; j < n; j++)
			if (old[j].path.p)
				*path_slot(g->paths, g->paths_cap, old[j].path) = old[j];
	}
	at = path_slot(g->paths, g->paths_cap, path);
	if (!at->path.p) {
		at->path = path;
		g->npaths++;
	}
	return at;
}

static void note_touch(struct graph *g, struct path_touches *at, size_t index)
{
	if (at->n == at->cap)
		at->v = arena_grow(g->a, at->v, &at->cap, sizeof *at->v);
	at->v[at->n++] = index;
}

/* A command that asks for a path or two looks through the commits; one that asks for more makes a table of all. */
#define LOOKS 32

static void note_touches(struct graph *g, const struct gcommit *c, size_t index)
{
	struct path_touches *at;
	size_t i;

	for (i = 0; g->npaths && i < c->ntouched; i++)
		if (g->paths_asked > LOOKS)
			note_touch(g, path_entry(g, c->touched[i].path), index);
		else if ((at = path_slot(g->paths, g->paths_cap, c->touched[i].path))->path.p)
			note_touch(g, at, index);
}

struct path_touches *graph_path(struct graph *g, struct str path)
{
	struct path_touches *at = g->paths_cap ? path_slot(g->paths, g->paths_cap, path) : NULL;
	size_t i, j;

	if (at && at->path.p)
		return at;
	if (g->paths_asked > LOOKS)
		return NULL;
	if (++g->paths_asked <= LOOKS) {
		at = path_entry(g, arena_str(g->a, path));
		for (i = 0; i < g->n; i++)
			if (graph_touch(g->v[i], path))
				note_touch(g, at, i);
		return at;
	}
	for (i = 0; i < g->n; i++)
		for (j = 0; j < g->v[i]->ntouched; j++) {
			at = path_entry(g, g->v[i]->touched[j].path);
			if (!at->n || at->v[at->n - 1] < i)	/* not one that was asked for */
				note_touch(g, at, i);
		}
	return graph_path(g, path);
}

const size_t *graph_touching(struct graph *g, struct str path, size_t *n)
{
	const struct path_touches *at = graph_path(g, path);

	*n = at ? at->n : 0;
	return at ? at->v : NULL;
}

const struct touch *graph_touch(const struct gcommit *c, struct str path)
{
	size_t lo = 0, hi = c->ntouched, mid;
	int k;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if ((k = str_cmp(c->touched[mid].path, path)) == 0)
			return &c->touched[mid];
		if (k < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static enum rc collect(void *ctx, const struct change *ch, struct err *e)
{
	struct { struct arena *a; struct gcommit *c; size_t cap; } *t = ctx;
	struct gcommit *c = t->c;

	if (c->ntouched > LIMIT_CHANGES)	/* a few small trees can name any number: for the judge, who counts */
		return err_set(e, RC_INVALID, "more than 50,000 changed paths");
	if (c->ntouched == t->cap)
		c->touched = arena_grow(t->a, c->touched, &t->cap, sizeof *c->touched);
	c->touched[c->ntouched++] = (struct touch){ arena_str(t->a, ch->path), ch->old, ch->new, ch->mode };
	return RC_OK;
}

/* How many of each row are below a commit's parents, themselves counted. */
static void find_past(struct graph *g, struct gcommit *c)
{
	size_t i, k;

	c->npast = g->nchains;
	c->past = arena_array(g->a, c->npast, sizeof *c->past);
	for (i = 0; i < c->nparents; i++) {
		const struct gcommit *up = g->v[c->up[i]];

		for (k = 0; k < up->npast; k++)
			if (up->past[k] > c->past[k])
				c->past[k] = up->past[k];
		if (!up->merged && up->number > c->past[up->chain])
			c->past[up->chain] = up->number;
	}
}

static void find_chain(struct graph *g, struct gcommit *c)
{
	size_t prev = oid_is_none(&c->prev) ? SIZE_MAX : graph_find(g, &c->prev);

	if (prev != SIZE_MAX && !g->v[prev]->merged && g->chain_tips[g->v[prev]->chain] == prev) {
		c->chain = g->v[prev]->chain;
		c->number = g->v[prev]->number + 1;
	} else {
		if (g->nchains == g->tips_cap)
			g->chain_tips = arena_grow(g->a, g->chain_tips, &g->tips_cap, sizeof *g->chain_tips);
		c->chain = g->nchains++;
		c->number = 1;
	}
	g->chain_tips[c->chain] = g->n;		/* the index it is about to get */
}

static void add(struct graph *g, struct gcommit *c)
{
	if (!c->merged)
		find_chain(g, c);
	insert(g, c);
	note_touches(g, c, g->n - 1);
}

void graph_put(struct graph *g, struct gcommit *c)
{
	size_t i;

	for (i = 0; i < c->nparents; i++)
		c->up[i] = graph_find(g, &c->parents[i]);
	find_past(g, c);
	add(g, c);
}

static enum rc load(struct gcommit **out, struct graph *g, const struct oid *o, struct err *e)
{
	struct gcommit *c = arena_alloc(g->a, sizeof *c);
	unsigned char public[32];
	struct buf key = BUF_INIT;
	struct commit raw;
	enum rc rc = repo_commit(&raw, g->a, g->repo, o, e);

	if (rc == RC_INVALID) {
		*c = (struct gcommit){ .id = *o, .merged = true, .broken = true };
		*out = c;
		return RC_OK;
	}
	if (rc)
		return rc;
	*c = (struct gcommit){ .id = raw.id, .tree = raw.tree, .parents = raw.parents, .nparents = raw.nparents };
	c->merged = raw.nparents > 1 || !raw.signature.n || !author_of(&raw, &c->node, &c->incarnation, &c->seq);
	if (!c->merged) {
		(void)oid_parse(&c->prev, commit_trailer(&raw, "Colep-Prev"));
		(void)oid_parse(&c->space, commit_trailer(&raw, "Colep-Space"));
		if (sshsig_key(public, raw.signature)) {
			sshkey_public(&key, public);
			c->key = arena_str(g->a, buf_str(&key));
			buf_free(&key);
		}
	}
	*out = c;
	return RC_OK;
}

struct visit { struct gcommit *c; size_t next; };

enum rc graph_add(struct graph *g, const struct oid *from, graph_judge *judge, void *ctx, struct err *e)
{
	struct arena s = ARENA_INIT;
	struct visit *stack = NULL;
	size_t n = 0, cap = 0, i;
	struct gcommit *c;
	struct oid *dropped = NULL;
	size_t ndropped = 0, dcap = 0;
	enum rc rc = RC_OK;

	if (graph_find(g, from) != SIZE_MAX || (!judge && g->known && g->known(g->cache, g, from)))
		goto out;
	if ((rc = load(&c, g, from, e)))
		goto out;
	stack = arena_grow(&s, stack, &cap, sizeof *stack);
	stack[n++] = (struct visit){ c, 0 };
	while (n && !rc) {
		struct visit *v = &stack[n - 1];
		bool bad = false;

		c = v->c;
		if (v->next < c->nparents) {
			const struct oid *up = &c->parents[v->next++];
			bool skip = graph_find(g, up) != SIZE_MAX || (!judge && g->known && g->known(g->cache, g, up));

			for (i = 0; i < ndropped && !skip; i++)
				skip = oid_eq(&dropped[i], up);
			if (skip)
				continue;
			if ((rc = load(&c, g, up, e)))
				break;
			if (n == cap)
				stack = arena_grow(&s, stack, &cap, sizeof *stack);
			stack[n++] = (struct visit){ c, 0 };
			continue;
		}
		n--;
		c->up = arena_array(g->a, c->nparents, sizeof *c->up);
		for (i = 0; i < c->nparents && !bad; i++)
			bad = (c->up[i] = graph_find(g, &c->parents[i])) == SIZE_MAX;
		if (!bad && graph_find(g, &c->id) == SIZE_MAX) {
			struct { struct arena *a; struct gcommit *c; size_t cap; } t = { g->a, c, 0 };
			struct err odd = ERR_INIT;

			if (!c->merged && (rc = repo_diff(g->repo, c->nparents ? &g->v[c->up[0]]->tree : NULL, &c->tree, collect, &t, &odd))) {
				if (rc != RC_INVALID) {
					*e = odd;
					break;
				}
				if (c->ntouched <= LIMIT_CHANGES)
					c->ntouched = SIZE_MAX;	/* a tree that does not parse: for the judge */
				rc = RC_OK;
			}
			find_past(g, c);
			if (c->broken && !judge) {
				rc = err_set(e, RC_CORRUPT, "a commit of the history does not parse");
				break;
			}
			bad = judge && judge(ctx, g, c, &odd) != RC_OK;
			if (!bad && c->ntouched == SIZE_MAX)
				c->ntouched = 0;
			if (!bad)
				add(g, c);
		}
		if (bad) {
			if (ndropped == dcap)
				dropped = arena_grow(&s, dropped, &dcap, sizeof *dropped);
			dropped[ndropped++] = c->id;
		}
	}
out:
	arena_free(&s);
	return rc;
}

bool graph_below(const struct graph *g, size_t x, size_t y)
{
	const struct gcommit *c = g->v[x], *d = g->v[y];

	return x == y || (c->chain < d->npast && d->past[c->chain] >= c->number);
}

static int by_id(const void *x, const void *y, void *ctx)
{
	const struct graph *g = ctx;

	return oid_cmp(&g->v[*(const size_t *)x]->id, &g->v[*(const size_t *)y]->id);
}

size_t *graph_heads(const struct graph *g, struct arena *a, const size_t *some, size_t nsome, size_t *n)
{
	size_t *all = NULL, *heads, count = 0, cap = 0, i, j, k;

	for (i = 0; i < nsome; i++) {
		const struct gcommit *c = g->v[some[i]];

		for (j = 0; j < (c->merged ? c->nparents : 1); j++) {
			size_t x = c->merged ? c->up[j] : some[i];

			for (k = 0; k < count && all[k] != x; k++)
				;
			if (k < count || g->v[x]->merged)
				continue;
			if (count == cap)
				all = arena_grow(a, all, &cap, sizeof *all);
			all[count++] = x;
		}
	}
	heads = arena_array(a, count, sizeof *heads);
	for (*n = i = 0; i < count; i++) {
		for (j = 0; j < count && !(j != i && graph_below(g, all[i], all[j])); j++)
			;
		if (j == count)
			heads[(*n)++] = all[i];
	}
	if (*n > 1)
		qsort_r(heads, *n, sizeof *heads, by_id, (void *)(uintptr_t)g);
	return heads;
}
