/* kb/gate/git_tree.c: tree objects, walked two at a time and built anew.
 *
 * A tree is "MODE NAME\0" and 20 bytes of id for each entry, by name, a folder's name ending in a slash for
 * the comparison ("a", "a.b", "a/", "a0"). Read depth first that is the order of whole paths by bytes. What
 * does not keep the order, or has a name that is empty or holds a slash, is refused: two readers could
 * understand it in two ways. */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "kb/gate/git_parts.h"

#define NOTE_CHANGES 64			/* what makes a tree another is noted when it is little */
#define TREES_MAX ((size_t)1 << 20)	/* read by one diff: few bytes can name the same folder 2^n times */

struct entry {
	struct str name;
	struct oid id;
	unsigned mode;
};

static bool folder(const struct entry *en)
{
	return (en->mode & MODE_KIND) == MODE_DIR;
}

static int entry_cmp(const struct entry *a, const struct entry *b)
{
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
	int c = n ? memcmp(a->name.p, b->name.p, n) : 0;
	int ca = n < a->name.n ? (unsigned char)a->name.p[n] : folder(a) ? '/' : 0;
	int cb = n < b->name.n ? (unsigned char)b->name.p[n] : folder(b) ? '/' : 0;

	return c ? c : ca - cb;
}

/* Take an entry off *s; NULL, or what is wrong with it. */
static const char *entry_parse(struct entry *en, struct str *s)
{
	const bool file = s->n > 7 && memcmp(s->p, "100644 ", 7) == 0;	/* nearly all */
	size_t space = file ? 6 : str_chr(*s, ' '), end, i;

	if (space == SIZE_MAX || space == 0 || space > 7)
		return "an entry without a mode";
	en->mode = file ? MODE_FILE : 0;
	for (i = 0; !file && i < space; i++) {
		if (s->p[i] < '0' || s->p[i] > '7')
			return "a mode that is no octal number";
		en->mode = en->mode << 3 | (unsigned)(s->p[i] - '0');
	}
	*s = str_sub(*s, space + 1, s->n);
	end = str_chr(*s, '\0');
	if (end == SIZE_MAX || s->n - end < 1 + sizeof en->id.b)
		return "an entry cut short";
	en->name = str_sub(*s, 0, end);
	if (end == 0 || str_chr(en->name, '/') != SIZE_MAX)
		return "a name that is empty or holds a slash";
	memcpy(en->id.b, s->p + end + 1, sizeof en->id.b);
	*s = str_sub(*s, end + 1 + sizeof en->id.b, s->n);
	return NULL;
}

/* A tree being read entry by entry. */
struct walk {
	struct object raw;
	struct str rest;
	struct entry at;		/* its name points into raw */
	bool any;			/* there is one */
	const struct oid *id;
};

/* NULL gives none. */
static enum rc walk_open(struct walk *w, struct repo *r, const struct oid *id, struct err *e)
{
	enum rc rc;

	*w = (struct walk){ .raw = OBJECT_INIT, .id = id };
	rc = id && !oid_is_none(id) ? object_open(&w->raw, r, id, OBJECT_TREE, TREE_BYTES, e) : RC_OK;
	w->rest = w->raw.bytes;
	return rc;
}

static enum rc walk_next(struct walk *w, struct err *e)
{
	const struct entry before = w->at;
	const bool first = !w->any;
	char hex[OID_HEX + 1];
	const char *why;

	w->any = w->rest.n > 0;
	if (!w->any)
		return RC_OK;
	why = entry_parse(&w->at, &w->rest);
	if (!why && !first && entry_cmp(&before, &w->at) >= 0)
		why = "entries out of order";
	if (!why)
		return RC_OK;
	oid_format(hex, w->id);
	return err_set(e, RC_INVALID, "tree %s: %s", hex, why);
}

struct tree {				/* all of one */
	struct walk w;			/* at its end */
	struct entry *v;		/* in a; names point into what w read */
	size_t n;
	struct arena a;
};
#define TREE_INIT { { .raw = OBJECT_INIT }, NULL, 0, ARENA_INIT }

static void tree_free(struct tree *t)
{
	object_close(&t->w.raw);
	arena_free(&t->a);
}

/* t is empty before; NULL gives none. */
static enum rc tree_load(struct tree *t, struct repo *r, const struct oid *id, struct err *e)
{
	enum rc rc = walk_open(&t->w, r, id, e);
	size_t cap = 0;

	while (!rc && !(rc = walk_next(&t->w, e)) && t->w.any) {
		if (t->n == cap)
			t->v = arena_grow(&t->a, t->v, &cap, sizeof *t->v);
		t->v[t->n++] = t->w.at;
	}
	return rc;
}

