/* sync/cmd_flow.c: a document's way (DOMAIN 6): submit, clear, publish, endorse, withdraw, delete. Each is one
 * authored commit for each document, made from what is saved, checked as what it is about to become. */
#include "kb/cmd.h"
#include "sync/commands.h"

#include <string.h>
#include <unistd.h>

#include "kb/base/date.h"
#include "kb/doc/check.h"
#include "kb/doc/doc.h"
#include "kb/doc/load.h"
#include "kb/limits.h"
#include "sync/author.h"
#include "sync/guard.h"

struct flow {
	struct ctx *c;
	struct node node;
	struct author au;
	struct load load;
	struct str shown;		/* the file people edit, when it is not the document's path; or none */
	struct err e;
};

static bool known(void *ctx, struct str id)
{
	return load_known(ctx, id);
}

static enum rc flow_open(struct flow *f, struct ctx *c)
{
	enum rc rc;

	*f = (struct flow){ .c = c, .au = { .lock = LOCK_INIT } };
	if ((rc = node_open(&f->node, c->arena, c->dir, &f->e)) ||
	    (rc = author_open(&f->au, c->arena, &f->node, c->keys, c->agent, c->now, &f->e)))
		return rc;
	load_open(&f->load, c->arena, f->node.dir);
	return RC_OK;
}

static int no(struct ctx *c, struct str what, const char *why)
{
	cmd_say(c, "%.*s: %s", FMT_STR(what), why);
	return EXIT_NO;
}

/* The errors of a document as it would be; 0 when there are none. */
static int check(struct flow *f, struct str path, struct str text)
{
	struct check_env env = { &f->load.vocab, f->au.roster.ceiling, known, &f->load };
	struct findings found = { 0 };
	size_t i;

	check_document(&found, f->c->arena, path, text, &env);
	path = f->shown.n ? f->shown : path;
	for (i = 0; i < found.n; i++)
		if (!found.v[i].passed)
			cmd_say(f->c, "%.*s:%s %s: %.*s", FMT_STR(path), found.v[i].place.line ?
			    arena_printf(f->c->arena, "%u:", found.v[i].place.line) : "",
			    found.v[i].level == LEVEL_ERROR ? "error" : "warning", FMT_STR(found.v[i].message));
	if (found.errors)
		cmd_say(f->c, "%.*s: %zu error%s to mend first", FMT_STR(path), found.errors, found.errors == 1 ? "" : "s");
	return found.errors > 0;
}

/* A document as it is saved: path, text, and what it parses to. Refuses one with unsaved changes. */
static enum rc saved(struct flow *f, struct doc_path *p, struct str *path, struct str *text, struct doc *d, struct str name)
{
	struct arena *a = f->c->arena;
	struct buf b = BUF_INIT, disk = BUF_INIT;
	struct place at;
	struct oid blob;
	enum rc rc;

	if (str_ends(name, STR(".md")))	/* a path will do too */
		name = str_sub(name, 0, name.n - 3);
	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/') {
			name = str_sub(name, i, name.n);
			break;
		}
	*path = doc_path_of(a, name);
	if (!path->n || !doc_path_parse(p, *path, NULL))
		return err_set(&f->e, RC_NOTFOUND, "%.*s: no id of a document; 'colep list' shows them", FMT_STR(name));
	rc = repo_lookup(&blob, f->au.repo, &f->au.base, *path, &f->e);
	if (rc == RC_NOTFOUND)
		return err_set(&f->e, rc, "%.*s: no document of this id is saved here; 'colep list' shows them", FMT_STR(name));
	if (rc || (rc = repo_read(&b, f->au.repo, &blob, OBJECT_BLOB, LIMIT_VIEW, &f->e)))
		return rc;
	*text = arena_str(a, buf_str(&b));
	buf_free(&b);
	rc = file_read(&disk, path_join(a, f->node.dir, path->p), LIMIT_VIEW, &f->e);
	if (rc || !str_eq(buf_str(&disk), *text))
		rc = err_set(&f->e, RC_NOTFOUND, "%.*s: has unsaved changes; run 'colep save' first", FMT_STR(name));
	buf_free(&disk);
	if (!rc && doc_parse(d, &at, a, *text, &f->e))
		rc = err_prefix(&f->e, "%.*s", FMT_STR(*path));
	return rc;
}

