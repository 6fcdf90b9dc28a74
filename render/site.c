/* render/site.c: see site.h.
 *
 * manifest.txt tells that a folder is ours and which files in it. It has the form that `sha512sum -c` reads,
 * one line for each file, sorted by name:
 *
 *	<128 hex digits><blank><blank><name>
 *
 * It is written twice: before the first page with the names of the old and the new build together (a page that
 * is not written yet has zeros), and at the end with what is there. So a build that was cut short is known as
 * ours and is mended by the next one. Whether a page is written anew is decided by its bytes on disk, not by
 * the manifest: a damaged file is mended too. */
#include "render/site.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/gate/sodium.h"
#include "render/page.h"

#define MANIFEST "manifest.txt"
#define MANIFEST_MAX ((size_t)64 << 20)	/* bytes; about 300,000 files */
#define PAGE_MAX ((size_t)64 << 20)	/* bytes of an old page worth comparing */
#define DIGEST 128			/* hex digits of SHA-512 */

static const char *const folders[] = { "country", "d", "find", "find-d", "find-p", "find-t", "kind", "lang", "meeting", "status",
	"topic", "year" };

bool site_manifest_line(struct str *name, struct str line)
{
	struct str s, folder;
	size_t i, slash;

	if (line.n < DIGEST + 3 || line.p[DIGEST] != ' ' || line.p[DIGEST + 1] != ' ')
		return false;
	for (i = 0; i < DIGEST; i++)
		if (!strchr("0123456789abcdef", line.p[i]) || !line.p[i])
			return false;
	s = str_sub(line, DIGEST + 2, line.n);
	slash = str_chr(s, '/');
	if (slash != SIZE_MAX) {
		folder = str_sub(s, 0, slash);
		for (i = 0; i < sizeof folders / sizeof folders[0] && !str_is(folder, folders[i]); i++)
			;
		if (i == sizeof folders / sizeof folders[0])
			return false;
	}
	for (i = slash == SIZE_MAX ? 0 : slash + 1; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= 'A' && s.p[i] <= 'Z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' && s.p[i] != '.')
			return false;
	if (!str_ends(s, STR(".html")) && !theme_copied(s) && !find_is_name(s))
		return false;
	if (s.p[slash == SIZE_MAX ? 0 : slash + 1] == '.')
		return false;
	*name = s;
	return true;
}

static enum rc not_ours(const char *dir, const char *what, struct err *e)
{
	return err_set(e, RC_INVALID, "%s: %s; name an empty or new folder, or one that holds an earlier site", dir, what);
}

/* The names in the old manifest, sorted as they stand; none when there is none. */
static enum rc old_names(struct str **names, size_t *n, struct arena *a, const char *dir, struct err *e)
{
	struct buf b = BUF_INIT;
	struct str rest, line, *v = NULL;
	size_t cap = 0, got = 0;
	enum rc rc = file_read(&b, path_join(a, dir, MANIFEST), MANIFEST_MAX, e);

	if (rc == RC_NOTFOUND) {
		*names = NULL;
		*n = 0;
		rc = RC_OK;
		goto out;
	}
	if (rc)
		goto out;
	for (rest = arena_str(a, buf_str(&b)); !rc && str_line(&line, &rest);) {
		if (got == cap)
			v = arena_grow(a, v, &cap, sizeof *v);
		if (!site_manifest_line(&v[got++], line))
			rc = not_ours(dir, "its " MANIFEST " is not one of a site", e);
	}
	if (!rc && !got)
		rc = not_ours(dir, "its " MANIFEST " is empty", e);
	if (!rc) {
		*names = v;
		*n = got;
	}
out:
	buf_free(&b);
	return rc;
}

enum rc site_check(const char *dir, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str *old;
	char **names;
	size_t n, i, nold;
	enum rc rc;

	if ((rc = dir_list(&names, &n, &a, dir, e)) == RC_NOTFOUND) {
		rc = file_exists(dir) ? not_ours(dir, "not a folder", e) : RC_OK;
		goto out;
	}
	if (rc || (rc = old_names(&old, &nold, &a, dir, e)))
		goto out;
	if (n && !nold)
		rc = not_ours(dir, arena_printf(&a, "holds '%s', which no site of ours wrote", names[0]), e);
	for (i = 0; !rc && i < sizeof folders / sizeof folders[0]; i++) {
		const char *path = path_join(&a, dir, folders[i]);

		if (file_exists(path) && !file_is_dir(path))
			rc = not_ours(dir, arena_printf(&a, "'%s' in it is no folder", folders[i]), e);
	}
out:
	arena_free(&a);
	return rc;
}

