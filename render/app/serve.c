/* render/app/serve.c: see serve.h.
 *
 * The documents are held in memory as one copy (copy.h) and loaded anew when main has moved, which a look at
 * one small file tells. So a page costs its Markdown and nothing else. A search reads the index in a
 * transaction of its own. When main cannot be read (a sync under way, a full disk) the last copy goes on being
 * served, and every page says so. */
#include "render/app/serve.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/query.h"
#include "render/changes.h"
#include "render/page.h"

#define HITS 20				/* on the search page at first, and then so many more each time */
#define LIVE 8				/* while somebody types */
#define HITS_MAX 500			/* at most; so many are looked through for guests, who do not see all of them */
#define QUERY_MAX 1000			/* bytes */

struct serve {
	const struct node *node;
	struct index *ix;
	struct md *md;
	struct copy_want want;
	struct theme *theme;
	struct copy *copy;		/* never NULL once open */
	struct oid main;		/* of the copy */
	struct err behind;		/* why it is not of the newest main, when it is not */
};

static enum rc load(struct serve *s, struct err *e)
{
	struct copy *fresh = NULL;
	struct snap *snap;
	enum rc rc;

	if ((rc = snap_open(&snap, s->ix, e)))
		return rc;
	if (!(rc = copy_load(&fresh, snap, &s->want, e))) {
		struct err past = ERR_INIT;

		s->main = snap_commit(snap);
		changes_load(fresh, changes_begin(s->node->dir, &s->main), &past);	/* without it the pages lack their history */
		copy_free(s->copy);
		s->copy = fresh;
	}
	snap_close(snap);
	return rc;
}

/* Bring the copy to main. */
static enum rc refresh(struct serve *s, struct err *e)
{
	struct oid now;
	enum rc rc;

	if ((rc = node_main(&now, s->node, e)))
		return rc;
	if (oid_eq(&now, &s->main) && !index_damaged(s->ix))
		return RC_OK;
	if ((rc = index_refresh(s->ix, NULL, e)))
		return rc;
	return load(s, e);
}

enum rc serve_open(struct serve **out, const struct node *node, struct index *ix, struct md *md, enum audience audience,
    struct str lang, int64_t now, struct err *e)
{
	struct serve *s = xmalloc(sizeof *s);
	enum rc rc;

	*s = (struct serve){ .node = node, .ix = ix, .md = md };
	s->want = (struct copy_want){ .audience = audience, .lang = lang, .now = now, .live = true, .practice = node->practice };
	rc = theme_open(&s->theme, NULL, e);
	s->want.theme = s->theme;
	if (rc || (rc = load(s, e))) {
		serve_close(s);
		return rc;
	}
	*out = s;
	return RC_OK;
}

void serve_close(struct serve *s)
{
	if (!s)
		return;
	copy_free(s->copy);
	theme_close(s->theme);
	free(s);
}

/* A page that says that there is none: why, when something failed. */
static void no_page(struct serve *s, struct http_reply *r, unsigned status, const char *why)
{
	struct page p = { .b = &r->body, .c = s->copy, .up = "/" };
	struct page_head h = { .title = text_get(copy_texts(s->copy), STR("page.missing"), NULL), .tlp = s->copy->tlp };

	r->status = status;
	buf_clear(&r->body);
	page_begin(&p, &h);
	page_h(&p, 1, "page.missing");
	if (why) {
		page_puts(&p, "<p>");
		page_in_lang(&p, STR("en"), cstr(why));
		page_puts(&p, "</p>\n");
	}
	page_puts(&p, "<p><a href=\"/index.html\">");
	page_t(&p, "nav.home");
	page_puts(&p, "</a></p>\n");
	page_end(&p);
}

static void snippet(struct page *p, const struct snippet *sn, struct str lang)
{
	size_t i, at = 0;

	buf_printf(p->b, "<p lang=\"%.*s\" dir=\"auto\">%s", FMT_STR(lang), sn->cut_front ? "… " : "");
	for (i = 0; i < sn->n; i++) {
		page_text(p, str_sub(sn->text, at, sn->spans[i].from));
		page_puts(p, "<mark>");
		page_text(p, str_sub(sn->text, sn->spans[i].from, sn->spans[i].to));
		page_puts(p, "</mark>");
		at = sn->spans[i].to;
	}
	page_text(p, str_sub(sn->text, at, sn->text.n));
	page_puts(p, sn->cut_back ? " …</p>\n" : "</p>\n");
}

