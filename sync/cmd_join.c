/* sync/cmd_join.c: colep join: a node of a community that is there. */
#include "kb/cmd_filters.h"
#include "sync/commands.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/words.h"
#include "sync/cmd_pin.h"
#include "sync/exchange.h"
#include "sync/pin.h"
#include "sync/setup.h"

static void told(void *ctx, const char *what)
{
	cmd_say(ctx, "%s", what);
}

static void tick(void *ctx, const char *said)
{
	struct ctx *c = ctx;

	cmd_progress(c, arena_printf(c->arena, "fetching: %s", said), 0, 0, false);
}

/* The commit that all begins with. */
static enum rc root_of(struct oid *root, struct repo *repo, const struct oid *tip, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct commit c;
	enum rc rc;

	*root = *tip;
	for (;;) {
		arena_reset(&a);
		if ((rc = repo_commit(&c, &a, repo, root, e)) || !c.nparents)
			break;
		*root = c.parents[0];
	}
	arena_free(&a);
	return rc;
}

static bool root_is(const struct oid *root, const char *said)
{
	struct oid want;

	return oid_parse(&want, str_trim(cstr(said))) ? oid_eq(root, &want) : words_match(root, cstr(said));
}

/* -1: it is the one meant; else the exit status. */
static int confirm(struct ctx *c, const struct oid *root, const char *said)
{
	struct buf words = BUF_INIT;
	char line[256], hex[OID_HEX + 1];
	int status = -1;

	words_format(&words, root);
	oid_format(hex, root);
	if (said && !root_is(root, said)) {
		cmd_say(c, "this is another community: its root is %s (%s), not %s; ask whom you trust for the right one",
		    buf_cstr(&words), hex, said);
		status = EXIT_FAIL;
	} else if (!said && !c->in_terminal) {
		status = cmd_usage(c, "the root of this community is %s (%s); if that is the one you mean, say so with --root",
		    buf_cstr(&words), hex);
	} else if (!said) {
		fprintf(c->err, "The root of this community is\n\n    %s\n\nCompare it with what your Secretariat told you, and type "
		    "the six words: ", buf_cstr(&words));
		fflush(c->err);
		if (!fgets(line, sizeof line, stdin) || !words_match(root, cstr(line)))
			status = cmd_usage(c, "these are not its words; nothing was made");
	}
	buf_free(&words);
	return status;
}

static enum rc settle(struct ctx *c, const struct node *n, struct repo *repo, const struct exchange *x, const struct oid *root,
    const char *id, struct signer *signer, struct err *e)
{
	char hex[OID_HEX + 1], incarnation[INCARNATION_HEX + 1];
	const char *path;
	enum rc rc;

	oid_format(hex, root);
	if ((rc = repo_config_set(repo, "remote.origin.url", x->url, e)) ||
	    (x->relay && (rc = repo_config_set(repo, "remote.origin.colepRelay", "true", e))) ||
	    (rc = repo_config_set(repo, "colep.space", hex, e)) || !id)
		return rc;
	path = key_path(c->arena, c->keys, root, cstr(id));
	if (file_exists(path) || file_exists(arena_printf(c->arena, "%s.pub", path)))
		return err_set(e, RC_CONFLICT, "%s: a key of this id is here already; name another id, such as %s-2", path, id);
	incarnation_make(incarnation);
	(void)((rc = key_store(signer, path, cstr(arena_printf(c->arena, "node@%s.invalid", id)), e)) ||
	    (rc = key_adopt(c->arena, path, n->dir, incarnation, e)) || (rc = repo_config_set(repo, "colep.id", id, e)) ||
	    (rc = repo_config_set(repo, "user.signingKey", signer->agent ? arena_printf(c->arena, "%s.pub", path) : path, e)));
	return rc;
}

