/* sync/cmd_log.c: what happened: colep log, diff, news. */
#include "kb/cmd.h"
#include "sync/commands.h"

#include <string.h>

#include "kb/base/date.h"
#include "kb/base/diff.h"
#include "kb/base/file.h"
#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/fold.h"
#include "sync/history.h"
#include "sync/save.h"

struct touched {			/* documents that one commit changed */
	struct arena *a;
	struct str only;		/* an id, or STR_NONE */
	struct change *v;
	size_t n, cap;
};

static bool of_id(struct str name, struct str id)
{
	return str_eq(name, id) || (str_starts(name, id) && name.n > id.n && name.p[id.n] == '.');
}

static enum rc collect(void *ctx, const struct change *c, struct err *e)
{
	struct touched *t = ctx;
	struct doc_path p;

	(void)e;
	if (!doc_path_parse(&p, c->path, NULL) || (t->only.n && !of_id(p.name, t->only)))
		return RC_OK;
	if (t->n == t->cap)
		t->v = arena_grow(t->a, t->v, &t->cap, sizeof *t->v);
	t->v[t->n] = *c;
	t->v[t->n++].path = arena_str(t->a, c->path);
	return RC_OK;
}

static struct str name_of(struct str path)
{
	struct doc_path p;

	return doc_path_parse(&p, path, NULL) ? p.name : path;
}

static enum rc touched_by(struct touched *t, struct repo *repo, const struct entry *x, struct err *e)
{
	t->n = 0;
	if (x->nparents > 1)
		return RC_OK;			/* a merged view: its changes are its parents' */
	return repo_diff(repo, x->nparents ? &x->parent : NULL, &x->id, collect, t, e);
}

static void put_entry(struct ctx *c, struct out *o, const struct entry *x, struct str id)
{
	char hex[OID_HEX + 1], date[21];

	(void)c;
	oid_format(hex, &x->id);
	time_format(date, x->time);
	out_begin(o);
	out_text(o, "commit", cstr(hex));
	out_text(o, "date", cstr(date));
	out_text(o, "node", x->node);
	if (x->node.p)
		out_number(o, "seq", (int64_t)x->seq);
	else
		out_null(o, "seq");
	out_text(o, "id", id);
	out_text(o, "message", x->subject);
	out_end(o);
}

/* The same on a terminal; the id of one document that the message names is not told twice. */
static void show_entry(struct ctx *c, struct out *o, const struct entry *x, struct str id)
{
	struct buf line = BUF_INIT, number = BUF_INIT;
	char hex[OID_HEX + 1], date[21];

	(void)o;
	oid_format(hex, &x->id);
	time_format(date, x->time);
	if (x->node.p)
		buf_printf(&number, "%.*s %llu", FMT_STR(x->node), (unsigned long long)x->seq);
	screen_part(&line, str_find(x->subject, id) == SIZE_MAX ? id : STR_NONE);
	screen_part(&line, cstr(date));
	screen_part(&line, buf_str(&number));
	screen_part(&line, cstr(hex));
	screen_card(&c->screen, x->subject, buf_str(&line), STR_NONE);
	buf_free(&line);
	buf_free(&number);
}

static int log_one(struct ctx *c, struct out *o, const char *dir, struct str id, bool *any)
{
	struct err e = ERR_INIT;
	struct arena scratch = ARENA_INIT;
	struct repo *repo = NULL;
	struct history h = { 0 };
	struct node node;
	struct oid main;
	enum rc rc;
	size_t i;

	if ((rc = node_open(&node, c->arena, dir, &e)) || (rc = node_main(&main, &node, &e)) ||
	    (rc = repo_open(&repo, node.dir, &e)) || (rc = history_read(&h, c->arena, repo, &main, NULL, &e)))
		goto out;
	for (i = 0; i < h.n && !rc; i++) {
		struct touched t = { .a = &scratch, .only = id };

		arena_reset(&scratch);
		if ((rc = touched_by(&t, repo, &h.v[i], &e)) || (id.n && !t.n) || h.v[i].nparents > 1)
			continue;
		(cmd_to_screen(c) ? show_entry : put_entry)(c, o, &h.v[i],
		    t.n == 1 ? name_of(t.v[0].path) : id.n ? id : STR_NONE);
		*any = true;
	}
out:
	repo_close(repo);
	arena_free(&scratch);
	if (rc) {
		(void)cmd_fail(c, &e);
		return EXIT_FAIL;
	}
	return EXIT_YES;
}

int cmd_log(struct ctx *c, int argc, char **argv)
{
	struct str id = STR_NONE;
	bool any = false;
	struct out o;
	size_t i;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left > 2)
		return cmd_usage(c, "one id at a time");
	if (left == 2)
		id = cstr(argv[1]);
	cmd_out(&o, c);
	for (i = 0, status = EXIT_YES; i < c->ndirs && status == EXIT_YES; i++)
		status = log_one(c, &o, c->dirs[i], id, &any);
	out_close(&o);
	if (status == EXIT_YES && !any) {
		cmd_say(c, "%s: no commit touched it; 'colep list' shows the ids there are", left == 2 ? argv[1] : "log");
		return EXIT_NO;
	}
	return status;
}

