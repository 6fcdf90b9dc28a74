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

struct setting {			/* the edits of one path */
	struct graph *g;
	struct doc_path p;
	size_t *commits;
	struct edit *edits;
	struct member *writers;
	size_t n;
	uint64_t *masked;		/* by edit; NULL: none */
	refusal_fn *refused;		/* told of writes that do not count; may be NULL */
	void *ctx;
};

static bool may(void *ctx, size_t i, struct str key, struct str old, struct str new)
{
	const struct setting *s = ctx;

	bool yes = guard_key(&s->writers[i], &s->p, key, old, new);

	if (!yes && s->refused)
		s->refused(s->ctx, s->commits[i], key, old, new);
	return yes;
}

/* Commits below the heads that touched a path, and what they left; only_secretariat: others do not count. What an
 * author saw is his past but for what was masked there. */
static enum rc gather(struct setting *s, struct arena *a, struct graph *g, const size_t *heads, size_t nheads, struct str path,
    bool only_secretariat, struct err *e)
{
	const struct standing *now, *under;
	size_t n, i, j, h, words;
	const size_t *touching = graph_touching(g, path, &n);
	enum rc rc;

	s->g = g;
	s->n = 0;
	s->commits = arena_array(a, n, sizeof *s->commits);
	s->edits = arena_array(a, n, sizeof *s->edits);
	s->writers = arena_array(a, n, sizeof *s->writers);
	s->masked = NULL;
	words = EDIT_WORDS(n);
	if ((rc = standing_of(&now, g, heads, nheads, e)))
		return rc;
	if (!now->quiet)
		s->masked = arena_array(a, words, sizeof *s->masked);
	for (i = 0; i < n; i++) {
		const struct gcommit *c = g->v[touching[i]];
		const struct touch *t = graph_touch(c, path);
		struct edit ed = { .id = c->id };
		uint64_t *past;
		struct buf b = BUF_INIT;
		bool is;

		for (h = 0; h < nheads && !graph_below(g, touching[i], heads[h]); h++)
			;
		if (h == nheads)
			continue;
		if ((rc = writer_of(&s->writers[s->n], &is, g, c, e)) || (rc = standing_under(&under, g, c, e)))
			return rc;
		if (!is || (only_secretariat && s->writers[s->n].role != ROLE_SECRETARIAT))
			continue;
		past = arena_array(a, words, sizeof *past);
		for (j = 0; j < s->n; j++)
			if (graph_below(g, s->commits[j], touching[i]) && !standing_masks(under, g, s->commits[j]))
				past[j / 64] |= (uint64_t)1 << (j % 64);
		if (standing_masks(now, g, touching[i]))
			s->masked[s->n / 64] |= (uint64_t)1 << (s->n % 64);
		ed.past = past;
		ed.gone = oid_is_none(&t->new) || (t->mode & 0170000) != 0100000;
		if (!ed.gone) {
			if ((rc = repo_read(&b, g->repo, &t->new, OBJECT_BLOB, (size_t)1 << 20, e)))
				return rc;
			ed.text = b.n ? arena_str(a, buf_str(&b)) : STR("");
			buf_free(&b);
		}
		s->commits[s->n] = touching[i];
		s->edits[s->n++] = ed;
	}
	return RC_OK;
}

static enum rc document(struct view_document *d, struct arena *a, struct graph *g, const size_t *heads, size_t n,
    struct str path, refusal_fn *refused, void *ctx, struct err *e)
{
	struct setting s = { .refused = refused, .ctx = ctx };
	struct merge_rules rules = { .may = may, .ctx = &s };
	struct doc_path p = { 0 };
	bool doc = doc_path_parse(&p, path, NULL);
	enum rc rc = gather(&s, a, g, heads, n, path, !doc, e);

	if (rc)
		return rc;
	s.p = p;
	rules.kind = doc ? p.kind : NULL;
	rules.masked = s.masked;
	if (!doc)
		rules.may = NULL;
	merge_document(&d->merged, a, s.edits, s.n, &rules);
	d->commits = s.commits;
	d->n = s.n;
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

/* What the view has at a path: *blob none when nothing. */
static enum rc view_path(struct oid *blob, struct graph *g, const size_t *heads, size_t n, struct str path, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct view_document d;
	const struct standing *now;
	struct doc_path p;
	enum roster_file f;
	enum rc rc;

	*blob = OID_NONE;
	if (str_starts(path, STR("roster/"))) {
		if ((rc = standing_of(&now, g, heads, n, e)) == RC_OK)
			for (f = 0; f < ROSTER_FILES && !rc; f++)
				if (str_is(path, roster_paths[f]) && now->files[f].n)
					rc = repo_write(blob, g->repo, OBJECT_BLOB, now->files[f], e);
	} else if (str_starts(path, STR("vocab/")) || doc_path_parse(&p, path, NULL)) {
		if (!(rc = view_document(&d, &a, g, heads, n, path, e)) && d.merged.here && d.n) {
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

static int by_line(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
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

/* Changes that take the first head's tree to the view's. */
static enum rc changes_of(struct change **out, size_t *nout, struct arena *a, struct graph *g, const size_t *heads, size_t n,
    struct err *e)
{
	const struct gcommit *base = g->v[heads[0]];
	const struct standing *now, *then;
	struct paths p = { 0 };
	enum roster_file f;
	size_t i, h;
	enum rc rc;

	*nout = 0;
	if ((rc = standing_of(&now, g, heads, n, e)) || (rc = standing_at(&then, g, heads[0], e)))
		return rc;
	for (i = 0; i < g->n; i++) {
		bool below = !g->v[i]->merged && graph_below(g, i, heads[0]);

		if (g->v[i]->merged || (below && standing_masks(now, g, i) == standing_masks(then, g, i)))
			continue;
		for (h = 1; h < n && !below && !graph_below(g, i, heads[h]); h++)
			;
		if (below || h < n)
			add_paths(&p, a, g->v[i]);
	}
	for (f = 0; f < ROSTER_FILES && now != then; f++)
		add_path(&p, a, cstr(roster_paths[f]));
	if ((rc = add_own(&p, a, g, heads[0], e)))
		return rc;
	if (p.n > 1)
		qsort(p.v, p.n, sizeof *p.v, by_line);
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
