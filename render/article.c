/* render/article.c: see article.h. Its parts stand where render/theme/document.html has them; the text is laid out first
 * (body.c), as its sections are the contents. */
#include "render/article.h"

#include <limits.h>
#include <string.h>

#include "render/body.h"
#include "render/changes.h"
#include "render/facts.h"
#include "render/lists.h"

#define CONTENTS 6			/* sections from which on there is a table of contents */
#define FACTS_MAX 200			/* as many keys as a document may have */
#define LINKS_MAX 200			/* documents that link to this one and are shown */

/* Shown elsewhere on the page, or of no use to a reader. */
static const char hidden_keys[] = "id kind title summary lang lint-ok related translation-of source-rev tlp";
/* What a reader of a case looks for first. */
static const char first_keys[] = "countries country date period crime origin transit destination institutions channels outcome";

/* Does a key hang on nothing but its value: a word or a code, one only. */
static bool is_plain(const struct key *k, const struct key_rule *r)
{
	return k->n == 1 && k->variant == 1 && (r->values || (r->vocab && r->type != KEY_ID && r->type != KEY_IDLIST));
}

static void fact(struct page *p, const struct entry *e, const struct key *k, const struct key_rule *r)
{
	size_t start = p->b->n;
	struct piece_mark mark;
	struct piece_key piece;
	bool plain;

	if (k->n == 0)
		return;
	piece = page_piece(p, PIECE_FACT, r, k->values[0]);
	if ((plain = is_plain(k, r)) && page_kept(p, &mark, &piece))
		return;
	page_puts(p, "<dt>");
	page_t_of(p, "key", k->name);
	if (k->variant > 1) {
		page_puts(p, " (");
		page_t_number(p, "conflict.key", k->variant);
		page_puts(p, ")");
	}
	/* our own words begin with a capital here, also in a list of any words; what somebody wrote stays as it is */
	page_puts(p, r->values || (r->type == KEY_LIST && !r->vocab) ? "</dt><dd class=\"word\">" : "</dt><dd>");
	if (!page_key_values(p, k, r, e->lang)) {
		page_cut(p, start);
		return;
	}
	if (plain) {
		page_puts(p, "</dd>\n");
		page_keep(p, &mark, &piece);
		return;
	}
	if (k->variant == 1 && str_is(k->name, "verified") && copy_old(p->c, k->values[0])) {
		page_puts(p, " <strong>");
		page_t(p, "to-be-confirmed");
		page_puts(p, "</strong>");
	}
	if (k->variant == 1 && str_is(k->name, "due") && copy_overdue(p->c, k->values[0]) &&
	    word_in("open in-progress", front_text(&e->doc.front, "stage"))) {
		page_puts(p, " <strong>");
		page_t(p, "overdue");
		page_puts(p, "</strong>");
	}
	page_puts(p, "</dd>\n");
}

/* Where a key stands among the facts: what a reader looks for first, then the keys of the kind, then the common ones;
 * UINT_MAX: nowhere. */
static unsigned place_of(const struct entry *e, const struct key_rule *r)
{
	struct str rest = cstr(first_keys), w, name = cstr(r ? r->name : NULL);
	unsigned i;

	if (!r || word_in(hidden_keys, name))
		return UINT_MAX;
	for (i = 0; str_split(&w, &rest, ' '); i++)
		if (str_eq(w, name))
			return i;
	for (i = 0; e->kind->keys[i].name; i++)
		if (&e->kind->keys[i] == r)
			return 100 + i;
	return 1000 + (unsigned)(r - common_keys);
}

/* The rule of the i-th key of a document, and its place. Those of a kind have mostly the same keys one behind the other. */
static const struct key_rule *rule_at(unsigned *place, const struct entry *e, size_t i)
{
	static _Thread_local struct { const struct kind *kind; const struct key_rule *rule; unsigned place; } last[16][FACTS_MAX / 4];
	enum { KINDS = sizeof last / sizeof last[0], KEYS = sizeof last[0] / sizeof last[0][0] };
	struct str name = e->doc.front.keys[i].name;
	size_t k = (size_t)(e->kind - kinds) % KINDS, at = i % KEYS;

	if (last[k][at].kind != e->kind || !str_is(name, last[k][at].rule->name)) {
		const struct key_rule *r = kind_key(e->kind, name);

		*place = place_of(e, r);
		if (!r)
			return NULL;
		last[k][at].kind = e->kind;
		last[k][at].rule = r;
		last[k][at].place = *place;
	}
	*place = last[k][at].place;
	return last[k][at].rule;
}

