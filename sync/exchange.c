/* sync/exchange.c: see exchange.h.
 *
 * Foreign objects never enter the repository before they are judged: git writes them, as one checked pack
 * (index-pack --strict, for a fetch by fetch.fsckObjects), into .git/colep/quarantine-PID-N, which is read as an
 * alternate meanwhile. All accepted: the pack is moved. Some refused: what the accepted commits need is packed anew. What
 * killed runs left behind is removed by the next.
 *
 * What is remembered of a peer stands in .git/colep/peer-NAME (of a node that a bundle came from: node-ID), so that an
 * idle sync is one question. Losing it costs a sync that reads more:
 *
 *	saw HEX			what it offered last, all of it accepted
 *	bad HEX REASON		what it offers and cannot be accepted
 *	sent HEX		our main as it was given */
#include "sync/exchange.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/version.h"
#include "sync/bundle.h"
#include "sync/pack.h"

enum { OFFERS_MAX = 1000 };		/* branches of a relay that are looked at */

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* "ssh://user@-oProxyCommand=x/", "user@-oProxyCommand=x:path": ssh would take the host for an option. */
static bool host_is_option(const char *url, const char *colon)
{
	const char *host = colon ? colon + 3 : url, *at;
	size_t n = strcspn(host, "/");

	if (!colon && !memchr(url, ':', n))
		return false;			/* a folder */
	while ((at = memchr(host, '@', n))) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	return *host == '-';
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
	if (host_is_option(url, colon))
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

enum rc exchange_aside(const char **out, struct arena *a, const struct node *n, struct err *e)
{
	static unsigned count;
	char *dir, *full = realpath(n->cache, NULL);
	enum rc rc;

	if (!full)
		return err_errno(e, "%s", n->cache);
	if (!count)
		sweep(a, n);
	dir = arena_printf(a, "%s/quarantine-%ld-%u", full, (long)getpid(), count++);
	free(full);
	if ((rc = dir_make(path_join(a, dir, "pack"), 0700, e)) == RC_OK)
		*out = dir;
	return rc;
}

static enum rc quarantine(struct exchange *x, struct err *e)
{
	return x->dir ? RC_OK : exchange_aside(&x->dir, x->a, x->node, e);
}

static void quarantine_end(struct exchange *x)
{
	struct err odd = ERR_INIT;

	if (x->dir && dir_remove(x->dir, &odd))
		odd.rc = RC_OK;			/* swept by the next run */
	x->dir = NULL;
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

/* ---- what is remembered ---- */

#define NOTES_FIRST "colep " COLEP_VERSION "\n"	/* another version may judge otherwise */

static const char *notes_path(struct arena *a, const struct node *n, const char *who, bool peer)
{
	const char *p;

	for (p = who; *p && (isalnum((unsigned char)*p) || *p == '-'); p++)
		;
	return *p || !*who ? NULL : path_join(a, n->cache, arena_printf(a, peer ? "peer-%s" : "node-%s", who));	/* a place has none */
}

static void read_notes(struct str *notes, struct arena *a, const char *path)
{
	struct err odd = ERR_INIT;
	struct buf b = BUF_INIT;

	*notes = STR_NONE;
	if (path && file_read(&b, path, (size_t)1 << 20, &odd) == RC_OK && str_starts(buf_str(&b), STR(NOTES_FIRST)))
		*notes = arena_str(a, buf_str(&b));
	buf_free(&b);
}

/* Is there a line "WORD HEX"? *rest: what stands behind it. */
static bool noted(struct str notes, const char *word, const struct oid *o, struct str *rest)
{
	struct str line;
	char hex[OID_HEX + 1];
	size_t n = strlen(word);

	oid_format(hex, o);
	while (str_line(&line, &notes))
		if (str_is(str_sub(line, 0, n), word) && str_is(str_sub(line, n + 1, n + 1 + OID_HEX), hex)) {
			*rest = str_trim(str_sub(line, n + 1 + OID_HEX, line.n));
			return true;
		}
	return false;
}

static void note(struct buf *b, const char *word, const struct oid *o, const char *more)
{
	char hex[OID_HEX + 1];

	oid_format(hex, o);
	buf_printf(b, "%s %s%s", word, hex, more ? " " : "");
	buf_text_escape(b, cstr(more));
	buf_putc(b, '\n');
}

enum rc exchange_had(struct oid *tip, struct arena *a, const struct node *n, const char *who, bool peer, struct err *e)
{
	const struct str saw = STR("saw ");
	struct str notes, line;

	*tip = OID_NONE;
	read_notes(&notes, a, notes_path(a, n, who, peer));
	while (str_line(&line, &notes))
		if (str_starts(line, saw) && !oid_parse(tip, str_sub(line, saw.n, saw.n + OID_HEX)))
			return err_set(e, RC_CORRUPT, "%s: damaged; remove it", notes_path(a, n, who, peer));
	return RC_OK;
}

/* ---- asking ---- */

/* How places on this machine are served, whoever may have written their settings: nothing of them is run, and reading
 * is for everybody (git's own check asks for a setting that we do not look at). */
#define NOTHING_RUN "git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.alternateRefsCommand=: -c core.sshCommand=false "
static const char upload_pack[] = "--upload-pack=" NOTHING_RUN "-c 'safe.directory=*' upload-pack";
static const char receive_pack[] = "--receive-pack=" NOTHING_RUN "-c receive.denyCurrentBranch=refuse -c receive.autogc=false "
	"-c receive.fsckObjects=true receive-pack";

static bool is_local(const char *url)
{
	size_t colon = strcspn(url, ":"), slash = strcspn(url, "/");

	return strncmp(url, "file://", 7) == 0 || !url[colon] || slash < colon;
}

static bool is_file(const char *url)
{
	struct stat st;

	return is_local(url) && stat(url, &st) == 0 && S_ISREG(st.st_mode);
}

static void offer(struct exchange *x, size_t *cap, const struct oid *tip, const char *ref, const char *from)
{
	struct str why;

	if (x->noffers == *cap)
		x->offers = arena_grow(x->a, x->offers, cap, sizeof *x->offers);
	x->offers[x->noffers++] = (struct offer){ .tip = *tip, .ref = ref, .from = from, .bad = noted(x->notes, "bad", tip, &why) };
	if (x->offers[x->noffers - 1].bad) {
		x->refused++;
		x->why = arena_cstr(x->a, why);
	}
}

/* From "OID\tREF" lines. A node's note of its main leaves out what plain git put on top, which is nobody's yet; others
 * have main alone. */
static void take_offers(struct exchange *x, struct str answer)
{
	const struct str relayed = STR("refs/heads/colep/");
	struct oid tip, plain = OID_NONE, main = OID_NONE;
	struct str line, ref, owner;
	size_t cap = 0;

	while (str_line(&line, &answer)) {
		ref = str_sub(line, OID_HEX + 1, line.n);
		if (!oid_parse(&tip, str_sub(line, 0, OID_HEX)))
			continue;
		if (x->relay && str_starts(ref, relayed)) {
			const char *ref_name = arena_cstr(x->a, ref);

			if (node_id_valid(str_sub(ref, relayed.n, ref.n), &owner) && x->noffers < OFFERS_MAX)
				offer(x, &cap, &tip, ref_name, ref_name + relayed.n);
		} else if (!x->relay && str_is(ref, "refs/colep/main")) {
			main = tip;
		} else if (!x->relay && str_is(ref, "refs/heads/main")) {
			plain = tip;
		}
	}
	if (!oid_is_none(&main))
		offer(x, &cap, &main, "refs/colep/main", NULL);
	else if (!oid_is_none(&plain))
		offer(x, &cap, &plain, "refs/heads/main", NULL);
}

static enum rc ask_bundle(struct exchange *x, struct err *e)
{
	static const char maker[] = "refs/colep/from/", carried[] = "refs/colep/carry/";
	struct oid plain = OID_NONE, main = OID_NONE;
	const char *from = NULL;
	struct bundle b;
	struct str owner;
	size_t cap = 0, i;
	enum rc rc;

	if ((rc = quarantine(x, e)) || (rc = bundle_open(&b, &x->plain, x->a, x->url, x->dir, x->keys, x->nkeys, &x->limits, e)))
		return rc;
	for (i = 0; i < b.nrefs; i++) {
		const char *name = b.refs[i].name;

		if (strncmp(name, maker, sizeof maker - 1) == 0 && node_id_valid(cstr(name + sizeof maker - 1), &owner))
			from = name + sizeof maker - 1;
		else if (strncmp(name, carried, sizeof carried - 1) == 0 && x->noffers < OFFERS_MAX)
			offer(x, &cap, &b.refs[i].id, name, NULL);
		else if (strcmp(name, "refs/colep/main") == 0)
			main = b.refs[i].id;
		else if (strcmp(name, "refs/heads/main") == 0)
			plain = b.refs[i].id;
	}
	if (!oid_is_none(&main) || !oid_is_none(&plain))
		offer(x, &cap, oid_is_none(&main) ? &plain : &main, "main", from);
	if (!x->noffers)
		return err_set(e, RC_INVALID, "%s: a bundle without main; it is of something else", x->url);
	x->needs = b.needs;
	x->nneeds = b.nneeds;
	x->pack = b.pack;
	return RC_OK;
}

enum rc exchange_ask(struct exchange *x, struct err *e)
{
	const char *args[10] = { "ls-remote", "--quiet" };
	struct git_run how = { .dir = x->node->dir };
	struct buf out = BUF_INIT;
	size_t n = 2;
	enum rc rc;

	read_notes(&x->notes, x->a, notes_path(x->a, x->node, x->name, true));
	if ((rc = peer_url_check(x->url, e)) || (rc = git_limits_read(&x->limits, x->a, x->node, e)))
		return rc;
	if (is_file(x->url))
		return ask_bundle(x, e);
	how.seconds = x->limits.patience;
	if (is_local(x->url))
		args[n++] = upload_pack;
	args[n++] = "--end-of-options";
	args[n++] = x->url;
	args[n++] = x->relay ? "refs/heads/colep/*" : "refs/heads/main";
	args[n++] = x->relay ? NULL : "refs/colep/main";
	args[n] = NULL;
	if ((rc = git_run(&out, &how, args, e)) == RC_OK)
		take_offers(x, buf_str(&out));
	buf_free(&out);
	return rc;
}

static bool is_ours(const struct exchange *x, const struct offer *o)
{
	return x->relay && x->id.n && str_is(x->id, o->from);
}

bool exchange_idle(const struct exchange *x, const struct oid *main)
{
	struct str rest;
	bool given = !x->id.n || (!x->relay && noted(x->notes, "sent", main, &rest));
	size_t i;

	if (x->plain)
		return false;
	for (i = 0; i < x->noffers; i++) {
		const struct offer *o = &x->offers[i];

		if (oid_eq(&o->tip, main))
			given |= !x->relay || is_ours(x, o);
		else if (!o->bad && !noted(x->notes, "saw", &o->tip, &rest))
			return false;
	}
	return given;
}

/* ---- fetching ---- */

/* Faults in trees that section 6 judges by itself: so that one bad commit does not keep the rest of a peer away. What
 * comes in so is never moved as it is. */
static const char *const lenient[] = { "hasDot", "hasDotdot", "hasDotgit", "emptyName", "fullPathname", "nullSha1", "treeNotSorted",
	"duplicateEntries", "zeroPaddedFilemode", "gitmodulesMissing", "gitmodulesBlob", "gitmodulesLarge", "gitmodulesName",
	"gitmodulesSymlink", "gitmodulesUrl", "gitmodulesPath", "gitmodulesUpdate", "gitmodulesParse" };
enum { LENIENT = sizeof lenient / sizeof *lenient };

static enum rc bring_bundle(struct exchange *x, struct git_run *how, bool judged, struct err *e)
{
	const char *args[] = { "index-pack", "--stdin", "--fix-thin", "--strict", NULL };
	struct buf strict = BUF_INIT, out = BUF_INIT;
	size_t i;
	enum rc rc;

	buf_puts(&strict, "--strict");
	for (i = 0; i < LENIENT && judged; i++)
		buf_printf(&strict, "%c%s=warn", i ? ',' : '=', lenient[i]);
	args[3] = buf_cstr(&strict);
	how->from = x->plain;
	how->skip = (off_t)x->pack;
	if ((rc = git_run(&out, how, args, e)))
		rc = err_set(e, rc == RC_IO ? RC_INVALID : rc, "%s: damaged, or made wrongly (%s); copy it again", x->url, arena_printf(x->a, "%s", e->msg));
	buf_free(&strict);
	buf_free(&out);
	return rc;
}

/* The tips that are wanted, and what is below them, into the quarantine. */
static enum rc bring(struct exchange *x, const char *store, bool judged, struct err *e)
{
	static const char *const fetch[] = { "fetch", "--progress", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
		"--no-recurse-submodules", "--refmap=", "--stdin" };
	const char *args[2 * LENIENT + sizeof fetch / sizeof *fetch + 4];
	struct git_run how = { .dir = x->node->dir, .objects = x->dir, .alternates = store, .limits = &x->limits, .silent = x->limits.patience,
		.tick = x->tick, .ctx = x->ctx };
	struct buf out = BUF_INIT, refs = BUF_INIT;
	size_t k = 0, i;
	enum rc rc;

	if (x->plain)
		return bring_bundle(x, &how, judged, e);
	for (i = 0; i < LENIENT && judged; i++) {
		args[k++] = "-c";
		args[k++] = arena_printf(x->a, "fetch.fsck.%s=warn", lenient[i]);
	}
	memcpy(args + k, fetch, sizeof fetch);
	k += sizeof fetch / sizeof *fetch;
	if (is_local(x->url))
		args[k++] = upload_pack;
	args[k++] = "--end-of-options";
	args[k++] = x->url;
	args[k] = NULL;
	for (i = 0; i < x->noffers; i++)
		if (x->offers[i].wanted)
			buf_printf(&refs, "%s\n", x->offers[i].ref);
	how.input = buf_str(&refs);
	rc = git_run(&out, &how, args, e);
	buf_free(&out);
	buf_free(&refs);
	return rc;
}

/* What a bundle stands on, and we do not have. */
static enum rc check_needs(struct exchange *x, struct repo *repo, struct err *e)
{
	size_t i, missing = 0;
	struct oid first;
	char hex[OID_HEX + 1];
	bool has;
	enum rc rc;

	for (i = 0; i < x->nneeds; i++) {
		if ((rc = repo_has(&has, repo, &x->needs[i], e)))
			return rc;
		if (!has && !missing++)
			first = x->needs[i];
	}
	if (!missing)
		return RC_OK;
	x->lacks = true;
	oid_format(hex, &first);
	return err_set(e, RC_NOTFOUND, "%s: needs commit %s%s, which this node does not have yet; sync with %s, or ask for a bundle made %s%.*s",
	    x->url, hex, missing > 1 ? arena_printf(x->a, " and %zu more", missing - 1) : "", x->noffers && x->offers[x->noffers - 1].from ?
	    x->offers[x->noffers - 1].from : "who made it", x->id.n ? "with --for " : "without --for", FMT_STR(x->id));
}

/* What is wanted, as checked objects beside the repository. *odd: with trees that are not as git wants them. */
static enum rc bring_in(bool *odd, struct exchange *x, const char *store, struct err *e)
{
	enum rc rc = quarantine(x, e);

	if (rc)
		return rc;
	if ((rc = bring(x, store, false, e)) && strstr(e->msg, "fsck")) {
		*odd = true;
		rc = bring(x, store, true, e);
	}
	return rc ? rc : pack_check(x->dir, &x->limits, e);
}

static enum rc store_of(const char **store, struct arena *a, const struct node *n, struct err *e)
{
	char *full = realpath(path_join(a, n->git, "objects"), NULL);

	if (!full)
		return err_errno(e, "%s/objects", n->git);
	*store = arena_cstr(a, cstr(full));
	free(full);
	return RC_OK;
}

/* All of its offers that are not here. */
static enum rc bring_wanted(struct exchange *x, struct repo *repo, struct err *e)
{
	const char *store;
	bool has;
	size_t i;
	enum rc rc;

	x->lacks = x->odd = false;
	x->brought = 0;
	for (i = 0; i < x->noffers; i++) {
		struct offer *o = &x->offers[i];

		o->wanted = false;
		if (o->bad)
			continue;
		if ((rc = repo_has(&has, repo, &o->tip, e)))
			return rc;
		o->wanted = !has;
		x->brought += o->wanted;
	}
	if (x->brought && ((rc = check_needs(x, repo, e)) || (rc = store_of(&store, x->a, x->node, e)) ||
	    (rc = bring_in(&x->odd, x, store, e)) || (rc = repo_alternate(repo, x->dir, e))))
		return rc;
	x->here = true;
	return RC_OK;
}

enum rc exchange_bring(struct exchange *x, struct repo *repo, struct err *e)
{
	return x->plain ? RC_OK : bring_wanted(x, repo, e);
}

enum rc exchange_fetch(struct exchange *x, struct fold *f, struct err *e)
{
	size_t before = f->graph.n, refused = f->acceptor.count, i;
	unsigned newer = f->acceptor.newer, met = 0;	/* of peers before; of this one */
	const char *store;
	struct err each;
	enum rc rc = RC_OK;

	if (!x->here && (rc = bring_wanted(x, f->repo, e)))
		return rc;
	for (i = 0; i < x->noffers; i++)
		x->offers[i].fresh = !x->offers[i].bad && graph_find(&f->graph, &x->offers[i].tip) == SIZE_MAX;
	for (i = 0; i < x->noffers; i++) {
		struct offer *o = &x->offers[i];

		if (!o->fresh)
			continue;
		f->why = NULL;
		f->acceptor.newer = 0;
		each = (struct err)ERR_INIT;
		if (fold_add(f, &o->tip, o->from ? o->from : x->name, &each)) {
			rc = err_set(e, each.rc, "%s: incomplete: %s", x->name, each.msg);	/* the others are taken nevertheless */
			continue;
		}
		o->newer = f->acceptor.newer > 0;
		met = o->newer ? f->acceptor.newer : met;
		o->bad = !o->newer && graph_find(&f->graph, &o->tip) == SIZE_MAX;
		x->why = f->why ? f->why : x->why;
	}
	f->acceptor.newer = met ? met : newer;
	x->got += f->graph.n - before;
	x->refused += f->acceptor.count - refused;
	if (!x->brought || (rc && rc != RC_NOTFOUND))
		return rc;
	if (store_of(&store, x->a, x->node, &each))
		return err_set(e, each.rc, "%s", each.msg);
	if (met && !x->odd) {			/* not understood: carried as it is, for those who do */
		if (move_in(x->a, x->dir, store, &each))
			return err_set(e, each.rc, "%s", each.msg);
		for (i = 0; i < x->noffers; i++)
			if (x->offers[i].newer && fold_carry(f, &x->offers[i].tip, x->offers[i].from ? x->offers[i].from : x->name, &each))
				return err_set(e, each.rc, "%s", each.msg);
	} else if (f->graph.n > before && (f->acceptor.count == refused && !x->odd && !rc ? move_in(x->a, x->dir, store, &each) :
	    pack_accepted(f, x->dir, store, &each))) {
		return err_set(e, each.rc, "%s", each.msg);
	}
	return rc;
}

/* ---- giving ---- */

static bool below_offers(const struct exchange *x, const struct graph *g, size_t c)
{
	size_t i, t;

	for (i = 0; i < x->noffers; i++)
		if ((t = graph_find(g, &x->offers[i].tip)) != SIZE_MAX && graph_below(g, c, t))
			return true;
	return false;
}

static enum rc push(struct exchange *x, const struct oid *tip, const char *ref, struct err *e)
{
	const char *args[8] = { "push", "--progress", "--no-verify" };
	struct git_run how = { .dir = x->node->dir, .silent = x->limits.patience, .tick = x->tick, .ctx = x->ctx };
	struct buf out = BUF_INIT;
	char hex[OID_HEX + 1];
	size_t n = 3;
	enum rc rc;

	oid_format(hex, tip);
	if (is_local(x->url))
		args[n++] = receive_pack;
	args[n++] = "--end-of-options";
	args[n++] = x->url;
	args[n++] = arena_printf(x->a, "+%s:%s", hex, ref);
	rc = git_run(&out, &how, args, e);
	buf_free(&out);
	return rc;
}

/* What is not understood here goes on to others, under a name of ours. */
static enum rc push_carried(struct exchange *x, struct fold *f, struct err *e)
{
	struct pushed *list;
	size_t n, i;
	enum rc rc = fold_pushed(&list, &n, x->a, x->node, e);

	for (i = 0; i < n && !rc; i++)
		if (strncmp(list[i].ref, "refs/colep/carry/", 17) == 0)
			rc = push(x, &list[i].tip, arena_printf(f->a, "refs/colep/from/%.*s-%s", FMT_STR(x->id), list[i].node), e);
	return rc;
}

enum rc exchange_push(struct exchange *x, struct fold *f, const struct oid *main, struct err *e)
{
	struct str rest;
	bool has = false;	/* it has what we have, or was given it */
	size_t i;
	enum rc rc;

	x->sent = 0;
	if (x->plain || !x->id.n)
		return RC_OK;
	for (i = 0; i < f->graph.n; i++)
		x->sent += !f->graph.v[i]->merged && fold_shows(f, i) && !below_offers(x, &f->graph, i);
	if (!x->relay && fold_newer(f->node) && (rc = push_carried(x, f, e)))
		return rc;
	for (i = 0; i < x->noffers; i++)
		has |= oid_eq(&x->offers[i].tip, main) && (!x->relay || is_ours(x, &x->offers[i]));
	if (!x->relay && !has) {
		has = !x->sent;
		if (noted(x->notes, "sent", main, &rest))
			has = true;
	}
	if (has)
		x->sent = 0;
	else if ((rc = push(x, main, arena_printf(x->a, x->relay ? "refs/heads/colep/%.*s" : "refs/colep/from/%.*s", FMT_STR(x->id)), e))) {
		x->sent = 0;
		return rc;
	}
	x->given = true;
	return RC_OK;
}

static void write_notes(const char *path, struct str before, struct buf *b)
{
	struct err odd = ERR_INIT;

	if (path && !str_eq(before, buf_str(b)) && file_write_fast(path, buf_str(b), 0644, &odd))
		odd.rc = RC_OK;			/* it is asked again */
	buf_free(b);
}

void exchange_close(struct exchange *x, struct fold *f, const struct oid *main)
{
	struct buf all = BUF_INIT;
	size_t i;

	buf_puts(&all, NOTES_FIRST);
	for (i = 0; f && i < x->noffers; i++) {
		const struct offer *o = &x->offers[i];
		bool known = graph_find(&f->graph, &o->tip) != SIZE_MAX;
		struct buf one = BUF_INIT;
		struct str had;

		if (known && o->from && !is_ours(x, o)) {
			const char *path = notes_path(x->a, x->node, o->from, false);

			buf_puts(&one, NOTES_FIRST);
			note(&one, "saw", &o->tip, NULL);
			read_notes(&had, x->a, path);
			write_notes(path, had, &one);
		}
		if (known)
			note(&all, "saw", &o->tip, NULL);
		else if (o->bad)
			note(&all, "bad", &o->tip, x->why);
	}
	if (f && x->given && !x->relay)
		note(&all, "sent", main, NULL);
	if (f && !x->plain)
		write_notes(notes_path(x->a, x->node, x->name, true), x->notes, &all);
	buf_free(&all);
	quarantine_end(x);
}

enum rc exchange_clone(struct exchange *x, struct err *e)
{
	const char *store;
	size_t i;
	enum rc rc = exchange_ask(x, e);

	if (!rc && !x->noffers)
		rc = err_set(e, RC_INVALID, "%s: nothing is saved there yet, or it is no node", x->url);
	if (!rc && x->nneeds)
		rc = err_set(e, RC_INVALID, "%s: holds only a part of the history; join needs a bundle made without --for", x->url);
	for (i = 0; i < x->noffers; i++)
		x->offers[i].wanted = true;
	if (rc || (rc = store_of(&store, x->a, x->node, e)) || (rc = quarantine(x, e)) || (rc = bring(x, store, false, e)) ||
	    (rc = pack_check(x->dir, &x->limits, e)))
		return rc;
	return move_in(x->a, x->dir, store, e);
}