static void hit(struct page *p, struct arena *a, struct snap *snap, const struct query *q, const struct hit *h)
{
	const struct entry *e = copy_find(p->c, h->id);
	struct snippet sn;
	struct err err = ERR_INIT;

	if (!e)
		return;			/* came after the copy was loaded; the next request has it */
	page_item(p, e, false);
	p->b->n -= strlen("</li>\n");	/* the passage belongs to it */
	if (!query_snippet(&sn, a, snap, q, &h->record, &err))
		snippet(p, &sn, e->lang);
	page_puts(p, "</li>\n");
}

/* For guests, what is not in their copy is not even counted. */
static void only_shown(struct result *res, const struct copy *c, size_t show)
{
	size_t i, n = 0;

	for (i = 0; i < res->n; i++)
		if (copy_find(c, res->hits[i].id))
			res->hits[n++] = res->hits[i];
	res->total = n;
	res->n = n < show ? n : show;
}

/* What a search is of. */
struct ask { struct str text, kind; size_t show; };

static void hidden(struct page *p, const char *name, struct str value)
{
	buf_printf(p->b, "<input type=\"hidden\" name=\"%s\" value=\"", name);
	buf_html_escape(p->b, value);
	page_puts(p, "\">");
}

static void kind_choice(struct page *p, const struct ask *ask)
{
	const struct kind *k;

	page_puts(p, "<form class=\"search\" action=\"search\" method=\"get\">");
	hidden(p, "q", ask->text);
	page_puts(p, "<label for=\"kind\">");
	page_t(p, "find.kind");
	page_puts(p, "</label> <select id=\"kind\" name=\"kind\"><option value=\"\">");
	page_t(p, "find.all");
	page_puts(p, "</option>");
	for (k = kinds; k->name; k++) {
		buf_printf(p->b, "<option value=\"%s\"%s>", k->name, str_is(ask->kind, k->name) ? " selected" : "");
		page_text(p, text_of(p->t, "kind", cstr(k->name)));
		page_puts(p, "</option>");
	}
	page_puts(p, "</select> <button>");
	page_t(p, "find.narrow");
	page_puts(p, "</button></form>\n");
}

static void more(struct page *p, const struct ask *ask)
{
	page_puts(p, "<form class=\"search\" action=\"search\" method=\"get\">");
	hidden(p, "q", ask->text);
	hidden(p, "kind", ask->kind);
	buf_printf(p->b, "<button name=\"show\" value=\"%zu\">", ask->show + HITS);
	page_t(p, "find.more");
	page_puts(p, "</button></form>\n");
}

/* The best `show` of what this reader may see. typing: the last word is not yet whole. *snap is to be closed, also after an
 * error. */
static enum rc find(struct result *res, struct snap **snap, struct query **q, struct serve *s, struct arena *a, struct str text,
    struct str kind, size_t show, bool typing, struct err *e)
{
	struct str published = STR("published");
	bool guest = s->want.audience != AUDIENCE_NODE;
	struct filters f = FILTERS_INIT;
	enum rc rc;

	if (guest) {
		f.status = &published;
		f.nstatus = 1;
	}
	if (kind_find(kind)) {
		f.kind = &kind;
		f.nkind = 1;
	}
	if ((rc = query_parse(q, &f, a, text, e)) || (rc = snap_open(snap, s->ix, e)))
		return rc;
	if (typing)
		query_typing(*q);
	if (!(rc = query_run(res, a, *snap, *q, &f, guest ? HITS_MAX : show, COUNT_TOTAL, e)) && guest)
		only_shown(res, s->copy, show);
	return rc ? rc : query_records(res, a, *snap, e);
}

static enum rc results(struct page *p, struct serve *s, struct arena *a, const struct ask *ask, struct err *e)
{
	struct result res = { 0 };
	struct snap *snap = NULL;
	struct query *q;
	enum rc rc = find(&res, &snap, &q, s, a, ask->text, ask->kind, ask->show, false, e);
	size_t i;

	if (rc)
		goto out;
	page_puts(p, "<p role=\"status\">");
	if (res.total)
		page_t_number(p, "find.hits", (size_t)res.total);
	else
		page_t(p, "find.none");
	if (res.note.n) {
		page_puts(p, " (");
		page_in_lang(p, STR("en"), res.note);
		page_puts(p, ")");
	}
	page_puts(p, "</p>\n");
	if (res.n)
		page_puts(p, "<ul class=\"list\">\n");
	for (i = 0; i < res.n; i++)
		hit(p, a, snap, q, &res.hits[i]);
	page_puts(p, res.n ? "</ul>\n" : "<ul class=\"flow\"><li><a href=\"topics.html\">");
	if (!res.n) {
		page_t(p, "nav.topics");
		page_puts(p, "</a></li><li><a href=\"countries.html\">");
		page_t(p, "nav.countries");
		page_puts(p, "</a></li></ul>\n");
	}
	if (res.n < res.total && ask->show < HITS_MAX)
		more(p, ask);
out:
	snap_close(snap);
	return rc;
}