static struct str set(struct arena *a, struct str text, const char *key, struct str value)
{
	struct err e = ERR_INIT;
	struct buf out = BUF_INIT;
	struct place at;
	struct front f;
	struct str done = text;

	if (front_parse(&f, &at, a, text, &e) == RC_OK) {
		front_set(&out, &f, text, key, value);
		done = arena_str(a, buf_str(&out));
	}
	buf_free(&out);
	return done;
}

static int print_id(struct flow *f, const struct oid *id)
{
	char hex[OID_HEX + 1];

	oid_format(hex, id);
	fprintf(f->c->out, f->c->json ? "{\"commit\":\"%s\"}\n" : "%s\n", hex);
	return EXIT_YES;
}

/* Rights, checks, commit: the end of every way. old .p NULL: new document. extra: changed beside it. */
static int finish(struct flow *f, struct str path, struct str old, struct str text, const char *subject, const char *body,
    const struct change *extra, size_t nextra)
{
	struct change c[LIMIT_KEYS] = { { .path = path } };
	const char *why = guard_refuses(f->c->arena, f->au.member, path, old, text);
	struct oid id;
	size_t n, i;

	if (why)
		return no(f->c, path, why);
	if (check(f, path, text))
		return EXIT_NO;
	if (repo_write(&c[0].new, f->au.repo, OBJECT_BLOB, text, &f->e))
		return cmd_fail(f->c, &f->e);
	for (n = 1; nextra && n <= nextra && n < LIMIT_KEYS; n++)
		c[n] = extra[n - 1];
	for (i = 1; i < n; i++) {		/* few: sorted by insertion */
		struct change t = c[i];
		size_t j = i;

		for (; j > 0 && str_cmp(c[j - 1].path, t.path) > 0; j--)
			c[j] = c[j - 1];
		c[j] = t;
	}
	if (author_change(&id, &f->au, c, n, cstr(subject), cstr(body), &f->e)) {
		(void)cmd_fail(f->c, &f->e);
		return EXIT_FAIL;
	}
	return print_id(f, &id);
}

/* ---- submit ---- */

static int submit_one(struct flow *f, const char *arg)
{
	struct arena *a = f->c->arena;
	struct str name = cstr(arg), text, path;
	const char *file = arg;
	struct buf b = BUF_INIT;
	struct place at;
	struct doc d;
	struct oid there;
	int status;

	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/') {
			name = str_sub(name, i, name.n);
			break;
		}
	if (str_ends(name, STR(".md")))
		name = str_sub(name, 0, name.n - 3);
	if (!file_exists(file) || file_is_dir(file))
		file = arena_printf(a, "%s/drafts/%.*s.md", f->node.dir, FMT_STR(name));
	if (!(path = doc_path_of(a, name)).n)
		return no(f->c, cstr(arg), "its name is no id; it is prefix-owner-year-slug.md, as 'colep new' makes it");
	if (repo_lookup(&there, f->au.repo, &f->au.base, path, &f->e) == RC_OK)
		return no(f->c, name, "is submitted already; edit it in its folder and run 'colep save'");
	if (file_read(&b, file, LIMIT_DOC, &f->e)) {
		buf_free(&b);
		return cmd_fail(f->c, &f->e);
	}
	text = arena_str(a, buf_str(&b));
	buf_free(&b);
	if (doc_parse(&d, &at, a, text, &f->e)) {
		cmd_say(f->c, "%s:%u: %s", file, at.line, f->e.msg);
		return EXIT_NO;
	}
	f->shown = cstr(path_bare(file));
	text = set(a, text, "status", STR("submitted"));
	if (str_chr(name, '.') != SIZE_MAX) {	/* a translation has no status */
		struct buf out = BUF_INIT;

		if (!front_parse(&d.front, &at, a, text, &f->e))
			front_remove(&out, &d.front, text, "status");
		text = arena_str(a, buf_str(&out));
		buf_free(&out);
	}
	status = finish(f, path, STR_NONE, text, arena_printf(a, "Submit %.*s", FMT_STR(name)), "", NULL, 0);
	if (status == EXIT_YES && unlink(file))
		cmd_say(f->c, "%s: the draft could not be removed; it is submitted, so remove it by hand", file);
	return status;
}

