/* sync/cmd_import.c: colep init DIR and colep import FOLDER. */
#include "kb/cmd_filters.h"
#include "sync/commands.h"

#include <string.h>

#include "kb/base/words.h"
#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/import.h"
#include "sync/setup.h"

struct teller {
	struct ctx *c;
	struct out o;
};

static void told(void *ctx, struct str id, struct str source, const char *why)
{
	struct teller *t = ctx;

	if (id.p) {
		out_begin(&t->o);
		out_text(&t->o, "id", id);
		out_text(&t->o, "source", source);
		out_end(&t->o);
	}
	if (why)
		cmd_say(t->c, "%.*s: %s", FMT_STR(source), why);
}

static void progress(void *ctx, const char *what, uint64_t n, uint64_t total)
{
	cmd_progress(((struct teller *)ctx)->c, what, n, total, false);
}

static int run_import(struct ctx *c, struct author *au, struct import_plan *plan)
{
	struct teller t = { .c = c };
	struct err e = ERR_INIT;
	size_t taken, skipped;
	enum rc rc;

	cmd_out(&t.o, c);
	plan->told = told;
	plan->progress = progress;
	plan->ctx = &t;
	rc = import_folder(&taken, &skipped, au, plan, &e);
	cmd_progress(c, "", 0, 0, true);
	out_close(&t.o);
	if (rc)
		return cmd_fail(c, &e);
	if (!taken && !skipped)
		cmd_say(c, "%s: nothing to take in; documents are files that end in .md or .markdown", plan->folder);
	else if (c->err_terminal || skipped)
		cmd_say(c, "%zu taken, %zu skipped", taken, skipped);
	return skipped ? EXIT_NO : EXIT_YES;
}

int cmd_import(struct ctx *c, int argc, char **argv)
{
	const char *kind = "lesson", *owner = NULL;
	const struct opt opts[] = {
		{ "kind", 'k', OPT_TEXT, &kind, "K", "what files that are no documents yet become; default: lesson" },
		{ "owner", 'o', OPT_TEXT, &owner, "O", "whose; default: this node's owner" },
	};
	struct import_plan plan = { 0 };
	struct err e = ERR_INIT;
	struct author au;
	struct node node;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 2)) >= 0)
		return status;
	if (left != 2)
		return cmd_usage(c, left < 2 ? "needs a folder" : "one folder at a time");
	if (!(plan.kind = kind_find(cstr(kind))))
		return cmd_usage(c, "--kind %s: no kind of document, such as lesson or case-study; 'man 5 colep' lists them", kind);
	if (node_open(&node, c->arena, c->dir, &e) || author_open(&au, c->arena, &node, c->keys, c->agent, c->now, &e))
		return cmd_fail(c, &e);
	plan.folder = argv[1];
	plan.owner = owner ? cstr(owner) : au.owner;
	if (!doc_owner_valid(plan.owner)) {
		author_close(&au);
		return cmd_usage(c, "%s: no owner; it is a country's code in small letters, or an institution's", owner);
	}
	if (!roster_may(au.member, ACT_EDIT, plan.owner, false)) {
		cmd_say(c, "%s: this node writes for %.*s; only the Secretariat imports for others", owner, FMT_STR(au.owner));
		author_close(&au);
		return EXIT_FAIL;
	}
	status = run_import(c, &au, &plan);
	author_close(&au);
	if (status != EXIT_FAIL)
		index_after(c, &node);
	return status;
}

static enum rc found(struct author *au, struct ctx *c, struct str name, struct str ceiling, struct err *e)
{
	char hex[OID_HEX + 1];
	const char *key;
	enum rc rc;

	if ((rc = author_genesis(au, c->keys, name, ceiling, e)))
		return rc;
	oid_format(hex, &au->space);
	key = key_path(c->arena, c->keys, &au->space, au->id);
	(void)((rc = repo_config_set(au->repo, "colep.id", arena_cstr(c->arena, au->id), e)) ||
	    (rc = repo_config_set(au->repo, "colep.space", hex, e)) ||
	    (rc = repo_config_set(au->repo, "user.signingKey", au->signer.agent ? arena_printf(c->arena, "%s.pub", key) : key, e)));
	return rc;
}

