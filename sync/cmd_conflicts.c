/* sync/cmd_conflicts.c: colep conflicts and colep resolve. */
#include "kb/cmd_filters.h"
#include "sync/commands.h"

#include <string.h>

#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/conflict.h"
#include "sync/fold.h"
#include "sync/save.h"

/* The name of a document, of its file, or a vocabulary's path: what `show` takes. */
static struct str path_of(struct arena *a, struct str name)
{
	size_t i;

	if (str_starts(name, STR("vocab/")) && str_ends(name, STR(".md")))
		return name;
	if (str_ends(name, STR(".md")))
		name = str_sub(name, 0, name.n - 3);
	for (i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/')
			return doc_path_of(a, str_sub(name, i, name.n));
	return doc_path_of(a, name);
}

static struct str name_of(struct str path)
{
	struct doc_path p;

	return doc_path_parse(&p, path, NULL) ? p.name : path;
}

/* ---- who wrote what: the history, read once there is something to ask ---- */

struct history_of {
	struct fold fold;
	size_t *heads, n;
};

static enum rc history_open(struct history_of *h, struct arena *a, const struct node *node, struct repo *repo,
    const struct oid *main, struct err *e)
{
	struct oid space = OID_NONE;
	struct str text;
	size_t at;
	enum rc rc;

	if ((rc = node_config(&text, a, node, "colep.space", e)))
		return rc;
	(void)oid_parse(&space, text);
	if ((rc = fold_open(&h->fold, a, node, repo, &space, main, e)))
		return rc;
	at = graph_find(&h->fold.graph, &h->fold.base);
	h->heads = graph_heads(&h->fold.graph, a, &at, 1, &h->n);
	return RC_OK;
}

static enum rc attribute(struct open_conflict *list, size_t n, struct arena *a, struct history_of *h, struct str path, struct err *e)
{
	struct view_document d;
	enum rc rc = view_document(&d, a, &h->fold.graph, h->heads, h->n, path, e);

	if (!rc)
		conflicts_attribute(list, n, a, &d, &h->fold.graph);
	return rc;
}

/* "bg", or "bg+mk" of a text that two wrote alike. */
static struct str writers(struct arena *a, const struct claim *c)
{
	struct buf b = BUF_INIT;
	struct str s;
	size_t i;

	for (i = 0; i < c->nnodes; i++) {
		buf_puts(&b, i ? "+" : "");
		buf_str_add(&b, c->nodes[i]);
	}
	s = arena_str(a, buf_str(&b));
	buf_free(&b);
	return c->nnodes ? s : STR_NONE;
}

/* ---- conflicts ---- */

static void put(struct out *o, struct arena *a, struct str id, size_t number, const struct open_conflict *c)
{
	struct str *who = arena_array(a, c->n, sizeof *who), *what = arena_array(a, c->n, sizeof *what);
	size_t i;

	for (i = 0; i < c->n; i++) {
		who[i] = writers(a, &c->v[i]);
		what[i] = c->v[i].text;
	}
	out_begin(o);
	out_text(o, "id", id);
	out_number(o, "n", (int64_t)number);
	out_text(o, "where", c->where);
	out_list(o, "writers", who, c->n);
	out_list(o, "variants", what, c->n);
	out_end(o);
}

struct marked { struct str path, text; };	/* a document that the index says is in conflict */
struct marked_list { struct marked *v; size_t n, cap; };

static void mark(struct marked_list *l, struct arena *a, struct str path, struct str text)
{
	if (l->n == l->cap)
		l->v = arena_grow(a, l->v, &l->cap, sizeof *l->v);
	l->v[l->n++] = (struct marked){ arena_str(a, path), arena_str(a, text) };
}

static enum rc look(struct marked_list *l, struct arena *a, struct snap *s, struct err *e)
{
	const struct vocab *v;
	struct buf text = BUF_INIT;
	struct record r;
	size_t i;
	enum rc rc = RC_OK;

