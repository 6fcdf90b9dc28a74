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
	out_close(&o);
	return EXIT_YES;
}

static int peer_add(struct ctx *c, const struct node *n, const char *name, const char *url, const char *pin)
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
	const struct opt opts[] = { { "pin", 0, OPT_TEXT, &pin, "WORDS", PIN_ABOUT } };
	struct err e = ERR_INIT;
	struct node node;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	if (pin && (left != 4 || strcmp(argv[1], "add") != 0))
		return cmd_usage(c, "--pin belongs to 'peer add NAME URL'");
	if (node_open(&node, c->arena, c->dir, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	if (left == 1 || (left == 2 && strcmp(argv[1], "list") == 0))
		return peer_list(c, &node);
	if (node.foreign) {
		cmd_say(c, "%s: this folder belongs to another user; it is only read", node.dir);
		return EXIT_FAIL;
	}
	if (left == 4 && strcmp(argv[1], "add") == 0)
		return peer_add(c, &node, argv[2], argv[3], pin);
	if (left == 3 && strcmp(argv[1], "remove") == 0)
		return peer_remove(c, &node, argv[2]);
	return cmd_usage(c, "it is 'peer list', 'peer add NAME URL' or 'peer remove NAME'");
}

/* ---- sync ---- */

struct outcome {
	const char *name, *url, *reason;
	struct oid tip;
	size_t got, sent, refused;
	bool reached;
};

static void told(void *ctx, const char *what)
{
	cmd_say(ctx, "%s", what);
}

/* Peers by name, or places; none given: all peers. */
static enum rc wanted(struct outcome **list, size_t *n, struct ctx *c, const struct node *node, int left, char **argv, struct err *e)
{
	struct peer *peers;
	size_t count, i, k = 0;
	enum rc rc;
	int j;

	if ((rc = peers_read(&peers, &count, c->arena, node, e)))
		return rc;
	*list = arena_array(c->arena, count + (size_t)left, sizeof **list);
	for (i = 0; left == 1 && i < count; i++)
		(*list)[k++] = (struct outcome){ .name = peers[i].name, .url = peers[i].url };
	for (j = 1; j < left; j++) {
		char *full = realpath(argv[j], NULL);	/* git runs in the node's folder */
		const char *place = full ? arena_cstr(c->arena, cstr(full)) : argv[j];

		free(full);
		for (i = 0; i < count && strcmp(peers[i].name, argv[j]) != 0; i++)
			;
		(*list)[k++] = (struct outcome){ .name = argv[j], .url = i < count ? peers[i].url : place };
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
		out_begin(&o);
		out_text(&o, "peer", cstr(p[i].name));
		out_text(&o, "result", cstr(!p[i].reached ? "missing" : p[i].refused ? "refused" : "ok"));
		out_number(&o, "got", (int64_t)p[i].got);
		out_number(&o, "sent", (int64_t)p[i].sent);
		out_number(&o, "refused", (int64_t)p[i].refused);
		out_text(&o, "reason", cstr(p[i].reason));
		out_end(&o);
	}
	out_close(&o);
}

/* A peer whose certificate nobody vouches for is asked about, and then fetched from. */
static enum rc fetch(struct ctx *c, struct fold *f, struct outcome *p, struct err *e)
{
	enum rc rc = exchange_fetch(&p->got, &p->tip, f, p->url, p->name, e);

	if (rc && pin_wanted(p->url, e) && !(rc = cmd_pin(c, f->node, p->url, NULL, e)))
		rc = exchange_fetch(&p->got, &p->tip, f, p->url, p->name, e);
	return rc;
}

static enum rc run(struct ctx *c, struct fold *f, struct outcome *p, size_t n, struct str id, struct oid *main, struct err *e)
{
	struct err each = ERR_INIT;
	struct pushed *pushed;
	size_t i, count;
	char date[21];
	enum rc rc;

	if ((rc = fold_plain(f, e)) || (rc = fold_pushed(&pushed, &count, c->arena, f->node, e)))
		return rc;
	for (i = 0; i < count; i++)
		if (fold_add(f, &pushed[i].tip, pushed[i].node, &each) == RC_OK && f->acceptor.newer &&
		    fold_carry(f, &pushed[i].tip, pushed[i].node, &each))
			continue;		/* incomplete: its sender brings the rest */
	for (i = 0; i < n; i++) {
		size_t refused = f->acceptor.count;

		cmd_progress(c, arena_printf(c->arena, "fetching from %s", p[i].name), i, n, false);
		f->why = NULL;
		if (fetch(c, f, &p[i], &each))
			p[i].reason = arena_cstr(c->arena, cstr(each.msg));
		else
			p[i].reached = true;
		p[i].refused = f->acceptor.count - refused;
		if (p[i].refused)
			p[i].reason = f->why;
	}
	cmd_progress(c, "merging", 0, 0, false);
	if ((rc = fold_finish(main, f, e)))
		return rc;
	for (i = 0; i < n; i++) {
		if (!p[i].reached)
			continue;
		cmd_progress(c, arena_printf(c->arena, "sending to %s", p[i].name), i, n, false);
		/* A peer that only lends takes nothing: no failure, it fetches from us. */
		if (id.n && exchange_push(&p[i].sent, f, p[i].url, id, &f->base, &p[i].tip, &each) && !p[i].reason)
			p[i].reason = arena_printf(c->arena, "takes no commits: %s", each.msg);
		time_format(date, c->now);
		if (name_valid(p[i].name) && file_write_fast(last_path(c->arena, f->node, p[i].name), cstr(date), 0644, &each))
			cmd_say(c, "%s", each.msg);
	}
	return RC_OK;
}

int cmd_sync(struct ctx *c, int argc, char **argv)
{
	const char *pin = NULL;
	const struct opt opts[] = { { "pin", 0, OPT_TEXT, &pin, "WORDS", PIN_ABOUT } };
	struct lock lock = LOCK_INIT;
	struct err e = ERR_INIT;
	struct repo *repo = NULL;
	struct outcome *p = NULL;
	struct str id = STR_NONE, space;
	struct oid root, main, was = OID_NONE;
	struct node node;
	struct fold f;
	size_t n = 0, i, reached = 0;
	bool odd = false;
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	if (pin && left != 2)
		return cmd_usage(c, "--pin is for one peer, which must be named");
	if ((rc = node_open(&node, c->arena, c->dir, &e)) || (rc = node_config(&id, c->arena, &node, "colep.id", &e)) ||
	    (rc = node_config(&space, c->arena, &node, "colep.space", &e)))
		goto out;
	if (node.foreign || !oid_parse(&root, space)) {
		rc = err_set(&e, RC_INVALID, node.foreign ? "%s: this folder belongs to another user; it is only read" :
		    "%s: it does not say which community it is of; join anew", node.dir);
		goto out;
	}
	if ((rc = wanted(&p, &n, c, &node, left, argv, &e)) || (pin && (rc = cmd_pin(c, &node, p[0].url, pin, &e))))
		goto out;
	if ((rc = lock_open(&lock, path_join(c->arena, node.cache, "lock"), 10, &e)) || (rc = repo_open(&repo, node.dir, &e)) ||
	    (rc = mend(&node, repo, &e)) || (rc = repo_ref(&main, repo, "refs/heads/main", &e)) || (rc = fold_open(&f, c->arena, &node, repo, &root, &main, &e)))
		goto out;
	f.told = told;
	f.ctx = c;
	was = main;
	rc = run(c, &f, p, n, id, &main, &e);
out:
	cmd_progress(c, "", 0, 0, true);
	repo_close(repo);
	lock_close(&lock);
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
	if (!oid_eq(&was, &main))
		index_after(c, &node);
	for (i = 0; i < n; i++) {
		reached += p[i].reached;
		odd |= !p[i].reached || p[i].refused;
	}
	return n && !reached ? EXIT_FAIL : odd ? EXIT_NO : EXIT_YES;
}
