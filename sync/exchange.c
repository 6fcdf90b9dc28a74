/* sync/exchange.c: see exchange.h.
 *
 * Foreign objects never enter the repository before they are judged: git writes them, as one checked pack
 * (fetch.fsckObjects makes it index-pack --strict), into .git/colep/quarantine-PID, which is read as an alternate
 * meanwhile. All accepted: the pack is moved. Some refused: what the accepted commits need is packed anew. What
 * killed runs left behind is removed by the next. */
#include "sync/exchange.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync/git.h"

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

enum rc peer_url_check(const char *url, struct err *e)
{
	static const char *const schemes[] = { "file://", "http://", "https://", "ssh://" };
	const char *colon = strstr(url, "://"), *pair = strstr(url, "::");
	size_t i;

	if (!*url || url[0] == '-' || has_control(url))
		return err_set(e, RC_INVALID, "not a place of a peer; it is a folder, an https:// or ssh:// address, or host:path");
	if (pair && (!colon || pair < colon))
		return err_set(e, RC_INVALID, "%s: addresses with '::' would run a program of that name; refused", url);
	for (i = 0; colon && i < 4 && strncmp(url, schemes[i], strlen(schemes[i])) != 0; i++)
		;
	if (colon && i == 4)
		return err_set(e, RC_INVALID, "%s: only file, http, https and ssh are spoken", url);
	if (colon && colon[3] == '-')
		return err_set(e, RC_INVALID, "%s: a host does not begin with '-'", url);
	return RC_OK;
}

static int by_name(const void *x, const void *y)
{
	return strcmp(((const struct peer *)x)->name, ((const struct peer *)y)->name);
}

enum rc peers_read(struct peer **list, size_t *n, struct arena *a, const struct node *node, struct err *e)
{
	const struct str front = STR("[remote \""), back = STR("\"]");
	struct buf b = BUF_INIT;
	struct str rest, line, v;
	size_t cap = 0;
	enum rc rc;

	*list = NULL;
	*n = 0;
	if (node->foreign)
		return RC_OK;
	rc = file_read(&b, path_join(a, node->git, "config"), (size_t)1 << 20, e);
	if (rc == RC_NOTFOUND)
		rc = RC_OK;
	for (rest = buf_str(&b); !rc && str_line(&line, &rest);) {
		struct peer p = { 0 };

		line = str_trim(line);
		if (!str_starts(line, front) || !str_ends(line, back))
			continue;
		p.name = arena_cstr(a, str_sub(line, front.n, line.n - back.n));
		if ((rc = node_config(&v, a, node, arena_printf(a, "remote.%s.url", p.name), e)))
			break;
		if (!v.n)
			continue;
		p.url = arena_cstr(a, v);
		if ((rc = node_config(&v, a, node, arena_printf(a, "remote.%s.colepRelay", p.name), e)))
			break;
		p.relay = str_is(v, "true");
		if (*n == cap)
			*list = arena_grow(a, *list, &cap, sizeof **list);
		(*list)[(*n)++] = p;
	}
	if (*n > 1)
		qsort(*list, *n, sizeof **list, by_name);
	buf_free(&b);
	return rc;
}

/* ---- quarantine ---- */

static void sweep(struct arena *a, const struct node *n)
{
	struct err e = ERR_INIT;
	char **names;
	size_t count, i;

	if (dir_list(&names, &count, a, n->cache, &e))
		return;
	for (i = 0; i < count; i++) {
		long pid;

		if (sscanf(names[i], "quarantine-%ld", &pid) != 1 || (pid > 1 && kill((pid_t)pid, 0) == 0 && pid != (long)getpid()))
			continue;
		if (dir_remove(path_join(a, n->cache, names[i]), &e))
			continue;	/* another run removes it */
	}
}

static enum rc quarantine(const char **objects, struct arena *a, const struct node *n, struct err *e)
{
	char *dir, *full = realpath(n->cache, NULL);
	enum rc rc;

	if (!full)
		return err_errno(e, "%s", n->cache);
	sweep(a, n);
	dir = arena_printf(a, "%s/quarantine-%ld", full, (long)getpid());
	free(full);
	if ((rc = dir_make(path_join(a, dir, "pack"), 0755, e)))
		return rc;
	*objects = dir;
	return RC_OK;
}

/* Packs and loose objects to where the repository looks; an index after its pack. */
static enum rc move_in(struct arena *a, const char *from, const char *to, struct err *e)
{
	static const char *const last[] = { ".pack", ".rev", ".idx" };
	char **names, **more;
	size_t n, m, i, j, k;
	enum rc rc;

