/* kb/base/file.c: see file.h. */
#include "kb/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* To the end of an open file, of at most max bytes; size is how many are expected. On failure *b is as before. */
static enum rc read_rest(struct buf *b, int fd, size_t size, size_t max, const char *path, struct err *e)
{
	const size_t start = b->n;
	enum rc rc = RC_OK;
	ssize_t got;

	buf_reserve(b, size + 1);
	/* one byte more than expected tells a file that grows; never past max + 1 */
	for (;;) {
		size_t room = b->cap - b->n - 1, left = max + 1 - (b->n - start);

		if (b->n - start > max) {
			rc = err_set(e, RC_INVALID, "%s: more than the %zu bytes allowed", path, max);
			break;
		}
		if (room == 0) {
			buf_reserve(b, 4096);
			continue;
		}
		got = read(fd, b->p + b->n, room < left ? room : left);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = err_errno(e, "%s", path);
		if (got <= 0)
			break;
		b->n += (size_t)got;
	}
	if (rc)
		b->n = start;
	b->p[b->n] = '\0';
	return rc;
}

enum rc file_read(struct buf *b, const char *path, size_t max, struct err *e)
{
	enum rc rc;
	struct stat st;
	/* O_NONBLOCK: opening a fifo must not wait for a writer */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return err_set(e, RC_NOTFOUND, "%s: no such file", path);
		if (errno == ELOOP)
			return err_set(e, RC_INVALID, "%s: a symbolic link; put the file itself there", path);
		if (errno == ENXIO)
			return err_set(e, RC_INVALID, "%s: not a regular file; remove it", path);
		return err_errno(e, "%s", path);
	}
	if (fstat(fd, &st))
		rc = err_errno(e, "%s", path);
	else if (!S_ISREG(st.st_mode))
		rc = err_set(e, RC_INVALID, "%s: not a regular file; remove it", path);
	else if ((uint64_t)st.st_size > max)
		rc = err_set(e, RC_INVALID, "%s: %lld bytes, more than the %zu allowed; make it shorter or split it",
		    path, (long long)st.st_size, max);
	else
		rc = read_rest(b, fd, (size_t)st.st_size, max, path, e);
	close(fd);
	return rc;
}

enum rc file_read_stream(struct buf *b, const char *path, size_t max, struct err *e)
{
	bool in = !strcmp(path, "-");
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum rc rc;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? err_set(e, RC_NOTFOUND, "%s: no such file", path) : err_errno(e, "%s", path);
	rc = read_rest(b, fd, 4096, max, in ? "standard input" : path, e);
	if (!in)
		close(fd);
	return rc;
}

enum rc fd_read(size_t *got, int fd, char *p, size_t n, const char *name, struct err *e)
{
	for (*got = 0; *got < n;) {
		ssize_t k = read(fd, p + *got, n - *got);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_errno(e, "%s", name);
		if (k == 0)
			break;
		*got += (size_t)k;
	}
	return RC_OK;
}

enum rc fd_write(int fd, struct str s, const char *path, struct err *e)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, "%s", path);
		s = str_sub(s, (size_t)n, s.n);
	}
	return RC_OK;
}

enum rc fd_mode(int fd, mode_t mode, const char *name, struct err *e)
{
	if (!fchmod(fd, mode) || errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP)
		return RC_OK;
	return err_errno(e, "%s", name);
}

static enum rc file_replace(const char *path, struct str s, mode_t mode, bool durable, struct err *e)
{
	enum rc rc;
	struct buf tmp = BUF_INIT, dir = BUF_INIT;
	const char *slash = strrchr(path, '/');
	int fd, dfd;

