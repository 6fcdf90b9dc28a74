/* render/site.c: see site.h.
 *
 * The manifest (manifest.h) is written twice: before the first page, when there are new names, with those of the old and the
 * new build together (zeros for hashes; a few are put behind the old ones), and at the end with what is there. So a build that
 * was cut short is known as ours and is mended by the next one, which removes or writes anew what it left half written; two
 * builds into one folder wait for each other. Where names are the same and it is as the build before left it, only the digits
 * that are others are written, at the end, in their place. Whether a page is written anew is decided by its bytes on disk, not
 * by the manifest: a damaged file is mended too.
 *
 * A page is not even made when the build before kept what it was made of (kept.h), all of that is so still, and the file
 * is as that build left it: its stat tells, else its hash. The search index is changed where documents were (find_patch.c);
 * it stays when no document's page was made. */
#include "render/site.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/gate/nettle.h"
#include "kb/gate/sodium.h"
#include "render/body.h"
#include "render/facts.h"
#include "render/kept.h"
#include "render/lists.h"
#include "render/manifest.h"
#include "render/page.h"
#include "render/stamp.h"
#include "render/strings.h"

#define HOME "index.html"
#define PAGE_MAX ((size_t)64 << 20)	/* bytes of an old page worth comparing */

static enum rc not_ours(const char *dir, const char *what, struct err *e)
{
	return err_set(e, RC_INVALID, "%s: %s; name an empty or new folder, or one that holds an earlier site", dir, what);
}

/* The names in the old manifest, as they stand; none when there is none. */
static enum rc old_names(struct site_before *b, const char *dir, struct err *e)
{
	const char *path = path_join(&b->a, dir, MANIFEST);
	struct str rest, line;
	size_t cap = 0;
	enum rc rc;

	if ((rc = file_read(&b->text, path, MANIFEST_MAX, e)) == RC_NOTFOUND)
		return RC_OK;
	rest = buf_str(&b->text);
	while (rest.n && rest.p[rest.n - 1] != '\n')	/* announced in part: nothing was written by that name */
		rest.n--;
	while (!rc && str_line(&line, &rest)) {
		if (b->n == cap)
			b->names = arena_grow(&b->a, b->names, &cap, sizeof *b->names);
		if (!manifest_take(&b->names[b->n++], line))
			rc = not_ours(dir, "its " MANIFEST " is not one of a site", e);
	}
	if (!rc && !b->n)
		rc = not_ours(dir, "its " MANIFEST " is empty", e);
	return rc;
}

/* "d/x.html.tmp-Ab3xYz": what a build that was stopped left of a file. */
static bool half(struct str name)
{
	struct str whole = str_sub(name, 0, name.n < 11 ? 0 : name.n - 11);

	return str_starts(str_sub(name, whole.n, name.n), STR(".tmp-")) && (str_is(whole, MANIFEST) || manifest_name(whole));
}

/* Of each folder, "" first, what tells whether a file came or went: FOLDER_STAT bytes, zeros for none. */
enum { FOLDERS = 1 + SITE_FOLDERS, FOLDER_STAT = sizeof(struct kept_stat) };

static void folder_stats(struct kept_stat to[FOLDERS], int fd)
{
	struct stat st;
	size_t k;

	for (k = 0; k < FOLDERS; k++)
		to[k] = fstatat(fd, k ? site_folders[k - 1] : ".", &st, AT_SYMLINK_NOFOLLOW) ? (struct kept_stat){ 0 } : kept_stat(&st);
}

/* Of the folders when the build before ended; NULL: that is not known. */
static const char *folders_before(const struct kept *k)
{
	return k && k->folders.n == FOLDERS * FOLDER_STAT ? k->folders.p : NULL;
}

bool site_no_file_came(const struct kept *k, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct kept_stat now[FOLDERS];
	const char *was = folders_before(k);
	bool same = was && fd >= 0;

	if (same) {
		folder_stats(now, fd);
		same = !memcmp(was, now, sizeof now) && kept_stat_tells(&now[0]);
	}
	if (fd >= 0)
		close(fd);
	return same;
}

/* was: folders_before; only those that are others now are looked through. */
static void remove_halves(const char *dir, int fd, const char *was)
{
	struct kept_stat now[FOLDERS];
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	size_t n, i, k;
	char **names;

	folder_stats(now, fd);
	for (k = 0; k < FOLDERS; k++) {
		const char *folder = k ? site_folders[k - 1] : "";

		if (was && kept_stat_tells(&now[k]) && !memcmp(was + k * FOLDER_STAT, &now[k], FOLDER_STAT))
			continue;
		if (dir_list(&names, &n, &a, path_join(&a, dir, folder), &e))
			continue;		/* not there */
		for (i = 0; i < n; i++) {
			const char *name = path_join(&a, folder, names[i]);

			if (half(cstr(name)))
				(void)unlink(path_join(&a, dir, name));
		}
		arena_reset(&a);
	}
	arena_free(&a);
}

/* Zeros: there is none. */
static struct kept_stat manifest_stat(const char *dir)
{
	struct arena a = ARENA_INIT;
	struct stat st;
	struct kept_stat s = lstat(path_join(&a, dir, MANIFEST), &st) ? (struct kept_stat){ 0 } : kept_stat(&st);

	arena_free(&a);
	return s;
}

