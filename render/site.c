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
	int i;

	for (i = 0; i < 64; i++)
		buf_printf(b, "%02x", digest ? digest[i] : 0);
	buf_printf(b, "  %.*s\n", FMT_STR(name));
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
	struct md *md;
	const struct copy *copy;
	struct site_told *told;
	struct names old;		/* of the old manifest */
	struct buf page, disk, all;	/* all: the manifest's lines without index.html, for the build id */
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

/* Write s->page to a file unless it is there. */
static enum rc put(struct build *s, struct arena *a, struct str name, unsigned char digest[64], struct err *e)
{
	const char *path = path_join(a, s->dir, name.p);

	sha512_of(digest, buf_str(&s->page));
	if (same_on_disk(path, buf_str(&s->page), &s->disk))
		return RC_OK;
	if (!known(&s->old, name) && file_exists(path))
		return err_set(e, RC_INVALID, "%s: is there and no site of ours wrote it; move it away or name another folder",
		    path);
	s->told->written++;
	return file_write_fast(path, buf_str(&s->page), 0644, e);
}

static enum rc put_page(struct build *s, struct arena *a, struct str name, const struct page_want *want,
    unsigned char digest[64], struct err *e)
{
	enum rc rc;

	buf_clear(&s->page);
	rc = page_write(&s->page, s->md, s->copy, name, want, e);
	if (rc == RC_INVALID) {
		s->told->bad_pages++;
		if (s->told->bad)
			s->told->bad(s->told->ctx, e->msg);
	} else if (rc) {
		return rc;
	}
	return put(s, a, name, digest, e);
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

struct file {
	struct str name;
	unsigned char digest[64];
};

static int by_file(const void *a, const void *b)
{
	return str_cmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

/* All pages but index.html, then the search index made of them; then index.html, which holds an id made of all
 * that; then the manifest. What the index is made of is known only when the pages are: it is announced then. */
static enum rc pages(struct build *s, struct arena *a, const struct names *now, struct err *e)
{
	struct find *find = find_open(s->copy, 1);
	struct page_want want = { .find = find };
	struct arena page = ARENA_INIT;
	struct names all = { NULL, now->n };
	struct buf b = BUF_INIT;
	struct file *files = NULL;
	unsigned char id[64];
	size_t i, home = SIZE_MAX, more;
	struct str *index;
	enum rc rc = RC_OK;
	char hex[17];

	files = arena_array(a, now->n, sizeof *files);
	for (i = 0; !rc && i < now->n; i++) {
		if (s->told->progress)
			s->told->progress(s->told->ctx, i, now->n);
		files[i].name = now->v[i];
		if (str_is(now->v[i], "index.html"))
			home = i;
		else
			rc = put_page(s, &page, now->v[i], &want, files[i].digest, e);
		arena_reset(&page);
	}
	if (rc)
		goto out;
	find_finish(find);
	index = find_names(&more, a, find);
	all.n += more;
	all.v = arena_array(a, all.n, sizeof *all.v);
	memcpy(all.v, now->v, now->n * sizeof *all.v);
	memcpy(all.v + now->n, index, more * sizeof *all.v);
	qsort(all.v, all.n, sizeof *all.v, by_name);
	if ((rc = announce(s, &all, a, e)))
		goto out;
	files = memcpy(arena_array(a, all.n, sizeof *files), files, now->n * sizeof *files);
	for (i = 0; !rc && i < more; i++) {
		files[now->n + i].name = index[i];
		buf_clear(&s->page);
		(void)find_write(&s->page, find, index[i]);
		rc = put(s, &page, index[i], files[now->n + i].digest, e);
		arena_reset(&page);
	}
	for (i = 0; i < all.n; i++)
		if (i != home)
			manifest_line(&s->all, files[i].digest, files[i].name);
	sha512_of(id, buf_str(&s->all));
	for (i = 0; i < 8; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	want = (struct page_want){ .build = cstr(hex) };
	if (rc || (home < now->n && (rc = put_page(s, &page, now->v[home], &want, files[home].digest, e))) ||
	    (rc = remove_old(s, &all, a, e)))
		goto out;
	s->told->pages = all.n;
	qsort(files, all.n, sizeof *files, by_file);
	for (i = 0; i < all.n; i++)
		manifest_line(&b, files[i].digest, files[i].name);
	rc = write_manifest(s->dir, &b, a, e);
out:
	find_close(find);
	buf_free(&b);
	arena_free(&page);
	return rc;
}

enum rc site_write(const char *dir, struct md *m, const struct copy *c, struct site_told *told, struct err *e)
{
	struct build s = { .dir = dir, .md = m, .copy = c, .told = told };
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
	buf_free(&s.page);
	buf_free(&s.disk);
	buf_free(&s.all);
	arena_free(&a);
	return rc;
}
