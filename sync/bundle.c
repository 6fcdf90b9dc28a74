/* sync/bundle.c: see bundle.h. A git bundle, version 2 (version 3 has "@capability" lines before the rest; we take
 * @object-format=sha1):
 *
 *	# v2 git bundle
 *	-<hex> comment			a commit that the reader must have; any number
 *	<hex> refs/heads/main		what it holds; any number
 *	<empty line>
 *	pack
 *
 * Ours have refs/heads/main, HEAD (so that `git clone` finds a branch), refs/colep/from/<id> (who made it) and what is
 * carried for others. For a compressed one git packs without zlib and finds deltas anew, and zstd does the rest: two
 * thirds of what git makes of it. Each layer is a pass from file to file, so memory is bounded. */
#include "sync/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/gate/zstd.h"
#include "sync/age.h"

enum { LINE_MAX_BYTES = 4096, ENTRIES_MAX = 100000, LAYERS = 2 };

/* ---- reading ---- */

static enum rc no_bundle(struct err *e, const char *what)
{
	return err_set(e, RC_INVALID, "%s", what);
}

static bool take_entry(struct oid *id, struct str *name, struct str line)
{
	if (!oid_parse(id, str_sub(line, 0, OID_HEX)) || (line.n > OID_HEX && line.p[OID_HEX] != ' '))
		return false;
	*name = str_sub(line, OID_HEX + 1, line.n);
	return true;
}

enum rc bundle_parse(struct bundle *out, struct arena *a, struct str text, struct err *e)
{
	struct str rest = str_sub(text, 0, BUNDLE_HEAD_MAX), line, name;
	struct bundle b = { 0 };
	size_t rcap = 0, ncap = 0, end;
	bool v3 = false, first = true;
	struct oid id;

	for (;; first = false) {
		end = str_chr(rest, '\n');
		if (end == SIZE_MAX || end > LINE_MAX_BYTES)
			return no_bundle(e, first ? "not a bundle" : "cut off, or a bundle with too long a head");
		line = str_sub(rest, 0, end);
		rest = str_sub(rest, end + 1, rest.n);
		if (first) {
			v3 = str_is(line, "# v3 git bundle");
			if (!v3 && !str_is(line, "# v2 git bundle"))
				return no_bundle(e, "not a bundle");
			continue;
		}
		if (!line.n)
			break;
		if (v3 && line.p[0] == '@') {
			if (!str_is(line, "@object-format=sha1"))
				return no_bundle(e, "a bundle of a kind that is not known here; make it with 'colep bundle'");
		} else if (line.p[0] == '-' && take_entry(&id, &name, str_sub(line, 1, line.n))) {
			if (b.nneeds == ncap)
				b.needs = arena_grow(a, b.needs, &ncap, sizeof *b.needs);
			b.needs[b.nneeds++] = id;
		} else if (take_entry(&id, &name, line) && name.n && !memchr(name.p, '\0', name.n)) {
			if (b.nrefs == rcap)
				b.refs = arena_grow(a, b.refs, &rcap, sizeof *b.refs);
			b.refs[b.nrefs++] = (struct bundle_ref){ id, arena_cstr(a, name) };
		} else {
			return no_bundle(e, "a bundle with a line in its head that is none");
		}
		if (b.nrefs + b.nneeds > ENTRIES_MAX)
			return no_bundle(e, "a bundle with too many refs");
	}
	b.pack = (size_t)(rest.p - text.p);
	if (rest.n < 12 || memcmp(rest.p, "PACK\0\0\0\2", 8) != 0)
		return no_bundle(e, "cut off, or a bundle without a pack");
	for (end = 8; end < 12; end++)
		b.objects = b.objects << 8 | (unsigned char)rest.p[end];
	*out = b;
	return RC_OK;
}

