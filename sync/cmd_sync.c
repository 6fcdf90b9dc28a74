/* sync/cmd_sync.c: colep peer and colep sync. */
#include "kb/cmd_filters.h"
#include "sync/commands.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/date.h"
#include "sync/cmd_pin.h"
#include "sync/exchange.h"
#include "sync/git.h"
#include "sync/mend.h"
#include "sync/pin.h"
#include "sync/setup.h"

static const char *last_path(struct arena *a, const struct node *n, const char *peer)
{
	return path_join(a, n->cache, arena_printf(a, "last-%s", peer));
}

static bool name_valid(const char *s)
{
	const char *p = s;

	for (; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || (p != s && *p == '-')))
			return false;
	return p != s && p - s <= 32;
}

static int peer_list(struct ctx *c, const struct node *n)
{
	struct err e = ERR_INIT;
	struct peer *v;
	struct out o;
	size_t count, i;

	if (peers_read(&v, &count, c->arena, n, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	cmd_out(&o, c);
	for (i = 0; i < count; i++) {
		struct buf last = BUF_INIT;
		bool never = file_read(&last, last_path(c->arena, n, v[i].name), 64, &e) != RC_OK;

		out_begin(&o);
		out_text(&o, "name", cstr(v[i].name));
		out_text(&o, "url", cstr(v[i].url));
		out_text(&o, "last", never ? STR_NONE : str_trim(buf_str(&last)));
		out_end(&o);
		buf_free(&last);
	}
	cmd_out_close(c, &o, "no peer yet; 'colep peer add NAME URL' adds one");
	return EXIT_YES;
}

static int peer_add(struct ctx *c, const struct node *n, const char *name, const char *url, bool relay, const char *pin)
{
	struct err e = ERR_INIT;
	struct repo *repo = NULL;
	char *full;
	enum rc rc;

	if (!name_valid(name))
		return cmd_usage(c, "%s: a name of a peer is of a-z, 0-9 and hyphens, at most 32", name);
	if (peer_url_check(url, &e))
		return cmd_usage(c, "%s", e.msg);
	full = realpath(url, NULL);
	if (full)
		url = arena_cstr(c->arena, cstr(full));
	free(full);
	if (!(rc = pin ? cmd_pin(c, n, url, pin, &e) : RC_OK) && !(rc = repo_open(&repo, n->dir, &e)))
		rc = repo_config_set(repo, arena_printf(c->arena, "remote.%s.url", name), url, &e);
	if (!rc)
		rc = repo_config_set(repo, arena_printf(c->arena, "remote.%s.colepRelay", name), relay ? "true" : "false", &e);
	repo_close(repo);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : EXIT_YES;
}

static int peer_remove(struct ctx *c, const struct node *n, const char *name)
{
	const char *args[] = { "config", "--remove-section", arena_printf(c->arena, "remote.%s", name), NULL };
	struct git_run how = { .dir = n->dir };
	struct err e = ERR_INIT;
	struct buf out = BUF_INIT;
	struct peer *v;
	size_t count, i;
	enum rc rc;

	if ((rc = peers_read(&v, &count, c->arena, n, &e)))
		return cmd_fail(c, &e), EXIT_FAIL;
	for (i = 0; i < count && strcmp(v[i].name, name) != 0; i++)
		;
	if (i == count) {
		cmd_say(c, "%s: no such peer; 'colep peer list' shows them", name);
		return EXIT_NO;
	}
	rc = git_run(&out, &how, args, &e);
	buf_free(&out);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : EXIT_YES;
}

int cmd_peer(struct ctx *c, int argc, char **argv)
{
	const char *pin = NULL;
	bool relay = false;
	const struct opt opts[] = {
		{ "relay", 0, OPT_FLAG, &relay, NULL, "a bare repository that passes on; who keeps it reads all, and is trusted with nothing" },
		{ "pin", 0, OPT_TEXT, &pin, "WORDS", PIN_ABOUT },
	};
	struct err e = ERR_INIT;
	struct node node;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 2)) >= 0)
		return status;
	if ((pin || relay) && (left != 4 || strcmp(argv[1], "add") != 0))
		return cmd_usage(c, "--relay and --pin belong to 'peer add NAME URL'");
	if (node_open(&node, c->arena, c->dir, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	if (left == 1 || (left == 2 && strcmp(argv[1], "list") == 0))
		return peer_list(c, &node);
	if (node.foreign) {
		cmd_say(c, "%s: this folder belongs to another user; it is only read", node.dir);
		return EXIT_FAIL;
	}
	if (left == 4 && strcmp(argv[1], "add") == 0)
		return peer_add(c, &node, argv[2], argv[3], relay, pin);
	if (left == 3 && strcmp(argv[1], "remove") == 0)
		return peer_remove(c, &node, argv[2]);
	return cmd_usage(c, "it is 'peer list', 'peer add [--relay] NAME URL' or 'peer remove NAME'");
}

/* ---- sync ---- */

struct outcome {
	struct exchange x;
	const char *reason;
	bool asked, reached;		/* reached: what it has was taken */
	struct ctx *c;
};

static void told(void *ctx, const char *what)
{
	cmd_say(ctx, "%s", what);
}

static void tick(void *ctx, const char *said)
{
	const struct outcome *p = ctx;

	cmd_progress(p->c, arena_printf(p->c->arena, "%s: %s", p->x.name, said), 0, 0, false);
}

/* Peers by name, or places; none given: all peers. */
static enum rc wanted(struct outcome **list, size_t *n, struct ctx *c, const struct node *node, int left, char **argv, struct err *e)
{
	struct exchange x = { .a = c->arena, .node = node, .tick = tick };
	struct peer *peers;
	size_t count, i, k = 0;
	enum rc rc;
	int j;

	if ((rc = peers_read(&peers, &count, c->arena, node, e)) || (rc = node_config(&x.id, c->arena, node, "colep.id", e)))
		return rc;
	*list = arena_array(c->arena, count + (size_t)left, sizeof **list);
	for (i = 0; left == 1 && i < count; i++) {
		x.name = peers[i].name;
		x.url = peers[i].url;
		x.relay = peers[i].relay;
		(*list)[k++].x = x;
	}
	for (j = 1; j < left; j++) {
		char *full = realpath(argv[j], NULL);	/* git runs in the node's folder */

		for (i = 0; i < count && strcmp(peers[i].name, argv[j]) != 0; i++)
			;
		x.name = argv[j];
		x.url = i < count ? peers[i].url : full ? arena_cstr(c->arena, cstr(full)) : argv[j];
		x.relay = i < count && peers[i].relay;
		free(full);
		(*list)[k++].x = x;
	}
	for (i = 0; i < k; i++) {
		(*list)[i].x.ctx = &(*list)[i];
		(*list)[i].c = c;
	}
	*n = k;
	return RC_OK;
}

static void put(struct ctx *c, const struct outcome *p, size_t n)
{
	struct out o;
	size_t i;

	cmd_out(&o, c);
	for (i = 0; i < n; i++) {
		const struct exchange *x = &p[i].x;
		const char *reason = p[i].reason ? p[i].reason : x->why;

		out_begin(&o);
		out_text(&o, "peer", cstr(x->name));
		out_text(&o, "result", cstr(!p[i].reached ? "missing" : x->refused ? "refused" : "ok"));
		out_number(&o, "got", (int64_t)x->got);
		out_number(&o, "sent", (int64_t)x->sent);
		out_number(&o, "refused", (int64_t)x->refused);
		out_text(&o, "reason", cstr(reason));
		out_end(&o);
	}
	out_close(&o);
}

/* Why a place was not reached that is a path: git only tells that it is no repository. NULL: something is there, or it is
 * an address. */
static const char *no_path(struct ctx *c, const struct exchange *x)
{
	if (x->url[0] == '-' || strchr(x->url, ':') || file_exists(x->url))
		return NULL;
	if (strcmp(x->name, x->url) != 0)
		return arena_printf(c->arena, "%s is not there; is the stick or disk in its place?", x->url);
	return strchr(x->url, '/') || strchr(x->url, '.') ? "no such folder or bundle" : "no peer of this name, nor a folder or bundle; "
	    "'colep peer list' shows the peers";
}

static void ask_all(struct ctx *c, struct outcome *p, size_t n)
{
	struct err each = ERR_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		cmd_progress(c, arena_printf(c->arena, "asking %s", p[i].x.name), i, n, false);
		p[i].asked = exchange_ask(&p[i].x, &each) == RC_OK;
		if (!p[i].asked && pin_wanted(p[i].x.url, &each) && cmd_pin(c, p[i].x.node, p[i].x.url, NULL, &each) == RC_OK)
			p[i].asked = exchange_ask(&p[i].x, &each) == RC_OK;	/* now that somebody has compared its certificate */
		if (!p[i].asked && !(p[i].reason = no_path(c, &p[i].x)))
			p[i].reason = arena_cstr(c->arena, cstr(each.msg));
	}
}