int cmd_init(struct ctx *c, int argc, char **argv)
{
	const char *id = NULL, *name = NULL, *folder = NULL, *ceiling = "TLP:GREEN", *key = NULL;
	bool practice = false;
	const struct opt opts[] = {
		{ "id", 0, OPT_TEXT, &id, "ID", "this node: an owner such as bps, or OWNER-LABEL" },
		{ "name", 'n', OPT_TEXT, &name, "N", "name of the community" },
		{ "import", 0, OPT_TEXT, &folder, "FOLDER", "documents to begin with" },
		{ "ceiling", 0, OPT_TEXT, &ceiling, "LABEL", "highest label it stores; default: TLP:GREEN" },
		{ "key", 0, OPT_TEXT, &key, "FILE", "an ed25519 key to use; a .pub when ssh-agent has the secret" },
		{ "practice", 0, OPT_FLAG, &practice, NULL, "a node to try things on; every page says so" },
	};
	struct author au = { .lock = LOCK_INIT };
	struct import_plan plan = { .kind = kind_find(STR("lesson")) };
	struct buf words = BUF_INIT;
	struct err e = ERR_INIT;
	struct node node = { 0 };
	const char *dir;
	char **names;
	size_t n = 0;
	bool made;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, sizeof opts / sizeof *opts)) >= 0)
		return status;
	if (left != 2)
		return cmd_usage(c, left < 2 ? "needs a folder for the node" : "one folder at a time");
	if (!id || !node_id_valid(cstr(id), &au.owner))
		return cmd_usage(c, id ? "%s: no id of a node; it is an owner such as bps or bg, or OWNER-LABEL" :
		    "say who this node is with --id, such as --id bps", id);
	if (!word_in("TLP:CLEAR TLP:GREEN TLP:AMBER", cstr(ceiling)))
		return cmd_usage(c, "%s: a ceiling is TLP:CLEAR, TLP:GREEN or TLP:AMBER", ceiling);
	if (name && (str_utf8_bad(cstr(name)) != strlen(name) || strlen(name) > 200 || strchr(name, '\n')))
		return cmd_usage(c, "the name is not UTF-8, longer than 200 bytes, or has line ends");
	if (folder && !file_is_dir(path_join(c->arena, folder, ".")))
		return cmd_usage(c, "%s: no such folder to import", folder);
	if (!c->keys) {
		cmd_say(c, "no folder for keys; set COLEP_KEYS or HOME");
		return EXIT_FAIL;
	}
	dir = path_join(c->arena, c->dirs != &c->dir ? c->dir : "", argv[1]);	/* -C counts, COLEP_DIR names another node */
	made = !file_exists(dir);
	if (!made && setup_unfinished(c->arena, dir) && setup_undo(c->arena, dir, false, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	if (!made && (dir_list(&names, &n, c->arena, dir, &e) || n)) {
		cmd_say(c, "%s: is there and not an empty folder; name one that is not there yet", dir);
		return EXIT_FAIL;
	}
	au.a = c->arena;
	au.id = cstr(id);
	au.now = c->now;
	au.node = &node;
	if (key && signer_read(&au.signer, key, c->agent, &e))
		return cmd_fail(c, &e) == EXIT_NO ? EXIT_FAIL : EXIT_FAIL;
	if (!key)
		signer_make(&au.signer);
	au.have_key = true;
	if (setup_node(&node, &au.repo, c->arena, dir, practice, &e) || lock_open(&au.lock, path_join(c->arena, node.cache, "lock"), 1, &e) ||
	    found(&au, c, cstr(name), cstr(ceiling), &e)) {
		struct err again = ERR_INIT;

		author_close(&au);
		if (setup_undo(c->arena, dir, made, &again))
			cmd_say(c, "%s", again.msg);
		(void)cmd_fail(c, &e);
		return EXIT_FAIL;
	}
	if (dir_remove(path_join(c->arena, dir, SETUP_UNFINISHED), &e))
		cmd_say(c, "%s", e.msg);
	words_format(&words, &au.space);
	cmd_say(c, "%s: a new community%s%s; its root is %s", dir, name ? ": " : "", name ? name : "", buf_cstr(&words));
	buf_free(&words);
	status = EXIT_YES;
	if (folder) {
		plan.folder = folder;
		plan.owner = au.owner;
		status = run_import(c, &au, &plan);
	}
	author_close(&au);
	if (status != EXIT_FAIL)
		index_after(c, &node);
	return status;
}