/* ---- diff ---- */

static void print_diff(struct ctx *c, struct str text)
{
	struct str line;

	while (str_line(&line, &text)) {
		const char *colour = !c->screen.colour || !line.n ? "" : line.p[0] == '+' ? "\033[32m" : line.p[0] == '-' ? "\033[31m" :
		    line.p[0] == '@' ? "\033[36m" : "";
		struct buf b = BUF_INIT;

		if (c->out_terminal)
			buf_text_escape(&b, line);	/* what others wrote must not steer a terminal */
		else
			buf_str_add(&b, line);
		fprintf(c->out, "%s%.*s%s\n", colour, (int)b.n, b.n ? b.p : "", *colour ? "\033[0m" : "");
		buf_free(&b);
	}
}

int cmd_diff(struct ctx *c, int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct unsaved *list = NULL;
	struct repo *repo = NULL;
	struct node node;
	struct oid main, base;
	size_t n = 0, i, shown = 0;
	struct str id = STR_NONE;
	struct oid there;
	bool unknown = false;
	struct out o;
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left > 2)
		return cmd_usage(c, "one id at a time");
	if (left == 2)
		id = cstr(argv[1]);
	cmd_out(&o, c);
	if ((rc = node_open(&node, c->arena, c->dir, &e)) || (rc = node_main(&main, &node, &e)) ||
	    (rc = repo_open(&repo, node.dir, &e)) || (rc = author_base(&base, repo, &main, &e)) ||
	    (rc = save_list(&list, &n, c->arena, repo, &base, &e)))
		goto out;
	for (i = 0; i < n && !rc; i++) {
		struct buf old = BUF_INIT, new = BUF_INIT, text = BUF_INIT;
		const struct unsaved *u = &list[i];

		if (id.n && !of_id(name_of(u->path), id) && !str_eq(u->path, id))
			continue;
		shown++;
		if (!oid_is_none(&u->old))
			rc = repo_read(&old, repo, &u->old, OBJECT_BLOB, (size_t)16 << 20, &e);
		if (!rc && !oid_is_none(&u->new))
			rc = file_read(&new, path_join(c->arena, node.dir, u->path.p), (size_t)16 << 20, &e);
		buf_reserve(&old, 1);
		buf_reserve(&new, 1);
		if (!rc)
			diff_unified(&text, u->path, oid_is_none(&u->old) ? STR_NONE : (struct str){ old.p, old.n },
			    oid_is_none(&u->new) ? STR_NONE : (struct str){ new.p, new.n });
		if (!rc && c->json) {
			out_begin(&o);
			out_text(&o, "path", u->path);
			out_text(&o, "diff", buf_str(&text));
			out_end(&o);
		} else if (!rc) {
			print_diff(c, buf_str(&text));
		}
		buf_free(&old);
		buf_free(&new);
		buf_free(&text);
	}
	if (!rc && id.n && !shown) {
		struct str path = doc_path_of(c->arena, id);

		rc = repo_lookup(&there, repo, &base, path.n ? path : id, &e);
		if ((unknown = rc == RC_NOTFOUND))
			rc = RC_OK;
	}
out:
	out_close(&o);
	repo_close(repo);
	if (rc) {
		(void)cmd_fail(c, &e);
		return EXIT_FAIL;
	}
	if (unknown)
		cmd_say(c, "%s: no document of this id, nor a changed file; 'colep list' shows the ids there are", argv[1]);
	else if (!shown && cmd_to_screen(c))
		cmd_say(c, "nothing is unsaved");
	return unknown ? EXIT_NO : EXIT_YES;
}

/* ---- news ---- */

static bool seen(struct str **paths, size_t *n, size_t *cap, struct arena *a, struct str path)
{
	size_t at = str_lower(*paths, *n, path);

	if (at < *n && str_eq((*paths)[at], path))
		return true;
	if (*n == *cap)
		*paths = arena_grow(a, *paths, cap, sizeof **paths);
	memmove(*paths + at + 1, *paths + at, (*n - at) * sizeof **paths);
	(*paths)[at] = path;
	++*n;
	return false;
}

static struct str title_of(struct arena *a, struct repo *repo, const struct oid *blob)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct place at;
	struct doc d = { 0 };

	if (!oid_is_none(blob) && !repo_read(&b, repo, blob, OBJECT_BLOB, LIMIT_VIEW, &e) &&
	    doc_parse(&d, &at, a, arena_str(a, buf_str(&b)), &e))
		d.title = STR_NONE;
	buf_free(&b);
	return d.title;
}

