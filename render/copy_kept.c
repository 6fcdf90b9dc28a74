/* render/copy_kept.c: what copy_load and changes_load made, kept for the next build (kept.h): an image (image.h) of struct copy
 * and all it holds, but for rows and links, which are only needed to make it.
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

static void strs_walk(struct image *x, size_t at, size_t n)
{
	for (; n; n--, at += sizeof(struct str))
		image_str(x, at);
}

static void doc_walk(struct image *x, size_t at)
{
	struct doc *d = image_of(x, struct doc, at);
	size_t i, n = d->front.n, key, values;

	d->text = d->body = STR_NONE;
	d->kind = NULL;			/* nobody asks for it: the entry has it */
	strs_walk(x, at + offsetof(struct doc, id), (sizeof *d - offsetof(struct doc, id)) / sizeof(struct str));
	key = image_array(x, at + offsetof(struct doc, front.keys), n, sizeof(struct key));
	for (i = 0; i < n; i++, key += sizeof(struct key)) {
		size_t count = image_of(x, struct key, key)->n;

		image_str(x, key + offsetof(struct key, name));
		values = image_array(x, key + offsetof(struct key, values), count, sizeof(struct str));
		strs_walk(x, values, count);
	}
}

static void entry_walk(struct image *x, size_t at, const struct entry *all, size_t to)
{
	struct entry *e = image_of(x, struct entry, at);

	e->row = STR_NONE;
	e->links = NULL;
	e->nlinks = 0;
	strs_walk(x, at, offsetof(struct entry, kind) / sizeof(struct str));
	image_into(x, at + offsetof(struct entry, original), all, to);
	doc_walk(x, at + offsetof(struct entry, doc));
	image_cstr(x, at + offsetof(struct entry, reason));
	image_cstr(x, at + offsetof(struct entry, fault));
}
_Static_assert(offsetof(struct entry, kind) % sizeof(struct str) == 0, "strings stand in front of it");

static void vocab_walk(struct image *x, size_t at)
{
	size_t i, n = image_of(x, struct vocab, at)->n, table, terms, count;

	table = image_array(x, at + offsetof(struct vocab, tables), n, sizeof(struct vocab_table));
	for (i = 0; i < n; i++, table += sizeof(struct vocab_table)) {
		count = image_of(x, struct vocab_table, table)->n;
		image_str(x, table + offsetof(struct vocab_table, name));
		terms = image_array(x, table + offsetof(struct vocab_table, terms), count, sizeof(struct term));
		strs_walk(x, terms, count * (sizeof(struct term) / sizeof(struct str)));
	}
}

static void lookup_walk(struct image *x, size_t at)
{
	struct lookup l = *image_of(x, struct lookup, at);
	size_t i, v;

	(void)image_array(x, at + offsetof(struct lookup, names), l.nnames, sizeof *l.names);
	v = image_array(x, at + offsetof(struct lookup, v), l.n, sizeof *l.v);
	for (i = 0; i < l.n; i++, v += sizeof *l.v) {
		image_str(x, v + offsetof(struct slot, key));
		image_str(x, v + offsetof(struct slot, extra));
		image_str(x, v + offsetof(struct slot, label));
	}
}

static size_t kinds_count(void)
{
	size_t n = 0;

	while (kinds[n].name)
		n++;
	return n;
}

/* All of a copy: the structure stands at 0. Kinds are in the program, which is elsewhere each time: there is room for them
 * in the image, where they are put when it is mapped. */
static void copy_walk(struct image *x, const struct copy *c)
{
	const struct entry *all = c->all;
	const struct kind *from = c->kinds ? c->kinds : kinds;
	size_t to, at, i, k, kinds_at;

	image_of(x, struct copy, 0)->kinds = from;
	kinds_at = image_array(x, offsetof(struct copy, kinds), kinds_count(), sizeof *kinds);
	strs_walk(x, offsetof(struct copy, ceiling), 2);
	image_str(x, offsetof(struct copy, tlp));
	image_str(x, offsetof(struct copy, notice));
	vocab_walk(x, offsetof(struct copy, vocab));
	to = image_array(x, offsetof(struct copy, all), c->nall, sizeof *all);
	for (i = 0; i < c->nall; i++) {
		entry_walk(x, to + i * sizeof *all, all, to);
		image_into(x, to + i * sizeof *all + offsetof(struct entry, kind), from, kinds_at);
	}
	at = image_array(x, offsetof(struct copy, v), c->n, sizeof(struct entry *));
	for (i = 0; i < c->n; i++)
		image_into(x, at + i * sizeof(struct entry *), all, to);
	for (k = 0; k < USES; k++) {
		at = image_array(x, offsetof(struct copy, uses) + k * sizeof(struct uses) + offsetof(struct uses, v), c->uses[k].n,
		    sizeof(struct use_of));
		for (i = 0; i < c->uses[k].n; i++, at += sizeof(struct use_of)) {
			image_str(x, at + offsetof(struct use_of, key));
			image_into(x, at + offsetof(struct use_of, entry), all, to);
		}
	}
	image_into(x, offsetof(struct copy, meeting), all, to);
	lookup_walk(x, image_array(x, offsetof(struct copy, lookup), 1, sizeof *c->lookup));
	changes_walk(x, offsetof(struct copy, changes), c, all, to);
}

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
	const char *path;
	struct stat st;

	if (!c->changes || !key_of(key, &c->want, dir) || !(path = kept_path(&a, c->want.kept, dir, "copy")))
		goto out;
	if (c->was_kept && c->nchanged <= CHANGED_FEW) {
		kept_vouch(path, &c->source->image.stat);
		goto out;
	}
	image_begin(&x, (uintptr_t)PLACE + KEPT_BODY, c, sizeof *c);
	if (c->was_kept)
		random_bytes(image_of(&x, struct copy, 0)->id, sizeof c->id);
	copy_walk(&x, c);
	image_end(&x);
	if (!kept_begin(&o, path, key, &e)) {
		kept_add(o, (struct str){ x.p, x.n });
		if (kept_end(o, &e))
			e.rc = RC_OK;		/* it is loaded then */
		else if (!lstat(path, &st)) {
			struct kept_stat stat = kept_stat(&st);

			kept_vouch(path, &stat);
		}
	}
	free(x.p);
out:
	arena_free(&a);
}

/* The copy as it was kept; NULL: there is none. */
static struct copy *read_kept(struct snap *s, const struct copy_want *want, const char *dir)
{
	struct arena a = ARENA_INIT;
	unsigned char key[KEPT_KEY];
	struct kept_map m = { .all = STR_NONE };
	struct copy *c = NULL;

	if (!key_of(key, want, dir) || kept_map_at(&m, kept_path(&a, want->kept, dir, "copy"), key, (uintptr_t)PLACE))
		goto out;
	if (m.body.n < sizeof *c || ((const struct copy *)(const void *)m.body.p)->nall != snap_count(s)) {
		kept_unmap(&m);
		goto out;
	}
	c = xmalloc(sizeof *c);
	memcpy(c, m.body.p, sizeof *c);
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
	    (rc = snap_own(&r, s->snap, (size_t)(e - s->copy->all), err)) || !str_eq(r.id, e->name) || !oid_eq(&r.blob, &ch->new) ||
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