/* Several documents: the worst status counts. */
static int each(struct flow *f, int left, char **argv, int (*one)(struct flow *, const char *))
{
	int i, status = EXIT_YES, s;

	for (i = 1; i < left; i++) {
		s = one(f, argv[i]);
		status = s > status ? s : status;
	}
	author_close(&f->au);
	return status;
}

static int open_and(struct ctx *c, int argc, char **argv, int (*one)(struct flow *, const char *), const char *needs)
{
	struct flow f;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left < 2)
		return cmd_usage(c, "%s", needs);
	if (flow_open(&f, c)) {
		(void)cmd_fail(c, &f.e);
		return EXIT_FAIL;
	}
	return each(&f, left, argv, one);
}

int cmd_submit(struct ctx *c, int argc, char **argv)
{
	return open_and(c, argc, argv, submit_one, "needs a draft: its path or its id");
}

/* ---- clear, publish ---- */

static int clear_one(struct flow *f, const char *arg)
{
	struct arena *a = f->c->arena;
	struct str path, text, old, by;
	struct doc_path p;
	struct doc d;
	char today[11], *up;
	size_t i;

	if (saved(f, &p, &path, &old, &d, cstr(arg)))
		return cmd_fail(f->c, &f->e);
	if (p.lang.n)
		return no(f->c, p.name, "a translation is cleared with its original");
	if (status_rank(d.status) != 1)
		return no(f->c, p.name, arena_printf(a, "is %.*s; only what is submitted is cleared", FMT_STR(d.status)));
	date_format(today, f->c->now);
	up = arena_cstr(a, f->au.owner);
	for (i = 0; up[i]; i++)
		up[i] = (char)(up[i] & ~0x20);
	by = cstr(f->au.member->role == ROLE_SECRETARIAT ? "Secretariat" : arena_printf(a, "%s focal point", up));
	text = set(a, set(a, set(a, old, "status", STR("cleared")), "cleared-by", by), "cleared-on", cstr(today));
	return finish(f, path, old, text, arena_printf(a, "Clear %.*s", FMT_STR(p.name)), "", NULL, 0);
}

int cmd_clear(struct ctx *c, int argc, char **argv)
{
	return open_and(c, argc, argv, clear_one, "needs the id of a submitted document");
}

static int publish_one(struct flow *f, const char *arg)
{
	struct arena *a = f->c->arena;
	struct change extra[32] = { 0 };
	struct str path, text, old;
	const struct key *replaces;
	struct doc_path p;
	struct doc d;
	size_t n = 0, i;

	if (saved(f, &p, &path, &old, &d, cstr(arg)))
		return cmd_fail(f->c, &f->e);
	if (p.lang.n)
		return no(f->c, p.name, "a translation is published with its original");
	if (status_rank(d.status) != 2)
		return no(f->c, p.name, arena_printf(a, "is %.*s; only what is cleared is published", FMT_STR(d.status)));
	text = set(a, old, "status", STR("published"));
	replaces = front_key(&d.front, "replaces");
	for (i = 0; replaces && i < replaces->n && n < 32; i++) {
		struct str rpath, rold, rtext;
		struct doc_path rp;
		struct doc rd;

		if (saved(f, &rp, &rpath, &rold, &rd, replaces->values[i])) {
			cmd_say(f->c, "%s", f->e.msg);
			continue;	/* it may not have arrived yet */
		}
		rtext = set(a, rold, "status", STR("superseded"));
		if (guard_refuses(a, f->au.member, rpath, rold, rtext))
			continue;
		extra[n].path = rpath;
		if (repo_write(&extra[n++].new, f->au.repo, OBJECT_BLOB, rtext, &f->e))
			return cmd_fail(f->c, &f->e);
	}
	return finish(f, path, old, text, arena_printf(a, "Publish %.*s", FMT_STR(p.name)), "", extra, n);
}

