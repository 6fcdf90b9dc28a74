/* sync/adopt.c: see adopt.h.
 *
 * A branch left our history at its merge base; what it made of a document since is one more edit beside ours, and
 * the rules of merge.c make one text of both. Where they meet it is held: a conflict is between members, who can
 * settle it, and the one who handed in is none. A patch is applied to base in an index of its own, never in the
 * folder; git's mailsplit and mailinfo read the mail. */
#include "sync/adopt.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/file.h"
#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/git.h"
#include "sync/merge.h"

static void add(struct proposals *p, struct arena *a, struct proposal x)
{
	if (p->n == p->cap)
		p->v = arena_grow(a, p->v, &p->cap, sizeof *p->v);
	p->v[p->n++] = x;
}

struct laying {				/* changes of others, laid over base */
	struct proposals *p;
	struct arena *a;
	struct repo *repo;
	const struct oid *base;
	bool same_from;			/* their old text is base's */
};

static enum rc text_of(struct str *text, struct laying *l, const struct oid *blob, struct err *e)
{
	struct buf b = BUF_INIT;
	enum rc rc = RC_OK;

	*text = STR_NONE;
	if (!oid_is_none(blob) && !(rc = repo_read(&b, l->repo, blob, OBJECT_BLOB, (size_t)1 << 20, e)))
		*text = b.n ? arena_str(l->a, buf_str(&b)) : STR("");
	buf_free(&b);
	return rc;
}

static void merge_in(struct proposal *x, struct laying *l, struct str from, struct str to)
{
	static const uint64_t past[3] = { 0, 1, 1 };
	struct merge_rules rules = { 0 };
	struct edit ed[3] = { { .past = &past[0], .text = from.p ? from : STR(""), .gone = !from.p },
		{ .past = &past[1], .text = x->old }, { .past = &past[2], .text = to } };
	struct doc_path p;
	struct merged m;

	if (doc_path_parse(&p, x->path, NULL))
		rules.kind = p.kind;
	ed[1].id.b[0] = 1;
	ed[2].id.b[0] = 2;
	merge_document(&m, l->a, ed, 3, &rules);
	if (m.nconflicts)
		x->held = arena_printf(l->a, "was changed here at the same place (%.*s); take the text over by hand",
		    FMT_STR(m.conflicts[0].where));
	x->new = m.text;
}

static enum rc lay(void *ctx, const struct change *c, struct err *e)
{
	struct laying *l = ctx;
	struct proposal x = { .path = arena_str(l->a, c->path) };
	struct oid now = OID_NONE;
	struct err odd = ERR_INIT;
	struct str from, to;
	enum rc rc = repo_lookup(&now, l->repo, l->base, c->path, e);

	if (rc && rc != RC_NOTFOUND)
		return rc;
	if (oid_eq(&now, &c->new))
		return RC_OK;
	if ((rc = text_of(&x.old, l, &now, e)))
		return rc;
	if (!oid_is_none(&c->new) && (c->mode & 0170000) != 0100000) {
		x.held = "is no plain file";
	} else if (text_of(&to, l, &c->new, &odd)) {
		if (odd.rc != RC_INVALID)
			return err_set(e, odd.rc, "%s", odd.msg);
		x.held = "more than 256 KiB; split it";
	} else if (l->same_from || oid_eq(&now, &c->old)) {
		x.new = to;
	} else if (oid_is_none(&now)) {
		x.new = to;
		if (!oid_is_none(&c->old))
			x.held = "was deleted here meanwhile";
	} else if (!to.p) {
		x.held = "was changed here meanwhile, and they delete it; delete it by hand if it should go";
	} else if ((rc = text_of(&from, l, &c->old, e)) == RC_OK) {
		merge_in(&x, l, from, to);
		if (!x.held && str_eq(x.new, x.old))
			return RC_OK;
	}
	if (!rc)
		add(l->p, l->a, x);
	return rc;
}

