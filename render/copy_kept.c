/* render/copy_kept.c: what copy_load and changes_load made, kept for the next build (kept.h): an image (image.h) of struct copy
 * and all it holds, but for links of bodies, which are only needed to make it.
 *
 * The next build brings it up to date where nothing changed but bodies: of each document that differs between the two commits
 * all else must give the same row (rows.h), and no translation may hang on it, which would be stale. Anything else that
 * changed (front matter, links, a document that came or went, roster/, vocab/) changes what other documents show, so the
 * copy is loaded then. */
#include "render/copy_parts.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kb/gate/git.h"
#include "kb/gate/sodium.h"
#include "kb/limits.h"
#include "render/changes.h"
#include "render/image.h"
#include "render/kept.h"

#define CHANGED_MAX 256			/* documents; more are worth a copy of their own */
#define CHANGED_FEW 32

/* ---- the walk ---- */

/* Things that are about to point elsewhere. NULL stays. */
static void *again(struct arena *a, const void *p, size_t n, size_t size)
{
	void *to = p ? arena_array(a, n, size) : NULL;

	if (p && n)
		memcpy(to, p, n * size);
	return to;
}

static void doc_walk(struct image *x, struct arena *a, struct doc *d)
{
	struct key *keys = again(a, d->front.keys, d->front.n, sizeof *keys);
	size_t i;

	d->text = d->body = STR_NONE;
	d->kind = NULL;			/* nobody asks for it: the entry has it */
	image_strs(x, &d->id, (sizeof *d - offsetof(struct doc, id)) / sizeof(struct str));
	for (i = 0; i < d->front.n; i++) {
		struct str *values = again(a, keys[i].values, keys[i].n, sizeof *values);

		image_strs(x, &keys[i].name, 1);
		image_strs(x, values, keys[i].n);
		keys[i].values = image_array(x, values, keys[i].n, sizeof *values);
	}
	d->front.keys = image_array(x, keys, d->front.n, sizeof *keys);
}

static void entry_walk(struct image *x, struct arena *a, struct entry *e)
{
	image_whole(x, e->row);		/* what its text says stands in it */
	e->row = STR_NONE;
	e->links = NULL;
	e->nlinks = 0;
	image_strs(x, &e->name, 2);
	image_strs(x, &e->lang, (offsetof(struct entry, doc) - offsetof(struct entry, lang)) / sizeof(struct str));
	doc_walk(x, a, &e->doc);
	e->reason = image_cstr(x, e->reason);
	e->fault = image_cstr(x, e->fault);
}
_Static_assert(offsetof(struct entry, id) == sizeof(struct str) &&
    (offsetof(struct entry, doc) - offsetof(struct entry, lang)) % sizeof(struct str) == 0, "strings stand side by side");

static void vocab_walk(struct image *x, struct arena *a, struct vocab *v)
{
	struct vocab_table *tables = again(a, v->tables, v->n, sizeof *tables);
	size_t i;

	for (i = 0; i < v->n; i++) {
		struct vocab_table *t = &tables[i];
		struct term *terms = again(a, t->terms, t->n, sizeof *terms);

		image_strs(x, &t->name, 1);
		if (terms)
			image_strs(x, &terms[0].code, t->n * (sizeof *terms / sizeof(struct str)));
		t->terms = image_array(x, terms, t->n, sizeof *terms);
	}
	v->tables = image_array(x, tables, v->n, sizeof *tables);
}

static struct lookup *lookup_walk(struct image *x, struct arena *a, struct lookup l)
{
	size_t i;

	l.names = image_array(x, l.names, l.nnames, sizeof *l.names);
	l.v = again(a, l.v, l.n, sizeof *l.v);
	for (i = 0; i < l.n; i++) {
		image_strs(x, &l.v[i].key, 2);
		image_strs(x, &l.v[i].label, 1);
	}
	l.v = image_array(x, l.v, l.n, sizeof *l.v);
	return image_array(x, &l, 1, sizeof l);
}
_Static_assert(offsetof(struct slot, extra) == offsetof(struct slot, key) + sizeof(struct str), "they are walked together");

static size_t kinds_count(void)
{
	size_t n = 0;

	while (kinds[n].name)
		n++;
	return n;
}