	for (i = 0; i < snap_count(s) && !rc; i++) {
		if ((rc = snap_record(&r, s, i, e)) || !r.conflict)
			continue;
		buf_clear(&text);
		if (!(rc = snap_text(&text, s, &r, e)))
			mark(l, a, r.path, buf_str(&text));
	}
	if (!rc)
		rc = snap_vocab(&v, s, e);
	for (i = 0; !rc && i < v->n; i++) {
		struct str path = cstr(arena_printf(a, "vocab/%.*s.md", FMT_STR(v->tables[i].name)));

		buf_clear(&text);
		rc = snap_file(&text, s, path, e);
		if (!rc && str_find(buf_str(&text), STR("<!-- conflict -->\n")) != SIZE_MAX)
			mark(l, a, path, buf_str(&text));
		if (rc == RC_NOTFOUND)
			rc = RC_OK;
	}
	buf_free(&text);
	return rc;
}

static int conflicts_of(struct ctx *c, struct out *o, const char *dir, struct str path)
{
	struct marked_list l = { 0 };
	struct err e = ERR_INIT;
	struct repo *repo = NULL;
	struct history_of h;
	struct reading in;
	struct oid main;
	size_t i, j, n, open = 0;
	enum rc rc;

	if (!(rc = reading_open(&in, c, dir, &e))) {
		main = snap_commit(in.snap);
		rc = look(&l, c->arena, in.snap, &e);
		reading_close(&in);
	}
	for (i = j = 0; i < l.n; i++)
		if (!path.p || str_eq(path, l.v[i].path))
			l.v[j++] = l.v[i];
	l.n = j;
	if (!rc && l.n && !(rc = repo_open(&repo, in.node.dir, &e)))
		rc = history_open(&h, c->arena, &in.node, repo, &main, &e);
	for (i = 0; i < l.n && !rc; i++) {
		struct open_conflict *list;

		conflicts_find(&list, &n, c->arena, l.v[i].text);
		if (!n || (rc = attribute(list, n, c->arena, &h, l.v[i].path, &e)))
			continue;
		for (j = 0; j < n; j++)
			put(o, c->arena, name_of(l.v[i].path), j + 1, &list[j]);
		open += n;
	}
	repo_close(repo);
	if (rc)
		return cmd_fail(c, &e), EXIT_FAIL;
	return open ? EXIT_NO : EXIT_YES;
}

int cmd_conflicts(struct ctx *c, int argc, char **argv)
{
	struct str path = STR_NONE;
	struct out o;
	size_t i;
	int left, status, one = EXIT_YES, worst = EXIT_YES;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left > 2)
		return cmd_usage(c, "one id at a time");
	if (left == 2 && !(path = path_of(c->arena, cstr(argv[1]))).n)
		return cmd_usage(c, "%s: no id of a document; 'colep list' shows them", argv[1]);
	cmd_out(&o, c);
	for (i = 0; i < c->ndirs && one < EXIT_FAIL; i++) {
		one = conflicts_of(c, &o, c->dirs[i], path);
		worst = one > worst ? one : worst;
	}
	if (worst == EXIT_FAIL)
		out_close(&o);
	else
		cmd_out_close(c, &o, "no conflict is open");
	return worst;
}

/* ---- resolve ---- */

struct choice {
	const char *take, *file;
	bool both;
	struct str with;		/* the file's text */
};

static void warn(void *ctx, struct str path, struct str what)
{
	cmd_say(ctx, "%.*s: %.*s", FMT_STR(path), FMT_STR(what));
}

/* The claim that one writer made: by node id, or by owner when that says enough. SIZE_MAX: none, or told. */
static size_t claim_of(struct ctx *c, const struct open_conflict *x, const char *writer)
{
	struct buf all = BUF_INIT;
	size_t i, j, exact = SIZE_MAX, owner = SIZE_MAX, many = 0, same = 0;

	for (i = 0; i < x->n; i++)
		for (j = 0; j < x->v[i].nnodes; j++) {
			struct str node = x->v[i].nodes[j];

			buf_printf(&all, "%s%.*s", all.n ? ", " : "", FMT_STR(node));
			if (str_is(node, writer)) {
				exact = i;
				same++;
			} else if (str_is(str_sub(node, 0, str_chr(node, '-')), writer)) {
				many += owner != i;
				owner = i;
			}
		}
	if (same == 1 || (!same && many == 1)) {
		buf_free(&all);
		return same ? exact : owner;
	}
	if (same + many > 1)
		(void)cmd_usage(c, "%s wrote several of them; give the text that shall stand with --text", writer);
	else
		(void)cmd_usage(c, "%s: wrote none of them; the writers are %s", writer, all.n ? buf_cstr(&all) : "not known: use "
		    "--both or --text");
	buf_free(&all);
	return SIZE_MAX;
}

/* The new text, or *gone. Returns -1, or the exit status of what was told. */
static int settle(struct buf *out, bool *gone, struct ctx *c, struct str text, const struct open_conflict *x, const struct choice *ch)
{
	struct err e = ERR_INIT;
	size_t claim;

	*gone = false;
	if (ch->both)
		return conflict_both(out, c->arena, text, x, &e) ? cmd_usage(c, "%s", e.msg) : -1;
	if (ch->file)
		return conflict_write(out, text, x, ch->with, &e) ? cmd_usage(c, "%s: %s", ch->file, e.msg) : -1;
	if ((claim = claim_of(c, x, ch->take)) == SIZE_MAX)
		return EXIT_USAGE;
	*gone = x->kind == CONFLICT_GONE && claim == 1;
	if (!*gone)
		conflict_take(out, text, x, claim);
	return -1;
}

