/* sync/cmd_adopt.c: colep inbox and colep adopt. */
#include "kb/cmd.h"
#include "sync/commands.h"

#include <string.h>

#include "kb/base/date.h"
#include "kb/doc/check.h"
#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/adopt.h"
#include "sync/fold.h"
#include "sync/git.h"
#include "sync/save.h"

#define INBOX "refs/heads/inbox/"

static struct str name_of(struct str path)
{
	struct doc_path p;

	return doc_path_parse(&p, path, NULL) ? p.name : path;
}

/* ---- inbox ---- */

static enum rc put(struct out *o, struct arena *a, const struct node *n, struct repo *repo, const struct oid *base, struct str ref,
    const struct oid *tip, struct err *e)
{
	struct proposals p = { 0 };
	struct commit c = { 0 };
	struct err odd = ERR_INIT;
	char date[21];
	struct str *ids;
	size_t i;
	enum rc rc;

	bool readable = repo_commit(&c, a, repo, tip, &odd) == RC_OK;

	if ((rc = adopt_branch(&p, a, n, repo, base, tip, e)))
		return rc;
	ids = arena_array(a, p.n, sizeof *ids);
	for (i = 0; i < p.n; i++)
		ids[i] = name_of(p.v[i].path);
	time_format(date, c.time);
	out_begin(o);
	out_text(o, "ref", str_sub(ref, strlen("refs/heads/"), ref.n));
	out_text(o, "date", readable ? cstr(date) : STR_NONE);
	out_text(o, "subject", readable ? str_sub(c.message, 0, str_chr(c.message, '\n')) : STR_NONE);
	out_list(o, "documents", ids, p.n);
	out_end(o);
	return RC_OK;
}

static enum rc inbox_of(struct ctx *c, struct out *o, const char *dir, struct err *e)
{
	const char *args[] = { "for-each-ref", "--format=%(objectname) %(refname)", INBOX, NULL };
	struct git_run how = { 0 };
	struct repo *repo = NULL;
	struct buf refs = BUF_INIT;
	struct str rest, line;
	struct oid main, base, tip;
	struct node node;
	enum rc rc;

	if ((rc = node_open(&node, c->arena, dir, e)) || (rc = node_main(&main, &node, e)) || (rc = repo_open(&repo, node.dir, e)) ||
	    (rc = author_base(&base, repo, &main, e)))
		goto out;
	how.dir = node.dir;
	rc = git_run(&refs, &how, args, e);
	for (rest = buf_str(&refs); !rc && str_line(&line, &rest);)
		if (oid_parse(&tip, str_sub(line, 0, OID_HEX)))
			rc = put(o, c->arena, &node, repo, &base, str_sub(line, OID_HEX + 1, line.n), &tip, e);
out:
	repo_close(repo);
	buf_free(&refs);
	return rc;
}

int cmd_inbox(struct ctx *c, int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct out o;
	size_t i;
	enum rc rc = RC_OK;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left > 1)
		return cmd_usage(c, "takes no words; 'colep adopt' takes one in");
	cmd_out(&o, c);
	for (i = 0; i < c->ndirs && !rc; i++)
		rc = inbox_of(c, &o, c->dirs[i], &e);
	if (rc) {
		out_close(&o);
		return cmd_fail(c, &e), EXIT_FAIL;
	}
	cmd_out_close(c, &o, "the inbox is empty");
	return EXIT_YES;
}

/* ---- adopt ---- */

struct adopting {
	struct ctx *c;
	struct author *au;
	const char *by;			/* "function, owner", or NULL: from the documents */
	const struct template_set *sets;
	size_t nsets;
	struct str owner;		/* of --by, else of this node: for forms that do not say */
};

static void warn(void *ctx, struct str path, struct str what)
{
	cmd_say(ctx, "%.*s: %.*s", FMT_STR(path), FMT_STR(what));
}

/* Work in the folder that is not saved must not be passed by. */
static bool unsaved(struct adopting *ad, const struct proposal *x)
{
	const char *path = path_join(ad->c->arena, ad->au->node->dir, arena_cstr(ad->c->arena, x->path));
	struct err e = ERR_INIT;
	struct buf disk = BUF_INIT;
	bool differs;

	if (!file_exists(path))
		return x->old.p != NULL;
	differs = file_read(&disk, path, (size_t)1 << 20, &e) != RC_OK || !x->old.p || !str_eq(buf_str(&disk), x->old);
	buf_free(&disk);
	return differs;
}