/* What peers have and we do not. The line may be slow for an hour: meanwhile others may save here. */
static void bring_all(struct ctx *c, struct repo *repo, struct outcome *p, size_t n)
{
	struct err each = ERR_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!p[i].asked)
			continue;
		cmd_progress(c, arena_printf(c->arena, "fetching from %s", p[i].x.name), i, n, false);
		if (exchange_bring(&p[i].x, repo, &each))
			p[i].reason = arena_cstr(c->arena, cstr(each.msg));
	}
}

/* One bundle may hold what another one stands on: whatever was given first is tried until nothing more comes. */
static void fetch_all(struct ctx *c, struct fold *f, struct outcome *p, size_t n)
{
	struct err each = ERR_INIT;
	size_t i, before;
	bool again = true;

	while (again) {
		again = false;
		before = f->graph.n;
		for (i = 0; i < n; i++) {
			if (!p[i].asked || p[i].reached || (p[i].reason && !p[i].x.lacks))
				continue;
			cmd_progress(c, arena_printf(c->arena, "judging what %s has", p[i].x.name), i, n, false);
			p[i].reason = NULL;
			if (exchange_fetch(&p[i].x, f, &each))
				p[i].reason = arena_cstr(c->arena, cstr(each.msg));
			else
				p[i].reached = true;
			again |= p[i].x.lacks && !p[i].reached;
		}
		again &= f->graph.n > before;
	}
}