/* All of a copy; the structure stands at the end. Kinds are in the program, which is elsewhere each time: there is room for
 * them in the image, where they are put when it is mapped. */
static void copy_walk(struct image *x, struct copy c)
{
	struct arena a = ARENA_INIT, small = ARENA_INIT;
	struct entry *all = again(&a, c.all, c.nall, sizeof *all), *to;
	const struct kind *from = c.kinds ? c.kinds : kinds;
	const struct entry **v = again(&a, c.v, c.n, sizeof *v);
	size_t i, k;

	c.kinds = image_array(x, from, kinds_count(), sizeof *kinds);
	image_strs(x, &c.ceiling, 2);
	image_strs(x, &c.tlp, 1);
	image_strs(x, &c.notice, 1);
	vocab_walk(x, &a, &c.vocab);
	for (i = 0; i < c.nall; i++) {
		entry_walk(x, &small, &all[i]);
		all[i].kind = image_into(all[i].kind, from, (void *)(uintptr_t)c.kinds);
		arena_reset(&small);
	}
	to = image_next(x);
	for (i = 0; i < c.nall; i++)
		all[i].original = image_into(all[i].original, c.all, to);
	(void)image_array(x, all, c.nall, sizeof *all);
	for (i = 0; i < c.n; i++)
		v[i] = image_into(v[i], c.all, to);
	c.v = image_array(x, v, c.n, sizeof *v);
	arena_reset(&a);
	for (k = 0; k < USES; k++) {
		struct use_of *u = again(&a, c.uses[k].v, c.uses[k].n, sizeof *u);

		for (i = 0; i < c.uses[k].n; i++) {
			image_strs(x, &u[i].key, 1);
			u[i].entry = image_into(u[i].entry, c.all, to);
		}
		c.uses[k].v = image_array(x, u, c.uses[k].n, sizeof *u);
		arena_reset(&a);
	}
	c.meeting = image_into(c.meeting, c.all, to);
	c.lookup = lookup_walk(x, &a, *c.lookup);
	c.changes = changes_walk(x, &a, &c, to);
	c.all = to;
	(void)image_array(x, &c, 1, sizeof c);
	arena_free(&small);
	arena_free(&a);
}
_Static_assert(offsetof(struct copy, space) == offsetof(struct copy, ceiling) + sizeof(struct str), "they are walked together");

/* ---- the file ---- */

/* Where it is mapped: far from where systems put programs, heaps, libraries and stacks. */
#define PLACE ((uint64_t)0x3c0000000000)

static bool key_of(unsigned char key[KEPT_KEY], const struct copy_want *want, const char *dir)
{
	return PLACE <= UINTPTR_MAX && want->kept && kept_key_of(key, want->kept, want, &OID_NONE, dir);
}

void copy_keep(const struct copy *c, const char *dir)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct kept_out *o = NULL;
	unsigned char key[KEPT_KEY];
	struct image x;
	struct copy now;
	const char *path;
	struct stat st;

	if (!c->changes || !key_of(key, &c->want, dir) || !(path = kept_path(&a, c->want.kept, dir, "copy")))
		goto out;
	if (c->was_kept && c->nchanged <= CHANGED_FEW) {
		kept_vouch(path, &c->source->image.stat);
		goto out;
	}
	if (kept_begin(&o, path, key, &e))
		goto out;
	image_begin(&x, o, (uintptr_t)PLACE + KEPT_BODY);
	now = *c;
	if (c->was_kept)
		random_bytes(now.id, sizeof now.id);
	copy_walk(&x, now);
	image_end(&x);
	if (kept_end(o, &e))
		e.rc = RC_OK;		/* it is loaded then */
	else if (!lstat(path, &st)) {
		struct kept_stat stat = kept_stat(&st);

		kept_vouch(path, &stat);
	}
out:
	arena_free(&a);
}

/* The copy as it was kept; NULL: there is none. */
static struct copy *read_kept(struct snap *s, const struct copy_want *want, const char *dir)
{
	struct arena a = ARENA_INIT;
	unsigned char key[KEPT_KEY];
	struct kept_map m = { .all = STR_NONE };
	const struct copy *last;
	struct copy *c = NULL;