int cmd_join(struct ctx *c, int argc, char **argv)
{
	const char *id = NULL, *root_said = NULL, *key = NULL, *pin = NULL;
	bool relay = false;
	const struct opt opts[] = {
		{ "id", 0, OPT_TEXT, &id, "ID", "who this node is: bg, or bg-desk2; without it, a reader" },
		{ "root", 0, OPT_TEXT, &root_said, "ID", "the community's root: its six words, or its commit" },
		{ "key", 0, OPT_TEXT, &key, "FILE", "an ed25519 key to use; a .pub when ssh-agent has the secret" },
		{ "relay", 0, OPT_FLAG, &relay, NULL, "the source is a relay: see peer" },
		{ "pin", 0, OPT_TEXT, &pin, "WORDS", PIN_ABOUT },
	};
	struct lock lock = LOCK_INIT;
	struct repo *repo = NULL;
	struct signer signer = { 0 };
	struct err e = ERR_INIT;
	struct node node = { 0 };
	struct exchange x = { .a = c->arena, .node = &node, .name = "origin", .tick = tick, .ctx = c };
	struct oid root, main, none = OID_NONE;
	struct buf pub = BUF_INIT;
	struct str owner;
	struct fold f;
	const char *dir;
	char **names, *full;
	size_t n = 0, i;
	bool made;
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 5)) >= 0)
		return status;
	if (left != 3)
		return cmd_usage(c, left < 3 ? "needs a source and a folder" : "one source and one folder");
	if (id && !node_id_valid(cstr(id), &owner))
		return cmd_usage(c, "%s: no id of a node; it is an owner such as bg, or OWNER-LABEL", id);
	if (peer_url_check(argv[1], &e))
		return cmd_usage(c, "%s", e.msg);
	if (id && !c->keys) {
		cmd_say(c, "no folder for keys; set COLEP_KEYS or HOME");
		return EXIT_FAIL;
	}
	if (!key)
		signer_make(&signer);
	else if (signer_read(&signer, key, c->agent, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	full = realpath(argv[1], NULL);		/* a path is kept whole: the node may be used from elsewhere */
	x.url = full ? arena_cstr(c->arena, cstr(full)) : argv[1];
	x.relay = relay;
	x.keys = &signer.key;
	x.nkeys = key && !signer.agent;
	free(full);
	dir = argv[2];
	made = !file_exists(dir);
	if (!made && setup_unfinished(c->arena, dir) && setup_undo(c->arena, dir, false, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	if (!made && (dir_list(&names, &n, c->arena, dir, &e) || n)) {
		cmd_say(c, "%s: is there and not an empty folder; name one that is not there yet", dir);
		return EXIT_FAIL;
	}
	status = EXIT_FAIL;
	if ((rc = setup_node(&node, &repo, c->arena, dir, false, &e)) ||
	    (rc = lock_open(&lock, path_join(c->arena, node.cache, "lock"), 1, &e)))
		goto out;
	cmd_progress(c, "fetching", 0, 0, false);
	if (pin && (rc = cmd_pin(c, &node, x.url, pin, &e)))
		goto out;
	if ((rc = exchange_clone(&x, &e)) && pin_wanted(x.url, &e) && !(rc = cmd_pin(c, &node, x.url, NULL, &e)))
		rc = exchange_clone(&x, &e);
	if (rc)
		goto out;
	repo_close(repo);
	repo = NULL;
	if ((rc = repo_open(&repo, dir, &e)))
		goto out;
	for (i = 0; i < x.noffers && (i == 0 || (root_said && !root_is(&root, root_said))); i++)	/* a relay may serve several */
		if ((rc = root_of(&root, repo, &x.offers[i].tip, &e)))
			goto out;
	cmd_progress(c, "", 0, 0, true);
	if ((status = confirm(c, &root, root_said)) >= 0) {
		rc = RC_INVALID;
		goto out;
	}
	status = EXIT_FAIL;
	if ((rc = fold_open(&f, c->arena, &node, repo, &root, &none, &e)))
		goto out;
	f.told = told;
	f.ctx = c;
	for (i = 0; i < x.noffers; i++)
		if ((rc = fold_add(&f, &x.offers[i].tip, x.offers[i].from ? x.offers[i].from : "origin", &e)))
			goto out;
	if ((rc = fold_finish(&main, &f, &e)) || (rc = settle(c, &node, repo, &x, &root, id, &signer, &e)))
		goto out;
	if (f.acceptor.count)
		cmd_say(c, "%zu commits were refused: %s; 'colep status' counts them", f.acceptor.count, f.why);
	if (id) {
		sshkey_public(&pub, signer.public);
		fprintf(c->out, "%s ssh-ed25519 %s\n", id, buf_cstr(&pub));
		cmd_say(c, "%s: joined; give the line above to your Secretariat, who admits this node with: colep roster add", dir);
	} else {
		cmd_say(c, "%s: joined as a reader", dir);
	}
	status = EXIT_YES;
out:
	cmd_progress(c, "", 0, 0, true);
	exchange_close(&x, NULL, NULL);
	repo_close(repo);
	lock_close(&lock);
	signer_close(&signer);
	buf_free(&pub);
	if (rc) {
		struct err again = ERR_INIT;

		if (rc != RC_INVALID || status == EXIT_FAIL) {
			if (e.msg[0])
				(void)cmd_fail(c, &e);
		}
		if (setup_undo(c->arena, dir, made, &again))
			cmd_say(c, "%s", again.msg);
		return status == EXIT_USAGE ? EXIT_USAGE : EXIT_FAIL;
	}
	if (dir_remove(path_join(c->arena, dir, SETUP_UNFINISHED), &e))
		cmd_say(c, "%s", e.msg);
	index_after(c, &node);
	return status;
}