/* "countries: [BG]" beside "country: BG". */
static bool said_by_country(const struct front *f, const struct key *k)
{
	return str_is(k->name, "countries") && k->n == 1 && str_eq(front_text(f, "country"), k->values[0]);
}

static void facts_begin(struct page *p, const struct entry *e)
{
	struct piece_key k = page_piece(p, PIECE_FACTS, e->kind, e->tlp);
	struct piece_mark mark;
	bool link;

	if (page_kept(p, &mark, &k))
		return;
	page_puts(p, "<dt>");
	page_t(p, "key.tlp");
	page_puts(p, "</dt><dd>");
	page_tlp(p, e->tlp);
	page_puts(p, "</dd>\n<dt>");
	page_t(p, "key.kind");
	page_puts(p, "</dt><dd>");
	if ((link = !p->whole && lists_have(p->c, "kinds.html")))
		buf_printf(p->b, "<a href=\"%skind/%s.html\">", p->up, e->kind->folder);
	page_t_of(p, "kind", cstr(e->kind->name));
	page_puts(p, link ? "</a></dd>\n" : "</dd>\n");
	page_keep(p, &mark, &k);
}

/* The label and the kind, then the keys in their places, so that pages of a kind look alike. */
static void facts(struct page *p, const struct entry *e)
{
	const struct entry *o = e->original;
	const struct front *f = &o->doc.front;
	struct { unsigned place; const struct key *key; const struct key_rule *rule; } v[FACTS_MAX], one;
	size_t n = 0, i, j;

	page_puts(p, "<dl class=\"facts\">\n");
	facts_begin(p, e);
	for (i = 0; i < f->n && n < FACTS_MAX; i++) {
		one.rule = rule_at(&one.place, o, i);
		one.key = &f->keys[i];
		if (one.place == UINT_MAX || said_by_country(f, one.key))
			continue;
		for (j = n++; j > 0 && v[j - 1].place > one.place; j--)
			v[j] = v[j - 1];
		v[j] = one;
	}
	for (i = 0; i < n; i++)
		fact(p, o, v[i].key, v[i].rule);
	page_puts(p, "<dt>");
	page_t(p, "key.id");
	page_puts(p, "</dt><dd><bdi dir=\"ltr\">");
	page_text(p, e->name);
	page_puts(p, "</bdi></dd>\n</dl>\n");
}

static void switch_language(struct page *p, const struct entry *e)
{
	const struct use_of *u;
	size_t n, i;

	u = copy_uses(&n, p->c, USE_TRANSLATION, e->id);
	if (!n || p->whole)
		return;
	page_puts(p, "<p class=\"switch quiet\">");
	page_t(p, "languages");
	for (i = 0; i <= n; i++) {
		const struct entry *to = i ? u[i - 1].entry : e->original;

		buf_printf(p->b, " <a href=\"%.*s.html\" hreflang=\"%.*s\"", FMT_STR(to->name), FMT_STR(to->lang));
		page_lang(p, to->lang);
		buf_printf(p->b, "%s>", to == e ? " aria-current=\"page\"" : "");
		page_text(p, lang_name(to->lang));
		page_puts(p, "</a>");
		if (i == 0) {
			page_puts(p, " (");
			page_t(p, "original");
			page_puts(p, ")");
		}
	}
	page_puts(p, "</p>\n");
}

static bool in_list(const struct key *k, struct str id)
{
	size_t i;

	for (i = 0; k && i < k->n; i++)
		if (str_eq(k->values[i], id))
			return true;
	return false;
}

static void related(struct page *p, const struct entry *e)
{
	const struct front *f = &e->original->doc.front;
	const struct key *k = front_key(f, "related");
	const struct entry *to;
	size_t i, shown = 0;

	for (i = 0; k && i < k->n; i++)
		if ((to = copy_find(p->c, k->values[i]))) {
			page_puts(p, shown++ ? "" : "<ul class=\"list\">\n");
			page_item(p, to, true);
		}
	if (shown)
		page_puts(p, "</ul>\n");
}