/* The tree of a commit, or the tree itself; none of NULL. */
static enum rc tree_of(struct oid *tree, struct repo *r, const struct oid *treeish, struct err *e)
{
	struct last_tree *last = repo_last_tree(r);
	struct object raw;
	enum object_type t;
	size_t size;
	enum rc rc;

	if (!treeish || oid_is_none(treeish)) {
		*tree = OID_NONE;
		return RC_OK;
	}
	if (oid_eq(treeish, &last->commit)) {
		*tree = last->tree;
		return RC_OK;
	}
	if ((rc = repo_info(&t, &size, r, treeish, e)))
		return rc;
	if (t != OBJECT_COMMIT) {
		*tree = *treeish;	/* what is no tree either is told when it is read */
		return RC_OK;
	}
	if (!(rc = object_open(&raw, r, treeish, OBJECT_COMMIT, COMMIT_BYTES, e)) && !commit_tree(tree, raw.bytes))
		rc = err_set(e, RC_INVALID, "a commit without a tree");
	object_close(&raw);
	if (!rc)
		last->commit = *treeish, last->tree = *tree;
	return rc;
}

struct diff {
	struct repo *r;
	change_fn *fn;
	void *ctx;
	struct buf path;
	size_t trees;
};

static enum rc diff_trees(struct diff *d, const struct oid *from, const struct oid *to, unsigned depth, struct err *e);

/* One name, in one of the trees or, of the same kind, in both. */
static enum rc diff_entry(struct diff *d, const struct entry *from, const struct entry *to, unsigned depth, struct err *e)
{
	const struct entry *any = to ? to : from;
	size_t n = d->path.n;
	enum rc rc;

	if (from && to && oid_eq(&from->id, &to->id) && from->mode == to->mode)
		return RC_OK;
	if (n + any->name.n + 1 > PATH_BYTES)
		return err_set(e, RC_INVALID, "a path of more than %d bytes", PATH_BYTES);
	buf_str_add(&d->path, any->name);
	if (folder(any)) {
		buf_putc(&d->path, '/');
		rc = diff_trees(d, from ? &from->id : NULL, to ? &to->id : NULL, depth + 1, e);
	} else {
		struct change c = { buf_str(&d->path), from ? from->id : OID_NONE, to ? to->id : OID_NONE, to ? to->mode : 0 };

		rc = d->fn(d->ctx, &c, e);
	}
	d->path.n = n;
	return rc;
}

/* On to the next entry of both, which stand at the same name or the beginning; those that are the same bytes in both are
 * read once, and passed over. */
static enum rc walk_both(struct walk *a, struct walk *b, struct err *e)
{
	const char *from;
	size_t n;
	enum rc rc;

	for (;;) {
		from = a->rest.p;
		if ((rc = walk_next(a, e)))
			return rc;
		n = a->any ? (size_t)(a->rest.p - from) : 0;
		if (!n || n > b->rest.n || memcmp(from, b->rest.p, n) != 0)
			return walk_next(b, e);
		b->at = a->at;
		b->at.name.p = b->rest.p + (a->at.name.p - from);
		b->rest = str_sub(b->rest, n, b->rest.n);
		b->any = true;
	}
}

static enum rc diff_trees(struct diff *d, const struct oid *from, const struct oid *to, unsigned depth, struct err *e)
{
	struct walk a, b = { .raw = OBJECT_INIT };
	enum rc rc;
	int c;

	if (depth >= TREE_DEPTH)
		return err_set(e, RC_INVALID, "folders more than %d deep", TREE_DEPTH);
	if ((d->trees += 2) > TREES_MAX)
		return err_set(e, RC_INVALID, "more than %zu folders", TREES_MAX);
	if ((from && to && oid_eq(from, to)))
		return RC_OK;
	if ((rc = walk_open(&a, d->r, from, e)) || (rc = walk_open(&b, d->r, to, e))) {
		if (rc == RC_NOTFOUND && depth)	/* something names it, so it should be there */
			rc = e->rc = RC_CORRUPT;
		goto out;
	}
	rc = walk_both(&a, &b, e);
	while (!rc && (a.any || b.any)) {
		c = !a.any ? 1 : !b.any ? -1 : entry_cmp(&a.at, &b.at);
		if ((rc = diff_entry(d, c <= 0 ? &a.at : NULL, c >= 0 ? &b.at : NULL, depth, e)))
			break;
		rc = c == 0 ? walk_both(&a, &b, e) : walk_next(c < 0 ? &a : &b, e);
	}
out:
	object_close(&a.raw);
	object_close(&b.raw);
	return rc;
}

enum rc repo_diff(struct repo *r, const struct oid *from, const struct oid *to, change_fn *fn, void *ctx, struct err *e)
{
	struct diff d = { r, fn, ctx, BUF_INIT, 0 };
	struct arena notes = ARENA_INIT;
	struct change *c;
	struct oid a, b;
	size_t n, i;
	enum rc rc;