/* The day a meeting began, or a date as it stands. */
static bool since_day(int64_t *day, struct arena *a, const struct node *n, struct repo *repo, const struct oid *main, const char *arg)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct str path;
	struct oid blob;
	struct place at;
	int64_t last;
	struct doc d;
	bool ok = date_parse(day, &last, cstr(arg));

	(void)n;
	path = doc_path_of(a, cstr(arg));
	if (!ok && path.n && !repo_lookup(&blob, repo, main, path, &e) && !repo_read(&b, repo, &blob, OBJECT_BLOB, LIMIT_VIEW, &e) &&
	    !doc_parse(&d, &at, a, arena_str(a, buf_str(&b)), &e))
		ok = date_parse(day, &last, front_text(&d.front, "start"));
	buf_free(&b);
	return ok;
}

static void put_news(struct ctx *c, struct out *o, const char *change, struct str id, struct str title, const struct entry *x)
{
	struct buf line = BUF_INIT;
	char hex[OID_HEX + 1];

	oid_format(hex, &x->id);
	if (cmd_to_screen(c)) {
		screen_part(&line, cstr(change));
		screen_part(&line, id);
		screen_part(&line, x->node);
		screen_card(&c->screen, title.n ? title : id, buf_str(&line), STR_NONE);
		buf_free(&line);
		return;
	}
	out_begin(o);
	out_text(o, "change", cstr(change));
	out_text(o, "id", id);
	out_text(o, "title", title);
	out_text(o, "node", x->node);
	out_text(o, "commit", cstr(hex));
	out_end(o);
}

int cmd_news(struct ctx *c, int argc, char **argv)
{
	const char *since = NULL;
	bool mark = false;
	const struct opt opts[] = {
		{ "since", 0, OPT_TEXT, &since, "DATE|MEETING", "from that day, or that meeting, on; own changes too" },
		{ "mark", 0, OPT_FLAG, &mark, NULL, "remember that this was read" },
	};
	struct err e = ERR_INIT;
	struct repo *repo = NULL;
	struct history h = { 0 };
	struct str *paths = NULL, own;
	size_t npaths = 0, cap = 0, i, j;
	struct oid main, read = OID_NONE;
	struct buf b = BUF_INIT;
	const char *mark_path;
	char hex[OID_HEX + 1];
	struct node node;
	struct out o;
	int64_t day = 0;
	bool has = false;
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 2)) >= 0)
		return status;
	if (left > 1)
		return cmd_usage(c, "takes no words; a date or meeting goes behind --since");
	cmd_out(&o, c);
	if ((rc = node_open(&node, c->arena, c->dir, &e)) || (rc = node_main(&main, &node, &e)) ||
	    (rc = repo_open(&repo, node.dir, &e)) || (rc = node_config(&own, c->arena, &node, "colep.id", &e)))
		goto out;
	if (since && !since_day(&day, c->arena, &node, repo, &main, since)) {
		status = cmd_usage(c, "%s: no date (2022, 2022-05, 2022-05-18) and no meeting here that has a start", since);
		repo_close(repo);
		return status;
	}
	mark_path = path_join(c->arena, node.cache, "news");
	if (!since && file_read(&b, mark_path, 4096, &e) == RC_OK && oid_parse(&read, str_trim(buf_str(&b))))
		if ((rc = repo_has(&has, repo, &read, &e)))
			goto out;
	if ((rc = history_read(&h, c->arena, repo, &main, has ? &read : NULL, &e)))
		goto out;
	for (i = 0; i < h.n && !rc; i++) {
		const struct entry *x = &h.v[i];
		struct touched t = { .a = c->arena };

		if (since ? x->time < day * 86400 : str_eq(x->node, own) && own.n)
			continue;
		rc = touched_by(&t, repo, x, &e);
		for (j = 0; j < t.n && !rc; j++) {
			struct oid blob;
			bool gone;

			if (seen(&paths, &npaths, &cap, c->arena, t.v[j].path))
				continue;
			rc = repo_lookup(&blob, repo, &main, t.v[j].path, &e);
			gone = rc == RC_NOTFOUND;
			if (rc && !gone)
				break;
			rc = RC_OK;
			put_news(c, &o, gone ? "deleted" : oid_is_none(&t.v[j].old) ? "new" : "changed", name_of(t.v[j].path),
			    title_of(c->arena, repo, gone ? &t.v[j].old : &blob), x);
		}
	}
	if (!rc && !npaths)
		cmd_say(c, since ? "nothing changed since then" : "nothing new from other nodes; --since DATE shows what changed here too");
	if (!rc && mark && !node.foreign) {
		oid_format(hex, &main);
		rc = file_write(mark_path, cstr(hex), 0644, &e);
	}
out:
	out_close(&o);
	repo_close(repo);
	buf_free(&b);
	if (rc) {
		(void)cmd_fail(c, &e);
		return EXIT_FAIL;
	}
	return EXIT_YES;
}