enum rc adopt_branch(struct proposals *p, struct arena *a, const struct node *n, struct repo *repo, const struct oid *base,
    const struct oid *tip, struct err *e)
{
	struct laying l = { p, a, repo, base, false };
	char ours[OID_HEX + 1], theirs[OID_HEX + 1];
	const char *args[] = { "merge-base", ours, theirs, NULL };
	struct git_run how = { .dir = n->dir };
	struct err none = ERR_INIT;
	struct buf out = BUF_INIT;
	struct oid from;
	enum rc rc;

	oid_format(ours, base);
	oid_format(theirs, tip);
	if (git_run(&out, &how, args, &none) || !oid_parse(&from, str_sub(buf_str(&out), 0, OID_HEX))) {
		l.same_from = true;	/* no history in common: whole documents */
		rc = repo_diff(repo, NULL, tip, lay, &l, e);
	} else {
		rc = repo_diff(repo, &from, tip, lay, &l, e);
	}
	buf_free(&out);
	return rc;
}

/* ---- patches ---- */

static enum rc run(struct buf *out, const struct node *n, const char *index, struct str input, const char *const *args, struct err *e)
{
	struct git_run how = { .dir = n->dir, .index = index, .input = input, .seconds = 60 };

	return git_run(out, &how, args, e);
}

static enum rc apply(const struct node *n, const char *index, struct str patch, struct err *e)
{
	const char *args[] = { "apply", "--cached", "--whitespace=nowarn", "-", NULL };
	struct err odd = ERR_INIT;
	struct buf out = BUF_INIT;
	enum rc rc = run(&out, n, index, patch, args, &odd);

	buf_free(&out);
	if (rc && strstr(odd.msg, "No valid patches"))
		return err_set(e, RC_NOTFOUND, "is neither a document, whose first line is ---, nor a patch");
	return rc ? err_set(e, RC_NOTFOUND, "does not fit what is saved here: %s", odd.msg) : RC_OK;
}

/* Mails one by one, each decoded to its patch. */
static enum rc apply_mails(struct arena *a, const struct node *n, const char *dir, const char *index, struct str mails, struct err *e)
{
	const char *mbox = path_join(a, dir, "mbox"), *patch = path_join(a, dir, "patch");
	const char *split[] = { "mailsplit", "-b", arena_printf(a, "-o%s", dir), mbox, NULL };
	const char *info[] = { "mailinfo", "--encoding=UTF-8", path_join(a, dir, "message"), patch, NULL };
	struct buf out = BUF_INIT, text = BUF_INIT;
	char **names;
	size_t count, i;
	enum rc rc;

	if ((rc = file_write_fast(mbox, mails, 0600, e)) || (rc = run(&out, n, NULL, STR_NONE, split, e)) ||
	    (rc = dir_list(&names, &count, a, dir, e)))
		goto out;
	for (i = 0; i < count && !rc; i++) {
		if (names[i][0] < '0' || names[i][0] > '9')
			continue;
		buf_clear(&text);
		if (!(rc = file_read(&text, path_join(a, dir, names[i]), (size_t)64 << 20, e)) &&
		    !(rc = run(&out, n, NULL, buf_str(&text), info, e))) {
			buf_clear(&text);
			rc = file_read(&text, patch, (size_t)64 << 20, e);
		}
		if (!rc && text.n)		/* a cover letter has none */
			rc = apply(n, index, buf_str(&text), e);
	}
out:
	buf_free(&out);
	buf_free(&text);
	return rc;
}

static bool is_mail(struct str s)
{
	struct str head = str_sub(s, 0, str_find(s, STR("\ndiff ")));

	return str_starts(s, STR("From ")) || str_starts(s, STR("Subject:")) || str_find(head, STR("\nSubject:")) != SIZE_MAX;
}

enum rc adopt_patch(struct proposals *p, struct arena *a, const struct node *n, struct repo *repo, const struct oid *base,
    struct str patch, struct err *e)
{
	struct laying l = { p, a, repo, base, true };
	const char *full = arena_cstr(a, cstr(n->cache)), *dir, *index;
	char hex[OID_HEX + 1];
	const char *read[] = { "read-tree", hex, NULL }, *write[] = { "write-tree", NULL };
	struct err odd = ERR_INIT;
	struct buf out = BUF_INIT;
	struct oid tree;
	enum rc rc;