/* Is the manifest the one that the build before left: then it names the files that are kept. */
static bool names_kept(struct site_before *b, const struct kept *k)
{
	size_t i;

	if (!kept_stat_same(&b->stat, &k->manifest))
		return false;
	b->names = arena_array(&b->a, k->nfiles, sizeof *b->names);
	for (i = 0; i < k->nfiles; i++)
		b->names[i] = arena_str(&b->a, k->files[i].name);
	b->n = k->nfiles;
	return b->n > 0;
}

enum rc site_check(struct site_before *b, const char *dir, const struct kept *k, struct err *e)
{
	struct kept_stat now = manifest_stat(dir);	/* before it is read: who writes it then is noticed */
	char **names;
	size_t n, i;
	enum rc rc;

	if (!b->n || !kept_stat_same(&now, &b->stat)) {
		site_before_free(b);
		*b = (struct site_before){ .stat = now, .a = ARENA_INIT };
	}
	if (!b->n && (!k || !names_kept(b, k))) {
		if ((rc = dir_list(&names, &n, &b->a, dir, e)) == RC_NOTFOUND)
			return file_exists(dir) ? not_ours(dir, "not a folder", e) : RC_OK;
		if (rc || (rc = old_names(b, dir, e)))
			return rc;
		for (i = 0; i < n && !b->n; i++)
			if (!half(cstr(names[i])))
				return not_ours(dir, arena_printf(&b->a, "holds '%s', which no site of ours wrote", names[i]), e);
	}
	for (i = 0; i < SITE_FOLDERS; i++) {
		const char *path = path_join(&b->a, dir, site_folders[i]);

		if (file_exists(path) && !file_is_dir(path))
			return not_ours(dir, arena_printf(&b->a, "'%s' in it is no folder", site_folders[i]), e);
	}
	if (b->docs)
		return RC_OK;
	for (i = 1; i < b->n && str_cmp(b->names[i - 1], b->names[i]) < 0; i++)
		;
	if (i < b->n)
		qsort(b->names, b->n, sizeof *b->names, str_order);
	b->docs = arena_array(&b->a, b->n, sizeof *b->docs);
	for (i = 0; i < b->n; i++)	/* without the ending their order may be another */
		if (str_starts(b->names[i], STR("d/")))
			strs_insert(b->docs, b->ndocs++, str_sub(b->names[i], 2, b->names[i].n - strlen(".html")));
	return RC_OK;
}

void site_before_free(struct site_before *b)
{
	buf_free(&b->text);
	arena_free(&b->a);
}

static bool same_on_disk(const char *path, struct str page, struct buf *old)
{
	struct err e = ERR_INIT;

	buf_clear(old);
	return file_read(old, path, PAGE_MAX, &e) == RC_OK && str_eq(buf_str(old), page);	/* unreadable: write it */
}

struct names {				/* sorted */
	struct str *v;
	size_t n;
};

struct build {
	const char *dir;
	struct md **md;			/* one for each thread */
	unsigned threads;
	const struct copy *copy;
	struct site_told *told;
	struct names old;		/* of the manifest before */
	struct kept_stat manifest;	/* its stat, before */
	int fd;				/* of dir */
	const struct kept_place *place;	/* or NULL */
	struct kept *kept;		/* of the build before, or NULL; owned */
	const char *files, *texts;	/* paths of what is kept; NULL: nothing is */
	bool anew;			/* pages of documents that were left are made after all, and no others */
	bool all_kept;			/* find_keep_all */
	unsigned char key[KEPT_KEY];
};

struct file {				/* of the new build */
	struct str name;
	unsigned char digest[MANIFEST_DIGEST];
	char *bad;			/* why its text could not be laid out; owned */
	struct kept_stat stat;
	const struct facts *of;		/* who noted its facts; NULL: kept ones */
	size_t from, nfacts;		/* in the list of those */
	const struct kept_file *was, *kept;	/* as the build before kept it, or NULL; kept: it is so still */
	bool noted, whole;		/* whole: stat and digest are known, the file is as it was */
};

/* Files made by several threads, each taking the next one. A file is a matter of the copy and its name alone, so who
 * makes it is not seen in it. */
struct work {
	struct build *s;
	struct file *files;
	size_t n;
	const struct page_want *want;	/* pages; NULL: files of the search index */
	struct str ready;		/* the only page; STR_NONE: it is to be made */
	struct find *find;
	struct facts *facts;		/* one for each thread; NULL: nothing is noted */
	atomic_size_t next;
	atomic_bool stop;
	atomic_size_t made;		/* pages of documents */
};
/* A thread takes some files at a time, and looks at the next ones before it makes them: their texts are laid out meanwhile. */
enum { AHEAD = 8 };
struct ahead {
	size_t from, to;
	bool stays[AHEAD];		/* it needs not be made */
	struct buf texts[AHEAD];	/* of documents; none: it is read when it is made */
};
struct hand {				/* one thread */
	struct work *w;
	unsigned part;
	struct copy copy;		/* ours, watched */
	struct arena arena;
	struct buf page, disk;
	struct pieces pieces;
	struct ahead ahead[2];
	size_t written, at;		/* at: the file that failed */
	size_t document;		/* see document_of */
	enum rc rc;
	struct err err;
	pthread_t thread;
	bool running;
};

static bool known(const struct names *v, struct str name)
{
	size_t at = str_lower(v->v, v->n, name);

	return at < v->n && str_eq(v->v[at], name);
}

#define ANNOUNCED 64			/* names that are put behind the old ones; the lines of more are written with them */