static void links_here(struct page *p, const struct entry *e)
{
	const struct key *related_keys = front_key(&e->original->doc.front, "related");
	bool is_meeting = str_is(cstr(e->kind->name), "meeting");
	const struct use_of *u;
	size_t n, i, shown = 0;

	u = copy_uses(&n, p->c, USE_LINK, e->id);
	for (i = 0; i < n && shown < LINKS_MAX; i++) {
		if (u[i].entry == e->original || in_list(related_keys, u[i].entry->id) ||
		    (is_meeting && in_list(front_key(&u[i].entry->doc.front, "meetings"), e->id)))
			continue;	/* a meeting has a page of its own for these */
		page_puts(p, shown++ ? "" : "<ul class=\"list\">\n");
		page_item(p, u[i].entry, false);
	}
	if (shown)
		page_puts(p, "</ul>\n");
	if (i < n) {
		page_puts(p, "<p class=\"quiet\">");
		page_t_number(p, "more", n - i);
		page_puts(p, "</p>\n");
	}
}

/* The one that replaces it, when it is in the copy. */
static const struct entry *replaced_by(const struct copy *c, const struct entry *e)
{
	const struct use_of *u;
	size_t n, i;

	u = copy_uses(&n, c, USE_LINK, e->id);
	for (i = 0; i < n; i++)
		if (u[i].entry->doc.replaces.n && in_list(front_key(&u[i].entry->doc.front, "replaces"), e->id))
			return u[i].entry;
	return NULL;
}

static void notice(struct page *p, const char *key)
{
	page_puts(p, "<p class=\"notice\">");
	page_t_before(p, key);
}

static void notices(struct page *p, const struct entry *e, bool player)
{
	const struct entry *by = replaced_by(p->c, e);

	if (p->c->want.audience == AUDIENCE_NODE && !str_is(e->status, "published") && !e->broken) {
		notice(p, "notice.status");
		page_puts(p, "<strong>");
		page_t_of(p, "value", e->status);
		page_puts(p, "</strong>");
		page_t_after(p, "notice.status");
		page_puts(p, "</p>\n");
	}
	if (e->stale) {
		notice(p, "notice.stale");
		page_puts(p, " <a href=\"");
		page_href(p, e->original);
		page_puts(p, "\">");
		page_t(p, "notice.original");
		page_puts(p, "</a>");
		if (p->t != p->c->want.theme->english) {	/* the working language, for who checks it */
			page_puts(p, "<br><span lang=\"en\" dir=\"ltr\">");
			buf_html_escape(p->b, text_get(p->c->want.theme->english, STR("notice.stale"), NULL));
			page_puts(p, "</span>");
		}
		page_puts(p, "</p>\n");
	}
	if (by) {
		notice(p, "notice.replaced");
		page_link(p, by);
		page_t_after(p, "notice.replaced");
		page_puts(p, "</p>\n");
	}
	if (str_is(cstr(e->kind->name), "exercise")) {
		notice(p, "notice.made-up");
		page_puts(p, " ");
		page_t(p, player ? "notice.player" : "notice.facilitator");
		if (player && p->c->want.live) {
			buf_printf(p->b, " <a href=\"%.*s.html?view=facilitator\">", FMT_STR(e->name));
			page_t(p, "notice.more");
			page_puts(p, "</a>");
		}
		page_puts(p, "</p>\n");
	}
}

/* Other titles and summaries, where writers left different ones. */
static void key_conflicts(struct page *p, const struct entry *e)
{
	const struct front *f = &e->doc.front;
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct key *k = &f->keys[i];

		if (k->variant < 2 || k->n == 0 || !(str_is(k->name, "title") || str_is(k->name, "summary")))
			continue;
		page_puts(p, "<p class=\"conflict\"><strong>");
		page_t(p, "conflict");
		page_puts(p, "</strong> ");
		page_t_of(p, "key", k->name);
		page_puts(p, ": ");
		page_element(p, "bdi", e->lang, k->values[0]);
		page_puts(p, "</p>\n");
	}
}

enum rc article_body(struct page *p, const struct entry *e, bool player, struct err *err)
{
	struct buf text = BUF_INIT;
	size_t from;
	enum rc rc;

	page_puts(p, "<div class=\"text\"");
	page_lang(p, e->lang);
	page_puts(p, ">\n");
	from = p->b->n;
	if (e->broken) {
		page_puts(p, "<p class=\"notice\"");
		page_lang(p, p->t->lang);
		page_puts(p, ">");
		facts_note(p->c->watch, FACT_TEXT, 0, 0, e->name);
		page_t(p, "broken");
		page_puts(p, "</p>\n<pre class=\"broken\" dir=\"auto\">");
		rc = copy_read(&text, p->c, e, err);
		page_text(p, buf_str(&text));
		buf_free(&text);
		if (rc)
			return rc;
		page_puts(p, "</pre>\n");
	} else {
		rc = body_render(p, e, player, err);
	}
	if (p->find && rc != RC_IO)
		find_add(p->find, p->find_part, p->c, e, str_sub(buf_str(p->b), from, p->b->n));
	page_puts(p, "</div>\n");
	return rc;
}

