/* sync/cmd_save.c: colep save: sign and commit what changed. */
#include "kb/cmd.h"
#include "sync/commands.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/file.h"
#include "kb/doc/check.h"
#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/fold.h"
#include "sync/git.h"
#include "sync/save.h"

enum { TRAILERS = 256 };		/* bytes of a message that author_commit adds, and some */

static void warn(void *ctx, struct str path, struct str what)
{
	cmd_say(ctx, "%.*s: %.*s", FMT_STR(path), FMT_STR(what));
}

/* What was asked for, as paths from the node's root; "" is the root itself. */
struct wanted {
	struct str *v;
	size_t n;
	bool all;
};

/* A path given by hand, by its folder: the file itself may be a link, or deleted. */
static struct str from_root(struct arena *a, const char *root, const char *arg)
{
	char *full = realpath(arg, NULL), *slash, *dir;
	struct str rel = cstr(arg), under = cstr(root), name = STR_NONE;

	if (!full || !file_is_dir(arg)) {
		dir = arena_cstr(a, rel);
		slash = strrchr(dir, '/');
		name = slash ? cstr(slash + 1) : rel;
		if (slash)
			*slash = '\0';
		free(full);
		full = realpath(slash ? (*dir ? dir : "/") : ".", NULL);
	}
	if (full && strcmp(full, root) == 0)
		rel = name;
	else if (full && str_starts(cstr(full), under) && full[under.n] == '/')
		rel = cstr(path_join(a, full + under.n + 1, arena_cstr(a, name)));
	rel = arena_str(a, rel);
	free(full);
	while (rel.n && rel.p[rel.n - 1] == '/')
		rel.n--;
	return rel;
}

/* Paths from where we stand, from the node's root, or ids. *bad: one that names nothing, which is said. */
static struct wanted wanted(bool *bad, struct ctx *c, struct author *au, char **args, int count)
{
	struct wanted w = { arena_array(c->arena, (size_t)count * 2, sizeof(struct str)), 0, count == 0 };
	char *root = realpath(au->node->dir, NULL);
	struct err e = ERR_INIT;
	struct oid blob;
	int i;

	for (i = 0; i < count && root; i++) {
		struct str rel = from_root(c->arena, root, args[i]), path = doc_path_of(c->arena, cstr(args[i]));
		const char *at = path_join(c->arena, au->node->dir, path.n ? path.p : rel.n ? rel.p : ".");

		if (path.n)
			rel = path;
		if (!file_exists(at) && !file_exists(args[i]) && rel.n && repo_lookup(&blob, au->repo, &au->base, rel, &e)) {
			cmd_say(c, "%s: nothing here has this path or id; 'colep diff' shows what is unsaved", args[i]);
			*bad = true;
		}
		w.v[w.n++] = rel;
	}
	free(root);
	return w;
}

/* Is the path one of those asked for, or below one? */
static bool asked(const struct wanted *w, struct str path)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (!w->v[i].n || str_eq(path, w->v[i]) ||
		    (str_starts(path, w->v[i]) && path.n > w->v[i].n && path.p[w->v[i].n] == '/'))
			return true;
	return w->all;
}

/* "Change cs-mk-2022-taiwan", "Add 3 documents", when no message was given. */
static struct str subject_of(struct arena *a, const struct change *c, const bool *added, size_t n)
{
	size_t i, add = 0, del = 0;
	struct doc_path p;
	const char *verb;

	for (i = 0; i < n; i++) {
		add += added[i];
		del += oid_is_none(&c[i].new);
	}
	verb = add == n ? "Add" : del == n ? "Delete" : "Change";
	if (n == 1 && doc_path_parse(&p, c[0].path, NULL))
		return cstr(arena_printf(a, "%s %.*s", verb, FMT_STR(p.name)));
	if (n == 1)
		return cstr(arena_printf(a, "%s %.*s", verb, FMT_STR(c[0].path)));
	return cstr(arena_printf(a, "%s %zu documents", verb, n));
}

