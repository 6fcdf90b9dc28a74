/* sync/view.c: see view.h.
 *
 * Only paths that commits outside the first head's past touched are made anew; of the others that head's tree
 * is right, as it was made on top of a view; but paths of commits masked now and not then, or the other way, and what
 * the first head itself wrote, since a write of a guarded key without the right does not count. Documents: merge.c.
 * vocab/: as text, and only what the Secretariat wrote. roster/: standing.c. Any other path: not of the view. */
#include "sync/view.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/author.h"
#include "sync/guard.h"

/* Who wrote a commit, in the roster of its own past; NULL: nobody known (the genesis makes its own roster). */
static enum rc writer_of(struct member *m, bool *is, struct graph *g, const struct gcommit *c, struct err *e)
{
	const struct standing *under;
	const struct member *found;
	enum rc rc = standing_under(&under, g, c, e);

	*is = false;
	if (rc)
		return rc;
	if (!c->nparents) {
		*m = (struct member){ .node = c->node, .owner = str_sub(c->node, 0, str_chr(c->node, '-')), .key = c->key,
			.role = ROLE_SECRETARIAT };
		*is = true;
		return RC_OK;
	}
	found = roster_member(&under->roster, c->node, c->key);
	if (found) {
		*m = *found;
		*is = true;
	}
	return RC_OK;
}

/* ---- one document ---- */

struct woven {				/* the commits of the graph that touched a path, taken into its weave */
	struct graph *g;
	struct doc_path p;
	bool doc;			/* else as text, and only what the Secretariat wrote */
	struct weave *weave;
	size_t looked;			/* at so many of those that touched it */
	size_t *commits;		/* its edits */
	struct member *writers;
	size_t n, cap, wcap, text;	/* text: bytes of all versions */
	refusal_fn *refused;		/* told of writes that do not count; may be NULL */
	void *ctx;
};

static bool may(void *ctx, size_t i, struct str key, struct str old, struct str new)
{
	const struct woven *w = ctx;

	bool yes = guard_key(&w->writers[i], &w->p, key, old, new);

	if (!yes && w->refused)
		w->refused(w->ctx, w->commits[i], key, old, new);
	return yes;
}

static struct woven *woven_make(struct arena *a, struct graph *g, struct str path)
{
	struct woven *w = arena_alloc(a, sizeof *w);

	*w = (struct woven){ .g = g };
	w->doc = doc_path_parse(&w->p, arena_str(a, path), NULL);
	w->weave = weave_make(a, &(struct merge_rules){ .kind = w->doc ? w->p.kind : NULL, .may = w->doc ? may : NULL, .ctx = w });
	return w;
}

static enum rc read_blob(struct buf *b, struct graph *g, const struct oid *o, struct err *e)
{
	return repo_read(b, g->repo, o, OBJECT_BLOB, (size_t)1 << 20, e);
}

/* Take a commit in. What its author saw is his past but for what was masked there. */
static enum rc take(struct woven *w, struct arena *a, size_t at, const struct touch *t, struct err *e)
{
	struct graph *g = w->g;
	struct edit ed = { .id = g->v[at]->id, .gone = oid_is_none(&t->new) || (t->mode & 0170000) != 0100000 };
	const struct standing *under;
	struct arena s = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct member writer;
	uint64_t *past;
	bool is;
	size_t j;
	enum rc rc;

	if ((rc = writer_of(&writer, &is, g, g->v[at], e)) || (rc = standing_under(&under, g, g->v[at], e)))
		return rc;
	if (!is || (!w->doc && writer.role != ROLE_SECRETARIAT))
		return RC_OK;
	if (!ed.gone && (rc = read_blob(&b, g, &t->new, e)))
		goto out;
	ed.text = b.n ? arena_str(a, buf_str(&b)) : STR("");
	past = arena_array(&s, EDIT_WORDS(w->n), sizeof *past);
	for (j = 0; j < w->n; j++)
		if (graph_below(g, w->commits[j], at) && !standing_masks(under, g, w->commits[j]))
			past[j / 64] |= (uint64_t)1 << (j % 64);
	ed.past = past;
	if (w->n == w->cap)
		w->commits = arena_grow(a, w->commits, &w->cap, sizeof *w->commits);
	if (w->n == w->wcap)
		w->writers = arena_grow(a, w->writers, &w->wcap, sizeof *w->writers);
	w->commits[w->n] = at;
	w->writers[w->n++] = writer;
	w->text += ed.text.n;
	weave_add(w->weave, &ed);
out:
	buf_free(&b);
	arena_free(&s);
	return rc;
}

