/* render/stamp.c: see stamp.h. A file of kept.c, with
 *
 *	label	the highest one: a string
 *	docs	count; for each: name, 1 when it is in, reason
 *	files	count; for each: name, digest, stat
 *
 * Its key is a hash of all that a build hangs on: the program, the options, the theme, the folder, the commit. */
#include "render/stamp.h"

#include <fcntl.h>
#include <unistd.h>

#include "kb/gate/sodium.h"

/* All that follows what was told; false: a file is not as it was. */
static bool files_hold(size_t *count, struct str s, const char *dir)
{
	struct buf b = BUF_INIT;
	struct kept_file f;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct kept_stat now;
	uint32_t n = 0, i;
	bool hold = fd >= 0 && kept_take_u32(&n, &s);

	for (i = 0; hold && i < n; i++)
		hold = kept_take_file(&f, &s) && kept_untouched(&now, &f, fd, &b);
	if (fd >= 0)
		close(fd);
	buf_free(&b);
	*count = n;
	return hold && !s.n;
}

bool stamp_holds(struct stamp *s, struct arena *a, const struct kept_place *place, const struct copy_want *want,
    const struct oid *commit, const char *dir)
{
	unsigned char key[KEPT_KEY];
	struct str rest;
	uint32_t n, i, in;
	bool ok;

	*s = (struct stamp){ .tlp = STR_NONE };
	if (!kept_key_of(key, place, want, commit, dir) ||
	    kept_map(&s->map, kept_path(a, place, dir, "stamp"), key))
		return false;
	rest = s->map.body;
	ok = kept_take_str(&s->tlp, &rest) && kept_take_u32(&n, &rest) && n <= rest.n;
	s->docs = arena_array(a, ok ? n : 0, sizeof *s->docs);
	for (i = 0; ok && i < n; i++) {
		ok = kept_take_str(&s->docs[i].name, &rest) && kept_take_u32(&in, &rest) && kept_take_str(&s->docs[i].reason, &rest);
		s->docs[i].in = ok && in;
	}
	s->ndocs = ok ? n : 0;
	if (ok && files_hold(&s->files, rest, dir))
		return true;
	stamp_close(s);
	return false;
}

void stamp_close(struct stamp *s)
{
	kept_unmap(&s->map);
}

enum rc stamp_save(const struct kept_place *place, const struct copy *c, const char *dir, const struct kept_file *files,
    size_t n, struct err *e)
{
	struct arena a = ARENA_INIT;
	unsigned char key[KEPT_KEY];
	struct kept_out *o = NULL;
	const char *path = kept_path(&a, place, dir, "stamp");
	enum rc rc = RC_OK;
	size_t i;

	if (!path || !kept_key_of(key, place, &c->want, &c->commit, dir) || (rc = kept_begin(&o, path, key, e)))
		goto out;
	kept_add_str(o, c->tlp);
	kept_add_u32(o, (uint32_t)c->nall);
	for (i = 0; i < c->nall; i++) {
		kept_add_str(o, c->all[i].name);
		kept_add_u32(o, c->all[i].in);
		kept_add_str(o, cstr(c->all[i].reason));
	}
	kept_add_u32(o, (uint32_t)n);
	for (i = 0; i < n; i++)
		kept_add_file(o, &files[i]);
	rc = kept_end(o, e);
out:
	arena_free(&a);
	return rc;
}