	oid_format(hex, base);
	if (full[0] != '/') {			/* git runs in the node's folder */
		char *real = realpath(full, NULL);

		if (!real)
			return err_errno(e, "%s", full);
		full = arena_cstr(a, cstr(real));
		free(real);
	}
	dir = path_join(a, full, "adopt");
	index = path_join(a, dir, "index");
	if ((rc = dir_remove(dir, e)) || (rc = dir_make(dir, 0700, e)) || (rc = run(&out, n, index, STR_NONE, read, e)) ||
	    (rc = is_mail(patch) ? apply_mails(a, n, dir, index, patch, e) : apply(n, index, patch, e)))
		goto out;
	buf_clear(&out);
	if ((rc = run(&out, n, index, STR_NONE, write, e)))
		goto out;
	if (!oid_parse(&tree, str_sub(buf_str(&out), 0, OID_HEX)))
		rc = err_set(e, RC_IO, "git write-tree: %s", buf_cstr(&out));
	else
		rc = repo_diff(repo, base, &tree, lay, &l, e);
out:
	if (dir_remove(dir, &odd) && !rc)
		rc = RC_OK;			/* removed by the next run */
	buf_free(&out);
	return rc;
}

/* ---- forms ---- */

struct filling { struct arena *a; struct str text; struct front f; struct err *e; };

static enum rc parse(struct filling *x)
{
	struct place at;

	if (front_parse(&x->f, &at, x->a, x->text, x->e))
		return err_set(x->e, RC_NOTFOUND, "line %u: %s", at.line, arena_cstr(x->a, cstr(x->e->msg)));
	return RC_OK;
}

static enum rc put(struct filling *x, const char *key, struct str value, bool list)
{
	struct buf b = BUF_INIT;
	struct str all[LIMIT_LIST], part;
	size_t n = 0;

	while (list && n < LIMIT_LIST && str_split(&part, &value, ','))
		all[n++] = str_trim(part);
	if (list)
		front_set_list(&b, &x->f, x->text, key, all, n);
	else
		front_set(&b, &x->f, x->text, key, value);
	x->text = arena_str(x->a, buf_str(&b));
	buf_free(&b);
	return parse(x);
}

static enum rc fill(struct filling *x, const char *key, struct str value)
{
	return front_text(&x->f, key).n || !value.n ? RC_OK : put(x, key, value, false);
}

/* Windows line ends and the mark some editors begin a file with. */
static struct str plain(struct arena *a, struct str text)
{
	struct buf b = BUF_INIT;
	struct str line, out;

	if (str_starts(text, STR("\xEF\xBB\xBF")))
		text = str_sub(text, 3, text.n);
	if (str_chr(text, '\r') == SIZE_MAX)
		return text;
	while (str_line(&line, &text)) {
		while (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		buf_str_add(&b, line);
		buf_putc(&b, '\n');
	}
	out = arena_str(a, buf_str(&b));
	buf_free(&b);
	return out;
}

/* Has a saved document the body of this text? */
static bool same_body(struct filling *x, struct repo *repo, const struct oid *blob)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct doc here, there;
	struct place at;
	bool same = repo_read(&b, repo, blob, OBJECT_BLOB, LIMIT_DOC, &e) == RC_OK && doc_parse(&there, &at, x->a, buf_str(&b), &e) == RC_OK &&
	    doc_parse(&here, &at, x->a, x->text, &e) == RC_OK && str_eq(here.body, there.body);

	buf_free(&b);
	return same;
}

/* The first id of this kind, owner, year and title that nothing saved and no file has. *twin: one that was taken by a document
 * with the same text, or STR_NONE. */