static bool below_any(const struct graph *g, size_t x, const size_t *heads, size_t n)
{
	size_t h;

	for (h = 0; h < n; h++)
		if (graph_below(g, x, heads[h]))
			return true;
	return false;
}

/* Weaves are kept in the graph's arena, up to this much text of all versions, of which each byte costs a few. */
#define KEEP_TEXT ((size_t)16 << 20)

static enum rc document(struct view_document *d, struct arena *a, struct graph *g, const size_t *heads, size_t n,
    struct str path, refusal_fn *refused, void *ctx, struct err *e)
{
	struct path_touches *t = graph_path(g, path);
	const struct standing *now;
	struct woven *w;
	uint64_t *in;
	bool keep;
	size_t i, text;
	enum rc rc;

	*d = (struct view_document){ .merged = { .text = STR("") } };
	if ((rc = standing_of(&now, g, heads, n, e)) || !t)
		return rc;
	keep = !refused && (t->woven || g->woven < KEEP_TEXT);
	if (!(w = keep ? t->woven : NULL))
		w = woven_make(keep ? g->a : a, g, path);
	if (keep)
		t->woven = w;
	w->refused = refused;
	w->ctx = ctx;
	text = w->text;
	for (; w->looked < t->n && !rc; w->looked += !rc) {
		size_t at = t->v[w->looked];
		const struct touch *touch = graph_touch(g->v[at], path);

		if (!refused || below_any(g, at, heads, n))
			rc = take(w, keep ? g->a : a, at, touch, e);
	}
	g->woven += keep ? w->text - text : 0;
	if (rc)
		return rc;
	in = arena_array(a, EDIT_WORDS(w->n), sizeof *in);
	for (i = 0; i < w->n; i++)
		if (below_any(g, w->commits[i], heads, n) && !standing_masks(now, g, w->commits[i]))
			in[i / 64] |= (uint64_t)1 << (i % 64);
	weave_view(&d->merged, w->weave, a, in);
	d->commits = w->commits;
	d->n = w->n;
	return RC_OK;
}

enum rc view_document(struct view_document *d, struct arena *a, struct graph *g, const size_t *heads, size_t n,
    struct str path, struct err *e)
{
	return document(d, a, g, heads, n, path, NULL, NULL, e);
}

enum rc view_refusals(struct graph *g, const size_t *heads, size_t n, struct str path, refusal_fn *fn, void *ctx, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct view_document d;
	enum rc rc = document(&d, &a, g, heads, n, path, fn, ctx, e);

	arena_free(&a);
	return rc;
}

/* ---- the tree ---- */

/* From so many versions on it is worth a look whether one of them is the view; a weave of fewer, or one that is there, is
 * as quick. */
#define MANY_VERSIONS 5

/* The usual case, which needs no weave: nothing is masked, one commit has all others that touched a document in its past,
 * it was made on a view, and it left the guarded keys as they were. So all it wrote counts, and the document is as it
 * left it (merge.c: taken in whole). *sure: it is so. */
static enum rc left_by_one(bool *sure, struct oid *blob, struct graph *g, const size_t *heads, size_t n, struct str path, struct err *e)
{
	const struct path_touches *t = graph_path(g, path);
	const struct standing *now, *under;
	struct buf old = BUF_INIT, new = BUF_INIT;
	const struct touch *left;
	size_t i, last = SIZE_MAX;
	struct gcommit *c;
	enum rc rc;