struct article {
	struct page *p;
	const struct entry *e;
	bool player;
	struct str body;		/* laid out already */
};

/* The offset of the next tag from i on that begins so, or html.n. */
static size_t find_tag(struct str html, size_t i, struct str begin)
{
	size_t at;

	while ((at = str_chr(str_sub(html, i, html.n), '<')) != SIZE_MAX) {
		i += at;
		if (str_starts(str_sub(html, i, html.n), begin))
			return i;
		i++;
	}
	return html.n;
}

/* Links to the sections: <li> for each <h2> that body.c wrote. */
static void contents(struct page *p, struct str body)
{
	size_t before = p->b->n, n = 0, at, end;
	struct str tag, id;

	for (at = find_tag(body, 0, STR("<h2 ")); at < body.n; at = find_tag(body, end, STR("<h2 "))) {
		end = find_tag(body, at, STR("</h2>"));
		tag = str_sub(body, at, at + str_chr(str_sub(body, at, end), '>') + 1);
		id = str_sub(tag, str_find(tag, STR("id=\"")) + strlen("id=\""), tag.n);
		page_puts(p, "<li><a href=\"#");
		buf_str_add(p->b, str_sub(id, 0, str_chr(id, '"')));
		page_puts(p, "\">");
		body_plain(p->b, str_sub(body, at + tag.n, end));
		page_puts(p, "</a></li>\n");
		n++;
	}
	if (n < CONTENTS)
		page_cut(p, before);
}

static void article_slot(void *ctx, unsigned n)
{
	struct article *a = ctx;
	struct page *p = a->p;
	const struct entry *e = a->e;

	switch (n) {
	case DOCUMENT_TITLE:		/* a page has one h1; on the one of a whole pack it is the meeting's */
		page_puts(p, p->whole ? "<h2 class=\"document\"" : "<h1");
		page_lang(p, e->lang);
		page_puts(p, ">");
		page_text(p, e->title);
		page_puts(p, p->whole ? "</h2>\n" : "</h1>\n");
		break;
	case DOCUMENT_SWITCH:
		switch_language(p, e);
		break;
	case DOCUMENT_NOTICES:
		notices(p, e, a->player);
		break;
	case DOCUMENT_SUMMARY:
		if (e->summary.n)
			page_element(p, "p", e->lang, e->summary);
		break;
	case DOCUMENT_CONFLICTS:
		key_conflicts(p, e);
		break;
	case DOCUMENT_FACTS:
		facts(p, e);
		break;
	case DOCUMENT_CONTENTS:
		if (!p->whole)
			contents(p, a->body);
		break;
	case DOCUMENT_BODY:
		buf_str_add(p->b, a->body);
		break;
	case DOCUMENT_MEETING:
		if (str_is(cstr(e->kind->name), "meeting") && !p->whole && lists_have(p->c, "meetings.html") &&
		    copy_used(p->c, USE_MEETING, e->id)) {
			buf_printf(p->b, "<p><a href=\"%smeeting/%.*s.html\">", p->up, FMT_STR(e->id));
			page_t(p, "meeting.documents");
			page_puts(p, "</a></p>\n");
		}
		break;
	case DOCUMENT_RELATED:
		related(p, e);
		break;
	case DOCUMENT_LINKS:
		if (!p->whole)
			links_here(p, e);
		break;
	case DOCUMENT_HISTORY:
		if (!p->whole)
			changes_history(p, e);
		break;
	case DOCUMENT_LANG:
		buf_str_add(p->b, e->lang);
		break;
	default:
		break;
	}
}

enum rc article_write(struct page *p, const struct entry *e, bool player, struct err *err)
{
	struct buf body = BUF_INIT, *page = p->b;
	struct article a = { p, e, player, STR_NONE };
	enum rc rc;

	p->b = &body;
	rc = article_body(p, e, player, err);
	p->b = page;
	a.body = buf_str(&body);
	if (rc != RC_IO)
		page_template(p, TEMPLATE_DOCUMENT, article_slot, &a);
	buf_free(&body);
	return rc;
}