int cmd_publish(struct ctx *c, int argc, char **argv)
{
	return open_and(c, argc, argv, publish_one, "needs the id of a cleared document");
}

/* ---- endorse, withdraw, delete ---- */

int cmd_endorse(struct ctx *c, int argc, char **argv)
{
	const char *meeting = NULL;
	const struct opt opts[] = { { "meeting", 0, OPT_TEXT, &meeting, "M", "id of the meeting that endorsed it" } };
	struct str path, old, text;
	const struct kind *kind;
	struct doc_path p;
	struct doc d;
	struct flow f;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	if (left != 2 || !meeting)
		return cmd_usage(c, left != 2 ? "needs one id" : "needs --meeting");
	if (!doc_id_valid(cstr(meeting), &kind, NULL) || strcmp(kind->name, "meeting") != 0)
		return cmd_usage(c, "%s: no id of a meeting; they begin with mt-", meeting);
	if (flow_open(&f, c)) {
		(void)cmd_fail(c, &f.e);
		return EXIT_FAIL;
	}
	if (saved(&f, &p, &path, &old, &d, cstr(argv[1]))) {
		status = cmd_fail(c, &f.e);
	} else if (!load_known(&f.load, cstr(meeting))) {
		status = no(c, cstr(meeting), "there is no such meeting here");
	} else if (str_is(front_text(&d.front, "endorsed-at"), meeting)) {
		status = no(c, p.name, "is endorsed by this meeting already");
	} else {
		text = set(c->arena, old, "endorsed-at", cstr(meeting));
		status = finish(&f, path, old, text, arena_printf(c->arena, "Endorse %.*s", FMT_STR(p.name)), "", NULL, 0);
	}
	author_close(&f.au);
	return status;
}

/* Why: as one paragraph without personal data, since it stays in history. */
static int reason(struct ctx *c, const char *why)
{
	struct findings found = { 0 };
	size_t i;

	if (!why || !str_trim(cstr(why)).n)
		return cmd_usage(c, "say why with -m");
	if (str_utf8_bad(cstr(why)) != strlen(why) || strlen(why) > 2000)
		return cmd_usage(c, "the reason is not UTF-8, or longer than 2,000 bytes");
	check_personal(&found, c->arena, cstr(why), 1, false);
	for (i = 0; i < found.n; i++)
		if (check_holds_back(&found.v[i]))
			return cmd_usage(c, "the reason holds %.*s", FMT_STR(found.v[i].message));
	return -1;
}