/* Unwrap layer after layer; *fd is at the beginning of what is no layer of ours. */
static enum rc unwrap(int *fd, const char **path, struct arena *a, const char *name, const char *dir, const struct ed25519 *keys,
    size_t nkeys, const struct git_limits *l, struct err *e)
{
	unsigned layer;
	char head[64];
	size_t n;
	enum rc rc;

	for (layer = 0;; layer++) {
		const char *inner = arena_printf(a, "%s/layer-%u", dir, layer);
		bool age, zstd;
		int out;

		if ((rc = fd_read(&n, *fd, head, sizeof head, name, e)))
			return rc;
		if (lseek(*fd, 0, SEEK_SET) < 0)
			return err_errno(e, "%s", name);
		age = age_begins((struct str){ head, n });
		zstd = zstd_begins((struct str){ head, n });
		if (!age && !zstd)
			return RC_OK;
		if (layer == LAYERS)
			return err_set(e, RC_INVALID, "%s: wrapped more than once", name);
		if ((out = open(inner, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0)
			return err_errno(e, "%s", inner);
		if (age && !nkeys)
			rc = err_set(e, RC_UNTRUSTED, "%s: encrypted, and this node has no key here that could open it; where the key is, "
			    "'age -d -i KEY' does", name);
		else
			rc = age ? age_open(*fd, out, keys, nkeys, name, e) : zstd_unpack(*fd, out, l->inflated, name, e);
		close(*fd);
		*fd = out;
		*path = inner;
		if (!rc && lseek(out, 0, SEEK_SET) < 0)
			rc = err_errno(e, "%s", inner);
		if (rc)
			return rc;
	}
}

enum rc bundle_open(struct bundle *b, const char **plain, struct arena *a, const char *path, const char *dir,
    const struct ed25519 *keys, size_t nkeys, const struct git_limits *l, struct err *e)
{
	struct buf text = BUF_INIT;
	struct stat st;
	size_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum rc rc = RC_OK;

	if (fd < 0 || fstat(fd, &st)) {
		rc = err_errno(e, "%s", path);
		goto out;
	}
	*plain = path;
	if (!S_ISREG(st.st_mode))
		rc = err_set(e, RC_INVALID, "%s: not a plain file", path);
	else if ((uint64_t)st.st_size > l->pack)
		rc = err_set(e, RC_UNTRUSTED, "%s: more than %llu bytes; refused (git config colep.packMax)", path, (unsigned long long)l->pack);
	else
		rc = unwrap(&fd, plain, a, path, dir, keys, nkeys, l, e);
	if (rc)
		goto out;
	buf_reserve(&text, BUNDLE_HEAD_MAX);
	if ((rc = fd_read(&n, fd, text.p, BUNDLE_HEAD_MAX, path, e)))
		goto out;
	text.n = n;
	if ((rc = bundle_parse(b, a, buf_str(&text), e)))
		rc = err_prefix(e, "%s", path);
	else if (b->objects > l->objects)
		rc = err_set(e, RC_UNTRUSTED, "%s: more than %llu objects; refused (git config colep.objectsMax)", path,
		    (unsigned long long)l->objects);
out:
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return rc;
}

/* ---- writing ---- */

/* "HEX" lines of what it holds, and "-HEX" of what it needs; *n of the former. */
static enum rc list_commits(size_t *n, struct buf *needs, const char *repo, struct str revs, struct err *e)
{
	const char *args[] = { "rev-list", "--boundary", "--stdin", NULL };
	struct git_run how = { .dir = repo, .input = revs };
	struct buf out = BUF_INIT;
	struct str rest, line;
	enum rc rc = git_run(&out, &how, args, e);

	*n = 0;
	for (rest = buf_str(&out); !rc && str_line(&line, &rest);) {
		if (line.n && line.p[0] == '-')
			buf_printf(needs, "%.*s\n", FMT_STR(line));
		else
			(*n)++;
	}
	buf_free(&out);
	return rc;
}

/* Head and pack, to one file. */
static enum rc write_plain(const char *to, struct arena *a, const char *repo, const char *dir, struct str head, struct str revs,
    const struct bundle_plan *p, struct err *e)
{
	static const char *const quick[] = { "-c", "pack.threads=1", "pack-objects", "--stdout", "--revs", "--thin", "--delta-base-offset",
		"--progress", NULL };
	static const char *const small[] = { "-c", "pack.threads=1", "-c", "pack.compression=0", "-c", "core.compression=0", "pack-objects",
		"--stdout", "--revs", "--thin", "--delta-base-offset", "--no-reuse-object", "--progress", NULL };
	const char *pack = path_join(a, dir, "raw");
	struct git_run how = { .dir = repo, .input = revs, .to = pack, .tick = p->tick, .ctx = p->ctx };
	struct buf out = BUF_INIT;
	char *chunk = xmalloc(1 << 16);
	int from = -1, fd = -1;
	size_t n = 1;
	enum rc rc = git_run(&out, &how, p->small ? small : quick, e);

	if (!rc && ((from = open(pack, O_RDONLY | O_CLOEXEC)) < 0 || (fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0))
		rc = err_errno(e, "%s", to);
	if (!rc)
		rc = fd_write(fd, head, to, e);
	while (!rc && n && !(rc = fd_read(&n, from, chunk, 1 << 16, pack, e)))
		rc = fd_write(fd, (struct str){ chunk, n }, to, e);
	if (from >= 0)
		close(from);
	if (fd >= 0 && close(fd) && !rc)
		rc = err_errno(e, "%s", to);
	unlink(pack);
	free(chunk);
	buf_free(&out);
	return rc;
}

enum layer { COPY, ZSTD, AGE };

/* One pass; the last one makes the file itself durable. called: what messages call it. */
static enum rc pass(enum layer layer, const char *from, const char *to, const char *called, const struct bundle_plan *p, struct err *e)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	char *chunk = xmalloc(1 << 16);
	struct stat st;
	size_t n = 1;
	enum rc rc = RC_OK;

	if (in < 0 || out < 0 || fstat(in, &st))
		rc = err_errno(e, "%s", in < 0 ? from : called);
	else if (layer == ZSTD)
		rc = zstd_pack(in, out, (uint64_t)st.st_size, called, e);
	else if (layer == AGE)
		rc = age_seal(in, out, p->to, p->nto, called, e);
	while (!rc && layer == COPY && n && !(rc = fd_read(&n, in, chunk, 1 << 16, from, e)))
		rc = fd_write(out, (struct str){ chunk, n }, called, e);
	if (!rc && fsync(out))
		rc = err_errno(e, "%s", called);
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) && !rc)
		rc = err_errno(e, "%s", called);
	free(chunk);
	return rc;
}