/* The manifest before the work: old and new names. */
static enum rc announce(const struct build *s, const struct names *now, struct err *e)
{
	struct buf all = BUF_INIT, new = BUF_INIT;
	size_t i = 0, j = 0, came = 0;
	enum rc rc = RC_OK;

	while (j < now->n) {
		int d = i == s->old.n ? 1 : str_cmp(s->old.v[i], now->v[j]);

		if (d > 0) {
			manifest_add(&new, NULL, now->v[j]);
			came++;
		}
		i += d <= 0;
		j += d >= 0;
	}
	if (came && !(s->old.n && came <= ANNOUNCED && manifest_append(s->fd, buf_str(&new)))) {
		for (i = 0; i < s->old.n; i++)
			manifest_add(&all, NULL, s->old.v[i]);
		buf_str_add(&all, buf_str(&new));
		rc = manifest_write(s->dir, buf_str(&all), e);
	}
	buf_free(&all);
	buf_free(&new);
	return rc;
}

/* Is a file as the build before left it. */
static bool as_it_was(struct hand *h, const struct kept_file *k, struct file *f)
{
	if (kept_seen(h->w->s->kept, k))
		f->stat = k->row->stat;
	else if (!kept_untouched(&f->stat, k, h->w->s->fd, &h->disk))
		return false;
	memcpy(f->digest, k->row->digest, sizeof f->digest);
	return true;
}

/* Write h->page to a file that is not there yet. Its name is announced, so the next build mends what is half written, and
 * nobody reads what had no such name before: it needs no other name first. RC_CONFLICT: it is there. */
static enum rc create(struct hand *h, struct file *f, const char *path, struct err *e)
{
	int dir = h->w->s->fd, fd = openat(dir, f->name.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	struct stat st = { 0 };
	enum rc rc;

	if (fd < 0)
		return errno == EEXIST ? RC_CONFLICT : err_errno(e, "%s", path);
	if (!(rc = fd_write(fd, buf_str(&h->page), path, e)) && fstat(fd, &st))
		rc = err_errno(e, "%s", path);
	if (!rc && (st.st_mode & 0777) != 0644 && !(rc = fd_mode(fd, 0644, path, e)) && fstat(fd, &st))
		rc = err_errno(e, "%s", path);
	if (close(fd) && !rc)
		rc = err_errno(e, "%s", path);
	if (rc)
		(void)unlinkat(dir, f->name.p, 0);
	else
		f->stat = kept_stat(&st);
	return rc;
}

/* Write h->page to a file unless it is there. */
static enum rc put(struct hand *h, struct file *f, struct err *e)
{
	const struct build *s = h->w->s;
	const struct kept_file *k = f->was;
	const char *path = path_join(&h->arena, s->dir, f->name.p);
	bool ours = known(&s->old, f->name);
	enum rc rc;

	sha256_fast(f->digest, buf_str(&h->page));
	if (!ours && (rc = create(h, f, path, e)) != RC_CONFLICT) {
		h->written++;
		return rc;
	}
	f->stat = kept_stat_at(f->name.p, s->fd);
	if (k && kept_stat_same(&f->stat, &k->row->stat)) {
		if (!memcmp(k->row->digest, f->digest, sizeof f->digest))
			return RC_OK;
	} else if (same_on_disk(path, buf_str(&h->page), &h->disk)) {
		return RC_OK;
	}
	if (!ours && file_exists(path))
		return err_set(e, RC_INVALID, "%s: is there and no site of ours wrote it; move it away or name another folder",
		    path);
	h->written++;
	if (!(rc = file_write_fast(path, buf_str(&h->page), 0644, e)))
		f->stat = kept_stat_at(f->name.p, s->fd);
	return rc;
}

/* The document whose page has that name, or NULL: mostly a little behind the last one that was asked for. */
static const struct entry *document_of(struct hand *h, struct str name)
{
	const struct copy *c = &h->copy;
	const struct entry *e;
	size_t i;

	if (!str_starts(name, STR("d/")))
		return NULL;
	name = str_sub(name, 2, name.n - strlen(".html"));
	for (i = h->document; i < c->n && i < h->document + 4; i++)
		if (str_eq(c->v[i]->name, name)) {
			h->document = i + 1;
			return c->v[i];
		}
	if ((e = copy_find(h->w->s->copy, name)))
		h->document = e->number + 1;
	return e;
}

/* Leave a page as it is, if it would be made of the same and nobody wrote it. */
static bool leave(struct hand *h, struct file *f)
{
	struct work *w = h->w;
	const struct kept_file *k = f->was;
	const struct entry *e;

	if (!k || w->s->anew || !kept_same(w->s->kept, k) || !as_it_was(h, k, f))
		return false;
	if (w->find && !w->s->all_kept && (e = document_of(h, f->name)) && !find_keep(w->find, e))
		return false;
	f->kept = k;
	return true;
}

/* Take the next files; false: there are none. What is to be made of documents is given to the Markdown worker. */
static bool look(struct hand *h, struct ahead *a)
{
	struct work *w = h->w;
	struct err ignored = ERR_INIT;	/* it is read again */
	size_t i;

	a->from = atomic_fetch_add(&w->next, AHEAD);
	a->to = a->from + AHEAD < w->n ? a->from + AHEAD : w->n;
	for (i = a->from; i < a->to; i++) {
		struct file *f = &w->files[i];
		struct buf *text = &a->texts[i - a->from];
		const struct entry *of;

		buf_clear(text);
		a->stays[i - a->from] = w->want && (w->s->anew ? !(f->kept && str_starts(f->name, STR("d/"))) :
		    w->facts && leave(h, f));
		if (a->stays[i - a->from] || !w->want || !(of = document_of(h, f->name)))
			continue;
		if (w->find && w->s->all_kept)
			find_unkeep(w->find, of);
		if (of->broken)
			continue;
		if (copy_read(text, w->s->copy, of, &ignored))
			buf_clear(text);
		else
			body_expect(w->s->md[h->part], of, buf_str(text));
	}
	md_begin(w->s->md[h->part]);
	return a->from < w->n;
}

static enum rc make(struct hand *h, struct file *f, struct str text, struct err *e)
{
	struct work *w = h->w;
	struct page_want want;
	enum rc rc;