	*sure = false;
	if (!t || t->woven || t->n < MANY_VERSIONS)
		return RC_OK;
	for (i = t->n; i-- > 0;)
		if (last == SIZE_MAX && below_any(g, t->v[i], heads, n))
			last = t->v[i];
		else if (last != SIZE_MAX && !graph_below(g, t->v[i], last) && below_any(g, t->v[i], heads, n))
			return RC_OK;
	if (last == SIZE_MAX || !(c = g->v[last])->nparents || !(g->v[c->up[0]]->merged || g->v[c->up[0]]->clean))
		return RC_OK;
	if ((rc = standing_of(&now, g, heads, n, e)) || (rc = standing_under(&under, g, c, e)))
		return rc;
	left = graph_touch(c, path);
	if (!now->quiet || !under->quiet || !roster_member(&under->roster, c->node, c->key) || oid_is_none(&left->old))
		return RC_OK;
	if (oid_is_none(&left->new) || (left->mode & 0170000) != 0100000) {
		*sure = true;
		return RC_OK;
	}
	if (!(rc = read_blob(&old, g, &left->old, e)) && !(rc = read_blob(&new, g, &left->new, e)) &&
	    (*sure = guard_keys_same(buf_str(&old), buf_str(&new))))
		*blob = left->new;
	buf_free(&old);
	buf_free(&new);
	return rc;
}

/* What the view has at a path: *blob none when nothing. */
static enum rc view_path(struct oid *blob, struct graph *g, const size_t *heads, size_t n, struct str path, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct view_document d;
	const struct standing *now;
	struct doc_path p;
	enum roster_file f;
	bool doc = doc_path_parse(&p, path, NULL), sure = false;
	enum rc rc;

	*blob = OID_NONE;
	if (doc && ((rc = left_by_one(&sure, blob, g, heads, n, path, e)) || sure))
		return rc;
	if (str_starts(path, STR("roster/"))) {
		if ((rc = standing_of(&now, g, heads, n, e)) == RC_OK)
			for (f = 0; f < ROSTER_FILES && !rc; f++)
				if (str_is(path, roster_paths[f]) && now->files[f].n)
					rc = repo_write(blob, g->repo, OBJECT_BLOB, now->files[f], e);
	} else if (doc || str_starts(path, STR("vocab/"))) {
		if (!(rc = view_document(&d, &a, g, heads, n, path, e)) && d.merged.here) {
			struct oid as = repo_hash_blob(d.merged.text);
			bool has;

			if (!(rc = repo_has(&has, g->repo, &as, e)) && !has)
				rc = repo_write(blob, g->repo, OBJECT_BLOB, d.merged.text, e);
			*blob = as;
		}
	} else {
		rc = RC_OK;			/* nothing of the view */
	}
	arena_free(&a);
	return rc;
}

struct paths { struct str *v; size_t n, cap; };

static void add_path(struct paths *p, struct arena *a, struct str path)
{
	if (p->n == p->cap)
		p->v = arena_grow(a, p->v, &p->cap, sizeof *p->v);
	p->v[p->n++] = path;
}

static void add_paths(struct paths *p, struct arena *a, const struct gcommit *c)
{
	size_t i;

	for (i = 0; i < c->ntouched; i++)
		add_path(p, a, c->touched[i].path);
}

/* What a head wrote, and those it stands on directly, need not be what counts of it: guarded keys without the right,
 * paths that are none of the view. Up to a merged view, or a commit that was found clean. */
static enum rc add_own(struct paths *p, struct arena *a, struct graph *g, size_t head, struct err *e)
{
	size_t at = head, before = p->n, i;
	enum roster_file f;
	struct doc_path dp;
	struct member m;
	enum rc rc;
	bool is;

	for (;; at = g->v[at]->up[0]) {
		struct gcommit *c = g->v[at];

		if (c->merged || c->clean || !c->nparents)
			break;
		if ((rc = writer_of(&m, &is, g, c, e)))
			return rc;
		for (f = 0; f < ROSTER_FILES && c->roster_change; f++)	/* one file may act on another */
			add_path(p, a, cstr(roster_paths[f]));
		for (i = 0; i < c->ntouched; i++)
			if (!is || m.role != ROLE_SECRETARIAT || str_starts(c->touched[i].path, STR("roster/")) ||
			    (!str_starts(c->touched[i].path, STR("vocab/")) && !doc_path_parse(&dp, c->touched[i].path, NULL)))
				add_path(p, a, c->touched[i].path);
	}
	if (p->n == before)
		g->v[head]->clean = true;
	return RC_OK;
}

