/* kb/node.c: see node.h. What git keeps in text files (HEAD's branch, packed-refs, config) is read here as
 * text, because loading libgit2 would cost a reading command more than its whole answer. */
#include "kb/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/file.h"

#define CONFIG_MAX ((size_t)1 << 20)	/* bytes; git's own configs have a few hundred */
#define PACKED_MAX ((size_t)64 << 20)	/* bytes; about a million refs */

enum rc node_open(struct node *n, struct arena *a, const char *dir, struct err *e)
{
	const char *at, *cache;
	struct stat st, up;
	struct str practice;
	struct node got;
	enum rc rc;
	unsigned depth;

	if (stat(dir, &st))
		return errno == ENOENT ? err_set(e, RC_INVALID, "%s: no such folder", dir) : err_errno(e, "%s", dir);
	for (at = dir, depth = 0; depth < 64; depth++) {
		cache = path_join(a, at, ".git/colep");
		if (file_is_dir(cache))
			break;
		if (stat(at, &st) || stat(path_join(a, at, ".."), &up) ||
		    (st.st_dev == up.st_dev && st.st_ino == up.st_ino)) {
			depth = 64;		/* the root, or a folder above that is closed to us */
			break;
		}
		at = path_join(a, at, "..");
	}
	if (depth == 64)
		return err_set(e, RC_INVALID, "%s: not a colep node, nor any folder above it; found a community with "
		    "'colep init DIR --id ID', join one with 'colep join SOURCE DIR', or name the node with -C", dir);
	got = (struct node){ .dir = arena_cstr(a, cstr(at)), .git = path_join(a, at, ".git"), .cache = cache };
	if (lstat(cache, &st))
		return err_errno(e, "%s", cache);
	got.foreign = st.st_uid != geteuid();
	if ((rc = node_config(&practice, a, &got, "colep.practice", e)))
		return rc;
	got.practice = str_is(practice, "true");
	*n = got;
	return RC_OK;
}

static enum rc packed_main(struct oid *o, struct arena *a, const struct node *n, struct err *e)
{
	const struct str name = STR(" refs/heads/main");
	struct buf b = BUF_INIT;
	struct str rest, line;
	enum rc rc = file_read(&b, path_join(a, n->git, "packed-refs"), PACKED_MAX, e);

	if (!rc) {
		rc = RC_NOTFOUND;
		for (rest = buf_str(&b); rc == RC_NOTFOUND && str_line(&line, &rest);)
			if (str_ends(line, name) && oid_parse(o, str_sub(line, 0, line.n - name.n)))
				rc = RC_OK;
	}
	if (rc == RC_NOTFOUND)
		(void)err_set(e, rc, "%s: nothing is here yet: its 'colep init' or 'colep join' was stopped; run it again", n->dir);
	buf_free(&b);
	return rc;
}

enum rc node_main(struct oid *o, const struct node *n, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	const char *path = path_join(&a, n->git, "refs/heads/main");
	enum rc rc = file_read(&b, path, 4096, e);

	if (rc == RC_NOTFOUND)
		rc = packed_main(o, &a, n, e);
	else if (!rc && !oid_parse(o, str_trim(buf_str(&b))))
		rc = err_set(e, RC_CORRUPT, "%s: not the id of a commit; 'git fsck' tells what is left, a copy from a peer "
		    "mends it", path);
	buf_free(&b);
	arena_free(&a);
	return rc;
}

