/* sync/mend.c: see mend.h.
 *
 * The note is .git/colep/moving: "FROM TO", two commits' ids in hex, and "!" behind them when the command ended by itself.
 * Without it a work tree that is behind main would look as if somebody had set everything back, and the next save would
 * say so to all others; and unsaved work in a file that others changed would take their change back (carry.h). That
 * very move is ended, before anything moves further: a file brought half the way would else be merged with what it
 * has already, and lines would be there twice. */
#include "sync/mend.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/doc/kind.h"
#include "sync/author.h"
#include "sync/carry.h"

static const char *note(struct arena *a, const struct node *n)
{
	return path_join(a, n->cache, "moving");
}

#define NOTE_MAX (2 * OID_HEX + 1)

enum rc mend_begin(const struct node *n, const struct oid *from, const struct oid *to, struct err *e)
{
	struct arena a = ARENA_INIT;
	char hex[NOTE_MAX + 1];
	enum rc rc = RC_OK;

	if (!oid_is_none(from)) {
		oid_format(hex, from);
		oid_format(hex + OID_HEX + 1, to);
		hex[OID_HEX] = ' ';
		rc = file_write_fast(note(&a, n), cstr(hex), 0644, e);
	}
	arena_free(&a);
	return rc;
}

void mend_end(const struct node *n, bool done)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct err odd = ERR_INIT;

	if (done) {
		unlink(note(&a, n));
	} else if (!file_read(&b, note(&a, n), 4096, &odd) && b.n == NOTE_MAX) {
		buf_putc(&b, '!');
		if (file_write_fast(note(&a, n), buf_str(&b), 0644, &odd))
			odd.rc = RC_OK;		/* then locks are swept as well */
	}
	buf_free(&b);
	arena_free(&a);
}

/* "x.md.tmp-Ab3xYz" beside a document. */
static bool half(struct str name)
{
	return name.n > 14 && str_is(str_sub(name, name.n - 14, name.n - 6), ".md.tmp-");
}

static void sweep(const struct node *node, struct arena *a, bool locks)
{
	struct err odd = ERR_INIT;
	const struct kind *k;
	char **owners, **names;
	size_t n, m, i, j;

	if (locks) {
		unlink(path_join(a, node->git, "refs/heads/main.lock"));
		unlink(path_join(a, node->git, "refs/colep/main.lock"));
		unlink(path_join(a, node->git, "index.lock"));
	}
	for (k = kinds; k->name; k++) {
		const char *folder = path_join(a, node->dir, k->folder);

		if (!file_is_dir(folder) || dir_list(&owners, &n, a, folder, &odd))
			continue;
		for (i = 0; i < n; i++) {
			const char *owner = path_join(a, folder, owners[i]);

			if (!file_is_dir(owner) || dir_list(&names, &m, a, owner, &odd))
				continue;
			for (j = 0; j < m; j++)
				if (half(cstr(names[j])))
					unlink(path_join(a, owner, names[j]));
		}
	}
}

/* What killed commands left besides: halves of files of ours ("x.tmp-Ab3xYz"), quarantines (of no process that lives),
 * objects not yet named. Of others that write here without our lock (git, serving a push): what is a day old, a lock ten minutes. */
static void sweep_halves(const struct node *node, struct arena *a)
{
	static const char *const folders[] = { ".git/colep", ".git", "roster", "vocab", ".git/refs/colep/from", ".git/objects", ".git/objects/pack" };
	enum { OURS = 4, REFS = 4 };	/* of them: where only halves of ours are looked for; locks of pushes */
	const struct str lock = STR(".lock");
	const struct str own = STR("tmp_object_git2_"), pack = STR("pack_git2_"), git = STR("tmp_"), aside = STR("quarantine-");
	time_t now = time(NULL), old = now - 24 * 60 * 60;
	struct err odd = ERR_INIT;
	struct stat st;
	char **names;
	size_t f, n, i;
	long pid;

	for (f = 0; f < sizeof folders / sizeof *folders; f++) {
		const char *folder = path_join(a, node->dir, folders[f]);

		if (!file_is_dir(folder) || dir_list(&names, &n, a, folder, &odd))
			continue;
		for (i = 0; i < n; i++) {
			struct str name = cstr(names[i]);
			const char *path = path_join(a, folder, names[i]);
			bool is;

			if (f < OURS)
				is = (name.n > 11 && str_is(str_sub(name, name.n - 11, name.n - 6), ".tmp-")) ||
				    (f == 0 && str_starts(name, aside) && sscanf(names[i] + aside.n, "%ld", &pid) == 1 && pid != (long)getpid() &&
				    (pid <= 1 || kill((pid_t)pid, 0) != 0));
			else if (f == REFS)
				is = str_ends(name, lock) && lstat(path, &st) == 0 && st.st_mtime < now - 10 * 60;
			else
				is = str_starts(name, own) || str_starts(name, pack) ||
				    (str_starts(name, git) && lstat(path, &st) == 0 && st.st_mtime < old);
			if (is && dir_remove(path, &odd))
				continue;		/* the next one tries again */
		}
	}
}

static const char *running(struct arena *a, const struct node *n)
{
	return path_join(a, n->cache, "running");
}

void mend_close(const struct node *n)
{
	struct arena a = ARENA_INIT;

	unlink(running(&a, n));
	arena_free(&a);
}

enum rc mend(const struct node *n, struct repo *r, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct err odd = ERR_INIT;
	struct oid from, to, main, at, base;
	enum rc rc = RC_OK;
	bool has;

	sweep_halves(n, &a);
	if (file_exists(running(&a, n)))	/* it was killed */
		sweep(n, &a, true);
	else if ((rc = file_write_fast(running(&a, n), STR(""), 0644, e)))
		goto out;
	if (file_read(&b, note(&a, n), 4096, &odd))
		goto out;		/* the usual case: there is none */
	if (b.n >= NOTE_MAX && oid_parse(&from, str_sub(buf_str(&b), 0, OID_HEX)) &&
	    oid_parse(&to, str_sub(buf_str(&b), OID_HEX + 1, NOTE_MAX))) {
		sweep(n, &a, b.n == NOTE_MAX);
		if ((rc = repo_has(&has, r, &from, e)) || (rc = repo_ref(&main, r, "refs/heads/main", e)) ||
		    (rc = author_last(&at, r, &main, e)))
			goto out;
		if (repo_ref(&base, r, "refs/colep/main", &odd) == RC_OK && oid_eq(&base, &to)) {		/* and the folder after it: only the notes are left */
			carry_forget(n);
		} else if (has && oid_eq(&at, &to)) {	/* main moved */
			if ((rc = carry(n, r, &from, &to, NULL, NULL, e)) || (rc = author_base_set(r, &to, e)))
				goto out;
			carry_forget(n);
		}
	}
	mend_end(n, true);
out:
	buf_free(&b);
	arena_free(&a);
	return rc;
}