	if ((rc = tree_of(&a, r, from, e)) || (rc = tree_of(&b, r, to, e)) || oid_eq(&a, &b))
		return rc;
	if (!oid_is_none(&a) && !oid_is_none(&b) && noted_get(&c, &n, &notes, r, &a, &b))
		for (i = 0; i < n && !rc; i++)
			rc = fn(ctx, &c[i], e);
	else
		rc = diff_trees(&d, &a, &b, 0, e);
	buf_free(&d.path);
	arena_free(&notes);
	return rc;
}

struct collect {
	struct arena *a;
	struct change *v;
	size_t n, cap;
};

static enum rc collect_one(void *ctx, const struct change *c, struct err *e)
{
	struct collect *l = ctx;

	(void)e;
	if (l->n == l->cap)
		l->v = arena_grow(l->a, l->v, &l->cap, sizeof *l->v);
	l->v[l->n] = *c;
	l->v[l->n++].path = arena_str(l->a, c->path);
	return RC_OK;
}

enum rc repo_changes(struct change **list, size_t *n, struct arena *a, struct repo *r, const struct oid *from,
    const struct oid *to, struct err *e)
{
	struct collect l = { a, NULL, 0, 0 };
	enum rc rc = repo_diff(r, from, to, collect_one, &l, e);

	if (!rc) {
		*list = l.v;
		*n = l.n;
	}
	return rc;
}

enum rc repo_lookup(struct oid *o, struct repo *r, const struct oid *treeish, struct str path, struct err *e)
{
	struct str rest = path, part;
	struct tree t;
	struct oid at;
	unsigned depth = 0, mode = MODE_DIR;
	enum rc rc = tree_of(&at, r, treeish, e);
	size_t i;

	while (!rc && rest.n && str_split(&part, &rest, '/')) {
		if (mode != MODE_DIR || depth++ > TREE_DEPTH) {
			mode = 0;
			break;
		}
		t = (struct tree)TREE_INIT;
		if (!(rc = tree_load(&t, r, &at, e))) {
			mode = 0;
			for (i = 0; i < t.n && !mode; i++) {
				if (str_eq(t.v[i].name, part)) {
					mode = t.v[i].mode & MODE_KIND;
					at = t.v[i].id;
				}
			}
		} else if (rc == RC_NOTFOUND && depth > 1) {
			rc = e->rc = RC_CORRUPT;
		}
		tree_free(&t);
		if (!mode)
			break;
	}
	if (!rc && mode != (MODE_FILE & MODE_KIND))
		rc = err_set(e, RC_NOTFOUND, "%.*s: no such file in the tree", FMT_STR(path));
	if (!rc)
		*o = at;
	return rc;
}

static bool part_safe(struct str s)
{
	size_t i;

	if (s.n == 0 || s.n > 255 || str_is(s, ".") || str_is(s, ".."))
		return false;
	if ((s.n == 4 && strncasecmp(s.p, ".git", 4) == 0) || (s.n == 5 && strncasecmp(s.p, "git~1", 5) == 0))
		return false;
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f || s.p[i] == '\\')
			return false;
	return true;
}

bool path_safe(struct str path)
{
	unsigned depth;
	size_t slash;

	if (path.n > PATH_BYTES)
		return false;
	for (depth = 0; depth < TREE_DEPTH; depth++) {
		slash = str_chr(path, '/');
		if (!part_safe(str_sub(path, 0, slash)))
			return false;
		if (slash == SIZE_MAX)
			return true;
		path = str_sub(path, slash + 1, path.n);
	}
	return false;
}

/* An entry of a tree being built. */
struct made {
	struct entry en;
	bool fresh;			/* the changes put something there */
};

struct build {
	struct repo *r;
	struct arena *a;
	struct change *noted;		/* what came of the changes that were asked for */
	size_t n, cap;
	bool more;			/* more came of them than is noted */
};

static int made_cmp(const void *key, const void *el)
{
	return entry_cmp(key, &((const struct made *)el)->en);
}

/* A name that is both a file and a folder: what the changes put there stays. *drop is the one to leave out. */
static enum rc made_clash(bool *drop, const struct made *m, const struct made *v, size_t n, struct err *e)
{
	struct entry other = m->en;
	size_t lo = 0, hi = n, mid;

	other.mode = folder(&m->en) ? MODE_FILE : MODE_DIR;
	*drop = false;
	while (lo < hi) {
		int c;

		mid = lo + (hi - lo) / 2;
		c = made_cmp(&other, &v[mid]);
		if (c == 0) {
			if (m->fresh == v[mid].fresh)
				return err_set(e, RC_INVALID, "%.*s would be both a file and a folder", FMT_STR(m->en.name));
			*drop = !m->fresh;
			return RC_OK;
		}
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return RC_OK;
}

/* The name below a folder whose path takes skip bytes, and whether more follows. */
static struct entry change_entry(const struct change *c, size_t skip)
{
	struct str rest = str_sub(c->path, skip, c->path.n);
	size_t slash = str_chr(rest, '/');