static bool same_folded(struct str a, struct str b)	/* section and variable names have no case */
{
	return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

/* The value of "name = value": quotes, escapes and comments taken away. */
static struct str config_value(struct arena *a, struct str raw)
{
	struct buf b = BUF_INIT;
	struct str out;
	size_t i, solid = 0;		/* length up to the last byte that is no trailing blank */
	bool quoted = false;

	raw = str_trim(raw);
	for (i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (!quoted && (c == '#' || c == ';'))
			break;
		if (c == '\\' && i + 1 < raw.n) {
			c = raw.p[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
			buf_putc(&b, c);
			solid = b.n;
			continue;
		}
		buf_putc(&b, c);
		if (quoted || (c != ' ' && c != '\t'))
			solid = b.n;
	}
	out = arena_str(a, (struct str){ b.p, solid });
	buf_free(&b);
	return out;
}

/* Does a "[section]" or "[section "sub"]" line open the section of a key ("remote.origin")? */
static bool config_section(struct str line, struct str want)
{
	size_t end = str_chr(line, ']'), quote = str_chr(line, '"'), dot = SIZE_MAX, i;
	struct str sub;

	if (end == SIZE_MAX)
		return false;
	for (i = 0; i < want.n && dot == SIZE_MAX; i++)
		if (want.p[i] == '.')
			dot = i;
	if (quote == SIZE_MAX || quote > end)
		return dot == SIZE_MAX && same_folded(str_trim(str_sub(line, 1, end)), want);
	sub = str_sub(line, quote + 1, line.n);
	sub = str_sub(sub, 0, str_chr(sub, '"'));
	return dot != SIZE_MAX && same_folded(str_trim(str_sub(line, 1, quote)), str_sub(want, 0, dot)) &&
	    str_eq(sub, str_sub(want, dot + 1, want.n));
}

enum rc node_config(struct str *v, struct arena *a, const struct node *n, const char *key, struct err *e)
{
	struct buf b = BUF_INIT;
	const char *last = strrchr(key, '.');
	struct str section, name, rest, line, got = STR_NONE;
	bool inside = false;
	enum rc rc;
	size_t eq;

	*v = STR_NONE;
	if (n->foreign || !last)
		return RC_OK;
	section = str_sub(cstr(key), 0, (size_t)(last - key));
	name = cstr(last + 1);
	rc = file_read(&b, path_join(a, n->git, "config"), CONFIG_MAX, e);
	if (rc == RC_NOTFOUND)
		return RC_OK;		/* no config: nothing is set */
	for (rest = buf_str(&b); !rc && str_line(&line, &rest);) {
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
			continue;
		if (line.p[0] == '[') {
			inside = config_section(line, section);
			continue;
		}
		eq = str_chr(line, '=');
		if (inside && same_folded(str_trim(str_sub(line, 0, eq)), name))
			got = eq == SIZE_MAX ? STR("true") : config_value(a, str_sub(line, eq + 1, line.n));
	}
	if (!rc)
		*v = got;
	buf_free(&b);
	return rc;
}

struct str node_exclude(struct arena *a, const struct node *n)
{
	struct err ignored = ERR_INIT;
	struct buf b = BUF_INIT;
	struct str s = STR("");

	if (!file_read(&b, path_join(a, n->git, "info/exclude"), CONFIG_MAX, &ignored))
		s = arena_str(a, buf_str(&b));
	buf_free(&b);
	return s;
}

/* "/a\ b" for "a b": a line for this path alone, from the root. */
static void exclude_line(struct buf *b, const char *rel)
{
	for (buf_putc(b, '/'); *rel; rel++) {
		if (strchr("*?[]\\!# ", *rel))
			buf_putc(b, '\\');
		buf_putc(b, *rel);
	}
}

bool node_left_out(struct str exclude, const char *rel)
{
	struct buf want = BUF_INIT;
	struct str line;
	bool yes = false;

	exclude_line(&want, rel);
	while (!yes && str_line(&line, &exclude))
		yes = str_eq(line, buf_str(&want));
	buf_free(&want);
	return yes;
}

enum rc node_leave_out(bool *added, struct arena *a, const struct node *n, const char *path, struct err *e)
{
	char *root = realpath(n->dir, NULL), *full = realpath(path, NULL);
	const char *list = path_join(a, n->git, "info/exclude"), *rel;
	size_t at = root ? strlen(root) : 0;
	struct buf b = BUF_INIT;
	enum rc rc = RC_OK;

	*added = false;
	if (!root || !full || n->foreign || strncmp(full, root, at) != 0 || full[at] != '/')
		goto out;
	rel = full + at + 1;
	if (str_starts(cstr(rel), STR(".git/")) || strpbrk(rel, "\r\n") ||
	    ((rc = file_read(&b, list, CONFIG_MAX, e)) && rc != RC_NOTFOUND) || node_left_out(buf_str(&b), rel))
		goto out;
	if (b.n && b.p[b.n - 1] != '\n')
		buf_putc(&b, '\n');
	exclude_line(&b, rel);
	buf_putc(&b, '\n');
	if (!(rc = dir_make(path_join(a, n->git, "info"), 0755, e)))
		rc = file_write(list, buf_str(&b), 0644, e);
	*added = !rc;
out:
	buf_free(&b);
	free(root);
	free(full);
	return rc;
}