	if ((rc = dir_list(&names, &n, a, from, e)))
		return rc;
	for (i = 0; i < n && !rc; i++) {
		const char *dir = path_join(a, from, names[i]), *there = path_join(a, to, names[i]);

		if (!file_is_dir(dir) || (rc = dir_list(&more, &m, a, dir, e)))
			continue;
		if (!rc && m && (rc = dir_make(there, 0755, e)))
			break;
		for (k = 0; k < 4 && !rc; k++)
			for (j = 0; j < m && !rc; j++) {
				struct str name = cstr(more[j]);
				bool other = !str_ends(name, cstr(last[0])) && !str_ends(name, cstr(last[1])) && !str_ends(name, cstr(last[2]));

				if (k == 0 ? !other : !str_ends(name, cstr(last[k - 1])))
					continue;
				if (rename(path_join(a, dir, more[j]), path_join(a, there, more[j])))
					rc = err_errno(e, "%s", there);
			}
	}
	return rc;
}

/* Only what accepted commits need. */
static enum rc pack_accepted(struct fold *f, const char *objects, const char *store, struct err *e)
{
	struct buf want = BUF_INIT, out = BUF_INIT;
	const char *args[] = { "pack-objects", "-q", "--revs", path_join(f->a, store, "pack/pack"), NULL };
	struct git_run how = { .dir = f->node->dir, .alternates = objects };
	char hex[OID_HEX + 1];
	size_t i;
	enum rc rc;

	for (i = f->known; i < f->graph.n; i++) {
		oid_format(hex, &f->graph.v[i]->id);
		buf_printf(&want, "%s\n", hex);
	}
	oid_format(hex, &f->base);
	buf_printf(&want, "^%s\n", hex);
	how.input = buf_str(&want);
	rc = git_run(&out, &how, args, e);
	buf_free(&want);
	buf_free(&out);
	return rc;
}

/* "OID\tREF" lines: the oid of a ref. */
static bool advertised(struct oid *o, struct str answer, const char *ref)
{
	struct str line;

	while (str_line(&line, &answer))
		if (str_is(str_sub(line, OID_HEX + 1, line.n), ref))
			return oid_parse(o, str_sub(line, 0, OID_HEX));
	return false;
}

/* A node's note of its main leaves out what plain git put on top, which is nobody's yet; others have main alone. */
static enum rc ask(struct oid *tip, const char **ref, const struct node *n, const char *url, struct err *e)
{
	const char *args[] = { "ls-remote", "--quiet", "--end-of-options", url, "refs/heads/main", "refs/colep/main", NULL };
	struct git_run how = { .dir = n->dir, .seconds = 120 };
	struct buf out = BUF_INIT;
	enum rc rc;

	*tip = OID_NONE;
	*ref = "refs/colep/main";
	if ((rc = peer_url_check(url, e)) == RC_OK && (rc = git_run(&out, &how, args, e)) == RC_OK &&
	    !advertised(tip, buf_str(&out), *ref))
		(void)advertised(tip, buf_str(&out), *ref = "refs/heads/main");	/* none: an empty place */
	buf_free(&out);
	return rc;
}

/* Faults in trees that section 6 judges by itself: so that one bad commit does not keep the rest of a peer away. What
 * comes in so is never moved as it is. */
static const char *const lenient[] = { "hasDot", "hasDotdot", "hasDotgit", "hasEmptyName", "fullPathname", "nullSha1", "treeNotSorted",
	"duplicateEntries", "zeroPaddedFilemode", "gitmodulesMissing", "gitmodulesBlob", "gitmodulesLarge", "gitmodulesName",
	"gitmodulesSymlink", "gitmodulesUrl", "gitmodulesPath", "gitmodulesUpdate", "gitmodulesParse" };
enum { LENIENT = sizeof lenient / sizeof *lenient };

static enum rc bring(struct arena *a, const struct node *n, const char *url, const char *ref, const char *objects, const char *store,
    bool judged, struct err *e)
{
	const char *fetch[] = { "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
		"--no-recurse-submodules", "--refmap=", "--end-of-options", url, ref, NULL };
	const char *args[2 * LENIENT + sizeof fetch / sizeof *fetch];
	struct git_run how = { .dir = n->dir, .objects = objects, .alternates = store };
	struct buf out = BUF_INIT;
	size_t k = 0, i;
	enum rc rc;

	for (i = 0; i < LENIENT && judged; i++) {
		args[k++] = "-c";
		args[k++] = arena_printf(a, "fetch.fsck.%s=warn", lenient[i]);
	}
	memcpy(args + k, fetch, sizeof fetch);
	rc = git_run(&out, &how, args, e);
	buf_free(&out);
	return rc;
}

enum rc exchange_fetch(size_t *got, struct oid *tip, struct fold *f, const char *url, const char *peer, struct err *e)
{
	const char *objects = NULL, *store = NULL, *ref;
	struct err odd = ERR_INIT;
	size_t before = f->graph.n, refused = f->acceptor.count;
	bool has = false, odd_trees = false;
	unsigned newer = f->acceptor.newer;	/* of peers before */
	enum rc rc;