/* What the other heads have and the first has not. */
static void add_others(struct paths *p, struct arena *a, const struct graph *g, const size_t *heads, size_t n)
{
	struct arena s = ARENA_INIT;
	uint64_t *seen = arena_array(&s, EDIT_WORDS(g->n), sizeof *seen);
	size_t *stack = arena_array(&s, n, sizeof *stack), count = 0, cap = n, i;

	for (i = 1; i < n; i++)
		stack[count++] = heads[i];
	while (count) {
		const struct gcommit *c = g->v[stack[--count]];

		if (!c->merged)
			add_paths(p, a, c);
		for (i = 0; i < c->nparents; i++) {
			size_t up = c->up[i];

			if (seen[up / 64] >> (up % 64) & 1 || (!g->v[up]->merged && graph_below(g, up, heads[0])))
				continue;
			seen[up / 64] |= (uint64_t)1 << (up % 64);
			if (count == cap)
				stack = arena_grow(&s, stack, &cap, sizeof *stack);
			stack[count++] = up;
		}
	}
	arena_free(&s);
}

/* What is masked now and was not for the first head, or the other way. */
static void add_masked(struct paths *p, struct arena *a, const struct graph *g, size_t head, const struct standing *now,
    const struct standing *then)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (!g->v[i]->merged && graph_below(g, i, head) && standing_masks(now, g, i) != standing_masks(then, g, i))
			add_paths(p, a, g->v[i]);
}

/* Changes that take the first head's tree to the view's. */
static enum rc changes_of(struct change **out, size_t *nout, struct arena *a, struct graph *g, const size_t *heads, size_t n,
    struct err *e)
{
	const struct gcommit *base = g->v[heads[0]];
	const struct standing *now, *then;
	struct paths p = { 0 };
	enum roster_file f;
	size_t i;
	enum rc rc;

	*nout = 0;
	if ((rc = standing_of(&now, g, heads, n, e)) || (rc = standing_at(&then, g, heads[0], e)))
		return rc;
	add_others(&p, a, g, heads, n);
	if (now != then && !(now->quiet && then->quiet))
		add_masked(&p, a, g, heads[0], now, then);
	for (f = 0; f < ROSTER_FILES && now != then; f++)
		add_path(&p, a, cstr(roster_paths[f]));
	if ((rc = add_own(&p, a, g, heads[0], e)))
		return rc;
	if (p.n > 1)
		qsort(p.v, p.n, sizeof *p.v, str_order);
	*out = arena_array(a, p.n, sizeof **out);
	for (i = 0; i < p.n; i++) {
		struct change c = { .path = p.v[i] };

		if (i && str_eq(p.v[i], p.v[i - 1]))
			continue;
		if ((rc = view_path(&c.new, g, heads, n, c.path, e)))
			return rc;
		rc = repo_lookup(&c.old, g->repo, &base->tree, c.path, e);
		if (rc && rc != RC_NOTFOUND)
			return rc;
		if (!oid_eq(&c.old, &c.new))
			(*out)[(*nout)++] = c;
	}
	return RC_OK;
}

static void merge_object(struct buf *b, const struct graph *g, const struct oid *tree, const size_t *heads, size_t n)
{
	char hex[OID_HEX + 1];
	size_t i;

	oid_format(hex, tree);
	buf_printf(b, "tree %s\n", hex);
	for (i = 0; i < n; i++) {
		oid_format(hex, &g->v[heads[i]]->id);
		buf_printf(b, "parent %s\n", hex);
	}
	buf_puts(b, "author colep <merge@colep.invalid> 0 +0000\ncommitter colep <merge@colep.invalid> 0 +0000\n\n"
	    "Merged view\n\nColep-Rules: 1\n");
}

enum rc view_commit(struct oid *out, struct graph *g, const size_t *heads, size_t n, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct change *c = NULL;
	struct oid tree = g->v[heads[0]]->tree;
	size_t nc = 0;
	enum rc rc = changes_of(&c, &nc, &a, g, heads, n, e);

	if (!rc && n == 1 && !nc) {
		g->v[heads[0]]->clean = true;
		*out = g->v[heads[0]]->id;
	} else if (!rc && (!nc || !(rc = repo_tree(&tree, g->repo, &tree, c, nc, e)))) {
		merge_object(&b, g, &tree, heads, n);
		rc = repo_write(out, g->repo, OBJECT_COMMIT, buf_str(&b), e);
	}
	buf_free(&b);
	arena_free(&a);
	return rc;
}
