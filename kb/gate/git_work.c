/* kb/gate/git_work.c: the work tree against a commit.
 *
 * The walk is our own, folder by folder with lstat: libgit2's diff follows attributes and filters, and does
 * not tell a fifo from nothing. A file's id comes from .git/index when its stat is as in its entry
 * (git_index.c), else it is hashed, byte for byte: documents have no filters. Symbolic links are looked at,
 * never followed; the parents of a path that is written are looked at too, because one of them may be a link
 * to somewhere else. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/base/sha1.h"
#include "kb/gate/git_parts.h"

#define WALK_DEPTH 64			/* folders; deeper ones are told, not walked */
#define BLOB_BYTES ((size_t)256 << 20)	/* of a file that a checkout writes */

/* Blob id of what stands at path, which is *st: a regular file or a link. */
static enum rc hash_disk(struct oid *o, const char *path, const struct stat *st, struct err *e)
{
	struct sha1 s;
	char part[65536];
	uint64_t size = 0;
	ssize_t n = 0;
	int fd;

	if (S_ISLNK(st->st_mode)) {
		if ((n = readlink(path, part, sizeof part)) < 0)
			return err_errno(e, "%s", path);
		*o = repo_hash_blob((struct str){ part, (size_t)n });
		return RC_OK;
	}
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)) < 0)
		return err_errno(e, "%s", path);
	sha1_init(&s);
	sha1_add(&s, part, (size_t)snprintf(part, sizeof part, "blob %lld", (long long)st->st_size) + 1);
	while ((n = read(fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		sha1_add(&s, part, (size_t)n);
		size += (uint64_t)n;
	}
	if (n < 0) {
		enum rc rc = err_errno(e, "%s", path);

		close(fd);
		return rc;
	}
	close(fd);
	if (size != (uint64_t)st->st_size)
		return err_set(e, RC_CONFLICT, "%s: it changes while it is read; try again", path);
	sha1_done(o->b, &s);
	return RC_OK;
}

/* The same, from the index when it may be trusted; an entry that turns out right takes the new stat. */
static enum rc disk_id(struct oid *o, bool *refreshed, const struct index_file *ix, struct str path, const char *full,
    const struct stat *st, struct err *e)
{
	struct index_entry *en = index_find(ix, path);
	unsigned mode;
	enum rc rc;

	if (en && index_trust(ix, en, st)) {
		*o = en->id;
		return RC_OK;
	}
	if ((rc = hash_disk(o, full, st, e)))
		return rc;
	if (en && oid_eq(&en->id, o) && S_ISLNK(st->st_mode) == (en->mode == MODE_LINK)) {
		mode = en->mode;	/* the x bit is the commit's business */
		if (st->st_size)
			*refreshed = true;
		index_stat(en, st);
		en->mode = mode;
	}
	return RC_OK;
}

static unsigned disk_mode(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return st->st_mode & 0100 ? MODE_EXEC : MODE_FILE;
	return st->st_mode & MODE_KIND;
}

/* First place in a list by path that is not before it. */
static size_t lower(const struct change *v, size_t n, struct str path)
{
	size_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (str_cmp(v[mid].path, path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct change *change_find(const struct change *v, size_t n, struct str path)
{
	size_t i = lower(v, n, path);

	return i < n && str_eq(v[i].path, path) ? &v[i] : NULL;
}

struct walk {
	struct repo *r;
	struct arena a;
	const char *dir;
	struct index_file ix;
	struct change *commit;		/* the commit's tree, as changes from nothing */
	size_t ncommit;
	struct change *disk;		/* what was found: path, new, mode */
	size_t ndisk, cap;
	bool refreshed, filemode;
};

static void found(struct walk *w, struct str path, const struct oid *o, unsigned mode)
{
	if (w->ndisk == w->cap)
		w->disk = arena_grow(&w->a, w->disk, &w->cap, sizeof *w->disk);
	w->disk[w->ndisk++] = (struct change){ path, OID_NONE, *o, mode };
}

/* Does git know a path below this folder ("a/")? */
static bool tracked_below(const struct walk *w, struct str folder)
{
	size_t i = lower(w->commit, w->ncommit, folder), lo = 0, hi = w->ix.n, mid;

	if (i < w->ncommit && str_starts(w->commit[i].path, folder))
		return true;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (str_cmp(w->ix.v[mid].path, folder) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < w->ix.n && str_starts(w->ix.v[lo].path, folder);
}

static enum rc walk_dir(struct walk *w, struct str rel, unsigned depth, struct err *e);

static enum rc walk_folder(struct walk *w, struct str path, const char *full, unsigned depth, struct err *e)
{
	const struct change *c = change_find(w->commit, w->ncommit, path);
	struct str folder = cstr(arena_printf(&w->a, "%s/", path.p));
	bool ignored = false;
	enum rc rc;

	if (c && c->mode == MODE_GIT) {	/* there as it should be; what it holds is its own */
		found(w, path, &c->new, MODE_GIT);
		return RC_OK;
	}
	if (!tracked_below(w, folder)) {
		if ((rc = repo_ignored(&ignored, w->r, folder.p, e)) || ignored)
			return rc;
	}
	if (file_exists(path_join(&w->a, full, ".git"))) {
		found(w, path, &OID_NONE, MODE_GIT);
		return RC_OK;
	}
	if (depth + 1 >= WALK_DEPTH)
		return err_set(e, RC_INVALID, "%s: folders more than %d deep; move it out or name it in .gitignore", full,
		    WALK_DEPTH);
	return walk_dir(w, path, depth + 1, e);
}

static enum rc walk_one(struct walk *w, struct str path, unsigned depth, struct err *e)
{
	const char *full = path_join(&w->a, w->dir, path.p);
	struct oid o = OID_NONE;
	struct stat st;
	bool ignored;
	enum rc rc;

	if (lstat(full, &st))
		return errno == ENOENT ? RC_OK : err_errno(e, "%s", full);	/* gone meanwhile: as if it never was */
	if (S_ISDIR(st.st_mode))
		return walk_folder(w, path, full, depth, e);
	if (!change_find(w->commit, w->ncommit, path) && !index_find(&w->ix, path)) {
		if ((rc = repo_ignored(&ignored, w->r, path.p, e)) || ignored)
			return rc;
	}
	if ((S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)) &&
	    (rc = disk_id(&o, &w->refreshed, &w->ix, path, full, &st, e)))
		return rc;
	found(w, path, &o, disk_mode(&st));
	return RC_OK;
}

static enum rc walk_dir(struct walk *w, struct str rel, unsigned depth, struct err *e)
{
	char **names;
	size_t n, i;
	enum rc rc = dir_list(&names, &n, &w->a, rel.n ? path_join(&w->a, w->dir, rel.p) : w->dir, e);

	if (rc == RC_NOTFOUND && rel.n)
		return RC_OK;		/* gone meanwhile */
	for (i = 0; !rc && i < n; i++) {
		if (rel.n == 0 && strcmp(names[i], ".git") == 0)
			continue;
		rc = walk_one(w, cstr(path_join(&w->a, rel.n ? rel.p : "", names[i])), depth, e);
	}
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return str_cmp(((const struct change *)a)->path, ((const struct change *)b)->path);
}

/* Below a folder that was given as a repository of its own? Nothing is known of such a path. */
static bool nested(const struct walk *w, struct str path)
{
	const struct change *c;
	size_t i;

	for (i = 0; i < path.n; i++)
		if (path.p[i] == '/' && (c = change_find(w->disk, w->ndisk, str_sub(path, 0, i))) && c->mode == MODE_GIT)
			return true;
	return false;
}

static bool differs(const struct walk *w, const struct change *commit, const struct change *disk)
{
	unsigned mode = commit->mode;

	if ((mode & MODE_KIND) == (MODE_FILE & MODE_KIND)) {
		mode = mode & 0100 ? MODE_EXEC : MODE_FILE;	/* old gits wrote 0100664 */
		if (!w->filemode && (disk->mode & MODE_KIND) == (MODE_FILE & MODE_KIND))
			mode = disk->mode;
	}
	return mode != disk->mode || !oid_eq(&commit->new, &disk->new);
}

static enum rc walk_report(struct walk *w, change_fn *fn, void *ctx, struct err *e)
{
	size_t i = 0, j = 0;
	enum rc rc = RC_OK;

	if (w->ndisk)
		qsort(w->disk, w->ndisk, sizeof *w->disk, by_path);
	while (!rc && (i < w->ncommit || j < w->ndisk)) {
		const struct change *c = i < w->ncommit ? &w->commit[i] : NULL, *d = j < w->ndisk ? &w->disk[j] : NULL;
		int cmp = !c ? 1 : !d ? -1 : str_cmp(c->path, d->path);
		struct change out;

		i += cmp <= 0;
		j += cmp >= 0;
		if (cmp < 0) {
			if (nested(w, c->path))
				continue;
			out = (struct change){ c->path, c->new, OID_NONE, 0 };
		} else if (cmp > 0) {
			out = *d;
		} else {
			if (!differs(w, c, d))
				continue;
			out = (struct change){ c->path, c->new, d->new, d->mode };
		}
		rc = fn(ctx, &out, e);
	}
	return rc;
}

/* Write the stat data that were found right; a cache, so whatever stands in the way, it is left alone. */
static void walk_refresh(struct walk *w, const char *path)
{
	struct err ignored = ERR_INIT;
	int fd;

	if (!w->refreshed || index_lock(&fd, path, false, &ignored))
		return;
	if (!index_stands(&w->ix, path))
		index_unlock(fd, path);
	else if (index_write(fd, path, w->ix.v, w->ix.n, w->ix.st.st_mtim.tv_sec, &ignored))
		return;
}

enum rc repo_worktree_diff(struct repo *r, const struct oid *commit, change_fn *fn, void *ctx, struct err *e)
{
	struct walk w = { .r = r, .a = ARENA_INIT };
	const char *index;
	enum rc rc;

	if ((rc = repo_work_dir(&w.dir, r, e)))
		return rc;
	index = path_join(&w.a, repo_git_dir(r), "index");
	w.filemode = repo_filemode(r);
	if ((rc = repo_changes(&w.commit, &w.ncommit, &w.a, r, NULL, commit, e)) ||
	    (rc = index_read(&w.ix, &w.a, index, e)) || (rc = walk_dir(&w, STR(""), 0, e)))
		goto out;
	walk_refresh(&w, index);
	rc = walk_report(&w, fn, ctx, e);
out:
	arena_free(&w.a);
	return rc;
}

/* A path of the work tree, its parents looked at: the last folder found good is remembered. */
struct place {
	const char *dir;
	struct buf full;		/* dir/path, of the path asked last */
	struct buf good;		/* a folder below dir, all of whose parts are folders, with a slash at the end */
	struct buf part;
};
enum stands { ABSENT, THERE, BLOCKED, NESTED };	/* BLOCKED: a parent is no folder; NESTED: a repository of its own */

static void place_free(struct place *p)
{
	buf_free(&p->full);
	buf_free(&p->good);
	buf_free(&p->part);
}

/* Are the parents of path folders? make: those that are not there are made. */
static enum rc place_parents(enum stands *s, struct place *p, struct str path, bool make, struct err *e)
{
	struct stat st;
	size_t i;

	*s = THERE;
	for (i = 0; i < path.n && *s == THERE; i++) {
		if (path.p[i] != '/' || str_starts(buf_str(&p->good), str_sub(path, 0, i + 1)))
			continue;
		buf_clear(&p->part);
		buf_printf(&p->part, "%s/", p->dir);
		buf_str_add(&p->part, str_sub(path, 0, i));
		if (lstat(p->part.p, &st) == 0) {
			*s = S_ISDIR(st.st_mode) ? THERE : BLOCKED;
			buf_puts(&p->part, "/.git");
			if (*s == THERE && file_exists(p->part.p))
				*s = NESTED;
		} else if (errno != ENOENT) {
			return err_errno(e, "%s", p->part.p);
		} else if (!make) {
			*s = ABSENT;
		} else if (mkdir(p->part.p, 0777)) {
			return err_errno(e, "%s", p->part.p);
		}
		if (*s == THERE) {
			buf_clear(&p->good);
			buf_str_add(&p->good, str_sub(path, 0, i + 1));
		}
	}
	return RC_OK;
}

static enum rc place_look(enum stands *s, struct stat *st, struct place *p, struct str path, struct err *e)
{
	enum rc rc = place_parents(s, p, path, false, e);

	buf_clear(&p->full);
	buf_printf(&p->full, "%s/", p->dir);
	buf_str_add(&p->full, path);
	if (rc || *s != THERE || lstat(p->full.p, st) == 0)
		return rc;
	if (errno != ENOENT && errno != ENOTDIR)
		return err_errno(e, "%s", p->full.p);
	*s = ABSENT;
	return RC_OK;
}

/* Remove the folders above a path that are empty now. */
static void place_prune(struct place *p, struct str path)
{
	size_t i;

	for (i = path.n; i-- > 0;) {
		if (path.p[i] != '/')
			continue;
		buf_clear(&p->part);
		buf_printf(&p->part, "%s/", p->dir);
		buf_str_add(&p->part, str_sub(path, 0, i));
		if (rmdir(p->part.p))
			break;
		buf_clear(&p->good);
	}
}

/* What a checkout did to a path. */
struct done {
	enum { KEPT, RIGHT, GONE } what;	/* RIGHT: stands as in the commit, st tells */
	struct stat st;
};

struct checkout {
	struct repo *r;
	struct arena a;
	struct place place;
	struct index_file ix;
	struct change *c;
	struct done *done;
	size_t n;
};

static bool plain(unsigned mode)
{
	return (mode & MODE_KIND) == (MODE_FILE & MODE_KIND);
}

static enum rc checkout_remove(struct checkout *k, size_t i, struct err *e)
{
	const struct change *c = &k->c[i];
	bool refreshed;
	enum stands s;
	struct stat st;
	struct oid is;
	enum rc rc;

	k->done[i].what = KEPT;
	if ((rc = place_look(&s, &st, &k->place, c->path, e)))
		return rc;
	if (s == ABSENT || s == BLOCKED || (s == THERE && S_ISDIR(st.st_mode)))
		k->done[i].what = GONE;
	if (s != THERE || !(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)))
		return RC_OK;
	if ((rc = disk_id(&is, &refreshed, &k->ix, c->path, k->place.full.p, &st, e)))
		return rc;
	if (!oid_eq(&is, &c->old))
		return RC_OK;
	if (unlink(k->place.full.p))
		return err_errno(e, "%s", k->place.full.p);
	k->done[i].what = GONE;
	place_prune(&k->place, c->path);
	return RC_OK;
}

static enum rc checkout_write(struct checkout *k, size_t i, struct err *e)
{
	const struct change *c = &k->c[i];
	mode_t mode = c->mode & 0100 ? 0755 : 0644;
	struct buf bytes = BUF_INIT;
	bool refreshed;
	struct oid is = OID_NONE;
	enum stands s;
	struct stat st;
	enum rc rc;

	k->done[i].what = KEPT;
	if ((rc = place_look(&s, &st, &k->place, c->path, e)))
		return rc;
	if (s == BLOCKED || s == NESTED || !plain(c->mode) || (s == THERE && !S_ISREG(st.st_mode)))
		return RC_OK;
	if (s == THERE && (rc = disk_id(&is, &refreshed, &k->ix, c->path, k->place.full.p, &st, e)))
		return rc;
	if (s == THERE && oid_eq(&is, &c->new)) {
		if (!(st.st_mode & 0100) != !(mode & 0100) && chmod(k->place.full.p, mode))
			return err_errno(e, "%s", k->place.full.p);
	} else if (!oid_eq(&is, &c->old)) {
		return RC_OK;		/* changed, made or deleted by somebody: theirs */
	} else {
		if (!(rc = repo_read(&bytes, k->r, &c->new, OBJECT_BLOB, BLOB_BYTES, e)) &&
		    !(rc = place_parents(&s, &k->place, c->path, true, e)))
			rc = file_write_fast(k->place.full.p, buf_str(&bytes), mode, e);
		buf_free(&bytes);
		if (rc)
			return rc == RC_NOTFOUND ? (e->rc = RC_CORRUPT) : rc;
	}
	if (lstat(k->place.full.p, &k->done[i].st))
		return err_errno(e, "%s", k->place.full.p);
	k->done[i].what = RIGHT;
	return RC_OK;
}

static struct index_entry entry_of(const struct change *c)
{
	return (struct index_entry){ .path = c->path, .id = c->new,
		.mode = !plain(c->mode) ? c->mode : c->mode & 0100 ? MODE_EXEC : MODE_FILE };
}

/* The index under its lock: entries of other paths as they are, of the paths moved as in the commit. */
static enum rc checkout_index(struct checkout *k, const char *path, struct err *e)
{
	struct index_file *ix = &k->ix;
	struct index_entry *v;
	size_t i, n = 0;
	enum rc rc;
	int fd;

	if ((rc = index_lock(&fd, path, true, e)))
		return rc;
	if (!index_stands(ix, path) && (rc = index_read(ix, &k->a, path, e))) {
		index_unlock(fd, path);
		return rc;
	}
	v = arena_array(&k->a, ix->n + k->n, sizeof *v);
	for (i = 0; i < ix->n; i++)
		if (!change_find(k->c, k->n, ix->v[i].path))
			v[n++] = ix->v[i];
	for (i = 0; i < k->n; i++) {
		if (oid_is_none(&k->c[i].new))
			continue;
		v[n] = entry_of(&k->c[i]);
		if (k->done[i].what == RIGHT) {
			unsigned mode = v[n].mode;

			index_stat(&v[n], &k->done[i].st);
			v[n].mode = mode;
		}
		n++;
	}
	return index_write(fd, path, v, n, ix->there ? ix->st.st_mtim.tv_sec : 0, e);
}

static enum rc paths_safe(const struct change *c, size_t n, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!path_safe(c[i].path))
			return err_set(e, RC_INVALID, "a path of the commit that must not be made on a disk: \"%.*s\"",
			    FMT_STR(c[i].path));
	return RC_OK;
}

enum rc repo_checkout(struct repo *r, const struct oid *from, const struct oid *to, change_fn *kept, void *ctx, struct err *e)
{
	struct checkout k = { .r = r, .a = ARENA_INIT };
	const char *index;
	enum rc rc;
	size_t i;

	if ((rc = repo_work_dir(&k.place.dir, r, e)))
		return rc;
	index = path_join(&k.a, repo_git_dir(r), "index");
	if ((rc = repo_changes(&k.c, &k.n, &k.a, r, from, to, e)) || (rc = paths_safe(k.c, k.n, e)) ||
	    (rc = index_read(&k.ix, &k.a, index, e)))
		goto out;
	k.done = arena_array(&k.a, k.n, sizeof *k.done);
	for (i = 0; i < k.n && !rc; i++)	/* first, so that a folder may become a file */
		if (oid_is_none(&k.c[i].new))
			rc = checkout_remove(&k, i, e);
	for (i = 0; i < k.n && !rc; i++)
		if (!oid_is_none(&k.c[i].new))
			rc = checkout_write(&k, i, e);
	if (!rc)
		rc = k.ix.there || !from ? checkout_index(&k, index, e) : repo_index_set(r, to, e);
	for (i = 0; i < k.n && !rc && kept; i++)
		if (k.done[i].what == KEPT)
			rc = kept(ctx, &k.c[i], e);
out:
	place_free(&k.place);
	arena_free(&k.a);
	return rc;
}

/* One entry as in the commit; with stat data when the file is too. */
static enum rc index_set_one(struct index_entry *en, const struct change *c, const struct index_file *ix, struct place *p,
    struct err *e)
{
	struct index_entry *old = index_find(ix, c->path);
	unsigned mode;
	enum stands s;
	struct stat st;
	struct oid is;
	enum rc rc;

	*en = entry_of(c);
	if (old && oid_eq(&old->id, &c->new) && old->mode == en->mode && old->size && old->mtime < ix->st.st_mtim.tv_sec) {
		/* what the index knows of this content stays true, whatever stands on the disk by now */
		*en = *old;
		en->path = c->path;
		en->flags = en->more = 0;
		return RC_OK;
	}
	if ((rc = place_look(&s, &st, p, c->path, e)) || s != THERE ||
	    (plain(en->mode) ? !S_ISREG(st.st_mode) : en->mode != MODE_LINK || !S_ISLNK(st.st_mode)))
		return rc;
	if (old && index_trust(ix, old, &st))
		is = old->id;
	else if ((rc = hash_disk(&is, p->full.p, &st, e)))
		return rc;
	if (oid_eq(&is, &c->new)) {
		mode = en->mode;
		index_stat(en, &st);
		en->mode = mode;
	}
	return RC_OK;
}

enum rc repo_index_set(struct repo *r, const struct oid *commit, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct place p = { .dir = NULL };
	struct index_entry *v;
	struct index_file ix;
	struct change *c;
	const char *path;
	size_t n, i;
	enum rc rc;
	int fd;

	if ((rc = repo_work_dir(&p.dir, r, e)))
		return rc;
	path = path_join(&a, repo_git_dir(r), "index");
	if ((rc = repo_changes(&c, &n, &a, r, NULL, commit, e)) || (rc = paths_safe(c, n, e)) ||
	    (rc = index_lock(&fd, path, true, e)))
		goto out;
	v = arena_array(&a, n, sizeof *v);
	rc = index_read(&ix, &a, path, e);
	for (i = 0; i < n && !rc; i++)
		rc = index_set_one(&v[i], &c[i], &ix, &p, e);
	if (rc)
		index_unlock(fd, path);
	else
		rc = index_write(fd, path, v, n, ix.there ? ix.st.st_mtim.tv_sec : 0, e);
out:
	place_free(&p);
	arena_free(&a);
	return rc;
}