	if (slash)
		buf_add(&dir, path, slash == path ? 1 : (size_t)(slash - path));
	else
		buf_putc(&dir, '.');
	buf_printf(&tmp, "%s.tmp-XXXXXX", path);
	if ((fd = mkostemp(tmp.p, O_CLOEXEC)) < 0) {
		rc = err_errno(e, "%s", path);
		goto out;
	}
	rc = fd_write(fd, s, path, e);
	if (!rc)
		rc = fd_mode(fd, mode, path, e);
	if (!rc && durable && fsync(fd))
		rc = err_errno(e, "%s", path);
	if (close(fd) && !rc)
		rc = err_errno(e, "%s", path);
	if (!rc && rename(tmp.p, path))
		rc = err_errno(e, "%s", path);
	if (rc) {
		unlink(tmp.p);
		goto out;
	}
	if (durable && (dfd = open(dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
		fsync(dfd);		/* some file systems refuse it on folders; the rename stands */
		close(dfd);
	}
out:
	buf_free(&tmp);
	buf_free(&dir);
	return rc;
}

enum rc file_write(const char *path, struct str s, mode_t mode, struct err *e)
{
	return file_replace(path, s, mode, true, e);
}

enum rc file_write_fast(const char *path, struct str s, mode_t mode, struct err *e)
{
	return file_replace(path, s, mode, false, e);
}

bool file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool file_is_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum rc dir_make(const char *path, mode_t mode, struct err *e)
{
	enum rc rc = RC_OK;
	struct buf part = BUF_INIT;
	struct stat st;
	const char *p = path;

	if (file_is_dir(path))
		return RC_OK;			/* as it mostly is */
	while (*p && !rc) {
		while (*p == '/')
			p++;
		while (*p && *p != '/')
			p++;
		buf_clear(&part);
		buf_add(&part, path, (size_t)(p - path));
		if (mkdir(part.p, mode) && errno != EEXIST)
			rc = err_errno(e, "%s", part.p);
	}
	if (!rc && (stat(path, &st) || !S_ISDIR(st.st_mode)))
		rc = err_set(e, RC_IO, "%s: not a folder; move that file away", path);
	buf_free(&part);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

enum rc dir_list(char ***names, size_t *n, struct arena *a, const char *path, struct err *e)
{
	DIR *d = opendir(path);
	struct dirent *ent;
	char **list = NULL;
	size_t count = 0, cap = 0;

	if (!d && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, RC_NOTFOUND, "%s: no such folder", path);
	if (!d)
		return err_errno(e, "%s", path);
	for (errno = 0; (ent = readdir(d)); errno = 0) {
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		if (count == cap)
			list = arena_grow(a, list, &cap, sizeof *list);
		list[count++] = arena_cstr(a, cstr(ent->d_name));
	}
	if (errno) {
		enum rc rc = err_errno(e, "%s", path);

		closedir(d);
		return rc;
	}
	closedir(d);
	if (count)
		qsort(list, count, sizeof *list, by_name);
	*names = list;
	*n = count;
	return RC_OK;
}

enum rc dir_remove(const char *path, struct err *e)
{
	enum rc rc = RC_OK;
	struct arena a = ARENA_INIT;
	char **names;
	size_t n, i;

	if (!file_is_dir(path)) {
		if (unlink(path) && errno != ENOENT)
			rc = err_errno(e, "%s", path);
		return rc;
	}
	rc = dir_list(&names, &n, &a, path, e);
	for (i = 0; !rc && i < n; i++)
		rc = dir_remove(path_join(&a, path, names[i]), e);
	if (!rc && rmdir(path) && errno != ENOENT)
		rc = err_errno(e, "%s", path);
	arena_free(&a);
	return rc;
}

const char *path_bare(const char *path)
{
	const char *p = path;

	while (p[0] == '.' && p[1] == '/')
		p += 1 + strspn(p + 1, "/");
	return *p ? p : path;
}

char *path_join(struct arena *a, const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (name[0] == '/' || n == 0)
		return arena_cstr(a, cstr(name));
	return arena_printf(a, dir[n - 1] == '/' ? "%s%s" : "%s/%s", dir, name);
}

/* Wait for the lock of fd, which is closed where it is not had. any: where none is to be had, go on without. */
static enum rc lock_wait(struct lock *l, int fd, const char *path, unsigned seconds, bool any, struct err *e)
{
	const struct timespec pause = { 0, 20000000 };	/* 20 ms */
	uint64_t tries = (uint64_t)seconds * 50;
	enum rc rc = RC_OK;

	if (fd < 0)
		return err_errno(e, "%s", path);
	while (!rc && flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK) {
			if (any)
				break;
			rc = err_errno(e, "%s", path);
		} else if (tries-- == 0) {
			rc = err_set(e, RC_CONFLICT, "%s: another colep is writing here; wait until it is done and try again", path);
		} else {
			nanosleep(&pause, NULL);
		}
	}
	if (rc)
		close(fd);
	else
		l->fd = fd;
	return rc;
}

enum rc lock_open(struct lock *l, const char *path, unsigned seconds, struct err *e)
{
	return lock_wait(l, open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644), path, seconds, false, e);
}

enum rc lock_folder(struct lock *l, const char *path, unsigned seconds, struct err *e)
{
	return lock_wait(l, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path, seconds, true, e);
}

void lock_share(struct lock *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	while (fd >= 0 && flock(fd, LOCK_SH) && errno == EINTR)
		;
	l->fd = fd;
}

void lock_close(struct lock *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
