/* render/stamp.c: see stamp.h. A file of kept.c, with
 *
 *	pages	the stamp of "pages" (kept.c) of the same build, where the files are: a string
 *	label	the highest one: a string
 *	copy	its id, a string
 *
 * Its key is a hash of all that a build hangs on: the program, the options, the theme, the folder, the commit. Which
 * documents are in is the same for all builds that go on with one copy (copy_kept.c), and stands in another file, "docs", whose
 * key is the id of the copy:
 *
 *	docs	count; for each: name, 1 when it is in, reason
 */
#include "render/stamp.h"

#include <fcntl.h>
#include <unistd.h>

#include "render/manifest.h"

static bool files_hold(struct kept *k, const char *dir, unsigned threads)
{
	struct buf b = BUF_INIT;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct kept_stat now;
	bool hold = false;
	size_t i;

	if (fd >= 0) {
		now = kept_stat_at(MANIFEST, fd);
		hold = kept_stat_same(&now, &k->manifest);
	}
	if (hold)
		kept_look_begin(k, dir, threads - 1);
	kept_look_end(k);
	for (i = 0; hold && i < k->nfiles; i++)
		hold = kept_seen(k, &k->files[i]) || kept_untouched(&now, &k->files[i], fd, &b);
	if (fd >= 0)
		close(fd);
	buf_free(&b);
	return hold;
}

static bool take_docs(struct stamp *s, struct arena *a, struct str rest)
{
	uint32_t n, i, in;

	if (!kept_take_u32(&n, &rest) || n > rest.n)
		return false;
	s->docs = arena_array(a, n, sizeof *s->docs);
	for (i = 0; i < n; i++) {
		struct stamp_doc *d = &s->docs[i];

		if (!kept_take_str(&d->name, &rest) || !kept_take_u32(&in, &rest) || !kept_take_str(&d->reason, &rest))
			return false;
		d->in = in;
	}
	s->ndocs = n;
	return !rest.n;
}

static bool map_stamp(struct kept_map *m, struct arena *a, const struct kept_place *place, const struct copy_want *want,
    const struct oid *commit, const char *dir)
{
	unsigned char key[KEPT_KEY];

	return kept_key_of(key, place, want, commit, dir) && !kept_map(m, kept_path(a, place, dir, "stamp"), key);
}

bool stamp_is_of(const struct kept_place *place, const struct copy_want *want, const struct oid *commit, const char *dir)
{
	struct arena a = ARENA_INIT;
	struct kept_map m;
	bool is = map_stamp(&m, &a, place, want, commit, dir);

	if (is)
		kept_unmap(&m);
	arena_free(&a);
	return is;
}

bool stamp_holds(struct stamp *s, struct arena *a, struct kept *k, const struct kept_place *place, const struct copy_want *want,
    const struct oid *commit, const char *dir, unsigned threads)
{
	struct str rest, pages, id;

	*s = (struct stamp){ .tlp = STR_NONE };
	if (!k || !map_stamp(&s->map, a, place, want, commit, dir))
		return false;
	rest = s->map.body;
	if (kept_take_str(&pages, &rest) && str_eq(pages, k->stamp) && kept_take_str(&s->tlp, &rest) && kept_take_str(&id, &rest) &&
	    !rest.n && id.n == KEPT_KEY && !kept_map(&s->of_docs, kept_path(a, place, dir, "docs"), (const unsigned char *)id.p) &&
	    take_docs(s, a, s->of_docs.body) && files_hold(k, dir, threads))
		return true;
	stamp_close(s);
	return false;
}

bool stamp_goes_on(struct stamp *s, struct arena *a, const struct kept_place *place, const struct copy *c, const char *dir)
{
	*s = (struct stamp){ .tlp = c->tlp };
	if (!c->was_kept || kept_map(&s->of_docs, kept_path(a, place, dir, "docs"), c->id))
		return false;
	if (take_docs(s, a, s->of_docs.body) && s->ndocs == c->nall)
		return true;
	stamp_close(s);
	return false;
}

void stamp_close(struct stamp *s)
{
	kept_unmap(&s->map);
	kept_unmap(&s->of_docs);
}

_Static_assert(sizeof ((struct copy *)0)->id == KEPT_KEY, "an id is a key");

/* Unless they are there. */
static enum rc save_docs(const struct copy *c, const char *path, struct err *e)
{
	struct kept_map m;
	struct kept_out *o = NULL;
	size_t i;
	enum rc rc;

	if (!kept_map(&m, path, c->id)) {
		kept_unmap(&m);
		return RC_OK;
	}
	if ((rc = kept_begin(&o, path, c->id, e)))
		return rc;
	kept_add_u32(o, (uint32_t)c->nall);
	for (i = 0; i < c->nall; i++) {
		kept_add_str(o, c->all[i].name);
		kept_add_u32(o, c->all[i].in);
		kept_add_str(o, cstr(c->all[i].reason));
	}
	return kept_end(o, e);
}

enum rc stamp_save(const struct kept_place *place, const struct copy *c, const char *dir, struct str pages, struct err *e)
{
	struct arena a = ARENA_INIT;
	unsigned char key[KEPT_KEY];
	struct kept_out *o = NULL;
	const char *path = kept_path(&a, place, dir, "stamp");
	enum rc rc = RC_OK;

	if (!path || !kept_key_of(key, place, &c->want, &c->commit, dir) ||
	    (rc = save_docs(c, kept_path(&a, place, dir, "docs"), e)) || (rc = kept_begin(&o, path, key, e)))
		goto out;
	kept_add_str(o, pages);
	kept_add_str(o, c->tlp);
	kept_add_str(o, (struct str){ (const char *)c->id, sizeof c->id });
	rc = kept_end(o, e);
out:
	arena_free(&a);
	return rc;
}
