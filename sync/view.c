/* sync/view.c: see view.h.
 *
 * Only paths that commits outside the first head's past touched are made anew; of the others that head's tree
 * is right, as it was made on top of a view. The first head's own paths are looked at too unless the Secretariat
 * wrote it, since a write of a guarded key without the right does not count. Documents: merge.c. vocab/: as text,
 * and only what the Secretariat wrote. roster/: sets of lines, only what the Secretariat wrote; a line of
 * allowed_signers or revoked never goes. Any other path: not of the view. */
#include "sync/view.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/author.h"
#include "sync/guard.h"

struct kept_roster { struct oid tree; struct roster roster; };

/* Rosters change rarely: the last one is kept, by the tree that it was read from. */
enum rc view_roster(const struct roster **out, struct graph *g, const struct gcommit *c, struct err *e)
{
	struct kept_roster *k;
	enum rc rc;

	if (!c->nparents) {
		k = arena_alloc(g->a, sizeof *k);
		roster_parse(&k->roster, g->a, STR_NONE, STR_NONE, STR_NONE, STR_NONE);
		*out = &k->roster;
		return RC_OK;
	}
	k = g->roster_cache;
	if (!k || !oid_eq(&k->tree, &g->v[c->up[0]]->tree)) {
		struct oid files[4] = { OID_NONE, OID_NONE, OID_NONE, OID_NONE };
		static const char *const names[4] = { "roster/allowed_signers", "roster/roles", "roster/revoked", "roster/space" };
		size_t i;

		for (i = 0; i < 4; i++)
			if ((rc = repo_lookup(&files[i], g->repo, &g->v[c->up[0]]->tree, cstr(names[i]), e)) && rc != RC_NOTFOUND)
				return rc;
		if (!k || memcmp(files, g->roster_files, sizeof files) != 0) {
			k = arena_alloc(g->a, sizeof *k);
			if ((rc = author_roster(&k->roster, g->a, g->repo, &g->v[c->up[0]]->tree, e)))
				return rc;
			memcpy(g->roster_files, files, sizeof files);
			g->roster_cache = k;
		}
		k->tree = g->v[c->up[0]]->tree;
	}
	*out = &k->roster;
	return RC_OK;
}

/* Who wrote a commit, in the roster of its own past; NULL: nobody known (the genesis makes its own roster). */
static enum rc writer_of(struct member *m, bool *is, struct graph *g, const struct gcommit *c, struct err *e)
{
	const struct roster *r;
	const struct member *found;
	enum rc rc = view_roster(&r, g, c, e);

	*is = false;
	if (rc)
		return rc;
	if (!c->nparents) {
		*m = (struct member){ .node = c->node, .owner = str_sub(c->node, 0, str_chr(c->node, '-')), .key = c->key,
			.role = ROLE_SECRETARIAT };
		*is = true;
		return RC_OK;
	}
	found = roster_member(r, c->node, c->key);
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
	bool failed;
};

static bool may(void *ctx, size_t i, struct str key, struct str old, struct str new)
{
	const struct setting *s = ctx;

	return guard_key(&s->writers[i], &s->p, key, old, new);
}

/* Commits below the heads that touched a path, and what they left; only_secretariat: others do not count. */
static enum rc gather(struct setting *s, struct arena *a, struct graph *g, const size_t *heads, size_t nheads, struct str path,
    bool only_secretariat, struct err *e)
{
	size_t n, i, j, h, words;
	const size_t *touching = graph_touching(g, path, &n);
	enum rc rc;

	*s = (struct setting){ .g = g, .commits = arena_array(a, n, sizeof *s->commits), .edits = arena_array(a, n, sizeof *s->edits),
		.writers = arena_array(a, n, sizeof *s->writers) };
	words = EDIT_WORDS(n);
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
		if ((rc = writer_of(&s->writers[s->n], &is, g, c, e)))
			return rc;
		if (!is || (only_secretariat && s->writers[s->n].role != ROLE_SECRETARIAT))
			continue;
		past = arena_array(a, words, sizeof *past);
		for (j = 0; j < s->n; j++)
			if (graph_below(g, s->commits[j], touching[i]))
				past[j / 64] |= (uint64_t)1 << (j % 64);
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

enum rc view_document(struct view_document *d, struct arena *a, struct graph *g, const size_t *heads, size_t n,
    struct str path, struct err *e)
{
	struct setting s;
	struct merge_rules rules = { .may = may, .ctx = &s };
	struct doc_path p = { 0 };
	bool doc = doc_path_parse(&p, path, NULL);
	enum rc rc = gather(&s, a, g, heads, n, path, !doc, e);

	if (rc)
		return rc;
	s.p = p;
	rules.kind = doc ? p.kind : NULL;
	if (!doc)
		rules.may = NULL;
	merge_document(&d->merged, a, s.edits, s.n, &rules);
	d->commits = s.commits;
	d->n = s.n;
	return RC_OK;
}

/* ---- roster files ---- */

struct line_write { struct str line; size_t edit; bool add; };

static bool in_past(const struct edit *e, size_t x, size_t y)
{
	return x < y && (e[y].past[x / 64] >> (x % 64) & 1);
}

static bool line_in(const struct line_write *w, size_t n, const struct setting *s, size_t at, struct str line, bool forever)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		if (!w[i].add || !str_eq(w[i].line, line) || (at < s->n && !in_past(s->edits, w[i].edit, at)))
			continue;
		for (j = 0; j < n && !forever; j++)
			if (!w[j].add && str_eq(w[j].line, line) && (at == s->n || in_past(s->edits, w[j].edit, at)) &&
			    in_past(s->edits, w[i].edit, w[j].edit))
				break;
		if (forever || j == n)
			return true;
	}
	return false;
}