/* Why one document is not taken in, or NULL. */
static const char *judge(struct adopting *ad, const struct proposal *x)
{
	const struct member *m = ad->au->member;
	struct doc_path p;
	const char *why = NULL;

	if (x->held)
		return x->held;
	if (str_starts(x->path, STR("roster/")) || str_starts(x->path, STR("vocab/")))
		return "is of the Secretariat, which edits it here; it is not adopted";
	if (!doc_path_parse(&p, x->path, &why))
		return why;
	if (!roster_may(m, ACT_ADOPT, p.owner, p.kind->common && str_is(p.owner, "bps")))
		return arena_printf(ad->c->arena, "a focal point of %.*s, or the Secretariat, adopts it", FMT_STR(p.owner));
	if (unsaved(ad, x))
		return "has unsaved changes here; run 'colep save' first";
	return save_judge(ad->au, x->path, x->old, x->new, warn, ad->c);
}

/* The keys that a form left out and nothing else says: each is asked for. */
static bool asks(struct adopting *ad, const char *file, const struct proposal *x)
{
	struct findings f = { 0 };
	struct check_env env = { .ceiling = ad->au->roster.ceiling };
	struct vocab vocab;
	size_t i;
	bool any = false;

	vocab_default(&vocab, ad->c->arena);
	env.vocab = &vocab;
	check_document(&f, ad->c->arena, x->path, x->new, &env);
	for (i = 0; i < f.n; i++) {
		struct str m = f.v[i].message, key = str_sub(m, 0, str_chr(m, ' '));

		if (f.v[i].level != LEVEL_ERROR || (strcmp(f.v[i].rule, "key-missing") != 0 && strcmp(f.v[i].rule, "label-missing") != 0))
			continue;
		cmd_say(ad->c, "%s: held back: %.*s; give it with --set %.*s=...", file, FMT_STR(m), FMT_STR(key));
		any = true;
	}
	return any;
}

/* "Submitted-by: contributor, bg". NULL: the documents are of several owners, told. */
static const char *submitted_by(struct adopting *ad, const char *what, const struct change *c, size_t n)
{
	struct doc_path p, first;
	size_t i;

	if (ad->by)
		return arena_printf(ad->c->arena, "Submitted-by: %s\n", ad->by);
	(void)doc_path_parse(&first, c[0].path, NULL);
	for (i = 1; i < n; i++)
		if (doc_path_parse(&p, c[i].path, NULL) && !str_eq(p.owner, first.owner)) {
			cmd_say(ad->c, "%s: documents of several owners; say who submits them with --by \"FUNCTION, OWNER\"", what);
			return NULL;
		}
	return arena_printf(ad->c->arena, "Submitted-by: contributor, %.*s\n", FMT_STR(first.owner));
}

/* Judge all, take in what may go as one commit. *held: how many may not. */
static int take_in(struct adopting *ad, const char *what, const struct proposals *p, size_t *held)
{
	struct arena *a = ad->c->arena;
	struct change *c = arena_array(a, p->n, sizeof *c);
	struct err e = ERR_INIT;
	const char *why, *trailer;
	char hex[OID_HEX + 1];
	struct oid id;
	size_t i, n = 0;
	enum rc rc = RC_OK;

	for (i = 0, *held = 0; i < p->n; i++) {
		if (n == LIMIT_CHANGES || (why = judge(ad, &p->v[i]))) {
			cmd_say(ad->c, "%.*s: held back: %s", FMT_STR(p->v[i].path), n == LIMIT_CHANGES ? "more than 50,000 changes at once" : why);
			++*held;
			continue;
		}
		c[n].path = p->v[i].path;
		if (p->v[i].new.p && (rc = repo_write(&c[n].new, ad->au->repo, OBJECT_BLOB, p->v[i].new, &e)))
			return cmd_fail(ad->c, &e), EXIT_FAIL;
		n++;
	}
	if (!n) {
		if (!*held)
			cmd_say(ad->c, "%s: nothing in it that is not here", what);
		return *held ? EXIT_NO : EXIT_YES;
	}
	if (!(trailer = submitted_by(ad, what, c, n)))
		return EXIT_USAGE;
	rc = author_change_for(&id, ad->au, c, n, n == 1 ? cstr(arena_printf(a, "Adopt %.*s", FMT_STR(name_of(c[0].path)))) :
	    cstr(arena_printf(a, "Adopt %zu documents", n)), cstr(trailer), &e);
	if (rc)
		return cmd_fail(ad->c, &e), EXIT_FAIL;
	oid_format(hex, &id);
	fprintf(ad->c->out, ad->c->json ? "{\"commit\":\"%s\"}\n" : "%s\n", hex);
	return *held ? EXIT_NO : EXIT_YES;
}