	buf_clear(&h->page);
	f->kept = NULL;
	if (!w->want && !find_makes(w->find, f->name)) {
		f->kept = f->was;
		return f->kept && (f->whole || as_it_was(h, f->kept, f)) ? RC_OK :
		    err_set(e, RC_IO, "%s/%.*s: somebody else writes there; build again", w->s->dir, FMT_STR(f->name));
	}
	if (!w->want) {
		(void)find_write(&h->page, w->find, f->name);
		return put(h, f, e);
	}
	want = *w->want;
	want.find_part = h->part;
	want.text = text;
	want.pieces = &h->pieces;
	if (h->copy.watch) {
		facts_page(h->copy.watch);
		f->from = h->copy.watch->list.n / sizeof(uint32_t);
	}
	if (str_starts(f->name, STR("d/")))
		atomic_fetch_add(&w->made, 1);
	if (w->ready.n) {
		buf_str_add(&h->page, w->ready);
		return put(h, f, e);
	}
	rc = page_write(&h->page, w->s->md[h->part], &h->copy, f->name, &want, e);
	if (h->copy.watch) {
		f->of = h->copy.watch;
		f->nfacts = f->of->list.n / sizeof(uint32_t) - f->from;
		f->noted = !rc;		/* what cannot be laid out is said each time */
	}
	if (rc == RC_INVALID) {
		f->bad = xmalloc(strlen(e->msg) + 1);
		strcpy(f->bad, e->msg);
	} else if (rc) {
		return rc;
	}
	return put(h, f, e);
}

static void *hand_run(void *arg)
{
	struct hand *h = arg;
	struct work *w = h->w;
	struct site_told *told = w->s->told;
	struct ahead *now = &h->ahead[0], *next = &h->ahead[1], *t;
	bool more = look(h, now);
	size_t i;

	while (more) {
		more = look(h, next);
		for (i = now->from; i < now->to; i++) {
			if (atomic_load(&w->stop))
				return NULL;
			if (h->part == 0 && told->progress)
				told->progress(told->ctx, i, w->n);
			if (!now->stays[i - now->from] &&
			    (h->rc = make(h, &w->files[i], buf_str(&now->texts[i - now->from]), &h->err))) {
				h->at = i;
				atomic_store(&w->stop, true);
				return NULL;
			}
			arena_reset(&h->arena);
		}
		t = now;
		now = next;
		next = t;
	}
	return NULL;
}

/* Make all files of w. */
static enum rc work(struct work *w, struct err *e)
{
	struct site_told *told = w->s->told;
	struct hand hands[SITE_JOBS_MAX];
	unsigned i, n = w->s->threads;
	size_t k, at = SIZE_MAX;
	enum rc rc = RC_OK;

	for (i = 0; i < n; i++) {
		hands[i] = (struct hand){ .w = w, .part = i, .copy = *w->s->copy };
		hands[i].copy.watch = w->facts ? &w->facts[i] : NULL;
		if (i > 0)		/* one that cannot be had leaves its work to the others */
			hands[i].running = pthread_create(&hands[i].thread, NULL, hand_run, &hands[i]) == 0;
	}
	hand_run(&hands[0]);
	for (i = 0; i < n; i++) {
		struct hand *h = &hands[i];

		if (h->running)
			pthread_join(h->thread, NULL);
		told->written += h->written;
		if (h->rc && h->at < at) {
			at = h->at;
			rc = err_set(e, h->rc, "%s", h->err.msg);
		}
		buf_free(&h->page);
		buf_free(&h->disk);
		pieces_free(&h->pieces);
		for (k = 0; k < AHEAD; k++) {
			buf_free(&h->ahead[0].texts[k]);
			buf_free(&h->ahead[1].texts[k]);
		}
		md_forget(w->s->md[i]);
		arena_free(&h->arena);
	}
	for (k = 0; k < w->n; k++) {
		if (w->files[k].bad) {
			told->bad_pages++;
			if (told->bad)
				told->bad(told->ctx, w->files[k].bad);
		}
		free(w->files[k].bad);
		w->files[k].bad = NULL;
	}
	return rc;
}

static enum rc remove_old(struct build *s, const struct names *now, struct arena *a, struct err *e)
{
	size_t i, k = 0;