static void manifest_line(struct buf *b, const unsigned char digest[64], struct str name)
{
	static const char hex[] = "0123456789abcdef";
	char line[DIGEST + 2];
	unsigned c;
	size_t i;

	for (i = 0; i < 64; i++) {
		c = digest ? digest[i] : 0;
		line[2 * i] = hex[c >> 4];
		line[2 * i + 1] = hex[c & 15];
	}
	line[DIGEST] = line[DIGEST + 1] = ' ';
	buf_add(b, line, sizeof line);
	buf_str_add(b, name);
	buf_putc(b, '\n');
}

static enum rc write_manifest(const char *dir, struct buf *b, struct arena *a, struct err *e)
{
	return file_write_fast(path_join(a, dir, MANIFEST), buf_str(b), 0644, e);
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
	struct names old;		/* of the old manifest */
	struct buf all;			/* the manifest's lines without index.html, for the build id */
};

struct file {				/* of the new build */
	struct str name;
	unsigned char digest[64];
	char *bad;			/* why its text could not be laid out; owned */
};

/* Files made by several threads, each taking the next one. A file is a matter of the copy and its name alone, so who
 * makes it is not seen in it. */
struct work {
	struct build *s;
	struct file *files;
	size_t n;
	const struct page_want *want;	/* pages; NULL: files of the search index */
	struct find *find;
	atomic_size_t next;
	atomic_bool stop;
};
struct hand {				/* one thread */
	struct work *w;
	unsigned part;
	struct arena arena;
	struct buf page, disk;
	size_t written, at;		/* at: the file that failed */
	enum rc rc;
	struct err err;
	pthread_t thread;
	bool running;
};

static bool known(const struct names *v, struct str name)
{
	size_t from = 0, to = v->n, mid;
	int d;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (!(d = str_cmp(v->v[mid], name)))
			return true;
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}

/* The manifest before the work: old and new names, each once. */
static enum rc announce(const struct build *s, const struct names *now, struct arena *a, struct err *e)
{
	struct buf b = BUF_INIT;
	size_t i = 0, j = 0;
	enum rc rc;

	while (i < s->old.n || j < now->n) {
		int d = i == s->old.n ? 1 : j == now->n ? -1 : str_cmp(s->old.v[i], now->v[j]);

		manifest_line(&b, NULL, d <= 0 ? s->old.v[i] : now->v[j]);
		i += d <= 0;
		j += d >= 0;
	}
	rc = write_manifest(s->dir, &b, a, e);
	buf_free(&b);
	return rc;
}

/* Write h->page to a file unless it is there. */
static enum rc put(struct hand *h, struct file *f, struct err *e)
{
	const struct build *s = h->w->s;
	const char *path = path_join(&h->arena, s->dir, f->name.p);

	sha512_of(f->digest, buf_str(&h->page));
	if (same_on_disk(path, buf_str(&h->page), &h->disk))
		return RC_OK;
	if (!known(&s->old, f->name) && file_exists(path))
		return err_set(e, RC_INVALID, "%s: is there and no site of ours wrote it; move it away or name another folder",
		    path);
	h->written++;
	return file_write_fast(path, buf_str(&h->page), 0644, e);
}

static enum rc make(struct hand *h, struct file *f, struct err *e)
{
	struct work *w = h->w;
	struct page_want want;
	enum rc rc;

	buf_clear(&h->page);
	if (!w->want) {
		(void)find_write(&h->page, w->find, f->name);
		return put(h, f, e);
	}
	want = *w->want;
	want.find_part = h->part;
	rc = page_write(&h->page, w->s->md[h->part], w->s->copy, f->name, &want, e);
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
	size_t i;