static void search(struct serve *s, const struct http_request *rq, struct http_reply *r)
{
	struct page p = { .b = &r->body, .c = s->copy, .up = "" };
	struct str q = str_trim(http_arg(rq, "q"));
	struct ask ask = { .kind = http_arg(rq, "kind"), .show = HITS };
	uint64_t show;
	struct page_head h = { .title = text_get(copy_texts(s->copy), STR("search"), NULL), .tlp = s->copy->tlp };
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	enum rc rc;

	if (str_utf8_bad(q) != q.n)
		q = str_sub(q, 0, str_utf8_bad(q));
	q = str_utf8_cut(q, QUERY_MAX);
	h.query = ask.text = q;
	if (str_u64(&show, http_arg(rq, "show")) && show > HITS)
		ask.show = show < HITS_MAX ? (size_t)show : HITS_MAX;
	page_begin(&p, &h);
	page_h(&p, 1, "search");
	if (!q.n) {
		page_puts(&p, "<p>");
		page_t(&p, "find.how");
		page_puts(&p, "</p>\n");
	} else {
		kind_choice(&p, &ask);
		rc = results(&p, s, &a, &ask, &e);
		if (rc) {
			page_puts(&p, "<p class=\"notice\" role=\"status\">");
			page_in_lang(&p, STR("en"), cstr(e.msg));
			page_puts(&p, "</p>\n");
			if (rc != RC_INVALID)
				r->status = 500;
		}
	}
	page_end(&p);
	arena_free(&a);
}

/* The best hits of words that are still being typed: a piece of a page, for theme/live.js. */
static void live(struct serve *s, const struct http_request *rq, struct http_reply *r)
{
	struct page p = { .b = &r->body, .c = s->copy, .up = "/", .t = copy_texts(s->copy) };
	struct str text = str_utf8_cut(http_arg(rq, "q"), QUERY_MAX);
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct result res = { 0 };
	struct snap *snap = NULL;
	struct query *q;
	enum rc rc;
	size_t i;

	text = str_sub(text, 0, str_utf8_bad(text));
	rc = find(&res, &snap, &q, s, &a, text, STR_NONE, LIVE, true, &e);
	if (!rc) {
		page_puts(&p, "<p role=\"status\"");
		page_lang(&p, p.t->lang);
		page_puts(&p, ">");
		page_t_number(&p, "find.hits", (size_t)res.total);
		page_puts(&p, "</p>\n<ul>\n");
		for (i = 0; i < res.n; i++) {
			const struct record *d = &res.hits[i].record;

			if (!copy_find(s->copy, d->id))
				continue;
			page_puts(&p, "<li><a href=\"/d/");
			page_text(&p, d->id);
			buf_printf(p.b, ".html\" lang=\"%.*s\" dir=\"auto\">", FMT_STR(copy_find(s->copy, d->id)->lang));
			page_text(&p, d->title);
			page_puts(&p, "</a></li>\n");
		}
		page_puts(&p, "</ul>\n");
	} else if (rc != RC_INVALID) {		/* a query that is none yet has no hits yet */
		r->status = 500;
	}
	snap_close(snap);
	arena_free(&a);
}

void serve_answer(void *ctx, const struct http_request *rq, struct http_reply *r)
{
	struct serve *s = ctx;
	struct err e = ERR_INIT;
	struct page_want want = { .facilitator = str_is(http_arg(rq, "view"), "facilitator") };
	const char *path = rq->path[0] == '/' ? rq->path + 1 : rq->path;
	enum rc rc;

	rc = refresh(s, &s->behind);	/* may put another copy in the place of this one */
	s->copy->notice = rc ? cstr(s->behind.msg) : STR_NONE;
	if (!*path)
		path = "index.html";
	if (strcmp(path, "search") == 0) {
		search(s, rq, r);
		return;
	}
	if (strcmp(path, "live") == 0) {
		live(s, rq, r);
		return;
	}
	rc = page_write(&r->body, s->md, s->copy, cstr(path), &want, &e);
	if (rc == RC_NOTFOUND)
		no_page(s, r, 404, NULL);
	else if (rc && rc != RC_INVALID)	/* RC_INVALID: the page says it itself */
		no_page(s, r, 500, e.msg);
	if (str_ends(cstr(path), STR(".css")))
		r->type = "text/css; charset=utf-8";
	else if (str_ends(cstr(path), STR(".js")))
		r->type = "text/javascript; charset=utf-8";
	else if (str_ends(cstr(path), STR(".svg")))
		r->type = "image/svg+xml";
}