static int by_line(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* The lines that are in, each edit having added and removed some against what it saw. */
static void merge_lines(struct buf *out, struct arena *a, const struct setting *s, bool forever)
{
	struct line_write *w = NULL;
	struct str *all = NULL, rest, line;
	size_t n = 0, cap = 0, nall = 0, acap = 0, i, j, k;

	for (i = 0; i < s->n; i++) {
		size_t from = n;

		for (rest = s->edits[i].text; str_line(&line, &rest);) {
			if (!line.n || line_in(w, from, s, i, line, forever))
				continue;
			if (n == cap)
				w = arena_grow(a, w, &cap, sizeof *w);
			w[n++] = (struct line_write){ line, i, true };
		}
		for (j = 0; j < from && !forever; j++) {
			bool left = false;

			if (!w[j].add || !line_in(w, from, s, i, w[j].line, forever))
				continue;
			for (rest = s->edits[i].text; str_line(&line, &rest);)
				left |= str_eq(line, w[j].line);
			for (k = from; k < n; k++)
				left |= !w[k].add && w[k].edit == i && str_eq(w[k].line, w[j].line);
			if (left)
				continue;
			if (n == cap)
				w = arena_grow(a, w, &cap, sizeof *w);
			w[n++] = (struct line_write){ w[j].line, i, false };
		}
	}
	for (i = 0; i < n; i++) {
		if (!w[i].add || !line_in(w, n, s, s->n, w[i].line, forever))
			continue;
		if (nall == acap)
			all = arena_grow(a, all, &acap, sizeof *all);
		all[nall++] = w[i].line;
	}
	if (nall > 1)
		qsort(all, nall, sizeof *all, by_line);
	for (i = 0; i < nall; i++)
		if (!i || !str_eq(all[i - 1], all[i]))
			buf_printf(out, "%.*s\n", FMT_STR(all[i]));
}

/* ---- the tree ---- */

/* What the view has at a path: *blob none when nothing. */
static enum rc view_path(struct oid *blob, struct graph *g, const size_t *heads, size_t n, struct str path, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct view_document d;
	struct setting s;
	struct buf lines = BUF_INIT;
	enum rc rc;

	*blob = OID_NONE;
	if (str_starts(path, STR("roster/"))) {
		bool forever = str_is(path, "roster/allowed_signers") || str_is(path, "roster/revoked");

		if (!(rc = gather(&s, &a, g, heads, n, path, true, e)) && s.n) {
			merge_lines(&lines, &a, &s, forever);
			if (lines.n)
				rc = repo_write(blob, g->repo, OBJECT_BLOB, buf_str(&lines), e);
		}
	} else if (str_starts(path, STR("vocab/")) || doc_path_parse(&s.p, path, NULL)) {
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
	buf_free(&lines);
	arena_free(&a);
	return rc;
}

struct paths { struct str *v; size_t n, cap; };

static void add_paths(struct paths *p, struct arena *a, const struct gcommit *c)
{
	size_t i;

	for (i = 0; i < c->ntouched; i++) {
		if (p->n == p->cap)
			p->v = arena_grow(a, p->v, &p->cap, sizeof *p->v);
		p->v[p->n++] = c->touched[i].path;
	}
}

/* Changes that take the first head's tree to the view's. */
static enum rc changes_of(struct change **out, size_t *nout, struct arena *a, struct graph *g, const size_t *heads, size_t n,
    struct err *e)
{
	const struct gcommit *base = g->v[heads[0]];
	struct paths p = { 0 };
	struct member m;
	bool is;
	size_t i, h;
	enum rc rc;

	*nout = 0;
	for (i = 0; i < g->n; i++) {
		if (g->v[i]->merged || graph_below(g, i, heads[0]))
			continue;
		for (h = 1; h < n && !graph_below(g, i, heads[h]); h++)
			;
		if (h < n)
			add_paths(&p, a, g->v[i]);
	}
	if ((rc = writer_of(&m, &is, g, base, e)))
		return rc;
	if (!is || m.role != ROLE_SECRETARIAT)
		add_paths(&p, a, base);
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
		*out = g->v[heads[0]]->id;
	} else if (!rc && (!nc || !(rc = repo_tree(&tree, g->repo, &tree, c, nc, e)))) {
		merge_object(&b, g, &tree, heads, n);
		rc = repo_write(out, g->repo, OBJECT_COMMIT, buf_str(&b), e);
	}
	buf_free(&b);
	arena_free(&a);
	return rc;
}