	*got = 0;
	if ((rc = ask(tip, &ref, f->node, url, e)) || oid_is_none(tip) || graph_find(&f->graph, tip) != SIZE_MAX)
		return rc;
	if ((rc = repo_has(&has, f->repo, tip, e)))
		return rc;
	if (!has) {
		char *full = realpath(path_join(f->a, f->node->git, "objects"), NULL);

		if (!full)
			return err_errno(e, "%s/objects", f->node->git);
		store = arena_cstr(f->a, cstr(full));
		free(full);
		if ((rc = quarantine(&objects, f->a, f->node, e)))
			goto out;
		if ((rc = bring(f->a, f->node, url, ref, objects, store, false, e)) && strstr(e->msg, "fsck")) {
			odd_trees = true;
			rc = bring(f->a, f->node, url, ref, objects, store, true, e);
		}
		if (rc || (rc = repo_alternate(f->repo, objects, e)))
			goto out;
	}
	f->acceptor.newer = 0;
	if ((rc = fold_add(f, tip, peer, e)))
		goto out;
	*got = f->graph.n - before;
	if (f->acceptor.newer) {	/* not understood: carried as it is, for those who do */
		if (objects && !odd_trees && (rc = move_in(f->a, objects, store, e)))
			goto out;
		rc = odd_trees ? RC_OK : fold_carry(f, tip, peer, e);
	} else if (objects && *got)
		rc = f->acceptor.count == refused && !odd_trees ? move_in(f->a, objects, store, e) : pack_accepted(f, objects, store, e);
out:
	if (!f->acceptor.newer)
		f->acceptor.newer = newer;
	if (objects && dir_remove(objects, &odd) && !rc)
		rc = RC_OK;			/* swept by the next run */
	return rc;
}

static bool authored_below(const struct graph *g, size_t i, const struct oid *tip)
{
	size_t t = oid_is_none(tip) ? SIZE_MAX : graph_find(g, tip);

	return t != SIZE_MAX && graph_below(g, i, t);
}

/* What is not understood here goes on to others, under a name of ours. */
static enum rc push_carried(struct fold *f, const char *url, struct str id, struct err *e)
{
	const char *args[8] = { "push", "--quiet", "--no-verify", "--end-of-options", url, NULL };
	struct git_run how = { .dir = f->node->dir };
	struct pushed *list;
	struct buf out = BUF_INIT;
	char hex[OID_HEX + 1];
	size_t n, i;
	enum rc rc = fold_pushed(&list, &n, f->a, f->node, e);

	for (i = 0; i < n && !rc; i++) {
		if (strncmp(list[i].ref, "refs/colep/carry/", 17) != 0)
			continue;
		oid_format(hex, &list[i].tip);
		args[5] = arena_printf(f->a, "+%s:refs/colep/from/%.*s-%s", hex, FMT_STR(id), list[i].node);
		rc = git_run(&out, &how, args, e);
	}
	buf_free(&out);
	return rc;
}

enum rc exchange_push(size_t *sent, struct fold *f, const char *url, struct str id, const struct oid *main, const struct oid *tip,
    struct err *e)
{
	char hex[OID_HEX + 1];
	const char *args[] = { "push", "--quiet", "--no-verify", "--end-of-options", url, NULL, NULL };
	struct git_run how = { .dir = f->node->dir };
	struct buf out = BUF_INIT;
	size_t i;
	enum rc rc;

	*sent = 0;
	for (i = 0; i < f->graph.n; i++)
		*sent += !f->graph.v[i]->merged && fold_shows(f, i) && !authored_below(&f->graph, i, tip);
	if (fold_newer(f->node) && (rc = push_carried(f, url, id, e)))
		return rc;
	if (!*sent || oid_eq(main, tip)) {
		*sent = 0;
		return RC_OK;
	}
	oid_format(hex, main);
	args[5] = arena_printf(f->a, "+%s:refs/colep/from/%.*s", hex, FMT_STR(id));
	if ((rc = git_run(&out, &how, args, e)))
		*sent = 0;
	buf_free(&out);
	return rc;
}

enum rc exchange_clone(struct oid *tip, struct arena *a, const struct node *n, const char *url, struct err *e)
{
	char *full = realpath(path_join(a, n->git, "objects"), NULL);
	struct err odd = ERR_INIT;
	const char *objects = NULL, *ref;
	enum rc rc;

	if (!full)
		return err_errno(e, "%s/objects", n->git);
	if ((rc = ask(tip, &ref, n, url, e)) == RC_OK && oid_is_none(tip))
		rc = err_set(e, RC_INVALID, "%s: nothing is saved there yet, or it is no node", url);
	if (!rc && !(rc = quarantine(&objects, a, n, e)) && !(rc = bring(a, n, url, ref, objects, full, false, e)))
		rc = move_in(a, objects, full, e);
	if (objects && dir_remove(objects, &odd) && !rc)
		rc = RC_OK;
	free(full);
	return rc;
}
