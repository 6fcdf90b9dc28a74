/* sync/cmd_save.c: colep save: sign and commit what changed. */
#include "kb/cmd.h"
#include "sync/commands.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/check.h"
#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/fold.h"
#include "sync/save.h"

static void warn(void *ctx, struct str path, struct str what)
{
	cmd_say(ctx, "%.*s: %.*s", FMT_STR(path), FMT_STR(what));
}

/* Is the path one of those asked for, or below one? */
static bool asked(const struct node *n, struct str path, char **args, int count)
{
	char *root = realpath(n->dir, NULL);
	bool yes = count == 0;
	int i;

	for (i = 0; i < count && !yes && root; i++) {
		struct arena a = ARENA_INIT;
		char *full = realpath(args[i], NULL);
		struct str rel = cstr(args[i]);

		if (full && strcmp(full, root) == 0)
			yes = true;
		else if (full && str_starts(cstr(full), cstr(arena_printf(&a, "%s/", root))))
			rel = cstr(full + strlen(root) + 1);
		while (rel.n && rel.p[rel.n - 1] == '/')
			rel.n--;
		yes |= str_eq(path, rel) || (str_starts(path, rel) && path.n > rel.n && path.p[rel.n] == '/') ||
		    str_eq(path, doc_path_of(&a, rel));
		free(full);
		arena_free(&a);
	}
	free(root);
	return yes;
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
	bool *added;
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
	for (i = 0; i < n && !rc; i++) {
		struct buf text = BUF_INIT;
		const char *why;

		cmd_progress(c, "looking at", i, n, false);
		if (!asked(&node, list[i].path, argv + 1, left - 1))
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
			(void)((rc = repo_index_set(au.repo, &id, &e)) || (rc = fold_note(au.repo, &id, &e)));
		}
	} else if (!rc && !held) {
		cmd_say(c, "nothing to save");
	}
out:
	author_close(&au);
	if (rc) {
		(void)cmd_fail(c, &e);
		return EXIT_FAIL;
	}
	return held ? EXIT_NO : EXIT_YES;
}