	for (i = 0; i < s->old.n; i++) {
		const char *path;

		while (k < now->n && str_cmp(now->v[k], s->old.v[i]) < 0)
			k++;
		if ((k < now->n && str_eq(now->v[k], s->old.v[i])) || !manifest_name(s->old.v[i]))	/* names_kept takes any */
			continue;
		path = path_join(a, s->dir, arena_cstr(a, s->old.v[i]));
		if (unlink(path) == 0)
			s->told->removed++;
		else if (errno != ENOENT)
			return err_errno(e, "%s: cannot be removed", path);
	}
	for (i = 0; i < SITE_FOLDERS; i++)
		(void)rmdir(path_join(a, s->dir, site_folders[i]));	/* only the empty ones go */
	return RC_OK;
}

/* Two lists of files as one, by name, with room for one more. */
static const struct file **merged(struct arena *a, const struct file *x, size_t nx, const struct file *y, size_t ny)
{
	const struct file **v = arena_array(a, nx + ny + 1, sizeof *v);
	size_t i = 0, k = 0;

	while (i < nx || k < ny) {
		bool first = k == ny || (i < nx && str_cmp(x[i].name, y[k].name) <= 0);

		v[i + k] = first ? &x[i] : &y[k];
		i += first;
		k += !first;
	}
	return v;
}

/* The files of those names, and what the build before kept of them. Both are by name. */
static struct file *files_of(struct arena *a, const struct kept *k, const struct str *names, size_t n)
{
	struct file *v = arena_array(a, n, sizeof *v);
	size_t i, at = 0;

	for (i = 0; i < n; i++) {
		v[i].name = names[i];
		while (k && at < k->nfiles && str_cmp(k->files[at].name, names[i]) < 0)
			at++;
		if (k && at < k->nfiles && str_eq(k->files[at].name, names[i]))
			v[i].was = &k->files[at];
	}
	return v;
}

/* Files that were written just now: who writes them in the same tick of the clock leaves no trace. */
#define TICK 20000000			/* nanoseconds */

/* One that is looked at each time has an earlier time than its tick: who writes it then gives it another. */
static bool before_tick(const struct build *s, const char *name)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	if (fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) || st.st_mtim.tv_nsec < 1)
		return false;
	times[1] = st.st_mtim;
	times[1].tv_nsec--;
	return !utimensat(s->fd, name, times, AT_SYMLINK_NOFOLLOW);
}

static void no_tick(struct kept_stat *s, uint64_t now)
{
	if (s->ctime + TICK > now)
		s->inode = s->mtime = s->ctime = 0;
}

/* What is kept for the next build. That it cannot be is no failure: the next one makes all. */
static void keep(const struct build *s, const struct file *const *files, size_t n, struct fact_ground *g, struct str stamp,
    struct str id)
{
	struct arena a = ARENA_INIT;
	const struct kept_file **v = arena_array(&a, n, sizeof *v);
	bool apart = before_tick(s, MANIFEST);
	struct kept_stat now_folders[FOLDERS];
	struct kept_new new = { .files = v, .n = n, .stamp = stamp, .id = id,
		.folders = { (const char *)now_folders, sizeof now_folders },
		.manifest = kept_stat_at(MANIFEST, s->fd) };
	struct err e = ERR_INIT;
	struct timespec t;
	uint64_t now;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &t);
	now = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	if (!apart)
		no_tick(&new.manifest, now);
	for (i = 0; i < n; i++) {
		const struct file *f = files[i];
		const struct kept_file *k = f->kept;
		struct kept_file *to;
		struct kept_row *row;

		if (k && !memcmp(&f->stat, &k->row->stat, sizeof f->stat)) {
			v[i] = k;
			continue;
		}
		v[i] = to = arena_alloc(&a, sizeof *to);
		row = arena_alloc(&a, sizeof *row);
		*to = (struct kept_file){ .name = f->name, .row = row };
		row->stat = f->stat;
		memcpy(row->digest, f->digest, sizeof row->digest);
		no_tick(&row->stat, now);
		if (k) {
			to->facts = k->facts;
			to->nfacts = k->nfacts;
		} else if (f->noted) {
			to->facts = (const uint32_t *)(const void *)f->of->list.p + f->from;
			to->nfacts = f->nfacts;
			to->of = f->of;
		}
	}
	folder_stats(now_folders, s->fd);
	if (kept_save(s->place, s->key, s->dir, &new, s->kept, g, &e))
		(void)unlink(s->files);
	/* What is said of a page is said each time, so it must be made. */
	if (s->copy->broken || s->told->bad_pages || !s->copy->changes || stamp_save(s->place, s->copy, s->dir, stamp, &e))
		e.rc = RC_OK;
	arena_free(&a);
}

/* Where files of the index stand among the kept ones: from *from to the one that is given, with others between them. */
static size_t index_range(size_t *from, const struct kept *k)
{
	*from = kept_lower(k, STR("find"));
	return kept_lower(k, STR("fine"));
}

/* Are the files of the index as the build before left them. */
static bool index_whole(struct build *s, struct work *w, struct file **files, size_t *n, struct arena *a)
{
	struct hand h = { .w = w };
	struct file *v;
	bool whole = s->kept != NULL;
	size_t i = 0, to = whole ? index_range(&i, s->kept) : 0;

	*files = v = arena_array(a, to - i + 1, sizeof *v);
	for (*n = 0; whole && i < to; i++) {
		const struct kept_file *k = &s->kept->files[i];

		if (!find_is_name(k->name))
			continue;
		v[*n].name = k->name;
		v[*n].was = v[*n].kept = k;
		whole = v[*n].whole = as_it_was(&h, k, &v[*n]);
		++*n;
	}
	buf_free(&h.disk);
	arena_free(&h.arena);
	return whole && *n;
}