int cmd_withdraw(struct ctx *c, int argc, char **argv)
{
	const char *why = NULL;
	const struct opt opts[] = { { "message", 'm', OPT_TEXT, &why, "WHY", "the reason; it is shown in place of the text" } };
	struct buf b = BUF_INIT, one = BUF_INIT;
	struct str path, old, text;
	struct doc_path p;
	struct place at;
	struct front front;
	struct doc d;
	struct flow f;
	size_t i;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	if (left != 2)
		return cmd_usage(c, "needs one id");
	if ((status = reason(c, why)) >= 0)
		return status;
	if (flow_open(&f, c)) {
		(void)cmd_fail(c, &f.e);
		return EXIT_FAIL;
	}
	if (saved(&f, &p, &path, &old, &d, cstr(argv[1]))) {
		status = cmd_fail(c, &f.e);
	} else if (p.lang.n) {
		status = no(c, p.name, "a translation is deleted, not withdrawn");
	} else if (status_rank(d.status) == 5) {
		status = no(c, p.name, "is withdrawn already");
	} else {
		text = set(c->arena, old, "status", STR("withdrawn"));
		if (!front_parse(&front, &at, c->arena, text, &f.e)) {
			buf_str_add(&b, str_sub(text, 0, front.body));
			buf_str_add(&one, str_trim(cstr(why)));
			for (i = 0; i < one.n; i++)
				if (one.p[i] == '\n' || one.p[i] == '<')
					one.p[i] = ' ';
			buf_printf(&b, "\nWithdrawn: %s\n", buf_cstr(&one));
		}
		status = finish(&f, path, old, arena_str(c->arena, buf_str(&b)), arena_printf(c->arena, "Withdraw %.*s",
		    FMT_STR(p.name)), why, NULL, 0);
	}
	buf_free(&b);
	buf_free(&one);
	author_close(&f.au);
	return status;
}

struct gone {
	struct change *v;
	size_t n, cap;
	struct arena *a;
	const struct node *node;
	struct str prefix;
};

static enum rc gather(void *ctx, const struct change *ch, struct err *e)
{
	struct gone *g = ctx;
	struct buf disk = BUF_INIT;
	struct str path;
	struct oid is = OID_NONE;

	if (!str_starts(ch->path, g->prefix))
		return RC_OK;
	path = arena_str(g->a, ch->path);
	if (!file_read(&disk, path_join(g->a, g->node->dir, arena_cstr(g->a, path)), LIMIT_DOC, e))
		is = repo_hash_blob(buf_str(&disk));
	buf_free(&disk);
	if (!oid_eq(&is, &ch->new))
		return err_set(e, RC_NOTFOUND, "%.*s: has unsaved changes; run 'colep save' first", FMT_STR(path));
	if (g->n == g->cap)
		g->v = arena_grow(g->a, g->v, &g->cap, sizeof *g->v);
	g->v[g->n++] = (struct change){ .path = path, .old = ch->new };
	return RC_OK;
}

int cmd_delete(struct ctx *c, int argc, char **argv)
{
	const char *why = NULL;
	const struct opt opts[] = { { "message", 'm', OPT_TEXT, &why, "WHY", "the reason; it stays in history" } };
	struct flow f;
	struct gone gone = { .a = c->arena, .node = &f.node };
	struct str path, old;
	struct doc_path p;
	const char *no_right;
	struct oid id;
	struct doc d;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	if (left != 2)
		return cmd_usage(c, "needs one id");
	if ((status = reason(c, why)) >= 0)
		return status;
	if (flow_open(&f, c)) {
		(void)cmd_fail(c, &f.e);
		return EXIT_FAIL;
	}
	if (saved(&f, &p, &path, &old, &d, cstr(argv[1]))) {
		status = cmd_fail(c, &f.e);
	} else if ((no_right = guard_refuses(c->arena, f.au.member, path, old, STR_NONE))) {
		status = no(c, p.name, no_right);
	} else {
		/* "<id>." takes the document and, of an original, its translations */
		gone.prefix = str_sub(path, 0, path.n - 2);
		if (repo_diff(f.au.repo, NULL, &f.au.base, gather, &gone, &f.e)) {
			status = cmd_fail(c, &f.e);
		} else if (author_change(&id, &f.au, gone.v, gone.n, cstr(arena_printf(c->arena, "Delete %.*s", FMT_STR(p.name))),
		    cstr(why), &f.e)) {
			(void)cmd_fail(c, &f.e);
			status = EXIT_FAIL;
		} else {
			status = print_id(&f, &id);
		}
	}
	author_close(&f.au);
	return status;
}