	if (slash != SIZE_MAX)
		return (struct entry){ str_sub(rest, 0, slash), OID_NONE, MODE_DIR };
	return (struct entry){ rest, c->new, c->mode ? c->mode : MODE_FILE };
}

/* An entry that is no folder becomes what a change asks for, or (none) goes. */
static void note(struct build *b, const struct change *c, const struct entry *was, const struct entry *is)
{
	const struct oid *old = was ? &was->id : &OID_NONE;

	if (oid_eq(old, &is->id) && (!was || was->mode == is->mode))
		return;
	if (b->n == b->cap)
		b->noted = arena_grow(b->a, b->noted, &b->cap, sizeof *b->noted);
	b->noted[b->n++] = (struct change){ c->path, *old, is->id, oid_is_none(&is->id) ? 0 : is->mode };
}

static enum rc write_entries(struct oid *o, struct build *b, const struct made *v, size_t n, struct err *e)
{
	struct buf raw = BUF_INIT;
	size_t i, folders = 0;
	enum rc rc = RC_OK;
	bool drop = false;

	for (i = 0; i < n; i++)
		folders += folder(&v[i].en);
	for (i = 0; i < n && !rc; i++) {
		if (folders && folders < n && ((rc = made_clash(&drop, &v[i], v, n, e)) || drop)) {
			b->more = true;
			continue;
		}
		if (v[i].en.mode == MODE_FILE)		/* nearly all */
			buf_puts(&raw, "100644 ");
		else
			buf_printf(&raw, "%o ", v[i].en.mode);
		buf_str_add(&raw, v[i].en.name);
		buf_putc(&raw, '\0');
		buf_add(&raw, v[i].en.id.b, sizeof v[i].en.id.b);
	}
	if (!rc)
		rc = repo_write(o, b->r, OBJECT_TREE, buf_str(&raw), e);
	buf_free(&raw);
	return rc;
}

/* The folder of base with the changes c[0..n) below it; *o is none when nothing is left in it. *fresh: a
 * change put something there. */
static enum rc build_tree(struct oid *o, bool *fresh, struct build *b, const struct oid *base, const struct change *c,
    size_t n, size_t skip, struct err *e)
{
	struct tree t = TREE_INIT;
	struct made *v;
	size_t i = 0, j = 0, end, count = 0;
	struct entry en;
	enum rc rc;
	int cmp;

	*fresh = false;
	*o = OID_NONE;
	if ((rc = tree_load(&t, b->r, base, e)))
		goto out;
	v = arena_array(b->a, t.n + n, sizeof *v);
	while (!rc && (i < t.n || j < n)) {
		if (j < n)
			en = change_entry(&c[j], skip);
		cmp = j == n ? -1 : i == t.n ? 1 : entry_cmp(&t.v[i], &en);
		if (cmp < 0) {
			v[count++] = (struct made){ t.v[i++], false };
			continue;
		}
		for (end = j + 1; folder(&en) && end < n; end++) {
			struct entry next = change_entry(&c[end], skip);

			if (entry_cmp(&next, &en) != 0)
				break;
		}
		v[count] = (struct made){ en, !oid_is_none(&en.id) };
		if (folder(&en))
			rc = build_tree(&v[count].en.id, &v[count].fresh, b, cmp == 0 ? &t.v[i].id : NULL, c + j, end - j,
			    skip + en.name.n + 1, e);
		else
			note(b, &c[j], cmp == 0 ? &t.v[i] : NULL, &en);
		*fresh |= v[count].fresh;
		count += !oid_is_none(&v[count].en.id);
		j = end;
		i += cmp == 0;
	}
	if (!rc && (count || skip == 0))
		rc = write_entries(o, b, v, count, e);
out:
	tree_free(&t);
	return rc;
}

enum rc repo_tree(struct oid *o, struct repo *r, const struct oid *base, const struct change *c, size_t n, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct build b = { .r = r, .a = &a };
	struct oid root, made;
	bool fresh;
	enum rc rc;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!path_safe(c[i].path) && !oid_is_none(&c[i].new))
			return err_set(e, RC_INVALID, "\"%.*s\": not a path that a tree may have", FMT_STR(c[i].path));
		assert(i == 0 || str_cmp(c[i - 1].path, c[i].path) < 0);
	}
	if (!(rc = tree_of(&root, r, base, e)) && !(rc = build_tree(&made, &fresh, &b, &root, c, n, 0, e))) {
		*o = made;
		if (b.n && !b.more && b.n <= NOTE_CHANGES && !oid_is_none(&root))
			noted_put(r, &root, &made, b.noted, b.n);
	}
	arena_free(&a);
	return rc;
}