/* A name beside the file that a FAT stick takes as well; the file's folder. */
static const char *beside(struct arena *a, const char *path, const char **folder)
{
	const char *slash = strrchr(path, '/');

	*folder = slash ? arena_cstr(a, (struct str){ path, slash == path ? 1 : (size_t)(slash - path) }) : ".";
	return path_join(a, *folder, arena_printf(a, "colep%03d.tmp", (int)(getpid() % 1000)));
}

enum rc bundle_write(size_t *commits, struct arena *a, const char *path, const char *repo, const char *dir,
    const struct bundle_plan *p, struct err *e)
{
	struct buf head = BUF_INIT, revs = BUF_INIT;
	const char *folder, *tmp = beside(a, path, &folder), *last = path_join(a, dir, "bundle"), *next;
	char hex[OID_HEX + 1];
	size_t i;
	int fd;
	enum rc rc;

	for (i = 0; i < p->nrefs; i++) {
		oid_format(hex, &p->refs[i].id);
		buf_printf(&revs, "%s\n", hex);
	}
	for (i = 0; i < p->nhad; i++) {
		oid_format(hex, &p->had[i]);
		buf_printf(&revs, "^%s\n", hex);
	}
	buf_puts(&head, "# v2 git bundle\n");
	if ((rc = list_commits(commits, &head, repo, buf_str(&revs), e)) || !*commits)
		goto out;
	for (i = 0; i < p->nrefs; i++) {
		oid_format(hex, &p->refs[i].id);
		buf_printf(&head, "%s %s\n", hex, p->refs[i].name);
		if (i == 0)
			buf_printf(&head, "%s HEAD\n", hex);
	}
	buf_putc(&head, '\n');
	if ((rc = write_plain(last, a, repo, dir, buf_str(&head), buf_str(&revs), p, e)))
		goto out;
	if (p->small && p->tick)
		p->tick(p->ctx, "compressing");
	if (p->small && p->nto) {
		next = path_join(a, dir, "small");
		if ((rc = pass(ZSTD, last, next, next, p, e)))
			goto out;
		last = next;
	}
	unlink(tmp);			/* of a run that was killed; never written through a link */
	if ((rc = pass(p->nto ? AGE : p->small ? ZSTD : COPY, last, tmp, path, p, e)))
		goto out;
	if (rename(tmp, path))
		rc = err_errno(e, "%s", path);
	else if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
		fsync(fd);		/* refused on folders of some file systems */
		close(fd);
	}
out:
	if (rc)
		unlink(tmp);
	buf_free(&head);
	buf_free(&revs);
	return rc;
}