	if (!key_of(key, want, dir) || kept_map_at(&m, kept_path(&a, want->kept, dir, "copy"), key, (uintptr_t)PLACE))
		goto out;
	last = (const struct copy *)(const void *)(m.body.p + (m.body.n < sizeof *c ? 0 : m.body.n - sizeof *c));
	if (m.body.n < sizeof *c || last->nall != snap_count(s)) {
		kept_unmap(&m);
		goto out;
	}
	c = xmalloc(sizeof *c);
	*c = *last;
	memcpy((struct kind *)(uintptr_t)c->kinds, kinds, kinds_count() * sizeof *kinds);
	c->arena = (struct arena)ARENA_INIT;
	c->want = *want;
	c->want.meeting = arena_str(&c->arena, want->meeting);
	c->want.lang = arena_str(&c->arena, want->lang);
	c->was_kept = true;
	c->since = c->commit;
	c->commit = snap_commit(s);
	c->changed = arena_array(&c->arena, CHANGED_MAX, sizeof *c->changed);
	c->nchanged = 0;
	c->watch = NULL;
	c->source = arena_alloc(&c->arena, sizeof *c->source);
	*c->source = (struct source){ .one = PTHREAD_MUTEX_INITIALIZER, .snap = s, .image = m };
out:
	arena_free(&a);
	return c;
}

/* ---- what changed since ---- */

bool copy_differs(struct copy *c, const struct entry *e)
{
	size_t i;

	for (i = 0; i < c->nchanged && c->changed[i] != e; i++)
		;
	if (i == CHANGED_MAX)
		return false;
	if (i == c->nchanged)
		c->changed[c->nchanged++] = e;
	return true;
}

struct since {
	struct copy *copy;
	struct snap *snap;
	struct repo *repo;
};

static bool has_translation(const struct copy *c, const struct entry *e)
{
	size_t i;

	for (i = (size_t)(e - c->all) + 1; i < c->nall && str_starts(c->all[i].name, e->name); i++)
		if (c->all[i].original == e)
			return true;
	return false;
}

/* Take what differs between the two commits; RC_NOTFOUND: it is not the body of a document alone. */
static enum rc take(void *ctx, const struct change *ch, struct err *err)
{
	struct since *s = ctx;
	struct buf old = BUF_INIT, new = BUF_INIT, was = BUF_INIT, is = BUF_INIT;
	struct arena scratch = ARENA_INIT;
	struct doc_path p;
	struct record r;
	struct entry *e = NULL;
	bool taken = false;
	enum rc rc = RC_OK;

	if (doc_path_parse(&p, ch->path, NULL))
		e = (struct entry *)(uintptr_t)copy_any(s->copy, p.name);
	if (!e || !oid_eq(&e->blob, &ch->old) || e->broken || has_translation(s->copy, e) ||
	    (rc = copy_record(&r, s->copy, e, err)) || !str_eq(r.id, e->name) || !oid_eq(&r.blob, &ch->new) ||
	    r.conflict != e->conflict || (rc = repo_read(&old, s->repo, &ch->old, OBJECT_BLOB, LIMIT_VIEW, err)) ||
	    (rc = snap_text(&new, s->snap, &r, err)))
		goto out;
	row_make(&was, &scratch, buf_str(&old));
	row_make(&is, &scratch, buf_str(&new));
	if ((taken = str_eq(buf_str(&was), buf_str(&is)) && copy_differs(s->copy, e)))
		e->blob = ch->new;
out:
	buf_free(&old);
	buf_free(&new);
	buf_free(&was);
	buf_free(&is);
	arena_free(&scratch);
	return rc || taken ? rc : err_set(err, RC_NOTFOUND, "%.*s: more than its body is another", FMT_STR(ch->path));
}

bool copy_load_kept(struct copy **out, struct snap *s, const struct copy_want *want, const char *dir, const char *node)
{
	struct since since = { .copy = read_kept(s, want, dir), .snap = s };
	struct copy *c = since.copy;
	struct err e = ERR_INIT;
	enum rc rc = RC_NOTFOUND;

	if (c && !(rc = repo_open(&since.repo, node, &e)) && !(rc = repo_diff(since.repo, &c->since, &c->commit, take, &since, &e)))
		rc = changes_go_on(c, since.repo, &c->commit, &e);
	repo_close(since.repo);
	if (rc)
		copy_free(c);
	else
		*out = c;
	return !rc;
}