static int adopt_file(struct adopting *ad, const char *file)
{
	struct arena *a = ad->c->arena;
	struct proposals p = { 0 };
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct str text;
	char date[11];
	bool form = str_ends(cstr(file), STR(".md"));
	size_t held;
	enum rc rc;

	rc = file_read(&b, file, form ? LIMIT_DOC : (size_t)64 << 20, &e);
	text = arena_str(a, buf_str(&b));
	buf_free(&b);
	if (rc)
		return cmd_fail(ad->c, &e), EXIT_FAIL;
	form |= str_starts(text, STR("---\n"));
	if (form) {
		struct form f = { text, ad->owner, STR_NONE, ad->sets, ad->nsets };

		date_format(date, ad->c->now);
		f.date = cstr(date);
		if (str_utf8_bad(text) != text.n)
			rc = err_set(&e, RC_NOTFOUND, "is not UTF-8");
		else
			rc = adopt_form(&p, a, ad->au->node, ad->au->repo, &ad->au->base, &f, &e);
	} else {
		rc = adopt_patch(&p, a, ad->au->node, ad->au->repo, &ad->au->base, text, &e);
	}
	if (rc == RC_NOTFOUND) {
		cmd_say(ad->c, "%s: held back: %s", file, e.msg);
		return EXIT_NO;
	}
	if (rc)
		return cmd_fail(ad->c, &e), EXIT_FAIL;
	if (form && p.n && asks(ad, file, &p.v[0]))
		return EXIT_NO;
	if (form && p.n && p.v[0].old.p)
		cmd_say(ad->c, "%.*s: is here already; this text takes its place", FMT_STR(name_of(p.v[0].path)));
	return take_in(ad, file, &p, &held);
}

/* A branch below inbox/, any branch, or any commit. *ref: of the inbox, or NULL. */
static bool find_ref(struct oid *tip, const char **ref, struct adopting *ad, const char *name)
{
	const char *tries[] = { "refs/heads/inbox/", "refs/heads/", "" }, *full;
	const char *args[] = { "rev-parse", "--verify", "--quiet", "--end-of-options", arena_printf(ad->c->arena, "%s^{commit}", name), NULL };
	struct git_run how = { .dir = ad->au->node->dir };
	struct err e = ERR_INIT;
	struct buf out = BUF_INIT;
	bool found = false;
	size_t i;

	*ref = NULL;
	for (i = 0; i < 3 && !found; i++) {
		full = arena_printf(ad->c->arena, "%s%s", tries[i], name);
		if (!str_starts(cstr(full), STR("refs/")) || repo_ref(tip, ad->au->repo, full, &e))
			continue;
		found = true;
		if (str_starts(cstr(full), STR(INBOX)))
			*ref = full;
	}
	if (!found)
		found = git_run(&out, &how, args, &e) == RC_OK && oid_parse(tip, str_sub(buf_str(&out), 0, OID_HEX));
	buf_free(&out);
	return found;
}

/* All of it is here: the branch goes, and with it the names in its commits. */
static void drop(struct adopting *ad, const char *ref, const struct oid *tip)
{
	char hex[OID_HEX + 1];
	const char *args[] = { "update-ref", "-d", ref, hex, NULL };
	struct git_run how = { .dir = ad->au->node->dir };
	struct err e = ERR_INIT;
	struct buf out = BUF_INIT;

	oid_format(hex, tip);
	if (git_run(&out, &how, args, &e))
		cmd_say(ad->c, "%s: adopted, and still in the inbox: %s", ref, e.msg);
	buf_free(&out);
}