/* Was no document's page made, and is none gone: then the index stays. */
static bool index_stays(const struct build *s, struct work *w)
{
	size_t i, documents = 0, now = 0;

	for (i = 0; i < w->n; i++)
		now += str_starts(w->files[i].name, STR("d/"));
	for (i = 0; i < s->kept->nfiles; i++)
		documents += str_starts(s->kept->files[i].name, STR("d/"));
	return !atomic_load(&w->made) && documents == now;
}

/* find_read_fn of a folder whose index is whole. */
static bool read_index(void *ctx, struct buf *b, struct str name)
{
	const struct build *s = ctx;
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	bool ok = !file_read(b, path_join(&a, s->dir, arena_cstr(&a, name)), PAGE_MAX, &e);

	arena_free(&a);
	return ok;
}

#define STAMP KEPT_KEY			/* bytes, by chance: tie what is kept of a build together */

/* find_save, by a thread while the files are written, which do not change what is kept. */
struct saving {
	const struct build *s;
	struct find *find;
	struct str stamp;
	pthread_t thread;
	bool running;
};

static void *saving_run(void *arg)
{
	const struct saving *v = arg;
	struct err ignored = ERR_INIT;

	if (find_save(v->find, v->s->texts, v->s->key, v->stamp, &ignored))
		(void)unlink(v->s->texts);
	return NULL;
}

/* The files that differ from old ones, or are all new. */
static enum rc write_index(struct build *s, struct find *find, struct file **files, size_t *n, const struct names *now,
    struct arena *a, struct err *e)
{
	struct work w = { .s = s, .find = find };
	struct names all = { NULL, 0 };
	struct file *old = *files;
	size_t i, k, nold = *n;
	struct str *index = find_names(n, a, find);
	enum rc rc;

	for (i = 0; i < *n && known(&s->old, index[i]); i++)
		;
	if (i < *n) {
		all.n = now->n + *n;
		all.v = arena_array(a, all.n, sizeof *all.v);
		memcpy(all.v, now->v, now->n * sizeof *all.v);
		strs_merge(all.v, now->n, index, *n);
		if ((rc = announce(s, &all, e)))
			return rc;
	}
	w.files = *files = files_of(a, s->kept, index, *n);
	for (i = k = 0; i < *n; i++) {
		while (k < nold && str_cmp(old[k].name, index[i]) < 0)
			k++;
		if (k < nold && str_eq(old[k].name, index[i]))
			w.files[i] = old[k];
	}
	w.n = *n;
	return work(&w, e);
}

/* The files of the search index, after the pages. stamp: changes with the words that are kept. */
static enum rc index_files(struct build *s, struct work *pages, struct file **files, size_t *n, const struct names *now,
    unsigned char stamp[STAMP], struct arena *a, struct err *e)
{
	struct find *find = pages->find;
	struct saving saving = { .s = s, .find = find, .stamp = { (const char *)stamp, STAMP } };
	bool whole;
	enum rc rc;

	if (!find)
		return RC_OK;
	whole = index_whole(s, pages, files, n, a);
	if (whole && index_stays(s, pages))
		return RC_OK;
	if (!whole || !find_patch(find, read_index, s)) {
		if (s->kept && !find_restore(find)) {
			s->anew = true;
			atomic_store(&pages->next, 0);
			rc = work(pages, e);
			s->anew = false;
			if (rc)
				return rc;
		}
		find_finish(find, s->files ? s->texts : NULL, s->key);
	}
	random_bytes(stamp, STAMP);
	if (s->files && s->threads > 1)
		saving.running = pthread_create(&saving.thread, NULL, saving_run, &saving) == 0;
	if (s->files && !saving.running)
		saving_run(&saving);
	rc = write_index(s, find, files, n, now, a, e);
	if (saving.running)
		pthread_join(saving.thread, NULL);
	find_forget(find);
	return rc;
}

/* The search's data, with what the build before left of it and of all, and what holds that together. NULL: there is no search. */
static struct find *open_kept(struct build *s, struct fact_ground *g, unsigned char stamp[STAMP])
{
	bool search = lists_have(s->copy, "search.html"), whole;
	struct find *find = NULL;

	whole = s->kept && kept_compare(s->kept, s->key, g) && s->kept->stamp.n == STAMP;
	if (search && whole && s->kept->near)
		find = find_open_near(s->copy, s->threads, s->texts, s->key, s->kept->stamp);
	if (search && !find) {
		find = find_open(s->copy, s->threads);
		whole = whole && find_load(find, s->texts, s->key, s->kept->stamp);
	}
	if (whole) {
		memcpy(stamp, s->kept->stamp.p, STAMP);
		s->all_kept = find && find_keep_all(find);
	} else {
		kept_close(s->kept);
		s->kept = NULL;
	}
	return find;
}

/* The names of all pages, which are announced. */
static enum rc begin_pages(struct build *s, struct names *now, struct arena *a, struct err *e)
{
	struct str *was;
	size_t i, n, from, to;
	enum rc rc;

	if (s->kept && s->kept->near) {
		was = arena_array(a, s->kept->nfiles, sizeof *was);
		to = index_range(&from, s->kept);
		for (i = n = 0; i < s->kept->nfiles; i++)
			if (i < from || i >= to || !find_is_name(s->kept->files[i].name))
				was[n++] = s->kept->files[i].name;
		now->v = pages_names_near(&now->n, a, s->copy, was, n);
	} else {
		now->v = pages_names(&now->n, a, s->copy);
	}
	rc = announce(s, now, e);		/* first: folders alone are not known as ours */
	for (i = 0; !rc && i < SITE_FOLDERS; i++)
		rc = dir_make(path_join(a, s->dir, site_folders[i]), 0755, e);
	return rc;
}