static struct str free_id(struct str *twin, struct filling *x, const struct kind *k, const struct node *n, struct repo *repo,
    const struct oid *base)
{
	struct str owner = front_text(&x->f, "owner"), slug = doc_slug(x->a, front_text(&x->f, "title"), 40), id;
	struct err e = ERR_INIT;
	struct oid blob;
	size_t i;

	*twin = STR_NONE;
	for (i = 1; i < 100; i++) {
		struct str path;
		enum rc rc;

		id = cstr(!k->year ? arena_printf(x->a, "%s-%.*s", k->prefix, FMT_STR(owner)) :
		    arena_printf(x->a, i == 1 ? "%s-%.*s-%.4s-%.*s" : "%s-%.*s-%.4s-%.*s-%zu", k->prefix, FMT_STR(owner),
		    front_text(&x->f, "date").p, FMT_STR(slug), i));
		path = doc_path_of(x->a, id);
		if (!k->year || !path.n)
			return path.n ? id : STR_NONE;
		rc = repo_lookup(&blob, repo, base, path, &e);
		if (rc == RC_NOTFOUND && !file_exists(path_join(x->a, n->dir, path.p)))
			return id;
		if (rc == RC_OK && same_body(x, repo, &blob))
			*twin = id;
	}
	return STR_NONE;
}

enum rc adopt_form(struct proposals *p, struct arena *a, const struct node *n, struct repo *repo, const struct oid *base,
    const struct form *f, struct err *e)
{
	struct filling x = { .a = a, .text = plain(a, f->text), .e = e };
	struct laying l = { p, a, repo, base, true };
	struct proposal out = { .path = STR_NONE };
	const struct kind *kind = NULL;
	struct oid now = OID_NONE;
	struct str name, twin;
	size_t i;
	enum rc rc;

	if ((rc = parse(&x)))
		return rc;
	for (i = 0; i < f->n && !rc; i++)
		if (str_is(f->sets[i].key, "kind") || str_is(f->sets[i].key, "id"))
			rc = put(&x, f->sets[i].key.p, f->sets[i].value, false);
	if (rc)
		return rc;
	if (!(kind = kind_find(front_text(&x.f, "kind"))))
		(void)doc_id_valid(front_text(&x.f, "id"), &kind, NULL);
	for (i = 0; i < f->n && !rc; i++) {
		const struct key_rule *r = kind ? kind_key(kind, f->sets[i].key) : NULL;

		if (!str_is(f->sets[i].key, "kind") && !str_is(f->sets[i].key, "id"))
			rc = put(&x, f->sets[i].key.p, f->sets[i].value, r && (r->type == KEY_LIST || r->type == KEY_IDLIST));
	}
	if (rc)
		return rc;
	name = front_text(&x.f, "translation-of");
	if (name.n) {
		if (!front_text(&x.f, "lang").n)
			return err_set(e, RC_NOTFOUND, "lang is missing; give it with --set lang=...");
		name = cstr(arena_printf(a, "%.*s.%.*s", FMT_STR(name), FMT_STR(front_text(&x.f, "lang"))));
	} else {
		if (!kind)
			return err_set(e, RC_NOTFOUND, "kind is missing; give it with --set kind=... (lesson, case-study, ...)");
		if (!front_text(&x.f, "title").n)
			return err_set(e, RC_NOTFOUND, "title is missing; give it with --set title=...");
		if ((rc = fill(&x, "kind", cstr(kind->name))) || (rc = fill(&x, "owner", f->owner)) || (rc = fill(&x, "date", f->date)))
			return rc;
		if (!front_text(&x.f, "status").n || str_is(front_text(&x.f, "status"), "draft"))
			rc = put(&x, "status", STR("submitted"), false);
		if (rc)
			return rc;
		if (!front_text(&x.f, "id").n) {
			name = free_id(&twin, &x, kind, n, repo, base);
			if (twin.n)
				return err_set(e, RC_NOTFOUND, "its text is here already, as %.*s; --set id=... takes it in all the same",
				    FMT_STR(twin));
			if ((rc = fill(&x, "id", name)))
				return rc;
		}
		name = front_text(&x.f, "id");
	}
	out.path = doc_path_of(a, name);
	if (!out.path.n)
		return err_set(e, RC_NOTFOUND, "%.*s%s", FMT_STR(name), name.n ? " is no id; give one with --set id=..." :
		    "no id can be made of kind, owner, date and title; give one with --set id=...");
	rc = repo_lookup(&now, repo, base, out.path, e);
	if (rc && rc != RC_NOTFOUND)
		return rc;
	if ((rc = text_of(&out.old, &l, &now, e)))
		return rc;
	out.new = x.text;
	if (!out.old.p || !str_eq(out.old, out.new))
		add(p, a, out);
	return RC_OK;
}