/* What is saved at a path. RC_NOTFOUND: nothing, or the file has unsaved changes. */
static enum rc read_saved(struct str *text, struct author *au, struct str path, struct err *e)
{
	struct buf b = BUF_INIT, disk = BUF_INIT;
	struct oid blob;
	enum rc rc = repo_lookup(&blob, au->repo, &au->base, path, e);

	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "%.*s: no document of this id is saved here; 'colep list' shows them", FMT_STR(name_of(path)));
	if (!rc && !(rc = repo_read(&b, au->repo, &blob, OBJECT_BLOB, (size_t)1 << 20, e))) {
		*text = arena_str(au->a, buf_str(&b));
		rc = file_read(&disk, path_join(au->a, au->node->dir, arena_cstr(au->a, path)), (size_t)1 << 20, e);
		if (rc || !str_eq(buf_str(&disk), buf_str(&b)))
			rc = err_set(e, RC_NOTFOUND, "%.*s: has unsaved changes; settle it in the file and run 'colep save', or save "
			    "first", FMT_STR(name_of(path)));
	}
	buf_free(&b);
	buf_free(&disk);
	return rc;
}

static int resolve(struct ctx *c, struct author *au, struct str path, uint64_t number, const struct choice *ch)
{
	struct open_conflict *list;
	struct err e = ERR_INIT;
	struct buf out = BUF_INIT;
	struct change change = { .path = path };
	struct history_of h;
	struct str text, new = STR_NONE;
	const char *why;
	char hex[OID_HEX + 1];
	struct oid id;
	size_t n;
	bool gone;
	enum rc rc;
	int status;

	if ((rc = read_saved(&text, au, path, &e)))
		return cmd_fail(c, &e);
	conflicts_find(&list, &n, c->arena, text);
	if (!n) {
		cmd_say(c, "%.*s: no conflict is open", FMT_STR(name_of(path)));
		return EXIT_NO;
	}
	if (number > n || (!number && n > 1))
		return cmd_usage(c, "%.*s has %zu; 'colep conflicts' shows them with their number", FMT_STR(name_of(path)), n);
	if ((rc = history_open(&h, c->arena, au->node, au->repo, &au->main, &e)) ||
	    (rc = attribute(list, n, c->arena, &h, path, &e)))
		return cmd_fail(c, &e), EXIT_FAIL;
	if ((status = settle(&out, &gone, c, text, &list[number ? number - 1 : 0], ch)) >= 0)
		goto out;
	if (!gone)
		new = arena_str(c->arena, buf_str(&out));
	if ((why = save_judge(au, path, text, new, warn, c))) {
		cmd_say(c, "%.*s: held back: %s", FMT_STR(path), why);
		status = EXIT_NO;
		goto out;
	}
	if ((!gone && (rc = repo_write(&change.new, au->repo, OBJECT_BLOB, new, &e))) ||
	    (rc = author_change(&id, au, &change, 1, cstr(arena_printf(c->arena, "Settle a conflict in %.*s", FMT_STR(name_of(path)))),
	    STR_NONE, &e))) {
		(void)cmd_fail(c, &e);
		status = EXIT_FAIL;
		goto out;
	}
	oid_format(hex, &id);
	fprintf(c->out, c->json ? "{\"commit\":\"%s\"}\n" : "%s\n", hex);
	status = EXIT_YES;
out:
	buf_free(&out);
	return status;
}

int cmd_resolve(struct ctx *c, int argc, char **argv)
{
	struct choice ch = { 0 };
	const struct opt opts[] = {
		{ "take", 0, OPT_TEXT, &ch.take, "WRITER", "the variant of this node" },
		{ "both", 0, OPT_FLAG, &ch.both, NULL, "all variants: passages one after the other, lists together" },
		{ "text", 0, OPT_TEXT, &ch.file, "FILE", "the text of this file instead" },
	};
	struct buf with = BUF_INIT;
	struct err e = ERR_INIT;
	uint64_t number = 0;
	struct author au;
	struct node node;
	struct str path;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, sizeof opts / sizeof *opts)) >= 0)
		return status;
	if (left < 2 || left > 3)
		return cmd_usage(c, "needs an id, and the conflict's number when there are several");
	if (left == 3 && (!str_u64(&number, cstr(argv[2])) || !number))
		return cmd_usage(c, "%s: no number of a conflict; 'colep conflicts' shows them", argv[2]);
	if ((ch.take != NULL) + (ch.file != NULL) + ch.both != 1)
		return cmd_usage(c, "say how: one of --take WRITER, --both, --text FILE");
	if (!(path = path_of(c->arena, cstr(argv[1]))).n)
		return cmd_usage(c, "%s: no id of a document; 'colep list' shows them", argv[1]);
	if (ch.file) {
		if (file_read(&with, ch.file, LIMIT_DOC, &e)) {
			buf_free(&with);
			return cmd_fail(c, &e), EXIT_FAIL;
		}
		ch.with = arena_str(c->arena, buf_str(&with));
		buf_free(&with);
		if (str_utf8_bad(ch.with) != ch.with.n || str_chr(ch.with, '\0') != SIZE_MAX)
			return cmd_usage(c, "%s: is not UTF-8", ch.file);
	}
	if (node_open(&node, c->arena, c->dir, &e) || author_open(&au, c->arena, &node, c->keys, c->agent, c->now, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	status = resolve(c, &au, path, number, &ch);
	author_close(&au);
	return status;
}