enum { ID = 8 };				/* bytes */

/* Put a file into an id, or take it out. */
static void id_flip(unsigned char id[ID], struct buf *scratch, struct str name, const unsigned char digest[MANIFEST_DIGEST])
{
	unsigned char hash[16];
	size_t i;

	buf_clear(scratch);
	buf_add(scratch, digest, MANIFEST_DIGEST);
	buf_str_add(scratch, name);
	blake2b_of(hash, buf_str(scratch));
	for (i = 0; i < ID; i++)
		id[i] ^= hash[i];
}

/* The id of a build tells it from others: hashes of its files but index.html, which shows it, put together so that it
 * follows from that of the build before by the files that are others. made: without index.html. */
static void id_of(unsigned char id[ID], const struct kept *was, const struct file *const *made, size_t n)
{
	size_t i = 0, k = 0, nwas = was && was->id.n == ID ? was->nfiles : 0;
	struct buf b = BUF_INIT;

	memset(id, 0, ID);
	if (nwas)
		memcpy(id, was->id.p, ID);
	while (i < n || k < nwas) {
		const struct file *f = i < n ? made[i] : NULL;
		const struct kept_file *old = k < nwas ? &was->files[k] : NULL;
		int d = !f ? 1 : !old ? -1 : f->was == old ? 0 : str_cmp(f->name, old->name);

		i += d <= 0;
		k += d >= 0;
		if (d == 0 && (f->kept == old || !memcmp(f->digest, old->row->digest, sizeof f->digest)))
			continue;
		if (d <= 0)
			id_flip(id, &b, f->name, f->digest);
		if (d >= 0 && !str_is(old->name, HOME))
			id_flip(id, &b, old->name, old->row->digest);
	}
	buf_free(&b);
}

/* index.html shows the id of the build, which is known last. A thread makes it before, while the index is made, with digits by
 * chance in the place of the id: who has them finds where that is. */
struct home {
	const struct copy *copy;
	struct md *md;			/* its own */
	struct buf page;
	char digits[2 * ID + 1];
	enum rc rc;
	pthread_t thread;
	bool running;
};

static void id_digits(char digits[2 * ID + 1], const unsigned char id[ID])
{
	size_t i;

	for (i = 0; i < ID; i++)
		snprintf(digits + 2 * i, 3, "%02x", id[i]);
}

static void *home_run(void *arg)
{
	struct home *h = arg;
	struct page_want want = { .build = cstr(h->digits) };
	struct err ignored = ERR_INIT;	/* it is made again */

	h->rc = page_write(&h->page, h->md, h->copy, STR(HOME), &want, &ignored);
	return NULL;
}

static void home_begin(struct home *h, const struct copy *c)
{
	unsigned char chance[ID];

	*h = (struct home){ .copy = c, .md = md_open_later() };
	random_bytes(chance, ID);
	id_digits(h->digits, chance);
	h->running = pthread_create(&h->thread, NULL, home_run, h) == 0;
}

/* The page with the digits of that id; STR_NONE: it is not made. h keeps it until home_free. */
static struct str home_end(struct home *h, const char *digits)
{
	char *at;

	if (!h->running)
		return STR_NONE;
	pthread_join(h->thread, NULL);
	h->running = false;
	if (h->rc)
		return STR_NONE;
	for (at = h->page.p; (at = memmem(at, h->page.n - (size_t)(at - h->page.p), h->digits, 2 * ID)); at += 2 * ID)
		memcpy(at, digits, 2 * ID);
	return buf_str(&h->page);
}

static void home_free(struct home *h)
{
	if (h->running)
		pthread_join(h->thread, NULL);
	md_close(h->md);
	buf_free(&h->page);
}

/* Write digits that are others into the manifest. false: it must be written anew: names came or went, or it is not as the
 * build before left it. */
static bool patch_manifest(const struct build *s, const struct file *const *made, size_t n, struct arena *a)
{
	const struct kept *was = s->kept;
	struct manifest_digits *v;
	size_t i, at, k = 0;

	if (!was || was->nfiles != n || !kept_stat_same(&s->manifest, &was->manifest))
		return false;
	v = arena_array(a, n, sizeof *v);
	for (i = at = 0; i < n; at += manifest_length(made[i]->name), i++) {
		const struct file *f = made[i];

		if (f->was != &was->files[i])
			return false;
		if (f->kept != f->was && memcmp(f->digest, f->was->row->digest, sizeof f->digest))
			v[k++] = (struct manifest_digits){ at, f->digest };
	}
	return manifest_put(s->fd, v, k);
}

static enum rc write_lines(const struct build *s, const struct file *const *made, size_t n, struct err *e)
{
	struct buf b = BUF_INIT;
	enum rc rc;
	size_t i, bytes = 0;

	for (i = 0; i < n; i++)
		bytes += manifest_length(made[i]->name);
	buf_reserve(&b, bytes);
	for (i = 0; i < n; i++)
		manifest_add(&b, made[i]->digest, made[i]->name);
	rc = manifest_write(s->dir, buf_str(&b), e);
	buf_free(&b);
	return rc;
}

/* All pages but index.html, then the search index made of them; then index.html, which holds an id made of all
 * that; then the manifest. What the index is made of is known only when the pages are: it is announced then. */