int cmd_save(struct ctx *c, int argc, char **argv)
{
	const char *message = NULL;
	const struct opt opts[] = { { "message", 'm', OPT_TEXT, &message, "MSG", "what changed and why" } };
	struct err e = ERR_INIT;
	struct unsaved *list;
	struct change *changes;
	struct author au;
	struct node node;
	struct findings personal = { 0 };
	size_t n, i, kept = 0, held = 0;
	char hex[OID_HEX + 1];
	struct str subject, body = STR_NONE;
	bool *added, bad = false;
	struct wanted want;
	struct oid id;
	enum rc rc = RC_OK;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	if (message) {
		subject = str_sub(cstr(message), 0, str_chr(cstr(message), '\n'));
		body = str_sub(cstr(message), subject.n, strlen(message));
		if (!str_trim(subject).n)
			return cmd_usage(c, "the message is empty");
		if (str_utf8_bad(cstr(message)) != strlen(message))
			return cmd_usage(c, "the message is not UTF-8");
		if (strlen(message) > LIMIT_MESSAGE - TRAILERS)
			return cmd_usage(c, "the message has more than 4 KiB; shorten it");
		check_personal(&personal, c->arena, cstr(message), 1, false);
		for (i = 0; i < personal.n; i++)
			if (check_holds_back(&personal.v[i]))
				return cmd_usage(c, "the message holds %.*s", FMT_STR(personal.v[i].message));
	}
	if (node_open(&node, c->arena, c->dir, &e) || author_open(&au, c->arena, &node, c->keys, c->agent, c->now, &e))
		return cmd_fail(c, &e);
	if (au.renewed)
		cmd_say(c, "%s: another machine or folder than before: this node begins a new row of numbers; nothing is lost", node.dir);
	if ((rc = save_list(&list, &n, c->arena, au.repo, &au.base, &e)))
		goto out;
	changes = arena_array(c->arena, n, sizeof *changes);
	added = arena_array(c->arena, n, sizeof *added);
	want = wanted(&bad, c, &au, argv + 1, left - 1);
	for (i = 0; i < n && !rc; i++) {
		struct buf text = BUF_INIT;
		const char *why;

		cmd_progress(c, "looking at", i, n, false);
		if (!asked(&want, list[i].path))
			continue;
		rc = save_refuses(&why, &text, &au, &list[i], warn, c, &e);
		if (!rc && !why && kept == LIMIT_CHANGES)
			why = "more than 50,000 changes at once; save the rest afterwards";
		if (!rc && why) {
			cmd_say(c, "%.*s: held back: %s", FMT_STR(list[i].path), why);
			held++;
		} else if (!rc) {
			added[kept] = oid_is_none(&list[i].old);
			changes[kept] = (struct change){ .path = list[i].path, .old = list[i].old };
			if (!oid_is_none(&list[i].new))
				rc = repo_write(&changes[kept].new, au.repo, OBJECT_BLOB, buf_str(&text), &e);
			kept++;
		}
		buf_free(&text);
	}
	cmd_progress(c, "", 0, 0, true);
	if (!rc && kept) {
		struct oid tree;

		if (!message)
			subject = subject_of(c->arena, changes, added, kept);
		(void)((rc = repo_tree(&tree, au.repo, &au.base, changes, kept, &e)) ||
		    (rc = author_commit(&id, &au, &tree, subject, body, STR_NONE, &e)));
		if (!rc) {
			oid_format(hex, &id);
			fprintf(c->out, c->json ? "{\"commit\":\"%s\"}\n" : "%s\n", hex);
			if ((rc = repo_index_set(au.repo, &id, &e)) || (rc = author_base_set(au.repo, &id, &e)))
				au.later = true;	/* the next command brings git's index after */
		}
	} else if (!rc && !oid_eq(&au.main, &au.base)) {
		/* plain commits of git whose content is undone, or held back: it is in the folder, main takes a step back */
		(void)((rc = repo_ref_set(au.repo, "refs/heads/main", &au.base, &au.main, &e)) ||
		    (rc = repo_index_set(au.repo, &au.base, &e)));
	}
	if (!rc && !kept && !held && !bad)
		cmd_say(c, "nothing to save");
out:
	author_close(&au);
	if (rc) {
		(void)cmd_fail(c, &e);
		return EXIT_FAIL;
	}
	git_tidy(c->arena, node.dir);
	return held || bad ? EXIT_NO : EXIT_YES;
}