/* Under the lock: what came, pushed or fetched, is judged and merged. */
static enum rc take(struct ctx *c, struct fold *f, struct outcome *p, size_t n, struct oid *main, struct err *e)
{
	struct err each = ERR_INIT;
	struct pushed *pushed;
	size_t i, count;
	enum rc rc;

	if ((rc = fold_plain(f, e)) || (rc = fold_pushed(&pushed, &count, c->arena, f->node, e)))
		return rc;
	for (i = 0; i < count; i++)
		if (fold_add(f, &pushed[i].tip, pushed[i].node, &each) == RC_OK && f->acceptor.newer &&
		    fold_carry(f, &pushed[i].tip, pushed[i].node, &each))
			continue;		/* incomplete: its sender brings the rest */
	fetch_all(c, f, p, n);
	cmd_progress(c, "merging", 0, 0, false);
	if ((rc = fold_finish(main, f, e)))
		return rc;
	return fold_seen(f->node, pushed, count, e);
}

static void push_all(struct ctx *c, struct fold *f, struct outcome *p, size_t n)
{
	struct err each = ERR_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!p[i].reached)
			continue;
		cmd_progress(c, arena_printf(c->arena, "sending to %s", p[i].x.name), i, n, false);
		/* A peer that only lends takes nothing: no failure, it fetches from us. */
		if (exchange_push(&p[i].x, f, &f->base, &each) && !p[i].reason)
			p[i].reason = arena_printf(c->arena, "takes no commits: %s", each.msg);
	}
}

static void write_last(struct ctx *c, const struct node *node, const struct exchange *x)
{
	struct err odd = ERR_INIT;
	char date[21];

	time_format(date, c->now);
	if (!x->plain && name_valid(x->name) && file_write_fast(last_path(c->arena, node, x->name), cstr(date), 0644, &odd))
		cmd_say(c, "%s", odd.msg);
}

struct held { struct lock lock; bool mended; };

/* The node's lock, what a killed command left mended, and where main is. */
static enum rc hold(struct held *h, struct oid *main, struct ctx *c, const struct node *node, struct repo *repo, unsigned seconds,
    struct err *e)
{
	enum rc rc;

	if ((rc = lock_open(&h->lock, path_join(c->arena, node->cache, "lock"), seconds, e)) || (rc = setup_mend(node, repo, e)) ||
	    (rc = mend(node, repo, e)))
		return rc;
	h->mended = true;
	return repo_ref(main, repo, "refs/heads/main", e);
}

static void release(struct held *h, const struct node *node)
{
	if (h->mended)
		mend_close(node);
	h->mended = false;
	lock_close(&h->lock);
}