static enum rc pages(struct build *s, struct arena *a, struct err *e)
{
	struct find *find;
	struct page_want want;
	struct facts facts[SITE_JOBS_MAX] = { 0 };
	struct fact_ground ground = { .copy = s->copy };
	struct work w;
	struct names now = { NULL, 0 };
	struct file *files, *index = NULL, home = { .name = STR(HOME) };
	const struct file **made;
	struct names all = { NULL, 0 };
	unsigned char stamp[STAMP], id[ID];
	size_t i, more = 0;
	char digits[2 * ID + 1];
	struct home early = { .running = false };
	bool second = s->threads > 1;	/* a thread may be had */
	enum rc rc;

	random_bytes(stamp, STAMP);
	find = open_kept(s, &ground, stamp);
	if (s->kept && s->kept->near && s->copy->nchanged <= AHEAD)
		s->threads = 1;		/* others would begin when it is done */
	want = (struct page_want){ .find = find };
	w = (struct work){ .s = s, .want = &want, .find = find, .facts = s->files ? facts : NULL };
	if ((rc = begin_pages(s, &now, a, e)))
		goto out;
	remove_halves(s->dir, s->fd, folders_before(s->kept));
	files = files_of(a, s->kept, now.v, now.n);
	for (i = 0; i < now.n; i++)
		if (str_is(files[i].name, HOME))
			home = files[i];
		else if (w.n++ < i)
			files[w.n - 1] = files[i];
	w.files = files;
	kept_look_end(s->kept);
	if ((rc = work(&w, e)))
		goto out;
	if (second)
		home_begin(&early, s->copy);
	if ((rc = index_files(s, &w, &index, &more, &now, stamp, a, e)))
		goto out;
	find_close(find);
	find = NULL;
	all.n = w.n + more;
	made = merged(a, w.files, w.n, index, more);
	id_of(id, s->kept, made, all.n);
	id_digits(digits, id);
	want = (struct page_want){ .build = cstr(digits) };
	w = (struct work){ .s = s, .files = &home, .n = 1, .want = &want, .ready = home_end(&early, digits) };
	if ((rc = work(&w, e)))
		goto out;
	for (i = 0; i < all.n && str_cmp(made[i]->name, home.name) < 0; i++)
		;
	memmove(made + i + 1, made + i, (all.n++ - i) * sizeof(const struct file *));
	made[i] = &home;
	all.v = arena_array(a, all.n, sizeof *all.v);
	for (i = 0; i < all.n; i++)
		all.v[i] = made[i]->name;
	if ((rc = remove_old(s, &all, a, e)) || (!patch_manifest(s, made, all.n, a) && (rc = write_lines(s, made, all.n, e))))
		goto out;
	s->told->pages = all.n;
	if (s->files)
		keep(s, made, all.n, &ground, (struct str){ (const char *)stamp, STAMP }, (struct str){ (const char *)id, ID });
out:
	for (i = 0; i < SITE_JOBS_MAX; i++)
		facts_free(&facts[i]);
	fact_ground_free(&ground);
	find_close(find);
	home_free(&early);
	return rc;
}

/* The copy is kept while the pages are made: it is a matter of the copy alone, and where they cannot be made it is of use to
 * nobody, as what is kept of the pages names another. */
struct keeping {
	const struct copy *copy;
	const char *dir;
	pthread_t thread;
	bool running;
};

static void *keep_copy(void *arg)
{
	const struct keeping *k = arg;

	copy_keep(k->copy, k->dir);
	return NULL;
}

enum rc site_write(const char *dir, struct md **m, unsigned jobs, const struct copy *c, struct site_before *before,
    const struct kept_place *place, struct kept *kept, struct site_told *told, struct err *e)
{
	struct build s = { .dir = dir, .md = m, .threads = jobs, .copy = c, .told = told, .fd = -1, .place = place, .kept = kept };
	struct keeping keeping = { .copy = c, .dir = dir };
	struct lock lock = LOCK_INIT;
	struct arena a = ARENA_INIT;
	enum rc rc;

	if ((rc = dir_make(dir, 0755, e)) || (rc = lock_folder(&lock, dir, 60, e)) ||
	    (rc = site_check(before, dir, NULL, e)))
		goto out;
	s.old = (struct names){ before->names, before->n };
	s.manifest = before->stat;
	s.fd = lock.fd;
	if (place && kept_key(s.key, place, c, dir) && (s.files = kept_path(&a, place, dir, "pages")))
		s.texts = kept_path(&a, place, dir, "texts");
	if (s.files && !(s.kept && kept_is_last(s.kept, place, dir))) {	/* another build was faster */
		kept_close(s.kept);
		s.kept = kept_open(place, &c->want, dir);
	}
	if (s.kept && s.kept->seen && !site_no_file_came(s.kept, dir)) {	/* it may have written after the files were looked at */
		kept_look_end(s.kept);
		s.kept->seen = NULL;
	}
	if (s.files && jobs > 1)
		keeping.running = pthread_create(&keeping.thread, NULL, keep_copy, &keeping) == 0;
	rc = pages(&s, &a, e);
	if (keeping.running)
		pthread_join(keeping.thread, NULL);
	else if (s.files && !rc)
		keep_copy(&keeping);
	if (s.files)
		kept_sweep(place);
	if (!rc && told->then)
		rc = told->then(told->then_ctx, e);
out:
	lock_close(&lock);
	kept_close(s.kept);
	arena_free(&a);
	return rc;
}