	while (!atomic_load(&w->stop) && (i = atomic_fetch_add(&w->next, 1)) < w->n) {
		if (h->part == 0 && told->progress)
			told->progress(told->ctx, i, w->n);
		if ((h->rc = make(h, &w->files[i], &h->err))) {
			h->at = i;
			atomic_store(&w->stop, true);
			break;
		}
		arena_reset(&h->arena);
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
		hands[i] = (struct hand){ .w = w, .part = i };
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
	size_t i;

	for (i = 0; i < s->old.n; i++) {
		const char *path = path_join(a, s->dir, arena_cstr(a, s->old.v[i]));

		if (known(now, s->old.v[i]))
			continue;
		if (unlink(path) == 0)
			s->told->removed++;
		else if (errno != ENOENT)
			return err_errno(e, "%s: cannot be removed", path);
	}
	for (i = 0; i < sizeof folders / sizeof folders[0]; i++)
		(void)rmdir(path_join(a, s->dir, folders[i]));	/* only the empty ones go */
	return RC_OK;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int by_file(const void *a, const void *b)
{
	return str_cmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

/* All pages but index.html, then the search index made of them; then index.html, which holds an id made of all
 * that; then the manifest. What the index is made of is known only when the pages are: it is announced then. */
static enum rc pages(struct build *s, struct arena *a, const struct names *now, struct err *e)
{
	struct find *find = find_open(s->copy, s->threads);
	struct page_want want = { .find = find };
	struct work w = { .s = s, .want = &want, .find = find };
	struct names all = { NULL, 0 };
	struct buf b = BUF_INIT;
	struct file *files;
	unsigned char id[64];
	size_t i, more;
	struct str *index;
	enum rc rc;
	char hex[17];

	w.files = files = arena_array(a, now->n, sizeof *files);
	for (i = 0; i < now->n; i++)
		if (!str_is(now->v[i], "index.html"))
			files[w.n++].name = now->v[i];
	if ((rc = work(&w, e)))
		goto out;
	find_finish(find);
	index = find_names(&more, a, find);
	all.n = now->n + more;
	all.v = arena_array(a, all.n, sizeof *all.v);
	memcpy(all.v, now->v, now->n * sizeof *all.v);
	memcpy(all.v + now->n, index, more * sizeof *all.v);
	qsort(all.v, all.n, sizeof *all.v, by_name);
	if ((rc = announce(s, &all, a, e)))
		goto out;
	files = memcpy(arena_array(a, all.n, sizeof *files), files, w.n * sizeof *files);
	for (i = 0; i < more; i++)
		files[w.n + i].name = index[i];
	w = (struct work){ .s = s, .files = files + w.n, .n = more, .find = find };
	if ((rc = work(&w, e)))
		goto out;
	for (i = 0; i + 1 < all.n; i++)
		manifest_line(&s->all, files[i].digest, files[i].name);
	sha512_of(id, buf_str(&s->all));
	for (i = 0; i < 8; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	want = (struct page_want){ .build = cstr(hex) };
	files[all.n - 1].name = STR("index.html");
	w = (struct work){ .s = s, .files = files + all.n - 1, .n = 1, .want = &want };
	if ((rc = work(&w, e)) || (rc = remove_old(s, &all, a, e)))
		goto out;
	s->told->pages = all.n;
	qsort(files, all.n, sizeof *files, by_file);
	for (i = 0; i < all.n; i++)
		manifest_line(&b, files[i].digest, files[i].name);
	rc = write_manifest(s->dir, &b, a, e);
out:
	find_close(find);
	buf_free(&b);
	return rc;
}

enum rc site_write(const char *dir, struct md **m, unsigned jobs, const struct copy *c, struct site_told *told, struct err *e)
{
	struct build s = { .dir = dir, .md = m, .threads = jobs, .copy = c, .told = told };
	struct arena a = ARENA_INIT;
	struct names now;
	size_t i;
	enum rc rc;

	if ((rc = site_check(dir, e)) || (rc = dir_make(dir, 0755, e)) || (rc = old_names(&s.old.v, &s.old.n, &a, dir, e)))
		goto out;
	if (s.old.n)
		qsort(s.old.v, s.old.n, sizeof *s.old.v, by_name);
	now.v = pages_names(&now.n, &a, c);
	for (i = 0; !rc && i < sizeof folders / sizeof folders[0]; i++)
		rc = dir_make(path_join(&a, dir, folders[i]), 0755, e);
	if (!rc)
		rc = announce(&s, &now, &a, e);
	if (!rc)
		rc = pages(&s, &a, &now, e);
out:
	buf_free(&s.all);
	arena_free(&a);
	return rc;
}

enum rc site_documents(struct str **v, size_t *n, struct arena *a, const char *dir, struct err *e)
{
	struct str *old;
	size_t nold, i;
	enum rc rc = old_names(&old, &nold, a, dir, e);

	*n = 0;
	if (rc)
		return rc;
	*v = old;
	for (i = 0; i < nold; i++)
		if (str_starts(old[i], STR("d/")))
			old[(*n)++] = str_sub(old[i], 2, old[i].n - strlen(".html"));
	if (*n)
		qsort(old, *n, sizeof *old, by_name);
	return RC_OK;
}