int cmd_sync(struct ctx *c, int argc, char **argv)
{
	const char *pin = NULL;
	const struct opt opts[] = { { "pin", 0, OPT_TEXT, &pin, "WORDS", PIN_ABOUT } };
	struct held held = { .lock = LOCK_INIT };
	struct err e = ERR_INIT;
	struct repo *repo = NULL;
	struct outcome *p = NULL;
	struct ed25519 *keys = NULL;
	struct str space;
	struct oid root, main, was = OID_NONE;
	struct node node;
	struct fold f = { 0 };
	size_t n = 0, nkeys = 0, i, reached = 0;
	uint64_t conflicts;
	bool odd = false, news = true;
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	if (pin && left != 2)
		return cmd_usage(c, "--pin WORDS is for one peer, which must be named behind them");
	if ((rc = node_open(&node, c->arena, c->dir, &e)) || (rc = node_config(&space, c->arena, &node, "colep.space", &e)))
		goto out;
	if (node.foreign || !oid_parse(&root, space)) {
		rc = err_set(&e, RC_INVALID, node.foreign ? "%s: this folder belongs to another user; it is only read" :
		    "%s: it does not say which community it is of; join anew", node.dir);
		goto out;
	}
	if ((rc = wanted(&p, &n, c, &node, left, argv, &e)))
		goto out;
	if (pin && (p[0].reason = no_path(c, &p[0].x))) {
		rc = err_set(&e, RC_NOTFOUND, "%s: %s", p[0].x.name, p[0].reason);
		goto out;
	}
	if ((pin && (rc = cmd_pin(c, &node, p[0].x.url, pin, &e))) || (rc = repo_open(&repo, node.dir, &e)) ||
	    (rc = hold(&held, &main, c, &node, repo, 10, &e)) || (rc = fold_news(&news, c->arena, &node, repo, &e)))
		goto out;
	was = main;
	release(&held, &node);
	keys = keys_secret(&nkeys, c->arena, c->keys, &root, n ? p[0].x.id : STR_NONE);
	for (i = 0; i < n; i++) {
		p[i].x.keys = keys;
		p[i].x.nkeys = nkeys;
	}
	ask_all(c, p, n);
	for (i = 0; i < n; i++) {
		news |= p[i].asked && !exchange_idle(&p[i].x, &main);
		p[i].reached = p[i].asked;
	}
	if (!news)
		goto out;
	for (i = 0; i < n; i++)
		p[i].reached = false;
	bring_all(c, repo, p, n);
	if ((rc = hold(&held, &main, c, &node, repo, 120, &e)) || (rc = fold_open(&f, c->arena, &node, repo, &root, &main, &e)))
		goto out;
	f.told = told;
	f.ctx = c;
	rc = take(c, &f, p, n, &main, &e);
	release(&held, &node);
	if (!rc)
		push_all(c, &f, p, n);
out:
	cmd_progress(c, "", 0, 0, true);
	for (i = 0; i < n; i++) {
		exchange_close(&p[i].x, rc || !p[i].reached || !news ? NULL : &f, &f.base);
		if (!rc && p[i].reached)
			write_last(c, &node, &p[i].x);
	}
	for (i = 0; i < nkeys; i++)
		secret_wipe(&keys[i], sizeof keys[i]);
	release(&held, &node);
	repo_close(repo);
	put(c, p, n);
	if (rc)
		return cmd_fail(c, &e), EXIT_FAIL;
	if (!n)
		cmd_say(c, "no peer to sync with; add one with 'colep peer add NAME URL'");
	if (fold_newer(&node)) {
		cmd_say(c, "update needed: this community merges by rules %u, which this program does not know; what came is carried on to "
		    "others", fold_newer(&node));
		odd = true;
	}
	if (!oid_eq(&was, &main)) {
		index_after(c, &node);
		if (!index_conflicts(&conflicts, &node, &e) && conflicts)
			cmd_say(c, "documents with an open conflict: %llu; 'colep conflicts' shows what was written differently",
			    (unsigned long long)conflicts);
	}
	git_tidy(c->arena, node.dir);
	for (i = 0; i < n; i++) {
		reached += p[i].reached;
		odd |= !p[i].reached || p[i].x.refused;
	}
	return n && !reached ? EXIT_FAIL : odd ? EXIT_NO : EXIT_YES;
}