static int adopt_ref(struct adopting *ad, const char *name)
{
	struct proposals p = { 0 };
	struct err e = ERR_INIT;
	const char *ref;
	struct oid tip;
	size_t held;
	int status;

	if (!find_ref(&tip, &ref, ad, name)) {
		cmd_say(ad->c, "%s: no file and no branch; 'colep inbox' shows what there is", name);
		return EXIT_NO;
	}
	if (adopt_branch(&p, ad->c->arena, ad->au->node, ad->au->repo, &ad->au->base, &tip, &e))
		return cmd_fail(ad->c, &e), EXIT_FAIL;
	status = take_in(ad, name, &p, &held);
	if (status == EXIT_YES && ref)
		drop(ad, ref, &tip);
	return status;
}

/* "FUNCTION, OWNER": no name, as far as that can be seen. *owner borrows it. */
static int by_of(struct str *owner, struct ctx *c, const char *by)
{
	struct findings found = { 0 };
	struct str s = cstr(by), function;
	size_t i, comma = SIZE_MAX;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == ',')
			comma = i;
	*owner = comma == SIZE_MAX ? STR_NONE : str_trim(str_sub(s, comma + 1, s.n));
	function = comma == SIZE_MAX ? s : str_trim(str_sub(s, 0, comma));
	if (!function.n || !doc_owner_valid(*owner))
		return cmd_usage(c, "--by %s: write it as \"FUNCTION, OWNER\", like \"border police officer, bg\"", by);
	if (str_utf8_bad(s) != s.n || s.n > 200 || str_chr(s, '\n') != SIZE_MAX || str_chr(s, '\r') != SIZE_MAX)
		return cmd_usage(c, "--by: one line of UTF-8, at most 200 bytes");
	check_personal(&found, c->arena, s, 1, false);
	for (i = 0; i < found.n; i++)
		if (check_holds_back(&found.v[i]))
			return cmd_usage(c, "--by holds %.*s", FMT_STR(found.v[i].message));
	return -1;
}

int cmd_adopt(struct ctx *c, int argc, char **argv)
{
	struct adopting ad = { .c = c };
	struct opt_list sets = { NULL, 0, 0 };
	const struct opt opts[] = {
		{ "by", 0, OPT_TEXT, &ad.by, "WHO", "who submitted it: \"FUNCTION, OWNER\"; no name" },
		{ "set", 's', OPT_LIST, &sets, "K=V", "a key of a form and its value; a list is a,b; may stand several times" },
	};
	struct template_set *set;
	struct err e = ERR_INIT;
	struct author au;
	struct node node;
	struct str owner = STR_NONE;
	size_t i;
	int left, status, one, k;

	if ((status = cmd_options(&left, c, argc, argv, opts, sizeof opts / sizeof *opts)) >= 0)
		return status;
	if (left < 2)
		return cmd_usage(c, "needs a branch, a patch or a document; 'colep inbox' shows the branches");
	if (ad.by && (status = by_of(&owner, c, ad.by)) >= 0)
		return status;
	set = arena_array(c->arena, sets.n, sizeof *set);
	for (i = 0; i < sets.n; i++) {
		struct str s = cstr(sets.v[i]);
		size_t eq = str_chr(s, '=');

		if (eq == SIZE_MAX || !eq || strspn(s.p, "abcdefghijklmnopqrstuvwxyz0123456789-") != eq || str_utf8_bad(s) != s.n)
			return cmd_usage(c, "--set %s: write it as KEY=VALUE", sets.v[i]);
		set[i].key = arena_str(c->arena, str_sub(s, 0, eq));
		set[i].value = str_sub(s, eq + 1, s.n);
	}
	ad.sets = set;
	ad.nsets = sets.n;
	if (node_open(&node, c->arena, c->dir, &e) || author_open(&au, c->arena, &node, c->keys, c->agent, c->now, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	ad.au = &au;
	ad.owner = owner.n ? owner : au.owner;
	status = EXIT_YES;
	for (k = 1; k < left; k++) {
		one = file_exists(argv[k]) && !file_is_dir(argv[k]) ? adopt_file(&ad, argv[k]) : adopt_ref(&ad, argv[k]);
		status = one > status ? one : status;
	}
	author_close(&au);
	return status;
}
